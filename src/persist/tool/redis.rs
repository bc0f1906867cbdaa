//! redis-check-rdb and redis-check-aof, as far as scripts notice: arguments, exit status, and the words that they look for.

use super::check::{self, Bad, Good, Kind};
use super::{path, say};
use crate::base::number::parse_i64;
use crate::persist::aof::manifest::Manifest;
use std::fs;
use std::io::{BufRead, Read};
use std::path::Path;

/// redis-check-rdb FILE
pub fn check_rdb(name: &str, arguments: &[Vec<u8>]) -> u8 {
    let [file] = arguments else {
        say(&format!("Usage: {name} <rdb-file-name>"));
        return 1;
    };
    let file = path(file);
    say(&format!("[offset 0] Checking RDB file {}", file.display()));
    let checked = match check::kind_of(file) {
        Ok(Kind::Rdb | Kind::Ours) => check::file(file, None),
        Ok(_) => {
            Err(Bad { at: 0, why: "Wrong signature: this is no snapshot".into(), whole: None, reached: 0, len: 0 })
        }
        Err(why) => Err(Bad { at: 0, why, whole: None, reached: 0, len: 0 }),
    };
    match checked {
        Ok(good) => {
            say_preamble(&good);
            0
        }
        Err(bad) => {
            say("--- RDB ERROR DETECTED ---");
            say(&format!("[offset {}] {}", bad.at, bad.why));
            1
        }
    }
}

fn say_preamble(good: &Good) {
    say(&format!("[info] {}", good.what));
    say(&format!("[offset {}] Checksum OK", good.len));
    say(&format!("[offset {}] \\o/ RDB looks OK! \\o/", good.len));
    say(&format!("[info] {} keys read", good.keys));
    say(&format!("[info] {} expires", good.volatile));
    say(&format!("[info] {} functions", good.functions));
}

/// What redis-check-aof is to do with the last file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Look,
    Fix,
    /// Cut where something later begins; Unix seconds.
    Until(i64),
}

/// redis-check-aof [--fix | --truncate-to-timestamp SECONDS] FILE
pub fn check_aof(name: &str, arguments: &[Vec<u8>]) -> u8 {
    let words: Vec<&[u8]> = arguments.iter().map(|word| &**word).collect();
    let (wish, file) = match words[..] {
        [file] => (Wish::Look, file),
        [b"--fix", file] => (Wish::Fix, file),
        [b"--truncate-to-timestamp", time, file] => {
            let Some(time @ 1..) = parse_i64(time) else {
                say("Invalid timestamp, aborting...");
                return 1;
            };
            (Wish::Until(time), file)
        }
        _ => {
            say(&format!("Usage: {name} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>"));
            return 1;
        }
    };
    match check_parts(path(file), wish) {
        Ok(()) => 0,
        Err(why) => {
            say(&why);
            1
        }
    }
}

fn check_parts(file: &Path, wish: Wish) -> Result<(), String> {
    // What is no manifest is one file, and what it is otherwise is seen there.
    if !matches!(check::kind_of(file), Ok(Kind::Manifest)) {
        say("Start checking Old-Style AOF");
        return check_part(file, "AOF", wish, true);
    }
    say("Start checking Multi Part AOF");
    let parts = check::manifest(file)?;
    let manifest = fs::read(file).map(|text| Manifest::parse(&text));
    let has_base = matches!(manifest, Ok(Ok(Manifest { base: Some(_), .. })));
    for (i, part) in parts.iter().enumerate() {
        let is_last = i + 1 == parts.len();
        let is_base = i == 0 && has_base;
        if is_base {
            let is_rdb = matches!(check::kind_of(part), Ok(Kind::Rdb));
            say(&format!("Start to check BASE AOF ({} format).", if is_rdb { "RDB" } else { "RESP" }));
        } else if i == usize::from(has_base) {
            say("Start to check INCR files.");
        }
        check_part(part, if is_base { "BASE AOF" } else { "INCR AOF" }, wish, is_last)?;
    }
    say("All AOF files and manifest are valid");
    Ok(())
}

