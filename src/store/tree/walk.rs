//! Walks from leaf to leaf and from row to row, forwards and backwards, without recursion.

use crate::base::buffer::Text;
use crate::store::tree::{At, Cells, Child, FILLED, Kids, Kind, LEVELS_MAX, Leaf, Node, Rows, Seek, Tree};
use std::ops::Range;
#[cfg(test)]
use triomphe::Arc;

/// A way down to a leaf, a level at a time. Each step asks for the memory that the next one reads, so that many ways that are gone
/// side by side wait once for all.
pub enum Descent<'a, L: Leaf> {
    /// At a node.
    Node(&'a Node<L>),
    /// At its end.
    Leaf(&'a L),
    /// In an empty tree.
    Nowhere,
}

impl<'a, L: Leaf> Descent<'a, L> {
    pub(super) fn new(root: Option<&'a Child<L>>) -> Descent<'a, L> {
        match root {
            None => Descent::Nowhere,
            Some(Child::Leaf(leaf)) => Descent::Leaf(leaf),
            Some(Child::Node(node)) => Descent::Node(node),
        }
    }

    /// Goes on by a level; false if it is at its end.
    #[inline]
    pub fn step(&mut self, seek: &mut impl Seek<L>) -> bool {
        let Descent::Node(node) = *self else { return false };
        let at = seek.child(node);
        *self = match &node.kids {
            Kids::Nodes(nodes) => {
                let node = nodes[at].as_ref().expect(FILLED);
                node.prefetch();
                Descent::Node(node)
            }
            Kids::Leaves(leaves) => {
                let leaf = leaves[at].as_ref().expect(FILLED);
                leaf.prefetch_all();
                Descent::Leaf(leaf)
            }
        };
        true
    }
}

/// A leaf of a tree, and the way to it.
pub struct Walk<'a, L: Leaf> {
    leaf: Option<&'a L>,
    /// From the root downwards: nodes, and which child of each the way goes through.
    path: [Option<(&'a Node<L>, usize)>; LEVELS_MAX],
    levels: usize,
}

impl<'a, L: Leaf> Walk<'a, L> {
    pub(super) fn new(root: Option<&'a Child<L>>, position: usize) -> (Walk<'a, L>, usize) {
        let mut walk = Walk { leaf: None, path: [None; LEVELS_MAX], levels: 0 };
        let mut at = At(position);
        match root {
            None => {}
            Some(Child::Leaf(leaf)) => walk.leaf = Some(leaf),
            Some(Child::Node(node)) => walk.descend(node, |node| at.child(node)),
        }
        (walk, at.0)
    }

    fn descend(&mut self, mut node: &'a Node<L>, mut child: impl FnMut(&Node<L>) -> usize) {
        loop {
            let at = child(node);
            self.path[self.levels] = Some((node, at));
            self.levels += 1;
            match &node.kids {
                Kids::Nodes(nodes) => node = nodes[at].as_ref().expect(FILLED),
                Kids::Leaves(leaves) => {
                    self.leaf = leaves[at].as_ref();
                    return;
                }
            }
        }
    }

    /// The leaf where the walk is. None in an empty tree, or when the walk is over.
    #[inline]
    pub fn leaf(&self) -> Option<&'a L> {
        self.leaf
    }

    /// Goes on to the next leaf.
    pub fn forward(&mut self) -> Option<&'a L> {
        self.step(|at, len| (at + 1 < len).then_some(at + 1), |_| 0)
    }

    /// Goes back to the leaf before.
    pub fn back(&mut self) -> Option<&'a L> {
        self.step(|at, _| at.checked_sub(1), |node| node.len - 1)
    }

    /// The next leaf or the one before, if it is below the same node: to ask for it while this one is read.
    #[inline]
    fn neighbour(&self, is_next: bool) -> Option<&'a L> {
        let (node, at) = self.path[self.levels.checked_sub(1)?]?;
        let at = if is_next { at + 1 } else { at.checked_sub(1)? };
        match &node.kids {
            Kids::Leaves(leaves) => leaves.get(at)?.as_ref(),
            Kids::Nodes(_) => None,
        }
    }

    /// Goes up until there is a neighbour, and down again.
    #[inline]
    fn step(
        &mut self,
        neighbour: impl Fn(usize, usize) -> Option<usize>,
        end: impl Fn(&Node<L>) -> usize,
    ) -> Option<&'a L> {
        self.leaf = None;
        while self.levels > 0 {
            self.levels -= 1;
            let (node, at) = self.path[self.levels].expect("the path is as long as it says");
            if let Some(at) = neighbour(at, node.len) {
                let mut first = Some(at);
                self.descend(node, |node| first.take().unwrap_or_else(|| end(node)));
                break;
            }
        }
        self.leaf
    }

    /// All leaves of the tree below its nodes, for checks.
    #[cfg(test)]
    pub(super) fn children(node: &Arc<Node<L>>) -> Vec<Child<L>> {
        match &node.kids {
            Kids::Nodes(nodes) => nodes.iter().flatten().cloned().map(Child::Node).collect(),
            Kids::Leaves(leaves) => leaves.iter().flatten().cloned().map(Child::Leaf).collect(),
        }
    }
}

