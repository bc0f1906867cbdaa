//! The commands on hashes, and on the deadlines of their fields.

use crate::base::buffer::Text;
use crate::base::extended;
use crate::base::number::parse_i64;
use crate::commands::generic::{ScanOptions, cursor, reply_scan};
use crate::commands::options::{drawn, random_count};
use crate::commands::streams::{Draws, Part, Random, Unordered, frozen};
use crate::keyspace::Edited;
use crate::keyspace::changes::Event;
use crate::keyspace::db::{Db, Slot};
use crate::resp::{Args, Cursor, Proto, Reply};
use crate::server::command::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Delete, Insert, ReadOnly as Ro, ReadWrite as Rw, Update};
use crate::server::command::{Command, KeySpec};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::hash::{Field, Hash, HashView};
use crate::store::members::Deadline;
use crate::store::object::Object;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("hdel", hdel)
        .member(2)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Delete])])
        .syntax("key field ...")
        .docs("Removes fields from a hash.")
        .complexity("O(N) where N is the number of fields named")
        .since("2.0.0")
        .history(&[("2.4.0", "Several fields may be named.")]),
    Command::new("hexists", hexists)
        .member(2)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key field")
        .docs("Tells whether a hash has a field.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("hexpire", hexpire)
        .arity(-6)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key seconds [<condition: NX | XX | GT | LT>] FIELDS (fields: numfields field ...)")
        .docs("Lets fields of a hash expire some seconds from now.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hexpireat", hexpireat)
        .arity(-6)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key unix-time-seconds [<condition: NX | XX | GT | LT>] FIELDS (fields: numfields field ...)")
        .docs("Lets fields of a hash expire at a Unix time in seconds.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hexpiretime", hexpiretime)
        .arity(-5)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Tells at which Unix time in seconds fields of a hash expire.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hget", hget)
        .member(2)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key field")
        .docs("Gives the value of a field of a hash.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("hgetall", hgetall)
        .arity(2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key")
        .docs("Gives all fields of a hash with their values.")
        .complexity("O(N) where N is the number of fields")
        .since("2.0.0"),
    Command::new("hgetdel", hgetdel)
        .arity(-5)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete])])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Gives the values of fields of a hash and removes the fields.")
        .complexity("O(N) where N is the number of fields named")
        .since("8.0.0"),
    Command::new("hgetex", hgetex)
        .arity(-5)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Update])])
        .syntax("key [<expiration: EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST>] FIELDS (fields: numfields field ...)")
        .docs("Gives the values of fields of a hash and changes when they expire.")
        .complexity("O(N) where N is the number of fields named")
        .since("8.0.0"),
    Command::new("hincrby", hincrby)
        .member(2)
        .arity(4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Update])])
        .syntax("key field increment")
        .docs("Adds to the integer in a field of a hash; a missing field counts as zero.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("hincrbyfloat", hincrbyfloat)
        .member(2)
        .arity(4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Update])])
        .syntax("key field increment:num")
        .docs("Adds to the number in a field of a hash; a missing field counts as zero.")
        .complexity("O(1)")
        .since("2.6.0"),
    Command::new("hkeys", hkeys)
        .arity(2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key")
        .docs("Gives all fields of a hash.")
        .complexity("O(N) where N is the number of fields")
        .since("2.0.0"),
    Command::new("hlen", hlen)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Gives the number of fields of a hash, those included that have expired and are still there.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("hmget", hmget)
        .member(2)
        .arity(-3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key field ...")
        .docs("Gives the values of several fields of a hash.")
        .complexity("O(N) where N is the number of fields named")
        .since("2.0.0"),
    Command::new("hmset", hmset)
        .member(2)
        .arity(-4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key (data: field value) ...")
        .docs("Sets several fields of a hash.")
        .complexity("O(N) where N is the number of fields named")
        .since("2.0.0")
        .deprecated("4.0.0", "`HSET` with several fields and values"),
    Command::new("hpersist", hpersist)
        .arity(-5)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Lets fields of a hash stay for good.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hpexpire", hpexpire)
        .arity(-6)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key milliseconds [<condition: NX | XX | GT | LT>] FIELDS (fields: numfields field ...)")
        .docs("Lets fields of a hash expire some milliseconds from now.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hpexpireat", hpexpireat)
        .arity(-6)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key unix-time-milliseconds [<condition: NX | XX | GT | LT>] FIELDS (fields: numfields field ...)")
        .docs("Lets fields of a hash expire at a Unix time in milliseconds.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hpexpiretime", hpexpiretime)
        .arity(-5)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Tells at which Unix time in milliseconds fields of a hash expire.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hpttl", hpttl)
        .arity(-5)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Tells in how many milliseconds fields of a hash expire.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hrandfield", hrandfield)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key [(options: count [WITHVALUES])]")
        .docs("Gives random fields of a hash.")
        .complexity("O(N) where N is the number of fields given")
        .since("6.2.0"),
    Command::new("hscan", hscan)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key cursor [MATCH pattern] [COUNT count] [NOVALUES]")
        .docs("Walks over the fields of a hash, some at a time.")
        .complexity("O(1) for each call, O(N) for a whole walk over N fields")
        .since("2.8.0"),
    Command::new("hset", hset)
        .member(2)
        .arity(-4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key (data: field value) ...")
        .docs("Sets fields of a hash.")
        .complexity("O(1) for each field")
        .since("2.0.0")
        .history(&[("4.0.0", "Several fields may be set.")]),
    Command::new("hsetex", hsetex)
        .arity(-6)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key [<key-condition: NX | XX>] [<condition: FNX | FXX>] [<expiration: EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL>] FIELDS (fields: numfields (data: field value) ...)")
        .docs("Sets fields of a hash, and when they expire; can ask for conditions.")
        .complexity("O(N) where N is the number of fields named")
        .since("8.0.0"),
    Command::new("hsetnx", hsetnx)
        .member(2)
        .arity(4)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Insert])])
        .syntax("key field value")
        .docs("Sets a field of a hash that it does not have.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("hstrlen", hstrlen)
        .member(2)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key field")
        .docs("Gives the length of the value of a field of a hash.")
        .complexity("O(1)")
        .since("3.2.0"),
    Command::new("httl", httl)
        .arity(-5)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key FIELDS (fields: numfields field ...)")
        .docs("Tells in how many seconds fields of a hash expire.")
        .complexity("O(N) where N is the number of fields named")
        .since("7.4.0"),
    Command::new("hvals", hvals)
        .arity(2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output_order"])
        .syntax("key")
        .docs("Gives all values of a hash.")
        .complexity("O(N) where N is the number of fields")
        .since("2.0.0"),
];

const HSET: Event = Event::new("hset", b'h');
const HDEL: Event = Event::new("hdel", b'h');
const HINCRBY: Event = Event::new("hincrby", b'h');
const HINCRBYFLOAT: Event = Event::new("hincrbyfloat", b'h');
const HEXPIRE: Event = Event::new("hexpire", b'h');
const HPERSIST: Event = Event::new("hpersist", b'h');

/// The bytes of the longest of some arguments.
fn longest(args: Args) -> usize {
    args.iter().map(<[u8]>::len).max().unwrap_or(0)
}

/// Sets fields to values, as HSET and HMSET do. Answers how many fields are new.
fn set_pairs(ctx: &mut Ctx, args: Args) -> Result<usize, Error> {
    let (key, pairs) = (args.get(1), args.from(2));
    if pairs.len() % 2 != 0 {
        return Err(Error::Arity(ctx.command_name()));
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let (n, limits) = (pairs.len() / 2, db.limits());
    let (new, edited) = db.edit(slot, key, |hash: &mut Hash| {
        hash.prepare(n, longest(pairs), &limits);
        (0..n).filter(|i| hash.set(pairs.get(2 * i), pairs.text(2 * i + 1), Deadline::Clear, &limits)).count()
    })?;
    db.edited(key, edited, HSET, n as u64);
    Ok(new)
}

/// HSET key field value [field value ...]
fn hset(ctx: &mut Ctx, args: Args) -> Done {
    let new = set_pairs(ctx, args)?;
    ctx.reply.int(new as i64);
    Ok(Flow::Done)
}

/// HMSET key field value [field value ...]
fn hmset(ctx: &mut Ctx, args: Args) -> Done {
    set_pairs(ctx, args)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// HSETNX key field value
fn hsetnx(ctx: &mut Ctx, args: Args) -> Done {
    let (key, field) = (args.get(1), args.get(2));
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let (slot, old) = live(&mut db, slot, key, field, |_| ())?;
    if old.is_some() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    set_one(&mut db, slot, key, field, args.text(3), HSET)?;
    ctx.reply.int(1);
    Ok(Flow::Done)
}

/// Looks at a field that is to be changed. If it has expired it goes at once. The slot is good for the change.
fn live<R>(
    db: &mut Db,
    slot: Slot,
    key: &[u8],
    field: &[u8],
    look: impl FnOnce(Text) -> R,
) -> Result<(Slot, Option<R>), Error> {
    let found = db.view::<HashView>(slot)?.and_then(|hash| hash.get(field));
    match found {
        Some((_, deadline)) if db.hides_field(deadline) => {
            db.drop_fields(slot, key, &[field]);
            Ok((db.locate(key), None))
        }
        Some((value, _)) => Ok((slot, Some(look(value)))),
        None => Ok((slot, None)),
    }
}

/// Sets one field and leaves its deadline as it is.
fn set_one(db: &mut Db, slot: Slot, key: &[u8], field: &[u8], value: Text, event: Event) -> Result<(), Error> {
    let limits = db.limits();
    let (_, edited) = db.edit(slot, key, |hash: &mut Hash| {
        hash.prepare(1, field.len().max(value.len()), &limits);
        hash.set(field, value, Deadline::Keep, &limits)
    })?;
    db.edited(key, edited, event, 1);
    Ok(())
}

/// HINCRBY key field increment
fn hincrby(ctx: &mut Ctx, args: Args) -> Done {
    let (key, field) = (args.get(1), args.get(2));
    let by = parse_i64(args.get(3)).ok_or(Error::NotInteger)?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let (slot, old) = live(&mut db, slot, key, field, |value| match value {
        Text::Int(n) => Some(n),
        value => value.with(parse_i64),
    })?;
    let old = old.unwrap_or(Some(0)).ok_or(Error::Text("ERR hash value is not an integer"))?;
    let sum = old.checked_add(by).ok_or(Error::Overflow)?;
    set_one(&mut db, slot, key, field, Text::Int(sum), HINCRBY)?;
    ctx.reply.int(sum);
    Ok(Flow::Done)
}

/// HINCRBYFLOAT key field increment
fn hincrbyfloat(ctx: &mut Ctx, args: Args) -> Done {
    let (key, field) = (args.get(1), args.get(2));
    let by = extended::parse(args.get(3)).ok_or(Error::NotFloat)?;
    if by.is_infinite() {
        return Err(Error::Text("ERR value is NaN or Infinity"));
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let (slot, old) = live(&mut db, slot, key, field, |value| value.with(extended::parse))?;
    let old = old.unwrap_or_else(|| extended::parse(b"0")).ok_or(Error::Text("ERR hash value is not a float"))?;
    let text = extended::add(old, by).ok_or(Error::NanOrInfinity)?;
    set_one(&mut db, slot, key, field, Text::Bytes(&text), HINCRBYFLOAT)?;
    ctx.log_instead(&[b"HSET", key, field, &text]);
    ctx.reply.bulk(&text);
    Ok(Flow::Done)
}

/// HDEL key field [field ...]
fn hdel(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if db.view::<HashView>(slot)?.is_none() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let (removed, edited) =
        db.edit(slot, key, |hash: &mut Hash| args.from(2).iter().filter(|field| hash.remove(field)).count())?;
    if removed > 0 {
        db.edited(key, edited, HDEL, removed as u64);
    }
    ctx.reply.int(removed as i64);
    Ok(Flow::Done)
}

/// Looks at fields of a hash; what has expired is as good as missing, and goes afterwards.
fn look_at(ctx: &mut Ctx, key: &[u8], fields: Args, mut show: impl FnMut(&mut Reply, Option<Text>)) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(key);
    let hash = db.view::<HashView>(slot)?;
    let mut expired = Vec::new();
    for field in fields {
        let found = hash.and_then(|hash| hash.get(field));
        match found {
            Some((_, deadline)) if db.hides_field(deadline) => {
                expired.push(field);
                show(ctx.reply, None);
            }
            found => show(ctx.reply, found.map(|(value, _)| value)),
        }
    }
    if !expired.is_empty() {
        db.drop_fields(slot, key, &expired);
    }
    Ok(Flow::Done)
}

fn show_value(reply: &mut Reply, value: Option<Text>) {
    match value {
        Some(value) => reply.text(value),
        None => reply.null(),
    }
}

/// HGET key field
fn hget(ctx: &mut Ctx, args: Args) -> Done {
    look_at(ctx, args.get(1), args.range(2..3), show_value)
}

/// HMGET key field [field ...]
fn hmget(ctx: &mut Ctx, args: Args) -> Done {
    // An error takes this back.
    ctx.reply.array(args.len() - 2);
    look_at(ctx, args.get(1), args.from(2), show_value)
}

/// HEXISTS key field
fn hexists(ctx: &mut Ctx, args: Args) -> Done {
    look_at(ctx, args.get(1), args.range(2..3), |reply, value| reply.int(value.is_some().into()))
}

/// HSTRLEN key field
fn hstrlen(ctx: &mut Ctx, args: Args) -> Done {
    look_at(ctx, args.get(1), args.range(2..3), |reply, value| reply.int(value.map_or(0, Text::len) as i64))
}

/// HLEN key
fn hlen(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let len = db.view::<HashView>(slot)?.map_or(0, HashView::len);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// Visits the fields that have not expired.
fn each_live(db: &Db, hash: HashView, visit: &mut dyn FnMut(Field)) {
    hash.each(&mut |field| {
        if !db.hides_field(field.deadline) {
            visit(field);
        }
    });
}

/// HGETALL key
fn hgetall(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let hash = db.view::<HashView>(slot)?;
    let reply = &mut *ctx.reply;
    match hash {
        None => reply.map(0),
        Some(hash) if !db.hides_field(hash.earliest()) => {
            reply.map(hash.len());
            if let Some(object) = slices(ctx, slot) {
                return ctx.stream(args, Box::new(Unordered { object, done: 0, part: Part::Both }));
            }
            let db = ctx.server.db(ctx.db);
            let Some(hash) = db.view::<HashView>(slot)? else { return Ok(Flow::Done) };
            let reply = &mut *ctx.reply;
            hash.each(&mut |field| {
                reply.text(field.field);
                reply.text(field.value);
            });
        }
        Some(hash) => {
            let (begin, mut n) = (reply.begin_array(), 0);
            each_live(&db, hash, &mut |field| {
                reply.text(field.field);
                reply.text(field.value);
                n += 1;
            });
            reply.end_map(begin, n);
        }
    }
    Ok(Flow::Done)
}

/// HKEYS key
fn hkeys(ctx: &mut Ctx, args: Args) -> Done {
    reply_parts(ctx, args, Part::Fields)
}

/// HVALS key
fn hvals(ctx: &mut Ctx, args: Args) -> Done {
    reply_parts(ctx, args, Part::Values)
}

/// A copy of a hash that is answered in slices, if it is.
fn slices(ctx: &mut Ctx, slot: Slot) -> Option<Object> {
    let object = frozen(ctx.server.db(ctx.db).entry(slot))?;
    let Object::Hash(members) = &object else { return None };
    ctx.streams(members.len()).then_some(object)
}

fn reply_parts(ctx: &mut Ctx, args: Args, part: Part) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let hash = db.view::<HashView>(slot)?;
    if let Some(hash) = hash.filter(|hash| !db.hides_field(hash.earliest()))
        && let len = hash.len()
        && let Some(object) = slices(ctx, slot)
    {
        ctx.reply.array(len);
        return ctx.stream(args, Box::new(Unordered { object, done: 0, part }));
    }
    let db = ctx.server.db(ctx.db);
    let hash = db.view::<HashView>(slot)?;
    let (begin, mut n) = (ctx.reply.begin_array(), 0);
    if let Some(hash) = hash {
        each_live(&db, hash, &mut |field| {
            ctx.reply.text(if part == Part::Fields { field.field } else { field.value });
            n += 1;
        });
    }
    ctx.reply.end_array(begin, n);
    Ok(Flow::Done)
}

/// A field by chance; RESP3 has a pair of it and its value.
fn show_field(reply: &mut Reply, field: Field, with_value: bool) {
    if with_value && reply.proto == Proto::Resp3 {
        reply.array(2);
    }
    reply.text(field.field);
    if with_value {
        reply.text(field.value);
    }
}

/// HRANDFIELD key [count [WITHVALUES]]
fn hrandfield(ctx: &mut Ctx, args: Args) -> Done {
    let (count, with_values) = random_count(args, b"WITHVALUES")?;
    let output_max = ctx.output_max();
    let mut dice = ctx.server.dice.split();
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(key);
    db.view::<HashView>(slot)?;
    // What has expired goes first, so that each of the others is as likely.
    let slot = if db.expire_fields(slot, key, usize::MAX) > 0 { db.locate(key) } else { slot };
    // What somebody else is to delete is passed over below, in one go.
    let whole = db.view::<HashView>(slot)?.filter(|hash| !db.hides_field(hash.earliest())).map_or(0, HashView::len);
    if let Some(count) = count.filter(|_| whole > 0) {
        let n = drawn(count, whole);
        if count < 0 && ctx.is_refused_draws(n as u64) {
            return Ok(Flow::Done);
        }
        let proto = ctx.reply.proto;
        let width = if with_values && proto == Proto::Resp2 { 2 } else { 1 };
        let object = if ctx.streams(n) { frozen(ctx.server.db(ctx.db).entry(slot)) } else { None };
        if let Some(object) = object {
            ctx.reply.array(n * width);
            return ctx.stream(args, Box::new(Random::new(object, count, dice, with_values)));
        }
        if count < 0 && ctx.streams(n) {
            ctx.reply.array(n * width);
            let db = ctx.server.db(ctx.db);
            let hash = db.view::<HashView>(slot)?.expect("nothing was changed since");
            let show = |reply: &mut Reply, rank| show_field(reply, hash.nth(rank).expect("a rank below"), with_values);
            let draws = Draws::new(proto, whole, n as u64, dice, show);
            return ctx.stream(args, Box::new(draws));
        }
    }
    let db = ctx.server.db(ctx.db);
    let hash = db.view::<HashView>(slot)?;
    let hidden = hash.is_some_and(|hash| db.hides_field(hash.earliest()));
    let live: Vec<Field> = match hash {
        // Somebody else's to delete: only then is a list made of the others.
        Some(hash) if hidden => {
            let mut live = Vec::new();
            hash.each(&mut |field| live.extend((!db.hides_field(field.deadline)).then_some(field)));
            live
        }
        _ => Vec::new(),
    };
    let len = if hidden { live.len() } else { hash.map_or(0, HashView::len) };
    let (Some(hash), 1..) = (hash, len) else {
        if count.is_some() {
            ctx.reply.array(0);
        } else {
            ctx.reply.null();
        }
        return Ok(Flow::Done);
    };
    let reply = &mut *ctx.reply;
    let nests = reply.proto == Proto::Resp3;
    let show = |reply: &mut Reply, field: Field| show_field(reply, field, with_values);
    let width = if with_values && !nests { 2 } else { 1 };
    let nth = |rank: usize| if hidden { live[rank] } else { hash.nth(rank).expect("a rank below the length") };
    match count {
        None => show(reply, nth(dice.below(len as u64) as usize)),
        // Negative: so many draws, the same field perhaps several times.
        Some(count @ ..0) => {
            reply.array(count.unsigned_abs() as usize * width);
            for _ in 0..count.unsigned_abs() {
                if reply.len() > output_max {
                    break;
                }
                show(reply, nth(dice.below(len as u64) as usize));
            }
        }
        Some(count) => {
            let wanted = (count as usize).min(len);
            reply.array(wanted * width);
            if hidden {
                live.iter().take(wanted).for_each(|field| show(reply, *field));
            } else {
                hash.sample(wanted, &mut || dice.next(), &mut |field| show(reply, field));
            }
        }
    }
    Ok(Flow::Done)
}

/// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
fn hscan(ctx: &mut Ctx, args: Args) -> Done {
    let cursor = cursor(args.get(2))?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let Some(hash) = db.view::<HashView>(slot)? else {
        reply_scan(ctx.reply, 0, |_| (0, 0));
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3, b"NOVALUES")?;
    reply_scan(ctx.reply, options.count, |reply| {
        let mut n = 0;
        let next = hash.scan(cursor, options.count, &mut |field| {
            if options.fits(field.field) && !db.hides_field(field.deadline) {
                reply.text(field.field);
                n += 1;
                if !options.no_values {
                    reply.text(field.value);
                    n += 1;
                }
            }
        });
        (next, n)
    });
    Ok(Flow::Done)
}

// ---- Deadlines --------------------------------------------------------------------------------------------------

/// The last deadline that Redis takes: it keeps 46 bits of milliseconds.
const DEADLINE_MAX: i64 = (1 << 46) - 1;

/// A deadline as it was sent: in which unit, and from when on.
#[derive(Clone, Copy)]
struct Unit {
    scale: i64,
    is_relative: bool,
}

impl Unit {
    /// The unit of an option, if it is one.
    fn of(option: &[u8]) -> Option<Unit> {
        Some(match option {
            b"EX" => Unit { scale: 1000, is_relative: true },
            b"PX" => Unit { scale: 1, is_relative: true },
            b"EXAT" => Unit { scale: 1000, is_relative: false },
            b"PXAT" => Unit { scale: 1, is_relative: false },
            _ => return None,
        })
    }

    /// The deadline in Unix milliseconds.
    fn parse(self, ctx: &Ctx, text: &[u8]) -> Result<i64, Error> {
        let n = parse_i64(text).ok_or(Error::NotInteger)?;
        if n < 0 {
            return Err(Error::Text("ERR invalid expire time, must be >= 0"));
        }
        let base = if self.is_relative { ctx.server.now() } else { 0 };
        let at = n.checked_mul(self.scale).and_then(|ms| ms.checked_add(base));
        at.filter(|at| *at <= DEADLINE_MAX).ok_or_else(|| Error::InvalidExpire(ctx.command_name()))
    }
}

/// What stands in front of the names of fields.
const NO_FIELDS: Error = Error::Text("ERR Mandatory argument FIELDS is missing or not at the right position");

/// The fields behind `FIELDS numfields`, which begins at an argument.
fn fields<'a>(args: Args<'a>, at: usize, bad_number: &'static str) -> Result<Args<'a>, Error> {
    if at >= args.len() || !args.get(at).eq_ignore_ascii_case(b"fields") {
        return Err(NO_FIELDS);
    }
    let n = parse_i64(args.get(at + 1)).filter(|n| *n > 0).ok_or(Error::Text(bad_number))?;
    if n != (args.len() - at - 2) as i64 {
        return Err(Error::Text("ERR The `numfields` parameter must match the number of arguments"));
    }
    Ok(args.from(at + 2))
}

const NOT_POSITIVE: &str = "ERR Number of fields must be a positive integer";

/// The place of a key that holds a hash or nothing: Redis looks at the type before it looks at the options.
fn hash_slot(ctx: &mut Ctx, key: &[u8]) -> Result<Slot, Error> {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    db.view::<HashView>(slot)?;
    Ok(slot)
}

/// On which condition a deadline is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    Missing,
    Present,
    Later,
    Earlier,
}

impl Condition {
    /// No deadline counts as one that is infinitely far.
    fn is_met(self, had: Option<i64>, at: i64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Missing => had.is_none(),
            Condition::Present => had.is_some(),
            Condition::Later => had.is_some_and(|had| at > had),
            Condition::Earlier => had.is_none_or(|had| at < had),
        }
    }
}

/// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
fn hexpire(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, Unit { scale: 1000, is_relative: true })
}

/// HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
fn hpexpire(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, Unit { scale: 1, is_relative: true })
}

/// HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
fn hexpireat(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, Unit { scale: 1000, is_relative: false })
}

/// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
fn hpexpireat(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, Unit { scale: 1, is_relative: false })
}

fn expire_at(ctx: &mut Ctx, args: Args, unit: Unit) -> Done {
    let key = args.get(1);
    let slot = hash_slot(ctx, key)?;
    let at = unit.parse(ctx, args.get(2))?;
    let (condition, behind) = match &*args.get(3).to_ascii_uppercase() {
        b"NX" => (Condition::Missing, 4),
        b"XX" => (Condition::Present, 4),
        b"GT" => (Condition::Later, 4),
        b"LT" => (Condition::Earlier, 4),
        _ => (Condition::Always, 3),
    };
    let fields = fields(args, behind, "ERR Parameter `numFields` should be greater than 0")?;
    let mut db = ctx.server.db(ctx.db);
    ctx.reply.array(fields.len());
    if !slot.is_found() {
        fields.iter().for_each(|_| ctx.reply.int(-2));
        return Ok(Flow::Done);
    }
    let (is_past, reply) = (at <= db.now() && db.may_expire(), &mut *ctx.reply);
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    let ((), edited) = db.edit(slot, key, |hash: &mut Hash| {
        hash.make_expiring();
        for field in fields {
            reply.int(match hash.view().get(field) {
                None => -2,
                Some((_, had)) if !condition.is_met(had, at) => 0,
                Some(_) if is_past => {
                    hash.remove(field);
                    removed.push(field);
                    2
                }
                Some(_) => {
                    hash.set_deadline(field, Some(at));
                    set.push(field);
                    1
                }
            });
        }
    })?;
    if !set.is_empty() {
        db.changed(key, HEXPIRE, set.len() as u64);
    }
    if !removed.is_empty() {
        db.edited(key, edited, HDEL, removed.len() as u64);
    }
    // As in Redis with the condition, which holds there as it did here.
    let condition = if behind == 4 { args.get(3) } else { b"" };
    log_deadline(ctx, key, at, condition, &set);
    for field in removed {
        ctx.log_parts(b"HDEL", key, &[], &[field]);
    }
    Ok(Flow::Done)
}

