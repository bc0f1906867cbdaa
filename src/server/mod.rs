//! What a command means to the whole server.
//!
//! ```text
//! net --> prefetch --> dispatch --> call --> handler (commands/) --> settle --> net
//!                       may it run?  Ctx, statistics                 what a write sets off
//! ```
//!
//! [`Server`] owns all that outlives a command: the keyspace, the clients, the command table, counters. It knows no
//! socket: `net` tells it of connections and carries out what it leaves in the [`outbox`].

pub mod acl;
pub mod aof;
pub mod background;
pub mod blocked;
pub mod client;
pub mod command;
pub mod describe;
pub mod dispatch;
pub mod error;
pub mod eviction;
mod expiry;
pub mod gate;
pub mod histogram;
pub mod info;
pub mod keys;
pub mod keysizes;
pub mod latency;
pub mod loading;
pub mod measure;
pub mod memory;
pub mod monitor;
pub mod notify;
pub mod outbox;
pub mod pause;
pub mod process;
pub mod propagation;
pub mod pubsub;
pub mod rewriting;
pub mod saving;
pub mod settle;
pub mod shutdown;
pub mod slowlog;
pub mod stall;
pub mod stats;
pub mod streaming;
pub mod syntax;
pub mod tracking;
pub mod transaction;

use crate::base::clock::Clock;
use crate::base::dice::Dice;
use crate::base::helper::Helper;
use crate::base::machine;
use crate::base::stopwatch::Stopwatch;
use crate::config::Config;
pub use crate::config::REDIS_VERSION;
use crate::config::directive::Reason;
use crate::config::file::Foreign;
use crate::keyspace::changes::Interest;
use crate::keyspace::{AccessClock, Db, DbId, Keyspace};
use crate::persist::disk::Disk;
use crate::resp::{Limits, Reply};
use acl::Acl;
use aof::Aof;
use background::{Helpers, Notify, World};
use blocked::Blocked;
use client::{Care, ClientId, Clients, Connection};
use command::{CommandId, Family, Table};
pub use error::Error;
use gate::Gate;
use loading::Loading;
use outbox::Outbox;
use pause::Pause;
pub use propagation::Propagate;
use propagation::Propagation;
use pubsub::Pubsub;
use saving::Saving;
use stats::Stats;
use std::sync::{Arc, Mutex};
use tracking::Trackers;
use transaction::Watched;

/// What a handler answers: how the command ended, or an error.
pub type Done = Result<Flow, Error>;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The reply is complete.
    Done,
    /// There is none yet: the client waits (see [`blocked`]).
    Blocked,
    /// The rest of the reply follows in slices (see [`streaming`]).
    Streaming,
}

/// What a handler gets.
pub struct Ctx<'a> {
    /// Everything that outlives the command, except the reply.
    pub server: &'a mut Server,
    /// Where the reply goes, lent by the connection.
    pub reply: &'a mut Reply,
    /// Who sent the command.
    pub client: ClientId,
    /// The command that runs.
    pub command: CommandId,
    /// The selected database.
    pub db: DbId,
    /// What the log is to hold of it.
    pub propagate: Propagate,
}

impl Ctx<'_> {
    /// Answers HELP of a container: the usual first line, `lines`, and what every HELP says of itself.
    #[cold]
    pub fn help(&mut self, lines: &[&str]) {
        let row = self.server.commands.get(self.command);
        let container = row.full_name.split('|').next().unwrap_or_default().to_ascii_uppercase();
        self.reply.array(lines.len() + 3);
        self.reply.simple(&format!("{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for line in lines {
            self.reply.simple(line);
        }
        self.reply.simple("HELP");
        self.reply.simple("    Print this help.");
    }

    /// The command's full name, as errors spell it.
    #[cold]
    pub fn command_name(&self) -> std::borrow::Cow<'static, str> {
        self.server.commands.get(self.command).full_name.clone().into()
    }
}

/// How the process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// The exit status.
    pub status: i32,
}

