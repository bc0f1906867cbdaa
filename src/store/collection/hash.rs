//! A hash as commands see it: a packed block of fields and values, or pages in hash order.
//!
//! ```text
//!     field value | field value | ..                         no field expires
//!     field value deadline | field value deadline | ..       since a command about deadlines met it; the earliest
//!                                                            deadline first, fields without one (0) at the end
//!       \__ more than `hash_entries` fields, or one longer than `hash_value` __/
//!                                      v
//!                                   Members
//! ```
//!
//! The order in a block is what HGETALL shows, and it is the one in which Redis has it: a new field goes to the end, a new value
//! into the old one's place, a new deadline takes its field to before the first that is not earlier.
//!
//! It knows no time: whether a deadline has passed is for its callers to say.

use crate::base::buffer::Text;
use crate::base::dice::Choice;
use crate::store::entry::Value;
use crate::store::members::{Deadline, Element, Members};
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::packed::{self, COUNT_MAX, HEADER, Kind, Needle};

/// The most fields of a block, whatever the limits say: with deadlines each counts three elements.
const FIELDS_MAX: usize = COUNT_MAX / 3;

/// The longest block. An edit copies all of it, which at this size takes some ten microseconds.
const BLOCK_MAX: usize = 128 * 1024;

/// A hash, owned for an edit.
pub enum Hash {
    /// A block, with deadlines or without: its kind says.
    Packed(Vec<u8>),
    /// Pages.
    Table(Box<Members>),
}

impl Collection for Hash {
    const EXPIRES: bool = true;

    fn create(mut block: Vec<u8>) -> Hash {
        packed::begin(&mut block, Kind::Hash);
        Hash::Packed(block)
    }

    fn open(value: Loose) -> Result<Hash, Loose> {
        match value {
            Loose::Packed(block) if is_hash(&block) => Ok(Hash::Packed(block)),
            Loose::Object(Object::Hash(members)) => Ok(Hash::Table(members)),
            other => Err(other),
        }
    }

    fn close(self) -> Loose {
        match self {
            Hash::Packed(block) => Loose::Packed(block),
            Hash::Table(members) => Loose::Object(Object::Hash(members)),
        }
    }

    fn is_empty(&self) -> bool {
        self.view().is_empty()
    }

    fn earliest(&self) -> Option<i64> {
        self.view().earliest()
    }
}

#[inline]
fn is_hash(block: &[u8]) -> bool {
    matches!(Kind::of(block), Kind::Hash | Kind::HashWithDeadlines)
}

/// The elements that each field of a block has.
#[inline]
fn stride(block: &[u8]) -> usize {
    if Kind::of(block) == Kind::HashWithDeadlines { 3 } else { 2 }
}

/// A field of a block, by where its parts begin and end.
#[derive(Clone, Copy)]
struct Place {
    field: usize,
    value: usize,
    value_end: usize,
    end: usize,
    deadline: Option<i64>,
}

/// The field at an offset.
fn place(block: &[u8], field: usize) -> Place {
    let value = packed::skip(block, field);
    let value_end = packed::skip(block, value);
    let (deadline, end) = if stride(block) == 3 {
        let (deadline, end) = packed::at(block, value_end).expect("three elements a field");
        (as_deadline(deadline), end)
    } else {
        (None, value_end)
    };
    Place { field, value, value_end, end, deadline }
}

fn as_deadline(element: Text) -> Option<i64> {
    match element {
        Text::Int(0) => None,
        Text::Int(at) => Some(at),
        _ => unreachable!("a deadline is a number"),
    }
}

/// The place of a field by its name.
#[inline]
fn find(block: &[u8], field: &[u8]) -> Option<Place> {
    packed::find(block, HEADER, stride(block), Needle::new(field)).map(|offset| place(block, offset))
}

/// Appends a field as a block of this stride has it.
fn encode(out: &mut Vec<u8>, field: Text, value: Text, deadline: Option<i64>, stride: usize) {
    packed::encode_text(out, field);
    packed::encode_text(out, value);
    if stride == 3 {
        packed::encode_int(out, deadline.unwrap_or(0));
    }
}

