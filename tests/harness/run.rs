//! Runs a session on a target, and says what came back instead of what was expected.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::local::InProcess;
use super::quote;
use super::script::{self, Action, Form, Script};
use super::server::Server;
use super::target::{PATIENCE, Process, Target};
use super::value::{self, Protocol, Value};

/// What came back, row by row, for each step.
pub type Transcript = Vec<Vec<String>>;

/// Runs a session everywhere it should run, and panics if something else came back.
pub fn check(text: &str, form: Form, place: &Location<'_>) {
    let script = Script::parse(text).unwrap_or_else(|problem| panic!("{place}: {problem}"));
    let reference = reference();
    if let Some(reason) = reference.as_ref().and_then(|server| skip(&script, server)) {
        note(&format!("skipped {place}: {reason}"));
        return;
    }
    // Nobody waits for a clock that can be moved: in that case the server is in this process.
    let is_inside = reference.is_none() && script.advances() > Duration::ZERO;
    let is_ours = reference.is_none();
    let server = reference.unwrap_or_else(own_server);
    for protocol in protocols(&script, form) {
        let mut target: Box<dyn Target> = if is_inside {
            Box::new(InProcess::new(&script.arguments).unwrap_or_else(|problem| panic!("{place}: {problem}")))
        } else {
            Box::new(Process::new(Server::start(&server, &script.arguments)))
        };
        let transcript = transcript(&script, form, protocol, &mut *target, true)
            .unwrap_or_else(|problem| panic!("{place} ({protocol:?}): {problem}"));
        if !agrees(&script, &transcript) {
            let report = report(&script, &transcript);
            panic!("{place} ({protocol:?}, {}): not what was expected\n{report}", server.display());
        }
    }
    if is_ours && form == Form::Command {
        check_log(&script, form).unwrap_or_else(|problem| panic!("{place}: {problem}"));
    }
    note(&format!("ran {place}"));
}

/// Runs a session with an append-only file, and compares what that gives with the data.
fn check_log(script: &Script, form: Form) -> Result<(), String> {
    // These make data, or change how it is kept, in ways that no log tells of.
    const UNLOGGED: [&str; 4] =
        ["DEBUG POPULATE", "CONFIG SET", "DEBUG SET-SKIP-CHECKSUM-VALIDATION", "DEBUG RELOAD NOSAVE"];
    if script.sends(|line| UNLOGGED.iter().any(|word| line.to_ascii_uppercase().contains(word))) {
        return Ok(());
    }
    let mut arguments = script.arguments.clone();
    arguments
        .extend(["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"].map(str::to_string));
    let mut target = InProcess::new(&arguments)?;
    transcript(script, form, protocols(script, form)[0], &mut target, true)?;
    target.compare_with_log()
}

/// The protocols in which a session is to be run.
pub fn protocols(script: &Script, form: Form) -> Vec<Protocol> {
    if form == Form::Raw || script.says_hello() {
        return vec![Protocol::Any];
    }
    match (script.resp2_only, script.resp3_only) {
        (true, false) => vec![Protocol::Resp2],
        (false, true) => vec![Protocol::Resp3],
        _ => vec![Protocol::Resp2, Protocol::Resp3],
    }
}

/// Whether all that came back is as expected.
pub fn agrees(script: &Script, transcript: &Transcript) -> bool {
    let steps = script.steps.iter().zip(transcript);
    steps.into_iter().all(|(step, rows)| script::matches(&step.expected, rows))
}

/// The server on which everything is to be replayed, if there is one.
pub fn reference() -> Option<PathBuf> {
    std::env::var_os("REFERENCE").map(PathBuf::from)
}

/// The server that was built with these tests.
pub fn own_server() -> PathBuf {
    let built: Option<&str> = option_env!("CARGO_BIN_EXE_redoxide");
    // Tools include this file too, and are told a path.
    PathBuf::from(built.unwrap_or("redoxide"))
}

/// Why a session is not replayed on the reference server.
fn skip(script: &Script, server: &Path) -> Option<String> {
    if script.ours {
        return Some("differs on purpose".to_string());
    }
    if script.advances() > Duration::ZERO && std::env::var_os("SLEEP").is_none() {
        return Some("moves the clock".to_string());
    }
    let (field, since) = match (&script.valkey, &script.since) {
        (Some(since), _) => ("valkey_version", since),
        (None, Some(since)) => ("redis_version", since),
        (None, None) => return None,
    };
    let found = Server::start(server, &[]).version(field);
    (found < *since).then(|| format!("needs {field} {since:?}, this is {found:?}"))
}

/// Adds a line to the file that counts what was replayed.
fn note(line: &str) {
    let Some(path) = std::env::var_os("REPLAY_LOG") else {
        return;
    };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    // One write per line: many processes append at once.
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", Path::new(&path).display()));
}

