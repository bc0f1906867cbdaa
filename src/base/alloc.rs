//! The allocator: jemalloc, with a count of the bytes that are in use.
//!
//! Rust hands the size to every deallocation, so counting costs an addition to a number that nobody else writes. Each
//! thread leases a counter (a cache line pair of its own); what one thread allocates another may free, so a counter may
//! well be negative: only the sum means something. A thread that ends gives its counter back *with* its value, for the
//! next thread to go on with. When all counters are leased, threads share one by atomic additions.
//!
//! ```text
//!     loop      +812,331,008  ─┐
//!     helper    -411,000,512   ├─ used() = sum
//!     (free)     +18,442,240  ─┘
//! ```
//!
//! Freeing a block of another thread takes a lock of that thread's part of the heap. A helper that has the lock and must give its
//! processor to others would keep the loop waiting for milliseconds, so what a copy of the keyspace was the last to hold goes
//! [home](send_home): the loop frees it, some at the end of each turn.
//!
//! ```text
//!     helper   free -> chain (in the blocks themselves)  --one swap--> ON_THEIR_WAY --> take_back: the loop
//! ```
//!
//! What is counted are the bytes asked for. jemalloc rounds them up to its size classes; a structure that has many
//! small nodes asks for the whole class ([`size_class`]) and so knows what it really costs.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicPtr, AtomicUsize};

// Checkers of memory know the system's allocator and see nothing inside another.
#[cfg(any(miri, valgrind))]
static INNER: std::alloc::System = std::alloc::System;
#[cfg(not(any(miri, valgrind)))]
static INNER: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

// No huge pages by `thp:always`: single writes after a copy of the keyspace took up to 5 ms instead of 0.4, as the kernel clears and
// compacts 2 MB while the loop waits. See `ahead`, which has others wait.

/// What jemalloc reads at its start (its manual: `malloc_conf`). A thread keeps some free blocks of each size for itself, and fetches
/// half of that many when it has none left. After a snapshot free blocks lie alone, each between others that are in use, and finding
/// one takes half a microsecond: at jemalloc's usual 200, one write in a hundred waited 50 us for its turn to fetch.
#[cfg(not(any(miri, valgrind)))]
#[allow(non_upper_case_globals)]
// as jemalloc calls it
// SAFETY: jemalloc reads this symbol as the address of a text that ends with a zero, which is the first word of a slice.
#[unsafe(export_name = "_rjem_malloc_conf")]
static malloc_conf: &[u8] = b"tcache_nslots_small_max:64\0";

/// The largest size that jemalloc places with its like in a slab; a larger block has pages of its own.
const SLAB_MAX: usize = 14 << 10;

/// The counting allocator; `lib.rs` makes it the global one.
pub struct Counting;

/// One thread's share of the sums. Padded to two lines, since processors fetch lines in pairs.
#[repr(align(128))]
struct Counter {
    bytes: AtomicIsize,
    calls: AtomicUsize,
    leased: AtomicBool,
}

impl Counter {
    const fn new() -> Counter {
        Counter { bytes: AtomicIsize::new(0), calls: AtomicUsize::new(0), leased: AtomicBool::new(false) }
    }
}

/// Many more than the threads of a server (the loop and a handful of helpers): test runners have one a core.
static COUNTERS: [Counter; 128] = [const { Counter::new() }; 128];

/// How many counters were ever leased: the others need not be read.
static EVER_LEASED: AtomicUsize = AtomicUsize::new(0);

/// Serves threads that found no free counter.
static SHARED: Counter = Counter::new();

/// What the allocator says of itself, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// In use, rounded up to its size classes.
    pub allocated: u64,
    /// In pages that hold something in use.
    pub active: u64,
    /// In memory, with what it keeps for later.
    pub resident: u64,
    /// Given up, but not taken back by the system yet.
    pub muzzy: u64,
}

