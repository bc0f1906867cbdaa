//! Messages on their way to many connections at once.
//!
//! What a pipeline has published comes as one order: each subscriber is looked at once, its output grows once, and its memory is
//! accounted once, whatever the number of messages.

use super::EventLoop;
use crate::server::Server;
use crate::server::client::ClientId;
use crate::server::outbox::Publication;

impl EventLoop {
    /// Puts pushes behind what each receiver is to be sent.
    pub(super) fn publish(&mut self, server: &mut Server, publication: &Publication) {
        let len = publication.copied_len();
        for client in publication.receivers() {
            self.publish_to(server, client, publication, len);
        }
    }

    /// The same for one of them; one whose output grows too long is closed.
    fn publish_to(&mut self, server: &mut Server, id: ClientId, publication: &Publication, len: usize) {
        let Some(client) = server.clients.get(id) else { return };
        let proto = client.proto;
        if client.streaming.is_some() {
            for push in &publication.pushes {
                server.keep_push(id, push.form(proto).clone());
            }
            return;
        }
        let Some(slot) = client.connection.token else { return };
        let connection = &mut self.connections[slot];
        if connection.is_closing || connection.is_doomed {
            return;
        }
        connection.lane.reply.expect(len);
        for push in &publication.pushes {
            connection.lane.reply.encoded(push.form(proto));
            if connection.is_over_hard_limit(server) {
                connection.lane.tell_of_output(server);
                return self.doom(slot);
            }
        }
        connection.lane.tell_of_output(server);
        self.queue_send(slot);
    }
}
