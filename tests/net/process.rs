//! The program as the system sees it: a daemon, its exit status, its name, and what it tells who supervises it.

use super::harness::client::Client;
use super::harness::server::Server;
use super::{PROGRAM, arguments};
use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("redoxide-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("data")).expect("a folder can be made");
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file can be written");
    }

    /// Runs the program here until it ends, with a text on its standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        child.stdin.take().expect("it is a pipe").write_all(input.as_bytes()).expect("the program reads");
        child.wait_with_output().expect("the program ends")
    }
}

/// A server that ends with its test, at the latest.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a server answers over its Unix socket, as soon as it is there.
fn ask(socket: &Path, command: &str) -> String {
    let start = Instant::now();
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).expect("the server reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("the server ends the connection");
    reply
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_daemon_leaves_the_terminal_and_writes_its_own_files() {
    let folder = Folder::new("daemon");
    let socket = folder.0.join("s");
    // Relative names: the configuration's is meant from here, the others from the working directory.
    folder.write(
        "a.conf",
        &format!(
            "daemonize yes\ndir data\nlogfile a.log\npidfile a.pid\nport 0\nunixsocket {}\nsave \"\"\n",
            socket.display()
        ),
    );
    let output = folder.run(&["a.conf", "-"], "maxmemory 7mb\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!((&*output.stdout, &*output.stderr), (&b""[..], &b""[..]));
    assert!(ask(&socket, "CONFIG GET maxmemory").contains("7340032"), "standard input counts for the daemon");
    let info = ask(&socket, "INFO server");
    let pid = info.lines().find_map(|line| line.strip_prefix("process_id:")).expect("INFO tells the process");
    let file = folder.0.join("data/a.pid");
    assert_eq!(std::fs::read_to_string(&file).expect("the daemon writes it"), format!("{pid}\n"));
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the daemon runs");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in parentheses").split_whitespace().collect();
    assert_eq!((fields[2], fields[3], fields[4]), (pid, pid, "0"), "a session of its own, without a terminal: {stat}");
    for n in 0..3 {
        let to = std::fs::read_link(format!("/proc/{pid}/fd/{n}")).expect("the daemon runs");
        assert!(to == Path::new("/dev/null") || (n == 0 && to.to_string_lossy().starts_with("pipe:")), "{n}: {to:?}");
    }
    let log = || std::fs::read_to_string(folder.0.join("data/a.log")).unwrap_or_default();
    assert!(log().contains(&format!("{pid}:M ")) && log().contains("Ready to accept connections"), "{}", log());
    assert_eq!(ask(&socket, "SHUTDOWN"), "");
    until("the daemon ends", || !Path::new(&format!("/proc/{pid}")).exists() || stat_of(pid).is_none_or(|s| s == 'Z'));
    assert!(!file.exists(), "the pid file goes with the daemon");
}

fn stat_of(pid: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

#[test]
fn a_daemon_that_cannot_be_says_so_before_it_leaves() {
    let folder = Folder::new("daemon-wrong");
    let wrong = |arguments: &[&str], text: &str| {
        let output = folder.run(arguments, "");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(text), "{told}");
    };
    wrong(&["--daemonize", "yes", "--logfile", "none/a.log"], "Can't open the log file: No such file or directory");
    wrong(&["--daemonize", "yes", "--port", "99999"], "argument must be between 0 and 65535 inclusive");
    wrong(&["--daemonize", "yes", "--dir", "none"], "No such file or directory");
}

#[test]
fn all_mistakes_of_a_file_are_told_with_their_lines() {
    let folder = Folder::new("mistakes");
    folder.write("more.conf", "user cid on +@nosuch\n");
    folder.write(
        "a.conf",
        "prot 7\nrename-command nosuch x\nuser ann on +get ~a\nuser ann off\nuser bob on ~* ~x\nrename-command get put\n\
         rename-command get \"\"\nrename-command put set\nuser dan (~a\nuser eve on +put\ninclude more.conf\nhz x\n",
    );
    let expected = "
*** FATAL CONFIG FILE ERROR (Redoxide 0.1.0) ***
Reading the configuration file a.conf, at line 1
>>> 'prot 7'
Bad directive or wrong number of arguments (is 'port' meant?)
Reading the configuration file a.conf, at line 2
>>> 'rename-command nosuch x'
No such command in rename-command
Reading the configuration file a.conf, at line 4
>>> 'user ann off'
Error in user declaration 'ann': Duplicate user found. A user can only be defined once in config files
Reading the configuration file a.conf, at line 5
>>> 'user bob on ~* ~x'
Error in user declaration '~x': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does \
not have any effect. Try 'resetkeys' to start with an empty list of patterns
Reading the configuration file a.conf, at line 7
>>> 'rename-command get \"\"'
No such command in rename-command
Reading the configuration file a.conf, at line 8
>>> 'rename-command put set'
Target command name already exists
Reading the configuration file a.conf, at line 9
>>> 'user dan (~a'
Error in user declaration 'dan': Unmatched parenthesis in selector definition
Reading the configuration file a.conf, at line 10
>>> 'user eve on +put'
Error in user declaration '+put': Unknown command or category name in ACL
Reading the configuration file more.conf, at line 1
>>> 'user cid on +@nosuch'
Error in user declaration '+@nosuch': Unknown command or category name in ACL
Reading the configuration file a.conf, at line 12
>>> 'hz x'
argument couldn't be parsed into an integer
";
    for arguments in [&["a.conf"][..], &["--check-config", "a.conf"]] {
        let output = folder.run(arguments, "");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim_end(), expected.trim_end(), "{arguments:?}");
    }
    folder.write("b.conf", "rename-command get put\nuser ann on +get (~a +@read) &x\n");
    let output = folder.run(&["--check-config", "b.conf"], "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_exit_status_says_how_it_ended() {
    let folder = Folder::new("status");
    let status = |arguments: &[&str]| folder.run(arguments, "").status.code();
    assert_eq!(status(&["--version"]), Some(0));
    assert_eq!(status(&["--help"]), Some(0));
    assert_eq!(status(&["none.conf"]), Some(1));
    assert_eq!(status(&["--nosuch", "1"]), Some(1));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let port = taken.local_addr().expect("it has an address").port().to_string();
    assert_eq!(status(&["--bind", "127.0.0.1", "--port", &port]), Some(1));
    let socket = folder.0.join("s");
    let start = |arguments: &[&str]| {
        let child = Command::new(PROGRAM)
            .args(["--port", "0", "--save", "", "--unixsocket", &socket.to_string_lossy()])
            .args(arguments)
            .current_dir(&folder.0)
            .stdout(Stdio::null())
            .spawn();
        let mut server = Running(child.expect("the program can be started"));
        ask(&socket, "PING");
        move |end: &dyn Fn(u32)| {
            end(server.0.id());
            server.0.wait().expect("the server ends").code()
        }
    };
    let kill = |signal: &str, pid: u32| {
        let sent =
            Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().expect("there is a shell");
        assert!(sent.success());
    };
    assert_eq!(start(&[])(&|_| drop(ask(&socket, "SHUTDOWN"))), Some(0));
    assert_eq!(start(&[])(&|pid| kill("TERM", pid)), Some(0));
    assert_eq!(start(&[])(&|pid| kill("INT", pid)), Some(0));
}

#[test]
fn the_process_is_called_as_the_template_says() {
    let name = |server: &Server| {
        std::fs::read_to_string(format!("/proc/{}/comm", server.pid())).expect("the server runs").trim_end().to_string()
    };
    let server = Server::start(Path::new(PROGRAM), &arguments(&["--proc-title-template", "p{port} {listen-addr}"]));
    let shown = format!("p{} 127.0.0.1:{}", server.port, server.port);
    assert_eq!(name(&server), shown[..15]);
    let mut client = Client::new(&server);
    client.ask(&["CONFIG", "SET", "proc-title-template", "{title}-2"]);
    assert_eq!(name(&server), "redoxide-2");
    let server = Server::start(Path::new(PROGRAM), &arguments(&["--set-proc-title", "no"]));
    Client::new(&server).ask(&["CONFIG", "SET", "proc-title-template", "other"]);
    assert_eq!(name(&server), "redoxide");
}

#[test]
fn who_supervises_the_server_is_told_when_all_data_is_there() {
    let folder = Folder::new("supervised");
    let (socket, notify) = (folder.0.join("s"), folder.0.join("notify"));
    let socket_text = socket.to_string_lossy().into_owned();
    let start = |more: &[&str]| {
        let child = Command::new(PROGRAM)
            .args(["--port", "0", "--save", "", "--dir", "data", "--unixsocket", &socket_text])
            .args(["--enable-debug-command", "yes", "--daemonize", "yes", "--supervised", "systemd"])
            .args(more)
            .env("NOTIFY_SOCKET", &notify)
            .current_dir(&folder.0)
            .stdout(Stdio::null())
            .spawn();
        Running(child.expect("the program can be started"))
    };
    let supervisor = UnixDatagram::bind(&notify).expect("a socket can be made");
    supervisor.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let told = || {
        let mut buffer = [0; 256];
        let n = supervisor.recv(&mut buffer).expect("the server tells something");
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    };
    let mut server = start(&[]);
    assert!(told().ends_with("READY=1\n"));
    // Whoever is supervised is no daemon.
    let info = ask(&socket, "INFO server");
    assert!(info.contains(&format!("process_id:{}\r\n", server.0.id())) && info.contains("process_supervised:systemd"));
    assert_eq!(ask(&socket, "DEBUG POPULATE 2000"), "+OK\r\n+OK\r\n");
    assert_eq!(ask(&socket, "SAVE"), "+OK\r\n+OK\r\n");
    ask(&socket, "SHUTDOWN");
    assert_eq!(told(), "STOPPING=1\n");
    server.0.wait().expect("the server ends");
    // Half a second for all keys.
    let mut server = start(&["--key-load-delay", "250"]);
    until("the server loads", || ask(&socket, "INFO persistence").contains("loading:1"));
    assert!(told().ends_with("READY=1\n"));
    let info = ask(&socket, "INFO");
    assert!(info.contains("\nloading:0") && info.contains("db0:keys=2000"), "{info}");
    ask(&socket, "SHUTDOWN");
    server.0.wait().expect("the server ends");
}

#[test]
fn a_panic_is_reported_and_the_log_keeps_what_was_whole() {
    use std::os::unix::process::ExitStatusExt;
    let folder = Folder::new("panic");
    let socket = folder.0.join("s");
    let socket_text = socket.to_string_lossy().into_owned();
    let start = || {
        let child = Command::new(PROGRAM)
            .args(["--port", "0", "--save", "100 1", "--dir", "data", "--logfile", "log", "--pidfile", "pid"])
            .args(["--appendonly", "yes", "--enable-debug-command", "yes", "--unixsocket", &socket_text])
            .current_dir(&folder.0)
            .stderr(Stdio::null())
            .spawn();
        Running(child.expect("the program can be started"))
    };
    let mut server = start();
    ask(&socket, "PING");
    let mut stream = UnixStream::connect(&socket).expect("the server is there");
    // In one turn: when it ends, the log has not been written yet.
    stream.write_all(b"SET secret 1\r\nMULTI\r\nSET half 1\r\nDEBUG PANIC\r\nEXEC\r\n").expect("the server reads");
    let status = server.0.wait().expect("the server ends");
    assert_eq!(status.signal(), Some(6), "as after abort()");
    let log = std::fs::read_to_string(folder.0.join("data/log")).expect("there is a log");
    for what in
        ["BUG REPORT START", "DEBUG PANIC called", "STACK TRACE", "Command: exec", "Client: id=", "BUG REPORT END"]
    {
        assert!(log.contains(what), "{what}: {log}");
    }
    assert!(!log.contains("secret"), "the log is no place for data: {log}");
    assert!(!folder.0.join("data/pid").exists() && !folder.0.join("data/dump.rdb").exists());
    let mut server = start();
    until("the log is loaded", || ask(&socket, "INFO persistence").contains("\nloading:0"));
    assert_eq!(ask(&socket, "MGET secret half"), "*2\r\n$1\r\n1\r\n$-1\r\n+OK\r\n");
    ask(&socket, "SHUTDOWN NOSAVE");
    server.0.wait().expect("the server ends");
}

/// A server with a log, a pid file and a connection over which something secret went.
struct Watched {
    folder: Folder,
    server: Running,
    stream: UnixStream,
}

impl Watched {
    fn start(name: &str, more: &[&str]) -> Watched {
        let folder = Folder::new(name);
        let socket = folder.0.join("s");
        let child = Command::new(PROGRAM)
            .args(["--port", "0", "--save", "100 1", "--dir", "data", "--logfile", "log", "--pidfile", "pid"])
            .args(["--enable-debug-command", "yes", "--unixsocket", &socket.to_string_lossy()])
            .args(more)
            .current_dir(&folder.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Running(child.expect("the program can be started"));
        assert_eq!(ask(&socket, "SET secret secret"), "+OK\r\n+OK\r\n");
        let stream = UnixStream::connect(&socket).expect("the server is there");
        Watched { folder, server, stream }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.join("data/log")).expect("there is a log")
    }

    fn send(&mut self, command: &str) {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).expect("the server reads");
    }

    fn kill(&self, signal: &str) {
        let line = format!("kill -{signal} {}", self.server.0.id());
        assert!(Command::new("sh").args(["-c", &line]).status().expect("there is a shell").success());
    }

    /// How it ended.
    fn end(&mut self) -> std::process::ExitStatus {
        let status = self.server.0.wait().expect("the server ends");
        assert!(!self.folder.0.join("data/pid").exists() && !self.folder.0.join("data/dump.rdb").exists());
        assert!(!self.log().contains("secret"), "the log is no place for data: {}", self.log());
        status
    }
}

