//! CLIENT: looking at connections, naming and ending them.

use crate::base::number::parse_i64;
use crate::commands::connection::{BAD_NAME, is_name};
use crate::resp::Args;
use crate::server::acl::{Acl, UserId};
use crate::server::client::{Client, ClientId};
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, NoScript, Stale};
use crate::server::outbox::Order;
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("client", CLIENT).docs("Looks at clients and changes what is known of them.").since("2.4.0")];

static CLIENT: &[Command] = &[
    Command::new("getname", getname)
        .arity(2)
        .flags(&[NoScript, Loading, Stale])
        .docs("Gives the connection's name.")
        .complexity("O(1)")
        .since("2.6.9"),
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
    Command::new("unblock", unblock)
        .arity(-3)
        .flags(&[Admin, NoScript, Loading, Stale])
        .syntax("client-id [<unblock-type: TIMEOUT | ERROR>]")
        .docs("Ends the waiting of a client in a blocking command.")
        .complexity("O(log N) where N is the number of client connections")
        .since("5.0.0"),
];

/// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
fn unblock(ctx: &mut Ctx, args: Args) -> Done {
    if args.len() > 4 {
        let sent = String::from_utf8_lossy(args.get(1));
        let text = format!("ERR unknown subcommand or wrong number of arguments for '{sent}'. Try CLIENT HELP.");
        return Err(Error::owned(text));
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
        _ => return Err(Error::owned([b"ERR Unrecognized option '", what, b"'"].concat())),
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

fn on_or_off(word: &[u8]) -> Result<bool, Error> {
    match word.to_ascii_uppercase().as_slice() {
        b"ON" => Ok(true),
        b"OFF" => Ok(false),
        _ => Err(Error::Syntax),
    }
}

/// CLIENT INFO
fn info(ctx: &mut Ctx, _: Args) -> Done {
    let mut text = describe(ctx, &ctx.server.clients[ctx.client]);
    text.push('\n');
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// Whether a client belongs to a type; there are only normal ones so far.
fn type_of(name: &[u8]) -> Result<bool, Error> {
    match name.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(true),
        b"master" | b"replica" | b"slave" | b"pubsub" => Ok(false),
        _ => Err(Error::owned([b"ERR Unknown client type '", name, b"'"].concat())),
    }
}

/// CLIENT LIST [TYPE type] [ID client-id ...]
fn list(ctx: &mut Ctx, args: Args) -> Done {
    let mut clients: Vec<&Client> = ctx.server.clients.iter().map(|(_, client)| client).collect();
    clients.sort_unstable_by_key(|client| client.number);
    if args.len() > 2 {
        match (args.get(2).to_ascii_uppercase().as_slice(), args.len()) {
            (b"TYPE", 4) => {
                if !type_of(args.get(3))? {
                    clients.clear();
                }
            }
            (b"ID", 4..) => {
                // Whoever is named twice is listed twice.
                let mut wanted = Vec::new();
                for text in args.from(3) {
                    let number = parse_i64(text).ok_or(Error::Text("ERR Invalid client ID"))?;
                    let is_it = |client: &&&Client| i64::try_from(client.number) == Ok(number);
                    wanted.extend(clients.iter().find(is_it));
                }
                clients = wanted;
            }
            _ => return Err(Error::Syntax),
        }
    }
    let mut text = String::new();
    for client in clients {
        text.push_str(&describe(ctx, client));
        text.push('\n');
    }
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// A client's line, without its end. The reply of whoever asks is not with its connection's figures yet.
fn describe(ctx: &Ctx, client: &Client) -> String {
    let is_asking = client.number == ctx.server.clients[ctx.client].number;
    ctx.server.describe_client(client, if is_asking { ctx.reply.len() } else { client.connection.reply_bytes })
}

/// Which clients CLIENT KILL means.
#[derive(Default)]
struct Filter<'a> {
    number: Option<u64>,
    addr: Option<&'a [u8]>,
    laddr: Option<&'a [u8]>,
    fits_type: Option<bool>,
    user: Option<UserId>,
    max_age_s: Option<i64>,
    spares_asker: bool,
}

/// CLIENT KILL addr, or CLIENT KILL filter value ...
fn kill(ctx: &mut Ctx, args: Args) -> Done {
    let is_old = args.len() == 3;
    let filter =
        if is_old { Filter { addr: Some(args.get(2)), ..Filter::default() } } else { filter(args, &ctx.server.acl)? };
    let now = ctx.server.now();
    let is_meant = |client: &Client| {
        filter.number.is_none_or(|number| client.number == number)
            && filter.addr.is_none_or(|addr| client.connection.addr.as_bytes() == addr)
            && filter.laddr.is_none_or(|laddr| client.connection.laddr.as_bytes() == laddr)
            && filter.fits_type.unwrap_or(true)
            && filter.user.is_none_or(|user| client.user == user)
            && filter.max_age_s.is_none_or(|age| (now - client.since_ms) / 1000 >= age)
    };
    let asker = ctx.client;
    let meant: Vec<ClientId> = ctx
        .server
        .clients
        .iter()
        .filter(|&(id, client)| is_meant(client) && !(filter.spares_asker && id == asker))
        .map(|(id, _)| id)
        .collect();
    for &client in &meant {
        if client == asker {
            // Its reply still goes out.
            ctx.server.clients.close(client);
        } else {
            ctx.server.outbox.push(Order::Close { client, after_replies: false });
        }
    }
    match (is_old, meant.len()) {
        (true, 0) => return Err(Error::Text("ERR No such client")),
        (true, _) => ctx.reply.ok(),
        (false, n) => ctx.reply.int(n as i64), // at most as many as descriptors
    }
    Ok(Flow::Done)
}

fn filter<'a>(args: Args<'a>, acl: &Acl) -> Result<Filter<'a>, Error> {
    let mut filter = Filter { spares_asker: true, ..Filter::default() };
    let mut rest = args.cursor(2);
    while let Some(word) = rest.word() {
        let value = rest.value().ok_or(Error::Syntax)?;
        match &*word {
            b"ID" => {
                let number = parse_i64(value).filter(|&n| n > 0).and_then(|n| u64::try_from(n).ok());
                filter.number = Some(number.ok_or(Error::Text("ERR client-id should be greater than 0"))?);
            }
            b"ADDR" => filter.addr = Some(value),
            b"LADDR" => filter.laddr = Some(value),
            b"TYPE" => filter.fits_type = Some(type_of(value)?),
            b"USER" => {
                let missing = || Error::owned([b"ERR No such user '", value, b"'"].concat());
                filter.user = Some(acl.find(value).ok_or_else(missing)?);
            }
            b"MAXAGE" => {
                let age = parse_i64(value).ok_or(Error::Text("ERR maxage is not an integer or out of range"))?;
                if age <= 0 {
                    return Err(Error::Text("ERR maxage should be greater than 0"));
                }
                filter.max_age_s = Some(age);
            }
            b"SKIPME" => {
                filter.spares_asker = match value.to_ascii_uppercase().as_slice() {
                    b"YES" => true,
                    b"NO" => false,
                    _ => return Err(Error::Syntax),
                }
            }
            _ => return Err(Error::Syntax),
        }
    }
    Ok(filter)
}

/// CLIENT HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "GETNAME",
        "    Give the connection's name.",
        "ID",
        "    Give the connection's number.",
        "INFO",
        "    Tell about the connection.",
        "KILL <ip:port>",
        "    End the connection from that address.",
        "KILL <filter> <value> [...]",
        "    End connections. Filters: ID, ADDR, LADDR, TYPE, USER, MAXAGE, SKIPME (YES or NO).",
        "LIST [TYPE <type> | ID <id> [...]]",
        "    Tell about all connections.",
        "NO-EVICT (ON|OFF)",
        "    Choose whether the connection may be closed when clients use too much memory.",
        "NO-TOUCH (ON|OFF)",
        "    Choose whether commands of this connection count as accesses to keys.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    Note which library the client uses.",
        "SETNAME <name>",
        "    Name the connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    End the waiting of a client as if its time were up, or with an error.",
    ]);
    Ok(Flow::Done)
}
