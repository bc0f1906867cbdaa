//! Two servers, ours and the real one, that are told the same.

use crate::harness::quote::request;
use crate::harness::run::own_server;
use crate::harness::server::Server;
use crate::harness::value::{Value, read};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

/// A command, word by word.
pub type Words = Vec<Vec<u8>>;

/// Words from text, split at blanks.
pub fn line(text: &str) -> Words {
    text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// A server and the connections to it.
pub struct Side {
    program: PathBuf,
    server: Server,
    links: Vec<Link>,
    chunk: Vec<u8>,
}

struct Link {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Side {
    fn new(program: &Path) -> Side {
        let server = Server::start(program, &[]);
        Side { program: program.to_path_buf(), server, links: Vec::new(), chunk: vec![0; 256 * 1024] }
    }

    fn link(&mut self, number: usize) -> &mut Link {
        while self.links.len() <= number {
            let stream = self.server.connect();
            self.links.push(Link { stream, bytes: Vec::new() });
        }
        &mut self.links[number]
    }

    /// Sends a batch.
    pub fn send(&mut self, link: usize, batch: &[Words]) {
        let bytes: Vec<u8> = batch.iter().flat_map(|words| request(words)).collect();
        // A server that is gone is noticed when its answer is read.
        _ = self.link(link).stream.write_all(&bytes);
    }

    /// The next value of a connection; an error of our own if none comes.
    pub fn receive(&mut self, link: usize) -> Value {
        self.link(link);
        let (link, chunk) = (&mut self.links[link], &mut self.chunk);
        loop {
            match read(&link.bytes) {
                Ok(Some((value, length))) => {
                    link.bytes.drain(..length);
                    return value;
                }
                Ok(None) => {}
                Err(problem) => return Value::Error(format!("(not a reply: {problem})").into_bytes()),
            }
            match link.stream.read(chunk) {
                Ok(0) => return Value::Error(b"(closed)".to_vec()),
                Ok(n) => link.bytes.extend_from_slice(&chunk[..n]),
                Err(error) => return Value::Error(format!("(no answer: {error})").into_bytes()),
            }
        }
    }

    /// What has come on a connection, without waiting for more.
    pub fn poll(&mut self, link: usize) -> Vec<Value> {
        self.link(link);
        let (link, chunk) = (&mut self.links[link], &mut self.chunk);
        link.stream.set_nonblocking(true).expect("a socket can be read without blocking");
        while let Ok(n @ 1..) = link.stream.read(chunk) {
            link.bytes.extend_from_slice(&chunk[..n]);
        }
        link.stream.set_nonblocking(false).expect("a socket can block");
        let mut values = Vec::new();
        while let Ok(Some((value, length))) = read(&link.bytes) {
            link.bytes.drain(..length);
            values.push(value);
        }
        values
    }

    /// One question to this server alone.
    pub fn ask(&mut self, words: &Words) -> Value {
        self.send(0, std::slice::from_ref(words));
        self.receive(0)
    }

    /// Hangs up all connections, and starts the server anew if it has ended.
    fn renew(&mut self) {
        self.links.clear();
        if self.server.try_connect().is_none() {
            eprintln!("{} has ended; its log:\n{}", self.program.display(), self.server.log());
            self.server = Server::start(&self.program, &[]);
        }
    }
}

/// What ours answered, and what the other.
pub struct Both<T> {
    /// By the server that was built here.
    pub ours: T,
    /// By the real one.
    pub theirs: T,
}

/// Our server and the real one.
pub struct Pair {
    /// The one that was built here.
    pub ours: Side,
    /// The real one.
    pub theirs: Side,
}

impl Pair {
    /// Starts both.
    pub fn new(reference: &Path) -> Pair {
        Pair { ours: Side::new(&own_server()), theirs: Side::new(reference) }
    }

    /// Sends a batch to both.
    pub fn send(&mut self, link: usize, batch: &[Words]) {
        self.theirs.send(link, batch);
        self.ours.send(link, batch);
    }

    /// The next answer of both on a connection.
    pub fn receive(&mut self, link: usize) -> Both<Value> {
        Both { theirs: self.theirs.receive(link), ours: self.ours.receive(link) }
    }

    /// Sends a batch to both and reads all answers.
    pub fn ask(&mut self, link: usize, batch: &[Words]) -> Vec<Both<Value>> {
        self.send(link, batch);
        batch.iter().map(|_| self.receive(link)).collect()
    }

    /// One question to both.
    pub fn ask_one(&mut self, link: usize, words: &Words) -> Both<Value> {
        self.send(link, std::slice::from_ref(words));
        self.receive(link)
    }

    /// New connections, no data.
    pub fn reset(&mut self, protocol: u8) {
        self.ours.renew();
        self.theirs.renew();
        self.ask(0, &[line("FLUSHALL"), line(&format!("HELLO {protocol}"))]);
    }
}
