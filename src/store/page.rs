//! A page of the table: the entries of one range of hashes, in at most half a kilobyte.
//!
//! ```text
//!     page     +- head line -+- bucket 0 -+- bucket 1 -+ ... up to 7 buckets
//!              | count       |            |            |
//!              +-------------+------------+------------+
//!     bucket   +-- nine addresses of 6 bytes ----------+-- nine tags ---+- displaced -+
//!              | e0   e1   e2 ...                      | t0 t1 t2 ..    | count       |
//!              +---------------------------------------+----- 64 bytes -+-------------+
//!     handle   | address 48 | depth 6 | buckets - 1: 3 | entries 6 | bag 1 |  what a directory's slot holds
//! ```
//!
//! All hashes of a page agree in their first `depth` bits. The 32 bits after those choose the *home bucket*, in order:
//! a higher hash never has a lower home, whatever the number of buckets, so that a cursor through the hashes survives
//! growing and splitting. An entry that finds its home full sits in one of the three buckets after it (around the end),
//! and its home counts it as displaced; so a lookup of a missing key mostly reads one line. The tag is the last byte of
//! the hash; 0 is a free place.
//!
//! Keys whose hashes agree in too many bits would split pages without end. Where the table allows no deeper page they
//! lie in a *bag*: a page of any size, filled in order of arrival, with tags from another hash, searched from end to
//! end. No client can make one, since the hash has a secret key.
//!
//! A [`Page`] is a counted pointer. Clones share; whoever changes a shared page copies it first, and every entry in it is
//! then held once more. It knows neither where it hangs nor when it ought to be split.
//!
//! # Why it is sound
//!
//! 1. The address in a `Page` is that of a live allocation of a head and as many buckets as the handle says (the head,
//!    for a bag), aligned to a line; each `Page` owns one unit of its count.
//! 2. A place whose tag is not 0 holds the address of an entry and owns one unit of that entry's count; the others are 0.
//! 3. A page is written only through `&mut Page` after `own()`, which leaves the count at one: so this handle is the only
//!    one, and every reference into the page is bound to a borrow of it.

#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment)] // Every place is aligned by the layout drawn above.

use crate::base::alloc::size_class;
use crate::base::prefetch::prefetch;
use crate::store::entry::{Entry, Place, address};
use crate::store::hasher::{Hash, Hasher};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::num::{NonZeroU32, NonZeroU64};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, fence};

/// Places in a bucket.
const WIDTH: usize = 9;
/// Buckets of the largest page that is not a bag.
pub(crate) const BUCKETS_MAX: usize = 7;
/// Buckets in which an entry may lie, from its home on.
const PROBES: usize = 4;
/// The deepest page: 32 bits of the hash are left to choose the home, and 2^32 pages are enough for anybody.
pub(crate) const DEPTH_MAX: u32 = 32;

const LINE: usize = 64;
const ADDRESS_MASK: u64 = (1 << 48) - 1;
const DEPTH_SHIFT: u32 = 48;
const BUCKETS_SHIFT: u32 = 54;
const ENTRIES_SHIFT: u32 = 57;
const ENTRY_ONE: u64 = 1 << ENTRIES_SHIFT;
const BAG: u64 = 1 << 63;

#[repr(C, align(64))]
struct Head {
    count: AtomicU32,
    /// Of a bag; other pages have this in the handle.
    buckets: u32,
    entries: u32,
}

#[repr(C, align(64))]
struct Bucket {
    places: [Place; WIDTH],
    tags: [u8; WIDTH],
    /// Entries whose home this is and that lie in another bucket.
    displaced: u8,
}

const _: () = assert!(size_of::<Bucket>() == LINE, "a bucket is one cache line");
const _: () = assert!(size_of::<Head>() == LINE);
const _: () = assert!(BUCKETS_MAX * WIDTH < 64, "the number of entries has six bits in the handle");

/// Bits of the places for which something holds, the lowest first.
struct Slots(u32);

impl Iterator for Slots {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let slot = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(slot)
    }
}

