//! Values and files there and back, old encodings built from their descriptions, and bytes that mean harm.

use super::payload::{self, Refused};
use super::read::{Item, Loading, Reader};
use super::write::{Preamble, Recency, Writer};
use super::ziplist::tests::{ziplist, zipmap};
use super::{CHECKSUM, Cause, Damage, VERSION_FIELDS, VERSION_MIN, kind, listpack, opcode};
use crate::base::buffer::{Buffer, Text};
use crate::base::dice::Dice;
use crate::keyspace::digest::of_value;
use crate::keyspace::{AccessClock, DbId};
use crate::store::collection::hash::{Hash, HashView};
use crate::store::collection::list::{List, Side};
use crate::store::collection::set::{Set, SetView};
use crate::store::collection::sorted_set::{SortedSet, SortedSetView};
use crate::store::entry::{Entry, INLINE_MAX, NewValue, Value};
use crate::store::hasher::Hasher;
use crate::store::members::Deadline;
use crate::store::object::{Collection, Element, Limits, Loose, View};
use std::io::Read;

const DISTANT: i64 = 33_000_000_000_000;

fn loading(limits: Limits) -> Loading {
    Loading { limits, access: AccessClock::Recency, clock: 5_000_000 }
}

fn defaults() -> Loading {
    loading(Limits::new(Hasher::new([1, 2])))
}

fn text(dice: &mut Dice) -> Vec<u8> {
    match dice.below(8) {
        0 => (dice.next() as i64 >> dice.below(64)).to_string().into_bytes(),
        1 => dice.below(300).to_string().into_bytes(),
        2 => vec![b'x'; [0, 1, 20, 63, 64, 127, 128, 300][dice.below(8) as usize]],
        3 if dice.below(8) == 0 => vec![b'y'; [4095, 4096, 4097, 16_378, 70_000][dice.below(5) as usize]],
        _ => (0..dice.below(30)).map(|_| dice.below(256) as u8).collect(),
    }
}

fn entry_of<C: Collection>(key: &[u8], collection: C, deadline: Option<i64>) -> Entry {
    match collection.close() {
        Loose::Packed(block) => Entry::new(key, NewValue::Packed(&block), deadline, 1),
        Loose::Object(object) => Entry::new(key, NewValue::Object(object), deadline, 1),
    }
}

/// Something of any type, in any form.
fn sample(dice: &mut Dice, key: &[u8], limits: &Limits) -> Entry {
    let deadline = (dice.below(3) == 0).then(|| DISTANT + dice.below(1000) as i64);
    let most = [5, 40, 200][dice.below(3) as usize];
    let n = 1 + dice.below(most);
    match dice.below(7) {
        0 => Entry::new(key, NewValue::Int(dice.next() as i64 >> dice.below(64)), deadline, 1),
        1 => match text(dice) {
            text if text.len() > INLINE_MAX => Entry::new(key, NewValue::Buffer(Buffer::new(text)), deadline, 1),
            text if dice.below(2) == 0 => Entry::new(key, NewValue::Raw(&text), deadline, 1),
            text => Entry::new(key, NewValue::Text(&text), deadline, 1),
        },
        2 => {
            let mut list = List::create(Vec::new());
            for _ in 0..n {
                let element = text(dice);
                list.prepare(1, element.len(), limits);
                list.push(Side::Right, Text::Bytes(&element));
            }
            entry_of(key, list, deadline)
        }
        3 | 4 => {
            let mut set = Set::create(Vec::new());
            let only_ints = dice.below(2) == 0;
            for _ in 0..n {
                let int = (dice.next() as i64 >> dice.below(64)).to_string().into_bytes();
                set.add(&if only_ints { int } else { text(dice) }, limits);
            }
            entry_of(key, set, deadline)
        }
        5 => {
            let mut set = SortedSet::create(Vec::new());
            for _ in 0..n {
                let score = match dice.below(4) {
                    0 => dice.below(10) as f64,
                    1 => f64::from_bits(dice.next()),
                    2 => [f64::INFINITY, f64::NEG_INFINITY, 0.1, 1e22, -1e-300][dice.below(5) as usize],
                    _ => dice.below(1000) as f64 / 8.0,
                };
                set.insert(&text(dice), if score.is_nan() { 0.5 } else { score }, limits);
            }
            entry_of(key, set, deadline)
        }
        _ => {
            let mut hash = Hash::create(Vec::new());
            let expires = dice.below(2) == 0;
            for _ in 0..n {
                let (field, value) = (text(dice), text(dice));
                let policy = match dice.below(2) {
                    0 if expires => Deadline::At(DISTANT + dice.below(5) as i64),
                    _ => Deadline::Clear,
                };
                hash.prepare(1, field.len().max(value.len()), limits);
                hash.set(&field, Text::Bytes(&value), policy, limits);
            }
            entry_of(key, hash, deadline)
        }
    }
}

