//! Long replies in slices: whole, as of the start, and nobody else's way.

use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::net::local::Local;
use redoxide::resp::request;
use redoxide::server::slowlog::Kind;
use std::collections::BTreeSet;

const N: usize = 25_000;

fn send(local: &mut Local, client: usize, words: &[&str]) {
    local.send(client, &request(words));
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

/// Small collections of every form, with members in common.
fn collections(dice: &mut Dice) -> (Local, usize) {
    let mut local = Local::new(&redoxide::commands::table(), Config::default(), dice.next(), 1_700_000_000_000);
    let client = local.connect();
    send(&mut local, client, &["CONFIG", "SET", "set-max-intset-entries", "300"]);
    for (i, most) in [0, 3, 40, 400, 3000].into_iter().enumerate() {
        for _ in 0..most {
            let number = dice.below(most * 2).to_string();
            let member = if i % 2 == 0 && dice.below(50) == 0 { format!("m{number}") } else { number.clone() };
            let score = match dice.below(20) {
                0 => "inf".to_string(),
                1 => "-inf".to_string(),
                _ => (dice.below(50) as f64 / 4.0).to_string(),
            };
            send(&mut local, client, &["SADD", &format!("s{i}"), &member]);
            send(&mut local, client, &["SADD", &format!("i{i}"), &number]);
            send(&mut local, client, &["ZADD", &format!("z{i}"), &score, &member]);
            send(&mut local, client, &["RPUSH", &format!("l{i}"), &member]);
            send(&mut local, client, &["RPUSH", &format!("n{i}"), &score]);
        }
    }
    send(&mut local, client, &["SET", "text", "v"]);
    local.receive(client);
    (local, client)
}

/// A command over some of them.
fn command(dice: &mut Dice) -> Vec<String> {
    let key = |dice: &mut Dice, kinds: &str| {
        let kind = kinds.as_bytes()[dice.below(kinds.len() as u64) as usize] as char;
        format!("{kind}{}", dice.below(5))
    };
    let mut words = Vec::new();
    let names =
        ["SUNION", "SINTER", "SDIFF", "ZUNION", "ZINTER", "ZDIFF", "SORT", "SORT_RO", "SINTERCARD", "ZINTERCARD"];
    let what = names[dice.below(10) as usize];
    words.push(what.to_string());
    let keys = 1 + dice.below(4) as usize;
    match what {
        "SORT" | "SORT_RO" => {
            words.push(key(dice, "sizlnn"));
            if dice.below(3) > 0 {
                words.push("ALPHA".into());
            }
            if dice.below(3) == 0 {
                words.push("DESC".into());
            }
            if dice.below(4) == 0 {
                words.extend(["BY", "nosort"].map(String::from));
            }
            if dice.below(3) == 0 {
                let numbers = [dice.below(500).to_string(), (dice.below(600) as i64 - 10).to_string()];
                words.push("LIMIT".into());
                words.extend(numbers);
            }
            for _ in 0..dice.below(3) {
                words.extend(["GET", "#"].map(String::from));
            }
        }
        "SINTERCARD" | "ZINTERCARD" => {
            words.push(keys.to_string());
            words.extend((0..keys).map(|_| key(dice, if what == "SINTERCARD" { "si" } else { "siz" })));
            if dice.below(2) == 0 {
                words.extend(["LIMIT".to_string(), dice.below(300).to_string()]);
            }
        }
        "SUNION" | "SINTER" | "SDIFF" => words.extend((0..keys).map(|_| key(dice, "si"))),
        _ => {
            words.push(keys.to_string());
            words.extend((0..keys).map(|_| key(dice, "sizzz")));
            if what != "ZDIFF" && dice.below(2) == 0 {
                words.push("WEIGHTS".into());
                words.extend((0..keys).map(|_| (dice.below(9) as f64 - 3.5).to_string()));
            }
            if what != "ZDIFF" && dice.below(2) == 0 {
                words.push("AGGREGATE".into());
                words.push(["SUM", "MIN", "MAX"][dice.below(3) as usize].into());
            }
            if dice.below(2) == 0 {
                words.push("WITHSCORES".into());
            }
        }
    }
    words
}

#[test]
fn slices_give_the_bytes_that_one_go_gives() {
    let mut sliced = 0;
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let (mut local, client) = collections(&mut dice);
        for proto in ["2", "3"] {
            send(&mut local, client, &["HELLO", proto]);
            local.receive(client);
            for _ in 0..400 {
                let words = command(&mut dice);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                local.server.stream_min = usize::MAX;
                send(&mut local, client, &words);
                let whole = local.receive(client);
                local.server.stream_min = 5;
                local.feed(client, &request(&words));
                local.run(client);
                sliced += usize::from(local.server.has_streams_to_step());
                local.send(client, b"");
                let parts = local.receive(client);
                let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
                assert!(whole == parts, "seed {seed} {words:?}: {} and {}", shown(&whole), shown(&parts));
            }
        }
        let stats = |name: &[u8]| local.server.commands.find(name).map(|id| local.server.commands.stats[id.0 as usize]);
        for name in [&b"SORT"[..], b"SUNION", b"ZUNION"] {
            let stats = stats(name).expect("it is there");
            assert!(stats.calls > 40 && stats.failed % 2 == 0, "each counts once and fails both ways");
        }
    }
    assert!(sliced > 800, "{sliced} were given in slices");
}

