//! Measures edits of long strings: what each costs the thread that makes it, and the longest of all.
//!
//!     cargo bench --bench pieces                       everything
//!     cargo bench --bench pieces -- copy               edits at random places with a copy of the keyspace alive
//!     cargo bench --bench pieces -- alone              the same without
//!     cargo bench --bench pieces -- append             growth from nothing
//!     cargo bench --bench pieces -- zeros              a byte far behind the end of nothing
//!
//! `<part> <megabytes>` takes another length; 500 is usual.

#![allow(clippy::unchecked_time_subtraction, reason = "the clocks that are read here never go back")]

mod bench_parts;

use bench_parts::{Report, end_turn, numbered, percentiles, run, thread_time, words};
use redoxide::base::buffer::{Buffer, Text};
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::keyspace::db::Db;
use redoxide::keyspace::{DbId, Keyspace, Ttl};
use redoxide::store::entry::NewValue;

const EDITS: usize = 20_000;

fn main() {
    let reports: [Report; 4] = [
        ("copy", report_copy, 500),
        ("alone", report_alone, 500),
        ("append", report_append, 500),
        ("zeros", report_zeros, 500),
    ];
    run(&words(), &reports);
}

fn key() -> [u8; 16] {
    numbered(b"key:000000000000", 1)
}

fn empty() -> Keyspace {
    Keyspace::new(1, Dice(1), Helper::start("freeing").expect("a thread"))
}

fn filled(megabytes: usize) -> Keyspace {
    let mut keyspace = empty();
    let mut db = keyspace.db(DbId(0));
    let slot = db.locate(&key());
    db.put(slot, &key(), NewValue::Buffer(Buffer::new(vec![b'x'; megabytes << 20])), Ttl::Clear);
    keyspace
}

/// Times some edits, each with its lookup.
fn each(name: &str, keyspace: &mut Keyspace, edits: usize, mut edit: impl FnMut(&mut Db)) {
    let mut ns = Vec::with_capacity(edits);
    for _ in 0..edits {
        let start = thread_time();
        edit(&mut keyspace.db(DbId(0)));
        keyspace.shared.sweep_up();
        ns.push((thread_time() - start).as_nanos() as u64);
        end_turn();
    }
    println!("{name:<32} {}", percentiles(ns));
}

fn write(db: &mut Db, at: Option<usize>, bytes: &[u8], shared: Option<&Buffer>) {
    let slot = db.write(&key());
    let len = db.text_of(slot).ok().flatten().map_or(0, Text::len);
    db.write_text(slot, &key(), len, at.unwrap_or(len), bytes, shared);
}

fn edits(keyspace: &mut Keyspace, len: usize) {
    let mut dice = Dice(1);
    let mut place = || dice.below(len as u64 - 1000) as usize;
    each("SETBIT", keyspace, EDITS, |db| {
        let (slot, at) = (db.write(&key()), place());
        db.edit_window(slot, &key(), at..at + 1, |one| one.fill(1));
    });
    let mut dice = Dice(2);
    let mut place = || dice.below(len as u64 - 1000) as usize;
    each("SETRANGE of 100", keyspace, EDITS, |db| write(db, Some(place()), &[1; 100], None));
    each("APPEND of 100", keyspace, EDITS, |db| write(db, None, &[1; 100], None));
}

fn report_copy(megabytes: usize) {
    let mut keyspace = filled(megabytes);
    let copy = keyspace.freeze();
    edits(&mut keyspace, megabytes << 20);
    drop(copy);
}

fn report_alone(megabytes: usize) {
    edits(&mut filled(megabytes), megabytes << 20);
}

fn report_append(megabytes: usize) {
    for len in [100, 10_000, 200_000, 1 << 20] {
        let mut keyspace = empty();
        let buffer = Buffer::new(vec![b'x'; len]);
        let appends = ((megabytes << 20) / len).min(1_000_000);
        each(&format!("APPEND of {len}"), &mut keyspace, appends, |db| {
            // Each would come in a buffer of its own; longer ones are kept.
            write(db, None, buffer.bytes(), (len > 1 << 18).then_some(&buffer));
        });
    }
}

fn report_zeros(megabytes: usize) {
    let mut keyspace = empty();
    each("SETRANGE behind the end", &mut keyspace, 1, |db| write(db, Some(megabytes << 20), b"x", None));
    let mut dice = Dice(1);
    each("SETBIT in zeros", &mut keyspace, EDITS, |db| {
        let (slot, at) = (db.write(&key()), dice.below((megabytes as u64) << 20) as usize);
        db.edit_window(slot, &key(), at..at + 1, |one| one.fill(1));
    });
}
