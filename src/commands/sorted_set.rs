//! The commands on sorted sets.

use crate::base::buffer::Text;
use crate::base::number::{Double, parse_f64, parse_i64, parse_wide_f64, seventeen_digits};
use crate::commands::generic::{ScanOptions, cursor, reply_scan};
use crate::commands::joins;
use crate::commands::options::{count, drawn, first_key, keys_end_count, limit, random_count, range};
use crate::commands::streams::{Draws, Ordered, Random, frozen};
use crate::keyspace::changes::Event;
use crate::keyspace::{Db, Slot};
use crate::resp::{Args, Proto, Reply};
use crate::server::blocked::Instead;
use crate::server::command::Flag::{Blocking, DenyOom, Fast, MovableKeys, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Delete, Overwrite as Ow, ReadOnly as Ro, ReadWrite as Rw, Update};
use crate::server::command::{Command, KeySpec, Options};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::set::SetView;
use crate::store::collection::sorted_set::{Edge, Members, Scores, SortedSet, SortedSetView};
use crate::store::object::Limits;
use crate::store::sorted_set::Outcome;
use std::ops::{Bound, Range};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("bzmpop", bzmpop)
        .arity(-5)
        .flags(&[Write, Blocking, MovableKeys])
        .keys(&[KeySpec::counted(2, &[Rw, Access, Delete])])
        .syntax("timeout numkeys key ... <where: MIN | MAX> [COUNT count]")
        .docs("Takes members with the lowest or the highest scores out of the first sorted set that has some, waiting for one if need be.")
        .complexity("O(K + M*log N) where K is the number of keys, N the number of members and M that of those taken")
        .since("7.0.0"),
    Command::new("bzpopmax", bzpopmax)
        .arity(-3)
        .flags(&[Write, Blocking, Fast])
        .keys(&[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])])
        .syntax("key ... timeout")
        .docs("Takes the member with the highest score out of the first sorted set that has one, waiting for it if need be.")
        .complexity("O(log N) where N is the number of members")
        .since("5.0.0")
        .history(&[("6.0.0", "The timeout is a decimal number.")]),
    Command::new("bzpopmin", bzpopmin)
        .arity(-3)
        .flags(&[Write, Blocking, Fast])
        .keys(&[KeySpec::range(1, -2, 1, &[Rw, Access, Delete])])
        .syntax("key ... timeout")
        .docs("Takes the member with the lowest score out of the first sorted set that has one, waiting for it if need be.")
        .complexity("O(log N) where N is the number of members")
        .since("5.0.0")
        .history(&[("6.0.0", "The timeout is a decimal number.")]),
    Command::new("zadd", zadd)
        .member(3)
        .score(2)
        .arity(-4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key [<condition: NX | XX>]@3.0.2 [<comparison: GT | LT>]@6.2.0 [change:'CH']@3.0.2 [increment:'INCR']@3.0.2 (data: score member) ...")
        .docs("Adds members to a sorted set, or gives them other scores.")
        .complexity("O(log N) for each member, where N is the number of members")
        .since("1.2.0")
        .history(&[("2.4.0", "Several members may be given."), ("3.0.2", "`XX`, `NX`, `CH` and `INCR` came."), ("6.2.0", "`GT` and `LT` came.")]),
    Command::new("zcard", zcard)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Gives the number of members of a sorted set.")
        .complexity("O(1)")
        .since("1.2.0"),
    Command::new("zcount", zcount)
        .arity(4)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key min:num max:num")
        .docs("Counts the members whose scores are in a range.")
        .complexity("O(log N) where N is the number of members")
        .since("2.0.0"),
    Command::new("zdiff", zdiff)
        .arity(-3)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Ro, Access])])
        .syntax("numkeys key ... [WITHSCORES]")
        .docs("Gives the members of the first sorted set that no other has.")
        .complexity("O(N*K + M*log M) where N is the size of the first set, K the number of sets and M the size of the result")
        .since("6.2.0"),
    Command::new("zdiffstore", zdiffstore)
        .arity(-4)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::counted(2, &[Ro, Access])])
        .syntax("destination numkeys key ...")
        .docs("Stores the members of the first sorted set that no other has.")
        .complexity("O(N*K + M*log M) where N is the size of the first set, K the number of sets and M the size of the result")
        .since("6.2.0"),
    Command::new("zincrby", zincrby)
        .member(3)
        .arity(4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Update])])
        .syntax("key increment member")
        .docs("Adds to the score of a member; one that is missing has zero.")
        .complexity("O(log N) where N is the number of members")
        .since("1.2.0"),
    Command::new("zinter", zinter)
        .arity(-3)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Ro, Access])])
        .syntax("numkeys key ... [WEIGHTS weight ...] [AGGREGATE <aggregate: SUM | MIN | MAX>] [WITHSCORES]")
        .docs("Gives the members that all sorted sets have.")
        .complexity("O(N*K + M*log M) where N is the size of the smallest set, K the number of sets and M the size of the result")
        .since("6.2.0"),
    Command::new("zintercard", zintercard)
        .arity(-3)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Ro, Access])])
        .syntax("numkeys key ... [LIMIT limit]")
        .docs("Counts the members that all sorted sets have.")
        .complexity("O(N*K) where N is the size of the smallest set and K the number of sets")
        .since("7.0.0"),
    Command::new("zinterstore", zinterstore)
        .arity(-4)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::counted(2, &[Ro, Access])])
        .syntax("destination numkeys key ... [WEIGHTS weight ...] [AGGREGATE <aggregate: SUM | MIN | MAX>]")
        .docs("Stores the members that all sorted sets have.")
        .complexity("O(N*K + M*log M) where N is the size of the smallest set, K the number of sets and M the size of the result")
        .since("2.0.0"),
    Command::new("zlexcount", zlexcount)
        .arity(4)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key min max")
        .docs("Counts the members in a range of names, where all scores are equal.")
        .complexity("O(log N) where N is the number of members")
        .since("2.8.9"),
    Command::new("zmpop", zmpop)
        .arity(-4)
        .flags(&[Write, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Rw, Access, Delete])])
        .syntax("numkeys key ... <where: MIN | MAX> [COUNT count]")
        .docs("Takes members with the lowest or the highest scores out of the first sorted set that has some.")
        .complexity("O(K + M*log N) where K is the number of keys, N the number of members and M that of those taken")
        .since("7.0.0"),
    Command::new("zmscore", zmscore)
        .member(2)
        .arity(-3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member ...")
        .docs("Gives the scores of several members.")
        .complexity("O(N) where N is the number of members asked for")
        .since("6.2.0"),
    Command::new("zpopmax", zpopmax)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .syntax("key [count]")
        .docs("Takes the members with the highest scores out of a sorted set.")
        .complexity("O(M*log N) where N is the number of members and M that of those taken")
        .since("5.0.0"),
    Command::new("zpopmin", zpopmin)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .syntax("key [count]")
        .docs("Takes the members with the lowest scores out of a sorted set.")
        .complexity("O(M*log N) where N is the number of members and M that of those taken")
        .since("5.0.0"),
    Command::new("zrandmember", zrandmember)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key [(options: count [WITHSCORES])]")
        .docs("Gives random members of a sorted set.")
        .complexity("O(M*log N) where N is the number of members and M the number of those given")
        .since("6.2.0"),
    Command::new("zrange", zrange)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key start:str stop:str [<sortby: BYSCORE | BYLEX>]@6.2.0 [REV]@6.2.0 [LIMIT (limit: offset count)]@6.2.0 [WITHSCORES]")
        .docs("Gives the members in a range of ranks, of scores or of names.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("1.2.0")
        .history(&[("6.2.0", "`REV`, `BYSCORE`, `BYLEX` and `LIMIT` came.")]),
    Command::new("zrangebylex", zrangebylex)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key min max [LIMIT (limit: offset count)]")
        .docs("Gives the members in a range of names, where all scores are equal.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("2.8.9")
        .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument"),
    Command::new("zrangebyscore", zrangebyscore)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key min:num max:num [WITHSCORES]@2.0.0 [LIMIT (limit: offset count)]")
        .docs("Gives the members whose scores are in a range.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("1.0.5")
        .history(&[("2.0.0", "`WITHSCORES` came.")])
        .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument"),
    Command::new("zrangestore", zrangestore)
        .arity(-5)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::at(2, &[Ro, Access])])
        .syntax("dst src min max [<sortby: BYSCORE | BYLEX>] [REV] [LIMIT (limit: offset count)]")
        .docs("Stores the members in a range of ranks, of scores or of names.")
        .complexity("O(log N + M*log M) where N is the number of members and M the number of those stored")
        .since("6.2.0"),
    Command::new("zrank", zrank)
        .member(2)
        .arity(-3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member [WITHSCORE]")
        .docs("Gives the rank of a member, counted from the lowest score.")
        .complexity("O(log N) where N is the number of members")
        .since("2.0.0")
        .history(&[("7.2.0", "`WITHSCORE` came.")]),
    Command::new("zrem", zrem)
        .member(2)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key member ...")
        .docs("Removes members from a sorted set.")
        .complexity("O(M*log N) where N is the number of members and M the number of those named")
        .since("1.2.0")
        .history(&[("2.4.0", "Several members may be given.")]),
    Command::new("zremrangebylex", zremrangebylex)
        .arity(4)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key min max")
        .docs("Removes the members in a range of names, where all scores are equal.")
        .complexity("O(log N + M) where N is the number of members and M the number of those removed")
        .since("2.8.9"),
    Command::new("zremrangebyrank", zremrangebyrank)
        .arity(4)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key start stop")
        .docs("Removes the members in a range of ranks.")
        .complexity("O(log N + M) where N is the number of members and M the number of those removed")
        .since("2.0.0"),
    Command::new("zremrangebyscore", zremrangebyscore)
        .arity(4)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key min:num max:num")
        .docs("Removes the members whose scores are in a range.")
        .complexity("O(log N + M) where N is the number of members and M the number of those removed")
        .since("1.2.0"),
    Command::new("zrevrange", zrevrange)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key start stop [WITHSCORES]")
        .docs("Gives the members in a range of ranks counted from the highest score.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("1.2.0")
        .deprecated("6.2.0", "`ZRANGE` with the `REV` argument"),
    Command::new("zrevrangebylex", zrevrangebylex)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key max min [LIMIT (limit: offset count)]")
        .docs("Gives the members in a range of names from its end to its start, where all scores are equal.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("2.8.9")
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments"),
    Command::new("zrevrangebyscore", zrevrangebyscore)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key max:num min:num [WITHSCORES] [LIMIT (limit: offset count)]")
        .docs("Gives the members whose scores are in a range, from the highest to the lowest.")
        .complexity("O(log N + M) where N is the number of members and M the number of those given")
        .since("2.2.0")
        .history(&[("2.1.6", "The bounds may be exclusive.")])
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments"),
    Command::new("zrevrank", zrevrank)
        .member(2)
        .arity(-3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member [WITHSCORE]")
        .docs("Gives the rank of a member, counted from the highest score.")
        .complexity("O(log N) where N is the number of members")
        .since("2.0.0")
        .history(&[("7.2.0", "`WITHSCORE` came.")]),
    Command::new("zscan", zscan)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key cursor [MATCH pattern] [COUNT count] [NOSCORES]")
        .docs("Walks over the members of a sorted set and their scores, some at a time.")
        .complexity("O(1) for each call, O(N) for a whole walk over N members")
        .since("2.8.0"),
    Command::new("zscore", zscore)
        .member(2)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member")
        .docs("Gives the score of a member.")
        .complexity("O(log N) where N is the number of members")
        .since("1.2.0"),
    Command::new("zunion", zunion)
        .arity(-3)
        .flags(&[ReadOnly, MovableKeys])
        .keys(&[KeySpec::counted(1, &[Ro, Access])])
        .syntax("numkeys key ... [WEIGHTS weight ...] [AGGREGATE <aggregate: SUM | MIN | MAX>] [WITHSCORES]")
        .docs("Gives the members that any of the sorted sets has.")
        .complexity("O(N*log N) where N is the number of members of all sets")
        .since("6.2.0"),
    Command::new("zunionstore", zunionstore)
        .arity(-4)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::counted(2, &[Ro, Access])])
        .syntax("destination numkeys key ... [WEIGHTS weight ...] [AGGREGATE <aggregate: SUM | MIN | MAX>]")
        .docs("Stores the members that any of the sorted sets has.")
        .complexity("O(N*log N) where N is the number of members of all sets")
        .since("2.0.0"),
];

const ZADD: Event = Event::new("zadd", b'z');
const ZINCR: Event = Event::new("zincr", b'z');
const ZREM: Event = Event::new("zrem", b'z');
const ZPOPMIN: Event = Event::new("zpopmin", b'z');
const ZPOPMAX: Event = Event::new("zpopmax", b'z');
const ZREMRANGEBYRANK: Event = Event::new("zremrangebyrank", b'z');
const ZREMRANGEBYSCORE: Event = Event::new("zremrangebyscore", b'z');
const ZREMRANGEBYLEX: Event = Event::new("zremrangebylex", b'z');
const ZRANGESTORE: Event = Event::new("zrangestore", b'z');
const ZUNIONSTORE: Event = Event::new("zunionstore", b'z');
const ZINTERSTORE: Event = Event::new("zinterstore", b'z');
const ZDIFFSTORE: Event = Event::new("zdiffstore", b'z');

// ---- Scores of members --------------------------------------------------------------------------------------------------

/// What ZADD is asked for beside its pairs.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are words of the command, each there or not")]
pub(super) struct Adding {
    pub nx: bool,
    pub xx: bool,
    pub gt: bool,
    pub lt: bool,
    pub ch: bool,
    pub incr: bool,
}

/// What ZADD did.
#[derive(Default)]
pub(super) struct Tally {
    added: u64,
    updated: u64,
    /// The score of the last member that was touched.
    last: Option<f64>,
}

impl Tally {
    /// What the command answers: new members, with CH also those that changed.
    pub fn answer(&self, o: Adding) -> i64 {
        (if o.ch { self.added + self.updated } else { self.added }) as i64
    }
}

/// What became of a member.
enum Added {
    /// It has this score now, as `Outcome` says.
    Is(f64, Outcome),
    /// A condition kept it from being touched.
    Kept,
}

impl Adding {
    /// Gives a member a score, or adds to the one that it has.
    fn apply(self, set: &mut SortedSet, member: &[u8], score: f64, limits: &Limits) -> Result<Added, Error> {
        if !(self.nx || self.xx || self.gt || self.lt || self.incr) {
            return Ok(Added::Is(score, set.insert(member, score, limits)));
        }
        let Some(old) = set.view().score(member) else {
            return Ok(if self.xx { Added::Kept } else { Added::Is(score, set.insert(member, score, limits)) });
        };
        if self.nx {
            return Ok(Added::Kept);
        }
        let new = if self.incr { old + score } else { score };
        if new.is_nan() {
            return Err(Error::Text("ERR resulting score is not a number (NaN)"));
        }
        if (self.lt && new >= old) || (self.gt && new <= old) {
            return Ok(Added::Kept);
        }
        Ok(Added::Is(new, set.insert(member, new, limits)))
    }
}

/// ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]
fn zadd(ctx: &mut Ctx, args: Args) -> Done {
    let mut o = Adding::default();
    let mut words = args.cursor(2);
    let mut at = 2;
    while let Some(word) = words.word() {
        match &*word {
            b"NX" => o.nx = true,
            b"XX" => o.xx = true,
            b"GT" => o.gt = true,
            b"LT" => o.lt = true,
            b"CH" => o.ch = true,
            b"INCR" => o.incr = true,
            _ => break,
        }
        at += 1;
    }
    let pairs = args.from(at);
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(Error::Syntax);
    }
    if o.nx && o.xx {
        return Err(Error::Text("ERR XX and NX options at the same time are not compatible"));
    }
    if (o.gt && o.lt) || (o.nx && (o.gt || o.lt)) {
        return Err(Error::Text("ERR GT, LT, and/or NX options at the same time are not compatible"));
    }
    if o.incr && pairs.len() > 2 {
        return Err(Error::Text("ERR INCR option supports a single increment-element pair"));
    }
    add(ctx, args.get(1), pairs, o)
}

/// ZINCRBY key increment member
fn zincrby(ctx: &mut Ctx, args: Args) -> Done {
    add(ctx, args.get(1), args.from(2), Adding { incr: true, ..Adding::default() })
}

fn add(ctx: &mut Ctx, key: &[u8], pairs: Args, o: Adding) -> Done {
    let score = |i: usize| parse_f64(pairs.get(i)).ok_or(Error::NotFloat);
    let first = score(0)?;
    let rest = (2..pairs.len()).step_by(2).map(score).collect::<Result<Vec<f64>, Error>>()?;
    let scored = std::iter::once(first).chain(rest).enumerate().map(|(i, score)| (score, pairs.get(2 * i + 1)));
    let tally = add_members(&mut ctx.server.db(ctx.db), key, pairs.len() / 2, scored, o)?;
    match (o.incr, tally.last) {
        (true, Some(score)) => ctx.reply.double(score),
        (true, None) => ctx.reply.null(),
        (false, _) => ctx.reply.int(tally.answer(o)),
    }
    Ok(Flow::Done)
}

/// Gives `n` members their scores, and tells of it.
pub(super) fn add_members<'a>(
    db: &mut Db,
    key: &[u8],
    n: usize,
    scored: impl Iterator<Item = (f64, &'a [u8])>,
    o: Adding,
) -> Result<Tally, Error> {
    let slot = db.write(key);
    let is_new = !slot.is_found();
    let mut tally = Tally::default();
    if is_new && o.xx {
        return Ok(tally);
    }
    let limits = db.limits();
    let (result, edited) = db.edit(slot, key, |set: &mut SortedSet| {
        for (i, (score, member)) in scored.enumerate() {
            if i == 0 {
                if is_new {
                    set.prepare(n, member.len(), &limits);
                } else if n > limits.zset_entries {
                    // As in Redis, so many make a skiplist also if they are there already.
                    set.make_skiplist(&limits);
                }
            }
            let Added::Is(score, outcome) = o.apply(set, member, score, &limits)? else { continue };
            tally.added += u64::from(outcome == Outcome::Added);
            tally.updated += u64::from(matches!(outcome, Outcome::Updated(_)));
            tally.last = Some(score);
        }
        Ok::<(), Error>(())
    })?;
    result?;
    if tally.added + tally.updated > 0 {
        db.edited(key, edited, if o.incr { ZINCR } else { ZADD }, tally.added + tally.updated);
    }
    Ok(tally)
}

/// ZREM key member [member ...]
fn zrem(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if db.view::<SortedSetView>(slot)?.is_none() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let (removed, edited) = db.edit(slot, key, |set: &mut SortedSet| {
        args.from(2).iter().filter(|member| set.remove(member).is_some()).count()
    })?;
    if removed > 0 {
        db.edited(key, edited, ZREM, removed as u64);
    }
    ctx.reply.int(removed as i64);
    Ok(Flow::Done)
}

/// ZCARD key
fn zcard(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let len = db.view::<SortedSetView>(slot)?.map_or(0, SortedSetView::len);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// ZSCORE key member
fn zscore(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let score = db.view::<SortedSetView>(slot)?.and_then(|set| set.score(args.get(2)));
    reply_score(ctx.reply, score);
    Ok(Flow::Done)
}

/// ZMSCORE key member [member ...]
fn zmscore(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SortedSetView>(slot)?;
    ctx.reply.array(args.len() - 2);
    for member in args.from(2) {
        reply_score(ctx.reply, set.and_then(|set| set.score(member)));
    }
    Ok(Flow::Done)
}

fn reply_score(reply: &mut Reply, score: Option<f64>) {
    match score {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
}

/// ZRANK key member [WITHSCORE]
fn zrank(ctx: &mut Ctx, args: Args) -> Done {
    rank(ctx, args, false)
}

/// ZREVRANK key member [WITHSCORE]
fn zrevrank(ctx: &mut Ctx, args: Args) -> Done {
    rank(ctx, args, true)
}

fn rank(ctx: &mut Ctx, args: Args, is_reverse: bool) -> Done {
    if args.len() > 4 {
        return Err(Error::Arity(ctx.command_name()));
    }
    let with_score = args.len() == 4;
    if with_score && !args.get(3).eq_ignore_ascii_case(b"WITHSCORE") {
        return Err(Error::Syntax);
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SortedSetView>(slot)?;
    let found = set.and_then(|set| set.rank(args.get(2)).map(|(rank, score)| (rank, score, set.len())));
    let Some((rank, score, len)) = found else {
        if with_score {
            ctx.reply.null_array();
        } else {
            ctx.reply.null();
        }
        return Ok(Flow::Done);
    };
    if with_score {
        ctx.reply.array(2);
    }
    ctx.reply.int((if is_reverse { len - 1 - rank } else { rank }) as i64);
    if with_score {
        ctx.reply.double(score);
    }
    Ok(Flow::Done)
}

// ---- Ranges -------------------------------------------------------------------------------------------------------------

/// What a range is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Lex,
}

/// A range, its ends as they were sent.
#[derive(Clone, Copy)]
enum Span<'a> {
    /// First and last, which may count from the end.
    Ranks(i64, i64),
    Scores(Scores),
    Members(Members<'a>),
}

/// What ZRANGE and its like are asked for.
struct Query<'a> {
    span: Span<'a>,
    is_reverse: bool,
    /// How many to pass over; negative: all.
    offset: i64,
    /// How many to give; negative: all.
    limit: i64,
    with_scores: bool,
}

/// A score that is an end of a range: without it if a parenthesis stands before.
fn score_end(text: &[u8]) -> Result<Bound<f64>, Error> {
    let number = text.strip_prefix(b"(").unwrap_or(text);
    let score = parse_wide_f64(number).ok_or(Error::Text("ERR min or max is not a float"))?;
    Ok(if number.len() < text.len() { Bound::Excluded(score) } else { Bound::Included(score) })
}

fn scores(min: &[u8], max: &[u8]) -> Result<Scores, Error> {
    Ok(Scores { min: score_end(min)?, max: score_end(max)? })
}

/// A member that is an end of a range, with its bracket or parenthesis, or one of the open ends.
fn member_end(text: &[u8]) -> Result<Edge<'_>, Error> {
    match text {
        b"-" => Ok(Edge::Lowest),
        b"+" => Ok(Edge::Highest),
        [b'[', member @ ..] => Ok(Edge::At(Bound::Included(member))),
        [b'(', member @ ..] => Ok(Edge::At(Bound::Excluded(member))),
        _ => Err(Error::Text("ERR min or max not valid string range item")),
    }
}

fn members<'a>(min: &'a [u8], max: &'a [u8]) -> Result<Members<'a>, Error> {
    Ok(Members { min: member_end(min)?, max: member_end(max)? })
}

/// Reads a range whose ends are at `at`, and the options behind it. What is not given by the command may be told by options.
fn query(
    args: Args<'_>,
    at: usize,
    by: Option<By>,
    is_reverse: Option<bool>,
    is_store: bool,
) -> Result<Query<'_>, Error> {
    let (mut by, mut is_reverse) = (by, is_reverse);
    let (mut offset, mut limit, mut with_scores) = (0, -1, false);
    let mut options = args.cursor(at + 2);
    while let Some(word) = options.word() {
        match &*word {
            b"WITHSCORES" if !is_store => with_scores = true,
            b"LIMIT" if options.left() >= 2 => {
                offset = parse_i64(options.need()?).ok_or(Error::NotInteger)?;
                limit = parse_i64(options.need()?).ok_or(Error::NotInteger)?;
            }
            b"REV" if is_reverse.is_none() => is_reverse = Some(true),
            b"BYLEX" if by.is_none() => by = Some(By::Lex),
            b"BYSCORE" if by.is_none() => by = Some(By::Score),
            _ => return Err(Error::Syntax),
        }
    }
    let (by, is_reverse) = (by.unwrap_or(By::Rank), is_reverse.unwrap_or(false));
    if limit != -1 && by == By::Rank {
        return Err(Error::Text(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
        ));
    }
    if with_scores && by == By::Lex {
        return Err(Error::Text("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
    }
    let (start, stop) = (args.get(at), args.get(at + 1));
    let (min, max) = if is_reverse { (stop, start) } else { (start, stop) };
    let span = match by {
        By::Rank => {
            let start = parse_i64(start).ok_or(Error::NotInteger)?;
            Span::Ranks(start, parse_i64(stop).ok_or(Error::NotInteger)?)
        }
        By::Score => Span::Scores(scores(min, max)?),
        By::Lex => Span::Members(members(min, max)?),
    };
    Ok(Query { span, is_reverse, offset, limit, with_scores })
}

impl Query<'_> {
    /// The ranks that are asked for, counted from the lowest score.
    fn ranks(&self, set: SortedSetView) -> Range<usize> {
        let all = match self.span {
            Span::Ranks(start, stop) => {
                let len = set.len();
                let ranks = range(start, stop, len);
                return if self.is_reverse { len - ranks.end..len - ranks.start } else { ranks };
            }
            Span::Scores(scores) => set.ranks_of_scores(scores),
            Span::Members(members) => set.ranks_of_members(members),
        };
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX).min(all.len());
        let n = usize::try_from(self.limit).unwrap_or(usize::MAX).min(all.len() - skip);
        if self.is_reverse {
            let end = all.end - skip;
            end - n..end
        } else {
            let start = all.start + skip;
            start..start + n
        }
    }
}

/// The head of a list of members, perhaps with their scores.
pub(super) fn reply_members(reply: &mut Reply, n: usize, with_scores: bool) {
    reply.array(if with_scores && reply.proto == Proto::Resp2 { 2 * n } else { n });
}

/// A member of such a list.
pub(super) fn reply_member(reply: &mut Reply, member: Text, score: f64, with_scores: bool) {
    if !with_scores {
        return reply.text(member);
    }
    if reply.proto == Proto::Resp3 {
        reply.array(2);
    }
    reply.text(member);
    reply.double(score);
}

/// ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
fn zrange(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, None, None)
}

