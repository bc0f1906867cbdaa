//! Long replies in slices: whole, as of the start, and nobody else's way.

use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::net::local::Local;
use std::collections::BTreeSet;

const N: usize = 25_000;

fn send(local: &mut Local, client: usize, words: &[&str]) {
    local.send(client, &request(words));
}

fn request(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

/// A server with a collection of each type of `N` elements.
fn server() -> (Local, usize) {
    let mut local = Local::new(&redoxide::commands::table(), Config::default(), 3, 1_700_000_000_000);
    let client = local.connect();
    for i in 0..N {
        let (member, number) = (format!("m{i}"), i.to_string());
        send(&mut local, client, &["SADD", "set", &member]);
        send(&mut local, client, &["HSET", "hash", &member, &number]);
        send(&mut local, client, &["RPUSH", "list", &member]);
        send(&mut local, client, &["ZADD", "zset", &number, &member]);
        if i % 2 == 0 {
            send(&mut local, client, &["SET", &format!("key:{i}"), "v"]);
        }
    }
    local.receive(client);
    (local, client)
}

/// The bulks of a flat RESP2 array.
fn bulks(reply: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(reply).into_owned();
    let mut lines = text.split("\r\n");
    let head = lines.next().unwrap_or_default();
    let n: usize = head.strip_prefix('*').and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{head}"));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.len() >= 2 * n, "{n} elements are announced, there are {} lines", lines.len());
    lines[..2 * n].chunks(2).map(|pair| pair[1].to_string()).collect()
}

#[test]
fn all_elements_come_once_and_in_order() {
    let (mut local, client) = server();
    let mut ask = |words: &[&str]| {
        send(&mut local, client, words);
        let stats =
            local.server.commands.find(words[0].as_bytes()).map(|id| local.server.commands.stats[id.0 as usize]);
        assert_eq!(stats.map(|stats| stats.calls), Some(1), "{words:?} is one call");
        bulks(&local.receive(client))
    };
    let members: Vec<String> = (0..N).map(|i| format!("m{i}")).collect();
    let all: BTreeSet<&String> = members.iter().collect();
    let set = ask(&["SMEMBERS", "set"]);
    assert!(set.len() == N && set.iter().collect::<BTreeSet<_>>() == all);
    assert_eq!(ask(&["LRANGE", "list", "0", "-1"]), members);
    assert_eq!(ask(&["ZRANGE", "zset", "100", "24000"]), members[100..=24000]);
    let reversed: Vec<String> = members.iter().rev().cloned().collect();
    assert_eq!(ask(&["ZREVRANGE", "zset", "0", "-1"]), reversed);
    let pairs = ask(&["HGETALL", "hash"]);
    assert_eq!(pairs.len(), 2 * N);
    assert!(pairs.chunks(2).all(|pair| pair[0] == format!("m{}", pair[1])));
    assert_eq!(ask(&["HKEYS", "hash"]).iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(ask(&["HVALS", "hash"]).len(), N);
    let keys = ask(&["KEYS", "key:*"]);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), N.div_ceil(2));
    assert_eq!(keys.len(), N.div_ceil(2));
    let scored = ask(&["ZRANGEBYSCORE", "zset", "5", "+inf", "WITHSCORES"]);
    assert_eq!(scored.len(), 2 * (N - 5));
    assert!(scored.chunks(2).all(|pair| pair[0] == format!("m{}", pair[1])));
}

#[test]
fn a_reply_is_as_of_its_start_and_what_was_sent_behind_it_waits() {
    let (mut local, client) = server();
    let other = local.connect();
    local.feed(client, &[request(&["SMEMBERS", "set"]), request(&["SCARD", "set"])].concat());
    local.run(client);
    for _ in 0..3 {
        assert!(local.step_streams());
    }
    // Others are served meanwhile, and what they change is not seen; what waits behind the reply sees it.
    local.feed(other, &[request(&["SREM", "set", "m1", "m2", "m24999"]), request(&["SADD", "set", "new"])].concat());
    local.run(other);
    assert_eq!(local.receive(other), b":3\r\n:1\r\n");
    while local.step_streams() {}
    let reply = local.receive(client);
    let found: BTreeSet<String> = bulks(&reply).into_iter().collect();
    assert!(found.len() == N && found.contains("m24999") && !found.contains("new"));
    assert!(reply.ends_with(format!("\r\n:{}\r\n", N - 2).as_bytes()));
}

#[test]
fn pushes_do_not_stand_in_the_middle_and_a_client_may_go_at_any_time() {
    for seed in 1..=20 {
        let (mut local, client) = server();
        let mut dice = Dice(seed);
        let other = local.connect();
        send(&mut local, client, &["HELLO", "3"]);
        send(&mut local, client, &["SUBSCRIBE", "c"]);
        local.receive(client);
        local.feed(client, &request(&["LRANGE", "list", "0", "-1"]));
        local.run(client);
        for _ in 0..dice.below(10) {
            local.step_streams();
        }
        local.feed(other, &request(&["PUBLISH", "c", "hello"]));
        local.run(other);
        local.step_streams();
        if seed % 2 == 0 {
            local.close(client);
            while local.step_streams() {}
            assert_eq!(local.server.clients.len(), 1);
        } else {
            while local.step_streams() {}
            let reply = local.receive(client);
            assert!(reply.starts_with(format!("*{N}\r\n").as_bytes()), "seed {seed}");
            assert!(reply.ends_with(b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"), "seed {seed}");
        }
        if seed == 3 {
            break; // Making the data takes most of the time.
        }
    }
}
