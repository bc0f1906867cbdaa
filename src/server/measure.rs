//! What is kept of how long a command took: its histogram, the slow log, LATENCY.
//!
//! The time is read once at the end of each command anyway. Histograms cost an increment; everything else is behind one
//! comparison with the lowest of the thresholds.

use crate::resp::Args;
use crate::server::Server;
use crate::server::client::ClientId;
use crate::server::command::{CommandId, Flag};
use crate::server::slowlog::{Entry, shown_args};
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
            Some(ns) => self.watch.ticks_in_ns(ns),
        };
        self.has_histograms = settings.latency_tracking;
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
        let is_slow = settings.slowlog_us.is_some_and(|us| ns / 1000 >= us);
        // A command that took its client away has no client any more.
        if is_slow
            && !row.flags.has(Flag::SkipSlowlog)
            && let Some(state) = self.clients.get(client)
        {
            let entry = Entry {
                id: 0,
                time_s: self.clock.unix_us() / 1_000_000,
                took_us: ns / 1000,
                args: shown_args(row, args),
                addr: state.connection.addr.clone(),
                name: state.name.clone(),
            };
            self.slowlog.add(entry, settings.slowlog_max_len);
        }
    }

    /// Keeps that something beside commands took so long, if that is long.
    pub fn note_latency(&mut self, event: &'static str, ns: u64) {
        let threshold_ms = self.config.settings.latency_monitor_ms;
        if threshold_ms > 0 && ns / 1_000_000 >= threshold_ms {
            self.latency.add(event, ns / 1_000_000, self.clock.unix_us() / 1_000_000);
        }
    }
}
