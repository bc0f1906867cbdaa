//! Memory that is there before it is needed.
//!
//! The first touch of a page has the system find and clear memory: half a microsecond for 4 KB, and half a millisecond where a host
//! gives it to its guest 2 MB at a time. While data grows, the loop would wait for that again and again. So its part of the heap
//! grows within long mappings, and a helper fills in what comes next.
//!
//! ```text
//!     mapping   | in use, some of it free again .. | filled | filled |  nothing yet ...          | 1 GB
//!                                        frontier ^         filled ^
//!     loop:     jemalloc takes or splits a piece of it --hooks--> the frontier moves; near the filled end: WANTED
//!     end of the turn:  WANTED --> the helper fills in more
//! ```
//!
//! It is filled in by huge pages where the system has any: lookups among many keys then miss the processor's cache of addresses less
//! often (a GET in a pipeline costs a fifteenth less). Such pages have a bad name with servers that fork, and where a page is looked
//! for and cleared while a client waits; here nothing forks, and it is the helper that waits.
//!
//! That is for small blocks. A block with pages of its own (more than 14 KB) often leaves the last of them untouched, and then they
//! should not be there: such blocks have a part of the heap for themselves, that grows as ever.
//!
//! The hooks are jemalloc's (`extent_hooks` in its manual). They are called inside of an allocation, so they must not allocate.

#![allow(unsafe_code)]

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Whether more is to be filled in: somebody should call [`prepare`] on another thread.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Whether memory is to be made ready: somebody should call [`prepare`] on another thread. Answers true once.
#[inline]
pub fn is_wanted() -> bool {
    WANTED.load(Relaxed) && WANTED.swap(false, Relaxed)
}

#[cfg(not(any(miri, valgrind)))]
pub use hooks::{begin, prepare};

#[cfg(any(miri, valgrind))]
pub use nothing::{begin, prepare};

/// That allocator has no such hooks.
#[cfg(any(miri, valgrind))]
mod nothing {
    /// Nothing.
    pub fn begin() {}

    /// Nothing.
    pub fn prepare() {}
}

#[cfg(not(any(miri, valgrind)))]
mod hooks {
    use super::{Relaxed, WANTED};
    use crate::base::alloc;
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
    use std::ffi::c_void;
    use std::ptr::{null_mut, with_exposed_provenance_mut};
    use std::sync::atomic::Ordering::{Acquire, Release};
    use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use tikv_jemalloc_ctl::raw;
    use tikv_jemalloc_sys::{MALLOCX_ARENA, MALLOCX_TCACHE, extent_hooks_t};

    /// The size and the alignment of huge pages, where there are any: so much is filled in at once.
    const STEP: usize = 2 << 20;
    /// So much is ready behind what is in use.
    const AHEAD: usize = 2 * STEP;
    /// The most that the heap grows by at once. Pieces of it are not joined with those of another, so this must not be short.
    const GROWTH_MAX: usize = 64 << 20;
    /// The length of a mapping. It takes no memory before it is filled in.
    const MAPPING: usize = 1 << 30;

    /// The hooks that jemalloc had before ours: its own.
    static BEFORE: AtomicPtr<extent_hooks_t> = AtomicPtr::new(null_mut());

    /// The mapping that the heap grows in, by its addresses.
    #[derive(Debug)]
    struct Mapping {
        /// From here on jemalloc has nothing of it yet.
        next: usize,
        end: usize,
        /// Up to here it is filled in, or being filled in.
        filled: usize,
    }

    /// The part of the heap that large blocks lie in.
    static LARGE: AtomicU32 = AtomicU32::new(u32::MAX);
    static MAPPED: Mutex<Mapping> = Mutex::new(NOTHING);
    /// The mapping of that. Nobody fills it in; it is there because a new mapping has to wait while another thread gives
    /// much memory back.
    static LARGE_MAPPED: Mutex<Mapping> = Mutex::new(NOTHING);
    const NOTHING: Mapping = Mapping { next: 0, end: 0, filled: 0 };
    /// Where the mapping begins, for the hook that should not take the lock.
    static START: AtomicUsize = AtomicUsize::new(0);
    /// The end of what was ever in use of it.
    static FRONTIER: AtomicUsize = AtomicUsize::new(0);
    /// A copy of [`Mapping::filled`].
    static FILLED: AtomicUsize = AtomicUsize::new(0);

