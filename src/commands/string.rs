//! The commands on strings.

use std::borrow::Cow;

use crate::base::buffer::Text;
use crate::base::extended;
use crate::base::number::parse_i64;
use crate::keyspace::Ttl;
use crate::keyspace::changes::Event;
use crate::keyspace::db::value_from;
use crate::resp::{Args, Cursor, Reply};
use crate::server::command::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::server::command::KeyFlag::{
    Access, Delete, Insert, Overwrite, ReadOnly as Ro, ReadWrite, Remove, Update, VariableFlags,
};
use crate::server::command::{Command, KeySpec, Options};
use crate::server::keys::FoundKey;
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::lcs::{Lcs, Match};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("append", append)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Insert])])
        .syntax("key value")
        .docs("Adds bytes to the end of a string; a missing key counts as empty.")
        .complexity("O(1) amortized for short values: the room of a string doubles as it grows, up to a window of it.")
        .since("2.0.0"),
    Command::new("decr", decr)
        .arity(2)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key")
        .docs("Takes one from the integer at a key; a missing key counts as zero.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("decrby", decrby)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key decrement")
        .docs("Takes a number from the integer at a key; a missing key counts as zero.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("delifeq", delifeq)
        .arity(3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Remove, Delete])])
        .syntax("key value")
        .docs("Deletes a key if the string at it is the one that is named.")
        .complexity("O(1)")
        .since("9.0.0"),
    Command::new("get", get)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key")
        .docs("Gives the string at a key.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("getdel", getdel)
        .arity(2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Delete])])
        .syntax("key")
        .docs("Gives the string at a key and deletes the key.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("getex", getex)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax(
            "key [<expiration: EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT \
             unix-time-milliseconds | PERSIST>]",
        )
        .docs("Gives the string at a key and sets or clears the key's deadline.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("getrange", getrange)
        .arity(4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key start end")
        .docs("Gives a part of the string at a key, by first and last position.")
        .complexity("O(N), N being the length of what is given")
        .since("2.4.0"),
    Command::new("getset", getset)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key value")
        .docs("Sets a key to a string and gives the one that was there.")
        .complexity("O(1)")
        .since("1.0.0")
        .deprecated("6.2.0", "`SET` with the `!GET` argument"),
    Command::new("incr", incr)
        .arity(2)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key")
        .docs("Adds one to the integer at a key; a missing key counts as zero.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("incrby", incrby)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key increment")
        .docs("Adds a number to the integer at a key; a missing key counts as zero.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("incrbyfloat", incrbyfloat)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key increment:num")
        .docs("Adds a number to the decimal number at a key; a missing key counts as zero.")
        .complexity("O(1)")
        .since("2.6.0"),
    Command::new("lcs", lcs)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::range(1, 1, 1, &[Ro, Access])])
        .syntax("key1 key2#0 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")
        .docs("Gives the longest common subsequence of two strings, its length, or where its parts are.")
        .complexity("O(N*M), N and M being the lengths of the strings")
        .since("7.0.0"),
    Command::new("mget", mget)
        .arity(-2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro, Access])])
        .tips(&["request_policy:multi_shard"])
        .syntax("key ...")
        .docs("Gives the strings at several keys; nil where there is none.")
        .complexity("O(N), N being the number of keys")
        .since("1.0.0"),
    Command::new("mset", mset)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::range(1, -1, 2, &[Overwrite, Update])])
        .tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
        .syntax("(data: key value) ...")
        .docs("Sets several keys to strings at once.")
        .complexity("O(N), N being the number of keys")
        .since("1.0.1"),
    Command::new("msetex", msetex)
        .arity(-4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::counted(1, &[Overwrite, Update]).every(2)])
        .tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
        .syntax(
            "numkeys (data: key value) ... [<condition: NX | XX>] [<expiration: EX seconds | PX milliseconds | EXAT \
             unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL>]",
        )
        .docs("Sets several keys to strings at once; can ask for conditions and a deadline.")
        .complexity("O(N), N being the number of keys")
        .since("9.1.0"),
    Command::new("msetnx", msetnx)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::range(1, -1, 2, &[Overwrite, Insert])])
        .syntax("(data: key value) ...")
        .docs("Sets several keys to strings at once, if none of them is there.")
        .complexity("O(N), N being the number of keys")
        .since("1.0.1"),
    Command::new("psetex", psetex)
        .arity(4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Overwrite, Update])])
        .syntax("key milliseconds value")
        .docs("Sets a key to a string that lives for some milliseconds.")
        .complexity("O(1)")
        .since("2.6.0")
        .deprecated("2.6.12", "`SET` with the `PX` argument"),
    Command::new("set", set)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update, VariableFlags])])
        .finder(keys_of_set)
        .syntax(
            "key value [<condition: NX | XX | IFEQ comparison-value@8.1.0>]@2.6.12 [GET]@6.2.0 [<expiration: EX seconds@2.6.12 | PX \
             milliseconds@2.6.12 | EXAT unix-time-seconds@6.2.0 | PXAT unix-time-milliseconds@6.2.0 | \
             KEEPTTL@6.0.0>]",
        )
        .docs(
            "Sets a key to a string, whatever type was there; can ask for conditions, a deadline, and the old string.",
        )
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[
            ("2.6.12", "`EX`, `PX`, `NX` and `XX` came."),
            ("6.0.0", "`KEEPTTL` came."),
            ("6.2.0", "`GET`, `EXAT` and `PXAT` came."),
            ("7.0.0", "`NX` and `GET` may stand together."),
            ("8.1.0", "`IFEQ` came (in Valkey)."),
        ]),
    Command::new("setex", setex)
        .arity(4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Overwrite, Update])])
        .syntax("key seconds value")
        .docs("Sets a key to a string that lives for some seconds.")
        .complexity("O(1)")
        .since("2.0.0")
        .deprecated("2.6.12", "`SET` with the `EX` argument"),
    Command::new("setnx", setnx)
        .arity(3)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[Overwrite, Insert])])
        .syntax("key value")
        .docs("Sets a key to a string if the key is not there.")
        .complexity("O(1)")
        .since("1.0.0")
        .deprecated("2.6.12", "`SET` with the `NX` argument"),
    Command::new("setrange", setrange)
        .arity(4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[ReadWrite, Update])])
        .syntax("key offset value")
        .docs("Overwrites a part of the string at a key, with zero bytes up to it if it was shorter.")
        .complexity("O(M), M being the length of the value")
        .since("2.2.0"),
    Command::new("strlen", strlen)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Gives the length of the string at a key in bytes.")
        .complexity("O(1)")
        .since("2.2.0"),
    Command::new("substr", getrange)
        .arity(4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key start end")
        .docs("Gives a part of the string at a key, by first and last position.")
        .complexity("O(N), N being the length of what is given")
        .since("1.0.0")
        .deprecated("2.0.0", "`GETRANGE`"),
];

