//! From a request to its handler: which command, may it run now, run it, count it.

use crate::base::alloc;
use crate::base::number::parse_f64;
use crate::base::words::until_nul;
use crate::keyspace::{DbId, Keyspace};
use crate::resp::{Args, Mark, Reply, Request, Requests};
use crate::server::client::{Care, ClientId, Multi};
use crate::server::command::{CommandId, Flag, Flags};
use crate::server::{Ctx, Error, Flow, Propagate, Server};
use crate::store::entry::Value;
use crate::store::object::{Hint, Object};
use crate::store::table::PREFETCH_MAX;

/// Keys of one request that are prefetched.
const KEYS_OF_ONE: usize = 32;
/// With so many keys no more requests are prefetched.
const KEYS_ENOUGH: usize = PREFETCH_MAX - KEYS_OF_ONE;

/// A debug build panics when a command frees more blocks of memory than that, and some for each argument: it should have
/// left them to the helper.
const FREED_MAX: isize = 1000;

impl Server {
    /// Finds the commands of a batch from request `from` on and asks for the memory that their keys will need
    /// ([`Table::prefetch`](crate::store::table::Table::prefetch)). Only ever a hint. Returns the first request that is
    /// to wait until those before it are done: so many keys are enough at a time.
    #[inline]
    pub fn prefetch(&mut self, client: ClientId, requests: &Requests, query: &[u8], from: usize) -> usize {
        self.batch.truncate(from);
        let db = self.clients[client].db;
        let Keyspace { dbs, shared, .. } = &mut self.keyspace;
        let (table, hashes) = (&dbs[db.0 as usize].table, &mut shared.hashes);
        hashes.clear();
        let (mut next, mut has_writes, mut has_members) = (from, false, false);
        let (mut last_name, mut last_id): (&[u8], CommandId) = (b"", CommandId::NONE);
        while next < requests.len() && hashes.len() < KEYS_ENOUGH {
            let i = next;
            next += 1;
            let args = requests.args(i, query);
            // In a pipeline the next command is as a rule the same again.
            let name = args.get(0);
            if name != last_name {
                last_name = name;
                last_id = self.commands.find(name).unwrap_or(CommandId::NONE);
            }
            let id = last_id;
            self.batch.push((id, hashes.len()));
            if id == CommandId::NONE || table.is_empty() {
                continue;
            }
            let command = self.commands.get(id);
            let (first, last, step) = command.range;
            if first <= 0 || step <= 0 {
                continue;
            }
            let argc = args.len() as i32; // requests have fewer than 2^31 arguments
            let last = if last < 0 { argc + last } else { last.min(argc - 1) };
            has_writes |= command.row.flags.has(Flag::Write);
            has_members |= command.row.member != 0;
            for at in (first..=last).step_by(step as usize).take(KEYS_OF_ONE) {
                let key = args.get(at as usize);
                hashes.push(key, table.hash(key));
            }
        }
        self.batch_has_writes = has_writes;
        // One key alone gains nothing: its handler would wait for the same memory a moment later.
        if hashes.len() < 2 {
            return next;
        }
        table.prefetch(hashes.iter(), has_writes);
        if has_members {
            self.prefetch_members(db, requests, query, from, next);
        }
        next
    }

    /// Whether there are writes among the requests that [`Server::prefetch`] saw last.
    #[inline]
    pub fn has_batch_writes(&self) -> bool {
        self.batch_has_writes
    }

