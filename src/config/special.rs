//! The directives whose values have a form of their own.

use super::directive::{Reason, memory};
use crate::base::number::parse_i64;

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Addresses to listen on, `-` in front of those that may be missing.
    Bind,
    /// Pairs of seconds and changes after which a snapshot is taken.
    Save,
    /// Class, hard limit, soft limit, seconds; any number of times.
    OutputLimits,
    /// Letters for the classes of keyspace events.
    Events,
    /// Percentiles that INFO shows.
    Percentiles,
    /// Three numbers for the kernel's out-of-memory killer.
    OomScores,
    /// Host and port of a master, or `no one`.
    ReplicaOf,
    /// The process title, with `{variables}`.
    Title,
    /// A locale's name.
    Locale,
    /// A directory that must be there.
    Dir,
    /// The name of a file, without a path.
    FileName {
        /// The directive's name, which the refusal repeats.
        of: &'static str,
        /// `filename` or `dirname`.
        noun: &'static str,
        /// Whether it may be empty.
        may_be_empty: bool,
    },
    /// The name of this machine in a cluster.
    HostName,
    /// The name of this node for humans.
    NodeName,
}

/// The most addresses that `bind` takes.
const BIND_MAX: usize = 16;
/// The classes of clients with output limits, in the order in which they are shown.
pub const CLASSES: [&str; 3] = ["normal", "slave", "pubsub"];
/// The classes of keyspace events that `A` stands for, in the order in which they are shown.
const ALL_EVENTS: &[u8] = b"g$lshzxetd";
/// What a process title may contain in braces.
const TITLE_VARIABLES: [&str; 7] =
    ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];

/// What a cluster node's name for humans may not contain.
const NOT_IN_NODE_NAMES: &[u8] = b"!#$%&()*+:;<>?@[]^{|}~";

impl Special {
    /// See [`super::directive::Directive::check`].
    pub fn check(self, words: &[&[u8]], before: &[u8]) -> Result<Box<[u8]>, Reason> {
        let text = words.join(&b' ');
        let checked = match self {
            Special::Bind => bind(words)?,
            Special::Save => save(words, before)?,
            Special::OutputLimits => output_limits(words, before)?,
            Special::Events => events(&text)?,
            Special::Percentiles => percentiles(words)?,
            Special::OomScores => oom_scores(words)?,
            Special::ReplicaOf => replica_of(words)?,
            Special::Title => title(&text).map(|()| text)?,
            Special::Locale => match &*text {
                // Other locales would need the C library's collation, which nothing here uses.
                b"" | b"C" | b"POSIX" | b"C.UTF-8" | b"C.utf8" => text,
                _ => return Err("Invalid locale name".into()),
            },
            Special::Dir => dir(&text)?,
            Special::FileName { of, noun, may_be_empty } => {
                if text.contains(&b'/') {
                    return Err(format!("{of} can't be a path, just a {noun}").into());
                }
                if text.is_empty() && !may_be_empty {
                    return Err(format!("{of} can't be empty").into());
                }
                text
            }
            Special::HostName => {
                if text.len() >= 256 {
                    return Err("Hostnames must be less than 256 characters".into());
                }
                if !text.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.') {
                    return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
                }
                text
            }
            Special::NodeName => {
                if text.iter().any(|byte| NOT_IN_NODE_NAMES.contains(byte)) {
                    return Err("Announced human node name contained invalid character".into());
                }
                text
            }
        };
        Ok(checked.into())
    }

    /// Whether a file may give it several words; the others take one, quoted if it contains blanks.
    pub fn takes_many(self) -> bool {
        matches!(
            self,
            Special::Bind
                | Special::Save
                | Special::OutputLimits
                | Special::Percentiles
                | Special::OomScores
                | Special::ReplicaOf
        )
    }
}

/// An integer as C's `strtoll` takes it: a plus and leading zeros are welcome.
fn loose_integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn bind(words: &[&[u8]]) -> Result<Vec<u8>, Reason> {
    if words.len() > BIND_MAX {
        return Err("Too many bind addresses specified.".into());
    }
    let is_wrong = |word: &&[u8]| word.is_empty() || !word.is_ascii();
    if words != [b""] && words.iter().any(is_wrong) {
        return Err("Failed to bind to specified addresses.".into());
    }
    Ok(words.join(&b' '))
}

/// Pairs are added to those from before; no words, or one empty word, take all of them away.
fn save(words: &[&[u8]], before: &[u8]) -> Result<Vec<u8>, Reason> {
    const WRONG: Reason = Reason::Borrowed("Invalid save parameters");
    if words.is_empty() || words == [b""] {
        return Ok(Vec::new());
    }
    if !words.len().is_multiple_of(2) {
        return Err(WRONG);
    }
    let mut text = before.to_vec();
    for pair in words.chunks(2) {
        let seconds = loose_integer(pair[0]).filter(|&n| n >= 1).ok_or(WRONG)?;
        let changes = loose_integer(pair[1]).filter(|n| (0..=i64::from(i32::MAX)).contains(n)).ok_or(WRONG)?;
        if !text.is_empty() {
            text.push(b' ');
        }
        text.extend_from_slice(format!("{seconds} {changes}").as_bytes());
    }
    Ok(text)
}

/// The limits of [`CLASSES`] as text: hard, soft, seconds of each.
pub fn parse_output_limits(text: &[u8]) -> [[u64; 3]; 3] {
    let mut limits = [[0; 3]; 3];
    let numbers = text.split(|&byte| byte == b' ').filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok());
    for (i, number) in numbers.take(9).enumerate() {
        limits[i / 3][i % 3] = number;
    }
    limits
}

