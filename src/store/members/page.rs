//! A page of a big hash or set: the elements of one range of hashes, in about a kilobyte.
//!
//! ```text
//!     page     +- count -+- head -----------------------------+- tags -+- offsets -+- free -+- data -----------+
//!              | 8       | buffers, elements, bytes of data.. | 1 each | 2 each    |        | .. e2 e0 e1      |
//!              +---------+-------------------- 32 bytes ------+--------+-----------+--------+------------------+
//!     element  | flag 1 + field length 7 | value length | field | value | deadline 6, if the flag says so |
//! ```
//!
//! All hashes of a page agree in their first `depth` bits; the eight bits after those are an element's *tag*. Tags are
//! sorted, offsets go with them, and elements lie in the data as they came; an offset counts from the page's end, so that
//! it stays what it is when the page grows. A page without values (a set's) leaves out the value and its length.
//!
//! A field or value of more than [`INLINE_MAX`] bytes is a counted buffer: its length is then [`BIG`], and what lies in its
//! place is its index in the head's list.
//!
//! Sorted tags make splitting and scanning plain: the lower half of the range is the lower half of the tags, and a
//! cursor that cuts a page needs no hashing. Only a split asks for each element's hash (there is one bit more to know),
//! a merge needs none.
//!
//! A [`Page`] is a counted pointer. Clones share; whoever changes a shared page copies it first. It does not know where it
//! hangs, nor when it ought to be split, and it keeps no sum of its buffers' bytes: whoever puts or takes one counts.

use crate::base::alloc::size_class;
use crate::base::buffer::{Buffer, Text};
use crate::base::prefetch::prefetch;
use crate::store::hasher::{Hash, Hasher};
use triomphe::{Arc, HeaderSlice};

/// The longest field or value that lies in the page.
pub(super) const INLINE_MAX: usize = 126;
/// The length that says: a counted buffer.
const BIG: u8 = 127;
const LENGTH: u8 = 127;
/// An index that no buffer has, for a place whose buffer was taken.
const GONE: u8 = 255;
const HAS_DEADLINE: u8 = 128;
const DEADLINE_BYTES: usize = 6;
/// No deadline, as a time that never comes.
pub(super) const NEVER: i64 = i64::MAX;

/// What a page of the usual kind takes at most, all in all. Smaller pages mean more heads and nodes per element, larger
/// ones dearer copies. With 12-byte members (12 + 12 in a hash), at 768 / 1024 / 1536 bytes: 19.6 / 18.9 / 18.8 (35.8 / 34.2 /
/// 33.8) bytes an element; a random write while a copy of 5 M elements lives, p50 0.6 / 0.7 / 0.9 (0.9 / 1.0 / 1.2) µs, and 100,000 of
/// them take 51 / 53 / 72 (60 / 67 / 91) MB.
pub(super) const PAGE_MAX: usize = 1024;
/// What of that is for tags, offsets and data.
pub(super) const PAGE_ROOM: usize = PAGE_MAX - HEAD;
/// Elements of a page: more are no use for tags of one byte.
pub(super) const ELEMENTS_MAX: usize = 96;
/// Counted buffers of a page: a copy raises each count.
pub(super) const BUFFERS_MAX: usize = 32;
/// No page is split at this depth; eight bits are left for tags.
pub(super) const DEPTH_MAX: u32 = 120;

/// The count and the head.
const HEAD: usize = size_of::<usize>() + size_of::<Head>();
const _: () = assert!(HEAD == 32);
/// The longest element that lies in a page, without its deadline.
const KEPT_MAX: usize = 2 + 2 * INLINE_MAX;

static ZEROS: [u8; PAGE_MAX] = [0; PAGE_MAX];

/// The way to an element: its hash, and 64 bits more that are worked out only where hashes collide.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    pub hash: Hash,
    pub field: &'a [u8],
}

