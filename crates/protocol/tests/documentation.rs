//! docs/protocol.md says what the code does.

use hotcell_protocol::frame::{
    DEFAULT_MAX_FRAME, HEADER_LEN, Header, Kind, MAX_HELLO, MAX_MAX_FRAME, MAX_MESSAGE, MAX_PARTIAL_BYTES,
    MAX_PARTIAL_MESSAGES, MIN_MAX_FRAME, Peer,
};
use hotcell_protocol::{
    ErrorCode, ErrorInfo, FileContent, FileKind, FsRequest, HostHello, KillReason, Limit, Limits, MAX_OPEN_UPLOADS,
    MAX_UPLOAD_BYTES, Notice, Outcome, PastLimit, Phase, Program, Reply, Request, RetireReason, SandboxLimits,
    SidecarHello, Signal, SourceFormat, Stream,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Value};
use ts_rs::{Config, TS};

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// The fenced blocks: their info string and what they hold.
fn blocks() -> Vec<(&'static str, &'static str)> {
    PAGE.split("```")
        .skip(1)
        .step_by(2)
        .map(|block| {
            let (info, text) = block.split_once('\n').unwrap();
            (info.trim(), text)
        })
        .collect()
}

/// Reads every value of a block as T, and demands that T knows each of its fields.
fn check<T: DeserializeOwned + Serialize>(text: &str) {
    let mut count = 0;
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.unwrap_or_else(|error| panic!("{error} in {text}"));
        let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"));
        let written = serde_json::to_value(&read).unwrap();
        assert!(has_all_of(&written, &value), "{value} was read as {written}");
        count += 1;
    }
    assert!(count > 0, "an example is empty");
}

fn has_all_of(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| has_all_of(whole, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| has_all_of(whole, part))
        }
        (whole, part) => whole == part,
    }
}

#[test]
fn examples_are_what_they_are_said_to_be() {
    for (info, text) in blocks() {
        match info {
            "json HostHello" => check::<HostHello>(text),
            "json SidecarHello" => check::<SidecarHello>(text),
            "json ErrorInfo" => check::<ErrorInfo>(text),
            "json Request" => check::<Request>(text),
            "json Program" => check::<Program>(text),
            "json FsRequest" => check::<FsRequest>(text),
            "json Reply" => check::<Reply>(text),
            "json Notice" => check::<Notice>(text),
            "frame" => check_frame(text),
            _ => panic!("no test reads a block {info:?}"),
        }
    }
}

/// A header in hex on the first line, the payload on the second.
fn check_frame(text: &str) {
    let (header, payload) = text.trim_end().split_once('\n').unwrap();
    let bytes: Vec<u8> = header.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    let bytes: [u8; HEADER_LEN] = bytes.try_into().unwrap();
    let header = Header::decode(&bytes).unwrap();
    assert_eq!(header.kind, Kind::Request);
    assert_eq!(header.length as usize, payload.len());
    assert_eq!(serde_json::from_str::<Request>(payload).unwrap(), Request::Stats);
}

#[test]
fn page_names_every_variant() {
    fn missing<T: TS>(config: &Config, text: &str) -> Vec<String> {
        let members = T::inline(config);
        let members = members.split('"').skip(1).step_by(2);
        members
            .filter(|name| !text.contains(&format!("{name:?}")) && !text.contains(&format!("`{name}`")))
            .map(str::to_owned)
            .collect()
    }
    let config = Config::new();
    let examples: String = blocks().into_iter().map(|(_, text)| text).collect();
    let none = Vec::<String>::new();
    // Messages need an example, the values of a field at least a mention.
    assert_eq!(missing::<Request>(&config, &examples), none);
    assert_eq!(missing::<FsRequest>(&config, &examples), none);
    assert_eq!(missing::<FileContent>(&config, &examples), none);
    assert_eq!(missing::<Program>(&config, &examples), none);
    assert_eq!(missing::<KillReason>(&config, &examples), none);
    assert_eq!(missing::<Reply>(&config, &examples), none);
    assert_eq!(missing::<Notice>(&config, &examples), none);
    assert_eq!(missing::<Stream>(&config, &examples), none);
    assert_eq!(missing::<SourceFormat>(&config, PAGE), none);
    assert_eq!(missing::<Signal>(&config, PAGE), none);
    assert_eq!(missing::<FileKind>(&config, PAGE), none);
    assert_eq!(missing::<Outcome>(&config, PAGE), none);
    assert_eq!(missing::<RetireReason>(&config, PAGE), none);
    assert_eq!(missing::<Phase>(&config, PAGE), none);
    assert_eq!(missing::<ErrorCode>(&config, PAGE), none);
}

#[test]
fn tables_have_the_numbers_of_the_code() {
    for kind in Kind::ALL {
        let sender = match (kind.is_sent_by(Peer::Host), kind.is_sent_by(Peer::Sidecar)) {
            (true, true) => "both",
            (true, false) => "host",
            _ => "sidecar",
        };
        let payload = if kind.is_raw() { "bytes" } else { "JSON" };
        let row = format!("| {} | {kind} | {sender} | {payload} |", kind as u8);
        assert!(PAGE.contains(&row), "{row}");
    }
    let size = |bytes: usize| match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ => format!("{} KiB", bytes >> 10),
    };
    let frames = format!(
        "{} to {}, by default {}",
        size(MIN_MAX_FRAME as usize),
        size(MAX_MAX_FRAME as usize),
        size(DEFAULT_MAX_FRAME as usize)
    );
    for (what, bound) in [
        ("payload of a hello, or of a refusal in its place", size(MAX_HELLO as usize)),
        ("any other payload, before its sender has seen the other side's hello", size(MIN_MAX_FRAME as usize)),
        ("any other payload from then on", format!("the `maxFrame` of the other side's hello: {frames}")),
        ("a JSON message, all of its frames together", size(MAX_MESSAGE)),
        ("messages of several frames under way at once, per direction", MAX_PARTIAL_MESSAGES.to_string()),
        ("these messages together, per direction", size(MAX_PARTIAL_BYTES)),
        ("uploads announced and not yet finished", MAX_OPEN_UPLOADS.to_string()),
        ("these uploads together, by what they announced", size(MAX_UPLOAD_BYTES as usize)),
    ] {
        let row = format!("| {what} | {bound} |\n");
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn limits_page_has_the_tables_of_the_code() {
    let page = include_str!("../../../docs/limits.md");
    let rows = |heading: &str| -> Vec<Vec<String>> {
        let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
    };
    for (heading, table) in [("Of a guest\n", Limits::TABLE), ("Of a sandbox\n", SandboxLimits::TABLE)] {
        let expected = table.iter().map(|Limit { name, min, default, max, past }| {
            let past = match past {
                PastLimit::Ends(outcome) => {
                    format!("ends: {}", serde_json::to_value(outcome).unwrap().as_str().unwrap())
                }
                PastLimit::Fails(error) => format!("fails: {error}"),
                PastLimit::Refused(code) => {
                    format!("refused: {}", serde_json::to_value(code).unwrap().as_str().unwrap())
                }
                PastLimit::Waits => "waits".into(),
            };
            [name.to_string(), default.to_string(), min.to_string(), max.to_string(), past]
        });
        let figures: Vec<_> = rows(heading)
            .into_iter()
            .map(|row| [row[0].clone(), row[2].clone(), row[3].clone(), row[4].clone(), row[5].clone()])
            .collect();
        assert_eq!(figures, expected.collect::<Vec<_>>(), "{heading}");
    }
}
