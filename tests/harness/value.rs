//! Replies as a test sees them: read from bytes, printed as redis-cli prints them in a terminal.
//!
//! It is written apart from `src/resp` on purpose: a test that reads with the code it tests would agree with any mistake.

use super::quote::{escape, printable, quote};

/// One value of RESP2 or RESP3.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `+OK`
    Simple(Vec<u8>),
    /// `-ERR ...`
    Error(Vec<u8>),
    /// `!21`
    BlobError(Vec<u8>),
    /// `:1`, as the digits that were sent
    Integer(Vec<u8>),
    /// `$3`
    Bulk(Vec<u8>),
    /// `_`
    Null,
    /// `$-1`
    NullBulk,
    /// `*-1`
    NullArray,
    /// `*2`
    Array(Vec<Value>),
    /// `~2`
    Set(Vec<Value>),
    /// `%1`: key, value, key, value
    Map(Vec<Value>),
    /// `>2`
    Push(Vec<Value>),
    /// `|1`, and the value that it belongs to
    Attribute(Vec<Value>, Box<Value>),
    /// `,1.5`, as it was sent
    Double(Vec<u8>),
    /// `#t`
    Boolean(bool),
    /// `(1`
    BigNumber(Vec<u8>),
    /// `=7`: the format, and the text
    Verbatim(Vec<u8>, Vec<u8>),
}

impl Value {
    /// The text of a string, status, error or number; empty for anything else.
    pub fn text(&self) -> String {
        match self {
            Self::Simple(text) | Self::Error(text) | Self::Integer(text) | Self::Bulk(text) | Self::Double(text) => {
                String::from_utf8_lossy(text).into_owned()
            }
            Self::Verbatim(_, text) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        }
    }

    /// What a list, set, map or push holds; nothing for anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Map(items) | Self::Push(items) => items,
            _ => &[],
        }
    }

    /// The value of a key in a map.
    pub fn field(&self, key: &str) -> Option<&Self> {
        self.items().chunks(2).find(|pair| pair[0].text() == key).map(|pair| &pair[1])
    }

    /// Sorts what has no order of its own: lists of strings, sets and maps, by what they print.
    pub fn sort(&mut self, by: usize) {
        if by == 0 {
            return;
        }
        let each = match self {
            Self::Array(items) if items.iter().all(|item| matches!(item, Self::Bulk(_))) => by,
            Self::Set(_) => 1,
            Self::Map(_) => 2,
            _ => 0,
        };
        if let Self::Array(items) | Self::Set(items) | Self::Map(items) | Self::Push(items) = self {
            for item in items.iter_mut() {
                item.sort(by);
            }
            if each > 0 {
                let mut groups: Vec<Vec<Self>> = items.chunks(each).map(<[Self]>::to_vec).collect();
                groups.sort_by_key(|group| nested(&group[0], Protocol::Any));
                *items = groups.concat();
            }
        }
    }
}

/// Which protocol a connection speaks, as far as the harness knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Nulls of RESP3 are a mistake here.
    Resp2,
    /// Nulls of RESP2 are a mistake here.
    Resp3,
    /// The session switches by itself: anything goes.
    Any,
}

/// Reads one value; `None` if it is not complete yet. Returns the value and its length in bytes.
pub fn read(bytes: &[u8]) -> Result<Option<(Value, usize)>, String> {
    let mut reader = Reader { bytes, at: 0 };
    match reader.value() {
        Ok(value) => Ok(Some((value, reader.at))),
        Err(Stop::Partial) => Ok(None),
        Err(Stop::Bad(problem)) => Err(problem),
    }
}

