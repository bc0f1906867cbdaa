//! What a command changed: recorded by the mutators themselves, read by `settle`.
//!
//! If nobody watches, tracks, listens or logs, a record is one addition. Otherwise the key goes into an arena that is
//! reused, with the event that Redis would notify.

use crate::keyspace::DbId;

/// Room for so many changes is kept from unit to unit, and for so many bytes of keys.
const CHANGES_KEPT: usize = 4096;
const KEYS_KEPT: usize = 256 * 1024;

/// Which readers of changes exist; no bit set means that only the count of changes matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest(pub u8);

impl Interest {
    /// Somebody waits for keys.
    pub const READY_KEYS: Interest = Interest(1);
    /// Somebody watches keys.
    pub const WATCH: Interest = Interest(2);
    /// Somebody is to be told of events.
    pub const EVENTS: Interest = Interest(4);
    /// Somebody keeps copies of keys and is to be told when they are out of date.
    pub const TRACKING: Interest = Interest(8);

    /// Whether all of `other` is in it.
    #[inline]
    pub fn has(self, other: Interest) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }
}

/// A keyspace event: its name and the letter of its class in `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// As Redis spells it.
    pub name: &'static str,
    /// `g` generic, `$` string, `x` expired, `e` evicted, `m` miss, `n` new key, ...
    pub class: u8,
}

#[allow(missing_docs)] // each is named as Redis spells it
impl Event {
    /// A change that nobody is told of by an event: its class is no letter.
    pub const SILENT: Event = Event { name: "", class: 0 };
    /// An event of a group of commands; those that several groups have are below.
    pub const fn new(name: &'static str, class: u8) -> Event {
        Event { name, class }
    }

    pub const SET: Event = Event { name: "set", class: b'$' };
    pub const SETRANGE: Event = Event { name: "setrange", class: b'$' };
    pub const APPEND: Event = Event { name: "append", class: b'$' };
    pub const INCRBY: Event = Event { name: "incrby", class: b'$' };
    pub const INCRBYFLOAT: Event = Event { name: "incrbyfloat", class: b'$' };
    pub const DEL: Event = Event { name: "del", class: b'g' };
    pub const EXPIRE: Event = Event { name: "expire", class: b'g' };
    pub const PERSIST: Event = Event { name: "persist", class: b'g' };
    pub const RENAME_FROM: Event = Event { name: "rename_from", class: b'g' };
    pub const RENAME_TO: Event = Event { name: "rename_to", class: b'g' };
    pub const COPY_TO: Event = Event { name: "copy_to", class: b'g' };
    pub const MOVE_FROM: Event = Event { name: "move_from", class: b'g' };
    pub const MOVE_TO: Event = Event { name: "move_to", class: b'g' };
    pub const OVERWRITTEN: Event = Event { name: "overwritten", class: b'o' };
    pub const TYPE_CHANGED: Event = Event { name: "type_changed", class: b'c' };
    pub const EXPIRED: Event = Event { name: "expired", class: b'x' };
    pub const HEXPIRED: Event = Event { name: "hexpired", class: b'h' };
    pub const EVICTED: Event = Event { name: "evicted", class: b'e' };
    pub const KEYMISS: Event = Event { name: "keymiss", class: b'm' };
    /// Not one that anybody is told of: all keys of the database may be others now.
    pub const ALL: Event = Event { name: "", class: 1 };
    pub const NEW: Event = Event { name: "new", class: b'n' };

    /// Whether the value of the key became another. The rest tells of a miss, or more of a change that is told of anyway, or of no key.
    #[inline]
    pub fn changes_value(self) -> bool {
        !matches!(self.class, b'm' | b'n' | b'o' | b'c' | 1)
    }

    /// Whether the key is gone since.
    pub fn removes_key(self) -> bool {
        matches!(self, Event::EXPIRED | Event::DEL | Event::EVICTED)
    }
}

/// One recorded change; the key's bytes are in the arena.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Where.
    pub db: DbId,
    /// What happened.
    pub event: Event,
    start: u32,
    len: u32,
}

/// Something that went without a command that says so: it expired, or was evicted.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where.
    pub db: DbId,
    /// The key.
    pub key: Box<[u8]>,
    /// The fields of a hash that went; none: the whole key did.
    pub fields: Vec<Box<[u8]>>,
    /// Whether it was evicted.
    pub is_evicted: bool,
}

impl Removed {
    /// The memory that it takes beside its place in a list.
    fn memory(&self) -> usize {
        let fields = self.fields.iter().map(|field| field.len()).sum::<usize>();
        self.key.len() + self.fields.capacity() * size_of::<Box<[u8]>>() + fields
    }
}

