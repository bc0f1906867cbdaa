//! Eviction: which key goes when there is no room left.
//!
//! ```text
//! every database: some keys by chance --score--> pool of 16, the best to lose last --> is it still as it was? gone
//!                 volatile policies: from the wheel, the nearest ones if deadlines decide
//! ```
//!
//! The algorithm is Redis's: a sample of a few keys competes with what was left of earlier samples (Sanfilippo,
//! "Random notes on improving the Redis LRU algorithm", 2016). Two things differ. The keys of a sample lie on one page: pages
//! are ranges of a hash that nobody can foretell, so neighbours have nothing in common, and reading them costs a fraction
//! of that many draws. And who was used since it came into the pool has lost its place: its score is computed again.
//!
//! It knows no limit and no client: who calls decides how much has to go.

use crate::keyspace::changes::Event;
use crate::keyspace::db::delete_unasked;
use crate::keyspace::expire::due_time;
use crate::keyspace::{Database, DbId, Keyspace, Shared};
use crate::store::entry::Entry;
use crate::store::table::Position;
use crate::store::wheel::HashPart;

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
/// Where at least one key of so many has a deadline, pages hold enough of them to be sampled like those of all keys.
const COMMON: usize = 8;
/// Pages that are looked at then.
const TRIES: usize = 8;
/// Items of the wheel that one attempt looks at, at most: those that lead to nothing go, so this matters only once.
const LOOKS: usize = 64;
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

/// Who may go next.
#[derive(Debug, Default)]
struct Candidates {
    /// The best to lose last.
    pool: Vec<Candidate>,
    /// By what they were scored.
    rank: Option<Rank>,
    /// Memory of candidates that are no more.
    spare: Vec<Vec<u8>>,
}

/// What eviction remembers.
#[derive(Debug, Default)]
pub struct Evictor {
    candidates: Candidates,
    /// The next database from which a key goes by chance.
    next_db: usize,
    /// Memory for what is taken out of a wheel.
    taken: Vec<HashPart>,
    /// How many keys and items were looked at in samples.
    looks: u64,
}

impl Candidates {
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

    /// Visits up to `n` keys that have a deadline: by chance, or those with the nearest. Fewer, or none, if what there is in
    /// the wheel leads to nothing.
    fn sample_volatile(&mut self, db: DbId, n: usize, is_nearest: bool, visit: &mut dyn FnMut(&Shared, &Entry)) {
        let data = &self.dbs[db.0 as usize];
        let mut found = 0;
        if !is_nearest && data.volatile >= data.table.len() / COMMON {
            for _ in 0..TRIES {
                let draw = self.shared.dice.next();
                self.evictor.looks += (n - found) as u64;
                self.dbs[db.0 as usize].table.sample(draw, n - found, &mut |entry| {
                    let is_taken = entry.deadline().is_some();
                    if is_taken {
                        found += 1;
                        visit(&self.shared, entry);
                    }
                    is_taken
                });
                if found == n {
                    return;
                }
            }
        }
        let mut looks = 0;
        while found < n && looks < LOOKS {
            let taken = self.look_at_some(db, n - found, is_nearest, &mut |shared, entry| {
                found += 1;
                visit(shared, entry);
            });
            if taken == 0 {
                break;
            }
            looks += taken;
        }
        self.evictor.looks += looks as u64;
        if found == 0 && looks == 0 {
            self.walk_to_volatile(db, n, visit);
        }
    }