#[test]
fn a_signal_is_reported_and_ends_the_process_all_the_same() {
    use std::os::unix::process::ExitStatusExt;
    let parts = |log: &str, parts: &[&str]| {
        for part in parts {
            assert!(log.contains(part), "{part}: {log}");
        }
    };
    let both = [
        "BUG REPORT START",
        "freeing",
        "(src/base/helper.rs:",
        "STACK TRACE DONE",
        "Command: debug",
        "Client: id=",
        "BUG REPORT END",
    ];
    let mut server = Watched::start("segfault", &[]);
    server.send("DEBUG SEGFAULT");
    assert_eq!(server.end().signal(), Some(11));
    parts(&server.log(), &both);
    parts(&server.log(), &["by signal: 11, si_code: 2", "Accessing address: 0x", "debug (src/commands/debug.rs:"]);
    for (name, number) in [("ABRT", 6), ("BUS", 7), ("FPE", 8), ("ILL", 4), ("SEGV", 11)] {
        let mut server = Watched::start(&format!("signal-{name}"), &[]);
        server.send("DEBUG SLEEP 100");
        let place = format!("/proc/{}/wchan", server.server.0.id());
        until("the loop sleeps", || std::fs::read_to_string(&place).is_ok_and(|place| place.contains("nanosleep")));
        server.kill(name);
        assert_eq!(server.end().signal(), Some(number), "{name}");
        parts(&server.log(), &both);
        parts(
            &server.log(),
            &[&format!("by signal: {number}, si_code: 0"), "Sent by process ", "sleep (src/commands/"],
        );
    }
    let mut server = Watched::start("silent", &["--crash-log-enabled", "yes"]);
    server.send("CONFIG SET crash-log-enabled no\r\nDEBUG SEGFAULT");
    assert_eq!(server.server.0.wait().expect("the server ends").signal(), Some(11));
    assert!(!server.log().contains("BUG REPORT"), "{}", server.log());
}

