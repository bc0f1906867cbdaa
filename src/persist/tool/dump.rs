//! `redoxide dump`: a snapshot as lines of JSON.

use super::check::{self, Kind, plain};
use super::walk::{self, Found, Watched};
use crate::base::buffer::Text;
use crate::keyspace::{AccessClock, DbId};
use crate::store::entry::{Entry, Value};
use crate::store::object::{Element, Object};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Prints all keys.
pub fn dump(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let kind = check::kind_of(path)?;
    let keyspace = walk::keyspace(1, AccessClock::Recency);
    let loader = keyspace.loader();
    let input = Watched::open(path).map_err(|error| format!("{shown}: {}", plain(&error)))?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut line = String::new();
    let mut take = |found: Found| {
        if let Found::Entry(db, entry) = found {
            line.clear();
            describe(db, &entry, &mut line);
            line.push('\n');
            out.write_all(line.as_bytes()).map_err(|error| plain(&error))?;
        }
        Ok(())
    };
    let walked = match kind {
        Kind::Ours => walk::ours(input, &loader, &mut take),
        Kind::Rdb => walk::rdb(input, &loader, &mut take).map(|_| ()),
        _ => return Err(format!("{shown}: only snapshots can be shown")),
    };
    out.flush().map_err(|error| plain(&error))?;
    walked.map_err(|damage| format!("{shown}: not valid: at offset {}: {}", damage.at, damage.why))
}

fn describe(db: DbId, entry: &Entry, out: &mut String) {
    push(out, &format!("{{\"db\":{},\"key\":", db.0));
    string(entry.key(), out);
    push(out, &format!(",\"type\":\"{}\",\"expires_at\":", entry.type_name()));
    push(out, &entry.deadline().map_or("null".to_string(), |at| at.to_string()));
    push(out, ",\"value\":");
    let value = entry.value();
    match &value {
        Value::Int(int) => text(Text::Int(*int), out),
        Value::Text(bytes) | Value::Raw(bytes) => string(bytes, out),
        Value::Buffer(buffer) => string(buffer.bytes(), out),
        Value::Object(Object::Text(pieces)) => text(Text::Pieces(pieces), out),
        Value::Packed(_) | Value::Object(_) => {
            let is_hash = entry.type_name() == "hash";
            let mut deadlines = String::new();
            out.push(if is_hash { '{' } else { '[' });
            let mut is_first = true;
            value.each(&mut |element| {
                if !std::mem::take(&mut is_first) {
                    out.push(',');
                }
                match element {
                    Element::Item(item) | Element::Member(item) => text(item, out),
                    Element::Field(field, value, deadline) => {
                        text(field, out);
                        out.push(':');
                        text(value, out);
                        if let Some(at) = deadline {
                            deadlines.push(if deadlines.is_empty() { '{' } else { ',' });
                            text(field, &mut deadlines);
                            push(&mut deadlines, &format!(":{at}"));
                        }
                    }
                    Element::Scored(member, score) => {
                        out.push('[');
                        text(member, out);
                        // JSON has no infinity: it is a text.
                        if score.is_finite() {
                            push(out, &format!(",{score:?}]"));
                        } else {
                            push(out, if score > 0.0 { ",\"inf\"]" } else { ",\"-inf\"]" });
                        }
                    }
                }
            });
            out.push(if is_hash { '}' } else { ']' });
            if !deadlines.is_empty() {
                push(out, ",\"field_expires_at\":");
                push(out, &deadlines);
                out.push('}');
            }
        }
    }
    out.push('}');
}

fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

fn text(text: Text, out: &mut String) {
    text.with(|bytes| string(bytes, out));
}

/// A string of JSON. A byte that belongs to no character becomes the second half of a surrogate pair without the first, which no text has: so
/// nothing is lost.
fn string(bytes: &[u8], out: &mut String) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\0'..'\u{20}' | '\u{7f}' => push(out, &format!("\\u{:04x}", letter as u32)),
                letter => out.push(letter),
            }
        }
        for byte in chunk.invalid() {
            push(out, &format!("\\udc{byte:02x}"));
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_lost() {
        let line = |bytes: &[u8]| {
            let mut out = String::new();
            string(bytes, &mut out);
            out
        };
        assert_eq!(line(b"a\"b\\c\n\x01"), r#""a\"b\\c\n\u0001""#);
        assert_eq!(line("gr\u{fc}n".as_bytes()), "\"gr\u{fc}n\"");
        assert_eq!(line(b"\xff\x80a\xc3"), r#""\udcff\udc80a\udcc3""#);
    }
}
