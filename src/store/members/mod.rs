//! The big form of hashes and sets: pages of elements in the order of their hashes, copied in no time.
//!
//! ```text
//!     hash     | 6 bits: node | 6 bits: node | ... up to 6: page | 8 bits: tag | rest ...
//!
//!     root ──> node ──> node ──> page: tags, offsets and the bytes of some 50 elements
//! ```
//!
//! **Memory.** No small field, value or member is an allocation of its own: it lies in its page of a kilobyte (see
//! `page.rs`), so that copying a page is one copy of bytes, and freeing a million members some twenty thousand frees. Those over
//! some 128 bytes are counted buffers.
//!
//! **Sharing.** Cloning is raising one count. The next write copies the nodes on its way and one page, nothing else; what is
//! shared is found out from the root downwards.
//!
//! **Building.** Whoever has all elements at once puts them into their pages without any of them growing (see `build.rs`).
//!
//! **Growing.** A page takes the next size class, until it is at its largest and splits into the halves of its range of
//! hashes (see `node.rs` for what is above it). **Shrinking.** A removal lets its page shrink, or merge with its buddy; a node that
//! is down to one page gives way to it. No step moves more elements than two pages have.
//!
//! **Colliding hashes** lead to splits in which one half stays empty; 64 bits of a second hash follow when those of the
//! first are used up, so that the tree always ends. Nobody can choose such fields, since the hash has a secret key.
//!
//! **Deadlines** of fields lie with the elements; a node keeps the earliest below each child, so that what is due is
//! found without a look at the rest. Without deadlines there is nothing of it.
//!
//! **SCAN.** The cursor is the next position in the order of hashes. As pages only ever split and merge ranges, what is
//! there all the time is visited. Numbers are stored as the text that they came as.
//!
//! It knows no clock and no client. Buffers that go are returned, not freed (but for `expire`); dropping a big one as a whole is a helper's work.
//!
//! Measured (`tools/bench_members.rs`; a virtual machine, other work beside it), 12-byte members, in a hash with values of 12
//! bytes: 18.9 bytes a member, 34.2 a field; after removing half of them at random 22 and 40. A hit takes 32 ns in cache, at 1 M elements
//! 120-170 ns alone and 130-145 in a prefetched batch (most of it misses of the address cache: pages of memory of 2 MB save a
//! fifth); an insertion 130 ns in cache, 270-300 at 1 M. Cloning takes 0.1 µs; random writes after it, at 5 M elements: p50 0.7-1.0, p99 3-5 µs.

mod build;
mod node;
mod page;
mod walk;

#[cfg(test)]
mod tests;

use crate::base::buffer::{Buffer, Text};
use crate::base::prefetch::prefetch;
use crate::store::hasher::{Hash, Hasher};
use node::{Child, NODE_BITS, Node};
use page::{BUFFERS_MAX, ELEMENTS_MAX, INLINE_MAX, NEVER, New, PAGE_MAX, Page, Part, Path};
use triomphe::Arc;

pub use build::Builder;
pub use page::{Element, Old};
pub use walk::Iter;

/// What becomes of a field's deadline when it gets a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    /// It stays.
    Keep,
    /// The field is to stay for good.
    Clear,
    /// Unix milliseconds, below 2^48.
    At(i64),
}

impl Deadline {
    fn after(self, old: Option<i64>) -> Option<i64> {
        match self {
            Deadline::Keep => old,
            Deadline::Clear => None,
            Deadline::At(deadline) => Some(deadline),
        }
    }
}

/// The fields and values of a big hash, or the members of a big set.
#[derive(Clone)]
pub struct Members {
    root: Child,
    len: usize,
    /// Bytes of all nodes, pages and buffers.
    live: usize,
    /// Fields with a deadline.
    volatile: usize,
    hasher: Hasher,
    values: bool,
}

impl Members {
    /// An empty set.
    pub fn set(hasher: Hasher) -> Members {
        Members::new(hasher, false)
    }

