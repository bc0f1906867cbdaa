//! The leaf of all trees here: rows of a byte string each, with some bytes of fixed size beside it, in a kilobyte or a few.
//!
//! ```text
//!     block    +- count -+- head: buffers, rows, low, top -+- fixed parts -+- codes -+- room -+- strings ---+- room -+
//!              | 8       | 16                              | F each, 0 1 2 | 1 each  |        | .. 2 1 0    |        |
//!              +---------+---------------------------------+---------------+---------+--------+-------------+--------+
//!                                                                                             low           top
//!     code     0 + length | 128 + length of an integer | 128: a counted buffer, the string itself is not here
//! ```
//!
//! A row is a byte string and `F` fixed bytes (a score, a hash; none in a list). Codes and fixed parts grow from the front
//! of the block, strings from its end downwards, so that the two kinds of room are one; a list that grows at its head also gets
//! room behind the strings. Where a string lies follows from the codes before it, which are added up eight at a time;
//! so a string costs one byte beside its own, and the rows can be walked from both ends. A leaf
//! with a string of more than 127 bytes has codes of two bytes; one of more than the kind's limit is a [`Buffer`], found
//! by the number of such codes before it.
//!
//! **Size.** A block is one allocation, counted, and as large as a size class of the allocator: it goes to the next one when it
//! is full, so that little of it is free on average (a tree of fixed blocks would be two thirds full). How large a full one is, is the kind's
//! business.
//!
//! **Compressed** a block of some kinds holds the same rows in another form, which is not read where it lies: see `compressed.rs`.
//!
//! It does not know what the fixed bytes mean, nor in what order the rows are.

mod compressed;

use crate::base::alloc::size_class;
use crate::base::buffer::{Buffer, Text};
use crate::base::prefetch::prefetch;
use crate::store::tree::{Leaf, Share, Tree};
use std::marker::PhantomData;
use std::ops::Range;
use triomphe::{Arc, HeaderSlice};

/// What a kind of rows is.
pub trait Kind: Sized {
    /// Stands for a row in the nodes above.
    type Mark: Copy + Default + PartialEq + std::fmt::Debug;
    /// Fixed bytes of a row.
    const FIXED: usize;
    /// What a full leaf weighs: about its bytes, without the head.
    const FULL: usize;
    /// The longest string that lies in the leaf.
    const INLINE_MAX: usize;
    /// The room of a leaf that is begun at one end of the tree.
    const FIRST_ROOM: usize = Self::FULL;
    /// Whether buffers count as memory of these rows, or of others that hold them, too.
    const OWNS_BUFFERS: bool = true;
    /// Whether there are compressed leaves.
    const COMPRESSES: bool = false;

    /// The mark of the first row.
    fn mark(rows: &Rows<Self>) -> Self::Mark;
}

/// A string on its way into a leaf.
pub enum New<'a> {
    /// At most `INLINE_MAX` bytes.
    Bytes(&'a [u8]),
    /// The shortest little-endian bytes of an integer in two's complement, from 1 to 8.
    Int(&'a [u8]),
    /// Anything longer.
    Big(Buffer),
}

/// The count and the head of a block.
pub const HEAD: usize = size_of::<usize>() + size_of::<Head>();
const _: () = assert!(HEAD == 24);

/// What a block without buffers takes when it is full: a size class.
pub const BLOCK: usize = 1024;
/// The bytes of a full block that are for rows.
pub const ROOM: usize = BLOCK - HEAD;

/// What a buffer weighs, so that no leaf has very many: a copy raises each count.
const BIG_WEIGHT: usize = 16;

/// A row that makes a full leaf of short codes one of long codes may need that much.
static ZEROS: [u8; 12 * 1024] = [0; 12 * 1024];

/// Shorter strings are moved for each row that comes before them.
const MOVED_MAX: usize = 128;

/// In a long code; a short one has the same bits in its one byte.
const NO_TEXT: u16 = 0x8000;
const BIG: u16 = 0x8000;

#[derive(Clone, Default)]
struct Head {
    bigs: Option<Box<Bigs>>,
    /// The number of rows.
    len: u16,
    /// Where the strings begin.
    low: u16,
    /// Where the strings end.
    top: u16,
    /// Whether codes have two bytes.
    is_wide: bool,
    form: Form,
}

/// What a block holds: see `compressed.rs`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Plain,
    Compressed,
    /// Plain, and compression has saved nothing: it is not tried again before a change.
    Rigid,
}

