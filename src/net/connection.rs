//! One connection: its socket, its lane, and how they are fed and emptied within a turn.

use crate::base::rare::Rare;
use crate::net::lane::{Lane, Ran};
use crate::net::spares::{BUFFER, Spares};
use crate::net::stream::Stream;
use crate::resp::Requests;
use crate::server::Server;
use mio::{Interest, Registry, Token};
use std::collections::VecDeque;
use std::io::{self, IoSlice};

/// Bytes read from one connection in one turn, at once or in parts: the system copies them, and gives memory for those of a long
/// argument, while everybody else waits.
const READ_PER_TURN: usize = 128 * 1024;
/// Bytes that are thrown away of a client that has sent too much: less than a millisecond's work.
const SWALLOWED_MAX: usize = 4 * 1024 * 1024;
/// Pieces of one write.
const PIECES: usize = 64;
/// The most bytes of one write: the system copies them while everybody else waits. A whole megabyte at once is also dearer than in parts
/// with something else between them, since a reader on another processor gives back memory that is still in the cache.
const WRITE_MAX: usize = 256 * 1024;

/// What is known of the socket's readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// There may be bytes.
    Ready,
    /// There were none left; an edge will tell of new ones.
    Drained,
    /// What has come is not run before the output is empty (no password yet).
    AwaitsOutput,
}

/// How a share of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// Nothing is left.
    Drained,
    /// There may be more.
    Capped,
    /// The connection is to be closed without another word.
    Gone,
}

/// A connection.
pub struct Connection {
    stream: Stream,
    /// The bytes on their way.
    pub lane: Lane,
    /// Tells this connection's token from those of earlier ones in the same slot.
    pub generation: u32,
    token: Token,
    /// Whether the socket may have bytes.
    pub reading: Reading,
    /// On one of the loop's lists of connections that have a share coming: it hit a cap, or was put off.
    pub is_pending: bool,
    /// On the loop's list of connections with output.
    pub is_unsent: bool,
    /// On the loop's list of connections to close.
    pub is_doomed: bool,
    /// Nothing more is read; closed when the output is empty.
    pub is_closing: bool,
    /// On the loop's list of connections that wait for the log.
    pub is_held: bool,
    /// The other side sends no more, or is gone: behind what is still to be read stands the end, of which no edge will tell.
    pub has_ended: bool,
    /// What is held until the log is safe: positions in the output, each with the offset that what stands before waits for.
    marks: Rare<VecDeque<(u64, u64)>>,
    /// Up to this position the output may leave.
    free_until: u64,
    /// How much has been sent.
    sent: u64,
    /// Since which monotonic second the output is over the soft limit.
    soft_since_s: Option<u64>,
}

impl Connection {
    /// A connection whose socket is registered under `token`.
    pub fn new(stream: Stream, lane: Lane, generation: u32, token: Token) -> Connection {
        Connection {
            stream,
            lane,
            generation,
            token,
            reading: Reading::Drained,
            is_pending: false,
            is_unsent: false,
            is_doomed: false,
            is_closing: false,
            is_held: false,
            has_ended: false,
            marks: Rare::default(),
            free_until: 0,
            sent: 0,
            soft_since_s: None,
        }
    }