impl Path<'_> {
    /// `n` bits of the way, at most 8, after the first `at`.
    #[inline(always)]
    pub fn bits(&self, at: u32, n: u32) -> usize {
        if at + n <= 64 { ((self.hash << at) >> (64 - n)) as usize } else { self.more_bits(at, n) }
    }

    /// Any second hash will do: nobody can choose fields whose keyed hashes agree in 64 bits.
    #[cold]
    #[inline(never)]
    fn more_bits(&self, at: u32, n: u32) -> usize {
        let mut more: u64 = 0x9E37_79B9_7F4A_7C15;
        for byte in self.field {
            more = (more ^ u64::from(*byte)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            more ^= more >> 29;
        }
        let long = (u128::from(self.hash) << 64) | u128::from(more);
        (long << at >> (128 - n)) as usize
    }

    #[inline(always)]
    pub fn tag(&self, depth: u32) -> u8 {
        self.bits(depth, 8) as u8
    }
}

/// A field or a value that is to be stored.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Inline(&'a [u8]),
    Big(&'a Buffer),
}

impl Part<'_> {
    /// Bytes in the page.
    #[inline(always)]
    pub fn size(&self) -> usize {
        match self {
            Part::Inline(bytes) => bytes.len(),
            Part::Big(_) => 1,
        }
    }

    #[inline(always)]
    pub fn is_big(&self) -> bool {
        matches!(self, Part::Big(_))
    }

    /// What is allocated for it outside of the page.
    #[inline(always)]
    pub fn allocated(&self) -> usize {
        match self {
            Part::Inline(_) => 0,
            Part::Big(buffer) => buffer.allocated(),
        }
    }
}

/// An element that is to be stored.
#[derive(Clone, Copy)]
pub(super) struct New<'a> {
    pub field: Part<'a>,
    /// None in a set.
    pub value: Option<Part<'a>>,
    pub deadline: Option<i64>,
}

impl New<'_> {
    /// Bytes of its data.
    #[inline(always)]
    pub fn size(&self) -> usize {
        let value = self.value.map_or(0, |value| 1 + value.size());
        1 + self.field.size() + value + deadline_size(self.deadline)
    }

    pub fn buffers(&self) -> usize {
        usize::from(self.field.is_big()) + usize::from(self.value.is_some_and(|value| value.is_big()))
    }
}

/// What an element held that is freed on its own.
#[derive(Default, Debug)]
pub struct Old {
    /// When it would have expired, Unix milliseconds.
    pub deadline: Option<i64>,
    /// The field, if it was a counted buffer and is gone.
    pub field: Option<Buffer>,
    /// The value, if it was a counted buffer.
    pub value: Option<Buffer>,
}

impl Old {
    pub(super) fn allocated(&self) -> usize {
        [&self.field, &self.value].into_iter().flatten().map(Buffer::allocated).sum()
    }
}

#[inline(always)]
fn part_size(length: u8) -> usize {
    if length & LENGTH == BIG { 1 } else { usize::from(length & LENGTH) }
}

/// Bytes that a deadline takes.
#[inline(always)]
pub(super) fn deadline_size(deadline: Option<i64>) -> usize {
    if deadline.is_some() { DEADLINE_BYTES } else { 0 }
}

fn deadline_bytes(deadline: i64) -> [u8; DEADLINE_BYTES] {
    let bytes = deadline.to_le_bytes();
    assert!(bytes[6..] == [0, 0], "a field's deadline has 48 bits");
    [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]
}

#[derive(Clone)]
struct Head {
    /// The fields and values that are too long for a page.
    buffers: Box<[Buffer]>,
    elements: u16,
    /// Bytes of the data.
    data: u16,
    /// Elements that have a deadline.
    volatile: u16,
    depth: u8,
    values: bool,
}

/// Where the parts of an element lie: offsets in the page's bytes.
#[derive(Clone, Copy)]
struct Shape {
    field: usize,
    value: usize,
    /// The end of the value, where the deadline is, if there is one.
    value_end: usize,
    end: usize,
}

/// A page as it is read.
#[derive(Clone, Copy)]
struct View<'a> {
    head: &'a Head,
    bytes: &'a [u8],
}

impl<'a> View<'a> {
    #[inline(always)]
    fn count(self) -> usize {
        usize::from(self.head.elements)
    }

