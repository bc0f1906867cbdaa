//! Directories: from the first bits of a hash to a page.
//!
//! ```text
//!     root                         node (one of its children)             page
//!     2^r slots, by the first      256 slots, by the 8 bits after the
//!     r bits of the hash           node's own `depth` bits
//!     +------+                     +------+
//!     | o----|---+---------------->| o----|------+----------------------> ...
//!     | o----|---+                 | o----|------+
//!     | o----|----> ...            | o----|-----------------------------> ...
//!     +------+                     +------+
//!     slot     | address 48 | depth 6 | what the child keeps in its handle 10 |
//! ```
//!
//! Root and node are the same structure. A child whose depth leaves bits of the index open covers a *run* of slots, all
//! of them with the same handle: it is one child, held once. A child that outgrows its range is replaced by two that
//! cover its halves; what has no bits left to tell halves apart must be split itself (a node), or doubled (the root).
//!
//! Like pages, directories are counted pointers: clones share, and whoever changes a shared one copies it first, and
//! every child is then held once more.
//!
//! # Why it is sound
//!
//! 1. The address in a `Directory` is that of a live allocation of a head and 2^bits slots, aligned to a line; each
//!    `Directory` owns one unit of its count.
//! 2. The slots are covered by runs: the handle in slot `i` is that of a child at depth `d`, and all slots whose index
//!    agrees in the first `d - depth` bits hold the same handle. A run owns one unit of its child's count.
//! 3. Slots are written only through `&mut Directory` after `own()`, which leaves the count at one: so this handle is the
//!    only one, and every reference into the slots is bound to a borrow of it.
//! 4. A child is lent for changing as a value of its own; its run is filled with what has become of it when the closure
//!    ends, also by a panic.

#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment)] // Every place is aligned by the layout drawn above.

use crate::base::alloc::size_class;
use crate::base::prefetch::prefetch;
use crate::store::entry::Entry;
use crate::store::hasher::Hash;
use crate::store::page::{Page, Spot};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, fence};

const ADDRESS_MASK: u64 = (1 << 48) - 1;
const DEPTH_SHIFT: u32 = 48;
const BITS_SHIFT: u32 = 54;
const LINE: usize = 64;

/// Bits of the index of a node.
pub(crate) const NODE_BITS: u32 = 8;

/// The directory of pages.
pub(crate) type Node = Directory<Page>;
/// The directory of nodes.
pub(crate) type Root = Directory<Node>;

/// What a slot holds.
///
/// # Safety
/// The type is a transparent `NonZeroU64`: an address in bits 0 to 47, its depth in bits 48 to 53, constant for as long as
/// it is one child.
pub(crate) unsafe trait Child: Clone {
    /// The entries below it.
    fn count_entries(&self) -> usize;
}

// SAFETY: drawn so in `page.rs`.
unsafe impl Child for Page {
    fn count_entries(&self) -> usize {
        self.entries()
    }
}

// SAFETY: drawn so above.
unsafe impl<C: Child> Child for Directory<C> {
    fn count_entries(&self) -> usize {
        self.entries()
    }
}

#[inline(always)]
fn depth_of(handle: NonZeroU64) -> u32 {
    (handle.get() >> DEPTH_SHIFT & 63) as u32
}

#[repr(C, align(64))]
struct Head {
    count: AtomicU32,
    /// Entries below this directory (kept for nodes).
    entries: u32,
}

const _: () = assert!(size_of::<Head>() == LINE);

/// A counted pointer to a directory.
#[repr(transparent)]
pub(crate) struct Directory<C: Child>(NonZeroU64, PhantomData<C>);

fn layout(bits: u32) -> Layout {
    Layout::from_size_align(size_class(LINE + (size_of::<u64>() << bits)), LINE).expect("at most 2^31 slots")
}

/// Puts a changed child back into its run.
struct Lent<'a, C: Child> {
    run: &'a mut [NonZeroU64],
    child: ManuallyDrop<C>,
}

