//! Replies: from values to bytes.
//!
//! A reply is a list of chunks and a tail that values are appended to. Usually there is only the tail: appending to it is
//! all that a reply costs. Chunks exist for what must not be copied or moved:
//!
//! ```text
//! chunks   [ own: +OK\r\n$1000000\r\n ] [ shared: a million bytes of a value ]      tail   \r\n:1\r\n
//!           ####                 <- `sent` bytes have left already
//! ```
//!
//! - a big value is held by its count until the socket has taken it;
//! - a tail that has grown long is closed as a chunk, so that no append ever moves more than that;
//! - a tail that is short is copied out when it must be closed: its buffer stays under the next values.
//!
//! RESP2 or RESP3 is decided here and nowhere else: a handler appends a map, and an old client gets an array.
//! What it does not know: who reads it, and when.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;
use triomphe::Arc;

use crate::base::buffer::{Buffer, Text};
use crate::base::number;
use crate::base::pieces::Pieces;

/// A value of this many bytes or more is held instead of being copied.
pub const SHARED_MIN: usize = 16 * 1024;

/// An encoded push of this many bytes or more is held instead of being copied: below it, a chunk costs more.
pub const PUSH_SHARED_MIN: usize = 1024;

/// A tail is closed as a chunk before it grows beyond this.
const TAIL_MAX: usize = 64 * 1024;

/// A tail up to this length is copied when it is closed, so that its buffer stays.
const COPIED_MAX: usize = 512;

/// Room for the header and the end of any value.
const FRAME: usize = 32;

/// The version of the protocol that a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proto {
    /// What every client speaks at first.
    #[default]
    Resp2,
    /// What a client asks for by HELLO 3: maps, sets, doubles, pushes.
    Resp3,
}

/// Bytes before the tail.
#[derive(Debug)]
enum Chunk {
    Own(Vec<u8>),
    Shared(Buffer, Range<usize>),
    Pieces(Arc<Pieces>, Range<usize>),
}

impl Chunk {
    /// Some bytes from a position on that lie together: all that are left, but of pieces.
    fn slice(&self, at: usize) -> &[u8] {
        match self {
            Chunk::Own(bytes) => &bytes[at..],
            Chunk::Shared(buffer, range) => &buffer.bytes()[range.start + at..range.end],
            Chunk::Pieces(pieces, range) => pieces.slice(range.start + at, range.end),
        }
    }

    fn len(&self) -> usize {
        match self {
            Chunk::Own(bytes) => bytes.len(),
            Chunk::Shared(_, range) | Chunk::Pieces(_, range) => range.len(),
        }
    }
}

/// What is to be sent to a client.
#[derive(Debug, Default)]
pub struct Reply {
    /// The protocol that values are appended in.
    pub proto: Proto,
    tail: Vec<u8>,
    chunks: VecDeque<Chunk>,
    /// The bytes in `chunks`.
    chunked: usize,
    /// How many bytes of the first chunk (of the tail, if there is none) have been sent.
    sent: usize,
    count: Count,
}

/// A place in a reply, to fall back to. Valid until something is sent.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    chunks: usize,
    tail: usize,
    count: CountMark,
}

/// Where the header of a list goes whose length is not known yet. Valid until something is sent.
#[derive(Debug)]
#[must_use = "a list that was begun must be ended"]
pub struct Begin {
    chunks: usize,
    tail: usize,
}

/// A push of strings, encoded once for all clients of a protocol who get it.
pub fn encode_push(proto: Proto, parts: &[&[u8]]) -> Buffer {
    let len: usize = parts.iter().map(|part| part.len() + FRAME).sum();
    let mut bytes = Vec::with_capacity(len + FRAME);
    super::args::bulks(&mut bytes, if proto == Proto::Resp3 { b'>' } else { b'*' }, parts);
    Buffer::new(bytes)
}

impl Reply {
    /// An empty reply.
    pub fn new(proto: Proto) -> Reply {
        Reply { proto, ..Reply::default() }
    }

