//! Members against a plain model, in every form, with copies alive.

use super::*;
use crate::store::object::Twice;

use crate::base::alloc::{self, size_class};
use crate::base::dice::Dice;
use std::collections::{HashMap, HashSet};
use std::sync::mpsc;
use std::thread;

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize
}

/// Sizes of tests: whole, or a part where an interpreter or a memory checker runs them.
fn scaled(n: usize) -> usize {
    if cfg!(any(miri, valgrind)) { n / 50 } else { n }
}

/// Values and deadlines by field.
type Model = HashMap<Vec<u8>, (Vec<u8>, Option<i64>)>;

fn contents(members: &Members) -> Model {
    let mut found = Model::new();
    for element in members {
        let it = (element.value_bytes().to_vec(), element.deadline());
        assert!(found.insert(element.field().to_vec(), it).is_none(), "an element is visited once");
    }
    found
}

/// What a check finds below a child.
#[derive(Default, Debug, PartialEq)]
struct Sums {
    elements: usize,
    live: usize,
    volatile: usize,
    pages: usize,
}

impl Members {
    /// Checks all that holds between operations, also the numbers that are kept beside the structure.
    fn check(&self) -> Sums {
        let mut sums = Sums::default();
        let earliest = self.check_child(&self.root, 0, 0, 0, &mut sums);
        assert_eq!((self.len, self.live, self.volatile), (sums.elements, sums.live, sums.volatile));
        assert_eq!(self.earliest().unwrap_or(NEVER), earliest);
        sums
    }

    fn check_child(&self, child: &Child, prefix: u128, depth: u32, page_depth: u32, sums: &mut Sums) -> i64 {
        match child {
            Child::Page(page) => {
                assert_eq!(page.depth(), page_depth);
                self.check_page(page, prefix, sums)
            }
            Child::Node(node) => {
                assert_eq!(depth, page_depth, "a node covers one value of its parent's bits");
                sums.live += node.bytes();
                let mut next = 0;
                let mut earliest = NEVER;
                for (index, (run, slot)) in node.children().enumerate() {
                    assert!(run.len.is_power_of_two() && run.start % run.len == 0 && run.start == next);
                    next += run.len;
                    let before = sums.elements;
                    let prefix = prefix | u128::from(run.start) << (122 - depth);
                    let at = self.check_child(&slot.child, prefix, depth + NODE_BITS, depth + run.bits(), sums);
                    assert_eq!(slot.elements, sums.elements - before);
                    assert_eq!(node.earliest_of(index), at);
                    earliest = earliest.min(at);
                }
                assert_eq!((next, node.earliest()), (64, earliest));
                assert!(node.slots.len() > 1 || node.only_page().is_none(), "one page needs no node");
                earliest
            }
        }
    }

    fn check_page(&self, page: &Page, prefix: u128, sums: &mut Sums) -> i64 {
        let (mut earliest, mut used, mut last) = (NEVER, 0, 0);
        let mut buffers = HashSet::new();
        for index in 0..page.len() {
            let element = page.element(index);
            let path = self.path(element.field());
            assert_eq!(page.find(path), Ok(index));
            for at in 0..page.depth() {
                assert_eq!(path.bits(at, 1) as u128, prefix >> (127 - at) & 1, "an element lies in its page");
            }
            assert!(page.tag(index) >= last && path.bits(page.depth(), 8) == usize::from(page.tag(index)));
            last = page.tag(index);
            used += 3 + 1;
            for text in [element.field_text(), element.value()].into_iter().take(1 + usize::from(self.values)) {
                match text {
                    Text::Bytes(bytes) => {
                        assert!(bytes.len() <= INLINE_MAX);
                        used += bytes.len();
                    }
                    Text::Shared(buffer) => {
                        assert!(buffer.bytes().len() > INLINE_MAX);
                        assert!(page.buffers().iter().any(|other| std::ptr::eq(other, buffer)));
                        assert!(buffers.insert(std::ptr::from_ref(buffer)), "a buffer belongs to one element");
                        used += 1;
                    }
                    Text::Int(_) | Text::Pieces(_) => panic!("numbers are texts"),
                }
            }
            used += usize::from(self.values);
            if let Some(deadline) = element.deadline() {
                used += 6;
                earliest = earliest.min(deadline);
                sums.volatile += 1;
            }
        }
        assert_eq!((page.used(), page.earliest()), (used, earliest));
        assert_eq!(page.buffers().len(), buffers.len());
        if page.depth() < 120 {
            assert!(
                page.bytes() - page.list_bytes() <= PAGE_MAX
                    && page.len() <= ELEMENTS_MAX
                    && buffers.len() <= BUFFERS_MAX
            );
        }
        assert_eq!(page.bytes(), size_class(page.bytes() - page.list_bytes()) + page.list_bytes());
        sums.elements += page.len();
        sums.live += page.bytes() + page.buffers().iter().map(Buffer::allocated).sum::<usize>();
        sums.pages += 1;
        earliest
    }
}

