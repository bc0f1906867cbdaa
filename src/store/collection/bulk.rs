//! A big collection that is filled once, from a file: its elements are gathered first and then put where they belong all together.
//!
//! Only what is big in any case comes here: a collection of which it is known beforehand that it has a structure of its own, and so many
//! elements that gathering pays. What is added twice shows at the end, or earlier.

use crate::store::collection::sorted_set::Big;
use crate::store::members;
use crate::store::object::{Limits, Loose, Object, Twice};
use crate::store::sorted_set;

/// Fewer are added one by one.
const BULK_FROM: usize = 4096;

/// What is gathered of a collection.
pub enum Bulk {
    /// Members of a set.
    Set(members::Builder),
    /// Fields and values of a hash.
    Hash(members::Builder),
    /// Members and scores of a sorted set.
    SortedSet(sorted_set::Builder),
}

impl Bulk {
    /// For a set of so many members, if they are enough.
    pub fn set(members: usize, limits: &Limits) -> Option<members::Builder> {
        let small = limits.set_entries.max(limits.intset_entries);
        (members >= BULK_FROM && members > small).then(|| members::Builder::set(limits.hasher))
    }

    /// For a hash of so many fields, if they are enough.
    pub fn hash(fields: usize, limits: &Limits) -> Option<members::Builder> {
        (fields >= BULK_FROM && fields > limits.hash_entries).then(|| members::Builder::map(limits.hasher))
    }

    /// For a sorted set of so many members, if they are enough.
    pub fn sorted_set(members: usize, limits: &Limits) -> Option<sorted_set::Builder> {
        (members >= BULK_FROM && members > limits.zset_entries).then(|| sorted_set::Builder::new(limits.hasher))
    }

    /// The collection. This takes time: some tenths of a second for a million elements.
    pub fn finish(self) -> Result<Loose, Twice> {
        Ok(Loose::Object(match self {
            Bulk::Set(members) => Object::Set(members.finish()?),
            Bulk::Hash(fields) => Object::Hash(fields.finish()?),
            Bulk::SortedSet(set) => Object::SortedSet(Box::new(Big::of(set.finish()?))),
        }))
    }
}
