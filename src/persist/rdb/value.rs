//! A value from the bytes that its type has in the RDB format.
//!
//! It comes in the form that the limits ask for, whatever form the file has, as Redis does it: packed blocks are unpacked if they
//! hold too many elements, or, where they are of old kinds, too long ones; what lies loose is packed if it is small.

use super::input::Input;
use super::{Broken, Cause, Damage, kind, listpack, ziplist};
use crate::base::buffer::{Buffer, Text};
use crate::base::number::{parse_f64, parse_i64};
use crate::keyspace::db::value_from;
use crate::store::collection::bulk::Bulk;
use crate::store::collection::hash::Hash;
use crate::store::collection::list::{List, Side};
use crate::store::collection::set::Set;
use crate::store::collection::sorted_set::SortedSet;
use crate::store::entry::{INLINE_MAX, NewValue};
use crate::store::intset;
use crate::store::members::{self, Deadline, Members};
use crate::store::object::{Collection, Limits, Loose, Twice};
use crate::store::packed::{self, COUNT_MAX, HEADER, Kind, Needle};
use crate::store::sorted_set::Outcome;
use std::io::Read;

/// Deadlines of fields are below this, in Unix milliseconds.
const FIELD_DEADLINE_END: i64 = 1 << 48;

/// Memory that is used again for each value.
#[derive(Default)]
pub struct Scratch {
    first: Vec<u8>,
    second: Vec<u8>,
    /// A packed block as it is in the file.
    theirs: Vec<u8>,
    /// And as it is here.
    ours: Vec<u8>,
}

impl Scratch {
    /// Gives up what a value of unusual size left behind.
    pub fn trim(&mut self) {
        const KEPT: usize = 1 << 20;
        for bytes in [&mut self.first, &mut self.second, &mut self.theirs, &mut self.ours] {
            if bytes.capacity() > KEPT {
                *bytes = Vec::new();
            }
        }
    }
}

/// Elements of a packed block of either sort.
enum Block<'a> {
    Listpack(listpack::Iter<'a>),
    Ziplist(ziplist::Iter<'a>),
}

impl<'a> Block<'a> {
    fn next(&mut self) -> Result<Option<Text<'a>>, Broken> {
        match self {
            Block::Listpack(elements) => elements.next(),
            Block::Ziplist(elements) => elements.next(),
        }
    }

    fn need(&mut self) -> Result<Text<'a>, Broken> {
        match self {
            Block::Listpack(elements) => elements.need(),
            Block::Ziplist(elements) => elements.need(),
        }
    }

    fn announced(&self) -> usize {
        match self {
            Block::Listpack(elements) => elements.announced(),
            Block::Ziplist(elements) => elements.announced(),
        }
    }
}

const TWICE_FIELD: Broken = Broken("a field is there twice");
const TWICE_MEMBER: Broken = Broken("a member is there twice");
const NO_SCORE: Broken = Broken("a score is not a number");
const BAD_DEADLINE: Broken = Broken("the deadline of a field is impossible");

