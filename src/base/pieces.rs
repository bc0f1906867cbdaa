//! A long string as a tree of windows: an edit copies one window at most, whoever else holds the string.
//!
//! ```text
//!     windows    |   0   |   1   |   2   |   3   |  ..  |   31  |   32  | ..       WINDOW bytes each, the last may be shorter
//!     tree       [ Run 0 ..........................  in one node ] [ Node ] [ Zero ]
//!                                                                 [ Own | Run | Zero | .. ]       32 slots a node
//!     sources    0: [ the buffer as it was received, held once for all its runs ]
//! ```
//!
//! Every slot of the tree stands for a row of windows: zeros that nobody has written (they take no memory), a run of bytes of
//! a *source* (a big buffer that came with a command and was not copied), or a node with slots of its own. At the bottom a slot may
//! also have a window of its own. What a slot has may end before its windows do: the rest is zeros. So a string grows by
//! changing its length, and windows of its own get more memory when somebody writes there.
//!
//! It is a persistent structure: clones share all nodes, and a write copies those on its path that are shared. The sources
//! are listed beside the tree, and the tree names them by number: so each string holds a source once, and while nobody else
//! does, its bytes are changed where they lie.
//!
//! Positions follow from arithmetic; no write makes the tree deeper but by growth, so there is nothing to merge or to balance.

use crate::base::alloc::size_class;
use crate::base::buffer::{BIG, Buffer};
use std::fmt;
use std::iter;
use std::ops::Range;
use triomphe::Arc;

/// The bytes that an edit copies at most. Tried with a copy alive, an edit in 500 MB took 8.4, 10.8 and 13.8 us at 16, 32 and 64 KB, and
/// appending is as fast with each; what copies pin grows with it.
pub const WINDOW: usize = 16 * 1024;
/// Slots of a node, as a power of two.
const FAN: u32 = 5;
/// A received buffer of so many bytes becomes a source; a shorter one is copied, since each clone of the string lists its sources.
const SOURCE_MIN: usize = 256 * 1024;

/// What is lent where nothing was written.
static ZEROS: [u8; BIG] = [0; BIG];

/// What stands for a row of windows.
#[derive(Clone, Default)]
enum Slot {
    /// Zeros.
    #[default]
    Zero,
    /// The bytes of a source from `start` on, up to the end of the row or of the source.
    Run { source: u32, start: usize },
    /// One window of its own; only at the bottom.
    Own(Buffer),
    /// Slots for a 32nd of the row each.
    Node(Arc<Node>),
}

#[derive(Clone, Default)]
struct Node([Slot; 1 << FAN]);

/// What a node takes, with its count.
const NODE_BYTES: usize = size_of::<Node>() + size_of::<usize>();

/// A buffer that runs lie in, and how many of its bytes they show.
#[derive(Clone)]
struct Source {
    buffer: Buffer,
    shown: usize,
}

/// A long string.
#[derive(Clone, Default)]
pub struct Pieces {
    len: usize,
    /// Levels of nodes: the root slot stands for 32 to the power of this many windows.
    depth: u32,
    root: Slot,
    /// A place is free when nothing of its source is shown any more.
    sources: Vec<Option<Source>>,
    /// The bytes of nodes, own windows and sources.
    held: usize,
}

/// Some bytes of a string that lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes, at least one.
    Bytes(&'a [u8]),
    /// So many zeros.
    Zeros(usize),
}

impl Piece<'_> {
    /// How many bytes; never none.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        match self {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Zeros(n) => n,
        }
    }
}

/// Parts of a string that were replaced as a whole: there may be many, so who has no time for that has them freed elsewhere.
pub struct Replaced {
    slots: Vec<Slot>,
    /// The bytes that they took.
    pub bytes: usize,
}

impl fmt::Debug for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} slots of {} bytes", self.slots.len(), self.bytes)
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string of {} bytes in {} of memory", self.len, self.bytes())
    }
}

/// The bytes of a slot's row at a level.
fn span(level: u32) -> usize {
    WINDOW << (FAN * level)
}