    /// An empty hash.
    pub fn map(hasher: Hasher) -> Members {
        Members::new(hasher, true)
    }

    fn new(hasher: Hasher, values: bool) -> Members {
        let page = Page::new(0, values);
        Members { len: 0, live: page.bytes(), root: Child::Page(page), volatile: 0, hasher, values }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory of all that is reachable from here: nodes, pages, buffers.
    pub fn bytes(&self) -> usize {
        self.live + size_of::<Members>()
    }

    /// How many fields have a deadline.
    pub fn volatile(&self) -> usize {
        self.volatile
    }

    /// The hash of a field, for the prefetching functions.
    #[inline]
    pub fn hash(&self, field: &[u8]) -> Hash {
        self.hasher.hash(field)
    }

    #[inline(always)]
    fn path<'a>(&self, field: &'a [u8]) -> Path<'a> {
        Path { hash: self.hasher.hash(field), field }
    }

    #[inline(always)]
    fn page(&self, path: Path) -> &Page {
        let (mut child, mut depth) = (&self.root, 0);
        loop {
            match child {
                Child::Page(page) => return page,
                Child::Node(node) => {
                    child = &node.slots[node.index(path.bits(depth, NODE_BITS))].child;
                    depth += NODE_BITS;
                }
            }
        }
    }

    /// The field with its value and deadline.
    #[inline]
    pub fn get(&self, field: &[u8]) -> Option<Element<'_>> {
        let path = self.path(field);
        let page = self.page(path);
        Some(page.element(page.find(path).ok()?))
    }

    /// Whether the field or member is there.
    #[inline]
    pub fn contains(&self, field: &[u8]) -> bool {
        let path = self.path(field);
        self.page(path).find(path).is_ok()
    }

    /// Adds a member to a set. False if it was there.
    #[inline]
    pub fn add(&mut self, member: &[u8]) -> bool {
        debug_assert!(!self.values, "a field needs a value");
        self.put(member, None, Deadline::Clear).is_none()
    }

    /// Gives a field of a hash a value. Answers what the field had before, or none if it is new. A value of the same length is
    /// written over the old one.
    #[inline]
    pub fn insert(&mut self, field: &[u8], value: Text, deadline: Deadline) -> Option<Old> {
        debug_assert!(self.values, "a set has no values");
        let mut digits = itoa::Buffer::new();
        let made;
        let value = match value {
            Text::Int(int) => Part::Inline(digits.format(int).as_bytes()),
            Text::Bytes(bytes) if bytes.len() <= INLINE_MAX => Part::Inline(bytes),
            Text::Shared(buffer) if buffer.bytes().len() <= INLINE_MAX => Part::Inline(buffer.bytes()),
            Text::Shared(buffer) => Part::Big(buffer),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
            Text::Bytes(bytes) => {
                made = Buffer::new(bytes.to_vec());
                Part::Big(&made)
            }
        };
        self.put(field, Some(value), deadline)
    }

    fn put(&mut self, field: &[u8], value: Option<Part>, policy: Deadline) -> Option<Old> {
        let path = self.path(field);
        loop {
            let page = self.page(path);
            let (more, elements, buffers);
            match page.find(path) {
                Ok(index) => {
                    let element = page.element(index);
                    // A set's member has nothing that could change.
                    let Some(value) = value else { return Some(Old::default()) };
                    let deadline = policy.after(element.deadline());
                    more = element.growth(value, deadline);
                    (elements, buffers) = (0, usize::from(value.is_big()));
                    if page.has_room(more, elements, buffers) {
                        return Some(self.replace(path, index, value, deadline));
                    }
                }
                Err(index) => {
                    let made;
                    let part = if field.len() <= INLINE_MAX {
                        Part::Inline(field)
                    } else {
                        made = Buffer::new(field.to_vec());
                        Part::Big(&made)
                    };
                    let new = New { field: part, value, deadline: policy.after(None) };
                    (more, elements, buffers) = (new.size() as isize, 1, new.buffers());
                    if page.has_room(more, elements, buffers) {
                        self.insert_at(path, index, new);
                        return None;
                    }
                }
            }
            self.make_room(path, more, elements, buffers);
        }
    }

    #[inline(always)]
    fn insert_at(&mut self, path: Path, index: usize, new: New) {
        self.len += 1;
        self.volatile += usize::from(new.deadline.is_some());
        let parts = [Some(new.field), new.value].into_iter().flatten();
        let added = parts.map(|part| part.allocated()).sum::<usize>();
        let page = own_page(&mut self.root, &mut self.live, path, 1, new.deadline);
        let before = page.list_bytes();
        page.insert(index, path, new);
        self.live = self.live + added + page.list_bytes() - before;
    }

    fn replace(&mut self, path: Path, index: usize, value: Part, deadline: Option<i64>) -> Old {
        let page = own_page(&mut self.root, &mut self.live, path, 0, deadline);
        let before = page.list_bytes();
        let old = page.replace(index, value, deadline);
        self.live = self.live + value.allocated() + page.list_bytes() - before - old.allocated();
        let is_large = page.is_too_large();
        self.deadline_changed(path, old.deadline, deadline);
        if is_large {
            self.shrink(path);
        }
        old
    }

    /// Removes a field or member. Answers what it had, or none if it is not there.
    #[inline]
    pub fn remove(&mut self, field: &[u8]) -> Option<Old> {
        let path = self.path(field);
        let index = self.page(path).find(path).ok()?;
        self.len -= 1;
        let page = own_page(&mut self.root, &mut self.live, path, -1, None);
        let before = page.list_bytes();
        let old = page.remove(index);
        self.live = self.live + page.list_bytes() - before - old.allocated();
        let is_large = page.is_too_large();
        self.deadline_changed(path, old.deadline, None);
        if is_large {
            self.shrink(path);
        }
        Some(old)
    }

    // ---- Deadlines --------------------------------------------------------------------------------------------------

    /// Gives a field another deadline (Unix milliseconds, below 2^48), or none. Answers the old one, or none if there is no
    /// such field.
    pub fn set_deadline(&mut self, field: &[u8], deadline: Option<i64>) -> Option<Old> {
        debug_assert!(self.values, "members of a set do not expire");
        let path = self.path(field);
        loop {
            let page = self.page(path);
            let index = page.find(path).ok()?;
            let old = page.element(index).deadline();
            if old == deadline {
                return Some(Old { deadline: old, ..Old::default() });
            }
            let more = page::deadline_size(deadline) as isize - page::deadline_size(old) as isize;
            if page.has_room(more, 0, 0) {
                own_page(&mut self.root, &mut self.live, path, 0, deadline).set_deadline(index, deadline);
                self.deadline_changed(path, old, deadline);
                return Some(Old { deadline: old, ..Old::default() });
            }
            self.make_room(path, more, 0, 0);
        }
    }

    /// Keeps the numbers that deadlines have beside the elements. A new one went in on the way down.
    #[inline(always)]
    fn deadline_changed(&mut self, path: Path, old: Option<i64>, new: Option<i64>) {
        if old != new {
            self.volatile = self.volatile + usize::from(new.is_some()) - usize::from(old.is_some());
            if old.is_some() {
                refresh_earliest(&mut self.root, &mut self.live, path, 0);
            }
        }
    }

    /// The earliest deadline of all fields, Unix milliseconds.
    pub fn earliest(&self) -> Option<i64> {
        let earliest = match &self.root {
            Child::Page(page) => page.earliest(),
            Child::Node(node) => node.earliest(),
        };
        (earliest != NEVER).then_some(earliest)
    }

    /// Removes up to `max` fields whose deadline is not after `now`, and tells `removed` of each before it goes. Answers how many
    /// there were. It looks at nothing else. The order is that of the hashes, not of the deadlines. Buffers end here; who wants a helper to
    /// free a big one clones it in `removed`.
    pub fn expire(&mut self, now: i64, max: usize, removed: &mut dyn FnMut(Element)) -> usize {
        let mut left = max;
        while left > 0 && self.earliest().is_some_and(|earliest| earliest <= now) {
            left -= self.expire_page(now, left, removed);
        }
        max - left
    }

    /// Removes due fields of one page that has some.
    fn expire_page(&mut self, now: i64, max: usize, removed: &mut dyn FnMut(Element)) -> usize {
        let mut child = &self.root;
        let page = loop {
            match child {
                Child::Page(page) => break page,
                Child::Node(node) => child = &node.slots[node.first_due(now)].child,
            }
        };
        let mut due = [0; ELEMENTS_MAX];
        let mut found = 0;
        let mut first = Vec::new();
        for index in 0..page.len() {
            let element = page.element(index);
            if element.deadline().is_some_and(|deadline| deadline <= now) {
                if found == 0 {
                    first.extend_from_slice(element.field());
                }
                due[found] = index;
                found += 1;
                removed(element);
                if found == max.min(due.len()) {
                    break;
                }
            }
        }
        assert!(found > 0, "a page is as early as its nodes say");
        let path = self.path(&first);
        self.len -= found;
        self.volatile -= found;
        let page = own_page(&mut self.root, &mut self.live, path, -(found as isize), None);
        let before = page.list_bytes();
        let mut freed = 0;
        for index in due[..found].iter().rev() {
            freed += page.remove(*index).allocated();
        }
        self.live = self.live + page.list_bytes() - before - freed;
        refresh_earliest(&mut self.root, &mut self.live, path, 0);
        self.shrink(path);
        found
    }

    // ---- Growing and shrinking --------------------------------------------------------------------------------------

    /// Makes the page of a path larger, or splits it: once, which need not be enough.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, path: Path, more: isize, elements: usize, buffers: usize) {
        let (mut child, mut depth) = (&mut self.root, 0);
        loop {
            match child {
                Child::Page(page) => {
                    self.live -= page.bytes();
                    if let Some(larger) = page.grown(more, elements, buffers) {
                        self.live += larger.bytes();
                        *page = larger;
                    } else {
                        let [low, high] = page.split(&self.hasher);
                        self.live += low.bytes() + high.bytes();
                        let node = Node::new(low, high);
                        self.live += node.bytes();
                        *child = Child::Node(Arc::new(node));
                    }
                    return;
                }
                Child::Node(node) => {
                    let node = Arc::make_mut(node);
                    let value = path.bits(depth, NODE_BITS);
                    let index = node.index(value);
                    if node.run(value).len > 1
                        && let Child::Page(page) = &node.slots[index].child
                        && page.grown(more, elements, buffers).is_none()
                    {
                        let [low, high] = page.split(&self.hasher);
                        self.live = self.live + low.bytes() + high.bytes() - page.bytes();
                        self.live -= node.bytes();
                        node.split(value, low, high);
                        self.live += node.bytes();
                        return;
                    }
                    child = &mut node.slots[index].child;
                    depth += NODE_BITS;
                }
            }
        }
    }

    /// Makes the page of a path smaller, if it lost much.
    #[cold]
    #[inline(never)]
    fn shrink(&mut self, path: Path) {
        shrink(&mut self.root, &mut self.live, path, 0);
    }

    // ---- Hints ------------------------------------------------------------------------------------------------------

    /// The beginning of a way to a hash.
    #[inline]
    pub fn hint(&self, hash: Hash) -> Hint<'_> {
        Hint { hash, child: &self.root, depth: 0, bits: 0, elements: &self.len }
    }
}

