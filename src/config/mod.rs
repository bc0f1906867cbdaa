//! The configuration: what `redis.conf`, the command line and CONFIG SET say.
//!
//! ```text
//! redis.conf --file--+
//!                    +--> Directive::check --> values (text, one per row) --> Settings (typed)
//! argv --arguments---+         ^
//!                              |
//! CONFIG SET ------------------+
//! ```
//!
//! Every directive of Redis 8.2 has a row in [`directives`]; [`Config`] keeps its value as the text that CONFIG GET
//! shows. Whoever needs a value at work takes it from [`Settings`], which is derived again after each change. What a
//! change sets off (a new socket, another log level) is done by the caller, who is told what changed.

pub mod arguments;
pub mod directive;
pub mod directives;
pub mod file;
pub mod rewrite;
pub mod settings;
pub mod special;

pub use settings::{LogLevel, OutputLimit, Protection, Settings};

use crate::base::glob;
use crate::base::words::until_nul;
use directive::{Change, Directive, Kind, Reason};
use directives::DIRECTIVES;
use special::Special;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The version of Redis that we answer as.
pub const REDIS_VERSION: &str = "8.2.3";
/// Our own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All values, and what follows from them.
#[derive(Clone, Debug)]
pub struct Config {
    /// What CONFIG GET shows, by row.
    values: Vec<Box<[u8]>>,
    /// The same, typed.
    pub settings: Settings,
    /// The file that was read at the start, with its full path; CONFIG REWRITE writes there.
    pub file: Option<PathBuf>,
    /// The `user` lines, each in words: a user's name and its rules. They are the server's business.
    pub users: Vec<Vec<Vec<u8>>>,
    /// The `rename-command` lines: from, to. They are the server's business, too.
    pub renames: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Why CONFIG SET changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such directive.
    Unknown(Box<[u8]>),
    /// The directive cannot have that value, or not now.
    Failed(&'static str, Reason),
}

impl SetError {
    /// The reply, code first.
    pub fn text(&self) -> Vec<u8> {
        match self {
            SetError::Unknown(name) => {
                [b"ERR Unknown option or number of arguments for CONFIG SET - '", until_nul(name), b"'"].concat()
            }
            SetError::Failed(name, reason) => {
                format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}").into_bytes()
            }
        }
    }
}

/// What CONFIG SET changed, so that its effects can be applied, or taken back if one of them fails.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    before: Vec<(usize, Box<[u8]>)>,
}

impl Changes {
    /// The names of the directives whose values are others now (the main names, not aliases).
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.before.iter().map(|&(row, _)| DIRECTIVES[row].name)
    }

    /// Whether a directive's value is another now.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|changed| changed == name)
    }
}

/// Rows by name and alias.
static ROWS: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let mut rows = HashMap::new();
    for (row, directive) in DIRECTIVES.iter().enumerate() {
        for name in [Some(directive.name), directive.alias, directive.valkey].into_iter().flatten() {
            assert!(rows.insert(name, row).is_none(), "two directives named {name}");
        }
    }
    rows
});

/// All names in alphabetical order, aliases too, with their rows.
static NAMES: LazyLock<Vec<(&'static str, usize)>> = LazyLock::new(|| {
    let mut names: Vec<_> = ROWS.iter().map(|(&name, &row)| (name, row)).collect();
    names.sort_unstable();
    names
});

/// The row of a name in any case, with the name as the table spells it.
fn find(name: &[u8]) -> Option<(&'static str, usize)> {
    let lower = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    ROWS.get_key_value(&*lower).map(|(&name, &row)| (name, row))
}

/// Whether a directive's value is for nobody's eyes, by any of its names.
pub fn is_secret(name: &[u8]) -> bool {
    const SECRETS: [&str; 5] =
        ["requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"];
    find(name).is_some_and(|(_, row)| SECRETS.contains(&DIRECTIVES[row].name))
}

/// The row of a name that the program itself spells.
fn row_of(name: &str) -> usize {
    ROWS[name]
}

impl Default for Config {
    /// What holds when nobody says anything.
    fn default() -> Config {
        let mut values: Vec<Box<[u8]>> = DIRECTIVES.iter().map(|row| row.default.as_bytes().into()).collect();
        if let Ok(dir) = std::env::current_dir() {
            use std::os::unix::ffi::OsStringExt;
            values[row_of("dir")] = dir.into_os_string().into_vec().into();
        }
        Config { settings: Settings::new(&values), values, file: None, users: Vec::new(), renames: Vec::new() }
    }
}

impl Config {
    /// The value of a directive that the program itself names.
    pub fn value(&self, name: &str) -> &[u8] {
        &self.values[row_of(name)]
    }

