//! Measures the ordered structures by themselves: lists and sorted sets of a million elements of 12 bytes.
//!
//!     cargo bench --bench tree                   everything below
//!     cargo bench --bench tree -- list           nanoseconds per operation and bytes per element
//!     cargo bench --bench tree -- sorted_set     the same for sorted sets
//!     cargo bench --bench tree -- frozen         each of 100,000 updates of 5 M elements with a clone alive
//!
//! `<part> <elements>` takes another number of elements. Distributions are of single operations, so they include what the
//! machine does meanwhile (interrupts, page faults, other processes): read the percentiles, not the maximum.

#![allow(clippy::unchecked_time_subtraction, reason = "the clocks that are read here never go back")]

mod bench_parts;

use bench_parts::{Report, end_turn, numbered, percentiles, run, thread_time, words};
use redoxide::base::alloc;
use redoxide::base::buffer::Text;
use redoxide::base::dice::Dice;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::store::list::{Direction, List, Needle};
use redoxide::store::sorted_set::SortedSet;
use redoxide::store::table::Hasher;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let reports: [Report; 3] =
        [("list", list, 1_000_000), ("sorted_set", sorted_set, 1_000_000), ("frozen", frozen, 5_000_000)];
    run(&words(), &reports);
}

/// The `n`th element: 12 bytes.
fn element(n: usize) -> [u8; 12] {
    numbered(b"element00000", n)
}

/// Prints nanoseconds of processor time per operation: the best of five rounds.
fn time(what: &str, operations: usize, mut act: impl FnMut(usize)) {
    let mut best = f64::MAX;
    let round = operations / 5;
    for r in 0..5 {
        let start = thread_ns();
        for n in r * round..(r + 1) * round {
            act(n);
        }
        best = best.min((thread_ns() - start) as f64 / round as f64);
    }
    println!("{what:<44} {best:>9.1} ns");
}

fn list(elements: usize) {
    let before = alloc::used();
    let mut list = List::new();
    time("push_back", elements, |n| list.push_back(Text::Bytes(&element(n))));
    let each = (alloc::used() - before) as f64 / elements as f64;
    println!("{:<44} {each:>9.2} bytes (says {:.2})", "an element of 12", list.bytes() as f64 / elements as f64);
    let mut other = List::new();
    time("push_front", elements, |n| other.push_front(Text::Bytes(&element(n))));
    println!("{:<44} {:>9.2} bytes", "an element of 12", other.bytes() as f64 / elements as f64);
    time("pop_back", elements / 2, |_| {
        black_box(other.pop_back(|e| matches!(e, Text::Bytes(_))));
    });
    time("pop_front", elements / 2, |_| {
        black_box(other.pop_front(|e| matches!(e, Text::Bytes(_))));
    });
    time("push_back of integers", elements, |n| other.push_back(Text::Bytes(n.to_string().as_bytes())));
    println!("{:<44} {:>9.2} bytes", "an integer of up to 6 digits", other.bytes() as f64 / elements as f64);
    let mut dice = Dice(1);
    let mut any = |n: usize| dice.below(n as u64) as usize;
    time("get, anywhere", 1_000_000, |_| {
        black_box(list.get(any(elements), |e| matches!(e, Text::Bytes(_))));
    });
    time("range of 100, anywhere", 100_000, |_| {
        let start = any(elements - 100);
        list.each(start..start + 100, |element| _ = black_box(element.len()));
    });
    time("range of 100, at the head", 100_000, |_| {
        list.each(0..100, |element| _ = black_box(element.len()));
    });
    time("range_back of 100, anywhere", 100_000, |_| {
        let start = any(elements - 100);
        list.each_back(start..start + 100, |element| _ = black_box(element.len()));
    });
    let start = Instant::now();
    black_box(list.find(&Needle::new(b"none"), 0, Direction::Forward));
    println!("{:<44} {:>9.1} ns", "find, per element", start.elapsed().as_nanos() as f64 / elements as f64);
    time("set, anywhere", 500_000, |n| {
        black_box(list.set(any(elements), Text::Bytes(&element(n))));
    });
    time("insert, anywhere", 500_000, |n| list.insert(any(elements), Text::Bytes(&element(n))));
    println!("{:<44} {:>9.2} bytes", "an element after that", list.bytes() as f64 / list.len() as f64);
    time("remove, anywhere", 500_000, |_| {
        black_box(list.remove(any(elements)));
    });
    let start = Instant::now();
    list.settle_all(1);
    println!("{:<44} {:>9.1} ns", "compress, per element", start.elapsed().as_nanos() as f64 / list.len() as f64);
    println!("{:<44} {:>9.2} bytes", "a compressed element", list.bytes() as f64 / list.len() as f64);
    time("get, anywhere, from compressed leaves", 100_000, |_| {
        black_box(list.get(any(elements), |e| matches!(e, Text::Bytes(_))));
    });
    let start = Instant::now();
    let middle = list.remove_range(elements / 3..elements / 3 * 2);
    println!("{:<44} {:>9} ns", "cut out a third", start.elapsed().as_nanos());
    drop(middle);
}

/// A set of so many members in random order, with scores of their own.
fn filled(elements: usize, dice: &mut Dice) -> SortedSet {
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    for n in shuffled(elements, dice) {
        set.insert(&element(n), dice.below(1 << 50) as f64);
    }
    set
}

fn shuffled(elements: usize, dice: &mut Dice) -> Vec<usize> {
    let mut all: Vec<usize> = (0..elements).collect();
    for n in (1..elements).rev() {
        all.swap(n, dice.below(n as u64 + 1) as usize);
    }
    all
}

