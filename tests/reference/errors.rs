//! Errors: some thousand mistakes, and what the reference says to them.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::harness::client::Client;
use crate::harness::quote::words;
use crate::harness::server::Server;
use crate::harness::value::Value;
use crate::{connect_with, facts, none};

/// Cases in which the answer differs on purpose.
const DIFFERENT: &[&str] = &[
    // What Valkey has: the sessions of these commands pin its answers.
    "commandlog-type",
    "delifeq-wrongtype",
    "msetex-badcount",
    "msetex-notint",
    "msetex-zero",
    "set-ifeq",
];

#[test]
fn mistakes_are_answered_as_by_the_reference() {
    // As a server is by default: the harness allows DEBUG.
    let Some((server, mut client)) = connect_with(&["--enable-debug-command", "no"]) else { return };
    let reference = names(&facts(include_str!("commands.json")));
    let listed = client.ask(&["COMMAND", "LIST"]);
    let ours: HashSet<String> = listed.items().iter().map(Value::text).collect();
    assert!(!ours.is_empty(), "COMMAND LIST lists nothing: {listed:?}");
    let cases = facts(include_str!("errors.json"));
    let (mut found, mut tried) = (Vec::new(), 0);
    for case in cases.as_array().into_iter().flatten() {
        // A command that no server has is a mistake; one that is not there yet tells nothing.
        let is_known = |line: &str| {
            let line = line.to_lowercase();
            let mut words = line.split(' ');
            let name = words.next().unwrap_or("");
            let full_name = format!("{name}|{}", words.next().unwrap_or(""));
            [name, &full_name].iter().all(|&name| ours.contains(name) || !reference.contains(name))
        };
        let lines = case["setup"].as_array().into_iter().flatten().chain([&case["command"]]);
        let is_possible = lines.filter_map(Json::as_str).all(is_known) && has_its_directive(case, &mut client);
        if is_possible && !DIFFERENT.contains(&case["case"].as_str().unwrap_or("")) {
            tried += 1;
            found.extend(difference(case, &server, &mut client));
        }
    }
    println!("{tried} cases were tried");
    none(&found);
}

/// Whether a case of CONFIG SET is about a directive that exists here.
fn has_its_directive(case: &Json, client: &mut Client) -> bool {
    let command = case["command"].as_str().unwrap_or("").to_lowercase();
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["config", "set", name, _] => {
            let known = facts(include_str!("config.json"));
            known[name].is_null() || !client.ask(&["CONFIG", "GET", name]).items().is_empty()
        }
        _ => true,
    }
}

/// Runs a case in an empty keyspace, on a connection of its own.
fn difference(case: &Json, server: &Server, client: &mut Client) -> Option<String> {
    client.ask(&["FLUSHALL"]);
    client.ask(&["FUNCTION", "FLUSH"]);
    let mut own = Client::new(server);
    let mut ask = |line: &Json| own.ask_bytes(&words(line.as_str().unwrap_or("")).expect("facts are quoted"));
    for line in case["setup"].as_array().into_iter().flatten() {
        ask(line);
    }
    let answer = ask(&case["command"]);
    let expected = case["text"].as_str().unwrap_or("");
    let is_equal = matches!(&answer, Value::Error(text) if text == expected.as_bytes());
    (!is_equal).then(|| {
        let (name, command) = (&case["case"], &case["command"]);
        format!("{name}: {command}\n    answered:  {}\n    should be: {expected}", answer.text())
    })
}

/// The names of all commands and subcommands.
fn names(commands: &Json) -> HashSet<String> {
    let commands = commands.as_array().into_iter().flatten();
    let subcommands = commands.clone().flat_map(|command| command["subcommands"].as_array().into_iter().flatten());
    commands.chain(subcommands).filter_map(|command| command["name"].as_str().map(str::to_string)).collect()
}
