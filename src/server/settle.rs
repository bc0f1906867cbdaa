//! What a write sets off, in one place.
//!
//! Mutators record what they changed; `settle_call` runs after each command, `settle_unit` after the outermost one (a
//! whole EXEC, a slice of expiry). The order matters: a key's watchers learn of a change before the next command of the
//! same unit runs, but what is sent to others or to the log leaves only when the unit is whole.

use crate::keyspace::changes::{Event, Interest};
use crate::server::Server;

impl Server {
    /// After one command, nested or not.
    #[inline]
    pub(super) fn settle_call(&mut self) {
        if !self.keyspace.shared.changes.is_empty() || self.propagation.has_unit() {
            self.settle_changes();
        }
    }

    #[cold]
    fn settle_changes(&mut self) {
        if self.depth == 0 {
            self.settle_unit();
        } else {
            self.tell_of_changes();
        }
    }

    /// Tells those who learn of changes call by call of what is fresh.
    fn tell_of_changes(&mut self) {
        if self.keyspace.shared.changes.interest.has(Interest::WATCH) {
            self.tell_watchers();
        }
        if self.keyspace.shared.changes.interest.has(Interest::TRACKING) {
            self.tell_trackers();
        }
        if self.keyspace.shared.changes.interest.has(Interest::EVENTS) {
            self.tell_events();
        }
        self.keyspace.shared.changes.mark_told();
    }

    /// After a slice of expiry or eviction: each key that went is a unit of its own.
    pub(crate) fn settle_slice(&mut self) {
        self.log_unit(false);
        self.settle_unit();
    }

    /// After a unit: those who wait for keys that it changed are served, each as a unit of its own.
    #[cold]
    pub(crate) fn settle_unit(&mut self) {
        self.log_unit(true);
        self.tell_of_changes();
        let changes = &mut self.keyspace.shared.changes;
        if !changes.interest.has(Interest::READY_KEYS) {
            return changes.clear();
        }
        for (change, key) in changes.iter() {
            if change.event == Event::ALL {
                self.blocked.note_all(change.db);
            } else {
                self.blocked.note(change.db, key);
            }
        }
        changes.clear();
        self.serve_ready();
    }
}
