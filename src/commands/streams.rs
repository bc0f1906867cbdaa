//! Long replies in slices: what each kind of value goes on with. See [`crate::server::streaming`].

use crate::base::dice::{Choice, Dice};
use crate::base::glob;
use crate::keyspace::{DbId, Keyspace};
use crate::resp::{Proto, Reply};
use crate::server::streaming::{Job, Memory};
use crate::store::collection::list::ListView;
use crate::store::collection::sorted_set::SortedSetView;
use crate::store::entry::{Entry, Value};
use crate::store::object::Object;
use crate::store::table::Frozen;
use std::ops::Range;

/// Elements between two looks at the clock.
const STRIDE: usize = 128;

/// A big value as it is now, to be read later; none if it is packed.
pub fn frozen(entry: Option<&Entry>) -> Option<Object> {
    match entry?.value() {
        Value::Object(object) => Some(object.clone()),
        _ => None,
    }
}

/// What of a hash is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Fields with their values.
    Both,
    /// Fields.
    Fields,
    /// Values.
    Values,
}

/// The elements of a set or a hash, in the order of the table.
pub struct Unordered {
    /// The copy.
    pub object: Object,
    /// How many were appended.
    pub done: usize,
    /// Of a hash: what is wanted.
    pub part: Part,
}

impl Job for Unordered {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let (Object::Set(members) | Object::Hash(members)) = &self.object else { return true };
        let is_set = matches!(self.object, Object::Set(_));
        for element in members.iter_from(self.done) {
            if is_set || self.part != Part::Values {
                reply.text(element.field_text());
            }
            if !is_set && self.part != Part::Fields {
                reply.text(element.value());
            }
            self.done += 1;
            if self.done.is_multiple_of(STRIDE) && !may_go_on() {
                return self.done == members.len();
            }
        }
        true
    }

    fn memory(&self) -> Memory {
        Memory { own: 0, held: self.object.bytes() }
    }
}

/// The elements of a list, or the members of a sorted set, by rank.
pub struct Ordered {
    /// The copy.
    pub object: Object,
    /// What is left of the ranks.
    pub ranks: Range<usize>,
    /// Whether the last comes first.
    pub is_reverse: bool,
    /// Of a sorted set: whether scores follow.
    pub with_scores: bool,
}

impl Job for Ordered {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        while !self.ranks.is_empty() {
            let n = self.ranks.len().min(STRIDE);
            let part = if self.is_reverse {
                self.ranks.end -= n;
                self.ranks.end..self.ranks.end + n
            } else {
                self.ranks.start += n;
                self.ranks.start - n..self.ranks.start
            };
            match &self.object {
                Object::List(big) => ListView::Big(big).each(part, |element| reply.text(element)),
                Object::SortedSet(big) => {
                    SortedSetView::Big(big).walk(part, self.is_reverse, &mut |member, score| {
                        super::sorted_set::reply_member(reply, member, score, self.with_scores);
                    });
                }
                _ => return true,
            }
            if !may_go_on() {
                return self.ranks.is_empty();
            }
        }
        true
    }

    fn memory(&self) -> Memory {
        Memory { own: 0, held: self.object.bytes() }
    }
}

/// Elements by chance: so many draws, or so many different ones in the order of a walk.
pub struct Random {
    object: Object,
    dice: Dice,
    pick: Pick,
    /// The rank that is next to be chosen, or not.
    rank: usize,
    with_more: bool,
}

enum Pick {
    Draws(u64),
    Choice(Choice),
}

impl Random {
    /// As the commands count: a negative number stands for draws. `with_more`: values or scores follow.
    pub fn new(object: Object, count: i64, dice: Dice, with_more: bool) -> Random {
        let len = len_of(&object);
        let pick = match count {
            ..0 => Pick::Draws(count.unsigned_abs()),
            _ => Pick::Choice(Choice::new((count as usize).min(len), len)),
        };
        Random { object, dice, pick, rank: 0, with_more }
    }