/// ZREVRANGE key start stop [WITHSCORES]
fn zrevrange(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, Some(By::Rank), Some(true))
}

/// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]
fn zrangebyscore(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, Some(By::Score), Some(false))
}

/// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]
fn zrevrangebyscore(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, Some(By::Score), Some(true))
}

/// ZRANGEBYLEX key min max [LIMIT offset count]
fn zrangebylex(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, Some(By::Lex), Some(false))
}

/// ZREVRANGEBYLEX key max min [LIMIT offset count]
fn zrevrangebylex(ctx: &mut Ctx, args: Args) -> Done {
    reply_range(ctx, args, Some(By::Lex), Some(true))
}

fn reply_range(ctx: &mut Ctx, args: Args, by: Option<By>, is_reverse: Option<bool>) -> Done {
    let query = query(args, 2, by, is_reverse, false)?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(set) = db.view::<SortedSetView>(slot)? else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    let ranks = query.ranks(set);
    let reply = &mut *ctx.reply;
    reply_members(reply, ranks.len(), query.with_scores);
    if ctx.streams(ranks.len())
        && let Some(object) = frozen(ctx.server.db(ctx.db).entry(slot))
    {
        let (is_reverse, with_scores) = (query.is_reverse, query.with_scores);
        return ctx.stream(args, Box::new(Ordered { object, ranks, is_reverse, with_scores }));
    }
    let db = ctx.server.db(ctx.db);
    let Some(set) = db.view::<SortedSetView>(slot)? else { return Ok(Flow::Done) };
    let reply = &mut *ctx.reply;
    set.walk(ranks, query.is_reverse, &mut |member, score| reply_member(reply, member, score, query.with_scores));
    Ok(Flow::Done)
}

/// ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]
fn zrangestore(ctx: &mut Ctx, args: Args) -> Done {
    let query = query(args, 3, None, None, true)?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(2));
    let limits = db.limits();
    let mut result = SortedSet::for_members(0, 0, &limits);
    if let Some(set) = db.view::<SortedSetView>(slot)? {
        let ranks = query.ranks(set);
        // Redis knows the length beforehand only here, and adds in the order of the reply. Both can be seen: a score of -0 stays what it is
        // only if it comes when there is a skiplist.
        if matches!(query.span, Span::Ranks(..)) {
            result.prepare(ranks.len(), 0, &limits);
        }
        set.walk(ranks, query.is_reverse, &mut |member, score| {
            member.with(|bytes| result.insert(bytes, score, &limits));
        });
    }
    let len = result.count();
    db.put_result(args.get(1), result, ZRANGESTORE, 1);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// ZCOUNT key min max
fn zcount(ctx: &mut Ctx, args: Args) -> Done {
    let scores = scores(args.get(2), args.get(3))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let n = db.view::<SortedSetView>(slot)?.map_or(0, |set| set.ranks_of_scores(scores).len());
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}

/// ZLEXCOUNT key min max
fn zlexcount(ctx: &mut Ctx, args: Args) -> Done {
    let members = members(args.get(2), args.get(3))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let n = db.view::<SortedSetView>(slot)?.map_or(0, |set| set.ranks_of_members(members).len());
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}

