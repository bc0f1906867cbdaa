//! The directory above the pages of a big hash or set: a tree that branches 64 ways by six bits of the hash.
//!
//! ```text
//!     node     | starts: 64 bits | slots                       | earliest deadlines (if there are any) |
//!     starts   1 0 0 0 1 0 1 1 ...   a one for each child, where its run of the 64 values begins
//!     slot     | child: a page or a node | elements below it |
//! ```
//!
//! A page covers a run of values whose length is a power of two; a child's index is the number of ones up to the value. A
//! page that must be split becomes two with half the run each; if its run is a single value, a node with two pages takes its place.
//!
//! Nodes are counted pointers like pages: clones share, and whoever changes a shared one copies it, after asking for
//! the counts that the copy raises. Slots carry the number of elements, so that an element can be found by rank.

use crate::base::alloc::size_class;
use crate::base::prefetch::prefetch;
use crate::store::members::page::{NEVER, Page};
use triomphe::Arc;

/// Bits of the hash that a node tells apart.
pub(super) const NODE_BITS: u32 = 6;

/// A page, or a node with more of them.
#[derive(Clone)]
pub(super) enum Child {
    Page(Page),
    Node(Arc<Node>),
}

const _: () = assert!(size_of::<Child>() == 16);

#[derive(Clone)]
pub(super) struct Slot {
    pub child: Child,
    /// Elements below.
    pub elements: usize,
}

pub(super) struct Node {
    starts: u64,
    pub slots: Box<[Slot]>,
    /// The earliest deadline below each slot; empty if there is none at all.
    earliest: Box<[i64]>,
}

impl Clone for Node {
    fn clone(&self) -> Node {
        // Their counts are about to be raised, one after another.
        for slot in &self.slots {
            match &slot.child {
                Child::Page(page) => page.prefetch_count(),
                Child::Node(node) => prefetch(Arc::as_ptr(node).cast::<u8>()),
            }
        }
        Node { starts: self.starts, slots: self.slots.clone(), earliest: self.earliest.clone() }
    }
}

/// The values of a node's bits that a child covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub start: u32,
    pub len: u32,
}

impl Run {
    /// The bits of the hash that are the same in all of it, beyond the node's own.
    pub fn bits(self) -> u32 {
        NODE_BITS - self.len.trailing_zeros()
    }
}

fn bytes_of(slots: usize, earliest: usize) -> usize {
    let list = if earliest == 0 { 0 } else { size_class(earliest * size_of::<i64>()) };
    size_class(size_of::<usize>() + size_of::<Node>()) + size_class(slots * size_of::<Slot>()) + list
}

fn inserted<T>(list: &mut Box<[T]>, index: usize, item: T) {
    let mut items = std::mem::take(list).into_vec();
    items.reserve_exact(1);
    items.insert(index, item);
    *list = items.into_boxed_slice();
}

fn removed<T>(list: &mut Box<[T]>, index: usize) {
    let mut items = std::mem::take(list).into_vec();
    items.remove(index);
    *list = items.into_boxed_slice();
}

impl Node {
    /// A node with two pages.
    pub fn new(low: Page, high: Page) -> Node {
        let earliest = [low.earliest(), high.earliest()];
        let mut node = Node {
            starts: 1 | 1 << 32,
            slots: [low, high].map(|page| Slot { elements: page.len(), child: Child::Page(page) }).into(),
            earliest: Box::new([]),
        };
        if earliest != [NEVER; 2] {
            node.earliest = Box::new(earliest);
        }
        node
    }

    /// A node of children whose runs begin at `starts`, with the earliest deadline below each.
    pub fn of(starts: u64, slots: Vec<Slot>, earliest: Vec<i64>) -> Node {
        debug_assert!(starts & 1 == 1 && starts.count_ones() as usize == slots.len() && slots.len() == earliest.len());
        let has_deadlines = earliest.iter().any(|earliest| *earliest != NEVER);
        let earliest = if has_deadlines { earliest } else { Vec::new() };
        Node { starts, slots: slots.into(), earliest: earliest.into() }
    }

