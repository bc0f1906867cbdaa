//! Small collections: all elements one after another in one block of bytes.
//!
//! ```text
//!     0      1       3
//!     +------+-------+---------+---------+ - - -
//!     | kind | count | element | element |
//!     +------+-------+---------+---------+ - - -
//!
//!     element:  00..7f                 that many bytes follow
//!               80..bf  len            14 bits of length, high bits first, then the bytes
//!               c0      len u32        then the bytes
//!               c1..c5  i8 i16 i24 i32 i64   a number whose decimal form is meant, little endian
//!               d0..ff                 the numbers 0..47
//! ```
//!
//! What the elements mean is the kind's business: a hash has field, value, field, value; a sorted set member and score. `count`
//! is the number of elements, not of pairs. The block lies in a key's entry. It is meant to be walked from the front: a
//! block is a few hundred bytes as a rule, and going through it costs about a nanosecond an element.
//!
//! A number takes the place of its decimal text only if the text is exactly what printing the number gives.
//!
//! It knows no limits: who edits a block decides when it is too big.

use crate::base::buffer::Text;
use crate::base::number::parse_i64;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Elements of a list, in order.
    List = 1,
    /// Field, value.
    Hash = 2,
    /// Field, value, deadline in Unix milliseconds (0: none).
    HashWithDeadlines = 3,
    /// Members.
    Set = 4,
    /// An intset (see `store/intset.rs`) follows the kind and an unused count.
    IntSet = 5,
    /// Member, score; by score.
    SortedSet = 6,
}

impl Kind {
    /// The kind that a block's first byte names.
    pub fn of(block: &[u8]) -> Kind {
        match block.first() {
            Some(1) => Kind::List,
            Some(2) => Kind::Hash,
            Some(3) => Kind::HashWithDeadlines,
            Some(4) => Kind::Set,
            Some(5) => Kind::IntSet,
            Some(6) => Kind::SortedSet,
            other => unreachable!("blocks are made here, with a kind: {other:?}"),
        }
    }
}

/// Bytes before the first element.
pub const HEADER: usize = 3;
/// The most elements that a block can count.
pub const COUNT_MAX: usize = u16::MAX as usize;

const LONG: u8 = 0xc0;
const INT: [u8; 5] = [0xc1, 0xc2, 0xc3, 0xc4, 0xc5];
const INT_LEN: [usize; 5] = [1, 2, 3, 4, 8];
const SMALL: u8 = 0xd0;
const SMALL_MAX: i64 = (u8::MAX - SMALL) as i64;

/// Makes `block` an empty one of a kind.
pub fn begin(block: &mut Vec<u8>, kind: Kind) {
    block.clear();
    block.extend_from_slice(&[kind as u8, 0, 0]);
}

/// How many elements a block holds.
#[inline]
pub fn count(block: &[u8]) -> usize {
    u16::from_le_bytes([block[1], block[2]]).into()
}

/// Says how many elements a block holds.
///
/// # Panics
/// If there are more than [`COUNT_MAX`].
#[inline]
pub fn set_count(block: &mut [u8], n: usize) {
    let n = u16::try_from(n).expect("whoever adds elements converts a block long before it is so long");
    block[1..HEADER].copy_from_slice(&n.to_le_bytes());
}

/// The element at an offset, and the offset after it. `None` at the end.
#[inline]
pub fn at(block: &[u8], offset: usize) -> Option<(Text<'_>, usize)> {
    let (&tag, rest) = block.get(offset..)?.split_first()?;
    let bytes = |header: usize, len: usize| {
        let start = offset + header;
        Some((Text::Bytes(&block[start..start + len]), start + len))
    };
    match tag {
        0..=0x7f => bytes(1, tag.into()),
        0x80..=0xbf => bytes(2, usize::from(tag & 0x3f) << 8 | usize::from(rest[0])),
        LONG => bytes(5, u32::from_le_bytes(rest[..4].try_into().expect("four bytes")) as usize),
        SMALL.. => Some((Text::Int((tag - SMALL).into()), offset + 1)),
        _ => {
            let len = INT_LEN[usize::from(tag - INT[0])];
            let mut wide = [0; 8];
            wide[8 - len..].copy_from_slice(&rest[..len]);
            Some((Text::Int(i64::from_le_bytes(wide) >> (64 - 8 * len)), offset + 1 + len))
        }
    }
}

