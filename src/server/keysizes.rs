//! INFO keysizes: how many keys of each type have which size, in powers of two.
//!
//! All keys are looked at as long as there are not many. Of more some are, and the counts are raised accordingly: INFO must not make
//! everybody wait. What was seen is kept until so much has changed that it would tell in the estimate, too, since some clients ask for
//! INFO all the time.

use crate::store::collection::hash::HashView;
use crate::store::collection::list::ListView;
use crate::store::collection::set::SetView;
use crate::store::collection::sorted_set::SortedSetView;
use crate::store::entry::Value;
use crate::store::object::{Object, View};
use crate::store::table::Table;
use std::collections::BTreeMap;

/// More keys than this are estimated.
const EXACT_MAX: usize = 4_096;
/// Of so many keys of a database one may have changed before others are looked at: an estimate by [`EXACT_MAX`] keys is wrong by about
/// as much, as a rule.
const CHANGED: u64 = 128;

/// The types in the order of INFO, as TYPE and as INFO call them.
const TYPES: [(&str, &str); 5] = [
    ("string", "strings_sizes"),
    ("list", "lists_items"),
    ("set", "sets_items"),
    ("zset", "zsets_items"),
    ("hash", "hashes_items"),
];

/// For each type: empty, then a count for each power of two.
type Counts = [[u64; 65]; TYPES.len()];

/// What was seen of the databases with many keys, by their numbers.
#[derive(Default)]
pub struct Samples(BTreeMap<usize, Box<Sample>>);

struct Sample {
    counts: Counts,
    /// How many keys were looked at.
    seen: usize,
    /// How many there were.
    keys: usize,
    /// How many changes there had been since the start.
    changes: u64,
}

impl Sample {
    /// Looks at keys of a table.
    fn take(table: &Table, changes: u64) -> Sample {
        let mut sample = Sample { counts: [[0; 65]; TYPES.len()], seen: 0, keys: table.len(), changes };
        let mut cursor = 0;
        loop {
            cursor = table.scan(cursor, 1000, &mut |entry| {
                let value = entry.value();
                if let Some(at) = TYPES.iter().position(|(name, _)| *name == value.type_name()) {
                    sample.seen += 1;
                    sample.counts[at][power(size(value))] += 1;
                }
            });
            // Keys lie by their hashes: the first ones are as good a sample as any.
            if cursor == 0 || (table.len() > EXACT_MAX && sample.seen >= EXACT_MAX) {
                return sample;
            }
        }
    }

    /// Whether it still tells of the table. Keys that went by themselves are no changes, but there are fewer then.
    fn is_good(&self, table: &Table, changes: u64) -> bool {
        let changed = changes.abs_diff(self.changes) + table.len().abs_diff(self.keys) as u64;
        changed <= table.len() as u64 / CHANGED
    }

    /// Its lines, for a table of so many keys.
    fn lines(&self, keys: usize) -> Vec<(&'static str, String)> {
        let scale = if keys > EXACT_MAX { keys as f64 / self.seen.max(1) as f64 } else { 1.0 };
        let lines = TYPES.iter().zip(&self.counts).filter(|(_, counts)| counts.iter().any(|&n| n > 0));
        lines.map(|((_, name), counts)| (*name, text(counts, scale))).collect()
    }
}

impl Samples {
    /// The lines of a database: the name of a type, and its counts as text. Types without keys have none. `changes` counts what was
    /// changed in any database since the start.
    pub fn lines(&mut self, database: usize, table: &Table, changes: u64) -> Vec<(&'static str, String)> {
        let keys = table.len();
        if keys <= EXACT_MAX {
            self.0.remove(&database);
            return Sample::take(table, changes).lines(keys);
        }
        let sample = self.0.entry(database).or_insert_with(|| Box::new(Sample::take(table, changes)));
        if !sample.is_good(table, changes) {
            **sample = Sample::take(table, changes);
        }
        sample.lines(keys)
    }

