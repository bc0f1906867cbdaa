//! What clients feel of a snapshot: one writes at a steady rate, one asks every 0.2 ms and notes how long the answer took.
//!
//! ```text
//! fill | quiet 2 s | BGSAVE ................ done | 0.5 s | kill, start again: loading
//!        ^ probe: GET every 0.2 ms, writer: 20,000 SET a second, all the time
//! ```
//!
//! Servers, their children and the two clients share all cores, so the figures say what a machine of that size gives.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench_load::{Counting, Generator, Requests, key, value};
use crate::bench_server::{Peer, Server};

/// The probe asks so often.
const PROBE: Duration = Duration::from_micros(200);
/// Writes a second.
const WRITES: usize = 20_000;
/// Members of each of the four collections, as a part of the keys.
const COLLECTION_PART: usize = 5;

/// One answer to the probe: when it was asked for, and how long it took.
#[derive(Clone, Copy)]
struct Answer {
    at: Duration,
    took: Duration,
}

/// What was found for a server.
struct Found {
    title: String,
    answers: Vec<Answer>,
    /// When the snapshot began and ended.
    saving: (Duration, Duration),
    /// Resident bytes before it, and the most during it.
    resident: (u64, u64),
    loading: Duration,
    file: u64,
}

/// Measures all servers and prints the table.
pub fn run(peers: &[Peer], keys: usize, svg: Option<&Path>) -> Result<(), String> {
    let mut all = Vec::new();
    for peer in peers {
        eprintln!("{}: filling", peer.name);
        all.push(measure(peer, keys)?);
    }
    print(&all);
    match svg {
        Some(path) => std::fs::write(path, draw(&all)).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(()),
    }
}

fn all_cores() -> String {
    format!("0-{}", std::thread::available_parallelism().map_or(1, usize::from) - 1)
}

fn measure(peer: &Peer, keys: usize) -> Result<Found, String> {
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
        std::thread::spawn(move || probe(stream, keys, start, &stop))
    };
    std::thread::sleep(Duration::from_secs(2));
    let before = server.resident();
    let began = start.elapsed();
    server.ask("BGSAVE")?;
    let mut most = before;
    while server.info("persistence", "rdb_bgsave_in_progress")? != "0" {
        most = most.max(server.resident() + server.children());
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = start.elapsed();
    std::thread::sleep(Duration::from_millis(500));
    stop.store(true, Ordering::Relaxed);
    writer.join().map_err(|_| "the writer failed")??;
    let answers = prober.join().map_err(|_| "the probe failed")??;
    if server.info("persistence", "rdb_last_bgsave_status")? != "ok" {
        return Err(format!("{title}: the snapshot failed"));
    }
    let file = server.file_size("dump.rdb");
    eprintln!("{title}: loading");
    let loading = server.restart(peer, &cores, &[])?;
    Ok(Found { title, answers, saving: (began, ended), resident: (before, most), loading, file })
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

fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
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

/// Asks every 0.2 ms.
fn probe(mut stream: TcpStream, keys: usize, start: Instant, stop: &AtomicBool) -> Result<Vec<Answer>, String> {
    let (mut answers, mut due, mut k) = (Vec::new(), Instant::now(), 0usize);
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        k = (k + 7919) % keys;
        let asked = Instant::now();
        stream.write_all(&request(&["GET", &key("key", k)])).map_err(|error| format!("probing: {error}"))?;
        let n = stream.read(&mut buffer).map_err(|error| format!("probing: {error}"))?;
        if n == 0 || buffer[0] != b'$' {
            return Err("probing: an answer that is no value".into());
        }
        answers.push(Answer { at: asked - start, took: asked.elapsed() });
        due += PROBE;
        let now = Instant::now();
        if due < now {
            due = now;
        }
        // Sleeping is not exact enough for the rest.
        if let Some(long) = (due - now).checked_sub(Duration::from_micros(80)) {
            std::thread::sleep(long);
        }
        while Instant::now() < due {
            std::hint::spin_loop();
        }
    }
    Ok(answers)
}

