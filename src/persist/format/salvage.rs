//! What is whole in a damaged file: each chunk has its own digest and its number, so it can be found and believed without the others.
//!
//! ```text
//! head | CHNK ok | CHNK ok | CHNK digest wrong ......... | CHNK ok | CHNK ok, but its first record goes on with a key
//!                          ^ from here on the next mark is looked for        whose beginning is lost: that record is left out
//! ```

use super::read::{Damage, Decoder, Item};
use super::{CHUNK_HEAD, END_LEN, Form, HEAD, decompress, digest};
use crate::keyspace::AccessClock;
use crate::store::object::Limits;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What was found.
#[derive(Debug, Default)]
pub struct Salvaged {
    /// Chunks that are whole.
    pub chunks: u64,
    /// What is not: where it begins, and what is wrong.
    pub lost: Vec<Damage>,
    /// Whether the end of the file was there.
    pub has_end: bool,
}

/// A mark is looked for in so many bytes at a time.
const WINDOW: usize = 1 << 20;

/// Reads all whole chunks of a file of `len` bytes and gives what is in them to `take`, which may refuse a record in words: then the rest of that
/// chunk is lost. `seen` is told how far it is.
pub fn salvage(
    file: &File,
    len: u64,
    (limits, access, clock): (Limits, AccessClock, u32),
    mut seen: impl FnMut(u64),
    mut take: impl FnMut(Item) -> Result<(), String>,
) -> io::Result<Salvaged> {
    let mut found = Salvaged::default();
    let mut reader = Decoder::loose(limits, access, clock);
    let (mut payload, mut unfolded) = (Vec::new(), Vec::new());
    let (mut at, mut next, mut follows) = (HEAD as u64, 0, true);
    while at < len {
        seen(at);
        match chunk(file, len, at, &mut payload)? {
            // The number is part of the digest; one that goes back belongs to another file, in which this one was kept.
            Some((number, form)) if number >= next => {
                if number > next {
                    let why = format!("chunks {next} to {} are missing", number - 1);
                    found.lost.push(Damage { at, why });
                    follows = false;
                }
                let after = at + (CHUNK_HEAD + payload.len()) as u64;
                if form == Form::End {
                    found.has_end = true;
                    return Ok(found);
                }
                found.chunks += 1;
                next = number + 1;
                let unfolded = match form {
                    Form::Compressed => decompress(&payload, &mut unfolded).map(|()| &unfolded),
                    _ => Ok(&payload),
                };
                let taken = unfolded.and_then(|records| reader.take_chunk(records, follows, &mut take));
                if let Err(why) = taken {
                    found.lost.push(Damage { at, why });
                }
                (at, follows) = (after, true);
            }
            _ => {
                let mut after = at;
                while after < len {
                    after = next_mark(file, len, after + 1)?;
                    // What is missing in between is told here, not once more at the next chunk.
                    if let Some((number, _)) = chunk(file, len, after, &mut payload)?
                        && number >= next
                    {
                        next = number;
                        break;
                    }
                }
                let why = format!("{} bytes are no whole chunk", after - at);
                found.lost.push(Damage { at, why });
                (at, follows) = (after, false);
            }
        }
    }
    Ok(found)
}

/// The number of the chunk at an offset, and what it is, if it is whole.
fn chunk(file: &File, len: u64, at: u64, payload: &mut Vec<u8>) -> io::Result<Option<(u64, Form)>> {
    let mut head = [0; CHUNK_HEAD];
    if len.saturating_sub(at) < CHUNK_HEAD as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut head, at)?;
    let Some(form) = Form::of(&head[..4]) else { return Ok(None) };
    let size = u32::from_le_bytes(head[4..8].try_into().expect("four bytes"));
    if form == Form::End && size as usize != END_LEN {
        return Ok(None);
    }
    if u64::from(size) > len - at - CHUNK_HEAD as u64 {
        return Ok(None);
    }
    payload.resize(size as usize, 0);
    file.read_exact_at(payload, at + CHUNK_HEAD as u64)?;
    let number = u64::from_le_bytes(head[8..16].try_into().expect("eight bytes"));
    Ok((head[16..] == digest(form, number, payload)).then_some((number, form)))
}

/// The next place where a chunk or the end may begin; the end of the file if there is none.
fn next_mark(file: &File, len: u64, from: u64) -> io::Result<u64> {
    let mut window = vec![0; WINDOW];
    let mut at = from;
    while len.saturating_sub(at) >= 4 {
        let n = WINDOW.min(usize::try_from(len - at).unwrap_or(WINDOW));
        file.read_exact_at(&mut window[..n], at)?;
        if let Some(i) = window[..n].windows(4).position(|four| Form::of(four).is_some()) {
            return Ok(at + i as u64);
        }
        // A mark may lie across the end of the window.
        at += (n - 3) as u64;
    }
    Ok(len)
}
