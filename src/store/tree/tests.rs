//! The tree against a plain vector, with leaves so small that it is deep, and leaves in every form.

use super::*;
use crate::base::buffer::{Buffer, Text};
use crate::base::dice::Dice;
use std::sync::mpsc;
use std::thread;

pub fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize
}

impl<L: Leaf> Tree<L> {
    /// Checks all that holds between operations, and what is kept beside the structure.
    pub fn check(&self, mut leaf: impl FnMut(&L)) {
        let mut count = 0;
        let mut bytes = 0;
        if let Some(root) = &self.root {
            assert!(!matches!(root, Child::Node(node) if node.len == 1), "a root has a choice");
            Self::check_child(root, self.levels, &mut count, &mut bytes, &mut leaf);
        }
        assert_eq!((self.len(), self.bytes()), (count, bytes));
    }

    fn check_child(child: &Child<L>, levels: u32, count: &mut usize, bytes: &mut usize, check: &mut impl FnMut(&L)) {
        match child {
            Child::Leaf(leaf) => {
                assert_eq!(levels, 0, "all leaves are at one depth");
                assert!(!leaf.is_empty());
                *count += leaf.len();
                *bytes += leaf.bytes();
                check(leaf);
            }
            Child::Node(node) => {
                let before = (*count, *bytes);
                let children = Walk::<L>::children(node);
                assert!(node.len == children.len() && node.len > 0);
                for (i, child) in children.iter().enumerate() {
                    assert_eq!((node.counts[i], node.marks[i]), (child.count(), child.mark()));
                    Self::check_child(child, levels - 1, count, bytes, check);
                }
                *bytes += Node::<L>::BYTES;
                assert_eq!((node.count, node.bytes), (*count - before.0, *bytes - before.1));
            }
        }
    }
}

/// Rows with a number beside each string, in tiny leaves.
enum Tiny {}

impl Kind for Tiny {
    type Mark = u64;
    const FIXED: usize = 8;
    const FULL: usize = 100;
    const INLINE_MAX: usize = 40;

    fn mark(rows: &Rows<Tiny>) -> u64 {
        number(rows.fixed(0))
    }
}

fn number(fixed: &[u8]) -> u64 {
    u64::from_le_bytes(fixed.try_into().expect("of fixed size"))
}

type Model = Vec<(u64, Vec<u8>)>;

fn new_of(text: &[u8]) -> New<'_> {
    if text.len() > Tiny::INLINE_MAX { New::Big(Buffer::new(text.to_vec())) } else { New::Bytes(text) }
}

fn contents(tree: &Tree<Rows<Tiny>>) -> Model {
    let mut found = Model::new();
    let (mut walk, at) = tree.walk(0);
    assert_eq!(at, 0);
    let mut next = walk.leaf();
    while let Some(leaf) = next {
        found.extend((0..leaf.len()).map(|row| (number(leaf.fixed(row)), leaf.bytes_of(row).to_vec())));
        next = walk.forward();
    }
    found
}

fn check(tree: &Tree<Rows<Tiny>>) {
    tree.check(|leaf| {
        assert!(leaf.weight() <= Tiny::FULL || leaf.len() == 1, "{} of {}", leaf.weight(), leaf.len());
    });
}

