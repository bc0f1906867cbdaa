//! Memory as a promise: what is counted, and what the limit does. Without sockets, on a clock that is moved.

use redoxide::base::alloc;
use redoxide::config::Config;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::local::Local;

/// A server with arguments as on the command line.
fn server(words: &[&str]) -> Local {
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let config = match arguments::read(&words, &mut std::io::empty()) {
        Asked::Run(config) => *config,
        _ if words.is_empty() => Config::default(),
        _ => panic!("the arguments are good"),
    };
    Local::new(&redoxide::commands::table(), config, 1, 1_700_000_000_000)
}

/// A request in RESP.
fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Sends a request and returns the reply.
fn ask(local: &mut Local, client: usize, words: &[&[u8]]) -> String {
    local.send(client, &request(words));
    String::from_utf8_lossy(&local.receive(client)).into_owned()
}

/// A field of INFO, as a number.
fn info(local: &mut Local, client: usize, field: &str) -> u64 {
    let text = ask(local, client, &[b"INFO", b"everything"]);
    let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("{field}")).parse().unwrap_or_else(|_| panic!("{field}: {value:?}"))
}

fn set(local: &mut Local, client: usize, n: usize, value: &[u8]) -> String {
    ask(local, client, &[b"SET", format!("key:{n:08}").as_bytes(), value])
}

#[test]
fn what_only_a_copy_holds_is_counted_apart_until_the_copy_goes() {
    let mut local = server(&[]);
    let client = local.connect();
    for n in 0..20_000 {
        set(&mut local, client, n, &[b'a'; 100]);
    }
    assert_eq!(info(&mut local, client, "redoxide_pinned_memory"), 0);
    let live = local.server.keyspace.live_bytes();
    let copy = local.server.freeze();
    let at_first = info(&mut local, client, "redoxide_pinned_memory");
    assert!(at_first < 100_000, "{at_first}");
    for n in 0..20_000 {
        set(&mut local, client, n, &[b'b'; 100]);
    }
    let pinned = info(&mut local, client, "redoxide_pinned_memory") as usize;
    assert!(pinned.abs_diff(live) < live / 50, "{pinned} of {live}");
    // Buffers of clients that grow meanwhile are nobody's copy.
    local.feed(client, b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$3000000\r\n");
    for _ in 0..1000 {
        local.feed(client, &[b'x'; 1000]);
    }
    let later = local.server.pinned_bytes(alloc::used());
    assert!(later.abs_diff(pinned) < 10_000, "{later}, {pinned}");
    let used = alloc::used();
    drop(copy);
    assert!(used - alloc::used() > live / 50 * 49);
    assert_eq!(local.server.pinned_bytes(alloc::used()), 0);
    assert!(local.server.memory.pinned_peak >= pinned);
}

#[test]
fn memory_returns_to_its_start_when_all_keys_go() {
    let mut local = server(&["--appendonly", "no"]);
    let client = local.connect();
    let fill = |local: &mut Local| {
        for n in 0..2000 {
            let key = format!("{n}");
            set(local, client, n, &vec![b'v'; n % 300]);
            ask(local, client, &[b"HSET", b"hash", key.as_bytes(), b"value"]);
            ask(local, client, &[b"ZADD", b"zset", b"1", key.as_bytes()]);
            ask(local, client, &[b"RPUSH", b"list", key.as_bytes()]);
        }
        ask(local, client, &[b"SET", b"big", &vec![b'v'; 1 << 20]]);
    };
    // Once, so that everything has found its size.
    fill(&mut local);
    ask(&mut local, client, &[b"FLUSHALL"]);
    let before = alloc::used();
    fill(&mut local);
    assert!(alloc::used() > before + (1 << 20));
    ask(&mut local, client, &[b"FLUSHALL"]);
    assert!(alloc::used().abs_diff(before) < 4096, "{} before, {} after", before, alloc::used());
    assert_eq!(local.server.keyspace.live_bytes(), 0);
}
