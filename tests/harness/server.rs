//! A server process of a test's own: started on a free port in a temporary folder, ended by its id.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::target::PATIENCE;

/// A running server. Dropping it ends the process and removes its folder.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// Where it keeps its files.
    pub folder: PathBuf,
    /// Holds the number of the port for this server: see `Port`.
    _port: Port,
}

/// A port number that no other test of this harness takes while this lives.
///
/// A TCP port that is free now may be another test's a moment later, and then the sessions of one would run on the
/// server of the other. So the *UDP* port of the same number, which no server here uses, is kept bound as the token.
struct Port {
    number: u16,
    _token: UdpSocket,
}

impl Port {
    fn take() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Below the ports that the kernel gives to outgoing connections, and apart for each process.
        let start = std::process::id().wrapping_mul(61);
        for _ in 0..20_000 {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let number = 12_000 + (start.wrapping_add(step) % 20_000) as u16;
            let Ok(token) = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)) else {
                continue;
            };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self { number, _token: token };
            }
        }
        panic!("no free port");
    }
}

fn spawn(program: &Path, arguments: &[String], port: u16, folder: &Path) -> Child {
    let log = File::options().append(true).create(true).open(folder.join("log")).expect("the folder is there");
    Command::new(program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--enable-debug-command", "yes", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(log.try_clone().expect("a file handle can be doubled"))
        .stdout(log)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()))
}

impl Server {
    /// Starts `program` with these arguments after the harness's own, and returns when it answers.
    pub fn start(program: &Path, arguments: &[String]) -> Self {
        // The port may still be taken by somebody else between the look and the start.
        for _ in 0..3 {
            if let Some(server) = Self::try_start(program, arguments) {
                return server;
            }
        }
        panic!("{} does not start", program.display());
    }

    fn try_start(program: &Path, arguments: &[String]) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let port = Port::take();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("session-{}-{number}", std::process::id()));
        // Somebody who had our number may have been killed, and have left data there.
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let child = spawn(program, arguments, port.number, &folder);
        let mut server = Self { child, port: port.number, folder, _port: port };
        if server.wait_until_ready() {
            return Some(server);
        }
        let log = std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
        eprintln!("{} did not start; it said:\n{log}", program.display());
        None
    }

    /// Ends the process at once, as a crash would, and starts another in the same folder.
    #[allow(dead_code, reason = "only some tests crash their server")]
    pub fn crash_and_restart(&mut self, program: &Path, arguments: &[String]) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process is ours");
        self.child = spawn(program, arguments, self.port, &self.folder);
        assert!(self.wait_until_ready(), "it does not start again:\n{}", self.autopsy());
    }

    /// Waits until PING is answered with anything (NOAUTH will do); `false` if the process ended or time is over.
    fn wait_until_ready(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(_)) = self.child.try_wait() {
                return false;
            }
            if let Some(mut stream) = self.try_connect()
                && stream.write_all(b"PING\r\n").is_ok()
                && matches!(stream.read(&mut [0; 64]), Ok(n) if n > 0)
            {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// Opens a connection.
    pub fn connect(&self) -> TcpStream {
        self.try_connect().expect("the server accepts connections")
    }

    /// Opens a connection, if the server is there.
    pub fn try_connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        Some(stream)
    }

    /// What is answered to a line, and to the QUIT behind it.
    pub fn ask(&self, line: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(format!("{line}\r\nQUIT\r\n").as_bytes()).expect("the server reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server answers and ends the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// What can be found out about a server that does not do what it should: what its threads are doing, seen from outside and, if it
    /// is one of ours, from inside; what the system holds for its sockets; and the end of its log. Its folder is kept.
    #[allow(dead_code, reason = "only some tests look so closely")]
    pub fn autopsy(&self) -> String {
        const LINES: usize = 300;
        let pid = self.pid();
        let mut lines = vec![format!("process {pid}, port {}", self.port)];
        let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let of = |name: &str| read(format!("{}/{name}", task.path().display())).trim_end().to_string();
            let stat = of("stat");
            let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?');
            lines.push(format!("  {}: {state}, in {}, system call {}", of("comm"), of("wchan"), of("syscall")));
        }
        lines.push("sockets (local, remote, state, unsent:unread):".to_string());
        let port = format!(":{:04X} ", self.port);
        for line in read("/proc/net/tcp".to_string()).lines().filter(|line| line.contains(&port)) {
            let words: Vec<&str> = line.split_whitespace().skip(1).take(4).collect();
            lines.push(format!("  {}", words.join(" ")));
        }
        // A server of ours then tells the stacks of all threads in its log.
        let before = self.log().len();
        _ = Command::new("kill").args(["-ALRM", &pid.to_string()]).status();
        let start = Instant::now();
        while start.elapsed() < PATIENCE && !self.log()[before..].contains("STACK TRACE DONE") {
            std::thread::sleep(Duration::from_millis(20));
        }
        lines.push("the end of its log:".to_string());
        let log = self.log();
        let skipped = log.lines().count().saturating_sub(LINES);
        lines.extend(log.lines().skip(skipped).map(String::from));
        let kept = std::env::temp_dir().join(format!("kept-{pid}"));
        let copied = Command::new("cp").arg("-r").args([&self.folder, &kept]).status();
        if copied.is_ok_and(|status| status.success()) {
            lines.push(format!("a copy of its folder is {}", kept.display()));
        }
        lines.join("\n")
    }

    /// The level that it answers as.
    pub fn redis_version(&self) -> Vec<u32> {
        self.version("redis_version")
    }

    /// A version that INFO tells; empty if it does not.
    pub fn version(&self, field: &str) -> Vec<u32> {
        let mut stream = self.connect();
        let mut text = Vec::new();
        let mut chunk = [0; 16 * 1024];
        // The line that is looked for is among the first.
        if stream.write_all(b"INFO server\r\n").is_ok()
            && let Ok(n) = stream.read(&mut chunk)
        {
            text.extend_from_slice(&chunk[..n]);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
            .map(super::target::version)
            .unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
