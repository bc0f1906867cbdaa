//! Chunks to entries. Runs on helper threads; nothing is believed, or decompressed, before its digest was checked.

use super::{Bytes, CHUNK_HEAD, CHUNK_TARGET, ENCODING, END_LEN, Elements, Form, HEAD, Head, Kind, Life, Record, Word};
use super::{MAGIC, VERSION, VERSION_MIN, decompress, digest};
use crate::base::buffer::Text;
use crate::keyspace::load::{collection_entry, short_entry, string_entry};
use crate::keyspace::{AccessClock, DbId};
use crate::store::collection::bulk::Bulk;
use crate::store::collection::hash::Hash;
use crate::store::collection::list::{List, Side};
use crate::store::collection::set::Set;
use crate::store::collection::sorted_set::SortedSet;
use crate::store::entry::{Entry, INLINE_MAX, NewValue};
use crate::store::members::Deadline;
use crate::store::object::{Collection, Limits, Loose, Twice};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use std::sync::mpsc::sync_channel;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The offset of what is wrong: of the chunk, if it is in one.
    pub at: u64,
    /// What it is.
    pub why: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at offset {}: {}", self.at, self.why)
    }
}

/// A part of the file.
#[derive(Debug)]
pub enum Item {
    /// What the file says of itself.
    Head(Head),
    /// The following keys are in this database.
    Database {
        /// Which.
        id: DbId,
        /// How many keys it says it has.
        keys: u64,
    },
    /// A key.
    Entry(Entry),
    /// A key with a big collection, if it was asked for in this form: see [`Reader::leave_building`].
    Unbuilt(Box<Unbuilt>),
}

/// A key whose collection is yet to be built, which takes time that another thread may have.
pub struct Unbuilt {
    key: Vec<u8>,
    deadline: Option<i64>,
    clock: u32,
    bulk: Bulk,
    /// The chunk with its end.
    at: u64,
}

impl fmt::Debug for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a collection at '{}'", self.key.escape_ascii())
    }
}

impl Unbuilt {
    /// The key with its value.
    pub fn build(self) -> Result<Entry, Damage> {
        let value = self.bulk.finish().map_err(|Twice| Damage { at: self.at, why: TWICE.into() })?;
        Ok(collection_entry(&self.key, value, self.deadline, self.clock))
    }
}

const TWICE: &str = "an element occurs twice";
const NOT_A_NUMBER: &str = "a score is not a number";

/// A key of which only the beginning was read yet.
enum Open {
    Text { key: Vec<u8>, life: Life, len: usize, bytes: Vec<u8> },
    List { key: Vec<u8>, life: Life, left: u64, list: List },
    Set { key: Vec<u8>, life: Life, left: u64, set: Set },
    Hash { key: Vec<u8>, life: Life, left: u64, hash: Hash },
    SortedSet { key: Vec<u8>, life: Life, left: u64, set: SortedSet },
    Bulk { key: Vec<u8>, life: Life, left: u64, bulk: Bulk },
}

/// Chunks that were checked and not yet taken apart: so many may wait.
const CHUNKS_WAITING: usize = 8;

/// Reads a file of ours.
pub struct Reader<R> {
    chunks: Chunks<R>,
    decoder: Decoder,
}

/// The chunks of a file.
struct Chunks<R> {
    input: R,
    offset: u64,
    number: u64,
    all: Sha256,
    /// How many keys there are, as the end says.
    promised: u64,
    /// The bytes behind the head of the chunk in hand.
    payload: Vec<u8>,
}

/// Takes chunks apart.
pub(super) struct Decoder {
    limits: Limits,
    /// The access clocks of the entries as the server keeps them; clocks of another kind are not taken over.
    access: AccessClock,
    /// The clock of entries that bring none of that kind.
    clock: u32,
    takes_clocks: bool,
    keys: u64,
    /// What came before may be missing (see [`super::salvage`]): so may the beginning of a key.
    is_loose: bool,
    open: Option<Open>,
    /// Whether big collections are given away before they are built.
    leaves_building: bool,
    /// Where the chunk in hand begins.
    at: u64,
}