/// ZREMRANGEBYRANK key start stop
fn zremrangebyrank(ctx: &mut Ctx, args: Args) -> Done {
    remove_range(ctx, args, By::Rank, ZREMRANGEBYRANK)
}

/// ZREMRANGEBYSCORE key min max
fn zremrangebyscore(ctx: &mut Ctx, args: Args) -> Done {
    remove_range(ctx, args, By::Score, ZREMRANGEBYSCORE)
}

/// ZREMRANGEBYLEX key min max
fn zremrangebylex(ctx: &mut Ctx, args: Args) -> Done {
    remove_range(ctx, args, By::Lex, ZREMRANGEBYLEX)
}

fn remove_range(ctx: &mut Ctx, args: Args, by: By, event: Event) -> Done {
    let query = query(args, 2, Some(by), Some(false), false)?;
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let ranks = db.view::<SortedSetView>(slot)?.map_or(0..0, |set| query.ranks(set));
    let n = ranks.len();
    if n > 0 {
        let (cut, edited) = db.edit(slot, key, |set: &mut SortedSet| set.remove_range(ranks))?;
        db.edited(key, edited, event, n as u64);
        if let Some(part) = cut {
            db.discard_range(key, part, n);
        }
    }
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}

// ---- Taking out ---------------------------------------------------------------------------------------------------------

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

