//! Snapshots and the append-only file, as clients ask for them; and WAITAOF, which waits for the latter.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::aof::State;
use crate::server::command::Category;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Blocking, Fast, Loading, NoAsyncLoading, NoMulti, NoScript, Stale};
use crate::server::command::Group;
use crate::server::{Ctx, Done, Error, Flow};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("bgrewriteaof", bgrewriteaof)
        .flags(&[Admin, NoScript, NoAsyncLoading])
        .docs("Writes the append-only file anew, without what is no longer needed, while clients are served.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("bgsave", bgsave)
        .arity(-1)
        .flags(&[Admin, NoScript, NoAsyncLoading])
        .syntax("[<operation: SCHEDULE@3.2.2 | CANCEL>]")
        .docs("Writes a snapshot while clients are served, or stops writing it.")
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[("3.2.2", "`SCHEDULE` came.")]),
    Command::new("lastsave", lastsave)
        .flags(&[Loading, Stale, Fast])
        .categories(&[Category::Admin, Category::Dangerous])
        .tips(&["nondeterministic_output"])
        .docs("Tells when the last good snapshot was made, in seconds since 1970.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("save", save)
        .flags(&[Admin, NoScript, NoAsyncLoading, NoMulti])
        .docs("Writes a snapshot while everybody waits.")
        .complexity("O(N) where N is the total number of keys in all databases")
        .since("1.0.0"),
    Command::new("waitaof", waitaof)
        .arity(4)
        .flags(&[Blocking])
        .group(Group::Generic)
        .no_group_category()
        .categories(&[Category::Connection])
        .tips(&["request_policy:all_shards", "response_policy:agg_min"])
        .syntax("numlocal:int numreplicas:int timeout:int")
        .docs("Waits until what the client wrote is on the medium, here or at replicas; tells on how many.")
        .complexity("O(1)")
        .since("7.2.0"),
];

/// WAITAOF numlocal numreplicas timeout
fn waitaof(ctx: &mut Ctx, args: Args) -> Done {
    let local = parse_i64(args.get(1)).ok_or(Error::NotInteger)?;
    if !(0..=1).contains(&local) {
        return Err(Error::Text("ERR value is out of range, value must between 0 and 1"));
    }
    // As in Redis, what is no number at all is not positive either.
    let replicas = parse_i64(args.get(2)).filter(|&replicas| replicas >= 0);
    let replicas = replicas.ok_or(Error::Text("ERR value is out of range, must be positive"))?;
    let timeout = parse_i64(args.get(3)).ok_or(Error::Text("ERR timeout is not an integer or out of range"))?;
    if timeout < 0 {
        return Err(Error::Text("ERR timeout is negative"));
    }
    let deadline = match timeout {
        0 => 0,
        ms => ms.checked_add(ctx.server.now()).ok_or(Error::Text("ERR timeout is out of range"))?,
    };
    if local > 0 && !ctx.server.config.settings.persistence.appendonly {
        return Err(Error::Text("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."));
    }
    let wrote = ctx.server.clients[ctx.client].log_offset;
    // There are no replicas: who wants one waits for its time to be up.
    let is_synced = ctx.server.aof.state == State::On && wrote <= ctx.server.aof.synced;
    let is_served = replicas == 0 && (local == 0 || is_synced);
    let offset = if replicas > 0 { u64::MAX } else { wrote };
    if !is_served && ctx.block_for_log(args, offset, deadline) {
        return Ok(Flow::Blocked);
    }
    ctx.server.reply_log_copies(ctx.client, ctx.reply);
    Ok(Flow::Done)
}

/// SAVE
fn save(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.finish_flush();
    if ctx.server.saving.is_active() {
        return Err(Error::Text("ERR Background save already in progress"));
    }
    if let Err(why) = ctx.server.save() {
        log::error!("{why}");
        return Err(Error::Text("ERR"));
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// BGSAVE [SCHEDULE | CANCEL]
fn bgsave(ctx: &mut Ctx, args: Args) -> Done {
    let may_wait = match args.len() {
        1 => false,
        2 if args.get(1).eq_ignore_ascii_case(b"cancel") => {
            let answer = ctx.server.call_off_saving()?;
            ctx.reply.simple(answer);
            return Ok(Flow::Done);
        }
        2 if args.get(1).eq_ignore_ascii_case(b"schedule") => true,
        _ => return Err(Error::Syntax),
    };
    let answer = ctx.server.ask_to_save(may_wait)?;
    ctx.reply.simple(answer);
    Ok(Flow::Done)
}

/// LASTSAVE
fn lastsave(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.int(ctx.server.saving.last_save_s);
    Ok(Flow::Done)
}

/// BGREWRITEAOF
fn bgrewriteaof(ctx: &mut Ctx, _: Args) -> Done {
    let answer = ctx.server.ask_to_rewrite()?;
    ctx.reply.simple(answer);
    Ok(Flow::Done)
}
