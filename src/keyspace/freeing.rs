//! What goes is freed by a helper, if it is big: freeing ten million elements takes a second, which no client should wait for.
//!
//! ```text
//!     discard(entry), discard_object(..), flush, a replaced wheel   -> a job for the helper
//!     what only a copy held: alloc::send_home       -> take_back, at the end of the turn, some at a time
//!     a big buffer whose last holder lets go, wherever that is      -> the thread's bin -> sweep_up, at the end of the turn
//! ```
//!
//! This does not depend on the `lazyfree-*` settings. Small values are freed where they are: handing one over costs more.

use crate::base::alloc;
use crate::base::buffer;
use crate::base::helper::Helper;
use crate::keyspace::Shared;
use crate::store::entry::{Entry, Value};
use crate::store::object::Object;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The loop frees no more than so many nodes of one value.
const FREED_HERE_MAX: usize = 16;
/// So many bytes are worth waking the helper at once; less waits for the regular work.
const WORTH_WAKING: usize = 1 << 20;

/// Blocks that the loop frees for others in one turn: some 50 microseconds.
const TAKEN_BACK: usize = 512;

#[derive(Debug, Default)]
struct Counts {
    pending: AtomicU64,
    freed: AtomicU64,
    bytes: AtomicUsize,
}

/// The helper that frees, and how many keys and values it has been given.
#[derive(Debug)]
pub struct Freeing {
    helper: Helper,
    counts: Arc<Counts>,
}

impl Freeing {
    /// Has this helper free things.
    pub fn new(helper: Helper) -> Freeing {
        Freeing { helper, counts: Arc::default() }
    }

    /// Has something freed that counts as so many objects, of so many bytes.
    pub fn free(&self, objects: usize, bytes: usize, what: impl Send + 'static) {
        self.counts.pending.fetch_add(objects as u64, Relaxed);
        self.counts.bytes.fetch_add(bytes, Relaxed);
        let counts = Arc::clone(&self.counts);
        self.helper.run_soon(move || {
            drop(what);
            counts.pending.fetch_sub(objects as u64, Relaxed);
            counts.freed.fetch_add(objects as u64, Relaxed);
            counts.bytes.fetch_sub(bytes, Relaxed);
        });
    }

    /// Wakes the helper if it has something to do.
    pub fn nudge(&self) {
        self.helper.nudge();
    }

    /// Objects that wait to be freed or are being freed.
    pub fn pending(&self) -> u64 {
        self.counts.pending.load(Relaxed)
    }

    /// The bytes that wait to be freed. What a copy of the keyspace holds as well is counted until then, too.
    pub fn unfreed(&self) -> usize {
        self.counts.bytes.load(Relaxed)
    }

    /// Has the helper do something else.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.helper.run(job);
    }

    /// Objects that were freed.
    pub fn freed(&self) -> u64 {
        self.counts.freed.load(Relaxed)
    }

    /// Counts what was freed from zero again.
    pub fn reset(&self) {
        self.counts.freed.store(0, Relaxed);
    }
}

impl Shared {
    /// Frees an entry, on the helper if it is big.
    #[inline]
    pub fn discard(&mut self, entry: Entry) {
        let bytes = match entry.value() {
            Value::Buffer(buffer) if buffer.bytes().len() > buffer::BIG => buffer.bytes().len(),
            Value::Object(object) if object.nodes() > FREED_HERE_MAX => object.bytes(),
            _ => return,
        };
        self.hand_over(bytes, entry);
    }

    /// The same for a value that was taken out of its entry.
    pub fn discard_object(&mut self, object: Object) {
        if object.nodes() > FREED_HERE_MAX {
            self.hand_over(object.bytes(), object);
        }
    }

    #[cold]
    fn hand_over(&mut self, bytes: usize, what: impl Send + 'static) {
        self.freeing.free(1, bytes, what);
        if bytes >= WORTH_WAKING {
            self.freeing.nudge();
        }
    }

    /// Has the big buffers freed that went since the last call, and frees some of what copies of the keyspace have let go.
    #[inline]
    pub fn sweep_up(&mut self) {
        alloc::take_back(TAKEN_BACK);
        if buffer::bin_bytes() > 0 {
            let bytes = buffer::bin_bytes();
            self.hand_over(bytes, buffer::empty_bin());
        }
    }
}
