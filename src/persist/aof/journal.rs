//! The journal: units that the log's file does not hold yet, in memory that outlives the process.
//!
//! Appending to a file costs the loop a call of the system, which may have to wait for the disk. So a busy loop only lays what it
//! logs into a mapped file, before replies leave, and a helper appends it to the increment a moment later. After the end of the
//! process the next one finds in the journal what was not appended yet, and does that first ([`restore`]).
//!
//! ```text
//! appendonly.aof.journal: words of 8 bytes, the lowest byte first
//!
//! "REDOXJ01" | the file's mark, 2 words | frame | frame | frame | ... what was there before
//!
//! frame:  seq       the number of the increment to which it belongs; with its highest bit set, the one before was not yet wholly
//!                   on the medium
//!         offset    where in that file its bytes belong; behind the frame before, that frame's end
//!         len       how many bytes
//!         sum       of the three words above and those of the bytes, modulo 2^64
//!         weighted  the sum of all these sums, each after one word more
//!         bytes     and zeros up to the next word
//! ```
//!
//! The two sums are Fletcher's (J. G. Fletcher, An arithmetic checksum for serial transmissions, 1982) over words. Frames begin at
//! the front again whenever the helper has appended all of them, so mostly a few warm pages are used. A reader stops at the first
//! frame that has a wrong sum or does not go on where the one before ended: whatever stands there is older, or else it is damaged.
//! If the system was down since, or the file is a copy, the mark ([`Disk::mark`]) is another one, and pages of all ages may stand
//! side by side. Then a reader also stops at a frame with that bit: the increment before may have lost its end.

use crate::base::mapped::Mapped;
use crate::persist::aof::manifest::Manifest;
use crate::persist::disk::{self, Disk, DiskFile};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the file begins with.
pub const MAGIC: &[u8; 8] = b"REDOXJ01";
/// The word at which the first frame begins.
const FIRST: usize = 3;
/// The words of a frame before its bytes.
const HEAD: usize = 5;
/// In a frame's first word: see the head of this file.
const UNSURE: u64 = 1 << 63;
/// The words of the file: 4 MiB, what 20,000 writes a second come to while a disk takes two seconds to sync.
const WORDS: usize = (4 << 20) / 8;
/// In search of frames behind damage each word is looked at so often, on average.
const LOOKS_MAX: usize = 16;
/// So many bytes are appended by one call.
const PIECE: usize = 256 << 10;

/// What both ends know.
#[derive(Debug)]
struct Shared {
    memory: Arc<Mapped>,
    /// How often frames began at the front, and behind which word the last one ends: the writer's.
    end: AtomicU64,
    /// The same of the last frame that was appended to the file: the mover's.
    moved: AtomicU64,
    /// Where in the file it ends.
    moved_to: AtomicU64,
}

/// A word of a journal; zero behind its end.
fn word(words: &[AtomicU64], at: usize) -> u64 {
    u64::from_le(words.get(at).map_or(0, |word| word.load(Ordering::Relaxed)))
}

/// A round, and a word in it, as one number.
fn place(round: u32, at: usize) -> u64 {
    u64::from(round) << 32 | at as u64
}

/// The end at which the loop lays frames down.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    round: u32,
    at: usize,
    seq: u64,
}

/// The end at which frames are taken up and appended to the file; one thread has it at a time.
#[derive(Debug)]
pub struct Mover {
    shared: Arc<Shared>,
    round: u32,
    at: usize,
    bytes: Vec<u8>,
}

/// Why frames were not appended.
#[derive(Debug)]
pub struct MoveError {
    /// What the system says.
    pub error: io::Error,
    /// Whether the file ends with a whole frame all the same.
    pub is_whole: bool,
}

/// The path of a log's journal.
pub fn path(dir: &Path, log: &str) -> PathBuf {
    dir.join(format!("{log}.journal"))
}

