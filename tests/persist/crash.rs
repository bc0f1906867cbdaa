//! Real processes, killed at any moment while clients write and the log is rewritten.

use crate::harness::run::own_server;
use crate::harness::server::Server;
use redoxide::base::dice::Dice;
use redoxide::resp::request;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const WRITERS: usize = 6;

/// What a writer was told, and when.
#[derive(Default)]
struct Told {
    /// The number of its last round that was answered.
    rounds: AtomicU64,
    /// The rounds that were answered a while before the end.
    safe: AtomicU64,
}

/// A line of a reply; none if the server is gone.
fn line(input: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    match input.read_line(&mut line) {
        Ok(n) if n > 0 && line.ends_with('\n') => Some(line.trim_end().to_string()),
        _ => None,
    }
}

/// Writes rounds of one command of each type until the server is gone. Numbers of strings have so many zeros before.
fn write_rounds(stream: TcpStream, writer: usize, first: u64, zeros: usize, told: &Told) {
    let mut input = BufReader::new(stream.try_clone().expect("a socket can be doubled"));
    let mut output = stream;
    let mut rounds = std::collections::VecDeque::new();
    for round in first.. {
        let n = "0".repeat(zeros) + &round.to_string();
        let field = format!("f{}", round % 20);
        let member = format!("m{}", round % 20);
        let name = |kind: &str| format!("{kind}{writer}");
        let mut bytes = Vec::new();
        bytes.extend(request(&["MULTI"]));
        bytes.extend(request(&["SET", &name("string"), &n]));
        bytes.extend(request(&["RPUSH", &name("list"), "x"]));
        bytes.extend(request(&["EXEC"]));
        bytes.extend(request(&["HSET", &name("hash"), &field, &n]));
        bytes.extend(request(&["ZADD", &name("zset"), &round.to_string(), &member]));
        bytes.extend(request(&["SADD", &name("set"), &round.to_string()]));
        bytes.extend(request(&["SET", &name("round"), &n, "EX", "1000"]));
        if output.write_all(&bytes).is_err() {
            return;
        }
        // MULTI, two QUEUED, EXEC with two, four more.
        for _ in 0..10 {
            match line(&mut input) {
                Some(line) if line.starts_with('-') => panic!("{line}"),
                Some(_) => {}
                None => return,
            }
        }
        told.rounds.store(round, Ordering::Release);
        rounds.push_back((Instant::now(), round));
        while rounds.front().is_some_and(|(at, _)| at.elapsed() > Duration::from_millis(1200)) {
            told.safe.store(rounds.pop_front().map_or(0, |(_, round)| round), Ordering::Release);
        }
    }
}

/// Asks for an integer or a bulk; zero if there is none.
fn ask(server: &Server, stream: &TcpStream, words: &[&str]) -> u64 {
    let mut input = BufReader::new(stream.try_clone().expect("a socket can be doubled"));
    let mut output = stream.try_clone().expect("a socket can be doubled");
    output.write_all(&request(words)).expect("the server is there");
    loop {
        let mut head = String::new();
        let read = input.read_line(&mut head);
        assert!(head.ends_with('\n'), "the server does not answer {words:?}: {read:?}, {head:?}\n{}", server.autopsy());
        let head = head.trim_end();
        match head.split_at(1) {
            (":", n) => return n.parse().expect("an integer"),
            ("$", "-1") => return 0,
            ("$", len) => {
                let mut bytes = vec![0; len.parse::<usize>().expect("a length") + 2];
                input.read_exact(&mut bytes).expect("the server answers");
                return String::from_utf8_lossy(&bytes).trim_end().parse().expect("a number");
            }
            // Still loading.
            ("-", _) if head.starts_with("-LOADING") => {
                std::thread::sleep(Duration::from_millis(2));
                output.write_all(&request(words)).expect("the server is there");
            }
            _ => panic!("{head}"),
        }
    }
}

