//! Redoxide: a Redis-compatible server with one event loop and a keyspace that can be copied in microseconds.
//!
//! The floor plan. A folder imports only folders above it (`tests/house` checks that):
//!
//! ```text
//! base      what std lacks: numbers, glob, clock, dice, prefetch, allocator, helper threads
//! config    redis.conf and CONFIG: one row per directive
//! resp      bytes <-> requests and replies
//! store     data structures; they know no client, clock, event or configuration
//! keyspace  keys with a life: databases, changes, expiry, digest
//! persist   files and their threads
//! server    what a command means to the whole server: dispatch, call, settle, clients
//! commands  rows and handlers, one file per group
//! net       sockets: the turn, connections, listeners, signals
//! ```
//!
//! A request takes eight hops: `net` turn -> `resp` parse -> prefetch -> dispatch -> call -> handler -> settle -> flush.

pub mod base;
pub mod commands;
pub mod config;
pub mod keyspace;
pub mod net;
pub mod persist;
pub mod resp;
pub mod server;
pub mod store;

#[global_allocator]
static ALLOCATOR: base::alloc::Counting = base::alloc::Counting;
