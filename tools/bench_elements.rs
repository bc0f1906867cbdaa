//! What an element of a collection costs: bytes by `used_memory`, for collections of 5 to a million elements, beside the peers.
//!
//! Of small collections there are many, and a row is the whole of one: its elements, its key of 16 bytes, what the table needs.
//! Of the largest there is one, and the row is an element of it.

use crate::bench_load::append;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::bench_server::{Peer, Server};

/// How many elements, and how many collections of so many.
const SIZES: [(usize, usize); 4] = [(5, 20_000), (20, 10_000), (100, 10_000), (1_000_000, 1)];

/// A load: its name, the command, and what it adds as element `n`.
type Load = (&'static str, &'static str, fn(usize) -> Vec<String>);

const LOADS: &[Load] = &[
    ("list, 12 bytes", "RPUSH", |n| vec![format!("m{n:011}")]),
    ("list, 77 bytes", "RPUSH", |n| vec![format!("{n:011}:{}", "a long element".repeat(5))[..77].to_string()]),
    ("list, integers", "RPUSH", |n| vec![(1_000_000 + n).to_string()]),
    ("set, 12 bytes", "SADD", |n| vec![format!("m{n:011}")]),
    ("set, integers", "SADD", |n| vec![(1_000_000 + 3 * n).to_string()]),
    ("hash, 6 + 10 bytes", "HSET", |n| vec![format!("{n:06}"), format!("v{n:09}")]),
    ("hash, 12 + 12 bytes", "HSET", |n| vec![format!("f{n:011}"), format!("v{n:011}")]),
    ("sorted set, 12 bytes, whole scores", "ZADD", |n| vec![(n * 37 % 1_000_003).to_string(), format!("m{n:011}")]),
    ("sorted set, 12 bytes, other scores", "ZADD", |n| {
        vec![format!("{}.{:03}5", n * 37 % 1_000_003, n % 1000), format!("m{n:011}")]
    }),
];

/// Measures all loads with each server in turn, and prints a table.
pub fn run(servers: &[Peer], wants: impl Fn(&str) -> bool) -> Result<(), String> {
    let loads: Vec<&Load> = LOADS.iter().filter(|load| wants(load.0)).collect();
    let mut titles = Vec::new();
    let mut columns = Vec::new();
    for peer in servers {
        let mut column = Vec::new();
        titles.push(Server::start(peer, super::SERVER_CORE)?.title());
        for load in &loads {
            for (size, count) in SIZES {
                eprintln!("{}: {}, {size}", peer.name, load.0);
                column.push(measure(peer, load, size, count)?);
            }
        }
        columns.push(column);
    }
    println!("Bytes of a collection with its key, by `used_memory`; of the last in each group bytes of one element.\n");
    println!("| | elements | {} |\n|---|---|{}", titles.join(" | "), "---|".repeat(titles.len()));
    let rows = loads.iter().flat_map(|load| SIZES.map(|(size, _)| (load.0, size)));
    for (row, (name, size)) in rows.enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| format!("{:.1}", column[row])).collect();
        println!("| {name} | {size} | {} |", cells.join(" | "));
    }
    Ok(())
}

fn measure(peer: &Peer, load: &Load, size: usize, count: usize) -> Result<f64, String> {
    let server = Server::start(peer, super::SERVER_CORE)?;
    // Before that, so that buffers which the server keeps have their size.
    for _ in 0..2 {
        fill(&server, load, size, count)?;
        server.ask("FLUSHALL")?;
    }
    server.settle()?;
    let before = server.used_memory()?;
    fill(&server, load, size, count)?;
    server.settle()?;
    let each = server.used_memory()?.saturating_sub(before) as f64 / count as f64;
    Ok(if count == 1 { each / size as f64 } else { each })
}

fn fill(server: &Server, load: &Load, size: usize, count: usize) -> Result<(), String> {
    const AT_ONCE: usize = 200;
    let failed = |error: std::io::Error| format!("{}: {error}", load.1);
    let mut stream = server.connect()?;
    let mut requests = Vec::new();
    let mut waiting = 0;
    for collection in 0..count {
        for from in (0..size).step_by(AT_ONCE) {
            let mut words = vec![load.1.to_string(), format!("key:{collection:012}")];
            (from..size.min(from + AT_ONCE)).for_each(|n| words.extend(load.2(n)));
            append(&mut requests, &words);
            waiting += 1;
            if waiting == 100 {
                exchange(&mut stream, &mut requests, &mut waiting).map_err(failed)?;
            }
        }
    }
    exchange(&mut stream, &mut requests, &mut waiting).map_err(failed)
}

/// Sends what there is, and waits for as many replies, of a line each.
fn exchange(stream: &mut TcpStream, requests: &mut Vec<u8>, waiting: &mut usize) -> std::io::Result<()> {
    stream.write_all(requests)?;
    requests.clear();
    let mut chunk = [0; 4096];
    while *waiting > 0 {
        let n = stream.read(&mut chunk)?;
        if n == 0 || chunk[..n].contains(&b'-') {
            return Err(std::io::Error::other("it refused a request"));
        }
        *waiting -= memchr::memchr_iter(b'\n', &chunk[..n]).count();
    }
    Ok(())
}
