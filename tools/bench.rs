//! Measures Redoxide beside Redis and Valkey, on one machine, in one run.
//!
//! ```text
//! tools/bench                                   Redoxide and the redis-server and valkey-server found on PATH
//! tools/bench --peer "Redis 8.2=/opt/redis/redis-server" --only GET
//! tools/bench types                             the loads on collections instead of those on strings
//! tools/bench memory                            bytes per key, of an idle connection, and after a churn
//! tools/bench elements                          bytes per collection and element
//! tools/bench saving --keys 5000000             what clients feel of a snapshot, its time and memory, loading
//! tools/bench log                               what the append-only file costs
//! tools/bench calm                              what clients feel of expiry, freeing and long commands, and how late keys expire
//! tools/bench calm --log                        the same with an append-only file
//! tools/bench ratios --only lfu                 hit ratios by eviction policy and kind of traffic, with equal memory
//! tools/bench types --json out.json --svg out.svg
//! ```
//!
//! Each server runs alone on one core, the load generator on another. Servers take turns, round after round, in changing order; what is
//! printed is the median of the rounds with the range beside it. The figure to look at is the server's processor time per request: it
//! differs far less between runs than requests per second. Progress goes to standard error, the tables (Markdown) to standard output.

mod bench_calm;
mod bench_elements;
mod bench_load;
mod bench_log;
mod bench_probe;
mod bench_ratios;
mod bench_report;
mod bench_saving;
mod bench_server;
mod bench_talk;
mod bench_types;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench_load::{Counting, Generator, Requests, Sample, key, shuffled, value};
use bench_report::{Row, median};
use bench_server::{Peer, Server};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Where the servers run, one at a time busy.
const SERVER_CORE: usize = 0;

/// Where the generator runs.
const CLIENT_CORE: usize = 1;

/// How many connections a load has.
const CONNECTIONS: usize = 50;

/// What the command line asks for.
struct Options {
    mode: Mode,
    /// Files for the figures in other forms.
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
    /// Redoxide first, then its peers.
    servers: Vec<Peer>,
    rounds: usize,
    seconds: f64,
    keys: usize,
    only: Vec<String>,
    has_log: bool,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Strings,
    Types,
    Talk,
    Memory,
    Elements,
    Saving,
    Log,
    Calm,
    Ratios,
}

const USAGE: &str = "usage: bench [types | talk | memory | elements | saving | log | calm | ratios] [--redoxide PATH] [--peer NAME=PATH]... [--rounds N] [--seconds S] [--keys N] [--only TEXT]... [--log] [--json FILE] [--svg FILE]
  types        measures the commands on collections instead of those on strings
  talk         measures transactions, messages, waiting clients, events, MONITOR
  memory       measures bytes per key instead of time, and what is resident after a churn
  elements     measures bytes per collection and element
  saving       measures what a probing client feels while a snapshot is written, and loading
  log          measures what the append-only file costs
  calm         measures the same for expiry, freeing and long commands, and how late keys expire
  ratios       measures what part of requests finds its key while others are evicted
  --redoxide   the server that is compared with the others
  --peer       another server; without any, redis-server and valkey-server on PATH
  --rounds     how often the servers take turns (default 5)
  --seconds    how long one measurement takes (default 1)
  --keys       how many keys the small values have (default 1000000)
  --only       only loads whose names hold this, as `GET` or `pipeline 64`
  --log        calm: with an append-only file
  --json       writes the figures there
  --svg        draws them there";

