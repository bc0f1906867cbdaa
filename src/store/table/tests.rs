//! The table against a plain map, with hashes of every kind, and with copies that another thread reads.

use super::*;
use crate::base::alloc;
use crate::base::buffer::Buffer;
use crate::base::dice::Dice;
use crate::store::entry::{NewValue, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc;
use std::thread;

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize
}

/// Sizes of tests: whole, or a part where an interpreter or a memory checker runs them.
fn scaled(n: usize) -> usize {
    if cfg!(any(miri, valgrind)) { n / 50 } else { n }
}

#[derive(Clone, PartialEq, Debug)]
enum Plain {
    Text(Vec<u8>),
    Raw(Vec<u8>),
    Int(i64),
    Buffer(Vec<u8>),
}

impl Plain {
    fn random(dice: &mut Dice) -> Plain {
        let byte = dice.next() as u8;
        match below(dice, 8) {
            0..=2 => {
                let len = below(dice, 90);
                Plain::Text(vec![byte; len])
            }
            3 => {
                let len = below(dice, 600);
                Plain::Raw(vec![byte; len])
            }
            4..=5 => Plain::Int(dice.next().cast_signed() >> below(dice, 64)),
            6 => Plain::Text(Vec::new()),
            _ => {
                let len = below(dice, 9000);
                Plain::Buffer(vec![byte; len])
            }
        }
    }

    fn new_value(&self) -> NewValue<'_> {
        match self {
            Plain::Text(text) => NewValue::Text(text),
            Plain::Raw(text) => NewValue::Raw(text),
            Plain::Int(int) => NewValue::Int(*int),
            Plain::Buffer(bytes) => NewValue::Buffer(Buffer::new(bytes.clone())),
        }
    }

    fn of(value: Value) -> Plain {
        match value {
            Value::Text(text) => Plain::Text(text.to_vec()),
            Value::Raw(text) => Plain::Raw(text.to_vec()),
            Value::Int(int) => Plain::Int(int),
            Value::Buffer(buffer) => Plain::Buffer(buffer.bytes().to_vec()),
            Value::Packed(_) | Value::Object(_) => unreachable!("the model makes strings"),
        }
    }
}

type Model = HashMap<Vec<u8>, (Plain, Option<i64>)>;

fn random_deadline(dice: &mut Dice) -> Option<i64> {
    match below(dice, 4) {
        0 => Some(1_700_000_000_000 + below(dice, 1 << 40) as i64),
        1 => Some(dice.next().cast_signed() >> below(dice, 64)),
        _ => None,
    }
}

fn key(n: usize) -> Vec<u8> {
    // Of all lengths: short, longer than a short header says, and the usual ones.
    match n % 37 {
        0 => format!("{n}").into_bytes(),
        1 => format!("{n:0300}").into_bytes(),
        2..=9 => format!("key:{n:030}").into_bytes(),
        _ => format!("key:{n:012}").into_bytes(),
    }
}

fn entry(key: &[u8], value: &Plain, deadline: Option<i64>) -> Entry {
    Entry::new(key, value.new_value(), deadline, 7)
}

impl Table {
    /// Checks all that holds between operations, also the numbers that are kept beside the structure.
    fn check(&self) {
        let (mut len, mut live, mut bags, mut entries) = (0, 0, 0, 0);
        let mut pages = [0; DEPTH_MAX as usize + 1];
        let mut hash: Option<Hash> = Some(0);
        if let Some(root) = &self.root {
            live += root.bytes();
            for node in root.children() {
                live += node.bytes();
                let before = len;
                for page in node.children() {
                    let first = hash.expect("pages cover the hashes once");
                    assert!(std::ptr::eq(page, self.page(first).unwrap()) || page.depth() > 0);
                    page.check(&self.hasher, first);
                    len += page.entries();
                    live += page.bytes();
                    bags += usize::from(page.is_bag());
                    pages[page.depth() as usize] += 1;
                    page.each(&mut |entry| entries += entry.footprint());
                    hash = after(page, first);
                }
                assert_eq!(node.entries(), len - before);
            }
            assert_eq!(hash, None);
        }
        assert_eq!((self.len, self.bytes.nodes, self.bags, self.pages), (len, live, bags, pages));
        assert_eq!(self.bytes.live, self.bytes.nodes + entries);
    }
}