enum Stop {
    Partial,
    Bad(String),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Value, Stop> {
        let line = self.line()?;
        let (&kind, rest) =
            line.split_first().ok_or_else(|| Stop::Bad("an empty line where a value should begin".to_string()))?;
        let text = rest.to_vec();
        Ok(match kind {
            b'+' => Value::Simple(text),
            b'-' => Value::Error(text),
            b':' => Value::Integer(text),
            b',' => Value::Double(text),
            b'(' => Value::BigNumber(text),
            b'_' if rest.is_empty() => Value::Null,
            b'#' if rest == b"t" => Value::Boolean(true),
            b'#' if rest == b"f" => Value::Boolean(false),
            b'$' if rest == b"-1" => Value::NullBulk,
            b'*' if rest == b"-1" => Value::NullArray,
            b'$' => Value::Bulk(self.body(rest)?),
            b'!' => Value::BlobError(self.body(rest)?),
            b'=' => {
                let body = self.body(rest)?;
                if body.get(3) != Some(&b':') {
                    return Err(Stop::Bad("a verbatim string without a format".to_string()));
                }
                Value::Verbatim(body[..3].to_vec(), body[4..].to_vec())
            }
            b'*' => Value::Array(self.values(rest, 1)?),
            b'~' => Value::Set(self.values(rest, 1)?),
            b'>' => Value::Push(self.values(rest, 1)?),
            b'%' => Value::Map(self.values(rest, 2)?),
            b'|' => Value::Attribute(self.values(rest, 2)?, Box::new(self.value()?)),
            _ => return Err(Stop::Bad(format!("not a reply: {}", quote(line)))),
        })
    }

    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let rest = &self.bytes[self.at..];
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or(Stop::Partial)?;
        self.at += end + 2;
        Ok(&rest[..end])
    }

    fn count(text: &[u8]) -> Result<usize, Stop> {
        str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Stop::Bad(format!("not a length: {}", quote(text))))
    }

    fn body(&mut self, length: &[u8]) -> Result<Vec<u8>, Stop> {
        let length = Self::count(length)?;
        let rest = &self.bytes[self.at..];
        let body = rest.get(..length + 2).ok_or(Stop::Partial)?;
        if !body.ends_with(b"\r\n") {
            return Err(Stop::Bad("a string longer than announced".to_string()));
        }
        self.at += length + 2;
        Ok(body[..length].to_vec())
    }

    fn values(&mut self, count: &[u8], each: usize) -> Result<Vec<Value>, Stop> {
        (0..Self::count(count)? * each).map(|_| self.value()).collect()
    }
}

/// Prints a value, one row per item of the result.
pub fn print(value: &Value, protocol: Protocol) -> Vec<String> {
    match value {
        // Only a reply of its own is printed as a block: inside an array rows could not be told apart.
        Value::Bulk(text) if is_block(text) => block(text),
        Value::Verbatim(format, text) if is_block(text) => {
            let mut rows = vec![format!("({})", printable(format))];
            rows.extend(block(text));
            rows
        }
        Value::Push(items) => prefixed("-> ", list(items, ')', "push", protocol)),
        _ => nested(value, protocol),
    }
}

/// A text of several lines, the last of them ended: INFO.
fn is_block(text: &[u8]) -> bool {
    text.ends_with(b"\r\n") && text.windows(2).filter(|pair| pair == b"\r\n").count() > 1
}

fn block(text: &[u8]) -> Vec<String> {
    let mut rows = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        rows.push(format!("| {}", printable(&rest[..end])).trim_end().to_string());
        rest = &rest[end + 2..];
    }
    rows
}

fn nested(value: &Value, protocol: Protocol) -> Vec<String> {
    let row = match value {
        Value::Simple(text) => printable(text),
        Value::Error(text) => format!("(error) {}", printable(text)),
        Value::BlobError(text) => format!("(blob error) {}", quote(text)),
        Value::Integer(text) => format!("(integer) {}", printable(text)),
        Value::Bulk(text) => quote(text),
        Value::Null if protocol == Protocol::Resp2 => "(null of RESP3)".to_string(),
        Value::NullBulk if protocol == Protocol::Resp3 => "(null string of RESP2)".to_string(),
        Value::NullArray if protocol == Protocol::Resp3 => "(null array of RESP2)".to_string(),
        Value::Null | Value::NullBulk => "(nil)".to_string(),
        Value::NullArray => "(nil array)".to_string(),
        Value::Double(text) => format!("(double) {}", printable(text)),
        Value::Boolean(value) => format!("({value})"),
        Value::BigNumber(text) => format!("(big number) {}", printable(text)),
        Value::Verbatim(format, text) => format!("({}) \"{}\"", printable(format), escape(text)),
        Value::Array(items) => return list(items, ')', "array", protocol),
        Value::Set(items) => return list(items, '~', "set", protocol),
        Value::Push(items) => return list(items, '>', "push", protocol),
        Value::Map(items) => return map(items, protocol),
        Value::Attribute(items, value) => {
            let mut rows = prefixed("(attribute) ", map(items, protocol));
            rows.extend(nested(value, protocol));
            return rows;
        }
    };
    vec![row]
}

