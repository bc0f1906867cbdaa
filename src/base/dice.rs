//! Seeded randomness: small, fast, reproducible. Not for secrets.

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

#[cfg(test)]
mod tests {
    use super::Dice;

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
