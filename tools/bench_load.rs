//! The load generator: requests encoded before the clock starts, and replies counted rather than read.
//!
//! It must never be what is measured. So it is one thread that goes round its connections: read until all replies of
//! the last batch are there, send the next batch, which is a slice of one long text. Where the length of a reply is known, replies are bytes; else they
//! are line ends. A reply of another kind than expected stops the run.
//!
//! ```text
//! requests   | SET key:8 .. | SET key:3 .. | SET key:5 .. | ...     every key once, in a shuffled order
//!            |<-- batch of connection 0 -->|<-- of connection 1 ...
//! ```

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::bench_server::Server;

/// How replies are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Each has so many bytes.
    Bytes(usize),
    /// Each has so many lines.
    Lines(usize),
}

/// Requests that are ready to be sent.
pub struct Requests {
    bytes: Vec<u8>,
    /// Where each begins, and the end of the last.
    starts: Vec<usize>,
    counting: Counting,
    /// The first byte of every reply.
    kind: u8,
}

/// What one run found.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Requests answered a second.
    pub per_second: f64,
    /// Microseconds of the server's processor time for each.
    pub cpu: f64,
    /// The same of the thread that serves clients.
    pub loop_cpu: f64,
    /// The part of the time that the server was running.
    pub server_busy: f64,
}

/// The keys from 0 to `count`, shuffled the same way each time: the order in which they are asked for.
pub fn shuffled(count: usize) -> Vec<usize> {
    order(count, 0x9e37_79b9_7f4a_7c15)
}

/// The same keys in the order in which they are made where that is not 0, 1, 2: another one, since a server that allocates
/// what comes one after the other would else be asked for it one after the other, and find it in the cache.
pub fn filling(count: usize) -> Vec<usize> {
    order(count, 0xd1b5_4a32_d192_ed03)
}

fn order(count: usize, mut state: u64) -> Vec<usize> {
    let mut keys: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        keys.swap(i, (state % (i as u64 + 1)) as usize);
    }
    keys
}

/// A key of sixteen bytes.
pub fn key(prefix: &str, number: usize) -> String {
    format!("{prefix}:{number:0>width$}", width = 15 - prefix.len())
}

/// A value of so many bytes, of which no two keys share one.
pub fn value(number: usize, length: usize) -> String {
    let mut value = format!("{number}-").repeat(length / 2 + 1);
    value.truncate(length);
    value
}

/// Appends a request in RESP.
pub fn append<W: AsRef<str>>(out: &mut Vec<u8>, words: &[W]) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words.iter().map(AsRef::as_ref) {
        out.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

impl Requests {
    /// Encodes these requests.
    pub fn encode(requests: impl IntoIterator<Item = Vec<String>>, kind: u8, counting: Counting) -> Self {
        let mut encoded = Self { bytes: Vec::new(), starts: vec![0], counting, kind };
        for words in requests {
            append(&mut encoded.bytes, &words);
            encoded.starts.push(encoded.bytes.len());
        }
        encoded
    }

    /// Requests that are encoded already.
    pub fn raw(requests: impl IntoIterator<Item = String>, kind: u8, counting: Counting) -> Self {
        let mut encoded = Self { bytes: Vec::new(), starts: vec![0], counting, kind };
        for request in requests {
            encoded.bytes.extend_from_slice(request.as_bytes());
            encoded.starts.push(encoded.bytes.len());
        }
        encoded
    }

    /// The number of requests.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn slice(&self, from: usize, count: usize) -> &[u8] {
        &self.bytes[self.starts[from]..self.starts[from + count]]
    }
}

/// A connection with a batch under way.
struct Link {
    stream: TcpStream,
    /// Bytes or lines that must still come.
    missing: usize,
    fresh: bool,
}

/// The generator.
pub struct Generator<'a> {
    server: &'a Server,
    requests: &'a Requests,
    links: Vec<Link>,
    pipeline: usize,
    pace: Option<Duration>,
    next: usize,
    answered: u64,
    buffer: Vec<u8>,
}

