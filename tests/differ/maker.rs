//! Makes commands: from the argument trees of the reference, with values that are odd in all the ways that servers care about.

use crate::harness::server::Server;
use crate::harness::value::Value;
use crate::pair::{Words, line};
use redoxide::base::dice::Dice;
use serde_json::Value as Json;
use std::rc::Rc;

/// The keys, named for the type that they mostly have: few, so that commands meet data, also of other types.
pub const KEYS: [&str; 16] =
    ["s1", "s2", "b1", "l1", "l2", "h1", "h2", "u1", "u2", "z1", "z2", "g1", "g2", "p1", "p2", "none"];

/// The settings that decide on encodings: the default, and what they are set to.
pub const SETTINGS: [(&str, &str, &[&str]); 10] = [
    ("hash-max-listpack-entries", "512", &["0", "1", "2", "8", "128", "512", "1000"]),
    ("hash-max-listpack-value", "64", &["0", "1", "16", "64", "1000"]),
    ("set-max-intset-entries", "512", &["0", "1", "8", "512"]),
    ("set-max-listpack-entries", "128", &["0", "1", "8", "128", "1000"]),
    ("set-max-listpack-value", "64", &["0", "1", "16", "64", "1000"]),
    ("zset-max-listpack-entries", "128", &["0", "1", "8", "128", "1000"]),
    ("zset-max-listpack-value", "64", &["0", "1", "16", "64", "1000"]),
    ("list-max-listpack-size", "-2", &["-5", "-4", "-3", "-2", "-1", "1", "2", "8", "128"]),
    ("list-compress-depth", "0", &["0", "1", "2"]),
    ("hll-sparse-max-bytes", "3000", &["0", "16", "100", "3000", "15999"]),
];

/// The groups whose commands are made.
const GROUPS: [&str; 9] = ["string", "bitmap", "list", "hash", "set", "sorted-set", "hyperloglog", "geo", "generic"];

/// What these do is not said by data: they wait for replicas, talk to other servers, or work for seconds.
const LEFT_OUT: [&str; 4] = ["migrate", "wait", "waitaof", "pfselftest"];

/// Those that make data come more often, lest all keys be missing.
const OFTEN: [&str; 14] = [
    "set",
    "append",
    "setrange",
    "setbit",
    "rpush",
    "lpush",
    "sadd",
    "zadd",
    "hset",
    "hsetex",
    "hexpire",
    "geoadd",
    "pfadd",
    "zunionstore",
];

/// Numbers in every notation, and what is none.
const ODD: [&str; 74] = [
    "0",
    "1",
    "-1",
    "2",
    "5",
    "10",
    "-10",
    "100",
    "1000",
    "-1000",
    "127",
    "128",
    "-128",
    "-129",
    "255",
    "32767",
    "32768",
    "65535",
    "65536",
    "8388607",
    "8388608",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "-9223372036854775807",
    "4611686018427387904",
    "-4611686018427387905",
    "18446744073709551615",
    "9007199254740993",
    "1e5",
    "+1",
    "0x10",
    " 1",
    "1 ",
    "inf",
    "-inf",
    "+inf",
    "nan",
    "-0",
    "0.0",
    "-0.0",
    "1.5",
    "-2.25",
    "3.14159265358979",
    "0.1",
    "12345678901234567",
    "1e308",
    "1e-320",
    "1.7976931348623157e308",
    "1e400",
    "",
    "01",
    "00",
    "1.",
    " ",
    ".5",
    "1e",
    "abc",
    "infinity",
    "0x1p3",
    "1e17",
    "123456789012345678",
    "1.00000000000000001",
    "5e-324",
    "-1e5",
    "1e21",
    "0.00001",
];

/// Makes commands from a seed.
pub struct Maker {
    dice: Dice,
    /// The trees of all commands that both servers have.
    commands: Rc<Vec<Json>>,
    /// Those that are used with this seed: every second one has but a few, which then meet each other more often.
    used: Vec<usize>,
    /// The settings that both have.
    settings: Vec<&'static str>,
    /// Neither mistakes nor transactions, whose errors are another version's affair.
    is_plain: bool,
}