impl Slot {
    /// The node of a slot above the bottom, made if there is none.
    fn node(&mut self, level: u32, sources: &[Option<Source>], held: &mut usize) -> &mut Arc<Node> {
        if !matches!(self, Slot::Node(_)) {
            let mut node = Node::default();
            if let Slot::Run { source, start } = *self {
                let end = sources[source as usize].as_ref().expect("a run has a source").buffer.bytes().len();
                let starts = (start..end).step_by(span(level - 1));
                node.0.iter_mut().zip(starts).for_each(|(slot, start)| *slot = Slot::Run { source, start });
            }
            *held += NODE_BYTES;
            *self = Slot::Node(Arc::new(node));
        }
        let Slot::Node(node) = self else { unreachable!("it was just made one") };
        node
    }
}

impl Pieces {
    /// A string that is a buffer, which is not copied.
    pub fn of(buffer: Buffer) -> Pieces {
        let mut pieces = Pieces::default();
        pieces.grow(buffer.bytes().len());
        if !buffer.bytes().is_empty() {
            pieces.root = Slot::Run { source: pieces.add_source(buffer.clone(), buffer.bytes().len()), start: 0 };
        }
        pieces
    }

    /// How long the string is.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memory that it takes, with its counted head; what clones share counts for each.
    pub fn bytes(&self) -> usize {
        let list = self.sources.capacity() * size_of::<Option<Source>>();
        size_of::<Pieces>() + size_of::<usize>() + list + self.held
    }

    // ---- reading ------------------------------------------------------------------------------------------------------