/// Reads a value of a type; none if it is an empty collection. `valkey`: types are numbered as in Valkey's versions.
pub fn read<'s, R: Read>(
    input: &mut Input<R>,
    of: u8,
    valkey: bool,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let unsupported = |input: &Input<R>, what| Err(input.damage(Cause::Unsupported, what));
    // As Redis has it, packed blocks of today's kinds stay packed however long their elements are.
    let any_length = Limits { set_value: usize::MAX, zset_value: usize::MAX, ..*limits };
    match of {
        kind::STRING => string(input, scratch).map(Some),
        kind::STREAM_1 | kind::STREAM_2 | kind::STREAM_3 | kind::STREAM_4 => {
            unsupported(input, "stream values are not supported yet".into())
        }
        kind::MODULE_1 | kind::MODULE_2 => {
            let name = module_name(input.length()?);
            unsupported(input, format!("values of modules are not supported, and this is one of {name}"))
        }
        kind::LIST => loose_list(input, limits, scratch),
        kind::LIST_QUICKLIST | kind::LIST_QUICKLIST_2 => quicklist(input, of, limits, scratch),
        kind::SET => loose_set(input, limits, scratch),
        kind::SET_INTSET => {
            let Scratch { theirs, ours, .. } = &mut *scratch;
            let block = block(input, theirs)?;
            let set = ints(block, limits, std::mem::take(ours)).map_err(|part| input.broken(part))?;
            close(set, scratch)
        }
        kind::ZSET | kind::ZSET_2 => loose_sorted_set(input, of, limits, scratch),
        kind::HASH => loose_hash(input, limits, scratch),
        kind::HASH_VALKEY if valkey => valkey_hash(input, limits, scratch),
        kind::HASH_METADATA | kind::HASH_METADATA_PRE if !valkey => metadata_hash(input, of, limits, scratch),
        kind::HASH_LISTPACK_EX | kind::HASH_LISTPACK_EX_PRE if !valkey => {
            if of == kind::HASH_LISTPACK_EX {
                // The earliest deadline, which may be out of date.
                input.array::<8>()?;
            }
            let Scratch { theirs, ours, .. } = &mut *scratch;
            let block = block(input, theirs)?;
            let hash = expiring_hash(block, limits, std::mem::take(ours)).map_err(|part| input.broken(part))?;
            close(hash, scratch)
        }
        kind::HASH_ZIPMAP => {
            let Scratch { theirs, ours, .. } = &mut *scratch;
            let block = block(input, theirs)?;
            let hash = zipmap(block, limits, std::mem::take(ours)).map_err(|part| input.broken(part))?;
            close(hash, scratch)
        }
        kind::LIST_ZIPLIST
        | kind::ZSET_ZIPLIST
        | kind::HASH_ZIPLIST
        | kind::HASH_LISTPACK
        | kind::ZSET_LISTPACK
        | kind::SET_LISTPACK => {
            let Scratch { theirs, ours, .. } = &mut *scratch;
            let (block, ours) = (block(input, theirs)?, std::mem::take(ours));
            let is_listpack = matches!(of, kind::HASH_LISTPACK | kind::ZSET_LISTPACK | kind::SET_LISTPACK);
            let elements = if is_listpack {
                listpack::read(block).map(Block::Listpack)
            } else {
                ziplist::read(block).map(Block::Ziplist)
            };
            let loose = elements.and_then(|elements| match of {
                kind::LIST_ZIPLIST => list(elements, limits, ours),
                kind::SET_LISTPACK => set(elements, &any_length, ours),
                kind::ZSET_LISTPACK => sorted_set(elements, &any_length),
                kind::ZSET_ZIPLIST => sorted_set(elements, limits),
                _ => hash(elements, limits, is_listpack, ours),
            });
            let loose = loose.map_err(|part| input.broken(part))?;
            close(loose, scratch)
        }
        _ => Err(input.corrupt(format!("there is no type of values with the number {of}"))),
    }
}

/// Nine letters and a version in 64 bits.
pub fn module_name(id: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..9).map(|n| char::from(LETTERS[(id >> (58 - 6 * n)) as usize & 63])).collect()
}

/// A collection as it goes into an entry; none if it is empty.
type Made = Option<Loose>;

fn made<C: Collection>(collection: C) -> Made {
    (!collection.is_empty()).then(|| collection.close())
}

fn close(made: Made, scratch: &mut Scratch) -> Result<Option<NewValue<'_>>, Damage> {
    Ok(match made {
        None => None,
        Some(Loose::Object(object)) => Some(NewValue::Object(object)),
        Some(Loose::Packed(block)) => {
            scratch.ours = block;
            Some(NewValue::Packed(&scratch.ours))
        }
    })
}

/// A big collection, now that all of it was read.
fn build<'s, R: Read>(input: &Input<R>, bulk: Bulk, twice: Broken) -> Result<Option<NewValue<'s>>, Damage> {
    match bulk.finish() {
        Ok(Loose::Object(object)) => Ok(Some(NewValue::Object(object))),
        Ok(Loose::Packed(_)) => unreachable!("what is big is no block"),
        Err(Twice) => Err(input.broken(twice)),
    }
}

fn block<'a, R: Read>(input: &mut Input<R>, into: &'a mut Vec<u8>) -> Result<&'a [u8], Damage> {
    match input.string(into)? {
        Text::Bytes(block) => Ok(block),
        _ => Err(input.corrupt("there is a number where a packed block has to be")),
    }
}

/// An element that may be kept as the number that it is.
fn element<'a, R: Read>(input: &mut Input<R>, into: &'a mut Vec<u8>) -> Result<Text<'a>, Damage> {
    let element = input.string(into)?;
    if element.len() > u32::MAX as usize {
        return Err(input.corrupt("a string is too long"));
    }
    Ok(element)
}

#[inline]
fn string<'s, R: Read>(input: &mut Input<R>, scratch: &'s mut Scratch) -> Result<NewValue<'s>, Damage> {
    let len = match input.string(&mut scratch.first)? {
        Text::Int(n) => return Ok(NewValue::Int(n)),
        text => text.len(),
    };
    if len <= INLINE_MAX {
        return Ok(value_from(&scratch.first, None));
    }
    let mut bytes = std::mem::take(&mut scratch.first);
    bytes.shrink_to_fit();
    Ok(NewValue::Buffer(Buffer::new(bytes)))
}

