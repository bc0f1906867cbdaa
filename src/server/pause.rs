//! CLIENT PAUSE: for a while commands, or only those that write, are put off.
//!
//! A client whose command is put off waits with it; what it sent after it waits too. At the end they go on in the order in
//! which they came. Meanwhile nothing expires: what is past its deadline is hidden, and deleted afterwards. So it is while data is imported
//! (Valkey's `import-mode`), where whoever imports it sees it nevertheless.

use crate::keyspace::Expiry;
use crate::server::Server;
use crate::server::client::{Care, ClientId};
use crate::server::command::{CommandId, Flag};
use crate::server::outbox::Order;

/// A pause.
#[derive(Debug, Default)]
pub struct Pause {
    /// When it ends, Unix milliseconds; zero: there is none.
    until_ms: i64,
    /// Whether it is for all commands, not only for those that write.
    is_for_all: bool,
    /// Who waits for its end.
    postponed: Vec<ClientId>,
}

impl Pause {
    /// How many clients wait for its end.
    pub fn postponed(&self) -> usize {
        self.postponed.len()
    }

    /// When it ends, Unix milliseconds.
    pub fn end(&self) -> Option<i64> {
        (self.until_ms != 0).then_some(self.until_ms)
    }
}

impl Server {
    /// Commands are put off until a time in Unix milliseconds. A pause that lasts longer goes on; whom it
    /// is for is what was said last.
    pub fn pause(&mut self, until_ms: i64, is_for_all: bool) {
        self.pause.until_ms = self.pause.until_ms.max(until_ms.max(1));
        self.pause.is_for_all = is_for_all;
        self.look_at_expiry();
        self.clients.set_care(Care::PAUSED, true);
    }

    /// The pause is over; who waited goes on.
    pub fn unpause(&mut self) {
        if self.pause.until_ms == 0 {
            return;
        }
        let Pause { postponed, .. } = std::mem::take(&mut self.pause);
        self.look_at_expiry();
        self.clients.set_care(Care::PAUSED, false);
        for client in postponed {
            self.clients.set_postponed(client, false);
            self.outbox.push(Order::Resume(client));
        }
    }

    /// Takes note of who decides whether a key expires: the log while it is loaded, nobody in a pause or an import.
    pub(super) fn look_at_expiry(&mut self) {
        self.keyspace.shared.expiry = match (&self.loading, self.pause.end()) {
            (Some(_), _) => Expiry::Loading,
            (None, Some(_)) => Expiry::Paused,
            (None, None) if self.config.settings.import_mode => Expiry::Paused,
            (None, None) => Expiry::Own,
        };
    }

    /// While data is imported: who imports it sees what has expired; who else writes finds it gone, so it goes. Until the next look.
    #[cold]
    pub(super) fn look_at_expiry_for(&mut self, client: ClientId, id: CommandId) {
        if self.loading.is_none() && self.pause.end().is_none() {
            if self.clients[client].is_import_source {
                self.keyspace.shared.expiry = Expiry::Loading;
            } else if self.commands.get(id).row.flags.has(Flag::Write) {
                self.keyspace.shared.expiry = Expiry::Own;
            }
        }
    }

    /// Ends the pause when its time is over.
    pub(super) fn end_pause(&mut self) {
        if self.pause.end().is_some_and(|end| end <= self.now()) {
            self.unpause();
        }
    }

    /// Whether a command is to wait for the end of the pause that there is; if so, its client waits from here on.
    pub(super) fn is_put_off(&mut self, client: ClientId, id: CommandId) -> bool {
        let flags = self.flags_of(client, id);
        let is_put_off = self.pause.is_for_all || flags.has(Flag::Write) || flags.has(Flag::MayReplicate);
        if is_put_off {
            self.clients.set_postponed(client, true);
            self.pause.postponed.push(client);
        }
        is_put_off
    }

    /// A client goes: it waits for no end of a pause.
    pub(super) fn forget_postponed(&mut self, client: ClientId) {
        if self.clients.get(client).is_some_and(|client| client.is_postponed) {
            self.pause.postponed.retain(|other| *other != client);
            self.clients.set_postponed(client, false);
        }
    }
}