/// One seed: random changes of all kinds at random places, clones and cut parts alive, also with another thread.
fn follow_the_model(seed: u64, steps: usize, size: usize) {
    let (send, receive) = mpsc::channel::<(Tree<Rows<Tiny>>, Model)>();
    let reader = thread::spawn(move || {
        for (tree, model) in receive {
            assert!(contents(&tree) == model, "seed {seed}");
        }
    });
    let mut dice = Dice(seed);
    let mut tree = Tree::new();
    let mut model = Model::new();
    let mut clones: Vec<(Tree<Rows<Tiny>>, Model)> = Vec::new();
    for step in 0..steps {
        let len = model.len();
        let at = match below(&mut dice, 8) {
            0 => 0,
            1 => len,
            _ => below(&mut dice, len + 1),
        };
        let is_growing = len < size / 2 || (len < size && below(&mut dice, 2) == 0);
        match below(&mut dice, 100) {
            0..=84 if is_growing => {
                let longest = if below(&mut dice, 20) == 0 { 60 } else { 12 };
                let text = vec![b'a' + below(&mut dice, 26) as u8; below(&mut dice, longest)];
                let value = dice.next();
                model.insert(at, (value, text.clone()));
                tree.edit(
                    &mut At(at),
                    || Rows::new(0),
                    |leaf, at| {
                        leaf.insert(at.0, &value.to_le_bytes(), new_of(&text));
                    },
                );
            }
            0..=84 if at < len => {
                model.remove(at);
                tree.edit(
                    &mut At(at),
                    || Rows::new(0),
                    |leaf, at| {
                        leaf.remove(at.0);
                        leaf.shrink();
                    },
                );
            }
            85..=89 if at < len => {
                let value = dice.next();
                model[at].0 = value;
                tree.edit(&mut At(at), || Rows::new(0), |leaf, at| leaf.set_fixed(at.0, &value.to_le_bytes()));
            }
            90 => {
                let end = at + below(&mut dice, len - at + 1);
                let cut = tree.remove_range(at..end);
                let cut_model: Model = model.drain(at..end).collect();
                cut.check(|_| ());
                assert!(contents(&cut) == cut_model, "seed {seed} step {step}");
                clones.push((cut, cut_model));
            }
            91 => {
                let right = tree.split_off(at);
                let right_model = model.split_off(at);
                right.check(|_| ());
                tree.check(|_| ());
                clones.push((right, right_model));
            }
            92..=93 if len < size && !clones.is_empty() => {
                let (more, more_model) = clones[below(&mut dice, clones.len())].clone();
                model.extend(more_model);
                tree.append(more);
            }
            94 => clones.push((tree.clone(), model.clone())),
            95 => send.send((tree.clone(), model.clone())).expect("the reader waits"),
            96 if !clones.is_empty() => {
                let (clone, clone_model) = clones.swap_remove(below(&mut dice, clones.len()));
                assert!(contents(&clone) == clone_model, "seed {seed} step {step}: a clone changed");
            }
            97 => {
                let leaf = Rows::with(&7_u64.to_le_bytes(), New::Bytes(b"leaf"));
                tree.push_leaf(leaf.clone());
                tree.push_leaf_front(leaf);
                model.push((7, b"leaf".to_vec()));
                model.insert(0, (7, b"leaf".to_vec()));
            }
            _ => {
                let found = tree.at(at).map(|(leaf, row)| (number(leaf.fixed(row)), leaf.bytes_of(row).to_vec()));
                assert_eq!(found.as_ref(), model.get(at), "seed {seed} step {step}");
            }
        }
        assert_eq!(tree.len(), model.len());
        if step % 64 == 0 || steps < 5_000 {
            check(&tree);
            assert!(tree.levels < 12);
        }
    }
    assert!(contents(&tree) == model, "seed {seed}");
    for (clone, clone_model) in clones {
        clone.check(|_| ());
        assert!(contents(&clone) == clone_model, "seed {seed}");
    }
    drop(send);
    reader.join().expect("it does not panic");
    while !model.is_empty() {
        let at = below(&mut dice, model.len());
        model.remove(at);
        tree.edit(&mut At(at), || Rows::new(0), |leaf, at| leaf.remove(at.0));
    }
    check(&tree);
    assert!(tree.is_empty() && tree.bytes() == 0);
}

#[test]
fn it_follows_the_model() {
    for seed in 1..=12 {
        follow_the_model(seed, 3_000, 300);
        follow_the_model(seed, 30_000, 20_000);
    }
}

#[test]
fn walks_go_both_ways_from_anywhere() {
    let mut tree = Tree::new();
    for n in 0..5_000_u64 {
        tree.push_leaf(Rows::<Tiny>::with(&n.to_le_bytes(), New::Bytes(b"")));
    }
    check(&tree);
    for start in [0, 1, 29, 30, 31, 899, 900, 4_998, 4_999] {
        let (mut walk, _) = tree.walk(start);
        for n in start..5_000 {
            assert_eq!(number(walk.leaf().expect("there are more").fixed(0)), n as u64);
            walk.forward();
        }
        assert!(walk.leaf().is_none());
        let (mut walk, _) = tree.walk(start);
        for n in (0..=start).rev() {
            assert_eq!(number(walk.leaf().expect("there are more").fixed(0)), n as u64);
            walk.back();
        }
        assert!(walk.leaf().is_none());
    }
}

#[test]
fn who_only_appends_gets_full_nodes() {
    let mut tree = Tree::new();
    for n in 0..10_000_u64 {
        let at = tree.len();
        tree.edit(
            &mut At(at),
            || Rows::<Tiny>::new(0),
            |leaf, at| {
                leaf.insert(at.0, &n.to_le_bytes(), New::Bytes(b"x"));
            },
        );
    }
    let mut leaves = 0;
    tree.check(|_| leaves += 1);
    assert_eq!(leaves, 1_000, "ten rows of ten bytes each");
    assert_eq!(tree.levels, 3);
}

/// Rows as they are stored: a plain model of one leaf, with integers and long strings.
enum Any {}

impl Kind for Any {
    type Mark = ();
    const FIXED: usize = 3;
    const FULL: usize = ROOM;
    const INLINE_MAX: usize = 400;

    fn mark(_: &Rows<Any>) {}
}

#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Bytes(Vec<u8>),
    Int(i64),
}

