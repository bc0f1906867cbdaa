//! A set as commands see it: sorted integers, a packed block of members, or pages in hash order.
//!
//! ```text
//!     integers, up to `intset_entries`  ->  packed, up to `set_entries` and `set_value` bytes  ->  Members
//!                 \____________________ too many integers ____________________________________/
//! ```

use crate::base::buffer::Text;
use crate::base::dice::Choice;
use crate::base::number::parse_i64;
use crate::store::entry::Value;
use crate::store::intset;
use crate::store::members::Members;
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::packed::{self, HEADER, Kind, Needle};

/// The most members of a block and its length, whatever the limits say: each search goes through all of it.
const MEMBERS_MAX: usize = 8_192;
const BLOCK_MAX: usize = 128 * 1024;

/// A set, owned for an edit.
pub enum Set {
    /// Integers: an intset.
    Ints(Vec<u8>),
    /// A block of members.
    Packed(Vec<u8>),
    /// Pages.
    Table(Box<Members>),
}

impl Collection for Set {
    fn create(mut block: Vec<u8>) -> Set {
        block.clear();
        block.extend_from_slice(&intset::new());
        Set::Ints(block)
    }

    fn open(value: Loose) -> Result<Set, Loose> {
        match value {
            Loose::Packed(mut block) if Kind::of(&block) == Kind::IntSet => {
                block.drain(..HEADER);
                Ok(Set::Ints(block))
            }
            Loose::Packed(block) if Kind::of(&block) == Kind::Set => Ok(Set::Packed(block)),
            Loose::Object(Object::Set(members)) => Ok(Set::Table(members)),
            other => Err(other),
        }
    }

    fn close(self) -> Loose {
        match self {
            Set::Ints(mut block) => {
                block.splice(..0, [Kind::IntSet as u8, 0, 0]);
                Loose::Packed(block)
            }
            Set::Packed(block) => Loose::Packed(block),
            Set::Table(members) => Loose::Object(Object::Set(members)),
        }
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

impl Set {
    /// An empty set in the form that fits `expected` members, of which the first is `first`.
    pub fn for_members(first: &[u8], expected: usize, limits: &Limits) -> Set {
        if parse_short(first).is_some() && expected <= limits.intset_entries {
            Set::Ints(intset::new())
        } else if expected <= limits.set_entries {
            Set::empty_packed()
        } else {
            Set::Table(Box::new(Members::set(limits.hasher)))
        }
    }

    /// Makes a table of a set to which more members than its form may hold are about to be added, as Redis does even if they are there.
    pub fn expect(&mut self, added: usize, limits: &Limits) {
        let is_beyond = match self {
            Set::Ints(_) => added > limits.intset_entries,
            Set::Packed(_) => added > limits.set_entries,
            Set::Table(_) => false,
        };
        if is_beyond {
            self.make_table(limits);
        }
    }

    /// An empty set for what several sets have in common: an intset if all are, and otherwise a block until [`Set::narrow`].
    pub fn for_common(are_ints: bool) -> Set {
        if are_ints { Set::Ints(intset::new()) } else { Set::empty_packed() }
    }

    /// Makes an intset of a set of a few integers.
    pub fn narrow(&mut self, limits: &Limits) {
        if matches!(self, Set::Ints(_)) || self.count() > limits.intset_entries {
            return;
        }
        let mut ints = intset::new();
        let is_other = self.view().find(&mut |member| match member.with(parse_short) {
            Some(n) => {
                intset::insert(&mut ints, n);
                false
            }
            None => true,
        });
        if !is_other {
            *self = Set::Ints(ints);
        }
    }

    fn empty_packed() -> Set {
        let mut block = Vec::new();
        packed::begin(&mut block, Kind::Set);
        Set::Packed(block)
    }

    /// The set for reading.
    pub fn view(&self) -> SetView<'_> {
        match self {
            Set::Ints(ints) => SetView::Ints(ints),
            Set::Packed(block) => SetView::Packed(block),
            Set::Table(members) => SetView::Table(members),
        }
    }

    /// The number of members.
    pub fn count(&self) -> usize {
        self.view().len()
    }

    /// Adds a member; false if it was there.
    pub fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        match self {
            Set::Ints(ints) => {
                if let Some(n) = parse_short(member) {
                    let is_new = intset::insert(ints, n);
                    if is_new && intset::len(ints) > limits.intset_entries {
                        self.make_table(limits);
                    }
                    return is_new;
                }
                let (n, longest) = (intset::len(ints), longest(ints));
                let fits = n < limits.set_entries.min(MEMBERS_MAX)
                    && member.len().max(longest) <= limits.set_value
                    && n * longest + member.len() <= BLOCK_MAX;
                if fits {
                    self.make_packed();
                } else {
                    self.make_table(limits);
                }
                self.add(member, limits)
            }
            Set::Packed(block) => {
                if packed::find(block, HEADER, 1, Needle::new(member)).is_some() {
                    return false;
                }
                let n = packed::count(block);
                let is_full = n >= limits.set_entries.min(MEMBERS_MAX) || block.len() + member.len() > BLOCK_MAX;
                if is_full || member.len() > limits.set_value {
                    self.make_table(limits);
                    return self.add(member, limits);
                }
                packed::encode(block, member);
                packed::set_count(block, n + 1);
                true
            }
            Set::Table(members) => members.add(member),
        }
    }

