//! Snapshots: what is written is read again, and damage is never taken for data.

use crate::aof::ask;
use crate::data::{self, START_MS, digest_of};
use crate::disk::Memory;
use crate::rdb::hex;
use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::keyspace::digest::Sum;
use redoxide::keyspace::load::Loader;
use redoxide::net::local::Local;
use redoxide::persist::Progress;
use redoxide::persist::disk::{Disk, Writer};
use redoxide::persist::format::read::Damage;
use redoxide::persist::format::{
    Bytes, CHUNK_HEAD, CHUNK_MARK, COMPRESSED_MARK, ChunkWriter, Elements, Form, HEAD, Head, Kind, Life, Record, Word,
};
use redoxide::persist::rdb::write::Recency;
use redoxide::persist::snapshot::{self, Format, Loaded, Options};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

const PATH: &str = "dump.rdb";

fn options(format: Format) -> Options {
    Options {
        format,
        rdb_version: None,
        checksum: true,
        compress: true,
        syncs_early: true,
        redis_version: "8.2.3",
        is_base: false,
        recency: Recency::Unsaid,
    }
}

/// Saves a server's keys to a disk.
fn save(local: &Local, disk: &Memory, format: Format) {
    save_as(local, disk, &options(format));
}

fn save_as(local: &Local, disk: &Memory, options: &Options) {
    let copy = local.server.keyspace.freeze();
    let path = Path::new(PATH);
    let temporary = snapshot::write(disk, copy, path, options, &Progress::default()).unwrap();
    snapshot::publish(disk, &temporary, path).unwrap();
}

/// Both formats, with compression and without.
fn all_options() -> [Options; 4] {
    let plain = |format| Options { compress: false, ..options(format) };
    [options(Format::Bincode), plain(Format::Bincode), options(Format::Rdb), plain(Format::Rdb)]
}

fn read(local: &Local, disk: &Memory, drops_expired: bool) -> (Loader, Result<Loaded, Damage>) {
    let mut loader = local.server.keyspace.loader();
    loader.drops_expired = drops_expired;
    let (input, _) = disk.open(Path::new(PATH)).unwrap();
    let loaded = snapshot::read(input, &mut loader, &Progress::default(), true);
    (loader, loaded)
}

/// Reads a file for the digest of what it holds.
pub fn digest_in(file: &[u8]) -> Result<Sum, Damage> {
    let mut local = data::server(1);
    let mut loader = local.server.keyspace.loader();
    snapshot::read(Box::new(Cursor::new(file.to_vec())), &mut loader, &Progress::default(), true)?;
    local.server.keyspace.adopt(loader);
    Ok(digest_of(&local.server))
}

#[test]
fn every_type_comes_back() {
    for options in all_options() {
        let format = options.format;
        let mut before = data::server(1);
        data::fill(&mut before);
        let disk = Memory::default();
        save_as(&before, &disk, &options);
        assert_eq!(disk.names(), [PATH], "the temporary file is gone");
        let mut after = data::server(2);
        let (loader, loaded) = read(&after, &disk, false);
        let loaded = loaded.unwrap();
        assert_eq!((loaded.format, loaded.keys), (format, loader.keys));
        after.server.keyspace.adopt(loader);
        assert_eq!(digest_of(&after.server), digest_of(&before.server));
        for (old, new) in before.server.keyspace.databases().iter().zip(after.server.keyspace.databases()) {
            assert_eq!((old.table.len(), old.volatile), (new.table.len(), new.volatile));
            assert_eq!(old.expiring_hashes, new.expiring_hashes);
            old.table.freeze().each(|entry| {
                let found = new.table.freeze();
                let loaded = found.find(entry.key()).expect("the key is there");
                assert_eq!(loaded.deadline(), entry.deadline());
                let key = String::from_utf8_lossy(entry.key()).into_owned();
                // As in Redis, a string that was edited is one like any other afterwards.
                if key != "raw" && key != "hll" {
                    assert_eq!(loaded.encoding_name(), entry.encoding_name(), "{key}");
                }
                assert_eq!(loaded.clock(), entry.clock(), "{key}");
            });
        }
    }
}