/// Asks the allocator about itself, some microseconds; `None` if it does not say.
pub fn report() -> Option<Report> {
    #[cfg(not(any(miri, valgrind)))]
    {
        use tikv_jemalloc_ctl::{epoch, stats};
        // Its figures are those of the last epoch.
        epoch::advance().ok()?;
        let number = |n: usize| n as u64;
        // SAFETY: both are numbers of this size, as jemalloc documents them. 4096 stands for all arenas.
        let muzzy: usize = unsafe {
            let pages: usize = tikv_jemalloc_ctl::raw::read(b"stats.arenas.4096.pmuzzy\0").ok()?;
            pages * tikv_jemalloc_ctl::raw::read::<usize>(b"arenas.page\0").ok()?
        };
        Some(Report {
            allocated: stats::allocated::read().ok().map(number)?,
            active: stats::active::read().ok().map(number)?,
            resident: stats::resident::read().ok().map(number)?,
            muzzy: number(muzzy),
        })
    }
    #[cfg(any(miri, valgrind))]
    None
}

/// Has the allocator give back to the system what it keeps for later; false if it cannot. May take milliseconds.
pub fn purge() -> bool {
    #[cfg(not(any(miri, valgrind)))]
    {
        let Ok(arenas) = tikv_jemalloc_ctl::arenas::narenas::read() else { return false };
        let mut is_done = false;
        for arena in 0..arenas {
            for state in ["dirty", "muzzy"] {
                let name = format!("arena.{arena}.{state}_decay_ms\0");
                // A decay of no time gives everything back at once; then it is again as it was.
                // SAFETY: this is a number of this size, as jemalloc documents it. An arena that was never used says no.
                unsafe {
                    if let Ok(decay) = tikv_jemalloc_ctl::raw::update::<isize>(name.as_bytes(), 0) {
                        is_done |= tikv_jemalloc_ctl::raw::write(name.as_bytes(), decay).is_ok();
                    }
                }
            }
        }
        is_done
    }
    #[cfg(any(miri, valgrind))]
    false
}

/// All that the allocator has to say of itself, for people.
pub fn statistics() -> Vec<u8> {
    let mut text = Vec::new();
    #[cfg(not(any(miri, valgrind)))]
    {
        use tikv_jemalloc_ctl::stats_print::{Options, stats_print};
        if let Err(error) = stats_print(&mut text, Options::default()) {
            log::warn!("The allocator's statistics: {error}");
        }
    }
    text
}

/// What stands in a freed block that is on its way home.
#[derive(Clone, Copy)]
struct Freed {
    next: *mut u8,
    size: u32,
    align: u32,
}

/// Smaller blocks have no room for that; larger ones are few.
const SENT_HOME: std::ops::RangeInclusive<usize> = size_of::<Freed>()..=4096;

/// The first of the blocks that the home thread is to free.
static ON_THEIR_WAY: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Whether there is a home thread.
static HAS_HOME: AtomicBool = AtomicBool::new(false);

thread_local! {
    // None has a destructor, so that the allocator may use them at any time.
    static LARGE: Cell<i32> = const { Cell::new(0) };
    static IS_HOME: Cell<bool> = const { Cell::new(false) };
    static IS_SENDING: Cell<bool> = const { Cell::new(false) };
    /// The first and the last block of what this thread is about to send.
    static SENT: Cell<(*mut u8, *mut u8)> = const { Cell::new((std::ptr::null_mut(), std::ptr::null_mut())) };
    /// The first block of what has arrived here.
    static ARRIVED: Cell<*mut u8> = const { Cell::new(std::ptr::null_mut()) };
}

/// From now on this thread takes blocks with pages of their own as these flags of `mallocx` say.
pub fn place_large(flags: i32) {
    LARGE.set(flags);
}

/// The flags for a block of that size; 0 for the usual way.
#[inline(always)]
fn flags_of(size: usize) -> i32 {
    if size > SLAB_MAX { LARGE.get() } else { 0 }
}

/// The allocator's calls that take flags.
#[cfg(not(any(miri, valgrind)))]
mod flagged {
    use std::alloc::Layout;
    use tikv_jemalloc_sys as jemalloc;

