//! Counted bytes, and a string value as it is borrowed.
//!
//! A [`Buffer`] holds bytes that several owners share: a big argument that becomes a value, a value that several
//! replies send, a message for many subscribers. Nobody copies it; whoever drops it last frees it.

use triomphe::Arc;

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

    /// The counted pointer, for a place that stores bare addresses.
    pub fn into_arc(self) -> Arc<Vec<u8>> {
        self.0
    }

    /// The way back from [`Buffer::into_arc`].
    pub fn from_arc(arc: Arc<Vec<u8>>) -> Buffer {
        Buffer(arc)
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
    /// A copy; a buffer is held once more instead.
    pub fn of(text: Text<'_>) -> Owned {
        match text {
            Text::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
            Text::Int(n) => Owned::Int(n),
            Text::Shared(buffer) => Owned::Shared(buffer.clone()),
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
    /// Calls `look` with the bytes; an integer's are its decimal digits.
    #[inline]
    pub fn with<R>(self, look: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Text::Bytes(bytes) => look(bytes),
            Text::Int(n) => look(itoa::Buffer::new().format(n).as_bytes()),
            Text::Shared(buffer) => look(buffer.bytes()),
        }
    }

    /// The length of the text, in bytes.
    pub fn len(self) -> usize {
        match self {
            Text::Bytes(bytes) => bytes.len(),
            Text::Int(n) => itoa::Buffer::new().format(n).len(),
            Text::Shared(buffer) => buffer.bytes().len(),
        }
    }

    /// Whether the text is empty.
    pub fn is_empty(self) -> bool {
        matches!(self, Text::Bytes(b""))
    }
}

/// A string value as it is read: the three forms in which one is stored.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// Bytes that lie in the entry.
    Bytes(&'a [u8]),
    /// An integer, printed in decimal when it is sent.
    Int(i64),
    /// A counted buffer: a reply may hold it instead of copying it.
    Shared(&'a Buffer),
}
