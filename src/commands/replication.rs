//! Replication, seen from a server that has no replicas and is none.

use crate::base::number::parse_i64;
use crate::resp::{Args, Cursor};
use crate::server::command::Flag::{Admin, AllowBusy, Blocking, Fast, Loading, NoAsyncLoading, NoScript, Stale};
use crate::server::command::{Category, Command};
use crate::server::{Ctx, Done, Error, Flow};

/// The rows of the group of servers, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("failover", failover)
        .arity(-1)
        .flags(&[Admin, NoScript, Stale])
        .syntax("[TO (target: host port:int [FORCE])] [ABORT] [TIMEOUT milliseconds]")
        .docs("Hands the role of the master to a replica.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("replconf", replconf)
        .arity(-1)
        .flags(&[Admin, NoScript, Loading, Stale, AllowBusy])
        .docs("What a replica and its master tell each other.")
        .complexity("O(1)")
        .since("3.0.0")
        .system(),
    Command::new("replicaof", replicaof)
        .arity(3)
        .flags(&[Admin, NoScript, Stale, NoAsyncLoading])
        .syntax("<args: (host-port: host port:int) | (no-one: NO ONE)>")
        .docs("Makes the server a replica of another, or a master.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("role", role)
        .flags(&[NoScript, Loading, Stale, Fast])
        .categories(&[Category::Admin, Category::Dangerous])
        .docs("Tells the server's part in replication.")
        .complexity("O(1)")
        .since("2.8.12"),
    Command::new("slaveof", replicaof)
        .arity(3)
        .flags(&[Admin, NoScript, Stale, NoAsyncLoading])
        .syntax("<args: (host-port: host port:int) | (no-one: NO ONE)>")
        .docs("Makes the server a replica of another, or a master.")
        .complexity("O(1)")
        .since("1.0.0")
        .deprecated("5.0.0", "`REPLICAOF`"),
];

/// The rows of the generic group, by name.
pub static GENERIC: &[Command] = &[Command::new("wait", wait)
    .arity(3)
    .flags(&[Blocking])
    .categories(&[Category::Connection])
    .no_group_category()
    .tips(&["request_policy:all_shards", "response_policy:agg_min"])
    .syntax("numreplicas:int timeout:int")
    .docs("Waits until replicas have what was written.")
    .complexity("O(1)")
    .since("3.0.0")];

/// ROLE
fn role(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.array(3);
    ctx.reply.bulk(b"master");
    ctx.reply.int(0);
    ctx.reply.array(0);
    Ok(Flow::Done)
}

/// REPLICAOF host port | NO ONE
fn replicaof(ctx: &mut Ctx, args: Args) -> Done {
    if args.get(1).eq_ignore_ascii_case(b"no") && args.get(2).eq_ignore_ascii_case(b"one") {
        ctx.reply.ok();
        return Ok(Flow::Done);
    }
    parse_i64(args.get(2)).filter(|port| (0..=65_535).contains(port)).ok_or(Error::Text("ERR Invalid master port"))?;
    Err(Error::Text("ERR Replication is not supported yet"))
}

/// A number of a range, in the words that Redis has for it.
fn ranged(text: &[u8], min: i64, max: i64) -> Result<i64, Error> {
    let n = parse_i64(text).ok_or(Error::NotInteger)?;
    if (min..=max).contains(&n) {
        return Ok(n);
    }
    Err(Error::owned(match (min, max) {
        (0, i64::MAX) => "ERR value is out of range, must be positive".to_string(),
        _ => format!("ERR value is out of range, value must between {min} and {max}"),
    }))
}

/// REPLCONF option value ...
fn replconf(ctx: &mut Ctx, args: Args) -> Done {
    if args.len().is_multiple_of(2) {
        return Err(Error::Syntax);
    }
    let mut rest = args.cursor(1);
    while let (Some(option), Some(value)) = (rest.value(), rest.value()) {
        match option.to_ascii_lowercase().as_slice() {
            b"listening-port" => {
                parse_i64(value).ok_or(Error::NotInteger)?;
            }
            b"rdb-only" => {
                ranged(value, 0, 1)?;
            }
            b"ip-address" | b"capa" | b"rdb-filter-only" => {}
            // From who is no replica these have no answer, as in Redis.
            b"ack" | b"getack" | b"fack" => return Ok(Flow::Done),
            _ => return Err(Error::about("ERR Unrecognized REPLCONF option: ", option, "")),
        }
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// WAIT numreplicas timeout. Nobody will ever answer, so who asks for some waits in vain; it is told at once that there are none.
fn wait(ctx: &mut Ctx, args: Args) -> Done {
    parse_i64(args.get(1)).ok_or(Error::NotInteger)?;
    timeout(args.get(2))?;
    ctx.reply.int(0);
    Ok(Flow::Done)
}

fn timeout(text: &[u8]) -> Result<i64, Error> {
    match parse_i64(text) {
        None => Err(Error::Text("ERR timeout is not an integer or out of range")),
        Some(ms) if ms < 0 => Err(Error::Text("ERR timeout is negative")),
        Some(ms) => Ok(ms),
    }
}

/// FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]
fn failover(_: &mut Ctx, args: Args) -> Done {
    if args.len() == 2 && args.get(1).eq_ignore_ascii_case(b"abort") {
        return Err(Error::Text("ERR No failover in progress."));
    }
    let mut rest: Cursor = args.cursor(1);
    let (mut has_target, mut has_timeout, mut is_forced) = (false, false, false);
    while let Some(word) = rest.word() {
        match &*word {
            b"TIMEOUT" if !has_timeout && rest.left() >= 1 => {
                let ms = parse_i64(rest.value().unwrap_or_default()).ok_or(Error::NotInteger)?;
                if ms <= 0 {
                    return Err(Error::Text("ERR FAILOVER timeout must be greater than 0"));
                }
                has_timeout = true;
            }
            b"TO" if !has_target && rest.left() >= 2 => {
                rest.value();
                parse_i64(rest.value().unwrap_or_default()).ok_or(Error::NotInteger)?;
                has_target = true;
            }
            b"FORCE" if !is_forced => is_forced = true,
            _ => return Err(Error::Syntax),
        }
    }
    Err(Error::Text("ERR FAILOVER requires connected replicas."))
}