/// A payload of a type and these bytes.
fn payload_of(kind: u8, value: &[u8], version: u16) -> Vec<u8> {
    let mut payload = vec![kind];
    payload.extend_from_slice(value);
    payload.extend_from_slice(&version.to_le_bytes());
    payload.extend_from_slice(&CHECKSUM.checksum(&payload).to_le_bytes());
    payload
}

fn restore(payload: &[u8]) -> Result<Entry, Refused> {
    payload::restore(payload, true, b"k", None, 0, &defaults())
}

/// A string, as it is written.
fn string(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x80];
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

/// What a collection holds, in words.
fn words(entry: &Entry) -> String {
    let mut words = Vec::new();
    let plain = |text: Text| text.with(|bytes| String::from_utf8_lossy(bytes).into_owned());
    entry.value().each(&mut |element| {
        words.push(match element {
            Element::Item(item) | Element::Member(item) => plain(item),
            Element::Field(field, value, None) => format!("{}={}", plain(field), plain(value)),
            Element::Field(field, value, Some(at)) => format!("{}={}@{at}", plain(field), plain(value)),
            Element::Scored(member, score) => format!("{}:{score}", plain(member)),
        });
    });
    words.join(" ")
}

#[test]
fn the_checksum_is_the_one_that_redis_uses() {
    assert_eq!(CHECKSUM.checksum(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
}

#[test]
fn payloads_come_back_whatever_they_hold() {
    let mut kinds = std::collections::BTreeMap::<(&str, u8), usize>::new();
    for seed in 1..=1500 {
        let mut dice = Dice(seed);
        let mut limits = Limits::new(Hasher::new([seed, 7]));
        if dice.below(2) == 0 {
            limits.hash_entries = 10;
            limits.set_entries = 10;
            limits.intset_entries = 10;
            limits.zset_entries = 10;
        }
        let entry = sample(&mut dice, b"k", &limits);
        let payload = payload::dump(entry.value(), dice.below(2) == 0);
        let back = payload::restore(&payload, true, b"k", entry.deadline(), 3, &loading(limits));
        let back = back.unwrap_or_else(|refused| panic!("{refused:?}: {entry:?}, seed {seed}"));
        assert_eq!(of_value(&back), of_value(&entry), "seed {seed}");
        assert_eq!((back.deadline(), back.clock(), back.key()), (entry.deadline(), 3, entry.key()));
        let raw = ["embstr", "raw"];
        if !raw.contains(&entry.encoding_name()) && entry.encoding_name() != "listpackex" && entry.type_name() != "list"
        {
            assert_eq!(back.encoding_name(), entry.encoding_name(), "seed {seed}");
        }
        *kinds.entry((entry.encoding_name(), payload[0])).or_default() += 1;
    }
    let written: std::collections::BTreeSet<u8> = kinds.keys().map(|(_, kind)| *kind).collect();
    let wanted = [
        kind::STRING,
        kind::LIST,
        kind::SET,
        kind::HASH,
        kind::ZSET_2,
        kind::SET_INTSET,
        kind::HASH_LISTPACK,
        kind::ZSET_LISTPACK,
        kind::LIST_QUICKLIST_2,
        kind::HASH_METADATA,
        kind::HASH_LISTPACK_EX,
    ];
    assert_eq!(written.into_iter().collect::<Vec<_>>(), wanted, "{kinds:?}");
}

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8], Dice);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = (1 + self.1.below(5000) as usize).min(buffer.len()).min(self.0.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn file(entries: &[(u16, Entry)], version: u16, recency: Recency, checksum: bool) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), version, checksum, true).expect("a version that is written");
    writer.preamble(&Preamble { redis_version: "8.2.3", unix_s: 1, used_memory: 2, is_aof_base: true });
    let mut last = None;
    for (db, entry) in entries {
        if last != Some(*db) {
            writer.select(DbId(*db), 1 << 20, 3);
            last = Some(*db);
        }
        writer.entry(entry, recency).expect("memory takes all");
    }
    let position = writer.position();
    let bytes = writer.finish().expect("memory takes all");
    assert_eq!(position + 9, bytes.len() as u64);
    bytes
}

