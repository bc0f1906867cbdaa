//! Requests as bytes on their way to a file, long arguments held and not copied.
//!
//! ```text
//! own    *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000000\r\n | \r\n*1\r\n ...
//! held                                     [ a counted buffer ]
//! ```

use super::args::{Args, header};
use crate::base::buffer::{Buffer, Text};
use std::ops::{Add, Sub};

/// A place between two requests: how many own bytes are before it, and how many held strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    own: usize,
    held: usize,
}

impl Sub for Place {
    type Output = Place;

    /// The place as it is seen from one before it.
    fn sub(self, before: Place) -> Place {
        Place { own: self.own - before.own, held: self.held - before.held }
    }
}

impl Add for Place {
    type Output = Place;

    /// The place in what is behind `self`.
    fn add(self, behind: Place) -> Place {
        Place { own: self.own + behind.own, held: self.held + behind.held }
    }
}

/// Bytes of requests, one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    own: Vec<u8>,
    /// Each stands before the byte of `own` at this index.
    held: Vec<(usize, Buffer)>,
    held_len: usize,
}

impl Encoded {
    /// How many bytes there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.own.len() + self.held_len
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Where more bytes are appended.
    #[inline]
    pub fn own(&mut self) -> &mut Vec<u8> {
        &mut self.own
    }

    /// Appends a request as a client library would send it: one array of bulks.
    #[inline]
    pub fn request(&mut self, args: Args) {
        if !args.has_big() {
            return args.encode_into(&mut self.own);
        }
        header(&mut self.own, b'*', args.len());
        for i in 0..args.len() {
            self.bulk(args.text(i));
        }
    }

    /// Appends a string with its length; a counted buffer is held.
    pub fn bulk(&mut self, text: Text) {
        match text {
            Text::Shared(buffer) => {
                header(&mut self.own, b'$', buffer.bytes().len());
                self.held.push((self.own.len(), buffer.clone()));
                self.held_len += buffer.bytes().len();
                self.own.extend_from_slice(b"\r\n");
            }
            text => text.with(|bytes| super::args::bulk(&mut self.own, bytes)),
        }
    }

    /// Moves what another has behind this.
    #[inline]
    pub fn append(&mut self, other: &mut Encoded) {
        if !other.held.is_empty() {
            let at = self.own.len();
            self.held.extend(other.held.drain(..).map(|(index, buffer)| (at + index, buffer)));
            self.held_len += std::mem::take(&mut other.held_len);
        }
        self.own.extend_from_slice(&other.own);
        other.own.clear();
    }

    /// The place behind all of it.
    #[inline]
    pub fn end(&self) -> Place {
        Place { own: self.own.len(), held: self.held.len() }
    }

    /// Takes off what is behind a place.
    pub fn split_off(&mut self, at: Place) -> Encoded {
        if at == self.end() {
            return Encoded::default();
        }
        let held: Vec<_> = self.held.drain(at.held..).map(|(index, buffer)| (index - at.own, buffer)).collect();
        let held_len = held.iter().map(|(_, buffer)| buffer.bytes().len()).sum();
        self.held_len -= held_len;
        Encoded { own: self.own.split_off(at.own), held, held_len }
    }

    /// Inserts bytes at a place.
    pub fn insert(&mut self, at: Place, bytes: &[u8]) {
        self.own.splice(at.own..at.own, bytes.iter().copied());
        self.held[at.held..].iter_mut().for_each(|(index, _)| *index += bytes.len());
    }

    /// Forgets all, not its memory.
    pub fn clear(&mut self) {
        self.own.clear();
        self.held.clear();
        self.held_len = 0;
    }

    /// The bytes in order, piece by piece.
    #[inline]
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces_between(Place::default(), self.end())
    }

    /// The bytes between two places.
    #[inline]
    pub fn pieces_between(&self, start: Place, end: Place) -> impl Iterator<Item = &[u8]> {
        let held = &self.held[start.held..end.held];
        let mut from = start.own;
        let before = held.iter().flat_map(move |(at, buffer)| {
            let own = &self.own[std::mem::replace(&mut from, *at)..*at];
            [own, buffer.bytes()]
        });
        let behind = held.last().map_or(start.own, |(at, _)| *at);
        before.chain([&self.own[behind..end.own]]).filter(|piece| !piece.is_empty())
    }

    /// The memory of what is not held.
    pub fn capacity(&self) -> usize {
        self.own.capacity()
    }

    /// The memory that goes when this goes: what others hold as well stays.
    pub fn memory(&self) -> usize {
        let held = self.held.iter().filter(|(_, buffer)| buffer.is_unique());
        self.own.capacity() + held.map(|(_, buffer)| buffer.bytes().len()).sum::<usize>()
    }

    /// Whether anything is held.
    #[inline]
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Span;

    #[test]
    fn what_is_long_is_held_and_stands_in_its_place() {
        let bigs = [Buffer::new(vec![b'v'; 40_000]), Buffer::new(vec![b'w'; 50_000])];
        let spans = [(0, 4), (0, Span::BIG), (4, 1), (1, Span::BIG)].map(|(start, len)| Span { start, len });
        let args = Args::new(b"MSETk", &spans, &bigs);
        let mut expected = Vec::new();
        let (mut all, mut one) = (Encoded::default(), Encoded::default());
        for _ in 0..3 {
            one.request(args);
            one.request(args.range(0..1));
            all.append(&mut one);
            args.encode_into(&mut expected);
            args.range(0..1).encode_into(&mut expected);
        }
        assert_eq!(all.pieces().collect::<Vec<_>>().concat(), expected);
        assert_eq!((all.len(), one.len(), one.is_empty()), (expected.len(), 0, true));
        assert!(all.memory() < 1000 && all.holds(), "others hold it, too");
        let shared = all.pieces().find(|piece| piece.len() == 40_000).expect("a piece of its own");
        assert_eq!(shared.as_ptr(), bigs[0].bytes().as_ptr());
        all.append(&mut Encoded::default());
        all.clear();
        assert_eq!((all.len(), all.pieces().count()), (0, 0));
    }
}