/// How elements that were taken out are replied.
#[derive(Clone, Copy)]
enum Form {
    /// Member, score, with no array around them.
    Bare,
    /// As members are with their scores: pairs only for a new client.
    Members,
    /// Always pairs.
    Pairs,
}

/// Takes `n` elements out of a sorted set that has them, and replies them.
fn pop_into(ctx: &mut Ctx, slot: Slot, key: &[u8], end: End, n: usize, form: Form) -> Result<(), Error> {
    let reply = &mut *ctx.reply;
    match form {
        Form::Bare => {}
        Form::Members => reply_members(reply, n, true),
        Form::Pairs => reply.array(n),
    }
    if n == 0 {
        return Ok(());
    }
    let mut db = ctx.server.db(ctx.db);
    let (cut, edited) = db.edit(slot, key, |set: &mut SortedSet| {
        let len = set.count();
        let ranks = if end == End::Max { len - n..len } else { 0..n };
        set.view().walk(ranks.clone(), end == End::Max, &mut |member, score| match form {
            Form::Members => reply_member(reply, member, score, true),
            Form::Bare | Form::Pairs => {
                if matches!(form, Form::Pairs) {
                    reply.array(2);
                }
                reply.text(member);
                reply.double(score);
            }
        });
        set.remove_range(ranks)
    })?;
    db.edited(key, edited, if end == End::Max { ZPOPMAX } else { ZPOPMIN }, n as u64);
    if let Some(part) = cut {
        db.discard_range(key, part, n);
    }
    Ok(())
}

