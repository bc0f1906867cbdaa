//! A key with its value, in one small allocation.
//!
//! ```text
//!     0       4                 8      9      10
//!     +-------+-----------------+------+------+------------------+-----+-------+ - - - - - - +
//!     | count | clock << 8 | fl | klen | vlen | deadline, 0 6 8  | key | value | rest of the |
//!     +-------+-----------------+------+------+------------------+-----+-------+  size class + - -
//!
//!     long form (by flag): klen and vlen are u32 at 8 and 12, the rest begins at 16
//!     value, by kind:  text, raw   the bytes
//!                      int         6 or 8 bytes, little endian
//!                      packed      the block of a small collection
//!                      buffer      the address of a counted buffer, on the next multiple of 8
//!                      object      an `Object` (which kind, and an address), on the next multiple of 8
//! ```
//!
//! An [`Entry`] is a *counted pointer* to this, of 6 bytes, so that nine of them and their tags fill a line of cache.
//! Cloning raises the count. While an entry is held once it may be changed in place ([`EntryMut`]); while it is shared
//! everything but its count and its access clock is constant, and whoever wants to change it builds another.
//!
//! The allocation is always the whole size class of what it holds, and the class follows from the lengths: an edit in
//! place may use the rest of its class, and never leaves it.
//!
//! It knows no table, no time (a deadline is a number) and no limits.
//!
//! # Why it is sound
//!
//! 1. The address in an `Entry` is that of a live allocation of `Form::class` bytes, aligned to 8, laid out as drawn;
//!    each `Entry` owns one unit of its count. Nothing outside this file makes an `Entry` but from an `Entry`.
//! 2. Through `&Entry` only the count and the mark (clock and flags) are written, both atomically. No reference covers
//!    them together with other bytes: references are made to key bytes, value bytes and the buffer pointer only.
//! 3. Everything else is written only through [`EntryMut`], which has `&mut Entry` and has seen the count at one with
//!    Acquire ordering: so no other `Entry` to this allocation exists, none can appear while the borrow lasts, and all
//!    reads by former holders (they decrement with Release) happened before.

#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment)] // Every place is aligned by the layout drawn above.

use crate::base::alloc::size_class;
use crate::base::buffer::Buffer;
use crate::base::prefetch::prefetch;
use crate::store::object::{Element, Object, packed_elements};
use crate::store::packed::Kind;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, fence};

/// The longest value that callers should keep inside an entry; longer ones belong into a [`Buffer`].
pub const INLINE_MAX: usize = 4096;

/// Bits of the access clock.
pub const CLOCK_BITS: u32 = 24;

