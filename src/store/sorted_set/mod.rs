//! The big form of sorted sets: members in the order of their scores, and an index from members to scores.
//!
//! ```text
//!     order (order.rs)     ── tree ── leaves  [ 1.5 ann | 2 bob | 2 eve ] [ 3 kim | ... ]        by score and member
//!     index (index.rs)     ── tree ── leaves  [ #04 3 | #1f 1.5 | ... ]                          by hash of the member
//! ```
//!
//! Both are the counted tree of `store/tree`. A member's bytes are stored once, in the order; the index has four bytes of
//! its hash and its score, and a lookup is complete when the member was found in the order under that score, which gives
//! its rank as well. Ranges by score or member are positions, found on one way down; so a count is a difference, and an offset is
//! an addition.
//!
//! **SCAN** goes through the index, where members stay whatever their scores become. See `index.rs` for how a member is
//! found from its hash and score, also where a million members have the same score.
//!
//! Many elements at once, as a file has them, become both trees leaf by leaf (`build.rs`).
//!
//! **Memory** of 12-byte members in random order: 41 bytes each in a set of a million, 44 after a million changes of scores;
//! 55 where all scores are equal, since the index then holds the members, too.
//!
//! **Time** in such a set, on a busy machine: 1.0 µs for a new member, 1.5 for another score, 0.8 for a score or a rank (0.3
//! where all scores are equal: a name proves the row), 0.9 for a range of 100. What is read one after the other (a leaf of
//! the index, then one of the order) is asked for at once; without that it was twice as much.
//!
//! **Ranges** are cut out of the order at once. Their rows of the index lie all over it, so those of a large range are removed
//! later, a few with each change and by whoever calls [`SortedSet::tidy`]; until then `gone` has their elements:
//!
//! ```text
//!     rows of the index = elements of the order + elements of gone
//! ```
//!
//! Rows that agree in hash, score and name are as good as each other, so it does not matter which of them goes with which element.
//!
//! A score is never NaN; -0 equals 0 but stays what it is. It knows nothing of how scores are written, nor of limits and
//! options of commands.

#![allow(clippy::float_cmp, reason = "scores are keys: equal or not")]

mod build;
mod index;
mod order;

#[cfg(test)]
mod tests;

pub use build::Builder;

use crate::base::alloc;
use crate::base::buffer::{Buffer, Text};
use crate::store::hasher::Hasher;
use crate::store::tree::{Backward, Descent, Forward, Leaf, New, ROOM, Rows, Tree};
use index::{Before, Hashed, Index, Row};
use order::{Near, Point, Ranked, number, score};
use std::fmt;
use std::ops::Range;

/// The longest member that lies in a leaf: two rows of it fill one.
pub const INLINE_MAX: usize = ROOM / 2 - 14;

/// Where more elements than that share a score, the index holds the members, too, for SCAN to find them.
const NAMED_OVER: usize = 32;

/// The rows of so many elements of a range are removed with them, in half a millisecond at most; those of more, later.
pub const LATER_OVER: usize = if cfg!(test) { 20 } else { 512 };

/// Rows that a change removes of those that were left for later.
const WITH_EACH_CHANGE: usize = 8;

/// Rows of the index that SCAN looks at together, so that what it reads for them may come at once.
const BATCH: usize = 32;

/// What an insertion did.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Outcome {
    /// The member is new.
    Added,
    /// It had this other score before.
    Updated(f64),
    /// It had the score already.
    Same,
}

/// A member with its score.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Bytes, or a counted buffer.
    pub member: Text<'a>,
    /// Its score.
    pub score: f64,
}

impl<'a> Element<'a> {
    /// The member's bytes.
    pub fn bytes(&self) -> &'a [u8] {
        bytes(self.member)
    }
}

/// The bytes of a member.
#[inline]
fn bytes(member: Text<'_>) -> &[u8] {
    match member {
        Text::Bytes(bytes) => bytes,
        Text::Shared(buffer) => buffer.bytes(),
        Text::Int(_) | Text::Pieces(_) => unreachable!("members are stored as the text that they are"),
    }
}

/// A sorted set. Cloning is O(1).
#[derive(Clone)]
pub struct SortedSet {
    order: Tree<Rows<Ranked>>,
    index: Index,
    /// Elements that went and have rows in the index, in no order.
    gone: Tree<Rows<Ranked>>,
    hasher: Hasher,
}

/// What became of an element that gets a score.
enum Step {
    /// It has that score.
    Same,
    /// It has it, where it is.
    Stayed,
    /// It is out of the order; the buffer that held its member.
    Taken(Option<Buffer>),
}

