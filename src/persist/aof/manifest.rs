//! The manifest: which files the append-only file consists of.
//!
//! ```text
//! file appendonly.aof.2.base.rdb seq 2 type b
//! file appendonly.aof.4.incr.aof seq 4 type i
//! file appendonly.aof.5.incr.aof seq 5 type i
//! ```
//!
//! One line a file: pairs of a word and its value. Type `b` is the base, `i` an increment, `h` one that is no longer needed
//! and still to be removed. A name with odd characters stands in double quotes, escaped as in redis.conf.

use crate::base::words;
use std::fmt::{self, Write};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything up to a rewrite.
    Base,
    /// Units since.
    Increment,
    /// Nothing that is still needed.
    History,
}

/// A file of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, without a directory.
    pub name: String,
    /// Its number among the bases or the increments.
    pub seq: u64,
    /// What it holds.
    pub kind: Kind,
}

/// The whole set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What everything begins with, if there was a rewrite.
    pub base: Option<Part>,
    /// In the order of their numbers.
    pub increments: Vec<Part>,
    /// Still to be removed.
    pub history: Vec<Part>,
    last_base: u64,
    last_increment: u64,
}

/// Why a manifest cannot be used: the line, counted from one, its text, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Counted from one; zero if the file as a whole is wrong.
    pub line: usize,
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reading the manifest file, at line {}\n>>> '{}'\n{}", self.line, self.text, self.why)
    }
}

/// Longer lines are refused.
const LINE_MAX: usize = 1024;

impl Manifest {
    /// Reads a manifest.
    pub fn parse(text: &[u8]) -> Result<Manifest, Bad> {
        let mut manifest = Manifest::default();
        if text.is_empty() {
            return Err(Bad { line: 0, text: String::new(), why: "Found an empty AOF manifest" });
        }
        for (i, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let bad = |why| Bad { line: i + 1, text: String::from_utf8_lossy(line).trim_end().to_string(), why };
            if line.starts_with(b"#") {
                continue;
            }
            if line.len() > LINE_MAX {
                return Err(bad("The AOF manifest file contains too long line"));
            }
            if !line.ends_with(b"\n") {
                return Err(bad("The AOF manifest file contains an incomplete line"));
            }
            let line = line.trim_ascii();
            let format = "Invalid AOF manifest file format";
            let words = words::split(line).ok_or_else(|| bad(format))?;
            if words.len() < 6 || !words.len().is_multiple_of(2) {
                return Err(bad(format));
            }
            let mut part = (None, None, None);
            for pair in words.chunks(2) {
                let value = String::from_utf8_lossy(&pair[1]).into_owned();
                match pair[0].to_ascii_lowercase().as_slice() {
                    b"file" => {
                        if value.contains('/') || value.is_empty() {
                            return Err(bad("File can't be a path, just a filename"));
                        }
                        part.0 = Some(value);
                    }
                    b"seq" => part.1 = Some(value.parse::<u64>().map_err(|_| bad(format))?),
                    b"type" => {
                        part.2 = Some(match value.as_str() {
                            "b" => Kind::Base,
                            "i" => Kind::Increment,
                            "h" => Kind::History,
                            _ => return Err(bad("Unknown AOF file type")),
                        });
                    }
                    // What later versions may say beside.
                    _ => {}
                }
            }
            let (Some(name), Some(seq @ 1..), Some(kind)) = part else { return Err(bad(format)) };
            let part = Part { name, seq, kind };
            match kind {
                Kind::Base if manifest.base.is_some() => return Err(bad("Found duplicate base file information")),
                Kind::Base => {
                    manifest.last_base = seq;
                    manifest.base = Some(part);
                }
                Kind::Increment => {
                    if seq <= manifest.last_increment {
                        return Err(bad("Found a non-monotonic sequence number"));
                    }
                    manifest.last_increment = seq;
                    manifest.increments.push(part);
                }
                Kind::History => manifest.history.push(part),
            }
        }
        Ok(manifest)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in self.base.iter().chain(&self.history).chain(&self.increments) {
            let letter = match part.kind {
                Kind::Base => 'b',
                Kind::Increment => 'i',
                Kind::History => 'h',
            };
            let name = spelled(&part.name);
            writeln!(text, "file {name} seq {} type {letter}", part.seq).expect("a string takes everything");
        }
        text
    }

