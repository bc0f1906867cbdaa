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

use crate::store::directory::{NODE_BITS, Node, Root};
use crate::store::entry::{Entry, EntryMut};
use crate::store::page::{BUCKETS_MAX, DEPTH_MAX, Item, Page, Spot, prefix_of};

pub use crate::store::hasher::{Hash, Hasher};

/// Two buddies with so many entries between them become one page: well below what splits it again.
const MERGE_AT_MOST: usize = 40;

/// Merges after one removal: each moves at most `MERGE_AT_MOST` entries, so that a removal moves fewer than 150.
const MERGES_AT_ONCE: usize = 3;

/// Bits of a cursor: clients that keep it in a double keep it whole. Pages have at most 32, so that even a page's
/// buckets are told apart.
const CURSOR_BITS: u32 = 48;

/// Where an entry is: valid until the table changes its shape (insert, remove, maintain, take).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    hash: Hash,
    spot: Spot,
}

/// Keys with their values.
pub struct Table {
    /// None while there is no key.
    root: Option<Root>,
    len: usize,
    /// Bytes of all nodes, entries and their buffers.
    live: usize,
    hasher: Hasher,
    /// How many pages there are of each depth.
    pages: [u32; DEPTH_MAX as usize + 1],
    /// How many of them are bags.
    bags: usize,
    /// Where `maintain` goes on.
    sweep: Hash,
    /// Reused by what moves entries from page to page.
    scratch: Vec<Item>,
}

impl Table {
    /// An empty table, without any allocation.
    pub fn new(hasher: Hasher) -> Table {
        Table { root: None, len: 0, live: 0, hasher, pages: [0; _], bags: 0, sweep: 0, scratch: Vec::new() }
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
        self.live
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
        EntryMut::new(root.entry_mut(position.hash, position.spot), &mut self.live)
    }

    /// Puts another entry of the same key in the place of one, which is returned.
    pub fn replace(&mut self, position: Position, entry: Entry) -> Entry {
        let root = self.root.as_mut().expect("a position is used before the table changes");
        let place = root.entry_mut(position.hash, position.spot);
        debug_assert!(place.is(entry.key()), "the key stays");
        self.live = self.live + entry.footprint() - place.footprint();
        std::mem::replace(place, entry)
    }

    /// Adds an entry; there is none with its key.
    pub fn insert(&mut self, hash: Hash, entry: Entry) {
        debug_assert!(hash == self.hash(entry.key()) && self.find(hash, entry.key()).is_none());
        self.len += 1;
        self.live += entry.footprint();
        let root = self.root.get_or_insert_with(|| {
            let (page, bytes) = (Page::new(0), Page::new(0).bytes());
            let node = Node::new(NODE_BITS, page);
            let bytes = bytes + node.bytes();
            let root = Root::new(1, node);
            self.live += bytes + root.bytes();
            self.pages[0] += 1;
            root
        });
        let refused = root.edit(hash, |node| {
            node.add_entries(1);
            node.edit(hash, |page| page.insert(hash, entry))
        });
        if let Err(entry) = refused {
            self.make_room(hash, entry);
        }
    }

    /// Takes out the entry at a position.
    pub fn remove(&mut self, position: Position) -> Entry {
        let Position { hash, spot } = position;
        let root = self.root.as_mut().expect("a position is used before the table changes");
        let (entry, entries) = root.edit(hash, |node| {
            node.add_entries(-1);
            node.edit(hash, |page| (page.remove(hash, spot), page.entries()))
        });
        self.len -= 1;
        self.live -= entry.footprint();
        if entries <= MERGE_AT_MOST {
            self.shrink(hash);
        }
        entry
    }

    // ---- Growing and shrinking --------------------------------------------------------------------------------------