/// Changes a score where that leaves the element between its two neighbours and alone with its score, which is what small
/// steps do. Otherwise takes the element out of the order. None if there is no such element.
#[inline]
fn step_or_take(order: &mut Tree<Rows<Ranked>>, member: &[u8], old: f64, new: f64) -> Option<Step> {
    let mut point = Point::of(old, member, true);
    if old == new {
        // Nothing is changed, so nothing that is shared should be copied.
        let leaf = order.leaf(&mut point)?;
        return is_behind(leaf, point.row(leaf), member, old).then_some(Step::Same);
    }
    order.edit(
        &mut point,
        || Rows::new(0),
        |leaf, point| {
            let behind = point.row(leaf);
            if !is_behind(leaf, behind, member, old) {
                return None;
            }
            let row = behind - 1;
            let stays =
                row > 0 && behind < leaf.len() && order::score(leaf, row - 1) < new && new < order::score(leaf, behind);
            if stays {
                leaf.set_fixed(row, &new.to_le_bytes());
                return Some(Step::Stayed);
            }
            Some(Step::Taken(take(leaf, row)))
        },
    )
}

/// The name that an element gets in the index that shares its score with so many others.
#[inline]
fn name(member: Text, peers: usize) -> Option<Text> {
    (peers >= NAMED_OVER).then_some(member)
}

/// Whether an element is before a row.
#[inline]
fn is_behind(leaf: &Rows<Ranked>, row: usize, member: &[u8], score: f64) -> bool {
    // By bits, since a row of the index is to keep the sign of its own zero.
    row > 0 && order::score(leaf, row - 1).to_bits() == score.to_bits() && leaf.bytes_of(row - 1) == member
}

/// Takes an element out of its leaf; a buffer that held its member is returned.
#[inline]
fn take(leaf: &mut Rows<Ranked>, row: usize) -> Option<Buffer> {
    let buffer = match leaf.text(row) {
        Text::Shared(buffer) => Some(buffer.clone()),
        _ => None,
    };
    leaf.remove(row);
    leaf.shrink();
    buffer
}

/// How far memory has been asked for on the way to a member.
pub struct Hint<'a> {
    set: &'a SortedSet,
    member: &'a [u8],
    stage: Stage<'a>,
    /// To its place with another score.
    new: Option<(Near, Descent<'a, Rows<Ranked>>)>,
}

enum Stage<'a> {
    /// To the member's row in the index, by its hash.
    Index(Descent<'a, Rows<Hashed>>, u32),
    /// To the member in the order.
    Order(Near, Descent<'a, Rows<Ranked>>),
    /// There is no such member, as it seems.
    Absent,
}

impl Hint<'_> {
    /// Asks for what is read next; false when that is done.
    #[inline]
    pub fn step(&mut self) -> bool {
        let is_on_way = self.new.as_mut().is_some_and(|(near, way)| way.step(near));
        let goes_on = match &mut self.stage {
            Stage::Index(way, hash) => {
                let goes_on = way.step(&mut Before(*hash));
                if !goes_on {
                    let score = if let Descent::Leaf(leaf) = way { Index::score_in(leaf, *hash) } else { None };
                    self.stage = match score {
                        Some(score) => Stage::Order(Near::new(score, self.member), self.set.order.descent()),
                        None => Stage::Absent,
                    };
                }
                goes_on || !matches!(self.stage, Stage::Absent)
            }
            Stage::Order(near, way) => way.step(near),
            Stage::Absent => false,
        };
        is_on_way || goes_on
    }
}

impl SortedSet {
    /// Nothing, without any allocation.
    pub fn new(hasher: Hasher) -> SortedSet {
        SortedSet { order: Tree::new(), index: Index::new(), gone: Tree::new(), hasher }
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The bytes of memory that the set takes, without those of this value itself.
    pub fn bytes(&self) -> usize {
        self.order.bytes() + self.index.bytes() + self.gone.bytes()
    }

    #[inline]
    fn hash(&self, member: &[u8]) -> u32 {
        (self.hasher.hash(member) >> 32) as u32
    }

    // ---- Lookups ----------------------------------------------------------------------------------------------------

    /// A member's score.
    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        // A name proves the row, unless it may be one that was left for later.
        let is_it = |score, has_name| ((has_name && self.gone.is_empty()) || self.has(member, score)).then_some(score);
        let (_, score) = self.index.find(self.hash(member), member, is_it)?;
        Some(score)
    }

