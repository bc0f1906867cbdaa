//! The commands with which a client introduces itself and leaves.

use crate::base::number::parse_i64;
use crate::base::words::until_nul;
use crate::commands::generic::db_number;
use crate::keyspace::DbId;
use crate::resp::{Args, Proto};
use crate::server::client::{Care, Replies};
use crate::server::command::Command;
use crate::server::command::Flag::{AllowBusy, Fast, Loading, NoAuth, NoScript, NotQueued, Stale, WhenSubscribed};
use crate::server::{Ctx, Done, Error, Flow};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("auth", auth)
        .arity(-2)
        .flags(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy])
        .secrets(|args, at| at > 0 && args.len() <= 3)
        .syntax("[username]@6.0.0 password")
        .docs("Authenticates the connection with a password, or with a user's name and password.")
        .complexity("O(N), N being the number of passwords of the user")
        .since("1.0.0")
        .history(&[("6.0.0", "A user's name may be given.")]),
    Command::new("echo", echo)
        .arity(2)
        .flags(&[Loading, Stale, Fast])
        .syntax("message")
        .docs("Answers what it was sent.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("hello", hello)
        .arity(-1)
        .flags(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy])
        .secrets(|args, at| (at > 2 && is_auth(args, at - 1)) || (at > 3 && is_auth(args, at - 2)))
        .syntax("[(arguments: protover [AUTH (auth: username password)] [SETNAME clientname])]")
        .docs("Chooses the protocol, and can authenticate and name the connection at the same time.")
        .complexity("O(1)")
        .since("6.0.0")
        .history(&[("6.2.0", "The protocol version may be left out.")]),
    Command::new("ping", ping)
        .arity(-1)
        .flags(&[Fast, WhenSubscribed])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .syntax("[message]")
        .docs("Answers PONG, or what it was sent.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("quit", quit)
        .arity(-1)
        .flags(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy, NotQueued, WhenSubscribed])
        .docs("Closes the connection once its replies are sent.")
        .complexity("O(1)")
        .since("1.0.0")
        .deprecated("7.2.0", "just closing the connection"),
    Command::new("reset", reset)
        .arity(1)
        .flags(&[NoScript, Loading, Stale, Fast, NoAuth, AllowBusy, NotQueued, WhenSubscribed])
        .docs("Makes the connection what it was when it came.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("select", select)
        .arity(2)
        .flags(&[Loading, Stale, Fast])
        .syntax("index")
        .docs("Chooses the database that later commands work on.")
        .complexity("O(1)")
        .since("1.0.0"),
];

/// PING [message]
fn ping(ctx: &mut Ctx, args: Args) -> Done {
    match args.len() {
        // Among messages an answer must look like one.
        n @ 1..=2 if ctx.server.clients[ctx.client].care.has(Care::SUBSCRIBED) => {
            ctx.reply.array(2);
            ctx.reply.bulk(b"pong");
            ctx.reply.bulk(if n == 2 { args.get(1) } else { b"" });
        }
        1 => ctx.reply.simple("PONG"),
        2 => ctx.reply.bulk(args.get(1)),
        _ => return Err(Error::Arity("ping".into())),
    }
    Ok(Flow::Done)
}

/// ECHO message
fn echo(ctx: &mut Ctx, args: Args) -> Done {
    ctx.reply.bulk(args.get(1));
    Ok(Flow::Done)
}

/// SELECT index
fn select(ctx: &mut Ctx, args: Args) -> Done {
    let db = db_number(ctx, args.get(1))?;
    ctx.server.clients[ctx.client].db = db;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// QUIT
fn quit(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.clients.close(ctx.client);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// RESET
fn reset(ctx: &mut Ctx, _: Args) -> Done {
    ctx.server.set_default_user(ctx.client);
    ctx.server.discard_transaction(ctx.client);
    ctx.server.unsubscribe_all(ctx.client);
    ctx.server.stop_monitoring(ctx.client);
    ctx.server.stop_tracking(ctx.client);
    let client = &mut ctx.server.clients[ctx.client];
    client.db = DbId(0);
    client.no_touch = false;
    client.is_import_source = false;
    client.no_evict = false;
    client.set_replies(Replies::On);
    client.name = Box::default();
    client.proto = Proto::Resp2;
    ctx.reply.proto = Proto::Resp2;
    ctx.reply.simple("RESET");
    Ok(Flow::Done)
}

/// AUTH [username] password
fn auth(ctx: &mut Ctx, args: Args) -> Done {
    let (name, password): (&[u8], _) = match args.len() {
        2 if ctx.server.acl.default_user().needs_no_password => {
            return Err(Error::Text(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                 configuration is correct?",
            ));
        }
        2 => (b"default", args.get(1)),
        3 => (args.get(1), args.get(2)),
        _ => return Err(Error::Syntax),
    };
    ctx.server.log_in(ctx.client, args.get(0), name, password)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// Whether the argument of HELLO at `at` announces a user and a password.
fn is_auth(args: Args, at: usize) -> bool {
    at >= 2 && at + 2 < args.len() && args.get(at).eq_ignore_ascii_case(b"auth")
}

/// HELLO [protover [AUTH username password] [SETNAME clientname]]
fn hello(ctx: &mut Ctx, args: Args) -> Done {
    let mut proto = None;
    if args.len() > 1 {
        let version = parse_i64(args.get(1));
        proto = match version.ok_or(Error::Text("ERR Protocol version is not an integer or out of range"))? {
            2 => Some(Proto::Resp2),
            3 => Some(Proto::Resp3),
            _ => return Err(Error::Text("NOPROTO unsupported protocol version")),
        };
    }
    let (mut rest, mut credentials, mut name) = (args.cursor(args.len().min(2)), None, None);
    while let Some(option) = rest.value() {
        match option.to_ascii_uppercase().as_slice() {
            b"AUTH" if rest.left() >= 2 => credentials = rest.value().zip(rest.value()),
            b"SETNAME" if rest.left() >= 1 => {
                name = rest.value();
                if !name.is_some_and(is_name) {
                    return Err(BAD_NAME);
                }
            }
            _ => {
                return Err(Error::about("ERR Syntax error in HELLO option '", option, "'"));
            }
        }
    }
    if let Some((user, password)) = credentials {
        ctx.server.log_in(ctx.client, args.get(0), user, password)?;
    }
    let client = &mut ctx.server.clients[ctx.client];
    if !client.is_authenticated {
        return Err(Error::Text(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = name {
        client.name = name.into();
    }
    if let Some(proto) = proto {
        client.proto = proto;
        client.protocol_changed();
        ctx.reply.proto = proto;
    }
    let number = client.number as i64; // counts up from one
    let version = if ctx.reply.proto == Proto::Resp3 { 3 } else { 2 };
    let reply = &mut *ctx.reply;
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(crate::server::REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.int(version);
    reply.bulk(b"id");
    reply.int(number);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
    Ok(Flow::Done)
}

/// What CLIENT SETNAME and HELLO answer to a name with blanks in it.
pub const BAD_NAME: Error = Error::Text("ERR Client names cannot contain spaces, newlines or special characters.");

/// Whether bytes may be a client's name: printable and without blanks, so that CLIENT LIST stays readable by programs. What is
/// behind a zero byte is not looked at, as in Redis; nor is it listed.
pub fn is_name(name: &[u8]) -> bool {
    until_nul(name).iter().all(|byte| (b'!'..=b'~').contains(byte))
}