/// Makes an empty journal, in the place of the one that may be there.
pub fn create(disk: &dyn Disk, path: &Path) -> io::Result<(Journal, Mover)> {
    let memory = disk.map(path, WORDS)?;
    let mark = disk.mark(path)?;
    // Each page is touched once: the loop is to find them all writable.
    memory.words().iter().step_by(512).for_each(|word| word.store(0, Ordering::Relaxed));
    Ok(both_ends(memory, mark))
}

fn both_ends(memory: Arc<Mapped>, mark: u128) -> (Journal, Mover) {
    // Of the mark the lower half first.
    for (place, word) in memory.words().iter().zip([u64::from_le_bytes(*MAGIC), mark as u64, (mark >> 64) as u64]) {
        place.store(word.to_le(), Ordering::Relaxed);
    }
    let start = place(0, FIRST);
    let shared = Arc::new(Shared { memory, end: start.into(), moved: start.into(), moved_to: 0.into() });
    let mover = Mover { shared: Arc::clone(&shared), round: 0, at: FIRST, bytes: Vec::new() };
    (Journal { shared, round: 0, at: FIRST, seq: 0 }, mover)
}

/// Fletcher's two sums.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    sum: u64,
    weighted: u64,
}

impl Sums {
    #[inline]
    fn add(&mut self, word: u64) {
        self.sum = self.sum.wrapping_add(word);
        self.weighted = self.weighted.wrapping_add(self.sum);
    }
}

/// Stores bytes that come in pieces as words.
struct Packer<'a> {
    words: std::slice::Iter<'a, AtomicU64>,
    sums: Sums,
    word: u64,
    /// How many bytes of it there are.
    filled: u32,
}

impl Packer<'_> {
    #[inline]
    fn put(&mut self, word: u64) {
        self.sums.add(word);
        if let Some(place) = self.words.next() {
            place.store(word.to_le(), Ordering::Relaxed);
        }
    }

    #[inline]
    fn bytes(&mut self, mut bytes: &[u8]) {
        if self.filled > 0 {
            let n = bytes.len().min(8 - self.filled as usize);
            self.few(&bytes[..n]);
            bytes = &bytes[n..];
        }
        let (whole, rest) = bytes.as_chunks::<8>();
        for word in whole {
            self.put(u64::from_le_bytes(*word));
        }
        self.few(rest);
    }

    /// Fewer than make a whole word with what is there already, or as many.
    #[inline]
    fn few(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.word |= u64::from(byte) << (8 * self.filled);
            self.filled += 1;
        }
        if self.filled == 8 {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.filled > 0 {
            let word = std::mem::take(&mut self.word);
            self.filled = 0;
            self.put(word);
        }
    }
}

impl Journal {
    /// From here on frames belong to another increment, which has `len` bytes. Only when all frames are moved.
    pub fn begin(&mut self, seq: u64, len: u64) {
        debug_assert!(self.is_moved());
        self.seq = seq;
        self.shared.moved_to.store(len, Ordering::Release);
    }

    /// Lays bytes down that belong at `offset` of the increment, which is where the last ones ended. `is_sure`: the increment
    /// before is wholly on the medium. False if there is no room.
    pub fn append<'a>(
        &mut self,
        offset: u64,
        is_sure: bool,
        len: usize,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> bool {
        let (round, at) = if self.is_moved() { (self.round.wrapping_add(1), FIRST) } else { (self.round, self.at) };
        let end = at + HEAD + len.div_ceil(8);
        let Some(words) = self.shared.memory.words().get(at..end) else { return false };
        let head = [if is_sure { self.seq } else { self.seq | UNSURE }, offset, len as u64];
        let mut packer = Packer { words: words[HEAD..].iter(), sums: Sums::default(), word: 0, filled: 0 };
        for word in head {
            packer.sums.add(word);
        }
        pieces.for_each(|piece| packer.bytes(piece));
        packer.end();
        debug_assert_eq!(packer.words.len(), 0);
        let Sums { sum, weighted } = packer.sums;
        for (place, word) in words.iter().zip(head.into_iter().chain([sum, weighted])) {
            place.store(word.to_le(), Ordering::Relaxed);
        }
        (self.round, self.at) = (round, end);
        // Who sees this sees the frame as well; so does whoever reads the file after the end of the process.
        self.shared.end.store(place(round, end), Ordering::Release);
        true
    }

