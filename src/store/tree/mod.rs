//! One counted B+ tree for everything that has an order: lists (by position), sorted sets (by score and member).
//!
//! ```text
//!     node     | bytes below | counts: elements below each child | marks: first element of each child | children |
//!                                    |
//!     node     ...                   +--> ...
//!                 |
//!     leaf        [ a b c ]  [ d e ]  [ f g h i ] ...        all leaves at one depth
//! ```
//!
//! Elements lie in leaves, which the tree knows only as [`Leaf`]: something that has a length, can be split and appended,
//! and is cheap to clone. A node knows how many elements are below each child (so a position is found by adding up
//! counts, and the rank of what was found comes for free) and a *mark* of each child's first element: of fixed size, in the same
//! order as the elements, possibly equal for different ones. What looks for a key is a [`Seek`]: it is asked for the child in
//! each node.
//!
//! **Sharing.** Nodes are counted pointers. A clone of the tree raises one count; a write then copies what is shared on its
//! way from the root, and changes the rest in place. So whether a node is shared is asked only below nodes that are not.
//!
//! **Balance** is relaxed: a node that overflows is split in the middle, at the two ends of the tree so that the one inside
//! stays full (whoever only appends gets full leaves); one that a removal leaves with little is merged with a neighbour if both
//! fit. Nothing is moved between neighbours otherwise.
//!
//! **Ranges** are cut out by splitting the tree at both ends and joining what is left: nodes along the cuts are changed,
//! whole subtrees move, and what was cut out is returned as a tree, for somebody to free who has the time.
//!
//! It does not know what an element is, what it is compared by, nor who shares it.
//!
//! What it takes is measured by `tools/bench_tree.rs`; a list of a million elements: 55 ns for a push, 0.2 µs for a change
//! anywhere, 0.4 µs for a range of 100. With a clone alive, a change that copies a node and a leaf takes 2 µs.

mod rows;
mod walk;

#[cfg(test)]
mod tests;

pub use rows::{Appender, BLOCK, Cells, HEAD, Kind, New, ROOM, Rows, integer_len};
pub use walk::{Backward, Descent, Forward, Walk};

use crate::base::prefetch::prefetch;
use triomphe::Arc;

/// Children of a node. With this number the nodes of lists and of sorted sets fill size classes of the allocator: 760 bytes
/// of 768, 1240 of 1280. With 18 a change that copies takes the same time (the memory that it takes for the copies is what
/// costs), one that does not takes a quarter more.
pub const FAN: usize = 30;

/// What becomes one node when two neighbours have no more children: well below what splits it again.
const MERGED_AT_MOST: usize = FAN * 3 / 4;

/// Levels of nodes: with hardly three children each that is a thousand million leaves.
pub const LEVELS_MAX: usize = 20;

/// How a leaf or node that is too big is split.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// Into halves.
    Even,
    /// It is the first of all: the right half takes all that it has room for.
    First,
    /// It is the last of all: the left half keeps all that it has room for.
    Last,
}

/// What the tree asks of its leaves. A leaf shares its contents with its clones and copies them when it is changed.
pub trait Leaf: Clone {
    /// Stands for an element in nodes.
    type Mark: Copy + Default + PartialEq + std::fmt::Debug;

    /// A leaf that weighs more is split.
    const FULL: usize;

    /// The number of elements.
    fn len(&self) -> usize;

    /// Whether there is none: such a leaf leaves the tree.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The mark of the first element; there is one.
    fn mark(&self) -> Self::Mark;

    /// The bytes of memory that the leaf and all that it holds take.
    fn bytes(&self) -> usize;

    /// How full it is.
    fn weight(&self) -> usize;

    /// Splits a leaf of two elements or more: what stays and what is returned both have some.
    fn split(&mut self, share: Share) -> Self;

    /// Moves the elements from an index on out of it.
    fn split_off(&mut self, at: usize) -> Self;

    /// Adds the elements of the next leaf.
    fn append(&mut self, next: Self);

    /// Asks for the count that cloning will raise.
    fn prefetch_count(&self);

    /// Asks for all of it.
    fn prefetch_all(&self);
}

/// Finds the way to a leaf.
pub trait Seek<L: Leaf> {
    /// The child of a node to go on with.
    fn child(&mut self, node: &Node<L>) -> usize;
}

/// The element at a position; one behind all others leads to the last leaf. In the leaf, what is left of it is the
/// index.
pub struct At(pub usize);

