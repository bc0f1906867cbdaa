//! The arguments of one request, and a cursor that reads options.
//!
//! An argument is a span: offsets into the query buffer, or, for a big bulk, the index of its counted buffer.
//!
//! ```text
//! query  *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$40000\r\n          bigs  [ 40,000 bytes ]
//! spans  (8, 3)  (17, 1)  (0, BIG)  <- index into bigs
//! ```
//!
//! `Args` is three slices and is copied freely. What `get` returns has the lifetime of the connection's buffers, not
//! of the call, so a handler may hold arguments while it changes the server.

use std::ops::Deref;

use crate::base::buffer::{Buffer, Text};

/// Where an argument lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte in the query buffer, or the index of a big bulk.
    pub start: u32,
    /// The number of bytes, or [`Span::BIG`].
    pub len: u32,
}

impl Span {
    /// The length that says that `start` is an index into the big bulks. No bulk in a query buffer is that long.
    pub const BIG: u32 = u32::MAX;
}

/// The arguments of a request; the first one is the command's name.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    query: &'a [u8],
    spans: &'a [Span],
    bigs: &'a [Buffer],
}

impl<'a> Args<'a> {
    /// Arguments at these places.
    pub fn new(query: &'a [u8], spans: &'a [Span], bigs: &'a [Buffer]) -> Args<'a> {
        Args { query, spans, bigs }
    }

    /// How many there are, the command's name included.
    #[inline]
    pub fn len(self) -> usize {
        self.spans.len()
    }

    /// Whether there are none: true only of a tail.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at `i`. Panics past the end: arity is checked before a handler runs.
    #[inline]
    pub fn get(self, i: usize) -> &'a [u8] {
        let span = self.spans[i];
        if span.len == Span::BIG {
            return self.bigs[span.start as usize].bytes();
        }
        &self.query[span.start as usize..][..span.len as usize]
    }

    /// The counted buffer of the argument at `i`, if it is a big bulk: a handler may keep it instead of copying it.
    #[inline]
    pub fn shared(self, i: usize) -> Option<&'a Buffer> {
        let span = self.spans[i];
        if span.len == Span::BIG { Some(&self.bigs[span.start as usize]) } else { None }
    }

    /// Whether any argument may be a big bulk.
    #[inline]
    pub fn has_big(self) -> bool {
        !self.bigs.is_empty()
    }

    /// The argument at `i` as a string to be stored: a big one is held, not copied.
    #[inline]
    pub fn text(self, i: usize) -> Text<'a> {
        match self.shared(i) {
            Some(buffer) => Text::Shared(buffer),
            None => Text::Bytes(self.get(i)),
        }
    }

    /// The arguments from `i` on.
    #[inline]
    #[must_use]
    pub fn from(self, i: usize) -> Args<'a> {
        Args { spans: &self.spans[i..], ..self }
    }

    /// The arguments of a range.
    #[inline]
    #[must_use]
    pub fn range(self, range: std::ops::Range<usize>) -> Args<'a> {
        Args { spans: &self.spans[range], ..self }
    }

    /// How many bytes they are as a request.
    pub fn encoded_len(self) -> usize {
        let digits = |n: usize| n.checked_ilog10().unwrap_or(0) as usize + 1;
        let line = |n: usize| digits(n) + 3;
        line(self.len()) + self.iter().map(|arg| line(arg.len()) + arg.len() + 2).sum::<usize>()
    }

    /// Every argument in order.
    #[inline]
    pub fn iter(self) -> Iter<'a> {
        Iter { args: self }
    }

    /// A cursor that stands before the argument at `i`.
    #[inline]
    pub fn cursor(self, i: usize) -> Cursor<'a> {
        Cursor { rest: self.from(i) }
    }

    /// The bytes that came, if they are just what [`Args::encode_into`] would make. Most clients send most requests like that.
    #[inline]
    fn as_sent(self) -> Option<&'a [u8]> {
        let last = self.spans.last().filter(|last| last.len != Span::BIG)?;
        let end = last.start as usize + last.len as usize;
        let mut next = end;
        for span in self.spans.iter().rev() {
            let start = span.start as usize;
            // What an argument ends with is before the header of the next one.
            let is_whole = span.len != Span::BIG && start + span.len as usize == next;
            if !is_whole || self.query.get(next..next + 2)? != b"\r\n" {
                return None;
            }
            next = header_before(self.query, start, b'$', span.len as usize)?.checked_sub(2)?;
        }
        let start = header_before(self.query, next + 2, b'*', self.spans.len())?;
        Some(&self.query[start..end + 2])
    }

    /// Appends the request as a client library would send it: one array of bulks.
    pub fn encode_into(self, out: &mut Vec<u8>) {
        if let Some(bytes) = self.as_sent() {
            return out.extend_from_slice(bytes);
        }
        out.reserve(self.iter().map(|argument| argument.len() + 16).sum::<usize>() + 16);
        header(out, b'*', self.len());
        for argument in self {
            bulk(out, argument);
        }
    }
}

