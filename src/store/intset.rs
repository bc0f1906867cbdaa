//! A small set of integers: a sorted array in a block of bytes, each as wide as the widest needs.
//!
//! ```text
//!     | width: 2, 4 or 8 | integers, little endian, ascending |
//!     | 1 byte           | width each                         |
//! ```
//!
//! As in Redis, an integer that needs more makes all of them wider, and they stay so when it is removed; so the bytes of
//! a DUMP are the same. A block is a plain `Vec<u8>`: these are functions on it, and who keeps it knows that it is one.
//! They do not know how many integers a set may have before it takes another form.

use crate::base::alloc::size_class;
use std::cmp::Reverse;

/// The integers of a block, by their width.
#[derive(Clone, Copy)]
enum Ints<'a> {
    Two(&'a [[u8; 2]]),
    Four(&'a [[u8; 4]]),
    Eight(&'a [[u8; 8]]),
}

fn ints(block: &[u8]) -> Ints<'_> {
    let (width, bytes) = (block[0], &block[1..]);
    match width {
        2 => Ints::Two(bytes.as_chunks().0),
        4 => Ints::Four(bytes.as_chunks().0),
        _ => Ints::Eight(bytes.as_chunks().0),
    }
}

#[inline(always)]
fn decode<const W: usize>(bytes: [u8; W]) -> i64 {
    let mut wide = [0; 8];
    // Into the upper bytes, so that the shift brings the sign.
    wide[8 - W..].copy_from_slice(&bytes);
    i64::from_le_bytes(wide) >> (64 - 8 * W)
}

/// The rank of an integer, or else the one that it would have.
#[inline]
fn find(block: &[u8], int: i64) -> Result<usize, usize> {
    match ints(block) {
        Ints::Two(list) => list.binary_search_by_key(&int, |bytes| decode(*bytes)),
        Ints::Four(list) => list.binary_search_by_key(&int, |bytes| decode(*bytes)),
        Ints::Eight(list) => list.binary_search_by_key(&int, |bytes| decode(*bytes)),
    }
}

/// The bytes that an integer needs.
#[inline]
fn width_of(int: i64) -> usize {
    match int {
        -0x8000..=0x7fff => 2,
        -0x8000_0000..=0x7fff_ffff => 4,
        _ => 8,
    }
}

/// An empty set.
pub fn new() -> Vec<u8> {
    vec![2]
}

/// The set of ascending, different integers.
pub fn from_sorted(list: &[i64]) -> Vec<u8> {
    debug_assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
    let ends = [list.first(), list.last()].into_iter().flatten();
    let width = ends.map(|int| width_of(*int)).max().unwrap_or(2);
    let mut block = Vec::with_capacity(size_class(1 + list.len() * width));
    block.push(width as u8);
    extend(&mut block, width, list);
    block
}

fn extend(block: &mut Vec<u8>, width: usize, list: &[i64]) {
    match width {
        2 => block.extend(list.iter().flat_map(|int| (*int as i16).to_le_bytes())),
        4 => block.extend(list.iter().flat_map(|int| (*int as i32).to_le_bytes())),
        _ => block.extend(list.iter().flat_map(|int| int.to_le_bytes())),
    }
}

/// How many bytes each integer takes: 2, 4 or 8.
pub fn width(block: &[u8]) -> usize {
    usize::from(block[0])
}

/// The number of integers.
pub fn len(block: &[u8]) -> usize {
    (block.len() - 1) / width(block)
}

/// Whether the integer is there.
pub fn contains(block: &[u8], int: i64) -> bool {
    find(block, int).is_ok()
}

/// The integer of a rank, if there are so many.
pub fn get(block: &[u8], rank: usize) -> Option<i64> {
    match ints(block) {
        Ints::Two(list) => list.get(rank).map(|bytes| decode(*bytes)),
        Ints::Four(list) => list.get(rank).map(|bytes| decode(*bytes)),
        Ints::Eight(list) => list.get(rank).map(|bytes| decode(*bytes)),
    }
}

/// The least integer.
pub fn min(block: &[u8]) -> Option<i64> {
    get(block, 0)
}

/// The greatest integer.
pub fn max(block: &[u8]) -> Option<i64> {
    get(block, len(block).checked_sub(1)?)
}

/// All integers, ascending.
pub fn iter(block: &[u8]) -> impl ExactSizeIterator<Item = i64> + '_ {
    (0..len(block)).map(|rank| get(block, rank).expect("it is below the number of integers"))
}

/// Appends all integers, ascending.
pub fn decode_into(block: &[u8], out: &mut Vec<i64>) {
    match ints(block) {
        Ints::Two(list) => out.extend(list.iter().map(|bytes| decode(*bytes))),
        Ints::Four(list) => out.extend(list.iter().map(|bytes| decode(*bytes))),
        Ints::Eight(list) => out.extend(list.iter().map(|bytes| decode(*bytes))),
    }
}