impl<L: Leaf> Seek<L> for At {
    #[inline]
    fn child(&mut self, node: &Node<L>) -> usize {
        let counts = node.counts();
        for (i, &count) in counts[..counts.len() - 1].iter().enumerate() {
            if self.0 < count {
                return i;
            }
            self.0 -= count;
        }
        counts.len() - 1
    }
}

/// The first leaf.
pub struct First;

impl<L: Leaf> Seek<L> for First {
    #[inline]
    fn child(&mut self, _: &Node<L>) -> usize {
        0
    }
}

/// The last leaf.
pub struct Last;

impl<L: Leaf> Seek<L> for Last {
    #[inline]
    fn child(&mut self, node: &Node<L>) -> usize {
        node.len - 1
    }
}

// ---- Nodes ----------------------------------------------------------------------------------------------------------

/// An array that is filled from the front: children lie in the node itself.
type Slots<T> = [Option<T>; FAN];

const FILLED: &str = "a child below the number of children is there";

#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "nearly all nodes are above leaves")]
enum Kids<L: Leaf> {
    Nodes(Slots<Arc<Node<L>>>),
    Leaves(Slots<L>),
}

/// A node above leaves or other nodes.
pub struct Node<L: Leaf> {
    /// Bytes of this node and all below it.
    bytes: usize,
    /// Elements below.
    count: usize,
    /// The number of children: from 1 on.
    len: usize,
    counts: [usize; FAN],
    marks: [L::Mark; FAN],
    kids: Kids<L>,
}

impl<L: Leaf> Clone for Node<L> {
    fn clone(&self) -> Node<L> {
        // The counts of the children are about to be raised, one after another: their lines may come together.
        match &self.kids {
            Kids::Nodes(nodes) => nodes.iter().flatten().for_each(|node| prefetch(Arc::as_ptr(node).cast::<u8>())),
            Kids::Leaves(leaves) => leaves.iter().flatten().for_each(L::prefetch_count),
        }
        Node { kids: self.kids.clone(), ..*self }
    }
}

/// A leaf or a node, on its way from one place to another.
enum Child<L: Leaf> {
    Leaf(L),
    Node(Arc<Node<L>>),
}

impl<L: Leaf> Child<L> {
    fn count(&self) -> usize {
        match self {
            Child::Leaf(leaf) => leaf.len(),
            Child::Node(node) => node.count,
        }
    }

    fn mark(&self) -> L::Mark {
        match self {
            Child::Leaf(leaf) => leaf.mark(),
            Child::Node(node) => node.marks[0],
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Child::Leaf(leaf) => leaf.bytes(),
            Child::Node(node) => node.bytes,
        }
    }
}

impl<L: Leaf> Clone for Child<L> {
    fn clone(&self) -> Child<L> {
        match self {
            Child::Leaf(leaf) => Child::Leaf(leaf.clone()),
            Child::Node(node) => Child::Node(node.clone()),
        }
    }
}

/// Opens a gap at `at` in the first `len` slots and fills it.
fn insert<T>(slots: &mut [T], len: usize, at: usize, item: T) {
    slots[at..=len].rotate_right(1);
    slots[at] = item;
}

impl<L: Leaf> Node<L> {
    /// What a node takes, with its count.
    const BYTES: usize = size_of::<Node<L>>() + size_of::<usize>();

    /// A node above one child.
    fn new(child: Child<L>) -> Node<L> {
        let mut counts = [0; FAN];
        let mut marks = [L::Mark::default(); FAN];
        (counts[0], marks[0]) = (child.count(), child.mark());
        let bytes = Self::BYTES + child.bytes();
        let kids = match child {
            Child::Leaf(leaf) => {
                let mut leaves = [const { None }; FAN];
                leaves[0] = Some(leaf);
                Kids::Leaves(leaves)
            }
            Child::Node(node) => {
                let mut nodes = [const { None }; FAN];
                nodes[0] = Some(node);
                Kids::Nodes(nodes)
            }
        };
        Node { bytes, count: counts[0], len: 1, counts, marks, kids }
    }

    /// The number of elements below each child.
    #[inline]
    pub fn counts(&self) -> &[usize] {
        &self.counts[..self.len]
    }

    /// The mark of the first element of each child.
    #[inline]
    pub fn marks(&self) -> &[L::Mark] {
        &self.marks[..self.len]
    }

