//! From bytes to requests.
//!
//! Each connection has a [`Parser`], which knows where in its query buffer it stands. The loop has one [`Requests`],
//! which a batch is parsed into:
//!
//! ```text
//! query buffer   GET a           SET b hello      SET c hel
//!                |-- done -----| |-- done ------| |-- cut at the end of the read --
//! Requests       spans [GET][a][SET][b][hello]    ends [2, 5]
//! Parser.half                                     spans [SET][c], one argument missing, its length known to be 5
//! ```
//!
//! A request that the read cut in two stays with the parser: what it has found so far, and what it was about to read.
//! The next call goes on from there, so no byte is looked at twice (but for the few digits of a cut length). Nothing is
//! allocated by an announced count or length: spans grow as arguments arrive.
//!
//! A **big bulk** is read into a buffer of its own, which the handler may keep as the value. While one is under way
//! [`Parser::big`] lends that buffer, so that the socket is read straight into it:
//!
//! ```text
//! query buffer   ...$1000000\r\n          (nothing behind it)
//! big            |###########-- room ---|..........................|
//!                 arrived      next read    not yet asked for
//! ```
//!
//! Lines end as they do for Redis, which looks for them with C's string functions: a length ends at the first `\r`, and
//! whatever byte follows it is taken for the `\n`; a NUL hides the rest of the buffer, so that such a line never ends
//! and runs into the limit.

use memchr::memchr2;

use super::args::{Args, Span};
use crate::base::alloc;
use crate::base::buffer::Buffer;
use crate::base::number::parse_i64;

/// A bulk of this many bytes or more gets a buffer of its own.
pub const BIG_BULK: usize = 32 * 1024;

/// The longest line: an inline request, a count, a length.
const LINE_MAX: usize = 64 * 1024;

/// Of a big bulk's buffer no more than that is made before it is full; then all that was announced.
const BIG_STEP: usize = 1024 * 1024;

/// What a client that has not authenticated may send: arguments, and bytes in each.
const UNAUTHENTICATED: (u64, u64) = (10, 16384);

/// What the configuration and the state of the client allow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest bulk (`proto-max-bulk-len`).
    pub bulk_max: u64,
    /// Whether the client has authenticated, or need not.
    pub authenticated: bool,
}

/// Bytes that are no request. The connection is answered once, and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// A count of arguments that goes on for longer than any line may.
    CountTooLong,
    /// A length of a bulk that goes on for longer than any line may.
    LengthTooLong,
    /// A count of arguments that is no number, or too large.
    BadCount,
    /// More arguments than are allowed before authentication.
    UnauthenticatedCount,
    /// Something else where a bulk should begin.
    NoBulk(u8),
    /// A length of a bulk that is no number, negative, or over the limit.
    BadLength,
    /// A longer bulk than is allowed before authentication.
    UnauthenticatedLength,
    /// An inline request that goes on for longer than any line may.
    InlineTooLong,
    /// An inline request in which a quote is not closed, or is closed in the middle of a word.
    UnbalancedQuotes,
}

impl ProtocolError {
    /// What the client is told.
    pub fn text(self) -> Vec<u8> {
        let text = match self {
            ProtocolError::CountTooLong => "too big mbulk count string",
            ProtocolError::LengthTooLong => "too big bulk count string",
            ProtocolError::BadCount => "invalid multibulk length",
            ProtocolError::UnauthenticatedCount => "unauthenticated multibulk length",
            ProtocolError::NoBulk(_) => "expected '$', got '",
            ProtocolError::BadLength => "invalid bulk length",
            ProtocolError::UnauthenticatedLength => "unauthenticated bulk length",
            ProtocolError::InlineTooLong => "too big inline request",
            ProtocolError::UnbalancedQuotes => "unbalanced quotes in request",
        };
        let mut message = [b"ERR Protocol error: ", text.as_bytes()].concat();
        if let ProtocolError::NoBulk(byte) = self {
            message.extend_from_slice(&[byte, b'\'']);
        }
        message
    }
}

/// The requests of a batch. One for the whole loop, used again and again.
#[derive(Debug, Default)]
pub struct Requests {
    spans: Vec<Span>,
    bigs: Vec<Buffer>,
    ends: Vec<End>,
    /// What the parser of a cut request has handed back: the next cut allocates nothing.
    spare: Option<Box<Half>>,
}

/// Where the spans and the big bulks of a request end.
#[derive(Clone, Copy, Debug)]
struct End {
    spans: u32,
    bigs: u32,
}

/// A request of a million arguments does not keep its megabytes once it is done.
const SPANS_KEPT: usize = 16 * 1024;

impl Requests {
    /// The bytes of the big bulks.
    pub fn big_bytes(&self) -> usize {
        self.bigs.iter().map(|big| big.bytes().len()).sum()
    }

    /// No requests.
    pub fn new() -> Requests {
        Requests::default()
    }

    /// Forgets the requests, for the next batch. Big bulks that no handler kept are freed here.
    #[inline]
    pub fn clear(&mut self) {
        self.ends.clear();
        self.spans.clear();
        if !self.bigs.is_empty() {
            self.bigs.clear();
        }
        if self.spans.capacity() > SPANS_KEPT {
            self.spans.shrink_to(SPANS_KEPT);
        }
    }

    /// How many requests there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The arguments of request `i`, in the query buffer that it was parsed from.
    #[inline]
    pub fn args<'a>(&'a self, i: usize, query: &'a [u8]) -> Args<'a> {
        let start = if i == 0 { End { spans: 0, bigs: 0 } } else { self.ends[i - 1] };
        let end = self.ends[i];
        Args::new(
            query,
            &self.spans[start.spans as usize..end.spans as usize],
            &self.bigs[start.bigs as usize..end.bigs as usize],
        )
    }

    /// What was appended since the last end is a request.
    #[inline]
    fn finish(&mut self) {
        // Every span stands for some bytes of the query buffer, which 32 bits count.
        self.ends.push(End { spans: self.spans.len() as u32, bigs: self.bigs.len() as u32 });
    }

    /// Where the last request ends.
    #[inline]
    fn last(&self) -> End {
        self.ends.last().copied().unwrap_or(End { spans: 0, bigs: 0 })
    }
}

