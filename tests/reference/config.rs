//! CONFIG: defaults of all directives that exist, and what they refuse.

use crate::harness::client::Client;
use crate::harness::value::Value;
use crate::{connect, connect_with, facts, none};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Directives that Redis does not have.
const ADDED: &[&str] = &["aof-journal", "rdb-version", "snapshot-format"];

/// Directives whose value comes from the command line of these tests, or from the machine.
const GIVEN: &[&str] = &["bind", "dir", "enable-debug-command", "port", "save"];

/// Defaults that differ on purpose.
const DIFFERENT: &[&str] = &[];

/// Refusals that are not tried: the reference accepts or refuses by what the machine has.
const BY_MACHINE: &[&str] = &["bind", "dir", "port", "locale-collate"];

#[test]
fn directives_have_the_defaults_of_the_reference() {
    let Some((_server, mut client)) = connect() else { return };
    let facts = facts(include_str!("config.json"));
    let reply = client.ask(&["CONFIG", "GET", "*"]);
    assert!(!reply.items().is_empty(), "CONFIG GET lists nothing: {reply:?}");
    let mut found = Vec::new();
    for pair in reply.items().chunks(2) {
        let (name, value) = (pair[0].text(), pair[1].text());
        if GIVEN.contains(&&*name) || ADDED.contains(&&*name) || DIFFERENT.contains(&&*name) {
            continue;
        }
        match facts[&name]["default"].as_str() {
            None => found.push(format!("{name}: the reference has no such directive")),
            Some(default) if default != value => found.push(format!("{name}: is {value:?}, should be {default:?}")),
            Some(_) => {}
        }
    }
    let names: Vec<String> = reply.items().chunks(2).map(|pair| pair[0].text()).collect();
    let missing = facts.as_object().into_iter().flatten().filter(|(name, _)| !names.contains(name));
    found.extend(missing.map(|(name, _)| format!("{name}: is not there")));
    none(&found);
}

#[test]
fn directives_refuse_what_the_reference_refuses() {
    let Some((_server, mut client)) = connect() else { return };
    let facts = facts(include_str!("config.json"));
    let mut found = Vec::new();
    let reply = client.ask(&["CONFIG", "GET", "*"]);
    for name in reply.items().chunks(2).map(|pair| pair[0].text()) {
        let fact = &facts[&name];
        let rejects = fact["rejects"].as_object().into_iter().flatten();
        if BY_MACHINE.contains(&&*name) {
            continue;
        }
        for (value, text) in rejects {
            let text = match fact["runtime"].as_str() {
                Some("mutable") => text.as_str().unwrap_or(""),
                _ => "can't set immutable config",
            };
            let expected = format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {text}");
            let answer = client.ask(&["CONFIG", "SET", &name, value]);
            if answer != Value::Error(expected.clone().into_bytes()) {
                found.push(format!("{name} {value}: {}\n    should be: {expected}", answer.text()));
            }
        }
    }
    none(&found);
}

/// As much of a file as CONFIG REWRITE would write if nothing but defaults were worth a line.
fn file_of_defaults() -> String {
    let facts = facts(include_str!("config.json"));
    let mut text = String::new();
    for (name, fact) in facts.as_object().into_iter().flatten() {
        // A folder of the machine, where the server is, and the one directive that cannot say that it says nothing.
        if matches!(&**name, "dir" | "bind" | "port" | "replicaof" | "slaveof") {
            continue;
        }
        let default = fact["default"].as_str().unwrap_or_default();
        let quote = if fact["kind"] == "special" && !default.is_empty() { "" } else { "\"" };
        let _ = writeln!(text, "{name} {quote}{default}{quote}");
    }
    text
}

#[test]
fn a_file_of_the_references_defaults_starts_the_server() {
    let Some((_server, mut client)) = connect() else { return };
    let all = |client: &mut Client| {
        let reply = client.ask(&["CONFIG", "GET", "*"]);
        let pairs = reply.items().chunks(2).map(|pair| (pair[0].text(), pair[1].text()));
        pairs.collect::<BTreeMap<_, _>>()
    };
    let without = all(&mut client);
    let folder = std::env::temp_dir().join(format!("redoxide-defaults-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join("defaults.conf");
    let text = file_of_defaults();
    assert!(text.lines().count() > 190, "{text}");
    std::fs::write(&file, text).expect("a file can be written");
    let (server, mut client) = connect_with(&["--include", &file.to_string_lossy()]).expect("it starts");
    let with_file = all(&mut client);
    let log = server.log();
    assert!(!log.contains("no effect"), "{log}");
    let names = with_file.keys().chain(without.keys()).filter(|name| !GIVEN.contains(&&***name));
    let differs = names.filter(|&name| with_file.get(name) != without.get(name));
    none(&differs.map(|name| format!("{name} {:?}, {:?}", with_file.get(name), without.get(name))).collect::<Vec<_>>());
    std::fs::remove_dir_all(&folder).expect("our own folder");
}
