//! The configuration as the server goes by it: plain typed values, derived from the texts after each change.

use super::row_of;
use super::special::{all_events, parse_output_limits};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Whether something dangerous is allowed, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// To nobody.
    No,
    /// To clients on this machine.
    Local,
    /// To everybody.
    Yes,
}

impl Protection {
    /// Whether it is allowed to a client that sits on this machine, or elsewhere.
    pub fn allows(self, is_local: bool) -> bool {
        match self {
            Protection::No => false,
            Protection::Local => is_local,
            Protection::Yes => true,
        }
    }
}

/// How much output may wait at a client before it is closed; zero means any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// So many bytes are too many at once.
    pub hard: u64,
    /// So many bytes are too many for longer than `seconds`.
    pub soft: u64,
    /// See `soft`.
    pub seconds: u64,
}

/// How much the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the directive's values
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
    Nothing,
}

impl LogLevel {
    /// The same as the log knows it.
    pub fn filter(self) -> log::LevelFilter {
        match self {
            LogLevel::Debug => log::LevelFilter::Trace,
            LogLevel::Verbose => log::LevelFilter::Debug,
            LogLevel::Notice => log::LevelFilter::Info,
            LogLevel::Warning => log::LevelFilter::Warn,
            LogLevel::Nothing => log::LevelFilter::Off,
        }
    }
}

/// Typed values of the directives that the server acts on; each is named after its directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The number of databases.
    pub databases: usize,
    /// Whether new users may use all channels (`acl-pubsub-default`).
    pub acl_all_channels: bool,
    /// Microseconds from which on a command is in the slow log; `None` for never.
    pub slowlog_us: Option<u64>,
    /// How many requests the slow log keeps.
    pub slowlog_max_len: usize,
    /// Bytes from which on a request is kept in COMMANDLOG (`commandlog-request-larger-than`); `None` for never.
    pub large_request: Option<u64>,
    /// How many of them.
    pub large_request_max_len: usize,
    /// The same for replies (`commandlog-reply-larger-than`).
    pub large_reply: Option<u64>,
    /// How many of those.
    pub large_reply_max_len: usize,
    /// Data is imported: nothing expires or is evicted by itself.
    pub import_mode: bool,
    /// Milliseconds from which on an event is kept for LATENCY; zero for never.
    pub latency_monitor_ms: u64,
    /// Whether it is counted how long the calls of each command take.
    pub latency_tracking: bool,
    /// The percentiles that INFO shows of it, as they are written.
    pub latency_percentiles: Vec<String>,
    /// How many refusals ACL LOG keeps.
    pub acllog_max_len: usize,
    /// The longest bulk, and the longest string.
    pub proto_max_bulk_len: u64,
    /// The longest sparse `HyperLogLog`, in bytes.
    pub hll_sparse_max_bytes: u64,
    /// How slowly access counters rise.
    pub lfu_log_factor: u32,
    /// Minutes after which an access counter falls by one.
    pub lfu_decay_time: u32,
    /// Up to where collections stay packed: see the store's `Limits`, whose fields have the same names.
    pub packed: Packed,
    /// How often per second the regular work is done.
    pub hz: u32,
    /// `active-expire-effort`, 1 to 10: how long a slice of active expiry may be.
    pub active_expire_effort: u32,
    /// Whether keys remember how often they were used (the LFU policies) rather than when.
    pub is_lfu: bool,
    /// Bytes of memory at which eviction is to begin; zero means never.
    pub maxmemory: u64,
    /// The policy's name.
    pub maxmemory_policy: String,
    /// From how many keys the next one to go is chosen.
    pub maxmemory_samples: usize,
    /// How long others wait for eviction at a time (`maxmemory-eviction-tenacity`).
    pub eviction_tenacity: u32,
    /// Bytes that all clients may take together; zero: any number.
    pub maxmemory_clients: u64,
    /// Who may use DEBUG.
    pub debug_command: Protection,
    /// Who may use MODULE LOAD and its like.
    pub module_command: Protection,
    /// Who may change protected directives.
    pub protected_configs: Protection,
    /// The TCP port; zero means none.
    pub port: u16,
    /// Addresses to listen on, with the `-` in front of those that may be missing.
    pub bind: Vec<String>,
    /// The path of the Unix socket.
    pub unixsocket: Option<String>,
    /// Its permissions; zero leaves them to the process's mask.
    pub unixsocketperm: u32,
    /// The group that the Unix socket belongs to, if it is not the process's.
    pub unixsocketgroup: Option<String>,
    /// The length of the queue of connections that are not accepted yet.
    pub tcp_backlog: u32,
    /// Seconds of silence after which the kernel asks whether the other side is still there; zero means never.
    pub tcp_keepalive: u32,
    /// The most clients at one time.
    pub maxclients: usize,
    /// The most keys that are remembered for clients that track; zero: no limit.
    pub tracking_table_max_keys: usize,
    /// Seconds after which an idle client is closed; zero means never.
    pub timeout: u32,
    /// Whether clients from elsewhere are refused while there is no password.
    pub protected_mode: bool,
    /// The most bytes of requests that may wait at a client.
    pub query_buffer_limit: u64,
    /// How much output may wait at an ordinary client.
    pub output_limit_normal: OutputLimit,
    /// How much may wait at a replica.
    pub output_limit_replica: OutputLimit,
    /// How much may wait at a subscriber.
    pub output_limit_pubsub: OutputLimit,
    /// Which keyspace events are told of, in letters; `A` stands for those of its own.
    pub events: Vec<u8>,
    /// How much the log tells.
    pub loglevel: LogLevel,
    /// The log's file; empty means standard output.
    pub logfile: String,
    /// The directory of the data, in full.
    pub dir: String,
    /// Whether the log shows the logo even when it is a file.
    pub always_show_logo: bool,
    /// Snapshots and the append-only file.
    pub persistence: Persistence,
    /// In which words the log tells of removals.
    pub lazyfree: LazyFree,
    /// `shutdown-on-sigint`: the options of SHUTDOWN, or `default`.
    pub on_sigint: String,
    /// `shutdown-on-sigterm`: the same.
    pub on_sigterm: String,
}

