//! Fields with deadlines: what happens to those that are past it. When that is the wheel knows (see [`super::expire`]), by
//! the earliest of each hash.
//!
//! Readers and writers that meet an expired field delete it; those that walk over all fields only hide it, as in Redis. What an edit
//! without a look at the deadline does (HSET, HDEL, HEXPIRE) treats it as a field that is still there, as in Redis.

use crate::base::buffer::Text;
use crate::keyspace::Expiry;
use crate::keyspace::changes::Event;
use crate::keyspace::db::{Db, Slot};
use crate::store::collection::hash::{Hash, earliest_of};
use crate::store::entry::Entry;

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
        let mut gone = Vec::new();
        let removed = self.edit(slot, key, |hash: &mut Hash| {
            gone.extend(fields.iter().filter(|field| hash.remove(field)).map(|field| Box::from(*field)));
            gone.len()
        });
        if let Ok((n @ 1.., edited)) = removed {
            self.shared.changes.removed_fields(self.id, key, gone);
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
                self.shared.changes.removed_fields(self.id, key, gone);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::base::stopwatch::Stopwatch;
    use crate::keyspace::changes::Interest;
    use crate::keyspace::{DbId, Edited, Keyspace};
    use crate::store::members::Deadline;

    #[test]
    fn fields_go_in_steps_and_the_key_with_the_last() {
        let mut keyspace = Keyspace::new(2, Dice(1), Helper::inline());
        keyspace.set_time(1000);
        keyspace.shared.changes.interest = Interest(1);
        for field in 0..=128 {
            let mut db = keyspace.db(DbId(0));
            let (slot, limits) = (db.write(b"h"), db.limits());
            let field = format!("field {field}");
            let set = |hash: &mut Hash| hash.set(field.as_bytes(), Text::Bytes(b"v"), Deadline::At(2000), &limits);
            assert!(matches!(db.edit(slot, b"h", set), Ok((_, Edited::Kept))));
        }
        assert_eq!((keyspace.database(DbId(0)).expiring_hashes, keyspace.next_due()), (1, Some(1952)));
        keyspace.shared.changes.clear();
        let watch = Stopwatch::new();
        assert_eq!(keyspace.expire_due(&watch, 0), 0, "it is not time");
        keyspace.set_time(2000);
        keyspace.shared.expiry = Expiry::Replica;
        assert_eq!((keyspace.expire_due(&watch, 0), keyspace.next_due()), (0, None), "the primary does it");
        keyspace.shared.expiry = Expiry::Own;
        let mut deleted = Vec::new();
        while keyspace.next_due().is_some() {
            // No budget: a step at a time.
            deleted.push(keyspace.expire_due(&watch, 0));
        }
        deleted.retain(|n| *n > 0);
        assert_eq!(deleted, [64, 64, 1]);
        let events: Vec<_> = keyspace.shared.changes.iter().map(|(change, _)| change.event.name).collect();
        assert_eq!(events, ["hexpired", "hexpired", "hexpired", "del"]);
        assert_eq!(keyspace.shared.stats.expired_fields_actively, 129);
        let data = keyspace.database(DbId(0));
        assert!(data.table.is_empty() && data.expiring_hashes == 0);
    }
}
