//! Reads a file in the RDB format, item by item.
//!
//! ```text
//! let mut reader = Reader::new(file, loading, true)?;
//! loop {
//!     match reader.next()? {
//!         Item::Entry { db, entry } => ..,
//!         Item::End => break,
//!         ..
//!     }
//! }
//! ```
//!
//! Entries come complete: with deadline and access clock, in the form that the limits ask for. Whether a deadline has passed, and whether
//! a key was there already, is for the caller to see.

use super::input::Input;
use super::value::{self, Scratch, module_name};
use super::{Cause, Damage, VERSION_MAX, VERSION_VALKEY, opcode};
use crate::keyspace::db::settled;
use crate::keyspace::{AccessClock, DbId};
use crate::store::entry::Entry;
use crate::store::object::Limits;
use std::io::Read;

/// What entries need that no file says.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// Up to where collections are packed.
    pub limits: Limits,
    /// How access clocks are kept.
    pub access: AccessClock,
    /// The access clock's present value (see [`crate::keyspace::Shared::clock`]).
    pub clock: u32,
}

impl Loading {
    /// The access clock of an entry, given what is known of it: seconds without an access, or the frequency counter. What belongs to
    /// the other way of keeping clocks is of no use.
    pub fn clock_of(&self, idle_s: Option<u64>, frequency: Option<u8>) -> u32 {
        match self.access {
            // Like the clock, what is longer comes round.
            AccessClock::Recency => self.clock.wrapping_sub(idle_s.unwrap_or(0) as u32) & 0x00FF_FFFF,
            AccessClock::Frequency => self.clock << 8 | u32::from(frequency.unwrap_or(5)),
        }
    }
}

/// Something that a file holds.
#[derive(Debug)]
pub enum Item {
    /// A fact about the file: `redis-ver`, `ctime`, `aof-base` and so on.
    Aux(Vec<u8>, Vec<u8>),
    /// What follows belongs to this database.
    Select {
        /// Its number.
        db: DbId,
        /// How many keys are said to follow, and how many of them have a deadline. A hint, not to be trusted.
        sizes: Option<(u64, u64)>,
    },
    /// A key.
    Entry {
        /// Its database.
        db: DbId,
        /// With its value.
        entry: Entry,
    },
    /// A key without a value, since its collection is empty. Redis passes over it with a line in its log.
    Empty {
        /// Its database.
        db: DbId,
        /// The key.
        key: Vec<u8>,
    },
    /// A library of functions: its source.
    Function(Vec<u8>),
    /// What a module stored beside keys; it was passed over.
    ModuleAux(String),
    /// The file is complete, and its checksum is right if it has one.
    End,
}

