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
//! An element of 12 bytes takes 13.8 where elements are pushed at an end, 15.1 after many insertions in the middle.
//!
//! It knows neither when a list is big nor what a client calls an index below zero. What is cut out or taken as a whole is
//! returned, for somebody to free who has the time.

use crate::base::alloc;
use crate::base::buffer::{Buffer, Text};
use crate::base::number::parse_i64;
use crate::store::tree::{At, Backward, First, Forward, HEAD, Kind, Last, Leaf, New, ROOM, Rows, Tree, integer_len};
use std::ops::Range;

/// The longest element that lies in a leaf.
pub const INLINE_MAX: usize = ROOM / 2 - 2;

/// What a full leaf has for elements. A kilobyte held twelve elements of 77 bytes, and left a tenth of itself free.
const FULL: usize = 4096 - HEAD;

/// What a new leaf has; it grows as it is filled, so that a list of a few leaves has no large empty one.
const FIRST_ROOM: usize = 512 - HEAD;

/// The leaves of a list: nothing but strings.
enum Plain {}

impl Kind for Plain {
    type Mark = ();
    const FIXED: usize = 0;
    const FULL: usize = FULL;
    const INLINE_MAX: usize = INLINE_MAX;
    const FIRST_ROOM: usize = FIRST_ROOM;

    fn mark(_: &Rows<Plain>) {}
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
    tree: Tree<Rows<Plain>>,
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

    /// The element at an index.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Text<'_>> {
        let (leaf, at) = self.tree.at(index)?;
        Some(leaf.text(at))
    }

    /// Adds an element behind the last.
    #[inline]
    pub fn push_back(&mut self, element: Text) {
        stored(element, |new| {
            let refused = self.tree.edit(
                &mut Last,
                || Rows::new(FIRST_ROOM),
                |leaf, _| {
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
                |leaf, _| leaf.try_insert(0, &[], new).inspect_err(|_| leaf.shrink()),
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
            self.tree.edit(&mut At(index), || Rows::new(0), |leaf, at| leaf.insert(at.0, &[], new));
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

    /// All elements from an index on.
    pub fn iter_from(&self, index: usize) -> Iter<'_> {
        self.range(index.min(self.len())..self.len())
    }

    /// All elements.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// The elements of a range of indices, which must lie in the list.
    #[inline]
    pub fn range(&self, range: Range<usize>) -> Iter<'_> {
        Iter(self.tree.rows(range))
    }

    /// The elements of a range of indices, which must lie in the list, from its end to its start.
    pub fn range_back(&self, range: Range<usize>) -> IterBack<'_> {
        IterBack(self.tree.rows_back(range))
    }

    /// The index of the nearest such element from an index on, in a direction.
    pub fn find(&self, needle: &Needle, from: usize, direction: Direction) -> Option<usize> {
        if from >= self.len() {
            return None;
        }
        match direction {
            Direction::Forward => self.iter_from(from).position(|e| needle.is(e)).map(|n| from + n),
            Direction::Backward => self.range_back(0..from + 1).position(|e| needle.is(e)).map(|n| from - n),
        }
    }

    /// Takes out such elements, at most so many, as they are met in a direction. Answers how many there were.
    pub fn remove_all(&mut self, needle: &Needle, at_most: usize, direction: Direction) -> usize {
        // Leaves go here and there on the way through all of the list.
        alloc::uncounted(|| {
            let mut removed = 0;
            let mut from = if direction == Direction::Forward { 0 } else { self.len().saturating_sub(1) };
            while removed < at_most
                && let Some(found) = self.find(needle, from, direction)
            {
                self.remove(found);
                removed += 1;
                from = match direction {
                    Direction::Forward => found,
                    Direction::Backward if found == 0 => break,
                    Direction::Backward => found - 1,
                };
            }
            removed
        })
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = Text<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> FromIterator<Text<'a>> for List {
    fn from_iter<I: IntoIterator<Item = Text<'a>>>(elements: I) -> List {
        let mut list = List::new();
        elements.into_iter().for_each(|element| list.push_back(element));
        list
    }
}

/// Elements from the head towards the tail.
pub struct Iter<'a>(Forward<'a, Plain>);

impl<'a> Iterator for Iter<'a> {
    type Item = Text<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Text<'a>> {
        self.0.next().map(|(_, text)| text)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Elements from the tail towards the head.
pub struct IterBack<'a>(Backward<'a, Plain>);

impl<'a> Iterator for IterBack<'a> {
    type Item = Text<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Text<'a>> {
        self.0.next().map(|(_, text)| text)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IterBack<'_> {}

#[cfg(test)]
mod tests;
