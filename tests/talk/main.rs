//! Several clients of one server, without sockets: what they leave behind, what a message costs, and transactions against
//! a plain model.

mod crowd;
#[path = "../harness/mod.rs"]
mod harness;
mod model;
mod streams;
mod users;

use redoxide::base::alloc;
use redoxide::config::Config;
use redoxide::keyspace::changes::Interest;
use redoxide::net::local::Local;

fn local(seed: u64) -> Local {
    Local::new(&redoxide::commands::table(), Config::default(), seed, 1_700_000_000_000)
}

/// A request in RESP, of words without blanks.
fn request(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    String::from_utf8(redoxide::resp::request(&words)).expect("words are text")
}

/// Sends a line and returns what the client has been sent then.
fn ask(local: &mut Local, client: usize, line: &str) -> String {
    local.send(client, request(line).as_bytes());
    String::from_utf8(local.receive(client)).expect("all replies here are text")
}

/// A field of INFO.
fn info(local: &mut Local, client: usize, field: &str) -> String {
    let text = ask(local, client, "INFO everything");
    let line =
        text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap_or_else(|| panic!("{field}"));
    line.to_string()
}

/// What clients can be in the middle of.
const STATES: &[&[&str]] = &[
    &["GET k"],
    &["MULTI", "SET k v"],
    &["WATCH a b"],
    &["WATCH a", "MULTI", "GET k"],
    &["BLPOP list other 0"],
    &["BLPOP list 100"],
    &["SUBSCRIBE a b", "PSUBSCRIBE p*", "SSUBSCRIBE s"],
    &["HELLO 3", "SUBSCRIBE a", "BLPOP list 0"],
    &["MONITOR"],
    &["CLIENT REPLY OFF"],
    &["CLIENT REPLY SKIP", "BLPOP list 0"],
    &["CLIENT TRACKING ON", "GET k", "GET l"],
    &["CLIENT TRACKING ON BCAST PREFIX a PREFIX b"],
    &["HELLO 3", "CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES"],
    &["CLIENT PAUSE 50 WRITE", "SET k v"],
    &["CLIENT PAUSE 50 ALL", "GET k"],
    &["GET"],
];

/// What INFO must say when nobody but the one who asks is there.
const COUNTS: &[(&str, &str)] = &[
    ("connected_clients", "1"),
    ("blocked_clients", "0"),
    ("tracking_clients", "0"),
    ("pubsub_clients", "0"),
    ("watching_clients", "0"),
    ("clients_in_timeout_table", "0"),
    ("total_watched_keys", "0"),
    ("total_blocking_keys", "0"),
    ("pubsub_channels", "0"),
    ("pubsub_patterns", "0"),
    ("pubsubshard_channels", "0"),
    ("tracking_total_keys", "0"),
    ("tracking_total_items", "0"),
    ("tracking_total_prefixes", "0"),
];

#[test]
fn a_client_that_goes_in_any_state_leaves_nothing_behind() {
    for state in STATES {
        for way in ["closes", "is killed", "resets"] {
            let mut local = local(1);
            let client = local.connect();
            for line in *state {
                local.send(client, request(line).as_bytes());
            }
            let asker = local.connect();
            match way {
                "closes" => local.close(client),
                "resets" => {
                    local.send(client, request("RESET").as_bytes());
                    local.advance_ms(100);
                    local.receive(client);
                    local.close(client);
                }
                _ => {
                    local.advance_ms(100); // a pause would put this off
                    ask(&mut local, asker, "CLIENT KILL ID 1");
                    assert!(!local.is_open(client), "{state:?}");
                }
            }
            local.advance_ms(100);
            for (field, wanted) in COUNTS {
                assert_eq!(info(&mut local, asker, field), *wanted, "{field} after {state:?}, which {way}");
            }
            assert!(!local.server.clients.is_any_held(), "{state:?}, which {way}");
            assert_eq!(local.server.keyspace.shared.changes.interest, Interest::default(), "{state:?}, which {way}");
        }
    }
}

