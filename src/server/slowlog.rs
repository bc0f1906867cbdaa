//! SLOWLOG, and Valkey's COMMANDLOG: the requests that took long, and those that were long or had a long reply, newest first.
//!
//! A command that took at least `slowlog-log-slower-than`, of at least `commandlog-request-larger-than` bytes, or answered with at least
//! `commandlog-reply-larger-than`, is kept with the beginnings of its arguments: no more than 32, none longer than 128 bytes, and none that
//! its row calls a secret. Each of the three has a list of its own. The bytes of a request are those of RESP, also of one that came inline.

use crate::resp::Args;
use crate::server::command::Command;
use std::collections::VecDeque;

/// More arguments than this are only counted.
const ARGS_MAX: usize = 32;
/// Longer arguments are cut.
const LEN_MAX: usize = 128;

/// What a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What took long: the slow log.
    Slow,
    /// Requests of many bytes.
    LargeRequest,
    /// Requests with a reply of many bytes.
    LargeReply,
}

/// A request in one of the lists.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts up over all entries that ever were.
    pub id: u64,
    /// When it ended, seconds since 1970.
    pub time_s: i64,
    /// How long it took, microseconds; or how many bytes it or its reply had.
    pub value: u64,
    /// What of its arguments is kept.
    pub args: Vec<Box<[u8]>>,
    /// The client's address.
    pub addr: Box<str>,
    /// The client's name.
    pub name: Box<[u8]>,
}

/// The three lists.
#[derive(Clone, Debug, Default)]
pub struct Commandlog {
    lists: [Slowlog; 3],
}

impl Commandlog {
    /// One of them.
    pub fn of(&self, kind: Kind) -> &Slowlog {
        &self.lists[kind as usize]
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, kind: Kind) -> &mut Slowlog {
        &mut self.lists[kind as usize]
    }
}

/// The newest entries of one kind.
#[derive(Clone, Debug, Default)]
pub struct Slowlog {
    entries: VecDeque<Entry>,
    next_id: u64,
}

impl Slowlog {
    /// The entries, newest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets all entries; ids go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds an entry; its id is given here. `len_max` entries are kept; zero means that nothing is added.
    pub fn add(&mut self, entry: Entry, len_max: usize) {
        if len_max > 0 {
            self.entries.push_front(Entry { id: self.next_id, ..entry });
            self.next_id += 1;
            self.entries.truncate(len_max);
        }
    }
}

/// The arguments of a request as a log may keep them.
pub fn shown_args(row: &Command, args: Args) -> Vec<Box<[u8]>> {
    let is_secret = |at: usize| row.is_secret(args, at);
    let kept = if args.len() > ARGS_MAX { ARGS_MAX - 1 } else { args.len() };
    let mut shown: Vec<Box<[u8]>> = Vec::with_capacity(kept + 1);
    for at in 0..kept {
        let arg = args.get(at);
        shown.push(if is_secret(at) {
            b"(redacted)"[..].into()
        } else if arg.len() > LEN_MAX {
            let rest = format!("... ({} more bytes)", arg.len() - LEN_MAX);
            [&arg[..LEN_MAX], rest.as_bytes()].concat().into()
        } else {
            arg.into()
        });
    }
    if kept < args.len() {
        shown.push(format!("... ({} more arguments)", args.len() - kept).into_bytes().into());
    }
    shown
}
