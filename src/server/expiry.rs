//! Active expiry as the server does it: when something is due, in slices, and what it sets off.

use crate::server::Server;

/// The longest slice at `active-expire-effort` 1, and what each step of it adds.
const SLICE_NS: u64 = 500_000;
const EFFORT_NS: u64 = 50_000;
/// The longest slice of putting the index in order, and how long it rests after one.
const TEND_NS: u64 = 250_000;
const TEND_REST_US: u64 = 1_000;

impl Server {
    /// Deletes what is due, in a slice; if that was not all, the next turn comes at once and goes on.
    pub fn expire_due(&mut self) {
        if self.loading.is_some() {
            return;
        }
        if self.keyspace.is_tending() {
            self.keyspace.tend_wheels(&self.watch, TEND_NS);
        }
        if self.active_expire && self.keyspace.next_due().is_some_and(|at| at <= self.now()) {
            // The turn may have been long.
            self.read_time();
            let effort = u64::from(self.config.settings.active_expire_effort);
            if self.keyspace.expire_due(&self.watch, SLICE_NS + EFFORT_NS * effort.saturating_sub(1)) > 0 {
                self.settle_slice();
            }
        }
    }

    /// Microseconds until [`Server::expire_due`] has something to do; `otherwise` if that comes first.
    pub(super) fn until_expiry_us(&self, otherwise: u64) -> u64 {
        let mut left = if self.keyspace.is_tending() { otherwise.min(TEND_REST_US) } else { otherwise };
        if let Some(at) = self.keyspace.next_due().filter(|_| self.active_expire) {
            let us = at.saturating_mul(1000).saturating_sub(self.clock.unix_us());
            left = left.min(us.max(0) as u64);
        }
        left
    }
}
