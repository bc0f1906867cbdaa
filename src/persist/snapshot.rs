//! A snapshot: all keys as they were at one moment, in one file that is whole or not there.
//!
//! ```text
//! frozen keyspace -> temp-<pid>[-<n>].rdb, synced as it grows -> sync -> rename to dump.rdb -> sync of the directory
//! ```
//!
//! Whatever fails on the way, the file of before is still there; the temporary one is removed.
//!
//! Reading takes four threads, so that each has about as much to do:
//!
//! ```text
//! chunks read, checked, decompressed --> taken apart --entries--> inserted into tables
//!                                             \--big collections--> built --/
//! ```

use crate::keyspace::DbId;
use crate::keyspace::freeze::FrozenKeyspace;
use crate::keyspace::load::Loader;
use crate::persist::Progress;
use crate::persist::disk::{Disk, write_synced};
use crate::persist::format::{
    self,
    read::{Damage, Item, Unbuilt},
};
use crate::persist::rdb;
use crate::persist::rdb::write::{Preamble, Recency};
use crate::store::entry::Entry;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

/// In which format a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Ours.
    #[default]
    Bincode,
    /// Redis's.
    Rdb,
}

/// How a snapshot is to be written.
#[derive(Clone, Debug)]
pub struct Options {
    /// In which format.
    pub format: Format,
    /// Which version of RDB; none: the lowest that carries the data.
    pub rdb_version: Option<u16>,
    /// Whether an RDB file gets its checksum (ours always has digests).
    pub checksum: bool,
    /// Whether chunks of our files, and strings in RDB files, are compressed.
    pub compress: bool,
    /// Whether a long file is synced while it is written, too.
    pub syncs_early: bool,
    /// The version of Redis that we answer as.
    pub redis_version: &'static str,
    /// Whether it is the base of an append-only file.
    pub is_base: bool,
    /// What RDB files say of each key's last use.
    pub recency: Recency,
}

/// Bytes of RDB written at a time.
const BUFFER: usize = 256 * 1024;

/// A name for a temporary file, which no other job of this process has had.
pub fn temporary_name(start: &str, suffix: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (pid, n) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    if n == 0 { format!("{start}-{pid}.{suffix}") } else { format!("{start}-{pid}-{n}.{suffix}") }
}

/// Writes a snapshot to a temporary file beside `path` and returns its name, synced but not yet renamed.
pub fn write(
    disk: &dyn Disk,
    copy: FrozenKeyspace,
    path: &Path,
    options: &Options,
    progress: &Progress,
) -> Result<PathBuf, String> {
    let temporary = path.with_file_name(temporary_name("temp", "rdb"));
    let failed = |what: &str, error: io::Error| format!("{what} '{}': {error}", temporary.display());
    let file = disk.create(&temporary).map_err(|error| failed("Failed opening the temp file", error))?;
    let written = write_synced(&*file, options.syncs_early, |out| match options.format {
        // Each chunk is one write.
        Format::Bincode => {
            format::write::write(copy, out, options.redis_version, options.compress, progress).map(|_| ())
        }
        Format::Rdb => write_rdb(copy, BufWriter::with_capacity(BUFFER, out), options, progress)?.flush(),
    });
    if let Err(error) = written {
        _ = disk.remove(&temporary);
        return Err(failed("Write error while saving DB on disk to", error));
    }
    Ok(temporary)
}

/// Writes all keys as RDB; gives the writer back.
fn write_rdb<W: Write>(copy: FrozenKeyspace, out: W, options: &Options, progress: &Progress) -> io::Result<W> {
    let version = options.rdb_version.unwrap_or(rdb::lowest_version(copy.has_expiring_hashes()));
    let mut writer = rdb::write::Writer::new(out, version, options.checksum, options.compress)?;
    writer.preamble(&Preamble {
        redis_version: options.redis_version,
        unix_s: copy.now / 1000,
        used_memory: crate::base::alloc::used() as u64,
        is_aof_base: options.is_base,
    });
    for db in copy.dbs {
        writer.select(db.id, db.table.len() as u64, db.volatile as u64);
        let mut outcome = Ok(());
        db.table.drain(|entry| {
            if outcome.is_ok() {
                outcome = progress.step().and_then(|()| writer.entry(entry, options.recency));
            }
        });
        outcome?;
    }
    writer.finish()
}

