//! Bytes to requests, and replies to bytes. Knows no socket, client or command.
