//! MULTI and what ends it; WATCH, which decides whether EXEC runs anything.

use crate::resp::Args;
use crate::server::command::Flag::{AllowBusy, Fast, Loading, NoScript, NotQueued, RefusalAborts, SkipSlowlog, Stale};
use crate::server::command::{Command, KeyFlag, KeySpec};
use crate::server::{Ctx, Done, Error, Flow};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("discard", discard)
        .flags(&[NoScript, Loading, Stale, Fast, AllowBusy, NotQueued])
        .docs("Forgets the commands queued since MULTI.")
        .complexity("O(N), N being the number of queued commands")
        .since("2.0.0"),
    Command::new("exec", exec)
        .flags(&[NoScript, Loading, Stale, SkipSlowlog, NotQueued, RefusalAborts])
        .docs("Runs the commands queued since MULTI, with no other client's between them.")
        .complexity("Depends on the commands queued.")
        .since("1.2.0"),
    Command::new("multi", multi)
        .flags(&[NoScript, Loading, Stale, Fast, AllowBusy, NotQueued])
        .docs("Starts a transaction: the commands that follow are queued until EXEC.")
        .complexity("O(1)")
        .since("1.2.0"),
    Command::new("unwatch", unwatch)
        .flags(&[NoScript, Loading, Stale, Fast, AllowBusy])
        .docs("Watches no key any more.")
        .complexity("O(1)")
        .since("2.2.0"),
    Command::new("watch", watch)
        .arity(-2)
        .flags(&[NoScript, Loading, Stale, Fast, AllowBusy, NotQueued])
        .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
        .syntax("key ...")
        .docs("Makes the next EXEC run nothing if one of these keys changes until then.")
        .complexity("O(1) for every key.")
        .since("2.2.0"),
];

/// MULTI
fn multi(ctx: &mut Ctx, _: Args) -> Done {
    let client = &mut ctx.server.clients[ctx.client];
    if client.multi.is_some() {
        return Err(Error::Text("ERR MULTI calls can not be nested"));
    }
    client.set_multi(Some(Box::default()));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// EXEC
fn exec(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.clients[ctx.client].multi.is_none() {
        return Err(Error::Text("ERR EXEC without MULTI"));
    }
    // Looked at before the queue is taken: afterwards the client watches nothing.
    let is_spoilt = ctx.server.is_spoilt(ctx.client);
    // The queue leaves the client first, so that the commands in it run as if they came now.
    let multi = ctx.server.discard_transaction(ctx.client).expect("there is one");
    if multi.is_aborted {
        return Err(Error::Text("EXECABORT Transaction discarded because of previous errors."));
    }
    if is_spoilt {
        ctx.reply.null_array();
        return Ok(Flow::Done);
    }
    ctx.server.clients[ctx.client].executing = Some(multi.queue.len());
    ctx.server.exec(ctx.client, &multi, ctx.reply);
    ctx.server.clients[ctx.client].executing = None;
    Ok(Flow::Done)
}

/// DISCARD
fn discard(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.clients[ctx.client].multi.is_none() {
        return Err(Error::Text("ERR DISCARD without MULTI"));
    }
    ctx.server.discard_transaction(ctx.client);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// WATCH key [key ...]
fn watch(ctx: &mut Ctx, args: Args) -> Done {
    if ctx.server.clients[ctx.client].multi.is_some() {
        return Err(Error::Text("ERR WATCH inside MULTI is not allowed"));
    }
    ctx.server.watch(ctx.client, ctx.db, args.from(1));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// UNWATCH
fn unwatch(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.unwatch(ctx.client);
    ctx.reply.ok();
    Ok(Flow::Done)
}