    /// The same inside big collections, for the member or field that a request names.
    fn prefetch_members(&self, db: DbId, requests: &Requests, query: &[u8], from: usize, to: usize) {
        // A request names one, and a batch has no more requests.
        const MEMBERS_MAX: usize = 32;
        let table = &self.keyspace.dbs[db.0 as usize].table;
        let mut wanted = [const { Hint::Nothing }; MEMBERS_MAX];
        let mut last: (&[u8], Option<&Object>) = (b"", None);
        let mut n = 0;
        for i in from..to {
            let (id, first_hash) = self.batch[i];
            if id == CommandId::NONE {
                continue;
            }
            let row = self.commands.get(id).row;
            let args = requests.args(i, query);
            if row.member == 0 || usize::from(row.member) >= args.len() || n == MEMBERS_MAX {
                continue;
            }
            let key = args.get(1);
            // In a pipeline it is as a rule the same collection again.
            if key != last.0 {
                let hash = self.keyspace.shared.hashes.at(first_hash);
                let entry = hash.and_then(|hash| table.find_entry(hash, key)).map(|(_, entry)| entry.value());
                last = (key, if let Some(Value::Object(object)) = entry { Some(object) } else { None });
            }
            if let Some(object) = last.1 {
                let score = if row.score > 0 { parse_f64(args.get(row.score.into())) } else { None };
                wanted[n] = object.hint(args.get(row.member.into()), score);
                n += 1;
            }
        }
        if n < 2 {
            return;
        }
        let wanted = &mut wanted[..n];
        // All go the same number of steps, about.
        while wanted.iter_mut().fold(false, |is_any, hint| hint.step() | is_any) {}
        wanted.iter().for_each(Hint::finish);
    }

    /// Runs, queues or refuses request `i` of the batch that was given to [`Server::prefetch`].
    #[inline]
    pub fn dispatch_from_batch(&mut self, client: ClientId, i: usize, args: Args, reply: &mut Reply) {
        let (id, first_hash) = self.batch[i];
        self.keyspace.shared.hashes.seek(first_hash);
        self.dispatch(client, id, args, reply);
    }

    /// Runs, queues or refuses a request.
    #[inline]
    pub fn dispatch(&mut self, client: ClientId, id: CommandId, args: Args, reply: &mut Reply) {
        let state = &mut self.clients[client];
        // Most requests: a plain command in order from somebody who may do everything.
        if id != CommandId::NONE && state.may_all && state.care.is_none() && self.gate.is_open() {
            let command = self.commands.get(id);
            if command.is_plain && command.row.accepts(args.len()) {
                state.last_command = Some(id);
                state.commands += 1;
                self.keyspace.shared.no_touch = state.no_touch;
                let db = state.db;
                self.run(client, db, id, args, reply);
                return;
            }
        }
        self.dispatch_checked(client, id, args, reply);
    }

    /// The same for requests that need a closer look.
    #[inline(never)]
    fn dispatch_checked(&mut self, client: ClientId, id: CommandId, args: Args, reply: &mut Reply) {
        let (mark, was_muted) = (reply.mark(), self.clients[client].is_muted());
        self.dispatch_heard(client, id, args, reply);
        if self.clients[client].care.has(Care::MUTED) {
            self.mute(client, was_muted, id, mark, reply);
            let state = &mut self.clients[client];
            if state.wait.is_none() && state.streaming.is_none() && !state.is_postponed {
                state.next_reply();
            }
        }
    }

    /// Takes back what a client was replied that wants no replies. That it has subscribed is no reply.
    #[cold]
    fn mute(&mut self, client: ClientId, was_muted: bool, id: CommandId, mark: Mark, reply: &mut Reply) {
        let is_push = id != CommandId::NONE && {
            let flags = self.commands.get(id).row.flags;
            flags.has(Flag::Pubsub) && flags.has(Flag::WhenSubscribed)
        };
        if was_muted && self.clients[client].is_muted() && !is_push {
            reply.rollback(mark);
        }
    }

