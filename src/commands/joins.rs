//! Set algebra and SORT over many elements, in slices. See [`crate::server::streaming`].
//!
//! ```text
//! SUNION ..  walk, noting which members count: a bit each | the header | walk again, giving those
//! ZUNION ..  walk, into sorted runs of 1,024              | the header | merge
//! SORT       the same
//! ```
//!
//! The replies are those that the commands give in one go.

use crate::base::buffer::{Owned, Text};
use crate::base::number::parse_wide_f64;
use crate::commands::sorted_set::{Aggregate, Operation, Source, joined, reply_member, reply_members};
use crate::keyspace::{Db, Slot};
use crate::resp::Reply;
use crate::server::Error;
use crate::server::streaming::{Job, Memory};
use crate::store::collection::list::ListView;
use crate::store::collection::set::SetView;
use crate::store::collection::sorted_set::SortedSetView;
use crate::store::entry::{Entry, Value};
use crate::store::intset;
use crate::store::object::{Element, Object, View, packed_elements};
use crate::store::packed::{HEADER, Kind};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

/// Elements between two looks at the clock.
const STRIDE: usize = 128;
/// So many elements are sorted at once.
const RUN: usize = 1024;

/// A collection as it is now, to be read later.
pub enum Held {
    /// A copy of a small one.
    Packed(Box<[u8]>),
    /// A big one, which shares its nodes with the key.
    Object(Object),
}

impl Held {
    /// The collection of an entry; none if it is a string.
    pub fn of(entry: &Entry) -> Option<Held> {
        match entry.value() {
            Value::Packed(block) => Some(Held::Packed(block.into())),
            Value::Object(object) => Some(Held::Object(object.clone())),
            _ => None,
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Held::Packed(block) => Value::Packed(block),
            Held::Object(object) => Value::Object(object),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Held::Packed(block) => block.len(),
            Held::Object(object) => object.bytes(),
        }
    }

    /// It as a part of set algebra.
    fn source(&self) -> Option<Source<'_>> {
        let plain = || SetView::of(self.value()).ok().map(Source::Plain);
        SortedSetView::of(self.value()).ok().map(Source::Sorted).or_else(plain)
    }

    fn len(&self) -> usize {
        match ListView::of(self.value()) {
            Ok(list) => list.len(),
            Err(_) => self.source().map_or(0, Source::len),
        }
    }

    /// Visits elements by their ranks in the order of a walk; those of a list or a plain set have the score 1.
    fn some(&self, ranks: Range<usize>, visit: &mut dyn FnMut(Text, f64)) {
        match self {
            Held::Packed(block) if Kind::of(block) == Kind::IntSet => {
                for n in ranks.filter_map(|rank| intset::get(&block[HEADER..], rank)) {
                    visit(Text::Int(n), 1.0);
                }
            }
            Held::Packed(block) => {
                let mut rank = 0;
                packed_elements(block, &mut |element| {
                    if ranks.contains(&rank) {
                        match element {
                            Element::Item(text) | Element::Member(text) | Element::Field(text, ..) => visit(text, 1.0),
                            Element::Scored(text, score) => visit(text, score),
                        }
                    }
                    rank += 1;
                });
            }
            Held::Object(Object::List(big)) => ListView::Big(big).each(ranks, |text| visit(text, 1.0)),
            Held::Object(Object::SortedSet(big)) => SortedSetView::Big(big).walk(ranks, false, visit),
            Held::Object(Object::Set(members) | Object::Hash(members)) => {
                let some = members.iter_from(ranks.start).take(ranks.len());
                some.for_each(|element| visit(element.field_text(), 1.0));
            }
            Held::Object(Object::Lent | Object::Cut(_) | Object::Text(_) | Object::Replaced(_)) => {}
        }
    }
}

/// How many lookups the algebra over these sets takes, about; for whoever decides whether it is worth slices.
pub fn work(db: &Db, slots: &[Slot], operation: Operation) -> usize {
    let lens = slots.iter().map(|slot| Source::of(db, *slot).ok().flatten().map_or(0, Source::len));
    let walked = match operation {
        Operation::Union => lens.sum(),
        Operation::Inter => lens.min().unwrap_or(0),
        Operation::Diff => lens.take(1).sum(),
    };
    walked.saturating_mul(slots.len().max(2)) / 2
}

/// The sets that are there.
fn held(db: &Db, slots: &[Slot]) -> Vec<Held> {
    slots.iter().filter_map(|slot| Held::of(db.entry(*slot)?)).collect()
}

