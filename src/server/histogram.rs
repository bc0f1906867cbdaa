//! How long the calls of a command took: counts in buckets that are never wider than 1/128 of what is in them.
//!
//! The buckets are those of Gil Tene's `HdrHistogram` with two significant digits, as Redis has them: one nanosecond wide up to 256,
//! then twice as wide with each power of two. Adding is a shift and an increment.

/// Buckets of each power of two, from the second on.
const HALF: usize = 128;
/// The longest time that is told apart: a second.
const NS_MAX: u64 = 1_000_000_000;
/// One second is below 256 << 22.
const BUCKETS: usize = 24 * HALF;

/// Counts of durations, some 24 KB.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: vec![0; BUCKETS].try_into().expect("it has so many"), total: 0 }
    }
}

/// The power of two by which buckets are wider where `ns` is.
fn shift_of(ns: u64) -> u32 {
    56 - (ns | 255).leading_zeros()
}

/// The bucket of a duration.
fn bucket_of(ns: u64) -> usize {
    let shift = shift_of(ns);
    (shift as usize) * HALF + (ns >> shift) as usize
}

/// The shortest duration of a bucket.
fn lowest(bucket: usize) -> u64 {
    if bucket < 2 * HALF {
        return bucket as u64;
    }
    let shift = bucket / HALF - 1;
    ((bucket - shift * HALF) as u64) << shift
}

/// The longest duration in the bucket of `ns`.
fn highest_like(ns: u64) -> u64 {
    ns | ((1 << shift_of(ns)) - 1)
}

impl Histogram {
    /// Adds a duration in nanoseconds; longer ones than a second count as one.
    #[inline]
    pub fn add(&mut self, ns: u64) {
        self.counts[bucket_of(ns.clamp(1, NS_MAX))] += 1;
        self.total += 1;
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that so many percent of all do not exceed.
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = ((percent.min(100.0) / 100.0 * self.total as f64 + 0.5) as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                let low = lowest(bucket);
                return if percent == 0.0 { low } else { highest_like(low) };
            }
        }
        0
    }

    /// LATENCY HISTOGRAM: up to which microsecond there are how many, in steps of powers of two; steps that add nothing are left out.
    pub fn steps(&self) -> Vec<(u64, u64)> {
        let (mut steps, mut seen, mut bucket) = (Vec::new(), 0, 0);
        let mut level = 1024;
        while seen < self.total {
            let before = seen;
            let last = bucket_of(level).min(BUCKETS - 1);
            while bucket <= last {
                seen += self.counts[bucket];
                bucket += 1;
            }
            if seen > before {
                steps.push((highest_like(level) / 1000, seen));
            }
            level *= 2;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gaps() {
        for bucket in 0..BUCKETS - HALF {
            let (low, high) = (lowest(bucket), highest_like(lowest(bucket)));
            assert_eq!((bucket_of(low), bucket_of(high)), (bucket, bucket));
            assert_eq!(lowest(bucket + 1), high + 1, "bucket {bucket}");
            assert!(high - low <= low / 128, "bucket {bucket} is too wide");
        }
        assert!(bucket_of(NS_MAX) < BUCKETS);
    }

    #[test]
    fn percentiles_and_steps_are_those_of_redis() {
        let mut histogram = Histogram::default();
        for us in [20, 30, 6] {
            histogram.add(us * 1_000_000);
        }
        // As CONFIG and DEBUG SLEEP are shown by Redis 8.2.
        let shown = [0.0, 50.0, 100.0].map(|percent| histogram.percentile(percent));
        assert_eq!(shown, [5_996_544, 20_054_015, 30_015_487]);
        assert_eq!(histogram.steps(), [(8454, 1), (33_816, 3)]);
        histogram.add(0);
        assert_eq!((histogram.percentile(0.0), histogram.steps()[0]), (1, (1, 1)));
        histogram.add(u64::MAX);
        assert_eq!((histogram.percentile(100.0), histogram.total()), (highest_like(NS_MAX), 5));
    }
}