fn main() -> ExitCode {
    match options().and_then(|options| match options.mode {
        Mode::Strings => speed(&options),
        Mode::Types => types(&options),
        Mode::Talk => talk(&options),
        Mode::Memory => memory(&options),
        Mode::Calm => bench_calm::run(&options.servers, options.keys, options.has_log, options.svg.as_deref()),
        Mode::Ratios => bench_ratios::run(&options.servers, &|name| options.wants(name), options.svg.as_deref()),
        Mode::Elements => bench_elements::run(&options.servers, |name| options.wants(name)),
        Mode::Saving => bench_saving::run(&options.servers, options.keys, options.rounds, options.svg.as_deref()),
        Mode::Log => pin(CLIENT_CORE).and_then(|()| {
            let time = Duration::from_secs_f64(options.seconds);
            bench_log::run(&options.servers, options.keys, options.rounds, time, SERVER_CORE)
        }),
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.only.is_empty() || self.only.iter().any(|text| name.contains(text))
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        mode: Mode::Strings,
        json: None,
        svg: None,
        servers: Vec::new(),
        rounds: 5,
        seconds: 1.0,
        keys: 1_000_000,
        only: Vec::new(),
        has_log: false,
    };
    let mut redoxide = PathBuf::from("target/release/redoxide");
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut rest = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match &*argument {
            "memory" => options.mode = Mode::Memory,
            "types" => options.mode = Mode::Types,
            "talk" => options.mode = Mode::Talk,
            "calm" => options.mode = Mode::Calm,
            "ratios" => options.mode = Mode::Ratios,
            "elements" => options.mode = Mode::Elements,
            "saving" => options.mode = Mode::Saving,
            "log" => options.mode = Mode::Log,
            "--json" => options.json = Some(rest()?.into()),
            "--svg" => options.svg = Some(rest()?.into()),
            "--redoxide" => redoxide = rest()?.into(),
            "--peer" => {
                let peer = rest()?;
                let (name, path) = peer.split_once('=').ok_or("--peer needs NAME=PATH")?;
                options.servers.push(Peer { name: name.to_string(), path: path.into() });
            }
            "--rounds" => options.rounds = number(&rest()?)?,
            "--seconds" => {
                options.seconds = rest()?.parse().map_err(|_| "--seconds needs a number")?;
            }
            "--keys" => options.keys = number(&rest()?)?,
            "--log" => options.has_log = true,
            "--only" => options.only.push(rest()?.to_lowercase()),
            _ => return Err(format!("what is {argument}?\n{USAGE}")),
        }
    }
    if options.servers.is_empty() {
        options.servers = found_on_path();
    }
    options.servers.insert(0, Peer { name: "Redoxide".to_string(), path: redoxide });
    Ok(options)
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| format!("not a number: {text}"))
}

fn found_on_path() -> Vec<Peer> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let known = [("Redis", "redis-server"), ("Valkey", "valkey-server")];
    known
        .iter()
        .filter_map(|(name, program)| {
            let path = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())?;
            Some(Peer { name: (*name).to_string(), path })
        })
        .collect()
}

/// What fills the keyspace before a group of loads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Data {
    keys: usize,
    /// The length of the shortest value; with `spread`, lengths go up by one from key to key until they are so much longer, and begin anew.
    value: usize,
    spread: usize,
}

impl Data {
    fn length(&self, number: usize) -> usize {
        self.value + number % (self.spread + 1)
    }
}

/// One line of the table.
#[derive(Clone, Copy)]
struct Load {
    command: &'static str,
    pipeline: usize,
    data: Data,
    /// At most this part of the better peer's processor time: what the project promises.
    bound: f64,
}

impl Load {
    fn name(&self) -> String {
        let many = if self.command.starts_with('M') { " of 10" } else { "" };
        let size = match self.data.value {
            64 => String::new(),
            1_048_576 => " of 1 MB".to_string(),
            bytes => format!(" of {} KB", bytes / 1024),
        };
        let pipeline = match self.pipeline {
            1 => "no pipeline".to_string(),
            n => format!("pipeline {n}"),
        };
        format!("{}{many}{size}, {pipeline}", self.command)
    }

    /// All its requests, each key once.
    fn requests(&self) -> Requests {
        let keys = shuffled(self.data.keys);
        let length = self.data.value;
        let bulk = format!("${length}\r\n").len() + length + 2;
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        match self.command {
            "GET" => {
                Requests::encode(keys.iter().map(|&k| words(&["GET", &key("key", k)])), b'$', Counting::Bytes(bulk))
            }
            "SET" => Requests::encode(
                keys.iter().map(|&k| words(&["SET", &key("key", k), &value(k, length)])),
                b'+',
                Counting::Bytes(5),
            ),
            "INCR" => {
                Requests::encode(keys.iter().map(|&k| words(&["INCR", &key("count", k)])), b':', Counting::Lines(1))
            }
            "MGET" => Requests::encode(
                keys.chunks_exact(10).map(|ten| {
                    let named = ten.iter().map(|&k| key("key", k));
                    std::iter::once("MGET".to_string()).chain(named).collect()
                }),
                b'*',
                Counting::Bytes(5 + 10 * bulk),
            ),
            _ => Requests::encode(
                keys.chunks_exact(10).map(|ten| {
                    let pairs = ten.iter().flat_map(|&k| [key("key", k), value(k, length)]);
                    std::iter::once("MSET".to_string()).chain(pairs).collect()
                }),
                b'+',
                Counting::Bytes(5),
            ),
        }
    }
}

