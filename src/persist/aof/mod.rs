//! The append-only file: Redis 7's directory of parts, with the same names, so that either server starts from the other's.
//!
//! ```text
//! appendonlydir/
//!   appendonly.aof.manifest        names the parts in order
//!   appendonly.aof.2.base.rdb      everything up to the last rewrite: RDB, or commands (.aof)
//!   appendonly.aof.5.incr.aof      what was written since, in RESP
//!   appendonly.aof.journal         ours alone: what came while that was not yet written (see `journal`)
//! ```

pub mod journal;
pub mod manifest;
pub mod read;
pub mod rewrite;
