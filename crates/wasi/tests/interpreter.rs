//! Runs WebAssembly in an interpreter, bound from the same table as the real engines.

use hotcell_wasi::{GuestMemory, Trap, WasiCtx, calls, for_each_import};
use wasmi::{Caller, Engine, Error, Extern, Func, FuncType, Instance, Memory, Module, Store, Val, ValType};

use crate::harness::block_on;

struct Guest {
    ctx: WasiCtx,
    memory: Option<Memory>,
}

#[derive(Debug)]
struct Unwind(Trap);

impl std::fmt::Display for Unwind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Unwind {}

trait Number: Sized {
    const TYPE: Option<ValType>;
    fn from_value(value: &Val) -> Self;
    fn store(self, results: &mut [Val]);
}

impl Number for i32 {
    const TYPE: Option<ValType> = Some(ValType::I32);

    fn from_value(value: &Val) -> i32 {
        value.i32().expect("the import was bound by its type")
    }

    fn store(self, results: &mut [Val]) {
        results[0] = Val::I32(self);
    }
}

impl Number for i64 {
    const TYPE: Option<ValType> = Some(ValType::I64);

    fn from_value(value: &Val) -> i64 {
        value.i64().expect("the import was bound by its type")
    }

    fn store(self, results: &mut [Val]) {
        results[0] = Val::I64(self);
    }
}

impl Number for () {
    const TYPE: Option<ValType> = None;

    fn from_value(_: &Val) {}

    fn store(self, _: &mut [Val]) {}
}

fn call(
    mut caller: Caller<'_, Guest>,
    run: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> Result<(), Trap>,
) -> Result<(), Error> {
    let outcome = match caller.data().memory {
        Some(memory) => {
            let (bytes, guest) = memory.data_and_store_mut(&mut caller);
            run(&mut guest.ctx, &mut GuestMemory::Unshared(bytes))
        }
        None => run(&mut caller.data_mut().ctx, &mut GuestMemory::Unshared(&mut [])),
    };
    outcome.map_err(|trap| Error::host(Unwind(trap)))
}

macro_rules! resolve {
    (sync $call:expr) => {
        $call
    };
    (async $call:expr) => {
        block_on($call)
    };
}

macro_rules! binder {
    ($(
        $kind:ident $module:ident $name:literal $function:ident($($parameter:ident: $ty:ident),*) -> $result:tt;
    )*) => {
        /// The function for an import, told apart from others of its name by its type.
        fn bind(store: &mut Store<Guest>, module: &str, name: &str, wanted: &FuncType) -> Option<Func> {
            $(
                if (module, name) == (stringify!($module), $name) {
                    let ty = FuncType::new([$(<$ty>::TYPE.expect("a parameter")),*], <$result>::TYPE);
                    if ty == *wanted {
                        return Some(Func::new(store, ty, |caller, _values, _results| {
                            let mut _values = _values.iter();
                            $( let $parameter = <$ty>::from_value(_values.next().expect("as many as parameters")); )*
                            call(caller, |ctx, memory| {
                                resolve!($kind calls::$module::$function(ctx, memory $(, $parameter)*))?.store(_results);
                                Ok(())
                            })
                        }));
                    }
                }
            )*
            None
        }
    };
}

for_each_import!(binder);

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Exited(u32),
    Trapped(Trap),
    Failed(String),
}

/// Everything that a program imports, in its order; the name and type of what is not there.
fn link(store: &mut Store<Guest>, module: &Module) -> Result<Vec<Extern>, String> {
    module
        .imports()
        .map(|import| {
            let missing = || format!("{}.{} {:?}", import.module(), import.name(), import.ty());
            let ty = import.ty().func().ok_or_else(missing)?;
            bind(store, import.module(), import.name(), ty).map(Extern::Func).ok_or_else(missing)
        })
        .collect()
}

fn load(wasm: &[u8], ctx: WasiCtx) -> (Store<Guest>, Module) {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).expect("the program is valid WebAssembly");
    (Store::new(&engine, Guest { ctx, memory: None }), module)
}

/// Whether everything is there that a program imports; else what is not.
pub fn bind_all(wasm: &[u8]) -> Result<(), String> {
    let ctx = crate::harness::builder(&crate::harness::vfs(), &Default::default()).build().unwrap();
    let (mut store, module) = load(wasm, ctx);
    link(&mut store, &module).map(|_| ())
}

/// Runs a program's `_start`.
pub fn run(wasm: &[u8], ctx: WasiCtx) -> End {
    let (mut store, module) = load(wasm, ctx);
    let imports = link(&mut store, &module).unwrap_or_else(|import| panic!("the program imports {import}"));
    let instance = match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => instance,
        Err(error) => return end(error),
    };
    store.data_mut().memory = instance.get_export(&store, "memory").and_then(Extern::into_memory);
    let start = instance.get_typed_func::<(), ()>(&store, "_start").expect("the program exports _start");
    match start.call(&mut store, ()) {
        Ok(()) => End::Exited(0),
        Err(error) => end(error),
    }
}

fn end(error: Error) -> End {
    match error.downcast_ref::<Unwind>() {
        Some(Unwind(Trap::Exit(code))) => End::Exited(*code),
        Some(Unwind(trap)) => End::Trapped(*trap),
        None => End::Failed(error.to_string()),
    }
}