/// A connection's place in its stream of bytes.
#[derive(Debug, Default)]
pub struct Parser {
    /// The next byte of the query buffer to parse.
    at: u32,
    /// How many bytes from there on are known to hold no end of a line.
    scanned: u32,
    /// The damage that was met: nothing is parsed after it.
    failed: Option<ProtocolError>,
    /// The request that the last read cut in two.
    half: Option<Box<Half>>,
}

/// What is known of a request that is not complete.
#[derive(Debug, Default)]
struct Half {
    /// Where the request begins in the query buffer.
    from: u32,
    /// Arguments that are still to come, the current one included.
    missing: u32,
    next: Next,
    spans: Vec<Span>,
    bigs: Vec<Buffer>,
    /// The big bulk that is being read.
    big: Big,
}

/// The buffer of a big bulk. What is set aside for bytes that have not come is no memory in use.
#[derive(Debug, Default)]
struct Big {
    bytes: Vec<u8>,
    /// So much is not counted.
    aside: usize,
}

impl Big {
    /// Makes room for at least `coming` more bytes of a bulk of `len` bytes: a step, and when that is full, all the rest.
    ///
    /// Who only announces much gets a step. Who has sent one gets the whole, of which the system gives memory as it is filled: a
    /// block that grows is moved by the allocator now and then, and 50 MB took it 25 ms.
    fn grow(&mut self, len: usize, coming: usize) {
        let big = &mut self.bytes;
        if big.capacity() - big.len() < coming {
            let all = len - big.len();
            let some = all.min(BIG_STEP.max(big.len()).max(coming));
            if big.len() < BIG_STEP || big.try_reserve_exact(all).is_err() {
                big.reserve_exact(some);
            }
        }
        self.count();
    }

    /// Counts what has come.
    fn count(&mut self) {
        let room = self.bytes.capacity() - self.bytes.len();
        self.set_aside(if self.bytes.capacity() > BIG_STEP { room } else { 0 });
    }

    fn set_aside(&mut self, aside: usize) {
        if aside != self.aside {
            alloc::set_aside(aside as isize - self.aside as isize);
            self.aside = aside;
        }
    }

    /// The bulk is complete.
    fn take(&mut self) -> Vec<u8> {
        self.set_aside(0);
        std::mem::take(&mut self.bytes)
    }

    /// The memory in use.
    fn memory(&self) -> usize {
        self.bytes.capacity() - self.aside
    }
}

impl Drop for Big {
    #[inline]
    fn drop(&mut self) {
        if self.aside > 0 {
            self.set_aside(0);
        }
    }
}

/// What comes next in a request of bulks.
#[derive(Clone, Copy, Debug, Default)]
enum Next {
    /// The line with the length of an argument.
    #[default]
    Length,
    /// A bulk of this many bytes, and the two behind it.
    Bulk(u32),
    /// The rest of a big bulk of this many bytes.
    Big(usize),
    /// The two bytes behind a big bulk.
    BigEnd,
}

/// How a line ends.
enum Line {
    /// This many bytes before its end.
    Whole(usize),
    /// Not yet.
    Cut,
    /// Not within the limit.
    TooLong,
}