    /// Asks for what finding a child reads.
    #[inline]
    fn prefetch(&self) {
        prefetch(&raw const self.len);
        let marks = self.marks.as_ptr().cast::<u8>();
        (0..size_of_val(&self.marks)).step_by(64).for_each(|line| prefetch(marks.wrapping_add(line)));
    }

    /// The first leaf below a child: for those who need to know more than its mark.
    pub fn first_leaf(&self, child: usize) -> &L {
        let mut node = self;
        let mut at = child;
        loop {
            match &node.kids {
                Kids::Leaves(leaves) => return leaves[at].as_ref().expect(FILLED),
                Kids::Nodes(nodes) => node = nodes[at].as_ref().expect(FILLED),
            }
            at = 0;
        }
    }

    fn child_bytes(&self, at: usize) -> usize {
        match &self.kids {
            Kids::Nodes(nodes) => nodes[at].as_ref().expect(FILLED).bytes,
            Kids::Leaves(leaves) => leaves[at].as_ref().expect(FILLED).bytes(),
        }
    }

    fn insert(&mut self, at: usize, child: Child<L>) {
        self.bytes += child.bytes();
        self.count += child.count();
        insert(&mut self.counts, self.len, at, child.count());
        insert(&mut self.marks, self.len, at, child.mark());
        match (&mut self.kids, child) {
            (Kids::Nodes(nodes), Child::Node(node)) => insert(nodes, self.len, at, Some(node)),
            (Kids::Leaves(leaves), Child::Leaf(leaf)) => insert(leaves, self.len, at, Some(leaf)),
            _ => unreachable!("all leaves are at one depth"),
        }
        self.len += 1;
    }

    /// Takes a child out; its bytes are no longer this node's.
    fn remove(&mut self, at: usize) -> Child<L> {
        let child = match &mut self.kids {
            Kids::Nodes(nodes) => {
                nodes[at..self.len].rotate_left(1);
                Child::Node(nodes[self.len - 1].take().expect(FILLED))
            }
            Kids::Leaves(leaves) => {
                leaves[at..self.len].rotate_left(1);
                Child::Leaf(leaves[self.len - 1].take().expect(FILLED))
            }
        };
        self.counts[at..self.len].rotate_left(1);
        self.marks[at..self.len].rotate_left(1);
        self.len -= 1;
        self.bytes -= child.bytes();
        self.count -= child.count();
        child
    }

    /// Moves the children from an index on into a new node: there are some, and some before them.
    fn split_off(&mut self, at: usize) -> Node<L> {
        let (len, moved) = (self.len, self.len - at);
        // Their bytes have to be added up: of the side that has fewer.
        let bytes = if moved * 2 <= len {
            (at..len).map(|i| self.child_bytes(i)).sum::<usize>()
        } else {
            self.bytes - Self::BYTES - (0..at).map(|i| self.child_bytes(i)).sum::<usize>()
        };
        fn moved_to<T>(slots: &mut Slots<T>, at: usize, len: usize) -> Slots<T> {
            let mut right = [const { None }; FAN];
            right[..len - at].swap_with_slice(&mut slots[at..len]);
            right
        }
        let kids = match &mut self.kids {
            Kids::Nodes(nodes) => Kids::Nodes(moved_to(nodes, at, len)),
            Kids::Leaves(leaves) => Kids::Leaves(moved_to(leaves, at, len)),
        };
        let mut counts = [0; FAN];
        let mut marks = [L::Mark::default(); FAN];
        counts[..moved].copy_from_slice(&self.counts[at..len]);
        marks[..moved].copy_from_slice(&self.marks[at..len]);
        let count = counts.iter().sum::<usize>();
        self.len = at;
        self.bytes -= bytes;
        self.count -= count;
        Node { bytes: bytes + Self::BYTES, count, len: moved, counts, marks, kids }
    }

    /// Adds the children of the next node: there is room for them.
    fn append(&mut self, mut next: Node<L>) {
        let (at, len) = (self.len, self.len + next.len);
        self.counts[at..len].copy_from_slice(next.counts());
        self.marks[at..len].copy_from_slice(next.marks());
        match (&mut self.kids, &mut next.kids) {
            (Kids::Nodes(nodes), Kids::Nodes(more)) => nodes[at..len].swap_with_slice(&mut more[..next.len]),
            (Kids::Leaves(leaves), Kids::Leaves(more)) => leaves[at..len].swap_with_slice(&mut more[..next.len]),
            _ => unreachable!("all leaves are at one depth"),
        }
        self.len = len;
        self.bytes += next.bytes - Self::BYTES;
        self.count += next.count;
    }

