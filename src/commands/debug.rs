//! DEBUG: looks below the surface, for tests and the curious. Only there if `enable-debug-command` allows it.
//!
//! As in Redis it is one command without subcommands of its own in COMMAND, so a word or a number of arguments that it
//! does not know are the same error.

use crate::base::buffer::{Buffer, Text};
use crate::base::clock::Clock;
use crate::base::crash;
use crate::base::glob;
use crate::base::number::parse_i64;
use crate::commands::options::count;
use crate::config::special::system_text;
use crate::keyspace::digest::{self, Sum};
use crate::keyspace::{AccessClock, Ttl};
use crate::resp::{Args, Proto, Reply, Word};
use crate::server::command::Command;
use crate::server::command::Flag::{Admin, Loading, NoScript, Protected, Stale};
use crate::server::loading::Onto;
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::list::{Big, Nodes};
use crate::store::entry::{Entry, INLINE_MAX, NewValue, Value};
use crate::store::object::Object;
use std::time::Duration;

/// The row.
pub static COMMANDS: &[Command] = &[Command::new("debug", debug)
    .arity(-2)
    .flags(&[Admin, NoScript, Loading, Stale, Protected])
    .docs("Looks below the surface of the server and its data.")
    .complexity("Depends on subcommand.")
    .since("1.0.0")
    .system()];

/// DEBUG subcommand [argument ...]
fn debug(ctx: &mut Ctx, args: Args) -> Done {
    let word = Word::new(args.get(1));
    match (&*word, args.len()) {
        (b"AOF-FLUSH-SLEEP", 3) => {
            let us = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
            ctx.server.aof.sleep = Duration::from_micros(us.max(0) as u64);
            ctx.reply.ok();
        }
        (b"DIGEST", 2) => {
            let sum = digest::of_keyspace(&ctx.server.keyspace);
            reply_digest(ctx.reply, &sum);
        }
        (b"DIGEST-VALUE", _) => digest_values(ctx, args.from(2)),
        (b"ERROR", 3) => ctx.reply.error(one_line(args.get(2))),
        (b"HELP", 2) => help(ctx),
        (b"CONFIG-REWRITE-FORCE-ALL", 2) => {
            super::config::rewrite_file(ctx.server, true).map_err(|error| {
                Error::owned(format!("ERR CONFIG-REWRITE-FORCE-ALL failed: {}", system_text(&error)))
            })?;
            ctx.reply.ok();
        }
        (b"HTSTATS", 3 | 4) => database_stats(ctx, args.get(2))?,
        (b"ASSERT", 2) => assert_eq!(args.len(), 0, "DEBUG ASSERT called at Unix time {}", ctx.server.now() / 1000),
        (b"PANIC", 2) => panic!("DEBUG PANIC called at Unix time {}", ctx.server.now() / 1000),
        (b"HTSTATS-KEY", 3 | 4) => table_stats(ctx, args.get(2))?,
        (b"LISTPACK", 3) => {
            let db = ctx.server.db(ctx.db);
            let encoding = db.seek(args.get(2)).ok_or(Error::NoSuchKey)?.encoding_name();
            if !encoding.starts_with("listpack") {
                return Err(Error::Text("ERR Not a listpack encoded object."));
            }
            ctx.reply.simple("Listpack structure printed on stdout");
        }
        (b"QUICKLIST", 3 | 4) => {
            let db = ctx.server.db(ctx.db);
            let encoding = db.seek(args.get(2)).ok_or(Error::NoSuchKey)?.encoding_name();
            if encoding != "quicklist" {
                return Err(Error::Text("ERR Not a quicklist encoded object."));
            }
            ctx.reply.simple("Quicklist structure printed on stdout");
        }
        // Accepted for the sake of test suites: a client's output takes what it needs, and no buffer is kept for it.
        (b"REPLYBUFFER", 4)
            if [&b"resizing"[..], b"peak-reset-time"].iter().any(|w| args.get(2).eq_ignore_ascii_case(w)) =>
        {
            ctx.reply.ok();
        }
        (b"QUICKLIST-PACKED-THRESHOLD", 3) => {
            // Accepted for the sake of test suites: our lists have no plain nodes, and elements of any size are stored alike.
            let bytes = crate::config::directive::memory(args.get(2)).filter(|&bytes| bytes < 1 << 32);
            bytes.ok_or(Error::Text("ERR argument must be a memory value bigger than 1 and smaller than 4gb"))?;
            ctx.reply.ok();
        }
        (b"LOG", 3) => {
            log::warn!("DEBUG LOG: {}", String::from_utf8_lossy(args.get(2)));
            ctx.reply.ok();
        }
        (b"OBJECT", 3) => object(ctx, args.get(2))?,
        (b"PAUSE-CRON", 3) => {
            ctx.server.cron_is_paused = leading_number(args.get(2)).abs() >= 1.0;
            ctx.reply.ok();
        }
        (b"POPULATE", 3..=5) => populate(ctx, args.from(2))?,
        (b"PROTOCOL", 3) => protocol(ctx.reply, args.get(2))?,
        (b"SET-ACTIVE-EXPIRE", 3) => {
            ctx.server.active_expire = leading_number(args.get(2)).abs() >= 1.0;
            ctx.reply.ok();
        }
        (b"LOADAOF", 2) => load_log(ctx)?,
        (b"RELOAD", _) => reload(ctx, args.from(2))?,
        (b"SET-SKIP-CHECKSUM-VALIDATION", 3) => {
            ctx.server.checks_payloads = leading_number(args.get(2)).abs() < 1.0;
            ctx.reply.ok();
        }
        (b"SEGFAULT", 2) => crash::fault(),
        (b"SLEEP", 3) => sleep(ctx, args.get(2)),
        (b"STRINGMATCH-TEST", 2) => match_at_random(ctx),
        _ => {
            let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
            text.extend_from_slice(&args.get(1)[..args.get(1).len().min(128)]);
            text.extend_from_slice(b"'. Try DEBUG HELP.");
            return Err(Error::owned(text));
        }
    }
    Ok(Flow::Done)
}

