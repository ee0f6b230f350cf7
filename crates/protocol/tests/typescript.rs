use crate::{golden, samples};
use hotcell_protocol::frame::{self, Kind};
use hotcell_protocol::{
    ErrorCode, ErrorInfo, FileContent, FileKind, FsRequest, HostHello, KillReason, Limit, Limits, MAX_ID,
    MAX_OPEN_UPLOADS, MAX_UPLOAD_BYTES, Notice, PROTOCOL_VERSION, PastLimit, Phase, Program, Reply, Request,
    RetireReason, SandboxLimits, SidecarHello, Signal, SourceFormat, StdinMode, Stream,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
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
    let mut declarations = Declarations { config: &config, by_name: BTreeMap::new() };
    declarations.visit::<HostHello>();
    declarations.visit::<SidecarHello>();
    declarations.visit::<Request>();
    declarations.visit::<Reply>();
    declarations.visit::<Notice>();
    declarations.visit::<ErrorInfo>();
    declarations.visit::<Stream>();
    for declaration in declarations.by_name.values() {
        write!(text, "\n{declaration}\n").unwrap();
    }
    write_constants(&mut text, &config).unwrap();
    let text = text.replace("/**\n * ", "/** ").replace("\n */", " */");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The declarations of the types that were visited and of all that they need. They are sorted: ts-rs visits in an order
/// that differs from build to build.
struct Declarations<'a> {
    config: &'a Config,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::name(self.config);
        // Only types of this crate are declared anywhere.
        if T::output_path().is_none() || self.by_name.contains_key(&name) {
            return;
        }
        let declaration = format!("{}export {}", T::docs().unwrap_or_default(), T::decl(self.config));
        self.by_name.insert(name, declaration);
        T::visit_dependencies(self);
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
            "The least that a side may announce as its largest payload; before the other's hello no payload is longer.",
            "MIN_MAX_FRAME",
            frame::MIN_MAX_FRAME as usize,
        ),
        (
            "The most that a side may announce as its largest payload, in bytes.",
            "MAX_MAX_FRAME",
            frame::MAX_MAX_FRAME as usize,
        ),
        ("Bytes of payload that a hello may have, and a refusal in its place.", "MAX_HELLO", frame::MAX_HELLO as usize),
        ("Bytes of a JSON message, all of its frames together.", "MAX_MESSAGE", frame::MAX_MESSAGE),
        (
            "Messages of several frames that may be under way at once in one direction.",
            "MAX_PARTIAL_MESSAGES",
            frame::MAX_PARTIAL_MESSAGES,
        ),
        ("Bytes that the messages under way may have together.", "MAX_PARTIAL_BYTES", frame::MAX_PARTIAL_BYTES),
        ("Uploads that may be announced and not yet finished.", "MAX_OPEN_UPLOADS", MAX_OPEN_UPLOADS),
        (
            "Bytes that the uploads under way may have together, by what they announced.",
            "MAX_UPLOAD_BYTES",
            MAX_UPLOAD_BYTES as usize,
        ),
    ] {
        writeln!(text, "\n/** {docs} */\nexport const {name} = {value};")?;
    }

    write_limits(text, "LIMITS", "guest's", "LimitOverrides", Limits::TABLE)?;
    write_limits(text, "SANDBOX_LIMITS", "sandbox's", "SandboxLimitOverrides", SandboxLimits::TABLE)?;

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

fn write_limits(text: &mut String, name: &str, whose: &str, type_name: &str, table: &[Limit]) -> std::fmt::Result {
    writeln!(text, "\n/** What each of a {whose} limits is unless set, and what it may be set to, ends included. */")?;
    writeln!(text, "export const {name} = {{")?;
    for Limit { name, min, default, max, past } in table {
        let past = match past {
            PastLimit::Ends(outcome) => format!("{{ ends: {} }}", serde_json::to_string(outcome).unwrap()),
            PastLimit::Fails(error) => format!("{{ fails: {error:?} }}"),
            PastLimit::Refused(code) => format!("{{ refused: {} }}", serde_json::to_string(code).unwrap()),
            PastLimit::Waits => "\"waits\"".into(),
        };
        writeln!(text, "  {name}: {{ min: {min}, default: {default}, max: {max}, past: {past} }},")?;
    }
    writeln!(
        text,
        "}} as const satisfies Record<keyof {type_name}, {{ min: number; default: number; max: number; past: unknown }}>;"
    )
}

