//! The commands on `HyperLogLogs`: strings that estimate how many different elements there were. How they are laid out is in
//! `store::hyperloglog`.

use crate::base::buffer::Text;
use crate::keyspace::changes::Event;
use crate::keyspace::{Db, Slot, Ttl};
use crate::resp::Args;
use crate::server::command::Flag::{Admin, DenyOom, Fast, MayReplicate, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Insert, ReadOnly as Ro, ReadWrite};
use crate::server::command::{Command, KeySpec};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::hyperloglog::{self as hll, Corrupt, Cursor, Place, REGISTERS, Registers};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("pfadd", pfadd)
        .arity(-2)
        .flags(&[Write, DenyOom, Fast])
        .keys(&[KeySpec::at(1, &[ReadWrite, Insert])])
        .syntax("key [element ...]")
        .docs("Counts elements in that a HyperLogLog may not have seen; creates it if it is missing.")
        .complexity("O(1) for each element")
        .since("2.8.9"),
    Command::new("pfcount", pfcount)
        .arity(-2)
        .flags(&[ReadOnly, MayReplicate])
        .keys(&[KeySpec::range(1, -1, 1, &[ReadWrite, Access])])
        .syntax("key ...")
        .docs("Estimates how many different elements a HyperLogLog has seen, or several together.")
        .complexity("O(1) for one key, most often from what was kept; O(N) for N keys, with a much larger constant")
        .since("2.8.9"),
    Command::new("pfdebug", pfdebug)
        .arity(3)
        .flags(&[Write, DenyOom, Admin])
        .keys(&[KeySpec::at(2, &[ReadWrite, Access])])
        .syntax("subcommand key")
        .docs("Shows or changes the inner form of a HyperLogLog.")
        .complexity("Depends on the subcommand.")
        .since("2.8.9")
        .system(),
    Command::new("pfmerge", pfmerge)
        .arity(-2)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Insert]), KeySpec::range(2, -1, 1, &[Ro, Access])])
        .syntax("destkey [sourcekey ...]")
        .docs("Makes a HyperLogLog of all that it and others have seen.")
        .complexity("O(N), N being the number of keys, with a large constant")
        .since("2.8.9"),
    Command::new("pfselftest", pfselftest)
        .flags(&[Admin])
        .docs("Tests how HyperLogLogs are kept and counted.")
        .complexity("O(1), some milliseconds")
        .since("2.8.9")
        .system(),
];

const PFADD: Event = Event::new("pfadd", b'$');

const NOT_ONE: Error = Error::Text("WRONGTYPE Key is not a valid HyperLogLog string value.");

impl From<Corrupt> for Error {
    fn from(_: Corrupt) -> Error {
        Error::Text("INVALIDOBJ Corrupted HLL object detected")
    }
}

/// Calls `look` with the bytes of a `HyperLogLog`.
fn with_one<R>(text: Text, look: impl FnOnce(&[u8]) -> Result<R, Corrupt>) -> Result<R, Error> {
    text.with(|bytes| if hll::is_one(bytes) { Ok(look(bytes)?) } else { Err(NOT_ONE) })
}

/// Lends the bytes of the `HyperLogLog` at a slot for a change. One that turns out to be corrupt stays as it is.
fn edit<R>(
    db: &mut Db,
    slot: Slot,
    key: &[u8],
    change: impl FnOnce(&mut Vec<u8>) -> Result<R, Corrupt>,
) -> Result<R, Error> {
    let bytes = match db.text_of(slot)? {
        // A dense one keeps its length and is never corrupt: it is changed where it lies.
        Some(Text::Shared(buffer)) if hll::is_dense(buffer.bytes()) => None,
        Some(text) => Some(text.with(<[u8]>::to_vec)),
        None => Some(hll::new()),
    };
    match bytes {
        None => {
            let mut result = Err(Corrupt);
            db.edit_text(slot, key, hll::DENSE_LEN, |bytes| result = change(bytes));
            Ok(result?)
        }
        Some(mut bytes) => {
            let result = change(&mut bytes)?;
            db.put_bytes(slot, key, bytes, Ttl::Keep);
            Ok(result)
        }
    }
}

/// PFADD key [element ...]
fn pfadd(ctx: &mut Ctx, args: Args) -> Done {
    let (key, elements) = (args.get(1), args.from(2));
    let sparse_max = sparse_max(ctx);
    // Most elements change nothing. The first that does, if there is one, and where:
    let first = |bytes: &[u8]| {
        for (i, element) in elements.iter().enumerate() {
            if let Some(from) = hll::raises(bytes, Place::of(element))? {
                return Ok(Some((i, from)));
            }
        }
        Ok(None)
    };
    let mut db = ctx.server.db(ctx.db);
    let (slot, first) = db.write_looking(key, |text| match text {
        Some(text) => with_one(text, first),
        None => Ok(Some((0, Cursor::START))),
    })?;
    let Some((first, mut from)) = first? else {
        ctx.reply.int(0);
        return Ok(Flow::Done);
    };
    let raised = edit(&mut db, slot, key, |bytes| {
        let mut raised = 0;
        for element in elements.from(first) {
            raised += u64::from(hll::raise(bytes, Place::of(element), sparse_max, &mut from)?);
            from = Cursor::START;
        }
        // Also of a new one without elements.
        hll::forget_count(bytes);
        Ok(raised)
    })?;
    // A new key is a change by itself, also without elements.
    db.changed(key, PFADD, raised + u64::from(!slot.is_found()));
    ctx.reply.int(1);
    Ok(Flow::Done)
}

