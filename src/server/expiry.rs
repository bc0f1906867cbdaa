//! Active expiry as the server does it: when something is due, in slices, and what it sets off.

use crate::server::Server;
use crate::server::stall::Part;

/// The longest slice at `active-expire-effort` 1, and what each step of it adds.
const SLICE_NS: u64 = 300_000;
const EFFORT_NS: u64 = 50_000;
/// Between two looks at the time, and at what is set off.
const PART_NS: u64 = 20_000;
/// With so many messages to deliver a slice is over: that takes time, too.
const ORDERS_MAX: usize = 512;
/// The longest slice of putting the index in order, and how long it rests after one.
const TEND_NS: u64 = 250_000;
const TEND_REST_US: u64 = 1_000;

impl Server {
    /// Deletes what is due, in a slice; if that was not all, the next turn comes at once and goes on.
    #[inline]
    pub fn expire_due(&mut self) {
        let is_due = self.active_expire && self.keyspace.next_due().is_some_and(|at| at <= self.now());
        if (is_due || self.keyspace.is_tending()) && self.loading.is_none() {
            self.expire_some(is_due);
        }
    }

    #[cold]
    fn expire_some(&mut self, is_due: bool) {
        let began = self.watch.ticks();
        if self.keyspace.is_tending() && self.clock.monotonic_us() >= self.tend_us {
            let budget = self.watch.ns(self.slice_ticks(TEND_NS));
            self.keyspace.tend(&self.watch, budget);
            self.tend_us = self.clock.monotonic_us() + TEND_REST_US;
            self.note_slice(Part::Expiry, self.watch.ticks().wrapping_sub(began));
        }
        if is_due {
            self.expire_slice();
        }
    }

    fn expire_slice(&mut self) {
        let effort = u64::from(self.config.settings.active_expire_effort);
        let slice = self.slice_ticks(SLICE_NS + EFFORT_NS * effort.saturating_sub(1));
        // The turn may have been long.
        self.read_time();
        let began = self.watch.ticks();
        loop {
            // A part at a time, so that the slice includes what each sets off: events, invalidations, the log.
            if self.keyspace.expire_due(&self.watch, PART_NS) > 0 {
                self.settle_slice();
            }
            if self.keyspace.next_due().is_none_or(|at| at > self.now()) {
                break;
            }
            if self.watch.ticks().wrapping_sub(began) >= slice || self.outbox.len() >= ORDERS_MAX {
                self.keyspace.shared.stats.expire_cuts += 1;
                break;
            }
        }
        self.note_slice(Part::Expiry, self.watch.ticks().wrapping_sub(began));
    }

    /// Microseconds until [`Server::expire_due`] has something to do; `otherwise` if that comes first.
    pub(super) fn until_expiry_us(&self, otherwise: u64) -> u64 {
        let mut left = otherwise;
        if self.keyspace.is_tending() {
            left = left.min(self.tend_us.saturating_sub(self.clock.monotonic_us()));
        }
        if let Some(at) = self.keyspace.next_due().filter(|_| self.active_expire) {
            let us = at.saturating_mul(1000).saturating_sub(self.clock.unix_us());
            left = left.min(us.max(0) as u64);
        }
        left
    }
}