/// Reads a file.
pub struct Reader<R> {
    input: Input<R>,
    loading: Loading,
    version: u16,
    db: DbId,
    key: Vec<u8>,
    scratch: Scratch,
    is_done: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the head of a file. `checksum`: whether the one at the end is to be checked.
    pub fn new(stream: R, loading: Loading, checksum: bool) -> Result<Reader<R>, Damage> {
        let mut input = Input::new(stream, usize::MAX, checksum);
        let head: [u8; 9] = input.array()?;
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u16::from(digit - b'0')))
        };
        let version = match head.strip_prefix(b"REDIS") {
            Some(digits) => number(digits).filter(|version| (1..=VERSION_MAX).contains(version)),
            None => match head.strip_prefix(b"VALKEY") {
                Some(digits) => number(digits).filter(|version| *version == VERSION_VALKEY),
                None => return Err(input.corrupt("this does not begin like a file in the RDB format")),
            },
        };
        let Some(version) = version else {
            let what = format!("the version of the format is unknown: {}", head.escape_ascii());
            return Err(input.damage(Cause::Unsupported, what));
        };
        if version < 5 {
            input.forget_checksum();
        }
        Ok(Reader {
            input,
            loading,
            version,
            db: DbId(0),
            key: Vec::new(),
            scratch: Scratch::default(),
            is_done: false,
        })
    }

    /// The version that the file has: Redis's, or [`VERSION_VALKEY`].
    pub fn version(&self) -> u16 {
        self.version
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.input.position()
    }

    /// The stream, and what was taken from it and belongs behind the end: in an AOF commands follow.
    pub fn into_parts(self) -> (R, Vec<u8>) {
        self.input.into_parts()
    }

    /// The next item. After [`Item::End`] that is all there is; after damage nothing can be read.
    #[allow(clippy::should_implement_trait)] // an iterator would have to say what comes behind the end and behind damage
    pub fn next(&mut self) -> Result<Item, Damage> {
        if self.is_done {
            return Ok(Item::End);
        }
        let (mut deadline, mut idle, mut frequency) = (None, None, None);
        loop {
            match self.input.byte()? {
                opcode::EXPIRE_TIME_MS => deadline = Some(i64::from_le_bytes(self.input.array()?)),
                opcode::EXPIRE_TIME => deadline = Some(i64::from(i32::from_le_bytes(self.input.array()?)) * 1000),
                opcode::IDLE => idle = Some(self.input.length()?),
                opcode::FREQ => frequency = Some(self.input.byte()?),
                opcode::SELECT_DB => {
                    let db = u16::try_from(self.input.length()?);
                    self.db = DbId(db.map_err(|_| self.input.corrupt("the number of a database is absurd"))?);
                    let mut sizes = None;
                    if self.input.peek()? == opcode::RESIZE_DB {
                        self.input.byte()?;
                        sizes = Some((self.input.length()?, self.input.length()?));
                    }
                    return Ok(Item::Select { db: self.db, sizes });
                }
                // What is where in a cluster's slots is only a hint.
                opcode::RESIZE_DB => _ = (self.input.length()?, self.input.length()?),
                opcode::SLOT_INFO => _ = (self.input.length()?, self.input.length()?, self.input.length()?),
                opcode::AUX => {
                    let name = self.input.plain(&mut Vec::new())?.to_vec();
                    let value = self.input.plain(&mut Vec::new())?.to_vec();
                    return Ok(Item::Aux(name, value));
                }
                opcode::FUNCTION_2 => return Ok(Item::Function(self.input.plain(&mut Vec::new())?.to_vec())),
                opcode::FUNCTION_PRE => {
                    return Err(self
                        .input
                        .damage(Cause::Unsupported, "functions of a version before 7.0 are not supported"));
                }
                opcode::MODULE_AUX => return self.module_aux().map(Item::ModuleAux),
                opcode::EOF => return self.end(),
                kind => return self.entry(kind, deadline, self.loading.clock_of(idle, frequency)),
            }
        }
    }

    #[inline]
    fn entry(&mut self, kind: u8, deadline: Option<i64>, clock: u32) -> Result<Item, Damage> {
        // Before the key, so that the offset is that of the type.
        if kind > super::kind::STREAM_4 {
            return Err(self
                .input
                .corrupt(format!("there is neither a type nor anything else with the number {kind}")));
        }
        self.input.plain(&mut self.key)?;
        let is_valkey = self.version == VERSION_VALKEY;
        let value = value::read(&mut self.input, kind, is_valkey, &self.loading.limits, &mut self.scratch)?;
        let item = match value {
            Some(value) => {
                let entry = Entry::new(&self.key, settled(&self.key, value, deadline), deadline, clock);
                Item::Entry { db: self.db, entry }
            }
            None => Item::Empty { db: self.db, key: self.key.clone() },
        };
        self.scratch.trim();
        Ok(item)
    }

    /// Passes over what a module stored.
    fn module_aux(&mut self) -> Result<String, Damage> {
        let name = module_name(self.input.length()?);
        // When it was written, as a number behind the sign of one.
        self.input.length()?;
        self.input.length()?;
        let mut scratch = Vec::new();
        loop {
            match self.input.length()? {
                0 => return Ok(name),
                1 | 2 => _ = self.input.length()?,
                3 => _ = self.input.array::<4>()?,
                4 => _ = self.input.array::<8>()?,
                5 => _ = self.input.string(&mut scratch)?,
                _ => return Err(self.input.corrupt("what a module stored has an unknown form")),
            }
        }
    }

    fn end(&mut self) -> Result<Item, Damage> {
        let computed = self.input.checksum();
        if self.version >= 5 {
            let stored = u64::from_le_bytes(self.input.array()?);
            if stored != 0 && computed.is_some_and(|computed| computed != stored) {
                return Err(self.input.corrupt("the checksum is wrong (RDB CRC error)"));
            }
        }
        self.is_done = true;
        Ok(Item::End)
    }
}
