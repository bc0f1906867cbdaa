//! Rewrites of the append-only file, and its beginning and end.
//!
//! ```text
//! BGREWRITEAOF, growth, CONFIG SET appendonly yes
//!    -> copy of the keyspace + switch to a new increment, at the same moment
//!    -> rewrite thread: base to a temporary file, synced
//!    -> log helper: rename, manifest                        from here on the new set is the one
//!    -> rewrite thread: the old files are removed
//! ```
//!
//! Whatever fails before the manifest is replaced leaves the old set valid: its increments include the newest.

use crate::persist::Progress;
use crate::persist::aof::journal::{self, Pending, Trouble};
use crate::persist::aof::manifest::{self, Manifest, Part};
use crate::persist::aof::rewrite as as_commands;
use crate::persist::disk::{Disk, write_synced};
use crate::persist::orphan;
use crate::persist::snapshot::{self, Format, Options};
use crate::server::aof::{State, manifest_path, write_manifest};
use crate::server::background::{JOB_LOST, Notify, Reports};
use crate::server::loading::Step;
use crate::server::{Error, Server};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// After a failure it is tried again by itself only after so many seconds, doubled with each failure up to an hour.
const RETRY_S: i64 = 60;

/// A rewrite that is under way.
struct Job {
    progress: Arc<Progress>,
    total: usize,
    began_ms: i64,
    base: Part,
    is_rdb: bool,
    /// The number of the last increment that the base makes needless.
    covered: u64,
    temporary: Option<PathBuf>,
    /// The size of the base.
    bytes: u64,
}

/// The end of the helper's part.
struct Report {
    progress: Arc<Progress>,
    result: Result<(PathBuf, u64), String>,
}

/// Where rewrites stand.
pub struct Rewriting {
    reports: Reports<Report>,
    job: Option<Job>,
    /// BGREWRITEAOF while a snapshot is written.
    pub is_scheduled: bool,
    /// The form that the one has that was told to have started, and waits for a helper: RDB, or commands.
    asked_for_rdb: Option<bool>,
    /// That rewrites have failed and are put off was told.
    told_of_limit: bool,
    /// Whether the last one is good.
    pub last_is_good: bool,
    /// How long it took, seconds; -1: there was none.
    pub last_took_s: i64,
    /// The most bytes that its copy pinned.
    pub last_pinned: usize,
    /// How many were made since the start.
    pub rewrites: u64,
    /// How many have failed since the last good one.
    pub failures: u32,
    failed_s: i64,
}

impl Rewriting {
    pub(super) fn new(notify: Notify) -> Rewriting {
        Rewriting {
            reports: Reports::new(notify),
            job: None,
            is_scheduled: false,
            asked_for_rdb: None,
            told_of_limit: false,
            last_is_good: true,
            last_took_s: -1,
            last_pinned: 0,
            rewrites: 0,
            failures: 0,
            failed_s: 0,
        }
    }

    /// Whether one is under way.
    pub fn is_active(&self) -> bool {
        self.job.is_some()
    }

    /// How far the one under way is.
    pub(super) fn work(&self) -> Option<&Arc<Progress>> {
        self.job.as_ref().map(|job| &job.progress)
    }

    /// The keys written and to be written by the one under way, and when it began (Unix milliseconds).
    pub fn progress(&self) -> Option<(u64, usize, i64)> {
        self.job.as_ref().map(|job| (job.progress.keys.load(Ordering::Relaxed), job.total, job.began_ms))
    }
}

