//! MEMORY: what keys take, and where all the rest goes.

use crate::base::alloc;
use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::command::Flag::{Loading, ReadOnly, Stale};
use crate::server::command::KeyFlag::ReadOnly as Ro;
use crate::server::command::{Command, KeySpec, Options};
use crate::server::memory::Figures;
use crate::server::{Ctx, Done, Error, Flow, Server};
use std::fmt::Write;

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("memory", MEMORY).docs("Tells what takes memory.").since("4.0.0")];

const REPORT_TIPS: &[&str] = &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"];

static MEMORY: &[Command] = &[
    Command::new("doctor", doctor)
        .arity(2)
        .tips(REPORT_TIPS)
        .docs("Tells what is wrong with the use of memory.")
        .complexity("O(1)")
        .since("4.0.0"),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("4.0.0"),
    Command::new("malloc-stats", malloc_stats)
        .arity(2)
        .tips(REPORT_TIPS)
        .docs("Shows what the allocator says of itself.")
        .complexity("It depends on how much memory is allocated")
        .since("4.0.0"),
    Command::new("purge", purge)
        .arity(2)
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .docs("Has the allocator give unused memory back to the system.")
        .complexity("It depends on how much memory is allocated; a helper does it")
        .since("4.0.0"),
    Command::new("stats", stats)
        .arity(2)
        .tips(REPORT_TIPS)
        .docs("Tells where the memory goes.")
        .complexity("O(N), N being the number of databases")
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

/// A value of MEMORY STATS.
enum Fact {
    Bytes(i64),
    Number(f64),
    Database { nodes: usize },
}

/// MEMORY STATS
fn stats(ctx: &mut Ctx, _: Args) -> Done {
    let figures = ctx.server.memory_figures();
    let facts = facts(ctx.server, &figures);
    ctx.reply.map(facts.len());
    for (name, fact) in facts {
        ctx.reply.bulk(name.as_bytes());
        match fact {
            Fact::Bytes(n) => ctx.reply.int(n),
            Fact::Number(n) => ctx.reply.double(n),
            Fact::Database { nodes } => {
                ctx.reply.map(2);
                ctx.reply.bulk(b"overhead.hashtable.main");
                ctx.reply.int(nodes as i64);
                // Deadlines are kept with their keys.
                ctx.reply.bulk(b"overhead.hashtable.expires");
                ctx.reply.int(0);
            }
        }
    }
    Ok(Flow::Done)
}

/// What MEMORY STATS answers, in Redis's order.
fn facts(server: &Server, figures: &Figures) -> Vec<(String, Fact)> {
    let Figures { used, resident, allocator, .. } = *figures;
    let ratio = |part: u64, of: u64| Fact::Number(if of == 0 { 0.0 } else { part as f64 / of as f64 });
    let bytes = |n: u64| Fact::Bytes(n as i64); // no machine has 2^63 bytes
    let less = |a: u64, b: u64| Fact::Bytes(a as i64 - b as i64);
    let mut all: Vec<(String, Fact)> = Vec::new();
    let mut add = |name: &str, fact| all.push((name.to_string(), fact));
    add("peak.allocated", bytes(figures.peak));
    add("total.allocated", bytes(used));
    add("startup.allocated", bytes(figures.startup));
    add("replication.backlog", bytes(0));
    add("replica.fullsync.buffer", bytes(0));
    add("clients.slaves", bytes(0));
    add("clients.normal", bytes(figures.clients));
    add("cluster.links", bytes(0));
    add("aof.buffer", bytes(figures.aof));
    for name in ["lua.caches", "functions.caches", "script.VMs"] {
        add(name, bytes(0));
    }
    for (number, data) in server.keyspace.databases().iter().enumerate().filter(|(_, data)| !data.table.is_empty()) {
        add(&format!("db.{number}"), Fact::Database { nodes: data.table.node_bytes() });
    }
    add("overhead.db.hashtable.lut", bytes(figures.nodes));
    // Tables grow page by page: there is never a second one.
    add("overhead.db.hashtable.rehashing", bytes(0));
    add("overhead.total", bytes(figures.overhead()));
    add("db.dict.rehashing.count", bytes(0));
    add("keys.count", bytes(figures.keys));
    add("keys.bytes-per-key", bytes(figures.dataset().checked_div(figures.keys).unwrap_or(0)));
    add("dataset.bytes", bytes(figures.dataset()));
    add("dataset.percentage", Fact::Number(figures.dataset_percent()));
    add("peak.percentage", Fact::Number(figures.peak_percent()));
    add("allocator.allocated", bytes(allocator.allocated));
    add("allocator.active", bytes(allocator.active));
    add("allocator.resident", bytes(allocator.resident));
    add("allocator.muzzy", bytes(allocator.muzzy));
    add("allocator-fragmentation.ratio", ratio(allocator.active, allocator.allocated));
    add("allocator-fragmentation.bytes", less(allocator.active, allocator.allocated));
    add("allocator-rss.ratio", ratio(allocator.resident, allocator.active));
    add("allocator-rss.bytes", less(allocator.resident, allocator.active));
    add("rss-overhead.ratio", ratio(resident, allocator.resident));
    add("rss-overhead.bytes", less(resident, allocator.resident));
    add("fragmentation", ratio(resident, used));
    add("fragmentation.bytes", less(resident, used));
    all
}

/// With less than this in use every ratio says something of the program, not of the data.
const WORTH_A_LOOK: u64 = 5 << 20;

/// MEMORY DOCTOR
fn doctor(ctx: &mut Ctx, _: Args) -> Done {
    let figures = ctx.server.memory_figures();
    let clients = ctx.server.clients.len() as u64;
    ctx.reply.verbatim(*b"txt", findings(&figures, clients).as_bytes());
    Ok(Flow::Done)
}

/// What is wrong, for people.
fn findings(figures: &Figures, clients: u64) -> String {
    if figures.used < WORTH_A_LOOK {
        return "Less than 5 MB are in use: there is nothing to find yet.".into();
    }
    let Figures { used, peak, resident, allocator, .. } = *figures;
    let is_over = |part: u64, of: u64, percent: u64, bytes: u64| part > of / 100 * percent && part > of + bytes;
    let mut found = Vec::new();
    if peak / 2 > used / 3 * 2 {
        found.push(format!(
            "Peak: {peak} bytes were in use at one time, and {used} are now. Memory may be fragmented by what went \
             since; new data will fill it again. MEMORY PURGE gives back what is wholly free."
        ));
    }
    if is_over(allocator.active, allocator.allocated, 110, 10 << 20) {
        found.push(format!(
            "Fragmentation: the allocator's pages have {} bytes, of which {} are in use.",
            allocator.active, allocator.allocated
        ));
    }
    if is_over(allocator.resident, allocator.active, 110, 10 << 20) {
        found.push(format!(
            "Kept for later: the allocator holds {} bytes of the machine's memory, and {} of them are in pages that are \
             in use. The system gets the rest back in some seconds, or by MEMORY PURGE.",
            allocator.resident, allocator.active
        ));
    }
    if is_over(resident, allocator.resident, 110, 10 << 20) {
        found.push(format!(
            "Beside the allocator: the process takes {resident} bytes, the allocator {}.",
            allocator.resident
        ));
    }
    if figures.clients / clients.max(1) > 200 * 1024 {
        found.push(format!(
            "Clients: each takes {} bytes on average. Some send more than is run, or read more slowly than they are \
             answered: CLIENT LIST shows who, by tot-mem.",
            figures.clients / clients.max(1)
        ));
    }
    if figures.pinned > used / 4 {
        found.push(format!(
            "Copies: {} bytes are held only by the copy that a snapshot or a rewrite writes. They go when it is done.",
            figures.pinned
        ));
    }
    if found.is_empty() {
        return "Nothing is wrong with the use of memory.".into();
    }
    let mut text = String::new();
    for finding in found {
        writeln!(text, "* {finding}").expect("a string takes everything");
    }
    text
}

/// MEMORY MALLOC-STATS
fn malloc_stats(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.verbatim(*b"txt", &alloc::statistics());
    Ok(Flow::Done)
}

/// MEMORY PURGE. It may take milliseconds, so nobody waits for it.
fn purge(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.keyspace.shared.freeing.run(|| {
        if !alloc::purge() {
            log::warn!("The allocator gives no memory back");
        }
    });
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// MEMORY HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "DOCTOR",
        "    Tell what is wrong with the use of memory.",
        "MALLOC-STATS",
        "    Show what the allocator says of itself.",
        "PURGE",
        "    Have the allocator give unused memory back to the system.",
        "STATS",
        "    Tell where the memory goes.",
        "USAGE <key> [SAMPLES <count>]",
        "    Tell how many bytes a key and its value take.",
    ]);
    Ok(Flow::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doctor_finds_what_is_there() {
        let well = Figures {
            used: 100 << 20,
            peak: 100 << 20,
            resident: 110 << 20,
            allocator: alloc::Report { allocated: 100 << 20, active: 101 << 20, resident: 105 << 20, muzzy: 0 },
            ..Figures::default()
        };
        let first = |figures: Figures| findings(&figures, 10).split(':').next().unwrap_or_default().to_string();
        assert_eq!(findings(&well, 10), "Nothing is wrong with the use of memory.");
        assert_eq!(first(Figures { used: 1 << 20, ..well.clone() }), "Less than 5 MB are in use");
        assert_eq!(first(Figures { peak: 200 << 20, ..well.clone() }), "* Peak");
        assert_eq!(first(Figures { resident: 200 << 20, ..well.clone() }), "* Beside the allocator");
        assert_eq!(first(Figures { clients: 10 << 20, ..well.clone() }), "* Clients");
        assert_eq!(first(Figures { pinned: 30 << 20, ..well.clone() }), "* Copies");
        let held = alloc::Report { resident: 200 << 20, ..well.allocator };
        assert_eq!(first(Figures { allocator: held, resident: 200 << 20, ..well.clone() }), "* Kept for later");
        let torn = alloc::Report { active: 200 << 20, resident: 200 << 20, ..well.allocator };
        assert_eq!(first(Figures { allocator: torn, resident: 200 << 20, ..well }), "* Fragmentation");
    }
}
