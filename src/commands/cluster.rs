//! What clients of a cluster send: there is none, and each of these says so.

use crate::resp::Args;
use crate::server::command::Flag::{Admin, Fast, Loading, NoAsyncLoading, NoScript, Stale};
use crate::server::command::{Category, Command};
use crate::server::{Ctx, Done, Error};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("asking", none)
        .flags(&[Fast])
        .categories(&[Category::Connection])
        .docs("Announces a request for a slot that is on its way here.")
        .complexity("O(1)")
        .since("3.0.0"),
    Command::container("cluster", CLUSTER).docs("Looks at a cluster and changes it.").since("3.0.0"),
    Command::new("readonly", none)
        .flags(&[Loading, Stale, Fast])
        .categories(&[Category::Connection])
        .docs("Lets the connection read from a replica in a cluster.")
        .complexity("O(1)")
        .since("3.0.0"),
    Command::new("readwrite", none)
        .flags(&[Loading, Stale, Fast])
        .categories(&[Category::Connection])
        .docs("Takes back what READONLY said.")
        .complexity("O(1)")
        .since("3.0.0"),
];

/// A subcommand that changes the cluster.
const fn change(name: &'static str) -> Command {
    Command::new(name, none).flags(&[Admin, Stale, NoAsyncLoading]).complexity("O(1)").since("3.0.0")
}

/// A subcommand that looks at it.
const fn look(name: &'static str) -> Command {
    Command::new(name, none)
        .flags(&[Stale])
        .tips(&["nondeterministic_output"])
        .complexity("O(N), N being the number of nodes or keys shown")
        .since("3.0.0")
}

static CLUSTER: &[Command] = &[
    change("addslots").arity(-3).syntax("slot:int ...").docs("Gives slots to this node."),
    change("addslotsrange")
        .arity(-4)
        .syntax("(range: start-slot:int end-slot:int) ...")
        .docs("Gives ranges of slots to this node.")
        .since("7.0.0"),
    change("bumpepoch").arity(2).tips(&["nondeterministic_output"]).docs("Advances the epoch of the configuration."),
    look("count-failure-reports")
        .arity(3)
        .flags(&[Admin, Stale])
        .syntax("node-id")
        .docs("Counts who reports that a node has failed."),
    look("countkeysinslot").arity(3).tips(&[]).syntax("slot:int").docs("Counts the keys of a slot."),
    change("delslots").arity(-3).syntax("slot:int ...").docs("Takes slots from this node."),
    change("delslotsrange")
        .arity(-4)
        .syntax("(range: start-slot:int end-slot:int) ...")
        .docs("Takes ranges of slots from this node.")
        .since("7.0.0"),
    change("failover")
        .arity(-2)
        .syntax("[<options: FORCE | TAKEOVER>]")
        .docs("Lets this replica take its master's place."),
    change("flushslots").arity(2).docs("Takes all slots from this node."),
    change("forget").arity(3).syntax("node-id").docs("Removes a node."),
    look("getkeysinslot").arity(4).syntax("slot:int count").docs("Lists keys of a slot."),
    look("help").arity(2).flags(&[Loading, Stale]).tips(&[]).docs("Lists the subcommands.").since("5.0.0"),
    look("info").arity(2).docs("Tells of the cluster."),
    look("keyslot").arity(3).tips(&[]).syntax("key:str").docs("Gives the slot of a key."),
    look("links").arity(2).docs("Lists the links between nodes.").since("7.0.0"),
    change("meet")
        .arity(-4)
        .syntax("ip port:int [cluster-bus-port:int]@4.0.0")
        .docs("Introduces another node.")
        .history(&[("4.0.0", "The port of the bus may be given.")]),
    look("myid").arity(2).tips(&[]).docs("Gives this node's id."),
    look("myshardid").arity(2).docs("Gives the id of this node's shard.").since("7.2.0"),
    look("nodes").arity(2).docs("Tells of all nodes."),
    look("replicas")
        .arity(3)
        .flags(&[Admin, Stale])
        .syntax("node-id")
        .docs("Lists the replicas of a node.")
        .since("5.0.0"),
    change("replicate").arity(3).syntax("node-id").docs("Makes this node a replica of another."),
    change("reset")
        .arity(-2)
        .flags(&[Admin, NoScript, Stale])
        .syntax("[<reset-type: HARD | SOFT>]")
        .docs("Makes this node forget the cluster."),
    change("saveconfig").arity(2).docs("Writes this node's file."),
    change("set-config-epoch").arity(3).syntax("config-epoch:int").docs("Sets this node's epoch."),
    change("setslot")
        .arity(-4)
        .syntax(
            "slot:int <subcommand: IMPORTING importing=node-id | MIGRATING migrating=node-id | NODE node=node-id | STABLE>",
        )
        .docs("Says whose a slot is, or where it is going."),
    look("shards").arity(2).flags(&[Loading, Stale]).docs("Lists shards with their nodes and slots.").since("7.0.0"),
    look("slaves")
        .arity(3)
        .flags(&[Admin, Stale])
        .syntax("node-id")
        .docs("Lists the replicas of a node.")
        .deprecated("5.0.0", "`CLUSTER REPLICAS`"),
    look("slot-stats")
        .arity(-4)
        .flags(&[Loading, Stale])
        .tips(&["nondeterministic_output", "request_policy:all_shards"])
        .syntax(
            "<filter: SLOTSRANGE (slotsrange: start-slot:int end-slot:int) | ORDERBY (orderby: metric [LIMIT limit] [<order: ASC | \
             DESC>])>",
        )
        .docs("Shows how much slots are used.")
        .since("8.2.0"),
    look("slots")
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists slots with their nodes.")
        .deprecated("7.0.0", "`CLUSTER SHARDS`")
        .history(&[("4.0.0", "Nodes have ids."), ("7.0.0", "Nodes have further properties.")]),
];

/// Any of them.
fn none(_: &mut Ctx, _: Args) -> Done {
    Err(Error::Text("ERR This instance has cluster support disabled"))
}