    // ---- values -----------------------------------------------------------------------------------------------

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.simple("OK");
    }

    /// A status. It must not hold line ends.
    #[inline]
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error with its code, `ERR no such key`. Line ends in it become blanks, or they would end the reply; those at
    /// its end go.
    #[cold]
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        let mut text = text.as_ref();
        while let [rest @ .., b'\r' | b'\n'] = text {
            text = rest;
        }
        self.room(text.len() + FRAME);
        self.tail.push(b'-');
        self.tail.extend(text.iter().map(|&byte| if byte == b'\r' || byte == b'\n' { b' ' } else { byte }));
        self.end();
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, value: i64) {
        self.line(b':', itoa::Buffer::new().format(value).as_bytes());
    }

    /// A string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.room(bytes.len() + FRAME);
        self.header(b'$', bytes.len());
        self.tail.extend_from_slice(bytes);
        self.end();
    }

    /// A string that is the decimal text of an integer.
    #[inline]
    pub fn bulk_int(&mut self, value: i64) {
        self.bulk(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A string value as it is stored.
    #[inline]
    pub fn text(&mut self, text: Text<'_>) {
        match text {
            Text::Bytes(bytes) => self.bulk(bytes),
            Text::Int(value) => self.bulk_int(value),
            Text::Shared(buffer) => self.shared(buffer, 0..buffer.bytes().len()),
            Text::Pieces(pieces) => self.pieces(pieces, 0..pieces.len()),
        }
    }

    /// A string that is a range of a counted buffer. A long one is held until it is sent; nothing is copied.
    pub fn shared(&mut self, buffer: &Buffer, range: Range<usize>) {
        if range.len() < SHARED_MIN {
            return self.bulk(&buffer.bytes()[range]);
        }
        self.room(FRAME);
        self.header(b'$', range.len());
        self.close();
        self.push_chunk(Chunk::Shared(buffer.clone(), range));
        self.room(FRAME);
        self.end();
    }

    /// A string that is a part of one in pieces. A long one is held until it is sent, and given piece by piece.
    #[cold]
    pub fn pieces(&mut self, pieces: &Arc<Pieces>, range: Range<usize>) {
        if range.len() < SHARED_MIN {
            return self.bulk(&pieces.gather(range));
        }
        self.room(FRAME);
        self.header(b'$', range.len());
        self.close();
        self.push_chunk(Chunk::Pieces(Arc::clone(pieces), range));
        self.room(FRAME);
        self.end();
    }

    /// Nothing, where a string could be.
    #[inline]
    pub fn null(&mut self) {
        match self.proto {
            Proto::Resp2 => self.line(b'$', b"-1"),
            Proto::Resp3 => self.line(b'_', b""),
        }
    }

    /// Nothing, where an array could be.
    pub fn null_array(&mut self) {
        match self.proto {
            Proto::Resp2 => self.line(b'*', b"-1"),
            Proto::Resp3 => self.line(b'_', b""),
        }
    }

    /// A floating-point number; a string for an old client.
    pub fn double(&mut self, value: f64) {
        let text = number::Double::new(value);
        match self.proto {
            Proto::Resp2 => self.bulk(&text),
            Proto::Resp3 => self.line(b',', &text),
        }
    }

    /// A truth value; 1 or 0 for an old client.
    pub fn boolean(&mut self, value: bool) {
        match self.proto {
            Proto::Resp2 => self.int(i64::from(value)),
            Proto::Resp3 => self.line(b'#', if value { b"t" } else { b"f" }),
        }
    }

    /// Text for people, with its kind in three letters (`txt`, `mkd`); a plain string for an old client.
    pub fn verbatim(&mut self, kind: [u8; 3], bytes: &[u8]) {
        match self.proto {
            Proto::Resp2 => self.bulk(bytes),
            Proto::Resp3 => {
                self.room(bytes.len() + FRAME);
                self.header(b'=', bytes.len() + 4);
                self.tail.extend_from_slice(&kind);
                self.tail.push(b':');
                self.tail.extend_from_slice(bytes);
                self.end();
            }
        }
    }

    /// An integer of any length, given in decimal; a string for an old client.
    pub fn big_number(&mut self, digits: &[u8]) {
        match self.proto {
            Proto::Resp2 => self.bulk(digits),
            Proto::Resp3 => self.line(b'(', digits),
        }
    }

    /// One value that is encoded already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.room(bytes.len());
        self.tail.extend_from_slice(bytes);
        self.count.value();
    }

    /// So many bytes of pushes follow that are not held but copied: room for them is made at once.
    pub fn expect(&mut self, len: usize) {
        self.tail.reserve(len);
    }

    /// A push that was encoded for all who get it. A long one is held until it is sent; nothing is copied.
    pub fn encoded(&mut self, push: &Buffer) {
        if push.bytes().len() < PUSH_SHARED_MIN {
            return self.raw(push.bytes());
        }
        self.close();
        self.push_chunk(Chunk::Shared(push.clone(), 0..push.bytes().len()));
        self.count.value();
    }

    // ---- lists ------------------------------------------------------------------------------------------------

    /// An array: `n` values follow.
    #[inline]
    pub fn array(&mut self, n: usize) {
        self.list(b'*', n, n);
    }

    /// A map: `n` times a key and its value follow. An array of twice as many for an old client.
    pub fn map(&mut self, n: usize) {
        match self.proto {
            Proto::Resp2 => self.list(b'*', 2 * n, 2 * n),
            Proto::Resp3 => self.list(b'%', n, 2 * n),
        }
    }

    /// A set: `n` values follow. An array for an old client.
    pub fn set(&mut self, n: usize) {
        match self.proto {
            Proto::Resp2 => self.list(b'*', n, n),
            Proto::Resp3 => self.list(b'~', n, n),
        }
    }

    /// Something that nobody asked for just now: a message, an invalidation. An array for an old client.
    pub fn push(&mut self, n: usize) {
        match self.proto {
            Proto::Resp2 => self.list(b'*', n, n),
            Proto::Resp3 => self.list(b'>', n, n),
        }
    }

    /// Attributes of the value behind them: `n` times a key and its value follow. Old clients know none: whoever
    /// appends one asks for the protocol first.
    pub fn attribute(&mut self, n: usize) {
        assert!(self.proto == Proto::Resp3, "RESP2 has no attributes");
        self.room(FRAME);
        self.header(b'|', n);
        self.count.open(2 * n as u64, false);
    }

    /// The start of a list whose length is known only when it ends.
    pub fn begin_array(&mut self) -> Begin {
        self.count.open(u64::MAX, true);
        Begin { chunks: self.chunks.len(), tail: self.tail.len() }
    }

    /// The end of an array of `n` values.
    pub fn end_array(&mut self, begin: Begin, n: usize) {
        self.end_list(begin, b'*', n, n);
    }

    /// The end of a map of `n` keys with their values.
    pub fn end_map(&mut self, begin: Begin, n: usize) {
        match self.proto {
            Proto::Resp2 => self.end_list(begin, b'*', 2 * n, 2 * n),
            Proto::Resp3 => self.end_list(begin, b'%', n, 2 * n),
        }
    }

    /// The end of a set of `n` values.
    pub fn end_set(&mut self, begin: Begin, n: usize) {
        match self.proto {
            Proto::Resp2 => self.end_list(begin, b'*', n, n),
            Proto::Resp3 => self.end_list(begin, b'~', n, n),
        }
    }

    /// Puts the header where the list began. Its elements in the same chunk move by the header's few bytes.
    fn end_list(&mut self, begin: Begin, kind: u8, n: usize, values: usize) {
        let mut header = [kind; FRAME];
        let digits = itoa::Buffer::new().format(n).len();
        header[1..=digits].copy_from_slice(itoa::Buffer::new().format(n).as_bytes());
        header[digits + 1..digits + 3].copy_from_slice(b"\r\n");
        let header = &header[..digits + 3];
        if begin.chunks == self.chunks.len() {
            insert(&mut self.tail, begin.tail, header);
        } else {
            self.chunked += header.len();
            match &mut self.chunks[begin.chunks] {
                Chunk::Own(bytes) => insert(bytes, begin.tail, header),
                Chunk::Shared(..) | Chunk::Pieces(..) => unreachable!("its header is in a chunk before it"),
            }
        }
        self.count.close(values as u64);
    }

    // ---- marks ------------------------------------------------------------------------------------------------

    /// The present end, to fall back to.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { chunks: self.chunks.len(), tail: self.tail.len(), count: self.count.mark() }
    }

    /// The bytes that were appended since the mark.
    #[cold]
    pub fn since(&self, mark: Mark) -> usize {
        // What was the tail at the mark is the front of the first chunk after it.
        let chunks = self.chunks.iter().skip(mark.chunks).map(Chunk::len).sum::<usize>();
        chunks + self.tail.len() - mark.tail
    }

    /// Takes back what was appended since the mark.
    #[cold]
    pub fn rollback(&mut self, mark: Mark) {
        if self.chunks.len() > mark.chunks {
            let mut dropped = self.chunks.drain(mark.chunks..);
            // What was the tail at the mark is the front of the first chunk after it.
            let first = dropped.next();
            self.chunked -= first.as_ref().map_or(0, Chunk::len) + dropped.map(|chunk| chunk.len()).sum::<usize>();
            match first {
                Some(Chunk::Own(bytes)) => self.tail = bytes,
                _ => unreachable!("a shared chunk has its header in a chunk before it"),
            }
        }
        self.tail.truncate(mark.tail);
        self.count.rollback(mark.count);
    }

    /// How many whole values were appended since the mark, so that it can be asserted that a command appended one.
    /// Only debug builds count; a release build says 1.
    #[inline]
    pub fn values_since(&self, mark: Mark) -> u64 {
        self.count.since(mark.count)
    }

    // ---- the buffer under it ----------------------------------------------------------------------------------

    /// Puts an empty buffer under an empty reply. One that has something to send keeps its own.
    pub fn lend(&mut self, buffer: Vec<u8>) {
        debug_assert!(buffer.is_empty());
        if self.is_empty() {
            self.tail = buffer;
        }
    }

    /// Takes the buffer back, if everything was sent.
    pub fn reclaim(&mut self) -> Option<Vec<u8>> {
        if !self.is_empty() {
            return None;
        }
        // Neither keeps its memory while there is nothing to send.
        self.chunks = VecDeque::new();
        self.count = Count::default();
        Some(std::mem::take(&mut self.tail))
    }

    /// The memory that waits to be sent, what is shared included.
    pub fn bytes(&self) -> usize {
        self.chunked + self.tail.capacity() + self.chunks.capacity() * size_of::<Chunk>()
    }

    // ---- sending ----------------------------------------------------------------------------------------------

    /// How many bytes are to be sent.
    #[inline]
    pub fn len(&self) -> usize {
        self.chunked + self.tail.len() - self.sent
    }

    /// Whether nothing is to be sent.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that is to be sent, if it lies in one piece, as it usually does.
    #[inline]
    pub fn piece(&self) -> Option<&[u8]> {
        if self.chunks.is_empty() { Some(&self.tail[self.sent..]) } else { None }
    }

    /// Everything that is to be sent, in one piece of its own.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        let mut at = self.sent;
        for chunk in &self.chunks {
            while at < chunk.len() {
                let slice = chunk.slice(at);
                bytes.extend_from_slice(slice);
                at += slice.len();
            }
            at = 0;
        }
        bytes.extend_from_slice(&self.tail[at..]);
        bytes
    }

    /// Fills `out` with the next pieces to send, of at most `most` bytes in all, and says how many there are.
    pub fn slices<'a>(&'a self, out: &mut [IoSlice<'a>], most: usize) -> usize {
        let mut at = self.sent;
        let (mut n, mut left) = (0, most);
        let mut chunks = self.chunks.iter();
        let mut chunk = chunks.next();
        while n < out.len() && left > 0 {
            let slice = chunk.map_or_else(|| &self.tail[at..], |chunk| chunk.slice(at));
            // Only the tail may be empty.
            if slice.is_empty() {
                break;
            }
            out[n] = IoSlice::new(&slice[..slice.len().min(left)]);
            n += 1;
            left = left.saturating_sub(slice.len());
            at += slice.len();
            match chunk {
                None => break,
                Some(now) if at == now.len() => (chunk, at) = (chunks.next(), 0),
                Some(_) => {}
            }
        }
        n
    }

    /// `n` more bytes have been sent: drops what is done.
    pub fn advance(&mut self, n: usize) {
        self.sent += n;
        while let Some(first) = self.chunks.front() {
            let len = first.len();
            if self.sent < len {
                return;
            }
            self.sent -= len;
            self.chunked -= len;
            let done = self.chunks.pop_front();
            if let Some(Chunk::Own(mut bytes)) = done
                && self.tail.capacity() == 0
            {
                bytes.clear();
                self.tail = bytes;
            }
        }
        debug_assert!(self.sent <= self.tail.len(), "more was sent than there is");
        if self.sent == self.tail.len() {
            self.tail.clear();
            self.sent = 0;
        }
    }

    // ---- parts ------------------------------------------------------------------------------------------------

    /// A value that is a line.
    #[inline]
    fn line(&mut self, kind: u8, text: &[u8]) {
        self.room(text.len() + FRAME);
        self.tail.push(kind);
        self.tail.extend_from_slice(text);
        self.end();
    }

    /// The header of a list, after which `values` values are to come.
    #[inline]
    fn list(&mut self, kind: u8, n: usize, values: usize) {
        self.room(FRAME);
        self.header(kind, n);
        self.count.open(values as u64, true);
    }

    /// A mark, a number and a line end; there is room for them. The usual lengths are one store each.
    #[inline]
    fn header(&mut self, kind: u8, n: usize) {
        // Each digit is below ten.
        let digit = |value: usize| b'0' + (value % 10) as u8;
        match n {
            0..10 => self.tail.extend_from_slice(&[kind, digit(n), b'\r', b'\n']),
            10..100 => self.tail.extend_from_slice(&[kind, digit(n / 10), digit(n), b'\r', b'\n']),
            100..1000 => {
                self.tail.extend_from_slice(&[kind, digit(n / 100), digit(n / 10), digit(n), b'\r', b'\n']);
            }
            _ => {
                self.tail.push(kind);
                self.tail.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
                self.tail.extend_from_slice(b"\r\n");
            }
        }
    }

    /// The end of a value that is no list.
    #[inline]
    fn end(&mut self) {
        self.tail.extend_from_slice(b"\r\n");
        self.count.value();
    }

    /// Makes sure that `n` more bytes fit into the tail.
    #[inline]
    fn room(&mut self, n: usize) {
        if self.tail.capacity() - self.tail.len() < n {
            self.grow(n);
        }
    }

    /// A longer tail, or a new one.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, n: usize) {
        if self.tail.len() + n > TAIL_MAX && !self.tail.is_empty() {
            self.close();
            // A reply that fills one will likely fill another.
            self.tail.reserve_exact(n.max(TAIL_MAX));
        } else {
            self.tail.reserve(n);
        }
    }

    /// Makes a chunk of the tail.
    fn close(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let bytes = if self.tail.len() <= COPIED_MAX {
            let copy = self.tail.as_slice().to_vec();
            self.tail.clear();
            copy
        } else {
            std::mem::take(&mut self.tail)
        };
        self.push_chunk(Chunk::Own(bytes));
    }

    fn push_chunk(&mut self, chunk: Chunk) {
        self.chunked += chunk.len();
        self.chunks.push_back(chunk);
    }
}

