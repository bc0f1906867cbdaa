//! Clients with WATCH and MULTI against a plain model: one map, and a version of each key.

use super::{ask, local};
use redoxide::base::dice::Dice;
use std::collections::BTreeMap;

/// What the model knows of a client.
#[derive(Clone, Default)]
struct Client {
    /// The versions of the keys that it watches.
    watching: BTreeMap<usize, u64>,
    queue: Option<Vec<String>>,
}

/// The keys: a number and perhaps a deadline; and how often each has changed.
struct Model {
    now: i64,
    keys: BTreeMap<usize, (i64, Option<i64>)>,
    versions: [u64; KEYS],
}

const KEYS: usize = 3;

impl Model {
    fn advance(&mut self, ms: i64) {
        self.now += ms;
        let gone: Vec<usize> =
            self.keys.iter().filter(|(_, (_, at))| at.is_some_and(|at| at <= self.now)).map(|(key, _)| *key).collect();
        for key in gone {
            self.keys.remove(&key);
            self.versions[key] += 1;
        }
    }

    /// Runs a command that is none of a transaction's; its reply.
    fn run(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<i64>().expect("the test sends numbers");
        if words[0] == "FLUSHALL" {
            for key in std::mem::take(&mut self.keys).into_keys() {
                self.versions[key] += 1;
            }
            return "+OK\r\n".to_string();
        }
        let key: usize = words[1][1..].parse().expect("keys are numbered");
        let old = self.keys.get(&key).copied();
        match words[0] {
            "GET" => old.map_or("$-1\r\n".to_string(), |(n, _)| format!("${}\r\n{n}\r\n", n.to_string().len())),
            "SET" => {
                let at = words.get(4).map(|ms| self.now + number(ms));
                self.keys.insert(key, (number(words[2]), at));
                self.versions[key] += 1;
                "+OK\r\n".to_string()
            }
            "INCR" => {
                let (n, at) = old.unwrap_or((0, None));
                self.keys.insert(key, (n + 1, at));
                self.versions[key] += 1;
                format!(":{}\r\n", n + 1)
            }
            "DEL" => {
                self.keys.remove(&key);
                self.versions[key] += u64::from(old.is_some());
                format!(":{}\r\n", u8::from(old.is_some()))
            }
            "PEXPIRE" => {
                let Some((n, _)) = old else { return ":0\r\n".to_string() };
                self.keys.insert(key, (n, Some(self.now + number(words[2]))));
                self.versions[key] += 1;
                ":1\r\n".to_string()
            }
            other => unreachable!("{other}"),
        }
    }

    /// The same for any command of a client.
    fn dispatch(&mut self, client: &mut Client, line: &str) -> String {
        match line.split(' ').next() {
            Some("MULTI") if client.queue.is_some() => "-ERR MULTI calls can not be nested\r\n".to_string(),
            Some("MULTI") => {
                client.queue = Some(Vec::new());
                "+OK\r\n".to_string()
            }
            Some("EXEC") => {
                let Some(queue) = client.queue.take() else { return "-ERR EXEC without MULTI\r\n".to_string() };
                let watching = std::mem::take(&mut client.watching);
                if watching.iter().any(|(key, version)| self.versions[*key] != *version) {
                    return "*-1\r\n".to_string();
                }
                let replies: Vec<String> = queue.iter().map(|line| self.run(line)).collect();
                format!("*{}\r\n{}", replies.len(), replies.concat())
            }
            Some("DISCARD") => {
                if client.queue.is_none() {
                    return "-ERR DISCARD without MULTI\r\n".to_string();
                }
                *client = Client::default();
                "+OK\r\n".to_string()
            }
            Some("WATCH") if client.queue.is_some() => "-ERR WATCH inside MULTI is not allowed\r\n".to_string(),
            Some("WATCH") => {
                for key in line.split(' ').skip(1).map(|word| word[1..].parse().expect("keys are numbered")) {
                    // Watched twice, it is the first time that counts.
                    client.watching.entry(key).or_insert(self.versions[key]);
                }
                "+OK\r\n".to_string()
            }
            _ if client.queue.is_some() => {
                client.queue.as_mut().expect("it is there").push(line.to_string());
                "+QUEUED\r\n".to_string()
            }
            Some("UNWATCH") => {
                client.watching.clear();
                "+OK\r\n".to_string()
            }
            _ => self.run(line),
        }
    }
}

fn command(dice: &mut Dice, in_multi: bool) -> String {
    let key = format!("k{}", dice.below(KEYS as u64));
    let ms = 1 + dice.below(20);
    match dice.below(16) {
        0..3 => format!("GET {key}"),
        3 => format!("SET {key} {ms}"),
        4 => format!("SET {key} {ms} PX {ms}"),
        5 => format!("INCR {key}"),
        6 => format!("DEL {key}"),
        7 => format!("PEXPIRE {key} {ms}"),
        8 | 9 => "MULTI".to_string(),
        10..12 => "EXEC".to_string(),
        12 => "DISCARD".to_string(),
        // Queued it does nothing, which the model need not know.
        13 if !in_multi => "UNWATCH".to_string(),
        14 if dice.below(8) == 0 => "FLUSHALL".to_string(),
        _ => format!("WATCH {key} k{}", dice.below(KEYS as u64)),
    }
}

#[test]
fn transactions_run_if_and_only_if_nothing_watched_has_changed() {
    let (mut ran, mut refused) = (0, 0);
    for seed in 1..=60 {
        let mut dice = Dice(seed);
        let mut local = local(seed);
        local.server.active_expire = seed % 2 == 0;
        let mut model = Model { now: 0, keys: BTreeMap::new(), versions: [0; KEYS] };
        let mut clients: Vec<(usize, Client)> = (0..4).map(|_| (local.connect(), Client::default())).collect();
        for step in 0..400 {
            match dice.below(20) {
                0 => {
                    let ms = dice.below(15);
                    local.advance_ms(ms);
                    model.advance(ms as i64);
                }
                1 => {
                    let gone = dice.below(4) as usize;
                    local.close(clients[gone].0);
                    clients[gone] = (local.connect(), Client::default());
                }
                _ => {
                    let (id, client) = &mut clients[dice.below(4) as usize];
                    let line = command(&mut dice, client.queue.is_some());
                    let was_watching = !client.watching.is_empty();
                    let wanted = model.dispatch(client, &line);
                    assert_eq!(ask(&mut local, *id, &line), wanted, "seed {seed} step {step}: {line}");
                    refused += u32::from(wanted == "*-1\r\n");
                    ran += u32::from(was_watching && line == "EXEC" && wanted.starts_with('*') && wanted != "*-1\r\n");
                }
            }
        }
    }
    assert!(ran > 30 && refused > 100, "the test must meet both ends: {ran} ran, {refused} were refused");
}
