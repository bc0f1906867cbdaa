//! The bytes of one client on their way through the server: what came, what is being parsed, what is to be sent.
//!
//! A lane has no socket, so a test or a simulation drives it just as the event loop does: put bytes into `query`, run,
//! take what `reply` holds.
//!
//! ```text
//! socket -> query -> parser -> batch of up to 32 requests -> prefetch, dispatch -> reply -> socket
//! ```

use crate::base::rare::Rare;
use crate::resp::{Parser, Reply, Request, Requests};
use crate::server::Server;
use crate::server::client::{ClientId, Held};
use crate::server::command::CommandId;
use std::collections::VecDeque;

/// Requests that are parsed, prefetched and run together.
const BATCH: usize = 32;

/// Requests that one lane may run before others have their turn.
pub const REQUESTS_PER_TURN: usize = 1024;

/// The same of one who writes while a copy of the keyspace lives: a write may have to copy a page then, which takes a few microseconds.
const BATCH_BESIDE_COPY: usize = 16;
/// And while it may have to copy a directory, too, which takes ten.
const BATCH_BEFORE_OWNING: usize = 2;

/// Why [`Lane::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// All complete requests are done.
    Drained,
    /// There may be more: others first.
    Capped,
    /// The client waits for a key: nothing more is run before that has an end.
    Waiting,
    /// Nothing more will be read: the connection ends when its replies are sent.
    Closing,
}

impl From<Held> for Ran {
    fn from(held: Held) -> Ran {
        match held {
            Held::Waiting | Held::Postponed => Ran::Waiting,
            Held::Closing => Ran::Closing,
        }
    }
}

/// The two directions of one client.
pub struct Lane {
    /// Whose bytes these are.
    pub client: ClientId,
    /// Bytes that came; empty and without memory while the client is idle.
    pub query: Vec<u8>,
    /// Where parsing stands.
    pub parser: Parser,
    /// Bytes to be sent.
    pub reply: Reply,
    /// Requests that were parsed together with one that made the client wait.
    backlog: Rare<VecDeque<Request>>,
    /// Whether its last batch had writes in it.
    has_written: bool,
}

impl Lane {
    /// A lane for a client that has not sent anything yet.
    pub fn new(client: ClientId, reply: Reply) -> Lane {
        Lane { client, query: Vec::new(), parser: Parser::new(), reply, backlog: Rare::default(), has_written: false }
    }

    /// Whether nothing that came is left to be run, or to be parsed.
    pub fn is_idle(&self) -> bool {
        self.query.is_empty() && self.parser.is_idle() && !self.has_backlog()
    }

    fn has_backlog(&self) -> bool {
        self.backlog.get().is_some_and(|backlog| !backlog.is_empty())
    }

    /// Runs what was parsed before the client had to wait. `None` when all of it is done.
    #[cold]
    fn run_backlog(&mut self, server: &mut Server) -> Option<Ran> {
        while let Some(request) = self.backlog.make().pop_front() {
            let id = server.commands.find(request.args().get(0)).unwrap_or(CommandId::NONE);
            server.dispatch(self.client, id, request.args(), &mut self.reply);
            server.push_own(self.client, &mut self.reply);
            if let Some(held) = server.clients.held(self.client) {
                if held == Held::Postponed {
                    self.backlog.make().push_front(request);
                }
                return Some(held.into());
            }
        }
        None
    }

    /// Leaves what CLIENT LIST shows of the buffers with the client.
    pub fn tell(&self, server: &mut Server) {
        let (query, reply) = (self.query.len(), self.reply.len());
        // An empty buffer is only lent.
        let room = if query == 0 { 0 } else { self.query.capacity() - query };
        server.stats.recent_max_input = server.stats.recent_max_input.max(query);
        server.stats.recent_max_output = server.stats.recent_max_output.max(reply);
        if let Some(client) = server.clients.get_mut(self.client) {
            client.connection.query_bytes = query as u32; // the query buffer is kept below 4 GB
            client.connection.query_room = room as u32;
            client.connection.parser_bytes = self.parser.bytes();
            client.connection.unparsed_bytes = self.parser.unparsed(query);
            client.connection.reply_bytes = reply;
            server.clients.account(self.client);
        }
    }

    /// The same for the output alone, where something was put behind it.
    pub fn tell_of_output(&self, server: &mut Server) {
        server.clients.account_output(self.client, self.reply.len());
    }

    /// Whether the next request waits until all replies are sent: see [`Lane::run`].
    pub fn waits_for_output(&self, server: &Server) -> bool {
        !self.reply.is_empty() && !server.clients[self.client].is_authenticated
    }

    /// Runs what has come, batch by batch.
    pub fn run(&mut self, server: &mut Server, requests: &mut Requests) -> Ran {
        server.serve(Some(self.client));
        let ran = self.run_batches(server, requests);
        server.serve(None);
        ran
    }

    fn run_batches(&mut self, server: &mut Server, requests: &mut Requests) -> Ran {
        if let Some(held) = server.clients.held(self.client) {
            return held.into();
        }
        if self.has_backlog()
            && let Some(ran) = self.run_backlog(server)
        {
            return ran;
        }
        let mut done = 0;
        let began = server.begin_share();
        let ran = loop {
            let limits = server.limits(self.client);
            let is_beside_copy = self.has_written && server.keyspace.has_copies();
            // Before authentication one request at a time, and the next only when its reply is out: nobody without
            // a password makes the server hold much.
            let batch = if limits.authenticated {
                match is_beside_copy {
                    true if server.keyspace.has_directories_to_own() => BATCH_BEFORE_OWNING,
                    true => BATCH_BESIDE_COPY,
                    false => BATCH,
                }
            } else if self.reply.is_empty() {
                1
            } else {
                break Ran::Capped;
            };
            requests.clear();
            if let Err(error) = self.parser.parse(&mut self.query, &limits, requests, batch) {
                server.answer_error(&error.text(), &mut self.reply);
                server.clients.close(self.client);
                break Ran::Closing;
            }
            if requests.is_empty() {
                break Ran::Drained;
            }
            server.sees_batch(self.query.len() + requests.big_bytes());
            let mut prefetched = 0;
            for i in 0..requests.len() {
                if i == prefetched {
                    prefetched = server.prefetch(self.client, requests, &self.query, i);
                }
                server.dispatch_from_batch(self.client, i, requests.args(i, &self.query), &mut self.reply);
                if !server.clients.is_any_held() {
                    continue;
                }
                server.push_own(self.client, &mut self.reply);
                if let Some(held) = server.clients.held(self.client) {
                    if held != Held::Closing {
                        // What was put off is not done yet.
                        let first = if held == Held::Postponed { i } else { i + 1 };
                        let rest = (first..requests.len()).map(|i| Request::from(requests.args(i, &self.query)));
                        self.backlog.make().extend(rest);
                        self.parser.compact(&mut self.query);
                    }
                    server.keyspace.shared.hashes.clear();
                    return held.into();
                }
            }
            done += requests.len();
            self.has_written = server.has_batch_writes();
            if done >= REQUESTS_PER_TURN || server.is_turn_long() || (is_beside_copy && server.is_share_long(began)) {
                break Ran::Capped;
            }
        };
        server.keyspace.shared.hashes.clear();
        self.parser.compact(&mut self.query);
        ran
    }
}
