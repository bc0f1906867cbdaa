//! The loads on collections: one key of each type, as `redis-benchmark` has them, with many members where that matters.

use crate::bench_load::{Counting, Requests, filling, key, shuffled};

/// A load: how to fill a server for it, and what is asked.
pub struct TypeLoad {
    /// What the table calls it.
    pub name: &'static str,
    /// At most this part of the better peer's processor time, by pipeline: 1, 16, 64.
    pub bounds: [f64; 3],
    /// What fills the server before it. Loads in a row that have the same share their data.
    pub fill: fn(usize) -> Vec<Requests>,
    /// The requests, for so many members.
    pub requests: fn(usize) -> Requests,
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Replies that are one line each, the integers.
fn ints(requests: impl IntoIterator<Item = Vec<String>>) -> Requests {
    Requests::encode(requests, b':', Counting::Lines(1))
}

/// Lists of so many strings.
fn lists(kind: u8, strings: usize, requests: impl IntoIterator<Item = Vec<String>>) -> Requests {
    Requests::encode(requests, kind, Counting::Lines(1 + 2 * strings))
}

fn nothing(_: usize) -> Vec<Requests> {
    Vec::new()
}

fn field(n: usize) -> String {
    format!("element:{n:012}")
}

fn hash(n: usize) -> Vec<Requests> {
    vec![ints(filling(n).into_iter().map(|k| words(&["HSET", "myhash", &field(k), "xxx"])))]
}

/// Ten thousand hashes of ten fields.
fn small_hashes(_: usize) -> Vec<Requests> {
    let fields = |k: usize| (0..10).flat_map(move |f| [format!("field{f}"), format!("value:{f}:{k:06}")]);
    vec![ints((0..10_000).map(|k| words(&["HSET", &key("h", k)]).into_iter().chain(fields(k)).collect()))]
}

fn set(n: usize) -> Vec<Requests> {
    vec![ints(filling(n).into_iter().map(|k| words(&["SADD", "myset", &field(k)])))]
}

/// A thousand pairs of sets of a hundred members, half of which are in both.
fn pairs_of_sets(_: usize) -> Vec<Requests> {
    let members = |from: usize| (from..from + 100).map(|m| format!("member:{m:05}"));
    let add =
        move |name: &str, k: usize, from| words(&["SADD", &key(name, k)]).into_iter().chain(members(from)).collect();
    vec![ints((0..1000).flat_map(move |k| [add("a", k, 0), add("b", k, 50)]))]
}

fn short_lists(n: usize) -> Vec<Requests> {
    vec![ints((0..n).map(|k| words(&["RPUSH", &key("l", k), "xxx"])))]
}

fn long_list(_: usize) -> Vec<Requests> {
    vec![ints((0..1000).map(|k| words(&["RPUSH", "mylist", &format!("item:{k:07}")])))]
}

fn sorted_set(n: usize) -> Vec<Requests> {
    vec![ints(filling(n).into_iter().map(|k| words(&["ZADD", "myzset", &k.to_string(), &field(k)])))]
}

fn bits(_: usize) -> Vec<Requests> {
    // A megabyte of which every third bit or so is set.
    let bytes: String = (0..1 << 20).map(|n| char::from(b'!' + (n * 7 % 90) as u8)).collect();
    vec![Requests::encode([words(&["SET", "mybits", &bytes])], b'+', Counting::Bytes(5))]
}

fn places(n: usize) -> Vec<Requests> {
    let place = |k: usize| {
        // All over the world, without a pattern.
        let drawn = (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (x, y) = ((drawn >> 40) % 36_000, (drawn >> 8 & 0xFFFF_FFFF) % 16_000);
        [format!("{:.2}", x as f64 / 100.0 - 180.0), format!("{:.2}", y as f64 / 100.0 - 80.0)]
    };
    vec![ints((0..n.min(200_000)).map(move |k| {
        let [longitude, latitude] = place(k);
        words(&["GEOADD", "mygeo", &longitude, &latitude, &field(k)])
    }))]
}

/// The loads, those with the same data in a row.
pub fn loads() -> Vec<TypeLoad> {
    vec![
        TypeLoad {
            name: "HSET, 1 M fields",
            bounds: [1.0, 1.0, 0.5],
            fill: hash,
            requests: |n| ints(shuffled(n).into_iter().map(|k| words(&["HSET", "myhash", &field(k), "xyz"]))),
        },
        TypeLoad {
            name: "HGET, 1 M fields",
            bounds: [1.0; 3],
            fill: hash,
            requests: |n| {
                let requests = shuffled(n).into_iter().map(|k| words(&["HGET", "myhash", &field(k)]));
                Requests::encode(requests, b'$', Counting::Bytes(9))
            },
        },
        TypeLoad {
            name: "HGETALL of 10",
            bounds: [1.0; 3],
            fill: small_hashes,
            requests: |_| lists(b'*', 20, shuffled(10_000).into_iter().map(|k| words(&["HGETALL", &key("h", k)]))),
        },
        TypeLoad {
            name: "SADD, 1 M members",
            bounds: [1.0, 1.0, 0.5],
            fill: set,
            requests: |n| ints(shuffled(n).into_iter().map(|k| words(&["SADD", "myset", &field(k)]))),
        },
        TypeLoad {
            name: "SISMEMBER, 1 M members",
            bounds: [1.0; 3],
            fill: set,
            requests: |n| ints(shuffled(n).into_iter().map(|k| words(&["SISMEMBER", "myset", &field(k)]))),
        },
        TypeLoad {
            name: "SINTER of 100 and 100",
            bounds: [1.0; 3],
            fill: pairs_of_sets,
            requests: |_| lists(b'*', 50, (0..1000).map(|k| words(&["SINTER", &key("a", k), &key("b", k)]))),
        },
        TypeLoad {
            name: "LPUSH",
            bounds: [1.0; 3],
            fill: nothing,
            requests: |_| ints((0..10_000).map(|_| words(&["LPUSH", "growing", "xxx"]))),
        },
        TypeLoad {
            name: "LPUSH, 1 M lists",
            bounds: [1.0, 1.0, 0.5],
            fill: short_lists,
            requests: |n| ints(shuffled(n).into_iter().map(|k| words(&["LPUSH", &key("l", k), "xxx"]))),
        },
        TypeLoad {
            name: "LPUSH and RPOP",
            bounds: [1.0; 3],
            fill: long_list,
            // As one request, so that the list keeps its length.
            requests: |_| {
                let pair = "*3\r\n$5\r\nLPUSH\r\n$6\r\nmylist\r\n$3\r\nxxx\r\n*2\r\n$4\r\nRPOP\r\n$6\r\nmylist\r\n";
                Requests::raw((0..10_000).map(|_| pair.to_string()), b':', Counting::Lines(3))
            },
        },
        TypeLoad {
            name: "LRANGE of 100",
            bounds: [1.0, 0.55, 1.0],
            fill: long_list,
            requests: |_| lists(b'*', 100, (0..10_000).map(|_| words(&["LRANGE", "mylist", "0", "99"]))),
        },
        TypeLoad {
            name: "LRANGE of 600",
            bounds: [1.0; 3],
            fill: long_list,
            requests: |_| lists(b'*', 600, (0..10_000).map(|_| words(&["LRANGE", "mylist", "0", "599"]))),
        },
        TypeLoad {
            name: "ZADD, 1 M members, other scores",
            bounds: [1.0, 1.0, 0.4],
            fill: sorted_set,
            requests: |n| {
                let keys = shuffled(n);
                let moved =
                    move |k: usize, by: usize| words(&["ZADD", "myzset", &((k + by) % n).to_string(), &field(k)]);
                ints(
                    keys.clone()
                        .into_iter()
                        .map(move |k| moved(k, n / 2))
                        .chain(keys.into_iter().map(move |k| moved(k, 0))),
                )
            },
        },
        TypeLoad {
            name: "ZINCRBY, 1 M members",
            bounds: [1.0; 3],
            fill: sorted_set,
            requests: |n| {
                let requests = shuffled(n).into_iter().map(|k| words(&["ZINCRBY", "myzset", "1", &field(k)]));
                Requests::encode(requests, b'$', Counting::Lines(2))
            },
        },
        TypeLoad {
            name: "ZRANK, 1 M members",
            bounds: [1.0; 3],
            fill: sorted_set,
            requests: |n| ints(shuffled(n).into_iter().map(|k| words(&["ZRANK", "myzset", &field(k)]))),
        },
        TypeLoad {
            name: "ZRANGE of 100 by rank",
            bounds: [1.0; 3],
            fill: sorted_set,
            requests: |n| {
                let starts = shuffled(n - 100).into_iter().take(100_000);
                lists(b'*', 100, starts.map(|k| words(&["ZRANGE", "myzset", &k.to_string(), &(k + 99).to_string()])))
            },
        },
        TypeLoad {
            name: "ZRANGE of 100 by score",
            bounds: [1.0; 3],
            fill: sorted_set,
            requests: |n| {
                let starts = shuffled(n / 2).into_iter().take(100_000);
                let range =
                    |k: usize| words(&["ZRANGE", "myzset", &k.to_string(), "inf", "BYSCORE", "LIMIT", "0", "100"]);
                lists(b'*', 100, starts.map(range))
            },
        },
        TypeLoad {
            name: "BITCOUNT of 1 MB",
            bounds: [1.0; 3],
            fill: bits,
            requests: |_| ints((0..1000).map(|_| words(&["BITCOUNT", "mybits"]))),
        },
        TypeLoad {
            name: "PFADD",
            bounds: [1.0; 3],
            fill: nothing,
            requests: |n| ints((0..n.min(200_000)).map(|k| words(&["PFADD", "myhll", &field(k)]))),
        },
        TypeLoad {
            name: "GEOSEARCH of 200 km, 200,000 places",
            bounds: [1.0; 3],
            fill: places,
            requests: |_| {
                let around = |k: usize| {
                    let (x, y) = (k * 17 % 300, k * 31 % 120);
                    let (x, y) = (format!("{}", x as i64 - 150), format!("{}", y as i64 - 60));
                    words(&["GEOSEARCH", "mygeo", "FROMLONLAT", &x, &y, "BYRADIUS", "200", "km", "COUNT", "5", "ANY"])
                };
                lists(b'*', 5, (0..1000).map(around))
            },
        },
    ]
}
