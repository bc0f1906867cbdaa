//! What clients feel while a million keys expire at once, big values are freed, and long commands run; and how late keys expire.
//!
//! ```text
//! fill | quiet 2 s | a million keys expire | 1 s | DEL, SET over .. of big values | KEYS, SMEMBERS, SORT .. | SET and GET of 100 MB
//!        ^ probe: GET every 0.2 ms, all the time
//!        ^ a few thousand keys with deadlines of their own; who listens to their `expired` events notes how late each comes
//! ```
//!
//! With `--log` all that is written to an append-only file (everysec), which is rewritten at the end while another client writes.
//! Server and clients share all cores, so the figures say what a machine of that size gives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::bench_load::{Counting, Generator, Requests, key, value};
use crate::bench_probe::{Answer, Panel, Phase, between, draw, longest_running, percentile, probe, request};
use crate::bench_server::{Peer, Server, all_cores};

/// Keys that the probe asks for; they have no deadline.
const PROBED: usize = 100_000;
/// Keys whose deadlines are watched, a second.
const WATCHED: usize = 1_000;
/// For so long.
const WATCHED_S: usize = 6;
/// What comes before the name of a watched key in its event's channel.
const CHANNEL: &str = "__keyspace@0__:at:";
/// The bytes of one huge value.
const HUGE: usize = 100_000_000;
/// Nothing is waited for longer than that.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was found for a server.
struct Found {
    title: String,
    answers: Vec<Answer>,
    phases: Vec<Phase>,
    /// How late watched keys were told to have expired.
    lags: Vec<Answer>,
    /// How long it took until all the keys of one deadline were gone.
    gone: Option<Duration>,
}

/// Measures all servers and prints the table.
pub fn run(peers: &[Peer], keys: usize, has_log: bool, svg: Option<&Path>) -> Result<(), String> {
    let mut all = Vec::new();
    for peer in peers {
        eprintln!("{}: filling", peer.name);
        all.push(measure(peer, keys, has_log)?);
    }
    print(&all, keys);
    let panels: Vec<Panel> =
        all.iter().map(|f| Panel { title: &f.title, answers: &f.answers, phases: &f.phases, lags: &f.lags }).collect();
    match svg {
        Some(path) => {
            let text = draw(&panels, "red: GET of a probing client; blue: how late keys expire");
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        }
        None => Ok(()),
    }
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn fill(server: &Server, count: usize, kind: u8, request: &dyn Fn(usize) -> Vec<String>) -> Result<(), String> {
    for first in (0..count).step_by(500_000) {
        let some = (first..count.min(first + 500_000)).map(request);
        let counting = if kind == b'+' { Counting::Bytes(5) } else { Counting::Lines(1) };
        let requests = Requests::encode(some, kind, counting);
        Generator::new(server, &requests, 4, 64)?.fill()?;
    }
    Ok(())
}

/// A collection of so many elements, fifty at a time.
fn fill_collection(server: &Server, command: &str, name: &str, count: usize, shift: usize) -> Result<(), String> {
    fill(server, count.div_ceil(50), b':', &|part| {
        let mut words = vec![command.to_string(), name.to_string()];
        for i in part * 50 + shift..(part * 50 + 50).min(count) + shift {
            match command {
                "HSET" => words.extend([format!("field:{i:08}"), format!("value:{i:08}")]),
                "ZADD" => words.extend([(i * 7919 % count).to_string(), format!("member:{i:08}")]),
                // Numbers out of order, so that SORT has something to do.
                "RPUSH" => words.push((i * 7919 % count).to_string()),
                _ => words.push(format!("{i:08}")),
            }
        }
        words
    })
}

/// One client that does the heavy things, and remembers when.
struct Heavy<'a> {
    server: &'a Server,
    start: Instant,
    phases: Vec<Phase>,
}

impl Heavy<'_> {
    fn during(&mut self, name: &str, run: impl FnOnce(&Server) -> Result<(), String>) -> Result<(), String> {
        let from = self.start.elapsed();
        run(self.server)?;
        self.phases.push(Phase { name: name.to_string(), from, to: self.start.elapsed() });
        std::thread::sleep(Duration::from_millis(300));
        Ok(())
    }

    /// Sends one command and reads its whole reply.
    fn command(&mut self, name: &str, words: &[&str]) -> Result<(), String> {
        let text = request(words);
        self.during(name, |server| {
            let mut stream = server.connect()?;
            let mut ask = || -> std::io::Result<()> {
                stream.write_all(&text)?;
                stream.write_all(&request(&["ECHO", "that-was-it"]))?;
                let (mut buffer, mut tail) = (vec![0; 256 * 1024], Vec::new());
                loop {
                    let n = stream.read(&mut buffer)?;
                    if n == 0 {
                        return Err(std::io::ErrorKind::UnexpectedEof.into());
                    }
                    tail.extend_from_slice(&buffer[..n]);
                    if tail.ends_with(b"$11\r\nthat-was-it\r\n") {
                        return Ok(());
                    }
                    tail.drain(..tail.len().saturating_sub(32));
                }
            };
            ask().map_err(|error| format!("{name}: {error}"))
        })
    }
}