/// GET key
fn get(ctx: &mut Ctx, args: Args) -> Done {
    let reply = &mut *ctx.reply;
    ctx.server.db(ctx.db).look(args.get(1), |text| match text {
        Some(text) => reply.text(text),
        None => reply.null(),
    })?;
    Ok(Flow::Done)
}

/// When SET writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    Always,
    IfMissing,
    IfPresent,
    /// The string is this one.
    IfEqual(&'a [u8]),
}

/// A deadline as it was sent: its text is read only when the syntax of all options is known to be good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expiration<'a> {
    /// No word about it.
    Default,
    /// KEEPTTL.
    Keep,
    /// PERSIST.
    Persist,
    /// EX and PX: from now on.
    In(Unit, &'a [u8]),
    /// EXAT and PXAT: since 1970.
    At(Unit, &'a [u8]),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds,
    Millis,
}

impl Expiration<'_> {
    /// Reads the number; `None` if there is none to read.
    fn deadline(self, ctx: &Ctx) -> Result<Option<i64>, Error> {
        let (unit, text, base) = match self {
            Expiration::In(unit, text) => (unit, text, ctx.server.now()),
            Expiration::At(unit, text) => (unit, text, 0),
            Expiration::Default | Expiration::Keep | Expiration::Persist => return Ok(None),
        };
        deadline(ctx, unit, text, base).map(Some)
    }

    /// What becomes of the deadline of a key that is set.
    fn ttl(self, ctx: &Ctx) -> Result<Ttl, Error> {
        Ok(match (self.deadline(ctx)?, self) {
            (Some(at), _) => Ttl::At(at),
            (None, Expiration::Keep) => Ttl::Keep,
            (None, _) => Ttl::Clear,
        })
    }
}

