//! Sorted sets against plain maps, with clones alive that must stay what they are.

use super::*;
use crate::base::dice::Dice;
use crate::store::object::Twice;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc;
use std::thread;

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize
}

/// Scores by member.
type Model = BTreeMap<Vec<u8>, f64>;

/// All elements in their order.
fn ordered(model: &Model) -> Vec<(Vec<u8>, f64)> {
    let mut all: Vec<_> = model.iter().map(|(member, score)| (member.clone(), *score)).collect();
    all.sort_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal).then_with(|| a.0.cmp(&b.0)));
    all
}

fn owned(element: Element) -> (Vec<u8>, f64) {
    (element.bytes().to_vec(), element.score)
}

fn contents(set: &SortedSet) -> Vec<(Vec<u8>, f64)> {
    set.iter().map(owned).collect()
}

fn same(a: &[(Vec<u8>, f64)], b: &[(Vec<u8>, f64)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.to_bits() == b.1.to_bits())
}

impl SortedSet {
    /// Checks all that holds between operations: both trees, that they have the same members, and which have names.
    fn check(&self) {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        let mut before: Option<(f64, Vec<u8>)> = None;
        for element in self {
            *counts.entry((element.score + 0.0).to_bits()).or_default() += 1;
            let this = (element.score, element.bytes().to_vec());
            assert!(before.is_none_or(|before| before.partial_cmp(&this) == Some(Ordering::Less)), "in order");
            before = Some(this);
        }
        self.order.check(|leaf| assert!(leaf.weight() <= ROOM * 5 / 4));
        self.index.tree().check(|leaf| assert!(leaf.weight() <= ROOM * 5 / 4));
        let mut rows: Vec<_> = self.index.rows_from(0).map(|row| (row.hash, row.score.to_bits())).collect();
        let all = self.iter().chain(Iter(self.gone.rows(0..self.gone.len())));
        let mut expected: Vec<_> = all.map(|e| (self.hash(e.bytes()), e.score.to_bits())).collect();
        rows.sort_unstable();
        expected.sort_unstable();
        assert_eq!(rows, expected, "a row for each element, there or gone");
        let mut hash = 0;
        for row in self.index.rows_from(0) {
            assert!(hash <= row.hash);
            hash = row.hash;
            if self.is_untidy() {
                continue;
            }
            let peers = counts[&(row.score + 0.0).to_bits()];
            match row.name {
                Some(name) => assert_eq!(self.score(bytes(name)), Some(row.score)),
                None => assert!(
                    peers <= NAMED_OVER || (self.hash(b"") == row.hash && self.score(b"") == Some(row.score)),
                    "{peers} elements share a score"
                ),
            }
        }
        let mut seen = HashSet::new();
        let mut cursor = 0;
        loop {
            cursor = self.scan(cursor, 50, &mut |element| {
                assert_eq!(self.score(element.bytes()), Some(element.score));
                assert!(seen.insert(element.bytes().to_vec()), "visited twice");
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen.len(), self.len());
    }
}

fn member(dice: &mut Dice, universe: usize) -> Vec<u8> {
    let n = below(dice, universe);
    match n % 50 {
        _ if n == 0 => Vec::new(),
        7 => vec![b'a' + (n % 26) as u8; n % 900],
        8..=20 => format!("a common beginning {n}").into_bytes(),
        21..=25 => vec![0; n % 20],
        _ => format!("m{n}").into_bytes(),
    }
}

fn score(dice: &mut Dice, kinds: usize) -> f64 {
    match below(dice, 40) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => -0.0,
        3 => 0.0,
        _ if kinds > 1_000 => f64::from_bits(dice.next() & !(1 << 62)),
        _ => below(dice, kinds) as f64 - 2.0,
    }
}

fn follow_the_model(seed: u64, steps: usize, universe: usize, kinds: usize, hasher: Hasher) {
    let (send, receive) = mpsc::channel::<(SortedSet, Model)>();
    let reader = thread::spawn(move || {
        for (set, model) in receive {
            assert!(same(&contents(&set), &ordered(&model)), "seed {seed}");
        }
    });
    let mut dice = Dice(seed);
    let mut set = SortedSet::new(hasher);
    let mut model = Model::new();
    let mut clones: Vec<(SortedSet, Model)> = Vec::new();
    let mut is_growing = true;
    for step in 0..steps {
        if below(&mut dice, steps / 6 + 1) == 0 {
            is_growing = !is_growing;
        }
        let name = member(&mut dice, universe);
        match below(&mut dice, 64) {
            0..=29 if is_growing => insert(&mut set, &mut model, &name, score(&mut dice, kinds)),
            0..=9 => insert(&mut set, &mut model, &name, score(&mut dice, kinds)),
            10..=35 => {
                assert_eq!(set.remove(&name).map(f64::to_bits), model.remove(&name).map(f64::to_bits), "seed {seed}");
            }
            36..=37 => {
                // To and fro between neighbours, within a leaf.
                if let Some(old) = model.get(&name).copied() {
                    insert(&mut set, &mut model, &name, old + 0.5);
                }
            }
            38 if below(&mut dice, 8) == 0 => clones.push((set.clone(), model.clone())),
            39 if below(&mut dice, 8) == 0 => send.send((set.clone(), model.clone())).expect("the reader waits"),
            40 if !clones.is_empty() => {
                let (clone, model) = clones.swap_remove(below(&mut dice, clones.len()));
                assert!(same(&contents(&clone), &ordered(&model)), "seed {seed} step {step}: a clone changed");
            }
            43 if below(&mut dice, 4) == 0 => set.tidy(below(&mut dice, 60)),
            44 if below(&mut dice, 16) == 0 && set.is_untidy() => set.check(),
            41 if below(&mut dice, 16) == 0 => {
                let all = ordered(&model);
                let start = below(&mut dice, all.len() + 1);
                let end = start + below(&mut dice, all.len() - start + 1);
                let removed = set.remove_range(start..end);
                assert!(same(&removed.iter().map(owned).collect::<Vec<_>>(), &all[start..end]), "seed {seed}");
                model.retain(|name, _| all[start..end].iter().all(|(gone, _)| gone != name));
            }
            42 if below(&mut dice, 16) == 0 => look_at_ranges(&set, &model, &mut dice, kinds),
            _ => assert_eq!(set.score(&name).map(f64::to_bits), model.get(&name).map(|s| s.to_bits()), "seed {seed}"),
        }
        assert_eq!(set.len(), model.len(), "seed {seed} step {step}");
        if step % 256 == 0 {
            set.check();
        }
    }
    set.check();
    assert!(same(&contents(&set), &ordered(&model)), "seed {seed}");
    for (clone, model) in clones {
        clone.check();
        assert!(same(&contents(&clone), &ordered(&model)), "seed {seed}: a clone changed");
    }
    drop(send);
    reader.join().expect("it does not panic");
    while set.is_untidy() {
        set.tidy(100);
        set.check();
    }
    for name in model.keys() {
        assert!(set.remove(name).is_some());
    }
    assert!(set.is_empty() && set.bytes() == 0);
}

fn insert(set: &mut SortedSet, model: &mut Model, name: &[u8], score: f64) {
    let outcome = match model.get(name) {
        None => Outcome::Added,
        Some(old) if *old == score => Outcome::Same,
        Some(old) => Outcome::Updated(*old),
    };
    if outcome != Outcome::Same {
        model.insert(name.to_vec(), score);
    }
    assert_eq!(set.insert(name, score), outcome);
}

fn look_at_ranges(set: &SortedSet, model: &Model, dice: &mut Dice, kinds: usize) {
    let all = ordered(model);
    let some = score(dice, kinds);
    assert_eq!(set.before_score(some), all.iter().filter(|e| e.1 < some).count());
    assert_eq!(set.behind_score(some), all.iter().filter(|e| e.1 <= some).count());
    let start = below(dice, all.len() + 1);
    let end = start + below(dice, all.len() - start + 1);
    assert!(same(&set.range(start..end).map(owned).collect::<Vec<_>>(), &all[start..end]));
    let mut back: Vec<_> = set.range_back(start..end).map(owned).collect();
    back.reverse();
    assert!(same(&back, &all[start..end]));
    for (rank, (name, score)) in all.iter().enumerate().step_by(7) {
        assert_eq!(set.rank(name), Some((rank, *score)));
        assert_eq!(set.at(rank).map(owned).as_ref(), Some(&all[rank]));
    }
    assert_eq!(set.at(all.len()).map(owned), None);
    assert_eq!(set.first().map(owned).as_ref(), all.first());
    assert_eq!(set.last().map(owned).as_ref(), all.last());
}

#[test]
fn it_follows_the_model() {
    for seed in 1..=6 {
        for (kinds, universe) in [(10_000, 5_000), (3, 1_500), (60, 3_000), (10, 250)] {
            follow_the_model(seed, 12_000, universe, kinds, Hasher::new([seed, 7]));
        }
    }
}

#[test]
fn it_follows_the_model_with_colliding_hashes() {
    for (seed, kept) in [(1, 0), (2, 0xff << 32), (3, 1 << 63), (4, 0xfff << 40)] {
        for kinds in [3, 40, 10_000] {
            follow_the_model(seed, 3_000, 300, kinds, Hasher::broken([seed, 7], kept));
        }
    }
}

#[test]
fn members_are_ranges_where_all_scores_are_equal() {
    let mut dice = Dice(5);
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    let mut model = Model::new();
    for _ in 0..3_000 {
        let name = member(&mut dice, 2_000);
        set.insert(&name, 1.0);
        model.insert(name, 1.0);
    }
    set.check();
    for _ in 0..2_000 {
        let name = member(&mut dice, 3_000);
        assert_eq!(set.before_member(&name), model.keys().filter(|k| **k < name).count());
        assert_eq!(set.behind_member(&name), model.keys().filter(|k| **k <= name).count());
    }
    assert_eq!(SortedSet::new(Hasher::new([1, 2])).before_member(b"a"), 0);
}

/// Walks with SCAN while members come and go and all scores change: who stays is visited, who never was is not.
fn scan_while(seed: u64, n: usize, kinds: usize, is_growing: bool, hasher: Hasher) {
    let mut dice = Dice(seed);
    let mut set = SortedSet::new(hasher);
    let stays: Vec<Vec<u8>> = (0..n).map(|i| format!("stays:{i}").into_bytes()).collect();
    let comes: Vec<Vec<u8>> = (0..4 * n).map(|i| format!("comes:{i}").into_bytes()).collect();
    for name in &stays {
        set.insert(name, 1.0);
    }
    if !is_growing {
        for name in &comes {
            set.insert(name, below(&mut dice, kinds) as f64);
        }
    }
    let (mut seen, mut cursor, mut next) = (HashSet::new(), 0, 0);
    loop {
        cursor = set.scan(cursor, 1 + below(&mut dice, 30), &mut |e| {
            seen.insert(e.bytes().to_vec());
        });
        if cursor == 0 {
            break;
        }
        for _ in 0..below(&mut dice, 60) {
            set.insert(&stays[below(&mut dice, n)], below(&mut dice, kinds) as f64);
            let Some(name) = comes.get(next) else { continue };
            next += 1;
            if is_growing {
                set.insert(name, below(&mut dice, kinds) as f64);
            } else {
                set.remove(name);
            }
        }
    }
    assert!(stays.iter().all(|name| seen.contains(name)), "seed {seed}");
    assert!(seen.iter().all(|name| name.starts_with(b"stays:") || name.starts_with(b"comes:")));
}

#[test]
fn scan_visits_all_that_stay() {
    for seed in 1..=10 {
        for kinds in [1, 30, 1_000_000] {
            scan_while(seed, 2_000, kinds, true, Hasher::new([seed, 1]));
            scan_while(seed, 2_000, kinds, false, Hasher::new([seed, 1]));
        }
        scan_while(seed, 100, 5, true, Hasher::broken([seed, 1], 0x7 << 60));
    }
}

#[test]
fn zero_keeps_its_sign() {
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    assert_eq!(set.insert(b"b", -0.0), Outcome::Added);
    assert_eq!(set.insert(b"a", 0.0), Outcome::Added);
    assert_eq!(set.insert(b"b", 0.0), Outcome::Same);
    assert_eq!(set.score(b"b").map(f64::to_bits), Some((-0.0_f64).to_bits()));
    assert_eq!(set.rank(b"b").map(|(rank, _)| rank), Some(1), "equal scores, so by member");
    assert_eq!((set.before_score(-0.0), set.behind_score(0.0)), (0, 2));
    assert_eq!(set.scan(1 << 40, 1, &mut |_| panic!("there is nothing")), 0);
}

#[test]
fn a_million_members_take_less_than_the_budget() {
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    let mut dice = Dice(1);
    for n in 0..100_000 {
        set.insert(format!("member{n:06}").as_bytes(), dice.next() as f64);
    }
    let each = set.bytes() as f64 / 100_000.0;
    assert!(each < 42.0, "{each} bytes for a member of 12");
}

#[test]
fn who_comes_again_keeps_the_name_that_it_needs() {
    let mut set = SortedSet::new(Hasher::new([7, 7]));
    let name = |n: usize| format!("member {n:04}").into_bytes();
    for n in 0..600 {
        set.insert(&name(n), 1.0);
    }
    set.remove_range(0..590);
    // Alone it needs no name; then others come, while the row with the name that it had before is still there.
    for n in [0].into_iter().chain(1000..1040) {
        assert_eq!(set.insert(&name(n), 1.0), Outcome::Added);
    }
    assert!(set.is_untidy());
    set.check();
    while set.is_untidy() {
        set.tidy(10);
        set.check();
    }
    assert_eq!(set.len(), 10 + 41);
}

/// Elements in an order, and not: as they are in files, from either end, and as nobody writes them.
fn build(
    mut elements: Vec<(Vec<u8>, f64)>,
    how: usize,
    hasher: Hasher,
    waiting_max: usize,
) -> Result<SortedSet, Twice> {
    let mut dice = Dice(how as u64);
    match how {
        0 => {}
        1 => elements.reverse(),
        _ => (1..elements.len()).rev().for_each(|i| elements.swap(i, below(&mut dice, i + 1))),
    }
    let mut builder = Builder::waiting_at_most(hasher, waiting_max);
    elements.iter().try_for_each(|(name, score)| builder.add(name, *score))?;
    builder.finish()
}

#[test]
fn what_is_built_at_once_is_what_one_by_one_makes() {
    for seed in 1..=2 {
        for (kinds, universe, kept) in
            [(10_000, 6_000, u64::MAX), (3, 3_000, u64::MAX), (60, 3_000, 0xff << 32), (40, 300, 0)]
        {
            let hasher = Hasher::broken([seed, 7], kept);
            let (mut dice, mut model, mut one_by_one) = (Dice(seed), Model::new(), SortedSet::new(hasher));
            for _ in 0..universe {
                insert(&mut one_by_one, &mut model, &member(&mut dice, universe), score(&mut dice, kinds));
            }
            let all = ordered(&model);
            for how in 0..=2 {
                for waiting_max in [usize::MAX, 20_000, 0] {
                    let mut set = build(all.clone(), how, hasher, waiting_max).expect("all are different");
                    set.check();
                    assert!(same(&contents(&set), &all), "seed {seed}");
                    assert!(
                        set.bytes() < one_by_one.bytes() * 11 / 10 + 2_048,
                        "{} {}",
                        set.bytes(),
                        one_by_one.bytes()
                    );
                    // It goes on like any other, and a copy stays what it is.
                    let (copy, mut its) = (set.clone(), model.clone());
                    for _ in 0..500 {
                        let name = member(&mut dice, universe);
                        if below(&mut dice, 3) == 0 {
                            assert_eq!(set.remove(&name).is_some(), its.remove(&name).is_some());
                        } else {
                            insert(&mut set, &mut its, &name, score(&mut dice, kinds));
                        }
                    }
                    set.check();
                    assert!(same(&contents(&set), &ordered(&its)), "seed {seed}");
                    assert!(same(&contents(&copy), &all), "seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_second_one_of_the_same_is_noticed_wherever_it_comes() {
    for (seed, kept) in [(1, u64::MAX), (2, 0xff << 32), (3, 0)] {
        let hasher = Hasher::broken([seed, 7], kept);
        let mut dice = Dice(seed);
        let all: Vec<(Vec<u8>, f64)> = (0..400).map(|n| (format!("m{n}").into_bytes(), f64::from(n / 5))).collect();
        for how in 0..=2 {
            for waiting_max in [usize::MAX, 5_000, 0] {
                for other in [0.0, 0.5, 70.0] {
                    let mut all = all.clone();
                    let (name, score) = all[below(&mut dice, 400)].clone();
                    all.insert(below(&mut dice, 401), (name, score + other));
                    assert_eq!(build(all, how, hasher, waiting_max).err(), Some(Twice), "seed {seed}");
                }
            }
        }
    }
}
