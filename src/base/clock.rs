//! The time of day and the time that only moves forward, as a value.
//!
//! The server reads its clock once per turn and passes the result on, so that whatever one turn does happens at one
//! moment. A manual clock stands still until somebody moves it: with it, tests of expiry and timeouts need no sleep.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, as deadlines of keys count them. May jump when the machine's clock is set.
pub type UnixMillis = i64;

/// Where the time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clocks.
    System {
        /// The zero of [`Clock::monotonic_us`].
        start: Instant,
    },
    /// A clock moved by hand.
    Manual {
        /// The time of day, in microseconds since 1970.
        unix_us: i64,
        /// Microseconds since the clock was made.
        monotonic_us: u64,
    },
}

impl Clock {
    /// The machine's clocks; the monotonic one starts at zero now.
    pub fn system() -> Clock {
        Clock::System { start: Instant::now() }
    }

    /// A clock that stands at `unix_ms` until it is moved.
    pub fn manual(unix_ms: UnixMillis) -> Clock {
        Clock::Manual { unix_us: unix_ms * 1000, monotonic_us: 0 }
    }

    /// The time of day in microseconds since 1970.
    pub fn unix_us(&self) -> i64 {
        match self {
            Clock::System { .. } => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
                // A machine whose clock stands before 1970: everything counts from there.
                Err(_) => 0,
            },
            Clock::Manual { unix_us, .. } => *unix_us,
        }
    }

    /// Microseconds that have passed since the clock was made. Never goes back.
    pub fn monotonic_us(&self) -> u64 {
        match self {
            Clock::System { start } => start.elapsed().as_micros() as u64, // 584,000 years fit
            Clock::Manual { monotonic_us, .. } => *monotonic_us,
        }
    }

    /// Moves a manual clock on; the machine's clock is left alone.
    pub fn advance_ms(&mut self, ms: u64) {
        if let Clock::Manual { unix_us, monotonic_us } = self {
            *unix_us += ms as i64 * 1000;
            *monotonic_us += ms * 1000;
        }
    }
}
