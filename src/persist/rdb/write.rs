//! Writes files in the RDB format, as a stream.
//!
//! ```text
//! let mut writer = Writer::new(file, VERSION_MIN, true, true)?;
//! writer.preamble(&Preamble { .. });
//! writer.select(db, keys, volatile);
//! writer.entry(&entry, Recency::Unsaid)?;
//! let file = writer.finish()?;
//! ```
//!
//! | value | written as |
//! |---|---|
//! | string | a number of up to 32 bits, or bytes, compressed if that is asked for and worth it |
//! | packed list, hash, sorted set | one listpack (a list's is a quicklist of one node) |
//! | packed set | plain members; a listpack from version 11 on |
//! | set of integers | an intset |
//! | hash with deadlines | a listpack of three elements a field, or fields with metadata; version 12 |
//! | big list, set, hash, sorted set | element by element, the sorted set from its lowest score up |
//!
//! So no more than one packed block is ever built in memory. Errors are kept until somebody asks: [`Writer::entry`] and
//! [`Writer::finish`] tell the first.

use super::output::Output;
use super::{VERSION_FIELDS, VERSION_MAX, VERSION_MIN, kind, listpack, opcode};
use crate::base::buffer::Text;
use crate::base::number::Double;
use crate::keyspace::DbId;
use crate::store::collection::hash::HashView;
use crate::store::entry::{Entry, Value};
use crate::store::intset;
use crate::store::object::{Element, Object, packed_elements};
use crate::store::packed::{self, HEADER, Kind};
use std::io::{self, Write};

/// What is said of a key's last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recency {
    /// Nothing: neither an LRU nor an LFU policy is set.
    Unsaid,
    /// For how many seconds it was not used; by the access clock's present value (seconds, 24 bits).
    Idle {
        /// See [`crate::keyspace::Shared::clock`].
        clock: u32,
    },
    /// How often it was used.
    Frequency {
        /// See [`crate::keyspace::Shared::clock`].
        clock: u32,
        /// `lfu-decay-time`.
        decay_minutes: u32,
    },
}

/// What a file says about itself first.
#[derive(Clone, Copy, Debug)]
pub struct Preamble<'a> {
    /// The version of Redis that we answer as.
    pub redis_version: &'a str,
    /// When it is written, seconds since 1970.
    pub unix_s: i64,
    /// Bytes of memory in use.
    pub used_memory: u64,
    /// Whether it is the base of an AOF.
    pub is_aof_base: bool,
}

/// Writes a file.
pub struct Writer<W: Write> {
    output: Output<W>,
    version: u16,
}