    #[inline(always)]
    fn tags(self) -> &'a [u8] {
        &self.bytes[..self.count()]
    }

    /// How many tags are less than one, and so the index of the first that is not.
    #[inline(always)]
    fn rank(self, tag: u8) -> usize {
        rank_of(self.tags(), tag)
    }

    /// How far from the page's end an element begins.
    #[inline(always)]
    fn offset(self, index: usize) -> usize {
        let at = self.count() + 2 * index;
        usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    #[inline(always)]
    fn start(self, index: usize) -> usize {
        self.bytes.len() - self.offset(index)
    }

    #[inline(always)]
    fn shape(self, at: usize) -> Shape {
        let field = at + 1 + usize::from(self.head.values);
        let value = field + part_size(self.bytes[at]);
        let value_end = value + if self.head.values { part_size(self.bytes[at + 1]) } else { 0 };
        let end = value_end + if self.bytes[at] & HAS_DEADLINE == 0 { 0 } else { DEADLINE_BYTES };
        Shape { field, value, value_end, end }
    }

    #[inline(always)]
    fn text(self, length: u8, start: usize, end: usize) -> Text<'a> {
        match length & LENGTH {
            BIG => Text::Shared(&self.head.buffers[usize::from(self.bytes[start])]),
            _ => Text::Bytes(&self.bytes[start..end]),
        }
    }

    #[inline(always)]
    fn element(self, index: usize) -> Element<'a> {
        Element { page: self, at: self.start(index) }
    }

    /// The data of an element.
    #[inline(always)]
    fn raw(self, index: usize) -> &'a [u8] {
        let at = self.start(index);
        &self.bytes[at..self.shape(at).end]
    }
}

/// An element in its page.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    page: View<'a>,
    at: usize,
}

impl<'a> Element<'a> {
    /// The field, or the member of a set.
    #[inline(always)]
    pub fn field(&self) -> &'a [u8] {
        let bytes = &self.page.bytes[self.at..];
        let start = 1 + usize::from(self.page.head.values);
        match bytes[0] & LENGTH {
            BIG => self.page.head.buffers[usize::from(bytes[start])].bytes(),
            length => &bytes[start..start + usize::from(length)],
        }
    }

    /// The field as a text, which tells a counted one.
    pub fn field_text(&self) -> Text<'a> {
        let shape = self.page.shape(self.at);
        self.page.text(self.page.bytes[self.at], shape.field, shape.value)
    }

    /// The value. Empty in a set.
    #[inline]
    pub fn value(&self) -> Text<'a> {
        if !self.page.head.values {
            return Text::Bytes(&[]);
        }
        let shape = self.page.shape(self.at);
        self.page.text(self.page.bytes[self.at + 1], shape.value, shape.value_end)
    }

    /// The value's bytes.
    #[inline]
    pub fn value_bytes(&self) -> &'a [u8] {
        match self.value() {
            Text::Bytes(bytes) => bytes,
            Text::Shared(buffer) => buffer.bytes(),
            Text::Int(_) => unreachable!("numbers are stored as text"),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
        }
    }

    /// By how many bytes its data grows when it gets this value and deadline.
    #[inline(always)]
    pub(super) fn growth(&self, value: Part, deadline: Option<i64>) -> isize {
        let shape = self.page.shape(self.at);
        let new = value.size() + deadline_size(deadline);
        new as isize - (shape.end - shape.value) as isize
    }

    /// When the field expires, Unix milliseconds.
    #[inline]
    pub fn deadline(&self) -> Option<i64> {
        if self.page.bytes[self.at] & HAS_DEADLINE == 0 {
            return None;
        }
        let at = self.page.shape(self.at).value_end;
        let mut deadline = [0; 8];
        deadline[..DEADLINE_BYTES].copy_from_slice(&self.page.bytes[at..at + DEADLINE_BYTES]);
        Some(i64::from_le_bytes(deadline))
    }
}

/// How many of the sorted tags are less than one, and so the index of the first that is not.
#[inline(always)]
fn rank_of(tags: &[u8], tag: u8) -> usize {
    const WIDTH: usize = 16;
    // Tags are spread evenly, so that sixteen around the place where this one is expected mostly tell.
    let expected = (usize::from(tag) * tags.len()) >> 8;
    let start = expected.saturating_sub(WIDTH / 2).min(tags.len().saturating_sub(WIDTH));
    let Some(window) = tags[start..].first_chunk::<WIDTH>() else {
        return tags.iter().map(|t| usize::from(*t < tag)).sum();
    };
    // Sixteen ones fit into a byte, so that the compiler compares and adds them side by side.
    let less = usize::from(window.iter().map(|t| u8::from(*t < tag)).sum::<u8>());
    let is_before = less == 0 && start > 0;
    let is_after = less == WIDTH && start + WIDTH < tags.len();
    if is_before || is_after { tags.partition_point(|t| *t < tag) } else { start + less }
}