fn read_all(stream: impl Read, loading: Loading) -> Result<Vec<Item>, Damage> {
    let mut reader = Reader::new(stream, loading, true)?;
    let mut items = Vec::new();
    loop {
        match reader.next()? {
            Item::End => return Ok(items),
            item => items.push(item),
        }
    }
}

fn entries_of(items: Vec<Item>) -> Vec<(u16, Entry)> {
    let entry = |item| if let Item::Entry { db, entry } = item { Some((db.0, entry)) } else { None };
    items.into_iter().filter_map(entry).collect()
}

#[test]
fn files_come_back_however_they_arrive() {
    for seed in 1..=60 {
        let mut dice = Dice(seed);
        let limits = defaults().limits;
        let entries: Vec<_> =
            (0..40u16).map(|n| (n / 15, sample(&mut dice, format!("key{n}").as_bytes(), &limits))).collect();
        for (n, (_, entry)) in entries.iter().enumerate() {
            entry.set_clock(5_000_000 - (n * n * 1000) as u32);
        }
        let bytes = file(&entries, VERSION_FIELDS, Recency::Idle { clock: 5_000_000 }, true);
        let items = read_all(Trickle(&bytes, Dice(seed)), defaults()).expect("it is whole");
        let aux: Vec<_> = items
            .iter()
            .filter_map(|item| match item {
                Item::Aux(name, value) => {
                    Some(format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value)))
                }
                _ => None,
            })
            .collect();
        assert_eq!(aux, ["redis-ver=8.2.3", "redis-bits=64", "ctime=1", "used-mem=2", "aof-base=1"]);
        let selects = items.iter().filter(|item| matches!(item, Item::Select { sizes: Some((1_048_576, 3)), .. }));
        assert_eq!(selects.count(), 3);
        let back = entries_of(items);
        assert_eq!(back.len(), entries.len());
        for ((db, entry), (db_back, entry_back)) in entries.iter().zip(&back) {
            assert_eq!((db, entry.key(), entry.deadline()), (db_back, entry_back.key(), entry_back.deadline()));
            assert_eq!(of_value(entry), of_value(entry_back), "seed {seed}");
            assert_eq!(entry.clock(), entry_back.clock());
        }
    }
}

#[test]
fn frequencies_come_back_less_what_time_took() {
    let frequent = Entry::new(b"k", NewValue::Int(1), None, 1000 * 256 + 77);
    let recency = Recency::Frequency { clock: 1010, decay_minutes: 2 };
    let bytes = file(&[(0, frequent)], VERSION_MIN, recency, true);
    let loading = Loading { access: AccessClock::Frequency, clock: 2000, ..defaults() };
    let [(_, back)] = &entries_of(read_all(&bytes[..], loading).expect("it is whole"))[..] else { panic!("one key") };
    assert_eq!(back.clock(), 2000 * 256 + 72);
}

#[test]
fn every_cut_of_a_file_is_a_truncation_and_every_changed_bit_is_noticed() {
    let limits = defaults().limits;
    let mut dice = Dice(11);
    let mut entries: Vec<_> = (0..12).map(|n| (0, sample(&mut dice, &[n], &limits))).collect();
    entries.retain(|(_, entry)| entry.footprint() < 2000);
    let bytes = file(&entries, VERSION_FIELDS, Recency::Unsaid, true);
    assert!((500..6000).contains(&bytes.len()), "{}", bytes.len());
    for cut in 0..bytes.len() {
        let damage = read_all(&bytes[..cut], defaults()).expect_err("it is cut");
        assert!(damage.is_truncation() && damage.offset <= cut as u64, "{cut}: {damage}");
    }
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1 << (at % 8);
        let damage = read_all(&other[..], defaults()).expect_err("a bit is another");
        assert!(damage.offset <= bytes.len() as u64);
    }
}