/// A value to store.
#[derive(Debug)]
pub enum NewValue<'a> {
    /// A string, kept in the entry.
    Text(&'a [u8]),
    /// A string that was edited: the same, but OBJECT ENCODING calls it raw.
    Raw(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A long string.
    Buffer(Buffer),
    /// A small collection.
    Packed(&'a [u8]),
    /// A big one.
    Object(Object),
}

/// A stored value.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A string, kept in the entry.
    Text(&'a [u8]),
    /// A string that was edited: the same, but OBJECT ENCODING calls it raw.
    Raw(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A long string.
    Buffer(&'a Buffer),
    /// A small collection, as `store/packed.rs` lays it out.
    Packed(&'a [u8]),
    /// A big one.
    Object(&'a Object),
}

impl Value<'_> {
    /// The type, by the name that TYPE gives.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Text(_) | Value::Raw(_) | Value::Int(_) | Value::Buffer(_) => "string",
            Value::Packed(block) => match Kind::of(block) {
                Kind::List => "list",
                Kind::Hash | Kind::HashWithDeadlines => "hash",
                Kind::Set | Kind::IntSet => "set",
                Kind::SortedSet => "zset",
            },
            Value::Object(object) => object.type_name(),
        }
    }

    /// The form in which it is kept, by the name that OBJECT ENCODING has for it.
    pub fn encoding_name(&self) -> &'static str {
        match self {
            Value::Int(_) => "int",
            Value::Text(_) => "embstr",
            Value::Raw(_) | Value::Buffer(_) => "raw",
            Value::Packed(block) => match Kind::of(block) {
                Kind::IntSet => "intset",
                Kind::HashWithDeadlines => "listpackex",
                _ => "listpack",
            },
            Value::Object(object) => object.encoding_name(),
        }
    }
}

impl<'a> Value<'a> {
    /// Visits what a collection holds, a list and a sorted set in order.
    pub fn each(&self, visit: &mut dyn FnMut(Element)) {
        match *self {
            Value::Object(object) => object.each(visit),
            _ => self.each_lasting(visit),
        }
    }

    /// The same for one who keeps what is visited; nothing of a big list (see [`Object::each_lasting`]).
    pub fn each_lasting(&self, visit: &mut dyn FnMut(Element<'a>)) {
        match *self {
            Value::Packed(block) => packed_elements(block, visit),
            Value::Object(object) => object.each_lasting(visit),
            Value::Text(_) | Value::Raw(_) | Value::Int(_) | Value::Buffer(_) => {}
        }
    }
}

// The flags. Three bits are the kind of the value.
const KIND: u8 = 0b111;
const TEXT: u8 = 0;
const RAW: u8 = 1;
const INT: u8 = 2;
const BUFFER: u8 = 3;
const PACKED: u8 = 4;
const OBJECT: u8 = 5;
/// Lengths are u32.
const LONG: u8 = 1 << 3;
/// There is a deadline of 6 bytes ...
const DEADLINE: u8 = 1 << 4;
/// ... or of 8.
const WIDE: u8 = 1 << 5;

const MARK_AT: usize = 4;
const LENGTHS_AT: usize = 8;

/// What an entry's header says of its shape; all offsets follow from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Form {
    flags: u8,
    key_len: usize,
    value_len: usize,
}

impl Form {
    fn new(kind: u8, key_len: usize, value_len: usize, deadline: Option<i64>) -> Form {
        assert!(u32::try_from(key_len.max(value_len)).is_ok(), "a key or an inline value is shorter than 4 GB");
        let mut flags = kind;
        if key_len.max(value_len) > 255 {
            flags |= LONG;
        }
        if let Some(at) = deadline {
            flags |= DEADLINE;
            if int_len(at) == 8 {
                flags |= WIDE;
            }
        }
        Form { flags, key_len, value_len }
    }

    #[inline]
    fn kind(self) -> u8 {
        self.flags & KIND
    }

    /// Whether the value is a counted pointer, which takes its place on a multiple of 8.
    #[inline]
    fn owns(self) -> bool {
        const { assert!(align_of::<Buffer>() == 8 && align_of::<Object>() == 8) };
        self.kind() == BUFFER || self.kind() == OBJECT
    }

    #[inline]
    fn header_len(self) -> usize {
        if self.flags & LONG == 0 { 10 } else { 16 }
    }

    #[inline]
    fn deadline_len(self) -> usize {
        // Without a branch: hits meet entries with and without a deadline in any order.
        usize::from((self.flags >> 4) & 1) * 6 + usize::from((self.flags >> 5) & 1) * 2
    }

    #[inline]
    fn key_at(self) -> usize {
        self.header_len() + self.deadline_len()
    }

    #[inline]
    fn value_at(self) -> usize {
        let end = self.key_at() + self.key_len;
        if self.owns() { end.next_multiple_of(8) } else { end }
    }

    #[inline]
    fn class(self) -> usize {
        size_class(self.value_at() + self.value_len)
    }

    #[inline]
    fn layout(self) -> Layout {
        Layout::from_size_align(self.class(), 8).expect("no entry is near the end of the address space")
    }
}

/// The bytes that an integer takes: all usual ones fit into 6.
fn int_len(int: i64) -> usize {
    if (int << 16) >> 16 == int { 6 } else { 8 }
}

/// The six bytes of an address, as a bucket stores them.
pub(crate) type Place = [u16; 3];

/// A counted pointer to a key with its value.
#[repr(transparent)]
pub struct Entry(Place);

impl Entry {
    /// A new entry, held once. `clock` has 24 bits; higher ones are dropped.
    pub fn new(key: &[u8], value: NewValue, deadline: Option<i64>, clock: u32) -> Entry {
        let (kind, value_len) = match &value {
            NewValue::Text(text) => (TEXT, text.len()),
            NewValue::Raw(text) => (RAW, text.len()),
            NewValue::Int(int) => (INT, int_len(*int)),
            NewValue::Buffer(_) => (BUFFER, size_of::<Buffer>()),
            NewValue::Packed(block) => (PACKED, block.len()),
            NewValue::Object(_) => (OBJECT, size_of::<Object>()),
        };
        let form = Form::new(kind, key.len(), value_len, deadline);
        let layout = form.layout();
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        let address = base.expose_provenance();
        assert!(address >> 48 == 0, "user space addresses have 47 bits");
        let entry = Entry([address as u16, (address >> 16) as u16, (address >> 32) as u16]);
        // SAFETY: the allocation is fresh, exclusive and as long as `form` says; all offsets used are inside it.
        unsafe {
            base.cast::<u32>().write(1);
            base.add(MARK_AT).cast::<u32>().write(clock << 8);
            write_header(base, form, deadline);
            ptr::copy_nonoverlapping(key.as_ptr(), base.add(form.key_at()), key.len());
            let place = base.add(form.value_at());
            match value {
                NewValue::Text(bytes) | NewValue::Raw(bytes) | NewValue::Packed(bytes) => {
                    ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
                }
                NewValue::Int(int) => write_int(place, int, value_len),
                NewValue::Buffer(buffer) => place.cast::<Buffer>().write(buffer),
                NewValue::Object(object) => place.cast::<Object>().write(object),
            }
        }
        entry
    }

    #[inline(always)]
    fn base(&self) -> *mut u8 {
        ptr::with_exposed_provenance_mut(address(&self.0))
    }

    #[inline(always)]
    fn count(&self) -> &AtomicU32 {
        // SAFETY: by rule 1 the first 4 bytes are the count, aligned; all access to it is atomic while it is shared.
        unsafe { AtomicU32::from_ptr(self.base().cast()) }
    }

    /// Clock and flags in one word.
    #[inline(always)]
    fn mark(&self) -> &AtomicU32 {
        // SAFETY: by rule 1 bytes 4..8 are the mark, aligned; all access to it is atomic while it is shared.
        unsafe { AtomicU32::from_ptr(self.base().add(MARK_AT).cast()) }
    }

    #[inline(always)]
    fn form(&self) -> Form {
        let flags = self.mark().load(Relaxed) as u8;
        let base = self.base();
        // SAFETY: by rule 1 the lengths are there in the form that the flags say; constant while they can be read.
        unsafe {
            if flags & LONG == 0 {
                let [key_len, value_len] = base.add(LENGTHS_AT).cast::<[u8; 2]>().read();
                Form { flags, key_len: key_len.into(), value_len: value_len.into() }
            } else {
                let [key_len, value_len] = base.add(LENGTHS_AT).cast::<[u32; 2]>().read();
                Form { flags, key_len: key_len as usize, value_len: value_len as usize }
            }
        }
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        let form = self.form();
        // SAFETY: by rule 1 the key's bytes are there; by rules 2 and 3 constant while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.base().add(form.key_at()), form.key_len) }
    }

    /// Whether this is the entry of `key`.
    #[inline]
    pub fn is(&self, key: &[u8]) -> bool {
        same(self.key(), key)
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> Value<'_> {
        let form = self.form();
        // SAFETY: by rule 1 the value lies there in the form that its kind says (an integer is followed backwards by
        // header, key or deadline, see `read_int`); by rules 2 and 3 constant while `self` is borrowed.
        unsafe {
            let place = self.base().add(form.value_at());
            match form.kind() {
                INT => Value::Int(read_int(place, form.value_len)),
                BUFFER => Value::Buffer(&*place.cast::<Buffer>()),
                PACKED => Value::Packed(slice::from_raw_parts(place, form.value_len)),
                OBJECT => Value::Object(&*place.cast::<Object>()),
                RAW => Value::Raw(slice::from_raw_parts(place, form.value_len)),
                _ => Value::Text(slice::from_raw_parts(place, form.value_len)),
            }
        }
    }

    /// The value's type, by the name that TYPE gives.
    pub fn type_name(&self) -> &'static str {
        self.value().type_name()
    }

    /// The value's form, by the name that OBJECT ENCODING has for it.
    pub fn encoding_name(&self) -> &'static str {
        self.value().encoding_name()
    }

    /// When the key ends, in Unix milliseconds.
    #[inline]
    pub fn deadline(&self) -> Option<i64> {
        let flags = self.mark().load(Relaxed) as u8;
        if flags & DEADLINE == 0 {
            return None;
        }
        Some(self.deadline_of(self.form()))
    }

    #[inline]
    fn deadline_of(&self, form: Form) -> i64 {
        // SAFETY: by rule 1 a deadline follows the header. The short one is read together with the two bytes before
        // it, which are lengths and as constant as the deadline is.
        unsafe {
            let place = self.base().add(form.header_len());
            if form.flags & WIDE != 0 {
                i64::from_le_bytes(place.cast::<[u8; 8]>().read())
            } else {
                i64::from_le_bytes(place.sub(2).cast::<[u8; 8]>().read()) >> 16
            }
        }
    }

    /// The access clock (LRU time, or LFU counter with its time).
    #[inline]
    pub fn clock(&self) -> u32 {
        self.mark().load(Relaxed) >> 8
    }

    /// Sets the access clock, also of a shared entry.
    ///
    /// One thread does this at a time (the one that owns the table); readers on others see the old or the new one.
    #[inline]
    pub fn set_clock(&self, clock: u32) {
        let flags = self.mark().load(Relaxed) & 0xff;
        self.mark().store(clock << 8 | flags, Relaxed);
    }

    /// The bytes that are allocated for this entry, without what it points to.
    pub fn bytes(&self) -> usize {
        self.form().class()
    }

    /// The bytes that are allocated for this entry and what it points to.
    pub fn footprint(&self) -> usize {
        let form = self.form();
        form.class() + if form.owns() { self.owned_bytes() } else { 0 }
    }

    #[cold]
    fn owned_bytes(&self) -> usize {
        match self.value() {
            Value::Buffer(buffer) => buffer.allocated(),
            Value::Object(object) => object.bytes(),
            _ => 0,
        }
    }

    /// Whether nobody else holds this entry. Says something about a changeable entry only (`&mut`), since the page that
    /// holds an entry may itself be shared.
    #[inline]
    pub fn is_unique(&self) -> bool {
        // Acquire: what former holders read happened before what we are going to write.
        self.count().load(Acquire) == 1
    }

    /// Asks for the entry's first bytes.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        prefetch(self.base());
    }

    /// Asks for what a reader needs next, once the first bytes are there: the end of the value, or the buffer.
    #[inline]
    pub(crate) fn prefetch_value(&self) {
        let form = self.form();
        if form.kind() == BUFFER {
            if let Value::Buffer(buffer) = self.value() {
                prefetch(buffer.bytes().as_ptr());
            }
        } else {
            let end = form.value_at() + form.value_len;
            for line in (64..end.min(1024)).step_by(64) {
                prefetch(self.base().wrapping_add(line));
            }
            prefetch(self.base().wrapping_add(end - 1));
        }
    }

    /// The bare address, for a bucket to keep; the unit of the count goes with it.
    #[inline]
    pub(crate) fn into_place(self) -> Place {
        let place = self.0;
        std::mem::forget(self);
        place
    }

    /// The way back from [`Entry::into_place`].
    ///
    /// # Safety
    /// `place` came from `into_place`, and its unit of the count has not been taken back since.
    #[inline]
    pub(crate) unsafe fn from_place(place: Place) -> Entry {
        Entry(place)
    }

    /// Looks at a kept address as the entry that it is.
    ///
    /// # Safety
    /// As for [`Entry::from_place`], for as long as the reference lives.
    #[inline(always)]
    pub(crate) unsafe fn at_place(place: &Place) -> &Entry {
        // SAFETY: `Entry` is a transparent `Place`; the caller vouches for what it says.
        unsafe { &*ptr::from_ref(place).cast::<Entry>() }
    }

    /// As [`Entry::at_place`], for changing.
    ///
    /// # Safety
    /// As for [`Entry::from_place`], for as long as the reference lives.
    #[inline(always)]
    pub(crate) unsafe fn at_place_mut(place: &mut Place) -> &mut Entry {
        // SAFETY: as above.
        unsafe { &mut *ptr::from_mut(place).cast::<Entry>() }
    }

    #[cold]
    #[inline(never)]
    fn free(&mut self) {
        // Acquire: what other holders read (they decremented with Release) happened before the end of the entry.
        fence(Acquire);
        let form = self.form();
        // SAFETY: the count went to zero, so that nobody holds this entry any more, and never will.
        unsafe {
            if form.owns() {
                let place = self.base().add(form.value_at());
                if form.kind() == BUFFER {
                    ptr::drop_in_place(place.cast::<Buffer>());
                } else {
                    ptr::drop_in_place(place.cast::<Object>());
                }
            }
            dealloc(self.base(), form.layout());
        }
    }
}

