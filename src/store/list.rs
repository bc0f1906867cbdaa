//! The big form of lists: elements by position, in leaves of a kilobyte under a counted tree.
//!
//! ```text
//!     list ── tree (store/tree) ── leaves:  [ a b c d ] [ e f g ] [ h i j k l ] ...
//! ```
//!
//! Pushing and popping at either end, reading and changing any position, cutting out ranges: each takes one way down the
//! tree, and copies no more than that if a clone shares it. An element that is the text of an integer is stored as one (two
//! bytes for the small ones); up to [`INLINE_MAX`] bytes lie in the leaf; more are a counted buffer, which a reply may
//! hold instead of copying it.
//!
//! **Compressed leaves.** Long lists are worked at their ends as a rule. Who says so (a depth: how many leaves at each end stay plain) has the
//! leaves between them compressed:
//!
//! ```text
//!     depth 1:   [ a b c d ] (e f g) (h i j k l) (m n o) [ p q ]         ( ) compressed, one by one
//! ```
//!
//! - *Any* leaf may be in either form at any time, so nothing here goes wrong when one is not what the depth asks for: a read goes into a block of
//!   its own ([`Rows::plain`]), a change makes the leaf plain before. That is all that lists with a depth of 0 pay for: a branch a leaf.
//! - Whoever changes something has the leaves given their form afterwards ([`List::settle`], [`List::settle_end`]): of the leaf that was changed,
//!   its neighbours, and the leaves where the inner ones begin and end. So a push or a pop that moves those borders compresses one leaf or opens one,
//!   and most do neither.
//! - Reading changes nothing: a copy of the list may be read by another thread at the same time. One block serves for all leaves of a walk.
//!
//! Leaves of 4 KB compress about as well as Redis's nodes of 8 KB, but for what repeats at a greater distance (a tenth more), and are opened in a fraction of
//! the time. Buffers of long elements stay as they are.
//!
//! An element of 12 bytes takes 13.8 where elements are pushed at an end, 15.1 after many insertions in the middle.
//!
//! It knows neither when a list is big nor what a client calls an index below zero. What is cut out or taken as a whole is
//! returned, for somebody to free who has the time.

use crate::base::alloc;
use crate::base::buffer::{Buffer, Text};
use crate::base::number::parse_i64;
use crate::store::tree::{At, First, HEAD, Kind, Last, Leaf, New, Rows, Tree, integer_len};
use std::ops::Range;

/// The longest element that lies in a leaf: two of these fill one. A reply copies what is shorter than 16 KB in any case, so that a buffer of its own
/// would save nothing there, and what lies in leaves is compressed with them.
pub const INLINE_MAX: usize = FULL / 2 - 2;

/// What a full leaf has for elements. A kilobyte held twelve elements of 77 bytes, and left a tenth of itself free.
const FULL: usize = 4096 - HEAD;

/// What a new leaf has; it grows as it is filled, so that a list of a few leaves has no large empty one.
const FIRST_ROOM: usize = 512 - HEAD;

/// Leaves that are made plain at once at an end of a list.
const AT_ONCE: usize = 8;

/// The leaves of a list: nothing but strings.
enum Elements {}

impl Kind for Elements {
    type Mark = ();
    const FIXED: usize = 0;
    const FULL: usize = FULL;
    const INLINE_MAX: usize = INLINE_MAX;
    const FIRST_ROOM: usize = FIRST_ROOM;
    const COMPRESSES: bool = true;

    fn mark(_: &Rows<Elements>) {}
}

/// Which way a list is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the head to the tail.
    Forward,
    /// From the tail to the head.
    Backward,
}

/// A list. Cloning is O(1).
#[derive(Clone, Default)]
pub struct List {
    tree: Tree<Rows<Elements>>,
}

