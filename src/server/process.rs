//! What the server is to the operating system: whether it runs in the background, its name among the processes, how
//! willingly the kernel may end it, and the file with its process id.

use crate::base::crash;
use crate::config::Config;
use crate::server::Server;
use std::ffi::{CString, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Set for the process that [`daemonize`] starts.
const DAEMON: &str = "REDOXIDE_DAEMON";
/// The file with the id of a daemon whose configuration names none.
pub const DAEMON_PID_FILE: &str = "/var/run/redis.pid";
/// The kernel's bound on a process's name, in bytes.
const NAME_MAX: usize = 15;

/// Makes this process a daemon; `false` means that another process is one now, and this one is to end.
///
/// A process without threads would fork, but there is no safe way to do that. So the program is started once more in a session
/// of its own, with the same arguments, in the folder `dir` where this one was started, and with `input` for what it read from standard input.
pub fn daemonize(mut arguments: impl Iterator<Item = OsString>, dir: &Path, input: &[u8]) -> std::io::Result<bool> {
    if std::env::var_os(DAEMON).is_some() {
        // Fails only if this process leads a group, and then it was not started below.
        let _ = rustix::process::setsid();
        return Ok(true);
    }
    let mut again = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let mut child = again
        .args(arguments)
        .current_dir(dir)
        .env(DAEMON, "1")
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input)?;
    }
    Ok(false)
}

/// Whether the configuration makes the server a daemon.
pub fn is_daemon(config: &Config) -> bool {
    // Whoever is watched over by somebody stays where he is seen.
    config.value("daemonize") == b"yes" && Supervisor::named(config.value("supervised")).is_none()
}

/// The process's title as `proc-title-template` wants it.
pub fn title(config: &Config, program: &str) -> String {
    let settings = &config.settings;
    let socket = settings.unixsocket.as_deref().unwrap_or_default();
    let address = match settings.bind.first() {
        _ if settings.port == 0 && !socket.is_empty() => format!("unixsocket:{socket}"),
        Some(first) => format!("{first}:{}", settings.port),
        None => format!("*:{}", settings.port),
    };
    let template = String::from_utf8_lossy(config.value("proc-title-template"));
    let mut title = String::new();
    let mut rest = &*template;
    while let Some((before, after)) = rest.split_once('{') {
        title += before;
        if let Some(after) = after.strip_prefix('{') {
            title.push('{');
            rest = after;
            continue;
        }
        // The configuration has seen to it that every name is closed.
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match name {
            "title" => title += program,
            "listen-addr" => title += &address,
            "port" => title += &settings.port.to_string(),
            "tls-port" => title.push('0'),
            "unixsocket" => title += socket,
            "config-file" => {
                title += &config.file.as_deref().map(Path::to_string_lossy).unwrap_or_default();
            }
            // `server-mode` is empty for a server that is neither in a cluster nor a sentinel.
            _ => {}
        }
        rest = after;
    }
    title += rest;
    title.truncate(title.trim_end().len());
    title
}

/// Gives the process its title, as far as the kernel lets a process name itself: the first 15 bytes of it, without the
/// program's folder. The command line, which Redis overwrites, stays as it is: that cannot be done in safe code.
pub fn set_title(config: &Config) {
    if config.value("set-proc-title") != b"yes" {
        return;
    }
    let program = std::env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let title = title(config, &program);
    let end = title.floor_char_boundary(NAME_MAX);
    if let Ok(name) = CString::new(&title[..end])
        && let Err(error) = rustix::thread::set_name(&name)
    {
        log::warn!("Can't set the process title: {error}");
    }
}

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

impl Server {
    /// Tells in the log, after a panic or a signal, what ran for whom, without what was said in it.
    pub fn describe_crash(&self) {
        if let Some(client) = self.outbox.current().and_then(|client| self.clients.get(client)) {
            let command = client.last_command.map_or("none", |id| &*self.commands.get(id).full_name);
            log::error!("Command: {command}\nClient: {}", self.describe_client(client, 0, None));
        }
    }

    /// Whether signals are told before they end the process, and after how long a loop that hangs is.
    pub fn set_crash_reports(&self) {
        crash::tell_signals(self.config.value("crash-log-enabled") == b"yes");
        let period = str::from_utf8(self.config.value("watchdog-period")).ok().and_then(|text| text.parse().ok());
        // The loop gives a sign of life `hz` times a second.
        let shortest = 2000 / u64::from(self.config.settings.hz.max(1));
        crash::watch(period.filter(|&ms| ms > 0).map_or(0, |ms: u64| ms.max(shortest)));
    }
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
        let found = Supervisor::named(asked);
        if found.is_none() && matches!(asked, b"systemd" | b"upstart") {
            log::warn!("Nobody who supervises us as '{}' says where", String::from_utf8_lossy(asked));
        }
        found.unwrap_or_default()
    }

    fn named(asked: &[u8]) -> Option<Supervisor> {
        let socket = std::env::var("NOTIFY_SOCKET").ok().filter(|socket| !socket.is_empty())?;
        matches!(asked, b"systemd" | b"auto").then_some(Supervisor::Systemd(socket))
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
            Ok(()) => {
                crash::leave_behind(Some(&path));
                PidFile(Some(path.into()))
            }
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
            crash::leave_behind(None);
            // If it is gone already, so much the better.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Titles read from the command line of Redis 8.2.
    #[test]
    fn titles_are_redis_s() {
        for (pairs, shown) in [
            (&[][..], "server *:6379"),
            (&[("bind", "127.0.0.1 ::1"), ("port", "7102")], "server 127.0.0.1:7102"),
            (&[("bind", "-127.0.0.1")], "server -127.0.0.1:6379"),
            (&[("bind", "")], "server *:6379"),
            (&[("proc-title-template", "A {port} {{b {listen-addr}")], "A 6379 {b *:6379"),
            (
                &[(
                    "proc-title-template",
                    "{title}/{listen-addr}/{server-mode}/{port}/{tls-port}/{unixsocket}/{config-file}/ ",
                )],
                "server/*:6379//6379/0///",
            ),
        ] {
            let mut config = Config::default();
            for (name, value) in pairs {
                config.set(&[(name.as_bytes(), value.as_bytes())], false).expect("a right value");
            }
            assert_eq!(title(&config, "server"), shown, "{pairs:?}");
        }
    }

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
