//! Exact expiry: every key with a deadline, and every hash with fields that have some, is in its database's wheel.
//!
//! ```text
//!     a deadline is set      -> an item in the wheel, unless the key has an earlier one already
//!     an item's time comes   -> the entries with its part of a hash are looked at:
//!                               past its deadline: deleted    later: the item goes back    none: the item goes
//! ```
//!
//! What holds: for every deadline there is an item whose time is not after it. An item is found by its hash alone, so
//! renames, copies and moves are plain inserts, a database that is swapped takes its wheel along, and putting a deadline off
//! costs nothing here. What is deleted, overwritten or persisted leaves its item behind. When there are more
//! of these than live ones, another wheel is filled from the table, in slices, and takes over.
//!
//! Each call stops at its budget, so no client waits longer for it than that, and asks to be called again at once.

use crate::base::stopwatch::Stopwatch;
use crate::keyspace::db::{self, Slot};
use crate::keyspace::{Database, DbId, Expiry, Keyspace, Shared};
use crate::store::collection::hash::earliest_of;
use crate::store::collection::sorted_set::{SortedSet, SortedSetView};
use crate::store::entry::Entry;
use crate::store::table::Hash;
use crate::store::wheel::{HashPart, Wheel};

/// Fields deleted between two looks at the stopwatch.
const FIELDS_AT_ONCE: usize = 64;
/// Rows of a sorted set removed between two looks at the stopwatch.
const ROWS_AT_ONCE: usize = 32;
/// Keys read for another wheel between two looks at the stopwatch.
const KEYS_AT_ONCE: usize = 64;
/// A replaced wheel of no more bytes is freed at once.
const FREED_HERE_MAX: usize = 64 * 1024;
/// So many items that lead to nothing are not worth a new wheel.
const STALE_MIN: usize = 1024;

/// A wheel on its way to replace one that is full of stale items.
pub(crate) struct Rebuild {
    wheel: Wheel,
    cursor: u64,
}

/// How late keys were deleted, in milliseconds: a histogram whose steps are at most a quarter of their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lags([u64; Lags::STEPS]);

impl Default for Lags {
    fn default() -> Lags {
        Lags([0; Lags::STEPS])
    }
}

impl Lags {
    const STEPS: usize = 96;

    /// Counts one.
    pub fn add(&mut self, ms: i64) {
        let ms = ms.max(0) as u64;
        let step = if ms < 4 {
            ms as usize
        } else {
            let octave = ms.ilog2();
            (octave as usize - 1) * 4 + (ms >> (octave - 2) & 3) as usize
        };
        self.0[step.min(Lags::STEPS - 1)] += 1;
    }

