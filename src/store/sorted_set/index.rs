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
use crate::store::tree::{At, Kind, Leaf, New, Node, ROOM, Rows, Seek, Tree};

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
fn fixed(hash: u32, score: f64) -> [u8; 12] {
    let mut fixed = [0; 12];
    fixed[..4].copy_from_slice(&hash.to_le_bytes());
    fixed[4..].copy_from_slice(&score.to_le_bytes());
    fixed
}

/// Before all rows of a hash.
struct Before(u32);

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

fn read(rows: &Rows<Hashed>, row: usize) -> Row<'_> {
    let fixed = rows.fixed(row);
    // An empty member has no name either: it is the first of its score.
    let name = match rows.text(row) {
        Text::Bytes([]) => None,
        text => Some(text),
    };
    Row { hash: hash_of(fixed), score: number(&fixed[4..]), name }
}

/// A name on its way into a row.
fn new_name(name: Option<Text<'_>>) -> New<'_> {
    match name {
        Some(Text::Bytes(bytes)) => New::Bytes(bytes),
        Some(Text::Shared(buffer)) => New::Big(buffer.clone()),
        Some(Text::Int(_)) | None => New::Bytes(b""),
    }
}

#[derive(Clone, Default)]
pub(super) struct Index {
    tree: Tree<Rows<Hashed>>,
}

impl Index {
    pub const fn new() -> Index {
        Index { tree: Tree::new() }
    }

    pub fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// The position of a member's row, and what `is_it` answered to its score.
    ///
    /// Rows of one hash and one score are as good as each other as long as none has a name; so a row with the member's
    /// name goes before one without any.
    #[inline]
    pub fn find<R>(&self, hash: u32, member: &[u8], mut is_it: impl FnMut(f64) -> Option<R>) -> Option<(usize, R)> {
        let mut before = Before(hash);
        let (mut leaf, start) = self.tree.find(&mut before)?;
        let mut row = before.row(leaf);
        let mut position = start + row;
        let mut found = None;
        loop {
            if row == leaf.len() {
                // Rows of one hash may go on in the next leaf.
                let Some(next) = self.tree.at(position) else { return found };
                (leaf, row) = next;
            }
            let fixed = leaf.fixed(row);
            if hash_of(fixed) != hash {
                return found;
            }
            let score = number(&fixed[4..]);
            match leaf.has_text(row) {
                true if leaf.bytes_of(row) != member => {}
                true => return is_it(score).map(|result| (position, result)),
                false if found.is_none() => found = is_it(score).map(|result| (position, result)),
                false => {}
            }
            row += 1;
            position += 1;
        }
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

    /// Takes a row out.
    #[inline]
    pub fn remove(&mut self, position: usize) {
        self.tree.edit(
            &mut At(position),
            || Rows::new(0),
            |leaf, at| {
                leaf.remove(at.0);
                leaf.shrink();
            },
        );
    }

    /// Changes a row's score, and its name if it has one or gets one.
    #[inline]
    pub fn set(&mut self, position: usize, score: f64, name: Option<Text>) {
        self.tree.edit(
            &mut At(position),
            || Rows::new(0),
            |leaf, at| {
                let Row { hash, name: old, .. } = read(leaf, at.0);
                if old.is_some() != name.is_some() {
                    leaf.set_text(at.0, new_name(name));
                }
                leaf.set_fixed(at.0, &fixed(hash, score));
            },
        );
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

    /// Asks for what a lookup of the hash will read.
    pub fn prefetch(&self, hash: u32) {
        if let Some((leaf, _)) = self.tree.find(&mut Before(hash)) {
            leaf.prefetch_all();
        }
    }

    #[cfg(test)]
    pub fn tree(&self) -> &Tree<Rows<Hashed>> {
        &self.tree
    }
}