    fn dispatch_heard(&mut self, client: ClientId, id: CommandId, args: Args, reply: &mut Reply) {
        let allowed = self.may_run(client, id, args);
        // In any case: it is no business of the next command.
        let is_to_wait = self.eviction.take_wait();
        let id = match allowed {
            Ok(id) => id,
            Err((id, error)) => return self.reject(client, id, args, &error, reply),
        };
        let state = &mut self.clients[client];
        // What CLIENT LIST shows: queued commands too (and refused ones), but EXEC for those that it runs.
        state.last_command = Some(id);
        if is_to_wait {
            return self.wait_for_memory(client);
        }
        if state.care.has(Care::PAUSED) && self.is_put_off(client, id) {
            return;
        }
        let flags = self.commands.get(id).row.flags;
        if let Some(multi) = &mut self.clients[client].multi
            && !flags.has(Flag::NotQueued)
        {
            multi.push(id, flags, Request::from(args));
            reply.simple("QUEUED");
            return;
        }
        self.call(client, id, args, reply);
        if self.clients[client].care.has(Care::TRACKING) {
            self.forget_caching(client, id);
        }
    }

    /// Which command it is and whether it may run now; the checks stand in Redis's order.
    fn may_run(&mut self, client: ClientId, id: CommandId, args: Args) -> Result<CommandId, (CommandId, Error)> {
        if id == CommandId::NONE {
            return Err((id, unknown(args)));
        }
        let mut id = id;
        let mut command = self.commands.get(id);
        if !command.children.is_empty() && args.len() > 1 {
            let Some(child) = self.commands.find_child(id, args.get(1)) else {
                let container = String::from_utf8_lossy(args.get(0)).to_ascii_uppercase().into();
                return Err((CommandId::NONE, Error::UnknownSubcommand(args.get(1).into(), container)));
            };
            id = child;
            command = self.commands.get(id);
        }
        let row = command.row;
        if !row.accepts(args.len()) || row.handler.is_none() {
            return Err((id, Error::Arity(command.full_name.clone().into())));
        }
        let state = &self.clients[client];
        let switch = command.parent.map_or(row.name, |parent| self.commands.get(parent).row.name);
        if row.flags.has(Flag::Protected) && !self.allows_protected(client, switch) {
            let name = switch.to_ascii_uppercase();
            let text = format!(
                "ERR {name} command not allowed. If the enable-{switch}-command option is set to \"local\", you can run it \
                 from a local connection, otherwise you need to set this option in the configuration file, and then \
                 restart the server."
            );
            return Err((id, Error::owned(text)));
        }
        if !state.is_authenticated && !row.flags.has(Flag::NoAuth) && !row.flags.has(Flag::OpenBeforeAuth) {
            return Err((id, Error::NoAuth));
        }
        if state.multi.is_some() && row.flags.has(Flag::NoMulti) {
            return Err((id, Error::Text("ERR Command not allowed inside a transaction")));
        }
        if !state.may_all {
            self.check_rights(client, id, args).map_err(|error| (id, error))?;
        }
        if self.gate.is_shut
            && !self.clients[client].is_internal()
            && let Err(error) = self.may_pass(client, id)
        {
            return Err((id, error));
        }
        let (state, command) = (&self.clients[client], self.commands.get(id));
        if state.care.has(Care::SUBSCRIBED) && !row.flags.has(Flag::WhenSubscribed) {
            let text = format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this \
                 context",
                command.full_name
            );
            return Err((id, Error::owned(text)));
        }
        // Redis sees a replica in whoever monitors.
        let flags = row.flags;
        if state.is_monitor && (flags.has(Flag::ReadOnly) || flags.has(Flag::Write) || flags.has(Flag::MayReplicate)) {
            return Err((id, Error::Text("ERR Replica can't interact with the keyspace")));
        }
        Ok(id)
    }

    /// What is true of a command; of EXEC, what is true of any command that it would run, too.
    pub(super) fn flags_of(&self, client: ClientId, id: CommandId) -> Flags {
        let flags = self.commands.get(id).row.flags;
        match &self.clients[client].multi {
            Some(multi) if flags.has(Flag::RefusalAborts) => flags.or(multi.flags),
            _ => flags,
        }
    }

    /// Whether `enable-debug-command` and its like let this client run a protected command.
    #[cold]
    fn allows_protected(&self, client: ClientId, switch: &str) -> bool {
        let settings = &self.config.settings;
        let protection = if switch == "module" { settings.module_command } else { settings.debug_command };
        protection.allows(self.clients[client].connection.is_local())
    }

    /// Answers a request that may not run; inside MULTI that spoils the whole transaction.
    #[cold]
    fn reject(&mut self, client: ClientId, id: CommandId, args: Args, error: &Error, reply: &mut Reply) {
        if id == CommandId::NONE && is_http(args) {
            log::warn!(
                "Possible SECURITY ATTACK detected. A client sent the words of an HTTP request (POST or Host:), as a browser does \
                 that was led here by somebody's page. Its connection is closed."
            );
            // At once: not even the replies to what came before it are sent.
            return self.end_client(client, false);
        }
        if id != CommandId::NONE {
            self.commands.stats[id.0 as usize].rejected += 1;
        }
        let state = &mut self.clients[client];
        state.last_command = (id != CommandId::NONE).then_some(id);
        let mut text = error.text();
        if id != CommandId::NONE && self.commands.get(id).row.flags.has(Flag::RefusalAborts) {
            self.discard_transaction(client);
            // Only the plain code goes: NOAUTH stays.
            let reason = text.strip_prefix(b"ERR ").unwrap_or(&text);
            text = [b"EXECABORT Transaction discarded because of: ", reason].concat().into();
        } else if let Some(multi) = &mut state.multi {
            multi.is_aborted = true;
        }
        self.answer_error(&text, reply);
    }

    /// Runs a command that may run.
    pub fn call(&mut self, client: ClientId, id: CommandId, args: Args, reply: &mut Reply) {
        let state = &mut self.clients[client];
        state.commands += 1;
        self.keyspace.shared.no_touch = state.no_touch;
        let (db, care) = (state.db, state.care);
        let (mark, was_muted) = (reply.mark(), state.is_muted());
        self.run_caring(care, client, db, id, args, reply);
        if care.has(Care::MUTED) {
            self.mute(client, was_muted, id, mark, reply);
        }
        if care.has(Care::TRACKING) {
            self.remember_keys(client, id, args);
        }
        if care.has(Care::MONITORED) {
            self.tell_monitors(client, id, args);
        }
    }

    /// Runs the request of a client that waits once more. True if it waits on.
    pub(super) fn call_again(
        &mut self,
        client: ClientId,
        db: DbId,
        id: CommandId,
        args: Args,
        reply: &mut Reply,
    ) -> bool {
        // Its user may have been changed while it waited.
        if !self.clients[client].may_all
            && let Err(error) = self.check_rights(client, id, args)
        {
            self.commands.stats[id.0 as usize].rejected += 1;
            self.answer_error(&error.text(), reply);
            return false;
        }
        self.keyspace.shared.no_touch = self.clients[client].no_touch;
        self.run_caring(self.clients[client].care, client, db, id, args, reply)
    }

    fn run_caring(
        &mut self,
        care: Care,
        client: ClientId,
        db: DbId,
        id: CommandId,
        args: Args,
        reply: &mut Reply,
    ) -> bool {
        if !care.has(Care::IMPORTING) {
            return self.run(client, db, id, args, reply);
        }
        self.look_at_expiry_for(client, id);
        let waits = self.run(client, db, id, args, reply);
        self.look_at_expiry();
        waits
    }

    /// The call itself, and what follows from it. True if the client is to wait for the reply.
    #[inline]
    fn run(&mut self, client: ClientId, db: DbId, id: CommandId, args: Args, reply: &mut Reply) -> bool {
        let handler = self.commands.get(id).row.handler.expect("may_run lets only rows with handlers pass");
        let mark = reply.mark();
        let began = self.last_ticks;
        let dirty = self.keyspace.shared.changes.dirty;
        let blocks = alloc::blocks();
        let mut ctx = Ctx { server: self, reply, client, command: id, db, propagate: Propagate::AsSent };
        let done = handler(&mut ctx, args);
        let how = ctx.propagate;
        let freed = blocks - alloc::blocks();
        debug_assert!(
            freed <= FREED_MAX + 4 * args.len() as isize,
            "{} frees {freed} blocks by itself",
            self.commands.get(id).full_name
        );
        let failed = match done {
            Ok(Flow::Done) => false,
            Ok(Flow::Blocked | Flow::Streaming) => {
                if let Some(streaming) = &mut self.clients[client].streaming {
                    streaming.sent = reply.since(mark);
                }
                // It counts when it has an end, for the client, too.
                if self.outbox.retrying != Some(client) {
                    self.clients[client].commands -= 1;
                }
                self.last_ticks = self.watch.ticks();
                if self.propagation.is_on {
                    self.propagate(client, db, id, args, Propagate::Nothing, false);
                }
                self.settle_call();
                return true;
            }
            Err(error) => {
                self.fail(&error, mark, reply);
                true
            }
        };
        let ticks = self.watch.ticks();
        self.last_ticks = ticks;
        let took = ticks.wrapping_sub(began);
        self.count_call(id, took, failed);
        self.measure(client, id, args, took);
        self.measure_reply(client, id, args, reply, mark);
        if self.propagation.is_on {
            let changes = &self.keyspace.shared.changes;
            let has_changed = changes.dirty != dirty;
            if has_changed || !matches!(how, Propagate::AsSent) || changes.has_removed() {
                self.propagate(client, db, id, args, how, has_changed);
            }
        }
        self.settle_call();
        if ticks >= self.time_due && self.depth == 0 {
            self.read_time();
        }
        false
    }

    /// A call has come to its end.
    #[inline]
    pub(super) fn count_call(&mut self, id: CommandId, ticks: u64, failed: bool) {
        let stats = &mut self.commands.stats[id.0 as usize];
        stats.calls += 1;
        stats.ticks += ticks;
        stats.failed += u64::from(failed);
        self.stats.commands += 1;
    }

    /// Takes back what a command had answered before it failed, and answers the error.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, error: &Error, mark: Mark, reply: &mut Reply) {
        reply.rollback(mark);
        self.answer_error(&error.text(), reply);
    }

    /// Counts an error and answers it.
    #[cold]
    pub fn answer_error(&mut self, text: &[u8], reply: &mut Reply) {
        self.stats.count_error(text);
        reply.error(text);
    }

    /// Runs the commands of a transaction as one unit, each into the same reply.
    pub fn exec(&mut self, client: ClientId, multi: &Multi, reply: &mut Reply) {
        reply.array(multi.queue.len());
        self.depth += 1;
        for (id, request) in &multi.queue {
            if !self.clients[client].may_all
                && let Err(error) = self.check_queued(client, *id, request.args())
            {
                self.answer_error(&error.text(), reply);
                continue;
            }
            self.call(client, *id, request.args(), reply);
        }
        self.depth -= 1;
    }
}

/// Whether these are the words of an HTTP request: somebody's browser was led here, and the connection ends.
fn is_http(args: Args) -> bool {
    args.get(0).eq_ignore_ascii_case(b"post") || args.get(0).eq_ignore_ascii_case(b"host:")
}

/// A name that no command has, with the beginning of its arguments.
#[cold]
fn unknown(args: Args) -> Error {
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(until_nul(&args.get(0)[..args.get(0).len().min(128)]));
    text.extend_from_slice(b"', with args beginning with: ");
    let start = text.len();
    for arg in args.from(1) {
        let used = text.len() - start;
        if used >= 128 {
            break;
        }
        text.push(b'\'');
        text.extend_from_slice(until_nul(&arg[..arg.len().min(128 - used)]));
        text.extend_from_slice(b"' ");
    }
    Error::owned(text)
}