// ---- Lists ----------------------------------------------------------------------------------------------------------

fn push(list: &mut List, element: Text, limits: &Limits) {
    list.prepare(1, element.len(), limits);
    list.push(Side::Right, element);
}

fn list(mut elements: Block, limits: &Limits, ours: Vec<u8>) -> Result<Made, Broken> {
    let mut list = List::create(ours);
    while let Some(element) = elements.next()? {
        push(&mut list, element, limits);
    }
    Ok(made(list))
}

fn loose_list<'s, R: Read>(
    input: &mut Input<R>,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let mut list = List::create(std::mem::take(&mut scratch.ours));
    for _ in 0..input.size()? {
        push(&mut list, element(input, &mut scratch.first)?, limits);
    }
    close(made(list), scratch)
}

fn quicklist<'s, R: Read>(
    input: &mut Input<R>,
    of: u8,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let mut list = List::create(std::mem::take(&mut scratch.ours));
    for _ in 0..input.size()? {
        let is_plain = of == kind::LIST_QUICKLIST_2
            && match input.length()? {
                1 => true,
                2 => false,
                _ => return Err(input.corrupt("a node of a quicklist has an unknown form")),
            };
        if is_plain {
            let element = element(input, &mut scratch.first)?;
            // Only what is long has a node of its own.
            if element.is_empty() {
                return Err(input.corrupt("a node of a quicklist is empty"));
            }
            push(&mut list, element, limits);
            continue;
        }
        let block = block(input, &mut scratch.theirs)?;
        let elements = if of == kind::LIST_QUICKLIST_2 {
            listpack::read(block).map(Block::Listpack)
        } else {
            ziplist::read(block).map(Block::Ziplist)
        };
        let added = elements.and_then(|mut elements| {
            while let Some(element) = elements.next()? {
                push(&mut list, element, limits);
            }
            Ok(())
        });
        added.map_err(|part| input.broken(part))?;
    }
    close(made(list), scratch)
}

// ---- Sets -----------------------------------------------------------------------------------------------------------

fn loose_set<'s, R: Read>(
    input: &mut Input<R>,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let n = input.size()?;
    if let Some(mut set) = Bulk::set(n, limits) {
        for _ in 0..n {
            set.add(input.plain(&mut scratch.first)?).map_err(|Twice| input.broken(TWICE_MEMBER))?;
        }
        return build(input, Bulk::Set(set), TWICE_MEMBER);
    }
    let mut set = if n > limits.intset_entries {
        Set::Table(Box::new(Members::set(limits.hasher)))
    } else {
        Set::create(std::mem::take(&mut scratch.ours))
    };
    for _ in 0..n {
        if !set.add(input.plain(&mut scratch.first)?, limits) {
            return Err(input.broken(TWICE_MEMBER));
        }
    }
    close(made(set), scratch)
}

fn set(mut elements: Block, limits: &Limits, mut ours: Vec<u8>) -> Result<Made, Broken> {
    let mut set = if elements.announced() > limits.set_entries {
        Set::Table(Box::new(Members::set(limits.hasher)))
    } else {
        packed::begin(&mut ours, Kind::Set);
        Set::Packed(ours)
    };
    while let Some(member) = elements.next()? {
        if !member.with(|member| set.add(member, limits)) {
            return Err(TWICE_MEMBER);
        }
    }
    Ok(made(set))
}