/// The buffers, in the order of the rows.
#[derive(Clone, Default)]
struct Bigs {
    list: Vec<Buffer>,
    /// What they allocate.
    bytes: usize,
}

/// A leaf. Clones share the block.
pub struct Rows<K: Kind> {
    block: Arc<HeaderSlice<Head, [u8]>>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Clone for Rows<K> {
    fn clone(&self) -> Rows<K> {
        Rows { block: self.block.clone(), kind: PhantomData }
    }
}

/// The room of a block that has at least so much of it.
fn room_for(used: usize) -> usize {
    size_class(HEAD + used) - HEAD
}

/// Adds up the lengths that are in codes.
#[inline]
fn lengths(codes: &[u8], is_wide: bool) -> usize {
    if is_wide {
        codes.chunks_exact(2).map(|c| usize::from(u16::from_le_bytes([c[0], c[1]]) & 0x7fff)).sum()
    } else {
        // A block has less than 64 KB, so that 16 bits will do, and the compiler can add eight at a time.
        usize::from(codes.iter().fold(0_u16, |sum, c| sum.wrapping_add(u16::from(c & 0x7f))))
    }
}

/// What a row needs in codes and strings.
struct Need<'a> {
    code: u16,
    text: &'a [u8],
}

impl New<'_> {
    fn need(&self) -> Need<'_> {
        match self {
            New::Bytes(text) => Need { code: text.len() as u16, text },
            New::Int(text) => Need { code: NO_TEXT | text.len() as u16, text },
            New::Big(_) => Need { code: BIG, text: &[] },
        }
    }
}

impl<K: Kind> Rows<K> {
    /// No rows, in a block with that much room.
    pub fn new(room: usize) -> Rows<K> {
        Self::with_codes(room, false)
    }

    fn with_codes(room: usize, is_wide: bool) -> Rows<K> {
        let room = room_for(room);
        let head = Head { low: room as u16, top: room as u16, is_wide, ..Head::default() };
        Rows { block: Arc::from_header_and_slice(head, &ZEROS[..room]), kind: PhantomData }
    }

    /// One row, and room for more.
    pub fn with(fixed: &[u8], new: New) -> Rows<K> {
        let mut rows = Rows::new(K::FIRST_ROOM);
        rows.insert(0, fixed, new);
        rows
    }

    fn head(&self) -> &Head {
        &self.block.header
    }

    fn code_bytes(&self) -> usize {
        1 + usize::from(self.head().is_wide)
    }

    /// The bytes of fixed parts and codes.
    fn front(&self) -> usize {
        self.len() * (K::FIXED + self.code_bytes())
    }

    /// The bytes of strings.
    fn strings(&self) -> usize {
        usize::from(self.head().top - self.head().low)
    }

    fn codes(&self, rows: Range<usize>) -> &[u8] {
        let (start, width) = (self.len() * K::FIXED, self.code_bytes());
        &self.block.slice[start + rows.start * width..start + rows.end * width]
    }

    #[inline]
    fn code(&self, row: usize) -> u16 {
        let at = self.len() * K::FIXED;
        let bytes = &self.block.slice;
        if self.head().is_wide {
            u16::from_le_bytes([bytes[at + 2 * row], bytes[at + 2 * row + 1]])
        } else {
            let code = u16::from(bytes[at + row]);
            (code & 0x7f) | ((code & 0x80) << 8)
        }
    }