impl<R: Read> Reader<R> {
    /// Begins to read; the file's first [`HEAD`] bytes are checked.
    pub fn new(mut input: R, limits: Limits, access: AccessClock, clock: u32) -> Result<Reader<R>, Damage> {
        let mut head = [0; HEAD];
        let bad = |why: &str| Damage { at: 0, why: why.into() };
        input.read_exact(&mut head).map_err(|error| bad(&describe(&error)))?;
        if &head[..8] != MAGIC {
            return Err(bad("this is no snapshot of ours: it begins with something else"));
        }
        let version = u32::from_le_bytes(head[8..12].try_into().expect("four bytes"));
        if !(VERSION_MIN..=VERSION).contains(&version) {
            let known = format!("{VERSION_MIN} to {VERSION}");
            return Err(bad(&format!("the format has version {version}, this program reads versions {known}")));
        }
        let (offset, all, payload) = (HEAD as u64, Sha256::new(), Vec::new());
        let chunks = Chunks { input, offset, number: 0, all, promised: 0, payload };
        Ok(Reader { chunks, decoder: Decoder::new(limits, access, clock) })
    }

    /// Big collections come as [`Item::Unbuilt`] from now on.
    pub fn leave_building(&mut self) {
        self.decoder.leaves_building = true;
    }

    /// The offset up to which the file was read.
    pub fn offset(&self) -> u64 {
        self.chunks.offset
    }

    /// Reads everything and gives each part to `take`, which may refuse it in words. Chunks are read, checked and decompressed on a
    /// thread of their own, ahead of those that are taken apart.
    pub fn read(&mut self, mut take: impl FnMut(Item) -> Result<(), String>) -> Result<(), Damage>
    where
        R: Send,
    {
        let (chunks, decoder) = (&mut self.chunks, &mut self.decoder);
        std::thread::scope(|scope| {
            let (sender, checked) = sync_channel(CHUNKS_WAITING);
            // Buffers go round, so that their pages are there already.
            let (giver, empty) = sync_channel(CHUNKS_WAITING + 2);
            scope.spawn(move || {
                loop {
                    let at = chunks.offset;
                    let chunk = chunks.next(empty.try_recv().unwrap_or_default()).transpose();
                    let Some(chunk) = chunk else { break };
                    let is_bad = chunk.is_err();
                    // Nobody waits for more when the other side has found something wrong.
                    if sender.send(chunk.map(|records| (at, records))).is_err() || is_bad {
                        break;
                    }
                }
            });
            for chunk in checked {
                let (at, records) = chunk?;
                decoder.at = at;
                decoder.records(&records, &mut take).map_err(|why| Damage { at, why })?;
                if records.capacity() <= 2 * CHUNK_TARGET {
                    _ = giver.try_send(records);
                }
            }
            Ok(())
        })?;
        let bad = |why| Err(Damage { at: self.chunks.offset, why });
        if self.decoder.open.is_some() {
            return bad("the last key has no end".into());
        }
        let (keys, promised) = (self.decoder.keys, self.chunks.promised);
        if keys != promised {
            return bad(format!("there are {keys} keys where {promised} were promised"));
        }
        Ok(())
    }
}

