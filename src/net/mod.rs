//! The event loop: one thread, one poll, all connections.
//!
//! ```text
//! turn:  wait -> read the clock -> accept, read, parse, execute -> timers -> deliver orders -> send replies -> close
//! ```
//!
//! It owns sockets and buffers and knows no command: bytes go into a [`lane::Lane`], which the server runs. An idle
//! connection owns no buffer; the loop lends one while there is something in it.

pub mod lane;
pub mod listen;
pub mod local;
pub mod signals;
pub mod spares;
pub mod stream;
mod sys;

mod connection;
mod publish;

use crate::base::ahead;
use crate::base::alloc;
use crate::base::buffer::{Buffer, keep_bin};
use crate::resp::{Proto, Reply, Requests};
use crate::server::client::Connection as Peer;
use crate::server::outbox::Order;
use crate::server::stall::Part;
use crate::server::{Server, Shutdown};
use connection::{Connection, Reading};
use lane::Lane;
use listen::Listener;
use mio::{Events, Interest, Poll, Token, Waker};
use signals::Signals;
use slab::Slab;
use spares::Spares;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use stream::Stream;

const WAKER: Token = Token(0);
const SIGNALS: Token = Token(1);
/// Listeners have the tokens from here on; there are at most sixteen addresses and a path.
const LISTENERS: usize = 2;
/// Connections have the tokens from here on: the slot, and a generation in the upper half.
const CONNECTIONS: usize = 64;

/// Connections accepted in one turn and from one listener; more wait for the next.
const ACCEPTS_PER_TURN: usize = 128;
/// How long a turn sends.
const SENDING_NS: u64 = 300_000;
/// Descriptors that the server needs beside those of its clients: log, files being saved, listeners, pipes.
const RESERVED_DESCRIPTORS: u64 = 32;

/// The loop and all that it owns.
pub struct EventLoop {
    poll: Poll,
    waker: Arc<Waker>,
    signals: Signals,
    listeners: Vec<Listener>,
    connections: Slab<Connection>,
    generation: u32,
    /// Connections that hit a cap: no edge will come for what is left.
    pending: Vec<usize>,
    /// Connections that had no share of the last turn, as it was long already: they are the first in the next.
    unserved: Vec<usize>,
    /// Connections that may have something to send.
    unsent: Vec<usize>,
    /// Connections whose output waits for the log.
    held: Vec<usize>,
    /// Connections to close at the end of the turn.
    doomed: Vec<usize>,
    /// Listeners that have more to accept, or could not for lack of descriptors.
    accepting: Vec<usize>,
    /// Lack of descriptors: wait for a close or for the next tick before accepting again.
    out_of_descriptors: bool,
    requests: Requests,
    spares: Spares,
    /// Loading the data has more to do at once.
    is_loading: bool,
    /// The monotonic second in which idle connections were last looked for.
    swept_s: u64,
}

