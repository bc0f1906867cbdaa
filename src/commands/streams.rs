//! Long replies in slices: what each kind of value goes on with. See [`crate::server::streaming`].

use crate::base::glob;
use crate::keyspace::{DbId, Keyspace};
use crate::resp::Reply;
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
