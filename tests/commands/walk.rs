//! Walks the rows of all commands: each must occur in a session, and each option of its syntax in one where it is
//! not answered by an error.

use std::collections::HashMap;
use std::path::Path;

use redoxide::server::command::Command;

use crate::harness::quote::words;
use crate::harness::script::{Action, Script};

/// Options that no session can hold without an error.
const REFUSED: &[(&str, &str)] = &[
    // There is no shutdown that waits for anything yet, and nothing that is saved.
    ("SHUTDOWN", "SAVE"),
    ("SHUTDOWN", "ABORT"),
    // There are no replicas, no cluster and no modules.
    ("SHUTDOWN", "FAILOVER"),
    ("CLUSTER|FAILOVER", "FORCE"),
    ("CLUSTER|FAILOVER", "TAKEOVER"),
    ("CLUSTER|RESET", "HARD"),
    ("CLUSTER|RESET", "SOFT"),
    ("CLUSTER|SETSLOT", "IMPORTING"),
    ("CLUSTER|SETSLOT", "MIGRATING"),
    ("CLUSTER|SETSLOT", "NODE"),
    ("CLUSTER|SETSLOT", "STABLE"),
    ("CLUSTER|SLOT-STATS", "SLOTSRANGE"),
    ("CLUSTER|SLOT-STATS", "ORDERBY"),
    ("CLUSTER|SLOT-STATS", "LIMIT"),
    ("CLUSTER|SLOT-STATS", "ASC"),
    ("CLUSTER|SLOT-STATS", "DESC"),
    ("MODULE|LOADEX", "CONFIG"),
    ("MODULE|LOADEX", "ARGS"),
    ("FAILOVER", "TO"),
    ("FAILOVER", "FORCE"),
    ("FAILOVER", "ABORT"),
    ("FAILOVER", "TIMEOUT"),
];

/// The words in upper case that followed each command or `command|subcommand` and were not answered by an error.
type Used = HashMap<String, Vec<String>>;

#[test]
fn every_command_and_every_option_occurs_in_a_session() {
    let used = used();
    let mut missing = Vec::new();
    for row in redoxide::commands::table().iter().flat_map(|family| family.commands) {
        walk(row, &row.name.to_uppercase(), &used, &mut missing);
    }
    assert!(missing.is_empty(), "no session has:\n{}", missing.join("\n"));
}

/// Looks for a row, its options and the rows below it.
fn walk(row: &Command, name: &str, used: &Used, missing: &mut Vec<String>) {
    for sub in row.subcommands {
        walk(sub, &format!("{name}|{}", sub.name.to_uppercase()), used, missing);
    }
    if row.handler.is_none() {
        return;
    }
    let Some(words) = used.get(name) else {
        missing.push(format!("> {}", name.replace('|', " ")));
        return;
    };
    for option in options(row.syntax) {
        if !words.contains(&option) && !REFUSED.contains(&(name, &option)) {
            missing.push(format!("> {} ... {option}", name.replace('|', " ")));
        }
    }
}

/// The words of a syntax line that stand for themselves: those in upper case.
fn options(syntax: &str) -> impl Iterator<Item = String> {
    let words = syntax.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.:@".contains(c));
    let is_option = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && !word.contains(|c: char| c.is_ascii_lowercase())
    };
    // The version that brought it may stand behind it: `GET@6.2.0`.
    words.filter(is_option).map(|word| word.split('@').next().unwrap_or(word).to_string())
}

/// Reads all sessions beside this file.
fn used() -> Used {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands");
    let mut used = Used::new();
    for entry in std::fs::read_dir(folder).expect("the sessions are here") {
        let path = entry.expect("the sessions are here").path();
        let source = std::fs::read_to_string(path).expect("a source file is text");
        for session in source.split("r#\"").skip(1).filter_map(|rest| rest.split_once("\"#")) {
            // What is no session (there is none today, but in this file) has no steps either.
            if let Ok(script) = Script::parse(session.0) {
                note(&script, &mut used);
            }
        }
    }
    used
}

/// Notes what a session uses.
fn note(script: &Script, used: &mut Used) {
    for step in &script.steps {
        let Action::Send { line, .. } = &step.action else { continue };
        let is_error = step.expected.first().is_some_and(|row| row.starts_with("(error)"));
        let words = words(line).unwrap_or_default();
        let words: Vec<String> = words.iter().map(|word| String::from_utf8_lossy(word).to_uppercase()).collect();
        let Some((name, rest)) = words.split_first() else { continue };
        let mut names = vec![name.clone()];
        names.extend(rest.first().map(|sub| format!("{name}|{sub}")));
        for name in names {
            let noted = used.entry(name).or_default();
            if !is_error {
                noted.extend(rest.iter().cloned());
            }
        }
    }
}

/// The walk itself sees what is missing.
#[test]
fn the_walk_sees_what_is_missing() {
    let found: Vec<_> =
        options("key [<condition: NX | XX>] [GET@6.2.0] [LIB-NAME name] [<x: EX seconds | KEEPTTL>]").collect();
    assert_eq!(found, ["NX", "XX", "GET", "LIB-NAME", "EX", "KEEPTTL"]);
    let script = Script::parse("> SET k v NX\nOK\n> SET k v XX\n(error) ERR\n> CONFIG GET a\n1) b").expect("a session");
    let mut used = Used::new();
    note(&script, &mut used);
    assert!(used["SET"].contains(&"NX".to_string()) && !used["SET"].contains(&"XX".to_string()));
    assert!(used.contains_key("CONFIG|GET"));
}
