//! Whatever comes, however it is split: the decoders give what was sent or a clear error, and hold a bounded amount of
//! memory.

use crate::samples;
use crate::wire::{self, Message, frame, joined, read};
use bytes::Bytes;
use hotcell_protocol::frame::{
    FrameDecoder, HEADER_LEN, HostMessage, Kind, MAX_PARTIAL_BYTES, MIN_MAX_FRAME, Peer, ProtocolError, SidecarMessage,
};
use hotcell_protocol::{BlobDigest, Command, Event, Program, Request, SourceFormat, Stream};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The least largest frame, so that small streams are split too.
const MAX_FRAME: u32 = MIN_MAX_FRAME;

/// What a decoder of such frames may hold where no message is split.
const FRAME_BOUND: usize = FrameDecoder::READ_CHUNK;

fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 0..3 * MAX_FRAME as usize)].prop_map(Bytes::from)
}

fn id() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 1..5_u64, 1 => 1..=hotcell_protocol::MAX_ID]
}

/// A request whose JSON may take several frames.
fn request() -> impl Strategy<Value = Request> {
    let mut requests = samples::requests();
    // These need their uploads, which `upload` brings.
    requests.retain(|request| !serde_json::to_string(request).unwrap().contains("length"));
    (select(requests), "\\PC{0,20}", 1..800_usize).prop_map(|(mut request, text, times)| {
        if let Request::Spawn { options, .. } = &mut request {
            let text = text.repeat(times);
            options.program = Program::Source { text, format: SourceFormat::Auto, name: None };
        }
        request
    })
}

/// A blob with an id of its own, in these parts.
fn upload() -> impl Strategy<Value = Vec<Message>> {
    (1_000_000..u64::MAX >> 12, vec(payload(), 1..4)).prop_map(|(id, parts)| {
        let length = parts.iter().map(|part| part.len() as u64).sum();
        let request = Request::PutBlob { digest: BlobDigest([7; 32]), length };
        let last = parts.len() - 1;
        let parts = parts.into_iter().enumerate();
        let parts = parts.map(|(n, bytes)| Command::Upload { id, bytes, last: n == last }.into());
        [Command::Request { id, request }.into()].into_iter().chain(parts).collect()
    })
}

fn host_stream() -> impl Strategy<Value = Vec<Message>> {
    let command = prop_oneof![
        (id(), request()).prop_map(|(id, request)| vec![Command::Request { id, request }.into()]),
        (id(), payload(), any::<bool>())
            .prop_map(|(guest, bytes, last)| vec![Command::Stdin { guest, bytes, last }.into()]),
        upload(),
    ];
    (select(samples::host_hellos()), vec(command, 0..12)).prop_map(|(hello, commands)| {
        [HostMessage::Hello(hello).into()].into_iter().chain(commands.into_iter().flatten()).collect()
    })
}

fn sidecar_stream() -> impl Strategy<Value = Vec<Message>> {
    let stream = || select(vec![Stream::Stdout, Stream::Stderr]);
    let event = prop_oneof![
        (id(), select(samples::replies())).prop_map(|(id, reply)| Event::Reply { id, reply }),
        (id(), select(samples::notices())).prop_map(|(id, notice)| Event::Notice { id, notice }),
        (id(), stream(), payload()).prop_map(|(guest, stream, bytes)| Event::Output { guest, stream, bytes }),
        (id(), payload(), any::<bool>()).prop_map(|(id, bytes, last)| Event::Download { id, bytes, last }),
    ];
    let refusal = proptest::option::of(select(samples::errors()));
    (select(samples::sidecar_hellos()), vec(event, 0..12), refusal).prop_map(|(hello, events, refusal)| {
        let events = events.into_iter().map(Message::from);
        let refusal = refusal.map(|error| SidecarMessage::Refusal(error).into());
        [SidecarMessage::Hello(hello).into()].into_iter().chain(events).chain(refusal).collect()
    })
}