impl<R: Read> Chunks<R> {
    /// Reads the next chunk, checks it, and puts its records in place of what `records` holds; none at the end of the file.
    fn next(&mut self, mut records: Vec<u8>) -> Result<Option<Vec<u8>>, Damage> {
        let at = self.offset;
        let bad = |why: String| Damage { at, why };
        let mut head = [0; CHUNK_HEAD];
        self.input.read_exact(&mut head).map_err(|error| bad(describe(&error)))?;
        let Some(form) = Form::of(&head[..4]) else {
            return Err(bad("there is neither a chunk nor the end".into()));
        };
        let len = u32::from_le_bytes(head[4..8].try_into().expect("four bytes"));
        if form == Form::End && len as usize != END_LEN {
            return Err(bad("the end has another length".into()));
        }
        // Grows with what arrives: an absurd length is not believed.
        self.payload.clear();
        self.payload.reserve((len as usize).min(2 * CHUNK_TARGET));
        let read = (&mut self.input).take(len.into()).read_to_end(&mut self.payload);
        let read = read.map_err(|error| bad(describe(&error)))?;
        if read < len as usize {
            return Err(bad("the file ends within a chunk".into()));
        }
        self.offset += (CHUNK_HEAD + read) as u64;
        let number = u64::from_le_bytes(head[8..16].try_into().expect("eight bytes"));
        let expected = self.number;
        self.number += 1;
        let found = digest(form, number, &self.payload);
        if head[16..] != found {
            return Err(bad(format!(
                "the digest of chunk {expected} is wrong: its bytes are not those that were written"
            )));
        }
        if number != expected {
            return Err(bad(format!("this is chunk {number}, not {expected}")));
        }
        if form != Form::End {
            self.all.update(found);
        }
        match form {
            Form::Plain => {
                std::mem::swap(&mut self.payload, &mut records);
                return Ok(Some(records));
            }
            Form::Compressed => {
                decompress(&self.payload, &mut records).map_err(bad)?;
                return Ok(Some(records));
            }
            Form::End => {}
        }
        let (all, keys) = self.payload.split_at(32);
        self.promised = u64::from_le_bytes(keys.try_into().expect("eight bytes"));
        if all != self.all.clone().finalize().as_slice() {
            return Err(bad("the digest over all chunks is wrong".into()));
        }
        let mut more = [0; 1];
        match self.input.read(&mut more) {
            Ok(0) => Ok(None),
            Ok(_) => Err(Damage { at: self.offset, why: "there are bytes behind the end".into() }),
            Err(error) => Err(Damage { at: self.offset, why: describe(&error) }),
        }
    }
}

impl Decoder {
    fn new(limits: Limits, access: AccessClock, clock: u32) -> Decoder {
        Decoder {
            limits,
            access,
            clock,
            takes_clocks: false,
            keys: 0,
            is_loose: false,
            open: None,
            leaves_building: false,
            at: 0,
        }
    }

    /// For chunks that somebody else has found and checked: see [`super::salvage`].
    pub(super) fn loose(limits: Limits, access: AccessClock, clock: u32) -> Decoder {
        Decoder { is_loose: true, ..Decoder::new(limits, access, clock) }
    }

    /// Takes the records of a chunk. `follows`: whether the chunk before it was taken, too; otherwise a key that is not complete never will be.
    pub(super) fn take_chunk(
        &mut self,
        payload: &[u8],
        follows: bool,
        take: &mut impl FnMut(Item) -> Result<(), String>,
    ) -> Result<(), String> {
        if !follows {
            self.open = None;
        }
        let taken = self.records(payload, take);
        if taken.is_err() {
            self.open = None;
        }
        taken
    }

    fn records(&mut self, payload: &[u8], take: &mut impl FnMut(Item) -> Result<(), String>) -> Result<(), String> {
        let mut rest = payload;
        while !rest.is_empty() {
            let (record, read): (Record, usize) = bincode::serde::borrow_decode_from_slice(rest, ENCODING)
                .map_err(|error| format!("a record cannot be read: {error}"))?;
            rest = &rest[read..];
            if let Some(item) = self.record(record)? {
                if matches!(item, Item::Entry(_) | Item::Unbuilt(_)) {
                    self.keys += 1;
                }
                take(item)?;
            }
        }
        Ok(())
    }

    fn clock(&self, life: Life) -> u32 {
        if self.takes_clocks { life.clock & 0x00FF_FFFF } else { self.clock }
    }