fn ints(block: &[u8], limits: &Limits, mut ours: Vec<u8>) -> Result<Made, Broken> {
    let (head, bytes) = block.split_first_chunk::<8>().ok_or(Broken("an intset is shorter than its head"))?;
    let [width, n] = [0, 4].map(|at| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes")) as usize);
    if !matches!(width, 2 | 4 | 8) {
        return Err(Broken("the integers of an intset have an unknown width"));
    }
    if n.checked_mul(width) != Some(bytes.len()) {
        return Err(Broken("an intset is not as long as it says"));
    }
    // As it is in memory.
    ours.clear();
    ours.extend_from_slice(&[Kind::IntSet as u8, 0, 0, width as u8]);
    ours.extend_from_slice(bytes);
    let list = intset::iter(&ours[HEADER..]);
    if !list.is_sorted_by(|a, b| a < b) {
        return Err(Broken("the integers of an intset are not in order"));
    }
    if n > limits.intset_entries {
        let mut members = Members::set(limits.hasher);
        for n in intset::iter(&ours[HEADER..]) {
            members.add(itoa::Buffer::new().format(n).as_bytes());
        }
        return Ok(made(Set::Table(Box::new(members))));
    }
    Ok((n > 0).then_some(Loose::Packed(ours)))
}

// ---- Sorted sets ----------------------------------------------------------------------------------------------------

fn add_scored(set: &mut SortedSet, member: &[u8], score: f64, limits: &Limits) -> Result<(), Broken> {
    if score.is_nan() {
        return Err(NO_SCORE);
    }
    if set.insert(member, score, limits) == Outcome::Added { Ok(()) } else { Err(TWICE_MEMBER) }
}

fn sorted_set(mut elements: Block, limits: &Limits) -> Result<Made, Broken> {
    let mut set = SortedSet::for_members(elements.announced() / 2, 0, limits);
    while let Some(member) = elements.next()? {
        let score = match elements.need()? {
            Text::Int(n) => n as f64,
            text => text.with(parse_f64).ok_or(NO_SCORE)?,
        };
        member.with(|member| add_scored(&mut set, member, score, limits))?;
    }
    Ok(made(set))
}

fn loose_sorted_set<'s, R: Read>(
    input: &mut Input<R>,
    of: u8,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let n = input.size()?;
    let mut bulk = Bulk::sorted_set(n, limits);
    let mut set = SortedSet::for_members(n, 0, limits);
    for _ in 0..n {
        input.plain(&mut scratch.first)?;
        let score = if of == kind::ZSET_2 {
            f64::from_le_bytes(input.array()?)
        } else {
            match input.byte()? {
                253 => f64::NAN,
                254 => f64::INFINITY,
                255 => f64::NEG_INFINITY,
                len => {
                    scratch.second.clear();
                    input.append(len.into(), &mut scratch.second)?;
                    parse_f64(&scratch.second).ok_or_else(|| input.broken(NO_SCORE))?
                }
            }
        };
        let added = match &mut bulk {
            Some(_) if score.is_nan() => Err(NO_SCORE),
            Some(bulk) => bulk.add(&scratch.first, score).map_err(|Twice| TWICE_MEMBER),
            None => add_scored(&mut set, &scratch.first, score, limits),
        };
        added.map_err(|part| input.broken(part))?;
    }
    match bulk {
        Some(bulk) => build(input, Bulk::SortedSet(bulk), TWICE_MEMBER),
        None => close(made(set), scratch),
    }
}

// ---- Hashes ---------------------------------------------------------------------------------------------------------

fn add_field(hash: &mut Hash, field: &[u8], value: Text, deadline: Option<i64>, limits: &Limits) -> Result<(), Broken> {
    check_deadline(deadline)?;
    let deadline = deadline.map_or(Deadline::Clear, Deadline::At);
    if hash.set(field, value, deadline, limits) { Ok(()) } else { Err(TWICE_FIELD) }
}

fn check_deadline(deadline: Option<i64>) -> Result<(), Broken> {
    if deadline.is_none_or(|at| (1..FIELD_DEADLINE_END).contains(&at)) { Ok(()) } else { Err(BAD_DEADLINE) }
}

/// A hash on its way, which is built at the end if it is big.
enum Fields {
    Few(Hash),
    Many(members::Builder),
}

impl Fields {
    fn new(n: usize, limits: &Limits, scratch: &mut Scratch) -> Fields {
        if let Some(builder) = Bulk::hash(n, limits) {
            return Fields::Many(builder);
        }
        let mut hash = Hash::create(std::mem::take(&mut scratch.ours));
        hash.prepare(n, 0, limits);
        Fields::Few(hash)
    }

    fn add(&mut self, field: &[u8], value: Text, deadline: Option<i64>, limits: &Limits) -> Result<(), Broken> {
        match self {
            Fields::Few(hash) => {
                hash.prepare(1, field.len().max(value.len()), limits);
                add_field(hash, field, value, deadline, limits)
            }
            Fields::Many(builder) => {
                check_deadline(deadline)?;
                builder.insert(field, value, deadline).map_err(|Twice| TWICE_FIELD)
            }
        }
    }

    fn close<'s, R: Read>(self, input: &Input<R>, scratch: &'s mut Scratch) -> Result<Option<NewValue<'s>>, Damage> {
        match self {
            Fields::Few(hash) => close(made(hash), scratch),
            Fields::Many(builder) => build(input, Bulk::Hash(builder), TWICE_FIELD),
        }
    }
}

