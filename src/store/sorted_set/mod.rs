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
//! **Memory** of 12-byte members with scores of their own, in random order: 39 bytes each in a set of a million, against
//! 94 and 71 of two other servers; 50 where all scores are equal.
//!
//! A score is never NaN; -0 equals 0 but stays what it is. It knows nothing of how scores are written, nor of limits and
//! options of commands.

#![allow(clippy::float_cmp, reason = "scores are keys: equal or not")]

mod index;
mod order;

#[cfg(test)]
mod tests;

use crate::base::buffer::{Buffer, Text};
use crate::store::hasher::Hasher;
use crate::store::tree::{Backward, Forward, Leaf, New, ROOM, Rows, Tree};
use index::{Index, Row};
use order::{Point, Ranked, number, score};
use std::fmt;
use std::ops::Range;

/// The longest member that lies in a leaf: two rows of it fill one.
pub const INLINE_MAX: usize = ROOM / 2 - 14;

/// Where more elements than that share a score, the index holds the members, too, for SCAN to find them.
const NAMED_OVER: usize = 32;

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
        Text::Int(_) => unreachable!("members are stored as the text that they are"),
    }
}

/// A sorted set. Cloning is O(1).
#[derive(Clone)]
pub struct SortedSet {
    order: Tree<Rows<Ranked>>,
    index: Index,
    hasher: Hasher,
}

/// Where a member is.
struct Found {
    score: f64,
    rank: usize,
    /// Its row in the index.
    row: usize,
}

impl SortedSet {
    /// Nothing, without any allocation.
    pub fn new(hasher: Hasher) -> SortedSet {
        SortedSet { order: Tree::new(), index: Index::new(), hasher }
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
        self.order.bytes() + self.index.bytes()
    }

    #[inline]
    fn hash(&self, member: &[u8]) -> u32 {
        (self.hasher.hash(member) >> 32) as u32
    }

    // ---- Lookups ----------------------------------------------------------------------------------------------------

    #[inline]
    fn find(&self, hash: u32, member: &[u8]) -> Option<Found> {
        let (row, found) = self.index.find(hash, member, |score| {
            // Behind the element, so that the way leads to its leaf also if it is the first there.
            let mut point = Point::of(score, member, true);
            let (leaf, start) = self.order.find(&mut point)?;
            let row = point.row(leaf).checked_sub(1)?;
            let is_there = order::score(leaf, row) == score && leaf.bytes_of(row) == member;
            is_there.then(|| (order::score(leaf, row), start + row))
        })?;
        Some(Found { score: found.0, rank: found.1, row })
    }