/// HTSTATS-KEY key [FULL]: the table of a hash, set or sorted set, in the words of Redis. There is one table, which never waits to be
/// rehashed: pages split as they fill.
fn table_stats(ctx: &mut Ctx, key: &[u8]) -> Result<(), Error> {
    let db = ctx.server.db(ctx.db);
    let entry = db.seek(key).ok_or(Error::NoSuchKey)?;
    let mut n = 0usize;
    match entry.encoding_name() {
        "hashtable" | "skiplist" => entry.value().each(&mut |_| n += 1),
        _ => {
            return Err(Error::Text(
                "ERR The value stored at the specified key is not represented using an hash table",
            ));
        }
    }
    ctx.reply.verbatim(*b"txt", stats_of(n).as_bytes());
    Ok(())
}

/// HTSTATS database [FULL]: the same of a database. Deadlines have no table of their own, but are counted as if they had.
fn database_stats(ctx: &mut Ctx, number: &[u8]) -> Result<(), Error> {
    let number = parse_i64(number).ok_or(Error::NotInteger)?;
    let databases = ctx.server.keyspace.databases();
    let data = usize::try_from(number).ok().and_then(|number| databases.get(number));
    let data = data.ok_or(Error::Text("ERR Out of range database"))?;
    let text = format!("[Dictionary HT]\n{}[Expires HT]\n{}", stats_of(data.table.len()), stats_of(data.volatile));
    ctx.reply.verbatim(*b"txt", text.as_bytes());
    Ok(())
}

/// What Redis says of a table of `n` elements; of an empty one, nothing.
fn stats_of(n: usize) -> String {
    if n == 0 {
        return String::new();
    }
    let size = n.next_power_of_two().max(4);
    format!("Hash table 0 stats (main hash table):\n table size: {size}\n number of elements: {n}\n")
}

