//! What clients feel of a snapshot: one writes at a steady rate, one asks every 0.2 ms and notes how long the answer took.
//!
//! ```text
//! fill | quiet 2 s | BGSAVE ................ done | 0.5 s | ... | kill, start again: loading
//!        ^ probe: GET every 0.2 ms, writer: 20,000 SET a second, all the time
//!        |<------------- as often as there are rounds --->|
//! ```
//!
//! What is printed are medians of the rounds, and the longest of all.
//!
//! Servers, their children and the two clients share all cores, so the figures say what a machine of that size gives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench_load::{Counting, Generator, Requests, key, value};
use crate::bench_probe::{Answer, Panel, Phase, between, draw, percentile, probe, request, running_between};
use crate::bench_report::median;
use crate::bench_server::{Peer, Server, all_cores};

/// Writes a second.
const WRITES: usize = 20_000;
/// Members of each of the four collections, as a part of the keys.
const COLLECTION_PART: usize = 5;

/// What was found for a server.
struct Found {
    title: String,
    answers: Vec<Answer>,
    rounds: Vec<Round>,
    /// Resident bytes before it, and the most during it.
    resident: (u64, u64),
    loading: Duration,
    file: u64,
}

/// One snapshot, and the time before it.
struct Round {
    quiet: Duration,
    began: Duration,
    ended: Duration,
    /// Processor time of all threads and children but the one that serves, nanoseconds.
    cpu: u64,
}

/// Measures all servers and prints the table.
pub fn run(peers: &[Peer], keys: usize, rounds: usize, svg: Option<&Path>) -> Result<(), String> {
    let mut all = Vec::new();
    for peer in peers {
        eprintln!("{}: filling", peer.name);
        all.push(measure(peer, keys, rounds)?);
    }
    print(&all);
    match svg {
        Some(path) => {
            let phases: Vec<Vec<Phase>> = all.iter().map(Found::phases).collect();
            let panels = all.iter().zip(&phases);
            let panels: Vec<Panel> =
                panels.map(|(f, phases)| Panel { title: &f.title, answers: &f.answers, phases, lags: &[] }).collect();
            let text = draw(&panels, "shaded: while the snapshot is written");
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        }
        None => Ok(()),
    }
}

