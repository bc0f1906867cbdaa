//! Runs the commands of a session on a server and prints the finished session; see `tests/harness`.
//!
//! ```text
//! cargo run --example session -- --server /usr/bin/redis-server < commands.txt
//! cargo run --example session -- --server ... --update tests/commands/string.rs ...
//! ```
//!
//! The first form reads lines such as `GET k`, `> GET k`, `A> GET k`, comments and directives (expected rows may be
//! there: those that still match are kept, so patterns survive). `--raw` is for sessions of bytes, `--resp3` lets the clients speak RESP3.
//! The second form brings every `check(r#"..."#)` and `check_raw(r#"..."#)` of source files up to date, save those marked
//! `# ours`; it tells which replies differ between RESP2 and RESP3, since a session that runs in both cannot hold both.

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use harness::run;
use harness::script::{Form, Script};
use harness::server::Server;
use harness::target::Process;
use harness::value::Protocol;

fn main() -> ExitCode {
    match try_main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("session: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Options {
    server: PathBuf,
    form: Form,
    resp3: bool,
    update: bool,
    files: Vec<PathBuf>,
}

fn try_main() -> Result<(), String> {
    let options = options()?;
    if options.update {
        return options.files.iter().try_for_each(|file| update(file, &options));
    }
    let mut text = String::new();
    if let Some(file) = options.files.first() {
        text = read(file)?;
    } else {
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| format!("standard input: {error}"))?;
    }
    let text = if options.form == Form::Command { with_prompts(&text) } else { text };
    let script = Script::parse(&text)?;
    let protocol = match run::protocols(&script, options.form)[..] {
        [only] => only,
        _ if options.resp3 => Protocol::Resp3,
        _ => Protocol::Resp2,
    };
    print!("{}", finish(&script, options.form, protocol, &options.server)?);
    Ok(())
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { server: PathBuf::new(), form: Form::Command, resp3: false, update: false, files: Vec::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--server" => options.server = arguments.next().ok_or("--server needs a path")?.into(),
            "--raw" => options.form = Form::Raw,
            "--resp3" => options.resp3 = true,
            "--update" => options.update = true,
            "-" => {}
            other if other.starts_with("--") => return Err(format!("what is {other}?")),
            file => options.files.push(file.into()),
        }
    }
    if options.server.as_os_str().is_empty() {
        return Err("usage: session --server PATH [--resp3] [--raw] [FILE | --update FILE...]".into());
    }
    Ok(options)
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// A bare list of commands, with the prompt before each; a text that has prompts already is left as it is.
fn with_prompts(text: &str) -> String {
    let is_session = text.lines().any(|line| line.trim_start().starts_with("> "));
    if is_session {
        return text.to_string();
    }
    let bare = |line: &str| line.is_empty() || line.starts_with('#') || line.contains("> ");
    text.lines().map(|line| if bare(line) { format!("{line}\n") } else { format!("> {line}\n") }).collect()
}

/// Runs a session and returns it as it should stand.
fn finish(script: &Script, form: Form, protocol: Protocol, server: &Path) -> Result<String, String> {
    let mut target = Process::new(Server::start(server, &script.arguments));
    let transcript = run::transcript(script, form, protocol, &mut target, false)?;
    Ok(run::finished(script, &transcript))
}

/// Replaces the sessions in a source file by what the server answers.
fn update(file: &Path, options: &Options) -> Result<(), String> {
    let source = read(file)?;
    let mut out = String::with_capacity(source.len());
    let mut rest = &*source;
    let mut changed = 0;
    while let Some((start, form)) = next_session(rest) {
        let end = rest[start..].find("\"#").ok_or("a session without an end")? + start;
        let text = &rest[start..end];
        let line = source[..source.len() - rest.len() + start].lines().count();
        let place = format!("{}:{line}", file.display());
        let script = Script::parse(text).map_err(|problem| format!("{place}: {problem}"))?;
        out.push_str(&rest[..start]);
        let new = renewed(&script, form, &options.server, &place)?;
        match new {
            Some(new) if new.trim() != text.trim() => {
                let tail = text.trim_end_matches(' ').len();
                out.push('\n');
                out.push_str(&new);
                out.push_str(&text[tail..]);
                changed += 1;
            }
            _ => out.push_str(text),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    std::fs::write(file, out).map_err(|error| format!("{}: {error}", file.display()))?;
    eprintln!("{}: {changed} sessions changed", file.display());
    Ok(())
}

/// Where the text of the next session begins, and of which form it is.
fn next_session(source: &str) -> Option<(usize, Form)> {
    let forms = [("check(r#\"", Form::Command), ("check_raw(r#\"", Form::Raw)];
    // rustfmt may put the text on a line of its own.
    let wide = [("check(\n        r#\"", Form::Command), ("check_raw(\n        r#\"", Form::Raw)];
    forms
        .into_iter()
        .chain(wide)
        .filter_map(|(mark, form)| source.find(mark).map(|at| (at + mark.len(), form)))
        .min_by_key(|&(at, _)| at)
}

/// The session as it should stand, or nothing if it is not the reference's to say.
fn renewed(script: &Script, form: Form, server: &Path, place: &str) -> Result<Option<String>, String> {
    if script.ours {
        return Ok(None);
    }
    let mut texts = Vec::new();
    for protocol in run::protocols(script, form) {
        let text = finish(script, form, protocol, server);
        texts.push(text.map_err(|problem| format!("{place}: {problem}"))?);
    }
    let first = texts[0].clone();
    if let Some(other) = texts.get(1) {
        let different = first.lines().zip(other.lines()).find(|(a, b)| a != b);
        if let Some((two, three)) = different {
            eprintln!("{place}: RESP2 has `{two}`, RESP3 has `{three}`: say `# resp2` or `# resp3`");
        }
    }
    Ok(Some(first))
}
