//! The data at the start: which files it is in, who reads them, what clients are told meanwhile.
//!
//! ```text
//! Steps:  [ base: a snapshot or RDB ]  [ increment: commands ]  [ increment: commands ]
//!          helper fills tables,          helper parses,
//!          the loop takes them over      the loop runs them, slice by slice, as an internal client
//! ```
//!
//! Until the last step is done the gate is shut: commands that may not look at half of the data get LOADING. No key
//! expires meanwhile. Damage ends the process with a message that names file and offset, and exit status 1.

use crate::keyspace::load::Loader;
use crate::persist::Progress;
use crate::persist::aof::read::{self, Batch, Stop};
use crate::persist::disk::Disk;
use crate::persist::snapshot::{self, Format, Loaded};
use crate::resp::{Proto, Reply};
use crate::server::background::{JOB_LOST, Notify, Reports};
use crate::server::client::{ClientId, Connection};
use crate::server::command::CommandId;
use crate::server::{Server, Shutdown};
use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Commands run between two looks at the stopwatch.
const STRIDE: usize = 32;
/// What one turn of the loop gives to loading.
const SLICE_NS: u64 = 1_000_000;
/// How far it is stands in the log so often, if it takes long.
const TELL_MS: i64 = 5000;
/// Batches that may wait for the loop.
const BATCHES: usize = 8;

/// One file of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A snapshot of either format, also as the base of an append-only file.
    Tables {
        /// The file.
        path: PathBuf,
        /// Whether it is a snapshot on its own, from which expired keys are left out.
        is_plain: bool,
    },
    /// Commands.
    Commands {
        /// The file.
        path: PathBuf,
        /// Where they begin: behind an RDB file that the same file begins with.
        offset: u64,
        /// Whether it is the last one: only that may be cut off.
        is_last: bool,
    },
}

/// What becomes of the keys that are there when a snapshot is loaded into a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// They go first.
    Nothing,
    /// They stay.
    What {
        /// Unless the snapshot has the same key; otherwise that is an error.
        replaces: bool,
    },
}

impl Step {
    fn path(&self) -> &Path {
        match self {
            Step::Tables { path, .. } | Step::Commands { path, .. } => path,
        }
    }
}

/// What a helper reports.
enum Report {
    /// The tables are filled, or why not.
    Tables(Result<(Box<Loader>, Loaded), String>),
    /// The commands of the file have all been handed over.
    Commands(Stop),
}

/// Loading that is under way.
pub struct Loading {
    steps: VecDeque<Step>,
    reports: Reports<Report>,
    pub(super) progress: Arc<Progress>,
    /// Whether it is the append-only file that is loaded.
    is_log: bool,
    /// Batches of the file in hand.
    batches: Option<Receiver<Batch>>,
    /// Where running the batch in hand stands.
    batch: VecDeque<crate::resp::Request>,
    batch_end: u64,
    stop: Option<Stop>,
    /// Who runs the commands.
    client: ClientId,
    reply: Reply,
    /// When it began, Unix milliseconds.
    pub began_ms: i64,
    /// When the log was told last how far it is.
    told_ms: i64,
    /// The bytes of all files.
    pub total_bytes: u64,
    /// The bytes of the files that are done.
    done_bytes: u64,
    keys: u64,
    dropped: u64,
    /// What is put back afterwards: loading is no client's work.
    stats: Vec<crate::server::command::CommandStats>,
    commands: u64,
}

impl Loading {
    /// The bytes read so far. What was read ahead behind a snapshot, in a file where commands follow, is not counted twice.
    pub fn bytes(&self) -> u64 {
        let bytes = self.done_bytes + self.progress.bytes.load(Ordering::Relaxed).max(self.batch_end);
        bytes.min(self.total_bytes)
    }

    /// The keys taken in so far.
    pub fn keys(&self) -> u64 {
        self.keys + self.progress.keys.load(Ordering::Relaxed)
    }
}

impl Server {
    /// Begins to load `steps`. [`Server::load_some`] does the rest.
    pub fn begin_loading(&mut self, steps: Vec<Step>, notify: Notify) {
        let total_bytes = steps.iter().filter_map(|step| self.disk.open(step.path()).ok()).map(|(_, len)| len).sum();
        let now = self.now();
        let client = self.clients.add(Connection::default(), true, now);
        let is_log = !matches!(steps[..], [Step::Tables { is_plain: true, .. }]);
        self.loading = Some(Box::new(Loading {
            steps: steps.into(),
            reports: Reports::new(notify),
            progress: Arc::default(),
            is_log,
            batches: None,
            batch: VecDeque::new(),
            batch_end: 0,
            stop: None,
            client,
            reply: Reply::new(Proto::Resp2),
            began_ms: now,
            told_ms: now,
            total_bytes,
            done_bytes: 0,
            keys: 0,
            dropped: 0,
            stats: self.commands.stats.clone(),
            commands: self.stats.commands,
        }));
        self.gate.loading = true;
        self.look_at_expiry();
        self.regate();
        self.next_step();
    }

