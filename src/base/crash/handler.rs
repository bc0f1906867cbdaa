//! The handlers of signals, and all that they may not leave to the standard library.
//!
//! A handler runs between two instructions of anything: whoever it interrupted may hold the allocator's lock, or the log's.
//! So a handler allocates nothing and takes no lock. It notes what happened in static memory, writes a byte into a pipe, and
//! a thread of its own (`super::report`) tells the rest:
//!
//! ```text
//! SIGSEGV ...  on_fatal    note signal, address, stack -> wake the reporter -> wait -> describe the witness -> default action
//! SIGALRM      on_alarm    wake the reporter
//! SIGURG       on_capture  note the stack of this thread; asked for by the reporter, thread by thread
//! ```
//!
//! Only the description of the witness does more, on the thread that owns it: it comes last, when the rest is in the log, and
//! the reporter ends the process if it takes too long.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicUsize, Ordering};

/// What ends the process, and is told before.
const FATAL: [i32; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT];
/// Asks a thread for its stack: ignored by whoever does not know it, and sent by nobody else.
const CAPTURE: i32 = libc::SIGURG;
/// Frames that are kept of a stack.
pub(super) const DEPTH: usize = 96;
/// Stacks that are kept at once.
const STACKS: usize = 64;
/// Bytes of the stack that handlers run on: a thread's own may be what is used up.
const STACK_BYTES: usize = 256 << 10;
/// How long the thread that crashed waits for the reporter, in milliseconds.
const PATIENCE_MS: u32 = 10_000;

/// What wakes the reporter.
pub(super) const WAKE_FATAL: u8 = b'F';
/// See [`WAKE_FATAL`].
pub(super) const WAKE_ALARM: u8 = b'A';

/// The stack of one thread: addresses of instructions, innermost first.
pub(super) struct Stack {
    /// Whose it is; written last.
    thread: AtomicI32,
    len: AtomicUsize,
    frames: [AtomicUsize; DEPTH],
}

impl Stack {
    const fn empty() -> Stack {
        Stack { thread: AtomicI32::new(0), len: AtomicUsize::new(0), frames: [const { AtomicUsize::new(0) }; DEPTH] }
    }

    /// Notes the stack of the calling thread.
    fn take(&self) {
        let mut n = 0;
        // SAFETY: the function asks that nobody else in this process uses the crate at the same time, for its caches of symbols
        // and the unwinders of other systems. Here walking the stack is all that is asked for, which on Linux uses nothing
        // but the unwinder's own, reentrant state.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                self.frames[n].store(frame.ip() as usize, Ordering::Relaxed);
                n += 1;
                n < DEPTH
            });
        }
        self.len.store(n, Ordering::Relaxed);
        self.thread.store(thread_id(), Ordering::Release);
    }

    /// Whose stack it is, with its addresses; nothing before it is complete.
    pub(super) fn get(&self) -> Option<(i32, Vec<usize>)> {
        let thread = self.thread.load(Ordering::Acquire);
        let len = self.len.load(Ordering::Relaxed).min(DEPTH);
        let frames = self.frames[..len].iter().map(|frame| frame.load(Ordering::Relaxed)).collect();
        (thread != 0).then_some((thread, frames))
    }
}

/// The stack of the thread that crashed.
pub(super) static CRASHED: Stack = Stack::empty();
static OTHERS: [Stack; STACKS] = [const { Stack::empty() }; STACKS];
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// What the system said of the signal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause {
    pub signal: i32,
    pub code: i32,
    /// The address that could not be used, or, if a process sent the signal, its id.
    pub address: usize,
}

static SIGNAL: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static ADDRESS: AtomicUsize = AtomicUsize::new(0);

impl Cause {
    /// What the handler noted.
    pub(super) fn noted() -> Cause {
        Cause {
            signal: SIGNAL.load(Ordering::Acquire),
            code: CODE.load(Ordering::Relaxed),
            address: ADDRESS.load(Ordering::Relaxed),
        }
    }

    /// Whether a process sent it, and not the processor.
    pub(super) fn is_sent(self) -> bool {
        self.code <= 0
    }
}

/// Whether signals are told.
pub(super) static ENABLED: AtomicBool = AtomicBool::new(false);
/// Whether handlers are there.
static INSTALLED: AtomicBool = AtomicBool::new(false);
/// The end of the pipe that wakes the reporter.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// The thread that crashed first.
static CRASHING: AtomicI32 = AtomicI32::new(0);