    /// What a record gives: nothing yet, if more belongs to it.
    fn record(&mut self, record: Record) -> Result<Option<Item>, String> {
        let is_more = matches!(record, Record::More(_) | Record::MoreBytes(_));
        if self.open.is_some() != is_more {
            // The beginning may have been lost.
            if is_more && self.is_loose {
                return Ok(None);
            }
            return Err("a key is begun before the one before it has an end, or goes on without a beginning".into());
        }
        match record {
            Record::Head(head) => {
                let access = if self.access == AccessClock::Recency { "lru" } else { "lfu" };
                self.takes_clocks = head.access == access;
                return Ok(Some(Item::Head(head)));
            }
            Record::Database { number, keys, .. } => return Ok(Some(Item::Database { id: DbId(number), keys })),
            Record::Int(Bytes(key), life, int) => {
                let entry = Entry::new(key, NewValue::Int(int), life.deadline, self.clock(life));
                return Ok(Some(Item::Entry(entry)));
            }
            Record::Text(Bytes(key), life, len, Bytes(bytes))
                if bytes.len() as u64 == len && bytes.len() <= INLINE_MAX =>
            {
                let entry = short_entry(key, bytes, life.deadline, self.clock(life));
                return Ok(Some(Item::Entry(entry)));
            }
            Record::Text(Bytes(key), life, len, Bytes(bytes)) => {
                let bytes = bytes.to_vec();
                self.open = Some(Open::Text { key: key.to_vec(), life, len: len as usize, bytes });
            }
            Record::MoreBytes(Bytes(more)) => match &mut self.open {
                Some(Open::Text { bytes, .. }) => bytes.extend_from_slice(more),
                _ => return Err("bytes follow a collection".into()),
            },
            Record::Collection(Bytes(key), life, kind, count, elements) => {
                self.open = Some(Open::begin(key, life, kind, count, &elements, &self.limits)?);
                self.add(&elements)?;
            }
            Record::More(elements) => self.add(&elements)?,
        }
        let clock = |life: Life, this: &Self| this.clock(life);
        match self.open.take().expect("it was just begun or continued") {
            Open::Text { key, life, len, bytes } if bytes.len() >= len => {
                if bytes.len() > len {
                    return Err("a string is longer than was announced".into());
                }
                Ok(Some(Item::Entry(string_entry(&key, bytes, life.deadline, clock(life, self)))))
            }
            Open::List { key, life, left: 0, list } => self.close(&key, life, list),
            Open::Set { key, life, left: 0, set } => self.close(&key, life, set),
            Open::Hash { key, life, left: 0, hash } => self.close(&key, life, hash),
            Open::SortedSet { key, life, left: 0, set } => self.close(&key, life, set),
            Open::Bulk { key, life, left: 0, bulk } => {
                let unbuilt = Unbuilt { key, deadline: life.deadline, clock: self.clock(life), bulk, at: self.at };
                if self.leaves_building {
                    return Ok(Some(Item::Unbuilt(Box::new(unbuilt))));
                }
                unbuilt.build().map(|entry| Some(Item::Entry(entry))).map_err(|damage| damage.why)
            }
            open => {
                self.open = Some(open);
                Ok(None)
            }
        }
    }

    fn close(&self, key: &[u8], life: Life, collection: impl Collection) -> Result<Option<Item>, String> {
        if collection.is_empty() {
            return Err("an empty collection".into());
        }
        let value: Loose = collection.close();
        Ok(Some(Item::Entry(collection_entry(key, value, life.deadline, self.clock(life)))))
    }

