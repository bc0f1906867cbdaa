//! The limit: `maxmemory`, who has to go for it, and who waits meanwhile.
//!
//! ```text
//! dispatch: over the limit? --no--> run
//!                 | yes: evict, as long as this turn's slice lasts; nothing if clients go for it (`maxmemory-clients`)
//!                 +-- below ---------> run
//!                 +-- nothing to evict: a command that needs memory gets an error
//!                 +-- slice is over: a command that needs memory waits, its client with it; others run
//! end of a turn: the rest of the slice; below -> who waited goes on
//! ```
//!
//! Whether the limit is exceeded is one comparison: of what the loop's thread has allocated with a mark that is computed at
//! each turn, and whenever it is passed. What other threads free meanwhile only makes the mark too low, so that it is
//! computed once more.
//!
//! While data is loaded, or a pause is on (CLIENT PAUSE), nothing is evicted and nobody is refused.

use crate::base::alloc;
use crate::base::buffer::Buffer;
use crate::keyspace::Expiry;
use crate::keyspace::changes::Interest;
use crate::keyspace::evict::{Evicted, Policy, Rank};
use crate::resp::Reply;
use crate::server::client::ClientId;
use crate::server::command::{CommandId, Flag};
use crate::server::outbox::Order;
use crate::server::stall::Part;
use crate::server::{Error, Server};

/// Keys between two looks at the stopwatch; so many go in any slice, however short it is.
const STRIDE: usize = 8;

/// Keys that go at once where somebody is told of each: what that takes is part of the slice, and known only afterwards.
const TOLD_MAX: usize = 128;

/// Below so many bytes for all clients nobody could connect to raise the limit.
const CLIENTS_MIN: u64 = 128 * 1024;

/// What eviction has done, and who waits for it.
#[derive(Debug, Default)]
pub struct Eviction {
    /// Ticks of this turn's slice that are left.
    left: u64,
    /// Keys that one slice evicts at most: for simulations, whose time stands still.
    pub keys_max: Option<usize>,
    keys_left: usize,
    /// Who waits for memory.
    waiting: Vec<ClientId>,
    /// The command in hand is to wait.
    is_to_wait: bool,
    /// Keys were spared in this turn, since clients take more than they may.
    counts_on_clients: bool,
    /// No client went for it, or not enough did: keys go meanwhile.
    clients_stay: bool,
    /// What clients were told since the loop last tried to send to all of them, in bytes.
    told: usize,
    /// Slices were not enough: the loop must not sleep.
    is_behind: bool,
    /// Since when the limit is exceeded; microseconds of the monotonic clock.
    since_us: Option<u64>,
    /// For how long it was exceeded before that, microseconds.
    exceeded_us: u64,
}

impl Eviction {
    /// How many clients wait for memory.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is more to do at once.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// For how long the limit was exceeded in all, and for how long it is now; milliseconds.
    pub fn exceeded_ms(&self, now_us: u64) -> (u64, u64) {
        let current = self.since_us.map_or(0, |since| now_us.saturating_sub(since));
        ((self.exceeded_us + current) / 1000, current / 1000)
    }

    /// Whether the command that was just checked is to wait for memory. Says so once.
    #[inline]
    pub(super) fn take_wait(&mut self) -> bool {
        std::mem::take(&mut self.is_to_wait)
    }

    /// Begins to count anew.
    pub fn reset(&mut self) {
        self.exceeded_us = 0;
    }
}

/// How it stands with memory after an attempt to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Enough,
    /// There would be more to evict.
    NotYet,
    /// There is nothing to evict.
    None,
}

/// The policy of a name in the configuration; `None`: nothing is evicted.
fn policy_of(name: &str) -> Option<Policy> {
    let (keys, rank) = name.split_once('-')?;
    let rank = match rank {
        "lru" | "lrm" => Rank::Idle,
        "lfu" => Rank::Frequency,
        "ttl" => Rank::Deadline,
        _ => Rank::Chance,
    };
    Some(Policy { takes_all: keys == "allkeys", rank })
}

/// For how long one slice lasts, nanoseconds: `maxmemory-eviction-tenacity`.
fn slice_ns(tenacity: u32) -> u64 {
    match tenacity {
        0..=10 => u64::from(tenacity) * 50_000,
        11..=99 => (500_000.0 * 1.15_f64.powi(tenacity as i32 - 10)) as u64,
        _ => u64::MAX,
    }
}

impl Server {
    /// The bytes that count for the limit, at this moment.
    fn counted_memory(&mut self) -> usize {
        let used = alloc::used();
        let freeing = self.keyspace.shared.freeing.unfreed();
        used.saturating_sub(self.log_buffers() + self.pinned_bytes(used) + freeing + self.eviction.told)
    }

