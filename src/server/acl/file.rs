//! Users in files: `user` lines of `redis.conf`, and the file of `aclfile`, which ACL LOAD reads and ACL SAVE writes.

use super::selector::has_spaces;
use super::user::User;
use super::{Acl, UserId, default_user, merged};
use crate::config::special::system_text;
use crate::server::Server;
use crate::server::command::Table;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What follows the mistakes of a file.
const NOTHING_CHANGED: &str =
    "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

impl Server {
    /// At the start: users from the configuration or from the ACL file.
    pub fn load_users(&mut self) -> Result<(), String> {
        let has_file = !self.config.value("aclfile").is_empty();
        if has_file && !self.config.users.is_empty() {
            return Err(
                "Users are defined in redis.conf, and 'aclfile' names a file of users: only one of both can hold. \
                        Put all users into one place."
                    .into(),
            );
        }
        if has_file {
            self.read_users_file().map_err(|why| format!("Aborting startup because of ACL errors: {why}"))?;
        }
        let all_channels = self.config.settings.acl_all_channels;
        for words in &self.config.users {
            let Some((name, rules)) = words.split_first() else { continue };
            let user = configured(name, rules, all_channels, &self.commands)?;
            self.acl.put(name, user);
        }
        self.users_changed();
        Ok(())
    }

    /// ACL LOAD: users are as the file says, or as before if it has mistakes. Clients of users who are gone end.
    pub fn read_users_file(&mut self) -> Result<(), String> {
        let path = self.config.value("aclfile").to_vec();
        let shown = String::from_utf8_lossy(&path).into_owned();
        let text = std::fs::read(Path::new(OsStr::from_bytes(&path)))
            .map_err(|error| format!("Error loading ACLs, opening file '{shown}': {}", system_text(&error)))?;
        let mut users = parse(&text, &shown, self.config.settings.acl_all_channels, &self.commands)?;
        let default = users.remove(&b"default"[..]).unwrap_or_else(|| default_user(&self.commands));
        self.acl.put(b"default", default);
        let gone: Vec<UserId> = self
            .acl
            .names
            .iter()
            .filter(|(name, id)| **id != UserId::DEFAULT && !users.contains_key(&***name))
            .map(|(_, &id)| id)
            .collect();
        for user in gone {
            self.end_clients_of(|client| client.user == user, None);
            self.acl.remove(user);
        }
        for (name, user) in users {
            self.acl.put(&name, user);
        }
        self.users_changed();
        Ok(())
    }

    /// ACL SAVE: writes all users into the file, which changes in one step.
    pub fn write_users_file(&self) -> std::io::Result<()> {
        let mut text = Vec::new();
        for line in self.acl.lines() {
            text.extend(line);
            text.push(b'\n');
        }
        let path = Path::new(OsStr::from_bytes(self.config.value("aclfile")));
        crate::config::rewrite::replace(path, &text)
    }
}

impl Acl {
    /// Every user in words: the name, then the rules.
    pub fn words(&self) -> Vec<Vec<Vec<u8>>> {
        let rules = |user: &User| user.describe().split(|&byte| byte == b' ').map(<[u8]>::to_vec).collect::<Vec<_>>();
        self.iter().map(|(name, user)| [vec![name.to_vec()], rules(user)].concat()).collect()
    }

    /// Every user as a line: `user name rules`.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        self.iter().map(|(name, user)| [b"user ", name, b" ", &user.describe()].concat()).collect()
    }
}

/// The user of a line of the configuration.
pub fn configured(name: &[u8], rules: &[Vec<u8>], all_channels: bool, table: &Table) -> Result<User, String> {
    let wrong =
        |what: &[u8], why: &str| Err(format!("Error in user declaration '{}': {why}", String::from_utf8_lossy(what)));
    if has_spaces(name) {
        return wrong(name, "Spaces not allowed in ACL usernames");
    }
    let rules: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
    let Ok(rules) = merged(&rules) else {
        return wrong(name, "Unmatched parenthesis in selector definition");
    };
    let mut user = User::new(all_channels);
    for rule in &rules {
        if let Err(error) = user.apply(rule, all_channels, table) {
            return wrong(rule, error.text());
        }
    }
    Ok(user)
}

/// The users of a file, or all that is wrong with it.
fn parse(text: &[u8], path: &str, all_channels: bool, table: &Table) -> Result<BTreeMap<Box<[u8]>, User>, String> {
    let mut users = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    for (i, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let number = i + 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
        if words.len() < 2 || words[0] != b"user" {
            wrong.push(format!("{path}:{number} should start with user keyword followed by the username. "));
            continue;
        }
        let name = words[1];
        let shown = String::from_utf8_lossy(name);
        if has_spaces(name) {
            wrong.push(format!("'{path}:{number}: username '{shown}' contains invalid characters. "));
            continue;
        }
        let Ok(rules) = merged(&words[2..]) else {
            wrong.push(format!("{path}:{number}: Unmatched parenthesis in selector definition."));
            continue;
        };
        let mut user = User::new(all_channels);
        let mut is_told = false;
        for rule in &rules {
            let rule = rule.trim_ascii();
            match user.apply(rule, all_channels, table) {
                Ok(()) => {}
                Err(error @ super::RuleError::UnknownName) => {
                    let rule = String::from_utf8_lossy(rule);
                    wrong.push(format!("{path}:{number}: Error in applying operation '{rule}': {}. ", error.text()));
                }
                // Only the first: others may follow from it.
                Err(error) if !is_told => {
                    is_told = true;
                    wrong.push(format!("{path}:{number}: {}. ", error.text()));
                }
                Err(_) => {}
            }
        }
        if users.insert(name.into(), user).is_some() {
            wrong.push(format!("WARNING: Duplicate user '{shown}' found on line {number}. "));
        }
    }
    if wrong.is_empty() { Ok(users) } else { Err(wrong.concat() + NOTHING_CHANGED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_a_whole_or_not_at_all() {
        let table = Table::new(&[]);
        let read = |text: &str| parse(text.as_bytes(), "u.acl", false, &table);
        let users = read("\nuser ann on nopass +@all (~a  ~b)\n  user bob off\r\n").expect("the file is right");
        assert_eq!(users.keys().map(|name| String::from_utf8_lossy(name)).collect::<Vec<_>>(), ["ann", "bob"]);
        for (text, wrong) in [
            ("usr x on", "u.acl:1 should start with user keyword followed by the username. "),
            ("user x on\nuser x off", "WARNING: Duplicate user 'x' found on line 2. "),
            ("user x (~a", "u.acl:1: Unmatched parenthesis in selector definition."),
            (
                "user x +@nosuch b",
                "u.acl:1: Error in applying operation '+@nosuch': Unknown command or category name in ACL. u.acl:1: Syntax error. ",
            ),
            ("user x a b", "u.acl:1: Syntax error. "),
        ] {
            assert_eq!(read(text).err(), Some(wrong.to_string() + NOTHING_CHANGED), "{text}");
        }
    }
}
