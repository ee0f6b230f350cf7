//! What WASI programs import, bound to their guest's context and memory.

use crate::state::GuestState;
use hotcell_protocol::ReadyWhen;
use hotcell_wasi::{GuestMemory, WasiCtx, calls};
use wasmtime::{Caller, FuncType, Linker, Memory, Result, Val, ValType};

/// One function that programs import.
pub(crate) struct Import {
    pub module: &'static str,
    pub name: &'static str,
    pub parameters: usize,
    pub define: fn(&mut Linker<GuestState>) -> Result<()>,
}

/// A program's start function called WASI.
#[derive(Debug, thiserror::Error)]
#[error("The program called WASI before its memory was known.")]
pub(crate) struct CalledTooEarly;

/// The guest's context and memory.
fn parts<'a>(caller: &'a mut Caller<'_, GuestState>) -> Result<(&'a mut WasiCtx, GuestMemory<'a>)> {
    let memory: Memory = caller.data().memory.ok_or(CalledTooEarly)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    Ok((&mut state.wasi, GuestMemory::Unshared(bytes)))
}

macro_rules! define {
    // It has more parameters than wasmtime's typed functions.
    (sync $linker:ident $module:ident $name:literal proc_spawn_v4 ($($parameter:ident: $ty:ident),*) -> i32) => {{
        let parameters = [$(stringify!($parameter)),*].map(|_| ValType::I32);
        let ty = FuncType::new($linker.engine(), parameters, [ValType::I32]);
        $linker.func_new(stringify!($module), $name, ty, |mut caller, arguments, results| {
            let mut arguments = arguments.iter().map(Val::unwrap_i32);
            $( let $parameter = arguments.next().unwrap_or_default(); )*
            let (wasi, mut memory) = parts(&mut caller)?;
            results[0] = Val::I32(calls::$module::proc_spawn_v4(wasi, &mut memory $(, $parameter)*)?);
            Ok(())
        })
    }};
    (sync $linker:ident $module:ident $name:literal $function:ident ($($parameter:ident: $ty:ident),*) -> $result:tt) => {
        $linker.func_wrap(
            stringify!($module),
            $name,
            |mut caller: Caller<'_, GuestState> $(, $parameter: $ty)*| -> Result<$result> {
                let (wasi, mut memory) = parts(&mut caller)?;
                Ok(calls::$module::$function(wasi, &mut memory $(, $parameter)*)?)
            },
        )
    };
    (async $linker:ident $module:ident $name:literal $function:ident ($($parameter:ident: $ty:ident),*) -> $result:tt) => {
        $linker.func_wrap_async(
            stringify!($module),
            $name,
            |mut caller: Caller<'_, GuestState>, ($($parameter,)*): ($($ty,)*)| {
                Box::new(async move {
                    let (wasi, mut memory) = parts(&mut caller)?;
                    Ok::<$result, wasmtime::Error>(calls::$module::$function(wasi, &mut memory $(, $parameter)*).await?)
                })
            },
        )
    };
}

macro_rules! bind {
    ($( $kind:ident $module:ident $name:literal $function:ident $parameters:tt -> $result:tt; )*) => {
        /// Everything that programs can import. A few names are there more than once, with different numbers of parameters.
        pub(crate) const IMPORTS: &[Import] = &[$(
            Import {
                module: stringify!($module),
                name: $name,
                parameters: count!($parameters),
                define: |linker| define!($kind linker $module $name $function $parameters -> $result).map(drop),
            }
        ),*];
    };
}

macro_rules! count {
    (($($parameter:ident: $ty:ident),*)) => {
        <[&str]>::len(&[$(stringify!($parameter)),*])
    };
}

hotcell_wasi::for_each_import!(bind);

/// By which a guest says that it serves, where its host wants to know.
pub(crate) const NOTIFY_READY: Import = Import {
    module: "hotcell:app/notify",
    name: "ready",
    parameters: 0,
    define: |linker| {
        let notify = |caller: Caller<'_, GuestState>| {
            let guest = &caller.data().guest;
            if guest.ready_when() == Some(ReadyWhen::Import) {
                guest.mark_ready();
            }
        };
        linker.func_wrap(NOTIFY_READY.module, NOTIFY_READY.name, notify).map(drop)
    },
};
