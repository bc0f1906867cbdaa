//! What commands want done to connections other than by replying: delivered by `net` after the unit.

use crate::server::client::ClientId;

/// An order to `net`.
#[derive(Debug)]
pub enum Order {
    /// Bytes that are not a reply (a push, a message), for a client's output.
    Send(ClientId, Vec<u8>),
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
}

impl Outbox {
    /// Leaves an order.
    pub fn push(&mut self, order: Order) {
        self.orders.push(order);
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
}