fn contents(each: impl FnOnce(&mut dyn FnMut(&Entry))) -> Model {
    let mut found = Model::new();
    each(&mut |entry| {
        let old = found.insert(entry.key().to_vec(), (Plain::of(entry.value()), entry.deadline()));
        assert!(old.is_none(), "an entry is visited once");
    });
    found
}

/// One random operation on a table and its model.
fn step(table: &mut Table, model: &mut Model, dice: &mut Dice, n: usize, growing: bool) {
    let key = key(below(dice, n));
    let hash = table.hash(&key);
    let position = table.find(hash, &key);
    assert_eq!(position.is_some(), model.contains_key(&key));
    let value = Plain::random(dice);
    let deadline = random_deadline(dice);
    let Some(position) = position else {
        if growing || below(dice, 4) == 0 {
            table.insert(hash, entry(&key, &value, deadline));
            model.insert(key, (value, deadline));
        }
        return;
    };
    let stored = model.get_mut(&key).unwrap();
    assert_eq!(Plain::of(table.at(position).value()), stored.0);
    assert_eq!(table.at(position).deadline(), stored.1);
    match below(dice, if growing { 12 } else { 4 }) {
        0 | 1 if growing => {
            let old = table.remove(position);
            assert_eq!((Plain::of(old.value()), old.deadline()), model.remove(&key).unwrap());
        }
        0..=2 if !growing => {
            let old = table.remove(position);
            assert_eq!((Plain::of(old.value()), old.deadline()), model.remove(&key).unwrap());
        }
        2 | 3 => {
            let old = table.replace(position, entry(&key, &value, deadline));
            assert_eq!(Plain::of(old.value()), stored.0);
            *stored = (value, deadline);
        }
        4 => table.at(position).set_clock(dice.next() as u32),
        5 => {
            if let Some(mut edit) = table.at_mut(position)
                && edit.set_deadline(deadline)
            {
                stored.1 = deadline;
            }
        }
        6 => {
            if let Some(mut edit) = table.at_mut(position)
                && let Some(buffer) = edit.buffer_mut()
            {
                buffer.make_mut().extend_from_slice(b"more of it");
                stored.0 = Plain::of(edit.value());
            }
        }
        7 => {
            if let Some(mut edit) = table.at_mut(position)
                && let Some(bytes) = edit.bytes_mut()
            {
                bytes.reverse();
                if let Some(first) = bytes.first_mut() {
                    *first ^= 1;
                }
                match &mut stored.0 {
                    Plain::Text(text) | Plain::Raw(text) => {
                        text.reverse();
                        if let Some(first) = text.first_mut() {
                            *first ^= 1;
                        }
                    }
                    other => panic!("{other:?} has no bytes in its entry"),
                }
            }
        }
        8 => {
            if let Some(mut edit) = table.at_mut(position)
                && edit.append(b"abc")
            {
                let (Plain::Text(text) | Plain::Raw(text)) = &stored.0 else { panic!("appended to a number") };
                stored.0 = Plain::Raw([text, &b"abc"[..]].concat());
            }
        }
        _ => {
            if let Some(mut edit) = table.at_mut(position) {
                let done = match &value {
                    Plain::Text(text) => edit.set_text(text, false),
                    Plain::Raw(text) => edit.set_text(text, true),
                    Plain::Int(int) => edit.set_int(*int),
                    Plain::Buffer(_) => false,
                };
                if done {
                    stored.0 = value;
                }
            }
        }
    }
}

#[test]
fn a_table_that_was_built_is_as_if_it_had_grown_small() {
    let mut dice = Dice(5);
    for hasher in [Hasher::new([1, 2]), Hasher::broken([1, 2], 0xff << 56), Hasher::broken([1, 2], 3 << 62)] {
        for (n, parts) in [(0, 1), (1, 256), (5, 1), (64, 4), (700, 256), (3000, 8), (scaled(40_000), 256)] {
            let mut model = Model::new();
            let mut table = Table::new(hasher);
            let mut items: Vec<Vec<Item>> = std::iter::repeat_with(Vec::new).take(parts).collect();
            let mut bytes = 0;
            for number in 0..n {
                let (key, value, deadline) = (key(number), Plain::random(&mut dice), random_deadline(&mut dice));
                let (hash, entry) = (table.hash(&key), entry(&key, &value, deadline));
                bytes += entry.footprint();
                let part = if parts == 1 { 0 } else { (hash >> (64 - parts.ilog2())) as usize };
                items[part].push((hash, entry));
                model.insert(key, (value, deadline));
            }
            assert_eq!(table.build(items, bytes), Ok(()));
            table.check();
            assert_eq!(contents(|visit| table.freeze().each(visit)), model);
            for _ in 0..2 * n.min(5000) {
                step(&mut table, &mut model, &mut dice, n, true);
            }
            table.check();
        }
    }
}

