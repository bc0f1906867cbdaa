//! Long replies in slices: a command over many elements answers from a frozen copy of its key, and others are served in between.
//!
//! ```text
//! handler: header of the reply, then Ctx::stream(job) -> the client is held, its later requests wait
//! each turn: Server::step_streams -> job.step(reply) until the slice is used up or enough output waits -> Order::Send
//! the end: commandstats and the slow log count the command's own time; pushes that came meanwhile follow; Order::Resume
//! ```
//!
//! The copy shares every node with the key, so making it costs nothing, and the reply is what the key held at the start. A
//! copy keeps what it holds alive, so there are few at a time; whoever comes beyond that is answered in one go.

use crate::base::alloc;
use crate::base::buffer::Buffer;
use crate::resp::{Args, Reply, Request};
use crate::server::client::ClientId;
use crate::server::command::CommandId;
use crate::server::outbox::Order;
use crate::server::stall::Part;
use crate::server::{Ctx, Done, Error, Flow, Server};
use std::sync::Arc;

/// With more elements than that a reply is worth the trouble.
pub const STREAM_MIN: usize = 10_000;
/// So many copies are alive at a time.
const STREAMS_MAX: usize = 8;
/// A client with more output than that must read first.
const OUTPUT_MAX: usize = 256 * 1024;
/// A slice has no more steps than this, also where the clock stands still.
const STEPS_MAX: usize = 64;
/// What one turn gives to all of them.
const SLICE_NS: u64 = 200_000;

/// The rest of a reply.
pub trait Job: Send {
    /// Appends more, and asks `may_go_on` every few elements. True when there is no more.
    fn step(&mut self, reply: &mut Reply, may_go_on: &mut dyn FnMut() -> bool) -> bool;

    /// Once there is no more: why there was nothing.
    fn failed(&self) -> Option<Error> {
        None
    }

    /// What it takes.
    fn memory(&self) -> Memory;
}

/// The bytes that the rest of a reply takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of its own.
    pub own: usize,
    /// All that it holds of the keyspace, changed since or not.
    pub held: usize,
}

/// A reply under way.
pub struct Streaming {
    job: Box<dyn Job>,
    command: CommandId,
    request: Request,
    ticks: u64,
    /// The bytes of the reply so far.
    pub(super) sent: usize,
    /// They must not stand in the middle of a reply.
    pushes: Vec<Buffer>,
    /// Its own bytes, and what it alone keeps from being freed, as last looked.
    own: usize,
    pinned: usize,
    /// While it lives, bytes may be pinned.
    _alive: Arc<()>,
}

impl Streaming {
    /// What counts as its client's memory.
    pub fn memory(&self) -> usize {
        self.own + self.pinned
    }
}

impl std::fmt::Debug for Streaming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a reply under way, {} pushes behind it", self.pushes.len())
    }
}

impl Ctx<'_> {
    /// Whether a reply of so many elements should be given in slices.
    #[inline]
    pub fn streams(&self, elements: usize) -> bool {
        elements > self.server.stream_min && self.may_stream()
    }

    #[cold]
    fn may_stream(&self) -> bool {
        let client = &self.server.clients[self.client];
        !self.server.is_inside_unit()
            && !client.is_internal()
            && !client.is_muted()
            && self.server.streams.len() < STREAMS_MAX
    }

    /// The rest of the reply comes from `job`; its header has been appended.
    pub fn stream(&mut self, args: Args, job: Box<dyn Job>) -> Done {
        self.server.note_copy();
        let streaming = Streaming {
            job,
            command: self.command,
            request: Request::from(args),
            ticks: 0,
            sent: 0,
            pushes: Vec::new(),
            own: 0,
            pinned: 0,
            _alive: self.server.keyspace.hold(),
        };
        self.server.clients.stream(self.client, Some(Box::new(streaming)));
        self.server.streams.push(self.client);
        Ok(Flow::Streaming)
    }
}

impl Server {
    /// Gives each reply under way its share of the turn.
    #[inline]
    pub fn step_streams(&mut self) {
        if !self.streams.is_empty() {
            self.step_some();
        }
    }

