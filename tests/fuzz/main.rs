//! What nobody would send: commands with any arguments, requests, files and payloads with mistakes in them. Whatever comes, there
//! is an answer or an end of the connection, never a panic, and the data stays whole.
//!
//! A few rounds with fixed seeds run with the other tests; `FUZZ=1000 cargo test --release --test fuzz` runs a thousand times
//! as many, from seeds of their own. A failure names the seed, and `FUZZ_SEED=...` repeats that round alone.

#[path = "../harness/disk.rs"]
mod disk;

use disk::Memory;
use redoxide::base::dice::Dice;
use redoxide::config::Config;
use redoxide::config::arguments::{self, Asked};
use redoxide::keyspace::digest;
use redoxide::net::local::Local;
use redoxide::persist::Progress;
use redoxide::persist::format::{self, CHUNK_HEAD, Form, HEAD};
use redoxide::persist::rdb::write::Recency;
use redoxide::persist::snapshot::{self, Format, Options};
use redoxide::resp::request;
use redoxide::server::command::Command;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;

const START_MS: i64 = 1_700_000_000_000;

/// Runs a round for each seed and names the one that fails.
fn rounds(few: u64, round: impl Fn(&mut Dice)) {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match (asked("FUZZ_SEED"), asked("FUZZ")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(times)) => 1_000_000..1_000_000 + few * times,
        (None, None) => 0..few,
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| round(&mut Dice(seed)))) {
            eprintln!("FUZZ_SEED={seed} repeats it");
            resume_unwind(panic);
        }
    }
}

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.below(n as u64) as usize // below a usize
}

fn pick<'a, T>(dice: &mut Dice, of: &'a [T]) -> &'a T {
    &of[below(dice, of.len())]
}

