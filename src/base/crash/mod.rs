//! What the log says when the process dies by a mistake: of a signal, of a panic, and, while it lives, of a loop that hangs.
//!
//! ```text
//! === REDOXIDE BUG REPORT START ===
//! Redoxide 0.1.0 crashed by signal: 11, si_code: 2       or: crashed in thread 'main': panicked at ...
//! Accessing address: 0x7f3a5c1d2000
//! ------ STACK TRACE ------
//! 4711 redoxide *                                        the thread that crashed, then the others
//!   fault (src/base/crash/handler.rs:350)
//!   debug (src/commands/debug.rs:107)
//!   ...
//! ------ STACK TRACE DONE ------
//! Command: debug                                         what the witness says: no data
//! Client: id=3 addr=...
//! === REDOXIDE BUG REPORT END ===
//! ```
//!
//! Signals are told by a thread that waits for nothing else (the handlers are in [`handler`], with what they may do). It is also the
//! watchdog: the loop gives a sign of life now and then ([`beat`]), and when none came for `watchdog-period` the log tells what
//! every thread is doing. SIGALRM asks for the same.

mod handler;

pub use handler::{fault, prepare_thread, with_witness};

use handler::{CRASHED, Cause, ENABLED, Stage, WAKE_ALARM, WAKE_FATAL};
use std::io::Read;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long threads have to give their stacks, in milliseconds. The allocator's threads take no signals.
const STACKS_MS: u32 = 200;
/// How long the description of what was being done may take, in milliseconds.
const DESCRIPTION_MS: u32 = 2000;
/// The functions of [`handler`] that the system calls.
const HANDLERS: &[&str] = &["on_fatal", "on_capture"];
/// Longer names say less.
const NAME_MAX: usize = 100;

/// Signs of life.
static BEATS: AtomicU64 = AtomicU64::new(0);
/// After how many milliseconds without one the stacks are told; 0: never.
static PERIOD_MS: AtomicU64 = AtomicU64::new(0);
/// Wakes the reporter to look at the period.
const WAKE_WATCH: u8 = b'W';
/// A file that goes when the process does.
static LEFT_OVER: Mutex<Option<PathBuf>> = Mutex::new(None);
/// One asks for stacks at a time.
static ASKING: Mutex<()> = Mutex::new(());

/// From now on panics and signals are told, the calling thread's with an alternate stack.
pub fn start() -> std::io::Result<()> {
    let (wakes, wake) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    std::thread::Builder::new().name("reporter".into()).spawn(move || report(wakes))?;
    // Never closed: a handler may write to it at any time.
    handler::install(wake.into_raw_fd());
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// Whether signals are told before they end the process (`crash-log-enabled`).
pub fn tell_signals(yes: bool) {
    ENABLED.store(yes, Ordering::Relaxed);
}

/// The watchdog's period; 0: it sleeps.
pub fn watch(period_ms: u64) {
    PERIOD_MS.store(period_ms, Ordering::Relaxed);
    // The reporter reckons anew.
    handler::wake(WAKE_WATCH);
}

/// A sign of life of the loop.
#[inline]
pub fn beat() {
    BEATS.fetch_add(1, Ordering::Relaxed);
}

/// A file that is to go when the process crashes, or none any more.
pub fn leave_behind(file: Option<&Path>) {
    *LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner) = file.map(Path::to_path_buf);
}

/// The end of a report, with what was being done.
pub fn end() {
    log::error!("=== REDOXIDE BUG REPORT END ===");
    if let Some(file) = LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // If it is gone already, so much the better.
        let _ = std::fs::remove_file(file);
    }
}

/// The hook of panics. The report ends when who catches the panic has said what it was about.
fn panicked(panic: &std::panic::PanicHookInfo) {
    let thread = std::thread::current();
    log::error!("=== REDOXIDE BUG REPORT START ===");
    let text = panic.to_string();
    if text.contains("assertion `") || text.contains("assertion failed") {
        log::error!("=== ASSERTION FAILED ===");
    }
    let name = thread.name().unwrap_or("?");
    log::error!("Redoxide {} crashed in thread '{name}': {text}", env!("CARGO_PKG_VERSION"));
    log_stacks(Some(handler::own_stack()));
}

/// The reporter's life.
fn report(mut wakes: UnixStream) {
    let mut bytes = [0; 64];
    let (mut beats, mut heard, mut is_told) = (0, Instant::now(), false);
    loop {
        let period = Duration::from_millis(PERIOD_MS.load(Ordering::Relaxed));
        // In quarters, so that it is late by one at most.
        let wait = (!period.is_zero()).then(|| (period / 4).max(Duration::from_millis(1)));
        let why = match wakes.set_read_timeout(wait).and_then(|()| wakes.read(&mut bytes)) {
            Ok(0) => return,
            Ok(n) => &bytes[..n],
            Err(_) => &[],
        };
        if why.contains(&WAKE_FATAL) {
            report_signal();
        }
        if why.contains(&WAKE_ALARM) {
            log::warn!("Received SIGALRM");
            log_stacks(None);
        }
        let now = BEATS.load(Ordering::Relaxed);
        if now != beats || why.contains(&WAKE_WATCH) {
            (beats, heard, is_told) = (now, Instant::now(), false);
        } else if !period.is_zero() && !is_told && heard.elapsed() > period {
            // Once for each time that the loop hangs.
            is_told = true;
            log::warn!("--- WATCHDOG TIMER EXPIRED ---");
            log_stacks(None);
        }
    }
}

