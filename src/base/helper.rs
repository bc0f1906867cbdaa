//! Standing threads that do work which no client should wait for.
//!
//! A helper owns what it is given: a job goes in through a channel, and whatever it has to report comes back through
//! another, with a `notify` value that wakes the loop. Starting a thread would cost the loop 130 to 220 µs, so helpers
//! are started once. Waking a sleeping one costs 20 to 40 µs, so what can wait (freeing) is only laid down
//! ([`Helper::run_soon`]) and the thread is woken by the next [`Helper::nudge`]. A job that panics is lost, the helper goes on.

use crate::base::{alloc, crash};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::Thread;

type Job = Box<dyn FnOnce() + Send>;

/// The nice value of work that can wait.
const BACKGROUND: i32 = 10;

/// So many jobs may lie there before the thread is woken for them.
const LAID_DOWN_MAX: usize = 256;

/// A thread that runs jobs one after another, or for simulations nothing but the caller itself.
#[derive(Debug)]
pub struct Helper {
    place: Place,
    pending: Arc<AtomicUsize>,
}

/// Where jobs are run.
#[derive(Debug)]
enum Place {
    Thread(Sender<Job>, Thread),
    /// By the caller, at once.
    Inline,
    /// By the caller of [`Helper::run_held`].
    Held(Sender<Job>, Mutex<Receiver<Job>>),
}

impl Helper {
    /// Starts the thread.
    pub fn start(name: &str) -> std::io::Result<Helper> {
        Helper::start_with(name, || {})
    }

    /// Starts a thread whose work can wait: where there are fewer cores than threads with something to do, the loop goes
    /// first.
    pub fn start_in_background(name: &str) -> std::io::Result<Helper> {
        Helper::start_with(name, || {
            // On Linux this is about the calling thread only. Without it the work is done all the same.
            if let Err(error) = rustix::process::setpriority_process(None, BACKGROUND) {
                log::debug!("A helper keeps its priority: {error}");
            }
        })
    }

    fn start_with(name: &str, prepare: impl FnOnce() + Send + 'static) -> std::io::Result<Helper> {
        let (jobs, inbox) = channel::<Job>();
        let pending = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&pending);
        let thread = std::thread::Builder::new().name(name.to_string()).spawn(move || {
            crash::prepare_thread();
            prepare();
            loop {
                match inbox.try_recv() {
                    Ok(job) => {
                        if catch_unwind(AssertUnwindSafe(job)).is_err() {
                            log::error!("A background job failed; the server goes on without its result");
                        }
                        done.fetch_sub(1, Ordering::Relaxed);
                    }
                    // Parked, not waiting in the channel: sending does not wake it then.
                    Err(TryRecvError::Empty) => std::thread::park(),
                    Err(TryRecvError::Disconnected) => break,
                }
            }
        })?;
        Ok(Helper { place: Place::Thread(jobs, thread.thread().clone()), pending })
    }

    /// A helper that runs each job at once, on the caller's thread.
    pub fn inline() -> Helper {
        Helper { place: Place::Inline, pending: Arc::default() }
    }

    /// A helper that runs no job until [`Helper::run_held`] says so.
    pub fn held() -> Helper {
        let (jobs, inbox) = channel();
        Helper { place: Place::Held(jobs, Mutex::new(inbox)), pending: Arc::default() }
    }

    /// Runs the next job that is held. False if there is none.
    pub fn run_held(&self) -> bool {
        let Place::Held(_, inbox) = &self.place else { return false };
        let Some(job) = inbox.lock().ok().and_then(|inbox| inbox.try_recv().ok()) else { return false };
        alloc::uncounted(job);
        self.pending.fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// Whether there is no thread.
    pub fn is_inline(&self) -> bool {
        !matches!(self.place, Place::Thread(..))
    }

    /// Hands a job over and wakes the thread.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) {
        self.lay_down(job);
        self.nudge();
    }

    /// Hands a job over that can wait for the next [`Helper::nudge`].
    pub fn run_soon(&self, job: impl FnOnce() + Send + 'static) {
        self.lay_down(job);
        if self.pending() > LAID_DOWN_MAX {
            self.nudge();
        }
    }

    /// Wakes the thread if it has something to do.
    pub fn nudge(&self) {
        if self.pending() > 0
            && let Place::Thread(_, thread) = &self.place
        {
            thread.unpark();
        }
    }

    fn lay_down(&self, job: impl FnOnce() + Send + 'static) {
        let (Place::Thread(jobs, _) | Place::Held(jobs, _)) = &self.place else { return alloc::uncounted(job) };
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

impl Drop for Helper {
    fn drop(&mut self) {
        if let Place::Thread(jobs, thread) = std::mem::replace(&mut self.place, Place::Inline) {
            // The thread sees the end of the channel when it looks.
            drop(jobs);
            thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Helper, LAID_DOWN_MAX};
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

    #[test]
    fn what_can_wait_is_done_after_a_nudge_or_when_there_is_much_of_it() {
        let helper = Helper::start("test-lazy").expect("threads can be started");
        let (tell, told) = channel();
        let lay = |n: usize| {
            let tell = tell.clone();
            helper.run_soon(move || tell.send(n).expect("the test listens"));
        };
        lay(0);
        helper.nudge();
        assert_eq!(told.recv(), Ok(0));
        // Some may be done before the thread sleeps; what is laid down then wakes it when it has become too much.
        for n in 0..3 * LAID_DOWN_MAX {
            lay(n);
        }
        assert_eq!(told.iter().take(2 * LAID_DOWN_MAX).last(), Some(2 * LAID_DOWN_MAX - 1));
    }
}