impl<C: Child> Drop for Lent<'_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        let handle = bits_of(&*self.child);
        if handle != self.run[0] {
            if depth_of(handle) != depth_of(self.run[0]) {
                // The run would be of another length, and the old handle is gone: there is no way on.
                std::process::abort();
            }
            self.run.fill(handle);
        }
    }
}

#[inline(always)]
fn bits_of<C: Child>(child: &C) -> NonZeroU64 {
    // SAFETY: the promise of `Child`.
    unsafe { ptr::from_ref(child).cast::<NonZeroU64>().read() }
}

impl<C: Child> Directory<C> {
    /// A directory at `child`'s depth, all of which the child covers.
    pub fn new(bits: u32, child: C) -> Directory<C> {
        let dir = Directory::allocate(bits, depth_of(bits_of(&child)), child.count_entries());
        let child = ManuallyDrop::new(child);
        for index in 0..dir.len() {
            // SAFETY: fresh, exclusive and this long. One run, one unit.
            unsafe { dir.slots().add(index).write(bits_of(&*child)) };
        }
        dir
    }

    /// A directory whose slots are not written yet.
    fn allocate(bits: u32, depth: u32, entries: usize) -> Directory<C> {
        assert!((1..32).contains(&bits) && depth < 64);
        let layout = layout(bits);
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        // A node has some ten thousand entries, 2^32 of them only in a bag of as many colliding keys.
        let head = Head { count: AtomicU32::new(1), entries: entries as u32 };
        // SAFETY: fresh, exclusive and at least a head long.
        unsafe { base.cast::<Head>().write(head) };
        let address = base.expose_provenance() as u64;
        assert!(address & !ADDRESS_MASK == 0, "user space addresses have 47 bits");
        let handle = address | u64::from(depth) << DEPTH_SHIFT | u64::from(bits) << BITS_SHIFT;
        Directory(NonZeroU64::new(handle).expect("an allocation is not at address zero"), PhantomData)
    }

    #[inline(always)]
    fn head(&self) -> *mut Head {
        ptr::with_exposed_provenance_mut((self.0.get() & ADDRESS_MASK) as usize)
    }

