//! SORT: the elements of a list, set or sorted set in an order of their own, or in that of other keys.

use crate::base::buffer::Owned;
use crate::base::number::{parse_i64, parse_wide_f64};
use crate::commands::joins;
use crate::keyspace::changes::Event;
use crate::keyspace::{Db, Slot};
use crate::resp::Args;
use crate::server::command::Flag::{DenyOom, MovableKeys, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Overwrite as Ow, ReadOnly as Ro, Update};
use crate::server::command::{Category, Command, KeySpec, Options};
use crate::server::keys::FoundKey;
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::hash::HashView;
use crate::store::collection::list::{List, ListView, Side};
use crate::store::collection::set::SetView;
use crate::store::collection::sorted_set::{SortedSet, SortedSetView};
use crate::store::object::{Collection, Element, WrongType};
use std::cmp::Ordering;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("sort", sort)
        .arity(-2)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[KeySpec::at(1, &[Ro, Access]), KeySpec::unknown(&[Ro, Access]), KeySpec::unknown(&[Ow, Update])])
        .finder(keys_of_sort)
        .syntax(
            "key [BY by-pattern=pattern#1] [LIMIT (limit: offset count)] [GET get-pattern=pattern#1]... [<order: ASC | \
             DESC>] [sorting:'ALPHA'] [STORE destination]",
        )
        .docs("Sorts the elements of a list, set or sorted set, and gives or stores them.")
        .complexity("O(N+M*log(M)) where N is the number of elements and M the number of those given")
        .categories(&[Category::Set, Category::SortedSet, Category::List, Category::Dangerous])
        .no_group_category()
        .since("1.0.0"),
    Command::new("sort_ro", sort_ro)
        .arity(-2)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::at(1, &[Ro, Access]), KeySpec::unknown(&[Ro, Access])])
        .syntax(
            "key [BY by-pattern=pattern#1] [LIMIT (limit: offset count)] [GET get-pattern=pattern#1]... [<order: ASC | \
             DESC>] [sorting:'ALPHA']",
        )
        .docs("Sorts the elements of a list, set or sorted set, and gives them.")
        .complexity("O(N+M*log(M)) where N is the number of elements and M the number of those given")
        .categories(&[Category::Set, Category::SortedSet, Category::List, Category::Dangerous])
        .no_group_category()
        .since("7.0.0"),
];

const SORTSTORE: Event = Event::new("sortstore", b'l');

/// The sorted key, and where the result goes. What BY and GET read cannot be told: they need the right to read every key.
fn keys_of_sort(args: Args, found: &mut Vec<FoundKey>) {
    found.push(FoundKey::new(1, &[Ro, Access]));
    let (mut at, mut target) = (2, None);
    while at < args.len() {
        match args.get(at).to_ascii_uppercase().as_slice() {
            b"LIMIT" => at += 2,
            b"GET" | b"BY" => at += 1,
            // As in Redis, the last one counts, and what follows the word is looked at again.
            b"STORE" if at + 1 < args.len() => target = Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    found.extend(target.map(|at| FoundKey::new(at, &[Ow, Update])));
}

/// What SORT is asked for.
struct Order<'a> {
    by: Option<&'a [u8]>,
    /// Offset and count; negative ones stand for the beginning and for all.
    limit: Option<(i64, i64)>,
    get: Vec<&'a [u8]>,
    is_descending: bool,
    is_alpha: bool,
    store: Option<&'a [u8]>,
}

impl Order<'_> {
    /// Whether the sorted key is all that is read, and nothing is written.
    fn needs_no_keys(&self) -> bool {
        self.store.is_none() && (self.by.is_none() || self.keeps_order()) && self.get.iter().all(|get| *get == b"#")
    }

    /// BY a pattern without a `*`: as it comes.
    fn keeps_order(&self) -> bool {
        self.by.is_some_and(|pattern| !pattern.contains(&b'*'))
    }
}

fn order(args: Args, may_store: bool, reads_all: bool) -> Result<Order, Error> {
    let mut o = Order { by: None, limit: None, get: Vec::new(), is_descending: false, is_alpha: false, store: None };
    let mut rest = args.cursor(2);
    while let Some(word) = rest.word() {
        match &*word {
            b"ASC" => o.is_descending = false,
            b"DESC" => o.is_descending = true,
            b"ALPHA" => o.is_alpha = true,
            b"LIMIT" if rest.left() >= 2 => {
                let offset = parse_i64(rest.need()?).ok_or(Error::NotInteger)?;
                let count = parse_i64(rest.need()?).ok_or(Error::NotInteger)?;
                o.limit = Some((offset, count));
            }
            b"BY" => {
                let pattern = rest.need()?;
                if pattern.contains(&b'*') && !reads_all {
                    return Err(Error::Text("ERR BY option of SORT denied due to insufficient ACL permissions."));
                }
                o.by = Some(pattern);
            }
            b"GET" => {
                let pattern = rest.need()?;
                if pattern != b"#" && !reads_all {
                    return Err(Error::Text("ERR GET option of SORT denied due to insufficient ACL permissions."));
                }
                o.get.push(pattern);
            }
            b"STORE" if may_store => o.store = Some(rest.need()?),
            _ => return Err(Error::Syntax),
        }
    }
    Ok(o)
}

/// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE destination]
fn sort(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, true)
}

/// `SORT_RO` key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA]
fn sort_ro(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, false)
}

fn run(ctx: &mut Ctx, args: Args, may_store: bool) -> Done {
    let reads_all = ctx.server.may_read_all(ctx.client, ctx.command, args);
    let mut order = order(args, may_store, reads_all)?;
    let mut db = ctx.server.db(ctx.db);
    let mut slot = db.read(args.get(1));
    // As in Redis, a sorted set that is sorted once remains a skiplist.
    if db.entry(slot).is_some_and(|entry| entry.type_name() == "zset" && entry.encoding_name() != "skiplist") {
        let limits = db.limits();
        // Nobody is told: the data is the same.
        _ = db.edit(slot, args.get(1), |set: &mut SortedSet| set.make_skiplist(&limits))?;
        slot = db.locate(args.get(1));
    }
    if order.needs_no_keys()
        && let Some(job) = in_slices(ctx, slot, &order)?
    {
        return ctx.stream(args, Box::new(job));
    }
    let mut db = ctx.server.db(ctx.db);
    let mut elements: Vec<Owned> = Vec::new();
    let mut is_set = false;
    if let Some(entry) = db.entry(slot) {
        match entry.type_name() {
            "list" | "zset" => {}
            "set" => is_set = true,
            _ => return Err(Error::WrongType),
        }
        entry.value().each(&mut |element| {
            if let Element::Item(text) | Element::Member(text) | Element::Scored(text, _) = element {
                elements.push(Owned::of(text));
            }
        });
    }
    // A set has no order that the result of a STORE could have each time, so it gets one.
    if order.keeps_order() && is_set && order.store.is_some() {
        (order.by, order.is_alpha) = (None, true);
    }
    if !order.keeps_order() {
        elements = sorted(&mut db, elements, &order)?;
    } else if order.is_descending && !is_set {
        elements.reverse();
    }
    let elements = &elements[limited(order.limit, elements.len())];
    let Some(target) = order.store else {
        let n = elements.len().checked_mul(order.get.len().max(1)).expect("far fewer than 2^64");
        ctx.reply.array(n);
        let mut found = Owned::Bytes(Vec::new());
        for element in elements {
            if order.get.is_empty() {
                ctx.reply.text(element.text());
            }
            for pattern in &order.get {
                let mut db = ctx.server.db(ctx.db);
                if look_up(&mut db, pattern, element, &mut found) {
                    ctx.reply.text(found.text());
                } else {
                    ctx.reply.null();
                }
            }
        }
        return Ok(Flow::Done);
    };
    let list = gathered(&mut db, elements, &order.get);
    let n = list.count();
    db.put_result(target, list, SORTSTORE, n as u64);
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}

/// The reply in slices, if there are so many elements that it is worth it.
fn in_slices(ctx: &mut Ctx, slot: Slot, order: &Order) -> Result<Option<joins::Sort>, Error> {
    let db = ctx.server.db(ctx.db);
    let Some(entry) = db.entry(slot) else { return Ok(None) };
    let (len, is_set) = match entry.type_name() {
        "list" => (db.view::<ListView>(slot)?.map_or(0, ListView::len), false),
        "zset" => (db.view::<SortedSetView>(slot)?.map_or(0, SortedSetView::len), false),
        "set" => (db.view::<SetView>(slot)?.map_or(0, SetView::len), true),
        _ => return Err(Error::WrongType),
    };
    if !ctx.streams(len) {
        return Ok(None);
    }
    let db = ctx.server.db(ctx.db);
    let keeps_order = order.keeps_order();
    let sorting = joins::Sorting {
        is_alpha: order.is_alpha,
        // The order of a set is none that could be turned round.
        is_descending: order.is_descending && !(keeps_order && is_set),
        keeps_order,
        times: order.get.len().max(1),
    };
    let held = db.entry(slot).and_then(joins::Held::of);
    Ok(held.map(|held| joins::Sort::new(held, sorting, limited(order.limit, len))))
}

