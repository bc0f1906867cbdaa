//! The one system call that no safe function wraps as the loop needs it.

#![allow(unsafe_code)]

use rustix::net::{RecvFlags, recv};
use std::io;
use std::os::fd::BorrowedFd;

/// Reads once from a socket, behind what `buffer` holds and into memory that nobody has to clear first: at most so much, and no
/// more than its capacity, of which there must be some left. Zero means that the other side has closed.
#[inline]
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    let spare = buffer.spare_capacity_mut();
    let most = most.min(spare.len());
    let n = recv(socket, &mut spare[..most], RecvFlags::empty())?.0.0.len();
    // SAFETY: these are the bytes behind the others that the call says it has written, within the capacity.
    unsafe { buffer.set_len(buffer.len() + n) };
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_is_read_stands_behind_what_was_there() {
        let (mut from, to) = UnixStream::pair().expect("a pair of sockets");
        from.write_all(b"one two three").expect("it is connected");
        let mut buffer = Vec::with_capacity(64);
        buffer.extend_from_slice(b"> ");
        assert_eq!(receive(to.as_fd(), &mut buffer, 3).expect("there are bytes"), 3);
        assert_eq!(buffer, b"> one");
        assert_eq!(receive(to.as_fd(), &mut buffer, 4096).expect("there are bytes"), 10);
        assert_eq!(buffer, b"> one two three");
        to.set_nonblocking(true).expect("a socket can be");
        let nothing = receive(to.as_fd(), &mut buffer, 1).expect_err("there are none");
        assert_eq!((nothing.kind(), buffer.len()), (io::ErrorKind::WouldBlock, 15));
        drop(from);
        assert_eq!(receive(to.as_fd(), &mut buffer, 9).expect("the end"), 0);
        assert_eq!(buffer, b"> one two three");
    }
}
