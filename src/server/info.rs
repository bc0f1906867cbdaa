//! INFO: sections of fields with the values that the server has at that moment.
//!
//! Only fields that mean something here are there; their names and order are Redis's. Text is collected in a `String`:
//! INFO is asked for a few times a second at most.

use crate::base::{alloc, machine};
use crate::server::pubsub::Kind;
use crate::server::{REDIS_VERSION, Server};
use std::fmt::{Display, Write};
use sysinfo::System;

/// The sections of a plain INFO, in order.
const DEFAULT: [&str; 13] = [
    "server",
    "clients",
    "memory",
    "persistence",
    "threads",
    "stats",
    "replication",
    "cpu",
    "modules",
    "errorstats",
    "cluster",
    "keyspace",
    "keysizes",
];

/// The sections that only `all` and `everything` add.
const MORE: [&str; 2] = ["commandstats", "latencystats"];

/// All sections there are, in the order of INFO.
const ORDER: [&str; 16] = [
    "server",
    "clients",
    "memory",
    "persistence",
    "threads",
    "stats",
    "replication",
    "cpu",
    "modules",
    "commandstats",
    "errorstats",
    "latencystats",
    "cluster",
    "keyspace",
    "keysizes",
    "debug",
];

/// How old the system's word on processor time may be: it counts in ticks of that length, and asking takes longer than most sections.
const CPU_US: u64 = 10_000;

/// What the system says of the machine and of this process.
#[derive(Debug, Default)]
pub struct Machine {
    /// System, kernel and architecture.
    os: String,
    /// The path of the program, as it was at the start.
    executable: String,
    /// Processor time of the process and of the main thread, and when that was, in monotonic microseconds.
    cpu: Option<(u64, [[f64; 4]; 2])>,
}

impl Machine {
    /// Asks for what does not change.
    pub fn look() -> Machine {
        let system = if cfg!(target_os = "linux") { "Linux" } else { std::env::consts::OS };
        let kernel = System::kernel_version().unwrap_or_default();
        let executable = std::env::current_exe().map(|path| path.display().to_string());
        Machine {
            os: format!("{system} {kernel} {}", std::env::consts::ARCH),
            executable: executable.unwrap_or_default(),
            cpu: None,
        }
    }
}

/// The text of the sections that were asked for; none means the default ones. Unknown names give nothing.
pub fn text(server: &mut Server, asked: &[&[u8]]) -> String {
    let is_default = |name: &str| DEFAULT.contains(&name);
    let is_wanted = |name: &str| {
        if asked.is_empty() {
            return is_default(name);
        }
        asked.iter().any(|section| match section.to_ascii_lowercase().as_slice() {
            b"all" | b"everything" => is_default(name) || MORE.contains(&name),
            b"default" => is_default(name),
            section => section == name.as_bytes(),
        })
    };
    // A plain INFO has some 7 KB.
    let mut out = Out(String::with_capacity(8 * 1024));
    for name in ORDER.into_iter().filter(|name| is_wanted(name)) {
        if !out.0.is_empty() {
            out.0.push_str("\r\n");
        }
        section(server, name, &mut out);
    }
    out.0
}

struct Out(String);

impl Out {
    fn title(&mut self, title: &str) {
        write!(self.0, "# {title}\r\n").expect("a string takes everything");
    }

    fn field(&mut self, name: &str, value: impl Display) {
        write!(self.0, "{name}:{value}\r\n").expect("a string takes everything");
    }

    /// A size in bytes, and the same for people.
    fn size(&mut self, name: &str, bytes: u64) {
        self.field(name, bytes);
        self.field(&format!("{name}_human"), human(bytes));
    }
}

/// A size as people read it: `1.50M`.
fn human(bytes: u64) -> String {
    let n = bytes as f64;
    for (unit, name) in [(1u64 << 40, 'T'), (1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'K')] {
        if bytes >= unit {
            return format!("{:.2}{name}", n / unit as f64);
        }
    }
    format!("{bytes}B")
}

