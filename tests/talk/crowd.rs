//! Many clients at once against a plain model: transactions, messages, waiting for lists, deadlines, and clients that go
//! in the middle of anything. After every step each client must have been sent what the model says, byte for byte.
//!
//! The same steps, but for those that move the clock, go to a server behind sockets: our own, or the one that `REFERENCE` names.
//! What Redis 7.0 does otherwise than 8.2 is not among them.

use super::COUNTS;
use super::harness::local::InProcess;
use super::harness::server::Server;
use super::harness::target::{Process, Target};
use redoxide::base::dice::Dice;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CLIENTS: usize = 6;

/// A value of the model.
#[derive(Clone)]
enum Value {
    Number(i64),
    List(VecDeque<String>),
}

/// What the model knows of a client.
#[derive(Default)]
struct Client {
    link: usize,
    id: i64,
    is_resp3: bool,
    queue: Option<Vec<Vec<String>>>,
    is_aborted: bool,
    /// The versions of the keys that it watches.
    watching: BTreeMap<String, u64>,
    channels: BTreeSet<String>,
    patterns: BTreeSet<String>,
    wait: Option<Wait>,
    /// What it sent while it waits.
    backlog: Vec<Vec<String>>,
    is_gone: bool,
    /// What it must have been sent since the last look.
    out: String,
}

/// A client waits for one of these lists.
#[derive(Clone)]
struct Wait {
    request: Vec<String>,
    deadline: Option<i64>,
    /// Who has waited longest comes first.
    since: u64,
}

/// How often what the test is about happened.
#[derive(Default)]
struct Seen {
    ran: u32,
    refused: u32,
    served: u32,
    timed_out: u32,
    messages: u32,
    /// Kills of clients that wait, queue, watch, listen.
    kills: [u32; 4],
}

#[derive(Default)]
struct Model {
    now: i64,
    keys: BTreeMap<String, (Value, Option<i64>)>,
    versions: BTreeMap<String, u64>,
    clients: Vec<Client>,
    waits: u64,
    /// Lists that got elements in this unit, in order.
    ready: Vec<String>,
    seen: Seen,
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn bulks(kind: char, words: &[&str], last: Option<i64>) -> String {
    let n = words.len() + usize::from(last.is_some());
    let words: String = words.iter().map(|word| bulk(word)).collect();
    format!("{kind}{n}\r\n{words}{}", last.map_or(String::new(), |n| format!(":{n}\r\n")))
}

impl Client {
    fn nil(&self) -> &'static str {
        if self.is_resp3 { "_\r\n" } else { "$-1\r\n" }
    }

    fn nil_list(&self) -> &'static str {
        if self.is_resp3 { "_\r\n" } else { "*-1\r\n" }
    }

    fn push(&mut self, words: &[&str], last: Option<i64>) {
        self.out += &bulks(if self.is_resp3 { '>' } else { '*' }, words, last);
    }

    fn listens(&self) -> bool {
        !self.channels.is_empty() || !self.patterns.is_empty()
    }

    /// Forgets all but the connection.
    fn reset(&mut self) {
        let (link, id, out) = (self.link, self.id, std::mem::take(&mut self.out));
        *self = Client { link, id, out, ..Client::default() };
    }
}

impl Model {
    fn touch(&mut self, key: &str) {
        *self.versions.entry(key.to_string()).or_default() += 1;
    }

    fn version(&self, key: &str) -> u64 {
        self.versions.get(key).copied().unwrap_or_default()
    }

