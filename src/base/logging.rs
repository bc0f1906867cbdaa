//! The log: one line per message, in the form that Redis's tools know.
//!
//! ```text
//! 4711:M 24 Nov 2026 16:52:07.123 * Ready to accept connections
//! pid  role   time (UTC)          level  message
//! ```
//!
//! Redis's four levels are ours of the `log` crate: debug is `trace` (`.`), verbose is `debug` (`-`), notice is `info`
//! (`*`), warning is `warn` and `error` (`#`). The level may change while the server runs: [`set_level`]. `RUST_LOG`, if it
//! is set, says instead which part of the program tells how much (`redoxide::net=trace,info`), until CONFIG SET changes the level.
//!
//! With `syslog-enabled` every line goes to the system's log as well.

use log::{Level, LevelFilter};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where the system's log listens.
const SYSLOG: &str = "/dev/log";

/// Starts the log, into `file` (appended to) or standard output if that is empty, and into the system's log if there is one.
pub fn start(file: &str, level: LevelFilter, syslog: Option<Syslog>) -> io::Result<()> {
    let mut builder = env_logger::Builder::new();
    let wished = std::env::var("RUST_LOG").ok();
    match &wished {
        Some(filters) => builder.parse_filters(filters),
        // Everything passes here; what is wanted is decided by `set_level`, which may change.
        None => builder.filter_level(LevelFilter::Trace),
    };
    if file.is_empty() {
        builder.target(env_logger::Target::Stdout);
    } else {
        builder.target(env_logger::Target::Pipe(Box::new(LogFile::open(file)?)));
    }
    let pid = std::process::id();
    let syslog = syslog.map(Mutex::new);
    builder.format(move |out, record| {
        let mark = match record.level() {
            Level::Trace => '.',
            Level::Debug => '-',
            Level::Info => '*',
            Level::Warn | Level::Error => '#',
        };
        if let Some(syslog) = &syslog
            && let Ok(mut syslog) = syslog.lock()
        {
            syslog.tell(record.level(), record.args());
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let time = civil_time(now.as_millis() as u64); // 584 million years fit
        writeln!(out, "{pid}:M {time} {mark} {}", record.args())
    });
    let logger = builder.build();
    set_level(if wished.is_some() { logger.filter() } else { level });
    log::set_boxed_logger(Box::new(logger)).map_err(io::Error::other)
}

/// Whether a log can be written into `file`, for who wants to know before there is nobody left to be told.
pub fn try_file(file: &str) -> io::Result<()> {
    if file.is_empty() { Ok(()) } else { LogFile::open(file).map(|_| ()) }
}

/// The system's log, which is told over a socket: `<facility * 8 + severity>ident[pid]: message`. It stamps the time itself.
pub struct Syslog {
    path: PathBuf,
    socket: Option<UnixDatagram>,
    facility: u8,
    ident: String,
}

impl Syslog {
    /// The system's log, told as `ident` under a facility's name.
    pub fn new(ident: &str, facility: &str) -> Syslog {
        // RFC 5424: `user` is 1, `local0` to `local7` are 16 to 23.
        let number = facility.strip_prefix("local").and_then(|n| n.parse::<u8>().ok()).map_or(1, |n| 16 + n);
        Syslog { path: SYSLOG.into(), socket: None, facility: number, ident: ident.to_string() }
    }

    fn tell(&mut self, level: Level, message: &std::fmt::Arguments) {
        let severity = match level {
            Level::Trace => 7,
            Level::Debug => 6,
            Level::Info => 5,
            Level::Warn | Level::Error => 4,
        };
        let priority = self.facility * 8 + severity;
        let line = format!("<{priority}>{}[{}]: {message}", self.ident, std::process::id());
        // Once more with a new socket: the log may have been started anew. If nobody listens, or not now, the line is lost
        // here; nobody waits for a log.
        let _ = self.send(&line).or_else(|_| {
            self.socket = None;
            self.send(&line)
        });
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        if self.socket.is_none() {
            let socket = UnixDatagram::unbound()?;
            socket.connect(&self.path)?;
            socket.set_nonblocking(true)?;
            self.socket = Some(socket);
        }
        let socket = self.socket.as_ref().expect("it was just made");
        match socket.send(line.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            sent => sent.map(|_| ()),
        }
    }
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
    use super::{LogFile, Syslog, civil_time};
    use log::Level;
    use std::io::Write;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn the_systems_log_is_told_and_may_be_started_anew() {
        let path = std::env::temp_dir().join(format!("redoxide-syslog-{}", std::process::id()));
        let mut log = Syslog { path: path.clone(), ..Syslog::new("cache", "local3") };
        // Nobody is there.
        log.tell(Level::Info, &format_args!("lost"));
        for (level, priority) in [(Level::Trace, 159), (Level::Debug, 158), (Level::Info, 157), (Level::Warn, 156)] {
            // A listener that goes and comes again under the same name.
            let listener = UnixDatagram::bind(&path).expect("a socket can be made");
            log.tell(level, &format_args!("line {}", 1));
            let mut buffer = [0; 64];
            let n = listener.recv(&mut buffer).expect("something came");
            let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
            assert_eq!(text, format!("<{priority}>cache[{}]: line 1", std::process::id()));
            std::fs::remove_file(&path).expect("the socket can go");
        }
        assert_eq!(Syslog::new("x", "user").facility, 1);
    }

    #[test]
    fn a_log_that_nobody_reads_is_not_waited_for() {
        let path = std::env::temp_dir().join(format!("redoxide-syslog-full-{}", std::process::id()));
        let _listener = UnixDatagram::bind(&path).expect("a socket can be made");
        let mut log = Syslog { path: path.clone(), ..Syslog::new("cache", "user") };
        for _ in 0..10_000 {
            log.tell(Level::Info, &format_args!("more than the socket holds"));
        }
        std::fs::remove_file(&path).expect("the socket can go");
    }

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
