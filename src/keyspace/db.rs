//! One database as a command sees it: lookups that honour deadlines, writes that record what they changed.
//!
//! A lookup gives a [`Slot`]: the key's hash and, if it is there, its position. Everything after that goes by the slot,
//! so a command hashes its key once. A slot is good until the next write to the same database.

use crate::base::buffer::{BIG, Buffer, Text};
use crate::base::dice::Dice;
use crate::base::number::parse_i64;
use crate::base::pieces::Pieces;
use crate::keyspace::changes::{Event, Interest};
use crate::keyspace::{AccessClock, Database, DbId, Expiry, Shared};
use crate::store::entry::{Entry, INLINE_MAX, NewValue, Value};
use crate::store::object::Object;
pub use crate::store::object::WrongType;
use crate::store::table::{Hash, Position};
use triomphe::Arc;

/// A database and what it shares with the others, for the length of a command.
pub struct Db<'a> {
    pub(super) data: &'a mut Database,
    pub(super) shared: &'a mut Shared,
    pub(super) id: DbId,
}

/// Where a key is, or would be.
#[derive(Clone, Copy)]
pub struct Slot {
    pub(super) hash: Hash,
    pub(super) position: Option<Position>,
}

impl Slot {
    /// Whether the key is there.
    #[inline]
    pub fn is_found(&self) -> bool {
        self.position.is_some()
    }
}

/// What a lookup means for the key's access clock.
#[derive(Clone, Copy)]
enum Access {
    None,
    Read,
    Write,
}

/// What happens to a key's deadline when its value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// It stays as it is.
    Keep,
    /// It goes.
    Clear,
    /// It becomes this time, in milliseconds since 1970.
    At(i64),
}

/// The string forms of an entry's value.
#[inline]
fn text_of(entry: &Entry) -> Result<Text<'_>, WrongType> {
    Ok(match entry.value() {
        Value::Text(bytes) | Value::Raw(bytes) => Text::Bytes(bytes),
        Value::Int(n) => Text::Int(n),
        Value::Buffer(buffer) => Text::Shared(buffer),
        Value::Object(object) => return object.text().ok_or(WrongType),
        Value::Packed(_) => return Err(WrongType),
    })
}

impl<'a> Db<'a> {
    /// Looks at the value of a string key, for reading: counts a hit or a miss and notes the access.
    #[inline(always)]
    pub fn look<R>(mut self, key: &[u8], look: impl FnOnce(Option<Text>) -> R) -> Result<R, WrongType> {
        let (slot, seen) = self.find(key, Access::Read, |entry| Ok(look(entry.map(text_of).transpose()?)));
        self.count_read(slot, key);
        seen
    }

