//! Rust source with everything taken out that is not code: comments, texts, and the modules of tests.
//!
//! What is taken out becomes blanks, so that places and line numbers stay. It is no parser: it knows just enough of
//! the language's tokens to tell code from text.

/// The code of a file, without comments and the insides of literals.
pub fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while !rest.is_empty() {
        let skipped = comment(rest).or_else(|| literal(rest)).unwrap_or(0);
        if skipped > 0 {
            blank(&rest[..skipped], &mut out);
            rest = &rest[skipped..];
            continue;
        }
        // A whole word at once: the `r` at the end of a name does not begin a raw string.
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let taken = if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// The same without items marked `#[cfg(test)]`.
pub fn shipped(source: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let code = code(source);
    let mut out = String::with_capacity(code.len());
    let mut rest = &*code;
    while let Some(start) = rest.find(MARK) {
        let (before, item) = rest.split_at(start);
        let end = item_end(item);
        out.push_str(before);
        blank(&item[..end], &mut out);
        rest = &item[end..];
    }
    out.push_str(rest);
    out
}

/// Where an item ends: at its closing brace, or at a semicolon before any brace.
fn item_end(item: &str) -> usize {
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// The length of the comment that begins here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(at)
}

/// The length of the text or character that begins here, with its prefix and quotes.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""]
        .into_iter()
        .find(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['"', '\'', '#'])))?;
    let rest = &text[prefix.len()..];
    if prefix.contains('r') {
        let hashes = rest.find(|c| c != '#').unwrap_or(rest.len());
        let inside = rest[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", &rest[..hashes]);
        let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
        return Some(prefix.len() + hashes + 1 + length);
    }
    let quote = rest.chars().next().filter(|&c| c != '#')?;
    if quote == '\'' && !is_character(rest) {
        return None;
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Some(prefix.len() + at + 1);
        }
    }
    Some(text.len())
}

/// `'a'` or `'\n'`, and not the lifetime `'a`.
fn is_character(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The number of the line in which a place lies.
pub fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The places at which a whole word stands.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part))
}

/// The modules that stand behind each `path::` (`crate::`): `crate::a::b` and `crate::{a, b::{c, d}}` name a, and a and b.
pub fn named_after(code: &str, path: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(code, path).collect::<Vec<_>>() {
        let after = &code[at + path.len()..];
        let Some(after) = after.trim_start().strip_prefix("::") else {
            continue;
        };
        let after = after.trim_start();
        if let Some(group) = after.strip_prefix('{') {
            found.extend(first_names(group).into_iter().map(|name| (at, name)));
        } else {
            found.extend(name(after).map(|name| (at, name)));
        }
    }
    found
}

/// The first name of each item in a group, up to the brace that closes it.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut item_begins = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => item_begins = true,
            c if c.is_whitespace() => {}
            _ if item_begins => {
                names.extend(name(&group[at..]));
                item_begins = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_no_code() {
        let source =
            "a // unsafe\nb /* unsafe /* x */ y */ c \"unsafe \\\" x\" d r#\"un\"safe\"# e b\"z\" 'u' '\\'' f<'g>";
        let kept: Vec<_> = code(source).split_whitespace().map(str::to_string).collect();
        assert_eq!(kept, ["a", "b", "c", "d", "e", "f<'g>"]);
        assert_eq!(code(source).matches('\n').count(), 1);
        assert_eq!(code("var\"x\" for r in"), "var    for r in");
    }

    #[test]
    fn tests_are_not_shipped() {
        let source =
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c(\"}\"); } }\nfn d() {}\n#[cfg(test)]\nuse e;\nfn f() {}";
        let kept: Vec<_> = shipped(source).split_whitespace().map(str::to_string).collect();
        assert_eq!(kept.join(" "), "fn a() {} fn d() {} fn f() {}");
    }

    #[test]
    fn imports_are_found_in_groups_and_paths() {
        let code = "use crate::a::b; use crate::{c, d::{e, f}, g}; let x = crate::h::i(); mycrate::j; use crate :: k;";
        let names: Vec<_> = named_after(code, "crate").into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["a", "c", "d", "g", "h", "k"]);
    }
}
