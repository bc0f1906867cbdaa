//! Strings that are changed in a few places: bits, bit fields, registers.
//!
//! ```text
//!     edit_window(slot, key, 5..7, |window| ..)         "abc"  ->  "abc\0\0??"      only the window is lent
//! ```
//!
//! A string that is long enough is changed where it lies. One that has to grow is made anew. What a command has
//! made or changed is `raw` afterwards, as in Redis: OBJECT ENCODING tells. A long one is in pieces from its first edit on, so that
//! no edit copies much of it, nor makes room for zeros (`base/pieces.rs`).

use std::ops::Range;

use crate::base::buffer::{BIG, Buffer, Text};
use crate::base::pieces::Pieces;
use crate::keyspace::db::{Db, Slot, Ttl};
use crate::store::entry::{Entry, INLINE_MAX, NewValue, Value};
use crate::store::object::{Loose, Object};
use triomphe::Arc;

/// A longer string is in pieces once it was edited.
const LONG: usize = BIG;

impl Db<'_> {
    /// Sets a key to a string that a command has made. Records nothing.
    pub fn put_bytes(&mut self, slot: Slot, key: &[u8], bytes: Vec<u8>, ttl: Ttl) {
        let value =
            if bytes.len() <= INLINE_MAX { NewValue::Raw(&bytes) } else { NewValue::Buffer(Buffer::new(bytes)) };
        self.put(slot, key, value, ttl);
    }

    /// Memory for a string of so many bytes that is to replace what a slot holds: the memory of that, if it is large enough
    /// and nobody else holds it. The slot must be set before anybody reads it.
    pub fn reclaim(&mut self, slot: Slot, len: usize) -> Vec<u8> {
        if let Some(position) = slot.position
            && let Some(mut entry) = self.data.table.at_mut(position)
            && let Some(buffer) = entry.buffer_mut()
            && buffer.is_unique()
            && (len..=len * 2).contains(&buffer.make_mut().capacity())
        {
            return std::mem::take(buffer.make_mut());
        }
        Vec::new()
    }

    /// Lends some bytes of a string for a change. A string that ends before them grows with zero bytes; a missing key
    /// counts as empty. Keeps the deadline, records nothing.
    pub fn edit_window(&mut self, slot: Slot, key: &[u8], window: Range<usize>, change: impl FnOnce(&mut [u8])) {
        if let Some(position) = slot.position
            && let Some(mut entry) = self.data.table.at_mut(position)
        {
            if let Some(bytes) = entry.bytes_mut()
                && bytes.len() >= window.end
            {
                change(&mut bytes[window]);
                return entry.set_raw();
            }
            if let Some(buffer) = entry.buffer_mut()
                && buffer.bytes().len().max(window.end) <= LONG
            {
                let bytes = buffer.make_mut();
                if bytes.len() < window.end {
                    bytes.resize(window.end, 0);
                }
                return change(&mut bytes[window]);
            }
        }
        let old = self.text_of(slot).expect("the caller has looked at the type").unwrap_or(Text::Bytes(b""));
        if old.len().max(window.end) > LONG {
            return self.edit_long(slot, key, |pieces| pieces.edit(window, change));
        }
        let bytes = old.with(|old| {
            let mut bytes = vec![0; old.len().max(window.end)];
            bytes[..old.len()].copy_from_slice(old);
            change(&mut bytes[window]);
            bytes
        });
        self.put_bytes(slot, key, bytes, Ttl::Keep);
    }

    /// Writes bytes into a string of `len` bytes, behind zeros if it is shorter; a missing key counts as empty. `shared` is the buffer
    /// in which the bytes came, if they did. Keeps the deadline, records nothing.
    pub fn write_text(&mut self, slot: Slot, key: &[u8], len: usize, at: usize, bytes: &[u8], shared: Option<&Buffer>) {
        let end = at + bytes.len();
        if len.max(end) > LONG {
            if let Some(replaced) = self.edit_long(slot, key, |pieces| pieces.write(at, bytes, shared)) {
                self.shared.discard_object(Object::Replaced(Arc::new(replaced)));
            }
            return;
        }
        self.edit_text(slot, key, len.max(end), |text| {
            if at == text.len() {
                return text.extend_from_slice(bytes);
            }
            if text.len() < end {
                text.resize(end, 0);
            }
            text[at..end].copy_from_slice(bytes);
        });
    }

    /// Lends a long string for an edit, in pieces from then on.
    #[cold]
    fn edit_long<R>(&mut self, slot: Slot, key: &[u8], change: impl FnOnce(&mut Pieces) -> R) -> R {
        let mut pieces = match self.text_of(slot).expect("the caller has looked at the type") {
            Some(Text::Pieces(_)) => match self.take_object(slot) {
                Object::Text(pieces) => pieces,
                other => unreachable!("{other:?} is no string"),
            },
            Some(Text::Shared(buffer)) => Arc::new(Pieces::of(buffer.clone())),
            Some(text) => Arc::new(text.with(|bytes| Pieces::of(Buffer::new(bytes.to_vec())))),
            None => Arc::default(),
        };
        // The old entry lets go of its buffer before the edit, which then may find it held once.
        if let Some(position) = slot.position
            && !matches!(self.data.table.at(position).value(), Value::Object(_))
        {
            let old = self.data.table.at(position);
            let new = Entry::new(old.key(), NewValue::Object(Object::Lent), old.deadline(), old.clock());
            drop(self.data.table.replace(position, new));
        }
        let result = change(Arc::make_mut(&mut pieces));
        self.store(slot, key, Loose::Object(Object::Text(pieces)), false);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::alloc;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::db::value_from;
    use crate::keyspace::freeze::FrozenKeyspace;
    use crate::keyspace::{DbId, Keyspace};

    /// What a string becomes when its bytes in a window are set to `#`.
    fn after(value: Option<NewValue>, window: std::ops::Range<usize>) -> Vec<u8> {
        let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
        let mut db = keyspace.db(DbId(0));
        if let Some(value) = value {
            let slot = db.locate(b"k");
            db.put(slot, b"k", value, Ttl::At(7));
        }
        let slot = db.locate(b"k");
        let deadline = db.entry(slot).and_then(crate::store::entry::Entry::deadline);
        db.edit_window(slot, b"k", window, |bytes| bytes.fill(b'#'));
        let slot = db.locate(b"k");
        let entry = db.entry(slot).expect("it is there now");
        assert_eq!(entry.deadline(), deadline);
        assert!(matches!(entry.value(), Value::Raw(_) | Value::Buffer(_)), "{:?}", entry.value().type_name());
        match db.text_of(slot) {
            Ok(Some(Text::Bytes(bytes))) => bytes.to_vec(),
            Ok(Some(Text::Shared(buffer))) => buffer.bytes().to_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_window_is_changed_in_place_or_behind_zeros() {
        assert_eq!(after(None, 2..3), b"\0\0#");
        assert_eq!(after(Some(NewValue::Int(1234)), 1..2), b"1#34");
        assert_eq!(after(Some(NewValue::Int(12)), 2..4), b"12##");
        assert_eq!(after(Some(NewValue::Text(b"abc")), 0..1), b"#bc");
        assert_eq!(after(Some(NewValue::Text(b"abc")), 2..5), b"ab###");
        assert_eq!(after(Some(NewValue::Raw(b"abc")), 4..5), b"abc\0#");
        assert_eq!(after(Some(NewValue::Text(b"abc")), 1..1), b"abc");
        let long = after(Some(NewValue::Buffer(Buffer::new(vec![b'x'; 5000]))), 4999..5002);
        assert_eq!(long, [&[b'x'; 4999][..], b"###"].concat());
        let grown = after(Some(NewValue::Text(&[b'x'; 4000])), 9999..10_000);
        assert_eq!(grown, [&[b'x'; 4000][..], &[0; 5999], b"#"].concat());
    }

    #[test]
    fn memory_is_reclaimed_only_from_who_holds_it_alone() {
        let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
        let mut reclaimed = |buffer: Buffer, len| {
            let mut db = keyspace.db(DbId(0));
            let slot = db.locate(b"k");
            db.put(slot, b"k", NewValue::Buffer(buffer), Ttl::Clear);
            let slot = db.locate(b"k");
            let memory = db.reclaim(slot, len);
            let capacity = memory.capacity();
            db.put_bytes(slot, b"k", memory, Ttl::Clear);
            capacity
        };
        let buffer = || Buffer::new(vec![b'x'; 5000]);
        assert_eq!(reclaimed(buffer(), 5000), 5000);
        assert_eq!(reclaimed(buffer(), 2500), 5000);
        assert_eq!(reclaimed(buffer(), 5001), 0);
        assert_eq!(reclaimed(buffer(), 2499), 0);
        let held = buffer();
        assert_eq!(reclaimed(held.clone(), 5000), 0);
        assert_eq!(held.bytes(), [b'x'; 5000]);
    }

    /// A string and its place.
    fn put(keyspace: &mut Keyspace, value: NewValue) {
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.put(slot, b"k", value, Ttl::At(7));
    }

    fn len(db: &mut Db) -> usize {
        let slot = db.locate(b"k");
        db.text_of(slot).expect("a string").map_or(0, Text::len)
    }

    fn all(keyspace: &mut Keyspace) -> Vec<u8> {
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.text_of(slot).expect("a string").map_or(Vec::new(), |text| text.with(<[u8]>::to_vec))
    }

    #[test]
    fn any_edits_follow_a_model_and_the_bytes_are_those_that_are_used() {
        for seed in 1..=40 {
            let mut dice = Dice(seed);
            let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
            let before = alloc::mine() - keyspace.live_bytes() as isize;
            let mut model = Vec::new();
            let mut copy: Option<(FrozenKeyspace, Vec<u8>)> = None;
            for step in 0..60 {
                let at = format!("seed {seed} step {step}");
                let long = [30, 5000, 70_000, 300_000][dice.below(4) as usize];
                let bytes = vec![dice.next() as u8; dice.below(long) as usize];
                let place = dice.below(model.len() as u64 + 100_000) as usize;
                let buffer = Buffer::new(bytes.clone());
                let shared = (dice.below(2) == 0).then_some(&buffer);
                let mut db = keyspace.db(DbId(0));
                let slot = db.locate(b"k");
                let len = len(&mut db);
                match dice.below(6) {
                    0 | 1 => {
                        db.write_text(slot, b"k", len, len, &bytes, shared);
                        model.extend_from_slice(&bytes);
                    }
                    2 => {
                        db.write_text(slot, b"k", len, place, &bytes, shared);
                        model.resize(model.len().max(place + bytes.len()), 0);
                        model[place..place + bytes.len()].copy_from_slice(&bytes);
                    }
                    3 => {
                        db.edit_window(slot, b"k", place..place + 9, |window| window.fill(b'#'));
                        model.resize(model.len().max(place + 9), 0);
                        model[place..place + 9].fill(b'#');
                    }
                    4 if dice.below(3) == 0 => {
                        db.put(slot, b"k", value_from(&bytes, shared), Ttl::Keep);
                        model = bytes;
                    }
                    4 => {
                        db.set_deadline(slot, Some(i64::MAX - step));
                    }
                    _ => {
                        if let Some((copy, expected)) = copy.take() {
                            let is_same = |value: Value| match value {
                                Value::Text(bytes) | Value::Raw(bytes) => *bytes == expected,
                                Value::Int(n) => n.to_string().as_bytes() == expected,
                                Value::Buffer(buffer) => *buffer.bytes() == expected,
                                Value::Object(Object::Text(pieces)) => pieces.gather(0..pieces.len()) == expected,
                                _ => false,
                            };
                            copy.dbs
                                .iter()
                                .for_each(|db| db.table.each(|entry| assert!(is_same(entry.value()), "{at}")));
                        } else {
                            copy = Some((keyspace.freeze(), model.clone()));
                        }
                    }
                }
                assert!(all(&mut keyspace) == model, "{at}");
            }
            drop((copy, model));
            keyspace.shared.sweep_up();
            let live = keyspace.live_bytes();
            let rest = alloc::mine() - before;
            assert!((rest - live as isize).unsigned_abs() < 8000, "seed {seed}: {live} live, {rest} taken");
        }
    }

    #[test]
    fn edits_of_half_a_gigabyte_copy_little_with_and_without_a_copy() {
        const LEN: usize = 500 << 20;
        let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
        let mut before = alloc::mine();
        let mut grew = |most: isize, what: &str| {
            let now = alloc::mine();
            assert!(now - before <= most, "{what} took {} bytes", now - before);
            before = now;
        };
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.write_text(slot, b"k", 0, LEN, b"x", None);
        grew(40_000, "zeros");
        let copy = keyspace.freeze();
        for n in 1..100 {
            let mut db = keyspace.db(DbId(0));
            let slot = db.locate(b"k");
            db.write_text(slot, b"k", LEN + n, LEN + n, b"y", None);
            db.edit_window(slot, b"k", n << 20..(n << 20) + 1, |one| one.fill(1));
        }
        grew(100 * 20_000, "a hundred windows");
        let of_copy = copy.dbs[0].table.find(b"k").expect("it is there");
        assert!(matches!(of_copy.value(), Value::Object(Object::Text(pieces)) if pieces.len() == LEN + 1));
        // The zeros are pages that nobody has touched.
        put(&mut keyspace, NewValue::Buffer(Buffer::new(vec![0; LEN])));
        grew(LEN as isize + 1000, "a buffer");
        let copy = (copy, keyspace.freeze());
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.set_deadline(slot, None);
        db.write_text(slot, b"k", LEN, 3, b"abc", None);
        db.write_text(slot, b"k", LEN, LEN, b"abc", None);
        db.insert_copy(b"other", &db.entry(slot).cloned().expect("it is there"));
        grew(100_000, "edits of a shared buffer");
        drop(copy);
    }

    #[test]
    fn a_copy_that_holds_the_bytes_keeps_the_old_ones() {
        let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
        let held = Buffer::new(vec![b'x'; 5000]);
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.put(slot, b"k", NewValue::Buffer(held.clone()), Ttl::Clear);
        let slot = db.locate(b"k");
        db.edit_window(slot, b"k", 0..1, |bytes| bytes.fill(b'#'));
        assert_eq!(held.bytes()[0], b'x');
        let frozen = keyspace.database(DbId(0)).table.freeze();
        let mut db = keyspace.db(DbId(0));
        let slot = db.locate(b"k");
        db.edit_window(slot, b"k", 1..2, |bytes| bytes.fill(b'#'));
        let bytes = |entry: &crate::store::entry::Entry| match entry.value() {
            Value::Buffer(buffer) => buffer.bytes()[..3].to_vec(),
            _ => panic!("a long string is a buffer"),
        };
        assert_eq!(bytes(frozen.find(b"k").expect("it is in the copy")), b"#xx");
        assert_eq!(bytes(db.entry(slot).expect("it is here")), b"##x");
    }
}