/// Adds an integer. False if it was there.
pub fn insert(block: &mut Vec<u8>, int: i64) -> bool {
    let (width, needed) = (width(block), width_of(int));
    if needed > width {
        widen(block, needed, int);
        return true;
    }
    // Many sets are filled in order.
    let rank = if max(block).is_none_or(|max| max < int) {
        len(block)
    } else {
        match find(block, int) {
            Ok(_) => return false,
            Err(rank) => rank,
        }
    };
    let (at, end) = (1 + rank * width, block.len());
    if block.capacity() < end + width {
        // As much as the allocator gives anyway.
        block.reserve_exact(size_class(end + width) - end);
    }
    block.extend_from_slice(&int.to_le_bytes()[..width]);
    block.copy_within(at..end, at + width);
    block[at..at + width].copy_from_slice(&int.to_le_bytes()[..width]);
    true
}

/// Adds an integer that the others are too narrow for: it comes before or after all of them.
#[cold]
fn widen(block: &mut Vec<u8>, width: usize, int: i64) {
    let mut list = Vec::with_capacity(len(block) + 1);
    if int < 0 {
        list.push(int);
    }
    decode_into(block, &mut list);
    if int >= 0 {
        list.push(int);
    }
    *block = Vec::with_capacity(size_class(1 + list.len() * width));
    block.push(width as u8);
    extend(block, width, &list);
}

/// Removes an integer. False if it was not there.
pub fn remove(block: &mut Vec<u8>, int: i64) -> bool {
    let Ok(rank) = find(block, int) else { return false };
    let (width, end) = (width(block), block.len());
    let at = 1 + rank * width;
    block.copy_within(at + width..end, at);
    block.truncate(end - width);
    let wanted = size_class(block.len());
    if wanted < block.capacity() * 3 / 4 {
        block.shrink_to(wanted);
    }
    true
}

// ---- Merges ---------------------------------------------------------------------------------------------------------

/// The integers that are in all of the sets, ascending. At least one set.
pub fn intersection(sets: &[&[u8]]) -> Vec<i64> {
    let mut sets = sets.to_vec();
    sets.sort_by_key(|set| len(set));
    let mut found = Vec::with_capacity(len(sets[0]));
    decode_into(sets[0], &mut found);
    let mut other = Vec::new();
    for set in &sets[1..] {
        if found.len() * FEW < len(set) {
            found.retain(|int| contains(set, *int));
        } else {
            other.clear();
            decode_into(set, &mut other);
            keep(&mut found, &other, true);
        }
    }
    found
}

/// So much smaller must one set be that looking up its integers in the other is less work than a walk through both.
const FEW: usize = 16;

/// The integers of the first set that are in none of the others, ascending. At least one set.
pub fn difference(sets: &[&[u8]]) -> Vec<i64> {
    let mut left = Vec::with_capacity(len(sets[0]));
    decode_into(sets[0], &mut left);
    let mut others = sets[1..].to_vec();
    // The largest take the most.
    others.sort_by_key(|set| Reverse(len(set)));
    let mut other = Vec::new();
    for set in others {
        if left.len() * FEW < len(set) {
            left.retain(|int| !contains(set, *int));
        } else {
            other.clear();
            decode_into(set, &mut other);
            keep(&mut left, &other, false);
        }
    }
    left
}

/// The integers that are in any of the sets, ascending.
pub fn union(sets: &[&[u8]]) -> Vec<i64> {
    let mut sets = sets.to_vec();
    sets.sort_by_key(|set| len(set));
    let (mut all, mut other, mut merged) = (Vec::new(), Vec::new(), Vec::new());
    for set in sets {
        other.clear();
        decode_into(set, &mut other);
        merge(&all, &other, &mut merged);
        std::mem::swap(&mut all, &mut merged);
    }
    all
}

/// Keeps of a list what is (or is not) in another. Both ascend. Without branches that depend on the integers.
fn keep(list: &mut Vec<i64>, other: &[i64], wanted: bool) {
    let (mut at, mut next, mut kept) = (0, 0, 0);
    while at < list.len() && next < other.len() {
        let (a, b) = (list[at], other[next]);
        list[kept] = a;
        // An integer is decided on when the other list is at it, or past it.
        kept += usize::from(if wanted { a == b } else { a < b });
        at += usize::from(a <= b);
        next += usize::from(b <= a);
    }
    if !wanted {
        list.copy_within(at.., kept);
        kept += list.len() - at;
    }
    list.truncate(kept);
}

