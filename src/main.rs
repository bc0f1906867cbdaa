//! The program: arguments, configuration, server, event loop.

use redoxide::base::clock::Clock;
use redoxide::base::dice::Dice;
use redoxide::base::helper::Helper;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::config::Config;
use redoxide::net::EventLoop;
use redoxide::server::Server;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut config = Config::default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    for pair in args.windows(2) {
        if pair[0] == "--port" {
            config.settings.port = pair[1].parse().unwrap_or(6379);
        }
    }
    match run(config) {
        Ok(status) => ExitCode::from(status as u8), // exit statuses are small
        Err(why) => {
            log::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config) -> Result<i32, String> {
    let freeing = Helper::start("freeing").map_err(|error| format!("Can't start a helper thread: {error}"))?;
    let commands = redoxide::commands::table();
    let mut server = Server::new(&commands, config, Clock::system(), Stopwatch::new(), Dice::unpredictable(), freeing);
    let mut event_loop = EventLoop::open(&mut server)?;
    event_loop.run(&mut server).map_err(|error| error.to_string())
}