/// The result as a list; what GET does not find is stored as an empty string.
fn gathered(db: &mut Db, elements: &[Owned], patterns: &[&[u8]]) -> List {
    let limits = db.limits();
    let mut list = List::create(Vec::new());
    let mut found = Owned::Bytes(Vec::new());
    for element in elements {
        if patterns.is_empty() {
            list.prepare(1, element.len(), &limits);
            list.push(Side::Right, element.text());
        }
        for pattern in patterns {
            if !look_up(db, pattern, element, &mut found) {
                found = Owned::Bytes(Vec::new());
            }
            list.prepare(1, found.len(), &limits);
            list.push(Side::Right, found.text());
        }
    }
    list
}

/// The part that LIMIT leaves.
fn limited(limit: Option<(i64, i64)>, len: usize) -> std::ops::Range<usize> {
    let Some((offset, count)) = limit else { return 0..len };
    let start = usize::try_from(offset).unwrap_or(0).min(len);
    let count = usize::try_from(count).unwrap_or(len);
    start..start.saturating_add(count).min(len)
}

/// What an element is sorted by.
enum Weight {
    Number(f64),
    Text(Option<Owned>),
}

fn sorted(db: &mut Db, elements: Vec<Owned>, order: &Order) -> Result<Vec<Owned>, Error> {
    let mut weighed = Vec::with_capacity(elements.len());
    let mut is_wrong = false;
    for element in elements {
        let mut found = Owned::Bytes(Vec::new());
        let text = match order.by {
            None => Some(element.text()),
            Some(pattern) => look_up(db, pattern, &element, &mut found).then(|| found.text()),
        };
        let weight = match (order.is_alpha, text) {
            // Without BY the element itself decides, last.
            (true, _) if order.by.is_none() => Weight::Text(None),
            (true, text) => Weight::Text(text.map(Owned::of)),
            (false, None) => Weight::Number(0.0),
            (false, Some(text)) => {
                let number = text.with(parse_wide_f64);
                // The rest is looked up all the same, as Redis does: misses are counted and told of.
                is_wrong |= number.is_none();
                Weight::Number(number.unwrap_or(0.0))
            }
        };
        weighed.push((weight, element));
    }
    if is_wrong {
        return Err(Error::Text("ERR One or more scores can't be converted into double"));
    }
    weighed.sort_by(|(a, left), (b, right)| {
        let by_weight = match (a, b) {
            (Weight::Number(a), Weight::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Weight::Text(Some(a)), Weight::Text(Some(b))) => compare(a, b),
            // Nothing comes first.
            (Weight::Text(a), Weight::Text(b)) => a.is_some().cmp(&b.is_some()),
            _ => Ordering::Equal,
        };
        // Texts of other keys that are equal, or missing, leave the order as it was.
        let is_decided = order.is_alpha && order.by.is_some();
        let ordering = if is_decided { by_weight } else { by_weight.then_with(|| compare(left, right)) };
        if order.is_descending { ordering.reverse() } else { ordering }
    });
    Ok(weighed.into_iter().map(|(_, element)| element).collect())
}

fn compare(a: &Owned, b: &Owned) -> Ordering {
    a.text().with(|a| b.text().with(|b| a.cmp(b)))
}

/// What a pattern stands for: `#` the element itself; otherwise its first `*` is replaced by the element, and the key of that name
/// holds a string, or `key->field` a field of a hash. False if there is nothing.
fn look_up(db: &mut Db, pattern: &[u8], element: &Owned, found: &mut Owned) -> bool {
    if pattern == b"#" {
        *found = element.clone();
        return true;
    }
    let Some(star) = memchr::memchr(b'*', pattern) else { return false };
    let arrow = memchr::memmem::find(&pattern[star..], b"->").map(|at| star + at).filter(|at| at + 2 < pattern.len());
    let end = arrow.unwrap_or(pattern.len());
    let key = element.text().with(|element| [&pattern[..star], element, &pattern[star + 1..end]].concat());
    let slot = db.read(&key);
    let text: Result<Option<Owned>, WrongType> = match arrow {
        None => db.text_of(slot).map(|text| text.map(Owned::of)),
        Some(arrow) => {
            let now = db.now();
            db.view::<HashView>(slot).map(|hash| {
                let (value, deadline) = hash?.get(&pattern[arrow + 2..])?;
                deadline.is_none_or(|deadline| deadline > now).then(|| Owned::of(value))
            })
        }
    };
    match text {
        Ok(Some(text)) => {
            *found = text;
            true
        }
        Ok(None) | Err(WrongType) => false,
    }
}
