//! CLIENT: looking at connections, naming and ending them.

use crate::base::number::parse_i64;
use crate::commands::client_list::{info, kill, list};
use crate::commands::connection::{BAD_NAME, is_name};
use crate::commands::tracking::{caching, getredir, tracking, trackinginfo};
use crate::resp::Args;
use crate::server::client::Replies;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, NoScript, Stale};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("client", CLIENT).docs("Looks at clients and changes what is known of them.").since("2.4.0")];

static CLIENT: &[Command] = &[
    Command::new("caching", caching)
        .arity(3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("<mode: YES | NO>")
        .docs("Says whether the next command's keys are tracked.")
        .complexity("O(1)")
        .since("6.0.0"),
    Command::new("capa", capa)
        .arity(-3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("capability [capability ...]")
        .docs("Notes what the client can do. Of what Valkey asks for, redirection, there is none here.")
        .complexity("O(1)")
        .since("8.2.0"),
    Command::new("getname", getname)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Gives the connection's name.")
        .complexity("O(1)")
        .since("2.6.9"),
    Command::new("getredir", getredir)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Gives the number of the client that is told when copies are out of date.")
        .complexity("O(1)")
        .since("6.0.0"),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("id", id)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Gives the connection's number.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("import-source", import_source)
        .arity(3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("<enabled: ON | OFF>")
        .docs("Says whether the connection imports data, so that it sees what has expired (`import-mode`).")
        .complexity("O(1)")
        .since("8.1.0"),
    Command::new("info", info)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .tips(&["nondeterministic_output"])
        .docs("Tells about the connection.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("kill", kill)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax(
            "<filter: old-format=ip:port@-2.8.12 | <new-format: [ID client-id]@2.8.12 | [TYPE <client-type: NORMAL | \
             MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | PUBSUB>]@2.8.12 | [USER username] | [ADDR addr=ip:port] | [LADDR \
             laddr=ip:port]@6.2.0 | [SKIPME <skipme: YES | NO>] | [MAXAGE maxage]@7.4.0> ...>",
        )
        .docs("Ends connections.")
        .complexity("O(N) where N is the number of client connections")
        .since("2.4.0")
        .history(&[
            ("2.8.12", "The form with filters came."),
            ("3.2.0", "`MASTER` may be a type."),
            ("5.0.0", "`REPLICA` may be said for `SLAVE`."),
            ("6.2.0", "`LADDR` came."),
            ("7.4.0", "`MAXAGE` came."),
        ]),
    Command::new("list", list)
        .arity(-2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .tips(&["nondeterministic_output"])
        .syntax("[TYPE <client-type: NORMAL | MASTER | REPLICA | PUBSUB>]@5.0.0 [ID client-id ...]@6.2.0")
        .docs("Tells about all connections, a line each.")
        .complexity("O(N) where N is the number of client connections")
        .since("2.4.0")
        .history(&[
            ("2.8.12", "The field `id` came."),
            ("5.0.0", "`TYPE` came."),
            ("6.0.0", "The field `user` came."),
            ("6.2.0", "`ID` and the fields `argv-mem`, `tot-mem`, `laddr` and `redir` came."),
            ("7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp` came."),
            ("7.0.3", "The field `ssub` came."),
            ("7.2.0", "The fields `lib-name` and `lib-ver` came."),
            ("7.4.0", "The field `watch` came."),
            ("8.0.0", "The field `io-thread` came."),
        ]),
    Command::new("no-evict", no_evict)
        .arity(3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("<enabled: ON | OFF>")
        .docs("Chooses whether the connection may be closed when clients use too much memory.")
        .complexity("O(1)")
        .since("7.0.0"),
    Command::new("no-touch", no_touch)
        .arity(3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("<enabled: ON | OFF>")
        .docs("Chooses whether the connection's commands count as accesses to keys.")
        .complexity("O(1)")
        .since("7.2.0"),
    Command::new("pause", pause)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("timeout:int [<mode: WRITE | ALL>]@6.2.0")
        .docs("Puts commands off for a while: those that write, or all.")
        .complexity("O(1)")
        .since("3.0.0")
        .history(&[("6.2.0", "`WRITE` came, and with it the mode.")]),
    Command::new("reply", reply)
        .arity(3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("<action: ON | OFF | SKIP>")
        .docs("Chooses whether the connection is sent replies.")
        .complexity("O(1)")
        .since("3.2.0"),
    Command::new("setinfo", setinfo)
        .arity(4)
        .flags(&[NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .syntax("<attr: LIB-NAME libname | LIB-VER libver>")
        .docs("Notes which library the client uses.")
        .complexity("O(1)")
        .since("7.2.0"),
    Command::new("setname", setname)
        .arity(3)
        .flags(&[NoScript, Loading, Stale])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .syntax("connection-name")
        .docs("Names the connection.")
        .complexity("O(1)")
        .since("2.6.9"),
    Command::new("tracking", tracking)
        .arity(-3)
        .flags(&[NoScript, Loading, Stale])
        .syntax("<status: ON | OFF> [REDIRECT client-id] [PREFIX prefix:str]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")
        .docs("Chooses whether the connection is told when keys that it has read change.")
        .complexity("O(1), or O(N) for N prefixes")
        .since("6.0.0"),
    Command::new("trackinginfo", trackinginfo)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Tells how the connection tracks keys.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("unblock", unblock)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("client-id [<unblock-type: TIMEOUT | ERROR>]")
        .docs("Ends the waiting of a client in a blocking command.")
        .complexity("O(log N) where N is the number of client connections")
        .since("5.0.0"),
    Command::new("unpause", unpause)
        .arity(2)
        .flags(&[Admin, NoScript, Loading, Stale])
        .docs("Lets the commands go on that a pause has put off.")
        .complexity("O(N), N being the number of clients that wait")
        .since("6.2.0"),
];

/// CLIENT PAUSE timeout [WRITE | ALL]
fn pause(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() > 4 {
        return Err(wrong_number(args));
    }
    let is_for_all = match args.iter().nth(3).map(<[u8]>::to_ascii_uppercase).as_deref() {
        None | Some(b"ALL") => true,
        Some(b"WRITE") => false,
        Some(_) => return Err(Error::Text("ERR CLIENT PAUSE mode must be WRITE or ALL")),
    };
    let ms = parse_i64(args.get(2)).ok_or(Error::Text("ERR timeout is not an integer or out of range"))?;
    if ms < 0 {
        return Err(Error::Text("ERR timeout is negative"));
    }
    let until = ms.checked_add(ctx.server.now()).ok_or(Error::Text("ERR timeout is out of range"))?;
    ctx.server.pause(until, is_for_all);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT UNPAUSE
fn unpause(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.unpause();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT REPLY ON | OFF | SKIP
fn reply(ctx: &mut Ctx, args: Args) -> Done {
    let client = &mut ctx.server.clients[ctx.client];
    match args.get(2).to_ascii_uppercase().as_slice() {
        b"ON" => {
            client.set_replies(Replies::On);
            ctx.reply.ok();
        }
        b"OFF" => client.set_replies(Replies::Off),
        b"SKIP" => client.skip_next(),
        _ => return Err(Error::Syntax),
    }
    Ok(Flow::Done)
}

/// The arguments do not fit the subcommand.
fn wrong_number(args: Args) -> Error {
    let sent = String::from_utf8_lossy(args.get(1));
    Error::owned(format!("ERR unknown subcommand or wrong number of arguments for '{sent}'. Try CLIENT HELP."))
}

/// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
fn unblock(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() > 4 {
        return Err(wrong_number(args));
    }
    let error = match args.iter().nth(3).map(<[u8]>::to_ascii_uppercase).as_deref() {
        None | Some(b"TIMEOUT") => None,
        Some(b"ERROR") => Some(Error::Text("UNBLOCKED client unblocked via CLIENT UNBLOCK")),
        Some(_) => return Err(Error::Text("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
    };
    let number = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let found = ctx.server.clients.iter().find(|(_, client)| client.number as i64 == number).map(|(id, _)| id);
    let was_waiting = found.is_some_and(|id| ctx.server.end_wait(id, error.as_ref()));
    ctx.reply.int(was_waiting.into());
    Ok(Flow::Done)
}

/// CLIENT ID
fn id(ctx: &mut Ctx, _: Args) -> Done {
    let number = ctx.server.clients[ctx.client].number;
    ctx.reply.int(number as i64); // counts up from one
    Ok(Flow::Done)
}

/// CLIENT GETNAME
fn getname(ctx: &mut Ctx, _: Args) -> Done {
    match &*ctx.server.clients[ctx.client].name {
        b"" => ctx.reply.null(),
        name => ctx.reply.bulk(name),
    }
    Ok(Flow::Done)
}

/// CLIENT SETNAME connection-name
fn setname(ctx: &mut Ctx, args: Args) -> Done {
    if !is_name(args.get(2)) {
        return Err(BAD_NAME);
    }
    ctx.server.clients[ctx.client].name = args.get(2).into();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT SETINFO LIB-NAME libname | LIB-VER libver
fn setinfo(ctx: &mut Ctx, args: Args) -> Done {
    let (what, value) = (args.get(2), args.get(3));
    let client = &mut ctx.server.clients[ctx.client];
    let field = match what.to_ascii_uppercase().as_slice() {
        b"LIB-NAME" => &mut client.lib_name,
        b"LIB-VER" => &mut client.lib_ver,
        _ => return Err(Error::about("ERR Unrecognized option '", what, "'")),
    };
    if !is_name(value) {
        // The attribute is spelled as it was sent.
        let why = b" cannot contain spaces, newlines or special characters.";
        return Err(Error::owned([b"ERR ", what, why].concat()));
    }
    *field = value.into();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT NO-EVICT ON | OFF
fn no_evict(ctx: &mut Ctx, args: Args) -> Done {
    ctx.server.clients[ctx.client].no_evict = on_or_off(args.get(2))?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT NO-TOUCH ON | OFF
fn no_touch(ctx: &mut Ctx, args: Args) -> Done {
    ctx.server.clients[ctx.client].no_touch = on_or_off(args.get(2))?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT IMPORT-SOURCE ON | OFF
fn import_source(ctx: &mut Ctx, args: Args) -> Done {
    // Whoever does not know that the import is over may still say that it has ended.
    if !ctx.server.config.settings.import_mode && !args.get(2).eq_ignore_ascii_case(b"off") {
        return Err(Error::Text("ERR Server is not in import mode"));
    }
    ctx.server.clients[ctx.client].is_import_source = on_or_off(args.get(2))?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

fn on_or_off(word: &[u8]) -> Result<bool, Error> {
    match word.to_ascii_uppercase().as_slice() {
        b"ON" => Ok(true),
        b"OFF" => Ok(false),
        _ => Err(Error::Syntax),
    }
}

/// CLIENT CAPA capability ...: Valkey's replicas redirect whoever says that it can be redirected. This server is none, so
/// only filters ask for it.
fn capa(ctx: &mut Ctx, args: Args) -> Done {
    let can_redirect = args.from(2).iter().any(|word| word.eq_ignore_ascii_case(b"redirect"));
    ctx.server.clients[ctx.client].can_redirect |= can_redirect;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "CACHING (YES|NO)",
        "    Say whether the next command's keys are tracked (OPTIN, OPTOUT).",
        "CAPA <capability> [...]",
        "    Note what the client can do.",
        "GETNAME",
        "    Give the connection's name.",
        "GETREDIR",
        "    Give the number of the client that is told of changes.",
        "ID",
        "    Give the connection's number.",
        "INFO",
        "    Tell about the connection.",
        "KILL <ip:port>",
        "    End the connection from that address.",
        "KILL <filter> <value> [...]",
        "    End connections. Filters: ID, ADDR, LADDR, IP, TYPE, USER, NAME, LIB-NAME, LIB-VER, FLAGS,",
        "    DB, all of these with NOT- before them, too; MAXAGE, IDLE, SKIPME (YES or NO).",
        "LIST [<filter> <value> [...]]",
        "    Tell about all connections, or those that the same filters let pass.",
        "NO-EVICT (ON|OFF)",
        "    Choose whether the connection may be closed when clients use too much memory.",
        "IMPORT-SOURCE (ON|OFF)",
        "    Say that this connection imports data: it sees what has expired. Needs import-mode.",
        "NO-TOUCH (ON|OFF)",
        "    Choose whether commands of this connection count as accesses to keys.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Put commands off for so many milliseconds: those that write, or all.",
        "REPLY (ON|OFF|SKIP)",
        "    Choose whether replies are sent; SKIP: all but the next.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    Note which library the client uses.",
        "SETNAME <name>",
        "    Name the connection.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
        "    Choose whether changes of keys that were read are told.",
        "TRACKINGINFO",
        "    Tell how the connection tracks keys.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    End the waiting of a client as if its time were up, or with an error.",
        "UNPAUSE",
        "    Let the commands go on that were put off.",
    ]);
    Ok(Flow::Done)
}