/// How far memory has been asked for on the way to an element. A step asks for what the next one looks at, so that many ways
/// that are gone side by side wait once for all.
#[derive(Clone, Copy)]
pub struct Hint<'a> {
    hash: Hash,
    child: &'a Child,
    depth: u32,
    /// The bits of the hash, beyond those of the nodes, that all of the child have in common; and how many elements it has.
    bits: u32,
    elements: &'a usize,
}

impl Hint<'_> {
    /// Asks for the next place on the way, at last for the first lines of a page; false when that is done.
    #[inline]
    pub fn step(&mut self) -> bool {
        let path = Path { hash: self.hash, field: &[] };
        match self.child {
            Child::Page(page) => {
                let above = self.depth - NODE_BITS * u32::from(self.depth > 0);
                page.prefetch(path.bits(above + self.bits, 8), *self.elements);
                false
            }
            // Only colliding hashes come there, and their further bits are not known.
            Child::Node(_) if self.depth + 2 * 8 > 64 => false,
            Child::Node(node) => {
                let value = path.bits(self.depth, NODE_BITS);
                let slot = &node.slots[node.index(value)];
                prefetch(slot);
                (self.child, self.bits, self.elements) = (&slot.child, node.run(value).bits(), &slot.elements);
                self.depth += NODE_BITS;
                true
            }
        }
    }

    /// Asks for the elements that may be meant; the first lines of their page should be there.
    #[inline]
    pub fn finish(&self) {
        if let Child::Page(page) = self.child {
            page.prefetch_elements(self.hash);
        }
    }
}

