//! CONFIG: looking at the configuration and changing it.
//!
//! What a value may be is the business of `config`; here is what a change sets off. All values of one CONFIG SET are
//! checked before anything happens, then what can fail (a port, a directory) is tried, and only then the rest is done.

use crate::base::logging;
use crate::config::special::system_text;
use crate::config::{Changes, SetError};
use crate::keyspace::KeyspaceStats;
use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, NoScript, Stale};
use crate::server::outbox::Order;
use crate::server::process;
use crate::server::stall::Stalls;
use crate::server::stats::Stats;
use crate::server::{Ctx, Done, Error, Flow, Server};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The rows.
pub static COMMANDS: &[Command] =
    &[Command::container("config", SUBCOMMANDS).docs("Looks at the configuration and changes it.").since("2.0.0")];

const SUBCOMMANDS: &[Command] = &[
    Command::new("get", get)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("parameter:str ...")
        .docs("Shows the values of the directives whose names fit a pattern.")
        .complexity("O(N), N being the number of patterns times that of directives")
        .since("2.0.0")
        .history(&[("7.0.0", "Takes several patterns.")]),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("resetstat", resetstat)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .docs("Sets the counters of INFO to zero.")
        .complexity("O(1)")
        .since("2.0.0"),
    Command::new("rewrite", rewrite)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .docs("Writes the configuration as it stands into its file.")
        .complexity("O(N), N being the number of lines and directives")
        .since("2.8.0"),
    Command::new("set", set)
        .arity(-4)
        .secrets(|args, at| at > 2 && at % 2 == 1 && crate::config::is_secret(args.get(at - 1)))
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .syntax("(data: parameter:str value:str) ...")
        .docs("Gives directives new values, all of them or none.")
        .complexity("O(N), N being the number of directives given")
        .since("2.0.0")
        .history(&[("7.0.0", "Takes several directives.")]),
];

/// CONFIG GET parameter [parameter ...]
fn get(ctx: &mut Ctx, args: Args) -> Done {
    let patterns: Vec<&[u8]> = args.from(2).iter().collect();
    let found = ctx.server.config.get(&patterns);
    ctx.reply.map(found.len());
    for (name, value) in found {
        ctx.reply.bulk(&name);
        ctx.reply.bulk(&value);
    }
    Ok(Flow::Done)
}