#[test]
fn what_is_drawn_by_chance_is_there_and_as_often_as_asked_for() {
    let (mut local, client) = server();
    for proto in ["2", "3"] {
        send(&mut local, client, &["HELLO", proto]);
        local.receive(client);
        let all: BTreeSet<String> = (0..N).map(|i| format!("m{i}")).collect();
        for (command, key) in [("SRANDMEMBER", "set"), ("HRANDFIELD", "hash"), ("ZRANDMEMBER", "zset")] {
            for count in [-30_000, 20_000, N as i64, 40_000] {
                local.feed(client, &request(&[command, key, &count.to_string()]));
                local.run(client);
                assert!(local.server.has_streams_to_step(), "{command} {count}");
                local.send(client, b"");
                let drawn = bulks(&local.receive(client));
                let different: BTreeSet<&String> = drawn.iter().collect();
                let wanted = if count < 0 { 30_000 } else { (count as usize).min(N) };
                assert_eq!(drawn.len(), wanted, "{command} {count}");
                assert!(different.iter().all(|member| all.contains(*member)));
                let least = if count < 0 { N / 2 } else { wanted };
                assert!(different.len() >= least, "{command} {count}: {}", different.len());
            }
        }
    }
    send(&mut local, client, &["HELLO", "2"]);
    local.receive(client);
    for (command, key, more) in [("HRANDFIELD", "hash", "WITHVALUES"), ("ZRANDMEMBER", "zset", "WITHSCORES")] {
        for count in ["-15000", "15000", "25000"] {
            send(&mut local, client, &[command, key, count, more]);
            let drawn = bulks(&local.receive(client));
            assert_eq!(drawn.len(), 2 * count.trim_start_matches('-').parse::<usize>().expect("a number"));
            assert!(drawn.chunks(2).all(|pair| pair[0] == format!("m{}", pair[1])), "{command} {count}");
        }
    }
}

#[test]
fn inside_a_transaction_everything_is_given_in_one_go() {
    let (mut local, client) = collections(&mut Dice(7));
    local.server.stream_min = 5;
    for words in [&["MULTI"][..], &["SORT", "n4", "LIMIT", "0", "1"], &["SUNION", "s4", "s3"], &["ZUNION", "1", "z4"]] {
        send(&mut local, client, words);
    }
    local.receive(client);
    local.feed(client, &request(&["EXEC"]));
    local.run(client);
    assert!(!local.server.has_streams_to_step());
    assert!(local.receive(client).starts_with(b"*3\r\n*1\r\n"));
}

