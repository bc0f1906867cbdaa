//! Lists whose inner nodes are compressed (`list-compress-depth`) beside lists of a server that compresses nothing: whatever is done to both, all
//! replies are the same, and what is counted as memory goes with them. (What files hold of them: `tests/persist`.)

use redoxide::base::alloc;
use redoxide::base::dice::Dice;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::local::Local;
use redoxide::resp::request;

struct Session {
    local: Local,
    client: usize,
}

impl Session {
    fn new(words: &[&str]) -> Session {
        let words: Vec<Vec<u8>> = ["--save", "", "--enable-debug-command", "yes"]
            .iter()
            .chain(words)
            .map(|w| w.as_bytes().to_vec())
            .collect();
        let Asked::Run(config) = arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(())) else {
            panic!("the arguments are good")
        };
        let mut local = Local::new(&redoxide::commands::table(), *config, 1, 1_700_000_000_000);
        let client = local.connect();
        Session { local, client }
    }

    fn ask<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Vec<u8> {
        self.local.send(self.client, &request(words));
        self.local.receive(self.client)
    }

    /// A reply that is a number; nothing counts as 0.
    fn number<W: AsRef<[u8]>>(&mut self, words: &[W]) -> usize {
        let reply = String::from_utf8_lossy(&self.ask(words)).into_owned();
        if reply == "$-1\r\n" {
            return 0;
        }
        reply.trim().trim_start_matches(':').parse().unwrap_or_else(|_| panic!("{reply}"))
    }
}

/// An element: like others as a rule, sometimes long, sometimes a number, sometimes nothing that could be compressed.
fn element(dice: &mut Dice) -> Vec<u8> {
    match dice.below(10) {
        0 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
        1 => (0..dice.below(90)).map(|_| dice.next() as u8).collect(),
        2 => vec![b'-'; dice.below(4000) as usize],
        3 => b"needle".to_vec(),
        _ => {
            format!("{{\"id\":{},\"user\":\"{}\"}}", dice.below(100_000), ["ann", "bob", "eve"][dice.below(3) as usize])
                .into_bytes()
        }
    }
}

/// A command on one of two lists; rather one that adds, while they are short.
fn command(dice: &mut Dice, is_short: bool) -> Vec<Vec<u8>> {
    let key = [b"a".to_vec(), b"b".to_vec()][dice.below(2) as usize].clone();
    let text = |text: &str| text.as_bytes().to_vec();
    let number = |n: i64| n.to_string().into_bytes();
    let index = dice.below(3000) as i64 - 1500;
    let sides = [text("LEFT"), text("RIGHT")];
    let some = |name: &str, dice: &mut Dice| {
        let mut words = vec![text(name), key.clone()];
        (0..=dice.below(60)).for_each(|_| words.push(element(dice)));
        words
    };
    if is_short {
        return some(if index < 0 { "LPUSH" } else { "RPUSH" }, dice);
    }
    match dice.below(24) {
        0..=2 => some("LPUSH", dice),
        3..=5 => some("RPUSH", dice),
        6 => vec![text("LPOP"), key],
        7 => vec![text("RPOP"), key],
        8 => vec![text("LPOP"), key, number(dice.below(200) as i64)],
        9 => vec![text("RPOP"), key, number(dice.below(200) as i64)],
        10 | 11 => vec![text("LSET"), key, number(index), element(dice)],
        12 | 13 => {
            let at = [text("BEFORE"), text("AFTER")][dice.below(2) as usize].clone();
            vec![text("LINSERT"), key, at, text("needle"), element(dice)]
        }
        14 => vec![text("LREM"), key, number(dice.below(9) as i64 - 4), text("needle")],
        15 => vec![text("LTRIM"), key, number(dice.below(60) as i64), number(-1 - dice.below(60) as i64)],
        16 | 17 => vec![text("LINDEX"), key, number(index)],
        18 => vec![text("LRANGE"), key, number(index), number(index + dice.below(800) as i64)],
        19 => vec![text("LPOS"), key, text("needle"), text("COUNT"), text("0"), text("RANK"), number(-1)],
        20 => vec![
            text("LMOVE"),
            key,
            text("b"),
            sides[dice.below(2) as usize].clone(),
            sides[dice.below(2) as usize].clone(),
        ],
        21 => vec![text("COPY"), text("a"), text("c"), text("REPLACE")],
        22 => vec![text("SORT"), key, text("ALPHA"), text("STORE"), text("d")],
        _ => vec![text("SORT"), key, text("BY"), text("nosort"), text("DESC"), text("LIMIT"), text("10"), text("50")],
    }
}

