//! A copy of a table as it was at one moment.

use crate::base::alloc;
use crate::store::directory::{Node, Root};
use crate::store::entry::Entry;
use crate::store::hasher::Hasher;
use crate::store::page::Page;

/// A copy of a table as it was at one moment. It may be read, cloned and dropped on any thread.
#[derive(Clone)]
pub struct Frozen {
    pub(super) root: Option<Root>,
    pub(super) len: usize,
    pub(super) hasher: Hasher,
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