    /// Removes a member; false if it was not there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Set::Ints(ints) => parse_short(member).is_some_and(|n| intset::remove(ints, n)),
            Set::Packed(block) => {
                let Some(from) = packed::find(block, HEADER, 1, Needle::new(member)) else { return false };
                let to = packed::skip(block, from);
                packed::splice(block, from, to, &[]);
                let n = packed::count(block) - 1;
                packed::set_count(block, n);
                true
            }
            Set::Table(members) => members.remove(member).is_some(),
        }
    }

    fn make_packed(&mut self) {
        let mut packed_set = Vec::new();
        packed::begin(&mut packed_set, Kind::Set);
        self.view().each(&mut |member| packed::encode_text(&mut packed_set, member));
        packed::set_count(&mut packed_set, self.count());
        *self = Set::Packed(packed_set);
    }

    fn make_table(&mut self, limits: &Limits) {
        let mut members = Members::set(limits.hasher);
        self.view().each(&mut |member| _ = member.with(|bytes| members.add(bytes)));
        *self = Set::Table(Box::new(members));
    }
}

/// The length of the longest integer in an intset.
fn longest(ints: &[u8]) -> usize {
    let ends = [intset::min(ints), intset::max(ints)].into_iter().flatten();
    ends.map(|n| Text::Int(n).len()).max().unwrap_or(0)
}

/// An integer, if a text is one. Texts that are too long for that are told apart first.
#[inline]
fn parse_short(text: &[u8]) -> Option<i64> {
    if text.len() <= 20 { parse_i64(text) } else { None }
}