impl Server {
    /// BGREWRITEAOF: what it answers.
    pub fn ask_to_rewrite(&mut self) -> Result<&'static str, Error> {
        if self.aof.rewrite.is_active() {
            return Err(Error::Text("ERR Background append only file rewriting already in progress"));
        }
        // Inside a transaction the copy would hold half a unit.
        if self.saving.is_active() || self.is_inside_unit() || self.aof.is_helped() {
            self.aof.rewrite.is_scheduled = true;
            let is_at_once = !self.saving.is_active() && !self.is_inside_unit();
            self.aof.rewrite.asked_for_rdb = is_at_once.then_some(self.config.settings.persistence.rdb_preamble);
            let (at_once, later) =
                ("Background append only file rewriting started", "Background append only file rewriting scheduled");
            return Ok(if is_at_once { at_once } else { later });
        }
        self.begin_rewrite();
        Ok("Background append only file rewriting started")
    }

    /// Begins a rewrite: the next increment is made first, if there is a log. Only when no helper is at work on the log.
    fn begin_rewrite(&mut self) {
        self.aof.rewrite.is_scheduled = false;
        let settings = &self.config.settings.persistence;
        let is_rdb = self.aof.rewrite.asked_for_rdb.take().unwrap_or(settings.rdb_preamble);
        let name = settings.append_name.clone();
        if self.aof.state == State::Off {
            // Without a log the rewrite leaves a set from which a later start with one could begin.
            self.aof.dir = self.aof_dir();
            self.aof.manifest = self.read_manifest().unwrap_or_default();
        }
        self.aof.rewrite.job = Some(Job {
            progress: Arc::new(Progress::delayed(settings.save_delay)),
            total: self.keyspace.databases().iter().map(|data| data.table.len()).sum(),
            began_ms: self.now(),
            covered: self.aof.last_used(),
            base: self.aof.manifest.next_base(&name, is_rdb),
            is_rdb,
            temporary: None,
            bytes: 0,
        });
        log::info!("Background append only file rewriting started");
        if self.aof.state == State::Off {
            self.copy_for_rewrite();
        } else if !self.aof.is_prepared() {
            self.prepare_increment();
        }
    }

    /// How bases are written now.
    fn base_options(&self) -> Options {
        let syncs_early = self.config.settings.persistence.rewrite_syncs_early;
        Options { format: Format::Rdb, is_base: true, syncs_early, ..self.snapshot_options() }
    }

    /// Copies the keyspace, at the moment of the switch, and has the copy written.
    pub(super) fn copy_for_rewrite(&mut self) {
        if !self.aof.rewrite.is_active() {
            return;
        }
        let copy = self.freeze();
        let Some(job) = &self.aof.rewrite.job else { return };
        let (progress, is_rdb) = (Arc::clone(&job.progress), job.is_rdb);
        let is_dated = self.config.settings.persistence.timestamps;
        let options = self.base_options();
        let (disk, dir, reporter) = (Arc::clone(&self.disk), self.aof.dir.clone(), self.aof.rewrite.reports.reporter());
        self.helpers.rewrite.run(move || {
            let lost = Report { progress: Arc::clone(&progress), result: Err(JOB_LOST.into()) };
            reporter.report(lost, || {
                let result = write_base(&*disk, copy, &dir, is_rdb, &options, is_dated, &progress);
                Report { progress, result }
            });
        });
    }

    /// What became of rewrites since the last look.
    pub(super) fn take_rewritten(&mut self) {
        while let Some(Report { progress, result }) = self.aof.rewrite.reports.take() {
            let is_ours = self.aof.rewrite.job.as_ref().is_some_and(|job| Arc::ptr_eq(&job.progress, &progress));
            match result {
                Ok((temporary, bytes)) if is_ours => {
                    let job = self.aof.rewrite.job.as_mut().expect("it was just looked at");
                    job.temporary = Some(temporary);
                    job.bytes = bytes;
                    self.publish_rewrite();
                }
                Ok((temporary, _)) => self.remove_later(vec![temporary]),
                Err(why) if is_ours => self.rewrite_failed(&why),
                Err(_) => {}
            }
        }
    }

    /// The base is written: it gets its name as soon as no helper is at work on the log.
    pub(super) fn publish_rewrite(&mut self) {
        if self.aof.is_helped() || self.gate.log_error.is_some() {
            return;
        }
        let Some(job) = &mut self.aof.rewrite.job else { return };
        let Some(temporary) = job.temporary.take() else { return };
        if !job.progress.begin_publishing() {
            return self.remove_later(vec![temporary]);
        }
        let (base, covered) = (job.base.clone(), job.covered);
        self.publish_base(temporary, base, covered);
    }

    /// The manifest names the new base, or not.
    pub(super) fn base_published(&mut self, result: Result<Manifest, String>) {
        let Some(job) = self.aof.rewrite.job.take() else { return };
        match result {
            Ok(manifest) => {
                self.aof.manifest = manifest;
                log::info!("Background AOF rewrite terminated with success");
                let rewrite = &mut self.aof.rewrite;
                rewrite.last_is_good = true;
                rewrite.last_pinned = self.memory.pinned_peak;
                rewrite.failures = 0;
                rewrite.rewrites += 1;
                rewrite.last_took_s = (self.keyspace.shared.now - job.began_ms) / 1000;
                let increment = self.propagation.offset() - self.aof.file_began().min(self.propagation.offset());
                self.aof.size = job.bytes + increment;
                self.aof.base_size = self.aof.size;
                if self.aof.state == State::Starting {
                    self.aof.state = State::On;
                    log::info!("AOF is on: the base and its increment are in place");
                }
                self.drop_history();
            }
            Err(why) => {
                self.aof.rewrite.job = Some(job);
                self.rewrite_failed(&why);
            }
        }
    }

    pub(super) fn rewrite_failed(&mut self, why: &str) {
        if self.aof.rewrite.job.take().is_none() {
            return;
        }
        log::warn!("Background AOF rewrite terminated with error: {why}");
        let now_ms = self.now();
        let rewrite = &mut self.aof.rewrite;
        rewrite.last_is_good = false;
        rewrite.failures += 1;
        rewrite.told_of_limit = false;
        rewrite.failed_s = now_ms / 1000;
    }

    /// Gives up the rewrite under way. False if there is none, or if it is too late.
    pub fn cancel_rewrite(&mut self) -> bool {
        let Some(job) = &self.aof.rewrite.job else { return false };
        if !job.progress.cancel() {
            return false;
        }
        let temporary = job.temporary.clone();
        self.rewrite_failed("it was cancelled");
        self.remove_later(temporary.into_iter().collect());
        true
    }

    /// Removes the files that a rewrite made needless, and has the manifest no longer name them.
    pub fn drop_history(&mut self) {
        if self.config.settings.persistence.keeps_history || self.aof.manifest.history.is_empty() {
            return;
        }
        let old = std::mem::take(&mut self.aof.manifest.history);
        self.aof.names_history = true;
        self.remove_later(old.iter().map(|part| self.aof.dir.join(&part.name)).collect());
        if !self.aof.is_helped() {
            self.forget_history();
        }
    }

    fn remove_later(&mut self, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        let disk = Arc::clone(&self.disk);
        self.helpers.rewrite.run(move || {
            for path in paths {
                if let Err(error) = disk.remove(&path)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    log::warn!("Removing {}: {error}", path.display());
                }
            }
        });
    }

    /// Looks for what earlier processes left of snapshots: before this one makes files of its own.
    pub(super) fn find_temporary(&mut self) {
        let dirs = [PathBuf::from(&self.config.settings.dir), self.aof_dir()];
        self.aof.orphans = dirs.iter().flat_map(|dir| self.temporary_in(dir)).collect();
    }

    fn temporary_in(&self, dir: &Path) -> Vec<PathBuf> {
        let is_gone = |pid: u32| {
            let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
            pid.is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
        };
        // Where nothing can be listed, nothing is removed.
        let files = self.disk.list(dir).unwrap_or_default();
        files
            .into_iter()
            .filter(|(name, _)| orphan::is_temporary(name, is_gone))
            .map(|(name, _)| dir.join(name))
            .collect()
    }

    /// Removes what a crash left behind, when the data is there.
    pub(super) fn remove_orphans(&mut self) {
        let mut found = std::mem::take(&mut self.aof.orphans);
        let settings = &self.config.settings.persistence;
        if self.aof.state == State::On && !settings.keeps_history {
            let files = self.disk.list(&self.aof.dir).unwrap_or_default();
            let is_orphan = |(name, len): &(String, u64)| {
                orphan::is_of_no_log(name, *len, &settings.append_name, &self.aof.manifest)
            };
            found.extend(files.into_iter().filter(is_orphan).map(|(name, _)| self.aof.dir.join(name)));
        }
        for path in &found {
            log::warn!("Removing {}: a process that ended too early left it, and nothing needs it", path.display());
        }
        self.remove_later(found);
    }

    /// Begins a rewrite that was put off, or that the growth of the log asks for; starts a log again whose first base failed.
    pub(super) fn rewrite_if_due(&mut self) {
        self.publish_rewrite();
        if self.aof.state != State::Starting && !self.aof.is_helped() {
            self.forget_history();
        }
        if self.is_busy_writing() || self.aof.is_helped() || self.loading.is_some() {
            return;
        }
        let (settings, rewrite) = (&self.config.settings.persistence, &self.aof.rewrite);
        let pause_s = RETRY_S << rewrite.failures.saturating_sub(1).min(6);
        let may_try = rewrite.failures == 0 || self.now() / 1000 - rewrite.failed_s >= pause_s;
        let grown = self.aof.size.saturating_sub(self.aof.base_size) * 100 / self.aof.base_size.max(1);
        let is_due = self.aof.state == State::On
            && settings.rewrite_percentage > 0
            && self.aof.size > settings.rewrite_min_size
            && grown >= settings.rewrite_percentage;
        let is_starting = self.aof.state == State::Starting && self.aof.rewrite.failures > 0;
        if rewrite.is_scheduled || ((is_due || is_starting) && may_try) {
            if is_due && !rewrite.is_scheduled {
                log::info!("Starting automatic rewriting of AOF on {grown}% growth");
            }
            self.begin_rewrite();
        } else if (is_due || is_starting) && !std::mem::replace(&mut self.aof.rewrite.told_of_limit, true) {
            log::warn!(
                "Background AOF rewrite has failed and triggered the limit: it begins by itself again {pause_s} seconds after \
                 its last failure"
            );
        }
    }

    /// CONFIG SET appendonly yes: the log is there when its first base is.
    pub fn start_log(&mut self) {
        // While the data is loaded the setting is all there is: what follows from it, follows at the end.
        if self.aof.state != State::Off || self.loading.is_some() {
            return;
        }
        self.cancel_rewrite();
        self.aof.dir = self.aof_dir();
        self.aof.manifest = self.read_manifest().unwrap_or_default();
        self.aof.names_history = false;
        self.aof.state = State::Starting;
        if self.is_busy_writing() || self.aof.is_helped() {
            self.aof.rewrite.is_scheduled = true;
            log::info!(
                "AOF was enabled but there is already another background operation: its first rewrite comes after it"
            );
            return;
        }
        if self.is_inside_unit() {
            self.aof.rewrite.is_scheduled = true;
            log::info!("AOF was enabled during a transaction: the rewrite for it in the AOF background was scheduled");
            return;
        }
        self.begin_rewrite();
    }

    /// CONFIG SET appendonly no.
    pub fn stop_log(&mut self) {
        if self.loading.is_some() {
            return;
        }
        if self.cancel_rewrite() | std::mem::take(&mut self.aof.rewrite.is_scheduled) {
            log::warn!("Killing AOF child: here that is a job of a helper, and it was cancelled");
        }
        if let Err(error) = self.close_log() {
            log::error!("Closing the append-only file: {error}");
        }
        self.log_is_off();
    }

    fn read_manifest(&self) -> Option<Manifest> {
        let path = manifest_path(&self.aof_dir(), &self.config.settings.persistence.append_name);
        Manifest::parse(&read_file(&*self.disk, &path).ok()?).ok()
    }

    /// Appends to the log what the process before had not yet written to its file.
    pub(super) fn restore_journal(&mut self) -> Result<(), String> {
        if !self.config.settings.persistence.appendonly {
            return Ok(());
        }
        let (dir, name) = (self.aof_dir(), &self.config.settings.persistence.append_name);
        let Some(manifest) = self.read_manifest() else { return Ok(()) };
        match journal::restore(&*self.disk, &dir, name, &manifest) {
            Ok(Some(Pending { name, bytes, .. })) => {
                log::warn!(
                    "{} bytes that were not yet written to {name} stood in its journal: they are there now",
                    bytes.len()
                );
            }
            Ok(None) => {}
            Err(Trouble::Useless(why)) => log::warn!("The journal is not used: {why}"),
            Err(Trouble::Lost(why) | Trouble::InUse(why)) => return Err(why),
        }
        Ok(())
    }

    /// The files of the log that there is at the start; none: there is no log yet.
    pub(super) fn log_steps(&mut self) -> Result<Vec<Step>, String> {
        let settings = self.config.settings.persistence.clone();
        let (dir, name) = (self.aof_dir(), settings.append_name);
        let path = manifest_path(&dir, &name);
        self.aof.dir.clone_from(&dir);
        if !self.disk.exists(&path) {
            if !self.disk.exists(&PathBuf::from(&self.config.settings.dir).join(&name)) {
                return Ok(Vec::new());
            }
            // First the manifest: what follows is found undone at the next start, if this one ends here.
            let written = make_dir(&*self.disk, &dir)
                .and_then(|()| write_manifest(&*self.disk, &dir, &name, &Manifest::upgraded(&name)));
            written.map_err(|error| format!("Error migrating the old AOF: {error}"))?;
        }
        let bad = |why: String| format!("{why}\nThe append-only file in {} cannot be used", dir.display());
        let text = read_file(&*self.disk, &path).map_err(|error| bad(format!("{}: {error}", path.display())))?;
        let manifest =
            Manifest::parse(&text).map_err(|why| bad(format!("*** FATAL AOF MANIFEST FILE ERROR ***\n{why}")))?;
        if manifest.parts().map(|part| &part.name).eq([&name]) {
            self.upgrade_log(&dir, &name)?;
        }
        let paths: Vec<PathBuf> = manifest.parts().map(|part| dir.join(&part.name)).collect();
        let last = manifest::last_written(paths.iter().map(|path| self.disk.open(path).map_or(1, |(_, len)| len)));
        let mut steps = Vec::new();
        for (i, path) in paths.into_iter().enumerate() {
            if !self.disk.exists(&path) {
                // In the words that the system would use.
                let missing = io::Error::from_raw_os_error(rustix::io::Errno::NOENT.raw_os_error());
                let why = crate::config::special::system_text(&missing);
                return Err(bad(format!(
                    "Fatal error: can't open the append log file {} for reading: {why}; the manifest names it",
                    path.display()
                )));
            }
            let is_last = i >= last;
            steps.push(if i == 0 && begins_as_tables(&*self.disk, &path) {
                Step::Tables { path, is_plain: false }
            } else {
                Step::Commands { path, offset: 0, is_last }
            });
        }
        self.aof.manifest = manifest;
        Ok(steps)
    }

    /// A file from before there were directories, which the manifest names already, comes into the directory.
    fn upgrade_log(&mut self, dir: &Path, name: &str) -> Result<(), String> {
        let root = PathBuf::from(&self.config.settings.dir);
        let (old, new) = (root.join(name), dir.join(name));
        if !self.disk.exists(&old) || self.disk.exists(&new) {
            return Ok(());
        }
        log::info!("Migrating the old-style AOF {} into {}", old.display(), dir.display());
        let moved = self.disk.rename(&old, &new).and_then(|()| {
            self.disk.sync_dir(dir)?;
            self.disk.sync_dir(&root)
        });
        moved.map_err(|error| format!("Error migrating the old AOF: {error}"))
    }

    /// After loading: the log goes on where it ended, or begins.
    pub(super) fn open_log(&mut self) -> io::Result<()> {
        let settings = self.config.settings.persistence.clone();
        let (disk, dir, name) = (Arc::clone(&self.disk), self.aof_dir(), settings.append_name);
        self.aof.dir.clone_from(&dir);
        make_dir(&*disk, &dir)?;
        let mut manifest = self.aof.manifest.clone();
        let is_new = manifest.base.is_none() && manifest.increments.is_empty();
        if is_new {
            let base = manifest.next_base(&name, settings.rdb_preamble);
            log::info!("Creating AOF base file {} on server start", base.name);
            let options = self.base_options();
            let copy = self.freeze();
            let (is_rdb, is_dated) = (settings.rdb_preamble, settings.timestamps);
            let written = write_base(&*disk, copy, &dir, is_rdb, &options, is_dated, &Progress::default());
            let (temporary, _) = written.map_err(io::Error::other)?;
            disk.rename(&temporary, &dir.join(&base.name))?;
            manifest.rebase(base, 0);
        }
        if manifest.increments.is_empty() {
            let part = manifest.add_increment(&name);
            log::info!("Creating AOF incr file {} on server start", part.name);
        }
        let part = manifest.increments.last().expect("there is one").clone();
        let path = dir.join(&part.name);
        let file = disk.append(&path)?;
        if is_new || self.aof.manifest != manifest {
            write_manifest(&*disk, &dir, &name, &manifest)?;
        }
        let sizes = manifest.parts().filter_map(|part| disk.open(&dir.join(&part.name)).ok()).map(|(_, len)| len);
        self.aof.size = sizes.sum();
        self.aof.base_size = self.aof.size;
        let (_, len) = disk.open(&path)?;
        self.aof.manifest = manifest;
        self.continue_increment(file, path, part.seq, len);
        self.drop_history();
        Ok(())
    }
}