/// A field and its value, which are read next.
fn loose_field<R: Read>(
    input: &mut Input<R>,
    hash: &mut Fields,
    limits: &Limits,
    scratch: &mut Scratch,
    deadline: impl FnOnce(&mut Input<R>) -> Result<Option<i64>, Damage>,
) -> Result<(), Damage> {
    let Scratch { first, second, .. } = scratch;
    let field = input.plain(first)?;
    let value = element(input, second)?;
    let deadline = deadline(input)?;
    hash.add(field, value, deadline, limits).map_err(|part| input.broken(part))
}

fn loose_hash<'s, R: Read>(
    input: &mut Input<R>,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let n = input.size()?;
    let mut hash = Fields::new(n, limits, scratch);
    for _ in 0..n {
        loose_field(input, &mut hash, limits, scratch, |_| Ok(None))?;
    }
    hash.close(input, scratch)
}

/// Fields, values, deadlines in 64 bits; -1 for none.
fn valkey_hash<'s, R: Read>(
    input: &mut Input<R>,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let n = input.size()?;
    let mut hash = Fields::new(n, limits, scratch);
    for _ in 0..n {
        loose_field(input, &mut hash, limits, scratch, |input| {
            let at = i64::from_le_bytes(input.array()?);
            Ok((at != -1).then_some(at))
        })?;
    }
    hash.close(input, scratch)
}

/// Deadlines, fields, values; a deadline is 0 for none, else one more than it is after the earliest. Before Redis 7.4 was released it was
/// the time itself.
fn metadata_hash<'s, R: Read>(
    input: &mut Input<R>,
    of: u8,
    limits: &Limits,
    scratch: &'s mut Scratch,
) -> Result<Option<NewValue<'s>>, Damage> {
    let earliest = if of == kind::HASH_METADATA { i64::from_le_bytes(input.array()?) } else { 1 };
    let n = input.size()?;
    let mut hash = Fields::new(n, limits, scratch);
    for _ in 0..n {
        let deadline = match input.length()? {
            0 => None,
            after => {
                let at = i64::try_from(after - 1).ok().and_then(|after| earliest.checked_add(after));
                Some(at.ok_or_else(|| input.broken(BAD_DEADLINE))?)
            }
        };
        loose_field(input, &mut hash, limits, scratch, |_| Ok(deadline))?;
    }
    hash.close(input, scratch)
}

fn hash(mut elements: Block, limits: &Limits, any_length: bool, ours: Vec<u8>) -> Result<Made, Broken> {
    let mut hash = Hash::create(ours);
    hash.prepare(elements.announced() / 2, 0, limits);
    while let Some(field) = elements.next()? {
        let value = elements.need()?;
        if !any_length {
            hash.prepare(1, field.len().max(value.len()), limits);
        }
        field.with(|field| add_field(&mut hash, field, value, None, limits))?;
    }
    Ok(made(hash))
}

fn zipmap(block: &[u8], limits: &Limits, ours: Vec<u8>) -> Result<Made, Broken> {
    let mut pairs = ziplist::read_map(block)?;
    let mut hash = Hash::create(ours);
    while let Some([field, value]) = pairs.next()? {
        hash.prepare(1, field.len().max(value.len()), limits);
        add_field(&mut hash, field, Text::Bytes(value), None, limits)?;
    }
    Ok(made(hash))
}

/// Field, value, deadline (0 for none), the earliest deadline first. Where several are the same, their order stays.
fn expiring_hash(block: &[u8], limits: &Limits, ours: Vec<u8>) -> Result<Made, Broken> {
    let mut elements = listpack::read(block)?;
    let mut hash = Hash::create(ours);
    hash.prepare(elements.announced() / 3, 0, limits);
    hash.make_expiring();
    let mut last = 0;
    while let Some(field) = elements.next()? {
        let value = elements.need()?;
        let at = match elements.need()? {
            Text::Int(at) => at,
            text => text.with(parse_i64).ok_or(BAD_DEADLINE)?,
        };
        if !(0..FIELD_DEADLINE_END).contains(&at) {
            return Err(BAD_DEADLINE);
        }
        let order = if at == 0 { i64::MAX } else { at };
        if order < last {
            return Err(Broken("deadlines of fields are not in order"));
        }
        last = order;
        if let Hash::Packed(block) = &mut hash
            && packed::count(block) < COUNT_MAX / 4
        {
            if field.with(|field| packed::find(block, HEADER, 3, Needle::new(field)).is_some()) {
                return Err(TWICE_FIELD);
            }
            packed::encode_text(block, field);
            packed::encode_text(block, value);
            packed::encode_int(block, at);
            let n = packed::count(block) + 3;
            packed::set_count(block, n);
        } else {
            field.with(|field| add_field(&mut hash, field, value, (at != 0).then_some(at), limits))?;
        }
    }
    Ok(made(hash))
}
