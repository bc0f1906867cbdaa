//! A server without sockets and with a clock that is moved by hand: what tests and simulations drive.
//!
//! Bytes go the same way as in the event loop (lane, parser, prefetch, dispatch, outbox); only the sockets are missing.

use crate::base::clock::Clock;
use crate::base::dice::Dice;
use crate::base::stopwatch::Stopwatch;
use crate::config::Config;
use crate::net::lane::{Lane, Ran};
use crate::resp::{Proto, Reply, Requests};
use crate::server::Server;
use crate::server::background::{Disk, Helpers, Nowhere, World};
use crate::server::client::Connection;
use crate::server::command::Family;
use crate::server::outbox::Order;
use slab::Slab;
use std::io::IoSlice;
use std::sync::Arc;

/// A server and its clients, all in one thread.
pub struct Local {
    /// The server.
    pub server: Server,
    lanes: Slab<Lane>,
    requests: Requests,
}

impl Local {
    /// A server whose clock stands at `unix_ms`; `seed` makes it the same every time.
    pub fn new(families: &[Family], mut config: Config, seed: u64, unix_ms: i64) -> Local {
        // Without a disk every snapshot would fail.
        config.settings.persistence.rules.clear();
        Local::with_disk(families, config, seed, unix_ms, Arc::new(Nowhere))
    }

    /// The same with a disk.
    pub fn with_disk(families: &[Family], config: Config, seed: u64, unix_ms: i64, disk: Arc<dyn Disk>) -> Local {
        let world = World {
            clock: Clock::manual(unix_ms),
            watch: Stopwatch::still(),
            dice: Dice(seed),
            helpers: Helpers::inline(),
            disk,
        };
        let mut server = Server::new(families, config, world);
        server.rename_commands().expect("a test renames what is there");
        server.load_users().expect("a test's users are right");
        Local { server, lanes: Slab::new(), requests: Requests::new() }
    }

    /// A new client, as if it sat on this machine.
    pub fn connect(&mut self) -> usize {
        let entry = self.lanes.vacant_entry();
        let token = entry.key();
        let addr: Box<str> = format!("127.0.0.1:{}", 1024 + token).into();
        let connection =
            Connection { token: Some(token), addr, laddr: "127.0.0.1:6379".into(), ..Connection::default() };
        let client = self.server.connect(connection);
        entry.insert(Lane::new(client, Reply::new(Proto::Resp2)));
        token
    }

    /// Lets a client send bytes and runs all that can be run.
    pub fn send(&mut self, token: usize, bytes: &[u8]) {
        self.server.read_time();
        self.feed(token, bytes);
        // A lane that was cut short goes on at once: there is nobody else whose turn it could be.
        while self.run(token) == Ran::Capped {}
        self.deliver();
        while self.step_streams() {}
        self.write_log();
        if let Some(lane) = self.lanes.get(token) {
            lane.tell(&mut self.server);
        }
        self.server.tend_clients();
        self.deliver();
    }

    /// One slice of the replies that are given in slices. False if there is none.
    pub fn step_streams(&mut self) -> bool {
        // Whoever is on the other side reads all at once.
        for (_, client) in self.server.clients.iter_mut() {
            client.connection.reply_bytes = 0;
        }
        let is_any = self.server.has_streams_to_step();
        self.server.step_streams();
        self.deliver();
        is_any
    }

    /// Has the helpers do all they have been given, and hands the log on in between: nobody here waits for them.
    fn write_log(&mut self) {
        for _ in 0..8 {
            self.server.take_reports();
            self.server.flush_log();
        }
        self.server.take_reports();
        // Who waited for the log has its answer now.
        self.deliver();
    }

    /// Loads what the disk holds, to its end; false if that failed.
    pub fn load(&mut self) -> bool {
        self.server.load();
        while self.server.loading.is_some() {
            self.server.load_some();
        }
        self.server.shutdown.is_none()
    }

    /// Puts bytes into a client's query buffer and runs nothing yet.
    pub fn feed(&mut self, token: usize, bytes: &[u8]) {
        if let Some(lane) = self.lanes.get_mut(token) {
            lane.query.extend_from_slice(bytes);
            lane.tell(&mut self.server);
        }
    }

