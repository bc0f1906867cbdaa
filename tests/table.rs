//! The table and the allocator's count, in a process without other tests: what is counted comes back to where it was.

use redoxide::base::alloc;
use redoxide::base::buffer::Buffer;
use redoxide::store::entry::{Entry, NewValue};
use redoxide::store::table::{Hasher, Table};
use std::thread;

/// The thread that waits for the test allocates a little once, at its start, whenever it gets a processor for that; what the table
/// does wrong it does each time.
#[test]
fn used_memory_is_what_the_table_says_and_returns_to_the_start() {
    // Whatever threads need once is allocated by one that has nothing to do.
    thread::spawn(|| {}).join().unwrap();
    let left: Vec<i64> = (0..3).map(|_| fill_copy_and_empty()).collect();
    assert!(left.iter().filter(|left| **left == 0).count() >= 2, "bytes left after each time: {left:?}");
}

/// The bytes that are left afterwards.
fn fill_copy_and_empty() -> i64 {
    let before = alloc::used();
    {
        let mut table = Table::new(Hasher::new([1, 2]));
        for n in 0..20_000_i64 {
            let key = format!("key:{n}");
            let value = if n % 100 == 0 { NewValue::Buffer(Buffer::new(vec![0; 5000])) } else { NewValue::Int(n) };
            table.insert(table.hash(key.as_bytes()), Entry::new(key.as_bytes(), value, None, 0));
        }
        // Moving entries from page to page takes a small list, which is no part of the table.
        let list = 4096;
        assert!((table.bytes()..table.bytes() + list).contains(&(alloc::used() - before)));
        let copy = table.freeze();
        for n in 0..10_000 {
            let key = format!("key:{n}");
            drop(table.remove(table.find(table.hash(key.as_bytes()), key.as_bytes()).unwrap()));
        }
        let pinned = alloc::used() - before - table.bytes();
        assert!(pinned > 10_000 * 32, "the copy keeps what was removed: {pinned} bytes");
        thread::spawn(move || copy.drain(|_| ())).join().unwrap();
        assert!(
            (table.bytes()..table.bytes() + list).contains(&(alloc::used() - before)),
            "nothing is pinned any more"
        );
        let taken = table.take();
        assert_eq!(table.bytes(), 0);
        thread::spawn(move || drop(taken)).join().unwrap();
    }
    alloc::used() as i64 - before as i64
}
