//! A frozen keyspace as the shortest commands that give it back: the base of an append-only file for whoever wants it
//! readable. Runs on the rewrite thread.

use crate::base::buffer::Text;
use crate::base::number::Double;
use crate::keyspace::freeze::FrozenKeyspace;
use crate::persist::Progress;
use crate::resp::{bulk, header};
use crate::store::entry::{Entry, Value};
use crate::store::object::{Element, Object};
use std::io::{self, Write};

/// Elements in one command: more would make one request of a large collection.
const PER_COMMAND: usize = 64;

/// Writes all keys; gives the writer back. `is_dated`: a remark at the beginning says when that was.
pub fn write<W: Write>(copy: FrozenKeyspace, is_dated: bool, mut out: W, progress: &Progress) -> io::Result<W> {
    if is_dated {
        write!(out, "#TS:{}\r\n", copy.now / 1000)?;
    }
    let mut command = Command::default();
    for db in copy.dbs {
        command.begin();
        command.word(Text::Bytes(b"SELECT"));
        command.word(Text::Int(db.id.0.into()));
        command.end(&mut out)?;
        let mut outcome = Ok(());
        db.table.drain(|entry| {
            if outcome.is_ok() {
                outcome = progress.step().and_then(|()| put(&mut command, entry, &mut out));
            }
        });
        outcome?;
    }
    Ok(out)
}

/// A command in the making.
#[derive(Default)]
struct Command {
    words: usize,
    bytes: Vec<u8>,
}

impl Command {
    fn begin(&mut self) {
        self.words = 0;
        self.bytes.clear();
    }

    fn word(&mut self, text: Text) {
        self.words += 1;
        if let Text::Pieces(pieces) = text {
            header(&mut self.bytes, b'$', pieces.len());
            pieces.slices(0..pieces.len()).for_each(|slice| self.bytes.extend_from_slice(slice));
            self.bytes.extend_from_slice(b"\r\n");
            return;
        }
        text.with(|bytes| bulk(&mut self.bytes, bytes));
    }

    fn start(&mut self, name: &'static [u8], key: &[u8]) {
        self.begin();
        self.word(Text::Bytes(name));
        self.word(Text::Bytes(key));
    }

    fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut head = Vec::with_capacity(16);
        header(&mut head, b'*', self.words);
        out.write_all(&head)?;
        out.write_all(&self.bytes)
    }
}

fn put(command: &mut Command, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    let key = entry.key();
    match entry.value() {
        Value::Int(int) => set(command, key, Text::Int(int), out)?,
        Value::Text(bytes) | Value::Raw(bytes) => set(command, key, Text::Bytes(bytes), out)?,
        Value::Buffer(buffer) => set(command, key, Text::Shared(buffer), out)?,
        Value::Object(Object::Text(pieces)) => set(command, key, Text::Pieces(pieces), out)?,
        Value::Packed(_) | Value::Object(_) => elements(command, entry, out)?,
    }
    if let Some(deadline) = entry.deadline() {
        command.start(b"PEXPIREAT", key);
        command.word(Text::Int(deadline));
        command.end(out)?;
    }
    Ok(())
}

fn set(command: &mut Command, key: &[u8], value: Text, out: &mut impl Write) -> io::Result<()> {
    command.start(b"SET", key);
    command.word(value);
    command.end(out)
}

fn elements(command: &mut Command, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    let (key, value) = (entry.key(), entry.value());
    let name: &'static [u8] = match entry.type_name() {
        "list" => b"RPUSH",
        "set" => b"SADD",
        "hash" => b"HMSET",
        _ => b"ZADD",
    };
    let (mut n, mut outcome) = (0, Ok(()));
    let mut deadlines = Vec::new();
    value.each(&mut |element| {
        if outcome.is_err() {
            return;
        }
        if n == 0 {
            command.start(name, key);
        }
        match element {
            Element::Item(text) | Element::Member(text) => command.word(text),
            Element::Field(field, value, deadline) => {
                command.word(field);
                command.word(value);
                if let Some(deadline) = deadline {
                    field.with(|field| deadlines.push((field.to_vec(), deadline)));
                }
            }
            Element::Scored(member, score) => {
                command.word(Text::Bytes(&Double::new(score)));
                command.word(member);
            }
        }
        n += 1;
        if n == PER_COMMAND {
            n = 0;
            outcome = command.end(out);
        }
    });
    outcome?;
    if n > 0 {
        command.end(out)?;
    }
    for (field, deadline) in deadlines {
        command.start(b"HPEXPIREAT", key);
        command.word(Text::Int(deadline));
        command.word(Text::Bytes(b"FIELDS"));
        command.word(Text::Int(1));
        command.word(Text::Bytes(&field));
        command.end(out)?;
    }
    Ok(())
}