    /// Where the string of a row ends; that of the row before begins there.
    #[inline]
    fn end(&self, row: usize) -> usize {
        // From the nearer side.
        let head = self.head();
        if row <= self.len() / 2 {
            usize::from(head.top) - lengths(self.codes(0..row), head.is_wide)
        } else {
            usize::from(head.low) + lengths(self.codes(row..self.len()), head.is_wide)
        }
    }

    /// The number of buffers in the rows before.
    fn bigs_before(&self, row: usize) -> usize {
        match self.head().bigs {
            Some(_) => (0..row).filter(|row| self.code(*row) == BIG).count(),
            None => 0,
        }
    }

    /// The fixed bytes of a row.
    #[inline]
    pub fn fixed(&self, row: usize) -> &[u8] {
        &self.fixed_all()[row * K::FIXED..(row + 1) * K::FIXED]
    }

    /// The fixed bytes of all rows.
    #[inline]
    pub fn fixed_all(&self) -> &[u8] {
        &self.block.slice[..self.len() * K::FIXED]
    }

    /// Whether a row's string is not empty.
    #[inline]
    pub fn has_text(&self, row: usize) -> bool {
        self.code(row) != 0
    }

    /// The string of a row.
    #[inline]
    pub fn text(&self, row: usize) -> Text<'_> {
        let code = self.code(row);
        if code == BIG {
            return Text::Shared(self.big(self.bigs_before(row)));
        }
        self.text_at(code, self.end(row))
    }

    #[inline(always)]
    fn text_at(&self, code: u16, end: usize) -> Text<'_> {
        let bytes = &self.block.slice[end - usize::from(code & 0x7fff)..end];
        if code & NO_TEXT == 0 { Text::Bytes(bytes) } else { Text::Int(integer(bytes)) }
    }

    fn big(&self, index: usize) -> &Buffer {
        &self.head().bigs.as_ref().expect("a code says so").list[index]
    }

    /// The string of a row of a kind that has no integers.
    #[inline]
    pub fn bytes_of(&self, row: usize) -> &[u8] {
        match self.text(row) {
            Text::Bytes(bytes) => bytes,
            Text::Shared(buffer) => buffer.bytes(),
            Text::Int(_) | Text::Pieces(_) => unreachable!("this kind has no integers"),
        }
    }

    /// Some rows, from both ends.
    #[inline]
    pub fn cells(&self, rows: Range<usize>) -> Cells<'_, K> {
        Cells {
            start: self.end(rows.start),
            end: self.end(rows.end),
            big: self.bigs_before(rows.start),
            big_end: self.bigs_before(rows.end),
            row: rows.start,
            row_end: rows.end,
            rows: self,
        }
    }

    // ---- Changes ----------------------------------------------------------------------------------------------------

    /// The block for changes, copied first if somebody shares it.
    #[inline]
    fn block_mut(&mut self) -> (&mut Head, &mut [u8]) {
        if !self.block.is_unique() {
            self.block = Arc::from_header_and_slice(self.block.header.clone(), &self.block.slice);
        }
        let block = Arc::get_mut(&mut self.block).expect("it is unique now");
        (&mut block.header, &mut block.slice)
    }

    /// Rows of one or two leaves, in a new block with that much room for more rows.
    fn compose(parts: [(&Rows<K>, Range<usize>); 2], more: usize, longest: u16) -> Rows<K> {
        let codes = || parts.iter().flat_map(|(rows, range)| range.clone().map(|row| rows.code(row)));
        let is_wide = longest > 127
            || parts.iter().any(|(rows, _)| rows.head().is_wide) && codes().any(|code| code & 0x7fff > 127);
        let width = 1 + usize::from(is_wide);
        let len = parts.iter().map(|(_, range)| range.len()).sum::<usize>();
        let strings = parts.iter().map(|(rows, range)| rows.end(range.start) - rows.end(range.end)).sum::<usize>();
        let mut new = Self::with_codes(len * (K::FIXED + width) + strings + more, is_wide);
        let (head, bytes) = new.block_mut();
        head.len = len as u16;
        let (mut fixed, mut code, mut top) = (0, len * K::FIXED, usize::from(head.top));
        for (rows, range) in &parts {
            let from = &rows.fixed_all()[range.start * K::FIXED..range.end * K::FIXED];
            bytes[fixed..fixed + from.len()].copy_from_slice(from);
            fixed += from.len();
            if rows.head().is_wide == is_wide {
                let from = rows.codes(range.clone());
                bytes[code..code + from.len()].copy_from_slice(from);
                code += from.len();
            } else {
                for row in range.clone() {
                    put_code(&mut bytes[code..code + width], rows.code(row));
                    code += width;
                }
            }
            let from = &rows.block.slice[rows.end(range.end)..rows.end(range.start)];
            bytes[top - from.len()..top].copy_from_slice(from);
            top -= from.len();
            if rows.head().bigs.is_some() {
                for index in rows.bigs_before(range.start)..rows.bigs_before(range.end) {
                    head.add_big(usize::MAX, rows.big(index).clone());
                }
            }
        }
        head.low = top as u16;
        new
    }

    /// Inserts a row.
    #[inline]
    pub fn insert(&mut self, row: usize, fixed: &[u8], new: New) {
        debug_assert!(fixed.len() == K::FIXED && row <= self.len());
        let Need { code, text } = new.need();
        let is_longer = text.len() > 127 && !self.head().is_wide;
        let free = self.block.slice.len() - self.front() - self.strings();
        if is_longer || free < K::FIXED + self.code_bytes() + text.len() {
            self.enlarge(text.len());
        }
        let (end, big) = (self.end(row), self.bigs_before(row));
        let (len, width) = (self.len(), self.code_bytes());
        let (head, bytes) = self.block_mut();
        let front = (len + 1) * (K::FIXED + width);
        let at = head.open(bytes, row, front, end, text.len());
        bytes[at..at + text.len()].copy_from_slice(text);

        // Codes behind the row go furthest, then those before it, then the fixed parts behind it.
        let codes = len * K::FIXED;
        bytes.copy_within(codes + row * width..codes + len * width, codes + K::FIXED + (row + 1) * width);
        if K::FIXED > 0 {
            bytes.copy_within(codes..codes + row * width, codes + K::FIXED);
            bytes.copy_within(row * K::FIXED..codes, (row + 1) * K::FIXED);
            bytes[row * K::FIXED..(row + 1) * K::FIXED].copy_from_slice(fixed);
        }
        let code_at = codes + K::FIXED + row * width;
        put_code(&mut bytes[code_at..code_at + width], code);
        head.len += 1;
        if let New::Big(buffer) = new {
            head.add_big(big, buffer);
        }
    }

    /// A block with room for another row, with long codes if they are needed.
    #[cold]
    #[inline(never)]
    fn enlarge(&mut self, text: usize) {
        let none = (&*self, 0..0);
        *self = Self::compose([(self, 0..self.len()), none], K::FIXED + 2 + text, text as u16);
    }

    /// Inserts a row if the leaf is not too full for it; else the string is handed back.
    #[inline]
    pub fn try_insert<'a>(&mut self, row: usize, fixed: &[u8], new: New<'a>) -> Result<(), New<'a>> {
        let text = new.need().text.len();
        let longer_codes = if text > 127 && !self.head().is_wide { self.len() + 1 } else { 0 };
        let big = if let New::Big(_) = new { BIG_WEIGHT } else { 0 };
        let more = K::FIXED + self.code_bytes() + text + big + longer_codes;
        if self.weight() + more > K::FULL && !self.is_empty() {
            return Err(new);
        }
        self.insert(row, fixed, new);
        Ok(())
    }

    /// Takes a row out.
    #[inline]
    pub fn remove(&mut self, row: usize) {
        let (code, end, big) = (self.code(row), self.end(row), self.bigs_before(row));
        let (len, width) = (self.len(), self.code_bytes());
        let text = usize::from(code & 0x7fff);
        let (head, bytes) = self.block_mut();
        head.close(bytes, end, text);
        let codes = len * K::FIXED;
        if K::FIXED > 0 {
            bytes.copy_within((row + 1) * K::FIXED..codes, row * K::FIXED);
            bytes.copy_within(codes..codes + row * width, codes - K::FIXED);
        }
        bytes.copy_within(codes + (row + 1) * width..codes + len * width, codes - K::FIXED + row * width);
        head.len -= 1;
        if code == BIG {
            head.remove_big(big);
        }
    }

    /// Gives memory back if much of the block is free.
    #[inline]
    pub fn shrink(&mut self) {
        let free = self.block.slice.len() - self.front() - self.strings();
        if free > self.block.slice.len() / 4 + 64 {
            self.shrink_some();
        }
    }

    #[inline(never)]
    fn shrink_some(&mut self) {
        *self = Self::compose([(self, 0..self.len()), (self, 0..0)], 0, 0);
    }

    /// Replaces the string of a row.
    pub fn set_text(&mut self, row: usize, new: New) {
        let mut fixed = [0; 32];
        fixed[..K::FIXED].copy_from_slice(self.fixed(row));
        self.remove(row);
        self.insert(row, &fixed[..K::FIXED], new);
    }

    /// Replaces the fixed bytes of a row.
    #[inline]
    pub fn set_fixed(&mut self, row: usize, fixed: &[u8]) {
        let (_, bytes) = self.block_mut();
        bytes[row * K::FIXED..(row + 1) * K::FIXED].copy_from_slice(fixed);
    }

    /// What a row weighs.
    fn row_weight(&self, row: usize) -> usize {
        let code = self.code(row);
        let big = if code == BIG { BIG_WEIGHT } else { 0 };
        K::FIXED + self.code_bytes() + usize::from(code & 0x7fff) + big
    }
}

