//! What commands want done to connections other than by replying: delivered by `net` after the unit.

use crate::base::buffer::Buffer;
use crate::resp::{PUSH_SHARED_MIN, Proto, Reply, encode_push};
use crate::server::Server;
use crate::server::client::ClientId;
use std::cell::OnceCell;
use std::sync::Arc;

/// An order to `net`.
#[derive(Debug)]
pub enum Order {
    /// The reply of a client that was waiting.
    Send(ClientId, Vec<u8>),
    /// A push (a message, an invalidation), encoded in the client's protocol.
    Push(ClientId, Buffer),
    /// The same pushes to many.
    Publish(Publication),
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

/// Those who have subscribed to the same.
pub type Receivers = Arc<Vec<ClientId>>;

/// Pushes that all of a list are sent, one after the other. The list is the topic's own, which is copied only if it changes meanwhile.
#[derive(Debug)]
pub struct Publication {
    to: Receivers,
    /// They are in the list perhaps, and get theirs behind their own replies.
    except: [Option<ClientId>; 2],
    /// What is sent.
    pub pushes: Vec<Push>,
}

impl Publication {
    /// Who gets them.
    pub fn receivers(&self) -> impl Iterator<Item = ClientId> {
        self.to.iter().copied().filter(|client| !self.except.contains(&Some(*client)))
    }

    /// The bytes of those pushes that are short enough to be copied.
    pub fn copied_len(&self) -> usize {
        self.pushes.iter().map(|push| push.form.bytes().len()).filter(|len| *len < PUSH_SHARED_MIN).sum()
    }
}

/// A push, encoded once for each protocol that somebody wants it in.
#[derive(Debug)]
pub struct Push {
    proto: Proto,
    form: Buffer,
    other: OnceCell<Buffer>,
}

impl Push {
    /// A push of strings; in this protocol at first.
    pub fn new(proto: Proto, parts: &[&[u8]]) -> Push {
        Push { proto, form: encode_push(proto, parts), other: OnceCell::new() }
    }

    /// Its form in a protocol. They differ in the first byte.
    pub fn form(&self, proto: Proto) -> &Buffer {
        if proto == self.proto {
            return &self.form;
        }
        self.other.get_or_init(|| {
            let mut bytes = self.form.bytes().to_vec();
            bytes[0] = if proto == Proto::Resp3 { b'>' } else { b'*' };
            Buffer::new(bytes)
        })
    }
}

/// Orders since `net` last looked.
#[derive(Debug, Default)]
pub struct Outbox {
    orders: Vec<Order>,
    /// Receivers of all orders together, those of publications counted one by one.
    receivers: usize,
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
        self.receivers += 1;
        self.orders.push(order);
    }

    /// Pushes something to all of a list, save those who are being served: see [`Outbox::served`].
    pub(super) fn publish(&mut self, to: &Receivers, push: Push) {
        self.receivers += to.len();
        let except = [self.serving, self.retrying];
        // Several messages to the same list, of one pipeline as a rule, reach each of it together.
        match self.orders.last_mut() {
            Some(Order::Publish(last)) if Arc::ptr_eq(&last.to, to) && last.except == except => last.pushes.push(push),
            _ => self.orders.push(Order::Publish(Publication { to: to.clone(), except, pushes: vec![push] })),
        }
    }

    /// Who is being served: pushes to them follow their own replies.
    pub(super) fn served(&self) -> impl Iterator<Item = ClientId> + use<> {
        let retrying = self.retrying.filter(|_| self.retrying != self.serving);
        [self.serving, retrying].into_iter().flatten()
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
            self.push(Order::Push(client, push));
        }
    }

    /// How much there is to do: orders, each push to each receiver being one.
    pub fn len(&self) -> usize {
        self.receivers
    }

    /// Whether there is nothing to do.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Takes the orders away.
    pub fn take(&mut self) -> Vec<Order> {
        self.receivers = 0;
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

    /// A client's connection is to be closed: at once, or after what it has been replied is sent.
    #[cold]
    pub(super) fn end_client(&mut self, client: ClientId, after_replies: bool) {
        self.clients.close(client);
        self.outbox.push(Order::Close { client, after_replies });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn push(text: &str) -> Push {
        Push::new(Proto::Resp2, &[b"message", text.as_bytes()])
    }

    #[test]
    fn messages_to_the_same_list_are_one_order_until_something_else_comes() {
        let (news, other) = (Arc::new(vec![]), Arc::new(vec![]));
        let mut outbox = Outbox::default();
        for (to, text) in [(&news, "1"), (&news, "2"), (&other, "3"), (&news, "4")] {
            outbox.publish(to, push(text));
        }
        outbox.push(Order::Listen);
        outbox.publish(&news, push("5"));
        let orders = outbox.take();
        let lens = orders.iter().map(|order| if let Order::Publish(all) = order { all.pushes.len() } else { 0 });
        assert_eq!(lens.collect::<Vec<_>>(), [2, 1, 1, 0, 1]);
    }

    #[test]
    fn the_forms_of_a_push_differ_in_the_first_byte() {
        for proto in [Proto::Resp2, Proto::Resp3] {
            let push = Push::new(proto, &[b"message", b"news", b"x"]);
            for other in [Proto::Resp2, Proto::Resp3] {
                assert_eq!(push.form(other).bytes(), encode_push(other, &[b"message", b"news", b"x"]).bytes());
            }
        }
    }
}