/// The address in a place.
#[inline(always)]
pub(crate) fn address(place: &Place) -> usize {
    usize::from(place[0]) | usize::from(place[1]) << 16 | usize::from(place[2]) << 32
}

impl Clone for Entry {
    /// Another holder of the same entry.
    #[inline]
    fn clone(&self) -> Entry {
        // Relaxed: whoever clones holds a unit already. The count is the number of pages that hold the entry: it cannot
        // come near 2^32, since each of them takes more memory than that.
        self.count().fetch_add(1, Relaxed);
        Entry(self.0)
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        // Release: what we read of it happened before whoever frees or changes it.
        if self.count().fetch_sub(1, Release) == 1 {
            self.free();
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = String::from_utf8_lossy(self.key());
        f.debug_struct("Entry").field("key", &key).field("value", &self.value()).finish_non_exhaustive()
    }
}

/// Writes flags, lengths and deadline of a form; the clock stays.
///
/// # Safety
/// `base` is an allocation of at least `form.key_at()` bytes that nobody else can see, its mark is initialized.
unsafe fn write_header(base: *mut u8, form: Form, deadline: Option<i64>) {
    // SAFETY: the caller's promise; the header has these places in this form.
    unsafe {
        let mark = base.add(MARK_AT).cast::<u32>();
        mark.write(mark.read() & !0xff | u32::from(form.flags));
        let lengths = base.add(LENGTHS_AT);
        if form.flags & LONG == 0 {
            // Both are at most 255 in a short form.
            lengths.cast::<[u8; 2]>().write([form.key_len as u8, form.value_len as u8]);
        } else {
            // Checked when the form was made.
            lengths.cast::<[u32; 2]>().write([form.key_len as u32, form.value_len as u32]);
        }
        if let Some(at) = deadline {
            let bytes = at.to_le_bytes();
            ptr::copy_nonoverlapping(bytes.as_ptr(), base.add(form.header_len()), form.deadline_len());
        }
    }
}

/// Reads an integer of 6 or 8 bytes: the 8 bytes that end where it ends, shifted.
///
/// # Safety
/// The integer is the value of an entry: at least the 10 bytes of a header are before it, so that the two bytes more
/// than a short one belong to lengths, deadline or key, and not to count or mark.
#[inline(always)]
unsafe fn read_int(place: *const u8, len: usize) -> i64 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { place.add(len).sub(8).cast::<[u8; 8]>().read() };
    i64::from_le_bytes(bytes) >> (64 - 8 * len)
}

