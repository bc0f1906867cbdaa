//! CLIENT LIST, INFO and KILL: the clients and what is known of them.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::acl::UserId;
use crate::server::client::{Class, Client, ClientId};
use crate::server::describe::flags_of;
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
        b"master" | b"primary" => Ok(Class::Master),
        b"replica" | b"slave" => Ok(Class::Replica),
        b"pubsub" => Ok(Class::Pubsub),
        _ => Err(Error::about("ERR Unknown client type '", name, "'")),
    }
}

/// CLIENT LIST [filter ...]
pub fn list(ctx: &mut Ctx, args: Args) -> Done {
    let filter = Filter::parse(ctx, args, Asks::List)?;
    let mut clients: Vec<&Client> = ctx.server.clients.iter().map(|(_, client)| client).collect();
    clients.sort_unstable_by_key(|client| client.number);
    if let Some(numbers) = filter.numbers() {
        // Whoever is named twice is listed twice.
        let find = |number: &i64| clients.iter().find(|client| i64::try_from(client.number) == Ok(*number)).copied();
        clients = numbers.iter().filter_map(find).collect();
    }
    clients.retain(|client| filter.means(ctx, client));
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

/// Something that is true of a client or not.
enum Trait<'a> {
    Number(Vec<i64>),
    Addr(&'a [u8]),
    Laddr(&'a [u8]),
    Ip(&'a [u8]),
    Class(Class),
    User(UserId),
    Name(&'a [u8]),
    LibName(&'a [u8]),
    LibVer(&'a [u8]),
    /// All of these letters stand in its `flags`.
    Flags(&'a [u8]),
    Db(i64),
    /// It has said that it has all of these capabilities (CLIENT CAPA).
    Capa(&'a [u8]),
    /// It has sent nothing for so many seconds.
    IdleS(i64),
    /// It came so many seconds ago.
    AgeS(i64),
}

/// Letters that Redis and Valkey have for `flags`.
const FLAGS: &[u8] = b"AbBcdeEgiINMOPrRStTuUx";

/// Who asks for a filter: not all of them know the same words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    List,
    Kill,
}

/// Which clients are meant: those of whom everything is so as said. Redis 8.2 has part of the words; the others, and NOT before most of
/// them, are Valkey's.
struct Filter<'a> {
    traits: Vec<(Trait<'a>, bool)>,
    spares_asker: bool,
}

/// A number that stands behind `name` in a filter, above zero.
fn above_zero(value: &[u8], name: &str) -> Result<i64, Error> {
    let number = parse_i64(value);
    let number = number.ok_or_else(|| Error::owned(format!("ERR {name} is not an integer or out of range")))?;
    if number <= 0 {
        return Err(Error::owned(format!("ERR {name} should be greater than 0")));
    }
    Ok(number)
}

impl<'a> Filter<'a> {
    fn parse(ctx: &Ctx, args: Args<'a>, asks: Asks) -> Result<Filter<'a>, Error> {
        let mut filter = Filter { traits: Vec::new(), spares_asker: asks == Asks::Kill };
        let mut at = 2;
        while at < args.len() {
            let word = args.get(at).to_ascii_uppercase();
            if at + 1 == args.len() {
                return Err(Error::Syntax);
            }
            let value = args.get(at + 1);
            at += 2;
            if word == b"SKIPME" {
                filter.spares_asker = match value.to_ascii_uppercase().as_slice() {
                    b"YES" => true,
                    b"NO" => false,
                    _ => return Err(Error::Syntax),
                };
                continue;
            }
            let (name, is_not) = word.strip_prefix(b"NOT-").map_or((&*word, false), |name| (name, true));
            let mut found = Trait::parse(ctx, name, value, is_not, asks)?;
            if is_not && matches!(found, Trait::AgeS(_) | Trait::IdleS(_)) {
                return Err(Error::Syntax);
            }
            if let Trait::Number(numbers) = &mut found {
                // More of them may follow.
                while at < args.len() && !Trait::is_word(args.get(at)) {
                    // Redis's CLIENT KILL knows no second number.
                    let wrong = |error| if asks == Asks::Kill { Error::Syntax } else { error };
                    numbers.push(client_number(args.get(at), asks).map_err(wrong)?);
                    at += 1;
                }
            }
            // What is said again replaces what was said before.
            let kind = std::mem::discriminant(&found);
            filter.traits.retain(|(other, negated)| *negated != is_not || std::mem::discriminant(other) != kind);
            filter.traits.push((found, is_not));
        }
        Ok(filter)
    }

    /// The numbers of the clients that are meant, if they are named.
    fn numbers(&self) -> Option<&[i64]> {
        self.traits.iter().find_map(|found| match found {
            (Trait::Number(numbers), false) => Some(&**numbers),
            _ => None,
        })
    }

    fn means(&self, ctx: &Ctx, client: &Client) -> bool {
        let is_asker = client.number == ctx.server.clients[ctx.client].number;
        let is_spared = self.spares_asker && is_asker;
        !is_spared && self.traits.iter().all(|(found, is_not)| found.is_of(ctx, client) != *is_not)
    }
}

/// The number of a client, as each of them wants it.
fn client_number(text: &[u8], asks: Asks) -> Result<i64, Error> {
    match (parse_i64(text), asks) {
        (Some(1..), _) | (Some(_), Asks::List) => Ok(parse_i64(text).unwrap_or_default()),
        (_, Asks::Kill) => Err(Error::Text("ERR client-id should be greater than 0")),
        (None, Asks::List) => Err(Error::Text("ERR Invalid client ID")),
    }
}

impl<'a> Trait<'a> {
    /// Whether something else than a number follows.
    fn is_word(text: &[u8]) -> bool {
        const WORDS: &[&[u8]] = &[
            b"ID",
            b"ADDR",
            b"LADDR",
            b"IP",
            b"TYPE",
            b"USER",
            b"NAME",
            b"LIB-NAME",
            b"LIB-VER",
            b"FLAGS",
            b"CAPA",
            b"DB",
            b"IDLE",
            b"MAXAGE",
            b"SKIPME",
        ];
        let word = text.to_ascii_uppercase();
        WORDS.contains(&word.strip_prefix(b"NOT-").unwrap_or(&word))
    }

    fn parse(ctx: &Ctx, name: &[u8], value: &'a [u8], is_not: bool, asks: Asks) -> Result<Trait<'a>, Error> {
        let unknown = |what: &[u8]| {
            let place: &[u8] = match (is_not, name) {
                (false, _) => b"provided",
                (true, b"FLAGS") => b"NOT-FLAGS",
                (true, _) => b"NOT-CAPA",
            };
            Error::owned([b"ERR Unknown ", what, b" found in the ", place, b" filter: ", value].concat())
        };
        Ok(match name {
            b"ID" => Trait::Number(vec![client_number(value, asks)?]),
            b"ADDR" => Trait::Addr(value),
            b"LADDR" => Trait::Laddr(value),
            b"IP" => Trait::Ip(value),
            b"TYPE" => Trait::Class(type_of(value)?),
            b"USER" => {
                let missing = || Error::about("ERR No such user '", value, "'");
                Trait::User(ctx.server.acl.find(value).ok_or_else(missing)?)
            }
            b"NAME" => Trait::Name(value),
            b"LIB-NAME" => Trait::LibName(value),
            b"LIB-VER" => Trait::LibVer(value),
            b"FLAGS" => {
                if !value.iter().all(|letter| FLAGS.contains(letter)) {
                    return Err(unknown(b"flags"));
                }
                Trait::Flags(value)
            }
            b"CAPA" => {
                if value.iter().any(|letter| *letter != b'r') {
                    return Err(unknown(b"capa"));
                }
                Trait::Capa(value)
            }
            b"DB" => {
                let last = ctx.server.keyspace.databases().len() as i64 - 1; // at most 65,535
                let db = parse_i64(value).ok_or(Error::Text("ERR DB is not an integer or out of range"))?;
                if !(0..=last).contains(&db) {
                    return Err(Error::owned(format!("ERR DB number should be between 0 and {last}")));
                }
                Trait::Db(db)
            }
            b"IDLE" => Trait::IdleS(above_zero(value, "idle")?),
            b"MAXAGE" => Trait::AgeS(above_zero(value, "maxage")?),
            _ => return Err(Error::Syntax),
        })
    }

    fn is_of(&self, ctx: &Ctx, client: &Client) -> bool {
        let now = ctx.server.now();
        let connection = &client.connection;
        match *self {
            Trait::Number(ref numbers) => i64::try_from(client.number).is_ok_and(|number| numbers.contains(&number)),
            Trait::Addr(addr) => connection.addr.as_bytes() == addr,
            Trait::Laddr(laddr) => connection.laddr.as_bytes() == laddr,
            Trait::Ip(ip) => {
                let host = connection.addr.rsplit_once(':').map_or(&*connection.addr, |(host, _)| host);
                host.trim_matches(['[', ']']).as_bytes() == ip
            }
            Trait::Class(class) => client.class() == class,
            Trait::User(user) => client.user == user,
            Trait::Name(name) => *client.name == *name,
            Trait::LibName(name) => *client.lib_name == *name,
            Trait::LibVer(version) => *client.lib_ver == *version,
            Trait::Flags(letters) => {
                let flags = flags_of(client);
                letters.iter().all(|letter| flags.as_bytes().contains(letter))
            }
            Trait::Capa(letters) => letters.is_empty() || client.can_redirect,
            Trait::Db(db) => i64::from(client.db.0) == db,
            Trait::IdleS(seconds) => (now - client.active_ms) / 1000 >= seconds,
            Trait::AgeS(seconds) => (now - client.since_ms) / 1000 >= seconds,
        }
    }
}

/// CLIENT KILL addr, or CLIENT KILL filter value ...
pub fn kill(ctx: &mut Ctx, args: Args) -> Done {
    let is_old = args.len() == 3;
    let filter = if is_old {
        Filter { traits: vec![(Trait::Addr(args.get(2)), false)], spares_asker: false }
    } else {
        Filter::parse(ctx, args, Asks::Kill)?
    };
    let asker = ctx.client;
    let all = ctx.server.clients.iter();
    let meant: Vec<ClientId> = all.filter(|(_, client)| filter.means(ctx, client)).map(|(id, _)| id).collect();
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