/// A field of many possible lengths, also longer than what lies in a page.
fn field(n: usize) -> Vec<u8> {
    match n % 41 {
        0 => format!("{n}").into_bytes(),
        1 => format!("{n:0300}").into_bytes(),
        2 => format!("{n:0127}").into_bytes(),
        3 => format!("{n:0126}").into_bytes(),
        4..=9 => format!("field:{n:030}").into_bytes(),
        _ => format!("field:{n:06}").into_bytes(),
    }
}

fn random_value(dice: &mut Dice) -> Vec<u8> {
    let byte = dice.next() as u8;
    let len = match below(dice, 12) {
        0 => 0,
        1..=6 => 5,
        7..=9 => below(dice, 40),
        10 => 120 + below(dice, 12),
        _ => below(dice, 900),
    };
    vec![byte; len]
}

fn random_deadline(dice: &mut Dice) -> i64 {
    match below(dice, 3) {
        0 => below(dice, 1000) as i64,
        1 => 1_700_000_000_000 + below(dice, 1 << 20) as i64,
        _ => (dice.next() >> 16).cast_signed(),
    }
}

/// Adds, changes or removes something, in both.
fn step(members: &mut Members, model: &mut Model, dice: &mut Dice, n: usize, growing: bool) {
    let field = field(below(dice, n));
    let known = model.get(&field).cloned();
    let element = members.get(&field);
    assert_eq!(element.map(|e| (e.value_bytes().to_vec(), e.deadline())), known);
    assert_eq!(members.contains(&field), known.is_some());
    let choice = below(dice, if growing { 12 } else { 20 });
    if choice >= 10 {
        let old = members.remove(&field);
        assert_eq!(old.map(|old| old.deadline), model.remove(&field).map(|(_, deadline)| deadline));
        return;
    }
    if !members.values {
        assert_eq!(members.add(&field), known.is_none());
        model.insert(field, (Vec::new(), None));
        return;
    }
    let old_deadline = known.as_ref().and_then(|(_, deadline)| *deadline);
    if choice <= 1 {
        let deadline = (below(dice, 2) == 0).then(|| random_deadline(dice));
        let old = members.set_deadline(&field, deadline);
        assert_eq!(old.is_some(), known.is_some());
        if let Some(stored) = model.get_mut(&field) {
            assert_eq!(old.expect("as the model says").deadline, stored.1);
            stored.1 = deadline;
        }
        return;
    }
    let (policy, deadline) = match below(dice, 4) {
        0 => (Deadline::Keep, old_deadline),
        1..=2 => (Deadline::Clear, None),
        _ => {
            let deadline = random_deadline(dice);
            (Deadline::At(deadline), Some(deadline))
        }
    };
    let value = random_value(dice);
    let number = dice.next().cast_signed();
    let buffer = Buffer::new(value.clone());
    let (text, value) = match below(dice, 4) {
        0 => (Text::Int(number), number.to_string().into_bytes()),
        1 => (Text::Shared(&buffer), value.clone()),
        _ => (Text::Bytes(&value), value.clone()),
    };
    let old = members.insert(&field, text, policy);
    assert_eq!(old.is_some(), known.is_some());
    if let (Some(old), Some((value, deadline))) = (old, known) {
        assert_eq!(old.deadline, deadline);
        assert_eq!(old.value.map(|b| b.bytes().to_vec()), (value.len() > INLINE_MAX).then_some(value));
    }
    model.insert(field, (value, deadline));
}

