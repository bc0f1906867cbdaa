//! DUMP and RESTORE: values as bytes that a Redis takes, too.

use crate::base::buffer::{Buffer, Text};
use crate::base::number::parse_i64;
use crate::keyspace::changes::Event;
use crate::persist::rdb::payload::{self, Refused};
use crate::persist::rdb::read::Loading;
use crate::resp::Args;
use crate::server::command::Flag::{Asking, DenyOom, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Overwrite as Ow, ReadOnly as Ro, Update};
use crate::server::command::{Category, Command, Group, KeySpec};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::entry::Entry;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("dump", dump)
        .arity(2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .tips(&["nondeterministic_output"])
        .syntax("key")
        .docs("Gives the value at a key as bytes that RESTORE takes.")
        .complexity("O(N), N being the number of elements; O(1) for a short string")
        .since("2.6.0"),
    RESTORE,
    Command { name: "restore-asking", ..RESTORE }
        .flags(&[Write, DenyOom, Asking])
        .docs("Does what RESTORE does, while slots move between the nodes of a cluster.")
        .categories(&[Category::Keyspace, Category::Dangerous])
        .since("3.0.0")
        .group(Group::Server)
        .system(),
];

const RESTORE: Command = Command::new("restore", restore)
    .arity(-4)
    .flags(&[Write, DenyOom])
    .keys(&[KeySpec::at(1, &[Ow, Update])])
    .syntax(
        "key ttl serialized-value [REPLACE]@3.0.0 [ABSTTL]@5.0.0 [IDLETIME seconds]@5.0.0 [FREQ frequency:int]@5.0.0",
    )
    .docs("Makes a key of what DUMP gave.")
    .complexity("O(N), N being the number of elements; O(N*log(N)) for a sorted set; O(1) for a short string")
    .categories(&[Category::Dangerous])
    .since("2.6.0")
    .history(&[("3.0.0", "`REPLACE` came."), ("5.0.0", "`ABSTTL`, `IDLETIME` and `FREQ` came.")]);

/// DUMP key
fn dump(ctx: &mut Ctx, args: Args) -> Done {
    let compress = ctx.server.config.settings.persistence.compress;
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    match db.entry(slot) {
        Some(entry) => {
            let payload = Buffer::new(payload::dump(entry.value(), compress));
            ctx.reply.text(Text::Shared(&payload));
        }
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

#[derive(Default)]
struct RestoreOptions {
    replace: bool,
    absolute: bool,
    idle_s: Option<i64>,
    frequency: Option<i64>,
}

fn restore_options(args: Args) -> Result<RestoreOptions, Error> {
    let mut o = RestoreOptions::default();
    let mut rest = args.cursor(4);
    while let Some(word) = rest.word() {
        // One of the last two excludes the other, but not itself; without a value they are no options at all.
        match (&*word, rest.peek()) {
            (b"REPLACE", _) => o.replace = true,
            (b"ABSTTL", _) => o.absolute = true,
            (b"IDLETIME", Some(value)) if o.frequency.is_none() => {
                let idle_s = parse_i64(value).ok_or(Error::NotInteger)?;
                if idle_s < 0 {
                    return Err(Error::Text("ERR Invalid IDLETIME value, must be >= 0"));
                }
                o.idle_s = Some(idle_s);
                rest.value();
            }
            (b"FREQ", Some(value)) if o.idle_s.is_none() => {
                let frequency = parse_i64(value).ok_or(Error::NotInteger)?;
                if !(0..=255).contains(&frequency) {
                    return Err(Error::Text("ERR Invalid FREQ value, must be >= 0 and <= 255"));
                }
                o.frequency = Some(frequency);
                rest.value();
            }
            _ => return Err(Error::Syntax),
        }
    }
    Ok(o)
}

/// RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
fn restore(ctx: &mut Ctx, args: Args) -> Done {
    let o = restore_options(args)?;
    let key = args.get(1);
    let checksum = ctx.server.checks_payloads;
    let shared = &ctx.server.keyspace.shared;
    let loading = Loading { limits: shared.limits, access: shared.access, clock: shared.clock };
    let mut db = ctx.server.db(ctx.db);
    let slot = db.write(key);
    if slot.is_found() && !o.replace {
        return Err(Error::Text("BUSYKEY Target key name already exists."));
    }
    let ttl_ms = parse_i64(args.get(2)).ok_or(Error::NotInteger)?;
    let deadline = match ttl_ms {
        0 => None,
        ..0 => return Err(Error::Text("ERR Invalid TTL value, must be >= 0")),
        _ if o.absolute => Some(ttl_ms),
        // As in Redis what goes beyond the end of time lies in the past.
        _ => Some(ttl_ms.wrapping_add(db.now())),
    };
    let clock = loading.clock_of(o.idle_s.map(i64::unsigned_abs), o.frequency.map(|frequency| frequency as u8));
    let entry = payload::restore(args.get(3), checksum, key, deadline, clock, &loading);
    let entry = entry.map_err(|refused| match refused {
        Refused::Footer => Error::Text("ERR DUMP payload version or checksum are wrong"),
        Refused::Value(damage) => {
            log::debug!("RESTORE {}: integrity check failed: {damage}", key.escape_ascii());
            Error::Text("ERR Bad data format")
        }
    })?;
    if db.may_expire() && db.is_expired(&entry) {
        db.delete(slot, key, Event::DEL);
        db.discard(entry);
        ctx.log_removed(key);
        if !slot.is_found() {
            ctx.log_nothing();
        }
    } else {
        const RESTORED: Event = Event::new("restore", b'g');
        let (old, new) = (db.entry(slot).map(Entry::type_name), entry.type_name());
        db.insert_entry(entry);
        db.changed(key, RESTORED, 1);
        if let Some(old) = old {
            db.changed(key, Event::OVERWRITTEN, 0);
            if old != new {
                db.changed(key, Event::TYPE_CHANGED, 0);
            }
        }
        if let Some(at) = deadline.filter(|_| !o.absolute) {
            let mut time = itoa::Buffer::new();
            let words = [b"RESTORE".as_slice(), key, time.format(at).as_bytes(), args.get(3)];
            let words: Vec<&[u8]> = words.into_iter().chain(args.from(4)).chain([b"ABSTTL".as_slice()]).collect();
            ctx.log_instead(&words);
        }
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}