#[test]
fn who_looks_sees_how_far_a_file_is_read() {
    /// Gives little at a time, and notes what is known of the progress.
    struct Slow<'a>(Box<dyn Read + Send>, Arc<Progress>, &'a Mutex<Vec<u64>>);
    impl Read for Slow<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            self.2.lock().unwrap().push(self.1.bytes.load(Ordering::Relaxed));
            let most = bytes.len().min(100);
            self.0.read(&mut bytes[..most])
        }
    }
    for format in [Format::Bincode, Format::Rdb] {
        let mut local = data::server(1);
        data::fill(&mut local);
        let disk = Memory::default();
        save(&local, &disk, format);
        let (input, len) = disk.open(Path::new(PATH)).unwrap();
        let (progress, seen) = (Arc::new(Progress::default()), &*Box::leak(Box::default()));
        let input = Slow(input, Arc::clone(&progress), seen);
        snapshot::read(Box::new(input), &mut local.server.keyspace.loader(), &progress, true).unwrap();
        assert_eq!(progress.bytes.load(Ordering::Relaxed), len);
        let seen = seen.lock().unwrap();
        assert!(seen[..4] == [0, 100, 200, 300], "{format:?}: {seen:?}");
    }
}

#[test]
fn what_has_expired_is_left_out() {
    let mut local = data::server(1);
    data::fill(&mut local);
    let disk = Memory::default();
    save(&local, &disk, Format::Bincode);
    local.advance_ms(6000);
    let (loader, loaded) = read(&local, &disk, true);
    assert_eq!(loaded.unwrap().dropped, 1);
    assert_eq!(loader.dropped, 1);
}

/// Flips a bit at each of these offsets of a good file, and cuts it there: whoever reads it finds that.
fn find_flips_and_cuts(good: &[u8], offsets: impl IntoIterator<Item = usize>) {
    let local = data::server(1);
    let is_found = |file: Vec<u8>| {
        let mut loader = local.server.keyspace.loader();
        snapshot::read(Box::new(Cursor::new(file)), &mut loader, &Progress::default(), true).is_err()
    };
    assert!(!is_found(good.to_vec()), "the file is good");
    let is_ours = good.starts_with(b"REDOXIDE");
    let mut dice = Dice(7);
    for at in offsets {
        // The reserved bytes of our head mean nothing yet.
        if is_ours && (12..16).contains(&at) {
            continue;
        }
        let mut bad = good.to_vec();
        bad[at] ^= 1 << dice.below(8);
        assert!(is_found(bad), "a flipped bit at {at} was not found");
        assert!(is_found(good[..at].to_vec()), "a cut at {at} was not found");
    }
}

/// A file of data of every type, and where one byte can do most harm in it, and anywhere.
fn file_and_offsets(options: &Options) -> (Vec<u8>, Vec<usize>) {
    let mut local = data::server(1);
    data::fill(&mut local);
    let disk = Memory::default();
    save_as(&local, &disk, options);
    let file = disk.bytes(PATH).unwrap();
    let mut offsets: Vec<usize> = (0..100).chain(file.len() - 100..file.len()).collect();
    if options.format == Format::Bincode {
        let heads = data::chunks(&file).into_iter().flat_map(|(at, _)| at..at + CHUNK_HEAD + 8);
        offsets.extend(heads.filter(|at| (100..file.len() - 100).contains(at)));
    }
    let mut dice = Dice(8);
    offsets.extend((0..800).map(|_| dice.below(file.len() as u64) as usize));
    (file, offsets)
}

#[test]
fn flips_and_cuts_of_our_format_are_found() {
    let (file, offsets) = file_and_offsets(&options(Format::Bincode));
    let compressed = data::chunks(&file).iter().filter(|(_, form)| *form == Form::Compressed).count();
    assert!(compressed > 3, "all this is about compressed chunks");
    find_flips_and_cuts(&file, offsets);
}

#[test]
fn flips_and_cuts_of_our_format_without_compression_are_found() {
    let (file, offsets) = file_and_offsets(&Options { compress: false, ..options(Format::Bincode) });
    assert!(data::chunks(&file).iter().all(|(_, form)| *form != Form::Compressed));
    find_flips_and_cuts(&file, offsets);
}

#[test]
fn flips_and_cuts_of_rdb_are_found() {
    let (file, offsets) = file_and_offsets(&options(Format::Rdb));
    find_flips_and_cuts(&file, offsets);
}

/// What a server of version 1 of the format saved, and what its DEBUG DIGEST said.
const VERSION_1: (&[u8], &str) = (include_bytes!("fixtures/redoxide1.rdx"), "6086062f1eb6fcc428cca37c1ca648097f903a36");

#[test]
fn a_file_of_version_1_is_read() {
    let (file, digest) = VERSION_1;
    assert_eq!(file[8], 1);
    assert_eq!(hex(digest_in(file).unwrap()), digest);
    let mut later = file.to_vec();
    later[8] = 3;
    let refused = digest_in(&later).unwrap_err();
    assert!(refused.why.contains("has version 3, this program reads versions 1 to 2"), "{refused}");
}

