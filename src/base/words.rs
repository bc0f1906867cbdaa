//! Lines to words and back, as `redis.conf` quotes them.
//!
//! Words are separated by blanks. In double quotes `\n`, `\r`, `\t`, `\b`, `\a`, `\xHH` stand for bytes and a backslash
//! takes any other byte literally; in single quotes only `\'` does. A closing quote must be followed by a blank.

/// A text as C sees it: up to the first zero byte.
pub fn until_nul(text: &[u8]) -> &[u8] {
    memchr::memchr(0, text).map_or(text, |end| &text[..end])
}

/// The words of a line, or `None` if a quote is not closed as it should.
pub fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        rest = &rest[blanks..];
        if rest.is_empty() {
            return Some(words);
        }
        let mut word = Vec::new();
        loop {
            match *rest {
                [] => break,
                [byte, ..] if is_blank(byte) => break,
                [b'"', ref inner @ ..] => {
                    rest = double_quoted(inner, &mut word)?;
                    break;
                }
                [b'\'', ref inner @ ..] => {
                    rest = single_quoted(inner, &mut word)?;
                    break;
                }
                [byte, ref after @ ..] => {
                    word.push(byte);
                    rest = after;
                }
            }
        }
        words.push(word);
    }
}

/// As C's `isspace`.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// What follows a closing quote: nothing, or a blank.
fn after_quote(rest: &[u8]) -> Option<&[u8]> {
    rest.first().is_none_or(|byte| is_blank(*byte)).then_some(rest)
}

fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    let hex = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8); // below 16
    loop {
        match *rest {
            [] => return None,
            [b'"', ref after @ ..] => return after_quote(after),
            [b'\\', b'x', high, low, ref after @ ..] if hex(high).is_some() && hex(low).is_some() => {
                word.push(hex(high)? << 4 | hex(low)?);
                rest = after;
            }
            [b'\\', escaped, ref after @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => other,
                });
                rest = after;
            }
            [byte, ref after @ ..] => {
                word.push(byte);
                rest = after;
            }
        }
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match *rest {
            [] => return None,
            [b'\'', ref after @ ..] => return after_quote(after),
            [b'\\', b'\'', ref after @ ..] => {
                word.push(b'\'');
                rest = after;
            }
            [byte, ref after @ ..] => {
                word.push(byte);
                rest = after;
            }
        }
    }
}

/// Appends a word in double quotes, so that [`split`] gives it back.
pub fn quote(word: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in word {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    #[test]
    fn quotes_and_escapes() {
        let split = |line: &str| split(line.as_bytes());
        let words = |list: &[&str]| Some(list.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(split("  save\t900  1 \r"), words(&["save", "900", "1"]));
        assert_eq!(split(r#"a "b c" 'd "e' "" ''"#), words(&["a", "b c", "d \"e", "", ""]));
        assert_eq!(split(r#""\x41\n\"\q\xzz""#), words(&["A\n\"qxzz"]));
        assert_eq!(split(r"'it\'s \n'"), words(&[r"it's \n"]));
        assert_eq!(split(r#"ab"cd""#), words(&["abcd"]));
        for unbalanced in [r#"a "b"#, "a 'b", r#""a"b"#, "'a'b", r#"a"b"c"#] {
            assert_eq!(split(unbalanced), None, "{unbalanced}");
        }
    }

    #[test]
    fn what_is_quoted_comes_back() {
        for seed in 1..=50 {
            let mut dice = Dice(seed);
            let word: Vec<u8> = (0..dice.next() % 40).map(|_| dice.next() as u8).collect();
            let mut line = Vec::new();
            quote(&word, &mut line);
            assert!(line.iter().all(|byte| (b' '..=b'~').contains(byte)), "seed {seed}");
            assert_eq!(split(&line), Some(vec![word]), "seed {seed}");
        }
    }
}
