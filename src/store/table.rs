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

use crate::base::alloc;
use crate::store::directory::{NODE_BITS, Node, Root};
use crate::store::entry::{Entry, EntryMut};
use crate::store::page::{BUCKETS_MAX, DEPTH_MAX, Page, Spot, prefix_of};
use crate::store::wheel::HashPart;

pub use crate::store::hasher::{Hash, Hasher};
pub use crate::store::page::Item;

/// Two buddies with so many entries between them become one page: well below what splits it again.
const MERGE_AT_MOST: usize = 40;

/// Merges after one removal: each moves at most `MERGE_AT_MOST` entries, so that a removal moves fewer than 150.
const MERGES_AT_ONCE: usize = 3;

/// So many empty pages are passed over in search of a key.
const EMPTY_MAX: usize = 64;

/// Pages that are few enough to be freed at once, and not worth a search for what to merge.
const PAGES_LEFT: usize = 64;

/// Bits of a cursor: clients that keep it in a double keep it whole. Pages have at most 32, so that even a page's
/// buckets are told apart.
const CURSOR_BITS: u32 = 48;

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

    /// The first key comes: one page for all hashes.
    #[cold]
    fn begin(&mut self) {
        let page = Page::new(0);
        self.count_page(&page);
        let node = Node::new(NODE_BITS, page);
        self.bytes.add_node(node.bytes());
        let root = Root::new(1, node);
        self.bytes.add_node(root.bytes());
        self.root = Some(root);
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

    /// Fills an empty table with what is known beforehand, without a search and without a step of growth: `parts` hold the
    /// entries whose hashes begin alike, for each beginning of so many bits, each in any order; `bytes` is what
    /// [`Entry::footprint`] says of all of them. If a key occurs twice that is the answer, and the table holds only part.
    pub fn build(&mut self, mut parts: Vec<Vec<Item>>, bytes: usize) -> Result<(), Box<[u8]>> {
        let bits = parts.len().trailing_zeros();
        assert!(self.root.is_none() && parts.len().is_power_of_two() && bits <= NODE_BITS, "built from the beginning");
        let len: usize = parts.iter().map(Vec::len).sum();
        if len == 0 {
            return Ok(());
        }
        self.begin();
        self.len = len;
        self.bytes.live += bytes;
        let start = |part: usize, depth: u32| if depth == 0 { 0 } else { (part as Hash) << (64 - depth) };
        if len < parts.len() * BUCKETS_MAX * 9 {
            // Fewer pages will do.
            parts = vec![parts.into_iter().flatten().collect()];
        }
        let bits = parts.len().trailing_zeros();
        for depth in 0..bits {
            for part in 0..1 << depth {
                self.split(start(part, depth), Page::new(depth + 1), Page::new(depth + 1));
            }
        }
        for (part, mut items) in parts.into_iter().enumerate() {
            items.sort_unstable_by_key(|(hash, _)| *hash);
            for alike in items.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
                let mut keys: Vec<&[u8]> = alike.iter().map(|(_, entry)| entry.key()).collect();
                keys.sort_unstable();
                if let Some(twice) = keys.windows(2).find(|keys| keys[0] == keys[1]) {
                    return Err(twice[0].into());
                }
            }
            self.settle(start(part, bits), bits, &mut items, 0);
        }
        Ok(())
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
        let before = items.len();
        root.edit(hash, |node| {
            let result = node.edit(hash, |page| {
                let answer = ask(page);
                page.drain(hasher, items);
                (page.depth(), answer)
            });
            node.add_entries(-((items.len() - before) as i32));
            #[cfg(test)]
            {
                self.moved += items.len() - before;
            }
            result
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
        self.bytes.add_node(page.bytes());
        self.pages[page.depth() as usize] += 1;
        self.bags += usize::from(page.is_bag());
    }

    fn uncount_page(&mut self, page: &Page) {
        self.bytes.remove_node(page.bytes());
        self.pages[page.depth() as usize] -= 1;
        self.bags -= usize::from(page.is_bag());
    }

    fn root_mut(&mut self) -> &mut Root {
        self.root.as_mut().expect("there is a page")
    }

    /// Replaces the drained page of a range by another.
    fn put(&mut self, hash: Hash, page: Page) {
        self.count_page(&page);
        let old = self.root_mut().edit(hash, |node| {
            node.add_entries(page.entries() as i32);
            node.edit(hash, |place| std::mem::replace(place, page))
        });
        self.uncount_page(&old);
    }

    /// Replaces the drained page of a range by two for its halves.
    fn split(&mut self, hash: Hash, low: Page, high: Page) {
        self.count_page(&low);
        self.count_page(&high);
        let old = self.root_mut().edit(hash, |node| {
            node.add_entries((low.entries() + high.entries()) as i32);
            node.split_child(hash, low, high)
        });
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
            self.bytes.remove_node(root.bytes());
            root.resize(root.bits() + 1);
            self.bytes.add_node(root.bytes());
        }
        let (low, high) = root.child(hash).halves();
        self.bytes.add_node(low.bytes());
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
        if self.pages.iter().sum::<u32>() as usize <= PAGES_LEFT {
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
        self.bytes.remove_node(joined.bytes());
        drop(root.merge_children(hash, joined));
        // One bit is left over, or the next split would double it again.
        if root.bits() > 1 && !root.is_deeper(root.bits() - 2) {
            self.bytes.remove_node(root.bytes());
            root.resize(root.bits() - 1);
            self.bytes.add_node(root.bytes());
        }
        true
    }

    /// Looks at some pages for what removals left to merge. Says whether there may be more to do.
    pub fn maintain(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            if !self.is_sparse() {
                break;
            }
            self.swept += usize::from(self.merge(self.sweep, 1));
            let page = self.page(self.sweep).expect("a sparse table has pages");
            self.sweep = after(page, self.sweep).unwrap_or(0);
            if self.sweep == 0 {
                self.is_swept = self.swept == 0;
                self.swept = 0;
            }
        }
        if self.len == 0 {
            self.end();
        }
        self.is_sparse()
    }

    fn is_sparse(&self) -> bool {
        let pages = self.pages.iter().sum::<u32>() as usize;
        pages > PAGES_LEFT + self.len / 8 && !self.is_swept
    }

    // ---- Hints ------------------------------------------------------------------------------------------------------

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
                None => match after(page, hash) {
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
                return Some(self.position(page, spot));
            }
        }
        // A random rank. The product has 128 bits, so that the remainder that favours some ranks is nothing.
        let rank = ((u128::from(dice()) * self.len as u128) >> 64) as usize;
        self.ranked(root, rank)
    }

    /// Offers entries of one page, that of the hash `draw`, from a place by chance on, until `n` were taken (`offer` says
    /// so) or it has no more. For many draws by chance the keys differ, but those of thinly filled pages are met a little
    /// more often. None if there is no key.
    pub fn sample(&self, draw: u64, n: usize, offer: &mut dyn FnMut(&Entry) -> bool) {
        let Some(mut page) = self.page(draw) else { return };
        let mut hash = draw;
        // Empty pages are rare, and gone soon.
        for _ in 0..EMPTY_MAX {
            if page.entries() > 0 {
                break;
            }
            hash = after(page, hash).unwrap_or(0);
            page = self.page(hash).expect("pages cover all hashes");
        }
        let all = page.entries();
        if all == 0 {
            return;
        }
        // The last bits of the hash are not those that chose the page.
        let first = (draw as u32 as usize) % all;
        let mut index = 0;
        page.each(&mut |entry| {
            if (index + all - first) % all < n {
                entry.prefetch();
            }
            index += 1;
        });
        let mut taken = 0;
        for is_before in [false, true] {
            let mut index = 0;
            page.each(&mut |entry| {
                if taken < n && (index < first) == is_before {
                    taken += usize::from(offer(entry));
                }
                index += 1;
            });
        }
    }

    #[cold]
    fn ranked(&self, root: &Root, mut rank: usize) -> Option<Position> {
        for node in root.children() {
            if rank >= node.entries() {
                rank -= node.entries();
                continue;
            }
            for page in node.children() {
                if rank < page.entries() {
                    return Some(self.position(page, page.nth(rank)?));
                }
                rank -= page.entries();
            }
        }
        None
    }

    fn position(&self, page: &Page, spot: Spot) -> Position {
        Position { hash: self.hash(page.entry(spot).key()), spot }
    }

    // ---- Copies -----------------------------------------------------------------------------------------------------

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

    /// Visits entries page by page from `place` on, (0, 0) at first, until `may_go_on` says no. True when all were visited.
    pub fn walk(
        &self,
        place: &mut (usize, usize),
        visit: &mut dyn FnMut(&Entry),
        may_go_on: &mut dyn FnMut() -> bool,
    ) -> bool {
        let (first_node, mut first_page) = *place;
        for (i, node) in self.root.iter().flat_map(Root::children).enumerate().skip(first_node) {
            for (j, page) in node.children().enumerate().skip(first_page) {
                page.each(&mut *visit);
                if !may_go_on() {
                    *place = (i, j + 1);
                    return false;
                }
            }
            first_page = 0;
        }
        true
    }

    /// Visits all entries, and lets go of each part of the copy as soon as it was visited.
    pub fn drain(self, mut visit: impl FnMut(&Entry)) {
        for node in self.root.into_iter().flat_map(Root::into_children) {
            each_of(&node, &mut visit);
            // What this copy was the last to hold was the writer's.
            alloc::send_home(|| drop(node));
        }
    }
}

