//! Sessions: a test is what a person would type into redis-cli, and what comes back.
//!
//! ```text
//! # since 6.2                          a directive (list below), or a comment
//! > SET k v                            the client without a name sends a command
//! OK                                   its reply, printed as redis-cli prints it in a terminal
//! A> BLPOP list 0                      the client A sends one; no reply yet
//! > RPUSH list x
//! (integer) 1
//! A< 1) "list"                         what reached another client meanwhile
//!    2) "x"
//! ```
//!
//! **Commands** are quoted as in redis-cli: `"a\x00\n"`, `'a b'`; and `"x"*1000` is an argument of a thousand x, `"a""x"*9"b"`
//! one of three pieces.
//! **Replies** are printed as by redis-cli, but nothing is lost: a null array is `(nil array)`, a verbatim string is
//! `(txt) "..."`, a push begins with `-> `, a big number is `(big number) 1`, an attribute `(attribute) ...`; fifty
//! and more equal bytes are `"x"*1000`; a string of several lines that ends in CRLF (INFO) is printed a line a row, each after
//! `| `; a connection that the server closed is `(closed)`, and the next command connects anew.
//! **What cannot be foretold**: a line `~ pattern` is matched as a glob (`*`, `?`, and `{98..100}` for a number in that range);
//! a line `...` stands for any number of lines.
//!
//! **Directives**, each on a line of its own, the first group anywhere in the session and for the whole of it:
//!
//! | directive | meaning |
//! |---|---|
//! | `# since 8.2` | an older reference server does not know this: not replayed there |
//! | `# valkey 9.1` | Valkey has this, and Redis has not: replayed only on a Valkey of that version |
//! | `# ours: why` | Redoxide differs on purpose: never replayed |
//! | `# config --maxmemory 1mb` | arguments of the server's command line |
//! | `# resp2`, `# resp3` | only in this protocol. Without them a session runs twice, once in each, unless it says HELLO itself |
//! | `# advance 1500` | here, the clock moves by so many milliseconds (the expected lines after it are what that sets off) |
//! | `# close A` | here, the client A hangs up (`# close`: the one without a name) |
//! | `# sorted` | the lists of strings in the next reply are sorted: their order means nothing (KEYS); `# sorted pairs`: two by two |
//!
//! **How a step ends.** After a command the harness waits until as many lines have come as are expected (bounded). If
//! several clients take part, or nothing is expected, a *fence* follows: two PINGs, one after the other, on a connection of its own. The
//! server has then worked off all that was sent, and flushed what it answered. (Lines of MONITOR about a PING
//! are left out for that reason.)
//!
//! **Where sessions run.** By default each gets a fresh server of its own: the `redoxide` that was built, on a free port
//! and in a temporary folder; a session that moves the clock runs on a server inside the test, whose clock can be moved. With `REFERENCE=/path/to/redis-server` in the environment the same sessions are replayed there instead; `REPLAY_LOG`
//! names a file to which each session appends a line: ran, or skipped and why. `SLEEP=1` replays those too that move
//! the clock, by sleeping.
//!
//! The raw form (`check_raw`) is the same with bytes: `> "*1\r\n$4\r\nPING\r\n"` sends exactly these, and what comes
//! back is printed quoted, a line of it a row. `tools/session` runs commands on a given server and prints the finished session, or
//! brings the sessions of a whole file up to date.

#![allow(dead_code, reason = "each test crate and tool that includes this uses a part of it")]

pub mod client;
pub mod disk;
pub mod local;
pub mod quote;
pub mod run;
pub mod script;
pub mod server;
pub mod target;
pub mod value;

use std::panic::Location;

/// Runs a session in RESP2 and RESP3, and panics with a diff if anything but the expected comes back.
#[track_caller]
pub fn check(session: &str) {
    run::check(session, script::Form::Command, Location::caller());
}

/// Runs a session of raw bytes.
#[track_caller]
pub fn check_raw(session: &str) {
    run::check(session, script::Form::Raw, Location::caller());
}