#[test]
fn a_message_costs_a_subscriber_no_more_than_its_place_in_the_output() {
    let mut local = local(1);
    let publisher = local.connect();
    let subscribers: Vec<usize> = (0..1000).map(|_| local.connect()).collect();
    for (i, &client) in subscribers.iter().enumerate() {
        if i % 2 == 0 {
            ask(&mut local, client, "HELLO 3");
        }
        ask(&mut local, client, "SUBSCRIBE news");
    }
    for (len, most) in [(10, 1100), (5000, 1100)] {
        let line = request(&format!("PUBLISH news {}", "x".repeat(len)));
        let mut least = usize::MAX;
        for _ in 0..4 {
            let before = alloc::calls();
            local.send(publisher, line.as_bytes());
            least = least.min(alloc::calls() - before);
            assert_eq!(local.receive(publisher), b":1000\r\n");
            assert!(subscribers.iter().all(|&client| local.receive(client).len() > len));
        }
        assert!(least <= most, "{least} allocations for a message of {len} bytes to 1,000 clients");
    }
}

#[test]
fn leaving_a_channel_moves_nobody_else_out() {
    let mut local = local(1);
    let publisher = local.connect();
    let mut there: Vec<usize> = (0..20).map(|_| local.connect()).collect();
    for &client in &there {
        ask(&mut local, client, "SUBSCRIBE a b c");
        ask(&mut local, client, "PSUBSCRIBE *");
    }
    let mut dice = redoxide::base::dice::Dice(7);
    while !there.is_empty() {
        let client = there.swap_remove(dice.below(there.len() as u64) as usize);
        if dice.below(2) == 0 {
            local.close(client);
        } else {
            ask(&mut local, client, "UNSUBSCRIBE b c a");
            ask(&mut local, client, "PUNSUBSCRIBE");
        }
        assert_eq!(ask(&mut local, publisher, "PUBLISH a x"), format!(":{}\r\n", 2 * there.len()));
        assert!(there.iter().all(|&client| local.receive(client).len() > 50));
    }
}

#[test]
fn a_client_that_waits_is_unblocked_by_another() {
    let mut local = local(1);
    let (waiting, other) = (local.connect(), local.connect());
    let error = "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n";
    for (reason, wanted) in [("", "*-1\r\n"), (" TIMEOUT", "*-1\r\n"), (" ERROR", error)] {
        assert_eq!(ask(&mut local, waiting, "BLPOP list 0"), "");
        local.send(waiting, request("ECHO next").as_bytes());
        assert_eq!(ask(&mut local, other, &format!("CLIENT UNBLOCK 1{reason}")), ":1\r\n");
        assert_eq!(local.receive(waiting), format!("{wanted}$4\r\nnext\r\n").as_bytes());
        assert_eq!(ask(&mut local, other, "CLIENT UNBLOCK 1"), ":0\r\n");
    }
    // Whoever waits for the end of a pause is none of these.
    ask(&mut local, other, "CLIENT PAUSE 50 WRITE");
    ask(&mut local, waiting, "SET k v");
    assert_eq!(ask(&mut local, other, "CLIENT UNBLOCK 1"), ":0\r\n");
}

/// Figures of Redis 8.2: the lines before an argument are no longer in the buffer when it is waited for.
#[test]
fn what_waits_in_the_query_buffer_is_what_is_not_parsed() {
    let mut local = local(1);
    let asker = local.connect();
    for (bytes, shown) in [
        ("*1\r\n$1000\r\n".to_string() + &"v".repeat(1000), 1000),
        ("*2\r\n$3\r\nset\r\n$1000\r\n".to_string() + &"v".repeat(10), 10),
        ("*1\r\n$40000\r\n".to_string() + &"v".repeat(40_000), 40_000),
        ("*2\r\n$3\r\nset\r\n$40000\r\n".to_string() + &"v".repeat(39_999), 39_999),
        ("GET k".to_string(), 5),
        ("GET k\r\n".to_string(), 0),
    ] {
        let client = local.connect();
        // In two pieces, as the rest of what is long comes into a buffer of its own.
        let (first, rest) = bytes.split_at(bytes.len().min(24));
        local.send(client, first.as_bytes());
        local.send(client, rest.as_bytes());
        let list = ask(&mut local, asker, "CLIENT LIST");
        let line = list.lines().rfind(|line| !line.is_empty()).expect("two clients");
        assert!(line.contains(&format!(" qbuf={shown} ")), "{}: {line}", &bytes[..bytes.len().min(40)]);
        local.close(client);
    }
}
