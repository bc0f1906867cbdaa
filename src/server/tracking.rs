//! Client-side caching: who keeps copies of keys, and how they learn that a copy is out of date.
//!
//! ```text
//! by key      a client that tracks reads k -> keys["k"] holds it; the next change of k tells it, once, and empties the entry
//! broadcast   a client named prefixes      -> whatever changes below one is told to it, collected until the end of the turn
//! ```
//!
//! A key's name counts, not its database. Who gets the message is the client itself, or another one that it redirects to:
//! a push in RESP3, or in RESP2 a message of the channel `__redis__:invalidate` if the other one has subscribed.

use crate::base::buffer::Buffer;
use crate::resp::{Args, Proto, bulks};
use crate::server::Server;
use crate::server::client::{Care, ClientId};
use crate::server::command::{CommandId, Flag};
use crate::server::keys;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a client tracks.
#[derive(Clone, Debug, Default)]
pub struct Tracking {
    /// Another client that gets the messages, and its number.
    pub redirect: Option<(ClientId, u64)>,
    /// By prefixes instead of by keys read.
    pub is_broadcast: bool,
    /// Only what is read behind CLIENT CACHING YES.
    pub is_opt_in: bool,
    /// Not what is read behind CLIENT CACHING NO.
    pub is_opt_out: bool,
    /// Not what it changed itself.
    pub no_loop: bool,
    /// CLIENT CACHING was called: by which container's command, whose others leave it in force.
    pub caching: Option<CommandId>,
    /// The other client is gone.
    pub is_broken: bool,
    /// The prefixes that it named.
    pub prefixes: BTreeSet<Box<[u8]>>,
    /// The memory that these take, about.
    pub prefix_bytes: usize,
}

/// What a prefix takes beside its name, about.
const PREFIX: usize = 64;

/// Who broadcasts of a prefix go to, and what has changed below it in this turn, by whom.
#[derive(Debug, Default)]
struct Prefix {
    clients: Vec<ClientId>,
    changed: BTreeMap<Box<[u8]>, Option<ClientId>>,
}

/// Who keeps which key.
#[derive(Debug, Default)]
pub struct Trackers {
    keys: HashMap<Box<[u8]>, Vec<ClientId>>,
    items: usize,
    prefixes: BTreeMap<Box<[u8]>, Prefix>,
    clients: usize,
    /// Something waits for the end of the turn.
    has_broadcasts: bool,
}

impl Trackers {
    /// How many clients track.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// How many keys somebody keeps.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// How many copies of keys there are.
    pub fn items(&self) -> usize {
        self.items
    }

    /// How many prefixes somebody named.
    pub fn prefixes(&self) -> usize {
        self.prefixes.len()
    }
}

impl Server {
    /// A client tracks from here on, or in another way than before; prefixes are added to those that it has.
    pub fn track(&mut self, client: ClientId, mut tracking: Tracking) {
        for prefix in &tracking.prefixes {
            let clients = &mut self.trackers.prefixes.entry(prefix.clone()).or_default().clients;
            if !clients.contains(&client) {
                clients.push(client);
            }
        }
        let state = &mut self.clients[client];
        match state.tracking.take() {
            None => self.trackers.clients += 1,
            Some(mut before) => tracking.prefixes.append(&mut before.prefixes),
        }
        tracking.prefix_bytes = tracking.prefixes.iter().map(|prefix| prefix.len() + PREFIX).sum();
        state.tracking = Some(Box::new(tracking));
        state.care.set(Care::TRACKING, true);
        self.look_for_interest();
    }

    /// A client tracks no more.
    pub fn stop_tracking(&mut self, client: ClientId) {
        let Some(tracking) = self.clients.get_mut(client).and_then(|state| state.tracking.take()) else { return };
        self.clients[client].care.set(Care::TRACKING, false);
        for prefix in &tracking.prefixes {
            if let Some(entry) = self.trackers.prefixes.get_mut(prefix) {
                entry.clients.retain(|other| *other != client);
                if entry.clients.is_empty() {
                    self.trackers.prefixes.remove(prefix);
                }
            }
        }
        self.trackers.clients -= 1;
        if self.trackers.clients == 0 {
            self.trackers = Trackers::default();
        }
        self.look_for_interest();
    }

    /// A command of a client that tracks is over: the keys that it read are remembered.
    #[cold]
    pub(super) fn remember_keys(&mut self, client: ClientId, id: CommandId, args: Args) {
        let row = self.commands.get(id).row;
        let Some(tracking) = &self.clients[client].tracking else { return };
        let is_meant = match (tracking.is_opt_in, tracking.is_opt_out, tracking.caching.is_some()) {
            (true, _, is_said) => is_said,
            (_, true, is_said) => !is_said,
            _ => true,
        };
        if !row.flags.has(Flag::ReadOnly) || tracking.is_broadcast || !is_meant {
            return;
        }
        let mut found = Vec::new();
        keys::find(row, args, &mut found);
        for key in found {
            let clients = self.trackers.keys.entry(args.get(key.at).into()).or_default();
            if !clients.contains(&client) {
                clients.push(client);
                self.trackers.items += 1;
            }
        }
    }

    /// A request of a client is over: what CLIENT CACHING said held for it, or for its whole transaction.
    #[cold]
    pub(super) fn forget_caching(&mut self, client: ClientId, id: CommandId) {
        let parent = if id == CommandId::NONE { None } else { self.commands.get(id).parent };
        let state = &mut self.clients[client];
        if let Some(tracking) = &mut state.tracking
            && state.multi.is_none()
            && tracking.caching.is_some_and(|by| Some(by) != parent)
        {
            tracking.caching = None;
        }
    }

