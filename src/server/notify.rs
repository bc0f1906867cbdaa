//! Keyspace events: what changed, told to those who have subscribed to it.
//!
//! ```text
//! __keyspace@0__:key   <- event         letter K of `notify-keyspace-events`
//! __keyevent@0__:event <- key           letter E
//! ```
//!
//! Each event has a class, whose letter must be set too. Mutators record the events; `settle` passes on those of a call
//! when it is over, so they keep their place among the messages of one transaction.

use crate::server::Server;
use crate::server::pubsub::Kind;
use std::io::Write;

/// Letters of `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u64);

impl Classes {
    /// These letters.
    pub fn new(letters: &[u8]) -> Classes {
        Classes(letters.iter().fold(0, |bits, letter| bits | Classes::bit(*letter)))
    }

    /// The bit of a letter; what is none has no bit.
    fn bit(letter: u8) -> u64 {
        match letter {
            b'$' => 1,
            letter if letter.is_ascii_alphabetic() => 1 << (letter - b'A' + 1),
            _ => 0,
        }
    }

    /// Whether the letter is among them.
    pub fn has(self, letter: u8) -> bool {
        self.0 & Classes::bit(letter) != 0
    }
}

impl Server {
    /// Whether anybody may want to be told of an event.
    pub(super) fn tells_events(&self) -> bool {
        let is_anybody_there = self.pubsub.count(Kind::Channel) + self.pubsub.count(Kind::Pattern) > 0;
        (self.events.has(b'K') || self.events.has(b'E')) && is_anybody_there
    }

    /// Tells of the events of the last call.
    pub(super) fn tell_events(&mut self) {
        let Server { keyspace, pubsub, clients, outbox, events, .. } = self;
        let mut channel = Vec::new();
        for (change, key) in keyspace.shared.changes.fresh() {
            if !events.has(change.event.class) {
                continue;
            }
            let name = change.event.name.as_bytes();
            for (letter, word, subject, message) in [(b'K', "space", key, name), (b'E', "event", name, key)] {
                if events.has(letter) {
                    channel.clear();
                    write!(channel, "__key{word}@{}__:", change.db.0).expect("a vector takes everything");
                    channel.extend_from_slice(subject);
                    pubsub.publish(clients, outbox, Kind::Channel, &channel, message);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_another() {
        let letters = b"KEg$lshzxetmdnoc";
        for letter in letters {
            let one = Classes::new(&[*letter]);
            let found: Vec<u8> = letters.iter().copied().filter(|&other| one.has(other)).collect();
            assert_eq!(found, [*letter]);
        }
        // Changes without an event have classes that are no letters.
        assert!(!Classes::new(letters).has(0) && !Classes::new(letters).has(1));
    }
}