fn output_limits(words: &[&[u8]], before: &[u8]) -> Result<Vec<u8>, Reason> {
    const WRONG: Reason =
        Reason::Borrowed("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    let mut limits = parse_output_limits(before);
    if words != [b""] && !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    for four in words.chunks_exact(4) {
        let class = match &*four[0].to_ascii_lowercase() {
            b"normal" => 0,
            b"slave" | b"replica" => 1,
            b"pubsub" => 2,
            _ => {
                return Err("Invalid client class specified in buffer limit configuration.".into());
            }
        };
        let seconds = loose_integer(four[3]).and_then(|n| u64::try_from(n).ok());
        limits[class] = [memory(four[1]).ok_or(WRONG)?, memory(four[2]).ok_or(WRONG)?, seconds.ok_or(WRONG)?];
    }
    let of = |(class, [hard, soft, seconds]): (&str, [u64; 3])| format!("{class} {hard} {soft} {seconds}");
    Ok(CLASSES.into_iter().zip(limits).map(of).collect::<Vec<_>>().join(" ").into_bytes())
}

/// The letters in Redis's order, each once. `n`, `o` and `c` are kept beside `A`, though [`shown_events`] leaves them out.
fn events(text: &[u8]) -> Result<Vec<u8>, Reason> {
    const OTHERS: &[u8] = b"nocKEm";
    let has = |letter: u8| text.contains(&letter) || (text.contains(&b'A') && ALL_EVENTS.contains(&letter));
    if text.iter().any(|letter| *letter != b'A' && !ALL_EVENTS.contains(letter) && !OTHERS.contains(letter)) {
        return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into());
    }
    let mut letters: Vec<u8> = ALL_EVENTS.iter().copied().filter(|&letter| has(letter)).collect();
    if letters.len() == ALL_EVENTS.len() {
        letters = vec![b'A'];
    }
    letters.extend(OTHERS.iter().filter(|&&letter| has(letter)));
    Ok(letters)
}

/// All letters of the events, with those that `A` stands for.
pub fn all_events(value: &[u8]) -> Vec<u8> {
    let all = if value.first() == Some(&b'A') { ALL_EVENTS } else { b"" };
    [all, value].concat()
}

/// The events as CONFIG GET shows them: like Redis, it does not tell `n`, `o` and `c` beside `A`.
pub fn shown_events(value: &[u8]) -> Vec<u8> {
    let hides_some = value.first() == Some(&b'A');
    value.iter().copied().filter(|letter| !(hides_some && b"noc".contains(letter))).collect()
}

fn percentiles(words: &[&[u8]]) -> Result<Vec<u8>, Reason> {
    if words.is_empty() || words == [b""] {
        return Ok(Vec::new());
    }
    let mut texts = Vec::new();
    for word in words {
        let number = std::str::from_utf8(word).ok().and_then(|word| word.parse::<f64>().ok()).filter(|n| !n.is_nan());
        let number = number.ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]".into());
        }
        let digits = format!("{number:.6}");
        texts.push(digits.trim_end_matches('0').trim_end_matches('.').to_string());
    }
    Ok(texts.join(" ").into_bytes())
}

fn oom_scores(words: &[&[u8]]) -> Result<Vec<u8>, Reason> {
    let &[master, replica, child] = words else {
        return Err("wrong number of arguments".into());
    };
    let mut texts = Vec::new();
    for word in [master, replica, child] {
        // Two blanks in a row have an empty word between them, which C reads as a zero.
        let score = if word.is_empty() { Some(0) } else { loose_integer(word) };
        let score = score.filter(|n| (-2000..=2000).contains(n));
        let wrong = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
        texts.push(score.ok_or(wrong)?.to_string());
    }
    Ok(texts.join(" ").into_bytes())
}

fn replica_of(words: &[&[u8]]) -> Result<Vec<u8>, Reason> {
    let &[host, port] = words else {
        return Err("wrong number of arguments".into());
    };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(Vec::new());
    }
    match parse_i64(port) {
        Some(0..=65535) => Ok([host, port].join(&b' ')),
        _ => Err("Invalid master port".into()),
    }
}

/// `{{` stands for a brace; otherwise a brace opens the name of a variable.
fn title(text: &[u8]) -> Result<(), Reason> {
    const WRONG: Reason = Reason::Borrowed("template format is invalid or contains unknown variables");
    let mut rest = text;
    while let Some(open) = rest.iter().position(|&byte| byte == b'{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix(b"{") {
            rest = after;
            continue;
        }
        let close = rest.iter().position(|&byte| byte == b'}').ok_or(WRONG)?;
        if !TITLE_VARIABLES.iter().any(|name| name.as_bytes() == &rest[..close]) {
            return Err(WRONG);
        }
        rest = &rest[close + 1..];
    }
    if text.trim_ascii().is_empty() { Err(WRONG) } else { Ok(()) }
}

/// The directory in full. The caller moves there.
fn dir(text: &[u8]) -> Result<Vec<u8>, Reason> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(text));
    match path.canonicalize() {
        Ok(full) if full.is_dir() => Ok(full.into_os_string().into_vec()),
        Ok(_) => Err("Not a directory".into()),
        Err(error) => Err(system_text(&error).into()),
    }
}

/// What the system calls an error, without the number that Rust adds.
pub fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}