    /// Adds a child; if there is no room for it, half of the children go to a new node, which is returned.
    fn insert_or_split(&mut self, at: usize, child: Child<L>, share: Share) -> Option<Node<L>> {
        if self.len < FAN {
            self.insert(at, child);
            return None;
        }
        let half = match share {
            Share::Even => FAN / 2,
            Share::First => 1,
            Share::Last => FAN - 1,
        };
        let mut right = self.split_off(half);
        if at > half || (at == half && share == Share::Last) {
            right.insert(at - half, child);
        } else {
            self.insert(at, child);
        }
        Some(right)
    }

    /// Writes down what is to be known of a child that was changed, and had so many bytes before.
    #[inline]
    fn note(&mut self, at: usize, bytes_before: usize) {
        let (count, mark, bytes) = match &self.kids {
            Kids::Nodes(nodes) => {
                let node = nodes[at].as_ref().expect(FILLED);
                (node.count, node.marks[0], node.bytes)
            }
            Kids::Leaves(leaves) => {
                let leaf = leaves[at].as_ref().expect(FILLED);
                (leaf.len(), leaf.mark(), leaf.bytes())
            }
        };
        self.bytes = self.bytes + bytes - bytes_before;
        self.count = self.count + count - self.counts[at];
        self.counts[at] = count;
        self.marks[at] = mark;
    }

    /// Merges a child that has little with a neighbour if both fit into one.
    fn tidy(&mut self, at: usize) {
        if !self.is_light(at) {
            return;
        }
        if at + 1 < self.len && self.fit_together(at) {
            self.merge(at);
        } else if at > 0 && self.fit_together(at - 1) {
            self.merge(at - 1);
        }
    }

    fn is_light(&self, at: usize) -> bool {
        match &self.kids {
            Kids::Nodes(nodes) => nodes[at].as_ref().expect(FILLED).len <= FAN / 3,
            Kids::Leaves(leaves) => leaves[at].as_ref().expect(FILLED).weight() <= L::FULL / 3,
        }
    }

    fn fit_together(&self, at: usize) -> bool {
        match &self.kids {
            Kids::Nodes(nodes) => {
                let [a, b] = [at, at + 1].map(|i| nodes[i].as_ref().expect(FILLED));
                a.len + b.len <= MERGED_AT_MOST
            }
            Kids::Leaves(leaves) => {
                let [a, b] = [at, at + 1].map(|i| leaves[i].as_ref().expect(FILLED));
                a.weight() + b.weight() <= L::FULL / 4 * 3
            }
        }
    }

    /// Merges a child with the next one.
    fn merge(&mut self, at: usize) {
        let right = self.remove(at + 1);
        let before = self.child_bytes(at);
        match (&mut self.kids, right) {
            (Kids::Nodes(nodes), Child::Node(right)) => {
                let left = Arc::make_mut(nodes[at].as_mut().expect(FILLED));
                left.append(Arc::unwrap_or_clone(right));
            }
            (Kids::Leaves(leaves), Child::Leaf(right)) => leaves[at].as_mut().expect(FILLED).append(right),
            _ => unreachable!("all leaves are at one depth"),
        }
        self.note(at, before);
    }

    /// Finds a leaf, has it changed, and mends what that does to this node. What does not fit into this node any more is
    /// returned as the next one.
    fn edit<S: Seek<L>, R>(
        &mut self,
        seek: &mut S,
        share: Edges,
        act: impl FnOnce(&mut L, &mut S) -> R,
    ) -> (R, Option<Node<L>>) {
        let at = seek.child(self);
        let edges = share.below(at, self.len);
        let (result, more, is_empty, is_less);
        let before = self.child_bytes(at);
        match &mut self.kids {
            Kids::Nodes(nodes) => {
                let node = Arc::make_mut(nodes[at].as_mut().expect(FILLED));
                let len = node.len;
                let next;
                (result, next) = node.edit(seek, edges, act);
                more = next.map(|next| Child::Node(Arc::new(next)));
                (is_empty, is_less) = (node.len == 0, node.len < len);
            }
            Kids::Leaves(leaves) => {
                let leaf = leaves[at].as_mut().expect(FILLED);
                let weight = leaf.weight();
                result = act(leaf, seek);
                (is_empty, is_less) = (leaf.is_empty(), leaf.weight() < weight);
                let is_over = leaf.weight() > L::FULL && leaf.len() > 1;
                more = is_over.then(|| Child::Leaf(leaf.split(edges.share())));
            }
        }
        if is_empty {
            self.drop_empty(at, before);
            return (result, None);
        }
        self.note(at, before);
        if let Some(child) = more {
            return (result, self.insert_or_split(at + 1, child, share.share()));
        }
        if is_less {
            self.tidy(at);
        }
        (result, None)
    }