/// Writes a base to a temporary file beside the others, synced: as RDB with `options`, as commands without.
fn write_base(
    disk: &dyn Disk,
    copy: crate::keyspace::freeze::FrozenKeyspace,
    dir: &Path,
    is_rdb: bool,
    options: &Options,
    is_dated: bool,
    progress: &Progress,
) -> Result<(PathBuf, u64), String> {
    let failed = |error: io::Error| format!("writing the base: {error}");
    make_dir(disk, dir).map_err(failed)?;
    let path = dir.join(snapshot::temporary_name("temp-rewriteaof-bg", "aof"));
    let temporary = if is_rdb {
        snapshot::write(disk, copy, &path, options, progress)?
    } else {
        let file = disk.create(&path).map_err(failed)?;
        let written = write_synced(&*file, options.syncs_early, |out| {
            let out = BufWriter::with_capacity(256 * 1024, out);
            as_commands::write(copy, is_dated, out, progress)?.flush()
        });
        if let Err(error) = written {
            _ = disk.remove(&path);
            return Err(failed(error));
        }
        path
    };
    let (_, len) = disk.open(&temporary).map_err(failed)?;
    Ok((temporary, len))
}

/// Makes the directory of the log, on the medium.
fn make_dir(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    disk.make_dir(dir)?;
    disk.sync_dir(dir.parent().unwrap_or(Path::new(".")))
}

/// Whether a file is a snapshot of either format rather than commands.
fn begins_as_tables(disk: &dyn Disk, path: &Path) -> bool {
    let mut head = [0; 5];
    let read = disk.open(path).and_then(|(mut input, _)| input.read_exact(&mut head));
    read.is_ok() && head[0] != b'*' && head[0] != b'#'
}

fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let (mut input, _) = disk.open(path)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    Ok(bytes)
}
