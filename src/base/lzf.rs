//! LZF, the compression of strings in the RDB format and of the inside of long lists: runs of literals, and references to
//! what was there before.
//!
//! ```text
//!     000nnnnn  n + 1 bytes as they are
//!     lllooooo  o                l + 2 bytes from o + 1 bytes back (13 bits), l from 1 to 6
//!     111ooooo  l  o             l + 9 bytes
//! ```
//!
//! Written from this description. The compressor looks a hash of the next three bytes up in a table of the places where
//! such hashes were seen last. The table is kept from call to call without being cleared: places count on, and what lies before a call's
//! own first place is not looked at.

/// Bits of the table's index: small enough to leave the cache to others.
const BITS: u32 = 12;
/// How far back a reference may reach.
const REACH: usize = 1 << 13;
/// The longest reference.
const LONGEST: usize = 264;
/// The longest run of literals.
const RUN: usize = 32;

/// The most that a number of compressed bytes can stand for: three bytes make a reference to 264.
pub fn expands_to(packed: usize) -> usize {
    packed.saturating_mul(LONGEST / 3)
}

/// Compresses strings.
pub struct Packer {
    /// For each hash the place after which it was seen last.
    seen: Box<[u32; 1 << BITS]>,
    /// The place of the first byte of the next call.
    base: u32,
}

impl Default for Packer {
    fn default() -> Packer {
        Packer { seen: Box::new([0; 1 << BITS]), base: 1 }
    }
}

impl Packer {
    /// Puts the compressed form into `out`. False if that does not save four bytes; what `out` holds means nothing then.
    pub fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(most) = input.len().checked_sub(4).filter(|&most| most > 0) else { return false };
        // Places are 32 bits wide. What is longer than that is not worth the trouble.
        let Ok(len) = u32::try_from(input.len()) else { return false };
        let base = match self.base.checked_add(len) {
            Some(next) => std::mem::replace(&mut self.base, next),
            None if len > u32::MAX / 2 => return false,
            None => {
                self.seen.fill(0);
                self.base = 1 + len;
                1
            }
        };
        let (mut literals, mut at, mut misses) = (0, 0, 0);
        // A reference has three bytes; the last two bytes begin none.
        while let Some(next) = input.get(at..at + 3) {
            let word = u32::from(next[0]) | u32::from(next[1]) << 8 | u32::from(next[2]) << 16;
            let slot = &mut self.seen[(word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize];
            let place = base + at as u32; // below `base + len`
            let before = std::mem::replace(slot, place);
            if before >= base {
                let from = (before - base) as usize;
                if at - from <= REACH && input[from..from + 3] == *next {
                    literal(out, &input[literals..at]);
                    let len = 3 + common(&input[from + 3..], &input[at + 3..]);
                    refer(out, at - from - 1, len);
                    at += len;
                    literals = at;
                    misses = 0;
                    if out.len() > most {
                        return false;
                    }
                    continue;
                }
            }
            // What does not repeat is passed over ever faster.
            at += 1 + (misses >> 5);
            misses += 1;
        }
        // What is behind the last reference costs one byte a run.
        let rest = input.len() - literals;
        if out.len() + rest + rest.div_ceil(RUN) > most {
            return false;
        }
        literal(out, &input[literals..]);
        true
    }
}

/// How many bytes two texts begin alike with, as far as a reference may reach.
fn common(a: &[u8], b: &[u8]) -> usize {
    let most = b.len().min(LONGEST - 3);
    a.iter().zip(&b[..most]).take_while(|(a, b)| a == b).count()
}

fn literal(out: &mut Vec<u8>, bytes: &[u8]) {
    for run in bytes.chunks(RUN) {
        out.push(run.len() as u8 - 1); // at most 31
        out.extend_from_slice(run);
    }
}

fn refer(out: &mut Vec<u8>, back: usize, len: usize) {
    let high = (back >> 8) as u8; // below 32: `back` is below the reach
    if len < 9 {
        out.push((len as u8 - 2) << 5 | high);
    } else {
        out.extend_from_slice(&[0xe0 | high, (len - 9) as u8]);
    }
    out.push(back as u8);
}

/// Appends what `packed` stands for to `out`: exactly `len` bytes, or it is damaged, which is said in words.
pub fn unpack(packed: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    if len > expands_to(packed.len()) {
        return Err(SHORT);
    }
    let start = out.len();
    out.resize(start + len, 0);
    unpack_to(packed, &mut out[start..])
}

