//! The command line, which is redis-server's: `redoxide [redis.conf | -] [--directive value ...] [-]`.
//!
//! Each option becomes a line as a file would have it, and is read after the file. An argument that begins with `--`
//! begins a line; the argument after it is its first value whatever it looks like (`--proc-title-template --mine`), and
//! those that follow are further values up to the next `--`. Only `--save` may stand without a value. An argument that
//! holds a name and its value (`"--maxmemory 700mb"`) is a line by itself.

use super::file::{Judge, Loader, report};
use super::{Config, REDIS_VERSION, VERSION};
use crate::base::words;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// To run with this configuration.
    Run(Box<Config>),
    /// To print something and end well.
    Print(String),
    /// Something that cannot be done: for standard error, and end badly.
    Refuse(String),
}

/// How the program is used.
const HELP: &str = "\
Usage: redoxide [/path/to/redis.conf | -] [--directive value ...] [-]
       redoxide -v | --version
       redoxide -h | --help
       redoxide --check-config /path/to/redis.conf
       redoxide check | convert | dump ...      (files: see redoxide check --help)

A directive on the command line overrules the file; `-` reads a configuration from standard input.

Examples:
       redoxide
       redoxide redis.conf --port 7777 --loglevel verbose
       redoxide --save \"\" --requirepass secret
       echo 'maxmemory 128mb' | redoxide -
";

/// What `arguments` (without the program's name) ask for. Standard input is read if they say so; `judge` is asked about lines
/// that are the server's business.
pub fn read<'a>(arguments: &[Vec<u8>], stdin: &mut dyn Read, judge: &'a mut Judge<'a>) -> Asked {
    match arguments {
        [only] if only == b"-v" || only == b"--version" => return Asked::Print(version()),
        [only] if only == b"-h" || only == b"--help" => return Asked::Print(HELP.into()),
        [check, file] if check == b"--check-config" => {
            return match load(std::slice::from_ref(file), stdin, judge) {
                Ok(_) => Asked::Print("The configuration is in order\n".into()),
                Err(why) => Asked::Refuse(why),
            };
        }
        [check, ..] if check == b"--check-config" => return Asked::Refuse(HELP.into()),
        _ => {}
    }
    match load(arguments, stdin, judge) {
        Ok(config) => Asked::Run(Box::new(config)),
        Err(why) => Asked::Refuse(why),
    }
}

/// The line that tells versions. Clients take it apart at ` v=`.
fn version() -> String {
    format!("Redoxide server v={REDIS_VERSION} redoxide={VERSION} bits=64\n")
}

fn load<'a>(arguments: &[Vec<u8>], stdin: &mut dyn Read, judge: &'a mut Judge<'a>) -> Result<Config, String> {
    let mut rest = arguments;
    let mut config = Config::default();
    let mut from_stdin = false;
    let mut file = None;
    match rest {
        [first, after @ ..] if first == b"-" => {
            from_stdin = true;
            rest = after;
        }
        [first, after @ ..] if !first.starts_with(b"-") => {
            // As in Redis, an empty name means no file.
            file = Some(first).filter(|name| !name.is_empty());
            rest = after;
        }
        _ => {}
    }
    if let [before @ .., last] = rest
        && last == b"-"
    {
        from_stdin = true;
        rest = before;
    }
    if let Some(name) = file {
        config.file = std::path::absolute(OsStr::from_bytes(name)).ok();
    }
    let mut loader = Loader::new(config, judge);
    if let Some(name) = file {
        loader.file(name).map_err(|why| format!("{why}\n"))?;
    }
    if from_stdin {
        let mut text = Vec::new();
        stdin.read_to_end(&mut text).map_err(|error| format!("Can't read standard input: {error}\n"))?;
        loader.text("standard input", &text);
    }
    for (i, line) in lines(rest).iter().enumerate() {
        loader.line("the command line", i + 1, line);
    }
    loader.finish().map_err(|problems| report(&problems))
}

/// The options as lines of a file.
fn lines(arguments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    // The line so far is a bare name: what comes next is its value.
    let mut wants_value = false;
    for argument in arguments {
        let option = argument.strip_prefix(b"--").filter(|name| !name.is_empty());
        let is_save = lines.last().is_some_and(|line| line.eq_ignore_ascii_case(b"save"));
        let is_value = wants_value && !(is_save && option.is_some());
        match (option, lines.last_mut()) {
            (Some(name), _) if !is_value => {
                wants_value = !name.contains(&b' ');
                lines.push(name.to_vec());
            }
            (_, Some(line)) => {
                line.push(b' ');
                words::quote(argument, line);
                wants_value = false;
            }
            (_, None) => {
                let mut line = Vec::new();
                words::quote(argument, &mut line);
                lines.push(line);
                wants_value = false;
            }
        }
    }
    lines
}
