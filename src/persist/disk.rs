//! What persistence needs of a file system, so that tests can put another in its place.

use crate::base::machine;
use crate::base::mapped::Mapped;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

/// A file that is being written. Shared between the loop and a helper, of which only one writes at a time.
pub trait DiskFile: Send + Sync {
    /// Writes some of the bytes at the end; how many.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when everything written is on the medium.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file to `len` bytes; the next write goes there.
    fn truncate(&self, len: u64) -> io::Result<()>;
}

/// Writes all bytes.
pub fn write_all(file: &dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A file system.
pub trait Disk: Send + Sync {
    /// A new, empty file; one of the same name is emptied.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// A file to be written on at its end; made if it is missing.
    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// A file to be read, and its length.
    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read + Send>, u64)>;
    /// The same from a place on, without reading what is before it.
    fn open_at(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>>;
    /// Makes a file of so many words, all zero and on the medium, in the place of the one that may be there, and maps it.
    fn map(&self, path: &Path, words: usize) -> io::Result<Arc<Mapped>>;
    /// Whether a process that runs has mapped a file by [`Disk::map`].
    fn is_mapped(&self, path: &Path) -> bool;
    /// Tells a file in this run of the system from what is left of it after the system was down, and from its copies.
    fn mark(&self, path: &Path) -> io::Result<u128>;
    /// Gives a file another name, at once; what had that name is gone.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a directory, unless it is there.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
    /// Returns when the names in a directory are on the medium.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Whether there is something of that name.
    fn exists(&self, path: &Path) -> bool;
    /// The files in a directory, by their names and lengths.
    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>>;
}

/// The system's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

/// File systems that change the blocks of a file where they are, by the numbers that the system has for them (statfs(2)).
const WRITES_IN_PLACE: &[(rustix::fs::FsWord, &str)] =
    &[(0xef53, "ext4"), (0x5846_5342, "xfs"), (0x0102_1994, "tmpfs"), (0x794c_7630, "overlay")];

/// No file system: everything fails. For servers that are to leave no trace.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Disk for Nowhere {
    fn create(&self, _: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn append(&self, _: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn open(&self, _: &Path) -> io::Result<(Box<dyn Read + Send>, u64)> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn open_at(&self, _: &Path, _: u64) -> io::Result<Box<dyn Read + Send>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn map(&self, _: &Path, _: usize) -> io::Result<Arc<Mapped>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_mapped(&self, _: &Path) -> bool {
        false
    }

    fn mark(&self, _: &Path) -> io::Result<u128> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn make_dir(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn list(&self, _: &Path) -> io::Result<Vec<(String, u64)>> {
        Ok(Vec::new())
    }
}

impl DiskFile for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file: &File = self;
        Write::write(&mut file, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

impl Disk for System {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        // Appending also here: after a truncation the next write goes to the end.
        fs::write(path, b"")?;
        self.append(path)
    }

    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().append(true).create(true).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok((Box::new(file), len))
    }

    fn open_at(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }

    fn map(&self, path: &Path, words: usize) -> io::Result<Arc<Mapped>> {
        // A store that finds no room on the disk ends the process. So all is written, not only made long, and only where a change
        // of what is there takes no more room.
        let dir = rustix::fs::statfs(folder(path))?;
        if !WRITES_IN_PLACE.iter().any(|(magic, _)| dir.f_type == *magic) {
            let names: Vec<&str> = WRITES_IN_PLACE.iter().map(|(_, name)| *name).collect();
            return Err(io::Error::other(format!("the file system is none of {}", names.join(", "))));
        }
        replace(self, path, &vec![0; words * 8])?;
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        // For `is_mapped`: the system takes the lock back when the process ends.
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Arc::new(Mapped::of_file(file, words)?))
    }

    fn is_mapped(&self, path: &Path) -> bool {
        let locked = File::open(path).map(|file| flock(&file, FlockOperation::NonBlockingLockShared));
        matches!(locked, Ok(Err(rustix::io::Errno::WOULDBLOCK)))
    }

    fn mark(&self, path: &Path) -> io::Result<u128> {
        let facts = fs::metadata(path)?;
        // Where that is not known no two runs are the same.
        let run = machine::boot_id().unwrap_or_else(rand::random);
        Ok(run ^ (u128::from(facts.dev()) << 64 | u128::from(facts.ino())))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(if path.as_os_str().is_empty() { Path::new(".") } else { path })?.sync_all()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            // A name that is no text is none of ours.
            if let (Ok(name), Ok(data)) = (entry.file_name().into_string(), entry.metadata())
                && data.is_file()
            {
                files.push((name, data.len()));
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The directory in which a file is.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a whole small file in its place: written beside it, synced, renamed, the directory synced.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_after(disk, path, bytes, &mut || Ok(()))
}

/// The same, and something else when it is written and all that is missing is its name.
pub fn replace_after(
    disk: &dyn Disk,
    path: &Path,
    bytes: &[u8],
    last: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let file = disk.create(&temporary)?;
    write_all(&*file, bytes)?;
    file.sync()?;
    last()?;
    disk.rename(&temporary, path)?;
    disk.sync_dir(folder(path))
}

/// A writer for whoever wants `std::io::Write`.
pub struct Writer(pub Arc<dyn DiskFile>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// After so many bytes they are synced while the next ones are written.
const SYNC_EVERY: usize = 8 << 20;

/// What writes to a file, and asks for a sync now and then.
pub struct SyncedWriter<'a> {
    file: &'a dyn DiskFile,
    unsynced: usize,
    to_syncer: Option<SyncSender<()>>,
}

impl Write for SyncedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.unsynced += n;
        if let Some(to_syncer) = &self.to_syncer
            && self.unsynced >= SYNC_EVERY
        {
            self.unsynced = 0;
            // A wish that waits will do for these bytes, too.
            _ = to_syncer.try_send(());
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has a file written, and syncs it. `is_early`: also on a thread beside while it is written, so that little is left to wait
/// for at the end, and no heap of pages grows that others who sync would have to wait for.
pub fn write_synced(
    file: &dyn DiskFile,
    is_early: bool,
    write: impl FnOnce(SyncedWriter) -> io::Result<()>,
) -> io::Result<()> {
    let writer = |to_syncer| SyncedWriter { file, unsynced: 0, to_syncer };
    if !is_early {
        return write(writer(None)).and_then(|()| file.sync());
    }
    std::thread::scope(|scope| {
        let (to_syncer, wishes) = sync_channel(1);
        let syncing = scope.spawn(move || wishes.into_iter().try_for_each(|()| file.sync()));
        let written = write(writer(Some(to_syncer)));
        let synced = syncing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // The system tells of a failed sync only once: the last one may know nothing of it.
        written.and(synced).and_then(|()| file.sync())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A file whose syncs end as is said, one after another; then well.
    struct Troubled {
        syncs: Mutex<Vec<io::Result<()>>>,
        asked: Mutex<usize>,
    }

    impl DiskFile for Troubled {
        fn write(&self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn sync(&self) -> io::Result<()> {
            *self.asked.lock().unwrap() += 1;
            self.syncs.lock().unwrap().pop().unwrap_or(Ok(()))
        }

        fn truncate(&self, _: u64) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_long_file_is_synced_while_it_is_written_and_no_failure_is_forgotten() {
        let write = |len: usize, is_early: bool, syncs: Vec<io::Result<()>>| {
            let file = Troubled { syncs: Mutex::new(syncs), asked: Mutex::default() };
            let outcome = write_synced(&file, is_early, |mut out| {
                let piece = vec![0; 1 << 20];
                (0..len >> 20).try_for_each(|_| out.write_all(&piece))
            });
            (outcome.is_ok(), file.asked.into_inner().unwrap())
        };
        assert_eq!(write(SYNC_EVERY - (1 << 20), true, vec![]), (true, 1));
        assert_eq!(write(SYNC_EVERY, true, vec![]), (true, 2));
        assert_eq!(write(3 * SYNC_EVERY, false, vec![]), (true, 1));
        assert!(!write(SYNC_EVERY, true, vec![Ok(()), Err(io::ErrorKind::Other.into())]).0, "the first fails");
        assert!(!write(SYNC_EVERY, true, vec![Err(io::ErrorKind::Other.into()), Ok(())]).0, "the last fails");
        assert!(!write(SYNC_EVERY, false, vec![Err(io::ErrorKind::Other.into())]).0);
    }

    #[test]
    fn the_system_writes_at_the_end_cuts_and_replaces() {
        let dir = std::env::temp_dir().join(format!("redoxide-disk-{}", std::process::id()));
        let disk = System;
        disk.make_dir(&dir).unwrap();
        let path = dir.join("file");
        let file = disk.create(&path).unwrap();
        write_all(&*file, b"hello world").unwrap();
        file.truncate(5).unwrap();
        write_all(&*file, b"!").unwrap();
        file.sync().unwrap();
        let read = |path: &Path| {
            let (mut file, len) = disk.open(path).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text.len() as u64, len);
            text
        };
        assert_eq!(read(&path), "hello!");
        let mut rest = String::new();
        disk.open_at(&path, 3).unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "lo!");
        if let Ok(mapped) = disk.map(&path, 512) {
            assert_eq!(mapped.words().len(), 512);
            assert!(disk.is_mapped(&path));
            drop(mapped);
            assert_eq!(read(&path), "\0".repeat(4096));
        }
        assert!(!disk.is_mapped(&path) && !disk.is_mapped(&dir.join("missing")));
        let copy = dir.join("copy");
        fs::copy(&path, &copy).unwrap();
        assert_eq!(disk.mark(&path).unwrap(), disk.mark(&path).unwrap());
        assert_ne!(disk.mark(&path).unwrap(), disk.mark(&copy).unwrap());
        fs::remove_file(&copy).unwrap();
        replace(&disk, &path, b"other").unwrap();
        assert_eq!(read(&path), "other");
        assert!(!disk.exists(&dir.join("file.tmp")));
        disk.make_dir(&dir.join("inner")).unwrap();
        assert_eq!(disk.list(&dir).unwrap(), [("file".to_string(), 5)]);
        fs::remove_dir(dir.join("inner")).unwrap();
        disk.remove(&path).unwrap();
        fs::remove_dir(&dir).unwrap();
    }
}