/// A field of CLIENT LIST.
fn memory_of(local: &mut Local, asker: usize, id: &str) -> usize {
    send(local, asker, &["CLIENT", "LIST", "ID", id]);
    let text = String::from_utf8_lossy(&local.receive(asker)).into_owned();
    let field = text.split(' ').find_map(|field| field.strip_prefix("tot-mem="));
    field.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn what_a_reply_holds_counts_to_its_client_and_not_for_the_limit() {
    use redoxide::base::alloc;
    for words in
        [&["SMEMBERS", "set"][..], &["SORT", "list", "ALPHA"], &["SUNION", "set", "none"], &["ZUNION", "1", "zset"]]
    {
        let (mut local, client) = server();
        let other = local.connect();
        send(&mut local, client, &["CLIENT", "ID"]);
        let id = String::from_utf8_lossy(&local.receive(client)).trim_matches([':', '\r', '\n']).to_string();
        let before = memory_of(&mut local, other, &id);
        local.feed(client, &request(words));
        local.run(client);
        local.step_streams();
        let unchanged = memory_of_while(&mut local, other, &id);
        let live = local.server.keyspace.live_bytes();
        let key = words.iter().find(|word| ["set", "list", "zset"].contains(*word)).expect("a key");
        local.feed(other, &request(&["DEL", key]));
        local.run(other);
        local.receive(other);
        let gone = live - local.server.keyspace.live_bytes();
        local.step_streams();
        let pinned = local.server.pinned_bytes(alloc::used());
        assert!(gone > 150_000 && pinned > gone / 2, "{words:?}: {pinned} pinned of {gone} bytes");
        let changed = memory_of_while(&mut local, other, &id);
        assert!(changed > unchanged + gone / 3, "{words:?}: {before}, {unchanged}, {changed} of {gone}");
        while local.step_streams() {}
        local.receive(client);
        send(&mut local, client, &["PING"]);
        local.receive(client);
        let after = memory_of(&mut local, other, &id);
        assert!(after.abs_diff(before) < 4096, "{words:?}: {before} before, {after} after");
        assert_eq!(local.server.pinned_bytes(alloc::used()), 0);
    }
}

/// The same without going on with replies under way.
fn memory_of_while(local: &mut Local, asker: usize, id: &str) -> usize {
    local.feed(asker, &request(&["CLIENT", "LIST", "ID", id]));
    local.run(asker);
    let text = String::from_utf8_lossy(&local.receive(asker)).into_owned();
    let field = text.split(' ').find_map(|field| field.strip_prefix("tot-mem="));
    field.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn a_client_that_goes_in_the_middle_leaves_nothing() {
    for steps in 0..20 {
        let mut dice = Dice(steps);
        let (mut local, client) = collections(&mut dice);
        local.server.stream_min = 5;
        let words = command(&mut dice);
        local.feed(client, &request(&words.iter().map(String::as_str).collect::<Vec<_>>()));
        local.run(client);
        for _ in 0..steps {
            local.step_streams();
        }
        local.close(client);
        assert!(!local.step_streams() && !local.server.keyspace.has_copies());
    }
}

/// COMMANDLOG: the whole length of the reply, whether it comes at once or in slices.
#[test]
fn the_bytes_of_a_reply_in_slices_are_counted_together() {
    let settings = ["CONFIG", "SET", "commandlog-reply-larger-than", "100000"];
    for stream_min in [5, usize::MAX] {
        let (mut local, client) = server();
        local.server.stream_min = stream_min;
        send(&mut local, client, &settings);
        local.receive(client);
        send(&mut local, client, &["SMEMBERS", "set"]);
        let bytes = local.receive(client).len();
        let log = local.server.commandlog.of(Kind::LargeReply);
        let kept: Vec<u64> = log.iter().map(|entry| entry.value).collect();
        assert_eq!(kept, [bytes as u64], "streams from {stream_min} on");
        assert!(bytes > 100_000);
    }
}