/// The page of a path for changing: all that is shared on the way is copied. `change` is how many elements more it will
/// have, `deadline` one that it will have.
#[inline(always)]
fn own_page<'a>(
    root: &'a mut Child,
    live: &mut usize,
    path: Path,
    change: isize,
    deadline: Option<i64>,
) -> &'a mut Page {
    let (mut child, mut depth) = (root, 0);
    loop {
        match child {
            Child::Page(page) => {
                page.own();
                return page;
            }
            Child::Node(node) => {
                let node = Arc::make_mut(node);
                let index = node.index(path.bits(depth, NODE_BITS));
                if let Some(deadline) = deadline
                    && deadline < node.earliest_of(index)
                {
                    *live -= node.bytes();
                    node.set_earliest(index, deadline);
                    *live += node.bytes();
                }
                let slot = &mut node.slots[index];
                slot.elements = slot.elements.wrapping_add_signed(change);
                child = &mut slot.child;
                depth += NODE_BITS;
            }
        }
    }
}

/// Works out the earliest deadlines anew on a path that is not shared. Answers that of all of it.
fn refresh_earliest(child: &mut Child, live: &mut usize, path: Path, depth: u32) -> i64 {
    match child {
        Child::Page(page) => page.earliest(),
        Child::Node(node) => {
            let node = Arc::make_mut(node);
            let index = node.index(path.bits(depth, NODE_BITS));
            let earliest = refresh_earliest(&mut node.slots[index].child, live, path, depth + NODE_BITS);
            *live -= node.bytes();
            node.set_earliest(index, earliest);
            *live += node.bytes();
            node.earliest()
        }
    }
}

