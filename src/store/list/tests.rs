//! Lists against a plain deque, with clones alive that must stay what they are.

use super::*;
use crate::base::dice::Dice;
use crate::store::tree::Leaf;
use std::collections::VecDeque;
use std::sync::mpsc;
use std::thread;

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize
}

type Model = VecDeque<Vec<u8>>;

fn bytes(text: Text) -> Vec<u8> {
    match text {
        Text::Bytes(bytes) => bytes.to_vec(),
        Text::Shared(buffer) => buffer.bytes().to_vec(),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
        Text::Int(value) => value.to_string().into_bytes(),
    }
}

fn contents(list: &List) -> Model {
    list.iter().map(bytes).collect()
}

fn check(list: &List) {
    // A leaf whose codes have just become longer may be over, up to twice if it has nothing but codes.
    list.tree.check(|leaf| assert!(leaf.weight() <= FULL * 2, "{}", leaf.weight()));
}

fn element(dice: &mut Dice, longest: usize) -> Vec<u8> {
    match below(dice, 8) {
        0 => below(dice, 100).to_string().into_bytes(),
        1 => ((dice.next() as i64) >> below(dice, 64)).to_string().into_bytes(),
        2 => b"007".to_vec(),
        3 => vec![b'x'; below(dice, longest)],
        _ => vec![b'a' + below(dice, 3) as u8; below(dice, 14)],
    }
}

/// One seed of random operations on a list of some size.
fn follow_the_model(seed: u64, steps: usize, size: usize) {
    let (send, receive) = mpsc::channel::<(List, Model)>();
    let reader = thread::spawn(move || {
        for (list, model) in receive {
            assert!(contents(&list) == model, "seed {seed}");
        }
    });
    let mut dice = Dice(seed);
    let (mut list, mut model) = (List::new(), Model::new());
    let mut clones: Vec<(List, Model)> = Vec::new();
    let longest = [20, 150, 480, 700, 3_000][below(&mut dice, 5)];
    for step in 0..steps {
        let len = model.len();
        let at = below(&mut dice, len + 1);
        let item = element(&mut dice, longest);
        let is_full = len > size;
        match below(&mut dice, 32) {
            0..=5 if !is_full => {
                list.push_back(Text::Bytes(&item));
                model.push_back(item);
            }
            6..=11 if !is_full => {
                list.push_front(Text::Bytes(&item));
                model.push_front(item);
            }
            12 if !is_full => {
                let buffer = Buffer::new(item.clone());
                list.insert(at, Text::Shared(&buffer));
                model.insert(at, item);
            }
            0..=3 | 13..=14 => assert_eq!(list.pop_back(bytes), model.pop_back(), "seed {seed} step {step}"),
            4..=7 | 15..=16 => assert_eq!(list.pop_front(bytes), model.pop_front(), "seed {seed} step {step}"),
            17..=18 if !is_full => {
                list.insert(at, Text::Bytes(&item));
                model.insert(at, item);
            }
            17..=19 => assert_eq!(list.remove(at), model.remove(at).is_some()),
            20 => {
                assert_eq!(list.set(at, Text::Bytes(&item)), at < len);
                if at < len {
                    model[at] = item;
                }
            }
            21 if below(&mut dice, 8) == 0 => {
                let end = at + below(&mut dice, (len - at + 1).min(size / 4 + 1));
                let removed = list.remove_range(at..end);
                let removed_model: Model = model.drain(at..end).collect();
                check(&removed);
                clones.push((removed, removed_model));
            }
            22 => {
                let end = at + below(&mut dice, len - at + 1);
                let forward: Vec<_> = list.range(at..end).map(bytes).collect();
                let mut back: Vec<_> = list.range_back(at..end).map(bytes).collect();
                back.reverse();
                assert!(forward == back && list.range_back(at..end).len() == end - at);
                assert!(forward.iter().eq(model.range(at..end)), "seed {seed} step {step}");
            }
            23 => {
                let needle = Needle::new(&item);
                let expected = model.iter().skip(at).position(|e| *e == item).map(|n| at + n);
                assert_eq!(list.find(&needle, at, Direction::Forward), expected, "seed {seed} step {step}");
                let expected = (0..len.min(at + 1)).rev().find(|n| model[*n] == item);
                let found = list.find(&needle, at, Direction::Backward);
                assert!(at == len || found == expected, "seed {seed} step {step}");
            }
            24 if below(&mut dice, 4) == 0 => {
                let at_most = below(&mut dice, 20);
                let direction = [Direction::Forward, Direction::Backward][below(&mut dice, 2)];
                let mut places: Vec<_> = (0..len).filter(|n| model[*n] == item).collect();
                if direction == Direction::Backward {
                    places.reverse();
                }
                places.truncate(at_most);
                assert_eq!(list.remove_all(&Needle::new(&item), at_most, direction), places.len());
                places.sort_unstable();
                places.iter().rev().for_each(|n| drop(model.remove(*n)));
            }
            25 if below(&mut dice, 8) == 0 => clones.push((list.clone(), model.clone())),
            26 if below(&mut dice, 8) == 0 => send.send((list.clone(), model.clone())).expect("the reader waits"),
            27 if !clones.is_empty() => {
                let (clone, model) = clones.swap_remove(below(&mut dice, clones.len()));
                assert!(contents(&clone) == model, "seed {seed} step {step}: a clone changed");
            }
            _ => assert_eq!(list.get(at).map(bytes), model.get(at).cloned(), "seed {seed} step {step}"),
        }
        assert_eq!((list.len(), list.is_empty()), (model.len(), model.is_empty()));
        if step % 16 == 0 {
            check(&list);
        }
    }
    assert!(contents(&list) == model, "seed {seed}");
    for (clone, model) in clones {
        check(&clone);
        assert!(contents(&clone) == model, "seed {seed}");
    }
    while let Some(item) = list.pop_front(bytes) {
        assert_eq!(Some(item), model.pop_front());
    }
    assert!(model.is_empty() && list.bytes() == 0);
    drop(send);
    reader.join().expect("it does not panic");
}

