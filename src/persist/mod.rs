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
pub mod rdb;
pub mod snapshot;

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How far a helper is, seen from the loop; and how the loop tells it to give up.
#[derive(Debug, Default)]
pub struct Progress {
    /// Keys that are done.
    pub keys: AtomicU64,
    /// Bytes that are done.
    pub bytes: AtomicU64,
    state: AtomicU8,
}

const WORKING: u8 = 0;
const CANCELLED: u8 = 1;
const PUBLISHING: u8 = 2;

impl Progress {
    /// One key more. An error if nobody wants the result any more.
    #[inline]
    pub fn step(&self) -> io::Result<()> {
        self.keys.fetch_add(1, Ordering::Relaxed);
        if self.state.load(Ordering::Relaxed) == CANCELLED { Err(io::Error::other("cancelled")) } else { Ok(()) }
    }

    /// So many bytes are done.
    pub fn written(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
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
