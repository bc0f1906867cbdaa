//! Measures big hashes and sets by themselves: memory, single operations, copies, growing.
//!
//!     cargo bench --bench members                      everything
//!     cargo bench --bench members -- memory            bytes per element
//!     cargo bench --bench members -- find              nanoseconds per operation, in batches and alone
//!     cargo bench --bench members -- copy              a copy at 5 M elements, and the writes after it
//!     cargo bench --bench members -- growth            each of 10 M insertions and removals, as a histogram
//!     cargo bench --bench members -- walk              all elements, by cursor, at random; what is due
//!     cargo bench --bench members -- intset            merges of sorted sets of integers
//!
//! `<part> <elements>` takes another number of elements. Distributions are of single operations, so they include what the
//! machine does meanwhile (interrupts, page faults, other processes): read the percentiles, not the maximum.

#![allow(clippy::unchecked_time_subtraction, reason = "the clocks that are read here never go back")]

mod bench_parts;

use bench_parts::{Report, end_turn, numbered, percentiles, run, thread_time, words};
use redoxide::base::alloc;
use redoxide::base::buffer::Text;
use redoxide::base::dice::Dice;
use redoxide::store::hasher::Hasher;
use redoxide::store::intset;
use redoxide::store::members::{Deadline, Members};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let reports: [Report; 6] = [
        ("memory", report_memory, 1_000_000),
        ("find", report_find, 1_000_000),
        ("copy", report_copy, 5_000_000),
        ("growth", report_growth, 10_000_000),
        ("walk", report_walk, 1_000_000),
        ("intset", report_intset, 512),
    ];
    run(&words(), &reports);
}

/// The `n`th field or member: 12 bytes.
fn field(n: usize) -> [u8; 12] {
    numbered(b"m:0000000000", n)
}

fn add(members: &mut Members, values: bool, n: usize) {
    let field = field(n);
    if values {
        members.insert(&field, Text::Bytes(&field), Deadline::Clear);
    } else {
        members.add(&field);
    }
}

fn empty(values: bool) -> Members {
    let hasher = Hasher::new([1, 2]);
    if values { Members::map(hasher) } else { Members::set(hasher) }
}

fn filled(values: bool, elements: usize) -> Members {
    let mut members = empty(values);
    for n in 0..elements {
        add(&mut members, values, n);
    }
    members
}

fn name(values: bool) -> &'static str {
    if values { "hash" } else { "set" }
}

fn print_times(what: &str, ns: Vec<u64>) {
    println!("{what:<44} {}", percentiles(ns));
}

fn report_memory(elements: usize) {
    for values in [false, true] {
        let before = alloc::used();
        let mut members = empty(values);
        let mut n = 0;
        println!("{}: bytes per element of 12 (12 + 12) bytes, by the number of elements", name(values));
        for tenths in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20] {
            while n < elements / 10 * tenths {
                add(&mut members, values, n);
                n += 1;
            }
            let used = alloc::used() - before;
            assert!(members.bytes() + 10_000 > used && members.bytes() < used + used / 20);
            println!("{n:>9}: {:.2}", members.bytes() as f64 / n as f64);
        }
        let mut gone = 0;
        println!("and after removals");
        while n - gone > elements / 5 {
            for _ in 0..elements / 5 {
                members.remove(&field(gone)).expect("the oldest");
                gone += 1;
            }
            println!("{:>9}: {:.2}", n - gone, members.bytes() as f64 / (n - gone) as f64);
        }
    }
}

/// What a batch of requests does: hash all, ask for all, look at each.
#[inline(never)]
fn look_up(members: &Members, batch: &[[u8; 12]; 32]) -> usize {
    prefetch(members, batch);
    look_up_cold(members, batch)
}

fn prefetch(members: &Members, batch: &[[u8; 12]]) {
    let mut hints: Vec<_> = batch.iter().map(|field| members.hint(members.hash(field))).collect();
    while hints.iter_mut().fold(false, |is_any, hint| hint.step() | is_any) {}
    for hint in &hints {
        hint.finish();
    }
}

/// Does something with all fields of a list, prefetched in batches and not. Prints the time.
fn each_of(what: &str, members: &mut Members, all: &[[u8; 12]], mut run: impl FnMut(&mut Members, &[u8; 12])) {
    let (warm, cold) = all.split_at(all.len() / 2);
    let start = thread_time();
    for batch in warm.chunks(32) {
        prefetch(members, batch);
        for field in batch {
            run(members, field);
        }
    }
    let prefetched = (thread_time() - start).as_nanos() as f64 / warm.len() as f64;
    let start = thread_time();
    for field in cold {
        run(members, field);
    }
    let alone = (thread_time() - start).as_nanos() as f64 / cold.len() as f64;
    println!("{what}: {prefetched:.1} ns in batches of 32, {alone:.1} ns not prefetched");
}