    /// Whether there is a reply to go on with at once.
    pub fn has_streams_to_step(&self) -> bool {
        self.streams.iter().any(|id| self.clients.get(*id).is_some_and(|c| c.connection.reply_bytes <= OUTPUT_MAX))
    }

    #[cold]
    fn step_some(&mut self) {
        let share = self.slice_ticks(SLICE_NS) / self.streams.len() as u64; // at most STREAMS_MAX
        for id in self.streams.clone() {
            let Some(client) = self.clients.get(id) else { continue };
            if client.connection.reply_bytes > OUTPUT_MAX {
                continue;
            }
            let mut reply = Reply::new(client.proto);
            let Some(mut streaming) = self.clients.stream(id, None) else { continue };
            let (watch, began) = (&self.watch, self.watch.ticks());
            let mut steps = 0;
            let is_done = streaming.job.step(&mut reply, &mut || {
                steps += 1;
                watch.ticks().wrapping_sub(began) < share && steps < STEPS_MAX
            });
            let ticks = self.watch.ticks();
            let took = ticks.wrapping_sub(began);
            streaming.ticks += took;
            self.note_slice(Part::Replies, took);
            self.last_ticks = ticks;
            let failed = if is_done { streaming.job.failed() } else { None };
            if let Some(error) = &failed {
                self.answer_error(&error.text(), &mut reply);
            }
            let bytes = reply.to_bytes();
            streaming.sent += bytes.len();
            if let Some(client) = self.clients.get_mut(id) {
                client.connection.reply_bytes += bytes.len();
            }
            self.outbox.push(Order::Send(id, bytes));
            if is_done {
                self.end_stream(id, *streaming, failed.is_some());
            } else {
                self.clients.stream(id, Some(streaming));
            }
        }
        self.account_streams();
    }

    /// What replies under way hold counts as their clients' memory: their own bytes, and what nobody but a copy has any more. Which
    /// copy, where there are several, is not known; no more than it holds.
    fn account_streams(&mut self) {
        let all = self.streams.clone();
        let update = |server: &mut Server, pinned: Option<usize>| {
            for id in &all {
                if let Some(streaming) = server.clients.get_mut(*id).and_then(|client| client.streaming.as_mut()) {
                    let memory = streaming.job.memory();
                    streaming.own = memory.own;
                    streaming.pinned = pinned.map_or(streaming.pinned, |pinned| memory.held.min(pinned));
                }
                server.clients.account(*id);
            }
        };
        // Their own bytes first: what is not known to be anybody's looks pinned.
        update(self, None);
        let pinned = self.pinned_bytes(alloc::used());
        update(self, Some(pinned));
    }

    /// What of the clients' memory is pinned bytes.
    pub(super) fn pinned_for_clients(&self) -> usize {
        let streaming = self.streams.iter().filter_map(|id| self.clients.get(*id)?.streaming.as_ref());
        streaming.map(|streaming| streaming.pinned).sum()
    }

    fn end_stream(&mut self, id: ClientId, streaming: Streaming, failed: bool) {
        let Streaming { job, command, request, ticks, sent, pushes, .. } = streaming;
        self.streams.retain(|other| *other != id);
        self.keyspace.shared.freeing.free(0, 0, job);
        self.count_call(command, ticks, failed);
        if let Some(client) = self.clients.get_mut(id) {
            client.commands += 1;
        }
        self.measure(id, command, request.args(), ticks);
        self.look_at_reply(id, command, request.args(), sent);
        for push in pushes {
            self.outbox.push(Order::Push(id, push));
        }
        self.clients.account(id);
        self.outbox.push(Order::Resume(id));
    }

    /// Keeps a push back if its client is in the middle of a reply; gives it back if not.
    pub fn keep_push(&mut self, id: ClientId, push: Buffer) -> Option<Buffer> {
        match self.clients.get_mut(id).and_then(|client| client.streaming.as_mut()) {
            Some(streaming) => {
                streaming.pushes.push(push);
                None
            }
            None => Some(push),
        }
    }

    /// A client goes: nobody wants the rest of its reply.
    pub(super) fn forget_stream(&mut self, id: ClientId) {
        if let Some(streaming) = self.clients.stream(id, None) {
            self.streams.retain(|other| *other != id);
            self.keyspace.shared.freeing.free(0, 0, streaming);
        }
    }
}
