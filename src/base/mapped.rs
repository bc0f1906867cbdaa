//! Memory that is a file, too: what is stored in it outlives the process, without a call of the system.
//!
//! The system has the pages from the moment of the store on, so the end of the process loses nothing. Whether they are on the
//! medium when the power goes nobody knows: whoever reads them then must be able to tell.
//!
//! All access is by atomic words, so that any number of threads may look while others store: who may read what is between them.

#![allow(unsafe_code)]

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::fs::File;
use std::io;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::AtomicU64;

/// Words that stand in a file, or (for tests) in memory alone.
#[derive(Debug)]
pub struct Mapped(Place);

#[derive(Debug)]
enum Place {
    /// The file stays open, and locked if it was, as long as it is mapped.
    File {
        start: NonNull<AtomicU64>,
        words: usize,
        _file: File,
    },
    Memory(Box<[AtomicU64]>),
}

// SAFETY: the mapping belongs to this value alone, moves with it, and is only ever seen as atomic words.
unsafe impl Send for Mapped {}
// SAFETY: as above: `words` is all that a shared value gives, and atomic words may be used from everywhere.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// Maps the first `words` words of a file that is as long as that or longer. Should somebody cut the file while it is mapped,
    /// the system ends the process at the next access behind its end.
    pub fn of_file(file: File, words: usize) -> io::Result<Mapped> {
        if words == 0 || file.metadata()?.len() < words as u64 * 8 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a new mapping, at an address of the system's choice, hurts nobody; its length is not zero.
        let start =
            unsafe { mmap(null_mut(), words * 8, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapped(Place::File { start, words, _file: file }))
    }

    /// Words in memory alone, all zero.
    pub fn in_memory(words: usize) -> Mapped {
        Mapped(Place::Memory((0..words).map(|_| AtomicU64::new(0)).collect()))
    }

    /// The words.
    #[inline]
    pub fn words(&self) -> &[AtomicU64] {
        match &self.0 {
            // SAFETY: `of_file` mapped so many words from `start` on, a page's beginning, readable and writable, and they stay until
            // the value goes, which outlives the borrow. Other processes may store there as well: the words are atomic.
            Place::File { start, words, .. } => unsafe { std::slice::from_raw_parts(start.as_ptr(), *words) },
            Place::Memory(words) => words,
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Place::File { start, words, .. } = self.0 {
            // SAFETY: exactly what was mapped, and nobody borrows it any more. It cannot fail then.
            _ = unsafe { munmap(start.as_ptr().cast(), words * 8) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn what_is_stored_stands_in_the_file_and_both_threads_see_it() {
        let path = std::env::temp_dir().join(format!("redoxide-mapped-{}", std::process::id()));
        std::fs::write(&path, [0; 8192]).unwrap();
        let map = |words| Mapped::of_file(File::options().read(true).write(true).open(&path).unwrap(), words);
        let mapped = map(1024).unwrap();
        assert!(map(1025).is_err(), "the file is shorter");
        assert!(map(0).is_err());
        std::thread::scope(|scope| {
            scope.spawn(|| mapped.words()[1023].store(7u64.to_le(), Ordering::Release));
            while mapped.words()[1023].load(Ordering::Acquire) == 0 {
                std::hint::spin_loop();
            }
        });
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[8184..], [7, 0, 0, 0, 0, 0, 0, 0]);
        drop(mapped);
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it stays");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Mapped::in_memory(3).words().len(), 3);
    }
}
