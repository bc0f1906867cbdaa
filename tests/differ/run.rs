//! Plays commands on both servers and compares; and finds the fewest that still differ.

use crate::harness::quote::quote;
use crate::harness::value::{Protocol, Value, print};
use crate::maker::{KEYS, SETTINGS, tame};
use crate::pair::{Both, Pair, Side, Words, line};
use std::collections::{BTreeSet, HashSet};

/// How the answers to a command are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Byte for byte.
    Exact,
    /// Elements in any order, so many at a time, if the data has no order.
    Unordered(usize),
    /// The order of the elements is chance everywhere.
    AnyOrder,
    /// Numbers may be apart by what may pass between the two.
    Time(i64),
    /// Elements drawn by chance: so many, and all from the key, by so many.
    Drawn,
    /// SPOP.
    Popped,
    /// The SCAN family: all of an iteration.
    Scan,
    /// DUMP: what the other makes of it.
    Dump,
}

fn name(words: &Words) -> String {
    words.first().map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).unwrap_or_default()
}

fn has(words: &Words, wanted: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// Whether two answers are alike by a rule that looks at nothing else. `is_mixed`: the key's elements are in no order.
fn alike(rule: Rule, answers: &Both<Value>, is_mixed: bool) -> bool {
    same(answers)
        || match rule {
            Rule::Time(apart) => close(&answers.ours, &answers.theirs, apart),
            Rule::AnyOrder => same_sorted(answers, 1),
            Rule::Unordered(each) => is_mixed && same_sorted(answers, each),
            _ => false,
        }
}

fn rule(words: &Words) -> Rule {
    match &*name(words) {
        "SMEMBERS" | "SINTER" | "HKEYS" | "HVALS" | "SORT" | "SORT_RO" => Rule::Unordered(1),
        "HGETALL" => Rule::Unordered(2),
        // Redis gathers the elements of these two in a table unless all are intsets.
        "KEYS" | "SUNION" | "SDIFF" => Rule::AnyOrder,
        "TTL" | "EXPIRETIME" | "HTTL" | "HEXPIRETIME" => Rule::Time(5),
        "OBJECT" if has(words, "idletime") => Rule::Time(5),
        "PTTL" | "PEXPIRETIME" | "HPTTL" | "HPEXPIRETIME" => Rule::Time(5000),
        "SRANDMEMBER" | "HRANDFIELD" | "ZRANDMEMBER" | "RANDOMKEY" => Rule::Drawn,
        "SPOP" => Rule::Popped,
        "SCAN" | "SSCAN" | "HSCAN" | "ZSCAN" => Rule::Scan,
        "DUMP" => Rule::Dump,
        _ => Rule::Exact,
    }
}

/// Where the two were not of one mind.
pub struct Difference {
    /// The command before which, or at which, it was seen.
    pub at: usize,
    /// What was asked.
    pub asked: Words,
    /// What came back.
    pub answers: Both<Value>,
}

impl Difference {
    /// Rows for people.
    pub fn rows(&self) -> Vec<String> {
        let mut rows = vec![format!("  at {}", text(&self.asked))];
        for (name, value) in [("ours", &self.answers.ours), ("theirs", &self.answers.theirs)] {
            let all = print(value, Protocol::Any);
            rows.extend(all.iter().take(40).enumerate().map(|(i, row)| {
                let row: String = row.chars().take(300).collect();
                format!("  {:>7} {row}", if i == 0 { name } else { "" })
            }));
        }
        rows
    }

    /// What tells it apart from others, roughly.
    pub fn kind(&self) -> String {
        let first = |value: &Value| {
            let row = print(value, Protocol::Any).first().cloned().unwrap_or_default();
            let digits = |c: char| c.is_ascii_digit();
            let row: String = if row.starts_with("(error)") { row } else { row.chars().take(9).collect() };
            row.replace(digits, "")
        };
        format!("{} {} | {}", name(&self.asked), first(&self.answers.ours), first(&self.answers.theirs))
    }
}

/// A command as one types it into redis-cli.
pub fn text(words: &Words) -> String {
    let plain = |word: &[u8]| {
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:*#+[(>".contains(b);
        if word.is_empty() || !word.iter().all(is_plain) {
            quote(word)
        } else {
            String::from_utf8_lossy(word).into_owned()
        }
    };
    words.iter().map(|word| plain(word)).collect::<Vec<_>>().join(" ")
}

/// A pair, and what is excused between the two.
pub struct Player<'a> {
    /// The two servers.
    pub pair: Pair,
    /// What the list of differences says about these answers to a command.
    pub excused: &'a dyn Fn(&Words, &Both<Value>) -> bool,
    /// Whether DEBUG DIGEST of both is the same function.
    pub has_our_digest: bool,
    /// Whether fields of hashes have deadlines as ours have.
    pub has_our_fields: bool,
    /// Settings that both have.
    pub settings: Vec<&'static str>,
    /// Commands that were sent to each.
    pub sent: u64,
    /// The names of the commands that were answered by something else than an error.
    pub answered: BTreeSet<String>,
}

