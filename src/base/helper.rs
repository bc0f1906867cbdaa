//! Standing threads that do work which no client should wait for.
//!
//! A helper owns what it is given: a job goes in through a channel, and whatever it has to report comes back through
//! another, with a `notify` value that wakes the loop. Starting a thread would cost the loop 130 to 220 µs, so helpers
//! are started once. A job that panics is lost, the helper goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

type Job = Box<dyn FnOnce() + Send>;

/// A thread that runs jobs one after another, or (inline) nothing but the caller itself, for simulations.
#[derive(Debug)]
pub struct Helper {
    jobs: Option<Sender<Job>>,
    pending: Arc<AtomicUsize>,
}

impl Helper {
    /// Starts the thread.
    pub fn start(name: &str) -> std::io::Result<Helper> {
        let (jobs, inbox) = channel::<Job>();
        let pending = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&pending);
        std::thread::Builder::new().name(name.to_string()).spawn(move || {
            for job in inbox {
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    log::error!("A background job failed; the server goes on without its result");
                }
                done.fetch_sub(1, Ordering::Relaxed);
            }
        })?;
        Ok(Helper { jobs: Some(jobs), pending })
    }

    /// A helper that runs each job at once, on the caller's thread.
    pub fn inline() -> Helper {
        Helper { jobs: None, pending: Arc::new(AtomicUsize::new(0)) }
    }

    /// Hands a job over.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        let Some(jobs) = &self.jobs else { return job() };
        self.pending.fetch_add(1, Ordering::Relaxed);
        if let Err(unsent) = jobs.send(Box::new(job)) {
            // The thread is gone (it can only end with the process): do the work here rather than lose it.
            self.pending.fetch_sub(1, Ordering::Relaxed);
            (unsent.0)();
        }
    }

    /// How many jobs wait or are under way.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Helper;
    use std::sync::mpsc::channel;

    #[test]
    fn runs_jobs_in_order_and_survives_a_panic() {
        let helper = Helper::start("test-helper").expect("threads can be started");
        let (tell, told) = channel();
        for n in 0..3 {
            let tell = tell.clone();
            helper.run(move || {
                assert!(n != 1, "a job that fails on purpose");
                tell.send(n).expect("the test listens");
            });
        }
        drop(tell);
        assert_eq!(told.iter().collect::<Vec<_>>(), [0, 2]);
    }
}