#[test]
fn a_key_that_occurs_twice_is_found_when_a_table_is_built_small() {
    for hasher in [Hasher::new([1, 2]), Hasher::broken([1, 2], 3 << 62)] {
        let mut table = Table::new(hasher);
        let numbers = (0..100).chain([77]);
        let items = numbers.map(|number| {
            let key = key(number);
            (table.hash(&key), Entry::new(&key, NewValue::Int(1), None, 0))
        });
        let items = vec![items.collect()];
        assert_eq!(table.build(items, 0), Err(key(77).into()));
    }
}

/// Any interleaving of operations, with copies that live on, some of them on another thread.
fn follow_the_model(seed: u64, n: usize, steps: usize, hasher: Hasher) {
    let (send, receive) = mpsc::channel::<(Frozen, Model)>();
    let reader = thread::spawn(move || {
        for (index, (copy, model)) in receive.into_iter().enumerate() {
            let twin = copy.clone();
            for (key, (value, deadline)) in &model {
                let entry = copy.find(key).expect("a copy keeps its keys");
                assert_eq!((Plain::of(entry.value()), entry.deadline()), (value.clone(), *deadline), "seed {seed}");
            }
            assert_eq!(contents(|visit| twin.each(visit)), model, "seed {seed}");
            if index % 2 == 0 {
                drop(twin);
            }
            assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed}");
        }
    });
    let mut dice = Dice(seed);
    let mut table = Table::new(hasher);
    let mut model = Model::new();
    let mut copies: Vec<(Frozen, Model)> = Vec::new();
    let mut growing = true;
    for count in 0..steps {
        if below(&mut dice, steps / 8 + 1) == 0 {
            growing = !growing;
        }
        step(&mut table, &mut model, &mut dice, n, growing);
        match below(&mut dice, steps / 16 + 1) {
            0 => copies.push((table.freeze(), model.clone())),
            1 => send.send((table.freeze(), model.clone())).unwrap(),
            2 if !copies.is_empty() => {
                let (copy, model) = copies.swap_remove(below(&mut dice, copies.len()));
                assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed} step {count}");
            }
            3 => {
                table.maintain(100);
            }
            4 => table.check(),
            5 if below(&mut dice, 4) == 0 => {
                drop(table.take());
                model.clear();
                assert!(table.bytes() == 0 && table.is_empty());
            }
            _ => {}
        }
    }
    table.check();
    assert_eq!(contents(|visit| table.freeze().each(visit)), model, "seed {seed}");
    for (copy, model) in copies {
        assert_eq!(copy.len(), model.len());
        assert_eq!(contents(|visit| copy.drain(visit)), model, "seed {seed}");
    }
    let all: Vec<_> = model.keys().cloned().collect();
    for key in all {
        let position = table.find(table.hash(&key), &key).unwrap();
        table.remove(position);
    }
    while table.maintain(10) {}
    table.check();
    assert_eq!((table.len(), table.bytes()), (0, 0), "seed {seed}");
    drop(send);
    reader.join().unwrap();
}

#[test]
fn it_follows_the_model_small() {
    for seed in 1..=3 {
        follow_the_model(seed, 600, 3_000, Hasher::new([seed, 1]));
    }
}

#[test]
fn it_follows_the_model() {
    for seed in 1..=12 {
        follow_the_model(seed, scaled(8_000), scaled(100_000), Hasher::new([seed, 1]));
    }
}

#[test]
fn it_follows_the_model_with_colliding_keys_small() {
    for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf000_0000_0000_00ff), (4, 1 << 63), (5, 0x7ff << 53)] {
        follow_the_model(seed, 600, 3_000, Hasher::broken([seed, 1], kept));
    }
}