/// Changes, adds, removes or doubles a few bytes.
fn spoil(dice: &mut Dice, bytes: &mut Vec<u8>) {
    const ODD: [u8; 12] = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0xc0, 0xc3, b'\r', b'\n', b'$', b'*'];
    for _ in 0..=below(dice, 4) {
        let at = below(dice, bytes.len() + 1);
        match below(dice, 6) {
            0 => bytes.insert(at, *pick(dice, &ODD)),
            1 if at < bytes.len() => _ = bytes.remove(at),
            2 => bytes.truncate(at.max(1)),
            3 if at < bytes.len() => {
                let end = (at + 1 + below(dice, 40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = below(dice, bytes.len());
                bytes.splice(to..to, piece);
            }
            4 if at < bytes.len() => bytes[at] = dice.next() as u8,
            _ if at < bytes.len() => bytes[at] = *pick(dice, &ODD),
            _ => {}
        }
    }
}

fn server() -> Local {
    Local::new(&redoxide::commands::table(), Config::default(), 1, START_MS)
}

fn ask(local: &mut Local, client: usize, words: &[Vec<u8>]) -> Vec<u8> {
    local.send(client, &request(words));
    local.receive(client)
}

fn line(text: &str) -> Vec<Vec<u8>> {
    text.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

/// A key of every type in every form.
fn fill(local: &mut Local) {
    let client = local.connect();
    for text in [
        "SET k0 12",
        "SET k1 hello",
        "RPUSH k2 a 1 -2 c",
        "SADD k3 1 2 3 -70000",
        "SADD k4 one two 3",
        "HSET k5 f v n 12",
        "ZADD k6 1 a 2.5 b -inf c inf d",
        "PFADD k7 a b c",
        "HSET k8 f v g w",
        "HEXPIRE k8 10000 FIELDS 1 f",
        "GEOADD k9 13.36 38.11 palermo 15.08 37.5 catania",
    ] {
        assert_ne!(ask(local, client, &line(text))[0], b'-', "{text}");
    }
    for (name, key) in [("RPUSH", "big0"), ("SADD", "big1"), ("HSET", "big2"), ("ZADD", "big3")] {
        for i in 0..700 {
            let pair = if name == "ZADD" { format!("{i} e{i}") } else { format!("e{i} {i}") };
            ask(local, client, &line(&format!("{name} {key} {pair}")));
        }
    }
    let long = vec![b'x'; 100_000];
    ask(local, client, &[b"SET".to_vec(), b"long".to_vec(), long]);
    local.close(client);
}

/// Every command that can be called, by all the words of its name, and its row.
fn commands() -> Vec<(Vec<&'static str>, &'static Command)> {
    let mut all = Vec::new();
    for family in redoxide::commands::table() {
        for row in family.commands {
            if row.subcommands.is_empty() || row.handler.is_some() {
                all.push((vec![row.name], row));
            }
            all.extend(row.subcommands.iter().map(|sub| (vec![row.name, sub.name], sub)));
        }
    }
    // Ends the process, by intent.
    all.retain(|(name, _)| name[0] != "shutdown");
    all
}

/// An argument that may mean something to somebody.
fn argument(dice: &mut Dice, row: &Command) -> Vec<u8> {
    const KEYS: [&str; 17] = [
        "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "big0", "big1", "big2", "big3", "long", "none", "",
    ];
    const NUMBERS: [&str; 22] = [
        "0",
        "1",
        "-1",
        "2",
        "3",
        "7",
        "10",
        "-10",
        "100",
        "1000",
        "65536",
        "100000",
        "4294967296",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "1.5",
        "-0",
        "inf",
        "nan",
        "1e300",
        "0x1",
    ];
    const WORDS: [&str; 18] = [
        "a",
        "f",
        "e5",
        "*",
        "[a",
        "(1",
        "-",
        "+",
        "-inf",
        "+inf",
        "(inf",
        "u8",
        "i64",
        "#1",
        "LEFT",
        "m",
        "\u{0}\u{ff}",
        "e*",
    ];
    match below(dice, 10) {
        0..=3 => pick(dice, &KEYS).as_bytes().to_vec(),
        4..=6 => pick(dice, &NUMBERS).as_bytes().to_vec(),
        7 => pick(dice, &WORDS).as_bytes().to_vec(),
        _ => {
            let is_token = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
            let tokens: Vec<&str> = row.syntax.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_token).collect();
            if tokens.is_empty() { b"x".to_vec() } else { pick(dice, &tokens).as_bytes().to_vec() }
        }
    }
}

/// The data is what a snapshot of it says, in both formats.
fn check(local: &Local) {
    for format in [Format::Bincode, Format::Rdb] {
        let disk = Memory::default();
        save(local, &disk, format);
        let mut after = server();
        after.server.keyspace.shared.now = local.server.keyspace.shared.now;
        let mut loader = after.server.keyspace.loader();
        let (input, _) = redoxide::persist::disk::Disk::open(&disk, Path::new("dump.rdb")).expect("it was written");
        snapshot::read(input, &mut loader, &Progress::default(), true).expect("what was written can be read");
        after.server.keyspace.adopt(loader);
        let sum = |local: &Local| digest::of_keyspace(&local.server.keyspace);
        assert_eq!(sum(&after), sum(local), "{format:?}");
    }
}

fn save(local: &Local, disk: &Memory, format: Format) {
    save_with(local, disk, format, true);
}

fn save_with(local: &Local, disk: &Memory, format: Format, compress: bool) {
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
    let path = Path::new("dump.rdb");
    let copy = local.server.keyspace.freeze();
    let temporary = snapshot::write(disk, copy, path, &options, &Progress::default()).expect("there is room");
    snapshot::publish(disk, &temporary, path).expect("it can be renamed");
}

#[test]
fn any_command_with_any_arguments_is_answered() {
    let commands = commands();
    rounds(12, |dice| {
        let mut local = server();
        fill(&mut local);
        let mut clients: Vec<usize> = (0..3).map(|_| local.connect()).collect();
        for _ in 0..400 {
            let slot = below(dice, clients.len());
            // Who subscribed, or speaks another protocol, makes place for others.
            if below(dice, 20) == 0 || !local.is_open(clients[slot]) {
                local.close(clients[slot]);
                clients[slot] = local.connect();
            }
            let (name, row) = pick(dice, &commands);
            let mut words: Vec<Vec<u8>> = name.iter().map(|word| word.as_bytes().to_vec()).collect();
            let least = row.arity.unsigned_abs() as usize;
            let many = if row.arity < 0 { least + below(dice, 6) } else { least };
            while words.len() < many {
                words.push(argument(dice, row));
            }
            ask(&mut local, clients[slot], &words);
            if below(dice, 10) == 0 {
                local.advance_ms(dice.below(200));
            }
        }
        check(&local);
    });
}

#[test]
fn requests_with_mistakes_are_answered_or_end_the_connection() {
    rounds(150, |dice| {
        let mut local = server();
        let client = local.connect();
        let mut bytes = Vec::new();
        for _ in 0..=below(dice, 6) {
            let text = *pick(dice, &["SET k0 v", "GET k0", "MSET a 1 b 2", "LPUSH l x y", "PING", "HELLO 3", "MULTI"]);
            if below(dice, 4) == 0 {
                bytes.extend_from_slice(format!("{text}\r\n").as_bytes());
            } else {
                bytes.extend(request(&line(text)));
            }
        }
        spoil(dice, &mut bytes);
        let mut rest = &bytes[..];
        while !rest.is_empty() && local.is_open(client) {
            let (now, later) = rest.split_at(1 + below(dice, rest.len()));
            local.send(client, now);
            local.receive(client);
            rest = later;
        }
        let other = local.connect();
        assert_eq!(ask(&mut local, other, &line("PING")), b"+PONG\r\n");
    });
}

/// The payload of DUMP with a checksum that fits it.
fn sealed(mut payload: Vec<u8>) -> Vec<u8> {
    let crc = crc::Crc::<u64>::new(&crc::CRC_64_REDIS);
    let sum = crc.checksum(&payload);
    payload.extend_from_slice(&sum.to_le_bytes());
    payload
}

#[test]
fn payloads_with_mistakes_are_refused_or_whole() {
    let mut source = server();
    fill(&mut source);
    let client = source.connect();
    let keys = ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "big0", "big1", "big2", "big3"];
    let payloads: Vec<Vec<u8>> = keys
        .iter()
        .map(|key| {
            let reply = ask(&mut source, client, &line(&format!("DUMP {key}")));
            let start = reply.iter().position(|&byte| byte == b'\n').expect("a bulk") + 1;
            // Without its checksum.
            reply[start..reply.len() - 10].to_vec()
        })
        .collect();
    rounds(40, |dice| {
        let mut local = server();
        let client = local.connect();
        for n in 0..60 {
            let mut payload = pick(dice, &payloads).clone();
            spoil(dice, &mut payload);
            let key = format!("r{n}").into_bytes();
            let words = [b"RESTORE".to_vec(), key.clone(), b"0".to_vec(), sealed(payload)];
            if ask(&mut local, client, &words) != b"+OK\r\n" {
                continue;
            }
            // What was taken in is used in every way that its type has.
            for name in
                ["TYPE", "OBJECT ENCODING", "STRLEN", "LPOP", "SPOP", "HRANDFIELD", "ZPOPMIN", "PFCOUNT", "DUMP"]
            {
                ask(&mut local, client, &[line(name), vec![key.clone()]].concat());
            }
            for text in [
                "LRANGE # 0 -1",
                "LINSERT # BEFORE a b",
                "SMEMBERS #",
                "SADD # x",
                "HGETALL #",
                "HSET # a b",
                "ZADD # 1 x",
            ] {
                let text = text.replace('#', &format!("r{n}"));
                ask(&mut local, client, &line(&text));
            }
        }
        check(&local);
    });
}

