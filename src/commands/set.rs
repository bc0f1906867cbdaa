//! The commands on sets.

use crate::base::alloc;
use crate::base::buffer::{Owned, Text};
use crate::commands::generic::{ScanOptions, cursor, reply_scan};
use crate::commands::joins;
use crate::commands::options::{count, drawn, key_count, limit, symmetric};
use crate::commands::sorted_set::Operation;
use crate::commands::streams::{Draws, Part, Random, Unordered, frozen};
use crate::keyspace::changes::Event;
use crate::keyspace::{Db, Slot};
use crate::resp::{Args, Reply};
use crate::server::command::Flag::{DenyOom, Fast, MovableKeys, ReadOnly, Write};
use crate::server::command::KeyFlag::{
    Access, Delete, Insert, Overwrite as Ow, ReadOnly as Ro, ReadWrite as Rw, Update,
};
use crate::server::command::{Command, KeySpec};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::set::{Set, SetView};
use crate::store::object::Collection;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("sadd", sadd)
        .member(2)
        .arity(-3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key member ...")
        .docs("Adds members to a set.")
        .complexity("O(1) for each member")
        .since("1.0.0")
        .history(&[("2.4.0", "Several members may be given.")]),
    Command::new("scard", scard)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Gives the number of members of a set.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("sdiff", sdiff)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key ...")
        .docs("Gives the members of the first set that no other has.")
        .complexity("O(N) where N is the number of members of all sets")
        .since("1.0.0"),
    Command::new("sdiffstore", sdiffstore)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::range(2, -1, 1, &[Ro, Access])])
        .syntax("destination key ...")
        .docs("Stores the members of the first set that no other has.")
        .complexity("O(N) where N is the number of members of all sets")
        .since("1.0.0"),
    Command::new("sinter", sinter)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key ...")
        .docs("Gives the members that all sets have.")
        .complexity("O(N*M) where N is the number of members of the smallest set and M the number of sets")
        .since("1.0.0"),
    Command::new("sintercard", sintercard)
        .arity(-3)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Ro, Access])])
        .syntax("numkeys key ... [LIMIT limit]")
        .docs("Counts the members that all sets have.")
        .complexity("O(N*M) where N is the number of members of the smallest set and M the number of sets")
        .since("7.0.0"),
    Command::new("sinterstore", sinterstore)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::range(2, -1, 1, &[Ro, Access])])
        .syntax("destination key ...")
        .docs("Stores the members that all sets have.")
        .complexity("O(N*M) where N is the number of members of the smallest set and M the number of sets")
        .since("1.0.0"),
    Command::new("sismember", sismember)
        .member(2)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key member")
        .docs("Tells whether a set has a member.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("smembers", smembers)
        .arity(2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key")
        .docs("Gives all members of a set.")
        .complexity("O(N) where N is the number of members")
        .since("1.0.0"),
    Command::new("smismember", smismember)
        .member(2)
        .arity(-3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member ...")
        .docs("Tells of several members whether a set has them.")
        .complexity("O(N) where N is the number of members asked for")
        .since("6.2.0"),
    Command::new("smove", smove)
        .arity(4)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Rw, Insert])])
        .syntax("source destination member")
        .docs("Moves a member from one set to another.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("spop", spop)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .tips(&["nondeterministic_output"])
        .syntax("key [count]@3.2.0")
        .docs("Takes random members out of a set.")
        .complexity("O(1) without a count, O(N) for N members")
        .since("1.0.0")
        .history(&[("3.2.0", "`count` came.")]),
    Command::new("srandmember", srandmember)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key [count]@2.6.0")
        .docs("Gives random members of a set.")
        .complexity("O(1) without a count, O(N) for N members")
        .since("1.0.0")
        .history(&[("2.6.0", "`count` came.")]),
    Command::new("srem", srem)
        .member(2)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key member ...")
        .docs("Removes members from a set.")
        .complexity("O(N) where N is the number of members named")
        .since("1.0.0")
        .history(&[("2.4.0", "Several members may be given.")]),
    Command::new("sscan", sscan)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key cursor [MATCH pattern] [COUNT count]")
        .docs("Walks over the members of a set, some at a time.")
        .complexity("O(1) for each call, O(N) for a whole walk over N members")
        .since("2.8.0"),
    Command::new("sunion", sunion)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key ...")
        .docs("Gives the members that any of the sets has.")
        .complexity("O(N) where N is the number of members of all sets")
        .since("1.0.0"),
    Command::new("sunionstore", sunionstore)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::range(2, -1, 1, &[Ro, Access])])
        .syntax("destination key ...")
        .docs("Stores the members that any of the sets has.")
        .complexity("O(N) where N is the number of members of all sets")
        .since("1.0.0"),
];