/// A text that has to fit on a line of the protocol.
fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }).collect()
}

fn reply_digest(reply: &mut Reply, sum: &Sum) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    let text: String = sum.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    reply.simple(&text);
}

/// DIGEST-VALUE key ...: forty zeros for a missing key.
fn digest_values(ctx: &mut Ctx, keys: Args) {
    let db = ctx.server.db(ctx.db);
    ctx.reply.array(keys.len());
    for key in keys {
        let sum = db.seek(key).map(digest::of_value).unwrap_or_default();
        reply_digest(ctx.reply, &sum);
    }
}

/// OBJECT key
fn object(ctx: &mut Ctx, key: &[u8]) -> Result<(), Error> {
    let (clock, access) = (ctx.server.keyspace.shared.clock, ctx.server.keyspace.shared.access);
    let db = ctx.server.db(ctx.db);
    let entry = db.seek(key).ok_or(Error::NoSuchKey)?;
    let idle = match access {
        AccessClock::Recency => u64::from(clock.wrapping_sub(entry.clock()) & 0x00FF_FFFF),
        AccessClock::Frequency => u64::from(clock.wrapping_sub(entry.clock() >> 8) & 0xFFFF) * 60,
    };
    let nodes = match entry.value() {
        Value::Object(Object::List(big)) if entry.encoding_name() == "quicklist" => nodes_of(big),
        _ => String::new(),
    };
    ctx.reply.simple(&format!(
        "Value at:{:p} refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{idle}{nodes}",
        entry.key().as_ptr(),
        entry.encoding_name(),
        serialized_len(entry),
        entry.clock(),
    ));
    Ok(())
}

/// What Redis adds for a quicklist, of our leaves.
fn nodes_of(list: &Big) -> String {
    let Nodes { leaves, bytes, size, is_compressed } = list.nodes();
    format!(
        " ql_nodes:{leaves} ql_avg_node:{:.2} ql_listpack_max:{size} ql_compressed:{} ql_uncompressed_size:{bytes}",
        list.len() as f64 / leaves as f64,
        u8::from(is_compressed),
    )
}

/// How many bytes the value takes in Redis's snapshot format, uncompressed: the length of a string is written in 1, 2
/// or 5 bytes; an integer of up to 32 bits in 1 byte and as many as it needs.
fn serialized_len(entry: &Entry) -> usize {
    let int_len = |n| match n {
        -0x80..0x80 => Some(2),
        -0x8000..0x8000 => Some(3),
        -0x8000_0000..0x8000_0000 => Some(5),
        _ => None,
    };
    let (len, int) = match entry.value() {
        Value::Int(n) => (itoa::Buffer::new().format(n).len(), Some(n)),
        // A string that was edited may still be the text of an integer.
        Value::Text(bytes) | Value::Raw(bytes) => (bytes.len(), parse_i64(bytes)),
        Value::Buffer(buffer) => (buffer.bytes().len(), None),
        // What the file will hold of it is not known before there is one.
        Value::Packed(block) => (block.len(), None),
        Value::Object(object) => (object.text().map_or_else(|| object.bytes(), Text::len), None),
    };
    if let Some(len) = int.and_then(int_len) {
        return len;
    }
    match len {
        0..64 => len + 1,
        64..16384 => len + 2,
        _ => len + 5,
    }
}