/// Writes an integer of 6 or 8 bytes.
///
/// # Safety
/// `place` has `len` bytes that are ours to write.
#[inline(always)]
unsafe fn write_int(place: *mut u8, int: i64, len: usize) {
    // SAFETY: the caller's promise. Two constant lengths, so that both are plain stores.
    unsafe {
        let bytes = int.to_le_bytes();
        let bytes = bytes.as_ptr();
        if len == 6 {
            ptr::copy_nonoverlapping(bytes, place, 6);
        } else {
            ptr::copy_nonoverlapping(bytes, place, 8);
        }
    }
}

/// Equality of two keys. Usual lengths are compared by a few overlapping words, without a call.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    fn word(bytes: &[u8], at: usize) -> u64 {
        u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
    }
    let len = a.len();
    if len != b.len() {
        return false;
    }
    if (8..=16).contains(&len) {
        return (word(a, 0) ^ word(b, 0)) | (word(a, len - 8) ^ word(b, len - 8)) == 0;
    }
    if (17..=32).contains(&len) {
        let ends = (word(a, 0) ^ word(b, 0)) | (word(a, len - 8) ^ word(b, len - 8));
        let middle = (word(a, 8) ^ word(b, 8)) | (word(a, len - 16) ^ word(b, len - 16));
        return ends | middle == 0;
    }
    a == b
}

