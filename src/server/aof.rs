//! The append-only file at work: who writes what when, and what a reply may wait for.
//!
//! ```text
//! propagation (whole units) --flush_log, once a turn--> the loop writes, if nothing is under way      everysec, no
//!                                                   \-> the loop lays it into the journal, if many come, and the helper moves
//!                                                       it to the file some milliseconds later; or if the helper is at work
//!                                                   \-> the helper writes, if it is more than the journal takes
//!                                                   \-> the helper writes and syncs                    always
//! ```
//!
//! Bytes are known by their offset in the log: `saved <= offset` outlive the process, since they stand in the journal or the file;
//! `written <= saved` are in the file, `durable <= written` on the medium.
//! The loop never syncs, and writes only while no helper does, so a slow disk is nobody's stall. What is saved but not
//! durable is kept in memory (`tail`): after a failed sync nobody knows what the medium holds, so that file is cut at the
//! last durable byte and the tail goes into a fresh increment ([`Server::repair_log`]).
//!
//! A rewrite begins with the next increment, which the helper makes. When it is there the loop switches: at one moment between
//! two units the keyspace is copied, and what follows goes to the new increment. The copy becomes the base; only when it has its name and stands in the manifest are the old files removed.

use crate::config::settings::Fsync;
use crate::persist::aof::journal::{self, Journal, MoveError, Mover};
use crate::persist::aof::manifest::{Manifest, Part};
use crate::persist::disk::{self, Disk, DiskFile};
use crate::resp::Encoded;
use crate::server::Server;
use crate::server::background::{JOB_LOST, Notify, Reports};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is appended may wait so long for a helper before replies of those who wrote it wait, too; milliseconds.
const WAIT_MS: i64 = 1000;
/// From then on it counts as delayed, and is told in the log; milliseconds.
const DELAY_MS: i64 = 2000;
/// More bytes than that do not wait so long: writes are refused.
const WAITING_MAX: usize = 64 << 20;
/// More bytes than that are not written by the loop: the system copies them, a millisecond for a few megabytes.
const WRITTEN_HERE_MAX: usize = 256 << 10;
/// More bytes than that are not laid into the journal at once: copying them takes some 200 µs.
const SAVED_MAX: usize = 1 << 20;
/// When so many bytes are on their way to the file, those who wrote some of them wait: nobody gets far ahead of the disk.
const AHEAD_MAX: u64 = 16 << 20;
/// How often a switch to the next increment is put off because much waits to be written to the old one.
const SWITCH_DELAYS_MAX: u32 = 100;
/// A failed disk is tried again after so many milliseconds.
const RETRY_MS: i64 = 1000;
/// From so many units a millisecond on they go to the journal first. Below that the loop has the time to write to the file itself,
/// where whoever looks finds them at once.
const DENSE: u64 = 8;
/// How long the helper sleeps before it looks again what stands in the journal, unless that fills. To wake up every millisecond took
/// as much of a processor as 20,000 requests a second, 20 at a time, do in the loop.
const MOVE_PAUSE: Duration = Duration::from_millis(4);
/// After so many looks in vain it does something else.
const MOVES_IN_VAIN: u32 = 5;
/// What is saved is kept in pieces of that size.
const PIECE: usize = 64 << 10;

/// What a helper has done for the log.
enum Report {
    /// Bytes were appended (up to this offset), and if asked for synced, or not.
    Appended { written: u64, durable: u64, is_synced: bool, result: io::Result<()>, mover: Option<Mover> },
    /// What stood in the journal was moved to the file.
    Moved { mover: Option<Mover>, result: Result<(), MoveError> },
    /// The next increment is there, and the manifest that names it.
    Prepared(Made),
    /// A fresh increment holds the tail: up to `durable` all is durable.
    Repaired { made: Made, durable: u64 },
    /// The manifest names the new base.
    Published(Result<Manifest, String>),
    /// The manifest no longer names what was removed.
    Forgotten,
}

/// An increment that was made.
struct Increment {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    seq: u64,
    /// Comes with the first one.
    journal: Option<(Journal, Mover)>,
}

/// The increment, and the manifest that names it.
type Made = io::Result<(Increment, Manifest)>;

/// What is done when all but the names of files is done.
type Last<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// The files of the log as a helper has them: what it changes in the manifest is its own until it is reported.
struct Set {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    name: String,
    manifest: Manifest,
}

impl Set {
    fn write_manifest(&self) -> io::Result<()> {
        write_manifest(&*self.disk, &self.dir, &self.name, &self.manifest)
    }
}

/// Whether there is a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// There is none.
    #[default]
    Off,
    /// There will be one when its first base is written.
    Starting,
    /// There is one.
    On,
}

