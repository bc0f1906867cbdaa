//! LATENCY: what made everybody wait, by kind of event.
//!
//! Whatever takes `latency-monitor-threshold` milliseconds or more is kept: the worst of each second, and of each kind the
//! last 160.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

/// Samples that are kept of an event.
const SAMPLES: usize = 160;

/// The worst of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, seconds since 1970.
    pub time_s: i64,
    /// How long, milliseconds.
    pub ms: u64,
}

/// What is known of one kind of event.
#[derive(Clone, Debug, Default)]
pub struct Events {
    samples: VecDeque<Sample>,
    /// The worst that ever was.
    pub max_ms: u64,
}

impl Events {
    /// The samples, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Sample> {
        self.samples.iter()
    }

    /// The newest sample.
    pub fn last(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    fn add(&mut self, sample: Sample) {
        self.max_ms = self.max_ms.max(sample.ms);
        match self.samples.back_mut() {
            Some(last) if last.time_s == sample.time_s => last.ms = last.ms.max(sample.ms),
            _ => {
                if self.samples.len() == SAMPLES {
                    self.samples.pop_front();
                }
                self.samples.push_back(sample);
            }
        }
    }

    /// The samples as a drawing: a column each, its age below it.
    pub fn draw(&self, name: &str, now_s: i64) -> String {
        const ROWS: u64 = 4;
        /// What stands in the topmost cell of a column, by thirds of the cell.
        const TOPS: [char; 3] = ['_', '-', '`'];
        let high = self.samples.iter().map(|sample| sample.ms).max().unwrap_or(0);
        let low = self.samples.iter().map(|sample| sample.ms).min().unwrap_or(0);
        let mut text = format!("{name} - high {high} ms, low {low} ms (all time high {} ms)\n", self.max_ms);
        text += &"-".repeat(80);
        text.push('\n');
        let shown = self.samples.iter().skip(self.samples.len().saturating_sub(80));
        // From 1 to three times the rows.
        let heights: Vec<u64> =
            shown.clone().map(|sample| 1 + (sample.ms - low) * (ROWS * 3 - 1) / (high - low).max(1)).collect();
        for row in (0..ROWS).rev() {
            let cell = |&height: &u64| match height.saturating_sub(row * 3) {
                0 => ' ',
                thirds @ 1..=3 => TOPS[thirds as usize - 1],
                _ => '|',
            };
            text.extend(heights.iter().map(cell));
            text.push('\n');
        }
        let ages: Vec<String> = shown.map(|sample| age(now_s - sample.time_s)).collect();
        let longest = ages.iter().map(String::len).max().unwrap_or(0);
        text.push('\n');
        for i in 0..longest {
            text.extend(ages.iter().map(|age| age.as_bytes().get(i).map_or(' ', |&byte| byte.into())));
            text.push('\n');
        }
        text
    }
}

/// How long ago something was, short.
fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..=59 => format!("{s}s"),
        s @ 60..=3599 => format!("{}m", s / 60),
        s @ 3600..=86_399 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// All that was kept.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    events: BTreeMap<&'static str, Events>,
}

impl Latency {
    /// All kinds of events by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Events)> {
        self.events.iter().map(|(&name, events)| (name, events))
    }

    /// A kind of event.
    pub fn find(&self, name: &[u8]) -> Option<(&'static str, &Events)> {
        self.iter().find(|(known, _)| known.as_bytes() == name)
    }

    /// Keeps that something took so long. The caller has compared it with the threshold.
    pub fn add(&mut self, event: &'static str, ms: u64, now_s: i64) {
        self.events.entry(event).or_default().add(Sample { time_s: now_s, ms });
    }

    /// Forgets kinds of events, all if none is named; how many there were.
    pub fn reset(&mut self, names: &[&[u8]]) -> usize {
        let before = self.events.len();
        self.events.retain(|known, _| !names.is_empty() && !names.contains(&known.as_bytes()));
        before - self.events.len()
    }

    /// A report for people.
    pub fn report(&self, threshold_ms: u64) -> String {
        if threshold_ms == 0 {
            return "Nothing is measured: latency-monitor-threshold is 0. Say CONFIG SET latency-monitor-threshold followed by \
                    the number of milliseconds from which on an event is of interest.\n"
                .into();
        }
        if self.events.is_empty() {
            return format!("Nothing has taken {threshold_ms} ms or more so far.\n");
        }
        let mut text = format!("What took {threshold_ms} ms or more:\n\n");
        for (i, (name, events)) in self.iter().enumerate() {
            let n = events.samples.len() as u64;
            let mean = events.samples.iter().map(|sample| sample.ms).sum::<u64>() / n.max(1);
            let apart = events.samples.iter().map(|sample| sample.ms.abs_diff(mean)).sum::<u64>() / n.max(1);
            let span =
                events.samples.back().zip(events.samples.front()).map_or(0, |(last, first)| last.time_s - first.time_s);
            let every = span.max(0) as f64 / n.max(1) as f64;
            writeln!(
                text,
                "{}. {name}: {n} seconds with such an event, one in {every:.1} s. Mean {mean} ms, mean deviation {apart} ms, \
                 worst ever {} ms.",
                i + 1,
                events.max_ms
            )
            .expect("a string grows");
        }
        text.push('\n');
        if self.events.keys().any(|name| name.ends_with("command")) {
            text += "- SLOWLOG GET shows which commands these were; slowlog-log-slower-than says from how many microseconds on.\n";
            text += "- Commands that go through whole big values or the whole keyspace make everybody wait: KEYS, SMEMBERS, HGETALL, \
                     LRANGE 0 -1, SORT. SCAN and its like do the same in steps.\n";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_one_sample_and_old_ones_go() {
        let mut latency = Latency::default();
        for (ms, now_s) in [(5, 1), (9, 1), (7, 1), (3, 2)] {
            latency.add("command", ms, now_s);
        }
        let (_, events) = latency.find(b"command").expect("it was added");
        let samples: Vec<_> = events.iter().map(|sample| (sample.time_s, sample.ms)).collect();
        assert_eq!((samples, events.max_ms), (vec![(1, 9), (2, 3)], 9));
        for second in 3..200 {
            latency.add("command", 1, second);
        }
        let (_, events) = latency.find(b"command").expect("it was added");
        assert_eq!((events.iter().len(), events.max_ms), (SAMPLES, 9));
        assert_eq!(latency.reset(&[b"other"]), 0);
        assert_eq!(latency.reset(&[b"command"]), 1);
        assert_eq!(latency.iter().len(), 0);
    }

    #[test]
    fn a_drawing_has_a_column_for_each_sample() {
        let mut latency = Latency::default();
        for (ms, now_s) in [(10, 1), (120, 2), (60, 100)] {
            latency.add("command", ms, now_s);
        }
        let (name, events) = latency.find(b"command").expect("it was added");
        let text = events.draw(name, 130);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0], "command - high 120 ms, low 10 ms (all time high 120 ms)");
        assert_eq!(rows[2..], [" ` ", " | ", " |`", "_||", "", "223", "mm0", "  s"]);
    }
}
