//! INFO keysizes: how many keys of each type have which size, in powers of two.
//!
//! All keys are looked at as long as there are not many; of more, so many that are spread over the keyspace, and the counts are
//! raised accordingly: INFO must not make everybody wait.

use crate::store::collection::hash::HashView;
use crate::store::collection::list::ListView;
use crate::store::collection::set::SetView;
use crate::store::collection::sorted_set::SortedSetView;
use crate::store::entry::Value;
use crate::store::object::{Object, View};
use crate::store::table::Table;

/// More keys than this are estimated.
const EXACT_MAX: usize = 4_096;

/// The types in the order of INFO, as TYPE and as INFO call them.
const TYPES: [(&str, &str); 5] = [
    ("string", "strings_sizes"),
    ("list", "lists_items"),
    ("set", "sets_items"),
    ("zset", "zsets_items"),
    ("hash", "hashes_items"),
];

/// Empty, then a count for each power of two.
type Counts = [u64; 65];

/// The lines of a database: the name of a type, and its counts as text. Types without keys have none.
pub fn of(table: &Table) -> Vec<(&'static str, String)> {
    let mut counts: [Counts; 5] = [[0; 65]; 5];
    let mut seen = 0;
    let mut look = |value: Value| {
        if let Some(at) = TYPES.iter().position(|(name, _)| *name == value.type_name()) {
            counts[at][power(size(value))] += 1;
        }
    };
    let is_sample = table.len() > EXACT_MAX;
    if !table.is_empty() {
        let mut cursor = 0;
        loop {
            cursor = table.scan(cursor, 1000, &mut |entry| {
                seen += 1;
                look(entry.value());
            });
            // Keys lie by their hashes: the first ones are as good a sample as any.
            if cursor == 0 || (is_sample && seen >= EXACT_MAX) {
                break;
            }
        }
    }
    let scale = if is_sample && seen > 0 { table.len() as f64 / f64::from(seen as u32) } else { 1.0 };
    let lines = TYPES.iter().zip(counts).filter(|(_, counts)| counts.iter().any(|&n| n > 0));
    lines.map(|((_, name), counts)| (*name, text(&counts, scale))).collect()
}

fn text(counts: &Counts, scale: f64) -> String {
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

    #[test]
    fn sizes_fall_into_powers_of_two() {
        let labels = [0, 1, 2, 3, 4, 1023, 1024, 5000, 1_100_000].map(|size| label(power(size)));
        assert_eq!(labels, ["0", "1", "2", "2", "4", "512", "1K", "4K", "1M"]);
        assert_eq!(label(power(usize::MAX)), "8E");
    }
}