    /// Zeros, for [`alloc`].
    pub const ZERO: i32 = jemalloc::MALLOCX_ZERO;

    /// # Safety
    /// As for `GlobalAlloc::alloc`.
    pub unsafe fn alloc(layout: Layout, flags: i32) -> *mut u8 {
        // SAFETY: the caller's promises; the alignment is a power of two.
        unsafe { jemalloc::mallocx(layout.size(), flags | jemalloc::MALLOCX_ALIGN(layout.align())).cast() }
    }

    /// # Safety
    /// As for `GlobalAlloc::dealloc`.
    pub unsafe fn dealloc(place: *mut u8, layout: Layout, flags: i32) {
        // SAFETY: as above.
        unsafe { jemalloc::sdallocx(place.cast(), layout.size(), flags | jemalloc::MALLOCX_ALIGN(layout.align())) }
    }

    /// # Safety
    /// As for `GlobalAlloc::realloc`.
    pub unsafe fn realloc(place: *mut u8, layout: Layout, size: usize, flags: i32) -> *mut u8 {
        // SAFETY: as above.
        unsafe { jemalloc::rallocx(place.cast(), size, flags | jemalloc::MALLOCX_ALIGN(layout.align())).cast() }
    }
}

/// There are none.
#[cfg(any(miri, valgrind))]
mod flagged {
    use super::{GlobalAlloc, INNER, Layout};

    pub const ZERO: i32 = 0;

    pub unsafe fn alloc(layout: Layout, _: i32) -> *mut u8 {
        // SAFETY: the caller's promises.
        unsafe { INNER.alloc_zeroed(layout) }
    }

    pub unsafe fn dealloc(place: *mut u8, layout: Layout, _: i32) {
        // SAFETY: as above.
        unsafe { INNER.dealloc(place, layout) }
    }

    pub unsafe fn realloc(place: *mut u8, layout: Layout, size: usize, _: i32) -> *mut u8 {
        // SAFETY: as above.
        unsafe { INNER.realloc(place, layout, size) }
    }
}

/// This thread is the home of what copies of the keyspace hold: from now on it has to call [`take_back`].
pub fn be_home() {
    IS_HOME.set(true);
    HAS_HOME.store(true, Relaxed);
}

/// Does something that frees blocks of the home thread. Small ones are left for that to free, if there is one.
pub fn send_home<R>(act: impl FnOnce() -> R) -> R {
    struct Sending;
    impl Drop for Sending {
        fn drop(&mut self) {
            IS_SENDING.set(false);
            hand_over();
        }
    }
    if !HAS_HOME.load(Relaxed) || IS_HOME.get() {
        return act();
    }
    IS_SENDING.set(true);
    let _sending = Sending;
    act()
}

/// Puts a freed block before those that this thread is about to send.
#[cold]
fn send(place: *mut u8, layout: Layout) {
    let (first, last) = SENT.get();
    let freed = Freed { next: first, size: layout.size() as u32, align: layout.align() as u32 };
    // SAFETY: the block was just given up to the allocator, which is us, and is long enough: see `SENT_HOME`.
    unsafe { place.cast::<Freed>().write_unaligned(freed) };
    SENT.set((place, if last.is_null() { place } else { last }));
}

fn hand_over() {
    let (first, last) = SENT.replace((std::ptr::null_mut(), std::ptr::null_mut()));
    if first.is_null() {
        return;
    }
    let mut before = ON_THEIR_WAY.load(Relaxed);
    loop {
        // SAFETY: the blocks of this chain are this thread's alone before the exchange, and each holds a `Freed`.
        unsafe {
            let freed = Freed { next: before, ..last.cast::<Freed>().read_unaligned() };
            last.cast::<Freed>().write_unaligned(freed);
        }
        // Release: who takes the chain (Acquire) sees what stands in its blocks.
        match ON_THEIR_WAY.compare_exchange_weak(before, first, Release, Relaxed) {
            Ok(_) => return,
            Err(other) => before = other,
        }
    }
}

