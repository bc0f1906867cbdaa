//! The keys of a file of either format, one by one, for whoever looks at a file without a server.

use crate::base::dice::Dice;
use crate::base::helper::Helper;
use crate::keyspace::load::Loader;
use crate::keyspace::{AccessClock, DbId, Keyspace};
use crate::persist::format::read::{Damage, Item as OurItem, Reader as OurReader};
use crate::persist::rdb::read::{Item, Loading, Reader};
use crate::store::entry::Entry;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Something that a file holds.
pub enum Found {
    /// A key with its database.
    Entry(DbId, Entry),
    /// A key whose collection is empty: no server takes it over.
    Empty,
    /// A library of functions: its source.
    Function,
    /// What the file says of itself: name and value.
    Fact(String, String),
}

/// What is there to take what was found; it may refuse that in words.
pub type Take<'a> = &'a mut dyn FnMut(Found) -> Result<(), String>;

/// A server's keyspace with so many databases, for its limits and to load into.
pub fn keyspace(databases: usize, access: AccessClock) -> Keyspace {
    let mut keyspace = Keyspace::new(databases, Dice(1), Helper::inline());
    keyspace.shared.access = access;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    keyspace.set_time(now.as_millis() as i64); // 292 million years fit
    keyspace
}

/// Walks through a snapshot of ours.
pub fn ours(input: impl Read + Send, loader: &Loader, take: Take) -> Result<(), Damage> {
    let mut reader = OurReader::new(input, loader.limits, loader.access, loader.clock)?;
    let mut db = DbId(0);
    reader.read(|item| match item {
        OurItem::Head(head) => {
            take(Found::Fact("access".into(), head.access))?;
            take(Found::Fact("written by".into(), head.version))
        }
        OurItem::Database { id, .. } => {
            db = id;
            Ok(())
        }
        OurItem::Entry(entry) => take(Found::Entry(db, entry)),
        OurItem::Unbuilt(_) => unreachable!("nobody has asked for that"),
    })
}

/// Walks through a file in the RDB format: its version, how long it is, and what was read beyond its end, which belongs to what follows.
pub fn rdb<R: Read>(input: R, loader: &Loader, take: Take) -> Result<(u16, u64, R, Vec<u8>), Damage> {
    let told = |damage: &crate::persist::rdb::Damage| Damage { at: damage.offset, why: damage.what.to_string() };
    let loading = Loading { limits: loader.limits, access: loader.access, clock: loader.present_clock };
    let mut reader = Reader::new(input, loading, true).map_err(|damage| told(&damage))?;
    loop {
        let at = reader.position();
        let found = match reader.next().map_err(|damage| told(&damage))? {
            Item::End => break,
            Item::Entry { db, entry } => Found::Entry(db, entry),
            Item::Empty { .. } => Found::Empty,
            Item::Function(_) => Found::Function,
            Item::Aux(name, value) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Found::Fact(text(&name), text(&value))
            }
            Item::Select { .. } | Item::ModuleAux(_) => continue,
        };
        take(found).map_err(|why| Damage { at, why })?;
    }
    let (version, position) = (reader.version(), reader.position());
    let (input, rest) = reader.into_parts();
    Ok((version, position, input, rest))
}

/// A file that shows on a terminal how far it was read.
pub struct Watched {
    file: BufReader<File>,
    bar: ProgressBar,
    unseen: u64,
}

impl Watched {
    /// Opens a file.
    pub fn open(path: &Path) -> io::Result<Watched> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let bar = bar(file.metadata()?.len());
        Ok(Watched { file: BufReader::with_capacity(1 << 20, file), bar, unseen: 0 })
    }
}

impl Read for Watched {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(bytes)?;
        self.unseen += n as u64;
        if self.unseen >= 1 << 20 {
            self.bar.inc(std::mem::take(&mut self.unseen));
        }
        Ok(n)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar for so many bytes: on standard error, and only if that is a terminal.
pub fn bar(len: u64) -> ProgressBar {
    const FORM: &str = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
    ProgressStyle::with_template(FORM).map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
