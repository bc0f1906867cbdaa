//! Walks through a big hash or set: all of it, from a cursor, by rank.

use crate::base::dice::{Choice, below, distinct};
use crate::store::members::Members;
use crate::store::members::node::{Child, NODE_BITS, Node, Slot};
use crate::store::members::page::{Element, Page};
use std::slice;

/// Bits of a cursor: clients that keep it in a double keep it whole.
const CURSOR_BITS: u32 = 48;

/// All elements, in the order of their hashes (but for some eight bits more than tell pages apart).
pub struct Iter<'a> {
    /// What is still to come in the nodes above the page.
    nodes: Vec<slice::Iter<'a, Slot>>,
    page: Option<&'a Page>,
    next: usize,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            let page = self.page?;
            if self.next < page.len() {
                self.next += 1;
                self.left -= 1;
                return Some(page.element(self.next - 1));
            }
            self.next = 0;
            self.page = self.next_page();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> Iter<'a> {
    fn next_page(&mut self) -> Option<&'a Page> {
        loop {
            let slots = self.nodes.last_mut()?;
            match slots.next().map(|slot| &slot.child) {
                None => drop(self.nodes.pop()),
                Some(Child::Page(page)) => {
                    if let Some(Slot { child: Child::Page(ahead), .. }) = slots.as_slice().get(1) {
                        ahead.prefetch_all();
                    }
                    return Some(page);
                }
                Some(Child::Node(node)) => self.nodes.push(node.slots.iter()),
            }
        }
    }
}

/// A walk from a cursor on.
struct Scan<'a> {
    /// The position to begin at.
    from: u128,
    /// Elements to visit, about.
    count: usize,
    seen: usize,
    /// The cursor of the last element that was visited.
    last: u64,
    visit: &'a mut dyn FnMut(Element),
}

impl Scan<'_> {
    /// Visits a child whose range of hashes begins at `prefix`. Answers the cursor at which it stopped.
    fn child(&mut self, child: &Child, prefix: u128, depth: u32) -> Option<u64> {
        match child {
            Child::Page(page) => self.page(page, prefix),
            Child::Node(node) => self.node(node, prefix, depth),
        }
    }

    fn node(&mut self, node: &Node, prefix: u128, depth: u32) -> Option<u64> {
        for (run, slot) in node.children() {
            let shift = 128 - depth - NODE_BITS;
            let start = prefix | u128::from(run.start) << shift;
            let last = start + ((u128::from(run.len) << shift) - 1);
            if last < self.from {
                continue;
            }
            let stopped = self.child(&slot.child, start, depth + NODE_BITS);
            if stopped.is_some() {
                return stopped;
            }
        }
        None
    }

    fn page(&mut self, page: &Page, prefix: u128) -> Option<u64> {
        let shift = 120 - page.depth();
        // A tag that the cursor cuts is visited again: its elements may have been merged from before and after it.
        let first = if self.from > prefix { page.first_from((self.from >> shift) as u8) } else { 0 };
        for index in first..page.len() {
            let position = prefix | u128::from(page.tag(index)) << shift;
            let cursor = (position >> (128 - CURSOR_BITS)) as u64;
            if self.seen >= self.count && cursor > self.last {
                return Some(cursor);
            }
            self.last = cursor.max(self.last);
            self.seen += 1;
            (self.visit)(page.element(index));
        }
        None
    }
}

impl Members {
    /// All elements.
    pub fn iter(&self) -> Iter<'_> {
        let mut iter = Iter { nodes: Vec::new(), page: None, next: 0, left: self.len() };
        match &self.root {
            Child::Page(page) => iter.page = Some(page),
            Child::Node(node) => {
                iter.nodes.push(node.slots.iter());
                iter.page = iter.next_page();
            }
        }
        iter
    }

    /// The elements from a rank on, in the order of the walk.
    pub fn iter_from(&self, mut rank: usize) -> Iter<'_> {
        let mut iter = Iter { nodes: Vec::new(), page: None, next: 0, left: self.len().saturating_sub(rank) };
        let mut child = &self.root;
        while rank < self.len() {
            match child {
                Child::Page(page) => {
                    iter.page = Some(page);
                    iter.next = rank;
                    break;
                }
                Child::Node(node) => {
                    let mut slots = node.slots.iter();
                    let slot = slots.find(|slot| {
                        let is_here = rank < slot.elements;
                        rank -= if is_here { 0 } else { slot.elements };
                        is_here
                    });
                    child = &slot.expect("slots know how many elements are below").child;
                    iter.nodes.push(slots);
                }
            }
        }
        iter
    }

    /// Visits about `count` elements from a cursor on, and returns the cursor to go on from: 0 at the end, 0 to begin.
    ///
    /// What is there from a walk's begin to its end is visited at least once, whatever is added or removed meanwhile.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Element)) -> u64 {
        if cursor >> CURSOR_BITS != 0 {
            return 0; // Not one of ours: past the end.
        }
        let from = u128::from(cursor) << (128 - CURSOR_BITS);
        Scan { from, count: count.max(1), seen: 0, last: cursor, visit }.child(&self.root, 0, 0).unwrap_or(0)
    }

    /// The element of a rank in the order of the walk.
    pub fn nth(&self, mut rank: usize) -> Option<Element<'_>> {
        if rank >= self.len() {
            return None;
        }
        let mut child = &self.root;
        loop {
            match child {
                Child::Page(page) => return Some(page.element(rank)),
                Child::Node(node) => {
                    let mut slots = node.slots.iter();
                    let slot = slots.find(|slot| {
                        let is_here = rank < slot.elements;
                        rank -= if is_here { 0 } else { slot.elements };
                        is_here
                    });
                    child = &slot.expect("slots know how many elements are below").child;
                }
            }
        }
    }

    /// A random element; each is as likely as any other.
    pub fn random(&self, dice: &mut dyn FnMut() -> u64) -> Option<Element<'_>> {
        self.nth(below(dice, self.len() as u64) as usize)
    }

    /// Visits `n` different elements, or all if there are fewer; each choice of them is as likely as any other. Their order
    /// is that of the walk.
    pub fn sample(&self, n: usize, dice: &mut dyn FnMut() -> u64, visit: &mut dyn FnMut(Element)) {
        let wanted = n.min(self.len());
        if wanted * 8 < self.len() {
            let mut ranks = distinct(dice, wanted, self.len());
            ranks.sort_unstable();
            for rank in ranks {
                visit(self.nth(rank).expect("it is below the number of elements"));
            }
            return;
        }
        let mut choice = Choice::new(wanted, self.len());
        for element in self {
            if choice.is_done() {
                break;
            }
            if choice.takes(dice) {
                visit(element);
            }
        }
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = Element<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