/// Puts what is in either list into a third. All ascend.
fn merge(one: &[i64], other: &[i64], out: &mut Vec<i64>) {
    out.clear();
    out.resize(one.len() + other.len(), 0);
    let (mut at, mut next, mut n) = (0, 0, 0);
    while at < one.len() && next < other.len() {
        let (a, b) = (one[at], other[next]);
        out[n] = a.min(b);
        at += usize::from(a <= b);
        next += usize::from(b <= a);
        n += 1;
    }
    for rest in [&one[at..], &other[next..]] {
        out[n..n + rest.len()].copy_from_slice(rest);
        n += rest.len();
    }
    out.truncate(n);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use std::collections::BTreeSet;

    /// Integers at all edges of the widths, and small ones that meet.
    fn random_int(dice: &mut Dice, widest: usize) -> i64 {
        let shift = 64 - 8 * widest;
        match dice.below(6) {
            0 => (dice.next().cast_signed() >> shift) >> dice.below(8 * widest as u64),
            1 => (i64::MAX >> shift) - dice.below(3) as i64,
            2 => (i64::MIN >> shift) + dice.below(3) as i64,
            _ => dice.below(300) as i64 - 150,
        }
    }

    fn check(block: &[u8], model: &BTreeSet<i64>, seed: u64) {
        assert_eq!(len(block), model.len(), "seed {seed}");
        assert!(iter(block).eq(model.iter().copied()), "seed {seed}");
        assert_eq!((min(block), max(block)), (model.first().copied(), model.last().copied()), "seed {seed}");
        assert_eq!(block.len(), 1 + len(block) * width(block));
    }

    #[test]
    fn it_follows_the_model() {
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let (mut block, mut model) = (new(), BTreeSet::new());
            let widest = [2, 2, 4, 8][dice.below(4) as usize];
            let mut needed = 2;
            for step in 0..2000 {
                let int = random_int(&mut dice, widest);
                assert_eq!(contains(&block, int), model.contains(&int), "seed {seed} step {step}");
                if dice.below(if step % 1000 < 500 { 4 } else { 2 }) > 0 {
                    needed = needed.max(width_of(int));
                    assert_eq!(insert(&mut block, int), model.insert(int), "seed {seed} step {step}");
                } else {
                    assert_eq!(remove(&mut block, int), model.remove(&int), "seed {seed} step {step}");
                }
                assert_eq!(width(&block), needed, "integers stay as wide as they were");
                let rank = dice.below(300) as usize;
                assert_eq!(get(&block, rank), model.iter().nth(rank).copied());
                if step % 100 == 0 {
                    check(&block, &model, seed);
                    let list: Vec<i64> = model.iter().copied().collect();
                    check(&from_sorted(&list), &model, seed);
                }
            }
            check(&block, &model, seed);
            for int in model {
                assert!(remove(&mut block, int));
            }
            assert!(min(&block).is_none() && max(&block).is_none() && block.capacity() <= 32);
        }
    }

    #[test]
    fn widths_are_those_of_redis() {
        for (int, width) in [
            (0, 2),
            (32_767, 2),
            (-32_768, 2),
            (32_768, 4),
            (-32_769, 4),
            (i64::from(i32::MAX), 4),
            (i64::from(i32::MIN), 4),
            (i64::from(i32::MAX) + 1, 8),
            (i64::from(i32::MIN) - 1, 8),
            (i64::MAX, 8),
            (i64::MIN, 8),
        ] {
            let mut block = new();
            insert(&mut block, 7);
            insert(&mut block, int);
            assert_eq!(super::width(&block), width, "{int}");
            assert_eq!(super::width(&from_sorted(&[int])), width, "{int}");
            assert!(contains(&block, int) && contains(&block, 7) && !contains(&block, 8));
        }
    }

    #[test]
    fn merges_agree_with_the_model() {
        for seed in 1..=300 {
            let mut dice = Dice(seed);
            let mut models = Vec::new();
            for _ in 0..=dice.below(4) {
                let (n, widest) = (1 << dice.below(11), [2, 4, 8][dice.below(3) as usize]);
                models.push((0..n).map(|_| random_int(&mut dice, widest)).collect::<BTreeSet<i64>>());
            }
            let blocks: Vec<Vec<u8>> =
                models.iter().map(|model| from_sorted(&model.iter().copied().collect::<Vec<_>>())).collect();
            let blocks: Vec<&[u8]> = blocks.iter().map(|block| &**block).collect();
            let (first, rest) = models.split_first().unwrap();
            let common = first.iter().copied().filter(|int| rest.iter().all(|model| model.contains(int)));
            assert!(intersection(&blocks).into_iter().eq(common), "seed {seed}");
            let left = first.iter().copied().filter(|int| !rest.iter().any(|model| model.contains(int)));
            assert!(difference(&blocks).into_iter().eq(left), "seed {seed}");
            let all: BTreeSet<i64> = models.iter().flatten().copied().collect();
            assert!(union(&blocks).into_iter().eq(all), "seed {seed}");
        }
    }
}
