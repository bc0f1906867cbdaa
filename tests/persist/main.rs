//! Files: those that real servers wrote are read, and those that we write are loaded by real servers.

#[path = "../harness/mod.rs"]
mod harness;

mod rdb;