impl<W: Write> Writer<W> {
    /// Begins a file of a version from 10 to 12. `checksum`: whether it ends with one; `compress`: whether strings are compressed.
    pub fn new(stream: W, version: u16, checksum: bool, compress: bool) -> io::Result<Writer<W>> {
        if !(VERSION_MIN..=VERSION_MAX).contains(&version) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the version of the RDB format is not one that is written",
            ));
        }
        let mut output = Output::new(stream, checksum, compress);
        output.bytes(format!("REDIS{version:04}").as_bytes());
        Ok(Writer { output, version })
    }

    /// How many bytes were written.
    pub fn position(&self) -> u64 {
        self.output.position()
    }

    /// The facts that Redis puts at the beginning.
    pub fn preamble(&mut self, facts: &Preamble) {
        let mut digits = itoa::Buffer::new();
        self.aux(b"redis-ver", facts.redis_version.as_bytes());
        self.aux(b"redis-bits", if usize::BITS == 64 { b"64" } else { b"32" });
        self.aux(b"ctime", digits.format(facts.unix_s).as_bytes());
        self.aux(b"used-mem", digits.format(facts.used_memory).as_bytes());
        self.aux(b"aof-base", if facts.is_aof_base { b"1" } else { b"0" });
    }

    /// A fact about the file.
    pub fn aux(&mut self, name: &[u8], value: &[u8]) {
        self.output.byte(opcode::AUX);
        self.output.string(name);
        self.output.string(value);
    }

    /// What follows belongs to this database, which has so many keys, and so many of them with a deadline.
    pub fn select(&mut self, db: DbId, keys: u64, volatile: u64) {
        self.output.byte(opcode::SELECT_DB);
        self.output.length(db.0.into());
        self.output.byte(opcode::RESIZE_DB);
        self.output.length(keys);
        self.output.length(volatile);
    }

    /// A key with all that belongs to it. Deadlines of fields need version 12; lower ones are an error then.
    pub fn entry(&mut self, entry: &Entry, recency: Recency) -> io::Result<()> {
        let output = &mut self.output;
        if let Some(deadline) = entry.deadline() {
            output.byte(opcode::EXPIRE_TIME_MS);
            output.bytes(&deadline.to_le_bytes());
        }
        match recency {
            Recency::Unsaid => {}
            Recency::Idle { clock } => {
                output.byte(opcode::IDLE);
                output.length((clock.wrapping_sub(entry.clock()) & 0x00FF_FFFF).into());
            }
            Recency::Frequency { clock, decay_minutes } => {
                output.byte(opcode::FREQ);
                output.byte(decayed(entry.clock(), clock, decay_minutes));
            }
        }
        output.value(entry.value(), self.version, |output, kind| {
            output.byte(kind);
            output.string(entry.key());
        });
        output.check()
    }

    /// Ends the file. All that is left is written, and nothing flushed or synced.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.byte(opcode::EOF);
        let sum = self.output.take_checksum();
        self.output.bytes(&sum.to_le_bytes());
        self.output.finish()
    }
}

/// The frequency counter of an access clock, less what the minutes since its last access took away.
fn decayed(entry: u32, clock: u32, decay_minutes: u32) -> u8 {
    let passed = clock.wrapping_sub(entry >> 8) & 0xFFFF;
    let periods = passed.checked_div(decay_minutes).unwrap_or(0);
    (entry as u8).saturating_sub(periods.min(255) as u8)
}

impl<W: Write> Output<W> {
    /// A value. `head` writes its type, and what stands between type and value.
    #[inline]
    pub fn value(&mut self, value: Value, version: u16, head: impl FnOnce(&mut Self, u8)) {
        let text = match value {
            Value::Text(bytes) | Value::Raw(bytes) => Text::Bytes(bytes),
            Value::Int(n) => Text::Int(n),
            Value::Buffer(buffer) => Text::Shared(buffer),
            Value::Packed(block) => return self.packed(block, version, head),
            Value::Object(object) => match object.text() {
                Some(text) => text,
                None => return self.object(object, version, head),
            },
        };
        head(self, kind::STRING);
        self.text(text);
    }

    fn packed(&mut self, block: &[u8], version: u16, head: impl FnOnce(&mut Self, u8)) {
        match Kind::of(block) {
            Kind::IntSet => {
                let ints = &block[HEADER..];
                let mut theirs = self.lent_block();
                theirs.extend_from_slice(&(intset::width(ints) as u32).to_le_bytes());
                theirs.extend_from_slice(&(intset::len(ints) as u32).to_le_bytes());
                theirs.extend_from_slice(&ints[1..]);
                head(self, kind::SET_INTSET);
                self.finish_block(theirs);
            }
            Kind::Set if version < 11 => {
                head(self, kind::SET);
                self.length(packed::count(block) as u64);
                packed::iter(block).for_each(|member| self.text(member));
            }
            Kind::Set => {
                head(self, kind::SET_LISTPACK);
                self.listpack(block);
            }
            Kind::List => {
                head(self, kind::LIST_QUICKLIST_2);
                // One node, and it is a listpack.
                self.bytes(&[1, 2]);
                self.listpack(block);
            }
            Kind::Hash => {
                head(self, kind::HASH_LISTPACK);
                self.listpack(block);
            }
            Kind::SortedSet => {
                head(self, kind::ZSET_LISTPACK);
                self.listpack(block);
            }
            Kind::HashWithDeadlines => {
                let earliest = HashView::Packed(block).earliest();
                if let Some(earliest) = earliest {
                    if version < VERSION_FIELDS {
                        return self.fail("deadlines of fields need version 12 of the RDB format");
                    }
                    head(self, kind::HASH_LISTPACK_EX);
                    self.bytes(&earliest.to_le_bytes());
                } else {
                    head(self, kind::HASH_LISTPACK);
                }
                self.fields(block, earliest.is_some());
            }
        }
    }

