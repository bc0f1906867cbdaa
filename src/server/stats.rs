//! What INFO counts about the server as a whole.

use std::collections::BTreeMap;

/// Counted since the start or the last CONFIG RESETSTAT.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Connections accepted.
    pub connections: u64,
    /// Connections refused because there were `maxclients` already.
    pub rejected_connections: u64,
    /// Commands run.
    pub commands: u64,
    /// Bytes read from clients.
    pub bytes_in: u64,
    /// Bytes written to clients.
    pub bytes_out: u64,
    /// Reads from sockets.
    pub reads: u64,
    /// Writes to sockets.
    pub writes: u64,
    /// Error replies in all.
    pub errors: u64,
    /// Error replies by their code.
    pub error_codes: BTreeMap<Box<[u8]>, u64>,
    /// Turns of the event loop.
    pub turns: u64,
    /// The same in microseconds, waiting left out.
    pub turns_us: u64,
    /// The longest turn, microseconds.
    pub turn_us_max: u64,
    /// The most commands of one turn, and how many there were before this one.
    pub turn_commands: (u64, u64),
    /// Time spent on the regular work, in ticks of the server's stopwatch.
    pub cron_ticks: u64,
    /// Connections closed because their query buffer grew too big.
    pub query_limit_closes: u64,
    /// Connections closed because their output grew too big.
    pub output_limit_closes: u64,
    /// Connections closed because all clients together took too much memory.
    pub evicted_clients: u64,
    /// The most input that was waiting at one client lately.
    pub recent_max_input: usize,
    /// The most output that was waiting at one client lately.
    pub recent_max_output: usize,
    /// Refusals by reason, in the order of [`crate::server::acl::log::Reason`].
    pub refusals: [u64; 4],
    /// Rates over the last samples.
    pub rates: Rates,
}

/// How many different codes are counted; a client could make up any number.
const CODES_MAX: usize = 128;

impl Stats {
    /// Counts a turn of the event loop that took so long.
    #[inline]
    pub fn note_turn(&mut self, us: u64) {
        self.turns += 1;
        self.turns_us += us;
        self.turn_us_max = self.turn_us_max.max(us);
        let (most, before) = self.turn_commands;
        self.turn_commands = (most.max(self.commands.saturating_sub(before)), self.commands);
    }

    /// Counts an error reply by its first word.
    #[cold]
    pub fn count_error(&mut self, text: &[u8]) {
        self.errors += 1;
        let code = text.split(|&b| b == b' ').next().unwrap_or(text);
        if let Some(n) = self.error_codes.get_mut(code) {
            *n += 1;
        } else if self.error_codes.len() < CODES_MAX {
            self.error_codes.insert(code.into(), 1);
        }
    }
}

/// Operations and bytes per second over the last sixteen samples of a tenth of a second, as Redis's `instantaneous_*`.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    samples: [[u64; 5]; 16],
    next: usize,
    last: Option<(u64, [u64; 5])>,
}

impl Rates {
    /// Takes the counters (commands, bytes in, bytes out, turns, their microseconds) as they stand at `now_us` of the monotonic clock.
    pub fn sample(&mut self, now_us: u64, counters: [u64; 5]) {
        if let Some((then_us, before)) = self.last {
            let passed = now_us.saturating_sub(then_us);
            if passed < 100_000 {
                return;
            }
            for (i, counter) in counters.iter().enumerate() {
                self.samples[self.next][i] = counter.saturating_sub(before[i]) * 1_000_000 / passed;
            }
            self.next = (self.next + 1) % self.samples.len();
        }
        self.last = Some((now_us, counters));
    }

    /// The mean rates per second: commands, bytes in, bytes out, turns, their microseconds.
    pub fn per_second(&self) -> [u64; 5] {
        let mut sums = [0; 5];
        for sample in &self.samples {
            for (sum, n) in sums.iter_mut().zip(sample) {
                *sum += n;
            }
        }
        sums.map(|sum| sum / self.samples.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_means_over_the_window() {
        let mut rates = Rates::default();
        for n in 0..=16 {
            rates.sample(n * 100_000, [n * 50, n, 0, 2 * n, 0]);
            rates.sample(n * 100_000 + 1, [0; 5]); // too soon: passed over
        }
        assert_eq!(rates.per_second(), [500, 10, 0, 20, 0]);
    }

    #[test]
    fn error_codes_are_counted_by_their_first_word_and_bounded() {
        let mut stats = Stats::default();
        for n in 0..1000 {
            stats.count_error(format!("E{n} text").as_bytes());
        }
        stats.count_error(b"E7 again");
        assert_eq!(stats.error_codes.len(), CODES_MAX);
        assert_eq!(stats.error_codes[&b"E7"[..]], 2);
        assert_eq!(stats.errors, 1001);
    }
}