impl Parser {
    /// A parser at the start of a stream.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Whether nothing is half read: no byte waits for another.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.half.is_none() && self.scanned == 0 && self.failed.is_none()
    }

    /// The memory of a half-read request, over the bytes in the query buffer.
    pub fn bytes(&self) -> usize {
        self.half.as_ref().map_or(0, |half| {
            let bigs: usize = half.bigs.iter().map(|big| big.bytes().len()).sum();
            size_of::<Half>() + half.spans.capacity() * size_of::<Span>() + half.big.memory() + bigs
        })
    }

    /// How much of a request that is not complete came so far, beside what is in the query buffer.
    pub fn waiting(&self) -> usize {
        let of = |half: &Half| half.bigs.iter().map(|big| big.bytes().len()).sum::<usize>() + half.big.bytes.len();
        self.half.as_deref().map_or(0, of)
    }

    /// How much of what came is not parsed yet, of `query` bytes in the query buffer and of a big bulk.
    pub fn unparsed(&self, query: usize) -> usize {
        let of_big = |half: &Half| match half.next {
            // Only the two bytes behind it are missing.
            Next::BigEnd => half.bigs.last().map_or(0, |big| big.bytes().len()),
            _ => half.big.bytes.len(),
        };
        query.saturating_sub(self.at as usize) + self.half.as_deref().map_or(0, of_big)
    }

    /// Appends up to `max` complete requests to `out`.
    ///
    /// An error comes alone: if requests stand before the damage they are appended, and the next call reports it. After
    /// an error every call reports the same one.
    #[inline]
    pub fn parse(
        &mut self,
        query: &mut Vec<u8>,
        limits: &Limits,
        out: &mut Requests,
        max: usize,
    ) -> Result<(), ProtocolError> {
        let before = out.len();
        if self.failed.is_none() {
            self.failed = self.requests(query, limits, out, before.saturating_add(max)).err();
        }
        match self.failed {
            Some(error) if out.len() == before && max > 0 => Err(error),
            _ => Ok(()),
        }
    }

    /// Parses until `out` holds `full` requests, or the bytes run out.
    fn requests(
        &mut self,
        query: &mut Vec<u8>,
        limits: &Limits,
        out: &mut Requests,
        full: usize,
    ) -> Result<(), ProtocolError> {
        if query.len() >= u32::MAX as usize {
            // Offsets have 32 bits. The limit of the query buffer is lower unless somebody raises it beyond reason.
            return Err(ProtocolError::BadLength);
        }
        if self.half.is_some() && out.len() < full {
            self.resume(query, limits, out)?;
            if self.half.is_some() {
                return Ok(());
            }
        }
        while out.len() < full {
            let Some(&first) = query.get(self.at as usize) else {
                break;
            };
            let going_on = if first == b'*' { self.multibulk(query, limits, out)? } else { self.inline(query, out)? };
            if !going_on {
                break;
            }
        }
        Ok(())
    }

    /// Goes on with the request that the last read cut.
    #[cold]
    #[inline(never)]
    fn resume(&mut self, query: &mut Vec<u8>, limits: &Limits, out: &mut Requests) -> Result<(), ProtocolError> {
        let Some(mut half) = self.half.take() else {
            return Ok(());
        };
        let Half { missing, next, spans, bigs, big, .. } = &mut *half;
        let mut work = Work { missing: *missing, next: *next, spans, bigs, bigs_before: 0, big };
        let done = work.arguments(self, query, limits)?;
        (*missing, *next) = (work.missing, work.next);
        if done {
            out.spans.append(&mut half.spans);
            out.bigs.append(&mut half.bigs);
            out.finish();
            if half.spans.capacity() <= SPANS_KEPT {
                out.spare = Some(half);
            }
        } else {
            self.half = Some(half);
        }
        Ok(())
    }

    /// Parses a request that begins with `*`. False if its bytes run out.
    #[inline]
    fn multibulk(&mut self, query: &mut Vec<u8>, limits: &Limits, out: &mut Requests) -> Result<bool, ProtocolError> {
        let from = self.at;
        let count = match short_number(&query[from as usize..]) {
            Some((count, len)) => {
                self.at += len;
                self.scanned = 0;
                i64::from(count)
            }
            None => match self.number(query, ProtocolError::CountTooLong, ProtocolError::BadCount)? {
                Some(count) => count,
                None => return Ok(false),
            },
        };
        if count > i64::from(i32::MAX) {
            return Err(ProtocolError::BadCount);
        }
        if count > UNAUTHENTICATED.0 as i64 && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedCount);
        }
        if count <= 0 {
            return Ok(true);
        }
        let mut big = Big::default();
        let mut work = Work {
            // Between 1 and i32::MAX.
            missing: count as u32,
            next: Next::Length,
            spans: &mut out.spans,
            bigs_before: out.bigs.len(),
            bigs: &mut out.bigs,
            big: &mut big,
        };
        let done = work.arguments(self, query, limits);
        let (missing, next) = (work.missing, work.next);
        match done {
            Ok(true) => {
                out.finish();
                Ok(true)
            }
            Ok(false) => {
                self.cut(from, missing, next, big, out);
                Ok(false)
            }
            Err(error) => {
                // What was found of the damaged request must not be taken for the start of the next one.
                let last = out.last();
                out.spans.truncate(last.spans as usize);
                out.bigs.truncate(last.bigs as usize);
                Err(error)
            }
        }
    }

    /// Keeps what is known of a request whose bytes ran out.
    #[cold]
    #[inline(never)]
    fn cut(&mut self, from: u32, missing: u32, next: Next, big: Big, out: &mut Requests) {
        let last = out.last();
        let mut half = out.spare.take().unwrap_or_default();
        half.from = from;
        half.missing = missing;
        half.next = next;
        // Room for a usual request at once: what a client takes does not change when its long argument is complete.
        half.spans.reserve(4);
        half.spans.extend(out.spans.drain(last.spans as usize..));
        half.bigs.extend(out.bigs.drain(last.bigs as usize..));
        half.big = big;
        self.half = Some(half);
    }

    /// Reads the number of a count or a length, from behind its mark to the end of its line, in every form. `None` if
    /// its bytes run out.
    #[cold]
    #[inline(never)]
    fn number(
        &mut self,
        query: &[u8],
        too_long: ProtocolError,
        bad: ProtocolError,
    ) -> Result<Option<i64>, ProtocolError> {
        let line = &query[self.at as usize..];
        match find_end(line, b'\r', self.scanned as usize) {
            Line::Whole(len) if len + 1 < line.len() => {
                // The mark of a bulk is checked only once its line is whole, as Redis does.
                if bad == ProtocolError::BadLength && line[0] != b'$' {
                    return Err(ProtocolError::NoBulk(line[0]));
                }
                let number = parse_i64(&line[1..len]).ok_or(bad)?;
                self.scanned = 0;
                self.at += len as u32 + 2;
                Ok(Some(number))
            }
            Line::Whole(len) => {
                self.scanned = len as u32;
                Ok(None)
            }
            Line::Cut => {
                self.scanned = unscanned_nul(line, b'\r', self.scanned as usize);
                Ok(None)
            }
            Line::TooLong => Err(too_long),
        }
    }

    /// Parses a request that is a line of text. False if its bytes run out.
    #[cold]
    #[inline(never)]
    fn inline(&mut self, query: &mut [u8], out: &mut Requests) -> Result<bool, ProtocolError> {
        let from = self.at as usize;
        let line = &query[from..];
        let len = match find_end(line, b'\n', self.scanned as usize) {
            Line::Whole(len) => len,
            Line::Cut => {
                self.scanned = unscanned_nul(line, b'\n', self.scanned as usize);
                return Ok(false);
            }
            Line::TooLong => return Err(ProtocolError::InlineTooLong),
        };
        self.scanned = 0;
        self.at = (from + len + 1) as u32;
        let text = if len > 0 && line[len - 1] == b'\r' { len - 1 } else { len };
        let before = out.spans.len();
        if !split_line(query, from, from + text, &mut out.spans) {
            out.spans.truncate(before);
            return Err(ProtocolError::UnbalancedQuotes);
        }
        if out.spans.len() > before {
            out.finish();
        }
        Ok(true)
    }

    /// The buffer to read the socket into while a big bulk is under way; its spare capacity is what the bulk still
    /// needs, or the first step of it, so that nothing is asked for that was only announced.
    ///
    /// Whatever is read into it must follow what the query buffer holds: read the query buffer's bytes first (that is,
    /// call [`Parser::parse`]), then this.
    pub fn big(&mut self) -> Option<&mut Vec<u8>> {
        let half = self.half.as_mut()?;
        let Next::Big(len) = half.next else {
            return None;
        };
        if half.big.bytes.len() >= len {
            // Complete already: the next call of `parse` takes it.
            return None;
        }
        half.big.grow(len, 1);
        Some(&mut half.big.bytes)
    }

    /// Drops what has been parsed from the query buffer, after the requests of the batch are done.
    ///
    /// The bytes of a request that is not complete stay, and what is known of it stays right. Moving them is put off
    /// while there are more of them than there is to win, so that a long buffer is not moved once per batch.
    #[inline]
    pub fn compact(&mut self, query: &mut Vec<u8>) {
        let done = self.half.as_ref().map_or(self.at, |half| half.from);
        if done == 0 {
            return;
        }
        if done as usize == query.len() {
            query.clear();
            self.moved(done);
        } else if done as usize >= query.len() - done as usize {
            query.drain(..done as usize);
            self.moved(done);
        }
    }

    /// The query buffer has lost its first `by` bytes.
    fn moved(&mut self, by: u32) {
        self.at -= by;
        if let Some(half) = &mut self.half {
            half.from -= by;
            for span in &mut half.spans {
                if span.len != Span::BIG {
                    span.start -= by;
                }
            }
        }
    }
}