    /// What is allocated for it, without its children.
    pub fn bytes(&self) -> usize {
        bytes_of(self.slots.len(), self.earliest.len())
    }

    /// The index of the child that covers a value.
    #[inline(always)]
    pub fn index(&self, value: usize) -> usize {
        // The first child starts at 0, so that there is at least one.
        (self.starts << (63 - value)).count_ones() as usize - 1
    }

    /// What the child of a value covers.
    pub fn run(&self, value: usize) -> Run {
        let up_to = u64::MAX >> (63 - value);
        let start = (self.starts & up_to).ilog2(); // The first child starts at 0.
        let after = self.starts & !up_to;
        let end = if after == 0 { 64 } else { after.trailing_zeros() };
        Run { start, len: end - start }
    }

    /// All children with what they cover.
    pub fn children(&self) -> impl Iterator<Item = (Run, &Slot)> {
        let mut next = 0;
        self.slots.iter().map(move |slot| {
            let run = self.run(next as usize);
            next = run.start + run.len;
            (run, slot)
        })
    }

    /// Puts two pages for the halves of a run in the place of its page.
    pub fn split(&mut self, value: usize, low: Page, high: Page) {
        let (run, index) = (self.run(value), self.index(value));
        debug_assert!(run.len > 1);
        self.starts |= 1 << (run.start + run.len / 2);
        if !self.earliest.is_empty() {
            self.earliest[index] = low.earliest();
            inserted(&mut self.earliest, index + 1, high.earliest());
        }
        self.slots[index] = Slot { elements: low.len(), child: Child::Page(low) };
        inserted(&mut self.slots, index + 1, Slot { elements: high.len(), child: Child::Page(high) });
    }

    /// The pages of a value's run and of its buddy, the run that it was split from, if both are pages; in order.
    pub fn buddies(&self, value: usize) -> Option<(&Page, &Page)> {
        let run = self.run(value);
        if run.len == 64 {
            return None;
        }
        let low = (run.start & !run.len) as usize;
        let high = low + run.len as usize;
        if self.run(low).len != run.len || self.run(high).len != run.len {
            return None;
        }
        match (&self.slots[self.index(low)].child, &self.slots[self.index(high)].child) {
            (Child::Page(low), Child::Page(high)) => Some((low, high)),
            _ => None,
        }
    }

    /// Puts one page in the place of two buddies.
    pub fn merge(&mut self, value: usize, page: Page) {
        let run = self.run(value);
        let low = (run.start & !run.len) as usize;
        let index = self.index(low);
        self.starts &= !(1 << (low + run.len as usize));
        if !self.earliest.is_empty() {
            self.earliest[index] = self.earliest[index].min(self.earliest[index + 1]);
            removed(&mut self.earliest, index + 1);
        }
        self.slots[index] = Slot { elements: page.len(), child: Child::Page(page) };
        removed(&mut self.slots, index + 1);
    }

    /// The page that is all of this node.
    pub fn only_page(&self) -> Option<&Page> {
        match &*self.slots {
            [Slot { child: Child::Page(page), .. }] => Some(page),
            _ => None,
        }
    }

    /// The earliest deadline below.
    pub fn earliest(&self) -> i64 {
        self.earliest.iter().copied().min().unwrap_or(NEVER)
    }

    /// The earliest deadline below a slot.
    pub fn earliest_of(&self, index: usize) -> i64 {
        self.earliest.get(index).copied().unwrap_or(NEVER)
    }

    /// A slot below which something is due. There must be one.
    pub fn first_due(&self, now: i64) -> usize {
        self.earliest.iter().position(|earliest| *earliest <= now).expect("something is due")
    }

    /// Sets the earliest deadline below a slot. The list comes and goes with the deadlines.
    pub fn set_earliest(&mut self, index: usize, deadline: i64) {
        if self.earliest.is_empty() {
            if deadline == NEVER {
                return;
            }
            self.earliest = vec![NEVER; self.slots.len()].into_boxed_slice();
        }
        self.earliest[index] = deadline;
        if deadline == NEVER && self.earliest() == NEVER {
            self.earliest = Box::new([]);
        }
    }
}
