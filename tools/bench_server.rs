//! A server under measurement: started alone on its core, asked for its figures, ended by its id.
//!
//! The figure that holds from run to run is the time that the scheduler gave to the process (`/proc/PID/task/*/schedstat`,
//! in nanoseconds), not the wall clock's.

use redoxide::base::machine;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is to be measured: a name for the tables, and a program.
#[derive(Clone, Debug)]
pub struct Peer {
    /// As it stands in the tables.
    pub name: String,
    /// A program with redis-server's command line.
    pub path: PathBuf,
}

/// All cores, as taskset names them.
pub fn all_cores() -> String {
    format!("0-{}", std::thread::available_parallelism().map_or(1, usize::from) - 1)
}

/// A running server.
pub struct Server {
    /// As it stands in the tables.
    pub name: String,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    child: Child,
    folder: PathBuf,
}

impl Server {
    /// Starts a server on one core, without anything that writes to disk.
    pub fn start(peer: &Peer, core: usize) -> Result<Self, String> {
        Self::start_with(peer, &core.to_string(), &[])
    }

    /// Starts a server on some cores, with more arguments.
    pub fn start_with(peer: &Peer, cores: &str, arguments: &[&str]) -> Result<Self, String> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = free.map_err(|error| error.to_string())?.port();
        let folder = std::env::temp_dir().join(format!("bench-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let child = spawn(peer, cores, port, &folder, arguments)?;
        let mut server = Self { name: peer.name.clone(), port, child, folder };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Ends the process at once and starts another in the same folder; how long it took until that was ready.
    pub fn restart(&mut self, peer: &Peer, cores: &str, arguments: &[&str]) -> Result<Duration, String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let start = Instant::now();
        self.child = spawn(peer, cores, self.port, &self.folder, arguments)?;
        self.wait_until_ready()?;
        Ok(start.elapsed())
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_mins(2) {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return Err(format!("{} ended at once", self.name));
            }
            // While it loads, the answer is an error.
            if self.try_ask("PING").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(format!("{} does not answer", self.name))
    }

    /// A new connection.
    pub fn connect(&self) -> Result<TcpStream, String> {
        self.try_connect().map_err(|error| format!("{}: {error}", self.name))
    }

    fn try_connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        Ok(stream)
    }

    /// Sends an inline command and returns its reply, a status or a string, as text.
    pub fn ask(&self, command: &str) -> Result<String, String> {
        self.try_ask(command).map_err(|error| format!("{}: {command}: {error}", self.name))
    }

    fn try_ask(&self, command: &str) -> std::io::Result<String> {
        let mut stream = self.try_connect()?;
        stream.write_all(command.as_bytes())?;
        stream.write_all(b"\r\n")?;
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            let n = stream.read(&mut chunk)?;
            bytes.extend_from_slice(&chunk[..n]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((first, rest)) = text.split_once("\r\n") else {
                if n == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            };
            match first.strip_prefix('$').and_then(|length| length.parse::<usize>().ok()) {
                Some(length) if rest.len() < length + 2 && n > 0 => {}
                Some(_) => return Ok(rest.to_string()),
                None if first.starts_with('-') => {
                    return Err(std::io::Error::other(first.to_string()));
                }
                None => return Ok(first.to_string()),
            }
        }
    }

    /// A field of INFO.
    pub fn info(&self, section: &str, field: &str) -> Result<String, String> {
        let text = self.ask(&format!("INFO {section}"))?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value
            .map(|value| value.trim().to_string())
            .ok_or_else(|| format!("{}: INFO {section} has no {field}", self.name))
    }

    /// The name with the version that the server says of itself.
    pub fn title(&self) -> String {
        let own = ["redoxide_version", "valkey_version", "redis_version"];
        let version = own.iter().find_map(|field| self.info("server", field).ok());
        version.map_or_else(|| self.name.clone(), |version| format!("{} {version}", self.name))
    }

    /// Bytes that it says it uses.
    pub fn used_memory(&self) -> Result<u64, String> {
        let text = self.info("memory", "used_memory")?;
        text.parse().map_err(|_| format!("{}: used_memory is {text}", self.name))
    }

    /// Bytes that the kernel keeps in memory for it.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?;
            value.trim().parse::<u64>().ok()
        });
        kilobytes.unwrap_or(0) * 1024
    }

    /// Bytes that only its children hold: what a fork had to copy.
    pub fn children(&self) -> u64 {
        let threads = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.child.id()));
        let threads = threads.unwrap_or_default();
        threads.split_ascii_whitespace().map(private_bytes).sum()
    }

    /// The bytes of a file in its folder.
    pub fn file_size(&self, name: &str) -> u64 {
        std::fs::metadata(self.folder.join(name)).map_or(0, |data| data.len())
    }

    /// Nanoseconds that its threads have run.
    pub fn cpu(&self) -> u64 {
        cpu_of(Path::new(&format!("/proc/{}/task", self.child.id())))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The same of its first thread, which serves clients.
    pub fn loop_cpu(&self) -> u64 {
        let pid = self.child.id();
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/schedstat")).unwrap_or_default();
        text.split_ascii_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
    }

    /// Nanoseconds that those of its children have run that ended, by ticks of the system.
    pub fn children_cpu(&self) -> u64 {
        let [_, _, user, system] = machine::cpu_seconds(&format!("/proc/{}/stat", self.child.id()));
        ((user + system) * 1e9) as u64
    }

    /// Waits until background work has settled: the used memory stays the same for a while.
    pub fn settle(&self) -> Result<(), String> {
        // Longer than two seconds in all: what is idle goes at the second look.
        self.settle_for(18)
    }

    /// The same for a server that has served nobody yet: it has nothing to give back.
    pub fn settle_new(&self) -> Result<(), String> {
        self.settle_for(4)
    }

    /// Until so many looks in a row found the same.
    fn settle_for(&self, looks: u32) -> Result<(), String> {
        let (mut last, mut same) = (0, 0);
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(120));
            let now = self.used_memory()?;
            // The connection that asks may itself be counted, or not.
            same = if now.abs_diff(last) < 64 * 1024 { same + 1 } else { 0 };
            last = now;
            if same == looks {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(peer: &Peer, cores: &str, port: u16, folder: &Path, arguments: &[&str]) -> Result<Child, String> {
    Command::new("taskset")
        .args(["-c", cores])
        .arg(&peer.path)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .args(["--appendonly", "no", "--daemonize", "no", "--maxclients", "20000", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("taskset {}: {error}", peer.path.display()))
}

/// Nanoseconds that the threads listed in a folder of /proc have run.
fn cpu_of(threads: &Path) -> u64 {
    let entries = std::fs::read_dir(threads).into_iter().flatten().flatten();
    entries
        .filter_map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split_ascii_whitespace().next()?.parse::<u64>().ok()
        })
        .sum()
}

/// Private bytes of a process that are not those of its file.
fn private_bytes(pid: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let dirty = text
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    dirty.unwrap_or(0) * 1024
}
