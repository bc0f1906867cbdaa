//! Eviction: which key goes when there is no room left.
//!
//! ```text
//! every database: some keys by chance --score--> pool of 16, the best to lose last --> is it still as it was? gone
//! ```
//!
//! The algorithm is Redis's: a sample of a few keys competes with what was left of earlier samples (Sanfilippo,
//! "Random notes on improving the Redis LRU algorithm", 2016). Two things differ. The keys of a sample lie on one page: pages
//! are ranges of a hash that nobody can foretell, so neighbours have nothing in common, and reading them costs a fraction
//! of that many draws. And who was used since it came into the pool has lost its place: its score is computed again.
//!
//! It knows no limit and no client: who calls decides how much has to go.

use crate::keyspace::changes::Event;
use crate::keyspace::{Database, DbId, Keyspace, Shared};
use crate::store::entry::Entry;
use crate::store::table::Position;

/// By what keys are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The longest time since the access clock was set: unused (LRU) or unchanged (LRM).
    Idle,
    /// The lowest frequency.
    Frequency,
    /// The nearest deadline.
    Deadline,
    /// Chance.
    Chance,
}

/// Which keys may go, and which of them do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether keys without a deadline may go.
    pub takes_all: bool,
    /// By what they are chosen.
    pub rank: Rank,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evicted {
    /// A key went.
    Key,
    /// None was found yet; the next attempt looks elsewhere.
    NotYet,
    /// There is none that may go.
    Nothing,
}

/// Candidates that are kept from sample to sample.
const POOL: usize = 16;
/// Pages that are looked at for keys with deadlines before a walk begins.
const TRIES: usize = 8;
/// Keys that one attempt walks past at most, and those between two looks at what was found.
const WALK: usize = 1024;
const STRIDE: usize = 64;

/// A key that may go.
#[derive(Debug, Default)]
struct Candidate {
    score: u64,
    db: DbId,
    key: Vec<u8>,
}

/// What eviction remembers.
#[derive(Debug, Default)]
pub struct Evictor {
    /// The best to lose last.
    pool: Vec<Candidate>,
    /// By what they were scored.
    rank: Option<Rank>,
    /// The next database from which a key goes by chance.
    next_db: usize,
    /// Memory of candidates that are no more.
    spare: Vec<Vec<u8>>,
}

impl Evictor {
    /// Takes a key into the pool if it is better than the worst there, or if there is room.
    fn offer(&mut self, score: u64, db: DbId, key: &[u8]) {
        if self.pool.len() == POOL && self.pool[0].score >= score {
            return;
        }
        // Keys are sampled again and again while there are few of them.
        if let Some(at) = self.pool.iter().position(|other| other.db == db && other.key == key) {
            let known = self.pool.remove(at);
            self.recycle(known.key);
        }
        let at = self.pool.partition_point(|other| other.score < score);
        let mut own = self.spare.pop().unwrap_or_default();
        own.extend_from_slice(key);
        self.pool.insert(at, Candidate { score, db, key: own });
        if self.pool.len() > POOL {
            let worst = self.pool.remove(0);
            self.recycle(worst.key);
        }
    }

    fn recycle(&mut self, mut key: Vec<u8>) {
        if key.capacity() <= 256 {
            key.clear();
            self.spare.push(key);
        }
    }
}

/// How much a key deserves to go.
fn score(shared: &Shared, rank: Rank, entry: &Entry) -> u64 {
    match rank {
        Rank::Idle => u64::from(shared.clock.wrapping_sub(entry.clock()) & 0x00FF_FFFF),
        Rank::Frequency => u64::from(255 - shared.decayed(entry.clock())),
        // Deadlines before 1970 come first of all.
        Rank::Deadline => u64::MAX - entry.deadline().map_or(u64::MAX, |at| at.max(0) as u64),
        Rank::Chance => 0,
    }
}

impl Keyspace {
    /// Visits up to `n` keys by chance.
    fn sample(&mut self, db: DbId, n: usize, visit: &mut dyn FnMut(&Shared, &Entry)) {
        let draw = self.shared.dice.next();
        let (shared, table) = (&self.shared, &self.dbs[db.0 as usize].table);
        table.sample(draw, n, &mut |entry| {
            visit(shared, entry);
            true
        });
    }