/// What is known of the data while commands are played.
#[derive(Default)]
struct State {
    /// Keys whose elements may be in any order.
    mixed: HashSet<&'static str>,
    queue: Option<Vec<Words>>,
    /// `set-max-listpack-entries`, `set-max-listpack-value`: results of more are in no order, too.
    entries: usize,
    length: usize,
    /// `set-max-intset-entries`.
    integers: usize,
}

impl Player<'_> {
    /// Plays all commands on empty servers; the first difference, if there is one.
    pub fn play(&mut self, protocol: u8, commands: &[Words]) -> Option<Difference> {
        self.pair.reset(protocol);
        let defaults: Vec<Words> = SETTINGS
            .iter()
            .filter(|(name, ..)| self.settings.contains(name))
            .map(|(name, default, _)| vec![b"CONFIG".to_vec(), b"SET".to_vec(), (*name).into(), (*default).into()])
            .collect();
        self.pair.ask(0, &defaults);
        let mut state = State { entries: 128, length: 64, integers: 512, ..State::default() };
        for (at, words) in commands.iter().enumerate() {
            let difference = self.step(words, &mut state);
            if let Some((asked, answers)) = difference {
                return Some(Difference { at, asked, answers });
            }
            if at % 40 == 39
                && state.queue.is_none()
                && let Some((asked, answers)) = self.compare_all(&state)
            {
                return Some(Difference { at, asked, answers });
            }
        }
        if state.queue.is_some() {
            self.pair.ask_one(0, &line("DISCARD"));
        }
        let (asked, answers) = self.compare_all(&state)?;
        Some(Difference { at: commands.len().saturating_sub(1), asked, answers })
    }

    fn step(&mut self, words: &Words, state: &mut State) -> Option<(Words, Both<Value>)> {
        if words.is_empty() {
            return None;
        }
        let name = name(words);
        let rule = rule(words);
        let is_drawn = matches!(rule, Rule::Drawn | Rule::Popped | Rule::Scan | Rule::Dump);
        if state.queue.is_some() && is_drawn {
            return None;
        }
        if self.is_left_out(words, state.queue.is_some()) {
            return None;
        }
        // Of a table with integers and others, which come first decides on the form of the result.
        let is_gathered = matches!(&*name, "SUNIONSTORE" | "SDIFFSTORE");
        if is_gathered && state.integers < 128 && (state.queue.is_some() || Self::is_mixed(words, state)) {
            return None;
        }
        self.sent += 1;
        let wrong = |answers: Both<Value>| Some((words.clone(), answers));

        if let Some(queue) = &mut state.queue {
            let answers = self.pair.ask_one(0, words);
            let is_end = matches!(&*name, "EXEC" | "DISCARD" | "RESET");
            if !is_end {
                if answers.ours == Value::Simple(b"QUEUED".to_vec()) {
                    queue.push(words.clone());
                }
                return if self.agree(words, &answers) { None } else { wrong(answers) };
            }
            let queue = state.queue.take().unwrap_or_default();
            if !same(&answers) && !self.agree_all(&queue, &answers) {
                return wrong(answers);
            }
            // What was done may have mixed any key with any other.
            for words in &queue {
                Self::spread(words, state, true);
            }
            return self.look(state);
        }

        let answers = match rule {
            Rule::Drawn | Rule::Popped => return self.drawn(words, rule, state),
            Rule::Scan => {
                let answers = self.pair.ask_one(0, words);
                if !same(&answers) && !self.scan(words, &answers) {
                    return wrong(answers);
                }
                self.note(&name, &answers.theirs);
                return None;
            }
            Rule::Dump => {
                let answers = self.pair.ask_one(0, words);
                return self.dump(words, answers);
            }
            _ => self.pair.ask_one(0, words),
        };
        self.note(&name, &answers.theirs);
        let is_ok = answers.theirs == Value::Simple(b"OK".to_vec());
        match &*name {
            "MULTI" if is_ok => state.queue = Some(Vec::new()),
            "CONFIG" if is_ok && words.len() == 4 => {
                let value = number(&words[3]);
                match &*String::from_utf8_lossy(&words[2]) {
                    "set-max-listpack-entries" => state.entries = value,
                    "set-max-listpack-value" => state.length = value,
                    "set-max-intset-entries" => state.integers = value,
                    _ => {}
                }
            }
            _ => {}
        }
        // The result of a set command that is a table is in no order whatever the keys are, and SORT leaves it so only if it is told BY
        // what: a pattern without a star sorts nothing.
        let is_big = name.starts_with('S') && Self::is_table(&answers.theirs, state);
        let is_sorted = name.starts_with("SORT") && !has(words, "by");
        let is_mixed = !is_sorted && (is_big || Self::is_mixed(words, state));
        // Which elements LIMIT leaves is chance then.
        let is_part = matches!(rule, Rule::Unordered(_)) && is_mixed && has(words, "limit") && same_len(&answers);
        if !is_part && !alike(rule, &answers, is_mixed) && !(self.excused)(words, &answers) {
            return wrong(answers);
        }
        if name == "MULTI" {
            return None;
        }
        Self::spread(words, state, false);
        self.look(state)
    }

    fn note(&mut self, name: &str, answer: &Value) {
        if !matches!(answer, Value::Error(_)) && !self.answered.contains(name) {
            self.answered.insert(name.to_string());
        }
    }

    /// The keys that a command names.
    fn mentions(words: &Words) -> Vec<&'static str> {
        KEYS.into_iter().filter(|key| words.iter().any(|word| word == key.as_bytes())).collect()
    }

    /// Whether one of them has its elements in no order.
    fn is_mixed(words: &Words, state: &State) -> bool {
        Self::mentions(words).iter().any(|key| state.mixed.contains(key))
    }

    /// A key that gets its elements from one in no order is in no order; `always`: from whichever.
    fn spread(words: &Words, state: &mut State, always: bool) {
        let keys = Self::mentions(words);
        if keys.len() > 1 && (always || Self::is_mixed(words, state)) {
            state.mixed.extend(keys);
        }
    }

    /// Whether a set of these elements is a table.
    fn is_table(value: &Value, state: &State) -> bool {
        let items = value.items();
        items.len() > state.entries
            || items.iter().any(|item| matches!(item, Value::Bulk(text) if text.len() > state.length))
    }

    /// Looks at the encodings of all keys.
    fn look(&mut self, state: &mut State) -> Option<(Words, Both<Value>)> {
        let questions: Vec<Words> = KEYS.iter().map(|key| line(&format!("OBJECT ENCODING {key}"))).collect();
        let answers = self.pair.ask(0, &questions);
        for ((key, asked), answers) in KEYS.iter().zip(questions).zip(answers) {
            match &*answers.theirs.text() {
                "hashtable" => _ = state.mixed.insert(key),
                // It may have been made from a table, and have its elements in that order.
                "listpack" | "listpackex" => {}
                _ => _ = state.mixed.remove(key),
            }
            if !self.agree(&asked, &answers) {
                return Some((asked, answers));
            }
        }
        None
    }

    fn agree(&self, words: &Words, answers: &Both<Value>) -> bool {
        same(answers) || (self.excused)(words, answers)
    }

    /// The answers of EXEC, one command after the other.
    fn agree_all(&self, queue: &[Words], answers: &Both<Value>) -> bool {
        let (Value::Array(ours), Value::Array(theirs)) = (&answers.ours, &answers.theirs) else { return false };
        ours.len() == queue.len()
            && theirs.len() == queue.len()
            && queue.iter().zip(ours.iter().zip(theirs)).all(|(words, (ours, theirs))| {
                let answers = Both { ours: ours.clone(), theirs: theirs.clone() };
                let rule = rule(words);
                // What commands before it in the transaction have mixed is not known.
                let is_part = matches!(rule, Rule::Unordered(_)) && has(words, "limit") && same_len(&answers);
                is_part || alike(rule, &answers, true) || (self.excused)(words, &answers)
            })
    }

    /// What would take seconds, or has an answer that depends on how the real server's structures happen to lie.
    fn is_left_out(&mut self, words: &Words, is_queued: bool) -> bool {
        let name = name(words);
        let theirs = &mut self.pair.theirs;
        let mut ask = |name: &str, key: &[u8], more: &str| theirs.ask(&about(name, key, more));
        let number = |value: Value| value.text().parse::<u64>().unwrap_or(0);
        if name == "LCS" {
            let [_, a, b, ..] = &words[..] else { return false };
            return is_queued || number(ask("STRLEN", a, "")) * number(ask("STRLEN", b, "")) > 1_000_000;
        }
        // Queued words are held by the queue, too.
        if is_queued && name == "OBJECT" && has(words, "refcount") {
            return true;
        }
        // A HyperLogLog of which a piece is missing: on the list of differences.
        if matches!(&*name, "SETBIT" | "SETRANGE" | "APPEND" | "BITFIELD") {
            return is_queued || words.get(1).is_some_and(|key| ask("GETRANGE", key, "0 3").text() == "HYLL");
        }
        // Places beside the line where the longitudes meet: on the list of differences.
        if name.starts_with("GEO") && name != "GEOADD" {
            let degrees = |word: &Vec<u8>| String::from_utf8_lossy(word).parse::<f64>().unwrap_or(0.0).abs();
            return words.iter().any(|word| (179.9..=180.0).contains(&degrees(word)));
        }
        // Ranges of members of a set with different scores are not specified: on the list of differences.
        if name.contains("LEX") || has(words, "bylex") {
            return is_queued
                || words[1..].iter().any(|key| {
                    let score = |value: Value| {
                        value.items().last().map(|last| format!("{:?}", last.items().last().unwrap_or(last)))
                    };
                    let (first, last) = (ask("ZRANGE", key, "0 0 WITHSCORES"), ask("ZRANGE", key, "-1 -1 WITHSCORES"));
                    score(first) != score(last)
                });
        }
        // Text weights that are equal, or missing: the order of many is that of a quicksort.
        if name.starts_with("SORT") && has(words, "alpha") && has(words, "by") {
            let Some(key) = words.get(1) else { return false };
            // (And sorted sets come from a table, sets perhaps.)
            let mut is_more = |name: &str, count: u64| number(ask(name, key, "")) > count;
            return is_queued || is_more("ZCARD", 1) || is_more("SCARD", 1) || is_more("LLEN", 6);
        }
        false
    }

    /// Elements drawn by chance: the same kind of answer, as many, all of them from the key.
    fn drawn(&mut self, words: &Words, rule: Rule, state: &mut State) -> Option<(Words, Both<Value>)> {
        let name = name(words);
        let key = words.get(1).cloned().unwrap_or_default();
        let question = match &*name {
            "HRANDFIELD" => about("HGETALL", &key, ""),
            "ZRANDMEMBER" => about("ZRANGE", &key, "0 -1 WITHSCORES"),
            "RANDOMKEY" => line("KEYS *"),
            _ => about("SMEMBERS", &key, ""),
        };
        let data = self.pair.ask_one(0, &question);
        let answers = self.pair.ask_one(0, words);
        self.note(&name, &answers.theirs);
        let is_alike = same(&answers) || {
            let known = |data: &Value, answer: &Value| {
                let known: HashSet<String> = leaves(data).into_iter().collect();
                leaves(answer).iter().all(|leaf| known.contains(leaf))
            };
            let distinct = |answer: &Value| leaves(answer).into_iter().collect::<HashSet<_>>().len();
            // Without a minus each element comes once.
            let is_once = name == "SPOP" || number(words.get(2).map_or(&b"1"[..], |word| word)) > 0;
            shape(&answers.ours) == shape(&answers.theirs)
                && known(&data.ours, &answers.ours)
                && (!is_once
                    || has(words, "withvalues")
                    || has(words, "withscores")
                    || distinct(&answers.ours) == leaves(&answers.ours).len())
        };
        if !is_alike && !(self.excused)(words, &answers) {
            return Some((words.clone(), answers));
        }
        if rule == Rule::Popped && !same(&answers) {
            // Both go on with what the other left.
            let popped: HashSet<String> = leaves(&answers.theirs).into_iter().collect();
            let is_left = |item: &&Value| !popped.contains(&format!("{item:?}"));
            let left: Vec<Vec<u8>> = data.theirs.items().iter().filter(is_left).filter_map(bytes).collect();
            self.pair.ask_one(0, &about("DEL", &key, ""));
            if !left.is_empty() {
                let mut again = about("SADD", &key, "");
                again.extend(left);
                self.pair.ask_one(0, &again);
            }
        }
        self.look(state)
    }

    /// All of an iteration of both.
    fn scan(&mut self, words: &Words, answers: &Both<Value>) -> bool {
        let at = if name(words) == "SCAN" { 1 } else { 2 };
        let is_whole = words.get(at).is_some_and(|word| word == b"0");
        if !is_page(&answers.ours) || !is_page(&answers.theirs) {
            return false;
        }
        if !is_whole {
            return true;
        }
        let each = if name(words) == "HSCAN" && !has(words, "novalues") || name(words) == "ZSCAN" { 2 } else { 1 };
        let all = |side: &mut Side, first: &Value| {
            let mut all = BTreeSet::new();
            let mut answer = first.clone();
            loop {
                let [cursor, page] = answer.items() else { return None };
                all.extend(page.items().chunks(each).map(|group| format!("{group:?}")));
                let cursor = bytes(cursor)?;
                if cursor == b"0" {
                    return Some(all);
                }
                let mut next = words.clone();
                next[at] = cursor;
                answer = side.ask(&next);
            }
        };
        let ours = all(&mut self.pair.ours, &answers.ours);
        ours.is_some() && ours == all(&mut self.pair.theirs, &answers.theirs)
    }

    /// Each can read what the other dumps.
    fn dump(&mut self, words: &Words, answers: Both<Value>) -> Option<(Words, Both<Value>)> {
        self.note("DUMP", &answers.theirs);
        if same(&answers) {
            return None;
        }
        let (Some(ours), Some(theirs)) = (bytes(&answers.ours), bytes(&answers.theirs)) else {
            return Some((words.clone(), answers));
        };
        let restore = |payload: Vec<u8>| {
            vec![b"RESTORE".to_vec(), b"dumped".to_vec(), b"0".to_vec(), payload, b"REPLACE".to_vec()]
        };
        for payload in [ours, theirs] {
            let restore = restore(payload);
            let answers = self.pair.ask_one(0, &restore);
            if answers.ours.text() != "OK" || answers.theirs.text() != "OK" {
                return Some((restore, answers));
            }
            let state = State::default();
            if let Some(wrong) = self.compare_keys(&[b"dumped".to_vec()], &state, true) {
                return Some(wrong);
            }
        }
        self.pair.ask_one(0, &line("DEL dumped"));
        None
    }

    /// All data of both.
    fn compare_all(&mut self, state: &State) -> Option<(Words, Both<Value>)> {
        let keys: Vec<Vec<u8>> = KEYS.iter().map(|key| key.as_bytes().to_vec()).collect();
        if let Some(wrong) = self.compare_keys(&keys, state, false) {
            return Some(wrong);
        }
        // What was expired from the start is deleted once somebody meets it.
        self.pair.ask(0, &[line("SCAN 0 COUNT 1000000")]);
        let mut questions = vec![line("DBSIZE")];
        if self.has_our_digest {
            questions.push(line("DEBUG DIGEST"));
        }
        let answers = self.pair.ask(0, &questions);
        questions.into_iter().zip(answers).find(|(_, answers)| !same(answers))
    }

    fn compare_keys(&mut self, keys: &[Vec<u8>], state: &State, any_order: bool) -> Option<(Words, Both<Value>)> {
        let types: Vec<Words> = keys.iter().map(|key| about("TYPE", key, "")).collect();
        let mut questions = Vec::new();
        for ((key, asked), answers) in keys.iter().zip(&types).zip(self.pair.ask(0, &types)) {
            if !same(&answers) {
                return Some((asked.clone(), answers));
            }
            let data = match &*answers.theirs.text() {
                "string" => about("GET", key, ""),
                "list" => about("LRANGE", key, "0 -1"),
                "set" => about("SMEMBERS", key, ""),
                "hash" => about("HGETALL", key, ""),
                "zset" => about("ZRANGE", key, "0 -1 WITHSCORES"),
                _ => continue,
            };
            questions.push(data);
            questions.push(about("PTTL", key, ""));
        }
        for (asked, answers) in questions.iter().zip(self.pair.ask(0, &questions)) {
            let is_mixed = any_order || Self::is_mixed(asked, state);
            if !alike(rule(asked), &answers, is_mixed) && !(self.excused)(asked, &answers) {
                return Some((asked.clone(), answers));
            }
            let fields: Vec<Vec<u8>> = if name(asked) == "HGETALL" {
                answers.theirs.items().chunks(2).filter_map(|pair| bytes(&pair[0])).collect()
            } else {
                Vec::new()
            };
            if !fields.is_empty() && self.has_our_fields {
                let mut asked = about("HPEXPIRETIME", &asked[1], &format!("FIELDS {}", fields.len()));
                asked.extend(fields);
                let answers = self.pair.ask_one(0, &asked);
                if !close(&answers.ours, &answers.theirs, 5000) && !same(&answers) {
                    return Some((asked, answers));
                }
            }
        }
        None
    }

    /// Leaves away commands, then words, as long as the two still differ in the same way.
    pub fn shrink(&mut self, protocol: u8, commands: Vec<Words>, found: Difference) -> (Vec<Words>, Difference) {
        let (mut commands, mut found) = shrink(commands, found, |fewer| self.play(protocol, fewer));
        for at in (0..commands.len()).rev() {
            let mut word = 1;
            let mut tries = 0;
            while commands.get(at).is_some_and(|words| word < words.len()) && tries < 100 {
                tries += 1;
                let mut fewer = commands.clone();
                fewer[at].remove(word);
                tame(&mut fewer[at]);
                match self.play(protocol, &fewer) {
                    Some(difference) if difference.at + 1 == fewer.len() && difference.kind() == found.kind() => {
                        (commands, found) = (fewer, difference);
                    }
                    _ => word += 1,
                }
            }
        }
        (commands, found)
    }
}

