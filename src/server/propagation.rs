//! What the log is told: each unit once, as commands that give the same data whenever they are run.
//!
//! ```text
//! handler changed something -> what it says (AsSent, Instead, Nothing) \
//! something expired or was evicted -> DEL, UNLINK, HDEL, before it      > unit -> settle_unit -> log
//! ```
//!
//! A unit is what nobody may see half of: a command, an EXEC, one service of a client that waited. If it has more than
//! one effect it stands between MULTI and EXEC. The log's readers (the append-only file) take the bytes from
//! [`Propagation::take`] and know them by their offset, which only grows.

use crate::base::buffer::Text;
use crate::keyspace::changes::Removed;
use crate::keyspace::{DbId, Ttl};
use crate::resp::{Args, Encoded, Place, bulks, header};
use crate::server::client::ClientId;
use crate::server::command::{CommandId, Flag};
use crate::server::{Ctx, Server};

/// What the log is to hold of a command that changed something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Propagate {
    /// The request as it came.
    #[default]
    AsSent,
    /// The request as it came, although it only reads or changed nothing.
    Always,
    /// Nothing.
    Nothing,
    /// Nothing, and what expired on the way went for itself: the command did not ask for those keys.
    Apart,
    /// These commands instead.
    Instead {
        /// One after another.
        bytes: Encoded,
        /// How many there are.
        commands: usize,
    },
}

/// No more room than that is made before it is needed.
const ROOM_MAX: usize = 1 << 20;

/// Units on their way to the log.
#[derive(Debug, Default)]
pub struct Propagation {
    /// Whether anybody reads the log.
    pub is_on: bool,
    /// Whole units that nobody has taken yet, and behind them the unit in hand.
    ready: Encoded,
    /// Where the unit in hand begins, and how many bytes are before it.
    whole: Place,
    waiting: usize,
    /// Up to where they stand in the journal already, and how many bytes that are.
    saved: Place,
    saved_bytes: usize,
    /// Units since somebody asked.
    units: u64,
    /// How many effects it has.
    effects: usize,
    /// How much is taken at a time, of late: so much room is made at once.
    room: usize,
    /// The database in which a reader of the log would be now.
    selected: Option<DbId>,
    /// How many bytes of units there have been.
    offset: u64,
    /// Whose unit it is.
    pub(super) writer: Option<ClientId>,
}

