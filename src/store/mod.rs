//! The data structures. They know no client, clock, event or configuration: limits come as plain values.
//!
//! ```text
//!     table ── root ── nodes ── pages ── entries      a key's path: four counted pointers, each node shared with
//!              (directory)                            frozen copies until it is written to
//! ```

pub mod bits;
pub mod entry;
pub mod hasher;
pub mod hyperloglog;
pub mod lcs;
pub mod object;
pub mod packed;
pub mod table;

mod directory;
mod page;