#[inline(never)]
fn look_up_cold(members: &Members, batch: &[[u8; 12]; 32]) -> usize {
    batch.iter().filter_map(|field| members.get(field)).map(|element| 1 + element.value_bytes().len()).sum()
}

fn report_find(elements: usize) {
    for values in [false, true] {
        let what = name(values);
        let start = thread_time();
        let mut members = filled(values, elements);
        let each = |start: Duration, n: usize| (thread_time() - start).as_nanos() as f64 / n as f64;
        println!("{what}: filled in {:.0} ns an element", each(start, elements));
        let mut dice = Dice(3);
        let rounds = 50_000;
        for (kind, base) in [("hit", 0), ("miss", elements)] {
            let batches: Vec<[[u8; 12]; 32]> = (0..rounds)
                .map(|_| std::array::from_fn(|_| field(base + dice.below(elements as u64) as usize)))
                .collect();
            for _ in 0..2 {
                let start = thread_time();
                for batch in &batches {
                    black_box(look_up(&members, batch));
                }
                println!("{what}: {kind} in batches of 32, hashed twice: {:.1} ns", each(start, rounds * 32));
            }
            let start = thread_time();
            for batch in &batches {
                black_box(look_up_cold(&members, batch));
            }
            println!("{what}: {kind} not prefetched: {:.1} ns", each(start, rounds * 32));
            let start = thread_time();
            for _ in 0..rounds {
                black_box(look_up_cold(&members, &batches[0]));
            }
            println!("{what}: {kind} in cache: {:.1} ns", each(start, rounds * 32));
        }
        let order: Vec<[u8; 12]> = (0..elements / 2).map(|_| field(dice.below(elements as u64) as usize)).collect();
        if values {
            for (kind, value) in [("same length", &b"abcdefghijkl"[..]), ("another length", b"abc")] {
                each_of(&format!("hash: new value of {kind}"), &mut members, &order, |members, field| {
                    black_box(members.insert(field, Text::Bytes(value), Deadline::Clear));
                });
            }
        }
        let fields = |range: std::ops::Range<usize>| range.map(field).collect::<Vec<_>>();
        each_of(&format!("{what}: insert"), &mut members, &fields(elements..elements * 3 / 2), |members, field| {
            if values {
                members.insert(field, Text::Bytes(field), Deadline::Clear);
            } else {
                members.add(field);
            }
        });
        each_of(&format!("{what}: remove"), &mut members, &fields(0..elements / 2), |members, field| {
            black_box(members.remove(field));
        });
    }
}

fn report_copy(elements: usize) {
    for values in [false, true] {
        let what = name(values);
        let mut members = filled(values, elements);
        let mut dice = Dice(5);
        let mut next = elements;
        let mut write = |members: &mut Members| {
            // An insertion and removals in turn for a set, values for a hash.
            let n = dice.below(elements as u64) as usize;
            let start = Instant::now();
            if values {
                members.insert(&field(n), Text::Bytes(b"abcdefghijkl"), Deadline::Clear);
            } else if n.is_multiple_of(2) {
                members.add(&field(next));
                next += 1;
            } else {
                members.remove(&field(n));
            }
            let ns = start.elapsed().as_nanos() as u64;
            end_turn();
            ns
        };
        print_times(&format!("{what}: a write, no copy alive"), (0..100_000).map(|_| write(&mut members)).collect());
        for _ in 0..3 {
            let start = Instant::now();
            let copy = members.clone();
            let cloned = start.elapsed();
            let before = alloc::used();
            print_times(
                &format!("{what}: a write with a copy alive"),
                (0..100_000).map(|_| write(&mut members)).collect(),
            );
            println!(
                "    cloned in {cloned:?}; memory of the writes {:.1} MB of {:.1}",
                (alloc::used() - before) as f64 / 1e6,
                members.bytes() as f64 / 1e6
            );
            let copy = (copy, members.clone());
            let worst = (0..50_000).map(|_| {
                let start = thread_time();
                write(&mut members);
                thread_time() - start
            });
            println!("    the worst of 50,000 more, in time of the processor: {:?}", worst.max().expect("some"));
            let start = Instant::now();
            drop(copy);
            println!("    the copy is dropped in {:?}", start.elapsed());
        }
        let start = Instant::now();
        drop(members);
        println!("{what}: all of it is dropped in {:?}", start.elapsed());
    }
}

