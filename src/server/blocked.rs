//! Clients that wait for a key: BLPOP and its like; or for the log to be on the medium: WAITAOF.
//!
//! ```text
//! handler finds nothing -> Ctx::block -> the client waits in the queue of each of its keys, its request is kept
//! a unit changes keys   -> settle notes those that somebody waits for -> serve: who waited longest first, each runs its request
//!                          again as a unit of its own, into a reply of its own, which the outbox takes to its connection
//! the time is up, CLIENT UNBLOCK, the client goes -> it leaves all queues
//! ```
//!
//! A request that runs again may find nothing once more (another was faster): then the client keeps its places. While a
//! client waits, nothing else that it sent is run; `net` is told by [`Order::Resume`] when that may go on.

use crate::base::number::parse_f64;
use crate::keyspace::DbId;
use crate::resp::{Args, Reply, Request};
use crate::server::client::ClientId;
use crate::server::command::CommandId;
use crate::server::outbox::Order;
use crate::server::{Ctx, Done, Error, Flow, Server};
use crate::store::entry::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What a client is answered where nobody waits: inside a transaction. When its time is up it is always told the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Nothing where a string could be.
    Null,
    /// Nothing where an array could be.
    NullArray,
}

/// A client's waiting.
#[derive(Debug)]
pub struct Wait {
    /// The command and its request, to be run again.
    pub command: CommandId,
    request: Request,
    db: DbId,
    keys: Vec<Box<[u8]>>,
    /// The type of value that it waits for, as TYPE names it; a key of another type serves nobody.
    awaited: &'static str,
    /// Unix milliseconds; zero: for good.
    deadline: i64,
    /// It waits for no key but for this offset of the log, or (none reaches that) for its time to be up.
    log_offset: Option<u64>,
}

/// Who waits for a key in a database, longest first.
type Queue = (DbId, VecDeque<ClientId>);

/// Who waits for which keys.
#[derive(Debug, Default)]
pub struct Blocked {
    /// By key, then by database: who waits, longest first. No empty queues.
    queues: HashMap<Box<[u8]>, Vec<Queue>>,
    /// Who waits not for good, by deadline.
    deadlines: BTreeSet<(i64, ClientId)>,
    /// Keys that changed and that somebody waits for, in order.
    ready: VecDeque<(DbId, Box<[u8]>)>,
    /// Who waits for the log.
    for_log: Vec<ClientId>,
    /// How many clients wait.
    clients: usize,
    is_serving: bool,
}

impl Blocked {
    /// How many clients wait.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// How many keys they wait for.
    pub fn keys(&self) -> usize {
        self.queues.values().map(Vec::len).sum()
    }

    /// How many clients wait not for good.
    pub fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    /// The earliest deadline, in Unix milliseconds.
    pub fn next_deadline(&self) -> Option<i64> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    fn queue(&self, db: DbId, key: &[u8]) -> Option<&VecDeque<ClientId>> {
        self.queues.get(key)?.iter().find(|(at, _)| *at == db).map(|(_, queue)| queue)
    }

    /// Notes that a key changed, if somebody waits for it.
    pub fn note(&mut self, db: DbId, key: &[u8]) {
        if self.queue(db, key).is_some() && !self.ready.iter().any(|(at, ready)| *at == db && **ready == *key) {
            self.ready.push_back((db, key.into()));
        }
    }

    /// Notes all keys of a database that somebody waits for: its contents were exchanged.
    pub fn note_all(&mut self, db: DbId) {
        let waited = self.queues.iter().filter(|(_, dbs)| dbs.iter().any(|(at, _)| *at == db));
        let mut keys: Vec<Box<[u8]>> = waited.map(|(key, _)| key.clone()).collect();
        keys.sort();
        self.ready.extend(keys.into_iter().map(|key| (db, key)));
    }

