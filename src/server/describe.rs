//! A client in one line, as CLIENT LIST, CLIENT INFO and ACL LOG show it.

use crate::resp::Proto;
use crate::server::Server;
use crate::server::client::Client;
use std::fmt::Write;

impl Server {
    /// A client's line, without its end; `pending` bytes of replies wait for it.
    pub fn describe_client(&self, client: &Client, pending: usize) -> String {
        let connection = &client.connection;
        let now = self.now();
        let seconds = |since: i64| (now - since).max(0) / 1000;
        let lossy = String::from_utf8_lossy;
        let queued = client.executing.or(client.multi.as_ref().map(|multi| multi.queue.len()));
        let (room, total) = (connection.query_room as usize, connection.query_bytes as usize);
        let mut flags: String = [
            (queued.is_some(), 'x'),
            (client.wait.is_some(), 'b'),
            (connection.is_unix, 'U'),
            (client.no_evict, 'e'),
            (client.no_touch, 'T'),
        ]
        .into_iter()
        .filter_map(|(is_so, letter)| is_so.then_some(letter))
        .collect();
        if flags.is_empty() {
            flags.push('N');
        }
        let mut line = String::new();
        let written = write!(
            line,
            "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={flags} db={} sub=0 psub=0 ssub=0 multi={} watch=0 \
             qbuf={total} qbuf-free={room} argv-mem=0 multi-mem={} rbs=0 rbp=0 obl={pending} oll=0 omem=0 \
             tot-mem={} events=r cmd={} user={} redir=-1 resp={} lib-name={} lib-ver={} io-thread=0 tot-net-in={} \
             tot-net-out={} tot-cmds={}",
            client.number,
            connection.addr,
            connection.laddr,
            connection.fd,
            lossy(&client.name),
            seconds(client.since_ms),
            seconds(client.active_ms),
            client.db.0,
            queued.map_or(-1, |n| n as i64),
            client.queue_memory(),
            client.memory() - connection.reply_bytes + pending,
            client.last_command.map_or("NULL", |id| &self.commands.get(id).full_name),
            lossy(self.acl.name(client.user)),
            if client.proto == Proto::Resp3 { 3 } else { 2 },
            lossy(&client.lib_name),
            lossy(&client.lib_ver),
            client.bytes_in,
            client.bytes_out,
            client.commands,
        );
        written.expect("a string takes everything");
        line
    }
}
