//! The commands: rows and handlers, one file per group.
//!
//! To add one, write its row and its handler into the group's file and a session into the group's test.

pub mod bitmap;
pub mod client;
pub mod command;
pub mod config;
pub mod connection;
pub mod debug;
pub mod generic;
pub mod hash;
pub mod hyperloglog;
pub mod list;
pub mod memory;
pub mod server;
pub mod set;
pub mod sort;
pub mod sorted_set;
pub mod string;
pub mod transactions;

use crate::server::command::{Family, Group};
use std::ops::Range;

/// The indices of a range whose ends may count from the end (-1 is the last), cut to what there is.
pub(crate) fn range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let n = len as i64; // no collection has 2^63 elements
    let place = |index: i64| if index < 0 { index.saturating_add(n) } else { index };
    let (start, stop) = (place(start).max(0), place(stop).min(n - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

/// All commands, for [`crate::server::Server::new`].
pub fn table() -> Vec<Family> {
    vec![
        Family { group: Group::Bitmap, commands: bitmap::COMMANDS },
        Family { group: Group::Connection, commands: connection::COMMANDS },
        Family { group: Group::Connection, commands: client::COMMANDS },
        Family { group: Group::Generic, commands: generic::COMMANDS },
        Family { group: Group::Hash, commands: hash::COMMANDS },
        Family { group: Group::List, commands: list::COMMANDS },
        Family { group: Group::HyperLogLog, commands: hyperloglog::COMMANDS },
        Family { group: Group::Server, commands: command::COMMANDS },
        Family { group: Group::Server, commands: debug::COMMANDS },
        Family { group: Group::Server, commands: config::COMMANDS },
        Family { group: Group::Server, commands: generic::SERVER },
        Family { group: Group::Server, commands: memory::COMMANDS },
        Family { group: Group::Server, commands: server::COMMANDS },
        Family { group: Group::Set, commands: set::COMMANDS },
        Family { group: Group::Generic, commands: sort::COMMANDS },
        Family { group: Group::SortedSet, commands: sorted_set::COMMANDS },
        Family { group: Group::String, commands: string::COMMANDS },
        Family { group: Group::Transactions, commands: transactions::COMMANDS },
    ]
}
