//! A copy of all databases at one moment, for a helper thread to own.
//!
//! Making one takes microseconds at any size: every database's root is cloned, no more. What is written afterwards copies
//! the nodes that it touches, as long as the copy holds them; so who drains a copy should let go of it part by part.

use crate::keyspace::{AccessClock, DbId, Keyspace};
use crate::store::table::Frozen;
use std::sync::Arc;

/// One database of a copy.
pub struct FrozenDb {
    /// Which.
    pub id: DbId,
    /// Its keys.
    pub table: Frozen,
    /// How many of them have a deadline.
    pub volatile: usize,
    /// How many hashes have fields with deadlines.
    pub expiring_hashes: usize,
}

/// All databases that had keys.
pub struct FrozenKeyspace {
    /// By number.
    pub dbs: Vec<FrozenDb>,
    /// The time of the copy, Unix milliseconds.
    pub now: i64,
    /// What the access clocks of the entries mean.
    pub access: AccessClock,
    /// Tells the keyspace that this copy lives.
    _alive: Arc<()>,
}

impl FrozenKeyspace {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.dbs.iter().map(|db| db.table.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any hash has fields with deadlines.
    pub fn has_expiring_hashes(&self) -> bool {
        self.dbs.iter().any(|db| db.expiring_hashes > 0)
    }
}

impl Keyspace {
    /// A copy of all databases, at once.
    pub fn freeze(&self) -> FrozenKeyspace {
        let dbs = self.dbs.iter().enumerate().filter(|(_, data)| !data.table.is_empty());
        let dbs = dbs.map(|(number, data)| FrozenDb {
            id: DbId(number as u16), // `databases` is at most 65,535
            table: data.table.freeze(),
            volatile: data.volatile,
            expiring_hashes: data.expiring_hashes,
        });
        let (now, access, alive) = (self.shared.now, self.shared.access, Arc::clone(&self.copies));
        FrozenKeyspace { dbs: dbs.collect(), now, access, _alive: alive }
    }

    /// From now on there are directories to own, since a copy was made.
    pub fn begin_owning(&mut self) {
        self.owning = Some((0, 0));
    }

    /// Whether there are directories to own.
    #[inline]
    pub fn has_directories_to_own(&self) -> bool {
        self.owning.is_some()
    }

    /// Copies one directory node that a copy shares, so that the writes that come need not: each would wait for ten microseconds or so, and
    /// twenty that come together for all of theirs. Pages are left to the writes, which touch few of them.
    pub fn own_directory(&mut self) {
        let Some((db, hash)) = self.owning.take().filter(|_| self.has_copies()) else { return };
        let Some(from) = (db..self.dbs.len()).find(|db| !self.dbs[*db].table.is_empty()) else { return };
        let hash = if from == db { hash } else { 0 };
        self.owning = Some(match self.dbs[from].table.own_directory(hash) {
            Some(next) => (from, next),
            None => (from + 1, 0),
        });
    }

    /// What whoever copies a part of the databases holds meanwhile.
    pub fn hold(&self) -> Arc<()> {
        Arc::clone(&self.copies)
    }

    /// Whether any copy of the databases lives, which may hold bytes that are nobody else's any more.
    pub fn has_copies(&self) -> bool {
        Arc::strong_count(&self.copies) > 1
    }

    /// The bytes of all that the databases hold: nodes, entries, values, and the wheels, which no copy shares.
    pub fn live_bytes(&self) -> usize {
        self.dbs.iter().map(|data| data.table.bytes() + data.wheel_bytes()).sum()
    }
}