#[test]
fn an_assertion_is_reported_and_the_status_may_be_one() {
    let mut server = Watched::start("assertion", &["--use-exit-on-panic", "yes"]);
    server.send("DEBUG ASSERT");
    assert_eq!(server.end().code(), Some(1));
    let log = server.log();
    for part in ["ASSERTION FAILED", "DEBUG ASSERT called", "debug (src/commands/debug.rs:", "Command: debug"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert_eq!(log.matches("STACK TRACE -").count(), 1, "{log}");
}

#[test]
fn a_loop_that_hangs_is_told_and_goes_on() {
    let mut server = Watched::start("watchdog", &[]);
    // Only while it is asked for.
    server.send("DEBUG SLEEP 0.5\r\nCONFIG SET watchdog-period 1\r\nDEBUG SLEEP 1\r\nCONFIG SET watchdog-period 0");
    until("it is told", || server.log().contains("STACK TRACE DONE"));
    let log = server.log();
    assert_eq!(log.matches("WATCHDOG TIMER EXPIRED").count(), 1, "{log}");
    assert!(log.contains("sleep (src/commands/debug.rs:"), "{log}");
    server.send("DEBUG SLEEP 0.5");
    server.kill("ALRM");
    until("it is told", || server.log().matches("STACK TRACE DONE").count() == 2);
    assert!(server.log().contains("Received SIGALRM"), "{}", server.log());
    server.send("SHUTDOWN NOSAVE");
    assert_eq!(server.end().code(), Some(0));
}

#[test]
fn the_whole_configuration_can_be_written() {
    let folder = Folder::new("force-all");
    let socket = folder.0.join("s");
    folder.write(
        "a.conf",
        &format!("# mine\nport 0\nsave \"\"\nenable-debug-command yes\nunixsocket {}\n", socket.display()),
    );
    let child = Command::new(PROGRAM).arg("a.conf").current_dir(&folder.0).stdout(Stdio::null()).spawn();
    let mut server = Running(child.expect("the program can be started"));
    assert_eq!(ask(&socket, "DEBUG CONFIG-REWRITE-FORCE-ALL"), "+OK\r\n+OK\r\n");
    ask(&socket, "SHUTDOWN");
    server.0.wait().expect("the server ends");
    let text = std::fs::read_to_string(folder.0.join("a.conf")).expect("the file is there");
    for line in ["# mine", "port 0", "hz 10", "appendfsync everysec"] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(folder.run(&["--check-config", "a.conf"], "").status.success(), "{text}");
}

/// The file that comes with the distribution's Redis (`tools/test` installs it) starts the server as it is.
#[test]
fn the_distributions_own_file_starts_the_server() {
    let path = "/etc/redis/redis.conf";
    if std::fs::read(path).is_err() {
        eprintln!("skipped: nobody may read {path}, or it is not there");
        return;
    }
    let folder = Folder::new("distribution");
    assert!(folder.run(&["--check-config", path], "").status.success());
    let socket = folder.0.join("s");
    // Where this test may write, and nobody else listens; the rest is the file's.
    let child = Command::new(PROGRAM)
        .args([path, "--port", "0", "--unixsocket", &socket.to_string_lossy(), "--dir", "data", "--logfile", "log"])
        .args(["--pidfile", "pid", "--daemonize", "no"])
        .current_dir(&folder.0)
        .stdout(Stdio::null())
        .spawn();
    let mut server = Running(child.expect("the program can be started"));
    let answer = ask(&socket, "CONFIG GET client-output-buffer-limit");
    assert!(answer.contains("slave 268435456 67108864 60 pubsub 33554432 8388608 60"), "{answer}");
    assert!(ask(&socket, "INFO server").contains(&format!("config_file:{path}")));
    ask(&socket, "SHUTDOWN NOSAVE");
    assert!(server.0.wait().expect("the server ends").success());
    let log = std::fs::read_to_string(folder.0.join("data/log")).expect("there is a log");
    assert!(log.contains("Ready to accept") && !log.contains("no effect"), "{log}");
}

#[test]
fn the_socket_belongs_to_the_group_that_is_named() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new("group");
    let socket = folder.0.join("s");
    // Our own: nobody but root may give a file to another.
    let group = std::fs::metadata(&folder.0).expect("the folder is there").gid().to_string();
    let arguments = ["--port", "0", "--save", "", "--unixsocket", &socket.to_string_lossy(), "--unixsocketgroup"];
    let start = |group: &str| {
        let mut program = Command::new(PROGRAM);
        program.args(arguments).arg(group).current_dir(&folder.0).stdout(Stdio::null());
        Running(program.spawn().expect("the program can be started"))
    };
    let _server = start(&group);
    assert_eq!(ask(&socket, "PING"), "+PONG\r\n+OK\r\n");
    assert_eq!(std::fs::metadata(&socket).expect("the socket is there").gid().to_string(), group);
    assert_eq!(start("no-such-group").0.wait().expect("it ends").code(), Some(1));
}