/// The trees of the commands that the reference server has, without the arguments that are younger than it.
pub fn known(server: &Server) -> Vec<Json> {
    let version = server.redis_version();
    let listed = {
        let mut client = crate::harness::client::Client::new(server);
        let listed = client.ask(&["COMMAND", "LIST"]);
        listed.items().iter().map(Value::text).collect::<Vec<_>>()
    };
    let all: Vec<Json> = serde_json::from_str(include_str!("../reference/commands.json")).expect("the facts are JSON");
    let mut known = Vec::new();
    for command in all {
        let text = |part: &str| command[part].as_str().unwrap_or("").to_string();
        let name = text("name");
        if !GROUPS.contains(&&*text("group")) || LEFT_OUT.contains(&&*name) || !listed.contains(&name) {
            continue;
        }
        let subcommands = command["subcommands"].as_array().cloned().unwrap_or_default();
        let is_family = !subcommands.is_empty();
        for mut row in if is_family { subcommands } else { vec![command] } {
            let full = row["name"].as_str().unwrap_or("").to_string();
            // The lines of HELP are our own.
            if full.ends_with("|help") {
                continue;
            }
            prune(&mut row, &version);
            known.push(row);
        }
    }
    known
}

/// Removes what is younger than the server.
fn prune(node: &mut Json, version: &[u32]) {
    let Some(arguments) = node.get_mut("arguments").and_then(Json::as_array_mut) else { return };
    arguments.retain(|argument| {
        argument["since"].as_str().is_none_or(|since| crate::harness::target::version(since).as_slice() <= version)
    });
    for argument in arguments {
        prune(argument, version);
    }
}

/// What a tree is unfolded into, piece by piece.
struct Piece {
    words: Words,
    is_option: bool,
}

impl Maker {
    /// A maker for a seed.
    pub fn new(seed: u64, commands: Rc<Vec<Json>>, settings: Vec<&'static str>, is_plain: bool) -> Maker {
        let mut dice = Dice(seed);
        let all = commands.len();
        let used = match seed / 2 % 2 {
            0 => (0..all).collect(),
            _ => (0..20).map(|_| dice.below(all as u64) as usize).collect(), // below a usize
        };
        Maker { dice, commands, used, settings, is_plain }
    }

    fn below(&mut self, n: usize) -> usize {
        self.dice.below(n as u64) as usize // below a usize
    }

    /// Yes, in so many of a hundred cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// So many commands.
    pub fn commands(&mut self, count: usize) -> Vec<Words> {
        let mut all = Vec::new();
        for _ in 0..self.below(4) {
            all.push(self.setting());
        }
        while all.len() < count {
            match self.below(100) {
                0..=1 => all.push(self.setting()),
                2..=7 => all.push(self.fill()),
                8..=9 if !self.is_plain => {
                    if self.chance(40) {
                        let key = self.key("");
                        all.push(vec![b"WATCH".to_vec(), key]);
                        if self.chance(30) {
                            all.push(self.command());
                        }
                    }
                    all.push(line("MULTI"));
                    for _ in 0..self.below(5) {
                        let made = self.command();
                        all.push(made);
                    }
                    all.push(line(
                        self.pick(&["EXEC", "EXEC", "EXEC", "EXEC", "DISCARD", "UNWATCH", "WATCH s1", "MULTI"]),
                    ));
                    all.push(line("EXEC"));
                }
                10..=11 => {
                    let key = self.key("");
                    all.push(vec![b"DEL".to_vec(), key]);
                }
                _ => all.push(self.command()),
            }
        }
        for words in &mut all {
            tame(words);
        }
        all
    }

    fn setting(&mut self) -> Words {
        loop {
            let (name, _, values) = SETTINGS[self.below(SETTINGS.len())];
            if self.settings.contains(&name) {
                return vec![b"CONFIG".to_vec(), b"SET".to_vec(), name.into(), self.pick(values).into()];
            }
        }
    }

    /// Many elements at once, on both sides of the thresholds.
    fn fill(&mut self) -> Words {
        let count = match self.below(6) {
            0 => 1 + self.below(5),
            1 | 2 => 7 + self.below(4),
            3 | 4 => 120 + self.below(20),
            _ => 505 + self.below(20),
        };
        let (name, group) = [
            ("RPUSH", "list"),
            ("LPUSH", "list"),
            ("SADD", "set"),
            ("HSET", "hash"),
            ("ZADD", "sorted-set"),
            ("PFADD", "hyperloglog"),
        ][self.below(6)];
        let key = self.key(group);
        let mut words = vec![name.into(), key];
        let first = self.below(300);
        let (kind, is_regular) = (self.below(4), self.chance(60));
        for i in 0..count {
            let element = match kind {
                0 => format!("{}", first + i).into_bytes(),
                1 => format!("m{}", first + i).into_bytes(),
                2 if is_regular => format!("{}", (first + i) * 1_000_003).into_bytes(),
                2 => self.value(),
                _ => format!("element:{:060}", first + i).into_bytes(),
            };
            match name {
                "HSET" => {
                    let value = if is_regular { b"1".to_vec() } else { self.short() };
                    words.extend([element, value]);
                }
                "ZADD" => {
                    let score =
                        if is_regular { format!("{}", i / 3) } else { format!("{}", self.below(400) as f64 / 8.0) };
                    words.extend([score.into_bytes(), element]);
                }
                _ => words.push(element),
            }
        }
        words
    }

