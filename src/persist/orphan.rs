//! Files that a crash left behind, told by names that only this program gives them.
//!
//! | name | what it was |
//! |---|---|
//! | `temp-<pid>[-<n>].rdb` | a snapshot or a base that was being written |
//! | `temp-rewriteaof-bg-<pid>[-<n>].aof` | a base of commands, too |
//! | `<log>.manifest.tmp`, `.journal.tmp` | a manifest or a journal that was to replace the other |
//! | `<log>.<n>.base.rdb`, `.aof` | a base that no manifest came to name, or that the manifest no longer names |
//! | `<log>.<n>.incr.aof` | an increment that the manifest no longer names, or an empty one that it was to name |
//!
//! Of an increment behind all those that are named, and not empty, nobody knows what it is for: it is left. So is a temporary file
//! whose process is alive, and one of our own number, whose name comes again.

use crate::persist::aof::manifest::Manifest;

/// Whether a file is what is left of a snapshot. `is_gone`: whether there is no such process.
pub fn is_temporary(name: &str, is_gone: impl Fn(u32) -> bool) -> bool {
    let of = |start, end| name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let numbers = of("temp-rewriteaof-bg-", ".aof").or_else(|| of("temp-", ".rdb"));
    let Some(numbers) = numbers else { return false };
    let (pid, n) = numbers.split_once('-').unwrap_or((numbers, "0"));
    match (number(pid), number(n)) {
        (Some(pid), Some(_)) => u32::try_from(pid).is_ok_and(|pid| pid != std::process::id() && is_gone(pid)),
        _ => false,
    }
}

/// Whether a file of `len` bytes beside a log's manifest belongs to that log and is needed by nobody.
pub fn is_of_no_log(name: &str, len: u64, log: &str, manifest: &Manifest) -> bool {
    let Some(rest) = name.strip_prefix(log) else { return false };
    if matches!(rest, ".manifest.tmp" | ".journal.tmp") {
        return true;
    }
    if manifest.parts().chain(&manifest.history).any(|part| part.name == name) {
        return false;
    }
    let rest = rest.strip_prefix('.').unwrap_or("");
    let seq = |end| rest.strip_suffix(end).and_then(number);
    if seq(".base.rdb").or_else(|| seq(".base.aof")).is_some() {
        return true;
    }
    let first = manifest.increments.first().map_or(0, |part| part.seq);
    seq(".incr.aof").is_some_and(|seq| seq < first || len == 0)
}

/// Digits and nothing else, as we write them.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_temporary_files_of_processes_that_are_gone_are_orphans() {
        let is_gone = |pid| pid == 77;
        for name in ["temp-77.rdb", "temp-77-3.rdb", "temp-rewriteaof-bg-77.aof", "temp-rewriteaof-bg-77-12.aof"] {
            assert!(is_temporary(name, is_gone), "{name}");
            assert!(!is_temporary(&name.replace("77", "78"), is_gone), "{name}: that one lives");
            let own = std::process::id().to_string();
            assert!(!is_temporary(&name.replace("77", &own), |_| true), "{name}: our own");
        }
        for name in [
            "dump.rdb",
            "temp-77.aof",
            "temp-.rdb",
            "temp-x.rdb",
            "temp-77-.rdb",
            "temp-77-3-4.rdb",
            "temp-077.rdb",
            "temp-77.rdb.bak",
            "my-temp-77.rdb",
            "temp-rewriteaof-77.aof",
            "temp-rewriteaof-bg-77.rdb",
            "temp--77.rdb",
            "temp-+77.rdb",
        ] {
            assert!(!is_temporary(name, |_| true), "{name}");
        }
    }

    #[test]
    fn only_what_the_manifest_does_not_name_and_the_next_one_could_not_is_needless() {
        let text = "file a.aof.4.base.rdb seq 4 type b\nfile a.aof.3.incr.aof seq 3 type h\n\
                    file a.aof.6.incr.aof seq 6 type i\nfile a.aof.7.incr.aof seq 7 type i\n";
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        for name in [
            "a.aof.3.base.rdb",
            "a.aof.5.base.rdb",
            "a.aof.9.base.aof",
            "a.aof.2.incr.aof",
            "a.aof.5.incr.aof",
            "a.aof.manifest.tmp",
        ] {
            assert!(is_of_no_log(name, 100, "a.aof", &manifest), "{name}");
        }
        assert!(is_of_no_log("a.aof.8.incr.aof", 0, "a.aof", &manifest));
        for name in [
            "a.aof.4.base.rdb",
            "a.aof.3.incr.aof",
            "a.aof.6.incr.aof",
            "a.aof.7.incr.aof",
            "a.aof.8.incr.aof",
            "a.aof.manifest",
            "a.aof",
            "a.aof.5.base.rdb.bak",
            "b.aof.5.base.rdb",
            "a.aof2.5.base.rdb",
            "a.aof.x.base.rdb",
            "a.aof.05.base.rdb",
            "a.aof.6.incr.aof.cut-at-7",
        ] {
            assert!(!is_of_no_log(name, 100, "a.aof", &manifest), "{name}");
        }
    }
}
