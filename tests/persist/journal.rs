//! The journal of the append-only file: what a busy server has answered outlives the process, wherever its helper is.

use crate::aof::{ask, config, server};
use crate::data::{START_MS, content_of, digest_of};
use crate::disk::Memory;
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::net::local::Local;
use redoxide::persist::aof::journal::{Pending, Trouble, pending, restore};
use redoxide::persist::aof::manifest::Manifest;
use redoxide::resp::request;
use std::path::Path;
use std::sync::Arc;

const INCREMENT: &str = "/appendonlydir/appendonly.aof.1.incr.aof";
const JOURNAL: &str = "/appendonlydir/appendonly.aof.journal";

/// A server whose log's helper does nothing until it is told to.
fn held(fsync: &str, disk: &Memory) -> Local {
    let mut local = server(config(fsync, &[]), disk, START_MS);
    local.server.helpers.log = Helper::held();
    local
}

/// So many writes in one go.
fn burst(local: &mut Local, client: usize, n: u64, dice: &mut Dice) {
    let mut bytes = Vec::new();
    for _ in 0..n {
        let key = format!("k{}", dice.below(40));
        let value = "v".repeat(dice.below(60) as usize);
        bytes.extend(request(&["APPEND", &key, &value]));
        if dice.below(6) == 0 {
            bytes.extend(request(&["MULTI"]));
            bytes.extend(request(&["DEL", &key]));
            bytes.extend(request(&["RPUSH", &key, &value, "x"]));
            bytes.extend(request(&["DEL", &key]));
            bytes.extend(request(&["EXEC"]));
        }
    }
    local.send(client, &bytes);
    local.receive(client);
}

/// The bytes of all increments.
fn logged(disk: &Memory) -> usize {
    let increments = disk.names().into_iter().filter(|name| name.ends_with(".incr.aof"));
    increments.filter_map(|name| disk.bytes(name)).map(|bytes| bytes.len()).sum()
}

#[test]
fn whatever_the_helper_has_done_the_end_of_the_process_loses_nothing() {
    let mut restored = 0;
    for seed in 1..=12 {
        let fsync = if seed % 3 == 0 { "no" } else { "everysec" };
        let (mut dice, disk) = (Dice(seed), Memory::default());
        let mut local = held(fsync, &disk);
        let client = local.connect();
        let mut history = vec![digest_of(&local.server)];
        for step in 0..300 {
            // Few enough for one turn.
            let n = 1 + dice.below(4);
            burst(&mut local, client, n, &mut dice);
            history.push(digest_of(&local.server));
            local.advance_ms([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 30, 700][dice.below(14) as usize]);
            match dice.below(8) {
                0 => assert!(ask(&mut local, client, &["BGREWRITEAOF"]).starts_with(['+', '-'])),
                1..=3 => {
                    local.server.helpers.log.run_held();
                }
                4 => while local.server.helpers.log.run_held() {},
                _ => {}
            }
            if dice.below(10) > 0 {
                continue;
            }
            let image = disk.after_kill();
            let before = logged(&image);
            let killed = server(config(fsync, &[]), &image, local.server.now());
            assert_eq!(content_of(&killed.server), content_of(&local.server), "seed {seed}, step {step}");
            restored += usize::from(logged(&image) > before);
            for image in [disk.after_power_loss(), disk.after_power_loss_with_mapped()] {
                let after = server(config(fsync, &[]), &image, local.server.now());
                assert!(history.contains(&digest_of(&after.server)), "seed {seed}, step {step}: data that never was");
            }
        }
        // In the end all stands where Redis looks for it.
        for _ in 0..20 {
            local.advance_ms(100);
            ask(&mut local, client, &["PING"]);
            while local.server.helpers.log.run_held() {}
        }
        assert_eq!(local.server.unwritten(), 0, "seed {seed}");
    }
    assert!(restored > 50, "the journal was needed {restored} times");
}