/// On the home thread: frees some of the blocks that others have sent. True if there are more.
#[inline]
pub fn take_back(most: usize) -> bool {
    if ARRIVED.get().is_null() && (ON_THEIR_WAY.load(Relaxed).is_null() || !IS_HOME.get()) {
        return false;
    }
    free_some(most)
}

#[cold]
fn free_some(most: usize) -> bool {
    let mut next = ARRIVED.get();
    if next.is_null() {
        next = ON_THEIR_WAY.swap(std::ptr::null_mut(), Acquire);
    }
    for _ in 0..most {
        if next.is_null() {
            break;
        }
        // SAFETY: each block in the chain holds a `Freed`, with the layout that it was allocated by. It was taken out of
        // the shared chain as a whole, so nobody else frees it.
        unsafe {
            let freed = next.cast::<Freed>().read_unaligned();
            INNER.dealloc(next, Layout::from_size_align_unchecked(freed.size as usize, freed.align as usize));
            next = freed.next;
        }
    }
    ARRIVED.set(next);
    !next.is_null()
}

/// On the home thread: whether blocks have arrived that are not freed yet.
#[inline]
pub fn has_arrivals() -> bool {
    !ARRIVED.get().is_null()
}

#[derive(Clone, Copy)]
enum Mine {
    /// This thread has not allocated yet.
    Unknown,
    Leased(&'static Counter),
    Shared,
}

thread_local! {
    // Without a destructor, so that it may be used at any time in a thread's life, also by the allocator.
    static MINE: Cell<Mine> = const { Cell::new(Mine::Unknown) };
    /// Blocks that this thread has allocated, less those that it has freed.
    #[cfg(debug_assertions)]
    static BLOCKS: Cell<isize> = const { Cell::new(0) };
    // Its destructor is what tells that a thread ends.
    static LEASE: Lease = const { Lease };
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        if let Mine::Leased(counter) = MINE.replace(Mine::Shared) {
            // Release: whoever leases it next (Acquire) goes on from the value that this thread left.
            counter.leased.store(false, Release);
        }
    }
}

#[cold]
fn lease() -> Mine {
    let is_free = |c: &Counter| c.leased.compare_exchange(false, true, Acquire, Relaxed).is_ok();
    let free = COUNTERS.iter().position(is_free);
    if let Some(index) = free {
        EVER_LEASED.fetch_max(index + 1, Relaxed);
    }
    // Set before the destructor is registered, since the registration might allocate.
    MINE.set(free.map_or(Mine::Shared, |index| Mine::Leased(&COUNTERS[index])));
    if LEASE.try_with(|_| ()).is_err() {
        drop(Lease); // The thread is ending already: nothing would give the counter back later.
    }
    MINE.get()
}

#[inline(always)]
fn count(bytes: isize, calls: usize) {
    let mut mine = MINE.get();
    if let Mine::Unknown = mine {
        mine = lease();
    }
    if let Mine::Leased(counter) = mine {
        // Only this thread writes here, so that a load and a store will do where others need a locked addition.
        counter.bytes.store(counter.bytes.load(Relaxed) + bytes, Relaxed);
        counter.calls.store(counter.calls.load(Relaxed) + calls, Relaxed);
    } else {
        SHARED.bytes.fetch_add(bytes, Relaxed);
        SHARED.calls.fetch_add(calls, Relaxed);
    }
}

/// The bytes in use: what all threads allocated less what all threads freed.
pub fn used() -> usize {
    let leased = &COUNTERS[..EVER_LEASED.load(Relaxed)];
    let sum: isize = leased.iter().chain([&SHARED]).map(|c| c.bytes.load(Relaxed)).sum();
    // While another thread allocates, a moment's sum may miss what the freed bytes belong to.
    sum.max(0) as usize
}

/// So many more bytes (fewer, if negative) of what is allocated are only set aside: the system gives no memory for them before they are
/// filled, and they do not count as in use.
pub fn set_aside(more: isize) {
    count(-more, 0);
}

