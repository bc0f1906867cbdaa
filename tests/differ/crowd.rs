//! Several clients at once: who waits is served in the same order by both, and whoever watches is told the same.
//!
//! After every command a few PINGs on a connection of their own: when they are answered, all that the command set off was sent.

use crate::harness::value::Value;
use crate::pair::{Both, Pair, Side, Words, line};
use crate::run::{Difference, text};
use redoxide::base::dice::Dice;
use std::fmt;

/// The clients, of which the last never waits, and behind them the connection of the fence.
const CLIENTS: usize = 5;

/// A command, and who sends it.
#[derive(Clone)]
pub struct Step {
    client: usize,
    words: Words,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}> {}", ["A", "B", "C", "D", ""][self.client], text(&self.words))
    }
}

const WAITING: [&str; 16] = [
    "BLPOP l1 0",
    "BLPOP l1 l2 0",
    "BLPOP l3 l2 0",
    "BRPOP l2 l1 0",
    "BLMOVE l1 l2 LEFT RIGHT 0",
    "BLMOVE l2 l1 RIGHT LEFT 0",
    "BLMOVE l1 l1 LEFT RIGHT 0",
    "BRPOPLPUSH l2 l1 0",
    "BRPOPLPUSH l1 z1 0",
    "BLMPOP 0 2 l1 l2 LEFT COUNT 2",
    "BLMPOP 0 1 l2 RIGHT",
    "BZPOPMIN z1 z2 0",
    "BZPOPMAX z2 0",
    "BZPOPMAX z2 z3 0",
    "BZMPOP 0 2 z2 z1 MIN COUNT 3",
    "BZMPOP 0 1 z1 MAX",
];

/// `@` becomes another text each time. STORE has targets that are of no other type: over such ones Redis wakes nobody, which is on
/// the list of differences.
const FEEDING: [&str; 40] = [
    "RPUSH l1 @",
    "RPUSH l1 @ b c",
    "LPUSH l2 @",
    "LPUSH l2 @ y z",
    "RPUSHX l1 @",
    "ZADD z1 1 @",
    "ZADD z1 1 @ 2 b 3 c",
    "ZADD z2 5 @",
    "ZINCRBY z2 1 @",
    "GEOADD z1 1 1 @",
    "RENAME l2 l1",
    "RENAME x l1",
    "RENAME z2 z1",
    "RPUSH x @ @",
    "COPY x l2",
    "COPY x l1 REPLACE",
    "SORT x ALPHA STORE l3",
    "SORT l1 ALPHA STORE l3",
    "LMOVE l1 l2 LEFT LEFT",
    "RPOPLPUSH x l2",
    "ZUNIONSTORE z3 2 z1 z2",
    "ZRANGESTORE z3 z1 0 0",
    "ZMPOP 1 z1 MIN",
    "LPOP l1",
    "DEL l1",
    "DEL z1 z2",
    "DEL l2 x",
    "SADD l1 @",
    "SET l2 @",
    "SET z1 @",
    "EXPIRE l1 -1",
    "PEXPIREAT z1 1",
    "SWAPDB 0 1",
    "SELECT 1",
    "SELECT 0",
    "MOVE l1 1",
    "MOVE l1 0",
    "DEL l1 l2 z1 z2",
    "LTRIM l1 1 0",
    "LREM l2 0 z",
];

const TOGETHER: [&str; 10] =
    ["MULTI", "MULTI", "EXEC", "EXEC", "EXEC", "DISCARD", "WATCH l1", "WATCH l2 z1", "UNWATCH", "WATCH x"];

/// So many steps.
pub fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut dice = Dice(seed);
    let mut below = |n: usize| dice.below(n as u64) as usize; // below a usize
    let step = |i: usize| {
        let (text, who) = match below(20) {
            0..=6 => (WAITING[below(WAITING.len())], below(CLIENTS - 1)),
            7..=11 => (FEEDING[below(FEEDING.len())], CLIENTS - 1),
            12..=15 => (FEEDING[below(FEEDING.len())], below(CLIENTS)),
            _ => (TOGETHER[below(TOGETHER.len())], below(CLIENTS - 1)),
        };
        Step { client: who, words: line(&text.replacen('@', &format!("v{i}"), 1)) }
    };
    (0..count).map(step).collect()
}

/// Waits until a server has worked off all that was sent.
fn fence(side: &mut Side) {
    for _ in 0..2 {
        side.send(CLIENTS, &[line("PING")]);
        side.receive(CLIENTS);
    }
}

/// Plays all steps; the first difference, if there is one. Who waits sends nothing.
pub fn play(pair: &mut Pair, protocol: u8, steps: &[Step]) -> Option<Difference> {
    pair.reset(protocol);
    let hello = line(&format!("HELLO {protocol}"));
    for client in 0..CLIENTS {
        pair.ask_one(client, &hello);
    }
    let mut waits = [false; CLIENTS];
    for (at, step) in steps.iter().enumerate() {
        // In which order SWAPDB serves several is chance.
        let is_chance = step.words[0] == b"SWAPDB" && waits.iter().filter(|waits| **waits).count() > 1;
        if waits[step.client] || is_chance {
            continue;
        }
        waits[step.client] = true;
        pair.send(step.client, std::slice::from_ref(&step.words));
        fence(&mut pair.theirs);
        fence(&mut pair.ours);
        for (client, waits) in waits.iter_mut().enumerate() {
            let answers = Both { ours: pair.ours.poll(client), theirs: pair.theirs.poll(client) };
            *waits &= answers.theirs.is_empty();
            if answers.ours != answers.theirs {
                let answers = Both { ours: Value::Array(answers.ours), theirs: Value::Array(answers.theirs) };
                return Some(Difference { at, asked: step.words.clone(), answers });
            }
        }
        if at % 20 == 19 || at + 1 == steps.len() {
            let digest = line("DEBUG DIGEST");
            let answers = pair.ask_one(CLIENTS, &digest);
            if answers.ours != answers.theirs {
                return Some(Difference { at, asked: digest, answers });
            }
        }
    }
    None
}