/// Leaves away steps as long as there is still a difference.
pub fn shrink<T: Clone>(
    mut steps: Vec<T>,
    mut found: Difference,
    mut play: impl FnMut(&[T]) -> Option<Difference>,
) -> (Vec<T>, Difference) {
    steps.truncate(found.at + 1);
    let mut size = (steps.len() / 2).max(1);
    loop {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            match play(&fewer) {
                Some(difference) => {
                    fewer.truncate(difference.at + 1);
                    (steps, found) = (fewer, difference);
                }
                None => at += size,
            }
        }
        if size == 1 {
            return (steps, found);
        }
        size /= 2;
    }
}

/// Whether this is a cursor, and elements.
fn is_page(value: &Value) -> bool {
    matches!(value.items(), [_, Value::Array(_)])
}

/// A command with a key.
fn about(name: &str, key: &[u8], more: &str) -> Words {
    let mut words = vec![name.as_bytes().to_vec(), key.to_vec()];
    words.extend(more.split_ascii_whitespace().map(|word| word.as_bytes().to_vec()));
    words
}

/// A number; zero for what is none, and below zero.
fn number(word: &[u8]) -> usize {
    str::from_utf8(word).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn same(answers: &Both<Value>) -> bool {
    answers.ours == answers.theirs
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Bulk(text) | Value::Simple(text) | Value::Integer(text) => Some(text.clone()),
        _ => None,
    }
}