    #[inline(always)]
    fn slots(&self) -> *mut NonZeroU64 {
        self.head().wrapping_add(1).cast()
    }

    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        // SAFETY: rule 1; the count is only ever used as an atomic.
        unsafe { &(*self.head()).count }
    }

    /// How many leading bits of the hash all below it share.
    #[inline(always)]
    pub fn depth(&self) -> u32 {
        depth_of(self.0)
    }

    /// The bits of its index.
    #[inline(always)]
    pub fn bits(&self) -> u32 {
        (self.0.get() >> BITS_SHIFT & 31) as u32
    }

    fn len(&self) -> usize {
        1 << self.bits()
    }

    /// The bytes that are allocated for it.
    pub fn bytes(&self) -> usize {
        layout(self.bits()).size()
    }

    /// The entries below it, as counted by [`Directory::add_entries`].
    pub fn entries(&self) -> usize {
        // SAFETY: rule 1; written only while the directory is not shared.
        unsafe { (*self.head()).entries as usize }
    }

    /// Counts entries that came or went.
    #[inline(always)]
    pub fn add_entries(&mut self, change: i32) {
        self.own();
        // SAFETY: rule 3.
        let entries = unsafe { &mut (*self.head()).entries };
        *entries = entries.wrapping_add_signed(change);
    }

    #[inline(always)]
    fn index(&self, hash: Hash) -> usize {
        // Below 2^bits, since bits is at least 1.
        ((hash << self.depth()) >> (64 - self.bits())) as usize
    }

    /// The child that covers a hash.
    #[inline(always)]
    pub fn child(&self, hash: Hash) -> &C {
        // SAFETY: the index is below 2^bits; by rule 2 the slot is a child's handle, constant while `self` is borrowed.
        unsafe { &*self.slots().add(self.index(hash)).cast::<C>() }
    }

    /// Asks for the slot that covers a hash.
    #[inline(always)]
    pub fn prefetch_slot(&self, hash: Hash) {
        prefetch(self.slots().wrapping_add(self.index(hash)));
    }

    /// Copies the directory if somebody else holds it, too.
    #[inline(always)]
    pub fn own(&mut self) {
        if !self.is_unique() {
            self.copy();
        }
    }

    /// Whether no other handle shares the directory. Meaningful if this handle itself is not shared.
    #[inline(always)]
    pub fn is_unique(&self) -> bool {
        // Acquire: what former holders read happened before what we are going to write.
        self.count().load(Acquire) == 1
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self) {
        for child in self.children() {
            prefetch_head(child);
        }
        let copy = Directory::allocate(self.bits(), self.depth(), self.entries());
        // SAFETY: both have this many slots, one is fresh. Every run is given a unit of its own below, before anything
        // else can happen to it (raising a count cannot panic).
        unsafe { ptr::copy_nonoverlapping(self.slots(), copy.slots(), self.len()) };
        for child in self.children() {
            std::mem::forget(child.clone());
        }
        // The old one may end here, if its other holder let go meanwhile; none of its children does.
        *self = copy;
    }

    /// The run of the child that covers a hash: its first slot and its length.
    #[inline(always)]
    fn run(&self, hash: Hash) -> (usize, usize) {
        let index = self.index(hash);
        let len = self.run_len(depth_of(bits_of(self.child(hash))));
        (index & !(len - 1), len)
    }

    #[inline(always)]
    fn run_len(&self, depth: u32) -> usize {
        // By rule 2 a child's depth is between ours and ours with the bits of the index.
        1 << (self.depth() + self.bits() - depth)
    }

    /// Slots for changing. Only after `own()`.
    #[inline(always)]
    fn run_mut(&mut self, first: usize, len: usize) -> &mut [NonZeroU64] {
        debug_assert!(first + len <= self.len() && self.is_unique());
        // SAFETY: runs are inside the directory; exclusive by rule 3.
        unsafe { slice::from_raw_parts_mut(self.slots().add(first), len) }
    }

    /// Changes the child that covers a hash. Its depth must stay.
    #[inline(always)]
    pub fn edit<R>(&mut self, hash: Hash, change: impl FnOnce(&mut C) -> R) -> R {
        self.own();
        let (first, len) = self.run(hash);
        let run = self.run_mut(first, len);
        // SAFETY: by rule 2 the slot is a handle that owns a unit. It is used as a value while the run is borrowed, and
        // what it has become fills the run in the end (rule 4), so that it is never dropped twice.
        let child = ManuallyDrop::new(unsafe { ptr::from_ref(&run[0]).cast::<C>().read() });
        let mut lent = Lent { run, child };
        change(&mut lent.child)
    }

    /// Replaces a child by two that cover the halves of its range.
    pub fn split_child(&mut self, hash: Hash, low: C, high: C) -> C {
        self.own();
        let (first, len) = self.run(hash);
        let depth = depth_of(bits_of(self.child(hash))) + 1;
        assert!(len >= 2 && depth_of(bits_of(&low)) == depth && depth_of(bits_of(&high)) == depth);
        let run = self.run_mut(first, len);
        // SAFETY: by rule 2 the run owned a unit of this child, which moves out; the new runs take over those of the
        // new children.
        unsafe {
            let old = ptr::from_ref(&run[0]).cast::<C>().read();
            run[..len / 2].fill(bits_of(&*ManuallyDrop::new(low)));
            run[len / 2..].fill(bits_of(&*ManuallyDrop::new(high)));
            old
        }
    }

    /// Replaces the two children that cover the range of `merged` by it.
    pub fn merge_children(&mut self, hash: Hash, merged: C) -> (C, C) {
        self.own();
        let depth = depth_of(bits_of(&merged));
        assert!(depth >= self.depth() && depth < self.depth() + self.bits());
        let len = self.run_len(depth);
        let first = self.index(hash) & !(len - 1);
        let run = self.run_mut(first, len);
        assert!(depth_of(run[0]) == depth + 1 && depth_of(run[len / 2]) == depth + 1);
        // SAFETY: by rule 2 two runs, each of which owned a unit of its child; both move out, and the new run takes over
        // that of the new child.
        unsafe {
            let low = ptr::from_ref(&run[0]).cast::<C>().read();
            let high = ptr::from_ref(&run[len / 2]).cast::<C>().read();
            run.fill(bits_of(&*ManuallyDrop::new(merged)));
            (low, high)
        }
    }

    /// The children, each once, in the order of their hashes.
    pub fn children(&self) -> impl Iterator<Item = &C> {
        let mut index = 0;
        std::iter::from_fn(move || {
            if index == self.len() {
                return None;
            }
            // SAFETY: below the length; rule 2, constant while `self` is borrowed.
            let child = unsafe { &*self.slots().add(index).cast::<C>() };
            index += self.run_len(depth_of(bits_of(child)));
            Some(child)
        })
    }

    /// Whether a child is deeper than this.
    pub fn is_deeper(&self, than: u32) -> bool {
        self.children().any(|child| depth_of(bits_of(child)) > than)
    }

    /// Two directories for the two halves of the range. No child may cover all of it.
    pub fn halves(&self) -> (Directory<C>, Directory<C>) {
        let depth = self.depth() + 1;
        assert!(!self.children().any(|child| depth_of(bits_of(child)) < depth));
        for child in self.children() {
            prefetch_head(child);
        }
        let half = |offset: usize| {
            let mut dir: Directory<C> = Directory::allocate(self.bits(), depth, 0);
            for index in 0..self.len() {
                // SAFETY: both indices are below the length, and the new one is fresh.
                unsafe {
                    dir.slots().add(index).write(self.slots().add(offset + index / 2).read());
                };
            }
            dir.adopt();
            dir
        };
        (half(0), half(self.len() / 2))
    }

    /// One directory for the ranges of two neighbours. No child may be too deep for it.
    pub fn join(low: &Directory<C>, high: &Directory<C>) -> Directory<C> {
        let (bits, depth) = (low.bits(), low.depth() - 1);
        assert!(high.bits() == bits && high.depth() == depth + 1);
        assert!(!low.is_deeper(depth + bits) && !high.is_deeper(depth + bits));
        let mut dir: Directory<C> = Directory::allocate(bits, depth, 0);
        for index in 0..dir.len() {
            let half = if index < dir.len() / 2 { low } else { high };
            // SAFETY: both indices are below the length, and the new one is fresh.
            unsafe {
                dir.slots().add(index).write(half.slots().add(index * 2 % dir.len()).read());
            };
        }
        dir.adopt();
        dir
    }

    /// Raises the counts of children whose handles were just written, and counts their entries.
    fn adopt(&mut self) {
        let mut entries = 0;
        for child in self.children() {
            std::mem::forget(child.clone());
            entries += child.count_entries();
        }
        self.add_entries(entries as i32);
    }

    /// Doubles the number of slots, or halves it, in which case no child may be as deep as the last bit.
    pub fn resize(&mut self, bits: u32) {
        self.own();
        assert!(bits + 1 == self.bits() || bits == self.bits() + 1);
        assert!(!self.is_deeper(self.depth() + bits));
        let new: Directory<C> = Directory::allocate(bits, self.depth(), self.entries());
        for index in 0..new.len() {
            let old = if bits > self.bits() { index / 2 } else { index * 2 };
            // SAFETY: both indices are below their lengths, and the new one is fresh. Each run stays one, if shorter or
            // longer, and takes its unit along.
            unsafe { new.slots().add(index).write(self.slots().add(old).read()) };
        }
        let old = ManuallyDrop::new(std::mem::replace(self, new));
        // SAFETY: it was the only handle (own), its children have moved, and this is its layout.
        unsafe { dealloc(old.head().cast(), layout(old.bits())) };
    }

    /// Hands out the children one by one; each is gone from here then.
    pub fn into_children(mut self) -> Children<C> {
        self.own();
        Children { dir: ManuallyDrop::new(self), next: 0 }
    }

    /// A child that is known to be held once, for changing what is below it.
    ///
    /// # Safety
    /// The caller does not change the handle: nothing that it does copies the child or counts entries in its handle.
    #[inline(always)]
    unsafe fn owned_child(&mut self, hash: Hash) -> &mut C {
        // SAFETY: the index is below 2^bits; rules 2 and 3.
        unsafe { &mut *self.slots().add(self.index(hash)).cast::<C>() }
    }

    #[cold]
    #[inline(never)]
    fn free(&mut self) {
        // Acquire: what other holders read (they decremented with Release) happened before the end of the directory.
        fence(Acquire);
        // SAFETY: the count went to zero, so that nobody else holds the directory any more, and never will.
        drop(Children { dir: ManuallyDrop::new(Directory(self.0, PhantomData::<C>)), next: 0 });
    }
}

