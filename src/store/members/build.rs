//! Many elements at once into pages: each is hashed once and lies once in a page that never grows or splits.
//!
//! ```text
//!     add: hash, field, value ──> parts, by the first 8 bits of the hash ──> sorted, a part at a time ──> pages, nodes
//! ```
//!
//! The pages are those that adding one by one would have ended with. One by one a million members take three times as long, since each finds its page
//! out of the cache and every page grows a few times and splits twice.

use super::node::{Child, NODE_BITS, Node, Slot};
use super::page::{
    BUFFERS_MAX, ELEMENTS_MAX, Filler, INLINE_MAX, NEVER, New, PAGE_ROOM, Page, Part, Path, deadline_size,
};
use super::{Deadline, Members};
use crate::base::buffer::{Buffer, Text};
use crate::store::hasher::{Hash, Hasher};
use crate::store::object::Twice;
use triomphe::Arc;

/// Parts by the first bits of the hash: one of a collection of a million fits into the cache.
const PART_BITS: u32 = 8;

/// So many bytes wait at most; then they are put into their pages, and what comes after that is added one by one, in the order of the hashes.
const WAITING_MAX: usize = 256 << 20;

/// No range is split here that has more of its hashes in common: the tags of its halves would need more than these have.
const BITS_MAX: u32 = 56;

/// An element whose bytes wait in its part.
#[derive(Clone, Copy)]
struct Waiting {
    hash: Hash,
    at: usize,
    field: u32,
    value: u32,
    deadline: i64,
}

impl Waiting {
    #[inline]
    fn deadline(&self) -> Option<i64> {
        (self.deadline != NEVER).then_some(self.deadline)
    }
}

#[derive(Default)]
struct Waitings {
    elements: Vec<Waiting>,
    bytes: Vec<u8>,
}

/// Elements on their way into an empty hash or set.
pub struct Builder {
    members: Box<Members>,
    parts: Vec<Waitings>,
    /// Bytes that wait.
    waiting: usize,
    waiting_max: usize,
}

impl Builder {
    /// Builds a set.
    pub fn set(hasher: Hasher) -> Builder {
        Builder::new(Members::set(hasher))
    }

    /// Builds a hash.
    pub fn map(hasher: Hasher) -> Builder {
        Builder::new(Members::map(hasher))
    }

    fn new(members: Members) -> Builder {
        let mut parts = Vec::new();
        parts.resize_with(1 << PART_BITS, Waitings::default);
        Builder { members: Box::new(members), parts, waiting: 0, waiting_max: WAITING_MAX }
    }

    #[cfg(test)]
    pub(super) fn waiting_at_most(members: Members, waiting_max: usize) -> Builder {
        Builder { waiting_max, ..Builder::new(members) }
    }

    /// Adds a member of a set. Whether it came before shows later.
    #[inline]
    pub fn add(&mut self, member: &[u8]) -> Result<(), Twice> {
        debug_assert!(!self.members.values, "a field needs a value");
        self.put(member, &[], None)
    }

    /// Adds a field of a hash with its value.
    #[inline]
    pub fn insert(&mut self, field: &[u8], value: Text, deadline: Option<i64>) -> Result<(), Twice> {
        debug_assert!(self.members.values, "a set has no values");
        value.with(|value| self.put(field, value, deadline))
    }

    #[inline]
    fn put(&mut self, field: &[u8], value: &[u8], deadline: Option<i64>) -> Result<(), Twice> {
        if field.len() + value.len() > WAITING_MAX {
            self.flush()?;
            return self.put_at_once(field, value, deadline);
        }
        let hash = self.members.hasher.hash(field);
        let part = &mut self.parts[(hash >> (64 - PART_BITS)) as usize];
        let [field_len, value_len] = [field, value].map(|bytes| bytes.len() as u32); // so few bytes wait
        let at = part.bytes.len();
        let deadline = deadline.unwrap_or(NEVER);
        part.elements.push(Waiting { hash, at, field: field_len, value: value_len, deadline });
        part.bytes.extend_from_slice(field);
        part.bytes.extend_from_slice(value);
        self.waiting += size_of::<Waiting>() + field.len() + value.len();
        if self.waiting > self.waiting_max { self.flush() } else { Ok(()) }
    }