fn check_part(part: &Path, kind: &str, wish: Wish, is_last: bool) -> Result<(), String> {
    let shown = part.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if let Err(error) = fs::File::open(part) {
        return Err(format!("Cannot open file {}: {}", part.display(), check::plain(&error)));
    }
    let until = if let Wish::Until(time) = wish { Some(time) } else { None };
    let checked = check::file(part, until);
    let len = fs::metadata(part).map_or(0, |facts| facts.len());
    let whole = match &checked {
        Ok(good) => {
            if good.keys > 0 || good.has_preamble {
                say_preamble(good);
                say("RDB preamble is OK, proceeding with AOF tail...");
            }
            len
        }
        Err(bad) => {
            say(&format!("0x{:16x}: {}", bad.at, bad.why));
            bad.whole.unwrap_or(0)
        }
    };
    let is_late = matches!((&checked, until), (Err(bad), Some(_)) if bad.whole == Some(bad.at) && bad.why.starts_with("a later time"));
    let reached = checked.as_ref().map_or_else(|bad| bad.reached, |_| len);
    let line = 1 + lines(part, reached);
    let lost = len - whole;
    say(&format!("AOF analyzed: filename={shown}, size={len}, ok_up_to={whole}, ok_up_to_line={line}, diff={lost}"));
    match (checked, wish) {
        (Ok(_), Wish::Until(time)) if is_last => {
            say(&format!("Truncate nothing in AOF {shown} to timestamp {time}"));
            Ok(())
        }
        (Ok(_), _) => {
            say(&format!("{kind} {shown} is valid"));
            Ok(())
        }
        (Err(_), Wish::Until(time)) if is_late => {
            if !is_last {
                return Err(format!(
                    "Failed to truncate AOF {shown} to timestamp {time} because it is not the last file"
                ));
            }
            if whole == 0 {
                return Err(format!("AOF {shown} has nothing before timestamp {time}, aborting..."));
            }
            check::cut(part, whole)
                .map_err(|error| format!("Failed to truncate AOF {shown}: {}", check::plain(&error)))?;
            say(&format!("Successfully truncated AOF {shown} to timestamp {time}"));
            Ok(())
        }
        (Err(bad), Wish::Fix) if bad.whole.is_some() => {
            if !is_last {
                return Err(format!("Failed to truncate AOF {shown} because it is not the last file"));
            }
            say(&format!("This will shrink the AOF {shown} from {len} bytes, with {lost} bytes, to {whole} bytes"));
            say("Continue? [y/N]: ");
            let mut answer = String::new();
            _ = std::io::stdin().lock().take(1024).read_line(&mut answer);
            if !answer.trim_start().starts_with(['y', 'Y']) {
                return Err("Aborting...".into());
            }
            let kept = check::cut(part, whole);
            let kept = kept.map_err(|error| format!("Failed to truncate AOF {shown}: {}", check::plain(&error)))?;
            say(&format!("Successfully truncated AOF {shown}; as it was it is {}", kept.display()));
            Ok(())
        }
        (Err(bad), _) => {
            let hint = if bad.whole.is_some() { " Use the --fix option to try fixing it." } else { "" };
            Err(format!("{kind} {shown} is not valid.{hint}"))
        }
    }
}

/// How many lines end within the first bytes of a file.
fn lines(path: &Path, bytes: u64) -> usize {
    let Ok(file) = fs::File::open(path) else { return 0 };
    let (mut input, mut n) = (std::io::BufReader::new(file.take(bytes)), 0);
    loop {
        let read = match input.fill_buf() {
            Ok([]) | Err(_) => return n,
            Ok(part) => {
                n += memchr::memchr_iter(b'\n', part).count();
                part.len()
            }
        };
        input.consume(read);
    }
}
