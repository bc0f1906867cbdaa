//! Who sends requests: what the server remembers of a client between its commands.
//!
//! A client is not a connection. A connection (`net`) has a socket and buffers and belongs to one client; a client
//! without a connection runs what is loaded from a file, or what a simulation sends. The server keeps its clients in a
//! slab; a [`ClientId`] has a generation, so that an id of somebody who left never means who came after.

use crate::keyspace::DbId;
use crate::resp::{Proto, Request};
use crate::server::acl::UserId;
use crate::server::blocked::Wait;
use crate::server::command::{CommandId, Flags};
use crate::server::describe::FIXED;
use crate::server::outbox::Order;
use crate::server::pubsub::Subscriptions;
use crate::server::streaming::Streaming;
use crate::server::tracking::Tracking;
use slab::Slab;

/// Names a client for as long as the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    slot: u32,
    generation: u32,
}

impl ClientId {
    /// As one number, for tokens.
    pub fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }
}

/// What `net` tells of a client's connection; shown by CLIENT LIST and INFO.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// `net`'s own index of the connection; `None` for a client without one.
    pub token: Option<usize>,
    /// The other side, as text.
    pub addr: Box<str>,
    /// Our side, as text.
    pub laddr: Box<str>,
    /// The file descriptor.
    pub fd: i32,
    /// Whether it came over a Unix socket.
    pub is_unix: bool,
    /// Bytes in the query buffer that are not executed yet.
    pub query_bytes: u32,
    /// Room in the query buffer.
    pub query_room: u32,
    /// Bytes that came and are not parsed yet.
    pub unparsed_bytes: usize,
    /// The memory that it takes.
    pub parser_bytes: usize,
    /// Bytes of replies that are not sent yet.
    pub reply_bytes: usize,
}

impl Connection {
    /// Whether the other side is this machine: a Unix socket or a loopback address.
    pub fn is_local(&self) -> bool {
        self.is_unix || self.addr.starts_with("127.") || self.addr.starts_with("[::1]")
    }
}

/// Why the requests of a client get a closer look before they run. Nothing: they go the short way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Care(u8);

impl Care {
    /// They are queued after MULTI.
    pub const MULTI: Care = Care(1);
    /// It has subscribed and speaks RESP2: only few commands are served.
    pub const SUBSCRIBED: Care = Care(2);
    /// Its replies, or some of them, are not sent.
    pub const MUTED: Care = Care(4);
    /// Somebody monitors: all clients have this.
    pub const MONITORED: Care = Care(8);
    /// There is a pause: all clients have this.
    pub const PAUSED: Care = Care(16);
    /// It keeps copies of keys.
    pub const TRACKING: Care = Care(32);
    /// Data is imported, so nothing expires by itself: all clients have this.
    pub const IMPORTING: Care = Care(64);

    /// Whether there is no reason.
    #[inline]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether this is among the reasons.
    #[inline]
    pub fn has(self, reason: Care) -> bool {
        self.0 & reason.0 != 0
    }

    /// Adds a reason, or takes it away.
    pub fn set(&mut self, reason: Care, is_so: bool) {
        if is_so { self.0 |= reason.0 } else { self.0 &= !reason.0 }
    }
}

/// What kind of client it is: CLIENT LIST and KILL choose by it, and limits of output go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Whoever is none of the others.
    Normal,
    /// The server that this one follows.
    Master,
    /// A server that follows this one.
    Replica,
    /// Whoever has subscribed to something.
    Pubsub,
}

/// Which replies a client is sent: CLIENT REPLY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    /// All.
    #[default]
    On,
    /// None.
    Off,
    /// Not that to the command in hand.
    Skip,
}

/// A queue of commands after MULTI.
#[derive(Debug, Default)]
pub struct Multi {
    /// What EXEC will run.
    pub queue: Vec<(CommandId, Request)>,
    /// What is true of any of them.
    pub flags: Flags,
    /// A command was refused while queueing: EXEC must not run any.
    pub is_aborted: bool,
    /// The bytes of the queue.
    bytes: usize,
}

