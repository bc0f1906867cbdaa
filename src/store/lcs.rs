//! The longest common subsequence of two strings: what is left of both when as few bytes as possible are struck out.
//!
//! ```text
//!           m y n e w t e x t       L(i, j), the length for the first i bytes of a and the first j of b,
//!        o  0 0 0 0 0 0 0 0 0       rises by one or not at all from one j to the next:
//!        h  0 0 0 0 0 0 0 0 0       one bit says it all, and 64 of them are worked out
//!        m  1 1 1 1 1 1 1 1 1       by a few instructions
//!        y  1 2 2 2 2 2 2 2 2
//! ```
//!
//! The recurrence is that of Maxime Crochemore and others ("A fast and practical bit-vector algorithm for the longest common subsequence
//! problem", 2001) in the form by Heikki Hyyrö (2004): with V = the columns at which a row does not rise, and M = the columns that hold
//! the row's byte, the next row is (V + (V & M)) | (V & !M).
//!
//! A table of numbers would take 32 times the memory, and as many times as long.

/// The rows of the table, a bit a column.
pub struct Lcs<'a> {
    a: &'a [u8],
    b: &'a [u8],
    /// How many words a row has.
    width: usize,
    /// A bit is clear where the row rises. The rows for one byte of `a`, two, and so on; only the last, if just the length is asked for.
    rows: Vec<u64>,
}

/// A run of bytes that both strings have in their longest common subsequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where it begins in the first string.
    pub a: usize,
    /// Where it begins in the second string.
    pub b: usize,
    /// How long it is.
    pub len: usize,
}

impl<'a> Lcs<'a> {
    /// Works the table out; `keep` all of it, if the matches are asked for.
    pub fn new(a: &'a [u8], b: &'a [u8], keep: bool) -> Lcs<'a> {
        let width = b.len().div_ceil(64);
        let mut lcs = Lcs { a, b, width, rows: Vec::with_capacity(if keep { a.len() * width } else { 0 }) };
        let columns = Columns::new(a, b, width);
        let mut row = vec![u64::MAX; width];
        for &byte in a {
            step(&mut row, columns.of(byte));
            if keep {
                lcs.rows.extend_from_slice(&row);
            }
        }
        if !keep {
            lcs.rows = row;
        }
        lcs
    }

    /// How long it is.
    pub fn len(&self) -> usize {
        let last = &self.rows[self.rows.len() - self.rows.len().min(self.width)..];
        last.iter().map(|word| word.count_zeros() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its runs, the last first. Of several subsequences of the same length it is the one that Redis finds: from the end, where two bytes
    /// differ and the lengths do not say which to strike out, it is the one of `b`.
    pub fn matches(&self) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        let (mut i, mut j) = (self.a.len(), self.b.len());
        while i > 0 && j > 0 {
            if self.a[i - 1] == self.b[j - 1] {
                (i, j) = (i - 1, j - 1);
                match matches.last_mut() {
                    Some(last) if (last.a, last.b) == (i + 1, j + 1) => {
                        *last = Match { a: i, b: j, len: last.len + 1 };
                    }
                    _ => matches.push(Match { a: i, b: j, len: 1 }),
                }
            } else if self.rises(i, j) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        matches
    }

    /// Whether L(i, j) is more than L(i, j - 1). If the bytes there differ, that is what L(i - 1, j) is then.
    fn rises(&self, i: usize, j: usize) -> bool {
        self.rows[(i - 1) * self.width + (j - 1) / 64] >> ((j - 1) % 64) & 1 == 0
    }

    /// The bytes of a match.
    pub fn bytes(&self, part: Match) -> &'a [u8] {
        &self.a[part.a..][..part.len]
    }
}

/// One row from the last.
fn step(row: &mut [u64], columns: &[u64]) {
    let mut carry = false;
    for (word, column) in row.iter_mut().zip(columns) {
        let hits = *word & column;
        let (sum, over) = word.overflowing_add(hits);
        let (sum, over_too) = sum.overflowing_add(u64::from(carry));
        *word = sum | (*word & !hits);
        carry = over | over_too;
    }
}

/// For each byte that occurs in `a`, where it occurs in `b`.
struct Columns {
    width: usize,
    /// Which set of words a byte has.
    sets: [usize; 256],
    words: Vec<u64>,
}

impl Columns {
    fn new(a: &[u8], b: &[u8], width: usize) -> Columns {
        let mut sets = [usize::MAX; 256];
        let mut count = 0;
        for &byte in a {
            let set = &mut sets[usize::from(byte)];
            if *set == usize::MAX {
                *set = count;
                count += 1;
            }
        }
        let mut words = vec![0; count * width];
        for (j, &byte) in b.iter().enumerate() {
            let set = sets[usize::from(byte)];
            if set != usize::MAX {
                words[set * width + j / 64] |= 1 << (j % 64);
            }
        }
        Columns { width, sets, words }
    }

    fn of(&self, byte: u8) -> &[u64] {
        &self.words[self.sets[usize::from(byte)] * self.width..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    /// The matches by a table of numbers, byte by byte.
    fn model(a: &[u8], b: &[u8]) -> Vec<(usize, usize)> {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                table[i][j] =
                    if a[i - 1] == b[j - 1] { table[i - 1][j - 1] + 1 } else { table[i - 1][j].max(table[i][j - 1]) };
            }
        }
        let (mut i, mut j, mut pairs) = (a.len(), b.len(), Vec::new());
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                (i, j) = (i - 1, j - 1);
                pairs.push((i, j));
            } else if table[i - 1][j] > table[i][j - 1] {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        pairs
    }

    #[test]
    fn the_bits_say_what_a_table_of_numbers_says() {
        for seed in 1..=400 {
            let mut dice = Dice(seed);
            let letters = 1 + dice.below(6);
            let mut string = |max| -> Vec<u8> {
                let len = dice.below(max);
                (0..len).map(|_| b'a' + dice.below(letters) as u8).collect()
            };
            let (a, b) = (string(150), string(300));
            let expected = model(&a, &b);
            let lcs = Lcs::new(&a, &b, true);
            let pairs: Vec<_> =
                lcs.matches().iter().flat_map(|m| (0..m.len).rev().map(|n| (m.a + n, m.b + n))).collect();
            assert_eq!(pairs, expected, "seed {seed}");
            assert_eq!(lcs.len(), expected.len(), "seed {seed}");
            assert_eq!(Lcs::new(&a, &b, false).len(), expected.len(), "seed {seed}");
        }
    }

    #[test]
    fn matches_are_runs_from_the_last_to_the_first() {
        let lcs = Lcs::new(b"ohmytext", b"mynewtext", true);
        assert_eq!(lcs.matches(), [Match { a: 4, b: 5, len: 4 }, Match { a: 2, b: 0, len: 2 }]);
        assert_eq!(lcs.bytes(lcs.matches()[1]), b"my");
        assert!(!lcs.is_empty());
        assert!(Lcs::new(b"", b"abc", true).is_empty() && Lcs::new(b"abc", b"", true).is_empty());
        assert!(Lcs::new(b"", b"", false).matches().is_empty());
    }
}