/// The loads, in groups that share their data.
fn loads(keys: usize) -> Vec<Load> {
    // The bounds of the design; where it names none, no row may be worse than the better peer.
    let promised = [
        ("GET", [0.90, 0.65, 0.50]),
        ("SET", [0.88, 0.55, 0.42]),
        ("INCR", [1.0, 1.0, 0.50]),
        ("MSET", [1.0, 0.40, 1.0]),
        ("MGET", [1.0, 1.0, 1.0]),
    ];
    let mut loads = Vec::new();
    let data = Data { keys, value: 64, spread: 0 };
    for (command, bounds) in promised {
        for (pipeline, bound) in [1, 16, 64].into_iter().zip(bounds) {
            loads.push(Load { command, pipeline, data, bound });
        }
    }
    for (value, keys, pipelines) in [(1024, 100_000, &[1, 16][..]), (16 * 1024, 10_000, &[1]), (1 << 20, 200, &[1])] {
        for &pipeline in pipelines {
            loads.push(Load { command: "GET", pipeline, data: Data { keys, value, spread: 0 }, bound: 1.03 });
        }
    }
    loads
}

fn pin(core: usize) -> Result<(), String> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("cannot run on core {core}: {error}"))
}

fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left  {msg}");
    ProgressBar::new(steps as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Starts all servers; the titles are their names with versions.
fn start(peers: &[Peer]) -> Result<(Vec<Server>, Vec<String>), String> {
    let servers: Result<Vec<Server>, String> = peers.iter().map(|peer| Server::start(peer, SERVER_CORE)).collect();
    let servers = servers?;
    let titles = servers.iter().map(Server::title).collect();
    Ok((servers, titles))
}

/// Fills a server with a value for each key.
fn fill(server: &Server, data: Data, arguments: &[&str]) -> Result<(), String> {
    let keys: Vec<usize> = (0..data.keys).collect();
    set_all(server, &keys, &|k| value(k, data.length(k)), data.value, arguments)
}

/// Gives each of some keys a value of about so many bytes.
fn set_all(
    server: &Server,
    keys: &[usize],
    value: &dyn Fn(usize) -> String,
    length: usize,
    arguments: &[&str],
) -> Result<(), String> {
    // In slices, so that the requests never take more memory than the data.
    for slice in keys.chunks((64 << 20) / (length + 64) + 1) {
        let requests = slice.iter().map(|&k| {
            let set = ["SET".to_string(), key("key", k), value(k)];
            set.into_iter().chain(arguments.iter().map(ToString::to_string)).collect()
        });
        let requests = Requests::encode(requests, b'+', Counting::Bytes(5));
        Generator::new(server, &requests, 4, 64)?.fill()?;
    }
    Ok(())
}

/// The table of times.
fn speed(options: &Options) -> Result<(), String> {
    pin(CLIENT_CORE)?;
    let loads: Vec<Load> = loads(options.keys).into_iter().filter(|load| options.wants(&load.name())).collect();
    let (servers, titles) = start(&options.servers)?;
    let bar = bar(loads.len() * options.rounds * servers.len());
    let mut rows = Vec::new();
    let mut data = None;
    for load in &loads {
        bar.set_message(load.name());
        if data != Some(load.data) {
            for server in &servers {
                server.ask("FLUSHALL")?;
                fill(server, load.data, &[])?;
            }
            data = Some(load.data);
        }
        let requests = load.requests();
        if load.command == "INCR" {
            for server in &servers {
                Generator::new(server, &requests, CONNECTIONS, 64)?.fill()?;
            }
        }
        let mut next = vec![0; servers.len()];
        let samples = measure(options, &servers, &requests, load.pipeline, &mut next, &bar)?;
        rows.push(Row { name: load.name(), bound: load.bound, samples });
    }
    bar.finish_and_clear();
    report(options, &titles, &rows)
}

/// Round after round, the servers in turns. Each is asked on from where it was left (`next`): a request that was answered before
/// may be one that changes nothing any more.
fn measure(
    options: &Options,
    servers: &[Server],
    requests: &Requests,
    pipeline: usize,
    next: &mut [usize],
    bar: &ProgressBar,
) -> Result<Vec<Vec<Sample>>, String> {
    let mut samples = vec![Vec::new(); servers.len()];
    for round in 0..options.rounds {
        for turn in 0..servers.len() {
            // Each goes first once in a while.
            let index = (turn + round) % servers.len();
            let generator = Generator::new(&servers[index], requests, CONNECTIONS, pipeline)?;
            let mut generator = generator.starting_at(next[index]);
            samples[index].push(generator.measure(Duration::from_secs_f64(options.seconds))?);
            next[index] = generator.position();
            bar.inc(1);
        }
    }
    Ok(samples)
}

/// The table of times of collections.
fn types(options: &Options) -> Result<(), String> {
    pin(CLIENT_CORE)?;
    let name = |load: &bench_types::TypeLoad, pipeline| match pipeline {
        1 => format!("{}, no pipeline", load.name),
        n => format!("{}, pipeline {n}", load.name),
    };
    let loads = bench_types::loads();
    let pipelines = [1, 16, 64];
    let wanted: Vec<(usize, usize)> = (0..loads.len() * 3)
        .map(|i| (i / 3, i % 3))
        .filter(|&(load, p)| options.wants(&name(&loads[load], pipelines[p])))
        .collect();
    let (servers, titles) = start(&options.servers)?;
    let bar = bar(wanted.len() * options.rounds * servers.len());
    let (mut rows, mut filled): (Vec<Row>, _) = (Vec::new(), None);
    let (mut asked, mut next) = (usize::MAX, Vec::new());
    for (index, p) in wanted {
        let load = &loads[index];
        bar.set_message(name(load, pipelines[p]));
        if index != asked {
            (asked, next) = (index, vec![0; servers.len()]);
        }
        if filled != Some(load.fill as usize) {
            let fill = (load.fill)(options.keys);
            for server in &servers {
                server.ask("FLUSHALL")?;
                for requests in &fill {
                    Generator::new(server, requests, 4, 64)?.fill()?;
                }
            }
            filled = Some(load.fill as usize);
        }
        let requests = (load.requests)(options.keys);
        let samples = measure(options, &servers, &requests, pipelines[p], &mut next, &bar)?;
        rows.push(Row { name: name(load, pipelines[p]), bound: load.bounds[p], samples });
    }
    bar.finish_and_clear();
    report(options, &titles, &rows)
}

/// The table of times of clients that have to do with each other.
fn talk(options: &Options) -> Result<(), String> {
    pin(CLIENT_CORE)?;
    raise_descriptor_limit()?;
    let name = |load: &bench_talk::TalkLoad| match load.pipeline {
        1 => format!("{}, no pipeline", load.name),
        n => format!("{}, pipeline {n}", load.name),
    };
    let loads: Vec<_> = bench_talk::loads().into_iter().filter(|load| options.wants(&name(load))).collect();
    let (servers, titles) = start(&options.servers)?;
    let bar = bar(loads.len() * options.rounds * servers.len());
    for server in &servers {
        fill(server, Data { keys: options.keys, value: 64, spread: 0 }, &[])?;
    }
    let mut rows = Vec::new();
    for load in &loads {
        bar.set_message(name(load));
        let requests = load.requests(options.keys);
        let mut samples = vec![Vec::new(); servers.len()];
        for round in 0..options.rounds {
            for turn in 0..servers.len() {
                // Each goes first once in a while.
                let index = (turn + round) % servers.len();
                let time = Duration::from_secs_f64(options.seconds);
                samples[index].push(load.measure(&servers[index], requests.as_ref(), CONNECTIONS, time)?);
                bar.inc(1);
            }
        }
        // None of these may cost more than at the better peer.
        rows.push(Row { name: name(load), bound: 1.0, samples });
    }
    bar.finish_and_clear();
    report(options, &titles, &rows)
}

fn report(options: &Options, titles: &[String], rows: &[Row]) -> Result<(), String> {
    print_speed(options, titles, rows);
    let write = |path: &Option<PathBuf>, text: String| match path {
        Some(path) => std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(()),
    };
    write(&options.json, bench_report::json(titles, rows))?;
    write(&options.svg, bench_report::svg(titles, rows))
}

fn print_speed(options: &Options, titles: &[String], rows: &[Row]) {
    println!(
        "{} connections, {} keys of 16 bytes, values of 64 where nothing else is said, medians of {} rounds of {} s, one core for the server.",
        CONNECTIONS, options.keys, options.rounds, options.seconds
    );
    println!("µs: the server's processor time per request (range of the rounds); k/s: thousand requests per second.\n");
    print!("| load |");
    for title in titles {
        print!(" {title}: µs | k/s |");
    }
    for title in &titles[1..] {
        print!(" of {title} |");
    }
    println!(" of the better | at most | |");
    println!("|---|{}", "---|".repeat(titles.len() * 2 + titles.len() - 1 + 3));
    let mut bounded = false;
    for row in rows {
        print!("| {} |", row.name);
        let cpus = row.cpus();
        for (of, cpu) in row.samples.iter().zip(&cpus) {
            let low = of.iter().map(|s| s.cpu).fold(f64::INFINITY, f64::min);
            let high = of.iter().map(|s| s.cpu).fold(0.0, f64::max);
            let rate = median(of, |s| s.per_second) / 1e3;
            // A rate is the server's own only if the server never had to wait; the time counts in any case.
            let held = median(of, |s| s.server_busy) < 0.9;
            bounded |= held;
            let star = if held { "*" } else { "" };
            print!(" {} ({}..{}) | {rate:.0}{star} |", short(*cpu), short(low), short(high));
        }
        for peer in &cpus[1..] {
            print!(" {:.2} |", cpus[0] / peer);
        }
        let better = cpus[1..].iter().copied().fold(f64::INFINITY, f64::min);
        if better.is_finite() {
            let ratio = cpus[0] / better;
            println!(" **{ratio:.2}** | {:.2} | {} |", row.bound, mark(ratio, row.bound));
        } else {
            println!(" | {:.2} | |", row.bound);
        }
    }
    if bounded {
        println!(
            "\n\\* the server did not have its core all the time (another program, or the generator at its limit): a rate below its own."
        );
    }
}

fn mark(ratio: f64, bound: f64) -> &'static str {
    if ratio <= bound {
        "ok"
    } else if ratio <= bound * 1.05 {
        "ok within 5 %"
    } else {
        "over"
    }
}

