//! A selector: which commands, keys and channels a set of rules allows.
//!
//! Every user has one (the root selector), and any number of others in parentheses. A command may run if one of them
//! allows all of it. What a selector says of commands is kept twice: as a bit for each command, which is what checking
//! looks at, and as the rules in the order in which they came, which is what ACL LIST shows.
//!
//! ```text
//! ~k* &c* -@all +get +config|get +select|0
//!   allowed      [ get, config|get ]        first_args  select -> [ 0 ]
//!   rules        +get +config|get +select|0
//!   patterns     k* (read, write)           channels    c*
//! ```

use super::RuleError;
use crate::base::glob;
use crate::base::words;
use crate::resp::Args;
use crate::server::command::{CATEGORIES, CommandId, Flag, Table};
use crate::server::keys::{FoundKey, READ, WRITE};
use std::collections::BTreeMap;

/// Why something is not allowed. The later ones tell more: they are what is answered when selectors differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// The command or subcommand.
    Command,
    /// The key at this argument.
    Key(usize),
    /// The channel at this argument.
    Channel(usize),
}

/// A pattern of keys, and what may be done to them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyPattern {
    text: Box<[u8]>,
    /// Bits of [`READ`] and [`WRITE`].
    access: u8,
}

/// A rule about commands as it was given, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allows: bool,
    name: Box<[u8]>,
}

/// A set of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Every command without looking; one that was taken away ends that.
    all_commands: bool,
    /// Whether commands that do not exist yet would be allowed: `+@all` was said after `-@all`.
    is_open: bool,
    all_keys: bool,
    all_channels: bool,
    /// A bit for each command.
    allowed: Vec<u64>,
    /// First arguments with which a command is allowed that is not allowed otherwise.
    first_args: BTreeMap<u16, Vec<Box<[u8]>>>,
    rules: Vec<Rule>,
    patterns: Vec<KeyPattern>,
    channels: Vec<Box<[u8]>>,
}

impl Selector {
    /// A selector that allows no command and no key, and all channels or none (`acl-pubsub-default`).
    pub fn new(all_channels: bool) -> Selector {
        Selector { all_channels, ..Selector::default() }
    }

    /// Whether everything is allowed, to anybody who has this selector.
    pub fn allows_everything(&self) -> bool {
        self.all_commands && self.all_keys && self.all_channels
    }

    // ---- rules ------------------------------------------------------------------------------------------------

    /// Applies one rule.
    pub fn apply(&mut self, rule: &[u8], table: &Table) -> Result<(), RuleError> {
        match &*rule.to_ascii_lowercase() {
            b"allkeys" | b"~*" => {
                self.all_keys = true;
                self.patterns.clear();
            }
            b"resetkeys" => {
                self.all_keys = false;
                self.patterns.clear();
            }
            b"allchannels" | b"&*" => {
                self.all_channels = true;
                self.channels.clear();
            }
            b"resetchannels" => {
                self.all_channels = false;
                self.channels.clear();
            }
            b"allcommands" | b"+@all" => self.set_all(true, table),
            b"nocommands" | b"-@all" => self.set_all(false, table),
            name => match rule.split_first() {
                Some((b'~' | b'%', _)) => self.add_keys(rule)?,
                Some((b'&', channel)) => self.add_channel(channel)?,
                Some((b'+', _)) if name[1..].starts_with(b"@") => self.set_category(true, &name[1..], table)?,
                Some((b'-', _)) if name[1..].starts_with(b"@") => self.set_category(false, &name[1..], table)?,
                Some((b'+', _)) => self.allow(&rule[1..], table)?,
                Some((b'-', _)) => {
                    let id = table.find_own(&name[1..]).ok_or(RuleError::UnknownName)?;
                    self.set_command(id, false, table);
                    self.note(false, table.get(id).full_name.as_bytes());
                }
                _ => return Err(RuleError::Syntax),
            },
        }
        Ok(())
    }

    fn set_all(&mut self, allows: bool, table: &Table) {
        (self.all_commands, self.is_open) = (allows, allows);
        self.allowed = vec![if allows { u64::MAX } else { 0 }; table.len().div_ceil(64)];
        self.first_args.clear();
        self.rules.clear();
    }