/// How far a report is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub(super) enum Stage {
    /// Nothing is in the log, or not all.
    Begun,
    /// Stacks are in the log.
    Stacks,
    /// What the witness said is, or there is none.
    Described,
    /// All is.
    Ended,
}

static STAGE: AtomicU8 = AtomicU8::new(Stage::Begun as u8);

/// A report is as far as this.
pub(super) fn reach(stage: Stage) {
    STAGE.store(stage as u8, Ordering::Release);
}

/// Waits for a stage; `false` if it takes too long.
pub(super) fn wait_for(stage: Stage, patience_ms: u32) -> bool {
    for _ in 0..patience_ms {
        if STAGE.load(Ordering::Acquire) >= stage as u8 {
            return true;
        }
        pause();
    }
    false
}

fn pause() {
    let time = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: a valid time to read, and nothing to write; the call is async-signal-safe.
    unsafe { libc::nanosleep(&raw const time, null_mut()) };
}

fn thread_id() -> i32 {
    // SAFETY: the call has no arguments and always succeeds.
    unsafe { libc::gettid() }
}

/// Wakes the reporter. Callable from a handler.
pub(super) fn wake(why: u8) {
    // SAFETY: one byte of a valid buffer; a descriptor that is not open is an error and no more. The call is
    // async-signal-safe.
    unsafe { libc::write(PIPE.load(Ordering::Relaxed), (&raw const why).cast(), 1) };
}

/// Installs the handlers; `pipe` wakes the reporter, does not block, and is never closed.
pub(super) fn install(pipe: i32) {
    PIPE.store(pipe, Ordering::Relaxed);
    for signal in FATAL {
        handle(signal, on_fatal, libc::SA_ONSTACK);
    }
    handle(libc::SIGALRM, on_alarm, libc::SA_ONSTACK | libc::SA_RESTART);
    handle(CAPTURE, on_capture, libc::SA_ONSTACK | libc::SA_RESTART);
    INSTALLED.store(true, Ordering::Relaxed);
    prepare_thread();
}

type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void);

fn handle(signal: i32, handler: Handler, flags: i32) {
    // SAFETY: all zeros are a valid `sigaction`: no flags, no blocked signals.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | flags;
    // SAFETY: the action is valid, and its handler has the form that SA_SIGINFO asks for. What a handler may do is kept to
    // in each of them.
    unsafe { libc::sigaction(signal, &raw const action, null_mut()) };
}

/// Gives the calling thread room for handlers beside its stack. Without handlers that is not needed, and it can fail only for lack
/// of memory: then the thread keeps the small one that it has.
pub fn prepare_thread() {
    if !INSTALLED.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: a new private mapping disturbs nothing that is there.
    let memory = unsafe {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        libc::mmap(null_mut(), STACK_BYTES, access, kind, -1, 0)
    };
    if memory == libc::MAP_FAILED {
        return;
    }
    let stack = libc::stack_t { ss_sp: memory, ss_flags: 0, ss_size: STACK_BYTES };
    // SAFETY: the memory is mapped, of this size, used by nobody else and never given back.
    unsafe { libc::sigaltstack(&raw const stack, null_mut()) };
}

/// Lets a signal do what it does to a process that does not know it, as soon as the calling handler returns.
fn give_up(signal: i32) {
    // SAFETY: all zeros are a valid action, the default one (SIG_DFL is zero). Sending a signal to the own process touches no
    // memory; all calls are async-signal-safe.
    unsafe {
        let action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        libc::sigaction(signal, &raw const action, null_mut());
        libc::syscall(libc::SYS_tgkill, libc::getpid(), libc::gettid(), signal);
    }
}

/// Ends the process by a signal although the thread that got it does not come to it.
pub(super) fn end_by(signal: i32) {
    give_up(signal);
}