    fn advance(&mut self, ms: i64) {
        self.now += ms;
        let now = self.now;
        let is_due = |at: &Option<i64>| at.is_some_and(|at| at <= now);
        let due: Vec<String> = self.keys.iter().filter(|(_, (_, at))| is_due(at)).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.keys.remove(&key);
            self.touch(&key);
        }
        for i in 0..self.clients.len() {
            if self.clients[i].wait.as_ref().is_some_and(|wait| is_due(&wait.deadline)) {
                let nil = self.clients[i].nil_list();
                self.clients[i].out += nil;
                self.seen.timed_out += 1;
                self.go_on(i);
            }
        }
    }

    /// A client waits no longer, and what it sent meanwhile runs.
    fn go_on(&mut self, i: usize) {
        self.clients[i].wait = None;
        for words in std::mem::take(&mut self.clients[i].backlog) {
            self.request(i, &words);
        }
    }

    /// What a client sends.
    fn request(&mut self, i: usize, words: &[String]) {
        if self.clients[i].wait.is_some() {
            self.clients[i].backlog.push(words.to_vec());
            return;
        }
        let name = words[0].as_str();
        let client = &mut self.clients[i];
        if name == "NOSUCH" {
            client.out += "-ERR unknown command 'NOSUCH', with args beginning with: \r\n";
            client.is_aborted |= client.queue.is_some();
            return;
        }
        if !client.is_resp3
            && client.listens()
            && !["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "PING", "RESET"].contains(&name)
        {
            let full = if name == "CLIENT" { "client|kill".to_string() } else { name.to_lowercase() };
            let before = if name == "EXEC" { "EXECABORT Transaction discarded because of:" } else { "ERR" };
            let text = format!(
                "-{before} Can't execute '{full}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n"
            );
            client.out += &text;
            return;
        }
        let queues = !["MULTI", "EXEC", "DISCARD", "WATCH", "RESET"].contains(&name);
        if let Some(queue) = &mut client.queue
            && queues
        {
            queue.push(words.to_vec());
            client.out += "+QUEUED\r\n";
            return;
        }
        self.conduct(i, name, words);
        self.serve();
    }

    /// Transactions themselves, and what is none of their business.
    fn conduct(&mut self, i: usize, name: &str, words: &[String]) {
        let client = &mut self.clients[i];
        match name {
            "RESET" => {
                client.reset();
                client.out += "+RESET\r\n";
            }
            "MULTI" if client.queue.is_some() => client.out += "-ERR MULTI calls can not be nested\r\n",
            "MULTI" => {
                client.queue = Some(Vec::new());
                client.out += "+OK\r\n";
            }
            "DISCARD" if client.queue.is_none() => client.out += "-ERR DISCARD without MULTI\r\n",
            "EXEC" if client.queue.is_none() => client.out += "-ERR EXEC without MULTI\r\n",
            "DISCARD" => {
                client.queue = None;
                client.is_aborted = false;
                client.watching.clear();
                client.out += "+OK\r\n";
            }
            "WATCH" if client.queue.is_some() => client.out += "-ERR WATCH inside MULTI is not allowed\r\n",
            "WATCH" => {
                for key in &words[1..] {
                    let version = self.version(key);
                    // Watched twice, it is the first time that counts.
                    self.clients[i].watching.entry(key.clone()).or_insert(version);
                }
                self.clients[i].out += "+OK\r\n";
            }
            "EXEC" => {
                let queue = client.queue.take().expect("seen above");
                let watching = std::mem::take(&mut client.watching);
                if std::mem::take(&mut client.is_aborted) {
                    client.out += "-EXECABORT Transaction discarded because of previous errors.\r\n";
                    return;
                }
                if watching.iter().any(|(key, version)| self.version(key) != *version) {
                    let nil = self.clients[i].nil_list();
                    self.clients[i].out += nil;
                    self.seen.refused += 1;
                    return;
                }
                self.seen.ran += u32::from(!watching.is_empty());
                let head = format!("*{}\r\n", queue.len());
                self.clients[i].out += &head;
                for words in queue {
                    self.run(i, &words, true);
                }
            }
            _ => self.run(i, words, false),
        }
    }

    fn number(&self, key: &str) -> Option<(i64, Option<i64>)> {
        match self.keys.get(key) {
            Some((Value::Number(n), at)) => Some((*n, *at)),
            _ => None,
        }
    }

    /// Takes an end of a list.
    fn pop(&mut self, key: &str, is_left: bool) -> Option<String> {
        let (Value::List(list), _) = self.keys.get_mut(key)? else { return None };
        let element = if is_left { list.pop_front() } else { list.pop_back() };
        if list.is_empty() {
            self.keys.remove(key);
        }
        self.touch(key);
        element
    }

    /// Runs a command. Inside a transaction nobody waits.
    fn run(&mut self, i: usize, words: &[String], in_unit: bool) {
        let parse = |word: &str| word.parse::<i64>().expect("the test sends numbers");
        let key = words.get(1).map_or("", String::as_str);
        let nil = self.clients[i].nil();
        let reply = match words[0].as_str() {
            "PING" if self.clients[i].listens() && !self.clients[i].is_resp3 => {
                "*2\r\n$4\r\npong\r\n$0\r\n\r\n".to_string()
            }
            "PING" => "+PONG\r\n".to_string(),
            "UNWATCH" => {
                self.clients[i].watching.clear();
                "+OK\r\n".to_string()
            }
            "GET" => self.number(key).map_or(nil.to_string(), |(n, _)| bulk(&n.to_string())),
            "SET" => {
                let at = words.get(4).map(|ms| self.now + parse(ms));
                self.keys.insert(key.to_string(), (Value::Number(parse(&words[2])), at));
                self.touch(key);
                "+OK\r\n".to_string()
            }
            "INCR" => {
                let (n, at) = self.number(key).unwrap_or((0, None));
                self.keys.insert(key.to_string(), (Value::Number(n + 1), at));
                self.touch(key);
                format!(":{}\r\n", n + 1)
            }
            "DEL" => {
                let was_there = self.keys.remove(key).is_some();
                if was_there {
                    self.touch(key);
                }
                format!(":{}\r\n", u8::from(was_there))
            }
            "PEXPIRE" => match self.keys.get_mut(key) {
                Some((_, at)) => {
                    *at = Some(self.now + parse(&words[2]));
                    self.touch(key);
                    ":1\r\n".to_string()
                }
                None => ":0\r\n".to_string(),
            },
            name @ ("LPUSH" | "RPUSH") => {
                let (value, _) = self.keys.entry(key.to_string()).or_insert((Value::List(VecDeque::new()), None));
                let Value::List(list) = value else { unreachable!("lists have names of their own") };
                for word in &words[2..] {
                    if name == "LPUSH" { list.push_front(word.clone()) } else { list.push_back(word.clone()) }
                }
                let n = list.len();
                self.touch(key);
                if !self.ready.iter().any(|ready| ready == key) {
                    self.ready.push(key.to_string());
                }
                format!(":{n}\r\n")
            }
            "LLEN" => match self.keys.get(key) {
                Some((Value::List(list), _)) => format!(":{}\r\n", list.len()),
                _ => ":0\r\n".to_string(),
            },
            "LPOP" => self.pop(key, true).map_or(nil.to_string(), |element| bulk(&element)),
            name @ ("BLPOP" | "BRPOP") => {
                if let Some(reply) = self.take(words) {
                    reply
                } else if in_unit {
                    self.clients[i].nil_list().to_string()
                } else {
                    let seconds: f64 = words[words.len() - 1].parse().expect("the test sends numbers");
                    let deadline = (seconds > 0.0).then(|| self.now + (seconds * 1000.0).round() as i64);
                    self.waits += 1;
                    assert!(name.starts_with('B'));
                    self.clients[i].wait = Some(Wait { request: words.to_vec(), deadline, since: self.waits });
                    return;
                }
            }
            "PUBLISH" => format!(":{}\r\n", self.publish(key, &words[2])),
            "CLIENT" => {
                let id = parse(&words[3]);
                let victim = self.clients.iter_mut().find(|client| client.id == id && !client.is_gone);
                let victim = victim.expect("the test kills who is there");
                let states =
                    [victim.wait.is_some(), victim.queue.is_some(), !victim.watching.is_empty(), victim.listens()];
                for (count, is_so) in self.seen.kills.iter_mut().zip(states) {
                    *count += u32::from(is_so);
                }
                victim.reset();
                victim.is_gone = true;
                ":1\r\n".to_string()
            }
            name => return self.subscribe(i, &name.to_lowercase(), &words[1..]),
        };
        self.clients[i].out += &reply;
    }

    /// BLPOP or BRPOP, where there is something.
    fn take(&mut self, words: &[String]) -> Option<String> {
        let keys = &words[1..words.len() - 1];
        let key = keys.iter().find(|key| self.keys.contains_key(*key))?.clone();
        let element = self.pop(&key, words[0] == "BLPOP").expect("a list that is there has elements");
        Some(bulks('*', &[&key, &element], None))
    }

    /// After a unit: who waits for the lists that got something is served, longest first.
    fn serve(&mut self) {
        while !self.ready.is_empty() {
            let key = self.ready.remove(0);
            let mut waiting: Vec<(u64, usize)> = Vec::new();
            for (i, client) in self.clients.iter().enumerate() {
                if let Some(wait) = &client.wait
                    && wait.request[1..wait.request.len() - 1].contains(&key)
                {
                    waiting.push((wait.since, i));
                }
            }
            waiting.sort_unstable();
            for (_, i) in waiting {
                let request = self.clients[i].wait.clone().expect("it waits").request;
                if self.keys.contains_key(&key)
                    && let Some(reply) = self.take(&request)
                {
                    self.clients[i].out += &reply;
                    self.seen.served += 1;
                    self.go_on(i);
                }
            }
        }
    }

    fn publish(&mut self, channel: &str, message: &str) -> usize {
        let mut n = 0;
        for client in &mut self.clients {
            if client.channels.contains(channel) {
                client.push(&["message", channel, message], None);
                n += 1;
            }
            let patterns: Vec<String> = client.patterns.iter().cloned().collect();
            for pattern in patterns.iter().filter(|pattern| channel.starts_with(pattern.trim_end_matches('*'))) {
                client.push(&["pmessage", pattern, channel, message], None);
                n += 1;
            }
        }
        self.seen.messages += n as u32;
        n
    }

    fn subscribe(&mut self, i: usize, name: &str, channels: &[String]) {
        let client = &mut self.clients[i];
        for channel in channels {
            let set = if name.starts_with('p') { &mut client.patterns } else { &mut client.channels };
            if name.contains("unsub") {
                set.remove(channel);
            } else {
                set.insert(channel.clone());
            }
            let n = client.channels.len() + client.patterns.len();
            client.push(&[name, channel], Some(n as i64));
        }
    }
}