    fn lent_block(&mut self) -> Vec<u8> {
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        block
    }

    fn finish_block(&mut self, block: Vec<u8>) {
        self.plain(&block);
        self.block = block;
    }

    /// The elements of a block.
    fn listpack(&mut self, block: &[u8]) {
        let mut theirs = self.lent_block();
        listpack::begin(&mut theirs);
        packed_elements(block, &mut |element| match element {
            Element::Item(text) | Element::Member(text) => listpack::push(&mut theirs, text),
            Element::Field(field, value, _) => {
                listpack::push(&mut theirs, field);
                listpack::push(&mut theirs, value);
            }
            Element::Scored(member, score) => {
                listpack::push(&mut theirs, member);
                // Whole numbers become integers by their text.
                listpack::push_bytes(&mut theirs, &Double::new(score));
            }
        });
        listpack::end(&mut theirs, packed::count(block));
        self.finish_block(theirs);
    }

    /// The fields of a block that has room for deadlines.
    fn fields(&mut self, block: &[u8], with_deadlines: bool) {
        let mut theirs = self.lent_block();
        listpack::begin(&mut theirs);
        HashView::Packed(block).each(&mut |field| {
            listpack::push(&mut theirs, field.field);
            listpack::push(&mut theirs, field.value);
            if with_deadlines {
                listpack::push_int(&mut theirs, field.deadline.unwrap_or(0));
            }
        });
        let n = packed::count(block) / 3;
        listpack::end(&mut theirs, n * if with_deadlines { 3 } else { 2 });
        self.finish_block(theirs);
    }

    fn object(&mut self, object: &Object, version: u16, head: impl FnOnce(&mut Self, u8)) {
        match object {
            Object::Hash(members) => match members.earliest() {
                Some(_) if version < VERSION_FIELDS => {
                    return self.fail("deadlines of fields need version 12 of the RDB format");
                }
                Some(earliest) => {
                    head(self, kind::HASH_METADATA);
                    self.bytes(&earliest.to_le_bytes());
                    self.length(members.len() as u64);
                    for element in members.iter() {
                        // None is before the earliest, so the difference is not negative.
                        self.length(element.deadline().map_or(0, |at| (at - earliest) as u64 + 1));
                        self.text(element.field_text());
                        self.text(element.value());
                    }
                    return;
                }
                None => {
                    head(self, kind::HASH);
                    self.length(members.len() as u64);
                }
            },
            Object::Set(members) => {
                head(self, kind::SET);
                self.length(members.len() as u64);
            }
            Object::List(big) => {
                head(self, kind::LIST);
                self.length(big.len() as u64);
            }
            Object::SortedSet(big) => {
                head(self, kind::ZSET_2);
                self.length(big.len() as u64);
            }
            Object::Lent | Object::Cut(_) | Object::Text(_) | Object::Replaced(_) => {
                unreachable!("no entry that is not being edited holds this")
            }
        }
        object.each(&mut |element| match element {
            Element::Item(text) | Element::Member(text) => self.text(text),
            Element::Field(field, value, _) => {
                self.text(field);
                self.text(value);
            }
            Element::Scored(member, score) => {
                self.text(member);
                self.bytes(&score.to_le_bytes());
            }
        });
    }
}