extern "C" fn on_fatal(signal: i32, info: *mut libc::siginfo_t, _context: *mut c_void) {
    let me = thread_id();
    if !ENABLED.load(Ordering::Relaxed) {
        return give_up(signal);
    }
    if let Err(first) = CRASHING.compare_exchange(0, me, Ordering::AcqRel, Ordering::Acquire) {
        // Another thread's report would be cut short; the own one has failed.
        if first != me {
            wait_for(Stage::Ended, 2 * PATIENCE_MS);
        }
        return give_up(signal);
    }
    // SAFETY: the system hands a valid description to a handler with SA_SIGINFO; which of its parts are there follows from the
    // code: an address if the processor sent it, a process if not.
    unsafe {
        CODE.store((*info).si_code, Ordering::Relaxed);
        let is_sent = (*info).si_code <= 0;
        let address = if is_sent { (*info).si_pid() as usize } else { (*info).si_addr() as usize };
        ADDRESS.store(address, Ordering::Relaxed);
    }
    CRASHED.take();
    SIGNAL.store(signal, Ordering::Release);
    wake(WAKE_FATAL);
    if wait_for(Stage::Stacks, PATIENCE_MS) {
        if WITNESS_THREAD.load(Ordering::Acquire) == me {
            let witness = WITNESS.load(Ordering::Acquire);
            // SAFETY: the pointer was set by `with_witness` on this thread and is taken back before its frame ends, so the
            // reference, and the function behind it, live.
            if let Some(tell) = unsafe { witness.as_ref() } {
                tell();
            }
        }
        reach(Stage::Described);
        wait_for(Stage::Ended, PATIENCE_MS);
    } else {
        let text = b"The crash could not be reported\n";
        // SAFETY: a valid buffer of this length; the call is async-signal-safe.
        unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    }
    give_up(signal);
}

extern "C" fn on_alarm(_signal: i32, _info: *mut libc::siginfo_t, _context: *mut c_void) {
    keeping_errno(|| wake(WAKE_ALARM));
}

extern "C" fn on_capture(_signal: i32, _info: *mut libc::siginfo_t, _context: *mut c_void) {
    keeping_errno(|| {
        if let Some(stack) = OTHERS.get(TAKEN.fetch_add(1, Ordering::Relaxed)) {
            stack.take();
        }
    });
}

/// Whoever was interrupted between a call and the look at its error must find that error.
fn keeping_errno(body: impl FnOnce()) {
    // SAFETY: the address of the calling thread's own errno is always valid.
    unsafe {
        let place = libc::__errno_location();
        let before = *place;
        body();
        *place = before;
    }
}

/// Asks other threads of this process for their stacks, and gives those that came in time. One caller at a time.
pub(super) fn stacks_of(threads: &[i32], patience_ms: u32) -> Vec<(i32, Vec<usize>)> {
    for stack in &OTHERS {
        stack.thread.store(0, Ordering::Relaxed);
    }
    TAKEN.store(0, Ordering::Release);
    for &thread in threads {
        // SAFETY: a signal touches no memory; a thread that is gone is an error and no more. Without the handler it is ignored.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, CAPTURE) };
    }
    for _ in 0..patience_ms {
        if OTHERS.iter().filter(|stack| stack.thread.load(Ordering::Relaxed) != 0).count() >= threads.len() {
            break;
        }
        pause();
    }
    OTHERS.iter().filter_map(Stack::get).collect()
}

/// The stack of the caller.
pub(super) fn own_stack() -> (i32, Vec<usize>) {
    let stack = Box::new(Stack::empty());
    stack.take();
    stack.get().unwrap_or_default()
}

/// What is called when its thread crashes: a reference that lives in the frame of `with_witness`.
static WITNESS: AtomicPtr<&'static dyn Fn()> = AtomicPtr::new(null_mut());
static WITNESS_THREAD: AtomicI32 = AtomicI32::new(0);

/// Runs `body` with `value`; should a signal end the process meanwhile, on this thread, `describe` is called to log what there is to
/// say of the value. It may find it half changed, and is cut short if that makes it fail.
pub fn with_witness<T, R>(value: &mut T, describe: fn(&T), body: impl FnOnce(&mut T) -> R) -> R {
    /// Takes the witness back however `body` ends.
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            WITNESS.store(null_mut(), Ordering::Release);
        }
    }
    let value: *mut T = value;
    // SAFETY: the value outlives this call, and this runs only in the handler of a signal that ends the process: `body`, to which the
    // value is lent, was interrupted there and never goes on, so that this is the only use of it from then on.
    let tell = || describe(unsafe { &*value });
    let witness: &dyn Fn() = &tell;
    WITNESS_THREAD.store(thread_id(), Ordering::Release);
    WITNESS.store((&raw const witness).cast_mut().cast(), Ordering::Release);
    let _leave = Leave;
    // SAFETY: it was made from an exclusive reference that nobody uses until `body` returns, but for the end of the process.
    body(unsafe { &mut *value })
}

/// Writes where nobody may write.
pub fn fault() {
    // SAFETY: a new private mapping disturbs nothing that is there. Writing to it is what the processor refuses; the signal that
    // follows ends the process, so nothing is ever changed.
    unsafe {
        let page = libc::mmap(null_mut(), 4096, libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
        page.cast::<u8>().write_volatile(1);
    }
}