/// ZPOPMIN key [count]
fn zpopmin(ctx: &mut Ctx, args: Args) -> Done {
    pop(ctx, args, End::Min)
}

/// ZPOPMAX key [count]
fn zpopmax(ctx: &mut Ctx, args: Args) -> Done {
    pop(ctx, args, End::Max)
}

fn pop(ctx: &mut Ctx, args: Args, end: End) -> Done {
    let count = match args.len() {
        2 => None,
        3 => Some(count(args.get(2))?),
        _ => return Err(Error::Syntax),
    };
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(set) = db.view::<SortedSetView>(slot)? else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    if let Some(count) = count {
        let n = count.min(set.len());
        pop_into(ctx, slot, key, end, n, Form::Members)?;
    } else {
        ctx.reply.array(2);
        pop_into(ctx, slot, key, end, 1, Form::Bare)?;
    }
    Ok(Flow::Done)
}

/// BZPOPMIN key [key ...] timeout
fn bzpopmin(ctx: &mut Ctx, args: Args) -> Done {
    wait_and_pop(ctx, args, End::Min)
}

/// BZPOPMAX key [key ...] timeout
fn bzpopmax(ctx: &mut Ctx, args: Args) -> Done {
    wait_and_pop(ctx, args, End::Max)
}

fn wait_and_pop(ctx: &mut Ctx, args: Args, end: End) -> Done {
    let last = args.len() - 1;
    let deadline = ctx.deadline(args.get(last))?;
    let keys = args.range(1..last);
    if let Some((key, slot)) = first_key(ctx, keys, "zset")? {
        ctx.reply.array(3);
        ctx.reply.bulk(key);
        pop_into(ctx, slot, key, end, 1, Form::Bare)?;
        ctx.log_instead(&[pop_name(end), key]);
        return Ok(Flow::Done);
    }
    ctx.block(args, keys, "zset", deadline, Instead::NullArray)
}

/// ZMPOP numkeys key [key ...] MIN | MAX [COUNT count]
fn zmpop(ctx: &mut Ctx, args: Args) -> Done {
    let (keys, end, count) = keys_end_count(args, 1, end)?;
    if !pop_first(ctx, keys, end, count)? {
        ctx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count]
fn bzmpop(ctx: &mut Ctx, args: Args) -> Done {
    let (keys, end, count) = keys_end_count(args, 2, end)?;
    let deadline = ctx.deadline(args.get(1))?;
    if pop_first(ctx, keys, end, count)? {
        return Ok(Flow::Done);
    }
    ctx.block(args, keys, "zset", deadline, Instead::NullArray)
}

/// MIN or MAX.
fn end(word: &[u8]) -> Result<End, Error> {
    if word.eq_ignore_ascii_case(b"MIN") {
        Ok(End::Min)
    } else if word.eq_ignore_ascii_case(b"MAX") {
        Ok(End::Max)
    } else {
        Err(Error::Syntax)
    }
}

/// Takes elements out of the first sorted set that there is, with its key; false if there is none.
fn pop_first(ctx: &mut Ctx, keys: Args, end: End, count: usize) -> Result<bool, Error> {
    let Some((key, slot)) = first_key(ctx, keys, "zset")? else { return Ok(false) };
    let n = ctx.server.db(ctx.db).view::<SortedSetView>(slot)?.map_or(0, |set| count.min(set.len()));
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    pop_into(ctx, slot, key, end, n, Form::Pairs)?;
    ctx.log_instead(&[pop_name(end), key, itoa::Buffer::new().format(n).as_bytes()]);
    Ok(true)
}

/// The command that takes members out at an end, as the log has it.
fn pop_name(end: End) -> &'static [u8] {
    match end {
        End::Min => b"ZPOPMIN",
        End::Max => b"ZPOPMAX",
    }
}

// ---- Chance and walks ---------------------------------------------------------------------------------------------------

