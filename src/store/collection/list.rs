//! A list as commands see it: packed while it is small, else a chain of leaves.
//!
//! A list that fits into [`PACKED_MAX`] bytes, or [`FEW_MAX`] if there are few elements, is a packed block. That is less than what Redis calls
//! a listpack (8 KB as a rule): a block is walked from its head, and moved as a whole. So the name that OBJECT ENCODING gives is kept apart
//! from the form: [`Big::is_quicklist`] changes just where Redis converts, by the bytes that a listpack of these elements would take.

use crate::base::buffer::Text;
use crate::base::number::parse_i64;
use crate::store::entry::Value;
use crate::store::list::{Direction, List as Chain, Needle};
use crate::store::object::{Collection, Limits, Loose, Object, View, WrongType};
use crate::store::packed::{self, HEADER, Kind};
use std::ops::Range;

/// Bytes of a packed list of many elements. In a chain, a short one would take some 150 bytes more.
const PACKED_MAX: usize = 2048;

/// Elements that are few, and bytes of a packed list of few: in a chain they would leave much of the last leaf free, and have a node above.
const FEW: usize = 128;
const FEW_MAX: usize = 8192;

/// Whether a block of so many bytes and elements may take some more, and would not be what Redis calls a quicklist then.
fn may_be_packed(block: usize, elements: usize, more: usize, more_bytes: usize, limits: &Limits) -> bool {
    // Beside its text an element takes one byte, two from 128 bytes on, and five if it is too long anyway.
    let (count, bytes) = (elements + more, block + more_bytes + more + more_bytes / 128);
    // In a listpack it takes two more, five from 4096 bytes on.
    let listpack = LISTPACK_FRAME + bytes + 2 * count + 3 * (bytes / 4096);
    bytes <= if count <= FEW { FEW_MAX } else { PACKED_MAX } && !exceeds(limits.list_size, listpack, count, false)
}

/// A big list.
#[derive(Clone, Default)]
pub struct Big {
    chain: Chain,
    /// What the elements would take in a listpack, without its frame.
    listpack: usize,
    /// Whether Redis would have converted it.
    is_quicklist: bool,
    /// The leaves at each end that stay plain while those between are compressed; 0: all are plain. As in Redis a list keeps what
    /// was configured when it became a quicklist, and so does its copy.
    depth: u16,
    /// And the limit of a node (`list-max-listpack-size`), to be shown.
    size: i32,
}

const _: () = assert!(size_of::<Big>() == 48, "a size class");

impl Big {
    /// The number of elements.
    #[allow(clippy::len_without_is_empty)] // there is always one
    pub fn len(&self) -> usize {
        self.chain.len()
    }

    /// The live bytes of all its nodes.
    pub fn bytes(&self) -> usize {
        self.chain.bytes() + size_of::<Big>()
    }

    /// The name of the form that Redis would have it in.
    pub fn encoding_name(&self) -> &'static str {
        if self.is_quicklist { "quicklist" } else { "listpack" }
    }

    /// Brings the listpack's length up to date after parts were cut off. Few elements are counted, on whichever side there are few;
    /// else the mean serves: it only matters for short lists, where nothing is estimated.
    fn measure_after_cut(&mut self, head: &Chain, tail: &Chain) {
        const FEW: usize = 4096;
        let (left, cut) = (self.chain.len(), head.len() + tail.len());
        if cut <= FEW {
            self.listpack = self.listpack.saturating_sub(listpack_of(head) + listpack_of(tail));
        } else if left <= FEW {
            self.listpack = listpack_of(&self.chain);
        } else {
            self.listpack = (self.listpack as u128 * left as u128 / (left + cut) as u128) as usize;
        }
    }

    /// Visits its elements in order.
    pub fn each(&self, visit: impl FnMut(Text)) {
        self.chain.each(0..self.len(), visit);
    }

    /// The number of elements in the leaf at an end, for [`Big::settle_end`].
    #[inline]
    fn len_at(&self, side: Side) -> usize {
        if self.depth == 0 { 0 } else { self.chain.len_at(side.direction()) }
    }

    /// After a push or a pop: if the leaf at that end is not the same any more, with so many elements, another is compressed or opened.
    #[inline]
    fn settle_end(&mut self, side: Side, expected: usize) {
        if self.depth > 0 && self.chain.len_at(side.direction()) != expected {
            self.chain.settle_end(self.depth.into(), side.direction());
        }
    }

    /// What Redis tells of its nodes, for ours.
    pub fn nodes(&self) -> Nodes {
        let leaves = self.chain.leaves();
        let bytes = self.listpack + leaves * LISTPACK_FRAME;
        Nodes { leaves, bytes, size: self.size, is_compressed: self.depth > 0 }
    }

    /// Redis would convert it to a quicklist now: it goes by today's configuration from here on.
    #[cold]
    fn become_quicklist(&mut self, limits: &Limits) {
        self.is_quicklist = true;
        self.size = limits.list_size;
        self.depth = limits.list_depth;
        // A listpack has 64 KB at most.
        self.chain.settle_all(self.depth.into());
    }
}