/// Brings an element into the form in which it is stored.
#[inline]
fn stored<R>(text: Text, store: impl FnOnce(New) -> R) -> R {
    let bytes = match text {
        Text::Int(value) => return store(New::Int(&value.to_le_bytes()[..integer_len(value)])),
        Text::Shared(buffer) if buffer.bytes().len() > INLINE_MAX => return store(New::Big(buffer.clone())),
        Text::Shared(buffer) => buffer.bytes(),
        Text::Bytes(bytes) => bytes,
        Text::Pieces(_) => unreachable!("no element is in pieces"),
    };
    match bytes {
        // Only what begins like a number is worth a closer look.
        [b'-' | b'0'..=b'9', ..] if let Some(value) = integer(bytes) => stored(Text::Int(value), store),
        _ if bytes.len() > INLINE_MAX => store(New::Big(Buffer::new(bytes.to_vec()))),
        _ => store(New::Bytes(bytes)),
    }
}

fn integer(bytes: &[u8]) -> Option<i64> {
    if bytes.len() > 20 { None } else { parse_i64(bytes) }
}

/// An element that is looked for, in the form in which it is stored.
pub struct Needle<'a> {
    bytes: &'a [u8],
    integer: Option<i64>,
}

impl<'a> Needle<'a> {
    /// Looks for these bytes.
    pub fn new(bytes: &'a [u8]) -> Needle<'a> {
        Needle { bytes, integer: integer(bytes) }
    }

    /// Whether an element of a list is that one.
    #[inline]
    pub fn is(&self, element: Text) -> bool {
        match element {
            // The text of an integer is never stored as bytes.
            Text::Int(value) => self.integer == Some(value),
            Text::Bytes(bytes) => self.bytes == bytes,
            Text::Shared(buffer) => self.bytes == buffer.bytes(),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
        }
    }
}

impl List {
    /// Nothing, without any allocation.
    pub const fn new() -> List {
        List { tree: Tree::new() }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The bytes of memory that the list takes, without those of this value itself.
    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// The element at an index, for a look at it.
    #[inline]
    pub fn get<R>(&self, index: usize, look: impl FnOnce(Text) -> R) -> Option<R> {
        let (leaf, at) = self.tree.at(index)?;
        Some(look(leaf.plain(&mut None).text(at)))
    }

    /// Adds an element behind the last.
    #[inline]
    pub fn push_back(&mut self, element: Text) {
        stored(element, |new| {
            let refused = self.tree.edit(
                &mut Last,
                || Rows::new(FIRST_ROOM),
                |leaf, _| {
                    leaf.decompress();
                    let refused = leaf.try_insert(leaf.len(), &[], new);
                    // It is left for good: what long elements leave free at its end is given back.
                    refused.inspect_err(|_| leaf.shrink())
                },
            );
            if let Err(new) = refused {
                self.tree.push_leaf(Rows::with(&[], new));
            }
        });
    }

    /// Adds an element before the first.
    #[inline]
    pub fn push_front(&mut self, element: Text) {
        stored(element, |new| {
            let refused = self.tree.edit(
                &mut First,
                || Rows::new(FIRST_ROOM),
                |leaf, _| {
                    leaf.decompress();
                    leaf.try_insert(0, &[], new).inspect_err(|_| leaf.shrink())
                },
            );
            if let Err(new) = refused {
                self.tree.push_leaf_front(Rows::with(&[], new));
            }
        });
    }

    /// Takes out the last element, after a look at it.
    #[inline]
    pub fn pop_back<R>(&mut self, look: impl FnOnce(Text) -> R) -> Option<R> {
        if self.is_empty() {
            return None;
        }
        Some(self.tree.edit(
            &mut Last,
            || Rows::new(0),
            |leaf, _| {
                leaf.decompress();
                let result = look(leaf.text(leaf.len() - 1));
                leaf.remove(leaf.len() - 1);
                result
            },
        ))
    }

    /// Takes out the first element, after a look at it.
    #[inline]
    pub fn pop_front<R>(&mut self, look: impl FnOnce(Text) -> R) -> Option<R> {
        if self.is_empty() {
            return None;
        }
        Some(self.tree.edit(
            &mut First,
            || Rows::new(0),
            |leaf, _| {
                leaf.decompress();
                let result = look(leaf.text(0));
                leaf.remove(0);
                result
            },
        ))
    }

    /// Puts an element before the one at an index, or at the end.
    pub fn insert(&mut self, index: usize, element: Text) {
        debug_assert!(index <= self.len());
        if index == self.len() {
            return self.push_back(element);
        }
        if index == 0 {
            return self.push_front(element);
        }
        stored(element, |new| {
            self.tree.edit(
                &mut At(index),
                || Rows::new(0),
                |leaf, at| {
                    leaf.decompress();
                    leaf.insert(at.0, &[], new);
                },
            );
        });
    }

    /// Replaces the element at an index. Says whether there is one.
    pub fn set(&mut self, index: usize, element: Text) -> bool {
        if index >= self.len() {
            return false;
        }
        stored(element, |new| {
            self.tree.edit(
                &mut At(index),
                || Rows::new(0),
                |leaf, at| {
                    leaf.decompress();
                    leaf.set_text(at.0, new);
                    leaf.shrink();
                },
            );
        });
        true
    }

    /// Takes out the element at an index. Says whether there was one.
    pub fn remove(&mut self, index: usize) -> bool {
        if index >= self.len() {
            return false;
        }
        self.tree.edit(
            &mut At(index),
            || Rows::new(0),
            |leaf, at| {
                leaf.decompress();
                leaf.remove(at.0);
                leaf.shrink();
            },
        );
        true
    }

    /// Cuts out the elements of a range of indices, which must lie in the list: they are returned as a list.
    pub fn remove_range(&mut self, range: Range<usize>) -> List {
        List { tree: self.tree.remove_range(range) }
    }

    /// Visits the elements of a range of indices, which must lie in the list, in a direction, until `visit` is false. Says
    /// whether it came to the end.
    #[inline]
    pub fn walk(&self, range: Range<usize>, direction: Direction, mut visit: impl FnMut(Text) -> bool) -> bool {
        let is_forward = direction == Direction::Forward;
        let mut scratch = None;
        self.tree.each_leaf(range, is_forward, |leaf, rows| {
            let mut cells = leaf.plain(&mut scratch).cells(rows);
            if is_forward { cells.all(|(_, text)| visit(text)) } else { cells.rev().all(|(_, text)| visit(text)) }
        })
    }

    /// Visits the elements of a range of indices, which must lie in the list.
    #[inline]
    pub fn each(&self, range: Range<usize>, mut visit: impl FnMut(Text)) {
        self.walk(range, Direction::Forward, |element| {
            visit(element);
            true
        });
    }

    /// The same from the end of the range to its start.
    #[inline]
    pub fn each_back(&self, range: Range<usize>, mut visit: impl FnMut(Text)) {
        self.walk(range, Direction::Backward, |element| {
            visit(element);
            true
        });
    }

    /// The index of the nearest such element from an index on, in a direction.
    pub fn find(&self, needle: &Needle, from: usize, direction: Direction) -> Option<usize> {
        if from >= self.len() {
            return None;
        }
        let range = if direction == Direction::Forward { from..self.len() } else { 0..from + 1 };
        let mut passed = 0;
        let is_there = !self.walk(range, direction, |element| {
            let is_other = !needle.is(element);
            passed += usize::from(is_other);
            is_other
        });
        is_there.then(|| if direction == Direction::Forward { from + passed } else { from - passed })
    }

    /// Takes out such elements, at most so many, as they are met in a direction. Answers how many there were.
    pub fn remove_all(&mut self, needle: &Needle, at_most: usize, direction: Direction, depth: usize) -> usize {
        // Leaves go here and there on the way through all of the list.
        alloc::uncounted(|| {
            let mut removed = 0;
            let mut from = if direction == Direction::Forward { 0 } else { self.len().saturating_sub(1) };
            // The leaf that has lost some and is left plain, since it may lose more.
            let mut open = 0..0;
            while removed < at_most
                && let Some(found) = self.find(needle, from, direction)
            {
                if !open.contains(&found) {
                    self.settle(depth, open.start);
                }
                self.remove(found);
                removed += 1;
                open = self.leaf_around(found);
                from = match direction {
                    Direction::Forward => found,
                    Direction::Backward if found == 0 => break,
                    Direction::Backward => found - 1,
                };
            }
            if removed > 0 {
                self.settle(depth, open.start);
            }
            removed
        })
    }

    // ---- Which leaves are compressed ------------------------------------------------------------------------------------

    /// The indices of the elements in the leaf of one of them, or in the last leaf.
    fn leaf_around(&self, index: usize) -> Range<usize> {
        match self.tree.at(index.min(self.len().saturating_sub(1))) {
            Some((leaf, row)) => {
                let start = index.min(self.len() - 1) - row;
                start..start + leaf.len()
            }
            None => 0..0,
        }
    }

    /// The number of elements in the first leaf, or the last.
    #[inline]
    pub fn len_at(&self, end: Direction) -> usize {
        let leaf = match end {
            Direction::Forward => self.tree.leaf(&mut First),
            Direction::Backward => self.tree.leaf(&mut Last),
        };
        leaf.map_or(0, Leaf::len)
    }

    /// The number of leaves.
    pub fn leaves(&self) -> usize {
        self.tree.leaves()
    }

    /// The indices of what is not in the outermost leaves: so many at each end.
    fn inner(&self, depth: usize) -> Range<usize> {
        self.tree.outer(depth, false)..self.len() - self.tree.outer(depth, true)
    }

    /// Compresses the leaf of an element if it is an inner one, else makes it plain.
    fn settle_leaf(&mut self, index: usize, inner: &Range<usize>) {
        let Some((leaf, _)) = self.tree.at(index) else { return };
        let change = match inner.contains(&index) {
            true if leaf.is_compressible() => Rows::compress,
            false if leaf.is_compressed() => Rows::decompress,
            _ => return,
        };
        self.tree.edit(&mut At(index), || Rows::new(0), |leaf, _| change(leaf));
    }

    /// After a change at an index: its leaf and the ones beside it, and those where the inner ones begin and end, get their form.
    /// With a depth of 0 nothing is compressed.
    pub fn settle(&mut self, depth: usize, index: usize) {
        if depth == 0 || self.is_empty() {
            return;
        }
        let around = self.leaf_around(index);
        let inner = self.inner(depth);
        for index in [around.start.wrapping_sub(1), around.start, around.end] {
            self.settle_leaf(index, &inner);
        }
        for edge in [inner.start, inner.end] {
            self.settle_leaf(edge.wrapping_sub(1), &inner);
            self.settle_leaf(edge, &inner);
        }
    }

    /// After an end was moved: the leaves there get their form. One that has come to an end by a cut is the outermost of some that may be
    /// compressed: a few are made plain, the others when they come nearer.
    pub fn settle_end(&mut self, depth: usize, end: Direction) {
        if depth == 0 || self.is_empty() {
            return;
        }
        let inner = self.inner(depth);
        let is_first = end == Direction::Forward;
        let edge = if is_first { inner.start } else { inner.end };
        self.settle_leaf(edge.wrapping_sub(1), &inner);
        self.settle_leaf(edge, &inner);
        let mut index = if is_first { 0 } else { self.len() - 1 };
        for _ in 0..depth.min(AT_ONCE) {
            self.settle_leaf(index, &inner);
            let leaf = self.leaf_around(index);
            index = if is_first { leaf.end } else { leaf.start.wrapping_sub(1) };
        }
    }

    /// Gives all leaves their form.
    pub fn settle_all(&mut self, depth: usize) {
        let inner = self.inner(depth);
        let mut index = 0;
        while depth > 0 && index < self.len() {
            self.settle_leaf(index, &inner);
            index = self.leaf_around(index).end;
        }
    }
}

impl<'a> FromIterator<Text<'a>> for List {
    fn from_iter<I: IntoIterator<Item = Text<'a>>>(elements: I) -> List {
        let mut list = List::new();
        elements.into_iter().for_each(|element| list.push_back(element));
        list
    }
}

#[cfg(test)]
mod tests;