/// Puts `header` at `at`, and moves what is behind it.
fn insert(bytes: &mut Vec<u8>, at: usize, header: &[u8]) {
    let len = bytes.len();
    bytes.extend_from_slice(header);
    bytes.copy_within(at..len, at + header.len());
    bytes[at..at + header.len()].copy_from_slice(header);
}

/// In debug builds, how many whole values were appended, and which lists are still open.
#[derive(Debug, Default)]
struct Count {
    #[cfg(debug_assertions)]
    values: u64,
    #[cfg(debug_assertions)]
    open: Vec<Open>,
}

/// A list that waits for this many values more. Attributes are no value when they are complete.
#[cfg(debug_assertions)]
#[derive(Debug)]
struct Open {
    missing: u64,
    is_value: bool,
}

/// The state of a count at a mark.
#[derive(Clone, Copy, Debug)]
struct CountMark {
    #[cfg(debug_assertions)]
    values: u64,
    #[cfg(debug_assertions)]
    depth: usize,
    #[cfg(debug_assertions)]
    missing: u64,
}

#[cfg(debug_assertions)]
impl Count {
    fn value(&mut self) {
        while let Some(list) = self.open.last_mut() {
            list.missing -= 1;
            if list.missing > 0 {
                return;
            }
            let done = self.open.pop();
            if done.is_some_and(|list| !list.is_value) {
                return;
            }
        }
        self.values += 1;
    }