    /// What CONFIG GET answers: the names that the patterns find, each once, with their values. A name in full is shown
    /// as it was asked for; hidden directives are shown only to who names them in full.
    pub fn get(&self, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        let mut seen = vec![false; NAMES.len()];
        for pattern in patterns {
            if !pattern.iter().any(|byte| b"[*?".contains(byte)) {
                if let Some((name, row)) = find(pattern) {
                    let at = NAMES.binary_search(&(name, row)).expect("every name is listed");
                    if !std::mem::replace(&mut seen[at], true) {
                        found.push((pattern.to_vec(), self.shown(row)));
                    }
                }
                continue;
            }
            for (at, &(name, row)) in NAMES.iter().enumerate() {
                let is_hit = !seen[at] && DIRECTIVES[row].shows(name) && glob::matches_nocase(pattern, name.as_bytes());
                if is_hit {
                    seen[at] = true;
                    found.push((name.into(), self.shown(row)));
                }
            }
        }
        found
    }

    fn shown(&self, row: usize) -> Vec<u8> {
        match DIRECTIVES[row].kind {
            Kind::Special(Special::Events) => special::shown_events(&self.values[row]),
            _ => self.values[row].to_vec(),
        }
    }

    /// CONFIG SET: gives all directives their values or changes nothing. `may_protected` says whether this client may
    /// change protected directives.
    pub fn set(&mut self, pairs: &[(&[u8], &[u8])], may_protected: bool) -> Result<Changes, SetError> {
        let mut named: Vec<(&'static str, usize)> = Vec::new();
        for (name, _) in pairs {
            let (name, row) = find(name).ok_or_else(|| SetError::Unknown((*name).into()))?;
            let failed = |why: &'static str| Err(SetError::Failed(name, why.into()));
            match DIRECTIVES[row].change {
                Change::AtStart => return failed("can't set immutable config"),
                Change::Protected if !may_protected => return failed("can't set protected config"),
                _ if named.iter().any(|&(other, _)| other == name) => {
                    return failed("duplicate parameter");
                }
                _ => named.push((name, row)),
            }
        }
        let mut changes = Changes::default();
        for (&(name, row), (_, value)) in named.iter().zip(pairs) {
            match self.set_one(row, value) {
                Ok(Some(before)) => changes.before.push((row, before)),
                Ok(None) => {}
                Err(reason) => {
                    self.undo(changes);
                    return Err(SetError::Failed(name, reason));
                }
            }
        }
        self.settings = Settings::new(&self.values);
        Ok(changes)
    }

    /// Gives a directive a value; what it was before, if it was another.
    fn set_one(&mut self, row: usize, value: &[u8]) -> Result<Option<Box<[u8]>>, Reason> {
        let directive = &DIRECTIVES[row];
        let words: Vec<&[u8]> =
            if directive.takes_many() { value.split(|&byte| byte == b' ').collect() } else { vec![value] };
        // Snapshot rules are replaced, while of the output limits only the named classes change.
        let before: &[u8] = if directive.kind_is(Special::Save) { b"" } else { &self.values[row] };
        let checked = directive.check(&words, before)?;
        Ok(self.put(row, checked))
    }

    fn put(&mut self, row: usize, value: Box<[u8]>) -> Option<Box<[u8]>> {
        (value != self.values[row]).then(|| std::mem::replace(&mut self.values[row], value))
    }

    /// Takes back what [`Config::set`] changed.
    pub fn undo(&mut self, changes: Changes) {
        for (row, before) in changes.before.into_iter().rev() {
            self.values[row] = before;
        }
        self.settings = Settings::new(&self.values);
    }

    /// Serves at most `n` clients: what the machine allows.
    pub fn limit_maxclients(&mut self, n: usize) {
        self.values[row_of("maxclients")] = n.to_string().into_bytes().into();
        self.settings.maxclients = n;
    }

    /// Has a file with the process id, if nobody has said where.
    pub fn default_pidfile(&mut self, path: &str) {
        let value = &mut self.values[row_of("pidfile")];
        if value.is_empty() {
            *value = path.as_bytes().into();
        }
    }

    /// Directives that were given a value but have no effect here, to be named in the log.
    pub fn without_effect(&self) -> impl Iterator<Item = &'static str> {
        let rows = DIRECTIVES.iter().zip(&self.values);
        let is_set = |row: &Directive, value: &[u8]| row.default.as_bytes() != value;
        rows.filter(move |(row, value)| !row.is_honoured && is_set(row, value)).map(|(row, _)| row.name)
    }
}

#[cfg(test)]
mod tests;