impl<'a> Generator<'a> {
    /// Opens the connections.
    pub fn new(
        server: &'a Server,
        requests: &'a Requests,
        connections: usize,
        pipeline: usize,
    ) -> Result<Self, String> {
        let pipeline = pipeline.min(requests.len());
        let links: Result<Vec<Link>, String> =
            (0..connections).map(|_| Ok(Link { stream: server.connect()?, missing: 0, fresh: false })).collect();
        Ok(Self {
            server,
            requests,
            links: links?,
            pipeline,
            pace: None,
            next: 0,
            answered: 0,
            buffer: vec![0; 256 * 1024],
        })
    }

    /// Sends every request once.
    pub fn fill(&mut self) -> Result<(), String> {
        let all = self.requests.len();
        let mut sent = 0;
        while sent < all {
            for index in 0..self.links.len() {
                self.receive(index)?;
                let count = self.pipeline.min(all - sent);
                if count > 0 {
                    self.send(index, sent, count)?;
                    sent += count;
                }
            }
        }
        self.finish()
    }

    /// Keeps the server busy for a while and measures it, after a short start that does not count.
    pub fn measure(&mut self, time: Duration) -> Result<Sample, String> {
        self.run(time.min(Duration::from_millis(200)))?;
        let (answered, began) = (self.answered, Instant::now());
        let (server, of_loop) = (self.server.cpu(), self.server.loop_cpu());
        self.run(time)?;
        let seconds = began.elapsed().as_secs_f64();
        let server = (self.server.cpu() - server) as f64;
        let of_loop = (self.server.loop_cpu() - of_loop) as f64;
        let answered = (self.answered - answered) as f64;
        self.finish()?;
        Ok(Sample {
            per_second: answered / seconds,
            cpu: server / 1e3 / answered,
            loop_cpu: of_loop / 1e3 / answered,
            server_busy: server / 1e9 / seconds,
        })
    }

    /// Begins with that request.
    pub fn starting_at(mut self, next: usize) -> Self {
        self.next = next;
        self
    }

    /// The request that comes next.
    pub fn position(&self) -> usize {
        self.next
    }

    /// Sends a batch no oftener than that.
    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    fn run(&mut self, time: Duration) -> Result<(), String> {
        let end = Instant::now() + time;
        let mut due = Instant::now();
        while Instant::now() < end {
            for index in 0..self.links.len() {
                self.receive(index)?;
                if let Some(pace) = self.pace {
                    // Sleeping is not exact enough.
                    while Instant::now() < due {
                        std::hint::spin_loop();
                    }
                    due += pace;
                }
                if self.next + self.pipeline > self.requests.len() {
                    self.next = 0;
                }
                self.send(index, self.next, self.pipeline)?;
                self.next += self.pipeline;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        (0..self.links.len()).try_for_each(|index| self.receive(index))
    }

    fn send(&mut self, index: usize, from: usize, count: usize) -> Result<(), String> {
        let link = &mut self.links[index];
        let written = link.stream.write_all(self.requests.slice(from, count));
        written.map_err(|error| format!("{}: {error}", self.server.name))?;
        link.fresh = true;
        link.missing = match self.requests.counting {
            Counting::Bytes(each) => each * count,
            Counting::Lines(each) => each * count,
        };
        self.answered += count as u64;
        Ok(())
    }

    /// Reads until the last batch has been answered.
    fn receive(&mut self, index: usize) -> Result<(), String> {
        let link = &mut self.links[index];
        while link.missing > 0 {
            let n = match link.stream.read(&mut self.buffer) {
                Ok(0) => return Err(format!("{} closed a connection", self.server.name)),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("{}: {error}", self.server.name)),
            };
            let chunk = &self.buffer[..n];
            if link.fresh && chunk[0] != self.requests.kind {
                let text = String::from_utf8_lossy(&chunk[..n.min(100)]).into_owned();
                return Err(format!("{}: answered {}", self.server.name, text.trim_end()));
            }
            link.fresh = false;
            let came = match self.requests.counting {
                Counting::Bytes(_) => n,
                Counting::Lines(_) => memchr::memchr_iter(b'\n', chunk).count(),
            };
            link.missing = link
                .missing
                .checked_sub(came)
                .ok_or_else(|| format!("{}: replies are longer than they should be", self.server.name))?;
        }
        Ok(())
    }
}