fn section(server: &mut Server, name: &str, out: &mut Out) {
    match name {
        "server" => of_server(server, out),
        "clients" => of_clients(server, out),
        "memory" => of_memory(server, out),
        "persistence" => of_persistence(server, out),
        "threads" => {
            out.title("Threads");
            // One thread does it all.
            let (stats, clients) = (&server.stats, server.clients.len());
            out.field("io_thread_0", format_args!("clients={clients},reads={},writes={}", stats.reads, stats.writes));
        }
        // Only who names it gets it.
        "debug" => {
            out.title("Debug");
            out.field("eventloop_duration_aof_sum", 0);
            out.field("eventloop_duration_cron_sum", server.watch.ns(server.stats.cron_ticks) / 1000);
            out.field("eventloop_duration_max", server.stats.turn_us_max);
            out.field("eventloop_cmd_per_cycle_max", server.stats.turn_commands.0);
        }
        "keysizes" => of_key_sizes(server, out),
        "stats" => of_stats(server, out),
        "replication" => of_replication(server, out),
        "cpu" => of_cpu(server, out),
        "commandstats" => of_commands(server, out),
        "errorstats" => {
            out.title("Errorstats");
            for (code, count) in &server.stats.error_codes {
                out.field(&format!("errorstat_{}", String::from_utf8_lossy(code)), format_args!("count={count}"));
            }
        }
        "latencystats" => of_latency(server, out),
        // There are none, but clients find the section where they look for it.
        "modules" => out.title("Modules"),
        "cluster" => {
            out.title("Cluster");
            out.field("cluster_enabled", 0);
        }
        _ => of_keyspace(server, out),
    }
}

fn of_server(server: &Server, out: &mut Out) {
    let unix_us = server.clock.unix_us();
    let uptime_s = (unix_us / 1000 - server.started_ms).max(0) / 1000;
    let settings = &server.config.settings;
    out.title("Server");
    out.field("redis_version", REDIS_VERSION);
    out.field("redoxide_version", env!("CARGO_PKG_VERSION"));
    out.field("redis_git_sha1", "00000000");
    out.field("redis_git_dirty", 0);
    out.field("redis_build_id", format_args!("redoxide-{}", env!("CARGO_PKG_VERSION")));
    out.field("redis_mode", "standalone");
    out.field("os", &server.machine.os);
    out.field("arch_bits", usize::BITS);
    out.field("monotonic_clock", "std Instant");
    out.field("multiplexing_api", "mio");
    out.field("atomicvar_api", "std");
    // As Redis says it where no GCC was at work.
    out.field("gcc_version", "0.0.0");
    out.field("process_id", std::process::id());
    out.field("process_supervised", server.supervisor.name());
    out.field("run_id", &server.run_id);
    out.field("tcp_port", settings.port);
    out.field("server_time_usec", unix_us);
    out.field("uptime_in_seconds", uptime_s);
    out.field("uptime_in_days", uptime_s / 86_400);
    out.field("hz", settings.hz);
    out.field("configured_hz", settings.hz);
    out.field("lru_clock", (unix_us / 1_000_000) & 0x00FF_FFFF);
    out.field("executable", &server.machine.executable);
    let file = server.config.file.as_ref().map(|path| path.display().to_string());
    out.field("config_file", file.unwrap_or_default());
    out.field("io_threads_active", 0);
    let mut listeners = 0;
    if settings.port != 0 {
        let binds = settings.bind.join(",bind=");
        out.field("listener0", format_args!("name=tcp,bind={binds},port={}", settings.port));
        listeners += 1;
    }
    if let Some(path) = &settings.unixsocket {
        out.field(&format!("listener{listeners}"), format_args!("name=unix,bind={path}"));
    }
}

fn of_clients(server: &Server, out: &mut Out) {
    out.title("Clients");
    out.field("connected_clients", server.clients.len());
    out.field("cluster_connections", 0);
    out.field("maxclients", server.config.settings.maxclients);
    out.field("client_recent_max_input_buffer", server.stats.recent_max_input);
    out.field("client_recent_max_output_buffer", server.stats.recent_max_output);
    out.field("blocked_clients", server.blocked.clients() + server.pause.postponed() + server.eviction.waiting());
    out.field("tracking_clients", server.trackers.clients());
    out.field("pubsub_clients", server.pubsub.clients());
    out.field("watching_clients", server.watched.clients());
    out.field("clients_in_timeout_table", server.blocked.deadlines());
    out.field("total_watched_keys", server.watched.keys());
    out.field("total_blocking_keys", server.blocked.keys());
    out.field("total_blocking_keys_on_nokey", 0);
}