const SADD: Event = Event::new("sadd", b's');
const SREM: Event = Event::new("srem", b's');
const SPOP: Event = Event::new("spop", b's');
const SINTERSTORE: Event = Event::new("sinterstore", b's');
const SUNIONSTORE: Event = Event::new("sunionstore", b's');
const SDIFFSTORE: Event = Event::new("sdiffstore", b's');

/// SADD key member [member ...]
fn sadd(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let (members, limits) = (args.from(2), db.limits());
    let is_new = !slot.is_found();
    let (added, edited) = db.edit(slot, key, |set: &mut Set| {
        if !is_new {
            set.expect(members.len(), &limits);
        } else if members.len() > 1 || limits.intset_entries == 0 {
            // One integer makes an intset, as a set without a form does.
            *set = Set::for_members(members.get(0), members.len(), &limits);
        }
        members.iter().filter(|member| set.add(member, &limits)).count()
    })?;
    if added > 0 {
        db.edited(key, edited, SADD, added as u64);
    }
    ctx.reply.int(added as i64);
    Ok(Flow::Done)
}

/// SREM key member [member ...]
fn srem(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if db.view::<SetView>(slot)?.is_none() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let (removed, edited) =
        db.edit(slot, key, |set: &mut Set| args.from(2).iter().filter(|member| set.remove(member)).count())?;
    if removed > 0 {
        db.edited(key, edited, SREM, removed as u64);
    }
    ctx.reply.int(removed as i64);
    Ok(Flow::Done)
}

