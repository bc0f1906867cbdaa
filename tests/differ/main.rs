//! The same random commands to our server and to a real one: every answer must be the same, byte for byte, and so must the data.
//!
//! ```text
//! seed -> commands -> ours, theirs: answers alike? encodings of all keys alike? now and then: all data alike?
//!                  -> the fewest commands that still differ, as one types them into redis-cli
//! ```
//!
//! `REFERENCE` names the real server; without it nothing is done. `DIFFER=1000` plays so many seeds (a few without it), `DIFFER_FROM=5000` begins
//! there, `DIFFER_MOST=1` ends with the first difference (with the tenth without it); one seed in two speaks RESP3. What is chance (the order in tables, what SPOP draws, cursors) is compared as far as it is none: see `run.rs`.

#[path = "../harness/mod.rs"]
mod harness;

mod crowd;
mod maker;
mod pair;
mod run;

use harness::run::reference;
use harness::server::Server;
use harness::value::Value;
use maker::{Maker, SETTINGS};
use pair::{Both, Pair, Words};
use run::{Difference, Player, shrink, text};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

/// The level of a server, for what is excused there only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Peer {
    Redis(u32, u32),
    Valkey,
}

/// What the README's list of differences excuses.
struct Excuse {
    why: &'static str,
    fits: fn(Peer, &Asked) -> bool,
}

/// A question and its answers.
struct Asked<'a> {
    words: &'a Words,
    answers: &'a Both<Value>,
}

impl Asked<'_> {
    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let mut words = self.words.iter();
            name.split(' ').all(|part| words.next().is_some_and(|word| word.eq_ignore_ascii_case(part.as_bytes())))
        })
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|other| other.eq_ignore_ascii_case(word.as_bytes()))
    }
}

fn is_8(peer: Peer) -> bool {
    matches!(peer, Peer::Redis(8.., _))
}

fn is_error(value: &Value) -> bool {
    matches!(value, Value::Error(_))
}

/// A value with its numbers as doubles.
fn shape_of_numbers(value: &Value) -> String {
    let text = value.text();
    match text.parse::<f64>() {
        Ok(number) => format!("{number:.9e}"),
        Err(_) if value.items().is_empty() => format!("{value:?}"),
        Err(_) => value.items().iter().map(shape_of_numbers).collect::<Vec<_>>().join(","),
    }
}

/// Commands with deadlines of fields: before 7.4 there are none, and Valkey has rules of its own.
const FIELDS: [&str; 12] = [
    "hexpire",
    "hpexpire",
    "hexpireat",
    "hpexpireat",
    "httl",
    "hpttl",
    "hexpiretime",
    "hpexpiretime",
    "hpersist",
    "hgetex",
    "hsetex",
    "hgetdel",
];