/// The share of [`used`] that this thread has counted: one load. What it means is how it changes: by what this thread
/// allocates and frees, whatever others do. (A thread without a counter of its own sees the others that have none.)
#[inline]
pub fn mine() -> isize {
    match MINE.get() {
        Mine::Leased(counter) => counter.bytes.load(Relaxed),
        Mine::Unknown => 0,
        Mine::Shared => SHARED.bytes.load(Relaxed),
    }
}

/// How often this thread has allocated or grown an allocation: for tests that count.
pub fn calls() -> usize {
    match MINE.get() {
        Mine::Leased(counter) => counter.calls.load(Relaxed),
        Mine::Unknown => 0,
        Mine::Shared => SHARED.calls.load(Relaxed),
    }
}

/// How many more blocks this thread has allocated than freed; zero in a release build. A difference of two readings says
/// whether much was freed in between that had been there before.
#[inline]
pub fn blocks() -> isize {
    #[cfg(debug_assertions)]
    return BLOCKS.get();
    #[cfg(not(debug_assertions))]
    0
}

/// Does something that [`blocks`] is not to see.
pub fn uncounted<R>(act: impl FnOnce() -> R) -> R {
    #[cfg(debug_assertions)]
    let before = BLOCKS.get();
    let result = act();
    #[cfg(debug_assertions)]
    BLOCKS.set(before);
    result
}

#[cfg(debug_assertions)]
fn count_block(one: isize) {
    BLOCKS.set(BLOCKS.get() + one);
}

#[cfg(not(debug_assertions))]
#[inline(always)]
fn count_block(_: isize) {}

/// The bytes that jemalloc really sets aside for a small or large allocation of `size` bytes.
///
/// Classes are 16 bytes apart up to 128, then four to every doubling. (The classes of 1 to 8 bytes are left out:
/// nothing here is that small.)
#[inline]
pub const fn size_class(size: usize) -> usize {
    if size <= 128 {
        let rounded = (size + 15) & !15;
        return if rounded == 0 { 16 } else { rounded };
    }
    let step = 1 << ((size - 1).ilog2() - 2);
    (size + step - 1) & !(step - 1)
}