    /// The lag that this part of all do not exceed; 0 if there is none.
    pub fn quantile(&self, part: f64) -> u64 {
        let wanted = (self.0.iter().sum::<u64>() as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (step, n) in self.0.iter().enumerate() {
            seen += n;
            if seen >= wanted && seen > 0 {
                let (octave, quarter) = (step / 4 + 1, step as u64 % 4);
                return if step < 4 { step as u64 } else { ((5 + quarter) << (octave - 2)) - 1 };
            }
        }
        0
    }
}

/// When something of an entry expires: itself, or the first of its fields.
pub(super) fn due_time(entry: &Entry, has_fields: bool) -> Option<i64> {
    let of_fields = if has_fields { earliest_of(entry.value()) } else { None };
    match (entry.deadline(), of_fields) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Database {
    /// A key's deadline was `had` and is `has`. Answers when the wheel has something to do next.
    #[inline]
    pub(super) fn deadline_moved(&mut self, now: i64, hash: Hash, had: Option<i64>, has: Option<i64>) -> i64 {
        if had != has {
            self.volatile = self.volatile + usize::from(has.is_some()) - usize::from(had.is_some());
            self.deadline_sum += i128::from(has.unwrap_or(0)) - i128::from(had.unwrap_or(0));
            self.claim(now, hash, had, has);
        }
        self.wheel.next()
    }

    /// The earliest deadline of a hash's fields was `had` and is `has`. Answers as above.
    #[inline]
    pub(super) fn fields_moved(&mut self, now: i64, hash: Hash, had: Option<i64>, has: Option<i64>) -> i64 {
        if had != has {
            self.expiring_hashes = self.expiring_hashes + usize::from(has.is_some()) - usize::from(had.is_some());
            self.claim(now, hash, had, has);
        }
        self.wheel.next()
    }

    #[inline]
    fn claim(&mut self, now: i64, hash: Hash, had: Option<i64>, has: Option<i64>) {
        if let Some(at) = has
            && had.is_none_or(|had| at < had)
        {
            let part = HashPart::of(hash);
            self.wheel.add(part, at, now);
            if let Some(rebuild) = &mut self.rebuild {
                rebuild.wheel.add(part, at, now);
            }
        }
    }

    /// The earliest deadline of an entry's fields; none at once if no hash here has any.
    #[inline]
    pub(super) fn earliest_field(&self, entry: Option<&Entry>) -> Option<i64> {
        if self.expiring_hashes == 0 { None } else { earliest_of(entry?.value()) }
    }

    /// What is left of the deadlines in the mean, in milliseconds.
    pub fn avg_ttl_ms(&self, now: i64) -> i64 {
        let mean = self.deadline_sum.checked_div(self.volatile as i128).unwrap_or(0);
        if self.volatile == 0 { 0 } else { (mean - i128::from(now)).clamp(0, i128::from(i64::MAX)) as i64 }
    }

    /// The bytes that the wheel takes, and the one on its way to replace it.
    pub(super) fn wheel_bytes(&self) -> usize {
        let rebuild = self.rebuild.as_ref().map_or(0, |rebuild| size_of::<Rebuild>() + rebuild.wheel.bytes());
        self.wheel.bytes() + rebuild
    }

    /// How many items there may be before another wheel is filled.
    fn items_max(&self) -> usize {
        // The last part bounds how often the whole table is read, by the memory that it may cost: less than a byte a key.
        2 * (self.volatile + self.expiring_hashes) + STALE_MIN + self.table.len() / 8
    }
}

impl Shared {
    /// Some wheel has something to do at this time.
    #[inline]
    pub(super) fn due_at(&mut self, next: i64) {
        self.next_due = self.next_due.min(next);
    }
}

impl Keyspace {
    /// When [`Keyspace::expire_due`] has something to do, Unix milliseconds; none if expiry is not ours or nothing expires.
    #[inline]
    pub fn next_due(&self) -> Option<i64> {
        let next = self.shared.next_due;
        (next < i64::MAX && self.shared.expiry == Expiry::Own).then_some(next)
    }

    /// Deletes keys and fields that are due, for at most about `budget_ns`; answers how many. What is left then is due at
    /// once by [`Keyspace::next_due`].
    pub fn expire_due(&mut self, watch: &Stopwatch, budget_ns: u64) -> usize {
        if self.shared.expiry != Expiry::Own {
            return 0;
        }
        let (start, budget) = (watch.ticks(), watch.ticks_in_ns(budget_ns));
        let (now, databases) = (self.shared.now, self.dbs.len());
        let mut parts = std::mem::take(&mut self.shared.due);
        let mut deleted = 0;
        'all: for turn in 0..databases {
            // Who was cut short goes first, and then the others: nobody's deadlines wait for a flood elsewhere.
            let number = (self.shared.next_db + turn) % databases;
            while self.dbs[number].wheel.next() <= now && self.dbs[number].wheel.step(now, &mut parts) {
                deleted += self.look_at(number, &mut parts);
                if watch.ticks().wrapping_sub(start) >= budget {
                    self.shared.next_db = number + 1;
                    break 'all;
                }
            }
        }
        self.shared.due = parts;
        self.shared.next_due = self.dbs.iter().map(|data| data.wheel.next()).min().unwrap_or(i64::MAX);
        self.shared.stats.expire_ns += watch.ns(watch.ticks().wrapping_sub(start));
        deleted
    }

    /// Deletes what is due of the entries that these parts lead to.
    fn look_at(&mut self, number: usize, parts: &mut Vec<HashPart>) -> usize {
        let mut deleted = 0;
        self.dbs[number].table.prefetch(parts.iter().map(|part| part.first()), true);
        for part in parts.drain(..) {
            deleted += self.look_at_one(DbId(number as u16), part); // `databases` is at most 65,535
        }
        deleted
    }

    fn look_at_one(&mut self, id: DbId, part: HashPart) -> usize {
        let now = self.shared.now;
        let mut deleted = 0;
        loop {
            let data = &mut self.dbs[id.0 as usize];
            let has_fields = data.expiring_hashes > 0;
            let mut later = None;
            let found = data.table.find_alike(part, &mut |entry| match due_time(entry, has_fields) {
                Some(at) if at <= now => true,
                Some(at) => {
                    later = Some(later.unwrap_or(i64::MAX).min(at));
                    false
                }
                None => false,
            });
            let Some(position) = found else {
                if let Some(at) = later {
                    data.wheel.add(part, at, now);
                }
                return deleted;
            };
            if data.table.at(position).deadline().is_some_and(|at| at <= now) {
                db::expire(data, &mut self.shared, id, position);
                self.shared.stats.expired_actively += 1;
                deleted += 1;
                continue;
            }
            let key = data.table.at(position).key().to_vec();
            let slot = Slot { hash: data.table.hash(&key), position: Some(position) };
            let fields = self.db(id).expire_fields(slot, &key, FIELDS_AT_ONCE);
            self.shared.stats.expired_fields_actively += fields as u64;
            deleted += fields;
            if fields == 0 || fields == FIELDS_AT_ONCE {
                // There may be more. It is the next step's, so that a look at the stopwatch comes in between.
                debug_assert!(fields > 0, "what is due can be deleted");
                self.dbs[id.0 as usize].wheel.add(part, now.saturating_add(i64::from(fields == 0)), now);
                return deleted;
            }
        }
    }

    /// Sees whether some wheel is full of stale items.
    pub(super) fn look_at_wheels(&mut self) {
        self.shared.is_tending = !self.shared.untidy.is_empty()
            || self.dbs.iter().any(|data| data.rebuild.is_some() || data.wheel.len() > data.items_max());
    }

    /// Whether [`Keyspace::tend`] has something to do.
    #[inline]
    pub fn is_tending(&self) -> bool {
        self.shared.is_tending
    }

    /// Does what removed ranges have left to do in sorted sets, until `is_over`.
    fn tend_sets(&mut self, is_over: &impl Fn() -> bool) {
        while let Some((id, key)) = self.shared.untidy.pop() {
            let mut db = self.db(id);
            let slot = db.locate(&key);
            let is_untidy = |set| matches!(set, SortedSetView::Big(big) if big.is_untidy());
            let mut is_left = db.view(slot).is_ok_and(|set| set.is_some_and(is_untidy));
            while is_left {
                if is_over() {
                    return self.shared.untidy.push((id, key));
                }
                let tidied = db.edit(slot, &key, |set: &mut SortedSet| set.tidy(ROWS_AT_ONCE));
                is_left = matches!(tidied, Ok((true, _)));
            }
        }
    }

    /// Replaces wheels that are full of stale items and tidies sorted sets up, for at most about `budget_ns`; says whether there is more
    /// to do.
    pub fn tend(&mut self, watch: &Stopwatch, budget_ns: u64) -> bool {
        let (start, budget) = (watch.ticks(), watch.ticks_in_ns(budget_ns));
        let now = self.shared.now;
        self.shared.is_tending = true;
        self.tend_sets(&|| watch.ticks().wrapping_sub(start) >= budget);
        if !self.shared.untidy.is_empty() {
            return true;
        }
        for data in &mut self.dbs {
            if data.rebuild.is_none() {
                if data.wheel.len() <= data.items_max() {
                    continue;
                }
                data.rebuild = Some(Box::new(Rebuild { wheel: Wheel::default(), cursor: 0 }));
            }
            while let Some(rebuild) = &mut data.rebuild {
                let (table, has_fields) = (&data.table, data.expiring_hashes > 0);
                let is_any = data.volatile + data.expiring_hashes > 0;
                let Rebuild { wheel, cursor } = &mut **rebuild;
                *cursor = if is_any {
                    table.scan(*cursor, KEYS_AT_ONCE, &mut |entry| {
                        if let Some(at) = due_time(entry, has_fields) {
                            wheel.add(HashPart::of(table.hash(entry.key())), at, now);
                        }
                    })
                } else {
                    0
                };
                if *cursor == 0 {
                    let new = data.rebuild.take().map(|rebuild| rebuild.wheel).unwrap_or_default();
                    let old = std::mem::replace(&mut data.wheel, new);
                    // What waits to be freed does not count for the limit, so it is to wait no longer than it must.
                    if old.bytes() > FREED_HERE_MAX {
                        self.shared.freeing.free(0, old.bytes(), old);
                        self.shared.freeing.nudge();
                    }
                    self.shared.next_due = self.shared.next_due.min(data.wheel.next());
                }
                if watch.ticks().wrapping_sub(start) >= budget {
                    return true;
                }
            }
        }
        self.shared.is_tending = false;
        false
    }

    /// What part of all keys is past its deadline and still there, in percent, about.
    pub fn stale_percent(&self) -> f64 {
        let (mut overdue, mut keys) = (0, 0);
        for data in &self.dbs {
            overdue += data.wheel.overdue(self.shared.now).min(data.volatile);
            keys += data.table.len();
        }
        if keys == 0 { 0.0 } else { overdue as f64 * 100.0 / keys as f64 }
    }

    /// The bytes that the wheels take.
    pub fn wheel_bytes(&self) -> usize {
        self.dbs.iter().map(Database::wheel_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::buffer::Text;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::changes::{Event, Interest};
    use crate::keyspace::db::{Db, Ttl};
    use crate::store::collection::hash::Hash as HashValue;
    use crate::store::entry::NewValue;
    use crate::store::members::Deadline;
    use std::collections::BTreeMap;

    const DBS: usize = 3;
    const START: i64 = 1_700_000_000_000;

    /// A key's deadline, and those of its fields if it is a hash.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Key {
        deadline: Option<i64>,
        fields: BTreeMap<u8, Option<i64>>,
    }

    type Model = BTreeMap<(u16, Vec<u8>), Key>;

    fn keyspace() -> Keyspace {
        let mut keyspace = Keyspace::new(DBS, Dice(1), Helper::inline());
        keyspace.set_time(START);
        keyspace.shared.limits.hash_entries = 3;
        keyspace
    }

    /// What the keyspace holds; and its counts, which must agree with it.
    fn contents(keyspace: &Keyspace) -> Model {
        let mut model = Model::new();
        for (number, data) in keyspace.databases().iter().enumerate() {
            let (mut volatile, mut sum, mut hashes) = (0, 0, 0);
            data.table.freeze().each(|entry| {
                let mut key = Key { deadline: entry.deadline(), ..Key::default() };
                if let Ok(hash) =
                    <crate::store::collection::hash::HashView as crate::store::object::View>::of(entry.value())
                {
                    hash.each(&mut |field| {
                        field.field.with(|name| key.fields.insert(name[0], field.deadline));
                    });
                }
                volatile += usize::from(key.deadline.is_some());
                sum += i128::from(key.deadline.unwrap_or(0));
                hashes += usize::from(key.fields.values().any(Option::is_some));
                model.insert((number as u16, entry.key().to_vec()), key);
            });
            assert_eq!((data.volatile, data.deadline_sum, data.expiring_hashes), (volatile, sum, hashes));
        }
        model
    }

    /// The model after all that is due has gone.
    fn expire(model: &mut Model, now: i64) {
        model.retain(|_, key| {
            let had = key.fields.len();
            key.fields.retain(|_, at| at.is_none_or(|at| at > now));
            key.deadline.is_none_or(|at| at > now) && (had == 0 || !key.fields.is_empty())
        });
    }

    fn put(db: &mut Db, key: &[u8], ttl: Ttl) {
        let slot = db.locate(key);
        db.put(slot, key, NewValue::Text(b"value"), ttl);
    }

    fn set_field(db: &mut Db, key: &[u8], field: u8, deadline: Deadline) {
        let (slot, limits) = (db.locate(key), db.limits());
        let set = |hash: &mut HashValue| hash.set(&[field], Text::Bytes(b"v"), deadline, &limits);
        assert!(db.edit(slot, key, set).is_ok());
    }

    /// A deadline of the kinds that occur: soon, later, far, past, at the ends.
    fn some_deadline(dice: &mut Dice, now: i64) -> i64 {
        match dice.below(12) {
            0..=4 => now + dice.below(300) as i64,
            5 | 6 => now + dice.below(20_000) as i64,
            7 | 8 => now + dice.below(20_000_000) as i64,
            9 => now.saturating_add((dice.next() >> 1) as i64),
            10 => i64::MAX - dice.below(3) as i64,
            _ => now + 1 + dice.below(2) as i64 * 3_600_000,
        }
    }

    #[test]
    #[allow(clippy::too_many_lines)] // a list of what may happen
    fn nothing_due_is_left_and_nothing_else_is_gone() {
        let watch = Stopwatch::new();
        for seed in 1..=60 {
            let (mut dice, mut keyspace, mut model) = (Dice(seed), keyspace(), Model::new());
            for step in 0..400 {
                let now = keyspace.shared.now;
                let id = dice.below(DBS as u64) as u16;
                let key = vec![b'a' + dice.below(20) as u8];
                let other = (dice.below(DBS as u64) as u16, vec![b'a' + dice.below(20) as u8]);
                let place = (id, key.clone());
                // A lookup would delete what is due; the model does it before every step, and the keyspace must follow.
                expire(&mut model, now);
                while keyspace.next_due().is_some_and(|at| at <= now) {
                    keyspace.expire_due(&watch, if step % 2 == 0 { 0 } else { u64::MAX / 4 });
                    keyspace.tend(&watch, 0);
                }
                assert_eq!(contents(&keyspace), model, "seed {seed} step {step}");
                let is_hash = model.get(&place).is_none_or(|key| !key.fields.is_empty());
                let mut db = keyspace.db(DbId(id));
                match dice.below(20) {
                    0..=3 => {
                        let at = some_deadline(&mut dice, now);
                        put(&mut db, &key, Ttl::At(at));
                        model.insert(place, Key { deadline: Some(at), ..Key::default() });
                    }
                    4 => {
                        put(&mut db, &key, Ttl::Keep);
                        let deadline = model.get(&place).and_then(|key| key.deadline);
                        model.insert(place, Key { deadline, ..Key::default() });
                    }
                    5 => {
                        put(&mut db, &key, Ttl::Clear);
                        model.insert(place, Key::default());
                    }
                    6..=8 if is_hash => {
                        let field = dice.below(6) as u8;
                        // Redis accepts 46 bits here.
                        let at = (dice.below(3) > 0).then(|| some_deadline(&mut dice, now).min(1 << 46));
                        set_field(&mut db, &key, field, at.map_or(Deadline::Clear, Deadline::At));
                        model.entry(place).or_default().fields.insert(field, at);
                    }
                    9 if is_hash => {
                        let field = dice.below(6) as u8;
                        let slot = db.locate(&key);
                        assert!(db.edit(slot, &key, |hash: &mut HashValue| hash.remove(&[field])).is_ok());
                        if let Some(key) = model.get_mut(&place) {
                            key.fields.remove(&field);
                            if key.fields.is_empty() {
                                model.remove(&place);
                            }
                        }
                    }
                    10 | 11 => {
                        let slot = db.locate(&key);
                        let at = some_deadline(&mut dice, now);
                        assert_eq!(db.set_deadline(slot, Some(at)), model.contains_key(&place));
                        model.entry(place).and_modify(|key| key.deadline = Some(at));
                    }
                    12 => {
                        let slot = db.locate(&key);
                        db.set_deadline(slot, None);
                        model.entry(place).and_modify(|key| key.deadline = None);
                    }
                    13 => {
                        let slot = db.locate(&key);
                        assert_eq!(db.delete(slot, &key, Event::DEL), model.remove(&place).is_some());
                    }
                    14 | 15 if other != place => {
                        let slot = db.locate(&key);
                        if let Some(entry) = db.take(slot) {
                            keyspace.db(DbId(other.0)).insert_moved(&other.1, entry);
                            let key = model.remove(&place).expect("both have it");
                            model.insert(other, key);
                        }
                    }
                    16 if other != place => {
                        let slot = db.locate(&key);
                        if let Some(entry) = db.entry(slot).cloned() {
                            keyspace.db(DbId(other.0)).insert_copy(&other.1, &entry);
                            let key = model[&place].clone();
                            model.insert(other, key);
                        }
                    }
                    17 if dice.below(6) == 0 => {
                        keyspace.swap(DbId(id), DbId(other.0));
                        let old = std::mem::take(&mut model);
                        let swapped = |n: u16| {
                            if n == id {
                                other.0
                            } else if n == other.0 {
                                id
                            } else {
                                n
                            }
                        };
                        model = old.into_iter().map(|((n, key), value)| ((swapped(n), key), value)).collect();
                    }
                    18 if dice.below(12) == 0 => {
                        keyspace.flush(DbId(id));
                        model.retain(|(n, _), _| *n != id);
                    }
                    19 => {
                        let by = match dice.below(10) {
                            0 => 3_600_000,
                            1 => -3_600_000,
                            2 => 40 * 86_400_000,
                            3 => -1,
                            _ => dice.below(200) as i64,
                        };
                        keyspace.set_time(now + by);
                    }
                    _ if dice.below(8) == 0 => {
                        for data in &mut keyspace.dbs {
                            data.rebuild
                                .get_or_insert_with(|| Box::new(Rebuild { wheel: Wheel::default(), cursor: 0 }));
                        }
                        keyspace.shared.is_tending = true;
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn stale_items_are_dropped_by_another_wheel() {
        let (watch, mut keyspace) = (Stopwatch::new(), keyspace());
        let name = |n: u64| format!("key {n}").into_bytes();
        for round in 0..20 {
            for n in 0..2000 {
                let key = name(n);
                let mut db = keyspace.db(DbId(0));
                put(&mut db, &key, Ttl::Clear);
                put(&mut db, &key, Ttl::At(START + 100_000 + round));
            }
            keyspace.maintain();
            let mut slices = 0;
            while keyspace.is_tending() {
                // Keys that come and go while the wheel is being filled.
                put(&mut keyspace.db(DbId(0)), &name(10_000 + slices), Ttl::At(START + 90_000));
                keyspace.tend(&watch, 0);
                slices += 1;
            }
            let data = keyspace.database(DbId(0));
            assert!(data.wheel.len() <= data.items_max(), "{} items in round {round}", data.wheel.len());
            assert!(slices == 0 || slices > 5, "in slices: {slices}");
        }
        keyspace.set_time(START + 100_000 + 18);
        while keyspace.next_due().is_some_and(|at| at <= START + 100_018) {
            keyspace.expire_due(&watch, 1000);
        }
        assert_eq!(keyspace.db(DbId(0)).len(), 2000, "those of the last round are not due");
        keyspace.set_time(START + 100_000 + 19);
        keyspace.expire_due(&watch, u64::MAX / 4);
        assert!(keyspace.db(DbId(0)).is_empty());
        for n in 0..5000 {
            put(&mut keyspace.db(DbId(1)), &name(n), Ttl::At(START + 200_000));
            put(&mut keyspace.db(DbId(1)), &name(n), Ttl::Clear);
        }
        keyspace.maintain();
        assert!(keyspace.is_tending() && keyspace.database(DbId(1)).wheel.len() == 5000);
        assert!(!keyspace.tend(&watch, u64::MAX / 4));
        assert!(keyspace.database(DbId(1)).wheel.is_empty(), "no key has a deadline");
    }

    #[test]
    fn only_who_owns_expiry_deletes_and_then_all_that_waited() {
        let watch = Stopwatch::new();
        for expiry in [Expiry::Replica, Expiry::Loading, Expiry::Paused] {
            let mut keyspace = keyspace();
            keyspace.shared.changes.interest = Interest(1);
            keyspace.shared.expiry = expiry;
            put(&mut keyspace.db(DbId(0)), b"a", Ttl::At(START + 5));
            keyspace.set_time(START + 10_000_000);
            put(&mut keyspace.db(DbId(2)), b"b", Ttl::At(START + 10_000_007));
            keyspace.shared.changes.clear();
            assert_eq!((keyspace.next_due(), keyspace.expire_due(&watch, 1 << 40)), (None, 0), "{expiry:?}");
            keyspace.shared.expiry = Expiry::Own;
            assert!(keyspace.next_due().is_some_and(|at| at <= keyspace.shared.now));
            assert_eq!(keyspace.expire_due(&watch, 1 << 40), 1);
            assert_eq!(keyspace.next_due(), Some(START + 10_000_007));
            let events: Vec<_> = keyspace.shared.changes.iter().map(|(change, key)| (change.event.name, key)).collect();
            assert_eq!(events, [("expired", &b"a"[..])], "{expiry:?}");
            assert_eq!(keyspace.shared.stats.expired_actively, 1);
            assert!(keyspace.shared.stats.lags.quantile(0.5) >= 9_999_995);
        }
    }

    #[test]
    fn the_mean_of_what_is_left_is_exact() {
        let mut keyspace = keyspace();
        for n in 0..100 {
            put(&mut keyspace.db(DbId(0)), &[n], Ttl::At(START + 1000 * i64::from(n)));
        }
        let data = keyspace.database(DbId(0));
        assert_eq!([START, START + 500, START * 2].map(|now| data.avg_ttl_ms(now)), [49_500, 49_000, 0]);
        assert_eq!(keyspace.database(DbId(1)).avg_ttl_ms(START), 0);
    }

    #[test]
    fn lags_are_told_within_a_quarter() {
        let mut lags = Lags::default();
        assert_eq!(lags.quantile(0.999), 0);
        for ms in 0..1000 {
            lags.add(ms);
        }
        for part in [0.001, 0.01, 0.5, 0.99, 0.999, 1.0] {
            let (told, exact) = (lags.quantile(part), (part * 1000.0) as u64 - 1);
            assert!(told >= exact && told <= exact + exact / 4 + 1, "{part}: {told}, not {exact}");
        }
        lags.add(-5);
        lags.add(i64::MAX);
        assert_eq!(lags.quantile(0.0001), 0);
        assert!(lags.quantile(1.0) > 1 << 24);
    }
}
