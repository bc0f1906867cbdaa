//! The loads in which clients have to do with each other: transactions, messages, a queue that many wait at, events, MONITOR.
//!
//! A row with many listening clients is a *round*: what one client sends, and what reaches every other one. A round's bytes
//! are all read before the next begins, so that nobody falls behind and all that was sent has come.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::bench_load::{Counting, Generator, Requests, Sample, key, shuffled, value};
use crate::bench_server::Server;

/// Clients that listen, or wait.
const CROWD: usize = 1000;
/// Messages of a round.
const MESSAGES: usize = 16;

/// A row of the table.
pub struct TalkLoad {
    /// What the table calls it.
    pub name: &'static str,
    /// Requests that are sent at once.
    pub pipeline: usize,
    /// What the server is told before, and after.
    pub before: &'static str,
    /// See `before`.
    pub after: &'static str,
    /// What is done.
    pub kind: Kind,
}

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Transactions of five SET.
    Transactions,
    /// SET over all keys.
    Set,
    /// GET over all keys.
    Get,
    /// The same while another client is shown all commands.
    GetMonitored,
    /// Messages to a crowd; a request is one message to all.
    Publish,
    /// Elements of one list to a crowd that waits for them; a request is an LPUSH, and the BLPOP that it ends.
    HandOver,
}

/// The rows.
pub fn loads() -> Vec<TalkLoad> {
    let row = |name, pipeline, kind| TalkLoad { name, pipeline, before: "PING", after: "PING", kind };
    let with_events = |pipeline| TalkLoad {
        before: "CONFIG SET notify-keyspace-events KEA",
        after: "CONFIG SET notify-keyspace-events \"\"",
        ..row("SET, notifications on", pipeline, Kind::Set)
    };
    vec![
        row("MULTI, 5 SET, EXEC", 1, Kind::Transactions),
        row("MULTI, 5 SET, EXEC", 16, Kind::Transactions),
        row("PUBLISH to 1,000 subscribers", 1, Kind::Publish),
        row("PUBLISH to 1,000 subscribers", MESSAGES, Kind::Publish),
        row("BLPOP hand-over, 1,000 waiting", 1, Kind::HandOver),
        row("BLPOP hand-over, 1,000 waiting", 50, Kind::HandOver),
        row("SET, notifications off", 1, Kind::Set),
        with_events(1),
        row("SET, notifications off", 64, Kind::Set),
        with_events(64),
        row("GET, nobody watches", 1, Kind::Get),
        row("GET, MONITOR attached", 1, Kind::GetMonitored),
        row("GET, nobody watches", 64, Kind::Get),
        row("GET, MONITOR attached", 64, Kind::GetMonitored),
    ]
}

impl TalkLoad {
    /// The requests of a row that is measured as any other.
    pub fn requests(&self, keys: usize) -> Option<Requests> {
        let order = shuffled(keys);
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        match self.kind {
            Kind::Publish | Kind::HandOver => None,
            Kind::Get | Kind::GetMonitored => Some(Requests::encode(
                order.into_iter().map(|k| words(&["GET", &key("key", k)])),
                b'$',
                Counting::Bytes(5 + 64 + 2),
            )),
            Kind::Set => Some(Requests::encode(
                order.into_iter().map(|k| words(&["SET", &key("key", k), &value(k, 64)])),
                b'+',
                Counting::Bytes(5),
            )),
            Kind::Transactions => {
                let set =
                    |k: &usize| format!("*3\r\n$3\r\nSET\r\n$16\r\n{}\r\n$64\r\n{}\r\n", key("key", *k), value(*k, 64));
                let transaction = |five: &[usize]| {
                    let sets: String = five.iter().map(set).collect();
                    format!("*1\r\n$5\r\nMULTI\r\n{sets}*1\r\n$4\r\nEXEC\r\n")
                };
                // OK, five times QUEUED, and a list of five.
                let lines = Counting::Lines(1 + 5 + 6);
                Some(Requests::raw(order.chunks_exact(5).map(transaction), b'+', lines))
            }
        }
    }

    /// Measures one server once.
    pub fn measure(
        &self,
        server: &Server,
        requests: Option<&Requests>,
        connections: usize,
        time: Duration,
    ) -> Result<Sample, String> {
        server.ask(self.before)?;
        let sample = match (self.kind, requests) {
            (Kind::Publish, _) => {
                Crowd::subscribed(server)?.measure(server, time, |crowd| crowd.publish(self.pipeline))
            }
            (Kind::HandOver, _) => {
                Crowd::waiting(server)?.measure(server, time, |crowd| crowd.hand_over(self.pipeline))
            }
            (kind, Some(requests)) => {
                let watcher = if kind == Kind::GetMonitored { Some(Watcher::start(server)?) } else { None };
                let sample = Generator::new(server, requests, connections, self.pipeline)?.measure(time)?;
                let seen = watcher.map(Watcher::end).transpose()?;
                // It is shown each GET, those of the start that does not count, too.
                let least = sample.per_second * time.as_secs_f64() * 30.0;
                if seen.is_some_and(|seen| (seen as f64) < least) {
                    return Err(format!("{}: MONITOR did not show all commands", server.name));
                }
                Ok(sample)
            }
            (_, None) => Err("a load without requests".to_string()),
        };
        server.ask(self.after)?;
        sample
    }
}

/// One client that acts, and many that listen.
struct Crowd {
    actor: TcpStream,
    others: Vec<TcpStream>,
    buffer: Vec<u8>,
}