/// Whether the log says UNLINK, not DEL, of what went; how it is freed does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LazyFree {
    /// Of what expired (`lazyfree-lazy-expire`).
    pub expired: bool,
    /// Of what was evicted (`lazyfree-lazy-eviction`).
    pub evicted: bool,
    /// Of what a command removed that is not called so (`lazyfree-lazy-server-del`).
    pub removed: bool,
}

/// A snapshot is due when so many changes were made and so many seconds have passed since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveRule {
    /// Seconds.
    pub seconds: i64,
    /// Changes.
    pub changes: u64,
}

/// In which format snapshots are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotFormat {
    /// In that of the file that was loaded; ours if there was none.
    Auto,
    /// In ours.
    Bincode,
    /// In Redis's.
    Rdb,
}

/// When what was appended is made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Before the reply leaves.
    Always,
    /// Once a second.
    EverySecond,
    /// When the system likes.
    No,
}

/// What the directives of snapshots and of the append-only file say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persistence {
    /// `save`
    pub rules: Vec<SaveRule>,
    /// `dbfilename`
    pub filename: PathBuf,
    /// `snapshot-format`
    pub format: SnapshotFormat,
    /// `rdb-version`; none: the lowest that carries the data.
    pub rdb_version: Option<u16>,
    /// `rdbchecksum`
    pub checksum: bool,
    /// `rdbcompression`
    pub compress: bool,
    /// `rdb-save-incremental-fsync`
    pub syncs_early: bool,
    /// `aof-rewrite-incremental-fsync`
    pub rewrite_syncs_early: bool,
    /// `stop-writes-on-bgsave-error`
    pub stop_writes_on_error: bool,
    /// `appendonly`
    pub appendonly: bool,
    /// `appenddirname`
    pub append_dir: PathBuf,
    /// `appendfilename`
    pub append_name: String,
    /// `appendfsync`
    pub fsync: Fsync,
    /// `no-appendfsync-on-rewrite`
    pub no_fsync_on_rewrite: bool,
    /// `aof-journal`
    pub journal: bool,
    /// `aof-load-truncated`
    pub load_truncated: bool,
    /// `aof-timestamp-enabled`
    pub timestamps: bool,
    /// `aof-use-rdb-preamble`
    pub rdb_preamble: bool,
    /// `auto-aof-rewrite-min-size`
    pub rewrite_min_size: u64,
    /// `auto-aof-rewrite-percentage`; zero: never by itself.
    pub rewrite_percentage: u64,
    /// `aof-disable-auto-gc`: files that a rewrite made needless stay.
    pub keeps_history: bool,
    /// `key-load-delay`, in microseconds; below zero: one for so many keys.
    pub load_delay: i64,
    /// `rdb-key-save-delay`, the same.
    pub save_delay: i64,
}

