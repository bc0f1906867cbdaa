//! What is kept of how long a command took, and how long it was: its histogram, the lists of COMMANDLOG, LATENCY.
//!
//! The time is read once at the end of each command anyway. Histograms cost an increment; everything else is behind one
//! comparison with the lowest of the thresholds, and one of the client's output with that of long replies. Whether a request may be
//! long is seen once for a batch.

use crate::base::words::until_nul;
use crate::resp::{Args, Mark, Reply};
use crate::server::Server;
use crate::server::client::{Client, ClientId};
use crate::server::command::{CommandId, Flag};
use crate::server::slowlog::{Entry, Kind, shown_args};
use crate::server::stall::STALL_NS;

impl Server {
    /// Computes in ticks from when on a command is looked at more closely.
    pub(super) fn set_thresholds(&mut self) {
        let settings = &self.config.settings;
        let slow_ns = settings.slowlog_us.map(|us| us.saturating_mul(1000));
        let latency_ns =
            (settings.latency_monitor_ms > 0).then(|| settings.latency_monitor_ms.saturating_mul(1_000_000));
        let lowest = slow_ns.into_iter().chain(latency_ns).chain([STALL_NS]).min();
        self.look_ticks = match lowest {
            None => u64::MAX,
            Some(0) => 0,
            Some(_) if self.looks_closely => 0,
            Some(ns) => self.watch.ticks_in_ns(ns),
        };
        self.has_histograms = settings.latency_tracking;
        let bytes = |limit: Option<u64>| limit.map_or(usize::MAX, |bytes| bytes as usize);
        (self.large_request, self.large_reply) = (bytes(settings.large_request), bytes(settings.large_reply));
    }

    /// Requests of so many bytes together are about to run.
    #[inline]
    pub fn sees_batch(&mut self, bytes: usize) {
        if bytes >= self.large_request || self.looks_closely {
            self.look_closely(bytes >= self.large_request);
        }
    }

    /// Whether all commands are looked at, since one of them may be a long request.
    #[cold]
    fn look_closely(&mut self, does: bool) {
        self.looks_closely = does;
        self.set_thresholds();
    }

    /// After a command that took so many ticks.
    #[inline]
    pub(super) fn measure(&mut self, client: ClientId, id: CommandId, args: Args, ticks: u64) {
        if self.has_histograms {
            self.commands.add_to_histogram(id, self.watch.ns(ticks));
        }
        if ticks >= self.look_ticks {
            self.look_closer(client, id, args, self.watch.ns(ticks));
        }
    }

    /// After a command whose reply began at a mark.
    #[inline]
    pub(super) fn measure_reply(&mut self, client: ClientId, id: CommandId, args: Args, reply: &Reply, began: Mark) {
        if reply.len() >= self.large_reply {
            self.look_at_reply(client, id, args, reply.since(began));
        }
    }

    #[cold]
    pub(super) fn look_at_reply(&mut self, client: ClientId, id: CommandId, args: Args, bytes: usize) {
        let is_muted = self.clients.get(client).is_some_and(Client::is_muted);
        if bytes >= self.large_reply && !is_muted {
            self.keep(Kind::LargeReply, client, id, args, bytes as u64);
        }
    }

    #[cold]
    fn look_closer(&mut self, client: ClientId, id: CommandId, args: Args, ns: u64) {
        if ns >= STALL_NS {
            self.blame_command(id, self.watch.ticks_in_ns(ns));
        }
        let row = self.commands.get(id).row;
        let settings = &self.config.settings;
        if settings.latency_monitor_ms > 0 && ns / 1_000_000 >= settings.latency_monitor_ms {
            let event = if row.flags.has(Flag::Fast) { "fast-command" } else { "command" };
            // The time of day as it is now: the turn began when the command did.
            self.latency.add(event, ns / 1_000_000, self.clock.unix_us() / 1_000_000);
        }
        if settings.slowlog_us.is_some_and(|us| ns / 1000 >= us) {
            self.keep(Kind::Slow, client, id, args, ns / 1000);
        }
        if self.looks_closely && args.encoded_len() >= self.large_request {
            self.keep(Kind::LargeRequest, client, id, args, args.encoded_len() as u64);
        }
    }

    /// Keeps a request in one of the lists of COMMANDLOG.
    fn keep(&mut self, kind: Kind, client: ClientId, id: CommandId, args: Args, value: u64) {
        let row = self.commands.get(id).row;
        // A command that took its client away has no client any more.
        if row.flags.has(Flag::SkipSlowlog) {
            return;
        }
        let Some(state) = self.clients.get(client) else { return };
        let entry = Entry {
            id: 0,
            time_s: self.clock.unix_us() / 1_000_000,
            value,
            args: shown_args(row, args),
            addr: state.connection.addr.clone(),
            name: until_nul(&state.name).into(),
        };
        let settings = &self.config.settings;
        let len_max = match kind {
            Kind::Slow => settings.slowlog_max_len,
            Kind::LargeRequest => settings.large_request_max_len,
            Kind::LargeReply => settings.large_reply_max_len,
        };
        self.commandlog.of_mut(kind).add(entry, len_max);
    }

    /// Keeps that something beside commands took so long, if that is long.
    pub fn note_latency(&mut self, event: &'static str, ns: u64) {
        let threshold_ms = self.config.settings.latency_monitor_ms;
        if threshold_ms > 0 && ns / 1_000_000 >= threshold_ms {
            self.latency.add(event, ns / 1_000_000, self.clock.unix_us() / 1_000_000);
        }
    }
}
