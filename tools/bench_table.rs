//! Measures the table by itself: lookups, memory, freezing, growing.
//!
//!     cargo bench --bench table                      nanoseconds of single operations (divan)
//!     cargo bench --bench table -- report            everything below
//!     cargo bench --bench table -- report memory     bytes per key
//!     cargo bench --bench table -- report find       nanoseconds per lookup, in batches and alone
//!     cargo bench --bench table -- report freeze     a copy at 10 M keys, and the writes after it
//!     cargo bench --bench table -- report growth     each of 20 M insertions and removals, as a histogram
//!
//! `report <part> <keys>` takes another number of keys. Distributions are of single operations, so they include what the
//! machine does meanwhile (interrupts, page faults, other processes): read the percentiles, not the maximum.

#![allow(clippy::unchecked_time_subtraction, reason = "the clocks that are read here never go back")]

mod bench_parts;

use bench_parts::{Report, end_turn, numbered, percentiles, run, thread_time, words};
use divan::Bencher;
use redoxide::base::alloc;
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::store::entry::{Entry, NewValue, Value};
use redoxide::store::table::{Hash, Hasher, Table};
use std::fmt::Write;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let words = words();
    if words.first().is_none_or(|word| word != "report") {
        return divan::main();
    }
    let reports: [Report; 4] = [
        ("memory", report_memory, 1_000_000),
        ("find", report_find, 1_000_000),
        ("freeze", report_freeze, 10_000_000),
        ("growth", report_growth, 20_000_000),
    ];
    run(&words[1..], &reports);
}

/// The `n`th key: 16 bytes.
fn key(n: usize) -> [u8; 16] {
    numbered(b"key:000000000000", n)
}

fn add(table: &mut Table, n: usize, value: &[u8], deadline: Option<i64>) {
    let key = key(n);
    let hash = table.hash(&key);
    table.insert(hash, Entry::new(&key, NewValue::Text(value), deadline, 0));
}

fn filled(keys: usize, value: usize) -> Table {
    let mut table = Table::new(Hasher::new([1, 2]));
    let value = vec![b'v'; value];
    for n in 0..keys {
        add(&mut table, n, &value, None);
    }
    table
}

// ---- Single operations ----------------------------------------------------------------------------------------------

#[divan::bench(args = [100_000, 1_000_000])]
fn hits_in_batches_of_32(bencher: Bencher, keys: usize) {
    let table = filled(keys, 64);
    let mut dice = Dice(1);
    bencher.counter(32_u32).bench_local(|| {
        let batch: [_; 32] = std::array::from_fn(|_| key(dice.below(keys as u64) as usize));
        look_up(&table, &batch)
    });
}

#[divan::bench(args = [1_000, 100_000])]
fn set_in_place(bencher: Bencher, keys: usize) {
    let mut table = filled(keys, 64);
    let mut dice = Dice(1);
    bencher.bench_local(|| {
        let key = key(dice.below(keys as u64) as usize);
        let position = table.find(table.hash(&key), &key).expect("all keys are there");
        table.at_mut(position).expect("nothing is shared").set_text(&[b'w'; 64], false)
    });
}

#[divan::bench(args = [100_000, 1_000_000])]
fn freeze_and_let_go(bencher: Bencher, keys: usize) {
    let table = filled(keys, 64);
    bencher.bench_local(|| table.freeze());
}

#[divan::bench(args = [100_000])]
fn insert_and_remove(bencher: Bencher, keys: usize) {
    let mut table = filled(keys, 64);
    let mut n = keys;
    bencher.bench_local(|| {
        add(&mut table, n, &[b'v'; 64], None);
        let old = key(n - keys);
        n += 1;
        table.remove(table.find(table.hash(&old), &old).expect("the oldest key"))
    });
}

/// What a batch of requests does: hash all, ask for all, look at each.
#[inline(never)]
fn look_up(table: &Table, batch: &[[u8; 16]; 32]) -> usize {
    let hashes: [Hash; 32] = std::array::from_fn(|n| table.hash(&batch[n]));
    table.prefetch(hashes.into_iter(), false);
    look_up_cold(table, batch, &hashes)
}