/// Where a walk through several collections stands.
#[derive(Default)]
struct Place {
    which: usize,
    rank: usize,
}

impl Place {
    /// The next few elements of the first `walked` collections; none at the end.
    fn next(&mut self, all: &[Held], walked: usize, most: usize) -> Option<(usize, Range<usize>)> {
        while self.which < walked {
            let len = all[self.which].len();
            if self.rank < len {
                let ranks = self.rank..len.min(self.rank + most);
                self.rank = ranks.end;
                return Some((self.which, ranks));
            }
            (self.which, self.rank) = (self.which + 1, 0);
        }
        None
    }
}

/// SUNION, SINTER or SDIFF.
pub struct Plain {
    sets: Vec<Held>,
    operation: Operation,
    place: Place,
    /// Which members count, a bit each in the order of the walk.
    counts: Vec<u64>,
    walked: usize,
    n: usize,
    is_counted: bool,
}

impl Plain {
    /// The sets of these slots as they are now; all are there unless they are united, or taken from the first.
    pub fn new(db: &Db, slots: &[Slot], operation: Operation) -> Plain {
        let mut sets = held(db, slots);
        match operation {
            Operation::Union => {}
            // The smallest is walked, and the smaller ones are asked first.
            Operation::Inter => sets.sort_by_key(Held::len),
            // Big ones are the likeliest to have a member.
            Operation::Diff => sets[1..].sort_by_key(|set| Reverse(set.len())),
        }
        let place = Place::default();
        Plain { sets, operation, place, counts: Vec::new(), walked: 0, n: 0, is_counted: false }
    }
}

impl Job for Plain {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let Plain { sets, operation, place, counts, walked, n, is_counted } = self;
        let first = if *operation == Operation::Union { sets.len() } else { 1 };
        let stride = (STRIDE / sets.len().max(1)).max(1);
        if !*is_counted {
            let views: Vec<SetView> = sets.iter().filter_map(|set| SetView::of(set.value()).ok()).collect();
            while let Some((which, ranks)) = place.next(sets, first, stride) {
                sets[which].some(ranks, &mut |member, _| {
                    let has = |view: &SetView| view.contains_text(member);
                    let is_in = match operation {
                        // What an earlier set has was visited there.
                        Operation::Union => !views[..which].iter().any(has),
                        Operation::Inter => views[1..].iter().all(has),
                        Operation::Diff => !views[1..].iter().any(has),
                    };
                    if walked.is_multiple_of(64) {
                        counts.push(0);
                    }
                    if let Some(bits) = counts.last_mut() {
                        *bits |= u64::from(is_in) << (*walked % 64);
                    }
                    *n += usize::from(is_in);
                    *walked += 1;
                });
                if !may_go_on() {
                    return false;
                }
            }
            reply.set(*n);
            (*is_counted, *place, *walked) = (true, Place::default(), 0);
        }
        while let Some((which, ranks)) = place.next(sets, first, STRIDE) {
            sets[which].some(ranks, &mut |member, _| {
                if counts[*walked / 64] >> (*walked % 64) & 1 == 1 {
                    reply.text(member);
                }
                *walked += 1;
            });
            if !may_go_on() {
                return false;
            }
        }
        true
    }

    fn memory(&self) -> Memory {
        Memory { own: self.counts.capacity() * 8, held: self.sets.iter().map(Held::bytes).sum() }
    }
}

/// SINTERCARD or ZINTERCARD.
pub struct Card {
    sets: Vec<Held>,
    /// With so many it is over.
    limit: usize,
    place: Place,
    n: usize,
}

impl Card {
    /// The sets of these slots as they are now; all are there.
    pub fn new(db: &Db, slots: &[Slot], limit: usize) -> Card {
        let mut sets = held(db, slots);
        sets.sort_by_key(Held::len);
        Card { sets, limit, place: Place::default(), n: 0 }
    }
}

impl Job for Card {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let Card { sets, limit, place, n } = self;
        let others: Vec<Source> = sets[1..].iter().filter_map(Held::source).collect();
        while let Some((_, ranks)) = place.next(sets, 1, (STRIDE / sets.len()).max(1)) {
            sets[0].some(ranks, &mut |member, _| {
                *n += usize::from(others.iter().all(|other| other.score(member).is_some()));
            });
            if *n >= *limit {
                break;
            }
            if !may_go_on() {
                return false;
            }
        }
        reply.int((*n).min(*limit) as i64);
        true
    }

    fn memory(&self) -> Memory {
        Memory { own: 0, held: self.sets.iter().map(Held::bytes).sum() }
    }
}

