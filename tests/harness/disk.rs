//! A disk that remembers what was synced, and can fail.

use redoxide::base::mapped::Mapped;
use redoxide::persist::disk::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// A file's bytes, and how many of them are on the medium.
#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    /// What is mapped has its bytes here.
    mapped: Option<Arc<Mapped>>,
}

impl Content {
    fn of(bytes: Vec<u8>) -> Content {
        Content { synced: bytes.clone(), bytes, mapped: None }
    }

    fn bytes(&self) -> Vec<u8> {
        let Some(mapped) = &self.mapped else { return self.bytes.clone() };
        mapped.words().iter().flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes()).collect()
    }
}

#[derive(Debug, Default)]
struct State {
    /// Every file that was ever made.
    files: Vec<Content>,
    /// The names as the running process sees them.
    names: BTreeMap<PathBuf, usize>,
    /// The names that are on the medium.
    synced_names: BTreeMap<PathBuf, usize>,
    /// So many bytes may still be written.
    room: Option<usize>,
    /// Whether syncing fails.
    fails_to_sync: bool,
    /// Nothing can be renamed to what has this in its name.
    fails_to_name: Option<&'static str>,
    /// How often something was synced.
    syncs: usize,
    /// How often the power went.
    losses: u128,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<State>>);

struct MemoryFile {
    disk: Memory,
    file: usize,
}

impl Memory {
    #[allow(dead_code, reason = "what is left is made by it")]
    fn image(files: Vec<Content>, names: BTreeMap<PathBuf, usize>, losses: u128) -> Memory {
        let synced_names = names.clone();
        Memory(Arc::new(Mutex::new(State { files, names, synced_names, losses, ..State::default() })))
    }

    #[allow(dead_code, reason = "crashes use it")]
    /// What is left after the power went: only what was synced.
    pub fn after_power_loss(&self) -> Memory {
        let state = self.0.lock().unwrap();
        let files = state.files.iter().map(|c| Content::of(c.synced.clone())).collect();
        Memory::image(files, state.synced_names.clone(), state.losses + 1)
    }

    #[allow(dead_code, reason = "the log uses it")]
    /// What is left after the process alone ended: all that was written.
    pub fn after_kill(&self) -> Memory {
        let state = self.0.lock().unwrap();
        let files = state.files.iter().map(|c| Content::of(c.bytes())).collect();
        Memory::image(files, state.names.clone(), state.losses)
    }

    #[allow(dead_code, reason = "the log uses it")]
    /// What is left after the power went, if of what is mapped everything happened to be on the medium.
    pub fn after_power_loss_with_mapped(&self) -> Memory {
        let image = self.after_power_loss();
        let mapped =
            self.0.lock().unwrap().files.iter().map(|c| c.mapped.is_some().then(|| c.bytes())).collect::<Vec<_>>();
        for (content, bytes) in image.0.lock().unwrap().files.iter_mut().zip(mapped) {
            if let Some(bytes) = bytes {
                *content = Content::of(bytes);
            }
        }
        image
    }

    #[allow(dead_code, reason = "crashes use it")]
    /// From now on only so many bytes can be written.
    pub fn limit_room(&self, bytes: Option<usize>) {
        self.0.lock().unwrap().room = bytes;
    }

    #[allow(dead_code, reason = "the log uses it")]
    /// From now on syncing fails, or no longer.
    pub fn fail_sync(&self, fails: bool) {
        self.0.lock().unwrap().fails_to_sync = fails;
    }

    #[allow(dead_code, reason = "the log uses it")]
    /// From now on nothing can be renamed to what has this in its name.
    pub fn fail_to_name(&self, part: Option<&'static str>) {
        self.0.lock().unwrap().fails_to_name = part;
    }

    #[allow(dead_code, reason = "the log uses it")]
    /// How often a file was synced.
    pub fn syncs(&self) -> usize {
        self.0.lock().unwrap().syncs
    }