    /// Hands the next file to the helper; after the last one the server is ready.
    fn next_step(&mut self) {
        let Some(loading) = &mut self.loading else { return };
        loading.done_bytes +=
            std::mem::take(&mut loading.batch_end).max(loading.progress.bytes.load(Ordering::Relaxed));
        loading.progress = Arc::new(Progress::delayed(self.config.settings.persistence.load_delay));
        loading.stop = None;
        let Some(step) = loading.steps.front().cloned() else { return self.end_loading() };
        let (disk, progress) = (Arc::clone(&self.disk), Arc::clone(&loading.progress));
        let reporter = loading.reports.reporter();
        match step {
            Step::Tables { path, is_plain } => {
                let mut loader = Box::new(self.keyspace.loader());
                loader.drops_expired = is_plain;
                let checksum = self.config.settings.persistence.checksum;
                self.helpers.loading.run(move || {
                    reporter.report(Report::Tables(Err(JOB_LOST.into())), || {
                        let read = disk.open(&path).map_err(|error| error.to_string()).and_then(|(input, _)| {
                            snapshot::read(input, &mut loader, &progress, checksum).map_err(|damage| damage.to_string())
                        });
                        let read = read.map_err(|why| format!("{}: {why}", path.display()));
                        Report::Tables(read.map(|loaded| (loader, loaded)))
                    });
                });
            }
            Step::Commands { path, offset, .. } => {
                let is_inline = self.helpers.loading.is_inline();
                let (sender, batches) = sync_channel(if is_inline { 1 << 20 } else { BATCHES });
                loading.batches = Some(batches);
                self.helpers.loading.run(move || {
                    // The batches end before the report is sent.
                    reporter.report(Report::Commands(Stop::Unreadable(JOB_LOST.into())), move || {
                        Report::Commands(read_commands(&*disk, &path, offset, &progress, &sender))
                    });
                });
            }
        }
    }

    /// Goes on loading for a slice. True if there is more to do at once.
    pub fn load_some(&mut self) -> bool {
        let Some(loading) = &mut self.loading else { return false };
        match loading.reports.take() {
            Some(Report::Tables(Ok((loader, loaded)))) => {
                loading.keys += loader.keys;
                loading.dropped += loaded.dropped;
                match loading.steps.pop_front() {
                    Some(Step::Tables { is_plain: true, .. }) => self.saving.auto = loaded.format,
                    Some(Step::Tables { path, .. })
                        if self.disk.open(&path).is_ok_and(|(_, len)| len > loaded.bytes) =>
                    {
                        // A log from before there were directories: commands follow in the same file.
                        let is_last = loading.steps.is_empty();
                        loading.steps.push_front(Step::Commands { path, offset: loaded.bytes, is_last });
                    }
                    _ => {}
                }
                self.keyspace.adopt(*loader);
                self.next_step();
                return true;
            }
            Some(Report::Tables(Err(why))) => {
                self.loading_failed(&format!("Fatal error loading the DB, check server logs. Exiting. {why}"));
                return false;
            }
            Some(Report::Commands(stop)) => loading.stop = Some(stop),
            None => {}
        }
        self.run_batches()
    }

    /// Runs commands of the log for a slice. True if there is more to do at once.
    fn run_batches(&mut self) -> bool {
        let (began, slice) = (self.watch.ticks(), self.watch.ticks_in_ns(SLICE_NS));
        loop {
            let Some(mut loading) = self.loading.take() else { return false };
            if loading.batch.is_empty() {
                match loading.batches.as_ref().map(Receiver::try_recv) {
                    Some(Ok(batch)) => {
                        loading.batch = batch.requests.into();
                        loading.batch_end = batch.end;
                    }
                    Some(Err(TryRecvError::Disconnected)) if loading.stop.is_some() => {
                        loading.batches = None;
                        self.loading = Some(loading);
                        return self.commands_ended();
                    }
                    _ => {
                        self.loading = Some(loading);
                        return false;
                    }
                }
            }
            for _ in 0..STRIDE {
                let Some(request) = loading.batch.pop_front() else { break };
                let args = request.args();
                let name = args.get(0);
                // The log calls each command by its own name; older ones may hold what a configuration called it.
                let id = self.commands.find_own(name).or_else(|| self.commands.find(name)).unwrap_or(CommandId::NONE);
                if id == CommandId::NONE {
                    let name = String::from_utf8_lossy(name).into_owned();
                    let path = loading.steps.front().map(|step| step.path().display().to_string()).unwrap_or_default();
                    self.loading = Some(loading);
                    self.loading_failed(&format!("Unknown command '{name}' reading the append only file {path}"));
                    return false;
                }
                let mark = loading.reply.mark();
                self.dispatch(loading.client, id, args, &mut loading.reply);
                loading.reply.rollback(mark);
            }
            self.loading = Some(loading);
            if self.watch.ticks().wrapping_sub(began) >= slice {
                return true;
            }
        }
    }

