//! What the arguments of several command groups have in common: counts, numbers of keys, the keys behind them.

use crate::base::number::parse_i64;
use crate::keyspace::Slot;
use crate::resp::{Args, Cursor};
use crate::server::command::Options;
use crate::server::{Ctx, Error};
use crate::store::object::WrongType;
use std::ops::Range;

/// The indices of a range whose ends may count from the end (-1 is the last), cut to what there is.
pub(super) fn range(start: i64, stop: i64, len: usize) -> Range<usize> {
    let n = len as i64; // no collection has 2^63 elements
    let place = |index: i64| if index < 0 { index.saturating_add(n) } else { index };
    let (start, stop) = (place(start).max(0), place(stop).min(n - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

/// A number of elements to take: zero or more.
pub(super) fn count(text: &[u8]) -> Result<usize, Error> {
    let count = parse_i64(text).and_then(|n| usize::try_from(n).ok());
    count.ok_or(Error::Text("ERR value is out of range, must be positive"))
}

/// An integer that has an opposite: its sign is a direction, or tells whether elements may come twice.
pub(super) fn symmetric(text: &[u8]) -> Result<i64, Error> {
    match parse_i64(text).ok_or(Error::NotInteger)? {
        i64::MIN => Err(Error::Text(
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        )),
        n => Ok(n),
    }
}

/// `[count [WITHVALUES]]` of a command that draws by chance, and whether the word is there.
pub(super) fn random_count(args: Args, word: &[u8]) -> Result<(Option<i64>, bool), Error> {
    if args.len() == 2 {
        return Ok((None, false));
    }
    let count = symmetric(args.get(2))?;
    let with_values = args.len() > 3;
    if args.len() > 4 || (with_values && !args.get(3).eq_ignore_ascii_case(word)) {
        return Err(Error::Syntax);
    }
    // Twice as many strings must be countable.
    if with_values && count.abs() > i64::MAX / 2 {
        return Err(Error::OutOfRange);
    }
    Ok((Some(count), with_values))
}

/// How many elements such a count gives, of `len` in all: negative, it gives so many whatever there is.
pub(super) fn drawn(count: i64, len: usize) -> usize {
    if count < 0 { count.unsigned_abs() as usize } else { len.min(count as usize) }
}

/// `numkeys` where it must be greater than zero.
pub(super) fn key_count(text: &[u8]) -> Result<i64, Error> {
    parse_i64(text).filter(|&n| n > 0).ok_or(Error::Text("ERR numkeys should be greater than 0"))
}

/// `numkeys key [key ...] <end> [COUNT count]`, which begin at `at`: the keys, the end as `end` reads it, the count.
pub(super) fn keys_end_count<E>(
    args: Args<'_>,
    at: usize,
    end: impl FnOnce(&[u8]) -> Result<E, Error>,
) -> Result<(Args<'_>, E, usize), Error> {
    let keys = key_count(args.get(at))?;
    let behind = usize::try_from(keys).ok().and_then(|n| n.checked_add(at + 1)).filter(|&end| end < args.len());
    let behind = behind.ok_or(Error::Syntax)?;
    let end = end(args.get(behind))?;
    let mut options = args.cursor(behind + 1);
    let mut count = None;
    while let Some(word) = options.word() {
        match (&*word, count) {
            (b"COUNT", None) => {
                let n = parse_i64(options.need()?).filter(|&n| n > 0);
                count = Some(n.ok_or(Error::Text("ERR count should be greater than 0"))? as usize);
            }
            _ => return Err(Error::Syntax),
        }
    }
    Ok((args.range(at + 1..behind), end, count.unwrap_or(1)))
}

/// `[LIMIT limit]` of a command that counts: how far, zero standing for all.
pub(super) fn limit(mut options: Cursor) -> Result<usize, Error> {
    let mut limit = usize::MAX;
    while let Some(word) = options.word() {
        if &*word != b"LIMIT" {
            return Err(Error::Syntax);
        }
        let n = parse_i64(options.need()?).and_then(|n| usize::try_from(n).ok());
        let n = n.ok_or(Error::Text("ERR LIMIT can't be negative"))?;
        limit = if n == 0 { usize::MAX } else { n };
    }
    Ok(limit)
}

/// The first of several keys that holds a value, which must be of a type as TYPE names it.
pub(super) fn first_key<'a>(ctx: &mut Ctx, keys: Args<'a>, kind: &str) -> Result<Option<(&'a [u8], Slot)>, WrongType> {
    let mut db = ctx.server.db(ctx.db);
    for key in keys {
        let slot = db.write(key);
        match db.entry(slot).map(|entry| entry.type_name() == kind) {
            Some(true) => return Ok(Some((key, slot))),
            Some(false) => return Err(WrongType),
            None => {}
        }
    }
    Ok(None)
}