    #[cold]
    fn put_at_once(&mut self, field: &[u8], value: &[u8], deadline: Option<i64>) -> Result<(), Twice> {
        let is_new = if self.members.values {
            let deadline = deadline.map_or(Deadline::Clear, Deadline::At);
            self.members.insert(field, Text::Bytes(value), deadline).is_none()
        } else {
            self.members.add(field)
        };
        if is_new { Ok(()) } else { Err(Twice) }
    }

    /// All of it.
    pub fn finish(mut self) -> Result<Box<Members>, Twice> {
        self.flush()?;
        Ok(self.members)
    }

    #[cold]
    fn flush(&mut self) -> Result<(), Twice> {
        self.waiting = 0;
        let mut parts = std::mem::take(&mut self.parts);
        self.parts.resize_with(1 << PART_BITS, Waitings::default);
        for part in &mut parts {
            part.elements.sort_unstable_by_key(|element| element.hash);
            if part.has_twice() {
                return Err(Twice);
            }
        }
        let mut one_by_one = Vec::new();
        if self.members.is_empty() {
            self.build(&parts, &mut one_by_one);
        } else {
            one_by_one.extend(parts.iter().flat_map(|part| &part.elements));
        }
        for element in one_by_one {
            let (field, value) = parts_of(&parts, &element);
            self.put_at_once(field, value, element.deadline())?;
        }
        Ok(())
    }

    /// Puts all that waits into pages, but for what has hashes that collide: that is left.
    fn build(&mut self, parts: &[Waitings], left: &mut Vec<Waiting>) {
        let elements: Vec<Waiting> = parts.iter().flat_map(|part| &part.elements).copied().collect();
        let mut pages = Pages { parts, values: self.members.values, len: 0, live: 0, volatile: 0, left };
        let root = match pages.page(&elements, 0) {
            Some(page) => Child::Page(page),
            None => pages.node(&elements, 0),
        };
        let Pages { len, live, volatile, .. } = pages;
        self.members.root = root;
        (self.members.len, self.members.live, self.members.volatile) = (len, live, volatile);
    }
}

impl Waitings {
    fn has_twice(&self) -> bool {
        let field = |element: &Waiting| &self.bytes[element.at..element.at + element.field as usize];
        let alike = self.elements.chunk_by(|a, b| a.hash == b.hash).filter(|alike| alike.len() > 1);
        alike.into_iter().any(|alike| {
            let mut fields: Vec<&[u8]> = alike.iter().map(field).collect();
            fields.sort_unstable();
            fields.windows(2).any(|two| two[0] == two[1])
        })
    }
}

/// What is too long for a page.
#[inline]
fn buffer_for(bytes: &[u8]) -> Option<Buffer> {
    (bytes.len() > INLINE_MAX).then(|| Buffer::new(bytes.to_vec()))
}

#[inline]
fn part<'a>(bytes: &'a [u8], buffer: Option<&'a Buffer>) -> Part<'a> {
    buffer.map_or(Part::Inline(bytes), Part::Big)
}

/// The field and the value of an element.
#[inline]
fn parts_of<'a>(parts: &'a [Waitings], element: &Waiting) -> (&'a [u8], &'a [u8]) {
    let bytes = &parts[(element.hash >> (64 - PART_BITS)) as usize].bytes[element.at..];
    bytes[..element.field as usize + element.value as usize].split_at(element.field as usize)
}

/// Pages in the making.
struct Pages<'a> {
    parts: &'a [Waitings],
    values: bool,
    len: usize,
    live: usize,
    volatile: usize,
    /// What must be added one by one.
    left: &'a mut Vec<Waiting>,
}

