//! A client that asks every 0.2 ms and notes how long each answer took, and the drawing of what it found.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::bench_load::{append, key};

/// The probe asks so often.
const PROBE: Duration = Duration::from_micros(200);

/// One answer: when it was asked for, and how long it took.
#[derive(Clone, Copy)]
pub struct Answer {
    /// Since the start.
    pub at: Duration,
    /// Until the answer was there.
    pub took: Duration,
    /// The part of it for which the probe or the server's first thread could run, and the system let others.
    pub waited: Duration,
}

/// How long two threads have waited for a processor while they could run: the caller and the first one of a process.
struct Waits([std::fs::File; 2]);

impl Waits {
    fn of(pid: u32) -> std::io::Result<Waits> {
        let open = |path: String| std::fs::File::open(path);
        Ok(Waits([open("/proc/thread-self/schedstat".into())?, open(format!("/proc/{pid}/task/{pid}/schedstat"))?]))
    }

    fn total(&self) -> Duration {
        let mut text = [0; 96];
        let ns = self.0.iter().filter_map(|file| {
            let n = file.read_at(&mut text, 0).ok()?;
            std::str::from_utf8(&text[..n]).ok()?.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
        });
        Duration::from_nanos(ns.sum())
    }
}

/// A stretch of time in which something is going on.
#[derive(Clone)]
pub struct Phase {
    /// What.
    pub name: String,
    /// Since the start.
    pub from: Duration,
    /// Since the start.
    pub to: Duration,
}

/// One server's answers, for drawing.
pub struct Panel<'a> {
    /// The server.
    pub title: &'a str,
    /// What it answered.
    pub answers: &'a [Answer],
    /// What went on meanwhile.
    pub phases: &'a [Phase],
    /// How late things were that have a time of their own: when, and how late.
    pub lags: &'a [Answer],
}

/// A request in RESP.
pub fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, words);
    bytes
}

/// Asks the server of a process every 0.2 ms for one of the first so many keys, until told to stop.
pub fn probe(
    mut stream: TcpStream,
    pid: u32,
    keys: usize,
    start: Instant,
    stop: &AtomicBool,
) -> Result<Vec<Answer>, String> {
    let waits = Waits::of(pid).map_err(|error| format!("probing: {error}"))?;
    let (mut answers, mut due, mut k) = (Vec::new(), Instant::now(), 0usize);
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        k = (k + 7919) % keys;
        let before = waits.total();
        let asked = Instant::now();
        stream.write_all(&request(&["GET", &key("key", k)])).map_err(|error| format!("probing: {error}"))?;
        let n = stream.read(&mut buffer).map_err(|error| format!("probing: {error}"))?;
        if n == 0 || buffer[0] != b'$' {
            return Err("probing: an answer that is no value".into());
        }
        let took = asked.elapsed();
        let waited = waits.total().saturating_sub(before).min(took);
        answers.push(Answer { at: asked - start, took, waited });
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

/// What took how long between two times.
pub fn between(answers: &[Answer], from: Duration, to: Duration) -> Vec<Duration> {
    answers.iter().filter(|a| a.at >= from && a.at < to).map(|a| a.took).collect()
}

/// The same less the time that somebody waited for a processor.
pub fn running_between(answers: &[Answer], from: Duration, to: Duration) -> Vec<Duration> {
    let of = answers.iter().filter(|a| a.at >= from && a.at < to);
    of.map(|a| a.took.saturating_sub(a.waited)).collect()
}

/// The longest that it took less the time that somebody waited for a processor, in microseconds.
pub fn longest_running(answers: &[Answer], from: Duration, to: Duration) -> f64 {
    percentile(running_between(answers, from, to), 1.0).1
}

/// A percentile, and the longest, in microseconds.
pub fn percentile(mut took: Vec<Duration>, part: f64) -> (f64, f64) {
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = ((last as f64) * part).round() as usize; // an index
    let us = |duration: Option<&Duration>| duration.map_or(0.0, |d| d.as_secs_f64() * 1e6);
    (us(took.get(at)), us(took.last()))
}

/// The longest answer of each hundredth of a second, over time, one panel a server, logarithmic from 10 us to 10 s.
pub fn draw(panels: &[Panel], remark: &str) -> String {
    const WIDTH: f64 = 860.0;
    const PANEL: f64 = 150.0;
    let height = PANEL * panels.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        WIDTH + 80.0
    );
    let end = panels.iter().filter_map(|p| p.answers.last()).map(|a| a.at.as_secs_f64()).fold(1.0, f64::max);
    let x = |at: Duration| 60.0 + at.as_secs_f64() / end * WIDTH;
    for (i, panel) in panels.iter().enumerate() {
        let bottom = PANEL * (i as f64 + 1.0);
        let y = |us: f64| bottom - ((us.max(10.0).log10() - 1.0) / 6.0).min(1.0) * (PANEL - 30.0);
        for (row, phase) in panel.phases.iter().enumerate() {
            let (from, to) = (x(phase.from), x(phase.to));
            _ = writeln!(
                svg,
                "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#eef3fb\"/>\n\
                 <text x=\"{from:.1}\" y=\"{:.1}\" fill=\"#7a8aa5\" font-size=\"9\">{}</text>",
                bottom - PANEL + 30.0,
                (to - from).max(1.0),
                PANEL - 30.0,
                // Short ones stand close together.
                bottom - PANEL + 39.0 + 9.0 * (row % 4) as f64,
                phase.name
            );
        }
        _ = writeln!(
            svg,
            "<text x=\"60\" y=\"{:.1}\" font-weight=\"bold\">{}</text>",
            bottom - PANEL + 22.0,
            panel.title
        );
        for (us, label) in [(10.0, "10 us"), (1000.0, "1 ms"), (100_000.0, "100 ms"), (10_000_000.0, "10 s")] {
            _ = writeln!(
                svg,
                "<line x1=\"60\" x2=\"{:.1}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"#ddd\"/>\n<text x=\"4\" y=\"{2:.1}\" fill=\"#666\">{label}</text>",
                60.0 + WIDTH,
                y(us),
                y(us) + 4.0
            );
        }
        for (answers, color) in [(panel.lags, "#3a6ea5"), (panel.answers, "#b5452c")] {
            let mut points = String::new();
            for part in answers.chunk_by(|a, b| a.at.as_millis() / 10 == b.at.as_millis() / 10) {
                let longest = part.iter().map(|a| a.took.as_secs_f64() * 1e6).fold(0.0, f64::max);
                _ = write!(points, "{:.1},{:.1} ", x(part[0].at), y(longest));
            }
            _ = writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1\"/>");
        }
    }
    _ = write!(
        svg,
        "<text x=\"60\" y=\"{:.1}\" fill=\"#666\">{end:.1} s; longest answer of each 10 ms; {remark}</text>\n</svg>\n",
        height - 12.0
    );
    svg
}
