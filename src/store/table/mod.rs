//! The table of a database: all its keys, by hash, in a structure that can be copied in microseconds.
//!
//! ```text
//!     hash     | r bits: root | 8 bits: node | rest: home bucket in the page           | tag: last 8 |
//!              |   node's depth   |
//!              |   page's depth             |
//!
//!     root ──> node ──> page ──> bucket ──> entry
//! ```
//!
//! **Sharing.** Everything is held by counted pointers and changed in place while the count is one. [`Table::freeze`]
//! clones the root's pointer, no more; the next write then copies root, node and page on its way, and nothing else. So
//! uniqueness is a property of the path: it is asked for from the root downwards.
//!
//! **Growing.** Pages cover ranges of the hash. A page that has no room for a key grows by a bucket; the largest splits
//! into the halves of its range. A node whose page has no bit left to split by splits, too, and the root doubles when a node
//! has none left. No step moves more entries than two pages have.
//!
//! **Shrinking.** A removal lets the page shrink, or merge with its buddy (the other half of the range that they came
//! from), then nodes merge, then the root halves. [`Table::maintain`] finds what removals did not meet.
//!
//! **SCAN.** The cursor is the next hash: a page's entries are in the order of their hashes by buckets, however it grows
//! or splits. So what is there all the time is returned at least once, and only what lies in a bucket that a cursor cuts
//! is hashed.
//!
//! **Colliding keys** end up in a bag (see `page.rs`) when the root has become as large as the number of keys justifies.
//! An operation on one of them then takes time in proportion to the number of keys in the bag.
//!
//! It knows nothing of expiry, clients or limits. What is removed or replaced is returned, not freed.

mod frozen;
mod growth;
#[cfg(test)]
mod tests;
mod walk;

use crate::store::directory::Root;
use crate::store::entry::{Entry, EntryMut};
use crate::store::page::{DEPTH_MAX, Page, Spot, prefix_of};
use crate::store::wheel::HashPart;

pub use crate::store::hasher::{Hash, Hasher};
pub use crate::store::page::Item;
pub use frozen::Frozen;

/// Two buddies with so many entries between them become one page: well below what splits it again.
const MERGE_AT_MOST: usize = 40;

/// Where an entry is: valid until the table changes its shape (insert, remove, maintain, take).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Position {
    hash: Hash,
    spot: Spot,
}

/// Keys with their values.
pub struct Table {
    /// None while there is no key.
    root: Option<Root>,
    len: usize,
    bytes: Bytes,
    hasher: Hasher,
    /// How many pages there are of each depth.
    pages: [u32; DEPTH_MAX as usize + 1],
    /// How many of them are bags.
    bags: usize,
    /// Where `maintain` goes on.
    sweep: Hash,
    /// What it merged since it was at the first page.
    swept: usize,
    /// It went past all pages and merged none, and nothing was removed since.
    is_swept: bool,
    /// Reused by what moves entries from page to page.
    scratch: Vec<Item>,
    /// Entries that were moved, for tests to count.
    #[cfg(test)]
    moved: usize,
}

/// What it takes.
#[derive(Clone, Copy, Debug, Default)]
struct Bytes {
    /// Bytes of all nodes, entries and their buffers.
    live: usize,
    /// Of these, the bytes of the nodes alone.
    nodes: usize,
}

impl Bytes {
    fn add_node(&mut self, bytes: usize) {
        self.live += bytes;
        self.nodes += bytes;
    }

    fn remove_node(&mut self, bytes: usize) {
        self.live -= bytes;
        self.nodes -= bytes;
    }
}

/// The most keys that are prefetched at a time: more would push each other out of the first cache.
pub const PREFETCH_MAX: usize = 96;

