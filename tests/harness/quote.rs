//! Bytes as text and back, as redis-cli quotes them; and the additions of sessions: `"x"*1000`, and pieces that touch.

use std::fmt::Write as _;

/// From so many equal bytes on, they are printed as `"x"*n`.
const RUN: usize = 50;

/// Prints bytes in double quotes: `"a\x00\n"`; long runs apart, `"ab""x"*1000"\r\n"`.
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some((start, length)) = run(rest) {
        if start > 0 {
            text.push_str(&quote_piece(&rest[..start]));
        }
        let _ = write!(text, "{}*{length}", quote_piece(&rest[start..=start]));
        rest = &rest[start + length..];
    }
    if !rest.is_empty() || text.is_empty() {
        text.push_str(&quote_piece(rest));
    }
    text
}

/// The first run of equal bytes that is long enough: where it begins, and its length.
fn run(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    for piece in bytes.chunk_by(|a, b| a == b) {
        if piece.len() >= RUN {
            return Some((start, piece.len()));
        }
        start += piece.len();
    }
    None
}

fn quote_piece(bytes: &[u8]) -> String {
    // A quote and a hash together would end the raw string that holds the session.
    match bytes.strip_prefix(b"#") {
        Some(rest) => format!("\"\\x23{}\"", escape(rest)),
        None => format!("\"{}\"", escape(bytes)),
    }
}

/// The same without the quotes.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'"' => out.push_str("\\\""),
            other => escape_byte(other, &mut out),
        }
    }
    out
}

/// What cannot be printed is escaped, quotes are not: the text of a status or an error.
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        escape_byte(byte, &mut out);
    }
    out
}

fn escape_byte(byte: u8, out: &mut String) {
    match byte {
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x07 => out.push_str("\\a"),
        0x08 => out.push_str("\\b"),
        0x20..=0x7e => out.push(byte as char),
        other => {
            let _ = write!(out, "\\x{other:02x}");
        }
    }
}

/// Splits a line into arguments.
pub fn words(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut rest = line.as_bytes();
    let mut words = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(words);
        }
        let (word, after) = word(rest).map_err(|problem| format!("{problem} in `{line}`"))?;
        words.push(word);
        rest = after;
    }
}

/// Reads one argument and returns it with what follows it. Quoted pieces that touch are one argument.
fn word(text: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    if !b"\"'".contains(&text[0]) {
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_vec(), &text[end..]));
    }
    let mut whole = Vec::new();
    let mut rest = text;
    loop {
        let (piece, after) = match rest {
            [b'"', inside @ ..] => double_quoted(inside)?,
            [b'\'', inside @ ..] => single_quoted(inside)?,
            [b, ..] if !b.is_ascii_whitespace() => {
                return Err("a closing quote must be followed by a blank".to_string());
            }
            _ => return Ok((whole, rest)),
        };
        let (piece, after) = repeated(piece, after)?;
        whole.extend(piece);
        rest = after;
    }
}

/// `*1000` behind a quoted word.
fn repeated(value: Vec<u8>, rest: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let Some(digits) = rest.strip_prefix(b"*") else {
        return Ok((value, rest));
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let count: usize =
        str::from_utf8(&digits[..end]).ok().and_then(|text| text.parse().ok()).ok_or("a count must follow `*`")?;
    Ok((value.repeat(count), &digits[end..]))
}

fn double_quoted(mut text: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut value = Vec::new();
    loop {
        match text {
            [] => return Err("unbalanced quotes".to_string()),
            [b'"', rest @ ..] => return Ok((value, rest)),
            [b'\\', b'x', high, low, rest @ ..] if hex(*high, *low).is_some() => {
                value.extend(hex(*high, *low));
                text = rest;
            }
            [b'\\', letter, rest @ ..] => {
                value.push(match letter {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 0x07,
                    b'b' => 0x08,
                    other => *other,
                });
                text = rest;
            }
            [byte, rest @ ..] => {
                value.push(*byte);
                text = rest;
            }
        }
    }
}

fn single_quoted(mut text: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut value = Vec::new();
    loop {
        match text {
            [] => return Err("unbalanced quotes".to_string()),
            [b'\\', b'\'', rest @ ..] => {
                value.push(b'\'');
                text = rest;
            }
            [b'\'', rest @ ..] => return Ok((value, rest)),
            [byte, rest @ ..] => {
                value.push(*byte);
                text = rest;
            }
        }
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| (b as char).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// One request in RESP, as every client sends it.
pub fn request(words: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_quoting() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(words(&quote(&all)), Ok(vec![all]));
        assert_eq!(quote(&[b'x'; 50]), "\"x\"*50");
        assert_eq!(words("\"x\"*50"), Ok(vec![vec![b'x'; 50]]));
        let mixed = [b"#a".to_vec(), vec![b'#'; 60], b"b".to_vec(), vec![0; 50]].concat();
        assert_eq!(quote(&mixed), r#""\x23a""\x23"*60"b""\x00"*50"#);
        assert_eq!(words(&quote(&mixed)), Ok(vec![mixed]));
    }

    #[test]
    fn words_are_split_as_in_redis_cli() {
        let split = |line| words(line).map(|w| w.iter().map(|w| escape(w)).collect::<Vec<_>>());
        assert_eq!(split("  a  b "), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(split(r#"'a b\'c' "" "#), Ok(vec!["a b'c".into(), String::new()]));
        assert_eq!(split(r#"a"b c"#), Ok(vec!["a\\\"b".into(), "c".into()]));
        assert!(split("\"a").is_err());
        assert!(split("\"a\"b").is_err());
        assert_eq!(split(r#""a"'b'"c" d"#), Ok(vec!["abc".into(), "d".into()]));
        assert!(split("\"a\"*").is_err());
    }
}