/// The offset after the element at one.
///
/// # Panics
/// If there is none.
#[inline]
pub fn skip(block: &[u8], offset: usize) -> usize {
    match block[offset] {
        tag @ 0..=0x7f => offset + 1 + usize::from(tag),
        SMALL.. => offset + 1,
        _ => at(block, offset).expect("there is an element").1,
    }
}

/// The offset of element `n`; the block's length if there are not so many.
pub fn offset_of(block: &[u8], n: usize) -> usize {
    let mut offset = HEADER;
    for _ in 0..n {
        if offset >= block.len() {
            break;
        }
        offset = skip(block, offset);
    }
    offset
}

/// Appends an element's encoding to `out`; counts nothing.
#[inline]
pub fn encode(out: &mut Vec<u8>, element: &[u8]) {
    // No integer of 64 bits has more than 20 characters.
    if element.len() <= 20
        && let Some(n) = parse_i64(element)
    {
        return encode_int(out, n);
    }
    encode_bytes(out, element);
}

/// Appends the encoding of bytes that are not to become a number.
#[inline]
pub fn encode_bytes(out: &mut Vec<u8>, element: &[u8]) {
    match element.len() {
        len @ 0..=0x7f => out.push(len as u8),
        len @ 0x80..=0x3fff => out.extend_from_slice(&[0x80 | (len >> 8) as u8, len as u8]),
        len => {
            let len = u32::try_from(len).expect("an element is shorter than 4 GB");
            out.push(LONG);
            out.extend_from_slice(&len.to_le_bytes());
        }
    }
    out.extend_from_slice(element);
}

/// Appends the encoding of a number.
#[inline]
pub fn encode_int(out: &mut Vec<u8>, n: i64) {
    if (0..=SMALL_MAX).contains(&n) {
        return out.push(SMALL + n as u8); // at most 47
    }
    let i = (0..4).find(|&i| n << (64 - 8 * INT_LEN[i]) >> (64 - 8 * INT_LEN[i]) == n).unwrap_or(4);
    out.push(INT[i]);
    out.extend_from_slice(&n.to_le_bytes()[..INT_LEN[i]]);
}

/// Appends the encoding of a score: a number if it is a whole one, else the eight bytes of the double.
pub fn encode_score(out: &mut Vec<u8>, score: f64) {
    // Whole numbers up to 2^53 are exact both ways; minus zero is told apart.
    let whole = score as i64;
    if whole.unsigned_abs() <= 1 << 53 && (whole as f64).to_bits() == score.to_bits() {
        encode_int(out, whole);
    } else {
        encode_bytes(out, &score.to_le_bytes());
    }
}

/// The score that an element is.
#[inline]
pub fn score(element: Text) -> f64 {
    match element {
        Text::Int(n) => n as f64,
        Text::Bytes(bytes) => f64::from_le_bytes(bytes.try_into().expect("a score has eight bytes")),
        Text::Shared(_) | Text::Pieces(_) => unreachable!("scores are short"),
    }
}

/// Appends the encoding of a value as it is read.
pub fn encode_text(out: &mut Vec<u8>, element: Text) {
    match element {
        Text::Bytes(bytes) => encode(out, bytes),
        Text::Int(n) => encode_int(out, n),
        Text::Shared(buffer) => encode(out, buffer.bytes()),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
    }
}