/// All that is excused. (What would leave other data behind is not sent at all: `run::Player::is_left_out` has those, with the reason beside each;
/// the README's list has the ones that are no chance.)
const EXCUSES: [Excuse; 11] = [
    Excuse {
        why: "other than 8.2: errors have other texts, and other mistakes are found first",
        fits: |peer, asked| !is_8(peer) && is_error(&asked.answers.ours) && is_error(&asked.answers.theirs),
    },
    Excuse {
        why: "before 7.2: no sets in listpacks; other than 8.2: which strings are embedded, what makes a skiplist",
        fits: |peer, asked| {
            let (ours, theirs) = (asked.answers.ours.text(), asked.answers.theirs.text());
            let is_known = matches!(
                (&*ours, &*theirs),
                ("raw", "embstr")
                    | ("listpack", "skiplist" | "hashtable")
                    | ("skiplist", "listpack")
                    | ("hashtable", "intset" | "listpack")
            );
            !is_8(peer) && asked.is(&["OBJECT ENCODING"]) && is_known
        },
    },
    Excuse {
        why: "other than 8.2: doubles with more or fewer digits",
        fits: |peer, asked| {
            !is_8(peer) && shape_of_numbers(&asked.answers.ours) == shape_of_numbers(&asked.answers.theirs)
        },
    },
    Excuse {
        why: "other than 8.2: a command or an option that only one of the two has",
        fits: |peer, asked| {
            let is_bits = asked.is(&["BITOP"]) && ["diff", "diff1", "andor", "one"].iter().any(|name| asked.has(name));
            let is_newer = asked.has("withscore") || asked.has("novalues") || asked.has("byte") || asked.has("bit");
            !is_8(peer) && (is_bits || is_newer)
        },
    },
    Excuse {
        why: "other than 8.2: a key that is missing, or a range that is empty, was seen before a mistake in the arguments, or behind it",
        fits: |peer, asked| {
            let is_nothing = |value: &Value| {
                matches!(value, Value::Null | Value::NullBulk | Value::NullArray)
                    || value.text() == "0"
                    || value.items().is_empty()
            };
            let (ours, theirs) = (&asked.answers.ours, &asked.answers.theirs);
            !is_8(peer) && (is_error(ours) && is_nothing(theirs) || is_nothing(ours) && is_error(theirs))
        },
    },
    Excuse {
        why: "Valkey: LIMIT with a negative offset begins at the beginning",
        fits: |peer, asked| {
            peer == Peer::Valkey && asked.has("limit") && asked.words.iter().any(|word| word.starts_with(b"-"))
        },
    },
    Excuse {
        why: "a list is called a listpack again as soon as its elements would fill half of one; Redis may go on calling it a quicklist",
        fits: |_, asked| {
            let (ours, theirs) = (asked.answers.ours.text(), asked.answers.theirs.text());
            asked.is(&["OBJECT ENCODING"]) && ours == "listpack" && theirs == "quicklist"
        },
    },
    Excuse {
        why: "places that are equally far away keep their order; Redis leaves more than six as its quicksort does",
        fits: |_, asked| {
            let places = |value: &Value| {
                let mut names: Vec<String> = value.items().iter().map(|place| format!("{place:?}")).collect();
                names.sort();
                names
            };
            let count = asked.answers.ours.items().len();
            asked.words[0].to_ascii_uppercase().starts_with(b"GEO")
                && (count > 6 && places(&asked.answers.ours) == places(&asked.answers.theirs)
                    || count > 0 && asked.has("count") && count == asked.answers.theirs.items().len())
        },
    },
    Excuse { why: "GEOSEARCH takes BYPOLYGON, as Valkey's", fits: |_, asked| asked.has("bypolygon") },
    Excuse { why: "SET takes IFEQ, as Valkey's", fits: |_, asked| asked.is(&["SET"]) && asked.has("ifeq") },
    Excuse {
        why: "HSETEX takes NX and XX, and ZSCAN NOSCORES, as Valkey's",
        fits: |_, asked| {
            asked.is(&["HSETEX"]) && (asked.has("nx") || asked.has("xx"))
                || asked.is(&["ZSCAN"]) && asked.has("noscores")
        },
    },
];

/// A number from the environment.
fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The seeds to be played: a few unless more are asked for.
fn seeds(few: u64) -> std::ops::Range<u64> {
    let first = number_of("DIFFER_FROM").unwrap_or(0);
    first..first + number_of("DIFFER").unwrap_or(few)
}

fn protocol(seed: u64) -> u8 {
    if seed.is_multiple_of(2) { 2 } else { 3 }
}

/// What was found so far, by kind.
#[derive(Default)]
struct Found {
    kinds: BTreeSet<String>,
    count: usize,
}

impl Found {
    fn is_enough(&self) -> bool {
        self.count >= number_of("DIFFER_MOST").unwrap_or(10) as usize // a small number
    }

    /// Prints the fewest steps that show a difference.
    fn add<T: std::fmt::Display>(&mut self, seed: u64, steps: &[T], difference: &Difference) {
        let mut rows: Vec<String> = steps.iter().map(ToString::to_string).collect();
        rows.extend(difference.rows());
        eprintln!("seed {seed}, RESP{}:\n{}\n", protocol(seed), rows.join("\n"));
        self.kinds.insert(difference.kind());
        self.count += 1;
    }
}

