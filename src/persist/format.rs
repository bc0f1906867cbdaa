//! Our own snapshot format: chunks of bincode records, each with a digest, so that damage is found, located, and what is
//! whole can be saved.
//!
//! ```text
//! file     "REDOXIDE"  version: u32 = 1  reserved: u32 = 0      16 bytes
//!          chunk 0  chunk 1  ...  chunk n-1
//!          end
//!
//! chunk    "CHNK"  len: u32  number: u64  digest: 32 bytes      48 bytes, then len bytes of records
//! end      "DONE"  len: u32 = 40  number: u64 = n  digest: 32   then chunks' digest: 32 bytes, keys: u64
//!
//! digest          SHA-256 of: number as in the head, then the len bytes that follow the head
//! chunks' digest  SHA-256 of the digests of chunks 0 to n-1, one after another
//! ```
//!
//! All integers in these heads are little-endian. A chunk has about 256 KB, more only if one key or element
//! is larger than that (none of 4 GB: such a snapshot fails), and holds whole records, which stand one after another in bincode 2's standard form (integers of variable length, little-endian):
//! see [`Record`] for what they are; enum variants are numbered from zero in the order in which they stand there.
//! The first record is `Head`. Then come, for each database, `Database` and its keys. A long string and a large
//! collection are a record with the beginning, and `MoreBytes` or `More` until all of it was there.
//!
//! Version 1 is the only one there is. A reader refuses a version that it does not know.

pub mod read;
pub mod salvage;
pub mod write;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

/// What a file of ours begins with.
pub const MAGIC: &[u8; 8] = b"REDOXIDE";
/// The version that is written.
pub const VERSION: u32 = 1;
/// The bytes before the first chunk.
pub const HEAD: usize = 16;
/// The bytes of a chunk's head.
pub const CHUNK_HEAD: usize = 48;
/// What a chunk begins with.
pub const CHUNK_MARK: &[u8; 4] = b"CHNK";
/// What the end begins with.
pub const END_MARK: &[u8; 4] = b"DONE";
/// The bytes that follow the head of the end.
pub const END_LEN: usize = 40;
/// A chunk is closed when it has so many bytes.
const CHUNK_TARGET: usize = 256 * 1024;
/// No chunk has more: its length has 32 bits.
pub const CHUNK_MAX: usize = u32::MAX as usize;
/// A record holds so many bytes of a string, or of a collection, about; the rest follows in others.
pub const PIECE: usize = 64 * 1024;

/// The encoding of records.
pub type Encoding = bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<CHUNK_MAX>,
>;
/// The encoding of records.
pub const ENCODING: Encoding = bincode::config::standard().with_limit::<CHUNK_MAX>();

/// Bytes in one piece (serde would take a slice for a list of numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = &'de [u8];

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("bytes that lie in the chunk")
            }

            fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'de [u8]) -> Result<&'de [u8], E> {
                Ok(bytes)
            }

            fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<&'de [u8], E> {
                Err(E::custom("bytes that lie elsewhere"))
            }
        }
        deserializer.deserialize_bytes(Borrowed).map(Bytes).map_err(D::Error::custom)
    }
}

/// A string in a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word<'a> {
    /// One that is an integer, printed.
    Int(i64),
    /// Any other.
    Bytes(#[serde(borrow)] Bytes<'a>),
}

/// What belongs to any key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// When it expires, Unix milliseconds.
    pub deadline: Option<i64>,
    /// When it was used last: see [`Head::access`].
    pub clock: u32,
}

/// What a collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // as Redis calls them
pub enum Kind {
    List,
    Set,
    Hash,
    SortedSet,
}