/// Things in order: sorted in runs, and merged as they are taken out.
struct Runs<T> {
    open: Vec<T>,
    closed: Vec<std::vec::IntoIter<T>>,
    /// The first of each run, the least of all on top. Of equal ones that of the earlier run.
    heads: BinaryHeap<Reverse<(T, usize)>>,
    len: usize,
    /// What texts take.
    bytes: usize,
}

impl<T: Ord> Runs<T> {
    fn new() -> Runs<T> {
        Runs { open: Vec::new(), closed: Vec::new(), heads: BinaryHeap::new(), len: 0, bytes: 0 }
    }

    fn push(&mut self, item: T, bytes: usize) {
        self.open.push(item);
        self.len += 1;
        self.bytes += bytes + size_of::<T>();
        if self.open.len() == RUN {
            self.close();
        }
    }

    fn close(&mut self) {
        let mut run = std::mem::replace(&mut self.open, Vec::with_capacity(RUN));
        run.sort();
        self.closed.push(run.into_iter());
    }

    /// There are no more: the merge can begin.
    fn end(&mut self) {
        self.close();
        self.open = Vec::new();
        let heads = self.closed.iter_mut().enumerate().filter_map(|(run, items)| Some(Reverse((items.next()?, run))));
        self.heads = heads.collect();
    }

    fn memory(&self) -> usize {
        let room = self.open.capacity() - self.open.len();
        self.bytes + room * size_of::<T>() + self.heads.capacity() * size_of::<Reverse<(T, usize)>>()
    }

    fn pop(&mut self) -> Option<T> {
        let Reverse((item, run)) = self.heads.pop()?;
        if let Some(next) = self.closed[run].next() {
            self.heads.push(Reverse((next, run)));
        }
        Some(item)
    }
}

/// A member with its score: by score, then by name.
struct Scored {
    score: f64,
    member: Owned,
}

impl Ord for Scored {
    fn cmp(&self, other: &Scored) -> Ordering {
        let by_score = self.score.partial_cmp(&other.score).expect("scores are numbers");
        by_score.then_with(|| compare(&self.member, &other.member))
    }
}

fn compare(a: &Owned, b: &Owned) -> Ordering {
    a.text().with(|a| b.text().with(|b| a.cmp(b)))
}

/// ZUNION, ZINTER or ZDIFF.
pub struct Sorted {
    /// With their weights.
    sets: Vec<Held>,
    weights: Vec<f64>,
    operation: Operation,
    aggregate: Aggregate,
    with_scores: bool,
    place: Place,
    runs: Runs<Scored>,
    is_merging: bool,
}

impl Sorted {
    /// The sets of these slots as they are now, with a weight each; those that decide are there.
    pub fn new(
        db: &Db,
        slots: &[Slot],
        weights: &[f64],
        (operation, aggregate, with_scores): (Operation, Aggregate, bool),
    ) -> Sorted {
        let there = slots.iter().zip(weights);
        let mut all: Vec<(Held, f64)> =
            there.filter_map(|(slot, weight)| Some((Held::of(db.entry(*slot)?)?, *weight))).collect();
        if operation != Operation::Diff {
            // From the smallest on, as Redis adds: sums depend on it.
            all.sort_by_key(|(set, _)| set.len());
        }
        let (sets, weights) = all.into_iter().unzip();
        let (place, runs) = (Place::default(), Runs::new());
        Sorted { sets, weights, operation, aggregate, with_scores, place, runs, is_merging: false }
    }
}

impl Job for Sorted {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let Sorted { sets, weights, operation, aggregate, with_scores, place, runs, is_merging } = self;
        if !*is_merging {
            let first = if *operation == Operation::Union { sets.len() } else { 1 };
            let stride = (STRIDE / sets.len().max(1)).max(1);
            let sources = sets.iter().zip(&*weights).filter_map(|(set, weight)| Some((set.source()?, *weight)));
            let sources: Vec<(Source, f64)> = sources.collect();
            while let Some((which, ranks)) = place.next(sets, first, stride) {
                sets[which].some(ranks, &mut |member, score| {
                    if let Some(score) = joined(&sources, which, member, score, *operation, *aggregate) {
                        runs.push(Scored { score, member: Owned::of(member) }, member.len());
                    }
                });
                if !may_go_on() {
                    return false;
                }
            }
            runs.end();
            reply_members(reply, runs.len, *with_scores);
            *is_merging = true;
        }
        loop {
            for _ in 0..STRIDE {
                let Some(Scored { score, member }) = runs.pop() else { return true };
                reply_member(reply, member.text(), score, *with_scores);
            }
            if !may_go_on() {
                return false;
            }
        }
    }

    fn memory(&self) -> Memory {
        Memory { own: self.runs.memory(), held: self.sets.iter().map(Held::bytes).sum() }
    }
}