/// Checks that `$5\r\n` ends at `at`, and answers where it begins. Longer lengths than three digits are not worth a check.
#[inline]
fn header_before(query: &[u8], at: usize, kind: u8, n: usize) -> Option<usize> {
    let digit = |n: usize| b'0' + (n % 10) as u8;
    let (header, len) = match n {
        0..10 => ([0, 0, kind, digit(n), b'\r', b'\n'], 4),
        10..100 => ([0, kind, digit(n / 10), digit(n), b'\r', b'\n'], 5),
        100..1000 => ([kind, digit(n / 100), digit(n / 10), digit(n), b'\r', b'\n'], 6),
        _ => return None,
    };
    let start = at.checked_sub(len)?;
    (query.get(start..at)? == &header[6 - len..]).then_some(start)
}

/// Appends `*3\r\n` or `$5\r\n`.
pub fn header(out: &mut Vec<u8>, kind: u8, n: usize) {
    out.push(kind);
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Appends a string with its length.
pub fn bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    header(out, b'$', bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// Appends strings as one list: `kind` is `*` for an array or a request, `>` for a push.
pub fn bulks<W: AsRef<[u8]>>(out: &mut Vec<u8>, kind: u8, words: &[W]) {
    header(out, kind, words.len());
    for word in words {
        bulk(out, word.as_ref());
    }
}

/// A request in RESP.
pub fn request<W: AsRef<[u8]>>(words: &[W]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bulks(&mut bytes, b'*', words);
    bytes
}

impl<'a> IntoIterator for Args<'a> {
    type Item = &'a [u8];
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Walks arguments from first to last.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    args: Args<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.args.is_empty() {
            return None;
        }
        let first = self.args.get(0);
        self.args = self.args.from(1);
        Some(first)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.args.len(), Some(self.args.len()))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// Reads options one after the other.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: Args<'a>,
}

impl<'a> Cursor<'a> {
    /// The next argument folded to upper case, to be matched against an option's name.
    #[inline]
    pub fn word(&mut self) -> Option<Word> {
        self.value().map(Word::new)
    }

    /// The next argument as it was sent.
    #[inline]
    pub fn value(&mut self) -> Option<&'a [u8]> {
        let first = self.peek()?;
        self.rest = self.rest.from(1);
        Some(first)
    }

    /// The next argument, without moving on.
    #[inline]
    pub fn peek(&self) -> Option<&'a [u8]> {
        if self.rest.is_empty() { None } else { Some(self.rest.get(0)) }
    }

    /// How many arguments are left.
    #[inline]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The arguments that are left.
    #[inline]
    pub fn rest(&self) -> Args<'a> {
        self.rest
    }
}

/// An option's name in upper case.
///
/// The longest name that Redis knows has 24 letters (`SET-DISABLE-DENY-SCRIPTS`). What is longer than a word holds is
/// no option of anything, and becomes a single NUL, which is the name of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    letters: [u8; Word::MAX],
    len: u8,
}

impl Word {
    /// The longest text that is kept.
    pub const MAX: usize = 31;

    /// Folds a text.
    #[inline]
    pub fn new(text: &[u8]) -> Word {
        let mut word = Word { letters: [0; Word::MAX], len: 1 };
        if let Some(letters) = word.letters.get_mut(..text.len()) {
            for (letter, byte) in letters.iter_mut().zip(text) {
                *letter = byte.to_ascii_uppercase();
            }
            // At most 31, as the slice above was there.
            word.len = text.len() as u8;
        }
        word
    }
}

