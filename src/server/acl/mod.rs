//! Access lists: which user a client is, and what that user may do.
//!
//! ```text
//! Acl -- users --> User -- passwords, on/off
//!                    +---- root Selector, (Selector) ...     commands, keys, channels
//!   client.user ------^
//!   client.may_all         everything, and authenticated: the one thing that is looked at before a plain command
//! ```
//!
//! A client whose user may do everything costs nothing here. The others are checked request by request: the command, then
//! its keys (`server::keys`), then its channels (declared in the row). Changes of users set `may_all` of all clients anew.
//!
//! `requirepass` is only another way of giving the user `default` a password.

pub mod file;
pub mod log;
pub mod selector;
pub mod user;

use crate::resp::Args;
use crate::server::client::{Client, ClientId};
use crate::server::command::{CommandId, Table};
use crate::server::keys::{self, FoundKey};
use crate::server::pubsub::Kind;
use crate::server::{Error, Server};
use log::{Context, Log, Reason};
use selector::Denied;
use slab::Slab;
use std::collections::BTreeMap;
use user::User;

/// Names a user as long as it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserId(u32);

impl UserId {
    /// The user that everybody is at first.
    pub const DEFAULT: UserId = UserId(0);
}

/// Why a rule is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the texts say it
pub enum RuleError {
    Syntax,
    UnknownName,
    PatternAfterAllKeys,
    PatternAfterAllChannels,
    NoSuchPassword,
    BadHash,
    FirstArgOfSubcommand,
}

impl RuleError {
    /// The reason in Redis's words.
    pub fn text(self) -> &'static str {
        match self {
            RuleError::Syntax => "Syntax error",
            RuleError::UnknownName => "Unknown command or category name in ACL",
            RuleError::PatternAfterAllKeys => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. \
                 Try 'resetkeys' to start with an empty list of patterns"
            }
            RuleError::PatternAfterAllChannels => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any \
                 effect. Try 'resetchannels' to start with an empty list of channels"
            }
            RuleError::NoSuchPassword => "The password you are trying to remove from the user does not exist",
            RuleError::BadHash => {
                "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            }
            RuleError::FirstArgOfSubcommand => "Allowing first-arg of a subcommand is not supported",
        }
    }
}

/// All users.
#[derive(Debug)]
pub struct Acl {
    users: Slab<(Box<[u8]>, User)>,
    names: BTreeMap<Box<[u8]>, UserId>,
    /// Who was refused what.
    pub log: Log,
    /// The keys of the request that is checked; the memory is used again.
    found: Vec<FoundKey>,
}

impl Acl {
    /// Only the user `default`, who may do everything.
    pub fn new(table: &Table) -> Acl {
        let mut acl = Acl { users: Slab::new(), names: BTreeMap::new(), log: Log::default(), found: Vec::new() };
        acl.put(b"default", default_user(table));
        acl
    }

    /// The user of a name.
    pub fn find(&self, name: &[u8]) -> Option<UserId> {
        self.names.get(name).copied()
    }

    /// A user.
    pub fn user(&self, id: UserId) -> &User {
        &self.users[id.0 as usize].1
    }

    /// A user's name.
    pub fn name(&self, id: UserId) -> &[u8] {
        &self.users[id.0 as usize].0
    }

    /// The user that everybody is at first.
    pub fn default_user(&self) -> &User {
        self.user(UserId::DEFAULT)
    }

    /// All users by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &User)> {
        self.names.iter().map(|(name, &id)| (&**name, self.user(id)))
    }

    fn put(&mut self, name: &[u8], user: User) -> UserId {
        if let Some(id) = self.find(name) {
            self.users[id.0 as usize].1 = user;
            return id;
        }
        let id = UserId(self.users.insert((name.into(), user)) as u32); // far fewer than 2^32
        self.names.insert(name.into(), id);
        id
    }

    fn remove(&mut self, id: UserId) {
        let (name, _) = self.users.remove(id.0 as usize);
        self.names.remove(&name);
    }

    /// `requirepass`: another password of `default`, or none at all.
    pub fn set_default_password(&mut self, password: &[u8], table: &Table) {
        let user = &mut self.users[UserId::DEFAULT.0 as usize].1;
        let rule = if password.is_empty() { b"nopass".to_vec() } else { [b">", password].concat() };
        for rule in [b"resetpass", &*rule] {
            user.apply(rule, false, table).expect("these rules are always right");
        }
    }

    /// Whether a user may run a command; the most telling reason if not.
    pub fn check(&mut self, user: UserId, id: CommandId, args: Args, table: &Table) -> Result<(), Denied> {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        keys::find(table.get(id).row, args, &mut found);
        let mut worst = Denied::Command;
        let mut done = Err(worst);
        for selector in self.user(user).all_selectors() {
            match selector.check(id, args, &found, table) {
                Ok(()) => {
                    done = Ok(());
                    break;
                }
                Err(denied) => {
                    worst = worst.max(denied);
                    done = Err(worst);
                }
            }
        }
        self.found = found;
        done
    }
}

