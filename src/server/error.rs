//! The errors that commands answer, in Redis's words.
//!
//! Handlers return them by value; `call` writes them into the reply. All texts stand in one match.

use crate::base::words::until_nul;
use crate::keyspace::db::WrongType;
use std::borrow::Cow;

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The options make no sense together.
    Syntax,
    /// An argument that must be an integer is none, or does not fit 64 bits.
    NotInteger,
    /// An argument that must be a number is none.
    NotFloat,
    /// The key holds a value of another type.
    WrongType,
    /// A value outside of what the command accepts.
    OutOfRange,
    /// The key is not there.
    NoSuchKey,
    /// The command got too few or too many arguments; its full name.
    Arity(Cow<'static, str>),
    /// A time to live that makes no sense; the command's full name.
    InvalidExpire(Cow<'static, str>),
    /// An increment would leave the 64-bit integers.
    Overflow,
    /// An increment would leave the numbers.
    NanOrInfinity,
    /// A string would become longer than `proto-max-bulk-len`.
    TooLong,
    /// A position before the beginning.
    OffsetOutOfRange,
    /// There is no such database.
    DbIndex,
    /// A subcommand that the container does not have: what was sent, and the container's name in upper case.
    UnknownSubcommand(Box<[u8]>, Cow<'static, str>),
    /// Not authenticated.
    NoAuth,
    /// Wrong name or password.
    WrongPass,
    /// A text that only one command has.
    Text(&'static str),
    /// A text with something of the request in it.
    Owned(Box<[u8]>),
}

impl Error {
    /// An error with something of the request in it.
    #[cold]
    pub fn owned(text: impl Into<Vec<u8>>) -> Error {
        Error::Owned(text.into().into_boxed_slice())
    }

    /// An error that says a word of the request between two texts: up to a zero byte, as a string of C ends there.
    #[cold]
    pub fn about(before: &str, word: &[u8], after: &str) -> Error {
        Error::owned([before.as_bytes(), until_nul(word), after.as_bytes()].concat())
    }

    /// A subcommand with a wrong number of arguments, where it checks that itself.
    #[cold]
    pub fn wrong_number(subcommand: &[u8], container: &str) -> Error {
        let word = &subcommand[..subcommand.len().min(128)];
        let start = "ERR unknown subcommand or wrong number of arguments for '";
        Error::about(start, word, &format!("'. Try {container} HELP."))
    }

    /// The text as it is sent, code first, without the leading `-`.
    #[cold]
    pub fn text(&self) -> Cow<'_, [u8]> {
        let text: &'static str = match self {
            Error::Syntax => "ERR syntax error",
            Error::NotInteger => "ERR value is not an integer or out of range",
            Error::NotFloat => "ERR value is not a valid float",
            Error::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            Error::OutOfRange => "ERR value is out of range",
            Error::NoSuchKey => "ERR no such key",
            Error::Overflow => "ERR increment or decrement would overflow",
            Error::NanOrInfinity => "ERR increment would produce NaN or Infinity",
            Error::TooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            Error::OffsetOutOfRange => "ERR offset is out of range",
            Error::DbIndex => "ERR DB index is out of range",
            Error::NoAuth => "NOAUTH Authentication required.",
            Error::WrongPass => "WRONGPASS invalid username-password pair or user is disabled.",
            Error::Text(text) => text,
            Error::Arity(name) => {
                return Cow::Owned(format!("ERR wrong number of arguments for '{name}' command").into_bytes());
            }
            Error::InvalidExpire(name) => {
                return Cow::Owned(format!("ERR invalid expire time in '{name}' command").into_bytes());
            }
            Error::UnknownSubcommand(word, container) => {
                let mut text = b"ERR unknown subcommand '".to_vec();
                text.extend_from_slice(until_nul(&word[..word.len().min(128)]));
                text.extend_from_slice(format!("'. Try {container} HELP.").as_bytes());
                return Cow::Owned(text);
            }
            Error::Owned(text) => return Cow::Borrowed(text),
        };
        Cow::Borrowed(text.as_bytes())
    }
}

impl From<WrongType> for Error {
    fn from(_: WrongType) -> Error {
        Error::WrongType
    }
}
