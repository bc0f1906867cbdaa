//! Keys with a life: databases of a persistent table each, with expiry, access clocks and a record of changes.
//!
//! ```text
//! Keyspace --+-- Database 0..n: Table, how many keys have a deadline, the wheel that says when they expire
//!            +-- Shared: changes, the time, access clock, statistics, the helper that frees
//!
//! keyspace.db(id) -> Db: one database and what all share, borrowed together for the length of a command
//! ```
//!
//! It knows no client, command or reply: what must happen because of a change is read from [`Changes`] by the server.

pub mod changes;
pub mod db;
mod db_collections;
mod db_keys;
mod db_text;
pub mod digest;
pub mod evict;
pub mod expire;
pub mod fields;
pub mod freeing;
pub mod freeze;
pub mod load;

use crate::base::dice::Dice;
use crate::base::helper::Helper;
use crate::store::hasher::{Hash, Hasher};
use crate::store::object::Limits;
use crate::store::table::Table;
use crate::store::wheel::{HashPart, Wheel};
use changes::{Changes, Event};
pub use db::{Db, Slot, Ttl};
pub use db_collections::Edited;
use expire::{Lags, Rebuild};
use freeing::Freeing;
use std::sync::Arc;

/// The number of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DbId(pub u16);

/// Whose business expiry is. In the last three modes expired keys are hidden, not deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// Ours: an expired key is deleted when it is met, and by active expiry.
    #[default]
    Own,
    /// The primary's: it sends the deletions.
    Replica,
    /// Nobody's while data is loaded. Nothing is hidden then.
    Loading,
    /// Nobody's while writes are paused, or data is imported.
    Paused,
}

/// How the access clock of an entry is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessClock {
    /// Seconds, cut to 24 bits: least recently used.
    #[default]
    Recency,
    /// Minutes in the upper 16 bits, a logarithmic counter in the lower 8: least frequently used.
    Frequency,
}

/// Counted since the start or the last CONFIG RESETSTAT.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyspaceStats {
    /// Lookups that found a key.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
    /// Keys deleted because their deadline had passed.
    pub expired: u64,
    /// Of these, how many active expiry deleted.
    pub expired_actively: u64,
    /// Fields of hashes deleted because their deadline had passed.
    pub expired_fields: u64,
    /// Of these, how many active expiry deleted.
    pub expired_fields_actively: u64,
    /// Keys deleted because memory was needed.
    pub evicted: u64,
    /// How late keys were deleted.
    pub lags: Lags,
    /// How often active expiry stopped because its time was over.
    pub expire_cuts: u64,
    /// The time that active expiry has taken.
    pub expire_ns: u64,
}

/// One database.
pub struct Database {
    /// The keys.
    pub table: Table,
    /// How many of them have a deadline.
    pub volatile: usize,
    /// Where eviction goes on looking for keys with deadlines.
    evict_cursor: u64,
    /// The sum of their deadlines.
    deadline_sum: i128,
    /// How many hashes have fields with deadlines.
    pub expiring_hashes: usize,
    /// When there is something to delete, and where.
    pub(crate) wheel: Wheel,
    /// The wheel that is to replace it.
    rebuild: Option<Box<Rebuild>>,
}

/// What the databases share.
pub struct Shared {
    /// What was changed.
    pub changes: Changes,
    /// The time of day of this turn, in milliseconds.
    pub now: i64,
    /// Whose business expiry is.
    pub expiry: Expiry,
    /// The access clock's present value (seconds or minutes, 24 or 16 bits).
    pub clock: u32,
    /// How access clocks are kept.
    pub access: AccessClock,
    /// Whether lookups leave access clocks alone (CLIENT NO-TOUCH).
    pub no_touch: bool,
    /// Whether reads do: the LRM policies go by changes.
    pub is_by_change: bool,
    /// `lfu-log-factor`.
    pub lfu_log_factor: u32,
    /// `lfu-decay-time`, minutes.
    pub lfu_decay_minutes: u32,
    /// Counters.
    pub stats: KeyspaceStats,
    /// When active expiry has something to do; `i64::MAX` if never.
    pub(crate) next_due: i64,
    /// The database that is looked at first.
    next_db: usize,
    /// Some wheel is being replaced, or is to be.
    pub(crate) is_tending: bool,
    /// Sorted sets from which a large range was removed, and that are not done with it.
    pub(crate) untidy: Vec<(DbId, Box<[u8]>)>,
    /// Memory that active expiry uses.
    due: Vec<HashPart>,
    /// Frees what is big.
    pub freeing: Freeing,
    /// Sampling and counters that grow by chance.
    pub dice: Dice,
    /// Hashes of the batch in hand.
    pub hashes: HashMemo,
    /// Up to where collections stay packed.
    pub limits: Limits,
    /// Memory that edits of packed blocks use.
    pub(crate) scratch: Vec<u8>,
}

/// The hashes that prefetching computed, so that the commands of the same batch need not do it again.
///
/// A key is known again by its address: the bytes of a batch lie still in their query buffer until it is done, and
/// [`HashMemo::clear`] is called before that buffer changes. All databases hash alike, so a SELECT in between is harmless.
#[derive(Debug, Default)]
pub struct HashMemo {
    known: Vec<(*const u8, usize, Hash)>,
    next: usize,
}

impl HashMemo {
    /// Forgets the batch.
    #[inline]
    pub fn clear(&mut self) {
        self.known.clear();
        self.next = 0;
    }