/// The append-only file.
pub struct Aof {
    /// Whether there is one.
    pub state: State,
    reports: Reports<Report>,
    pub(super) dir: PathBuf,
    /// The files of the log. A helper changes a copy, which comes here when what it says is on the medium.
    pub(super) manifest: Manifest,
    /// The increment that is being written.
    file: Option<Arc<dyn DiskFile>>,
    /// Its path.
    path: PathBuf,
    /// The log offset of its first byte, and how many bytes it had before that.
    file_began: (u64, u64),
    /// The increment before it, if that is not wholly on the medium yet, and up to where it is.
    unsynced: Option<(Arc<dyn DiskFile>, u64)>,
    /// The next increment, ready for the switch.
    prepared: Option<Increment>,
    /// How often that was put off.
    switch_delays: u32,
    /// A helper writes to it, or syncs it.
    is_busy: bool,
    /// It does not sync, so that those whose bytes it writes may well wait for it.
    is_only_writing: bool,
    /// It only moves what stands in the journal, until it is told to stop.
    is_moving: bool,
    stop_moving: Arc<AtomicBool>,
    /// Where units are laid down that the file does not have yet, and what moves them there unless a helper has it.
    journal: Option<Journal>,
    mover: Option<Mover>,
    /// Units since a moment (Unix milliseconds), and whether they are many.
    units: u64,
    units_since: i64,
    is_dense: bool,
    /// A helper makes or names files: that keeps nobody from writing.
    is_naming: bool,
    /// Offsets in the log: see the head of this file.
    saved: u64,
    /// Up to here the log is in its file.
    pub written: u64,
    /// Up to here the log is on the medium, as far as the policy asks for that: with `no` all that is written counts.
    pub durable: u64,
    /// Up to here it truly is.
    pub synced: u64,
    /// What was written behind `durable`, if that matters: pieces with the offset behind each.
    tail: VecDeque<(u64, Arc<Encoded>)>,
    /// The memory that it takes, without what it holds.
    tail_bytes: usize,
    /// How many pieces of it hold something.
    tail_holding: usize,
    /// An offset that is not written yet, and when it was reached; Unix milliseconds.
    waiting: Option<(u64, i64)>,
    /// The delay under way has been told.
    is_delayed: bool,
    synced_ms: i64,
    /// The last failure, when it was tried again last.
    failed_ms: i64,
    sync_failed: bool,
    /// How often bytes had to wait for a helper longer than they should.
    pub delayed: u64,
    /// The bytes of all files, about; and after the last rewrite.
    pub size: u64,
    /// The bytes of all files after the last rewrite.
    pub base_size: u64,
    /// Temporary files of processes that are gone, as they were found at the start.
    pub(super) orphans: Vec<PathBuf>,
    /// The manifest on the disk still names files that were removed.
    pub(super) names_history: bool,
    /// The second of the last remark of time.
    pub(super) remarked_s: i64,
    pub(super) rewrite: super::rewriting::Rewriting,
    /// For tests: each write comes so much later.
    pub sleep: std::time::Duration,
}

impl Aof {
    /// No log.
    pub fn new(notify: Notify) -> Aof {
        Aof {
            state: State::Off,
            reports: Reports::new(Arc::clone(&notify)),
            dir: PathBuf::new(),
            manifest: Manifest::default(),
            file: None,
            path: PathBuf::new(),
            file_began: (0, 0),
            unsynced: None,
            prepared: None,
            switch_delays: 0,
            is_busy: false,
            is_only_writing: false,
            is_moving: false,
            stop_moving: Arc::default(),
            journal: None,
            mover: None,
            units: 0,
            units_since: 0,
            is_dense: false,
            is_naming: false,
            saved: 0,
            written: 0,
            durable: 0,
            synced: 0,
            tail: VecDeque::new(),
            tail_bytes: 0,
            tail_holding: 0,
            waiting: None,
            is_delayed: false,
            synced_ms: 0,
            failed_ms: 0,
            sync_failed: false,
            delayed: 0,
            size: 0,
            base_size: 0,
            orphans: Vec::new(),
            names_history: false,
            remarked_s: 0,
            rewrite: super::rewriting::Rewriting::new(notify),
            sleep: std::time::Duration::ZERO,
        }
    }

    /// How long the increment in hand is when it ends at a log offset; as long as it was when it began, if that lies before.
    fn file_len(&self, offset: u64) -> u64 {
        self.file_began.1 + offset.saturating_sub(self.file_began.0)
    }

    /// All up to this offset is in the file now.
    fn note_written(&mut self, offset: u64) {
        self.written = self.written.max(offset);
        self.saved = self.saved.max(self.written);
    }

    /// What is laid into the journal from now on belongs to this increment; what it may still have stands elsewhere.
    fn begin_journal(&mut self, seq: u64) {
        let len = self.file_len(self.written);
        if let (Some(journal), Some(mover)) = (&mut self.journal, &mut self.mover) {
            mover.skip();
            journal.begin(seq, len);
        }
    }

    /// The log offset at which the increment in hand begins.
    pub(super) fn file_began(&self) -> u64 {
        self.file_began.0
    }

    /// The number of the last increment that holds what was logged until now.
    pub(super) fn last_used(&self) -> u64 {
        match &self.prepared {
            Some(prepared) => prepared.seq - 1,
            None => self.manifest.increments.last().map_or(0, |part| part.seq),
        }
    }

    /// Whether the next increment waits for the switch.
    pub(super) fn is_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    /// Whether a sync is under way.
    pub fn is_syncing(&self) -> bool {
        self.is_busy && !self.is_moving
    }

