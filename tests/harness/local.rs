//! A server inside the test: no sockets, and a clock that stands still until the session moves it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use redoxide::config::Config;
use redoxide::config::arguments::{self, Asked};
use redoxide::keyspace::digest;
use redoxide::net::local::Local;
use redoxide::store::object::Element;

use super::disk::Memory;
use super::target::Target;

/// When a session begins, in milliseconds since 1970: some moment that is always the same.
const BEGINNING: i64 = 1_750_000_000_000;

/// The regular work of a server is due this often (`hz` 10); a longer move of the clock is made in such steps.
const STEP: Duration = Duration::from_millis(100);

/// A server in this process and the clients of the session.
pub struct InProcess {
    local: Local,
    /// The clients that are connected.
    links: Vec<Option<usize>>,
    disk: Memory,
    arguments: Vec<Vec<u8>>,
}

impl InProcess {
    /// A server as `redoxide` would be with these arguments.
    pub fn new(arguments: &[String]) -> Result<Self, String> {
        let fixed = ["--save", "", "--enable-debug-command", "yes"].into_iter().map(str::to_string);
        let all: Vec<Vec<u8>> = fixed.chain(arguments.iter().cloned()).map(String::into_bytes).collect();
        match arguments::read(&all, &mut std::io::empty(), &mut |_| Ok(())) {
            Asked::Run(config) => {
                let disk = Memory::default();
                let local = server(*config, &disk, BEGINNING);
                Ok(Self { local, links: Vec::new(), disk, arguments: all })
            }
            Asked::Print(text) | Asked::Refuse(text) => Err(text),
        }
    }
}

/// A server with a disk, which has loaded what is there.
fn server(config: Config, disk: &Memory, unix_ms: i64) -> Local {
    let mut local = Local::with_disk(&redoxide::commands::table(), config, 1, unix_ms, Arc::new(disk.clone()));
    assert!(local.load(), "what is on the disk can be loaded");
    local
}

/// A database's number and a key.
type Place = (usize, String);
/// A digest of the value, the key's deadline, those of the fields.
type Content = (String, Option<i64>, Vec<(String, i64)>);

/// All keys with all that belongs to them, expired or not.
fn content(local: &Local) -> BTreeMap<Place, Content> {
    let mut all = BTreeMap::new();
    for (number, data) in local.server.keyspace.databases().iter().enumerate() {
        data.table.freeze().each(|entry| {
            let mut fields = Vec::new();
            entry.value().each(&mut |element| {
                if let Element::Field(field, _, Some(deadline)) = element {
                    field.with(|field| fields.push((String::from_utf8_lossy(field).into_owned(), deadline)));
                }
            });
            fields.sort();
            let sum = format!("{:?}", digest::of_value(entry));
            let key = String::from_utf8_lossy(entry.key()).into_owned();
            all.insert((number, key), (sum, entry.deadline(), fields));
        });
    }
    all
}

impl InProcess {
    /// What is wrong if another server, started at the same moment from what this one has logged, has other data.
    pub fn compare_with_log(&mut self) -> Result<(), String> {
        let Asked::Run(config) = arguments::read(&self.arguments, &mut std::io::empty(), &mut |_| Ok(())) else {
            return Ok(());
        };
        // Much later: whatever is not told by absolute times gives other deadlines then.
        let later = self.local.server.now() + 3_600_000;
        let disk = self.disk.after_power_loss();
        let again = server(*config, &disk, later);
        let (was, is) = (content(&self.local), content(&again));
        if was == is {
            return Ok(());
        }
        let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
        let differs = keys.into_iter().find(|key| was.get(*key) != is.get(*key));
        let log: Vec<String> = disk.names().into_iter().filter(|name| name.ends_with(".incr.aof")).collect();
        let text: Vec<u8> = log.iter().filter_map(|name| disk.bytes(name)).flatten().collect();
        let words = String::from_utf8_lossy(&text).into_owned();
        let words: Vec<&str> = words.split("\r\n").filter(|word| !word.starts_with('$')).collect();
        Err(format!("the log gives other data for {differs:?}: {}", words.join(" ")))
    }
}

impl Target for InProcess {
    fn connect(&mut self) -> usize {
        self.links.push(Some(self.local.connect()));
        self.links.len() - 1
    }

    fn send(&mut self, link: usize, bytes: &[u8]) {
        if let Some(client) = self.links[link] {
            self.local.send(client, bytes);
        }
    }

    fn close(&mut self, link: usize) {
        if let Some(client) = self.links[link].take() {
            self.local.close(client);
        }
    }

    fn fence(&mut self) {
        // Everything has been worked off when `send` returns.
    }

    fn wait(&mut self, _links: &[usize], _at_most: Duration) -> bool {
        false
    }

    fn receive(&mut self, link: usize) -> (Vec<u8>, bool) {
        let Some(client) = self.links[link] else { return (Vec::new(), true) };
        let bytes = self.local.receive(client);
        let is_closed = !self.local.is_open(client);
        if is_closed {
            // Its number may be given to the next client.
            self.links[link] = None;
        }
        (bytes, is_closed)
    }

    fn advance(&mut self, by: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.local.advance_ms(u64::try_from(step.as_millis()).expect("a step is short"));
            left -= step;
        }
    }
}
