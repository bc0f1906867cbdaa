//! Numbers and strings from a stream, as the RDB format has them, with the position and the checksum of what was read.
//!
//! Memory is taken as bytes arrive, never because a length was announced.

use super::{Broken, CHECKSUM, Cause, Damage, Sum};
use crate::base::buffer::Text;
use crate::base::lzf;
use std::borrow::Cow;
use std::io::{ErrorKind, Read};

/// Bytes that are asked for at a time.
const STEP: usize = 64 * 1024;

/// A length, or the form in which a string is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many.
    Of(u64),
    /// A form that is no length: its number.
    Form(u8),
}

/// A stream that is read from the front.
pub struct Input<R> {
    stream: R,
    buffer: Vec<u8>,
    /// What was read of the buffer.
    at: usize,
    /// What there is of it.
    filled: usize,
    /// Up to where the buffer is in the sum.
    summed: usize,
    /// The bytes that were read before those of the buffer.
    before: u64,
    sum: Option<Sum>,
    /// Compressed bytes.
    packed: Vec<u8>,
}

impl<R: Read> Input<R> {
    /// Nothing is read yet. `len`: what there is at most. `checksum`: whether to keep one.
    pub fn new(stream: R, len: usize, checksum: bool) -> Input<R> {
        Input {
            stream,
            buffer: vec![0; len.min(STEP)],
            at: 0,
            filled: 0,
            summed: 0,
            before: 0,
            sum: checksum.then(|| CHECKSUM.digest()),
            packed: Vec::new(),
        }
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The checksum of what was read so far, if one is kept.
    pub fn checksum(&mut self) -> Option<u64> {
        self.add_to_sum();
        self.sum.clone().map(Sum::finalize)
    }

    /// From here on no checksum is kept.
    pub fn forget_checksum(&mut self) {
        self.sum = None;
    }

    /// The stream, and what was taken from it and not read yet.
    pub fn into_parts(self) -> (R, Vec<u8>) {
        let mut rest = self.buffer;
        rest.truncate(self.filled);
        rest.drain(..self.at);
        (self.stream, rest)
    }

    fn add_to_sum(&mut self) {
        if let Some(sum) = &mut self.sum {
            sum.update(&self.buffer[self.summed..self.at]);
        }
        self.summed = self.at;
    }

    /// Something is wrong here.
    #[cold]
    pub fn damage(&self, cause: Cause, what: impl Into<Cow<'static, str>>) -> Damage {
        Damage { cause, offset: self.position(), what: what.into() }
    }

    /// Something cannot be.
    #[cold]
    pub fn corrupt(&self, what: impl Into<Cow<'static, str>>) -> Damage {
        self.damage(Cause::Corrupt, what)
    }

    /// A part that was read is broken.
    #[cold]
    pub fn broken(&self, part: Broken) -> Damage {
        self.corrupt(part.0)
    }

    /// Sees to it that so many bytes, at most [`STEP`], are in the buffer. (A shorter buffer holds all there is.)
    #[cold]
    #[inline(never)]
    fn fill(&mut self, len: usize) -> Result<(), Damage> {
        self.add_to_sum();
        self.buffer.copy_within(self.at..self.filled, 0);
        self.before += self.at as u64;
        self.filled -= self.at;
        (self.at, self.summed) = (0, 0);
        while self.filled < len {
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Err(self.damage(Cause::Truncated, "the end is missing")),
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.damage(Cause::Io(error), "reading failed")),
            }
        }
        Ok(())
    }

    /// The next bytes, at most [`STEP`] of them.
    #[inline]
    fn bytes(&mut self, len: usize) -> Result<&[u8], Damage> {
        if self.filled - self.at < len {
            self.fill(len)?;
        }
        self.at += len;
        Ok(&self.buffer[self.at - len..self.at])
    }

    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        Ok(self.bytes(N)?.try_into().expect("so many were asked for"))
    }

    #[inline]
    pub fn byte(&mut self) -> Result<u8, Damage> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next byte, which is not read by that.
    pub fn peek(&mut self) -> Result<u8, Damage> {
        if self.at == self.filled {
            self.fill(1)?;
        }
        Ok(self.buffer[self.at])
    }

    /// Appends so many bytes.
    #[inline]
    pub fn append(&mut self, mut len: usize, into: &mut Vec<u8>) -> Result<(), Damage> {
        while len > 0 {
            if self.at == self.filled {
                self.fill(1)?;
            }
            let part = len.min(self.filled - self.at);
            into.extend_from_slice(&self.buffer[self.at..self.at + part]);
            self.at += part;
            len -= part;
        }
        Ok(())
    }

    /// A length, or the form of a string.
    #[inline]
    pub fn length_or_form(&mut self) -> Result<Length, Damage> {
        let head = self.byte()?;
        Ok(match head >> 6 {
            0 => Length::Of((head & 0x3f).into()),
            1 => Length::Of(u64::from(head & 0x3f) << 8 | u64::from(self.byte()?)),
            3 => Length::Form(head & 0x3f),
            _ => match head {
                0x80 => Length::Of(u32::from_be_bytes(self.array()?).into()),
                0x81 => Length::Of(u64::from_be_bytes(self.array()?)),
                _ => return Err(self.corrupt("a length has an unknown form")),
            },
        })
    }

    /// A number that is written like a length.
    #[inline]
    pub fn length(&mut self) -> Result<u64, Damage> {
        match self.length_or_form()? {
            Length::Of(n) => Ok(n),
            Length::Form(_) => Err(self.corrupt("there is the form of a string where a length has to be")),
        }
    }

    /// A length of bytes or elements.
    #[inline]
    pub fn size(&mut self) -> Result<usize, Damage> {
        let n = self.length()?;
        usize::try_from(n)
            .ok()
            .filter(|&n| isize::try_from(n).is_ok())
            .ok_or_else(|| self.corrupt("a length is absurd"))
    }

    /// A string, which replaces what is in `into`. Numbers stay numbers.
    #[inline]
    pub fn string<'a>(&mut self, into: &'a mut Vec<u8>) -> Result<Text<'a>, Damage> {
        into.clear();
        let head = self.length_or_form()?;
        if let Length::Of(len @ 0..=0x3fff) = head {
            // At most 16 KB, so it fits the buffer.
            into.extend_from_slice(self.bytes(len as usize)?);
            return Ok(Text::Bytes(into));
        }
        self.rare_string(head, into)
    }

    fn rare_string<'a>(&mut self, head: Length, into: &'a mut Vec<u8>) -> Result<Text<'a>, Damage> {
        match head {
            Length::Of(len) => {
                let len = usize::try_from(len).map_err(|_| self.corrupt("a length is absurd"))?;
                self.append(len, into)?;
            }
            Length::Form(0) => return Ok(Text::Int(i8::from_le_bytes(self.array()?).into())),
            Length::Form(1) => return Ok(Text::Int(i16::from_le_bytes(self.array()?).into())),
            Length::Form(2) => return Ok(Text::Int(i32::from_le_bytes(self.array()?).into())),
            Length::Form(3) => {
                let (packed_len, len) = (self.size()?, self.size()?);
                if len > lzf::expands_to(packed_len) {
                    return Err(self.corrupt("a compressed string is said to be longer than it can be"));
                }
                let mut packed = std::mem::take(&mut self.packed);
                packed.clear();
                self.append(packed_len, &mut packed)?;
                lzf::unpack(&packed, len, into).map_err(|what| self.broken(Broken(what)))?;
                packed.shrink_to(STEP);
                self.packed = packed;
            }
            Length::Form(_) => return Err(self.corrupt("a string has an unknown form")),
        }
        Ok(Text::Bytes(into))
    }

    /// A string as bytes, which replace what is in `into`. Not longer than a key or an element may be.
    #[inline]
    pub fn plain<'a>(&mut self, into: &'a mut Vec<u8>) -> Result<&'a [u8], Damage> {
        if let Text::Int(n) = self.string(into)? {
            into.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
        }
        if u32::try_from(into.len()).is_err() {
            return Err(self.corrupt("a string is too long"));
        }
        Ok(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, Damage> {
        let mut scratch = Vec::new();
        Input::new(bytes, usize::MAX, false)
            .string(&mut scratch)
            .map(|text| text.with(|b| String::from_utf8_lossy(b).into_owned()))
    }

    #[test]
    fn strings_have_many_forms() {
        assert_eq!(read(b"\x03abc").unwrap(), "abc");
        assert_eq!(read(b"\x40\x03abc").unwrap(), "abc");
        assert_eq!(read(b"\x80\0\0\0\x03abc").unwrap(), "abc");
        assert_eq!(read(b"\x81\0\0\0\0\0\0\0\x03abc").unwrap(), "abc");
        assert_eq!(read(b"\xc0\xff").unwrap(), "-1");
        assert_eq!(read(b"\xc1\0\x80").unwrap(), "-32768");
        assert_eq!(read(b"\xc2\xff\xff\xff\x7f").unwrap(), "2147483647");
        assert_eq!(read(b"\xc3\x05\x0d\x00x\xe0\x03\x00").unwrap(), "x".repeat(13));
    }

    #[test]
    fn damaged_strings_are_told_by_where_and_why() {
        for (bytes, what, offset, truncated) in [
            (&b""[..], "the end is missing", 0, true),
            (b"\x03ab", "the end is missing", 1, true),
            (b"\x81\x7f\0\0\0\0\0\0\x03abc", "the end is missing", 12, true),
            (b"\x82", "a length has an unknown form", 1, false),
            (b"\xc4", "a string has an unknown form", 1, false),
            (b"\xc3\x05\x80\xff\xff\xff\xff", "a compressed string is said to be longer than it can be", 7, false),
            (b"\xc3\x81\x7f\0\0\0\0\0\0\0\x05", "the end is missing", 11, true),
            (b"\xc3\xc0", "there is the form of a string where a length has to be", 2, false),
        ] {
            let damage = read(bytes).expect_err("it is damaged");
            assert_eq!((&*damage.what, damage.offset), (what, offset));
            assert_eq!(damage.is_truncation(), truncated);
        }
    }

    #[test]
    fn the_checksum_is_of_what_was_read() {
        let bytes: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 3) as u8).collect();
        let mut input = Input::new(&bytes[..], usize::MAX, true);
        let mut out = Vec::new();
        for len in [1, 10, 70_000, 100_000, 3] {
            input.append(len, &mut out).unwrap();
            assert_eq!(input.checksum(), Some(CHECKSUM.checksum(&bytes[..out.len()])));
            assert_eq!((input.position(), &out[..]), (out.len() as u64, &bytes[..out.len()]));
        }
        let (_, rest) = input.into_parts();
        assert!(bytes[out.len()..].starts_with(&rest));
    }
}