impl Propagation {
    /// How many bytes of whole units there have been since the start.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether whole units wait to be taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// The bytes of whole units that wait to be taken, or to be saved.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.waiting - self.saved_bytes
    }

    /// They, piece by piece.
    #[inline]
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.ready.pieces_between(self.saved, self.whole)
    }

    /// The bytes that are saved and that nobody has taken yet.
    #[inline]
    pub fn saved_bytes(&self) -> usize {
        self.saved_bytes
    }

    /// All whole units stand in the journal now.
    #[inline]
    pub fn mark_saved(&mut self) {
        (self.saved, self.saved_bytes) = (self.whole, self.waiting);
    }

    /// How many units there have been since the last call.
    #[inline]
    pub fn take_units(&mut self) -> u64 {
        std::mem::take(&mut self.units)
    }

    /// The memory of all that waits, and of the unit in hand.
    pub fn memory(&self) -> usize {
        self.ready.memory()
    }

    /// Whether the unit in hand has any effect.
    #[inline]
    pub fn has_unit(&self) -> bool {
        self.effects > 0
    }

    /// The units that are saved.
    pub fn take_saved(&mut self) -> Encoded {
        let taken = self.split_off(self.saved);
        self.waiting -= std::mem::take(&mut self.saved_bytes);
        self.whole = self.whole - std::mem::take(&mut self.saved);
        taken
    }

    /// The whole units since the last call. Those that are saved have been taken before.
    pub fn take(&mut self) -> Encoded {
        debug_assert_eq!(self.saved_bytes, 0);
        let taken = self.split_off(self.whole);
        (self.whole, self.waiting) = (Place::default(), 0);
        taken
    }

    fn split_off(&mut self, at: Place) -> Encoded {
        let rest = self.ready.split_off(at);
        let mut taken = std::mem::replace(&mut self.ready, rest);
        self.room = taken.own().len().max(self.room - self.room / 8).min(ROOM_MAX);
        // It may be kept for a second.
        if taken.own().len() < taken.capacity() / 2 {
            taken.own().shrink_to_fit();
        }
        taken
    }

    /// What was taken could not be written: it comes first again.
    pub fn put_back(&mut self, mut bytes: Encoded) {
        self.waiting += bytes.len();
        self.whole = bytes.end() + self.whole;
        bytes.append(&mut self.ready);
        self.ready = bytes;
    }

    /// Memory that was taken and is done with.
    pub fn give_back(&mut self, mut bytes: Encoded) {
        // A turn that wrote very much is not worth keeping room for.
        if self.ready.capacity() == 0 && bytes.capacity() <= ROOM_MAX {
            bytes.clear();
            self.ready = bytes;
        }
    }

    /// A new reader starts: it does not know which database is selected.
    pub fn reselect(&mut self) {
        self.selected = None;
    }

    /// Adds an effect in a database to the unit; `encode` appends its command.
    fn add(&mut self, db: DbId, commands: usize, encode: impl FnOnce(&mut Encoded)) {
        if self.ready.capacity() == 0 {
            self.ready.own().reserve(self.room);
        }
        if self.selected != Some(db) {
            self.selected = Some(db);
            bulks(self.ready.own(), b'*', &[b"SELECT", itoa::Buffer::new().format(db.0).as_bytes()]);
        }
        self.effects += commands;
        encode(&mut self.ready);
    }

    /// The unit is whole: it goes to the log.
    fn end_unit(&mut self, is_one: bool, remark: Option<i64>) {
        let wrap = is_one && self.effects > 1;
        if wrap || remark.is_some() {
            self.put_before(remark, wrap);
        }
        self.offset += (self.ready.len() - self.waiting) as u64;
        (self.whole, self.waiting, self.effects) = (self.ready.end(), self.ready.len(), 0);
        self.units += 1;
    }

    /// What stands around the unit in hand: a remark of time, MULTI and EXEC.
    #[cold]
    fn put_before(&mut self, remark: Option<i64>, wrap: bool) {
        let mut before = Vec::new();
        if let Some(second) = remark {
            before.extend_from_slice(b"#TS:");
            before.extend_from_slice(itoa::Buffer::new().format(second).as_bytes());
            before.extend_from_slice(b"\r\n");
        }
        if wrap {
            bulks(&mut before, b'*', &[b"MULTI"]);
            bulks(self.ready.own(), b'*', &[b"EXEC"]);
        }
        self.ready.insert(self.whole, &before);
    }
}

/// The command that stands for a removal.
fn removal(is_lazy: bool) -> &'static [u8] {
    if is_lazy { b"UNLINK" } else { b"DEL" }
}