/// What DEBUG OBJECT tells of a quicklist.
pub struct Nodes {
    /// Their number.
    pub leaves: usize,
    /// The bytes of listpacks with these elements.
    pub bytes: usize,
    /// The limit of each, as `list-max-listpack-size` has it.
    pub size: i32,
    /// Whether inner ones are compressed.
    pub is_compressed: bool,
}

/// A list, owned for an edit.
pub enum List {
    /// A block.
    Packed(Vec<u8>),
    /// A chain.
    Big(Box<Big>),
}

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The head.
    Left,
    /// The tail.
    Right,
}

impl Side {
    /// The direction in which a list is read from there.
    fn direction(self) -> Direction {
        if self == Side::Left { Direction::Forward } else { Direction::Backward }
    }
}

impl Collection for List {
    fn create(mut block: Vec<u8>) -> List {
        packed::begin(&mut block, Kind::List);
        List::Packed(block)
    }

    fn open(value: Loose) -> Result<List, Loose> {
        match value {
            Loose::Packed(block) if Kind::of(&block) == Kind::List => Ok(List::Packed(block)),
            Loose::Object(Object::List(big)) => Ok(List::Big(big)),
            other => Err(other),
        }
    }

    fn close(self) -> Loose {
        match self {
            List::Packed(block) => Loose::Packed(block),
            List::Big(big) => Loose::Object(Object::List(big)),
        }
    }

    fn is_empty(&self) -> bool {
        self.view().len() == 0
    }
}