/// Any interleaving of operations, with copies that live on, some of them on another thread.
fn follow_the_model(seed: u64, n: usize, steps: usize, mut members: Members) {
    let (send, receive) = mpsc::channel::<(Members, Model)>();
    let reader = thread::spawn(move || {
        for (index, (copy, model)) in receive.into_iter().enumerate() {
            let twin = copy.clone();
            for (field, (value, deadline)) in &model {
                let element = copy.get(field).expect("a copy keeps its fields");
                assert_eq!((element.value_bytes(), element.deadline()), (&**value, *deadline), "seed {seed}");
            }
            if index % 2 == 0 {
                drop(copy);
            }
            assert_eq!(contents(&twin), model, "seed {seed}");
            twin.check();
        }
    });
    let mut dice = Dice(seed);
    let mut model = Model::new();
    let mut copies: Vec<(Members, Model)> = Vec::new();
    let mut growing = true;
    for count in 0..steps {
        if below(&mut dice, steps / 8 + 1) == 0 {
            growing = !growing;
        }
        step(&mut members, &mut model, &mut dice, n, growing);
        match below(&mut dice, steps / 30 + 1) {
            0 => copies.push((members.clone(), model.clone())),
            1 => send.send((members.clone(), model.clone())).expect("as the model says"),
            2 if !copies.is_empty() => {
                let (copy, model) = copies.swap_remove(below(&mut dice, copies.len()));
                assert_eq!(contents(&copy), model, "seed {seed} step {count}");
            }
            3 => drop(members.check()),
            4 => {
                let (now, max) = (random_deadline(&mut dice), 1 + below(&mut dice, 200));
                let mut gone = 0;
                let removed = members.expire(now, max, &mut |element| {
                    let (value, deadline) = model.remove(element.field()).expect("it was there");
                    assert!(
                        deadline == element.deadline()
                            && deadline.expect("as the model says") <= now
                            && value == element.value_bytes()
                    );
                    gone += 1;
                });
                assert_eq!(removed, gone);
                let due = model.values().filter(|(_, deadline)| deadline.is_some_and(|at| at <= now)).count();
                assert!(removed <= max && (due == 0 || removed == max), "seed {seed} step {count}: {due} left");
                members.check();
            }
            5 => {
                // A copy that is changed itself, while the original goes on.
                let (mut copy, mut its) = (members.clone(), model.clone());
                for _ in 0..20 {
                    step(&mut copy, &mut its, &mut dice, n, true);
                }
                copy.check();
                copies.push((copy, its));
            }
            _ => {}
        }
    }
    members.check();
    assert_eq!(contents(&members), model, "seed {seed}");
    for (copy, model) in copies {
        assert_eq!(copy.len(), model.len());
        copy.check();
        assert_eq!(contents(&copy), model, "seed {seed}");
    }
    for field in model.keys() {
        assert!(members.remove(field).is_some());
    }
    members.check();
    assert_eq!((members.len(), members.bytes()), (0, Members::set(members.hasher).bytes()), "seed {seed}");
    drop(send);
    reader.join().expect("as the model says");
}

#[test]
fn a_hash_follows_the_model() {
    for seed in 1..=10 {
        follow_the_model(seed, scaled(6_000), scaled(60_000), Members::map(Hasher::new([seed, 1])));
    }
}

#[test]
fn a_set_follows_the_model() {
    for seed in 1..=5 {
        follow_the_model(seed, scaled(9_000), scaled(60_000), Members::set(Hasher::new([seed, 2])));
    }
}

#[test]
fn colliding_hashes_follow_the_model() {
    for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf000_0000_0000_00ff), (4, 1 << 63), (5, 0x7ff << 53), (6, 3)] {
        follow_the_model(seed, 600, 5_000, Members::map(Hasher::broken([seed, 1], kept)));
        follow_the_model(seed, 2_000, 5_000, Members::set(Hasher::broken([seed, 1], kept)));
    }
}

#[test]
fn colliding_hashes_stay_bounded() {
    let n = scaled(50_000);
    // All the same hash; a few; many that agree in the path's bits; many that agree in all others.
    for kept in [0, 0xf << 60, 0xffff, 0xfff << 52] {
        let mut members = Members::set(Hasher::broken([5, 6], kept));
        for i in 0..n {
            assert!(members.add(format!("member:{i:05}").as_bytes()));
        }
        members.check();
        assert!(members.bytes() < n * 30 + (1 << 16), "kept {kept:x}: {} bytes", members.bytes());
        let copy = members.clone();
        for i in 0..n {
            assert!(members.remove(format!("member:{i:05}").as_bytes()).is_some());
        }
        members.check();
        assert_eq!(copy.iter().count(), n);
    }
}

