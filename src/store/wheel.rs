//! An index of times: which hashes something is due for, and when. A hierarchical timing wheel (Varghese, Lauck 1987).
//!
//! ```text
//!     level 0   128 slots of  1 ms   |..x....x...|      due at this millisecond
//!     level 1   128 slots of 64 ms   |.x..xx.....|      emptied into level 0 before its time comes
//!     ...       each 64 times the one below             six levels: the last has slots of 12 days
//!
//!     slot -> chunk of 40 items -> chunk -> ..          the first alone may have room
//!     item   | first 26 bits of a hash | its last 8 | how far into the slot: 14 |     6 bytes
//! ```
//!
//! An item is a *claim that nothing is due earlier*: its time may be too early, never too late. So it need not be moved when
//! what it stands for is put off, what is farther away than the last level reaches lies in its last slot, and the
//! 14 bits may round down in the upper levels. Whoever is given an item looks at what its hash leads to, and puts the item
//! back if it is not time yet. There is no way to take out the item of a hash either: one that leads to nothing is dropped when
//! its time comes, when it is met in a sample, or by filling another wheel.
//!
//! A sample takes the next few items out, and they are put back on the other of the slot's two lists; so all have their turn.
//!
//! The wheel stands at a *position*, a time before all that is in it; a slot's number is its time in units of its level, modulo 128.
//! So each level reaches twice as far as one slot of the next: a slot is emptied into the level below while half of the
//! slot before it is still to come. If the clock is set back the position goes back with it. What a slot holds then
//! seems to be due earlier than it is, by multiples of its level's reach, which costs a look and nothing else.
//!
//! All work is done in steps of one chunk. It knows no clock, key or entry.

use crate::store::hasher::Hash;
use std::fmt;

const LEVELS: usize = 6;
const SLOTS: usize = 128;
/// Bits of time that a level has more than the one below.
const STEP_BITS: u32 = 6;
const CHUNK: usize = 40;

const PREFIX_BITS: u32 = 26;
const TAG_BITS: u32 = 8;
const OFFSET_BITS: u32 = 14;

const _: () = assert!(PREFIX_BITS + TAG_BITS + OFFSET_BITS == 48);
const _: () = assert!(size_of::<Chunk>() == 256, "a chunk fills its size class");

/// What an index keeps of a hash: enough to find its bucket in a table of some hundred million entries, and the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashPart(Hash);

impl HashPart {
    /// The part of a hash.
    #[inline]
    pub fn of(hash: Hash) -> HashPart {
        HashPart(hash >> (64 - PREFIX_BITS) << (64 - PREFIX_BITS) | hash & 0xff)
    }

    /// The first of the hashes that have this part.
    #[inline]
    pub fn first(self) -> Hash {
        self.0
    }

    /// The last of them.
    #[inline]
    pub fn last(self) -> Hash {
        self.0 | ((1 << (64 - PREFIX_BITS)) - 1) & !0xff
    }
}

#[derive(Clone, Copy)]
struct Item([u8; 6]);

impl Item {
    #[inline]
    fn new(part: HashPart, offset: u64) -> Item {
        let prefix = part.0 >> (64 - PREFIX_BITS);
        let bits = (prefix << TAG_BITS | part.0 & 0xff) << OFFSET_BITS | offset;
        Item(*bits.to_le_bytes().first_chunk().expect("eight are more than six"))
    }

    #[inline]
    fn bits(self) -> u64 {
        let mut bytes = [0; 8];
        bytes[..6].copy_from_slice(&self.0);
        u64::from_le_bytes(bytes)
    }

    #[inline]
    fn part(self) -> HashPart {
        let bits = self.bits() >> OFFSET_BITS;
        HashPart(bits >> TAG_BITS << (64 - PREFIX_BITS) | bits & 0xff)
    }

    #[inline]
    fn offset(self) -> u64 {
        self.bits() & ((1 << OFFSET_BITS) - 1)
    }
}

type List = Option<Box<Chunk>>;

/// The items of a slot: those that a sample may take, and those that were taken and put back. When all were, it begins
/// anew, so that each item has its turn.
struct Slot {
    list: List,
    sampled: List,
}