impl Deref for Word {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.letters[..self.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    fn span(start: u32, len: u32) -> Span {
        Span { start, len }
    }

    #[test]
    fn arguments_are_found_in_the_query_and_among_the_big_bulks() {
        let query = b"setkeyex";
        let bigs = [Buffer::new(vec![b'x'; 40_000])];
        let spans = [span(0, 3), span(3, 3), span(0, Span::BIG), span(6, 2), span(8, 0)];
        let args = Args::new(query, &spans, &bigs);
        assert_eq!(args.len(), 5);
        assert_eq!(args.get(0), b"set");
        assert_eq!(args.get(2).len(), 40_000);
        assert_eq!(args.get(4), b"");
        assert!(args.shared(1).is_none());
        assert_eq!(args.shared(2), Some(&bigs[0]));
        let tail = args.from(2);
        assert_eq!(tail.len(), 3);
        assert_eq!(tail.get(1), b"ex");
        assert_eq!(tail.shared(0), Some(&bigs[0]));
        assert!(args.from(5).is_empty());
        assert_eq!(args.iter().map(<[u8]>::len).collect::<Vec<_>>(), [3, 3, 40_000, 2, 0]);
    }

    #[test]
    fn a_request_is_encoded_the_same_whatever_it_came_as() {
        let mut dice = Dice(3);
        let mut copied = 0;
        for _ in 0..20_000 {
            let words: Vec<Vec<u8>> = (0..=dice.below(12))
                .map(|_| {
                    let len = [0, 1, 3, 9, 10, 99, 100, 999, 1000, 2000][dice.below(10) as usize];
                    // Also such as look like parts of a request.
                    if dice.below(9) == 0 { b"*1\r\n$8\r\n".to_vec() } else { vec![b'a' + dice.below(26) as u8; len] }
                })
                .collect();
            let expected = request(&words);
            let mut query = vec![b'\n'; dice.below(20) as usize];
            let mut spans = Vec::new();
            header(&mut query, b'*', words.len());
            for word in &words {
                header(&mut query, b'$', word.len());
                spans.push(span(query.len() as u32, word.len() as u32));
                query.extend_from_slice(word);
                query.extend_from_slice(b"\r\n");
            }
            copied += usize::from(Args::new(&query, &spans, &[]).as_sent().is_some());
            // A byte around the arguments is another one, or missing at the end.
            if dice.below(2) == 0 {
                let at = dice.below(query.len() as u64) as usize;
                let is_argument = spans.iter().any(|s| (s.start as usize..(s.start + s.len) as usize).contains(&at));
                if !is_argument {
                    query[at] = [b'0', b' ', b'+', b'\n', b'*'][dice.below(5) as usize];
                }
            }
            if dice.below(4) == 0 {
                query.truncate(query.len() - dice.below(3) as usize);
            }
            let mut out = b"before".to_vec();
            Args::new(&query, &spans, &[]).encode_into(&mut out);
            assert!(out.strip_prefix(b"before").is_some_and(|out| out == expected), "{}", query.escape_ascii());
        }
        assert!(copied > 5_000, "{copied}");
    }

    #[test]
    fn a_cursor_reads_words_and_values_to_the_end() {
        let query = b"exFoo";
        let spans = [span(0, 2), span(2, 3)];
        let mut cursor = Args::new(query, &spans, &[]).cursor(0);
        assert_eq!(cursor.left(), 2);
        assert_eq!(cursor.peek(), Some(&b"ex"[..]));
        assert_eq!(cursor.word().as_deref(), Some(&b"EX"[..]));
        assert_eq!(cursor.rest().len(), 1);
        assert_eq!(cursor.value(), Some(&b"Foo"[..]));
        assert_eq!(cursor.value(), None);
        assert_eq!(cursor.word(), None);
        assert_eq!(cursor.left(), 0);
    }

    #[test]
    fn a_word_is_folded_and_a_long_one_matches_nothing() {
        assert_eq!(&*Word::new(b"keepTtl1"), b"KEEPTTL1");
        assert_eq!(&*Word::new(b""), b"");
        assert_eq!(&*Word::new(&[b'a'; 31]), [b'A'; 31]);
        assert_eq!(&*Word::new(&[b'a'; 32]), b"\0");
    }

    #[test]
    fn a_request_is_encoded_as_an_array_of_bulks() {
        let spans = [span(0, 4), span(4, 0), span(4, 12)];
        let mut out = b"before".to_vec();
        Args::new(b"ECHOtwelve bytes", &spans, &[]).encode_into(&mut out);
        assert_eq!(out, b"before*3\r\n$4\r\nECHO\r\n$0\r\n\r\n$12\r\ntwelve bytes\r\n");
    }
}