/// SCARD key
fn scard(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let len = db.view::<SetView>(slot)?.map_or(0, SetView::len);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// SISMEMBER key member
fn sismember(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let is_member = db.view::<SetView>(slot)?.is_some_and(|set| set.contains(args.get(2)));
    ctx.reply.int(is_member.into());
    Ok(Flow::Done)
}

/// SMISMEMBER key member [member ...]
fn smismember(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SetView>(slot)?;
    ctx.reply.array(args.len() - 2);
    for member in args.from(2) {
        ctx.reply.int(set.is_some_and(|set| set.contains(member)).into());
    }
    Ok(Flow::Done)
}

/// SMEMBERS key
fn smembers(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SetView>(slot)?;
    let len = set.map_or(0, SetView::len);
    ctx.reply.set(len);
    if ctx.streams(len)
        && let Some(object) = frozen(ctx.server.db(ctx.db).entry(slot))
    {
        return ctx.stream(args, Box::new(Unordered { object, done: 0, part: Part::Both }));
    }
    let db = ctx.server.db(ctx.db);
    if let Some(set) = db.view::<SetView>(slot)? {
        set.each(&mut |member| ctx.reply.text(member));
    }
    Ok(Flow::Done)
}

/// SMOVE source destination member
fn smove(ctx: &mut Ctx, args: Args) -> Done {
    let (source, target, member) = (args.get(1), args.get(2), args.get(3));
    let mut db = ctx.server.db(ctx.db);
    let from = db.write(source);
    if !from.is_found() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let to = db.write(target);
    // The second lookup may have deleted the target, and with it moved the source.
    let from = db.locate(source);
    let is_member = db.view::<SetView>(from)?.is_some_and(|set| set.contains(member));
    db.view::<SetView>(to)?;
    if !is_member || source == target {
        ctx.reply.int(is_member.into());
        return Ok(Flow::Done);
    }
    let (_, edited) = db.edit(from, source, |set: &mut Set| set.remove(member))?;
    db.edited(source, edited, SREM, 1);
    let (to, limits) = (db.locate(target), db.limits());
    let had_target = to.is_found();
    let (is_new, edited) = db.edit(to, target, |set: &mut Set| {
        if !had_target {
            *set = Set::for_members(member, 1, &limits);
        }
        set.add(member, &limits)
    })?;
    if is_new {
        db.edited(target, edited, SADD, 1);
    }
    ctx.reply.int(1);
    Ok(Flow::Done)
}

/// SPOP key [count]
fn spop(ctx: &mut Ctx, args: Args) -> Done {
    let count = match args.len() {
        2 => None,
        3 => Some(count(args.get(2))?),
        _ => return Err(Error::Syntax),
    };
    let key = args.get(1);
    let mut dice = ctx.server.dice.split();
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(set) = db.view::<SetView>(slot)? else {
        match count {
            Some(_) => ctx.reply.set(0),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    let len = set.len();
    let wanted = count.unwrap_or(1).min(len);
    if count.is_some() {
        ctx.reply.set(wanted);
    }
    if wanted == 0 {
        return Ok(Flow::Done);
    }
    let reply = &mut *ctx.reply;
    if wanted == len && count.is_some() {
        set.each(&mut |member| reply.text(member));
        db.changed(key, SPOP, wanted as u64);
        if let Some(entry) = db.take(slot) {
            db.discard(entry);
        }
        db.changed(key, Event::DEL, 0);
        ctx.log_removed(key);
        return Ok(Flow::Done);
    }
    let mut gone = ctx.server.propagation.is_on.then(Vec::new);
    let mut db = ctx.server.db(ctx.db);
    let edit = |set: &mut Set| {
        for _ in 0..wanted {
            let rank = dice.below(set.count() as u64) as usize;
            let member = set.view().nth(rank).map(Owned::of);
            if let Some(member) = member {
                reply.text(member.text());
                member.text().with(|bytes| set.remove(bytes));
                if let Some(gone) = &mut gone {
                    member.text().with(|bytes| gone.push(bytes.to_vec()));
                }
            }
        }
    };
    // Pages go here and there on the way, a few microseconds of work apart.
    let ((), edited) = alloc::uncounted(|| db.edit(slot, key, edit))?;
    db.edited(key, edited, SPOP, wanted as u64);
    if let Some(gone) = gone {
        ctx.log_parts(b"SREM", key, &[], &gone.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    Ok(Flow::Done)
}

/// SRANDMEMBER key [count]
fn srandmember(ctx: &mut Ctx, args: Args) -> Done {
    let count = match args.len() {
        2 => None,
        3 => Some(symmetric(args.get(2))?),
        _ => return Err(Error::Syntax),
    };
    let output_max = ctx.output_max();
    let mut dice = ctx.server.dice.split();
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(set) = db.view::<SetView>(slot)? else {
        match count {
            Some(_) => ctx.reply.array(0),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    let len = set.len();
    if let Some(count) = count {
        let n = drawn(count, len);
        if count < 0 && ctx.is_refused_draws(n as u64) {
            return Ok(Flow::Done);
        }
        let object = if ctx.streams(n) { frozen(ctx.server.db(ctx.db).entry(slot)) } else { None };
        if let Some(object) = object {
            ctx.reply.array(n);
            return ctx.stream(args, Box::new(Random::new(object, count, dice, false)));
        }
        if count < 0 && ctx.streams(n) {
            ctx.reply.array(n);
            let db = ctx.server.db(ctx.db);
            let set = db.view::<SetView>(slot)?.expect("nothing was changed since");
            let show = |reply: &mut Reply, rank| reply.text(set.nth(rank).expect("a rank below the length"));
            let draws = Draws::new(ctx.reply.proto, len, n as u64, dice, show);
            return ctx.stream(args, Box::new(draws));
        }
    }
    let db = ctx.server.db(ctx.db);
    let set = db.view::<SetView>(slot)?.expect("nothing was changed since");
    let mut draw = || set.nth(dice.below(len as u64) as usize).expect("a rank below the length");
    match count {
        None => ctx.reply.text(draw()),
        // Negative: so many draws, the same member perhaps several times.
        Some(count @ ..0) => {
            // The reply is written as it is drawn: the count is no size to allocate.
            ctx.reply.array(count.unsigned_abs() as usize);
            for _ in 0..count.unsigned_abs() {
                if ctx.reply.len() > output_max {
                    break;
                }
                ctx.reply.text(draw());
            }
        }
        Some(count) => {
            let wanted = (count as usize).min(len);
            ctx.reply.array(wanted);
            set.sample(wanted, &mut || dice.next(), &mut |member| ctx.reply.text(member));
        }
    }
    Ok(Flow::Done)
}

/// The sets of some keys, as slots; all their types are right.
fn sets(db: &mut Db, keys: Args) -> Result<Vec<Slot>, Error> {
    let slots = db.read_all(keys.iter());
    for slot in &slots {
        db.view::<SetView>(*slot)?;
    }
    Ok(slots)
}

/// Those of the sets that are there.
fn views<'a>(db: &'a Db, slots: &[Slot]) -> Result<Vec<SetView<'a>>, Error> {
    slots.iter().filter_map(|slot| Some(db.view(*slot).transpose()?.map_err(Error::from))).collect()
}

/// Visits the members that all sets have, until `visit` says that it has enough.
fn intersect(db: &Db, slots: &[Slot], visit: &mut dyn FnMut(Text) -> bool) -> Result<(), Error> {
    let mut views = views(db, slots)?;
    if views.len() < slots.len() {
        return Ok(());
    }
    // The smallest is walked, and the smaller ones are asked first.
    views.sort_by_key(|view| view.len());
    if let Some((first, rest)) = views.split_first() {
        first.find(&mut |member| rest.iter().all(|view| view.contains_text(member)) && visit(member));
    }
    Ok(())
}

/// Visits the members that only the first set has.
fn subtract(db: &Db, slots: &[Slot], visit: &mut dyn FnMut(Text)) -> Result<(), Error> {
    let Some(first) = db.view::<SetView>(slots[0])? else { return Ok(()) };
    let mut rest = views(db, &slots[1..])?;
    // Big ones are the likeliest to have a member.
    rest.sort_by_key(|view| std::cmp::Reverse(view.len()));
    first.each(&mut |member| {
        if !rest.iter().any(|view| view.contains_text(member)) {
            visit(member);
        }
    });
    Ok(())
}

/// Visits every member of any set once.
fn unite(db: &Db, slots: &[Slot], visit: &mut dyn FnMut(Text)) -> Result<(), Error> {
    let views = views(db, slots)?;
    for (i, view) in views.iter().enumerate() {
        // What an earlier set has was visited there.
        view.each(&mut |member| {
            if !views[..i].iter().any(|earlier| earlier.contains_text(member)) {
                visit(member);
            }
        });
    }
    Ok(())
}

/// SINTER key [key ...]
fn sinter(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(1))?;
    if let Some(job) = in_slices(ctx, &slots, Operation::Inter) {
        return ctx.stream(args, job);
    }
    let db = ctx.server.db(ctx.db);
    reply_set(ctx.reply, |visit| {
        intersect(&db, &slots, &mut |member| {
            visit(member);
            false
        })
    })
}

/// SUNION key [key ...]
fn sunion(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(1))?;
    if let Some(job) = in_slices(ctx, &slots, Operation::Union) {
        return ctx.stream(args, job);
    }
    let db = ctx.server.db(ctx.db);
    reply_set(ctx.reply, |visit| unite(&db, &slots, visit))
}

/// SDIFF key [key ...]
fn sdiff(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(1))?;
    if let Some(job) = in_slices(ctx, &slots, Operation::Diff) {
        return ctx.stream(args, job);
    }
    let db = ctx.server.db(ctx.db);
    reply_set(ctx.reply, |visit| subtract(&db, &slots, visit))
}

/// The reply in slices, if it takes so long that it is worth it.
fn in_slices(ctx: &mut Ctx, slots: &[Slot], operation: Operation) -> Option<Box<joins::Plain>> {
    let work = joins::work(&ctx.server.db(ctx.db), slots, operation);
    ctx.streams(work).then(|| Box::new(joins::Plain::new(&ctx.server.db(ctx.db), slots, operation)))
}

/// Replies what `walk` visits.
fn reply_set(reply: &mut Reply, walk: impl FnOnce(&mut dyn FnMut(Text)) -> Result<(), Error>) -> Done {
    let begin = reply.begin_array();
    let mut n = 0;
    walk(&mut |member| {
        reply.text(member);
        n += 1;
    })?;
    reply.end_set(begin, n);
    Ok(Flow::Done)
}

/// SINTERCARD numkeys key [key ...] [LIMIT limit]
fn sintercard(ctx: &mut Ctx, args: Args) -> Done {
    let keys = key_count(args.get(1))?;
    if keys > args.len() as i64 - 2 {
        return Err(Error::Text("ERR Number of keys can't be greater than number of args"));
    }
    let behind = keys as usize + 2;
    let limit = limit(args.cursor(behind))?;
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.range(2..behind))?;
    let work = joins::work(&db, &slots, Operation::Inter);
    if ctx.streams(work) {
        let job = joins::Card::new(&ctx.server.db(ctx.db), &slots, limit);
        return ctx.stream(args, Box::new(job));
    }
    let db = ctx.server.db(ctx.db);
    let mut n = 0;
    intersect(&db, &slots, &mut |_| {
        n += 1;
        n == limit
    })?;
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}

/// SINTERSTORE destination key [key ...]
fn sinterstore(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(2))?;
    let limits = db.limits();
    // The smallest is walked: the result has its form as long as it fits.
    let smallest = views(&db, &slots)?.into_iter().min_by_key(|view| view.len());
    let mut result = Set::for_common(matches!(smallest, Some(SetView::Ints(_))));
    intersect(&db, &slots, &mut |member| {
        member.with(|bytes| result.add(bytes, &limits));
        false
    })?;
    result.narrow(&limits);
    store(ctx, args.get(1), result, SINTERSTORE)
}