impl Table {
    /// An empty table, without any allocation.
    pub fn new(hasher: Hasher) -> Table {
        Table {
            root: None,
            len: 0,
            bytes: Bytes::default(),
            hasher,
            pages: [0; _],
            bags: 0,
            sweep: 0,
            swept: 0,
            is_swept: false,
            scratch: Vec::new(),
            #[cfg(test)]
            moved: 0,
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of all that is reachable from here: nodes, entries, buffers.
    pub fn bytes(&self) -> usize {
        self.bytes.live
    }

    /// The bytes of the nodes: what the table takes beside its entries.
    pub fn node_bytes(&self) -> usize {
        self.bytes.nodes
    }

    /// What hashes its keys.
    pub fn hasher(&self) -> Hasher {
        self.hasher
    }

    /// The hash of a key in this table.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> Hash {
        self.hasher.hash(key)
    }

    #[inline(always)]
    fn page(&self, hash: Hash) -> Option<&Page> {
        Some(self.root.as_ref()?.child(hash).child(hash))
    }

    /// Where the key is.
    #[inline]
    pub fn find(&self, hash: Hash, key: &[u8]) -> Option<Position> {
        let spot = self.page(hash)?.find(hash, key)?;
        Some(Position { hash, spot })
    }

    /// The same, with the entry.
    #[inline]
    pub fn find_entry(&self, hash: Hash, key: &[u8]) -> Option<(Position, &Entry)> {
        let page = self.page(hash)?;
        let spot = page.find(hash, key)?;
        Some((Position { hash, spot }, page.entry(spot)))
    }

    /// The first entry that is accepted of those that may have this part of their hashes: mostly one or none. Some that
    /// are shown to `accept` have another hash.
    pub fn find_alike(&self, part: HashPart, accept: &mut dyn FnMut(&Entry) -> bool) -> Option<Position> {
        let mut from = part.first();
        loop {
            let page = self.page(from)?;
            let next = after(page, from);
            let to = next.map_or(part.last(), |next| part.last().min(next - 1));
            if let Some(spot) = page.find_alike((from, to), part.first(), accept) {
                return Some(self.position(page, spot));
            }
            // More than one page only where pages are deeper than the part is long.
            from = next.filter(|next| *next <= part.last())?;
        }
    }

    /// The entry at a position.
    #[inline]
    pub fn at(&self, position: Position) -> &Entry {
        let page = self.page(position.hash).expect("a position is used before the table changes");
        page.entry(position.spot)
    }

    /// The entry at a position, for changes in place. None if a copy shares the entry: build another and `replace` it.
    #[inline]
    pub fn at_mut(&mut self, position: Position) -> Option<EntryMut<'_>> {
        let root = self.root.as_mut().expect("a position is used before the table changes");
        EntryMut::new(root.entry_mut(position.hash, position.spot), &mut self.bytes.live)
    }

    /// The same in any case: if a copy shares the entry, what `make` makes of it takes its place, and the old one is returned, too.
    #[inline]
    pub fn own(&mut self, position: Position, make: impl FnOnce(&Entry) -> Entry) -> (EntryMut<'_>, Option<Entry>) {
        let root = self.root.as_mut().expect("a position is used before the table changes");
        let place = root.entry_mut(position.hash, position.spot);
        let live = &mut self.bytes.live;
        let mut old = None;
        if !place.is_unique() {
            let new = make(place);
            debug_assert!(place.is(new.key()), "the key stays");
            *live = *live + new.footprint() - place.footprint();
            old = Some(std::mem::replace(place, new));
        }
        (EntryMut::new(place, live).expect("nobody else holds it"), old)
    }

    /// Puts another entry of the same key in the place of one, which is returned.
    pub fn replace(&mut self, position: Position, entry: Entry) -> Entry {
        let root = self.root.as_mut().expect("a position is used before the table changes");
        let place = root.entry_mut(position.hash, position.spot);
        debug_assert!(place.is(entry.key()), "the key stays");
        self.bytes.live = self.bytes.live + entry.footprint() - place.footprint();
        std::mem::replace(place, entry)
    }

    /// Adds an entry; there is none with its key.
    pub fn insert(&mut self, hash: Hash, entry: Entry) {
        debug_assert!(hash == self.hash(entry.key()) && self.find(hash, entry.key()).is_none());
        self.len += 1;
        self.bytes.live += entry.footprint();
        if self.root.is_none() {
            self.begin();
        }
        let refused = self.root_mut().edit(hash, |node| {
            let refused = node.edit(hash, |page| page.insert(hash, entry));
            node.add_entries(i32::from(refused.is_ok()));
            refused
        });
        if let Err(entry) = refused {
            self.make_room(hash, entry);
        }
    }