/// Gives a snapshot that was written its name.
pub fn publish(disk: &dyn Disk, temporary: &Path, path: &Path) -> Result<(), String> {
    let published = disk.rename(temporary, path).and_then(|()| disk.sync_dir(path.parent().unwrap_or(Path::new("."))));
    published.map_err(|error| {
        _ = disk.remove(temporary);
        format!("Error moving temp file {} on the final destination {}: {error}", temporary.display(), path.display())
    })
}

/// A file of which the loop sees how far it has been read.
struct Watched<'a> {
    input: Box<dyn Read + Send>,
    bytes: u64,
    progress: &'a Progress,
}

impl Read for Watched<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(bytes)?;
        self.bytes += n as u64;
        self.progress.bytes.store(self.bytes, Ordering::Relaxed);
        Ok(n)
    }
}

/// What was found in a file.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The format that it had.
    pub format: Format,
    /// How many keys were taken in.
    pub keys: u64,
    /// How many were left out because they had expired.
    pub dropped: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// Reads a snapshot of either format into `loader`. `checksum`: whether that of an RDB file is checked.
pub fn read(
    input: Box<dyn Read + Send>,
    loader: &mut Loader,
    progress: &Progress,
    checksum: bool,
) -> Result<Loaded, Damage> {
    let mut input = io::BufReader::with_capacity(1 << 20, Watched { input, bytes: 0, progress });
    let mut magic = [0; 8];
    let got = peek(&mut input, &mut magic).map_err(|error| Damage { at: 0, why: error.to_string() })?;
    if &magic[..got] != format::MAGIC {
        return read_rdb(input, loader, progress, checksum);
    }
    let mut reader = format::read::Reader::new(input, loader.limits, loader.access, loader.clock)?;
    reader.leave_building();
    let databases = loader.databases();
    insert_beside(loader, Format::Bincode, |mut hand_over| {
        let mut db = DbId(0);
        reader.read(|item| {
            match item {
                Item::Head(_) => {}
                Item::Database { id, .. } if id.0 as usize >= databases => return Err(no_database(id, databases)),
                Item::Database { id, .. } => db = id,
                Item::Entry(entry) => {
                    progress.step().map_err(|error| error.to_string())?;
                    hand_over.entry(db, entry);
                }
                Item::Unbuilt(unbuilt) => {
                    progress.step().map_err(|error| error.to_string())?;
                    hand_over.unbuilt(db, unbuilt);
                }
            }
            Ok(())
        })?;
        Ok(reader.offset())
    })
}

/// So many entries are handed on at a time, and so many batches may wait.
const BATCH: usize = 256;
const BATCHES_WAITING: usize = 16;
/// So many big collections may wait to be built.
const UNBUILT_WAITING: usize = 2;

/// Entries on their way to the loader.
type Batch = Vec<(DbId, Entry)>;

/// Where the thread that decodes leaves what it has.
struct HandOver {
    batch: Batch,
    to_loader: SyncSender<Batch>,
    to_builder: SyncSender<(DbId, Box<Unbuilt>)>,
}

impl HandOver {
    #[inline]
    fn entry(&mut self, db: DbId, entry: Entry) {
        self.batch.push((db, entry));
        if self.batch.len() == BATCH {
            self.send(Vec::with_capacity(BATCH));
        }
    }

    fn unbuilt(&mut self, db: DbId, unbuilt: Box<Unbuilt>) {
        _ = self.to_builder.send((db, unbuilt));
    }