    fn lock(mapping: &Mutex<Mapping>) -> MutexGuard<'_, Mapping> {
        mapping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this thread's part of the heap grows in memory that [`prepare`] fills in ahead. Only one thread's part does.
    pub fn begin() {
        if let Err(error) = install() {
            log::debug!("Memory is not made ready ahead: {error}");
        }
    }

    fn install() -> tikv_jemalloc_ctl::Result<()> {
        // SAFETY: the types are those that jemalloc's manual names. All other hooks stay as they are, ours keep the contracts of
        // those that they replace, and what all of them lie in is never freed.
        unsafe {
            let arena: u32 = raw::read(b"thread.arena\0")?;
            let before: *mut extent_hooks_t = raw::read(format!("arena.{arena}.extent_hooks\0").as_bytes())?;
            if BEFORE.compare_exchange(null_mut(), before, Release, Relaxed).is_err() {
                return Ok(());
            }
            let large: u32 = raw::read(b"arenas.create\0")?;
            LARGE.store(large, Relaxed);
            let hooks = extent_hooks_t { alloc: Some(grow), split: Some(split), ..std::ptr::read(before) };
            let hooks: *mut extent_hooks_t = Box::leak(Box::new(hooks));
            for arena in [arena, large] {
                raw::write(format!("arena.{arena}.retain_grow_limit\0").as_bytes(), GROWTH_MAX)?;
                raw::write(format!("arena.{arena}.extent_hooks\0").as_bytes(), hooks)?;
            }
            // Blocks that are freed are kept for the next who asks, apart from those of other threads.
            let kept: u32 = raw::read(b"tcache.create\0")?;
            alloc::place_large(MALLOCX_ARENA(large as usize) | MALLOCX_TCACHE(kept as usize));
            Ok(())
        }
    }

    /// Gives a part of the heap so much more memory: the next piece of its mapping, or whatever jemalloc would take itself.
    ///
    /// # Safety
    /// As for jemalloc's `extent_alloc_t`: `zero` and `commit` can be written.
    unsafe extern "C" fn grow(
        _hooks: *mut extent_hooks_t,
        place: *mut c_void,
        size: usize,
        alignment: usize,
        zero: *mut bool,
        commit: *mut bool,
        arena: u32,
    ) -> *mut c_void {
        if place.is_null()
            && size <= GROWTH_MAX
            && let Some(piece) = piece_for(arena, size, alignment)
        {
            // SAFETY: the caller says so. The piece is as the system gave it: zero.
            unsafe {
                *zero = true;
                *commit = true;
            }
            return with_exposed_provenance_mut(piece);
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

    fn piece_for(arena: u32, size: usize, alignment: usize) -> Option<usize> {
        if arena == LARGE.load(Relaxed) {
            return lock(&LARGE_MAPPED).cut_off(size, alignment);
        }
        let mut mapped = lock(&MAPPED);
        let end = mapped.end;
        let piece = mapped.cut_off(size, alignment)?;
        if mapped.end != end {
            for place in [&START, &FRONTIER, &FILLED] {
                place.store(mapped.filled, Relaxed);
            }
        }
        WANTED.store(true, Relaxed);
        Some(piece)
    }

    impl Mapping {
        /// The next piece, of a new mapping if this one is used up.
        fn cut_off(&mut self, size: usize, alignment: usize) -> Option<usize> {
            let mut at = self.next.checked_next_multiple_of(alignment)?;
            if at + size > self.end {
                let start = map()?;
                at = start.checked_next_multiple_of(alignment)?;
                *self = Mapping { next: start, end: start + MAPPING, filled: start };
            }
            self.next = at + size;
            Some(at)
        }
    }

    /// A new mapping, at a multiple of [`STEP`].
    fn map() -> Option<usize> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the mapping is new and nobody else knows of it, so that its ends can be cut off.
        unsafe {
            let all = mmap_anonymous(null_mut(), MAPPING + STEP, ProtFlags::READ | ProtFlags::WRITE, flags).ok()?;
            let before = all.align_offset(STEP);
            if before > 0 {
                munmap(all, before).ok()?;
            }
            munmap(all.byte_add(before + MAPPING), STEP - before).ok()?;
            Some(all.expose_provenance() + before)
        }
    }

    /// Makes two pieces of one: the first is about to be used.
    ///
    /// # Safety
    /// As for jemalloc's `extent_split_t`.
    unsafe extern "C" fn split(
        _hooks: *mut extent_hooks_t,
        place: *mut c_void,
        size: usize,
        first: usize,
        second: usize,
        is_committed: bool,
        arena: u32,
    ) -> bool {
        let (start, end) = (START.load(Relaxed), place.addr() + first);
        if (start..start + MAPPING).contains(&place.addr()) && end > FRONTIER.load(Relaxed) {
            FRONTIER.store(end, Relaxed);
            let filled = FILLED.load(Relaxed);
            if end + AHEAD > filled && filled < start + MAPPING {
                WANTED.store(true, Relaxed);
            }
        }
        let before = BEFORE.load(Acquire);
        // SAFETY: as in `grow`.
        unsafe { (*before).split.is_none_or(|split| split(before, place, size, first, second, is_committed, arena)) }
    }

    /// Fills in what comes next, as far as something is missing. Some tenths of a millisecond for each step of 2 MB.
    pub fn prepare() {
        while let Some(place) = next_step() {
            let place = with_exposed_provenance_mut(place);
            // SAFETY: it is part of our mapping, which nobody ever unmaps, and none of these changes what stands in it.
            // What fails is left to the first touch: kernels may be without huge pages, and before 5.14 without filling.
            unsafe {
                let _ = madvise(place, STEP, Advice::LinuxHugepage);
                let _ = madvise(place, STEP, Advice::LinuxPopulateWrite);
                // What is given back and touched again comes in small pages: then it is the loop that would wait for a huge one.
                let _ = madvise(place, STEP, Advice::LinuxNoHugepage);
            }
        }
    }

    /// What is to be filled in next, if the frontier is near it.
    fn next_step() -> Option<usize> {
        let mut mapped = lock(&MAPPED);
        let is_missing = mapped.filled < mapped.end && FRONTIER.load(Relaxed) + AHEAD > mapped.filled;
        is_missing.then(|| {
            let place = mapped.filled;
            mapped.filled += STEP;
            FILLED.store(mapped.filled, Relaxed);
            place
        })
    }
}

#[cfg(all(test, not(any(miri, valgrind))))]
mod tests {
    use super::*;