/// Where a field with this deadline belongs: before the first that is not earlier.
fn home(block: &[u8], deadline: Option<i64>) -> usize {
    let Some(deadline) = deadline else { return block.len() };
    let mut offset = HEADER;
    while offset < block.len() {
        let there = place(block, offset);
        if there.deadline.is_none_or(|at| at >= deadline) {
            break;
        }
        offset = there.end;
    }
    offset
}

fn change_count(block: &mut [u8], fields: isize) {
    let elements = stride(block) as isize * fields; // two or three
    let n = packed::count(block).wrapping_add_signed(elements);
    packed::set_count(block, n);
}

impl Hash {
    /// The hash for reading.
    #[inline]
    pub fn view(&self) -> HashView<'_> {
        match self {
            Hash::Packed(block) => HashView::Packed(block),
            Hash::Table(members) => HashView::Table(members),
        }
    }

    /// The number of fields.
    pub fn count(&self) -> usize {
        self.view().len()
    }

    /// Takes the form that so many fields more will need, of which the longest field or value has `longest` bytes. As in Redis
    /// what is there already does not count here.
    pub fn prepare(&mut self, fields: usize, longest: usize, limits: &Limits) {
        if fields > limits.hash_entries || longest > limits.hash_value {
            self.make_table(limits);
        }
    }

    /// From here on a block has room for deadlines, and another name.
    pub fn make_expiring(&mut self) {
        if let Hash::Packed(block) = self
            && Kind::of(block) == Kind::Hash
        {
            let mut expiring = Vec::with_capacity(block.len() + block.len() / 4);
            packed::begin(&mut expiring, Kind::HashWithDeadlines);
            HashView::Packed(block).each(&mut |field| encode(&mut expiring, field.field, field.value, None, 3));
            packed::set_count(&mut expiring, packed::count(block) / 2 * 3);
            *block = expiring;
        }
    }

    /// Gives a field a value; true if the field is new. [`Hash::prepare`] was called for it.
    pub fn set(&mut self, field: &[u8], value: Text, deadline: Deadline, limits: &Limits) -> bool {
        if matches!(deadline, Deadline::At(_)) {
            self.make_expiring();
        }
        match self {
            Hash::Table(members) => members.insert(field, value, deadline).is_none(),
            Hash::Packed(block) => {
                let old = find(block, field);
                let new_deadline = match deadline {
                    Deadline::Keep => old.and_then(|old| old.deadline),
                    Deadline::Clear => None,
                    Deadline::At(at) => Some(at),
                };
                if let Some(old) = old
                    && old.deadline == new_deadline
                    && !matches!(deadline, Deadline::At(_))
                {
                    packed::replace(block, old.value, old.value_end, |block| packed::encode_text(block, value));
                } else {
                    if let Some(old) = old {
                        packed::splice(block, old.field, old.end, &[]);
                    }
                    let (offset, stride) = (home(block, new_deadline), stride(block));
                    packed::replace(block, offset, offset, |block| {
                        encode(block, Text::Bytes(field), value, new_deadline, stride);
                    });
                    change_count(block, isize::from(old.is_none()));
                }
                let fields = packed::count(block) / stride(block);
                if fields > limits.hash_entries || fields >= FIELDS_MAX || block.len() > BLOCK_MAX {
                    self.make_table(limits);
                }
                old.is_none()
            }
        }
    }

    /// Removes a field; false if it was not there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Hash::Table(members) => members.remove(field).is_some(),
            Hash::Packed(block) => {
                let Some(old) = find(block, field) else { return false };
                packed::splice(block, old.field, old.end, &[]);
                change_count(block, -1);
                true
            }
        }
    }

    /// Gives a field that is there another deadline, or none.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<i64>) {
        if deadline.is_some() {
            self.make_expiring();
        }
        match self {
            Hash::Table(members) => _ = members.set_deadline(field, deadline),
            Hash::Packed(block) => {
                let Some(old) = find(block, field) else { return };
                if old.deadline.is_none() && deadline.is_none() {
                    return;
                }
                let mut encoded = block[old.field..old.value_end].to_vec();
                packed::encode_int(&mut encoded, deadline.unwrap_or(0));
                packed::splice(block, old.field, old.end, &[]);
                let offset = home(block, deadline);
                packed::splice(block, offset, offset, &encoded);
            }
        }
    }

    /// Removes up to `max` fields whose deadline is not after `now`, and tells `removed` of each before it goes; answers how many
    /// there were.
    pub fn expire(&mut self, now: i64, max: usize, removed: &mut dyn FnMut(Text)) -> usize {
        match self {
            Hash::Table(members) => members.expire(now, max, &mut |element| removed(element.field_text())),
            Hash::Packed(block) => {
                let (mut end, mut n) = (HEADER, 0);
                while n < max && end < block.len() {
                    let first = place(block, end);
                    if first.deadline.is_none_or(|at| at > now) {
                        break;
                    }
                    removed(packed::at(block, first.field).expect("a field is there").0);
                    end = first.end;
                    n += 1;
                }
                packed::splice(block, HEADER, end, &[]);
                change_count(block, -(n as isize)); // no block has so many
                n
            }
        }
    }

    fn make_table(&mut self, limits: &Limits) {
        if let Hash::Packed(block) = self {
            let mut members = Members::map(limits.hasher);
            HashView::Packed(block).each(&mut |field| {
                let deadline = field.deadline.map_or(Deadline::Clear, Deadline::At);
                field.field.with(|name| members.insert(name, field.value, deadline));
            });
            *self = Hash::Table(Box::new(members));
        }
    }
}

