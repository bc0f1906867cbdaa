//! SLOWLOG: the requests that took long. COMMANDLOG, which Valkey has: those that were long or had a long reply, too.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, Stale};
use crate::server::slowlog::Kind;
use crate::server::{Ctx, Done, Error, Flow};

/// The containers.
pub static COMMANDS: &[Command] = &[
    Command::container("commandlog", COMMANDLOG)
        .docs("Shows the requests that took long, were long, or had a long reply.")
        .since("8.1.0"),
    Command::container("slowlog", SLOWLOG).docs("Shows the requests that took long.").since("2.2.12"),
];

static COMMANDLOG: &[Command] = &[
    Command::new("get", get_of)
        .arity(4)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "nondeterministic_output"])
        .syntax("count <type: SLOW | LARGE-REQUEST | LARGE-REPLY>")
        .docs("Shows the newest entries of a list.")
        .complexity("O(N), N being the number of entries shown")
        .since("8.1.0"),
    Command::new("help", help_of)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("8.1.0"),
    Command::new("len", len_of)
        .arity(3)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"])
        .syntax("<type: SLOW | LARGE-REQUEST | LARGE-REPLY>")
        .docs("Counts the entries of a list.")
        .complexity("O(1)")
        .since("8.1.0"),
    Command::new("reset", reset_of)
        .arity(3)
        .flags(&[Admin, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .syntax("<type: SLOW | LARGE-REQUEST | LARGE-REPLY>")
        .docs("Forgets all entries of a list.")
        .complexity("O(N), N being the number of entries")
        .since("8.1.0"),
];

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
        3 => count(args.get(2))?,
        _ => return Err(Error::wrong_number(args.get(1), "SLOWLOG")),
    };
    show(ctx, Kind::Slow, count)
}

/// COMMANDLOG GET count type
fn get_of(ctx: &mut Ctx, args: Args) -> Done {
    let count = count(args.get(2))?;
    show(ctx, kind(args.get(3))?, count)
}

/// How many entries are to be shown; -1 stands for all.
fn count(text: &[u8]) -> Result<usize, Error> {
    match parse_i64(text) {
        Some(-1) => Ok(usize::MAX),
        Some(n @ 0..) => Ok(n as usize),
        _ => Err(Error::Text("ERR count should be greater than or equal to -1")),
    }
}

/// The list that a word names.
fn kind(word: &[u8]) -> Result<Kind, Error> {
    match &*word.to_ascii_lowercase() {
        b"slow" => Ok(Kind::Slow),
        b"large-request" => Ok(Kind::LargeRequest),
        b"large-reply" => Ok(Kind::LargeReply),
        _ => Err(Error::Text("ERR type should be one of the following: slow, large-request, large-reply")),
    }
}

fn show(ctx: &mut Ctx, kind: Kind, count: usize) -> Done {
    let log = ctx.server.commandlog.of(kind);
    ctx.reply.array(log.iter().len().min(count));
    for entry in log.iter().take(count) {
        ctx.reply.array(6);
        ctx.reply.int(entry.id as i64);
        ctx.reply.int(entry.time_s);
        ctx.reply.int(entry.value as i64);
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
    ctx.reply.int(ctx.server.commandlog.of(Kind::Slow).iter().len() as i64);
    Ok(Flow::Done)
}

/// COMMANDLOG LEN type
fn len_of(ctx: &mut Ctx, args: Args) -> Done {
    ctx.reply.int(ctx.server.commandlog.of(kind(args.get(2))?).iter().len() as i64);
    Ok(Flow::Done)
}

/// SLOWLOG RESET
fn reset(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.commandlog.of_mut(Kind::Slow).clear();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// COMMANDLOG RESET type
fn reset_of(ctx: &mut Ctx, args: Args) -> Done {
    ctx.server.commandlog.of_mut(kind(args.get(2))?).clear();
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

/// COMMANDLOG HELP
fn help_of(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "GET <count> <type>",
        "    Show the newest <count> entries (-1: all) of a list: id, time, microseconds (slow)",
        "    or bytes (large-request, large-reply), arguments, the client's address and its name.",
        "LEN <type>",
        "    Count the entries of a list.",
        "RESET <type>",
        "    Forget all entries of a list.",
    ]);
    Ok(Flow::Done)
}
