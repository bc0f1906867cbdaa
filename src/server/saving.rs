//! Snapshots: when one is due, who writes it, what became of it.
//!
//! ```text
//! BGSAVE, a rule, a shutdown -> freeze -> job on the snapshot thread -> report -> counters
//!                                         write, sync | rename
//!                                                     ^ from here on it cannot be cancelled
//! ```

use crate::config::settings::SnapshotFormat;
use crate::keyspace::AccessClock;
use crate::persist::Progress;
use crate::persist::disk::Disk;
use crate::persist::rdb::write::Recency;
use crate::persist::snapshot::{self, Format, Options};
use crate::server::background::{JOB_LOST, Notify, Reports};
use crate::server::{Error, REDIS_VERSION, Server};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// After a failure a rule tries again only after so many seconds.
const RETRY_S: i64 = 5;

/// A snapshot that is under way.
#[derive(Debug)]
struct Job {
    progress: Arc<Progress>,
    /// How many keys there are to write.
    total: usize,
    began_ms: i64,
    /// The change counter at the moment of the copy.
    dirty: u64,
    /// The same at the last good snapshot before it.
    before: u64,
    /// It is the empty one of FLUSHALL, which nobody asked for by name and which stands in nobody's way.
    is_flush: bool,
}

/// The end of a job.
struct Report {
    progress: Arc<Progress>,
    result: Result<(), String>,
}

/// Where snapshots stand.
pub struct Saving {
    reports: Reports<Report>,
    job: Option<Job>,
    /// BGSAVE SCHEDULE while a rewrite runs.
    pub is_scheduled: bool,
    /// The change counter at the last good snapshot.
    saved_dirty: u64,
    /// When the last good one was made, Unix seconds.
    pub last_save_s: i64,
    /// When the last one was begun, Unix seconds.
    last_try_s: i64,
    /// Whether the last one in the background is good.
    pub last_is_good: bool,
    /// How long it took, seconds; -1: there was none.
    pub last_took_s: i64,
    /// The most bytes that its copy pinned.
    pub last_pinned: usize,
    /// How many were made since the start.
    pub saves: u64,
    /// The format that `auto` stands for: that of the file that was loaded.
    pub auto: Format,
    /// How long the last copy of the keyspace took, microseconds.
    pub freeze_us: u64,
    /// How many copies were made.
    pub freezes: u64,
    /// Keys left out and taken in by the last load.
    pub loaded: (u64, u64),
}

impl Saving {
    /// Nothing saved yet; `now_s`: the time of the start.
    pub fn new(notify: Notify, now_s: i64) -> Saving {
        Saving {
            reports: Reports::new(notify),
            job: None,
            is_scheduled: false,
            saved_dirty: 0,
            last_save_s: now_s,
            last_try_s: 0,
            last_is_good: true,
            last_took_s: -1,
            last_pinned: 0,
            saves: 0,
            auto: Format::default(),
            freeze_us: 0,
            freezes: 0,
            loaded: (0, 0),
        }
    }

    /// Whether one is being written.
    pub fn is_active(&self) -> bool {
        self.job.is_some()
    }

    /// The keys written and to be written by the one under way, and when it began (Unix milliseconds).
    pub fn progress(&self) -> Option<(u64, usize, i64)> {
        self.job.as_ref().map(|job| (job.progress.keys.load(Ordering::Relaxed), job.total, job.began_ms))
    }
}

impl Server {
    /// How many changes there have been since the last good snapshot.
    pub fn unsaved_changes(&self) -> u64 {
        self.keyspace.shared.changes.dirty.saturating_sub(self.saving.saved_dirty)
    }

    /// From here on changes count anew: what is there was just loaded or saved.
    pub(super) fn mark_saved(&mut self) {
        self.saving.saved_dirty = self.keyspace.shared.changes.dirty;
    }

    /// How snapshots are written now.
    pub fn snapshot_options(&self) -> Options {
        let settings = &self.config.settings.persistence;
        Options {
            format: match settings.format {
                SnapshotFormat::Auto => self.saving.auto,
                SnapshotFormat::Bincode => Format::Bincode,
                SnapshotFormat::Rdb => Format::Rdb,
            },
            rdb_version: settings.rdb_version,
            checksum: settings.checksum,
            compress: settings.compress,
            syncs_early: settings.syncs_early,
            redis_version: REDIS_VERSION,
            is_base: false,
            recency: self.recency(),
        }
    }

