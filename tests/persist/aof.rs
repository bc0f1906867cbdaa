//! The append-only file: what was acknowledged is there after a crash, and a broken file is never half believed.

use crate::data::{START_MS, content_of, digest_of, fill};
use crate::disk::Memory;
use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::keyspace::digest::Sum;
use redoxide::net::local::Local;
use redoxide::resp::request;
use std::sync::Arc;

const INCREMENT: &str = "/appendonlydir/appendonly.aof.1.incr.aof";

/// A configuration with an append-only file as commands, and more directives.
pub fn config(fsync: &str, more: &[(&str, &str)]) -> Config {
    let mut line = vec!["--dir", "/", "--save", "", "--appendonly", "yes", "--aof-use-rdb-preamble", "no"];
    line.extend(["--appendfsync", fsync, "--enable-debug-command", "yes"]);
    let mut words: Vec<Vec<u8>> = line.into_iter().map(|word| word.as_bytes().to_vec()).collect();
    for (name, value) in more {
        words.push(format!("--{name}").into_bytes());
        words.push(value.as_bytes().to_vec());
    }
    match redoxide::config::arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(())) {
        redoxide::config::arguments::Asked::Run(config) => *config,
        _ => panic!("the arguments are good"),
    }
}

/// A server that has loaded what is on the disk.
pub fn server(config: Config, disk: &Memory, unix_ms: i64) -> Local {
    let mut local = Local::with_disk(&redoxide::commands::table(), config, 1, unix_ms, Arc::new(disk.clone()));
    if !local.load() {
        for name in disk.names() {
            println!("{name}: {}", String::from_utf8_lossy(&disk.bytes(&name).unwrap()).replace("\r\n", " "));
        }
        panic!("what is on the disk can be loaded");
    }
    local
}

/// Sends a command and returns the reply.
pub fn ask(local: &mut Local, client: usize, words: &[&str]) -> String {
    local.send(client, &request(words));
    String::from_utf8_lossy(&local.receive(client)).into_owned()
}

/// Some write on one of a few keys, now and then a transaction of two.
fn write(local: &mut Local, client: usize, dice: &mut Dice) {
    let key = format!("k{}", dice.below(12));
    let other = format!("k{}", dice.below(12));
    let number = dice.below(1000).to_string();
    let (key, other, number) = (&*key, &*other, &*number);
    let words: Vec<&str> = match dice.below(24) {
        0 => vec!["SET", key, number],
        1 => vec!["SET", key, number, "PX", number],
        2 => vec!["INCRBY", key, number],
        3 => vec!["APPEND", key, number],
        4 => vec!["DEL", key, other],
        5 => vec!["RPUSH", key, number, "x"],
        6 => vec!["LPOP", key],
        7 => vec!["LMOVE", key, other, "LEFT", "RIGHT"],
        8 => vec!["SADD", key, number, "m"],
        9 => vec!["SPOP", key],
        10 => vec!["HSET", key, "f", number, number, "v"],
        11 => vec!["HEXPIRE", key, "1", "FIELDS", "1", "f"],
        12 => vec!["ZADD", key, number, "m", "2", number],
        13 => vec!["ZPOPMIN", key],
        14 => vec!["RENAME", key, other],
        15 => vec!["COPY", key, other, "REPLACE"],
        16 => vec!["PEXPIRE", key, number],
        17 => vec!["PERSIST", key],
        18 => vec!["HINCRBYFLOAT", key, "g", "0.1"],
        19 => vec!["SETRANGE", key, "3", number],
        20 => vec!["SELECT", if dice.below(2) == 0 { "0" } else { "3" }],
        21 => vec!["GETEX", key, "PX", number],
        22 => vec!["SUNIONSTORE", key, other, key],
        _ => {
            ask(local, client, &["MULTI"]);
            ask(local, client, &["SET", key, number]);
            ask(local, client, &["SADD", other, number]);
            vec!["EXEC"]
        }
    };
    ask(local, client, &words);
}

