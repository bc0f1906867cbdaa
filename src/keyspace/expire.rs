//! Active expiry: a cursor walks the pages of each database and deletes what is past its deadline.
//!
//! Each call stops at its budget, so no client waits longer for it than that; the cursor goes on where it stopped.

use crate::base::stopwatch::Stopwatch;
use crate::keyspace::{DbId, Expiry, Keyspace, db};

/// Keys looked at between two looks at the stopwatch.
const STRIDE: usize = 64;

impl Keyspace {
    /// Walks on for at most `budget_ns`; returns how many keys it deleted.
    pub fn expire_some(&mut self, watch: &Stopwatch, budget_ns: u64) -> usize {
        if self.shared.expiry != Expiry::Own {
            return 0;
        }
        let (start, budget) = (watch.ticks(), watch.ticks_in_ns(budget_ns));
        let (mut deleted, mut due) = (0, Vec::new());
        for (number, data) in self.dbs.iter_mut().enumerate() {
            let id = DbId(number as u16); // `databases` is at most 65,535
            // One walk over the database at most: a quiet server is not to spin.
            let (mut seen, keys) = (0, data.table.len());
            let (mut left_ms, mut volatile) = (0i64, 0i64);
            while data.volatile > 0 && seen < keys {
                let now = self.shared.now;
                data.expire_cursor = data.table.scan(data.expire_cursor, STRIDE, &mut |entry| {
                    seen += 1;
                    if let Some(deadline) = entry.deadline() {
                        if deadline <= now {
                            due.push(entry.key().to_vec());
                        } else {
                            left_ms = left_ms.saturating_add(deadline - now);
                            volatile += 1;
                        }
                    }
                });
                for key in due.drain(..) {
                    let hash = data.table.hash(&key);
                    if let Some(position) = data.table.find(hash, &key) {
                        db::expire(data, &mut self.shared, id, position);
                        self.shared.stats.expired_actively += 1;
                        deleted += 1;
                    }
                }
                if data.expire_cursor == 0 || watch.ticks().wrapping_sub(start) >= budget {
                    break;
                }
            }
            if let Some(mean) = left_ms.checked_div(volatile) {
                data.avg_ttl_ms = if data.avg_ttl_ms == 0 { mean } else { data.avg_ttl_ms / 50 * 49 + mean / 50 };
            }
        }
        deleted
    }
}
