//! What the commands on whole keys need of a database: lookups that leave the access clock alone, and entries that go
//! from one key or database to another.
//!
//! ```text
//! peek      counts a hit or a miss, tells of a miss      EXISTS, TYPE, TTL
//! inspect   counts a hit or a miss                       OBJECT
//! seek      nothing at all, also what has expired        DEBUG, a KEYS without wildcards
//! ```

use crate::keyspace::Expiry;
use crate::keyspace::changes::Event;
use crate::keyspace::db::{Db, Slot, own_value, settled};
use crate::store::entry::{Entry, NewValue, Value};

impl Db<'_> {
    /// Looks a key up without noting an access: counts a hit, or a miss and its event.
    pub fn peek(&mut self, key: &[u8]) -> Slot {
        let slot = self.locate(key);
        if slot.is_found() {
            self.shared.stats.hits += 1;
        } else {
            self.shared.miss(self.id, key);
        }
        slot
    }

    /// Looks a key up without noting an access or telling of a miss; hits and misses are counted all the same.
    pub fn inspect(&mut self, key: &[u8]) -> Slot {
        let slot = self.locate(key);
        if slot.is_found() {
            self.shared.stats.hits += 1;
        } else {
            self.shared.stats.misses += 1;
        }
        slot
    }

    /// The entry of a key, expired or not. Leaves no trace.
    pub fn seek(&self, key: &[u8]) -> Option<&Entry> {
        let position = self.data.table.find(self.data.table.hash(key), key)?;
        Some(self.data.table.at(position))
    }

    /// Whether an entry counts as gone though it is still there.
    pub fn is_expired(&self, entry: &Entry) -> bool {
        self.shared.expiry != Expiry::Loading && entry.deadline().is_some_and(|at| at <= self.shared.now)
    }

    /// Notes an access also for clients whose lookups leave the clock alone.
    pub fn touch(&mut self, slot: Slot) {
        if let Some(position) = slot.position {
            let spares = std::mem::replace(&mut self.shared.no_touch, false);
            self.shared.touch(self.data.table.at(position));
            self.shared.no_touch = spares;
        }
    }

    /// Visits some keys from a cursor on, and deletes those of them whose deadline has passed; returns the next cursor,
    /// zero at the end. `visit` gets all of them, with `None` for an expired one.
    pub fn sweep(&mut self, cursor: u64, count: usize, visit: &mut dyn FnMut(Option<&Entry>)) -> u64 {
        let mut expired = Vec::new();
        let next = self.data.table.scan(cursor, count, &mut |entry| {
            let is_gone = self.shared.expiry != Expiry::Loading
                && entry.deadline().is_some_and(|deadline| deadline <= self.shared.now);
            if is_gone {
                expired.push(entry.key().to_vec());
            }
            visit(if is_gone { None } else { Some(entry) });
        });
        for key in expired {
            // Deleting is `locate`'s: it knows whose business expiry is.
            self.locate(&key);
        }
        next
    }

    /// Puts what was taken out of the place of a key under the place of another, with its deadline. What is there is
    /// replaced. The clock starts afresh, as for any new key.
    ///
    /// Whoever passes the entry on held it alone, but for copies of the keyspace: a buffer moves, it is not copied.
    pub fn insert_moved(&mut self, key: &[u8], old: Entry) {
        let value = match old.value() {
            Value::Buffer(buffer) => NewValue::Buffer(buffer.clone()),
            _ => own_value(&old),
        };
        self.insert_new(key, value, old.deadline());
        // Not through a helper: while the old entry lives, an edit of the buffer would have to copy it.
        drop(old);
    }

    /// Puts a copy of an entry's value under a key, with its deadline. What is there is replaced. Buffers are copied,
    /// never shared between two keys, or the bytes could not be told apart.
    pub fn insert_copy(&mut self, key: &[u8], old: &Entry) {
        self.insert_new(key, own_value(old), old.deadline());
    }

    fn insert_new(&mut self, key: &[u8], value: NewValue, deadline: Option<i64>) {
        let target = self.locate(key);
        if let Some(replaced) = self.take(target) {
            self.shared.discard(replaced);
        }
        let clock = self.shared.first_clock();
        let value = settled(key, value, deadline);
        // The hash of a slot stays good when the table changes; only its position does not.
        self.data.table.insert(target.hash, Entry::new(key, value, deadline, clock));
        self.data.volatile += usize::from(deadline.is_some());
        self.shared.changes.record(self.id, key, Event::NEW, 0);
    }
}