/// A request of bulks under way: what is missing, and where what is found goes.
struct Work<'a> {
    missing: u32,
    next: Next,
    spans: &'a mut Vec<Span>,
    bigs: &'a mut Vec<Buffer>,
    /// How many of `bigs` are of other requests: a span counts from there.
    bigs_before: usize,
    big: &'a mut Big,
}

impl Work<'_> {
    /// Reads arguments until none is missing (true), or the bytes run out (false).
    #[inline]
    fn arguments(&mut self, place: &mut Parser, query: &mut Vec<u8>, limits: &Limits) -> Result<bool, ProtocolError> {
        while self.missing > 0 {
            match self.next {
                Next::Length => {
                    if self.short_bulk(place, query) {
                        continue;
                    }
                    let rest = &query[place.at as usize..];
                    let len = match short_number(rest) {
                        Some((len, line)) if rest[0] == b'$' => {
                            place.at += line;
                            place.scanned = 0;
                            i64::from(len)
                        }
                        _ => match place.number(query, ProtocolError::LengthTooLong, ProtocolError::BadLength)? {
                            Some(len) => len,
                            None => return Ok(false),
                        },
                    };
                    self.next = next_bulk(len, limits)?;
                }
                Next::Bulk(len) => {
                    let end = place.at as usize + len as usize + 2;
                    if end > query.len() {
                        return Ok(false);
                    }
                    self.spans.push(Span { start: place.at, len });
                    // Within the query buffer, so within 32 bits.
                    place.at = end as u32;
                    self.missing -= 1;
                    self.next = Next::Length;
                }
                Next::Big(len) => {
                    if !self.big_bulk(place, query, len) {
                        return Ok(false);
                    }
                }
                Next::BigEnd => {
                    if place.at as usize + 2 > query.len() {
                        return Ok(false);
                    }
                    place.at += 2;
                    self.missing -= 1;
                    self.next = Next::Length;
                }
            }
        }
        Ok(true)
    }

    /// Reads an argument of at most 99 bytes that is all there: nearly all are. No limit is so low.
    #[inline(always)]
    fn short_bulk(&mut self, place: &mut Parser, query: &[u8]) -> bool {
        let start = place.at as usize;
        // Even the empty one is longer: `$0\r\n\r\n`.
        let Some(&[b'$', first, second, third, _]) = query[start..].first_chunk::<5>() else {
            return false;
        };
        let (len, header) = match (first, second, third) {
            (b'0'..=b'9', b'\r', _) => (first - b'0', 4),
            (b'1'..=b'9', b'0'..=b'9', b'\r') => ((first - b'0') * 10 + (second - b'0'), 5),
            _ => return false,
        };
        let begin = start + header;
        let end = begin + usize::from(len) + 2;
        if end > query.len() {
            return false;
        }
        // Within the query buffer, so within 32 bits.
        self.spans.push(Span { start: begin as u32, len: len.into() });
        place.at = end as u32;
        place.scanned = 0;
        self.missing -= 1;
        true
    }

    /// Moves what has arrived of a big bulk into its buffer. False if there is more to come.
    #[cold]
    #[inline(never)]
    fn big_bulk(&mut self, place: &mut Parser, query: &mut Vec<u8>, len: usize) -> bool {
        let at = place.at as usize;
        if self.big.bytes.len() > len {
            // The caller read past the bulk: that is what the query buffer goes on with.
            let excess = self.big.bytes.split_off(len);
            query.splice(at..at, excess);
        }
        let here = (query.len() - at).min(len - self.big.bytes.len());
        if here > 0 {
            self.big.grow(len, here);
            self.big.bytes.extend_from_slice(&query[at..at + here]);
            if at + here == query.len() {
                query.truncate(at);
            } else {
                // What follows need not be moved: these bytes count as parsed.
                place.at += here as u32;
            }
        }
        self.big.count();
        if self.big.bytes.len() < len {
            return false;
        }
        // There are fewer big bulks than arguments, and those are counted by 32 bits.
        self.spans.push(Span { start: (self.bigs.len() - self.bigs_before) as u32, len: Span::BIG });
        self.bigs.push(Buffer::new(self.big.take()));
        self.next = Next::BigEnd;
        true
    }
}

/// Checks the length of a bulk, and says where it goes.
#[inline]
fn next_bulk(len: i64, limits: &Limits) -> Result<Next, ProtocolError> {
    let len = u64::try_from(len).map_err(|_| ProtocolError::BadLength)?;
    if len > limits.bulk_max {
        return Err(ProtocolError::BadLength);
    }
    if len > UNAUTHENTICATED.1 && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedLength);
    }
    // A length over the address space could only be announced: it is never reached.
    Ok(if len >= BIG_BULK as u64 { Next::Big(len as usize) } else { Next::Bulk(len as u32) })
}

/// Reads `*123\r\n` or `$123\r\n` when it is short, whole and canonical, which is nearly always so: the number, and the
/// bytes of the line. Anything else is `None`, and the long way says what it is.
#[inline]
fn short_number(line: &[u8]) -> Option<(u32, u32)> {
    let mut value = 0;
    let mut len = 1;
    // Nine digits fit in 32 bits.
    while len < 10 {
        let digit = line.get(len)?.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + u32::from(digit);
        len += 1;
    }
    let canonical = len > 1 && (line[1] != b'0' || len == 2);
    // One byte behind the `\r` must be there: it passes for the `\n`, whatever it is.
    if canonical && line.get(len) == Some(&b'\r') && line.len() > len + 1 {
        Some((value, len as u32 + 2))
    } else {
        None
    }
}

/// Looks for the end of a line, of which the first bytes are known to hold none.
fn find_end(line: &[u8], end: u8, scanned: usize) -> Line {
    // A NUL hides what is behind it: a line with one has no end.
    match memchr2(end, 0, &line[scanned..]) {
        Some(i) if line[scanned + i] == end && scanned + i <= LINE_MAX => Line::Whole(scanned + i),
        _ if line.len() > LINE_MAX => Line::TooLong,
        _ => Line::Cut,
    }
}

/// How much of a line without an end need not be looked at again: all of it, or all before the NUL that hides the rest.
fn unscanned_nul(line: &[u8], end: u8, scanned: usize) -> u32 {
    // A line without an end is shorter than the limit.
    memchr2(end, 0, &line[scanned..]).map_or(line.len(), |i| scanned + i) as u32
}