impl Persistence {
    fn new(values: &[Box<[u8]>]) -> Persistence {
        let value = |name: &str| &*values[row_of(name)];
        let text = |name: &str| String::from_utf8_lossy(value(name)).into_owned();
        let number = |name: &str| text(name).parse::<u64>().expect("the row's kind admits natural numbers only");
        let is_yes = |name: &str| value(name) == b"yes";
        let path = |name: &str| PathBuf::from(OsStr::from_bytes(value(name)));
        let save = text("save");
        let numbers: Vec<i64> = save.split(' ').filter_map(|word| word.parse().ok()).collect();
        Persistence {
            rules: numbers.chunks_exact(2).map(|p| SaveRule { seconds: p[0], changes: p[1] as u64 }).collect(),
            filename: path("dbfilename"),
            format: match value("snapshot-format") {
                b"bincode" => SnapshotFormat::Bincode,
                b"rdb" => SnapshotFormat::Rdb,
                _ => SnapshotFormat::Auto,
            },
            rdb_version: text("rdb-version").parse().ok(),
            checksum: is_yes("rdbchecksum"),
            compress: is_yes("rdbcompression"),
            syncs_early: is_yes("rdb-save-incremental-fsync"),
            rewrite_syncs_early: is_yes("aof-rewrite-incremental-fsync"),
            stop_writes_on_error: is_yes("stop-writes-on-bgsave-error"),
            appendonly: is_yes("appendonly"),
            append_dir: path("appenddirname"),
            append_name: text("appendfilename"),
            fsync: match value("appendfsync") {
                b"always" => Fsync::Always,
                b"no" => Fsync::No,
                _ => Fsync::EverySecond,
            },
            no_fsync_on_rewrite: is_yes("no-appendfsync-on-rewrite"),
            journal: is_yes("aof-journal"),
            load_truncated: is_yes("aof-load-truncated"),
            timestamps: is_yes("aof-timestamp-enabled"),
            rdb_preamble: is_yes("aof-use-rdb-preamble"),
            rewrite_min_size: number("auto-aof-rewrite-min-size"),
            rewrite_percentage: number("auto-aof-rewrite-percentage"),
            keeps_history: is_yes("aof-disable-auto-gc"),
            load_delay: text("key-load-delay").parse().unwrap_or(0),
            save_delay: text("rdb-key-save-delay").parse().unwrap_or(0),
        }
    }
}

/// Limits of packed collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each is described where it is used: `store::object::Limits`
pub struct Packed {
    pub hash_entries: usize,
    pub hash_value: usize,
    pub intset_entries: usize,
    pub set_entries: usize,
    pub set_value: usize,
    pub zset_entries: usize,
    pub zset_value: usize,
    pub list_size: i32,
    pub list_depth: u16,
}