/// A part of a collection, in its order if it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Elements<'a> {
    /// Of a list or a set.
    Words(#[serde(borrow)] Cow<'a, [Word<'a>]>),
    /// Of a hash: field, value, deadline of the field in Unix milliseconds.
    Fields(#[serde(borrow)] Cow<'a, [(Word<'a>, Word<'a>, Option<i64>)]>),
    /// Of a sorted set: member and score.
    Scored(#[serde(borrow)] Cow<'a, [(Word<'a>, f64)]>),
}

impl Elements<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Elements::Words(words) => words.len(),
            Elements::Fields(fields) => fields.len(),
            Elements::Scored(scored) => scored.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Who wrote it.
    pub version: String,
    /// When, Unix milliseconds.
    pub time_ms: i64,
    /// What clocks of keys mean: seconds since 1970 modulo 2^24 (`lru`), or minutes modulo 2^16 in the upper 16 bits and a logarithmic
    /// counter in the lower 8 (`lfu`).
    pub access: String,
    /// How many keys there are in all.
    pub keys: u64,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record<'a> {
    /// The first of the file.
    Head(Head),
    /// The following keys are in this database.
    Database {
        /// Its number.
        number: u16,
        /// How many keys it has.
        keys: u64,
        /// How many of them expire.
        volatile: u64,
    },
    /// A string that is an integer.
    Int(#[serde(borrow)] Bytes<'a>, Life, i64),
    /// A string: key, life, the length of the whole, and its beginning.
    Text(#[serde(borrow)] Bytes<'a>, Life, u64, #[serde(borrow)] Bytes<'a>),
    /// Goes on with the string before.
    MoreBytes(#[serde(borrow)] Bytes<'a>),
    /// A collection: key, life, what it is, how many elements the whole has, and its beginning.
    Collection(#[serde(borrow)] Bytes<'a>, Life, Kind, u64, #[serde(borrow)] Elements<'a>),
    /// Goes on with the collection before.
    More(#[serde(borrow)] Elements<'a>),
}

/// The digest of a chunk.
pub fn digest(number: u64, payload: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(number.to_le_bytes()).chain_update(payload).finalize().into()
}

/// Puts records into chunks and chunks into a file.
pub struct ChunkWriter<W> {
    out: W,
    /// No chunk gets longer.
    longest: usize,
    /// The head of the chunk in hand, to be filled in, and its records.
    chunk: Vec<u8>,
    number: u64,
    all: Sha256,
}

impl<W: Write> ChunkWriter<W> {
    /// Begins a file.
    pub fn new(mut out: W) -> io::Result<ChunkWriter<W>> {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(MAGIC);
        head[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out.write_all(&head)?;
        let mut chunk = Vec::with_capacity(CHUNK_TARGET + 2 * PIECE);
        chunk.resize(CHUNK_HEAD, 0);
        Ok(ChunkWriter { out, longest: CHUNK_MAX, chunk, number: 0, all: Sha256::new() })
    }

    /// Adds a record.
    pub fn put(&mut self, record: &Record) -> io::Result<()> {
        let mut before = self.chunk.len();
        bincode::serde::encode_into_std_write(record, &mut self.chunk, ENCODING).map_err(io::Error::other)?;
        if self.chunk.len() - CHUNK_HEAD > self.longest && before > CHUNK_HEAD {
            let record = self.chunk.split_off(before);
            self.close()?;
            before = self.chunk.len();
            self.chunk.extend_from_slice(&record);
        }
        if self.chunk.len() - CHUNK_HEAD > self.longest {
            let len = self.chunk.len() - before;
            self.chunk.truncate(before);
            return Err(io::Error::other(format!(
                "a key or an element takes a record of {len} bytes, and this format has none of more than {}: with \
                 'snapshot-format rdb' it can be saved",
                self.longest
            )));
        }
        if self.chunk.len() >= CHUNK_HEAD + CHUNK_TARGET { self.close() } else { Ok(()) }
    }

    /// Writes the chunk in hand.
    fn close(&mut self) -> io::Result<()> {
        if self.chunk.len() == CHUNK_HEAD {
            return Ok(());
        }
        let digest = digest(self.number, &self.chunk[CHUNK_HEAD..]);
        self.all.update(digest);
        fill_head(&mut self.chunk, CHUNK_MARK, self.number, &digest);
        self.out.write_all(&self.chunk)?;
        self.number += 1;
        self.chunk.truncate(CHUNK_HEAD);
        Ok(())
    }

    /// Ends the file, which has `keys` keys; gives the writer back.
    pub fn finish(mut self, keys: u64) -> io::Result<W> {
        self.close()?;
        let mut end = vec![0; CHUNK_HEAD];
        end.extend_from_slice(&self.all.finalize());
        end.extend_from_slice(&keys.to_le_bytes());
        let digest = digest(self.number, &end[CHUNK_HEAD..]);
        fill_head(&mut end, END_MARK, self.number, &digest);
        self.out.write_all(&end)?;
        Ok(self.out)
    }
}

/// Fills in the head of `chunk`, whose payload stands behind it.
fn fill_head(chunk: &mut [u8], mark: &[u8; 4], number: u64, digest: &[u8; 32]) {
    let len = u32::try_from(chunk.len() - CHUNK_HEAD).expect("a longer chunk was refused");
    chunk[..4].copy_from_slice(mark);
    chunk[4..8].copy_from_slice(&len.to_le_bytes());
    chunk[8..16].copy_from_slice(&number.to_le_bytes());
    chunk[16..CHUNK_HEAD].copy_from_slice(digest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_no_chunk_can_hold_is_an_error_that_says_what_to_do() {
        let mut chunks = ChunkWriter { longest: 300_000, ..ChunkWriter::new(Vec::new()).unwrap() };
        let (key, life) = (vec![b'k'; 200_000], Life { deadline: None, clock: 0 });
        chunks.put(&Record::Int(Bytes(&key), life, 1)).unwrap();
        let error = chunks.put(&Record::Int(Bytes(&vec![b'k'; 300_001]), life, 1)).unwrap_err().to_string();
        assert!(error.contains("300") && error.contains("snapshot-format rdb"), "{error}");
        // Two of them are not one.
        chunks.put(&Record::Int(Bytes(&key[..90_000]), life, 1)).unwrap();
        assert!(chunks.finish(2).is_ok());
    }
}
