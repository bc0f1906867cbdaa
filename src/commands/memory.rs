//! MEMORY: what keys take.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::command::Flag::{Loading, ReadOnly, Stale};
use crate::server::command::KeyFlag::ReadOnly as Ro;
use crate::server::command::{Command, KeySpec, Options};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("memory", MEMORY).docs("Tells what takes memory.").since("4.0.0")];

static MEMORY: &[Command] = &[
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("4.0.0"),
    Command::new("usage", usage)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(2, &[Ro])])
        .syntax("key [SAMPLES count]")
        .docs("Tells how many bytes a key and its value take.")
        .complexity("O(1): the bytes of every value are counted as it changes")
        .since("4.0.0"),
];

/// Bytes of the database's table for each key, on average: nine places and tags to a cache line, which are four fifths full.
const TABLE_SHARE: usize = 8;

/// MEMORY USAGE key [SAMPLES count]. The count is checked and of no use: nothing is estimated.
fn usage(ctx: &mut Ctx, args: Args) -> Done {
    let mut options = args.cursor(3);
    while let Some(word) = options.word() {
        if &*word != b"SAMPLES" {
            return Err(Error::Syntax);
        }
        if parse_i64(options.need()?).ok_or(Error::NotInteger)? < 0 {
            return Err(Error::Syntax);
        }
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.locate(args.get(2));
    match db.entry(slot) {
        Some(entry) => ctx.reply.int((entry.footprint() + TABLE_SHARE) as i64),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// MEMORY HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&["USAGE <key> [SAMPLES <count>]", "    Tell how many bytes a key and its value take."]);
    Ok(Flow::Done)
}
