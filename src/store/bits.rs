//! Strings as rows of bits.
//!
//! ```text
//!      byte 0             byte 1             byte 2
//!     +-----------------+-----------------+--------      bit 0 is the highest of byte 0;
//!     | 0 1 2 3 4 5 6 7 | 8 9 ...         |              a field of 5 bits at 6 is 6 7 | 8 9 10
//!     +-----------------+-----------------+--------
//! ```
//!
//! Counting, searching and combining are loops over slices that the compiler turns into vectors: see [`crate::base::simd`]. What lies
//! behind the end of a string is zero. Strings are combined block by block, so that a result that is made from many strings stays in
//! the first cache until it is done.

use std::ops::Range;

use crate::base::pieces::{Piece, Pieces};
use crate::base::simd::wide;

/// The bit at a position; zero behind the end.
#[inline]
pub fn bit(bytes: &[u8], at: u64) -> bool {
    let byte = usize::try_from(at / 8).ok().and_then(|i| bytes.get(i)).copied().unwrap_or(0);
    byte & mask(at) != 0
}

/// The bit of a position in its byte.
#[inline]
pub fn mask(at: u64) -> u8 {
    0x80 >> (at % 8)
}

// ---- counting -------------------------------------------------------------------------------------------------------

/// How many bits are set.
pub fn count_ones(bytes: &[u8]) -> u64 {
    wide(count_kernel, bytes)
}

#[inline(always)]
fn count_kernel(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let ones: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    ones + rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

/// How many bits of a range are set. The range must not reach beyond the end.
pub fn count_ones_in(bytes: &[u8], range: Range<u64>) -> u64 {
    if range.is_empty() {
        return 0;
    }
    let (first, last) = (range.start / 8, (range.end - 1) / 8);
    // What the first and the last byte have outside of the range is taken off again.
    let before = bytes[first as usize] & !(0xFF >> (range.start % 8));
    let after = bytes[last as usize] & (0x7F >> ((range.end - 1) % 8));
    let outside = before.count_ones() + after.count_ones();
    count_ones(&bytes[first as usize..=last as usize]) - u64::from(outside)
}

/// How many bits are set in a range of a string in pieces. The range must not reach beyond the end.
pub fn count_ones_in_pieces(pieces: &Pieces, range: Range<u64>) -> u64 {
    parts(pieces, range)
        .map(|(part, _, bits)| match part {
            Piece::Bytes(bytes) => count_ones_in(bytes, bits),
            Piece::Zeros(_) => 0,
        })
        .sum()
}

/// The pieces that a range of bits touches, the position of the first bit of each, and which of its bits are in the range.
fn parts(pieces: &Pieces, range: Range<u64>) -> impl Iterator<Item = (Piece<'_>, u64, Range<u64>)> {
    // Positions are limited by the longest string.
    let bytes = (range.start / 8) as usize..range.end.div_ceil(8) as usize;
    let mut at = bytes.start as u64 * 8;
    pieces.pieces(if range.is_empty() { 0..0 } else { bytes }).map(move |piece| {
        let bits = range.start.max(at) - at..range.end.min(at + piece.len() as u64 * 8) - at;
        let part = (piece, at, bits);
        at += piece.len() as u64 * 8;
        part
    })
}

// ---- searching ------------------------------------------------------------------------------------------------------

/// How many bytes are searched at once.
const STRIDE: usize = 256;

/// The position of the first bit in a range that is set (or clear). The range must not reach beyond the end.
pub fn find(bytes: &[u8], range: Range<u64>, wanted: bool) -> Option<u64> {
    if range.is_empty() {
        return None;
    }
    let (first, last) = (range.start / 8, (range.end - 1) / 8);
    // Searching for a clear bit is searching for a set one among the opposites.
    let opposite = if wanted { 0 } else { 0xFF };
    let head = (bytes[first as usize] ^ opposite) & (0xFF >> (range.start % 8));
    let found = if head != 0 {
        first * 8 + u64::from(head.leading_zeros())
    } else {
        let rest = &bytes[first as usize + 1..=last as usize];
        let at = wide(find_kernel, (rest, opposite))?;
        (first + 1 + at as u64) * 8 + u64::from((rest[at] ^ opposite).leading_zeros())
    };
    (found < range.end).then_some(found)
}

/// [`find`] in a string in pieces.
pub fn find_in_pieces(pieces: &Pieces, range: Range<u64>, wanted: bool) -> Option<u64> {
    parts(pieces, range).find_map(|(part, at, bits)| match part {
        Piece::Bytes(bytes) => find(bytes, bits, wanted).map(|found| at + found),
        Piece::Zeros(_) => (!wanted).then_some(at + bits.start),
    })
}

/// The first byte that is not `dull`.
#[inline(always)]
fn find_kernel((bytes, dull): (&[u8], u8)) -> Option<usize> {
    let is_dull = |part: &[u8]| part.iter().fold(0, |sum, byte| sum | (byte ^ dull)) == 0;
    let skipped = bytes.chunks_exact(STRIDE).take_while(|part| is_dull(part)).count() * STRIDE;
    bytes[skipped..].iter().position(|&byte| byte != dull).map(|at| skipped + at)
}

// ---- combining ------------------------------------------------------------------------------------------------------

/// How strings are combined, bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set in all of them.
    And,
    /// Set in any of them.
    Or,
    /// Set in an odd number of them.
    Xor,
    /// Clear in the first.
    Not,
    /// Set in the first and in none of the others.
    Diff,
    /// Set in any of the others, but not in the first.
    Diff1,
    /// Set in the first and in any of the others.
    AndOr,
    /// Set in exactly one.
    One,
}