/// Three digits, as far as they matter.
fn short(figure: f64) -> String {
    let digits = if figure < 1.0 {
        3
    } else if figure < 100.0 {
        2
    } else {
        0
    };
    format!("{figure:.digits$}")
}

/// The tables of bytes.
fn memory(options: &Options) -> Result<(), String> {
    let sizes = [8, 32, 64, 128, 200];
    let growth = [10, 13, 16, 20, 26].map(|tenths| options.keys / 10 * tenths);
    let times: [(&str, &[&str]); 2] = [("", &[]), (" and a TTL", &["EX", "1000000"])];
    let bar = bar(options.servers.len() * (2 * (sizes.len() + 1) + growth.len() + 2));
    let mut titles = Vec::new();
    let mut churned = Vec::new();
    // Per server: the rows, each with bytes used and resident per key beyond key and value.
    let mut columns: Vec<Vec<(String, f64, f64)>> = Vec::new();
    for peer in &options.servers {
        let mut column = Vec::new();
        titles.push(Server::start(peer, SERVER_CORE)?.title());
        let measure = |name: String, data: Data, arguments: &[&str]| {
            bar.set_message(format!("{}: {name}", peer.name));
            let figures = per_key(peer, data, arguments)?;
            bar.inc(1);
            Ok::<_, String>((name, figures.0, figures.1))
        };
        for (suffix, arguments) in times {
            for size in sizes {
                let data = Data { keys: options.keys, value: size, spread: 0 };
                column.push(measure(format!("value of {size}{suffix}"), data, arguments)?);
            }
            let data = Data { keys: options.keys, value: 40, spread: 32 };
            column.push(measure(format!("values of 40 to 72, mixed{suffix}"), data, arguments)?);
        }
        for keys in growth {
            column.push(measure(format!("value of 64, {keys} keys"), Data { keys, value: 64, spread: 0 }, &[])?);
        }
        bar.set_message(format!("{}: idle connections", peer.name));
        let idle = per_connection(peer)?;
        column.push(("an idle connection".to_string(), idle.0, idle.1));
        bar.inc(1);
        bar.set_message(format!("{}: churn", peer.name));
        churned.push(churn(peer, options.keys)?);
        bar.inc(1);
        columns.push(column);
    }
    bar.finish_and_clear();
    print_memory(options, &titles, &columns);
    println!("\nResident, of what is used, after each key got ten other values of 16 to 415 bytes in any order:\n");
    let ratios: Vec<String> = churned.iter().map(|ratio| format!("{ratio:.2}")).collect();
    println!("| {} |\n|{}\n| {} |", titles.join(" | "), "---|".repeat(titles.len()), ratios.join(" | "));
    Ok(())
}