#[inline(never)]
fn look_up_cold(table: &Table, batch: &[[u8; 16]; 32], hashes: &[Hash; 32]) -> usize {
    let mut sum = 0;
    for (key, hash) in batch.iter().zip(hashes) {
        if let Some(position) = table.find(*hash, key)
            && let Value::Text(text) = table.at(position).value()
        {
            sum += usize::from(text[text.len() - 1]);
        }
    }
    sum
}

// ---- Reports --------------------------------------------------------------------------------------------------------

fn print_times(what: &str, ns: Vec<u64>) {
    println!("{what:<44} {}", percentiles(ns));
}

fn report_memory(keys: usize) {
    println!("bytes over key and value, 16-byte keys, by size of the value (and with a deadline)");
    for value in [8, 32, 64, 128, 200] {
        let mut line = String::new();
        for deadline in [None, Some(1_800_000_000_000)] {
            let before = alloc::used();
            let mut table = Table::new(Hasher::new([1, 2]));
            for n in 0..keys {
                add(&mut table, n, &vec![b'v'; value], deadline);
            }
            let each = (alloc::used() - before) as f64 / keys as f64;
            assert!(table.bytes() <= alloc::used() - before && table.bytes() + 10_000 > alloc::used() - before);
            write!(line, "  {:>6.1}", each - 16.0 - value as f64).expect("a string takes everything");
        }
        println!("value {value:>4}: {line}");
    }
    for (what, deadline) in [("without", None), ("with", Some(1_800_000_000_000))] {
        let mut sum = 0.0;
        for value in 40..=72 {
            let before = alloc::used();
            let mut table = Table::new(Hasher::new([1, 2]));
            for n in 0..keys / 4 {
                add(&mut table, n, &vec![b'v'; value], deadline);
            }
            sum += (alloc::used() - before) as f64 / (keys / 4) as f64 - 16.0 - value as f64;
        }
        println!("mean over values of 40..72, {what} a deadline: {:.1}", sum / 33.0);
    }
    println!("bytes of the table alone per key, by the number of keys");
    let mut table = Table::new(Hasher::new([1, 2]));
    let mut n = 0;
    for tenths in [1, 2, 5, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 30] {
        while n < keys / 10 * tenths {
            add(&mut table, n, &[b'v'; 8], None);
            n += 1;
        }
        println!("{n:>9} keys: {:.2}", table.bytes() as f64 / n as f64 - 48.0);
    }
    let mut gone = 0;
    println!("and after removals");
    while n - gone > keys / 10 {
        for _ in 0..keys / 5 {
            let old = key(gone);
            drop(table.remove(table.find(table.hash(&old), &old).expect("the oldest key")));
            gone += 1;
        }
        println!("{:>9} keys: {:.2}", n - gone, table.bytes() as f64 / (n - gone) as f64 - 48.0);
    }
}

fn report_find(keys: usize) {
    let start = Instant::now();
    let table = filled(keys, 64);
    println!("filled in {:.0} ns a key", start.elapsed().as_nanos() as f64 / keys as f64);
    let mut dice = Dice(3);
    let rounds = 100_000;
    for (what, base) in [("hit", 0), ("miss", keys)] {
        let batches: Vec<[[u8; 16]; 32]> =
            (0..rounds).map(|_| std::array::from_fn(|_| key(base + dice.below(keys as u64) as usize))).collect();
        let ns = |start: Duration| (thread_time() - start).as_nanos() as f64 / (rounds * 32) as f64;
        for _ in 0..2 {
            let start = thread_time();
            for batch in &batches {
                black_box(look_up(&table, batch));
            }
            println!("{what}, prefetched in batches of 32, with hashing: {:.1} ns", ns(start));
        }
        let start = thread_time();
        for batch in &batches {
            let hashes: [Hash; 32] = std::array::from_fn(|n| table.hash(&batch[n]));
            black_box(hashes);
        }
        println!("hashing alone: {:.1} ns", ns(start));
        let start = thread_time();
        for batch in &batches {
            let hashes: [Hash; 32] = std::array::from_fn(|n| table.hash(&batch[n]));
            black_box(look_up_cold(&table, batch, &hashes));
        }
        println!("{what}, not prefetched: {:.1} ns", ns(start));
    }
}

