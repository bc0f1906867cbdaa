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

use crate::base::buffer::Text;
use crate::base::stopwatch::Stopwatch;
use crate::keyspace::changes::{Event, Removed};
use crate::keyspace::db::{Db, Slot};
use crate::keyspace::{DbId, Expiry, Keyspace};
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

    /// Notes for the log that fields went by themselves.
    fn log_fields(&mut self, key: &[u8], fields: Vec<Box<[u8]>>) {
        if self.shared.changes.is_logged && !fields.is_empty() {
            self.shared.changes.removed.push(Removed { db: self.id, key: key.into(), fields });
        }
    }

    /// Deletes expired fields that somebody met, and the key with the last one. Slots of this database are no longer good.
    #[cold]
    pub fn drop_fields(&mut self, slot: Slot, key: &[u8], fields: &[&[u8]]) {
        if !self.may_expire() {
            return;
        }
        let mut gone = Vec::new();
        let removed = self.edit(slot, key, |hash: &mut Hash| {
            gone.extend(fields.iter().filter(|field| hash.remove(field)).map(|field| Box::from(*field)));
            gone.len()
        });
        if let Ok((n @ 1.., edited)) = removed {
            self.log_fields(key, gone);
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
        let (mut gone, is_logged) = (Vec::new(), self.shared.changes.is_logged);
        let mut note = |field: Text| {
            if is_logged {
                field.with(|field| gone.push(Box::from(field)));
            }
        };
        match self.edit(slot, key, |hash: &mut Hash| hash.expire(now, max, &mut note)) {
            Ok((n @ 1.., edited)) => {
                self.log_fields(key, gone);
                self.fields_expired(key, n);
                self.key_emptied(key, edited);
                n
            }
            _ => 0,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::Edited;
    use crate::keyspace::changes::Interest;
    use crate::keyspace::db::Ttl;
    use crate::store::entry::NewValue;
    use crate::store::members::Deadline;

    const DB: DbId = DbId(0);

    /// A keyspace at time 1,000, whose changes are of interest.
    fn keyspace() -> Keyspace {
        let mut keyspace = Keyspace::new(2, Dice(1), Helper::inline());
        keyspace.set_time(1000);
        keyspace.shared.changes.interest = Interest(1);
        keyspace
    }

    fn set(keyspace: &mut Keyspace, key: &[u8], field: usize, deadline: Deadline) {
        let mut db = keyspace.db(DB);
        let (slot, limits) = (db.write(key), db.limits());
        let field = format!("field {field}");
        let edited =
            db.edit(slot, key, |hash: &mut Hash| hash.set(field.as_bytes(), Text::Bytes(b"v"), deadline, &limits));
        assert!(matches!(edited, Ok((_, Edited::Kept))));
    }

    /// What the schedule holds is what the hashes say: the same keys, and no time that is too late.
    fn check(keyspace: &Keyspace, seed: u64) {
        for data in keyspace.databases() {
            let mut n = 0;
            let mut cursor = 0;
            loop {
                cursor = data.table.scan(cursor, 100, &mut |entry| {
                    if let Some(at) = earliest_of(entry.value()) {
                        n += 1;
                        let known = data.fields.times.get(entry.key()).copied();
                        assert!(known.is_some_and(|known| known <= at), "seed {seed}: {known:?} for {at}");
                    }
                });
                if cursor == 0 {
                    break;
                }
            }
            assert_eq!((data.fields.len(), data.fields.order.len()), (n, n), "seed {seed}");
        }
    }

    #[test]
    fn the_schedule_has_the_hashes_with_deadlines_and_no_others() {
        let watch = Stopwatch::new();
        for seed in 1..=60 {
            let mut keyspace = keyspace();
            keyspace.shared.limits.hash_entries = 3;
            let mut dice = Dice(seed);
            for step in 0..200 {
                let key = [b'a' + dice.below(6) as u8];
                let other = [b'a' + dice.below(6) as u8];
                match dice.below(10) {
                    0..=4 => {
                        let deadline = match dice.below(3) {
                            0 => Deadline::Clear,
                            _ => Deadline::At(1001 + step + dice.below(50) as i64),
                        };
                        let is_string = keyspace.db(DB).seek(&key).is_some_and(|entry| entry.type_name() == "string");
                        if !is_string {
                            set(&mut keyspace, &key, dice.below(6) as usize, deadline);
                        }
                    }
                    5 => {
                        let mut db = keyspace.db(DB);
                        let slot = db.locate(&key);
                        db.delete(slot, &key, Event::DEL);
                    }
                    6 if dice.below(4) == 0 => {
                        let mut db = keyspace.db(DB);
                        let slot = db.locate(&key);
                        db.put(slot, &key, NewValue::Int(1), Ttl::Clear);
                    }
                    6 | 7 => {
                        let mut db = keyspace.db(DB);
                        let slot = db.locate(&key);
                        if let Some(entry) = db.entry(slot).cloned() {
                            if dice.below(2) == 0 {
                                let entry = db.take(slot).unwrap_or(entry);
                                db.insert_moved(&other, entry);
                            } else {
                                db.insert_copy(&other, &entry);
                            }
                        }
                    }
                    8 => {
                        let mut db = keyspace.db(DB);
                        let slot = db.locate(&key);
                        db.set_deadline(slot, Some(1000 + step + 20));
                        if dice.below(20) == 0 {
                            keyspace.swap(DB, DbId(1));
                        }
                        if dice.below(20) == 0 {
                            keyspace.flush(DB);
                        }
                    }
                    _ => {
                        keyspace.set_time(1000 + step);
                        keyspace.expire_fields(&watch, u64::MAX / 4);
                        let now = keyspace.shared.now;
                        let due = keyspace.databases().iter().filter_map(|data| data.fields.due(now)).count();
                        assert_eq!(due, 0, "seed {seed}");
                    }
                }
                check(&keyspace, seed);
            }
        }
    }

    #[test]
    fn fields_go_in_steps_and_the_key_with_the_last() {
        let mut keyspace = keyspace();
        for field in 0..=STRIDE * 2 {
            set(&mut keyspace, b"h", field, Deadline::At(2000));
        }
        keyspace.shared.changes.clear();
        let watch = Stopwatch::new();
        assert_eq!(keyspace.expire_fields(&watch, 0), 0, "it is not time");
        keyspace.set_time(2000);
        keyspace.shared.expiry = Expiry::Replica;
        assert_eq!(keyspace.expire_fields(&watch, 0), 0, "the primary does it");
        keyspace.shared.expiry = Expiry::Own;
        assert_eq!([(); 3].map(|()| keyspace.expire_fields(&watch, 0)), [STRIDE, STRIDE, 1], "no budget: a step each");
        let events: Vec<_> = keyspace.shared.changes.iter().map(|(change, _)| change.event.name).collect();
        assert_eq!(events, ["hexpired", "hexpired", "hexpired", "del"]);
        assert_eq!(keyspace.shared.stats.expired_fields_actively, 2 * STRIDE as u64 + 1);
        assert!(keyspace.databases()[0].table.is_empty() && keyspace.databases()[0].fields.is_empty());
    }
}
