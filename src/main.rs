//! The program: arguments, configuration, server, event loop.

use redoxide::base::clock::Clock;
use redoxide::base::crash;
use redoxide::base::dice::Dice;
use redoxide::base::logging::{self, Syslog};
use redoxide::base::stopwatch::Stopwatch;
use redoxide::config::arguments::{self, Asked};
use redoxide::config::special::system_text;
use redoxide::config::{Config, Settings};
use redoxide::net::EventLoop;
use redoxide::persist::disk::System;
use redoxide::persist::tool;
use redoxide::server::background::{Helpers, World};
use redoxide::server::command::Family;
use redoxide::server::process::{self, PidFile, Supervisor};
use redoxide::server::{self, REDIS_VERSION, Server};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    let program = std::env::args_os().next().unwrap_or_default();
    if let Some(status) = tool::run(&program, &arguments, REDIS_VERSION) {
        return ExitCode::from(status);
    }
    let commands = redoxide::commands::table();
    let mut input = Kept { input: std::io::stdin().lock(), kept: Vec::new() };
    let asked = arguments::read(&arguments, &mut input, &mut server::judge(&commands));
    match asked {
        Asked::Print(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Asked::Refuse(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
        Asked::Run(mut config) => {
            let started_in = std::env::current_dir().unwrap_or_default();
            // As long as somebody sees it: whoever goes to the background has nobody to tell.
            if let Err(why) = prepare(&config) {
                eprintln!("\n*** FATAL CONFIG FILE ERROR (Redoxide {}) ***\n{why}", env!("CARGO_PKG_VERSION"));
                return ExitCode::FAILURE;
            }
            if process::is_daemon(&config) {
                config.default_pidfile(process::DAEMON_PID_FILE);
                match process::daemonize(std::env::args_os(), &started_in, &input.kept) {
                    Ok(true) => {}
                    Ok(false) => return ExitCode::SUCCESS,
                    Err(error) => {
                        eprintln!("Can't go to the background: {error}");
                        return ExitCode::FAILURE;
                    }
                }
            }
            match run(&commands, *config) {
                // The memory is not taken apart first: the system takes it back at once, we would need seconds.
                Ok(status) => std::process::exit(status),
                Err(why) => {
                    log::error!("{why}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}

/// Remembers what was read, for the daemon that will be told the same.
struct Kept<R> {
    input: R,
    kept: Vec<u8>,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(bytes)?;
        self.kept.extend_from_slice(&bytes[..n]);
        Ok(n)
    }
}

/// Goes to the working directory, and sees whether a log can be written there.
fn prepare(config: &Config) -> Result<(), String> {
    let Settings { dir, logfile, .. } = &config.settings;
    std::env::set_current_dir(dir).map_err(|error| format!("Can't chdir to '{dir}': {}", system_text(&error)))?;
    logging::try_file(logfile).map_err(|error| format!("Can't open the log file: {}", system_text(&error)))
}

/// After a panic nothing of the data can be trusted but what was in order before: whole units of the log are written, and no
/// snapshot. (After a signal not even that is certain, and nobody was told of what is not in the file: it is left as it is.)
fn crashed(server: &mut Server, pid_file: &mut PidFile) -> ! {
    let flushed = catch_unwind(AssertUnwindSafe(|| {
        server.describe_crash();
        server.flush_log();
    }));
    if flushed.is_err() {
        log::error!("The log could not be flushed");
    }
    crash::end();
    pid_file.remove();
    if server.config.value("use-exit-on-panic") == b"yes" {
        std::process::exit(1);
    }
    // All is told: the signal of this is to end the process and no more.
    crash::tell_signals(false);
    std::process::abort();
}

fn run(commands: &[Family], config: Config) -> Result<i32, String> {
    let settings = &config.settings;
    let syslog = (config.value("syslog-enabled") == b"yes").then(|| {
        let text = |name| String::from_utf8_lossy(config.value(name)).into_owned();
        Syslog::new(&text("syslog-ident"), &text("syslog-facility"))
    });
    logging::start(&settings.logfile, settings.loglevel.filter(), syslog)
        .map_err(|error| format!("Can't open the log file: {error}"))?;
    crash::start().map_err(|error| format!("Can't start the thread that reports crashes: {error}"))?;
    log::info!(
        "Redoxide {} starts, answering as Redis {REDIS_VERSION}, port {}, PID: {}",
        env!("CARGO_PKG_VERSION"),
        settings.port,
        std::process::id()
    );
    for name in config.without_effect() {
        log::warn!("The directive '{name}' is kept, but it has no effect yet");
    }
    let helpers = Helpers::start().map_err(|error| format!("Can't start a helper thread: {error}"))?;
    let world = World {
        clock: Clock::system(),
        watch: Stopwatch::new(),
        dice: Dice::unpredictable(),
        helpers,
        disk: Arc::new(System),
    };
    let mut server = Server::new(commands, config, world);
    server.rename_commands()?;
    server.load_users()?;
    if let Err(error) = server.set_oom_score() {
        log::warn!("Unable to write oom_score_adj: {error}");
    }
    process::set_title(&server.config);
    server.set_crash_reports();
    let mut pid_file = PidFile::write(&String::from_utf8_lossy(server.config.value("pidfile")));
    let mut event_loop = EventLoop::open(&mut server)?;
    log::info!("Server initialized");
    server.supervisor = Supervisor::find(server.config.value("supervised"));
    server.note_startup();
    server.load();
    let run =
        AssertUnwindSafe(|| crash::with_witness(&mut server, Server::describe_crash, |server| event_loop.run(server)));
    let Ok(ended) = catch_unwind(run) else { crashed(&mut server, &mut pid_file) };
    let ended = ended.map_err(|error| format!("The event loop failed: {error}"));
    server.supervisor.tell("STOPPING=1\n");
    pid_file.remove();
    ended
}