/// ZRANDMEMBER key [count [WITHSCORES]]
fn zrandmember(ctx: &mut Ctx, args: Args) -> Done {
    let (count, with_scores) = random_count(args, b"WITHSCORES")?;
    let output_max = ctx.output_max();
    let mut dice = ctx.server.dice.split();
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(set) = db.view::<SortedSetView>(slot)? else {
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
            reply_members(ctx.reply, n, with_scores);
            // All of them come from the highest score to the lowest.
            if count >= 0 && n == len {
                return ctx.stream(args, Box::new(Ordered { object, ranks: 0..len, is_reverse: true, with_scores }));
            }
            return ctx.stream(args, Box::new(Random::new(object, count, dice, with_scores)));
        }
        if count < 0 && ctx.streams(n) {
            reply_members(ctx.reply, n, with_scores);
            let db = ctx.server.db(ctx.db);
            let set = db.view::<SortedSetView>(slot)?.expect("nothing was changed since");
            let show = |reply: &mut Reply, rank| {
                let (member, score) = set.at(rank).expect("a rank below the length");
                reply_member(reply, member, score, with_scores);
            };
            let draws = Draws::new(ctx.reply.proto, len, n as u64, dice, show);
            return ctx.stream(args, Box::new(draws));
        }
    }
    let db = ctx.server.db(ctx.db);
    let set = db.view::<SortedSetView>(slot)?.expect("nothing was changed since");
    let reply = &mut *ctx.reply;
    let mut draw = || set.at(dice.below(len as u64) as usize).expect("a rank below the length");
    match count {
        None => reply.text(draw().0),
        // Negative: so many draws, the same member perhaps several times.
        Some(count @ ..0) => {
            // The reply is written as it is drawn: the count is no size to allocate.
            reply_members(reply, count.unsigned_abs() as usize, with_scores);
            for _ in 0..count.unsigned_abs() {
                if reply.len() > output_max {
                    break;
                }
                let (member, score) = draw();
                reply_member(reply, member, score, with_scores);
            }
        }
        Some(count) => {
            let wanted = (count as usize).min(len);
            reply_members(reply, wanted, with_scores);
            if wanted > 0 {
                set.sample(wanted, &mut || dice.next(), &mut |member, score| {
                    reply_member(reply, member, score, with_scores);
                });
            }
        }
    }
    Ok(Flow::Done)
}

/// ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]
fn zscan(ctx: &mut Ctx, args: Args) -> Done {
    let cursor = cursor(args.get(2))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(set) = db.view::<SortedSetView>(slot)? else {
        reply_scan(ctx.reply, 0, |_| (0, 0));
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3, b"NOSCORES")?;
    reply_scan(ctx.reply, options.count, |reply| {
        let mut n = 0;
        let next = set.scan(cursor, options.count, &mut |member, score| {
            if options.fits(member) {
                reply.text(member);
                n += 1;
                if options.no_values {
                    return;
                }
                // Redis prints scores here as they lie in a listpack, or else with all digits; of integers these are the same.
                if set.is_listpack() || score.is_infinite() || (score.fract() == 0.0 && score.abs() < 1e15) {
                    reply.bulk(&Double::new(score));
                } else {
                    reply.bulk(seventeen_digits(score).as_bytes());
                }
                n += 1;
            }
        });
        (next, n)
    });
    Ok(Flow::Done)
}

// ---- Algebra ------------------------------------------------------------------------------------------------------------

/// A set that is put together with others; members of plain sets have the score 1.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Plain(SetView<'a>),
    Sorted(SortedSetView<'a>),
}

impl<'a> Source<'a> {
    pub(super) fn of(db: &'a Db, slot: Slot) -> Result<Option<Source<'a>>, Error> {
        match db.view::<SortedSetView>(slot) {
            Ok(set) => Ok(set.map(Source::Sorted)),
            Err(_) => Ok(db.view::<SetView>(slot)?.map(Source::Plain)),
        }
    }

    pub(super) fn len(self) -> usize {
        match self {
            Source::Plain(set) => set.len(),
            Source::Sorted(set) => set.len(),
        }
    }

    pub(super) fn score(self, member: Text) -> Option<f64> {
        match self {
            Source::Plain(set) => set.contains_text(member).then_some(1.0),
            Source::Sorted(set) => member.with(|bytes| set.score(bytes)),
        }
    }

    /// Visits members until `visit` says that it has enough.
    fn find(self, visit: &mut dyn FnMut(Text<'a>, f64) -> bool) {
        match self {
            Source::Plain(set) => _ = set.find(&mut |member| visit(member, 1.0)),
            Source::Sorted(set) => set.find(visit),
        }
    }
}

/// How the scores that a member has in several sets become one.
#[derive(Clone, Copy)]
pub(super) enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn join(self, a: f64, b: f64) -> f64 {
        match self {
            Aggregate::Sum => number_or_zero(a + b),
            Aggregate::Min => {
                if b < a {
                    b
                } else {
                    a
                }
            }
            Aggregate::Max => {
                if b > a {
                    b
                } else {
                    a
                }
            }
        }
    }
}

/// Zero times infinity, and the sum of both infinities, count as zero.
fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// The operations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Inter,
    Diff,
}

/// The number of keys at `at`, and the keys behind it.
fn keys_of<'a>(ctx: &Ctx, args: Args<'a>, at: usize) -> Result<Args<'a>, Error> {
    let n = parse_i64(args.get(at)).ok_or(Error::NotInteger)?;
    if n < 1 {
        return Err(Error::owned(format!("ERR at least 1 input key is needed for '{}' command", ctx.command_name())));
    }
    if n > (args.len() - at - 1) as i64 {
        return Err(Error::Syntax);
    }
    Ok(args.range(at + 1..at + 1 + n as usize))
}

/// The keys' slots, once all types are known to be right.
fn slots(db: &mut Db, keys: Args) -> Result<Vec<Slot>, Error> {
    let slots = db.read_all(keys.iter());
    for slot in &slots {
        Source::of(db, *slot)?;
    }
    Ok(slots)
}

/// What an operation is asked for behind its keys.
struct Joining {
    /// One for each key.
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
}

fn joining(args: Args, keys: usize, at: usize, operation: Operation, is_store: bool) -> Result<Joining, Error> {
    let mut o = Joining { weights: vec![1.0; keys], aggregate: Aggregate::Sum, with_scores: false };
    let has_weights = operation != Operation::Diff;
    let mut options = args.cursor(at);
    while let Some(word) = options.word() {
        match &*word {
            b"WEIGHTS" if has_weights && options.left() >= keys => {
                for weight in &mut o.weights {
                    *weight = parse_f64(options.need()?).ok_or(Error::Text("ERR weight value is not a float"))?;
                }
            }
            b"AGGREGATE" if has_weights => {
                o.aggregate = match options.word().as_deref() {
                    Some(b"SUM") => Aggregate::Sum,
                    Some(b"MIN") => Aggregate::Min,
                    Some(b"MAX") => Aggregate::Max,
                    _ => return Err(Error::Syntax),
                };
            }
            b"WITHSCORES" if !is_store => o.with_scores = true,
            _ => return Err(Error::Syntax),
        }
    }
    Ok(o)
}