    /// Takes items out of a wheel, and puts those back that lead to something. Answers how many it took.
    fn look_at_some(&mut self, db: DbId, n: usize, is_nearest: bool, visit: &mut dyn FnMut(&Shared, &Entry)) -> usize {
        let draw = self.shared.dice.next();
        let (shared, data, parts) = (&mut self.shared, &mut self.dbs[db.0 as usize], &mut self.evictor.taken);
        if is_nearest {
            data.wheel.take_nearest(draw, n, parts);
        } else {
            data.wheel.take_sample(n, parts);
        }
        data.table.prefetch(parts.iter().map(|part| part.first()), false);
        let has_fields = data.expiring_hashes > 0;
        let mut next = i64::MAX;
        for &part in &*parts {
            let mut due: Option<i64> = None;
            // The few entries that look alike are one as far as the wheel goes.
            data.table.find_alike(part, &mut |entry| {
                if let Some(at) = due_time(entry, has_fields) {
                    due = Some(due.map_or(at, |due| due.min(at)));
                    if entry.deadline().is_some() {
                        visit(shared, entry);
                    }
                }
                false
            });
            if let Some(at) = due {
                next = data.wheel.put_back(part, at, shared.now);
            }
        }
        shared.due_at(next);
        let taken = parts.len();
        parts.clear();
        taken
    }

