//! MODULE: there are none, and none can be loaded.

use crate::resp::Args;
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, NoAsyncLoading, NoScript, Protected, Stale};
use crate::server::{Ctx, Done, Error, Flow};

/// The container.
pub static COMMANDS: &[Command] =
    &[Command::container("module", MODULE).docs("Looks at modules and loads them.").since("4.0.0")];

static MODULE: &[Command] = &[
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("5.0.0"),
    Command::new("list", list)
        .arity(2)
        .flags(&[Admin, NoScript])
        .tips(&["nondeterministic_output_order"])
        .docs("Lists the modules.")
        .complexity("O(N), N being the number of modules")
        .since("4.0.0"),
    Command::new("load", load)
        .arity(-3)
        .flags(&[Admin, NoScript, NoAsyncLoading, Protected])
        .syntax("path [arg ...]")
        .docs("Loads a module.")
        .complexity("O(1)")
        .since("4.0.0"),
    Command::new("loadex", load)
        .arity(-3)
        .flags(&[Admin, NoScript, NoAsyncLoading, Protected])
        .syntax("path [CONFIG (configs: name value)]... [ARGS args ...]")
        .docs("Loads a module with settings.")
        .complexity("O(1)")
        .since("7.0.0"),
    Command::new("unload", unload)
        .arity(3)
        .flags(&[Admin, NoScript, NoAsyncLoading, Protected])
        .syntax("name")
        .docs("Unloads a module.")
        .complexity("O(1)")
        .since("4.0.0"),
];

/// MODULE LIST
fn list(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.array(0);
    Ok(Flow::Done)
}

/// MODULE LOAD path [arg ...], MODULE LOADEX path [CONFIG name value ...] [ARGS arg ...]
fn load(_: &mut Ctx, _: Args) -> Done {
    Err(Error::Text("ERR Error loading the extension. Please check the server logs."))
}

/// MODULE UNLOAD name
fn unload(_: &mut Ctx, _: Args) -> Done {
    Err(Error::Text("ERR Error unloading module: no such module with that name"))
}

/// MODULE HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "LIST",
        "    List the modules.",
        "LOAD <path> [<arg> ...]",
        "    Load a module; there is no support for any yet.",
        "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
        "    Load a module with settings.",
        "UNLOAD <name>",
        "    Unload a module.",
    ]);
    Ok(Flow::Done)
}