    /// The value of a string key, for reading: counts a hit or a miss and notes the access.
    #[inline]
    pub fn text(mut self, key: &[u8]) -> Result<Option<Text<'a>>, WrongType> {
        let slot = self.read(key);
        let data: &'a Database = self.data;
        slot.position.map(|position| text_of(data.table.at(position))).transpose()
    }

    /// Looks a key up for reading: counts a hit or a miss and notes the access.
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Slot {
        let (slot, ()) = self.find(key, Access::Read, |_| ());
        self.count_read(slot, key);
        slot
    }

    #[inline(always)]
    fn count_read(&mut self, slot: Slot, key: &[u8]) {
        match slot.position {
            Some(_) => self.shared.stats.hits += 1,
            None => self.shared.miss(self.id, key),
        }
    }

    /// Looks a key up for writing: notes the access, counts nothing.
    #[inline]
    pub fn write(&mut self, key: &[u8]) -> Slot {
        self.find(key, Access::Write, |_| ()).0
    }

    /// The same, and looks at the string that is there on the way.
    #[inline(always)]
    pub fn write_looking<R>(
        &mut self,
        key: &[u8],
        look: impl FnOnce(Option<Text>) -> R,
    ) -> Result<(Slot, R), WrongType> {
        let (slot, seen) = self.find(key, Access::Write, |entry| Ok(look(entry.map(text_of).transpose()?)));
        Ok((slot, seen?))
    }

    /// Looks a key up and leaves no trace, but for deleting it if its deadline has passed.
    #[inline]
    pub fn locate(&mut self, key: &[u8]) -> Slot {
        self.find(key, Access::None, |_| ()).0
    }

    /// The one lookup under all others. `look` is called where the entry was found, so that nobody walks to it again.
    #[inline(always)]
    fn find<R>(&mut self, key: &[u8], access: Access, look: impl FnOnce(Option<&Entry>) -> R) -> (Slot, R) {
        let hash = self.shared.hashes.take(key).unwrap_or_else(|| self.data.table.hash(key));
        let Some((found, entry)) = self.data.table.find_entry(hash, key) else {
            return (Slot { hash, position: None }, look(None));
        };
        if self.shared.hides(entry) {
            if self.shared.expiry == Expiry::Own {
                expire(self.data, self.shared, self.id, found);
            }
            return (Slot { hash, position: None }, look(None));
        }
        match access {
            Access::None => {}
            Access::Read => self.shared.touch(entry),
            Access::Write => self.shared.touch_written(entry),
        }
        (Slot { hash, position: Some(found) }, look(Some(entry)))
    }

    /// The entry of a slot.
    #[inline]
    pub fn entry(&self, slot: Slot) -> Option<&Entry> {
        slot.position.map(|position| self.data.table.at(position))
    }

    /// The string value of a slot.
    #[inline]
    pub fn text_of(&self, slot: Slot) -> Result<Option<Text<'_>>, WrongType> {
        self.entry(slot).map(text_of).transpose()
    }

    /// Sets a key to a value, whatever was there. Counts as one change.
    #[inline]
    pub fn set(&mut self, slot: Slot, key: &[u8], value: NewValue, ttl: Ttl, event: Event) {
        if self.shared.changes.interest.has(Interest::EVENTS) && event == Event::SET {
            self.note_replaced(key, self.entry(slot).map(Entry::type_name), "string");
        }
        self.put(slot, key, value, ttl);
        self.shared.changes.record(self.id, key, event, 1);
    }

    /// Tells that a value took the place of another, if there was one, and whether its type is another. Not for a change of a
    /// value: only where nothing is left of the old one.
    #[cold]
    pub fn note_replaced(&mut self, key: &[u8], old: Option<&'static str>, new: &'static str) {
        if let Some(old) = old {
            self.shared.changes.record(self.id, key, Event::OVERWRITTEN, 0);
            if old != new {
                self.shared.changes.record(self.id, key, Event::TYPE_CHANGED, 0);
            }
        }
    }

    /// [`Db::set`] without a record: for who records several events for one write.
    #[inline]
    pub fn put(&mut self, slot: Slot, key: &[u8], value: NewValue, ttl: Ttl) {
        let Some(position) = slot.position else {
            let deadline = if let Ttl::At(at) = ttl { Some(at) } else { None };
            let value = settled(key, value, deadline);
            let clock = self.shared.first_clock();
            self.data.table.insert(slot.hash, Entry::new(key, value, deadline, clock));
            self.deadline_moved(slot.hash, None, deadline);
            self.shared.changes.record(self.id, key, Event::NEW, 0);
            return;
        };
        let old = self.data.table.at(position);
        let had = old.deadline();
        // Who puts a collection says so itself.
        let had_field = match value {
            NewValue::Packed(_) | NewValue::Object(_) => None,
            _ => self.data.earliest_field(Some(old)),
        };
        let deadline = match ttl {
            Ttl::Keep => had,
            Ttl::Clear => None,
            Ttl::At(at) => Some(at),
        };
        let value = settled(key, value, deadline);
        // Redis starts the access clock of an overwritten key afresh, except that it keeps its frequency; a client that
        // leaves clocks alone leaves this one, too.
        let clock = match self.shared.access {
            AccessClock::Recency if !self.shared.no_touch || self.shared.is_by_change => self.shared.clock,
            _ => old.clock(),
        };
        // What is big is freed elsewhere if it is old, and needs no room in the entry if it is new: both replace it.
        let in_place = !matches!(old.value(), Value::Buffer(_) | Value::Object(_))
            && !matches!(value, NewValue::Buffer(_) | NewValue::Object(_))
            && self.data.table.at_mut(position).is_some_and(|mut slot| {
                let fits = slot.deadline() == deadline || slot.set_deadline(deadline);
                fits && match &value {
                    NewValue::Text(bytes) => slot.set_text(bytes, false),
                    NewValue::Raw(bytes) => slot.set_text(bytes, true),
                    NewValue::Int(n) => slot.set_int(*n),
                    NewValue::Packed(block) => slot.set_packed(block),
                    NewValue::Buffer(_) | NewValue::Object(_) => false,
                }
            });
        if !in_place {
            let new = Entry::new(key, value, deadline, clock);
            let old = self.data.table.replace(position, new);
            self.shared.discard(old);
        }
        self.deadline_moved(slot.hash, had, deadline);
        self.fields_moved(slot.hash, had_field, None);
    }

    /// A key's deadline was `had` and is `has`.
    #[inline]
    pub(super) fn deadline_moved(&mut self, hash: Hash, had: Option<i64>, has: Option<i64>) {
        if had != has {
            let next = self.data.deadline_moved(self.shared.now, hash, had, has);
            self.shared.due_at(next);
        }
    }

    /// The earliest deadline of a hash's fields was `had` and is `has`.
    #[inline]
    pub(super) fn fields_moved(&mut self, hash: Hash, had: Option<i64>, has: Option<i64>) {
        if had != has {
            let next = self.data.fields_moved(self.shared.now, hash, had, has);
            self.shared.due_at(next);
        }
    }

    /// Changes the bytes of a string, which are empty if the key is missing and `len` long afterwards. Keeps the
    /// deadline, records nothing. A buffer that somebody else holds is copied first: for strings that are not long.
    pub fn edit_text(&mut self, slot: Slot, key: &[u8], len: usize, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(position) = slot.position
            && let Some(mut entry) = self.data.table.at_mut(position)
            && let Some(buffer) = entry.buffer_mut()
        {
            return change(buffer.make_mut());
        }
        let mut bytes = Vec::with_capacity(len);
        if let Some(old) = self.text_of(slot).expect("the caller has looked at the type") {
            old.with(|old| bytes.extend_from_slice(old));
        }
        change(&mut bytes);
        debug_assert_eq!(bytes.len(), len, "the caller knows how long it will be");
        self.put_bytes(slot, key, bytes, Ttl::Keep);
    }

    /// Sets the integer of a key that is there, keeping its deadline. Counts as one change.
    #[inline]
    pub fn set_int(&mut self, slot: Slot, key: &[u8], n: i64, event: Event) {
        // Over another integer: the deadline stays, and the access is noted already.
        if let Some(position) = slot.position
            && let Some(mut entry) = self.data.table.at_mut(position)
            && entry.reset_int(n)
        {
            return self.shared.changes.record(self.id, key, event, 1);
        }
        self.set(slot, key, NewValue::Int(n), Ttl::Keep, event);
    }

    /// Deletes a key; `false` if it was not there. Counts as one change.
    pub fn delete(&mut self, slot: Slot, key: &[u8], event: Event) -> bool {
        match self.take(slot) {
            Some(entry) => {
                self.shared.changes.record(self.id, key, event, 1);
                self.shared.discard(entry);
                true
            }
            None => false,
        }
    }

    /// Takes an entry out without a record.
    pub fn take(&mut self, slot: Slot) -> Option<Entry> {
        let had = self.data.earliest_field(self.entry(slot));
        self.fields_moved(slot.hash, had, None);
        self.remove(slot)
    }

    /// The same by who has said that there are no deadlines of fields any more.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Entry> {
        let entry = self.data.table.remove(slot.position?);
        self.deadline_moved(slot.hash, entry.deadline(), None);
        Some(entry)
    }

    /// Changes the deadline of a key that is there; `false` if it was not. Records nothing.
    pub fn set_deadline(&mut self, slot: Slot, deadline: Option<i64>) -> bool {
        let Some(position) = slot.position else {
            return false;
        };
        let had = self.data.table.at(position).deadline();
        let in_place = self.data.table.at_mut(position).is_some_and(|mut slot| {
            let is_set = slot.set_deadline(deadline);
            if is_set && matches!(slot.value(), Value::Text(text) if !embeds(slot.key(), text, deadline)) {
                slot.set_raw();
            }
            is_set
        });
        if !in_place {
            let old = self.data.table.at(position);
            let value = moved_value(old);
            let new = Entry::new(old.key(), settled(old.key(), value, deadline), deadline, old.clock());
            // Not through a helper: what is big in it is held by the new entry, too, and an edit should find that alone.
            drop(self.data.table.replace(position, new));
        }
        self.deadline_moved(slot.hash, had, deadline);
        true
    }

    /// Notes an event that a command brought about by itself.
    pub fn changed(&mut self, key: &[u8], event: Event, n: u64) {
        self.shared.changes.record(self.id, key, event, n);
    }

    /// Frees what was taken out, on the helper if it is big.
    pub fn discard(&mut self, entry: Entry) {
        self.shared.discard(entry);
    }

    /// How many keys there are, expired ones that nobody met included.
    pub fn len(&self) -> usize {
        self.data.table.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.now
    }

    /// Visits some keys from a cursor on; returns the next cursor, zero at the end. Expired keys are passed over.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(&Entry)) -> u64 {
        self.data.table.scan(cursor, count, &mut |entry| {
            if !self.shared.hides(entry) {
                visit(entry);
            }
        })
    }

    /// A key by chance, each as likely as any other; none if there is none.
    pub fn random(self) -> Option<&'a [u8]> {
        let Db { data, shared, id } = self;
        // If all keys are expired and may not be deleted, giving one of them after a while is what Redis does, too.
        for attempt in 0.. {
            let dice = &mut shared.dice;
            let position = data.table.random(&mut || dice.next())?;
            if !shared.hides(data.table.at(position)) || (shared.expiry != Expiry::Own && attempt == 100) {
                let data: &'a Database = data;
                return Some(data.table.at(position).key());
            }
            if shared.expiry == Expiry::Own {
                expire(data, shared, id, position);
            }
        }
        None
    }
}

