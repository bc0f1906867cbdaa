//! COMMAND: what there is to call, told from the rows themselves.
//!
//! Clients route by what COMMAND answers, redis-cli shows hints from COMMAND DOCS. Before authentication both are
//! served (a deliberate difference: Redis refuses them), so that redis-cli has its hints when the password is typed.

use crate::base::glob;
use crate::resp::{Args, Reply};
use crate::server::command::Flag::{Loading, NoMandatoryKeys, OpenBeforeAuth, Stale};
use crate::server::command::{Begin, Category, Command, CommandId, Find, KeySpec, Registered, Table};
use crate::server::keys::{self, FoundKey};
use crate::server::syntax::{self, Argument};
use crate::server::{Ctx, Done, Error, Flow};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[Command::new("command", command)
    .with_subcommands(COMMAND)
    .arity(-1)
    .flags(&[Loading, Stale, OpenBeforeAuth])
    .docs("Describes all commands.")
    .complexity("O(N), N being the number of commands")
    .since("2.8.13")
    .tips(&["nondeterministic_output_order"])
    .categories(&[Category::Connection])];

static COMMAND: &[Command] = &[
    Command::new("count", count)
        .arity(2)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .docs("Counts the commands.")
        .complexity("O(1)")
        .since("2.8.13")
        .categories(&[Category::Connection]),
    Command::new("docs", docs)
        .arity(-2)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .syntax("[command-name ...]")
        .docs("Explains commands and their arguments, for people.")
        .complexity("O(N), N being the number of commands asked for")
        .since("7.0.0")
        .tips(&["nondeterministic_output_order"])
        .categories(&[Category::Connection]),
    Command::new("getkeys", getkeys)
        .arity(-3)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .syntax("command [arg ...]")
        .docs("Finds the keys among a command's arguments.")
        .complexity("O(N), N being the number of the command's arguments")
        .since("2.8.13")
        .categories(&[Category::Connection]),
    Command::new("getkeysandflags", getkeysandflags)
        .arity(-3)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .syntax("command [arg ...]")
        .docs("Finds the keys among a command's arguments, and tells what it does with each.")
        .complexity("O(N), N being the number of the command's arguments")
        .since("7.0.0")
        .categories(&[Category::Connection]),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("5.0.0")
        .categories(&[Category::Connection]),
    Command::new("info", info)
        .arity(-2)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .syntax("[command-name ...]")
        .docs("Describes commands, for programs.")
        .complexity("O(N), N being the number of commands asked for")
        .since("2.8.13")
        .history(&[("7.0.0", "Without a name all commands are described.")])
        .tips(&["nondeterministic_output_order"])
        .categories(&[Category::Connection]),
    Command::new("list", list)
        .arity(-2)
        .flags(&[Loading, Stale, OpenBeforeAuth])
        .syntax("[FILTERBY <filterby: MODULE module-name | ACLCAT category | PATTERN pattern>]")
        .docs("Lists the names of commands and subcommands.")
        .complexity("O(N), N being the number of commands")
        .since("7.0.0")
        .tips(&["nondeterministic_output_order"])
        .categories(&[Category::Connection]),
];

/// COMMAND
fn command(ctx: &mut Ctx, _: Args) -> Done {
    let table = &ctx.server.commands;
    ctx.reply.array(top(table).count());
    for id in top(table) {
        describe(ctx.reply, table, id);
    }
    Ok(Flow::Done)
}

/// COMMAND COUNT
fn count(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.int(top(&ctx.server.commands).count() as i64); // a few hundred
    Ok(Flow::Done)
}

/// COMMAND INFO [command-name ...]
fn info(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() == 2 {
        return command(ctx, args);
    }
    let table = &ctx.server.commands;
    ctx.reply.array(args.len() - 2);
    for name in args.from(2) {
        match table.find_full(name) {
            Some(id) => describe(ctx.reply, table, id),
            None => ctx.reply.null(),
        }
    }
    Ok(Flow::Done)
}

/// COMMAND DOCS [command-name ...]
fn docs(ctx: &mut Ctx, args: Args) -> Done {
    let table = &ctx.server.commands;
    // Names that no command has are passed over, unlike in COMMAND INFO.
    let ids: Vec<CommandId> = match args.len() {
        2 => top(table).collect(),
        _ => args.from(2).iter().filter_map(|name| table.find_full(name)).collect(),
    };
    ctx.reply.map(ids.len());
    for id in ids {
        explain(ctx.reply, table, id);
    }
    Ok(Flow::Done)
}

/// COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]
fn list(ctx: &mut Ctx, args: Args) -> Done {
    let filter = match args.len() {
        2 => None,
        5 if args.get(2).eq_ignore_ascii_case(b"filterby") => match args.get(3).to_ascii_lowercase().as_slice() {
            word @ (b"module" | b"aclcat" | b"pattern") => Some((word[0], args.get(4))),
            _ => return Err(Error::Syntax),
        },
        _ => return Err(Error::Syntax),
    };
    let table = &ctx.server.commands;
    let is_wanted = |id: &CommandId| {
        let command = table.get(*id);
        match filter {
            None => true,
            Some((b'a', category)) => {
                command.category_names().any(|name| name.as_bytes().eq_ignore_ascii_case(category))
            }
            Some((b'p', pattern)) => glob::matches_nocase(pattern, command.full_name.as_bytes()),
            // There are no modules.
            Some(_) => false,
        }
    };
    let list = ctx.reply.begin_array();
    let mut n = 0;
    for id in table.ids().filter(|&id| !table.is_gone(id)).filter(is_wanted) {
        ctx.reply.bulk(table.get(id).full_name.as_bytes());
        n += 1;
    }
    ctx.reply.end_array(list, n);
    Ok(Flow::Done)
}

/// COMMAND GETKEYS command [arg ...]
fn getkeys(ctx: &mut Ctx, args: Args) -> Done {
    let args = args.from(2);
    let keys = keys_of(&ctx.server.commands, args)?;
    ctx.reply.array(keys.len());
    for key in keys {
        ctx.reply.bulk(args.get(key.at));
    }
    Ok(Flow::Done)
}

/// COMMAND GETKEYSANDFLAGS command [arg ...]
fn getkeysandflags(ctx: &mut Ctx, args: Args) -> Done {
    let args = args.from(2);
    let keys = keys_of(&ctx.server.commands, args)?;
    ctx.reply.array(keys.len());
    for key in keys {
        ctx.reply.array(2);
        ctx.reply.bulk(args.get(key.at));
        statuses(ctx.reply, &key.flag_names().collect::<Vec<_>>());
    }
    Ok(Flow::Done)
}

/// COMMAND HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
    ]);
    Ok(Flow::Done)
}

/// The commands that are not subcommands.
fn top(table: &Table) -> impl Iterator<Item = CommandId> {
    table.ids().filter(|&id| table.get(id).parent.is_none() && !table.is_gone(id))
}

/// Where the keys of a request stand, with what happens to each.
fn keys_of(table: &Table, args: Args) -> Result<Vec<FoundKey>, Error> {
    const UNKNOWN: Error = Error::Text("ERR Invalid command specified");
    let mut id = table.find(args.get(0)).ok_or(UNKNOWN)?;
    if !table.get(id).children.is_empty() && args.len() > 1 {
        id = table.find_child(id, args.get(1)).ok_or(UNKNOWN)?;
    }
    let row = table.get(id).row;
    if !keys::has_keys(row) {
        return Err(Error::Text("ERR The command has no key arguments"));
    }
    if !row.accepts(args.len()) {
        return Err(Error::Text("ERR Invalid number of arguments specified for command"));
    }
    let mut found = Vec::new();
    keys::find(row, args, &mut found);
    if found.is_empty() && !row.flags.has(NoMandatoryKeys) {
        return Err(Error::Text("ERR Invalid arguments specified for command"));
    }
    Ok(found)
}

/// A set of words.
fn statuses(reply: &mut Reply, words: &[&str]) {
    reply.set(words.len());
    for word in words {
        reply.simple(word);
    }
}

/// A command as COMMAND INFO shows it.
fn describe(reply: &mut Reply, table: &Table, id: CommandId) {
    let command = table.get(id);
    let row = command.row;
    reply.array(10);
    reply.bulk(command.full_name.as_bytes());
    reply.int(row.arity.into());
    statuses(reply, &row.flags.shown().collect::<Vec<_>>());
    let (first, last, step) = command.range;
    reply.int(first.into());
    reply.int(last.into());
    reply.int(step.into());
    reply.set(command.category_names().count());
    for category in command.category_names() {
        reply.simple(&format!("@{category}"));
    }
    reply.set(row.tips.len());
    for tip in row.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(row.keys.len());
    for spec in row.keys {
        describe_keys(reply, spec);
    }
    if command.children.is_empty() {
        // As Redis has it: an empty set, but an array where there are some.
        reply.set(0);
    } else {
        reply.array(command.children.len());
    }
    for &child in &command.children {
        describe(reply, table, child);
    }
}

