//! What the standard library lacks. Knows nothing of Redis's data or of clients; imports only `std` and small crates.

pub mod alloc;
pub mod buffer;
pub mod prefetch;
