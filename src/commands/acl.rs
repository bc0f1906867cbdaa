//! ACL: users and what they may do. The rules themselves are `server::acl`.

use crate::base::number::parse_i64;
use crate::resp::{Args, Reply};
use crate::server::acl::log::Entry;
use crate::server::acl::selector::{Denied, Selector, has_spaces};
use crate::server::acl::{UserId, merged};
use crate::server::command::Flag::{Admin, Loading, NoScript, Stale};
use crate::server::command::{CATEGORIES, Command};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] = &[Command::container("acl", ACL).docs("Says who may do what.").since("6.0.0")];

static ACL: &[Command] = &[
    Command::new("cat", cat)
        .arity(-2)
        .flags(&[NoScript, Loading, Stale])
        .syntax("[category]")
        .docs("Lists the categories of commands, or the commands of one.")
        .complexity("O(1), as the number of commands never changes")
        .since("6.0.0"),
    Command::new("deluser", deluser)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .secrets(|_, at| at > 1)
        .syntax("username ...")
        .docs("Removes users and ends their connections.")
        .complexity("O(1) amortized for a user; each is looked for among all clients")
        .since("6.0.0"),
    Command::new("dryrun", dryrun)
        .arity(-4)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("username command [arg ...]")
        .docs("Tells whether a user may run a command, without running it.")
        .complexity("O(1)")
        .since("7.0.0"),
    Command::new("genpass", genpass)
        .arity(-2)
        .flags(&[NoScript, Loading, Stale])
        .syntax("[bits:int]")
        .docs("Makes a random password.")
        .complexity("O(1)")
        .since("6.0.0"),
    Command::new("getuser", getuser)
        .arity(3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .secrets(|_, at| at > 1)
        .syntax("username")
        .docs("Shows a user's rules.")
        .complexity("O(N), N being the number of the user's rules")
        .since("6.0.0")
        .history(&[
            ("6.2.0", "Patterns of channels are shown."),
            ("7.0.0", "Selectors are shown, and patterns of keys and channels as texts."),
        ]),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("6.0.0"),
    Command::new("list", list)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Shows all users as a file of users would.")
        .complexity("O(N), N being the number of users")
        .since("6.0.0"),
    Command::new("load", load)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Reads the users anew from their file.")
        .complexity("O(N), N being the number of users")
        .since("6.0.0"),
    Command::new("log", log)
        .arity(-2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("[<operation: count:int | RESET>]")
        .docs("Shows what was refused to whom lately.")
        .complexity("O(N), N being the number of entries shown")
        .since("6.0.0")
        .history(&[("7.2.0", "Entries have an id and times.")]),
    Command::new("save", save)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .docs("Writes all users into their file.")
        .complexity("O(N), N being the number of users")
        .since("6.0.0"),
    Command::new("setuser", setuser)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .secrets(|_, at| at > 1)
        .syntax("username [rule ...]")
        .docs("Makes a user or changes one.")
        .complexity("O(N), N being the number of rules")
        .since("6.0.0")
        .history(&[("6.2.0", "Patterns of channels came."), ("7.0.0", "Selectors and permissions of keys came.")]),
    Command::new("users", users)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Lists the names of all users.")
        .complexity("O(N), N being the number of users")
        .since("6.0.0"),
    Command::new("whoami", whoami)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Gives the name of the connection's user.")
        .complexity("O(1)")
        .since("6.0.0"),
];

/// ACL CAT [category]
fn cat(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() > 3 {
        return Err(Error::wrong_number(args.get(1), "ACL"));
    }
    if args.len() == 2 {
        ctx.reply.array(CATEGORIES.len());
        for (_, name) in CATEGORIES {
            ctx.reply.bulk(name.as_bytes());
        }
        return Ok(Flow::Done);
    }
    let asked = args.get(2);
    let known = CATEGORIES.iter().find(|(_, name)| name.as_bytes().eq_ignore_ascii_case(asked));
    let unknown = || Error::about("ERR Unknown category '", asked, "'");
    let (category, _) = known.ok_or_else(unknown)?;
    let table = &ctx.server.commands;
    let names: Vec<&str> =
        table.ids().map(|id| table.get(id)).filter(|row| row.is_in(*category)).map(|row| &*row.full_name).collect();
    ctx.reply.array(names.len());
    for name in names {
        ctx.reply.bulk(name.as_bytes());
    }
    Ok(Flow::Done)
}

/// ACL WHOAMI
fn whoami(ctx: &mut Ctx, _: Args) -> Done {
    let user = ctx.server.clients[ctx.client].user;
    ctx.reply.bulk(ctx.server.acl.name(user));
    Ok(Flow::Done)
}

/// ACL USERS
fn users(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.array(ctx.server.acl.iter().len());
    for (name, _) in ctx.server.acl.iter() {
        ctx.reply.bulk(name);
    }
    Ok(Flow::Done)
}

/// ACL LIST
fn list(ctx: &mut Ctx, _: Args) -> Done {
    let lines = ctx.server.acl.lines();
    ctx.reply.array(lines.len());
    for line in lines {
        ctx.reply.bulk(&line);
    }
    Ok(Flow::Done)
}

/// ACL SETUSER username [rule [rule ...]]
fn setuser(ctx: &mut Ctx, args: Args) -> Done {
    let name = args.get(2);
    if has_spaces(name) {
        return Err(Error::Text("ERR Usernames can't contain spaces or null characters"));
    }
    let rules: Vec<&[u8]> = args.from(3).iter().collect();
    let rules = merged(&rules)
        .map_err(|open| Error::about("ERR Unmatched parenthesis in acl selector starting at '", &open, "'."))?;
    ctx.server.change_user(name, &rules)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// ACL DELUSER username [username ...]
fn deluser(ctx: &mut Ctx, args: Args) -> Done {
    let names = args.from(2);
    if names.iter().any(|name| name == b"default") {
        return Err(Error::Text("ERR The 'default' user cannot be removed"));
    }
    let mut n = 0;
    for name in names {
        n += i64::from(ctx.server.remove_user(name, ctx.client));
    }
    ctx.reply.int(n);
    Ok(Flow::Done)
}

/// ACL GETUSER username
fn getuser(ctx: &mut Ctx, args: Args) -> Done {
    let Some(id) = ctx.server.acl.find(args.get(2)) else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    let user = ctx.server.acl.user(id);
    let reply = &mut *ctx.reply;
    reply.map(6);
    reply.bulk(b"flags");
    let flags = user.flags();
    reply.set(flags.len());
    for flag in flags {
        reply.bulk(flag.as_bytes());
    }
    reply.bulk(b"passwords");
    reply.array(user.hashes().len());
    for hash in user.hashes() {
        reply.bulk(hash.as_bytes());
    }
    show_selector(reply, &user.root);
    reply.bulk(b"selectors");
    reply.array(user.selectors.len());
    for selector in &user.selectors {
        reply.map(3);
        show_selector(reply, selector);
    }
    Ok(Flow::Done)
}

/// Three pairs of a map.
fn show_selector(reply: &mut Reply, selector: &Selector) {
    for (name, text) in
        [("commands", selector.commands()), ("keys", selector.keys()), ("channels", selector.channels())]
    {
        reply.bulk(name.as_bytes());
        reply.bulk(&text);
    }
}

/// ACL DRYRUN username command [arg ...]
fn dryrun(ctx: &mut Ctx, args: Args) -> Done {
    let name = args.get(2);
    let missing = || Error::about("ERR User '", name, "' not found");
    let user: UserId = ctx.server.acl.find(name).ok_or_else(missing)?;
    let request = args.from(3);
    let unknown = || Error::about("ERR Command '", request.get(0), "' not found");
    let table = &ctx.server.commands;
    let mut id = table.find(request.get(0)).ok_or_else(unknown)?;
    if !table.get(id).children.is_empty() && request.len() > 1 {
        id = table.find_child(id, request.get(1)).ok_or_else(unknown)?;
    }
    let command = table.get(id);
    if !command.row.accepts(request.len()) {
        return Err(Error::Arity(command.full_name.clone().into()));
    }
    let server = &mut *ctx.server;
    let what = match server.acl.check(user, id, request, &server.commands) {
        Ok(()) => {
            ctx.reply.ok();
            return Ok(Flow::Done);
        }
        Err(Denied::Command) => format!("run the '{}' command", server.commands.get(id).full_name).into_bytes(),
        Err(Denied::Key(at)) => [b"access the '", request.get(at), b"' key"].concat(),
        Err(Denied::Channel(at)) => [b"access the '", request.get(at), b"' channel"].concat(),
    };
    ctx.reply.bulk(&[b"User ", name, b" has no permissions to ", &what].concat());
    Ok(Flow::Done)
}

/// ACL LOG [count | RESET]
fn log(ctx: &mut Ctx, args: Args) -> Done {
    let mut count = 10;
    match args.len() {
        2 => {}
        3 if args.get(2).eq_ignore_ascii_case(b"reset") => {
            ctx.server.acl.log.clear();
            ctx.reply.ok();
            return Ok(Flow::Done);
        }
        3 => count = usize::try_from(parse_i64(args.get(2)).ok_or(Error::NotInteger)?).unwrap_or(0),
        _ => return Err(Error::wrong_number(args.get(1), "ACL")),
    }
    let log = &ctx.server.acl.log;
    let now = ctx.server.now();
    ctx.reply.array(log.iter().len().min(count));
    for entry in log.iter().take(count) {
        show_refusal(ctx.reply, entry, now);
    }
    Ok(Flow::Done)
}

fn show_refusal(reply: &mut Reply, entry: &Entry, now_ms: i64) {
    reply.map(10);
    reply.bulk(b"count");
    reply.int(entry.count as i64);
    for (name, value) in [
        ("reason", entry.reason.name().as_bytes()),
        ("context", entry.context.name().as_bytes()),
        ("object", &entry.object),
        ("username", &entry.username),
    ] {
        reply.bulk(name.as_bytes());
        reply.bulk(value);
    }
    reply.bulk(b"age-seconds");
    reply.double((now_ms - entry.updated_ms) as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(entry.client_info.as_bytes());
    for (name, value) in [
        ("entry-id", entry.id as i64),
        ("timestamp-created", entry.created_ms),
        ("timestamp-last-updated", entry.updated_ms),
    ] {
        reply.bulk(name.as_bytes());
        reply.int(value);
    }
}

/// ACL GENPASS [bits]
fn genpass(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() > 3 {
        return Err(Error::wrong_number(args.get(1), "ACL"));
    }
    let bits = match args.len() {
        2 => 256,
        _ => parse_i64(args.get(2)).ok_or(Error::NotInteger)?,
    };
    if !(1..=4096).contains(&bits) {
        return Err(Error::Text(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
        ));
    }
    let digits = (bits as usize).div_ceil(4);
    // Not from the server's own dice: what those give could be guessed by who sees enough of it.
    let words = (0..digits.div_ceil(16)).map(|_| format!("{:016x}", rand::random::<u64>()));
    let text = words.collect::<Vec<_>>().concat();
    ctx.reply.bulk(&text.as_bytes()[..digits]);
    Ok(Flow::Done)
}

const NO_FILE: Error = Error::Text(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command \
     and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis \
     configuration.",
);

/// ACL LOAD
fn load(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.config.value("aclfile").is_empty() {
        return Err(NO_FILE);
    }
    ctx.server.read_users_file().map_err(|why| Error::owned(format!("ERR {why}")))?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// ACL SAVE
fn save(ctx: &mut Ctx, _: Args) -> Done {
    if ctx.server.config.value("aclfile").is_empty() {
        return Err(NO_FILE);
    }
    if let Err(error) = ctx.server.write_users_file() {
        ::log::warn!("Saving the users failed: {error}");
        return Err(Error::Text(
            "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
        ));
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// ACL HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "CAT [<category>]",
        "    List the categories of commands, or the commands of <category>.",
        "DELUSER <username> [<username> ...]",
        "    Remove users and end their connections.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Tell whether a user may run a command, without running it.",
        "GETUSER <username>",
        "    Show a user's rules.",
        "GENPASS [<bits>]",
        "    Make a random password of 256 or <bits> bits.",
        "LIST",
        "    Show all users as a file of users would.",
        "LOAD",
        "    Read the users anew from their file.",
        "LOG [<count> | RESET]",
        "    Show what was refused lately, or forget it.",
        "SAVE",
        "    Write all users into their file.",
        "SETUSER <username> <attribute> [<attribute> ...]",
        "    Make a user or change one.",
        "USERS",
        "    List the names of all users.",
        "WHOAMI",
        "    Give the name of the connection's user.",
    ]);
    Ok(Flow::Done)
}