    /// Whether a helper is at work on any of the files, and cannot be asked to stop at once.
    pub(super) fn is_helped(&self) -> bool {
        self.is_syncing() || self.is_naming
    }

    /// Whether a rewrite is under way, begins as soon as the helper has time, or has left something that is still to be tidied up.
    pub(super) fn is_rewriting(&self, is_saving: bool) -> bool {
        let begins = self.rewrite.is_scheduled && !is_saving;
        begins || self.rewrite.is_active() || self.names_history || self.is_naming
    }

    /// Up to here the log is on the medium.
    fn sync_done(&mut self, offset: u64) {
        self.synced = self.synced.max(offset);
        if self.synced >= self.file_began.0 {
            self.unsynced = None;
        }
        self.sync_dropped(offset);
    }

    fn sync_dropped(&mut self, durable: u64) {
        self.durable = self.durable.max(durable);
        while let Some((_, bytes)) = self.tail.pop_front_if(|(end, _)| *end <= self.durable) {
            self.tail_bytes -= bytes.capacity();
            self.tail_holding -= usize::from(bytes.holds());
        }
    }

    /// Keeps bytes that were written and are not durable yet; `end`: the offset behind them.
    fn keep(&mut self, end: u64, bytes: Arc<Encoded>) {
        self.tail_bytes += bytes.capacity();
        self.tail_holding += usize::from(bytes.holds());
        self.tail.push_back((end, bytes));
    }

    /// The memory of what is kept because it is not durable yet; values that the keyspace holds as well are not in it.
    pub fn kept_bytes(&self) -> usize {
        if self.tail_holding == 0 {
            return self.tail_bytes;
        }
        self.tail.iter().map(|(_, bytes)| bytes.memory()).sum()
    }
}

impl Server {
    /// Where the files of the log are.
    pub(super) fn aof_dir(&self) -> PathBuf {
        PathBuf::from(&self.config.settings.dir).join(&self.config.settings.persistence.append_dir)
    }

    /// Up to which offset of the log must be durable before what is sent now may leave; none: nothing has to wait.
    /// With `always` that is everything; else only a client's own writes wait, and only while they are stuck.
    #[inline]
    pub fn log_mark(&self, client: crate::server::client::ClientId) -> Option<u64> {
        if !self.propagation.is_on {
            return None;
        }
        self.log_mark_of(client)
    }

    #[cold]
    fn log_mark_of(&self, client: crate::server::client::ClientId) -> Option<u64> {
        if self.aof.state != State::On {
            return None;
        }
        if self.config.settings.persistence.fsync == Fsync::Always {
            let offset = self.propagation.offset();
            return (offset > self.aof.durable).then_some(offset);
        }
        // While the disk is waited for, or has failed, what does not fit into the journal is answered all the same, for a while.
        let is_waiting = self.aof.is_syncing() && !self.aof.is_only_writing;
        if (is_waiting || self.gate.log_error.is_some()) && !self.is_log_late() {
            return None;
        }
        let wrote = self.clients.get(client).map_or(0, |client| client.log_offset);
        (wrote > self.safe_up_to()).then_some(wrote)
    }

    /// Whether what is logged comes into its file too late.
    fn is_log_late(&self) -> bool {
        let since = self.aof.waiting.map_or(i64::MAX, |(_, since)| since);
        self.now().saturating_sub(since) > WAIT_MS || self.unwritten() > AHEAD_MAX
    }

    /// Up to which offset of the log nothing is lost when the process ends; if the file is late, what it does not have does not count.
    fn safe_up_to(&self) -> u64 {
        let safe = if self.is_log_late() { self.aof.written } else { self.aof.saved };
        safe.max(self.aof.durable)
    }

    /// How many bytes of whole units are not in the file yet.
    pub fn unwritten(&self) -> u64 {
        self.propagation.offset() - self.aof.written
    }

    /// Whether what had to wait for an offset of the log may leave.
    pub fn is_logged(&self, offset: u64) -> bool {
        if self.aof.state != State::On {
            return true;
        }
        match self.config.settings.persistence.fsync {
            Fsync::Always => self.aof.durable >= offset,
            _ => self.safe_up_to() >= offset,
        }
    }

    /// Hands whole units on: once a turn, before replies leave.
    #[inline]
    pub fn flush_log(&mut self) {
        if self.propagation.is_on {
            self.flush_log_now();
        }
    }

