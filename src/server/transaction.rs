//! WATCH: who must learn that a key changed before its EXEC.
//!
//! ```text
//! WATCH k   -> the client is in the key's list, and the key in the client's
//! a call changes k -> settle goes through the list: each client is dirty from then on, and watches nothing more
//! EXEC      -> runs nothing if the client is dirty, or if a key that was alive has expired since
//! ```
//!
//! A key that was past its deadline already when it was watched counts as missing: its deletion changes nothing for
//! those who watched it. The keys of a database that is emptied or exchanged are compared one by one.

use crate::keyspace::DbId;
use crate::resp::Args;
use crate::server::Server;
use crate::server::client::{ClientId, Multi, WATCHED};
use std::collections::HashMap;

/// One client that watches a key.
#[derive(Debug)]
struct Watcher {
    db: DbId,
    client: ClientId,
    /// The key was past its deadline, and still there, when it was watched.
    was_expired: bool,
}

/// Who watches which key.
#[derive(Debug, Default)]
pub struct Watched {
    /// By key. No empty lists.
    by_key: HashMap<Box<[u8]>, Vec<Watcher>>,
    clients: usize,
}

impl Watched {
    /// Whether nobody watches anything.
    pub fn is_empty(&self) -> bool {
        self.clients == 0
    }

    /// How many clients watch something.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// How many keys are watched; one of the same name in two databases counts twice.
    pub fn keys(&self) -> usize {
        let databases = |list: &Vec<Watcher>| {
            let mut dbs: Vec<u16> = list.iter().map(|watcher| watcher.db.0).collect();
            dbs.sort_unstable();
            dbs.dedup();
            dbs.len()
        };
        self.by_key.values().map(databases).sum()
    }

    fn remove(&mut self, client: ClientId, db: DbId, key: &[u8]) {
        if let Some(list) = self.by_key.get_mut(key) {
            list.retain(|watcher| watcher.client != client || watcher.db != db);
            if list.is_empty() {
                self.by_key.remove(key);
            }
        }
    }
}

/// What a key looks like to those who watch it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Missing,
    Expired,
    Alive,
}

impl Server {
    fn state_of(&mut self, db: DbId, key: &[u8]) -> State {
        let view = self.db(db);
        match view.seek(key) {
            None => State::Missing,
            Some(entry) if view.is_expired(entry) => State::Expired,
            Some(_) => State::Alive,
        }
    }

    /// A client watches keys of a database from here on. One whose EXEC is spoilt already need not.
    pub fn watch(&mut self, client: ClientId, db: DbId, keys: Args) {
        for key in keys {
            let state = &self.clients[client];
            if state.is_dirty {
                return;
            }
            let list = self.watched.by_key.get(key);
            if list.is_some_and(|list| list.iter().any(|watcher| watcher.client == client && watcher.db == db)) {
                continue;
            }
            let was_expired = self.state_of(db, key) == State::Expired;
            let state = &mut self.clients[client];
            self.watched.clients += usize::from(state.watching.is_empty());
            state.watching.push((db, key.into()));
            state.watched_bytes += key.len() + WATCHED;
            self.watched.by_key.entry(key.into()).or_default().push(Watcher { db, client, was_expired });
        }
        self.look_for_interest();
    }

    /// A client watches nothing more, and what has changed until now is forgiven.
    pub fn unwatch(&mut self, client: ClientId) {
        self.stop_watching(client);
        if let Some(state) = self.clients.get_mut(client) {
            state.is_dirty = false;
        }
    }

    fn stop_watching(&mut self, client: ClientId) {
        let Some(state) = self.clients.get_mut(client) else { return };
        let keys = std::mem::take(&mut state.watching);
        state.watched_bytes = 0;
        if keys.is_empty() {
            return;
        }
        for (db, key) in keys {
            self.watched.remove(client, db, &key);
        }
        self.watched.clients -= 1;
        self.look_for_interest();
    }

    /// The client is out of its transaction and watches nothing more; what it had queued.
    pub fn discard_transaction(&mut self, client: ClientId) -> Option<Box<Multi>> {
        let multi = self.clients[client].set_multi(None);
        self.unwatch(client);
        multi
    }

    /// Whether a key that a client watches has changed, or has expired since.
    pub fn is_spoilt(&mut self, client: ClientId) -> bool {
        if self.clients[client].is_dirty {
            return true;
        }
        let keys = std::mem::take(&mut self.clients[client].watching);
        let is_so = keys.iter().any(|(db, key)| {
            let is_mine = |watcher: &&Watcher| watcher.client == client && watcher.db == *db;
            let watcher = self.watched.by_key.get(&**key).and_then(|list| list.iter().find(is_mine));
            watcher.is_some_and(|watcher| !watcher.was_expired) && self.state_of(*db, key) == State::Expired
        });
        self.clients[client].watching = keys;
        is_so
    }

    /// Marks those who watch a key that the last call changed.
    pub(super) fn tell_watchers(&mut self) {
        let mut spoilt = Vec::new();
        for (change, key) in self.keyspace.shared.changes.fresh() {
            if !change.event.changes_value() {
                continue;
            }
            for watcher in self.watched.by_key.get_mut(key).into_iter().flatten() {
                if watcher.db != change.db {
                    continue;
                }
                if watcher.was_expired && change.event.removes_key() {
                    // It was missing before as after. From here on it is watched like any other.
                    watcher.was_expired = false;
                } else {
                    spoilt.push(watcher.client);
                }
            }
        }
        self.spoil(spoilt);
    }

    fn spoil(&mut self, clients: Vec<ClientId>) {
        for client in clients {
            self.clients[client].is_dirty = true;
            self.stop_watching(client);
        }
    }

    /// Empties a database: as many changes as it had keys. `counts`: they count as freed by the helper.
    pub fn flush(&mut self, db: DbId, counts: bool) {
        self.tell_watchers_of_all(db, None);
        let keys = self.keyspace.flush_as(db, counts);
        self.keyspace.shared.changes.dirty += keys as u64;
    }

    /// Exchanges two databases: one change.
    pub fn swap(&mut self, a: DbId, b: DbId) {
        self.tell_watchers_of_all(a, Some(b));
        self.tell_watchers_of_all(b, Some(a));
        self.keyspace.swap(a, b);
        self.key_sizes.forget();
        self.keyspace.shared.changes.dirty += 1;
    }

    /// The contents of a database are about to be replaced by those of another, or by nothing.
    fn tell_watchers_of_all(&mut self, db: DbId, by: Option<DbId>) {
        if self.watched.is_empty() {
            return;
        }
        let is_of_db = |list: &&Vec<Watcher>| list.iter().any(|watcher| watcher.db == db);
        let keys: Vec<Box<[u8]>> =
            self.watched.by_key.iter().filter(|(_, list)| is_of_db(list)).map(|(key, _)| key.clone()).collect();
        let mut spoilt = Vec::new();
        for key in keys {
            let before = self.state_of(db, &key);
            let after = by.map_or(State::Missing, |by| self.state_of(by, &key));
            let list = self.watched.by_key.get_mut(&key).into_iter().flatten();
            for watcher in list.filter(|watcher| watcher.db == db) {
                match (before, after) {
                    (State::Missing, State::Missing) => {}
                    (State::Missing, State::Expired) => watcher.was_expired = true,
                    (_, State::Missing) if watcher.was_expired => watcher.was_expired = false,
                    (_, State::Expired) if watcher.was_expired => {}
                    _ => spoilt.push(watcher.client),
                }
            }
        }
        self.spoil(spoilt);
    }
}
