//! Messages: who has subscribed to which channel, pattern or shard channel, and how a message reaches them.
//!
//! ```text
//! topics   "news" -> [ client 4, client 9, client 2 ]
//! client 9           "news" -> 1                        its place in the list, so that leaving costs no search
//! ```
//!
//! A message is encoded once for each protocol. It goes to the outbox together with the topic's list, which is counted: subscribers are looked
//! at when it is delivered, once for all messages of a pipeline. What goes to whoever publishes comes behind its own reply.

use crate::base::glob;
use crate::base::rare::Rare;
use crate::server::Server;
use crate::server::client::{ClientId, Clients};
use crate::server::outbox::{Outbox, Push, Receivers};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A channel.
    Channel,
    /// All channels whose names fit a pattern.
    Pattern,
    /// A channel that belongs to a slot of a cluster; a world of its own.
    Shard,
}

/// What a client has subscribed to, with its place among the subscribers.
#[derive(Debug, Default)]
pub struct Subscriptions {
    topics: Rare<[BTreeMap<Arc<[u8]>, u32>; 3]>,
    /// See [`Subscriptions::bytes`].
    bytes: usize,
}

/// What a subscription takes beside its name, about: a place in the client's tree, and one in the list of the topic.
const SUBSCRIPTION: usize = 64;

impl Subscriptions {
    /// How many of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.topics.get().map_or(0, |topics| topics[kind as usize].len())
    }

    /// What subscribing and unsubscribing answers: channels and patterns count together.
    pub fn shown(&self, kind: Kind) -> usize {
        match kind {
            Kind::Shard => self.count(Kind::Shard),
            _ => self.count(Kind::Channel) + self.count(Kind::Pattern),
        }
    }

    /// The memory that they take, about. A name counts for each who has subscribed to it, as in Redis.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.topics.get().is_none_or(|topics| topics.iter().all(BTreeMap::is_empty))
    }

    /// Whether this is among them.
    pub fn has(&self, kind: Kind, name: &[u8]) -> bool {
        self.topics.get().is_some_and(|topics| topics[kind as usize].contains_key(name))
    }

    /// The names of a kind.
    pub fn names(&self, kind: Kind) -> Vec<Arc<[u8]>> {
        self.topics.get().map_or(Vec::new(), |topics| topics[kind as usize].keys().cloned().collect())
    }
}

/// Who has subscribed to what. Nothing that nobody has subscribed to.
#[derive(Debug, Default)]
pub struct Pubsub {
    topics: [BTreeMap<Arc<[u8]>, Receivers>; 3],
    clients: usize,
}

impl Pubsub {
    /// How many clients have subscribed to something.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// How many channels or patterns somebody has subscribed to.
    pub fn count(&self, kind: Kind) -> usize {
        self.topics[kind as usize].len()
    }

    /// How many clients have subscribed to one of them.
    pub fn subscribers(&self, kind: Kind, name: &[u8]) -> usize {
        self.topics[kind as usize].get(name).map_or(0, |list| list.len())
    }

    /// The names of a kind.
    pub fn names(&self, kind: Kind) -> impl Iterator<Item = &[u8]> {
        self.topics[kind as usize].keys().map(|name| &**name)
    }

    /// Sends a message to all who have subscribed to its channel; how often it was sent.
    pub(super) fn publish(
        &self,
        clients: &mut Clients,
        outbox: &mut Outbox,
        kind: Kind,
        channel: &[u8],
        message: &[u8],
    ) -> usize {
        let mut sent = 0;
        let mut send = |to: &Receivers, kind: Kind, name: &[u8], parts: &[&[u8]]| {
            let push = Push::new(clients[to[0]].proto, parts);
            let mut others = to.len();
            for client in outbox.served() {
                if let Some(state) = clients.get(client)
                    && state.subscriptions.has(kind, name)
                {
                    let form = push.form(state.proto).clone();
                    outbox.send(clients, client, form);
                    others -= 1;
                }
            }
            if others > 0 {
                outbox.publish(to, push);
            }
            sent += to.len();
        };
        if let Some(to) = self.topics[kind as usize].get(channel) {
            let word: &[u8] = if kind == Kind::Shard { b"smessage" } else { b"message" };
            send(to, kind, channel, &[word, channel, message]);
        }
        if kind == Kind::Channel {
            for (pattern, to) in &self.topics[Kind::Pattern as usize] {
                if glob::matches(pattern, channel) {
                    send(to, Kind::Pattern, pattern, &[b"pmessage", pattern, channel, message]);
                }
            }
        }
        sent
    }
}

impl Server {
    /// Sends a message to all who have subscribed to its channel; how often it was sent.
    pub fn publish(&mut self, kind: Kind, channel: &[u8], message: &[u8]) -> usize {
        self.pubsub.publish(&mut self.clients, &mut self.outbox, kind, channel, message)
    }

    /// A client subscribes; how many subscriptions it has now.
    pub fn subscribe(&mut self, client: ClientId, kind: Kind, name: &[u8]) -> usize {
        let state = &mut self.clients[client];
        if !state.subscriptions.topics.make()[kind as usize].contains_key(name) {
            self.pubsub.clients += usize::from(!state.is_subscriber());
            let topics = &mut self.pubsub.topics[kind as usize];
            let name = topics.get_key_value(name).map_or_else(|| Arc::from(name), |(known, _)| known.clone());
            let list = topics.entry(name.clone()).or_default();
            state.subscriptions.bytes += name.len() + SUBSCRIPTION;
            state.subscriptions.topics.make()[kind as usize].insert(name, list.len() as u32); // there are fewer clients than 2^32
            Arc::make_mut(list).push(client);
            state.protocol_changed();
            self.look_for_interest();
        }
        self.clients[client].subscriptions.shown(kind)
    }

    /// A client subscribes no more to a name; how many subscriptions it has left.
    pub fn unsubscribe(&mut self, client: ClientId, kind: Kind, name: &[u8]) -> usize {
        let k = kind as usize;
        if self.clients[client].subscriptions.count(kind) > 0
            && let Some(place) = self.clients[client].subscriptions.topics.make()[k].remove(name)
        {
            self.clients[client].subscriptions.bytes -= name.len() + SUBSCRIPTION;
            let list = self.pubsub.topics[k].get_mut(name).expect("a client's subscriptions have a list");
            let list = Arc::make_mut(list);
            list.swap_remove(place as usize);
            if let Some(&moved) = list.get(place as usize) {
                let places = &mut self.clients[moved].subscriptions.topics.make()[k];
                *places.get_mut(name).expect("who is in the list has subscribed") = place;
            } else if list.is_empty() {
                self.pubsub.topics[k].remove(name);
            }
            let state = &mut self.clients[client];
            if state.subscriptions.is_empty() {
                state.subscriptions.topics.clear();
            }
            state.protocol_changed();
            self.pubsub.clients -= usize::from(!state.is_subscriber());
            self.look_for_interest();
        }
        self.clients[client].subscriptions.shown(kind)
    }

    /// A client subscribes to nothing any more.
    pub fn unsubscribe_all(&mut self, client: ClientId) {
        let Some(state) = self.clients.get(client) else { return };
        if !state.is_subscriber() {
            return;
        }
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            for name in self.clients[client].subscriptions.names(kind) {
                self.unsubscribe(client, kind, &name);
            }
        }
    }
}