#[test]
fn with_always_every_write_that_was_answered_survives_the_loss_of_power() {
    for seed in 1..=60 {
        let mut dice = Dice(seed);
        let disk = Memory::default();
        let mut local = server(config("always", &[]), &disk, START_MS);
        let client = local.connect();
        for step in 0..120 {
            write(&mut local, client, &mut dice);
            match dice.below(40) {
                0 => {
                    let reply = ask(&mut local, client, &["BGREWRITEAOF"]);
                    assert!(reply.starts_with("+Background"), "{reply}");
                }
                1..=4 => local.advance_ms(dice.below(400)),
                _ => {}
            }
            if dice.below(10) == 0 {
                let after = server(config("always", &[]), &disk.after_power_loss(), local.server.now());
                let (was, is) = (content_of(&local.server), content_of(&after.server));
                if is != was {
                    for name in disk.names() {
                        println!(
                            "{name}: {}",
                            String::from_utf8_lossy(&disk.bytes(&name).unwrap()).replace("\r\n", " ")
                        );
                    }
                }
                assert_eq!(is, was, "seed {seed} step {step}: {:?}", disk.names());
            }
        }
    }
}

#[test]
fn with_everysec_the_end_of_the_process_loses_nothing_and_that_of_power_a_second() {
    for seed in 1..=40 {
        let mut dice = Dice(seed);
        let disk = Memory::default();
        let mut local = server(config("everysec", &[]), &disk, START_MS);
        let client = local.connect();
        let mut history: Vec<(i64, Sum)> = vec![(START_MS, digest_of(&local.server))];
        for step in 0..150 {
            write(&mut local, client, &mut dice);
            if dice.below(8) == 0 {
                local.advance_ms(dice.below(500));
                // The next turn writes what expiry did.
                ask(&mut local, client, &["PING"]);
            }
            if dice.below(60) == 0 {
                ask(&mut local, client, &["BGREWRITEAOF"]);
            }
            let (now, sum) = (local.server.now(), digest_of(&local.server));
            history.push((now, sum));
            if dice.below(12) == 0 {
                let process_died = server(config("everysec", &[]), &disk, now);
                assert_eq!(digest_of(&process_died.server), sum, "seed {seed} step {step}");
                drop(process_died);
                let power_went = server(config("everysec", &[]), &disk.after_power_loss(), now);
                let found = digest_of(&power_went.server);
                let at = history.iter().rev().find(|(_, sum)| *sum == found).map(|(at, _)| *at);
                let at = at.unwrap_or_else(|| panic!("seed {seed} step {step}: data that never was"));
                assert!(now - at <= 1600, "seed {seed} step {step}: {} ms are lost", now - at);
                // Two servers must not write to the same files: here only one goes on.
                break;
            }
        }
    }
}

#[test]
fn a_long_value_is_held_by_the_log_and_not_copied() {
    for fsync in ["everysec", "no", "always"] {
        let disk = Memory::default();
        let mut local = server(config(fsync, &[]), &disk, START_MS);
        let client = local.connect();
        let value = "v".repeat(8 << 20);
        for words in [&["SET", "a", &value][..], &["SET", "b", &value, "EX", "1000"], &["PSETEX", "c", "9000", &value]]
        {
            let before = local.server.log_buffers();
            assert_eq!(ask(&mut local, client, words), "+OK\r\n");
            let more = local.server.log_buffers().saturating_sub(before);
            assert!(more < 100_000, "{fsync}: {more} bytes for {}", words[0]);
        }
        // Who overwrites it leaves it to the log, until that is on the medium.
        let before = local.server.log_buffers();
        assert_eq!(ask(&mut local, client, &["MSET", "b", "1", "d", &value, "e", "2"]), "+OK\r\n");
        let held = local.server.log_buffers() - before;
        assert_eq!(held > 8 << 20, fsync == "everysec", "{fsync}: {held}");
        let after = server(config(fsync, &[]), &disk.after_kill(), local.server.now());
        assert_eq!(content_of(&after.server), content_of(&local.server), "{fsync}");
        local.advance_ms(3000);
        ask(&mut local, client, &["PING"]);
        ask(&mut local, client, &["PING"]);
        assert!(local.server.log_buffers() < 100_000, "{fsync}: {}", local.server.log_buffers());
    }
}

