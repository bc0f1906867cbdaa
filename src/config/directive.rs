//! What a directive is: one row of [`super::directives::DIRECTIVES`], and how a value for it is checked.
//!
//! A value is kept as the text that CONFIG GET shows. [`Directive::check`] turns what somebody wrote into that text, or
//! says what is wrong with it in Redis's words:
//!
//! ```text
//! "maxmemory 1gb"            -> ["1gb"]                  -> "1073741824"
//! "save 900 1" (after 60 5)  -> ["900", "1"]             -> "60 5 900 1"
//! CONFIG SET bind "::1 -::2" -> ["::1", "-::2"]          -> "::1 -::2"
//! ```
//!
//! It knows no file and no server; what a value sets off is the caller's business.

use super::special::Special;
use crate::base::machine;
use crate::base::number::parse_i64;
use std::borrow::Cow;
use std::fmt::Write;

/// Why a value is refused, in Redis's words.
pub type Reason = Cow<'static, str>;

/// When a directive may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// At any time.
    Anytime,
    /// Only at the start.
    AtStart,
    /// At run time only if `enable-protected-configs` allows it.
    Protected,
}

/// What values a directive takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    Bool,
    /// An integer of a range.
    Int(i64, i64),
    /// A natural number of a range, where Redis names only zero to who goes below it.
    Unsigned(u32, u32),
    /// An integer from zero up, where Redis names no upper bound.
    Count,
    /// Bytes, with or without a unit, of a range.
    Memory(u64, u64),
    /// Bytes like [`Kind::Memory`], where Redis names only the lower bound to who exceeds the upper one.
    Size(u64),
    /// Bytes, or a percentage of `maxmemory`.
    MemoryOrPercent,
    /// Bytes, or a percentage of the memory that the process may have; kept as bytes.
    SizeOrShare,
    /// Permissions of a file, in octal.
    Permissions,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// Some of these words; the first one means none of the others.
    Choices(&'static [&'static str]),
    /// Any text.
    Text,
    /// A form of its own.
    Special(Special),
}

/// A directive: everything about it that never changes.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    /// Its name.
    pub name: &'static str,
    /// Another name with the same value, from before Redis renamed it.
    pub alias: Option<&'static str>,
    /// The name that it has in Valkey only: understood, and shown only to who says it in full.
    pub valkey: Option<&'static str>,
    /// What values it takes.
    pub kind: Kind,
    /// The value it has when nobody says anything, as CONFIG GET shows it.
    pub default: &'static str,
    /// When it may be changed.
    pub change: Change,
    /// Whether it is left out when CONFIG GET asks with a pattern.
    pub is_hidden: bool,
    /// Whether this server acts on it. One that it only checks, keeps and shows is named in the log if it is set.
    pub is_honoured: bool,
    /// What an accepted number is raised or lowered to.
    pub clamp: Option<(i64, i64)>,
    /// Words that are accepted beside those of the kind, and not named to who uses another.
    pub more: &'static [&'static str],
    /// Why no value but the default is accepted.
    pub refusal: Option<&'static str>,
}

impl Directive {
    /// A directive that may be changed at any time and that this server does not act on.
    pub const fn new(name: &'static str, kind: Kind, default: &'static str) -> Directive {
        Directive {
            name,
            alias: None,
            valkey: None,
            kind,
            default,
            change: Change::Anytime,
            is_hidden: false,
            is_honoured: false,
            clamp: None,
            more: &[],
            refusal: None,
        }
    }

    /// Gives it another name.
    #[must_use]
    pub const fn alias(mut self, alias: &'static str) -> Directive {
        self.alias = Some(alias);
        self
    }

    /// Gives it the name that Valkey has for it.
    #[must_use]
    pub const fn valkey(mut self, name: &'static str) -> Directive {
        self.valkey = Some(name);
        self
    }

    /// Whether patterns find it under this name of it.
    pub fn shows(&self, name: &str) -> bool {
        !self.is_hidden && self.valkey != Some(name)
    }