/// Walks with SCAN while members come and go: what stays is seen. Answers how many were seen twice, and the calls.
fn scan_while(seed: u64, n: usize, hasher: Hasher, growing: bool) -> (usize, usize) {
    let mut dice = Dice(seed);
    let mut members = Members::set(hasher);
    let stays: HashSet<Vec<u8>> = (0..n).map(|i| format!("stays:{i}").into_bytes()).collect();
    let comes: Vec<Vec<u8>> = (0..4 * n).map(|i| format!("comes:{i}").into_bytes()).collect();
    for member in stays.iter().chain(if growing { &[] } else { &*comes }) {
        assert!(members.add(member));
    }
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut cursor, mut calls, mut next) = (0, 0, 0);
    loop {
        let count = 1 + below(&mut dice, 30);
        let after = members.scan(cursor, count, &mut |element| {
            *seen.entry(element.field().to_vec()).or_default() += 1;
        });
        calls += 1;
        if after == 0 {
            break;
        }
        assert!(after > cursor, "seed {seed}: a cursor that goes back");
        cursor = after;
        for _ in 0..below(&mut dice, count * 5) {
            let Some(member) = comes.get(next) else { break };
            next += 1;
            if growing {
                assert!(members.add(member));
            } else {
                assert!(members.remove(member).is_some());
            }
        }
    }
    members.check();
    for member in &stays {
        assert!(seen.contains_key(member), "seed {seed}: {} was missed", String::from_utf8_lossy(member));
    }
    (seen.values().filter(|times| **times > 1).count(), calls)
}

#[test]
fn scan_misses_nothing_that_stays() {
    for seed in 1..=10 {
        let n = scaled(10_000);
        let growing = seed % 2 == 0;
        let (again, calls) = scan_while(seed, n, Hasher::new([seed, 2]), growing);
        // Only merging pages puts what was seen behind a cursor.
        assert!(again < if growing { 1 } else { n / 100 }, "seed {seed}: {again} twice");
        assert!(calls > n / 16, "seed {seed}: {calls} calls");
    }
}

#[test]
fn scan_copes_with_colliding_hashes() {
    for (seed, kept) in [(1, 0), (2, 0xff << 40), (3, 0xf << 60), (4, 0xfff << 52), (5, 0xffff << 32)] {
        scan_while(seed, 500, Hasher::broken([seed, 2], kept), seed % 2 == 0);
    }
}

#[test]
fn scan_visits_about_as_many_as_asked_and_refuses_no_cursor() {
    let mut members = Members::set(Hasher::new([1, 2]));
    assert_eq!(members.scan(12, 10, &mut |_| {}), 0);
    for n in 0..5000 {
        members.add(&field(n));
    }
    let mut dice = Dice(1);
    for _ in 0..1000 {
        let (cursor, count) = (dice.next() >> below(&mut dice, 64), 1 + below(&mut dice, 100));
        let mut seen = 0;
        let next = members.scan(cursor, count, &mut |_| seen += 1);
        assert!(next == 0 || next > cursor);
        assert!(seen <= count + 4, "{seen} of {count}");
        assert!(next == 0 || seen >= count);
    }
}

/// Whether draws are fair: the chi-square statistic is near its mean, the number of elements.
fn check_fairness(what: &str, n: usize, draws: usize, drawn: &HashMap<Vec<u8>, usize>) {
    let each = draws as f64 / n as f64;
    let missed = (n - drawn.len()) as f64;
    let chi = missed * each + drawn.values().map(|times| (*times as f64 - each).powi(2) / each).sum::<f64>();
    let limit = 5.0 * (2.0 * n as f64).sqrt();
    assert!((chi - n as f64).abs() < limit, "{what}: {n} elements, chi-square {chi}, not within {limit} of it");
}

#[test]
fn random_elements_are_fair_while_it_grows_and_shrinks_and_among_collisions() {
    for kept in [Hash::MAX, 0x7 << 61, 0] {
        let mut members = Members::set(Hasher::broken([7, 8], kept));
        assert!(members.random(&mut || 0).is_none());
        let mut dice = Dice(9);
        let mut check = |members: &Members| {
            let draws = members.len() * 40;
            let mut drawn = HashMap::new();
            for _ in 0..draws {
                let element = members.random(&mut || dice.next()).expect("there are members");
                *drawn.entry(element.field().to_vec()).or_default() += 1;
            }
            check_fairness(&format!("kept {kept:x}"), members.len(), draws, &drawn);
        };
        let n = scaled(10_000);
        for i in 0..n {
            members.add(&field(i));
            if [1, 50, 130, 1000, n - 1].contains(&i) {
                check(&members);
            }
        }
        for i in 0..n - 300 {
            members.remove(&field(i));
        }
        check(&members);
    }
}