// SAFETY: every call is handed to an allocator that keeps the contract, with the same arguments; counting touches
// nothing that is allocated.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let flags = flags_of(layout.size());
        // SAFETY: the caller's promises are those that the inner allocator asks for.
        let place = unsafe { if flags == 0 { INNER.alloc(layout) } else { flagged::alloc(layout, flags) } };
        if !place.is_null() {
            count_block(1);
            count(layout.size() as isize, 1);
        }
        place
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let flags = flags_of(layout.size());
        // SAFETY: as above.
        let place = unsafe {
            if flags == 0 { INNER.alloc_zeroed(layout) } else { flagged::alloc(layout, flags | flagged::ZERO) }
        };
        if !place.is_null() {
            count_block(1);
            count(layout.size() as isize, 1);
        }
        place
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if IS_SENDING.get() && SENT_HOME.contains(&layout.size()) {
            send(place, layout);
        } else {
            let flags = flags_of(layout.size());
            // SAFETY: as above.
            unsafe { if flags == 0 { INNER.dealloc(place, layout) } else { flagged::dealloc(place, layout, flags) } };
        }
        count(-(layout.size() as isize), 0);
        count_block(-1);
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let flags = flags_of(size);
        // SAFETY: as above.
        let moved = unsafe {
            if flags == 0 { INNER.realloc(place, layout, size) } else { flagged::realloc(place, layout, size, flags) }
        };
        if !moved.is_null() {
            count(size as isize - layout.size() as isize, 1);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::thread;

    /// Two tests that move the sum must not meet.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

    /// Other tests allocate meanwhile, so the block is bigger than anything they hold.
    const BIG: usize = 1 << 30;

    #[test]
    fn used_bytes_follow_a_block_across_threads() {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = used();
        // Not touched, so that no memory is really taken.
        let block = thread::spawn(|| black_box(Vec::<u8>::with_capacity(BIG))).join().unwrap();
        assert!(used() >= before + BIG / 2, "a thread that ended still counts");
        drop(block);
        assert!(used() < before + BIG / 2, "the bytes left with the block");
    }

    #[test]
    fn more_threads_than_counters_are_counted_too() {
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = used();
        let go = std::sync::Barrier::new(2 * COUNTERS.len() + 1);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..2 * COUNTERS.len())
                .map(|_| {
                    scope.spawn(|| {
                        let block = black_box(Vec::<u8>::with_capacity(BIG / 64));
                        go.wait();
                        go.wait();
                        drop(block);
                    })
                })
                .collect();
            go.wait();
            assert!(used() >= before + 3 * BIG);
            go.wait();
            for t in threads {
                t.join().unwrap();
            }
        });
        assert!(used() < before + BIG / 2);
    }

    #[test]
    fn the_own_share_follows_what_this_thread_does() {
        let before = mine();
        let block = black_box(Vec::<u8>::with_capacity(1000));
        assert_eq!(mine() - before, 1000);
        drop(block);
        assert_eq!(mine(), before);
    }

    #[test]
    #[cfg_attr(any(miri, valgrind), ignore = "the system's allocator says nothing")]
    fn the_allocator_tells_of_itself() {
        let report = report().unwrap();
        assert!(0 < report.allocated && report.allocated <= report.active && report.active <= report.resident);
        assert!(purge());
        let text = statistics();
        assert!(text.windows(9).any(|part| part == b"Allocated"), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    #[cfg(not(any(miri, valgrind)))]
    fn a_thread_fetches_few_free_blocks_at_a_time() {
        // SAFETY: a number of this type, as jemalloc documents it.
        let most: u32 = unsafe { tikv_jemalloc_ctl::raw::read(b"opt.tcache_nslots_small_max\0") }.unwrap();
        assert_eq!(most, 64);
    }

    #[test]
    fn what_others_free_comes_home() {
        be_home();
        while take_back(100) {}
        let (count, bytes) = (500, |n: usize| vec![n as u8; 1 + n % 300]);
        let blocks: Vec<Vec<u8>> = (0..count).map(bytes).collect();
        let is_alike = |block: &&Vec<u8>| size_class(block.capacity()) == 112;
        let places: Vec<usize> = blocks.iter().filter(is_alike).map(|block| block.as_ptr().addr()).collect();
        let others = thread::spawn(move || {
            let before = mine();
            let (some, more) = (blocks.iter().map(Vec::capacity).sum::<usize>(), vec![1; 5000]);
            send_home(|| drop((blocks, more)));
            // They count as freed at once.
            assert!(before - mine() >= some as isize);
            assert!(!take_back(100), "this is not their home");
        });
        others.join().unwrap();
        let mut steps = 1;
        while take_back(50) {
            assert!(has_arrivals());
            steps += 1;
        }
        assert!(!has_arrivals() && (9..=11).contains(&steps), "{steps}");
        let again = black_box(vec![1_u8; 100]);
        // The allocator gives what was freed last to who asks next.
        assert!(cfg!(any(miri, valgrind)) || places.contains(&again.as_ptr().addr()));
        send_home(|| drop(again));
        assert!(!take_back(1), "at home it is just freed");
    }

    #[test]
    fn calls_are_counted() {
        let before = calls();
        let boxed = black_box(Box::new(1));
        assert!(calls() > before);
        let mid = calls();
        drop(boxed);
        if !matches!(MINE.get(), Mine::Shared) {
            assert_eq!(calls(), mid, "freeing is not allocating");
        }
    }

    #[test]
    fn size_classes_are_those_of_jemalloc() {
        let classes = [
            16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536,
            1792, 2048, 2560, 3072, 3584, 4096, 5120,
        ];
        for size in 1..=5120 {
            let class = *classes.iter().find(|c| **c >= size).unwrap();
            assert_eq!(size_class(size), class, "size {size}");
        }
        assert_eq!(size_class((512 << 20) + 1), 640 << 20);
    }
}