fn of_memory(server: &mut Server, out: &mut Out) {
    let figures = server.memory_figures();
    let (used, rss, allocator) = (figures.used, figures.resident, figures.allocator);
    let settings = &server.config.settings;
    out.title("Memory");
    out.size("used_memory", used);
    out.size("used_memory_rss", rss);
    out.size("used_memory_peak", figures.peak);
    out.field("used_memory_peak_time", server.memory.peak_s);
    out.field("used_memory_peak_perc", format_args!("{:.2}%", figures.peak_percent()));
    out.field("used_memory_overhead", figures.overhead());
    out.field("used_memory_startup", figures.startup);
    out.field("used_memory_dataset", figures.dataset());
    out.field("used_memory_dataset_perc", format_args!("{:.2}%", figures.dataset_percent()));
    out.field("allocator_allocated", allocator.allocated);
    out.field("allocator_active", allocator.active);
    out.field("allocator_resident", allocator.resident);
    out.field("allocator_muzzy", allocator.muzzy);
    out.size("total_system_memory", figures.machine);
    // There are no scripts.
    out.field("used_memory_lua", 0);
    out.field("used_memory_vm_eval", 0);
    out.field("used_memory_lua_human", human(0));
    out.field("used_memory_scripts_eval", 0);
    out.field("number_of_cached_scripts", 0);
    out.field("number_of_functions", 0);
    out.field("number_of_libraries", 0);
    out.field("used_memory_vm_functions", 0);
    out.size("used_memory_vm_total", 0);
    out.field("used_memory_functions", 0);
    out.size("used_memory_scripts", 0);
    out.size("maxmemory", settings.maxmemory);
    out.field("maxmemory_policy", &settings.maxmemory_policy);
    let ratio = |part: u64, of: u64| format!("{:.2}", part as f64 / of.max(1) as f64);
    out.field("allocator_frag_ratio", ratio(allocator.active, allocator.allocated));
    out.field("allocator_frag_bytes", allocator.active.saturating_sub(allocator.allocated));
    out.field("allocator_rss_ratio", ratio(allocator.resident, allocator.active));
    out.field("allocator_rss_bytes", allocator.resident as i64 - allocator.active as i64);
    out.field("rss_overhead_ratio", ratio(rss, allocator.resident));
    out.field("rss_overhead_bytes", rss as i64 - allocator.resident as i64);
    out.field("mem_fragmentation_ratio", ratio(rss, used));
    out.field("mem_fragmentation_bytes", rss as i64 - used as i64);
    out.field("mem_not_counted_for_evict", figures.uncounted());
    for name in [
        "mem_replication_backlog",
        "mem_total_replication_buffers",
        "mem_replica_full_sync_buffer",
        "mem_clients_slaves",
    ] {
        out.field(name, 0);
    }
    out.field("mem_clients_normal", figures.clients);
    out.field("mem_cluster_links", 0);
    out.field("mem_aof_buffer", figures.aof);
    out.field("mem_allocator", "jemalloc-5.3.1");
    out.field("mem_overhead_db_hashtable_rehashing", 0);
    out.field("active_defrag_running", 0);
    out.field("lazyfree_pending_objects", server.keyspace.shared.freeing.pending());
    out.field("lazyfreed_objects", server.keyspace.shared.freeing.freed());
    // Our own: what a copy of the keyspace alone holds, what the helper has not freed yet, what is kept for later use.
    out.field("redoxide_pinned_memory", figures.pinned);
    out.field("redoxide_unfreed_memory", figures.unfreed);
    out.field("redoxide_spare_buffers", figures.spare);
}

