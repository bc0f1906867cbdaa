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

use crate::base::buffer::Text;
use crate::keyspace::changes::{Event, Interest};
use crate::keyspace::db::{Db, Slot, Ttl};
use crate::store::entry::{Entry, EntryMut, NewValue, Value};
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::{packed, sorted_set};
use std::ops::Range;

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
        let opened = match self.entry(slot).map(Entry::value) {
            None => Ok(C::create(block)),
            Some(Value::Packed(old)) => {
                block.extend_from_slice(old);
                C::open(Loose::Packed(block))
            }
            Some(Value::Object(_)) => {
                self.shared.scratch = block;
                return self.edit_object(slot, key, had, change);
            }
            Some(_) => Err(Loose::Packed(block)),
        };
        let mut collection = match opened {
            Ok(collection) => collection,
            Err(loose) => {
                self.recycle(loose);
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

    /// The same for a big one: it is moved out of its entry and back. `had`: the earliest deadline of its parts.
    #[inline]
    fn edit_object<C: Collection, R>(
        &mut self,
        slot: Slot,
        key: &[u8],
        had: Option<i64>,
        change: impl FnOnce(&mut C) -> R,
    ) -> Result<(R, Edited), WrongType> {
        let mut entry = self.own_entry(slot);
        let place = entry.object_mut().expect("a big value");
        let mut collection = match C::open(Loose::Object(std::mem::take(place))) {
            Ok(collection) => collection,
            Err(Loose::Object(object)) => {
                *place = object;
                return Err(WrongType);
            }
            Err(Loose::Packed(_)) => unreachable!("what comes back is what was given"),
        };
        let result = change(&mut collection);
        let is_empty = collection.is_empty();
        let has = if C::EXPIRES { collection.earliest() } else { None };
        let left = match collection.close() {
            Loose::Object(object) if !is_empty => {
                *place = object;
                None
            }
            // It goes, or is small now.
            loose => Some(loose),
        };
        drop(entry);
        if C::EXPIRES {
            self.fields_moved(slot.hash, had, has);
        }
        if let Some(loose) = left {
            self.store(slot, key, loose, is_empty);
        }
        Ok((result, if is_empty { Edited::Emptied } else { Edited::Kept }))
    }

    /// Puts an element into the packed block of a slot at an offset: in its entry, if there is room in it. Records nothing.
    pub fn insert_packed(&mut self, slot: Slot, offset: usize, element: Text) {
        let mut scratch = std::mem::take(&mut self.shared.scratch);
        scratch.clear();
        packed::encode_text(&mut scratch, element);
        if !self.splice(slot, offset..offset, &scratch, 1) {
            let position = slot.position.expect("there is a block");
            let old = self.data.table.at(position);
            let Value::Packed(block) = old.value() else { unreachable!("there is a block") };
            let begin = scratch.len();
            scratch.extend_from_slice(&block[..offset]);
            scratch.extend_from_within(..begin);
            scratch.extend_from_slice(&block[offset..]);
            packed::set_count(&mut scratch[begin..], packed::count(block) + 1);
            let new = Entry::new(old.key(), NewValue::Packed(&scratch[begin..]), old.deadline(), old.clock());
            let old = self.data.table.replace(position, new);
            self.shared.discard(old);
        }
        self.recycle(Loose::Packed(scratch));
    }

    /// Takes an element, which lies at `range`, out of the packed block of a slot in its entry. False if another class of memory fits what
    /// is left, or a copy shares it: then it takes an edit. Records nothing.
    pub fn remove_packed(&mut self, slot: Slot, range: Range<usize>) -> bool {
        self.splice(slot, range, &[], -1)
    }

    #[inline]
    fn splice(&mut self, slot: Slot, range: Range<usize>, with: &[u8], more: isize) -> bool {
        let Some(mut entry) = slot.position.and_then(|position| self.data.table.at_mut(position)) else { return false };
        let Some(block) = entry.splice_packed(range, with) else { return false };
        packed::set_count(block, packed::count(block).wrapping_add_signed(more));
        true
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
        std::mem::take(self.own_entry(slot).object_mut().expect("a big value"))
    }

    /// The entry of a big value for changes in place. If a copy of the keyspace holds it, another takes its place; the nodes of the
    /// value are shared from then on, and copied when they are touched.
    #[inline]
    fn own_entry(&mut self, slot: Slot) -> EntryMut<'_> {
        let position = slot.position.expect("there is a value");
        let (entry, old) = self.data.table.own(position, |old| {
            let Value::Object(object) = old.value() else { unreachable!("a big value") };
            Entry::new(old.key(), NewValue::Object(object.clone()), old.deadline(), old.clock())
        });
        if let Some(old) = old {
            self.shared.discard(old);
        }
        entry
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

#[cfg(test)]
mod tests {
    use crate::base::buffer::Text;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::{DbId, Keyspace};
    use crate::store::collection::list::{List, ListView, Side};
    use crate::store::object::View;
    use std::collections::VecDeque;

    /// A list's elements.
    fn elements(list: ListView) -> VecDeque<Vec<u8>> {
        let mut all = VecDeque::new();
        list.each(0..list.len(), |element| all.push_back(element.with(<[u8]>::to_vec)));
        all
    }

    #[test]
    fn a_packed_list_changed_in_its_entry_follows_a_model_and_no_copy_of_it_changes() {
        let (mut in_place, mut refused) = (0, 0);
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let mut keyspace = Keyspace::new(1, Dice(seed), Helper::inline());
            let (mut model, mut copies) = (VecDeque::new(), Vec::new());
            for step in 0..300 {
                let mut db = keyspace.db(DbId(0));
                let (slot, limits) = (db.write(b"l"), db.limits());
                let side = if dice.below(2) == 0 { Side::Left } else { Side::Right };
                let element = match dice.below(3) {
                    0 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
                    _ => vec![b'a' + step as u8 % 26; dice.below(90) as usize],
                };
                let text = Text::Bytes(&element);
                let view = db.view::<ListView>(slot).expect("a list");
                if model.len() < 2 || dice.below(5) > 1 {
                    let offset = view.and_then(|list| list.room_at(side, text, &limits));
                    if let Some(offset) = offset {
                        db.insert_packed(slot, offset, text);
                        in_place += 1;
                    } else {
                        refused += 1;
                        let push = |list: &mut List| {
                            list.prepare(1, element.len(), &limits);
                            list.push(side, text);
                        };
                        assert!(db.edit(slot, b"l", push).is_ok());
                    }
                    if side == Side::Left { model.push_front(element) } else { model.push_back(element) }
                } else {
                    let range = view.and_then(|list| list.packed_end(side)).map(|(_, range)| range);
                    if range.is_some_and(|range| db.remove_packed(slot, range)) {
                        in_place += 1;
                    } else {
                        refused += 1;
                        assert!(db.edit(slot, b"l", |list: &mut List| _ = list.pop(side, |_| ())).is_ok());
                    }
                    if side == Side::Left {
                        model.pop_front()
                    } else {
                        model.pop_back()
                    };
                }
                let slot = db.locate(b"l");
                assert_eq!(elements(db.view(slot).expect("a list").expect("there")), model, "seed {seed} step {step}");
                if dice.below(30) == 0 {
                    copies.push((keyspace.freeze(), model.clone()));
                }
            }
            for (copy, then) in copies {
                let entry = copy.dbs[0].table.find(b"l").expect("it was there");
                let list = ListView::of(entry.value()).expect("a list");
                assert_eq!(elements(list), then, "seed {seed}: a copy is not changed");
            }
        }
        assert!(in_place > 1000 && refused > 500, "{in_place} in place, {refused} otherwise");
    }
}
