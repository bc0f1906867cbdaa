//! `redoxide check`, `convert` and `dump`, and what scripts expect of redis-check-rdb and redis-check-aof.

use crate::data;
use crate::snapshot::digest_in;
use redoxide::persist::Progress;
use redoxide::persist::aof::journal;
use redoxide::persist::disk::System;
use redoxide::persist::rdb::write::Recency;
use redoxide::persist::snapshot::{self, Format, Options};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("redoxide-tool-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).expect("the folder can be written");
        self.text(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// A snapshot of every type.
    fn snapshot(&self, name: &str, format: Format) -> String {
        self.snapshot_with(name, format, true)
    }

    fn snapshot_with(&self, name: &str, format: Format, compress: bool) -> String {
        let mut local = data::server(1);
        data::fill(&mut local);
        let options = Options {
            format,
            rdb_version: None,
            checksum: true,
            compress,
            syncs_early: true,
            redis_version: "8.2.3",
            is_base: false,
            recency: Recency::Unsaid,
        };
        let path = self.path(name);
        let copy = local.server.keyspace.freeze();
        let temporary = snapshot::write(&System, copy, &path, &options, &Progress::default()).expect("it is written");
        snapshot::publish(&System, &temporary, &path).expect("it gets its name");
        self.text(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// What a program said, on both streams, and its exit status.
fn run_as(program: &Path, words: &[&str], stdin: &str) -> (i32, String) {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is there");
    _ = child.stdin.take().expect("it was asked for").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

fn run(words: &[&str]) -> (i32, String) {
    run_as(Path::new(env!("CARGO_BIN_EXE_redoxide")), words, "")
}

#[track_caller]
fn says((status, text): &(i32, String), expected: i32, words: &[&str]) {
    assert_eq!(*status, expected, "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

fn commands(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        if line.starts_with('#') {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        bytes.extend(redoxide::resp::request(&words));
    }
    bytes
}

#[test]
fn what_is_in_order_is_told_to_be() {
    let folder = Folder::new("good");
    let ours = folder.snapshot("dump.rdx", Format::Bincode);
    let theirs = folder.snapshot("dump.rdb", Format::Rdb);
    let log = folder.put("a.aof", &commands(&["SELECT 0", "SET a 1"]));
    let keys = ": 24 keys, 3 with a deadline, ";
    says(&run(&["check", &ours]), 0, &["OK: a snapshot in Redoxide's format, written by 8.2.3", keys]);
    says(&run(&["check", &ours, &theirs, &log]), 0, &["RDB format, version 12", keys, "a.aof: OK", "2 commands"]);
    let mut preamble = fs::read(&theirs).unwrap();
    preamble.extend_from_slice(&commands(&["SET a 1"]));
    let both = folder.put("old.aof", &preamble);
    says(&run(&["check", &both]), 0, &["and commands", keys, "1 command,"]);
}

#[test]
fn damage_is_told_with_its_place() {
    let folder = Folder::new("bad");
    let ours = folder.snapshot("dump.rdx", Format::Bincode);
    let theirs = folder.snapshot("dump.rdb", Format::Rdb);
    for file in [&ours, &theirs] {
        let good = fs::read(file).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(file, &bad).unwrap();
        says(&run(&["check", file]), 1, &["not valid: at offset "]);
        fs::write(file, &good[..good.len() / 3]).unwrap();
        says(&run(&["check", file]), 1, &["not valid: at offset "]);
        // One bad file does not hide the others.
        let log = folder.put("a.aof", &commands(&["SET a 1"]));
        says(&run(&["check", file, &log]), 1, &["a.aof: OK"]);
    }
    says(&run(&["check", &folder.text("nosuch")]), 1, &["nosuch: No such file or directory"]);
    says(&run(&["check", &folder.put("text", b"something else")]), 1, &["begins like no file that is known here"]);
    says(&run(&["check"]), 1, &["Usage: redoxide check FILE..."]);
    says(&run(&["check", "--help"]), 0, &["Usage: redoxide check FILE..."]);
}

#[test]
fn a_cut_log_is_fixed_and_the_file_as_it_was_is_kept() {
    let folder = Folder::new("fix");
    let whole = commands(&["SET a 1"]);
    let cut = [whole.clone(), commands(&["MULTI", "SET b 2"])].concat();
    let log = folder.put("a.aof", &cut);
    let at = format!("at offset {}: ", whole.len());
    says(&run(&["check", &log]), 1, &[&at, "would keep 27 bytes and cut 42 off"]);
    says(&run(&["check", "--fix", &log]), 0, &[&at, "a.aof.before-fix"]);
    assert_eq!(fs::read(&log).unwrap(), whole);
    assert_eq!(fs::read(folder.path("a.aof.before-fix")).unwrap(), cut);
    says(&run(&["check", &log]), 0, &["OK"]);
    // Another time there is another copy.
    fs::write(&log, b"*1\r\n$4\r\nPI").unwrap();
    says(&run(&["check", "--fix", &log]), 0, &["a.aof.before-fix-1"]);
}

#[test]
fn of_a_set_only_the_last_file_is_cut() {
    let folder = Folder::new("set");
    let good = commands(&["SET a 1"]);
    folder.put("a.1.base.aof", &good);
    folder.put("a.1.incr.aof", &good[..good.len() - 3]);
    let manifest = folder.put("a.manifest", b"file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\n");
    says(&run(&["check", &manifest]), 1, &["a.1.base.aof: OK", "a.1.incr.aof: not valid: at offset 0"]);
    says(&run(&["check", "--fix", &manifest]), 0, &["a.1.incr.aof: at offset 0", "a.manifest: OK: 2 files"]);
    assert_eq!(fs::read(folder.path("a.1.incr.aof")).unwrap(), b"");
    folder.put("a.1.base.aof", &good[..good.len() - 3]);
    says(&run(&["check", "--fix", &manifest]), 1, &["it is not the last file"]);
    assert!(!folder.path("a.1.base.aof.before-fix").exists());
    fs::remove_file(folder.path("a.1.base.aof")).unwrap();
    says(&run(&["check", &manifest]), 1, &["a.1.base.aof", "No such file or directory"]);
    folder.put("a.manifest", b"file a.1.base.aof seq 1 type q\n");
    says(&run(&["check", &manifest]), 1, &["Unknown AOF file type", "at line 1"]);
}

#[test]
fn what_a_journal_has_is_told_and_appended() {
    let folder = Folder::new("journal");
    let manifest = folder.put("log.manifest", b"file log.1.incr.aof seq 1 type i\n");
    let whole = commands(&["SET a 1", "SET b 2", "SET c 3"]);
    let cut = whole.len() - 9;
    let increment = folder.put("log.1.incr.aof", &whole[..cut]);
    let journal = folder.text("log.journal");
    // Some of it was appended before, as if the process had ended in the middle of that.
    let (mut writer, mut mover) = journal::create(&System, Path::new(&journal)).expect("the folder can be written");
    mover.skip();
    writer.begin(1, 20);
    assert!(writer.append(20, true, whole.len() - 20, [&whole[20..]].into_iter()));
    says(&run(&["check", &journal]), 1, &["a journal says nothing alone"]);
    says(&run(&["check", "--fix", &manifest]), 1, &["a server that runs uses it"]);
    says(&run(&["check", &manifest]), 1, &["it ends within"]);
    drop((writer, mover));
    says(&run(&["check", &manifest]), 1, &["9 bytes are still to be appended to log.1.incr.aof", "it ends within"]);
    assert_eq!(fs::read(&increment).unwrap().len(), cut);
    says(&run(&["check", "--fix", &manifest]), 0, &["9 bytes were appended to log.1.incr.aof", "3 commands"]);
    assert_eq!(fs::read(&increment).unwrap(), whole);
    says(&run(&["check", &manifest]), 0, &["OK: 1 files, all in order"]);
    // What follows was written by something else.
    fs::write(&increment, commands(&["SET a 1", "SET b 3"])).unwrap();
    says(&run(&["check", "--fix", &manifest]), 0, &["it is not used", "2 commands"]);
}

fn lines(words: &[&str]) -> Vec<String> {
    let (status, text) = run(words);
    assert_eq!(status, 0, "{text}");
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    lines.sort();
    lines
}

#[test]
fn whole_chunks_of_a_damaged_snapshot_are_saved() {
    let folder = Folder::new("salvage");
    let file = folder.snapshot("dump.rdx", Format::Bincode);
    save_whole_chunks(&folder, &file);
    let rdb = folder.snapshot("dump.rdb", Format::Rdb);
    let out = folder.text("out.rdx");
    says(&run(&["check", "--salvage", &out, &rdb]), 1, &["only snapshots in Redoxide's format"]);
}

#[test]
fn whole_chunks_of_a_damaged_snapshot_of_version_1_are_saved() {
    let folder = Folder::new("salvage1");
    save_whole_chunks(&folder, &version_1(&folder, "dump.rdx"));
}

/// A snapshot of every type in version 1 of our format, which is what version 2 is without compression.
fn version_1(folder: &Folder, name: &str) -> String {
    let file = folder.snapshot_with(name, Format::Bincode, false);
    let mut bytes = fs::read(&file).unwrap();
    bytes[8] = 1;
    folder.put(name, &bytes)
}

#[test]
fn files_of_version_1_are_checked_shown_and_converted() {
    let folder = Folder::new("version1");
    let old = folder.put("old.rdx", include_bytes!("fixtures/redoxide1.rdx"));
    says(
        &run(&["check", &old]),
        0,
        &["in Redoxide's format, written by 8.2.3: 29 keys, 2 with a deadline, 7054 bytes"],
    );
    let [new, rdb, back] = ["new.rdx", "new.rdb", "back.rdx"].map(|name| folder.text(name));
    assert_eq!(lines(&["dump", &old]).len(), 29);
    says(&run(&["convert", &old, &new, "--to", "bincode"]), 0, &["29 keys"]);
    says(&run(&["convert", &old, &rdb, "--to", "rdb"]), 0, &["29 keys"]);
    says(&run(&["convert", &rdb, &back, "--to", "bincode"]), 0, &["29 keys"]);
    let digest_of = |file: &str| digest_in(&fs::read(file).unwrap()).unwrap();
    for file in [&new, &rdb, &back] {
        assert_eq!(digest_of(file), digest_of(&old), "{file}");
    }
    assert_eq!(fs::read(&new).unwrap()[8], 2);
    let (many, same) = (version_1(&folder, "many.rdx"), folder.snapshot("same.rdx", Format::Bincode));
    assert_eq!(digest_of(&many), digest_of(&same));
    assert!(fs::metadata(&same).unwrap().len() * 4 < fs::metadata(&many).unwrap().len());
}

/// Damages a snapshot of every type in several ways, and looks what is saved of it.
fn save_whole_chunks(folder: &Folder, file: &str) {
    let good = fs::read(file).unwrap();
    let at: Vec<usize> = data::chunks(&good).into_iter().map(|(at, _)| at).collect();
    assert!(at.len() >= 4, "the test needs some chunks: {at:?}");
    let all = lines(&["dump", file]);
    let out = folder.text("out.rdx");
    // A flipped bit, bytes that are missing, a length that is absurd, an end that is missing.
    let mut flipped = good.clone();
    flipped[at[1] + 100] ^= 4;
    let mut shorter = good.clone();
    shorter.drain(at[1] + 10..at[1] + 20);
    let mut absurd = good.clone();
    absurd[at[1] + 4..at[1] + 8].copy_from_slice(&[0xff; 4]);
    let gone = [&good[..at[1]], &good[at[2]..]].concat();
    for (bad, words) in [
        (&flipped, vec![format!("lost at offset {}: {} bytes are no whole chunk", at[1], at[2] - at[1])]),
        (&shorter, vec![format!("lost at offset {}: {} bytes are no whole chunk", at[1], at[2] - at[1] - 10)]),
        (&absurd, vec![format!("lost at offset {}: ", at[1])]),
        (&gone, vec![format!("lost at offset {}: chunks 1 to 1 are missing", at[1])]),
        (&good[..at[2]].to_vec(), vec!["the end of the file is missing".to_string()]),
    ] {
        fs::write(file, bad).unwrap();
        says(&run(&["check", file]), 1, &["not valid"]);
        let outcome = run(&["check", "--salvage", &out, file]);
        says(&outcome, 0, &words.iter().map(|word| &**word).collect::<Vec<_>>());
        says(&outcome, 0, &[&format!(" of {} keys, from ", all.len())]);
        says(&run(&["check", &out]), 0, &["OK"]);
        let saved = lines(&["dump", &out]);
        assert!(!saved.is_empty() && saved.len() < all.len());
        assert!(saved.iter().all(|line| all.contains(line)), "a key came back with another value");
    }
    fs::write(file, &good).unwrap();
    says(&run(&["check", "--salvage", &out, file]), 0, &[&format!("{0} of {0} keys", all.len())]);
    assert_eq!(lines(&["dump", &out]), all);
}

#[test]
fn formats_are_converted_there_and_back() {
    let folder = Folder::new("convert");
    let [ours, rdb, back] = ["dump.rdx", "dump.rdb", "back.rdx"].map(|name| folder.text(name));
    folder.snapshot("dump.rdx", Format::Bincode);
    let mut all = lines(&["dump", &ours]);
    says(&run(&["convert", &ours, &rdb, "--to", "rdb"]), 0, &["dump.rdb: 24 keys"]);
    assert!(fs::read(&rdb).unwrap().starts_with(b"REDIS0012"));
    says(&run(&["convert", &rdb, &back, "--to", "bincode"]), 0, &["back.rdx: 24 keys"]);
    assert_eq!(lines(&["dump", &back]), all);
    // Deadlines of fields have no place in version 11, and nothing is left of the attempt.
    let low = folder.text("low.rdb");
    let options = ["--to", "rdb", "--rdb-version", "11"];
    says(&run(&[&["convert", &ours, &low], &options[..]].concat()), 1, &["need version 12"]);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3);
    says(&run(&["convert", &ours, &low, "--to", "rdb", "--rdb-version", "13"]), 1, &["Usage"]);
    says(&run(&["convert", &ours, &low]), 1, &["Usage"]);
    let log = folder.put("a.aof", &commands(&["SET a 1"]));
    says(&run(&["convert", &log, &low, "--to", "rdb"]), 1, &["only snapshots are converted"]);
    all.retain(|line| line.contains(r#""key":"short""#) || line.contains(r#""key":"expiring""#));
    all.sort();
    let hash = r#"{"db":0,"key":"expiring","type":"hash","expires_at":null,"value":{"f":"v","g":"w"},"#;
    assert!(all[0].starts_with(hash) && all[0].ends_with(r#""field_expires_at":{"f":1800000000000}}"#), "{}", all[0]);
    assert_eq!(all[1], r#"{"db":0,"key":"short","type":"string","expires_at":null,"value":"hello"}"#);
}

#[test]
fn under_the_names_of_the_old_tools_it_behaves_like_them() {
    let folder = Folder::new("names");
    let [of_aof, of_rdb] = ["redis-check-aof", "redis-check-rdb"].map(|name| {
        let link = folder.path(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_redoxide"), &link).expect("a link can be made");
        move |words: &[&str], stdin: &str| run_as(&link, words, stdin)
    });
    let good = commands(&["SET a 1"]);
    let file = folder.put("a.aof", &good);
    says(&of_aof(&[&file], ""), 0, &["Start checking Old-Style AOF", "AOF a.aof is valid", "ok_up_to_line=8, diff=0"]);
    let cut = folder.put("b.aof", &[good.clone(), commands(&["MULTI", "SET b 2"])].concat());
    let words = ["ok_up_to=27, ok_up_to_line=18, diff=42", "AOF b.aof is not valid. Use the --fix option"];
    says(&of_aof(&[&cut], ""), 1, &words);
    says(&of_aof(&["--fix", &cut], "n\n"), 1, &["Continue? [y/N]", "Aborting..."]);
    says(&of_aof(&["--fix", &cut], "y\n"), 0, &["Successfully truncated AOF b.aof"]);
    says(&of_aof(&[&cut], ""), 0, &["is valid"]);
    folder.put("m.1.incr.aof", &commands(&["#TS:100", "SET a 1", "#TS:200", "SET a 2"]));
    folder.put("m.1.base.aof", &good);
    let manifest = folder.put("m.manifest", b"file m.1.base.aof seq 1 type b\nfile m.1.incr.aof seq 1 type i\n");
    let words = [
        "Start checking Multi Part AOF",
        "Start to check BASE AOF (RESP format).",
        "BASE AOF m.1.base.aof is valid",
        "Start to check INCR files.",
        "INCR AOF m.1.incr.aof is valid",
        "All AOF files and manifest are valid",
    ];
    says(&of_aof(&[&manifest], ""), 0, &words);
    says(&of_aof(&["--truncate-to-timestamp", "99", &manifest], ""), 1, &["aborting"]);
    let words = ["Successfully truncated AOF m.1.incr.aof to timestamp 150"];
    says(&of_aof(&["--truncate-to-timestamp", "150", &manifest], ""), 0, &words);
    let left = commands(&["#TS:100", "SET a 1"]);
    assert_eq!(fs::read(folder.path("m.1.incr.aof")).unwrap(), left);
    says(&of_aof(&[], ""), 1, &["Usage: redis-check-aof"]);
    says(&of_aof(&["nosuch"], ""), 1, &["Cannot open file nosuch: No such file or directory"]);
    let rdb = folder.snapshot("dump.rdb", Format::Rdb);
    says(&of_rdb(&[&rdb], ""), 0, &["Checking RDB file", "\\o/ RDB looks OK! \\o/", "[info] 24 keys read"]);
    says(&of_rdb(&[&file], ""), 1, &["--- RDB ERROR DETECTED ---"]);
    says(&of_rdb(&[], ""), 1, &["Usage: redis-check-rdb"]);
}
