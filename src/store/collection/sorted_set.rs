//! A sorted set as commands see it: packed while it is small, else a tree with an index.
//!
//! ```text
//!     packed     | kind | count | ann | 1.5 | bob | 2 | ...     by score and member; up to PACKED_MAX bytes
//!     Big        order and index of store/sorted_set, with the name that OBJECT ENCODING gives
//! ```
//!
//! Both have the same order, so nobody sees when the form changes. A block is walked and edited as a whole, which is fast only while it
//! is short; what Redis calls a listpack may be longer. So the name is kept apart from the form: [`Big::is_skiplist`] changes just where
//! Redis converts, which is when a member is added beyond the limits, and never back.
//!
//! Where Redis has a listpack, a score of -0 is stored as 0, because a whole number is stored as an integer there; so it is here.

#![allow(clippy::float_cmp, reason = "scores are keys: equal or not")]

use crate::base::buffer::{Owned, Text};
use crate::base::dice::{Choice, distinct};
use crate::store::entry::Value;
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::packed::{self, HEADER, Kind, Needle};
use crate::store::sorted_set::{self, Outcome, SortedSet as Tree};
use std::ops::{Bound, Range};
use triomphe::Arc;

/// Bytes of a packed sorted set. Its elements are walked for each command, some 2 ns each. What Redis has in a listpack by default fits, and
/// takes a third of what a tree would.
pub const PACKED_MAX: usize = 16 * 1024;

/// So many elements are removed one by one; more are cut out at once.
const FEW: usize = 8;

/// A big sorted set.
#[derive(Clone)]
pub struct Big {
    tree: Tree,
    /// Whether Redis would have converted it.
    is_skiplist: bool,
}

impl Big {
    /// A set that was built, which Redis would have converted.
    pub fn of(tree: Tree) -> Big {
        Big { tree, is_skiplist: true }
    }

    /// The number of members.
    #[allow(clippy::len_without_is_empty)] // there is always one
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// The live bytes of all its nodes.
    pub fn bytes(&self) -> usize {
        self.tree.bytes() + size_of::<Big>()
    }

    /// The beginning of the way to a member, and to its place with another score. Only ever a hint.
    #[inline]
    pub fn hint<'a>(&'a self, member: &'a [u8], score: Option<f64>) -> sorted_set::Hint<'a> {
        self.tree.hint(member, score)
    }

    /// Whether removing a large range has left work.
    pub fn is_untidy(&self) -> bool {
        self.tree.is_untidy()
    }

    /// The name of the form that Redis would have it in.
    pub fn encoding_name(&self) -> &'static str {
        if self.is_skiplist { "skiplist" } else { "listpack" }
    }

    /// Its elements, from the lowest score to the highest.
    pub fn elements(&self) -> sorted_set::Iter<'_> {
        self.tree.iter()
    }
}

/// A range of scores.
#[derive(Clone, Copy, Debug)]
pub struct Scores {
    /// From there on; infinite ones stand for open ends.
    pub min: Bound<f64>,
    /// Up to there.
    pub max: Bound<f64>,
}

/// A range of members, for sets in which all scores are equal.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// From there on.
    pub min: Edge<'a>,
    /// Up to there.
    pub max: Edge<'a>,
}

/// An end of a range of members.
#[derive(Clone, Copy, Debug)]
pub enum Edge<'a> {
    /// Before all members.
    Lowest,
    /// Behind all members.
    Highest,
    /// At a member, with it or without.
    At(Bound<&'a [u8]>),
}

/// A sorted set, owned for an edit.
pub enum SortedSet {
    /// A block.
    Packed(Vec<u8>),
    /// A tree and an index.
    Big(Box<Big>),
}

impl Collection for SortedSet {
    fn create(mut block: Vec<u8>) -> SortedSet {
        packed::begin(&mut block, Kind::SortedSet);
        SortedSet::Packed(block)
    }

    fn open(value: Loose) -> Result<SortedSet, Loose> {
        match value {
            Loose::Packed(block) if Kind::of(&block) == Kind::SortedSet => Ok(SortedSet::Packed(block)),
            Loose::Object(Object::SortedSet(big)) => Ok(SortedSet::Big(big)),
            other => Err(other),
        }
    }

    fn close(self) -> Loose {
        match self {
            SortedSet::Packed(block) => Loose::Packed(block),
            SortedSet::Big(big) => Loose::Object(Object::SortedSet(big)),
        }
    }