/// A percentile, and the longest, in microseconds.
fn percentile(mut took: Vec<Duration>, part: f64) -> (f64, f64) {
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = ((last as f64) * part).round() as usize; // an index
    let us = |duration: Option<&Duration>| duration.map_or(0.0, |d| d.as_secs_f64() * 1e6);
    (us(took.get(at)), us(took.last()))
}

impl Found {
    fn between(&self, from: Duration, to: Duration) -> Vec<Duration> {
        self.answers.iter().filter(|a| a.at >= from && a.at < to).map(|a| a.took).collect()
    }
}

fn print(all: &[Found]) {
    println!(
        "| | quiet p99.9 | longest | saving p99.9 | longest | saving, s | more memory, MB | file, MB | loading, s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for found in all {
        let (began, ended) = found.saving;
        let (quiet, quiet_max) = percentile(found.between(Duration::from_millis(500), began), 0.999);
        let (saving, saving_max) = percentile(found.between(began, ended), 0.999);
        let more = found.resident.1.saturating_sub(found.resident.0) >> 20;
        println!(
            "| {} | {quiet:.0} us | {quiet_max:.0} us | {saving:.0} us | {saving_max:.0} us | {:.2} | {more} | {} | {:.2} |",
            found.title,
            ended.saturating_sub(began).as_secs_f64(),
            found.file >> 20,
            found.loading.as_secs_f64(),
        );
    }
}

/// The longest answer of each hundredth of a second, over time, one panel a server, logarithmic from 10 us to 1 s.
fn draw(all: &[Found]) -> String {
    const WIDTH: f64 = 860.0;
    const PANEL: f64 = 150.0;
    let height = PANEL * all.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        WIDTH + 80.0
    );
    let end = all.iter().filter_map(|f| f.answers.last()).map(|a| a.at.as_secs_f64()).fold(1.0, f64::max);
    let x = |at: Duration| 60.0 + at.as_secs_f64() / end * WIDTH;
    for (i, found) in all.iter().enumerate() {
        let bottom = PANEL * (i as f64 + 1.0);
        let y = |us: f64| bottom - ((us.max(10.0).log10() - 1.0) / 5.0).min(1.0) * (PANEL - 30.0);
        let mut put = |text: String| svg.push_str(&text);
        let (from, to) = (x(found.saving.0), x(found.saving.1));
        put(format!(
            "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#eef3fb\"/>\n",
            bottom - PANEL + 30.0,
            to - from,
            PANEL - 30.0
        ));
        put(format!("<text x=\"60\" y=\"{:.1}\" font-weight=\"bold\">{}</text>\n", bottom - PANEL + 22.0, found.title));
        for (us, label) in [(10.0, "10 us"), (1000.0, "1 ms"), (100_000.0, "100 ms")] {
            put(format!(
                "<line x1=\"60\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"#ddd\"/>\n<text x=\"4\" y=\"{2:.1}\" fill=\"#666\">{label}</text>\n",
                60.0 + WIDTH,
                y(us),
                y(us) + 4.0
            ));
        }
        let mut points = String::new();
        for part in found.answers.chunk_by(|a, b| a.at.as_millis() / 10 == b.at.as_millis() / 10) {
            let longest = part.iter().map(|a| a.took.as_secs_f64() * 1e6).fold(0.0, f64::max);
            _ = write!(points, "{:.1},{:.1} ", x(part[0].at), y(longest));
        }
        put(format!("<polyline points=\"{points}\" fill=\"none\" stroke=\"#b5452c\" stroke-width=\"1\"/>\n"));
    }
    _ = write!(
        svg,
        "<text x=\"60\" y=\"{:.1}\" fill=\"#666\">{end:.1} s; longest answer of each 10 ms; shaded: while the snapshot is written</text>\n</svg>\n",
        height - 12.0
    );
    svg
}