fn capacity_for(bytes: usize) -> usize {
    size_class(HEAD + bytes) - HEAD
}

/// A counted pointer to a page.
#[derive(Clone)]
pub(super) struct Page(Arc<HeaderSlice<Head, [u8]>>);

impl Page {
    /// An empty page.
    pub fn new(depth: u32, values: bool) -> Page {
        Page::with_room(depth, values, 0)
    }

    /// An empty page with room for so many bytes of tags, offsets and data.
    pub fn with_room(depth: u32, values: bool, bytes: usize) -> Page {
        let head = Head { buffers: Box::new([]), elements: 0, data: 0, volatile: 0, depth: depth as u8, values };
        Page::allocate(head, capacity_for(bytes))
    }

    fn allocate(head: Head, capacity: usize) -> Page {
        assert!(u16::try_from(capacity).is_ok(), "nobody finds so many fields whose hashes agree in 128 bits");
        Page(match ZEROS.get(..capacity) {
            Some(zeros) => Arc::from_header_and_slice(head, zeros),
            None => Arc::from_header_and_vec(head, vec![0; capacity]),
        })
    }

    #[inline(always)]
    fn view(&self) -> View<'_> {
        View { head: &self.0.header, bytes: &self.0.slice }
    }

    /// The number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.view().count()
    }

    /// How many leading bits of the hash all elements share.
    #[inline(always)]
    pub fn depth(&self) -> u32 {
        u32::from(self.0.header.depth)
    }

    /// What is allocated for it, without its buffers.
    pub fn bytes(&self) -> usize {
        size_class(HEAD + self.0.slice.len()) + self.list_bytes()
    }

    /// What is allocated for the list of its buffers.
    #[inline(always)]
    pub fn list_bytes(&self) -> usize {
        let buffers = self.0.header.buffers.len();
        if buffers == 0 { 0 } else { size_class(buffers * size_of::<Buffer>()) }
    }

    /// Bytes of tags, offsets and data.
    #[inline(always)]
    pub fn used(&self) -> usize {
        3 * self.len() + usize::from(self.0.header.data)
    }

    /// Where the field is, or else where it belongs.
    #[inline(always)]
    pub fn find(&self, path: Path) -> Result<usize, usize> {
        let view = self.view();
        let (tags, tag) = (view.tags(), path.tag(self.depth()));
        let mut index = view.rank(tag);
        while index < tags.len() && tags[index] == tag {
            if view.element(index).field() == path.field {
                return Ok(index);
            }
            index += 1;
        }
        Err(index)
    }

    #[inline(always)]
    pub fn element(&self, index: usize) -> Element<'_> {
        self.view().element(index)
    }

    pub fn tag(&self, index: usize) -> u8 {
        self.view().tags()[index]
    }

    /// The first element whose tag is not less than this.
    pub fn first_from(&self, tag: u8) -> usize {
        self.view().rank(tag)
    }

    /// Whether an element may change its data by so many bytes (and new ones come, with so many buffers).
    #[inline(always)]
    pub fn has_room(&self, more: isize, elements: usize, buffers: usize) -> bool {
        let bytes = (self.used() + 3 * elements).checked_add_signed(more).expect("what is replaced was counted");
        let head = &self.0.header;
        bytes <= self.0.slice.len()
            && (head.depth as u32 == DEPTH_MAX
                || (self.len() + elements <= ELEMENTS_MAX
                    && (buffers == 0 || head.buffers.len() + buffers <= BUFFERS_MAX)))
    }

    /// The page with room for so many bytes more, if it need not be split for that.
    pub fn grown(&self, more: isize, elements: usize, buffers: usize) -> Option<Page> {
        let bytes = (self.used() + 3 * elements).checked_add_signed(more).expect("what is replaced was counted");
        let head = &self.0.header;
        let fits = HEAD + bytes <= PAGE_MAX
            && self.len() + elements <= ELEMENTS_MAX
            && head.buffers.len() + buffers <= BUFFERS_MAX;
        (fits || u32::from(head.depth) == DEPTH_MAX).then(|| self.resized(bytes))
    }

    fn resized(&self, bytes: usize) -> Page {
        let from = self.view();
        let mut page = Page::allocate(self.0.header.clone(), capacity_for(bytes));
        let to = page.edit().bytes;
        let front = 3 * from.count();
        to[..front].copy_from_slice(&from.bytes[..front]);
        let data = usize::from(from.head.data);
        let (to_data, from_data) = (to.len() - data, from.bytes.len() - data);
        to[to_data..].copy_from_slice(&from.bytes[from_data..]);
        page
    }

    /// A page of the same elements without much room.
    pub fn shrunk(&self) -> Page {
        self.resized(self.used() * 17 / 16)
    }

    /// Whether it is far too large for what is in it.
    #[inline(always)]
    pub fn is_loose(&self) -> bool {
        let wanted = self.used() * 9 / 8;
        wanted < self.0.slice.len() && capacity_for(wanted) < self.0.slice.len()
    }

    /// Whether it lost so much that it should be made smaller, or merged with a buddy.
    #[inline(always)]
    pub fn is_too_large(&self) -> bool {
        self.used() <= PAGE_MAX * 3 / 8 || self.is_loose()
    }

    /// Copies the page if somebody else holds it, too.
    #[inline(always)]
    pub fn own(&mut self) {
        if !self.0.is_unique() {
            self.copy();
        }
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self) {
        for buffer in &self.0.header.buffers {
            prefetch(std::ptr::from_ref(buffer.bytes()).cast::<u8>());
        }
        self.0 = Arc::from_header_and_slice(self.0.header.clone(), &self.0.slice);
    }

    /// The page for changing. Only after `own()`.
    #[inline(always)]
    fn edit(&mut self) -> Edit<'_> {
        let inner = Arc::get_mut(&mut self.0).expect("a page is owned before it is changed");
        Edit { head: &mut inner.header, bytes: &mut inner.slice }
    }

    /// Adds an element at the index where it belongs.
    #[inline]
    pub fn insert(&mut self, index: usize, path: Path, new: New) {
        let tag = path.tag(self.depth());
        self.edit().insert(index, tag, new);
    }

    /// Takes an element out.
    #[inline]
    pub fn remove(&mut self, index: usize) -> Old {
        let mut edit = self.edit();
        let mut old = Old { deadline: edit.view().element(index).deadline(), field: None, value: None };
        if !edit.head.buffers.is_empty() {
            old.value = edit.take_value_buffer(index);
            old.field = edit.take_field_buffer(index);
        }
        edit.remove(index);
        old
    }

    /// Gives an element another value and deadline.
    #[inline]
    pub fn replace(&mut self, index: usize, value: Part, deadline: Option<i64>) -> Old {
        let mut edit = self.edit();
        let element = edit.view().element(index);
        let (at, old_deadline) = (element.at, element.deadline());
        let shape = edit.view().shape(at);
        let is_inline = edit.bytes[at + 1] & LENGTH != BIG;
        if let Part::Inline(bytes) = value
            && is_inline
            && shape.value_end - shape.value == bytes.len()
            && old_deadline.is_some() == deadline.is_some()
        {
            edit.bytes[shape.value..shape.value_end].copy_from_slice(bytes);
            if let Some(deadline) = deadline {
                edit.bytes[shape.value_end..shape.end].copy_from_slice(&deadline_bytes(deadline));
            }
            return Old { deadline: old_deadline, field: None, value: None };
        }
        let old = if is_inline { None } else { edit.take_value_buffer(index) };
        edit.rewrite(index, Some(value), deadline);
        Old { deadline: old_deadline, field: None, value: old }
    }

    /// Gives an element another deadline, or none.
    pub fn set_deadline(&mut self, index: usize, deadline: Option<i64>) {
        self.edit().rewrite(index, None, deadline);
    }

    /// The earliest deadline of its elements.
    pub fn earliest(&self) -> i64 {
        if self.0.header.volatile == 0 {
            return NEVER;
        }
        let deadlines = (0..self.len()).filter_map(|index| self.element(index).deadline());
        deadlines.min().unwrap_or(NEVER)
    }

    /// Two pages for the halves of its range.
    pub fn split(&self, hasher: &Hasher) -> [Page; 2] {
        let from = self.view();
        let depth = self.depth() + 1;
        let half = from.rank(128);
        [0..half, half..from.count()].map(|range| {
            let bytes: usize = range.clone().map(|index| 3 + from.raw(index).len()).sum();
            let mut page = Page::with_room(depth, from.head.values, bytes);
            let mut filler = Filler::new(&mut page);
            for index in range {
                let field = from.element(index).field();
                filler.push(Path { hash: hasher.hash(field), field }.tag(depth), from, index);
            }
            filler.finish();
            page
        })
    }

    /// One page for the ranges of two.
    pub fn merge(low: &Page, high: &Page) -> Page {
        debug_assert_eq!(low.depth(), high.depth());
        let values = low.0.header.values;
        let mut page = Page::with_room(low.depth() - 1, values, low.used() + high.used());
        let mut filler = Filler::new(&mut page);
        for (from, bit) in [(low.view(), 0), (high.view(), 128)] {
            for (index, tag) in from.tags().iter().enumerate() {
                filler.push(tag >> 1 | bit, from, index);
            }
        }
        filler.finish();
        page
    }

    /// Its buffers, for who counts their bytes.
    pub fn buffers(&self) -> &[Buffer] {
        &self.0.header.buffers
    }

    /// Asks for the lines in which an element of this tag is looked for: head (the tags are there, or next to it) and offset.
    #[inline]
    pub fn prefetch(&self, tag: usize, elements: usize) {
        // Tags are spread evenly, so that this one is about there.
        let about = tag * elements / 256;
        prefetch(Arc::as_ptr(&self.0).cast::<u8>());
        prefetch(self.0.slice.as_ptr().wrapping_add(elements + 2 * about));
    }

    /// Asks for the line of its count.
    pub fn prefetch_count(&self) {
        prefetch(Arc::as_ptr(&self.0).cast::<u8>());
    }

    /// Asks for all of its lines.
    pub fn prefetch_all(&self) {
        let bytes = &self.0.slice;
        for line in (0..bytes.len()).step_by(64) {
            prefetch(bytes.as_ptr().wrapping_add(line));
        }
    }

    /// Asks for the data of the elements that may have this hash.
    #[inline]
    pub fn prefetch_elements(&self, hash: Hash) {
        if self.depth() + 8 > 64 {
            return;
        }
        let view = self.view();
        let (tags, tag) = (view.tags(), Path { hash, field: &[] }.tag(self.depth()));
        let first = view.rank(tag);
        for (n, _) in tags[first..].iter().take_while(|other| **other == tag).enumerate() {
            prefetch(view.bytes.as_ptr().wrapping_add(view.start(first + n)));
        }
    }
}

