//! Members against a plain model, in every form, with copies alive.

use super::*;
use crate::base::alloc;
use crate::base::alloc::size_class;
use crate::base::dice::Dice;
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
                    Text::Int(_) => panic!("numbers are texts"),
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
    match choice {
        0..=1 => {
            let deadline = (below(dice, 2) == 0).then(|| random_deadline(dice));
            let old = members.set_deadline(&field, deadline);
            assert_eq!(old.is_some(), known.is_some());
            if let Some(stored) = model.get_mut(&field) {
                assert_eq!(old.unwrap().deadline, stored.1);
                stored.1 = deadline;
            }
        }
        _ => {
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
    }
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
            1 => send.send((members.clone(), model.clone())).unwrap(),
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
                        deadline == element.deadline() && deadline.unwrap() <= now && value == element.value_bytes()
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
    reader.join().unwrap();
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