#[inline]
fn put_code(place: &mut [u8], code: u16) {
    if let [low, high] = place {
        [*low, *high] = code.to_le_bytes();
    } else {
        place[0] = (code & 0x7f) as u8 | (code >> 8 & 0x80) as u8;
    }
}

/// An integer of 1 to 8 little-endian bytes.
#[inline]
fn integer(bytes: &[u8]) -> i64 {
    let mut all = [if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 }; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(all)
}

/// The shortest bytes of an integer: how many of its little-endian ones.
#[inline]
pub fn integer_len(value: i64) -> usize {
    // One bit more than the value needs, for its sign.
    let bits = 65 - (value ^ (value >> 63)).leading_zeros() as usize;
    bits.div_ceil(8)
}

impl Head {
    /// Makes room for the string of a row, which is to end at `end`, `front` bytes being taken then. Answers where it begins.
    #[inline]
    fn open(&mut self, bytes: &mut [u8], row: usize, front: usize, end: usize, text: usize) -> usize {
        let (low, top) = (usize::from(self.low), usize::from(self.top));
        let is_above = top + text <= bytes.len() && low >= front;
        // Who adds at the head would move all strings each time: they are moved once instead, so that there is room behind them.
        let is_below = low >= front + text && (row > 0 || top - low < MOVED_MAX);
        if is_above && (!is_below || top - end < end - low) {
            bytes.copy_within(end..top, end + text);
            self.top += text as u16;
            end
        } else if is_below {
            bytes.copy_within(low..end, low - text);
            self.low -= text as u16;
            end - text
        } else {
            let end = end + self.respace(bytes, row, front, text) - top;
            self.open(bytes, row, front, end, text)
        }
    }