/// Some request of a client, one that makes sense or nearly so.
fn request(dice: &mut Dice, model: &Model, i: usize, moves_clock: bool) -> String {
    let client = &model.clients[i];
    let (key, list) = (format!("k{}", dice.below(5)), format!("l{}", dice.below(2)));
    let (ms, n) = (1 + dice.below(30), dice.below(100));
    let channel = ["a", "ab", "b"][dice.below(3) as usize];
    // None of them fits what another does: who has several gets a message in an order that is chance.
    let pattern = ["a*", "b*", "c*"][dice.below(3) as usize];
    if client.wait.is_some() {
        return format!("GET {key}");
    }
    let (in_multi, listens) = (client.queue.is_some(), client.listens());
    match dice.below(34) {
        0 | 1 => format!("GET {key}"),
        2 => format!("SET {key} {n}"),
        3 if moves_clock => format!("SET {key} {n} PX {ms}"),
        4 if moves_clock => format!("PEXPIRE {key} {ms}"),
        5 => format!("INCR {key}"),
        6 => format!("DEL {key}"),
        7 => format!("DEL {list}"),
        9..=12 if in_multi => "EXEC".to_string(),
        8..=10 => "MULTI".to_string(),
        13 if in_multi => "DISCARD".to_string(),
        13 => "EXEC".to_string(),
        14 if dice.below(2) == 0 => format!("WATCH {key}"),
        14 => format!("WATCH {key} {list}"),
        15 => "UNWATCH".to_string(),
        16 if dice.below(4) == 0 => "NOSUCH".to_string(),
        // One list only: of several, 7.0 serves by another rule.
        17 | 18 => format!("RPUSH {} {n} x", if in_multi { "l0" } else { &list }),
        19 => format!("LPUSH {} {n}", if in_multi { "l0" } else { &list }),
        20 => format!("LPOP {list}"),
        21 => format!("LLEN {list}"),
        22 | 23 => {
            format!("BLPOP {list} l1 {}", ["0", "0.025", "0.04"][if moves_clock { dice.below(3) as usize } else { 0 }])
        }
        24 => format!("BRPOP {list} 0"),
        25 | 26 if !in_multi => format!("SUBSCRIBE {channel} b"),
        27 if !in_multi => format!("PSUBSCRIBE {pattern}"),
        28 if !in_multi => format!("UNSUBSCRIBE {channel}"),
        29 if !in_multi => format!("PUNSUBSCRIBE {pattern}"),
        // To itself a publisher's message goes before or after the reply, as the version may be.
        30 | 31 if !listens => format!("PUBLISH {channel} m{n}"),
        32 if !in_multi => {
            let others: Vec<i64> = model
                .clients
                .iter()
                .filter(|other| !other.is_gone && other.id != client.id)
                .map(|other| other.id)
                .collect();
            format!("CLIENT KILL ID {}", others[dice.below(others.len() as u64) as usize])
        }
        33 if dice.below(3) == 0 => "RESET".to_string(),
        _ => "PING".to_string(),
    }
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_string).collect()
}