/// The user `default` as it is when nobody says anything.
fn default_user(table: &Table) -> User {
    let mut user = User::new(false);
    for rule in ["on", "nopass", "+@all", "~*", "&*"] {
        user.apply(rule.as_bytes(), false, table).expect("these rules are always right");
    }
    user
}

/// Puts rules that belong into one pair of parentheses together. The error is the beginning of one that has no end.
pub fn merged(rules: &[&[u8]]) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    let mut merged: Vec<Vec<u8>> = Vec::new();
    let mut open: Option<usize> = None;
    for (i, rule) in rules.iter().enumerate() {
        match (open, merged.last_mut()) {
            (Some(_), Some(selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(rule);
            }
            _ => merged.push(rule.to_vec()),
        }
        let begins = open.is_none() && rule.starts_with(b"(");
        if (begins || open.is_some()) && rule.ends_with(b")") {
            open = None;
        } else if begins {
            open = Some(i);
        }
    }
    match open {
        Some(at) => Err(rules[at].to_vec()),
        None => Ok(merged),
    }
}

impl Server {
    /// Makes a client this user. `has_logged_in`: by a password, or because none was asked for when it came.
    pub fn set_user(&mut self, client: ClientId, user: UserId, has_logged_in: bool) {
        let (acl, state) = (&self.acl, &mut self.clients[client]);
        (state.user, state.has_logged_in) = (user, has_logged_in);
        set_rights(acl, state);
    }

    /// Makes a client what it is when it comes: `default`, logged in if that takes no password.
    pub fn set_default_user(&mut self, client: ClientId) {
        let is_open = self.acl.default_user().is_open();
        self.set_user(client, UserId::DEFAULT, is_open);
    }

    /// After users were changed: what every client may do from here on.
    pub fn users_changed(&mut self) {
        for (_, client) in self.clients.iter_mut().filter(|(_, client)| !client.is_internal()) {
            set_rights(&self.acl, client);
        }
        self.end_forbidden_subscribers();
    }

    /// Ends the clients that have subscribed to what they may no longer listen to.
    fn end_forbidden_subscribers(&mut self) {
        if self.pubsub.clients() == 0 {
            return;
        }
        let is_forbidden = |client: &Client| {
            let user = self.acl.user(client.user);
            let may_hear = |name: &[u8], kind: Kind| {
                user.all_selectors().any(|selector| selector.allows_channel(name, kind == Kind::Pattern))
            };
            let kinds = [Kind::Channel, Kind::Pattern, Kind::Shard];
            kinds.into_iter().any(|kind| client.subscriptions.names(kind).iter().any(|name| !may_hear(name, kind)))
        };
        let meant: Vec<ClientId> =
            self.clients.iter().filter(|(_, client)| is_forbidden(client)).map(|(id, _)| id).collect();
        for client in meant {
            self.end_client(client, true);
        }
    }

    /// AUTH: makes a client a user, if the password is right. `command` is the word that asks for it.
    pub fn log_in(&mut self, client: ClientId, command: &[u8], name: &[u8], password: &[u8]) -> Result<(), Error> {
        match self.acl.find(name) {
            Some(user) if self.acl.user(user).accepts(password) => {
                self.set_user(client, user, true);
                Ok(())
            }
            _ => {
                self.note_refusal(client, Reason::Auth, command, name);
                Err(Error::WrongPass)
            }
        }
    }

    /// ACL SETUSER: applies all rules to a user, who may be new; none if one is wrong.
    pub fn change_user(&mut self, name: &[u8], rules: &[Vec<u8>]) -> Result<(), Error> {
        let all_channels = self.config.settings.acl_all_channels;
        let before = self.acl.find(name).map(|id| self.acl.user(id).clone());
        let mut user = before.unwrap_or_else(|| User::new(all_channels));
        for rule in rules {
            user.apply(rule, all_channels, &self.commands).map_err(|error| {
                let start = "ERR Error in ACL SETUSER modifier '";
                Error::about(start, rule, &format!("': {}", error.text()))
            })?;
        }
        self.acl.put(name, user);
        self.users_changed();
        Ok(())
    }

