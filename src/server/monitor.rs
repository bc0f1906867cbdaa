//! MONITOR: each command that runs, as a line for those who watch.
//!
//! ```text
//! +1700000000.123456 [0 127.0.0.1:50000] "SET" "k" "v"
//! ```
//!
//! Queued commands show when EXEC runs them, EXEC itself behind them. What administers the server does not show, and
//! secrets are blotted out, as the command's row says. While nobody monitors this costs nothing: with a monitor, all
//! clients' requests go the way of those that get a closer look.

use crate::base::buffer::Buffer;
use crate::base::words::quote;
use crate::resp::Args;
use crate::server::Server;
use crate::server::client::{Care, ClientId};
use crate::server::command::{CommandId, Flag};
use std::io::Write;

impl Server {
    /// A client is shown all commands from here on.
    pub fn monitor(&mut self, client: ClientId) {
        self.monitors.push(client);
        self.clients[client].is_monitor = true;
        self.clients.set_care(Care::MONITORED, true);
    }

    /// A client is shown commands no more, if it was.
    pub fn stop_monitoring(&mut self, client: ClientId) {
        let Some(state) = self.clients.get_mut(client) else { return };
        if std::mem::take(&mut state.is_monitor) {
            self.monitors.retain(|monitor| *monitor != client);
            self.clients.set_care(Care::MONITORED, !self.monitors.is_empty());
        }
    }

    /// Shows a command that a client ran.
    #[cold]
    pub(super) fn tell_monitors(&mut self, client: ClientId, id: CommandId, args: Args) {
        let row = self.commands.get(id).row;
        if row.flags.has(Flag::Admin) || row.flags.has(Flag::SkipMonitor) {
            return;
        }
        let us = self.clock.unix_us();
        let state = &self.clients[client];
        let mut line = Vec::new();
        write!(line, "+{}.{:06} [{} ", us / 1_000_000, us % 1_000_000, state.db.0).expect("a vector takes everything");
        if state.connection.is_unix {
            let path = state.connection.laddr.strip_suffix(":0").unwrap_or(&state.connection.laddr);
            line.extend_from_slice(b"unix:");
            line.extend_from_slice(path.as_bytes());
        } else {
            line.extend_from_slice(state.connection.addr.as_bytes());
        }
        line.push(b']');
        for (i, argument) in args.iter().enumerate() {
            line.push(b' ');
            quote(if row.is_secret(args, i) { b"(redacted)" } else { argument }, &mut line);
        }
        line.extend_from_slice(b"\r\n");
        let line = Buffer::new(line);
        for &monitor in &self.monitors {
            self.outbox.send(&mut self.clients, monitor, line.clone());
        }
    }
}
