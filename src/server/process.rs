//! What the server is to the operating system: how willingly the kernel may end it, and the file with its process id.

use crate::server::Server;
use std::path::Path;

/// Where the kernel keeps it.
const OOM_SCORE: &str = "/proc/self/oom_score_adj";

/// The kernel's out-of-memory score of this process, as far as we changed it.
#[derive(Clone, Copy, Debug, Default)]
pub struct OomScore {
    /// What it was before.
    before: Option<i64>,
}

impl Server {
    /// Sets the score that `oom-score-adj` and `oom-score-adj-values` ask for, or what it was before if they ask for none.
    pub fn set_oom_score(&mut self) -> std::io::Result<()> {
        let mode = self.config.value("oom-score-adj");
        let values = String::from_utf8_lossy(self.config.value("oom-score-adj-values")).into_owned();
        // Of a master, a replica and a child we are the first.
        let own: i64 = values.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let wanted = match (mode, self.oom_score.before) {
            (b"no", None) => return Ok(()),
            (b"no", Some(before)) => {
                write_score(before)?;
                self.oom_score.before = None;
                return Ok(());
            }
            (b"absolute", _) => own,
            (_, before) => own + before.map_or_else(read_score, Ok)?,
        };
        let before = self.oom_score.before.map_or_else(read_score, Ok)?;
        write_score(wanted.clamp(-1000, 1000))?;
        self.oom_score.before = Some(before);
        Ok(())
    }
}

fn read_score() -> std::io::Result<i64> {
    let text = std::fs::read_to_string(OOM_SCORE)?;
    text.trim().parse().map_err(|_| std::io::ErrorKind::InvalidData.into())
}

fn write_score(score: i64) -> std::io::Result<()> {
    std::fs::write(OOM_SCORE, score.to_string())
}

/// Who started the server and wants to know when it is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Supervisor {
    /// Nobody.
    #[default]
    None,
    /// systemd, by the socket of this name (`@` in front of one that is in no folder).
    Systemd(String),
}

impl Supervisor {
    /// The one that `supervised` asks for, if it is there.
    pub fn find(asked: &[u8]) -> Supervisor {
        match std::env::var("NOTIFY_SOCKET") {
            Ok(socket) if matches!(asked, b"systemd" | b"auto") && !socket.is_empty() => Supervisor::Systemd(socket),
            _ => {
                if matches!(asked, b"systemd" | b"upstart") {
                    log::warn!("Nobody who supervises us as '{}' says where", String::from_utf8_lossy(asked));
                }
                Supervisor::None
            }
        }
    }

    /// The name in INFO.
    pub fn name(&self) -> &'static str {
        match self {
            Supervisor::None => "no",
            Supervisor::Systemd(_) => "systemd",
        }
    }

    /// Tells it something (`READY=1`); a failure is told in the log and no more.
    pub fn tell(&self, state: &str) {
        let Supervisor::Systemd(socket) = self else { return };
        if let Err(error) = send(socket, state) {
            log::warn!("Can't tell systemd '{state}': {error}");
        }
    }
}

fn send(socket: &str, state: &str) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(|_| ())
}

/// A file with the process id, which goes when the process ends well.
#[derive(Debug)]
pub struct PidFile(Option<Box<Path>>);

impl PidFile {
    /// Writes the file; an empty path means none. A failure is told in the log and no more.
    pub fn write(path: &str) -> PidFile {
        if path.is_empty() {
            return PidFile(None);
        }
        // In full, as the working directory may change.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
        match std::fs::write(&path, format!("{}\n", std::process::id())) {
            Ok(()) => PidFile(Some(path.into())),
            Err(error) => {
                log::warn!("Failed to write PID file: {error}");
                PidFile(None)
            }
        }
    }

    /// Removes it.
    pub fn remove(&mut self) {
        if let Some(path) = self.0.take() {
            log::info!("Removing the pid file.");
            // If it is gone already, so much the better.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supervisor_is_told() {
        let path = std::env::temp_dir().join(format!("redoxide-notify-{}", std::process::id()));
        let socket = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket can be made");
        Supervisor::Systemd(path.to_string_lossy().into_owned()).tell("READY=1");
        let mut buffer = [0; 16];
        let n = socket.recv(&mut buffer).expect("something came");
        assert_eq!(&buffer[..n], b"READY=1");
        std::fs::remove_file(&path).expect("the socket can go");
        assert_eq!((Supervisor::find(b"no").name(), Supervisor::None.name()), ("no", "no"));
    }

    #[test]
    fn a_pid_file_goes_again() {
        let path = std::env::temp_dir().join(format!("redoxide-pid-{}", std::process::id()));
        let mut file = PidFile::write(&path.to_string_lossy());
        assert_eq!(std::fs::read_to_string(&path).ok(), Some(format!("{}\n", std::process::id())));
        file.remove();
        assert!(!path.exists());
        PidFile::write("").remove();
    }
}
