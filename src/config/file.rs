//! Reading `redis.conf`: one directive a line, `#` before comments, words quoted as in [`crate::base::words`].
//!
//! What is said last holds. `save` lines add up (the first one replaces the default rules), the classes of
//! `client-output-buffer-limit` are set one by one, and `include` reads other files on the spot. Where Redis stops at
//! the first mistake, a [`Loader`] collects all of them, so that one look is enough to mend a file.

use super::directive::Reason;
use super::special::{Special, system_text};
use super::{Config, DIRECTIVES, NAMES, Settings, find};
use crate::base::glob;
use crate::base::words;
use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Files that include each other end here.
const DEPTH_MAX: u32 = 16;
/// Directives of older versions, which Redis passes over in silence.
const FORGOTTEN: [&[u8]; 4] =
    [b"list-max-ziplist-entries", b"list-max-ziplist-value", b"lua-replicate-commands", b"io-threads-do-reads"];
/// Directives that CONFIG does not know and that a file may contain; refused, since passing over them would be unsafe.
const UNSUPPORTED: [(&[u8], &str); 2] =
    [(b"loadmodule", "modules are not supported"), (b"sentinel", "there is no sentinel mode")];
const BAD: &str = "Bad directive or wrong number of arguments";

/// A line that cannot be obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or what else the line comes from.
    pub source: String,
    /// Its number, counted from one.
    pub line: usize,
    /// The line itself.
    pub text: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// A line that is the server's business: here nobody knows commands, or what a user may do.
#[derive(Clone, Copy, Debug)]
pub enum Foreign<'a> {
    /// `rename-command`.
    Rename {
        /// The command.
        from: &'a [u8],
        /// Its new name, or nothing to take it away.
        to: &'a [u8],
    },
    /// `user`.
    User {
        /// Who.
        name: &'a [u8],
        /// What is said of that user.
        rules: &'a [Vec<u8>],
        /// Whether new users may use all channels, as far as the lines before say (`acl-pubsub-default`).
        all_channels: bool,
    },
}

/// Says what is wrong with such lines, in the order in which they come.
pub type Judge<'a> = dyn FnMut(Foreign) -> Result<(), Reason> + 'a;

/// Reads files and lines into a configuration.
pub struct Loader<'a> {
    config: Config,
    judge: &'a mut Judge<'a>,
    problems: Vec<Problem>,
    /// The default rules are gone: further `save` lines add to what is there.
    has_save: bool,
    depth: u32,
}