impl Settings {
    /// What follows from the values of all rows. They passed their checks, so each has the form that its row promises.
    pub(super) fn new(values: &[Box<[u8]>]) -> Settings {
        let value = |name: &str| &*values[row_of(name)];
        let text = |name: &str| String::from_utf8_lossy(value(name)).into_owned();
        let number = |name: &str| text(name).parse::<u64>().expect("the row's kind admits natural numbers only");
        let small = |name: &str| number(name) as u32; // the row's range is that of an i32 or less
        let is_yes = |name: &str| value(name) == b"yes";
        let protection = |name: &str| match value(name) {
            b"yes" => Protection::Yes,
            b"local" => Protection::Local,
            _ => Protection::No,
        };
        let policy = text("maxmemory-policy");
        let socket = text("unixsocket");
        let limits = parse_output_limits(value("client-output-buffer-limit"));
        let limits = limits.map(|[hard, soft, seconds]| OutputLimit { hard, soft, seconds });
        Settings {
            databases: number("databases") as usize,
            acl_all_channels: value("acl-pubsub-default") == b"allchannels",
            slowlog_us: text("slowlog-log-slower-than").parse().ok(),
            slowlog_max_len: number("slowlog-max-len") as usize,
            large_request: text("commandlog-request-larger-than").parse().ok(),
            large_request_max_len: number("commandlog-large-request-max-len") as usize,
            large_reply: text("commandlog-reply-larger-than").parse().ok(),
            large_reply_max_len: number("commandlog-large-reply-max-len") as usize,
            import_mode: is_yes("import-mode"),
            latency_monitor_ms: number("latency-monitor-threshold"),
            latency_tracking: is_yes("latency-tracking"),
            latency_percentiles: text("latency-tracking-info-percentiles")
                .split_ascii_whitespace()
                .map(String::from)
                .collect(),
            acllog_max_len: number("acllog-max-len") as usize,
            proto_max_bulk_len: number("proto-max-bulk-len"),
            hll_sparse_max_bytes: number("hll-sparse-max-bytes"),
            lfu_log_factor: small("lfu-log-factor"),
            lfu_decay_time: small("lfu-decay-time"),
            packed: Packed {
                hash_entries: number("hash-max-listpack-entries") as usize,
                hash_value: number("hash-max-listpack-value") as usize,
                intset_entries: number("set-max-intset-entries") as usize,
                set_entries: number("set-max-listpack-entries") as usize,
                set_value: number("set-max-listpack-value") as usize,
                zset_entries: number("zset-max-listpack-entries") as usize,
                zset_value: number("zset-max-listpack-value") as usize,
                list_size: text("list-max-listpack-size").parse().expect("the row's range is that of an i32"),
                list_depth: number("list-compress-depth").min(u16::MAX.into()) as u16,
            },
            hz: small("hz"),
            active_expire_effort: small("active-expire-effort"),
            is_lfu: policy.ends_with("-lfu"),
            maxmemory: number("maxmemory"),
            maxmemory_samples: number("maxmemory-samples") as usize,
            eviction_tenacity: small("maxmemory-eviction-tenacity"),
            maxmemory_clients: match text("maxmemory-clients").strip_suffix('%') {
                // Without a limit there is nothing to take a part of.
                Some(percent) => number("maxmemory") / 100 * percent.parse::<u64>().unwrap_or(0),
                None => number("maxmemory-clients"),
            },
            maxmemory_policy: policy,
            debug_command: protection("enable-debug-command"),
            module_command: protection("enable-module-command"),
            protected_configs: protection("enable-protected-configs"),
            port: number("port") as u16, // at most 65,535 by its row
            bind: text("bind").split_ascii_whitespace().map(String::from).collect(),
            unixsocket: (!socket.is_empty()).then_some(socket),
            unixsocketgroup: Some(text("unixsocketgroup")).filter(|group| !group.is_empty()),
            unixsocketperm: u32::from_str_radix(&text("unixsocketperm"), 8).expect("its row admits octal digits only"),
            tcp_backlog: small("tcp-backlog"),
            tcp_keepalive: small("tcp-keepalive"),
            maxclients: number("maxclients") as usize,
            tracking_table_max_keys: number("tracking-table-max-keys") as usize,
            timeout: small("timeout"),
            protected_mode: is_yes("protected-mode"),
            query_buffer_limit: number("client-query-buffer-limit"),
            events: all_events(value("notify-keyspace-events")),
            output_limit_normal: limits[0],
            output_limit_replica: limits[1],
            output_limit_pubsub: limits[2],
            loglevel: match value("loglevel") {
                b"debug" => LogLevel::Debug,
                b"verbose" => LogLevel::Verbose,
                b"warning" => LogLevel::Warning,
                b"nothing" => LogLevel::Nothing,
                _ => LogLevel::Notice,
            },
            logfile: text("logfile"),
            dir: text("dir"),
            always_show_logo: is_yes("always-show-logo"),
            lazyfree: LazyFree {
                expired: is_yes("lazyfree-lazy-expire"),
                evicted: is_yes("lazyfree-lazy-eviction"),
                removed: is_yes("lazyfree-lazy-server-del"),
            },
            on_sigint: text("shutdown-on-sigint"),
            on_sigterm: text("shutdown-on-sigterm"),
            persistence: Persistence::new(values),
        }
    }
}