/// A client of the session.
struct Client {
    name: String,
    link: usize,
    /// Bytes that make no whole value yet.
    bytes: Vec<u8>,
    closed: bool,
}

/// The rows of each value that came back in a step, client by client: which came first of two clients' is chance.
#[derive(Default)]
struct Came(Vec<Vec<Vec<String>>>);

/// A session under way.
struct Run<'a> {
    target: &'a mut dyn Target,
    form: Form,
    protocol: Protocol,
    clients: Vec<Client>,
    /// How the replies of this step are to be sorted.
    sorted_by: usize,
}

/// Runs a session and returns what came back. `expecting`: wait for as many rows as are expected, and save fences where
/// they tell nothing; otherwise every step ends at a fence, or a moment after it.
pub fn transcript(
    script: &Script,
    form: Form,
    protocol: Protocol,
    target: &mut dyn Target,
    expecting: bool,
) -> Result<Transcript, String> {
    let mut run = Run { target, form, protocol, clients: Vec::new(), sorted_by: 0 };
    let mut transcript = Transcript::new();
    let mut patience = PATIENCE;
    let company = script.has_company();
    for (index, step) in script.steps.iter().enumerate() {
        run.sorted_by = step.sorted_by;
        let sender = run.act(&step.action)?;
        let needed = script::rows_needed(&step.expected);
        let last = index + 1 == script.steps.len();
        let fenced = !expecting || company || needed == 0 || last || patience < PATIENCE;
        let mut came = Came::default();
        run.collect(&mut came)?;
        let mut rows = run.rows(&came, sender);
        let start = Instant::now();
        while expecting
            && rows.len() < needed
            && script::may_become(&step.expected, &rows)
            && start.elapsed() < patience
        {
            // The answer to a command comes on its own connection, unless it is expected elsewhere.
            let may_come = run.wait(patience.saturating_sub(start.elapsed()));
            run.collect(&mut came)?;
            rows = run.rows(&came, sender);
            if !may_come {
                break;
            }
        }
        if fenced {
            run.target.fence();
            run.collect(&mut came)?;
            rows = run.rows(&came, sender);
        }
        if !expecting && rows.is_empty() {
            // A timeout of the server may have to pass: it surely has if something came the last time.
            run.wait(if needed > 0 { PATIENCE } else { Duration::from_millis(150) });
            run.collect(&mut came)?;
            rows = run.rows(&came, sender);
        }
        if !expecting && !rows.is_empty() {
            // A server may close a moment after it has answered, and will after a mistake in the protocol.
            let is_mistake = form == Form::Raw && rows.last().is_some_and(|row| row.contains("Protocol error"));
            run.wait(Duration::from_millis(if is_mistake { 200 } else { 3 }));
            run.collect(&mut came)?;
            rows = run.rows(&came, sender);
        }
        if expecting && !script::matches(&step.expected, &rows) {
            // Enough is known: the rest is run for the report, but not waited for.
            patience = Duration::from_millis(100);
        }
        transcript.push(rows);
    }
    Ok(transcript)
}