/// `1) "a"`, numbers as wide as the last; what an item has of further rows stands below its first.
fn list(items: &[Value], mark: char, name: &str, protocol: Protocol) -> Vec<String> {
    if items.is_empty() {
        return vec![format!("(empty {name})")];
    }
    let width = items.len().to_string().len();
    let mut rows = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let number = format!("{:>width$}{mark} ", index + 1);
        rows.extend(prefixed(&number, nested(item, protocol)));
    }
    rows
}

/// `1# "key" => "value"`; a value of several rows begins below its key.
fn map(items: &[Value], protocol: Protocol) -> Vec<String> {
    if items.is_empty() {
        return vec!["(empty hash)".to_string()];
    }
    let width = (items.len() / 2).to_string().len();
    let mut rows = Vec::new();
    for (index, pair) in items.chunks(2).enumerate() {
        let number = format!("{:>width$}# ", index + 1);
        let mut entry = nested(&pair[0], protocol);
        let value = nested(&pair[1], protocol);
        if let Some(last) = entry.last_mut() {
            last.push_str(" =>");
            if value.len() == 1 {
                last.push(' ');
                last.push_str(&value[0]);
            }
        }
        if value.len() > 1 {
            entry.extend(value);
        }
        rows.extend(prefixed(&number, entry));
    }
    rows
}

/// Puts `first` before the first row and as many blanks before the others.
pub fn prefixed(first: &str, rows: Vec<String>) -> Vec<String> {
    let blanks = " ".repeat(first.chars().count());
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| format!("{}{row}", if index == 0 { first } else { &blanks }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(bytes: &[u8]) -> String {
        match read(bytes) {
            Ok(Some((value, length))) if length == bytes.len() => print(&value, Protocol::Any).join("\n"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn replies_are_printed_as_by_redis_cli() {
        let table: &[(&[u8], &str)] = &[
            (b"+OK\r\n", "OK"),
            (b"-ERR no\r\n", "(error) ERR no"),
            (b":-5\r\n", "(integer) -5"),
            (b"$-1\r\n", "(nil)"),
            (b"_\r\n", "(nil)"),
            (b"*-1\r\n", "(nil array)"),
            (b"$4\r\na\r\n\"\r\n", "\"a\\r\\n\\\"\""),
            (b"*0\r\n", "(empty array)"),
            (b"~0\r\n", "(empty set)"),
            (b"%0\r\n", "(empty hash)"),
            (b",1.5\r\n", "(double) 1.5"),
            (b"#f\r\n", "(false)"),
            (b"=5\r\ntxt:a\r\n", "(txt) \"a\""),
            (b"*2\r\n*2\r\n:1\r\n*0\r\n:2\r\n", "1) 1) (integer) 1\n   2) (empty array)\n2) (integer) 2"),
            (
                b"%2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n+b\r\n%1\r\n:1\r\n:2\r\n",
                "1# \"a\" =>\n   1) (integer) 1\n   2) (integer) 2\n2# b => 1# (integer) 1 => (integer) 2",
            ),
            (b">2\r\n+a\r\n+b\r\n", "-> 1) a\n   2) b"),
            (b"$8\r\n# A\r\nb\r\n\r\n", "| # A\n| b"),
        ];
        for (bytes, text) in table {
            assert_eq!(printed(bytes), *text, "{}", quote(bytes));
            // No prefix of a value is a value.
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), Ok(None), "{}", quote(&bytes[..end]));
            }
        }
        let ten = format!("*10\r\n{}", ":7\r\n".repeat(10));
        assert!(printed(ten.as_bytes()).starts_with(" 1) (integer) 7\n 2) "));
    }

    #[test]
    fn sorting_leaves_alone_what_is_not_a_list_of_strings() {
        let sorted = |bytes: &[u8], by| {
            let (mut value, _) = read(bytes).unwrap().unwrap();
            value.sort(by);
            print(&value, Protocol::Any).join(" ")
        };
        let strings = b"*4\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nd\r\n";
        assert_eq!(sorted(strings, 1), r#"1) "a" 2) "b" 3) "c" 4) "d""#);
        assert_eq!(sorted(strings, 2), r#"1) "b" 2) "d" 3) "c" 4) "a""#);
        assert_eq!(sorted(b"*2\r\n:2\r\n:1\r\n", 1), "1) (integer) 2 2) (integer) 1");
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bytes in [&b"?\r\n"[..], b"\r\n", b"$x\r\n", b"$1\r\nabc\r\n", b"#x\r\n"] {
            assert!(read(bytes).is_err(), "{}", quote(bytes));
        }
    }
}