/// Visits all entries of a node. What the next pages need is on its way meanwhile: first their lines, then the beginnings of their
/// entries, then the rest of these.
fn each_of(node: &Node, visit: &mut dyn FnMut(&Entry)) {
    let (mut lines, mut beginnings, mut values) = (node.children(), node.children(), node.children());
    lines.by_ref().take(3).for_each(Page::prefetch_all);
    beginnings.by_ref().take(2).for_each(Page::prefetch_entries);
    values.by_ref().take(1).for_each(Page::prefetch_values);
    for page in node.children() {
        lines.next().inspect(|page| page.prefetch_all());
        beginnings.next().inspect(|page| page.prefetch_entries());
        values.next().inspect(|page| page.prefetch_values());
        page.each(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::alloc;
    use crate::base::buffer::Buffer;
    use crate::base::dice::Dice;
    use crate::store::entry::{NewValue, Value};
    use std::collections::{BTreeMap, HashMap, HashSet};
    use std::sync::mpsc;
    use std::thread;

    fn below(dice: &mut Dice, n: usize) -> usize {
        dice.below(n as u64) as usize
    }

    /// Sizes of tests: whole, or a part where an interpreter or a memory checker runs them.
    fn scaled(n: usize) -> usize {
        if cfg!(any(miri, valgrind)) { n / 50 } else { n }
    }

    #[derive(Clone, PartialEq, Debug)]
    enum Plain {
        Text(Vec<u8>),
        Raw(Vec<u8>),
        Int(i64),
        Buffer(Vec<u8>),
    }

    impl Plain {
        fn random(dice: &mut Dice) -> Plain {
            let byte = dice.next() as u8;
            match below(dice, 8) {
                0..=2 => {
                    let len = below(dice, 90);
                    Plain::Text(vec![byte; len])
                }
                3 => {
                    let len = below(dice, 600);
                    Plain::Raw(vec![byte; len])
                }
                4..=5 => Plain::Int(dice.next().cast_signed() >> below(dice, 64)),
                6 => Plain::Text(Vec::new()),
                _ => {
                    let len = below(dice, 9000);
                    Plain::Buffer(vec![byte; len])
                }
            }
        }

        fn new_value(&self) -> NewValue<'_> {
            match self {
                Plain::Text(text) => NewValue::Text(text),
                Plain::Raw(text) => NewValue::Raw(text),
                Plain::Int(int) => NewValue::Int(*int),
                Plain::Buffer(bytes) => NewValue::Buffer(Buffer::new(bytes.clone())),
            }
        }

        fn of(value: Value) -> Plain {
            match value {
                Value::Text(text) => Plain::Text(text.to_vec()),
                Value::Raw(text) => Plain::Raw(text.to_vec()),
                Value::Int(int) => Plain::Int(int),
                Value::Buffer(buffer) => Plain::Buffer(buffer.bytes().to_vec()),
                Value::Packed(_) | Value::Object(_) => unreachable!("the model makes strings"),
            }
        }
    }

    type Model = HashMap<Vec<u8>, (Plain, Option<i64>)>;

    fn random_deadline(dice: &mut Dice) -> Option<i64> {
        match below(dice, 4) {
            0 => Some(1_700_000_000_000 + below(dice, 1 << 40) as i64),
            1 => Some(dice.next().cast_signed() >> below(dice, 64)),
            _ => None,
        }
    }

    fn key(n: usize) -> Vec<u8> {
        // Of all lengths: short, longer than a short header says, and the usual ones.
        match n % 37 {
            0 => format!("{n}").into_bytes(),
            1 => format!("{n:0300}").into_bytes(),
            2..=9 => format!("key:{n:030}").into_bytes(),
            _ => format!("key:{n:012}").into_bytes(),
        }
    }

    fn entry(key: &[u8], value: &Plain, deadline: Option<i64>) -> Entry {
        Entry::new(key, value.new_value(), deadline, 7)
    }

    impl Table {
        /// Checks all that holds between operations, also the numbers that are kept beside the structure.
        fn check(&self) {
            let (mut len, mut live, mut bags, mut entries) = (0, 0, 0, 0);
            let mut pages = [0; DEPTH_MAX as usize + 1];
            let mut hash: Option<Hash> = Some(0);
            if let Some(root) = &self.root {
                live += root.bytes();
                for node in root.children() {
                    live += node.bytes();
                    let before = len;
                    for page in node.children() {
                        let first = hash.expect("pages cover the hashes once");
                        assert!(std::ptr::eq(page, self.page(first).unwrap()) || page.depth() > 0);
                        page.check(&self.hasher, first);
                        len += page.entries();
                        live += page.bytes();
                        bags += usize::from(page.is_bag());
                        pages[page.depth() as usize] += 1;
                        page.each(&mut |entry| entries += entry.footprint());
                        hash = after(page, first);
                    }
                    assert_eq!(node.entries(), len - before);
                }
                assert_eq!(hash, None);
            }
            assert_eq!((self.len, self.bytes.nodes, self.bags, self.pages), (len, live, bags, pages));
            assert_eq!(self.bytes.live, self.bytes.nodes + entries);
        }
    }

    fn contents(each: impl FnOnce(&mut dyn FnMut(&Entry))) -> Model {
        let mut found = Model::new();
        each(&mut |entry| {
            let old = found.insert(entry.key().to_vec(), (Plain::of(entry.value()), entry.deadline()));
            assert!(old.is_none(), "an entry is visited once");
        });
        found
    }

    /// One random operation on a table and its model.
    fn step(table: &mut Table, model: &mut Model, dice: &mut Dice, n: usize, growing: bool) {
        let key = key(below(dice, n));
        let hash = table.hash(&key);
        let position = table.find(hash, &key);
        assert_eq!(position.is_some(), model.contains_key(&key));
        let value = Plain::random(dice);
        let deadline = random_deadline(dice);
        let Some(position) = position else {
            if growing || below(dice, 4) == 0 {
                table.insert(hash, entry(&key, &value, deadline));
                model.insert(key, (value, deadline));
            }
            return;
        };
        let stored = model.get_mut(&key).unwrap();
        assert_eq!(Plain::of(table.at(position).value()), stored.0);
        assert_eq!(table.at(position).deadline(), stored.1);
        match below(dice, if growing { 12 } else { 4 }) {
            0 | 1 if growing => {
                let old = table.remove(position);
                assert_eq!((Plain::of(old.value()), old.deadline()), model.remove(&key).unwrap());
            }
            0..=2 if !growing => {
                let old = table.remove(position);
                assert_eq!((Plain::of(old.value()), old.deadline()), model.remove(&key).unwrap());
            }
            2 | 3 => {
                let old = table.replace(position, entry(&key, &value, deadline));
                assert_eq!(Plain::of(old.value()), stored.0);
                *stored = (value, deadline);
            }
            4 => table.at(position).set_clock(dice.next() as u32),
            5 => {
                if let Some(mut edit) = table.at_mut(position)
                    && edit.set_deadline(deadline)
                {
                    stored.1 = deadline;
                }
            }
            6 => {
                if let Some(mut edit) = table.at_mut(position)
                    && let Some(buffer) = edit.buffer_mut()
                {
                    buffer.make_mut().extend_from_slice(b"more of it");
                    stored.0 = Plain::of(edit.value());
                }
            }
            7 => {
                if let Some(mut edit) = table.at_mut(position)
                    && let Some(bytes) = edit.bytes_mut()
                {
                    bytes.reverse();
                    if let Some(first) = bytes.first_mut() {
                        *first ^= 1;
                    }
                    match &mut stored.0 {
                        Plain::Text(text) | Plain::Raw(text) => {
                            text.reverse();
                            if let Some(first) = text.first_mut() {
                                *first ^= 1;
                            }
                        }
                        other => panic!("{other:?} has no bytes in its entry"),
                    }
                }
            }
            8 => {
                if let Some(mut edit) = table.at_mut(position)
                    && edit.append(b"abc")
                {
                    let (Plain::Text(text) | Plain::Raw(text)) = &stored.0 else { panic!("appended to a number") };
                    stored.0 = Plain::Raw([text, &b"abc"[..]].concat());
                }
            }
            _ => {
                if let Some(mut edit) = table.at_mut(position) {
                    let done = match &value {
                        Plain::Text(text) => edit.set_text(text, false),
                        Plain::Raw(text) => edit.set_text(text, true),
                        Plain::Int(int) => edit.set_int(*int),
                        Plain::Buffer(_) => false,
                    };
                    if done {
                        stored.0 = value;
                    }
                }
            }
        }
    }

    #[test]
    fn a_table_that_was_built_is_as_if_it_had_grown_small() {
        let mut dice = Dice(5);
        for hasher in [Hasher::new([1, 2]), Hasher::broken([1, 2], 0xff << 56), Hasher::broken([1, 2], 3 << 62)] {
            for (n, parts) in [(0, 1), (1, 256), (5, 1), (64, 4), (700, 256), (3000, 8), (scaled(40_000), 256)] {
                let mut model = Model::new();
                let mut table = Table::new(hasher);
                let mut items: Vec<Vec<Item>> = std::iter::repeat_with(Vec::new).take(parts).collect();
                let mut bytes = 0;
                for number in 0..n {
                    let (key, value, deadline) = (key(number), Plain::random(&mut dice), random_deadline(&mut dice));
                    let (hash, entry) = (table.hash(&key), entry(&key, &value, deadline));
                    bytes += entry.footprint();
                    let part = if parts == 1 { 0 } else { (hash >> (64 - parts.ilog2())) as usize };
                    items[part].push((hash, entry));
                    model.insert(key, (value, deadline));
                }
                assert_eq!(table.build(items, bytes), Ok(()));
                table.check();
                assert_eq!(contents(|visit| table.freeze().each(visit)), model);
                for _ in 0..2 * n.min(5000) {
                    step(&mut table, &mut model, &mut dice, n, true);
                }
                table.check();
            }
        }
    }

    #[test]
    fn a_key_that_occurs_twice_is_found_when_a_table_is_built_small() {
        for hasher in [Hasher::new([1, 2]), Hasher::broken([1, 2], 3 << 62)] {
            let mut table = Table::new(hasher);
            let numbers = (0..100).chain([77]);
            let items = numbers.map(|number| {
                let key = key(number);
                (table.hash(&key), Entry::new(&key, NewValue::Int(1), None, 0))
            });
            let items = vec![items.collect()];
            assert_eq!(table.build(items, 0), Err(key(77).into()));
        }
    }

    /// Any interleaving of operations, with copies that live on, some of them on another thread.
    fn follow_the_model(seed: u64, n: usize, steps: usize, hasher: Hasher) {
        let (send, receive) = mpsc::channel::<(Frozen, Model)>();
        let reader = thread::spawn(move || {
            for (index, (copy, model)) in receive.into_iter().enumerate() {
                let twin = copy.clone();
                for (key, (value, deadline)) in &model {
                    let entry = copy.find(key).expect("a copy keeps its keys");
                    assert_eq!((Plain::of(entry.value()), entry.deadline()), (value.clone(), *deadline), "seed {seed}");
                }
                assert_eq!(contents(|visit| twin.each(visit)), model, "seed {seed}");
                if index % 2 == 0 {
                    drop(twin);
                }
                assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed}");
            }
        });
        let mut dice = Dice(seed);
        let mut table = Table::new(hasher);
        let mut model = Model::new();
        let mut copies: Vec<(Frozen, Model)> = Vec::new();
        let mut growing = true;
        for count in 0..steps {
            if below(&mut dice, steps / 8 + 1) == 0 {
                growing = !growing;
            }
            step(&mut table, &mut model, &mut dice, n, growing);
            match below(&mut dice, steps / 16 + 1) {
                0 => copies.push((table.freeze(), model.clone())),
                1 => send.send((table.freeze(), model.clone())).unwrap(),
                2 if !copies.is_empty() => {
                    let (copy, model) = copies.swap_remove(below(&mut dice, copies.len()));
                    assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed} step {count}");
                }
                3 => {
                    table.maintain(100);
                }
                4 => table.check(),
                5 if below(&mut dice, 4) == 0 => {
                    drop(table.take());
                    model.clear();
                    assert!(table.bytes() == 0 && table.is_empty());
                }
                _ => {}
            }
        }
        table.check();
        assert_eq!(contents(|visit| table.freeze().each(visit)), model, "seed {seed}");
        for (copy, model) in copies {
            assert_eq!(copy.len(), model.len());
            assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed}");
        }
        let all: Vec<_> = model.keys().cloned().collect();
        for key in all {
            let position = table.find(table.hash(&key), &key).unwrap();
            table.remove(position);
        }
        while table.maintain(10) {}
        table.check();
        assert_eq!((table.len(), table.bytes()), (0, 0), "seed {seed}");
        drop(send);
        reader.join().unwrap();
    }

    #[test]
    fn it_follows_the_model_small() {
        for seed in 1..=3 {
            follow_the_model(seed, 600, 3_000, Hasher::new([seed, 1]));
        }
    }

    #[test]
    fn it_follows_the_model() {
        for seed in 1..=12 {
            follow_the_model(seed, scaled(8_000), scaled(100_000), Hasher::new([seed, 1]));
        }
    }

    #[test]
    fn it_follows_the_model_with_colliding_keys_small() {
        for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf000_0000_0000_00ff), (4, 1 << 63), (5, 0x7ff << 53)] {
            follow_the_model(seed, 600, 3_000, Hasher::broken([seed, 1], kept));
        }
    }

    /// Walks with SCAN while keys come and go: what stays is seen, and what never was is not.
    fn scan_while(seed: u64, n: usize, hasher: Hasher, growing: bool) -> (usize, usize) {
        let mut dice = Dice(seed);
        let mut table = Table::new(hasher);
        let add = |table: &mut Table, key: &[u8]| {
            let hash = table.hash(key);
            if table.find(hash, key).is_none() {
                table.insert(hash, Entry::new(key, NewValue::Int(1), None, 0));
            }
        };
        let stays: HashSet<Vec<u8>> = (0..n).map(|i| format!("stays:{i}").into_bytes()).collect();
        let comes: Vec<Vec<u8>> = (0..4 * n).map(|i| format!("comes:{i}").into_bytes()).collect();
        for key in &stays {
            add(&mut table, key);
        }
        if !growing {
            for key in &comes {
                add(&mut table, key);
            }
        }
        let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let (mut cursor, mut calls, mut next) = (0, 0, 0);
        loop {
            let count = 1 + below(&mut dice, 30);
            let mut here = 0;
            cursor = table.scan(cursor, count, &mut |entry| {
                *seen.entry(entry.key().to_vec()).or_default() += 1;
                here += 1;
            });
            calls += 1;
            if cursor == 0 {
                break;
            }
            for _ in 0..below(&mut dice, count * 5) {
                let Some(key) = comes.get(next) else { break };
                next += 1;
                if growing {
                    add(&mut table, key);
                } else {
                    let position = table.find(table.hash(key), key).unwrap();
                    table.remove(position);
                }
            }
            if below(&mut dice, 10) == 0 {
                table.maintain(5);
            }
        }
        table.check();
        for key in &stays {
            assert!(seen.contains_key(key), "seed {seed}: {} was missed", String::from_utf8_lossy(key));
        }
        (seen.values().filter(|times| **times > 1).count(), calls)
    }

    #[test]
    fn scan_misses_nothing_that_stays_small() {
        for seed in 1..=4 {
            scan_while(seed, 200, Hasher::new([seed, 2]), seed % 2 == 0);
        }
    }

    #[test]
    fn scan_misses_nothing_that_stays() {
        for seed in 1..=10 {
            let n = scaled(10_000);
            let (again, calls) = scan_while(seed, n, Hasher::new([seed, 2]), seed % 2 == 0);
            assert_eq!(again, 0, "seed {seed}: nothing is seen twice either");
            assert!(calls > n / 60, "seed {seed}: {calls} calls");
        }
    }

    #[test]
    fn scan_copes_with_colliding_keys_small() {
        for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf << 60), (4, 0xfff << 52)] {
            scan_while(seed, 200, Hasher::broken([seed, 2], kept), seed % 2 == 0);
        }
    }

    #[test]
    fn scan_refuses_no_cursor() {
        let mut table = Table::new(Hasher::new([1, 2]));
        assert_eq!(table.scan(12, 10, &mut |_| {}), 0);
        for n in 0..1000 {
            table.insert(table.hash(&key(n)), Entry::new(&key(n), NewValue::Int(1), None, 0));
        }
        let mut dice = Dice(1);
        for _ in 0..1000 {
            let cursor = dice.next() >> below(&mut dice, 64);
            let next = table.scan(cursor, 10, &mut |_| {});
            assert!(next == 0 || next > cursor);
        }
    }

    /// Whether sampling is fair: the chi-square statistic of many draws is near its mean, the number of keys.
    fn check_fairness(table: &Table, seed: u64) {
        let mut dice = Dice(seed);
        let mut drawn: HashMap<Vec<u8>, f64> = HashMap::new();
        let (n, each) = (table.len() as f64, if cfg!(any(miri, valgrind)) { 20.0 } else { 60.0 });
        for _ in 0..(n * each) as usize {
            let position = table.random(&mut || dice.next()).expect("there are keys");
            assert_eq!(table.find(table.hash(table.at(position).key()), table.at(position).key()), Some(position));
            *drawn.entry(table.at(position).key().to_vec()).or_default() += 1.0;
        }
        let missed = n - drawn.len() as f64;
        let chi = missed * each + drawn.values().map(|times| (times - each).powi(2) / each).sum::<f64>();
        let limit = 5.0 * (2.0 * n).sqrt();
        assert!((chi - n).abs() < limit, "seed {seed}: {n} keys, chi-square {chi}, not within {limit} of it");
    }

    fn add_number(table: &mut Table, n: usize) {
        let key = n.to_string().into_bytes();
        let hash = table.hash(&key);
        table.insert(hash, Entry::new(&key, NewValue::Int(n as i64), None, 0));
    }

    fn remove_number(table: &mut Table, n: usize) {
        let key = n.to_string().into_bytes();
        let position = table.find(table.hash(&key), &key).expect("it was added");
        assert_eq!(table.remove(position).key(), key);
    }

    #[test]
    fn sampling_is_fair_small() {
        let mut table = Table::new(Hasher::new([7, 7]));
        assert_eq!(table.random(&mut || 0), None);
        for n in 0..150 {
            add_number(&mut table, n);
            if [0, 1, 20, 70, 149].contains(&n) {
                check_fairness(&table, n as u64);
            }
        }
    }

    #[test]
    fn sampling_is_fair_while_it_grows_and_after_mass_removals() {
        let mut table = Table::new(Hasher::new([7, 8]));
        let n = scaled(20_000);
        for i in 0..n {
            add_number(&mut table, i);
            if i % (n / 5) == n / 5 - 1 {
                check_fairness(&table, i as u64);
            }
        }
        for i in 0..n - 300 {
            remove_number(&mut table, i);
        }
        check_fairness(&table, 1);
        table.check();
    }

    #[test]
    fn sampling_is_fair_when_refused_and_among_colliding_keys() {
        for kept in [0, 0x7 << 61, 0xffff << 20, Hash::MAX] {
            let mut table = Table::new(Hasher::broken([7, 9], kept));
            for i in 0..scaled(1500) {
                add_number(&mut table, i);
            }
            check_fairness(&table, 3);
            // Dice that are always refused: a random rank decides.
            let mut dice = Dice(4);
            let mut calls = 0;
            let mut ranks = || {
                calls += 1;
                if calls % 513 == 0 { dice.next() } else { Hash::MAX }
            };
            let drawn: HashSet<Position> = (0..100)
                .map(|_| table.random(&mut ranks).expect("there are keys"))
                .collect::<Vec<_>>()
                .into_iter()
                .collect();
            assert!(table.bags > 0 || drawn.len() > 50, "{} of 100", drawn.len());
        }
    }

    #[test]
    fn an_entry_is_found_by_a_part_of_its_hash() {
        for kept in [Hash::MAX, 0, 0xf << 60, 0xff, 0xfff << 52, (1 << 45) - 1] {
            let mut table = Table::new(Hasher::broken([5, 6], kept));
            let n = scaled(3000);
            for i in 0..n {
                add_number(&mut table, i);
            }
            for i in 0..n {
                let key = i.to_string();
                let part = HashPart::of(table.hash(key.as_bytes()));
                let mut shown = 0;
                let found = table.find_alike(part, &mut |entry| {
                    shown += 1;
                    entry.key() == key.as_bytes()
                });
                assert_eq!(found, table.find(table.hash(key.as_bytes()), key.as_bytes()), "kept {kept:x}");
                assert!(kept != Hash::MAX || shown < 4, "few others are shown: {shown}");
            }
            let absent = HashPart::of(0x1234_5678_9abc_de07 & kept);
            assert!(table.find_alike(absent, &mut |_| false).is_none());
        }
        assert!(Table::new(Hasher::new([1, 2])).find_alike(HashPart::of(7), &mut |_| true).is_none());
    }

    #[test]
    fn colliding_keys_stay_bounded() {
        let n = scaled(100_000);
        // All the same hash; a few; many that agree in the path's bits; many that agree in all others.
        for kept in [0, 0xf << 60, 0xffff, 0xfff << 52] {
            let mut table = Table::new(Hasher::broken([5, 6], kept));
            for i in 0..n {
                add_number(&mut table, i);
            }
            table.check();
            let overhead = table.bytes() - n * 32;
            assert!(overhead < n * 24 + (1 << 20), "kept {kept:x}: {overhead} bytes for {n} keys");
            let (mut cursor, mut seen) = (0, 0);
            loop {
                cursor = table.scan(cursor, 10, &mut |_| seen += 1);
                if cursor == 0 {
                    break;
                }
            }
            assert!(seen >= n);
            let mut dice = Dice(1);
            for _ in 0..200 {
                table.random(&mut || dice.next()).expect("there are keys");
            }
            let copy = table.freeze();
            for i in 0..n {
                remove_number(&mut table, i);
            }
            while table.maintain(100) {}
            assert_eq!((table.len(), table.bytes()), (0, 0), "kept {kept:x}");
            assert_eq!(copy.len(), n);
            copy.drain(|_| seen -= 1);
            assert!(seen < n);
        }
    }

    #[test]
    fn no_step_moves_many_entries() {
        let mut table = Table::new(Hasher::new([3, 3]));
        let n = scaled(400_000);
        let (mut most, mut last) = (0, 0);
        for i in 0..2 * n {
            if i < n {
                add_number(&mut table, i);
            } else {
                remove_number(&mut table, i - n);
            }
            // What the end resets is smaller than before.
            most = most.max(table.moved.saturating_sub(last));
            last = table.moved;
        }
        assert!((30..=150).contains(&most), "{most} entries at once");
        assert_eq!(table.bytes(), 0);
    }

    #[test]
    fn a_write_copies_only_its_path() {
        let mut table = Table::new(Hasher::new([4, 4]));
        for n in 0..scaled(30_000) {
            add_number(&mut table, n);
        }
        let write = |table: &mut Table, n: usize| {
            let key = n.to_string();
            let position = table.find(table.hash(key.as_bytes()), key.as_bytes()).unwrap();
            let entry = Entry::new(key.as_bytes(), NewValue::Int(-1), None, 0);
            let before = alloc::calls();
            drop(table.replace(position, entry));
            alloc::calls() - before
        };
        assert_eq!(write(&mut table, 5), 0, "nothing is shared");
        let before = alloc::calls();
        let copy = table.freeze();
        assert_eq!(alloc::calls(), before, "a copy is a pointer");
        assert_eq!(write(&mut table, 5), 3, "root, node and page");
        assert_eq!(write(&mut table, 5), 0, "all of it is ours now");
        assert!((0..100).all(|n| write(&mut table, n) <= 2), "the root is ours");
        assert!(matches!(copy.find(b"6").unwrap().value(), Value::Int(6)));
        assert!(matches!(table.at(table.find(table.hash(b"6"), b"6").unwrap()).value(), Value::Int(-1)));
        drop(copy);
        // A page that the copy shared is ours without a write, once the copy is gone.
        assert_eq!(write(&mut table, 1000), 0);
        let twin = table.freeze();
        assert!(table.at_mut(table.find(table.hash(b"7"), b"7").unwrap()).is_none(), "a shared entry is not edited");
        drop(twin);
        assert!(table.at_mut(table.find(table.hash(b"7"), b"7").unwrap()).is_some());
    }

    #[test]
    fn a_small_table_is_small() {
        assert!(size_of::<Table>() <= 320, "sixteen of them are there from the start: {}", size_of::<Table>());
        let before = alloc::calls();
        let mut table = Table::new(Hasher::new([1, 1]));
        assert!(table.find(1, b"a").is_none() && table.freeze().is_empty() && table.scan(0, 10, &mut |_| {}) == 0);
        assert_eq!(alloc::calls(), before, "an empty table allocates nothing");
        add_number(&mut table, 1);
        assert!(table.bytes() < 4096, "{}", table.bytes());
    }

    #[test]
    fn after_its_directories_are_owned_a_write_copies_no_more_than_a_page() {
        let mut table = Table::new(Hasher::new([7, 8]));
        let key = |n: u32| format!("key:{n}").into_bytes();
        let entry = |n: u32| Entry::new(&key(n), NewValue::Int(n.into()), None, 0);
        for n in 0..200_000 {
            table.insert(table.hash(&key(n)), entry(n));
        }
        let copy = table.freeze();
        let before = alloc::blocks();
        let (mut at, mut nodes) = (Some(0), 0);
        while let Some(hash) = at {
            at = table.own_directory(hash);
            nodes += 1;
        }
        // And the root.
        assert_eq!(alloc::blocks() - before, nodes + 1, "each is copied once");
        assert!(nodes > 8, "{nodes}");
        for n in 0..500 {
            let before = alloc::blocks();
            let position = table.find(table.hash(&key(n)), &key(n)).expect("it is there");
            if n % 2 == 0 {
                table.replace(position, Entry::new(&key(n), NewValue::Int(-1), None, 0));
            } else {
                table.remove(position);
            }
            assert!(alloc::blocks() - before <= 2, "a page and an entry");
        }
        assert_eq!(table.own_directory(u64::MAX), None);
        let mut seen = 0;
        copy.each(|entry| {
            seen += 1;
            assert!(!matches!(entry.value(), Value::Int(-1)));
        });
        assert_eq!((seen, table.len()), (200_000, 199_750), "the copy stays what it is");
        assert_eq!(Table::new(Hasher::new([7, 8])).own_directory(0), None);
    }
}
