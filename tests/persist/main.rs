//! What outlives the process: snapshots, the append-only file, crashes.

#[path = "../harness/mod.rs"]
mod harness;

mod aof;
mod crash;
mod data;
mod files;
mod journal;
mod peers;
mod rdb;
mod slow;
mod snapshot;
mod tool;

use harness::disk;
