//! A server in memory, and data of every type for it.

use redoxide::config::Config;
use redoxide::keyspace::digest::{self, Sum};
use redoxide::net::local::Local;
use redoxide::persist::format::{CHUNK_HEAD, Form, HEAD};
use redoxide::server::Server;
use redoxide::store::entry::Value;
use redoxide::store::object::Object;

/// The time at which all begins, Unix milliseconds.
pub const START_MS: i64 = 1_700_000_000_000;

/// A server without a disk.
pub fn server(seed: u64) -> Local {
    Local::new(&redoxide::commands::table(), Config::default(), seed, START_MS)
}

/// Runs commands, one a line, words separated by blanks, and panics if one of them fails.
pub fn run(local: &mut Local, script: &str) {
    let client = local.connect();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        local.send(client, format!("{line}\r\n").as_bytes());
        let reply = local.receive(client);
        assert!(!reply.starts_with(b"-"), "{line}: {}", String::from_utf8_lossy(&reply));
    }
    local.close(client);
}

/// What DEBUG DIGEST says.
pub fn digest_of(server: &Server) -> Sum {
    digest::of_keyspace(&server.keyspace)
}

/// Where the chunks of a file of ours begin, and its end, and what they are.
pub fn chunks(file: &[u8]) -> Vec<(usize, Form)> {
    let (mut at, mut found) = (HEAD, Vec::new());
    while at < file.len() {
        found.push((at, Form::of(&file[at..at + 4]).expect("there is a chunk, or the end")));
        let len = u32::from_le_bytes(file[at + 4..at + 8].try_into().expect("four bytes"));
        at += CHUNK_HEAD + len as usize;
    }
    found
}

/// Every type in every form, with and without deadlines.
pub fn fill(local: &mut Local) {
    run(
        local,
        "
        SET int -12345678901
        SET short hello
        SET empty \"\"
        SET gone-soon x PX 5000
        SET later y EXAT 1800000000
        APPEND raw abc
        APPEND raw def
        RPUSH list a 1 -2 \"\" 99999999999
        SADD ints 1 2 3 -70000
        SADD words one two 3
        HSET hash f v n 12
        HSET expiring f v g w
        HPEXPIREAT expiring 1800000000000 FIELDS 1 f
        ZADD zset 1 a 2.5 b -inf c inf d
        EXPIREAT zset 1900000000
        PFADD hll a b c
        SELECT 7
        SET elsewhere 1
        ",
    );
    let client = local.connect();
    let mut send = |words: &[&[u8]]| {
        local.send(client, &redoxide::resp::request(words));
        let reply = local.receive(client);
        assert!(!reply.starts_with(b"-"), "{}", String::from_utf8_lossy(&reply));
    };
    let long = vec![b'x'; 200_000];
    send(&[b"SET", b"long", &long]);
    send(&[b"SET", b"middle", &long[..3000]]);
    send(&[b"SET", b"in pieces", &long]);
    send(&[b"SETRANGE", b"in pieces", b"700000", b"far"]);
    send(&[b"SETRANGE", b"in pieces", b"100000", b"amid"]);
    send(&[b"APPEND", b"in pieces", &long]);
    send(&[b"RPUSH", b"long elements", &long, b"short", &long]);
    send(&[b"HSET", b"long fields", &long, &long]);
    send(&[b"CONFIG", b"SET", b"list-compress-depth", b"1"]);
    for i in 0..2000u32 {
        send(&[b"RPUSH", b"compressed list", format!("an element that is much like the others {i}").as_bytes()]);
    }
    send(&[b"CONFIG", b"SET", b"list-compress-depth", b"0"]);
    for i in 0..4200u32 {
        let text = format!("element {i}");
        let number = (i * 7).to_string();
        send(&[b"RPUSH", b"big list", text.as_bytes(), number.as_bytes()]);
        send(&[b"SADD", b"big set", text.as_bytes(), number.as_bytes()]);
        send(&[b"HSET", b"big hash", text.as_bytes(), number.as_bytes()]);
        send(&[b"ZADD", b"big zset", number.as_bytes(), text.as_bytes()]);
    }
    send(&[b"HEXPIREAT", b"big hash", b"1800000000", b"FIELDS", b"1", b"element 5"]);
    local.close(client);
}

/// All keys with their deadlines and values, for messages that tell what differs.
pub fn content_of(server: &Server) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, data) in server.keyspace.databases().iter().enumerate() {
        data.table.freeze().each(|entry| {
            let mut parts = Vec::new();
            entry.value().each(&mut |element| parts.push(format!("{element:?}")));
            if matches!(entry.type_name(), "set" | "hash") {
                parts.sort();
            }
            // How a string is kept may be another after a rewrite; its bytes may not.
            let mut text = |bytes: &[u8]| parts.push(String::from_utf8_lossy(bytes).into_owned());
            match entry.value() {
                Value::Int(int) => text(int.to_string().as_bytes()),
                Value::Text(bytes) | Value::Raw(bytes) => text(bytes),
                Value::Buffer(buffer) => text(buffer.bytes()),
                Value::Object(Object::Text(pieces)) => text(&pieces.gather(0..pieces.len())),
                Value::Packed(_) | Value::Object(_) => {}
            }
            let key = String::from_utf8_lossy(entry.key()).into_owned();
            lines.push(format!("{number} {key} {:?}: {}", entry.deadline(), parts.join(" ")));
        });
    }
    lines.sort();
    lines
}
