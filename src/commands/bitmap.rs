//! The commands on bits of strings. What is done to the bits is in `store::bits`.

use std::borrow::Cow;
use std::ops::Range;

use crate::base::buffer::Text;
use crate::base::number::parse_i64;
use crate::commands::string::bytes_of;
use crate::keyspace::changes::Event;
use crate::keyspace::db::WrongType;
use crate::keyspace::{Db, Slot, Ttl};
use crate::resp::{Args, Cursor};
use crate::server::command::Flag::{DenyOom, Fast, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Overwrite, ReadOnly as Ro, ReadWrite, Update, VariableFlags};
use crate::server::command::{Command, KeySpec, Options};
use crate::server::keys::FoundKey;
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::bits::{self, Field, Operation, Overflow};
use crate::store::entry::Entry;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("bitcount", bitcount)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key [(range: start end [<unit: BYTE | BIT>]@7.0.0)]")
        .docs("Counts the set bits of a string, or of a part of it.")
        .complexity("O(N), N being the length of what is counted")
        .since("2.6.0")
        .history(&[("7.0.0", "`BYTE` and `BIT` came.")]),
    Command::new("bitfield", bitfield)
        .arity(-2)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update, VariableFlags])])
        .finder(keys_of_bitfield)
        .syntax(
            "key [<operation: GET (get-block: encoding offset) | (write: [OVERFLOW <overflow-block: WRAP | SAT | \
             FAIL>] <write-operation: SET (set-block: encoding offset value:int) | INCRBY (incrby-block: encoding \
             offset increment)>)> ...]",
        )
        .docs("Reads, sets and counts up integers of any width inside a string.")
        .complexity("O(1) for each operation")
        .since("3.2.0"),
    Command::new("bitfield_ro", bitfield_ro)
        .arity(-2)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key [GET (get-block: encoding offset)]...")
        .docs("Reads integers of any width inside a string.")
        .complexity("O(1) for each operation")
        .since("6.0.0"),
    Command::new("bitop", bitop)
        .arity(-4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(2, &[Overwrite, Update]), KeySpec::range(3, -1, 1, &[Ro, Access])])
        .syntax("<operation: AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key ...")
        .docs("Combines strings bit by bit and keeps the result.")
        .complexity("O(N), N being the length of all the strings together")
        .since("2.6.0"),
    Command::new("bitpos", bitpos)
        .arity(-3)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key bit [(range: start [(end-unit-block: end [<unit: BYTE | BIT>]@7.0.0)])]")
        .docs("Finds the first set or clear bit of a string, or of a part of it.")
        .complexity("O(N), N being the length of what is searched")
        .since("2.8.7")
        .history(&[("7.0.0", "`BYTE` and `BIT` came.")]),
    Command::new("getbit", getbit)
        .arity(3)
        .flags(&[ReadOnly, Fast])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key offset")
        .docs("Gives a bit of a string; zero behind its end.")
        .complexity("O(1)")
        .since("2.2.0"),
    Command::new("setbit", setbit)
        .arity(4)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[ReadWrite, Access, Update])])
        .syntax("key offset value:int")
        .docs("Sets or clears a bit of a string, which grows as needed, and gives what it was.")
        .complexity("O(1)")
        .since("2.2.0"),
];

const SETBIT: Event = Event::new("setbit", b'$');

const BIT_OFFSET: Error = Error::Text("ERR bit offset is not an integer or out of range");
const BIT: Error = Error::Text("ERR bit is not an integer or out of range");

/// A position in bits, within the longest string that may be.
fn bit_offset(ctx: &Ctx, n: Option<i64>) -> Result<u64, Error> {
    let max = ctx.server.config.settings.proto_max_bulk_len;
    n.and_then(|n| u64::try_from(n).ok()).filter(|n| n / 8 < max).ok_or(BIT_OFFSET)
}

/// How long a string is.
fn len_of(db: &Db, slot: Slot) -> Result<usize, WrongType> {
    Ok(db.text_of(slot)?.map_or(0, Text::len))
}

/// SETBIT key offset value
fn setbit(ctx: &mut Ctx, args: Args) -> Done {
    let key = args.get(1);
    let at = bit_offset(ctx, parse_i64(args.get(2)))?;
    let new = match args.get(3) {
        b"0" => false,
        b"1" => true,
        _ => return Err(BIT),
    };
    let mut db = ctx.server.db(ctx.db);
    let (slot, len) = db.write_looking(key, |text| text.map_or(0, Text::len))?;
    // Within the longest string, so it fits.
    let byte = (at / 8) as usize;
    let grows = byte >= len;
    let mut old = false;
    db.edit_window(slot, key, byte..byte + 1, |window| {
        old = window[0] & bits::mask(at) != 0;
        window[0] = window[0] & !bits::mask(at) | if new { bits::mask(at) } else { 0 };
    });
    if grows || old != new {
        db.changed(key, SETBIT, 1);
    }
    ctx.reply.int(i64::from(old));
    Ok(Flow::Done)
}

