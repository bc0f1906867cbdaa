//! CONFIG: defaults of all directives that exist, and what they refuse.

use crate::harness::value::Value;
use crate::{connect, facts, none};

/// Directives that Redis does not have.
const ADDED: &[&str] = &["rdb-version", "snapshot-format"];

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