/// What the log holds of fields that were given a deadline.
fn log_deadline(ctx: &mut Ctx, key: &[u8], at: i64, condition: &[u8], fields: &[&[u8]]) {
    let (mut time, mut number) = (itoa::Buffer::new(), itoa::Buffer::new());
    let words = [time.format(at).as_bytes(), condition, b"FIELDS", number.format(fields.len()).as_bytes()];
    let before: Vec<&[u8]> = words.into_iter().filter(|word| !word.is_empty()).collect();
    ctx.log_parts(b"HPEXPIREAT", key, &before, fields);
}

/// HTTL key FIELDS numfields field [field ...]
fn httl(ctx: &mut Ctx, args: Args) -> Done {
    deadlines(ctx, args, |at, now| seconds(at - now))
}

/// HPTTL key FIELDS numfields field [field ...]
fn hpttl(ctx: &mut Ctx, args: Args) -> Done {
    deadlines(ctx, args, |at, now| at - now)
}

/// HEXPIRETIME key FIELDS numfields field [field ...]
fn hexpiretime(ctx: &mut Ctx, args: Args) -> Done {
    deadlines(ctx, args, |at, _| seconds(at))
}

/// HPEXPIRETIME key FIELDS numfields field [field ...]
fn hpexpiretime(ctx: &mut Ctx, args: Args) -> Done {
    deadlines(ctx, args, |at, _| at)
}