    fn is_empty(&self) -> bool {
        self.view().is_empty()
    }
}

/// Where a member of a block is.
struct Place {
    from: usize,
    to: usize,
    rank: usize,
    score: f64,
}

fn find(block: &[u8], member: &[u8]) -> Option<Place> {
    let needle = Needle::new(member);
    let (mut from, mut rank) = (HEADER, 0);
    while let Some((element, at)) = packed::at(block, from) {
        if needle.is(element) {
            let (score, to) = packed::at(block, at).expect("a score follows each member");
            return Some(Place { from, to, rank, score: packed::score(score) });
        }
        from = packed::skip(block, at);
        rank += 1;
    }
    None
}

/// The offset of the first element of a block that is not before a score and a member.
fn offset_of(block: &[u8], score: f64, member: &[u8]) -> usize {
    let mut from = HEADER;
    while let Some((element, at)) = packed::at(block, from) {
        let (there, to) = packed::at(block, at).expect("a score follows each member");
        let there = packed::score(there);
        let is_before = there < score || (there == score && element.with(|bytes| bytes < member));
        if !is_before {
            break;
        }
        from = to;
    }
    from
}

impl SortedSet {
    /// An empty set in the form that fits `expected` members, of which one has `longest` bytes.
    pub fn for_members(expected: usize, longest: usize, limits: &Limits) -> SortedSet {
        let mut set = SortedSet::create(Vec::new());
        set.prepare(expected, longest, limits);
        set
    }

    /// Gives an empty set the form that fits `expected` members, of which one has `longest` bytes.
    pub fn prepare(&mut self, expected: usize, longest: usize, limits: &Limits) {
        let is_skiplist = expected > limits.zset_entries || longest > limits.zset_value;
        // A member and its score take two bytes at least.
        if is_skiplist || expected * 2 > PACKED_MAX {
            *self = SortedSet::Big(Box::new(Big { tree: Tree::new(limits.hasher), is_skiplist }));
        }
    }

    /// Makes a skiplist of it, as Redis does for SORT.
    pub fn make_skiplist(&mut self, limits: &Limits) {
        match self {
            SortedSet::Packed(_) => self.grow(true, limits),
            SortedSet::Big(big) => big.is_skiplist = true,
        }
    }

    /// The set for reading.
    pub fn view(&self) -> SortedSetView<'_> {
        match self {
            SortedSet::Packed(block) => SortedSetView::Packed(block),
            SortedSet::Big(big) => SortedSetView::Big(big),
        }
    }

    /// The number of members.
    pub fn count(&self) -> usize {
        self.view().len()
    }

    /// Gives a member a score, which must be a number.
    pub fn insert(&mut self, member: &[u8], score: f64, limits: &Limits) -> Outcome {
        match self {
            SortedSet::Packed(block) => {
                let place = find(block, member);
                if place.is_none()
                    && (packed::count(block) / 2 >= limits.zset_entries || member.len() > limits.zset_value)
                {
                    self.grow(true, limits);
                    return self.insert(member, score, limits);
                }
                if place.is_none() && block.len() + member.len() + 14 > PACKED_MAX {
                    self.grow(false, limits);
                    return self.insert(member, score, limits);
                }
                insert_packed(block, place.as_ref(), member, plain(score))
            }
            SortedSet::Big(big) => {
                if !big.is_skiplist {
                    let is_beyond = big.tree.len() >= limits.zset_entries || member.len() > limits.zset_value;
                    if is_beyond && big.tree.score(member).is_none() {
                        big.is_skiplist = true;
                    }
                }
                big.tree.insert(member, if big.is_skiplist { score } else { plain(score) })
            }
        }
    }

    /// Removes a member. Answers what its score was.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match self {
            SortedSet::Packed(block) => {
                let place = find(block, member)?;
                packed::splice(block, place.from, place.to, &[]);
                let n = packed::count(block);
                packed::set_count(block, n - 2);
                Some(place.score)
            }
            SortedSet::Big(big) => big.tree.remove(member),
        }
    }

    /// Removes the elements of a range of ranks, which must lie in the set. What was cut off a big one comes back, to be
    /// freed elsewhere.
    pub fn remove_range(&mut self, ranks: Range<usize>) -> Option<Object> {
        match self {
            SortedSet::Packed(block) => {
                let (from, to) = (packed::offset_of(block, 2 * ranks.start), packed::offset_of(block, 2 * ranks.end));
                packed::splice(block, from, to, &[]);
                let n = packed::count(block);
                packed::set_count(block, n - 2 * ranks.len());
                None
            }
            SortedSet::Big(big) if ranks.len() <= FEW => {
                for _ in ranks.clone() {
                    let member = Owned::of(big.tree.at(ranks.start).expect("the range is in the set").member);
                    member.text().with(|bytes| big.tree.remove(bytes));
                }
                None
            }
            SortedSet::Big(big) => Some(Object::Cut(Arc::new(big.tree.remove_range(ranks)))),
        }
    }

    /// Does some of the work that removing a large range has left; says whether there is more.
    pub fn tidy(&mut self, elements: usize) -> bool {
        let SortedSet::Big(big) = self else { return false };
        if big.tree.is_untidy() {
            big.tree.tidy(elements);
        }
        big.tree.is_untidy()
    }

    /// Makes a tree of a block.
    fn grow(&mut self, is_skiplist: bool, limits: &Limits) {
        let mut tree = Tree::new(limits.hasher);
        self.view().walk(0..self.count(), false, &mut |member, score| {
            member.with(|bytes| tree.insert(bytes, score));
        });
        *self = SortedSet::Big(Box::new(Big { tree, is_skiplist }));
    }
}

