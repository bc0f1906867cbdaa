//! SLOWLOG: the requests that took long.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, Stale};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("slowlog", SLOWLOG).docs("Shows the requests that took long.").since("2.2.12")];

static SLOWLOG: &[Command] = &[
    Command::new("get", get)
        .arity(-2)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "nondeterministic_output"])
        .syntax("[count]")
        .docs("Shows the newest entries.")
        .complexity("O(N), N being the number of entries shown")
        .since("2.2.12")
        .history(&[("4.0.0", "The client's address and name are shown.")]),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("len", len)
        .arity(2)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])
        .docs("Counts the entries.")
        .complexity("O(1)")
        .since("2.2.12"),
    Command::new("reset", reset)
        .arity(2)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .docs("Forgets all entries.")
        .complexity("O(N), N being the number of entries")
        .since("2.2.12"),
];

/// SLOWLOG GET [count]
fn get(ctx: &mut Ctx, args: Args) -> Done {
    let count = match args.len() {
        2 => 10,
        3 => match parse_i64(args.get(2)) {
            Some(-1) => usize::MAX,
            Some(n @ 0..) => n as usize,
            _ => return Err(Error::Text("ERR count should be greater than or equal to -1")),
        },
        _ => return Err(Error::wrong_number(args.get(1), "SLOWLOG")),
    };
    let log = &ctx.server.slowlog;
    ctx.reply.array(log.iter().len().min(count));
    for entry in log.iter().take(count) {
        ctx.reply.array(6);
        ctx.reply.int(entry.id as i64);
        ctx.reply.int(entry.time_s);
        ctx.reply.int(entry.took_us as i64);
        ctx.reply.array(entry.args.len());
        for arg in &entry.args {
            ctx.reply.bulk(arg);
        }
        ctx.reply.bulk(entry.addr.as_bytes());
        ctx.reply.bulk(&entry.name);
    }
    Ok(Flow::Done)
}

/// SLOWLOG LEN
fn len(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.int(ctx.server.slowlog.iter().len() as i64);
    Ok(Flow::Done)
}

/// SLOWLOG RESET
fn reset(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.slowlog.clear();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// SLOWLOG HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "GET [<count>]",
        "    Show the newest entries, 10 or <count> (-1: all): id, time, microseconds,",
        "    arguments, the client's address and its name.",
        "LEN",
        "    Count the entries.",
        "RESET",
        "    Forget all entries.",
    ]);
    Ok(Flow::Done)
}