impl Slot {
    const EMPTY: Slot = Slot { list: None, sampled: None };

    fn is_empty(&self) -> bool {
        self.list.is_none() && self.sampled.is_none()
    }

    fn len(&self) -> usize {
        count(&self.list) + count(&self.sampled)
    }

    fn pop(&mut self) -> List {
        pop(&mut self.list).or_else(|| pop(&mut self.sampled))
    }
}

struct Chunk {
    next: List,
    /// Items in the chunks after this one.
    below: u32,
    len: u16,
    items: [Item; CHUNK],
}

impl Chunk {
    fn items(&self) -> &[Item] {
        &self.items[..self.len as usize]
    }
}

impl Drop for Chunk {
    /// One by one: a list of a million items would be too deep for the stack.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut chunk) = next {
            next = chunk.next.take();
        }
    }
}

fn count(list: &List) -> usize {
    list.as_ref().map_or(0, |chunk| chunk.below as usize + chunk.len as usize)
}

struct Level {
    /// Which slots have items: a bit each.
    taken: u128,
    slots: [Slot; SLOTS],
}

/// The bits of time below a slot of a level.
#[inline]
fn shift_of(level: usize) -> u32 {
    STEP_BITS * level as u32
}

/// Milliseconds in a slot of a level.
fn span_of(level: usize) -> i64 {
    1 << shift_of(level)
}

/// How far the offsets of a level's items are rounded.
#[inline]
fn coarse_of(level: usize) -> u32 {
    shift_of(level).saturating_sub(OFFSET_BITS)
}

/// How long before its time a slot is emptied into the level below: half of its length.
fn lead_of(level: usize) -> i64 {
    if level == 0 { 0 } else { span_of(level) / 2 }
}

struct Inner {
    /// No item's time is before this.
    position: i64,
    levels: [Level; LEVELS],
    /// The slot that is being emptied into lower levels: its level, its time, and what is left of it.
    hand: List,
    hand_level: usize,
    hand_start: i64,
    /// The last chunk that was emptied.
    spare: List,
    /// Where samples are taken: a slot's number, counted through all levels.
    sampling: usize,
}

/// Items by their times. Times are milliseconds of any era; all of `i64` is accepted.
pub struct Wheel {
    inner: Option<Box<Inner>>,
    len: usize,
    chunks: usize,
    next: i64,
}

impl Default for Wheel {
    fn default() -> Wheel {
        Wheel { inner: None, len: 0, chunks: 0, next: i64::MAX }
    }
}

impl fmt::Debug for Wheel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a wheel of {} items", self.len)
    }
}

