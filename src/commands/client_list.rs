//! CLIENT LIST, INFO and KILL: the clients and what is known of them.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::acl::{Acl, UserId};
use crate::server::client::{Class, Client, ClientId};
use crate::server::outbox::Order;
use crate::server::{Ctx, Done, Error, Flow};

/// CLIENT INFO
pub fn info(ctx: &mut Ctx, args: Args) -> Done {
    let mut text = describe(ctx, &ctx.server.clients[ctx.client], args);
    text.push('\n');
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// A type of clients by its name.
fn type_of(name: &[u8]) -> Result<Class, Error> {
    match name.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Class::Normal),
        b"master" => Ok(Class::Master),
        b"replica" | b"slave" => Ok(Class::Replica),
        b"pubsub" => Ok(Class::Pubsub),
        _ => Err(Error::owned([b"ERR Unknown client type '", name, b"'"].concat())),
    }
}

/// CLIENT LIST [TYPE type] [ID client-id ...]
pub fn list(ctx: &mut Ctx, args: Args) -> Done {
    let mut clients: Vec<&Client> = ctx.server.clients.iter().map(|(_, client)| client).collect();
    clients.sort_unstable_by_key(|client| client.number);
    if args.len() > 2 {
        match (args.get(2).to_ascii_uppercase().as_slice(), args.len()) {
            (b"TYPE", 4) => {
                let class = type_of(args.get(3))?;
                clients.retain(|client| client.class() == class);
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
        text.push_str(&describe(ctx, client, args));
        text.push('\n');
    }
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(Flow::Done)
}

/// A client's line, without its end. `asked` is the request that asks: it is shown as what its client has sent.
fn describe(ctx: &Ctx, client: &Client, asked: Args) -> String {
    // The reply of whoever asks is not with its connection's figures yet.
    let is_asking = client.number == ctx.server.clients[ctx.client].number;
    let pending = if is_asking { ctx.reply.len() } else { client.connection.reply_bytes };
    ctx.server.describe_client(client, pending, is_asking.then_some(asked))
}

/// Which clients CLIENT KILL means.
#[derive(Default)]
struct Filter<'a> {
    number: Option<u64>,
    addr: Option<&'a [u8]>,
    laddr: Option<&'a [u8]>,
    class: Option<Class>,
    user: Option<UserId>,
    max_age_s: Option<i64>,
    spares_asker: bool,
}

/// CLIENT KILL addr, or CLIENT KILL filter value ...
pub fn kill(ctx: &mut Ctx, args: Args) -> Done {
    let is_old = args.len() == 3;
    let filter =
        if is_old { Filter { addr: Some(args.get(2)), ..Filter::default() } } else { filter(args, &ctx.server.acl)? };
    let now = ctx.server.now();
    let is_meant = |client: &Client| {
        filter.number.is_none_or(|number| client.number == number)
            && filter.addr.is_none_or(|addr| client.connection.addr.as_bytes() == addr)
            && filter.laddr.is_none_or(|laddr| client.connection.laddr.as_bytes() == laddr)
            && filter.class.is_none_or(|class| client.class() == class)
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
            b"TYPE" => filter.class = Some(type_of(value)?),
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
