//! `redoxide check`: whether files can be trusted, and where not.

use super::walk::{self, Found, Watched};
use crate::keyspace::AccessClock;
use crate::persist::aof::journal::{self, Pending, Trouble};
use crate::persist::aof::manifest::Manifest;
use crate::persist::aof::read::{self, Stop};
use crate::persist::disk::System;
use crate::persist::format;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A snapshot in our format.
    Ours,
    /// One in Redis's, after which commands may follow.
    Rdb,
    /// Commands: a part of an append-only file.
    Commands,
    /// What names the parts of an append-only file.
    Manifest,
    /// What may hold the end of an append-only file.
    Journal,
    /// An empty file: a part to which nothing was written yet.
    Empty,
}

/// What a file is, by its beginning.
pub fn kind_of(path: &Path) -> Result<Kind, String> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut head));
    read.map_err(|error| format!("{}: {}", path.display(), plain(&error)))?;
    let begins = |with: &[u8]| head.starts_with(with);
    if begins(format::MAGIC) {
        Ok(Kind::Ours)
    } else if begins(b"REDIS") || begins(b"VALKEY") {
        Ok(Kind::Rdb)
    } else if begins(b"file ") || path.extension().is_some_and(|end| end == "manifest") {
        Ok(Kind::Manifest)
    } else if begins(journal::MAGIC) {
        Ok(Kind::Journal)
    } else if begins(b"*") || begins(b"#") {
        Ok(Kind::Commands)
    } else if head.is_empty() {
        Ok(Kind::Empty)
    } else {
        Err(format!("{}: not valid: it begins like no file that is known here", path.display()))
    }
}

/// What is said of a file that is in order.
#[derive(Debug, Default)]
pub struct Good {
    /// What it is, for people.
    pub what: String,
    /// Keys in tables.
    pub keys: u64,
    /// How many of them have a deadline.
    pub volatile: u64,
    /// Commands.
    pub commands: u64,
    /// Libraries of functions.
    pub functions: u64,
    /// The number of the highest database with a key.
    pub last_db: u16,
    /// How access clocks are kept in it.
    pub access: AccessClock,
    /// Whether commands follow tables.
    pub has_preamble: bool,
    /// Bytes.
    pub len: u64,
}

/// What is wrong with a file.
#[derive(Clone, Debug)]
pub struct Bad {
    /// Where.
    pub at: u64,
    /// What.
    pub why: String,
    /// Commands are whole up to here, so the file could be cut there.
    pub whole: Option<u64>,
    /// How far it could be read.
    pub reached: u64,
    /// Bytes.
    pub len: u64,
}

/// Checks a file that is no manifest. `until`: remarks of commands that give a later time (Unix seconds) are the place to cut at.
pub fn file(path: &Path, until: Option<i64>) -> Result<Good, Bad> {
    let failed = |why: String| Bad { at: 0, why, whole: None, reached: 0, len: 0 };
    let kind = kind_of(path).map_err(failed)?;
    let len = fs::metadata(path).map_or(0, |facts| facts.len());
    let input = Watched::open(path).map_err(|error| failed(plain(&error)))?;
    let keyspace = walk::keyspace(1, AccessClock::Recency);
    let loader = keyspace.loader();
    let mut good = Good { len, ..Good::default() };
    // Keys by their hash: twice the same is a mistake that no digest finds.
    let (mut seen, hasher) = (HashSet::new(), RandomState::new());
    let mut facts = Vec::new();
    let mut take = |found: Found| {
        match found {
            Found::Entry(db, entry) => {
                if !seen.insert(hasher.hash_one((db.0, entry.key()))) {
                    return Err(format!("the key '{}' occurs twice", entry.key().escape_ascii()));
                }
                good.keys += 1;
                good.volatile += u64::from(entry.deadline().is_some());
                good.last_db = good.last_db.max(db.0);
            }
            Found::Empty => {}
            Found::Function => good.functions += 1,
            Found::Fact(name, value) => {
                if name == "access" && value == "lfu" {
                    good.access = AccessClock::Frequency;
                }
                facts.push((name, value));
            }
        }
        Ok(())
    };
    let tables =
        |damage: format::read::Damage| Bad { at: damage.at, why: damage.why, whole: None, reached: damage.at, len };
    let (tail, offset): (Box<dyn Read>, u64) = match kind {
        Kind::Ours => {
            walk::ours(input, &loader, &mut take).map_err(tables)?;
            good.what = format!("a snapshot in Redoxide's format{}", said(&facts, "written by"));
            return Ok(good);
        }
        Kind::Rdb => {
            let (version, position, input, rest) = walk::rdb(input, &loader, &mut take).map_err(tables)?;
            let version_of = said(&facts, "redis-ver") + &said(&facts, "valkey-ver");
            good.what = format!("a snapshot in the RDB format, version {version}{version_of}");
            if position >= len {
                return Ok(good);
            }
            good.has_preamble = true;
            good.what += ", and commands";
            (Box::new(io::Cursor::new(rest).chain(input)), position)
        }
        Kind::Empty => {
            good.what = "an empty part of an append-only file".into();
            return Ok(good);
        }
        Kind::Commands => {
            good.what = "commands of an append-only file".into();
            (Box::new(input), 0)
        }
        Kind::Manifest => return Err(failed("a manifest where a part of the append-only file belongs".into())),
        Kind::Journal => return Err(failed("a journal says nothing alone: check the manifest beside it".into())),
    };
    let stop = read::read(tail, offset, until, |batch| {
        good.commands += batch.requests.len() as u64;
        true
    });
    let bad = |at, reached, why: &str, whole| Err(Bad { at, why: why.into(), whole, reached, len });
    match stop {
        Stop::Whole | Stop::Unwanted => Ok(good),
        Stop::Truncated { whole } => {
            bad(whole, len, "it ends within a command or a transaction that begins here", Some(whole))
        }
        Stop::Late { at } => bad(at, at, "a later time than that which was asked for", Some(at)),
        Stop::Damaged { at, whole, why } => bad(at, at, why, Some(whole)),
        Stop::Unreadable(why) => bad(0, 0, &why, None),
    }
}