    fn open(&mut self, missing: u64, is_value: bool) {
        if missing > 0 {
            self.open.push(Open { missing, is_value });
        } else if is_value {
            self.value();
        }
    }

    fn close(&mut self, values: u64) {
        let list = self.open.pop().expect("a list that ends was begun");
        assert_eq!(u64::MAX - list.missing, values, "a list has as many values as it says");
        self.value();
    }

    fn mark(&self) -> CountMark {
        CountMark {
            values: self.values,
            depth: self.open.len(),
            missing: self.open.last().map_or(0, |list| list.missing),
        }
    }

    fn rollback(&mut self, mark: CountMark) {
        assert!(self.open.len() >= mark.depth, "a list that was open at the mark is complete");
        self.values = mark.values;
        self.open.truncate(mark.depth);
        if let Some(list) = self.open.last_mut() {
            list.missing = mark.missing;
        }
    }

    fn since(&self, mark: CountMark) -> u64 {
        match mark.depth {
            0 => self.values - mark.values,
            // The list of the mark is complete.
            depth if self.open.len() < depth => mark.missing,
            depth => mark.missing - self.open[depth - 1].missing,
        }
    }
}

#[cfg(not(debug_assertions))]
#[allow(clippy::unused_self)]
impl Count {
    #[inline(always)]
    fn value(&mut self) {}