    fn set_bit(&mut self, id: CommandId, allows: bool, table: &Table) {
        self.allowed.resize(table.len().div_ceil(64), 0);
        let (word, bit) = (&mut self.allowed[usize::from(id.0 / 64)], 1 << (id.0 % 64));
        if allows {
            *word |= bit;
        } else {
            *word &= !bit;
            self.all_commands = false;
        }
    }

    /// Allows or denies a command and its subcommands.
    fn set_command(&mut self, id: CommandId, allows: bool, table: &Table) {
        self.set_bit(id, allows, table);
        self.first_args.remove(&id.0);
        for &child in &table.get(id).children {
            self.set_bit(child, allows, table);
        }
    }

    fn set_category(&mut self, allows: bool, name: &[u8], table: &Table) -> Result<(), RuleError> {
        let known = CATEGORIES.iter().find(|(_, known)| known.as_bytes() == &name[1..]);
        let (category, _) = known.ok_or(RuleError::UnknownName)?;
        for id in table.ids().filter(|&id| table.get(id).is_in(*category)) {
            self.set_command(id, allows, table);
        }
        self.note(allows, name);
        Ok(())
    }

    /// `+command`, `+command|subcommand`, or `+command|first-arg`.
    fn allow(&mut self, name: &[u8], table: &Table) -> Result<(), RuleError> {
        let Some(bar) = name.iter().rposition(|&byte| byte == b'|') else {
            let id = table.find_own(name).ok_or(RuleError::UnknownName)?;
            self.set_command(id, true, table);
            self.note(true, table.get(id).full_name.as_bytes());
            return Ok(());
        };
        let parent = table.find_own(&name[..bar]).ok_or(RuleError::UnknownName)?;
        let sub = &name[bar + 1..];
        if table.get(parent).parent.is_some() {
            return Err(RuleError::FirstArgOfSubcommand);
        }
        if sub.is_empty() {
            return Err(RuleError::Syntax);
        }
        if table.get(parent).children.is_empty() {
            let list = self.first_args.entry(parent.0).or_default();
            if !list.iter().any(|known| known.eq_ignore_ascii_case(sub)) {
                list.push(sub.into());
            }
        } else {
            let id = table.find_own(name).ok_or(RuleError::UnknownName)?;
            self.set_command(id, true, table);
        }
        self.note(true, name);
        Ok(())
    }

    /// Keeps a rule about commands for showing. It takes the place of an older one about the same command, and of those
    /// about its subcommands.
    fn note(&mut self, allows: bool, name: &[u8]) {
        let name = name.to_ascii_lowercase().into_boxed_slice();
        self.rules.retain(|old| match old.name.strip_prefix(&*name) {
            Some(rest) => !rest.is_empty() && rest[0] != b'|',
            None => true,
        });
        self.rules.push(Rule { allows, name });
    }