    #[cold]
    fn flush_log_now(&mut self) {
        let now = self.now();
        self.take_moved();
        self.note_waiting(now);
        let is_dense = self.is_dense(now);
        let Some(file) = self.aof.file.clone() else { return };
        let fsync = self.config.settings.persistence.fsync;
        if self.aof.sync_failed {
            return self.note_delay();
        }
        if self.aof.is_busy {
            let is_saved = fsync != Fsync::Always && self.save_log();
            if self.aof.is_moving {
                if !is_saved || self.is_sync_due(now) || self.aof.is_prepared() {
                    self.let_mover_end();
                } else if self.aof.journal.as_ref().is_some_and(Journal::is_half_full) {
                    self.helpers.log.nudge();
                }
            }
            return self.note_delay();
        }
        if self.gate.log_error.is_some() && now - self.aof.failed_ms < RETRY_MS {
            return;
        }
        // Until the increment before is on the medium nothing may stand in the new one: a loss of power could leave a gap.
        if fsync == Fsync::Always || (fsync == Fsync::EverySecond && self.aof.unsynced.is_some()) {
            if self.propagation.offset() > self.aof.synced {
                self.hand_over(file, true);
            }
            return;
        }
        let is_sync_due = self.is_sync_due(now);
        if is_dense && !is_sync_due && self.save_log() {
            return self.move_saved(file);
        }
        if self.unwritten() > WRITTEN_HERE_MAX as u64 {
            return self.hand_over(file, is_sync_due);
        }
        if self.unwritten() > 0 {
            self.write_log(&*file);
        }
        if is_sync_due && self.unwritten() == 0 {
            self.hand_over(file, true);
        }
    }

    /// Whether what was logged is to be synced now, once a second.
    fn is_sync_due(&self, now: i64) -> bool {
        self.config.settings.persistence.fsync == Fsync::EverySecond
            && self.propagation.offset() > self.aof.synced
            && now - self.aof.synced_ms >= 1000
            && !self.suspends_syncs()
    }

    /// Remembers since when what is not written waits.
    fn note_waiting(&mut self, now: i64) {
        let offset = self.propagation.offset();
        if self.aof.waiting.is_none_or(|(waits, _)| waits <= self.aof.written) {
            self.aof.waiting = (offset > self.aof.written).then_some((offset, now));
        }
    }

    /// Whether many units have come of late.
    fn is_dense(&mut self, now: i64) -> bool {
        let aof = &mut self.aof;
        aof.units += self.propagation.take_units();
        let ms = now - aof.units_since;
        if ms != 0 {
            aof.is_dense = aof.units >= DENSE.saturating_mul(ms.unsigned_abs());
            (aof.units, aof.units_since) = (0, now);
        }
        aof.is_dense
    }

    /// What the helper has moved from the journal to the file.
    fn take_moved(&mut self) {
        let Some(journal) = &self.aof.journal else { return };
        let moved = journal.moved_to().saturating_sub(self.aof.file_began.1) + self.aof.file_began.0;
        if moved > self.aof.written {
            self.aof.note_written(moved);
            if self.promises_nothing() {
                self.aof.sync_dropped(moved);
            }
        }
    }

    /// Lays what is ready into the journal. False if there is no room, or if what comes before is neither there nor in the file yet.
    fn save_log(&mut self) -> bool {
        let (offset, waiting) = (self.propagation.offset(), self.propagation.waiting());
        if waiting == 0 {
            return true;
        }
        if waiting > SAVED_MAX {
            return false;
        }
        let aof = &mut self.aof;
        if aof.saved + waiting as u64 != offset {
            return false;
        }
        let at = aof.file_len(aof.saved);
        let Some(journal) = &mut aof.journal else { return false };
        if !journal.append(at, aof.unsynced.is_none(), waiting, self.propagation.pieces()) {
            return false;
        }
        aof.saved = offset;
        aof.size += waiting as u64;
        self.propagation.mark_saved();
        if self.propagation.saved_bytes() >= PIECE {
            self.keep_saved();
        }
        true
    }

    /// What stands in the journal is kept until it is durable.
    fn keep_saved(&mut self) {
        if self.propagation.saved_bytes() > 0 {
            let bytes = Arc::new(self.propagation.take_saved());
            self.aof.keep(self.propagation.offset() - self.propagation.waiting() as u64, bytes);
        }
    }

    /// Has the helper move what stands in the journal to the file, again and again, until it is asked to stop or nothing comes.
    fn move_saved(&mut self, file: Arc<dyn DiskFile>) {
        let Some(mut mover) = self.aof.mover.take() else { return };
        self.aof.is_busy = true;
        self.aof.is_moving = true;
        self.aof.stop_moving = Arc::default();
        let stop = Arc::clone(&self.aof.stop_moving);
        let (reporter, is_inline) = (self.aof.reports.reporter(), self.helpers.log.is_inline());
        let sleep = self.aof.sleep;
        self.helpers.log.run(move || {
            let lost = MoveError { error: io::Error::other(JOB_LOST), is_whole: false };
            reporter.report(Report::Moved { mover: None, result: Err(lost) }, || {
                let mut in_vain = 0;
                loop {
                    if !sleep.is_zero() {
                        std::thread::sleep(sleep);
                    }
                    let is_last = stop.load(Ordering::Relaxed) || is_inline || in_vain == MOVES_IN_VAIN;
                    match mover.move_all(&*file) {
                        Ok(is_any) => in_vain = if is_any { 0 } else { in_vain + 1 },
                        Err(error) => break Report::Moved { mover: Some(mover), result: Err(error) },
                    }
                    if is_last {
                        break Report::Moved { mover: Some(mover), result: Ok(()) };
                    }
                    std::thread::park_timeout(MOVE_PAUSE);
                }
            });
        });
    }