    /// Whether there is an element of this member and score.
    #[inline]
    fn has(&self, member: &[u8], score: f64) -> bool {
        // Behind the element, so that the way leads to its leaf also if it is the first there.
        let mut point = Point::of(score, member, true);
        self.order.leaf(&mut point).is_some_and(|leaf| is_behind(leaf, point.row(leaf), member, score))
    }

    /// A member's rank, counted from the lowest score, and its score.
    #[inline]
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let is_it = |score: f64, _| {
            let mut point = Point::of(score, member, true);
            let (leaf, start) = self.order.find(&mut point)?;
            let behind = point.row(leaf);
            is_behind(leaf, behind, member, score).then(|| (start + behind - 1, score))
        };
        let (_, found) = self.index.find(self.hash(member), member, is_it)?;
        Some(found)
    }

    /// The beginning of the way to a member, and to the place where it will be with another score. Only ever a hint.
    #[inline]
    pub fn hint<'a>(&'a self, member: &'a [u8], score: Option<f64>) -> Hint<'a> {
        Hint {
            set: self,
            member,
            stage: Stage::Index(self.index.descent(), self.hash(member)),
            new: score.map(|score| (Near::new(score, member), self.order.descent())),
        }
    }

    /// The element at a rank.
    pub fn at(&self, rank: usize) -> Option<Element<'_>> {
        let (leaf, row) = self.order.at(rank)?;
        Some(Element { member: leaf.text(row), score: score(leaf, row) })
    }

    /// The element with the lowest score.
    pub fn first(&self) -> Option<Element<'_>> {
        self.at(0)
    }

    /// The element with the highest score.
    pub fn last(&self) -> Option<Element<'_>> {
        self.at(self.len().checked_sub(1)?)
    }

    #[inline]
    fn position(&self, mut point: Point) -> usize {
        self.order.find(&mut point).map_or(0, |(leaf, start)| start + point.row(leaf))
    }

    /// The number of elements with a lower score: the rank of the first that has at least this one.
    pub fn before_score(&self, score: f64) -> usize {
        self.position(Point::of_score(score, false))
    }

    /// The number of elements with at most this score: the rank of the first that has a higher one.
    pub fn behind_score(&self, score: f64) -> usize {
        self.position(Point::of_score(score, true))
    }

    /// The number of elements whose member is smaller, in a set where all scores are equal.
    pub fn before_member(&self, member: &[u8]) -> usize {
        self.first().map_or(0, |first| self.position(Point::of(first.score, member, false)))
    }

    /// The number of elements whose member is at most this one, in a set where all scores are equal.
    pub fn behind_member(&self, member: &[u8]) -> usize {
        self.first().map_or(0, |first| self.position(Point::of(first.score, member, true)))
    }

    // ---- Changes ----------------------------------------------------------------------------------------------------

    /// Gives a member a score.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Outcome {
        debug_assert!(!score.is_nan());
        if !self.gone.is_empty() {
            self.tidy(WITH_EACH_CHANGE);
        }
        let hash = self.hash(member);
        // What is read below, one after the other, may come at once.
        self.index.prefetch(hash);
        if let Some(leaf) = self.order.leaf(&mut Near::new(score, member)) {
            leaf.prefetch_all();
        }
        let order = &mut self.order;
        let found = self.index.find(hash, member, |old, _| Some((old, step_or_take(order, member, old, score)?)));
        match found {
            None => {
                let buffer = (member.len() > INLINE_MAX).then(|| Buffer::new(member.to_vec()));
                let text = buffer.as_ref().map_or(Text::Bytes(member), Text::Shared);
                let peers = self.place(text, score);
                self.index.insert(hash, score, name(text, peers));
                self.name_all(score, peers);
                Outcome::Added
            }
            Some((_, (_, Step::Same))) => Outcome::Same,
            Some((row, (old, Step::Stayed))) => {
                self.index.set(hash, row, score, None);
                Outcome::Updated(old)
            }
            Some((row, (old, Step::Taken(buffer)))) => {
                let text = buffer.as_ref().map_or(Text::Bytes(member), Text::Shared);
                let peers = self.place(text, score);
                self.index.set(hash, row, score, name(text, peers));
                self.name_all(score, peers);
                Outcome::Updated(old)
            }
        }
    }

    /// Puts an element into the order, and answers with how many others it shares its score: if they are very many, only how
    /// many there are in its leaf.
    #[inline]
    fn place(&mut self, member: Text, score: f64) -> usize {
        let mut point = Point::of(score, bytes(member), false);
        let (peers, is_all) = self.order.edit(
            &mut point,
            || Rows::new(0),
            |leaf, point| {
                let row = point.row(leaf);
                let new = match member {
                    Text::Shared(buffer) => New::Big(buffer.clone()),
                    _ => New::Bytes(bytes(member)),
                };
                leaf.insert(row, &score.to_le_bytes(), new);
                let same = |row: &usize| order::score(leaf, *row) == score;
                let below = (0..row).rev().take_while(same).count();
                let above = (row + 1..leaf.len()).take_while(same).count();
                let is_all = below < row && row + 1 + above < leaf.len();
                (below + above, is_all)
            },
        );
        if is_all || peers > NAMED_OVER { peers } else { self.behind_score(score) - self.before_score(score) - 1 }
    }

    /// Names all elements of a score if they have just become so many; names that they have already may stay.
    #[inline]
    fn name_all(&mut self, score: f64, peers: usize) {
        if peers == NAMED_OVER {
            self.name_range(self.before_score(score)..self.behind_score(score));
        }
    }

    #[cold]
    fn name_range(&mut self, ranks: Range<usize>) {
        for (member, score) in self.range(ranks).map(|e| (e.to_owned(), e.score)).collect::<Vec<_>>() {
            let hash = self.hash(member.bytes());
            let is_it = |of: f64, _| (of.to_bits() == score.to_bits()).then_some(());
            let (row, ()) = self.index.find(hash, member.bytes(), is_it).expect("each element is in the index");
            self.index.set(hash, row, score, Some(member.text()));
        }
    }

    /// Removes a member. Answers what its score was.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        if !self.gone.is_empty() {
            self.tidy(WITH_EACH_CHANGE);
        }
        let hash = self.hash(member);
        let order = &mut self.order;
        let (row, (score, _)) = self.index.find(hash, member, |score, _| {
            let mut point = Point::of(score, member, true);
            order.edit(
                &mut point,
                || Rows::new(0),
                |leaf, point| {
                    let row = point.row(leaf);
                    is_behind(leaf, row, member, score).then(|| (score, take(leaf, row - 1)))
                },
            )
        })?;
        self.index.remove(hash, row);
        Some(score)
    }

    /// Removes the elements of a range of ranks, which must lie in the set. They are returned, as a set of their own
    /// that can be walked through and dropped, and nothing else. Takes some microseconds, however many they are; what is left to do
    /// after many is done by [`SortedSet::tidy`].
    pub fn remove_range(&mut self, ranks: Range<usize>) -> Removed {
        if ranks.len() == self.len() {
            let SortedSet { order, index, gone, .. } = std::mem::replace(self, SortedSet::new(self.hasher));
            return Removed { order, _index: index, _gone: gone };
        }
        let order = self.order.remove_range(ranks);
        if order.len() > LATER_OVER {
            self.gone.append(order.clone());
        } else {
            // Leaves of the index go here and there on the way.
            alloc::uncounted(|| self.remove_rows(&order));
        }
        Removed { order, _index: Index::new(), _gone: Tree::new() }
    }

    /// Whether there is something to tidy up.
    pub fn is_untidy(&self) -> bool {
        !self.gone.is_empty()
    }

    /// Removes rows of elements that went, at most so many.
    #[cold]
    pub fn tidy(&mut self, most: usize) {
        let some = self.gone.split_off(self.gone.len().saturating_sub(most));
        self.remove_rows(&some);
    }

    /// Removes the rows of elements that went.
    fn remove_rows(&mut self, order: &Tree<Rows<Ranked>>) {
        for Element { member, score } in Iter(order.rows(0..order.len())) {
            let member = bytes(member);
            // It may have come again, and a row with its name that it needs stays.
            let is_back = self.has(member, score);
            self.index.remove_one(self.hash(member), member, score, is_back);
        }
    }

    // ---- Walks ------------------------------------------------------------------------------------------------------

    /// All elements, from the lowest score to the highest.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// The elements of a range of ranks, which must lie in the set.
    #[inline]
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        Iter(self.order.rows(ranks))
    }

    /// The elements of a range of ranks, which must lie in the set, from its end to its start.
    #[inline]
    pub fn range_back(&self, ranks: Range<usize>) -> IterBack<'_> {
        IterBack(self.order.rows_back(ranks))
    }

    /// Goes on with a walk through all members from a cursor, 0 at first, until it has visited that many or a few more.
    /// Answers the next cursor, 0 at the end.
    ///
    /// Whoever is a member from the first call to the last is visited, as a rule once.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut impl FnMut(Element)) -> u64 {
        let Ok(start) = u32::try_from(cursor) else { return 0 };
        let mut rows = self.index.rows_from(start).peekable();
        let mut left = count.max(1);
        let mut batch: Vec<Row> = Vec::new();
        while rows.peek().is_some() {
            // All rows of one hash belong together: a cursor cannot tell them apart.
            while let Some(row) = rows
                .next_if(|row| batch.len() < left.min(BATCH) || batch.last().is_some_and(|last| last.hash == row.hash))
            {
                batch.push(row);
            }
            for row in batch.iter().filter(|row| row.name.is_none()) {
                self.order.leaf(&mut Point::of_score(row.score, false)).inspect(|leaf| leaf.prefetch_all());
            }
            for same_hash in batch.chunk_by(|a, b| a.hash == b.hash) {
                self.visit_rows(same_hash, visit);
            }
            left = left.saturating_sub(batch.len());
            batch.clear();
            if left == 0 {
                break;
            }
        }
        rows.peek().map_or(0, |row| u64::from(row.hash))
    }

    /// Visits the members of some rows of the index, all rows of one hash.
    fn visit_rows(&self, rows: &[Row], visit: &mut impl FnMut(Element)) {
        for (i, row) in rows.iter().enumerate() {
            if let Some(member) = row.name {
                let is_again = || rows[..i].iter().any(|other| other.is_of(bytes(member), row.score));
                if !self.is_untidy() || (self.has(bytes(member), row.score) && !is_again()) {
                    visit(Element { member, score: row.score });
                }
            } else if rows[..i].iter().all(|other| other.name.is_some() || other.score != row.score) {
                self.visit_nameless(row, rows, visit);
            }
        }
    }

    /// Visits all members of a hash and a score that have no name in the index.
    fn visit_nameless(&self, row: &Row, rows: &[Row], visit: &mut impl FnMut(Element)) {
        let mut point = Point::of_score(row.score, false);
        let Some((leaf, start)) = self.order.find(&mut point) else { return };
        let first = point.row(leaf);
        let mut visit = |element: Element| {
            let member = element.bytes();
            let has_name = || rows.iter().any(|other| other.is_of(member, element.score));
            if element.score == row.score && self.hash(member) == row.hash && !has_name() {
                visit(element);
            }
            element.score == row.score
        };
        // More than these have names, but for the empty member, which is the first.
        let last = first + NAMED_OVER;
        if leaf.cells(first..leaf.len().min(last)).all(|cell| visit(element(cell))) && leaf.len() < last {
            let range = start + leaf.len()..self.len().min(start + last);
            self.range(range).all(visit);
        }
    }
}

