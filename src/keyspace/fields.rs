//! Fields with deadlines: which hashes have some, by the earliest, and what happens to those that are past it.
//!
//! ```text
//!     Schedule    key -> a time, not after its earliest deadline      exactly the keys that have one
//!                 (time, key) in order                                the first tells whether anything may be due
//! ```
//!
//! A key's time may be too early: it moves only when an edit brings an earlier deadline, or when its time has come and
//! nothing is due. So a field whose deadline is pushed on and on costs one lookup each time. The memory is some 150
//! bytes for each such hash, not for each field.
//!
//! Readers and writers that meet an expired field delete it; those that walk over all fields only hide it, as in Redis. What an edit
//! without a look at the deadline does (HSET, HDEL, HEXPIRE) treats it as a field that is still there, as in Redis.

use crate::base::stopwatch::Stopwatch;
use crate::keyspace::changes::Event;
use crate::keyspace::db::{Db, Slot};
use crate::keyspace::{DbId, Edited, Expiry, Keyspace};
use crate::store::collection::hash::{Hash, earliest_of};
use crate::store::entry::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Fields deleted between two looks at the stopwatch.
const STRIDE: usize = 64;

/// The hashes of a database that have fields with deadlines.
#[derive(Default)]
pub struct Schedule {
    times: HashMap<Arc<[u8]>, i64>,
    order: BTreeSet<(i64, Arc<[u8]>)>,
}

impl Schedule {
    /// How many hashes there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Takes note of a hash's earliest deadline (Unix milliseconds), or that it has none.
    pub fn note(&mut self, key: &[u8], earliest: Option<i64>) {
        if self.is_empty() && earliest.is_none() {
            return;
        }
        let known = self.times.get_key_value(key).map(|(key, at)| (*at, key.clone()));
        match (known, earliest) {
            (None, None) => {}
            (Some((had, _)), Some(at)) if had <= at => {}
            (Some(known), Some(at)) => self.set(known, at),
            (Some(known), None) => {
                self.times.remove(key);
                self.order.remove(&known);
            }
            (None, Some(at)) => {
                let key: Arc<[u8]> = key.into();
                self.times.insert(key.clone(), at);
                self.order.insert((at, key));
            }
        }
    }

    /// An entry goes, or gets a value of another type.
    #[inline]
    pub(super) fn forget(&mut self, entry: &Entry) {
        if !self.is_empty() && earliest_of(entry.value()).is_some() {
            self.note(entry.key(), None);
        }
    }

    /// The key whose time comes first, if it has come.
    fn due(&self, now: i64) -> Option<(i64, Arc<[u8]>)> {
        self.order.first().filter(|(at, _)| *at <= now).cloned()
    }

    fn set(&mut self, known: (i64, Arc<[u8]>), at: i64) {
        self.order.remove(&known);
        self.times.insert(known.1.clone(), at);
        self.order.insert((at, known.1));
    }
}

impl Db<'_> {
    /// Whether a field with this deadline counts as gone though it is still there.
    #[inline]
    pub fn hides_field(&self, deadline: Option<i64>) -> bool {
        deadline.is_some_and(|at| at <= self.shared.now) && self.shared.expiry != Expiry::Loading
    }

    /// Whether what has expired is deleted by us.
    pub fn may_expire(&self) -> bool {
        self.shared.expiry == Expiry::Own
    }

    /// Tells that expired fields were met and deleted by an edit; the end of the key is told by who knows of it.
    pub fn fields_expired(&mut self, key: &[u8], n: usize) {
        self.shared.stats.expired_fields += n as u64;
        // No change of a client's, as with keys.
        self.changed(key, Event::HEXPIRED, 0);
    }

    /// Deletes expired fields that somebody met, and the key with the last one. Slots of this database are no longer good.
    #[cold]
    pub fn drop_fields(&mut self, slot: Slot, key: &[u8], fields: &[&[u8]]) {
        if !self.may_expire() {
            return;
        }
        let removed = self.edit(slot, key, |hash: &mut Hash| fields.iter().filter(|field| hash.remove(field)).count());
        if let Ok((n @ 1.., edited)) = removed {
            self.fields_expired(key, n);
            self.key_emptied(key, edited);
        }
    }

    /// Deletes what has expired of a hash, up to `max` fields, and the key with the last one. Slots of this database are no longer
    /// good.
    pub fn expire_fields(&mut self, slot: Slot, key: &[u8], max: usize) -> usize {
        let now = self.now();
        if !self.may_expire() || !self.entry(slot).is_some_and(|entry| is_due(entry, now)) {
            return 0;
        }
        match self.edit(slot, key, |hash: &mut Hash| hash.expire(now, max)) {
            Ok((n @ 1.., edited)) => {
                self.fields_expired(key, n);
                self.key_emptied(key, edited);
                n
            }
            _ => 0,
        }
    }

    /// Tells that a key went with its last field.
    pub fn key_emptied(&mut self, key: &[u8], edited: Edited) {
        if edited == Edited::Emptied {
            self.changed(key, Event::DEL, 0);
        }
    }
}

fn is_due(entry: &Entry, now: i64) -> bool {
    earliest_of(entry.value()).is_some_and(|at| at <= now)
}

impl Keyspace {
    /// Deletes fields that are due, for at most `budget_ns`; returns how many.
    pub fn expire_fields(&mut self, watch: &Stopwatch, budget_ns: u64) -> usize {
        if self.shared.expiry != Expiry::Own {
            return 0;
        }
        let (start, budget) = (watch.ticks(), watch.ticks_in_ns(budget_ns));
        let (now, mut deleted) = (self.shared.now, 0);
        for number in 0..self.dbs.len() {
            let mut db = self.db(DbId(number as u16)); // `databases` is at most 65,535
            while let Some((at, key)) = db.data.fields.due(now) {
                let slot = db.locate(&key);
                deleted += db.expire_fields(slot, &key, STRIDE);
                // What an edit left in the schedule is the old time. Now the hash says what the next one is.
                let slot = db.locate(&key);
                match db.entry(slot).and_then(|entry| earliest_of(entry.value())) {
                    Some(next) => db.data.fields.set((at, key), next),
                    None => db.data.fields.note(&key, None),
                }
                if watch.ticks().wrapping_sub(start) >= budget {
                    break;
                }
            }
        }
        self.shared.stats.expired_fields_actively += deleted as u64;
        deleted
    }
}