impl Bucket {
    /// The places with this tag.
    #[inline(always)]
    fn matches(&self, tag: u8) -> Slots {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        {
            use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_load_si128, _mm_movemask_epi8, _mm_set1_epi8};
            // SAFETY: the last 16 bytes of a bucket are inside it, initialized, and aligned as the bucket is.
            let mask = unsafe {
                let line = _mm_load_si128(ptr::from_ref(self).cast::<u8>().add(LINE - 16).cast());
                _mm_movemask_epi8(_mm_cmpeq_epi8(line, _mm_set1_epi8(tag.cast_signed())))
            };
            // Six bytes of the last address come first, and the displaced count last.
            Slots((mask as u32 >> 6) & ((1 << WIDTH) - 1))
        }
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
        {
            Slots(self.tags.iter().rev().fold(0, |bits, t| bits << 1 | u32::from(*t == tag)))
        }
    }

    #[inline(always)]
    fn taken(&self) -> Slots {
        Slots(self.matches(0).0 ^ ((1 << WIDTH) - 1))
    }

    /// The entry in a place, which must be taken.
    #[inline(always)]
    fn entry(&self, slot: usize) -> &Entry {
        debug_assert!(self.tags[slot] != 0);
        // SAFETY: rule 2; the callers got the slot from a tag that is not 0.
        unsafe { Entry::at_place(&self.places[slot]) }
    }

    #[inline(always)]
    fn put(&mut self, slot: usize, tag: u8, entry: Entry) {
        debug_assert!(self.tags[slot] == 0 && tag != 0);
        self.places[slot] = entry.into_place();
        self.tags[slot] = tag;
    }

    #[inline(always)]
    fn take(&mut self, slot: usize) -> Entry {
        assert!(self.tags[slot] != 0, "only a taken place is emptied");
        self.tags[slot] = 0;
        let place = std::mem::take(&mut self.places[slot]);
        // SAFETY: rule 2 for a place that was taken; it is free now, so that the unit moves out once.
        unsafe { Entry::from_place(place) }
    }

    #[inline]
    fn prefetch_entries(&self) {
        for place in &self.places {
            prefetch(ptr::without_provenance::<u8>(address(place)));
        }
    }
}

/// A place in a page: bucket and slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Spot(NonZeroU32);

impl Spot {
    #[inline(always)]
    fn new(bucket: usize, slot: usize) -> Spot {
        // Not zero; a bag would need 2^28 buckets, 16 GB of colliding keys, to overflow.
        Spot(NonZeroU32::MIN | ((bucket << 4 | slot) << 1) as u32)
    }

    #[inline(always)]
    fn bucket(self) -> usize {
        (self.0.get() >> 5) as usize
    }

    #[inline(always)]
    fn slot(self) -> usize {
        (self.0.get() >> 1 & 0xf) as usize
    }
}

/// An entry on its way from page to page, with the hash of its key.
pub type Item = (Hash, Entry);

#[inline(always)]
fn tag_of(hash: Hash) -> u8 {
    let tag = hash as u8;
    tag + u8::from(tag == 0)
}

/// The tag of a bag's entry: any hash that differs from the one that collided.
fn bag_tag(key: &[u8]) -> u8 {
    let sum = key.iter().fold(0_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193).rotate_left(5));
    tag_of(Hash::from(sum ^ sum >> 16 ^ sum >> 8))
}

#[inline(always)]
fn home_of(hash: Hash, depth: u32, buckets: usize) -> usize {
    // The 32 bits after the page's own, as a fraction of the page: below `buckets`.
    ((((hash << depth) >> 32) * buckets as u64) >> 32) as usize
}

/// The first hash of a page at `depth` that has this home.
fn home_start(prefix: Hash, depth: u32, buckets: usize, home: usize) -> Hash {
    let rest = ((home as u64) << 32).div_ceil(buckets as u64);
    prefix + (rest << (32 - depth))
}

/// The bits of a hash in which all of a page agree, the others zero.
pub(crate) fn prefix_of(hash: Hash, depth: u32) -> Hash {
    if depth == 0 { 0 } else { hash >> (64 - depth) << (64 - depth) }
}

fn layout(buckets: usize) -> Layout {
    Layout::from_size_align(bytes_of(buckets), LINE).expect("a page is shorter than the address space")
}

fn bytes_of(buckets: usize) -> usize {
    size_class((1 + buckets) * LINE)
}

/// A counted pointer to a page, with what a lookup needs to know of it.
#[repr(transparent)]
pub(crate) struct Page(NonZeroU64);

impl Page {
    /// An empty page with one bucket.
    pub fn new(depth: u32) -> Page {
        Page::with_buckets(depth, 1)
    }

