//! Glob patterns as Redis understands them: `*`, `?`, `[a-z]`, `[^a]`, and `\` before what is to be taken literally.
//!
//! Odd cases are Redis's: a class that nobody closes ends with the pattern, a range may be written backwards and is one
//! of signed bytes, a `]` closes a class wherever it stands, a backslash at the very end is itself, an empty text fits
//! only the empty pattern (so not `*`), and after a thousand stars nothing fits.
//!
//! A star that fails is tried again one byte further, but only the last star: an earlier one has nothing to gain. So the
//! time is at most pattern times text.

/// After this many stars (several in a row are one, one at the end is none) Redis gives up.
const STARS_MAX: usize = 1000;

/// Whether the whole of `text` fits the pattern.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    run(pattern, text, signed)
}

/// The same, with the case of ASCII letters ignored.
pub fn matches_nocase(pattern: &[u8], text: &[u8]) -> bool {
    run(pattern, text, lower)
}

/// A byte as C orders it.
fn signed(byte: u8) -> i16 {
    i16::from(byte as i8)
}

/// A byte in lower case, as C's `tolower` takes and gives it: bytes over 127 become positive, but for the last one, which
/// it takes for the end of a file. So a range that is put in order before it is folded may become an empty one.
fn lower(byte: u8) -> i16 {
    if byte == 0xFF { -1 } else { i16::from(byte.to_ascii_lowercase()) }
}

fn run(pattern: &[u8], text: &[u8], fold: impl Fn(u8) -> i16 + Copy) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut at, mut pos, mut stars) = (0, 0, 0);
    // Where to go on when what follows the last star does not fit: the pattern after it, and the text it began at.
    let mut last_star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            while pattern.get(at) == Some(&b'*') {
                at += 1;
            }
            if at == pattern.len() {
                return true;
            }
            stars += 1;
            if stars > STARS_MAX {
                return false;
            }
            last_star = Some((at, pos));
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
fn one(pattern: &[u8], byte: u8, fold: impl Fn(u8) -> i16 + Copy) -> Option<usize> {
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
fn class(pattern: &[u8], byte: u8, fold: impl Fn(u8) -> i16 + Copy) -> Option<usize> {
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
                let (low, high) = if signed(from) <= signed(to) { (from, to) } else { (to, from) };
                is_in |= (fold(low)..=fold(high)).contains(&byte);
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
            // An empty text fits nothing but the empty pattern. Where Redis lets `*` pass anything, the command says so.
            ("*", "", false),
            ("**", "", false),
            ("*", "a", true),
            ("a***", "a", true),
            ("*a", "", false),
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
            ("*aab", "aaab", true),
        ];
        for &(pattern, text, fits) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} against {text}");
        }
        assert!(!matches(b"ABC*", b"abcd") && matches_nocase(b"ABC[D-F]", b"abce"));
    }

    #[test]
    fn ranges_are_of_signed_bytes() {
        let cases: [(&[u8], u8, bool, bool); 10] = [
            // The pattern, a byte, whether it fits, and whether it does when case is ignored.
            (b"[\xff-?]", b'5', true, true),
            (b"[\xff-?]", 0, true, true),
            (b"[\xff-?]", b'a', false, false),
            (b"[?-\xff]", 0xff, true, true),
            (b"[?-\xff]", 0x80, false, false),
            // Put in order, then folded.
            (b"[Z-a]", b'm', false, false),
            (b"[X-\x84]", b'Q', true, false),
            (b"[X-\x84]", 0x85, true, false),
            (b"[\x84-\x99]", 0x90, true, true),
            (b"[\x99-\x84]", 0x83, false, false),
        ];
        for (pattern, byte, fits, fits_nocase) in cases {
            assert_eq!(matches(pattern, &[byte]), fits, "{} {byte}", pattern.escape_ascii());
            assert_eq!(matches_nocase(pattern, &[byte]), fits_nocase, "{} {byte}", pattern.escape_ascii());
        }
    }

    #[test]
    fn case_is_ignored_in_literals_escapes_and_classes() {
        for (pattern, text) in
            [("MaX*", "maxMEMORY"), (r"\M\ax", "MAX"), ("[M]ax", "max"), ("[A-N]ax", "max"), ("[^a-l]AX", "max")]
        {
            assert!(matches_nocase(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
            assert!(!matches(pattern.as_bytes(), text.as_bytes()) || pattern == "[^a-l]AX", "{pattern} {text}");
        }
        assert!(!matches_nocase(b"[^A-N]ax", b"max"));
    }

    #[test]
    fn after_a_thousand_stars_nothing_fits() {
        let text = [b'a'; 1200];
        for (pattern, fits) in [("a*", 1001), ("*a", 1000), ("**a", 1000)] {
            assert!(matches(pattern.repeat(fits).as_bytes(), &text), "{pattern}");
            assert!(!matches(pattern.repeat(fits + 1).as_bytes(), &text), "{pattern}");
        }
    }

    #[test]
    fn takes_no_more_than_pattern_times_text() {
        let pattern = b"*a".repeat(50);
        let text = vec![b'b'; 100_000];
        assert!(!matches(&pattern, &text));
    }
}
