//! The log: one line per message, in the form that Redis's tools know.
//!
//! ```text
//! 4711:M 24 Nov 2026 16:52:07.123 * Ready to accept connections
//! pid  role   time (UTC)          level  message
//! ```
//!
//! Redis's four levels are ours of the `log` crate: debug is `trace` (`.`), verbose is `debug` (`-`), notice is `info`
//! (`*`), warning is `warn` and `error` (`#`). The level may change while the server runs: [`set_level`].

use log::{Level, LevelFilter};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Starts the log, into `file` (appended to) or standard output if that is empty.
pub fn start(file: &str, level: LevelFilter) -> io::Result<()> {
    let mut builder = env_logger::Builder::new();
    // Everything passes here; what is wanted is decided by `set_level`, which may change.
    builder.filter_level(LevelFilter::Trace);
    if file.is_empty() {
        builder.target(env_logger::Target::Stdout);
    } else {
        builder.target(env_logger::Target::Pipe(Box::new(LogFile::open(file)?)));
    }
    let pid = std::process::id();
    builder.format(move |out, record| {
        let mark = match record.level() {
            Level::Trace => '.',
            Level::Debug => '-',
            Level::Info => '*',
            Level::Warn | Level::Error => '#',
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let time = civil_time(now.as_millis() as u64); // 584 million years fit
        writeln!(out, "{pid}:M {time} {mark} {}", record.args())
    });
    builder.try_init().map_err(io::Error::other)?;
    set_level(level);
    Ok(())
}

/// The log's file. When it was moved away or removed (`logrotate` does that), a new one of the same name is begun.
struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    fn open(path: impl AsRef<Path>) -> io::Result<LogFile> {
        // In full, as the working directory may change.
        let path = std::path::absolute(path)?;
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(LogFile { path, file })
    }

    fn is_in_place(&self) -> io::Result<bool> {
        let (named, open) = (std::fs::metadata(&self.path)?, self.file.metadata()?);
        Ok((named.dev(), named.ino()) == (open.dev(), open.ino()))
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.is_in_place().unwrap_or(false)
            && let Ok(new) = LogFile::open(&self.path)
        {
            *self = new;
        }
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What is logged from now on.
pub fn set_level(level: LevelFilter) {
    log::set_max_level(level);
}

/// Milliseconds since 1970 as `24 Nov 2026 16:52:07.123`, in UTC.
fn civil_time(unix_ms: u64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (seconds, ms) = (unix_ms / 1000, unix_ms % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years counted from March, so that the leap day is the last of its year (Hinnant, "chrono-compatible low-level
    // date algorithms").
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{day:02} {} {year} {hour:02}:{minute:02}:{second:02}.{ms:03}", MONTHS[month as usize])
}

#[cfg(test)]
mod tests {
    use super::{LogFile, civil_time};
    use std::io::Write;

    #[test]
    fn a_log_that_was_moved_away_is_begun_anew() {
        let dir = std::env::temp_dir().join(format!("redoxide-log-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary folder can be made");
        let (path, old) = (dir.join("a.log"), dir.join("a.log.1"));
        let mut log = LogFile::open(&path).expect("it can be opened");
        log.write_all(b"one\n").expect("it can be written");
        std::fs::rename(&path, &old).expect("it can be moved");
        log.write_all(b"two\n").expect("it can be written");
        log.write_all(b"three\n").expect("it can be written");
        let read = |path| std::fs::read_to_string(path).expect("it is there");
        assert_eq!((read(&old).as_str(), read(&path).as_str()), ("one\n", "two\nthree\n"));
        std::fs::remove_dir_all(&dir).expect("the folder can go");
    }

    #[test]
    fn dates_are_right_around_leap_days_and_year_ends() {
        for (ms, text) in [
            (0, "01 Jan 1970 00:00:00.000"),
            (951_782_399_999, "28 Feb 2000 23:59:59.999"),
            (951_782_400_000, "29 Feb 2000 00:00:00.000"),
            (1_709_251_200_001, "01 Mar 2024 00:00:00.001"),
            (1_798_761_599_000, "31 Dec 2026 23:59:59.000"),
            (4_107_542_400_000, "01 Mar 2100 00:00:00.000"),
        ] {
            assert_eq!(civil_time(ms), text);
        }
    }
}
