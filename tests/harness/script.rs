//! The text of a session: steps, directives, and how expected rows are matched with what came back.

use std::time::Duration;

/// What a command line is: words that become a RESP request, or bytes that are sent as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `> SET k v`
    Command,
    /// `> "PING\r\n"`
    Raw,
}

/// A parsed session.
#[derive(Debug, Default)]
pub struct Script {
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// `# since 8.2`
    pub since: Option<Vec<u32>>,
    /// `# valkey 9.1`: what Valkey has and Redis has not; replayed where the reference is a Valkey of that version.
    pub valkey: Option<Vec<u32>>,
    /// `# ours`
    pub ours: bool,
    /// `# config --name value`: more arguments for the server
    pub arguments: Vec<String>,
    /// `# resp2`
    pub resp2_only: bool,
    /// `# resp3`
    pub resp3_only: bool,
    /// The blanks before every line, taken off.
    pub indent: String,
}

/// One thing that happens, and the rows that are expected after it.
#[derive(Debug)]
pub struct Step {
    /// The lines before it that say nothing to the harness, and the line itself: printed again as they are.
    pub lines: Vec<String>,
    /// What happens.
    pub action: Action,
    /// Lists of strings in its reply are sorted, so many at a time; 0: they are not.
    pub sorted_by: usize,
    /// The rows that must follow.
    pub expected: Vec<String>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The client sends this.
    Send {
        /// Its name, empty for the one without.
        client: String,
        /// The line after `> `.
        line: String,
    },
    /// Time passes.
    Advance(Duration),
    /// The client hangs up.
    Close(String),
}

impl Script {
    /// Reads a session.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut script = Self { indent: indent(text), ..Self::default() };
        let mut before = Vec::new();
        for line in text.lines() {
            let line = line.strip_prefix(&script.indent).unwrap_or(line.trim_start());
            let line = line.trim_end();
            if let Some((client, command)) = command(line) {
                before.push(line.to_string());
                script.push(&mut before, Action::Send { client: client.to_string(), line: command.to_string() });
            } else if let Some(comment) = line.strip_prefix('#') {
                before.push(line.to_string());
                if let Some(action) = script.directive(comment.trim())? {
                    script.push(&mut before, action);
                }
            } else if line.is_empty() {
                // A blank line between steps is for the reader.
                if !script.steps.is_empty() || !before.is_empty() {
                    before.push(String::new());
                }
            } else {
                let step = script
                    .steps
                    .last_mut()
                    .filter(|_| before.iter().all(String::is_empty))
                    .ok_or_else(|| format!("expected rows must follow a command: {line}"))?;
                before.clear();
                step.expected.push(line.to_string());
            }
        }
        if script.steps.is_empty() {
            return Err("a session without a command".to_string());
        }
        Ok(script)
    }

    fn push(&mut self, before: &mut Vec<String>, action: Action) {
        let sorted_by = if before.iter().any(|line| line == "# sorted pairs") {
            2
        } else {
            usize::from(before.iter().any(|line| line == "# sorted"))
        };
        self.steps.push(Step { lines: std::mem::take(before), action, sorted_by, expected: Vec::new() });
    }

    /// Understands a directive, or takes the line for a comment. Returns what is to be done at this place.
    fn directive(&mut self, comment: &str) -> Result<Option<Action>, String> {
        let (name, rest) = comment.split_once(' ').unwrap_or((comment, ""));
        match (name, rest) {
            ("since", version) if version.starts_with(|c: char| c.is_ascii_digit()) => {
                self.since = Some(super::target::version(version));
            }
            ("valkey", version) if version.starts_with(|c: char| c.is_ascii_digit()) => {
                self.valkey = Some(super::target::version(version));
            }
            ("ours" | "ours:", _) => self.ours = true,
            ("config", arguments) if arguments.starts_with("--") => {
                for word in super::quote::words(arguments)? {
                    self.arguments.push(String::from_utf8_lossy(&word).into_owned());
                }
            }
            ("resp2", "") => self.resp2_only = true,
            ("resp3", "") => self.resp3_only = true,
            ("advance", milliseconds) => {
                let milliseconds =
                    milliseconds.parse().map_err(|_| format!("not a number of milliseconds: {milliseconds}"))?;
                return Ok(Some(Action::Advance(Duration::from_millis(milliseconds))));
            }
            ("close", client) if !client.contains(' ') => {
                return Ok(Some(Action::Close(client.to_string())));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Whether it sends a line of which `is_so` holds.
    pub fn sends(&self, is_so: impl Fn(&str) -> bool) -> bool {
        self.steps.iter().any(|step| matches!(&step.action, Action::Send { line, .. } if is_so(line)))
    }

    /// Whether the session chooses the protocol by itself.
    pub fn says_hello(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Send { line, .. } => {
                let name = line.split_ascii_whitespace().next().unwrap_or("");
                name.eq_ignore_ascii_case("hello")
            }
            _ => false,
        })
    }

    /// How long the clock must move in all.
    pub fn advances(&self) -> Duration {
        self.steps
            .iter()
            .map(|step| match step.action {
                Action::Advance(by) => by,
                _ => Duration::ZERO,
            })
            .sum()
    }

    /// Whether more than one client takes part.
    pub fn has_company(&self) -> bool {
        self.steps.iter().any(|step| matches!(&step.action, Action::Send { client, .. } if !client.is_empty()))
    }
}

/// The blanks that all lines of a session begin with: those of its first line that is not empty.
fn indent(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or("");
    first[..first.len() - first.trim_start().len()].to_string()
}