/// GETBIT key offset
fn getbit(ctx: &mut Ctx, args: Args) -> Done {
    let at = bit_offset(ctx, parse_i64(args.get(2)))?;
    let is_set = |text: Option<Text>| match text {
        None => false,
        // Within the longest string, so it fits.
        Some(Text::Pieces(pieces)) => {
            let byte = (at / 8) as usize;
            byte < pieces.len() && bits::bit(pieces.slice(byte, byte + 1), at % 8)
        }
        Some(text) => text.with(|bytes| bits::bit(bytes, at)),
    };
    let is_set = ctx.server.db(ctx.db).look(args.get(1), is_set)?;
    ctx.reply.int(i64::from(is_set));
    Ok(Flow::Done)
}

/// What a position in BITCOUNT and BITPOS counts.
#[derive(Clone, Copy)]
enum Unit {
    Byte,
    Bit,
}

fn unit(options: &mut Cursor) -> Result<Unit, Error> {
    match options.word().as_deref() {
        None | Some(b"BYTE") => Ok(Unit::Byte),
        Some(b"BIT") => Ok(Unit::Bit),
        Some(_) => Err(Error::Syntax),
    }
}

/// The bits that `start..=end` means in a string of `len` bytes; negative positions count from the end.
fn bit_range(start: i64, end: i64, unit: Unit, len: usize) -> Range<u64> {
    // No string has 2^60 bytes.
    let (len, scale) = match unit {
        Unit::Byte => (len as i64, 8),
        Unit::Bit => (len as i64 * 8, 1),
    };
    let from = |at: i64| if at < 0 { at.saturating_add(len).max(0) } else { at };
    let (start, end) = (from(start), from(end).min(len - 1));
    // Nothing is negative here but an end in an empty string.
    if start > end { 0..0 } else { start as u64 * scale..(end as u64 + 1) * scale }
}

/// BITCOUNT key [start end [BYTE | BIT]]
fn bitcount(ctx: &mut Ctx, args: Args) -> Done {
    let (mut start, mut end, mut what) = (0, -1, Unit::Byte);
    if args.len() > 2 {
        if args.len() == 3 || args.len() > 5 {
            return Err(Error::Syntax);
        }
        start = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
        end = parse_i64(args.get(3)).ok_or(Error::NotInteger)?;
        what = unit(&mut args.cursor(4))?;
    }
    let text = ctx.server.db(ctx.db).text(args.get(1))?;
    // Two negative positions in the wrong order are empty even where both would be cut to the first.
    let is_reversed = start < 0 && end < 0 && start > end;
    let count = match text {
        Some(Text::Pieces(pieces)) if !is_reversed => {
            bits::count_ones_in_pieces(pieces, bit_range(start, end, what, pieces.len()))
        }
        Some(text) if !is_reversed => {
            text.with(|bytes| bits::count_ones_in(bytes, bit_range(start, end, what, bytes.len())))
        }
        _ => 0,
    };
    ctx.reply.int(count as i64); // no string has 2^63 bits
    Ok(Flow::Done)
}

/// BITPOS key bit [start [end [BYTE | BIT]]]
fn bitpos(ctx: &mut Ctx, args: Args) -> Done {
    let wanted = match parse_i64(args.get(2)).ok_or(Error::NotInteger)? {
        0 => false,
        1 => true,
        _ => return Err(Error::Text("ERR The bit argument must be 1 or 0.")),
    };
    if args.len() > 6 {
        return Err(Error::Syntax);
    }
    let number = |i| if i < args.len() { parse_i64(args.get(i)).ok_or(Error::NotInteger).map(Some) } else { Ok(None) };
    let start = number(3)?.unwrap_or(0);
    // The unit before the end, as in Redis: it says which of two errors is told.
    let what = if args.len() == 6 { unit(&mut args.cursor(5))? } else { Unit::Byte };
    let end = number(4)?;
    let found = match ctx.server.db(ctx.db).text(args.get(1))? {
        // A missing key is a row of zeros without end.
        None if wanted => None,
        None => Some(0),
        Some(text) => {
            let range = bit_range(start, end.unwrap_or(-1), what, text.len());
            // A string that is searched up to its end for a clear bit is followed by zeros.
            let behind = (!wanted && end.is_none() && !range.is_empty()).then_some(text.len() as u64 * 8);
            let found = match text {
                Text::Pieces(pieces) => bits::find_in_pieces(pieces, range, wanted),
                text => text.with(|bytes| bits::find(bytes, range, wanted)),
            };
            found.or(behind)
        }
    };
    ctx.reply.int(found.map_or(-1, |at| at as i64)); // no string has 2^63 bits
    Ok(Flow::Done)
}