/// A page as it is changed.
struct Edit<'a> {
    head: &'a mut Head,
    bytes: &'a mut [u8],
}

impl Edit<'_> {
    #[inline(always)]
    fn view(&self) -> View<'_> {
        View { head: self.head, bytes: self.bytes }
    }

    /// Adds an element's bytes to the data; its buffers go on the page's list. Answers their offset.
    #[inline(always)]
    fn append_new(&mut self, new: New) -> u16 {
        let (offset, mut at) = self.reserve(new.size());
        self.bytes[at] = length_of(new.field) | if new.deadline.is_some() { HAS_DEADLINE } else { 0 };
        at += 1;
        if let Some(value) = new.value {
            self.bytes[at] = length_of(value);
            at += 1;
        }
        at = self.write_part(at, new.field);
        if let Some(value) = new.value {
            at = self.write_part(at, value);
        }
        if let Some(deadline) = new.deadline {
            self.bytes[at..at + DEADLINE_BYTES].copy_from_slice(&deadline_bytes(deadline));
        }
        offset
    }

    /// Writes a part. Answers where it ends.
    #[inline(always)]
    fn write_part(&mut self, at: usize, part: Part) -> usize {
        match part {
            Part::Inline(bytes) => self.bytes[at..at + bytes.len()].copy_from_slice(bytes),
            Part::Big(buffer) => self.bytes[at] = self.add_buffer(buffer.clone()),
        }
        at + part.size()
    }

    /// Makes the data longer. Answers the offset of what is to be written, and its place.
    #[inline(always)]
    fn reserve(&mut self, size: usize) -> (u16, usize) {
        let data = usize::from(self.head.data) + size;
        debug_assert!(data + 3 * usize::from(self.head.elements) <= self.bytes.len());
        self.head.data = data as u16; // A page's capacity fits.
        (self.head.data, self.bytes.len() - data)
    }

    /// Puts a buffer on the list. Answers its index.
    fn add_buffer(&mut self, buffer: Buffer) -> u8 {
        let mut buffers = std::mem::take(&mut self.head.buffers).into_vec();
        let index = buffers.len() as u8;
        assert!(buffers.len() < usize::from(GONE), "nobody finds so many fields whose hashes agree in 128 bits");
        buffers.reserve_exact(1);
        buffers.push(buffer);
        self.head.buffers = buffers.into_boxed_slice();
        index
    }

    /// Takes a buffer off the list; the last one gets its index, wherever that stands.
    fn take_buffer(&mut self, index: u8) -> Buffer {
        let mut buffers = std::mem::take(&mut self.head.buffers).into_vec();
        let taken = buffers.swap_remove(usize::from(index));
        let last = buffers.len() as u8; // It was an index, too.
        self.head.buffers = buffers.into_boxed_slice();
        if last != index {
            let places = (0..self.view().count()).flat_map(|n| self.buffer_places(n));
            let place = places.flatten().find(|place| self.bytes[*place] == last);
            self.bytes[place.expect("each buffer belongs to an element")] = index;
        }
        taken
    }

    /// Where the indices of an element's buffers stand: of its field, of its value.
    fn buffer_places(&self, index: usize) -> [Option<usize>; 2] {
        let at = self.view().start(index);
        let shape = self.view().shape(at);
        let is_big = |length: u8| length & LENGTH == BIG;
        let value = self.head.values && is_big(self.bytes[at + 1]);
        [is_big(self.bytes[at]).then_some(shape.field), value.then_some(shape.value)]
    }

    fn take_field_buffer(&mut self, index: usize) -> Option<Buffer> {
        let place = self.buffer_places(index)[0]?;
        let buffer = self.take_buffer(self.bytes[place]);
        self.bytes[place] = GONE;
        Some(buffer)
    }

    fn take_value_buffer(&mut self, index: usize) -> Option<Buffer> {
        let place = self.buffer_places(index)[1]?;
        let buffer = self.take_buffer(self.bytes[place]);
        self.bytes[place] = GONE;
        Some(buffer)
    }

    /// Adds an element.
    #[inline(always)]
    fn insert(&mut self, index: usize, tag: u8, new: New) {
        let n = usize::from(self.head.elements);
        let offset = self.append_new(new);
        // Offsets after the new one make room for it and for a tag; tags after the new one, and offsets before it, for a tag.
        self.bytes.copy_within(n + 2 * index..3 * n, n + 2 * index + 3);
        self.bytes.copy_within(index..n + 2 * index, index + 1);
        self.bytes[index] = tag;
        self.head.elements += 1;
        self.head.volatile += u16::from(new.deadline.is_some());
        self.set_offset(index, offset);
    }

    #[inline(always)]
    fn set_offset(&mut self, index: usize, offset: u16) {
        let at = usize::from(self.head.elements) + 2 * index;
        self.bytes[at..at + 2].copy_from_slice(&offset.to_le_bytes());
    }

    /// Takes the bytes of an element out of the data. Its offset is not one afterwards.
    #[inline(always)]
    fn take_data(&mut self, index: usize) {
        let view = self.view();
        let (offset, at, n) = (view.offset(index), view.start(index), view.count());
        let size = view.shape(at).end - at;
        let is_volatile = self.bytes[at] & HAS_DEADLINE != 0;
        self.head.volatile -= u16::from(is_volatile);
        let first = self.bytes.len() - usize::from(self.head.data);
        self.bytes.copy_within(first..at, first + size);
        self.head.data -= size as u16;
        let (offset, size) = (offset as u16, size as u16); // As they came from offsets.
        for other in self.bytes[n..3 * n].as_chunks_mut::<2>().0 {
            let it = u16::from_le_bytes(*other);
            *other = (it - if it > offset { size } else { 0 }).to_le_bytes();
        }
    }

    #[inline(always)]
    fn remove(&mut self, index: usize) {
        self.take_data(index);
        let n = usize::from(self.head.elements);
        self.bytes.copy_within(index + 1..n + 2 * index, index);
        self.bytes.copy_within(n + 2 * index + 2..3 * n, n + 2 * index - 1);
        self.head.elements -= 1;
    }

    /// Stores an element anew, with another value (if one is given) and deadline.
    fn rewrite(&mut self, index: usize, value: Option<Part>, deadline: Option<i64>) {
        debug_assert!(self.head.values, "a set has neither values nor deadlines");
        let at = self.view().start(index);
        let shape = self.view().shape(at);
        // What stays, before its place is closed: lengths, field, and perhaps the value.
        let mut kept = [0; KEPT_MAX];
        let kept = &mut kept[..if value.is_some() { shape.value } else { shape.value_end } - at];
        kept.copy_from_slice(&self.bytes[at..at + kept.len()]);
        kept[0] = kept[0] & LENGTH | if deadline.is_some() { HAS_DEADLINE } else { 0 };
        if let Some(value) = value {
            kept[1] = length_of(value);
        }
        self.take_data(index);
        let size = kept.len() + value.map_or(0, |value| value.size()) + deadline_size(deadline);
        let (offset, at) = self.reserve(size);
        let mut end = at + kept.len();
        self.bytes[at..end].copy_from_slice(kept);
        if let Some(value) = value {
            end = self.write_part(end, value);
        }
        if let Some(deadline) = deadline {
            self.bytes[end..end + DEADLINE_BYTES].copy_from_slice(&deadline_bytes(deadline));
        }
        self.set_offset(index, offset);
        self.head.volatile += u16::from(deadline.is_some());
    }
}