    /// A file of commands is done, well or not.
    fn commands_ended(&mut self) -> bool {
        let Some(loading) = &mut self.loading else { return false };
        let Some(Step::Commands { path, is_last, .. }) = loading.steps.pop_front() else { return false };
        let shown = path.display();
        let stop = loading.stop.take().unwrap_or(Stop::Whole);
        // What was queued by a MULTI without EXEC never happened.
        self.clients[loading.client].set_multi(None);
        let may_cut = is_last && self.config.settings.persistence.load_truncated;
        let why = match stop {
            Stop::Whole | Stop::Unwanted | Stop::Late { .. } => None,
            Stop::Truncated { whole } if may_cut => {
                log::warn!("!!! Warning: short read while loading the AOF file {shown}!!!");
                log::warn!("AOF {shown} loaded anyway because aof-load-truncated is enabled");
                match self.cut(&path, whole) {
                    Ok(()) => None,
                    Err(error) => Some(format!("Error truncating the AOF file {shown}: {error}")),
                }
            }
            Stop::Truncated { whole } => Some(format!(
                "Unexpected end of file reading the append only file {shown}: everything up to offset {whole} is good. You \
                 can: 1) Make a backup of your AOF file, then use redoxide check --fix on it. 2) Alternatively you can \
                 set the 'aof-load-truncated' configuration option to yes and restart the server."
            )),
            Stop::Damaged { at, why, .. } => Some(format!(
                "Bad file format reading the append only file {shown} at offset {at}: {why}. Make a backup of your AOF \
                 file, then use redoxide check --fix on it."
            )),
            Stop::Unreadable(why) => Some(format!("Unrecoverable error reading the append only file {shown}: {why}")),
        };
        match why {
            Some(why) => self.loading_failed(&why),
            None => self.next_step(),
        }
        true
    }