impl Multi {
    /// Queues a command, of which `flags` are true.
    pub fn push(&mut self, id: CommandId, flags: Flags, request: Request) {
        self.flags = self.flags.or(flags);
        self.bytes += request.bytes() + size_of::<(CommandId, Request)>();
        self.queue.push((id, request));
    }

    /// The memory that the queue takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Somebody who sends requests.
#[derive(Debug)]
pub struct Client {
    /// Counts up from one over all clients that ever came; what CLIENT ID answers.
    pub number: u64,
    /// The selected database.
    pub db: DbId,
    /// Whether commands other than AUTH and its like are served.
    pub is_authenticated: bool,
    /// Whether it logged in, or came when that took no password.
    pub has_logged_in: bool,
    /// Whether it may do everything, so that nothing has to be checked: see [`crate::server::acl`].
    pub may_all: bool,
    /// Who it is.
    pub user: UserId,
    /// The protocol that HELLO chose.
    pub proto: Proto,
    /// Whether the connection is to be closed once its replies are sent.
    pub is_closing: bool,
    /// Whether this client's lookups leave access clocks alone.
    pub no_touch: bool,
    /// Whether what it sends is imported (CLIENT IMPORT-SOURCE): it sees what has expired.
    pub is_import_source: bool,
    /// Whether it has said that it can be redirected (CLIENT CAPA).
    pub can_redirect: bool,
    /// Whether this client is never to be closed for the sake of memory.
    pub no_evict: bool,
    /// CLIENT SETNAME.
    pub name: Box<[u8]>,
    /// CLIENT SETINFO LIB-NAME.
    pub lib_name: Box<[u8]>,
    /// CLIENT SETINFO LIB-VER.
    pub lib_ver: Box<[u8]>,
    /// Why its requests get a closer look.
    pub care: Care,
    /// Whether it is shown all commands.
    pub is_monitor: bool,
    /// Whether a command of it waits for the end of a pause.
    pub is_postponed: bool,
    /// Which replies it is sent.
    replies: Replies,
    /// Whether the reply to the next command is not sent.
    skips_next: bool,
    /// The queue after MULTI; see [`Client::set_multi`].
    pub multi: Option<Box<Multi>>,
    /// How it tracks the keys that it keeps copies of.
    pub tracking: Option<Box<Tracking>>,
    /// What it has subscribed to.
    pub subscriptions: Subscriptions,
    /// The keys that it watches.
    pub watching: Vec<(DbId, Box<[u8]>)>,
    /// The memory that they take.
    pub(super) watched_bytes: usize,
    /// A key that it watched has changed: its EXEC runs nothing.
    pub is_dirty: bool,
    /// How many commands the EXEC has that is under way.
    pub executing: Option<usize>,
    /// The rest of its reply, if that is given in slices: nothing else of it is run until the end.
    pub streaming: Option<Box<Streaming>>,
    /// What it waits for: until then nothing else of it is run.
    pub wait: Option<Box<Wait>>,
    /// The end of its last write in the log.
    pub log_offset: u64,
    /// The command that runs or ran last.
    pub last_command: Option<CommandId>,
    /// When it came, milliseconds since 1970.
    pub since_ms: i64,
    /// When it last sent something, milliseconds since 1970.
    pub active_ms: i64,
    /// How many commands it sent.
    pub commands: u64,
    /// How many bytes it sent.
    pub bytes_in: u64,
    /// How many bytes it was sent.
    pub bytes_out: u64,
    /// What `net` tells of its connection.
    pub connection: Connection,
    /// The memory that it took when it was last asked: its part of [`Clients::memory`].
    accounted: usize,
}

impl super::Server {
    /// How much output may wait for a client.
    pub fn output_limit(&self, client: ClientId) -> crate::config::OutputLimit {
        let settings = &self.config.settings;
        match self.clients[client].class() {
            Class::Pubsub => settings.output_limit_pubsub,
            Class::Replica => settings.output_limit_replica,
            Class::Normal | Class::Master => settings.output_limit_normal,
        }
    }
}

impl super::Ctx<'_> {
    /// Up to how many bytes its output may grow: whoever draws without end stops there, and the connection is closed.
    pub fn output_max(&self) -> usize {
        match self.server.output_limit(self.client).hard {
            0 => usize::MAX,
            // What Redis has room for in a buffer of its own does not count.
            hard => usize::try_from(hard).unwrap_or(usize::MAX).saturating_add(FIXED),
        }
    }

