//! What the program does with files when it is not asked to serve: check, convert and show them.
//!
//! ```text
//! redoxide check FILE...          kind by content --> check   --fix, --salvage
//! redoxide convert IN OUT --to F                  --> convert
//! redoxide dump FILE                              --> dump    one line of JSON a key
//! redis-check-rdb, redis-check-aof (links)        --> redis   the words that scripts look for
//! ```
//!
//! Files are read as a stream with bounded memory, but for `convert` and `--salvage`, which hold all keys. Nothing here needs a server, and a
//! file that a server is writing is not changed.

mod check;
mod convert;
mod dump;
mod redis;
mod walk;

use check::{Bad, Kind};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What `redoxide check --help` and its like print.
const HELP: &str = "\
Usage: redoxide check FILE...
       redoxide check --fix FILE...
       redoxide check --salvage OUT FILE
       redoxide convert IN OUT --to bincode|rdb [--rdb-version 10|11|12]
       redoxide dump FILE

check tells whether files can be trusted: snapshots in either format, parts of an append-only file, or
its manifest with all that it names. What a file is, is seen from its content. The exit status is 0 if
all is in order, and 1 if not; then the message names the file and the offset.
  --fix       cuts a file of commands behind the last one that is whole; with a manifest only the last
              file may be cut, and what the journal beside it has is appended first. The file as it was
              is kept beside it (FILE.before-fix).
  --salvage   writes all keys that stand in whole chunks of a damaged snapshot in Redoxide's format to
              a new snapshot, and says what is lost.

convert writes a snapshot in the other format (or the same, in another version). It holds all keys in
memory. An append-only file cannot be converted: its commands have to be run, so start a server with it.

dump prints a snapshot as lines of JSON, one a key: db, key, type, expires_at (Unix milliseconds), value.
Bytes that are no UTF-8 are written as \\udc80 to \\udcff, as Python's 'surrogateescape' has them. A set
and a list are arrays, a hash is an object (deadlines of fields are in field_expires_at), a sorted set
is an array of pairs.

The program also behaves as redis-check-rdb or redis-check-aof when it is started under such a name.
";

/// Does what the command line asks for, if that is one of these: the exit status. `program`: the name it was started under; `version`: of Redis,
/// for files that are written.
pub fn run(program: &OsStr, arguments: &[Vec<u8>], version: &'static str) -> Option<u8> {
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.ends_with("-check-rdb") {
        return Some(redis::check_rdb(&name, arguments));
    }
    if name.ends_with("-check-aof") {
        return Some(redis::check_aof(&name, arguments));
    }
    let (verb, rest) = arguments.split_first()?;
    let words: Vec<&[u8]> = rest.iter().map(|word| &**word).collect();
    let is_ours = matches!(&**verb, b"check" | b"convert" | b"dump");
    if is_ours && matches!(words[..], [b"--help" | b"-h"]) {
        print!("{HELP}");
        return Some(0);
    }
    let outcome = match (&**verb, &words[..]) {
        (b"check", [b"--salvage", out, file]) => convert::salvage(path(file), path(out), version),
        (b"check", [b"--fix", files @ ..]) if !files.is_empty() && !has_options(files) => check_all(files, true),
        (b"check", files @ [_, ..]) if !has_options(files) => check_all(files, false),
        (b"convert", [from, to, options @ ..]) if !has_options(&[from, to]) => match convert::options(options, version)
        {
            Some(options) => convert::convert(path(from), path(to), &options),
            None => Err(HELP.into()),
        },
        (b"dump", [file]) if !has_options(&[file]) => dump::dump(path(file)),
        (b"check" | b"convert" | b"dump", _) => Err(HELP.into()),
        _ => return None,
    };
    Some(match outcome {
        Ok(()) => 0,
        Err(why) => {
            eprint!("{why}{}", if why.ends_with('\n') { "" } else { "\n" });
            1
        }
    })
}

fn path(word: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(word))
}

fn has_options(words: &[&[u8]]) -> bool {
    words.iter().any(|word| word.starts_with(b"--"))
}

/// Prints a line; who has read enough has closed the pipe, which is no mistake.
fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}

/// A number with what it counts; nothing if there is none.
fn counted(n: u64, one: &str, many: &str) -> Option<String> {
    (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }))
}

/// `check`: all files, so that one bad one does not hide another.
fn check_all(files: &[&[u8]], fixes: bool) -> Result<(), String> {
    let mut troubles = Vec::new();
    for file in files {
        let file = path(file);
        let parts = match check::kind_of(file) {
            Ok(Kind::Manifest) => check::journal(file, fixes).and_then(|told| {
                if let Some(told) = told {
                    say(&told);
                }
                check::manifest(file)
            }),
            Ok(_) => Ok(vec![file.to_path_buf()]),
            Err(why) => Err(why),
        };
        match parts.and_then(|parts| check_parts(&parts, fixes).map(|()| parts)) {
            Ok(parts) if parts[..] != [file.to_path_buf()] => {
                say(&format!("{}: OK: {} files, all in order", file.display(), parts.len()));
            }
            Ok(_) => {}
            Err(why) => troubles.push(why),
        }
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("\n")) }
}

/// Files that belong together: only the last one may be cut.
fn check_parts(parts: &[PathBuf], fixes: bool) -> Result<(), String> {
    let mut troubles = Vec::new();
    let lens = parts.iter().map(|part| std::fs::metadata(part).map_or(1, |facts| facts.len()));
    let last = crate::persist::aof::manifest::last_written(lens);
    for (i, part) in parts.iter().enumerate() {
        let shown = part.display();
        match check::file(part, None) {
            Ok(good) => {
                let counts = [
                    counted(good.keys, "key", "keys"),
                    counted(good.volatile, "with a deadline", "with a deadline"),
                    counted(good.commands, "command", "commands"),
                    counted(good.functions, "library of functions", "libraries of functions"),
                    counted(good.len, "byte", "bytes"),
                ];
                let counts: Vec<String> = counts.into_iter().flatten().collect();
                let what = if counts.is_empty() { good.what } else { format!("{}: {}", good.what, counts.join(", ")) };
                say(&format!("{shown}: OK: {what}"));
            }
            Err(bad) if fixes && i >= last && troubles.is_empty() => fix(part, &bad)?,
            Err(bad) => {
                let mut why = format!("{shown}: not valid: at offset {}: {}", bad.at, bad.why);
                if let Some(whole) = bad.whole {
                    let lost = bad.len - whole;
                    if fixes {
                        why += "; it is not the last file, and what follows builds on all of it: it is not cut";
                    } else {
                        let more = format!("; 'redoxide check --fix' would keep {whole} bytes and cut {lost} off");
                        why += &more;
                    }
                }
                troubles.push(why);
            }
        }
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("\n")) }
}

fn fix(part: &Path, bad: &Bad) -> Result<(), String> {
    let shown = part.display();
    let Some(whole) = bad.whole else {
        return Err(format!("{shown}: not valid: at offset {}: {}; that cannot be fixed by cutting", bad.at, bad.why));
    };
    let kept = check::cut(part, whole).map_err(|error| format!("{shown}: {}", check::plain(&error)))?;
    say(&format!(
        "{shown}: at offset {}: {}: cut to {whole} bytes, {} bytes less; the file as it was is {}",
        bad.at,
        bad.why,
        bad.len - whole,
        kept.display()
    ));
    Ok(())
}
