//! Glob patterns as Redis understands them: `*`, `?`, `[a-z]`, `[^a]`, and `\` before what is to be taken literally.
//!
//! Odd cases are Redis's: a class that nobody closes ends with the pattern, a range may be written backwards, a `]`
//! closes a class wherever it stands, and a backslash at the very end is itself. A star that fails is tried again one
//! byte further, but only the last star: an earlier one has nothing to gain. So the time is at most pattern times text.

/// Whether the whole of `text` fits the pattern.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    run(pattern, text, |byte| byte)
}

/// The same, with the case of ASCII letters ignored.
pub fn matches_nocase(pattern: &[u8], text: &[u8]) -> bool {
    run(pattern, text, |byte| byte.to_ascii_lowercase())
}

fn run(pattern: &[u8], text: &[u8], fold: impl Fn(u8) -> u8 + Copy) -> bool {
    if text.is_empty() {
        // Redis fits nothing to an empty text but an empty pattern; KEYS and SCAN take a lone star for no pattern at all.
        return pattern.is_empty();
    }
    let (mut at, mut pos) = (0, 0);
    // Where to go on when what follows the last star does not fit: the pattern after it, and the text it began at.
    let mut last_star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            if at == pattern.len() {
                return true;
            }
            last_star = Some((at, pos));
            continue;
        }
        if pos == text.len() {
            // Less text will not help any star.
            return at == pattern.len();
        }
        let fits = match pattern.get(at..).filter(|rest| !rest.is_empty()) {
            Some(rest) => one(rest, text[pos], fold),
            None => None,
        };
        match (fits, last_star) {
            (Some(used), _) => {
                at += used;
                pos += 1;
            }
            (None, Some((after, began))) => {
                at = after;
                pos = began + 1;
                last_star = Some((after, pos));
            }
            (None, None) => return false,
        }
    }
}

/// Whether one byte fits the first element of a pattern (not a star), and how long that element is.
fn one(pattern: &[u8], byte: u8, fold: impl Fn(u8) -> u8 + Copy) -> Option<usize> {
    let same = |literal: u8| fold(literal) == fold(byte);
    match *pattern {
        [b'?', ..] => Some(1),
        [b'[', ..] => class(pattern, byte, fold),
        [b'\\', escaped, ..] => same(escaped).then_some(2),
        [literal, ..] => same(literal).then_some(1),
        [] => None,
    }
}

/// The same for an element that begins with `[`.
fn class(pattern: &[u8], byte: u8, fold: impl Fn(u8) -> u8 + Copy) -> Option<usize> {
    let byte = fold(byte);
    let is_negated = pattern.get(1) == Some(&b'^');
    let mut at = if is_negated { 2 } else { 1 };
    let mut is_in = false;
    let end = loop {
        match pattern[at..] {
            [] => break at,
            [b'\\', escaped, ..] => {
                is_in |= fold(escaped) == byte;
                at += 2;
            }
            [b']', ..] => break at + 1,
            [from, b'-', to, ..] => {
                let (low, high) = (fold(from.min(to)), fold(from.max(to)));
                is_in |= (low..=high).contains(&byte);
                at += 3;
            }
            [literal, ..] => {
                is_in |= fold(literal) == byte;
                at += 1;
            }
        }
    };
    (is_in != is_negated).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_as_in_redis() {
        let cases: &[(&str, &str, bool)] = &[
            ("", "", true),
            ("", "a", false),
            ("*", "", false),
            ("a*", "a", true),
            ("a**", "a", true),
            ("**", "abc", true),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hbllo", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"a\", r"a\", true),
            ("[a", "a", true),
            ("[a", "b", false),
            ("[]", "]", false),
            ("[^]", "x", true),
            (r"[\]]", "]", true),
            ("[a-]", "a", true),
            ("[a-]", "-", false),
            ("a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("*a*b", "xaxxbxb", true),
        ];
        for &(pattern, text, fits) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} against {text}");
        }
        assert!(!matches(b"ABC*", b"abcd") && matches_nocase(b"ABC[D-F]", b"abce"));
    }

    #[test]
    fn takes_no_more_than_pattern_times_text() {
        let pattern = b"*a".repeat(50);
        let text = vec![b'b'; 100_000];
        assert!(!matches(&pattern, &text));
    }
}