    /// A member's score.
    #[inline]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        Some(self.find(self.hash(member), member)?.score)
    }

    /// A member's rank, counted from the lowest score, and its score.
    #[inline]
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let found = self.find(self.hash(member), member)?;
        Some((found.rank, found.score))
    }

    /// Asks for what a lookup of a member reads first: a leaf of the index.
    pub fn prefetch(&self, member: &[u8]) {
        self.index.prefetch(self.hash(member));
    }

    /// Asks for what a lookup of a member reads next, a leaf of the order. This reads what [`SortedSet::prefetch`] asked for.
    pub fn prefetch_order(&self, member: &[u8]) {
        self.index.find(self.hash(member), member, |score| {
            let (leaf, _) = self.order.find(&mut Point::of(score, member, true))?;
            leaf.prefetch_all();
            Some(())
        });
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
        let hash = self.hash(member);
        let Some(found) = self.find(hash, member) else {
            let buffer = (member.len() > INLINE_MAX).then(|| Buffer::new(member.to_vec()));
            let text = buffer.as_ref().map_or(Text::Bytes(member), Text::Shared);
            let peers = self.place(text, score);
            let name = self.name(text, score, peers);
            self.index.insert(hash, score, name);
            return Outcome::Added;
        };
        if found.score == score {
            return Outcome::Same;
        }
        if self.stays_between(member, found.score, score) {
            self.index.set(found.row, score, None);
            return Outcome::Updated(found.score);
        }
        let buffer = self.take(member, found.score);
        let text = buffer.as_ref().map_or(Text::Bytes(member), Text::Shared);
        let peers = self.place(text, score);
        let name = self.name(text, score, peers);
        self.index.set(found.row, score, name);
        Outcome::Updated(found.score)
    }

    /// Changes a score where that leaves the element between its two neighbours and alone with its score, which is what small
    /// steps do. Says whether it was so.
    #[inline]
    fn stays_between(&mut self, member: &[u8], old: f64, new: f64) -> bool {
        let mut point = Point::of(old, member, true);
        self.order.edit(
            &mut point,
            || Rows::new(0),
            |leaf, point| {
                let row = point.row(leaf) - 1;
                let stays = row > 0
                    && row + 1 < leaf.len()
                    && order::score(leaf, row - 1) < new
                    && new < order::score(leaf, row + 1);
                if stays {
                    leaf.set_fixed(row, &new.to_le_bytes());
                }
                stays
            },
        )
    }

    /// Puts an element into the order, and answers how many elements with its score there are next to it in its leaf; if
    /// they may go on in another leaf, `None`.
    #[inline]
    fn place(&mut self, member: Text, score: f64) -> Option<usize> {
        let mut point = Point::of(score, bytes(member), false);
        self.order.edit(
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
                (is_all || below + above > NAMED_OVER + 1).then_some(below + above)
            },
        )
    }

    /// The name that an element that was just placed gets in the index.
    #[inline]
    fn name<'a>(&mut self, member: Text<'a>, score: f64, peers: Option<usize>) -> Option<Text<'a>> {
        let peers = peers.unwrap_or_else(|| self.behind_score(score) - self.before_score(score) - 1);
        if peers < NAMED_OVER {
            return None;
        }
        if peers == NAMED_OVER {
            self.name_all(score, bytes(member));
        }
        Some(member)
    }

    /// Names all elements of a score but one, since they have become so many.
    #[cold]
    fn name_all(&mut self, score: f64, but: &[u8]) {
        let range = self.before_score(score)..self.behind_score(score);
        for element in self.range(range).map(Element::to_owned).collect::<Vec<_>>() {
            let member = element.bytes();
            if member != but {
                let found = self.find(self.hash(member), member).expect("it is in the order");
                self.index.set(found.row, found.score, Some(element.text()));
            }
        }
    }

    /// Takes an element out of the order; a buffer that held its member is returned.
    #[inline]
    fn take(&mut self, member: &[u8], score: f64) -> Option<Buffer> {
        let mut point = Point::of(score, member, true);
        self.order.edit(
            &mut point,
            || Rows::new(0),
            |leaf, point| {
                let row = point.row(leaf) - 1;
                debug_assert!(leaf.bytes_of(row) == member);
                let buffer = match leaf.text(row) {
                    Text::Shared(buffer) => Some(buffer.clone()),
                    _ => None,
                };
                leaf.remove(row);
                leaf.shrink();
                buffer
            },
        )
    }

    /// Removes a member. Answers what its score was.
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let found = self.find(self.hash(member), member)?;
        self.take(member, found.score);
        self.index.remove(found.row);
        Some(found.score)
    }

    /// Removes the elements of a range of ranks, which must lie in the set. They are returned, as a set of their own
    /// that can be walked through and dropped, and nothing else.
    pub fn remove_range(&mut self, ranks: Range<usize>) -> Removed {
        if ranks.len() == self.len() {
            let all = std::mem::replace(self, SortedSet::new(self.hasher));
            return Removed { order: all.order, _index: all.index };
        }
        let mut index = std::mem::take(&mut self.index);
        for element in self.range(ranks.clone()) {
            let member = element.bytes();
            let is_it = |score: f64| (score == element.score).then_some(());
            let (row, ()) = index.find(self.hash(member), member, is_it).expect("each element is in the index");
            index.remove(row);
        }
        self.index = index;
        Removed { order: self.order.remove_range(ranks), _index: Index::new() }
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
        let mut same_hash: Vec<Row> = Vec::new();
        let mut visited = 0;
        for row in self.index.rows_from(start) {
            if same_hash.last().is_some_and(|last| last.hash != row.hash) {
                visited += same_hash.len();
                self.visit_rows(&mut same_hash, visit);
                if visited >= count {
                    return u64::from(row.hash);
                }
            }
            same_hash.push(row);
        }
        self.visit_rows(&mut same_hash, visit);
        0
    }

    /// Visits the members of some rows of the index, all rows of one hash.
    fn visit_rows(&self, rows: &mut Vec<Row>, visit: &mut impl FnMut(Element)) {
        for (i, row) in rows.iter().enumerate() {
            if let Some(member) = row.name {
                visit(Element { member, score: row.score });
            } else if rows[..i].iter().all(|other| other.name.is_some() || other.score != row.score) {
                self.visit_nameless(row, rows, visit);
            }
        }
        rows.clear();
    }

    /// Visits all members of a hash and a score that have no name in the index.
    fn visit_nameless(&self, row: &Row, rows: &[Row], visit: &mut impl FnMut(Element)) {
        let start = self.before_score(row.score);
        // More than these have names, but for the empty member, which is the first.
        for element in self.range(start..self.len().min(start + NAMED_OVER)) {
            if element.score != row.score {
                break;
            }
            let member = element.bytes();
            let has_name = || rows.iter().any(|other| other.name.is_some_and(|name| bytes(name) == member));
            if self.hash(member) == row.hash && !has_name() {
                visit(element);
            }
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

    #[inline]
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

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        self.0.next().map(element)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IterBack<'_> {}