fn said(facts: &[(String, String)], name: &str) -> String {
    let fact = facts.iter().find(|(fact, _)| fact == name);
    fact.map_or(String::new(), |(_, value)| format!(", written by {value}"))
}

/// The parts that a manifest names, in order, with their paths.
pub fn manifest(path: &Path) -> Result<Vec<PathBuf>, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {}", path.display(), plain(&error)))?;
    let manifest = Manifest::parse(&text).map_err(|why| format!("{}: not valid: {why}", path.display()))?;
    let parts: Vec<PathBuf> = manifest.parts().map(|part| path.with_file_name(&part.name)).collect();
    if parts.is_empty() {
        return Err(format!("{}: not valid: it names no file", path.display()));
    }
    Ok(parts)
}

/// Looks into the journal beside a manifest for what the log lacks, and if it `fixes` appends that: what is to be said of it.
pub fn journal(path: &Path, fixes: bool) -> Result<Option<String>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(log) = name.strip_suffix(".manifest") else { return Ok(None) };
    let (dir, disk) = (path.parent().unwrap_or(Path::new("")), System);
    let Some(manifest) = fs::read(path).ok().and_then(|text| Manifest::parse(&text).ok()) else { return Ok(None) };
    let found = if fixes { journal::restore } else { journal::pending }(&disk, dir, log, &manifest);
    let shown = journal::path(dir, log);
    let shown = shown.display();
    match found {
        Ok(None) => Ok(None),
        Ok(Some(Pending { name, len, bytes })) => {
            let bytes = bytes.len();
            Ok(Some(if fixes {
                format!("{shown}: {bytes} bytes were appended to {name}, at offset {len}")
            } else {
                format!(
                    "{shown}: {bytes} bytes are still to be appended to {name}, at offset {len}: the next start does that, and so \
                     does 'redoxide check --fix'"
                )
            }))
        }
        Err(Trouble::Useless(why)) => Ok(Some(format!("{why}: it is not used"))),
        // What it has not moved yet it will.
        Err(Trouble::InUse(_)) if !fixes => Ok(None),
        Err(Trouble::Lost(why) | Trouble::InUse(why)) => Err(why),
    }
}

/// Cuts a file of commands at `whole`; first the file as it is is copied to the name that is returned.
pub fn cut(path: &Path, whole: u64) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names = (0..).map(|n| if n == 0 { format!("{name}.before-fix") } else { format!("{name}.before-fix-{n}") });
    let mut free = names.map(|name| path.with_file_name(name)).filter(|path| !path.exists());
    let copy = free.next().unwrap_or_default();
    fs::copy(path, &copy)?;
    File::open(&copy)?.sync_all()?;
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(whole)?;
    file.sync_all()?;
    Ok(copy)
}

/// An error of the system without its number.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}
