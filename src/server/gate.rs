//! Why the server as a whole refuses commands: it loads, or its disk fails. Nearly always it does not.

use crate::base::alloc;
use crate::server::client::ClientId;
use crate::server::command::{CommandId, Flag};
use crate::server::{Error, Server};

/// What stands in the way of commands.
#[derive(Debug)]
pub struct Gate {
    /// Whether anything does, or may do: the one test on the way of every command.
    pub is_shut: bool,
    /// There is a limit of memory.
    pub has_limit: bool,
    /// That is all.
    is_only_limit: bool,
    /// More than this the loop's thread must not have allocated: see [`crate::server::eviction`].
    pub(super) mark: isize,
    /// The data is being loaded.
    pub loading: bool,
    /// The last snapshot failed, and writes are to be refused because of it.
    pub disk_failed: bool,
    /// The log cannot be written: why.
    pub log_error: Option<Box<str>>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            is_shut: false,
            has_limit: false,
            is_only_limit: false,
            mark: isize::MAX,
            loading: false,
            disk_failed: false,
            log_error: None,
        }
    }
}

impl Gate {
    /// Whether memory is below its limit, as far as one comparison tells.
    #[inline]
    pub fn is_below_limit(&self) -> bool {
        !self.has_limit || alloc::mine() <= self.mark
    }

    /// Whether nothing stands in the way of any command.
    #[inline]
    pub fn is_open(&self) -> bool {
        !self.is_shut || (self.is_only_limit && alloc::mine() <= self.mark)
    }
}

impl Server {
    /// Takes note of what has changed of the reasons.
    pub fn regate(&mut self) {
        let settings = &self.config.settings.persistence;
        let gate = &mut self.gate;
        gate.disk_failed = settings.stop_writes_on_error && !settings.rules.is_empty() && !self.saving.last_is_good;
        let is_refusing = gate.loading || gate.disk_failed || gate.log_error.is_some();
        gate.has_limit = self.config.settings.maxmemory > 0;
        gate.is_shut = is_refusing || gate.has_limit;
        gate.is_only_limit = gate.has_limit && !is_refusing;
        // Computed anew by whoever comes first.
        gate.mark = if gate.has_limit { isize::MIN } else { isize::MAX };
    }

    /// Whether a command may pass although the gate is shut.
    #[cold]
    pub(super) fn may_pass(&mut self, client: ClientId, id: CommandId) -> Result<(), Error> {
        // Memory comes first, as in Redis.
        self.check_memory(client, id)?;
        let row = self.commands.get(id).row;
        let needs_disk = self.flags_of(client, id).has(Flag::Write) || row.name == "ping";
        if needs_disk && self.gate.disk_failed {
            return Err(Error::Text(
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands \
                 that may modify the data set are disabled, because this instance is configured to report errors during \
                 writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for \
                 details about the RDB error.",
            ));
        }
        if needs_disk && let Some(why) = &self.gate.log_error {
            return Err(Error::owned(format!("MISCONF Errors writing to the AOF file: {why}")));
        }
        if self.gate.loading && !row.flags.has(Flag::Loading) {
            return Err(Error::Text("LOADING Redis is loading the dataset in memory"));
        }
        Ok(())
    }
}