/// The server.
pub struct Server {
    /// The keys.
    pub keyspace: Keyspace,
    /// Who is connected.
    pub clients: Clients,
    /// What there is to call.
    pub commands: Table,
    /// The configuration as it stands.
    pub config: Config,
    /// What `net` is to do.
    pub outbox: Outbox,
    /// Counters.
    pub stats: Stats,
    /// Where the time comes from.
    pub clock: Clock,
    /// Measures commands.
    pub watch: Stopwatch,
    /// Randomness.
    pub dice: Dice,
    /// Why the server as a whole refuses commands.
    pub gate: Gate,
    /// The data on its way in, at the start.
    pub loading: Option<Box<Loading>>,
    /// DEBUG LOADAOF is under way.
    is_reloading: bool,
    /// Where snapshots stand.
    pub saving: Saving,
    /// The append-only file.
    pub aof: Aof,
    /// Where the files are.
    pub disk: Arc<dyn Disk>,
    /// The threads that work for us, but for the one that frees: that is the keyspace's.
    pub helpers: Helpers,
    /// What helpers call when they have something to report.
    notify: Notify,
    /// What the log is told.
    pub propagation: Propagation,
    /// Who may do what.
    pub acl: Acl,
    /// What the kernel was told of ending this process.
    oom_score: process::OomScore,
    /// Who wants to know when it is ready.
    pub supervisor: process::Supervisor,
    /// What took long, by request.
    pub commandlog: slowlog::Commandlog,
    /// What took long, by kind of event.
    pub latency: latency::Latency,
    /// A command that took so many ticks is looked at more closely: see [`measure`].
    look_ticks: u64,
    /// Some request of this batch may be long: all of it is looked at.
    looks_closely: bool,
    /// See [`Server::sees_batch`].
    large_request: usize,
    /// With more output than that, a reply may be a long one.
    large_reply: usize,
    /// Whether histograms of commands are kept (`latency-tracking`).
    has_histograms: bool,
    /// Who waits for which key.
    pub blocked: Blocked,
    /// Turns that took too long.
    pub stalls: stall::Stalls,
    /// Whose replies are given in slices.
    streams: Vec<ClientId>,
    /// Replies of more elements are given in slices.
    pub stream_min: usize,
    /// The index of deadlines rests until then; microseconds of the monotonic clock.
    tend_us: u64,
    /// When the turn has lasted so long that nobody else's requests are begun; ticks.
    turn_due: u64,
    /// Who watches which key.
    pub watched: Watched,
    /// Who has subscribed to what.
    pub pubsub: Pubsub,
    /// Who is shown all commands.
    pub monitors: Vec<ClientId>,
    /// Who keeps copies of which key.
    pub trackers: Trackers,
    /// CLIENT PAUSE.
    pub pause: Pause,
    /// Which keyspace events are told of.
    pub events: notify::Classes,
    /// Set when the process is to end.
    pub shutdown: Option<Shutdown>,
    /// A signal asked for the end, and was not obeyed yet: whether it was SIGINT.
    pub signal: Option<bool>,
    /// SHUTDOWN ABORT took a signal back: `net` is to forget it, too.
    pub signal_is_void: bool,
    /// DEBUG PAUSE-CRON.
    pub cron_is_paused: bool,
    /// Forty hexadecimal digits that tell this run from any other.
    pub run_id: String,
    /// Where the memory goes.
    pub memory: memory::Memory,
    /// What INFO tells of the machine.
    machine: info::Machine,
    /// What is known of how many keys have which size.
    pub key_sizes: keysizes::Samples,
    /// What is done about the limit of it.
    pub eviction: eviction::Eviction,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// Whether active expiry runs (DEBUG SET-ACTIVE-EXPIRE).
    pub active_expire: bool,
    /// Whether RESTORE checks the checksum of what it gets (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
    pub checks_payloads: bool,
    /// The stopwatch at the end of the last command: the beginning of the next.
    last_ticks: u64,
    /// From this reading of the stopwatch on the time of day is read again.
    time_due: u64,
    /// How deep in nested calls we are (EXEC); the time stands still inside.
    depth: u32,
    /// Commands of the batch in hand, found by `prefetch`, and where the hashes of their keys begin.
    batch: Vec<(CommandId, usize)>,
    /// Whether there are writes among them.
    batch_has_writes: bool,
    /// When the regular work is due next, by the monotonic clock.
    next_cron_us: u64,
    /// How often the regular work has run.
    cron_count: u64,
}