fn of_persistence(server: &mut Server, out: &mut Out) {
    let pinned = server.pinned_bytes(alloc::used());
    let (saving, aof) = (&server.saving, &server.aof);
    let now_ms = server.now();
    let status = |is_good: bool| if is_good { "ok" } else { "err" };
    let since =
        |progress: Option<(u64, usize, i64)>| progress.map_or(-1, |(_, _, began_ms)| (now_ms - began_ms) / 1000);
    let is_busy = server.is_busy_writing();
    let (done, total, _) = saving.progress().or(aof.rewrite.progress()).unwrap_or_default();
    out.title("Persistence");
    out.field("loading", u8::from(server.loading.is_some()));
    out.field("async_loading", 0);
    out.field("current_cow_peak", if is_busy { server.memory.pinned_peak } else { 0 });
    out.field("current_cow_size", if is_busy { pinned } else { 0 });
    out.field("current_cow_size_age", 0);
    out.field(
        "current_fork_perc",
        format_args!("{:.2}", if is_busy { done as f64 * 100.0 / total.max(1) as f64 } else { 0.0 }),
    );
    out.field("current_save_keys_processed", done);
    out.field("current_save_keys_total", total);
    out.field("rdb_changes_since_last_save", server.unsaved_changes());
    out.field("rdb_bgsave_in_progress", u8::from(saving.is_active()));
    out.field("rdb_last_save_time", saving.last_save_s);
    out.field("rdb_last_bgsave_status", status(saving.last_is_good));
    out.field("rdb_last_bgsave_time_sec", saving.last_took_s);
    out.field("rdb_current_bgsave_time_sec", since(saving.progress()));
    out.field("rdb_saves", saving.saves);
    out.field("rdb_last_cow_size", saving.last_pinned);
    out.field("rdb_last_load_keys_expired", saving.loaded.0);
    out.field("rdb_last_load_keys_loaded", saving.loaded.1);
    out.field("aof_enabled", u8::from(aof.state != crate::server::aof::State::Off));
    out.field("aof_rewrite_in_progress", u8::from(aof.is_rewriting(saving.is_active())));
    out.field("aof_rewrite_scheduled", u8::from(aof.rewrite.is_scheduled && saving.is_active()));
    out.field("aof_last_rewrite_time_sec", aof.rewrite.last_took_s);
    out.field("aof_current_rewrite_time_sec", since(aof.rewrite.progress()));
    out.field("aof_last_bgrewrite_status", status(aof.rewrite.last_is_good));
    out.field("aof_rewrites", aof.rewrite.rewrites);
    out.field("aof_rewrites_consecutive_failures", aof.rewrite.failures);
    out.field("aof_last_write_status", status(server.gate.log_error.is_none()));
    out.field("aof_last_cow_size", aof.rewrite.last_pinned);
    out.field("module_fork_in_progress", 0);
    out.field("module_fork_last_cow_size", 0);
    if aof.state != crate::server::aof::State::Off {
        out.field("aof_current_size", aof.size);
        out.field("aof_base_size", aof.base_size);
        out.field("aof_pending_rewrite", 0);
        out.field("aof_buffer_length", server.unwritten());
        out.field("aof_pending_bio_fsync", u8::from(aof.is_syncing()));
        out.field("aof_delayed_fsync", aof.delayed);
    }
    if let Some(loading) = &server.loading {
        let (done, total) = (loading.bytes(), loading.total_bytes.max(1));
        let elapsed_s = (now_ms - loading.began_ms) / 1000;
        let eta_s = if done == 0 { 1 } else { elapsed_s * total.saturating_sub(done) as i64 / done as i64 };
        out.field("loading_start_time", loading.began_ms / 1000);
        out.field("loading_total_bytes", loading.total_bytes);
        out.field("loading_rdb_used_mem", 0);
        out.field("loading_loaded_bytes", done);
        out.field("loading_loaded_perc", format_args!("{:.2}", done as f64 * 100.0 / total as f64));
        out.field("loading_eta_seconds", eta_s);
    }
}