    fn command(&mut self) -> Words {
        let commands = self.commands.clone();
        let row = loop {
            let chosen = self.below(self.used.len());
            let row = &commands[self.used[chosen]];
            // With a few commands all come as often; of many, some more often than others.
            if self.used.len() < commands.len()
                || self.chance(30)
                || OFTEN.contains(&row["name"].as_str().unwrap_or(""))
            {
                break row;
            }
        };
        let name = row["name"].as_str().unwrap_or("");
        let group = row["group"].as_str().unwrap_or("").to_string();
        let mut words: Words = name.split('|').map(|word| word.to_ascii_uppercase().into_bytes()).collect();
        let mut pieces = Vec::new();
        for argument in row["arguments"].as_array().into_iter().flatten() {
            self.unfold(argument, name, &group, &mut pieces);
        }
        // Options in any order; sometimes one twice.
        let first = pieces.iter().position(|piece| piece.is_option);
        if let Some(first) = first
            && self.chance(35)
        {
            if self.chance(20) {
                let again = first + self.below(pieces.len() - first);
                let words = pieces[again].words.clone();
                pieces.push(Piece { words, is_option: true });
            }
            for i in (first + 1..pieces.len()).rev() {
                let j = first + self.below(i - first + 1);
                pieces.swap(i, j);
            }
        }
        words.extend(pieces.into_iter().flat_map(|piece| piece.words));
        self.spoil(&mut words);
        words
    }

    /// Now and then a mistake: a word too few or too many, another in its place, other letters.
    fn spoil(&mut self, words: &mut Words) {
        if self.chance(25) {
            let at = self.below(words.len());
            words[at] = words[at].to_ascii_lowercase();
        }
        if self.is_plain || !self.chance(12) {
            return;
        }
        let at = 1 + self.below(words.len());
        match self.below(6) {
            0 if at < words.len() => _ = words.remove(at),
            1 => {
                let word = self.value();
                words.insert(at, word);
            }
            2 if at < words.len() => words[at] = self.odd(),
            3 if at < words.len() => {
                let word = words[at].clone();
                words.insert(at, word);
            }
            4 if at < words.len() => {
                let other = 1 + self.below(words.len() - 1);
                words.swap(at, other);
            }
            _ => {
                let word = self.pick(&[
                    "NX",
                    "XX",
                    "GT",
                    "LT",
                    "CH",
                    "INCR",
                    "GET",
                    "EX",
                    "PX",
                    "KEEPTTL",
                    "PERSIST",
                    "LIMIT",
                    "COUNT",
                    "WITHSCORES",
                    "WITHSCORE",
                    "STORE",
                    "BY",
                    "ANY",
                    "ASC",
                    "DESC",
                    "FIELDS",
                    "MATCH",
                    "REV",
                    "BYSCORE",
                    "BYLEX",
                    "AGGREGATE",
                    "WEIGHTS",
                    "REPLACE",
                    "BIT",
                    "BYTE",
                    "FNX",
                    "FXX",
                    "ABSTTL",
                    "RANK",
                    "MAXLEN",
                ]);
                words.insert(at, word.into());
            }
        }
    }

    /// How many, where there may be several.
    fn several(&mut self) -> usize {
        match self.below(20) {
            0 => 5 + self.below(30),
            1..=8 => 1,
            _ => 2 + self.below(3),
        }
    }