/// The time of day is read again when so much has passed since the last reading.
const TIME_STEP_NS: u64 = 500_000;

/// Says what is wrong with the lines of a configuration that only the server can judge, before there is a server: see
/// [`crate::config::file::Judge`].
pub fn judge(families: &[Family]) -> impl FnMut(Foreign) -> Result<(), Reason> {
    let mut table = Table::new(families);
    move |line| match line {
        // A command has its new name for the lines that follow.
        Foreign::Rename { from, to } => table.rename(from, to).map_err(Reason::from),
        Foreign::User { name, rules, all_channels } => {
            acl::file::configured(name, rules, all_channels, &table).map(|_| ()).map_err(Reason::from)
        }
    }
}

/// For so long requests are run in one turn; then what they have set off has its turn, and replies are sent.
const REQUESTS_NS: u64 = 400_000;

/// What one connection gets of that while a copy of the keyspace lives and it writes: a few slow ones, or a hundred that meet nothing shared.
const SHARE_NS: u64 = 30_000;

impl Server {
    /// A server with empty databases in a world that gives it time, chance, threads and a disk.
    pub fn new(families: &[Family], config: Config, world: World) -> Server {
        let World { clock, watch, mut dice, mut helpers, disk } = world;
        let databases = config.settings.databases;
        let run_id = format!("{:016x}{:016x}{:08x}", dice.next(), dice.next(), dice.next() as u32);
        let freeing = std::mem::replace(&mut helpers.freeing, Helper::inline());
        let keyspace = Keyspace::new(databases, Dice(dice.next()), freeing);
        let started_ms = clock.unix_us() / 1000;
        let notify: Notify = Arc::new(Mutex::new(Box::new(|| {})));
        let commands = Table::new(families);
        let mut acl = Acl::new(&commands);
        acl.set_default_password(config.value("requirepass"), &commands);
        let mut server = Server {
            keyspace,
            clients: Clients::default(),
            commands,
            acl,
            config,
            outbox: Outbox::default(),
            stats: Stats::default(),
            clock,
            watch,
            dice,
            gate: Gate::default(),
            loading: None,
            is_reloading: false,
            saving: Saving::new(Arc::clone(&notify), started_ms / 1000),
            aof: Aof::new(Arc::clone(&notify)),
            disk,
            helpers,
            notify,
            propagation: Propagation::default(),
            oom_score: process::OomScore::default(),
            supervisor: process::Supervisor::None,
            commandlog: slowlog::Commandlog::default(),
            latency: latency::Latency::default(),
            look_ticks: u64::MAX,
            looks_closely: false,
            large_request: usize::MAX,
            large_reply: usize::MAX,
            has_histograms: true,
            blocked: Blocked::default(),
            stalls: stall::Stalls::default(),
            streams: Vec::new(),
            stream_min: streaming::STREAM_MIN,
            tend_us: 0,
            turn_due: 0,
            watched: Watched::default(),
            pubsub: Pubsub::default(),
            monitors: Vec::new(),
            trackers: Trackers::default(),
            pause: Pause::default(),
            events: notify::Classes::default(),
            shutdown: None,
            signal: None,
            signal_is_void: false,
            cron_is_paused: false,
            run_id,
            started_ms,
            memory: memory::Memory::default(),
            machine: info::Machine::look(),
            key_sizes: keysizes::Samples::default(),
            eviction: eviction::Eviction::default(),
            active_expire: true,
            checks_payloads: true,
            last_ticks: 0,
            time_due: 0,
            depth: 0,
            batch: Vec::new(),
            batch_has_writes: false,
            next_cron_us: 0,
            cron_count: 0,
        };
        server.read_time();
        server.settings_changed();
        server.memory.machine = machine::memory().total;
        server.note_startup();
        server
    }