/// Replaces the bytes `from..to` of a block by other encoded elements. The count is the caller's.
pub fn splice(block: &mut Vec<u8>, from: usize, to: usize, encoded: &[u8]) {
    let (removed, added) = (to - from, encoded.len());
    let len = block.len();
    if added > removed {
        block.resize(len + added - removed, 0);
    }
    block.copy_within(to..len, from + added);
    block.truncate(len + added - removed);
    block[from..from + added].copy_from_slice(encoded);
}

/// Replaces the bytes `from..to` of a block by what `encode` appends to it. The count is the caller's.
pub fn replace(block: &mut Vec<u8>, from: usize, to: usize, encode: impl FnOnce(&mut Vec<u8>)) {
    let len = block.len();
    encode(block);
    let added = block.len() - len;
    block[from..].rotate_right(added);
    splice(block, from + added, to + added, &[]);
}

/// What is looked for in blocks: an element in the form in which it would be stored.
#[derive(Clone, Copy, Debug)]
pub enum Needle<'a> {
    /// Bytes that are not a number's text.
    Bytes(&'a [u8]),
    /// A number.
    Int(i64),
}

impl<'a> Needle<'a> {
    /// The form in which `element` would be stored.
    #[inline]
    pub fn new(element: &'a [u8]) -> Needle<'a> {
        match if element.len() <= 20 { parse_i64(element) } else { None } {
            Some(n) => Needle::Int(n),
            None => Needle::Bytes(element),
        }
    }

    /// Whether it is this element.
    #[inline]
    pub fn is(&self, element: Text) -> bool {
        match (self, element) {
            (Needle::Bytes(a), Text::Bytes(b)) => *a == b,
            (Needle::Int(a), Text::Int(b)) => *a == b,
            // An element that was kept as bytes on purpose is no number, whatever it looks like; long ones never are.
            (Needle::Bytes(a), Text::Shared(b)) => *a == b.bytes(),
            _ => false,
        }
    }
}

/// The offset of the first element that is `needle`, looking at one of `stride` elements from `from` on.
#[inline]
pub fn find(block: &[u8], from: usize, stride: usize, needle: Needle) -> Option<usize> {
    if let Needle::Bytes(bytes) = needle
        && (1..=0x7f).contains(&bytes.len())
    {
        return find_short(block, from, stride, bytes);
    }
    let mut offset = from;
    while offset < block.len() {
        let (element, mut next) = at(block, offset)?;
        if needle.is(element) {
            return Some(offset);
        }
        for _ in 1..stride {
            next = skip(block, next);
        }
        offset = next;
    }
    None
}

/// The same for bytes whose length is the tag. Elements of one length are told apart by their last byte first: names that are counted up
/// differ there, and a comparison of all bytes is a call.
#[inline]
fn find_short(block: &[u8], from: usize, stride: usize, bytes: &[u8]) -> Option<usize> {
    let (tag, last) = (bytes.len() as u8, bytes[bytes.len() - 1]);
    let mut offset = from;
    while offset < block.len() {
        if block[offset] == tag && block[offset + bytes.len()] == last && block[offset + 1..][..bytes.len()] == *bytes {
            return Some(offset);
        }
        for _ in 0..stride {
            offset = skip(block, offset);
        }
    }
    None
}

/// All elements of a block in order.
#[inline]
pub fn iter(block: &[u8]) -> Iter<'_> {
    Iter { block, offset: HEADER }
}

/// See [`iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    block: &'a [u8],
    offset: usize,
}

