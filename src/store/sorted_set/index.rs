//! The member index: from a member's hash to its score, which leads to its place in the order.
//!
//! ```text
//!     row      | hash: u32 | score: f64 | name: the member, or nothing |       rows in the order of hashes
//! ```
//!
//! A row does not say which member it belongs to: whoever finds one looks in the order whether the member has that score.
//! That makes 13 bytes of a row, whatever the member's length.
//!
//! SCAN goes through the rows, since a member's hash never changes, and must find the member for each. Few elements have
//! its score, as a rule, so they are hashed until one fits; where more than [`super::NAMED_OVER`] share a score,
//! rows hold the member itself as a name.

use super::order::{number, partition};
use crate::base::buffer::Text;
use crate::store::tree::{Appender, At, BLOCK, Descent, HEAD, Kind, Leaf, New, Node, ROOM, Rows, Seek, Tree};

/// The leaves of an index.
pub(super) enum Hashed {}

impl Kind for Hashed {
    type Mark = u32;
    const FIXED: usize = 12;
    const FULL: usize = ROOM;
    const INLINE_MAX: usize = super::INLINE_MAX;
    const OWNS_BUFFERS: bool = false;

    #[inline]
    fn mark(rows: &Rows<Hashed>) -> u32 {
        hash_of(rows.fixed(0))
    }
}

#[inline]
fn hash_of(fixed: &[u8]) -> u32 {
    u32::from_le_bytes(*fixed.first_chunk().expect("a row has twelve bytes"))
}

#[inline]
fn score_of(fixed: &[u8]) -> f64 {
    number(&fixed[4..])
}

#[inline]
fn fixed(hash: u32, score: f64) -> [u8; 12] {
    let mut fixed = [0; 12];
    fixed[..4].copy_from_slice(&hash.to_le_bytes());
    fixed[4..].copy_from_slice(&score.to_le_bytes());
    fixed
}

/// Before all rows of a hash.
pub(super) struct Before(pub u32);

impl Seek<Rows<Hashed>> for Before {
    #[inline]
    fn child(&mut self, node: &Node<Rows<Hashed>>) -> usize {
        let before = node.marks().iter().map(|mark| usize::from(*mark < self.0)).sum::<usize>();
        before.saturating_sub(1)
    }
}

impl Before {
    #[inline]
    fn row(&self, rows: &Rows<Hashed>) -> usize {
        rows.prefetch_all();
        let all = rows.fixed_all();
        partition(rows.len(), |row| hash_of(&all[row * Hashed::FIXED..]) < self.0)
    }
}

/// A row as it is read.
pub(super) struct Row<'a> {
    pub hash: u32,
    pub score: f64,
    pub name: Option<Text<'a>>,
}

impl Row<'_> {
    /// Whether it has this name, and this score.
    pub fn is_of(&self, member: &[u8], score: f64) -> bool {
        self.score.to_bits() == score.to_bits() && self.name.is_some_and(|name| super::bytes(name) == member)
    }
}

fn read(rows: &Rows<Hashed>, row: usize) -> Row<'_> {
    let fixed = rows.fixed(row);
    // An empty member has no name either: it is the first of its score.
    let name = match rows.text(row) {
        Text::Bytes([]) => None,
        text => Some(text),
    };
    Row { hash: hash_of(fixed), score: score_of(fixed), name }
}

/// A name on its way into a row.
fn new_name(name: Option<Text<'_>>) -> New<'_> {
    match name {
        Some(Text::Bytes(bytes)) => New::Bytes(bytes),
        Some(Text::Shared(buffer)) => New::Big(buffer.clone()),
        Some(Text::Int(_) | Text::Pieces(_)) | None => New::Bytes(b""),
    }
}

/// Where a row is, until the index changes.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In the leaf to which its hash leads.
    Row(usize),
    /// In a later one, since rows of that hash go on there.
    Position(usize),
}

/// The rows of a hash, from one on.
#[derive(Clone)]
struct Run<'a> {
    index: &'a Index,
    hash: u32,
    leaf: Option<&'a Rows<Hashed>>,
    row: usize,
    /// Known if the leaf is not the one to which the hash leads.
    position: Option<usize>,
}

impl<'a> Iterator for Run<'a> {
    type Item = (&'a Rows<Hashed>, usize, Place);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let mut leaf = self.leaf?;
        if self.row == leaf.len() {
            leaf = self.next_leaf()?;
        }
        if hash_of(leaf.fixed(self.row)) != self.hash {
            return None;
        }
        let place = self.position.map_or(Place::Row(self.row), Place::Position);
        let row = self.row;
        self.row += 1;
        self.position = self.position.map(|position| position + 1);
        Some((leaf, row, place))
    }
}

impl<'a> Run<'a> {
    #[cold]
    fn next_leaf(&mut self) -> Option<&'a Rows<Hashed>> {
        let rest = |index: &Index, hash| {
            let mut before = Before(hash);
            index.tree.find(&mut before).map_or(0, |(leaf, start)| start + leaf.len())
        };
        let position = self.position.unwrap_or_else(|| rest(self.index, self.hash));
        (self.leaf, self.position) = (None, Some(position));
        let (leaf, row) = self.index.tree.at(position)?;
        (self.leaf, self.row) = (Some(leaf), row);
        self.leaf
    }
}

#[derive(Clone, Default)]
pub(super) struct Index {
    tree: Tree<Rows<Hashed>>,
}

/// Rows in the order of their hashes, on their way into an index.
pub(super) struct Filled(Appender<Hashed>);

/// What a leaf gets then: three quarters, as after insertions all over the place, so that the next ones do not split all leaves at
/// once. With the row that goes over it the block is a size class.
const FILLED: usize = BLOCK / 4 * 3 - HEAD - Hashed::FIXED - 1;