/// How much of the result is finished before the next of it is begun: it and one source fit into the first cache.
const BLOCK: usize = 8 * 1024;

/// Combines strings. The result is as long as the longest of them. It is put into `out`, whose content goes.
pub fn combine(operation: Operation, sources: &[&[u8]], mut out: Vec<u8>) -> Vec<u8> {
    let len = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    out.clear();
    out.reserve_exact(len);
    let mut twice = [0; BLOCK];
    for start in (0..len).step_by(BLOCK) {
        let end = len.min(start + BLOCK);
        let block = |source: usize| {
            let source: &[u8] = sources[source];
            &source[start.min(source.len())..end.min(source.len())]
        };
        // Where it is the others that are gathered, the first comes last.
        let (first, others) = match operation {
            Operation::Diff1 | Operation::AndOr => (1, 2..sources.len()),
            _ => (0, 1..sources.len()),
        };
        let first = block(first);
        out.extend_from_slice(first);
        out.resize(end, 0);
        let sum = &mut out[start..];
        let mut gather = |kernel: fn(Pair)| others.clone().for_each(|other| kernel((&mut *sum, block(other))));
        match operation {
            Operation::And => gather(and),
            Operation::Or | Operation::Diff1 | Operation::AndOr => gather(|pair| wide(or, pair)),
            Operation::Xor => gather(|pair| wide(xor, pair)),
            Operation::Diff => gather(|pair| wide(and_not, pair)),
            Operation::Not => wide(not, sum),
            Operation::One => {
                let twice = &mut twice[..end - start];
                twice.fill(0);
                others.for_each(|other| wide(once, (&mut *sum, &mut *twice, block(other))));
                wide(and_not, (sum, twice));
            }
        }
        match operation {
            Operation::Diff1 => wide(and_not, (&mut out[start..], block(0))),
            Operation::AndOr => and((&mut out[start..], block(0))),
            _ => {}
        }
    }
    out
}

/// What is gathered so far, and one more string, which may be shorter.
type Pair<'a> = (&'a mut [u8], &'a [u8]);

fn and((sum, other): Pair) {
    let (near, far) = sum.split_at_mut(other.len());
    far.fill(0);
    wide(and_kernel, (near, other));
}

#[inline(always)]
fn and_kernel((sum, other): Pair) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum &= other);
}

#[inline(always)]
fn or((sum, other): Pair) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum |= other);
}

#[inline(always)]
fn xor((sum, other): Pair) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum ^= other);
}

#[inline(always)]
fn and_not((sum, other): Pair) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum &= !other);
}

#[inline(always)]
fn not(sum: &mut [u8]) {
    for sum in sum {
        *sum = !*sum;
    }
}

/// Notes in `twice` what was there before.
#[inline(always)]
fn once((sum, twice, other): (&mut [u8], &mut [u8], &[u8])) {
    for ((sum, twice), other) in sum.iter_mut().zip(twice).zip(other) {
        *twice |= *sum & other;
        *sum |= other;
    }
}

// ---- fields ---------------------------------------------------------------------------------------------------------

/// An integer of some bits inside a string: 1 to 64 with a sign, 1 to 63 without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whether the highest bit is the sign.
    pub signed: bool,
    /// How many bits.
    pub bits: u8,
}

/// What becomes of a value that does not fit its field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The bits that fit are kept.
    #[default]
    Wrap,
    /// It becomes the largest or smallest value that fits.
    Saturate,
    /// It is refused.
    Fail,
}

impl Field {
    /// The bytes in which a field lies that begins at a bit.
    pub fn window(self, at: u64) -> Range<usize> {
        // Positions are limited by the longest string.
        (at / 8) as usize..(at + u64::from(self.bits)).div_ceil(8) as usize
    }

