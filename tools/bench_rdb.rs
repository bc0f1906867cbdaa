//! What a key costs when an RDB file is written and read: a million of each sort, in nanoseconds a key.
//!
//! ```text
//! cargo bench --bench rdb
//! ```

use redoxide::base::buffer::Text;
use redoxide::base::dice::Dice;
use redoxide::keyspace::{AccessClock, DbId};
use redoxide::persist::rdb::read::{Item, Loading, Reader};
use redoxide::persist::rdb::write::{Recency, Writer};
use redoxide::store::collection::hash::Hash;
use redoxide::store::entry::{Entry, NewValue};
use redoxide::store::hasher::Hasher;
use redoxide::store::members::Deadline;
use redoxide::store::object::{Collection, Limits, Loose};
use std::hint::black_box;
use std::time::Instant;

const KEYS: usize = 1_000_000;

fn key(n: usize) -> Vec<u8> {
    format!("key:{n:012}").into_bytes()
}

/// Text that does not compress, as tokens and numbers are.
fn token(dice: &mut Dice, len: usize) -> Vec<u8> {
    (0..len)
        .map(|_| b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[dice.below(64) as usize])
        .collect()
}

fn strings(len: usize, repeats: bool) -> Vec<Entry> {
    let mut dice = Dice(1);
    let value = |n: usize, dice: &mut Dice| {
        if repeats { format!("{:0len$}", n % 1000).into_bytes() } else { token(dice, len) }
    };
    (0..KEYS).map(|n| Entry::new(&key(n), NewValue::Raw(&value(n, &mut dice)), None, 0)).collect()
}

fn hashes(limits: &Limits) -> Vec<Entry> {
    let mut dice = Dice(1);
    let make = |n: usize| {
        let mut hash = Hash::create(Vec::new());
        for field in 0..5 {
            let value = token(&mut dice, 10);
            hash.set(format!("field{field}").as_bytes(), Text::Bytes(&value), Deadline::Clear, limits);
        }
        let Loose::Packed(block) = hash.close() else { panic!("a small hash is packed") };
        Entry::new(&key(n), NewValue::Packed(&block), None, 0)
    };
    (0..KEYS).map(make).collect()
}

fn main() {
    let limits = Limits::new(Hasher::new([1, 2]));
    let loading = Loading { limits, access: AccessClock::Recency, clock: 0 };
    println!("{:<44} {:>8} {:>8} {:>10} {:>8}", "ns a key", "write", "no crc", "bytes", "read");
    for (name, entries) in [
        ("strings of 8", strings(8, false)),
        ("strings of 20", strings(20, false)),
        ("strings of 64", strings(64, false)),
        ("strings of 64, mostly zeros", strings(64, true)),
        ("hashes of five fields", hashes(&limits)),
    ] {
        for compress in [false, true] {
            let write = |checksum| {
                let start = Instant::now();
                let mut writer =
                    Writer::new(Vec::with_capacity(KEYS * 160), 10, checksum, compress).expect("version 10");
                writer.select(DbId(0), KEYS as u64, 0);
                for entry in &entries {
                    writer.entry(entry, Recency::Unsaid).expect("memory takes all");
                }
                let file = writer.finish().expect("memory takes all");
                (start.elapsed().as_nanos() as usize / KEYS, file)
            };
            // The first run makes the memory ours.
            write(true);
            let ((with, file), (without, _)) = (write(true), write(false));
            let start = Instant::now();
            let mut reader = Reader::new(&file[..], loading, true).expect("it has a head");
            let mut all = Vec::with_capacity(KEYS);
            loop {
                match reader.next().expect("it is whole") {
                    Item::Entry { entry, .. } => all.push(entry),
                    Item::End => break,
                    _ => {}
                }
            }
            let read = start.elapsed().as_nanos() as usize / KEYS;
            assert_eq!(black_box(all).len(), KEYS);
            let name = format!("{name}{}", if compress { ", compressed" } else { "" });
            println!("{name:<44} {with:>8} {without:>8} {:>10} {read:>8}", file.len() / KEYS);
        }
    }
}