    /// Whether so many elements by chance are more output than the client may have, whatever they are. Then its connection is closed
    /// before any is drawn, and the answer is one that nobody sees.
    pub fn is_refused_draws(&mut self, draws: u64) -> bool {
        const ELEMENT_MIN: u64 = b"$0\r\n\r\n".len() as u64;
        if draws.saturating_mul(ELEMENT_MIN) <= self.output_max() as u64 {
            return false;
        }
        let client = &self.server.clients[self.client];
        let line = self.server.describe_client(client, 0, None);
        log::warn!("Client {line} closed for overcoming of output buffer limits.");
        self.server.stats.output_limit_closes += 1;
        self.server.outbox.push(Order::Close { client: self.client, after_replies: false });
        self.reply.array(0);
        true
    }
}

impl Client {
    /// Whether it is our own: who runs the commands of a log that is loaded. It may do everything, and neither waits nor is heard.
    pub fn is_internal(&self) -> bool {
        self.connection.token.is_none()
    }

    /// Begins or ends queueing; returns the queue that was there.
    pub fn set_multi(&mut self, multi: Option<Box<Multi>>) -> Option<Box<Multi>> {
        self.care.set(Care::MULTI, multi.is_some());
        std::mem::replace(&mut self.multi, multi)
    }

    /// Whether `timeout` holds for it: not while it waits or listens.
    pub fn may_time_out(&self) -> bool {
        self.wait.is_none()
            && self.streaming.is_none()
            && !self.is_postponed
            && !self.is_subscriber()
            && !self.is_monitor
    }

    /// Chooses which replies it is sent.
    pub fn set_replies(&mut self, replies: Replies) {
        self.replies = replies;
        self.care.set(Care::MUTED, self.replies != Replies::On || self.skips_next);
    }

    /// The reply to its next command is not sent.
    pub fn skip_next(&mut self) {
        self.skips_next = self.replies != Replies::Off;
        self.set_replies(self.replies);
    }

    /// Whether it is sent no reply to the command in hand.
    pub fn is_muted(&self) -> bool {
        self.replies != Replies::On
    }

    /// A command of it is over.
    pub fn next_reply(&mut self) {
        let replies = match self.replies {
            _ if std::mem::take(&mut self.skips_next) => Replies::Skip,
            Replies::Skip => Replies::On,
            other => other,
        };
        self.set_replies(replies);
    }

    /// What kind of client it is.
    pub fn class(&self) -> Class {
        if self.is_subscriber() { Class::Pubsub } else { Class::Normal }
    }

    /// Whether it has subscribed to anything.
    pub fn is_subscriber(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// Its protocol or its subscriptions have changed.
    pub fn protocol_changed(&mut self) {
        self.care.set(Care::SUBSCRIBED, self.proto == Proto::Resp2 && self.is_subscriber());
    }

    /// The memory that it takes: itself, its buffers as `net` last told of them, its queue.
    pub fn memory(&self) -> usize {
        let connection = &self.connection;
        let buffers = connection.parser_bytes
            + connection.query_bytes as usize
            + connection.query_room as usize
            + connection.reply_bytes;
        let prefixes = self.tracking.as_ref().map_or(0, |tracking| tracking.prefix_bytes);
        let lists = self.subscriptions.bytes() + self.watched_bytes + prefixes;
        let streaming = self.streaming.as_ref().map_or(0, |streaming| streaming.memory());
        size_of::<Client>() + buffers + self.queue_memory() + lists + streaming
    }

    /// The memory of the commands that it has queued.
    pub fn queue_memory(&self) -> usize {
        self.multi.as_ref().map_or(0, |multi| multi.bytes())
    }
}

/// What watching a key costs beside its name, about: a place in the client's list and one in the key's.
pub(super) const WATCHED: usize = 64;

/// All clients.
#[derive(Debug, Default)]
pub struct Clients {
    slab: Slab<(u32, Client)>,
    /// How many there ever were.
    count: u64,
    generation: u32,
    /// Reasons for a closer look that all clients have.
    care_of_all: Care,
    /// How many are to be closed or wait; and one if there are pushes for whoever's requests run now.
    held: usize,
    /// The sum of what they take, as last accounted.
    memory: usize,
}

/// Why nothing more of a client is run for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Its connection is to be closed.
    Closing,
    /// It waits for a key.
    Waiting,
    /// Its request waits for the end of a pause.
    Postponed,
}

