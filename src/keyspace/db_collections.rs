//! Collections as a command sees them: borrowed for reading, lent for an edit.
//!
//! ```text
//!     view::<HashView>(slot)            a packed block or a big structure, as it lies in the entry
//!     edit(slot, key, |hash: &mut Hash| ..)
//!         packed:  copied to a scratch buffer, edited there, written back if it is another now
//!         big:     moved out of its entry and back; if a copy shares it, its nodes are copied as they are touched
//! ```
//!
//! A key whose collection becomes empty goes with it; the caller says so to the world by [`Db::edited`], after its own event.

use crate::keyspace::changes::{Event, Interest};
use crate::keyspace::db::{Db, Slot, Ttl};
use crate::store::entry::{Entry, NewValue, Value};
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::sorted_set;

/// A scratch buffer that grew beyond this is given back after its edit.
const SCRATCH_KEPT: usize = 64 * 1024;

/// What became of a key by an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "tell of the change by `Db::edited`"]
pub enum Edited {
    /// It holds a collection.
    Kept,
    /// Its collection became empty, and the key is gone.
    Emptied,
    /// There was none, and there is none.
    Missing,
}

impl Db<'_> {
    /// Up to where collections stay packed: what types ask for when they are edited.
    #[inline]
    pub fn limits(&self) -> Limits {
        self.shared.limits
    }

    /// The collection of a slot, for reading.
    #[inline]
    pub fn view<'s, V: View<'s>>(&'s self, slot: Slot) -> Result<Option<V>, WrongType> {
        self.entry(slot).map(|entry| V::of(entry.value())).transpose()
    }

    /// Looks several keys up for reading. The slots are good together.
    pub fn read_all<'k>(&mut self, keys: impl Iterator<Item = &'k [u8]> + Clone) -> Vec<Slot> {
        let before = self.len();
        let slots = keys.clone().map(|key| self.read(key)).collect();
        // A key that had expired was deleted, which may have moved those that were found before it.
        if self.len() == before { slots } else { keys.map(|key| self.locate(key)).collect() }
    }

    /// Lends the collection of a slot for an edit, an empty one if there is no such key. Keeps the deadline. Records nothing: follow
    /// with [`Db::edited`].
    pub fn edit<C: Collection, R>(
        &mut self,
        slot: Slot,
        key: &[u8],
        change: impl FnOnce(&mut C) -> R,
    ) -> Result<(R, Edited), WrongType> {
        let had = if C::EXPIRES { self.data.earliest_field(self.entry(slot)) } else { None };
        // Taken first, so that the entry may be read into it.
        let mut block = std::mem::take(&mut self.shared.scratch);
        block.clear();
        let old = match self.entry(slot).map(Entry::value) {
            None => Ok(C::create(block)),
            Some(Value::Packed(old)) => {
                block.extend_from_slice(old);
                C::open(Loose::Packed(block))
            }
            Some(Value::Object(_)) => {
                self.shared.scratch = block;
                C::open(Loose::Object(self.take_object(slot)))
            }
            Some(_) => Err(Loose::Packed(block)),
        };
        let mut collection = match old {
            Ok(collection) => collection,
            Err(loose) => {
                match loose {
                    Loose::Packed(_) => self.recycle(loose),
                    Loose::Object(_) => self.store(slot, key, loose, false),
                }
                return Err(WrongType);
            }
        };
        let result = change(&mut collection);
        let is_empty = collection.is_empty();
        if C::EXPIRES {
            // An empty one has no deadlines.
            self.fields_moved(slot.hash, had, collection.earliest());
        }
        self.store(slot, key, collection.close(), is_empty);
        let edited = match (is_empty, slot.is_found()) {
            (false, _) => Edited::Kept,
            (true, true) => Edited::Emptied,
            (true, false) => Edited::Missing,
        };
        Ok((result, edited))
    }

    /// Puts the result of a command in the place of what was there and tells `event` with `n` changes; an empty one leaves nothing there.
    pub fn put_result<C: Collection>(&mut self, key: &[u8], collection: C, event: Event, n: u64) {
        let slot = self.write(key);
        if collection.is_empty() {
            self.delete(slot, key, Event::DEL);
        } else {
            let old = self.entry(slot).map(Entry::type_name);
            self.put_collection(slot, key, collection, Ttl::Clear);
            if old.is_some() && self.shared.changes.interest.has(Interest::EVENTS) {
                let new = self.seek(key).map_or("none", Entry::type_name);
                self.note_replaced(key, old, new);
            }
            self.changed(key, event, n);
        }
    }

    /// Puts a collection under a key, whatever was there, and drops the deadline unless it is to stay. Records nothing. An empty one
    /// must not be put.
    pub fn put_collection<C: Collection>(&mut self, slot: Slot, key: &[u8], collection: C, ttl: Ttl) {
        debug_assert!(!collection.is_empty(), "empty collections have no key");
        let had = self.data.earliest_field(self.entry(slot));
        self.fields_moved(slot.hash, had, collection.earliest());
        match collection.close() {
            Loose::Packed(block) => {
                self.put(slot, key, NewValue::Packed(&block), ttl);
                self.recycle(Loose::Packed(block));
            }
            Loose::Object(object) => self.put(slot, key, NewValue::Object(object), ttl),
        }
    }

    /// Tells what an edit did: `event` with `n` changes, and the end of the key if nothing is left of it.
    pub fn edited(&mut self, key: &[u8], edited: Edited, event: Event, n: u64) {
        self.changed(key, event, n);
        self.key_emptied(key, edited);
    }

    /// Tells that a key went with the last of what it held, if it did.
    pub fn key_emptied(&mut self, key: &[u8], edited: Edited) {
        if edited == Edited::Emptied {
            self.changed(key, Event::DEL, 0);
        }
    }

    /// Frees what was cut off a collection, on the helper if it is big.
    pub fn discard_object(&mut self, object: Object) {
        self.shared.discard_object(object);
    }

    /// The same for a range of so many elements of a sorted set; if that leaves work, it is done later, in slices. (Should the key have
    /// another name by then, the next changes of the set do it.)
    pub fn discard_range(&mut self, key: &[u8], part: Object, n: usize) {
        self.shared.discard_object(part);
        let place = (self.id, key);
        let is_known = || self.shared.untidy.iter().any(|(db, key)| (*db, &**key) == place);
        if n > sorted_set::LATER_OVER && !is_known() {
            self.shared.untidy.push((self.id, key.into()));
            self.shared.is_tending = true;
        }
    }

    /// Takes the big value out of its entry, which is made our own first; until it is put back the entry holds [`Object::Lent`].
    pub(super) fn take_object(&mut self, slot: Slot) -> Object {
        let position = slot.position.expect("there is a value");
        if let Some(mut entry) = self.data.table.at_mut(position) {
            return std::mem::take(entry.object_mut().expect("a big value"));
        }
        // A copy of the keyspace holds this entry. Its nodes are shared from here on, and copied when they are touched.
        let old = self.data.table.at(position);
        let Value::Object(object) = old.value() else { unreachable!("a big value") };
        let object = object.clone();
        let new = Entry::new(old.key(), NewValue::Object(Object::Lent), old.deadline(), old.clock());
        let old = self.data.table.replace(position, new);
        self.shared.discard(old);
        object
    }

    /// Puts what an edit left behind in its place.
    pub(super) fn store(&mut self, slot: Slot, key: &[u8], loose: Loose, is_empty: bool) {
        if is_empty {
            if let Some(entry) = self.remove(slot) {
                self.shared.discard(entry);
            }
            return self.recycle(loose);
        }
        match loose {
            Loose::Packed(block) => {
                let is_same = matches!(self.entry(slot).map(Entry::value), Some(Value::Packed(old)) if old == block);
                if !is_same {
                    self.put(slot, key, NewValue::Packed(&block), Ttl::Keep);
                }
                self.recycle(Loose::Packed(block));
            }
            Loose::Object(object) => {
                if let Some(position) = slot.position
                    && let Some(mut entry) = self.data.table.at_mut(position)
                    && let Some(place) = entry.object_mut()
                {
                    *place = object;
                } else {
                    self.put(slot, key, NewValue::Object(object), Ttl::Keep);
                }
            }
        }
    }

    /// Keeps the memory of a block for the next edit; frees what is big.
    fn recycle(&mut self, loose: Loose) {
        match loose {
            Loose::Packed(block) if block.capacity() <= SCRATCH_KEPT => self.shared.scratch = block,
            Loose::Packed(_) => {}
            Loose::Object(object) => self.shared.discard_object(object),
        }
    }
}