/// Gives all chunks of a file of ours the digests that fit them, as far as they can be told from each other.
fn resealed(mut file: Vec<u8>) -> Vec<u8> {
    let mut at = HEAD;
    while file.len() >= at + CHUNK_HEAD {
        let Some(form) = Form::of(&file[at..at + 4]) else { break };
        let len = u32::from_le_bytes(file[at + 4..at + 8].try_into().expect("four bytes")) as usize;
        let number = u64::from_le_bytes(file[at + 8..at + 16].try_into().expect("eight bytes"));
        let Some(payload) = file.get(at + CHUNK_HEAD..at + CHUNK_HEAD + len) else { break };
        let digest = format::digest(form, number, payload);
        file[at + 16..at + CHUNK_HEAD].copy_from_slice(&digest);
        at += CHUNK_HEAD + len;
    }
    file
}

#[test]
fn files_with_mistakes_are_refused_or_whole() {
    let mut source = server();
    fill(&mut source);
    // Without compression mistakes are in records, with it in what tells how to unfold them.
    let kinds = [(Format::Bincode, false), (Format::Bincode, true), (Format::Rdb, true)];
    let files = kinds.map(|(format, compress)| {
        let disk = Memory::default();
        save_with(&source, &disk, format, compress);
        disk.bytes("dump.rdb").expect("it was written")
    });
    rounds(300, |dice| {
        let mut file = pick(dice, &files).clone();
        // Most of the mistakes where the small keys are, or anywhere.
        spoil(dice, &mut file);
        let local = server();
        let disk = Memory::default();
        disk.put("dump.rdb", &resealed(file));
        let mut loader = local.server.keyspace.loader();
        let (input, _) = redoxide::persist::disk::Disk::open(&disk, Path::new("dump.rdb")).expect("it is there");
        // Without the checksum, so that the mistakes are met by the reader.
        if snapshot::read(input, &mut loader, &Progress::default(), false).is_ok() {
            let mut local = local;
            local.server.keyspace.adopt(loader);
            check(&local);
        }
    });
}

#[test]
fn logs_with_mistakes_are_refused_or_read() {
    let words = line("--dir / --appendonly yes --aof-use-rdb-preamble no");
    let start = |disk: &Memory| {
        let Asked::Run(config) = arguments::read(&words, &mut std::io::empty(), &mut |_| Ok(())) else {
            panic!("the arguments are good")
        };
        Local::with_disk(&redoxide::commands::table(), *config, 1, START_MS, Arc::new(disk.clone()))
    };
    let disk = Memory::default();
    let mut source = start(&disk);
    assert!(source.load());
    fill(&mut source);
    let names = disk.names();
    rounds(60, |dice| {
        let spoiled = Memory::default();
        let which = below(dice, names.len());
        for (n, name) in names.iter().enumerate() {
            let mut bytes = disk.bytes(name).expect("it has the name");
            if n == which {
                // The beginning is as good as any other place, and much faster.
                bytes.truncate(4000);
                spoil(dice, &mut bytes);
            }
            spoiled.put(name, &bytes);
        }
        let mut local = start(&spoiled);
        if local.load() {
            check(&local);
        }
    });
}