#[test]
fn a_cut_log_gives_what_was_there_after_some_unit() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    let mut dice = Dice(5);
    let mut history = vec![digest_of(&local.server)];
    for _ in 0..60 {
        write(&mut local, client, &mut dice);
        history.push(digest_of(&local.server));
    }
    let log = disk.bytes(INCREMENT).unwrap();
    for cut in 0..log.len() {
        let disk = disk.after_power_loss();
        disk.put(INCREMENT, &log[..cut]);
        let after = server(config("always", &[]), &disk, START_MS);
        assert!(history.contains(&digest_of(&after.server)), "cut at {cut}");
        let kept = disk.bytes(INCREMENT).unwrap();
        let beside = disk.bytes(format!("{INCREMENT}.cut-at-{}", kept.len())).unwrap_or_default();
        assert_eq!([kept, beside].concat(), &log[..cut], "what is cut off is kept beside");
    }
}

#[test]
fn what_is_damaged_does_not_start() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    fill(&mut local);
    let starts = |disk: &Memory, more: &[(&str, &str)]| {
        let config = config("always", more);
        Local::with_disk(&redoxide::commands::table(), config, 1, START_MS, Arc::new(disk.clone())).load()
    };
    let names: Vec<String> = disk.names();
    assert!(starts(&disk.after_power_loss(), &[]));
    for name in &names {
        if name.ends_with(".manifest") || name.ends_with(".journal") {
            continue;
        }
        let broken = disk.after_power_loss();
        redoxide::persist::disk::Disk::remove(&broken, name.as_ref()).unwrap();
        assert!(!starts(&broken, &[]), "without {name}");
    }
    let broken = disk.after_power_loss();
    let mut log = broken.bytes(INCREMENT).unwrap();
    log[0] = b'x';
    broken.put(INCREMENT, &log);
    assert!(!starts(&broken, &[]), "no request at the beginning");
    let cut = disk.after_power_loss();
    let log = cut.bytes(INCREMENT).unwrap();
    cut.put(INCREMENT, &log[..log.len() - 1]);
    assert!(!starts(&cut, &[("aof-load-truncated", "no")]), "a cut log, and no leave to cut it");
    assert!(starts(&cut, &[]));
    for bad in ["", "file a\n", "file appendonly.aof.9.base.aof seq 9 type b\n"] {
        let broken = disk.after_power_loss();
        broken.put("/appendonlydir/appendonly.aof.manifest", bad.as_bytes());
        assert!(!starts(&broken, &[]), "manifest {bad:?}");
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room_and_the_log_stays_whole() {
    for fsync in ["always", "everysec"] {
        let disk = Memory::default();
        let mut local = server(config(fsync, &[]), &disk, START_MS);
        let client = local.connect();
        assert_eq!(ask(&mut local, client, &["SET", "a", "1"]), "+OK\r\n");
        disk.limit_room(Some(20));
        ask(&mut local, client, &["SET", "b", "2"]);
        let refused = ask(&mut local, client, &["SET", "c", "3"]);
        assert!(refused.starts_with("-MISCONF Errors writing to the AOF file: No space left"), "{fsync}: {refused}");
        assert_eq!(ask(&mut local, client, &["GET", "a"]), "$1\r\n1\r\n");
        disk.limit_room(None);
        for _ in 0..30 {
            local.advance_ms(100);
            ask(&mut local, client, &["GET", "a"]);
        }
        assert_eq!(ask(&mut local, client, &["SET", "d", "4"]), "+OK\r\n", "{fsync}: it recovers by itself");
        let after = server(config(fsync, &[]), &disk, local.server.now());
        assert_eq!(digest_of(&after.server), digest_of(&local.server), "{fsync}");
    }
}

#[test]
fn after_a_failed_sync_the_tail_goes_to_a_fresh_increment() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    ask(&mut local, client, &["SET", "a", "1"]);
    disk.fail_sync(true);
    ask(&mut local, client, &["SET", "b", "2"]);
    assert!(ask(&mut local, client, &["SET", "c", "3"]).starts_with("-MISCONF"));
    disk.fail_sync(false);
    for _ in 0..30 {
        local.advance_ms(100);
        ask(&mut local, client, &["PING"]);
    }
    assert!(disk.names().iter().any(|name| name.ends_with(".2.incr.aof")), "{:?}", disk.names());
    assert_eq!(ask(&mut local, client, &["SET", "d", "4"]), "+OK\r\n");
    let after = server(config("always", &[]), &disk.after_power_loss(), local.server.now());
    assert_eq!(digest_of(&after.server), digest_of(&local.server));
}