    fn give(&self, reply: &mut Reply, rank: usize) {
        match &self.object {
            Object::Set(members) => {
                if let Some(element) = members.nth(rank) {
                    reply.text(element.field_text());
                }
            }
            Object::Hash(members) => {
                if let Some(element) = members.nth(rank) {
                    if self.with_more && reply.proto == Proto::Resp3 {
                        reply.array(2);
                    }
                    reply.text(element.field_text());
                    if self.with_more {
                        reply.text(element.value());
                    }
                }
            }
            Object::SortedSet(big) => {
                if let Some((member, score)) = SortedSetView::Big(big).at(rank) {
                    super::sorted_set::reply_member(reply, member, score, self.with_more);
                }
            }
            _ => {}
        }
    }
}

fn len_of(object: &Object) -> usize {
    match object {
        Object::Set(members) | Object::Hash(members) => members.len(),
        Object::SortedSet(big) => big.len(),
        _ => 0,
    }
}

impl Job for Random {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let len = len_of(&self.object) as u64;
        loop {
            for _ in 0..STRIDE {
                let rank = match &mut self.pick {
                    Pick::Draws(0) => return true,
                    Pick::Draws(left) => {
                        *left -= 1;
                        Some(self.dice.below(len) as usize)
                    }
                    Pick::Choice(choice) if choice.is_done() => return true,
                    Pick::Choice(choice) => {
                        self.rank += 1;
                        choice.takes(&mut || self.dice.next()).then_some(self.rank - 1)
                    }
                };
                if let Some(rank) = rank {
                    self.give(reply, rank);
                }
            }
            if !may_go_on() {
                return false;
            }
        }
    }

    fn memory(&self) -> Memory {
        Memory { own: 0, held: self.object.bytes() }
    }
}

/// Draws from a packed value: each element as it is to be replied, copied before anything else is done.
pub struct Draws {
    elements: Vec<Vec<u8>>,
    left: u64,
    dice: Dice,
}

impl Draws {
    /// `show` appends the element of a rank.
    pub fn new(proto: Proto, len: usize, left: u64, dice: Dice, mut show: impl FnMut(&mut Reply, usize)) -> Draws {
        let mut encoded = |rank| {
            let mut one = Reply::new(proto);
            show(&mut one, rank);
            one.to_bytes()
        };
        Draws { elements: (0..len).map(&mut encoded).collect(), left, dice }
    }
}

impl Job for Draws {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        loop {
            for _ in 0..STRIDE {
                if self.left == 0 {
                    return true;
                }
                self.left -= 1;
                reply.raw(&self.elements[self.dice.below(self.elements.len() as u64) as usize]);
            }
            if !may_go_on() {
                return false;
            }
        }
    }

    fn memory(&self) -> Memory {
        let own = self.elements.iter().map(|element| size_of::<Vec<u8>>() + element.capacity()).sum();
        Memory { own, held: 0 }
    }
}

/// The keys that fit a pattern: they are counted first, since their number comes first.
pub struct Keys {
    table: Frozen,
    pattern: Box<[u8]>,
    now: i64,
    place: (usize, usize),
    /// How many there are, once all are counted.
    count: usize,
    is_counted: bool,
}

impl Keys {
    /// The keys of a database as they are now.
    pub fn new(keyspace: &Keyspace, db: DbId, pattern: &[u8]) -> Keys {
        let table = keyspace.database(db).table.freeze();
        Keys { table, pattern: pattern.into(), now: keyspace.shared.now, place: (0, 0), count: 0, is_counted: false }
    }
}

impl Job for Keys {
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool {
        let (pattern, now) = (&self.pattern, self.now);
        let fits = |entry: &Entry| {
            entry.deadline().is_none_or(|at| at > now) && (**pattern == *b"*" || glob::matches(pattern, entry.key()))
        };
        if !self.is_counted {
            let count = &mut self.count;
            if !self.table.walk(&mut self.place, &mut |entry| *count += usize::from(fits(entry)), may_go_on) {
                return false;
            }
            self.is_counted = true;
            self.place = (0, 0);
            reply.array(self.count);
        }
        self.table.walk(
            &mut self.place,
            &mut |entry| {
                if fits(entry) {
                    reply.bulk(entry.key());
                }
            },
            may_go_on,
        )
    }

    fn memory(&self) -> Memory {
        // All that is pinned may be its doing.
        Memory { own: 0, held: usize::MAX }
    }
}
