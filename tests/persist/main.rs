//! What outlives the process: snapshots, the append-only file, crashes.

mod aof;
mod data;
#[path = "../harness/disk.rs"]
mod disk;
mod snapshot;