/// What SORT is asked for, as far as it needs no other keys.
#[derive(Clone, Copy)]
pub struct Sorting {
    /// The elements decide, not the numbers that they stand for.
    pub is_alpha: bool,
    /// The last first.
    pub is_descending: bool,
    /// As they come.
    pub keeps_order: bool,
    /// How often each element is given.
    pub times: usize,
}

/// An element on its way into its place.
struct Weighed {
    weight: f64,
    element: Owned,
    is_descending: bool,
}

impl Ord for Weighed {
    fn cmp(&self, other: &Weighed) -> Ordering {
        let by_weight = self.weight.partial_cmp(&other.weight).unwrap_or(Ordering::Equal);
        let ordering = by_weight.then_with(|| compare(&self.element, &other.element));
        if self.is_descending { ordering.reverse() } else { ordering }
    }
}

macro_rules! ordered {
    ($($name:ty),*) => {$(
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }

        impl Eq for $name {}
    )*};
}

ordered!(Scored, Weighed);

/// SORT without other keys.
pub struct Sort {
    source: [Held; 1],
    sorting: Sorting,
    /// What LIMIT leaves.
    range: Range<usize>,
    place: Place,
    runs: Runs<Weighed>,
    is_wrong: bool,
    has_header: bool,
}

impl Sort {
    /// A collection as it is now; `range` is what LIMIT leaves of it.
    pub fn new(source: Held, sorting: Sorting, range: Range<usize>) -> Sort {
        let (place, runs) = (Place::default(), Runs::new());
        Sort { source: [source], sorting, range, place, runs, is_wrong: false, has_header: false }
    }

    fn give(reply: &mut Reply, element: Text, times: usize) {
        for _ in 0..times {
            reply.text(element);
        }
    }

    /// The part of the elements as they come.
    fn give_unsorted(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let len = self.source[0].len();
        while !self.range.is_empty() {
            let some = self.range.start..self.range.end.min(self.range.start + STRIDE);
            self.range.start = some.end;
            let times = self.sorting.times;
            if self.sorting.is_descending {
                let mut elements = Vec::with_capacity(some.len());
                let some = len - some.end..len - some.start;
                self.source[0].some(some, &mut |element, _| elements.push(Owned::of(element)));
                elements.iter().rev().for_each(|element| Sort::give(reply, element.text(), times));
            } else {
                self.source[0].some(some, &mut |element, _| Sort::give(reply, element, times));
            }
            if !may_go_on() {
                return false;
            }
        }
        true
    }
}

impl Job for Sort {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let Sorting { is_alpha, is_descending, keeps_order, times } = self.sorting;
        if !self.has_header && !keeps_order {
            let Sort { source, place, runs, is_wrong, .. } = self;
            while let Some((_, ranks)) = place.next(source, 1, STRIDE) {
                source[0].some(ranks, &mut |element, _| {
                    let number = if is_alpha { Some(0.0) } else { element.with(parse_wide_f64) };
                    *is_wrong |= number.is_none();
                    let weight = number.unwrap_or(0.0);
                    runs.push(Weighed { weight, element: Owned::of(element), is_descending }, element.len());
                });
                if *is_wrong {
                    return true;
                }
                if !may_go_on() {
                    return false;
                }
            }
            runs.end();
        }
        if !std::mem::replace(&mut self.has_header, true) {
            reply.array(self.range.len() * times);
            if !keeps_order {
                // What is left out is passed over below.
                self.place = Place::default();
            }
        }
        if keeps_order {
            return self.give_unsorted(reply, may_go_on);
        }
        loop {
            for _ in 0..STRIDE {
                if self.place.rank >= self.range.end {
                    return true;
                }
                let Some(Weighed { element, .. }) = self.runs.pop() else { return true };
                if self.place.rank >= self.range.start {
                    Sort::give(reply, element.text(), times);
                }
                self.place.rank += 1;
            }
            if !may_go_on() {
                return false;
            }
        }
    }

    fn failed(&self) -> Option<Error> {
        self.is_wrong.then_some(Error::Text("ERR One or more scores can't be converted into double"))
    }

    fn memory(&self) -> Memory {
        Memory { own: self.runs.memory(), held: self.source[0].bytes() }
    }
}