const PUBLISH: &[u8] = b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$16\r\nabcdefghijklmnop\r\n";
const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$16\r\nabcdefghijklmnop\r\n";
const PUSH: &[u8] = b"*3\r\n$5\r\nLPUSH\r\n$5\r\nqueue\r\n$16\r\nabcdefghijklmnop\r\n";
const POP: &[u8] = b"*3\r\n$5\r\nBLPOP\r\n$5\r\nqueue\r\n$1\r\n0\r\n";
const POPPED: &[u8] = b"*2\r\n$5\r\nqueue\r\n$16\r\nabcdefghijklmnop\r\n";

impl Crowd {
    fn new(server: &Server) -> Result<Crowd, String> {
        let others: Result<Vec<TcpStream>, String> = (0..CROWD).map(|_| server.connect()).collect();
        Ok(Crowd { actor: server.connect()?, others: others?, buffer: vec![0; 64 * 1024] })
    }

    fn subscribed(server: &Server) -> Result<Crowd, String> {
        let mut crowd = Crowd::new(server)?;
        for i in 0..CROWD {
            send(&mut crowd.others[i], b"SUBSCRIBE news\r\n")?;
            expect(&mut crowd.others[i], &mut crowd.buffer, b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n", 1)?;
        }
        Ok(crowd)
    }

    fn waiting(server: &Server) -> Result<Crowd, String> {
        let mut crowd = Crowd::new(server)?;
        crowd.others.iter_mut().try_for_each(|stream| send(stream, POP))?;
        let start = Instant::now();
        while server.info("clients", "blocked_clients")? != CROWD.to_string() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err(format!("{}: not all clients wait", server.name));
            }
        }
        Ok(crowd)
    }

    /// Publishes so many messages at once until a round is full; everybody gets all of them.
    fn publish(&mut self, pipeline: usize) -> Result<usize, String> {
        let batch = PUBLISH.repeat(pipeline);
        for _ in 0..MESSAGES / pipeline {
            send(&mut self.actor, &batch)?;
            expect(&mut self.actor, &mut self.buffer, b":1000\r\n", pipeline)?;
        }
        for stream in &mut self.others {
            expect(stream, &mut self.buffer, MESSAGE, MESSAGES)?;
        }
        Ok(MESSAGES)
    }

    /// Pushes as many elements as clients wait, so many at once; each gets one, whoever is first, and waits again.
    fn hand_over(&mut self, pipeline: usize) -> Result<usize, String> {
        let batch = PUSH.repeat(pipeline);
        for _ in 0..CROWD / pipeline {
            send(&mut self.actor, &batch)?;
            // `:1` as a rule; more if somebody's next BLPOP has not come yet.
            let mut lines = 0;
            while lines < pipeline {
                let n = read(&mut self.actor, &mut self.buffer)?;
                if self.buffer[0] == b'-' {
                    return Err(String::from_utf8_lossy(&self.buffer[..n]).into_owned());
                }
                lines += memchr::memchr_iter(b'\n', &self.buffer[..n]).count();
            }
        }
        for stream in &mut self.others {
            expect(stream, &mut self.buffer, POPPED, 1)?;
            send(stream, POP)?;
        }
        Ok(CROWD)
    }

    fn measure(
        mut self,
        server: &Server,
        time: Duration,
        mut round: impl FnMut(&mut Crowd) -> Result<usize, String>,
    ) -> Result<Sample, String> {
        // A start that does not count.
        let began = Instant::now();
        while began.elapsed() < time.min(Duration::from_millis(200)) {
            round(&mut self)?;
        }
        let (began, cpu, of_loop) = (Instant::now(), server.cpu(), server.loop_cpu());
        let mut done = 0;
        while began.elapsed() < time {
            done += round(&mut self)?;
        }
        let seconds = began.elapsed().as_secs_f64();
        let cpu = (server.cpu() - cpu) as f64;
        let of_loop = (server.loop_cpu() - of_loop) as f64;
        let done = done as f64;
        Ok(Sample {
            per_second: done / seconds,
            cpu: cpu / 1e3 / done,
            loop_cpu: of_loop / 1e3 / done,
            server_busy: cpu / 1e9 / seconds,
        })
    }
}

fn send(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).map_err(|error| error.to_string())
}

fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<usize, String> {
    loop {
        match stream.read(buffer) {
            Ok(0) => return Err("a connection was closed".to_string()),
            Ok(n) => return Ok(n),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Reads exactly this, so many times.
fn expect(stream: &mut TcpStream, buffer: &mut [u8], what: &[u8], times: usize) -> Result<(), String> {
    let (mut came, all) = (0, what.len() * times);
    while came < all {
        let n = read(stream, buffer)?;
        // The beginning of each is enough: a whole comparison would cost as much as the reading.
        if buffer[0] != what[came % what.len()] || came + n > all {
            return Err(format!("something else came: {}", String::from_utf8_lossy(&buffer[..n.min(100)])));
        }
        came += n;
    }
    Ok(())
}

/// A client with MONITOR, on a thread that throws away what it is shown.
struct Watcher {
    stream: TcpStream,
    thread: JoinHandle<u64>,
}

impl Watcher {
    fn start(server: &Server) -> Result<Watcher, String> {
        let mut stream = server.connect()?;
        send(&mut stream, b"MONITOR\r\n")?;
        expect(&mut stream, &mut [0; 16], b"+OK\r\n", 1)?;
        let mut reader = stream.try_clone().map_err(|error| error.to_string())?;
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            let mut seen = 0;
            while let Ok(n) = read(&mut reader, &mut buffer) {
                seen += n as u64;
            }
            seen
        });
        Ok(Watcher { stream, thread })
    }

    /// The bytes that it was shown.
    fn end(self) -> Result<u64, String> {
        self.stream.shutdown(std::net::Shutdown::Both).map_err(|error| error.to_string())?;
        self.thread.join().map_err(|_| "the thread with MONITOR failed".to_string())
    }
}
