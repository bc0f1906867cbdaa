//! What the machine says of its memory, and of this process.

use std::fs::File;
use std::io::Read;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The machine's memory, in bytes; zeros where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All there is.
    pub total: u64,
    /// All that this process may have: less than `total` in a container or another control group with a limit.
    pub allowed: u64,
}

/// Asks the system: some hundred microseconds.
pub fn memory() -> Memory {
    let Ok(mut system) = System::new() else { return Memory::default() };
    system.refresh_memory();
    let pid = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, ProcessRefreshKind::nothing());
    let process = system.process(pid);
    let own = process.and_then(sysinfo::Process::cgroup_limits).map(|limits| limits.total_memory);
    let outermost = system.cgroup_limits().map(|limits| limits.total_memory);
    let total = system.total_memory();
    // A group without a limit says zero, or more than there is.
    let limits = [own, outermost].into_iter().flatten().filter(|&limit| limit > 0);
    Memory { total, allowed: limits.fold(total, u64::min) }
}

/// What this process has in the machine's memory, in bytes; zero if the system does not tell. Some microseconds.
pub fn resident() -> u64 {
    let pages: Option<u64> = ask("/proc/self/statm", |text| text.split_ascii_whitespace().nth(1)?.parse().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// Processor time of a process or a thread, by the path of its `stat` file: in user and in system mode, its own and then its
/// children's, in seconds; zeros where the system does not tell.
pub fn cpu_seconds(path: &str) -> [f64; 4] {
    ask(path, |text| {
        // Ticks, mostly of a hundredth of a second: the 14th to 17th field of the line, counted from behind the name, which may
        // hold anything but ends in the last parenthesis.
        let mut fields = text.rsplit(')').next()?.split_ascii_whitespace().skip(11);
        let second = rustix::param::clock_ticks_per_second() as f64;
        Some([(); 4].map(|()| fields.next().and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / second))
    })
    .unwrap_or_default()
}

/// For how long this thread was ready to run and had no processor, in nanoseconds since it began; zero if the system does not tell.
pub fn waited_ns() -> u64 {
    ask("/proc/thread-self/schedstat", |text| text.split_ascii_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// The number that the kernel gave itself when it started; none if it has none.
pub fn boot_id() -> Option<u128> {
    ask("/proc/sys/kernel/random/boot_id", |text| u128::from_str_radix(&text.trim().replace('-', ""), 16).ok())
}

/// Looks for something in a short file of the system's, which gives all of it at once.
fn ask<R>(path: &str, look: impl FnOnce(&str) -> Option<R>) -> Option<R> {
    let mut text = [0; 1024];
    let n = File::open(path).ok()?.read(&mut text).ok()?;
    look(str::from_utf8(&text[..n]).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "there is no system to ask")]
    fn a_process_has_some_of_what_it_may_have() {
        let memory = memory();
        assert!(0 < memory.allowed && memory.allowed <= memory.total);
        let before = resident();
        let block = vec![1_u8; 64 << 20];
        let with_block = resident();
        assert!(before > 0 && with_block - before > block.len() as u64 * 9 / 10 && with_block < memory.total);
    }

    #[test]
    #[cfg_attr(miri, ignore = "there is no system to ask")]
    fn time_goes_by() {
        let path = "/proc/thread-self/stat";
        let start = cpu_seconds(path);
        let begun = std::time::Instant::now();
        while cpu_seconds(path)[..2].iter().sum::<f64>() < start[..2].iter().sum::<f64>() + 0.03 {
            assert!(begun.elapsed().as_secs() < 60, "{:?}", cpu_seconds(path));
        }
        assert!(cpu_seconds("/proc/self/none").iter().all(|seconds| *seconds == 0.0));
    }
}
