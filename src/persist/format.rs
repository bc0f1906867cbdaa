//! Our own snapshot format: chunks of bincode records, each with a digest, so that damage is found, located, and what is
//! whole can be saved.
//!
//! ```text
//! file     "REDOXIDE"  version: u32 = 2  reserved: u32 = 0      16 bytes
//!          chunk 0  chunk 1  ...  chunk n-1
//!          end
//!
//! chunk    "CHNK"  len: u32  number: u64  digest: 32 bytes      48 bytes, then len bytes: the records
//!     or   "CLZ4"  len: u32  number: u64  digest: 32 bytes      48 bytes, then len bytes:
//!                                                               size: u32, and an LZ4 block of size bytes: the records
//! end      "DONE"  len: u32 = 40  number: u64 = n  digest: 32   then chunks' digest: 32 bytes, keys: u64
//!
//! digest          SHA-256 of: number as in the head, then the len bytes that follow the head; if it is a CLZ4, of
//!                 these four letters before all that
//! chunks' digest  SHA-256 of the digests of chunks 0 to n-1, one after another
//! ```
//!
//! All integers in these heads are little-endian. The records of a chunk have about 256 KB, more only if one key or element
//! is larger than that (none of 4 GB: such a snapshot fails). They are whole, and stand one after another in bincode 2's standard form (integers of variable length, little-endian):
//! see [`Record`] for what they are; enum variants are numbered from zero in the order in which they stand there.
//! The first record is `Head`. Then come, for each database, `Database` and its keys. A long string and a large
//! collection are a record with the beginning, and `MoreBytes` or `More` until all of it was there.
//!
//! Each chunk is compressed by itself, unless that saves less than a sixteenth of it, it has more than 16 MB, or
//! `rdbcompression` is off. The digest is of the bytes in the file: what is damaged is never decompressed. A size above
//! 16 MB, or above what a block of that length can hold, is damage: nothing is allocated for it.
//!
//! Version 1 had no compressed chunks, and is otherwise the same. A reader refuses a version that it does not know.

pub mod read;
pub mod salvage;
pub mod write;

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

/// What a file of ours begins with.
pub const MAGIC: &[u8; 8] = b"REDOXIDE";
/// The version that is written.
pub const VERSION: u32 = 2;
/// The oldest version that is read.
pub const VERSION_MIN: u32 = 1;
/// The bytes before the first chunk.
pub const HEAD: usize = 16;
/// The bytes of a chunk's head.
pub const CHUNK_HEAD: usize = 48;
/// What a chunk begins with whose records stand there as they are.
pub const CHUNK_MARK: &[u8; 4] = b"CHNK";
/// What a chunk begins with whose records are compressed.
pub const COMPRESSED_MARK: &[u8; 4] = b"CLZ4";
/// What the end begins with.
pub const END_MARK: &[u8; 4] = b"DONE";
/// The bytes that follow the head of the end.
pub const END_LEN: usize = 40;
/// A chunk is closed when it has so many bytes.
const CHUNK_TARGET: usize = 256 * 1024;
/// No chunk has more: its length has 32 bits.
pub const CHUNK_MAX: usize = u32::MAX as usize;
/// The bytes before the block of a compressed chunk: the size of its records.
const SIZE_LEN: usize = 4;
/// Records of more bytes are not compressed, and whoever says that they were is not believed.
const COMPRESSED_MAX: usize = 16 << 20;
/// A byte of an LZ4 block is worth no more than so many of what it holds.
const EXPANSION_MAX: usize = 255;
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

/// What a chunk is, by its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Records as they are.
    Plain,
    /// Records that are compressed.
    Compressed,
    /// No chunk, but the end of the file.
    End,
}

impl Form {
    /// By the first four bytes of a chunk's head.
    pub fn of(mark: &[u8]) -> Option<Form> {
        [Form::Plain, Form::Compressed, Form::End].into_iter().find(|form| form.mark() == mark)
    }

    fn mark(self) -> &'static [u8; 4] {
        match self {
            Form::Plain => CHUNK_MARK,
            Form::Compressed => COMPRESSED_MARK,
            Form::End => END_MARK,
        }
    }
}

/// The digest of a chunk with these bytes behind its head.
pub fn digest(form: Form, number: u64, payload: &[u8]) -> [u8; 32] {
    let mut sum = Sha256::new();
    // Lest compressed bytes are taken for records, or the other way round. Version 1 has no marks in its digests.
    if form == Form::Compressed {
        sum.update(COMPRESSED_MARK);
    }
    sum.chain_update(number.to_le_bytes()).chain_update(payload).finalize().into()
}