#[test]
fn with_a_disk_that_fails_now_and_then_nothing_is_lost_that_was_safe() {
    let mut checked = 0;
    for seed in 1..=30 {
        let fsync = if seed % 3 == 0 { "no" } else { "everysec" };
        let (mut dice, disk) = (Dice(seed), Memory::default());
        let mut local = held(fsync, &disk);
        let client = local.connect();
        let (mut sent, mut answered) = (0, Vec::new());
        for step in 0..150 {
            let n = if dice.below(3) == 0 { 1 } else { 20 };
            let keys: Vec<String> = (sent..sent + n).map(|n| format!("k{n}")).collect();
            sent += n;
            let bytes: Vec<u8> = keys.iter().flat_map(|key| request(&["SET", key, "1"])).collect();
            local.send(client, &bytes);
            let replies = String::from_utf8(local.receive(client)).unwrap();
            let is_safe = local.server.is_logged(local.server.propagation.offset());
            let is_good = |reply: &str| is_safe && reply == "+OK";
            answered
                .extend(keys.into_iter().zip(replies.lines()).filter(|(_, reply)| is_good(reply)).map(|(key, _)| key));
            match dice.below(14) {
                0 => disk.fail_sync(true),
                1 => disk.limit_room(Some(dice.below(600) as usize)),
                2 | 3 => {
                    disk.fail_sync(false);
                    disk.limit_room(None);
                }
                4 => drop(ask(&mut local, client, &["BGREWRITEAOF"])),
                5 => while local.server.helpers.log.run_held() {},
                6..=8 => {
                    local.server.helpers.log.run_held();
                }
                9 => local.advance_ms(dice.below(1500)),
                _ => local.advance_ms(dice.below(2)),
            }
            if dice.below(15) > 0 {
                continue;
            }
            checked += answered.len();
            let mut after = server(config(fsync, &[]), &disk.after_kill(), local.server.now());
            let reader = after.connect();
            for key in &answered {
                assert_eq!(ask(&mut after, reader, &["GET", key]), "$1\r\n1\r\n", "seed {seed}, step {step}: {key}");
            }
            server(config(fsync, &[]), &disk.after_power_loss(), local.server.now());
            server(config(fsync, &[]), &disk.after_power_loss_with_mapped(), local.server.now());
        }
    }
    assert!(checked > 10_000, "{checked} writes were looked for");
}

#[test]
fn few_writes_go_to_the_file_at_once_and_many_a_little_later() {
    let disk = Memory::default();
    let mut local = held("everysec", &disk);
    let client = local.connect();
    let len = |disk: &Memory| disk.bytes(INCREMENT).unwrap().len();
    for n in 0..20 {
        let before = len(&disk);
        ask(&mut local, client, &["SET", "k", &n.to_string()]);
        assert!(len(&disk) > before && local.server.unwritten() == 0, "write {n}");
        local.advance_ms(1);
        // A sync, once.
        while local.server.helpers.log.run_held() {}
    }
    for _ in 0..3 {
        burst(&mut local, client, 50, &mut Dice(1));
        local.advance_ms(1);
    }
    let before = len(&disk);
    ask(&mut local, client, &["SET", "k", "v"]);
    assert!(len(&disk) == before && local.server.unwritten() > 0);
    assert!(local.server.helpers.log.run_held());
    assert!(len(&disk) > before);
    ask(&mut local, client, &["PING"]);
    assert_eq!(local.server.unwritten(), 0);
}

