//! Hit ratios of eviction: the same requests to each server, with the same memory for data, and what part of them found their key.
//!
//! ```text
//! trace -> GET, 64 at a time -> those that missed -> SET          the first third fills and does not count
//! ```
//!
//! zipf: some keys are wanted much more than others; scan: the same with long runs over keys that come once; once: half of all
//! keys are never wanted again; moving: what is wanted changes; loop: all keys in turn, a few more than there is room for.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::bench_load::{key, value};
use crate::bench_probe::request;
use crate::bench_server::{Peer, Server};

const TRACES: [&str; 6] = ["zipf", "zipf, little room", "scan", "once", "moving", "loop"];
const POLICIES: [&str; 7] =
    ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"];
/// Room for data beside what the empty server takes.
const ROOM: u64 = 12 << 20;
/// The same where there is little of it.
const LITTLE: u64 = 3 << 20;
/// Keys that are wanted again and again.
const KEYS: usize = 200_000;
const REQUESTS: usize = 900_000;
const BATCH: usize = 64;
/// Requests a second: the clocks that LRU and LFU go by are the wall's, so who answers faster would have coarser ones.
const PACE: u32 = 100_000;
const VALUE: usize = 64;
const SEEDS: u64 = 3;

/// A generator of numbers (`xorshift64*`), the same for all servers.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Which key is wanted at each step.
struct Trace {
    name: &'static str,
    dice: Dice,
    /// The chance that a rank up to this one is drawn.
    sums: Vec<f64>,
    step: usize,
    once: usize,
}

impl Trace {
    fn new(name: &'static str, seed: u64) -> Trace {
        let mut sums = Vec::with_capacity(KEYS);
        let mut sum = 0.0;
        for rank in 1..=KEYS {
            sum += (rank as f64).powf(-0.9);
            sums.push(sum);
        }
        for part in &mut sums {
            *part /= sum;
        }
        Trace { name, dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1), sums, step: 0, once: KEYS }
    }

    fn rank(&mut self) -> usize {
        let part = self.dice.part();
        self.sums.partition_point(|sum| *sum < part).min(KEYS - 1)
    }

    fn next(&mut self) -> usize {
        self.step += 1;
        let mut once = || {
            self.once += 1;
            self.once
        };
        match self.name {
            "scan" if self.step % 60_000 > 40_000 => once(),
            "once" if self.step.is_multiple_of(2) => once(),
            "loop" => self.step % 140_000,
            "moving" => {
                // The favourites change place all the time.
                let rank = self.rank();
                (rank + self.step / 20) % KEYS
            }
            _ => self.rank(),
        }
    }
}

/// One connection whose replies are told apart.
struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Link {
    /// Sends requests and gives each reply's first line; the bytes of a value are passed over.
    fn ask(&mut self, bytes: &[u8], replies: usize, seen: &mut dyn FnMut(usize, &[u8])) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        self.stream.write_all(bytes).map_err(text)?;
        self.buffer.clear();
        let (mut at, mut n, mut chunk) = (0, 0, [0; 16 * 1024]);
        while n < replies {
            let Some(end) = memchr::memchr(b'\n', &self.buffer[at..]) else {
                let more = self.stream.read(&mut chunk).map_err(text)?;
                if more == 0 {
                    return Err("the connection was closed".into());
                }
                self.buffer.extend_from_slice(&chunk[..more]);
                continue;
            };
            let line = &self.buffer[at..at + end - 1];
            let len = match line.strip_prefix(b"$").map(String::from_utf8_lossy) {
                Some(len) if len != "-1" => len.parse::<usize>().map_err(|error| error.to_string())? + 2,
                _ => 0,
            };
            if self.buffer.len() < at + end + 1 + len {
                let more = self.stream.read(&mut chunk).map_err(text)?;
                self.buffer.extend_from_slice(&chunk[..more]);
                continue;
            }
            seen(n, line);
            at += end + 1 + len;
            n += 1;
        }
        Ok(())
    }
}

