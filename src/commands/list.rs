//! The commands on lists.
//!
//! The blocking ones do what their plain forms do if there is something to take; if not, their client waits, and the same request runs again when
//! one of its keys may serve it (see `server/blocked.rs`).

use crate::base::buffer::Owned;
use crate::base::number::parse_i64;
use crate::commands::options::{count, first_key, keys_end_count, range, symmetric};
use crate::commands::streams::{Ordered, frozen};
use crate::keyspace::Slot;
use crate::keyspace::changes::Event;
use crate::resp::{Args, Cursor};
use crate::server::blocked::Instead;
use crate::server::command::Flag::{Blocking, DenyOom, Fast, MovableKeys, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Delete, Insert, ReadOnly as Ro, ReadWrite as Rw, Update};
use crate::server::command::{Command, KeySpec, Options};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::list::{List, ListView, Side};
use crate::store::list::Direction;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("blmove", blmove)
        .arity(6)
        .flags(&[Write, DenyOom, Blocking])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Rw, Insert])])
        .syntax("source destination <wherefrom: LEFT | RIGHT> <whereto: LEFT | RIGHT> timeout")
        .docs("Moves an element from one list to another; waits for one if there is none.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("blmpop", blmpop)
        .arity(-5)
        .flags(&[Write, Blocking, MovableKeys])
        .keys(&[KeySpec::counted(2, &[Rw, Access, Delete])])
        .syntax("timeout numkeys key ... <where: LEFT | RIGHT> [COUNT count]")
        .docs("Takes elements off the first of several lists that has some; waits if none has.")
        .complexity("O(N+M) where N is the number of keys and M the number of elements taken")
        .since("7.0.0"),
    Command::new("blpop", blpop)
        .arity(-3)
        .flags(&[Write, Blocking])
        .keys(&[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])])
        .syntax("key ... timeout")
        .docs("Takes the head of the first of several lists that has one; waits if none has.")
        .complexity("O(N) where N is the number of keys")
        .since("2.0.0")
        .history(&[("6.0.0", "The timeout may have a fraction.")]),
    Command::new("brpop", brpop)
        .arity(-3)
        .flags(&[Write, Blocking])
        .keys(&[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])])
        .syntax("key ... timeout")
        .docs("Takes the tail of the first of several lists that has one; waits if none has.")
        .complexity("O(N) where N is the number of keys")
        .since("2.0.0")
        .history(&[("6.0.0", "The timeout may have a fraction.")]),
    Command::new("brpoplpush", brpoplpush)
        .arity(4)
        .flags(&[Write, DenyOom, Blocking])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Rw, Insert])])
        .syntax("source destination timeout")
        .docs("Moves the tail of one list to the head of another; waits for one if there is none.")
        .complexity("O(1)")
        .since("2.2.0")
        .history(&[("6.0.0", "The timeout may have a fraction.")])
        .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments"),
    Command::new("lindex", lindex)
        .arity(3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key index")
        .docs("Gives the element at an index; negative ones count from the tail.")
        .complexity("O(log N) where N is the length of the list")
        .since("1.0.0"),
    Command::new("linsert", linsert)
        .arity(5)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key <where: BEFORE | AFTER> pivot element")
        .docs("Puts an element before or behind the first one that equals a pivot.")
        .complexity("O(N) where N is the number of elements before the pivot")
        .since("2.2.0"),
    Command::new("llen", llen)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Gives the length of a list.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("lmove", lmove)
        .arity(5)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Rw, Insert])])
        .syntax("source destination <wherefrom: LEFT | RIGHT> <whereto: LEFT | RIGHT>")
        .docs("Moves an element from an end of one list to an end of another.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("lmpop", lmpop)
        .arity(-4)
        .flags(&[Write, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Rw, Access, Delete])])
        .syntax("numkeys key ... <where: LEFT | RIGHT> [COUNT count]")
        .docs("Takes elements off the first of several lists that has some.")
        .complexity("O(N+M) where N is the number of keys and M the number of elements taken")
        .since("7.0.0"),
    Command::new("lpop", lpop)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .syntax("key [count]@6.2.0")
        .docs("Takes elements off the head of a list.")
        .complexity("O(N) where N is the number of elements taken")
        .since("1.0.0")
        .history(&[("6.2.0", "`count` came.")]),
    Command::new("lpos", lpos)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key element [RANK rank] [COUNT num-matches] [MAXLEN len]")
        .docs("Finds the indices of elements that equal one.")
        .complexity("O(N) where N is the length of the list")
        .since("6.0.6"),
    Command::new("lpush", lpush)
        .arity(-3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key element ...")
        .docs("Puts elements before the head of a list, one after the other.")
        .complexity("O(1) for each element")
        .since("1.0.0")
        .history(&[("2.4.0", "Several elements may be given.")]),
    Command::new("lpushx", lpushx)
        .arity(-3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key element ...")
        .docs("Puts elements before the head of a list that exists.")
        .complexity("O(1) for each element")
        .since("2.2.0")
        .history(&[("4.0.0", "Several elements may be given.")]),
    Command::new("lrange", lrange)
        .arity(4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key start stop")
        .docs("Gives the elements of a range of indices.")
        .complexity("O(log N + M) where N is the length of the list and M the number of elements given")
        .since("1.0.0"),
    Command::new("lrem", lrem)
        .arity(4)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key count element")
        .docs("Removes elements that equal one: the first ones, the last ones, or all.")
        .complexity("O(N+M) where N is the length of the list and M the number of elements removed")
        .since("1.0.0"),
    Command::new("lset", lset)
        .arity(4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key index element")
        .docs("Replaces the element at an index.")
        .complexity("O(log N) where N is the length of the list")
        .since("1.0.0"),
    Command::new("ltrim", ltrim)
        .arity(4)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key start stop")
        .docs("Removes all elements outside a range of indices.")
        .complexity("O(log N) where N is the length of the list; what is cut off is freed elsewhere")
        .since("1.0.0"),
    Command::new("rpop", rpop)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .syntax("key [count]@6.2.0")
        .docs("Takes elements off the tail of a list.")
        .complexity("O(N) where N is the number of elements taken")
        .since("1.0.0")
        .history(&[("6.2.0", "`count` came.")]),
    Command::new("rpoplpush", rpoplpush)
        .arity(3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Rw, Insert])])
        .syntax("source destination")
        .docs("Moves the tail of one list to the head of another.")
        .complexity("O(1)")
        .since("1.2.0")
        .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments"),
    Command::new("rpush", rpush)
        .arity(-3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key element ...")
        .docs("Puts elements behind the tail of a list, one after the other.")
        .complexity("O(1) for each element")
        .since("1.0.0")
        .history(&[("2.4.0", "Several elements may be given.")]),
    Command::new("rpushx", rpushx)
        .arity(-3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key element ...")
        .docs("Puts elements behind the tail of a list that exists.")
        .complexity("O(1) for each element")
        .since("2.2.0")
        .history(&[("4.0.0", "Several elements may be given.")]),
];

const LPUSH: Event = Event::new("lpush", b'l');
const RPUSH: Event = Event::new("rpush", b'l');
const LPOP: Event = Event::new("lpop", b'l');
const RPOP: Event = Event::new("rpop", b'l');
const LINSERT: Event = Event::new("linsert", b'l');
const LSET: Event = Event::new("lset", b'l');
const LREM: Event = Event::new("lrem", b'l');
const LTRIM: Event = Event::new("ltrim", b'l');

fn pushed(side: Side) -> Event {
    if side == Side::Left { LPUSH } else { RPUSH }
}

fn popped(side: Side) -> Event {
    if side == Side::Left { LPOP } else { RPOP }
}

/// LEFT or RIGHT.
fn side(word: &[u8]) -> Result<Side, Error> {
    if word.eq_ignore_ascii_case(b"LEFT") {
        Ok(Side::Left)
    } else if word.eq_ignore_ascii_case(b"RIGHT") {
        Ok(Side::Right)
    } else {
        Err(Error::Syntax)
    }
}

/// LPUSH key element [element ...]
fn lpush(ctx: &mut Ctx, args: Args) -> Done {
    push(ctx, args, Side::Left, false)
}

/// RPUSH key element [element ...]
fn rpush(ctx: &mut Ctx, args: Args) -> Done {
    push(ctx, args, Side::Right, false)
}

/// LPUSHX key element [element ...]
fn lpushx(ctx: &mut Ctx, args: Args) -> Done {
    push(ctx, args, Side::Left, true)
}

/// RPUSHX key element [element ...]
fn rpushx(ctx: &mut Ctx, args: Args) -> Done {
    push(ctx, args, Side::Right, true)
}

fn push(ctx: &mut Ctx, args: Args, side: Side, must_exist: bool) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if must_exist && !slot.is_found() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let (elements, limits) = (args.from(2), db.limits());
    if elements.len() == 1
        && let Some(list) = db.view::<ListView>(slot)?
        && let Some(offset) = list.room_at(side, elements.text(0), &limits)
    {
        let len = list.len() + 1;
        db.insert_packed(slot, offset, elements.text(0));
        db.changed(key, pushed(side), 1);
        ctx.reply.int(len as i64);
        return Ok(Flow::Done);
    }
    let bytes = elements.iter().map(<[u8]>::len).sum();
    let (len, edited) = db.edit(slot, key, |list: &mut List| {
        list.prepare(elements.len(), bytes, &limits);
        for i in 0..elements.len() {
            list.push(side, elements.text(i));
        }
        list.count()
    })?;
    db.edited(key, edited, pushed(side), elements.len() as u64);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// LPOP key [count]
fn lpop(ctx: &mut Ctx, args: Args) -> Done {
    pop(ctx, args, Side::Left)
}

/// RPOP key [count]
fn rpop(ctx: &mut Ctx, args: Args) -> Done {
    pop(ctx, args, Side::Right)
}

fn pop(ctx: &mut Ctx, args: Args, side: Side) -> Done {
    if args.len() > 3 {
        return Err(Error::Arity(ctx.command_name()));
    }
    let count = match args.iter().nth(2) {
        None => None,
        Some(text) => Some(count(text)?),
    };
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(list) = db.view::<ListView>(slot)? else {
        if count.is_some() {
            ctx.reply.null_array();
        } else {
            ctx.reply.null();
        }
        return Ok(Flow::Done);
    };
    let Some(count) = count else {
        pop_into(ctx, slot, key, side, 1)?;
        return Ok(Flow::Done);
    };
    let n = count.min(list.len());
    ctx.reply.array(n);
    pop_into(ctx, slot, key, side, n)?;
    Ok(Flow::Done)
}

/// So many elements are popped one by one; more are cut off at once.
const FEW: usize = 64;

/// Takes `n` elements off a list that has them, and appends each to the reply.
fn pop_into(ctx: &mut Ctx, slot: Slot, key: &[u8], side: Side, n: usize) -> Result<(), Error> {
    if n == 0 {
        return Ok(());
    }
    let reply = &mut *ctx.reply;
    let mut db = ctx.server.db(ctx.db);
    // In its place, if no room is gained by it.
    let in_place = match db.view::<ListView>(slot)? {
        Some(list) if n == 1 && list.len() > 1 => list.packed_end(side).map(|(element, range)| {
            reply.text(element);
            range
        }),
        _ => None,
    };
    let is_told = in_place.is_some();
    if let Some(range) = in_place
        && db.remove_packed(slot, range)
    {
        db.changed(key, popped(side), 1);
        return Ok(());
    }
    let limits = db.limits();
    let (cut, edited) = db.edit(slot, key, |list: &mut List| {
        if n <= FEW {
            for _ in 0..n {
                list.pop(side, |element| {
                    if !is_told {
                        reply.text(element);
                    }
                });
            }
            list.shrunk(&limits);
            return Default::default();
        }
        let len = list.count();
        match side {
            Side::Left => list.view().each(0..n, |element| reply.text(element)),
            Side::Right => list.view().each_back(len - n..len, |element| reply.text(element)),
        }
        list.keep(if side == Side::Left { n..len } else { 0..len - n }, &limits)
    })?;
    db.edited(key, edited, popped(side), n as u64);
    cut.into_iter().flatten().for_each(|part| db.discard_object(part));
    Ok(())
}

/// LLEN key
fn llen(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let len = db.view::<ListView>(slot)?.map_or(0, ListView::len);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// LRANGE key start stop
fn lrange(ctx: &mut Ctx, args: Args) -> Done {
    let start = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let stop = parse_i64(args.get(3)).ok_or(Error::NotInteger)?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(list) = db.view::<ListView>(slot)? else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    let range = range(start, stop, list.len());
    ctx.reply.array(range.len());
    if ctx.streams(range.len())
        && let Some(object) = frozen(ctx.server.db(ctx.db).entry(slot))
    {
        return ctx.stream(args, Box::new(Ordered { object, ranks: range, is_reverse: false, with_scores: false }));
    }
    let db = ctx.server.db(ctx.db);
    let Some(list) = db.view::<ListView>(slot)? else { return Ok(Flow::Done) };
    list.each(range, |element| ctx.reply.text(element));
    Ok(Flow::Done)
}

/// The place of an index that may count from the end; none before the beginning.
fn index(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(len as i64)? } else { index };
    usize::try_from(index).ok()
}

/// LINDEX key index
fn lindex(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(list) = db.view::<ListView>(slot)? else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    let at = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let found = index(at, list.len()).and_then(|at| list.get(at, |element| ctx.reply.text(element)));
    if found.is_none() {
        ctx.reply.null();
    }
    Ok(Flow::Done)
}

/// LSET key index element
fn lset(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(list) = db.view::<ListView>(slot)? else { return Err(Error::NoSuchKey) };
    // As in Redis, only the lower 32 bits of the index count here.
    let at = parse_i64(args.get(2)).ok_or(Error::NotInteger)? as i32;
    let out_of_range = Error::Text("ERR index out of range");
    let Some(at) = index(at.into(), list.len()).filter(|&at| at < list.len()) else { return Err(out_of_range) };
    let limits = db.limits();
    let (_, edited) = db.edit(slot, key, |list: &mut List| list.set(at, args.text(3), &limits))?;
    db.edited(key, edited, LSET, 1);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// LINSERT key BEFORE | AFTER pivot element
fn linsert(ctx: &mut Ctx, args: Args) -> Done {
    let behind = match args.get(2) {
        word if word.eq_ignore_ascii_case(b"BEFORE") => 0,
        word if word.eq_ignore_ascii_case(b"AFTER") => 1,
        _ => return Err(Error::Syntax),
    };
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(list) = db.view::<ListView>(slot)? else {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    };
    let mut pivot = None;
    list.matches(args.get(3), Direction::Forward, usize::MAX, |at| {
        pivot = Some(at);
        true
    });
    let Some(pivot) = pivot else {
        ctx.reply.int(-1);
        return Ok(Flow::Done);
    };
    let limits = db.limits();
    let (len, edited) = db.edit(slot, key, |list: &mut List| {
        list.insert(pivot + behind, args.text(4), &limits);
        list.count()
    })?;
    db.edited(key, edited, LINSERT, 1);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// LREM key count element
fn lrem(ctx: &mut Ctx, args: Args) -> Done {
    let count = symmetric(args.get(2))?;
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if db.view::<ListView>(slot)?.is_none() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let direction = if count < 0 { Direction::Backward } else { Direction::Forward };
    let at_most = if count == 0 { usize::MAX } else { count.unsigned_abs() as usize };
    let limits = db.limits();
    let (removed, edited) =
        db.edit(slot, key, |list: &mut List| list.remove_all(args.get(3), at_most, direction, &limits))?;
    if removed > 0 {
        db.edited(key, edited, LREM, removed as u64);
    }
    ctx.reply.int(removed as i64);
    Ok(Flow::Done)
}

/// LTRIM key start stop
fn ltrim(ctx: &mut Ctx, args: Args) -> Done {
    let start = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let stop = parse_i64(args.get(3)).ok_or(Error::NotInteger)?;
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(list) = db.view::<ListView>(slot)? else {
        ctx.reply.ok();
        return Ok(Flow::Done);
    };
    let len = list.len();
    let kept = range(start, stop, len);
    let removed = len - kept.len();
    let limits = db.limits();
    let (cut, edited) = db.edit(slot, key, |list: &mut List| list.keep(kept, &limits))?;
    db.edited(key, edited, LTRIM, removed as u64);
    cut.into_iter().flatten().for_each(|part| db.discard_object(part));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// What LPOS is asked for.
struct Search {
    /// Matches to pass over, and from which end.
    skip: u64,
    direction: Direction,
    /// How many to give, in an array; `None`: one, by itself.
    count: Option<usize>,
    max_len: usize,
}

fn search(mut options: Cursor) -> Result<Search, Error> {
    let mut search = Search { skip: 0, direction: Direction::Forward, count: None, max_len: usize::MAX };
    while let Some(word) = options.word() {
        match &*word {
            b"RANK" => {
                let rank = symmetric(options.need()?)?;
                if rank == 0 {
                    return Err(Error::Text(
                        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
                         negative to start from the end of the list",
                    ));
                }
                search.skip = rank.unsigned_abs() - 1;
                search.direction = if rank < 0 { Direction::Backward } else { Direction::Forward };
            }
            b"COUNT" => {
                let count = parse_i64(options.need()?).and_then(|n| usize::try_from(n).ok());
                let count = count.ok_or(Error::Text("ERR COUNT can't be negative"))?;
                search.count = Some(if count == 0 { usize::MAX } else { count });
            }
            b"MAXLEN" => {
                let most = parse_i64(options.need()?).and_then(|n| usize::try_from(n).ok());
                let most = most.ok_or(Error::Text("ERR MAXLEN can't be negative"))?;
                search.max_len = if most == 0 { usize::MAX } else { most };
            }
            _ => return Err(Error::Syntax),
        }
    }
    Ok(search)
}

/// LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]
fn lpos(ctx: &mut Ctx, args: Args) -> Done {
    let Search { mut skip, direction, count, max_len } = search(args.cursor(3))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let list = db.view::<ListView>(slot)?;
    let wanted = count.unwrap_or(1);
    let mut found = Vec::new();
    if let Some(list) = list {
        list.matches(args.get(2), direction, max_len, |at| {
            if skip > 0 {
                skip -= 1;
            } else {
                found.push(at);
            }
            found.len() == wanted
        });
    }
    match (count, found.first()) {
        (Some(_), _) => {
            ctx.reply.array(found.len());
            for at in found {
                ctx.reply.int(at as i64);
            }
        }
        (None, Some(&at)) => ctx.reply.int(at as i64),
        (None, None) => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// LMOVE source destination LEFT | RIGHT LEFT | RIGHT
fn lmove(ctx: &mut Ctx, args: Args) -> Done {
    let (from, to) = (side(args.get(3))?, side(args.get(4))?);
    if !transfer(ctx, args, from, to)? {
        ctx.reply.null();
    }
    Ok(Flow::Done)
}

/// RPOPLPUSH source destination
fn rpoplpush(ctx: &mut Ctx, args: Args) -> Done {
    if !transfer(ctx, args, Side::Right, Side::Left)? {
        ctx.reply.null();
    }
    Ok(Flow::Done)
}

/// Moves an element and replies it; false if there is none.
fn transfer(ctx: &mut Ctx, args: Args, from: Side, to: Side) -> Result<bool, Error> {
    let (source, target) = (args.get(1), args.get(2));
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(source);
    if db.view::<ListView>(slot)?.is_none() {
        return Ok(false);
    }
    let limits = db.limits();
    let reply = &mut *ctx.reply;
    if source == target {
        let ((), edited) = db.edit(slot, source, |list: &mut List| {
            if let Some(element) = list.pop(from, Owned::of) {
                list.prepare(1, element.len(), &limits);
                list.push(to, element.text());
                list.shrunk(&limits);
                reply.text(element.text());
            }
        })?;
        db.edited(target, edited, pushed(to), 1);
        db.edited(source, edited, popped(from), 0);
        return Ok(true);
    }
    // The target's type is known before anything is taken.
    let there = db.write(target);
    db.view::<ListView>(there)?;
    let (element, source_left) = db.edit(slot, source, |list: &mut List| {
        let element = list.pop(from, Owned::of);
        list.shrunk(&limits);
        element
    })?;
    let Some(element) = element else { return Ok(false) };
    let there = db.write(target);
    let ((), target_left) = db.edit(there, target, |list: &mut List| {
        list.prepare(1, element.len(), &limits);
        list.push(to, element.text());
    })?;
    ctx.reply.text(element.text());
    db.edited(target, target_left, pushed(to), 1);
    // The move counts as one change, the push.
    db.edited(source, source_left, popped(from), 0);
    Ok(true)
}

/// BLMOVE source destination LEFT | RIGHT LEFT | RIGHT timeout
fn blmove(ctx: &mut Ctx, args: Args) -> Done {
    let (from, to) = (side(args.get(3))?, side(args.get(4))?);
    let deadline = ctx.deadline(args.get(5))?;
    let logged = [b"LMOVE", args.get(1), args.get(2), args.get(3), args.get(4)];
    wait_and_transfer(ctx, args, from, to, deadline, &logged)
}

/// BRPOPLPUSH source destination timeout
fn brpoplpush(ctx: &mut Ctx, args: Args) -> Done {
    let deadline = ctx.deadline(args.get(3))?;
    let logged = [b"RPOPLPUSH", args.get(1), args.get(2)];
    wait_and_transfer(ctx, args, Side::Right, Side::Left, deadline, &logged)
}

fn wait_and_transfer(ctx: &mut Ctx, args: Args, from: Side, to: Side, deadline: i64, logged: &[&[u8]]) -> Done {
    if transfer(ctx, args, from, to)? {
        ctx.log_instead(logged);
        return Ok(Flow::Done);
    }
    ctx.block(args, args.range(1..2), "list", deadline, Instead::Null)
}

/// BLPOP key [key ...] timeout
fn blpop(ctx: &mut Ctx, args: Args) -> Done {
    wait_and_pop(ctx, args, Side::Left)
}

/// BRPOP key [key ...] timeout
fn brpop(ctx: &mut Ctx, args: Args) -> Done {
    wait_and_pop(ctx, args, Side::Right)
}

fn wait_and_pop(ctx: &mut Ctx, args: Args, side: Side) -> Done {
    let last = args.len() - 1;
    let deadline = ctx.deadline(args.get(last))?;
    let keys = args.range(1..last);
    if let Some((key, slot)) = first_key(ctx, keys, "list")? {
        ctx.reply.array(2);
        ctx.reply.bulk(key);
        pop_into(ctx, slot, key, side, 1)?;
        ctx.log_instead(&[pop_name(side), key]);
        return Ok(Flow::Done);
    }
    ctx.block(args, keys, "list", deadline, Instead::NullArray)
}

/// LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count]
fn lmpop(ctx: &mut Ctx, args: Args) -> Done {
    let (keys, side, count) = keys_end_count(args, 1, side)?;
    if !pop_first(ctx, keys, side, count)? {
        ctx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// BLMPOP timeout numkeys key [key ...] LEFT | RIGHT [COUNT count]
fn blmpop(ctx: &mut Ctx, args: Args) -> Done {
    let (keys, side, count) = keys_end_count(args, 2, side)?;
    let deadline = ctx.deadline(args.get(1))?;
    if pop_first(ctx, keys, side, count)? {
        return Ok(Flow::Done);
    }
    ctx.block(args, keys, "list", deadline, Instead::NullArray)
}

/// Takes elements off the first list that there is, with its key; false if there is none.
fn pop_first(ctx: &mut Ctx, keys: Args, side: Side, count: usize) -> Result<bool, Error> {
    let Some((key, slot)) = first_key(ctx, keys, "list")? else { return Ok(false) };
    let n = ctx.server.db(ctx.db).view::<ListView>(slot)?.map_or(0, |list| count.min(list.len()));
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    ctx.reply.array(n);
    pop_into(ctx, slot, key, side, n)?;
    ctx.log_instead(&[pop_name(side), key, itoa::Buffer::new().format(n).as_bytes()]);
    Ok(true)
}

/// The command that takes elements off an end, as the log has it.
fn pop_name(side: Side) -> &'static [u8] {
    match side {
        Side::Left => b"LPOP",
        Side::Right => b"RPOP",
    }
}
