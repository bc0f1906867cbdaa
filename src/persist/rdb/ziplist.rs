//! What Redis packed small collections into before listpacks: ziplists and zipmaps. They are only read.
//!
//! ```text
//!     ziplist  | bytes u32 | where the last element is u32 | elements u16 | element | .. | ff |    ffff: count them
//!
//!     element:  the length of the one before it: a byte, or fe and u32
//!               00nnnnnn          string of up to 63 bytes     c0 i16, d0 i32, e0 i64, f0 i24, fe i8
//!               01nnnnnn n        up to 16,383                 f1..fd  the numbers 0..12
//!               80 u32            longer, network order
//!
//!     zipmap   | pairs | length | field | length | unused | value | unused bytes | .. | ff |      254 pairs: count them
//!               length: a byte below 254, or fe and u32
//! ```

use super::Broken;
use crate::base::buffer::Text;

const END: u8 = 0xff;
const UNCOUNTED: u16 = u16::MAX;
const HEAD: usize = 10;

/// Walks a ziplist whose every byte is doubted.
pub struct Iter<'a> {
    block: &'a [u8],
    at: usize,
    before: usize,
    last: usize,
    counted: Option<u16>,
    seen: usize,
}

/// The elements of a ziplist. What is wrong with it comes as an error, at the latest behind the last element.
pub fn read(block: &[u8]) -> Result<Iter<'_>, Broken> {
    let head = block.first_chunk::<HEAD>().ok_or(Broken("a ziplist is shorter than its head"))?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes")) as usize;
    if number(0) != block.len() {
        return Err(Broken("a ziplist is not as long as it says"));
    }
    let counted = u16::from_le_bytes([head[8], head[9]]);
    Ok(Iter {
        block,
        at: HEAD,
        before: 0,
        last: number(4),
        counted: (counted != UNCOUNTED).then_some(counted),
        seen: 0,
    })
}

impl<'a> Iter<'a> {
    /// How many elements there seem to be: as many as it says, or as there are bytes.
    pub fn announced(&self) -> usize {
        self.counted.map_or(self.block.len(), usize::from)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Broken> {
        let bytes = self.block.get(self.at..).and_then(|rest| rest.get(..len));
        self.at += len;
        bytes.ok_or(Broken("an element of a ziplist goes beyond its end"))
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        self.take(1).map(|byte| byte[0])
    }

    fn int(&mut self, len: usize) -> Result<Text<'a>, Broken> {
        let mut wide = [0; 8];
        wide[8 - len..].copy_from_slice(self.take(len)?);
        Ok(Text::Int(i64::from_le_bytes(wide) >> (64 - 8 * len)))
    }

    fn network_u32(&mut self) -> Result<usize, Broken> {
        Ok(self.take(4)?.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
    }

    /// The next element; none behind the last.
    pub fn next(&mut self) -> Result<Option<Text<'a>>, Broken> {
        let start = self.at;
        let back = match self.byte()? {
            END => return self.end(start),
            0xfe => self.take(4)?.iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte)),
            byte => usize::from(byte),
        };
        if back != self.before {
            return Err(Broken("a length in a ziplist is wrong"));
        }
        let head = self.byte()?;
        let len = match head >> 6 {
            0 => usize::from(head),
            1 => usize::from(head & 0x3f) << 8 | usize::from(self.byte()?),
            2 if head == 0x80 => self.network_u32()?,
            _ => {
                let int = match head {
                    0xc0 => self.int(2)?,
                    0xd0 => self.int(4)?,
                    0xe0 => self.int(8)?,
                    0xf0 => self.int(3)?,
                    0xfe => self.int(1)?,
                    0xf1..=0xfd => Text::Int(i64::from(head) - 0xf1),
                    _ => return Err(Broken("an element of a ziplist has an unknown form")),
                };
                return self.found(start, int);
            }
        };
        let bytes = self.take(len)?;
        self.found(start, Text::Bytes(bytes))
    }

    fn found(&mut self, start: usize, element: Text<'a>) -> Result<Option<Text<'a>>, Broken> {
        self.before = self.at - start;
        self.seen += 1;
        Ok(Some(element))
    }

    fn end(&self, at: usize) -> Result<Option<Text<'a>>, Broken> {
        if self.at != self.block.len() {
            return Err(Broken("a ziplist goes on behind its end"));
        }
        if self.counted.is_some_and(|counted| usize::from(counted) != self.seen) {
            return Err(Broken("a ziplist does not hold as many elements as it says"));
        }
        // Of an empty one it is where the first would be.
        if self.last != at - self.before {
            return Err(Broken("a ziplist does not end where it says"));
        }
        Ok(None)
    }

    /// The next element, which must be there.
    pub fn need(&mut self) -> Result<Text<'a>, Broken> {
        self.next()?.ok_or(Broken("a ziplist holds an odd number of elements"))
    }
}

/// The fields and values of a zipmap.
pub struct Pairs<'a> {
    rest: &'a [u8],
    counted: u8,
    seen: usize,
}

/// Walks a zipmap whose every byte is doubted.
pub fn read_map(block: &[u8]) -> Result<Pairs<'_>, Broken> {
    let (&counted, rest) = block.split_first().ok_or(Broken("a zipmap has no bytes"))?;
    Ok(Pairs { rest, counted, seen: 0 })
}

const MAP_SHORT: Broken = Broken("an element of a zipmap goes beyond its end");