impl<'a> Iter<'a> {
    /// The elements from an offset on.
    pub fn from(block: &'a [u8], offset: usize) -> Iter<'a> {
        Iter { block, offset }
    }

    /// Where the next element is.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Text<'a>;

    #[inline]
    fn next(&mut self) -> Option<Text<'a>> {
        let (element, next) = at(self.block, self.offset)?;
        self.offset = next;
        Some(element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    fn plain(element: Text) -> Vec<u8> {
        match element {
            Text::Bytes(bytes) => bytes.to_vec(),
            Text::Int(n) => n.to_string().into_bytes(),
            Text::Shared(buffer) => buffer.bytes().to_vec(),
            Text::Pieces(_) => unreachable!("no element is in pieces"),
        }
    }

    fn sample(dice: &mut Dice) -> Vec<u8> {
        match dice.below(6) {
            0 => dice.below(100).to_string().into_bytes(),
            1 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
            2 => vec![b'x'; [0, 1, 127, 128, 0x3fff, 0x4000, 70_000][dice.below(7) as usize]],
            3 => format!("0{}", dice.below(10)).into_bytes(),
            _ => (0..dice.below(30)).map(|_| dice.below(256) as u8).collect(),
        }
    }

    #[test]
    fn edits_follow_a_model() {
        for seed in 1..=200 {
            let mut dice = Dice(seed);
            let (mut block, mut model) = (Vec::new(), Vec::<Vec<u8>>::new());
            begin(&mut block, Kind::Set);
            for _ in 0..60 {
                let from = dice.below(model.len() as u64 + 1) as usize;
                let to = from + dice.below((model.len() - from).min(3) as u64 + 1) as usize;
                let new: Vec<_> = (0..dice.below(3)).map(|_| sample(&mut dice)).collect();
                let mut encoded = Vec::new();
                for element in &new {
                    encode(&mut encoded, element);
                }
                let (start, end) = (offset_of(&block, from), offset_of(&block, to));
                if dice.below(2) == 0 {
                    splice(&mut block, start, end, &encoded);
                } else {
                    replace(&mut block, start, end, |block| block.extend_from_slice(&encoded));
                }
                model.splice(from..to, new);
                set_count(&mut block, model.len());
                assert_eq!(iter(&block).map(plain).collect::<Vec<_>>(), model, "seed {seed}");
                assert_eq!((count(&block), Kind::of(&block)), (model.len(), Kind::Set));
                let wanted = sample(&mut dice);
                let found =
                    find(&block, HEADER, 1, Needle::new(&wanted)).map(|offset| plain(at(&block, offset).unwrap().0));
                assert_eq!(found, model.contains(&wanted).then_some(wanted), "seed {seed}");
            }
        }
    }

    #[test]
    fn elements_take_few_bytes_and_numbers_only_what_is_one() {
        let size = |element: &[u8]| {
            let mut out = Vec::new();
            encode(&mut out, element);
            out.len()
        };
        assert_eq!([&b"0"[..], b"47", b"48", b"-1", b"-129", b"70000", b"8000000"].map(size), [1, 1, 2, 2, 3, 4, 4]);
        assert_eq!(
            [&b"-9223372036854775808"[..], b"2147483647", b"01", b"+1", b"-0", b"", b"abc"].map(size),
            [9, 5, 3, 3, 3, 1, 4]
        );
    }

    #[test]
    fn scores_come_back_bit_by_bit() {
        for score in [0.0, -0.0, 1.0, -1.5, 1e300, f64::INFINITY, f64::NEG_INFINITY, 9_007_199_254_740_993.0, 3.25] {
            let mut out = Vec::new();
            encode_score(&mut out, score);
            let (element, end) = at(&out, 0).expect("one element");
            assert_eq!((super::score(element).to_bits(), end), (score.to_bits(), out.len()));
        }
    }

    #[test]
    fn a_stride_passes_over_values() {
        let mut block = Vec::new();
        begin(&mut block, Kind::Hash);
        for element in ["a", "b", "b", "1", "c", "c"] {
            encode(&mut block, element.as_bytes());
        }
        let found = find(&block, HEADER, 2, Needle::new(b"b")).expect("the field is there");
        assert_eq!(found, offset_of(&block, 2), "the value before it is not what was looked for");
        assert_eq!(find(&block, HEADER, 2, Needle::new(b"1")), None);
    }
}