fn same_len(answers: &Both<Value>) -> bool {
    answers.ours.items().len() == answers.theirs.items().len()
}

/// The same kind of value, with the same elements in any order, so many at a time. What has no elements is not the same.
fn same_sorted(answers: &Both<Value>, each: usize) -> bool {
    let sorted = |value: &Value| {
        let each = if matches!(value, Value::Map(_)) { 2 } else { each };
        let mut groups: Vec<String> = value.items().chunks(each).map(|group| format!("{group:?}")).collect();
        groups.sort();
        groups
    };
    std::mem::discriminant(&answers.ours) == std::mem::discriminant(&answers.theirs)
        && !answers.ours.items().is_empty()
        && sorted(&answers.ours) == sorted(&answers.theirs)
}

/// Equal but for positive numbers that may be so far apart.
fn close(ours: &Value, theirs: &Value, apart: i64) -> bool {
    match (ours, theirs) {
        (Value::Integer(a), Value::Integer(b)) => {
            let number = |text: &[u8]| String::from_utf8_lossy(text).parse::<i64>().unwrap_or(0);
            let (a, b) = (number(a), number(b));
            a == b || (a.max(b) > 0 && a.min(b) >= 0 && a.abs_diff(b) <= apart as u64)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b, apart)),
        _ => ours == theirs,
    }
}

/// The strings and numbers of a value, at any depth.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) | Value::Set(items) | Value::Map(items) => items.iter().flat_map(leaves).collect(),
        Value::Null | Value::NullArray | Value::NullBulk => Vec::new(),
        other => vec![format!("{other:?}")],
    }
}

/// A value without what its strings and numbers say.
fn shape(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Set(items) => format!("~[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Map(items) => format!("%[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Bulk(_) => "bulk".to_string(),
        Value::Double(_) => "double".to_string(),
        Value::Integer(_) => "integer".to_string(),
        other => format!("{other:?}"),
    }
}
