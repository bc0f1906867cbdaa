//! A request that outlives its connection's buffers: in a MULTI queue, of a blocked client, in the slow log.
//!
//! ```text
//! bytes   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n            the request as it would be sent, less its big bulks
//! spans   (8, 3)  (17, 1)  (0, BIG)
//! bigs    [ counted buffer ]                       held, not copied
//! ```

use super::args::{Args, Span, header};
use crate::base::buffer::Buffer;

/// An owned request.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Box<[u8]>,
    spans: Box<[Span]>,
    bigs: Box<[Buffer]>,
}

impl Request {
    /// The arguments, as a handler gets them.
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.bytes, &self.spans, &self.bigs)
    }

    /// Appends the request as a client library would send it: one array of bulks.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        if self.bigs.is_empty() {
            out.extend_from_slice(&self.bytes);
        } else {
            self.args().encode_into(out);
        }
    }

    /// The memory that it holds, its big bulks included (they are counted here also when others hold them too).
    pub fn bytes(&self) -> usize {
        let bigs: usize = self.bigs.iter().map(|big| big.bytes().len()).sum();
        self.bytes.len() + size_of_val(&*self.spans) + size_of_val(&*self.bigs) + bigs
    }
}

impl From<Args<'_>> for Request {
    fn from(args: Args<'_>) -> Request {
        let small: usize = args.iter().map(<[u8]>::len).filter(|&len| len < super::parser::BIG_BULK).sum();
        let mut bytes = Vec::with_capacity(small + 16 * (args.len() + 1));
        let mut spans = Vec::with_capacity(args.len());
        let mut bigs = Vec::new();
        header(&mut bytes, b'*', args.len());
        for (i, argument) in args.iter().enumerate() {
            if let Some(buffer) = args.shared(i) {
                // There are fewer big bulks than arguments, and those are counted by 32 bits.
                spans.push(Span { start: bigs.len() as u32, len: Span::BIG });
                bigs.push(buffer.clone());
                continue;
            }
            header(&mut bytes, b'$', argument.len());
            // The arguments came from one query buffer, whose limit keeps offsets in 32 bits; the headers repeat its own.
            spans.push(Span { start: bytes.len() as u32, len: argument.len() as u32 });
            bytes.extend_from_slice(argument);
            bytes.extend_from_slice(b"\r\n");
        }
        Request { bytes: bytes.into(), spans: spans.into(), bigs: bigs.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owned_request_has_the_same_arguments_and_shares_big_bulks() {
        let big = Buffer::new(vec![b'v'; 40_000]);
        let bigs = [Buffer::new(vec![b'w'; 32_768]), big.clone()];
        let spans = [Span { start: 2, len: 3 }, Span { start: 1, len: Span::BIG }, Span { start: 0, len: 0 }];
        let args = Args::new(b"..SETxx", &spans, &bigs);
        let request = Request::from(args);
        assert!(request.args().iter().eq(args.iter()));
        assert_eq!(request.args().shared(1).unwrap().bytes().as_ptr(), big.bytes().as_ptr());
        assert!(request.bytes() > 40_000 && request.bytes() < 40_200, "{}", request.bytes());
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        request.encode_into(&mut ours);
        args.encode_into(&mut theirs);
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_request_without_big_bulks_is_its_own_encoding() {
        let spans = [Span { start: 0, len: 4 }, Span { start: 4, len: 1 }];
        let request = Request::from(Args::new(b"ECHOx", &spans, &[]));
        let mut out = Vec::new();
        request.encode_into(&mut out);
        assert_eq!(out, b"*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n");
        assert_eq!(request.args().get(1), b"x");
    }
}