    /// Whether more than half of it is used.
    #[inline]
    pub fn is_half_full(&self) -> bool {
        self.at > self.shared.memory.words().len() / 2
    }

    /// Whether all frames are in the file.
    pub fn is_moved(&self) -> bool {
        self.shared.moved.load(Ordering::Acquire) == place(self.round, self.at)
    }

    /// How long the file is, as far as frames came to it.
    #[inline]
    pub fn moved_to(&self) -> u64 {
        self.shared.moved_to.load(Ordering::Acquire)
    }
}

impl Mover {
    /// Appends all frames that are there to the file, and tells whether there were any. If that fails the file is cut behind the
    /// last whole one.
    pub fn move_all(&mut self, file: &dyn DiskFile) -> Result<bool, MoveError> {
        let mut is_any = false;
        loop {
            let (from, to) = self.find();
            if from == to {
                return Ok(is_any);
            }
            is_any = true;
            let words = &self.shared.memory.words()[..to];
            let before = Frame::at(words, from).offset;
            let (mut at, mut behind) = (from, before);
            self.bytes.clear();
            while at < to && self.bytes.len() < PIECE {
                let frame = Frame::at(words, at);
                frame.bytes(&words[at + HEAD..], &mut self.bytes);
                at = frame.end(at);
                behind = frame.offset + frame.len;
            }
            if let Err(error) = disk::write_all(file, &self.bytes) {
                return Err(MoveError { error, is_whole: file.truncate(before).is_ok() });
            }
            if self.bytes.capacity() > 2 * PIECE {
                self.bytes = Vec::new();
            }
            self.shared.moved_to.store(behind, Ordering::Release);
            self.done(at);
        }
    }

    /// Takes all frames as moved: what they hold stands elsewhere.
    pub fn skip(&mut self) {
        let (_, to) = self.find();
        self.done(to);
    }

    /// From which word to which there are frames.
    fn find(&mut self) -> (usize, usize) {
        let end = self.shared.end.load(Ordering::Acquire);
        let round = (end >> 32) as u32;
        if round != self.round {
            // The writer only begins at the front when there is nothing to be moved.
            (self.round, self.at) = (round, FIRST);
        }
        (self.at, end as u32 as usize)
    }

    fn done(&mut self, at: usize) {
        self.at = at;
        self.shared.moved.store(place(self.round, at), Ordering::Release);
    }
}

/// What stands before the bytes of a frame.
struct Frame {
    seq: u64,
    offset: u64,
    len: u64,
    sums: Sums,
}

impl Frame {
    fn at(words: &[AtomicU64], at: usize) -> Frame {
        let word = |i: usize| word(words, at + i);
        Frame { seq: word(0), offset: word(1), len: word(2), sums: Sums { sum: word(3), weighted: word(4) } }
    }

    /// Behind which word it ends.
    fn end(&self, at: usize) -> usize {
        (at + HEAD).saturating_add(usize::try_from(self.len.div_ceil(8)).unwrap_or(usize::MAX))
    }

    /// Appends its bytes, and returns the sums of the frame.
    fn bytes(&self, words: &[AtomicU64], out: &mut Vec<u8>) -> Sums {
        let mut sums = Sums::default();
        for word in [self.seq, self.offset, self.len] {
            sums.add(word);
        }
        let end = out.len() + self.len as usize;
        for word in &words[..self.len.div_ceil(8) as usize] {
            let word = word.load(Ordering::Relaxed);
            sums.add(u64::from_le(word));
            out.extend_from_slice(&word.to_ne_bytes());
        }
        out.truncate(end);
        sums
    }

    /// The frame that begins at a word, and its bytes, if there is a whole one.
    fn whole(words: &[AtomicU64], at: usize) -> Option<(Frame, Vec<u8>)> {
        let frame = Frame::at(words, at);
        if frame.len == 0 || frame.end(at) > words.len() || frame.offset.checked_add(frame.len).is_none() {
            return None;
        }
        let mut bytes = Vec::new();
        let sums = frame.bytes(&words[at + HEAD..], &mut bytes);
        (sums == frame.sums).then_some((frame, bytes))
    }