/// SUNIONSTORE destination key [key ...]
fn sunionstore(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(2))?;
    let result = gathered(&db, &slots, unite)?;
    store(ctx, args.get(1), result, SUNIONSTORE)
}

/// SDIFFSTORE destination key [key ...]
fn sdiffstore(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slots = sets(&mut db, args.from(2))?;
    let result = match subtracted_one_by_one(&db, &slots)? {
        Some(result) => result,
        None => gathered(&db, &slots, subtract)?,
    };
    store(ctx, args.get(1), result, SDIFFSTORE)
}

/// The difference by adding all of the first set and removing the others, if that is less work than asking the others for each member of the
/// first. The form of the result tells which way it was made, so it is Redis's choice of the two.
fn subtracted_one_by_one(db: &Db, slots: &[Slot]) -> Result<Option<Set>, Error> {
    let (limits, views) = (db.limits(), views(db, slots)?);
    let [first, others @ ..] = &views[..] else { return Ok(None) };
    if !slots[0].is_found() {
        return Ok(None);
    }
    let all: usize = views.iter().map(|view| view.len()).sum();
    if first.len() * views.len() / 2 <= all {
        return Ok(None);
    }
    let mut result = Set::create(Vec::new());
    first.each(&mut |member| _ = member.with(|bytes| result.add(bytes, &limits)));
    for other in others {
        other.each(&mut |member| _ = member.with(|bytes| result.remove(bytes)));
    }
    Ok(Some(result))
}