impl Ctx<'_> {
    /// The log is to hold this command instead of the one that was sent; called again, this one too. Nothing is done if
    /// there is no log.
    pub fn log_instead(&mut self, words: &[&[u8]]) {
        if !self.server.propagation.is_on {
            return;
        }
        bulks(self.instead().own(), b'*', words);
    }

    /// Where another command is put that the log is to hold instead.
    fn instead(&mut self) -> &mut Encoded {
        if !matches!(self.propagate, Propagate::Instead { .. }) {
            self.propagate = Propagate::Instead { bytes: Encoded::default(), commands: 0 };
        }
        let Propagate::Instead { bytes, commands } = &mut self.propagate else { unreachable!("it was just made so") };
        *commands += 1;
        bytes
    }

    /// The log is to hold that a key went because its time had come.
    pub fn log_expired(&mut self, key: &[u8]) {
        self.log_instead(&[removal(self.server.config.settings.lazyfree.expired), key]);
    }

    /// The log is to hold that a command removed a key by the way.
    pub fn log_removed(&mut self, key: &[u8]) {
        self.log_instead(&[removal(self.server.config.settings.lazyfree.removed), key]);
    }

    /// The log is to hold SET, with an absolute time if there is a deadline.
    pub fn log_set(&mut self, key: &[u8], value: Text, ttl: Ttl) {
        if !self.is_logged() {
            return;
        }
        let out = self.instead();
        let words = [Text::Bytes(b"SET"), Text::Bytes(key), value];
        let behind: &[Text] = match ttl {
            Ttl::Clear => &[],
            Ttl::Keep => &[Text::Bytes(b"KEEPTTL")],
            Ttl::At(at) => &[Text::Bytes(b"PXAT"), Text::Int(at)],
        };
        header(out.own(), b'*', words.len() + behind.len());
        for word in words.iter().chain(behind) {
            out.bulk(*word);
        }
    }

    /// The same for a command on some of a key's parts, `name key before.. part ..`.
    pub fn log_parts(&mut self, name: &[u8], key: &[u8], before: &[&[u8]], parts: &[&[u8]]) {
        if self.is_logged() && !parts.is_empty() {
            let words: Vec<&[u8]> =
                [name, key].into_iter().chain(before.iter().copied()).chain(parts.iter().copied()).collect();
            self.log_instead(&words);
        }
    }

    /// The log is to hold this command with an absolute time, in Unix milliseconds, at its end.
    pub fn log_with_time(&mut self, words: &[&[u8]], at: i64) {
        if self.is_logged() {
            let mut time = itoa::Buffer::new();
            let words: Vec<&[u8]> = words.iter().copied().chain([time.format(at).as_bytes()]).collect();
            self.log_instead(&words);
        }
    }

    /// The log is to hold the command as it was sent though it only reads, or changed nothing.
    pub fn log_as_sent(&mut self) {
        self.propagate = Propagate::Always;
    }

    /// The log is to hold nothing of this command.
    pub fn log_nothing(&mut self) {
        self.propagate = Propagate::Nothing;
    }

    /// The log is to hold nothing of this command, and each key that expired on the way as a unit of its own.
    pub fn log_apart(&mut self) {
        self.propagate = Propagate::Apart;
    }

    /// Whether there is a log: what only it needs is not made otherwise.
    pub fn is_logged(&self) -> bool {
        self.server.propagation.is_on
    }
}

impl Server {
    /// After a call, if there is a log: what it removed by the way and what it did itself become effects of the unit.
    #[cold]
    pub(super) fn propagate(
        &mut self,
        client: ClientId,
        db: DbId,
        id: CommandId,
        args: Args,
        how: Propagate,
        has_changed: bool,
    ) {
        self.propagate_removed();
        match how {
            Propagate::Nothing => {}
            Propagate::Apart => {
                if self.depth == 0 {
                    self.log_unit(false);
                }
            }
            Propagate::Instead { mut bytes, commands } => {
                self.propagation.writer = Some(client);
                self.propagation.add(db, commands, |out| out.append(&mut bytes));
            }
            Propagate::AsSent if !(has_changed && self.commands.get(id).row.flags.has(Flag::Write)) => {}
            Propagate::AsSent | Propagate::Always => {
                let command = self.commands.get(id);
                // A container's command changes nothing itself, and its name was never another.
                let is_renamed =
                    !args.get(0).eq_ignore_ascii_case(command.row.name.as_bytes()) && !command.full_name.contains('|');
                self.propagation.writer = Some(client);
                self.propagation.add(db, 1, |out| {
                    if is_renamed {
                        header(out.own(), b'*', args.len());
                        out.bulk(Text::Bytes(command.row.name.as_bytes()));
                        (1..args.len()).for_each(|i| out.bulk(args.text(i)));
                    } else {
                        out.request(args);
                    }
                });
            }
        }
    }

    /// What expired or was evicted becomes effects of the unit.
    fn propagate_removed(&mut self) {
        if !self.keyspace.shared.changes.has_removed() {
            return;
        }
        let lazyfree = self.config.settings.lazyfree;
        for Removed { db, key, fields, is_evicted } in self.keyspace.shared.changes.take_removed() {
            if fields.is_empty() {
                let name = removal(if is_evicted { lazyfree.evicted } else { lazyfree.expired });
                self.propagation.add(db, 1, |out| bulks(out.own(), b'*', &[name, &key]));
            }
            for field in fields {
                self.propagation.add(db, 1, |out| bulks(out.own(), b'*', &[&b"HDEL"[..], &key, &field]));
            }
        }
    }