#[test]
fn a_base_that_cannot_get_its_name_leaves_no_file_behind() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    ask(&mut local, client, &["SET", "a", "1"]);
    disk.fail_to_name(Some(".base."));
    assert!(ask(&mut local, client, &["BGREWRITEAOF"]).starts_with("+Background"));
    for _ in 0..10 {
        local.advance_ms(100);
    }
    assert!(ask(&mut local, client, &["INFO", "persistence"]).contains("aof_last_bgrewrite_status:err"));
    disk.fail_to_name(None);
    assert!(!disk.names().iter().any(|name| name.contains("temp-")), "{:?}", disk.names());
    let after = server(config("always", &[]), &disk.after_power_loss(), local.server.now());
    assert_eq!(digest_of(&after.server), digest_of(&local.server));
}

#[test]
fn with_a_disk_that_fails_now_and_then_the_files_stay_good_and_nothing_answered_is_lost() {
    for seed in 1..=150 {
        let mut dice = Dice(seed);
        let disk = Memory::default();
        let preamble = if dice.below(2) == 0 { "yes" } else { "no" };
        let fsync = if seed % 3 == 0 { "everysec" } else { "always" };
        let settings = [("aof-use-rdb-preamble", preamble)];
        let mut local = server(config(fsync, &settings), &disk, START_MS);
        let client = local.connect();
        let mut answered = Vec::new();
        for step in 0..80 {
            let key = format!("k{step}");
            let reply = ask(&mut local, client, &["SET", &key, "1"]);
            // A connection would hold the reply until that is so.
            if fsync == "always" && reply == "+OK\r\n" && local.server.is_logged(local.server.propagation.offset()) {
                answered.push(key);
            }
            match dice.below(12) {
                0 => disk.fail_sync(true),
                1 => disk.limit_room(Some(dice.below(200) as usize)),
                2 => disk.fail_sync(false),
                3 => disk.limit_room(None),
                4 => {
                    disk.fail_sync(false);
                    disk.limit_room(None);
                }
                5 | 6 => {
                    ask(&mut local, client, &["BGREWRITEAOF"]);
                }
                7..=9 => {
                    for _ in 0..dice.below(14) {
                        local.advance_ms(100);
                    }
                }
                _ => {}
            }
            if dice.below(8) == 0 {
                for image in [disk.after_power_loss(), disk.after_kill()] {
                    println!("seed {seed}, step {step}");
                    let mut after = server(config(fsync, &settings), &image, local.server.now());
                    let reader = after.connect();
                    for key in &answered {
                        assert_eq!(ask(&mut after, reader, &["GET", key]), "$1\r\n1\r\n", "{key}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_type_comes_back_by_a_rewrite_as_commands() {
    let disk = Memory::default();
    let mut local = server(config("everysec", &[]), &disk, START_MS);
    fill(&mut local);
    let client = local.connect();
    assert!(ask(&mut local, client, &["BGREWRITEAOF"]).starts_with("+Background"));
    for _ in 0..5 {
        local.advance_ms(100);
    }
    let names = disk.names();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(disk.bytes(names.iter().find(|name| name.contains(".incr.")).unwrap()).unwrap(), b"");
    let after = server(config("everysec", &[]), &disk, local.server.now());
    assert_eq!(digest_of(&after.server), digest_of(&local.server));
}

#[test]
fn the_log_is_switched_on_and_off_at_run_time() {
    let disk = Memory::default();
    let mut local = server(config("always", &[("appendonly", "no")]), &disk, START_MS);
    fill(&mut local);
    assert_eq!(disk.names(), [""; 0]);
    let client = local.connect();
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "yes"]), "+OK\r\n");
    ask(&mut local, client, &["SET", "later", "1"]);
    local.advance_ms(100);
    let after = server(config("always", &[]), &disk.after_power_loss(), local.server.now());
    assert_eq!(digest_of(&after.server), digest_of(&local.server));
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "no"]), "+OK\r\n");
    ask(&mut local, client, &["SET", "unlogged", "1"]);
    assert_eq!(ask(&mut local, client, &["CONFIG", "SET", "appendonly", "yes"]), "+OK\r\n");
    ask(&mut local, client, &["SET", "logged", "1"]);
    local.advance_ms(200);
    let after = server(config("always", &[]), &disk.after_power_loss(), local.server.now());
    assert_eq!(digest_of(&after.server), digest_of(&local.server));
}