/// A set for reading.
#[derive(Clone, Copy)]
pub enum SetView<'a> {
    /// An intset.
    Ints(&'a [u8]),
    /// A block.
    Packed(&'a [u8]),
    /// Pages.
    Table(&'a Members),
}

impl<'a> View<'a> for SetView<'a> {
    fn of(value: Value<'a>) -> Result<SetView<'a>, WrongType> {
        match value {
            Value::Packed(block) => match Kind::of(block) {
                Kind::IntSet => Ok(SetView::Ints(&block[HEADER..])),
                Kind::Set => Ok(SetView::Packed(block)),
                _ => Err(WrongType),
            },
            Value::Object(Object::Set(members)) => Ok(SetView::Table(members)),
            _ => Err(WrongType),
        }
    }
}

impl<'a> SetView<'a> {
    /// The number of members.
    pub fn len(self) -> usize {
        match self {
            SetView::Ints(ints) => intset::len(ints),
            SetView::Packed(block) => packed::count(block),
            SetView::Table(members) => members.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is there.
    pub fn contains(self, member: &[u8]) -> bool {
        match self {
            SetView::Ints(ints) => parse_short(member).is_some_and(|n| intset::contains(ints, n)),
            SetView::Packed(block) => packed::find(block, HEADER, 1, Needle::new(member)).is_some(),
            SetView::Table(members) => members.contains(member),
        }
    }

    /// The same for a member as another set has it.
    pub fn contains_text(self, member: Text) -> bool {
        match (self, member) {
            (SetView::Ints(ints), Text::Int(n)) => intset::contains(ints, n),
            (view, member) => member.with(|bytes| view.contains(bytes)),
        }
    }

    /// Visits all members.
    pub fn each(self, visit: &mut dyn FnMut(Text<'a>)) {
        _ = self.find(&mut |member| {
            visit(member);
            false
        });
    }

    /// Visits members until `visit` says that it has enough; whether it did.
    pub fn find(self, visit: &mut dyn FnMut(Text<'a>) -> bool) -> bool {
        match self {
            SetView::Ints(ints) => intset::iter(ints).any(|n| visit(Text::Int(n))),
            SetView::Packed(block) => packed::iter(block).any(visit),
            SetView::Table(members) => members.iter().any(|element| visit(element.field_text())),
        }
    }

    /// The member of a rank in the order of [`SetView::each`].
    pub fn nth(self, rank: usize) -> Option<Text<'a>> {
        match self {
            SetView::Ints(ints) => intset::get(ints, rank).map(Text::Int),
            SetView::Packed(block) => packed::at(block, packed::offset_of(block, rank)).map(|(member, _)| member),
            SetView::Table(members) => members.nth(rank).map(|element| element.field_text()),
        }
    }

    /// Some members from a cursor on; small sets all at once. Returns the next cursor, zero at the end.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(Text)) -> u64 {
        match self {
            SetView::Table(members) => members.scan(cursor, count, &mut |element| visit(element.field_text())),
            small => {
                small.each(&mut |member| visit(member));
                0
            }
        }
    }

    /// Visits `wanted` different members, each choice as likely as any other.
    pub fn sample(self, wanted: usize, dice: &mut dyn FnMut() -> u64, visit: &mut dyn FnMut(Text)) {
        if let SetView::Table(members) = self {
            return members.sample(wanted, dice, &mut |element| visit(element.field_text()));
        }
        let mut choice = Choice::new(wanted, self.len());
        self.each(&mut |member| {
            if choice.takes(dice) {
                visit(member);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::store::hasher::Hasher;
    use std::collections::BTreeSet;

    /// All ways to read a set tell of the same members.
    fn check_view(set: SetView, model: &BTreeSet<Vec<u8>>, dice: &mut Dice) {
        let own = |member: Text| member.with(<[u8]>::to_vec);
        let mut walked = Vec::new();
        set.each(&mut |member| walked.push(own(member)));
        assert_eq!(walked.len(), model.len());
        assert_eq!(&walked.iter().cloned().collect::<BTreeSet<_>>(), model);
        for (rank, member) in walked.iter().enumerate() {
            assert_eq!(set.nth(rank).map(own).as_ref(), Some(member), "in the order of the walk");
        }
        assert!(set.nth(walked.len()).is_none());
        let (mut scanned, mut cursor) = (BTreeSet::new(), 0);
        loop {
            cursor = set.scan(cursor, 3, &mut |member| _ = scanned.insert(own(member)));
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(&scanned, model);
        for wanted in [0, model.len() / 3, model.len()] {
            let mut drawn = BTreeSet::new();
            set.sample(wanted, &mut || dice.next(), &mut |member| assert!(drawn.insert(own(member)), "each once"));
            assert!(drawn.len() == wanted && drawn.is_subset(model));
        }
        let enough = model.len() / 2;
        let mut seen = 0;
        let has_found = set.find(&mut |_| {
            seen += 1;
            seen > enough
        });
        assert_eq!((has_found, seen), (enough < model.len(), model.len().min(enough + 1)));
    }

    #[test]
    fn a_block_that_grows_long_becomes_a_table_whatever_the_limits_say() {
        let mut limits = Limits::new(Hasher::new([1, 7]));
        (limits.intset_entries, limits.set_entries, limits.set_value) = (usize::MAX, usize::MAX, usize::MAX);
        let ints = |n: usize| {
            let mut set = Set::create(Vec::new());
            (0..n).for_each(|n| assert!(set.add(n.to_string().as_bytes(), &limits)));
            set
        };
        // More than a block can count, as many as it may have, one less.
        for (n, is_table) in [(packed::COUNT_MAX + 1, true), (MEMBERS_MAX, true), (MEMBERS_MAX - 1, false)] {
            let mut set = ints(n);
            assert!(matches!(set, Set::Ints(_)) && set.add(b"x", &limits) && !set.add(b"x", &limits));
            assert_eq!((matches!(set, Set::Table(_)), set.count()), (is_table, n + 1), "{n}");
            assert!(set.add(b"y", &limits) && matches!(set, Set::Table(_)) && set.count() == n + 2);
        }
        let mut set = Set::empty_packed();
        let mut most = 0;
        while let Set::Packed(block) = &set {
            most = block.len();
            let n = set.count();
            assert!(set.add(format!("{n:0300}").as_bytes(), &limits) && set.count() == n + 1);
        }
        assert!((BLOCK_MAX - 400..=BLOCK_MAX + 10).contains(&most) && matches!(set, Set::Table(_)), "{most}");
        let mut set = Set::empty_packed();
        assert!(set.add(&vec![b'x'; BLOCK_MAX], &limits) && matches!(set, Set::Table(_)));
    }

    #[test]
    fn a_set_follows_a_model_through_all_its_forms() {
        for seed in 1..=300 {
            let mut dice = Dice(seed);
            let mut limits = Limits::new(Hasher::new([seed, 7]));
            limits.intset_entries = dice.below(40) as usize;
            limits.set_entries = dice.below(40) as usize;
            limits.set_value = dice.below(30) as usize;
            let (mut set, mut model) = (Set::create(Vec::new()), BTreeSet::<Vec<u8>>::new());
            let mut copies = Vec::new();
            for step in 0..400 {
                let member = match dice.below(4) {
                    0 => dice.below(50).to_string().into_bytes(),
                    1 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
                    2 => vec![b'a' + dice.below(26) as u8; dice.below(40) as usize],
                    _ => vec![b'x'; [64, 126, 127, 128, 300, 70_000][dice.below(6) as usize]],
                };
                if dice.below(3) > 0 {
                    assert_eq!(set.add(&member, &limits), model.insert(member), "seed {seed} step {step}");
                } else {
                    assert_eq!(set.remove(&member), model.remove(&member), "seed {seed} step {step}");
                }
                if dice.below(40) == 0 {
                    // The way through an entry, with a copy of it alive.
                    set = match set.close() {
                        Loose::Object(object) => {
                            copies.push((object.clone(), model.clone()));
                            Set::open(Loose::Object(object)).unwrap_or_else(|_| panic!("a set"))
                        }
                        packed @ Loose::Packed(_) => Set::open(packed).unwrap_or_else(|_| panic!("a set")),
                    };
                }
                match dice.below(40) {
                    0 => set.expect(dice.below(50) as usize, &limits),
                    1 => set.narrow(&limits),
                    _ => {}
                }
                assert_eq!(set.count(), model.len());
                let asked = dice.below(50) as i64;
                let is_there = model.contains(asked.to_string().as_bytes());
                assert_eq!(set.view().contains(asked.to_string().as_bytes()), is_there, "seed {seed} step {step}");
                assert_eq!(set.view().contains_text(Text::Int(asked)), is_there, "seed {seed} step {step}");
            }
            check_view(set.view(), &model, &mut dice);
            for (copy, then) in copies {
                let Object::Set(members) = copy else { panic!("a set stays one") };
                let kept: BTreeSet<Vec<u8>> = members.iter().map(|element| element.field().to_vec()).collect();
                assert_eq!(kept, then, "seed {seed}: a copy is not changed");
            }
        }
    }
}