    /// One share of a client's work, as much as one turn of the event loop gives it.
    pub fn run(&mut self, token: usize) -> Ran {
        match self.lanes.get_mut(token) {
            Some(lane) => {
                let ran = lane.run(&mut self.server, &mut self.requests);
                if ran == Ran::Capped && lane.waits_for_output(&self.server) { Ran::Drained } else { ran }
            }
            None => Ran::Closing,
        }
    }

    /// The bytes that a client has been sent since the last call. A connection that was to end has ended afterwards.
    pub fn receive(&mut self, token: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Some(lane) = self.lanes.get_mut(token) else {
            return bytes;
        };
        while !lane.reply.is_empty() {
            let mut pieces = [IoSlice::new(&[]); 16];
            let n = lane.reply.slices(&mut pieces, usize::MAX);
            let before = bytes.len();
            pieces[..n].iter().for_each(|piece| bytes.extend_from_slice(piece));
            lane.reply.advance(bytes.len() - before);
        }
        lane.tell_of_output(&mut self.server);
        let client = lane.client;
        if self.lanes.iter().all(|(_, lane)| lane.reply.is_empty()) {
            self.server.note_all_tried();
        }
        if self.server.clients.get(client).is_none_or(|client| client.is_closing) {
            self.close(token);
        } else if !self.lanes[token].query.is_empty() && self.server.clients.held(client).is_none() {
            // What waited for the output to be empty; half a request goes on waiting.
            self.send(token, b"");
            if self.lanes.get(token).is_none_or(|lane| !lane.reply.is_empty()) {
                bytes.extend(self.receive(token));
            }
        }
        bytes
    }

    /// Whether a client is still connected.
    pub fn is_open(&self, token: usize) -> bool {
        self.lanes.contains(token)
    }

    /// Ends a connection.
    pub fn close(&mut self, token: usize) {
        if let Some(lane) = self.lanes.try_remove(token) {
            self.server.disconnect(lane.client);
        }
    }

    /// Moves the clock on and does the regular work that has come due.
    pub fn advance_ms(&mut self, ms: u64) {
        self.server.clock.advance_ms(ms);
        self.server.read_time();
        self.server.take_reports();
        self.server.time_out_blocked();
        self.server.expire_due();
        self.server.cron();
        self.server.take_reports();
        self.deliver();
        self.write_log();
    }

    fn deliver(&mut self) {
        self.server.tend_memory();
        self.server.end_turn();
        while !self.server.outbox.is_empty() {
            let orders = self.server.outbox.take();
            self.carry_out(orders);
        }
    }

    fn carry_out(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Send(client, bytes) => {
                    if let Some(token) = self.server.clients.token(client) {
                        self.lanes[token].reply.raw(&bytes);
                    }
                }
                Order::Push(client, push) => {
                    if let Some(push) = self.server.keep_push(client, push)
                        && let Some(token) = self.server.clients.token(client)
                    {
                        self.server.tell(&mut self.lanes[token].reply, &push);
                    }
                }
                Order::Publish(publication) => {
                    for client in publication.receivers() {
                        let Some(proto) = self.server.clients.get(client).map(|client| client.proto) else { continue };
                        for push in &publication.pushes {
                            if let Some(push) = self.server.keep_push(client, push.form(proto).clone())
                                && let Some(token) = self.server.clients.token(client)
                            {
                                self.lanes[token].reply.encoded(&push);
                            }
                        }
                    }
                }
                Order::Close { client, after_replies } => {
                    if let Some(token) = self.server.clients.token(client) {
                        if after_replies { self.server.clients.close(client) } else { self.close(token) }
                    }
                }
                Order::Resume(client) => {
                    if let Some(token) = self.server.clients.token(client) {
                        while self.run(token) == Ran::Capped {}
                    }
                }
                // Nothing is held here: who drives this asks the server what is durable.
                Order::Logged | Order::CloseHeld | Order::Listen | Order::Descriptors => {}
            }
        }
    }
}