/// Whether Redis 8.2 would keep a string in one block of 64 bytes with its key and deadline, and call it `embstr`.
fn embeds(key: &[u8], text: &[u8], deadline: Option<i64>) -> bool {
    key.len() + text.len() + if deadline.is_some() { 8 } else { 0 } <= 41
}

/// The value in the form in which Redis would keep it under this key: OBJECT ENCODING tells. Once a string is raw it
/// stays so, also when its deadline goes.
#[inline]
pub fn settled<'v>(key: &[u8], value: NewValue<'v>, deadline: Option<i64>) -> NewValue<'v> {
    match value {
        NewValue::Text(text) if !embeds(key, text, deadline) => NewValue::Raw(text),
        value => value,
    }
}

/// The value of an entry that goes, for the one that comes in its place: a buffer is the same.
pub(super) fn moved_value(entry: &Entry) -> NewValue<'_> {
    match entry.value() {
        Value::Buffer(buffer) => NewValue::Buffer(buffer.clone()),
        _ => own_value(entry),
    }
}

/// The value of an entry as an own copy.
pub(super) fn own_value(entry: &Entry) -> NewValue<'_> {
    match entry.value() {
        Value::Text(bytes) => NewValue::Text(bytes),
        Value::Raw(bytes) => NewValue::Raw(bytes),
        Value::Int(n) => NewValue::Int(n),
        Value::Buffer(buffer) if buffer.bytes().len() <= BIG => NewValue::Buffer(Buffer::new(buffer.bytes().to_vec())),
        // As below: a long one would take long to copy.
        Value::Buffer(buffer) => NewValue::Object(Object::Text(Arc::new(Pieces::of(buffer.clone())))),
        Value::Packed(block) => NewValue::Packed(block),
        // Both keys share all nodes until one of them changes some. Live bytes count them twice then: see `Object`.
        Value::Object(object) => NewValue::Object(object.clone()),
    }
}