    fn enter(&mut self, client: ClientId, wait: &Wait) {
        self.clients += 1;
        if wait.log_offset.is_some() {
            self.for_log.push(client);
        }
        for key in &wait.keys {
            let dbs = self.queues.entry(key.clone()).or_default();
            let i = dbs.iter().position(|(at, _)| *at == wait.db).unwrap_or_else(|| {
                dbs.push((wait.db, VecDeque::new()));
                dbs.len() - 1
            });
            // A key that was named twice is waited for once.
            if !dbs[i].1.contains(&client) {
                dbs[i].1.push_back(client);
            }
        }
        if wait.deadline != 0 {
            self.deadlines.insert((wait.deadline, client));
        }
    }

    fn leave(&mut self, client: ClientId, wait: &Wait) {
        self.clients -= 1;
        if wait.log_offset.is_some() {
            self.for_log.retain(|waiting| *waiting != client);
        }
        for key in &wait.keys {
            let Some(dbs) = self.queues.get_mut(key) else { continue };
            for (at, queue) in dbs.iter_mut() {
                if *at == wait.db {
                    queue.retain(|waiting| *waiting != client);
                }
            }
            dbs.retain(|(_, queue)| !queue.is_empty());
            if dbs.is_empty() {
                self.queues.remove(key);
            }
        }
        self.deadlines.remove(&(wait.deadline, client));
    }
}

impl Ctx<'_> {
    /// Until when a client waits that says how long, in seconds: Unix milliseconds, or zero for good.
    pub fn deadline(&self, seconds: &[u8]) -> Result<i64, Error> {
        let seconds = parse_f64(seconds).ok_or(Error::Text("ERR timeout is not a float or out of range"))?;
        let ms = (seconds * 1000.0).ceil();
        let out_of_range = Error::Text("ERR timeout is out of range");
        // 2^63 is the first double that is none of the 64-bit integers.
        if ms >= 9_223_372_036_854_775_808.0 {
            return Err(out_of_range);
        }
        match ms as i64 {
            ..0 => Err(Error::Text("ERR timeout is negative")),
            0 => Ok(0),
            ms => ms.checked_add(self.server.now()).ok_or(out_of_range),
        }
    }

    /// The client waits for one of `keys` to hold a value of the type `awaited`, until `deadline` in Unix milliseconds (zero: for good).
    /// Inside a transaction nobody waits, and `instead` is the answer.
    pub fn block(&mut self, args: Args, keys: Args, awaited: &'static str, deadline: i64, instead: Instead) -> Done {
        let server = &mut *self.server;
        if server.is_inside_unit() || server.clients[self.client].is_internal() {
            match instead {
                Instead::Null => self.reply.null(),
                Instead::NullArray => self.reply.null_array(),
            }
            return Ok(Flow::Done);
        }
        if server.outbox.retrying != Some(self.client) {
            let keys = keys.iter().map(Box::from).collect();
            let request = Request::from(args);
            let wait = Wait { command: self.command, request, db: self.db, keys, awaited, deadline, log_offset: None };
            server.blocked.enter(self.client, &wait);
            server.clients.wait(self.client, Box::new(wait));
            server.look_for_interest();
        }
        Ok(Flow::Blocked)
    }

    /// The client waits until the log is on the medium up to `offset`, or until `deadline` in Unix milliseconds (zero: for good). Then its
    /// request runs again. False where nobody waits: inside a transaction.
    pub fn block_for_log(&mut self, args: Args, offset: u64, deadline: i64) -> bool {
        let server = &mut *self.server;
        if server.is_inside_unit() || server.clients[self.client].is_internal() {
            return false;
        }
        if server.outbox.retrying != Some(self.client) {
            let (request, keys) = (Request::from(args), Vec::new());
            let log_offset = Some(offset);
            let wait = Wait { command: self.command, request, db: self.db, keys, awaited: "", deadline, log_offset };
            server.blocked.enter(self.client, &wait);
            server.clients.wait(self.client, Box::new(wait));
            server.look_for_interest();
        }
        true
    }
}