    /// The content of a file.
    pub fn bytes(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.0.lock().unwrap();
        state.names.get(path.as_ref()).map(|&file| state.files[file].bytes())
    }

    /// Puts a file there, synced.
    pub fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap();
        state.files.push(Content::of(bytes.to_vec()));
        let file = state.files.len() - 1;
        state.names.insert(path.as_ref().to_path_buf(), file);
        state.synced_names.insert(path.as_ref().to_path_buf(), file);
    }

    fn may_name(&self, path: &Path) -> io::Result<()> {
        match self.0.lock().unwrap().fails_to_name {
            Some(part) if path.to_string_lossy().contains(part) => {
                Err(io::Error::other("this disk does not take the name"))
            }
            _ => Ok(()),
        }
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().names.keys().map(|path| path.display().to_string()).collect()
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl DiskFile for MemoryFile {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.0.lock().unwrap();
        let n = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        if n == 0 && !bytes.is_empty() {
            return Err(io::Error::from_raw_os_error(28));
        }
        if let Some(room) = &mut state.room {
            *room -= n;
        }
        state.files[self.file].bytes.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.syncs += 1;
        if state.fails_to_sync {
            return Err(io::Error::from_raw_os_error(5));
        }
        let content = &mut state.files[self.file];
        content.synced = content.bytes.clone();
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.disk.0.lock().unwrap().files[self.file].bytes.truncate(len as usize);
        Ok(())
    }
}

impl Disk for Memory {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock().unwrap();
        state.files.push(Content::default());
        let file = state.files.len() - 1;
        state.names.insert(path.to_path_buf(), file);
        Ok(Arc::new(MemoryFile { disk: self.clone(), file }))
    }

    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let known = self.0.lock().unwrap().names.get(path).copied();
        match known {
            Some(file) => Ok(Arc::new(MemoryFile { disk: self.clone(), file })),
            None => self.create(path),
        }
    }

    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let bytes = self.bytes(path).ok_or_else(missing)?;
        let len = bytes.len() as u64;
        Ok((Box::new(io::Cursor::new(bytes)), len))
    }

    fn open_at(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.bytes(path).ok_or_else(missing)?;
        Ok(Box::new(io::Cursor::new(bytes.get(offset as usize..).unwrap_or_default().to_vec())))
    }

    fn map(&self, path: &Path, words: usize) -> io::Result<Arc<Mapped>> {
        self.may_name(path)?;
        self.put(path, &vec![0; words * 8]);
        let mapped = Arc::new(Mapped::in_memory(words));
        let mut state = self.0.lock().unwrap();
        state.files.last_mut().expect("it was just put there").mapped = Some(Arc::clone(&mapped));
        Ok(mapped)
    }

    fn is_mapped(&self, _: &Path) -> bool {
        false
    }

    fn mark(&self, _: &Path) -> io::Result<u128> {
        Ok(self.0.lock().unwrap().losses)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.may_name(to)?;
        let mut state = self.0.lock().unwrap();
        let file = state.names.remove(from).ok_or_else(missing)?;
        state.names.insert(to.to_path_buf(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().names.remove(path).map(|_| ()).ok_or_else(missing)
    }

    fn make_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.syncs += 1;
        let is_in = |name: &Path| name.parent().unwrap_or(Path::new("")) == path;
        state.synced_names.retain(|name, _| !is_in(name));
        let now: Vec<_> = state.names.iter().filter(|(name, _)| is_in(name)).map(|(n, f)| (n.clone(), *f)).collect();
        state.synced_names.extend(now);
        Ok(())
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.lock().unwrap().names.contains_key(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        let state = self.0.lock().unwrap();
        let files = state.names.iter().filter(|(path, _)| path.parent() == Some(dir));
        let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
        Ok(files.map(|(path, &file)| (named(path), state.files[file].bytes.len() as u64)).collect())
    }
}