fn of_stats(server: &Server, out: &mut Out) {
    let (stats, keyspace) = (&server.stats, &server.keyspace.shared.stats);
    let [commands, bytes_in, bytes_out, turns, turns_us] = stats.rates.per_second();
    out.title("Stats");
    out.field("total_connections_received", stats.connections);
    out.field("total_commands_processed", stats.commands);
    out.field("instantaneous_ops_per_sec", commands);
    out.field("total_net_input_bytes", stats.bytes_in);
    out.field("total_net_output_bytes", stats.bytes_out);
    out.field("total_net_repl_input_bytes", 0);
    out.field("total_net_repl_output_bytes", 0);
    out.field("instantaneous_input_kbps", format_args!("{:.2}", bytes_in as f64 / 1024.0));
    out.field("instantaneous_output_kbps", format_args!("{:.2}", bytes_out as f64 / 1024.0));
    out.field("instantaneous_input_repl_kbps", "0.00");
    out.field("instantaneous_output_repl_kbps", "0.00");
    out.field("rejected_connections", stats.rejected_connections);
    out.field("sync_full", 0);
    out.field("sync_partial_ok", 0);
    out.field("sync_partial_err", 0);
    out.field("expired_subkeys", keyspace.expired_fields);
    out.field("expired_keys", keyspace.expired);
    out.field("expired_stale_perc", format_args!("{:.2}", server.keyspace.stale_percent()));
    out.field("expired_time_cap_reached_count", keyspace.expire_cuts);
    out.field("expire_cycle_cpu_milliseconds", keyspace.expire_ns / 1_000_000);
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|part| keyspace.lags.quantile(part));
    out.field("expire_lag_ms", format_args!("p50={p50},p99={p99},p99.9={p999}"));
    out.field("evicted_keys", keyspace.evicted);
    out.field("evicted_clients", stats.evicted_clients);
    out.field("evicted_scripts", 0);
    let (exceeded_ms, exceeding_ms) = server.eviction.exceeded_ms(server.clock.monotonic_us());
    out.field("total_eviction_exceeded_time", exceeded_ms);
    out.field("current_eviction_exceeded_time", exceeding_ms);
    out.field("keyspace_hits", keyspace.hits);
    out.field("keyspace_misses", keyspace.misses);
    out.field("pubsub_channels", server.pubsub.count(Kind::Channel));
    out.field("pubsub_patterns", server.pubsub.count(Kind::Pattern));
    out.field("pubsubshard_channels", server.pubsub.count(Kind::Shard));
    out.field("latest_fork_usec", server.saving.freeze_us);
    out.field("total_forks", server.saving.freezes);
    for name in [
        "migrate_cached_sockets",
        "slave_expires_tracked_keys",
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
    ] {
        out.field(name, 0);
    }
    out.field("tracking_total_keys", server.trackers.keys());
    out.field("tracking_total_items", server.trackers.items());
    out.field("tracking_total_prefixes", server.trackers.prefixes());
    out.field("unexpected_error_replies", 0);
    out.field("total_error_replies", stats.errors);
    out.field("dump_payload_sanitizations", 0);
    out.field("total_reads_processed", stats.reads);
    out.field("total_writes_processed", stats.writes);
    for name in ["reads_processed", "writes_processed", "total_prefetch_batches", "total_prefetch_entries"] {
        out.field(&format!("io_threaded_{name}"), 0);
    }
    out.field("client_query_buffer_limit_disconnections", stats.query_limit_closes);
    out.field("client_output_buffer_limit_disconnections", stats.output_limit_closes);
    out.field("reply_buffer_shrinks", 0);
    out.field("reply_buffer_expands", 0);
    // Our own: turns of more than a millisecond, see LATENCY STALLS.
    out.field("redoxide_stalls", server.stalls.count);
    out.field("eventloop_cycles", stats.turns);
    out.field("eventloop_duration_sum", stats.turns_us);
    let ticks = server.commands.stats.iter().map(|command| command.ticks).sum();
    out.field("eventloop_duration_cmd_sum", server.watch.ns(ticks) / 1000);
    out.field("instantaneous_eventloop_cycles_per_sec", turns);
    out.field("instantaneous_eventloop_duration_usec", turns_us / turns.max(1));
    for (reason, count) in ["auth", "cmd", "key", "channel"].into_iter().zip(stats.refusals) {
        out.field(&format!("acl_access_denied_{reason}"), count);
    }
}

