//! What the benches of single structures have in common: choosing reports, numbered names, clocks, percentiles.

use redoxide::base::ahead;
use redoxide::base::helper::Helper;
use rustix::time::{ClockId, clock_gettime};
use std::sync::LazyLock;
use std::time::Duration;

/// A report's name, what it does with a number of elements, and how many it usually has.
pub type Report = (&'static str, fn(usize), usize);

/// Runs the report that the words name, or all; a second word is another number of elements.
pub fn run(words: &[String], reports: &[Report]) {
    ahead::begin();
    let part = words.first().map_or("all", String::as_str);
    for &(name, report, usual) in reports {
        if part == name || part == "all" {
            println!("-- {name}");
            report(words.get(1).map_or(usual, |word| word.parse().expect("a number of elements")));
        }
    }
}

/// Between two operations that are timed: what the server does at the end of a turn for the memory of the next ones.
pub fn end_turn() {
    static HELPER: LazyLock<Helper> = LazyLock::new(|| Helper::start("ahead").expect("threads can be started"));
    if ahead::is_wanted() {
        HELPER.run(ahead::prepare);
    }
}

/// The words of the command line that are not for cargo.
pub fn words() -> Vec<String> {
    std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect()
}

/// A name of a fixed length: `blank`, whose last bytes become the digits of `n`.
pub fn numbered<const LEN: usize>(blank: &[u8; LEN], n: usize) -> [u8; LEN] {
    let mut name = *blank;
    let (mut rest, mut at) = (n, LEN - 1);
    while rest > 0 {
        name[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
    }
    name
}

/// The processor time that this thread has used.
pub fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Percentiles of nanoseconds.
pub fn percentiles(mut ns: Vec<u64>) -> String {
    if ns.is_empty() {
        return "none".to_string();
    }
    ns.sort_unstable();
    let at = |share: f64| ns[((ns.len() - 1) as f64 * share) as usize];
    format!(
        "{:>8} x  p50 {:>6}  p90 {:>6}  p99 {:>6}  p99.9 {:>6}  max {:>8} ns",
        ns.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    )
}