    /// Notes a key's hash.
    #[inline]
    pub fn push(&mut self, key: &[u8], hash: Hash) {
        self.known.push((key.as_ptr(), key.len(), hash));
    }

    /// How many were noted.
    #[inline]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none was noted.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All hashes, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Hash> + Clone {
        self.known.iter().map(|&(_, _, hash)| hash)
    }

    /// The hash that was noted at an index.
    #[inline]
    pub fn at(&self, index: usize) -> Option<Hash> {
        self.known.get(index).map(|&(_, _, hash)| hash)
    }

    /// The request whose keys were noted from `index` on is about to run.
    #[inline]
    pub fn seek(&mut self, index: usize) {
        self.next = index;
    }

    /// The hash of a key, if it is the next one that was noted.
    #[inline]
    fn take(&mut self, key: &[u8]) -> Option<Hash> {
        let &(address, len, hash) = self.known.get(self.next)?;
        if address == key.as_ptr() && len == key.len() {
            self.next += 1;
            return Some(hash);
        }
        None
    }
}

/// All databases.
pub struct Keyspace {
    pub(crate) dbs: Vec<Database>,
    /// Held once more by each copy that lives.
    copies: Arc<()>,
    /// Which directory is to be owned next: see [`Keyspace::own_directories`].
    owning: Option<(usize, Hash)>,
    /// What they share.
    pub shared: Shared,
    evictor: evict::Evictor,
}

impl Keyspace {
    /// Empty databases. `dice` seeds the hash, so that nobody can foretell it.
    pub fn new(databases: usize, mut dice: Dice, freeing: Helper) -> Keyspace {
        let hasher = Hasher::new([dice.next(), dice.next()]);
        let mut dice_for_members = Dice(dice.next());
        let dbs = (0..databases).map(|_| Database::new(hasher)).collect();
        let shared = Shared {
            changes: Changes::default(),
            now: 0,
            expiry: Expiry::Own,
            clock: 0,
            access: AccessClock::Recency,
            no_touch: false,
            is_by_change: false,
            lfu_log_factor: 10,
            lfu_decay_minutes: 1,
            stats: KeyspaceStats::default(),
            next_due: i64::MAX,
            next_db: 0,
            is_tending: false,
            untidy: Vec::new(),
            due: Vec::new(),
            freeing: Freeing::new(freeing),
            dice,
            hashes: HashMemo::default(),
            limits: Limits::new(Hasher::new([dice_for_members.next(), dice_for_members.next()])),
            scratch: Vec::new(),
        };
        Keyspace { dbs, copies: Arc::new(()), owning: None, shared, evictor: evict::Evictor::default() }
    }

    /// Takes the time of day that all lookups go by until the next call.
    pub fn set_time(&mut self, unix_ms: i64) {
        self.shared.now = unix_ms;
        self.shared.clock = match self.shared.access {
            AccessClock::Recency => (unix_ms / 1000) as u32 & 0x00FF_FFFF,
            AccessClock::Frequency => (unix_ms / 60_000) as u32 & 0xFFFF,
        };
    }

    /// A database, with what it shares.
    #[inline]
    pub fn db(&mut self, id: DbId) -> Db<'_> {
        Db { data: &mut self.dbs[id.0 as usize], shared: &mut self.shared, id }
    }

    /// The databases, for looking.
    pub fn databases(&self) -> &[Database] {
        &self.dbs
    }

    /// The database of an id, for looking.
    #[inline]
    pub fn database(&self, id: DbId) -> &Database {
        &self.dbs[id.0 as usize]
    }

    /// Exchanges two databases: who selected one sees the other's keys.
    pub fn swap(&mut self, a: DbId, b: DbId) {
        self.dbs.swap(a.0 as usize, b.0 as usize);
        for id in [a, b] {
            self.shared.changes.record(id, b"", Event::ALL, 0);
        }
    }

    /// Two different databases with what they share apart.
    pub fn pair(&mut self, a: DbId, b: DbId) -> Option<(&mut Database, &mut Database, &mut Shared)> {
        let [a, b] = self.dbs.get_disjoint_mut([a.0 as usize, b.0 as usize]).ok()?;
        Some((a, b, &mut self.shared))
    }

    /// Empties a database; the old content is freed by the helper. Returns how many keys there were.
    pub fn flush(&mut self, id: DbId) -> usize {
        self.flush_as(id, true)
    }

    /// The same; says whether the keys count among the objects that were freed by a helper.
    pub fn flush_as(&mut self, id: DbId, counts: bool) -> usize {
        let data = &mut self.dbs[id.0 as usize];
        let empty = Database::new(data.table.hasher());
        let old = std::mem::replace(data, empty);
        let keys = old.table.len();
        if keys > 0 || !old.wheel.is_empty() {
            let bytes = old.table.bytes() + old.wheel_bytes();
            self.shared.freeing.free(if counts { keys } else { 0 }, bytes, old);
            self.shared.freeing.nudge();
        }
        keys
    }
}

impl Keyspace {
    /// A few steps of what growing and shrinking have put off; and what was discarded is freed.
    pub fn maintain(&mut self) {
        self.shared.freeing.nudge();
        for data in &mut self.dbs {
            data.table.maintain(16);
        }
        self.look_at_wheels();
    }
}

impl Database {
    fn new(hasher: Hasher) -> Database {
        let table = Table::new(hasher);
        Database {
            table,
            volatile: 0,
            evict_cursor: 0,
            deadline_sum: 0,
            expiring_hashes: 0,
            wheel: Wheel::default(),
            rebuild: None,
        }
    }
}