fn stream() -> impl Strategy<Value = (Peer, Vec<Message>)> {
    prop_oneof![
        host_stream().prop_map(|messages| (Peer::Host, messages)),
        sidecar_stream().prop_map(|messages| (Peer::Sidecar, messages)),
    ]
}

fn chunk_lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![1]), vec(1..40_usize, 1..20), vec(1..20_000_usize, 1..20), Just(vec![usize::MAX])]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn stream_comes_out_as_it_went_in_however_it_is_split(
        (from, messages) in stream(),
        lengths in chunk_lengths(),
    ) {
        let reading = read(from, MAX_FRAME, &wire::encode(&messages, MAX_FRAME), &lengths);
        prop_assert_eq!(&reading.error, &None);
        prop_assert_eq!(joined(&reading.messages), joined(&messages));
        // A split message of these is held once more while it is joined, in a buffer that doubles.
        prop_assert!(reading.peak <= FRAME_BOUND + 2 * 80_000, "{}", reading.peak);
    }

    #[test]
    fn stream_that_breaks_off_gives_what_came_whole((from, messages) in stream(), cut in any::<Index>()) {
        let wire = wire::encode(&messages, MAX_FRAME);
        let whole = read(from, MAX_FRAME, &wire, &[usize::MAX]);
        let cut = cut.index(wire.len() + 1);
        let reading = read(from, MAX_FRAME, &wire[..cut], &[usize::MAX]);
        prop_assert_eq!(&reading.messages[..], &whole.messages[..reading.messages.len()]);
        let at_end_of_a_message = wire::encode(&reading.messages, MAX_FRAME).len() == cut;
        let expected = (!at_end_of_a_message).then_some(ProtocolError::Truncated);
        prop_assert_eq!(reading.error, expected);
    }

    #[test]
    fn stream_with_a_changed_byte_never_panics_nor_grows(
        (from, messages) in stream(),
        place in any::<Index>(),
        byte in any::<u8>(),
        lengths in chunk_lengths(),
    ) {
        let mut wire = wire::encode(&messages, MAX_FRAME).to_vec();
        let place = place.index(wire.len());
        wire[place] = byte;
        let reading = read(from, MAX_FRAME, &wire, &lengths);
        prop_assert!(reading.peak <= FRAME_BOUND + 2 * wire.len(), "{}", reading.peak);
    }

    #[test]
    fn garbage_after_the_hello_never_panics_nor_grows(
        (from, hello) in select(vec![
            (Peer::Host, Message::from(HostMessage::Hello(samples::host_hellos().remove(0)))),
            (Peer::Sidecar, Message::from(SidecarMessage::Hello(samples::sidecar_hellos().remove(0)))),
        ]),
        // Small numbers are what headers are made of.
        garbage in vec(prop_oneof![any::<u8>(), 0..12_u8, Just(0)], 0..400),
        lengths in chunk_lengths(),
    ) {
        let mut wire = wire::encode(&[hello], MAX_FRAME).to_vec();
        wire.extend_from_slice(&garbage);
        let reading = read(from, MAX_FRAME, &wire, &lengths);
        prop_assert!(reading.peak <= FRAME_BOUND + 2 * wire.len(), "{}", reading.peak);
    }

    #[test]
    fn garbage_never_panics(wire in vec(any::<u8>(), 0..400), lengths in chunk_lengths()) {
        for from in [Peer::Host, Peer::Sidecar] {
            let reading = read(from, MAX_FRAME, &wire, &lengths);
            prop_assert!(reading.error.is_some() || wire.is_empty());
        }
    }

    #[test]
    fn messages_whose_parts_are_mixed_are_joined(
        requests in vec((request(), vec(1..50_usize, 1..5)), 1..8),
        order in vec(any::<Index>(), 200),
        lengths in chunk_lengths(),
    ) {
        let hello: Message = HostMessage::Hello(samples::host_hellos().remove(0)).into();
        let mut wire = wire::encode(std::slice::from_ref(&hello), MAX_FRAME).to_vec();
        let mut under_way: Vec<_> = requests
            .iter()
            .enumerate()
            .map(|(n, (request, cuts))| (n, serde_json::to_vec(request).unwrap(), cuts.iter().cycle()))
            .collect();
        let mut expected = vec![hello];
        for index in order.iter().cycle() {
            if under_way.is_empty() {
                break;
            }
            let place = index.index(under_way.len());
            let (n, json, cuts) = &mut under_way[place];
            let length = json.len().div_ceil(*cuts.next().unwrap()).min(MAX_FRAME as usize);
            let rest = json.split_off(length);
            let id = *n as u64 + 1;
            wire.extend(frame(Kind::Request, !rest.is_empty(), id, json));
            *json = rest;
            if json.is_empty() {
                expected.push(Command::Request { id, request: requests[*n].0.clone() }.into());
                drop(under_way.remove(place));
            }
        }
        let reading = read(Peer::Host, MAX_FRAME, &wire, &lengths);
        prop_assert_eq!(reading.error, None);
        prop_assert_eq!(reading.messages, expected);
    }
}

