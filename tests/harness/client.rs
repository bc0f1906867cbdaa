//! One connection, one question, one answer: for tests that look at replies as values.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::quote::request;
use super::server::Server;
use super::value::{Value, read};

/// A connection that waits for each answer.
pub struct Client {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    /// Connects.
    pub fn new(server: &Server) -> Self {
        Self { stream: server.connect(), bytes: Vec::new() }
    }

    /// Sends a command and returns the reply to it.
    pub fn ask(&mut self, words: &[&str]) -> Value {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        self.ask_bytes(&words)
    }

    /// The same for words of any bytes.
    pub fn ask_bytes(&mut self, words: &[Vec<u8>]) -> Value {
        self.stream.write_all(&request(words)).expect("the server takes a command");
        let mut chunk = vec![0; 64 * 1024];
        loop {
            if let Some((value, length)) = read(&self.bytes).expect("the server sends replies") {
                self.bytes.drain(..length);
                return value;
            }
            let n = self.stream.read(&mut chunk).expect("the server answers in time");
            assert!(n > 0, "the server closed the connection");
            self.bytes.extend_from_slice(&chunk[..n]);
        }
    }
}
