//! The orderly end of the process.

use crate::server::{Server, Shutdown};

/// How the data is treated at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Save {
    /// A snapshot is written if there are rules for snapshots.
    #[default]
    ByRules,
    /// One is written.
    Yes,
    /// None is written.
    No,
}

impl Server {
    /// A signal asks for the end. As long as DEBUG PAUSE-CRON holds the regular work, there is time to take that back.
    pub fn signalled(&mut self, is_interrupt: bool) {
        self.signal = Some(is_interrupt);
        if !self.cron_is_paused {
            self.obey_signal();
        }
    }

    /// SHUTDOWN ABORT: false if nothing is to be taken back.
    pub fn abort_shutdown(&mut self) -> bool {
        let is_pending = self.signal.take().is_some();
        if is_pending {
            log::warn!("Shutdown manually aborted.");
            self.signal_is_void = true;
        }
        is_pending
    }

    /// Ends the process, if a signal asked for that.
    pub(super) fn obey_signal(&mut self) {
        if let Some(is_interrupt) = self.signal.take() {
            self.shut_down_by_signal(is_interrupt);
        }
    }

    /// A signal asks for the end, in the way that `shutdown-on-sigint` or `shutdown-on-sigterm` says.
    fn shut_down_by_signal(&mut self, is_interrupt: bool) {
        let settings = &self.config.settings;
        let (name, options) =
            if is_interrupt { ("SIGINT", &settings.on_sigint) } else { ("SIGTERM", &settings.on_sigterm) };
        if self.loading.is_some() {
            log::warn!("Received shutdown signal during loading, exiting now.");
            self.shutdown = Some(Shutdown { status: 0 });
            return;
        }
        log::warn!("Received {name} scheduling shutdown...");
        let has = |word: &str| options.split(' ').any(|option| option == word);
        let save = match (has("save"), has("nosave")) {
            (true, _) => Save::Yes,
            (_, true) => Save::No,
            _ => Save::ByRules,
        };
        if !self.shut_down(save, has("force")) {
            log::warn!(
                "{name} received but errors trying to shut down the server, check the logs for more information"
            );
        }
    }

    /// Writes what is to be written and has the process end. False if that failed: then it goes on, unless `force`.
    pub fn shut_down(&mut self, save: Save, force: bool) -> bool {
        log::warn!("User requested shutdown...");
        // What there is of the log then is not all of the data.
        if self.aof.state == crate::server::aof::State::Starting {
            log::warn!("Writing initial AOF{}", if force { ". Exit anyway." } else { ", can't exit." });
            if !force {
                return false;
            }
        }
        self.cancel_saving();
        self.cancel_rewrite();
        if self.loading.is_none()
            && let Err(error) = self.close_log()
        {
            log::error!("Error writing the append-only file, can't exit: {error}");
            if !force {
                return false;
            }
        }
        let has_rules = !self.config.settings.persistence.rules.is_empty();
        // Half of the data is no snapshot.
        let wants_save = self.loading.is_none() && (save == Save::Yes || (save == Save::ByRules && has_rules));
        if wants_save {
            log::info!("Saving the final snapshot before exiting.");
            if let Err(why) = self.save() {
                log::error!("{why}");
                log::error!("Error trying to save the DB, can't exit.");
                if !force {
                    // The log goes on where it was closed.
                    if self.propagation.is_on
                        && let Err(error) = self.open_log()
                    {
                        log::error!("Can't open the append-only file again: {error}");
                    }
                    return false;
                }
            }
        }
        self.shutdown = Some(Shutdown { status: 0 });
        true
    }
}
