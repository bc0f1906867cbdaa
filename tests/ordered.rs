//! Lists and sorted sets and the allocator's count, in a process without other tests: they know to the byte what they take.

use redoxide::base::alloc;
use redoxide::base::buffer::Text;
use redoxide::base::dice::Dice;
use redoxide::store::list::List;
use redoxide::store::sorted_set::SortedSet;
use redoxide::store::table::Hasher;
use std::thread;

fn element(n: u64) -> Vec<u8> {
    match n % 20 {
        0 => vec![b'x'; 2_000],
        1 => vec![b'y'; 200],
        _ => format!("element:{n}").into_bytes(),
    }
}

/// The thread that waits for the test allocates a little once, at its start, whenever it gets a processor for that; what they do
/// wrong they do each time.
#[test]
fn used_memory_is_what_they_say_and_returns_to_the_start() {
    // Whatever threads need once is allocated by one that has nothing to do.
    thread::spawn(|| {}).join().unwrap();
    let off: Vec<[i64; 6]> = (0..3).map(|_| fill_and_empty()).collect();
    assert!(off.iter().filter(|off| **off == [0; 6]).count() >= 2, "by how much it was off each time: {off:?}");
}

/// By how many bytes the count is off, at six moments.
fn fill_and_empty() -> [i64; 6] {
    let before = alloc::used();
    let off = |bytes: usize| alloc::used() as i64 - before as i64 - bytes as i64;
    let [full, emptier, gone] = {
        let mut dice = Dice(1);
        let mut list = List::new();
        for n in 0..20_000 {
            let text = element(dice.next());
            if n % 3 == 0 {
                list.insert(dice.below(n + 1).min(list.len() as u64) as usize, Text::Bytes(&text));
            } else {
                list.push_front(Text::Bytes(&text));
            }
        }
        let full = off(list.bytes());
        let clone = list.clone();
        for n in 0..5_000 {
            list.remove(dice.below(15_000 - n) as usize);
        }
        let removed = list.remove_range(2_000..6_000);
        assert!(off(list.bytes() + removed.bytes()) > 0, "the clone keeps what was removed");
        thread::spawn(move || drop((clone, removed))).join().unwrap();
        let emptier = off(list.bytes());
        drop(list);
        [full, emptier, off(0)]
    };
    let mut dice = Dice(2);
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    for _ in 0..20_000 {
        let member = element(dice.below(15_000));
        set.insert(&member, [dice.next() as f64, 1.0][dice.below(2) as usize]);
    }
    let set_full = off(set.bytes());
    let clone = set.clone();
    for n in 0..5_000 {
        set.remove(&element(n));
    }
    let removed = set.remove_range(1_000..3_000);
    assert!(off(set.bytes()) > 0, "the clone keeps what was removed");
    thread::spawn(move || drop((clone, removed))).join().unwrap();
    let set_emptier = off(set.bytes());
    drop(set);
    [full, emptier, gone, set_full, set_emptier, off(0)]
}