    fn increment(&self) -> u64 {
        self.seq & !UNSURE
    }
}

/// What a journal holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// The number of the increment to which it belongs.
    seq: u64,
    /// Where in it the bytes belong.
    offset: u64,
    /// They; none: it is empty.
    bytes: Vec<u8>,
    /// Of the frames behind the last one that can be used, which are older unless there is damage, the increment and the end.
    others: Vec<(u64, u64)>,
}

/// Reads a journal that has this mark now. An error if it is none.
fn read(file: &[u8], mark: u128) -> Result<Found, &'static str> {
    let words: Vec<AtomicU64> =
        file.as_chunks::<8>().0.iter().map(|bytes| AtomicU64::new(u64::from_ne_bytes(*bytes))).collect();
    if !file.starts_with(MAGIC) {
        return Err("it does not begin as a journal does");
    }
    let is_exact = u128::from(word(&words, 2)) << 64 | u128::from(word(&words, 1)) == mark;
    let mut found = Found::default();
    let mut at = FIRST;
    while let Some((frame, bytes)) = Frame::whole(&words, at) {
        let is_first = found.bytes.is_empty();
        let goes_on = (frame.increment(), frame.offset) == (found.seq, found.offset + found.bytes.len() as u64);
        if !(is_first || goes_on) || (frame.seq & UNSURE != 0 && !is_exact) {
            break;
        }
        if is_first {
            (found.seq, found.offset) = (frame.increment(), frame.offset);
        }
        found.bytes.extend(bytes);
        at = frame.end(at);
    }
    if is_exact {
        // Any word could be a frame's first, and values of clients may look like one: the work has an end.
        let mut left = LOOKS_MAX * words.len();
        let behind = (at..words.len()).map_while(|at| {
            let end = Frame::at(&words, at).end(at);
            left = left.checked_sub(if end <= words.len() { end - at } else { 0 })?;
            Some(Frame::whole(&words, at))
        });
        found.others = behind.flatten().map(|(frame, _)| (frame.increment(), frame.offset + frame.len)).collect();
    }
    Ok(found)
}

/// What a file of a log lacks and its journal has.
#[derive(Debug, PartialEq, Eq)]
pub struct Pending {
    /// The increment's name.
    pub name: String,
    /// How long it is.
    pub len: u64,
    /// What belongs behind that.
    pub bytes: Vec<u8>,
}

/// Why a journal cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is not needed, or belongs to something that is gone.
    Useless(String),
    /// Something is lost.
    Lost(String),
    /// A server that runs writes to this log.
    InUse(String),
}

