//! Memory that is there before it is needed.
//!
//! The first touch of a page has the system find and clear memory: half a microsecond for 4 KB, and half a millisecond where a host
//! gives it to its guest 2 MB at a time. While data grows, the loop would wait for that again and again. So its part of the heap
//! grows by regions of one size, and a helper keeps one ready of which every page is there.
//!
//! ```text
//!     loop:    the heap is full --hook--> takes READY (or asks the system, if there is none); WANTED
//!              end of the turn: WANTED --> the helper
//!     helper:  maps a region, has the system fill it in; READY
//! ```
//!
//! The hook is jemalloc's (`extent_hooks` in its manual). It is called inside of an allocation, so all it does is to exchange a pointer.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// What the heap grows by, once it is larger than a few of these: one of jemalloc's sizes.
const REGION: usize = 4 << 20;
/// So much is filled in by one call: meanwhile the loop could not map anything.
#[cfg(not(any(miri, valgrind)))]
const STEP: usize = 256 << 10;

/// A region that nobody has, or null.
static READY: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
/// Whether another one is to be made ready.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Whether a region is to be made ready: somebody should call [`prepare`] on another thread. Answers true once.
#[inline]
pub fn is_wanted() -> bool {
    WANTED.load(Relaxed) && WANTED.swap(false, Relaxed)
}

#[cfg(any(miri, valgrind))]
pub use nothing::{begin, prepare};

#[cfg(any(miri, valgrind))]
mod nothing {
    /// This allocator has no such hook.
    pub fn begin() {}

    /// Nothing.
    pub fn prepare() {}
}

#[cfg(not(any(miri, valgrind)))]
pub use hook::{begin, prepare};

#[cfg(not(any(miri, valgrind)))]
mod hook {
    use super::{Acquire, Relaxed, Release, c_void};
    use super::{AtomicPtr, READY, REGION, STEP, WANTED};
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
    use std::ptr::null_mut;
    use tikv_jemalloc_ctl::raw;
    use tikv_jemalloc_sys::extent_hooks_t;

    /// The hooks that jemalloc had before ours: its own.
    static BEFORE: AtomicPtr<extent_hooks_t> = AtomicPtr::new(null_mut());

    /// From now on this thread's part of the heap grows by regions that [`prepare`] has made ready, as far as there are any.
    pub fn begin() {
        if let Err(error) = install() {
            log::debug!("Memory is not made ready ahead: {error}");
        }
    }

    fn install() -> tikv_jemalloc_ctl::Result<()> {
        // SAFETY: the types are those that jemalloc's manual names. All other hooks stay as they are, ours keeps the contract of
        // the one that it replaces, and what all of them lie in is never freed.
        unsafe {
            let arena: u32 = raw::read(b"thread.arena\0")?;
            let name = format!("arena.{arena}.extent_hooks\0");
            let before: *mut extent_hooks_t = raw::read(name.as_bytes())?;
            if BEFORE.compare_exchange(null_mut(), before, Release, Relaxed).is_err() {
                return Ok(()); // one part of the heap is enough
            }
            let hooks = Box::leak(Box::new(std::ptr::read(before)));
            hooks.alloc = Some(grow);
            raw::write::<*mut extent_hooks_t>(name.as_bytes(), hooks)?;
            raw::write(format!("arena.{arena}.retain_grow_limit\0").as_bytes(), REGION)
        }
    }

    /// Gives the heap so much more memory.
    ///
    /// # Safety
    /// As for jemalloc's `extent_alloc_t`: `zero` and `commit` can be read and written.
    unsafe extern "C" fn grow(
        _hooks: *mut extent_hooks_t,
        place: *mut c_void,
        size: usize,
        alignment: usize,
        zero: *mut bool,
        commit: *mut bool,
        arena: u32,
    ) -> *mut c_void {
        if place.is_null() && size >= REGION / 2 {
            WANTED.store(true, Relaxed);
            if size == REGION && alignment <= 4096 {
                let ready = READY.swap(null_mut(), Acquire);
                if !ready.is_null() {
                    // SAFETY: the caller says so. The region is as the system gave it: zero.
                    unsafe {
                        *zero = true;
                        *commit = true;
                    }
                    return ready;
                }
            }
        }
        let before = BEFORE.load(Acquire);
        // SAFETY: it was set before this hook was, and is jemalloc's own; the arguments are those that we were given.
        unsafe {
            match (*before).alloc {
                Some(alloc) => alloc(before, place, size, alignment, zero, commit, arena),
                None => null_mut(),
            }
        }
    }

    /// Makes a region ready, unless one is: maps it, and has the system give memory for all of it. A millisecond or two.
    pub fn prepare() {
        if !READY.load(Relaxed).is_null() {
            return;
        }
        // SAFETY: a new mapping, which nobody else knows of until it is published (Release), and nobody afterwards but the heap.
        unsafe {
            let Ok(region) = mmap_anonymous(null_mut(), REGION, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
            else {
                return;
            };
            for at in (0..REGION).step_by(STEP) {
                // Kernels before 5.14 do not know this, and a limit may forbid it: then pages come as they are touched.
                if madvise(region.byte_add(at), STEP, Advice::LinuxPopulateWrite).is_err() {
                    break;
                }
            }
            if READY.compare_exchange(null_mut(), region, Release, Relaxed).is_err() {
                let _ = munmap(region, REGION);
            }
        }
    }
}

#[cfg(all(test, not(any(miri, valgrind))))]
mod tests {
    use super::*;

    /// Pages of the process that are in memory, from /proc.
    fn resident() -> usize {
        let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
        text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number")
    }

    #[test]
    fn a_heap_that_grows_takes_what_was_made_ready() {
        // In a thread, whose part of the heap may be another's, too: all that is needed is that it grows.
        begin();
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        let mut taken = 0;
        for _ in 0..4096 {
            if is_wanted() {
                taken += usize::from(READY.load(Relaxed).is_null());
                let before = resident();
                prepare();
                assert!(!READY.load(Relaxed).is_null());
                // Others may free and allocate meanwhile.
                assert!(resident() + 256 >= before, "a region is there, or was");
            }
            // Not touched: only a region that is made ready makes the process larger.
            blocks.push(Vec::with_capacity(64 << 10));
        }
        assert!(taken > 10, "256 MB are more than ten regions: {taken}");
    }
}