/// The bytes that an element takes in a listpack, by the format's description: a head of 1 to 9 bytes, the bytes of a string, and the length of both
/// once more.
fn listpack_len(element: Text) -> usize {
    let of_int = |n: i64| match n {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    };
    let of_bytes = |bytes: &[u8]| match bytes.len() {
        len @ 0..64 => 1 + len,
        len @ 64..4096 => 2 + len,
        len => 5 + len,
    };
    let head = match element {
        Text::Int(n) => of_int(n),
        Text::Bytes(bytes) => match if bytes.len() <= 20 { parse_i64(bytes) } else { None } {
            Some(n) => of_int(n),
            None => of_bytes(bytes),
        },
        Text::Shared(buffer) => of_bytes(buffer.bytes()),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
    };
    head + match head {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

/// The bytes that all elements take in one.
fn listpack_of(chain: &Chain) -> usize {
    let mut sum = 0;
    chain.each(0..chain.len(), |element| sum += listpack_len(element));
    sum
}

/// The bytes around a listpack's elements.
const LISTPACK_FRAME: usize = 7;

/// Whether a listpack of so many bytes and elements is more than `size` (`list-max-listpack-size`) allows; `half`: more than half of that.
fn exceeds(size: i32, bytes: usize, count: usize, half: bool) -> bool {
    let part = if half { 2 } else { 1 };
    match size {
        // A limit of elements goes with one of 8 KB.
        0.. => count > size.max(1) as usize / part || (!half && bytes > 8192),
        -1 => bytes > 4096 / part,
        -2 => bytes > 8192 / part,
        -3 => bytes > 16384 / part,
        -4 => bytes > 32768 / part,
        _ => bytes > 65536 / part,
    }
}

impl List {
    /// The list for reading.
    pub fn view(&self) -> ListView<'_> {
        match self {
            List::Packed(block) => ListView::Packed(block),
            List::Big(big) => ListView::Big(big),
        }
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.view().len()
    }

    /// Makes room in the form that the list will need when elements of so many bytes are added.
    pub fn prepare(&mut self, count: usize, bytes: usize, limits: &Limits) {
        match self {
            List::Packed(block) => {
                if !may_be_packed(block.len(), packed::count(block), count, bytes, limits) {
                    self.make_big();
                    self.prepare(count, bytes, limits);
                }
            }
            List::Big(big) => {
                let total = LISTPACK_FRAME + big.listpack + bytes;
                if !big.is_quicklist && exceeds(limits.list_size, total, big.chain.len() + count, false) {
                    big.become_quicklist(limits);
                }
            }
        }
    }

    fn make_big(&mut self) {
        if let List::Packed(block) = self {
            let chain: Chain = packed::iter(block).collect();
            let listpack = packed::iter(block).map(listpack_len).sum();
            *self = List::Big(Box::new(Big { chain, listpack, ..Big::default() }));
        }
    }

    /// After elements went: whether Redis would turn it into a listpack again, and whether it is small enough for a block.
    pub fn shrunk(&mut self, limits: &Limits) {
        if let List::Big(big) = self {
            if big.is_quicklist && !exceeds(limits.list_size, LISTPACK_FRAME + big.listpack, big.chain.len(), true) {
                (big.is_quicklist, big.depth) = (false, 0);
            }
            // Well below the limit, or pushing and popping would convert back and forth.
            if !big.is_quicklist && big.listpack < PACKED_MAX / 4 {
                let mut block = Vec::with_capacity(PACKED_MAX);
                packed::begin(&mut block, Kind::List);
                big.each(|element| packed::encode_text(&mut block, element));
                packed::set_count(&mut block, big.chain.len());
                *self = List::Packed(block);
            }
        }
    }

    /// Adds an element at an end. [`List::prepare`] was called for it.
    pub fn push(&mut self, side: Side, element: Text) {
        match (self, side) {
            (List::Packed(block), Side::Right) => insert_packed(block, block.len(), element),
            (List::Packed(block), Side::Left) => insert_packed(block, HEADER, element),
            (List::Big(big), side) => {
                big.listpack += listpack_len(element);
                let before = big.len_at(side);
                match side {
                    Side::Left => big.chain.push_front(element),
                    Side::Right => big.chain.push_back(element),
                }
                big.settle_end(side, before + 1);
            }
        }
    }

    /// Takes an element off an end and looks at it.
    pub fn pop<R>(&mut self, side: Side, look: impl FnOnce(Text) -> R) -> Option<R> {
        match self {
            List::Packed(block) => {
                let (element, range) = ListView::Packed(block).packed_end(side)?;
                let result = look(element);
                packed::splice(block, range.start, range.end, &[]);
                let left = packed::count(block) - 1;
                packed::set_count(block, left);
                Some(result)
            }
            List::Big(big) => {
                let before = big.len_at(side);
                let Big { chain, listpack, .. } = &mut **big;
                let take = |element: Text| {
                    *listpack = listpack.saturating_sub(listpack_len(element));
                    look(element)
                };
                let result = match side {
                    Side::Left => chain.pop_front(take),
                    Side::Right => chain.pop_back(take),
                };
                big.settle_end(side, before.wrapping_sub(1));
                result
            }
        }
    }

    /// Replaces an element; false if there are not so many.
    pub fn set(&mut self, index: usize, element: Text, limits: &Limits) -> bool {
        if index >= self.count() {
            return false;
        }
        self.prepare(1, element.len(), limits);
        match self {
            List::Packed(block) => {
                let from = packed::offset_of(block, index);
                let to = packed::skip(block, from);
                packed::replace(block, from, to, |block| packed::encode_text(block, element));
            }
            List::Big(big) => {
                let old = big.chain.get(index, listpack_len).unwrap_or(0);
                big.listpack = (big.listpack + listpack_len(element)).saturating_sub(old);
                big.chain.set(index, element);
                big.chain.settle(big.depth.into(), index);
            }
        }
        self.shrunk(limits);
        true
    }

    /// Inserts an element before the one at an index, or behind all.
    pub fn insert(&mut self, index: usize, element: Text, limits: &Limits) {
        self.prepare(1, element.len(), limits);
        match self {
            List::Packed(block) => {
                let offset = packed::offset_of(block, index);
                insert_packed(block, offset, element);
            }
            List::Big(big) => {
                big.listpack += listpack_len(element);
                big.chain.insert(index, element);
                big.chain.settle(big.depth.into(), index);
            }
        }
    }

    /// Removes up to `at_most` elements that are `element`, from one end on. Says how many there were.
    pub fn remove_all(&mut self, element: &[u8], at_most: usize, direction: Direction, limits: &Limits) -> usize {
        let removed = match self {
            List::Packed(block) => {
                let needle = packed::Needle::new(element);
                let mut found: Vec<(usize, usize)> = Vec::new();
                let mut offset = HEADER;
                while let Some((at, end)) = packed::at(block, offset) {
                    if needle.is(at) {
                        found.push((offset, end));
                    }
                    offset = end;
                }
                let n = found.len().min(at_most);
                let chosen = match direction {
                    Direction::Forward => &found[..n],
                    Direction::Backward => &found[found.len() - n..],
                };
                for &(from, to) in chosen.iter().rev() {
                    packed::splice(block, from, to, &[]);
                }
                let left = packed::count(block) - n;
                packed::set_count(block, left);
                n
            }
            List::Big(big) => {
                let n = big.chain.remove_all(&Needle::new(element), at_most, direction, big.depth.into());
                big.listpack = big.listpack.saturating_sub(n * listpack_len(Text::Bytes(element)));
                n
            }
        };
        self.shrunk(limits);
        removed
    }

    /// Keeps only a range of elements. What is cut off is returned, for somebody to free.
    pub fn keep(&mut self, range: Range<usize>, limits: &Limits) -> [Option<Object>; 2] {
        let mut cut = [None, None];
        match self {
            List::Packed(block) => {
                let (from, to) = (packed::offset_of(block, range.start), packed::offset_of(block, range.end));
                block.truncate(to);
                packed::splice(block, HEADER, from, &[]);
                packed::set_count(block, range.len());
            }
            List::Big(big) => {
                let len = big.chain.len();
                let tail = big.chain.remove_range(range.end..len);
                let head = big.chain.remove_range(0..range.start);
                big.measure_after_cut(&head, &tail);
                big.chain.settle_end(big.depth.into(), Direction::Forward);
                big.chain.settle_end(big.depth.into(), Direction::Backward);
                for (place, part) in cut.iter_mut().zip([head, tail]) {
                    if !part.is_empty() {
                        *place = Some(Object::List(Box::new(Big { chain: part, ..Big::default() })));
                    }
                }
            }
        }
        self.shrunk(limits);
        cut
    }
}

fn insert_packed(block: &mut Vec<u8>, offset: usize, element: Text) {
    packed::replace(block, offset, offset, |block| packed::encode_text(block, element));
    let n = packed::count(block) + 1;
    packed::set_count(block, n);
}

/// A list for reading.
#[derive(Clone, Copy)]
pub enum ListView<'a> {
    /// A block.
    Packed(&'a [u8]),
    /// A chain.
    Big(&'a Big),
}

impl<'a> View<'a> for ListView<'a> {
    fn of(value: Value<'a>) -> Result<ListView<'a>, WrongType> {
        match value {
            Value::Packed(block) if Kind::of(block) == Kind::List => Ok(ListView::Packed(block)),
            Value::Object(Object::List(big)) => Ok(ListView::Big(big)),
            _ => Err(WrongType),
        }
    }
}

impl<'a> ListView<'a> {
    /// Where an element can be put at an end of a packed list, if it stays packed with it.
    #[inline]
    pub fn room_at(self, side: Side, element: Text, limits: &Limits) -> Option<usize> {
        let ListView::Packed(block) = self else { return None };
        let fits = may_be_packed(block.len(), packed::count(block), 1, element.len(), limits);
        fits.then_some(if side == Side::Left { HEADER } else { block.len() })
    }

    /// The element at an end of a packed list, and where it lies.
    #[inline]
    pub fn packed_end(self, side: Side) -> Option<(Text<'a>, Range<usize>)> {
        let ListView::Packed(block) = self else { return None };
        let offset = match side {
            Side::Left => HEADER,
            Side::Right => packed::offset_of(block, packed::count(block).checked_sub(1)?),
        };
        let (element, end) = packed::at(block, offset)?;
        Some((element, offset..end))
    }

    /// The number of elements.
    pub fn len(self) -> usize {
        match self {
            ListView::Packed(block) => packed::count(block),
            ListView::Big(big) => big.chain.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element at an index, for a look at it.
    pub fn get<R>(self, index: usize, look: impl FnOnce(Text) -> R) -> Option<R> {
        match self {
            ListView::Packed(block) => {
                packed::at(block, packed::offset_of(block, index)).map(|(element, _)| look(element))
            }
            ListView::Big(big) => big.chain.get(index, look),
        }
    }

    /// Visits the elements of a range in order.
    pub fn each(self, range: Range<usize>, visit: impl FnMut(Text)) {
        match self {
            ListView::Packed(block) => {
                let from = packed::offset_of(block, range.start);
                packed::Iter::from(block, from).take(range.len()).for_each(visit);
            }
            ListView::Big(big) => big.chain.each(range, visit),
        }
    }

    /// The same from the end of the range to its start.
    pub fn each_back(self, range: Range<usize>, visit: impl FnMut(Text)) {
        match self {
            ListView::Packed(block) => {
                let from = packed::offset_of(block, range.start);
                let elements: Vec<_> = packed::Iter::from(block, from).take(range.len()).collect();
                elements.into_iter().rev().for_each(visit);
            }
            ListView::Big(big) => big.chain.each_back(range, visit),
        }
    }

    /// Visits the indices of elements that are `element`, among the first `max_len` from an end on, until `visit` says that it has enough.
    pub fn matches(self, element: &[u8], direction: Direction, max_len: usize, mut visit: impl FnMut(usize) -> bool) {
        let len = self.len();
        let checked = max_len.min(len);
        match self {
            ListView::Packed(block) => {
                let needle = packed::Needle::new(element);
                let mut found = packed::iter(block).enumerate().filter(|(_, at)| needle.is(*at)).map(|(i, _)| i);
                match direction {
                    Direction::Forward => _ = found.take_while(|&i| i < checked).any(visit),
                    Direction::Backward => {
                        let all: Vec<usize> = found.by_ref().filter(|&i| i >= len - checked).collect();
                        _ = all.into_iter().rev().any(visit);
                    }
                }
            }
            ListView::Big(big) => {
                let needle = Needle::new(element);
                let is_forward = direction == Direction::Forward;
                let mut index = if is_forward { 0 } else { len };
                big.chain.walk(if is_forward { 0..checked } else { len - checked..len }, direction, |at| {
                    index = if is_forward { index + 1 } else { index - 1 };
                    !(needle.is(at) && visit(if is_forward { index - 1 } else { index }))
                });
            }
        }
    }
}
