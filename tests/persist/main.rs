//! What outlives the process: snapshots, the append-only file, crashes.

mod data;
mod disk;
mod snapshot;
