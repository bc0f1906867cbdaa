//! How a table grows and shrinks, a page or a node at a time; and how one is built at once.

use super::{MERGE_AT_MOST, Table, after};
use crate::store::directory::{NODE_BITS, Node, Root};
use crate::store::entry::Entry;
use crate::store::hasher::Hash;
use crate::store::page::{BUCKETS_MAX, DEPTH_MAX, Item, Page, prefix_of};

/// Merges after one removal: each moves at most `MERGE_AT_MOST` entries, so that a removal moves fewer than 150.
const MERGES_AT_ONCE: usize = 3;

/// Pages that are few enough to be freed at once, and not worth a search for what to merge.
const PAGES_LEFT: usize = 64;

impl Table {
    /// The first key comes: one page for all hashes.
    #[cold]
    pub(super) fn begin(&mut self) {
        let page = Page::new(0);
        self.count_page(&page);
        let node = Node::new(NODE_BITS, page);
        self.bytes.add_node(node.bytes());
        let root = Root::new(1, node);
        self.bytes.add_node(root.bytes());
        self.root = Some(root);
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

    /// Adds an entry that its page has no room for.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&mut self, hash: Hash, entry: Entry) {
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
    pub(super) fn shrink(&mut self, hash: Hash) {
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
}
