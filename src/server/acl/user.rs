//! A user: a switch, passwords, and selectors.

use super::RuleError;
use super::selector::Selector;
use crate::server::command::Table;
use sha2::{Digest, Sha256};

/// SHA-256 of a password.
pub type Password = [u8; 32];

/// What every user has beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Whether it can be logged into.
    pub is_on: bool,
    /// Whether every password is right.
    pub needs_no_password: bool,
    /// Whether RESTORE looks closely at what this user sends.
    pub sanitizes: bool,
    passwords: Vec<Password>,
    /// The rules that stand outside of parentheses.
    pub root: Selector,
    /// The others.
    pub selectors: Vec<Selector>,
}

impl User {
    /// A user that is off and may do nothing.
    pub fn new(all_channels: bool) -> User {
        User {
            is_on: false,
            needs_no_password: false,
            sanitizes: true,
            passwords: Vec::new(),
            root: Selector::new(all_channels),
            selectors: Vec::new(),
        }
    }

    /// Whether it may do everything, so that nothing has to be checked.
    pub fn may_all(&self) -> bool {
        self.root.allows_everything() || self.selectors.iter().any(Selector::allows_everything)
    }

    /// Whether who connects has this user without logging in.
    pub fn is_open(&self) -> bool {
        self.is_on && self.needs_no_password
    }

    /// All selectors, the root first.
    pub fn all_selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.selectors)
    }

    /// Whether a password is right. All of every digest is compared, so that the time tells nothing.
    pub fn accepts(&self, password: &[u8]) -> bool {
        if !self.is_on {
            return false;
        }
        let given: Password = Sha256::digest(password).into();
        let differs = |known: &Password| given.iter().zip(known).fold(0, |bits, (a, b)| bits | (a ^ b));
        self.needs_no_password | self.passwords.iter().fold(false, |found, known| found | (differs(known) == 0))
    }

    /// Applies one rule, as ACL SETUSER gets it. `all_channels` is what new selectors begin with.
    pub fn apply(&mut self, rule: &[u8], all_channels: bool, table: &Table) -> Result<(), RuleError> {
        match &*rule.to_ascii_lowercase() {
            b"" => {}
            b"on" => self.is_on = true,
            b"off" => self.is_on = false,
            b"nopass" => {
                self.needs_no_password = true;
                self.passwords.clear();
            }
            b"resetpass" => {
                self.needs_no_password = false;
                self.passwords.clear();
            }
            b"sanitize-payload" => self.sanitizes = true,
            b"skip-sanitize-payload" => self.sanitizes = false,
            b"clearselectors" => self.selectors.clear(),
            b"reset" => *self = User::new(all_channels),
            _ => match *rule {
                [b'>', ref password @ ..] => self.add(Sha256::digest(password).into()),
                [b'#', ref hash @ ..] => self.add(parse_hash(hash)?),
                [b'<', ref password @ ..] => self.take(&Sha256::digest(password).into())?,
                [b'!', ref hash @ ..] => self.take(&parse_hash(hash)?)?,
                [b'(', ref inner @ .., b')'] => self.selectors.push(Selector::parse(inner, all_channels, table)?),
                _ => self.root.apply(rule, table)?,
            },
        }
        Ok(())
    }

    fn add(&mut self, password: Password) {
        if !self.passwords.contains(&password) {
            self.passwords.push(password);
        }
        self.needs_no_password = false;
    }

    fn take(&mut self, password: &Password) -> Result<(), RuleError> {
        let at = self.passwords.iter().position(|known| known == password).ok_or(RuleError::NoSuchPassword)?;
        self.passwords.remove(at);
        Ok(())
    }

    /// The switches by name, as ACL GETUSER shows them.
    pub fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.is_on { "on" } else { "off" }];
        if self.needs_no_password {
            flags.push("nopass");
        }
        flags.push(if self.sanitizes { "sanitize-payload" } else { "skip-sanitize-payload" });
        flags
    }

    /// The passwords' digests in hexadecimal digits.
    pub fn hashes(&self) -> impl ExactSizeIterator<Item = String> {
        let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
        let of =
            move |password: &Password| password.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        self.passwords.iter().map(of)
    }

    /// Its rules in one line, from which the same user can be made.
    pub fn describe(&self) -> Vec<u8> {
        let mut text = self.flags().join(" ").into_bytes();
        for hash in self.hashes() {
            text.extend_from_slice(b" #");
            text.extend_from_slice(hash.as_bytes());
        }
        text.push(b' ');
        text.extend(self.root.describe());
        for selector in &self.selectors {
            text.extend_from_slice(b" (");
            text.extend(selector.describe());
            text.push(b')');
        }
        text
    }
}

/// Exactly 64 lower-case hexadecimal digits.
fn parse_hash(text: &[u8]) -> Result<Password, RuleError> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(RuleError::BadHash),
    };
    let mut password = [0; 32];
    if text.len() != 64 {
        return Err(RuleError::BadHash);
    }
    for (byte, pair) in password.iter_mut().zip(text.chunks(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(password)
}