    /// Adds an entry that its page has no room for.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, hash: Hash, entry: Entry) {
        let mut items = std::mem::take(&mut self.scratch);
        let (depth, smallest) = self.drain_page(hash, &mut items, |page| page.buckets() + 1);
        items.push((hash, entry));
        self.settle(hash, depth, &mut items, smallest);
        self.give_back(items);
    }

    /// Moves the entries of a page out, all of which is about to be replaced. Answers its depth, and what `ask` says of
    /// it as it was.
    fn drain_page<R>(&mut self, hash: Hash, items: &mut Vec<Item>, ask: impl FnOnce(&Page) -> R) -> (u32, R) {
        let (root, hasher) = (self.root.as_mut().expect("there is a page"), &self.hasher);
        root.edit(hash, |node| {
            node.edit(hash, |page| {
                let answer = ask(page);
                page.drain(hasher, items);
                (page.depth(), answer)
            })
        })
    }

    fn give_back(&mut self, mut items: Vec<Item>) {
        debug_assert!(items.is_empty());
        items.shrink_to(2 * BUCKETS_MAX * 9);
        self.scratch = items;
    }

    /// Puts all items of a range, whose page was drained, into a page of at least so many buckets, or into several.
    fn settle(&mut self, hash: Hash, depth: u32, items: &mut Vec<Item>, smallest: usize) {
        if let Some(page) = Page::fill(items, depth, smallest) {
            return self.put(hash, page);
        }
        if !self.deepen(hash, depth) {
            return self.put(hash, Page::bag(items, depth));
        }
        let bit = 1 << (63 - depth);
        let start = prefix_of(hash, depth);
        let mut high: Vec<Item> = items.extract_if(.., |(hash, _)| *hash & bit != 0).collect();
        let halves = (Page::fill(items, depth + 1, 0), Page::fill(&mut high, depth + 1, 0));
        let is_whole = (halves.0.is_some(), halves.1.is_some());
        self.split(
            start,
            halves.0.unwrap_or_else(|| Page::new(depth + 1)),
            halves.1.unwrap_or_else(|| Page::new(depth + 1)),
        );
        if !is_whole.0 {
            self.settle(start, depth + 1, items, 0);
        }
        if !is_whole.1 {
            self.settle(start | bit, depth + 1, &mut high, 0);
        }
    }

    fn count_page(&mut self, page: &Page) {
        self.live += page.bytes();
        self.pages[page.depth() as usize] += 1;
        self.bags += usize::from(page.is_bag());
    }

    fn uncount_page(&mut self, page: &Page) {
        self.live -= page.bytes();
        self.pages[page.depth() as usize] -= 1;
        self.bags -= usize::from(page.is_bag());
    }

    fn root_mut(&mut self) -> &mut Root {
        self.root.as_mut().expect("there is a page")
    }

    /// Replaces the drained page of a range by another.
    fn put(&mut self, hash: Hash, page: Page) {
        self.count_page(&page);
        let old = self.root_mut().edit(hash, |node| node.edit(hash, |place| std::mem::replace(place, page)));
        self.uncount_page(&old);
    }

    /// Replaces the drained page of a range by two for its halves.
    fn split(&mut self, hash: Hash, low: Page, high: Page) {
        self.count_page(&low);
        self.count_page(&high);
        let old = self.root_mut().edit(hash, |node| node.split_child(hash, low, high));
        self.uncount_page(&old);
    }

    /// Makes sure that the page of this depth can be split. False if that would take more than it is worth.
    fn deepen(&mut self, hash: Hash, depth: u32) -> bool {
        let len = self.len;
        let root = self.root.as_mut().expect("there is a page");
        let node = root.child(hash);
        if depth == DEPTH_MAX {
            return false;
        }
        if depth < node.depth() + NODE_BITS {
            return true;
        }
        if node.depth() == root.bits() {
            // A node has some ten thousand entries; only colliding keys ask for a root of more than that.
            if (2_usize << root.bits()) > 16 + len / 256 {
                return false;
            }
            self.live -= root.bytes();
            root.resize(root.bits() + 1);
            self.live += root.bytes();
        }
        let (low, high) = root.child(hash).halves();
        self.live += low.bytes();
        drop(root.split_child(hash, low, high));
        true
    }

    /// After a removal that left few entries in a page: makes it smaller.
    #[inline(never)]
    fn shrink(&mut self, hash: Hash) {
        if self.len == 0 {
            return self.end();
        }
        if self.merge(hash, MERGES_AT_ONCE) {
            return;
        }
        let page = self.page(hash).expect("there are keys");
        let (entries, buckets) = (page.entries(), page.buckets());
        // Two buckets less at once, or it would grow again at the next key.
        if buckets > 1 && entries.div_ceil(8) + 1 < buckets {
            let mut items = std::mem::take(&mut self.scratch);
            let (depth, ()) = self.drain_page(hash, &mut items, |_| ());
            self.settle(hash, depth, &mut items, entries.div_ceil(8));
            self.give_back(items);
        }
    }

    /// The last key is gone: what is left of the structure goes, too, if that is little.
    fn end(&mut self) {
        if self.pages.iter().sum::<u32>() <= 64 {
            *self = Table::new(self.hasher);
        }
    }

    /// Merges the page of a hash with its buddy, a few times if the buddies allow it. Says whether it did.
    fn merge(&mut self, hash: Hash, mut at_most: usize) -> bool {
        let before = at_most;
        while at_most > 0 && self.merge_once(hash) {
            at_most -= 1;
        }
        at_most < before
    }

    fn merge_once(&mut self, hash: Hash) -> bool {
        let root = self.root.as_ref().expect("there are keys");
        let node = root.child(hash);
        let page = node.child(hash);
        let depth = page.depth();
        if depth == node.depth() {
            // The only page of its node.
            return depth > 0 && self.merge_nodes(hash);
        }
        let buddy_hash = hash ^ 1 << (64 - depth);
        let buddy = node.child(buddy_hash);
        if buddy.depth() != depth || page.entries() + buddy.entries() > MERGE_AT_MOST {
            return false;
        }
        let mut items = std::mem::take(&mut self.scratch);
        self.drain_page(hash, &mut items, |_| ());
        self.drain_page(buddy_hash, &mut items, |_| ());
        let merged = Page::new(depth - 1);
        self.count_page(&merged);
        let (low, high) = self.root_mut().edit(hash, |node| node.merge_children(hash, merged));
        self.uncount_page(&low);
        self.uncount_page(&high);
        let smallest = items.len().div_ceil(8);
        self.settle(hash, depth - 1, &mut items, smallest);
        self.give_back(items);
        self.merge_nodes(hash);
        true
    }

    /// Merges the node of a hash with its buddy, if neither has pages that would be at their deepest in it.
    fn merge_nodes(&mut self, hash: Hash) -> bool {
        let root = self.root.as_mut().expect("there are keys");
        let node = root.child(hash);
        let depth = node.depth();
        let deepest = depth + NODE_BITS - 2;
        if depth == 0 || node.is_deeper(deepest) {
            return false;
        }
        let bit = 1 << (64 - depth);
        let (low, high) = (root.child(hash & !bit), root.child(hash | bit));
        if low.depth() != depth || high.depth() != depth || low.is_deeper(deepest) || high.is_deeper(deepest) {
            return false;
        }
        let joined = Node::join(low, high);
        self.live -= joined.bytes();
        drop(root.merge_children(hash, joined));
        // One bit is left over, or the next split would double it again.
        if root.bits() > 1 && !root.is_deeper(root.bits() - 2) {
            self.live -= root.bytes();
            root.resize(root.bits() - 1);
            self.live += root.bytes();
        }
        true
    }

    /// Looks at some pages for what removals left to merge. Says whether there may be more to do.
    pub fn maintain(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            if !self.is_sparse() {
                return false;
            }
            self.merge(self.sweep, 1);
            let depth = self.page(self.sweep).expect("a sparse table has pages").depth();
            // The next page, or the first again.
            self.sweep = if depth == 0 { 0 } else { prefix_of(self.sweep, depth).wrapping_add(1 << (64 - depth)) };
        }
        if self.len == 0 {
            self.end();
        }
        self.is_sparse()
    }

    fn is_sparse(&self) -> bool {
        let pages = self.pages.iter().sum::<u32>() as usize;
        pages > 64 + self.len / 8
    }

    // ---- Hints ------------------------------------------------------------------------------------------------------

    /// Asks for the bucket of a hash.
    #[inline]
    pub fn prefetch_bucket(&self, hash: Hash) {
        if let Some(page) = self.page(hash) {
            page.prefetch_bucket(hash);
        }
    }

    /// Asks for the first line of the page of a hash, which writes look at.
    #[inline]
    pub fn prefetch_head(&self, hash: Hash) {
        if let Some(page) = self.page(hash) {
            page.prefetch_head();
        }
    }

    /// Asks for the entries that may have this hash; their bucket should be there.
    #[inline]
    pub fn prefetch_entry(&self, hash: Hash) {
        if let Some(page) = self.page(hash) {
            page.candidates(hash, Entry::prefetch);
        }
    }

    /// Asks for the rest of the entries that may have this hash, whose first lines should be there.
    #[inline]
    pub fn prefetch_value(&self, hash: Hash) {
        if let Some(page) = self.page(hash) {
            page.candidates(hash, Entry::prefetch_value);
        }
    }

    // ---- Walks ------------------------------------------------------------------------------------------------------

    /// Visits about `count` entries from a cursor on, and returns the cursor to go on from: 0 at the end, 0 to begin.
    ///
    /// What is in the table from a walk's begin to its end is visited at least once, whatever is added or removed
    /// meanwhile. The work is bounded also if most pages are empty.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(&Entry)) -> u64 {
        if cursor >> CURSOR_BITS != 0 {
            return 0; // Not one of ours: past the end.
        }
        let mut hash = cursor << (64 - CURSOR_BITS);
        let (mut seen, mut steps) = (0, count.saturating_mul(2).max(16));
        while let Some(page) = self.page(hash) {
            let (more, next) = page.scan(hash, (count - seen).max(1), &self.hasher, visit);
            seen += more;
            steps -= 1;
            hash = match next {
                Some(hash) => hash,
                None => match prefix_of(hash, page.depth()).checked_add(range_of(page)) {
                    Some(hash) => hash,
                    None => return 0,
                },
            };
            if seen >= count || steps == 0 {
                // Rounded down: at worst, the next call sees an entry again.
                return hash >> (64 - CURSOR_BITS);
            }
        }
        0
    }

    /// The position of a random entry; each is as likely as any other.
    pub fn random(&self, dice: &mut dyn FnMut() -> u64) -> Option<Position> {
        let root = self.root.as_ref()?;
        if self.len == 0 {
            return None;
        }
        let deepest = self.pages.iter().rposition(|n| *n > 0).expect("there are pages") as u32;
        for _ in 0..256 {
            if self.bags > 0 {
                break; // No bound on a page's entries.
            }
            // A range as small as the deepest page's, then one of 64 places that a page may have.
            let (hash, chance) = (dice(), dice());
            let page = root.child(hash).child(hash);
            let ranges = (1_u64 << (deepest - page.depth())) - 1;
            let place = (chance >> 58) as usize;
            if chance & ranges == 0 && place < page.entries() {
                let spot = page.nth(place).expect("below the number of entries");
                return Some(self.position_at(hash, page, spot));
            }
        }
        // A random rank. Its product with the length has 128 bits: the top ones are fair enough.
        let rank = ((u128::from(dice()) * self.len as u128) >> 64) as usize;
        self.ranked(root, rank)
    }

    #[cold]
    fn ranked(&self, root: &Root, mut rank: usize) -> Option<Position> {
        for node in root.children() {
            if rank >= node.entries() {
                rank -= node.entries();
                continue;
            }
            let mut hash = 0;
            for page in node.children() {
                if rank < page.entries() {
                    let spot = page.nth(rank)?;
                    hash = self.hash(page.entry(spot).key());
                    return Some(Position { hash, spot });
                }
                rank -= page.entries();
            }
            let _ = hash;
        }
        None
    }

    fn position_at(&self, hash: Hash, page: &Page, spot: Spot) -> Position {
        let _ = hash;
        Position { hash: self.hash(page.entry(spot).key()), spot }
    }

    // ---- Copies -----------------------------------------------------------------------------------------------------

    /// An immutable copy of the whole table, at once.
    pub fn freeze(&self) -> Frozen {
        Frozen { root: self.root.clone(), len: self.len, hasher: self.hasher }
    }

    /// Takes everything out; this table is empty then. What is returned is best dropped by a helper thread.
    pub fn take(&mut self) -> Table {
        let empty = Table::new(self.hasher);
        std::mem::replace(self, empty)
    }
}

