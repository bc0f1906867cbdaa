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

#[test]
fn used_memory_is_what_they_say_and_returns_to_the_start() {
    // Whatever threads need once is allocated by one that has nothing to do.
    thread::spawn(|| {}).join().unwrap();
    let before = alloc::used();
    {
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
        assert_eq!(alloc::used() - before, list.bytes());
        let clone = list.clone();
        for n in 0..5_000 {
            list.remove(dice.below(15_000 - n) as usize);
        }
        let removed = list.remove_range(2_000..6_000);
        assert!(alloc::used() - before > list.bytes() + removed.bytes(), "the clone keeps what was removed");
        thread::spawn(move || drop((clone, removed))).join().unwrap();
        assert_eq!(alloc::used() - before, list.bytes());
    }
    assert_eq!(alloc::used(), before);
    {
        let mut dice = Dice(2);
        let mut set = SortedSet::new(Hasher::new([1, 2]));
        for _ in 0..20_000 {
            let member = element(dice.below(15_000));
            set.insert(&member, [dice.next() as f64, 1.0][dice.below(2) as usize]);
        }
        assert_eq!(alloc::used() - before, set.bytes());
        let clone = set.clone();
        for n in 0..5_000 {
            set.remove(&element(n));
        }
        let removed = set.remove_range(1_000..3_000);
        assert!(alloc::used() - before > set.bytes(), "the clone keeps what was removed");
        thread::spawn(move || drop((clone, removed))).join().unwrap();
        assert_eq!(alloc::used() - before, set.bytes());
    }
    assert_eq!(alloc::used(), before);
}
