//! Files that outlive the process, and the work on them that no client should feel.
//!
//! ```text
//! Frozen keyspace --snapshot--> format (ours) or rdb --> temporary file, synced, renamed
//! units of the log ----aof----> increments, a base by rewrite, a manifest that names them
//! files --read on a helper thread--> Loader (tables), or requests that the loop runs
//! ```
//!
//! All access to files goes through a [`disk::Disk`], so that a test can fail, delay or forget what it likes. Nothing here
//! knows clients, replies or the event loop.

pub mod aof;
pub mod disk;
pub mod format;
pub mod orphan;
pub mod rdb;
pub mod snapshot;
pub mod tool;

use std::io;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// How far a helper is, seen from the loop; and how the loop tells it to give up.
#[derive(Debug, Default)]
pub struct Progress {
    /// Keys that are done.
    pub keys: AtomicU64,
    /// Bytes that were read.
    pub bytes: AtomicU64,
    /// For tests that need time: microseconds to sleep at each key, or, below zero, how many keys to sleep one for.
    pub delay_us: AtomicI64,
    state: AtomicU8,
}

const WORKING: u8 = 0;
const CANCELLED: u8 = 1;
const PUBLISHING: u8 = 2;

impl Progress {
    /// Nothing done yet; `delay_us` as in [`Progress::delay_us`].
    pub fn delayed(delay_us: i64) -> Progress {
        Progress { delay_us: delay_us.into(), ..Progress::default() }
    }

    /// One key more. An error if nobody wants the result any more.
    #[inline]
    pub fn step(&self) -> io::Result<()> {
        // Only the helper writes it.
        let before = self.keys.load(Ordering::Relaxed);
        self.keys.store(before + 1, Ordering::Relaxed);
        if self.delay_us.load(Ordering::Relaxed) != 0 {
            self.dawdle(before, 1);
        }
        if self.state.load(Ordering::Relaxed) == CANCELLED { Err(io::Error::other("cancelled")) } else { Ok(()) }
    }

    /// Sleeps as [`Progress::delay_us`] asks for, on behalf of `keys` keys after the first `before`. Whoever cancels, or takes
    /// the delay back meanwhile, does not wait for it.
    #[cold]
    pub fn dawdle(&self, before: u64, keys: u64) {
        const STEP_US: u64 = 10_000;
        let mut slept = 0;
        loop {
            let total = match self.delay_us.load(Ordering::Relaxed) {
                delay @ 1.. => keys * delay as u64,
                delay => {
                    (before + keys).checked_div(delay.unsigned_abs()).unwrap_or(0)
                        - before.checked_div(delay.unsigned_abs()).unwrap_or(0)
                }
            };
            if slept >= total || self.state.load(Ordering::Relaxed) == CANCELLED {
                return;
            }
            let step = STEP_US.min(total - slept);
            std::thread::sleep(Duration::from_micros(step));
            slept += step;
        }
    }

    /// The result is not wanted any more. False if it is too late: the file is getting its name.
    pub fn cancel(&self) -> bool {
        self.state.compare_exchange(WORKING, CANCELLED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The file is to get its name now. False if it was cancelled.
    pub fn begin_publishing(&self) -> bool {
        self.state.compare_exchange(WORKING, PUBLISHING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
