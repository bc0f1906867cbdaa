//! Memory as a promise: what is counted, and what the limit does. Without sockets, on a clock that is moved.

use redoxide::base::alloc;
use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::local::Local;
use redoxide::resp::request;

/// A server with arguments as on the command line.
fn server(words: &[&str]) -> Local {
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let config = match arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(())) {
        Asked::Run(config) => *config,
        _ if words.is_empty() => Config::default(),
        _ => panic!("the arguments are good"),
    };
    Local::new(&redoxide::commands::table(), config, 1, 1_700_000_000_000)
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
fn nothing_but_what_a_copy_holds_looks_pinned() {
    let fields = |dice: &mut Dice| dice.below(20).to_string().into_bytes();
    for seed in 1..=12 {
        let mut dice = Dice(seed);
        let mut local = server(&["--appendonly", "no"]);
        // Something reads the log and takes its time: what went by itself is kept for it.
        local.server.keyspace.shared.changes.is_logged = seed % 2 == 0;
        let client = local.connect();
        let step = |local: &mut Local, dice: &mut Dice| {
            let (key, ms) = (format!("key:{}", dice.below(3000)).into_bytes(), (1 + dice.below(5000)).to_string());
            let (value, field) = (vec![b'v'; dice.below(300) as usize], fields(dice));
            let words: &[&[u8]] = match dice.below(12) {
                0..=3 => &[b"SET", &key, &value, b"PX", ms.as_bytes()],
                4 => &[b"SET", &key, &value],
                5 => &[b"HSET", &key, &field, &value],
                6 => &[b"HPEXPIRE", &key, ms.as_bytes(), b"FIELDS", b"1", &field],
                7 => &[b"PEXPIRE", &key, ms.as_bytes()],
                8 => &[b"PERSIST", &key],
                9 => &[b"DEL", &key],
                10 if dice.below(400) == 0 => &[b"FLUSHALL"],
                10 => &[b"HSETEX", &key, b"PX", ms.as_bytes(), b"FIELDS", b"1", &field, &value],
                _ => {
                    local.advance_ms(dice.below(40));
                    &[b"PING"]
                }
            };
            ask(local, client, words);
        };
        // Buffers find their size first.
        for _ in 0..2000 {
            step(&mut local, &mut dice);
        }
        ask(&mut local, client, &[b"FLUSHALL"]);
        local.advance_ms(10_000);
        // This copy has nothing to hold.
        let (copy, mut most) = (local.server.freeze(), 0);
        for n in 0..20_000 {
            step(&mut local, &mut dice);
            if n % 1000 == 999 {
                let pinned = local.server.pinned_bytes(alloc::used());
                let (live, wheels) = (local.server.keyspace.live_bytes(), local.server.keyspace.wheel_bytes());
                assert!(pinned < 4096, "{pinned} of {live} ({wheels} in wheels), seed {seed} step {n}");
                most = most.max(wheels);
            }
        }
        assert!(most > 20_000, "wheels took {most} bytes");
        assert!(local.server.keyspace.shared.stats.expired > 1000);
        drop(copy);
        assert_eq!(local.server.pinned_bytes(alloc::used()), 0);
    }
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

#[test]
fn what_a_removed_range_leaves_in_a_sorted_set_goes_soon() {
    let mut local = server(&["--appendonly", "no"]);
    let client = local.connect();
    let add = |local: &mut Local, n: usize| {
        let (score, member) = ((n % 500).to_string(), format!("member:{n:08}"));
        ask(local, client, &[b"ZADD", b"z", score.as_bytes(), member.as_bytes()]);
    };
    (0..20_000).for_each(|n| add(&mut local, n));
    let full = local.server.keyspace.live_bytes();
    assert_eq!(ask(&mut local, client, &[b"ZREMRANGEBYSCORE", b"z", b"(9", b"+inf"]), ":19600\r\n");
    let cut = local.server.keyspace.live_bytes();
    assert!(cut > full / 2, "the index has its rows, and what went is kept for them: {cut} of {full}");
    let look = |local: &mut Local| {
        assert_eq!(ask(local, client, &[b"ZSCORE", b"z", b"member:00000010"]), "$-1\r\n");
        assert_eq!(ask(local, client, &[b"ZSCORE", b"z", b"member:00000502"]), "$1\r\n2\r\n");
        let members = ask(local, client, &[b"ZSCAN", b"z", b"0", b"COUNT", b"100000"]);
        assert_eq!(members.matches("member:").count(), 400);
    };
    look(&mut local);
    let mut turns = 0;
    while local.server.keyspace.is_tending() && turns < 10_000 {
        local.advance_ms(2);
        turns += 1;
    }
    look(&mut local);
    assert!(!local.server.keyspace.is_tending());
    let left = local.server.keyspace.live_bytes();
    assert!(left < full / 20, "{left} of {full}");
    // Those that come again while it is tidied up stay.
    (0..20_000).for_each(|n| add(&mut local, n));
    ask(&mut local, client, &[b"ZREMRANGEBYSCORE", b"z", b"(9", b"+inf"]);
    (10_000..20_000).for_each(|n| add(&mut local, n));
    while local.server.keyspace.is_tending() {
        local.advance_ms(2);
    }
    assert_eq!(ask(&mut local, client, &[b"ZCARD", b"z"]), ":10200\r\n");
    let members = ask(&mut local, client, &[b"ZSCAN", b"z", b"0", b"COUNT", b"100000"]);
    assert_eq!(members.matches("member:").count(), 10_200);
}

/// The policies that evict.
const POLICIES: [&str; 9] = [
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-lrm",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-lrm",
    "volatile-random",
    "volatile-ttl",
];

/// A limit of so many bytes above what is used now.
fn limit_to(local: &mut Local, client: usize, more: usize) -> usize {
    let limit = alloc::used() + more;
    assert_eq!(ask(local, client, &[b"CONFIG", b"SET", b"maxmemory", limit.to_string().as_bytes()]), "+OK\r\n");
    limit
}

#[test]
fn a_flood_stays_below_the_limit_under_every_policy() {
    for policy in POLICIES {
        let mut local = server(&["--maxmemory-policy", policy]);
        let client = local.connect();
        let limit = limit_to(&mut local, client, 1 << 20);
        for n in 0..20_000_usize {
            let key = format!("key:{n:08}");
            let value = vec![b'v'; 50 + n * 7919 % 300];
            let reply = ask(&mut local, client, &[b"SET", key.as_bytes(), &value, b"EX", b"1000"]);
            assert_eq!(reply, "+OK\r\n", "{policy}");
            drop((key, value, reply));
            let used = alloc::used();
            assert!(used < limit + 1024, "{policy}: {} above the limit after {n} keys", used - limit);
        }
        let keys = local.server.keyspace.databases()[0].table.len() as u64;
        assert!(keys > 1500, "{policy}: only {keys} are left");
        assert_eq!(info(&mut local, client, "evicted_keys"), 20_000 - keys, "{policy}");
        assert_eq!(info(&mut local, client, "current_eviction_exceeded_time"), 0);
    }
}

#[test]
fn one_huge_value_after_another_stays_below_the_limit_but_for_the_one_in_hand() {
    const HUGE: usize = 2 << 20;
    for policy in POLICIES {
        let mut local = server(&["--maxmemory-policy", policy]);
        let client = local.connect();
        for n in 0..3000 {
            let key = format!("key:{n:08}");
            ask(&mut local, client, &[b"SET", key.as_bytes(), &[b'v'; 100], b"EX", b"1000"]);
        }
        let limit = limit_to(&mut local, client, 12 * HUGE);
        // The test's own copies of what it sends count as well.
        for n in 0..60 {
            let key = format!("huge:{n}");
            let mut value = vec![b'v'; HUGE];
            // Some come as one argument, some grow.
            if n % 3 == 2 {
                let half = value.split_off(HUGE / 2);
                assert_eq!(ask(&mut local, client, &[b"SET", key.as_bytes(), &value, b"EX", b"1000"]), "+OK\r\n");
                let reply = ask(&mut local, client, &[b"APPEND", key.as_bytes(), &half]);
                // Its first half may have had to go for the second.
                assert!(reply.starts_with(':'), "{policy}: {reply}");
            } else {
                let reply = ask(&mut local, client, &[b"SET", key.as_bytes(), &value, b"EX", b"1000"]);
                assert_eq!(reply, "+OK\r\n", "{policy}");
            }
            drop(value);
            let used = alloc::used();
            assert!(used < limit + HUGE + 64 * 1024, "{policy}: {} above the limit after {n}", used - limit);
        }
        let keys = local.server.keyspace.databases()[0].table.len();
        assert!(keys >= 4, "{policy}: {keys} keys are left");
        assert!(alloc::used() + 7 * HUGE > limit, "{policy}: no more went than had to");
    }
}

#[test]
fn without_deadlines_the_volatile_policies_refuse_as_noeviction_does() {
    for policy in ["noeviction", "volatile-lru", "volatile-random", "volatile-ttl"] {
        let mut local = server(&["--maxmemory-policy", policy]);
        let client = local.connect();
        let limit = limit_to(&mut local, client, 1 << 18);
        let mut last = String::new();
        for n in 0..10_000 {
            last = set(&mut local, client, n, &[b'v'; 100]);
            if !last.starts_with('+') {
                break;
            }
        }
        assert_eq!(last, "-OOM command not allowed when used memory > 'maxmemory'.\r\n", "{policy}");
        assert!(alloc::used() < limit + 1024);
        assert_eq!(ask(&mut local, client, &[b"GET", b"key:00000000"]), format!("$100\r\n{}\r\n", "v".repeat(100)));
        assert_eq!(info(&mut local, client, "evicted_keys"), 0);
        for n in 0..1500 {
            ask(&mut local, client, &[b"DEL", format!("key:{n:08}").as_bytes()]);
        }
        let left = limit as i64 - alloc::used() as i64;
        assert_eq!(set(&mut local, client, 0, &[b'v'; 100]), "+OK\r\n", "{policy}: {left} bytes are left");
    }
}

/// How many of `keys` are still there.
fn count(local: &mut Local, keys: impl Iterator<Item = usize>) -> usize {
    let mut db = local.server.db(redoxide::keyspace::DbId(0));
    keys.filter(|n| db.locate(format!("key:{n:08}").as_bytes()).is_found()).count()
}

#[test]
fn those_that_are_used_stay() {
    for (policy, most) in [("allkeys-lru", 100), ("allkeys-lfu", 100), ("volatile-lru", 100), ("allkeys-random", 4000)]
    {
        let mut local = server(&["--maxmemory-policy", policy, "--maxmemory-samples", "5"]);
        let client = local.connect();
        for n in 0..10_000 {
            let key = format!("key:{n:08}");
            ask(&mut local, client, &[b"SET", key.as_bytes(), &[b'v'; 100], b"EX", b"100000"]);
        }
        // The second half is used again and again, the others are older.
        for _ in 0..20 {
            local.advance_ms(3000);
            for n in 5000..10_000 {
                ask(&mut local, client, &[b"GET", format!("key:{n:08}").as_bytes()]);
            }
        }
        let room = local.server.keyspace.live_bytes() / 4;
        limit_to(&mut local, client, 0);
        // As many come as a quarter of all: half of the unused ones have to go.
        let now = alloc::used();
        let mut new = 10_000;
        while now + room > alloc::used() && new < 12_500 {
            let key = format!("key:{new:08}");
            ask(&mut local, client, &[b"SET", key.as_bytes(), &[b'v'; 100], b"EX", b"100000"]);
            new += 1;
        }
        let lost = 5000 - count(&mut local, 5000..10_000);
        let gone = 5000 - count(&mut local, 0..5000);
        assert!(gone + lost > 1500, "{policy}: {gone} and {lost} went");
        assert!(lost <= most, "{policy}: {lost} of the 5,000 in use went, and {gone} of the others");
    }
}

#[test]
fn what_expires_first_goes_first() {
    let mut local = server(&["--maxmemory-policy", "volatile-ttl"]);
    let client = local.connect();
    for n in 0..5000 {
        let (key, seconds) = (format!("key:{n:08}"), format!("{}", 1000 + n));
        ask(&mut local, client, &[b"SET", key.as_bytes(), &[b'v'; 100], b"EX", seconds.as_bytes()]);
    }
    limit_to(&mut local, client, 0);
    for n in 5000..7000 {
        set(&mut local, client, n, &[b'v'; 100]);
    }
    let (first, last) = (count(&mut local, 0..2500), count(&mut local, 2500..5000));
    assert!(first < 900 && last > 2400, "{first} of the first half are left, {last} of the second");
    assert_eq!(count(&mut local, 5000..7000), 2000, "without a deadline nothing goes");
}

#[test]
fn the_least_recently_modified_go_although_they_are_read() {
    let mut local = server(&["--maxmemory-policy", "allkeys-lrm"]);
    let client = local.connect();
    for n in 0..4000 {
        set(&mut local, client, n, &[b'v'; 100]);
    }
    local.advance_ms(10_000);
    for n in 0..2000 {
        ask(&mut local, client, &[b"GET", format!("key:{n:08}").as_bytes()]);
        ask(&mut local, client, &[b"SETRANGE", format!("key:{:08}", n + 2000).as_bytes(), b"0", b"w"]);
    }
    assert_eq!(ask(&mut local, client, &[b"OBJECT", b"IDLETIME", b"key:00000000"]), ":10\r\n");
    assert_eq!(ask(&mut local, client, &[b"OBJECT", b"IDLETIME", b"key:00002000"]), ":0\r\n");
    local.advance_ms(10_000);
    limit_to(&mut local, client, 0);
    for n in 4000..5000 {
        set(&mut local, client, n, &[b'v'; 100]);
    }
    let (read, changed) = (count(&mut local, 0..2000), count(&mut local, 2000..4000));
    assert!(read < 1200 && changed > 1960, "{read} and {changed}");
}

#[test]
fn a_copy_that_lives_does_not_empty_the_database() {
    let flood = |holds: bool| {
        let mut local = server(&["--maxmemory-policy", "allkeys-lru"]);
        let client = local.connect();
        for n in 0..10_000 {
            set(&mut local, client, n, &[b'v'; 100]);
        }
        let limit = limit_to(&mut local, client, 10_000);
        let copy = holds.then(|| local.server.freeze());
        for n in 10_000..15_000 {
            assert_eq!(set(&mut local, client, n, &[b'v'; 100]), "+OK\r\n");
        }
        if holds {
            assert!(info(&mut local, client, "redoxide_pinned_memory") > 100_000);
            assert!(info(&mut local, client, "mem_not_counted_for_evict") > 100_000);
            assert!(alloc::used() > limit + 100_000);
        }
        let pinned = local.server.pinned_bytes(alloc::used());
        let before = alloc::used();
        drop(copy);
        let freed = before - alloc::used();
        assert!(freed.abs_diff(pinned) < 50_000, "{pinned} pinned, {freed} freed");
        assert!(alloc::used() < limit + 50_000, "{} above", alloc::used() - limit);
        info(&mut local, client, "evicted_keys")
    };
    let (without, with) = (flood(false), flood(true));
    assert!(without > 4000 && with <= without + without / 10, "{without} without a copy, {with} with one");
}

#[test]
fn a_reply_under_way_makes_nobody_evict_more() {
    let flood = |command: Option<&[&[u8]]>| {
        let mut local = server(&["--maxmemory-policy", "allkeys-lru"]);
        local.server.stream_min = 1000;
        let (client, reader) = (local.connect(), local.connect());
        for n in 0..10_000 {
            set(&mut local, client, n, &[b'v'; 100]);
        }
        for n in 0..2000 {
            ask(&mut local, client, &[b"SADD", b"set", format!("member:{n}").as_bytes()]);
        }
        limit_to(&mut local, client, 10_000);
        if let Some(words) = command {
            local.feed(reader, &request(words));
            local.run(reader);
            assert!(local.server.has_streams_to_step());
        }
        for n in 10_000..15_000 {
            // Nobody reads on meanwhile.
            local.feed(client, &request(&[b"SET", format!("key:{n:08}").as_bytes(), &[b'v'; 100]]));
            local.run(client);
            assert_eq!(local.receive(client), b"+OK\r\n");
        }
        let evicted = local.server.keyspace.shared.stats.evicted;
        while local.step_streams() {}
        assert_eq!(command.is_some(), local.receive(reader).len() > 1000);
        assert_eq!(local.server.pinned_bytes(alloc::used()), 0);
        evicted
    };
    let without = flood(None);
    for words in [&[&b"KEYS"[..], b"*"][..], &[b"SORT", b"set", b"ALPHA"], &[b"SMEMBERS", b"set"]] {
        let with = flood(Some(words));
        assert!(
            without > 4000 && with <= without + without / 10,
            "{without} without a reply under way, {with} with one"
        );
    }
}

#[test]
fn who_needs_memory_waits_while_a_slice_is_not_enough_and_others_do_not() {
    let mut local = server(&["--maxmemory-policy", "allkeys-lru"]);
    let (writer, reader) = (local.connect(), local.connect());
    for n in 0..2000 {
        set(&mut local, writer, n, &[b'v'; 100]);
    }
    local.server.eviction.keys_max = Some(5);
    let limit = alloc::used() - 10_000;
    ask(&mut local, reader, &[b"CONFIG", b"SET", b"maxmemory", limit.to_string().as_bytes()]);
    let pipeline = [request(&["SET", "a", "1"]), request(&["GET", "a"])].concat();
    local.send(writer, &pipeline);
    assert_eq!(local.receive(writer), b"", "it waits, and what it sent after that, too");
    assert_eq!(local.server.eviction.waiting(), 1);
    assert!(ask(&mut local, reader, &[b"GET", b"a"]).starts_with("$-1"), "who needs none is served");
    let mut turns = 0;
    while local.server.eviction.is_behind() && turns < 1000 {
        local.advance_ms(1);
        turns += 1;
    }
    assert!((5..200).contains(&turns), "{turns}");
    assert_eq!(local.receive(writer), b"+OK\r\n$1\r\n1\r\n");
    assert_eq!(local.server.eviction.waiting(), 0);
    assert!(info(&mut local, reader, "total_eviction_exceeded_time") >= 4);
    // Who goes while it waits is forgotten; and without a limit nobody waits.
    let limit = alloc::used() - 20_000;
    ask(&mut local, reader, &[b"CONFIG", b"SET", b"maxmemory", limit.to_string().as_bytes()]);
    let other = local.connect();
    local.send(writer, &request(&["SET", "b", "1"]));
    local.send(other, &request(&["SET", "c", "1"]));
    assert_eq!(local.server.eviction.waiting(), 2);
    local.close(writer);
    assert_eq!(local.server.eviction.waiting(), 1);
    ask(&mut local, reader, &[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert_eq!(local.receive(other), b"+OK\r\n");
}

/// Queues so many times 10,000 bytes after MULTI, as long as the client is there.
fn queue(local: &mut Local, client: usize, n: usize) {
    ask(local, client, &[b"MULTI"]);
    for _ in 0..n {
        ask(local, client, &[b"SET", b"k", &[b'v'; 10_000]]);
    }
}

#[test]
fn the_largest_clients_go_when_all_take_too_much() {
    let mut local = server(&["--maxmemory-clients", "1mb"]);
    let asker = local.connect();
    let clients: Vec<usize> = (1..=5).map(|_| local.connect()).collect();
    let open = |local: &Local| clients.iter().map(|&client| local.is_open(client)).collect::<Vec<bool>>();
    assert_eq!(ask(&mut local, clients[3], &[b"CLIENT", b"NO-EVICT", b"on"]), "+OK\r\n");
    for (n, &client) in clients.iter().enumerate() {
        queue(&mut local, client, 6 * (n + 1));
    }
    assert_eq!(open(&local), [true; 5]);
    queue(&mut local, clients[0], 20);
    assert_eq!(open(&local), [true, true, true, true, false], "the largest, and no more than has to go");
    queue(&mut local, clients[1], 60);
    assert_eq!(open(&local), [true, false, true, true, false]);
    assert_eq!(info(&mut local, asker, "evicted_clients"), 2);
    // A part of nothing is no limit; of something it is.
    ask(&mut local, asker, &[b"CONFIG", b"SET", b"maxmemory-clients", b"1%"]);
    queue(&mut local, clients[0], 100);
    assert!(local.is_open(clients[0]));
    ask(&mut local, asker, &[b"CONFIG", b"SET", b"maxmemory", b"50000000"]);
    assert!(!local.is_open(clients[0]));
    assert!(local.is_open(asker) && local.is_open(clients[3]));
}

#[test]
fn clients_that_take_too_much_go_before_keys_do() {
    let mut local = server(&["--maxmemory-policy", "allkeys-lru", "--maxmemory-clients", "1mb"]);
    let (asker, greedy) = (local.connect(), local.connect());
    ask(&mut local, asker, &[b"CLIENT", b"NO-EVICT", b"on"]);
    for n in 0..50 {
        set(&mut local, asker, n, &vec![b'v'; 50_000]);
    }
    let queued = |n| [request(&["MULTI"]), request(&["SET", "k", &"v".repeat(100_000)]).repeat(n)].concat();
    limit_to(&mut local, asker, 2_000_000);
    local.send(greedy, &queued(40));
    assert!(!local.is_open(greedy));
    assert_eq!((info(&mut local, asker, "evicted_clients"), info(&mut local, asker, "evicted_keys")), (1, 0));
    // Where the client may not go, keys do.
    let protected = local.connect();
    ask(&mut local, protected, &[b"CLIENT", b"NO-EVICT", b"on"]);
    local.send(protected, &queued(40));
    for _ in 0..100 {
        local.advance_ms(1);
    }
    assert!(local.is_open(protected));
    assert!(info(&mut local, asker, "evicted_keys") > 0);
    assert_eq!(local.server.eviction.waiting(), 0);
}

#[test]
fn what_clients_take_is_counted_and_comes_back() {
    let mut local = server(&[]);
    let (asker, client) = (local.connect(), local.connect());
    let memory = |local: &mut Local| local.server.clients.memory();
    ask(&mut local, client, &[b"PING"]);
    let before = memory(&mut local);
    for (words, undo) in [
        (&[&b"WATCH"[..], &vec![b'w'; 50_000]][..], &[&b"UNWATCH"[..]][..]),
        (&[b"SUBSCRIBE", &vec![b's'; 50_000]], &[b"UNSUBSCRIBE"]),
        (&[b"MULTI"], &[b"DISCARD"]),
    ] {
        ask(&mut local, client, words);
        if words[0] == b"MULTI" {
            ask(&mut local, client, &[b"SET", b"k", &vec![b'v'; 50_000]]);
        }
        let more = memory(&mut local) - before;
        assert!((50_000..60_000).contains(&more), "{more} for {}", String::from_utf8_lossy(words[0]));
        ask(&mut local, client, undo);
        assert!(memory(&mut local).abs_diff(before) < 500, "{}", String::from_utf8_lossy(words[0]));
    }
    let both = memory(&mut local);
    local.close(client);
    ask(&mut local, asker, &[b"PING"]);
    assert!(memory(&mut local) < both);
}

#[test]
fn what_clients_are_told_of_evicted_keys_lets_no_more_keys_go() {
    const KEYS: usize = 2000;
    let mut local = server(&["--maxmemory-policy", "allkeys-lru"]);
    let client = local.connect();
    for n in 0..KEYS {
        set(&mut local, client, n, &[b'v'; 100]);
    }
    // For each key that goes, they are told ten times as much as it gives back.
    let told: Vec<usize> = (0..25).map(|_| local.connect()).collect();
    for &token in &told {
        ask(&mut local, token, &[b"HELLO", b"3"]);
        ask(&mut local, token, &[b"CLIENT", b"TRACKING", b"ON", b"BCAST"]);
    }
    local.server.eviction.keys_max = Some(5);
    limit_to(&mut local, client, 0);
    for _ in 0..200 {
        // Nothing can be sent to them meanwhile: the turns are over before.
        set(&mut local, client, 0, &[b'v'; 100]);
        local.advance_ms(1);
    }
    let evicted = info(&mut local, client, "evicted_keys");
    assert!((1..KEYS as u64 / 4).contains(&evicted), "{evicted} of {KEYS}");
    let uncounted = info(&mut local, client, "mem_not_counted_for_evict");
    assert!(uncounted > evicted * 500, "{uncounted} for {evicted} keys");
    // Once they had their chance to be sent it, it counts.
    for &token in &told {
        assert!(local.receive(token).len() as u64 > evicted * 20);
    }
    assert!(info(&mut local, client, "mem_not_counted_for_evict") < uncounted / 2);
}

#[test]
fn a_command_that_is_refused_leaves_its_client_no_wait_for_memory() {
    let mut local = server(&["--maxmemory-policy", "allkeys-lru"]);
    let (client, other) = (local.connect(), local.connect());
    for n in 0..2000 {
        set(&mut local, other, n, &[b'v'; 100]);
    }
    ask(&mut local, client, &[b"SUBSCRIBE", b"news"]);
    local.server.eviction.keys_max = Some(5);
    let limit = alloc::used() - 20_000;
    ask(&mut local, other, &[b"CONFIG", b"SET", b"maxmemory", limit.to_string().as_bytes()]);
    let refused = ask(&mut local, client, &[b"SET", b"a", b"1"]);
    assert!(refused.starts_with("-ERR Can't execute 'set'"), "{refused}");
    assert!(local.server.eviction.is_behind(), "there is still too little memory");
    assert_eq!(ask(&mut local, client, &[b"PING"]), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    assert_eq!(local.server.eviction.waiting(), 0);
}