    /// The unit in hand is whole. A slice of expiry or eviction is many units: each key went for itself.
    pub(super) fn log_unit(&mut self, is_one: bool) {
        if !self.propagation.is_on {
            return;
        }
        self.propagate_removed();
        if self.propagation.has_unit() {
            let second = self.now() / 1000;
            let is_new = self.config.settings.persistence.timestamps && second > self.aof.remarked_s;
            if is_new {
                self.aof.remarked_s = second;
            }
            self.propagation.end_unit(is_one, is_new.then_some(second));
            let writer = self.propagation.writer.take();
            if let Some(client) = writer.and_then(|id| self.clients.get_mut(id)) {
                client.log_offset = self.propagation.offset();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::buffer::Buffer;

    #[test]
    fn a_unit_of_one_effect_stands_alone_and_a_larger_one_between_multi_and_exec() {
        let mut log = Propagation::default();
        let add =
            |log: &mut Propagation, db, words: &[&[u8]]| log.add(DbId(db), 1, |out| bulks(out.own(), b'*', words));
        add(&mut log, 0, &[b"SET", b"a", b"1"]);
        log.end_unit(true, None);
        add(&mut log, 0, &[b"DEL", b"a"]);
        add(&mut log, 3, &[b"DEL", b"b"]);
        log.end_unit(true, None);
        add(&mut log, 3, &[b"DEL", b"c"]);
        add(&mut log, 3, &[b"DEL", b"d"]);
        log.end_unit(false, None);
        let bytes = |log: &mut Propagation| log.take().pieces().collect::<Vec<_>>().concat();
        let text = String::from_utf8(bytes(&mut log)).unwrap();
        let words: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with(['*', '$'])).collect();
        let expected = "SELECT 0 SET a 1 MULTI DEL a SELECT 3 DEL b EXEC DEL c DEL d ";
        assert_eq!(words.join(" "), expected);
        assert_eq!(log.offset(), text.len() as u64);
        assert!(log.is_empty() && log.memory() == 0);
        log.reselect();
        add(&mut log, 3, &[b"DEL", b"e"]);
        log.end_unit(true, None);
        assert!(bytes(&mut log).starts_with(b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"));
    }

    #[test]
    fn a_unit_in_hand_is_not_taken_and_what_comes_back_comes_first() {
        let mut log = Propagation::default();
        let big = Buffer::new(vec![b'v'; 40_000]);
        let add = |log: &mut Propagation, key: &[u8]| {
            log.add(DbId(0), 1, |out| {
                header(out.own(), b'*', 3);
                for word in [Text::Bytes(b"SET"), Text::Bytes(key), Text::Shared(&big)] {
                    out.bulk(word);
                }
            });
        };
        let bytes = |encoded: &Encoded| String::from_utf8(encoded.pieces().collect::<Vec<_>>().concat()).unwrap();
        add(&mut log, b"a");
        assert!(log.is_empty() && log.has_unit() && log.waiting() == 0);
        log.end_unit(true, None);
        add(&mut log, b"b");
        let first = log.take();
        let start = bytes(&first);
        assert!(start.ends_with("vv\r\n") && start.contains("$1\r\na\r\n") && log.is_empty());
        log.put_back(first);
        assert_eq!(log.waiting(), start.len());
        add(&mut log, b"c");
        log.end_unit(true, Some(7));
        let rest = bytes(&log.take());
        assert_eq!(log.offset(), rest.len() as u64);
        let rest = rest.strip_prefix(&start).expect("it comes first");
        assert!(rest.starts_with("#TS:7\r\n*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$40000\r\nvv"), "{rest}");
        assert!(rest.ends_with("vv\r\n*1\r\n$4\r\nEXEC\r\n"), "{rest}");
        let value = "v".repeat(40_000);
        assert_eq!((rest.matches(&value).count(), rest.len() - 2 * value.len()), (2, 96), "two values, whole");
    }
}
