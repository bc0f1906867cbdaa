//! Where the memory goes: what INFO and MEMORY tell of it, and how much of it counts for `maxmemory`.
//!
//! ```text
//! used (counting allocator) = live bytes of the keyspace + clients + AOF buffers + unfreed + spare buffers
//!                           + pinned (only copies of the keyspace hold them) + the rest
//! ```
//!
//! The parts are counted where they change, so each is a number to be read. Only the pinned bytes are a difference: the
//! rest is taken when the first copy is made, and what the sum is short of later is what copies pin.

use crate::base::{alloc, machine};
use crate::server::Server;

/// How old the allocator's word may be.
const REPORT_US: u64 = 100_000;

/// What is remembered for the figures below.
#[derive(Debug, Default)]
pub struct Memory {
    /// The bytes in use when the server was ready, before it loaded any data.
    pub startup: u64,
    /// The machine's memory, in bytes, as it was then.
    pub machine: u64,
    /// The most bytes in use that were seen.
    pub peak: u64,
    /// When that was, seconds since 1970.
    pub peak_s: i64,
    /// The bytes of buffers that `net` keeps for the next who needs one.
    pub spare: usize,
    /// What the allocator said of itself, and when that was, in monotonic microseconds.
    report: Option<(u64, alloc::Report)>,
    /// What was in use beside all that is counted when the oldest copy that lives was made.
    rest: i64,
    /// The most bytes that copies pinned since then.
    pub pinned_peak: usize,
}

/// Where the memory goes, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// All that is in use.
    pub used: u64,
    /// The most of it that was seen.
    pub peak: u64,
    /// In use before there was any data.
    pub startup: u64,
    /// Of clients: themselves, their buffers and queues.
    pub clients: u64,
    /// On the log's way to the disk.
    pub aof: u64,
    /// Nodes of the tables, in all databases.
    pub nodes: u64,
    /// Keys, in all databases.
    pub keys: u64,
    /// Held by copies of the keyspace only.
    pub pinned: u64,
    /// Waiting to be freed.
    pub unfreed: u64,
    /// On its way to clients who were told something.
    pub told: u64,
    /// Kept by `net` for later use.
    pub spare: u64,
    /// The process's, in the machine's memory.
    pub resident: u64,
    /// The machine's memory.
    pub machine: u64,
    /// What the allocator says of itself.
    pub allocator: alloc::Report,
}

impl Figures {
    /// What is not data.
    pub fn overhead(&self) -> u64 {
        (self.startup + self.clients + self.aof + self.nodes + self.pinned + self.unfreed + self.spare).min(self.used)
    }

    /// What is data.
    pub fn dataset(&self) -> u64 {
        self.used - self.overhead()
    }

    /// The data's part of what came since the start, in percent.
    pub fn dataset_percent(&self) -> f64 {
        let since_start = self.used.saturating_sub(self.startup).max(1);
        (self.dataset() as f64 * 100.0 / since_start as f64).min(100.0)
    }

    /// What is in use, in percent of the most that was.
    pub fn peak_percent(&self) -> f64 {
        percent(self.used, self.peak)
    }

    /// What does not count for `maxmemory`.
    pub fn uncounted(&self) -> u64 {
        self.aof + self.pinned + self.unfreed + self.told
    }
}

fn percent(part: u64, of: u64) -> f64 {
    part as f64 * 100.0 / of.max(1) as f64
}

impl Server {
    /// All figures. Asks the system and the allocator: some ten microseconds.
    pub fn memory_figures(&mut self) -> Figures {
        let used = alloc::used() as u64;
        self.note_peak(used);
        Figures {
            used,
            peak: self.memory.peak,
            startup: self.memory.startup,
            clients: self.clients.memory() as u64,
            aof: self.log_buffers() as u64,
            nodes: self.keyspace.databases().iter().map(|db| db.table.node_bytes() as u64).sum(),
            keys: self.keyspace.databases().iter().map(|db| db.table.len() as u64).sum(),
            pinned: self.pinned_bytes(used as usize) as u64,
            unfreed: self.keyspace.shared.freeing.unfreed() as u64,
            told: self.told() as u64,
            spare: self.memory.spare as u64,
            resident: machine::resident(),
            machine: self.memory.machine,
            allocator: self.allocator_report(),
        }
    }

    /// What the allocator says of itself, no older than a tenth of a second: asking takes longer than all the rest.
    fn allocator_report(&mut self) -> alloc::Report {
        let now = self.clock.monotonic_us();
        match self.memory.report {
            Some((taken, report)) if now - taken < REPORT_US => report,
            _ => {
                let report = alloc::report().unwrap_or_default();
                self.memory.report = Some((now, report));
                report
            }
        }
    }

    /// What the log's way to the disk holds, from the records of changes on.
    pub fn log_buffers(&self) -> usize {
        self.propagation.memory() + self.aof.kept_bytes() + self.keyspace.shared.changes.memory()
    }

    /// The server is ready, and empty: what is in use now is what it takes by itself.
    pub fn note_startup(&mut self) {
        self.memory.startup = alloc::used() as u64;
    }

    /// Remembers the most bytes in use.
    pub(crate) fn note_peak(&mut self, used: u64) {
        if used > self.memory.peak {
            (self.memory.peak, self.memory.peak_s) = (used, self.clock.unix_us() / 1_000_000);
        }
    }

    /// What is in use beside all that is counted. Negative where values are counted twice (after COPY, until one changes).
    fn rest(&self, used: usize) -> i64 {
        let counted = self.keyspace.live_bytes()
            + (self.clients.memory() - self.pinned_for_clients().min(self.clients.memory()))
            + self.log_buffers()
            + self.keyspace.shared.freeing.unfreed()
            + self.memory.spare;
        used as i64 - counted as i64
    }

    /// A copy of the keyspace is about to be made.
    pub(super) fn note_copy(&mut self) {
        if !self.keyspace.has_copies() {
            self.memory.rest = self.rest(alloc::used());
            self.memory.pinned_peak = 0;
        }
    }

    /// The bytes that only copies of the keyspace hold, of `used` ones.
    pub fn pinned_bytes(&mut self, used: usize) -> usize {
        if !self.keyspace.has_copies() {
            return 0;
        }
        let pinned = (self.rest(used) - self.memory.rest).max(0) as usize;
        self.memory.pinned_peak = self.memory.pinned_peak.max(pinned);
        pinned
    }
}
