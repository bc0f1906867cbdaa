//! A frozen keyspace to chunks. Runs on the snapshot thread, which lets go of each part of the copy once it is written.

use super::{Bytes, ChunkWriter, Elements, Head, Kind, Life, PIECE, Record, Word};
use crate::base::buffer::{Buffer, Text};
use crate::base::pieces::Pieces;
use crate::keyspace::AccessClock;
use crate::keyspace::freeze::FrozenKeyspace;
use crate::persist::Progress;
use crate::store::entry::{Entry, Value};
use crate::store::object::{Element, Object};
use std::io::{self, Write};
use std::ops::Range;

/// Writes all keys; gives the writer back.
pub fn write<W: Write>(copy: FrozenKeyspace, out: W, version: &str, progress: &Progress) -> io::Result<W> {
    let mut chunks = ChunkWriter::new(out)?;
    let access = match copy.access {
        AccessClock::Recency => "lru",
        AccessClock::Frequency => "lfu",
    };
    let keys = copy.len() as u64;
    chunks.put(&Record::Head(Head { version: version.into(), time_ms: copy.now, access: access.into(), keys }))?;
    for db in copy.dbs {
        let (keys, volatile) = (db.table.len() as u64, db.volatile as u64);
        chunks.put(&Record::Database { number: db.id.0, keys, volatile })?;
        let mut outcome = Ok(());
        db.table.drain(|entry| {
            // After a failure there is nothing left to do but to let go of the rest.
            if outcome.is_ok() {
                outcome = progress.step().and_then(|()| put(&mut chunks, entry));
            }
        });
        outcome?;
    }
    chunks.finish(keys)
}

fn put<W: Write>(chunks: &mut ChunkWriter<W>, entry: &Entry) -> io::Result<()> {
    let key = Bytes(entry.key());
    let life = Life { deadline: entry.deadline(), clock: entry.clock() };
    let bytes = match entry.value() {
        Value::Int(int) => return chunks.put(&Record::Int(key, life, int)),
        Value::Text(bytes) | Value::Raw(bytes) => bytes,
        Value::Buffer(buffer) => buffer.bytes(),
        Value::Object(Object::Text(pieces)) => return put_pieces(chunks, key, life, pieces),
        Value::Packed(_) | Value::Object(_) => return put_collection(chunks, entry, key, life),
    };
    let first = bytes.len().min(PIECE);
    chunks.put(&Record::Text(key, life, bytes.len() as u64, Bytes(&bytes[..first])))?;
    bytes[first..].chunks(PIECE).try_for_each(|piece| chunks.put(&Record::MoreBytes(Bytes(piece))))
}

fn put_pieces<W: Write>(chunks: &mut ChunkWriter<W>, key: Bytes, life: Life, pieces: &Pieces) -> io::Result<()> {
    let len = pieces.len();
    let first = pieces.gather(0..len.min(PIECE));
    chunks.put(&Record::Text(key, life, len as u64, Bytes(&first)))?;
    (PIECE..len).step_by(PIECE).try_for_each(|at| {
        let piece = pieces.gather(at..len.min(at + PIECE));
        chunks.put(&Record::MoreBytes(Bytes(&piece)))
    })
}

/// The elements that the next record will hold. Their bytes are copied: those of a compressed list last for one visit only.
#[derive(Default)]
struct Gathered {
    words: Vec<Kept>,
    /// Deadlines of fields, a word and a value each.
    deadlines: Vec<Option<i64>>,
    /// Scores of members, a word each.
    scores: Vec<f64>,
    texts: Vec<u8>,
    bytes: usize,
}

/// A word until it is written.
enum Kept {
    Int(i64),
    /// Where it lies in the texts.
    Bytes(Range<usize>),
    Shared(Buffer),
}

fn put_collection<W: Write>(chunks: &mut ChunkWriter<W>, entry: &Entry, key: Bytes, life: Life) -> io::Result<()> {
    let kind = match entry.type_name() {
        "list" => Kind::List,
        "set" => Kind::Set,
        "hash" => Kind::Hash,
        _ => Kind::SortedSet,
    };
    // Counting first costs little beside writing, and a reader makes room at once.
    let mut count = 0;
    match entry.value() {
        Value::Object(Object::List(big)) => count = big.len() as u64,
        value => value.each(&mut |_| count += 1),
    }
    let mut gathered = Gathered::default();
    let mut is_first = true;
    let mut outcome = Ok(());
    entry.value().each(&mut |element| {
        if outcome.is_err() {
            return;
        }
        match element {
            Element::Item(text) | Element::Member(text) => gathered.keep(text),
            Element::Field(field, value, deadline) => {
                gathered.keep(field);
                gathered.keep(value);
                gathered.deadlines.push(deadline);
            }
            Element::Scored(member, score) => {
                gathered.keep(member);
                gathered.scores.push(score);
                gathered.bytes += 8;
            }
        }
        if gathered.bytes >= PIECE {
            outcome = gathered.put(chunks, kind, key, life, count, &mut is_first);
        }
    });
    outcome?;
    if is_first || !gathered.words.is_empty() {
        gathered.put(chunks, kind, key, life, count, &mut is_first)?;
    }
    Ok(())
}

impl Gathered {
    fn keep(&mut self, text: Text) {
        self.bytes += text.len();
        self.words.push(match text {
            Text::Int(int) => Kept::Int(int),
            Text::Bytes(bytes) => {
                let start = self.texts.len();
                self.texts.extend_from_slice(bytes);
                Kept::Bytes(start..self.texts.len())
            }
            Text::Shared(buffer) => Kept::Shared(buffer.clone()),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
        });
    }

    fn put<W: Write>(
        &mut self,
        chunks: &mut ChunkWriter<W>,
        kind: Kind,
        key: Bytes,
        life: Life,
        count: u64,
        is_first: &mut bool,
    ) -> io::Result<()> {
        let mut words = self.words.iter().map(|kept| match kept {
            Kept::Int(int) => Word::Int(*int),
            Kept::Bytes(range) => Word::Bytes(Bytes(&self.texts[range.clone()])),
            Kept::Shared(buffer) => Word::Bytes(Bytes(buffer.bytes())),
        });
        let mut next = || words.next().expect("a field has a value, and each has its deadline or its score");
        let elements = match kind {
            Kind::List | Kind::Set => Elements::Words(words.collect()),
            Kind::Hash => Elements::Fields(self.deadlines.iter().map(|at| (next(), next(), *at)).collect()),
            Kind::SortedSet => Elements::Scored(self.scores.iter().map(|score| (next(), *score)).collect()),
        };
        if std::mem::take(is_first) {
            chunks.put(&Record::Collection(key, life, kind, count, elements))?;
        } else {
            chunks.put(&Record::More(elements))?;
        }
        self.words.clear();
        self.deadlines.clear();
        self.scores.clear();
        self.texts.clear();
        self.bytes = 0;
        Ok(())
    }
}
