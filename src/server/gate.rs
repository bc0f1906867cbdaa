//! Why the server as a whole refuses commands: it loads, or its disk fails. Nearly always it does not.

use crate::server::command::{Command, Flag};
use crate::server::{Error, Server};

/// What stands in the way of commands.
#[derive(Debug, Default)]
pub struct Gate {
    /// Whether anything does: the one test on the way of every command.
    pub is_shut: bool,
    /// The data is being loaded.
    pub loading: bool,
    /// The last snapshot failed, and writes are to be refused because of it.
    pub disk_failed: bool,
    /// The log cannot be written: why.
    pub log_error: Option<Box<str>>,
}

impl Server {
    /// Takes note of what has changed of the reasons.
    pub fn regate(&mut self) {
        let settings = &self.config.settings.persistence;
        let gate = &mut self.gate;
        gate.disk_failed = settings.stop_writes_on_error && !settings.rules.is_empty() && !self.saving.last_is_good;
        gate.is_shut = gate.loading || gate.disk_failed || gate.log_error.is_some();
    }

    /// Whether a command may pass although the gate is shut.
    #[cold]
    pub(super) fn may_pass(&self, row: &Command) -> Result<(), Error> {
        let needs_disk = row.flags.has(Flag::Write) || row.name == "ping";
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