    /// Puts a push behind what a client is to be sent. Until there was a chance to send it, what it takes does not count for the
    /// limit: each key that goes would let more go, where many clients are told.
    pub fn tell(&mut self, reply: &mut Reply, push: &Buffer) {
        let before = alloc::mine();
        reply.encoded(push);
        self.eviction.told += usize::try_from(alloc::mine() - before).unwrap_or(0);
    }

    /// Everybody who was told something had a chance to be sent it.
    #[inline]
    pub fn note_all_tried(&mut self) {
        self.eviction.told = 0;
    }

    /// What clients were told since then, in bytes.
    pub(super) fn told(&self) -> usize {
        self.eviction.told
    }

    /// Computes the mark anew. True if the limit is exceeded.
    fn mark_limit(&mut self) -> bool {
        let (limit, counted) = (self.config.settings.maxmemory as i64, self.counted_memory() as i64);
        self.gate.mark = alloc::mine().saturating_add((limit - counted) as isize);
        counted > limit
    }

    /// Whether the limit is nobody's business just now.
    fn is_limit_off(&self) -> bool {
        let is_paused = self.keyspace.shared.expiry != Expiry::Own && !self.config.settings.import_mode;
        !self.gate.has_limit || self.loading.is_some() || is_paused || self.depth > 0
    }

    /// Before a command: whether it may run as far as memory goes. It may have to wait instead: see [`Eviction::take_wait`].
    #[inline]
    pub(super) fn check_memory(&mut self, client: ClientId, id: CommandId) -> Result<(), Error> {
        if self.gate.is_below_limit() { Ok(()) } else { self.check_memory_closely(client, id) }
    }

    #[cold]
    fn check_memory_closely(&mut self, client: ClientId, id: CommandId) -> Result<(), Error> {
        if self.is_limit_off() {
            return Ok(());
        }
        let room = self.make_room();
        let needs_memory = self.flags_of(client, id).has(Flag::DenyOom);
        match room {
            Room::None if needs_memory => {
                return Err(Error::Text("OOM command not allowed when used memory > 'maxmemory'."));
            }
            Room::NotYet if needs_memory => self.eviction.is_to_wait = true,
            _ => {}
        }
        Ok(())
    }

    /// A client waits for memory from here on.
    #[cold]
    pub(super) fn wait_for_memory(&mut self, client: ClientId) {
        self.clients.set_postponed(client, true);
        self.eviction.waiting.push(client);
    }

    /// Evicts until memory is below the limit, or the slice of this turn is over.
    fn make_room(&mut self) -> Room {
        if !self.mark_limit() {
            return Room::Enough;
        }
        if self.clients_will_go() {
            return Room::NotYet;
        }
        let settings = &self.config.settings;
        let policy = if settings.import_mode { None } else { policy_of(&settings.maxmemory_policy) };
        let Some(policy) = policy else { return Room::None };
        let samples = settings.maxmemory_samples;
        let changes = &self.keyspace.shared.changes;
        let is_told = changes.is_logged || changes.interest != Interest::default();
        let most = if is_told { TOLD_MAX } else { usize::MAX };
        let began = self.watch.ticks();
        let slice = self.slice_ticks(self.watch.ns(self.eviction.left)).min(self.eviction.left);
        let mut room = Room::NotYet;
        let (mut keys, mut attempts) = (0, 0_usize);
        while self.eviction.keys_left > 0 && keys < most {
            if attempts.is_multiple_of(STRIDE) {
                let passed = self.watch.ticks().wrapping_sub(began);
                if passed >= slice {
                    break;
                }
            }
            attempts += 1;
            match self.keyspace.evict(policy, samples) {
                Evicted::Key => {
                    keys += 1;
                    self.eviction.keys_left -= 1;
                    if !self.mark_limit() {
                        room = Room::Enough;
                        break;
                    }
                }
                Evicted::NotYet => {}
                Evicted::Nothing => {
                    room = Room::None;
                    break;
                }
            }
        }
        // Only now: what clients are told of keys that went needs memory, too, and would let more keys go.
        if keys > 0 {
            self.settle_slice();
            if room == Room::Enough {
                self.mark_limit();
            }
        }
        let took = self.watch.ticks().wrapping_sub(began);
        self.eviction.left = self.eviction.left.saturating_sub(took);
        self.note_slice(Part::Eviction, took);
        self.note_latency("eviction-cycle", self.watch.ns(took));
        room
    }

    /// At the end of a turn: looks after the limit, and lets go on who waited for memory.
    #[inline]
    pub fn tend_memory(&mut self) {
        if self.gate.has_limit || !self.eviction.waiting.is_empty() {
            self.tend_limit();
        }
    }