/// The strings that an enum without fields is declared as.
fn union_members<T: TS>(config: &Config) -> Vec<String> {
    T::inline(config).split(" | ").map(|member| serde_json::from_str(member).unwrap()).collect()
}

/// The compiler of the TypeScript side then holds its types against what serde writes.
#[test]
fn samples_as_typescript_match_the_samples() {
    let mut text = String::from(
        "// Generated from crates/protocol by `HOTCELL_UPDATE=1 cargo test --release -p hotcell-protocol`: don't edit.\n\
         import type { ErrorInfo, HostHello, Notice, Reply, Request, SidecarHello } from \"../../src/protocol/generated.js\";\n",
    );
    write_samples(&mut text, "hostHellos: HostHello", &samples::host_hellos());
    write_samples(&mut text, "sidecarHellos: SidecarHello", &samples::sidecar_hellos());
    write_samples(&mut text, "requests: Request", &samples::requests());
    write_samples(&mut text, "replies: Reply", &samples::replies());
    write_samples(&mut text, "notices: Notice", &samples::notices());
    write_samples(&mut text, "errors: ErrorInfo", &samples::errors());
    golden::check("bridge/host/test/generated/protocol-samples.ts", &text);
}

fn write_samples(text: &mut String, declaration: &str, samples: &[impl Serialize]) {
    writeln!(text, "\nexport const {declaration}[] = [").unwrap();
    for sample in samples {
        writeln!(text, "  {},", serde_json::to_string(sample).unwrap()).unwrap();
    }
    writeln!(text, "];").unwrap();
}

#[test]
fn samples_read_back_as_they_were_written() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(samples: &[T]) {
        for sample in samples {
            let json = serde_json::to_string(sample).unwrap();
            assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), sample, "{json}");
        }
    }
    check(&samples::host_hellos());
    check(&samples::sidecar_hellos());
    check(&samples::requests());
    check(&samples::replies());
    check(&samples::notices());
    check(&samples::errors());
}

/// So that no variant is forgotten: whatever string an enum may become on the wire stands in some sample.
#[test]
fn samples_have_every_variant() {
    fn missing<T: TS>(config: &Config, samples: &str) -> Vec<String> {
        let literals = T::inline(config);
        let literals = literals.split('"').skip(1).step_by(2).filter(|name| !["type", "kind", "op"].contains(name));
        literals.filter(|name| !samples.contains(&format!("{name:?}"))).map(str::to_owned).collect()
    }
    let config = Config::new();
    let requests = serde_json::to_string(&samples::requests()).unwrap();
    let events = serde_json::to_string(&(samples::replies(), samples::notices())).unwrap();
    let none = Vec::<String>::new();
    assert_eq!(missing::<Request>(&config, &requests), none);
    assert_eq!(missing::<FsRequest>(&config, &requests), none);
    assert_eq!(missing::<FileContent>(&config, &requests), none);
    assert_eq!(missing::<Program>(&config, &requests), none);
    assert_eq!(missing::<SourceFormat>(&config, &requests), none);
    assert_eq!(missing::<StdinMode>(&config, &requests), none);
    assert_eq!(missing::<KillReason>(&config, &requests), none);
    assert_eq!(missing::<Stream>(&config, &requests), none);
    assert_eq!(missing::<Reply>(&config, &events), none);
    assert_eq!(missing::<Notice>(&config, &events), none);
    assert_eq!(missing::<RetireReason>(&config, &events), none);
    assert_eq!(missing::<Phase>(&config, &events), none);
    assert_eq!(missing::<FileKind>(&config, &events), none);
}