#[test]
fn a_flip_or_a_cut_at_any_byte_of_a_small_file_is_found() {
    find_flips_and_cuts(VERSION_1.0, 0..VERSION_1.0.len());
    let mut local = data::server(1);
    let mut loader = local.server.keyspace.loader();
    snapshot::read(Box::new(Cursor::new(VERSION_1.0)), &mut loader, &Progress::default(), true).unwrap();
    local.server.keyspace.adopt(loader);
    let disk = Memory::default();
    save(&local, &disk, Format::Bincode);
    let file = disk.bytes(PATH).unwrap();
    assert_eq!(data::chunks(&file)[0].1, Form::Compressed);
    assert!(file.len() * 4 < VERSION_1.0.len() * 3, "{} bytes", file.len());
    find_flips_and_cuts(&file, 0..file.len());
}

#[test]
fn a_compressed_chunk_is_not_taken_for_another_kind() {
    let (mut file, _) = file_and_offsets(&options(Format::Bincode));
    let chunks = data::chunks(&file);
    let &(at, _) = chunks.iter().find(|(_, form)| *form == Form::Compressed).expect("there is one");
    file[at..at + 4].copy_from_slice(CHUNK_MARK);
    let damage = digest_in(&file).unwrap_err();
    assert!(damage.at == at as u64 && damage.why.contains("digest"), "{damage}");
    let (mut file, _) = file_and_offsets(&Options { compress: false, ..options(Format::Bincode) });
    file[at..at + 4].copy_from_slice(COMPRESSED_MARK);
    let damage = digest_in(&file).unwrap_err();
    assert!(damage.at == at as u64 && damage.why.contains("digest"), "{damage}");
}

