use crate::mailbox::Mail;
use bytes::Bytes;
use hotcell_protocol::frame::Kind;
use hotcell_protocol::{Event, Stream};
use napi::bindgen_prelude::{Array, BufferSlice, Env, Result};

/// Elements of the array per message: kind, id, whether it is the last part, content.
const FIELDS: usize = 4;

/// The kind of a message that is a line of the log. The others are those of the protocol's frames.
const LOG_LINE: u32 = 128;

/// The kind of a message that says that nothing follows.
const END: u32 = 129;

/// Up to this many bytes a copy costs less than handing memory over: that has to be freed by a finalizer.
const COPIED_UP_TO: usize = 16 << 10;

/// Messages for the host, one after the other in one array: kind, id, whether it is the last part, and the content, which is
/// JSON text, a line of the log, or a buffer.
pub fn array(env: &Env, mail: Vec<Mail>) -> Result<Array<'_>> {
    let mut array = env.create_array((mail.len() * FIELDS) as u32)?;
    for (at, mail) in (0..).step_by(FIELDS).zip(mail) {
        match mail {
            Mail::Event(Event::Reply { id, reply }) => {
                set_head(&mut array, at, Kind::Reply as u32, id, true)?;
                array.set(at + 3, json(&reply)?)?;
            }
            Mail::Event(Event::Notice { id, notice }) => {
                set_head(&mut array, at, Kind::Notice as u32, id, true)?;
                array.set(at + 3, json(&notice)?)?;
            }
            Mail::Event(Event::Output { guest, stream, bytes }) => {
                let kind = match stream {
                    Stream::Stdout => Kind::Stdout,
                    Stream::Stderr => Kind::Stderr,
                };
                set_head(&mut array, at, kind as u32, guest, false)?;
                array.set(at + 3, &buffer(env, bytes)?)?;
            }
            Mail::Event(Event::Download { id, bytes, last }) => {
                set_head(&mut array, at, Kind::Download as u32, id, last)?;
                array.set(at + 3, &buffer(env, bytes)?)?;
            }
            Mail::LogLine(line) => {
                set_head(&mut array, at, LOG_LINE, 0, true)?;
                array.set(at + 3, line)?;
            }
            Mail::End => set_head(&mut array, at, END, 0, true)?,
        }
    }
    Ok(array)
}

fn set_head(array: &mut Array<'_>, at: u32, kind: u32, id: u64, last: bool) -> Result<()> {
    array.set(at, kind)?;
    array.set(at + 1, id as f64)?;
    array.set(at + 2, last)
}

pub fn json(message: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(message)
        .map_err(|error| napi::Error::from_reason(format!("A message can't be written: {error}.")))
}

/// Memory of its own for the host, who may write to it. Bytes that nobody else holds are handed over as they are; others, such as
/// those of a sandbox's file, are copied.
fn buffer<'env>(env: &'env Env, bytes: Bytes) -> Result<BufferSlice<'env>> {
    if bytes.len() <= COPIED_UP_TO || !bytes.is_unique() {
        return BufferSlice::copy_from(env, bytes);
    }
    BufferSlice::from_data(env, Vec::from(bytes))
}
