//! A client in one line, as CLIENT LIST, CLIENT INFO and ACL LOG show it.

use crate::base::words::until_nul;
use crate::resp::{Args, Proto};
use crate::server::Server;
use crate::server::client::Client;
use crate::server::pubsub::Kind;
use crate::server::tracking::Tracking;
use std::fmt::Write;

/// Bytes of output that CLIENT LIST shows as `obl`; what is beyond them is `omem`, and counts for the limits of output.
pub const FIXED: usize = 16 * 1024;

/// The number of the client to which invalidations go; zero: to none but itself; -1: it keeps no copies.
pub fn redirection(tracking: Option<&Tracking>) -> i64 {
    // Numbers count up from one.
    tracking.map_or(-1, |tracking| tracking.redirect.map_or(0, |(_, number)| number as i64))
}

/// What the letters say of a client.
pub fn flags_of(client: &Client) -> String {
    let queued = client.executing.is_some() || client.multi.is_some();
    let mut flags: String = [
        (client.is_monitor, 'O'),
        (client.is_subscriber(), 'P'),
        (queued, 'x'),
        (client.wait.is_some() || client.is_postponed, 'b'),
        (client.tracking.is_some(), 't'),
        (client.tracking.as_ref().is_some_and(|tracking| tracking.is_broken), 'R'),
        (client.tracking.as_ref().is_some_and(|tracking| tracking.is_broadcast), 'B'),
        (client.is_dirty, 'd'),
        (client.is_closing, 'c'),
        (client.connection.is_unix, 'U'),
        (client.no_evict, 'e'),
        (client.no_touch, 'T'),
        (client.is_import_source, 'I'),
    ]
    .into_iter()
    .filter_map(|(is_so, letter)| is_so.then_some(letter))
    .collect();
    if flags.is_empty() {
        flags.push('N');
    }
    flags
}

impl Server {
    /// A client's line, without its end; `pending` bytes of replies wait for it. `asked`: its request, if it is the client that asks.
    pub fn describe_client(&self, client: &Client, pending: usize, asked: Option<Args>) -> String {
        let connection = &client.connection;
        let now = self.now();
        let seconds = |since: i64| (now - since).max(0) / 1000;
        let lossy = String::from_utf8_lossy;
        let listed = |name| lossy(until_nul(name));
        // Commands under way are counted already, this one and the EXEC around it.
        let under_way = if asked.is_some() { 1 + u64::from(client.executing.is_some()) } else { 0 };
        // Redis keeps the first 16 KB in a buffer that every client has, and lists the rest.
        let (fixed, more) = (pending.min(FIXED), pending.saturating_sub(FIXED));
        let queued = client.executing.or(client.multi.as_ref().map(|multi| multi.queue.len()));
        let room = connection.query_room as usize;
        let (mut request, mut argv) = (connection.unparsed_bytes, 0);
        if let Some(asked) = asked {
            let mut encoded = Vec::new();
            asked.encode_into(&mut encoded);
            request = encoded.len();
            argv = asked.iter().map(<[u8]>::len).sum::<usize>();
        }
        let flags = flags_of(client);
        let mut line = String::new();
        let written = write!(
            line,
            "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={flags} db={} sub={} psub={} ssub={} multi={} watch={} \
             qbuf={request} qbuf-free={room} argv-mem={argv} multi-mem={} rbs=0 rbp=0 obl={fixed} oll={} omem={more} \
             tot-mem={} events=r cmd={} user={} redir={} resp={} lib-name={} lib-ver={} io-thread=0 tot-net-in={} \
             tot-net-out={} tot-cmds={}",
            client.number,
            connection.addr,
            connection.laddr,
            connection.fd,
            listed(&client.name),
            seconds(client.since_ms),
            seconds(client.active_ms),
            client.db.0,
            client.subscriptions.count(Kind::Channel),
            client.subscriptions.count(Kind::Pattern),
            client.subscriptions.count(Kind::Shard),
            queued.map_or(-1, |n| n as i64),
            client.watching.len(),
            client.queue_memory(),
            more.div_ceil(FIXED),
            client.memory() - connection.reply_bytes + pending,
            client.last_command.map_or("NULL", |id| &self.commands.get(id).full_name),
            lossy(self.acl.name(client.user)),
            redirection(client.tracking.as_deref()),
            if client.proto == Proto::Resp3 { 3 } else { 2 },
            listed(&client.lib_name),
            listed(&client.lib_ver),
            client.bytes_in,
            client.bytes_out,
            client.commands.saturating_sub(under_way),
        );
        written.expect("a string takes everything");
        line
    }
}
