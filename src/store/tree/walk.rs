//! Walks from leaf to leaf and from row to row, forwards and backwards, without recursion.

use crate::base::buffer::Text;
use crate::store::tree::{At, Cells, Child, FILLED, Kids, Kind, LEVELS_MAX, Leaf, Node, Rows, Seek, Tree};
use std::ops::Range;
#[cfg(test)]
use triomphe::Arc;

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
                    if let Some(Some(next)) = leaves.get(at + 1) {
                        next.prefetch_count();
                    }
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
    /// The rows of a range of positions, which must lie in the tree.
    #[inline]
    pub fn rows(&self, range: Range<usize>) -> Forward<'_, K> {
        let (walk, row) = self.walk(range.start);
        Forward(Span::new(walk, range.len(), |leaf, left| row..leaf.len().min(row + left)))
    }

    /// The rows of a range of positions, which must lie in the tree, from its end to its start.
    #[inline]
    pub fn rows_back(&self, range: Range<usize>) -> Backward<'_, K> {
        let (walk, row) = self.walk(range.end.saturating_sub(1));
        Backward(Span::new(walk, range.len(), |_, left| (row + 1).saturating_sub(left)..row + 1))
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
    fn new(walk: Walk<'a, Rows<K>>, left: usize, first: impl FnOnce(&Rows<K>, usize) -> Range<usize>) -> Span<'a, K> {
        let mut span = Span { cells: None, left, walk };
        if let Some(leaf) = span.walk.leaf()
            && left > 0
        {
            let rows = first(leaf, left);
            span.left -= rows.len();
            span.cells = Some(leaf.cells(rows));
        }
        span
    }

    /// Goes on with rows of another leaf, if there are more to come.
    #[inline]
    fn next_leaf(
        &mut self,
        step: impl FnOnce(&mut Walk<'a, Rows<K>>) -> Option<&'a Rows<K>>,
        rows: impl FnOnce(&Rows<K>, usize) -> Range<usize>,
    ) -> Option<()> {
        if self.left == 0 {
            return None;
        }
        let leaf = step(&mut self.walk)?;
        let rows = rows(leaf, self.left);
        self.left -= rows.len();
        self.cells = Some(leaf.cells(rows));
        Some(())
    }

    fn len(&self) -> usize {
        self.left + self.cells.as_ref().map_or(0, ExactSizeIterator::len)
    }
}

/// Rows towards the end: fixed bytes and string.
pub struct Forward<'a, K: Kind>(Span<'a, K>);

impl<'a, K: Kind> Iterator for Forward<'a, K> {
    type Item = (&'a [u8], Text<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(cell) = self.0.cells.as_mut()?.next() {
                return Some(cell);
            }
            self.0.next_leaf(Walk::forward, |leaf, left| 0..leaf.len().min(left))?;
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

impl<'a, K: Kind> Iterator for Backward<'a, K> {
    type Item = (&'a [u8], Text<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(cell) = self.0.cells.as_mut()?.next_back() {
                return Some(cell);
            }
            self.0.next_leaf(Walk::back, |leaf, left| leaf.len().saturating_sub(left)..leaf.len())?;
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<K: Kind> ExactSizeIterator for Backward<'_, K> {}