/// Splits `query[from..to]` into words as a shell would, and decodes quotes and escapes in place: decoded text is never
/// longer. False if the quotes are not balanced.
///
/// In double quotes `\n \r \t \b \a \xHH` stand for bytes, and a backslash before anything else for that byte; in single
/// quotes only `\'` is special. A quote may open inside a word, but a word ends where a quote closes.
fn split_line(query: &mut [u8], from: usize, to: usize, spans: &mut Vec<Span>) -> bool {
    let mut read = from;
    loop {
        while read < to && is_space(query[read]) {
            read += 1;
        }
        if read == to {
            return true;
        }
        let start = read;
        let mut write = read;
        let mut quote = 0;
        loop {
            if read == to {
                if quote != 0 {
                    return false;
                }
                break;
            }
            let byte = query[read];
            read += 1;
            let decoded = match (quote, byte) {
                (b'"', b'\\') if read < to => {
                    let (decoded, len) = unescape(&query[read..to]);
                    read += len;
                    decoded
                }
                (b'\'', b'\\') if read < to && query[read] == b'\'' => {
                    read += 1;
                    b'\''
                }
                (b'"', b'"') | (b'\'', b'\'') => {
                    if read < to && !is_space(query[read]) {
                        return false;
                    }
                    break;
                }
                (0, b'"' | b'\'') => {
                    quote = byte;
                    continue;
                }
                // Inside a word only these separate: a vertical tab or a form feed is part of it, as in Redis.
                (0, b' ' | b'\n' | b'\r' | b'\t') => break,
                _ => byte,
            };
            query[write] = decoded;
            write += 1;
        }
        // Both lie in the query buffer, so within 32 bits.
        spans.push(Span { start: start as u32, len: (write - start) as u32 });
    }
}