#[test]
fn every_sample_survives_every_single_split() {
    let messages: Vec<Message> = [SidecarMessage::Hello(samples::sidecar_hellos().remove(0)).into()]
        .into_iter()
        .chain(samples::notices().into_iter().map(|notice| Event::Notice { id: 3, notice }.into()))
        .chain(samples::replies().into_iter().map(|reply| Event::Reply { id: 3, reply }.into()))
        .collect();
    let wire = wire::encode(&messages, MAX_FRAME);
    for cut in 1..wire.len() {
        let reading = read(Peer::Sidecar, MAX_FRAME, &wire, &[cut, usize::MAX]);
        assert_eq!(reading.error, None);
        assert_eq!(reading.messages, messages, "split at {cut}");
    }
}

#[test]
fn oversize_frames_are_refused_by_their_header_alone() {
    let hello: Message = HostMessage::Hello(samples::host_hellos().remove(0)).into();
    for (max_frame, length) in [(4096, 4097), (1 << 20, (1 << 20) + 1), (16 << 20, u32::MAX)] {
        let mut wire = wire::encode(std::slice::from_ref(&hello), max_frame).to_vec();
        wire.extend_from_slice(&length.to_le_bytes());
        wire.extend_from_slice(&frame(Kind::Stdin, true, 1, &[])[4..HEADER_LEN]);
        let reading = read(Peer::Host, max_frame, &wire, &[1]);
        let kind = Kind::Stdin;
        let error = ProtocolError::FrameTooLarge { kind, length: length.into(), max: max_frame };
        assert_eq!(reading.error, Some(error));
        assert!(reading.peak <= FrameDecoder::READ_CHUNK, "{}", reading.peak);
    }
}

#[test]
fn decoder_holds_one_large_frame_and_no_more() {
    let max_frame = 1 << 20;
    let messages = [
        HostMessage::Hello(samples::host_hellos().remove(0)).into(),
        Command::Stdin { guest: 1, bytes: vec![1; 5 << 20].into(), last: false }.into(),
        Command::Stdin { guest: 1, bytes: vec![2; 100].into(), last: true }.into(),
    ];
    let reading = read(Peer::Host, max_frame, &wire::encode(&messages, max_frame), &[50_000]);
    assert_eq!(reading.error, None);
    assert_eq!(joined(&reading.messages), joined(&messages));
    assert_eq!(reading.peak, max_frame as usize);
}

#[test]
fn messages_under_way_are_held_within_their_bound() {
    let mut wire = wire::encode(&[HostMessage::Hello(samples::host_hellos().remove(0)).into()], 1 << 20).to_vec();
    for round in 0..40 {
        for id in 1..=2 {
            wire.extend(frame(Kind::Request, true, id, &vec![b' '; 1 << 20][round..]));
        }
    }
    let reading = read(Peer::Host, 1 << 20, &wire, &[usize::MAX]);
    assert_eq!(reading.error, Some(ProtocolError::MessageTooLarge));
    assert!(reading.peak <= MAX_PARTIAL_BYTES + (1 << 20), "{}", reading.peak);
}