impl Pages<'_> {
    /// A page of elements whose hashes agree in their first `depth` bits, if one has room for them.
    fn page(&mut self, elements: &[Waiting], depth: u32) -> Option<Page> {
        if elements.len() > ELEMENTS_MAX {
            return None;
        }
        let (mut bytes, mut buffers, mut outside) = (0, 0, 0);
        let is_big = |len: u32| len as usize > INLINE_MAX;
        let size = |len: u32| if is_big(len) { 1 } else { len as usize };
        for e in elements {
            bytes += 3 + 1 + size(e.field) + deadline_size(e.deadline());
            bytes += if self.values { 1 + size(e.value) } else { 0 };
            buffers += usize::from(is_big(e.field)) + usize::from(is_big(e.value));
        }
        if bytes > PAGE_ROOM || buffers > BUFFERS_MAX {
            return None;
        }
        let mut page = Page::with_room(depth, self.values, bytes);
        let mut filler = Filler::new(&mut page);
        for e in elements {
            let (field, value) = parts_of(self.parts, e);
            let [of_field, of_value] = [field, value].map(buffer_for);
            outside += [&of_field, &of_value].into_iter().flatten().map(Buffer::allocated).sum::<usize>();
            let value = self.values.then(|| part(value, of_value.as_ref()));
            let new = New { field: part(field, of_field.as_ref()), value, deadline: e.deadline() };
            self.volatile += usize::from(new.deadline.is_some());
            filler.push_new(Path { hash: e.hash, field }.tag(depth), new);
        }
        filler.finish();
        self.len += elements.len();
        self.live += page.bytes() + outside;
        Some(page)
    }

    /// A node for elements that no page has room for; their hashes agree in their first `depth` bits.
    fn node(&mut self, elements: &[Waiting], depth: u32) -> Child {
        let mut made = Made { starts: 0, slots: Vec::new(), earliest: Vec::new() };
        self.halves(elements, depth, (0, 64), &mut made);
        let node = Node::of(made.starts, made.slots, made.earliest);
        self.live += node.bytes();
        Child::Node(Arc::new(node))
    }

    /// Children for a run of a node's values.
    fn run(&mut self, elements: &[Waiting], depth: u32, run: (u32, u32), made: &mut Made) {
        let (start, len) = run;
        let bits = depth + NODE_BITS - len.trailing_zeros();
        let before = self.len;
        let (child, earliest) = if let Some(page) = self.page(elements, bits) {
            let earliest = page.earliest();
            (Child::Page(page), earliest)
        } else if bits >= BITS_MAX {
            // As many as one page has room for, so that it splits when the others come.
            let mut some = elements.len().min(ELEMENTS_MAX);
            let page = loop {
                match self.page(&elements[..some], bits) {
                    Some(page) => break page,
                    None => some /= 2,
                }
            };
            self.left.extend_from_slice(&elements[some..]);
            let earliest = page.earliest();
            (Child::Page(page), earliest)
        } else if len == 1 {
            let child = self.node(elements, bits);
            let Child::Node(node) = &child else { unreachable!("it was just made") };
            let earliest = node.earliest();
            (child, earliest)
        } else {
            return self.halves(elements, depth, run, made);
        };
        made.starts |= 1 << start;
        made.slots.push(Slot { child, elements: self.len - before });
        made.earliest.push(earliest);
    }

    /// Children for both halves of a run of a node's values.
    fn halves(&mut self, elements: &[Waiting], depth: u32, (start, len): (u32, u32), made: &mut Made) {
        let half = len / 2;
        let bit = 1 << (63 - (depth + NODE_BITS - len.trailing_zeros()));
        let (low, high) = elements.split_at(elements.partition_point(|element| element.hash & bit == 0));
        self.run(low, depth, (start, half), made);
        self.run(high, depth, (start + half, half), made);
    }
}

/// A node in the making.
struct Made {
    starts: u64,
    slots: Vec<Slot>,
    earliest: Vec<i64>,
}