/// The members of a result with their scores, in order. They lie where they are in the keyspace.
fn join<'a>(db: &'a Db, slots: &[Slot], o: &Joining, operation: Operation) -> Result<Vec<(Text<'a>, f64)>, Error> {
    let mut sources = Vec::with_capacity(slots.len());
    for (slot, weight) in slots.iter().zip(&o.weights) {
        match Source::of(db, *slot)? {
            Some(source) => sources.push((source, *weight)),
            None if operation == Operation::Inter => return Ok(Vec::new()),
            None if operation == Operation::Diff && sources.is_empty() => return Ok(Vec::new()),
            None => {}
        }
    }
    if operation != Operation::Diff {
        // From the smallest on, as Redis adds: sums depend on it.
        sources.sort_by_key(|(source, _)| source.len());
    }
    let mut result: Vec<(Text, f64)> = Vec::new();
    for (i, (source, _)) in sources.iter().enumerate() {
        source.find(&mut |member, score| {
            let score = joined(&sources, i, member, score, operation, o.aggregate);
            result.extend(score.map(|score| (member, score)));
            false
        });
        if operation != Operation::Union {
            break;
        }
    }
    result.sort_by(|(a, a_score), (b, b_score)| {
        let by_score = a_score.partial_cmp(b_score).expect("scores are numbers");
        by_score.then_with(|| a.with(|a| b.with(|b| a.cmp(b))))
    });
    Ok(result)
}

/// The score that a member of the source at `i` has in the result, unless it is not in it, or came with an earlier source.
pub(super) fn joined(
    sources: &[(Source, f64)],
    i: usize,
    member: Text,
    score: f64,
    operation: Operation,
    aggregate: Aggregate,
) -> Option<f64> {
    let weight = sources[i].1;
    let mut others = sources[i + 1..].iter().map(|(other, weight)| (other.score(member), weight));
    match operation {
        Operation::Diff => others.all(|(score, _)| score.is_none()).then_some(score),
        Operation::Union if sources[..i].iter().any(|(earlier, _)| earlier.score(member).is_some()) => None,
        Operation::Union => {
            let first = number_or_zero(weight * score);
            let weighed = others.filter_map(|(score, weight)| Some(number_or_zero(weight * score?)));
            Some(weighed.fold(first, |sum, score| aggregate.join(sum, score)))
        }
        Operation::Inter => others.try_fold(number_or_zero(weight * score), |sum, (score, weight)| {
            Some(aggregate.join(sum, weight * score?))
        }),
    }
}

/// ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]
fn zunion(ctx: &mut Ctx, args: Args) -> Done {
    reply_join(ctx, args, Operation::Union)
}

/// ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]
fn zinter(ctx: &mut Ctx, args: Args) -> Done {
    reply_join(ctx, args, Operation::Inter)
}

/// ZDIFF numkeys key [key ...] [WITHSCORES]
fn zdiff(ctx: &mut Ctx, args: Args) -> Done {
    reply_join(ctx, args, Operation::Diff)
}

fn reply_join(ctx: &mut Ctx, args: Args, operation: Operation) -> Done {
    let keys = keys_of(ctx, args, 1)?;
    let mut db = ctx.server.db(ctx.db);
    let slots = slots(&mut db, keys)?;
    let o = joining(args, keys.len(), 2 + keys.len(), operation, false)?;
    let work = joins::work(&db, &slots, operation);
    if ctx.streams(work) {
        let db = ctx.server.db(ctx.db);
        let job = joins::Sorted::new(&db, &slots, &o.weights, (operation, o.aggregate, o.with_scores));
        return ctx.stream(args, Box::new(job));
    }
    let db = ctx.server.db(ctx.db);
    let result = join(&db, &slots, &o, operation)?;
    reply_members(ctx.reply, result.len(), o.with_scores);
    for (member, score) in result {
        reply_member(ctx.reply, member, score, o.with_scores);
    }
    Ok(Flow::Done)
}

/// ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX]
fn zunionstore(ctx: &mut Ctx, args: Args) -> Done {
    store_join(ctx, args, Operation::Union, ZUNIONSTORE)
}

/// ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX]
fn zinterstore(ctx: &mut Ctx, args: Args) -> Done {
    store_join(ctx, args, Operation::Inter, ZINTERSTORE)
}

/// ZDIFFSTORE destination numkeys key [key ...]
fn zdiffstore(ctx: &mut Ctx, args: Args) -> Done {
    store_join(ctx, args, Operation::Diff, ZDIFFSTORE)
}

fn store_join(ctx: &mut Ctx, args: Args, operation: Operation, event: Event) -> Done {
    let keys = keys_of(ctx, args, 2)?;
    let mut db = ctx.server.db(ctx.db);
    let slots = slots(&mut db, keys)?;
    let o = joining(args, keys.len(), 3 + keys.len(), operation, true)?;
    let limits = db.limits();
    let result = join(&db, &slots, &o, operation)?;
    let longest = result.iter().map(|(member, _)| member.len()).max().unwrap_or(0);
    let mut set = SortedSet::for_members(result.len(), longest, &limits);
    for (member, score) in result {
        member.with(|bytes| set.insert(bytes, score, &limits));
    }
    let len = set.count();
    db.put_result(args.get(1), set, event, 1);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// ZINTERCARD numkeys key [key ...] [LIMIT limit]
fn zintercard(ctx: &mut Ctx, args: Args) -> Done {
    let keys = keys_of(ctx, args, 1)?;
    let mut db = ctx.server.db(ctx.db);
    let slots = slots(&mut db, keys)?;
    let limit = limit(args.cursor(2 + keys.len()))?;
    let work = joins::work(&db, &slots, Operation::Inter);
    if ctx.streams(work) {
        let job = joins::Card::new(&ctx.server.db(ctx.db), &slots, limit);
        return ctx.stream(args, Box::new(job));
    }
    let db = ctx.server.db(ctx.db);
    let mut sources = Vec::with_capacity(slots.len());
    for slot in slots {
        let Some(source) = Source::of(&db, slot)? else {
            ctx.reply.int(0);
            return Ok(Flow::Done);
        };
        sources.push(source);
    }
    sources.sort_by_key(|source| source.len());
    let mut n = 0;
    if let Some((first, others)) = sources.split_first() {
        first.find(&mut |member, _| {
            n += usize::from(others.iter().all(|other| other.score(member).is_some()));
            n == limit
        });
    }
    ctx.reply.int(n as i64);
    Ok(Flow::Done)
}