impl EventLoop {
    /// Opens the listening sockets and installs the signal handlers.
    pub fn open(server: &mut Server) -> Result<EventLoop, String> {
        let text = |error: io::Error| error.to_string();
        raise_descriptor_limit(server);
        let poll = Poll::new().map_err(text)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(text)?);
        let signals = Signals::install(poll.registry(), SIGNALS).map_err(text)?;
        let mut event_loop = EventLoop {
            poll,
            waker,
            signals,
            listeners: Vec::new(),
            connections: Slab::new(),
            generation: 0,
            pending: Vec::new(),
            unserved: Vec::new(),
            unsent: Vec::new(),
            held: Vec::new(),
            doomed: Vec::new(),
            accepting: Vec::new(),
            out_of_descriptors: false,
            requests: Requests::new(),
            spares: Spares::default(),
            is_loading: false,
            swept_s: 0,
        };
        event_loop.listen(server)?;
        let waker = Arc::clone(&event_loop.waker);
        server.set_notify(move || {
            // A failure costs time, not data: the next turn comes with the next tick.
            if let Err(error) = waker.wake() {
                log::warn!("Waking the event loop: {error}");
            }
        });
        Ok(event_loop)
    }

    /// Runs until the server is told to shut down; returns the exit status.
    pub fn run(&mut self, server: &mut Server) -> io::Result<i32> {
        let mut events = Events::with_capacity(1024);
        keep_bin();
        alloc::be_home();
        ahead::begin();
        loop {
            self.turn(server, &mut events)?;
            if let Some(Shutdown { status }) = server.shutdown {
                log::warn!("Redoxide is now ready to exit, bye bye...");
                return Ok(status);
            }
        }
    }

    /// One turn: everybody who has something gets one bounded share.
    fn turn(&mut self, server: &mut Server, events: &mut Events) -> io::Result<()> {
        self.wait(server, events)?;
        // The time is read once, before anything is done: all that this turn does happens at one moment.
        let began = server.begin_turn();
        server.take_reports();
        self.is_loading = server.load_some();
        self.receive(server, events);
        let received = server.watch.ticks();
        server.blame(if self.is_loading { Part::Loading } else { Part::Requests }, received.wrapping_sub(began));
        server.step_streams();
        self.timers(server);
        server.tend_memory();
        server.end_turn();
        self.deliver(server);
        // The log goes first: a reply may only leave up to the offset that its policy calls safe, so that whoever read OK
        // finds the write after a crash.
        server.flush_log();
        let flushed = server.watch.ticks();
        server.blame_log(flushed.wrapping_sub(received));
        // Replies leave at the end, one write a connection, so that a batch of requests costs one system call.
        self.send(server, flushed);
        // What could be sent is no client's any more, nor is what belongs to those who go anyway, so that it does not decide
        // who has to go.
        self.close(server);
        server.tend_clients();
        self.deliver(server);
        self.close(server);
        // Last, since who was sent a value or went may have been the last to hold it.
        server.keyspace.shared.sweep_up();
        if server.keyspace.has_directories_to_own() {
            server.keyspace.own_directory();
        }
        if ahead::is_wanted() {
            server.keyspace.shared.freeing.run(ahead::prepare);
        }
        let ended = server.watch.ticks();
        server.blame(Part::Sending, ended.wrapping_sub(flushed));
        let ns = server.watch.ns(ended.wrapping_sub(began));
        server.end_turn_of(ns);
        server.stats.note_turn(ns / 1000);
        Ok(())
    }

    fn wait(&mut self, server: &Server, events: &mut Events) -> io::Result<()> {
        let work_is_left = self.is_loading
            || server.has_streams_to_step()
            || server.keyspace.has_directories_to_own()
            || !self.pending.is_empty()
            || !self.unserved.is_empty()
            || !self.unsent.is_empty()
            || alloc::has_arrivals()
            || (!self.accepting.is_empty() && !self.out_of_descriptors);
        let timeout = if work_is_left { 0 } else { server.until_due_us() };
        match self.poll.poll(events, Some(Duration::from_micros(timeout))) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn receive(&mut self, server: &mut Server, events: &Events) {
        // Who was cut short last turn goes after the events, so that one endless pipeline lets everybody else in first.
        let pending = std::mem::take(&mut self.pending);
        for slot in std::mem::take(&mut self.unserved) {
            self.serve_pending(server, slot);
        }
        for event in events {
            match event.token() {
                WAKER => {}
                SIGNALS => self.signal(server),
                Token(n) if n < CONNECTIONS => {
                    if !self.accepting.contains(&(n - LISTENERS)) {
                        self.accepting.push(n - LISTENERS);
                    }
                }
                Token(n) => {
                    let Some(slot) = self.slot_of(n) else {
                        continue;
                    };
                    if event.is_writable() && !self.connections[slot].lane.reply.is_empty() {
                        self.queue_send(slot);
                    }
                    if event.is_readable() || event.is_read_closed() || event.is_error() {
                        let connection = &mut self.connections[slot];
                        connection.reading = Reading::Ready;
                        connection.has_ended |= event.is_read_closed() || event.is_error();
                        // Who was cut short has a turn coming: one share is enough.
                        if !connection.is_pending {
                            self.serve_or_put_off(server, slot);
                        }
                    }
                }
            }
        }
        for slot in pending {
            self.serve_pending(server, slot);
        }
        if !self.accepting.is_empty() && !self.out_of_descriptors {
            // Who left makes room first: at the limit, a client that comes back at once is let in.
            self.close(server);
            self.accept(server);
        }
    }

    /// Goes on with a connection that was cut short or put off, unless it is gone.
    fn serve_pending(&mut self, server: &mut Server, slot: usize) {
        if let Some(connection) = self.connections.get_mut(slot)
            && std::mem::take(&mut connection.is_pending)
        {
            self.serve_or_put_off(server, slot);
        }
    }

    /// Gives a connection that is on no list its share, unless the turn is long enough: it is the first in the next one then.
    fn serve_or_put_off(&mut self, server: &mut Server, slot: usize) {
        if server.is_turn_long() {
            self.connections[slot].is_pending = true;
            self.unserved.push(slot);
        } else {
            self.serve(server, slot);
        }
    }

    /// A connection goes on in the next turn, behind whoever has something by then.
    fn go_on(&mut self, slot: usize) {
        if !std::mem::replace(&mut self.connections[slot].is_pending, true) {
            self.pending.push(slot);
        }
    }

    /// The connection of a token, unless it is gone and somebody else has its slot.
    fn slot_of(&self, token: usize) -> Option<usize> {
        let slot = (token & 0xFFFF_FFFF) - CONNECTIONS;
        let connection = self.connections.get(slot)?;
        (connection.generation as usize == token >> 32).then_some(slot)
    }

    fn signal(&mut self, server: &mut Server) {
        if let Some(signal) = self.signals.take() {
            server.signalled(signal == signals::Signal::Interrupt);
        }
    }

    /// Reads from a connection and runs what came, up to its share of the turn.
    fn serve(&mut self, server: &mut Server, slot: usize) {
        let connection = &mut self.connections[slot];
        if connection.is_doomed {
            return;
        }
        let outcome = connection.serve(server, &mut self.requests, &mut self.spares);
        match outcome {
            connection::Served::Drained => {}
            connection::Served::Capped => self.go_on(slot),
            connection::Served::Gone => self.doom(slot),
        }
        if !self.connections[slot].lane.reply.is_empty() || self.connections[slot].is_closing {
            self.queue_send(slot);
        }
        // Before anybody else runs: a message must not reach a client behind the end of its subscription.
        self.deliver(server);
    }

    fn queue_send(&mut self, slot: usize) {
        let connection = &mut self.connections[slot];
        if !connection.is_unsent {
            connection.is_unsent = true;
            self.unsent.push(slot);
        }
    }

    fn doom(&mut self, slot: usize) {
        let connection = &mut self.connections[slot];
        if !connection.is_doomed {
            connection.is_doomed = true;
            self.doomed.push(slot);
        }
    }

    /// Timers: the server's regular work, idle and slow connections once a second, accepting after a shortage.
    fn timers(&mut self, server: &mut Server) {
        server.time_out_blocked();
        if std::mem::take(&mut server.signal_is_void) {
            self.signals.forget();
        }
        server.expire_due();
        if server.until_cron_us() > 0 {
            return;
        }
        server.cron();
        // Not at the moment of a refusal, but later: the thread that looks for the second SIGINT has seen the first one by now.
        if server.shutdown.is_none() && server.signal.is_none() {
            self.signals.forget();
        }
        self.out_of_descriptors = false;
        let now_s = server.clock.monotonic_us() / 1_000_000;
        if now_s != self.swept_s {
            self.swept_s = now_s;
            server.memory.spare = self.spares.tidy();
            let late: Vec<usize> = self
                .connections
                .iter_mut()
                .filter_map(|(slot, connection)| connection.is_overdue(server, now_s).then_some(slot))
                .collect();
            for slot in late {
                self.doom(slot);
            }
        }
    }

    /// Carries out what commands asked of other connections, after the units that asked.
    fn deliver(&mut self, server: &mut Server) {
        if server.outbox.is_empty() {
            return;
        }
        let mut orders = server.outbox.take();
        for order in orders.drain(..) {
            match order {
                Order::Push(client, push) => {
                    if let Some(push) = server.keep_push(client, push)
                        && let Some(slot) = server.clients.token(client)
                    {
                        self.push(server, slot, &push);
                    }
                }
                Order::Publish(publication) => self.publish(server, &publication),
                Order::Send(client, bytes) => {
                    if let Some(slot) = server.clients.token(client) {
                        self.connections[slot].lane.reply.raw(&bytes);
                        self.connections[slot].lane.tell_of_output(server);
                        self.queue_send(slot);
                    }
                }
                Order::Resume(client) => {
                    if let Some(slot) = server.clients.token(client)
                        && !self.connections[slot].lane.is_idle()
                    {
                        self.go_on(slot);
                    }
                }
                Order::Close { client, after_replies } => {
                    if let Some(slot) = server.clients.token(client) {
                        self.connections[slot].is_closing = true;
                        if after_replies { self.queue_send(slot) } else { self.doom(slot) }
                    }
                }
                Order::Logged => {
                    for slot in std::mem::take(&mut self.held) {
                        if let Some(connection) = self.connections.get_mut(slot) {
                            connection.is_held = false;
                            self.queue_send(slot);
                        }
                    }
                }
                Order::CloseHeld => {
                    for slot in std::mem::take(&mut self.held) {
                        // Another connection may have the slot by now.
                        if self.connections.get(slot).is_some_and(|connection| connection.is_held) {
                            self.doom(slot);
                        }
                    }
                }
                Order::Listen => {
                    if let Err(why) = self.listen(server) {
                        log::warn!("{why}");
                    }
                }
                Order::Descriptors => raise_descriptor_limit(server),
            }
        }
        server.outbox.reuse(orders);
    }

    /// Puts a push behind what a connection is to be sent; one whose output grows too long is closed.
    fn push(&mut self, server: &mut Server, slot: usize, push: &Buffer) {
        let connection = &mut self.connections[slot];
        if connection.is_closing || connection.is_doomed {
            return;
        }
        server.tell(&mut connection.lane.reply, push);
        connection.lane.tell_of_output(server);
        if connection.is_over_hard_limit(server) {
            return self.doom(slot);
        }
        self.queue_send(slot);
    }

    /// Sends what waits, each connection its share, until the turn is long enough; the others are the first in the next one.
    fn send(&mut self, server: &mut Server, began: u64) {
        let due = began.saturating_add(server.watch.ticks_in_ns(SENDING_NS));
        let mut unsent = std::mem::take(&mut self.unsent);
        let mut done = 0;
        for &slot in &unsent {
            if server.watch.ticks() > due && server.shutdown.is_none() {
                break;
            }
            done += 1;
            let Some(connection) = self.connections.get_mut(slot) else {
                continue;
            };
            connection.is_unsent = false;
            if connection.is_doomed {
                continue;
            }
            match connection.send(server, self.poll.registry(), &mut self.spares) {
                Ok(true) => {
                    connection.is_unsent = true;
                    self.unsent.push(slot);
                }
                Ok(false) => {
                    if connection.lane.reply.is_empty() {
                        if connection.is_closing {
                            self.doom(slot);
                        } else if connection.reading == Reading::AwaitsOutput {
                            // Before authentication the next request waits until the last reply is out.
                            connection.reading = Reading::Ready;
                            self.go_on(slot);
                        }
                    } else if connection.waits_for_log() && !std::mem::replace(&mut connection.is_held, true) {
                        self.held.push(slot);
                    }
                }
                Err(_) => self.doom(slot),
            }
        }
        // Both lists are short or empty, but for the first when a turn was long; its memory is used again.
        unsent.drain(..done);
        unsent.append(&mut self.unsent);
        self.unsent = unsent;
        if self.unsent.is_empty() {
            server.note_all_tried();
        }
    }

    fn close(&mut self, server: &mut Server) {
        for slot in std::mem::take(&mut self.doomed) {
            let connection = self.connections.remove(slot);
            if connection.is_pending {
                // The next who has the slot must not be on a list twice.
                self.pending.retain(|&pending| pending != slot);
                self.unserved.retain(|&pending| pending != slot);
            }
            server.disconnect(connection.lane.client);
            // Descriptors are free again: who was turned away for lack of them may come in.
            self.out_of_descriptors = false;
        }
    }

    fn listen(&mut self, server: &mut Server) -> Result<(), String> {
        // The old sockets go first: the new ones may want the same port.
        self.listeners.clear();
        self.accepting.clear();
        let mut listeners = listen::open(&server.config.settings)?;
        for (i, listener) in listeners.iter_mut().enumerate() {
            let token = Token(LISTENERS + i);
            let registered = match listener {
                Listener::Tcp(listener) => self.poll.registry().register(listener, token, Interest::READABLE),
                Listener::Unix(listener, _) => self.poll.registry().register(listener, token, Interest::READABLE),
            };
            registered.map_err(|error| error.to_string())?;
        }
        self.listeners = listeners;
        Ok(())
    }

    fn accept(&mut self, server: &mut Server) {
        for index in std::mem::take(&mut self.accepting) {
            let mut left = ACCEPTS_PER_TURN;
            let error = loop {
                if left == 0 {
                    self.accepting.push(index);
                    break None;
                }
                left -= 1;
                let Some(listener) = self.listeners.get(index) else {
                    break None;
                };
                let accepted = match listener {
                    Listener::Tcp(listener) => listener.accept().map(|(stream, _)| Stream::Tcp(stream)),
                    Listener::Unix(listener, _) => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
                };
                match accepted {
                    Ok(stream) => self.admit(server, stream, index),
                    Err(error) => break Some(error),
                }
            };
            match error.map(|error| (error.kind(), error)) {
                None | Some((io::ErrorKind::WouldBlock, _)) => {}
                Some((io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted, _)) => self.accepting.push(index),
                Some((_, error)) => {
                    // Too many open files, most likely. No edge will come for who waits: look again later.
                    log::warn!("Accepting client connection: {error}");
                    self.accepting.push(index);
                    self.out_of_descriptors = true;
                }
            }
        }
    }

    /// Takes a new connection in, or says why not.
    fn admit(&mut self, server: &mut Server, mut stream: Stream, listener: usize) {
        let settings = &server.config.settings;
        if self.connections.len() >= settings.maxclients {
            stream.send_last(b"-ERR max number of clients reached\r\n");
            server.stats.rejected_connections += 1;
            return;
        }
        let peer = self.describe(&stream, listener);
        if settings.protected_mode && server.acl.default_user().needs_no_password && !peer.is_local() {
            stream.send_last(
                b"-DENIED Redoxide is running in protected mode because protected mode is enabled and no password is set \
                  for the default user. In this mode connections are only accepted from the loopback interface. Set a \
                  password with requirepass, or turn protected-mode off if only trusted machines reach this address.\r\n",
            );
            server.stats.rejected_connections += 1;
            return;
        }
        if let Stream::Tcp(tcp) = &stream {
            listen::prepare(tcp, settings.tcp_keepalive);
        }
        let entry = self.connections.vacant_entry();
        let slot = entry.key();
        self.generation = self.generation.wrapping_add(1);
        let token = Token((self.generation as usize) << 32 | (slot + CONNECTIONS));
        if let Err(error) = stream.register(self.poll.registry(), token, Interest::READABLE) {
            log::warn!("Accepting client connection: {error}");
            return;
        }
        let client = server.connect(Peer { token: Some(slot), ..peer });
        let lane = Lane::new(client, Reply::new(Proto::Resp2));
        entry.insert(Connection::new(stream, lane, self.generation, token));
    }

    fn describe(&self, stream: &Stream, listener: usize) -> Peer {
        let text = |address: io::Result<std::net::SocketAddr>| {
            address.map_or_else(|_| "?:0".into(), |address| address.to_string().into_boxed_str())
        };
        let (addr, laddr, is_unix) = match (stream, self.listeners.get(listener)) {
            (Stream::Tcp(tcp), _) => (text(tcp.peer_addr()), text(tcp.local_addr()), false),
            (Stream::Unix(_), Some(Listener::Unix(_, path))) => {
                let path = format!("{}:0", path.display()).into_boxed_str();
                (path.clone(), path, true)
            }
            (Stream::Unix(_), _) => ("?:0".into(), "?:0".into(), true),
        };
        Peer { addr, laddr, fd: stream.number(), is_unix, ..Peer::default() }
    }
}

/// Raises the limit of open files to what `maxclients` needs, or lowers `maxclients` to what the limit gives.
fn raise_descriptor_limit(server: &mut Server) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = server.config.settings.maxclients as u64 + RESERVED_DESCRIPTORS;
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|&current| current < wanted) else {
        return;
    };
    // The hard limit may be raised too, if we are allowed to.
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum.map(|maximum| maximum.max(wanted)) };
    let within = Rlimit { current: Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted))), ..limit };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        log::info!("Increased maximum number of open files to {wanted} (it was originally set to {current}).");
        return;
    }
    let got = if setrlimit(Resource::Nofile, within).is_ok() { within.current.unwrap_or(current) } else { current };
    if got < wanted {
        let possible = got.saturating_sub(RESERVED_DESCRIPTORS).max(1);
        log::warn!(
            "You requested maxclients of {} requiring at least {wanted} max file descriptors. Current maximum open files \
             is {got}. maxclients has been reduced to {possible} to compensate for low ulimit.",
            server.config.settings.maxclients
        );
        server.config.limit_maxclients(possible as usize);
    }
}
