//! What the path of a request may not do: counted, not timed. Drives the server through a lane, without sockets.

use redoxide::base::alloc;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::config::Config;
use redoxide::net::lane::{REQUESTS_PER_TURN, Ran};
use redoxide::net::local::Local;

fn local() -> (Local, usize) {
    let mut local = Local::new(&redoxide::commands::table(), Config::default(), 1, 1_700_000_000_000);
    let client = local.connect();
    (local, client)
}

/// How many allocations a text of requests costs once everything has found its size.
fn allocations_of(local: &mut Local, client: usize, text: &str) -> usize {
    let mut least = usize::MAX;
    for _ in 0..4 {
        let before = alloc::calls();
        local.send(client, text.as_bytes());
        least = least.min(alloc::calls() - before);
        assert!(!local.receive(client).is_empty());
    }
    least
}

/// One request in RESP.
fn request(words: &[&str]) -> String {
    String::from_utf8(redoxide::resp::request(words)).expect("words are text")
}

#[test]
fn usual_requests_allocate_nothing() {
    let (mut local, client) = local();
    let (mut sets, mut gets, mut incrs) = (String::new(), String::new(), String::new());
    for n in 0..1000 {
        let (key, value) = (format!("key:{:012}", n % 100), format!("{n:064x}"));
        sets += &request(&["SET", &key, &value]);
        gets += &request(&["GET", &key]);
        incrs += &request(&["INCR", &format!("counter:{}", n % 100)]);
    }
    // The values of 64 bytes make replies that outgrow one chunk, so the replies of the GETs come in two.
    assert_eq!(allocations_of(&mut local, client, &sets), 0, "1,000 SETs of the same size");
    assert!(allocations_of(&mut local, client, &gets) <= 4, "1,000 GETs: only the chunks of 64 KB of the reply");
    assert_eq!(allocations_of(&mut local, client, &incrs), 0, "1,000 INCRs");
    // The check itself sees an allocation where there is one.
    assert!(allocations_of(&mut local, client, &request(&["APPEND", "grown", "a value"])) > 0);
}

#[test]
fn an_endless_pipeline_is_cut_off_after_its_share() {
    let (mut local, client) = local();
    let endless = request(&["INCR", "n"]).repeat(3 * REQUESTS_PER_TURN);
    local.feed(client, endless.as_bytes());
    for turn in 1..=3 {
        assert_eq!(local.run(client), Ran::Capped);
        assert_eq!(local.server.stats.commands, turn * REQUESTS_PER_TURN as u64);
    }
    assert_eq!(local.run(client), Ran::Drained);
}

#[test]
fn who_writes_beside_a_copy_has_a_smaller_share() {
    let (mut local, client) = local();
    let run = |local: &mut Local, words: &[&str]| {
        let before = local.server.stats.commands;
        local.feed(client, request(words).repeat(REQUESTS_PER_TURN).as_bytes());
        local.server.begin_turn();
        let ran = local.run(client);
        let done = local.server.stats.commands - before;
        while local.run(client) == Ran::Capped {}
        (ran, done)
    };
    let whole = (Ran::Capped, REQUESTS_PER_TURN as u64);
    assert_eq!(run(&mut local, &["INCR", "n"]), whole);
    let copy = local.server.keyspace.freeze();
    assert_eq!(run(&mut local, &["INCR", "n"]), whole, "no time has passed");
    local.server.watch = Stopwatch::new();
    let (ran, done) = run(&mut local, &["INCR", "n"]);
    assert!(ran == Ran::Capped && done < REQUESTS_PER_TURN as u64 / 2, "{done}");
    drop(copy);
}