    /// What RDB files say of each key's last use: as in Redis, only what the eviction policy asks for.
    fn recency(&self) -> Recency {
        let (settings, shared) = (&self.config.settings, &self.keyspace.shared);
        match shared.access {
            AccessClock::Frequency => {
                Recency::Frequency { clock: shared.clock, decay_minutes: shared.lfu_decay_minutes }
            }
            AccessClock::Recency if settings.maxmemory_policy.ends_with("-lru") || shared.is_by_change => {
                Recency::Idle { clock: shared.clock }
            }
            AccessClock::Recency => Recency::Unsaid,
        }
    }

    /// The file that snapshots go to, in full: the directory may change while one is written.
    pub fn snapshot_path(&self) -> PathBuf {
        let settings = &self.config.settings;
        PathBuf::from(&settings.dir).join(&settings.persistence.filename)
    }

    /// Makes a copy of the keyspace, and measures it.
    pub fn freeze(&mut self) -> crate::keyspace::freeze::FrozenKeyspace {
        self.note_copy();
        let began = self.watch.ticks();
        let copy = self.keyspace.freeze();
        self.keyspace.begin_owning();
        self.saving.freeze_us = self.watch.ns(self.watch.ticks().wrapping_sub(began)) / 1000;
        self.saving.freezes += 1;
        copy
    }

    /// Begins a snapshot in the background.
    pub fn save_in_background(&mut self) {
        let copy = self.freeze();
        let (path, options) = (self.snapshot_path(), self.snapshot_options());
        let progress = Arc::new(Progress::delayed(self.config.settings.persistence.save_delay));
        self.saving.last_try_s = self.now() / 1000;
        self.saving.is_scheduled = false;
        self.saving.job = Some(Job {
            progress: Arc::clone(&progress),
            total: copy.len(),
            began_ms: self.now(),
            dirty: self.keyspace.shared.changes.dirty,
            before: self.saving.saved_dirty,
            is_flush: false,
        });
        log::info!("Background saving started");
        let (disk, reporter) = (Arc::clone(&self.disk), self.saving.reports.reporter());
        self.helpers.snapshot.run(move || {
            let lost = Report { progress: Arc::clone(&progress), result: Err(JOB_LOST.into()) };
            reporter.report(lost, || {
                let result = write_and_publish(&*disk, copy, &path, &options, &progress);
                Report { progress, result }
            });
        });
    }

    /// Writes a snapshot now, while everybody waits.
    pub fn save(&mut self) -> Result<(), String> {
        let copy = self.freeze();
        let (path, options) = (self.snapshot_path(), self.snapshot_options());
        let progress = Progress::delayed(self.config.settings.persistence.save_delay);
        write_and_publish(&*self.disk, copy, &path, &options, &progress)?;
        self.mark_saved();
        self.saving.last_save_s = self.clock.unix_us() / 1_000_000;
        self.saving.last_is_good = true;
        self.saving.saves += 1;
        log::info!("DB saved on disk");
        self.regate();
        Ok(())
    }

    /// Gives up the snapshot under way, unless it is already getting its name.
    pub fn cancel_saving(&mut self) {
        if let Some(job) = &self.saving.job
            && job.progress.cancel()
        {
            log::warn!("The snapshot that is being written was cancelled");
            self.saving.job = None;
        }
    }

