//! Where a session runs: a target has connections, and says when everything sent has been answered.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::server::Server;

/// How long anything may take before the session fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A server that a session talks to: a process, or one inside this process.
pub trait Target {
    /// Opens a connection and returns its number.
    fn connect(&mut self) -> usize;

    /// Sends bytes.
    fn send(&mut self, link: usize, bytes: &[u8]);

    /// Hangs up.
    fn close(&mut self, link: usize);

    /// Returns when all that was sent has been worked off, and what it set off has been sent back.
    fn fence(&mut self);

    /// Waits for more to come back on any connection, for so long at most; `false` if nothing can come any more.
    fn wait(&mut self, links: &[usize], at_most: Duration) -> bool;

    /// Takes what has come back; `true`: and the server has closed the connection.
    fn receive(&mut self, link: usize) -> (Vec<u8>, bool);

    /// Moves the clock.
    fn advance(&mut self, by: Duration);
}

/// A server process behind sockets. Its clock is the machine's, so time passes by waiting.
pub struct Process {
    server: Server,
    links: Vec<Option<TcpStream>>,
    /// The connection of the fence, opened when it is first needed: sessions that look at clients should not see it.
    control: Option<TcpStream>,
    /// Bytes sent since the last fence.
    sent: usize,
}

impl Process {
    /// Talks to a running server.
    pub fn new(server: Server) -> Self {
        Self { server, links: Vec::new(), control: None, sent: 0 }
    }

    /// Some pings, one after the other; `false` if the connection is gone.
    fn pings(control: &mut TcpStream, count: usize) -> bool {
        (0..count).all(|_| {
            let mut reply = Vec::new();
            let mut byte = [0; 1];
            if control.write_all(b"*1\r\n$4\r\nPING\r\n").is_err() {
                return false;
            }
            while !reply.ends_with(b"\n") {
                match control.read(&mut byte) {
                    Ok(1) => reply.push(byte[0]),
                    _ => return false,
                }
            }
            true
        })
    }
}

impl Target for Process {
    fn connect(&mut self) -> usize {
        let stream = self.server.connect();
        self.links.push(Some(stream));
        self.links.len() - 1
    }

    fn send(&mut self, link: usize, bytes: &[u8]) {
        if let Some(stream) = &mut self.links[link] {
            stream.set_nonblocking(false).expect("a socket can block");
            // A server that has hung up meanwhile is seen when receiving.
            let _ = stream.write_all(bytes);
            self.sent += bytes.len();
        }
    }

    fn close(&mut self, link: usize) {
        if let Some(stream) = self.links[link].take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn fence(&mut self) {
        // One ping might be answered in the turn that has not flushed the replies of the others yet; and a server may
        // read only some of a long text in each turn.
        let count = 2 + std::mem::take(&mut self.sent) / (16 * 1024);
        for _ in 0..2 {
            if self.control.is_none() {
                self.control = self.server.try_connect();
            }
            // The server has ended: there is nothing to wait for.
            let Some(control) = &mut self.control else { return };
            if Self::pings(control, count) {
                return;
            }
            // It was killed (by CLIENT KILL, or for the sake of maxclients): once more on a new one.
            self.control = None;
        }
    }

    fn wait(&mut self, links: &[usize], at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        loop {
            for &link in links {
                let Some(stream) = &self.links[link] else {
                    continue;
                };
                // With one connection the kernel waits; with several they are looked at in turn.
                let slice =
                    if links.len() == 1 { at_most.max(Duration::from_millis(1)) } else { Duration::from_micros(200) };
                stream.set_nonblocking(false).expect("a socket can block");
                stream.set_read_timeout(Some(slice)).expect("a socket has a timeout");
                if stream.peek(&mut [0; 1]).is_ok() {
                    return true;
                }
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    fn receive(&mut self, link: usize) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let Some(stream) = &mut self.links[link] else {
            return (bytes, true);
        };
        stream.set_nonblocking(true).expect("a socket can be read without blocking");
        let mut chunk = vec![0; 64 * 1024];
        let closed = loop {
            match stream.read(&mut chunk) {
                Ok(0) => break true,
                Ok(n) => bytes.extend_from_slice(&chunk[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        (bytes, closed)
    }

    fn advance(&mut self, by: Duration) {
        std::thread::sleep(by);
    }
}

/// `8.2.3` as numbers, to be compared.
pub fn version(text: &str) -> Vec<u32> {
    text.split_ascii_whitespace().next().unwrap_or("").split('.').map_while(|part| part.parse().ok()).collect()
}