impl fmt::Debug for SortedSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|e| (e.member, e.score))).finish()
    }
}

impl<'a> IntoIterator for &'a SortedSet {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// A member that is held while the set changes.
enum Held {
    Bytes(Vec<u8>),
    Buffer(Buffer),
}

impl Element<'_> {
    fn to_owned(self) -> Held {
        match self.member {
            Text::Shared(buffer) => Held::Buffer(buffer.clone()),
            member => Held::Bytes(bytes(member).to_vec()),
        }
    }
}

impl Held {
    fn bytes(&self) -> &[u8] {
        bytes(self.text())
    }

    fn text(&self) -> Text<'_> {
        match self {
            Held::Bytes(bytes) => Text::Bytes(bytes),
            Held::Buffer(buffer) => Text::Shared(buffer),
        }
    }
}

/// Elements that were removed, for somebody to free who has the time.
pub struct Removed {
    order: Tree<Rows<Ranked>>,
    _index: Index,
    _gone: Tree<Rows<Ranked>>,
}

impl Removed {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The elements in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.order.rows(0..self.len()))
    }
}

impl<'a> IntoIterator for &'a Removed {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Elements towards higher scores.
pub struct Iter<'a>(Forward<'a, Ranked>);

#[inline]
fn element<'a>((fixed, member): (&'a [u8], Text<'a>)) -> Element<'a> {
    Element { member, score: number(fixed) }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Element<'a>> {
        self.0.next().map(element)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Elements towards lower scores.
pub struct IterBack<'a>(Backward<'a, Ranked>);

impl<'a> Iterator for IterBack<'a> {
    type Item = Element<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Element<'a>> {
        self.0.next().map(element)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IterBack<'_> {}