/// A positive number of seconds or milliseconds after `base`, within 64 bits of milliseconds.
fn deadline(ctx: &Ctx, unit: Unit, text: &[u8], base: i64) -> Result<i64, Error> {
    let n = parse_i64(text).ok_or(Error::NotInteger)?;
    let scale = if unit == Unit::Seconds { 1000 } else { 1 };
    let sum = n.checked_mul(scale).and_then(|ms| ms.checked_add(base));
    match sum {
        Some(at) if n > 0 => Ok(at),
        _ => Err(Error::InvalidExpire(ctx.command_name())),
    }
}

/// What SET was asked for.
struct SetOptions<'a> {
    when: Condition<'a>,
    get: bool,
    expiration: Expiration<'a>,
}

/// The options of SET, and of MSETEX, which knows some of them only.
fn set_options(mut rest: Cursor, is_single: bool) -> Result<SetOptions, Error> {
    use Condition::{Always, IfEqual, IfMissing, IfPresent};
    use Expiration::{At, Default, In, Keep};
    use Unit::{Millis, Seconds};
    let mut o = SetOptions { when: Always, get: false, expiration: Default };
    while let Some(word) = rest.word() {
        // As in Redis, an option may be repeated, but not combined with its rival; that of Valkey stands once.
        match (&*word, o.expiration) {
            (b"NX", _) if matches!(o.when, Always | IfMissing) => o.when = IfMissing,
            (b"XX", _) if matches!(o.when, Always | IfPresent) => o.when = IfPresent,
            (b"IFEQ", _) if is_single && o.when == Always => o.when = IfEqual(rest.need()?),
            (b"GET", _) if is_single => o.get = true,
            (b"KEEPTTL", Keep | Default) => o.expiration = Keep,
            (b"EX", Default | In(Seconds, _)) => o.expiration = In(Seconds, rest.need()?),
            (b"PX", Default | In(Millis, _)) => o.expiration = In(Millis, rest.need()?),
            (b"EXAT", Default | At(Seconds, _)) => o.expiration = At(Seconds, rest.need()?),
            (b"PXAT", Default | At(Millis, _)) => o.expiration = At(Millis, rest.need()?),
            _ => return Err(Error::Syntax),
        }
    }
    Ok(o)
}

/// SET reads only if it is asked for the old value.
fn keys_of_set(args: Args, found: &mut Vec<FoundKey>) {
    let gets = args.from(3).iter().any(|option| option.eq_ignore_ascii_case(b"get"));
    found.push(if gets {
        FoundKey::new(1, &[ReadWrite, Access, Update])
    } else {
        FoundKey::new(1, &[Overwrite, Update])
    });
}

/// SET key value [NX | XX | IFEQ value] [GET] [EX seconds | PX milliseconds | EXAT time | PXAT time | KEEPTTL]
fn set(ctx: &mut Ctx, args: Args) -> Done {
    let (key, value) = (args.get(1), args.get(2));
    if args.len() == 3 {
        let mut db = ctx.server.db(ctx.db);
        let slot = db.write(key);
        db.set(slot, key, value_from(value, args.shared(2)), Ttl::Clear, Event::SET);
        ctx.reply.ok();
        return Ok(Flow::Done);
    }
    let o = set_options(args.cursor(3), true)?;
    let ttl = o.expiration.ttl(ctx)?;
    let mut db = ctx.server.db(ctx.db);
    let slot = if o.get { db.read(key) } else { db.write(key) };
    if o.get {
        match db.text_of(slot)? {
            Some(text) => ctx.reply.text(text),
            None => ctx.reply.null(),
        }
    }
    let is_met = match o.when {
        Condition::Always => true,
        Condition::IfMissing => !slot.is_found(),
        Condition::IfPresent => slot.is_found(),
        Condition::IfEqual(wanted) => db.text_of(slot)?.is_some_and(|text| text.is(wanted)),
    };
    if !is_met {
        if !o.get {
            ctx.reply.null();
        }
        return Ok(Flow::Done);
    }
    db.set(slot, key, value_from(value, args.shared(2)), ttl, Event::SET);
    if let Ttl::At(at) = ttl {
        db.changed(key, Event::EXPIRE, 0);
        // A time that is told as PXAT is good at any time.
        if !matches!(o.expiration, Expiration::At(Unit::Millis, _)) || matches!(o.when, Condition::IfEqual(_)) {
            ctx.log_set(key, args.text(2), Ttl::At(at));
        }
    } else if let Condition::IfEqual(_) = o.when {
        // Whoever reads the log may not know the condition.
        ctx.log_set(key, args.text(2), ttl);
    }
    if !o.get {
        ctx.reply.ok();
    }
    Ok(Flow::Done)
}

