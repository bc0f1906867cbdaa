//! Reads the commands of one part: on a helper thread, in batches that the loop runs.
//!
//! A part is a stream of requests as clients send them, always in the long form, with lines of remarks between
//! (`#TS:1700000000`, when the following was written). Whoever reads must not be served half of it:
//!
//! ```text
//! ...SET a 1 | MULTI | SET b 2 | SET c        <- end of the file
//!            ^ everything before here is whole: `Stop::Truncated { whole: .. }`
//! ```
//!
//! Anything that is neither is damage, and is told with its offset.

use crate::base::buffer::Buffer;
use crate::resp::parser::BIG_BULK;
use crate::resp::{Args, Request, Span};
use std::io::{self, BufRead, BufReader, Read};

/// Requests that follow each other.
#[derive(Debug, Default)]
pub struct Batch {
    /// What is to be run, in order.
    pub requests: Vec<Request>,
    /// The offset behind the last of them.
    pub end: u64,
}

/// How reading ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The last byte belonged to the last unit.
    Whole,
    /// The file ends within a unit, which begins at the offset `whole`.
    Truncated {
        /// Up to here everything is good.
        whole: u64,
    },
    /// Whoever was given the batches wants no more.
    Unwanted,
    /// A remark gives a time after the one that was asked for, at this offset.
    Late {
        /// Where the remark stands.
        at: u64,
    },
    /// At this offset stands something that is no request.
    Damaged {
        /// Where.
        at: u64,
        /// Up to here everything is good: whole units.
        whole: u64,
        /// What was expected.
        why: &'static str,
    },
    /// The file cannot be read.
    Unreadable(String),
}

/// Requests in a batch, and bytes: few enough that a slice of the loop's work ends soon.
const BATCH_REQUESTS: usize = 512;
const BATCH_BYTES: u64 = 1 << 20;
/// The longest bulk that Redis writes.
const BULK_MAX: u64 = 512 << 20;
/// The most arguments.
const ARGS_MAX: u64 = 1 << 20;
/// A big bulk's memory grows by so much at a time: a damaged length is not believed.
const STEP: usize = 1 << 20;

/// Why a request could not be read.
enum Cut {
    /// The file ended.
    End,
    Damage(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Cut {
        if error.kind() == io::ErrorKind::UnexpectedEof { Cut::End } else { Cut::Io(error) }
    }
}

struct Source<R> {
    input: BufReader<R>,
    offset: u64,
    line: Vec<u8>,
    small: Vec<u8>,
    spans: Vec<Span>,
    bigs: Vec<Buffer>,
}

/// Reads a part from its beginning, or from `offset` on if what stands before was read by somebody else, and gives its
/// requests away batch by batch until `give` says no. `until`: Unix seconds, what is marked as later is not read.
pub fn read(input: impl Read, offset: u64, until: Option<i64>, mut give: impl FnMut(Batch) -> bool) -> Stop {
    let mut source = Source {
        input: BufReader::with_capacity(256 * 1024, input),
        offset,
        line: Vec::new(),
        small: Vec::new(),
        spans: Vec::new(),
        bigs: Vec::new(),
    };
    let mut batch = Batch { requests: Vec::new(), end: offset };
    let (mut began, mut whole) = (offset, offset);
    let mut is_in_multi = false;
    let stop = loop {
        let at = source.offset;
        match source.next(until) {
            Ok(None) if is_in_multi => break Stop::Truncated { whole },
            Ok(None) => break Stop::Whole,
            Ok(Some(Found::Remark)) => {
                if !is_in_multi {
                    whole = source.offset;
                }
            }
            Ok(Some(Found::Late)) => break Stop::Late { at },
            Ok(Some(Found::Request(request))) => {
                let name = request.args().get(0);
                is_in_multi = if is_in_multi {
                    !name.eq_ignore_ascii_case(b"EXEC") && !name.eq_ignore_ascii_case(b"DISCARD")
                } else {
                    name.eq_ignore_ascii_case(b"MULTI")
                };
                if !is_in_multi {
                    whole = source.offset;
                }
                batch.requests.push(request);
                batch.end = source.offset;
                if batch.requests.len() >= BATCH_REQUESTS || batch.end - began >= BATCH_BYTES {
                    began = batch.end;
                    let full = std::mem::replace(&mut batch, Batch { requests: Vec::new(), end: began });
                    if !give(full) {
                        return Stop::Unwanted;
                    }
                }
            }
            Err(Cut::End) => break Stop::Truncated { whole },
            Err(Cut::Damage(why)) => break Stop::Damaged { at, whole, why },
            Err(Cut::Io(error)) => break Stop::Unreadable(error.to_string()),
        }
    };
    if !batch.requests.is_empty() && !give(batch) {
        return Stop::Unwanted;
    }
    stop
}

enum Found {
    Request(Request),
    Remark,
    Late,
}

impl<R: Read> Source<R> {
    /// The next request or remark; none at the end of the file.
    fn next(&mut self, until: Option<i64>) -> Result<Option<Found>, Cut> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        self.line()?;
        if let Some(remark) = self.line.strip_prefix(b"#") {
            let time = remark.strip_prefix(b"TS:").and_then(crate::base::number::parse_i64);
            let is_late = time.zip(until).is_some_and(|(time, until)| time > until);
            return Ok(Some(if is_late { Found::Late } else { Found::Remark }));
        }
        let count = self.number(b'*', ARGS_MAX, "expected a request, '*' and the number of its arguments")?;
        if count == 0 {
            return Err(Cut::Damage("a request without arguments"));
        }
        self.small.clear();
        self.spans.clear();
        self.bigs.clear();
        for _ in 0..count {
            self.line()?;
            let len = self.number(b'$', BULK_MAX, "expected an argument, '$' and its length")? as usize;
            if len >= BIG_BULK {
                let mut bytes = Vec::new();
                self.bytes(len, |part| bytes.extend_from_slice(part))?;
                self.spans.push(Span { start: self.bigs.len() as u32, len: Span::BIG });
                self.bigs.push(Buffer::new(bytes));
            } else {
                let start = self.small.len();
                // At most 2^20 arguments below 32 KB each are more than 32 bits can count only if somebody means harm.
                if start + len > u32::MAX as usize {
                    return Err(Cut::Damage("a request too large"));
                }
                let mut small = std::mem::take(&mut self.small);
                let read = self.bytes(len, |part| small.extend_from_slice(part));
                self.small = small;
                read?;
                self.spans.push(Span { start: start as u32, len: len as u32 });
            }
            let mut end = [0; 2];
            self.input.read_exact(&mut end)?;
            self.offset += 2;
            if end != *b"\r\n" {
                return Err(Cut::Damage("an argument longer than its length says"));
            }
        }
        let args = Args::new(&self.small, &self.spans, &self.bigs);
        Ok(Some(Found::Request(Request::from(args))))
    }