    /// BGSAVE CANCEL: neither the snapshot that is being written is wanted any more, nor one that was to follow. What it answers.
    pub fn call_off_saving(&mut self) -> Result<&'static str, Error> {
        let was_scheduled = std::mem::take(&mut self.saving.is_scheduled);
        let before = self.saving.job.as_ref().map(|job| job.before);
        self.cancel_saving();
        // What it was to save is still to be saved.
        if let Some(before) = before.filter(|_| self.saving.job.is_none()) {
            self.saving.saved_dirty = before;
            return Ok("Background saving cancelled");
        }
        if !was_scheduled {
            return Err(Error::Text("ERR Background saving is currently not in progress or scheduled"));
        }
        Ok("Scheduled background saving cancelled")
    }

    /// After FLUSHALL: a snapshot of what was there before is not wanted any more, and the file is to be empty, too.
    pub fn everything_flushed(&mut self) {
        if self.loading.is_some() {
            return;
        }
        self.cancel_saving();
        if self.config.settings.persistence.rules.is_empty() {
            return;
        }
        if self.is_busy_writing() {
            // One is getting its name just now, or the log is rewritten: then the empty one comes after that.
            self.saving.is_scheduled = true;
        } else {
            self.save_in_background();
            if let Some(job) = &mut self.saving.job {
                job.is_flush = true;
            }
        }
        // As in Redis, which writes the file at once, nothing is left to be saved.
        self.mark_saved();
    }

    /// What became of snapshots since the last look.
    pub(super) fn take_saved(&mut self) {
        while let Some(Report { progress, result }) = self.saving.reports.take() {
            // The report of one that was cancelled is nobody's.
            let Some(job) = self.saving.job.take_if(|job| Arc::ptr_eq(&job.progress, &progress)) else { continue };
            let now_ms = self.now();
            self.saving.last_took_s = (now_ms - job.began_ms) / 1000;
            self.saving.last_is_good = result.is_ok();
            self.saving.last_pinned = self.memory.pinned_peak;
            match result {
                Ok(()) => {
                    log::info!("Background saving terminated with success");
                    self.saving.saved_dirty = self.saving.saved_dirty.max(job.dirty);
                    self.saving.last_save_s = now_ms / 1000;
                    self.saving.saves += 1;
                }
                Err(why) => {
                    log::warn!("{why}");
                    log::warn!("Background saving error");
                    self.saving.saved_dirty = job.before;
                }
            }
            self.regate();
            if job.is_flush && self.saving.is_scheduled && !self.is_busy_writing() && !self.is_inside_unit() {
                self.save_in_background();
            }
        }
    }

    /// SAVE does not wait for the snapshot of FLUSHALL: that is given up, or has its name in a moment.
    pub fn finish_flush(&mut self) {
        while self.saving.job.as_ref().is_some_and(|job| job.is_flush) {
            self.cancel_saving();
            std::thread::sleep(std::time::Duration::from_micros(100));
            self.take_saved();
        }
    }

    /// Begins what has come due: a snapshot by a rule, or one that was put off.
    pub(super) fn save_if_due(&mut self) {
        if self.is_busy_writing() {
            return;
        }
        let now_s = self.now() / 1000;
        let saving = &self.saving;
        let may_try = saving.last_is_good || now_s - saving.last_try_s > RETRY_S;
        if saving.is_scheduled && may_try {
            return self.save_in_background();
        }
        let (changes, age_s) = (self.unsaved_changes(), now_s - saving.last_save_s);
        let rules = &self.config.settings.persistence.rules;
        let due = rules.iter().find(|rule| changes >= rule.changes && age_s > rule.seconds);
        if let Some(rule) = due
            && changes > 0
            && may_try
        {
            log::info!("{} changes in {} seconds. Saving...", rule.changes, rule.seconds);
            self.save_in_background();
        }
    }

    /// What works now is to be as slow as the settings say now: `rdb-key-save-delay`, `key-load-delay`.
    pub(super) fn delays_changed(&mut self) {
        let settings = &self.config.settings.persistence;
        let saving = self.saving.job.as_ref().map(|job| &job.progress);
        for progress in saving.into_iter().chain(self.aof.rewrite.work()) {
            progress.delay_us.store(settings.save_delay, Ordering::Relaxed);
        }
        if let Some(loading) = &self.loading {
            loading.progress.delay_us.store(settings.load_delay, Ordering::Relaxed);
        }
    }

    /// Whether a helper writes a snapshot or rewrites the log: one at a time, as in Redis.
    pub fn is_busy_writing(&self) -> bool {
        self.saving.is_active() || self.aof.rewrite.is_active()
    }

    /// BGSAVE: what it answers.
    pub fn ask_to_save(&mut self, may_wait: bool) -> Result<&'static str, Error> {
        if self.saving.job.as_ref().is_some_and(|job| job.is_flush) {
            // It begins when that one is done, and nobody sees the gap.
            self.saving.is_scheduled = true;
            return Ok("Background saving started");
        }
        if self.saving.is_active() {
            return Err(Error::Text("ERR Background save already in progress"));
        }
        if self.is_busy_writing() || self.is_inside_unit() {
            if may_wait || self.is_inside_unit() {
                self.saving.is_scheduled = true;
                return Ok("Background saving scheduled");
            }
            return Err(Error::Text(
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to \
                 schedule a BGSAVE whenever possible.",
            ));
        }
        self.save_in_background();
        Ok("Background saving started")
    }
}

fn write_and_publish(
    disk: &dyn Disk,
    copy: crate::keyspace::freeze::FrozenKeyspace,
    path: &std::path::Path,
    options: &Options,
    progress: &Progress,
) -> Result<(), String> {
    let temporary = snapshot::write(disk, copy, path, options, progress)?;
    if !progress.begin_publishing() {
        _ = disk.remove(&temporary);
        return Err("the snapshot was cancelled".into());
    }
    snapshot::publish(disk, &temporary, path)
}