/// Milliseconds as seconds. Unlike those of a key, a field's are rounded up.
fn seconds(ms: i64) -> i64 {
    ms / 1000 + i64::from(ms % 1000 > 0)
}

/// Replies -2 for a missing field, -1 for one that stays, else what `show` makes of deadline and time.
fn deadlines(ctx: &mut Ctx, args: Args, show: fn(i64, i64) -> i64) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let hash = db.view::<HashView>(slot)?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    ctx.reply.array(fields.len());
    for field in fields {
        ctx.reply.int(match hash.and_then(|hash| hash.get(field)) {
            None => -2,
            Some((_, deadline)) if db.hides_field(deadline) => -2,
            Some((_, None)) => -1,
            Some((_, Some(at))) => show(at, db.now()),
        });
    }
    Ok(Flow::Done)
}

/// HPERSIST key FIELDS numfields field [field ...]
fn hpersist(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let slot = hash_slot(ctx, key)?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    let mut db = ctx.server.db(ctx.db);
    ctx.reply.array(fields.len());
    if !slot.is_found() {
        fields.iter().for_each(|_| ctx.reply.int(-2));
        return Ok(Flow::Done);
    }
    let (now, reply) = (db.now(), &mut *ctx.reply);
    let (changed, edited) = db.edit(slot, key, |hash: &mut Hash| {
        let mut changed = false;
        for field in fields {
            reply.int(match hash.view().get(field) {
                None => -2,
                Some((_, None)) => -1,
                Some((_, Some(at))) if at <= now => -2,
                Some(_) => {
                    hash.set_deadline(field, None);
                    changed = true;
                    1
                }
            });
        }
        changed
    })?;
    if changed {
        // As in Redis one change, however many fields there are.
        db.edited(key, edited, HPERSIST, 1);
    }
    Ok(Flow::Done)
}