    /// What the wheel does not hold for once (its slot is being emptied) is found by a walk through the table, which goes on
    /// where the last one stopped.
    #[cold]
    fn walk_to_volatile(&mut self, db: DbId, n: usize, visit: &mut dyn FnMut(&Shared, &Entry)) {
        let (shared, data) = (&self.shared, &mut self.dbs[db.0 as usize]);
        let (mut found, mut walked) = (0, 0);
        while found == 0 && walked < WALK {
            data.evict_cursor = data.table.scan(data.evict_cursor, STRIDE, &mut |entry| {
                if found < n && entry.deadline().is_some() {
                    found += 1;
                    visit(shared, entry);
                }
            });
            walked += STRIDE;
        }
        self.evictor.looks += walked as u64;
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
        let mut candidates = std::mem::take(&mut self.evictor.candidates);
        if candidates.rank != Some(rank) {
            candidates.pool.clear();
            candidates.rank = Some(rank);
        }
        for number in 0..self.dbs.len() {
            if count(&self.dbs[number]) > 0 {
                let db = DbId(number as u16); // `databases` is at most 65,535
                let mut offer =
                    |shared: &Shared, entry: &Entry| candidates.offer(score(shared, rank, entry), db, entry.key());
                if takes_all {
                    self.sample(db, samples, &mut offer);
                } else {
                    self.sample_volatile(db, samples, rank == Rank::Deadline, &mut offer);
                }
            }
        }
        let mut evicted = Evicted::NotYet;
        while let Some(Candidate { score: before, db, key }) = candidates.pool.pop() {
            let is_as_it_was = |shared: &Shared, entry: &Entry| {
                (takes_all || entry.deadline().is_some()) && score(shared, rank, entry) >= before
            };
            let data = &self.dbs[db.0 as usize];
            let position = data.table.find(data.table.hash(&key), &key);
            let position = position.filter(|&position| is_as_it_was(&self.shared, data.table.at(position)));
            candidates.recycle(key);
            if let Some(position) = position {
                self.evict_at(db, position);
                evicted = Evicted::Key;
                break;
            }
        }
        self.evictor.candidates = candidates;
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
                self.sample_volatile(db, 1, false, &mut |_, entry| key.extend_from_slice(entry.key()));
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
        shared.stats.evicted += 1;
        delete_unasked(data, shared, db, position, Event::EVICTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::db::Ttl;
    use crate::store::entry::NewValue;

    const START: i64 = 1_700_000_000_000;

    fn keyspace() -> Keyspace {
        let mut keyspace = Keyspace::new(2, Dice(1), Helper::inline());
        keyspace.set_time(START);
        keyspace
    }

    fn put(keyspace: &mut Keyspace, n: usize, ttl: Ttl) {
        let mut db = keyspace.db(DbId(0));
        let key = format!("key {n}").into_bytes();
        let slot = db.write(&key);
        db.set(slot, &key, NewValue::Int(n as i64), ttl, Event::SET);
    }

    const RANKS: [Rank; 4] = [Rank::Idle, Rank::Frequency, Rank::Deadline, Rank::Chance];

    #[test]
    fn a_few_volatile_keys_among_many_are_found_at_once() {
        for rank in RANKS {
            let mut keyspace = keyspace();
            for n in 0..200_000 {
                let at = START + 1000 + n as i64 * 77;
                put(&mut keyspace, n, if n % 2000 == 0 { Ttl::At(at) } else { Ttl::Clear });
            }
            let policy = Policy { takes_all: false, rank };
            for n in 0..100 {
                assert_eq!(keyspace.evict(policy, 5), Evicted::Key, "{rank:?}");
                assert_eq!(keyspace.database(DbId(0)).volatile, 99 - n);
            }
            assert_eq!(keyspace.evict(policy, 5), Evicted::Nothing);
            // Five for each, and the items of those that went.
            assert!(keyspace.evictor.looks <= 1000, "{rank:?}: {}", keyspace.evictor.looks);
            assert_eq!(keyspace.db(DbId(0)).len(), 199_900);
        }
    }

    #[test]
    fn what_leads_to_nothing_is_in_the_way_once() {
        for rank in RANKS {
            let mut keyspace = keyspace();
            for n in 0..50_000 {
                // Near ones that were put off, made lasting, or deleted.
                put(&mut keyspace, n, Ttl::At(START + 1000 + n as i64));
                if n >= 10 {
                    put(&mut keyspace, n, if n < 20 { Ttl::At(START + 10_000_000) } else { Ttl::Clear });
                }
            }
            let policy = Policy { takes_all: false, rank };
            let mut evicted = 0;
            for _ in 0..2000 {
                evicted += usize::from(keyspace.evict(policy, 5) == Evicted::Key);
            }
            assert_eq!(evicted, 20, "{rank:?}");
            assert!(keyspace.evictor.looks < 60_000, "{rank:?}: {}", keyspace.evictor.looks);
        }
    }

    #[test]
    fn who_is_still_there_expires_at_its_time_after_samples() {
        for seed in 1..=10 {
            let (mut keyspace, mut dice) = (keyspace(), Dice(seed));
            for n in 0..3000 {
                let ttl = Ttl::At(START + 1 + dice.below(100_000) as i64);
                put(&mut keyspace, n, if dice.below(20) == 0 { ttl } else { Ttl::Clear });
            }
            let watch = crate::base::stopwatch::Stopwatch::new();
            for ms in 1..=100 {
                keyspace.set_time(START + ms * 1000);
                keyspace.evict(Policy { takes_all: false, rank: RANKS[dice.below(4) as usize] }, 5);
                while keyspace.next_due().is_some_and(|at| at <= keyspace.shared.now) {
                    keyspace.expire_due(&watch, 1 << 40);
                }
                let (mut late, now) = (0, keyspace.shared.now);
                keyspace.database(DbId(0)).table.scan(0, usize::MAX, &mut |entry| {
                    late += usize::from(entry.deadline().is_some_and(|at| at <= now));
                });
                assert_eq!(late, 0, "seed {seed}, {ms} s");
            }
            assert_eq!(keyspace.database(DbId(0)).volatile, 0);
        }
    }

    #[test]
    fn of_two_million_ticks_the_nearest_go() {
        let (mut keyspace, mut dice) = (keyspace(), Dice(9));
        for n in 0..20_000 {
            put(&mut keyspace, n, Ttl::At(START + 1 + dice.below(2_000_000) as i64));
        }
        let policy = Policy { takes_all: false, rank: Rank::Deadline };
        for _ in 0..5000 {
            keyspace.evict(policy, 5);
        }
        let (mut first, mut last) = (0, 0);
        keyspace.database(DbId(0)).table.scan(0, usize::MAX, &mut |entry| {
            let ahead = entry.deadline().expect("all have one") - START;
            if ahead < 500_000 { first += 1 } else { last += 1 }
        });
        assert!(first < 250 && last > 14_500, "{first} and {last}");
    }
}