fn measure(peer: &Peer, keys: usize, rounds: usize) -> Result<Found, String> {
    let cores = all_cores();
    let mut server = Server::start_with(peer, &cores, &[])?;
    let title = server.title();
    fill(&server, keys)?;
    server.settle()?;
    eprintln!("{title}: saving");
    let (start, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let writer = {
        let (stream, stop) = (server.connect()?, Arc::clone(&stop));
        std::thread::spawn(move || write_steadily(stream, keys, &stop))
    };
    let prober = {
        let (stream, stop) = (server.connect()?, Arc::clone(&stop));
        let pid = server.pid();
        std::thread::spawn(move || probe(stream, pid, keys, start, &stop))
    };
    let (mut resident, mut all) = ((0, 0), Vec::new());
    for _ in 0..rounds {
        // What the round before has set off is over by then.
        let quiet = start.elapsed() + Duration::from_millis(500);
        std::thread::sleep(Duration::from_secs(2));
        let before = server.resident();
        let mut most = before;
        let cpu = || server.cpu().saturating_sub(server.loop_cpu()) + server.children_cpu();
        let (began, cpu_before) = (start.elapsed(), cpu());
        server.ask("BGSAVE")?;
        while server.info("persistence", "rdb_bgsave_in_progress")? != "0" {
            most = most.max(server.resident() + server.children());
            std::thread::sleep(Duration::from_millis(20));
        }
        let ended = start.elapsed();
        all.push(Round { quiet, began, ended, cpu: cpu().saturating_sub(cpu_before) });
        if most.saturating_sub(before) >= resident.1 - resident.0 {
            resident = (before, most);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().map_err(|_| "the writer failed")??;
    let answers = prober.join().map_err(|_| "the probe failed")??;
    if server.info("persistence", "rdb_last_bgsave_status")? != "ok" {
        return Err(format!("{title}: the snapshot failed"));
    }
    let file = server.file_size("dump.rdb");
    eprintln!("{title}: loading");
    let loading = server.restart(peer, &cores, &[])?;
    Ok(Found { title, answers, rounds: all, resident, loading, file })
}

fn fill(server: &Server, keys: usize) -> Result<(), String> {
    for first in (0..keys).step_by(500_000) {
        let sets = (first..keys.min(first + 500_000)).map(|k| vec!["SET".to_string(), key("key", k), value(k, 64)]);
        let requests = Requests::encode(sets, b'+', Counting::Bytes(5));
        Generator::new(server, &requests, 4, 64)?.fill()?;
    }
    let n = keys / COLLECTION_PART;
    for name in ["SADD", "HSET", "ZADD", "RPUSH"] {
        let requests = (0..n.div_ceil(50)).map(|part| {
            let mut words = vec![name.to_string(), format!("big-{name}")];
            for i in part * 50..(part * 50 + 50).min(n) {
                match name {
                    "HSET" => words.extend([format!("field:{i:06}"), format!("value:{i:06}")]),
                    "ZADD" => words.extend([i.to_string(), format!("member:{i:05}")]),
                    _ => words.push(format!("element:{i:05}")),
                }
            }
            words
        });
        let requests = Requests::encode(requests, b':', Counting::Lines(1));
        Generator::new(server, &requests, 1, 16)?.fill()?;
    }
    Ok(())
}

/// Sends twenty writes a millisecond to keys all over the place.
fn write_steadily(mut stream: TcpStream, keys: usize, stop: &AtomicBool) -> Result<(), String> {
    let (mut state, mut due) = (0x1234_5678_9abc_def1_u64, Instant::now());
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        let batch = WRITES / 1000;
        let mut bytes = Vec::new();
        for _ in 0..batch {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let k = (state % keys as u64) as usize; // below a usize
            bytes.extend(request(&["SET", &key("key", k), &value(k + 1, 64)]));
        }
        stream.write_all(&bytes).map_err(|error| format!("writing: {error}"))?;
        let mut missing = batch * 5;
        while missing > 0 {
            let n = stream.read(&mut buffer).map_err(|error| format!("writing: {error}"))?;
            if n == 0 || n > missing {
                return Err("writing: an answer that is not OK".into());
            }
            missing -= n;
        }
        due += Duration::from_millis(1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

impl Found {
    fn phases(&self) -> Vec<Phase> {
        let phase = |round: &Round| Phase { name: "BGSAVE".to_string(), from: round.began, to: round.ended };
        self.rounds.iter().map(phase).collect()
    }

    /// Of so many parts of the answers at most that long, and the longest.
    fn cell(&self, saving: bool, of: fn(&[Answer], Duration, Duration) -> Vec<Duration>) -> String {
        let rounds = self.rounds.iter().map(|round| {
            let (from, to) = if saving { (round.began, round.ended) } else { (round.quiet, round.began) };
            of(&self.answers, from, to)
        });
        let rounds: Vec<Vec<Duration>> = rounds.collect();
        let parts =
            [0.5, 0.99, 0.999].map(|part| format!("{:.0}", median(&rounds, |took| percentile(took.clone(), part).0)));
        let longest = rounds.iter().map(|took| percentile(took.clone(), 1.0).1).fold(0.0, f64::max);
        format!("{} / {longest:.0}", parts.join(" / "))
    }
}

fn print(all: &[Found]) {
    println!(
        "GET of a client that asks every 0.2 ms, us: p50 / p99 / p99.9 / longest, and the same less waits for a processor\n"
    );
    println!(
        "| | quiet | less waits | saving | less waits | saving, s | its CPU, s | more memory, MB | file, MB | loading, s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for found in all {
        let cells = [false, true]
            .map(|saving| format!("{} | {}", found.cell(saving, between), found.cell(saving, running_between)));
        let of = |figure: fn(&Round) -> f64| median(&found.rounds, figure);
        let more = found.resident.1.saturating_sub(found.resident.0) >> 20;
        println!(
            "| {} | {} | {:.2} | {:.2} | {more} | {} | {:.2} |",
            found.title,
            cells.join(" | "),
            of(|round| round.ended.saturating_sub(round.began).as_secs_f64()),
            of(|round| round.cpu as f64 / 1e9),
            found.file >> 20,
            found.loading.as_secs_f64(),
        );
    }
}