/// What part of `used_memory` is resident after ten times the data has come and gone.
fn churn(peer: &Peer, keys: usize) -> Result<f64, String> {
    let server = Server::start(peer, SERVER_CORE)?;
    for round in 0..=10 {
        let length = |k: usize| 16 + (k * 7919 + round * 104_729) % 400;
        set_all(&server, &shuffled(keys), &|k| value(k, length(k)), 216, &[])?;
    }
    server.settle()?;
    // Allocators give back what they keep for later in their own time.
    std::thread::sleep(Duration::from_secs(15));
    Ok(server.resident() as f64 / server.used_memory()? as f64)
}

/// Bytes used and resident per key, less an empty server's, less key and value.
fn per_key(peer: &Peer, data: Data, arguments: &[&str]) -> Result<(f64, f64), String> {
    let server = Server::start(peer, SERVER_CORE)?;
    server.settle_new()?;
    let (used, resident) = (server.used_memory()?, server.resident());
    fill(&server, data, arguments)?;
    server.settle()?;
    let payload = 16.0 + (0..data.keys).map(|k| data.length(k)).sum::<usize>() as f64 / data.keys as f64;
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / data.keys as f64 - payload;
    Ok((each(server.used_memory()?, used), each(server.resident(), resident)))
}

/// Allows some 20,000 connections, here and in the servers that are started after this.
fn raise_descriptor_limit() -> Result<u64, String> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(20_000, |most| most.min(20_000));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
        .map_err(|error| format!("cannot raise the limit of descriptors: {error}"))?;
    Ok(wanted)
}