/// Walks with SCAN while keys come and go: what stays is seen, and what never was is not.
fn scan_while(seed: u64, n: usize, hasher: Hasher, growing: bool) -> (usize, usize) {
    let mut dice = Dice(seed);
    let mut table = Table::new(hasher);
    let add = |table: &mut Table, key: &[u8]| {
        let hash = table.hash(key);
        if table.find(hash, key).is_none() {
            table.insert(hash, Entry::new(key, NewValue::Int(1), None, 0));
        }
    };
    let stays: HashSet<Vec<u8>> = (0..n).map(|i| format!("stays:{i}").into_bytes()).collect();
    let comes: Vec<Vec<u8>> = (0..4 * n).map(|i| format!("comes:{i}").into_bytes()).collect();
    for key in &stays {
        add(&mut table, key);
    }
    if !growing {
        for key in &comes {
            add(&mut table, key);
        }
    }
    let mut seen: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let (mut cursor, mut calls, mut next) = (0, 0, 0);
    loop {
        let count = 1 + below(&mut dice, 30);
        let mut here = 0;
        cursor = table.scan(cursor, count, &mut |entry| {
            *seen.entry(entry.key().to_vec()).or_default() += 1;
            here += 1;
        });
        calls += 1;
        if cursor == 0 {
            break;
        }
        for _ in 0..below(&mut dice, count * 5) {
            let Some(key) = comes.get(next) else { break };
            next += 1;
            if growing {
                add(&mut table, key);
            } else {
                let position = table.find(table.hash(key), key).unwrap();
                table.remove(position);
            }
        }
        if below(&mut dice, 10) == 0 {
            table.maintain(5);
        }
    }
    table.check();
    for key in &stays {
        assert!(seen.contains_key(key), "seed {seed}: {} was missed", String::from_utf8_lossy(key));
    }
    (seen.values().filter(|times| **times > 1).count(), calls)
}

#[test]
fn scan_misses_nothing_that_stays_small() {
    for seed in 1..=4 {
        scan_while(seed, 200, Hasher::new([seed, 2]), seed % 2 == 0);
    }
}

#[test]
fn scan_misses_nothing_that_stays() {
    for seed in 1..=10 {
        let n = scaled(10_000);
        let (again, calls) = scan_while(seed, n, Hasher::new([seed, 2]), seed % 2 == 0);
        assert_eq!(again, 0, "seed {seed}: nothing is seen twice either");
        assert!(calls > n / 60, "seed {seed}: {calls} calls");
    }
}

#[test]
fn scan_copes_with_colliding_keys_small() {
    for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf << 60), (4, 0xfff << 52)] {
        scan_while(seed, 200, Hasher::broken([seed, 2], kept), seed % 2 == 0);
    }
}

#[test]
fn scan_refuses_no_cursor() {
    let mut table = Table::new(Hasher::new([1, 2]));
    assert_eq!(table.scan(12, 10, &mut |_| {}), 0);
    for n in 0..1000 {
        table.insert(table.hash(&key(n)), Entry::new(&key(n), NewValue::Int(1), None, 0));
    }
    let mut dice = Dice(1);
    for _ in 0..1000 {
        let cursor = dice.next() >> below(&mut dice, 64);
        let next = table.scan(cursor, 10, &mut |_| {});
        assert!(next == 0 || next > cursor);
    }
}

/// Whether sampling is fair: the chi-square statistic of many draws is near its mean, the number of keys.
fn check_fairness(table: &Table, seed: u64) {
    let mut dice = Dice(seed);
    let mut drawn: HashMap<Vec<u8>, f64> = HashMap::new();
    let (n, each) = (table.len() as f64, if cfg!(any(miri, valgrind)) { 20.0 } else { 60.0 });
    for _ in 0..(n * each) as usize {
        let position = table.random(&mut || dice.next()).expect("there are keys");
        assert_eq!(table.find(table.hash(table.at(position).key()), table.at(position).key()), Some(position));
        *drawn.entry(table.at(position).key().to_vec()).or_default() += 1.0;
    }
    let missed = n - drawn.len() as f64;
    let chi = missed * each + drawn.values().map(|times| (times - each).powi(2) / each).sum::<f64>();
    let limit = 5.0 * (2.0 * n).sqrt();
    assert!((chi - n).abs() < limit, "seed {seed}: {n} keys, chi-square {chi}, not within {limit} of it");
}

fn add_number(table: &mut Table, n: usize) {
    let key = n.to_string().into_bytes();
    let hash = table.hash(&key);
    table.insert(hash, Entry::new(&key, NewValue::Int(n as i64), None, 0));
}

