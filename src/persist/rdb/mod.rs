//! Redis's RDB format: files that Redis and Valkey write and read, and the payloads of DUMP and RESTORE.
//!
//! ```text
//!     "REDIS" version, 4 digits           or "VALKEY" and 3 digits
//!     AUX name value ...                  who wrote it, when
//!     SELECTDB db                         for each database that is not empty
//!       RESIZEDB keys volatile
//!       [EXPIRETIME_MS time] [IDLE seconds | FREQ counter] type key value ...
//!     EOF
//!     CRC-64 of all that, 8 bytes         zero: not checked; since version 5
//!
//!     payload:  type value | version u16 | CRC-64 u64
//!
//!     length:   00nnnnnn | 01nnnnnn n | 80 n u32 | 81 n u64       network order
//!     string:   length, bytes | c0 i8 | c1 i16 | c2 i32           little endian
//!               c3 packed length, length, LZF bytes
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | `read` | a file as a stream of items |
//! | `write` | the way back |
//! | `payload` | DUMP and RESTORE |
//! | `value` | a value from its type's bytes |
//! | `input`, `output` | numbers and strings from a stream, to a stream |
//! | `listpack`, `ziplist` | the packed blocks that lie in strings |
//!
//! What is read is never trusted. Every announced size is checked against what is there before memory is taken for it, every
//! block is walked to its end, doubles among members are refused. What comes back is a whole entry, or a [`Damage`].
//!
//! It knows no files, threads or settings: it gets a stream, limits, and the time as it needs it.

mod input;
mod listpack;
mod output;
pub mod payload;
pub mod read;
#[cfg(test)]
mod tests;
mod value;
pub mod write;
mod ziplist;

use crc::{CRC_64_REDIS, Crc, Digest, Table};
use std::borrow::Cow;
use std::fmt;
use std::io;

/// The version that Redis 7.0 writes and every later one reads.
pub const VERSION_MIN: u16 = 10;
/// The first version that has deadlines of fields; Redis 7.4 to 8.2 write it.
pub const VERSION_FIELDS: u16 = 12;
/// The newest version of Redis's that is read.
pub const VERSION_MAX: u16 = 12;
/// The version of Valkey 9. Up to 11 Valkey's are Redis's.
pub const VERSION_VALKEY: u16 = 80;

/// The lowest version that carries the data, in which fields of hashes have deadlines or not.
pub fn lowest_version(has_field_deadlines: bool) -> u16 {
    if has_field_deadlines { VERSION_FIELDS } else { VERSION_MIN }
}

/// The polynomial of Jones, reflected, without inversions.
static CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// A checksum that grows.
type Sum = Digest<'static, u64, Table<16>>;

/// The numbers of types of values.
mod kind {
    pub const STRING: u8 = 0;
    pub const LIST: u8 = 1;
    pub const SET: u8 = 2;
    pub const ZSET: u8 = 3;
    pub const HASH: u8 = 4;
    pub const ZSET_2: u8 = 5;
    pub const MODULE_1: u8 = 6;
    pub const MODULE_2: u8 = 7;
    pub const HASH_ZIPMAP: u8 = 9;
    pub const LIST_ZIPLIST: u8 = 10;
    pub const SET_INTSET: u8 = 11;
    pub const ZSET_ZIPLIST: u8 = 12;
    pub const HASH_ZIPLIST: u8 = 13;
    pub const LIST_QUICKLIST: u8 = 14;
    pub const STREAM_1: u8 = 15;
    pub const HASH_LISTPACK: u8 = 16;
    pub const ZSET_LISTPACK: u8 = 17;
    pub const LIST_QUICKLIST_2: u8 = 18;
    pub const STREAM_2: u8 = 19;
    pub const SET_LISTPACK: u8 = 20;
    pub const STREAM_3: u8 = 21;
    /// In Valkey's version 80 the same number is [`HASH_VALKEY`].
    pub const HASH_METADATA_PRE: u8 = 22;
    pub const HASH_VALKEY: u8 = 22;
    pub const HASH_LISTPACK_EX_PRE: u8 = 23;
    pub const HASH_METADATA: u8 = 24;
    pub const HASH_LISTPACK_EX: u8 = 25;
    pub const STREAM_4: u8 = 26;
}

/// The numbers that stand where a type could stand.
mod opcode {
    pub const SLOT_INFO: u8 = 244;
    pub const FUNCTION_2: u8 = 245;
    pub const FUNCTION_PRE: u8 = 246;
    pub const MODULE_AUX: u8 = 247;
    pub const IDLE: u8 = 248;
    pub const FREQ: u8 = 249;
    pub const AUX: u8 = 250;
    pub const RESIZE_DB: u8 = 251;
    pub const EXPIRE_TIME_MS: u8 = 252;
    pub const EXPIRE_TIME: u8 = 253;
    pub const SELECT_DB: u8 = 254;
    pub const EOF: u8 = 255;
}

/// What is wrong with something that was read.
#[derive(Debug)]
pub struct Damage {
    /// The sort of trouble.
    pub cause: Cause,
    /// How many bytes had been read when it was found.
    pub offset: u64,
    /// What was found, for people.
    pub what: Cow<'static, str>,
}

/// The sort of trouble that reading met.
#[derive(Debug)]
pub enum Cause {
    /// It ends in the middle.
    Truncated,
    /// It cannot be.
    Corrupt,
    /// It may be right, but we have no such values.
    Unsupported,
    /// It could not be read.
    Io(io::Error),
}

impl Damage {
    /// Whether the end is missing and nothing else is known to be wrong: what came before may be used.
    pub fn is_truncation(&self) -> bool {
        matches!(self.cause, Cause::Truncated)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)?;
        if let Cause::Io(error) = &self.cause {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Damage {}

/// What a part says that is not as it has to be. Who knows the offset makes a [`Damage`] of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broken(&'static str);
