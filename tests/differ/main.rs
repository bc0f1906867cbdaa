//! The same random commands to our server and to a real one: every answer must be the same, byte for byte, and so must the data.
//!
//! ```text
//! seed -> commands -> ours, theirs: answers alike? encodings of all keys alike? now and then: all data alike?
//!                  -> the fewest commands that still differ, as one types them into redis-cli
//! ```
//!
//! `REFERENCE` names the real server; without it nothing is done. `DIFFER=1000` plays so many seeds (a few without it), `DIFFER_FROM=5000` begins
//! there; one seed in two speaks RESP3. What is chance (the order in tables, what SPOP draws, cursors) is compared as far as it is none: see `run.rs`.

#[path = "../harness/mod.rs"]
mod harness;

mod maker;
mod pair;
mod run;

use harness::run::reference;
use harness::server::Server;
use harness::value::Value;
use maker::{Maker, SETTINGS};
use pair::{Both, Pair, Words};
use run::{Player, text};
use std::collections::{BTreeMap, BTreeSet};
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

/// All that is excused.
const EXCUSES: [Excuse; 5] = [
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
            asked.words[0].to_ascii_uppercase().starts_with(b"GEO")
                && asked.answers.ours.items().len() > 6
                && (places(&asked.answers.ours) == places(&asked.answers.theirs)
                    || asked.has("count") && asked.answers.ours.items().len() == asked.answers.theirs.items().len())
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

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn both_answer_alike() {
    let Some(program) = reference() else {
        return eprintln!("skipped: REFERENCE names no server");
    };
    let probe = Server::start(&program, &[]);
    let version = probe.redis_version();
    let peer =
        if probe.version("valkey_version").is_empty() { Peer::Redis(version[0], version[1]) } else { Peer::Valkey };
    let known = Rc::new(maker::known(&probe));
    let settings = SETTINGS
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| probe.ask(&format!("CONFIG GET {name}")).starts_with("*2"))
        .collect();
    drop(probe);

    let excused = move |words: &Words, answers: &Both<Value>| {
        EXCUSES.iter().any(|excuse| (excuse.fits)(peer, &Asked { words, answers }))
    };
    let mut player = Player {
        pair: Pair::new(&program),
        excused: &excused,
        has_our_digest: peer == Peer::Valkey || version >= vec![7, 2],
        settings,
        sent: 0,
        answered: BTreeSet::new(),
    };
    let first = asked("DIFFER_FROM").unwrap_or(0);
    let seeds = asked("DIFFER").unwrap_or(20);
    let most = asked("DIFFER_MOST").unwrap_or(10) as usize; // a small number
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for seed in first..first + seeds {
        let protocol = if seed % 2 == 0 { 2 } else { 3 };
        let commands = Maker::new(seed, known.clone()).commands(200);
        let Some(difference) = player.play(protocol, &commands) else { continue };
        if found.contains_key(&difference.kind()) {
            continue;
        }
        let first_kind = difference.kind();
        let (commands, difference) = player.shrink(protocol, commands, difference);
        let mut rows = vec![format!("seed {seed}, RESP{protocol}:")];
        rows.extend(commands.iter().map(|words| format!("> {}", text(words))));
        rows.extend(difference.rows());
        let report = rows.join("\n");
        eprintln!("{report}\n");
        found.insert(first_kind, report.clone());
        found.insert(difference.kind(), report);
        if found.len() >= most * 2 {
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
    assert!(found.is_empty(), "{} differences", found.values().collect::<BTreeSet<_>>().len());
}