impl Filled {
    pub fn new() -> Filled {
        Filled(Appender::filling(FILLED))
    }

    #[inline]
    pub fn push(&mut self, hash: u32, score: f64, name: Option<Text>) {
        self.0.push(&fixed(hash, score), new_name(name));
    }
}

impl Index {
    pub fn of(rows: Filled) -> Index {
        Index { tree: rows.0.finish() }
    }

    pub const fn new() -> Index {
        Index { tree: Tree::new() }
    }

    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// The rows of a hash.
    #[inline]
    fn run(&self, hash: u32) -> Run<'_> {
        let mut before = Before(hash);
        let leaf = self.tree.leaf(&mut before);
        let row = leaf.map_or(0, |leaf| before.row(leaf));
        Run { index: self, hash, leaf, row, position: None }
    }

    /// Where a member's row is, and what `is_it` answered to its score and to whether it has the member's name.
    ///
    /// Rows without names that agree in hash and score are as good as each other.
    #[inline]
    pub fn find<R>(
        &self,
        hash: u32,
        member: &[u8],
        mut is_it: impl FnMut(f64, bool) -> Option<R>,
    ) -> Option<(Place, R)> {
        let run = self.run(hash);
        let has_name = |leaf: &Rows<Hashed>, row| leaf.has_text(row) && leaf.bytes_of(row) == member;
        // Of several with its name all but one are of elements that went.
        let mut named = run.clone().filter(|(leaf, row, _)| has_name(leaf, *row));
        let found = named.find_map(|(leaf, row, place)| Some((place, is_it(score_of(leaf.fixed(row)), true)?)));
        if found.is_some() {
            return found;
        }
        let mut nameless = run.filter(|(leaf, row, _)| !leaf.has_text(*row));
        nameless.find_map(|(leaf, row, place)| Some((place, is_it(score_of(leaf.fixed(row)), false)?)))
    }

    /// Adds a row.
    #[inline]
    pub fn insert(&mut self, hash: u32, score: f64, name: Option<Text>) {
        self.tree.edit(
            &mut Before(hash),
            || Rows::new(0),
            |leaf, before| {
                leaf.insert(before.row(leaf), &fixed(hash, score), new_name(name));
            },
        );
    }

    /// Has a row changed.
    #[inline]
    fn edit(&mut self, hash: u32, place: Place, act: impl FnOnce(&mut Rows<Hashed>, usize)) {
        match place {
            Place::Row(row) => self.tree.edit(&mut Before(hash), || Rows::new(0), |leaf, _| act(leaf, row)),
            Place::Position(at) => self.tree.edit(&mut At(at), || Rows::new(0), |leaf, at| act(leaf, at.0)),
        }
    }

    /// Takes a row out.
    #[inline]
    pub fn remove(&mut self, hash: u32, place: Place) {
        self.edit(hash, place, |leaf, row| {
            leaf.remove(row);
            leaf.shrink();
        });
    }

    /// Takes one of the rows out that fit a member and a score; if `keeps_name`, not the only one with the name.
    pub fn remove_one(&mut self, hash: u32, member: &[u8], score: f64, keeps_name: bool) {
        let (mut named, mut nameless, mut names) = (None, None, 0);
        for (leaf, row, place) in self.run(hash) {
            if score_of(leaf.fixed(row)).to_bits() != score.to_bits() {
                continue;
            }
            if !leaf.has_text(row) {
                nameless = Some(place);
            } else if leaf.bytes_of(row) == member {
                named = Some(place);
                names += 1;
            }
        }
        let place = if names > usize::from(keeps_name) { named } else { nameless };
        self.remove(hash, place.expect("each element has a row, there or gone"));
    }

    /// Changes a row's score, and its name if it has one or gets one.
    #[inline]
    pub fn set(&mut self, hash: u32, place: Place, score: f64, name: Option<Text>) {
        self.edit(hash, place, |leaf, row| {
            if leaf.has_text(row) || name.is_some() {
                leaf.set_text(row, new_name(name));
            }
            leaf.set_fixed(row, &fixed(hash, score));
        });
    }

    /// The number of rows before a hash.
    pub fn position(&self, hash: u32) -> usize {
        let mut before = Before(hash);
        self.tree.find(&mut before).map_or(0, |(leaf, start)| start + before.row(leaf))
    }

    /// Rows from a hash on.
    pub fn rows_from(&self, hash: u32) -> impl Iterator<Item = Row<'_>> {
        let (mut walk, mut row) = self.tree.walk(self.position(hash));
        std::iter::from_fn(move || {
            while row == walk.leaf()?.len() {
                walk.forward();
                row = 0;
            }
            row += 1;
            walk.leaf().map(|leaf| read(leaf, row - 1))
        })
    }

    /// A way down, to be gone by [`Before`] a hash.
    pub fn descent(&self) -> Descent<'_, Rows<Hashed>> {
        self.tree.descent()
    }

    /// The score of the first row of a hash in a leaf.
    #[inline]
    pub fn score_in(leaf: &Rows<Hashed>, hash: u32) -> Option<f64> {
        let row = Before(hash).row(leaf);
        let fixed = if row < leaf.len() { leaf.fixed(row) } else { return None };
        (hash_of(fixed) == hash).then(|| score_of(fixed))
    }

    /// Asks for what a lookup of the hash will read.
    pub fn prefetch(&self, hash: u32) {
        if let Some(leaf) = self.tree.leaf(&mut Before(hash)) {
            leaf.prefetch_all();
        }
    }

    #[cfg(test)]
    pub fn tree(&self) -> &Tree<Rows<Hashed>> {
        &self.tree
    }
}
