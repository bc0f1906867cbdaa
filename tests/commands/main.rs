//! Sessions for every command; the files mirror `src/commands`.

#![allow(clippy::needless_raw_string_hashes, reason = "sessions look alike, with quotes in them or without")]

#[path = "../harness/mod.rs"]
mod harness;

mod acl;
mod bitmap;
mod client;
mod config;
mod connection;
mod debug;
mod dump;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod latency;
mod list;
mod memory;
mod monitor;
mod notify;
mod persistence;
mod pubsub;
mod replication;
mod server;
mod set;
mod slowlog;
mod sort;
mod sorted_set;
mod string;
mod tracking;
mod transactions;
mod walk;
