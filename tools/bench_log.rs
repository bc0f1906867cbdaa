//! What the append-only file costs: the loop's processor time per SET without one, and with one that is synced every second.
//!
//! Of each server two run, alike but for `appendonly`, and take turns. The thread that serves clients counts: what helpers
//! write and sync is theirs, and stands in a column of its own, as a ratio. Then the same is asked of `always`, as a rate, by one client and by fifty: what syncing together wins
//! depends on how long the disk takes for a sync, which is printed beside it.

use crate::bench_load::{Counting, Generator, Requests, Sample, key, shuffled, value};
use crate::bench_report::median;
use crate::bench_server::{Peer, Server};
use std::io::Write;
use std::time::{Duration, Instant};

/// How many clients send how many requests at a time, and how often: as often as they are answered, or 20,000 requests a second in two ways.
const LOADS: [(&str, usize, usize, Option<Duration>); 5] = [
    ("20,000 a second, one at a time", 50, 1, Some(Duration::from_micros(50))),
    ("20,000 a second, 20 at a time", 1, 20, Some(Duration::from_millis(1))),
    ("50 clients, no pipeline", 50, 1, None),
    ("50 clients, pipeline 16", 50, 16, None),
    ("50 clients, pipeline 64", 50, 64, None),
];

/// Measures all servers and prints the tables.
pub fn run(peers: &[Peer], keys: usize, rounds: usize, time: Duration, core: usize) -> Result<(), String> {
    let order = shuffled(keys);
    let words = order.iter().map(|&k| vec!["SET".to_string(), key("key", k), value(k, 64)]);
    let requests = Requests::encode(words, b'+', Counting::Bytes(5));
    println!("{keys} keys of 16 bytes, values of 64, SET, medians of {rounds} rounds of {time:?}.\n");
    println!("| | load | no log, us | everysec, us | of it | of all threads |");
    println!("|---|---|---|---|---|---|");
    for peer in peers {
        let cores = core.to_string();
        let log = ["--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"];
        let servers = [Server::start_with(peer, &cores, &[])?, Server::start_with(peer, &cores, &log)?];
        for server in &servers {
            eprintln!("{}: filling", peer.name);
            Generator::new(server, &requests, 4, 64)?.fill()?;
        }
        for (name, clients, pipeline, pace) in LOADS {
            let mut samples: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
            for round in 0..rounds {
                for turn in 0..2 {
                    let which = (turn + round) % 2;
                    let generator = Generator::new(&servers[which], &requests, clients, pipeline)?;
                    let mut generator = if let Some(pace) = pace { generator.paced(pace) } else { generator };
                    samples[which].push(generator.measure(time)?);
                }
                // What was written would fill the disk.
                servers[1].ask("BGREWRITEAOF")?;
                while servers[1].info("persistence", "aof_rewrite_in_progress")? != "0" {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            let [without, with] = samples.each_ref().map(|of| median(of, |sample| sample.loop_cpu));
            let [all_without, all_with] = samples.map(|of| median(&of, |sample| sample.cpu));
            let (title, of_all) = (servers[0].title(), all_with / all_without);
            println!("| {title} | {name} | {without:.3} | {with:.3} | {:.2} | {of_all:.2} |", with / without);
        }
    }
    println!("\nA sync of 4 KB takes {:.2} ms here (median of 50).\n", sync_ms()?);
    println!("| always | 1 client, per second | 50 clients | times |");
    println!("|---|---|---|---|");
    for peer in peers {
        let log = ["--appendonly", "yes", "--appendfsync", "always"];
        let server = Server::start_with(peer, &core.to_string(), &log)?;
        let rate = |clients| {
            let mut generator = Generator::new(&server, &requests, clients, 1)?;
            generator.measure(time).map(|sample| sample.per_second)
        };
        let (one, fifty) = (rate(1)?, rate(50)?);
        println!("| {} | {one:.0} | {fifty:.0} | {:.1} |", server.title(), fifty / one);
    }
    Ok(())
}

/// How long a sync takes where the servers write.
fn sync_ms() -> Result<f64, String> {
    let path = std::env::temp_dir().join(format!("bench-sync-{}", std::process::id()));
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = std::fs::File::create(&path).map_err(failed)?;
    let mut took = Vec::new();
    for _ in 0..50 {
        file.write_all(&[7; 4096]).map_err(failed)?;
        let began = Instant::now();
        file.sync_data().map_err(failed)?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(&path).map_err(failed)?;
    Ok(median(&took, |ms| *ms))
}