    /// Cuts a file of commands behind its last whole unit; what is cut off is kept beside it.
    fn cut(&self, path: &Path, whole: u64) -> std::io::Result<()> {
        let (_, len) = self.disk.open(path)?;
        let mut tail = Vec::new();
        self.disk.open_at(path, whole)?.read_to_end(&mut tail)?;
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".cut-at-{whole}"));
        crate::persist::disk::replace(&*self.disk, &path.with_file_name(name), &tail)?;
        log::warn!("Truncating the AOF {} at offset {whole} of {len}; the rest is kept beside it", path.display());
        self.disk.append(path)?.truncate(whole)
    }

    /// Says in the log how far loading is, from time to time.
    pub(super) fn tell_of_loading(&mut self) {
        let now = self.now();
        let Some(loading) = self.loading.as_mut().filter(|loading| now - loading.told_ms >= TELL_MS) else { return };
        loading.told_ms = now;
        let (bytes, total) = (loading.bytes(), loading.total_bytes.max(1));
        log::info!("Loading: {}% of {total} bytes, {} keys so far", bytes * 100 / total, loading.keys());
    }

    fn end_loading(&mut self) {
        let Some(loading) = self.loading.take() else { return };
        self.clients.remove(loading.client);
        self.commands.stats = loading.stats;
        self.stats.commands = loading.commands;
        self.saving.loaded = (loading.dropped, loading.keys);
        self.look_at_expiry();
        self.keyspace.shared.stats = crate::keyspace::KeyspaceStats::default();
        self.mark_saved();
        self.gate.loading = false;
        self.regate();
        let took_s = (self.clock.unix_us() / 1000 - loading.began_ms) as f64 / 1000.0;
        log::info!(
            "DB loaded: {} keys, {} of them expired and left out, in {took_s:.3} seconds",
            loading.keys,
            loading.dropped
        );
        self.data_is_there(loading.is_log);
    }

    fn loading_failed(&mut self, why: &str) {
        log::error!("{why}");
        self.loading = None;
        self.shutdown = Some(Shutdown { status: 1 });
    }

    /// What there is to load at the start.
    pub fn load(&mut self) {
        self.find_temporary();
        let steps = match self.restore_journal().and_then(|()| self.steps()) {
            Ok(steps) => steps,
            Err(why) => return self.loading_failed(&why),
        };
        if steps.is_empty() {
            return self.data_is_there(self.config.settings.persistence.appendonly);
        }
        let notify = Arc::clone(&self.notify);
        self.begin_loading(steps, notify);
    }

    fn steps(&mut self) -> Result<Vec<Step>, String> {
        let path = self.snapshot_path();
        if self.config.settings.persistence.appendonly {
            let steps = self.log_steps()?;
            if steps.is_empty() && self.disk.exists(&path) {
                log::warn!(
                    "appendonly is yes and there is no append-only file yet: the snapshot {} is not loaded. To begin a log with \
                     its data, start with appendonly no and use CONFIG SET appendonly yes.",
                    path.display()
                );
            }
            return Ok(steps);
        }
        if self.config.settings.persistence.filename.as_os_str().is_empty() || !self.disk.exists(&path) {
            return Ok(Vec::new());
        }
        Ok(vec![Step::Tables { path, is_plain: true }])
    }

    /// All is loaded, or there was nothing. `is_log`: what was there, or would have been, is the append-only file; otherwise a log
    /// that was asked for meanwhile begins with this data.
    fn data_is_there(&mut self, is_log: bool) {
        if self.config.settings.persistence.appendonly {
            if !is_log {
                self.start_log();
            } else if let Err(error) = self.open_log() {
                return self.loading_failed(&format!("Can't open the append-only file: {error}"));
            }
        }
        if !self.is_reloading {
            self.remove_orphans();
            log::info!("Ready to accept connections");
            self.supervisor.tell("STATUS=Ready to accept connections\nREADY=1\n");
        }
    }

    /// DEBUG RELOAD and its like: takes the data of a snapshot over, while everybody waits.
    pub fn reload(&mut self, is_plain: bool, onto: Onto) -> Result<(), String> {
        let path = self.snapshot_path();
        let mut loader = self.keyspace.loader();
        loader.drops_expired = is_plain;
        let settings = &self.config.settings.persistence;
        let (input, _) = self.disk.open(&path).map_err(|error| error.to_string())?;
        let loaded = snapshot::read(input, &mut loader, &Progress::delayed(settings.load_delay), settings.checksum)
            .map_err(|damage| damage.to_string())?;
        self.saving.auto = if loaded.format == Format::Rdb { Format::Rdb } else { self.saving.auto };
        self.saving.loaded = (loaded.dropped, loader.keys);
        match onto {
            Onto::Nothing => self.keyspace.adopt(loader),
            Onto::What { replaces } => self
                .keyspace
                .merge(loader, replaces)
                .map_err(|key| format!("the key '{}' is there already", String::from_utf8_lossy(&key)))?,
        }
        self.mark_saved();
        Ok(())
    }
}

impl Server {
    /// DEBUG LOADAOF: forgets the data and takes it over from the log, while everybody waits.
    pub fn reload_log(&mut self) -> Result<(), String> {
        self.cancel_rewrite();
        self.wait_for_log();
        let steps = self.log_steps()?;
        if steps.is_empty() {
            return Err("there is no append-only file".into());
        }
        self.close_log().map_err(|error| error.to_string())?;
        // What is run from the log is not to be logged again.
        self.log_is_off();
        for number in 0..self.keyspace.databases().len() {
            self.keyspace.flush(crate::keyspace::DbId(number as u16)); // `databases` is at most 65,535
        }
        self.is_reloading = true;
        self.begin_loading(steps, Arc::clone(&self.notify));
        while self.loading.is_some() {
            if !self.load_some() {
                std::thread::yield_now();
            }
        }
        self.is_reloading = false;
        // As in Redis, who cannot load the log does not go on with half of the data: the process ends.
        if self.shutdown.is_some() { Err("the log cannot be loaded".into()) } else { Ok(()) }
    }
}

fn read_commands(disk: &dyn Disk, path: &Path, offset: u64, progress: &Progress, batches: &SyncSender<Batch>) -> Stop {
    match disk.open_at(path, offset) {
        Ok(input) => read::read(input, offset, None, |batch| {
            progress.dawdle(0, batch.requests.len() as u64);
            batches.send(batch).is_ok()
        }),
        Err(error) => Stop::Unreadable(error.to_string()),
    }
}