impl Root {
    /// An entry for changing; whatever leads to it is copied first where it is shared.
    #[inline(always)]
    pub fn entry_mut(&mut self, hash: Hash, spot: Spot) -> &mut Entry {
        let node = self.child(hash);
        if !(self.is_unique() && node.is_unique() && node.child(hash).is_unique()) {
            self.own_path(hash);
        }
        // SAFETY: node and page are held once now: the node changes its slots and not its handle, and the page lends its
        // entry without another copy.
        unsafe { self.owned_child(hash).owned_child(hash) }.entry_mut(spot)
    }

    #[cold]
    #[inline(never)]
    fn own_path(&mut self, hash: Hash) {
        self.edit(hash, |node| node.edit(hash, Page::own));
    }
}

fn prefetch_head<C: Child>(child: &C) {
    prefetch(ptr::without_provenance::<u8>((bits_of(child).get() & ADDRESS_MASK) as usize));
}

/// The children of a directory that has ended.
pub(crate) struct Children<C: Child> {
    /// Held once; the runs before `next` are gone already.
    dir: ManuallyDrop<Directory<C>>,
    next: usize,
}

impl<C: Child> Iterator for Children<C> {
    type Item = C;

    fn next(&mut self) -> Option<C> {
        if self.next == self.dir.len() {
            return None;
        }
        // SAFETY: below the length; by rule 2 the run owns a unit, which moves out: `next` is never before it again.
        let child = unsafe { self.dir.slots().add(self.next).cast::<C>().read() };
        self.next += self.dir.run_len(depth_of(bits_of(&child)));
        Some(child)
    }
}

impl<C: Child> Drop for Children<C> {
    fn drop(&mut self) {
        let (mut index, len) = (self.next, self.dir.len());
        while index < len {
            // SAFETY: below the length; rule 2.
            let child = unsafe { &*self.dir.slots().add(index).cast::<C>() };
            prefetch_head(child);
            index += self.dir.run_len(depth_of(bits_of(child)));
        }
        for child in &mut *self {
            drop(child);
        }
        // SAFETY: the directory was held once, by us; its children are gone, and this is its layout.
        unsafe { dealloc(self.dir.head().cast(), layout(self.dir.bits())) };
    }
}

impl<C: Child> Clone for Directory<C> {
    /// Another handle to the same directory.
    fn clone(&self) -> Directory<C> {
        // Relaxed: whoever clones holds a unit already. As many handles as would overflow do not fit into memory.
        self.count().fetch_add(1, Relaxed);
        Directory(self.0, PhantomData)
    }
}

impl<C: Child> Drop for Directory<C> {
    #[inline]
    fn drop(&mut self) {
        // Release: what we read of it happened before whoever frees or changes it.
        if self.count().fetch_sub(1, Release) == 1 {
            self.free();
        }
    }
}