    /// From now on helpers call `notify` when they have something to report.
    pub fn set_notify(&mut self, notify: impl Fn() + Send + 'static) {
        *self.notify.lock().expect("nobody panics while holding it") = Box::new(notify);
    }

    /// Takes what the helpers have reported.
    pub fn take_reports(&mut self) {
        self.take_saved();
        self.take_logged();
        self.take_rewritten();
    }

    /// At the start: gives commands the names that the configuration asks for.
    pub fn rename_commands(&mut self) -> Result<(), String> {
        for (from, to) in &self.config.renames {
            self.commands.rename(from, to)?;
        }
        Ok(())
    }

    /// A turn begins. Returns its first tick.
    pub fn begin_turn(&mut self) -> u64 {
        self.read_time();
        self.turn_due = self.last_ticks.saturating_add(self.watch.ticks_in_ns(REQUESTS_NS));
        self.last_ticks
    }

    /// Whether the last command of this turn, or the last long read, ended so late in it that no more is begun.
    #[inline]
    pub fn is_turn_long(&self) -> bool {
        self.last_ticks > self.turn_due
    }

    /// When a connection's share of the turn begins: for [`Server::is_share_long`].
    #[inline]
    pub fn begin_share(&self) -> u64 {
        self.last_ticks
    }

    /// Whether a share that began at that tick is long for somebody who writes while a copy of the keyspace lives.
    pub fn is_share_long(&self, began: u64) -> bool {
        self.last_ticks.saturating_sub(began) > self.watch.ticks_in_ns(SHARE_NS)
    }

    /// Much was read: that took time, too.
    pub fn note_read(&mut self) {
        self.last_ticks = self.watch.ticks();
    }

    /// Reads the clock: at the beginning of each turn, and when a turn is long.
    pub fn read_time(&mut self) {
        self.keyspace.set_time(self.clock.unix_us() / 1000);
        self.last_ticks = self.watch.ticks();
        self.time_due = self.last_ticks.saturating_add(self.watch.ticks_in_ns(TIME_STEP_NS));
    }