/// Crashes a server again and again: nothing that was answered may be lost. Without a journal what was answered in the last second
/// may, if that is synced every second.
fn crash(fsync: &str, rounds: usize, zeros: usize, more: &[&str]) {
    let is_safe_at_once = fsync != "everysec" || more.is_empty();
    let arguments = ["--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-min-size", "64kb"];
    let arguments: Vec<String> = arguments.iter().chain(more).map(ToString::to_string).collect();
    let program = own_server();
    let mut server = Server::start(&program, &arguments);
    let mut dice = Dice(rounds as u64);
    let mut done = [0u64; WRITERS];
    for crash in 0..rounds {
        let told: Arc<[Told; WRITERS]> = Arc::default();
        let threads: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (stream, told, first) = (server.connect(), Arc::clone(&told), done[writer] + 1);
                told[writer].rounds.store(done[writer], Ordering::Release);
                told[writer].safe.store(done[writer], Ordering::Release);
                std::thread::spawn(move || write_rounds(stream, writer, first, zeros, &told[writer]))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20 + dice.below(120)));
        if dice.below(3) == 0 {
            let mut stream = server.connect();
            stream.write_all(&request(&["BGREWRITEAOF"])).expect("the server is there");
            std::thread::sleep(Duration::from_millis(dice.below(6)));
        }
        server.crash_and_restart(&program, &arguments);
        for thread in threads {
            thread.join().expect("no reply was an error");
        }
        let stream = server.connect();
        for (writer, told) in told.iter().enumerate() {
            let name = |kind: &str| format!("{kind}{writer}");
            let (answered, safe) = (told.rounds.load(Ordering::Acquire), told.safe.load(Ordering::Acquire));
            let least = if is_safe_at_once { answered } else { safe };
            let (set, pushed) =
                (ask(&server, &stream, &["GET", &name("string")]), ask(&server, &stream, &["LLEN", &name("list")]));
            assert_eq!(set, pushed, "crash {crash}: a transaction was cut in two");
            assert!(set >= least, "crash {crash}: round {set} where {least} was answered");
            let finished = ask(&server, &stream, &["GET", &name("round")]);
            assert!(finished >= least && finished <= set, "crash {crash}: {finished} of {set}, {least} answered");
            let members = ask(&server, &stream, &["SCARD", &name("set")]);
            assert!(members == finished || members == finished + 1, "crash {crash}: {members} of {finished}");
            if finished > 0 {
                let field = format!("f{}", finished % 20);
                let member = format!("m{}", finished % 20);
                assert_eq!(ask(&server, &stream, &["HGET", &name("hash"), &field]), finished, "crash {crash}");
                assert_eq!(ask(&server, &stream, &["ZSCORE", &name("zset"), &member]), finished, "crash {crash}");
            }
            // The next round begins as if the last one had been answered.
            done[writer] = set;
            let mut again = server.connect();
            for words in [["SADD", &name("set"), &set.to_string()], ["SET", &name("round"), &set.to_string()]] {
                if set > 0 {
                    again.write_all(&request(&words)).expect("the server is there");
                    line(&mut BufReader::new(again.try_clone().expect("a socket can be doubled")));
                }
            }
        }
    }
}

/// How many crashes there are; `CRASHES` asks for more.
fn crashes() -> usize {
    std::env::var("CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

#[test]
fn with_always_a_killed_server_has_every_write_that_was_answered() {
    crash("always", crashes(), 0, &[]);
}

#[test]
fn without_syncs_a_killed_server_has_every_write_that_was_answered() {
    crash("no", crashes(), 0, &[]);
}

/// Not all of that fits in the journal: a helper writes it, and those who wrote it wait.
#[test]
fn without_syncs_a_killed_server_has_every_long_write_that_was_answered() {
    crash("no", crashes(), 200_000, &["--auto-aof-rewrite-min-size", "64mb"]);
}

#[test]
fn with_everysec_a_killed_server_has_every_write_that_was_answered() {
    crash("everysec", crashes(), 0, &[]);
}

#[test]
fn without_a_journal_a_killed_server_has_every_write_that_was_answered_a_second_before() {
    crash("everysec", crashes(), 0, &["--aof-journal", "no"]);
}

#[test]
fn what_is_told_of_a_silent_server_are_its_threads_its_sockets_and_its_log() {
    let server = Server::start(&own_server(), &[]);
    let _client = server.connect();
    let told = server.autopsy();
    for part in ["redoxide", "system call", "sockets", "Ready to accept connections", "src/main.rs", "STACK TRACE DONE"]
    {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    let kept = std::env::temp_dir().join(format!("kept-{}", server.pid()));
    assert!(kept.join("log").exists());
    std::fs::remove_dir_all(kept).expect("it was made just now");
}