/// Bytes used and resident per connection that has sent a PING and waits.
fn per_connection(peer: &Peer) -> Result<(f64, f64), String> {
    const COUNT: usize = 10_000;
    let count = COUNT.min(raise_descriptor_limit()? as usize - 100);
    let server = Server::start(peer, SERVER_CORE)?;
    server.settle_new()?;
    let (used, resident) = (server.used_memory()?, server.resident());
    let ping = Requests::encode([vec!["PING".to_string()]], b'+', Counting::Bytes(7));
    let mut idle = Vec::new();
    for _ in 0..count {
        let mut generator = Generator::new(&server, &ping, 1, 1)?;
        generator.fill()?;
        idle.push(generator);
    }
    server.settle()?;
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / count as f64;
    Ok((each(server.used_memory()?, used), each(server.resident(), resident)))
}

fn print_memory(options: &Options, titles: &[String], columns: &[Vec<(String, f64, f64)>]) {
    println!(
        "Bytes per key beyond key (16) and value, {} keys, less the empty server's: as `used_memory` says, and resident.\n",
        options.keys
    );
    print!("| |");
    for title in titles {
        print!(" {title}: used | resident |");
    }
    println!("\n|---|{}", "---|".repeat(titles.len() * 2));
    for (row, (name, ..)) in columns[0].iter().enumerate() {
        print!("| {name} |");
        for column in columns {
            print!(" {:.1} | {:.1} |", column[row].1, column[row].2);
        }
        println!();
    }
}