#[test]
fn what_is_too_long_for_the_journal_is_answered_when_it_is_in_the_file() {
    for fsync in ["everysec", "no"] {
        let disk = Memory::default();
        let mut local = held(fsync, &disk);
        let client = local.connect();
        let id = local.server.clients.iter().next().expect("there is one").0;
        // The first second's sync.
        ask(&mut local, client, &["SET", "k", "v"]);
        while local.server.helpers.log.run_held() {}
        for _ in 0..3 {
            burst(&mut local, client, 50, &mut Dice(1));
            local.advance_ms(1);
        }
        assert_eq!(local.server.log_mark(id), None, "{fsync}: that stands in the journal");
        ask(&mut local, client, &["SET", "k", &"v".repeat(3 << 20)]);
        // First the helper lets go of the file, then it writes the value.
        for _ in 0..2 {
            let offset = local.server.propagation.offset();
            assert_eq!(local.server.log_mark(id), Some(offset), "{fsync}: there is no room for that");
            assert!(!local.server.is_logged(offset));
            assert!(local.server.helpers.log.run_held());
            ask(&mut local, client, &["PING"]);
        }
        assert_eq!(local.server.log_mark(id), None, "{fsync}: it is written");
        assert!(local.server.is_logged(local.server.propagation.offset()));
    }
}

#[test]
fn without_a_journal_and_with_always_nothing_is_laid_into_one() {
    for (fsync, journal) in [("everysec", "no"), ("no", "no"), ("always", "yes")] {
        let disk = Memory::default();
        // What an earlier process left is no longer good for anything.
        disk.put(JOURNAL, b"REDOXJ01");
        let mut local = server(config(fsync, &[("aof-journal", journal)]), &disk, START_MS);
        let client = local.connect();
        for _ in 0..5 {
            burst(&mut local, client, 100, &mut Dice(1));
            local.advance_ms(1);
        }
        match disk.bytes(JOURNAL) {
            None => assert_eq!(journal, "no"),
            Some(bytes) => assert!(journal == "yes" && bytes[8..].iter().all(|&byte| byte == 0)),
        }
        let after = server(config(fsync, &[]), &disk.after_kill(), local.server.now());
        assert_eq!(content_of(&after.server), content_of(&local.server), "{fsync}");
    }
}

#[test]
fn a_log_that_was_closed_needs_no_journal() {
    let disk = Memory::default();
    let mut local = held("everysec", &disk);
    let client = local.connect();
    for _ in 0..3 {
        burst(&mut local, client, 100, &mut Dice(1));
        local.advance_ms(1);
        while local.server.helpers.log.run_held() {}
    }
    assert!(disk.bytes(JOURNAL).is_some());
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "no"]), "+OK\r\n");
    assert!(disk.bytes(JOURNAL).is_none());
    let after = server(config("everysec", &[]), &disk.after_power_loss(), local.server.now());
    assert_eq!(content_of(&after.server), content_of(&local.server));
}

#[test]
fn what_a_log_could_not_take_when_it_ended_does_not_come_to_the_next_one() {
    let disk = Memory::default();
    let mut local = held("everysec", &disk);
    let client = local.connect();
    for _ in 0..3 {
        burst(&mut local, client, 20, &mut Dice(1));
        local.advance_ms(1);
        local.server.helpers.log.run_held();
    }
    burst(&mut local, client, 20, &mut Dice(1));
    assert!(local.server.unwritten() > 0);
    while local.server.helpers.log.run_held() {}
    ask(&mut local, client, &["PING"]);
    disk.limit_room(Some(0));
    burst(&mut local, client, 20, &mut Dice(1));
    while local.server.helpers.log.run_held() {}
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "no"]), "+OK\r\n");
    disk.limit_room(None);
    disk.fail_to_name(Some(".journal"));
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "yes"]), "+OK\r\n");
    for _ in 0..10 {
        while local.server.helpers.log.run_held() {}
        local.advance_ms(100);
        burst(&mut local, client, 1, &mut Dice(1));
    }
    disk.fail_to_name(None);
    // Without a journal what comes while a sync is waited for is in memory only.
    while local.server.helpers.log.run_held() {}
    ask(&mut local, client, &["PING"]);
    assert_eq!(local.server.unwritten(), 0);
    let after = server(config("everysec", &[]), &disk.after_kill(), local.server.now());
    assert_eq!(content_of(&after.server), content_of(&local.server));
}

