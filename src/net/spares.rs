//! Empty buffers that are lent to connections while they have something in them.
//!
//! As many are kept as were in use together a moment ago: those that nobody has taken for a second go, half of them at a time.

/// The size of a lent buffer.
pub const BUFFER: usize = 64 * 1024;
/// No more are kept.
const KEPT_MAX: usize = 64;

/// The buffers that are not lent.
#[derive(Debug, Default)]
pub struct Spares {
    list: Vec<Vec<u8>>,
    /// So many were never taken since the last look.
    unused: usize,
}

impl Spares {
    /// An empty buffer.
    #[inline]
    pub fn take(&mut self) -> Vec<u8> {
        let buffer = self.list.pop();
        self.unused = self.unused.min(self.list.len());
        buffer.unwrap_or_else(|| Vec::with_capacity(BUFFER))
    }

    /// Takes a buffer back for the next who needs one; what is in it is forgotten.
    #[inline]
    pub fn keep(&mut self, mut buffer: Vec<u8>) {
        // A buffer that grew for one long request is not worth keeping.
        if self.list.len() < KEPT_MAX && (BUFFER..=2 * BUFFER).contains(&buffer.capacity()) {
            buffer.clear();
            self.list.push(buffer);
        }
    }

    /// Once a second: lets go of some that nobody needs. Answers what the others take, in bytes.
    pub fn tidy(&mut self) -> usize {
        self.list.drain(..self.unused.div_ceil(2));
        self.list.shrink_to(self.list.len());
        self.unused = self.list.len();
        self.list.iter().map(Vec::capacity).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_that_nobody_takes_go_within_seconds() {
        let mut spares = Spares::default();
        let lent: Vec<_> = (0..100).map(|_| spares.take()).collect();
        for buffer in lent {
            spares.keep(buffer);
        }
        assert_eq!(spares.list.len(), KEPT_MAX);
        spares.tidy();
        // Ten at once, again and again: they stay.
        for _ in 0..8 {
            let lent: Vec<_> = (0..10).map(|_| spares.take()).collect();
            assert!(lent.iter().all(|buffer| buffer.is_empty() && buffer.capacity() == BUFFER));
            for buffer in lent {
                spares.keep(buffer);
            }
            spares.tidy();
        }
        assert_eq!(spares.list.len(), 10);
        for _ in 0..5 {
            spares.tidy();
        }
        assert_eq!((spares.tidy(), spares.list.capacity()), (0, 0));
        spares.keep(vec![1; BUFFER / 2]);
        spares.keep(vec![1; 3 * BUFFER]);
        assert!(spares.list.is_empty(), "neither is of use to the next");
    }
}
