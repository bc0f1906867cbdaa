//! The data structures. They know no client, clock, event or configuration: limits come as plain values.
//!
//! ```text
//!     table ── root ── nodes ── pages ── entries      a key's path: four counted pointers, each node shared with
//!              (directory)                            frozen copies until it is written to
//! ```

pub mod bits;
pub mod collection;
pub mod entry;
pub mod geo;
pub mod hasher;
pub mod hyperloglog;
pub mod intset;
pub mod lcs;
pub mod list;
pub mod members;
pub mod object;
pub mod packed;
pub mod sorted_set;
pub mod table;
pub mod tree;
pub mod wheel;

mod directory;
mod page;