#[test]
fn a_log_is_read_by_the_names_that_commands_have_of_their_own() {
    let renamed = || {
        let mut config = config("always", &[]);
        for (name, other) in [("SET", "put"), ("DEL", ""), ("PEXPIREAT", ""), ("RESTORE", "back")] {
            config.renames.push((name.into(), other.into()));
        }
        config
    };
    let start = |disk: &Memory, unix_ms| {
        let mut local = Local::with_disk(&redoxide::commands::table(), renamed(), 1, unix_ms, Arc::new(disk.clone()));
        assert!(local.load(), "a log can be loaded though its commands have other names for clients");
        local
    };
    let disk = Memory::default();
    let mut local = start(&disk, START_MS);
    let client = local.connect();
    assert_eq!(
        ask(&mut local, client, &["SET", "a", "1"]),
        "-ERR unknown command 'SET', with args beginning with: 'a' '1' \r\n"
    );
    assert_eq!(ask(&mut local, client, &["PUT", "a", "1"]), "+OK\r\n");
    assert_eq!(ask(&mut local, client, &["PUT", "short", "1", "PX", "50"]), "+OK\r\n");
    let dump = {
        local.send(client, b"*2\r\n$4\r\nDUMP\r\n$1\r\na\r\n");
        let reply = local.receive(client);
        let start = reply.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        reply[start..reply.len() - 2].to_vec()
    };
    local.send(client, &request(&[b"BACK".as_slice(), b"b", b"100000", &dump]));
    assert_eq!(local.receive(client), b"+OK\r\n");
    local.advance_ms(100);
    local.advance_ms(100);
    let increment = disk.bytes(INCREMENT).unwrap();
    let has = |words: &[&str]| {
        let request = request(words);
        increment.windows(request.len()).any(|window| window == request)
    };
    assert!(has(&["set", "a", "1"]) && has(&["DEL", "short"]), "the log has the names of old");
    let after = start(&disk.after_power_loss(), local.server.now());
    assert_eq!(content_of(&after.server), content_of(&local.server));
    assert_eq!(content_of(&after.server).len(), 2);
}

#[test]
fn a_pause_of_writers_does_not_stop_the_log_from_being_loaded() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let (client, other) = (local.connect(), local.connect());
    for n in 0..500 {
        ask(&mut local, client, &["SET", &format!("k{n}"), "v", "PX", "60000"]);
    }
    let before = content_of(&local.server);
    assert_eq!(ask(&mut local, client, &["CLIENT", "PAUSE", "10000", "WRITE"]), "+OK\r\n");
    assert_eq!(ask(&mut local, other, &["DEBUG", "LOADAOF"]), "+OK\r\n");
    assert_eq!(content_of(&local.server), before);
    // The pause goes on, and nothing is lost of it either.
    assert_eq!(ask(&mut local, client, &["SET", "late", "1"]), "");
    local.advance_ms(70_000);
    assert_eq!(local.receive(client), b"+OK\r\n");
    assert_eq!(ask(&mut local, other, &["DBSIZE"]), ":1\r\n");
}

#[test]
fn what_clients_change_while_a_log_is_loaded_does_not_touch_its_commands() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    for n in 0..500 {
        ask(&mut local, client, &["SET", &format!("k{n}"), "v"]);
    }
    let before = content_of(&local.server);
    let changes: [&[&str]; 4] = [
        &["ACL", "SETUSER", "default", "resetkeys", "nocommands", "+acl", "+dbsize"],
        &["CLIENT", "PAUSE", "10000", "WRITE"],
        &["CLIENT", "KILL", "TYPE", "normal"],
        &["MONITOR"],
    ];
    for change in changes {
        let world = Arc::new(disk.after_power_loss());
        let mut again = Local::with_disk(&redoxide::commands::table(), config("always", &[]), 1, START_MS, world);
        again.server.load();
        assert!(again.server.loading.is_some());
        let client = again.connect();
        let reply = ask(&mut again, client, change);
        assert!(reply.starts_with("+OK") || reply.starts_with(":1"), "{change:?}: {reply}");
        while again.server.loading.is_some() {
            again.server.load_some();
        }
        assert!(again.server.shutdown.is_none(), "{change:?}");
        assert_eq!(content_of(&again.server), before, "{change:?}");
    }
}