/// An entry that is held once, for changing in place; reading goes through to the [`Entry`].
///
/// What does not fit into the entry's size class is refused with nothing changed: build another entry then.
pub struct EntryMut<'a> {
    entry: &'a mut Entry,
    /// Live bytes of whoever keeps the entry; what the entry points to may change its size.
    live: &'a mut usize,
    /// That size when it was lent out.
    lent: Option<usize>,
}

impl<'a> EntryMut<'a> {
    /// The entry for changing, if nobody else holds it; `live` follows the size of what it points to.
    pub(crate) fn new(entry: &'a mut Entry, live: &'a mut usize) -> Option<EntryMut<'a>> {
        // From here on rule 3 holds: `&mut Entry` is the only way to the only holder.
        entry.is_unique().then_some(EntryMut { entry, live, lent: None })
    }

    /// Replaces an integer by one that fits into its place; false for everything else.
    #[inline]
    pub fn reset_int(&mut self, int: i64) -> bool {
        let old = self.form();
        let fits = old.kind() == INT && int_len(int) <= old.value_len;
        if fits {
            // SAFETY: rule 3; the place has `value_len` bytes.
            unsafe { write_int(self.base().add(old.value_at()), int, old.value_len) };
        }
        fits
    }

    /// Makes the value an integer.
    #[inline]
    pub fn set_int(&mut self, int: i64) -> bool {
        if self.reset_int(int) {
            return true;
        }
        let old = self.form();
        let len = int_len(int);
        let Some(new) = self.reshape(old, INT, len) else {
            return false;
        };
        // SAFETY: rule 3; the header now says that the value has `len` bytes here, and the class has room for it.
        unsafe { write_int(self.base().add(new.value_at()), int, len) };
        true
    }

    /// Makes the value a string.
    #[inline]
    pub fn set_text(&mut self, text: &[u8], raw: bool) -> bool {
        self.set_bytes(text, if raw { RAW } else { TEXT })
    }

    #[inline]
    fn set_bytes(&mut self, bytes: &[u8], kind: u8) -> bool {
        let old = self.form();
        let new = if old.kind() == kind && old.value_len == bytes.len() {
            old
        } else {
            let Some(new) = self.reshape(old, kind, bytes.len()) else {
                return false;
            };
            new
        };
        // SAFETY: rule 3; the value has this many bytes here, and `bytes` cannot be inside what we hold exclusively.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.base().add(new.value_at()), bytes.len());
        };
        true
    }

    /// Adds bytes to a string, which becomes raw.
    pub fn append(&mut self, more: &[u8]) -> bool {
        let old = self.form();
        if old.kind() != TEXT && old.kind() != RAW {
            return false;
        }
        let Some(len) = old.value_len.checked_add(more.len()) else {
            return false;
        };
        let Some(new) = self.reshape_keeping(old, RAW, len) else {
            return false;
        };
        // SAFETY: rule 3; the value has `len` bytes here, of which the last ones are new.
        unsafe {
            let place = self.base().add(new.value_at() + old.value_len);
            ptr::copy_nonoverlapping(more.as_ptr(), place, more.len());
        }
        true
    }

    /// The bytes of a string in the entry.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let form = self.form();
        if form.kind() != TEXT && form.kind() != RAW {
            return None;
        }
        // SAFETY: rule 3, for as long as `self` is borrowed; the value has these bytes, and no other reference to them
        // can be alive.
        Some(unsafe { slice::from_raw_parts_mut(self.base().add(form.value_at()), form.value_len) })
    }

    /// Calls a string raw (as after an edit that kept its length).
    pub fn set_raw(&mut self) {
        let form = self.form();
        if form.kind() == TEXT {
            let mark = self.mark().load(Relaxed);
            self.mark().store(mark & !u32::from(KIND) | u32::from(RAW), Relaxed);
        }
    }

    /// The buffer of a long string.
    pub fn buffer_mut(&mut self) -> Option<&mut Buffer> {
        let form = self.form();
        if form.kind() != BUFFER {
            return None;
        }
        // SAFETY: rule 3; by rule 1 a buffer's address is here, aligned.
        let buffer = unsafe { &mut *self.base().add(form.value_at()).cast::<Buffer>() };
        if self.lent.is_none() {
            self.lent = Some(buffer.allocated());
        }
        Some(buffer)
    }

    /// The big collection.
    pub fn object_mut(&mut self) -> Option<&mut Object> {
        let form = self.form();
        if form.kind() != OBJECT {
            return None;
        }
        // SAFETY: rule 3; by rule 1 an object is here, aligned.
        let object = unsafe { &mut *self.base().add(form.value_at()).cast::<Object>() };
        if self.lent.is_none() {
            self.lent = Some(object.bytes());
        }
        Some(object)
    }

    /// Makes the value a packed block.
    #[inline]
    pub fn set_packed(&mut self, block: &[u8]) -> bool {
        self.set_bytes(block, PACKED)
    }

    /// Replaces a range of a packed block by other bytes and lends the block as it is then. None, and nothing is changed, if that needs
    /// another class.
    pub fn splice_packed(&mut self, range: Range<usize>, with: &[u8]) -> Option<&mut [u8]> {
        let old = self.form();
        if old.kind() != PACKED || range.start > range.end || range.end > old.value_len {
            return None;
        }
        let len = old.value_len - range.len() + with.len();
        let new = self.reshape_keeping(old, PACKED, len)?;
        // SAFETY: rule 3; the bytes of the old value begin where the new form has its value, and both end inside the class.
        // `with` cannot be inside what we hold exclusively.
        unsafe {
            let value = self.base().add(new.value_at());
            ptr::copy(value.add(range.end), value.add(range.start + with.len()), old.value_len - range.end);
            ptr::copy_nonoverlapping(with.as_ptr(), value.add(range.start), with.len());
            Some(slice::from_raw_parts_mut(value, len))
        }
    }

    /// Sets or removes the deadline.
    pub fn set_deadline(&mut self, deadline: Option<i64>) -> bool {
        let old = self.form();
        let new = Form { flags: old.flags & !(DEADLINE | WIDE), ..old };
        let new = Form { flags: new.flags | Form::new(0, 0, 0, deadline).flags, ..new };
        if new.class() != old.class() {
            return false;
        }
        let base = self.base();
        // SAFETY: rule 3; both forms end inside the class. What moves is copied before the header is written, since
        // a new deadline may lie where the key was.
        unsafe {
            if old.owns() {
                // Counted pointers move as bytes do; the longest is an object.
                let mut held = MaybeUninit::<Object>::uninit();
                let held = held.as_mut_ptr().cast::<u8>();
                ptr::copy_nonoverlapping(base.add(old.value_at()), held, old.value_len);
                ptr::copy(base.add(old.key_at()), base.add(new.key_at()), old.key_len);
                ptr::copy_nonoverlapping(held, base.add(new.value_at()), old.value_len);
            } else if new.key_at() != old.key_at() {
                ptr::copy(base.add(old.key_at()), base.add(new.key_at()), old.key_len + old.value_len);
            }
            write_header(base, new, deadline);
        }
        true
    }

    /// Gives the header the form for another value, and the key its place in it. The old value is gone.
    fn reshape(&mut self, old: Form, kind: u8, value_len: usize) -> Option<Form> {
        self.reform(old, kind, value_len, 0)
    }

    /// The same, but the old value's bytes stay.
    fn reshape_keeping(&mut self, old: Form, kind: u8, value_len: usize) -> Option<Form> {
        self.reform(old, kind, value_len, old.value_len)
    }

    fn reform(&mut self, old: Form, kind: u8, value_len: usize, kept: usize) -> Option<Form> {
        // What it points to would be freed here, and old values are never freed by whoever edits.
        if old.owns() || value_len > u32::MAX as usize {
            return None;
        }
        let deadline = (old.flags & DEADLINE != 0).then(|| self.deadline_of(old));
        let new = Form::new(kind, old.key_len, value_len, deadline);
        if new.class() != old.class() {
            return None;
        }
        let base = self.base();
        // SAFETY: rule 3; both forms end inside the class. The key is copied before the header is written, since a
        // longer header may lie where the key was.
        unsafe {
            if new.key_at() != old.key_at() {
                ptr::copy(base.add(old.key_at()), base.add(new.key_at()), old.key_len + kept);
            }
            write_header(base, new, deadline);
        }
        Some(new)
    }
}

