//! RDB files against Redis and Valkey; `fixtures/README.md` tells how the files were made.

use crate::harness::client::Client;
use crate::harness::run::reference;
use crate::harness::server::Server;
use crate::harness::value::Value as Answer;
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::keyspace::digest::{of_keyspace, of_value};
use redoxide::keyspace::{AccessClock, DbId, Expiry, Keyspace};
use redoxide::persist::rdb::lowest_version;
use redoxide::persist::rdb::payload;
use redoxide::persist::rdb::read::{Item, Loading, Reader};
use redoxide::persist::rdb::write::{Preamble, Recency, Writer};
use redoxide::store::entry::Entry;
use std::collections::BTreeMap;

/// A file's name, what is in it, and the digest that Redis 8.2 has for that.
const FIXTURES: [(&str, &[u8], &str); 3] = [
    ("redis70", include_bytes!("fixtures/redis70.rdb"), "e674b1044b8aed3897d06a258d70303aa7904869"),
    ("redis82", include_bytes!("fixtures/redis82.rdb"), "072b8eafee2de4c786d697966f5e5be26b5bfffb"),
    ("valkey91", include_bytes!("fixtures/valkey91.rdb"), "072b8eafee2de4c786d697966f5e5be26b5bfffb"),
];

/// When everything is loaded: before what the files say of deadlines.
const NOW: i64 = 1_800_000_000_000;

/// What a file held.
struct Loaded {
    keyspace: Keyspace,
    version: u16,
    aux: BTreeMap<String, String>,
    functions: usize,
    /// What was said of each database: keys, and those with a deadline.
    sizes: Vec<(u16, u64, u64)>,
}

fn loading(keyspace: &Keyspace) -> Loading {
    let shared = &keyspace.shared;
    Loading { limits: shared.limits, access: shared.access, clock: shared.clock }
}

fn load(file: &[u8], access: AccessClock) -> Loaded {
    let mut keyspace = Keyspace::new(16, Dice(1), Helper::inline());
    keyspace.shared.access = access;
    keyspace.shared.expiry = Expiry::Loading;
    keyspace.set_time(NOW);
    let mut reader = Reader::new(file, loading(&keyspace), true).expect("the file has a head");
    let (mut aux, mut functions, mut sizes) = (BTreeMap::new(), 0, Vec::new());
    loop {
        match reader.next().unwrap_or_else(|damage| panic!("{damage}")) {
            Item::Aux(name, value) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                aux.insert(text(&name), text(&value));
            }
            Item::Select { db, sizes: said } => {
                let (keys, volatile) = said.expect("every server says so");
                sizes.push((db.0, keys, volatile));
            }
            Item::Entry { db, entry } => keyspace.db(db).insert_entry(entry),
            Item::Function(source) => {
                assert!(source.starts_with(b"#!lua name=lib"));
                functions += 1;
            }
            Item::End => break,
            other => panic!("no file holds this: {other:?}"),
        }
    }
    keyspace.shared.expiry = Expiry::Own;
    Loaded { keyspace, version: reader.version(), aux, functions, sizes }
}

pub fn hex(sum: [u8; 20]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// All entries of a database.
fn entries(keyspace: &Keyspace, db: u16) -> Vec<Entry> {
    let table = &keyspace.database(DbId(db)).table;
    let (mut all, mut cursor) = (Vec::new(), 0);
    loop {
        cursor = table.scan(cursor, 100, &mut |entry| all.push(entry.clone()));
        if cursor == 0 {
            return all;
        }
    }
}

fn save(keyspace: &Keyspace, version: u16) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), version, true, true).expect("a version that is written");
    writer.preamble(&Preamble { redis_version: "8.2.3", unix_s: NOW / 1000, used_memory: 1, is_aof_base: false });
    for (n, database) in (0..).zip(keyspace.databases()).filter(|(_, database)| !database.table.is_empty()) {
        writer.select(DbId(n), database.table.len() as u64, database.volatile as u64);
        for entry in entries(keyspace, n) {
            writer.entry(&entry, Recency::Idle { clock: keyspace.shared.clock }).expect("memory takes all");
        }
    }
    writer.finish().expect("memory takes all")
}

