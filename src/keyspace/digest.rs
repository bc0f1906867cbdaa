//! The digest of DEBUG DIGEST: the same for the same data, whatever its encoding or the order in which it came.
//!
//! As Redis defines it: each key's digest is SHA-1 chained over the database number, the key and the value, with the
//! deadline mixed in as `!!expire!!`; the SHA-1s of the keys' digests are combined by XOR, so their order does not matter.

use crate::base::buffer::Text;
use crate::base::number::Double;
use crate::keyspace::Keyspace;
use crate::store::entry::{Entry, Value};
use crate::store::object::{Element, Object};
use sha1::{Digest, Sha1};
use std::iter;

/// Twenty bytes, as SHA-1 gives them.
pub type Sum = [u8; 20];

/// Mixes `bytes` in so that the order of mixing matters.
fn mix(sum: &mut Sum, bytes: &[u8]) {
    mix_all(sum, iter::once(bytes));
}

/// [`mix`] of bytes that need not lie together.
fn mix_all<'a>(sum: &mut Sum, parts: impl Iterator<Item = &'a [u8]>) {
    add_all(sum, parts);
    *sum = Sha1::digest(*sum).into();
}

/// Mixes `bytes` in so that the order of adding does not matter.
fn add(sum: &mut Sum, bytes: &[u8]) {
    add_all(sum, iter::once(bytes));
}

fn add_all<'a>(sum: &mut Sum, parts: impl Iterator<Item = &'a [u8]>) {
    let mut digest = Sha1::new();
    parts.for_each(|part| digest.update(part));
    let one: Sum = digest.finalize().into();
    for (to, from) in sum.iter_mut().zip(one) {
        *to ^= from;
    }
}

/// The number that Redis has for a type.
fn type_number(value: Value) -> u32 {
    match value.type_name() {
        "string" => 0,
        "list" => 1,
        "set" => 2,
        "zset" => 3,
        "hash" => 4,
        _ => 6,
    }
}

fn mix_text(sum: &mut Sum, text: Text) {
    text.with(|bytes| mix(sum, bytes));
}

/// Mixes an entry's type, value and deadline in.
fn mix_value(sum: &mut Sum, entry: &Entry) {
    // The type comes first, as a number in network order; 0 is a string.
    mix(sum, &type_number(entry.value()).to_be_bytes());
    match entry.value() {
        Value::Text(bytes) | Value::Raw(bytes) => mix(sum, bytes),
        Value::Int(n) => mix(sum, itoa::Buffer::new().format(n).as_bytes()),
        Value::Buffer(buffer) => mix(sum, buffer.bytes()),
        Value::Object(Object::Text(pieces)) => mix_all(sum, pieces.slices(0..pieces.len())),
        value => value.each(&mut |element| match element {
            Element::Item(item) => mix_text(sum, item),
            Element::Member(member) => member.with(|bytes| add(sum, bytes)),
            Element::Field(field, value, deadline) => {
                let mut one = Sum::default();
                mix_text(&mut one, field);
                mix_text(&mut one, value);
                if deadline.is_some() {
                    add(&mut one, b"!!hexpire!!");
                }
                add(sum, &one);
            }
            Element::Scored(member, score) => {
                let mut one = Sum::default();
                mix_text(&mut one, member);
                mix(&mut one, &Double::by_digits(score));
                add(sum, &one);
            }
        }),
    }
    if entry.deadline().is_some() {
        add(sum, b"!!expire!!");
    }
}

/// The digest of one key's value, as DEBUG DIGEST-VALUE gives it.
pub fn of_value(entry: &Entry) -> Sum {
    let mut sum = Sum::default();
    mix_value(&mut sum, entry);
    sum
}

/// The digest of everything; all zeros if there is nothing. What has expired and is still there counts, as in Redis.
pub fn of_keyspace(keyspace: &Keyspace) -> Sum {
    let mut total = Sum::default();
    for (number, db) in keyspace.databases().iter().enumerate() {
        if db.table.is_empty() {
            continue;
        }
        // The number of the database comes first, in network order; within it the keys come in any order.
        mix(&mut total, &(number as u32).to_be_bytes()); // `databases` is at most 65,535
        let mut cursor = 0;
        loop {
            cursor = db.table.scan(cursor, 1000, &mut |entry| {
                let mut sum = Sum::default();
                mix(&mut sum, entry.key());
                mix_value(&mut sum, entry);
                add(&mut total, &sum);
            });
            if cursor == 0 {
                break;
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;
    use crate::base::helper::Helper;
    use crate::keyspace::{DbId, Ttl};
    use crate::store::entry::NewValue;

    fn hex(sum: Sum) -> String {
        sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    }

    fn put(keyspace: &mut Keyspace, id: u16, key: &str, value: NewValue, ttl: Ttl) {
        let mut db = keyspace.db(DbId(id));
        let slot = db.locate(key.as_bytes());
        db.put(slot, key.as_bytes(), value, ttl);
    }

    #[test]
    fn digests_are_those_that_redis_gives() {
        let mut keyspace = Keyspace::new(16, Dice(1), Helper::inline());
        assert_eq!(hex(of_keyspace(&keyspace)), "0".repeat(40));
        put(&mut keyspace, 0, "a", NewValue::Int(1), Ttl::Clear);
        assert_eq!(hex(of_keyspace(&keyspace)), "943d800368fb9c0e951138f1bc0e313ac769d91f");
        put(&mut keyspace, 0, "b", NewValue::Text(b"hello"), Ttl::At(5));
        assert_eq!(hex(of_keyspace(&keyspace)), "669dc7955c0119edb82e7cfeb40ea4a28f89f902");
        put(&mut keyspace, 9, "a", NewValue::Text(b"1"), Ttl::Clear);
        assert_eq!(hex(of_keyspace(&keyspace)), "bfc850c3666fba0a47e5277d91c9e03b41982b5a");
    }

    #[test]
    fn the_form_of_a_value_and_the_order_of_keys_do_not_matter() {
        let forms = [NewValue::Int(12), NewValue::Raw(b"12"), NewValue::Text(b"12")];
        let mut seen = Vec::new();
        for (n, form) in forms.into_iter().enumerate() {
            // Another seed, another hash, another order.
            let mut keyspace = Keyspace::new(16, Dice(n as u64), Helper::inline());
            for i in 0..100 {
                put(&mut keyspace, 0, &format!("key{}", i * 7 % 100), NewValue::Int(i * 7 % 100), Ttl::Clear);
            }
            put(&mut keyspace, 0, "twelve", form, Ttl::Clear);
            seen.push(hex(of_keyspace(&keyspace)));
        }
        assert!(seen.iter().all(|sum| *sum == seen[0]), "{seen:?}");
    }
}