    #[cold]
    fn tend_limit(&mut self) {
        let room = if self.is_limit_off() { Room::Enough } else { self.make_room() };
        self.eviction.is_behind = room == Room::NotYet;
        let now_us = self.clock.monotonic_us();
        if room != Room::Enough {
            self.eviction.since_us.get_or_insert(now_us);
        } else if let Some(since) = self.eviction.since_us.take() {
            self.eviction.exceeded_us += now_us.saturating_sub(since);
        }
        self.begin_slice();
        if room != Room::NotYet {
            for client in std::mem::take(&mut self.eviction.waiting) {
                self.clients.set_postponed(client, false);
                self.outbox.push(Order::Resume(client));
            }
        }
    }

    /// What all clients together may take; none: anything.
    #[inline]
    fn clients_max(&self) -> Option<u64> {
        let most = self.config.settings.maxmemory_clients;
        (most > 0).then_some(most.max(CLIENTS_MIN))
    }

    /// Whether clients take too much and are to go at the end of this turn: keys go only for what is missing then. It may be that
    /// all is sent by then and nobody goes; so keys are spared for one turn only.
    fn clients_will_go(&mut self) -> bool {
        let is_too_much = self.clients_max().is_some_and(|most| self.clients.memory() as u64 > most);
        self.eviction.clients_stay &= is_too_much;
        self.eviction.counts_on_clients = is_too_much && !self.eviction.clients_stay;
        self.eviction.counts_on_clients
    }

    /// After the replies of a turn are sent: looks after the limit for all clients together.
    #[inline]
    pub fn tend_clients(&mut self) {
        if let Some(most) = self.clients_max() {
            if self.clients.memory() as u64 > most {
                self.evict_clients(most as usize);
            } else if std::mem::take(&mut self.eviction.counts_on_clients) {
                self.eviction.clients_stay = true;
            }
        }
    }

    /// Whether one request, of which so many bytes have come, takes more than all clients together may; its client goes
    /// before it runs.
    #[inline]
    pub fn is_too_much(&mut self, client: ClientId, bytes: usize) -> bool {
        self.clients_max().is_some_and(|most| bytes as u64 > most) && self.evict_client(client)
    }

    /// A client goes to save memory, unless it may not.
    #[cold]
    fn evict_client(&mut self, client: ClientId) -> bool {
        let state = &self.clients[client];
        if state.no_evict {
            return false;
        }
        log::info!("Evicting client: {}", self.describe_client(state, state.connection.reply_bytes, None));
        self.stats.evicted_clients += 1;
        self.clients.close(client);
        true
    }

    /// Closes the largest clients until all others together take no more than `most` bytes.
    #[cold]
    fn evict_clients(&mut self, most: usize) {
        let mut memory = self.clients.memory();
        let mut all: Vec<(usize, ClientId)> = Vec::new();
        for (id, client) in self.clients.iter() {
            if client.is_closing {
                memory -= client.memory().min(memory);
            } else if !client.no_evict {
                all.push((client.memory(), id));
            }
        }
        all.sort_unstable();
        while memory > most
            && let Some((bytes, client)) = all.pop()
        {
            memory -= bytes.min(memory);
            self.evict_client(client);
            self.outbox.push(Order::Close { client, after_replies: false });
        }
        self.eviction.counts_on_clients = false;
        self.eviction.clients_stay = memory > most;
    }

    /// Another turn, another slice.
    pub(super) fn begin_slice(&mut self) {
        self.eviction.left = self.watch.ticks_in_ns(slice_ns(self.config.settings.eviction_tenacity)).max(1);
        self.eviction.keys_left = self.eviction.keys_max.unwrap_or(usize::MAX);
    }

    /// A client goes: it waits for no memory.
    pub(super) fn forget_memory_wait(&mut self, client: ClientId) {
        self.eviction.waiting.retain(|other| *other != client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_from_their_names() {
        let of = |name| policy_of(name).map(|policy| (policy.takes_all, policy.rank));
        assert_eq!(of("noeviction"), None);
        assert_eq!(of("allkeys-lru"), Some((true, Rank::Idle)));
        assert_eq!(of("volatile-lrm"), Some((false, Rank::Idle)));
        assert_eq!(of("allkeys-lfu"), Some((true, Rank::Frequency)));
        assert_eq!(of("volatile-ttl"), Some((false, Rank::Deadline)));
        assert_eq!(of("allkeys-random"), Some((true, Rank::Chance)));
    }

    #[test]
    fn slices_grow_with_tenacity() {
        assert_eq!((slice_ns(0), slice_ns(10), slice_ns(100)), (0, 500_000, u64::MAX));
        assert!((1..100).all(|n| slice_ns(n) > slice_ns(n - 1)));
    }
}