    fn unfold(&mut self, argument: &Json, command: &str, group: &str, pieces: &mut Vec<Piece>) {
        let has = |flag: &str| argument["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == flag));
        let is_option = has("optional");
        if is_option && !self.chance(40) {
            return;
        }
        let mut words = Words::new();
        let times = if has("multiple") { self.several() } else { 1 };
        let token = argument["token"].as_str();
        for time in 0..times {
            if let Some(token) = token
                && (time == 0 || has("multiple_token"))
            {
                words.push(token.into());
            }
            self.unfold_once(argument, command, group, &mut words);
        }
        // numkeys and numfields tell how many follow; mostly the truth.
        if has("multiple")
            && let Some(before) = pieces.last_mut()
            && before.words.last().is_some_and(|word| word == b"(count)")
        {
            *before.words.last_mut().expect("looked at") = self.count_of(times);
        }
        pieces.push(Piece { words, is_option });
    }

    fn count_of(&mut self, times: usize) -> Vec<u8> {
        match self.below(40) {
            0 => self.odd(),
            1 => format!("{}", times + 1).into_bytes(),
            2 => format!("{}", times.saturating_sub(1)).into_bytes(),
            _ => format!("{times}").into_bytes(),
        }
    }

    fn unfold_once(&mut self, argument: &Json, command: &str, group: &str, words: &mut Words) {
        let inner = argument["arguments"].as_array();
        match argument["type"].as_str().unwrap_or("") {
            "pure-token" => {}
            "oneof" => {
                let inner = inner.expect("it has choices");
                let chosen = &inner[self.below(inner.len())];
                let mut pieces = Vec::new();
                self.unfold(chosen, command, group, &mut pieces);
                words.extend(pieces.into_iter().flat_map(|piece| piece.words));
            }
            "block" => {
                let mut pieces = Vec::new();
                for part in inner.expect("it has parts") {
                    self.unfold(part, command, group, &mut pieces);
                }
                words.extend(pieces.into_iter().flat_map(|piece| piece.words));
            }
            kind => {
                let name = argument["name"].as_str().unwrap_or("");
                let word = self.word(name, kind, command, group);
                words.push(word);
            }
        }
    }

    /// A word for an argument of this name.
    fn word(&mut self, name: &str, kind: &str, command: &str, group: &str) -> Vec<u8> {
        let is_geo = group == "geo";
        match (name, kind) {
            ("numkeys" | "numfields", _) => b"(count)".to_vec(),
            (_, "key") => self.key(group),
            ("seconds" | "milliseconds" | "ttl", _) if self.chance(70) => match self.below(8) {
                0 => b"-1".to_vec(),
                1 => b"0".to_vec(),
                _ => format!("{}", 2_000_000 + self.below(90_000_000)).into_bytes(),
            },
            (_, "unix-time") if self.chance(80) => match self.below(8) {
                0 => b"1".to_vec(),
                1 => b"0".to_vec(),
                _ => {
                    let seconds = 4_102_444_800 + self.below(4) * 1000;
                    format!("{seconds}{}", if name.contains("milli") { "000" } else { "" }).into_bytes()
                }
            },
            ("timeout", _) => self.pick(&["0.001", "0.002", "0.001", "-1", "nan", "abc", ""]).into(),
            ("cursor", _) if self.chance(90) => b"0".to_vec(),
            ("type", _) => self.pick(&["string", "list", "LIST", "zset", "hash", "set", "stream", "foo", ""]).into(),
            ("db" | "destination-db", _) => self.pick(&["1", "0", "15", "16", "-1", "abc", "1"]).into(),
            ("serialized-value", _) => self.value(),
            ("subcommand", _) => self.pick(&["GETREG", "DECODE", "ENCODING", "TODENSE", "foo"]).into(),
            ("encoding", _) => self
                .pick(&[
                    "u1", "u8", "u63", "u64", "i1", "i8", "i64", "i65", "i0", "u0", "i16", "u4", "u32", "i5", "x8",
                    "u", "i08", "U8",
                ])
                .into(),
            ("offset", _) if command.starts_with("bitfield") => match self.below(6) {
                0 | 1 => format!("#{}", self.below(12)).into_bytes(),
                5 => self.int(),
                _ => format!("{}", self.below(200)).into_bytes(),
            },
            ("offset", _) if command.ends_with("bit") && self.chance(80) => format!("{}", self.below(600)).into_bytes(),
            ("value", _) if command == "setbit" && self.chance(90) => self.pick(&["0", "1"]).into(),
            ("bit", _) if self.chance(90) => self.pick(&["0", "1"]).into(),
            ("longitude", _) => self.degrees(179.5),
            ("latitude", _) => self.degrees(88.0),
            ("radius" | "width" | "height", _) => self
                .pick(&[
                    "1", "100", "200", "1000", "5000", "20000", "1e7", "0", "-1", "abc", "nan", "inf", "0.5", "1e5",
                ])
                .into(),
            (_, "pattern") if command.starts_with("sort") => self
                .pick(&[
                    "nosort", "#", "*", "s*", "h*->m1", "h*->", "x", "h*->1", "l*", "*->m1", "s1", "b*", "p*", "h1->m*",
                ])
                .into(),
            (_, "pattern") => self
                .pick(&["*", "m*", "m[0-5]", "?", "[^a]*", "\\*", "s1", "", "*1*", "m?", "[a-", "[z-a]*", "h?", "**1"])
                .into(),
            ("min" | "max" | "start" | "stop", _) if command.contains("lex") => self.lex(),
            ("min" | "max", "double") => self.bound(),
            ("min" | "max" | "start" | "stop", "string") => match self.below(5) {
                0 => self.lex(),
                1 | 2 => self.bound(),
                _ => self.int(),
            },
            ("member" | "member1" | "member2", _) if is_geo && self.chance(80) => {
                format!("m{}", self.below(12)).into_bytes()
            }
            ("member" | "member1" | "member2" | "field" | "element" | "pivot", _) => self.member(),
            (_, "integer") if name == "weight" && self.chance(50) => self.double(),
            (_, "integer" | "unix-time") => self.int(),
            (_, "double") => self.double(),
            _ => self.value(),
        }
    }

    fn key(&mut self, group: &str) -> Vec<u8> {
        let fitting: &[&str] = match group {
            "string" => &["s1", "s2", "b1"],
            "bitmap" => &["b1", "b1", "s1", "p1"],
            "list" => &["l1", "l2"],
            "hash" => &["h1", "h2"],
            "set" => &["u1", "u2"],
            "sorted-set" => &["z1", "z2", "z1", "z2", "u1"],
            "hyperloglog" => &["p1", "p2"],
            "geo" => &["g1", "g2"],
            _ => &KEYS,
        };
        if self.chance(92) { self.pick(fitting).into() } else { self.pick(&KEYS).into() }
    }

    fn odd(&mut self) -> Vec<u8> {
        loop {
            let word = self.pick(&ODD);
            // Valkey reads no hexadecimal numbers.
            if !self.is_plain || !word.starts_with("0x") {
                return word.into();
            }
        }
    }

    fn int(&mut self) -> Vec<u8> {
        match self.below(20) {
            0..=10 => format!("{}", self.below(16) as i64 - 4).into_bytes(),
            11..=13 => format!("{}", self.below(400) as i64 - 100).into_bytes(),
            _ => self.odd(),
        }
    }

    fn double(&mut self) -> Vec<u8> {
        match self.below(20) {
            0..=6 => format!("{}", self.below(16) as i64 - 4).into_bytes(),
            7..=10 => format!("{}", (self.below(400) as f64 - 100.0) / 8.0).into_bytes(),
            11 => format!("{:e}", f64::from_bits(self.dice.next())).into_bytes(),
            12 => format!("{}", (self.dice.next() as i64) as f64 / 1e9).into_bytes(),
            13 => format!("{}", self.dice.next() as i64).into_bytes(),
            _ => self.odd(),
        }
    }

    fn degrees(&mut self, most: f64) -> Vec<u8> {
        match self.below(20) {
            0 => self.odd(),
            1 => format!("{most}").into_bytes(),
            2 => format!("-{most}").into_bytes(),
            3..=12 => format!("{}", 10.0 + self.below(1000) as f64 / 100.0).into_bytes(),
            _ => format!("{}", (self.below(20_000) as f64 / 10_000.0 - 1.0) * most).into_bytes(),
        }
    }

    fn bound(&mut self) -> Vec<u8> {
        match self.below(10) {
            0 => self.pick(&["-inf", "+inf", "(inf", "(", "((1", "(-inf", "(nan", "inf"]).into(),
            1..=3 => [b"(".to_vec(), self.double()].concat(),
            4 => b"-inf".to_vec(),
            5 => b"+inf".to_vec(),
            _ => self.double(),
        }
    }

    fn lex(&mut self) -> Vec<u8> {
        match self.below(10) {
            0 => self.pick(&["[", "(", "m3", "", "+x", "-x", "[\u{ff}", "(m", "++"]).into(),
            1 | 2 => b"-".to_vec(),
            3 | 4 => b"+".to_vec(),
            5..=7 => [b"[".to_vec(), self.member()].concat(),
            _ => [b"(".to_vec(), self.member()].concat(),
        }
    }

    fn member(&mut self) -> Vec<u8> {
        match self.below(10) {
            0..=3 => format!("m{}", self.below(12)).into_bytes(),
            4..=6 => format!("{}", self.below(24) as i64 - 3).into_bytes(),
            7 => self.odd(),
            _ => self.value(),
        }
    }

    /// A value of no more than a few bytes.
    fn short(&mut self) -> Vec<u8> {
        match self.below(4) {
            0 => self.odd(),
            1 => format!("{}", self.below(100)).into_bytes(),
            _ => format!("v{}", self.below(30)).into_bytes(),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        match self.below(30) {
            0..=9 => self.short(),
            10..=15 => self.odd(),
            16 => Vec::new(),
            17..=20 => {
                let length = [1, 8, 15, 16, 20, 21, 43, 44, 45, 62, 63, 64, 65, 66, 127, 128][self.below(16)];
                let byte = b'a' + self.below(3) as u8; // below 3
                vec![byte; length]
            }
            21 => {
                let length = [254, 255, 256, 257, 500, 1000, 4095, 4096, 4097, 8191, 8192, 8193, 9000][self.below(13)];
                vec![b'x'; length]
            }
            22..=25 => {
                let length = self.below(12);
                (0..length).map(|_| self.dice.next() as u8).collect()
            }
            26 => format!("{}", self.dice.next() as i64).into_bytes(),
            27 => format!("{}", f64::from_bits(self.dice.next())).into_bytes(),
            _ => format!("hello{}", self.below(10)).into_bytes(),
        }
    }
}

fn number(word: &[u8]) -> Option<i64> {
    str::from_utf8(word).ok()?.parse().ok()
}

fn set_number(word: &mut Vec<u8>, number: i64) {
    *word = number.to_string().into_bytes();
}

/// Takes out of a command what would wait for long, hang on the clock, or need gigabytes. Doing it twice changes nothing more.
pub fn tame(words: &mut Words) {
    let Some(name) = words.first().map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()) else { return };
    let last = words.len() - 1;
    if last == 0 {
        return;
    }
    // A deadline so near that it may pass meanwhile is put off.
    let put_off = |word: &mut Vec<u8>| {
        if let Some(n @ 1..1_000_000) = number(word) {
            set_number(word, n + 2_000_000);
        }
    };
    match &*name {
        "BLPOP" | "BRPOP" | "BZPOPMIN" | "BZPOPMAX" | "BLMOVE" | "BRPOPLPUSH" | "BLMPOP" | "BZMPOP" => {
            let at = if name.ends_with("MPOP") { 1 } else { last };
            let is_refused = [&b"-1"[..], b"nan", b"abc", b""].contains(&&*words[at]);
            if !is_refused {
                words[at] = b"0.001".to_vec();
            }
        }
        "SETEX" | "PSETEX" | "EXPIRE" | "PEXPIRE" | "HEXPIRE" | "HPEXPIRE" | "RESTORE" if last >= 2 => {
            put_off(&mut words[2]);
        }
        "SET" | "GETEX" | "HGETEX" | "HSETEX" => {
            for at in 1..last {
                if [&b"EX"[..], b"PX"].contains(&&*words[at].to_ascii_uppercase()) {
                    put_off(&mut words[at + 1]);
                }
            }
        }
        "SRANDMEMBER" | "HRANDFIELD" | "ZRANDMEMBER"
            if last >= 2 && number(&words[2]).is_some_and(|n| n < -100 && n > i64::MIN) =>
        {
            words[2] = b"-5".to_vec();
        }
        "SETRANGE" | "SETBIT" if last >= 2 => {
            if let Some(n @ 20_000..0x1_0000_0000) = number(&words[2]) {
                set_number(&mut words[2], n % 5000);
            }
        }
        "BITFIELD" => {
            for at in 2..last {
                let is_encoding = words[at].first().is_some_and(|byte| b"iuIU".contains(byte));
                let (sign, digits) = match words[at + 1].strip_prefix(b"#") {
                    Some(digits) => ("#", digits),
                    None => ("", &*words[at + 1]),
                };
                if is_encoding && let Some(n @ 20_000..0x2_0000_0000) = number(digits) {
                    words[at + 1] = format!("{sign}{}", n % 500).into_bytes();
                }
            }
        }
        _ => {}
    }
}