#[test]
fn samples_are_different_and_fair() {
    let mut members = Members::map(Hasher::new([3, 4]));
    let n = 400;
    for i in 0..n {
        members.insert(&field(i), Text::Int(1), Deadline::Clear);
    }
    let mut dice = Dice(2);
    // Few and many: both ways of sampling.
    for wanted in [0, 1, 2, 49, 51, 399, 400, 500] {
        let rounds = 400;
        let mut drawn: HashMap<Vec<u8>, usize> = HashMap::new();
        for _ in 0..rounds {
            let mut one: HashSet<Vec<u8>> = HashSet::new();
            members.sample(wanted, &mut || dice.next(), &mut |element| assert!(one.insert(element.field().to_vec())));
            assert_eq!(one.len(), wanted.min(n));
            for field in one {
                *drawn.entry(field).or_default() += 1;
            }
        }
        if (1..300).contains(&wanted) {
            // Without putting back, the statistic is smaller by the share that is drawn.
            let scale = n as f64 / (n - wanted) as f64;
            let each = (rounds * wanted) as f64 / n as f64;
            let missed = (n - drawn.len()) as f64 * each;
            let chi = drawn.values().map(|times| (*times as f64 - each).powi(2) / each).sum::<f64>();
            let chi = (missed + chi) * scale;
            assert!((chi - n as f64).abs() < 5.0 * (2.0 * n as f64).sqrt(), "{wanted} of {n}: {chi}");
        }
    }
}

#[test]
fn ranks_are_those_of_the_walk() {
    let mut members = Members::set(Hasher::new([3, 9]));
    for i in 0..scaled(20_000) {
        members.add(&field(i));
    }
    for (rank, element) in members.iter().enumerate().step_by(37) {
        assert_eq!(members.nth(rank).expect("as the model says").field(), element.field());
    }
    assert_eq!(members.iter().len(), members.iter().count());
    assert!(members.nth(members.len()).is_none());
    // The order is that of the hashes, as far as pages tell.
    let hashes: Vec<Hash> = members.iter().map(|element| members.hash(element.field()) >> 48).collect();
    assert!(hashes.is_sorted());
}

#[test]
fn a_write_copies_only_its_path() {
    let mut members = Members::map(Hasher::new([4, 4]));
    let n = scaled(60_000);
    let write = |members: &mut Members, n: usize, value: &[u8]| {
        let before = alloc::calls();
        members.insert(format!("field:{n:06}").as_bytes(), Text::Bytes(value), Deadline::Clear);
        alloc::calls() - before - 1 // The name's.
    };
    for i in 0..n {
        write(&mut members, i, b"12345");
    }
    let before = alloc::calls();
    let copy = members.clone();
    assert_eq!(alloc::calls(), before, "a copy is a pointer");
    let bytes = members.bytes();
    let deep = if n > 2000 { 3 } else { 2 };
    assert!((deep..=7).contains(&write(&mut members, 5, b"54321")), "nodes and a page");
    assert_eq!(write(&mut members, 5, b"00000"), 0, "all of it is ours now, and the value is written over the old one");
    assert!((0..100).all(|n| write(&mut members, n, b"00000") <= 5), "at most the root is ours");
    assert_eq!(members.bytes(), bytes);
    assert_eq!(copy.get(b"field:000005").expect("as the model says").value_bytes(), b"12345");
    // What changes nothing copies nothing.
    let mut set = Members::set(Hasher::new([4, 5]));
    assert!(set.add(b"a"));
    let twin = set.clone();
    let before = alloc::calls();
    assert!(!set.add(b"a") && set.remove(b"b").is_none());
    assert_eq!(alloc::calls(), before);
    drop((copy, twin));
}

