//! How long something took, read often: the processor's time stamp counter, checked against the kernel's clock.
//!
//! A reading costs some ten nanoseconds and no system call. The counter's rate is measured against the monotonic clock
//! when the stopwatch is made and refined whenever somebody calls [`Stopwatch::refine`], so a start costs no wait.
//! Where the counter does not run at a constant rate, and on other processors, the kernel's clock is read instead.
#![allow(unsafe_code)]

use std::time::Instant;

/// Measures durations. Ticks are only meaningful to the stopwatch that gave them.
#[derive(Debug)]
pub struct Stopwatch {
    source: Source,
    /// Nanoseconds per tick, times 2^32.
    scale: u64,
    start: Instant,
    start_ticks: u64,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Counter,
    Kernel,
    /// Each reading is a step further: durations that a simulation can foretell.
    Steps,
}

impl Stopwatch {
    /// A stopwatch on the machine's counter.
    pub fn new() -> Stopwatch {
        let source = if counter_is_constant() { Source::Counter } else { Source::Kernel };
        let mut watch = Stopwatch { source, scale: 1 << 32, start: Instant::now(), start_ticks: 0 };
        watch.start_ticks = watch.ticks();
        // A first rate from a very short look; `refine` makes it exact within the first seconds.
        while watch.start.elapsed().as_micros() < 100 {
            std::hint::spin_loop();
        }
        watch.refine();
        watch
    }

    /// A stopwatch that never moves, for simulations.
    pub fn still() -> Stopwatch {
        Stopwatch { source: Source::Steps, scale: 0, start: Instant::now(), start_ticks: 0 }
    }

    /// The counter as it stands.
    #[inline]
    pub fn ticks(&self) -> u64 {
        match self.source {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: RDTSC exists on every x86-64 processor and only reads a register.
            Source::Counter => unsafe { core::arch::x86_64::_rdtsc() },
            #[cfg(not(target_arch = "x86_64"))]
            Source::Counter => self.start.elapsed().as_nanos() as u64,
            Source::Kernel => self.start.elapsed().as_nanos() as u64,
            Source::Steps => 0,
        }
    }

    /// Ticks as nanoseconds.
    #[inline]
    pub fn ns(&self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.scale)) >> 32) as u64
    }

    /// How many ticks pass in so many nanoseconds.
    pub fn ticks_in_ns(&self, ns: u64) -> u64 {
        if self.scale == 0 { u64::MAX } else { ((u128::from(ns) << 32) / u128::from(self.scale)) as u64 }
    }

    /// Measures the counter's rate over all the time since the start.
    pub fn refine(&mut self) {
        if let Source::Counter = self.source {
            let (ns, ticks) = (self.start.elapsed().as_nanos(), self.ticks().wrapping_sub(self.start_ticks));
            if ticks > 0 {
                self.scale = ((ns << 32) / u128::from(ticks)) as u64;
            }
        }
    }
}

impl Default for Stopwatch {
    fn default() -> Stopwatch {
        Stopwatch::new()
    }
}

/// Whether the counter runs at one rate whatever the processor does (`CPUID.80000007H:EDX[8]`).
fn counter_is_constant() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::__cpuid;
        __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_kernels_clock() {
        let mut watch = Stopwatch::new();
        let (kernel, ticks) = (Instant::now(), watch.ticks());
        while kernel.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        let (took, expected) = (watch.ticks() - ticks, kernel.elapsed().as_nanos() as u64);
        watch.refine();
        let measured = watch.ns(took);
        assert!(measured.abs_diff(expected) < expected / 10, "{measured} ns against {expected}");
    }
}