/// A server to compare with, and what it is.
struct Reference {
    program: PathBuf,
    peer: Peer,
    known: Rc<Vec<Json>>,
    settings: Vec<&'static str>,
}

fn open() -> Option<Reference> {
    let Some(program) = reference() else {
        eprintln!("skipped: REFERENCE names no server");
        return None;
    };
    let probe = Server::start(&program, &[]);
    let version = probe.redis_version();
    let is_valkey = !probe.version("valkey_version").is_empty();
    let peer = if is_valkey { Peer::Valkey } else { Peer::Redis(version[0], version[1]) };
    let has = |name: &str| probe.ask(&format!("CONFIG GET {name}")).starts_with("*2");
    let settings = SETTINGS.iter().map(|(name, ..)| *name).filter(|name| has(name)).collect();
    let mut known = maker::known(&probe);
    let is_name = |row: &Json, names: &[&str]| row["name"].as_str().is_some_and(|name| names.contains(&name));
    // With others than 8.2 these would leave other data behind, or answer with what is nowhere the same.
    known.retain(|row| {
        is_8(peer)
            || !is_name(row, &FIELDS)
                && !is_name(
                    row,
                    &["bitop", "sort", "sort_ro", "lset", "scan", "hscan", "sscan", "zscan", "object|refcount"],
                )
    });
    let known = Rc::new(known);
    Some(Reference { program, peer, known, settings })
}

#[test]
fn both_answer_alike() {
    let Some(reference) = open() else { return };
    let peer = reference.peer;
    let excused = move |words: &Words, answers: &Both<Value>| {
        EXCUSES.iter().any(|excuse| (excuse.fits)(peer, &Asked { words, answers }))
    };
    let mut player = Player {
        pair: Pair::new(&reference.program),
        excused: &excused,
        has_our_digest: peer != Peer::Redis(7, 0),
        has_our_fields: is_8(peer),
        settings: reference.settings.clone(),
        sent: 0,
        answered: BTreeSet::new(),
    };
    let mut found = Found::default();
    for seed in seeds(20) {
        let commands = Maker::new(seed, reference.known.clone(), reference.settings.clone(), !is_8(peer)).commands(200);
        let Some(difference) = player.play(protocol(seed), &commands) else { continue };
        if !found.kinds.insert(difference.kind()) {
            continue;
        }
        let (commands, difference) = player.shrink(protocol(seed), commands, difference);
        let lines: Vec<String> = commands.iter().map(|words| format!("> {}", text(words))).collect();
        found.add(seed, &lines, &difference);
        if found.is_enough() {
            break;
        }
    }
    let names: Vec<&str> = player.answered.iter().map(String::as_str).collect();
    eprintln!(
        "{} commands sent to each; answered without an error: {} ({})",
        player.sent,
        names.len(),
        names.join(" ")
    );
    for excuse in &EXCUSES {
        eprintln!("excused: {}", excuse.why);
    }
    assert_eq!(found.count, 0, "differences");
}

#[test]
fn both_serve_a_crowd_alike() {
    let Some(reference) = open() else { return };
    if !is_8(reference.peer) {
        return eprintln!("skipped: others have other rules for who waits for several keys, and inside MULTI");
    }
    let mut pair = Pair::new(&reference.program);
    let mut found = Found::default();
    for seed in seeds(20) {
        let steps = crowd::steps(seed, 150);
        let Some(difference) = crowd::play(&mut pair, protocol(seed), &steps) else { continue };
        if !found.kinds.insert(difference.kind()) {
            continue;
        }
        let (steps, difference) = shrink(steps, difference, |fewer| crowd::play(&mut pair, protocol(seed), fewer));
        found.add(seed, &steps, &difference);
        if found.is_enough() {
            break;
        }
    }
    assert_eq!(found.count, 0, "differences");
}