/// DELIFEQ key value
fn delifeq(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let is_equal = db.text_of(slot)?.is_some_and(|text| text.is(args.get(2)));
    if is_equal {
        db.delete(slot, key, Event::DEL);
        ctx.log_instead(&[b"DEL", key]);
    }
    ctx.reply.int(is_equal.into());
    Ok(Flow::Done)
}

/// SETNX key value
fn setnx(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(args.get(1));
    if !slot.is_found() {
        db.set(slot, args.get(1), value_from(args.get(2), args.shared(2)), Ttl::Clear, Event::SET);
    }
    ctx.reply.int(i64::from(!slot.is_found()));
    Ok(Flow::Done)
}

/// SETEX key seconds value
fn setex(ctx: &mut Ctx, args: Args) -> Done {
    set_for(ctx, args, Unit::Seconds)
}

/// PSETEX key milliseconds value
fn psetex(ctx: &mut Ctx, args: Args) -> Done {
    set_for(ctx, args, Unit::Millis)
}

fn set_for(ctx: &mut Ctx, args: Args, unit: Unit) -> Done {
    let key = args.get(1);
    let at = deadline(ctx, unit, args.get(2), ctx.server.now())?;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    db.set(slot, key, value_from(args.get(3), args.shared(3)), Ttl::At(at), Event::SET);
    db.changed(key, Event::EXPIRE, 0);
    ctx.log_set(key, args.text(3), Ttl::At(at));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// GETSET key value
fn getset(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(key);
    match db.text_of(slot)? {
        Some(text) => ctx.reply.text(text),
        None => ctx.reply.null(),
    }
    db.set(slot, key, value_from(args.get(2), args.shared(2)), Ttl::Clear, Event::SET);
    Ok(Flow::Done)
}

/// GETDEL key
fn getdel(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(key);
    match db.text_of(slot)? {
        Some(text) => ctx.reply.text(text),
        None => ctx.reply.null(),
    }
    db.delete(slot, key, Event::DEL);
    ctx.log_instead(&[b"DEL", key]);
    Ok(Flow::Done)
}

/// GETEX key [EX seconds | PX milliseconds | EXAT time | PXAT time | PERSIST]
fn getex(ctx: &mut Ctx, args: Args) -> Done {
    use Expiration::{At, Default, In, Persist};
    use Unit::{Millis, Seconds};
    let key = args.get(1);
    let (mut rest, mut expiration) = (args.cursor(2), Default);
    while let Some(word) = rest.word() {
        match (&*word, expiration) {
            (b"PERSIST", Persist | Default) => expiration = Persist,
            (b"EX", Default | In(Seconds, _)) => expiration = In(Seconds, rest.need()?),
            (b"PX", Default | In(Millis, _)) => expiration = In(Millis, rest.need()?),
            (b"EXAT", Default | At(Seconds, _)) => expiration = At(Seconds, rest.need()?),
            (b"PXAT", Default | At(Millis, _)) => expiration = At(Millis, rest.need()?),
            _ => return Err(Error::Syntax),
        }
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(key);
    if db.text_of(slot)?.is_none() {
        ctx.reply.null();
        return Ok(Flow::Done);
    }
    // Only now, as Redis does: a bad number is no error for a key that is not there.
    let deadline = expiration.deadline(ctx)?;
    let mut db = ctx.server.db(ctx.db);
    if let Some(text) = db.text_of(slot)? {
        ctx.reply.text(text);
    }
    match deadline {
        Some(at) if at <= db.now() && db.may_expire() => {
            db.delete(slot, key, Event::DEL);
            ctx.log_expired(key);
        }
        Some(at) => {
            db.set_deadline(slot, Some(at));
            db.changed(key, Event::EXPIRE, 1);
            ctx.log_with_time(&[b"PEXPIREAT", key], at);
        }
        None if expiration == Persist && db.entry(slot).is_some_and(|entry| entry.deadline().is_some()) => {
            db.set_deadline(slot, None);
            db.changed(key, Event::PERSIST, 1);
            ctx.log_instead(&[b"PERSIST", key]);
        }
        None => {}
    }
    Ok(Flow::Done)
}

/// MGET key [key ...]
fn mget(ctx: &mut Ctx, args: Args) -> Done {
    ctx.reply.array(args.len() - 1);
    for key in args.from(1) {
        // A key of another type counts as missing here.
        match ctx.server.db(ctx.db).text(key) {
            Ok(Some(text)) => ctx.reply.text(text),
            Ok(None) | Err(_) => ctx.reply.null(),
        }
    }
    Ok(Flow::Done)
}

/// MSET key value [key value ...]
fn mset(ctx: &mut Ctx, args: Args) -> Done {
    set_all(ctx, args)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT time | PXAT time | KEEPTTL]
fn msetex(ctx: &mut Ctx, args: Args) -> Done {
    let n = parse_i64(args.get(1)).and_then(|n| i32::try_from(n).ok()).filter(|&n| n > 0);
    let n = n.ok_or(Error::Text("ERR invalid numkeys value or out of range"))? as usize;
    let end = n.checked_mul(2).map(|n| n + 2).filter(|&end| end <= args.len()).ok_or(Error::Syntax)?;
    let pairs = args.range(2..end);
    let o = set_options(args.cursor(end), false)?;
    let ttl = o.expiration.ttl(ctx)?;
    let mut db = ctx.server.db(ctx.db);
    let is_met = match o.when {
        Condition::IfMissing => (0..n).all(|i| !db.write(pairs.get(2 * i)).is_found()),
        Condition::IfPresent => (0..n).all(|i| db.write(pairs.get(2 * i)).is_found()),
        Condition::Always | Condition::IfEqual(_) => true,
    };
    if is_met {
        for i in 0..n {
            let (key, value) = (pairs.get(2 * i), 2 * i + 1);
            let mut db = ctx.server.db(ctx.db);
            let slot = db.write(key);
            db.set(slot, key, value_from(pairs.get(value), pairs.shared(value)), ttl, Event::SET);
            if let Ttl::At(_) = ttl {
                db.changed(key, Event::EXPIRE, 0);
            }
            // Redis 8.2, which may read the log, does not know the command.
            ctx.log_set(key, pairs.text(value), ttl);
        }
    }
    ctx.reply.int(is_met.into());
    Ok(Flow::Done)
}

/// MSETNX key value [key value ...]
fn msetnx(ctx: &mut Ctx, args: Args) -> Done {
    if args.len().is_multiple_of(2) {
        return Err(Error::Arity(ctx.command_name()));
    }
    let mut db = ctx.server.db(ctx.db);
    for i in (1..args.len()).step_by(2) {
        if db.write(args.get(i)).is_found() {
            ctx.reply.int(0);
            return Ok(Flow::Done);
        }
    }
    set_all(ctx, args)?;
    ctx.reply.int(1);
    Ok(Flow::Done)
}

fn set_all(ctx: &mut Ctx, args: Args) -> Result<(), Error> {
    if args.len().is_multiple_of(2) {
        return Err(Error::Arity(ctx.command_name()));
    }
    let mut db = ctx.server.db(ctx.db);
    for i in (1..args.len()).step_by(2) {
        let key = args.get(i);
        let slot = db.write(key);
        db.set(slot, key, value_from(args.get(i + 1), args.shared(i + 1)), Ttl::Clear, Event::SET);
    }
    Ok(())
}

/// STRLEN key
fn strlen(ctx: &mut Ctx, args: Args) -> Done {
    let len = match ctx.server.db(ctx.db).text(args.get(1))? {
        Some(text) => text.len(),
        None => 0,
    };
    ctx.reply.int(len as i64); // no string has 2^63 bytes
    Ok(Flow::Done)
}

/// GETRANGE key start end
fn getrange(ctx: &mut Ctx, args: Args) -> Done {
    let start = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let end = parse_i64(args.get(3)).ok_or(Error::NotInteger)?;
    let Some(text) = ctx.server.db(ctx.db).text(args.get(1))? else {
        ctx.reply.bulk(b"");
        return Ok(Flow::Done);
    };
    let reply: &mut Reply = ctx.reply;
    match text {
        Text::Shared(buffer) => match range(start, end, buffer.bytes().len()) {
            Some(range) => reply.shared(buffer, range),
            None => reply.bulk(b""),
        },
        Text::Pieces(pieces) => match range(start, end, pieces.len()) {
            Some(range) => reply.pieces(pieces, range),
            None => reply.bulk(b""),
        },
        text => text.with(|bytes| match range(start, end, bytes.len()) {
            Some(range) => reply.bulk(&bytes[range]),
            None => reply.bulk(b""),
        }),
    }
    Ok(Flow::Done)
}

/// The positions that `start..=end` means in something of `len` bytes; negative ones count from the end.
fn range(start: i64, end: i64, len: usize) -> Option<std::ops::Range<usize>> {
    // Two negative positions in the wrong order are empty even where both would be cut to the first byte.
    if start < 0 && end < 0 && start > end {
        return None;
    }
    let len = len as i64; // no string has 2^63 bytes
    let from = |at: i64| {
        if at < 0 { (len + at.max(-len)).max(0) } else { at }
    };
    let (start, end) = (from(start), from(end).min(len - 1));
    (len > 0 && start <= end).then(|| start as usize..end as usize + 1)
}

/// SETRANGE key offset value
fn setrange(ctx: &mut Ctx, args: Args) -> Done {
    let (key, value) = (args.get(1), args.get(3));
    let offset = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let offset = usize::try_from(offset).map_err(|_| Error::OffsetOutOfRange)?;
    let max = ctx.server.config.settings.proto_max_bulk_len;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let len = db.text_of(slot)?.map_or(0, Text::len);
    if value.is_empty() {
        ctx.reply.int(len as i64); // no string has 2^63 bytes
        return Ok(Flow::Done);
    }
    let end = offset.checked_add(value.len()).filter(|&end| end as u64 <= max).ok_or(Error::TooLong)?;
    db.write_text(slot, key, len, offset, value, args.shared(3));
    db.changed(key, Event::SETRANGE, 1);
    ctx.reply.int(len.max(end) as i64); // no string has 2^63 bytes
    Ok(Flow::Done)
}

/// APPEND key value
fn append(ctx: &mut Ctx, args: Args) -> Done {
    let (key, value) = (args.get(1), args.get(2));
    let max = ctx.server.config.settings.proto_max_bulk_len;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let len = match db.text_of(slot)? {
        None => {
            db.put(slot, key, value_from(value, args.shared(2)), Ttl::Clear);
            value.len()
        }
        Some(text) => {
            let old = text.len();
            let len = old + value.len();
            if len as u64 > max {
                return Err(Error::TooLong);
            }
            db.write_text(slot, key, old, old, value, args.shared(2));
            len
        }
    };
    db.changed(key, Event::APPEND, 1);
    ctx.reply.int(len as i64); // no string has 2^63 bytes
    Ok(Flow::Done)
}

/// INCR key
fn incr(ctx: &mut Ctx, args: Args) -> Done {
    add(ctx, args.get(1), 1)
}

/// DECR key
fn decr(ctx: &mut Ctx, args: Args) -> Done {
    add(ctx, args.get(1), -1)
}

/// INCRBY key increment
fn incrby(ctx: &mut Ctx, args: Args) -> Done {
    let by = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    add(ctx, args.get(1), by)
}

/// DECRBY key decrement
fn decrby(ctx: &mut Ctx, args: Args) -> Done {
    let by = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    // The smallest integer has no opposite.
    let by = by.checked_neg().ok_or(Error::Text("ERR decrement would overflow"))?;
    add(ctx, args.get(1), by)
}

#[inline]
fn add(ctx: &mut Ctx, key: &[u8], by: i64) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let (slot, old) = db.write_looking(key, |text| match text {
        None => Some(0),
        Some(Text::Int(n)) => Some(n),
        Some(Text::Bytes(bytes)) => parse_i64(bytes),
        Some(Text::Shared(_) | Text::Pieces(_)) => None,
    })?;
    // Errors are made only where they happen: making one that is not used costs as much as the addition.
    let Some(old) = old else { return Err(Error::NotInteger) };
    let Some(new) = old.checked_add(by) else { return Err(Error::Overflow) };
    db.set_int(slot, key, new, Event::INCRBY);
    ctx.reply.int(new);
    Ok(Flow::Done)
}

/// INCRBYFLOAT key increment
fn incrbyfloat(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let old = match db.text_of(slot)? {
        None => extended::parse(b"0"),
        Some(text) => text.with(extended::parse),
    };
    let (Some(old), Some(by)) = (old, extended::parse(args.get(2))) else {
        return Err(Error::NotFloat);
    };
    let text = extended::add(old, by).ok_or(Error::NanOrInfinity)?;
    db.set(slot, key, crate::store::entry::NewValue::Text(&text), Ttl::Keep, Event::INCRBYFLOAT);
    // What the sum is may depend on the machine: the log holds the result.
    ctx.log_instead(&[b"SET", key, &text, b"KEEPTTL"]);
    ctx.reply.bulk(&text);
    Ok(Flow::Done)
}

/// The bytes of a string as one slice.
pub(super) fn bytes_of(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Text::Bytes(bytes) => Cow::Borrowed(bytes),
        Text::Shared(buffer) => Cow::Borrowed(buffer.bytes()),
        Text::Pieces(pieces) => Cow::Owned(pieces.gather(0..pieces.len())),
        Text::Int(n) => Cow::Owned(itoa::Buffer::new().format(n).as_bytes().to_vec()),
    }
}