fn sorted_set(elements: usize) {
    let mut dice = Dice(1);
    let order = shuffled(elements + elements / 4, &mut dice);
    let before = alloc::used();
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    for n in &order[..elements] {
        set.insert(&element(*n), dice.below(1 << 50) as f64);
    }
    let each = (alloc::used() - before) as f64 / elements as f64;
    println!("{:<44} {each:>9.2} bytes (says {:.2})", "a member of 12", set.bytes() as f64 / elements as f64);
    time("insert, new, into so many", elements / 4, |n| {
        black_box(set.insert(&element(order[elements + n]), dice.below(1 << 50) as f64));
    });
    time("insert, another score", elements, |_| {
        black_box(set.insert(&element(dice.below(elements as u64) as usize), dice.below(1 << 50) as f64));
    });
    println!("{:<44} {:>9.2} bytes", "a member after that", set.bytes() as f64 / set.len() as f64);
    time("insert, a score one higher", elements, |_| {
        let member = element(dice.below(elements as u64) as usize);
        let score = set.score(&member).unwrap_or(0.0);
        black_box(set.insert(&member, score + 1.0));
    });
    time("insert, the same score", elements, |_| {
        let member = element(dice.below(elements as u64) as usize);
        let score = set.score(&member).unwrap_or(0.0);
        black_box(set.insert(&member, score));
    });
    time("score", elements, |_| {
        black_box(set.score(&element(dice.below(elements as u64) as usize)));
    });
    time("score of no member", elements, |_| {
        black_box(set.score(&element(10_000_000 + dice.below(elements as u64) as usize)));
    });
    time("rank", elements, |_| {
        black_box(set.rank(&element(dice.below(elements as u64) as usize)));
    });
    time("at a rank", elements, |_| {
        black_box(set.at(dice.below(elements as u64) as usize));
    });
    time("before_score", elements, |_| {
        black_box(set.before_score(dice.below(1 << 50) as f64));
    });
    time("range of 100, anywhere", elements / 10, |_| {
        let start = dice.below(elements as u64 - 100) as usize;
        for element in set.range(start..start + 100) {
            black_box(element);
        }
    });
    let mut cursor = 0;
    time("scan, steps of 10", elements / 100, |_| {
        cursor = set.scan(cursor, 10, &mut |element| {
            black_box(element);
        });
    });
    time("remove", elements / 2, |n| {
        black_box(set.remove(&element(order[n])));
    });
    println!("{:<44} {:>9.2} bytes", "a member after that", set.bytes() as f64 / set.len() as f64);
    drop(set);
    let mut equal = SortedSet::new(Hasher::new([1, 2]));
    time("insert, all of one score", elements, |n| {
        black_box(equal.insert(&element(order[n]), 0.0));
    });
    println!("{:<44} {:>9.2} bytes", "a member of 12", equal.bytes() as f64 / elements as f64);
    time("score, all of one score", elements, |_| {
        black_box(equal.score(&element(dice.below(elements as u64) as usize)));
    });
    let mut cursor = 0;
    time("scan, steps of 10, all of one score", elements / 100, |_| {
        cursor = equal.scan(cursor, 10, &mut |element| {
            black_box(element);
        });
    });
}

/// Percentiles of the nanoseconds that were felt, and what of them was processor time.
fn print_times(what: &str, wall: Vec<u64>, cpu: &[u64]) {
    let over = cpu.iter().filter(|ns| **ns > 200_000).count();
    let most = cpu.iter().max().copied().unwrap_or(0);
    println!("{what:<36} {}; of processor time: max {most:>7} ns, over 0.2 ms: {over}", percentiles(wall));
}

/// What this thread has used, in nanoseconds.
fn thread_ns() -> u64 {
    thread_time().as_nanos() as u64 // fits for five hundred years
}

/// Times 100,000 operations one by one: as they are felt, and without what other processes take.
fn each(what: &str, mut act: impl FnMut(usize)) {
    let watch = Stopwatch::new();
    let times = (0..100_000).map(|n| {
        let before = thread_ns();
        let start = watch.ticks();
        act(n);
        let wall = watch.ns(watch.ticks() - start);
        let cpu = thread_ns() - before;
        end_turn();
        (wall, cpu)
    });
    let (wall, cpu): (Vec<u64>, Vec<u64>) = times.unzip();
    print_times(what, wall, &cpu);
}

fn frozen(elements: usize) {
    let mut list: List = List::new();
    (0..elements).for_each(|n| list.push_back(Text::Bytes(&element(n))));
    let mut dice = Dice(1);
    let mut any = || dice.below(elements as u64) as usize;
    each("list, set, no clone", |n| {
        black_box(list.set(any(), Text::Bytes(&element(n))));
    });
    let clone = list.clone();
    each("list, set, with a clone", |n| {
        black_box(list.set(any(), Text::Bytes(&element(n))));
    });
    each("list, push_back, with a clone", |n| list.push_back(Text::Bytes(&element(n))));
    drop(clone);
    drop(list);
    let mut set = filled(elements, &mut dice);
    let mut dice = Dice(2);
    let mut update =
        |set: &mut SortedSet| set.insert(&element(dice.below(elements as u64) as usize), dice.below(1 << 50) as f64);
    each("sorted set, another score, no clone", |_| {
        black_box(update(&mut set));
    });
    let clone = set.clone();
    each("sorted set, another score, a clone", |_| {
        black_box(update(&mut set));
    });
    each("the next 100,000", |_| {
        black_box(update(&mut set));
    });
    drop(clone);
    let clone = set.clone();
    let mut dice = Dice(3);
    each("sorted set, new, a clone", |n| {
        black_box(set.insert(&element(elements + n), dice.below(1 << 50) as f64));
    });
    drop(clone);
}