    fn root_mut(&mut self) -> &mut Root {
        self.root.as_mut().expect("there is a page")
    }

    /// Takes out the entry at a position.
    pub fn remove(&mut self, position: Position) -> Entry {
        let Position { hash, spot } = position;
        let root = self.root.as_mut().expect("a position is used before the table changes");
        let (entry, may_shrink) = root.edit(hash, |node| {
            node.add_entries(-1);
            node.edit(hash, |page| (page.remove(hash, spot), page.entries() <= MERGE_AT_MOST || page.is_wasteful()))
        });
        self.len -= 1;
        self.bytes.live -= entry.footprint();
        self.is_swept = false;
        if may_shrink {
            self.shrink(hash);
        }
        entry
    }

    /// Asks for the memory that lookups of these hashes will need, at most [`PREFETCH_MAX`] of them: all buckets first (for
    /// writes also the first lines of their pages), then all entries, then the rest of the entries, so that one wait
    /// serves them all.
    pub fn prefetch(&self, hashes: impl Iterator<Item = Hash> + Clone, for_writes: bool) {
        let Some(root) = &self.root else { return };
        for hash in hashes.clone() {
            root.child(hash).prefetch_slot(hash);
        }
        let mut pages = [None; PREFETCH_MAX];
        for (place, hash) in pages.iter_mut().zip(hashes.clone()) {
            let page = root.child(hash).child(hash);
            page.prefetch_bucket(hash);
            if for_writes {
                page.prefetch_head();
            }
            *place = Some(page);
        }
        let mut entries = [None; PREFETCH_MAX];
        let mut are_elsewhere = false;
        for ((page, place), hash) in pages.iter_mut().zip(&mut entries).zip(hashes.clone()) {
            // Another entry with the same tag is rare; it is asked for, but not for its end.
            let found = page.expect("as many as there are hashes").candidates(hash, |entry| {
                entry.prefetch();
                *place = Some(entry);
            });
            if found { *page = None } else { are_elsewhere = true }
        }
        // Who is not at home is with the neighbours, whose lines have been asked for by now.
        if are_elsewhere {
            for ((page, place), hash) in pages.iter().zip(&mut entries).zip(hashes) {
                if let Some(page) = page {
                    page.candidates_elsewhere(hash, |entry| {
                        entry.prefetch();
                        *place = Some(entry);
                    });
                }
            }
        }
        for entry in entries.iter().flatten() {
            entry.prefetch_value();
        }
    }

    fn position(&self, page: &Page, spot: Spot) -> Position {
        Position { hash: self.hash(page.entry(spot).key()), spot }
    }

    /// An immutable copy of the whole table, at once.
    pub fn freeze(&self) -> Frozen {
        Frozen { root: self.root.clone(), len: self.len, hasher: self.hasher }
    }

    /// Copies the directory node for a hash, if a copy of the table shares it, so that no write has to do it. Answers where the
    /// next node begins; none after the last one.
    pub fn own_directory(&mut self, hash: Hash) -> Option<Hash> {
        let depth = self.root.as_mut()?.edit(hash, |node| {
            node.own();
            node.depth()
        });
        if depth == 0 { None } else { prefix_of(hash, depth).checked_add(1 << (64 - depth)) }
    }

    /// Takes everything out; this table is empty then. What is returned is best dropped by a helper thread.
    #[must_use = "dropping it here frees everything at once"]
    pub fn take(&mut self) -> Table {
        let empty = Table::new(self.hasher);
        std::mem::replace(self, empty)
    }
}

/// The first hash after those of a page, which has `hash`; none after the last page.
fn after(page: &Page, hash: Hash) -> Option<Hash> {
    let depth = page.depth();
    if depth == 0 { None } else { prefix_of(hash, depth).checked_add(1 << (64 - depth)) }
}