impl Run<'_> {
    /// Does what a step says; returns the client whose rows bear no name.
    fn act(&mut self, action: &Action) -> Result<Option<usize>, String> {
        match action {
            Action::Send { client, line } => {
                let client = self.client(client)?;
                let words = quote::words(line)?;
                let bytes = match self.form {
                    Form::Command => quote::request(&words),
                    Form::Raw => words.concat(),
                };
                self.target.send(self.clients[client].link, &bytes);
                Ok(Some(client))
            }
            Action::Advance(by) => {
                self.target.advance(*by);
                self.target.fence();
                Ok(None)
            }
            Action::Close(name) => {
                if let Some(index) = self.clients.iter().position(|client| client.name == *name) {
                    self.target.close(self.clients[index].link);
                    self.clients[index].closed = true;
                    self.target.fence();
                }
                Ok(None)
            }
        }
    }

    /// The client of that name, connected, and speaking the protocol of the session.
    fn client(&mut self, name: &str) -> Result<usize, String> {
        let found = self.clients.iter().position(|client| client.name == name);
        if let Some(index) = found
            && !self.clients[index].closed
        {
            return Ok(index);
        }
        let fresh = Client { name: name.to_string(), link: self.target.connect(), bytes: Vec::new(), closed: false };
        let index = if let Some(index) = found {
            self.clients[index] = fresh;
            index
        } else {
            self.clients.push(fresh);
            self.clients.len() - 1
        };
        if self.protocol == Protocol::Resp3 {
            self.hello(index)?;
        }
        Ok(index)
    }

    /// Switches to RESP3 before the session begins.
    fn hello(&mut self, index: usize) -> Result<(), String> {
        let link = self.clients[index].link;
        self.target.send(link, &quote::request(&[b"HELLO".to_vec(), b"3".to_vec()]));
        let start = Instant::now();
        let mut bytes = Vec::new();
        while start.elapsed() < PATIENCE {
            self.target.wait(&[link], PATIENCE);
            bytes.extend(self.target.receive(link).0);
            match value::read(&bytes)? {
                Some((Value::Map(_), length)) if length == bytes.len() => return Ok(()),
                Some((other, _)) => {
                    return Err(format!("HELLO 3 got {other:?}: `# resp2` or an own HELLO?"));
                }
                None => {}
            }
        }
        Err("HELLO 3 got no answer".to_string())
    }

    fn wait(&mut self, at_most: Duration) -> bool {
        let links: Vec<usize> = self.open().map(|client| client.link).collect();
        self.target.wait(&links, at_most)
    }

    fn open(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(|client| !client.closed)
    }

    /// Adds what has come back since the last time.
    fn collect(&mut self, came: &mut Came) -> Result<(), String> {
        came.0.resize(self.clients.len(), Vec::new());
        for (index, values) in came.0.iter_mut().enumerate() {
            values.extend(self.values_of(index)?);
        }
        Ok(())
    }

    /// What has come back in a step: first the sender's, then the others' in the order in which they appeared.
    fn rows(&self, came: &Came, sender: Option<usize>) -> Vec<String> {
        let mut all = sender.map(|sender| came.0[sender].concat()).unwrap_or_default();
        for (index, values) in came.0.iter().enumerate().filter(|(index, _)| Some(*index) != sender) {
            let prefix = format!("{}< ", self.clients[index].name);
            all.extend(values.iter().flat_map(|rows| value::prefixed(&prefix, rows.clone())));
        }
        all
    }

    /// The rows of each value that one client received.
    fn values_of(&mut self, index: usize) -> Result<Vec<Vec<String>>, String> {
        let client = &mut self.clients[index];
        if client.closed {
            return Ok(Vec::new());
        }
        let (bytes, closed) = self.target.receive(client.link);
        client.bytes.extend(bytes);
        let mut values = Vec::new();
        match self.form {
            Form::Raw => {
                // Whole lines; what is left is shown when nothing more can come.
                let end = client.bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
                let lines = client.bytes[..end].split_inclusive(|&b| b == b'\n');
                values.extend(lines.map(|line| vec![quote::quote(line)]));
                client.bytes.drain(..end);
                if closed && !client.bytes.is_empty() {
                    values.push(vec![quote::quote(&client.bytes)]);
                }
            }
            Form::Command => {
                let mut at = 0;
                while at < client.bytes.len()
                    && let Some((mut value, length)) = value::read(&client.bytes[at..])?
                {
                    at += length;
                    value.sort(self.sorted_by);
                    let rows = value::print(&value, self.protocol);
                    // What a monitor is shown of the fence.
                    if !matches!(&rows[..], [row] if row.ends_with("] \"PING\"")) {
                        values.push(rows);
                    }
                }
                client.bytes.drain(..at);
            }
        }
        if closed {
            client.closed = true;
            self.target.close(client.link);
            values.push(vec!["(closed)".to_string()]);
        }
        Ok(values)
    }
}

/// The session with what came back: rows that were expected and did not come after `-`, what came instead after `+`.
pub fn report(script: &Script, transcript: &Transcript) -> String {
    let mut text = String::new();
    for (step, rows) in script.steps.iter().zip(transcript) {
        for line in &step.lines {
            let _ = writeln!(text, "    {line}");
        }
        if script::matches(&step.expected, rows) {
            for row in rows {
                let _ = writeln!(text, "    {row}");
            }
            continue;
        }
        for row in &step.expected {
            let _ = writeln!(text, "  - {row}");
        }
        for row in rows {
            let _ = writeln!(text, "  + {row}");
        }
    }
    let _ = write!(text, "\nAs it came back, to be pasted:\n{}", finished(script, transcript));
    text
}

/// The session as it should stand: expected rows that match stay (they may be patterns), others are replaced.
pub fn finished(script: &Script, transcript: &Transcript) -> String {
    let mut text = String::new();
    for (step, rows) in script.steps.iter().zip(transcript) {
        let kept = script::matches(&step.expected, rows);
        let rows = if kept { &step.expected } else { rows };
        for line in step.lines.iter().chain(rows) {
            if line.is_empty() {
                text.push('\n');
            } else {
                let _ = writeln!(text, "{}{}", script.indent, line.trim_end());
            }
        }
    }
    text
}