/// Tells of the signal that a handler noted. The process ends with it.
fn report_signal() {
    let cause = Cause::noted();
    let Cause { signal, code, address } = cause;
    log::error!("=== REDOXIDE BUG REPORT START ===");
    log::error!("Redoxide {} crashed by signal: {signal}, si_code: {code}", env!("CARGO_PKG_VERSION"));
    if cause.is_sent() {
        log::error!("Sent by process {address}");
    } else {
        log::error!("Accessing address: {address:#x}");
    }
    log_stacks(CRASHED.get());
    handler::reach(Stage::Stacks);
    let is_described = handler::wait_for(Stage::Described, DESCRIPTION_MS);
    end();
    handler::reach(Stage::Ended);
    if !is_described {
        handler::end_by(signal);
    }
}

/// Tells the stacks of all threads, of the one that crashed first.
fn log_stacks(crashed: Option<(i32, Vec<usize>)>) {
    use std::fmt::Write;
    let _alone = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::from("------ STACK TRACE ------");
    let known = crashed.as_ref().map(|(thread, _)| *thread);
    let me = rustix::thread::gettid().as_raw_nonzero().get();
    let others: Vec<i32> = threads().into_iter().filter(|&thread| Some(thread) != known && thread != me).collect();
    let mut stacks = handler::stacks_of(&others, STACKS_MS);
    stacks.sort_unstable_by_key(|&(thread, _)| thread);
    let silent = others.len() - stacks.len();
    for (thread, frames) in crashed.into_iter().chain(stacks) {
        let name = std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).unwrap_or_default();
        let mark = if Some(thread) == known { " *" } else { "" };
        // A String takes all that it is given.
        let _ = write!(text, "\n{thread} {}{mark}", name.trim_end());
        for line in lines(&frames) {
            let _ = write!(text, "\n  {line}");
        }
    }
    if silent > 0 {
        let _ = write!(text, "\n{silent} more threads take no signals");
    }
    log::error!("{text}\n------ STACK TRACE DONE ------");
}

/// The threads of this process.
fn threads() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// A stack by names and places: without what the report itself put on it, and without what is below every Rust thread.
fn lines(frames: &[usize]) -> Vec<String> {
    let named: Vec<Vec<Line>> = frames.iter().map(|&frame| names(frame)).collect();
    let at = |names: &[&str]| named.iter().position(|lines| lines.iter().any(|line| names.contains(&line.function())));
    let start = match (at(HANDLERS), at(&["own_stack"])) {
        // Behind a handler is the system's call of it.
        (Some(at), _) => at + 2,
        (None, Some(at)) => at + 1,
        (None, None) => 0,
    };
    let lines = named.get(start..).unwrap_or_default().iter().flatten();
    let lines = lines.take_while(|line| line.function() != "__rust_begin_short_backtrace");
    lines.map(|line| line.name.clone() + &line.place).collect()
}

/// What is known of an address.
struct Line {
    name: String,
    /// File and line, if they are known.
    place: String,
}

impl Line {
    /// The function's own name.
    fn function(&self) -> &str {
        // Without its types: `a::f::<T>` or `a::f<T>`.
        let path = self.name.split('<').next().unwrap_or_default();
        path.trim_end_matches("::").rsplit("::").next().unwrap_or_default()
    }
}

/// The functions that an address belongs to: more than one if some were inlined, the innermost first.
fn names(frame: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    backtrace::resolve(frame as *mut _, |symbol| {
        let mut name = symbol.name().map_or("?".into(), |name| format!("{name:#}"));
        name.truncate(name.floor_char_boundary(NAME_MAX));
        let place = match (symbol.filename(), symbol.lineno()) {
            (Some(file), Some(line)) => {
                // Our own files from the project's folder.
                let file = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(file);
                format!(" ({}:{line})", file.display())
            }
            _ => String::new(),
        };
        lines.push(Line { name, place });
    });
    if lines.is_empty() {
        lines.push(Line { name: format!("{frame:#x}"), place: String::new() });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    /// Says to a copy of this test what it is there for.
    const PART: &str = "REDOXIDE_CRASHES";

    /// Runs `crashes` in a process of its own, and says which signal ended that.
    fn signal_of(test: &str, crashes: fn()) -> Option<i32> {
        if std::env::var_os(PART).is_some() {
            start().expect("a thread can be started");
            tell_signals(true);
            crashes();
            unreachable!("it crashed");
        }
        let mut again = Command::new(std::env::current_exe().expect("this program"));
        let name = format!("base::crash::tests::{test}");
        let output = again.args(["--exact", &name, "--nocapture"]).env(PART, "1").output();
        output.expect("this program runs").status.signal()
    }

    #[test]
    fn a_description_that_hangs_is_cut_short() {
        fn hangs(_: &u32) {
            loop {
                std::thread::park();
            }
        }
        let crashes = || with_witness(&mut 1, hangs, |_| fault());
        assert_eq!(signal_of("a_description_that_hangs_is_cut_short", crashes), Some(libc::SIGSEGV));
    }

    #[test]
    fn a_description_that_crashes_changes_nothing() {
        let crashes = || with_witness(&mut 1, |_| fault(), |_| fault());
        assert_eq!(signal_of("a_description_that_crashes_changes_nothing", crashes), Some(libc::SIGSEGV));
    }

    #[test]
    fn the_stack_has_names_and_places() {
        let lines = lines(&handler::own_stack().1);
        assert!(lines[0].contains("the_stack_has_names_and_places (src/base/crash/mod.rs:"), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("thread_start")), "{lines:?}");
    }
}
