//! Elements in their order: by score, and by the member's bytes where scores are equal.
//!
//! ```text
//!     row      | score: f64 | member |                       rows of a leaf, see store/tree/rows.rs
//!     mark     | score as an ordered u64 | first 8 bytes of the member, big-endian |
//! ```
//!
//! Marks of 128 bits compare like the elements, as far as they go; only where they are equal are members themselves looked
//! at. -0 and 0 are equal.

use crate::store::tree::{Kind, Leaf, Node, ROOM, Rows, Seek};

/// The leaves of a sorted set.
pub(super) enum Ranked {}

/// The score as a number of the same order, and the beginning of the member.
type Mark = (u64, u64);

impl Kind for Ranked {
    type Mark = Mark;
    const FIXED: usize = 8;
    const FULL: usize = ROOM;
    const INLINE_MAX: usize = super::INLINE_MAX;

    #[inline]
    fn mark(rows: &Rows<Ranked>) -> Mark {
        (ordered(score(rows, 0)), beginning(rows.bytes_of(0)))
    }
}

/// The score of a row.
#[inline]
pub(super) fn score(rows: &Rows<Ranked>, row: usize) -> f64 {
    number(rows.fixed(row))
}

#[inline]
pub(super) fn number(fixed: &[u8]) -> f64 {
    f64::from_le_bytes(fixed.try_into().expect("a score has eight bytes"))
}

/// A number that compares like the score.
#[inline]
fn ordered(score: f64) -> u64 {
    // Adding zero makes a zero of the negative one.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The first eight bytes of a member as a number: smaller means that the member is smaller.
#[inline]
fn beginning(member: &[u8]) -> u64 {
    if let Some(first) = member.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut bytes = [0; 8];
    bytes[..member.len()].copy_from_slice(member);
    u64::from_be_bytes(bytes)
}

#[inline]
fn wide(mark: Mark) -> u128 {
    u128::from(mark.0) << 64 | u128::from(mark.1)
}

/// How many of the first `len` indices are before a point. Without a branch that could be guessed wrong.
#[inline]
pub(super) fn partition(len: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut start, mut left) = (0, len);
    while left > 1 {
        let half = left / 2;
        start = if is_before(start + half - 1) { start + half } else { start };
        left -= half;
    }
    start + usize::from(left == 1 && is_before(start))
}

/// About where an element is, by marks alone: good enough to ask for a leaf.
#[derive(Clone, Copy)]
pub(super) struct Near(u128);

impl Near {
    #[inline]
    pub fn new(score: f64, member: &[u8]) -> Near {
        Near(wide((ordered(score), beginning(member))))
    }
}

impl Seek<Rows<Ranked>> for Near {
    #[inline]
    fn child(&mut self, node: &Node<Rows<Ranked>>) -> usize {
        let before = node.marks().iter().map(|mark| usize::from(wide(*mark) < self.0)).sum::<usize>();
        before.saturating_sub(1)
    }
}

/// A point in the order, before or behind an element or all of a score.
#[derive(Clone, Copy)]
pub(super) struct Point<'a> {
    score: f64,
    /// None: before or behind all elements of the score.
    member: Option<&'a [u8]>,
    /// Whether an equal element is before the point.
    is_behind: bool,
    mark: u128,
}

impl<'a> Point<'a> {
    /// Before or behind all elements of a score.
    #[inline]
    pub fn of_score(score: f64, is_behind: bool) -> Point<'a> {
        let mark = wide((ordered(score) + u64::from(is_behind), 0));
        Point { score, member: None, is_behind, mark }
    }

    /// Before or behind an element, whether it is there or not.
    #[inline]
    pub fn of(score: f64, member: &'a [u8], is_behind: bool) -> Point<'a> {
        let mark = wide((ordered(score), beginning(member)));
        Point { score, member: Some(member), is_behind, mark }
    }

    #[inline]
    fn is_behind(&self, member: &[u8]) -> bool {
        match self.member {
            Some(point) => member < point || (self.is_behind && member == point),
            None => self.is_behind,
        }
    }

    /// How many rows of a leaf are before the point.
    #[inline]
    pub fn row(&self, rows: &Rows<Ranked>) -> usize {
        rows.prefetch_all();
        let scores = rows.fixed_all();
        let less = scores.chunks_exact(8).map(|s| usize::from(number(s) < self.score)).sum::<usize>();
        if less == rows.len() || score(rows, less) > self.score {
            return less;
        }
        let same = scores[less * 8..].chunks_exact(8).map(|s| usize::from(number(s) == self.score)).sum::<usize>();
        match self.member {
            Some(_) => less + partition(same, |row| self.is_behind(rows.bytes_of(less + row))),
            None if self.is_behind => less + same,
            None => less,
        }
    }
}

impl Seek<Rows<Ranked>> for Point<'_> {
    #[inline]
    fn child(&mut self, node: &Node<Rows<Ranked>>) -> usize {
        let marks = node.marks();
        // All are compared, so that the lines that they lie in come together.
        let mut before = marks.iter().map(|mark| usize::from(wide(*mark) < self.mark)).sum::<usize>();
        if self.member.is_some() && before < marks.len() && wide(marks[before]) == self.mark {
            let same = partition(marks.len() - before, |child| wide(marks[before + child]) <= self.mark);
            // The marks do not tell: the members themselves must.
            before += partition(same, |child| self.is_behind(node.first_leaf(before + child).bytes_of(0)));
        }
        // The point is in the last child that begins before it.
        before.saturating_sub(1)
    }
}
