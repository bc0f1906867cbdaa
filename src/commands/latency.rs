//! LATENCY: what made everybody wait, and how long commands take.

use crate::resp::Args;
use crate::server::command::Flag::{Admin, Loading, NoScript, Stale};
use crate::server::command::{Command, CommandId};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] = &[Command::container("latency", LATENCY)
    .docs("Shows what made everybody wait, and how long commands take.")
    .since("2.8.13")];

const ALL_NODES: &[&str] = &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"];

static LATENCY: &[Command] = &[
    Command::new("doctor", doctor)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(ALL_NODES)
        .docs("Gives a report for people.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("graph", graph)
        .arity(3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(ALL_NODES)
        .syntax("event")
        .docs("Draws the samples of an event.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("histogram", histogram)
        .arity(-2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(ALL_NODES)
        .syntax("[command ...]")
        .docs("Shows how long commands took, counted in powers of two.")
        .complexity("O(N), N being the number of commands shown")
        .since("7.0.0"),
    Command::new("history", history)
        .arity(3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(ALL_NODES)
        .syntax("event")
        .docs("Shows the samples of an event.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("latest", latest)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(ALL_NODES)
        .docs("Shows the newest sample of each event.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("reset", reset)
        .arity(-2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:agg_sum"])
        .syntax("[event ...]")
        .docs("Forgets the samples of some events, or of all.")
        .complexity("O(1)")
        .since("2.8.13"),
    Command::new("stalls", stalls)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Shows the turns of the event loop that took more than a millisecond, and what took longest in them.")
        .complexity("O(1)")
        .since("8.2.0"),
];

/// LATENCY LATEST
fn latest(ctx: &mut Ctx, _: Args) -> Done {
    let latency = &ctx.server.latency;
    ctx.reply.array(latency.iter().len());
    for (name, events) in latency.iter() {
        let last = events.last().expect("an event has a sample");
        ctx.reply.array(4);
        ctx.reply.bulk(name.as_bytes());
        ctx.reply.int(last.time_s);
        ctx.reply.int(last.ms as i64);
        ctx.reply.int(events.max_ms as i64);
    }
    Ok(Flow::Done)
}

/// LATENCY HISTORY event
fn history(ctx: &mut Ctx, args: Args) -> Done {
    let Some((_, events)) = ctx.server.latency.find(args.get(2)) else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    ctx.reply.array(events.iter().len());
    for sample in events.iter() {
        ctx.reply.array(2);
        ctx.reply.int(sample.time_s);
        ctx.reply.int(sample.ms as i64);
    }
    Ok(Flow::Done)
}

/// LATENCY RESET [event ...]
fn reset(ctx: &mut Ctx, args: Args) -> Done {
    let names: Vec<&[u8]> = args.from(2).iter().collect();
    ctx.reply.int(ctx.server.latency.reset(&names) as i64);
    Ok(Flow::Done)
}

/// LATENCY GRAPH event
fn graph(ctx: &mut Ctx, args: Args) -> Done {
    let name = args.get(2);
    let missing = || Error::about("ERR No samples available for event '", name, "'");
    let (name, events) = ctx.server.latency.find(name).ok_or_else(missing)?;
    let text = events.draw(name, ctx.server.now() / 1000);
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// LATENCY DOCTOR
fn doctor(ctx: &mut Ctx, _: Args) -> Done {
    let text = ctx.server.latency.report(ctx.server.config.settings.latency_monitor_ms);
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// LATENCY HISTOGRAM [command ...]
fn histogram(ctx: &mut Ctx, args: Args) -> Done {
    let table = &ctx.server.commands;
    let mut ids: Vec<CommandId> = Vec::new();
    for id in args.from(2).iter().filter_map(|name| table.find_full(name)) {
        let children = &table.get(id).children;
        if children.is_empty() { ids.push(id) } else { ids.extend(children) }
    }
    if args.len() == 2 {
        ids = table.ids().collect();
    }
    let found: Vec<_> = ids.into_iter().filter_map(|id| Some((id, table.histogram(id)?))).collect();
    ctx.reply.map(found.len());
    for (id, histogram) in found {
        ctx.reply.bulk(table.get(id).full_name.as_bytes());
        ctx.reply.map(2);
        ctx.reply.bulk(b"calls");
        ctx.reply.int(histogram.total() as i64);
        ctx.reply.bulk(b"histogram_usec");
        let steps = histogram.steps();
        ctx.reply.map(steps.len());
        for (us, count) in steps {
            ctx.reply.int(us as i64);
            ctx.reply.int(count as i64);
        }
    }
    Ok(Flow::Done)
}

/// LATENCY STALLS: for each when (Unix milliseconds), how long (microseconds), what took longest, how long that took.
fn stalls(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.array(ctx.server.stalls.list.len());
    for stall in &ctx.server.stalls.list {
        ctx.reply.array(4);
        ctx.reply.int(stall.time_ms);
        ctx.reply.int(stall.us as i64);
        ctx.reply.bulk(stall.culprit.0.as_bytes());
        ctx.reply.int(stall.culprit.1 as i64);
    }
    Ok(Flow::Done)
}

/// LATENCY HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "DOCTOR",
        "    Give a report for people.",
        "GRAPH <event>",
        "    Draw the samples of <event>.",
        "HISTORY <event>",
        "    Show the samples of <event>: times and milliseconds.",
        "LATEST",
        "    Show the newest sample of each event: time, milliseconds, the worst ever.",
        "RESET [<event> ...]",
        "    Forget the samples of some events, or of all.",
        "STALLS",
        "    Show the turns of the event loop that took more than a millisecond: time, microseconds, the longest part, its",
        "    microseconds.",
        "HISTOGRAM [COMMAND ...]",
        "    Show how long commands took: how many calls up to which microsecond.",
    ]);
    Ok(Flow::Done)
}
