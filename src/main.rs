//! The program: arguments, configuration, server, event loop.

use redoxide::base::clock::Clock;
use redoxide::base::dice::Dice;
use redoxide::base::logging;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::config::Config;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::EventLoop;
use redoxide::persist::disk::System;
use redoxide::persist::tool;
use redoxide::server::background::{Helpers, World};
use redoxide::server::process::{PidFile, Supervisor};
use redoxide::server::{REDIS_VERSION, Server};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    let program = std::env::args_os().next().unwrap_or_default();
    if let Some(status) = tool::run(&program, &arguments, REDIS_VERSION) {
        return ExitCode::from(status);
    }
    match arguments::read(&arguments, &mut std::io::stdin().lock()) {
        Asked::Print(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Asked::Refuse(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
        Asked::Run(config) => match run(*config) {
            // The memory is not taken apart first: the system takes it back at once, we would need seconds.
            Ok(status) => std::process::exit(status),
            Err(why) => {
                log::error!("{why}");
                ExitCode::FAILURE
            }
        },
    }
}

fn run(config: Config) -> Result<i32, String> {
    let settings = &config.settings;
    let level = settings.loglevel.filter();
    logging::start(&settings.logfile, level).map_err(|error| format!("Can't open the log file: {error}"))?;
    std::env::set_current_dir(&settings.dir).map_err(|error| format!("Can't chdir to '{}': {error}", settings.dir))?;
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
    let commands = redoxide::commands::table();
    let mut server = Server::new(&commands, config, world);
    server.rename_commands()?;
    server.load_users()?;
    if let Err(error) = server.set_oom_score() {
        log::warn!("Unable to write oom_score_adj: {error}");
    }
    let mut pid_file = PidFile::write(&String::from_utf8_lossy(server.config.value("pidfile")));
    let mut event_loop = EventLoop::open(&mut server)?;
    log::info!("Server initialized");
    server.supervisor = Supervisor::find(server.config.value("supervised"));
    server.note_startup();
    server.load();
    let ended = event_loop.run(&mut server).map_err(|error| format!("The event loop failed: {error}"));
    server.supervisor.tell("STOPPING=1\n");
    pid_file.remove();
    ended
}