/// BITOP operation destkey key [key ...]
fn bitop(ctx: &mut Ctx, args: Args) -> Done {
    let (key, sources) = (args.get(2), args.from(3));
    let operation = operation(args)?;
    let mut db = ctx.server.db(ctx.db);
    let mut len = 0;
    for source in sources {
        let slot = db.read(source);
        len = len.max(len_of(&db, slot)?);
    }
    let slot = db.write(key);
    // The result may take the place of the old one in memory, too, unless that is a source.
    let memory = if sources.iter().any(|source| source == key) { Vec::new() } else { db.reclaim(slot, len) };
    // Again, because a lookup above may have found that a key has expired, and deleting it moves others.
    let slots: Vec<_> = sources.iter().map(|source| db.locate(source)).collect();
    let mut texts = Vec::with_capacity(slots.len());
    for &slot in &slots {
        texts.push(db.text_of(slot)?.map_or(Cow::Borrowed(&b""[..]), bytes_of));
    }
    let texts: Vec<_> = texts.iter().map(|text| &**text).collect();
    let result = bits::combine(operation, &texts, memory);
    if result.is_empty() {
        db.delete(slot, key, Event::DEL);
    } else {
        let old = db.entry(slot).map(Entry::type_name);
        db.note_replaced(key, old, "string");
        db.put_bytes(slot, key, result, Ttl::Clear);
        db.changed(key, Event::SET, 1);
    }
    ctx.reply.int(len as i64); // no string has 2^63 bytes
    Ok(Flow::Done)
}

/// The operation of BITOP, which says how many sources there may be.
fn operation(args: Args) -> Result<Operation, Error> {
    let sources = args.len() - 3;
    let (operation, refusal) = match &*args.cursor(1).word().ok_or(Error::Syntax)? {
        b"AND" => (Operation::And, ""),
        b"OR" => (Operation::Or, ""),
        b"XOR" => (Operation::Xor, ""),
        b"NOT" => (Operation::Not, "ERR BITOP NOT must be called with a single source key."),
        b"DIFF" => (Operation::Diff, "ERR BITOP DIFF must be called with at least two source keys."),
        b"DIFF1" => (Operation::Diff1, "ERR BITOP DIFF1 must be called with at least two source keys."),
        b"ANDOR" => (Operation::AndOr, "ERR BITOP ANDOR must be called with at least two source keys."),
        b"ONE" => (Operation::One, ""),
        _ => return Err(Error::Syntax),
    };
    let is_refused = match operation {
        Operation::Not => sources > 1,
        Operation::Diff | Operation::Diff1 | Operation::AndOr => sources < 2,
        _ => false,
    };
    if is_refused { Err(Error::Text(refusal)) } else { Ok(operation) }
}

/// One operation of BITFIELD.
struct Step {
    field: Field,
    /// The position of its first bit.
    at: u64,
    act: Act,
    overflow: Overflow,
}

enum Act {
    Get,
    Set(i64),
    Add(i64),
}

/// BITFIELD only reads if all its operations are GET.
fn keys_of_bitfield(args: Args, found: &mut Vec<FoundKey>) {
    let (mut rest, mut only_reads) = (args.cursor(2), true);
    while let Some(word) = rest.word() {
        let values = match &*word {
            b"GET" if rest.left() >= 2 => 2,
            b"OVERFLOW" if rest.left() >= 1 => 1,
            _ => {
                only_reads = false;
                break;
            }
        };
        for _ in 0..values {
            rest.value();
        }
    }
    found.push(if only_reads {
        FoundKey::new(1, &[Ro, Access])
    } else {
        FoundKey::new(1, &[ReadWrite, Access, Update])
    });
}

/// BITFIELD key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] SET encoding offset value | INCRBY encoding offset increment] ...
fn bitfield(ctx: &mut Ctx, args: Args) -> Done {
    let steps = steps(ctx, args.cursor(2))?;
    run(ctx, args.get(1), &steps)
}