    /// What lies at a position, up to `end` at most. Neither is behind the end of the string.
    pub fn piece(&self, at: usize, end: usize) -> Piece<'_> {
        debug_assert!(at < end && end <= self.len);
        let (mut slot, mut level, mut offset) = (&self.root, self.depth, at);
        while let Slot::Node(node) = slot {
            level -= 1;
            slot = &node.0[offset / span(level)];
            offset %= span(level);
        }
        let most = (span(level) - offset).min(end - at);
        let bytes = match slot {
            Slot::Run { source, start } => &self.source(*source).bytes()[*start..],
            Slot::Own(buffer) => buffer.bytes(),
            Slot::Zero | Slot::Node(_) => &[],
        };
        if offset < bytes.len() {
            Piece::Bytes(&bytes[offset..bytes.len().min(offset + most)])
        } else {
            Piece::Zeros(most)
        }
    }

    /// A part of the string, in order.
    pub fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = Piece<'_>> {
        let mut at = range.start;
        iter::from_fn(move || {
            (at < range.end).then(|| {
                let piece = self.piece(at, range.end);
                at += piece.len();
                piece
            })
        })
    }

    /// The same as bytes only: zeros come in rows of bounded length.
    pub fn slices(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let mut at = range.start;
        iter::from_fn(move || {
            (at < range.end).then(|| {
                let slice = self.slice(at, range.end);
                at += slice.len();
                slice
            })
        })
    }

    /// Some bytes that begin at a position and lie together, up to `end` at most.
    pub fn slice(&self, at: usize, end: usize) -> &[u8] {
        match self.piece(at, end) {
            Piece::Bytes(bytes) => bytes,
            Piece::Zeros(n) => &ZEROS[..n.min(ZEROS.len())],
        }
    }

    /// Copies a part of the string.
    pub fn gather(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(range.len());
        for piece in self.pieces(range) {
            match piece {
                Piece::Bytes(piece) => bytes.extend_from_slice(piece),
                Piece::Zeros(n) => bytes.resize(bytes.len() + n, 0),
            }
        }
        bytes
    }

    fn source(&self, number: u32) -> &Buffer {
        &self.sources[number as usize].as_ref().expect("a run has a source").buffer
    }

    // ---- writing ------------------------------------------------------------------------------------------------------

    /// Makes the string at least this long. What is new are zeros.
    pub fn grow(&mut self, len: usize) {
        while span(self.depth) < len {
            self.depth += 1;
            // A run ends with its source, and nothing has been written behind zeros: these stand for the longer row as well.
            if matches!(self.root, Slot::Own(_) | Slot::Node(_)) {
                let mut node = Node::default();
                node.0[0] = std::mem::take(&mut self.root);
                self.held += NODE_BYTES;
                self.root = Slot::Node(Arc::new(node));
            }
        }
        self.len = self.len.max(len);
    }

    /// Writes bytes at a position; the string grows as far as needed. `shared` is the buffer in which the bytes came, if they did: most of a
    /// long one is not copied.
    pub fn write(&mut self, at: usize, bytes: &[u8], shared: Option<&Buffer>) -> Option<Replaced> {
        self.grow(at + bytes.len());
        let end = at + bytes.len();
        // Whole windows may show the buffer; behind the end of the string nothing is needed to make a window whole.
        let first = at.next_multiple_of(WINDOW);
        let last = if end == self.len { end } else { end - end % WINDOW };
        match shared {
            Some(buffer) if buffer.bytes().len() >= SOURCE_MIN && first < last => {
                debug_assert_eq!(buffer.bytes(), bytes);
                self.copy(at, &bytes[..first - at]);
                let replaced = self.show(first..last, buffer.clone(), first - at);
                self.copy(last, &bytes[last - at..]);
                Some(replaced)
            }
            _ => {
                self.copy(at, bytes);
                None
            }
        }
    }

    /// Lends some bytes for a change, in a copy if they do not lie together; the string grows as far as needed.
    pub fn edit(&mut self, range: Range<usize>, change: impl FnOnce(&mut [u8])) {
        self.grow(range.end);
        if !range.is_empty() && range.start / WINDOW == (range.end - 1) / WINDOW {
            return self.edit_window(range, change);
        }
        let mut bytes = self.gather(range.clone());
        change(&mut bytes);
        self.copy(range.start, &bytes);
    }

    /// Writes bytes inside the string.
    fn copy(&mut self, mut at: usize, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(WINDOW - at % WINDOW));
            self.edit_window(at..at + now.len(), |window| window.copy_from_slice(now));
            at += now.len();
            bytes = rest;
        }
    }

    /// Lends some bytes of one window.
    fn edit_window(&mut self, range: Range<usize>, change: impl FnOnce(&mut [u8])) {
        let Pieces { depth, root, sources, held, .. } = self;
        let (mut slot, mut offset) = (root, range.start);
        for level in (0..*depth).rev() {
            let node = slot.node(level + 1, sources, held);
            slot = &mut Arc::make_mut(node).0[offset / span(level)];
            offset %= span(level);
        }
        let end = offset + range.len();
        if let Slot::Run { source, start } = *slot {
            let place = sources[source as usize].as_mut().expect("a run has a source");
            let shown = WINDOW.min(place.buffer.bytes().len() - start);
            if end <= shown && place.buffer.is_unique() {
                return change(&mut place.buffer.make_mut()[start + offset..start + end]);
            }
            let mut bytes = window(end.max(shown));
            bytes.extend_from_slice(&place.buffer.bytes()[start..start + shown]);
            let own = Buffer::new(bytes);
            *held += own.allocated();
            *slot = Slot::Own(own);
            let place = &mut sources[source as usize];
            conceal(place, shown, held);
        }
        if !matches!(slot, Slot::Own(_)) {
            let own = Buffer::new(window(end));
            *held += own.allocated();
            *slot = Slot::Own(own);
        }
        let Slot::Own(own) = slot else { unreachable!("it was just made one") };
        let before = own.allocated();
        let has = own.bytes().len();
        if !own.is_unique() {
            let mut bytes = window(end.max(has));
            bytes.extend_from_slice(own.bytes());
            *own = Buffer::new(bytes);
        }
        let bytes = own.make_mut();
        if has < end {
            if bytes.capacity() < end {
                bytes.reserve_exact(window_class(end) - has);
            }
            bytes.resize(end, 0);
        }
        change(&mut bytes[offset..end]);
        *held = *held + own.allocated() - before;
    }

    /// Has whole windows show a buffer, from `start` in it on.
    fn show(&mut self, range: Range<usize>, buffer: Buffer, start: usize) -> Replaced {
        let source = self.add_source(buffer, range.len());
        let mut replaced = Replaced { slots: Vec::new(), bytes: 0 };
        let before = self.held;
        let Pieces { depth, root, sources, held, .. } = self;
        let mut showing = Showing { range, source, start, sources, held, replaced: &mut replaced };
        showing.show(root, *depth, 0);
        replaced.bytes = before.saturating_sub(self.held);
        replaced
    }

    fn add_source(&mut self, buffer: Buffer, shown: usize) -> u32 {
        self.held += buffer.allocated();
        let source = Some(Source { buffer, shown });
        let number = self.sources.iter().position(Option::is_none).unwrap_or_else(|| {
            self.sources.push(None);
            self.sources.len() - 1
        });
        self.sources[number] = source;
        u32::try_from(number).expect("a source is long, so there are few")
    }
}