    /// The files that hold data, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.base.iter().chain(&self.increments)
    }

    /// Adds an increment after the last.
    pub fn add_increment(&mut self, filename: &str) -> &Part {
        self.last_increment += 1;
        let seq = self.last_increment;
        self.increments.push(Part { name: format!("{filename}.{seq}.incr.aof"), seq, kind: Kind::Increment });
        self.increments.last().expect("it was just added")
    }

    /// The base that a rewrite under way is going to be.
    pub fn next_base(&self, filename: &str, is_rdb: bool) -> Part {
        let seq = self.last_base + 1;
        let suffix = if is_rdb { "rdb" } else { "aof" };
        Part { name: format!("{filename}.{seq}.base.{suffix}"), seq, kind: Kind::Base }
    }

    /// No later base shall have this number.
    pub fn skip_base(&mut self, seq: u64) {
        self.last_base = seq;
    }

    /// A rewrite is done: `base` holds what all increments up to the one numbered `covered` held, and what was before.
    pub fn rebase(&mut self, base: Part, covered: u64) {
        self.last_base = base.seq;
        let old = self.base.replace(base);
        let (done, rest): (Vec<Part>, Vec<Part>) = self.increments.drain(..).partition(|part| part.seq <= covered);
        self.increments = rest;
        // The latest first, as Redis lists them.
        let before = std::mem::take(&mut self.history);
        let now = done.into_iter().rev().chain(old).map(|part| Part { kind: Kind::History, ..part });
        self.history = now.chain(before).collect();
    }

    /// The base is what was there before there were manifests: a file of commands under the name of the whole.
    pub fn upgraded(filename: &str) -> Manifest {
        let base = Part { name: filename.to_string(), seq: 1, kind: Kind::Base };
        Manifest { base: Some(base), last_base: 1, ..Manifest::default() }
    }
}

/// Which of the files of a set, whose lengths are these, is the last one that was written to, and so may end within a unit:
/// increments behind it that are still empty count as nothing. The first one, the base, was whole before it had its name.
pub fn last_written(lens: impl ExactSizeIterator<Item = u64>) -> usize {
    let last = lens.len().saturating_sub(1);
    lens.enumerate().skip(1).filter(|(_, len)| *len > 0).last().map_or(last, |(i, _)| i)
}

/// A name as it stands in the file: in quotes only if it must.
fn spelled(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'#');
    if name.bytes().all(is_plain) {
        return name.to_string();
    }
    let mut quoted = Vec::new();
    words::quote(name.as_bytes(), &mut quoted);
    String::from_utf8(quoted).expect("what is quoted is ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_and_read_again() {
        let mut manifest = Manifest::default();
        manifest.add_increment("a b.aof");
        let base = manifest.next_base("a b.aof", true);
        manifest.add_increment("a b.aof");
        manifest.rebase(base, 1);
        let text = manifest.text();
        assert_eq!(
            text,
            "file \"a b.aof.1.base.rdb\" seq 1 type b\nfile \"a b.aof.1.incr.aof\" seq 1 type h\n\
             file \"a b.aof.2.incr.aof\" seq 2 type i\n"
        );
        assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest.clone()));
        manifest.history.clear();
        let names: Vec<&str> = manifest.parts().map(|part| &*part.name).collect();
        assert_eq!(names, ["a b.aof.1.base.rdb", "a b.aof.2.incr.aof"]);
        assert_eq!(manifest.next_base("x", false).name, "x.2.base.aof");
    }

    #[test]
    fn empty_increments_at_the_end_do_not_count() {
        for (lens, last) in
            [(&[][..], 0), (&[5], 0), (&[5, 0], 1), (&[5, 3, 0, 0], 1), (&[5, 0, 4], 2), (&[0, 0, 0], 2)]
        {
            assert_eq!(last_written(lens.iter().copied()), last, "{lens:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let bad = |text: &str| Manifest::parse(text.as_bytes()).unwrap_err();
        let good = "file a seq 1 type b\n";
        assert_eq!(bad("").why, "Found an empty AOF manifest");
        for (line, why) in [
            ("file b seq 1 type b\n", "Found duplicate base file information"),
            ("file x/y seq 1 type i\n", "File can't be a path, just a filename"),
            ("file b seq x type i\n", "Invalid AOF manifest file format"),
            ("file b seq 0 type i\n", "Invalid AOF manifest file format"),
            ("file b seq 1\n", "Invalid AOF manifest file format"),
            ("\n", "Invalid AOF manifest file format"),
            ("file \"b seq 1 type i\n", "Invalid AOF manifest file format"),
            ("file b seq 1 type q\n", "Unknown AOF file type"),
            ("file b seq 1 type i", "The AOF manifest file contains an incomplete line"),
        ] {
            let found = bad(&format!("{good}{line}"));
            assert_eq!((found.line, found.why), (2, why), "{line}");
        }
        let twice = format!("{good}file b seq 2 type i\nfile c seq 2 type i\n");
        assert_eq!(bad(&twice).why, "Found a non-monotonic sequence number");
        let more = Manifest::parse(b"# a word\nfile b seq 3 type i startoffset 7\n").unwrap();
        assert_eq!(more.increments[0].seq, 3);
    }
}