    /// Moves the strings, since neither end has the room that both have together. Answers where they end.
    #[cold]
    #[inline(never)]
    fn respace(&mut self, bytes: &mut [u8], row: usize, front: usize, text: usize) -> usize {
        let strings = usize::from(self.top - self.low);
        let free = bytes.len() - front - strings - text;
        // Who adds at the head needs room behind the strings and, in the middle, for codes; others in the middle only.
        let behind = if row == 0 { text + free - free.div_ceil(text + 1) } else { 0 };
        let top = bytes.len() - behind;
        bytes.copy_within(usize::from(self.low)..usize::from(self.top), top - strings);
        (self.low, self.top) = ((top - strings) as u16, top as u16);
        top
    }

    /// Closes the gap that a string leaves.
    #[inline]
    fn close(&mut self, bytes: &mut [u8], end: usize, text: usize) {
        let (low, top) = (usize::from(self.low), usize::from(self.top));
        if top - end < end - text - low {
            bytes.copy_within(end..top, end - text);
            self.top -= text as u16;
        } else {
            bytes.copy_within(low..end - text, low + text);
            self.low += text as u16;
        }
    }

    fn add_big(&mut self, index: usize, buffer: Buffer) {
        let bigs = self.bigs.get_or_insert_default();
        bigs.bytes += buffer.allocated();
        bigs.list.insert(index.min(bigs.list.len()), buffer);
    }