    /// Lets a child go that has become empty, and had so many bytes before.
    fn drop_empty(&mut self, at: usize, bytes_before: usize) {
        let bytes = self.child_bytes(at);
        self.bytes = self.bytes + bytes - bytes_before;
        self.count -= self.counts[at];
        drop(self.remove(at));
    }

    /// Splits what is below at a position inside: what is behind it is returned.
    fn cut(&mut self, position: usize) -> Node<L> {
        let mut at = At(position);
        let i = at.child(self);
        let At(rest) = at;
        if rest == 0 {
            return self.split_off(i);
        }
        let before = self.child_bytes(i);
        let cut = match &mut self.kids {
            Kids::Nodes(nodes) => Child::Node(Arc::new(Arc::make_mut(nodes[i].as_mut().expect(FILLED)).cut(rest))),
            Kids::Leaves(leaves) => Child::Leaf(leaves[i].as_mut().expect(FILLED).split_off(rest)),
        };
        self.note(i, before);
        if i + 1 == self.len {
            return Node::new(cut);
        }
        let mut right = self.split_off(i + 1);
        right.insert(0, cut);
        right
    }

    /// Puts a child, so many levels below this node, before or behind all others. What does not fit is returned.
    fn graft(&mut self, child: Child<L>, levels: u32, share: Share) -> Option<Node<L>> {
        let is_last = share == Share::Last;
        if levels == 0 {
            let at = if is_last { self.len } else { 0 };
            return self.insert_or_split(at, child, share);
        }
        let at = if is_last { self.len - 1 } else { 0 };
        let before = self.child_bytes(at);
        let Kids::Nodes(nodes) = &mut self.kids else { unreachable!("there are more levels") };
        let node = Arc::make_mut(nodes[at].as_mut().expect(FILLED));
        let next = node.graft(child, levels - 1, share);
        self.note(at, before);
        self.insert_or_split(at + 1, Child::Node(Arc::new(next?)), share)
    }

    /// The number of elements in the leaves that come first, or last; `leaves` of them are wanted, and counted down.
    fn outer(&self, leaves: &mut usize, is_last: bool) -> usize {
        match &self.kids {
            Kids::Leaves(_) => {
                let n = self.len.min(*leaves);
                *leaves -= n;
                let counts = self.counts();
                if is_last { &counts[self.len - n..] } else { &counts[..n] }.iter().sum()
            }
            Kids::Nodes(nodes) => {
                let mut sum = 0;
                for i in 0..self.len {
                    if *leaves == 0 {
                        break;
                    }
                    let at = if is_last { self.len - 1 - i } else { i };
                    sum += nodes[at].as_ref().expect(FILLED).outer(leaves, is_last);
                }
                sum
            }
        }
    }

    /// Merges what is light on the way to a position.
    fn mend(&mut self, mut position: At) {
        let at = position.child(self);
        let before = self.child_bytes(at);
        if let Kids::Nodes(nodes) = &mut self.kids {
            Arc::make_mut(nodes[at].as_mut().expect(FILLED)).mend(position);
            self.note(at, before);
        }
        self.tidy(at);
    }
}

/// Whether what is below is the first or the last of all.
#[derive(Clone, Copy)]
struct Edges {
    is_first: bool,
    is_last: bool,
}

impl Edges {
    const BOTH: Edges = Edges { is_first: true, is_last: true };

    fn below(self, at: usize, len: usize) -> Edges {
        Edges { is_first: self.is_first && at == 0, is_last: self.is_last && at + 1 == len }
    }

    fn share(self) -> Share {
        match self {
            Edges { is_last: true, .. } => Share::Last,
            Edges { is_first: true, .. } => Share::First,
            _ => Share::Even,
        }
    }
}