fn remove_number(table: &mut Table, n: usize) {
    let key = n.to_string().into_bytes();
    let position = table.find(table.hash(&key), &key).expect("it was added");
    assert_eq!(table.remove(position).key(), key);
}

#[test]
fn sampling_is_fair_small() {
    let mut table = Table::new(Hasher::new([7, 7]));
    assert_eq!(table.random(&mut || 0), None);
    for n in 0..150 {
        add_number(&mut table, n);
        if [0, 1, 20, 70, 149].contains(&n) {
            check_fairness(&table, n as u64);
        }
    }
}

#[test]
fn sampling_is_fair_while_it_grows_and_after_mass_removals() {
    let mut table = Table::new(Hasher::new([7, 8]));
    let n = scaled(20_000);
    for i in 0..n {
        add_number(&mut table, i);
        if i % (n / 5) == n / 5 - 1 {
            check_fairness(&table, i as u64);
        }
    }
    for i in 0..n - 300 {
        remove_number(&mut table, i);
    }
    check_fairness(&table, 1);
    table.check();
}

#[test]
fn sampling_is_fair_when_refused_and_among_colliding_keys() {
    for kept in [0, 0x7 << 61, 0xffff << 20, Hash::MAX] {
        let mut table = Table::new(Hasher::broken([7, 9], kept));
        for i in 0..scaled(1500) {
            add_number(&mut table, i);
        }
        check_fairness(&table, 3);
        // Dice that are always refused: a random rank decides.
        let mut dice = Dice(4);
        let mut calls = 0;
        let mut ranks = || {
            calls += 1;
            if calls % 513 == 0 { dice.next() } else { Hash::MAX }
        };
        let drawn: HashSet<Position> = (0..100)
            .map(|_| table.random(&mut ranks).expect("there are keys"))
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        assert!(table.bags > 0 || drawn.len() > 50, "{} of 100", drawn.len());
    }
}

#[test]
fn an_entry_is_found_by_a_part_of_its_hash() {
    for kept in [Hash::MAX, 0, 0xf << 60, 0xff, 0xfff << 52, (1 << 45) - 1] {
        let mut table = Table::new(Hasher::broken([5, 6], kept));
        let n = scaled(3000);
        for i in 0..n {
            add_number(&mut table, i);
        }
        for i in 0..n {
            let key = i.to_string();
            let part = HashPart::of(table.hash(key.as_bytes()));
            let mut shown = 0;
            let found = table.find_alike(part, &mut |entry| {
                shown += 1;
                entry.key() == key.as_bytes()
            });
            assert_eq!(found, table.find(table.hash(key.as_bytes()), key.as_bytes()), "kept {kept:x}");
            assert!(kept != Hash::MAX || shown < 4, "few others are shown: {shown}");
        }
        let absent = HashPart::of(0x1234_5678_9abc_de07 & kept);
        assert!(table.find_alike(absent, &mut |_| false).is_none());
    }
    assert!(Table::new(Hasher::new([1, 2])).find_alike(HashPart::of(7), &mut |_| true).is_none());
}

#[test]
fn colliding_keys_stay_bounded() {
    let n = scaled(100_000);
    // All the same hash; a few; many that agree in the path's bits; many that agree in all others.
    for kept in [0, 0xf << 60, 0xffff, 0xfff << 52] {
        let mut table = Table::new(Hasher::broken([5, 6], kept));
        for i in 0..n {
            add_number(&mut table, i);
        }
        table.check();
        let overhead = table.bytes() - n * 32;
        assert!(overhead < n * 24 + (1 << 20), "kept {kept:x}: {overhead} bytes for {n} keys");
        let (mut cursor, mut seen) = (0, 0);
        loop {
            cursor = table.scan(cursor, 10, &mut |_| seen += 1);
            if cursor == 0 {
                break;
            }
        }
        assert!(seen >= n);
        let mut dice = Dice(1);
        for _ in 0..200 {
            table.random(&mut || dice.next()).expect("there are keys");
        }
        let copy = table.freeze();
        for i in 0..n {
            remove_number(&mut table, i);
        }
        while table.maintain(100) {}
        assert_eq!((table.len(), table.bytes()), (0, 0), "kept {kept:x}");
        assert_eq!(copy.len(), n);
        copy.drain(|_| seen -= 1);
        assert!(seen < n);
    }
}