    /// Reads and runs until the socket is drained or the share is used up.
    pub fn serve(&mut self, server: &mut Server, requests: &mut Requests, spares: &mut Spares) -> Served {
        if self.is_closing {
            return Served::Drained;
        }
        let mut left = READ_PER_TURN;
        if self.lane.query.capacity() == 0 {
            self.lane.query = spares.take();
        }
        if self.lane.reply.is_empty() {
            self.lane.reply.lend(spares.take());
        }
        let mut has_parsed_all = false;
        let served = loop {
            // What is in the buffer goes first: after a cap, requests may be left in it. A big bulk that is complete
            // leaves the buffer empty and the parser with something to say.
            if !has_parsed_all && !self.lane.is_idle() {
                match self.lane.run(server, requests) {
                    // Who waits is still read from, so that we learn when the other side goes.
                    Ran::Drained | Ran::Waiting => {}
                    Ran::Capped if self.lane.waits_for_output(server) => {
                        self.reading = Reading::AwaitsOutput;
                        break Served::Drained;
                    }
                    Ran::Capped => break Served::Capped,
                    Ran::Closing => {
                        self.is_closing = true;
                        break Served::Drained;
                    }
                }
                if self.is_over_hard_limit(server) {
                    break Served::Gone;
                }
            }
            has_parsed_all = true;
            if self.reading == Reading::Drained {
                break Served::Drained;
            }
            // The end is read in a turn of its own, so that the replies to what came before it leave first.
            let has_read = left < READ_PER_TURN;
            if left == 0 || (has_read && (self.has_ended || server.is_turn_long())) {
                break Served::Capped;
            }
            match self.read(server, &mut left) {
                Ok(0) if self.waits_for_log() => {
                    // Who sends no more may still read.
                    self.is_closing = true;
                    break Served::Drained;
                }
                Ok(0) => break Served::Gone,
                Ok(_) => has_parsed_all = false,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.reading = Reading::Drained,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    log::debug!("Reading from client: {error}");
                    break Served::Gone;
                }
            }
            let waiting = self.lane.query.len() + self.lane.parser.waiting();
            if waiting as u64 > server.config.settings.query_buffer_limit {
                log::warn!("Closing client that reached max query buffer length: {}", self.describe(server));
                server.stats.query_limit_closes += 1;
                self.swallow();
                break Served::Gone;
            }
            if server.is_too_much(self.lane.client, waiting) {
                self.swallow();
                break Served::Gone;
            }
        };
        // First: a buffer that was only lent is not the client's.
        self.give_back(spares);
        self.lane.tell(server);
        served
    }

    /// Takes what the socket still has, within reason: closing over unread bytes would reset the connection, and the other
    /// side could lose what was sent to it.
    fn swallow(&mut self) {
        let mut sink = Vec::with_capacity(BUFFER);
        for _ in 0..SWALLOWED_MAX / BUFFER {
            sink.clear();
            if !self.stream.read_into(&mut sink, BUFFER).is_ok_and(|n| n > 0) {
                break;
            }
        }
    }

    /// One read; a short one means that the socket is drained, without asking again, unless the end is known to stand there.
    fn read(&mut self, server: &mut Server, left: &mut usize) -> io::Result<usize> {
        let query = &mut self.lane.query;
        let into = if let Some(big) = self.lane.parser.big() {
            big
        } else {
            if query.capacity() - query.len() < BUFFER / 4 {
                query.reserve(BUFFER);
            }
            query
        };
        let room = (into.capacity() - into.len()).min(READ_PER_TURN);
        let n = self.stream.read_into(into, room)?;
        if n < room && !self.has_ended {
            self.reading = Reading::Drained;
        }
        *left = left.saturating_sub(n);
        if n >= BUFFER / 2 {
            server.note_read();
        }
        server.stats.reads += 1;
        server.stats.bytes_in += n as u64;
        let now = server.now();
        let client = &mut server.clients[self.lane.client];
        client.bytes_in += n as u64;
        client.active_ms = now;
        Ok(n)
    }

    /// Gives lent buffers back; what is half read stays, in a buffer of its own size.
    fn give_back(&mut self, spares: &mut Spares) {
        let query = &mut self.lane.query;
        if query.is_empty() {
            spares.keep(std::mem::take(query));
        } else if query.len() < BUFFER / 4 && query.capacity() >= BUFFER {
            let rest = query.as_slice().to_vec();
            spares.keep(std::mem::replace(query, rest));
        }
        if self.lane.reply.is_empty()
            && let Some(buffer) = self.lane.reply.reclaim()
        {
            spares.keep(buffer);
        }
    }

    /// Sends what there is, in one write; asks for an edge if the socket is full. Answers whether there is more that may leave at once.
    pub fn send(&mut self, server: &mut Server, registry: &Registry, spares: &mut Spares) -> io::Result<bool> {
        let may_leave = self.may_leave(server);
        let reply = &mut self.lane.reply;
        if !reply.is_empty() {
            if may_leave == 0 {
                return Ok(false);
            }
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let n = reply.slices(&mut pieces, may_leave.min(WRITE_MAX));
            let offered: usize = pieces[..n].iter().map(|piece| piece.len()).sum();
            let sent = match self.stream.write(&pieces[..n]) {
                Ok(sent) => sent,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => 0,
                Err(error) => return Err(error),
            };
            reply.advance(sent);
            self.sent += sent as u64;
            server.stats.writes += 1;
            server.stats.bytes_out += sent as u64;
            let pending = reply.len();
            if let Some(client) = server.clients.get_mut(self.lane.client) {
                client.bytes_out += sent as u64;
                server.clients.account_output(self.lane.client, pending);
            }
            if self.waits_for_log() && self.sent == self.free_until {
                return Ok(false);
            }
            if sent == offered && pending > 0 {
                return Ok(true);
            }
            if pending > 0 {
                // Registering anew reports a socket that is writable by now.
                self.stream.reregister(registry, self.token, Interest::READABLE | Interest::WRITABLE)?;
                return Ok(false);
            }
        }
        self.soft_since_s = None;
        if let Some(buffer) = self.lane.reply.reclaim() {
            spares.keep(buffer);
        }
        Ok(false)
    }

    /// How many bytes of the output may leave. What is appended now waits for the log up to where it is now.
    #[inline]
    fn may_leave(&mut self, server: &Server) -> usize {
        let end = self.sent + self.lane.reply.len() as u64;
        match server.log_mark(self.lane.client) {
            None if !self.waits_for_log() => {
                self.free_until = end;
                self.lane.reply.len()
            }
            mark => self.held_back(server, end, mark),
        }
    }

    #[cold]
    fn held_back(&mut self, server: &Server, end: u64, mark: Option<u64>) -> usize {
        let marks = self.marks.make();
        let last = marks.back().map_or(self.free_until, |&(position, _)| position);
        if end > last {
            marks.push_back((end, mark.unwrap_or(0)));
        }
        while let Some(&(position, offset)) = marks.front()
            && server.is_logged(offset)
        {
            self.free_until = position;
            marks.pop_front();
        }
        (self.free_until - self.sent) as usize // no more than the output has
    }

    /// Whether some of the output waits for the log.
    #[inline]
    pub fn waits_for_log(&self) -> bool {
        self.marks.get().is_some_and(|marks| !marks.is_empty())
    }

    /// How much of the output counts for the limits: as in Redis, nothing of what fits into the room that every client there has.
    fn listed(&self) -> u64 {
        let len = self.lane.reply.len();
        if len <= crate::server::describe::FIXED { 0 } else { len as u64 }
    }

    /// The same with what the rest of a reply under way holds.
    fn counted(&self, server: &Server) -> u64 {
        let streaming = server.clients[self.lane.client].streaming.as_ref();
        self.listed() + streaming.map_or(0, |streaming| streaming.memory() as u64)
    }

    /// Whether the output is longer than the hard limit of the client's class.
    pub fn is_over_hard_limit(&mut self, server: &mut Server) -> bool {
        let counted = self.counted(server);
        if counted == 0 {
            return false;
        }
        let hard = server.output_limit(self.lane.client).hard;
        let is_over = hard > 0 && counted > hard;
        if is_over {
            log::warn!("Client {} closed for overcoming of output buffer limits.", self.describe(server));
            server.stats.output_limit_closes += 1;
        }
        is_over
    }

    /// Once a second: whether the client has been idle, or over the soft limit of its output, for too long.
    pub fn is_overdue(&mut self, server: &mut Server, now_s: u64) -> bool {
        // What a reply under way holds grows by what others do.
        if server.clients[self.lane.client].streaming.is_some() && self.is_over_hard_limit(server) {
            return true;
        }
        let limit = server.output_limit(self.lane.client);
        if limit.soft > 0 && self.counted(server) > limit.soft {
            let since = *self.soft_since_s.get_or_insert(now_s);
            if now_s - since >= limit.seconds {
                log::warn!("Client {} closed for overcoming of output buffer limits.", self.describe(server));
                server.stats.output_limit_closes += 1;
                return true;
            }
        } else {
            self.soft_since_s = None;
        }
        let timeout = server.config.settings.timeout;
        let client = &server.clients[self.lane.client];
        let idle_ms = server.now() - client.active_ms;
        if timeout > 0 && idle_ms > i64::from(timeout) * 1000 && client.may_time_out() {
            log::info!("Closing idle client");
            return true;
        }
        false
    }

    fn describe(&self, server: &Server) -> String {
        let client = &server.clients[self.lane.client];
        format!("id={} addr={} laddr={}", client.number, client.connection.addr, client.connection.laddr)
    }
}