#[test]
fn the_folder_stays_while_the_log_in_it_is_loaded() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    ask(&mut local, client, &["SET", "k", "v"]);
    let world = Arc::new(disk.after_power_loss());
    let with = config("always", &[("enable-protected-configs", "yes")]);
    let mut again = Local::with_disk(&redoxide::commands::table(), with, 1, START_MS, world);
    again.server.load();
    let client = again.connect();
    for name in ["dir", "DIR", "repl-diskless-load"] {
        let reply = ask(&mut again, client, &["CONFIG", "SET", "hz", "20", name, "disabled"]);
        assert_eq!(reply, "-LOADING Redis is loading the dataset in memory\r\n");
    }
    assert_eq!(ask(&mut again, client, &["CONFIG", "SET", "hz", "20"]), "+OK\r\n");
    assert!(again.server.loading.is_some());
}

#[test]
fn what_a_crash_left_is_removed_at_the_next_start_and_nothing_else() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    fill(&mut local);
    assert!(ask(&mut local, client, &["BGREWRITEAOF"]).starts_with("+Background"));
    local.advance_ms(200);
    let before = (digest_of(&local.server), disk.names());
    // No process has this number: the system gives none above four million.
    let orphans = [
        "/temp-1999999999.rdb",
        "/temp-1999999999-7.rdb",
        "/appendonlydir/temp-rewriteaof-bg-1999999999-1.aof",
        "/appendonlydir/temp-1999999999-2.rdb",
        "/appendonlydir/appendonly.aof.manifest.tmp",
        "/appendonlydir/appendonly.aof.journal.tmp",
        "/appendonlydir/appendonly.aof.7.base.rdb",
        "/appendonlydir/appendonly.aof.1.incr.aof",
    ];
    let others = [
        "/temp-1.rdb",
        "/temp-mine.rdb",
        "/appendonly.aof.7.base.rdb",
        "/appendonlydir/appendonly.aof.9.incr.aof",
        "/appendonlydir/appendonly.aof.2.incr.aof.cut-at-7",
        "/appendonlydir/notes",
    ];
    orphans.iter().chain(&others).for_each(|name| disk.put(name, b"something"));
    assert!(before.1.iter().all(|name| !orphans.contains(&&**name)));
    // A snapshot alone is no reason to look at a log, and who keeps what is needless keeps this, too.
    for (arguments, gone) in [
        (vec![("appendonly", "no")], &orphans[..4]),
        (vec![("aof-disable-auto-gc", "yes")], &orphans[..4]),
        (vec![], &orphans[..]),
    ] {
        let after = server(config("always", &arguments), &disk, local.server.now());
        let mut left: Vec<String> = before.1.clone();
        left.extend(orphans.iter().filter(|name| !gone.contains(name)).chain(&others).map(ToString::to_string));
        left.sort();
        assert_eq!(disk.names(), left, "{arguments:?}");
        if arguments.first() != Some(&("appendonly", "no")) {
            assert_eq!(digest_of(&after.server), before.0);
        }
    }
}