/// The form in which bytes that somebody sends are stored: an integer if they are one, else the bytes, in the entry if
/// they are short. `shared` is the counted buffer in which they came, if they did.
#[inline]
pub fn value_from<'v>(bytes: &'v [u8], shared: Option<&Buffer>) -> NewValue<'v> {
    // No integer of 64 bits has more than 20 characters; nearly all values are told apart here.
    if bytes.len() <= 20
        && let Some(n) = parse_i64(bytes)
    {
        return NewValue::Int(n);
    }
    if bytes.len() <= INLINE_MAX {
        return NewValue::Text(bytes);
    }
    NewValue::Buffer(match shared {
        Some(buffer) => buffer.clone(),
        None => Buffer::new(bytes.to_vec()),
    })
}

/// Deletes a key whose deadline has passed.
#[cold]
pub(super) fn expire(data: &mut Database, shared: &mut Shared, id: DbId, position: Position) {
    shared.stats.expired += 1;
    shared.stats.lags.add(data.table.at(position).deadline().map_or(0, |at| shared.now.saturating_sub(at)));
    delete_unasked(data, shared, id, position, Event::EXPIRED);
}

/// Deletes a key that no client wants deleted: that counts as no change of a client's, neither for `save` rules nor for dirty, as in Redis.
pub(super) fn delete_unasked(data: &mut Database, shared: &mut Shared, id: DbId, position: Position, event: Event) {
    let entry = data.table.remove(position);
    let had_field = data.earliest_field(Some(&entry));
    // Where it is in the wheel does not matter to what goes.
    data.deadline_moved(shared.now, 0, entry.deadline(), None);
    data.fields_moved(shared.now, 0, had_field, None);
    shared.changes.record(id, entry.key(), event, 0);
    shared.changes.removed_key(id, entry.key(), event == Event::EVICTED);
    shared.discard(entry);
}