/// Looks into a log's journal for what its last increment lacks.
pub fn pending(disk: &dyn Disk, dir: &Path, log: &str, manifest: &Manifest) -> Result<Option<Pending>, Trouble> {
    let journal = path(dir, log);
    if !disk.exists(&journal) {
        return Ok(None);
    }
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| Trouble::Lost(format!("{path}: {error}"))
    };
    let shown = journal.display();
    if disk.is_mapped(&journal) {
        return Err(Trouble::InUse(format!("{shown}: a server that runs uses it")));
    }
    let useless = |why: &str| Err(Trouble::Useless(format!("{shown}: {why}")));
    let mut file = Vec::new();
    let read_whole = disk.open(&journal).and_then(|(mut input, _)| input.read_to_end(&mut file));
    read_whole.map_err(failed(&journal))?;
    let mark = disk.mark(&journal).map_err(failed(&journal))?;
    let found = match read(&file, mark) {
        Ok(found) => found,
        Err(why) => return useless(why),
    };
    let mut lens = Vec::new();
    for part in &manifest.increments {
        let path = dir.join(&part.name);
        lens.push(if disk.exists(&path) { disk.open(&path).map_err(failed(&path))?.1 } else { 0 });
    }
    // What is older than the last frame that is whole stands in its file; or the file is gone, or was cut before there was a newer one.
    let end = found.offset + found.bytes.len() as u64;
    let ends = manifest.increments.iter().zip(&lens).map(|(part, len)| (part.seq, *len));
    let newest = ends.clone().filter(|(_, len)| *len > 0).map(|(seq, _)| seq).max().max(Some(found.seq));
    let is_newer = |(seq, to): (u64, u64)| {
        let is_behind = found.bytes.is_empty() || seq != found.seq || to > end;
        is_behind && Some(seq) >= newest && ends.clone().any(|(of, len)| of == seq && to > len)
    };
    if found.others.iter().any(|&other| is_newer(other)) {
        return Err(Trouble::Lost(format!(
            "{shown}: not valid: it is damaged, and behind that stands what the log lacks. Without this file the server starts \
             with what the log has"
        )));
    }
    let Some(at) = manifest.increments.iter().position(|part| part.seq == found.seq) else { return Ok(None) };
    let (name, len) = (manifest.increments[at].name.clone(), lens[at]);
    let part = dir.join(&name);
    if end <= len || !disk.exists(&part) {
        return Ok(None);
    }
    let Some(both) = len.checked_sub(found.offset) else {
        return useless("it goes on behind the end of the file, as after a loss of power");
    };
    let mut held = Vec::new();
    if both > 0 {
        let read = disk.open_at(&part, found.offset).and_then(|mut input| input.read_to_end(&mut held));
        read.map_err(failed(&part))?;
    }
    if !found.bytes.starts_with(&held) {
        return useless("the file goes on otherwise, so something else has written to it since");
    }
    if lens[at + 1..].iter().any(|len| *len > 0) {
        return useless("it belongs to an increment after which there are others");
    }
    Ok(Some(Pending { name, len, bytes: found.bytes[held.len()..].to_vec() }))
}

