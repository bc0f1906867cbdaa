//! Rows that are compressed as a whole (LZF), for leaves that are seldom looked into.
//!
//! ```text
//!     plain         +- count, head -+- fixed parts, codes -+- room -+- strings -+- room -+
//!                                        |                            |
//!                                        +------- one after the other +
//!                                                     LZF
//!     compressed    +- count, head -+- length, 2 -+- bytes -+- what is left of the size class -+
//! ```
//!
//! The head stays plain, so that the number of rows, what they weigh and the buffers of long strings are known without a look inside; buffers
//! are not compressed. `low` and `top` lie as far apart as the strings are long, nothing else is meant by them.
//!
//! Whoever changes rows decompresses them first, for good. Whoever reads does so into a block of his own, which can be used again for the next
//! leaf ([`Rows::plain`]), so that a leaf never changes by being read: other threads may be reading it, too.

use super::{Form, Head, Kind, Rows, room_for};
use crate::base::lzf::{self, Packer};
use triomphe::Arc;

/// Less is not worth the trouble.
const COMPRESSED_MIN: usize = 48;

/// The bytes of the length before what is compressed.
const LENGTH: usize = 2;

impl<K: Kind> Rows<K> {
    /// Whether the rows have to be decompressed before they can be read.
    #[inline]
    pub fn is_compressed(&self) -> bool {
        K::COMPRESSES && self.head().form == Form::Compressed
    }

    /// Whether compressing them has not been tried since they were changed.
    pub fn is_compressible(&self) -> bool {
        K::COMPRESSES && self.head().form == Form::Plain && self.image_len() >= COMPRESSED_MIN
    }

    /// The bytes that are compressed together.
    fn image_len(&self) -> usize {
        self.front() + self.strings()
    }

    /// Compresses the rows if the allocator gives a smaller block then.
    pub fn compress(&mut self) {
        if !self.is_compressible() {
            return;
        }
        let len = self.image_len();
        let mut image = Vec::with_capacity(len);
        image.extend_from_slice(&self.block.slice[..self.front()]);
        image.extend_from_slice(&self.block.slice[usize::from(self.head().low)..usize::from(self.head().top)]);
        let mut packed = Vec::with_capacity(len);
        let is_less = Packer::default().pack(&image, &mut packed);
        let room = room_for(LENGTH + packed.len());
        if !is_less || room >= room_for(len) {
            // A block that others hold is not copied for the sake of a note.
            if let Some(block) = Arc::get_mut(&mut self.block) {
                block.header.form = Form::Rigid;
            }
            return;
        }
        // The image has served: its memory is as large as any block of these rows.
        image.clear();
        image.extend_from_slice(&(packed.len() as u16).to_le_bytes()); // a block has less than 64 KB
        image.extend_from_slice(&packed);
        image.resize(room, 0);
        let head = Head { low: 0, top: self.strings() as u16, form: Form::Compressed, ..self.take_head() };
        self.block = Arc::from_header_and_slice(head, &image);
    }

    /// Makes the rows plain, for a change.
    #[inline]
    pub fn decompress(&mut self) {
        if K::COMPRESSES && self.head().form != Form::Plain {
            self.make_plain();
        }
    }

    #[cold]
    #[inline(never)]
    fn make_plain(&mut self) {
        if !self.is_compressed() {
            // A note is all there is to forget, and a shared block is copied by the change that is to come.
            self.block_mut().0.form = Form::Plain;
            return;
        }
        let mut plain = Self::new(self.image_len());
        self.fill(&mut plain);
        let head = self.take_head();
        plain.block_mut().0.bigs = head.bigs;
        *self = plain;
    }

    /// The rows for reading: these, or what is in them, put into `scratch`.
    #[inline]
    pub fn plain<'a>(&'a self, scratch: &'a mut Option<Rows<K>>) -> &'a Rows<K> {
        if self.is_compressed() { self.decompressed(scratch) } else { self }
    }

    #[cold]
    #[inline(never)]
    fn decompressed<'a>(&self, scratch: &'a mut Option<Rows<K>>) -> &'a Rows<K> {
        let len = self.image_len();
        let plain = scratch.get_or_insert_with(|| Self::new(len));
        if plain.block.slice.len() < len {
            *plain = Self::new(len);
        }
        self.fill(plain);
        plain.block_mut().0.bigs.clone_from(&self.head().bigs);
        plain
    }

    /// Decompresses into a block that has the room. Buffers are left to the caller.
    fn fill(&self, plain: &mut Rows<K>) {
        let (front, len) = (self.front(), self.image_len());
        let (length, bytes) = self.block.slice.split_first_chunk::<LENGTH>().expect("a length comes first");
        let (head, slice) = plain.block_mut();
        lzf::unpack_to(&bytes[..usize::from(u16::from_le_bytes(*length))], &mut slice[..len])
            .expect("it was compressed here");
        head.len = self.head().len;
        head.is_wide = self.head().is_wide;
        // The strings lie behind the codes, as in any block that happens to be full.
        (head.low, head.top) = (front as u16, len as u16);
    }

    /// The head for a block that takes the place of this one: it gets the buffers if nobody else holds them here.
    fn take_head(&mut self) -> Head {
        match Arc::get_mut(&mut self.block) {
            Some(block) => Head { bigs: block.header.bigs.take(), ..block.header },
            None => self.head().clone(),
        }
    }

    /// Whether the head says the truth about a compressed block; for checks.
    #[cfg(test)]
    pub fn check_compressed(&self) {
        use crate::store::tree::Leaf;
        let mut scratch = None;
        let plain = self.plain(&mut scratch);
        assert_eq!((plain.len(), plain.weight()), (self.len(), self.weight()));
        assert!(!self.is_compressed() || self.block.slice.len() < room_for(self.image_len()));
    }
}