fn hit_ratio(peer: &Peer, policy: &str, trace: &'static str, seed: u64) -> Result<f64, String> {
    let server = Server::start(peer, 0)?;
    let room = server.used_memory()? + if trace.ends_with("little room") { LITTLE } else { ROOM };
    server.ask(&format!("CONFIG SET maxmemory {room} maxmemory-policy {policy}"))?;
    let mut link = Link { stream: server.connect()?, buffer: Vec::new() };
    let mut trace = Trace::new(trace, seed);
    let is_volatile = policy.starts_with("volatile");
    let (mut hits, mut all) = (0_usize, 0_usize);
    let mut due = Instant::now();
    for batch in 0..REQUESTS / BATCH {
        let wanted: Vec<usize> = (0..BATCH).map(|_| trace.next()).collect();
        let gets: Vec<u8> = wanted.iter().flat_map(|&k| request(&["GET", &key("key", k)])).collect();
        let mut missed = Vec::new();
        link.ask(&gets, BATCH, &mut |n, line| {
            if line == b"$-1" {
                missed.push(wanted[n]);
            }
        })?;
        if batch > REQUESTS / BATCH / 3 {
            hits += BATCH - missed.len();
            all += BATCH;
        }
        let sets: Vec<u8> = missed
            .iter()
            .flat_map(|&k| {
                let (key, value) = (key("key", k), value(k, VALUE));
                if is_volatile {
                    request(&["SET", &key, &value, "EX", "100000"])
                } else {
                    request(&["SET", &key, &value])
                }
            })
            .collect();
        let mut failed = None;
        link.ask(&sets, missed.len(), &mut |_, line| {
            if line != b"+OK" {
                failed = Some(String::from_utf8_lossy(line).into_owned());
            }
        })?;
        if let Some(why) = failed {
            return Err(format!("{}: {why}", server.name));
        }
        due += Duration::from_secs(1) * BATCH as u32 / PACE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let late = due.elapsed();
    if late > Duration::from_secs(1) {
        eprintln!("{}: {policy}, {}: the pace was not held, {late:.1?} too long", server.name, trace.name);
    }
    Ok(hits as f64 * 100.0 / all as f64)
}

/// Measures all servers and prints the table.
pub fn run(peers: &[Peer], wants: &dyn Fn(&str) -> bool, svg: Option<&Path>) -> Result<(), String> {
    let names: Vec<String> = peers.iter().map(|peer| format!(" {} |", peer.name)).collect();
    println!("| hits, percent |{} ahead of the better |", names.concat());
    println!("|---|{}---|", "---|".repeat(peers.len()));
    let mut rows = Vec::new();
    for policy in POLICIES {
        for trace in TRACES {
            let name = format!("{policy}, {trace}");
            if !wants(&name) {
                continue;
            }
            let mut found = Vec::new();
            for peer in peers {
                let mut ratios = Vec::new();
                for seed in 1..=SEEDS {
                    ratios.push(hit_ratio(peer, policy, trace, seed)?);
                }
                let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
                let spread = ratios.iter().map(|ratio| (ratio - mean).abs()).fold(0.0, f64::max);
                eprintln!("{name}: {} {mean:.2} (+-{spread:.2})", peer.name);
                found.push(mean);
            }
            let better = found[1..].iter().copied().fold(f64::NAN, f64::max);
            let cells: Vec<String> = found.iter().map(|mean| format!(" {mean:.2} |")).collect();
            println!("| {name} |{} {:+.2} |", cells.concat(), found[0] - better);
            rows.push((name, found));
        }
    }
    match svg {
        Some(path) => std::fs::write(path, draw(peers, &rows)).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(()),
    }
}

/// A bar for each server, a group for each row.
fn draw(peers: &[Peer], rows: &[(String, Vec<f64>)]) -> String {
    const COLORS: [&str; 4] = ["#b5452c", "#3a6ea5", "#7a9a4a", "#999999"];
    let group = 12.0 * peers.len() as f64 + 10.0;
    let height = 40.0 + group * rows.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (i, peer) in peers.iter().enumerate() {
        let x = 180.0 + 140.0 * i as f64;
        let color = COLORS[i % COLORS.len()];
        _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"10\" width=\"10\" height=\"10\" fill=\"{color}\"/><text x=\"{}\" y=\"19\">{}</text>",
            x + 14.0,
            peer.name
        );
    }
    for (row, (name, found)) in rows.iter().enumerate() {
        let top = 34.0 + group * row as f64;
        _ = writeln!(svg, "<text x=\"6\" y=\"{:.0}\">{name}</text>", top + 12.0);
        for (i, ratio) in found.iter().enumerate() {
            let (y, color) = (top + 12.0 * i as f64, COLORS[i % COLORS.len()]);
            _ = writeln!(
                svg,
                "<rect x=\"180\" y=\"{y:.0}\" width=\"{:.1}\" height=\"10\" fill=\"{color}\"/><text x=\"{:.1}\" y=\"{:.0}\" font-size=\"9\">{ratio:.2}</text>",
                ratio * 5.0,
                184.0 + ratio * 5.0,
                y + 9.0
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