/// The hashes that a page covers; 0 if it is all of them.
fn range_of(page: &Page) -> Hash {
    if page.depth() == 0 { 0 } else { 1 << (64 - page.depth()) }
}

/// A copy of a table as it was at one moment. It may be read, cloned and dropped on any thread.
#[derive(Clone)]
pub struct Frozen {
    root: Option<Root>,
    len: usize,
    hasher: Hasher,
}

impl Frozen {
    /// The number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry of a key.
    pub fn find(&self, key: &[u8]) -> Option<&Entry> {
        let hash = self.hasher.hash(key);
        let page = self.root.as_ref()?.child(hash).child(hash);
        Some(page.entry(page.find(hash, key)?))
    }

    /// Visits all entries, in the order of their hashes by buckets.
    pub fn each(&self, mut visit: impl FnMut(&Entry)) {
        for node in self.root.iter().flat_map(Root::children) {
            each_of(node, &mut visit);
        }
    }

    /// Visits all entries, and lets go of each part of the copy as soon as it was visited.
    pub fn drain(self, mut visit: impl FnMut(&Entry)) {
        for node in self.root.into_iter().flat_map(Root::into_children) {
            each_of(&node, &mut visit);
        }
    }
}

/// Visits all entries of a node, with the lines of the next pages and entries on their way.
fn each_of(node: &Node, visit: &mut dyn FnMut(&Entry)) {
    let mut ahead = node.children();
    let mut entries_ahead = node.children();
    for page in ahead.by_ref().take(2) {
        page.prefetch_all();
    }
    if let Some(page) = entries_ahead.next() {
        page.prefetch_entries();
    }
    for page in node.children() {
        if let Some(page) = ahead.next() {
            page.prefetch_all();
        }
        if let Some(page) = entries_ahead.next() {
            page.prefetch_entries();
        }
        page.each(visit);
    }
}