#[test]
fn a_checksum_is_looked_at_only_if_there_is_one() {
    let entries = [(0, Entry::new(b"k", NewValue::Text(b"hello"), None, 0))];
    let bytes = file(&entries, VERSION_MIN, Recency::Unsaid, false);
    assert!(bytes.ends_with(&[opcode::EOF, 0, 0, 0, 0, 0, 0, 0, 0]));
    assert!(read_all(&bytes[..], defaults()).is_ok());
    let mut wrong = file(&entries, VERSION_MIN, Recency::Unsaid, true);
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    let damage = read_all(&wrong[..], defaults()).expect_err("the checksum is wrong");
    assert_eq!(damage.to_string(), format!("the checksum is wrong (RDB CRC error) at byte {}", wrong.len()));
    let mut unchecked = Reader::new(&wrong[..], defaults(), false).expect("it has a head");
    while !matches!(unchecked.next().expect("nobody looks"), Item::End) {}
    assert!(matches!(unchecked.next(), Ok(Item::End)));
}

#[test]
fn a_helper_may_read_and_write() {
    fn goes_to_a_thread<T: Send>() {}
    goes_to_a_thread::<Reader<std::fs::File>>();
    goes_to_a_thread::<Writer<std::fs::File>>();
    goes_to_a_thread::<Item>();
}

#[test]
fn what_is_behind_the_end_is_given_back() {
    let mut bytes = file(&[], VERSION_MIN, Recency::Unsaid, true);
    bytes.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
    let mut reader = Reader::new(&bytes[..], defaults(), true).expect("it has a head");
    while !matches!(reader.next().expect("it is whole"), Item::End) {}
    let (stream, rest) = reader.into_parts();
    assert_eq!([&rest[..], stream].concat(), b"*1\r\n$4\r\nPING\r\n");
}

#[test]
fn version_10_has_no_room_for_deadlines_of_fields() {
    let limits = defaults().limits;
    let mut hash = Hash::create(Vec::new());
    hash.set(b"f", Text::Bytes(b"v"), Deadline::At(DISTANT), &limits);
    let entry = entry_of(b"k", hash, None);
    let mut writer = Writer::new(Vec::new(), VERSION_MIN, true, true).expect("a version that is written");
    assert!(writer.entry(&entry, Recency::Unsaid).is_err());
    assert!(Writer::new(Vec::new(), 9, true, true).is_err());
    assert_eq!(payload::dump(entry.value(), true)[0], kind::HASH_LISTPACK_EX);
}

#[test]
fn encodings_of_former_times_are_read() {
    let list = [Text::Bytes(b"a"), Text::Int(-1), Text::Int(100_000), Text::Bytes(b"zz")];
    let scored = [Text::Bytes(b"a"), Text::Bytes(b"1.5"), Text::Bytes(b"b"), Text::Int(-2)];
    let zips = |parts: &[&[Text]]| parts.iter().flat_map(|part| string(&ziplist(part))).collect::<Vec<_>>();
    let cases: &[(u8, Vec<u8>, &str, &str)] = &[
        (kind::LIST_ZIPLIST, zips(&[&list]), "a -1 100000 zz", "listpack"),
        (kind::LIST_QUICKLIST, [&[2][..], &zips(&[&list, &list[..1]])].concat(), "a -1 100000 zz a", "listpack"),
        (kind::HASH_ZIPLIST, zips(&[&list]), "a=-1 100000=zz", "listpack"),
        (kind::ZSET_ZIPLIST, zips(&[&scored]), "b:-2 a:1.5", "listpack"),
        (kind::HASH_ZIPMAP, string(&zipmap(&[(b"a", b"1"), (b"b", b"x")])), "a=1 b=x", "listpack"),
        (kind::SET_INTSET, string(b"\x04\0\0\0\x02\0\0\0\xfe\xff\xff\xff\x70\x11\x01\0"), "-2 70000", "intset"),
        (kind::ZSET, b"\x03\x01a\x031.5\x01b\xff\x01c\xfe".to_vec(), "b:-inf a:1.5 c:inf", "listpack"),
        (kind::SET, b"\x02\x01a\xc0\x05".to_vec(), "a 5", "listpack"),
        (kind::LIST, b"\x02\x01a\xc0\x05".to_vec(), "a 5", "listpack"),
        (kind::HASH, b"\x01\x01a\xc0\x05".to_vec(), "a=5", "listpack"),
    ];
    for (kind, value, wanted, encoding) in cases {
        let entry = restore(&payload_of(*kind, value, 9)).unwrap_or_else(|refused| panic!("{kind}: {refused:?}"));
        assert_eq!((&*words(&entry), entry.encoding_name()), (*wanted, *encoding), "{kind}");
    }
}