/// What LCS was asked for.
#[derive(Default)]
struct LcsOptions {
    len: bool,
    idx: bool,
    min_match_len: usize,
    with_match_len: bool,
}

fn lcs_options(mut rest: Cursor) -> Result<LcsOptions, Error> {
    let mut o = LcsOptions::default();
    while let Some(word) = rest.word() {
        match &*word {
            b"LEN" => o.len = true,
            b"IDX" => o.idx = true,
            b"WITHMATCHLEN" => o.with_match_len = true,
            b"MINMATCHLEN" => {
                let n = parse_i64(rest.need()?).ok_or(Error::NotInteger)?;
                o.min_match_len = usize::try_from(n).unwrap_or(0);
            }
            _ => return Err(Error::Syntax),
        }
    }
    if o.len && o.idx {
        return Err(Error::Text("ERR If you want both the length and indexes, please just use IDX."));
    }
    Ok(o)
}

/// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]
fn lcs(ctx: &mut Ctx, args: Args) -> Done {
    let max = ctx.server.config.settings.proto_max_bulk_len;
    let mut db = ctx.server.db(ctx.db);
    let keys = [args.get(1), args.get(2)];
    for key in keys {
        db.read(key);
    }
    // Again, because the lookup of the second may have found it expired, and deleting it moves others.
    let slots = keys.map(|key| db.locate(key));
    let texts = slots.map(|slot| db.text_of(slot));
    let [Ok(a), Ok(b)] = texts else {
        return Err(Error::Text("ERR The specified keys must contain string values"));
    };
    let o = lcs_options(args.cursor(3))?;
    let [a, b] = [a, b].map(|text| text.map_or(Cow::Borrowed(&b""[..]), bytes_of));
    // Redis makes a table of numbers. We do not, but what it refuses is refused.
    if (a.len() as u128 + 1) * (b.len() as u128 + 1) * 4 > u128::from(max) {
        return Err(Error::Text("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
    }
    let lcs = Lcs::new(&a, &b, !o.len);
    if o.len {
        ctx.reply.int(lcs.len() as i64); // no string has 2^63 bytes
        return Ok(Flow::Done);
    }
    let mut matches = lcs.matches();
    if !o.idx {
        matches.reverse();
        let bytes: Vec<u8> = matches.iter().flat_map(|&part| lcs.bytes(part)).copied().collect();
        ctx.reply.bulk(&bytes);
        return Ok(Flow::Done);
    }
    matches.retain(|part| part.len >= o.min_match_len);
    ctx.reply.map(2);
    ctx.reply.bulk(b"matches");
    ctx.reply.array(matches.len());
    for Match { a, b, len } in matches {
        ctx.reply.array(if o.with_match_len { 3 } else { 2 });
        for start in [a, b] {
            ctx.reply.array(2);
            ctx.reply.int(start as i64); // no string has 2^63 bytes
            ctx.reply.int((start + len - 1) as i64);
        }
        if o.with_match_len {
            ctx.reply.int(len as i64);
        }
    }
    ctx.reply.bulk(b"len");
    ctx.reply.int(lcs.len() as i64);
    Ok(Flow::Done)
}