/// The memory of a window that has so many bytes.
fn window_class(len: usize) -> usize {
    size_class(len).min(WINDOW)
}

fn window(len: usize) -> Vec<u8> {
    Vec::with_capacity(window_class(len))
}

/// So many bytes of a source are not shown any more.
fn conceal(place: &mut Option<Source>, bytes: usize, held: &mut usize) {
    let source = place.as_mut().expect("a run has a source");
    source.shown -= bytes;
    if source.shown == 0 {
        *held -= source.buffer.allocated();
        *place = None;
    }
}

/// A buffer on its way into the tree.
struct Showing<'a> {
    range: Range<usize>,
    source: u32,
    start: usize,
    sources: &'a mut Vec<Option<Source>>,
    held: &'a mut usize,
    replaced: &'a mut Replaced,
}

impl Showing<'_> {
    /// A slot whose row begins at `at`.
    fn show(&mut self, slot: &mut Slot, level: u32, at: usize) {
        let end = at + span(level);
        if at >= self.range.start && (end <= self.range.end || level == 0) {
            return self.put(slot, level, at);
        }
        let node = slot.node(level, self.sources, self.held);
        let below = span(level - 1);
        for (i, slot) in Arc::make_mut(node).0.iter_mut().enumerate() {
            let at = at + i * below;
            if at < self.range.end && at + below > self.range.start {
                self.show(slot, level - 1, at);
            }
        }
    }

    fn put(&mut self, slot: &mut Slot, level: u32, at: usize) {
        let start = self.start + at - self.range.start;
        let old = std::mem::replace(slot, Slot::Run { source: self.source, start });
        self.forget(&old, level);
        if !matches!(old, Slot::Zero) {
            self.replaced.slots.push(old);
        }
    }

    /// Takes a slot out of the account.
    fn forget(&mut self, slot: &Slot, level: u32) {
        match slot {
            Slot::Zero => {}
            Slot::Own(buffer) => *self.held -= buffer.allocated(),
            Slot::Run { source, start } => {
                let place = &mut self.sources[*source as usize];
                let len = place.as_ref().expect("a run has a source").buffer.bytes().len();
                conceal(place, span(level).min(len - start), self.held);
            }
            Slot::Node(node) => {
                *self.held -= NODE_BYTES;
                node.0.iter().for_each(|slot| self.forget(slot, level - 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::alloc;
    use crate::base::dice::Dice;

    impl Pieces {
        /// What a walk over everything finds to be held.
        fn held_by_walk(&self) -> usize {
            let sources = self.sources.iter().flatten();
            sources.map(|source| source.buffer.allocated()).sum::<usize>() + self.walk(&self.root, self.depth, 0).0
        }

        /// The bytes that a slot holds; checks that sources show what they say they do.
        fn walk(&self, slot: &Slot, level: u32, at: usize) -> (usize, Vec<usize>) {
            let mut shown = vec![0; self.sources.len()];
            let held = match slot {
                Slot::Zero => 0,
                Slot::Own(buffer) => {
                    assert!(level == 0 && buffer.bytes().len() <= WINDOW && at + buffer.bytes().len() <= self.len);
                    buffer.allocated()
                }
                Slot::Run { source, start } => {
                    let source = *source as usize;
                    let len = self.source(source as u32).bytes().len();
                    assert!(*start < len, "an empty run is none");
                    shown[source] += span(level).min(len - start);
                    assert!(at + span(level).min(len - start) <= self.len);
                    0
                }
                Slot::Node(node) => {
                    let below = node.0.iter().enumerate().map(|(i, slot)| {
                        let (held, below) = self.walk(slot, level - 1, at + i * span(level - 1));
                        shown.iter_mut().zip(below).for_each(|(sum, more)| *sum += more);
                        held
                    });
                    below.sum::<usize>() + NODE_BYTES
                }
            };
            if level == self.depth {
                for (source, shown) in self.sources.iter().zip(&shown) {
                    assert_eq!(source.as_ref().map_or(0, |source| source.shown), *shown);
                }
            }
            (held, shown)
        }

        fn all(&self) -> Vec<u8> {
            assert_eq!(self.slices(0..self.len).map(<[u8]>::len).sum::<usize>(), self.len);
            self.gather(0..self.len)
        }
    }

    fn random(dice: &mut Dice, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        bytes.chunks_mut(8).for_each(|chunk| {
            let word = dice.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        });
        bytes
    }

    #[test]
    fn strings_follow_a_model_with_copies_alive() {
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let len = [0, 10, 100_000, 3 * WINDOW, 1_500_000][dice.below(5) as usize];
            let first = random(&mut dice, len);
            let mut pieces = Pieces::of(Buffer::new(first.clone()));
            let mut model = first;
            let mut copies: Vec<(Pieces, Vec<u8>)> = Vec::new();
            for step in 0..80 {
                let at = format!("seed {seed} step {step}");
                // Often at the borders of windows.
                let mut place = dice.below(model.len() as u64 + 1) as usize;
                if dice.below(3) == 0 {
                    place = place.next_multiple_of(WINDOW).min(model.len());
                }
                match dice.below(10) {
                    0..3 => {
                        let len = dice.below(3000) as usize;
                        let bytes = random(&mut dice, len);
                        assert!(pieces.write(model.len(), &bytes, None).is_none(), "{at}");
                        model.extend_from_slice(&bytes);
                    }
                    3..6 => {
                        let most = if dice.below(3) == 0 { 3 * WINDOW as u64 } else { 20 };
                        let len = 1 + dice.below(most) as usize;
                        let byte = dice.next() as u8;
                        model.resize(model.len().max(place + len), 0);
                        pieces.edit(place..place + len, |window| {
                            assert_eq!(*window, model[place..place + len], "{at}");
                            window.fill(byte);
                        });
                        model[place..place + len].fill(byte);
                    }
                    6 => {
                        // A long one, kept; inside, across the end, or at the end.
                        let len = SOURCE_MIN + dice.below(300_000) as usize;
                        let bytes = random(&mut dice, len);
                        let place = if dice.below(2) == 0 { model.len() } else { place };
                        model.resize(model.len().max(place + bytes.len()), 0);
                        model[place..place + bytes.len()].copy_from_slice(&bytes);
                        let buffer = Buffer::new(bytes);
                        drop(pieces.write(place, buffer.bytes(), Some(&buffer)));
                        assert!(!buffer.is_unique(), "{at}");
                    }
                    7 => {
                        let len = model.len() + dice.below(200_000) as usize;
                        pieces.grow(len);
                        model.resize(len, 0);
                    }
                    8 => copies.push((pieces.clone(), model.clone())),
                    _ if copies.is_empty() => {}
                    _ => {
                        let (copy, expected) = copies.swap_remove(dice.below(copies.len() as u64) as usize);
                        assert!(copy.all() == expected, "{at}");
                        assert_eq!(copy.held, copy.held_by_walk(), "{at}");
                    }
                }
                assert_eq!(pieces.len(), model.len(), "{at}");
                assert_eq!(pieces.held, pieces.held_by_walk(), "{at}");
                let mut any = || dice.below(model.len() as u64 + 1) as usize;
                let (a, b) = (any(), any());
                let range = a.min(b)..a.max(b);
                assert!(pieces.gather(range.clone()) == model[range.clone()], "{at} {range:?}");
            }
            assert!(pieces.all() == model, "seed {seed}");
            for (copy, expected) in copies {
                assert!(copy.all() == expected, "seed {seed}: a copy changed");
                assert_eq!(copy.held, copy.held_by_walk(), "seed {seed}");
            }
        }
    }

    #[test]
    fn its_bytes_are_those_that_it_takes() {
        let before = alloc::mine();
        let taken = |pieces: &Arc<Pieces>| ((alloc::mine() - before) as usize, pieces.bytes());
        let check = |pieces: &Arc<Pieces>| {
            let (taken, bytes) = taken(pieces);
            assert_eq!(taken, bytes);
        };
        let mut dice = Dice(1);
        let mut pieces = Arc::new(Pieces::of(Buffer::new(vec![1; 1 << 20])));
        check(&pieces);
        for _ in 0..200 {
            let it = Arc::make_mut(&mut pieces);
            match dice.below(4) {
                0 => it.edit(3 << 20..(3 << 20) + 8, |window| window.fill(1)),
                1 => {
                    let at = dice.below(it.len() as u64) as usize;
                    it.edit(at..at + 1, |window| window.fill(2));
                }
                2 => drop(it.write(it.len(), b"some more", None)),
                _ => {
                    let buffer = Buffer::new(vec![3; SOURCE_MIN]);
                    let at = dice.below(it.len() as u64) as usize;
                    drop(it.write(at, buffer.bytes(), Some(&buffer)));
                }
            }
            check(&pieces);
        }
        let copy = Pieces::clone(&pieces);
        (0..pieces.len()).step_by(10_000).for_each(|at| Arc::make_mut(&mut pieces).edit(at..at + 1, |one| one.fill(4)));
        drop(copy);
        check(&pieces);
    }

    #[test]
    fn zeros_take_no_memory_and_a_received_buffer_is_not_copied() {
        let big = 500 << 20;
        let before = alloc::mine();
        let mut pieces = Pieces::default();
        pieces.edit(big..big + 1, |one| one.fill(1));
        assert_eq!(pieces.len(), big + 1);
        assert!(alloc::mine() - before < 40_000, "{}", alloc::mine() - before);
        assert_eq!(pieces.pieces(0..big).next(), Some(Piece::Zeros(span(2))));
        pieces.edit(big / 2..big / 2 + 8, |zeros| assert_eq!(zeros, [0; 8]));
        let copy = pieces.clone();
        pieces.edit(0..1, |one| one.fill(1));
        assert!(alloc::mine() - before < 160_000, "{}", alloc::mine() - before);
        assert_eq!((copy.slice(0, 1), pieces.slice(0, 1)), (&[0][..], &[1][..]));

        let buffer = Buffer::new(vec![7; 1 << 24]);
        let before = alloc::mine();
        let mut pieces = Pieces::of(buffer);
        pieces.edit(1 << 20..(1 << 20) + 1, |one| one.fill(8));
        pieces.write(pieces.len(), b"more", None);
        assert!(alloc::mine() - before < 10_000, "changed where it lies");
        let copy = pieces.clone();
        (0..1 << 24).step_by(1 << 20).for_each(|at| pieces.edit(at..at + 1, |one| one.fill(9)));
        assert_eq!(copy.gather(0..2), [7, 7]);
        let own = alloc::mine() - before;
        assert!(own > 16 * WINDOW as isize, "a window for each");
        drop(copy);
        pieces.edit(1..2, |one| one.fill(9));
        pieces.edit(5 * WINDOW..5 * WINDOW + 1, |one| one.fill(9));
        assert!(alloc::mine() - before <= own, "and where it lies again, once the copy is gone");
    }

    #[test]
    fn a_source_goes_with_the_last_that_it_shows() {
        let buffer = Buffer::new(vec![1; 4 * WINDOW]);
        let mut pieces = Pieces::of(buffer.clone());
        for window in 0..4 {
            assert!(!buffer.is_unique());
            pieces.edit(window * WINDOW..window * WINDOW + 1, |one| one.fill(2));
        }
        assert!(buffer.is_unique());
        let other = Buffer::new(vec![3; SOURCE_MIN]);
        let replaced = pieces.write(0, other.bytes(), Some(&other)).expect("it is long");
        assert!(replaced.bytes > 4 * WINDOW);
        assert_eq!(pieces.sources.len(), 1, "its place is used again");
        assert!(pieces.all() == other.bytes());
    }
}
