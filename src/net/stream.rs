//! A connected socket, TCP or Unix, with the few calls that the loop makes on it.

use crate::net::sys::receive;
use mio::event::Source;
use mio::{Interest, Registry, Token};
use rustix::net::{SendFlags, send};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// A non-blocking socket that is connected.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(mio::net::TcpStream),
    /// Over a Unix socket.
    Unix(mio::net::UnixStream),
}

impl Stream {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Unix(stream) => stream.as_fd(),
        }
    }

    /// The descriptor's number.
    pub fn number(&self) -> i32 {
        self.fd().as_raw_fd()
    }

    /// Reads once into the spare capacity of `buffer`, at most so much; zero means that the other side has closed.
    #[inline]
    pub fn read_into(&self, buffer: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        receive(self.fd(), buffer, most)
    }

    /// Writes once, from one or from several pieces.
    #[inline]
    pub fn write(&self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match pieces {
            [one] => Ok(send(self.fd(), one, SendFlags::NOSIGNAL)?),
            several => Ok(rustix::io::writev(self.fd(), several)?),
        }
    }

    /// Watches the socket for `interest`.
    pub fn register(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.register(registry, token, interest),
            Stream::Unix(stream) => stream.register(registry, token, interest),
        }
    }

    /// Watches the socket for something else.
    pub fn reregister(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.reregister(registry, token, interest),
            Stream::Unix(stream) => stream.reregister(registry, token, interest),
        }
    }

    /// Sends one buffer and forgets the outcome: for the last word to somebody who is turned away.
    pub fn send_last(&self, text: &[u8]) {
        if let Err(error) = send(self.fd(), text, SendFlags::NOSIGNAL) {
            log::debug!("Could not say why a connection was refused: {error}");
        }
    }
}