#[test]
fn what_a_journal_has_is_appended_once_and_only_where_it_belongs() {
    let disk = Memory::default();
    let mut local = held("everysec", &disk);
    let client = local.connect();
    for _ in 0..3 {
        burst(&mut local, client, 20, &mut Dice(1));
        local.advance_ms(1);
    }
    let dir = Path::new("/appendonlydir");
    let manifest = Manifest::parse(&disk.bytes("/appendonlydir/appendonly.aof.manifest").unwrap()).unwrap();
    let look = |disk: &Memory, manifest: &Manifest| pending(disk, dir, "appendonly.aof", manifest);
    let image = disk.after_kill();
    let found = look(&image, &manifest).unwrap().expect("something waits");
    let len = image.bytes(INCREMENT).unwrap().len() as u64;
    assert!(found.name.ends_with(".1.incr.aof") && found.len == len && !found.bytes.is_empty());
    let whole = [image.bytes(INCREMENT).unwrap(), found.bytes.clone()].concat();
    // Part of it was written.
    let part = disk.after_kill();
    part.put(INCREMENT, &whole[..whole.len() - 7]);
    assert_eq!(look(&part, &manifest).unwrap().unwrap().bytes, whole[whole.len() - 7..]);
    // All of it, or more.
    for more in ["", "more"] {
        let done = disk.after_kill();
        done.put(INCREMENT, &[&whole[..], more.as_bytes()].concat());
        assert_eq!(look(&done, &manifest), Ok(None), "{more}");
    }
    // Something else was written since.
    let other = disk.after_kill();
    let mut bytes = whole[..whole.len() - 7].to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    other.put(INCREMENT, &bytes);
    let useless = |disk: &Memory, why: &str| match look(disk, &manifest) {
        Err(Trouble::Useless(text)) => assert!(text.contains(why), "{text}"),
        other => panic!("{why}: {other:?}"),
    };
    useless(&other, "something else has written to it");
    // The file is shorter than what was moved to it.
    let short = disk.after_kill();
    short.put(INCREMENT, &whole[..len as usize - 1]);
    useless(&short, "a loss of power");
    // A later increment has something already; an empty one is no hindrance.
    let mut longer = manifest.clone();
    longer.add_increment("appendonly.aof");
    for (bytes, is_good) in [(&b"*"[..], false), (b"", true)] {
        let later = disk.after_kill();
        later.put("/appendonlydir/appendonly.aof.2.incr.aof", bytes);
        assert_eq!(look(&later, &longer).is_ok_and(|found| found.is_some()), is_good);
    }
    // It belongs to a log that is gone, or is no journal, or is empty.
    assert_eq!(look(&image, &Manifest::default()), Ok(None));
    for (bytes, is_good) in [(&b""[..], false), (b"nonsense", false), (b"REDOXJ01", true)] {
        let image = disk.after_kill();
        image.put(JOURNAL, bytes);
        assert_eq!(look(&image, &manifest).is_ok(), is_good);
        server(config("everysec", &[]), &image, START_MS);
    }
    // Damage, and behind it what the log lacks.
    let damaged = disk.after_kill();
    let mut bytes = damaged.bytes(JOURNAL).unwrap();
    bytes[8 * 9] ^= 1;
    damaged.put(JOURNAL, &bytes);
    assert!(matches!(look(&damaged, &manifest), Err(Trouble::Lost(text)) if text.contains("it is damaged")));
    let settings = config("everysec", &[]);
    let mut local = Local::with_disk(&redoxide::commands::table(), settings, 1, START_MS, Arc::new(damaged.clone()));
    assert!(!local.load(), "nothing is lost in silence");
    let table = redoxide::commands::table();
    let mut local =
        Local::with_disk(&table, config("everysec", &[]), 1, START_MS, Arc::new(damaged.after_power_loss()));
    assert!(local.load(), "after a loss of power that is as it may be");
    // It is done once.
    let Pending { bytes, .. } = restore(&image, dir, "appendonly.aof", &manifest).unwrap().unwrap();
    assert_eq!((bytes, image.bytes(INCREMENT).unwrap()), (found.bytes, whole));
    assert_eq!(restore(&image, dir, "appendonly.aof", &manifest), Ok(None));
}
