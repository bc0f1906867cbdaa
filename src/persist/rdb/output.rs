//! Numbers and strings to a stream, as the RDB format has them, with their checksum.
//!
//! Bytes are gathered and written some at a time. The first error stays, and nothing is written after it: whoever writes
//! asks now and then.

use super::{CHECKSUM, Sum};
use crate::base::buffer::Text;
use crate::base::lzf::Packer;
use crate::base::number::parse_i64;
use std::io::{self, Write};

/// Bytes that are gathered before they are written.
const STEP: usize = 64 * 1024;

/// Shorter strings are not compressed.
const COMPRESSED_MIN: usize = 21;

/// A stream that is written to in the forms of the RDB format. The first error stays.
pub struct Output<W> {
    pub stream: W,
    buffer: Vec<u8>,
    /// Bytes that left the buffer.
    written: u64,
    sum: Option<Sum>,
    error: Option<io::Error>,
    compress: bool,
    /// Made when something is to be compressed.
    packer: Option<Packer>,
    packed: Vec<u8>,
    /// For packed blocks on their way.
    pub block: Vec<u8>,
}

impl<W: Write> Output<W> {
    pub fn new(stream: W, checksum: bool, compress: bool) -> Output<W> {
        Output {
            stream,
            buffer: Vec::new(),
            written: 0,
            sum: checksum.then(|| CHECKSUM.digest()),
            error: None,
            compress,
            packer: None,
            packed: Vec::new(),
            block: Vec::new(),
        }
    }

    /// How many bytes were written.
    pub fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// The checksum of all that was written, and of nothing that comes behind it; zero if none is kept.
    pub fn take_checksum(&mut self) -> u64 {
        self.drain();
        self.sum.take().map_or(0, Sum::finalize)
    }

    /// Writes what is left and gives the stream back.
    pub fn finish(mut self) -> io::Result<W> {
        self.drain();
        self.check()?;
        Ok(self.stream)
    }

    pub fn check(&mut self) -> io::Result<()> {
        match self.error.take() {
            None => Ok(()),
            Some(error) => {
                self.error = Some(io::Error::from(error.kind()));
                Err(error)
            }
        }
    }

    #[cold]
    #[inline(never)]
    pub fn drain(&mut self) {
        write(&mut self.stream, &mut self.sum, &mut self.error, &self.buffer);
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
    }

    #[inline]
    pub fn byte(&mut self, byte: u8) {
        self.buffer.push(byte);
    }

    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > STEP {
            self.drain();
            if bytes.len() > STEP / 2 {
                write(&mut self.stream, &mut self.sum, &mut self.error, bytes);
                self.written += bytes.len() as u64;
                return;
            }
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// A length: what it is the length of follows, so that the buffer is seen to.
    #[inline]
    pub fn length(&mut self, n: u64) {
        match n {
            0..64 => self.byte(n as u8),
            64..0x4000 => self.buffer.extend_from_slice(&[0x40 | (n >> 8) as u8, n as u8]),
            0x4000..=0xffff_ffff => {
                self.byte(0x80);
                self.buffer.extend_from_slice(&(n as u32).to_be_bytes());
            }
            _ => {
                self.byte(0x81);
                self.buffer.extend_from_slice(&n.to_be_bytes());
            }
        }
    }

    /// A string; the text of a number as one.
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) {
        // No number of 32 bits has more than 11 characters.
        if bytes.len() <= 11
            && let Some(n) = parse_i64(bytes).and_then(|n| i32::try_from(n).ok())
        {
            return self.short_int(n);
        }
        self.plain(bytes);
    }

    #[inline]
    pub fn plain(&mut self, bytes: &[u8]) {
        if self.compress && bytes.len() >= COMPRESSED_MIN {
            let mut packed = std::mem::take(&mut self.packed);
            let is_packed = self.packer.get_or_insert_default().pack(bytes, &mut packed);
            if is_packed {
                self.byte(0xc3);
                self.length(packed.len() as u64);
                self.length(bytes.len() as u64);
                self.bytes(&packed);
            }
            packed.shrink_to(1 << 20);
            self.packed = packed;
            if is_packed {
                return;
            }
        }
        self.length(bytes.len() as u64);
        self.bytes(bytes);
    }

    fn short_int(&mut self, n: i32) {
        let (form, len) = match n {
            -0x80..0x80 => (0xc0, 1),
            -0x8000..0x8000 => (0xc1, 2),
            _ => (0xc2, 4),
        };
        self.byte(form);
        self.bytes(&n.to_le_bytes()[..len]);
    }

    pub fn text(&mut self, text: Text) {
        match text {
            Text::Bytes(bytes) => self.string(bytes),
            Text::Shared(buffer) => self.string(buffer.bytes()),
            // Only what lies together can be compressed.
            Text::Pieces(pieces) if self.compress => self.plain(&pieces.gather(0..pieces.len())),
            Text::Pieces(pieces) => {
                self.length(pieces.len() as u64);
                pieces.slices(0..pieces.len()).for_each(|slice| self.bytes(slice));
            }
            Text::Int(n) => match i32::try_from(n) {
                Ok(n) => self.short_int(n),
                Err(_) => self.plain(itoa::Buffer::new().format(n).as_bytes()),
            },
        }
    }

    pub fn fail(&mut self, what: &'static str) {
        self.error.get_or_insert_with(|| io::Error::new(io::ErrorKind::InvalidInput, what));
    }
}

fn write<W: Write>(stream: &mut W, sum: &mut Option<Sum>, error: &mut Option<io::Error>, bytes: &[u8]) {
    if error.is_none() {
        if let Some(sum) = sum {
            sum.update(bytes);
        }
        *error = stream.write_all(bytes).err();
    }
}