    fn remove_big(&mut self, index: usize) {
        let bigs = self.bigs.as_mut().expect("a code says so");
        let buffer = bigs.list.remove(index);
        bigs.bytes -= buffer.allocated();
        if bigs.list.is_empty() {
            self.bigs = None;
        }
    }
}

impl<K: Kind> Leaf for Rows<K> {
    type Mark = K::Mark;
    const FULL: usize = K::FULL;

    #[inline]
    fn len(&self) -> usize {
        usize::from(self.head().len)
    }

    #[inline]
    fn mark(&self) -> K::Mark {
        K::mark(self)
    }

    #[inline]
    fn bytes(&self) -> usize {
        let bigs = self.head().bigs.as_ref().map_or(0, |bigs| {
            let buffers = if K::OWNS_BUFFERS { bigs.bytes } else { 0 };
            size_of::<Bigs>() + bigs.list.capacity() * size_of::<Buffer>() + buffers
        });
        HEAD + self.block.slice.len() + bigs
    }

    #[inline]
    fn weight(&self) -> usize {
        self.front() + self.strings() + self.head().bigs.as_ref().map_or(0, |bigs| bigs.list.len() * BIG_WEIGHT)
    }

    fn split(&mut self, share: Share) -> Rows<K> {
        self.decompress();
        let len = self.len();
        let total = self.weight();
        let (mut at, mut left) = (0, 0);
        let goal = match share {
            Share::Even => total / 2,
            Share::First => total.saturating_sub(K::FULL),
            Share::Last => K::FULL,
        };
        while at < len && left + self.row_weight(at) <= goal {
            left += self.row_weight(at);
            at += 1;
        }
        // One more on the left if the larger part becomes smaller by it, or, at the front, if the right one would be too full.
        if at < len {
            let with = left + self.row_weight(at);
            let is_better = match share {
                Share::Even => with < total - left,
                Share::First => left < goal,
                Share::Last => false,
            };
            at += usize::from(is_better);
        }
        let at = at.clamp(1, len - 1);
        let right = Self::compose([(self, at..len), (self, 0..0)], 0, 0);
        *self = Self::compose([(self, 0..at), (self, 0..0)], 0, 0);
        right
    }

    fn split_off(&mut self, at: usize) -> Rows<K> {
        self.decompress();
        let right = Self::compose([(self, at..self.len()), (self, 0..0)], 0, 0);
        *self = Self::compose([(self, 0..at), (self, 0..0)], 0, 0);
        right
    }

