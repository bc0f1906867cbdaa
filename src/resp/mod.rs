//! Bytes to requests, and replies to bytes. Knows no socket, client or command.
//!
//! ```text
//! query buffer --parser--> Requests (spans) --> Args, Cursor --> handler --> Reply (chunks) --> socket
//!                                                |
//!                                                +--> Request (owned: a queue, a blocked client, a log)
//! ```
//!
//! The parser keeps its place between reads and never looks at a byte twice; arguments are offsets into the query
//! buffer. Only a big bulk leaves that buffer: it is a counted buffer from the start, so that a handler may keep it.

pub mod args;
pub mod encoded;
pub mod parser;
pub mod reply;
pub mod request;

pub use args::{Args, Cursor, Span, Word, bulk, bulks, header, request};
pub use encoded::{Encoded, Place};
pub use parser::{Limits, Parser, ProtocolError, Requests};
pub use reply::{Mark, PUSH_SHARED_MIN, Proto, Reply, encode_push};
pub use request::Request;