/// Tells what became of a hash in which expired fields were met, and others were changed.
fn tell(db: &mut Db, key: &[u8], edited: Edited, met: usize, event: Event, changed: u64) {
    if met > 0 {
        db.fields_expired(key, met);
    }
    if changed > 0 {
        db.changed(key, event, changed);
    }
    db.key_emptied(key, edited);
}

/// HGETDEL key FIELDS numfields field [field ...]
fn hgetdel(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let slot = hash_slot(ctx, key)?;
    let fields = fields(args, 2, NOT_POSITIVE)?;
    ctx.reply.array(fields.len());
    with_fields(ctx, key, slot, fields, Touch::Delete)
}

/// HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields
/// field [field ...]
fn hgetex(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let slot = hash_slot(ctx, key)?;
    let option = args.get(2).to_ascii_uppercase();
    let (unit, persists) = (Unit::of(&option), option == b"PERSIST");
    let at = unit.map(|unit| unit.parse(ctx, args.get(3))).transpose()?;
    let behind = if unit.is_some() { 4 } else { 2 + usize::from(persists) };
    if args.len() < behind + 2 {
        return Err(Error::Arity(ctx.command_name()));
    }
    let fields = fields(args, behind, NOT_POSITIVE)?;
    ctx.reply.array(fields.len());
    let (now, may_expire) = (ctx.server.now(), ctx.server.db(ctx.db).may_expire());
    let touch = match at {
        // A missing key is no miss here: Redis looks as for a write.
        None if !persists && slot.is_found() => return look_at(ctx, key, fields, show_value),
        Some(at) if at <= now && may_expire => Touch::Expire,
        Some(at) => Touch::At(at),
        None => Touch::Persist,
    };
    with_fields(ctx, key, slot, fields, touch)
}