    /// Tells those who keep what the last call changed.
    pub(super) fn tell_trackers(&mut self) {
        let trackers = &self.trackers;
        let is_meant = |key: &[u8]| !trackers.prefixes.is_empty() || trackers.keys.contains_key(key);
        let changes = self.keyspace.shared.changes.fresh().filter(|(change, _)| change.event.changes_value());
        let keys: Vec<Box<[u8]>> = changes.map(|(_, key)| key).filter(|key| is_meant(key)).map(Box::from).collect();
        let by = self.outbox.current();
        for key in keys {
            for (prefix, entry) in &mut self.trackers.prefixes {
                if key.starts_with(prefix) {
                    entry.changed.insert(key.clone(), by);
                    self.trackers.has_broadcasts = true;
                }
            }
            self.invalidate(&key, by);
        }
    }

    /// Tells those who keep a key that it is out of date; `by`: who changed it.
    fn invalidate(&mut self, key: &[u8], by: Option<ClientId>) {
        let Some(clients) = self.trackers.keys.remove(key) else { return };
        self.trackers.items -= clients.len();
        for client in clients {
            let tracking = self.clients.get(client).and_then(|state| state.tracking.as_ref());
            let is_spared = |tracking: &Tracking| tracking.is_broadcast || (tracking.no_loop && Some(client) == by);
            if tracking.is_some_and(|tracking| !is_spared(tracking)) {
                self.send_invalidation(client, Some(&[key]));
            }
        }
    }

    /// All keys are gone: everybody who tracks forgets everything.
    pub fn tell_trackers_of_flush(&mut self) {
        if self.trackers.clients == 0 {
            return;
        }
        self.trackers.keys.clear();
        self.trackers.items = 0;
        let all: Vec<ClientId> =
            self.clients.iter().filter(|(_, state)| state.tracking.is_some()).map(|(id, _)| id).collect();
        for client in all {
            self.send_invalidation(client, None);
        }
    }

    /// The end of a turn: what was collected for prefixes is sent, and the table is kept within its limit.
    #[inline]
    pub fn end_turn(&mut self) {
        if self.trackers.clients > 0 {
            self.broadcast();
        }
    }

    #[cold]
    fn broadcast(&mut self) {
        let max = self.config.settings.tracking_table_max_keys;
        if max > 0 && self.trackers.keys.len() > max {
            let too_many = self.trackers.keys.len() - max;
            let keys: Vec<Box<[u8]>> = self.trackers.keys.keys().take(too_many).cloned().collect();
            for key in keys {
                self.invalidate(&key, None);
            }
        }
        if !std::mem::take(&mut self.trackers.has_broadcasts) {
            return;
        }
        let changed: Vec<_> = self
            .trackers
            .prefixes
            .values_mut()
            .filter(|prefix| !prefix.changed.is_empty())
            .map(|prefix| (prefix.clients.clone(), std::mem::take(&mut prefix.changed)))
            .collect();
        for (clients, keys) in changed {
            for client in clients {
                let no_loop = self.clients[client].tracking.as_ref().is_some_and(|tracking| tracking.no_loop);
                let is_meant = |by: &Option<ClientId>| !no_loop || *by != Some(client);
                let wanted: Vec<&[u8]> = keys.iter().filter(|(_, by)| is_meant(by)).map(|(key, _)| &**key).collect();
                if !wanted.is_empty() {
                    self.send_invalidation(client, Some(&wanted));
                }
            }
        }
    }

    /// Tells a client, or whom it redirects to, that keys are out of date; `None`: all are.
    fn send_invalidation(&mut self, client: ClientId, keys: Option<&[&[u8]]>) {
        let state = &mut self.clients[client];
        let redirect = state.tracking.as_ref().and_then(|tracking| tracking.redirect);
        let mut target = client;
        if let Some((other, number)) = redirect {
            if self.clients.get(other).is_none() {
                return self.tell_of_broken_redirection(client, number);
            }
            target = other;
        }
        let state = &self.clients[target];
        let mut bytes = Vec::new();
        let all: &[u8] = match state.proto {
            Proto::Resp3 => {
                bytes.extend_from_slice(b">2\r\n$10\r\ninvalidate\r\n");
                b"_\r\n"
            }
            Proto::Resp2 if redirect.is_some() && state.is_subscriber() => {
                bytes.extend_from_slice(b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n");
                b"$-1\r\n"
            }
            // Nothing that is no reply can be told apart from one.
            Proto::Resp2 => return,
        };
        match keys {
            None => bytes.extend_from_slice(all),
            Some(keys) => bulks(&mut bytes, b'*', keys),
        }
        self.outbox.send(&mut self.clients, target, Buffer::new(bytes));
    }

    fn tell_of_broken_redirection(&mut self, client: ClientId, number: u64) {
        let state = &mut self.clients[client];
        if let Some(tracking) = &mut state.tracking {
            tracking.is_broken = true;
        }
        if state.proto == Proto::Resp3 {
            let push = format!(">2\r\n$21\r\ntracking-redir-broken\r\n:{number}\r\n");
            self.outbox.send(&mut self.clients, client, Buffer::new(push.into_bytes()));
        }
    }
}
