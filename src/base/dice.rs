//! Seeded randomness: small, fast, reproducible. Not for secrets.

use std::collections::HashSet;

/// A generator of 64-bit numbers (`SplitMix64`, after Steele, Lea and Flood 2014). The same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A generator that nobody can predict.
    pub fn unpredictable() -> Dice {
        Dice(rand::random())
    }

    /// The next number.
    #[allow(clippy::should_implement_trait)] // an iterator would end, this does not
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        below(&mut || self.next(), bound)
    }

    /// Another generator, for somebody who cannot share this one.
    pub fn split(&mut self) -> Dice {
        Dice(self.next())
    }
}

/// A number below `bound`, which must not be zero, from a draw of 64 bits.
pub fn below(draw: &mut dyn FnMut() -> u64, bound: u64) -> u64 {
    // The high half of the product: off by less than bound / 2^64, which no test of ours could see.
    ((u128::from(draw()) * u128::from(bound)) >> 64) as u64
}

/// `wanted` different numbers below `bound`, each choice of them as likely as any other, in the order in which they were drawn. As many draws
/// as numbers (Floyd's algorithm, 1987): for a few of many.
pub fn distinct(draw: &mut dyn FnMut() -> u64, wanted: usize, bound: usize) -> Vec<usize> {
    let mut seen = HashSet::with_capacity(wanted);
    let mut numbers = Vec::with_capacity(wanted);
    for last in bound - wanted..bound {
        let drawn = below(draw, last as u64 + 1) as usize;
        let number = if seen.contains(&drawn) { last } else { drawn };
        seen.insert(number);
        numbers.push(number);
    }
    numbers
}

/// Chooses some of many things that pass by, each choice as likely as any other: each thing has the chance that is left for it (Knuth,
/// 3.4.2, algorithm S).
pub struct Choice {
    wanted: u64,
    left: u64,
}

impl Choice {
    /// `wanted` of `all` things; at most all.
    pub fn new(wanted: usize, all: usize) -> Choice {
        Choice { wanted: wanted as u64, left: all as u64 }
    }

    /// Whether the next thing is one of them. To be asked once for each.
    pub fn takes(&mut self, draw: &mut dyn FnMut() -> u64) -> bool {
        let takes = below(draw, self.left) < self.wanted;
        self.wanted -= u64::from(takes);
        self.left -= 1;
        takes
    }

    /// Whether all are chosen.
    pub fn is_done(&self) -> bool {
        self.wanted == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, Dice, distinct};

    #[test]
    fn choices_are_of_different_things_and_fair() {
        let mut dice = Dice(3);
        let mut seen = [[0u32; 10]; 2];
        for _ in 0..5000 {
            let drawn = distinct(&mut || dice.next(), 3, 10);
            assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2] && drawn[0] != drawn[2], "{drawn:?}");
            for n in drawn {
                seen[0][n] += 1;
            }
            let mut choice = Choice::new(3, 10);
            let taken: Vec<usize> = (0..10).filter(|_| choice.takes(&mut || dice.next())).collect();
            assert!(taken.len() == 3 && choice.is_done());
            for n in taken {
                seen[1][n] += 1;
            }
        }
        assert!(seen.iter().flatten().all(|n| (1300..1700).contains(n)), "{seen:?}");
    }

    #[test]
    fn same_seed_same_numbers_and_within_the_bound() {
        let (mut a, mut b) = (Dice(7), Dice(7));
        let mut seen = [0u32; 6];
        for _ in 0..6000 {
            assert_eq!(a.next(), b.next());
            seen[a.below(6) as usize] += 1;
            b.next();
        }
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
    }
}
