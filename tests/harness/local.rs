//! A server inside the test: no sockets, and a clock that stands still until the session moves it.

use std::time::Duration;

use redoxide::config::arguments::{self, Asked};
use redoxide::net::local::Local;

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
}

impl InProcess {
    /// A server as `redoxide` would be with these arguments.
    pub fn new(arguments: &[String]) -> Result<Self, String> {
        let fixed = ["--save", "", "--enable-debug-command", "yes"].into_iter().map(str::to_string);
        let all: Vec<Vec<u8>> = fixed.chain(arguments.iter().cloned()).map(String::into_bytes).collect();
        match arguments::read(&all, &mut std::io::empty()) {
            Asked::Run(config) => {
                let local = Local::new(&redoxide::commands::table(), *config, 1, BEGINNING);
                Ok(Self { local, links: Vec::new() })
            }
            Asked::Print(text) | Asked::Refuse(text) => Err(text),
        }
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