    /// The value in its window. Bytes that are missing at its end are zero.
    pub fn get(self, window: &[u8], at: u64) -> i64 {
        let bits = u32::from(self.bits);
        let mut bytes = [0; 16];
        bytes[..window.len()].copy_from_slice(window);
        let lifted = u128::from_be_bytes(bytes) << (at % 8);
        // The field's highest bit is the number's now; a shift to the right keeps or clears what is above it. 64 bits are signed.
        if self.signed { ((lifted as i128) >> (128 - bits)) as i64 } else { (lifted >> (128 - bits)) as i64 }
    }

    /// Puts a value into its window, which must be whole.
    pub fn set(self, window: &mut [u8], at: u64, value: i64) {
        let shift = 128 - u32::from(self.bits) - (at % 8) as u32;
        let mask = (u128::MAX >> (128 - u32::from(self.bits))) << shift;
        let mut bytes = [0; 16];
        bytes[..window.len()].copy_from_slice(window);
        let new = u128::from_be_bytes(bytes) & !mask | (value as u128) << shift & mask;
        window.copy_from_slice(&new.to_be_bytes()[..window.len()]);
    }

    /// The value as the field can hold it, or nothing if it is refused.
    pub fn fit(self, value: i128, overflow: Overflow) -> Option<i64> {
        let low = if self.signed { -1 << (self.bits - 1) } else { 0 };
        let high = low + (1_i128 << self.bits) - 1;
        let fits = match overflow {
            _ if (low..=high).contains(&value) => value,
            Overflow::Wrap => (value - low).rem_euclid(1 << self.bits) + low,
            Overflow::Saturate => value.clamp(low, high),
            Overflow::Fail => return None,
        };
        // Between -2^63 and 2^63 - 1.
        Some(fits as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::buffer::Buffer;
    use crate::base::dice::Dice;

    /// A string of random length; long runs of equal bytes, so that searches have something to skip.
    fn string(dice: &mut Dice, len_max: u64) -> Vec<u8> {
        let len = dice.below(len_max) as usize;
        let mut bytes = Vec::new();
        while bytes.len() < len {
            let run = if dice.below(2) == 0 { 1 } else { dice.below(700) as usize };
            let byte = [0, 0xFF, dice.next() as u8][dice.below(3) as usize];
            bytes.resize((bytes.len() + run).min(len), byte);
        }
        bytes
    }

    fn range(dice: &mut Dice, bytes: &[u8]) -> Range<u64> {
        let bits = bytes.len() as u64 * 8;
        let (a, b) = (dice.below(bits + 1), dice.below(bits + 1));
        a.min(b)..a.max(b)
    }

    #[test]
    fn counting_and_searching_are_as_bit_by_bit() {
        for seed in 1..=300 {
            let mut dice = Dice(seed);
            let bytes = string(&mut dice, 3000);
            let all: u64 = (0..bytes.len() as u64 * 8).map(|at| u64::from(bit(&bytes, at))).sum();
            assert_eq!(count_ones(&bytes), all, "seed {seed}");
            for step in 0..20 {
                let range = range(&mut dice, &bytes);
                let ones = range.clone().filter(|&at| bit(&bytes, at)).count() as u64;
                assert_eq!(count_ones_in(&bytes, range.clone()), ones, "seed {seed} step {step} {range:?}");
                for wanted in [false, true] {
                    let first = range.clone().find(|&at| bit(&bytes, at) == wanted);
                    assert_eq!(find(&bytes, range.clone(), wanted), first, "seed {seed} step {step} {range:?}");
                }
            }
        }
    }

    #[test]
    fn a_string_in_pieces_is_counted_and_searched_as_one_in_one() {
        for seed in 1..=40 {
            let mut dice = Dice(seed);
            let mut bytes = string(&mut dice, 200_000);
            let mut pieces = Pieces::of(Buffer::new(bytes.clone()));
            for _ in 0..10 {
                let at = dice.below(400_000) as usize;
                bytes.resize(bytes.len().max(at + 1), 0);
                bytes[at] = 0xF0;
                pieces.edit(at..at + 1, |byte| byte.fill(0xF0));
            }
            for step in 0..20 {
                let range = range(&mut dice, &bytes);
                let ones = count_ones_in(&bytes, range.clone());
                assert_eq!(count_ones_in_pieces(&pieces, range.clone()), ones, "seed {seed} step {step} {range:?}");
                for wanted in [false, true] {
                    let first = find(&bytes, range.clone(), wanted);
                    let found = find_in_pieces(&pieces, range.clone(), wanted);
                    assert_eq!(found, first, "seed {seed} step {step} {range:?}");
                }
            }
        }
    }

    /// What a bit of the result is, given that bit of all sources.
    fn model(operation: Operation, bits: &[bool]) -> bool {
        let (first, others) = (bits[0], &bits[1..]);
        match operation {
            Operation::And => bits.iter().all(|&bit| bit),
            Operation::Or => bits.contains(&true),
            Operation::Xor => bits.iter().fold(false, |sum, bit| sum ^ bit),
            Operation::Not => !first,
            Operation::Diff => first && !others.contains(&true),
            Operation::Diff1 => !first && others.contains(&true),
            Operation::AndOr => first && others.contains(&true),
            Operation::One => bits.iter().filter(|&&bit| bit).count() == 1,
        }
    }

    #[test]
    fn strings_are_combined_as_bit_by_bit() {
        use Operation::*;
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            // Some are longer than a block.
            let len_max = [40, 2000, 3 * BLOCK as u64][dice.below(3) as usize];
            for operation in [And, Or, Xor, Not, Diff, Diff1, AndOr, One] {
                let n = if operation == Not { 1 } else { 2 + dice.below(4) };
                let sources: Vec<_> = (0..n).map(|_| string(&mut dice, len_max)).collect();
                let sources: Vec<&[u8]> = sources.iter().map(|source| &source[..]).collect();
                let result = combine(operation, &sources, b"old".to_vec());
                assert_eq!(result.len(), sources.iter().map(|source| source.len()).max().unwrap());
                for at in 0..result.len() as u64 * 8 {
                    let bits: Vec<_> = sources.iter().map(|source| bit(source, at)).collect();
                    assert_eq!(bit(&result, at), model(operation, &bits), "seed {seed} {operation:?} bit {at}");
                }
            }
        }
    }

    #[test]
    fn one_source_and_no_source() {
        use Operation::*;
        for operation in [And, Or, Xor, Diff, One] {
            assert_eq!(combine(operation, &[b"abc"], Vec::new()), b"abc");
            assert_eq!(combine(operation, &[b"", b""], Vec::new()), b"");
        }
        assert_eq!(combine(Not, &[b"\x0f"], Vec::new()), b"\xf0");
    }

    #[test]
    fn fields_are_as_bit_by_bit() {
        for seed in 1..=2000 {
            let mut dice = Dice(seed);
            let signed = dice.below(2) == 0;
            let field = Field { signed, bits: 1 + dice.below(if signed { 64 } else { 63 }) as u8 };
            let mut bytes: Vec<u8> = (0..20).map(|_| dice.next() as u8).collect();
            let at = dice.below(160 - u64::from(field.bits));
            let places = at..at + u64::from(field.bits);
            let mut value = places.clone().fold(0_i128, |value, at| value << 1 | i128::from(bit(&bytes, at)));
            if signed && bit(&bytes, at) {
                value -= 1 << field.bits;
            }
            assert_eq!(i128::from(field.get(&bytes[field.window(at)], at)), value, "seed {seed} {field:?} at {at}");
            // Another value goes in, and nothing else changes.
            let new = field.fit(i128::from(dice.next() as i64), Overflow::Wrap).expect("it wraps");
            let old = bytes.clone();
            field.set(&mut bytes[field.window(at)], at, new);
            assert_eq!(field.get(&bytes[field.window(at)], at), new, "seed {seed} {field:?} at {at}");
            let others = (0..160).filter(|at| !places.contains(at));
            assert!(others.into_iter().all(|at| bit(&bytes, at) == bit(&old, at)), "seed {seed} {field:?} at {at}");
        }
    }

    #[test]
    fn a_field_at_the_end_reads_zeros() {
        let field = Field { signed: false, bits: 12 };
        assert_eq!(field.get(b"\xff", 4), 0xF00);
        assert_eq!(field.get(b"", 4), 0);
        assert_eq!(field.window(4), 0..2);
        assert_eq!(field.window(5), 0..3);
    }

    #[test]
    fn what_does_not_fit_wraps_or_stops_or_is_refused() {
        let byte = Field { signed: false, bits: 8 };
        let signed = Field { signed: true, bits: 8 };
        let whole = Field { signed: true, bits: 64 };
        for (field, value, wrapped, stopped) in [
            (byte, 256, 0, 255),
            (byte, -1, 255, 0),
            (byte, i128::from(u64::MAX), 255, 255),
            (signed, 128, -128, 127),
            (signed, -129, 127, -128),
            (signed, 300, 44, 127),
            (whole, 1 << 63, i64::MIN, i64::MAX),
            (whole, (-1 << 63) - 1, i64::MAX, i64::MIN),
        ] {
            assert_eq!(field.fit(value, Overflow::Wrap), Some(wrapped), "{field:?} {value}");
            assert_eq!(field.fit(value, Overflow::Saturate), Some(stopped), "{field:?} {value}");
            assert_eq!(field.fit(value, Overflow::Fail), None, "{field:?} {value}");
        }
        assert_eq!(byte.fit(255, Overflow::Fail), Some(255));
        assert_eq!(signed.fit(-128, Overflow::Fail), Some(-128));
    }
}
