//! What the standard library lacks. Knows nothing of Redis's data or of clients; imports only `std` and small crates.

pub mod ahead;
pub mod alloc;
pub mod buffer;
pub mod clock;
pub mod crash;
pub mod dice;
pub mod extended;
pub mod glob;
pub mod helper;
pub mod logging;
pub mod lzf;
pub mod machine;
pub mod mapped;
pub mod number;
pub mod pieces;
pub mod prefetch;
pub mod rare;
pub mod simd;
pub mod stopwatch;
pub mod words;
