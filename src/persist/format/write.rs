//! A frozen keyspace to chunks. Runs on the snapshot thread, which lets go of each part of the copy once it is written.

use super::{Bytes, ChunkWriter, Elements, Head, Kind, Life, PIECE, Record, Word};
use crate::base::buffer::{Buffer, Text};
use crate::base::pieces::Pieces;
use crate::keyspace::AccessClock;
use crate::keyspace::freeze::FrozenKeyspace;
use crate::persist::Progress;
use crate::store::collection::list::Big;
use crate::store::entry::{Entry, Value};
use crate::store::object::{Element, Object};
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// Writes all keys; gives the writer back.
pub fn write<W: Write>(
    copy: FrozenKeyspace,
    out: W,
    version: &str,
    compresses: bool,
    progress: &Progress,
) -> io::Result<W> {
    let mut chunks = ChunkWriter::new(out, compresses)?;
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
        Value::Object(Object::List(big)) => return put_list(chunks, big, key, life),
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

/// An element of a list until it is written.
enum Kept {
    Int(i64),
    /// Where its bytes lie among all that are kept.
    Bytes(Range<usize>),
    Shared(Buffer),
}

/// The elements of a list may be compressed, and then last for one visit only: their bytes are copied.
fn put_list<W: Write>(chunks: &mut ChunkWriter<W>, big: &Big, key: Bytes, life: Life) -> io::Result<()> {
    let (mut kept, mut texts, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut is_first = true;
    let mut put = |kept: &mut Vec<Kept>, texts: &mut Vec<u8>| {
        let words = kept.iter().map(|element| match element {
            Kept::Int(int) => Word::Int(*int),
            Kept::Bytes(range) => Word::Bytes(Bytes(&texts[range.clone()])),
            Kept::Shared(buffer) => Word::Bytes(Bytes(buffer.bytes())),
        });
        let elements = Elements::Words(words.collect());
        if std::mem::take(&mut is_first) {
            chunks.put(&Record::Collection(key, life, Kind::List, big.len() as u64, elements))?;
        } else {
            chunks.put(&Record::More(elements))?;
        }
        kept.clear();
        texts.clear();
        Ok(())
    };
    let mut outcome = Ok(());
    big.each(|text| {
        if outcome.is_err() {
            return;
        }
        bytes += text.len();
        kept.push(match text {
            Text::Int(int) => Kept::Int(int),
            Text::Bytes(bytes) => {
                let start = texts.len();
                texts.extend_from_slice(bytes);
                Kept::Bytes(start..texts.len())
            }
            Text::Shared(buffer) => Kept::Shared(buffer.clone()),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
        });
        if bytes >= PIECE {
            bytes = 0;
            outcome = put(&mut kept, &mut texts);
        }
    });
    outcome?;
    if kept.is_empty() { Ok(()) } else { put(&mut kept, &mut texts) }
}

/// The elements that the next record will hold.
#[derive(Default)]
struct Gathered<'a> {
    words: Vec<Word<'a>>,
    fields: Vec<(Word<'a>, Word<'a>, Option<i64>)>,
    scored: Vec<(Word<'a>, f64)>,
    bytes: usize,
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
    entry.value().each_lasting(&mut |_| count += 1);
    let mut gathered = Gathered::default();
    let mut is_first = true;
    let mut outcome = Ok(());
    entry.value().each_lasting(&mut |element| {
        if outcome.is_err() {
            return;
        }
        gathered.bytes += match element {
            Element::Item(text) | Element::Member(text) => {
                gathered.words.push(word(text));
                text.len()
            }
            Element::Field(field, value, deadline) => {
                gathered.fields.push((word(field), word(value), deadline));
                field.len() + value.len()
            }
            Element::Scored(member, score) => {
                gathered.scored.push((word(member), score));
                member.len() + 8
            }
        };
        if gathered.bytes >= PIECE {
            outcome = gathered.put(chunks, kind, key, life, count, &mut is_first);
        }
    });
    outcome?;
    if is_first || gathered.bytes > 0 || gathered.len() > 0 {
        gathered.put(chunks, kind, key, life, count, &mut is_first)?;
    }
    Ok(())
}

impl Gathered<'_> {
    fn len(&self) -> usize {
        self.words.len() + self.fields.len() + self.scored.len()
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
        let elements = match kind {
            Kind::List | Kind::Set => Elements::Words(Cow::Borrowed(&self.words)),
            Kind::Hash => Elements::Fields(Cow::Borrowed(&self.fields)),
            Kind::SortedSet => Elements::Scored(Cow::Borrowed(&self.scored)),
        };
        if std::mem::take(is_first) {
            chunks.put(&Record::Collection(key, life, kind, count, elements))?;
        } else {
            chunks.put(&Record::More(elements))?;
        }
        self.words.clear();
        self.fields.clear();
        self.scored.clear();
        self.bytes = 0;
        Ok(())
    }
}

fn word(text: Text<'_>) -> Word<'_> {
    match text {
        Text::Int(int) => Word::Int(int),
        Text::Bytes(bytes) => Word::Bytes(Bytes(bytes)),
        Text::Shared(buffer) => Word::Bytes(Bytes(buffer.bytes())),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
    }
}