/// Makes the page of a path smaller, or merges it with its buddies.
fn shrink(child: &mut Child, live: &mut usize, path: Path, depth: u32) {
    match child {
        Child::Page(page) => {
            if page.is_loose() {
                *live -= page.bytes();
                *page = page.shrunk();
                *live += page.bytes();
            }
        }
        Child::Node(arc) => {
            let node = Arc::make_mut(arc);
            let value = path.bits(depth, NODE_BITS);
            let index = node.index(value);
            shrink(&mut node.slots[index].child, live, path, depth + NODE_BITS);
            while let Some((low, high)) = node.buddies(value)
                && may_merge(low, high)
            {
                let page = Page::merge(low, high);
                *live = *live + page.bytes() - low.bytes() - high.bytes() - node.bytes();
                node.merge(value, page);
                *live += node.bytes();
            }
            if let Some(page) = node.only_page() {
                *live -= node.bytes();
                *child = Child::Page(page.clone());
            }
        }
    }
}

/// Well below what splits it again.
fn may_merge(low: &Page, high: &Page) -> bool {
    low.used() + high.used() <= PAGE_MAX * 3 / 4
        && low.len() + high.len() <= ELEMENTS_MAX * 3 / 4
        && low.buffers().len() + high.buffers().len() <= BUFFERS_MAX * 3 / 4
}