impl<K: Kind> Tree<Rows<K>> {
    /// Visits the leaves with the rows of a range of positions, which must lie in the tree, and which rows of each are meant, until
    /// `visit` is false. Says whether it came to the end.
    #[inline]
    pub fn each_leaf(
        &self,
        range: Range<usize>,
        is_forward: bool,
        mut visit: impl FnMut(&Rows<K>, Range<usize>) -> bool,
    ) -> bool {
        let mut left = range.len();
        let (mut walk, mut row) = self.walk(if is_forward { range.start } else { range.end.saturating_sub(1) });
        while left > 0
            && let Some(leaf) = walk.leaf()
        {
            let rows =
                if is_forward { row..leaf.len().min(row + left) } else { (row + 1).saturating_sub(left)..row + 1 };
            left -= rows.len();
            if left > 0
                && let Some(next) = walk.neighbour(is_forward)
            {
                next.prefetch_all();
            }
            if !visit(leaf, rows) {
                return false;
            }
            if left > 0 {
                row = if is_forward {
                    walk.forward();
                    0
                } else {
                    walk.back().map_or(0, |leaf| leaf.len() - 1)
                };
            }
        }
        true
    }

    /// The rows of a range of positions, which must lie in the tree.
    #[inline]
    pub fn rows(&self, range: Range<usize>) -> Forward<'_, K> {
        let (walk, row) = self.walk(range.start);
        Forward(Span::new(walk, range.len(), true, |leaf, left| row..leaf.len().min(row + left)))
    }

    /// The rows of a range of positions, which must lie in the tree, from its end to its start.
    #[inline]
    pub fn rows_back(&self, range: Range<usize>) -> Backward<'_, K> {
        let (walk, row) = self.walk(range.end.saturating_sub(1));
        Backward(Span::new(walk, range.len(), false, |_, left| (row + 1).saturating_sub(left)..row + 1))
    }
}

/// Rows of a range, of which one leaf's are at hand.
struct Span<'a, K: Kind> {
    walk: Walk<'a, Rows<K>>,
    cells: Option<Cells<'a, K>>,
    /// Rows to come behind those of `cells`.
    left: usize,
}

impl<'a, K: Kind> Span<'a, K> {
    #[inline]
    fn new(
        walk: Walk<'a, Rows<K>>,
        left: usize,
        is_forward: bool,
        rows: impl FnOnce(&Rows<K>, usize) -> Range<usize>,
    ) -> Span<'a, K> {
        let mut span = Span { cells: None, left, walk };
        if left > 0 {
            span.enter(is_forward, rows);
        }
        span
    }

    /// Takes rows of the leaf where the walk is, and asks for the leaf that comes next.
    #[inline]
    fn enter(&mut self, is_forward: bool, rows: impl FnOnce(&Rows<K>, usize) -> Range<usize>) {
        self.cells = self.walk.leaf().map(|leaf| {
            let rows = rows(leaf, self.left);
            self.left -= rows.len();
            leaf.cells(rows)
        });
        if self.left > 0
            && let Some(next) = self.walk.neighbour(is_forward)
        {
            next.prefetch_all();
        }
    }

    fn len(&self) -> usize {
        self.left + self.cells.as_ref().map_or(0, ExactSizeIterator::len)
    }
}

/// Rows towards the end: fixed bytes and string.
pub struct Forward<'a, K: Kind>(Span<'a, K>);

impl<K: Kind> Forward<'_, K> {
    /// Goes on to the next leaf. Says whether there are more rows.
    #[inline(never)]
    fn turn(&mut self) -> bool {
        let is_more = self.0.left > 0;
        if is_more {
            self.0.walk.forward();
            self.0.enter(true, |leaf, left| 0..leaf.len().min(left));
        }
        is_more
    }
}

impl<'a, K: Kind> Iterator for Forward<'a, K> {
    type Item = (&'a [u8], Text<'a>);

    // In the loop of whoever walks: 4 instead of 7 ns a row.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(cell) = self.0.cells.as_mut()?.next() {
                return Some(cell);
            }
            if !self.turn() {
                return None;
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<K: Kind> ExactSizeIterator for Forward<'_, K> {}

/// Rows towards the start: fixed bytes and string.
pub struct Backward<'a, K: Kind>(Span<'a, K>);

impl<K: Kind> Backward<'_, K> {
    /// Goes back to the leaf before. Says whether there are more rows.
    #[inline(never)]
    fn turn(&mut self) -> bool {
        let is_more = self.0.left > 0;
        if is_more {
            self.0.walk.back();
            self.0.enter(false, |leaf, left| leaf.len().saturating_sub(left)..leaf.len());
        }
        is_more
    }
}

impl<'a, K: Kind> Iterator for Backward<'a, K> {
    type Item = (&'a [u8], Text<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(cell) = self.0.cells.as_mut()?.next_back() {
                return Some(cell);
            }
            if !self.turn() {
                return None;
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<K: Kind> ExactSizeIterator for Backward<'_, K> {}