/// What is done to fields whose values are replied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// They go.
    Delete,
    /// They go, because the deadline that they are given has passed.
    Expire,
    /// They are given this deadline.
    At(i64),
    /// They lose their deadline.
    Persist,
}

impl Touch {
    fn event(self) -> Event {
        match self {
            Touch::Delete | Touch::Expire => HDEL,
            Touch::At(_) => HEXPIRE,
            Touch::Persist => HPERSIST,
        }
    }

    /// Does it to a field that is there; whether that changed anything.
    fn apply(self, hash: &mut Hash, field: &[u8]) -> bool {
        match self {
            Touch::Delete | Touch::Expire => hash.remove(field),
            Touch::At(at) => {
                hash.set_deadline(field, Some(at));
                true
            }
            Touch::Persist => {
                let had = hash.view().get(field).and_then(|(_, deadline)| deadline);
                hash.set_deadline(field, None);
                had.is_some()
            }
        }
    }
}

/// Replies the values of fields, and does something to each of them that is there.
fn with_fields(ctx: &mut Ctx, key: &[u8], slot: Slot, fields: Args, touch: Touch) -> Done {
    let mut db = ctx.server.db(ctx.db);
    if !slot.is_found() {
        fields.iter().for_each(|_| ctx.reply.null());
        return Ok(Flow::Done);
    }
    let (now, may_expire, reply) = (db.now(), db.may_expire(), &mut *ctx.reply);
    let (mut met, mut changed) = (Vec::new(), Vec::new());
    let ((), edited) = db.edit(slot, key, |hash: &mut Hash| {
        if touch != Touch::Delete {
            hash.make_expiring();
        }
        for field in fields {
            match hash.view().get(field) {
                None => reply.null(),
                Some((_, Some(at))) if at <= now => {
                    reply.null();
                    if may_expire && hash.remove(field) {
                        met.push(field);
                    }
                }
                Some((value, _)) => {
                    reply.text(value);
                    if touch.apply(hash, field) {
                        changed.push(field);
                    }
                }
            }
        }
    })?;
    tell(&mut db, key, edited, met.len(), touch.event(), changed.len() as u64);
    ctx.log_parts(b"HDEL", key, &[], &met);
    match touch {
        Touch::Delete | Touch::Expire => ctx.log_parts(b"HDEL", key, &[], &changed),
        Touch::At(at) => log_deadline(ctx, key, at, b"", &changed),
        Touch::Persist => {
            let mut number = itoa::Buffer::new();
            ctx.log_parts(b"HPERSIST", key, &[b"FIELDS", number.format(changed.len()).as_bytes()], &changed);
        }
    }
    if met.is_empty() && changed.is_empty() {
        ctx.log_nothing();
    }
    Ok(Flow::Done)
}