    #[inline(always)]
    fn open(&mut self, _missing: u64, _is_value: bool) {}

    #[inline(always)]
    fn close(&mut self, _values: u64) {}

    #[inline(always)]
    fn mark(&self) -> CountMark {
        CountMark {}
    }

    #[inline(always)]
    fn rollback(&mut self, _mark: CountMark) {}

    #[inline(always)]
    fn since(&self, _mark: CountMark) -> u64 {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    /// What would be sent.
    fn sent(reply: &Reply) -> Vec<u8> {
        let mut slices = vec![IoSlice::new(&[]); 1000];
        let n = reply.slices(&mut slices, usize::MAX);
        let bytes = slices[..n].iter().fold(Vec::new(), |bytes, slice| [&bytes[..], slice].concat());
        assert_eq!(bytes.len(), reply.len());
        assert_eq!(reply.is_empty(), bytes.is_empty());
        assert!(reply.piece().is_none_or(|piece| piece == bytes));
        bytes
    }

    #[test]
    fn each_value_has_its_form_in_both_protocols() {
        type Case = (fn(&mut Reply), &'static str, &'static str);
        let cases: &[Case] = &[
            (|r| r.ok(), "+OK\r\n", "+OK\r\n"),
            (|r| r.simple("PONG"), "+PONG\r\n", "+PONG\r\n"),
            (|r| r.error("ERR no such key"), "-ERR no such key\r\n", "-ERR no such key\r\n"),
            (|r| r.error(b"ERR a\r\nb\n"), "-ERR a  b\r\n", "-ERR a  b\r\n"),
            (|r| r.int(0), ":0\r\n", ":0\r\n"),
            (|r| r.int(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"),
            (|r| r.bulk(b""), "$0\r\n\r\n", "$0\r\n\r\n"),
            (|r| r.bulk(b"a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"),
            (|r| r.bulk(b"0123456789"), "$10\r\n0123456789\r\n", "$10\r\n0123456789\r\n"),
            (|r| r.bulk_int(-42), "$3\r\n-42\r\n", "$3\r\n-42\r\n"),
            (|r| r.text(Text::Bytes(b"x")), "$1\r\nx\r\n", "$1\r\nx\r\n"),
            (|r| r.text(Text::Int(7)), "$1\r\n7\r\n", "$1\r\n7\r\n"),
            (|r| r.text(Text::Shared(&Buffer::new(b"xyz".to_vec()))), "$3\r\nxyz\r\n", "$3\r\nxyz\r\n"),
            (|r| r.shared(&Buffer::new(b"xyz".to_vec()), 1..2), "$1\r\ny\r\n", "$1\r\ny\r\n"),
            (|r| r.null(), "$-1\r\n", "_\r\n"),
            (|r| r.null_array(), "*-1\r\n", "_\r\n"),
            (|r| r.double(3.25), "$4\r\n3.25\r\n", ",3.25\r\n"),
            (|r| r.double(f64::NEG_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n"),
            (|r| r.double(1e20), "$5\r\n1e+20\r\n", ",1e+20\r\n"),
            (|r| r.boolean(true), ":1\r\n", "#t\r\n"),
            (|r| r.boolean(false), ":0\r\n", "#f\r\n"),
            (|r| r.verbatim(*b"txt", b"some\ntext"), "$9\r\nsome\ntext\r\n", "=13\r\ntxt:some\ntext\r\n"),
            (|r| r.big_number(b"12345678901234567890"), "$20\r\n12345678901234567890\r\n", "(12345678901234567890\r\n"),
            (|r| r.raw(b"+RAW\r\n"), "+RAW\r\n", "+RAW\r\n"),
            (|r| r.array(0), "*0\r\n", "*0\r\n"),
            (
                |r| {
                    r.array(2);
                    r.int(1);
                    r.null();
                },
                "*2\r\n:1\r\n$-1\r\n",
                "*2\r\n:1\r\n_\r\n",
            ),
            (
                |r| {
                    r.map(1);
                    r.bulk(b"k");
                    r.int(1);
                },
                "*2\r\n$1\r\nk\r\n:1\r\n",
                "%1\r\n$1\r\nk\r\n:1\r\n",
            ),
            (
                |r| {
                    r.set(1);
                    r.int(1);
                },
                "*1\r\n:1\r\n",
                "~1\r\n:1\r\n",
            ),
            (
                |r| {
                    r.push(2);
                    r.bulk(b"message");
                    r.int(1);
                },
                "*2\r\n$7\r\nmessage\r\n:1\r\n",
                ">2\r\n$7\r\nmessage\r\n:1\r\n",
            ),
            (
                |r| {
                    let list = r.begin_array();
                    r.end_array(list, 0);
                },
                "*0\r\n",
                "*0\r\n",
            ),
            (
                |r| {
                    let list = r.begin_array();
                    r.int(1);
                    r.int(2);
                    r.end_array(list, 2);
                },
                "*2\r\n:1\r\n:2\r\n",
                "*2\r\n:1\r\n:2\r\n",
            ),
            (
                |r| {
                    let map = r.begin_array();
                    r.int(1);
                    r.int(2);
                    r.end_map(map, 1);
                },
                "*2\r\n:1\r\n:2\r\n",
                "%1\r\n:1\r\n:2\r\n",
            ),
            (
                |r| {
                    let set = r.begin_array();
                    r.int(1);
                    r.end_set(set, 1);
                },
                "*1\r\n:1\r\n",
                "~1\r\n:1\r\n",
            ),
        ];
        for (proto, pick) in [(Proto::Resp2, 0), (Proto::Resp3, 1)] {
            for &(append, old, new) in cases {
                let mut reply = Reply::new(proto);
                reply.simple("before");
                let mark = reply.mark();
                append(&mut reply);
                let expected = format!("+before\r\n{}", [old, new][pick]);
                assert_eq!(sent(&reply), expected.as_bytes(), "{proto:?}");
                if cfg!(debug_assertions) {
                    assert_eq!(reply.values_since(mark), 1, "{expected:?}");
                }
                reply.rollback(mark);
                assert_eq!(sent(&reply), b"+before\r\n");
            }
        }
        let mut reply = Reply::new(Proto::Resp3);
        reply.attribute(1);
        reply.bulk(b"ttl");
        reply.int(3600);
        reply.bulk(b"value");
        assert_eq!(sent(&reply), b"|1\r\n$3\r\nttl\r\n:3600\r\n$5\r\nvalue\r\n");
    }

    #[test]
    fn headers_of_every_length_are_right() {
        for n in (0..2000).chain([9_999, 10_000, 99_999, 123_456_789]) {
            let mut reply = Reply::default();
            reply.header(b'*', n);
            assert_eq!(reply.tail, format!("*{n}\r\n").into_bytes());
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    fn whole_values_are_counted_through_lists() {
        let mut reply = Reply::new(Proto::Resp3);
        let start = reply.mark();
        reply.array(2);
        reply.map(1);
        reply.int(1);
        assert_eq!(reply.values_since(start), 0, "the map is not whole");
        let inner = reply.mark();
        reply.set(1);
        reply.int(2);
        assert_eq!(reply.values_since(start), 0, "the array is not whole");
        assert_eq!(reply.values_since(inner), 1, "it was the last value of the map");
        let list = reply.begin_array();
        let in_list = reply.mark();
        reply.int(3);
        reply.attribute(1);
        reply.ok();
        reply.ok();
        assert_eq!(reply.values_since(in_list), 1, "an attribute is not a value");
        reply.int(4);
        assert_eq!(reply.values_since(in_list), 2);
        reply.rollback(in_list);
        reply.int(5);
        reply.end_array(list, 1);
        assert_eq!(reply.values_since(start), 1);
        reply.int(6);
        assert_eq!(reply.values_since(start), 2);
        reply.array(3);
        reply.int(7);
        reply.rollback(start);
        assert_eq!(reply.values_since(start), 0);
        reply.ok();
        assert_eq!(reply.values_since(start), 1);
        reply.rollback(start);
        assert!(reply.is_empty());
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "a list has as many values as it says")]
    fn a_list_of_another_length_than_it_says_is_a_mistake() {
        let mut reply = Reply::default();
        let list = reply.begin_array();
        reply.int(1);
        reply.end_array(list, 2);
    }

    #[test]
    fn big_values_are_held_and_small_ones_copied() {
        let buffer = Buffer::new(vec![b'v'; SHARED_MIN]);
        let mut reply = Reply::default();
        reply.shared(&buffer, 1..SHARED_MIN);
        assert!(buffer.is_unique() && reply.piece().is_some());
        reply.text(Text::Shared(&buffer));
        assert!(!buffer.is_unique(), "the reply holds it");
        let len = reply.len();
        let mut slices = [IoSlice::new(&[]); 8];
        assert_eq!(reply.slices(&mut slices, usize::MAX), 3);
        assert_eq!(slices[1].as_ptr(), buffer.bytes().as_ptr());
        reply.advance(len - 1);
        assert!(buffer.is_unique(), "it is let go when it was sent");
        assert_eq!(sent(&reply), b"\n");
    }

    #[test]
    fn a_long_tail_is_closed_and_never_moved() {
        let mut reply = Reply::default();
        for _ in 0..10_000 {
            reply.bulk(&[b'x'; 100]);
            assert!(reply.tail.capacity() <= 2 * TAIL_MAX);
        }
        assert!(reply.chunks.len() >= 10);
        assert_eq!(
            sent(&reply),
            b"$100\r\n".iter().chain(&[b'x'; 100]).chain(b"\r\n").copied().collect::<Vec<_>>().repeat(10_000)
        );
        // A value that is longer than that has a chunk of its own, of its own size.
        let mut reply = Reply::default();
        reply.ok();
        reply.bulk(&vec![b'x'; 1_000_000]);
        assert!(reply.bytes() < 1_000_500, "{}", reply.bytes());
    }

    #[test]
    fn a_reply_at_rest_owns_nothing() {
        let buffer = Buffer::new(vec![b'v'; SHARED_MIN]);
        let mut reply = Reply::default();
        reply.lend(Vec::with_capacity(16 * 1024));
        let place = reply.tail.as_ptr();
        for _ in 0..3 {
            reply.ok();
            reply.shared(&buffer, 0..SHARED_MIN);
        }
        assert!(reply.reclaim().is_none(), "there is something to send");
        reply.advance(reply.len());
        let back = reply.reclaim().expect("all is sent");
        assert_eq!(back.as_ptr(), place, "the lent buffer stayed under the values");
        assert!(back.is_empty() && back.capacity() == 16 * 1024);
        assert_eq!(reply.bytes(), 0);
    }

    #[test]
    fn a_lent_buffer_that_became_a_chunk_comes_back_when_it_is_sent() {
        let buffer = Buffer::new(vec![b'v'; SHARED_MIN]);
        let mut reply = Reply::default();
        reply.lend(Vec::with_capacity(TAIL_MAX));
        let place = reply.tail.as_ptr();
        reply.bulk(&[b'x'; 1000]);
        reply.shared(&buffer, 0..SHARED_MIN);
        assert_ne!(reply.tail.as_ptr(), place);
        // The line end behind the shared value is in a small buffer; once that is gone too, the next one is welcome.
        reply.advance(reply.len());
        assert!(reply.reclaim().is_some_and(|back| back.capacity() < 100));
        reply.lend(Vec::with_capacity(TAIL_MAX));
        let place = reply.tail.as_ptr();
        reply.bulk(&[b'x'; 1000]);
        reply.close();
        reply.advance(reply.len());
        assert_eq!(reply.reclaim().map(|back| back.as_ptr()), Some(place));
    }

    /// Any values, lists, marks and partial sends, against plain bytes.
    #[test]
    fn whatever_is_appended_taken_back_and_sent_in_parts_arrives() {
        let big = Buffer::new((0..100_000_u32).map(|i| i as u8).collect());
        let mut pieces = Pieces::of(big.clone());
        // The same bytes in several pieces.
        (0..100_000).step_by(30_000).for_each(|at| pieces.edit(at..at + 1, |_| {}));
        let pieces = Arc::new(pieces);
        for seed in 1..=400 {
            let mut dice = Dice(seed);
            let mut reply = Reply::new(if dice.below(2) == 0 { Proto::Resp2 } else { Proto::Resp3 });
            if dice.below(2) == 0 {
                reply.lend(Vec::with_capacity(dice.below(40_000) as usize));
            }
            let (mut arrived, mut expected) = (Vec::new(), Vec::new());
            for step in 0..dice.below(40) {
                let mark = reply.mark();
                let before = expected.len();
                append(&mut reply, &mut expected, (&big, &pieces), &mut dice, 0);
                if cfg!(debug_assertions) {
                    assert_eq!(reply.values_since(mark), 1, "seed {seed} step {step}");
                }
                if dice.below(4) == 0 {
                    reply.rollback(mark);
                    expected.truncate(before);
                }
                assert_eq!(reply.len(), expected.len() - arrived.len(), "seed {seed} step {step}");
                if dice.below(3) == 0 {
                    let mut slices = [IoSlice::new(&[]); 4];
                    let n = reply.slices(&mut slices[..=dice.below(4) as usize], usize::MAX);
                    let offered: usize = slices[..n].iter().map(|slice| slice.len()).sum();
                    let taken = if dice.below(2) == 0 { offered } else { dice.below(offered as u64 + 1) as usize };
                    let bytes: Vec<u8> =
                        slices[..n].iter().flat_map(|slice| slice.iter().copied()).take(taken).collect();
                    arrived.extend(bytes);
                    reply.advance(taken);
                }
            }
            arrived.extend(sent(&reply));
            assert!(arrived == expected, "seed {seed}");
            reply.advance(reply.len());
            assert!(reply.is_empty() && reply.reclaim().is_some() && reply.bytes() == 0, "seed {seed}");
        }
        drop(pieces);
        assert!(big.is_unique());
    }

    /// Appends a random value to both.
    fn append(reply: &mut Reply, expected: &mut Vec<u8>, both: (&Buffer, &Arc<Pieces>), dice: &mut Dice, depth: u64) {
        let (big, pieces) = both;
        match dice.below(if depth < 3 { 8 } else { 5 }) {
            0 => {
                reply.int(-5);
                expected.extend(b":-5\r\n");
            }
            1 | 2 => {
                let bits = dice.below(17);
                let bytes = &big.bytes()[..dice.below(1 << bits) as usize];
                reply.bulk(bytes);
                expected.extend([format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat());
            }
            3 => {
                let start = dice.below(50_000) as usize;
                let range = start..start + dice.below(50_000) as usize;
                if dice.below(2) == 0 {
                    reply.shared(big, range.clone());
                } else {
                    reply.pieces(pieces, range.clone());
                }
                expected.extend([format!("${}\r\n", range.len()).as_bytes(), &big.bytes()[range], b"\r\n"].concat());
            }
            4 => {
                reply.error("ERR a\nb");
                expected.extend(b"-ERR a b\r\n");
            }
            5 => {
                let n = dice.below(5) as usize;
                reply.array(n);
                expected.extend(format!("*{n}\r\n").bytes());
                (0..n).for_each(|_| append(reply, expected, both, dice, depth + 1));
            }
            _ => {
                let n = dice.below(12) as usize;
                let list = reply.begin_array();
                let mut elements = Vec::new();
                for _ in 0..n {
                    let (mark, before) = (reply.mark(), elements.len());
                    append(reply, &mut elements, both, dice, depth + 1);
                    if dice.below(8) == 0 {
                        reply.rollback(mark);
                        elements.truncate(before);
                        reply.ok();
                        elements.extend(b"+OK\r\n");
                    }
                }
                reply.end_array(list, n);
                expected.extend(format!("*{n}\r\n").bytes());
                expected.extend(elements);
            }
        }
    }
}