impl Clients {
    /// Adds a client at `now_ms`.
    pub fn add(&mut self, connection: Connection, is_authenticated: bool, now_ms: i64) -> ClientId {
        self.count += 1;
        self.generation = self.generation.wrapping_add(1);
        let client = Client {
            number: self.count,
            db: DbId(0),
            is_authenticated,
            has_logged_in: is_authenticated,
            may_all: is_authenticated,
            user: UserId::DEFAULT,
            proto: Proto::Resp2,
            is_closing: false,
            no_touch: false,
            is_import_source: false,
            can_redirect: false,
            no_evict: false,
            name: Box::default(),
            lib_name: Box::default(),
            lib_ver: Box::default(),
            care: if connection.token.is_some() { self.care_of_all } else { Care::default() },
            is_monitor: false,
            is_postponed: false,
            replies: Replies::On,
            skips_next: false,
            multi: None,
            tracking: None,
            subscriptions: Subscriptions::default(),
            watching: Vec::new(),
            watched_bytes: 0,
            is_dirty: false,
            executing: None,
            streaming: None,
            wait: None,
            last_command: None,
            since_ms: now_ms,
            active_ms: now_ms,
            log_offset: 0,
            commands: 0,
            bytes_in: 0,
            bytes_out: 0,
            connection,
            accounted: 0,
        };
        let slot = self.slab.insert((self.generation, client));
        let id = ClientId { slot: slot as u32, generation: self.generation }; // as many clients as descriptors: below 2^32
        self.account(id);
        id
    }

    /// Forgets a client.
    pub fn remove(&mut self, id: ClientId) -> Option<Client> {
        self.get(id)?;
        let client = self.slab.remove(id.slot as usize).1;
        self.memory -= client.accounted;
        self.held -= usize::from(client.is_closing)
            + usize::from(client.wait.is_some())
            + usize::from(client.streaming.is_some())
            + usize::from(client.is_postponed);
        Some(client)
    }

    /// The memory that all of them take, as last accounted.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// The same where only its output has changed, to so many bytes.
    #[inline]
    pub fn account_output(&mut self, id: ClientId, bytes: usize) {
        if let Some(client) = self.get_mut(id) {
            let before = std::mem::replace(&mut client.connection.reply_bytes, bytes);
            client.accounted = client.accounted + bytes - before;
            self.memory = self.memory + bytes - before;
        }
    }

    /// Takes the memory of one into the sum as it is now.
    pub fn account(&mut self, id: ClientId) {
        if let Some(client) = self.get_mut(id) {
            let (now, before) = (client.memory(), client.accounted);
            client.accounted = now;
            self.memory = self.memory + now - before;
        }
    }

    /// The client of an id, if it is still there.
    #[inline]
    pub fn get(&self, id: ClientId) -> Option<&Client> {
        self.slab.get(id.slot as usize).filter(|(generation, _)| *generation == id.generation).map(|(_, client)| client)
    }

    /// The token of a client's connection, if both are still there.
    pub fn token(&self, id: ClientId) -> Option<usize> {
        self.get(id)?.connection.token
    }