fn owned(text: Text) -> Owned {
    match text {
        Text::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
        Text::Shared(buffer) => Owned::Bytes(buffer.bytes().to_vec()),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
        Text::Int(value) => Owned::Int(value),
    }
}

fn store<R>(item: &Owned, act: impl FnOnce(New) -> R) -> R {
    match item {
        Owned::Int(value) => act(New::Int(&value.to_le_bytes()[..integer_len(*value)])),
        Owned::Bytes(bytes) if bytes.len() > Any::INLINE_MAX => act(New::Big(Buffer::new(bytes.clone()))),
        Owned::Bytes(bytes) => act(New::Bytes(bytes)),
    }
}

#[test]
fn rows_follow_the_model() {
    for seed in 1..=300 {
        let mut dice = Dice(seed);
        let mut rows = Rows::<Any>::new(below(&mut dice, 200));
        let mut model: Vec<([u8; 3], Owned)> = Vec::new();
        let longest = [3, 14, 100, 200, 600][below(&mut dice, 5)];
        let ends_only = below(&mut dice, 3) == 0;
        let mut clones = Vec::new();
        for step in 0..400 {
            let at = match below(&mut dice, 4) {
                0 => 0,
                1 => model.len(),
                _ if ends_only => 0,
                _ => below(&mut dice, model.len() + 1),
            };
            let fixed = [below(&mut dice, 256) as u8; 3];
            let item = match below(&mut dice, 3) {
                0 => Owned::Int((dice.next() as i64) >> below(&mut dice, 64)),
                _ => Owned::Bytes(vec![b'a' + step as u8 % 26; below(&mut dice, longest)]),
            };
            match below(&mut dice, 12) {
                0..=5 => {
                    let weight = rows.weight();
                    let is_in = store(&item, |new| rows.try_insert(at, &fixed, new).is_ok());
                    assert!(is_in || weight > 0);
                    assert!(!is_in || rows.weight() <= ROOM || model.is_empty(), "seed {seed}");
                    if is_in {
                        model.insert(at, (fixed, item));
                    }
                }
                6..=7 if at < model.len() => {
                    rows.remove(at);
                    model.remove(at);
                }
                8 if at < model.len() => {
                    store(&item, |new| rows.set_text(at, new));
                    model[at].1 = item;
                }
                9 => rows.shrink(),
                10 => {
                    let right = rows.split_off(at);
                    assert_eq!((rows.len(), right.len()), (at, model.len() - at));
                    if below(&mut dice, 2) == 0 {
                        rows.append(right);
                    } else {
                        let mut left = std::mem::replace(&mut rows, right);
                        left.append(std::mem::replace(&mut rows, Rows::new(0)));
                        rows = left;
                    }
                }
                _ => clones.push((rows.clone(), model.clone())),
            }
            if rows.weight() > ROOM && rows.len() > 1 {
                let share = [Share::Even, Share::First, Share::Last][below(&mut dice, 3)];
                let right = rows.split(share);
                assert!(!right.is_empty() && !rows.is_empty() && rows.len() + right.len() == model.len());
                model.truncate(rows.len());
            }
            let found: Vec<_> =
                rows.cells(0..rows.len()).map(|(f, t)| (f.try_into().expect("of fixed size"), owned(t))).collect();
            assert!(found == model, "seed {seed} step {step}");
            let mut back: Vec<_> = rows
                .cells(0..rows.len())
                .rev()
                .map(|(f, t)| (f.try_into().expect("of fixed size"), owned(t)))
                .collect();
            back.reverse();
            assert!(back == model, "seed {seed} step {step}");
            assert!(
                (0..model.len()).all(|row| owned(rows.text(row)) == model[row].1 && rows.fixed(row) == model[row].0)
            );
            let bigs = model.iter().filter_map(|(_, item)| match item {
                Owned::Bytes(bytes) if bytes.len() > Any::INLINE_MAX => Some(Buffer::new(bytes.clone()).allocated()),
                _ => None,
            });
            let bytes = bigs.clone().sum::<usize>();
            let held = rows.bytes() - bytes;
            assert!(held >= 24 + rows.weight() - 16 * bigs.clone().count());
            assert!(held <= 24 + 2 * (rows.weight() + 700) + 200 * usize::from(bigs.count() > 0), "seed {seed}");
        }
        for (clone, model) in clones {
            let found: Vec<_> =
                clone.cells(0..clone.len()).map(|(f, t)| (f.try_into().expect("of fixed size"), owned(t))).collect();
            assert!(found == model, "seed {seed}: a clone changed");
        }
    }
}

#[test]
fn integers_take_as_few_bytes_as_they_need() {
    for (value, len) in [(0, 1), (-1, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (32_767, 2), (32_768, 3)] {
        assert_eq!(integer_len(value), len, "{value}");
    }
    assert_eq!((integer_len(i64::MAX), integer_len(i64::MIN)), (8, 8));
}
