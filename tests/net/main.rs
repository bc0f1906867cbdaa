//! The event loop seen from outside: many connections, few descriptors, other people's clients.

#[path = "../harness/mod.rs"]
mod harness;
mod process;

use harness::client::Client;
use harness::server::Server;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_redoxide");

fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_string()).collect()
}

/// Sends an inline PING and says whether it is answered before the connection ends.
fn is_served(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 7];
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
    stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"+PONG\r\n"
}

/// User and system time of a process in hundredths of a second.
fn processor_ticks(pid: u32) -> u64 {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the server runs");
    let fields = line.rsplit(')').next().expect("a name in parentheses").split_whitespace().skip(11);
    fields.take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[test]
fn who_finds_no_descriptor_waits_without_spinning_and_comes_in_later() {
    let folder = std::env::temp_dir().join(format!("redoxide-few-descriptors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let script = folder.join("few-descriptors");
    // The hard limit, too: as root the server could raise it again, so maxclients keeps it from wanting to.
    std::fs::write(&script, format!("#!/bin/sh\nulimit -n 64\nexec {PROGRAM} \"$@\"\n"))
        .expect("a file can be written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("our own file");
    let server = Server::start(Path::new(&script), &arguments(&["--maxclients", "32"]));
    let log = server.log();
    assert!(log.contains("Ready to accept"), "{log}");
    // More than are let in: the last are told so, the first are served.
    let mut first: Vec<TcpStream> = (0..30).map(|_| server.connect()).collect();
    assert!(first.iter_mut().all(is_served));
    let mut late: Vec<TcpStream> = (0..70).map(|_| server.connect()).collect();
    let served = late.iter_mut().filter_map(|stream| is_served(stream).then_some(())).count();
    assert!(served <= 2, "{served} more than maxclients");
    // Idle now, with a crowd that was turned away behind it.
    let before = processor_ticks(server.pid());
    std::thread::sleep(Duration::from_millis(300));
    let used = processor_ticks(server.pid()) - before;
    assert!(used <= 5, "{used} hundredths of a second used in 30");
    drop(late);
    first.truncate(10);
    let mut again: Vec<TcpStream> = (0..10).map(|_| server.connect()).collect();
    assert!(again.iter_mut().all(is_served) && first.iter_mut().all(is_served));
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

#[test]
fn the_client_crate_is_at_home() {
    let server = Server::start(Path::new(PROGRAM), &[]);
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/?protocol=resp3", server.port)).expect("an address");
    let mut connection = client.get_connection().expect("the server accepts");
    let run = |command: &mut redis::Cmd, connection: &mut redis::Connection| {
        command.query::<redis::Value>(connection).expect("the server answers")
    };
    run(redis::cmd("SET").arg("k").arg(&[0u8, 13, 10, 255][..]), &mut connection);
    let bytes: Vec<u8> = redis::cmd("GET").arg("k").query(&mut connection).expect("a string");
    assert_eq!(bytes, [0, 13, 10, 255]);
    let (a, b): (i64, i64) = redis::pipe()
        .atomic()
        .cmd("INCR")
        .arg("n")
        .cmd("INCRBY")
        .arg("n")
        .arg(41)
        .query(&mut connection)
        .expect("a transaction");
    assert_eq!((a, b), (1, 42));
    let error = redis::cmd("INCR").arg("k").query::<i64>(&mut connection).expect_err("not a number");
    assert!(error.to_string().contains("not an integer"), "{error}");
    let missing: Option<String> = redis::cmd("GET").arg("none").query(&mut connection).expect("nil");
    assert_eq!(missing, None);
    // A value long enough to be read into a buffer of its own, and sent from there.
    let long = vec![b'x'; 3_000_000];
    run(redis::cmd("SET").arg("long").arg(&long), &mut connection);
    let back: Vec<u8> = redis::cmd("GET").arg("long").query(&mut connection).expect("a string");
    assert!(back == long);
}

#[test]
fn an_endless_pipeline_lets_others_in() {
    let server = Server::start(Path::new(PROGRAM), &[]);
    let mut greedy = server.connect();
    greedy.write_all(b"PING\r\n").expect("the server reads");
    let mut reader = greedy.try_clone().expect("a descriptor more");
    let writing = std::thread::spawn(move || {
        let block = b"*1\r\n$4\r\nPING\r\n".repeat(4096);
        while greedy.write_all(&block).is_ok() {}
    });
    let reading = std::thread::spawn(move || {
        let mut sink = vec![0; 1 << 16];
        while reader.read(&mut sink).is_ok_and(|n| n > 0) {}
    });
    let mut other = server.connect();
    assert!((0..100).all(|_| is_served(&mut other)));
    drop(server);
    writing.join().expect("ends with the server");
    reading.join().expect("ends with the server");
}

/// Sends a SET of so many bytes; what is answered, or nothing if the server ends the connection.
fn set(server: &Server, key: &str, len: usize) -> String {
    let mut stream = server.connect();
    let request = format!("*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${len}\r\n{}\r\n", key.len(), "v".repeat(len));
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = [0; 5];
    // An end, and not a reset, which would take along what was sent before.
    let n = stream.read(&mut answer).expect("an answer or an end");
    String::from_utf8_lossy(&answer[..n]).into_owned()
}

#[test]
fn a_request_over_the_limit_ends_its_connection_in_order() {
    let server = Server::start(Path::new(PROGRAM), &arguments(&["--client-query-buffer-limit", "1mb"]));
    assert_eq!(set(&server, "k", (1 << 20) - 40), "+OK\r\n");
    for len in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1000] {
        assert_eq!(set(&server, "k", len), "", "{len}");
    }
    let info = server.ask("INFO stats");
    assert!(info.contains("client_query_buffer_limit_disconnections:3\r\n"), "{info}");
}

#[test]
fn a_request_larger_than_all_clients_may_be_does_not_run() {
    let server = Server::start(Path::new(PROGRAM), &arguments(&["--maxmemory-clients", "3000000"]));
    assert_eq!(set(&server, "small", 1_000_000), "+OK\r\n");
    assert_eq!(set(&server, "large", 3_000_000), "");
    assert!(server.ask("INFO stats").contains("evicted_clients:1\r\n"));
    assert_eq!(server.ask("EXISTS large"), ":0\r\n+OK\r\n");
}

#[test]
fn who_is_cut_off_for_its_own_output_does_not_cost_another_its_place() {
    let more = ["--maxmemory-clients", "3000000", "--client-output-buffer-limit", "normal 200000 0 0"];
    let server = Server::start(Path::new(PROGRAM), &arguments(&more));
    assert_eq!(set(&server, "long", 400_000), "+OK\r\n");
    let mut large = server.connect();
    large.write_all(b"*1\r\n$2800000\r\n").expect("the server reads");
    large.write_all(&vec![b'v'; 2_800_000]).expect("the server reads");
    let arrived = || server.ask("CLIENT LIST").contains(" qbuf=2800000 ");
    let start = std::time::Instant::now();
    while !arrived() {
        assert!(start.elapsed() < Duration::from_secs(10), "{}", server.ask("CLIENT LIST"));
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..3 {
        let mut greedy = server.connect();
        greedy.write_all(b"GET long\r\n").expect("the server reads");
        assert_eq!(greedy.read(&mut [0; 16]).expect("an end"), 0);
    }
    assert!(arrived(), "the large client is still there");
    let info = server.ask("INFO stats");
    assert!(info.contains("evicted_clients:0\r\n"), "{info}");
    assert!(info.contains("client_output_buffer_limit_disconnections:3\r\n"), "{info}");
}

#[test]
fn an_idle_connection_takes_little() {
    const CONNECTIONS: usize = 500;
    let server = Server::start(Path::new(PROGRAM), &[]);
    let used = || {
        let info = server.ask("INFO memory");
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("INFO says so");
        line.parse::<usize>().expect("a number")
    };
    let before = used();
    let mut crowd: Vec<TcpStream> = (0..CONNECTIONS).map(|_| server.connect()).collect();
    assert!(crowd.iter_mut().all(is_served));
    // There is room for 512 of them now: with 10,000, which have room for 16,384, each would take 1.6 times that.
    let each = (used() - before) / CONNECTIONS;
    assert!(each < 800, "{each} bytes each");
}

/// A number of INFO stats.
fn figure(server: &Server, name: &str) -> u64 {
    let text = server.ask("INFO stats");
    let number = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{name}: {text}"))
}

#[test]
fn who_sends_much_has_one_share_of_a_turn() {
    let server = Server::start(Path::new(PROGRAM), &[]);
    let mut stream = server.connect();
    let (turns, reads) = (figure(&server, "eventloop_cycles"), figure(&server, "total_reads_processed"));
    let pinged = std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            const PIECE: usize = 1 << 20;
            let piece = vec![b'x'; PIECE];
            stream
                .write_all(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n", 200 * PIECE).as_bytes())
                .expect("it reads");
            for _ in 0..200 {
                stream.write_all(&piece).expect("the server reads");
            }
            stream.write_all(b"\r\n").expect("the server reads");
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).expect("the server answers");
            assert_eq!(&answer, b"+OK\r\n");
        });
        // Each of them has the loop look for news while more of the value is there already.
        let (mut other, mut pinged) = (server.connect(), 0);
        while !writing.is_finished() {
            assert!(is_served(&mut other));
            pinged += 1;
        }
        pinged
    });
    let (turns, reads) =
        (figure(&server, "eventloop_cycles") - turns, figure(&server, "total_reads_processed") - reads - pinged);
    assert!(reads > 1000, "{reads} reads of 200 MB");
    assert!(reads < turns * 5 / 4 + 10, "{reads} reads in {turns} turns, and {pinged} of others");
}

#[test]
fn everybody_in_a_crowd_is_served_to_the_end() {
    let server = Server::start(Path::new(PROGRAM), &[]);
    // Far more than one turn takes on: most are put off, again and again.
    let requests = b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n".repeat(3000);
    let mut crowd: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    for stream in &mut crowd {
        stream.write_all(&requests).expect("the server reads");
    }
    let mut other = server.connect();
    assert!((0..20).all(|_| is_served(&mut other)));
    let mut last = Vec::new();
    for stream in &mut crowd {
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
        let (mut replies, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
        while replies.split(|byte| *byte == b'\n').count() <= 3000 {
            let n = stream.read(&mut chunk).expect("there is more to come");
            replies.extend_from_slice(&chunk[..n]);
        }
        let text = String::from_utf8(replies).expect("integers are text");
        let numbers: Vec<u64> = text.lines().map(|line| line[1..].parse().expect("an integer")).collect();
        assert!(numbers.len() == 3000 && numbers.is_sorted(), "in order, once each");
        last.extend(numbers.last().copied());
    }
    assert_eq!(last.iter().max(), Some(&180_000));
}

#[test]
fn who_does_not_read_a_reply_that_holds_too_much_is_closed() {
    let server = Server::start(Path::new(PROGRAM), &arguments(&["--client-output-buffer-limit", "normal 4mb 0 0"]));
    let mut other = server.connect();
    other.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    let mut ask = |words: &[String]| {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
        }
        other.write_all(&bytes).expect("the server reads");
        let mut reply = vec![0; 1 << 16];
        let n = other.read(&mut reply).expect("the server answers");
        String::from_utf8_lossy(&reply[..n]).into_owned()
    };
    for part in 0..100 {
        let members = (0..1000).map(|i| format!("{:0200}", part * 1000 + i));
        let words: Vec<String> = ["SADD".to_string(), "set".to_string()].into_iter().chain(members).collect();
        assert_eq!(ask(&words), ":1000\r\n");
    }
    let mut slow = server.connect();
    slow.write_all(b"CLIENT SETNAME slow\r\nSMEMBERS set\r\n").expect("the server reads");
    let list = arguments(&["CLIENT", "LIST"]);
    let until = |ask: &mut dyn FnMut(&[String]) -> String, is_so: &dyn Fn(&str) -> bool| {
        let began = std::time::Instant::now();
        while !is_so(&ask(&list)) {
            assert!(began.elapsed() < Duration::from_secs(20), "{}", ask(&list));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(&mut ask, &|text| text.contains("name=slow"));
    std::thread::sleep(Duration::from_millis(1500));
    assert!(ask(&list).contains("name=slow"), "what it holds is the key's as well");
    assert_eq!(ask(&arguments(&["DEL", "set"])), ":1\r\n");
    until(&mut ask, &|text| !text.contains("name=slow"));
}

/// Draws from a small collection, as many as somebody likes: nobody waits for that, and no more is kept than is read.
#[test]
fn a_billion_draws_hold_nobody_up() {
    let server = Server::start(Path::new(PROGRAM), &[]);
    let mut other = Client::new(&server);
    other.ask(&["HSET", "hash", "field", "value"]);
    other.ask(&["SADD", "set", "member"]);
    other.ask(&["ZADD", "zset", "1", "member"]);
    let commands =
        ["HRANDFIELD hash -999999999 WITHVALUES", "SRANDMEMBER set -999999999", "ZRANDMEMBER zset -999999999"];
    let mut drawing = Vec::new();
    for command in commands {
        let mut stream = server.connect();
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("the server reads");
        let mut begin = vec![0; 100_000];
        stream.read_exact(&mut begin).expect("the server answers");
        assert!(begin.starts_with(b"*999999999\r\n$") || begin.starts_with(b"*1999999998\r\n$"));
        drawing.push(stream);
    }
    let info = other.ask(&["INFO", "memory"]).text();
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).and_then(|n| n.parse::<u64>().ok());
    assert!(used.is_some_and(|used| used < 10_000_000), "{used:?}");
    // Where the output has a limit that they go beyond in any case, they are refused.
    other.ask(&["CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0"]);
    for command in commands {
        let mut stream = server.connect();
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("the server reads");
        let mut all = Vec::new();
        // Nothing, or a reset.
        let _ = stream.read_to_end(&mut all);
        assert!(all.len() < 1000, "{}", all.len());
    }
    let info = other.ask(&["INFO", "stats"]).text();
    assert!(info.contains("client_output_buffer_limit_disconnections:3"), "{info}");
}

/// Data and the end that follows it may be one event: whoever sends a request and closes is answered, and forgotten.
#[test]
fn who_closes_behind_a_request_is_answered_and_forgotten() {
    for more in [&[][..], &["--appendonly", "yes", "--appendfsync", "always"]] {
        let server = Server::start(Path::new(PROGRAM), &arguments(more));
        let mut other = Client::new(&server);
        for n in 0..50 {
            let mut stream = server.connect();
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
            stream.write_all(format!("SET k {n}\r\nGET k\r\n").as_bytes()).expect("the server reads");
            stream.shutdown(std::net::Shutdown::Write).expect("it is open");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the server answers, and closes");
            assert_eq!(answer, format!("+OK\r\n${}\r\n{n}\r\n", n.to_string().len()));
            // Nothing is ever sent to this one.
            server.connect().write_all(b"BLPOP none 0\r\n").expect("the server reads");
        }
        let start = std::time::Instant::now();
        loop {
            let info = other.ask(&["INFO", "clients"]).text();
            if info.contains("connected_clients:1\r\n") && info.contains("blocked_clients:0\r\n") {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{info}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