/// Fills an empty page from others, or with new elements.
pub(super) struct Filler<'a> {
    page: Edit<'a>,
    n: usize,
    tags: [u8; ELEMENTS_MAX],
    offsets: [[u8; 2]; ELEMENTS_MAX],
}

impl<'a> Filler<'a> {
    pub fn new(page: &'a mut Page) -> Filler<'a> {
        Filler { page: page.edit(), n: 0, tags: [0; _], offsets: [[0; 2]; _] }
    }

    /// Adds a new element, whose tag is not less than the last.
    #[inline]
    pub fn push_new(&mut self, tag: u8, new: New) {
        let offset = self.page.append_new(new);
        self.page.head.volatile += u16::from(new.deadline.is_some());
        (self.tags[self.n], self.offsets[self.n]) = (tag, offset.to_le_bytes());
        self.n += 1;
    }

    /// Adds an element of another page, whose tag is hardly ever less than the last.
    #[inline]
    fn push(&mut self, tag: u8, from: View, index: usize) {
        let (raw, page) = (from.raw(index), &mut self.page);
        let (offset, at) = page.reserve(raw.len());
        page.bytes[at..at + raw.len()].copy_from_slice(raw);
        if !from.head.buffers.is_empty() {
            let shape = page.view().shape(at);
            // The empty member of a set is a single byte.
            let lengths = [(raw[0], shape.field), (raw.get(1).copied().unwrap_or(0), shape.value)];
            for (length, place) in lengths.into_iter().take(1 + usize::from(from.head.values)) {
                if length & LENGTH == BIG {
                    let buffer = &from.head.buffers[usize::from(page.bytes[place])];
                    page.bytes[place] = page.add_buffer(buffer.clone());
                }
            }
        }
        page.head.volatile += u16::from(raw[0] & HAS_DEADLINE != 0);
        let mut place = self.n;
        while place > 0 && self.tags[place - 1] > tag {
            (self.tags[place], self.offsets[place]) = (self.tags[place - 1], self.offsets[place - 1]);
            place -= 1;
        }
        (self.tags[place], self.offsets[place]) = (tag, offset.to_le_bytes());
        self.n += 1;
    }

    pub fn finish(self) {
        let (page, n) = (self.page, self.n);
        page.head.elements = n as u16;
        page.bytes[..n].copy_from_slice(&self.tags[..n]);
        page.bytes[n..3 * n].copy_from_slice(self.offsets[..n].as_flattened());
    }
}

#[inline(always)]
fn length_of(part: Part) -> u8 {
    match part {
        Part::Inline(bytes) => bytes.len() as u8, // At most `INLINE_MAX`.
        Part::Big(_) => BIG,
    }
}