impl Wheel {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.chunks * size_of::<Chunk>() + if self.inner.is_some() { size_of::<Inner>() } else { 0 }
    }

    /// When [`Wheel::step`] will have something to do; `i64::MAX` if never.
    #[inline]
    pub fn next(&self) -> i64 {
        self.next
    }

    /// Adds an item for a hash, which is to be looked at when it is `at`; what is past counts as now. Returns [`Wheel::next`].
    pub fn add(&mut self, part: HashPart, at: i64, now: i64) -> i64 {
        self.file(part, at, now, false)
    }

    #[inline]
    fn file(&mut self, part: HashPart, at: i64, now: i64, is_sampled: bool) -> i64 {
        self.turn_to(now);
        self.len += 1;
        let inner = self.inner.as_mut().expect("it was made by the turn");
        let event = inner.file(part, at, is_sampled, &mut self.chunks);
        self.next = self.next.min(event);
        self.next
    }

    /// Moves the position to the time, as far as nothing lies in between.
    #[inline]
    fn turn_to(&mut self, now: i64) {
        let inner = self.inner.get_or_insert_with(Inner::new);
        if now < inner.position {
            inner.position = now;
            if self.len > 0 {
                self.next = inner.next();
            }
        } else if now < self.next {
            inner.position = now;
        }
    }

    /// Does a bounded piece of what there is to do by `now`, and appends to `due` up to 40 items whose time has come,
    /// which are in the wheel no longer. False if there is nothing to do.
    pub fn step(&mut self, now: i64, due: &mut Vec<HashPart>) -> bool {
        if self.len == 0 {
            self.next = i64::MAX;
            return false;
        }
        self.turn_to(now);
        let inner = self.inner.as_mut().expect("it was made by the turn");
        let before = due.len();
        let did = inner.step(now, due, &mut self.chunks);
        self.len -= due.len() - before;
        self.next = if self.len == 0 { i64::MAX } else { inner.next() };
        did
    }

    /// Takes out up to `n` items for a look at what they lead to, others each time. They are to be put back.
    pub fn take_sample(&mut self, n: usize, taken: &mut Vec<HashPart>) {
        self.take_with(taken, |inner, taken, chunks| inner.take_some(n, taken, chunks));
    }

    /// The same for items of which nearly all others are later. `draw` decides where two levels are as near.
    pub fn take_nearest(&mut self, draw: u64, n: usize, taken: &mut Vec<HashPart>) {
        self.take_with(taken, |inner, taken, chunks| inner.take_nearest(draw, n, taken, chunks));
    }

    fn take_with(&mut self, taken: &mut Vec<HashPart>, take: impl FnOnce(&mut Inner, &mut Vec<HashPart>, &mut usize)) {
        if let Some(inner) = self.inner.as_mut().filter(|_| self.len > 0) {
            let before = taken.len();
            take(inner, taken, &mut self.chunks);
            self.len -= taken.len() - before;
            self.next = if self.len == 0 { i64::MAX } else { inner.next() };
        }
    }

    /// Puts an item of a sample back, by the time that it turned out to stand for. Returns [`Wheel::next`].
    pub fn put_back(&mut self, part: HashPart, at: i64, now: i64) -> i64 {
        self.file(part, at, now, true)
    }

    /// How many items wait whose time has come.
    pub fn overdue(&self, now: i64) -> usize {
        let Some(inner) = &self.inner else { return 0 };
        let mut sum = if inner.hand.is_some() && inner.hand_start <= now { count(&inner.hand) } else { 0 };
        for level in 0..LEVELS {
            let mut taken = inner.levels[level].taken;
            while taken != 0 {
                let index = taken.trailing_zeros() as usize;
                taken &= taken - 1;
                if inner.start_of(level, index) <= now {
                    sum += inner.levels[level].slots[index].len();
                }
            }
        }
        sum
    }
}

impl Inner {
    fn new() -> Box<Inner> {
        Box::new(Inner {
            position: i64::MIN,
            levels: [const { Level { taken: 0, slots: [const { Slot::EMPTY }; SLOTS] } }; LEVELS],
            hand: None,
            hand_level: 0,
            hand_start: 0,
            spare: None,
            sampling: 0,
        })
    }

    /// Puts an item where it belongs. Answers when that slot asks for something to be done.
    #[inline]
    fn file(&mut self, part: HashPart, at: i64, is_sampled: bool, chunks: &mut usize) -> i64 {
        let at = at.max(self.position);
        for level in 0..LEVELS {
            let shift = shift_of(level);
            // Not before the position, so the difference is one of naturals.
            if ((at >> shift).wrapping_sub(self.position >> shift) as u64) < SLOTS as u64 {
                let start = at >> shift << shift;
                let offset = ((at - start) as u64) >> coarse_of(level);
                return self.push(level, start, Item::new(part, offset), is_sampled, chunks);
            }
        }
        let last = (self.position >> shift_of(LEVELS - 1)) + SLOTS as i64 - 1;
        self.push(LEVELS - 1, last << shift_of(LEVELS - 1), Item::new(part, 0), is_sampled, chunks)
    }