impl<'a> Pairs<'a> {
    fn length(&mut self) -> Result<usize, Broken> {
        match self.byte()? {
            0xfe => Ok(self.take(4)?.iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte))),
            END => Err(Broken("a field of a zipmap has no value")),
            len => Ok(len.into()),
        }
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        self.take(1).map(|byte| byte[0])
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Broken> {
        self.rest.split_off(..len).ok_or(MAP_SHORT)
    }

    /// The next field and value; none behind the last.
    pub fn next(&mut self) -> Result<Option<[&'a [u8]; 2]>, Broken> {
        if let [END, behind @ ..] = self.rest {
            let is_counted = self.counted >= 254 || usize::from(self.counted) == self.seen;
            return match (behind, is_counted) {
                ([], true) => Ok(None),
                ([], false) => Err(Broken("a zipmap does not hold as many fields as it says")),
                _ => Err(Broken("a zipmap goes on behind its end")),
            };
        }
        let len = self.length()?;
        let field = self.take(len)?;
        let len = self.length()?;
        let unused = usize::from(self.byte()?);
        let value = self.take(len)?;
        self.take(unused)?;
        self.seen += 1;
        Ok(Some([field, value]))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A ziplist by the description above.
    pub fn ziplist(elements: &[Text]) -> Vec<u8> {
        let (mut body, mut before, mut last) = (Vec::new(), 0usize, HEAD);
        for element in elements {
            last = HEAD + body.len();
            let start = body.len();
            if before < 254 {
                body.push(before as u8);
            } else {
                body.push(0xfe);
                body.extend_from_slice(&(before as u32).to_le_bytes());
            }
            match *element {
                Text::Bytes(bytes) => {
                    match bytes.len() {
                        len @ 0..64 => body.push(len as u8),
                        len @ 64..16384 => body.extend_from_slice(&[0x40 | (len >> 8) as u8, len as u8]),
                        len => {
                            body.push(0x80);
                            body.extend_from_slice(&(len as u32).to_be_bytes());
                        }
                    }
                    body.extend_from_slice(bytes);
                }
                Text::Int(n @ 0..=12) => body.push(0xf1 + n as u8),
                Text::Int(n) => {
                    let (head, len) = match n {
                        -0x80..0x80 => (0xfe, 1),
                        -0x8000..0x8000 => (0xc0, 2),
                        -0x80_0000..0x80_0000 => (0xf0, 3),
                        -0x8000_0000..0x8000_0000 => (0xd0, 4),
                        _ => (0xe0, 8),
                    };
                    body.push(head);
                    body.extend_from_slice(&n.to_le_bytes()[..len]);
                }
                Text::Shared(_) | Text::Pieces(_) => unreachable!("not used here"),
            }
            before = body.len() - start;
        }
        let mut block = (HEAD as u32 + body.len() as u32 + 1).to_le_bytes().to_vec();
        block.extend_from_slice(&(last as u32).to_le_bytes());
        block.extend_from_slice(&(elements.len() as u16).to_le_bytes());
        block.extend_from_slice(&body);
        block.push(END);
        block
    }

    /// A zipmap by the description above; each value has two unused bytes behind it.
    pub fn zipmap(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut block = vec![pairs.len() as u8];
        let length = |block: &mut Vec<u8>, len: usize| {
            if len < 254 {
                block.push(len as u8);
            } else {
                block.push(0xfe);
                block.extend_from_slice(&(len as u32).to_le_bytes());
            }
        };
        for (field, value) in pairs {
            length(&mut block, field.len());
            block.extend_from_slice(field);
            length(&mut block, value.len());
            block.push(2);
            block.extend_from_slice(value);
            block.extend_from_slice(b"??");
        }
        block.push(END);
        block
    }

    fn plain(block: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
        let (mut elements, mut all) = (read(block)?, Vec::new());
        while let Some(element) = elements.next()? {
            all.push(element.with(<[u8]>::to_vec));
        }
        Ok(all)
    }

    #[test]
    fn elements_of_all_forms_are_read_and_every_cut_and_change_is_survived() {
        let long = vec![b'x'; 20_000];
        let elements = [
            Text::Bytes(b"hello"),
            Text::Int(0),
            Text::Int(12),
            Text::Int(13),
            Text::Int(-1),
            Text::Bytes(&long[..300]),
            Text::Int(-300),
            Text::Int(100_000),
            Text::Int(-8_000_001 * 2),
            Text::Int(i64::MIN),
            Text::Bytes(&long),
            Text::Bytes(b""),
        ];
        let block = ziplist(&elements);
        let wanted: Vec<_> = elements.iter().map(|element| element.with(<[u8]>::to_vec)).collect();
        assert_eq!(plain(&block), Ok(wanted));
        assert_eq!(plain(&ziplist(&[])), Ok(vec![]));
        let block = ziplist(&elements[..8]);
        for at in 0..block.len() {
            assert!(plain(&block[..at]).is_err());
            for bit in 0..8 {
                let mut other = block.clone();
                other[at] ^= 1 << bit;
                _ = plain(&other);
            }
        }
    }

    #[test]
    fn zipmaps_are_read() {
        let long = vec![b'y'; 300];
        let block = zipmap(&[(b"a", b"1"), (&long, b""), (b"", &long)]);
        let mut pairs = read_map(&block).expect("it has a head");
        assert_eq!(pairs.next(), Ok(Some([&b"a"[..], b"1"])));
        assert_eq!(pairs.next(), Ok(Some([&long[..], b""])));
        assert_eq!(pairs.next(), Ok(Some([&b""[..], &long])));
        assert_eq!(pairs.next(), Ok(None));
        for cut in 0..block.len() {
            let Ok(mut pairs) = read_map(&block[..cut]) else { continue };
            while let Ok(Some(_)) = pairs.next() {}
            assert!(pairs.next().is_err(), "{cut}");
        }
    }
}