fn of_replication(server: &Server, out: &mut Out) {
    let backlog_size = String::from_utf8_lossy(server.config.value("repl-backlog-size"));
    out.title("Replication");
    out.field("role", "master");
    out.field("connected_slaves", 0);
    out.field("master_failover_state", "no-failover");
    out.field("master_replid", &server.run_id);
    out.field("master_replid2", "0".repeat(40));
    out.field("master_repl_offset", 0);
    out.field("second_repl_offset", -1);
    out.field("repl_backlog_active", 0);
    out.field("repl_backlog_size", backlog_size);
    out.field("repl_backlog_first_byte_offset", 0);
    out.field("repl_backlog_histlen", 0);
}

fn of_cpu(server: &mut Server, out: &mut Out) {
    let now = server.clock.monotonic_us();
    let [process, main_thread] = match server.machine.cpu {
        Some((asked, times)) if now - asked < CPU_US => times,
        _ => {
            let times = ["/proc/self/stat", "/proc/thread-self/stat"].map(machine::cpu_seconds);
            server.machine.cpu = Some((now, times));
            times
        }
    };
    let [user, system, children_user, children_system] = process;
    let [main_user, main_system, ..] = main_thread;
    out.title("CPU");
    for (name, seconds) in [
        ("used_cpu_sys", system),
        ("used_cpu_user", user),
        ("used_cpu_sys_children", children_system),
        ("used_cpu_user_children", children_user),
        ("used_cpu_sys_main_thread", main_system),
        ("used_cpu_user_main_thread", main_user),
    ] {
        out.field(name, format_args!("{seconds:.6}"));
    }
}

fn of_commands(server: &Server, out: &mut Out) {
    out.title("Commandstats");
    for id in server.commands.ids() {
        let stats = server.commands.stats[id.0 as usize];
        if stats.calls == 0 && stats.rejected == 0 {
            continue;
        }
        let us = server.watch.ns(stats.ticks) / 1000;
        let per_call = if stats.calls == 0 { 0.0 } else { us as f64 / stats.calls as f64 };
        out.field(
            &format!("cmdstat_{}", server.commands.get(id).full_name),
            format_args!(
                "calls={},usec={us},usec_per_call={per_call:.2},rejected_calls={},failed_calls={}",
                stats.calls, stats.rejected, stats.failed
            ),
        );
    }
}

fn of_key_sizes(server: &mut Server, out: &mut Out) {
    out.title("Keysizes");
    let shared = &server.keyspace.shared;
    // That a field has expired is no change otherwise.
    let changes = shared.changes.dirty + shared.stats.expired_fields;
    for (n, db) in server.keyspace.databases().iter().enumerate() {
        for (name, sizes) in server.key_sizes.lines(n, &db.table, changes) {
            out.field(&format!("db{n}_distrib_{name}"), sizes);
        }
    }
}

fn of_latency(server: &Server, out: &mut Out) {
    out.title("Latencystats");
    if !server.config.settings.latency_tracking {
        return;
    }
    for id in server.commands.ids() {
        let Some(histogram) = server.commands.histogram(id) else { continue };
        let shown = server.config.settings.latency_percentiles.iter().map(|percent| {
            let ns = histogram.percentile(percent.parse().unwrap_or(0.0));
            format!("p{percent}={:.3}", ns as f64 / 1000.0)
        });
        out.field(
            &format!("latency_percentiles_usec_{}", server.commands.get(id).full_name),
            shown.collect::<Vec<_>>().join(","),
        );
    }
}

fn of_keyspace(server: &Server, out: &mut Out) {
    out.title("Keyspace");
    for (n, db) in server.keyspace.databases().iter().enumerate() {
        if !db.table.is_empty() {
            out.field(
                &format!("db{n}"),
                format_args!(
                    "keys={},expires={},avg_ttl={},subexpiry={}",
                    db.table.len(),
                    db.volatile,
                    db.avg_ttl_ms(server.now()),
                    db.expiring_hashes
                ),
            );
        }
    }
}