    /// Bytes of the process that are in memory.
    fn resident() -> usize {
        crate::base::machine::resident() as usize
    }

    /// How often this thread had to wait for a page, from /proc.
    fn page_faults() -> usize {
        let text = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux has it");
        let fields = text.rsplit(')').next().expect("a name in parentheses");
        fields.split(' ').nth(8).and_then(|field| field.parse().ok()).expect("a number")
    }

    #[test]
    fn what_a_growing_heap_takes_next_is_there() {
        begin();
        let before = resident();
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        let faults = page_faults();
        for n in 0..128 << 10 {
            // 128 MB: 32,768 pages, if the first touch of each were ours.
            blocks.push(vec![n as u8; 1 << 10]);
            if is_wanted() {
                std::thread::spawn(prepare).join().expect("it panics never");
            }
        }
        let faults = page_faults() - faults;
        assert!(faults < 4096, "{faults} of them");
        let more = resident() - before;
        assert!(((128 << 20)..(160 << 20)).contains(&more), "{more} bytes");
        // As with any other memory: what is freed is used again, and holds what is written.
        blocks.truncate(64 << 10);
        let again: Vec<Vec<u8>> = (0..64 << 10).map(|n| vec![n as u8; 1 << 10]).collect();
        assert!(again.iter().enumerate().all(|(n, block)| block.iter().all(|byte| *byte == n as u8)));
        assert!(resident() - before < 165 << 20);
    }

    #[test]
    fn the_ends_of_large_blocks_are_not_there() {
        begin();
        let before = resident();
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        for n in 0..100_u8 {
            // jemalloc sets 1.25 MB aside for it.
            let mut block = Vec::with_capacity((1 << 20) + 8192);
            block.resize(1 << 20, n);
            block.shrink_to((1 << 20) + 4096);
            blocks.push(block);
            if is_wanted() {
                prepare();
            }
        }
        blocks.extend((0..100).map(|n| vec![n; 1 << 20]));
        blocks[0].resize(3 << 20, 0);
        blocks[1].truncate(10);
        blocks[1].shrink_to_fit();
        let more = resident() - before;
        assert!(more < 215 << 20, "{more} bytes for 202 MB");
        let holds = |n: usize, block: &Vec<u8>| block.iter().take(1 << 20).all(|byte| usize::from(*byte) == n % 100);
        assert!(blocks.iter().enumerate().all(|(n, block)| holds(n, block)));
    }
}