    /// Visits up to `n` keys that have a deadline, by chance: first on some pages, then on a walk that goes on where the
    /// last one stopped. Fewer, or none, if they are rare.
    fn sample_volatile(&mut self, db: DbId, n: usize, visit: &mut dyn FnMut(&Shared, &Entry)) {
        let draws: [u64; TRIES] = std::array::from_fn(|_| self.shared.dice.next());
        let (shared, data) = (&self.shared, &mut self.dbs[db.0 as usize]);
        let mut found = 0;
        let mut offer = |entry: &Entry, found: &mut usize| {
            let is_taken = *found < n && entry.deadline().is_some();
            if is_taken {
                *found += 1;
                visit(shared, entry);
            }
            is_taken
        };
        for draw in draws {
            data.table.sample(draw, n - found, &mut |entry| offer(entry, &mut found));
            if found == n {
                return;
            }
        }
        let mut walked = 0;
        while found == 0 && walked < WALK {
            data.evict_cursor = data.table.scan(data.evict_cursor, STRIDE, &mut |entry| {
                offer(entry, &mut found);
            });
            walked += STRIDE;
        }
    }

    /// Evicts one key.
    pub fn evict(&mut self, policy: Policy, samples: usize) -> Evicted {
        let Policy { takes_all, rank } = policy;
        let count = |data: &Database| if takes_all { data.table.len() } else { data.volatile };
        let eligible: usize = self.dbs.iter().map(count).sum();
        if eligible == 0 {
            return Evicted::Nothing;
        }
        if rank == Rank::Chance {
            return self.evict_by_chance(takes_all);
        }
        // Apart while the keyspace is looked at.
        let mut evictor = std::mem::take(&mut self.evictor);
        if evictor.rank != Some(rank) {
            evictor.pool.clear();
            evictor.rank = Some(rank);
        }
        for number in 0..self.dbs.len() {
            if count(&self.dbs[number]) > 0 {
                let db = DbId(number as u16); // `databases` is at most 65,535
                let mut offer =
                    |shared: &Shared, entry: &Entry| evictor.offer(score(shared, rank, entry), db, entry.key());
                if takes_all {
                    self.sample(db, samples, &mut offer);
                } else {
                    self.sample_volatile(db, samples, &mut offer);
                }
            }
        }
        let mut evicted = Evicted::NotYet;
        while let Some(Candidate { score: before, db, key }) = evictor.pool.pop() {
            let is_as_it_was = |shared: &Shared, entry: &Entry| {
                (takes_all || entry.deadline().is_some()) && score(shared, rank, entry) >= before
            };
            let data = &self.dbs[db.0 as usize];
            let position = data.table.find(data.table.hash(&key), &key);
            let position = position.filter(|&position| is_as_it_was(&self.shared, data.table.at(position)));
            evictor.recycle(key);
            if let Some(position) = position {
                self.evict_at(db, position);
                evicted = Evicted::Key;
                break;
            }
        }
        self.evictor = evictor;
        evicted
    }

    /// Evicts a key by chance, of one database after another.
    fn evict_by_chance(&mut self, takes_all: bool) -> Evicted {
        for _ in 0..self.dbs.len() {
            let number = self.evictor.next_db % self.dbs.len();
            self.evictor.next_db = number + 1;
            let (db, data) = (DbId(number as u16), &self.dbs[number]); // `databases` is at most 65,535
            let position = if takes_all {
                let dice = &mut self.shared.dice;
                data.table.random(&mut || dice.next())
            } else if data.volatile > 0 {
                let mut key = Vec::new();
                self.sample_volatile(db, 1, &mut |_, entry| key.extend_from_slice(entry.key()));
                let table = &self.dbs[number].table;
                table.find(table.hash(&key), &key)
            } else {
                None
            };
            if let Some(position) = position {
                self.evict_at(db, position);
                return Evicted::Key;
            }
        }
        Evicted::NotYet
    }

    fn evict_at(&mut self, db: DbId, position: Position) {
        let (data, shared) = (&mut self.dbs[db.0 as usize], &mut self.shared);
        let entry = data.table.remove(position);
        let had_field = data.earliest_field(Some(&entry));
        // Where it is in the wheel does not matter to what goes.
        data.deadline_moved(shared.now, 0, entry.deadline(), None);
        data.fields_moved(shared.now, 0, had_field, None);
        shared.stats.evicted += 1;
        // As with expiry the deletion counts as no change of a client's.
        shared.changes.record(db, entry.key(), Event::EVICTED, 0);
        shared.changes.removed_key(db, entry.key());
        shared.discard(entry);
    }
}