impl Shared {
    /// Whether an entry counts as gone though it is still there. While data is loaded nothing does.
    #[inline]
    pub fn hides(&self, entry: &Entry) -> bool {
        entry.deadline().is_some_and(|deadline| deadline <= self.now) && self.expiry != Expiry::Loading
    }

    /// Notes an access in an entry's clock. Writes only if the clock has moved, so a hot entry's line stays clean.
    #[inline]
    pub fn touch(&self, entry: &Entry) {
        match self.access {
            AccessClock::Recency => {
                if entry.clock() != self.clock && !self.no_touch && !self.is_by_change {
                    entry.set_clock(self.clock);
                }
            }
            AccessClock::Frequency => self.touch_frequency(entry),
        }
    }

    /// The same for who is about to change the value.
    #[inline]
    fn touch_written(&self, entry: &Entry) {
        if self.is_by_change { entry.set_clock(self.clock) } else { self.touch(entry) }
    }

    #[cold]
    fn touch_frequency(&self, entry: &Entry) {
        if self.no_touch {
            return;
        }
        let counter = u64::from(self.decayed(entry.clock()));
        // The higher the counter, the less likely it grows: a million accesses fit in eight bits (Morris 1978). The
        // draw is hashed from what differs between calls, as lookups do not borrow the dice.
        let base = counter.saturating_sub(5);
        let draw = Dice(self.stats.hits ^ u64::from(entry.clock()) << 40 ^ self.now as u64).next() >> 11;
        let chance = 1.0 / (base as f64 * f64::from(self.lfu_log_factor) + 1.0);
        let grows = counter < 255 && (draw as f64) < chance * (1u64 << 53) as f64;
        entry.set_clock(self.clock << 8 | (counter + u64::from(grows)) as u32);
    }

    /// The frequency counter of a clock, less what the minutes since its last access took away.
    pub fn decayed(&self, clock: u32) -> u8 {
        let (minutes, counter) = (clock >> 8, clock as u8);
        let passed = self.clock.wrapping_sub(minutes) & 0xFFFF;
        match passed.checked_div(self.lfu_decay_minutes) {
            Some(periods) => counter.saturating_sub(periods.min(255) as u8),
            None => counter,
        }
    }

    /// The clock of a new entry; a frequency starts at 5, so that a new key is not the first to be evicted.
    #[inline]
    pub fn first_clock(&self) -> u32 {
        match self.access {
            AccessClock::Recency => self.clock,
            AccessClock::Frequency => self.clock << 8 | 5,
        }
    }

    /// Counts a lookup that found nothing.
    #[inline]
    pub fn miss(&mut self, id: DbId, key: &[u8]) {
        self.stats.misses += 1;
        self.changes.record(id, key, Event::KEYMISS, 0);
    }
}