fn report_freeze(keys: usize) {
    let mut table = filled(keys, 64);
    let mut dice = Dice(5);
    let helper = Helper::start("freeing").expect("threads can be started");
    // The times of single writes, by the number of allocations: 1 is a page's copy, 2 with a node's, 3 with the root's.
    let mut write = |table: &mut Table, times: &mut [Vec<u64>; 4]| {
        let key = key(dice.below(keys as u64) as usize);
        let hash = table.hash(&key);
        table.prefetch(std::iter::once(hash), true);
        let position = table.find(hash, &key).expect("all keys are there");
        let entry = Entry::new(&key, NewValue::Text(&[b'w'; 64]), None, 0);
        let calls = alloc::calls();
        let start = Instant::now();
        let old = table.replace(position, entry);
        let time = start.elapsed().as_nanos() as u64;
        times[alloc::calls() - calls].push(time);
        old
    };
    let mut before = [const { Vec::new() }; 4];
    for _ in 0..100_000 {
        drop(write(&mut table, &mut before));
    }
    let [quiet, _, _, _] = before;
    print_times("a write with no copy alive", quiet);
    let (mut freezes, mut roots, mut sends) = (Vec::new(), Vec::new(), Vec::new());
    let mut waited = Duration::ZERO;
    for round in 0..20 {
        let start = Instant::now();
        let copy = table.freeze();
        freezes.push(start.elapsed().as_nanos() as u64);
        let extra = alloc::used();
        let mut times = [const { Vec::new() }; 4];
        let writes = if round < 4 { 100_000 } else { 1_000 };
        for _ in 0..writes {
            drop(write(&mut table, &mut times));
            end_turn();
        }
        let [_, pages, nodes, root] = times;
        roots.extend(root);
        if round < 4 {
            print_times("a write that copies a page", pages);
            print_times("a write that copies a node and a page", nodes);
            println!("memory of {writes} writes while the copy lives: {:.1} MB", (alloc::used() - extra) as f64 / 1e6);
        }
        let start = Instant::now();
        helper.run_soon(move || drop(copy));
        sends.push(start.elapsed().as_nanos() as u64);
        // The helper lets go of the copy before the next one, so that each round copies again.
        let start = Instant::now();
        helper.nudge();
        while helper.pending() > 0 {
            thread::yield_now();
        }
        waited += start.elapsed();
    }
    print_times("freeze", freezes);
    print_times("the first write: root, node, page", roots);
    print_times("handing a copy to the helper", sends);
    println!("the helper took {:.1} ms a copy", waited.as_secs_f64() * 1e3 / 20.0);
    let copy = table.freeze();
    let start = Instant::now();
    let mut sum = 0;
    copy.each(|entry| sum += entry.key().len());
    let rate = copy.len() as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("walking a copy: {rate:.0} M keys/s (sum {sum})");
    drop(copy);
    let start = Instant::now();
    let taken = table.take();
    println!("take: {:.1} us", start.elapsed().as_secs_f64() * 1e6);
    let start = Instant::now();
    drop(taken);
    println!("freeing all of it: {:.2} s", start.elapsed().as_secs_f64());
}

fn report_growth(keys: usize) {
    let mut table = Table::new(Hasher::new([1, 2]));
    let bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000_000];
    for phase in ["insert", "remove"] {
        let mut histogram = [0_usize; 10];
        let mut worst = Duration::ZERO;
        let start = thread_time();
        let mut last = start;
        for n in 0..keys {
            if phase == "insert" {
                add(&mut table, n, &[b'v'; 8], None);
            } else {
                let old = key(n);
                drop(table.remove(table.find(table.hash(&old), &old).expect("it was inserted")));
            }
            let now = thread_time();
            let step = now - last;
            last = now;
            worst = worst.max(step);
            let us = step.as_nanos() as f64 / 1000.0;
            histogram[bounds.iter().position(|bound| us < f64::from(*bound)).expect("the last bound is far")] += 1;
            end_turn();
        }
        println!("{phase}: {:.0} ns a step, worst {worst:?}", (last - start).as_nanos() as f64 / keys as f64);
        for (bound, count) in bounds.iter().zip(histogram) {
            println!("    < {bound:>7} us: {count:>9}  ({:.3} in a million)", count as f64 * 1e6 / keys as f64);
        }
    }
    assert_eq!((table.len(), table.bytes()), (0, 0));
}