    fn with_buckets(depth: u32, buckets: usize) -> Page {
        debug_assert!((1..=BUCKETS_MAX).contains(&buckets));
        Page::allocate(buckets, (u64::from(depth) << DEPTH_SHIFT) | ((buckets as u64 - 1) << BUCKETS_SHIFT))
    }

    fn allocate(buckets: usize, handle: u64) -> Page {
        let layout = layout(buckets);
        // SAFETY: the layout is not empty. Zeros are a head and free buckets.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: fresh, exclusive and at least a head long.
        unsafe { (*base.cast::<Head>()).count = AtomicU32::new(1) };
        let address = base.expose_provenance() as u64;
        assert!(address & !ADDRESS_MASK == 0, "user space addresses have 47 bits");
        Page(NonZeroU64::new(address | handle).expect("an allocation is not at address zero"))
    }

    #[inline(always)]
    fn head(&self) -> *mut Head {
        ptr::with_exposed_provenance_mut((self.0.get() & ADDRESS_MASK) as usize)
    }

    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        // SAFETY: rule 1; the count is only ever used as an atomic.
        unsafe { &(*self.head()).count }
    }

    #[inline(always)]
    fn bucket(&self, index: usize) -> &Bucket {
        debug_assert!(index < self.buckets());
        // SAFETY: rule 1; all callers stay below `buckets()`: homes by their computation, others by their loops.
        unsafe { &*self.head().cast::<Bucket>().add(1 + index) }
    }

    /// A bucket for changing. Only after `own()`.
    #[inline(always)]
    fn bucket_mut(&mut self, index: usize) -> &mut Bucket {
        debug_assert!(index < self.buckets() && self.is_unique());
        // SAFETY: as `bucket`; exclusive by rule 3.
        unsafe { &mut *self.head().cast::<Bucket>().add(1 + index) }
    }

    /// How many leading bits of the hash all entries share.
    #[inline(always)]
    pub fn depth(&self) -> u32 {
        (self.0.get() >> DEPTH_SHIFT & 63) as u32
    }

    /// Whether the page is a bag of colliding keys.
    #[inline(always)]
    pub fn is_bag(&self) -> bool {
        self.0.get() & BAG != 0
    }

    /// How many buckets it has.
    #[inline(always)]
    pub fn buckets(&self) -> usize {
        if self.is_bag() {
            // SAFETY: rule 1; written only while the page is not shared.
            return unsafe { (*self.head()).buckets as usize };
        }
        self.plain_buckets()
    }

    #[inline(always)]
    fn plain_buckets(&self) -> usize {
        (self.0.get() >> BUCKETS_SHIFT & 7) as usize + 1
    }

    /// How many entries it has.
    #[inline(always)]
    pub fn entries(&self) -> usize {
        if self.is_bag() {
            // SAFETY: rule 1; written only while the page is not shared.
            return unsafe { (*self.head()).entries as usize };
        }
        (self.0.get() >> ENTRIES_SHIFT & 63) as usize
    }

    /// Whether it is a bag that lost most of its entries.
    #[inline(always)]
    pub fn is_wasteful(&self) -> bool {
        self.is_bag() && self.entries() * 4 < self.buckets() * WIDTH
    }

    /// The bytes that are allocated for it.
    pub fn bytes(&self) -> usize {
        bytes_of(self.buckets())
    }

    /// Whether no other handle shares the page. Meaningful if this handle itself is not shared.
    #[inline(always)]
    pub fn is_unique(&self) -> bool {
        // Acquire: what former holders read happened before what we are going to write.
        self.count().load(Acquire) == 1
    }

    /// Copies the page if somebody else holds it, too.
    #[inline(always)]
    pub fn own(&mut self) {
        if !self.is_unique() {
            self.copy();
        }
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self) {
        let buckets = self.buckets();
        for index in 0..buckets {
            self.bucket(index).prefetch_entries();
        }
        let copy = Page::allocate(buckets, self.0.get() & !ADDRESS_MASK);
        // SAFETY: both have this many buckets, one is fresh. The count in the head is not copied: others may write it.
        // The head's numbers are, and every place that is copied is given a unit of its own below, before anything
        // else can happen to it (raising a count cannot panic).
        unsafe {
            (*copy.head()).buckets = (*self.head()).buckets;
            (*copy.head()).entries = (*self.head()).entries;
            let from = self.head().cast::<Bucket>().add(1);
            ptr::copy_nonoverlapping(from, copy.head().cast::<Bucket>().add(1), buckets);
        }
        for index in 0..buckets {
            let bucket = copy.bucket(index);
            for slot in bucket.taken() {
                std::mem::forget(bucket.entry(slot).clone());
            }
        }
        // The old page may end here, if its other holder let go meanwhile; none of its entries does.
        *self = copy;
    }

    /// Where the key lies.
    #[inline(always)]
    pub fn find(&self, hash: Hash, key: &[u8]) -> Option<Spot> {
        if self.is_bag() {
            return self.find_in_bag(key);
        }
        let buckets = self.plain_buckets();
        let home = home_of(hash, self.depth(), buckets);
        let tag = tag_of(hash);
        let bucket = self.bucket(home);
        for slot in bucket.matches(tag) {
            if bucket.entry(slot).is(key) {
                return Some(Spot::new(home, slot));
            }
        }
        if bucket.displaced == 0 {
            return None;
        }
        self.find_displaced(home, tag, key)
    }

    #[inline]
    fn find_displaced(&self, home: usize, tag: u8, key: &[u8]) -> Option<Spot> {
        for index in self.neighbours(home) {
            let bucket = self.bucket(index);
            for slot in bucket.matches(tag) {
                if bucket.entry(slot).is(key) {
                    return Some(Spot::new(index, slot));
                }
            }
        }
        None
    }

    /// The other buckets in which entries of this home may lie.
    #[inline(always)]
    fn neighbours(&self, home: usize) -> impl Iterator<Item = usize> + use<> {
        let buckets = self.plain_buckets();
        (1..PROBES.min(buckets)).map(
            move |step| {
                if home + step < buckets { home + step } else { home + step - buckets }
            },
        )
    }

    #[cold]
    fn find_in_bag(&self, key: &[u8]) -> Option<Spot> {
        let tag = bag_tag(key);
        for index in 0..self.buckets() {
            let bucket = self.bucket(index);
            for slot in bucket.matches(tag) {
                if bucket.entry(slot).is(key) {
                    return Some(Spot::new(index, slot));
                }
            }
        }
        None
    }

    /// Whether an entry lies at this spot.
    #[inline(always)]
    fn is_taken(&self, spot: Spot) -> bool {
        spot.bucket() < self.buckets() && spot.slot() < WIDTH && self.bucket(spot.bucket()).tags[spot.slot()] != 0
    }

    /// The entry at a spot that was found and has not moved since.
    #[inline(always)]
    pub fn entry(&self, spot: Spot) -> &Entry {
        assert!(self.is_taken(spot), "a position is used before the table changes");
        self.bucket(spot.bucket()).entry(spot.slot())
    }

    /// The same for changing; the page is copied first if it is shared.
    #[inline(always)]
    pub fn entry_mut(&mut self, spot: Spot) -> &mut Entry {
        assert!(self.is_taken(spot), "a position is used before the table changes");
        self.own();
        let bucket = self.bucket_mut(spot.bucket());
        // SAFETY: rule 2, the place is taken; a copy has the same places as its original.
        unsafe { Entry::at_place_mut(&mut bucket.places[spot.slot()]) }
    }

    /// Puts in an entry whose key is absent; gives it back if there is no room for it.
    #[inline]
    pub fn insert(&mut self, hash: Hash, entry: Entry) -> Result<(), Entry> {
        self.own();
        if self.is_bag() {
            return self.insert_in_bag(entry);
        }
        let home = home_of(hash, self.depth(), self.plain_buckets());
        let room = |page: &Page, index: usize| page.bucket(index).matches(0).next().map(|slot| (index, slot));
        let found = room(self, home).or_else(|| self.neighbours(home).find_map(|index| room(self, index)));
        let Some((index, slot)) = found else {
            return Err(entry);
        };
        self.bucket_mut(index).put(slot, tag_of(hash), entry);
        if index != home {
            self.bucket_mut(home).displaced += 1; // At most the places of three neighbours.
        }
        self.0 = self.0.saturating_add(ENTRY_ONE); // At most 63, so that nothing carries into the flag.
        Ok(())
    }

    #[cold]
    fn insert_in_bag(&mut self, entry: Entry) -> Result<(), Entry> {
        let at = self.entries();
        if at == self.buckets() * WIDTH {
            return Err(entry);
        }
        let tag = bag_tag(entry.key());
        self.bucket_mut(at / WIDTH).put(at % WIDTH, tag, entry);
        self.set_bag_entries(at + 1);
        Ok(())
    }

    fn set_bag_entries(&mut self, entries: usize) {
        debug_assert!(self.is_bag() && self.is_unique());
        // SAFETY: rule 3.
        unsafe { (*self.head()).entries = entries as u32 };
    }

    /// Takes out the entry at a spot; `hash` is that of its key.
    #[inline]
    pub fn remove(&mut self, hash: Hash, spot: Spot) -> Entry {
        assert!(self.is_taken(spot), "a position is used before the table changes");
        self.own();
        if self.is_bag() {
            return self.remove_from_bag(spot);
        }
        let entry = self.bucket_mut(spot.bucket()).take(spot.slot());
        let home = home_of(hash, self.depth(), self.plain_buckets());
        if spot.bucket() != home {
            self.bucket_mut(home).displaced -= 1;
        }
        self.0 = NonZeroU64::new(self.0.get() - ENTRY_ONE).expect("the address stays");
        entry
    }

    #[cold]
    fn remove_from_bag(&mut self, spot: Spot) -> Entry {
        let last = self.entries() - 1;
        let entry = self.bucket_mut(spot.bucket()).take(spot.slot());
        let hole = spot.bucket() * WIDTH + spot.slot();
        if hole != last {
            let (from, slot) = (last / WIDTH, last % WIDTH);
            let tag = self.bucket(from).tags[slot];
            let moved = self.bucket_mut(from).take(slot);
            self.bucket_mut(spot.bucket()).put(spot.slot(), tag, moved);
        }
        self.set_bag_entries(last);
        entry
    }

    /// Moves all entries out; an empty page of the same size stays.
    pub fn drain(&mut self, hasher: &Hasher, items: &mut Vec<Item>) {
        self.own();
        let buckets = self.buckets();
        for index in 0..buckets {
            self.bucket(index).prefetch_entries();
        }
        items.reserve(self.entries());
        for index in 0..buckets {
            let bucket = self.bucket_mut(index);
            for slot in bucket.taken() {
                let entry = bucket.take(slot);
                items.push((hasher.hash(entry.key()), entry));
            }
            bucket.displaced = 0;
        }
        if self.is_bag() {
            self.set_bag_entries(0);
        } else {
            self.0 = NonZeroU64::new(self.0.get() & !(63 << ENTRIES_SHIFT)).expect("the address stays");
        }
    }

    /// The smallest number of buckets, from `smallest` on, with which all items find a place.
    fn fit(items: &[Item], depth: u32, smallest: usize) -> Option<usize> {
        (smallest.max(items.len().div_ceil(WIDTH)).max(1)..=BUCKETS_MAX).find(|&buckets| {
            // What `insert` will do, on counts alone.
            let mut fill = [0_u8; BUCKETS_MAX];
            items.iter().all(|(hash, _)| {
                let home = home_of(*hash, depth, buckets);
                let mut probes = (home..buckets).chain(0..home).take(PROBES);
                probes.find(|&index| usize::from(fill[index]) < WIDTH).map(|index| fill[index] += 1).is_some()
            })
        })
    }

    /// A page with all the items, which are used up; none if even the largest has no room for them.
    pub fn fill(items: &mut Vec<Item>, depth: u32, smallest: usize) -> Option<Page> {
        let mut page = Page::with_buckets(depth, Page::fit(items, depth, smallest)?);
        for (hash, entry) in items.drain(..) {
            page.insert(hash, entry).expect("it was seen to fit");
        }
        Some(page)
    }

    /// A bag with all the items, which are used up, and room for half as many more.
    pub fn bag(items: &mut Vec<Item>, depth: u32) -> Page {
        let buckets = (items.len() + items.len() / 2).div_ceil(WIDTH).max(BUCKETS_MAX);
        let mut page = Page::allocate(buckets, (u64::from(depth) << DEPTH_SHIFT) | BAG);
        // SAFETY: fresh and exclusive.
        unsafe {
            (*page.head()).buckets = u32::try_from(buckets).expect("2^32 buckets are 256 GB");
        };
        for (_, entry) in items.drain(..) {
            page.insert_in_bag(entry).expect("there is room");
        }
        page
    }

    /// Visits the entries at `from` or after it (a hash of this page), home by home, until `enough` of them were seen.
    /// Says how many it visited, and the hash to go on from, if it is still in this page.
    pub fn scan(
        &self,
        from: Hash,
        enough: usize,
        hasher: &Hasher,
        visit: &mut dyn FnMut(&Entry),
    ) -> (usize, Option<Hash>) {
        let (depth, buckets) = (self.depth(), self.buckets());
        let prefix = prefix_of(from, depth);
        if self.is_bag() || (from == prefix && self.entries() <= enough) {
            self.each(visit);
            return (self.entries(), None);
        }
        let first = home_of(from, depth, buckets);
        let mut seen = 0;
        for home in first..buckets {
            let bucket = self.bucket(home);
            bucket.prefetch_entries();
            let mut see = |entry: &Entry, check: bool| {
                if check {
                    let hash = hasher.hash(entry.key());
                    if hash < from || home_of(hash, depth, buckets) != home {
                        return;
                    }
                }
                visit(entry);
                seen += 1;
            };
            // A hash is computed only where it decides: what lies here may have another home, or be before the cursor.
            let cut = home == first && from != home_start(prefix, depth, buckets, home);
            let guests =
                (1..PROBES.min(buckets)).any(|step| self.bucket((home + buckets - step) % buckets).displaced > 0);
            for slot in bucket.taken() {
                see(bucket.entry(slot), cut || guests);
            }
            if bucket.displaced > 0 {
                for index in self.neighbours(home) {
                    let bucket = self.bucket(index);
                    for slot in bucket.taken() {
                        see(bucket.entry(slot), true);
                    }
                }
            }
            if seen >= enough && home + 1 < buckets {
                return (seen, Some(home_start(prefix, depth, buckets, home + 1)));
            }
        }
        (seen, None)
    }

    /// Visits all entries.
    pub fn each(&self, visit: &mut dyn FnMut(&Entry)) {
        for index in 0..self.buckets() {
            let bucket = self.bucket(index);
            for slot in bucket.taken() {
                visit(bucket.entry(slot));
            }
        }
    }

    /// The spot of the `index`th entry.
    pub fn nth(&self, mut index: usize) -> Option<Spot> {
        for bucket in 0..self.buckets() {
            let mut taken = self.bucket(bucket).taken();
            let here = taken.0.count_ones() as usize;
            if index < here {
                return Some(Spot::new(bucket, taken.nth(index)?));
            }
            index -= here;
        }
        None
    }

    /// Asks for the head line.
    #[inline(always)]
    pub fn prefetch_head(&self) {
        prefetch(self.head());
    }

    /// Asks for the home bucket of a hash.
    #[inline(always)]
    pub fn prefetch_bucket(&self, hash: Hash) {
        if !self.is_bag() {
            prefetch(self.bucket(home_of(hash, self.depth(), self.plain_buckets())));
        }
    }

    /// Asks for all lines.
    pub fn prefetch_all(&self) {
        if !self.is_bag() {
            for line in 0..=self.plain_buckets() {
                prefetch(self.head().wrapping_add(line));
            }
        }
    }

    /// Asks for the rest of all entries, whose beginnings are there.
    pub fn prefetch_values(&self) {
        if !self.is_bag() {
            for index in 0..self.plain_buckets() {
                let bucket = self.bucket(index);
                bucket.taken().for_each(|slot| bucket.entry(slot).prefetch_value());
            }
        }
    }

    /// Asks for the beginnings of the entries of all buckets.
    pub fn prefetch_entries(&self) {
        if !self.is_bag() {
            for index in 0..self.plain_buckets() {
                self.bucket(index).prefetch_entries();
            }
        }
    }

    /// The entries in its home that a lookup of this hash would look at. If there is none, but some that belong there lie
    /// elsewhere, their buckets are asked for; false then, and [`Page::candidates_elsewhere`] goes on.
    #[inline(always)]
    pub fn candidates<'a>(&'a self, hash: Hash, mut visit: impl FnMut(&'a Entry)) -> bool {
        if self.is_bag() {
            return true;
        }
        let home = home_of(hash, self.depth(), self.plain_buckets());
        let bucket = self.bucket(home);
        let slots = bucket.matches(tag_of(hash));
        if slots.0 == 0 && bucket.displaced != 0 {
            self.neighbours(home).for_each(|index| prefetch(self.bucket(index)));
            return false;
        }
        slots.for_each(|slot| visit(bucket.entry(slot)));
        true
    }

    /// The same of the buckets after the home.
    #[inline(always)]
    pub fn candidates_elsewhere<'a>(&'a self, hash: Hash, mut visit: impl FnMut(&'a Entry)) {
        let home = home_of(hash, self.depth(), self.plain_buckets());
        let tag = tag_of(hash);
        for index in self.neighbours(home) {
            let bucket = self.bucket(index);
            bucket.matches(tag).for_each(|slot| visit(bucket.entry(slot)));
        }
    }

    /// The first entry that is accepted of those whose hash may be one of `from..=to`, a part of this page's range, and has
    /// the same last byte as `like`.
    pub fn find_alike(
        &self,
        (from, to): (Hash, Hash),
        like: Hash,
        accept: &mut dyn FnMut(&Entry) -> bool,
    ) -> Option<Spot> {
        let (buckets, tag) = (self.buckets(), tag_of(like));
        let mut look = |index: usize, slots: Slots| {
            let bucket = self.bucket(index);
            slots.into_iter().find(|&slot| accept(bucket.entry(slot))).map(|slot| Spot::new(index, slot))
        };
        if self.is_bag() {
            // The tags are of another hash here.
            return (0..buckets).find_map(|index| look(index, self.bucket(index).taken()));
        }
        let depth = self.depth();
        for home in home_of(from, depth, buckets)..=home_of(to, depth, buckets) {
            let bucket = self.bucket(home);
            let found = look(home, bucket.matches(tag));
            if found.is_some() {
                return found;
            }
            if bucket.displaced > 0
                && let Some(spot) = self.neighbours(home).find_map(|index| look(index, self.bucket(index).matches(tag)))
            {
                return Some(spot);
            }
        }
        None
    }

    /// Checks everything that holds between operations; `prefix` is the first hash of the page's range.
    #[cfg(test)]
    pub fn check(&self, hasher: &Hasher, prefix: Hash) {
        let (depth, buckets) = (self.depth(), self.buckets());
        let mut entries = 0;
        let mut displaced = vec![0; buckets];
        for index in 0..buckets {
            let bucket = self.bucket(index);
            for slot in 0..WIDTH {
                if bucket.tags[slot] == 0 {
                    assert_eq!(bucket.places[slot], [0; 3], "a free place is zero");
                    continue;
                }
                entries += 1;
                let key = bucket.entry(slot).key();
                let hash = hasher.hash(key);
                assert_eq!(prefix_of(hash, depth), prefix, "an entry is in its range");
                if self.is_bag() {
                    assert_eq!(bucket.tags[slot], bag_tag(key));
                    assert_eq!(index * WIDTH + slot, entries - 1, "a bag has no holes");
                    continue;
                }
                assert_eq!(bucket.tags[slot], tag_of(hash));
                let home = home_of(hash, depth, buckets);
                assert!((index + buckets - home) % buckets < PROBES, "an entry is near its home");
                displaced[home] += u8::from(index != home);
            }
        }
        assert_eq!(entries, self.entries());
        assert!((0..buckets).all(|index| self.bucket(index).displaced == displaced[index]));
        assert!(prefix_of(home_start(prefix, depth, 7, 6), depth) == prefix);
    }

    #[cold]
    #[inline(never)]
    fn free(&mut self) {
        // Acquire: what other holders read (they decremented with Release) happened before the end of the page.
        fence(Acquire);
        let buckets = self.buckets();
        if self.entries() > 0 {
            for index in 0..buckets {
                self.bucket(index).prefetch_entries();
            }
            for index in 0..buckets {
                // SAFETY: the count went to zero, so that nobody else holds the page any more, and never will.
                let bucket = unsafe { &mut *self.head().cast::<Bucket>().add(1 + index) };
                for slot in bucket.taken() {
                    drop(bucket.take(slot));
                }
            }
        }
        // SAFETY: as above; all entries are gone, and this is the layout that it was allocated with.
        unsafe { dealloc(self.head().cast(), layout(buckets)) };
    }
}

impl Clone for Page {
    /// Another handle to the same page.
    #[inline]
    fn clone(&self) -> Page {
        // Relaxed: whoever clones holds a unit already. As many handles as would overflow do not fit into memory.
        self.count().fetch_add(1, Relaxed);
        Page(self.0)
    }
}

impl Drop for Page {
    #[inline]
    fn drop(&mut self) {
        // Release: what we read of the page happened before whoever frees or changes it.
        if self.count().fetch_sub(1, Release) == 1 {
            self.free();
        }
    }
}