    /// The time of day of this turn, milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.keyspace.shared.now
    }

    /// A database, borrowed for a command.
    #[inline]
    pub fn db(&mut self, id: DbId) -> Db<'_> {
        self.keyspace.db(id)
    }

    /// Takes the settings that the keyspace goes by from the configuration.
    pub fn settings_changed(&mut self) {
        // The request that changed them may be a long one by now.
        self.looks_closely = true;
        self.set_thresholds();
        self.clients.set_care(Care::IMPORTING, self.config.settings.import_mode);
        self.look_at_expiry();
        let settings = &self.config.settings;
        let shared = &mut self.keyspace.shared;
        shared.lfu_log_factor = settings.lfu_log_factor;
        shared.lfu_decay_minutes = settings.lfu_decay_time;
        shared.is_by_change = settings.maxmemory_policy.ends_with("-lrm");
        shared.access = if settings.is_lfu { AccessClock::Frequency } else { AccessClock::Recency };
        let packed = settings.packed;
        shared.limits = crate::store::object::Limits {
            hash_entries: packed.hash_entries,
            hash_value: packed.hash_value,
            intset_entries: packed.intset_entries,
            set_entries: packed.set_entries,
            set_value: packed.set_value,
            zset_entries: packed.zset_entries,
            zset_value: packed.zset_value,
            list_size: packed.list_size,
            list_depth: packed.list_depth,
            hasher: shared.limits.hasher,
        };
        let now = shared.now;
        self.keyspace.set_time(now);
        self.delays_changed();
        self.regate();
        self.begin_slice();
        self.events = notify::Classes::new(&self.config.settings.events);
        self.look_for_interest();
    }

    /// A client came. It is served everything at once if no password is asked for.
    pub fn connect(&mut self, connection: Connection) -> ClientId {
        self.stats.connections += 1;
        let now = self.now();
        let id = self.clients.add(connection, false, now);
        self.set_default_user(id);
        id
    }

    /// A client went.
    pub fn disconnect(&mut self, id: ClientId) {
        self.forget_wait(id);
        self.forget_stream(id);
        self.forget_memory_wait(id);
        self.forget_postponed(id);
        self.stop_monitoring(id);
        self.stop_tracking(id);
        self.unwatch(id);
        self.unsubscribe_all(id);
        self.clients.remove(id);
    }

    /// What the parser may accept from a client.
    pub fn limits(&self, id: ClientId) -> Limits {
        Limits {
            bulk_max: self.config.settings.proto_max_bulk_len,
            authenticated: self.clients.get(id).is_some_and(|client| client.is_authenticated),
        }
    }

    /// Microseconds until [`Server::cron`] wants to run.
    pub fn until_cron_us(&self) -> u64 {
        self.next_cron_us.saturating_sub(self.clock.monotonic_us())
    }

    /// Microseconds until something is due: the regular work, a deadline, or the end of somebody's waiting.
    pub fn until_due_us(&self) -> u64 {
        if self.loading.is_some() {
            // Batches come without a call.
            return self.until_cron_us().min(1000);
        }
        if self.eviction.is_behind() {
            return 0;
        }
        let left_us = self.until_expiry_us(self.until_cron_us());
        let deadlines = [self.blocked.next_deadline(), self.pause.end()];
        let Some(deadline) = deadlines.into_iter().flatten().min() else { return left_us };
        let wait_us = deadline.saturating_mul(1000).saturating_sub(self.clock.unix_us());
        left_us.min(wait_us.max(0) as u64)
    }

    /// Whether a command runs inside another (EXEC).
    pub fn is_inside_unit(&self) -> bool {
        self.depth > 0
    }

    /// Sees who is there to care for changes beyond their number.
    pub(crate) fn look_for_interest(&mut self) {
        let mut interest = Interest::default();
        if self.blocked.clients() > 0 {
            interest = interest | Interest::READY_KEYS;
        }
        if !self.watched.is_empty() {
            interest = interest | Interest::WATCH;
        }
        if self.trackers.clients() > 0 {
            interest = interest | Interest::TRACKING;
        }
        if self.tells_events() {
            interest = interest | Interest::EVENTS;
        }
        self.keyspace.shared.changes.interest = interest;
    }

    /// The regular work, `hz` times a second: rates, files, giving memory back.
    pub fn cron(&mut self) {
        let now_us = self.clock.monotonic_us();
        if now_us < self.next_cron_us {
            return;
        }
        self.next_cron_us = now_us + 1_000_000 / u64::from(self.config.settings.hz.max(1));
        crate::base::crash::beat();
        if self.cron_is_paused {
            return;
        }
        self.obey_signal();
        self.cron_count += 1;
        let cron_began = self.watch.ticks();
        let used = crate::base::alloc::used();
        self.note_peak(used as u64);
        self.pinned_bytes(used);
        let stats = &mut self.stats;
        let counters = [stats.commands, stats.bytes_in, stats.bytes_out, stats.turns, stats.turns_us];
        stats.rates.sample(now_us, counters);
        if self.cron_count % 16 == 1 {
            self.watch.refine();
            self.set_thresholds();
        }
        self.tell_of_loading();
        self.repair_log();
        self.save_if_due();
        self.rewrite_if_due();
        self.keyspace.maintain();
        // Not in a turn that is a stall already: what it waited for is to be told of it.
        if self.watch.ticks() <= self.turn_due {
            self.look_at_waits();
        }
        let took = self.watch.ticks().wrapping_sub(cron_began);
        self.stats.cron_ticks += took;
        self.blame(stall::Part::Cron, took);
    }
}