#[test]
fn it_follows_the_model() {
    for seed in 1..=15 {
        follow_the_model(seed, 3_000, 50);
        follow_the_model(seed, 20_000, 3_000);
    }
}

#[test]
fn pushes_at_either_end_fill_the_leaves() {
    for front in [false, true] {
        let mut list = List::new();
        for n in 0..100_000 {
            let text = format!("element:{n:04}");
            let push = if front { List::push_front } else { List::push_back };
            push(&mut list, Text::Bytes(text.as_bytes()));
        }
        check(&list);
        let each = list.bytes() as f64 / 100_000.0;
        assert!(each < 15.0, "front {front}: {each} bytes for an element of 12 or 13");
    }
}

#[test]
fn an_element_is_stored_in_its_form() {
    let mut list = List::new();
    let long = Buffer::new(vec![b'x'; INLINE_MAX + 1]);
    for text in [Text::Bytes(b"12"), Text::Bytes(b"+12"), Text::Bytes(b"-0"), Text::Shared(&long), Text::Int(-5)] {
        list.push_back(text);
    }
    assert!(matches!(list.get(0), Some(Text::Int(12))));
    assert!(matches!(list.get(1), Some(Text::Bytes(b"+12"))));
    assert!(matches!(list.get(2), Some(Text::Bytes(b"-0"))));
    assert!(matches!(list.get(3), Some(Text::Shared(_))) && !long.is_unique());
    assert!(matches!(list.get(4), Some(Text::Int(-5))));
    assert!(list.get(5).is_none());
}

#[test]
fn a_write_after_a_clone_copies_one_way() {
    let mut list: List = (0..1_000_000).map(Text::Int).collect();
    let clone = list.clone();
    let before = crate::base::alloc::calls();
    list.set(500_000, Text::Bytes(b"changed"));
    let copied = crate::base::alloc::calls() - before;
    // Three nodes, and the full leaf that is copied, gets longer and is split.
    assert!(copied <= 7, "{copied} nodes and leaves");
    assert!(matches!(clone.get(500_000), Some(Text::Int(500_000))));
}