    /// `no-appendfsync-on-rewrite`: syncing once a second pauses, as if it were never done.
    fn suspends_syncs(&self) -> bool {
        let settings = &self.config.settings.persistence;
        settings.fsync == Fsync::EverySecond && settings.no_fsync_on_rewrite && self.is_busy_writing()
    }

    /// Whether what is written counts as durable.
    fn promises_nothing(&self) -> bool {
        self.config.settings.persistence.fsync == Fsync::No || self.suspends_syncs()
    }

    /// What is ready has to wait for the helper: says so when that takes long, and refuses writes when it becomes too much.
    #[cold]
    fn note_delay(&mut self) {
        let Some((_, since)) = self.aof.waiting else { return };
        if self.now() - since > DELAY_MS && !std::mem::replace(&mut self.aof.is_delayed, true) {
            self.aof.delayed += 1;
            log::warn!(
                "Asynchronous AOF fsync is taking too long (disk is busy?). What clients write waits in memory, and its \
                 replies wait, too."
            );
        }
        let is_slow = self.now() - since > WAIT_MS;
        if is_slow && self.propagation.waiting() > WAITING_MAX && self.gate.log_error.is_none() {
            self.gate.log_error = Some("the disk does not keep up".into());
            self.aof.failed_ms = self.now();
            self.regate();
        }
    }

    /// Writes what is not written, on the loop.
    fn write_log(&mut self, file: &dyn DiskFile) {
        if !self.aof.sleep.is_zero() {
            std::thread::sleep(self.aof.sleep);
        }
        let moved = self.aof.mover.as_mut().map_or(Ok(true), |mover| mover.move_all(file));
        self.take_moved();
        if let Err(MoveError { error, is_whole }) = moved {
            self.aof.sync_failed |= !is_whole;
            return self.log_fails(&error);
        }
        self.keep_saved();
        if self.propagation.is_empty() {
            return self.log_works();
        }
        let bytes = self.propagation.take();
        match write_encoded(file, &bytes) {
            Ok(()) => {
                self.aof.note_written(self.propagation.offset());
                self.aof.size += bytes.len() as u64;
                self.aof.waiting = None;
                if self.promises_nothing() {
                    // Nothing is promised, so nothing is kept.
                    self.aof.sync_dropped(self.aof.written);
                    self.propagation.give_back(bytes);
                } else {
                    self.aof.keep(self.aof.written, Arc::new(bytes));
                }
                self.log_works();
            }
            Err(error) => {
                // Part of it may have been written: what is there must end with a whole unit.
                if let Err(error) = file.truncate(self.aof.file_len(self.aof.written)) {
                    log::error!("Could not remove a short write from the append-only file: {error}");
                    self.aof.sync_failed = true;
                }
                self.propagation.put_back(bytes);
                self.log_fails(&error);
            }
        }
    }

    /// Has the helper write what is not written, and if asked for sync.
    fn hand_over(&mut self, file: Arc<dyn DiskFile>, is_synced: bool) {
        // In the journal it is safe at once. With `always` nobody is told of it before it is durable.
        if self.config.settings.persistence.fsync != Fsync::Always {
            self.save_log();
        }
        self.keep_saved();
        let bytes = Arc::new(self.propagation.take());
        let written = self.propagation.offset();
        if !bytes.is_empty() {
            self.aof.keep(written, Arc::clone(&bytes));
        }
        self.aof.size += bytes.len() as u64;
        self.aof.is_busy = true;
        self.aof.is_only_writing = !is_synced;
        if is_synced {
            self.aof.synced_ms = self.now();
        }
        let (reporter, before) = (self.aof.reports.reporter(), self.aof.durable);
        let unsynced = self.aof.unsynced.as_ref().map(|(file, _)| Arc::clone(file));
        let sleep = if bytes.is_empty() { Duration::ZERO } else { self.aof.sleep };
        let mut mover = self.aof.mover.take();
        self.helpers.log.run(move || {
            if !sleep.is_zero() {
                std::thread::sleep(sleep);
            }
            let appended = |durable, result, mover| Report::Appended { written, durable, is_synced, result, mover };
            reporter.report(appended(before, Err(io::Error::other(JOB_LOST)), None), || {
                let old = unsynced.map_or(Ok(()), |old| old.sync());
                let moved = old.and_then(|()| match &mut mover {
                    Some(mover) => mover.move_all(&*file).map(|_| ()).map_err(|failed| failed.error),
                    None => Ok(()),
                });
                let wrote = moved.and_then(|()| write_encoded(&*file, &bytes));
                let result = wrote.and_then(|()| if is_synced { file.sync() } else { Ok(()) });
                let durable = if result.is_ok() && is_synced { written } else { before };
                appended(durable, result, mover)
            });
        });
    }