    fn send(&mut self, next: Batch) {
        // The other end goes away early only if it has something to say, which is heard when all is done.
        _ = self.to_loader.send(std::mem::replace(&mut self.batch, next));
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.send(Batch::new());
    }
}

/// Takes entries into a loader, and builds big collections, on threads of their own while `decode` hands over the next ones; it
/// returns the offset of the file's end.
fn insert_beside(
    loader: &mut Loader,
    format: Format,
    decode: impl FnOnce(HandOver) -> Result<u64, Damage>,
) -> Result<Loaded, Damage> {
    let bytes = std::thread::scope(|scope| {
        let (to_loader, batches) = sync_channel::<Batch>(BATCHES_WAITING);
        let (to_builder, unbuilt) = sync_channel::<(DbId, Box<Unbuilt>)>(UNBUILT_WAITING);
        let loader = &mut *loader;
        let inserting =
            scope.spawn(move || batches.into_iter().flatten().try_for_each(|(db, entry)| loader.insert(db, entry)));
        let built = to_loader.clone();
        let building = scope.spawn(move || {
            unbuilt.into_iter().try_for_each(|(db, unbuilt)| {
                _ = built.send(vec![(db, unbuilt.build()?)]);
                Ok(())
            })
        });
        let decoded = decode(HandOver { batch: Vec::with_capacity(BATCH), to_loader, to_builder });
        let built = building.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let inserted = inserting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let bytes = decoded?;
        built?;
        inserted.map_err(|refused| Damage { at: bytes, why: refused.to_string() })?;
        Ok(bytes)
    })?;
    loader.finish().map_err(|refused| Damage { at: bytes, why: refused.to_string() })?;
    Ok(Loaded { format, keys: loader.keys, dropped: loader.dropped, bytes })
}

fn read_rdb(input: impl Read, loader: &mut Loader, progress: &Progress, checksum: bool) -> Result<Loaded, Damage> {
    use rdb::read::Item;
    let told = |damage: &rdb::Damage| Damage { at: damage.offset, why: damage.to_string() };
    let loading = rdb::read::Loading { limits: loader.limits, access: loader.access, clock: loader.present_clock };
    let mut reader = rdb::read::Reader::new(input, loading, checksum).map_err(|damage| told(&damage))?;
    let databases = loader.databases();
    let mut empty = 0;
    let loaded = insert_beside(loader, Format::Rdb, |mut hand_over| {
        loop {
            let at = reader.position();
            let bad = |why: String| Damage { at, why };
            match reader.next().map_err(|damage| told(&damage))? {
                Item::End => return Ok(reader.position()),
                Item::Entry { db, entry } => {
                    progress.step().map_err(|error| bad(error.to_string()))?;
                    hand_over.entry(db, entry);
                }
                Item::Select { db, .. } if db.0 as usize >= databases => return Err(bad(no_database(db, databases))),
                Item::Empty { key, .. } => {
                    log::info!("A collection without elements: skipping empty key: {}", String::from_utf8_lossy(&key));
                    empty += 1;
                }
                Item::Function(_) => {
                    log::warn!("There are no functions yet: a library of functions in the file is left out");
                }
                Item::Aux(..) | Item::Select { .. } | Item::ModuleAux(_) => {}
            }
        }
    })?;
    if empty > 0 {
        log::info!("empty keys skipped: {empty}");
    }
    Ok(loaded)
}

fn no_database(id: DbId, databases: usize) -> String {
    format!("there is data for database {}, but the server is configured to have {databases}", id.0)
}

/// The first bytes of a file, which stay to be read.
fn peek(input: &mut io::BufReader<impl Read>, bytes: &mut [u8]) -> io::Result<usize> {
    use std::io::BufRead;
    let start = input.fill_buf()?;
    let n = start.len().min(bytes.len());
    bytes[..n].copy_from_slice(&start[..n]);
    Ok(n)
}
