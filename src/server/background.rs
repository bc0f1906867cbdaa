//! The helper threads that the server hands work to, and how their reports come back.
//!
//! A job owns all it needs (a frozen keyspace, paths, a disk) and sends one report at its end; `notify` wakes the loop,
//! which takes reports at the beginning of its turn ([`Server::take_reports`](crate::server::Server::take_reports)).

use crate::base::helper::Helper;
pub use crate::persist::disk::{Disk, Nowhere};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// The threads.
#[derive(Debug)]
pub struct Helpers {
    /// Frees what is big.
    pub freeing: Helper,
    /// Writes snapshots.
    pub snapshot: Helper,
    /// Rewrites the append-only file.
    pub rewrite: Helper,
    /// Appends and syncs.
    pub log: Helper,
    /// Reads files at the start.
    pub loading: Helper,
}

impl Helpers {
    /// Starts them all: a thread started later would cost the loop more than a snapshot's beginning.
    pub fn start() -> std::io::Result<Helpers> {
        Ok(Helpers {
            freeing: Helper::start("freeing")?,
            snapshot: Helper::start_in_background("snapshot")?,
            rewrite: Helper::start_in_background("rewrite")?,
            log: Helper::start("log")?,
            loading: Helper::start("loading")?,
        })
    }

    /// Helpers that do everything at once, on the caller's thread: for simulations.
    pub fn inline() -> Helpers {
        Helpers {
            freeing: Helper::inline(),
            snapshot: Helper::inline(),
            rewrite: Helper::inline(),
            log: Helper::inline(),
            loading: Helper::inline(),
        }
    }
}

/// Wakes the loop.
pub type Notify = Arc<Mutex<Box<dyn Fn() + Send>>>;

/// The way back from the helpers: reports of type `T`.
pub struct Reports<T> {
    sender: Sender<T>,
    inbox: Receiver<T>,
    notify: Notify,
}

/// Where a job sends its report.
pub struct Reporter<T> {
    sender: Sender<T>,
    notify: Notify,
}

impl<T> Reports<T> {
    /// A way back that wakes the loop by `notify`.
    pub fn new(notify: Notify) -> Reports<T> {
        let (sender, inbox) = channel();
        Reports { sender, inbox, notify }
    }

    /// For a job.
    pub fn reporter(&self) -> Reporter<T> {
        Reporter { sender: self.sender.clone(), notify: Arc::clone(&self.notify) }
    }

    /// The next report, if there is one.
    pub fn take(&self) -> Option<T> {
        self.inbox.try_recv().ok()
    }
}

/// Sends what is in it when it goes: also when the job that was to fill it panics.
struct Sent<T>(Option<T>, Reporter<T>);

impl<T> Drop for Sent<T> {
    fn drop(&mut self) {
        if let Some(report) = self.0.take() {
            self.1.send(report);
        }
    }
}

/// What is said of a job that panicked.
pub const JOB_LOST: &str = "the background job failed, see above";

impl<T> Reporter<T> {
    /// Does a job and sends what it returns, or `lost` if it panics: who waits for a report always gets one.
    pub fn report(self, lost: T, job: impl FnOnce() -> T) {
        let mut sent = Sent(Some(lost), self);
        let report = job();
        sent.0 = Some(report);
    }

    /// Sends a report and wakes the loop.
    fn send(&self, report: T) {
        // Nobody listens any more only when the process ends.
        if self.sender.send(report).is_ok()
            && let Ok(notify) = self.notify.lock()
        {
            notify();
        }
    }
}

/// All that a server has from outside.
pub struct World {
    /// Where the time comes from.
    pub clock: crate::base::clock::Clock,
    /// Measures commands.
    pub watch: crate::base::stopwatch::Stopwatch,
    /// Randomness.
    pub dice: crate::base::dice::Dice,
    /// The threads.
    pub helpers: Helpers,
    /// Where the files are.
    pub disk: Arc<dyn Disk>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_job_that_panics_is_reported_too() {
        let reports = Reports::new(Arc::new(Mutex::new(Box::new(|| {}))));
        reports.reporter().report("lost", || "done");
        assert_eq!(reports.take(), Some("done"));
        let reporter = reports.reporter();
        assert!(catch_unwind(AssertUnwindSafe(|| reporter.report("lost", || panic!("on purpose")))).is_err());
        assert_eq!((reports.take(), reports.take()), (Some("lost"), None));
    }
}