fn report_growth(elements: usize) {
    let mut members = empty(false);
    let bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000_000];
    for phase in ["insert", "remove"] {
        let mut histogram = [0_usize; 10];
        let mut worst = Duration::ZERO;
        let start = thread_time();
        let mut last = start;
        for n in 0..elements {
            if phase == "insert" {
                add(&mut members, false, n);
            } else {
                members.remove(&field(n)).expect("it was inserted");
            }
            let now = thread_time();
            let step = now - last;
            last = now;
            worst = worst.max(step);
            let us = step.as_nanos() as f64 / 1000.0;
            histogram[bounds.iter().position(|bound| us < f64::from(*bound)).expect("the last bound is far")] += 1;
            end_turn();
        }
        println!("{phase}: {:.0} ns a step, worst {worst:?}", (last - start).as_nanos() as f64 / elements as f64);
        for (bound, count) in bounds.iter().zip(histogram) {
            println!("    < {bound:>7} us: {count:>9}  ({:.3} in a million)", count as f64 * 1e6 / elements as f64);
        }
    }
    assert_eq!(members.len(), 0);
}

fn report_walk(elements: usize) {
    let members = filled(true, elements);
    let each = |start: Duration, n: usize| (thread_time() - start).as_nanos() as f64 / n as f64;
    for _ in 0..2 {
        let start = thread_time();
        let sum: usize = members.iter().map(|element| element.field().len() + element.value_bytes().len()).sum();
        println!("iter: {:.1} ns an element (sum {sum})", each(start, elements));
    }
    for count in [10, 100, 1000] {
        let start = thread_time();
        let (mut cursor, mut calls, mut seen) = (0, 0, 0);
        loop {
            cursor = members.scan(cursor, count, &mut |_| seen += 1);
            calls += 1;
            if cursor == 0 {
                break;
            }
        }
        println!("scan {count}: {:.1} ns a call, {:.1} elements", each(start, calls), seen as f64 / calls as f64);
    }
    let mut dice = Dice(8);
    let start = thread_time();
    for _ in 0..200_000 {
        black_box(members.random(&mut || dice.next()));
    }
    println!("random: {:.1} ns", each(start, 200_000));
    for n in [10, 1000, elements / 20, elements / 2] {
        let start = thread_time();
        members.sample(n, &mut || dice.next(), &mut |element| {
            black_box(element.field());
        });
        println!("sample of {n}: {:.1} ns an element", each(start, n));
    }
    let mut members = members;
    let start = thread_time();
    for n in 0..elements {
        members.set_deadline(&field(n), Some(1_700_000_000_000 + dice.below(1_000_000) as i64));
    }
    println!(
        "set_deadline: {:.1} ns; {:.1} bytes an element",
        each(start, elements),
        members.bytes() as f64 / elements as f64
    );
    let (mut last, mut worst, mut gone) = (Duration::ZERO, Duration::ZERO, 0);
    let start = thread_time();
    for now in 0..1000 {
        let before = thread_time();
        gone += members.expire(1_700_000_000_000 + now * 100, usize::MAX, &mut |_| {});
        last = thread_time() - before;
        worst = worst.max(last);
    }
    println!(
        "expire in small portions: {:.1} ns an element ({gone}), last {last:?}, worst {worst:?}",
        each(start, gone)
    );
    let start = thread_time();
    let gone = members.expire(i64::MAX - 1, usize::MAX, &mut |_| {});
    println!("expire all: {:.1} ns an element ({gone})", each(start, gone));
}

fn report_intset(elements: usize) {
    let mut dice = Dice(4);
    let mut random = |n: usize| {
        let mut block = intset::new();
        while intset::len(&block) < n {
            intset::insert(&mut block, dice.below(4 * elements as u64) as i64);
        }
        block
    };
    let (one, other, few) = (random(elements), random(elements), random(8));
    let rounds = 2_000;
    let time = |what: &str, run: &mut dyn FnMut() -> usize| {
        let start = thread_time();
        let sum: usize = (0..rounds).map(|_| run()).sum();
        let each = (thread_time() - start).as_nanos() as f64 / f64::from(rounds);
        println!("{what} of {elements}: {each:.0} ns ({})", sum / rounds as usize);
    };
    time("intersection", &mut || intset::intersection(&[&one, &other]).len());
    time("intersection of 8 with one", &mut || intset::intersection(&[&few, &other]).len());
    time("union", &mut || intset::union(&[&one, &other]).len());
    time("difference", &mut || intset::difference(&[&one, &other]).len());
    time("all look-ups", &mut || intset::iter(&one).filter(|int| intset::contains(&other, *int)).count());
    time("all insertions in random order", &mut || {
        let mut block = intset::new();
        (0..elements as i64).filter(|n| intset::insert(&mut block, n * 7919 % 65_537)).count()
    });
}