/// CONFIG SET parameter value [parameter value ...]
fn set(ctx: &mut Ctx, args: Args) -> Done {
    let words: Vec<&[u8]> = args.from(2).iter().collect();
    if !words.len().is_multiple_of(2) {
        return Err(Error::Syntax);
    }
    let pairs: Vec<(&[u8], &[u8])> = words.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    let is_local = ctx.server.clients[ctx.client].connection.is_local();
    let is_loading = ctx.server.loading.is_some();
    let config = &mut ctx.server.config;
    let may_protected = config.settings.protected_configs.allows(is_local);
    // Where the files are is no matter for change while one of them is read.
    let waits = |name: &[u8]| {
        (name.eq_ignore_ascii_case(b"dir") && may_protected) || name.eq_ignore_ascii_case(b"repl-diskless-load")
    };
    if is_loading && pairs.iter().any(|(name, _)| waits(name)) {
        return Err(Error::Text("LOADING Redis is loading the dataset in memory"));
    }
    let changes = config.set(&pairs, may_protected).map_err(|error| Error::owned(error.text()))?;
    if let Err(error) = apply(ctx.server, &changes) {
        ctx.server.config.undo(changes);
        return Err(Error::owned(error.text()));
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// Does what new values ask for; what can fail comes first, so that a failure leaves nothing to take back.
fn apply(server: &mut Server, changes: &Changes) -> Result<(), SetError> {
    let settings = &server.config.settings;
    if changes.has("port") || changes.has("bind") {
        let port = if changes.has("port") { settings.port } else { 0 };
        can_listen(&settings.bind, port, if changes.has("bind") { "bind" } else { "port" })?;
    }
    if changes.has("dir") {
        let dir = OsStr::from_bytes(server.config.value("dir"));
        std::env::set_current_dir(dir).map_err(|error| SetError::Failed("dir", system_text(&error).into()))?;
    }
    for name in ["oom-score-adj", "oom-score-adj-values"] {
        if changes.has(name)
            && let Err(error) = server.set_oom_score()
        {
            log::warn!("Unable to write oom_score_adj: {error}");
            return Err(SetError::Failed(name, "Failed to set current oom_score_adj. Check server logs.".into()));
        }
    }
    let settings = &server.config.settings;
    if changes.has("port") || changes.has("bind") {
        server.outbox.push(Order::Listen);
    }
    if changes.has("maxclients") {
        server.outbox.push(Order::Descriptors);
    }
    if changes.has("loglevel") {
        logging::set_level(settings.loglevel.filter());
    }
    if changes.has("port") || changes.has("bind") || changes.has("proc-title-template") {
        process::set_title(&server.config);
    }
    if changes.has("requirepass") {
        server.acl.set_default_password(server.config.value("requirepass"), &server.commands);
        server.users_changed();
    }
    if changes.has("crash-log-enabled") || changes.has("watchdog-period") || changes.has("hz") {
        server.set_crash_reports();
    }
    server.settings_changed();
    if changes.has("appendonly") {
        if server.config.settings.persistence.appendonly { server.start_log() } else { server.stop_log() }
    }
    if changes.has("aof-disable-auto-gc") {
        server.collect_history();
    }
    if changes.has("appendfsync") {
        // What is no longer held may leave.
        server.outbox.push(Order::Logged);
    }
    Ok(())
}

/// Tries whether the addresses can be listened on at `port`, which nobody here uses yet (zero stands for any: the port
/// does not change, so only the addresses are in question). The sockets themselves are changed by `net`, after the
/// reply; so this answers the question while it can still be answered.
fn can_listen(bind: &[String], port: u16, named: &'static str) -> Result<(), SetError> {
    let mut open = Vec::new();
    for name in bind {
        let (address, is_optional) = match name.strip_prefix('-') {
            Some(address) => (address, true),
            None => (&**name, false),
        };
        let address = match address {
            "*" => "0.0.0.0",
            // The wildcard of the other family would answer for this one's port, too.
            "::*" => continue,
            address => address,
        };
        match std::net::TcpListener::bind((address, port)) {
            Ok(listener) => open.push(listener),
            Err(_) if is_optional => {}
            Err(_) => {
                let why = if named == "port" {
                    "Unable to listen on this port. Check server logs."
                } else {
                    "Failed to bind to specified addresses."
                };
                return Err(SetError::Failed(named, why.into()));
            }
        }
    }
    Ok(())
}

/// CONFIG RESETSTAT
fn resetstat(ctx: &mut Ctx, _: Args) -> Done {
    let server = &mut *ctx.server;
    let rates = std::mem::take(&mut server.stats.rates);
    server.stats = Stats { rates, ..Stats::default() };
    server.keyspace.shared.stats = KeyspaceStats::default();
    server.stalls = Stalls::default();
    server.eviction.reset();
    server.keyspace.shared.freeing.reset();
    server.commands.reset_stats();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CONFIG REWRITE
fn rewrite(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.config.file.is_none() {
        return Err(Error::Text("ERR The server is running without a config file"));
    }
    if let Err(error) = rewrite_file(ctx.server, false) {
        let why = system_text(&error);
        log::warn!("CONFIG REWRITE failed: {why}");
        return Err(Error::owned(format!("ERR Rewriting config file: {why}")));
    }
    log::info!("CONFIG REWRITE executed with success.");
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// Brings the file up to date, with a line for every directive if `write_all`.
pub(super) fn rewrite_file(server: &mut Server, write_all: bool) -> std::io::Result<()> {
    if server.config.value("aclfile").is_empty() {
        server.config.users = server.acl.words();
    }
    server.config.rewrite(write_all)
}

/// CONFIG HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "GET <pattern>",
        "    Show the directives whose names fit <pattern>, with their values.",
        "SET <directive> <value>",
        "    Give <directive> the value <value>.",
        "RESETSTAT",
        "    Set the counters of INFO to zero.",
        "REWRITE",
        "    Write the configuration as it stands into its file.",
    ]);
    Ok(Flow::Done)
}
