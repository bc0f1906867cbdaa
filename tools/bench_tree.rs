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

use redoxide::base::alloc;
use redoxide::base::buffer::Text;
use redoxide::base::dice::Dice;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::store::list::{Direction, List, Needle};
use redoxide::store::sorted_set::SortedSet;
use redoxide::store::table::Hasher;
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let part = words.first().map_or("all", String::as_str);
    let elements = |usual| words.get(1).map_or(usual, |word| word.parse().expect("a number of elements"));
    type Report = fn(usize);
    let reports: [(&str, Report, usize); 3] =
        [("list", list, 1_000_000), ("sorted_set", sorted_set, 1_000_000), ("frozen", frozen, 5_000_000)];
    for (name, report, usual) in reports {
        if part == name || part == "all" {
            println!("-- {name}");
            report(elements(usual));
        }
    }
}

/// The `n`th element: 12 bytes.
fn element(n: usize) -> [u8; 12] {
    let mut text = *b"element00000";
    let (mut rest, mut at) = (n, 11);
    while rest > 0 {
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
    }
    text
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
        black_box(list.get(any(elements)));
    });
    time("range of 100, anywhere", 100_000, |_| {
        let start = any(elements - 100);
        for element in list.range(start..start + 100) {
            black_box(element);
        }
    });
    time("range of 100, at the head", 100_000, |_| {
        for element in list.range(0..100) {
            black_box(element);
        }
    });
    time("range_back of 100, anywhere", 100_000, |_| {
        let start = any(elements - 100);
        for element in list.range_back(start..start + 100) {
            black_box(element);
        }
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

/// Percentiles of nanoseconds.
fn print_times(what: &str, mut wall: Vec<u64>, mut cpu: Vec<u64>) {
    wall.sort_unstable();
    cpu.sort_unstable();
    let at = |share: f64| wall[((wall.len() - 1) as f64 * share) as usize];
    let over = cpu.iter().filter(|ns| **ns > 200_000).count();
    println!(
        "{what:<36} p50 {:>6}  p90 {:>6}  p99 {:>6}  p99.9 {:>6} ns; of processor time: max {:>7} ns, over 0.2 ms: {over}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        cpu[cpu.len() - 1]
    );
}

/// What this thread has used, in nanoseconds.
fn thread_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Times 100,000 operations one by one: as they are felt, and without what other processes take.
fn each(what: &str, mut act: impl FnMut(usize)) {
    let watch = Stopwatch::new();
    let times = (0..100_000).map(|n| {
        let before = thread_ns();
        let start = watch.ticks();
        act(n);
        let wall = watch.ns(watch.ticks() - start);
        (wall, thread_ns() - before)
    });
    let (wall, cpu) = times.unzip();
    print_times(what, wall, cpu);
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