/// What Redis 8.2 does not know is written as what it knows, so that it can read the log.
#[test]
fn the_log_holds_commands_of_redis_for_those_of_valkey() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    for line in [
        "SET k a",
        "SET k b IFEQ a",
        "SET k c IFEQ a",
        "SET k c IFEQ b KEEPTTL GET",
        "SET k d IFEQ c PX 1000",
        "DELIFEQ k x",
        "DELIFEQ k d",
        "MSETEX 2 a 1 b 2 NX EX 1",
        "MSETEX 2 a 1 b 2 NX",
        "MSETEX 1 a 3 KEEPTTL",
        "HSETEX h NX FIELDS 1 f v",
    ] {
        let reply = ask(&mut local, client, &line.split(' ').collect::<Vec<_>>());
        assert!(!reply.starts_with('-'), "{line}: {reply}");
    }
    let log = disk.bytes(INCREMENT).expect("there is an increment");
    let log = String::from_utf8_lossy(&log).into_owned();
    // Every other line is a length.
    let words: Vec<&str> = log.lines().filter(|line| !line.starts_with('$')).collect();
    let commands = words.join(" ");
    let at = START_MS + 1000;
    let expected = format!(
        "*2 SELECT 0 *3 SET k a *3 SET k b *4 SET k c KEEPTTL *5 SET k d PXAT {at} *2 DEL k *1 MULTI *5 SET a 1 PXAT {at} \
         *5 SET b 2 PXAT {at} *1 EXEC *4 SET a 3 KEEPTTL *6 HSETEX h FIELDS 1 f v"
    );
    assert_eq!(commands, expected);
}

/// Commands that the log holds instead of others, in the words in which Redis 8.2 has them.
#[test]
fn the_log_says_how_things_went_in_the_words_of_redis() {
    let disk = Memory::default();
    let mut local = server(config("always", &[]), &disk, START_MS);
    let client = local.connect();
    let mut logged = |line: &str| {
        let before = disk.bytes(INCREMENT).map_or(0, |log| log.len());
        for line in line.split("; ") {
            let reply = ask(&mut local, client, &line.split(' ').collect::<Vec<_>>());
            assert!(!reply.starts_with('-'), "{line}: {reply}");
        }
        local.advance_ms(100);
        let log = disk.bytes(INCREMENT).expect("there is an increment")[before..].to_vec();
        let log = String::from_utf8_lossy(&log).into_owned();
        // Every other line is a length.
        log.lines().filter(|line| !line.starts_with(['$', '*'])).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(logged("RPUSH l a b; BLMOVE l m Left rIGHT 0"), "SELECT 0 RPUSH l a b LMOVE l m Left rIGHT");
    assert_eq!(logged("BRPOPLPUSH l m 0"), "RPOPLPUSH l m");
    assert_eq!(logged("SADD s a; SPOP s"), "SADD s a SREM s a");
    let at = START_MS + 600_000;
    assert_eq!(logged(&format!("SET k v NX pxat {at} GET")), format!("SET k v NX pxat {at} GET"));
    assert_eq!(logged(&format!("SET k w XX EXAT {}", at / 1000)), format!("SET k w PXAT {}", at / 1000 * 1000));
    logged("DEBUG SET-ACTIVE-EXPIRE 0; DEL k l m; PSETEX a 1 v; PSETEX b 1 v");
    // Who asked for no key finds each of them gone for itself, who asked for all of them finds it all at once.
    let gone = logged("SCAN 0");
    assert!(gone == "DEL a DEL b" || gone == "DEL b DEL a", "{gone}");
    logged("PSETEX a 1 v; PSETEX b 1 v");
    let gone = logged("RANDOMKEY");
    assert!(gone == "DEL a DEL b" || gone == "DEL b DEL a", "{gone}");
    logged("PSETEX a 1 v; PSETEX b 1 v");
    assert_eq!(logged("MGET a b"), "MULTI DEL a DEL b EXEC");
    logged("DEBUG SET-ACTIVE-EXPIRE 1");
    for (setting, name) in [("no", "DEL"), ("yes", "UNLINK")] {
        for part in ["expire", "eviction", "server-del"] {
            logged(&format!("CONFIG SET lazyfree-lazy-{part} {setting}"));
        }
        assert_eq!(logged("SADD s a b; SPOP s 5"), format!("SADD s a b {name} s"));
        assert_eq!(logged("SET k v; EXPIRE k -1"), format!("SET k v {name} k"));
        assert_eq!(logged("SET k v; GETEX k EXAT 1"), format!("SET k v {name} k"));
        logged("CONFIG SET maxmemory-policy allkeys-random");
        assert_eq!(logged("SET k v; CONFIG SET maxmemory 1; CONFIG SET maxmemory 0"), format!("SET k v {name} k"));
        // A command that removes by its name says so itself.
        assert_eq!(logged("SET k v; GETDEL k"), "SET k v DEL k");
        assert_eq!(logged("SET k v; DEL k"), "SET k v DEL k");
    }
}
