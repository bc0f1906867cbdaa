//! What a write sets off, in one place.
//!
//! Mutators record what they changed; `settle_call` runs after each command, `settle_unit` after the outermost one (a
//! whole EXEC, a slice of expiry). The order matters: a key's watchers learn of a change before the next command of the
//! same unit runs, but what is sent to others or to the log leaves only when the unit is whole.

use crate::server::Server;

impl Server {
    /// After one command, nested or not.
    #[inline]
    pub(super) fn settle_call(&mut self) {
        if self.depth == 0 && !self.keyspace.shared.changes.is_empty() {
            self.settle_unit();
        }
    }

    /// After a unit: nobody has registered an interest yet that would outlive it, so its records are dropped.
    #[cold]
    pub(crate) fn settle_unit(&mut self) {
        self.keyspace.shared.changes.clear();
    }
}