    /// ACL DELUSER: the user goes, and so do its clients; `asker` once it is answered. False if there is none.
    pub fn remove_user(&mut self, name: &[u8], asker: ClientId) -> bool {
        let Some(user) = self.acl.find(name) else { return false };
        self.end_clients_of(|client| client.user == user, Some(asker));
        self.acl.remove(user);
        true
    }

    /// Ends the clients for which `is_meant` holds; `asker` once it is answered. Until then they are `default` and not logged in.
    pub(crate) fn end_clients_of(&mut self, is_meant: impl Fn(&Client) -> bool, asker: Option<ClientId>) {
        let meant: Vec<ClientId> =
            self.clients.iter().filter(|(_, client)| is_meant(client)).map(|(id, _)| id).collect();
        for client in meant {
            self.set_user(client, UserId::DEFAULT, false);
            if asker == Some(client) { self.clients.close(client) } else { self.end_client(client, false) }
        }
    }

    /// Whether a client that may not do everything may run a command. A refusal is noted.
    #[cold]
    pub(super) fn check_rights(&mut self, client: ClientId, id: CommandId, args: Args) -> Result<(), Error> {
        let user = self.clients[client].user;
        let Err(denied) = self.acl.check(user, id, args, &self.commands) else { return Ok(()) };
        self.clients[client].last_command = Some(id);
        let name = self.acl.name(user).to_vec();
        let command = self.commands.get(id).full_name.clone();
        Err(match denied {
            Denied::Command => {
                self.note_refusal(client, Reason::Command, command.as_bytes(), &name);
                let end = format!(" has no permissions to run the '{command}' command");
                Error::owned([b"NOPERM User ", &*name, end.as_bytes()].concat())
            }
            Denied::Key(at) => {
                self.note_refusal(client, Reason::Key, args.get(at), &name);
                Error::Text("NOPERM No permissions to access a key")
            }
            Denied::Channel(at) => {
                self.note_refusal(client, Reason::Channel, args.get(at), &name);
                Error::Text("NOPERM No permissions to access a channel")
            }
        })
    }

    /// The same for a command that was queued when the rules may have been others.
    #[cold]
    pub(super) fn check_queued(&mut self, client: ClientId, id: CommandId, args: Args) -> Result<(), Error> {
        let user = self.clients[client].user;
        let Err(denied) = self.acl.check(user, id, args, &self.commands) else { return Ok(()) };
        let name = self.acl.name(user).to_vec();
        let (reason, object, why) = match denied {
            Denied::Command => (
                Reason::Command,
                self.commands.get(id).full_name.clone().into_bytes(),
                "no permission to execute the command or subcommand",
            ),
            Denied::Key(at) => (Reason::Key, args.get(at).to_vec(), "no permission to touch the specified keys"),
            Denied::Channel(at) => (
                Reason::Channel,
                args.get(at).to_vec(),
                "no permission to access one of the channels used as arguments",
            ),
        };
        self.note_refusal(client, reason, &object, &name);
        Err(Error::owned(format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is \
             no longer allowed for the following reason: {why}"
        )))
    }

    /// Whether a client may read every key by a command: what SORT's BY and GET need.
    pub fn may_read_all(&self, client: ClientId, id: CommandId, args: Args) -> bool {
        let state = &self.clients[client];
        let fits = |selector: &selector::Selector| {
            selector.allows_any_key(keys::READ) && selector.allows_command(id, args, &self.commands)
        };
        state.may_all || self.acl.user(state.user).all_selectors().any(fits)
    }

    /// Counts a refusal and keeps it for ACL LOG.
    #[cold]
    fn note_refusal(&mut self, client: ClientId, reason: Reason, object: &[u8], username: &[u8]) {
        self.stats.refusals[reason as usize] += 1;
        let state = &self.clients[client];
        let is_in_transaction = state.multi.is_some() || state.executing.is_some();
        let context = if is_in_transaction { Context::Multi } else { Context::Toplevel };
        let info = self.describe_client(state, state.connection.reply_bytes, None);
        let len_max = self.config.settings.acllog_max_len;
        let now = self.now();
        self.acl.log.add(reason, context, object, username, info, now, len_max);
    }
}

fn set_rights(acl: &Acl, client: &mut Client) {
    client.is_authenticated = client.has_logged_in || acl.default_user().is_open();
    client.may_all = client.is_authenticated && acl.user(client.user).may_all();
}