impl Server {
    /// Serves those who wait for keys that have become ready.
    pub(super) fn serve_ready(&mut self) {
        if self.blocked.is_serving {
            return;
        }
        self.blocked.is_serving = true;
        if !self.blocked.ready.is_empty() {
            // The unit may have been long: what has expired meanwhile serves nobody.
            self.read_time();
        }
        while let Some((db, key)) = self.blocked.ready.pop_front() {
            let waiting: Vec<ClientId> =
                self.blocked.queue(db, &key).into_iter().flat_map(|queue| queue.iter().copied()).collect();
            for client in waiting {
                // Whoever was before may have taken all there was.
                let view = self.db(db);
                let Some(kind) = view.seek(&key).filter(|entry| !view.is_expired(entry)).map(Entry::type_name) else {
                    break;
                };
                let is_awaited =
                    self.clients.get(client).and_then(|c| c.wait.as_ref()).is_some_and(|w| w.awaited == kind);
                if is_awaited {
                    self.retry(client);
                }
            }
        }
        self.blocked.is_serving = false;
    }

    /// Serves those who wait for the log, as far as it is on the medium; tells them if there is none any more.
    pub(super) fn serve_logged(&mut self) {
        let (synced, is_off) = (self.aof.synced, self.aof.state == crate::server::aof::State::Off);
        let is_served = |wait: &Wait| wait.log_offset.is_some_and(|offset| offset <= synced || is_off);
        for client in self.blocked.for_log.clone() {
            if self.clients.get(client).and_then(|c| c.wait.as_ref()).is_some_and(|wait| is_served(wait)) {
                self.retry(client);
            }
        }
    }

    /// What WAITAOF answers: whether the log up to what a client wrote is on our medium (one or zero), and on how many replicas'.
    pub fn reply_log_copies(&self, client: ClientId, reply: &mut Reply) {
        let is_synced = self.aof.state == crate::server::aof::State::On
            && self.clients.get(client).is_some_and(|client| client.log_offset <= self.aof.synced);
        reply.array(2);
        reply.int(i64::from(is_synced));
        reply.int(0);
    }

    /// Runs a waiting client's request again.
    fn retry(&mut self, client: ClientId) {
        let Some(wait) = self.clients.end_wait(client) else { return };
        let mut reply = Reply::new(self.clients[client].proto);
        self.outbox.retrying = Some(client);
        let is_blocked = self.call_again(client, wait.db, wait.command, wait.request.args(), &mut reply);
        self.outbox.retrying = None;
        if is_blocked {
            self.clients.wait(client, wait);
        } else {
            self.blocked.leave(client, &wait);
            self.unblock(client, &reply);
        }
        self.send_own(client);
    }

    /// Answers a client that waits no more, and lets the rest of what it sent run.
    fn unblock(&mut self, client: ClientId, reply: &Reply) {
        let state = &mut self.clients[client];
        state.commands += 1;
        if !state.is_muted() {
            self.outbox.push(Order::Send(client, reply.to_bytes()));
        }
        state.next_reply();
        self.outbox.push(Order::Resume(client));
        self.look_for_interest();
    }

    /// Answers those whose time is up, and ends a pause whose time is up.
    pub fn time_out_blocked(&mut self) {
        self.end_pause();
        while let Some(&(deadline, client)) = self.blocked.deadlines.first()
            && deadline <= self.now()
        {
            self.end_wait(client, None);
        }
    }

    /// Ends a client's waiting, as if its time were up or with an error. False if it does not wait.
    pub fn end_wait(&mut self, client: ClientId, error: Option<&Error>) -> bool {
        let Some(wait) = self.clients.end_wait(client) else { return false };
        self.blocked.leave(client, &wait);
        let mut reply = Reply::new(self.clients[client].proto);
        match error {
            None if wait.log_offset.is_some() => self.reply_log_copies(client, &mut reply),
            None => reply.null_array(),
            Some(error) => self.answer_error(&error.text(), &mut reply),
        }
        // It counts as a call only now that it has an end.
        self.count_call(wait.command, 0, error.is_some());
        self.unblock(client, &reply);
        true
    }

    /// A client goes: it waits for nothing any more.
    pub(super) fn forget_wait(&mut self, client: ClientId) {
        if let Some(wait) = self.clients.end_wait(client) {
            self.blocked.leave(client, &wait);
            self.look_for_interest();
        }
    }
}