/// `hll-sparse-max-bytes`
fn sparse_max(ctx: &Ctx) -> usize {
    usize::try_from(ctx.server.config.settings.hll_sparse_max_bytes).unwrap_or(usize::MAX)
}

/// PFCOUNT key [key ...]
fn pfcount(ctx: &mut Ctx, args: Args) -> Done {
    let count = if args.len() == 2 {
        let dirty = ctx.server.keyspace.shared.changes.dirty;
        let mut db = ctx.server.db(ctx.db);
        let count = count_one(&mut db, args.get(1))?;
        if ctx.server.keyspace.shared.changes.dirty != dirty {
            ctx.log_as_sent();
        }
        count
    } else {
        let mut db = ctx.server.db(ctx.db);
        let mut registers = Registers::new();
        for key in args.from(1) {
            let slot = db.read(key);
            if let Some(text) = db.text_of(slot)? {
                with_one(text, |bytes| hll::merge(&mut registers, bytes))?;
            }
        }
        hll::count_registers(&registers)
    };
    // As Redis does: what is beyond 63 bits, by forged registers, is shown as negative.
    ctx.reply.int(count as i64);
    Ok(Flow::Done)
}

/// The count of one, which is kept with it until a register changes.
fn count_one(db: &mut Db, key: &[u8]) -> Result<u64, Error> {
    let slot = db.read(key);
    let Some(text) = db.text_of(slot)? else { return Ok(0) };
    if let Some(count) = with_one(text, |bytes| Ok(hll::kept_count(bytes)))? {
        return Ok(count);
    }
    let count = with_one(text, hll::count)?;
    db.edit_window(slot, key, 0..hll::HEADER, |header| hll::keep_count(header, count));
    // The string is another now, so it counts as a change though PFCOUNT only reads.
    db.changed(key, Event::SILENT, 1);
    Ok(count)
}

/// PFMERGE destkey [sourcekey ...]
fn pfmerge(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let sparse_max = sparse_max(ctx);
    let mut db = ctx.server.db(ctx.db);
    let (mut registers, mut is_dense) = (Registers::new(), false);
    // The destination is a source, too.
    for source in args.from(1) {
        let slot = db.read(source);
        if let Some(text) = db.text_of(slot)? {
            with_one(text, |bytes| {
                is_dense |= hll::is_dense(bytes);
                hll::merge(&mut registers, bytes)
            })?;
        }
    }
    let slot = db.write(key);
    edit(&mut db, slot, key, |bytes| {
        if is_dense {
            hll::make_dense(bytes)?;
        }
        hll::raise_all(bytes, &registers, sparse_max)
    })?;
    db.changed(key, PFADD, 1);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// PFDEBUG GETREG | DECODE | ENCODING | TODENSE key, PFDEBUG SIMD ON | OFF
fn pfdebug(ctx: &mut Ctx, args: Args) -> Done {
    let (mut words, key) = (args.cursor(1), args.get(2));
    let word = words.word().ok_or(Error::Syntax)?;
    if &*word == b"SIMD" {
        // There is one form of each loop, so what is asked for cannot be told from the other: see `base::simd`.
        match words.word().as_deref() {
            Some(b"ON") => ctx.reply.simple("enabled"),
            Some(b"OFF") => ctx.reply.simple("disabled"),
            _ => return Err(Error::Text("ERR Argument must be ON or OFF")),
        }
        return Ok(Flow::Done);
    }
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    let Some(text) = db.text_of(slot)? else {
        return Err(Error::Text("ERR The specified key does not exist"));
    };
    let is_dense = with_one(text, |bytes| Ok(hll::is_dense(bytes)))?;
    match &*word {
        b"GETREG" | b"TODENSE" => {
            if !is_dense {
                edit(&mut db, slot, key, hll::make_dense)?;
                db.changed(key, Event::SILENT, 1);
            }
            if &*word == b"TODENSE" {
                ctx.reply.int(i64::from(!is_dense));
                return Ok(Flow::Done);
            }
            let mut registers = Registers::new();
            if let Some(text) = db.text_of(slot)? {
                with_one(text, |bytes| hll::merge(&mut registers, bytes))?;
            }
            ctx.reply.array(REGISTERS);
            for register in registers.iter() {
                ctx.reply.int(i64::from(register));
            }
        }
        b"DECODE" if is_dense => return Err(Error::Text("ERR HLL encoding is not sparse")),
        b"DECODE" => ctx.reply.bulk(with_one(text, |bytes| Ok(hll::describe(bytes)))?.as_bytes()),
        b"ENCODING" => ctx.reply.simple(if is_dense { "dense" } else { "sparse" }),
        _ => return Err(Error::about("ERR Unknown PFDEBUG subcommand '", args.get(1), "'")),
    }
    Ok(Flow::Done)
}

/// PFSELFTEST
fn pfselftest(ctx: &mut Ctx, _: Args) -> Done {
    hll::self_test(&mut ctx.server.dice).map_err(|problem| Error::owned(format!("TESTFAILED {problem}")))?;
    ctx.reply.ok();
    Ok(Flow::Done)
}