/// The changes since the last `settle`, and how many there were in all.
#[derive(Debug, Default)]
pub struct Changes {
    /// Who wants more than the count.
    pub interest: Interest,
    /// Whether there is a log, so that [`Changes::removed`] is kept.
    pub is_logged: bool,
    /// What went without a command that says so, for the log.
    removed: Vec<Removed>,
    /// The memory of the keys and fields in it.
    removed_bytes: usize,
    /// Changes as Redis counts them for `save` rules and propagation, since the start.
    pub dirty: u64,
    log: Vec<Change>,
    keys: Vec<u8>,
    /// How many of the log were passed on to those who learn of changes call by call.
    told: usize,
}

impl Changes {
    /// Notes that `event` happened to `key`, counting as `n` changes. Zero: an event that changed nothing.
    #[inline]
    pub fn record(&mut self, db: DbId, key: &[u8], event: Event, n: u64) {
        self.dirty += n;
        if self.interest != Interest::default() {
            self.note(db, key, event);
        }
    }

    #[cold]
    fn note(&mut self, db: DbId, key: &[u8], event: Event) {
        // The arena is emptied after each unit; a unit whose keys add up to 4 GB does not fit in memory anyway.
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.log.push(Change { db, event, start, len: key.len() as u32 });
    }

    /// Notes for the log that a key went by itself.
    #[inline]
    pub fn removed_key(&mut self, db: DbId, key: &[u8], is_evicted: bool) {
        if self.is_logged {
            self.note_removed(Removed { db, key: key.into(), fields: Vec::new(), is_evicted });
        }
    }

    /// Notes for the log that fields of a hash went by themselves.
    pub fn removed_fields(&mut self, db: DbId, key: &[u8], fields: Vec<Box<[u8]>>) {
        if self.is_logged && !fields.is_empty() {
            self.note_removed(Removed { db, key: key.into(), fields, is_evicted: false });
        }
    }

    fn note_removed(&mut self, removed: Removed) {
        self.removed_bytes += removed.memory();
        self.removed.push(removed);
    }

    /// Whether something went without a command that says so.
    #[inline]
    pub fn has_removed(&self) -> bool {
        !self.removed.is_empty()
    }

    /// Takes what went without a command that says so.
    pub fn take_removed(&mut self) -> Vec<Removed> {
        self.removed_bytes = 0;
        std::mem::take(&mut self.removed)
    }

    /// The memory that the records take.
    pub fn memory(&self) -> usize {
        let lists = self.log.capacity() * size_of::<Change>() + self.removed.capacity() * size_of::<Removed>();
        self.keys.capacity() + lists + self.removed_bytes
    }

    /// What was recorded, in order, with the keys.
    pub fn iter(&self) -> impl Iterator<Item = (Change, &[u8])> {
        self.log.iter().map(|c| (*c, &self.keys[c.start as usize..][..c.len as usize]))
    }

    /// What was recorded since [`Changes::mark_told`], in order, with the keys.
    pub fn fresh(&self) -> impl Iterator<Item = (Change, &[u8])> {
        self.log[self.told..].iter().map(|c| (*c, &self.keys[c.start as usize..][..c.len as usize]))
    }

    /// What was recorded so far is not fresh any more.
    pub fn mark_told(&mut self) {
        self.told = self.log.len();
    }

    /// Whether anything but the count was recorded.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Forgets the records, not the count.
    pub fn clear(&mut self) {
        self.log.clear();
        self.keys.clear();
        self.told = 0;
        // A unit that changed very many keys is not worth keeping room for.
        if self.keys.capacity() > KEYS_KEPT || self.log.capacity() > CHANGES_KEPT {
            (self.log, self.keys) = (Vec::new(), Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_interest_only_the_count_moves() {
        let mut changes = Changes::default();
        changes.record(DbId(0), b"k", Event::SET, 1);
        assert!(changes.is_empty() && changes.dirty == 1);
        changes.interest = Interest(1);
        changes.record(DbId(3), b"key", Event::DEL, 2);
        let seen: Vec<_> = changes.iter().map(|(c, key)| (c.db, c.event, key.to_vec())).collect();
        assert_eq!(seen, [(DbId(3), Event::DEL, b"key".to_vec())]);
        assert_eq!(changes.dirty, 3);
    }

    #[test]
    fn what_was_told_is_not_fresh_but_stays_for_the_unit() {
        let mut changes = Changes { interest: Interest::WATCH, ..Changes::default() };
        changes.record(DbId(0), b"a", Event::SET, 1);
        changes.mark_told();
        changes.record(DbId(0), b"b", Event::DEL, 1);
        let fresh: Vec<_> = changes.fresh().map(|(_, key)| key.to_vec()).collect();
        assert_eq!((fresh, changes.iter().count()), (vec![b"b".to_vec()], 2));
        changes.clear();
        changes.record(DbId(0), b"c", Event::SET, 1);
        assert_eq!(changes.fresh().count(), 1, "after a unit everything is fresh");
        assert!(Event::SILENT.changes_value() && Event::HEXPIRED.changes_value() && !Event::NEW.changes_value());
    }
}