/// A field with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its name.
    pub field: Text<'a>,
    /// Its value.
    pub value: Text<'a>,
    /// When it expires, Unix milliseconds.
    pub deadline: Option<i64>,
}

impl<'a> Field<'a> {
    fn of(element: Element<'a>) -> Field<'a> {
        Field { field: element.field_text(), value: element.value(), deadline: element.deadline() }
    }
}

/// A hash for reading.
#[derive(Clone, Copy)]
pub enum HashView<'a> {
    /// A block.
    Packed(&'a [u8]),
    /// Pages.
    Table(&'a Members),
}

impl<'a> View<'a> for HashView<'a> {
    #[inline]
    fn of(value: Value<'a>) -> Result<HashView<'a>, WrongType> {
        match value {
            Value::Packed(block) if is_hash(block) => Ok(HashView::Packed(block)),
            Value::Object(Object::Hash(members)) => Ok(HashView::Table(members)),
            _ => Err(WrongType),
        }
    }
}

impl<'a> HashView<'a> {
    /// The number of fields.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            HashView::Packed(block) => packed::count(block) / stride(block),
            HashView::Table(members) => members.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value of a field and its deadline.
    #[inline]
    pub fn get(self, field: &[u8]) -> Option<(Text<'a>, Option<i64>)> {
        match self {
            HashView::Packed(block) => {
                let found = find(block, field)?;
                packed::at(block, found.value).map(|(value, _)| (value, found.deadline))
            }
            HashView::Table(members) => members.get(field).map(|element| (element.value(), element.deadline())),
        }
    }

    /// The earliest of all deadlines.
    #[inline]
    pub fn earliest(self) -> Option<i64> {
        match self {
            HashView::Packed(block) if stride(block) == 3 && block.len() > HEADER => place(block, HEADER).deadline,
            HashView::Packed(_) => None,
            HashView::Table(members) => members.earliest(),
        }
    }

    /// Visits all fields.
    pub fn each(self, visit: &mut dyn FnMut(Field<'a>)) {
        match self {
            HashView::Packed(block) => {
                let with_deadlines = stride(block) == 3;
                let mut elements = packed::iter(block);
                while let (Some(field), Some(value)) = (elements.next(), elements.next()) {
                    let deadline = if with_deadlines { elements.next().and_then(as_deadline) } else { None };
                    visit(Field { field, value, deadline });
                }
            }
            HashView::Table(members) => members.iter().for_each(|element| {
                visit(Field::of(element));
            }),
        }
    }

    /// The field of a rank in the order of [`HashView::each`].
    pub fn nth(self, rank: usize) -> Option<Field<'a>> {
        match self {
            HashView::Packed(block) => {
                let offset = packed::offset_of(block, rank * stride(block));
                let (field, value) = packed::at(block, offset)?;
                let (value, end) = packed::at(block, value)?;
                let deadline = if stride(block) == 3 { as_deadline(packed::at(block, end)?.0) } else { None };
                Some(Field { field, value, deadline })
            }
            HashView::Table(members) => members.nth(rank).map(Field::of),
        }
    }

    /// Some fields from a cursor on; small hashes all at once. Returns the next cursor, zero at the end.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(Field)) -> u64 {
        match self {
            HashView::Table(members) => members.scan(cursor, count, &mut |element| {
                visit(Field::of(element));
            }),
            HashView::Packed(_) => {
                self.each(&mut |field| visit(field));
                0
            }
        }
    }

    /// Visits `wanted` different fields, each choice as likely as any other.
    pub fn sample(self, wanted: usize, dice: &mut dyn FnMut() -> u64, visit: &mut dyn FnMut(Field)) {
        if let HashView::Table(members) = self {
            return members.sample(wanted, dice, &mut |element| {
                visit(Field::of(element));
            });
        }
        let mut choice = Choice::new(wanted, self.len());
        self.each(&mut |field| {
            if choice.takes(dice) {
                visit(field);
            }
        });
    }
}

/// The earliest deadline of the fields, if the value is a hash and some have one.
pub fn earliest_of(value: Value) -> Option<i64> {
    match value {
        Value::Packed(block) if Kind::of(block) == Kind::HashWithDeadlines => HashView::Packed(block).earliest(),
        Value::Object(Object::Hash(members)) => members.earliest(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::store::entry::{Entry, NewValue};
    use crate::store::hasher::Hasher;

    /// A field, its value, its deadline.
    type Row = (Vec<u8>, Vec<u8>, Option<i64>);

    fn plain(text: Text) -> Vec<u8> {
        text.with(<[u8]>::to_vec)
    }

    fn rows(hash: &Hash) -> Vec<Row> {
        let mut rows = Vec::new();
        hash.view().each(&mut |field| rows.push((plain(field.field), plain(field.value), field.deadline)));
        rows
    }

    /// The order in which a block has a field with this deadline.
    fn insert(model: &mut Vec<Row>, row: Row) {
        let at = match row.2 {
            None => model.len(),
            Some(new) => model.iter().position(|(_, _, at)| at.is_none_or(|at| at >= new)).unwrap_or(model.len()),
        };
        model.insert(at, row);
    }

    fn some_text(dice: &mut Dice, longest: u64) -> Vec<u8> {
        match dice.below(3) {
            0 => dice.below(300).to_string().into_bytes(),
            1 => vec![b'x'; dice.below(longest + 1) as usize],
            _ => (0..dice.below(6)).map(|_| dice.below(256) as u8).collect(),
        }
    }

    /// What an edit did is what the model did; in a block also the order is.
    fn check(hash: &Hash, model: &[Row], seed: u64) {
        let (mut found, mut wanted) = (rows(hash), model.to_vec());
        if matches!(hash, Hash::Table(_)) {
            found.sort();
            wanted.sort();
        }
        assert_eq!(found, wanted, "seed {seed}");
        assert_eq!((hash.count(), hash.is_empty()), (model.len(), model.is_empty()), "seed {seed}");
        assert_eq!(hash.earliest(), model.iter().filter_map(|row| row.2).min(), "seed {seed}");
        for (rank, row) in found.iter().enumerate().take(if model.len() < 8 { 8 } else { 1 }) {
            let field = hash.view().nth(rank).expect("there are as many");
            assert_eq!(field.deadline, hash.view().get(&plain(field.field)).expect("it is there").1);
            if matches!(hash, Hash::Packed(_)) {
                assert_eq!((plain(field.field), plain(field.value), field.deadline), *row, "seed {seed}");
            }
        }
    }

    #[test]
    fn edits_follow_a_model_across_conversions() {
        let (mut tables, mut blocks) = (0, 0);
        for seed in 1..=300 {
            let mut dice = Dice(seed);
            let mut limits = Limits::new(Hasher::new([seed, 1]));
            limits.hash_entries = 4 + dice.below(30) as usize;
            let (mut hash, mut model) = (Hash::create(Vec::new()), Vec::<Row>::new());
            let longest = if dice.below(2) == 0 { 30 } else { 70 };
            for _ in 0..150 {
                let field = match dice.below(2) {
                    0 if !model.is_empty() => model[dice.below(model.len() as u64) as usize].0.clone(),
                    _ => some_text(&mut dice, longest),
                };
                let old = model.iter().position(|row| row.0 == field);
                // Few different ones, so that there are equal ones.
                let deadline = 1000 + dice.below(20) as i64;
                match dice.below(8) {
                    0..=3 => {
                        let value = some_text(&mut dice, longest);
                        let policy = [Deadline::Keep, Deadline::Clear, Deadline::Clear, Deadline::At(deadline)]
                            [dice.below(4) as usize];
                        hash.prepare(1, field.len().max(value.len()), &limits);
                        assert_eq!(hash.set(&field, Text::Bytes(&value), policy, &limits), old.is_none());
                        let had = old.and_then(|i| model[i].2);
                        let new = match policy {
                            Deadline::Keep => had,
                            Deadline::Clear => None,
                            Deadline::At(at) => Some(at),
                        };
                        match old {
                            Some(i) if had == new && !matches!(policy, Deadline::At(_)) => model[i].1 = value,
                            _ => {
                                old.map(|i| model.remove(i));
                                insert(&mut model, (field, value, new));
                            }
                        }
                    }
                    4 => {
                        assert_eq!(hash.remove(&field), old.is_some(), "seed {seed}");
                        old.map(|i| model.remove(i));
                    }
                    5 | 6 => {
                        let new = (dice.below(3) > 0).then_some(deadline);
                        hash.set_deadline(&field, new);
                        if let Some(i) = old
                            && (new.is_some() || model[i].2.is_some())
                        {
                            let row = model.remove(i);
                            insert(&mut model, (row.0, row.1, new));
                        }
                    }
                    _ => {
                        let (now, max) = (990 + dice.below(25) as i64, 1 + dice.below(3) as usize);
                        let due = model.iter().filter(|row| row.2.is_some_and(|at| at <= now)).count();
                        assert_eq!(hash.expire(now, max, &mut |_| {}), due.min(max), "seed {seed}");
                        if matches!(hash, Hash::Packed(_)) {
                            model.drain(..due.min(max));
                        } else {
                            // Which of them is the table's own choice.
                            let left = rows(&hash);
                            model.retain(|row| left.contains(row) || row.2.is_none_or(|at| at > now));
                        }
                    }
                }
                check(&hash, &model, seed);
                // What is stored is found again.
                hash = Hash::open(hash.close()).unwrap_or_else(|_| panic!("it is a hash, seed {seed}"));
            }
            match hash {
                Hash::Packed(_) => blocks += 1,
                Hash::Table(_) => tables += 1,
            }
        }
        assert!(tables > 50 && blocks > 50, "{tables} tables and {blocks} blocks: both forms are to be seen");
    }

    #[test]
    fn a_hash_of_five_fields_fits_into_140_bytes_with_its_key() {
        let limits = Limits::new(Hasher::new([1, 2]));
        let mut hash = Hash::create(Vec::new());
        for i in 0..5 {
            let (field, value) = (format!("field{i}"), format!("value-{i}-xy"));
            assert_eq!((field.len(), value.len()), (6, 10));
            hash.set(field.as_bytes(), Text::Bytes(value.as_bytes()), Deadline::Clear, &limits);
        }
        let Loose::Packed(block) = hash.close() else { panic!("a small hash is packed") };
        let entry = Entry::new(b"key:000000000001", NewValue::Packed(&block), None, 0);
        // Nine pointers of six bytes and their tags fill a line of the table, which is three quarters full at least as a rule.
        let in_table = 64 / 9 * 4 / 3 + 1;
        assert!(entry.bytes() + in_table <= 140, "{} bytes and {in_table} in the table", entry.bytes());
    }

    #[test]
    fn a_sample_has_different_fields_and_all_if_there_are_no_more() {
        let mut limits = Limits::new(Hasher::new([1, 2]));
        for entries in [0, 100] {
            limits.hash_entries = entries;
            let mut hash = Hash::create(Vec::new());
            for i in 0..20 {
                hash.set(format!("f{i}").as_bytes(), Text::Int(i), Deadline::Clear, &limits);
            }
            let mut dice = Dice(7);
            for wanted in [1, 5, 20] {
                let mut seen = std::collections::BTreeSet::new();
                hash.view().sample(wanted, &mut || dice.next(), &mut |field| _ = seen.insert(plain(field.field)));
                assert_eq!(seen.len(), wanted);
            }
        }
    }
}