/// What `walk` visits, as a set that begins as an intset.
fn gathered(
    db: &Db,
    slots: &[Slot],
    walk: impl FnOnce(&Db, &[Slot], &mut dyn FnMut(Text)) -> Result<(), Error>,
) -> Result<Set, Error> {
    let limits = db.limits();
    let mut result = Set::create(Vec::new());
    walk(db, slots, &mut |member| _ = member.with(|bytes| result.add(bytes, &limits)))?;
    Ok(result)
}

/// Stores a set; an empty one deletes the destination.
fn store(ctx: &mut Ctx, target: &[u8], result: Set, event: Event) -> Done {
    let len = result.count();
    ctx.server.db(ctx.db).put_result(target, result, event, 1);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// SSCAN key cursor [MATCH pattern] [COUNT count]
fn sscan(ctx: &mut Ctx, args: Args) -> Done {
    let cursor = cursor(args.get(2))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(set) = db.view::<SetView>(slot)? else {
        reply_scan(ctx.reply, 0, |_| (0, 0));
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3, b"")?;
    reply_scan(ctx.reply, options.count, |reply| {
        let mut n = 0;
        let next = set.scan(cursor, options.count, &mut |member| {
            if options.fits(member) {
                reply.text(member);
                n += 1;
            }
        });
        (next, n)
    });
    Ok(Flow::Done)
}
