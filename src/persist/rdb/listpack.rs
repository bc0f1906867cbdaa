//! Listpacks: elements one after another in a block, each with its length behind it.
//!
//! ```text
//!     | bytes u32 | elements u16 | element | element | .. | ff |       ffff elements: count them
//!
//!     element:  0nnnnnnn                 0..127             10nnnnnn  string of up to 63 bytes
//!               110nnnnn n               13 bits, signed    1110nnnn n  up to 4095
//!               f1 i16, f2 i24, f3 i32, f4 i64              f0 u32      longer
//!               then the length of all that, seven bits a byte, the lowest last; all but the first byte marked
//! ```

use super::Broken;
use crate::base::buffer::Text;
use crate::base::number::parse_i64;

const HEAD: usize = 6;
const END: u8 = 0xff;
/// The count that says that there is none.
const UNCOUNTED: u16 = u16::MAX;

/// Appends how a length is written behind an element. As Redis has it, a length that would just fit takes a byte more.
fn write_back_length(out: &mut Vec<u8>, len: usize) {
    let mut shift = match len {
        0..0x80 => 0,
        0x80..0x3fff => 7,
        0x3fff..0x1f_ffff => 14,
        0x1f_ffff..0x0fff_ffff => 21,
        _ => 28,
    };
    out.push((len >> shift) as u8 & 0x7f);
    while shift > 0 {
        shift -= 7;
        out.push((len >> shift) as u8 & 0x7f | 0x80);
    }
}

/// Begins an empty block in `out`, which must be empty.
pub fn begin(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; HEAD]);
}

/// Appends an element.
pub fn push(out: &mut Vec<u8>, element: Text) {
    match element {
        Text::Int(n) => push_int(out, n),
        Text::Bytes(bytes) => push_bytes(out, bytes),
        Text::Shared(buffer) => push_bytes(out, buffer.bytes()),
        Text::Pieces(_) => unreachable!("no element is in pieces"),
    }
}

/// Appends an element that may be the text of a number, which then is stored as one.
pub fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() <= 20
        && let Some(n) = parse_i64(bytes)
    {
        return push_int(out, n);
    }
    let start = out.len();
    match bytes.len() {
        len @ 0..64 => out.push(0x80 | len as u8),
        len @ 64..4096 => out.extend_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]),
        len => {
            out.push(0xf0);
            out.extend_from_slice(&(len as u32).to_le_bytes()); // elements of a packed block are far shorter
        }
    }
    out.extend_from_slice(bytes);
    write_back_length(out, out.len() - start);
}

/// Appends a number.
pub fn push_int(out: &mut Vec<u8>, n: i64) {
    let start = out.len();
    let bytes = n.to_le_bytes();
    match n {
        0..=127 => out.push(bytes[0]),
        -4096..=4095 => out.extend_from_slice(&[0xc0 | bytes[1] & 0x1f, bytes[0]]),
        -0x8000..=0x7fff => out.extend_from_slice(&[0xf1, bytes[0], bytes[1]]),
        -0x80_0000..=0x7f_ffff => out.extend_from_slice(&[0xf2, bytes[0], bytes[1], bytes[2]]),
        -0x8000_0000..=0x7fff_ffff => {
            out.push(0xf3);
            out.extend_from_slice(&bytes[..4]);
        }
        _ => {
            out.push(0xf4);
            out.extend_from_slice(&bytes);
        }
    }
    write_back_length(out, out.len() - start);
}

/// Ends a block that holds so many elements.
pub fn end(out: &mut Vec<u8>, elements: usize) {
    out.push(END);
    let bytes = out.len() as u32; // a packed block is far shorter
    out[..4].copy_from_slice(&bytes.to_le_bytes());
    out[4..HEAD].copy_from_slice(&u16::try_from(elements).unwrap_or(UNCOUNTED).to_le_bytes());
}

/// Walks a block whose every byte is doubted.
pub struct Iter<'a> {
    rest: &'a [u8],
    counted: Option<u16>,
    seen: usize,
}

/// The elements of a block. What is wrong with it comes as an error, at the latest behind the last element.
pub fn read(block: &[u8]) -> Result<Iter<'_>, Broken> {
    let (head, rest) = block.split_first_chunk::<HEAD>().ok_or(Broken("a listpack is shorter than its head"))?;
    if u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize != block.len() {
        return Err(Broken("a listpack is not as long as it says"));
    }
    let counted = u16::from_le_bytes([head[4], head[5]]);
    Ok(Iter { rest, counted: (counted != UNCOUNTED).then_some(counted), seen: 0 })
}

impl<'a> Iter<'a> {
    /// How many elements there seem to be: as many as it says, or as there are bytes.
    pub fn announced(&self) -> usize {
        self.counted.map_or(self.rest.len(), usize::from)
    }