#[test]
fn big_values_are_shared_and_returned() {
    let mut members = Members::map(Hasher::new([6, 6]));
    let buffer = Buffer::new(vec![b'x'; 1000]);
    assert!(members.insert(b"f", Text::Shared(&buffer), Deadline::Clear).is_none());
    assert!(!buffer.is_unique());
    let Text::Shared(stored) = members.get(b"f").expect("as the model says").value() else {
        panic!("a long value is counted")
    };
    assert!(std::ptr::eq(stored.bytes(), buffer.bytes()), "it is not copied");
    let old = members.insert(b"f", Text::Bytes(b"short"), Deadline::Clear).expect("as the model says");
    assert!(std::ptr::eq(old.value.as_ref().expect("as the model says").bytes(), buffer.bytes()));
    drop(old);
    assert!(buffer.is_unique());
    members.insert(b"f", Text::Shared(&buffer), Deadline::At(5));
    let copy = members.clone();
    let long = vec![b'k'; 500];
    members.insert(&long, Text::Shared(&buffer), Deadline::At(7));
    let old = members.remove(&long).expect("as the model says");
    assert_eq!(
        (
            old.field.expect("as the model says").bytes(),
            old.value.expect("as the model says").bytes().len(),
            old.deadline
        ),
        (&*long, 1000, Some(7))
    );
    members.remove(b"f");
    assert_eq!(members.bytes(), Members::map(members.hasher).bytes());
    assert_eq!(copy.get(b"f").expect("as the model says").value_bytes(), buffer.bytes());
    drop(copy);
    assert!(buffer.is_unique());
}

#[test]
fn fields_expire_in_portions_and_without_a_walk() {
    let mut members = Members::map(Hasher::new([8, 1]));
    assert_eq!(members.earliest(), None);
    let n = scaled(50_000);
    let name = |i: usize| format!("field:{i}").into_bytes();
    for i in 0..n {
        let deadline = if i % 10 == 0 { Deadline::At(1000 + i as i64) } else { Deadline::Clear };
        members.insert(&name(i), Text::Int(i as i64), deadline);
    }
    let bytes = members.bytes();
    assert_eq!((members.volatile(), members.earliest()), (n / 10, Some(1000)));
    assert_eq!(members.expire(999, 100, &mut |_| panic!("nothing is due")), 0);
    let mut gone = Vec::new();
    assert_eq!(members.expire(1000 + n as i64 / 2, 7, &mut |element| gone.push(element.field().to_vec())), 7);
    let all = members.expire(999 + n as i64 / 2, usize::MAX, &mut |element| gone.push(element.field().to_vec()));
    assert_eq!(all + 7, gone.len());
    assert!((gone.len() as isize - (n / 20) as isize).abs() <= 1);
    members.check();
    for i in 0..n {
        members.set_deadline(&name(i), None);
    }
    assert_eq!((members.volatile(), members.earliest()), (0, None));
    members.check();
    for i in 0..n {
        members.insert(&name(i), Text::Int(i as i64), Deadline::Keep);
    }
    assert!(members.bytes() <= bytes + bytes / 20, "nothing is left of deadlines");
    assert!(members.set_deadline(b"nobody", Some(1)).is_none());
}

#[test]
fn it_is_small() {
    let n = scaled(200_000);
    for (values, most) in [(false, 21.5), (true, 38.0)] {
        let hasher = Hasher::new([1, 1]);
        let mut members = if values { Members::map(hasher) } else { Members::set(hasher) };
        for i in 0..2 * n {
            let field = format!("member:{i:05x}");
            if values {
                members.insert(field.as_bytes(), Text::Bytes(b"value:abcdef"), Deadline::Clear);
            } else {
                members.add(field.as_bytes());
            }
            if i % (n / 5) == n / 5 - 1 {
                let each = members.bytes() as f64 / members.len() as f64;
                assert!(each < most, "{each} bytes an element at {i}");
            }
        }
        for i in 0..n {
            members.remove(format!("member:{i:05x}").as_bytes()).expect("it was added");
        }
        let each = members.bytes() as f64 / members.len() as f64;
        assert!(each < most + 3.0, "{each} bytes an element after removals");
    }
    assert!(Members::set(Hasher::new([1, 1])).bytes() < 300);
}

/// A field, its value, its deadline.
type Given = (Vec<u8>, Vec<u8>, Option<i64>);