    /// What became of the log since the last look.
    pub(super) fn take_logged(&mut self) {
        while let Some(report) = self.aof.reports.take() {
            match report {
                Report::Moved { mover, result } => {
                    self.aof.is_busy = false;
                    self.aof.is_moving = false;
                    self.mover_is_back(mover);
                    self.take_moved();
                    match result {
                        Ok(()) => self.log_works(),
                        Err(MoveError { error, is_whole }) => {
                            self.aof.sync_failed |= !is_whole;
                            self.log_fails(&error);
                        }
                    }
                }
                Report::Appended { written, durable, is_synced, result, mover } => {
                    self.aof.is_busy = false;
                    self.aof.is_only_writing = false;
                    self.mover_is_back(mover);
                    self.aof.note_written(written);
                    match result {
                        Ok(()) => {
                            if is_synced {
                                self.aof.sync_done(durable);
                            } else if self.promises_nothing() {
                                self.aof.sync_dropped(self.aof.written);
                            }
                            self.log_works();
                        }
                        Err(error) => {
                            self.aof.sync_failed = true;
                            self.log_fails(&error);
                        }
                    }
                }
                Report::Prepared(made) => {
                    self.aof.is_naming = false;
                    match made {
                        Ok((increment, manifest)) => {
                            self.aof.prepared = Some(increment);
                            self.aof.manifest = manifest;
                        }
                        Err(error) => self.rewrite_failed(&format!("opening the next increment: {error}")),
                    }
                }
                Report::Repaired { made, durable } => {
                    self.aof.is_busy = false;
                    match made {
                        Ok((Increment { file, path, seq, journal }, manifest)) => {
                            log::warn!(
                                "The append-only file is whole again: what was not durable stands in a new increment"
                            );
                            self.aof.sync_failed = false;
                            self.aof.manifest = manifest;
                            self.aof.unsynced = None;
                            self.aof.path = path;
                            self.aof.file = Some(file);
                            self.aof.file_began = (self.aof.durable, 0);
                            self.aof.note_written(durable);
                            self.aof.sync_done(durable);
                            self.take_journal(journal);
                            self.aof.begin_journal(seq);
                            self.log_works();
                        }
                        Err(error) => self.log_fails(&error),
                    }
                }
                Report::Published(result) => {
                    self.aof.is_naming = false;
                    self.base_published(result);
                }
                Report::Forgotten => self.aof.is_naming = false,
            }
            self.outbox.push(crate::server::outbox::Order::Logged);
            // After a rewrite only when everything is tidied up: whoever waited for it finds its files as they are to be.
            if !self.aof.is_naming {
                self.serve_logged();
            }
        }
        // Not while a helper writes to the old increment, not while that cannot be written, and not in the middle of a unit;
        // nor while much is to be written, unless that is always so.
        let is_much = self.unwritten() > WRITTEN_HERE_MAX as u64 && self.aof.switch_delays < SWITCH_DELAYS_MAX;
        if is_much && self.aof.prepared.is_some() {
            self.aof.switch_delays += 1;
        }
        if !self.aof.is_busy
            && !is_much
            && self.gate.log_error.is_none()
            && !self.is_inside_unit()
            && let Some(mut increment) = self.aof.prepared.take()
        {
            self.aof.switch_delays = 0;
            if self.switch_increment(&mut increment) {
                self.copy_for_rewrite();
            } else {
                // The manifest names it already, and only the last one of those may end within a unit.
                self.aof.prepared = Some(increment);
                self.rewrite_failed("the old increment cannot be written");
            }
        }
    }

    /// The helper is to let go of the file soon, so that something else can be done with it.
    fn let_mover_end(&self) {
        self.aof.stop_moving.store(true, Ordering::Relaxed);
        self.helpers.log.nudge();
    }

    /// Without what moves it, a journal is of no use.
    fn mover_is_back(&mut self, mover: Option<Mover>) {
        if mover.is_none() {
            self.aof.journal = None;
        }
        self.aof.mover = mover;
    }

    fn take_journal(&mut self, journal: Option<(Journal, Mover)>) {
        if let Some((journal, mover)) = journal {
            (self.aof.journal, self.aof.mover) = (Some(journal), Some(mover));
        }
    }

    fn log_works(&mut self) {
        self.aof.is_delayed = false;
        if self.gate.log_error.take().is_some() {
            log::warn!("AOF write error looks solved, Redoxide can write again.");
            self.regate();
        }
    }

    #[cold]
    fn log_fails(&mut self, error: &io::Error) {
        let path = self.aof.path.display();
        if self.gate.log_error.is_none() {
            log::error!("Error writing to the AOF file {path}: {error}");
        }
        self.aof.failed_ms = self.now();
        self.gate.log_error = Some(crate::config::special::system_text(error).into());
        self.regate();
        // Whoever waits for what could not be made durable must not be told that it was.
        if self.aof.sync_failed && self.config.settings.persistence.fsync == Fsync::Always {
            self.outbox.push(crate::server::outbox::Order::CloseHeld);
        }
    }