impl Deref for EntryMut<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.entry
    }
}

impl Drop for EntryMut<'_> {
    fn drop(&mut self) {
        if let Some(lent) = self.lent {
            *self.live = (*self.live + self.entry.owned_bytes()).wrapping_sub(lent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use std::thread;

    /// An entry's contents, as plain values.
    #[derive(Clone, PartialEq, Debug)]
    enum Plain {
        Text(Vec<u8>),
        Raw(Vec<u8>),
        Int(i64),
        Buffer(Vec<u8>),
        Packed(Vec<u8>),
        Object,
    }

    fn plain(value: Value) -> Plain {
        match value {
            Value::Text(text) => Plain::Text(text.to_vec()),
            Value::Raw(text) => Plain::Raw(text.to_vec()),
            Value::Int(int) => Plain::Int(int),
            Value::Buffer(buffer) => Plain::Buffer(buffer.bytes().to_vec()),
            Value::Packed(block) => Plain::Packed(block.to_vec()),
            Value::Object(_) => Plain::Object,
        }
    }

    fn check(entry: &Entry, key: &[u8], value: &Plain, deadline: Option<i64>, clock: u32) {
        assert_eq!(entry.key(), key);
        assert!(entry.is(key) && !entry.is(&[key, b"x"].concat()));
        assert_eq!(plain(entry.value()), *value);
        assert_eq!(entry.deadline(), deadline);
        assert_eq!(entry.clock(), clock & 0xff_ffff);
        assert_eq!(entry.bytes(), size_class(entry.form().value_at() + entry.form().value_len));
    }

    const DEADLINES: [Option<i64>; 8] = [
        None,
        Some(0),
        Some(-1),
        Some(1_700_000_000_000),
        Some((1 << 47) - 1),
        Some(1 << 47),
        Some(i64::MAX),
        Some(i64::MIN),
    ];

    const INTS: [i64; 8] = [0, -1, 12345, (1 << 47) - 1, 1 << 47, -(1 << 47), i64::MAX, i64::MIN];

    #[test]
    fn what_goes_in_comes_out_small() {
        for key_len in [0, 1, 7, 8, 16, 17, 32, 33, 255, 256, 1000] {
            let key: Vec<u8> = (0..key_len).map(|n| n as u8).collect();
            for deadline in DEADLINES {
                for value_len in [0, 1, 40, 255, 256, INLINE_MAX] {
                    let text: Vec<u8> = (0..value_len).map(|n| (n * 7) as u8).collect();
                    let entry = Entry::new(&key, NewValue::Text(&text), deadline, 1);
                    check(&entry, &key, &Plain::Text(text.clone()), deadline, 1);
                    let entry = Entry::new(&key, NewValue::Raw(&text), deadline, u32::MAX);
                    check(&entry, &key, &Plain::Raw(text.clone()), deadline, u32::MAX);
                    let entry = Entry::new(&key, NewValue::Packed(&text), deadline, 2);
                    check(&entry, &key, &Plain::Packed(text), deadline, 2);
                }
                for int in INTS {
                    check(&Entry::new(&key, NewValue::Int(int), deadline, 0), &key, &Plain::Int(int), deadline, 0);
                }
                let buffer = Buffer::new(vec![1, 2, 3]);
                let entry = Entry::new(&key, NewValue::Buffer(buffer.clone()), deadline, 9);
                check(&entry, &key, &Plain::Buffer(vec![1, 2, 3]), deadline, 9);
                assert_eq!(entry.footprint(), entry.bytes() + buffer.allocated());
                assert!(!buffer.is_unique());
                drop(entry);
                assert!(buffer.is_unique(), "the entry let go of its buffer");
            }
        }
    }

    #[test]
    fn usual_entries_have_the_sizes_that_memory_is_planned_with() {
        let size = |value: usize, deadline| Entry::new(&[0; 16], NewValue::Text(&vec![0; value]), deadline, 0).bytes();
        assert_eq!([8, 32, 64, 128, 200].map(|value| size(value, None)), [48, 64, 96, 160, 256]);
        assert_eq!([8, 32, 64, 128, 200].map(|value| size(value, Some(1_700_000_000_000))), [48, 64, 96, 160, 256]);
        assert_eq!(Entry::new(&[0; 16], NewValue::Int(1 << 40), None, 0).bytes(), 32);
        assert_eq!(size_of::<Entry>(), 6);
    }

    #[test]
    fn edits_in_place_follow_a_model_small() {
        let mut done = 0;
        let seeds = if cfg!(any(miri, valgrind)) { 20 } else { 2_000 };
        for seed in 1..=seeds {
            let mut dice = Dice(seed);
            let key = vec![b'k'; [5, 16, 40, 250, 256][dice.below(5) as usize]];
            let mut value = Plain::Text(vec![b'v'; dice.below(60) as usize]);
            let mut deadline = DEADLINES[dice.below(8) as usize];
            if dice.below(3) == 0 {
                value = Plain::Buffer(vec![b'b'; dice.below(60) as usize]);
            }
            let new = match &value {
                Plain::Text(text) => NewValue::Text(text),
                Plain::Buffer(bytes) => NewValue::Buffer(Buffer::new(bytes.clone())),
                _ => unreachable!("made above"),
            };
            let mut entry = Entry::new(&key, new, deadline, 3);
            let bytes = entry.bytes();
            let mut live = entry.footprint();
            for step in 0..40 {
                let mut edit = EntryMut::new(&mut entry, &mut live).expect("held once");
                let text = vec![step; dice.below(if step % 4 == 0 { 300 } else { 60 }) as usize];
                match dice.below(9) {
                    0 => {
                        let int = INTS[dice.below(8) as usize];
                        if edit.set_int(int) {
                            value = Plain::Int(int);
                            done += 1;
                        }
                    }
                    1 => {
                        if edit.set_text(&text, false) {
                            value = Plain::Text(text);
                            done += 1;
                        }
                    }
                    2 => {
                        if edit.set_text(&text, true) {
                            value = Plain::Raw(text);
                            done += 1;
                        }
                    }
                    3 => {
                        let other = DEADLINES[dice.below(8) as usize];
                        if edit.set_deadline(other) {
                            deadline = other;
                            done += 1;
                        }
                    }
                    4 => {
                        if edit.append(&text) {
                            let (Plain::Text(old) | Plain::Raw(old)) = &value else { panic!("appended to {value:?}") };
                            value = Plain::Raw([&old[..], &text[..]].concat());
                            done += 1;
                        }
                    }
                    5 => {
                        if let Some(buffer) = edit.buffer_mut() {
                            buffer.make_mut().extend_from_slice(&text);
                            buffer.make_mut().shrink_to_fit();
                            let Plain::Buffer(bytes) = &mut value else { panic!("no buffer in {value:?}") };
                            bytes.extend_from_slice(&text);
                        }
                    }
                    6 => {
                        if edit.set_packed(&text) {
                            value = Plain::Packed(text);
                            done += 1;
                        }
                    }
                    7 => {
                        let old = if let Plain::Packed(old) = &value { old.clone() } else { Vec::new() };
                        let (a, b) =
                            (dice.below(old.len() as u64 + 1) as usize, dice.below(old.len() as u64 + 2) as usize);
                        if let Some(block) = edit.splice_packed(a..b, &text) {
                            let new = [&old[..a], &text[..], &old[b..]].concat();
                            assert_eq!(block, new);
                            value = Plain::Packed(new);
                            done += 1;
                        }
                    }
                    _ => {
                        if let Some(bytes) = edit.bytes_mut() {
                            bytes.fill(step);
                            let (Plain::Text(old) | Plain::Raw(old)) = &mut value else { panic!("{value:?} in place") };
                            old.fill(step);
                        }
                        edit.set_raw();
                        if let Plain::Text(text) = value {
                            value = Plain::Raw(text);
                        }
                    }
                }
                drop(edit);
                check(&entry, &key, &value, deadline, 3);
                assert_eq!(entry.bytes(), bytes, "seed {seed} step {step}: an edit stays in its class");
                assert_eq!(live, entry.footprint(), "seed {seed} step {step}");
            }
        }
        assert!(done > 5 * seeds, "{done} edits fitted");
    }

    #[test]
    fn a_shared_entry_is_not_edited() {
        let mut entry = Entry::new(b"k", NewValue::Int(1), None, 0);
        let mut live = 0;
        let twin = entry.clone();
        assert!(!entry.is_unique() && EntryMut::new(&mut entry, &mut live).is_none());
        twin.set_clock(5);
        assert_eq!(entry.clock(), 5, "but its clock is set");
        drop(twin);
        assert!(EntryMut::new(&mut entry, &mut live).expect("held once again").set_int(2));
        check(&entry, b"k", &Plain::Int(2), None, 5);
    }

    /// Readers on other threads come and go while the owner sets clocks, and edits whenever the entry is its own.
    #[test]
    fn threads_share_an_entry_small() {
        let mut entry = Entry::new(b"shared", NewValue::Int(0), Some(77), 0);
        let mut live = 0;
        let mut expected = 0;
        for round in 0..if cfg!(any(miri, valgrind)) { 30 } else { 500 } {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    let twin = entry.clone();
                    thread::spawn(move || {
                        for _ in 0..20 {
                            let third = twin.clone();
                            assert_eq!(plain(third.value()), Plain::Int(expected));
                            assert_eq!((third.key(), third.deadline()), (&b"shared"[..], Some(77)));
                        }
                    })
                })
                .collect();
            // Its readers may be done before we look: then it is ours, and what they read happened before.
            for clock in 0..20 {
                entry.set_clock(clock);
                if let Some(mut edit) = EntryMut::new(&mut entry, &mut live) {
                    assert!(edit.set_int(round * 100 + i64::from(clock)));
                    expected = round * 100 + i64::from(clock);
                    break;
                }
            }
            for reader in readers {
                reader.join().expect("a reader saw what was there");
            }
            assert!(entry.is_unique());
        }
    }

    #[test]
    fn keys_are_told_apart_in_every_byte() {
        for len in 0..70 {
            let key: Vec<u8> = (0..len).map(|n| n as u8).collect();
            assert!(same(&key, &key.clone()));
            for at in 0..len {
                let mut other = key.clone();
                other[at] ^= 1;
                assert!(!same(&key, &other), "byte {at} of {len}");
            }
        }
    }
}