// ---- The tree -------------------------------------------------------------------------------------------------------

/// Elements in an order. Cloning is O(1).
pub struct Tree<L: Leaf> {
    root: Option<Child<L>>,
    /// Levels of nodes above the leaves.
    levels: u32,
}

impl<L: Leaf> Clone for Tree<L> {
    fn clone(&self) -> Tree<L> {
        Tree { root: self.root.clone(), levels: self.levels }
    }
}

impl<L: Leaf> Default for Tree<L> {
    fn default() -> Tree<L> {
        Tree::new()
    }
}

impl<L: Leaf> Tree<L> {
    /// Nothing, without any allocation.
    pub const fn new() -> Tree<L> {
        Tree { root: None, levels: 0 }
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.root.as_ref().map_or(0, Child::count)
    }

    /// Whether there is no element.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The bytes of all nodes and leaves and of what they hold.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.root.as_ref().map_or(0, Child::bytes)
    }

    /// The leaf that is looked for, and the number of elements before it. None in an empty tree.
    #[inline]
    pub fn find(&self, seek: &mut impl Seek<L>) -> Option<(&L, usize)> {
        let mut before = 0;
        let mut node = match self.root.as_ref()? {
            Child::Leaf(leaf) => return Some((leaf, 0)),
            Child::Node(node) => node,
        };
        loop {
            let at = seek.child(node);
            before += node.counts[..at].iter().sum::<usize>();
            match &node.kids {
                Kids::Nodes(nodes) => node = nodes[at].as_ref().expect(FILLED),
                Kids::Leaves(leaves) => return Some((leaves[at].as_ref().expect(FILLED), before)),
            }
        }
    }

    /// The leaf that is looked for, by one who does not ask how many elements are before it.
    #[inline]
    pub fn leaf(&self, seek: &mut impl Seek<L>) -> Option<&L> {
        let mut node = match self.root.as_ref()? {
            Child::Leaf(leaf) => return Some(leaf),
            Child::Node(node) => node,
        };
        loop {
            let at = seek.child(node);
            match &node.kids {
                Kids::Nodes(nodes) => node = nodes[at].as_ref().expect(FILLED),
                Kids::Leaves(leaves) => return leaves[at].as_ref(),
            }
        }
    }

    /// The way to a leaf, from the root.
    #[inline]
    pub fn descent(&self) -> Descent<'_, L> {
        Descent::new(self.root.as_ref())
    }

    /// The leaf with the element at a position, and its index there.
    #[inline]
    pub fn at(&self, position: usize) -> Option<(&L, usize)> {
        if position >= self.len() {
            return None;
        }
        let mut at = At(position);
        let leaf = self.leaf(&mut at)?;
        Some((leaf, at.0))
    }

    /// The number of elements in so many leaves: the first ones, or the last. Whole nodes of leaves are passed over at once.
    pub fn outer(&self, leaves: usize, is_last: bool) -> usize {
        match &self.root {
            Some(Child::Node(node)) => node.outer(&mut { leaves }, is_last),
            Some(Child::Leaf(leaf)) if leaves > 0 => leaf.len(),
            _ => 0,
        }
    }

    /// The number of leaves.
    pub fn leaves(&self) -> usize {
        let mut left = usize::MAX;
        match &self.root {
            Some(Child::Node(node)) => _ = node.outer(&mut left, false),
            Some(Child::Leaf(_)) => return 1,
            None => {}
        }
        usize::MAX - left
    }

    /// Has the leaf that is looked for changed: it may lose all elements, or get some more, up to about one that is
    /// as large as elements get. An empty tree begins with the leaf that is given.
    #[inline]
    pub fn edit<S: Seek<L>, R>(
        &mut self,
        seek: &mut S,
        begin: impl FnOnce() -> L,
        act: impl FnOnce(&mut L, &mut S) -> R,
    ) -> R {
        let (result, more) = match self.root.get_or_insert_with(|| Child::Leaf(begin())) {
            Child::Leaf(leaf) => {
                let result = act(leaf, seek);
                let is_over = leaf.weight() > L::FULL && leaf.len() > 1;
                (result, is_over.then(|| Child::Leaf(leaf.split(Share::Last))))
            }
            Child::Node(node) => {
                let (result, more) = Arc::make_mut(node).edit(seek, Edges::BOTH, act);
                (result, more.map(|node| Child::Node(Arc::new(node))))
            }
        };
        match more {
            Some(more) => self.grow(more),
            None => self.collapse(),
        }
        result
    }

    /// The root gets a neighbour, and so a node above it.
    #[cold]
    fn grow(&mut self, more: Child<L>) {
        let mut root = Node::new(self.root.take().expect("there is a root"));
        root.insert(1, more);
        self.root = Some(Child::Node(Arc::new(root)));
        self.levels += 1;
        debug_assert!(self.levels as usize <= LEVELS_MAX);
    }

    /// A root that is empty goes, one with a single child gives way to it.
    #[inline]
    fn collapse(&mut self) {
        match &self.root {
            Some(Child::Node(node)) if node.len > 1 => {}
            Some(Child::Leaf(leaf)) if !leaf.is_empty() => {}
            _ => self.collapse_some(),
        }
    }

    #[cold]
    fn collapse_some(&mut self) {
        loop {
            match self.root.take() {
                Some(Child::Node(mut node)) if node.len == 1 => {
                    self.root = Some(Arc::make_mut(&mut node).remove(0));
                    self.levels -= 1;
                }
                Some(root) if root.count() > 0 => {
                    self.root = Some(root);
                    return;
                }
                _ => {
                    self.levels = 0;
                    return;
                }
            }
        }
    }

    /// Adds a leaf behind all others.
    pub fn push_leaf(&mut self, leaf: L) {
        self.join_child(Child::Leaf(leaf), 0, Share::Last);
    }

    /// Adds a leaf before all others.
    pub fn push_leaf_front(&mut self, leaf: L) {
        self.join_child(Child::Leaf(leaf), 0, Share::First);
    }

    /// Joins a tree of at most as many levels to the front or the back.
    fn join_child(&mut self, child: Child<L>, levels: u32, share: Share) {
        if child.count() == 0 {
            return;
        }
        let Some(root) = &mut self.root else {
            self.root = Some(child);
            self.levels = levels;
            return;
        };
        let more = match root {
            Child::Node(node) if self.levels > levels => {
                let more = Arc::make_mut(node).graft(child, self.levels - levels - 1, share);
                more.map(|node| Child::Node(Arc::new(node)))
            }
            root if share == Share::First => Some(std::mem::replace(root, child)),
            _ => Some(child),
        };
        if let Some(more) = more {
            self.grow(more);
        }
    }

    /// Adds all elements of another tree behind the last one.
    pub fn append(&mut self, mut next: Tree<L>) {
        let seam = self.len();
        if self.levels >= next.levels {
            let Some(root) = next.root else { return };
            self.join_child(root, next.levels, Share::Last);
        } else {
            std::mem::swap(self, &mut next);
            let Some(root) = next.root else { return };
            self.join_child(root, next.levels, Share::First);
        }
        if seam > 0 {
            self.mend(seam - 1);
            self.mend(seam);
        }
    }

    /// Merges what is light on the way to a position.
    fn mend(&mut self, position: usize) {
        if let Some(Child::Node(node)) = &mut self.root
            && position < node.count
        {
            Arc::make_mut(node).mend(At(position));
            self.collapse();
        }
    }

    /// Cuts off the elements from a position on.
    pub fn split_off(&mut self, position: usize) -> Tree<L> {
        if position >= self.len() {
            return Tree::new();
        }
        if position == 0 {
            return std::mem::take(self);
        }
        let root = match self.root.as_mut().expect("there are elements") {
            Child::Leaf(leaf) => Child::Leaf(leaf.split_off(position)),
            Child::Node(node) => Child::Node(Arc::new(Arc::make_mut(node).cut(position))),
        };
        let mut right = Tree { root: Some(root), levels: self.levels };
        self.collapse();
        right.collapse();
        self.mend(position - 1);
        right.mend(0);
        right
    }

    /// Cuts out the elements of a range of positions.
    pub fn remove_range(&mut self, range: std::ops::Range<usize>) -> Tree<L> {
        if range.start >= range.end {
            return Tree::new();
        }
        let behind = self.split_off(range.end);
        let removed = self.split_off(range.start);
        self.append(behind);
        removed
    }

    /// The leaves from a position on, in both directions, and the index of the position in the first one.
    pub fn walk(&self, position: usize) -> (Walk<'_, L>, usize) {
        Walk::new(self.root.as_ref(), position)
    }
}