/// Elements with what one by one makes of them.
fn some_elements(seed: u64, n: usize, hasher: Hasher, values: bool) -> (Vec<Given>, Members) {
    let mut dice = Dice(seed);
    let mut members = Members::new(hasher, values);
    let mut elements = Vec::new();
    for i in 0..n {
        let deadline =
            (values && seed.is_multiple_of(2) && below(&mut dice, 3) == 0).then(|| random_deadline(&mut dice));
        let value = if values { random_value(&mut dice) } else { Vec::new() };
        let (field, policy) = (field(i), deadline.map_or(Deadline::Clear, Deadline::At));
        if values {
            members.insert(&field, Text::Bytes(&value), policy);
        } else {
            members.add(&field);
        }
        elements.push((field, value, deadline));
    }
    for i in (1..n).rev() {
        elements.swap(i, below(&mut dice, i + 1));
    }
    (elements, members)
}

fn build(elements: &[Given], members: Members, waiting_max: usize) -> Result<Members, Twice> {
    let values = members.values;
    let mut builder = Builder::waiting_at_most(members, waiting_max);
    for (field, value, deadline) in elements {
        if values { builder.insert(field, Text::Bytes(value), *deadline)? } else { builder.add(field)? }
    }
    builder.finish().map(|members| *members)
}

#[test]
fn what_is_built_at_once_is_what_one_by_one_makes() {
    for seed in 1..=12 {
        for values in [false, true] {
            let n = [0, 1, 60, 700, scaled(20_000)][seed as usize % 5];
            let hasher = Hasher::new([seed, 3]);
            let (elements, one_by_one) = some_elements(seed, n, hasher, values);
            let built = build(&elements, Members::new(hasher, values), usize::MAX).expect("all are different");
            assert_eq!(contents(&built), contents(&one_by_one), "seed {seed}");
            // The same pages; how much room is left in them may differ.
            let (a, b) = (built.check(), one_by_one.check());
            assert_eq!((a.elements, a.volatile, a.pages), (b.elements, b.volatile, b.pages), "seed {seed}");
            assert!(a.live <= b.live, "seed {seed}: {} bytes, {} one by one", a.live, b.live);
        }
    }
}

#[test]
fn what_is_built_in_parts_or_from_colliding_hashes_holds_all() {
    for (seed, kept) in
        [(1, 0), (2, 0xff << 40), (3, 0xf000_0000_0000_00ff), (4, 1 << 63), (5, 0x7ff << 53), (6, u64::MAX)]
    {
        for values in [false, true] {
            let hasher = Hasher::broken([seed, 1], kept);
            let (elements, one_by_one) = some_elements(seed, 900, hasher, values);
            for waiting_max in [usize::MAX, 20_000, 1_000] {
                let mut built = build(&elements, Members::new(hasher, values), waiting_max).expect("all are different");
                built.check();
                let model = contents(&built);
                assert_eq!(model, contents(&one_by_one), "seed {seed}");
                for field in model.keys() {
                    assert!(built.remove(field).is_some(), "seed {seed}");
                }
                built.check();
                assert!(built.is_empty());
            }
        }
    }
}

#[test]
fn what_is_built_goes_on_like_any_other() {
    for seed in 1..=4 {
        let hasher = Hasher::new([seed, 9]);
        let (elements, _) = some_elements(seed, 3_000, hasher, true);
        let built = build(&elements, Members::map(hasher), usize::MAX).expect("all are different");
        let (mut members, mut model, mut dice) = (built.clone(), contents(&built), Dice(seed));
        let before = model.clone();
        for count in 0..scaled(20_000) {
            step(&mut members, &mut model, &mut dice, 4_000, count < 10_000);
        }
        members.check();
        assert_eq!(contents(&members), model, "seed {seed}");
        assert_eq!(contents(&built), before, "seed {seed}: a copy stays what it is");
    }
}

#[test]
fn a_second_one_of_the_same_is_noticed_wherever_it_comes() {
    for (seed, kept) in [(1, u64::MAX), (2, 0xff << 40), (3, 0)] {
        let hasher = Hasher::broken([seed, 1], kept);
        let (elements, _) = some_elements(seed, 700, hasher, true);
        let mut dice = Dice(seed);
        for waiting_max in [usize::MAX, 20_000, 1_000] {
            for _ in 0..20 {
                let mut elements = elements.clone();
                let twice = elements[below(&mut dice, 700)].clone();
                elements.insert(below(&mut dice, 701), twice);
                assert_eq!(build(&elements, Members::map(hasher), waiting_max).err(), Some(Twice), "seed {seed}");
            }
        }
    }
}