    /// Adds elements to the collection that is open.
    fn add(&mut self, elements: &Elements) -> Result<(), String> {
        let limits = &self.limits;
        let open = self.open.as_mut().expect("the caller has looked");
        let (Open::List { left, .. }
        | Open::Set { left, .. }
        | Open::Hash { left, .. }
        | Open::SortedSet { left, .. }
        | Open::Bulk { left, .. }) = open
        else {
            return Err("elements follow a string".into());
        };
        *left = left.checked_sub(elements.len() as u64).ok_or("a collection has more elements than was announced")?;
        let twice = || Err(TWICE.into());
        match (open, elements) {
            (Open::List { list, .. }, Elements::Words(words)) => {
                for &word in &**words {
                    let text = text(word);
                    list.prepare(1, text.len(), limits);
                    list.push(Side::Right, text);
                }
            }
            (Open::Set { set, .. }, Elements::Words(words)) => {
                for &word in &**words {
                    if !with(word, |member| set.add(member, limits)) {
                        return twice();
                    }
                }
            }
            (Open::Hash { hash, .. }, Elements::Fields(fields)) => {
                for &(field, value, deadline) in &**fields {
                    let value = text(value);
                    hash.prepare(1, text(field).len().max(value.len()), limits);
                    let deadline = deadline.map_or(Deadline::Clear, Deadline::At);
                    if !with(field, |field| hash.set(field, value, deadline, limits)) {
                        return twice();
                    }
                }
            }
            (Open::SortedSet { set, .. }, Elements::Scored(scored)) => {
                for &(member, score) in &**scored {
                    if score.is_nan() {
                        return Err(NOT_A_NUMBER.into());
                    }
                    let before = set.count();
                    with(member, |member| set.insert(member, score, limits));
                    if set.count() == before {
                        return twice();
                    }
                }
            }
            (Open::Bulk { bulk, .. }, elements) => return gather(bulk, elements),
            _ => return Err("elements of another type".into()),
        }
        Ok(())
    }
}

/// Adds elements to a collection that is built later.
fn gather(bulk: &mut Bulk, elements: &Elements) -> Result<(), String> {
    let gathered = match (bulk, elements) {
        (Bulk::Set(members), Elements::Words(words)) => {
            words.iter().try_for_each(|&word| with(word, |member| members.add(member)))
        }
        (Bulk::Hash(hash), Elements::Fields(fields)) => fields
            .iter()
            .try_for_each(|&(field, value, deadline)| with(field, |field| hash.insert(field, text(value), deadline))),
        (Bulk::SortedSet(set), Elements::Scored(scored)) => {
            if scored.iter().any(|(_, score)| score.is_nan()) {
                return Err(NOT_A_NUMBER.into());
            }
            scored.iter().try_for_each(|&(member, score)| with(member, |member| set.add(member, score)))
        }
        _ => return Err("elements of another type".into()),
    };
    gathered.map_err(|Twice| TWICE.into())
}

impl Open {
    fn begin(key: &[u8], life: Life, kind: Kind, left: u64, first: &Elements, limits: &Limits) -> Result<Open, String> {
        let key = key.to_vec();
        // Only a hint for the form: a count that is not true does no harm.
        let expected = left.min(1 << 20) as usize;
        let bulk = match kind {
            Kind::List => None,
            Kind::Set => Bulk::set(expected, limits).map(Bulk::Set),
            Kind::Hash => Bulk::hash(expected, limits).map(Bulk::Hash),
            Kind::SortedSet => Bulk::sorted_set(expected, limits).map(Bulk::SortedSet),
        };
        if let Some(bulk) = bulk {
            return Ok(Open::Bulk { key, life, left, bulk });
        }
        Ok(match kind {
            Kind::List => Open::List { key, life, left, list: List::create(Vec::new()) },
            Kind::Set => {
                let first = if let Elements::Words(words) = first { words.first() } else { None };
                let Some(&first) = first else { return Err("a set without members".into()) };
                let set = with(first, |first| Set::for_members(first, expected, limits));
                Open::Set { key, life, left, set }
            }
            Kind::Hash => {
                let mut hash = Hash::create(Vec::new());
                hash.prepare(expected, 0, limits);
                Open::Hash { key, life, left, hash }
            }
            Kind::SortedSet => {
                let set = SortedSet::for_members(expected, 0, limits);
                Open::SortedSet { key, life, left, set }
            }
        })
    }
}

fn text(word: Word<'_>) -> Text<'_> {
    match word {
        Word::Int(int) => Text::Int(int),
        Word::Bytes(Bytes(bytes)) => Text::Bytes(bytes),
    }
}

fn with<R>(word: Word, look: impl FnOnce(&[u8]) -> R) -> R {
    text(word).with(look)
}

fn describe(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof { "the file ends too early".into() } else { error.to_string() }
}
