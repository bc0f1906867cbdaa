//! Big values: collections that have structures of their own, and long strings in pieces, behind counted pointers.
//!
//! ```text
//!     entry's value:  Packed(block)  <-- small -- Collection -- big -->  Object::{List, Hash, Set, SortedSet, ..}
//! ```
//!
//! A command sees one owned type per kind of value, such as `Hash`, which is either a packed block or a big structure. The
//! keyspace lends it for an edit ([`Collection::open`]) and puts back what became of it ([`Collection::close`]); for
//! reading there is a borrowed form ([`View`]). Which form it is, and when it changes, is the type's own business.

use crate::base::buffer::Text;
use crate::base::pieces::{Pieces, Replaced};
use crate::store::collection::{list, sorted_set};
use crate::store::entry::Value;
use crate::store::hasher::Hasher;
use crate::store::intset;
use crate::store::members::{self, Members};
use crate::store::packed::{self, HEADER, Kind};
use crate::store::sorted_set::{Hint as SortedHint, Removed};
use std::fmt;
use triomphe::Arc;

/// A big value. Cloning is raising a count or two: the clone shares every node until one of the two is changed.
#[derive(Clone, Default)]
#[repr(align(8))] // an entry has a place for it on a multiple of 8
pub enum Object {
    /// What an entry holds while its value is lent for an edit, and never otherwise.
    #[default]
    Lent,
    /// A hash.
    Hash(Box<Members>),
    /// A list.
    List(Box<list::Big>),
    /// A set.
    Set(Box<Members>),
    /// A sorted set.
    SortedSet(Box<sorted_set::Big>),
    /// A long string that was edited.
    Text(Arc<Pieces>),
    /// Elements that were cut out of a sorted set, on their way to be freed; never in an entry.
    Cut(Arc<Removed>),
    /// Parts of a long string on that way.
    Replaced(Arc<Replaced>),
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} of {} bytes", self.type_name(), self.bytes())
    }
}

impl Object {
    /// The live bytes of all its nodes.
    pub fn bytes(&self) -> usize {
        match self {
            Object::Lent => 0,
            Object::List(big) => big.bytes(),
            Object::Hash(members) | Object::Set(members) => members.bytes() + size_of::<Members>(),
            Object::SortedSet(big) => big.bytes(),
            // About: it is in no account any more.
            Object::Cut(removed) => removed.len() * 32,
            Object::Text(pieces) => pieces.bytes(),
            Object::Replaced(replaced) => replaced.bytes,
        }
    }

    /// The type, by the name that TYPE gives.
    pub fn type_name(&self) -> &'static str {
        match self {
            Object::Lent | Object::Cut(_) | Object::Replaced(_) => "none",
            Object::Text(_) => "string",
            Object::Hash(_) => "hash",
            Object::List(_) => "list",
            Object::Set(_) => "set",
            Object::SortedSet(_) => "zset",
        }
    }

    /// The form in which it is kept, by the name that OBJECT ENCODING has for it.
    pub fn encoding_name(&self) -> &'static str {
        match self {
            Object::Lent | Object::Cut(_) | Object::Replaced(_) => "none",
            Object::Text(_) => "raw",
            Object::List(big) => big.encoding_name(),
            Object::Hash(_) | Object::Set(_) => "hashtable",
            Object::SortedSet(big) => big.encoding_name(),
        }
    }

    /// Visits what it holds, a list and a sorted set in order.
    pub fn each(&self, visit: &mut dyn FnMut(Element)) {
        match self {
            Object::List(big) => big.each(|element| visit(Element::Item(element))),
            _ => self.each_lasting(visit),
        }
    }

    /// The same for one who keeps what is visited. Nothing of a list, whose elements last for one visit.
    pub fn each_lasting<'a>(&'a self, visit: &mut dyn FnMut(Element<'a>)) {
        match self {
            Object::Lent | Object::List(_) | Object::Cut(_) | Object::Text(_) | Object::Replaced(_) => {}
            Object::Hash(members) => members.iter().for_each(|element| {
                visit(Element::Field(element.field_text(), element.value(), element.deadline()));
            }),
            Object::Set(members) => members.iter().for_each(|element| visit(Element::Member(element.field_text()))),
            Object::SortedSet(big) => big.elements().for_each(|e| visit(Element::Scored(e.member, e.score))),
        }
    }

    /// The beginning of the way to a member, in a sorted set also to its place with another score. Only ever a hint.
    #[inline]
    pub fn hint<'a>(&'a self, member: &'a [u8], score: Option<f64>) -> Hint<'a> {
        match self {
            Object::Set(members) | Object::Hash(members) => Hint::Members(members.hint(members.hash(member))),
            Object::SortedSet(big) => Hint::Sorted(big.hint(member, score)),
            _ => Hint::Nothing,
        }
    }

    /// The string, if it is one.
    #[inline]
    pub fn text(&self) -> Option<Text<'_>> {
        if let Object::Text(pieces) = self { Some(Text::Pieces(pieces)) } else { None }
    }

    /// How many nodes there are to free, about: who frees many has a helper do it.
    pub fn nodes(&self) -> usize {
        self.bytes() / 512
    }
}