/// What the text behind a backslash stands for, and how long it is.
fn unescape(text: &[u8]) -> (u8, usize) {
    match *text {
        [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => (hex(high) << 4 | hex(low), 3),
        [b'n', ..] => (b'\n', 1),
        [b'r', ..] => (b'\r', 1),
        [b't', ..] => (b'\t', 1),
        [b'b', ..] => (8, 1),
        [b'a', ..] => (7, 1),
        [byte, ..] => (byte, 1),
        [] => (b'\\', 0),
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    }
}

/// What C calls a space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    const OPEN: Limits = Limits { bulk_max: 512 * 1024 * 1024, authenticated: true };

    type Parsed = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

    /// Feeds a stream in reads that end at `cuts`, and collects requests as `net` would: batches of `max`, and big bulks
    /// read into their own buffer if `direct`.
    fn parse_cut(stream: &[u8], cuts: &[usize], limits: &Limits, max: usize, direct: bool) -> Parsed {
        let (mut parser, mut query, mut out) = (Parser::new(), Vec::new(), Requests::new());
        let mut found = Vec::new();
        let mut start = 0;
        for &end in cuts.iter().chain([&stream.len()]) {
            let mut read = &stream[start..end];
            start = end;
            while !read.is_empty() {
                let (buffer, room) = match parser.big() {
                    Some(big) if direct => {
                        assert!(big.len() < big.capacity(), "there is room to read into");
                        assert!(big.capacity() <= 2 * big.len().max(BIG_STEP), "and not much more than has come");
                        let room = big.capacity() - big.len();
                        (big, room)
                    }
                    _ => (&mut query, read.len()),
                };
                let (now, later) = read.split_at(room.min(read.len()));
                buffer.extend_from_slice(now);
                read = later;
                loop {
                    out.clear();
                    if let Err(error) = parser.parse(&mut query, limits, &mut out, max) {
                        assert!(out.is_empty());
                        return (found, Some(error));
                    }
                    for i in 0..out.len() {
                        let args = out.args(i, &query);
                        for (i, argument) in args.iter().enumerate() {
                            assert!(args.shared(i).is_none() || argument.len() >= BIG_BULK);
                        }
                        found.push(args.iter().map(<[u8]>::to_vec).collect());
                    }
                    parser.compact(&mut query);
                    if out.is_empty() {
                        break;
                    }
                }
            }
        }
        (found, None)
    }

    fn parse(stream: &[u8]) -> Parsed {
        parse_cut(stream, &[], &OPEN, 32, false)
    }

    fn words(text: &str) -> Vec<Vec<u8>> {
        text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    /// A request as clients send it.
    fn bulks(arguments: &[&[u8]]) -> Vec<u8> {
        let mut stream = format!("*{}\r\n", arguments.len()).into_bytes();
        for argument in arguments {
            stream.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
            stream.extend_from_slice(argument);
            stream.extend_from_slice(b"\r\n");
        }
        stream
    }

    #[test]
    fn requests_are_found_in_a_pipeline() {
        let (found, error) = parse(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING\r\n*0\r\n*-1\r\n\r\n*1\r\n$4\r\nQUIT\r\n");
        assert_eq!(found, [words("GET a"), words("PING"), words("QUIT")]);
        assert_eq!(error, None);
    }

    #[test]
    fn a_line_of_text_is_split_and_decoded_as_in_redis() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"PING\n", &[b"PING"]),
            (b"PING\r\n", &[b"PING"]),
            (b"PING\r\r\n", &[b"PING"]),
            (b"  ECHO \t a \r\n", &[b"ECHO", b"a"]),
            (b"$4\r\n", &[b"$4"]),
            (b"ECHO a\rb c\td\r\n", &[b"ECHO", b"a", b"b", b"c", b"d"]),
            // A vertical tab or a form feed may stand before a word or behind a quote; in a word it is part of it.
            (b"ECHO \x0ca\x0bb \"c\"\x0b\r\n", &[b"ECHO", b"a\x0bb", b"c"]),
            (b"ECHO \x85a\xa0\r\n", &[b"ECHO", b"\x85a\xa0"]),
            (b"ECHO a\\nb\r\n", &[b"ECHO", b"a\\nb"]),
            (b"\"ECHO\" \"a b\" '' \"\"\r\n", &[b"ECHO", b"a b", b"", b""]),
            (b"ECHO \"\\x41\\x4g\\n\\r\\t\\b\\a\\q\\\\\\\"\"\r\n", &[b"ECHO", b"Ax4g\n\r\t\x08\x07q\\\""]),
            (b"ECHO \"\\x4\" \"\\xfF\\x00\" z\r\n", &[b"ECHO", b"x4", b"\xff\x00", b"z"]),
            (b"ECHO 'a\\'b\\n\\x41' \"it's\" 'say \"x\"'\r\n", &[b"ECHO", b"a'b\\n\\x41", b"it's", b"say \"x\""]),
            (b"ECHO a\"b c\" d'e f'\r\n", &[b"ECHO", b"ab c", b"de f"]),
        ];
        for (line, arguments) in cases {
            assert_eq!(
                parse(line),
                (vec![arguments.iter().map(|a| a.to_vec()).collect()], None),
                "{}",
                line.escape_ascii()
            );
        }
        for blank in [&b"\n"[..], b"\r\n", b"  \t \r\n", b"\x0b\x0c\r\n"] {
            assert_eq!(parse(blank), (vec![], None));
        }
    }

    #[test]
    fn damage_is_named_as_in_redis() {
        use ProtocolError::*;
        let cases: &[(&[u8], ProtocolError, &str)] = &[
            (b"*\r\n", BadCount, "invalid multibulk length"),
            (b"* 1\r\n", BadCount, "invalid multibulk length"),
            (b"*+1\r\n", BadCount, "invalid multibulk length"),
            (b"*01\r\n", BadCount, "invalid multibulk length"),
            (b"*1 \r\n", BadCount, "invalid multibulk length"),
            (b"*-0\r\n", BadCount, "invalid multibulk length"),
            (b"*abc\r\n", BadCount, "invalid multibulk length"),
            (b"*2147483648\r\n", BadCount, "invalid multibulk length"),
            (b"*99999999999999999999\r\n", BadCount, "invalid multibulk length"),
            (b"*-9223372036854775809\r\n", BadCount, "invalid multibulk length"),
            // The count ends at the first `\r`, which comes late here.
            (b"*1\n$4\r\nPING\r\n", BadCount, "invalid multibulk length"),
            (b"*1\r\n\r\n", NoBulk(b'\r'), "expected '$', got '\r'"),
            (b"*1\r\n*1\r\n", NoBulk(b'*'), "expected '$', got '*'"),
            (b"*1\r\n4\r\n", NoBulk(b'4'), "expected '$', got '4'"),
            (b"*1\r\n\xff\r\n", NoBulk(0xff), "expected '$', got '\u{fffd}'"),
            (b"*1\r\n$\r\n", BadLength, "invalid bulk length"),
            (b"*1\r\n$-1\r\n", BadLength, "invalid bulk length"),
            (b"*3\r\n$-1\r\n", BadLength, "invalid bulk length"),
            (b"*1\r\n$00\r\n\r\n", BadLength, "invalid bulk length"),
            (b"*1\r\n$+4\r\nPING\r\n", BadLength, "invalid bulk length"),
            (b"*1\r\n$536870913\r\n", BadLength, "invalid bulk length"),
            (b"*1\r\n$99999999999999999999\r\n", BadLength, "invalid bulk length"),
            (b"ECHO \"a\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO 'a\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO a\"b\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO \"a\"b\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO 'a'b\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO a'b'c\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"\"ECHO\"\"a\"\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO \"abc\\\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO \"abc\\\"\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO 'abc\\'\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
            (b"ECHO \"\\x\r\n", UnbalancedQuotes, "unbalanced quotes in request"),
        ];
        for &(stream, error, text) in cases {
            assert_eq!(parse(stream), (vec![], Some(error)), "{}", stream.escape_ascii());
            let said = format!("ERR Protocol error: {text}");
            assert_eq!(String::from_utf8_lossy(&error.text()), said, "{}", stream.escape_ascii());
        }
    }

    #[test]
    fn what_redis_lets_pass_passes() {
        // Any byte may stand for the `\n`, and any two for the end of a bulk.
        let cases: &[&[u8]] =
            &[b"*1\r\r$4\r\nPING\r\n", b"*1\rX$4\rYPINGxx", b"*-5\r\n*-9223372036854775808\r\n*1\r\n$4\r\nPING\r\n"];
        for stream in cases {
            assert_eq!(parse(stream), (vec![words("PING")], None), "{}", stream.escape_ascii());
        }
        assert_eq!(parse(b"*1\r\n$0\r\n\r\n"), (vec![vec![vec![]]], None));
        // Nothing is wrong yet.
        for open in [&b"*2147483647\r\n"[..], b"*1\r\n$536870912\r\n", b"*1\r\n+", b"*1\r", b"*"] {
            assert_eq!(parse(open), (vec![], None), "{}", open.escape_ascii());
        }
    }

    #[test]
    fn a_line_has_a_limit_and_a_nul_hides_its_end() {
        use ProtocolError::*;
        let long = |head: &[u8], total: usize| [head, &vec![b'1'; total - head.len()]].concat();
        for (head, error) in
            [(&b"*"[..], CountTooLong), (b"*1\r\n$", LengthTooLong), (b"*1\r\n+", LengthTooLong), (b"1", InlineTooLong)]
        {
            let before = if head.len() > 1 { 4 } else { 0 };
            assert_eq!(parse(&long(head, before + LINE_MAX)), (vec![], None));
            assert_eq!(parse(&long(head, before + LINE_MAX + 1)), (vec![], Some(error)));
            let with_end = [&long(head, before + LINE_MAX + 1)[..], b"\r\n"].concat();
            assert_eq!(parse(&with_end), (vec![], Some(error)), "an end that comes too late is no end");
        }
        for (head, error) in
            [(&b"*1\0\r\n"[..], CountTooLong), (b"*1\r\n\0\r\n", LengthTooLong), (b"PI\0NG\r\nPING\r\n", InlineTooLong)]
        {
            assert_eq!(parse(head), (vec![], None));
            assert_eq!(parse(&long(head, LINE_MAX + 5)), (vec![], Some(error)));
        }
        for error in [CountTooLong, LengthTooLong, InlineTooLong, UnauthenticatedCount, UnauthenticatedLength] {
            let text = error.text();
            assert!(
                text.starts_with(b"ERR Protocol error: too big ")
                    || text.starts_with(b"ERR Protocol error: unauthenticated ")
            );
        }
    }

    #[test]
    fn before_authentication_requests_are_small() {
        let strict = Limits { authenticated: false, ..OPEN };
        let run = |stream: &[u8]| parse_cut(stream, &[], &strict, 1, false);
        assert_eq!(run(b"*10\r\n"), (vec![], None));
        assert_eq!(run(b"*11\r\n"), (vec![], Some(ProtocolError::UnauthenticatedCount)));
        assert_eq!(run(b"*2147483648\r\n"), (vec![], Some(ProtocolError::BadCount)));
        assert_eq!(run(b"*1\r\n$16384\r\n"), (vec![], None));
        assert_eq!(run(b"*1\r\n$16385\r\n"), (vec![], Some(ProtocolError::UnauthenticatedLength)));
        assert_eq!(run(b"*1\r\n$536870913\r\n"), (vec![], Some(ProtocolError::BadLength)));
        // The limits are for bulks; a line of text has its own.
        assert_eq!(run(&b"a ".repeat(100).into_iter().chain(*b"\r\n").collect::<Vec<_>>()).0[0].len(), 100);
    }

    #[test]
    fn requests_before_the_damage_come_first_and_it_stays() {
        let mut query = b"PING\r\n*1\r\n$4\r\nQUIT\r\n*2\r\n$3\r\nGET\r\n!\r\nPING\r\n".to_vec();
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        assert_eq!(parser.parse(&mut query, &OPEN, &mut out, 32), Ok(()));
        assert_eq!(out.len(), 2);
        assert_eq!(out.args(1, &query).get(0), b"QUIT");
        parser.compact(&mut query);
        out.clear();
        for _ in 0..2 {
            assert_eq!(parser.parse(&mut query, &OPEN, &mut out, 32), Err(ProtocolError::NoBulk(b'!')));
            assert!(out.is_empty());
            assert!(!parser.is_idle());
        }
    }

    #[test]
    fn nothing_of_a_damaged_request_gets_into_the_next_one() {
        let mut out = Requests::new();
        for damaged in [&b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n!\r\n"[..], b"SET k 'v\r\n"] {
            assert!(Parser::new().parse(&mut damaged.to_vec(), &OPEN, &mut out, 32).is_err());
        }
        let mut query = bulks(&[b"GET", b"k"]);
        Parser::new().parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert!(out.args(0, &query).iter().eq([&b"GET"[..], b"k"]));
    }

    #[test]
    fn a_batch_ends_at_its_size_and_goes_on_later() {
        let mut query = b"A\r\nB\r\nC\r\nD\r\nE".to_vec();
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        parser.parse(&mut query, &OPEN, &mut out, 0).unwrap();
        assert!(out.is_empty());
        parser.parse(&mut query, &OPEN, &mut out, 1).unwrap();
        parser.parse(&mut query, &OPEN, &mut out, 2).unwrap();
        assert_eq!(out.len(), 3);
        assert_eq!(out.args(2, &query).get(0), b"C");
        assert!(parser.is_idle());
        parser.parse(&mut query, &OPEN, &mut out, 9).unwrap();
        assert_eq!(out.len(), 4);
        assert!(!parser.is_idle());
    }

    /// A stream of every kind of request, with and without big bulks, and where its requests end.
    fn mixed_stream(big: usize) -> (Vec<u8>, Vec<Vec<Vec<u8>>>, Vec<usize>) {
        let value: Vec<u8> = (0..big).map(|i| (i % 251) as u8).collect();
        let parts: [(Vec<u8>, Vec<Vec<u8>>); 9] = [
            (b"PING\r\n".to_vec(), words("PING")),
            (bulks(&[b"SET", b"k", b""]), vec![b"SET".to_vec(), b"k".to_vec(), vec![]]),
            (
                b"\r\n*0\r\nECHO \"a\\x41\\n\" 'b c'\n".to_vec(),
                vec![b"ECHO".to_vec(), b"aA\n".to_vec(), b"b c".to_vec()],
            ),
            (bulks(&[b"SET", b"big", &value]), vec![b"SET".to_vec(), b"big".to_vec(), value.clone()]),
            (bulks(&[b"GET", b"123456789012"]), words("GET 123456789012")),
            (
                bulks(&[b"MSET", b"a", &value, b"b", &value]),
                vec![b"MSET".to_vec(), b"a".to_vec(), value.clone(), b"b".to_vec(), value.clone()],
            ),
            (b"*-1\r\nGET x\r\n".to_vec(), words("GET x")),
            (bulks(&[&value]), vec![value.clone()]),
            (bulks(&[b"QUIT"]), words("QUIT")),
        ];
        let (mut stream, mut requests, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (bytes, request) in parts {
            stream.extend(bytes);
            ends.push(stream.len());
            requests.push(request);
        }
        (stream, requests, ends)
    }

    #[test]
    fn every_prefix_of_a_valid_stream_is_its_whole_requests_and_no_error() {
        let (stream, requests, ends) = mixed_stream(10);
        for end in 0..=stream.len() {
            let whole = ends.iter().filter(|&&whole| whole <= end).count();
            assert_eq!(parse(&stream[..end]), (requests[..whole].to_vec(), None), "the first {end} bytes");
        }
    }

    #[test]
    fn every_split_of_a_stream_gives_the_same_requests() {
        let (stream, requests, _) = mixed_stream(10);
        let expected = (requests, None);
        for max in [1, 2, 32] {
            for first in 0..=stream.len() {
                for second in first..=stream.len() {
                    let found = parse_cut(&stream, &[first, second], &OPEN, max, false);
                    assert_eq!(found, expected, "cut at {first} and {second}, batches of {max}");
                }
            }
            let each_byte: Vec<usize> = (0..stream.len()).collect();
            assert_eq!(parse_cut(&stream, &each_byte, &OPEN, max, false), expected);
        }
    }

    #[test]
    fn big_bulks_come_whole_however_they_are_cut_and_read() {
        for big in [BIG_BULK - 1, BIG_BULK, BIG_BULK + 1, 100_000, BIG_STEP + 12_345] {
            let (stream, requests, ends) = mixed_stream(big);
            let expected = (requests, None);
            // Around the ends of the requests, where headers and line ends of big bulks are cut too.
            for end in ends.iter().flat_map(|&end| end.saturating_sub(30)..(end + 30).min(stream.len())) {
                if big > 40_000 && end % 7 != 0 {
                    continue;
                }
                for direct in [false, true] {
                    assert_eq!(parse_cut(&stream, &[end], &OPEN, 32, direct), expected, "{big} {end} {direct}");
                }
            }
            for seed in 1..=30 {
                let mut dice = Dice(seed);
                let reads = 1 + dice.below(60);
                let mut cuts: Vec<usize> = (0..reads).map(|_| dice.below(stream.len() as u64) as usize).collect();
                cuts.sort_unstable();
                let max = 1 + dice.below(4) as usize;
                let found = parse_cut(&stream, &cuts, &OPEN, max, seed % 2 == 0);
                assert!(found == expected, "seed {seed}, bulks of {big} bytes");
            }
        }
    }

    #[test]
    fn what_was_read_past_a_big_bulk_belongs_to_the_query() {
        let value = vec![b'v'; 50_000];
        let stream = [bulks(&[b"SET", b"k", &value]), bulks(&[b"GET", b"k"]), b"PING\r\n".to_vec()].concat();
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        let mut query = stream[..1000].to_vec();
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert!(out.is_empty());
        assert_eq!(query, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$50000\r\n", "what has come of the value is not kept twice");
        let big = parser.big().expect("a big bulk is under way");
        big.extend_from_slice(&stream[1000..stream.len() - 3]);
        assert!(parser.big().is_none());
        query.extend_from_slice(&stream[stream.len() - 3..]);
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert_eq!(out.len(), 3);
        assert_eq!(out.args(0, &query).get(2), value);
        assert!(out.args(1, &query).iter().eq([&b"GET"[..], b"k"]));
        assert!(out.args(2, &query).iter().eq([&b"PING"[..]]));
        parser.compact(&mut query);
        assert!(query.is_empty() && parser.is_idle());
    }

    #[test]
    fn a_handler_may_keep_a_big_bulk_and_then_owns_it() {
        let value = vec![b'v'; 50_000];
        let mut query = bulks(&[b"SET", b"k", &value]);
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        let kept = out.args(0, &query).shared(2).unwrap().clone();
        parser.compact(&mut query);
        out.clear();
        assert!(kept.is_unique());
        assert_eq!(kept.bytes(), value);
        assert_eq!(kept.allocated() - 32, 50_000, "no byte too many is kept with the value");
    }

    #[test]
    fn nothing_is_allocated_because_it_was_announced() {
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        let mut query = b"*2147483647\r\n$3\r\nSET\r\n$536870912\r\nv".to_vec();
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        parser.compact(&mut query);
        assert_eq!(parser.big().unwrap().capacity(), BIG_STEP);
        assert!(parser.bytes() < BIG_STEP + 1000, "{}", parser.bytes());
        assert!(out.spans.capacity() < 100);
        // Who has sent a megabyte means it: the buffer never moves again. What has not come is not counted.
        let big = parser.big().unwrap();
        big.resize(BIG_STEP - 1, 0);
        assert_eq!(parser.big().unwrap().capacity(), BIG_STEP);
        parser.big().unwrap().push(0);
        let mine = alloc::mine();
        assert_eq!(parser.big().unwrap().capacity(), 536_870_912);
        assert_eq!((alloc::mine(), parser.bytes() < BIG_STEP + 1000), (mine, true));
        parser.big().unwrap().resize(3 * BIG_STEP, 0);
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert_eq!(alloc::mine() - mine, 2 * BIG_STEP as isize);
        drop(parser);
        assert!(mine - alloc::mine() >= BIG_STEP as isize && mine - alloc::mine() < BIG_STEP as isize + 1000);
    }

    #[test]
    fn random_bytes_are_never_a_panic_and_cost_no_more_than_they_are() {
        let pieces: [&[u8]; 16] = [
            b"*", b"$", b"\r\n", b"\r", b"\n", b"\0", b"1", b"2", b"-1", b"0", b"40000", b"\"", b"'", b"\\x4", b" ",
            b"PING",
        ];
        for seed in 1..=3000 {
            let mut dice = Dice(seed);
            let mut stream = Vec::new();
            for _ in 0..dice.below(200) {
                match dice.below(20) {
                    0 => {
                        let n = dice.below(50);
                        stream.extend((0..n).map(|_| dice.next() as u8));
                    }
                    1 => stream.extend(bulks(&[b"SET", b"k", b"some value"])),
                    2 if dice.below(10) == 0 => stream.extend(bulks(&[b"SET", &vec![b'x'; BIG_BULK]])),
                    3..=8 => stream.extend(b"*1\r\n$"),
                    _ => stream.extend(pieces[dice.below(16) as usize]),
                }
            }
            let mut cuts: Vec<usize> =
                (0..dice.below(9)).map(|_| dice.below(stream.len() as u64 + 1) as usize).collect();
            cuts.sort_unstable();
            let whole = parse(&stream);
            for direct in [false, true] {
                let cut = parse_cut(&stream, &cuts, &OPEN, 1 + dice.below(5) as usize, direct);
                assert!(cut == whole, "seed {seed}: {} cut at {cuts:?}", stream.escape_ascii());
            }
            let (mut parser, mut out, len) = (Parser::new(), Requests::new(), stream.len());
            let _ = parser.parse(&mut stream, &OPEN, &mut out, usize::MAX);
            let spans = out.spans.capacity() * size_of::<Span>() + out.ends.capacity() * size_of::<End>();
            let bound = 64 * len + BIG_STEP + 1000;
            assert!(parser.bytes() + spans < bound, "seed {seed}: {} and {spans} for {len}", parser.bytes());
        }
    }

    #[test]
    fn moving_is_put_off_while_it_costs_more_than_it_wins() {
        let mut query = b"PING\r\n".repeat(100);
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        let mut lens = Vec::new();
        while !query.is_empty() {
            out.clear();
            parser.parse(&mut query, &OPEN, &mut out, 20).unwrap();
            assert_eq!(out.len(), 20);
            parser.compact(&mut query);
            lens.push(query.len());
        }
        assert_eq!(lens, [600, 600, 240, 120, 0]);
    }

    #[test]
    fn a_parser_at_rest_is_small_and_owns_nothing() {
        assert!(size_of::<Parser>() <= 24);
        let (mut parser, mut out) = (Parser::new(), Requests::new());
        let mut query = b"*2\r\n$4\r\nECHO\r\n$5\r\nhe".to_vec();
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert!(!parser.is_idle() && parser.bytes() > 0);
        query.extend(b"llo\r\n");
        parser.parse(&mut query, &OPEN, &mut out, 32).unwrap();
        assert_eq!(out.args(0, &query).get(1), b"hello");
        assert!(parser.is_idle() && parser.bytes() == 0);
    }
}
