//! A disk that takes its time: who waits for it, and who does not.

use redoxide::base::clock::Clock;
use redoxide::base::dice::Dice;
use redoxide::base::mapped::Mapped;
use redoxide::base::stopwatch::Stopwatch;
use redoxide::config::arguments::{self, Asked};
use redoxide::net::EventLoop;
use redoxide::net::local::Local;
use redoxide::persist::disk::{Disk, DiskFile, System};
use redoxide::server::Server;
use redoxide::server::background::{Helpers, World};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The system's disk, where every sync of a file takes so many milliseconds more; and how many there were.
#[derive(Clone, Default)]
struct Slow(Arc<AtomicU64>, Arc<AtomicU64>);

struct SlowFile(Arc<dyn DiskFile>, Slow);

impl DiskFile for SlowFile {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        std::thread::sleep(Duration::from_millis(self.1.0.load(Ordering::Relaxed)));
        self.1.1.fetch_add(1, Ordering::Relaxed);
        self.0.sync()
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }
}

impl Disk for Slow {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SlowFile(System.create(path)?, self.clone())))
    }

    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SlowFile(System.append(path)?, self.clone())))
    }

    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read + Send>, u64)> {
        System.open(path)
    }

    fn open_at(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        System.open_at(path, offset)
    }

    fn map(&self, path: &Path, words: usize) -> io::Result<Arc<Mapped>> {
        System.map(path, words)
    }

    fn is_mapped(&self, path: &Path) -> bool {
        System.is_mapped(path)
    }

    fn mark(&self, path: &Path) -> io::Result<u128> {
        System.mark(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        System.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        System.remove(path)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        System.make_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        System.sync_dir(path)
    }

    fn exists(&self, path: &Path) -> bool {
        System.exists(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        System.list(dir)
    }
}

/// A server on a thread of this process.
struct Running {
    port: u16,
    disk: Slow,
    folder: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(fsync: &str) -> Running {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("redoxide-slow-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let line = format!(
            "--port {port} --bind 127.0.0.1 --dir {} --appendonly yes --appendfsync {fsync} --save ''",
            folder.display()
        );
        let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.trim_matches('\'').as_bytes().to_vec()).collect();
        let Asked::Run(config) = arguments::read(&words, &mut io::empty(), &mut |_| Ok(())) else {
            panic!("the arguments are good")
        };
        let disk = Slow::default();
        let world_disk = Arc::new(disk.clone());
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let world = World {
                clock: Clock::system(),
                watch: Stopwatch::new(),
                dice: Dice(1),
                helpers: Helpers::start().unwrap(),
                disk: world_disk,
            };
            let mut server = Server::new(&redoxide::commands::table(), *config, world);
            let mut event_loop = EventLoop::open(&mut server).unwrap();
            server.load();
            tell.send(()).unwrap();
            event_loop.run(&mut server).unwrap();
        });
        told.recv().unwrap();
        Running { port, disk, folder, thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// How many syncs there were.
    fn syncs(&self) -> u64 {
        self.disk.1.load(Ordering::Relaxed)
    }

    /// From now on a sync takes so long.
    fn slow_down(&self, ms: u64) {
        self.disk.0.store(ms, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.slow_down(0);
        let mut stream = self.connect();
        let _ = stream.write_all(b"SHUTDOWN NOSAVE\r\n");
        let _ = stream.read(&mut [0; 64]);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends in order");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Sends an inline command and waits for one reply; how long that took, and what it was.
fn ask(stream: &mut TcpStream, line: &str) -> (Duration, String) {
    let start = Instant::now();
    stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let mut reply = [0; 4096];
    let n = stream.read(&mut reply).unwrap();
    (start.elapsed(), String::from_utf8_lossy(&reply[..n]).trim_end().replace("\r\n", " "))
}

/// How many SETs a number of clients get answered in a time.
fn rate(server: &Running, clients: usize, time: Duration) -> usize {
    let threads: Vec<_> = (0..clients)
        .map(|i| {
            let mut stream = server.connect();
            std::thread::spawn(move || {
                let (start, mut n) = (Instant::now(), 0);
                while start.elapsed() < time {
                    assert_eq!(ask(&mut stream, &format!("SET k{i} {n}")).1, "+OK");
                    n += 1;
                }
                n
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

#[test]
fn with_always_one_sync_serves_all_who_wait() {
    let server = Running::start("always");
    server.slow_down(3);
    let time = Duration::from_millis(600);
    let of = |clients| {
        let before = server.syncs();
        let writes = rate(&server, clients, time);
        (writes as u64, server.syncs() - before)
    };
    let (one, syncs) = of(1);
    assert!(one <= syncs, "each waits for its sync: {one} writes, {syncs} syncs");
    // Fifty wait for the same one, unless the machine is too busy to have them all back in time.
    let (fifty, syncs) = of(50);
    println!(
        "always, a sync takes 3 ms more: {one} writes in {time:?} by one client, {fifty} by fifty, {} times",
        fifty / one.max(1)
    );
    assert!(fifty >= 15 * syncs, "{fifty} writes of fifty clients, {syncs} syncs");
}

#[test]
fn with_always_nobody_reads_what_is_not_durable() {
    let server = Running::start("always");
    let (mut writer, mut reader) = (server.connect(), server.connect());
    ask(&mut writer, "SET k old");
    server.slow_down(300);
    let start = Instant::now();
    writer.write_all(b"SET k new\r\n").unwrap();
    // Until the server has run the write the old value is the right answer.
    let value = loop {
        let (took, value) = ask(&mut reader, "GET k");
        if value != "$3 old" || start.elapsed() > Duration::from_secs(10) {
            assert!(took > Duration::from_millis(150), "answered after {took:?}");
            break value;
        }
    };
    assert_eq!(value, "$3 new");
    assert!(start.elapsed() >= Duration::from_millis(290));
    let mut ok = [0; 5];
    writer.read_exact(&mut ok).unwrap();
    assert_eq!(&ok, b"+OK\r\n");
}

/// Asks every millisecond until told to stop: when, and how long it took.
fn ask_steadily(server: &Running, line: &'static str, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<(Instant, Duration)>> {
    let (mut stream, stop) = (server.connect(), Arc::clone(stop));
    std::thread::spawn(move || {
        let mut answers = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let at = Instant::now();
            let (took, reply) = ask(&mut stream, line);
            assert!(!reply.starts_with('-'), "{reply}");
            answers.push((at, took));
            std::thread::sleep(Duration::from_millis(1));
        }
        answers
    })
}

/// How many there were in a stretch of time, their 99.9th percentile, and the longest.
fn summary(answers: &[(Instant, Duration)], from: Instant, to: Instant) -> (usize, Duration, Duration) {
    let mut took: Vec<Duration> =
        answers.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, took)| *took).collect();
    took.sort_unstable();
    let at = |part: f64| took.get(((took.len().max(1) - 1) as f64 * part) as usize).copied().unwrap_or_default();
    (took.len(), at(0.999), at(1.0))
}

#[test]
fn with_everysec_a_sync_that_takes_seconds_is_felt_by_no_reader_and_by_writers_after_a_second() {
    const HELD: Duration = Duration::from_secs(5);
    let server = Running::start("everysec");
    ask(&mut server.connect(), "SET k 0");
    let stop = Arc::new(AtomicBool::new(false));
    let (reader, writer) = (ask_steadily(&server, "GET k", &stop), ask_steadily(&server, "SET k 1", &stop));
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(1500));
    // The next sync begins within a second, and takes so long.
    server.slow_down(HELD.as_millis() as u64);
    let syncs = server.syncs();
    let slow = Instant::now();
    std::thread::sleep(HELD + Duration::from_millis(800));
    stop.store(true, Ordering::Relaxed);
    server.slow_down(0);
    let (reads, writes) = (reader.join().unwrap(), writer.join().unwrap());
    let end = Instant::now();
    let (_, read, longest_read) = summary(&reads, slow, end);
    println!("while a sync takes {HELD:?}, answers, p99.9, longest:");
    println!("  GET before {:?}, meanwhile {:?}", summary(&reads, start, slow), summary(&reads, slow, end));
    println!("  SET before {:?}, meanwhile {:?}", summary(&writes, start, slow), summary(&writes, slow, end));
    assert!(server.syncs() <= syncs + 1, "one sync was held");
    assert!(
        longest_read < Duration::from_millis(400) && read < Duration::from_millis(100),
        "readers waited {longest_read:?}"
    );
    // What writers wrote waits in memory: after a second of that they wait, too.
    let first_wait = writes.iter().find(|(_, took)| *took > Duration::from_millis(500));
    let first_wait = first_wait.expect("writers wait in the end").0;
    let free = writes.iter().filter(|(at, _)| (slow..first_wait).contains(at)).count();
    println!("  {free} SETs in the {:?} before the first that waited", first_wait - slow);
    assert!(first_wait - slow > Duration::from_millis(900), "a writer waited after {:?} already", first_wait - slow);
}

#[test]
fn with_everysec_what_was_answered_while_a_sync_is_held_outlives_the_process() {
    let server = Running::start("everysec");
    let mut stream = server.connect();
    server.slow_down(4000);
    let is_held = |stream: &mut TcpStream| ask(stream, "INFO persistence").1.contains("aof_pending_bio_fsync:1");
    let start = Instant::now();
    while !is_held(&mut stream) {
        assert!(start.elapsed() < Duration::from_secs(10), "a sync begins every second");
        ask(&mut stream, "SET k 1");
    }
    for n in 0..500 {
        assert_eq!(ask(&mut stream, &format!("SET held:{n} {n}")).1, "+OK");
    }
    assert!(is_held(&mut stream));
    // What the end of the process would leave.
    let image = server.folder.with_extension("image");
    std::fs::create_dir_all(image.join("appendonlydir")).unwrap();
    for file in std::fs::read_dir(server.folder.join("appendonlydir")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), image.join("appendonlydir").join(file.file_name())).unwrap();
    }
    for (journal, held) in [("yes", 500), ("no", 0)] {
        // The first start appends what is in the journal; without one nothing is there to be appended.
        let words = ["--dir", image.to_str().unwrap(), "--appendonly", "yes", "--save", "", "--aof-journal", journal];
        let words: Vec<Vec<u8>> = words.into_iter().map(|word| word.as_bytes().to_vec()).collect();
        let Asked::Run(config) = arguments::read(&words, &mut io::empty(), &mut |_| Ok(())) else {
            panic!("the arguments are good")
        };
        if journal == "no" {
            let log = image.join("appendonlydir/appendonly.aof.1.incr.aof");
            let len = std::fs::metadata(server.folder.join("appendonlydir/appendonly.aof.1.incr.aof")).unwrap().len();
            std::fs::File::options().write(true).open(log).unwrap().set_len(len).unwrap();
            std::fs::remove_file(image.join("appendonlydir/appendonly.aof.journal")).unwrap();
        }
        let mut local = Local::with_disk(&redoxide::commands::table(), *config, 1, 1, Arc::new(System));
        assert!(local.load());
        let client = local.connect();
        local.send(client, b"DBSIZE\r\n");
        assert_eq!(local.receive(client), format!(":{}\r\n", held + 1).as_bytes(), "with a journal: {journal}");
    }
    std::fs::remove_dir_all(image).unwrap();
}