    #[inline]
    fn push(&mut self, level: usize, start: i64, item: Item, is_sampled: bool, chunks: &mut usize) -> i64 {
        let index = (start >> shift_of(level)) as usize % SLOTS;
        let place = &mut self.levels[level];
        place.taken |= 1 << index;
        let slot = &mut place.slots[index];
        match if is_sampled { &mut slot.sampled } else { &mut slot.list } {
            Some(chunk) if (chunk.len as usize) < CHUNK => {
                chunk.items[chunk.len as usize] = item;
                chunk.len += 1;
            }
            list => {
                let below = count(list) as u32; // 2^32 items would be 26 GB of one slot
                let mut chunk = self.spare.take().unwrap_or_else(|| {
                    *chunks += 1;
                    Box::new(Chunk { next: None, below: 0, len: 0, items: [Item([0; 6]); CHUNK] })
                });
                chunk.next = list.take();
                chunk.below = below;
                chunk.len = 1;
                chunk.items[0] = item;
                *list = Some(chunk);
            }
        }
        start.saturating_sub(lead_of(level))
    }

    /// The time of a slot.
    fn start_of(&self, level: usize, index: usize) -> i64 {
        let base = self.position >> shift_of(level);
        let ahead = (index as i64).wrapping_sub(base).rem_euclid(SLOTS as i64);
        (base + ahead) << shift_of(level)
    }

    /// The time of the first slot that has something.
    #[inline]
    fn first(&self, level: usize) -> Option<i64> {
        let taken = self.levels[level].taken;
        if taken == 0 {
            return None;
        }
        let base = self.position >> shift_of(level);
        let ahead = taken.rotate_right(base as u32 % SLOTS as u32).trailing_zeros();
        Some((base + i64::from(ahead)) << shift_of(level))
    }

    fn next(&self) -> i64 {
        if self.hand.is_some() {
            return i64::MIN;
        }
        let events = (0..LEVELS).filter_map(|level| Some(self.first(level)?.saturating_sub(lead_of(level))));
        events.min().unwrap_or(i64::MAX)
    }

    fn step(&mut self, now: i64, due: &mut Vec<HashPart>, chunks: &mut usize) -> bool {
        let upper = || (1..LEVELS).rev().filter_map(|level| Some((self.first(level)?, level)));
        // Of several that begin at one time the largest, which may fill the others.
        let earliest = upper().min_by_key(|&(start, _)| start);
        let held = self.hand.is_some().then_some(self.hand_start);
        let limit = held.into_iter().chain(earliest.map(|(start, _)| start)).min().unwrap_or(i64::MAX);
        // What is due goes first, unless there may be something earlier in what is not sorted out yet.
        if let Some(at) = self.first(0).filter(|&at| at <= now && at < limit) {
            self.position = self.position.max(at);
            self.take_due(at, due, chunks);
            return true;
        }
        if self.hand.is_none() {
            let chosen = match earliest {
                Some(late) if late.0 <= now => Some(late),
                _ => upper().min_by_key(|&(start, level)| start.saturating_sub(lead_of(level))),
            };
            let Some((start, level)) = chosen.filter(|&(start, level)| start.saturating_sub(lead_of(level)) <= now)
            else {
                return false;
            };
            // No slot lies before this, so that none changes its meaning.
            self.position = self.position.max(now.min(limit));
            let index = (start >> shift_of(level)) as usize % SLOTS;
            let slot = &mut self.levels[level].slots[index];
            self.hand = slot.list.take().or_else(|| slot.sampled.take());
            self.note_emptied(level, index);
            (self.hand_level, self.hand_start) = (level, start);
        }
        if let Some(chunk) = pop(&mut self.hand) {
            for item in chunk.items() {
                let at = self.hand_start + ((item.offset() as i64) << coarse_of(self.hand_level));
                self.file(item.part(), at, false, chunks);
            }
            self.recycle(chunk, chunks);
        }
        true
    }

    fn take_due(&mut self, at: i64, due: &mut Vec<HashPart>, chunks: &mut usize) {
        let index = at as usize % SLOTS;
        if let Some(chunk) = self.levels[0].slots[index].pop() {
            due.extend(chunk.items().iter().map(|item| item.part()));
            self.note_emptied(0, index);
            self.recycle(chunk, chunks);
        }
    }

