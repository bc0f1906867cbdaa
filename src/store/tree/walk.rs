//! Walks from leaf to leaf, forwards and backwards, without recursion.

use crate::store::tree::{At, Child, FILLED, Kids, LEVELS_MAX, Leaf, Node, Seek};
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