#[test]
fn a_server_compresses_its_snapshots_unless_it_is_told_not_to() {
    let disk = Memory::default();
    let mut local =
        Local::with_disk(&redoxide::commands::table(), Config::default(), 1, START_MS, Arc::new(disk.clone()));
    data::fill(&mut local);
    let client = local.connect();
    let saved = |local: &mut Local, compression: &str| {
        ask(local, client, &["CONFIG", "SET", "rdbcompression", compression]);
        assert_eq!(ask(local, client, &["SAVE"]), "+OK\r\n");
        let file = disk.bytes(disk.names().into_iter().find(|name| name.ends_with(PATH)).unwrap()).unwrap();
        assert_eq!(digest_in(&file).unwrap(), digest_of(&local.server));
        file.len()
    };
    let (plain, compressed) = (saved(&mut local, "no"), saved(&mut local, "yes"));
    assert!(compressed * 4 < plain, "{compressed} of {plain} bytes");
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file() {
    let mut local = data::server(1);
    data::run(&mut local, "SET a 1");
    let disk = Memory::default();
    save(&local, &disk, Format::Bincode);
    let old = disk.bytes(PATH);
    data::fill(&mut local);
    for room in [0, 10, 1000, 100_000] {
        disk.limit_room(Some(room));
        let copy = local.server.keyspace.freeze();
        let result = snapshot::write(&disk, copy, Path::new(PATH), &options(Format::Bincode), &Progress::default());
        assert!(result.unwrap_err().contains("No space left"));
        assert_eq!((disk.names(), disk.bytes(PATH)), (vec![PATH.to_string()], old.clone()));
    }
    // What was renamed was synced before.
    disk.limit_room(None);
    assert_eq!(disk.after_power_loss().bytes(PATH), old);
}

/// Words of Redis 8.2.
#[test]
fn a_transaction_that_writes_is_refused_while_snapshots_fail() {
    let why = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands \
               that may modify the data set are disabled, because this instance is configured to report errors during \
               writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for \
               details about the RDB error.";
    let disk = Memory::default();
    let mut config = Config::default();
    config.set(&[(b"save", b"100 1")], false).expect("a right value");
    let mut local = Local::with_disk(&redoxide::commands::table(), config, 1, START_MS, Arc::new(disk.clone()));
    let (client, reader, other) = (local.connect(), local.connect(), local.connect());
    for (client, queued) in [(client, &[&["SET", "a", "1"][..], &["GET", "a"]][..]), (reader, &[&["GET", "a"]])] {
        assert_eq!(ask(&mut local, client, &["MULTI"]), "+OK\r\n");
        for words in queued {
            assert_eq!(ask(&mut local, client, words), "+QUEUED\r\n");
        }
    }
    disk.limit_room(Some(0));
    assert_eq!(ask(&mut local, other, &["BGSAVE"]), "+Background saving started\r\n");
    local.advance_ms(100);
    let refused = format!("-EXECABORT Transaction discarded because of: {why}\r\n");
    assert_eq!(ask(&mut local, client, &["EXEC"]), refused);
    assert_eq!(ask(&mut local, client, &["GET", "a"]), "$-1\r\n", "none of it ran, and it is over");
    assert_eq!(ask(&mut local, reader, &["EXEC"]), "*1\r\n$-1\r\n", "who only reads may");
    assert_eq!(ask(&mut local, client, &["MULTI"]), "+OK\r\n");
    assert_eq!(ask(&mut local, client, &["SET", "a", "1"]), format!("-{why}\r\n"));
    assert_eq!(ask(&mut local, client, &["EXEC"]), "-EXECABORT Transaction discarded because of previous errors.\r\n");
    disk.limit_room(None);
    ask(&mut local, other, &["BGSAVE"]);
    local.advance_ms(100);
    assert_eq!(ask(&mut local, client, &["SET", "a", "1"]), "+OK\r\n");
}

/// A file of ours with one collection of so many elements, in two records; then what reading it says.
fn read_collection(kind: Kind, count: u64, elements: &[Elements]) -> Result<Loaded, Damage> {
    let (local, disk) = (data::server(1), Memory::default());
    let mut chunks = ChunkWriter::new(Writer(disk.create(Path::new(PATH)).unwrap()), true).unwrap();
    let head = Head { version: "test".into(), time_ms: START_MS, access: "lru".into(), keys: 1 };
    chunks.put(&Record::Head(head)).unwrap();
    chunks.put(&Record::Database { number: 0, keys: 1, volatile: 0 }).unwrap();
    let life = Life { deadline: None, clock: 0 };
    for (n, part) in elements.iter().enumerate() {
        let record = match n {
            0 => Record::Collection(Bytes(b"k"), life, kind, count, part.clone()),
            _ => Record::More(part.clone()),
        };
        chunks.put(&record).unwrap();
    }
    chunks.finish(1).unwrap();
    read(&local, &disk, false).1
}

#[test]
fn an_element_of_a_collection_that_comes_twice_is_damage_in_small_ones_and_in_big_ones() {
    for count in [10, 600, 5000, 20_000] {
        let names: Vec<String> = (0..count).map(|n| format!("element:{n}")).collect();
        let words: Vec<Word> = names.iter().map(|name| Word::Bytes(Bytes(name.as_bytes()))).collect();
        let mut dice = Dice(count);
        // Whole; with one in the place of another; with one more than was announced; with one less.
        for twice in [false, true] {
            let mut words = words.clone();
            if twice {
                let from = dice.below(count - 1) as usize;
                words[count as usize - 1] = words[from];
            }
            let scored: Vec<_> = words.iter().enumerate().map(|(n, word)| (*word, n as f64)).collect();
            let fields: Vec<_> = words.iter().map(|word| (*word, Word::Int(7), None)).collect();
            let half = words.len() / 2;
            let of_words = [&words[..half], &words[half..]].map(|part| Elements::Words(Cow::Borrowed(part)));
            let of_fields = [&fields[..half], &fields[half..]].map(|part| Elements::Fields(Cow::Borrowed(part)));
            let of_scores = [&scored[..half], &scored[half..]].map(|part| Elements::Scored(Cow::Borrowed(part)));
            for (kind, elements) in [(Kind::Set, of_words), (Kind::Hash, of_fields), (Kind::SortedSet, of_scores)] {
                let found = read_collection(kind, count, &elements);
                match found {
                    Ok(loaded) => assert!(!twice && loaded.keys == 1, "{count} {kind:?}"),
                    Err(damage) => {
                        assert!(twice, "{count} {kind:?}: {damage}");
                        assert!(damage.why.contains("twice"), "{damage}");
                        // The chunk, of which there may be several.
                        assert!(damage.at >= HEAD as u64, "{damage}");
                    }
                }
                let wrong = read_collection(kind, count - 1, &elements).unwrap_err();
                assert!(wrong.why.contains("more elements than was announced") || twice, "{wrong}");
                let wrong = read_collection(kind, count + 1, &elements).unwrap_err();
                assert!(wrong.why.contains("no end") || twice, "{wrong}");
            }
        }
        let mut scored: Vec<_> = words.iter().map(|word| (*word, 1.0)).collect();
        scored[count as usize / 3].1 = f64::NAN;
        let wrong = read_collection(Kind::SortedSet, count, &[Elements::Scored(Cow::Borrowed(&scored))]).unwrap_err();
        assert!(wrong.why.contains("not a number"), "{wrong}");
        let wrong = read_collection(Kind::Set, count, &[Elements::Scored(Cow::Borrowed(&scored))]).unwrap_err();
        assert!(wrong.why.contains("another type") || count < 20 || wrong.why.contains("without members"), "{wrong}");
    }
}