#[test]
fn no_step_moves_many_entries() {
    let mut table = Table::new(Hasher::new([3, 3]));
    let n = scaled(400_000);
    let (mut most, mut last) = (0, 0);
    for i in 0..2 * n {
        if i < n {
            add_number(&mut table, i);
        } else {
            remove_number(&mut table, i - n);
        }
        // What the end resets is smaller than before.
        most = most.max(table.moved.saturating_sub(last));
        last = table.moved;
    }
    assert!((30..=150).contains(&most), "{most} entries at once");
    assert_eq!(table.bytes(), 0);
}

#[test]
fn a_write_copies_only_its_path() {
    let mut table = Table::new(Hasher::new([4, 4]));
    for n in 0..scaled(30_000) {
        add_number(&mut table, n);
    }
    let write = |table: &mut Table, n: usize| {
        let key = n.to_string();
        let position = table.find(table.hash(key.as_bytes()), key.as_bytes()).unwrap();
        let entry = Entry::new(key.as_bytes(), NewValue::Int(-1), None, 0);
        let before = alloc::calls();
        drop(table.replace(position, entry));
        alloc::calls() - before
    };
    assert_eq!(write(&mut table, 5), 0, "nothing is shared");
    let before = alloc::calls();
    let copy = table.freeze();
    assert_eq!(alloc::calls(), before, "a copy is a pointer");
    assert_eq!(write(&mut table, 5), 3, "root, node and page");
    assert_eq!(write(&mut table, 5), 0, "all of it is ours now");
    assert!((0..100).all(|n| write(&mut table, n) <= 2), "the root is ours");
    assert!(matches!(copy.find(b"6").unwrap().value(), Value::Int(6)));
    assert!(matches!(table.at(table.find(table.hash(b"6"), b"6").unwrap()).value(), Value::Int(-1)));
    drop(copy);
    // A page that the copy shared is ours without a write, once the copy is gone.
    assert_eq!(write(&mut table, 1000), 0);
    let twin = table.freeze();
    assert!(table.at_mut(table.find(table.hash(b"7"), b"7").unwrap()).is_none(), "a shared entry is not edited");
    drop(twin);
    assert!(table.at_mut(table.find(table.hash(b"7"), b"7").unwrap()).is_some());
}

#[test]
fn a_small_table_is_small() {
    assert!(size_of::<Table>() <= 320, "sixteen of them are there from the start: {}", size_of::<Table>());
    let before = alloc::calls();
    let mut table = Table::new(Hasher::new([1, 1]));
    assert!(table.find(1, b"a").is_none() && table.freeze().is_empty() && table.scan(0, 10, &mut |_| {}) == 0);
    assert_eq!(alloc::calls(), before, "an empty table allocates nothing");
    add_number(&mut table, 1);
    assert!(table.bytes() < 4096, "{}", table.bytes());
}

#[test]
fn after_its_directories_are_owned_a_write_copies_no_more_than_a_page() {
    let mut table = Table::new(Hasher::new([7, 8]));
    let key = |n: u32| format!("key:{n}").into_bytes();
    let entry = |n: u32| Entry::new(&key(n), NewValue::Int(n.into()), None, 0);
    for n in 0..200_000 {
        table.insert(table.hash(&key(n)), entry(n));
    }
    let copy = table.freeze();
    let before = alloc::blocks();
    let (mut at, mut nodes) = (Some(0), 0);
    while let Some(hash) = at {
        at = table.own_directory(hash);
        nodes += 1;
    }
    // And the root.
    assert_eq!(alloc::blocks() - before, nodes + 1, "each is copied once");
    assert!(nodes > 8, "{nodes}");
    for n in 0..500 {
        let before = alloc::blocks();
        let position = table.find(table.hash(&key(n)), &key(n)).expect("it is there");
        if n % 2 == 0 {
            table.replace(position, Entry::new(&key(n), NewValue::Int(-1), None, 0));
        } else {
            table.remove(position);
        }
        assert!(alloc::blocks() - before <= 2, "a page and an entry");
    }
    assert_eq!(table.own_directory(u64::MAX), None);
    let mut seen = 0;
    copy.each(|entry| {
        seen += 1;
        assert!(!matches!(entry.value(), Value::Int(-1)));
    });
    assert_eq!((seen, table.len()), (200_000, 199_750), "the copy stays what it is");
    assert_eq!(Table::new(Hasher::new([7, 8])).own_directory(0), None);
}