    /// The next element; none behind the last.
    pub fn next(&mut self) -> Result<Option<Text<'a>>, Broken> {
        const SHORT: Broken = Broken("an element of a listpack goes beyond its end");
        let (&head, rest) = self.rest.split_first().ok_or(Broken("a listpack has no end"))?;
        if head == END {
            let is_right = self.counted.is_none_or(|counted| usize::from(counted) == self.seen);
            return match (rest, is_right) {
                ([], true) => Ok(None),
                ([], false) => Err(Broken("a listpack does not hold as many elements as it says")),
                _ => Err(Broken("a listpack goes on behind its end")),
            };
        }
        let int = |len: usize| {
            let bytes = rest.get(..len).ok_or(SHORT)?;
            let mut wide = [0; 8];
            wide[8 - len..].copy_from_slice(bytes);
            Ok((Text::Int(i64::from_le_bytes(wide) >> (64 - 8 * len)), 1 + len))
        };
        let string = |header: usize, len: usize| {
            let bytes = rest.get(header..).and_then(|rest| rest.get(..len)).ok_or(SHORT)?;
            Ok((Text::Bytes(bytes), 1 + header + len))
        };
        let second = || rest.first().copied().ok_or(SHORT);
        let (element, len) = match head {
            0..0x80 => (Text::Int(head.into()), 1),
            0x80..0xc0 => string(0, usize::from(head & 0x3f))?,
            0xc0..0xe0 => {
                let n = i64::from(head & 0x1f) << 8 | i64::from(second()?);
                (Text::Int(n << 51 >> 51), 2)
            }
            0xe0..0xf0 => string(1, usize::from(head & 0xf) << 8 | usize::from(second()?))?,
            0xf0 => {
                let len = rest.first_chunk::<4>().ok_or(SHORT)?;
                string(4, u32::from_le_bytes(*len) as usize)?
            }
            0xf1 => int(2)?,
            0xf2 => int(3)?,
            0xf3 => int(4)?,
            0xf4 => int(8)?,
            _ => return Err(Broken("an element of a listpack has an unknown form")),
        };
        self.rest = back_length(&self.rest[len..], len).ok_or(Broken("a length in a listpack is wrong"))?;
        self.seen += 1;
        Ok(Some(element))
    }

    /// The next element, which must be there.
    pub fn need(&mut self) -> Result<Text<'a>, Broken> {
        self.next()?.ok_or(Broken("a listpack holds an odd number of elements"))
    }
}

/// What is behind an element's length, if that is right. Valkey writes a length that just fits without the byte more.
#[inline]
fn back_length(rest: &[u8], len: usize) -> Option<&[u8]> {
    if len < 0x80 {
        return rest.split_first().filter(|(back, _)| usize::from(**back) == len).map(|(_, rest)| rest);
    }
    let mut wanted = Vec::with_capacity(5);
    write_back_length(&mut wanted, len);
    rest.strip_prefix(&wanted[..]).or_else(|| {
        let [0, second, shorter @ ..] = &wanted[..] else { return None };
        rest.strip_prefix(&[second & 0x7f]).and_then(|rest| rest.strip_prefix(shorter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    fn plain(block: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
        let (mut elements, mut all) = (read(block)?, Vec::new());
        while let Some(element) = elements.next()? {
            all.push(element.with(<[u8]>::to_vec));
        }
        Ok(all)
    }

    fn sample(dice: &mut Dice) -> Vec<u8> {
        match dice.below(4) {
            0 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
            1 => vec![
                b'x';
                [0, 1, 63, 64, 125, 126, 127, 4095, 4096, 16_377, 16_378, 16_379, 20_000][dice.below(13) as usize]
            ],
            _ => (0..dice.below(30)).map(|_| dice.below(256) as u8).collect(),
        }
    }

    #[test]
    fn elements_come_back() {
        for seed in 1..=300 {
            let mut dice = Dice(seed);
            let wanted: Vec<_> = (0..dice.below(20)).map(|_| sample(&mut dice)).collect();
            let mut block = Vec::new();
            begin(&mut block);
            for element in &wanted {
                push_bytes(&mut block, element);
            }
            end(&mut block, wanted.len());
            assert_eq!(plain(&block), Ok(wanted), "seed {seed}");
        }
    }

    #[test]
    fn it_is_what_redis_writes() {
        let mut block = Vec::new();
        begin(&mut block);
        for n in [1, -1, 200, 5000, 1_000_000, 100_000_000, 1 << 40] {
            push_int(&mut block, n);
        }
        push_bytes(&mut block, b"c");
        end(&mut block, 8);
        assert_eq!(
            block,
            b"\x2b\0\0\0\x08\0\x01\x01\xdf\xff\x02\xc0\xc8\x02\xf1\x88\x13\x03\xf2\x40\x42\x0f\x04\
              \xf3\x00\xe1\xf5\x05\x05\xf4\0\0\0\0\0\x01\0\0\x09\x81c\x02\xff"
        );
    }

    #[test]
    fn lengths_that_just_fit_are_read_in_both_forms() {
        let mut block = Vec::new();
        begin(&mut block);
        let long = vec![b'x'; 0x3fff - 5];
        push_bytes(&mut block, &long);
        end(&mut block, 1);
        assert!(block.ends_with(b"x\0\xff\xff\xff"), "as Redis has it");
        assert_eq!(plain(&block), Ok(vec![long.clone()]));
        let at = block.len() - 4;
        block.splice(at..at + 2, [0x7f]);
        let len = block.len() as u32;
        block[..4].copy_from_slice(&len.to_le_bytes());
        assert_eq!(plain(&block), Ok(vec![long]), "as Valkey has it");
    }

    #[test]
    fn every_cut_and_most_changes_are_noticed_and_none_panics() {
        for seed in 1..=400 {
            let mut dice = Dice(seed);
            let mut block = Vec::new();
            begin(&mut block);
            let n = 1 + dice.below(6) as usize;
            (0..n).for_each(|_| push_bytes(&mut block, &sample(&mut dice)));
            end(&mut block, n);
            let cut = dice.below(block.len() as u64) as usize;
            assert!(plain(&block[..cut]).is_err(), "seed {seed}");
            let at = dice.below(block.len() as u64) as usize;
            block[at] ^= 1 << dice.below(8);
            _ = plain(&block);
        }
    }
}