/// What HSETEX is to do.
struct SetEx<'a> {
    /// Only if the key is not there (true), or only if it is.
    wants_new: Option<bool>,
    /// Only if none of the fields is there (true), or only if all are (false).
    wants_none: Option<bool>,
    deadline: Deadline,
    pairs: Args<'a>,
}

fn parse_setex<'a>(ctx: &Ctx, args: Args<'a>) -> Result<SetEx<'a>, Error> {
    let (mut wants_new, mut wants_none, mut deadline) = (None, None, None);
    let mut rest = args.cursor(2);
    let arity = || Error::Arity(ctx.command_name());
    loop {
        let option = rest.value().ok_or_else(arity)?;
        match &*option.to_ascii_uppercase() {
            // As in Valkey, one of them may be repeated.
            word @ (b"NX" | b"XX") => {
                let is_new = word == b"NX";
                if wants_new.is_some_and(|wanted| wanted != is_new) {
                    return Err(Error::Syntax);
                }
                wants_new = Some(is_new);
            }
            word @ (b"FNX" | b"FXX") => {
                if wants_none.is_some() {
                    return Err(Error::Text("ERR Only one of FXX or FNX arguments can be specified"));
                }
                wants_none = Some(word == b"FNX");
            }
            word @ (b"EX" | b"PX" | b"EXAT" | b"PXAT" | b"KEEPTTL") => {
                if deadline.is_some() {
                    return Err(Error::Text(
                        "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
                    ));
                }
                deadline = Some(match Unit::of(word) {
                    Some(unit) => Deadline::At(unit.parse(ctx, rest.value().ok_or_else(arity)?)?),
                    None => Deadline::Keep,
                });
            }
            b"FIELDS" => {
                let pairs = field_pairs(&mut rest).ok_or_else(arity)??;
                return Ok(SetEx { wants_new, wants_none, deadline: deadline.unwrap_or(Deadline::Clear), pairs });
            }
            _ => return Err(Error::about("ERR unknown argument: ", option, "")),
        }
    }
}