    /// Databases have changed their numbers, or have other data at once.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

fn text(counts: &[u64], scale: f64) -> String {
    let shown = counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let item = |(power, n): (usize, &u64)| format!("{}={}", label(power), (*n as f64 * scale).round() as u64);
    shown.map(item).collect::<Vec<_>>().join(",")
}

/// Zero for nothing, one for 1, two for 2 and 3, three for 4 to 7.
fn power(size: usize) -> usize {
    (usize::BITS - size.leading_zeros()) as usize
}

/// The least size of a power: `0`, `1`, `512`, `1K`, `32M`.
fn label(power: usize) -> String {
    const UNITS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    match power {
        0 => "0".into(),
        n => format!("{}{}", 1u32 << ((n - 1) % 10), UNITS[(n - 1) / 10]),
    }
}

/// Bytes of a string, elements of a collection.
fn size(value: Value) -> usize {
    match value {
        Value::Text(text) | Value::Raw(text) => text.len(),
        Value::Int(n) => itoa::Buffer::new().format(n).len(),
        Value::Buffer(buffer) => buffer.bytes().len(),
        Value::Object(Object::Text(pieces)) => pieces.len(),
        value => match value.type_name() {
            "list" => ListView::of(value).map_or(0, ListView::len),
            "set" => SetView::of(value).map_or(0, SetView::len),
            "zset" => SortedSetView::of(value).map_or(0, SortedSetView::len),
            _ => HashView::of(value).map_or(0, HashView::len),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entry::{Entry, NewValue};
    use crate::store::table::Hasher;

    #[test]
    fn sizes_fall_into_powers_of_two() {
        let labels = [0, 1, 2, 3, 4, 1023, 1024, 5000, 1_100_000].map(|size| label(power(size)));
        assert_eq!(labels, ["0", "1", "2", "2", "4", "512", "1K", "4K", "1M"]);
        assert_eq!(label(power(usize::MAX)), "8E");
    }

    fn put(table: &mut Table, n: usize, value: &[u8]) {
        let key = n.to_string();
        let (hash, entry) = (table.hash(key.as_bytes()), Entry::new(key.as_bytes(), NewValue::Text(value), None, 0));
        match table.find(hash, key.as_bytes()) {
            Some(position) => _ = table.replace(position, entry),
            None => table.insert(hash, entry),
        }
    }

    #[test]
    fn what_was_seen_of_many_keys_is_kept_until_one_in_128_has_changed() {
        let mut table = Table::new(Hasher::new([1, 2]));
        let mut samples = Samples::default();
        let mut ask = |table: &Table, changes| {
            let lines = samples.lines(0, table, changes);
            lines.iter().map(|(name, sizes)| format!("{name} {sizes}")).collect::<Vec<_>>().join(" ")
        };
        for n in 0..EXACT_MAX {
            put(&mut table, n, b"12345678");
        }
        put(&mut table, 0, b"");
        assert_eq!(ask(&table, 0), "strings_sizes 0=1,8=4095", "few are counted one by one");
        assert_eq!(ask(&Table::new(Hasher::new([1, 2])), 0), "");
        for n in 0..12_800 {
            put(&mut table, n, b"12345678");
        }
        assert_eq!(ask(&table, 0), "strings_sizes 8=12800");
        for n in 0..12_800 {
            put(&mut table, n, b"1");
        }
        assert_eq!(ask(&table, 100), "strings_sizes 8=12800", "so few changes would not be seen");
        assert_eq!(ask(&table, 101), "strings_sizes 1=12800");
        for n in 0..101 {
            put(&mut table, n, b"123");
            put(&mut table, 12_800 + n, b"1");
        }
        let raised = ask(&table, 101);
        assert!(raised.starts_with("strings_sizes 1=12") && raised.contains(",2="), "there are more keys: {raised}");
        for n in 0..12_901 {
            put(&mut table, n, b"12345678");
        }
        assert_eq!(ask(&table, 101), raised);
        samples.forget();
        assert_eq!(samples.lines(0, &table, 101), [("strings_sizes", "8=12901".to_string())]);
    }
}