    /// The client of an id, for changing.
    #[inline]
    pub fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        match self.slab.get_mut(id.slot as usize) {
            Some((generation, client)) if *generation == id.generation => Some(client),
            _ => None,
        }
    }

    /// A client's connection is to be closed once its replies are sent.
    pub fn close(&mut self, id: ClientId) {
        if let Some(client) = self.get_mut(id)
            && !std::mem::replace(&mut client.is_closing, true)
        {
            self.held += 1;
        }
    }

    /// A client waits from here on.
    pub(super) fn wait(&mut self, id: ClientId, wait: Box<Wait>) {
        let before = self[id].wait.replace(wait);
        debug_assert!(before.is_none(), "a client waits for one thing at a time");
        self.held += 1;
    }

    /// A reason for a closer look comes to all clients, or goes.
    pub(super) fn set_care(&mut self, reason: Care, is_so: bool) {
        if self.care_of_all.has(reason) == is_so {
            return;
        }
        self.care_of_all.set(reason, is_so);
        for (_, (_, client)) in self.slab.iter_mut().filter(|(_, (_, client))| !client.is_internal()) {
            client.care.set(reason, is_so);
        }
    }

    /// A request of a client is put off, or not any more.
    pub(super) fn set_postponed(&mut self, id: ClientId, is_so: bool) {
        if let Some(client) = self.get_mut(id)
            && std::mem::replace(&mut client.is_postponed, is_so) != is_so
        {
            if is_so { self.held += 1 } else { self.held -= 1 }
        }
    }

    /// A client's reply is given in slices, or not any more; how it was given before.
    pub(super) fn stream(&mut self, id: ClientId, streaming: Option<Box<Streaming>>) -> Option<Box<Streaming>> {
        let client = self.get_mut(id)?;
        let is_so = streaming.is_some();
        let before = std::mem::replace(&mut client.streaming, streaming);
        if is_so && before.is_none() {
            self.held += 1;
        } else if !is_so && before.is_some() {
            self.held -= 1;
        }
        before
    }

    /// A client waits no more; what for it did, if it did.
    pub(super) fn end_wait(&mut self, id: ClientId) -> Option<Box<Wait>> {
        let wait = self.get_mut(id)?.wait.take()?;
        self.held -= 1;
        Some(wait)
    }

    /// Whether and why nothing more of a client is run. Nearly always nobody is held.
    #[inline]
    pub fn held(&self, id: ClientId) -> Option<Held> {
        if self.held == 0 {
            return None;
        }
        match &self[id] {
            client if client.is_closing => Some(Held::Closing),
            client if client.wait.is_some() || client.streaming.is_some() => Some(Held::Waiting),
            client if client.is_postponed => Some(Held::Postponed),
            _ => None,
        }
    }

    /// Whether anybody is held, or whoever's requests run now is to be pushed something. Nearly always not.
    #[inline]
    pub fn is_any_held(&self) -> bool {
        self.held > 0
    }

    /// There are pushes for whoever's requests run now, or they are delivered.
    pub(super) fn note_own_pushes(&mut self, there_are: bool) {
        if there_are { self.held += 1 } else { self.held -= 1 }
    }

    /// All clients, oldest slot first.
    pub fn iter(&self) -> impl Iterator<Item = (ClientId, &Client)> {
        self.slab
            .iter()
            .map(|(slot, (generation, client))| (ClientId { slot: slot as u32, generation: *generation }, client))
    }

    /// All clients, for changing what does not hold them up.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ClientId, &mut Client)> {
        self.slab
            .iter_mut()
            .map(|(slot, (generation, client))| (ClientId { slot: slot as u32, generation: *generation }, client))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }
}

/// The client that runs a command is there until the command is over.
impl std::ops::Index<ClientId> for Clients {
    type Output = Client;
    #[inline]
    fn index(&self, id: ClientId) -> &Client {
        self.get(id).expect("whoever runs a command is a client")
    }
}

impl std::ops::IndexMut<ClientId> for Clients {
    #[inline]
    fn index_mut(&mut self, id: ClientId) -> &mut Client {
        self.get_mut(id).expect("whoever runs a command is a client")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_means_who_came_after() {
        let mut clients = Clients::default();
        let first = clients.add(Connection::default(), true, 0);
        assert_eq!(clients[first].number, 1);
        clients.remove(first);
        let second = clients.add(Connection::default(), true, 0);
        assert_eq!(second.slot, first.slot, "the slot is used again");
        assert!(clients.get(first).is_none() && clients.get(second).is_some());
        assert!(clients.remove(first).is_none());
        assert_eq!((clients.len(), clients[second].number), (1, 2));
    }
}