fn send(target: &mut dyn Target, link: usize, line: &str) {
    target.send(link, super::request(line).as_bytes());
}

fn ask(target: &mut dyn Target, link: usize, line: &str) -> String {
    send(target, link, line);
    target.fence();
    String::from_utf8_lossy(&target.receive(link).0).into_owned()
}

fn connect(target: &mut dyn Target, dice: &mut Dice) -> Client {
    let link = target.connect();
    let id = ask(target, link, "CLIENT ID");
    let id = id.trim_end()[1..].parse().expect("an id");
    let is_resp3 = dice.below(2) == 0;
    if is_resp3 {
        ask(target, link, "HELLO 3");
    }
    Client { link, id, is_resp3, ..Client::default() }
}

/// Runs so many steps; at the end all clients go, and nothing of them is left.
fn simulate(target: &mut dyn Target, seed: u64, steps: usize, moves_clock: bool, seen: &mut Seen) {
    let mut dice = Dice(seed);
    let mut model = Model { seen: std::mem::take(seen), ..Model::default() };
    for _ in 0..CLIENTS {
        let client = connect(target, &mut dice);
        model.clients.push(client);
    }
    for step in 0..steps {
        let i = dice.below(CLIENTS as u64) as usize;
        let line = match dice.below(20) {
            0 if moves_clock => {
                let ms = dice.below(30);
                target.advance(Duration::from_millis(ms));
                model.advance(ms as i64);
                format!("{ms} ms pass")
            }
            1 if dice.below(2) == 0 => {
                target.close(model.clients[i].link);
                let client = connect(target, &mut dice);
                model.clients[i] = client;
                format!("{i} hangs up")
            }
            _ => {
                let line = request(&mut dice, &model, i, moves_clock);
                send(target, model.clients[i].link, &line);
                model.request(i, &words(&line));
                format!("{i}> {line}")
            }
        };
        target.fence();
        for (i, client) in model.clients.iter_mut().enumerate() {
            let (mut bytes, mut is_closed) = target.receive(client.link);
            // What somebody sent while it waited runs a turn later.
            for _ in 0..1000 {
                if is_closed || bytes.len() >= client.out.len() {
                    break;
                }
                target.fence();
                let (more, is_over) = target.receive(client.link);
                bytes.extend(more);
                is_closed = is_over;
            }
            let is = String::from_utf8_lossy(&bytes);
            assert_eq!(is, std::mem::take(&mut client.out), "seed {seed} step {step}, {line}: sent to client {i}");
            assert_eq!(is_closed, client.is_gone, "seed {seed} step {step}, {line}: client {i}");
        }
        for i in 0..CLIENTS {
            if model.clients[i].is_gone {
                let client = connect(target, &mut dice);
                model.clients[i] = client;
            }
        }
    }
    let asker = target.connect();
    for (i, client) in model.clients.iter().enumerate() {
        if i % 2 == 0 {
            target.close(client.link);
        } else {
            ask(target, asker, &format!("CLIENT KILL ID {}", client.id));
        }
    }
    target.fence();
    let info = ask(target, asker, "INFO everything");
    for (field, wanted) in COUNTS.iter().filter(|(field, _)| *field != "connected_clients") {
        let found = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        // An older reference knows fewer.
        assert!(found.is_none_or(|found| found == *wanted), "seed {seed}: {field} is {found:?}");
    }
    *seen = model.seen;
}

#[test]
fn many_clients_are_sent_what_a_plain_model_says() {
    let mut seen = Seen::default();
    for seed in 1..=200 {
        let mut target = InProcess::new(&[]).expect("a server without arguments");
        simulate(&mut target, seed, 400, true, &mut seen);
    }
    let Seen { ran, refused, served, timed_out, messages, kills } = seen;
    let counts = [ran, refused, served, timed_out, messages, kills[0], kills[1], kills[2], kills[3]];
    assert!(counts.iter().all(|&n| n >= 40), "the test must meet all of it: {counts:?}");
}

#[test]
fn a_server_behind_sockets_agrees_with_the_model() {
    let reference = std::env::var_os("REFERENCE").map(PathBuf::from);
    let program = reference.as_deref().unwrap_or(Path::new(env!("CARGO_BIN_EXE_redoxide")));
    let mut seen = Seen::default();
    for seed in 1001..=1010 {
        let mut target = Process::new(Server::start(program, &[]));
        simulate(&mut target, seed, 300, false, &mut seen);
    }
    assert!(seen.served > 5 && seen.messages > 20 && seen.ran + seen.refused > 5);
}
