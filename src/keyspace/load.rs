//! Databases that a helper thread fills, and that the keyspace then takes over as they are.
//!
//! Nobody sees them before that, so the event loop is free while millions of keys are inserted.

use crate::base::buffer::Buffer;
use crate::base::number::parse_i64;
use crate::keyspace::db::settled;
use crate::keyspace::{AccessClock, Database, DbId, Keyspace};
use crate::store::collection::hash::earliest_of;
use crate::store::entry::{Entry, INLINE_MAX, NewValue};
use crate::store::object::{Limits, Loose};
use crate::store::table::Item;
use std::fmt;

/// The keys of a database come in so many parts, by the first bits of their hashes.
const PARTS: usize = 256;

/// A database on its way in.
struct Incoming {
    data: Database,
    /// Its keys, which are put into the table all at once. None: no key yet.
    parts: Vec<Vec<Item>>,
    /// What they take.
    bytes: usize,
}

/// Databases on their way in.
pub struct Loader {
    dbs: Vec<Incoming>,
    /// Up to where collections stay packed.
    pub limits: Limits,
    /// How access clocks are kept.
    pub access: AccessClock,
    /// The time at which loading began, Unix milliseconds.
    pub now: i64,
    /// The access clock of entries that bring none.
    pub clock: u32,
    /// The access clock's present value (seconds or minutes).
    pub present_clock: u32,
    /// Keys whose deadline had passed are left out.
    pub drops_expired: bool,
    /// How many keys were left out.
    pub dropped: u64,
    /// How many keys there are.
    pub keys: u64,
}

/// Why a key cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is there already.
    Duplicate(Box<[u8]>),
    /// There is no such database.
    NoDatabase,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Duplicate(key) => write!(f, "the key '{}' occurs twice", String::from_utf8_lossy(key)),
            Refused::NoDatabase => f.write_str("there is data for a database that the server does not have"),
        }
    }
}

impl Loader {
    /// The number of databases.
    pub fn databases(&self) -> usize {
        self.dbs.len()
    }

    /// Takes a key in. Whether it came before shows at the end.
    pub fn insert(&mut self, id: DbId, entry: Entry) -> Result<(), Refused> {
        let now = self.now;
        let Incoming { data, parts, bytes } = self.dbs.get_mut(id.0 as usize).ok_or(Refused::NoDatabase)?;
        let deadline = entry.deadline();
        if self.drops_expired && deadline.is_some_and(|at| at <= now) {
            self.dropped += 1;
            return Ok(());
        }
        if parts.is_empty() {
            parts.resize_with(PARTS, Vec::new);
        }
        let hash = data.table.hash(entry.key());
        data.deadline_moved(now, hash, None, deadline);
        data.fields_moved(now, hash, None, earliest_of(entry.value()));
        *bytes += entry.footprint();
        parts[(hash >> (64 - PARTS.ilog2())) as usize].push((hash, entry));
        self.keys += 1;
        Ok(())
    }

    /// All keys are there: the tables are built.
    pub fn finish(&mut self) -> Result<(), Refused> {
        for Incoming { data, parts, bytes } in &mut self.dbs {
            let parts = std::mem::take(parts);
            if !parts.is_empty() {
                data.table.build(parts, *bytes).map_err(Refused::Duplicate)?;
            }
        }
        Ok(())
    }

    fn into_databases(self) -> Vec<Database> {
        debug_assert!(self.dbs.iter().all(|incoming| incoming.parts.is_empty()), "the tables are built");
        self.dbs.into_iter().map(|incoming| incoming.data).collect()
    }
}

/// An entry with a string, in the form in which the string would be stored if a client sent it.
pub fn string_entry(key: &[u8], bytes: Vec<u8>, deadline: Option<i64>, clock: u32) -> Entry {
    if bytes.len() <= INLINE_MAX {
        return short_entry(key, &bytes, deadline, clock);
    }
    Entry::new(key, NewValue::Buffer(Buffer::new(bytes)), deadline, clock)
}

/// The same for a string of at most [`INLINE_MAX`] bytes.
pub fn short_entry(key: &[u8], bytes: &[u8], deadline: Option<i64>, clock: u32) -> Entry {
    let value = match (bytes.len() <= 20).then(|| parse_i64(bytes)).flatten() {
        Some(int) => NewValue::Int(int),
        None => settled(key, NewValue::Text(bytes), deadline),
    };
    Entry::new(key, value, deadline, clock)
}

/// An entry with a collection.
pub fn collection_entry(key: &[u8], value: Loose, deadline: Option<i64>, clock: u32) -> Entry {
    match value {
        Loose::Packed(block) => Entry::new(key, NewValue::Packed(&block), deadline, clock),
        Loose::Object(object) => Entry::new(key, NewValue::Object(object), deadline, clock),
    }
}

impl Keyspace {
    /// Empty databases for a helper to fill, which hash as ours do.
    pub fn loader(&self) -> Loader {
        let incoming =
            |data: &Database| Incoming { data: Database::new(data.table.hasher()), parts: Vec::new(), bytes: 0 };
        let dbs = self.dbs.iter().map(incoming).collect();
        Loader {
            dbs,
            limits: self.shared.limits,
            access: self.shared.access,
            now: self.shared.now,
            clock: self.shared.first_clock(),
            present_clock: self.shared.clock,
            drops_expired: false,
            dropped: 0,
            keys: 0,
        }
    }

    /// Adds what was loaded to what is there, key by key. Of a key that is there already the loaded one stays if `replaces`; otherwise
    /// nothing is changed at all, and that key is the error.
    pub fn merge(&mut self, loader: Loader, replaces: bool) -> Result<(), Box<[u8]>> {
        let mut twice = None;
        let dbs = loader.into_databases();
        for (n, data) in dbs.iter().enumerate().filter(|_| !replaces) {
            let present = &self.dbs[n].table;
            data.table.freeze().each(|entry| {
                if present.find(present.hash(entry.key()), entry.key()).is_some() {
                    twice = Some(entry.key().into());
                }
            });
        }
        if let Some(key) = twice {
            return Err(key);
        }
        for (n, data) in (0..).zip(dbs) {
            // The copy keeps each node alive that the other database now shares.
            data.table.freeze().each(|entry| self.db(DbId(n)).insert_entry(entry.clone()));
        }
        Ok(())
    }

    /// Takes over what a helper has filled; what was there before is freed by the helper.
    pub fn adopt(&mut self, loader: Loader) {
        let old = std::mem::replace(&mut self.dbs, loader.into_databases());
        self.shared.next_due = self.dbs.iter().map(|data| data.wheel.next()).min().unwrap_or(i64::MAX);
        let bytes = old.iter().map(|data| data.table.bytes()).sum();
        self.shared.freeing.free(old.iter().map(|data| data.table.len()).sum(), bytes, old);
    }
}