#[test]
fn replies_are_those_of_lists_that_are_plain() {
    for seed in 1..=6 {
        let mut dice = Dice(seed);
        let depth = ["1", "2", "70000"][seed as usize % 3];
        let mut compressed = Session::new(&["--list-compress-depth", depth]);
        let mut plain = Session::new(&[]);
        let mut saved = 0;
        for step in 0..1000 {
            let is_short = plain.number(&["LLEN", "a"]).min(plain.number(&["LLEN", "b"])) < 1500 && dice.below(3) > 0;
            let words = command(&mut dice, is_short);
            let at = format!("seed {seed} step {step}: {}", String::from_utf8_lossy(&words.join(&b' ')));
            let reply = compressed.ask(&words);
            assert!(reply == plain.ask(&words), "{at}");
            if step % 100 == 99 {
                for key in ["a", "b", "c", "d"] {
                    let words = ["DEBUG", "DIGEST-VALUE", key];
                    assert_eq!(compressed.ask(&words), plain.ask(&words), "{at}: {key}");
                    let (less, more) =
                        (compressed.number(&["MEMORY", "USAGE", key]), plain.number(&["MEMORY", "USAGE", key]));
                    assert!(less <= more, "{at}: {less} of {more}");
                    saved += more - less;
                }
                let words = ["LRANGE", "a", "0", "-1"];
                assert!(compressed.ask(&words) == plain.ask(&words), "{at}");
                let words = ["RESTORE", "c", "0", "", "REPLACE"].map(|w| w.as_bytes().to_vec());
                let dumps = [&mut compressed, &mut plain].map(|session| {
                    let dump = session.ask(&["DUMP", "b"]);
                    let start = dump.iter().position(|b| *b == b'\n').expect("a bulk") + 1;
                    let mut words = words.clone();
                    words[3] = dump[start..dump.len() - 2].to_vec();
                    assert_eq!(session.ask(&words), b"+OK\r\n", "{at}");
                    dump
                });
                assert!(dumps[0] == dumps[1], "{at}");
            }
        }
        assert_eq!(saved > 0, depth != "70000", "seed {seed}: {saved} bytes were saved");
        for session in [&mut compressed, &mut plain] {
            session.ask(&["DEL", "a", "b", "c", "d"]);
            assert_eq!(session.local.server.keyspace.live_bytes(), 0, "what was counted for the lists goes with them");
        }
    }
}

fn fill(session: &mut Session, n: usize) {
    for start in (0..n).step_by(1000) {
        let mut words = vec![b"RPUSH".to_vec(), b"l".to_vec()];
        // 77 bytes, as a line of a log may have them.
        words.extend((start..start + 1000).map(|i| {
            let user = ["alice", "bob", "carol", "dave"][i * 7 % 4];
            let text = format!(
                "{{\"id\":{i},\"user\":\"{user}\",\"ts\":{},\"ok\":true,\"path\":\"/v1/x\"}}",
                1_700_000_000 + i * 3
            );
            format!("{text:77}").into_bytes()
        }));
        session.ask(&words);
    }
}

#[test]
fn elements_of_77_bytes_take_a_quarter() {
    let mut session = Session::new(&["--list-compress-depth", "1"]);
    fill(&mut session, 200_000);
    let before = alloc::used();
    let each = session.number(&["MEMORY", "USAGE", "l"]) as f64 / 200_000.0;
    assert!(each < 22.0, "{each} bytes an element");
    session.ask(&["DEL", "l"]);
    let freed = (before - alloc::used()) as f64 / 200_000.0;
    assert!((freed - each).abs() < 0.5, "{freed} bytes were freed where {each} were counted");
}

#[test]
fn a_read_takes_one_block_for_all_leaves_and_changes_nothing() {
    let mut session = Session::new(&["--list-compress-depth", "1"]);
    fill(&mut session, 10_000);
    let before = (session.number(&["MEMORY", "USAGE", "l"]), alloc::calls());
    for index in ["1", "5000", "-5000"] {
        session.ask(&["LINDEX", "l", index]);
    }
    session.ask(&["LPOS", "l", "nothing"]);
    session.ask(&["LPOS", "l", "nothing", "RANK", "-1"]);
    assert!(alloc::calls() - before.1 < 60, "{}: 190 leaves, 10,000 elements", alloc::calls() - before.1);
    assert_eq!(session.number(&["MEMORY", "USAGE", "l"]), before.0);
}

#[test]
fn a_write_after_a_copy_copies_one_way() {
    let mut session = Session::new(&["--list-compress-depth", "1"]);
    fill(&mut session, 200_000);
    for words in [
        &["LSET", "l", "100000", "changed"][..],
        &["RPUSH", "l", "an element"],
        &["LPOP", "l", "60"],
        &["LTRIM", "l", "500", "-500"],
    ] {
        let copy = session.local.server.keyspace.freeze();
        let before = alloc::calls();
        session.ask(words);
        let copied = alloc::calls() - before;
        assert!(copied < 100, "{words:?}: {copied} allocations");
        drop(copy);
    }
}
