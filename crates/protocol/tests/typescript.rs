use crate::golden;
use hotcell_protocol::frame::{self, Kind};
use hotcell_protocol::{
    ErrorCode, ErrorInfo, HostHello, Limits, MAX_ID, Notice, PROTOCOL_VERSION, Reply, Request, SidecarHello, Signal,
    Stream,
};
use std::fmt::Write;
use ts_rs::{Config, TS, TypeVisitor};

#[test]
fn generated_types_match_the_rust_types() {
    golden::check("bridge/host/src/protocol/generated.ts", &generated());
}

fn generated() -> String {
    let mut text = String::from(
        "// Generated from crates/protocol by `HOTCELL_UPDATE=1 cargo test --release -p hotcell-protocol`: don't edit.\n\
         // biome-ignore-all format: generated\n",
    );
    // JSON.parse makes numbers of all of them; ids are held to 2^53 - 1, and no count or size of ours gets there.
    let config = Config::new().with_large_int("number");
    let mut declarations = Declarations { config: &config, names: Vec::new(), text: &mut text };
    declarations.visit::<HostHello>();
    declarations.visit::<SidecarHello>();
    declarations.visit::<Request>();
    declarations.visit::<Reply>();
    declarations.visit::<Notice>();
    declarations.visit::<ErrorInfo>();
    declarations.visit::<Stream>();
    write_constants(&mut text, &config).unwrap();
    let text = text.replace("/**\n * ", "/** ").replace("\n */", " */");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Writes the declaration of every type that it visits, once, after those that it needs.
struct Declarations<'a> {
    config: &'a Config,
    names: Vec<String>,
    text: &'a mut String,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::name(self.config);
        // Only types of this crate are declared anywhere.
        if T::output_path().is_none() || self.names.contains(&name) {
            return;
        }
        self.names.push(name);
        T::visit_dependencies(self);
        let docs = T::docs().unwrap_or_default();
        write!(self.text, "\n{docs}export {}\n", T::decl(self.config)).unwrap();
    }
}

fn write_constants(text: &mut String, config: &Config) -> std::fmt::Result {
    writeln!(text, "\n/** The version of the protocol that this package speaks. */")?;
    writeln!(text, "export const PROTOCOL_VERSION = {PROTOCOL_VERSION};")?;
    writeln!(text, "\n/** The largest id that travels. */\nexport const MAX_ID = {MAX_ID};")?;

    writeln!(text, "\n/** The numbers of the kinds of frames. */\nexport const FRAME_KINDS = {{")?;
    for kind in Kind::ALL {
        writeln!(text, "  {}: {},", kind.name(), kind as u8)?;
    }
    writeln!(text, "}} as const;")?;

    for (docs, name, value) in [
        ("Bytes of a frame's header.", "HEADER_LENGTH", frame::HEADER_LEN),
        (
            "Bytes of payload that a frame may have where a side sets nothing else.",
            "DEFAULT_MAX_FRAME",
            frame::DEFAULT_MAX_FRAME as usize,
        ),
        (
            "The least that a side may announce as its largest payload, in bytes.",
            "MIN_MAX_FRAME",
            frame::MIN_MAX_FRAME as usize,
        ),
        (
            "The most that a side may announce as its largest payload, in bytes.",
            "MAX_MAX_FRAME",
            frame::MAX_MAX_FRAME as usize,
        ),
        (
            "Bytes of payload that a frame may have before its sender has seen the other side's hello.",
            "HANDSHAKE_MAX_FRAME",
            frame::HANDSHAKE_MAX_FRAME as usize,
        ),
        ("Bytes of a JSON message, all of its frames together.", "MAX_MESSAGE", frame::MAX_MESSAGE),
        (
            "Messages of several frames that may be under way at once in one direction.",
            "MAX_PARTIAL_MESSAGES",
            frame::MAX_PARTIAL_MESSAGES,
        ),
        ("Bytes that the messages under way may have together.", "MAX_PARTIAL_BYTES", frame::MAX_PARTIAL_BYTES),
        ("Uploads that may be announced and not yet finished.", "MAX_OPEN_UPLOADS", frame::MAX_OPEN_UPLOADS),
    ] {
        writeln!(text, "\n/** {docs} */\nexport const {name} = {value};")?;
    }

    writeln!(text, "\n/** What each limit is unless set, and what it may be set to, ends included. */")?;
    writeln!(text, "export const LIMITS = {{")?;
    for (name, min, default, max) in [
        ("wallMs", Limits::MIN_WALL_MS, Limits::DEFAULT_WALL_MS, Limits::MAX_WALL_MS),
        ("cpuMs", Limits::MIN_CPU_MS, Limits::DEFAULT_CPU_MS, Limits::MAX_CPU_MS),
        ("heapMb", Limits::MIN_HEAP_MB.into(), Limits::DEFAULT_HEAP_MB.into(), Limits::MAX_HEAP_MB.into()),
        (
            "externalMb",
            Limits::MIN_EXTERNAL_MB.into(),
            Limits::DEFAULT_EXTERNAL_MB.into(),
            Limits::MAX_EXTERNAL_MB.into(),
        ),
        ("outputBytes", Limits::MIN_OUTPUT_BYTES, Limits::DEFAULT_OUTPUT_BYTES, Limits::MAX_OUTPUT_BYTES),
    ] {
        writeln!(text, "  {name}: {{ min: {min}, default: {default}, max: {max} }},")?;
    }
    writeln!(
        text,
        "}} as const satisfies Record<keyof LimitOverrides, {{ min: number; default: number; max: number }}>;"
    )?;

    writeln!(text, "\n/** The signals that a guest can be sent, with their numbers. */\nexport const SIGNALS = {{")?;
    for name in union_members::<Signal>(config) {
        writeln!(text, "  {name}: {},", serde_json::from_str::<Signal>(&format!("{name:?}")).unwrap() as u8)?;
    }
    writeln!(text, "}} as const satisfies Record<Signal, number>;")?;

    writeln!(text, "\n/** Every code that an error of the sidecar's may have. */\nexport const ERROR_CODES = [")?;
    for name in union_members::<ErrorCode>(config) {
        writeln!(text, "  {name:?},")?;
    }
    writeln!(text, "] as const satisfies readonly ErrorCode[];")
}

/// The strings that an enum without fields is declared as.
fn union_members<T: TS>(config: &Config) -> Vec<String> {
    T::inline(config).split(" | ").map(|member| serde_json::from_str(member).unwrap()).collect()
}