#[test]
fn files_of_real_servers_hold_what_they_had() {
    for (name, file, digest) in FIXTURES {
        let loaded = load(file, AccessClock::Recency);
        let version = if name == "redis70" {
            10
        } else if name == "redis82" {
            12
        } else {
            80
        };
        assert_eq!(loaded.version, version);
        let said = if name == "valkey91" { "valkey-ver" } else { "redis-ver" };
        assert!(loaded.aux.contains_key(said) && loaded.aux["aof-base"] == "0", "{:?}", loaded.aux);
        assert_eq!(loaded.functions, 1);
        let keys = loaded.keyspace.databases().iter().map(|database| database.table.len()).sum::<usize>();
        assert_eq!(loaded.sizes.iter().map(|(_, keys, _)| *keys as usize).sum::<usize>(), keys);
        let volatile = loaded.keyspace.database(DbId(0)).volatile as u64;
        assert_eq!(loaded.sizes[0], (0, keys as u64 - 2, volatile));
        assert_eq!(hex(of_keyspace(&loaded.keyspace)), digest, "{name}");
    }
}

#[test]
fn access_clocks_come_from_the_file() {
    let redis = load(FIXTURES[1].1, AccessClock::Recency);
    let idle: Vec<u32> = entries(&redis.keyspace, 0).iter().map(|e| redis.keyspace.shared.clock - e.clock()).collect();
    assert!(idle.iter().all(|seconds| (3..100).contains(seconds)), "{idle:?}");
    let valkey = load(FIXTURES[2].1, AccessClock::Frequency);
    let counters: Vec<u32> = entries(&valkey.keyspace, 0).iter().map(|entry| entry.clock() & 0xff).collect();
    // Strings that nobody read have the 5 of a new key; what scripts filled in many steps has more.
    assert!(counters.contains(&5) && counters.iter().any(|&counter| counter > 5), "{counters:?}");
    // The other way of keeping clocks has no use for that.
    let redis = load(FIXTURES[1].1, AccessClock::Frequency);
    assert!(entries(&redis.keyspace, 0).iter().all(|entry| entry.clock() & 0xff == 5));
}

#[test]
fn what_was_read_is_written_and_read_again() {
    for (name, file, digest) in FIXTURES {
        let loaded = load(file, AccessClock::Recency);
        let version = lowest_version(loaded.keyspace.freeze().has_expiring_hashes());
        assert_eq!(version, if name == "redis70" { 10 } else { 12 });
        for version in version..=12 {
            let again = load(&save(&loaded.keyspace, version), AccessClock::Recency);
            assert_eq!(again.version, version);
            assert_eq!(hex(of_keyspace(&again.keyspace)), digest, "{name}, written as version {version}");
            assert_eq!(again.sizes, loaded.sizes);
        }
    }
}

/// With `REFERENCE` a real server loads what we write, and what it dumps of each key is what we had.
#[test]
fn a_real_server_loads_what_we_write() {
    let Some(program) = reference() else { return };
    let folder = std::env::temp_dir().join(format!("rdb-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    for (name, file, _) in FIXTURES {
        let ours = load(file, AccessClock::Recency).keyspace;
        let version = lowest_version(ours.freeze().has_expiring_hashes());
        for version in version..=12 {
            let probe = Server::start(&program, &[]);
            let known = if probe.redis_version() < vec![7, 2] {
                10
            } else if is_valkey(&probe) {
                11
            } else {
                12
            };
            drop(probe);
            if version > known {
                continue;
            }
            std::fs::write(folder.join("ours.rdb"), save(&ours, version)).expect("the folder can be written");
            let there = folder.to_string_lossy().into_owned();
            let arguments = ["--dir", &there, "--dbfilename", "ours.rdb"].map(String::from);
            let server = Server::start(&program, &arguments);
            let mut client = Client::new(&server);
            for db in [0, 9] {
                client.ask(&["SELECT", &db.to_string()]);
                let entries = entries(&ours, db);
                assert_eq!(client.ask(&["DBSIZE"]).text(), entries.len().to_string(), "{name}: {}", server.log());
                for entry in entries {
                    let Answer::Bulk(theirs) = client.ask_bytes(&[b"DUMP".to_vec(), entry.key().to_vec()]) else {
                        panic!("{:?} is not there", entry.key().escape_ascii());
                    };
                    let back = payload::restore(&theirs, true, b"", entry.deadline(), 0, &loading(&ours));
                    let back = back.unwrap_or_else(|why| panic!("{why:?}: {}", entry.key().escape_ascii()));
                    assert_eq!(of_value(&back), of_value(&entry), "{}", entry.key().escape_ascii());
                }
            }
        }
    }
    _ = std::fs::remove_dir_all(&folder);
}

fn is_valkey(server: &Server) -> bool {
    Client::new(server).ask(&["INFO", "server"]).text().contains("valkey_version")
}