    /// After a failed sync: cuts the file at its last durable byte and writes what followed to a fresh increment.
    pub(super) fn repair_log(&mut self) {
        if !self.aof.sync_failed || self.aof.is_busy || self.aof.is_naming || self.now() - self.aof.failed_ms < RETRY_MS
        {
            return;
        }
        let Some(old) = self.aof.file.clone() else { return };
        self.keep_saved();
        let len = self.aof.file_len(self.aof.durable);
        let tail: Vec<Arc<Encoded>> = self.aof.tail.iter().map(|(_, bytes)| Arc::clone(bytes)).collect();
        let durable = self.aof.durable + tail.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        // What was prepared comes before the one that is made now, so nothing may go there.
        if self.aof.prepared.take().is_some() {
            self.rewrite_failed("the disk has failed");
        }
        let is_named = self.aof.state == State::On;
        let before = self.aof.unsynced.clone();
        let make = self.next_increment(is_named);
        let reporter = self.aof.reports.reporter();
        self.aof.is_busy = true;
        self.helpers.log.run(move || {
            let lost = Report::Repaired { made: Err(io::Error::other(JOB_LOST)), durable };
            reporter.report(lost, || {
                // As late as can be: until then the old file has everything, as far as the system still knows it.
                let mut cut = || {
                    before.as_ref().map_or(Ok(()), |(before, len)| before.truncate(*len))?;
                    old.truncate(len)
                };
                Report::Repaired { made: make(&tail, &mut cut), durable }
            });
        });
    }

    /// Has the helper make or name files, as soon as it lets go of what it moves.
    fn name_files(&mut self, job: impl FnOnce() + Send + 'static) {
        self.let_mover_end();
        self.aof.is_naming = true;
        self.helpers.log.run(job);
    }

    /// Has the helper make the next increment. Only when it is not at work.
    pub(super) fn prepare_increment(&mut self) {
        // A log that has no base yet is named only together with it.
        let make = self.next_increment(self.aof.state == State::On);
        let reporter = self.aof.reports.reporter();
        self.name_files(move || {
            let lost = Report::Prepared(Err(io::Error::other(JOB_LOST)));
            reporter.report(lost, || Report::Prepared(make(&[], &mut || Ok(()))));
        });
    }

    /// What makes the next increment, with these bytes in it, does something else when they are on the medium, and if `is_named` has
    /// the manifest name it.
    fn next_increment(&mut self, is_named: bool) -> impl FnOnce(&[Arc<Encoded>], Last) -> Made + Send + use<> {
        let mut set = self.set();
        let has_journal = self.aof.journal.is_some() || !self.config.settings.persistence.journal;
        move |bytes, last| {
            let Part { name: part, seq, .. } = set.manifest.add_increment(&set.name).clone();
            let path = set.dir.join(part);
            set.disk.make_dir(&set.dir)?;
            let journal = if has_journal { None } else { make_journal(&*set.disk, &set.dir, &set.name) };
            let file = set.disk.create(&path)?;
            if !bytes.is_empty() {
                bytes.iter().try_for_each(|bytes| write_encoded(&*file, bytes))?;
                file.sync()?;
            }
            if is_named {
                let text = set.manifest.text();
                disk::replace_after(&*set.disk, &manifest_path(&set.dir, &set.name), text.as_bytes(), last)?;
            } else {
                last()?;
            }
            Ok((Increment { file, path, seq, journal }, set.manifest))
        }
    }

    /// The files of the log, for a helper.
    fn set(&self) -> Set {
        Set {
            disk: Arc::clone(&self.disk),
            dir: self.aof.dir.clone(),
            name: self.config.settings.persistence.append_name.clone(),
            manifest: self.aof.manifest.clone(),
        }
    }

    /// At one moment between two units: what was logged so far goes to the old increment, what follows to the new one. False
    /// if the old one cannot be written.
    fn switch_increment(&mut self, new: &mut Increment) -> bool {
        if let Some(old) = self.aof.file.clone() {
            if self.unwritten() > 0 {
                self.write_log(&*old);
            }
            if self.gate.log_error.is_some() {
                return false;
            }
            if self.aof.written > self.aof.synced {
                self.aof.unsynced = Some((old, self.aof.file_len(self.aof.durable)));
            }
        } else {
            // There was no log before this moment.
            self.propagation.is_on = true;
            self.keyspace.shared.changes.is_logged = true;
            self.aof.note_written(self.propagation.offset());
            self.aof.durable = self.aof.written;
            self.aof.synced = self.aof.written;
        }
        self.aof.file = Some(Arc::clone(&new.file));
        self.aof.path.clone_from(&new.path);
        self.aof.file_began = (self.aof.written, 0);
        self.take_journal(new.journal.take());
        self.aof.begin_journal(new.seq);
        // A reader of the new file does not know which database is selected.
        self.propagation.reselect();
        true
    }

    /// Gives a new base its name and has the manifest tell of it; it holds what all increments up to the one numbered
    /// `covered` hold.
    pub(super) fn publish_base(&mut self, temporary: PathBuf, base: Part, covered: u64) {
        let mut set = self.set();
        let (reporter, path) = (self.aof.reports.reporter(), self.aof.dir.join(&base.name));
        // If this fails nobody knows which manifest the medium has: the number is never used again.
        self.aof.manifest.skip_base(base.seq);
        self.name_files(move || {
            reporter.report(Report::Published(Err(JOB_LOST.into())), || {
                set.manifest.rebase(base, covered);
                let named = set.disk.rename(&temporary, &path).and_then(|()| set.write_manifest());
                if named.is_err() {
                    // Under its old name it is of no use. (It may have the new one, and then it stays: see above.)
                    _ = set.disk.remove(&temporary);
                }
                let failed = |error: io::Error| format!("Error publishing the new base {}: {error}", path.display());
                Report::Published(named.map(|()| set.manifest).map_err(failed))
            });
        });
    }