    /// It may be changed only at the start.
    #[must_use]
    pub const fn at_start(mut self) -> Directive {
        self.change = Change::AtStart;
        self
    }

    /// It may be changed only by who may change protected directives.
    #[must_use]
    pub const fn protected(mut self) -> Directive {
        self.change = Change::Protected;
        self
    }

    /// Patterns do not find it.
    #[must_use]
    pub const fn hidden(mut self) -> Directive {
        self.is_hidden = true;
        self
    }

    /// This server acts on it.
    #[must_use]
    pub const fn honoured(mut self) -> Directive {
        self.is_honoured = true;
        self
    }

    /// Accepted numbers outside of this range become its ends.
    #[must_use]
    pub const fn clamped(mut self, min: i64, max: i64) -> Directive {
        self.clamp = Some((min, max));
        self
    }

    /// These words are accepted, too, though Redis does not know them.
    #[must_use]
    pub const fn also(mut self, more: &'static [&'static str]) -> Directive {
        self.more = more;
        self
    }

    /// No value but the default is accepted, for this reason.
    #[must_use]
    pub const fn refused(mut self, why: &'static str) -> Directive {
        self.refusal = Some(why);
        self
    }

    /// Whether a value consists of words; a line of a file may then give it several.
    pub fn takes_many(&self) -> bool {
        match self.kind {
            Kind::Choices(_) => true,
            Kind::Special(special) => special.takes_many(),
            _ => false,
        }
    }

    /// Whether its values have this special form.
    pub fn kind_is(&self, special: Special) -> bool {
        matches!(self.kind, Kind::Special(own) if own == special)
    }

    /// The value that `words` mean, as CONFIG GET shows it. `before` is the value so far: some directives change only
    /// a part of it.
    pub fn check(&self, words: &[&[u8]], before: &[u8]) -> Result<Box<[u8]>, Reason> {
        let value = match (self.kind, words) {
            (Kind::Special(special), words) if special.takes_many() || words.len() == 1 => {
                special.check(words, before)?
            }
            (Kind::Choices(all), _) => choices(all, self.more, words)?.into_bytes().into(),
            (_, &[text]) => self.check_one(text)?,
            _ => return Err("wrong number of arguments".into()),
        };
        match self.refusal {
            Some(why) if &*value != self.default.as_bytes() => Err(why.into()),
            _ => Ok(value),
        }
    }

    fn check_one(&self, text: &[u8]) -> Result<Box<[u8]>, Reason> {
        let number = |n: i64| {
            let n = self.clamp.map_or(n, |(min, max)| n.clamp(min, max));
            n.to_string().into_bytes().into()
        };
        match self.kind {
            Kind::Bool => match () {
                () if text.eq_ignore_ascii_case(b"yes") => Ok(b"yes"[..].into()),
                () if text.eq_ignore_ascii_case(b"no") => Ok(b"no"[..].into()),
                () => Err("argument must be 'yes' or 'no'".into()),
            },
            Kind::Int(min, max) => {
                let n = integer(text)?;
                if n < min || n > max { Err(between(min, max)) } else { Ok(number(n)) }
            }
            Kind::Unsigned(min, max) => match integer(text)? {
                n if n < 0 => Err("argument must be greater or equal to 0".into()),
                n if n < i64::from(min) || n > i64::from(max) => Err(between(min, max)),
                n => Ok(number(n)),
            },
            Kind::Count => match integer(text)? {
                n if n < 0 => Err("argument must be greater or equal to 0".into()),
                n => Ok(number(n)),
            },
            Kind::Memory(min, max) => {
                let n = memory(text).ok_or("argument must be a memory value")?;
                if n < min || n > max { Err(between(min, max)) } else { Ok(number(n as i64)) } // all bounds fit an i64
            }
            Kind::SizeOrShare => match text.strip_suffix(b"%").map(parse_i64) {
                Some(Some(percent @ 1..=100)) => Ok(number((machine::memory().allowed / 100) as i64 * percent)),
                Some(Some(101..)) => Err("percentage argument must be less or equal to 100".into()),
                Some(_) => Err("argument must be a memory value".into()),
                None => match i64::try_from(memory(text).ok_or("argument must be a memory value")?) {
                    Err(_) => Err("argument must be greater or equal to 0".into()),
                    Ok(n) => Ok(number(n)),
                },
            },
            Kind::Size(min) => match i64::try_from(memory(text).ok_or("argument must be a memory value")?) {
                Err(_) => Err("argument must be greater or equal to 0".into()),
                Ok(n) if (n as u64) < min => Err(between(min, i64::MAX)),
                Ok(n) => Ok(number(n)),
            },
            Kind::MemoryOrPercent => match text.strip_suffix(b"%") {
                Some(percent) => match parse_i64(percent).filter(|&n| n >= 0) {
                    None => Err("argument must be a memory or percent value".into()),
                    Some(n) if n > 100 => Err("percentage argument must be less or equal to 100".into()),
                    Some(n) => Ok(format!("{n}%").into_bytes().into()),
                },
                None => match i64::try_from(memory(text).ok_or("argument must be a memory or percent value")?) {
                    Err(_) => Err("argument must be greater or equal to 0".into()),
                    Ok(n) => Ok(number(n)),
                },
            },
            Kind::Permissions => {
                let digits = std::str::from_utf8(text).ok().filter(|digits| !digits.starts_with('+'));
                match digits.and_then(|digits| u32::from_str_radix(digits, 8).ok()) {
                    None => Err("argument couldn't be parsed as an octal number".into()),
                    Some(n) if n > 0o777 => Err("argument must be between 0 and 777 inclusive".into()),
                    Some(n) => Ok(format!("{n:o}").into_bytes().into()),
                }
            }
            Kind::Choice(all) => {
                match all.iter().chain(self.more).find(|word| text.eq_ignore_ascii_case(word.as_bytes())) {
                    Some(word) => Ok(word.as_bytes().into()),
                    None => Err(none_of(all)),
                }
            }
            Kind::Text | Kind::Choices(_) | Kind::Special(_) => Ok(text.into()),
        }
    }
}