/// POPULATE count [prefix] [size]: keys `prefix:0` and so on, with values `value:0` and so on, cut or filled up with NULs
/// to the size, if one is given. What is there stays.
fn populate(ctx: &mut Ctx, args: Args) -> Result<(), Error> {
    let keys = count(args.get(0))?;
    let prefix = if args.len() > 1 { args.get(1) } else { b"key" };
    let size = if args.len() > 2 { count(args.get(2))? } else { 0 };
    if size as u64 > ctx.server.config.settings.proto_max_bulk_len {
        return Err(Error::TooLong);
    }
    let mut db = ctx.server.db(ctx.db);
    let (mut key, mut value) = (Vec::new(), Vec::new());
    for n in 0..keys {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(n).as_bytes();
        key.clear();
        for part in [prefix, b":", digits] {
            key.extend_from_slice(part);
        }
        let slot = db.locate(&key);
        if slot.is_found() {
            continue;
        }
        value.clear();
        for part in [b"value:", digits] {
            value.extend_from_slice(part);
        }
        if size > 0 {
            value.resize(size, 0);
        }
        let value = if value.len() <= INLINE_MAX {
            NewValue::Text(&value)
        } else {
            NewValue::Buffer(Buffer::new(value.clone()))
        };
        db.put(slot, &key, value, Ttl::Clear);
    }
    ctx.reply.ok();
    Ok(())
}

