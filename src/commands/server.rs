//! The commands on the server as a whole.

use crate::base::dice::Dice;
use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, AllowBusy, Fast, Loading, NoMulti, NoScript, ReadOnly, Stale};
use crate::server::shutdown::Save;
use crate::server::{Ctx, Done, Error, Flow, REDIS_VERSION, info};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("info", show_info)
        .arity(-1)
        .flags(&[Loading, Stale])
        .categories(&[crate::server::command::Category::Dangerous])
        .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
        .syntax("[section ...]")
        .docs("Tells how the server is and what it has done.")
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[("7.0.0", "Several sections may be asked for.")]),
    Command::new("lolwut", lolwut)
        .arity(-1)
        .flags(&[ReadOnly, Fast])
        .syntax("[VERSION version]")
        .docs("Draws something, and tells the version.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("monitor", monitor)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Shows all commands that the server runs from here on.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("shutdown", shutdown)
        .arity(-1)
        .flags(&[Admin, NoScript, Loading, Stale, NoMulti, AllowBusy])
        .syntax(
            "[<save-selector: NOSAVE | SAVE>] [NOW]@7.0.0 [FORCE]@7.0.0 [SAFE]@9.0.0 [FAILOVER]@9.0.0 [ABORT]@7.0.0",
        )
        .docs("Ends the server.")
        .complexity(
            "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        )
        .since("1.0.0")
        .history(&[
            ("7.0.0", "`NOW`, `FORCE` and `ABORT` came."),
            ("9.0.0", "`SAFE` and `FAILOVER` came (in Valkey)."),
        ]),
    Command::new("time", time)
        .flags(&[Loading, Stale, Fast])
        .tips(&["nondeterministic_output"])
        .docs("Tells the time of day: seconds since 1970, and microseconds.")
        .complexity("O(1)")
        .since("2.6.0"),
];

/// INFO [section ...]
fn show_info(ctx: &mut Ctx, args: Args) -> Done {
    let sections: Vec<&[u8]> = args.from(1).iter().collect();
    let text = info::text(ctx.server, &sections);
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// MONITOR
fn monitor(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.is_inside_unit() {
        return Err(Error::Text("ERR MONITOR isn't allowed for DENY BLOCKING client"));
    }
    // Whoever monitors already is not even answered.
    if !ctx.server.clients[ctx.client].is_monitor {
        ctx.server.monitor(ctx.client);
        ctx.reply.ok();
    }
    Ok(Flow::Done)
}

/// TIME
fn time(ctx: &mut Ctx, _: Args) -> Done {
    let us = ctx.server.clock.unix_us();
    ctx.reply.array(2);
    ctx.reply.bulk_int(us / 1_000_000);
    ctx.reply.bulk_int(us % 1_000_000);
    Ok(Flow::Done)
}

/// LOLWUT [VERSION version]
fn lolwut(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() >= 3 && args.get(1).eq_ignore_ascii_case(b"version") {
        parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    }
    let (drawing, version) = (rust(&mut ctx.server.dice), env!("CARGO_PKG_VERSION"));
    let text = format!("{drawing}\nRedoxide ver. {version}, which answers as\nRedis ver. {REDIS_VERSION}\n");
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// Rust as it spreads over iron: each new spot is beside one that is there.
fn rust(dice: &mut Dice) -> String {
    const WIDE: usize = 48;
    const HIGH: usize = 12;
    const SPOTS: usize = 260;
    let mut plate = [[0u8; WIDE]; HIGH];
    let mut spots = vec![(HIGH / 2, WIDE / 2)];
    plate[HIGH / 2][WIDE / 2] = 1;
    while spots.len() < SPOTS {
        let (row, column) = spots[dice.below(spots.len() as u64) as usize]; // far fewer than 2^32
        // Twice as likely sideways: a letter is twice as high as it is wide.
        let (row, column) = match dice.below(6) {
            0 | 1 => (row, (column + 1) % WIDE),
            2 | 3 => (row, (column + WIDE - 1) % WIDE),
            4 => ((row + 1) % HIGH, column),
            _ => ((row + HIGH - 1) % HIGH, column),
        };
        if plate[row][column] == 0 {
            spots.push((row, column));
        }
        plate[row][column] = plate[row][column].saturating_add(1);
    }
    let shade = |depth: &u8| match depth {
        0 => ' ',
        1..=2 => '.',
        3..=6 => ':',
        7..=13 => 'o',
        _ => '#',
    };
    plate.iter().map(|row| row.iter().map(shade).collect::<String>().trim_end().to_string() + "\n").collect()
}

/// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [SAFE] [FAILOVER] [ABORT]
fn shutdown(ctx: &mut Ctx, args: Args) -> Done {
    let (mut save, mut nosave, mut abort, mut other, mut force) = (false, false, false, false, false);
    let mut failover = false;
    for word in args.from(1) {
        match word.to_ascii_uppercase().as_slice() {
            b"SAVE" => save = true,
            b"NOSAVE" => nosave = true,
            // It is safe: no cluster needs this server.
            b"NOW" | b"SAFE" => other = true,
            b"FAILOVER" => (other, failover) = (true, true),
            b"FORCE" => (other, force) = (true, true),
            b"ABORT" => abort = true,
            _ => return Err(Error::Syntax),
        }
    }
    if (save && nosave) || (abort && (save || nosave || other)) {
        return Err(Error::Syntax);
    }
    if failover {
        return Err(Error::Text("ERR SHUTDOWN FAILOVER is only supported in cluster mode."));
    }
    if abort {
        if !ctx.server.abort_shutdown() {
            return Err(Error::Text("ERR No shutdown in progress."));
        }
        ctx.reply.ok();
        return Ok(Flow::Done);
    }
    let wish = match (save, nosave) {
        (true, _) => Save::Yes,
        (_, true) => Save::No,
        _ => Save::ByRules,
    };
    if !ctx.server.shut_down(wish, force) {
        return Err(Error::Text("ERR Errors trying to SHUTDOWN. Check logs."));
    }
    // There is no reply: the connection just ends, as Redis does it.
    ctx.server.clients.close(ctx.client);
    Ok(Flow::Done)
}