const SHORT: &str = "compressed bytes end too early";
const LONG: &str = "compressed bytes are more than announced";

/// Fills all of `out` with what `packed` stands for.
pub fn unpack_to(packed: &[u8], out: &mut [u8]) -> Result<(), &'static str> {
    let (mut rest, mut at) = (packed, 0);
    while let Some((&head, behind)) = rest.split_first() {
        rest = behind;
        if head < 0x20 {
            let run = rest.split_off(..=usize::from(head)).ok_or(SHORT)?;
            out.get_mut(at..at + run.len()).ok_or(LONG)?.copy_from_slice(run);
            at += run.len();
            continue;
        }
        let mut len = usize::from(head >> 5) + 2;
        if len == 9 {
            len += usize::from(*rest.split_off_first().ok_or(SHORT)?);
        }
        let back = usize::from(head & 0x1f) << 8 | usize::from(*rest.split_off_first().ok_or(SHORT)?);
        let from = at.checked_sub(back + 1).ok_or("compressed bytes refer to what is not there")?;
        let end = at + len;
        if end > out.len() {
            return Err(LONG);
        }
        // It may refer to what it is to write itself: each part makes the next one longer.
        while at < end {
            let part = (end - at).min(at - from);
            out.copy_within(from..from + part, at);
            at += part;
        }
    }
    if at == out.len() { Ok(()) } else { Err(SHORT) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    fn sample(dice: &mut Dice) -> Vec<u8> {
        let most = [30, 300, 20_000][dice.below(3) as usize];
        let len = dice.below(most) as usize;
        match dice.below(4) {
            0 => vec![b'x'; len],
            1 => (0..len).map(|_| dice.below(256) as u8).collect(),
            2 => (0..len).map(|i| b"the quick brown fox "[i % 20]).collect(),
            _ => {
                let mut text = Vec::new();
                while text.len() < len {
                    text.extend_from_slice(format!("key:{}:", dice.below(50)).as_bytes());
                }
                text
            }
        }
    }

    #[test]
    fn what_is_packed_comes_back() {
        let (mut packer, mut packed, mut back, mut smaller) = (Packer::default(), Vec::new(), Vec::new(), 0);
        for seed in 1..=2000 {
            let text = sample(&mut Dice(seed));
            if packer.pack(&text, &mut packed) {
                assert!(packed.len() + 4 <= text.len(), "seed {seed}");
                back.clear();
                back.extend_from_slice(b"before");
                assert_eq!(unpack(&packed, text.len(), &mut back), Ok(()), "seed {seed}");
                assert!(back[6..] == text, "seed {seed}");
                smaller += 1;
            }
        }
        assert!(smaller > 1000, "{smaller}");
    }

    #[test]
    fn places_begin_anew_when_they_are_used_up() {
        let (mut packer, mut packed, mut back) = (Packer::default(), Vec::new(), Vec::new());
        packer.base = u32::MAX - 250;
        for _ in 0..5 {
            let text = b"abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc";
            assert!(packer.pack(text, &mut packed));
            back.clear();
            assert_eq!(unpack(&packed, text.len(), &mut back), Ok(()));
            assert_eq!(back, text);
        }
        assert!(packer.base < 1000);
    }

    #[test]
    fn hostile_bytes_are_refused_and_take_no_memory() {
        let mut out = Vec::new();
        assert!(unpack(&[0], 1, &mut out).is_err(), "a literal without its byte");
        assert!(unpack(&[0x20, 0], 3, &mut out).is_err(), "a reference to before the beginning");
        assert!(unpack(&[0, b'x', 0xe0], 10, &mut out).is_err(), "a reference without its length");
        assert!(unpack(&[0, b'x'], usize::MAX, &mut out).is_err(), "a bomb");
        assert!(unpack(&[1, b'x', b'y'], 1, &mut out).is_err(), "more than announced");
        assert!(unpack(&[0, b'x', 0xe0, 255, 0], 20, &mut out).is_err(), "a reference to more than announced");
        assert!(out.capacity() < 1000);
        for seed in 1..=3000 {
            let mut dice = Dice(seed);
            let bytes: Vec<u8> = (0..dice.below(40)).map(|_| dice.below(256) as u8).collect();
            let len = dice.below(3000) as usize;
            out.clear();
            if unpack(&bytes, len, &mut out).is_ok() {
                assert_eq!(out.len(), len);
            }
            assert!(out.len() <= len);
        }
    }
}
