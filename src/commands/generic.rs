//! The commands on keys, whatever their type.

use crate::base::buffer::Text;
use crate::base::glob;
use crate::base::number::parse_i64;
use crate::base::words::until_nul;
use crate::commands::streams::Keys;
use crate::keyspace::changes::Event;
use crate::keyspace::{DbId, Expiry};
use crate::resp::{Args, Reply, Word};
use crate::server::command::Flag::{DenyOom, Fast, Loading, ReadOnly, Stale, Write};
use crate::server::command::KeyFlag::{
    Access, Delete, Insert, Overwrite as Ow, ReadOnly as Ro, ReadWrite as Rw, Remove as Rm, Update,
};
use crate::server::command::{Category, Command, KeySpec, Options};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::entry::Entry;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("copy", copy)
        .arity(-3)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ro, Access]), KeySpec::at(2, &[Ow, Update])])
        .syntax("source destination [DB destination-db] [REPLACE]")
        .docs("Copies the value at a key to another key, also in another database.")
        .complexity("O(N), N being the number of elements; O(1) for strings")
        .since("6.2.0"),
    Command::new("del", del)
        .arity(-2)
        .flags(&[Write])
        .keys(&[KeySpec::range(1, -1, 1, &[Rm, Delete])])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .syntax("key ...")
        .docs("Deletes keys and tells how many were there.")
        .complexity("O(N), N being the number of keys: O(1) for a string, O(M) for a value of M elements")
        .since("1.0.0"),
    Command::new("exists", exists)
        .arity(-2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro])])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .syntax("key ...")
        .docs("Tells how many of the keys are there; a key named twice counts twice.")
        .complexity("O(N), N being the number of keys")
        .since("1.0.0")
        .history(&[("3.0.3", "Several keys may be given.")]),
    Command::new("expire", expire)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key seconds [<condition: NX | XX | GT | LT>]@7.0.0")
        .docs("Gives a key a time to live in seconds.")
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[("7.0.0", "`NX`, `XX`, `GT` and `LT` came.")]),
    Command::new("expireat", expireat)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key unix-time-seconds [<condition: NX | XX | GT | LT>]@7.0.0")
        .docs("Gives a key a deadline, in seconds since 1970.")
        .complexity("O(1)")
        .since("1.2.0")
        .history(&[("7.0.0", "`NX`, `XX`, `GT` and `LT` came.")]),
    Command::new("expiretime", expiretime)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key")
        .docs("Tells a key's deadline, in seconds since 1970.")
        .complexity("O(1)")
        .since("7.0.0"),
    Command::new("keys", keys)
        .arity(2)
        .flags(&[ReadOnly])
        .tips(&["request_policy:all_shards", "nondeterministic_output_order"])
        .syntax("pattern")
        .docs("Lists all keys that match a pattern.")
        .complexity("O(N), N being the number of keys in the database")
        .categories(&[Category::Dangerous])
        .since("1.0.0"),
    Command::new("move", move_key)
        .arity(3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Update])])
        .syntax("key db")
        .docs("Moves a key to another database, if it is not there yet.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::container("object", &OBJECT).docs("Looks at how values are kept.").since("2.2.3"),
    Command::new("persist", persist)
        .arity(2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key")
        .docs("Takes a key's deadline away.")
        .complexity("O(1)")
        .since("2.2.0"),
    Command::new("pexpire", pexpire)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key milliseconds [<condition: NX | XX | GT | LT>]@7.0.0")
        .docs("Gives a key a time to live in milliseconds.")
        .complexity("O(1)")
        .since("2.6.0")
        .history(&[("7.0.0", "`NX`, `XX`, `GT` and `LT` came.")]),
    Command::new("pexpireat", pexpireat)
        .arity(-3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key unix-time-milliseconds [<condition: NX | XX | GT | LT>]@7.0.0")
        .docs("Gives a key a deadline, in milliseconds since 1970.")
        .complexity("O(1)")
        .since("2.6.0")
        .history(&[("7.0.0", "`NX`, `XX`, `GT` and `LT` came.")]),
    Command::new("pexpiretime", pexpiretime)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key")
        .docs("Tells a key's deadline, in milliseconds since 1970.")
        .complexity("O(1)")
        .since("7.0.0"),
    Command::new("pttl", pttl)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells how long a key has to live, in milliseconds.")
        .complexity("O(1)")
        .since("2.6.0")
        .history(&[("2.8.0", "-2 for a missing key.")]),
    Command::new("randomkey", randomkey)
        .flags(&[ReadOnly])
        .tips(&["request_policy:all_shards", "response_policy:special", "nondeterministic_output"])
        .docs("Gives a key by chance.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("rename", rename)
        .arity(3)
        .flags(&[Write])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Ow, Update])])
        .syntax("key newkey")
        .docs("Renames a key; what was at the new name goes.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("renamenx", renamenx)
        .arity(3)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::at(1, &[Rw, Access, Delete]), KeySpec::at(2, &[Ow, Insert])])
        .syntax("key newkey")
        .docs("Renames a key, if the new name is free.")
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[("3.2.0", "No error when both names are the same.")]),
    Command::new("scan", scan)
        .arity(-2)
        .flags(&[ReadOnly])
        .tips(&["nondeterministic_output", "request_policy:special", "response_policy:special"])
        .syntax("cursor [MATCH pattern] [COUNT count] [TYPE type]@6.0.0")
        .docs("Lists some keys at a time, from a cursor to the next.")
        .complexity("O(1) for each call; O(N) for all calls until the cursor is 0, N being the number of keys")
        .since("2.8.0")
        .history(&[("6.0.0", "`TYPE` came.")]),
    Command::new("touch", touch)
        .arity(-2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::range(1, -1, 1, &[Ro])])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .syntax("key ...")
        .docs("Notes an access to keys and tells how many are there.")
        .complexity("O(N), N being the number of keys")
        .since("3.2.1"),
    Command::new("ttl", ttl)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells how long a key has to live, in seconds.")
        .complexity("O(1)")
        .since("1.0.0")
        .history(&[("2.8.0", "-2 for a missing key.")]),
    Command::new("type", type_of)
        .arity(2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro])])
        .syntax("key")
        .docs("Tells the type of the value at a key.")
        .complexity("O(1)")
        .since("1.0.0"),
    Command::new("unlink", unlink)
        .arity(-2)
        .flags(&[Write, Fast])
        .keys(&[KeySpec::range(1, -1, 1, &[Rm, Delete])])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .syntax("key ...")
        .docs("Deletes keys; big values are freed in the background.")
        .complexity("O(1) for each key; another thread frees its N elements in O(N)")
        .since("4.0.0"),
];

