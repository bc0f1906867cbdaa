//! What the machine says of its memory, and of this process.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The memory of this process and of the machine, in bytes; zeros where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What the process has in the machine's memory.
    pub resident: u64,
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
    let kind = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
    let process = system.process(pid);
    let own = process.and_then(sysinfo::Process::cgroup_limits).map(|limits| limits.total_memory);
    let outermost = system.cgroup_limits().map(|limits| limits.total_memory);
    let total = system.total_memory();
    Memory {
        resident: process.map_or(0, sysinfo::Process::memory),
        total,
        // A group without a limit says zero, or more than there is.
        allowed: [own, outermost].into_iter().flatten().filter(|&limit| limit > 0).fold(total, u64::min),
    }
}

/// For how long this thread was ready to run and had no processor, in nanoseconds since it began; zero if the system does not tell.
pub fn waited_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_ascii_whitespace().nth(1).and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg_attr(miri, ignore = "there is no system to ask")]
    fn a_process_has_some_of_what_it_may_have() {
        let memory = super::memory();
        assert!(0 < memory.resident && memory.resident <= memory.allowed && memory.allowed <= memory.total);
    }
}
