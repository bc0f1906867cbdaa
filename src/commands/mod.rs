//! The commands: rows and handlers, one file per group.
//!
//! To add one, write its row and its handler into the group's file and a session into the group's test.

pub mod acl;
pub mod bitmap;
pub mod client;
mod client_list;
pub mod cluster;
pub mod command;
pub mod config;
pub mod connection;
pub mod debug;
pub mod dump;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
mod joins;
pub mod latency;
pub mod list;
pub mod memory;
pub mod module;
mod options;
pub mod persistence;
pub mod pubsub;
pub mod replication;
pub mod server;
pub mod set;
pub mod slowlog;
pub mod sort;
pub mod sorted_set;
mod streams;
pub mod string;
mod tracking;
pub mod transactions;

use crate::server::command::{Family, Group};

/// All commands, for [`crate::server::Server::new`].
pub fn table() -> Vec<Family> {
    vec![
        Family { group: Group::Bitmap, commands: bitmap::COMMANDS },
        Family { group: Group::Cluster, commands: cluster::COMMANDS },
        Family { group: Group::Connection, commands: connection::COMMANDS },
        Family { group: Group::Connection, commands: client::COMMANDS },
        Family { group: Group::Generic, commands: generic::COMMANDS },
        Family { group: Group::Generic, commands: dump::COMMANDS },
        Family { group: Group::Generic, commands: replication::GENERIC },
        Family { group: Group::Geo, commands: geo::COMMANDS },
        Family { group: Group::Hash, commands: hash::COMMANDS },
        Family { group: Group::List, commands: list::COMMANDS },
        Family { group: Group::HyperLogLog, commands: hyperloglog::COMMANDS },
        Family { group: Group::Pubsub, commands: pubsub::COMMANDS },
        Family { group: Group::Server, commands: acl::COMMANDS },
        Family { group: Group::Server, commands: command::COMMANDS },
        Family { group: Group::Server, commands: debug::COMMANDS },
        Family { group: Group::Server, commands: config::COMMANDS },
        Family { group: Group::Server, commands: generic::SERVER },
        Family { group: Group::Server, commands: latency::COMMANDS },
        Family { group: Group::Server, commands: memory::COMMANDS },
        Family { group: Group::Server, commands: persistence::COMMANDS },
        Family { group: Group::Server, commands: module::COMMANDS },
        Family { group: Group::Server, commands: replication::COMMANDS },
        Family { group: Group::Server, commands: server::COMMANDS },
        Family { group: Group::Server, commands: slowlog::COMMANDS },
        Family { group: Group::Set, commands: set::COMMANDS },
        Family { group: Group::Generic, commands: sort::COMMANDS },
        Family { group: Group::SortedSet, commands: sorted_set::COMMANDS },
        Family { group: Group::String, commands: string::COMMANDS },
        Family { group: Group::Transactions, commands: transactions::COMMANDS },
    ]
}
