//! Many elements at once into a sorted set: the order's leaves are filled one after another, then, sorted by hash, those of the index.
//!
//! What a file holds is in order, from one end or the other; that is looked at first, and costs one comparison an element.

use super::index::{Filled, Index};
use super::order::Ranked;
use super::{INLINE_MAX, NAMED_OVER, Outcome, SortedSet, name};
use crate::base::buffer::{Buffer, Text};
use crate::store::hasher::Hasher;
use crate::store::object::Twice;
use crate::store::tree::{Appender, New};
use std::cmp::Ordering;

/// So many bytes wait at most; then they become a set, and what comes after that is added one by one.
const WAITING_MAX: usize = 256 << 20;

/// An element whose member waits in the bytes.
#[derive(Clone, Copy)]
struct Waiting {
    score: f64,
    at: u32,
    len: u32,
}

/// Elements on their way into an empty sorted set.
pub struct Builder {
    set: SortedSet,
    elements: Vec<Waiting>,
    bytes: Vec<u8>,
    waiting_max: usize,
}

impl Builder {
    /// Builds a set.
    pub fn new(hasher: Hasher) -> Builder {
        Builder::waiting_at_most(hasher, WAITING_MAX)
    }

    pub(super) fn waiting_at_most(hasher: Hasher, waiting_max: usize) -> Builder {
        Builder { set: SortedSet::new(hasher), elements: Vec::new(), bytes: Vec::new(), waiting_max }
    }

    /// Adds an element, whose score is a number. Whether its member came before shows later.
    #[inline]
    pub fn add(&mut self, member: &[u8], score: f64) -> Result<(), Twice> {
        debug_assert!(!score.is_nan());
        let waiting = self.elements.len() * size_of::<Waiting>() + self.bytes.len();
        if !self.set.is_empty() || waiting + member.len() > self.waiting_max {
            return self.add_now(member, score);
        }
        // Both fit, since so few bytes wait.
        let (at, len) = (self.bytes.len() as u32, member.len() as u32);
        self.elements.push(Waiting { score, at, len });
        self.bytes.extend_from_slice(member);
        Ok(())
    }

    #[cold]
    fn add_now(&mut self, member: &[u8], score: f64) -> Result<(), Twice> {
        self.flush()?;
        if self.set.insert(member, score) == Outcome::Added { Ok(()) } else { Err(Twice) }
    }

    /// All of it.
    pub fn finish(mut self) -> Result<SortedSet, Twice> {
        self.flush()?;
        Ok(self.set)
    }

    fn member(&self, element: &Waiting) -> &[u8] {
        &self.bytes[element.at as usize..][..element.len as usize]
    }

    fn compare(&self, a: &Waiting, b: &Waiting) -> Ordering {
        let by_score = a.score.partial_cmp(&b.score).unwrap_or(Ordering::Equal);
        by_score.then_with(|| self.member(a).cmp(self.member(b)))
    }

    fn flush(&mut self) -> Result<(), Twice> {
        if self.elements.is_empty() {
            return Ok(());
        }
        let mut elements = std::mem::take(&mut self.elements);
        if elements.is_sorted_by(|a, b| self.compare(a, b) == Ordering::Greater) {
            elements.reverse();
        } else if !elements.is_sorted_by(|a, b| self.compare(a, b) == Ordering::Less) {
            elements.sort_unstable_by(|a, b| self.compare(a, b));
        }
        let mut order = Appender::<Ranked>::new();
        // Members that are too long for a leaf, with their ranks.
        let mut big: Vec<(usize, Buffer)> = Vec::new();
        for (rank, element) in elements.iter().enumerate() {
            let member = self.member(element);
            let new = if member.len() > INLINE_MAX {
                let buffer = Buffer::new(member.to_vec());
                big.push((rank, buffer.clone()));
                New::Big(buffer)
            } else {
                New::Bytes(member)
            };
            order.push(&element.score.to_le_bytes(), new);
        }
        self.set.order = order.finish();

        let peers = peers_of(&elements);
        // Hash and rank in one number: less to move than anything else.
        let mut rows: Vec<u64> = Vec::with_capacity(elements.len());
        for (rank, element) in elements.iter().enumerate() {
            rows.push(u64::from(self.set.hash(self.member(element))) << 32 | rank as u64); // of less than 2^32
        }
        rows.sort_unstable();
        let of = |row: u64| (row as u32 as usize, (row >> 32) as u32); // rank, hash
        let mut index = Filled::new();
        for alike in rows.chunk_by(|a, b| a >> 32 == b >> 32) {
            if alike.len() > 1 {
                let mut members: Vec<&[u8]> = alike.iter().map(|row| self.member(&elements[of(*row).0])).collect();
                members.sort_unstable();
                if members.windows(2).any(|two| two[0] == two[1]) {
                    return Err(Twice);
                }
            }
            for row in alike {
                let (rank, hash) = of(*row);
                let element = &elements[rank];
                let is_named = peers[rank / 64] >> (rank % 64) & 1 == 1;
                let text = match big.binary_search_by_key(&rank, |(rank, _)| *rank) {
                    Ok(at) => Text::Shared(&big[at].1),
                    Err(_) => Text::Bytes(self.member(element)),
                };
                index.push(hash, element.score, name(text, if is_named { NAMED_OVER } else { 0 }));
            }
        }
        self.set.index = Index::of(index);
        self.bytes = Vec::new();
        Ok(())
    }
}

/// For each rank whether its score has so many others that the index is to have names: a bit.
fn peers_of(elements: &[Waiting]) -> Vec<u64> {
    let mut named = vec![0; elements.len().div_ceil(64)];
    let mut rank = 0;
    #[allow(clippy::float_cmp, reason = "scores are keys: equal or not")]
    for alike in elements.chunk_by(|a, b| a.score == b.score) {
        if alike.len() > NAMED_OVER {
            (rank..rank + alike.len()).for_each(|rank| named[rank / 64] |= 1 << (rank % 64));
        }
        rank += alike.len();
    }
    named
}
