//! Counted bytes, and a string value as it is borrowed.
//!
//! A [`Buffer`] holds bytes that several owners share: a big argument that becomes a value, a value that several
//! replies send, a message for many subscribers. Nobody copies it; whoever drops it last frees it.
//!
//! Giving a large one back to the system takes long. A thread that has no time for that keeps a *bin* ([`keep_bin`]): big
//! buffers whose last holder lets go there end up in it, and [`empty_bin`] takes them out, for another thread to free.

use crate::base::pieces::Pieces;
use std::cell::{Cell, RefCell};
use triomphe::Arc;

/// Longer buffers are big: freeing one gives pages back to the system, which costs about as long as zeroing them.
pub const BIG: usize = 64 * 1024;

thread_local! {
    /// Big buffers that went on this thread, if it keeps them.
    static BIN: RefCell<Option<Vec<Buffer>>> = const { RefCell::new(None) };
    static BIN_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// From now on this thread does not free big buffers itself.
pub fn keep_bin() {
    BIN.set(Some(Vec::new()));
}

/// The bytes of the buffers in this thread's bin.
#[inline]
pub fn bin_bytes() -> usize {
    BIN_BYTES.get()
}

/// Takes all buffers out of this thread's bin.
pub fn empty_bin() -> Vec<Buffer> {
    BIN_BYTES.set(0);
    BIN.with_borrow_mut(|bin| bin.as_mut().map(std::mem::take).unwrap_or_default())
}

/// Shared, immutable bytes. Cloning raises a count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Buffer(Arc<Vec<u8>>);

impl Buffer {
    /// Takes the bytes over without copying them.
    pub fn new(bytes: Vec<u8>) -> Buffer {
        Buffer(Arc::new(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes for changing, copied first if somebody else holds them.
    pub fn make_mut(&mut self) -> &mut Vec<u8> {
        Arc::make_mut(&mut self.0)
    }

    /// The bytes of memory that the buffer takes: its capacity, and the counted header.
    pub fn allocated(&self) -> usize {
        self.0.capacity() + size_of::<usize>() + size_of::<Vec<u8>>()
    }

    /// Whether nobody else holds these bytes.
    pub fn is_unique(&self) -> bool {
        self.0.is_unique()
    }

    /// Puts the bytes into the bin, if this thread keeps one.
    #[cold]
    fn throw_away(&self) {
        // At the thread's end there is no bin any more.
        let _ = BIN.try_with(|bin| {
            if let Ok(mut bin) = bin.try_borrow_mut()
                && let Some(bin) = &mut *bin
            {
                BIN_BYTES.set(BIN_BYTES.get() + self.0.capacity());
                bin.push(Buffer(Arc::clone(&self.0)));
            }
        });
    }
}

impl Drop for Buffer {
    #[inline]
    fn drop(&mut self) {
        if self.0.capacity() > BIG && self.0.is_unique() {
            self.throw_away();
        }
    }
}

/// A string value of one's own.
#[derive(Clone, Debug)]
pub enum Owned {
    /// Bytes.
    Bytes(Vec<u8>),
    /// An integer.
    Int(i64),
    /// A counted buffer.
    Shared(Buffer),
}

impl Owned {
    /// A copy; a buffer is held once more instead. Pieces are copied into one.
    pub fn of(text: Text<'_>) -> Owned {
        match text {
            Text::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
            Text::Int(n) => Owned::Int(n),
            Text::Shared(buffer) => Owned::Shared(buffer.clone()),
            Text::Pieces(pieces) => Owned::Shared(Buffer::new(pieces.gather(0..pieces.len()))),
        }
    }

    /// The value for reading.
    pub fn text(&self) -> Text<'_> {
        match self {
            Owned::Bytes(bytes) => Text::Bytes(bytes),
            Owned::Int(n) => Text::Int(*n),
            Owned::Shared(buffer) => Text::Shared(buffer),
        }
    }

    /// The length of its text, in bytes.
    pub fn len(&self) -> usize {
        self.text().len()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Text<'_> {
    /// Calls `look` with the bytes; an integer's are its decimal digits. Pieces are copied for it: that takes long.
    #[inline]
    pub fn with<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Text::Bytes(bytes) => look(bytes),
            Text::Int(n) => look(itoa::Buffer::new().format(n).as_bytes()),
            Text::Shared(buffer) => look(buffer.bytes()),
            Text::Pieces(pieces) => gathered(pieces, look),
        }
    }

    /// Whether the text is `bytes`; nothing is copied for it.
    pub fn is(self, bytes: &[u8]) -> bool {
        let Text::Pieces(pieces) = self else { return self.with(|mine| mine == bytes) };
        let mut rest = bytes;
        let mut slices = pieces.slices(0..pieces.len());
        pieces.len() == bytes.len()
            && slices.all(|slice| {
                let (first, others) = rest.split_at(slice.len());
                rest = others;
                first == slice
            })
    }

    /// The length of the text, in bytes.
    pub fn len(self) -> usize {
        match self {
            Text::Bytes(bytes) => bytes.len(),
            Text::Int(n) => itoa::Buffer::new().format(n).len(),
            Text::Shared(buffer) => buffer.bytes().len(),
            Text::Pieces(pieces) => pieces.len(),
        }
    }

    /// Whether the text is empty.
    pub fn is_empty(self) -> bool {
        matches!(self, Text::Bytes(b""))
    }
}

#[cold]
fn gathered<R>(pieces: &Pieces, look: impl FnOnce(&[u8]) -> R) -> R {
    look(&pieces.gather(0..pieces.len()))
}

/// A string value as it is read: the forms in which one is stored.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// Bytes that lie in the entry.
    Bytes(&'a [u8]),
    /// An integer, printed in decimal when it is sent.
    Int(i64),
    /// A counted buffer: a reply may hold it instead of copying it.
    Shared(&'a Buffer),
    /// A long string that was edited; never an element of a collection.
    Pieces(&'a Arc<Pieces>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_gets_what_is_big_and_has_no_other_holder() {
        let big = || Buffer::new(vec![1; BIG + 1]);
        drop(big());
        assert_eq!((bin_bytes(), empty_bin().len()), (0, 0), "nobody keeps a bin");
        keep_bin();
        let (kept, small) = (big(), Buffer::new(vec![1; BIG]));
        drop((kept.clone(), small, big(), big()));
        assert_eq!(bin_bytes(), 2 * (BIG + 1));
        let bin = empty_bin();
        assert_eq!((bin.len(), bin_bytes()), (2, 0));
        std::thread::spawn(move || drop(bin)).join().expect("it frees them");
        assert_eq!(bin_bytes(), 0);
        assert!(kept.is_unique());
    }
}
