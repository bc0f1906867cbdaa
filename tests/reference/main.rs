//! The server against facts that were read from a running Redis 8.2: commands, configuration, INFO, errors.
//!
//! Every test looks at what this server has so far and compares that; what is not there yet is no mistake. What
//! differs on purpose is in the lists at the top of each file, and nowhere else. With `REFERENCE` these tests run on that server, if it is an 8.2: which tests the tests.

#[path = "../harness/mod.rs"]
mod harness;

mod commands;
mod config;
mod errors;
mod info;
mod memory;
mod rows;
mod syntax;

use harness::client::Client;
use harness::server::Server;
use serde_json::Value as Json;

/// The server to be looked at, and a RESP3 connection to it. Nothing if the reference is not the one the facts are from.
fn connect() -> Option<(Server, Client)> {
    connect_with(&[])
}

/// The same with more arguments for the server.
fn connect_with(arguments: &[&str]) -> Option<(Server, Client)> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let reference = harness::run::reference();
    let is_reference = reference.is_some();
    let server = Server::start(&reference.unwrap_or_else(harness::run::own_server), &arguments);
    if is_reference && !server.redis_version().starts_with(&[8, 2]) {
        return None;
    }
    let mut client = Client::new(&server);
    client.ask(&["HELLO", "3"]);
    Some((server, client))
}

/// Reads one of the files beside this one.
fn facts(text: &str) -> Json {
    serde_json::from_str(text).expect("the facts are JSON")
}

/// Fails with all that was found.
#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