    fn append(&mut self, mut next: Rows<K>) {
        self.decompress();
        next.decompress();
        *self = Self::compose([(self, 0..self.len()), (&next, 0..next.len())], 0, 0);
    }

    #[inline]
    fn prefetch_count(&self) {
        prefetch(Arc::as_ptr(&self.block).cast::<u8>());
    }

    #[inline]
    fn prefetch_all(&self) {
        let place = Arc::as_ptr(&self.block).cast::<u8>();
        for line in (0..HEAD + self.block.slice.len()).step_by(64) {
            prefetch(place.wrapping_add(line));
        }
    }
}

/// A tree that is filled from its beginning, a leaf at a time.
pub struct Appender<K: Kind> {
    tree: Tree<Rows<K>>,
    /// Not yet in the tree.
    leaf: Rows<K>,
    full: usize,
}

impl<K: Kind> Appender<K> {
    /// Leaves become as full as they may.
    pub fn new() -> Appender<K> {
        Appender::filling(K::FULL)
    }

    /// A leaf that weighs so much gets no more rows.
    pub fn filling(full: usize) -> Appender<K> {
        Appender { tree: Tree::new(), leaf: Rows::new(K::FIRST_ROOM), full }
    }

    /// Adds a row behind all others.
    #[inline]
    pub fn push(&mut self, fixed: &[u8], new: New) {
        let refused = if self.leaf.weight() >= self.full && !self.leaf.is_empty() {
            Some(new)
        } else {
            self.leaf.try_insert(self.leaf.len(), fixed, new).err()
        };
        if let Some(new) = refused {
            let full = std::mem::replace(&mut self.leaf, Rows::with(fixed, new));
            self.close(full);
        }
    }

    fn close(&mut self, mut leaf: Rows<K>) {
        if room_for(leaf.front() + leaf.strings()) < leaf.block.slice.len() {
            leaf.shrink_some();
        }
        self.tree.push_leaf(leaf);
    }

    /// All of it.
    pub fn finish(mut self) -> Tree<Rows<K>> {
        if !self.leaf.is_empty() {
            let last = std::mem::replace(&mut self.leaf, Rows::new(0));
            self.close(last);
        }
        self.tree
    }
}

impl<K: Kind> Default for Appender<K> {
    fn default() -> Appender<K> {
        Appender::new()
    }
}

/// Rows of a leaf, from both ends: fixed bytes and string.
pub struct Cells<'a, K: Kind> {
    rows: &'a Rows<K>,
    row: usize,
    row_end: usize,
    /// Where the strings of `row` and `row_end` end.
    start: usize,
    end: usize,
    /// The buffers before `row` and `row_end`.
    big: usize,
    big_end: usize,
}

impl<'a, K: Kind> Iterator for Cells<'a, K> {
    type Item = (&'a [u8], Text<'a>);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.row == self.row_end {
            return None;
        }
        let code = self.rows.code(self.row);
        let text = if code == BIG {
            self.big += 1;
            Text::Shared(self.rows.big(self.big - 1))
        } else {
            self.rows.text_at(code, self.start)
        };
        self.start -= usize::from(code & 0x7fff);
        self.row += 1;
        Some((self.rows.fixed(self.row - 1), text))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.row_end - self.row, Some(self.row_end - self.row))
    }
}

impl<K: Kind> DoubleEndedIterator for Cells<'_, K> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.row == self.row_end {
            return None;
        }
        self.row_end -= 1;
        let code = self.rows.code(self.row_end);
        self.end += usize::from(code & 0x7fff);
        let text = if code == BIG {
            self.big_end -= 1;
            Text::Shared(self.rows.big(self.big_end))
        } else {
            self.rows.text_at(code, self.end)
        };
        Some((self.rows.fixed(self.row_end), text))
    }
}

impl<K: Kind> ExactSizeIterator for Cells<'_, K> {}