    fn take_some(&mut self, n: usize, taken: &mut Vec<HashPart>, chunks: &mut usize) {
        // To the next slot that has something; all levels are one round.
        let (level, index) = (self.sampling / SLOTS, self.sampling % SLOTS);
        let here = self.levels[level].taken >> index;
        if here != 0 {
            self.sampling += here.trailing_zeros() as usize;
        } else {
            let mut others = (1..=LEVELS).map(|step| (level + step) % LEVELS);
            let Some(level) = others.find(|&level| self.levels[level].taken != 0) else { return };
            self.sampling = level * SLOTS + self.levels[level].taken.trailing_zeros() as usize;
        }
        let (level, index) = (self.sampling / SLOTS, self.sampling % SLOTS);
        let slot = &mut self.levels[level].slots[index];
        if slot.list.is_none() {
            slot.list = slot.sampled.take();
        }
        let chunk = slot.list.as_mut().expect("the slot has something");
        let some = n.min(chunk.len as usize);
        chunk.len -= some as u16; // at most the length of a chunk
        taken.extend(chunk.items[chunk.len as usize..][..some].iter().map(|item| item.part()));
        if chunk.len > 0 {
            return;
        }
        let is_last = chunk.below == 0;
        if let Some(chunk) = pop(&mut slot.list) {
            self.recycle(chunk, chunks);
        }
        self.note_emptied(level, index);
        if is_last {
            // All of the slot were looked at: the next call goes on elsewhere.
            self.sampling = (self.sampling + 1) % (LEVELS * SLOTS);
        }
    }

    fn note_emptied(&mut self, level: usize, index: usize) {
        if self.levels[level].slots[index].is_empty() {
            self.levels[level].taken &= !(1 << index);
        }
    }

    fn take_nearest(&mut self, draw: u64, n: usize, taken: &mut Vec<HashPart>, chunks: &mut usize) {
        let starts: [Option<i64>; LEVELS] = std::array::from_fn(|level| self.first(level));
        let ends = (0..LEVELS).filter_map(|level| Some(starts[level]?.saturating_add(span_of(level))));
        let Some(end) = ends.min() else { return };
        // What begins behind the end of another slot is later than all of that.
        let is_near = |level: &usize| starts[*level].is_some_and(|start| start < end);
        let near = (0..LEVELS).filter(is_near).count();
        let chosen = (0..LEVELS).filter(is_near).nth(draw as usize % near.max(1));
        let Some((level, start)) = chosen.and_then(|level| Some((level, starts[level]?))) else { return };
        let index = (start >> shift_of(level)) as usize % SLOTS;
        let slot = &mut self.levels[level].slots[index];
        if slot.list.is_none() {
            slot.list = slot.sampled.take();
        }
        let Some(mut chunk) = pop(&mut slot.list) else { return };
        let len = chunk.len as usize;
        chunk.items[..len].sort_unstable_by_key(|item| item.offset());
        let some = n.min(len);
        taken.extend(chunk.items[..some].iter().map(|item| item.part()));
        // The others have had their turn, too.
        for &item in &chunk.items[some..len] {
            self.push(level, start, item, true, chunks);
        }
        self.recycle(chunk, chunks);
        self.note_emptied(level, index);
    }

    fn recycle(&mut self, chunk: Box<Chunk>, chunks: &mut usize) {
        if self.spare.replace(chunk).is_some() {
            *chunks -= 1;
        }
    }
}

