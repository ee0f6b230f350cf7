//! Streams with what they mean, for every implementation of the protocol to agree on: tests/generated/frames.json.

use crate::wire::{self, Message, frame, raw_part, read};
use crate::{golden, samples};
use bytes::Bytes;
use hotcell_protocol::frame::{Header, HostMessage, Kind, MAX_PARTIAL_MESSAGES, MIN_MAX_FRAME, Peer, SidecarMessage};
use hotcell_protocol::{
    BlobDigest, Command, DirEntry, Event, FileKind, MAX_ID, Notice, Program, Reply, Request, SpawnOptions, Stream,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// A stream, and what comes of it where payloads are at most [`MIN_MAX_FRAME`] bytes.
struct Vector {
    name: &'static str,
    from: Peer,
    wire: Vec<u8>,
    /// The name of the error that ends it.
    error: Option<&'static str>,
}

#[test]
fn vectors_match_the_codec() {
    let vectors: Vec<Vector> =
        [valid_host_streams(), valid_sidecar_streams(), invalid_streams()].into_iter().flatten().collect();
    let mut lines = Vec::new();
    for vector in vectors {
        let reading = read(vector.from, MIN_MAX_FRAME, &vector.wire, &[usize::MAX]);
        let error = reading.error.map(|error| error_name(&error));
        assert_eq!(error.as_deref(), vector.error, "{}", vector.name);
        let line = json!({
            "name": vector.name,
            "from": match vector.from { Peer::Host => "host", Peer::Sidecar => "sidecar" },
            "wire": hex(&vector.wire),
            "messages": reading.messages.iter().map(described).collect::<Vec<_>>(),
            "error": error,
        });
        lines.push(line.to_string());
    }
    golden::check("tests/generated/frames.json", &format!("[\n{}\n]\n", lines.join(",\n")));
}

/// A message as the vectors describe it: `json` is the text of its JSON, `hex` are its bytes.
fn described(message: &Message) -> Value {
    fn message_json(kind: Kind, id: u64, message: &impl Serialize) -> Value {
        json!({ "kind": kind.name(), "id": id, "json": serde_json::to_string(message).unwrap() })
    }
    if let Some((kind, id, bytes, last)) = raw_part(message) {
        return json!({ "kind": kind.name(), "id": id, "hex": hex(bytes), "last": last });
    }
    match message {
        Message::FromHost(HostMessage::Hello(hello)) => message_json(Kind::Hello, 0, hello),
        Message::FromHost(HostMessage::Command(Command::Request { id, request })) => {
            message_json(Kind::Request, *id, request)
        }
        Message::FromSidecar(SidecarMessage::Hello(hello)) => message_json(Kind::Hello, 0, hello),
        Message::FromSidecar(SidecarMessage::Refusal(error)) => message_json(Kind::Refusal, 0, error),
        Message::FromSidecar(SidecarMessage::Event(Event::Reply { id, reply })) => {
            message_json(Kind::Reply, *id, reply)
        }
        Message::FromSidecar(SidecarMessage::Event(Event::Notice { id, notice })) => {
            message_json(Kind::Notice, *id, notice)
        }
        _ => unreachable!("every other message carries bytes"),
    }
}

/// The variant's name, in camel case.
fn error_name(error: &impl std::fmt::Debug) -> String {
    let debug = format!("{error:?}");
    let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
    name[..1].to_lowercase() + &name[1..]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn host_hello() -> Message {
    HostMessage::Hello(samples::host_hellos().remove(0)).into()
}

fn sidecar_hello() -> Message {
    SidecarMessage::Hello(samples::sidecar_hellos().remove(0)).into()
}

fn every_byte() -> Bytes {
    (0..=u8::MAX).collect()
}

fn numbers(length: u32) -> Bytes {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn put_blob(length: u64) -> Request {
    Request::PutBlob { digest: BlobDigest([0xab; 32]), length }
}

fn valid_host_streams() -> Vec<Vector> {
    let vector = |name, messages: Vec<Message>| Vector {
        name,
        from: Peer::Host,
        wire: wire::encode(&messages, MIN_MAX_FRAME).into(),
        error: None,
    };
    let upload = |id, bytes, last| Message::from(Command::Upload { id, bytes, last });
    let stdin = |guest, bytes, last| Message::from(Command::Stdin { guest, bytes, last });
    let request = |id, request| Message::from(Command::Request { id, request });

    let mut requests = vec![HostMessage::Hello(samples::host_hellos().remove(1)).into()];
    for (sample, id) in samples::requests().into_iter().zip(1..) {
        // The samples announce empty uploads.
        let announces = serde_json::to_string(&sample).unwrap().contains("\"length\"");
        requests.push(request(id, sample));
        requests.extend(announces.then(|| upload(id, Bytes::new(), true)));
    }

    let long_source = samples::requests().into_iter().find_map(|sample| match sample {
        Request::Spawn { sandbox, options: SpawnOptions { program: Program::Source { format, name, .. }, .. } } => {
            let text = "// \u{20ac}\u{1f30b}\n".repeat(450);
            let program = Program::Source { text, format, name };
            let Request::Spawn { options, .. } = &samples::requests()[3] else { unreachable!() };
            Some(Request::Spawn { sandbox, options: SpawnOptions { program, ..options.clone() } })
        }
        _ => None,
    });

    let mut mixed: Vec<u8> = wire::encode(&[host_hello()], MIN_MAX_FRAME).into();
    let stats = br#"{"type":"stats"}"#;
    let shutdown = br#"{"type":"shutdown"}"#;
    mixed.extend(frame(Kind::Request, true, 1, &stats[..5]));
    mixed.extend(frame(Kind::Request, true, 2, &shutdown[..1]));
    mixed.extend(frame(Kind::Stdin, true, 1, b"between"));
    mixed.extend(frame(Kind::Request, false, 1, &stats[5..]));
    mixed.extend(frame(Kind::Request, true, 2, &shutdown[1..]));
    mixed.extend(frame(Kind::Request, false, 2, b""));

    vec![
        vector("host: every request", requests),
        vector("host: a request in several frames", vec![host_hello(), request(1, long_source.unwrap())]),
        vector(
            "host: an upload in several frames",
            vec![host_hello(), request(1, put_blob(5000)), upload(1, numbers(5000), true)],
        ),
        vector(
            "host: an upload that ends early",
            vec![host_hello(), request(1, put_blob(9)), upload(1, numbers(3), false), upload(1, Bytes::new(), true)],
        ),
        vector(
            "host: stdin of every byte value, then its end",
            vec![host_hello(), stdin(7, every_byte(), false), stdin(7, Bytes::new(), true)],
        ),
        vector("host: the largest id", vec![host_hello(), request(MAX_ID, Request::Stats)]),
        Vector { name: "host: messages whose frames are mixed", from: Peer::Host, wire: mixed, error: None },
    ]
}

fn valid_sidecar_streams() -> Vec<Vector> {
    let vector = |name, messages: Vec<Message>| Vector {
        name,
        from: Peer::Sidecar,
        wire: wire::encode(&messages, MIN_MAX_FRAME).into(),
        error: None,
    };
    let output = |guest, stream, bytes| Message::from(Event::Output { guest, stream, bytes });
    let download = |id, bytes, last| Message::from(Event::Download { id, bytes, last });
    let replies = samples::replies().into_iter().zip(1..).map(|(reply, id)| Event::Reply { id, reply }.into());
    let notices = samples::notices().into_iter().zip(1..).map(|(notice, id)| Event::Notice { id, notice }.into());
    let refusal = || SidecarMessage::Refusal(samples::errors().remove(0)).into();
    let entries = (0..120).map(|n| DirEntry { name: format!("file-{n} \u{20ac}"), kind: FileKind::File }).collect();

    let mut mixed: Vec<u8> = wire::encode(&[sidecar_hello()], MIN_MAX_FRAME).into();
    let done = br#"{"type":"done"}"#;
    let closed = br#"{"type":"stdinClosed"}"#;
    mixed.extend(frame(Kind::Reply, true, 3, &done[..5]));
    mixed.extend(frame(Kind::Notice, true, 3, &closed[..9]));
    mixed.extend(frame(Kind::Stdout, true, 3, b"between"));
    mixed.extend(frame(Kind::Notice, false, 3, &closed[9..]));
    mixed.extend(frame(Kind::Reply, true, 3, &done[5..]));
    mixed.extend(frame(Kind::Reply, false, 3, b""));

    vec![
        vector("sidecar: every reply", [sidecar_hello()].into_iter().chain(replies).collect()),
        vector("sidecar: every notice", [sidecar_hello()].into_iter().chain(notices).collect()),
        vector(
            "sidecar: a reply in several frames",
            vec![sidecar_hello(), Event::Reply { id: 1, reply: Reply::Readdir { entries } }.into()],
        ),
        vector(
            "sidecar: output of every byte value",
            vec![
                sidecar_hello(),
                output(7, Stream::Stdout, every_byte()),
                output(MAX_ID, Stream::Stderr, numbers(5000)),
            ],
        ),
        vector(
            "sidecar: a character split over two outputs",
            vec![
                sidecar_hello(),
                output(7, Stream::Stdout, Bytes::from_static(b"\xe2\x82")),
                output(7, Stream::Stdout, Bytes::from_static(b"\xac")),
            ],
        ),
        vector(
            "sidecar: downloads, one of them empty",
            vec![
                sidecar_hello(),
                download(1, numbers(8192), false),
                download(1, numbers(7), true),
                download(2, Bytes::new(), true),
            ],
        ),
        vector(
            "sidecar: a notice of the sidecar itself",
            vec![sidecar_hello(), Event::Notice { id: 0, notice: Notice::StdinClosed }.into()],
        ),
        vector("sidecar: a refusal at once", vec![refusal()]),
        vector("sidecar: a refusal later", vec![sidecar_hello(), refusal()]),
        Vector { name: "sidecar: messages whose frames are mixed", from: Peer::Sidecar, wire: mixed, error: None },
    ]
}

fn invalid_streams() -> Vec<Vector> {
    let host = |name, error, frames: &[Vec<u8>]| Vector {
        name,
        from: Peer::Host,
        wire: [&wire::encode(&[host_hello()], MIN_MAX_FRAME)[..], &frames.concat()].concat(),
        error: Some(error),
    };
    let sidecar = |name, error, frames: &[Vec<u8>]| Vector {
        name,
        from: Peer::Sidecar,
        wire: [&wire::encode(&[sidecar_hello()], MIN_MAX_FRAME)[..], &frames.concat()].concat(),
        error: Some(error),
    };
    let first = |name, from, error, frame: Vec<u8>| Vector { name, from, wire: frame, error: Some(error) };
    let changed = |mut frame: Vec<u8>, place: usize, byte: u8| {
        frame[place] = byte;
        frame
    };
    let announced =
        |kind, length| Header { length, kind, more: false, id: u64::from(kind != Kind::Hello) }.encode().to_vec();
    let stdout = || frame(Kind::Stdout, true, 1, b"out");
    let reply = |json: &[u8]| frame(Kind::Reply, false, 1, json);
    let notice = |json: &[u8]| frame(Kind::Notice, false, 1, json);
    let request = |json: &[u8]| frame(Kind::Request, false, 1, json);
    let hello = |json: &[u8]| frame(Kind::Hello, false, 0, json);
    let refusal = || frame(Kind::Refusal, false, 0, &serde_json::to_vec(&samples::errors()[0]).unwrap());
    let sidecar_hello_with = |max_frame| {
        let hello = hotcell_protocol::SidecarHello { max_frame, ..samples::sidecar_hellos().remove(0) };
        serde_json::to_vec(&hello).unwrap()
    };
    let begun: Vec<_> = (0..=MAX_PARTIAL_MESSAGES as u64).map(|n| frame(Kind::Reply, true, n + 1, b" ")).collect();
    vec![
        sidecar("kind 0", "unknownKind", &[changed(stdout(), 4, 0)]),
        sidecar("kind 11, after output", "unknownKind", &[stdout(), changed(stdout(), 4, 11)]),
        sidecar("a request from the sidecar", "wrongDirection", &[request(b"{}")]),
        host("output from the host", "wrongDirection", &[stdout()]),
        sidecar("a reserved flag", "reservedBits", &[changed(stdout(), 5, 3)]),
        sidecar("a reserved byte", "reservedBits", &[changed(stdout(), 6, 1)]),
        sidecar("the other reserved byte", "reservedBits", &[changed(stdout(), 7, 0x80)]),
        sidecar("a refusal with an id", "idNotZero", &[changed(refusal(), 8, 1)]),
        sidecar("output of guest 0", "idOutOfRange", &[frame(Kind::Stdout, true, 0, b"x")]),
        sidecar("the id 2^53", "idOutOfRange", &[frame(Kind::Notice, false, MAX_ID + 1, b"{}")]),
        sidecar("the id 2^64 - 1", "idOutOfRange", &[frame(Kind::Stdout, true, u64::MAX, b"x")]),
        sidecar("a refusal that goes on", "unexpectedMore", &[changed(refusal(), 5, 1)]),
        sidecar("output that ends", "missingMore", &[changed(stdout(), 5, 0)]),
        sidecar("output of nothing", "emptyPart", &[frame(Kind::Stdout, true, 1, b"")]),
        host("stdin of nothing that goes on", "emptyPart", &[frame(Kind::Stdin, true, 1, b"")]),
        sidecar("a frame that is too large", "frameTooLarge", &[announced(Kind::Reply, MIN_MAX_FRAME + 1)]),
        sidecar("a frame of 4 GiB", "frameTooLarge", &[announced(Kind::Download, u32::MAX)]),
        first("a hello that is too large", Peer::Sidecar, "frameTooLarge", announced(Kind::Hello, 65537)),
        first("no hello", Peer::Sidecar, "helloMissing", stdout()),
        first("no hello from the host", Peer::Host, "helloMissing", request(br#"{"type":"stats"}"#)),
        sidecar("a second hello", "helloRepeated", &[hello(&sidecar_hello_with(MIN_MAX_FRAME))]),
        sidecar("output after a refusal", "afterRefusal", &[refusal(), stdout()]),
        sidecar("an end within a header", "truncated", &[stdout()[..7].to_vec()]),
        sidecar("an end within a payload", "truncated", &[stdout()[..18].to_vec()]),
        sidecar("an end within a message", "truncated", &[frame(Kind::Reply, true, 1, b"{")]),
        sidecar("more messages than may be under way", "tooManyPartialMessages", &begun),
        sidecar("a reply that is not JSON", "invalidMessage", &[reply(b"{")]),
        sidecar("a reply of nothing", "invalidMessage", &[reply(b"")]),
        sidecar(
            "a reply that is not UTF-8",
            "invalidMessage",
            &[reply(b"{\"type\":\"readlink\",\"target\":\"\xff\"}")],
        ),
        sidecar("a reply of an unknown type", "invalidMessage", &[reply(br#"{"type":"toString"}"#)]),
        sidecar("a reply without a type", "invalidMessage", &[reply(br#"{"done":true}"#)]),
        sidecar("a reply that is null", "invalidMessage", &[reply(b"null")]),
        sidecar("a reply without its field", "invalidMessage", &[reply(br#"{"type":"readlink"}"#)]),
        sidecar(
            "an exit without its usage",
            "invalidMessage",
            &[notice(br#"{"type":"exit","exit":{"outcome":"exited"}}"#)],
        ),
        sidecar("credit that is no number", "invalidMessage", &[notice(br#"{"type":"stdinCredit","bytes":"9"}"#)]),
        sidecar("negative credit", "invalidMessage", &[notice(br#"{"type":"stdinCredit","bytes":-1}"#)]),
        first("a hello without a version", Peer::Sidecar, "invalidMessage", hello(br#"{"version":"0.1.0"}"#)),
        first("a hello of another version", Peer::Sidecar, "version", hello(br#"{"protocol":2,"news":[1]}"#)),
        first("a host's hello of another version", Peer::Host, "version", hello(br#"{"protocol":0}"#)),
        first(
            "a hello that wants frames too small",
            Peer::Sidecar,
            "maxFrameOutOfRange",
            hello(&sidecar_hello_with(MIN_MAX_FRAME - 1)),
        ),
        host("a request that lacks a field", "invalidMessage", &[request(br#"{"type":"destroySandbox"}"#)]),
    ]
}
