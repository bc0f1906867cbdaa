//! MULTI and what ends it.

use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{AllowBusy, Fast, Loading, NoScript, NotQueued, RefusalAborts, SkipSlowlog, Stale};
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
];

/// MULTI
fn multi(ctx: &mut Ctx, _: Args) -> Done {
    let client = &mut ctx.server.clients[ctx.client];
    if client.multi.is_some() {
        return Err(Error::Text("ERR MULTI calls can not be nested"));
    }
    client.multi = Some(Box::default());
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// EXEC
fn exec(ctx: &mut Ctx, _: Args) -> Done {
    // The queue leaves the client first, so that the commands in it run as if they came now.
    let Some(multi) = ctx.server.clients[ctx.client].multi.take() else {
        return Err(Error::Text("ERR EXEC without MULTI"));
    };
    if multi.is_aborted {
        return Err(Error::Text("EXECABORT Transaction discarded because of previous errors."));
    }
    ctx.server.clients[ctx.client].executing = Some(multi.queue.len());
    ctx.server.exec(ctx.client, &multi, ctx.reply);
    ctx.server.clients[ctx.client].executing = None;
    Ok(Flow::Done)
}

/// DISCARD
fn discard(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.clients[ctx.client].multi.take().is_none() {
        return Err(Error::Text("ERR DISCARD without MULTI"));
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}
