//! The stall log: each turn of the loop that took more than a millisecond, and what in it took longest.
//!
//! A turn is what everybody waits for. Its parts are told by [`Server::blame`] as they end; commands tell only when they
//! themselves are slow, so that none of it costs anything on the way of a request.

use crate::server::Server;
use crate::server::command::CommandId;
use std::collections::VecDeque;

/// A turn longer than that is a stall.
pub const STALL_NS: u64 = 1_000_000;
/// What slices of expiry, eviction and long replies get together in one turn, and what each gets at least.
const SLICES_NS: u64 = 400_000;
const SLICE_MIN_NS: u64 = 50_000;
/// So many are kept.
const KEPT: usize = 128;

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One command.
    Command(CommandId),
    /// Commands and connections, none of them slow alone.
    Requests,
    /// Loading the data.
    Loading,
    /// The regular work: growth, shrinking, files.
    Cron,
    /// A slice of expiry, with what it set off.
    Expiry,
    /// A slice of eviction, with what it set off.
    Eviction,
    /// Slices of long replies.
    Replies,
    /// Handing the log on.
    Log,
    /// Sending and closing.
    Sending,
}

/// A stall.
#[derive(Clone, Debug)]
pub struct Stall {
    /// When, Unix milliseconds.
    pub time_ms: i64,
    /// How long the turn took, microseconds.
    pub us: u64,
    /// What took longest, and how long that took, microseconds.
    pub culprit: (String, u64),
}

/// The stall log.
#[derive(Debug, Default)]
pub struct Stalls {
    /// The newest last.
    pub list: VecDeque<Stall>,
    /// How many there were since the start or the last CONFIG RESETSTAT.
    pub count: u64,
    /// The worst part of the turn under way.
    worst: Option<(Part, u64)>,
    /// What slices have taken of it, ticks.
    sliced: u64,
    /// How long the thread had waited for a processor when that was last looked at.
    waited_ns: u64,
}

impl Server {
    /// How many ticks a slice may last that would last `ns` if it were the only one in this turn.
    pub(super) fn slice_ticks(&self, ns: u64) -> u64 {
        let left = self.watch.ticks_in_ns(SLICES_NS.max(ns)).saturating_sub(self.stalls.sliced);
        self.watch.ticks_in_ns(ns).min(left.max(self.watch.ticks_in_ns(SLICE_MIN_NS)))
    }

    /// A slice took so many ticks.
    pub(super) fn note_slice(&mut self, part: Part, ticks: u64) {
        self.stalls.sliced += ticks;
        self.blame(part, ticks);
    }

    /// What came behind the requests of the turn under way took so many ticks, slices included.
    #[inline]
    pub fn blame_log(&mut self, ticks: u64) {
        self.blame(Part::Log, ticks.saturating_sub(self.stalls.sliced));
    }

    /// A part of the turn under way took so many ticks.
    #[inline]
    pub fn blame(&mut self, part: Part, ticks: u64) {
        let is_worst = match self.stalls.worst {
            None => true,
            // The command is a part of these.
            Some((Part::Command(_), most)) if part == Part::Requests => ticks / 2 > most,
            Some((_, most)) => ticks > most,
        };
        if is_worst {
            self.stalls.worst = Some((part, ticks));
        }
    }

    /// A slow command: it is to blame rather than the requests as a whole, of which it is a part.
    #[cold]
    pub(super) fn blame_command(&mut self, id: CommandId, ticks: u64) {
        let is_worst = match self.stalls.worst {
            Some((Part::Command(_), most)) => ticks > most,
            _ => true,
        };
        if is_worst {
            self.stalls.worst = Some((Part::Command(id), ticks));
        }
    }

    /// How long this thread has waited for a processor since the last look, nanoseconds.
    pub(super) fn look_at_waits(&mut self) -> u64 {
        let waited_ns = crate::base::machine::waited_ns();
        let before = std::mem::replace(&mut self.stalls.waited_ns, waited_ns);
        // The first look has nothing to compare with.
        if before == 0 { 0 } else { waited_ns.saturating_sub(before) }
    }

    /// The turn is over and took so many nanoseconds.
    #[inline]
    pub fn end_turn_of(&mut self, ns: u64) {
        if ns > STALL_NS {
            self.note_stall(ns);
        }
        self.stalls.worst = None;
        self.stalls.sliced = 0;
    }

    #[cold]
    fn note_stall(&mut self, ns: u64) {
        let (part, ticks) = self.stalls.worst.unwrap_or((Part::Requests, 0));
        let name = match part {
            Part::Command(id) => format!("command {}", self.commands.get(id).full_name),
            Part::Requests => "requests".into(),
            Part::Loading => "loading".into(),
            Part::Cron => "cron".into(),
            Part::Expiry => "expiry".into(),
            Part::Eviction => "eviction".into(),
            Part::Replies => "replies".into(),
            Part::Log => "log".into(),
            Part::Sending => "sending".into(),
        };
        // Somebody else's doing: the thread was ready, and the system let others run.
        let waited_us = self.look_at_waits().min(ns) / 1000;
        let (name, ns_of_worst) = if waited_us * 2000 > ns {
            ("no processor".into(), waited_us * 1000)
        } else {
            (name, self.watch.ns(ticks))
        };
        let stall = Stall { time_ms: self.now(), us: ns / 1000, culprit: (name, ns_of_worst / 1000) };
        self.stalls.count += 1;
        if self.stalls.list.len() == KEPT {
            self.stalls.list.pop_front();
        }
        self.stalls.list.push_back(stall);
    }
}