fn measure(peer: &Peer, keys: usize, has_log: bool) -> Result<Found, String> {
    let log = if has_log { "yes" } else { "no" };
    let arguments = ["--notify-keyspace-events", "Kx", "--appendonly", log, "--auto-aof-rewrite-percentage", "0"];
    let server = Server::start_with(peer, &all_cores(), &arguments)?;
    let title = server.title();
    fill(&server, PROBED, b'+', &|k| vec!["SET".into(), key("key", k), value(k, 64)])?;
    // A million that only wait.
    let later = (unix_ms() + 3_600_000).to_string();
    fill(&server, keys, b'+', &|k| vec!["SET".into(), key("wait", k), value(k, 32), "PXAT".into(), later.clone()])?;
    let big = keys;
    for (command, name) in [("SADD", "a-set"), ("HSET", "a-hash"), ("ZADD", "a-zset"), ("RPUSH", "a-list")] {
        fill_collection(&server, command, name, big, 0)?;
    }
    for (name, shift) in [("long:a", 0), ("long:b", big / 10)] {
        fill_collection(&server, "SADD", name, big / 5, shift)?;
    }
    fill_collection(&server, "RPUSH", "long:list", big / 5, 0)?;
    fill_collection(&server, "ZADD", "long:zset", big / 5, 0)?;
    fill_collection(&server, "HSET", "long:hash", big / 5, 0)?;
    // The million with one deadline: far enough away for all of them to be there before it.
    let begin = Instant::now();
    fill(&server, keys / 20, b'+', &|k| {
        vec!["SET".into(), key("mass", k), value(k, 32), "PX".into(), "86400000".into()]
    })?;
    let needed = begin.elapsed() * 25 + Duration::from_secs(5);
    let deadline = unix_ms() + needed.as_millis() as u64; // hours at most
    let at = deadline.to_string();
    fill(&server, keys, b'+', &|k| vec!["SET".into(), key("mass", k), value(k, 32), "PXAT".into(), at.clone()])?;
    let watched_from = deadline - 2500;
    if unix_ms() > watched_from {
        return Err(format!("{title}: filling took too long"));
    }
    fill(&server, WATCHED * WATCHED_S, b'+', &|n| {
        let at = watched_from + 200 + (n * 1000 / WATCHED) as u64;
        vec!["SET".into(), format!("at:{at}:{n}"), "x".into(), "PXAT".into(), at.to_string()]
    })?;
    while unix_ms() < watched_from {
        std::thread::sleep(Duration::from_millis(10));
    }
    eprintln!("{title}: measuring");
    let (start, start_ms, stop) = (Instant::now(), unix_ms(), Arc::new(AtomicBool::new(false)));
    let prober = {
        let (stream, stop) = (server.connect()?, Arc::clone(&stop));
        let pid = server.pid();
        std::thread::spawn(move || probe(stream, pid, PROBED, start, &stop))
    };
    let listener = {
        let (stream, stop) = (server.connect()?, Arc::clone(&stop));
        std::thread::spawn(move || listen(stream, start_ms, &stop))
    };
    let mut heavy = Heavy { server: &server, start, phases: Vec::new() };
    while unix_ms() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    let until = Instant::now();
    let mut gone = None;
    heavy.during("expiry", |server| {
        while until.elapsed() < PATIENCE {
            let waiting = server.info("keyspace", "db0")?;
            let expires = waiting.split(',').find_map(|part| part.strip_prefix("expires=")?.parse::<usize>().ok());
            if expires.is_some_and(|n| n <= keys + WATCHED * WATCHED_S) {
                gone = Some(until.elapsed());
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    })?;
    while unix_ms() < watched_from + WATCHED_S as u64 * 1000 + 500 {
        std::thread::sleep(Duration::from_millis(10));
    }
    heavy.command("DEL set", &["DEL", "a-set"])?;
    heavy.command("DEL hash", &["DEL", "a-hash"])?;
    heavy.command("SET zset", &["SET", "a-zset", "x"])?;
    heavy.command("UNLINK list", &["UNLINK", "a-list"])?;
    heavy.command("KEYS", &["KEYS", "*"])?;
    heavy.command("SMEMBERS", &["SMEMBERS", "long:a"])?;
    heavy.command("HGETALL", &["HGETALL", "long:hash"])?;
    heavy.command("LRANGE", &["LRANGE", "long:list", "0", "-1"])?;
    heavy.command("ZRANGE", &["ZRANGE", "long:zset", "0", "-1", "WITHSCORES"])?;
    heavy.command("SORT", &["SORT", "long:list"])?;
    heavy.command("SUNION", &["SUNION", "long:a", "long:b"])?;
    heavy.command("SINTER", &["SINTER", "long:a", "long:b"])?;
    heavy.command("ZUNION", &["ZUNION", "2", "long:zset", "long:a"])?;
    let huge = value(1, HUGE);
    for name in ["SET of 100 MB", "SET over 100 MB"] {
        heavy.command(name, &["SET", "huge", &huge])?;
    }
    heavy.command("GET of 100 MB", &["GET", "huge"])?;
    heavy.command("APPEND to 100 MB", &["APPEND", "huge", "more"])?;
    if has_log {
        heavy.during("BGREWRITEAOF", |server| {
            server.ask("BGREWRITEAOF")?;
            let begun = Instant::now();
            while server.info("persistence", "aof_rewrite_in_progress")? == "1" && begun.elapsed() < PATIENCE {
                fill(server, PROBED / 10, b'+', &|k| vec!["SET".into(), key("key", k), value(k, 64)])?;
            }
            Ok(())
        })?;
    }
    let phases = heavy.phases;
    stop.store(true, Ordering::Relaxed);
    let answers = prober.join().map_err(|_| "the probe failed")??;
    let lags = listener.join().map_err(|_| "the listener failed")??;
    Ok(Found { title, answers, phases, lags, gone })
}

/// Listens to the events of watched keys; their names say when they were to expire.
fn listen(mut stream: TcpStream, start_ms: u64, stop: &AtomicBool) -> Result<Vec<Answer>, String> {
    let text = |error: std::io::Error| format!("listening: {error}");
    stream.write_all(&request(&["PSUBSCRIBE", &format!("{CHANNEL}*")])).map_err(text)?;
    stream.set_read_timeout(Some(Duration::from_millis(100))).map_err(text)?;
    let (mut lags, mut kept, mut buffer) = (Vec::new(), Vec::new(), vec![0; 64 * 1024]);
    // The last lines may come after the end of all.
    while !stop.load(Ordering::Relaxed) {
        let n = match stream.read(&mut buffer) {
            Ok(0) => return Err("listening: the connection was closed".into()),
            Ok(n) => n,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => 0,
            Err(error) => return Err(text(error)),
        };
        let now = unix_ms();
        kept.extend_from_slice(&buffer[..n]);
        let whole = kept.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        for line in kept[..whole].split(|&byte| byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let at = line.strip_prefix(CHANNEL).and_then(|rest| rest.split(':').next()?.parse::<u64>().ok());
            if let Some(at) = at {
                let took = Duration::from_millis(now.saturating_sub(at));
                let at = Duration::from_millis(at.saturating_sub(start_ms));
                lags.push(Answer { at, took, waited: Duration::ZERO });
            }
        }
        kept.drain(..whole);
    }
    lags.sort_by_key(|lag| lag.at);
    Ok(lags)
}

fn print(all: &[Found], keys: usize) {
    let columns: Vec<String> = all.iter().map(|found| format!(" {} |", found.title)).collect();
    println!("| |{}", columns.concat());
    println!("|---|{}", "---|".repeat(all.len()));
    let row = |name: &str, cell: &dyn Fn(&Found) -> String| {
        let cells: Vec<String> = all.iter().map(|found| format!(" {} |", cell(found))).collect();
        println!("| {name} |{}", cells.concat());
    };
    let of = |(most, longest): (f64, f64)| format!("{:.2} / {:.2}", most / 1000.0, longest / 1000.0);
    row(&format!("{keys} keys gone after, s"), &|found| {
        found.gone.map_or("over 60".into(), |gone| format!("{:.2}", gone.as_secs_f64()))
    });
    // Those that are due while the million goes wait for their turn behind it.
    let flood =
        |found: &Found| found.phases.first().map_or((Duration::MAX, Duration::MAX), |phase| (phase.from, phase.to));
    row("keys are late by, p99.9 / most, ms", &|found| {
        let ((from, to), end) = (flood(found), Duration::MAX);
        let mut lags = between(&found.lags, Duration::ZERO, from);
        lags.extend(between(&found.lags, to, end));
        of(percentile(lags, 0.999))
    });
    row("and behind the million", &|found| {
        let (from, to) = flood(found);
        let told = format!("{} of {} told", found.lags.len(), WATCHED * WATCHED_S);
        format!("{} ({told})", of(percentile(between(&found.lags, from, to), 0.999)))
    });
    // Where there are fewer processors than threads with something to do, the system's slices of a few ms are part of it.
    let of_get = |found: &Found, from, to| {
        let running = longest_running(&found.answers, from, to) / 1000.0;
        format!("{} / {running:.2}", of(percentile(between(&found.answers, from, to), 0.999)))
    };
    row("GET while nothing else is done, ms: p99.9 / longest / longest less waits for a processor", &|found| {
        let to = found.phases.first().map_or(Duration::ZERO, |phase| phase.from);
        of_get(found, Duration::from_millis(300), to)
    });
    for at in 0..all.first().map_or(0, |found| found.phases.len()) {
        let name = all[0].phases[at].name.clone();
        row(&format!("while: {name}"), &|found| {
            let phase = &found.phases[at];
            // Whoever asked before it began may have waited for it.
            let from = phase.from.saturating_sub(Duration::from_millis(1));
            format!("{} ({:.2} s)", of_get(found, from, phase.to), phase.to.saturating_sub(phase.from).as_secs_f64())
        });
    }
}
