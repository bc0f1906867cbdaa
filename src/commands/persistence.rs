//! Snapshots and the append-only file, as clients ask for them.

use crate::resp::Args;
use crate::server::command::Category;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Fast, Loading, NoAsyncLoading, NoMulti, NoScript, Stale};
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
        .syntax("[SCHEDULE]@3.2.2")
        .docs("Writes a snapshot while clients are served.")
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
];

/// SAVE
fn save(ctx: &mut Ctx, _: Args) -> Done {
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

/// BGSAVE [SCHEDULE]
fn bgsave(ctx: &mut Ctx, args: Args) -> Done {
    let may_wait = match args.len() {
        1 => false,
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