    /// `~pattern`, `%R~pattern`, `%W~pattern` or `%RW~pattern`.
    fn add_keys(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::PatternAfterAllKeys);
        }
        let (mut access, mut at) = (0, 1);
        if rule[0] == b'%' {
            // As in Redis, a rule that ends before its `~` has an empty pattern.
            while let Some(&letter) = rest_of(rule, at).first() {
                at += 1;
                access |= match letter.to_ascii_uppercase() {
                    b'R' if access & READ == 0 => READ,
                    b'W' if access & WRITE == 0 => WRITE,
                    b'~' => break,
                    _ => return Err(RuleError::Syntax),
                };
            }
            if access == 0 {
                return Err(RuleError::Syntax);
            }
        } else {
            access = READ | WRITE;
        }
        let text = rest_of(rule, at);
        if has_spaces(text) {
            return Err(RuleError::Syntax);
        }
        match self.patterns.iter_mut().find(|known| *known.text == *text) {
            Some(known) => known.access |= access,
            None => self.patterns.push(KeyPattern { text: text.into(), access }),
        }
        Ok(())
    }

    fn add_channel(&mut self, channel: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::PatternAfterAllChannels);
        }
        if has_spaces(channel) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|known| **known == *channel) {
            self.channels.push(channel.into());
        }
        Ok(())
    }

    /// A selector from what stands between its parentheses.
    pub fn parse(text: &[u8], all_channels: bool, table: &Table) -> Result<Selector, RuleError> {
        let mut selector = Selector::new(all_channels);
        for word in words::split(text).ok_or(RuleError::Syntax)? {
            selector.apply(&word, table)?;
        }
        Ok(selector)
    }

    // ---- showing ----------------------------------------------------------------------------------------------

    /// The rules about commands: `-@all +get`.
    pub fn commands(&self) -> Vec<u8> {
        let mut text = if self.is_open { b"+@all".to_vec() } else { b"-@all".to_vec() };
        for rule in &self.rules {
            text.extend_from_slice(if rule.allows { b" +" } else { b" -" });
            text.extend_from_slice(&rule.name);
        }
        text
    }

    /// The patterns of keys: `~a %R~b`.
    pub fn keys(&self) -> Vec<u8> {
        if self.all_keys {
            return b"~*".to_vec();
        }
        let shown = self.patterns.iter().map(|pattern| {
            let access: &[u8] = match pattern.access {
                READ => b"%R~",
                WRITE => b"%W~",
                _ => b"~",
            };
            [access, &pattern.text].concat()
        });
        shown.collect::<Vec<_>>().join(&b' ')
    }

    /// The patterns of channels: `&a &b`.
    pub fn channels(&self) -> Vec<u8> {
        if self.all_channels {
            return b"&*".to_vec();
        }
        self.channels.iter().map(|channel| [b"&", &**channel].concat()).collect::<Vec<_>>().join(&b' ')
    }

    /// All of it as ACL LIST shows it, and as a file has it.
    pub fn describe(&self) -> Vec<u8> {
        let keys = self.keys();
        let channels = if self.all_channels {
            b"&*".to_vec()
        } else {
            [&b"resetchannels"[..], &self.channels()].join(&b' ').trim_ascii_end().to_vec()
        };
        let parts = [keys, channels, self.commands()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&b' ')
    }

    // ---- checking ---------------------------------------------------------------------------------------------

    /// Whether a command is allowed, whatever its keys.
    pub fn allows_command(&self, id: CommandId, args: Args, table: &Table) -> bool {
        let command = table.get(id);
        if self.all_commands || command.row.flags.has(Flag::NoAuth) {
            return true;
        }
        if self.allowed.get(usize::from(id.0 / 64)).is_some_and(|word| word & (1 << (id.0 % 64)) != 0) {
            return true;
        }
        let first = if command.parent.is_some() { 2 } else { 1 };
        let Some(list) = self.first_args.get(&id.0) else { return false };
        args.len() > first && list.iter().any(|allowed| allowed.eq_ignore_ascii_case(args.get(first)))
    }

    /// Checks a command and all that it names. `keys` are the keys among `args`.
    pub fn check(&self, id: CommandId, args: Args, keys: &[FoundKey], table: &Table) -> Result<(), Denied> {
        if !self.allows_command(id, args, table) {
            return Err(Denied::Command);
        }
        if !self.all_keys {
            for key in keys {
                if !self.allows_key(args.get(key.at), key.access()) {
                    return Err(Denied::Key(key.at));
                }
            }
        }
        if let Some(channels) = table.get(id).row.channels {
            for at in channels.indices(args.len()) {
                if !self.allows_channel(args.get(at), channels.are_patterns) {
                    return Err(Denied::Channel(at));
                }
            }
        }
        Ok(())
    }

    /// Whether a key may be used in these ways ([`READ`], [`WRITE`]).
    pub fn allows_key(&self, key: &[u8], access: u8) -> bool {
        self.all_keys
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.access & access == access && glob::matches(&pattern.text, key))
    }

    /// Whether every key may be used in these ways.
    pub fn allows_any_key(&self, access: u8) -> bool {
        self.all_keys || self.patterns.iter().any(|pattern| pattern.access & access == access && *pattern.text == *b"*")
    }

    /// Whether a channel may be used. A pattern of channels is allowed only if it was given in the same words.
    pub fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        let fits = |allowed: &[u8]| if is_pattern { allowed == channel } else { glob::matches(allowed, channel) };
        self.all_channels || self.channels.iter().any(|allowed| fits(allowed))
    }
}

fn rest_of(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

/// Whether a name or pattern could not be written into a file.
pub fn has_spaces(text: &[u8]) -> bool {
    text.iter().any(|&byte| byte == 0 || byte == 0x0B || byte.is_ascii_whitespace())
}