/// Appends what the journal has to the file that lacks it, and returns what that was.
pub fn restore(disk: &dyn Disk, dir: &Path, log: &str, manifest: &Manifest) -> Result<Option<Pending>, Trouble> {
    let Some(pending) = pending(disk, dir, log, manifest)? else { return Ok(None) };
    let part = dir.join(&pending.name);
    let appended = disk.append(&part).and_then(|file| {
        disk::write_all(&*file, &pending.bytes)?;
        file.sync()
    });
    appended.map_err(|error| Trouble::Lost(format!("{}: {error}", part.display())))?;
    Ok(Some(pending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use std::sync::Mutex;

    /// The mark of the journals.
    const MARK: u128 = 7 << 64 | 9;

    /// A file in memory that takes so many bytes more, if that is said.
    #[derive(Default)]
    struct Sheet {
        bytes: Mutex<Vec<u8>>,
        room: Mutex<Option<usize>>,
    }

    impl DiskFile for Sheet {
        fn write(&self, bytes: &[u8]) -> io::Result<usize> {
            let mut room = self.room.lock().unwrap();
            let n = room.unwrap_or(bytes.len()).min(bytes.len());
            if n == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            *room = room.map(|room| room - n);
            self.bytes.lock().unwrap().extend_from_slice(&bytes[..n]);
            Ok(n)
        }

        fn sync(&self) -> io::Result<()> {
            Ok(())
        }

        fn truncate(&self, len: u64) -> io::Result<()> {
            self.bytes.lock().unwrap().truncate(len as usize);
            Ok(())
        }
    }

    fn ends(words: usize, len: u64) -> (Journal, Mover) {
        let (mut journal, mover) = both_ends(Arc::new(Mapped::in_memory(words)), MARK);
        journal.begin(3, len);
        (journal, mover)
    }

    fn image(journal: &Journal) -> Vec<u8> {
        let words = journal.shared.memory.words().iter();
        words.flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes()).collect()
    }

    /// What a frame holds, in pieces of all lengths.
    fn append(journal: &mut Journal, offset: u64, bytes: &[u8], dice: &mut Dice) -> bool {
        let mut rest = bytes;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(1 + dice.below(20) as usize));
            pieces.push(piece);
            rest = behind;
        }
        journal.append(offset, true, bytes.len(), pieces.into_iter())
    }

    #[test]
    fn whenever_the_process_ends_file_and_journal_hold_everything() {
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let (mut journal, mut mover) = ends(100, 0);
            let (file, mut log) = (Sheet::default(), Vec::new());
            for _ in 0..200 {
                let bytes: Vec<u8> = (0..=dice.below(120)).map(|_| dice.below(256) as u8).collect();
                if !append(&mut journal, log.len() as u64, &bytes, &mut dice) {
                    assert!(!journal.is_moved(), "an empty journal has room for this");
                    mover.move_all(&file).unwrap();
                    assert!(append(&mut journal, log.len() as u64, &bytes, &mut dice));
                }
                log.extend_from_slice(&bytes);
                let written = file.bytes.lock().unwrap().clone();
                let found = read(&image(&journal), MARK).unwrap();
                assert_eq!((found.seq, found.offset + found.bytes.len() as u64), (3, log.len() as u64));
                assert!(found.offset as usize <= written.len());
                assert_eq!(found.bytes, log[found.offset as usize..]);
                if dice.below(3) == 0 {
                    assert_eq!(mover.move_all(&file).unwrap(), written.len() < log.len());
                    assert_eq!(*file.bytes.lock().unwrap(), log);
                    assert!(journal.is_moved() && journal.moved_to() == log.len() as u64);
                    assert!(!mover.move_all(&file).unwrap());
                }
            }
        }
    }

    #[test]
    fn two_threads_lose_nothing_and_double_nothing() {
        let (mut journal, mut mover) = ends(4096, 0);
        let (file, mut dice) = (Sheet::default(), Dice(5));
        let mut log: Vec<u8> = Vec::new();
        let is_done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Acquire) {
                    mover.move_all(&file).unwrap();
                }
                mover.move_all(&file).unwrap();
            });
            for _ in 0..20_000 {
                let bytes = vec![dice.below(256) as u8; 1 + dice.below(300) as usize];
                while !journal.append(log.len() as u64, true, bytes.len(), [&bytes[..]].into_iter()) {
                    std::thread::yield_now();
                }
                log.extend_from_slice(&bytes);
            }
            is_done.store(true, Ordering::Release);
        });
        assert!(*file.bytes.lock().unwrap() == log && journal.moved_to() == log.len() as u64);
    }

    #[test]
    fn a_changed_byte_ends_what_is_believed_and_nothing_else_is_ever_read() {
        let (mut journal, _mover) = ends(60, 1000);
        let mut dice = Dice(9);
        let log: Vec<u8> = (0..90).collect();
        for (from, to) in [(0, 31), (31, 32), (32, 90)] {
            assert!(append(&mut journal, 1000 + from as u64, &log[from..to], &mut dice));
        }
        assert!(!append(&mut journal, 1090, &[1; 400], &mut dice), "there is no room");
        let good = image(&journal);
        let found = |offset, bytes: &[u8]| Found { seq: 3, offset, bytes: bytes.to_vec(), others: vec![] };
        assert_eq!(read(&good, MARK).unwrap(), found(1000, &log));
        let end = 8 * journal.at;
        for at in 0..end {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                match read(&bad, MARK) {
                    Err(_) => assert!(at < 8),
                    // Another mark: nothing is said of what stands behind.
                    Ok(found) if at < 24 => assert_eq!((found.bytes, found.others), (log.clone(), vec![])),
                    Ok(found) => {
                        // The words at which frames begin, and what stands in those before.
                        let frames = [(3, 0), (12, 31), (18, 32), (31, 90)];
                        let is_bad = frames.iter().rposition(|(word, _)| at >= 8 * word).unwrap();
                        assert_eq!(found.bytes, log[..frames[is_bad].1], "at {at}, bit {bit}");
                        let behind: Vec<_> =
                            frames[is_bad + 1..].iter().skip(1).map(|(_, end)| (3, 1000 + *end as u64)).collect();
                        assert_eq!(found.others, behind, "at {at}, bit {bit}");
                    }
                }
            }
        }
        for cut in 0..good.len() {
            let bytes = read(&good[..cut], MARK).map_or(vec![], |found| found.bytes);
            assert!(log.starts_with(&bytes), "cut at {cut}");
        }
    }

    #[test]
    fn what_looks_like_frames_everywhere_is_soon_looked_through() {
        let (mut journal, _mover) = ends(WORDS, 0);
        // Each word could be the length of a frame that ends far behind it.
        let value: Vec<u8> = std::iter::repeat_n(1u64 << 19, WORDS - 100).flat_map(u64::to_le_bytes).collect();
        assert!(journal.append(0, true, value.len(), [&value[..]].into_iter()));
        let mut file = image(&journal);
        assert_eq!(read(&file, MARK).unwrap().bytes.len(), value.len());
        file[100] ^= 1;
        let began = std::time::Instant::now();
        assert_eq!(read(&file, MARK), Ok(Found::default()));
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "it took {:?}", began.elapsed());
    }

    #[test]
    fn what_stood_there_before_is_not_taken_for_what_follows() {
        let (mut journal, mut mover) = ends(200, 0);
        let (file, mut dice) = (Sheet::default(), Dice(1));
        let frame = |n: u64| [n as u8; 16];
        for n in 0..10 {
            assert!(append(&mut journal, 16 * n, &frame(n), &mut dice));
        }
        mover.move_all(&file).unwrap();
        // The new frame is as long as the old ones behind it.
        assert!(append(&mut journal, 160, &frame(10), &mut dice));
        let found = read(&image(&journal), MARK).unwrap();
        assert_eq!((found.seq, found.offset, &found.bytes[..]), (3, 160, &frame(10)[..]));
        assert!(found.others.len() == 9 && found.others.iter().all(|(_, end)| *end <= 160));
        // Another increment, which begins where the old one did.
        mover.move_all(&file).unwrap();
        journal.begin(4, 0);
        assert!(append(&mut journal, 0, &frame(0), &mut dice));
        assert!(journal.append(16, false, 16, [&frame(1)[..]].into_iter()));
        // Whether the increment before is whole does not matter as long as the system was never down.
        for (mark, bytes) in [(MARK, [frame(0), frame(1)].concat()), (MARK + 1, frame(0).to_vec())] {
            let found = read(&image(&journal), mark).unwrap();
            assert_eq!((found.seq, found.offset, found.bytes), (4, 0, bytes));
        }
    }

    #[test]
    fn a_file_that_takes_no_more_ends_with_a_whole_frame_and_gets_the_rest_later() {
        let (mut journal, mut mover) = ends(200, 0);
        let (file, mut dice) = (Sheet::default(), Dice(1));
        assert!(append(&mut journal, 0, &[1; 50], &mut dice));
        mover.move_all(&file).unwrap();
        assert!(append(&mut journal, 50, &[2; 50], &mut dice));
        *file.room.lock().unwrap() = Some(20);
        let failed = mover.move_all(&file).unwrap_err();
        assert!(failed.is_whole && file.bytes.lock().unwrap().len() == 50);
        assert!(append(&mut journal, 100, &[3; 50], &mut dice));
        *file.room.lock().unwrap() = None;
        assert!(mover.move_all(&file).unwrap());
        assert_eq!(*file.bytes.lock().unwrap(), [[1; 50], [2; 50], [3; 50]].concat());
        // What came to the file by another way since is not touched either.
        file.bytes.lock().unwrap().extend([5; 40]);
        assert!(append(&mut journal, 190, &[4; 50], &mut dice));
        *file.room.lock().unwrap() = Some(20);
        assert!(mover.move_all(&file).unwrap_err().is_whole);
        assert_eq!(file.bytes.lock().unwrap()[150..], [5; 40]);
        mover.skip();
        assert!(journal.is_moved() && file.bytes.lock().unwrap().len() == 190);
        // What is too long even for an empty journal changes nothing.
        assert!(!append(&mut journal, 190, &[6; 2000], &mut dice));
        assert!(journal.is_moved());
    }
}