impl<'a> Loader<'a> {
    /// Begins with a configuration.
    pub fn new(config: Config, judge: &'a mut Judge<'a>) -> Loader<'a> {
        Loader { config, judge, problems: Vec::new(), has_save: false, depth: 0 }
    }

    /// Reads a file, or all files that a pattern finds. The error is Redis's, when one cannot be opened.
    pub fn file(&mut self, path: &[u8]) -> Result<(), String> {
        for path in files(Path::new(OsStr::from_bytes(path))) {
            let text = std::fs::read(&path).map_err(|error| {
                format!("Fatal error, can't open config file '{}': {}", path.display(), system_text(&error))
            })?;
            self.text(&format!("the configuration file {}", path.display()), &text);
        }
        Ok(())
    }

    /// Reads the lines of a text.
    pub fn text(&mut self, source: &str, text: &[u8]) {
        for (i, line) in text.split(|&byte| byte == b'\n').enumerate() {
            self.line(source, i + 1, line);
        }
    }

    /// Reads one line.
    pub fn line(&mut self, source: &str, number: usize, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() || line[0] == b'#' {
            return;
        }
        if let Err(reason) = self.obey(line) {
            let text = String::from_utf8_lossy(line).into_owned();
            self.problems.push(Problem { source: source.to_string(), line: number, text, reason });
        }
    }

    fn obey(&mut self, line: &[u8]) -> Result<(), Reason> {
        let words = words::split(line).ok_or("Unbalanced quotes in configuration line")?;
        let Some((name, values)) = words.split_first() else {
            return Ok(());
        };
        let lower = name.to_ascii_lowercase();
        if let Some((_, row)) = find(&lower) {
            return self.assign(row, values);
        }
        if lower == b"include" && values.len() == 1 {
            return self.include(&values[0]);
        }
        if let (b"rename-command", [from, to]) = (&*lower, values) {
            (self.judge)(Foreign::Rename { from, to })?;
            self.config.renames.push((from.clone(), to.clone()));
            return Ok(());
        }
        if lower == b"user" && !values.is_empty() {
            return self.user(values);
        }
        if FORGOTTEN.contains(&&*lower) && values.len() == 1 {
            return Ok(());
        }
        if let Some((_, why)) = UNSUPPORTED.iter().find(|(name, _)| *name == lower && !values.is_empty()) {
            return Err((*why).into());
        }
        Err(match nearest(&lower) {
            Some(known) if lower != b"include" => format!("{BAD} (is '{known}' meant?)").into(),
            _ => BAD.into(),
        })
    }

    fn assign(&mut self, row: usize, values: &[Vec<u8>]) -> Result<(), Reason> {
        let directive = &DIRECTIVES[row];
        let mut words: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        if let &[only] = &*words
            && directive.takes_many()
        {
            words = only.split(|&byte| byte == b' ').collect();
        }
        let is_save = directive.kind_is(Special::Save);
        let before: &[u8] = if is_save && !self.has_save { b"" } else { &self.config.values[row] };
        let value = directive.check(&words, before)?;
        self.has_save |= is_save;
        self.config.values[row] = value;
        Ok(())
    }

    fn user(&mut self, words: &[Vec<u8>]) -> Result<(), Reason> {
        if self.config.users.iter().any(|known| known[0] == words[0]) {
            let name = String::from_utf8_lossy(&words[0]);
            let why = "Duplicate user found. A user can only be defined once in config files";
            return Err(format!("Error in user declaration '{name}': {why}").into());
        }
        let (name, rules) = words.split_first().expect("the caller has seen a name");
        let all_channels = self.config.value("acl-pubsub-default") == b"allchannels";
        (self.judge)(Foreign::User { name, rules, all_channels })?;
        self.config.users.push(words.to_vec());
        Ok(())
    }

    fn include(&mut self, path: &[u8]) -> Result<(), Reason> {
        if self.depth == DEPTH_MAX {
            return Err("files include each other without end".into());
        }
        self.depth += 1;
        let done = self.file(path);
        self.depth -= 1;
        done.map_err(Reason::from)
    }

    /// The configuration, or everything that was wrong.
    pub fn finish(mut self) -> Result<Config, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        self.config.settings = Settings::new(&self.config.values);
        Ok(self.config)
    }
}

/// All problems as they are shown at the start, in Redis's form.
pub fn report(problems: &[Problem]) -> String {
    let mut text = format!("\n*** FATAL CONFIG FILE ERROR (Redoxide {}) ***\n", super::VERSION);
    for Problem { source, line, text: shown, reason } in problems {
        writeln!(text, "Reading {source}, at line {line}\n>>> '{shown}'\n{reason}").expect("a string grows");
    }
    text
}

/// The files that a path means: itself, unless it is a pattern; then those that fit, in order.
fn files(path: &Path) -> Vec<PathBuf> {
    let is_pattern = |part: &OsStr| part.as_bytes().iter().any(|byte| b"*?[".contains(byte));
    if !is_pattern(path.as_os_str()) {
        return vec![path.into()];
    }
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        match part {
            Component::Normal(name) if is_pattern(name) => {
                found = found.iter().flat_map(|dir| fitting(dir, name)).collect();
            }
            part => found.iter_mut().for_each(|dir| dir.push(part)),
        }
    }
    found.retain(|path| path.exists());
    found
}

fn fitting(dir: &Path, pattern: &OsStr) -> Vec<PathBuf> {
    let shown = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let entries = std::fs::read_dir(shown).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    // As in a shell, a star does not stand for the dot of a hidden file.
    names.retain(|name| !name.as_bytes().starts_with(b".") || pattern.as_bytes().starts_with(b"."));
    names.retain(|name| glob::matches(pattern.as_bytes(), name.as_bytes()));
    names.sort_unstable();
    names.into_iter().map(|name| dir.join(name)).collect()
}

/// The directive that somebody may have meant.
fn nearest(name: &[u8]) -> Option<&'static str> {
    let shown = NAMES.iter().filter(|&&(name, row)| DIRECTIVES[row].shows(name));
    let (distance, known) = shown.map(|&(known, _)| (edits(name, known.as_bytes()), known)).min()?;
    (distance <= 2.max(name.len() / 4)).then_some(known)
}

/// How many letters must be put in, taken out or replaced to make one text of the other.
fn edits(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}