/// `> GET k` or `A> GET k`: the client's name and the command.
fn command(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once('>')?;
    let command = match command.strip_prefix(' ') {
        Some(command) => command.trim_start(),
        None if command.is_empty() => "",
        None => return None,
    };
    (name.len() <= 10 && name.chars().all(|c| c.is_ascii_alphanumeric())).then_some((name, command))
}

/// How many rows must at least come, and whether `expected` describes `rows`.
pub fn rows_needed(expected: &[String]) -> usize {
    let rows = expected.iter().filter(|row| *row != "...").count();
    rows.max(usize::from(!expected.is_empty()))
}

/// Whether `expected` describes `rows`.
pub fn matches(expected: &[String], rows: &[String]) -> bool {
    match (expected.split_first(), rows.split_first()) {
        (None, None) => true,
        (Some((dots, later)), _) if dots == "..." => (0..=rows.len()).any(|skipped| matches(later, &rows[skipped..])),
        (Some((pattern, later)), Some((row, rows))) => row_matches(pattern, row) && matches(later, rows),
        _ => false,
    }
}

/// Whether `rows` may still become what is expected, if more come.
pub fn may_become(expected: &[String], rows: &[String]) -> bool {
    match (expected.split_first(), rows.split_first()) {
        (_, None) => true,
        (Some((dots, _)), _) if dots == "..." => true,
        (Some((pattern, later)), Some((row, rows))) => row_matches(pattern, row) && may_become(later, rows),
        (None, Some(_)) => false,
    }
}

/// One row; `~ ` before it makes it a pattern, also behind `A< `.
fn row_matches(expected: &str, row: &str) -> bool {
    if expected == row.trim_end() {
        return true;
    }
    if let Some(pattern) = expected.strip_prefix("~ ") {
        return glob(pattern.as_bytes(), row.as_bytes());
    }
    match (expected.split_once("< ~ "), row.split_once("< ")) {
        (Some((client, pattern)), Some((from, row))) if client == from => glob(pattern.as_bytes(), row.as_bytes()),
        _ => false,
    }
}

/// `*` any text, `?` any character, `{1..5}` a number in that range, and everything else itself.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        [b'?', rest @ ..] => !text.is_empty() && glob(rest, &text[1..]),
        [b'{', ..] if range(pattern).is_some() => {
            let Some((low, high, rest)) = range(pattern) else {
                return false;
            };
            let digits = text.iter().position(|b| !b.is_ascii_digit() && !b"-.".contains(b)).unwrap_or(text.len());
            // The longest number first; a dot may also be the text's.
            (1..=digits)
                .rev()
                .any(|end| number(&text[..end]).is_some_and(|n| (low..=high).contains(&n)) && glob(rest, &text[end..]))
        }
        [byte, rest @ ..] => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}

/// `{low..high}` at the start of a pattern, and what follows it.
fn range(pattern: &[u8]) -> Option<(f64, f64, &[u8])> {
    let end = pattern.iter().position(|&b| b == b'}')?;
    let inside = str::from_utf8(&pattern[1..end]).ok()?;
    let (low, high) = inside.split_once("..")?;
    Some((low.parse().ok()?, high.parse().ok()?, &pattern[end + 1..]))
}

fn number(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_split_into_steps() {
        let script = Script::parse(
            "
            # since 8.2
            # ours: because
            # config --maxmemory 1mb --save \"\"
            # since the beginning of time: a comment
            > SET k v
            OK

            A> BLPOP l 0
            # advance 1500
            A< (nil)
            # close A
            ",
        );
        let script = script.unwrap();
        assert_eq!(script.since, Some(vec![8, 2]));
        assert!(script.ours && script.has_company() && !script.says_hello());
        assert_eq!(script.arguments, ["--maxmemory", "1mb", "--save", ""]);
        assert_eq!(script.advances(), Duration::from_millis(1500));
        assert_eq!(script.steps.len(), 4);
        assert_eq!(script.steps[0].expected, ["OK"]);
        assert_eq!(script.steps[2].expected, ["A< (nil)"]);
        assert_eq!(script.steps[3].action, Action::Close("A".to_string()));
        assert!(Script::parse("OK\n> GET k").is_err());
        assert!(Script::parse("# only\n").is_err());
    }

    #[test]
    fn rows_match_as_text_glob_range_or_any_number() {
        let fits = |expected: &[&str], rows: &[&str]| {
            let own = |rows: &[&str]| rows.iter().map(ToString::to_string).collect::<Vec<_>>();
            matches(&own(expected), &own(rows))
        };
        assert!(fits(&["OK"], &["OK"]));
        assert!(!fits(&["OK"], &["OK", "OK"]));
        assert!(!fits(&["O*"], &["OK"]));
        assert!(fits(&["~ O*"], &["OK"]));
        assert!(fits(&["~ (integer) {98..100}"], &["(integer) 99"]));
        assert!(!fits(&["~ (integer) {98..100}"], &["(integer) 101"]));
        assert!(fits(&["~ {1..2}. {0..0.5}"], &["2. 0.25"]));
        assert!(fits(&["a", "...", "z"], &["a", "z"]));
        assert!(fits(&["a", "...", "z"], &["a", "b", "z", "z"]));
        assert!(!fits(&["a", "...", "z"], &["a", "b"]));
        let own = |rows: &[&str]| rows.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(may_become(&own(&["a", "b"]), &own(&["a"])));
        assert!(!may_become(&own(&["a", "b"]), &own(&["b"])));
        assert!(fits(&["A< ~ 1) *"], &["A< 1) x"]));
        assert!(!fits(&["A< ~ 1) *"], &["B< 1) x"]));
    }
}