/// Puts records into chunks and chunks into a file.
pub struct ChunkWriter<W> {
    out: W,
    compresses: bool,
    /// No chunk gets longer.
    longest: usize,
    /// The head of the chunk in hand, to be filled in, and its records.
    chunk: Vec<u8>,
    /// Room for the same, compressed.
    compressed: Vec<u8>,
    table: CompressTable,
    number: u64,
    all: Sha256,
}

impl<W: Write> ChunkWriter<W> {
    /// Begins a file, whose chunks are compressed if that is worth it and `compresses` says so.
    pub fn new(mut out: W, compresses: bool) -> io::Result<ChunkWriter<W>> {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(MAGIC);
        head[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out.write_all(&head)?;
        let mut chunk = Vec::with_capacity(CHUNK_TARGET + 2 * PIECE);
        chunk.resize(CHUNK_HEAD, 0);
        let (compressed, table) = (Vec::new(), CompressTable::large());
        Ok(ChunkWriter { out, compresses, longest: CHUNK_MAX, chunk, compressed, table, number: 0, all: Sha256::new() })
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
        let (form, chunk) = match self.compress() {
            Some(len) => (Form::Compressed, &mut self.compressed[..len]),
            None => (Form::Plain, &mut self.chunk[..]),
        };
        self.all.update(fill_head(chunk, form, self.number));
        self.out.write_all(chunk)?;
        self.number += 1;
        self.chunk.truncate(CHUNK_HEAD);
        Ok(())
    }

    /// Compresses the chunk in hand; how many bytes it then has with its head, or none if that is not worth it.
    fn compress(&mut self) -> Option<usize> {
        const START: usize = CHUNK_HEAD + SIZE_LEN;
        let records = &self.chunk[CHUNK_HEAD..];
        if !self.compresses || records.len() > COMPRESSED_MAX {
            return None;
        }
        let room = START + get_maximum_output_size(records.len());
        if self.compressed.len() < room {
            self.compressed.resize(room, 0);
        }
        let size = (records.len() as u32).to_le_bytes(); // below 16 MB
        self.compressed[CHUNK_HEAD..START].copy_from_slice(&size);
        let block = &mut self.compressed[START..];
        let len = compress_into_with_table(records, block, &mut self.table).expect("there is room for the worst case");
        (SIZE_LEN + len <= records.len() - records.len() / 16).then_some(START + len)
    }

    /// Ends the file, which has `keys` keys; gives the writer back.
    pub fn finish(mut self, keys: u64) -> io::Result<W> {
        self.close()?;
        let mut end = vec![0; CHUNK_HEAD];
        end.extend_from_slice(&self.all.finalize());
        end.extend_from_slice(&keys.to_le_bytes());
        fill_head(&mut end, Form::End, self.number);
        self.out.write_all(&end)?;
        Ok(self.out)
    }
}

/// Fills in the head of `chunk`, whose payload stands behind it; its digest.
fn fill_head(chunk: &mut [u8], form: Form, number: u64) -> [u8; 32] {
    let digest = digest(form, number, &chunk[CHUNK_HEAD..]);
    let len = u32::try_from(chunk.len() - CHUNK_HEAD).expect("a longer chunk was refused");
    chunk[..4].copy_from_slice(form.mark());
    chunk[4..8].copy_from_slice(&len.to_le_bytes());
    chunk[8..16].copy_from_slice(&number.to_le_bytes());
    chunk[16..CHUNK_HEAD].copy_from_slice(&digest);
    digest
}

/// Puts the records in the bytes of a compressed chunk, whose digest was right, in place of what `records` holds.
fn decompress(payload: &[u8], records: &mut Vec<u8>) -> Result<(), String> {
    let (size, block) = payload.split_first_chunk::<SIZE_LEN>().ok_or("a compressed chunk has no size")?;
    let size = u32::from_le_bytes(*size) as usize;
    if size > COMPRESSED_MAX.min(block.len().saturating_mul(EXPANSION_MAX)) {
        return Err(format!("{} compressed bytes cannot hold the {size} that are announced", block.len()));
    }
    records.resize(size, 0);
    match decompress_into(block, records) {
        Ok(len) if len == size => Ok(()),
        Ok(len) => Err(format!("a compressed chunk holds {len} bytes where {size} are announced")),
        Err(error) => Err(format!("a compressed chunk cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_no_chunk_can_hold_is_an_error_that_says_what_to_do() {
        let mut chunks = ChunkWriter { longest: 300_000, ..ChunkWriter::new(Vec::new(), false).unwrap() };
        let (key, life) = (vec![b'k'; 200_000], Life { deadline: None, clock: 0 });
        chunks.put(&Record::Int(Bytes(&key), life, 1)).unwrap();
        let error = chunks.put(&Record::Int(Bytes(&vec![b'k'; 300_001]), life, 1)).unwrap_err().to_string();
        assert!(error.contains("300") && error.contains("snapshot-format rdb"), "{error}");
        // Two of them are not one.
        chunks.put(&Record::Int(Bytes(&key[..90_000]), life, 1)).unwrap();
        assert!(chunks.finish(2).is_ok());
    }

    /// A file with one key of so many bytes.
    fn file(key: &[u8], compresses: bool) -> Vec<u8> {
        let mut chunks = ChunkWriter::new(Vec::new(), compresses).unwrap();
        chunks.put(&Record::Int(Bytes(key), Life { deadline: None, clock: 0 }, 1)).unwrap();
        chunks.finish(1).unwrap()
    }

    fn form_of(file: &[u8]) -> Option<Form> {
        Form::of(&file[HEAD..HEAD + 4])
    }

    fn decompressed(payload: &[u8]) -> Result<Vec<u8>, String> {
        // What was there before does not matter.
        let mut records = b"something else".to_vec();
        decompress(payload, &mut records).map(|()| records)
    }

    /// Bytes that nothing can be saved of, and zeros behind them.
    fn noise(len: usize, zeros: usize) -> Vec<u8> {
        let mut dice = crate::base::dice::Dice(1);
        (0..len).map(|_| dice.below(256) as u8).chain(std::iter::repeat_n(0, zeros)).collect()
    }

    #[test]
    fn a_chunk_is_compressed_if_that_saves_a_sixteenth() {
        for (zeros, form) in [(0, Form::Plain), (9_000, Form::Plain), (12_000, Form::Compressed)] {
            let key = noise(160_000 - zeros, zeros);
            assert_eq!(form_of(&file(&key, true)), Some(form), "{zeros} zeros");
            assert_eq!(form_of(&file(&key, false)), Some(Form::Plain));
        }
        // So much that it would take much memory at once stays as it is.
        assert_eq!(form_of(&file(&vec![b'k'; COMPRESSED_MAX - 100], true)), Some(Form::Compressed));
        assert_eq!(form_of(&file(&vec![b'k'; COMPRESSED_MAX], true)), Some(Form::Plain));
    }

    #[test]
    fn chunks_of_all_sizes_come_back() {
        for len in [0, 1, 12, 13, 1000, 65_535, 65_536, 300_000, COMPRESSED_MAX - 100] {
            // The same again and again; a text; half of it noise.
            let text = || b"to be or not to be, that is the question ".iter().copied().cycle();
            for key in [vec![b'k'; len], text().take(len).collect(), noise(len.min(1 << 20) / 2, len / 2)] {
                let file = file(&key, true);
                let len = u32::from_le_bytes(file[HEAD + 4..HEAD + 8].try_into().unwrap()) as usize;
                let payload = &file[HEAD + CHUNK_HEAD..][..len];
                let records = match form_of(&file) {
                    Some(Form::Compressed) => decompressed(payload).unwrap(),
                    _ => payload.to_vec(),
                };
                let (record, read): (Record, usize) =
                    bincode::serde::borrow_decode_from_slice(&records, ENCODING).unwrap();
                assert_eq!(read, records.len());
                assert_eq!(record, Record::Int(Bytes(&key), Life { deadline: None, clock: 0 }, 1));
            }
        }
    }

    #[test]
    fn a_size_that_lies_is_refused_before_there_is_room_for_it() {
        let records = vec![b'r'; 1000];
        let block = lz4_flex::block::compress(&records);
        let with = |size: u32, block: &[u8]| decompressed(&[&size.to_le_bytes(), block].concat());
        assert_eq!(with(1000, &block), Ok(records));
        let cannot_hold = |size, block: &[u8]| with(size, block).unwrap_err().contains("cannot hold");
        for size in [u32::MAX, COMPRESSED_MAX as u32 + 1, (block.len() * EXPANSION_MAX) as u32 + 1] {
            assert!(cannot_hold(size, &block), "{size}");
        }
        assert!(cannot_hold(COMPRESSED_MAX as u32 + 1, &vec![0; 100_000]), "whatever the block");
        assert!(cannot_hold(1, b""));
        for size in [0, 1, 999, 1001, (block.len() * EXPANSION_MAX) as u32] {
            assert!(with(size, &block).unwrap_err().starts_with("a compressed chunk"), "{size}");
        }
        for len in 0..SIZE_LEN {
            assert_eq!(decompressed(&[0; SIZE_LEN][..len]), Err("a compressed chunk has no size".to_string()));
        }
        assert!(with(1000, &block[..block.len() - 1]).is_err());
        assert!(with(0, b"").is_err());
    }
}
