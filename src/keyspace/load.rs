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

/// Databases on their way in.
pub struct Loader {
    dbs: Vec<Database>,
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

impl Loader {
    /// The number of databases.
    pub fn databases(&self) -> usize {
        self.dbs.len()
    }

    /// Takes a key in.
    pub fn insert(&mut self, id: DbId, entry: Entry) -> Result<(), Refused> {
        let now = self.now;
        let data = self.dbs.get_mut(id.0 as usize).ok_or(Refused::NoDatabase)?;
        let deadline = entry.deadline();
        if self.drops_expired && deadline.is_some_and(|at| at <= now) {
            self.dropped += 1;
            return Ok(());
        }
        let hash = data.table.hash(entry.key());
        if data.table.find(hash, entry.key()).is_some() {
            return Err(Refused::Duplicate(entry.key().into()));
        }
        data.deadline_moved(now, hash, None, deadline);
        data.fields_moved(now, hash, None, earliest_of(entry.value()));
        data.table.insert(hash, entry);
        self.keys += 1;
        Ok(())
    }
}

/// An entry with a string, in the form in which the string would be stored if a client sent it.
pub fn string_entry(key: &[u8], bytes: Vec<u8>, deadline: Option<i64>, clock: u32) -> Entry {
    let value = match (bytes.len() <= 20).then(|| parse_i64(&bytes)).flatten() {
        Some(int) => NewValue::Int(int),
        None if bytes.len() <= INLINE_MAX => settled(key, NewValue::Text(&bytes), deadline),
        None => return Entry::new(key, NewValue::Buffer(Buffer::new(bytes)), deadline, clock),
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
        let dbs = self.dbs.iter().map(|data| Database::new(data.table.hasher())).collect();
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
        for (n, data) in loader.dbs.iter().enumerate().filter(|_| !replaces) {
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
        for (n, data) in (0..).zip(loader.dbs) {
            // The copy keeps each node alive that the other database now shares.
            data.table.freeze().each(|entry| self.db(DbId(n)).insert_entry(entry.clone()));
        }
        Ok(())
    }

    /// Takes over what a helper has filled; what was there before is freed by the helper.
    pub fn adopt(&mut self, loader: Loader) {
        let old = std::mem::replace(&mut self.dbs, loader.dbs);
        self.shared.next_due = self.dbs.iter().map(|data| data.wheel.next()).min().unwrap_or(i64::MAX);
        let bytes = old.iter().map(|data| data.table.bytes()).sum();
        self.shared.freeing.free(old.iter().map(|data| data.table.len()).sum(), bytes, old);
    }
}