#[test]
fn deadlines_of_fields_have_many_forms() {
    let mut block = Vec::new();
    listpack::begin(&mut block);
    for (field, value, at) in [("b", "2", 1000), ("a", "1", 1000), ("c", "3", 0)] {
        listpack::push_bytes(&mut block, field.as_bytes());
        listpack::push_bytes(&mut block, value.as_bytes());
        listpack::push_int(&mut block, at);
    }
    listpack::end(&mut block, 9);
    let wanted = "b=2@1000 a=1@1000 c=3";
    let packed = [&1000i64.to_le_bytes()[..], &string(&block)].concat();
    let valkey = [&b"\x02\x01a\x01b"[..], &1000i64.to_le_bytes(), b"\x01c\x01d", &(-1i64).to_le_bytes()].concat();
    let after = [&1000i64.to_le_bytes()[..], b"\x03\x01\x01b\xc0\x02\0\x01c\xc0\x03\x06\x01d\x01x"].concat();
    for (kind, value, version, wanted) in [
        (kind::HASH_LISTPACK_EX, packed, 12, wanted),
        (kind::HASH_LISTPACK_EX_PRE, string(&block), 12, wanted),
        (kind::HASH_METADATA, after, 12, "b=2@1000 d=x@1005 c=3"),
        (kind::HASH_METADATA_PRE, b"\x02\x43\xe8\x01b\xc0\x02\0\x01c\xc0\x03".to_vec(), 12, "b=2@1000 c=3"),
        (kind::HASH_VALKEY, valkey, 80, "a=b@1000 c=d"),
    ] {
        let entry = restore(&payload_of(kind, &value, version)).unwrap_or_else(|refused| panic!("{kind}: {refused:?}"));
        assert_eq!((&*words(&entry), entry.encoding_name()), (wanted, "listpackex"), "{kind}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let zip = |elements: &[Text]| string(&ziplist(elements));
    let pack = |elements: &[&str]| {
        let mut block = Vec::new();
        listpack::begin(&mut block);
        for element in elements {
            listpack::push_bytes(&mut block, element.as_bytes());
        }
        listpack::end(&mut block, elements.len());
        string(&block)
    };
    let a = Text::Bytes(b"a");
    let earliest = |rest: &[u8]| [&1000i64.to_le_bytes()[..], rest].concat();
    let score = |score: f64| [&b"\x01\x01a"[..], &score.to_le_bytes()].concat();
    let cases: &[(u8, Vec<u8>)] = &[
        // Nothing in it.
        (kind::LIST, vec![0]),
        (kind::SET, vec![0]),
        (kind::HASH, vec![0]),
        (kind::ZSET, vec![0]),
        (kind::ZSET_2, vec![0]),
        (kind::LIST_QUICKLIST, vec![0]),
        (kind::LIST_QUICKLIST_2, vec![0]),
        (kind::LIST_QUICKLIST_2, [&[1, 2][..], &pack(&[])].concat()),
        (kind::LIST_ZIPLIST, zip(&[])),
        (kind::HASH_ZIPLIST, zip(&[])),
        (kind::ZSET_ZIPLIST, zip(&[])),
        (kind::HASH_ZIPMAP, string(b"\0\xff")),
        (kind::SET_LISTPACK, pack(&[])),
        (kind::HASH_LISTPACK, pack(&[])),
        (kind::ZSET_LISTPACK, pack(&[])),
        (kind::HASH_METADATA, earliest(b"\0")),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&[]))),
        (kind::SET_INTSET, string(b"\x02\0\0\0\0\0\0\0")),
        // Twice the same.
        (kind::SET, b"\x02\x01a\x01a".to_vec()),
        (kind::SET, b"\x02\xc0\x05\x015".to_vec()),
        (kind::HASH, b"\x02\x01a\x01b\x01a\x01c".to_vec()),
        (kind::ZSET, b"\x02\x01a\x011\x01a\x012".to_vec()),
        (kind::HASH_ZIPLIST, zip(&[a, a, a, a])),
        (kind::ZSET_ZIPLIST, zip(&[a, Text::Int(1), a, Text::Int(2)])),
        (kind::HASH_ZIPMAP, string(&zipmap(&[(b"a", b""), (b"a", b"")]))),
        (kind::SET_LISTPACK, pack(&["a", "a"])),
        (kind::HASH_LISTPACK, pack(&["a", "a", "a", "a"])),
        (kind::ZSET_LISTPACK, pack(&["a", "1", "a", "2"])),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "a", "1000", "a", "a", "1000"]))),
        (kind::HASH_METADATA, earliest(b"\x02\x01\x01a\x01b\x01\x01a\x01b")),
        (kind::SET_INTSET, string(b"\x02\0\0\0\x02\0\0\0\x01\0\x01\0")),
        // Half of something.
        (kind::HASH_ZIPLIST, zip(&[a])),
        (kind::ZSET_ZIPLIST, zip(&[a])),
        (kind::HASH_LISTPACK, pack(&["a"])),
        (kind::ZSET_LISTPACK, pack(&["a"])),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b"]))),
        // No numbers.
        (kind::ZSET_2, score(f64::NAN)),
        (kind::ZSET, b"\x01\x01a\xfd".to_vec()),
        (kind::ZSET, b"\x01\x01a\x03nan".to_vec()),
        (kind::ZSET, b"\x01\x01a\x021x".to_vec()),
        (kind::ZSET_LISTPACK, pack(&["a", "b"])),
        (kind::ZSET_LISTPACK, pack(&["a", ""])),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b", "c"]))),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b", "-1"]))),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b", "281474976710656"]))),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b", "2000", "c", "d", "1000"]))),
        (kind::HASH_LISTPACK_EX, earliest(&pack(&["a", "b", "0", "c", "d", "1000"]))),
        (kind::HASH_METADATA, [&i64::MAX.to_le_bytes()[..], b"\x01\x05\x01a\x01b"].concat()),
        // Integers that are out of order, or of no known width, or not as many as there should be.
        (kind::SET_INTSET, string(b"\x02\0\0\0\x02\0\0\0\x02\0\x01\0")),
        (kind::SET_INTSET, string(b"\x03\0\0\0\x01\0\0\0\x02\0\x01")),
        (kind::SET_INTSET, string(b"\x02\0\0\0\x03\0\0\0\x01\0\x02\0")),
        (kind::SET_INTSET, string(b"\x02\0\0")),
        // Numbers in place of blocks, unknown forms, unknown types, and nothing at all.
        (kind::HASH_LISTPACK, b"\xc0\x05".to_vec()),
        (kind::LIST_QUICKLIST_2, b"\x01\x03\x01a".to_vec()),
        (kind::LIST_QUICKLIST_2, b"\x01\x01\x00".to_vec()),
        (kind::STREAM_3, vec![0; 20]),
        (kind::MODULE_2, vec![0; 20]),
        (kind::HASH_VALKEY, b"\x01\x01a\x01b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        (8, vec![0; 20]),
        (27, vec![0; 20]),
        (opcode::EOF, vec![]),
        (kind::STRING, vec![]),
        // Huge announcements.
        (kind::LIST, b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (kind::SET, b"\x80\xff\xff\xff\xff\x01a".to_vec()),
        (kind::HASH, b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (kind::ZSET_2, b"\x80\xff\xff\xff\xff\x01a".to_vec()),
        (kind::STRING, b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01a".to_vec()),
        (kind::STRING, b"\xc3\x02\x80\xff\xff\xff\xff\0a".to_vec()),
    ];
    for (n, (kind, value)) in cases.iter().enumerate() {
        let refused = restore(&payload_of(*kind, value, VERSION_FIELDS));
        assert!(matches!(refused, Err(Refused::Value(_))), "case {n}, type {kind}: {value:x?}");
    }
    let good = payload_of(kind::STRING, b"\x01a", VERSION_MIN);
    assert!(restore(&good).is_ok());
    for (what, payload) in [
        ("another version", payload_of(kind::STRING, b"\x01a", 13)),
        ("too short", good[..9].to_vec()),
        ("a wrong checksum", [&good[..12], &[good[12] ^ 1]].concat()),
    ] {
        assert!(matches!(restore(&payload), Err(Refused::Footer)), "{what}");
    }
}

#[test]
fn unknown_values_are_told_by_name() {
    let file = |rest: &[u8]| read_all(&[b"REDIS0012", rest].concat()[..], defaults()).expect_err("it is no file");
    let damage = file(b"\x15\x01s");
    assert!(matches!(damage.cause, Cause::Unsupported));
    assert_eq!(damage.to_string(), "stream values are not supported yet at byte 12");
    let id = "ReJSON-RL".bytes().fold(0u64, |id, letter| {
        let at = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".iter().position(|l| *l == letter);
        id << 6 | at.expect("a letter of a module's name") as u64
    });
    let damage = file(&[b"\x07\x01k\x81", &(id << 10 | 3).to_be_bytes()[..]].concat());
    assert!(damage.to_string().contains("ReJSON-RL"), "{damage}");
    assert_eq!(file(b"\xf6").to_string(), "functions of a version before 7.0 are not supported at byte 10");
    assert_eq!(file(b"\x30").to_string(), "there is neither a type nor anything else with the number 48 at byte 10");
    for head in [&b"REDIS0013"[..], b"REDIS0000", b"REDIS00x1", b"VALKEY081"] {
        let damage = read_all(head, defaults()).expect_err("no such version");
        assert!(matches!(damage.cause, Cause::Unsupported), "{damage}");
    }
    let damage = read_all(&b"*1\r\n$4\r\nPING\r\n"[..], defaults()).expect_err("that is no file");
    assert!(matches!(damage.cause, Cause::Corrupt));
    // What is passed over or given on: functions, what modules stored beside keys, hints of clusters.
    let mut parts = b"REDIS0012\xf5\x04code\xf4\x01\x02\x03\xf7\x81".to_vec();
    parts.extend_from_slice(&(id << 10).to_be_bytes());
    parts.extend_from_slice(
        b"\x02\x01\x01\x05\x02\x07\x03abcd\x04abcdefgh\x05\x03abc\0\xfb\x01\x01\x02\x01e\0\xff\0\0\0\0\0\0\0\0",
    );
    let items = read_all(&parts[..], defaults()).expect("all of it is known");
    let [Item::Function(code), Item::ModuleAux(module), Item::Empty { key, .. }] = &items[..] else {
        panic!("{items:?}")
    };
    assert_eq!((&code[..], &**module, &key[..]), (&b"code"[..], "ReJSON-RL", &b"e"[..]));
}

/// Takes everything out of a value and puts it back.
fn exercise(entry: &Entry, limits: &Limits) {
    let own = |text: Text| text.with(<[u8]>::to_vec);
    let loose = || match entry.value() {
        Value::Packed(block) => Loose::Packed(block.to_vec()),
        Value::Object(object) => Loose::Object(object.clone()),
        _ => unreachable!("a collection"),
    };
    match entry.type_name() {
        "list" => {
            let Ok(mut list) = List::open(loose()) else { panic!("it is a list") };
            let n = list.count();
            for _ in 0..n {
                let last = list.pop(Side::Right, own).expect("there are as many");
                list.shrunk(limits);
                list.prepare(1, last.len(), limits);
                list.push(Side::Left, Text::Bytes(&last));
            }
            assert_eq!(list.count(), n);
        }
        "set" => {
            let (Ok(mut set), Ok(view)) = (Set::open(loose()), SetView::of(entry.value())) else { panic!("a set") };
            let mut members = Vec::new();
            view.each(&mut |member| members.push(own(member)));
            assert!(members.iter().all(|member| view.contains(member)));
            assert!(members.iter().all(|member| set.remove(member)) && set.is_empty());
            assert!(members.iter().all(|member| set.add(member, limits)));
        }
        "zset" => {
            let (Ok(mut set), Ok(view)) = (SortedSet::open(loose()), SortedSetView::of(entry.value())) else {
                panic!("a sorted set")
            };
            let mut members = Vec::new();
            entry.value().each(&mut |e| {
                if let Element::Scored(member, score) = e {
                    members.push((own(member), score));
                }
            });
            for (rank, (member, score)) in members.iter().enumerate() {
                assert_eq!(view.rank(member), Some((rank, *score)));
                assert_eq!(set.remove(member), Some(*score));
            }
            assert!(set.is_empty());
        }
        "hash" => {
            let (Ok(mut hash), Ok(view)) = (Hash::open(loose()), HashView::of(entry.value())) else { panic!("a hash") };
            let mut fields = Vec::new();
            view.each(&mut |field| fields.push((own(field.field), own(field.value), field.deadline)));
            for (field, value, deadline) in &fields {
                let (there, at) = view.get(field).expect("it was just seen");
                assert_eq!((own(there), at), (value.clone(), *deadline));
                assert!(hash.remove(field));
            }
            assert!(hash.is_empty());
        }
        _ => {}
    }
}

#[test]
fn mutated_payloads_are_refused_or_are_values() {
    let limits = defaults().limits;
    let zips = |elements: &[Text]| string(&ziplist(elements));
    let old = [
        payload_of(
            kind::HASH_ZIPLIST,
            &zips(&[Text::Bytes(b"aa"), Text::Int(1), Text::Int(300), Text::Bytes(b"b")]),
            9,
        ),
        payload_of(
            kind::ZSET_ZIPLIST,
            &zips(&[Text::Bytes(b"aa"), Text::Int(1), Text::Int(300), Text::Bytes(b"2.5")]),
            9,
        ),
        payload_of(kind::HASH_ZIPMAP, &string(&zipmap(&[(b"a", b"1"), (b"bb", b"x")])), 9),
        payload_of(kind::LIST_QUICKLIST, &[&[1][..], &zips(&[Text::Bytes(b"abc"), Text::Int(70_000)])].concat(), 9),
        payload_of(kind::ZSET, b"\x03\x01a\x031.5\x01b\xff\x01c\xfe", 9),
    ];
    let (mut refused, mut taken) = (0, 0);
    for seed in 1..=if cfg!(any(miri, valgrind)) { 50 } else { 30_000 } {
        let mut dice = Dice(seed);
        let mut payload = if dice.below(6) == 0 {
            old[dice.below(old.len() as u64) as usize].clone()
        } else {
            let entry = sample(&mut dice, b"k", &limits);
            if entry.footprint() > 3000 {
                continue;
            }
            payload::dump(entry.value(), dice.below(2) == 0)
        };
        for _ in 0..=dice.below(3) {
            let body = payload.len() - 10;
            let at = dice.below(body as u64) as usize;
            match dice.below(6) {
                0 => payload[at] ^= 1 << dice.below(8),
                1 => payload[at] = dice.below(256) as u8,
                2 => payload[at] = [0, 0xff, 0x80, 0x81, 0x7f, 0xfe, 0xc3][dice.below(7) as usize],
                3 => payload[at] = payload[at].wrapping_add(1),
                4 if body > 1 => _ = payload.remove(at),
                // Half of the bytes lie near the front, where lengths are.
                _ => payload[at.min(dice.below(12) as usize)] = dice.below(256) as u8,
            }
        }
        match payload::restore(&payload, false, b"k", None, 0, &defaults()) {
            Err(_) => refused += 1,
            Ok(entry) => {
                taken += 1;
                exercise(&entry, &limits);
                let again =
                    restore(&payload::dump(entry.value(), true)).unwrap_or_else(|why| panic!("{why:?}, seed {seed}"));
                assert_eq!(of_value(&again), of_value(&entry), "seed {seed}");
            }
        }
    }
    assert!(cfg!(any(miri, valgrind)) || (refused > 3000 && taken > 3000), "{refused} refused, {taken} taken");
}