/// How far memory has been asked for on the way to a member.
#[derive(Default)]
pub enum Hint<'a> {
    /// There is nothing to ask for.
    #[default]
    Nothing,
    /// In a set or a hash.
    Members(members::Hint<'a>),
    /// In a sorted set.
    Sorted(SortedHint<'a>),
}

impl Hint<'_> {
    /// Asks for the memory that is needed next; false if only [`Hint::finish`] is left.
    #[inline]
    pub fn step(&mut self) -> bool {
        match self {
            Hint::Nothing => false,
            Hint::Members(hint) => hint.step(),
            Hint::Sorted(hint) => hint.step(),
        }
    }

    /// Asks for the last of it.
    #[inline]
    pub fn finish(&self) {
        match self {
            Hint::Members(hint) => hint.finish(),
            Hint::Nothing | Hint::Sorted(_) => {}
        }
    }
}

/// What a collection holds one of.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    /// An element of a list.
    Item(Text<'a>),
    /// A member of a set.
    Member(Text<'a>),
    /// A field of a hash, its value, its deadline in Unix milliseconds.
    Field(Text<'a>, Text<'a>, Option<i64>),
    /// A member of a sorted set and its score.
    Scored(Text<'a>, f64),
}

/// Visits the elements of a packed block.
pub fn packed_elements<'a>(block: &'a [u8], visit: &mut dyn FnMut(Element<'a>)) {
    let kind = Kind::of(block);
    if kind == Kind::IntSet {
        return intset::iter(&block[HEADER..]).for_each(|n| visit(Element::Member(Text::Int(n))));
    }
    let mut elements = packed::iter(block);
    while let Some(first) = elements.next() {
        let mut next = || elements.next().expect("elements come in groups of their kind's size");
        visit(match kind {
            Kind::List => Element::Item(first),
            Kind::Set => Element::Member(first),
            Kind::IntSet => unreachable!("these have no encoded elements"),
            Kind::Hash => Element::Field(first, next(), None),
            Kind::HashWithDeadlines => {
                let value = next();
                let deadline = if let Text::Int(at) = next() { at } else { 0 };
                Element::Field(first, value, (deadline != 0).then_some(deadline))
            }
            Kind::SortedSet => Element::Scored(first, packed::score(next())),
        });
    }
}

/// A value on its way between an entry and an edit.
#[derive(Debug)]
pub enum Loose {
    /// A packed block.
    Packed(Vec<u8>),
    /// A big value.
    Object(Object),
}

/// Up to where collections stay packed, and what they need when they no longer do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most fields of a packed hash.
    pub hash_entries: usize,
    /// The longest field or value in one, in bytes.
    pub hash_value: usize,
    /// The most members of a set of integers.
    pub intset_entries: usize,
    /// The most members of a packed set.
    pub set_entries: usize,
    /// The longest member in one.
    pub set_value: usize,
    /// The most members of a packed sorted set.
    pub zset_entries: usize,
    /// The longest member in one.
    pub zset_value: usize,
    /// A list that is called a listpack has at most so many elements (positive), or bytes (-1: 4 KB, -2: 8 KB, ... -5: 64 KB).
    pub list_size: i32,
    /// The nodes at each end of a quicklist that are not compressed while those between are; 0: none is.
    pub list_depth: u16,
    /// Hashes members and fields.
    pub hasher: Hasher,
}

impl Limits {
    /// The limits that Redis has by default.
    pub fn new(hasher: Hasher) -> Limits {
        Limits {
            hash_entries: 512,
            hash_value: 64,
            intset_entries: 512,
            set_entries: 128,
            set_value: 64,
            zset_entries: 128,
            zset_value: 64,
            list_size: -2,
            list_depth: 0,
            hasher,
        }
    }
}

/// The key holds a value of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// An element was added for the second time where none may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

/// A type of collection, owned for the length of an edit.
pub trait Collection: Sized {
    /// Whether parts of it may have deadlines of their own.
    const EXPIRES: bool = false;

    /// An empty one, which may use the memory of `block`.
    fn create(block: Vec<u8>) -> Self;

    /// Takes over a value. Another type's comes back.
    fn open(value: Loose) -> Result<Self, Loose>;

    /// Gives the value up, to be stored.
    fn close(self) -> Loose;

    /// Whether nothing is left in it: then the key goes.
    fn is_empty(&self) -> bool;

    /// The earliest deadline of its parts, Unix milliseconds.
    fn earliest(&self) -> Option<i64> {
        None
    }
}

/// A collection as it is read, borrowed from its entry.
pub trait View<'a>: Sized {
    /// The value as this type.
    fn of(value: Value<'a>) -> Result<Self, WrongType>;
}