/// `BITFIELD_RO` key [GET encoding offset] ...
fn bitfield_ro(ctx: &mut Ctx, args: Args) -> Done {
    let steps = steps(ctx, args.cursor(2))?;
    if steps.iter().any(|step| !matches!(step.act, Act::Get)) {
        return Err(Error::Text("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    run(ctx, args.get(1), &steps)
}

fn steps(ctx: &Ctx, mut rest: Cursor) -> Result<Vec<Step>, Error> {
    const OVERFLOW: Error = Error::Text("ERR Invalid OVERFLOW type specified");
    let (mut steps, mut overflow) = (Vec::new(), Overflow::Wrap);
    while let Some(word) = rest.word() {
        let arguments = match &*word {
            b"OVERFLOW" => 1,
            b"GET" => 2,
            b"SET" | b"INCRBY" => 3,
            _ => return Err(Error::Syntax),
        };
        if rest.left() < arguments {
            return Err(Error::Syntax);
        }
        if &*word == b"OVERFLOW" {
            overflow = match rest.word().as_deref() {
                Some(b"WRAP") => Overflow::Wrap,
                Some(b"SAT") => Overflow::Saturate,
                Some(b"FAIL") => Overflow::Fail,
                _ => return Err(OVERFLOW),
            };
            continue;
        }
        let field = field(rest.need()?)?;
        let at = field_offset(ctx, rest.need()?, field)?;
        let act = match &*word {
            b"GET" => Act::Get,
            b"SET" => Act::Set(parse_i64(rest.need()?).ok_or(Error::NotInteger)?),
            _ => Act::Add(parse_i64(rest.need()?).ok_or(Error::NotInteger)?),
        };
        steps.push(Step { field, at, act, overflow });
    }
    Ok(steps)
}

/// A type such as i16 or u8.
fn field(text: &[u8]) -> Result<Field, Error> {
    const TYPE: Error =
        Error::Text("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    let (signed, digits, max) = match text {
        [b'i', digits @ ..] => (true, digits, 64),
        [b'u', digits @ ..] => (false, digits, 63),
        _ => return Err(TYPE),
    };
    match parse_i64(digits) {
        // At most 64.
        Some(bits) if (1..=max).contains(&bits) => Ok(Field { signed, bits: bits as u8 }),
        _ => Err(TYPE),
    }
}

/// A position in bits, or, after a `#`, in fields of that width.
fn field_offset(ctx: &Ctx, text: &[u8], field: Field) -> Result<u64, Error> {
    match text {
        // A product beyond 64 bits wraps around, as it does in Redis.
        [b'#', digits @ ..] => {
            bit_offset(ctx, parse_i64(digits).filter(|&n| n >= 0).map(|n| n.wrapping_mul(i64::from(field.bits))))
        }
        digits => bit_offset(ctx, parse_i64(digits)),
    }
}

/// Works the operations off, in order, and replies with what each gives.
fn run(ctx: &mut Ctx, key: &[u8], steps: &[Step]) -> Done {
    let writes = steps.iter().filter(|step| !matches!(step.act, Act::Get));
    let end = writes.map(|step| step.field.window(step.at).end).max();
    let mut db = ctx.server.db(ctx.db);
    let mut slot = if end.is_some() { db.write(key) } else { db.read(key) };
    let len = len_of(&db, slot)?;
    let grows = end.is_some_and(|end| end > len);
    if let Some(end) = end {
        // Also if every operation is refused: as in Redis, the string has grown by then.
        db.edit_window(slot, key, end..end, |_| {});
        slot = db.locate(key);
    }
    ctx.reply.array(steps.len());
    let mut changes = 0;
    for step in steps {
        let (field, at) = (step.field, step.at);
        let old = match db.text_of(slot)? {
            None => 0,
            Some(Text::Pieces(pieces)) => {
                let window = field.window(at);
                field.get(&pieces.gather(window.start.min(pieces.len())..window.end.min(pieces.len())), at)
            }
            Some(text) => text.with(|bytes| {
                let window = field.window(at);
                field.get(&bytes[window.start.min(bytes.len())..window.end.min(bytes.len())], at)
            }),
        };
        let new = match step.act {
            Act::Get => {
                ctx.reply.int(old);
                continue;
            }
            // What is put into a field without a sign is read without one.
            Act::Set(value) if field.signed => i128::from(value),
            Act::Set(value) => i128::from(value as u64),
            Act::Add(by) => i128::from(old) + i128::from(by),
        };
        let Some(new) = field.fit(new, step.overflow) else {
            ctx.reply.null();
            continue;
        };
        db.edit_window(slot, key, field.window(at), |window| field.set(window, at, new));
        changes += u64::from(grows || old != new);
        ctx.reply.int(if matches!(step.act, Act::Set(_)) { old } else { new });
    }
    if changes > 0 {
        db.changed(key, SETBIT, changes);
    } else if grows {
        // Redis forgets this change, so that a replica of it never hears of the key.
        db.changed(key, Event::SILENT, 1);
    }
    Ok(Flow::Done)
}