static OBJECT: [Command; 5] = [
    Command::new("encoding", object_encoding)
        .arity(3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(2, &[Ro])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells in which form a value is kept.")
        .complexity("O(1)")
        .since("2.2.3"),
    Command::new("freq", object_freq)
        .arity(3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(2, &[Ro])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells how often a key is used, as a logarithm.")
        .complexity("O(1)")
        .since("4.0.0"),
    Command::new("help", object_help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("idletime", object_idletime)
        .arity(3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(2, &[Ro])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells for how many seconds a key was not used.")
        .complexity("O(1)")
        .since("2.2.3"),
    Command::new("refcount", object_refcount)
        .arity(3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(2, &[Ro])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Tells how many references a value has.")
        .complexity("O(1)")
        .since("2.2.3"),
];

/// The rows that belong to the server group: whole databases.
pub static SERVER: &[Command] = &[
    Command::new("dbsize", dbsize)
        .flags(&[ReadOnly, Fast])
        .tips(&["request_policy:all_shards", "response_policy:agg_sum"])
        .docs("Tells how many keys the database has.")
        .complexity("O(1)")
        .categories(&[Category::Keyspace])
        .since("1.0.0"),
    Command::new("flushall", flushall)
        .arity(-1)
        .flags(&[Write])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .syntax("[<flush-type: ASYNC@4.0.0 | SYNC@6.2.0>]")
        .docs("Deletes all keys of all databases.")
        .complexity("O(N), N being the number of keys in all databases; another thread does it")
        .categories(&[Category::Keyspace, Category::Dangerous])
        .since("1.0.0")
        .history(&[("4.0.0", "`ASYNC` came."), ("6.2.0", "`SYNC` came.")]),
    Command::new("flushdb", flushdb)
        .arity(-1)
        .flags(&[Write])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .syntax("[<flush-type: ASYNC@4.0.0 | SYNC@6.2.0>]")
        .docs("Deletes all keys of the database.")
        .complexity("O(N), N being the number of keys in the database; another thread does it")
        .categories(&[Category::Keyspace, Category::Dangerous])
        .since("1.0.0")
        .history(&[("4.0.0", "`ASYNC` came."), ("6.2.0", "`SYNC` came.")]),
    Command::new("swapdb", swapdb)
        .arity(3)
        .flags(&[Write, Fast])
        .syntax("index1 index2")
        .docs("Exchanges two databases under all clients.")
        .complexity("O(N), N being the number of clients that watch keys or wait for them")
        .categories(&[Category::Keyspace, Category::Dangerous])
        .since("4.0.0"),
];

/// DEL key [key ...]
fn del(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let mut deleted = 0;
    for key in args.from(1) {
        let slot = db.locate(key);
        deleted += i64::from(db.delete(slot, key, Event::DEL));
    }
    ctx.reply.int(deleted);
    Ok(Flow::Done)
}

/// UNLINK key [key ...]
fn unlink(ctx: &mut Ctx, args: Args) -> Done {
    // Big values are always freed by a helper, so there is nothing that DEL does and UNLINK would not.
    del(ctx, args)
}

/// EXISTS key [key ...]
fn exists(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let found = args.from(1).iter().filter(|key| db.peek(key).is_found()).count();
    ctx.reply.int(found as i64); // at most as many as arguments
    Ok(Flow::Done)
}

/// TOUCH key [key ...]
fn touch(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let mut found = 0;
    for key in args.from(1) {
        let slot = db.peek(key);
        // This command is for noting an access, so CLIENT NO-TOUCH does not hold it back.
        db.touch(slot);
        found += i64::from(slot.is_found());
    }
    ctx.reply.int(found);
    Ok(Flow::Done)
}

/// TYPE key
fn type_of(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.peek(args.get(1));
    ctx.reply.simple(db.entry(slot).map_or("none", Entry::type_name));
    Ok(Flow::Done)
}

/// KEYS pattern
fn keys(ctx: &mut Ctx, args: Args) -> Done {
    let pattern = args.get(1);
    let db = ctx.server.db(ctx.db);
    if !pattern.iter().any(|byte| b"*?[\\".contains(byte)) {
        // Without wildcards the pattern is the only key that it can match.
        let found = db.seek(pattern).filter(|entry| !db.is_expired(entry));
        ctx.reply.array(usize::from(found.is_some()));
        if let Some(entry) = found {
            ctx.reply.bulk(entry.key());
        }
        return Ok(Flow::Done);
    }
    if ctx.streams(ctx.server.keyspace.database(ctx.db).table.len()) {
        let job = Keys::new(&ctx.server.keyspace, ctx.db, pattern);
        return ctx.stream(args, Box::new(job));
    }
    let db = ctx.server.db(ctx.db);
    let list = ctx.reply.begin_array();
    let (mut cursor, mut n) = (0, 0);
    loop {
        let reply = &mut *ctx.reply;
        cursor = db.scan(cursor, 512, &mut |entry| {
            if pattern == b"*" || glob::matches(pattern, entry.key()) {
                reply.bulk(entry.key());
                n += 1;
            }
        });
        if cursor == 0 {
            break;
        }
    }
    ctx.reply.end_array(list, n);
    Ok(Flow::Done)
}

/// Reads a cursor as Redis does: a number as in C, with blanks and a sign before it and anything behind a NUL; but a
/// negative number in its usual form is none, though one in an odd form counts from 2^64 downwards.
fn parse_cursor(text: &[u8]) -> Option<u64> {
    if let Some(n) = parse_i64(text) {
        return u64::try_from(n).ok();
    }
    let text = until_nul(text);
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let (is_negative, digits) = match &text[blanks..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut n = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(if is_negative { n.wrapping_neg() } else { n })
}

/// The cursor of SSCAN and its like.
pub(super) fn cursor(text: &[u8]) -> Result<u64, Error> {
    parse_cursor(text).ok_or(Error::Text("ERR invalid cursor"))
}

/// What SCAN, SSCAN, HSCAN and ZSCAN are asked for.
pub(super) struct ScanOptions<'a> {
    /// `None` matches all.
    pattern: Option<&'a [u8]>,
    /// About how many elements to look at.
    pub count: usize,
    /// SCAN: the name of a type; one that no type has is allowed, and matches nothing.
    kind: Option<&'a [u8]>,
    /// HSCAN without the values, ZSCAN without the scores.
    pub no_values: bool,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options from `at` on. `own` is the one that only this command has, if there is one: `TYPE`, `NOVALUES` or `NOSCORES`.
    pub fn parse(args: Args<'a>, at: usize, own: &[u8]) -> Result<ScanOptions<'a>, Error> {
        let mut o = ScanOptions { pattern: None, count: 10, kind: None, no_values: false };
        let mut rest = args.cursor(at);
        while let Some(word) = rest.word() {
            match &*word {
                b"MATCH" => o.pattern = Some(rest.need()?).filter(|pattern| *pattern != b"*"),
                b"COUNT" => {
                    let count = parse_i64(rest.need()?).ok_or(Error::NotInteger)?;
                    o.count = usize::try_from(count).ok().filter(|&count| count > 0).ok_or(Error::Syntax)?;
                }
                b"TYPE" if own == b"TYPE" => o.kind = Some(until_nul(rest.need()?)),
                b"NOVALUES" | b"NOSCORES" if *word == *own => o.no_values = true,
                b"NOVALUES" => return Err(Error::Text("ERR NOVALUES option can only be used in HSCAN")),
                _ => return Err(Error::Syntax),
            }
        }
        Ok(o)
    }

    /// Whether a key or an element fits the pattern.
    pub fn fits(&self, element: Text) -> bool {
        self.pattern.is_none_or(|pattern| element.with(|bytes| glob::matches(pattern, bytes)))
    }
}

/// Replies the cursor and what `walk` appends to the reply it gets, about `count` elements; `walk` returns the cursor and how many
/// values it appended.
pub(super) fn reply_scan(reply: &mut Reply, count: usize, walk: impl FnOnce(&mut Reply) -> (u64, usize)) {
    // The cursor goes before the elements, and is known after them.
    let mut elements = Reply::new(reply.proto);
    elements.expect(count.min(SCAN_EXPECTED) * SCAN_ELEMENT);
    let (cursor, n) = walk(&mut elements);
    reply.array(2);
    reply.bulk(itoa::Buffer::new().format(cursor).as_bytes());
    reply.array(n);
    match elements.piece() {
        Some(bytes) => reply.raw(bytes),
        None => reply.raw(&elements.to_bytes()),
    }
}

/// Room is made for so many elements at first, each of this length with all that frames it.
const SCAN_EXPECTED: usize = 256;
const SCAN_ELEMENT: usize = 48;

/// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
fn scan(ctx: &mut Ctx, args: Args) -> Done {
    let mut cursor = parse_cursor(args.get(1)).ok_or(Error::Text("ERR invalid cursor"))?;
    let o = ScanOptions::parse(args, 2, b"TYPE")?;
    let mut db = ctx.server.db(ctx.db);
    reply_scan(ctx.reply, o.count, |reply| {
        let (mut n, mut seen, mut steps) = (0, 0, 0usize);
        loop {
            cursor = db.sweep(cursor, o.count - seen, &mut |entry| {
                seen += 1;
                let Some(entry) = entry else { return };
                let fits = o.fits(Text::Bytes(entry.key()))
                    && o.kind.is_none_or(|kind| kind.eq_ignore_ascii_case(entry.type_name().as_bytes()));
                if fits {
                    reply.bulk(entry.key());
                    n += 1;
                }
            });
            steps += 1;
            // As in Redis a call gives up after ten times as many steps, so that a sparse database cannot hold it forever.
            if cursor == 0 || seen >= o.count || steps >= o.count.saturating_mul(10) {
                return (cursor, n);
            }
        }
    });
    ctx.log_apart();
    Ok(Flow::Done)
}

/// RANDOMKEY
fn randomkey(ctx: &mut Ctx, _: Args) -> Done {
    match ctx.server.db(ctx.db).random() {
        Some(key) => ctx.reply.bulk(key),
        None => ctx.reply.null(),
    }
    ctx.log_apart();
    Ok(Flow::Done)
}

/// RENAME key newkey
fn rename(ctx: &mut Ctx, args: Args) -> Done {
    rename_to(ctx, args, true)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// RENAMENX key newkey
fn renamenx(ctx: &mut Ctx, args: Args) -> Done {
    let is_renamed = rename_to(ctx, args, false)?;
    ctx.reply.int(i64::from(is_renamed));
    Ok(Flow::Done)
}

fn rename_to(ctx: &mut Ctx, args: Args, overwrites: bool) -> Result<bool, Error> {
    let (from, to) = (args.get(1), args.get(2));
    let mut db = ctx.server.db(ctx.db);
    if !db.write(from).is_found() {
        return Err(Error::NoSuchKey);
    }
    if from == to {
        return Ok(overwrites);
    }
    let target = db.write(to);
    let replaced = db.entry(target).map(Entry::type_name);
    if replaced.is_some() && !overwrites {
        return Ok(false);
    }
    // An expired target has been deleted meanwhile, which may have moved the source: it is looked up anew.
    let source = db.locate(from);
    let Some(entry) = db.take(source) else { return Err(Error::NoSuchKey) };
    let kind = entry.type_name();
    db.insert_moved(to, entry);
    db.changed(from, Event::RENAME_FROM, 1);
    db.changed(to, Event::RENAME_TO, 0);
    db.note_replaced(to, replaced, kind);
    Ok(true)
}

/// COPY source destination [DB destination-db] [REPLACE]
fn copy(ctx: &mut Ctx, args: Args) -> Done {
    let (from, to) = (args.get(1), args.get(2));
    let (mut target_db, mut replace) = (ctx.db, false);
    let mut rest = args.cursor(3);
    while let Some(word) = rest.word() {
        match &*word {
            b"REPLACE" => replace = true,
            b"DB" => target_db = db_number(ctx, rest.need()?)?,
            _ => return Err(Error::Syntax),
        }
    }
    if target_db == ctx.db && from == to {
        return Err(SAME);
    }
    let mut db = ctx.server.db(ctx.db);
    let source = db.read(from);
    // Both databases may be the same, so the entry is held (a count more) while the other is written to.
    let Some(entry) = db.entry(source).cloned() else {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    };
    let mut db = ctx.server.db(target_db);
    let target = db.write(to);
    let replaced = db.entry(target).map(Entry::type_name);
    if replaced.is_some() && !replace {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    db.insert_copy(to, &entry);
    db.changed(to, Event::COPY_TO, 1);
    db.note_replaced(to, replaced, entry.type_name());
    ctx.reply.int(1);
    Ok(Flow::Done)
}

const SAME: Error = Error::Text("ERR source and destination objects are the same");

/// A number of a database as text: it has to fit 32 bits before anybody asks whether there is such a database.
fn parse_i32(text: &[u8]) -> Result<i32, Error> {
    let n = parse_i64(text).ok_or(Error::NotInteger)?;
    i32::try_from(n)
        .map_err(|_| Error::Text("ERR value is out of range, value must between -2147483648 and 2147483647"))
}

/// The database of a number.
fn existing_db(ctx: &Ctx, n: i32) -> Result<DbId, Error> {
    let databases = ctx.server.keyspace.databases().len();
    let n = usize::try_from(n).ok().filter(|&n| n < databases).ok_or(Error::DbIndex)?;
    Ok(DbId(n as u16)) // `databases` is at most 65,535
}

/// The database of a number that was sent.
pub(super) fn db_number(ctx: &Ctx, text: &[u8]) -> Result<DbId, Error> {
    existing_db(ctx, parse_i32(text)?)
}

/// MOVE key db
fn move_key(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let target_db = db_number(ctx, args.get(2))?;
    if target_db == ctx.db {
        return Err(SAME);
    }
    let source = ctx.server.db(ctx.db).write(key);
    if !source.is_found() || ctx.server.db(target_db).write(key).is_found() {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    if let Some(entry) = ctx.server.db(ctx.db).take(source) {
        ctx.server.db(target_db).insert_moved(key, entry);
        ctx.server.db(ctx.db).changed(key, Event::MOVE_FROM, 1);
        ctx.server.db(target_db).changed(key, Event::MOVE_TO, 0);
    }
    ctx.reply.int(1);
    Ok(Flow::Done)
}

/// EXPIRE key seconds [NX | XX | GT | LT]
fn expire(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, 1000, true)
}

/// PEXPIRE key milliseconds [NX | XX | GT | LT]
fn pexpire(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, 1, true)
}

/// EXPIREAT key unix-time-seconds [NX | XX | GT | LT]
fn expireat(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, 1000, false)
}

/// PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]
fn pexpireat(ctx: &mut Ctx, args: Args) -> Done {
    expire_at(ctx, args, 1, false)
}

/// On which condition a deadline is set.
#[derive(Clone, Copy, Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

fn conditions(args: Args) -> Result<Conditions, Error> {
    let mut c = Conditions::default();
    for option in args.from(3) {
        match &*Word::new(option) {
            b"NX" => c.nx = true,
            b"XX" => c.xx = true,
            b"GT" => c.gt = true,
            b"LT" => c.lt = true,
            _ => return Err(Error::about("ERR Unsupported option ", option, "")),
        }
    }
    if c.nx && (c.xx || c.gt || c.lt) {
        return Err(Error::Text("ERR NX and XX, GT or LT options at the same time are not compatible"));
    }
    if c.gt && c.lt {
        return Err(Error::Text("ERR GT and LT options at the same time are not compatible"));
    }
    Ok(c)
}

fn expire_at(ctx: &mut Ctx, args: Args, scale: i64, is_relative: bool) -> Done {
    let key = args.get(1);
    let c = conditions(args)?;
    let n = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let base = if is_relative { ctx.server.now() } else { 0 };
    let at = n.checked_mul(scale).and_then(|ms| ms.checked_add(base));
    let at = at.ok_or_else(|| Error::InvalidExpire(ctx.command_name()))?;
    let may_delete = ctx.server.keyspace.shared.expiry == Expiry::Own;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let had = db.entry(slot).map(Entry::deadline);
    // No deadline counts as one that is infinitely far.
    let is_met = had.is_some_and(|had| {
        !(c.nx && had.is_some()
            || c.xx && had.is_none()
            || c.gt && had.is_none_or(|had| at <= had)
            || c.lt && had.is_some_and(|had| at >= had))
    });
    if !is_met {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    }
    if at <= db.now() && may_delete {
        db.delete(slot, key, Event::DEL);
        ctx.log_expired(key);
    } else {
        db.set_deadline(slot, Some(at));
        db.changed(key, Event::EXPIRE, 1);
        ctx.log_with_time(&[b"PEXPIREAT", key], at);
    }
    ctx.reply.int(1);
    Ok(Flow::Done)
}

/// PERSIST key
fn persist(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let has_deadline = db.entry(slot).is_some_and(|entry| entry.deadline().is_some());
    if has_deadline {
        db.set_deadline(slot, None);
        db.changed(key, Event::PERSIST, 1);
    }
    ctx.reply.int(i64::from(has_deadline));
    Ok(Flow::Done)
}

/// TTL key
fn ttl(ctx: &mut Ctx, args: Args) -> Done {
    // Rounded to the nearest second, as Redis does.
    deadline(ctx, args, |at, now| to_seconds(at.saturating_sub(now).max(0)))
}

/// PTTL key
fn pttl(ctx: &mut Ctx, args: Args) -> Done {
    deadline(ctx, args, |at, now| at.saturating_sub(now).max(0))
}

/// EXPIRETIME key
fn expiretime(ctx: &mut Ctx, args: Args) -> Done {
    deadline(ctx, args, |at, _| to_seconds(at))
}

/// PEXPIRETIME key
fn pexpiretime(ctx: &mut Ctx, args: Args) -> Done {
    deadline(ctx, args, |at, _| at)
}

/// Milliseconds as seconds, rounded; the largest ones must not overflow on the way.
fn to_seconds(ms: i64) -> i64 {
    ms / 1000 + i64::from(ms % 1000 >= 500)
}

/// Answers -2 for a missing key, -1 for one that lives forever, else what `show` makes of deadline and time.
fn deadline(ctx: &mut Ctx, args: Args, show: impl FnOnce(i64, i64) -> i64) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.peek(args.get(1));
    let answer = match db.entry(slot).map(Entry::deadline) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => show(at, db.now()),
    };
    ctx.reply.int(answer);
    Ok(Flow::Done)
}

/// OBJECT ENCODING key
fn object_encoding(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.inspect(args.get(2));
    match db.entry(slot).map(Entry::encoding_name) {
        Some(name) => ctx.reply.bulk(name.as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// OBJECT REFCOUNT key
fn object_refcount(ctx: &mut Ctx, args: Args) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.inspect(args.get(2));
    match db.entry(slot) {
        // Keys never share values, as in Redis since 8.2.
        Some(_) => ctx.reply.int(1),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// OBJECT IDLETIME key
fn object_idletime(ctx: &mut Ctx, args: Args) -> Done {
    let is_lfu = ctx.server.config.settings.is_lfu;
    let clock = ctx.server.keyspace.shared.clock;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.inspect(args.get(2));
    let Some(entry) = db.entry(slot) else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    if is_lfu {
        return Err(Error::Text(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between \
             policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    ctx.reply.int(i64::from(clock.wrapping_sub(entry.clock()) & 0x00FF_FFFF));
    Ok(Flow::Done)
}

/// OBJECT FREQ key
fn object_freq(ctx: &mut Ctx, args: Args) -> Done {
    let is_lfu = ctx.server.config.settings.is_lfu;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.inspect(args.get(2));
    let Some(clock) = db.entry(slot).map(Entry::clock) else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    if !is_lfu {
        return Err(Error::Text(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    ctx.reply.int(i64::from(ctx.server.keyspace.shared.decayed(clock)));
    Ok(Flow::Done)
}

/// OBJECT HELP
fn object_help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "ENCODING <key>",
        "    Tell in which form the value at <key> is kept.",
        "FREQ <key>",
        "    Tell how often <key> is used, as a logarithm.",
        "IDLETIME <key>",
        "    Tell for how many seconds <key> was not used.",
        "REFCOUNT <key>",
        "    Tell how many references the value at <key> has.",
    ]);
    Ok(Flow::Done)
}

/// DBSIZE
fn dbsize(ctx: &mut Ctx, _: Args) -> Done {
    let len = ctx.server.db(ctx.db).len();
    ctx.reply.int(len as i64); // no table has 2^63 entries
    Ok(Flow::Done)
}

/// FLUSHDB [ASYNC | SYNC]
fn flushdb(ctx: &mut Ctx, args: Args) -> Done {
    check_flush(args)?;
    let counts = counts_as_freed(ctx, args);
    ctx.server.flush(ctx.db, counts);
    ctx.server.tell_trackers_of_flush();
    // Also when there was nothing: who reads the log may have something.
    ctx.log_as_sent();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// FLUSHALL [ASYNC | SYNC]
fn flushall(ctx: &mut Ctx, args: Args) -> Done {
    check_flush(args)?;
    let counts = counts_as_freed(ctx, args);
    for n in 0..ctx.server.keyspace.databases().len() {
        ctx.server.flush(DbId(n as u16), counts); // `databases` is at most 65,535
    }
    ctx.server.tell_trackers_of_flush();
    ctx.server.everything_flushed();
    // Also when there was nothing: who reads the log may have something.
    ctx.log_as_sent();
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// In a transaction Redis frees what FLUSHALL SYNC leaves behind itself, and counts it nowhere.
fn counts_as_freed(ctx: &Ctx, args: Args) -> bool {
    !ctx.server.is_inside_unit() || args.iter().nth(1).is_some_and(|word| word.eq_ignore_ascii_case(b"async"))
}

/// Both words mean the same here: the old content is always freed by a helper.
fn check_flush(args: Args) -> Result<(), Error> {
    match args.len() {
        1 => Ok(()),
        2 if args.get(1).eq_ignore_ascii_case(b"sync") || args.get(1).eq_ignore_ascii_case(b"async") => Ok(()),
        _ => Err(Error::Syntax),
    }
}

/// SWAPDB index1 index2
fn swapdb(ctx: &mut Ctx, args: Args) -> Done {
    let a = parse_i32(args.get(1)).map_err(|_| Error::Text("ERR invalid first DB index"))?;
    let b = parse_i32(args.get(2)).map_err(|_| Error::Text("ERR invalid second DB index"))?;
    let (a, b) = (existing_db(ctx, a)?, existing_db(ctx, b)?);
    ctx.server.swap(a, b);
    ctx.reply.ok();
    Ok(Flow::Done)
}