/// PROTOCOL type: a sample of each kind of reply.
fn protocol(reply: &mut Reply, kind: &[u8]) -> Result<(), Error> {
    match &*Word::new(kind) {
        b"STRING" => reply.bulk(b"Hello World"),
        b"INTEGER" => reply.int(12345),
        // Not an attempt at pi.
        b"DOUBLE" => reply.double(3141.0 / 1000.0),
        b"NULL" => reply.null(),
        b"ARRAY" => {
            reply.array(3);
            (0..3).for_each(|n| reply.int(n));
        }
        b"SET" => {
            reply.set(3);
            (0..3).for_each(|n| reply.int(n));
        }
        b"MAP" => {
            reply.map(3);
            for n in 0..3 {
                reply.int(n);
                reply.boolean(n == 1);
            }
        }
        b"ATTRIB" => {
            // RESP2 has no attributes: only what follows is sent.
            if reply.proto == Proto::Resp3 {
                reply.attribute(1);
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.int(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"PUSH" => {
            if reply.proto == Proto::Resp2 {
                return Err(Error::Text("ERR RESP2 is not supported by this command"));
            }
            reply.bulk(b"Some real reply following the push reply");
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.int(42);
        }
        b"VERBATIM" => reply.verbatim(*b"txt", b"This is a verbatim\nstring"),
        b"TRUE" => reply.boolean(true),
        b"FALSE" => reply.boolean(false),
        b"BIGNUM" => reply.big_number(b"1234567999999999999999999999999999999"),
        _ => {
            return Err(Error::Text(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}

/// SLEEP seconds: the whole server stands still, that is what it is for.
fn sleep(ctx: &mut Ctx, seconds: &[u8]) {
    // Negative, infinite and absurd times do not wait.
    let time = Duration::try_from_secs_f64(leading_number(seconds)).unwrap_or_default();
    match &mut ctx.server.clock {
        Clock::System { .. } => std::thread::sleep(time),
        clock @ Clock::Manual { .. } => clock.advance_ms(u64::try_from(time.as_millis()).unwrap_or_default()),
    }
    ctx.reply.ok();
}

/// The number that a text begins with, as C's `strtod` finds it; zero if there is none.
fn leading_number(text: &[u8]) -> f64 {
    // More digits than this change nothing that matters here.
    let text = text.trim_ascii_start();
    let text = &text[..text.len().min(64)];
    let prefixes = (1..=text.len()).rev().map(|end| &text[..end]);
    let mut numbers = prefixes.filter_map(|prefix| str::from_utf8(prefix).ok()?.parse().ok());
    numbers.next().unwrap_or(0.0)
}

/// STRINGMATCH-TEST: patterns and texts by chance, to see that matching ends.
fn match_at_random(ctx: &mut Ctx) {
    const LETTERS: &[u8] = b"*?[]^-\\ab";
    let dice = &mut ctx.server.dice;
    for _ in 0..10_000 {
        let mut word = || -> Vec<u8> {
            let len = dice.below(32);
            (0..len).map(|_| LETTERS[dice.below(LETTERS.len() as u64) as usize]).collect()
        };
        let (pattern, text) = (word(), word());
        glob::matches(&pattern, &text);
    }
    ctx.reply.simple("Apparently Redis did not crash: test passed");
}

fn help(ctx: &mut Ctx) {
    ctx.help(&[
        "AOF-FLUSH-SLEEP <microseconds>",
        "    Sleep before each write to the append-only file.",
        "ASSERT",
        "    End the server as an assertion that fails would.",
        "DIGEST",
        "    Give forty hexadecimal digits that stand for all data.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Give the same for the values of these keys, one by one.",
        "ERROR <text>",
        "    Answer with the error <text>.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    Write all directives into the configuration file, defaults too.",
        "HTSTATS <database> [FULL]",
        "    Tell how the table of a database is filled.",
        "HTSTATS-KEY <key> [FULL]",
        "    Tell how the table of a hash, set or sorted set is filled.",
        "LISTPACK <key>",
        "    Tell whether the value is a listpack.",
        "LOG <text>",
        "    Write <text> into the log.",
        "OBJECT <key>",
        "    Tell how the value at <key> is kept.",
        "PANIC",
        "    End the server as a mistake in it would.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Create <count> strings named <prefix>:<n> (`key` if there is no prefix), of",
        "    <size> bytes if it is given. Keys that are there stay as they are.",
        "PROTOCOL <type>",
        "    Answer with a sample of a type: string, integer, double, bignum, null,",
        "    array, set, map, attrib, push, verbatim, true, false.",
        "QUICKLIST <key>",
        "    Tell whether the value is a quicklist.",
        "PAUSE-CRON <0|1>",
        "    Put the regular work off, or go on with it.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    Accepted, and without effect: long elements need no nodes of their own here.",
        "REPLYBUFFER PEAK-RESET-TIME <time> | RESIZING <0|1>",
        "    Accepted, and without effect: no buffer is kept for a client's output here.",
        "SEGFAULT",
        "    End the server as a write to memory that is not its own would.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Switch off (or on) that expired keys are deleted though nobody asks for them.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Let RESTORE take payloads whose checksum is wrong, or no longer.",
        "SLEEP <seconds>",
        "    Let the whole server stand still.",
        "STRINGMATCH-TEST",
        "    Try patterns by chance.",
    ]);
}

/// DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]: writes a snapshot and takes the data over from it, while everybody waits.
/// With NOFLUSH what is there stays; MERGE lets keys of the snapshot replace it.
fn reload(ctx: &mut Ctx, options: Args) -> Result<(), Error> {
    let (mut saves, mut flushes, mut replaces) = (true, true, false);
    for word in options {
        match word.to_ascii_uppercase().as_slice() {
            b"NOSAVE" => saves = false,
            b"NOFLUSH" => flushes = false,
            b"MERGE" => replaces = true,
            _ => return Err(Error::Text("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")),
        }
    }
    ctx.server.cancel_saving();
    ctx.server.cancel_rewrite();
    if saves && let Err(why) = ctx.server.save() {
        log::error!("{why}");
        return Err(Error::Text("ERR Error trying to save the DB"));
    }
    ctx.server.key_sizes.forget();
    let onto = if flushes { Onto::Nothing } else { Onto::What { replaces } };
    ctx.server.reload(!saves, onto).map_err(|why| {
        log::error!("{why}");
        Error::Text("ERR Error trying to load the RDB dump, check server logs.")
    })?;
    log::warn!("DB reloaded by DEBUG RELOAD");
    ctx.reply.ok();
    Ok(())
}

/// DEBUG LOADAOF: forgets the data and takes it over from the append-only file, while everybody waits.
fn load_log(ctx: &mut Ctx) -> Result<(), Error> {
    ctx.server.key_sizes.forget();
    ctx.server.reload_log().map_err(|why| {
        log::error!("{why}");
        Error::Text("ERR Error trying to load the AOF files, check server logs.")
    })?;
    log::warn!("Append Only File loaded by DEBUG LOADAOF");
    ctx.reply.ok();
    Ok(())
}
