//! What the commands on whole keys need of a database: lookups that leave the access clock alone, and entries that go
//! from one key or database to another.
//!
//! ```text
//! peek      counts a hit or a miss, tells of a miss      EXISTS, TYPE, TTL
//! inspect   counts a hit or a miss                       OBJECT
//! seek      nothing at all, also what has expired        DEBUG, a KEYS without wildcards
//! ```

use crate::keyspace::changes::Event;
use crate::keyspace::db::{Db, Slot, moved_value, own_value, settled};
use crate::store::collection::hash::earliest_of;
use crate::store::entry::{Entry, NewValue};

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
        self.shared.hides(entry)
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
            let is_gone = self.shared.hides(entry);
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
        self.insert_new(key, moved_value(&old), &old);
        // Not through a helper: while the old entry lives, an edit of the buffer would have to copy it.
        drop(old);
    }

    /// Puts a copy of an entry's value under a key, with its deadline. What is there is replaced. What is big is shared until
    /// one of the two changes, and counts for both meanwhile.
    pub fn insert_copy(&mut self, key: &[u8], old: &Entry) {
        self.insert_new(key, own_value(old), old);
    }

    fn insert_new(&mut self, key: &[u8], value: NewValue, old: &Entry) {
        let deadline = old.deadline();
        let clock = self.shared.first_clock();
        self.insert_entry(Entry::new(key, settled(key, value, deadline), deadline, clock));
    }

    /// Puts an entry that was made elsewhere in the place of its key, as it is, with its deadline and clock. What is there is replaced.
    pub fn insert_entry(&mut self, entry: Entry) {
        let target = self.locate(entry.key());
        if let Some(replaced) = self.take(target) {
            self.shared.discard(replaced);
        }
        self.deadline_moved(target.hash, None, entry.deadline());
        self.fields_moved(target.hash, None, earliest_of(entry.value()));
        self.shared.changes.record(self.id, entry.key(), Event::NEW, 0);
        // The hash of a slot stays good when the table changes; only its position does not.
        self.data.table.insert(target.hash, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::buffer::Buffer;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::changes::Interest;
    use crate::keyspace::{DbId, Expiry, Keyspace, Ttl};
    use crate::store::entry::Value;

    /// A keyspace at time 1,000, whose changes are of interest.
    fn keyspace() -> Keyspace {
        let mut keyspace = Keyspace::new(2, Dice(1), Helper::inline());
        keyspace.set_time(1000);
        keyspace.shared.changes.interest = Interest(1);
        keyspace
    }

    fn put(keyspace: &mut Keyspace, key: &[u8], value: NewValue, ttl: Ttl) {
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(key);
        db.put(slot, key, value, ttl);
    }

    /// The names of the events since the last call.
    fn events(keyspace: &mut Keyspace) -> Vec<&'static str> {
        let changes = &mut keyspace.shared.changes;
        let names = changes.iter().map(|(change, _)| change.event.name).collect();
        changes.clear();
        names
    }

    #[test]
    fn only_peek_tells_of_a_miss_and_seek_counts_nothing() {
        let mut keyspace = keyspace();
        keyspace.db(DbId(0)).peek(b"nokey");
        assert_eq!((events(&mut keyspace), keyspace.shared.stats.misses), (vec!["keymiss"], 1));
        keyspace.db(DbId(0)).inspect(b"nokey");
        assert_eq!((events(&mut keyspace), keyspace.shared.stats.misses), (vec![], 2));
        assert!(keyspace.db(DbId(0)).seek(b"nokey").is_none());
        assert_eq!((events(&mut keyspace), keyspace.shared.stats.misses), (vec![], 2));
    }

    #[test]
    fn a_sweep_deletes_what_has_expired_unless_that_is_not_ours() {
        for (expiry, left) in [(Expiry::Own, 1), (Expiry::Replica, 3), (Expiry::Paused, 3)] {
            let mut keyspace = keyspace();
            put(&mut keyspace, b"a", NewValue::Int(1), Ttl::At(999));
            put(&mut keyspace, b"b", NewValue::Int(1), Ttl::At(1000));
            put(&mut keyspace, b"c", NewValue::Int(1), Ttl::At(1001));
            keyspace.shared.expiry = expiry;
            events(&mut keyspace);
            let (mut live, mut gone) = (0, 0);
            let next = keyspace.db(DbId(0)).sweep(0, 100, &mut |entry| match entry {
                Some(_) => live += 1,
                None => gone += 1,
            });
            assert_eq!((next, live, gone), (0, 1, 2), "{expiry:?}");
            assert_eq!(keyspace.db(DbId(0)).len(), left, "{expiry:?}");
            assert_eq!(events(&mut keyspace), vec!["expired"; 3 - left], "{expiry:?}");
            assert_eq!(keyspace.database(DbId(0)).volatile, left, "{expiry:?}");
        }
    }

    #[test]
    fn a_moved_buffer_is_the_same_and_held_once_while_a_copied_one_is_another() {
        let mut keyspace = keyspace();
        put(&mut keyspace, b"a", NewValue::Buffer(Buffer::new(vec![7; 50_000])), Ttl::At(5000));
        put(&mut keyspace, b"b", NewValue::Int(1), Ttl::Clear);
        events(&mut keyspace);
        let address = |keyspace: &mut Keyspace, key: &[u8]| match keyspace.db(DbId(0)).seek(key).map(Entry::value) {
            Some(Value::Buffer(buffer)) => (buffer.bytes().as_ptr(), buffer.is_unique()),
            _ => panic!("a buffer stays a buffer"),
        };
        let (before, _) = address(&mut keyspace, b"a");
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"a");
        let entry = db.take(slot).expect("it is there");
        db.insert_moved(b"b", entry);
        assert_eq!(address(&mut keyspace, b"b"), (before, true));
        assert_eq!(events(&mut keyspace), ["new"]);
        let mut db = keyspace.db(DbId(0));
        let copied = db.seek(b"b").cloned().expect("it was just put there");
        db.insert_copy(b"c", &copied);
        drop(copied);
        let (copy, is_unique) = address(&mut keyspace, b"c");
        assert!(copy != before && is_unique);
        assert_eq!(keyspace.database(DbId(0)).volatile, 2, "both have the deadline");
    }

    #[test]
    fn touch_heeds_no_client_that_leaves_clocks_alone() {
        let mut keyspace = keyspace();
        put(&mut keyspace, b"a", NewValue::Int(1), Ttl::Clear);
        keyspace.set_time(60_000);
        keyspace.shared.no_touch = true;
        let mut db = keyspace.db(DbId(0));
        let slot = db.peek(b"a");
        assert_eq!(db.entry(slot).map(Entry::clock), Some(1));
        db.touch(slot);
        assert_eq!(db.entry(slot).map(Entry::clock), Some(60));
        assert!(keyspace.shared.no_touch, "for the next lookups it is as before");
    }
}