/// The fields and values behind `FIELDS`; none if their number is not the one that is said.
fn field_pairs<'a>(rest: &mut Cursor<'a>) -> Option<Result<Args<'a>, Error>> {
    // Less than a number and a pair is too little, whatever the number.
    if rest.left() < 3 {
        return None;
    }
    let n = parse_i64(rest.value()?).filter(|n| (1..=i64::from(i32::MAX)).contains(n));
    let Some(n) = n else { return Some(Err(Error::Text("ERR invalid number of fields"))) };
    let pairs = rest.rest();
    (pairs.len() as i64 == 2 * n).then_some(Ok(pairs))
}

/// HSETEX key [NX | XX] [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]
/// FIELDS numfields field value [field value ...]
fn hsetex(ctx: &mut Ctx, args: Args) -> Done {
    let SetEx { wants_new, wants_none, deadline, pairs } = parse_setex(ctx, args)?;
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if wants_new.is_some_and(|wants_new| wants_new == slot.is_found()) {
        db.view::<HashView>(slot)?;
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    let (n, limits, now, may_expire) = (pairs.len() / 2, db.limits(), db.now(), db.may_expire());
    let expires = matches!(deadline, Deadline::At(_));
    let is_past = may_expire && matches!(deadline, Deadline::At(at) if at <= now);
    let mut met = Vec::new();
    let (is_done, edited) = db.edit(slot, key, |hash: &mut Hash| {
        if let Some(wants_none) = wants_none {
            for i in 0..n {
                let field = pairs.get(2 * i);
                let found = hash.view().get(field).map(|(_, deadline)| deadline.is_some_and(|at| at <= now));
                if found == Some(true) && may_expire && hash.remove(field) {
                    met.push(field);
                }
                if (found == Some(false)) == wants_none {
                    return false;
                }
            }
        }
        hash.prepare(n, longest(pairs), &limits);
        if expires {
            hash.make_expiring();
        }
        for i in 0..n {
            hash.set(pairs.get(2 * i), pairs.text(2 * i + 1), deadline, &limits);
            // As in Redis, it is there for a moment, and may be the one too many for a listpack.
            if is_past {
                hash.remove(pairs.get(2 * i));
            }
        }
        true
    })?;
    if !met.is_empty() {
        db.fields_expired(key, met.len());
    }
    if is_done {
        if edited == Edited::Missing {
            // Redis makes the hash before it finds that nothing of it is to stay.
            db.changed(key, Event::NEW, 0);
        }
        db.changed(key, HSET, n as u64);
        if expires {
            db.changed(key, if is_past { HDEL } else { HEXPIRE }, 0);
        }
        if edited == Edited::Missing {
            db.changed(key, Event::DEL, 0);
        }
    }
    db.key_emptied(key, edited);
    ctx.log_parts(b"HDEL", key, &[], &met);
    log_setex(ctx, key, deadline, is_past, if is_done { pairs } else { pairs.from(pairs.len()) });
    ctx.reply.int(is_done.into());
    Ok(Flow::Done)
}

/// What the log holds of fields that were set together with a deadline; none: of nothing.
fn log_setex(ctx: &mut Ctx, key: &[u8], deadline: Deadline, is_past: bool, pairs: Args) {
    if pairs.is_empty() || !ctx.is_logged() {
        return;
    }
    let pairs: Vec<&[u8]> = pairs.iter().collect();
    if is_past {
        let fields: Vec<&[u8]> = pairs.iter().step_by(2).copied().collect();
        return ctx.log_parts(b"HDEL", key, &[], &fields);
    }
    let (mut time, mut number) = (itoa::Buffer::new(), itoa::Buffer::new());
    let number = number.format(pairs.len() / 2).as_bytes();
    match deadline {
        Deadline::At(at) => {
            ctx.log_parts(b"HSETEX", key, &[b"PXAT", time.format(at).as_bytes(), b"FIELDS", number], &pairs);
        }
        Deadline::Keep => ctx.log_parts(b"HSETEX", key, &[b"KEEPTTL", b"FIELDS", number], &pairs),
        Deadline::Clear => ctx.log_parts(b"HSETEX", key, &[b"FIELDS", number], &pairs),
    }
}
