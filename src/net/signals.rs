//! Signals as bytes in a pipe: SIGTERM and SIGINT become an event of the loop; SIGHUP and SIGPIPE are ignored.
//!
//! A SIGINT while the end is already asked for (somebody presses Ctrl-C once more, as the last snapshot takes long) ends the process
//! at once, with status 1, as in Redis, whatever the loop is doing: a thread of its own waits for that.

use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGINT.
    Interrupt,
}

/// The reading end.
#[derive(Debug)]
pub struct Signals {
    pipe: mio::net::UnixStream,
    interrupted: Arc<AtomicBool>,
    /// The end was asked for, and is not refused yet.
    asked: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers and watches the pipe.
    pub fn install(registry: &Registry, token: Token) -> io::Result<Signals> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTERM, Arc::clone(&asked))?;
        let (interrupts, each) = UnixStream::pair()?;
        signal_hook::low_level::pipe::register(SIGINT, each)?;
        let before = Arc::clone(&asked);
        std::thread::Builder::new().name("insist".into()).spawn(move || insist(interrupts, &before))?;
        signal_hook::low_level::pipe::register(SIGTERM, write.try_clone()?)?;
        // Registered before the pipe, so that the flag is set when the byte arrives.
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
        signal_hook::low_level::pipe::register(SIGINT, write)?;
        // A flag that nobody reads: the signal is caught and nothing happens. (SIGPIPE is ignored by Rust's runtime.)
        signal_hook::flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
        let mut pipe = mio::net::UnixStream::from_std(read);
        registry.register(&mut pipe, token, Interest::READABLE)?;
        Ok(Signals { pipe, interrupted, asked })
    }

    /// The signal that came, if one did; several of them count as one.
    pub fn take(&mut self) -> Option<Signal> {
        let mut bytes = [0; 64];
        let mut came = false;
        while let Ok(1..) = self.pipe.read(&mut bytes) {
            came = true;
        }
        let interrupted = self.interrupted.swap(false, Ordering::Relaxed);
        came.then_some(if interrupted { Signal::Interrupt } else { Signal::Terminate })
    }

    /// No signal is on its way to being obeyed: the next one is the first again.
    pub fn forget(&self) {
        self.asked.store(false, Ordering::Relaxed);
    }
}

/// Waits for a SIGINT that comes while the end is already asked for. Then it leaves no half snapshot behind, and ends the process.
fn insist(mut interrupts: UnixStream, asked: &AtomicBool) {
    let mut byte = [0; 1];
    while interrupts.read_exact(&mut byte).is_ok() {
        if !asked.swap(true, Ordering::Relaxed) {
            continue;
        }
        log::warn!("You insist... exiting now.");
        let ours = format!("temp-{}", std::process::id());
        for entry in std::fs::read_dir(".").into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&ours) {
                _ = std::fs::remove_file(entry.path());
            }
        }
        std::process::exit(1);
    }
}
