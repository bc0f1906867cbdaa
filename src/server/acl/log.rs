//! ACL LOG: who was refused what, newest first.
//!
//! A refusal like one of the last ten (same reason, context, object and user, less than a minute ago) raises that
//! entry's count instead of making another.

use std::collections::VecDeque;

/// How many of the newest entries are looked at for one that is alike.
const ALIKE_AMONG: usize = 10;
/// How long ago an entry may have been touched to be raised.
const ALIKE_MS: i64 = 60_000;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of ACL LOG
pub enum Reason {
    Auth,
    Command,
    Key,
    Channel,
}

impl Reason {
    /// The name in ACL LOG.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Auth => "auth",
            Reason::Command => "command",
            Reason::Key => "key",
            Reason::Channel => "channel",
        }
    }
}

/// In what the refused request stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of ACL LOG
pub enum Context {
    Toplevel,
    Multi,
}

impl Context {
    /// The name in ACL LOG.
    pub fn name(self) -> &'static str {
        match self {
            Context::Toplevel => "toplevel",
            Context::Multi => "multi",
        }
    }
}

/// A refusal, or several that are alike.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the names are those of ACL LOG
pub struct Entry {
    pub count: u64,
    pub reason: Reason,
    pub context: Context,
    pub object: Box<[u8]>,
    pub username: Box<[u8]>,
    pub client_info: Box<str>,
    pub id: u64,
    pub created_ms: i64,
    pub updated_ms: i64,
}

/// The newest entries.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    next_id: u64,
}

impl Log {
    /// The entries, newest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets all entries; ids go on.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Adds a refusal; `len_max` (`acllog-max-len`) entries are kept.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of an entry")]
    pub fn add(
        &mut self,
        reason: Reason,
        context: Context,
        object: &[u8],
        username: &[u8],
        client_info: String,
        now_ms: i64,
        len_max: usize,
    ) {
        let is_alike = |entry: &Entry| {
            entry.reason == reason
                && entry.context == context
                && now_ms - entry.updated_ms <= ALIKE_MS
                && *entry.object == *object
                && *entry.username == *username
        };
        let alike = self.entries.iter().take(ALIKE_AMONG).position(is_alike);
        if let Some(mut entry) = alike.and_then(|at| self.entries.remove(at)) {
            entry.count += 1;
            entry.updated_ms = now_ms;
            entry.client_info = client_info.into();
            self.entries.push_front(entry);
        } else {
            self.entries.push_front(Entry {
                count: 1,
                reason,
                context,
                object: object.into(),
                username: username.into(),
                client_info: client_info.into(),
                id: self.next_id,
                created_ms: now_ms,
                updated_ms: now_ms,
            });
            self.next_id += 1;
        }
        self.entries.truncate(len_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(log: &mut Log, object: &str, now_ms: i64) {
        log.add(Reason::Key, Context::Toplevel, object.as_bytes(), b"u", String::new(), now_ms, 100);
    }

    #[test]
    fn what_is_alike_is_counted_within_a_minute_and_among_the_last_ten() {
        let mut log = Log::default();
        add(&mut log, "a", 0);
        add(&mut log, "b", 10);
        add(&mut log, "a", 60_000);
        let seen: Vec<_> = log.iter().map(|entry| (&*entry.object, entry.count, entry.id, entry.created_ms)).collect();
        assert_eq!(seen, [(&b"a"[..], 2, 0, 0), (&b"b"[..], 1, 1, 10)]);
        add(&mut log, "b", 60_011);
        assert_eq!(log.iter().next().map(|entry| (entry.count, entry.id)), Some((1, 2)), "too long ago");
        for n in 0..10 {
            add(&mut log, &n.to_string(), 60_012);
        }
        add(&mut log, "b", 60_013);
        assert_eq!(log.iter().next().map(|entry| (entry.count, entry.id)), Some((1, 13)), "too many between");
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut log = Log::default();
        for n in 0..5 {
            log.add(Reason::Auth, Context::Multi, &[n], b"u", String::new(), 0, 3);
        }
        assert_eq!(log.iter().map(|entry| entry.id).collect::<Vec<_>>(), [4, 3, 2]);
        log.add(Reason::Auth, Context::Multi, b"x", b"u", String::new(), 0, 0);
        assert_eq!(log.iter().len(), 0);
    }
}