/// Takes the first chunk out of a list.
fn pop(list: &mut List) -> List {
    let mut chunk = list.take()?;
    *list = chunk.next.take();
    Some(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use std::collections::BTreeMap;

    /// A hash from whose part `n` can be told again.
    fn hash(n: usize) -> Hash {
        ((n as u64) << (64 - PREFIX_BITS)) | (n as u64 & 0xff)
    }

    fn name(part: HashPart) -> usize {
        (part.first() >> (64 - PREFIX_BITS)) as usize
    }

    struct Model {
        wheel: Wheel,
        times: BTreeMap<usize, i64>,
        now: i64,
        next_name: usize,
        looks: usize,
    }

    impl Model {
        fn new(now: i64) -> Model {
            Model { wheel: Wheel::default(), times: BTreeMap::new(), now, next_name: 0, looks: 0 }
        }

        fn add(&mut self, at: i64) {
            self.times.insert(self.next_name, at.max(self.now));
            let next = self.wheel.add(HashPart::of(hash(self.next_name)), at, self.now);
            assert!(next <= at.max(self.now) && next == self.wheel.next());
            self.next_name += 1;
        }

        /// What a user of the wheel does: what is too early goes back.
        fn step(&mut self) -> bool {
            let mut due = Vec::new();
            let did = self.wheel.step(self.now, &mut due);
            assert!(due.len() <= CHUNK);
            for part in due {
                self.looks += 1;
                let at = self.times[&name(part)];
                if at <= self.now {
                    self.times.remove(&name(part));
                } else {
                    self.wheel.add(part, at, self.now);
                }
            }
            did
        }

        /// Half of what was taken leads to something later by now, or to nothing.
        fn sample(&mut self, dice: &mut Dice) {
            let mut taken = Vec::new();
            let n = 1 + dice.below(10) as usize;
            match dice.below(2) {
                0 => self.wheel.take_sample(n, &mut taken),
                _ => self.wheel.take_nearest(dice.next(), n, &mut taken),
            }
            assert!(taken.len() <= n && self.wheel.len() + taken.len() == self.times.len());
            for part in taken {
                let at = self.times.get_mut(&name(part)).expect("it was put in");
                match dice.below(4) {
                    0 => {
                        self.times.remove(&name(part));
                        continue;
                    }
                    1 => *at = at.saturating_add((dice.next() >> (20 + dice.below(40))) as i64),
                    _ => {}
                }
                let at = *at;
                self.wheel.put_back(part, at, self.now);
            }
        }

        fn run(&mut self) {
            while self.wheel.next() <= self.now && self.step() {}
            assert!(self.times.values().all(|at| *at > self.now), "nothing that is due is left");
            // If the clock went back, some of it seems to be due.
            while self.step() {}
            assert!(self.wheel.next() > self.now);
            assert_eq!(self.wheel.len(), self.times.len());
            assert_eq!(self.wheel.overdue(self.now), 0);
            let chunks = self.wheel.inner.as_ref().map_or(0, |inner| {
                let slots = inner.levels.iter().flat_map(|level| &level.slots);
                let lists = slots.flat_map(|slot| [&slot.list, &slot.sampled]).chain([&inner.spare, &inner.hand]);
                lists.map(|list| std::iter::successors(list.as_ref(), |chunk| chunk.next.as_ref()).count()).sum()
            });
            assert_eq!(self.wheel.chunks, chunks);
        }
    }

    #[test]
    fn everything_comes_at_its_time_whatever_the_clock_does() {
        for seed in 1..=40 {
            let mut dice = Dice(seed);
            let mut model = Model::new(1_700_000_000_000 + dice.below(1 << 40) as i64);
            for _ in 0..600 {
                match dice.below(8) {
                    0..=3 => {
                        for _ in 0..dice.below(50) {
                            let ahead = dice.next() >> (8 + dice.below(56));
                            let at = model.now.saturating_add(ahead as i64);
                            model.add(if dice.below(20) == 0 { model.now - (ahead >> 20) as i64 } else { at });
                        }
                    }
                    _ if dice.below(3) == 0 => {
                        for _ in 0..dice.below(20) {
                            model.sample(&mut dice);
                        }
                    }
                    4 | 5 => model.now += (dice.next() >> (30 + dice.below(34))) as i64,
                    6 => model.now = model.wheel.next().clamp(model.now - 1000, model.now + 100_000),
                    _ if dice.below(4) == 0 => model.now -= (dice.next() >> (35 + dice.below(29))) as i64,
                    _ => {
                        // Part of the work, and then other times are added.
                        if model.wheel.next() <= model.now {
                            model.step();
                        }
                        continue;
                    }
                }
                if dice.below(3) > 0 {
                    model.run();
                }
            }
        }
    }

    #[test]
    fn what_is_near_is_given_at_its_millisecond_and_what_is_far_is_looked_at_a_few_times() {
        for ahead in [0, 1, 127, 128, 8_000, 500_000, 30_000_000, 2_000_000_000, 300_000_000_000] {
            let mut model = Model::new(1_000_000_000_007);
            let at = model.now + ahead;
            model.add(at);
            let mut wakes = 0;
            while model.wheel.next() < at {
                model.now = model.wheel.next().max(model.now);
                wakes += 1;
                model.run();
            }
            assert_eq!((model.times.len(), model.wheel.next()), (1, at.max(model.now)), "{ahead}");
            model.now = at;
            model.run();
            assert!(model.times.is_empty() && wakes < 120 && model.looks < 120, "{ahead}: {wakes} {}", model.looks);
            assert!(ahead > 1 << 36 || wakes + model.looks < 12, "{ahead}: {wakes} wakes, {} looks", model.looks);
        }
    }

    #[test]
    fn the_ends_of_time_are_accepted() {
        for now in [i64::MIN + 1, -5, 0, 1_700_000_000_000, i64::MAX - 1] {
            let mut model = Model::new(now);
            for at in [i64::MIN, -1, 0, 1, now, i64::MAX] {
                model.add(at);
            }
            let mut due = Vec::new();
            while model.wheel.next() <= now && model.wheel.step(now, &mut due) {}
            let ahead = [-1, 0, 1, now, i64::MAX].iter().filter(|at| **at > now).count();
            assert_eq!(model.wheel.len(), ahead, "at {now}");
        }
    }

    #[test]
    fn an_hour_back_and_forth_moves_no_deadline() {
        let mut model = Model::new(1_700_000_000_000);
        for n in 0..5_000 {
            model.add(model.now + n * 1_000);
        }
        for step in [-3_600_000, 3_600_000, -3_600_000, 1_000, 3_599_000, 3_600_000] {
            model.now += step;
            model.run();
        }
        let left = model.times.len();
        assert_eq!(left, 5_000 - 3_601);
        // What is set while the clock is back is due by the clock as it stands.
        model.now -= 3_600_000;
        model.run();
        model.add(model.now + 10);
        model.now += 10;
        model.run();
        assert_eq!(model.times.len(), left);
    }

    #[test]
    fn samples_come_to_everything_in_turn() {
        let mut model = Model::new(1_700_000_000_000);
        let (n, mut dice) = (20_000, Dice(5));
        for _ in 0..n {
            model.add(model.now + (dice.next() >> (30 + dice.below(25))) as i64);
        }
        let mut seen = vec![0; n];
        for _ in 0..2 * n.div_ceil(5) {
            let mut taken = Vec::new();
            model.wheel.take_sample(5, &mut taken);
            for part in taken {
                seen[name(part)] += 1;
                model.wheel.put_back(part, model.times[&name(part)], model.now);
            }
        }
        let often = seen.iter().filter(|n| (1..=3).contains(*n)).count();
        assert!(often > n / 100 * 99, "{often} of {n}");
    }

    #[test]
    fn the_nearest_are_found_without_looking_at_many() {
        for reach in [50, 5_000, 500_000, 50_000_000, 5_000_000_000] {
            let mut model = Model::new(1_700_000_000_000);
            let (n, mut dice) = (10_000, Dice(reach));
            for _ in 0..n {
                model.add(model.now + dice.below(reach) as i64);
            }
            let mut ahead = Vec::new();
            for _ in 0..100 {
                let mut taken = Vec::new();
                model.wheel.take_nearest(dice.next(), 5, &mut taken);
                assert!(!taken.is_empty());
                for part in taken {
                    let at = model.times[&name(part)];
                    ahead.push(at - model.now);
                    model.wheel.put_back(part, at, model.now);
                }
            }
            ahead.sort_unstable();
            assert!(ahead[ahead.len() / 2] <= reach as i64 / 20 + 1, "{reach}: {}", ahead[ahead.len() / 2]);
        }
    }

    #[test]
    fn six_bytes_an_item_and_little_more() {
        let mut model = Model::new(1_700_000_000_000);
        let (n, mut dice) = (200_000, Dice(1));
        for _ in 0..n {
            model.add(model.now + dice.below(3_600_000) as i64);
        }
        let bytes = model.wheel.bytes();
        assert!(bytes < n * 7 + 20_000, "{bytes} bytes for {n} items");
        model.now += 3_600_000;
        model.run();
        assert!(model.wheel.bytes() < 14_000, "{}", model.wheel.bytes());
    }
}