/// The score as a listpack would keep it: -0 becomes 0.
fn plain(score: f64) -> f64 {
    score + 0.0
}

fn insert_packed(block: &mut Vec<u8>, place: Option<&Place>, member: &[u8], score: f64) -> Outcome {
    let outcome = match place {
        Some(place) if place.score == score => return Outcome::Same,
        Some(place) => {
            packed::splice(block, place.from, place.to, &[]);
            Outcome::Updated(place.score)
        }
        None => {
            let n = packed::count(block);
            packed::set_count(block, n + 2);
            Outcome::Added
        }
    };
    let from = offset_of(block, score, member);
    packed::replace(block, from, from, |block| {
        packed::encode(block, member);
        packed::encode_score(block, score);
    });
    outcome
}

/// A sorted set for reading.
#[derive(Clone, Copy)]
pub enum SortedSetView<'a> {
    /// A block.
    Packed(&'a [u8]),
    /// A tree and an index.
    Big(&'a Big),
}

impl<'a> View<'a> for SortedSetView<'a> {
    fn of(value: Value<'a>) -> Result<SortedSetView<'a>, WrongType> {
        match value {
            Value::Packed(block) if Kind::of(block) == Kind::SortedSet => Ok(SortedSetView::Packed(block)),
            Value::Object(Object::SortedSet(big)) => Ok(SortedSetView::Big(big)),
            _ => Err(WrongType),
        }
    }
}

/// The elements of a block in order.
fn elements(block: &[u8], from: usize) -> impl Iterator<Item = (Text<'_>, f64)> {
    let mut texts = packed::Iter::from(block, from);
    std::iter::from_fn(move || Some((texts.next()?, packed::score(texts.next()?))))
}

/// How many elements of a block come before the first that is not `is_before`.
fn count_while(block: &[u8], mut is_before: impl FnMut(Text, f64) -> bool) -> usize {
    elements(block, HEADER).take_while(|&(member, score)| is_before(member, score)).count()
}

impl<'a> SortedSetView<'a> {
    /// The number of members.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            SortedSetView::Packed(block) => packed::count(block) / 2,
            SortedSetView::Big(big) => big.tree.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A member's score.
    #[inline]
    pub fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            SortedSetView::Packed(block) => Some(find(block, member)?.score),
            SortedSetView::Big(big) => big.tree.score(member),
        }
    }

    /// A member's rank, counted from the lowest score, and its score.
    pub fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        match self {
            SortedSetView::Packed(block) => find(block, member).map(|place| (place.rank, place.score)),
            SortedSetView::Big(big) => big.tree.rank(member),
        }
    }

    /// The element at a rank.
    pub fn at(self, rank: usize) -> Option<(Text<'a>, f64)> {
        match self {
            SortedSetView::Packed(block) => elements(block, packed::offset_of(block, 2 * rank)).next(),
            SortedSetView::Big(big) => big.tree.at(rank).map(|element| (element.member, element.score)),
        }
    }

    fn before_score(self, score: f64) -> usize {
        match self {
            SortedSetView::Packed(block) => count_while(block, |_, there| there < score),
            SortedSetView::Big(big) => big.tree.before_score(score),
        }
    }

    fn behind_score(self, score: f64) -> usize {
        match self {
            SortedSetView::Packed(block) => count_while(block, |_, there| there <= score),
            SortedSetView::Big(big) => big.tree.behind_score(score),
        }
    }

    fn before_member(self, member: &[u8]) -> usize {
        match self {
            SortedSetView::Packed(block) => count_while(block, |there, _| there.with(|bytes| bytes < member)),
            SortedSetView::Big(big) => big.tree.before_member(member),
        }
    }

    fn behind_member(self, member: &[u8]) -> usize {
        match self {
            SortedSetView::Packed(block) => count_while(block, |there, _| there.with(|bytes| bytes <= member)),
            SortedSetView::Big(big) => big.tree.behind_member(member),
        }
    }

    /// The ranks of a range of scores.
    pub fn ranks_of_scores(self, scores: Scores) -> Range<usize> {
        let start = match scores.min {
            Bound::Included(score) => self.before_score(score),
            Bound::Excluded(score) => self.behind_score(score),
            Bound::Unbounded => 0,
        };
        let end = match scores.max {
            Bound::Included(score) => self.behind_score(score),
            Bound::Excluded(score) => self.before_score(score),
            Bound::Unbounded => self.len(),
        };
        start..end.max(start)
    }

    /// The ranks of a range of members, if all scores are equal; else some ranks.
    pub fn ranks_of_members(self, members: Members) -> Range<usize> {
        let start = match members.min {
            Edge::Lowest | Edge::At(Bound::Unbounded) => 0,
            Edge::Highest => self.len(),
            Edge::At(Bound::Included(member)) => self.before_member(member),
            Edge::At(Bound::Excluded(member)) => self.behind_member(member),
        };
        let end = match members.max {
            Edge::Lowest => 0,
            Edge::Highest | Edge::At(Bound::Unbounded) => self.len(),
            Edge::At(Bound::Included(member)) => self.behind_member(member),
            Edge::At(Bound::Excluded(member)) => self.before_member(member),
        };
        start..end.max(start)
    }

    /// Visits the elements of a range of ranks, which must lie in the set, in order or against it.
    pub fn walk(self, ranks: Range<usize>, is_reverse: bool, visit: &mut dyn FnMut(Text<'a>, f64)) {
        match self {
            SortedSetView::Packed(block) => {
                let first = packed::offset_of(block, 2 * ranks.start);
                let range = elements(block, first).take(ranks.len());
                if is_reverse {
                    // A block has no way back.
                    let range: Vec<(Text, f64)> = range.collect();
                    range.into_iter().rev().for_each(|(member, score)| visit(member, score));
                } else {
                    range.for_each(|(member, score)| visit(member, score));
                }
            }
            SortedSetView::Big(big) if is_reverse => {
                big.tree.range_back(ranks).for_each(|element| visit(element.member, element.score));
            }
            SortedSetView::Big(big) => {
                big.tree.range(ranks).for_each(|element| visit(element.member, element.score));
            }
        }
    }

    /// Visits all elements in order.
    pub fn each(self, visit: &mut dyn FnMut(Text<'a>, f64)) {
        self.walk(0..self.len(), false, visit);
    }

    /// Visits elements in order until `visit` says that it has enough.
    pub fn find(self, visit: &mut dyn FnMut(Text<'a>, f64) -> bool) {
        _ = match self {
            SortedSetView::Packed(block) => elements(block, HEADER).any(|(member, score)| visit(member, score)),
            SortedSetView::Big(big) => big.tree.iter().any(|element| visit(element.member, element.score)),
        }
    }

    /// Visits `wanted` different elements, each choice as likely as any other; all come from the highest score to the lowest.
    pub fn sample(self, wanted: usize, dice: &mut dyn FnMut() -> u64, visit: &mut dyn FnMut(Text<'a>, f64)) {
        let len = self.len();
        if wanted >= len {
            return self.walk(0..len, true, visit);
        }
        if wanted * 8 < len {
            for rank in distinct(dice, wanted, len) {
                let (member, score) = self.at(rank).expect("a rank below the length");
                visit(member, score);
            }
            return;
        }
        let mut choice = Choice::new(wanted, len);
        self.find(&mut |member, score| {
            if choice.takes(dice) {
                visit(member, score);
            }
            choice.is_done()
        });
    }

    /// Whether SCAN gives all at once and scores are as a listpack has them.
    pub fn is_listpack(self) -> bool {
        match self {
            SortedSetView::Packed(_) => true,
            SortedSetView::Big(big) => !big.is_skiplist,
        }
    }

    /// Some elements from a cursor on; those of a listpack all at once. Returns the next cursor, zero at the end.
    pub fn scan(self, cursor: u64, count: usize, visit: &mut dyn FnMut(Text, f64)) -> u64 {
        match self {
            SortedSetView::Big(big) if big.is_skiplist => {
                big.tree.scan(cursor, count, &mut |element| visit(element.member, element.score))
            }
            small => {
                small.each(&mut |member, score| visit(member, score));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::store::hasher::Hasher;
    use std::collections::BTreeMap;

    /// Members with their scores.
    type Model = BTreeMap<Vec<u8>, f64>;

    fn sorted(model: &Model) -> Vec<(Vec<u8>, f64)> {
        let mut all: Vec<(Vec<u8>, f64)> = model.iter().map(|(member, score)| (member.clone(), *score)).collect();
        all.sort_by(|a, b| a.1.partial_cmp(&b.1).expect("numbers").then_with(|| a.0.cmp(&b.0)));
        all
    }

    fn all(view: SortedSetView, ranks: Range<usize>, is_reverse: bool) -> Vec<(Vec<u8>, f64)> {
        let mut all = Vec::new();
        view.walk(ranks, is_reverse, &mut |member, score| all.push((member.with(<[u8]>::to_vec), score)));
        all
    }

    fn member(dice: &mut Dice) -> Vec<u8> {
        match dice.below(5) {
            0 => dice.below(50).to_string().into_bytes(),
            1 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
            2 => vec![b'a' + dice.below(26) as u8; dice.below(40) as usize],
            3 => vec![b'x'; [64, 126, 127, 128, 300, 70_000][dice.below(6) as usize]],
            _ => format!("m{}", dice.below(300)).into_bytes(),
        }
    }

    fn score(dice: &mut Dice) -> f64 {
        match dice.below(4) {
            0 => dice.below(4) as f64,
            1 => (dice.below(1000) as f64 - 500.0) / 8.0,
            2 => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e300, 5e-324][dice.below(6) as usize],
            _ => 1.0,
        }
    }

    /// Ranges by score and rank, and lookups, against the model.
    fn check(view: SortedSetView, model: &Model, dice: &mut Dice, at: &str) {
        let expected = sorted(model);
        assert_eq!(all(view, 0..view.len(), false), expected, "{at}");
        let (a, b) = (score(dice), score(dice));
        let (a_open, b_open) = (dice.below(2) == 0, dice.below(2) == 0);
        let min = if a_open { Bound::Excluded(a) } else { Bound::Included(a) };
        let max = if b_open { Bound::Excluded(b) } else { Bound::Included(b) };
        let is_in = |score: f64| (score > a || (!a_open && score == a)) && (score < b || (!b_open && score == b));
        let ranks = view.ranks_of_scores(Scores { min, max });
        let mut between: Vec<(Vec<u8>, f64)> = expected.iter().filter(|(_, score)| is_in(*score)).cloned().collect();
        assert_eq!(all(view, ranks.clone(), false), between, "{at} {min:?} {max:?}");
        between.reverse();
        assert_eq!(all(view, ranks, true), between, "{at} {min:?} {max:?}");
        let wanted = member(dice);
        let rank = expected.iter().position(|(member, _)| *member == wanted);
        assert_eq!(view.rank(&wanted), rank.map(|rank| (rank, expected[rank].1)), "{at}");
        assert_eq!(view.score(&wanted), model.get(&wanted).copied(), "{at}");
        if let Some(rank) = rank {
            let (member, score) = view.at(rank).expect("a rank below the length");
            assert!(member.with(|bytes| bytes == wanted) && score == expected[rank].1, "{at}");
        }
        let (mut drawn, wanted) = (Vec::new(), dice.below(20) as usize);
        view.sample(wanted, &mut || dice.next(), &mut |member, _| drawn.push(member.with(<[u8]>::to_vec)));
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), wanted.min(model.len()), "{at}: each member is drawn once");
        assert!(drawn.iter().all(|member| model.contains_key(member)));
    }

    #[test]
    fn a_sorted_set_follows_a_model_through_all_its_forms() {
        for seed in 1..=120 {
            let mut dice = Dice(seed);
            let mut limits = Limits::new(Hasher::new([seed, 7]));
            limits.zset_entries = [0, 3, 40, 128, 5000][dice.below(5) as usize];
            limits.zset_value = [0, 5, 64, 100_000][dice.below(4) as usize];
            let (mut set, mut model) = (SortedSet::create(Vec::new()), Model::new());
            let mut is_skiplist = false;
            let mut copies = Vec::new();
            for step in 0..500 {
                let at = format!("seed {seed} step {step}");
                let (one, to) = (member(&mut dice), score(&mut dice));
                match dice.below(20) {
                    0 => {
                        let start = dice.below(model.len() as u64 + 1) as usize;
                        let end = start + dice.below((model.len() - start).min(30) as u64 + 1) as usize;
                        for (member, _) in sorted(&model).drain(start..end) {
                            model.remove(&member);
                        }
                        set.remove_range(start..end);
                    }
                    1..4 => assert_eq!(set.remove(&one), model.remove(&one), "{at}"),
                    _ => {
                        let is_new = !model.contains_key(&one);
                        is_skiplist |= is_new && (model.len() >= limits.zset_entries || one.len() > limits.zset_value);
                        let outcome = match model.insert(one.clone(), to) {
                            None => Outcome::Added,
                            Some(old) if old == to => Outcome::Same,
                            Some(old) => Outcome::Updated(old),
                        };
                        assert_eq!(set.insert(&one, to, &limits), outcome, "{at}");
                    }
                }
                assert_eq!(set.view().is_listpack(), !is_skiplist, "{at}");
                if dice.below(20) == 0 {
                    check(set.view(), &model, &mut dice, &at);
                    // The way through an entry, with a copy of it alive.
                    set = match set.close() {
                        Loose::Object(object) => {
                            copies.push((object.clone(), sorted(&model)));
                            SortedSet::open(Loose::Object(object)).unwrap_or_else(|_| panic!("a sorted set"))
                        }
                        packed @ Loose::Packed(_) => SortedSet::open(packed).unwrap_or_else(|_| panic!("a sorted set")),
                    };
                }
                assert_eq!(set.count(), model.len(), "{at}");
            }
            for (copy, then) in copies {
                let Object::SortedSet(big) = copy else { panic!("a sorted set stays one") };
                assert_eq!(
                    all(SortedSetView::Big(&big), 0..then.len(), false),
                    then,
                    "seed {seed}: a copy is not changed"
                );
            }
        }
    }

    #[test]
    fn ranges_of_members_are_the_same_in_both_forms() {
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let limits = Limits::new(Hasher::new([seed, 7]));
            let mut small = SortedSet::create(Vec::new());
            let mut big = SortedSet::for_members(PACKED_MAX, 0, &limits);
            let mut model = Model::new();
            for _ in 0..dice.below(12) {
                let one = dice.below(30).to_string().into_bytes();
                small.insert(&one, 7.0, &limits);
                big.insert(&one, 7.0, &limits);
                model.insert(one, 7.0);
            }
            let (a, b) = (dice.below(30).to_string().into_bytes(), dice.below(30).to_string().into_bytes());
            let mut edge = |member| match dice.below(4) {
                0 => Edge::Lowest,
                1 => Edge::Highest,
                2 => Edge::At(Bound::Included(member)),
                _ => Edge::At(Bound::Excluded(member)),
            };
            let (min, max) = (edge(&a[..]), edge(&b[..]));
            let above = |member: &[u8]| match min {
                Edge::Lowest | Edge::At(Bound::Unbounded) => true,
                Edge::Highest => false,
                Edge::At(Bound::Included(end)) => member >= end,
                Edge::At(Bound::Excluded(end)) => member > end,
            };
            let below = |member: &[u8]| match max {
                Edge::Highest | Edge::At(Bound::Unbounded) => true,
                Edge::Lowest => false,
                Edge::At(Bound::Included(end)) => member <= end,
                Edge::At(Bound::Excluded(end)) => member < end,
            };
            let expected: Vec<(Vec<u8>, f64)> =
                sorted(&model).into_iter().filter(|(member, _)| above(member) && below(member)).collect();
            assert!(matches!((&small, &big), (SortedSet::Packed(_), SortedSet::Big(_))));
            for set in [&small, &big] {
                let ranks = set.view().ranks_of_members(Members { min, max });
                assert_eq!(all(set.view(), ranks, false), expected, "seed {seed}: {min:?} {max:?}");
            }
        }
    }
}
