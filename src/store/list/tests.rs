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
    let mut all = Model::new();
    list.each(0..list.len(), |element| all.push_back(bytes(element)));
    all
}

fn check(list: &List) {
    list.tree.check(|leaf| {
        // A leaf whose codes have just become longer may be over, up to twice if it has nothing but codes.
        assert!(leaf.weight() <= FULL * 2, "{}", leaf.weight());
        leaf.check_compressed();
    });
}

/// The forms of all leaves: whether each is compressed, and whether that could be tried.
fn forms(list: &List) -> Vec<(bool, bool)> {
    let mut forms = Vec::new();
    list.tree.check(|leaf| forms.push((leaf.is_compressed(), leaf.is_compressible())));
    forms
}

/// Checks that the outermost leaves are plain and the others as small as they get. Says how many are compressed.
fn check_depth(list: &List, depth: usize) -> usize {
    let forms = forms(list);
    let inner = depth..forms.len().saturating_sub(depth);
    for (i, (is_compressed, is_compressible)) in forms.iter().enumerate() {
        if depth > 0 && inner.contains(&i) {
            assert!(!is_compressible, "leaf {i} of {} is still plain", forms.len());
        } else {
            assert!(!is_compressed, "leaf {i} of {} is compressed", forms.len());
        }
    }
    assert_eq!(list.leaves(), forms.len());
    forms.iter().filter(|form| form.0).count()
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

/// One seed of random operations on a list of some size, of which inner leaves are compressed. Says how many were, at most.
fn follow_the_model(seed: u64, steps: usize, size: usize, depth: usize) -> usize {
    let (send, receive) = mpsc::channel::<(List, Model)>();
    let reader = thread::spawn(move || {
        for (list, model) in receive {
            assert!(contents(&list) == model, "seed {seed}");
        }
    });
    let mut dice = Dice(seed);
    let (mut list, mut model) = (List::new(), Model::new());
    let mut clones: Vec<(List, Model)> = Vec::new();
    let mut most = 0;
    let longest = [20, 150, 480, 700, 5_000][seed as usize % 5];
    for step in 0..steps {
        let len = model.len();
        let at = below(&mut dice, len + 1);
        let item = element(&mut dice, longest);
        let is_full = len > size;
        match below(&mut dice, 32) {
            0..=5 if !is_full => {
                list.push_back(Text::Bytes(&item));
                list.settle_end(depth, Direction::Backward);
                model.push_back(item);
            }
            6..=11 if !is_full => {
                list.push_front(Text::Bytes(&item));
                list.settle_end(depth, Direction::Forward);
                model.push_front(item);
            }
            12 if !is_full => {
                let buffer = Buffer::new(item.clone());
                list.insert(at, Text::Shared(&buffer));
                list.settle(depth, at);
                model.insert(at, item);
            }
            0..=3 | 13..=14 => {
                assert_eq!(list.pop_back(bytes), model.pop_back(), "seed {seed} step {step}");
                list.settle_end(depth, Direction::Backward);
            }
            4..=7 | 15..=16 => {
                assert_eq!(list.pop_front(bytes), model.pop_front(), "seed {seed} step {step}");
                list.settle_end(depth, Direction::Forward);
            }
            17..=18 if !is_full => {
                list.insert(at, Text::Bytes(&item));
                list.settle(depth, at);
                model.insert(at, item);
            }
            17..=19 => {
                assert_eq!(list.remove(at), model.remove(at).is_some());
                list.settle(depth, at);
            }
            20 => {
                assert_eq!(list.set(at, Text::Bytes(&item)), at < len);
                list.settle(depth, at);
                if at < len {
                    model[at] = item;
                }
            }
            21 if below(&mut dice, 8) == 0 => {
                let end = at + below(&mut dice, (len - at + 1).min(size / 4 + 1));
                let removed = list.remove_range(at..end);
                list.settle(depth, at);
                list.settle_end(depth, Direction::Forward);
                list.settle_end(depth, Direction::Backward);
                let removed_model: Model = model.drain(at..end).collect();
                check(&removed);
                clones.push((removed, removed_model));
            }
            22 => {
                let end = at + below(&mut dice, len - at + 1);
                let (mut forward, mut back) = (Vec::new(), Vec::new());
                list.each(at..end, |element| forward.push(bytes(element)));
                list.each_back(at..end, |element| back.push(bytes(element)));
                back.reverse();
                assert!(forward == back, "seed {seed} step {step}");
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
                assert_eq!(list.remove_all(&Needle::new(&item), at_most, direction, depth), places.len());
                places.sort_unstable();
                places.iter().rev().for_each(|n| drop(model.remove(*n)));
            }
            25 if below(&mut dice, 8) == 0 => clones.push((list.clone(), model.clone())),
            26 if below(&mut dice, 8) == 0 => send.send((list.clone(), model.clone())).expect("the reader waits"),
            27 if !clones.is_empty() => {
                let (clone, model) = clones.swap_remove(below(&mut dice, clones.len()));
                assert!(contents(&clone) == model, "seed {seed} step {step}: a clone changed");
            }
            _ => assert_eq!(list.get(at, bytes), model.get(at).cloned(), "seed {seed} step {step}"),
        }
        assert_eq!((list.len(), list.is_empty()), (model.len(), model.is_empty()));
        if step % 16 == 0 {
            check(&list);
            most = most.max(check_depth(&list, depth));
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
    most
}

#[test]
fn it_follows_the_model() {
    for seed in 1..=15 {
        follow_the_model(seed, 3_000, 50, 0);
        follow_the_model(seed, 20_000, 3_000, 0);
    }
}

#[test]
fn it_follows_the_model_with_compressed_leaves() {
    let mut most = 0;
    for seed in 1..=15 {
        follow_the_model(seed, 3_000, 200, 1);
        for depth in [1, 3] {
            most = most.max(follow_the_model(seed, 8_000, 3_000, depth));
        }
    }
    assert!(most > 10, "{most} leaves of a list are compressed at most");
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
    assert_eq!(list.get(0, |e| matches!(e, Text::Int(12))), Some(true));
    assert_eq!(list.get(1, |e| matches!(e, Text::Bytes(b"+12"))), Some(true));
    assert_eq!(list.get(2, |e| matches!(e, Text::Bytes(b"-0"))), Some(true));
    assert_eq!(list.get(3, |e| matches!(e, Text::Shared(_))), Some(true));
    assert!(!long.is_unique());
    assert_eq!(list.get(4, |e| matches!(e, Text::Int(-5))), Some(true));
    assert_eq!(list.get(5, |_| ()), None);
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
    assert_eq!(clone.get(500_000, |e| matches!(e, Text::Int(500_000))), Some(true));
}
