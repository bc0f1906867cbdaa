//! From a real server to ours and back, by snapshot and by append-only file: with `REFERENCE` set to that server's program.
//!
//! ```text
//! peer: fills, digest, file -> Redoxide: same digest, writes, digest, file -> peer: same digest
//!                                          the peer's own check tools accept the files
//! ```

use crate::harness::client::Client;
use crate::harness::run::{own_server, reference};
use crate::harness::server::Server;
use redoxide::base::words;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The folder in which one server after another works.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("redoxide-peers-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Folder(path)
    }

    /// Starts a server in it, and returns when it has loaded what is there.
    fn start(&self, program: &Path, arguments: &[&str]) -> (Server, Client) {
        let dir = self.0.to_string_lossy().into_owned();
        let arguments: Vec<String> =
            ["--dir", &dir].into_iter().chain(arguments.iter().copied()).map(String::from).collect();
        let server = Server::start(program, &arguments);
        let mut client = Client::new(&server);
        wait(&server, &mut client, "\nloading:0");
        (server, client)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits until INFO persistence says so.
fn wait(server: &Server, client: &mut Client, line: &str) {
    let start = Instant::now();
    while !client.ask(&["INFO", "persistence"]).text().contains(line) {
        assert!(start.elapsed() < Duration::from_secs(20), "{line}: {}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn rewrite(server: &Server, client: &mut Client) {
    client.ask(&["BGREWRITEAOF"]);
    std::thread::sleep(Duration::from_millis(20));
    wait(server, client, "aof_rewrite_scheduled:0");
    wait(server, client, "aof_rewrite_in_progress:0");
    wait(server, client, "aof_last_bgrewrite_status:ok");
}

fn digest(client: &mut Client) -> String {
    client.ask(&["DEBUG", "DIGEST"]).text()
}

/// Sends every second command of the fixtures, from `first` on: every type and encoding. What a server has not, is passed over.
fn fill(client: &mut Client, first: usize, has_fields: bool) {
    for (i, line) in include_str!("fixtures/commands.txt").lines().enumerate() {
        let is_everywhere = line.starts_with("SELECT") || line.starts_with("CONFIG");
        let is_wanted = is_everywhere || i % 2 == first;
        let is_known = !line.starts_with("FUNCTION") && (has_fields || !line.contains("HPEXPIREAT"));
        if is_wanted && is_known && line != "FLUSHALL" {
            client.ask_bytes(&words::split(line.as_bytes()).expect("the file is in order"));
        }
    }
    client.ask(&["SELECT", "0"]);
}

struct Peer {
    program: PathBuf,
    has_fields: bool,
    /// Whether it computes DEBUG DIGEST as we do: 7.0 prints scores another way.
    has_our_digest: bool,
}

/// The server to compare with, if there is one.
fn peer() -> Option<Peer> {
    let Some(program) = reference() else {
        eprintln!("skipped: REFERENCE names no server");
        return None;
    };
    let probe = Server::start(&program, &[]);
    let is_valkey = Client::new(&probe).ask(&["INFO", "server"]).text().contains("valkey_version");
    // Valkey has deadlines of fields, but keeps them in a version of the format that nobody else writes.
    let has_fields = !is_valkey && probe.redis_version() >= vec![7, 4];
    let has_our_digest = is_valkey || probe.redis_version() >= vec![7, 2];
    Some(Peer { program, has_fields, has_our_digest })
}

impl Peer {
    /// Whether one of our servers has what the peer had.
    #[track_caller]
    fn same(&self, server: &Server, client: &mut Client, theirs: &str) {
        if self.has_our_digest {
            assert_eq!(digest(client), theirs, "{}", server.log());
        }
    }

    /// Lets one of the peer's own tools look at a file.
    #[track_caller]
    fn check(&self, tool: &str, file: &Path) {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().replace("-server", tool);
        let tool = self.program.with_file_name(name);
        if !tool.exists() {
            return eprintln!("skipped: there is no {}", tool.display());
        }
        let output = Command::new(&tool).arg(file).output().expect("the tool can be started");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{} says of {}:\n{text}", tool.display(), file.display());
    }
}

/// Whether the peer has what it had before, and what ours has written since.
#[track_caller]
fn has_again(server: &Server, client: &mut Client, theirs: &str, written: &str) {
    assert_eq!(client.ask(&["LLEN", "from redoxide"]).text(), written, "{}", server.log());
    client.ask(&["DEL", "from redoxide"]);
    assert_eq!(digest(client), theirs, "{}", server.log());
}

#[test]
fn a_snapshot_goes_there_and_back() {
    let Some(peer) = peer() else { return };
    let folder = Folder::new("snapshot");
    let (server, mut client) = folder.start(&peer.program, &[]);
    fill(&mut client, 0, peer.has_fields);
    fill(&mut client, 1, peer.has_fields);
    let theirs = digest(&mut client);
    assert_eq!(client.ask(&["SAVE"]).text(), "OK");
    drop(server);

    // `snapshot-format auto`: what was loaded is RDB, so that is written again.
    let (server, mut client) = folder.start(&own_server(), &[]);
    peer.same(&server, &mut client, &theirs);
    client.ask(&["RPUSH", "from redoxide", "a", "1"]);
    assert_eq!(client.ask(&["SAVE"]).text(), "OK");
    drop(server);
    peer.check("-check-rdb", &folder.0.join("dump.rdb"));

    let (server, mut client) = folder.start(&peer.program, &[]);
    has_again(&server, &mut client, &theirs, "2");
}

#[test]
fn an_append_only_file_goes_there_and_back() {
    let Some(peer) = peer() else { return };
    for preamble in ["yes", "no"] {
        let folder = Folder::new(&format!("log-{preamble}"));
        let arguments = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", preamble];
        let (server, mut client) = folder.start(&peer.program, &arguments);
        fill(&mut client, 0, peer.has_fields);
        rewrite(&server, &mut client);
        fill(&mut client, 1, peer.has_fields);
        let theirs = digest(&mut client);
        drop(server);

        // Our increment behind their base ...
        let (server, mut client) = folder.start(&own_server(), &arguments);
        peer.same(&server, &mut client, &theirs);
        client.ask(&["RPUSH", "from redoxide", "a", "1"]);
        drop(server);
        let (server, mut client) = folder.start(&peer.program, &arguments);
        has_again(&server, &mut client, &theirs, "2");
        drop(server);
        // ... and our base.
        let (server, mut client) = folder.start(&own_server(), &arguments);
        peer.same(&server, &mut client, &theirs);
        client.ask(&["RPUSH", "from redoxide", "a"]);
        rewrite(&server, &mut client);
        client.ask(&["RPUSH", "from redoxide", "b", "c"]);
        drop(server);
        peer.check("-check-aof", &folder.0.join("appendonlydir/appendonly.aof.manifest"));
        let (server, mut client) = folder.start(&peer.program, &arguments);
        has_again(&server, &mut client, &theirs, "3");
    }
}