/// A key spec as COMMAND INFO shows it.
fn describe_keys(reply: &mut Reply, spec: &KeySpec) {
    reply.map(3);
    reply.bulk(b"flags");
    statuses(reply, &spec.flag_names().collect::<Vec<_>>());
    reply.bulk(b"begin_search");
    match spec.begin {
        Begin::Index(index) => {
            typed(reply, "index", 1);
            number(reply, "index", index);
        }
        Begin::Keyword(word, from) => {
            typed(reply, "keyword", 2);
            text(reply, "keyword", word);
            number(reply, "startfrom", from);
        }
        Begin::Unknown => typed(reply, "unknown", 0),
    }
    reply.bulk(b"find_keys");
    match spec.find {
        Find::Range { last, step, limit } => {
            typed(reply, "range", 3);
            number(reply, "lastkey", last);
            number(reply, "keystep", step);
            number(reply, "limit", limit);
        }
        Find::KeyCount { count, first, step } => {
            typed(reply, "keynum", 3);
            number(reply, "keynumidx", count);
            number(reply, "firstkey", first);
            number(reply, "keystep", step);
        }
        Find::Unknown => typed(reply, "unknown", 0),
    }
}

/// The head of one half of a key spec: its type, and a map of `n` that follow.
fn typed(reply: &mut Reply, kind: &str, n: usize) {
    reply.map(2);
    text(reply, "type", kind);
    reply.bulk(b"spec");
    reply.map(n);
}

/// A name and a text.
fn text(reply: &mut Reply, name: &str, value: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

/// A name and a number.
fn number(reply: &mut Reply, name: &str, value: i32) {
    reply.bulk(name.as_bytes());
    reply.int(value.into());
}

/// A command's name and what COMMAND DOCS says of it.
fn explain(reply: &mut Reply, table: &Table, id: CommandId) {
    let command: &Registered = table.get(id);
    let row = command.row;
    reply.bulk(command.full_name.as_bytes());
    let map = reply.begin_array();
    let mut n = 3;
    text(reply, "summary", row.summary);
    text(reply, "since", row.since);
    text(reply, "group", command.group.name());
    if !row.complexity.is_empty() {
        text(reply, "complexity", row.complexity);
        n += 1;
    }
    let marks: Vec<&str> = [(row.deprecated.is_some(), "deprecated"), (row.system, "syscmd")]
        .into_iter()
        .filter_map(|(is_so, name)| is_so.then_some(name))
        .collect();
    if !marks.is_empty() {
        reply.bulk(b"doc_flags");
        statuses(reply, &marks);
        n += 1;
    }
    if let Some((since, instead)) = row.deprecated {
        text(reply, "deprecated_since", since);
        text(reply, "replaced_by", instead);
        n += 2;
    }
    if !row.history.is_empty() {
        reply.bulk(b"history");
        reply.set(row.history.len());
        for (version, change) in row.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
        n += 1;
    }
    if !row.syntax.is_empty() {
        reply.bulk(b"arguments");
        explain_arguments(reply, &syntax::parse(row.syntax));
        n += 1;
    }
    if !command.children.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(command.children.len());
        for &child in &command.children {
            explain(reply, table, child);
        }
        n += 1;
    }
    reply.end_map(map, n);
}

/// Arguments as COMMAND DOCS shows them.
fn explain_arguments(reply: &mut Reply, arguments: &[Argument]) {
    reply.array(arguments.len());
    for argument in arguments {
        let map = reply.begin_array();
        let mut n = 2;
        text(reply, "name", &argument.name);
        text(reply, "type", argument.kind.name());
        if let Some(display) = &argument.display {
            text(reply, "display_text", display);
            n += 1;
        }
        if let Some(spec) = argument.key_spec {
            number(reply, "key_spec_index", spec as i32); // a command has a handful of key specs
            n += 1;
        }
        for (name, value) in
            [("token", argument.token), ("since", argument.since), ("deprecated_since", argument.deprecated)]
        {
            if let Some(value) = value {
                text(reply, name, value);
                n += 1;
            }
        }
        let flags: Vec<&str> = [
            (argument.is_optional, "optional"),
            (argument.is_multiple, "multiple"),
            (argument.is_token_repeated, "multiple_token"),
        ]
        .into_iter()
        .filter_map(|(is_so, name)| is_so.then_some(name))
        .collect();
        if !flags.is_empty() {
            reply.bulk(b"flags");
            statuses(reply, &flags);
            n += 1;
        }
        if !argument.arguments.is_empty() {
            reply.bulk(b"arguments");
            explain_arguments(reply, &argument.arguments);
            n += 1;
        }
        reply.end_map(map, n);
    }
}
