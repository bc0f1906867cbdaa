//! `redoxide convert`: a snapshot in another format; `redoxide check --salvage`: what is whole in a damaged one.

use super::check::{self, Kind, plain};
use super::say;
use super::walk::{self, Found, Watched};
use crate::base::number::parse_u64;
use crate::keyspace::load::Loader;
use crate::keyspace::{AccessClock, DbId, Keyspace};
use crate::persist::Progress;
use crate::persist::disk::System;
use crate::persist::format::read::Item;
use crate::persist::format::salvage;
use crate::persist::rdb::write::Recency;
use crate::persist::rdb::{VERSION_MAX, VERSION_MIN};
use crate::persist::snapshot::{self, Format, Options};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

/// What stands behind the names of the files.
pub fn options(words: &[&[u8]], redis_version: &'static str) -> Option<Options> {
    let mut options = Options {
        format: Format::Bincode,
        rdb_version: None,
        checksum: true,
        compress: true,
        syncs_early: true,
        redis_version,
        is_base: false,
        recency: Recency::Unsaid,
    };
    let mut has_format = false;
    for pair in words.chunks(2) {
        match *pair {
            [b"--to", b"bincode"] => (options.format, has_format) = (Format::Bincode, true),
            [b"--to", b"rdb"] => (options.format, has_format) = (Format::Rdb, true),
            [b"--rdb-version", number] => {
                let version = parse_u64(number).and_then(|n| u16::try_from(n).ok());
                options.rdb_version = Some(version.filter(|version| (VERSION_MIN..=VERSION_MAX).contains(version))?);
            }
            _ => return None,
        }
    }
    (has_format && (options.rdb_version.is_none() || options.format == Format::Rdb)).then_some(options)
}

/// Writes a snapshot in another format.
pub fn convert(from: &Path, to: &Path, options: &Options) -> Result<(), String> {
    let shown = from.display();
    let kind = check::kind_of(from)?;
    if !matches!(kind, Kind::Ours | Kind::Rdb) {
        return Err(format!("{shown}: only snapshots are converted; start a server to load an append-only file"));
    }
    let at = |at: u64, why: &str| format!("{shown}: not valid: at offset {at}: {why}");
    // First all of it is checked: that also tells how many databases there are, and how clocks are kept.
    let good = check::file(from, None).map_err(|bad| at(bad.at, &bad.why))?;
    if good.has_preamble {
        return Err(format!("{shown}: commands follow the snapshot; start a server to load an append-only file"));
    }
    let keyspace = walk::keyspace(usize::from(good.last_db) + 1, good.access);
    let mut loader = keyspace.loader();
    let input = Watched::open(from).map_err(|error| format!("{shown}: {}", plain(&error)))?;
    // The walker has what it needs of the loader; what it finds goes into another.
    let reading = keyspace.loader();
    let mut take = |found: Found| match found {
        Found::Entry(db, entry) => loader.insert(db, entry).map_err(|refused| refused.to_string()),
        _ => Ok(()),
    };
    let walked = match kind {
        Kind::Ours => walk::ours(input, &reading, &mut take),
        _ => walk::rdb(input, &reading, &mut take).map(|_| ()),
    };
    walked.map_err(|damage| at(damage.at, &damage.why))?;
    let mut options = options.clone();
    if good.access == AccessClock::Frequency {
        options.recency = Recency::Frequency { clock: reading.present_clock, decay_minutes: 1 };
    }
    let keys = loader.keys;
    write(keyspace, loader, to, &options)?;
    if good.functions > 0 {
        eprintln!("{shown}: functions are left out, as there are none yet ({})", good.functions);
    }
    say(&format!("{}: {keys} keys", to.display()));
    Ok(())
}

fn write(mut keyspace: Keyspace, mut loader: Loader, to: &Path, options: &Options) -> Result<(), String> {
    loader.finish().map_err(|refused| refused.to_string())?;
    keyspace.adopt(loader);
    let temporary = snapshot::write(&System, keyspace.freeze(), to, options, &Progress::default())?;
    snapshot::publish(&System, &temporary, to)
}

/// Writes all keys of whole chunks to a new snapshot, and says what is lost.
pub fn salvage(from: &Path, to: &Path, redis_version: &'static str) -> Result<(), String> {
    let shown = from.display();
    if check::kind_of(from)? != Kind::Ours {
        return Err(format!(
            "{shown}: only snapshots in Redoxide's format have chunks that can be told from each other"
        ));
    }
    let failed = |error: std::io::Error| format!("{shown}: {}", plain(&error));
    let file = File::open(from).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    // The numbers of databases are not known before, and a few empty ones cost little.
    let keyspace = walk::keyspace(usize::from(u16::MAX), AccessClock::Recency);
    let mut loader = keyspace.loader();
    let (mut db, mut promised, mut databases, mut twice) = (DbId(0), None, 0, 0);
    let mut seen = HashSet::new();
    let bar = walk::bar(len);
    let context = (loader.limits, loader.access, loader.clock);
    let found = salvage::salvage(
        &file,
        len,
        context,
        |at| bar.set_position(at),
        |item| {
            match item {
                Item::Head(head) => promised = Some(head.keys),
                Item::Database { id, .. } => (db, databases) = (id, databases + 1),
                Item::Entry(entry) if !seen.insert((db.0, entry.key().to_vec())) => twice += 1,
                Item::Entry(entry) => loader.insert(db, entry).map_err(|refused| refused.to_string())?,
                Item::Unbuilt(_) => unreachable!("nobody has asked for that"),
            }
            Ok(())
        },
    );
    bar.finish_and_clear();
    let found = found.map_err(failed)?;
    for damage in &found.lost {
        say(&format!("{shown}: lost at offset {}: {}", damage.at, damage.why));
    }
    if !found.has_end {
        say(&format!("{shown}: the end of the file is missing"));
    }
    if !found.lost.is_empty() && databases != 1 {
        say("keys that follow what is lost are taken to be in the database of those before it, which may be wrong");
    }
    if twice > 0 {
        say(&format!("{twice} keys occurred twice: the first of each is kept"));
    }
    let keys = loader.keys;
    let options = options(&[b"--to", b"bincode"], redis_version).expect("these are good options");
    write(keyspace, loader, to, &options)?;
    let of = promised.map_or("an unknown number of".to_string(), |n| n.to_string());
    say(&format!("{}: {keys} of {of} keys, from {} whole chunks", to.display(), found.chunks));
    Ok(())
}
