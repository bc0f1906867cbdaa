//! Measures expiry by itself: what a deadline costs, in time and memory, and how a million keys go at once.
//!
//!     cargo bench --bench expiry                       everything
//!     cargo bench --bench expiry -- set                nanoseconds of a SET without and with a deadline, and of putting it off
//!     cargo bench --bench expiry -- memory             bytes per key that a deadline adds, by the length of the value
//!     cargo bench --bench expiry -- flood              keys with one deadline: how long it takes until they are gone, in slices
//!
//! `<part> <keys>` takes another number of keys.

#![allow(clippy::unchecked_time_subtraction, reason = "the clocks that are read here never go back")]

mod bench_parts;

use bench_parts::{Report, end_turn, numbered, percentiles, run, thread_time, words};
use redoxide::base::alloc;
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::keyspace::changes::Event;
use redoxide::keyspace::{DbId, Keyspace, Ttl};
use redoxide::store::entry::NewValue;
use std::time::Duration;

const NOW: i64 = 1_700_000_000_000;

fn main() {
    let reports: [Report; 3] =
        [("set", report_set, 1_000_000), ("memory", report_memory, 1_000_000), ("flood", report_flood, 1_000_000)];
    run(&words(), &reports);
}

fn key(n: usize) -> [u8; 16] {
    numbered(b"key:000000000000", n)
}

fn empty() -> Keyspace {
    let mut keyspace = Keyspace::new(1, Dice(1), Helper::inline());
    keyspace.set_time(NOW);
    keyspace
}

fn fill(keyspace: &mut Keyspace, keys: usize, value: &[u8], ttl: &mut dyn FnMut() -> Ttl) -> f64 {
    let start = thread_time();
    for n in 0..keys {
        let key = key(n);
        let mut db = keyspace.db(DbId(0));
        let slot = db.write(&key);
        db.set(slot, &key, NewValue::Text(value), ttl(), Event::SET);
        end_turn();
    }
    (thread_time() - start).as_nanos() as f64 / keys as f64
}

fn within_an_hour(dice: &mut Dice) -> Ttl {
    Ttl::At(NOW + 1 + dice.below(3_600_000) as i64)
}

fn report_set(keys: usize) {
    for round in 0..3 {
        let (mut plain, mut volatile) = (empty(), empty());
        let mut dice = Dice(round);
        let without = fill(&mut plain, keys, &[b'v'; 32], &mut || Ttl::Clear);
        let with = fill(&mut volatile, keys, &[b'v'; 32], &mut || within_an_hour(&mut dice));
        println!("new keys: {without:.0} ns without, {with:.0} ns with a deadline");
        let without = fill(&mut plain, keys, &[b'v'; 32], &mut || Ttl::Clear);
        let with = fill(&mut volatile, keys, &[b'v'; 32], &mut || Ttl::At(NOW + 3_600_000));
        println!("over old ones: {without:.0} ns without, {with:.0} ns with a later deadline");
        let with = fill(&mut volatile, keys, &[b'v'; 32], &mut || within_an_hour(&mut dice));
        println!("with an earlier one: {with:.0} ns");
    }
}

fn report_memory(keys: usize) {
    let (mut sum, mut lengths) = (0.0, 0.0);
    for len in (8..=200).step_by(7) {
        let value = vec![b'v'; len];
        let mut dice = Dice(7);
        let mut used = [0.0; 2];
        for (with, used) in used.iter_mut().enumerate() {
            let mut keyspace = empty();
            let before = alloc::used();
            fill(&mut keyspace, keys, &value, &mut || if with == 1 { within_an_hour(&mut dice) } else { Ttl::Clear });
            *used = (alloc::used() - before) as f64 / keys as f64;
        }
        println!(
            "value of {len:3}: {:.1} bytes a key, {:.1} with a deadline: {:+.1}",
            used[0],
            used[1],
            used[1] - used[0]
        );
        sum += used[1] - used[0];
        lengths += 1.0;
    }
    println!("mean: {:.2} bytes", sum / lengths);
}

fn report_flood(keys: usize) {
    for spread_ms in [0, 1_000, 60_000] {
        let mut keyspace = empty();
        let (watch, mut dice) = (Stopwatch::new(), Dice(3));
        fill(&mut keyspace, keys, &[b'v'; 32], &mut || Ttl::At(NOW + 600_000 + dice.below(spread_ms + 1) as i64));
        let mut slices = Vec::new();
        let start = thread_time();
        keyspace.set_time(NOW + 600_000 + spread_ms as i64);
        while keyspace.next_due().is_some() {
            let began = thread_time();
            keyspace.expire_due(&watch, 500_000);
            slices.push((thread_time() - began).as_nanos() as u64);
        }
        let (took, count): (Duration, _) = (thread_time() - start, slices.len());
        println!(
            "{keys} keys within {spread_ms} ms: {:.0} ns each, {} slices of {}",
            took.as_nanos() as f64 / keys as f64,
            count,
            percentiles(slices)
        );
        assert_eq!(keyspace.db(DbId(0)).len(), 0);
    }
}
