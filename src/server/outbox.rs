//! What commands want done to connections other than by replying: delivered by `net` after the unit.

use crate::base::buffer::Buffer;
use crate::resp::Reply;
use crate::server::Server;
use crate::server::client::ClientId;

/// An order to `net`.
#[derive(Debug)]
pub enum Order {
    /// The reply of a client that was waiting.
    Send(ClientId, Vec<u8>),
    /// A push (a message, an invalidation), encoded in the client's protocol.
    Push(ClientId, Buffer),
    /// A client waits no more: what else it sent may run.
    Resume(ClientId),
    /// Close a client's connection: at once, or after what it has been replied is sent.
    Close {
        /// Whose.
        client: ClientId,
        /// Whether its replies are sent first.
        after_replies: bool,
    },
    /// What waited for the log may leave now.
    Logged,
    /// What waits for the log will never be durable: those connections end.
    CloseHeld,
    /// Addresses, port or socket settings changed: listen anew.
    Listen,
    /// `maxclients` changed: adjust the descriptor limit.
    Descriptors,
}

/// Orders since `net` last looked.
#[derive(Debug, Default)]
pub struct Outbox {
    orders: Vec<Order>,
    /// Whose requests run now.
    serving: Option<ClientId>,
    /// Who waited and is served now.
    pub(super) retrying: Option<ClientId>,
    /// Pushes to these two: they follow their own replies.
    own: Vec<(ClientId, Buffer)>,
}

impl Outbox {
    /// Leaves an order.
    pub fn push(&mut self, order: Order) {
        self.orders.push(order);
    }

    /// Whose command runs now.
    pub(super) fn current(&self) -> Option<ClientId> {
        self.retrying.or(self.serving)
    }

    /// Pushes something to a client: behind its own reply if it is being served, otherwise behind what it was sent.
    pub fn send(&mut self, clients: &mut super::client::Clients, client: ClientId, push: Buffer) {
        if self.serving == Some(client) || self.retrying == Some(client) {
            if self.own.is_empty() {
                clients.note_own_pushes(true);
            }
            self.own.push((client, push));
        } else {
            self.orders.push(Order::Push(client, push));
        }
    }

    /// How many orders there are.
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether there is nothing to do.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Takes the orders away.
    pub fn take(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// Takes the empty list back, for its memory.
    pub fn reuse(&mut self, mut orders: Vec<Order>) {
        if self.orders.is_empty() && orders.capacity() <= ORDERS_KEPT {
            orders.clear();
            self.orders = orders;
        }
    }
}

/// A list of orders with more room than that is not worth keeping.
const ORDERS_KEPT: usize = 16 * 1024;

impl Server {
    /// The requests of a client are about to run, or no client's any more.
    pub fn serve(&mut self, client: Option<ClientId>) {
        self.outbox.serving = client;
    }

    /// Puts what a client is to be pushed behind its reply: after each of its units.
    #[cold]
    pub fn push_own(&mut self, client: ClientId, reply: &mut Reply) {
        for push in self.take_own(client) {
            reply.encoded(&push);
        }
    }

    /// The same for one that waited: its reply is on its way already.
    pub(super) fn send_own(&mut self, client: ClientId) {
        for push in self.take_own(client) {
            self.outbox.push(Order::Push(client, push));
        }
    }

    fn take_own(&mut self, client: ClientId) -> Vec<Buffer> {
        if self.outbox.own.is_empty() {
            return Vec::new();
        }
        let (own, others) = std::mem::take(&mut self.outbox.own).into_iter().partition(|(to, _)| *to == client);
        self.outbox.own = others;
        if self.outbox.own.is_empty() {
            self.clients.note_own_pushes(false);
        }
        let own: Vec<(ClientId, Buffer)> = own;
        own.into_iter().map(|(_, push)| push).collect()
    }
}