    /// A line, without its end.
    fn line(&mut self) -> Result<(), Cut> {
        const LINE_MAX: u64 = 1024;
        self.line.clear();
        let n = (&mut self.input).take(LINE_MAX).read_until(b'\n', &mut self.line)?;
        self.offset += n as u64;
        if self.line.pop() != Some(b'\n') {
            return Err(if n as u64 == LINE_MAX { Cut::Damage("a line without an end") } else { Cut::End });
        }
        if self.line.pop() != Some(b'\r') {
            return Err(Cut::Damage("a line that does not end in CR LF"));
        }
        Ok(())
    }

    fn number(&self, kind: u8, max: u64, why: &'static str) -> Result<u64, Cut> {
        let number = self.line.strip_prefix(&[kind]).and_then(crate::base::number::parse_u64);
        number.filter(|&n| n <= max).ok_or(Cut::Damage(why))
    }

    fn bytes(&mut self, len: usize, mut take: impl FnMut(&[u8])) -> Result<(), Cut> {
        let mut left = len;
        while left > 0 {
            let part = self.input.fill_buf()?;
            if part.is_empty() {
                return Err(Cut::End);
            }
            let n = part.len().min(left).min(STEP);
            take(&part[..n]);
            self.input.consume(n);
            self.offset += n as u64;
            left -= n;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> (Vec<String>, Stop) {
        let mut seen = Vec::new();
        let stop = read(bytes, 0, None, |batch| {
            assert!(batch.end <= bytes.len() as u64);
            let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
            seen.extend(batch.requests.iter().map(|r| r.args().iter().map(text).collect::<Vec<_>>().join(" ")));
            true
        });
        (seen, stop)
    }

    const GOOD: &[u8] = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n#TS:12\r\n*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$4\r\nEXEC\r\n";

    #[test]
    fn requests_come_in_order() {
        assert_eq!(all(GOOD), (["SELECT 0", "MULTI", "SET a ", "EXEC"].map(String::from).to_vec(), Stop::Whole));
        assert_eq!(all(b""), (vec![], Stop::Whole));
    }

    #[test]
    fn a_cut_file_is_good_up_to_its_last_whole_unit() {
        let multi = GOOD.windows(5).position(|w| w == b"MULTI").unwrap() as u64 - 8;
        let remark = multi - 8;
        for cut in 1..GOOD.len() {
            let (_, stop) = all(&GOOD[..cut]);
            let whole = match cut as u64 {
                n if n < remark => 0,
                n if n < multi => remark,
                _ => multi,
            };
            let expected =
                if [remark, multi].contains(&(cut as u64)) { Stop::Whole } else { Stop::Truncated { whole } };
            assert_eq!(stop, expected, "cut at {cut}");
        }
    }

    #[test]
    fn damage_is_told_with_its_place_and_nothing_large_is_believed() {
        for (bytes, at) in [
            (&b"SET a 1\r\n"[..], 0),
            (b"*1\r\n$4\r\nPING\r\n*x\r\n", 14),
            (b"*1\r\n$4\r\nPINGxx", 0),
            (b"*0\r\n", 0),
            (b"*99999999999\r\n", 0),
            (b"*1\r\n$99999999999\r\n", 0),
            (b"*1\n$4\r\nPING\r\n", 0),
        ] {
            let (_, stop) = all(bytes);
            assert!(matches!(stop, Stop::Damaged { at: found, .. } if found == at), "{stop:?}");
        }
        let (_, stop) = all(b"*2\r\n$3\r\nGET\r\n$536870912\r\nabc");
        assert_eq!(stop, Stop::Truncated { whole: 0 });
    }

    #[test]
    fn big_arguments_are_counted_buffers_and_a_time_ends_the_reading() {
        let mut bytes = Vec::new();
        let big = vec![b'x'; 40_000];
        Args::new(&big, &[Span { start: 0, len: 4 }, Span { start: 0, len: 40_000 }], &[]).encode_into(&mut bytes);
        let first = bytes.len() as u64;
        bytes.extend_from_slice(b"#TS:200\r\n*1\r\n$4\r\nPING\r\n");
        let mut n = 0;
        let stop = read(&*bytes, 0, Some(199), |batch| {
            assert_eq!(batch.requests[0].args().shared(1).map(|b| b.bytes().len()), Some(40_000));
            n += batch.requests.len();
            true
        });
        assert_eq!((n, stop), (1, Stop::Late { at: first }));
    }
}
