//! Nothing big is freed by the event loop: a debug build panics when a command frees many blocks of memory by itself, so it is
//! enough to make big values go in all the ways there are.

use redoxide::net::local::Local;

/// Enough for more than a thousand nodes of each type.
const ELEMENTS: usize = 150_000;

struct Session {
    local: Local,
    client: usize,
}

impl Session {
    fn new() -> Session {
        let words: Vec<Vec<u8>> = [&b"--save"[..], b""].map(<[u8]>::to_vec).to_vec();
        let redoxide::config::arguments::Asked::Run(config) =
            redoxide::config::arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(()))
        else {
            panic!("the arguments are good")
        };
        let mut local = Local::new(&redoxide::commands::table(), *config, 1, 1_700_000_000_000);
        let client = local.connect();
        Session { local, client }
    }

    fn ask(&mut self, words: &[&str]) -> String {
        self.local.send(self.client, &redoxide::resp::request(words));
        let reply = String::from_utf8_lossy(&self.local.receive(self.client)).into_owned();
        assert!(!reply.starts_with('-'), "{words:?}: {reply}");
        reply
    }

    /// Makes `k` a big value of a type.
    fn fill(&mut self, of: &str) {
        self.ask(&["DEL", "k"]);
        for block in 0..ELEMENTS / 1000 {
            let members: Vec<String> = (0..1000).map(|n| format!("m:{:010}", block * 1000 + n)).collect();
            let scores: Vec<String> = (0..1000).map(|n| (block * 1000 + n).to_string()).collect();
            let mut words = vec![of, "k"];
            for (member, score) in members.iter().zip(&scores) {
                match of {
                    "HSET" => words.extend([&**member, "value"]),
                    "ZADD" => words.extend([&**score, &**member]),
                    _ => words.push(member),
                }
            }
            self.ask(&words);
        }
    }

    fn objects_freed(&mut self) -> u64 {
        let info = self.ask(&["INFO", "memory"]);
        let line = info.lines().find_map(|line| line.strip_prefix("lazyfreed_objects:"));
        line.and_then(|number| number.trim().parse().ok()).expect("INFO has the field")
    }

    /// Each of these is done to a new big value.
    fn end_each(&mut self, of: &str, ways: &[&str]) {
        for way in ways {
            self.fill(of);
            self.ask(&["RPUSH", "l", "1"]);
            self.ask(&["SADD", "s", "1"]);
            self.ask(&["ZADD", "z", "1", "1"]);
            self.ask(&["SET", "n", "1"]);
            let before = self.objects_freed();
            self.ask(&way.split(' ').collect::<Vec<_>>());
            self.local.advance_ms(10_000);
            assert!(self.objects_freed() > before, "{of}, {way}: the helper has freed something");
        }
    }
}

const ANY: &[&str] = &[
    "DEL k",
    "UNLINK k",
    "SET k v",
    "SET k v EX 10",
    "MSET k v n 2",
    "RENAME n k",
    "COPY l k REPLACE",
    "EXPIRE k -1",
    "PEXPIRE k 5",
    "FLUSHDB",
    "FLUSHALL SYNC",
    "SORT l STORE k",
    "SUNIONSTORE k s",
    "SINTERSTORE k s s",
    "SDIFFSTORE k nokey s",
    "ZUNIONSTORE k 1 z",
    "ZINTERSTORE k 1 nokey",
    "ZRANGESTORE k z 0 -1",
    "BITOP NOT k n",
];

#[test]
fn lists_go() {
    let mut session = Session::new();
    session.end_each("RPUSH", ANY);
    session.end_each(
        "RPUSH",
        &["LTRIM k 1 0", "LTRIM k 0 10", "LTRIM k 70000 70010", "LTRIM k -5 -1", "LPOP k 150000", "RPOP k 100000"],
    );
    session.end_each("RPUSH", &["LMPOP 1 k LEFT COUNT 149999"]);
}

#[test]
fn sets_go() {
    let mut session = Session::new();
    session.end_each("SADD", ANY);
    session.end_each("SADD", &["SPOP k 150000"]);
}

#[test]
fn hashes_go() {
    let mut session = Session::new();
    session.end_each("HSET", ANY);
}

#[test]
fn sorted_sets_go() {
    let mut session = Session::new();
    session.end_each("ZADD", ANY);
    session.end_each(
        "ZADD",
        &[
            "ZREMRANGEBYRANK k 0 -1",
            "ZREMRANGEBYRANK k 0 -2",
            "ZREMRANGEBYSCORE k 10 120000",
            "ZPOPMIN k 150000",
            "ZPOPMAX k 100000",
            "ZMPOP 1 k MIN COUNT 100000",
        ],
    );
}

#[test]
fn many_elements_go_one_by_one() {
    let mut session = Session::new();
    session.ask(&["RPUSH", "l", "1"]);
    for _ in 0..ELEMENTS / 1000 {
        let mut words = vec!["RPUSH", "k"];
        words.resize(1002, "twelve bytes");
        session.ask(&words);
    }
    assert_eq!(session.ask(&["LREM", "k", "0", "twelve bytes"]), format!(":{ELEMENTS}\r\n"));
    session.fill("SADD");
    session.ask(&["SPOP", "k", "149990"]);
    assert_eq!(session.ask(&["SCARD", "k"]), ":10\r\n");
    session.fill("HSET");
    let fields: Vec<String> = (0..ELEMENTS).map(|n| format!("m:{n:010}")).collect();
    let count = (ELEMENTS - 1).to_string();
    let mut words = vec!["HEXPIRE", "k", "1", "FIELDS", &count];
    words.extend(fields[1..].iter().map(|field| &**field));
    session.ask(&words);
    session.local.advance_ms(1_001);
    assert_eq!(session.ask(&["HLEN", "k"]), ":1\r\n");
}

#[test]
fn keys_that_a_transaction_flushes_by_sync_count_as_freed_nowhere() {
    let mut session = Session::new();
    for (words, counted) in [(&["FLUSHALL", "SYNC"][..], 0), (&["FLUSHALL"], 0), (&["FLUSHALL", "ASYNC"], 2)] {
        session.ask(&["MSET", "a", "1", "b", "2"]);
        session.ask(&["CONFIG", "RESETSTAT"]);
        session.ask(&["MULTI"]);
        session.ask(words);
        session.ask(&["EXEC"]);
        assert_eq!(session.objects_freed(), counted, "{words:?}");
    }
    session.ask(&["MSET", "a", "1", "b", "2"]);
    session.ask(&["FLUSHDB", "SYNC"]);
    assert_eq!(session.objects_freed(), 4);
}
