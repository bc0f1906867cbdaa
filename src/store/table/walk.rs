//! Walks over a table, and entries by chance.

use super::{Position, Table, after};
use crate::store::directory::Root;
use crate::store::entry::Entry;

/// So many empty pages are passed over in search of a key.
const EMPTY_MAX: usize = 64;

/// Bits of a cursor: clients that keep it in a double keep it whole. Pages have at most 32, so that even a page's
/// buckets are told apart.
const CURSOR_BITS: u32 = 48;

impl Table {
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
}