    /// Has the manifest no longer name files that are gone. Only when no helper is at work.
    pub(super) fn forget_history(&mut self) {
        if !std::mem::take(&mut self.aof.names_history) {
            return;
        }
        let (set, reporter) = (self.set(), self.aof.reports.reporter());
        self.name_files(move || {
            reporter.report(Report::Forgotten, || {
                if let Err(error) = set.write_manifest() {
                    log::warn!("Writing the manifest: {error}");
                }
                Report::Forgotten
            });
        });
    }

    /// Ends the log: what is ready is written and synced, while everybody waits.
    pub(super) fn close_log(&mut self) -> io::Result<()> {
        if self.aof.state == State::Off {
            return Ok(());
        }
        self.wait_for_log();
        let Some(file) = self.aof.file.clone() else { return Ok(()) };
        if self.aof.sync_failed {
            return Err(io::Error::other("the disk has failed, and what it holds is not known"));
        }
        if self.unwritten() > 0 {
            self.write_log(&*file);
            if self.unwritten() > 0 {
                return Err(io::Error::other("it cannot be written"));
            }
        }
        if let Some((before, _)) = &self.aof.unsynced {
            before.sync()?;
        }
        file.sync()?;
        self.aof.file = None;
        self.aof.sync_done(self.aof.written);
        if self.aof.journal.take().is_some() {
            // It holds nothing any more: if it stays, the next start sees that.
            _ = self.disk.remove(&journal::path(&self.aof.dir, &self.config.settings.persistence.append_name));
        }
        self.aof.mover = None;
        Ok(())
    }

    /// Waits until no helper is at work on the log: it is done soon, or its disk hangs and ours would, too.
    pub(super) fn wait_for_log(&mut self) {
        while self.aof.is_busy || self.aof.is_naming {
            self.let_mover_end();
            std::thread::sleep(std::time::Duration::from_millis(1));
            self.take_logged();
        }
    }

    /// CONFIG SET aof-disable-auto-gc no: what was kept goes, while everybody waits.
    pub fn collect_history(&mut self) {
        self.wait_for_log();
        self.drop_history();
        self.wait_for_log();
    }

    /// The increment to go on with after loading.
    pub(super) fn continue_increment(&mut self, file: Arc<dyn DiskFile>, path: PathBuf, seq: u64, len: u64) {
        let offset = self.propagation.offset();
        self.aof.file = Some(file);
        self.aof.path = path;
        self.aof.file_began = (offset, len);
        self.aof.note_written(offset);
        let (disk, name) = (&*self.disk, &self.config.settings.persistence.append_name);
        if self.config.settings.persistence.journal {
            let made = make_journal(disk, &self.aof.dir, name);
            self.take_journal(made);
        } else {
            // What one had that is there still has been appended before.
            _ = disk.remove(&journal::path(&self.aof.dir, name));
        }
        self.aof.begin_journal(seq);
        self.aof.durable = offset;
        self.aof.synced = offset;
        self.aof.state = State::On;
        self.propagation.is_on = true;
        self.keyspace.shared.changes.is_logged = true;
        self.propagation.reselect();
    }

    /// There is no log from here on.
    pub(super) fn log_is_off(&mut self) {
        self.propagation.is_on = false;
        self.propagation.take_saved();
        self.propagation.take();
        // Both ends: what the old log could not take any more is none of the next one's.
        (self.aof.journal, self.aof.mover) = (None, None);
        self.keyspace.shared.changes.is_logged = false;
        self.aof.state = State::Off;
        self.aof.file = None;
        self.aof.tail.clear();
        self.aof.tail_bytes = 0;
        self.aof.tail_holding = 0;
        self.aof.prepared = None;
        self.aof.unsynced = None;
        self.aof.sync_failed = false;
        self.aof.waiting = None;
        self.gate.log_error = None;
        self.regate();
        self.outbox.push(crate::server::outbox::Order::Logged);
        self.serve_logged();
    }
}

/// Makes a journal. There is none if the file system does not want to: then the loop writes to the file itself.
fn make_journal(disk: &dyn Disk, dir: &Path, name: &str) -> Option<(Journal, Mover)> {
    let made = journal::create(disk, &journal::path(dir, name));
    made.inspect_err(|error| log::warn!("There is no journal for the append-only file: {error}")).ok()
}

/// The path of the manifest.
pub(super) fn manifest_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.manifest"))
}

/// Writes requests with what they hold, piece by piece.
fn write_encoded(file: &dyn DiskFile, bytes: &Encoded) -> io::Result<()> {
    bytes.pieces().try_for_each(|piece| disk::write_all(file, piece))
}

pub(super) fn write_manifest(disk: &dyn Disk, dir: &Path, name: &str, manifest: &Manifest) -> io::Result<()> {
    disk::replace(disk, &manifest_path(dir, name), manifest.text().as_bytes())
}