fn integer(text: &[u8]) -> Result<i64, Reason> {
    parse_i64(text).ok_or(Cow::Borrowed("argument couldn't be parsed into an integer"))
}

fn between(min: impl std::fmt::Display, max: impl std::fmt::Display) -> Reason {
    format!("argument must be between {min} and {max} inclusive").into()
}

fn none_of(all: &[&str]) -> Reason {
    format!("argument(s) must be one of the following: {}", all.join(", ")).into()
}

/// The words in the order of the row, each once.
fn choices(listed: &'static [&'static str], more: &'static [&'static str], words: &[&[u8]]) -> Result<String, Reason> {
    let all = [listed, more].concat();
    let mut chosen = vec![false; all.len()];
    for word in words {
        match all.iter().position(|known| word.eq_ignore_ascii_case(known.as_bytes())) {
            Some(i) => chosen[i] = true,
            None => return Err(none_of(listed)),
        }
    }
    if words.is_empty() {
        return Err(none_of(listed));
    }
    // Only SHUTDOWN's options come as several words, and two of them exclude each other.
    let has = |word: &str| all.iter().position(|known| *known == word).is_some_and(|i| chosen[i]);
    if has("save") && has("nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    let mut text = String::new();
    for (word, _) in all.iter().zip(&chosen).skip(1).filter(|(_, is_chosen)| **is_chosen) {
        let gap = if text.is_empty() { "" } else { " " };
        write!(text, "{gap}{word}").expect("a string grows");
    }
    Ok(if text.is_empty() { all[0].into() } else { text })
}

/// Reads a number of bytes as Redis does: digits, then a unit in any case (`k` is 1,000, `kb` is 1,024). Missing digits
/// are a zero, and a product that leaves 64 bits wraps around.
pub fn memory(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at(digits);
    let unit: u64 = match &*unit.to_ascii_lowercase() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    let step = |n: u64, digit: &u8| n.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(digits.iter().fold(0, step).wrapping_mul(unit))
}
