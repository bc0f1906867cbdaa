//! The digest of DEBUG DIGEST: the same for the same data, whatever its encoding or the order in which it came.
//!
//! As Redis defines it: each key's digest is SHA-1 chained over the database number, the key and the value, with the
//! deadline mixed in as `!!expire!!`; the keys' digests are combined by XOR, so their order does not matter.

use crate::keyspace::{DbId, Keyspace};
use crate::store::entry::{Entry, Value};
use sha1::{Digest, Sha1};

/// Twenty bytes, as SHA-1 gives them.
pub type Sum = [u8; 20];

/// Mixes `bytes` in so that the order of mixing matters.
fn mix(sum: &mut Sum, bytes: &[u8]) {
    add(sum, bytes);
    *sum = Sha1::digest(*sum).into();
}

/// Mixes `bytes` in so that the order of adding does not matter.
fn add(sum: &mut Sum, bytes: &[u8]) {
    let one: Sum = Sha1::digest(bytes).into();
    for (to, from) in sum.iter_mut().zip(one) {
        *to ^= from;
    }
}

/// Mixes an entry's type, value and deadline in.
fn mix_value(sum: &mut Sum, entry: &Entry) {
    // The type comes first, as a number in network order; 0 is a string.
    mix(sum, &0u32.to_be_bytes());
    match entry.value() {
        Value::Text(bytes) | Value::Raw(bytes) => mix(sum, bytes),
        Value::Int(n) => mix(sum, itoa::Buffer::new().format(n).as_bytes()),
        Value::Buffer(buffer) => mix(sum, buffer.bytes()),
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

/// The digest of everything; all zeros if there is nothing.
pub fn of_keyspace(keyspace: &mut Keyspace) -> Sum {
    let mut total = Sum::default();
    for number in 0..keyspace.databases().len() {
        let db = keyspace.db(DbId(number as u16)); // `databases` is at most 65,535
        if db.is_empty() {
            continue;
        }
        let mut cursor = 0;
        // The number of the database comes first, in network order; within it the keys come in any order.
        mix(&mut total, &(number as u32).to_be_bytes());
        loop {
            cursor = db.scan(cursor, 1000, &mut |entry| {
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
