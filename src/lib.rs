//! Redoxide: a Redis-compatible server with one event loop and a keyspace that can be copied in microseconds.
//!
//! The floor plan. A folder imports only folders above it (`tests/house` checks that):
//!
//! ```text
//! base      what std lacks: numbers, glob, clock, dice, prefetch, allocator, helper threads
//! resp      bytes <-> requests and replies
//! store     data structures; they know no client, clock, event or configuration
//! ```

pub mod base;
pub mod resp;
pub mod store;

#[global_allocator]
static ALLOCATOR: base::alloc::Counting = base::alloc::Counting;
