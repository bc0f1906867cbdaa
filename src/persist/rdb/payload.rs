//! The payloads of DUMP and RESTORE: one value, a version and a checksum.

use super::input::Input;
use super::output::Output;
use super::read::Loading;
use super::value::{self, Scratch};
use super::{CHECKSUM, Damage, VERSION_MAX, VERSION_VALKEY, lowest_version};
use crate::keyspace::db::settled;
use crate::store::collection::hash::earliest_of;
use crate::store::entry::{Entry, Value};

/// The version and the checksum.
const FOOTER: usize = 10;

/// What keeps a payload from being restored.
#[derive(Debug)]
pub enum Refused {
    /// Its version is unknown, or its checksum is wrong.
    Footer,
    /// The value in it is not one.
    Value(Damage),
}

/// The payload of a value, in the lowest version that carries it. `compress`: whether strings are.
pub fn dump(value: Value, compress: bool) -> Vec<u8> {
    let version = lowest_version(earliest_of(value).is_some());
    let mut output = Output::new(Vec::new(), false, compress);
    output.value(value, version, Output::byte);
    let mut payload = output.finish().expect("writing into memory does not fail");
    payload.extend_from_slice(&version.to_le_bytes());
    payload.extend_from_slice(&CHECKSUM.checksum(&payload).to_le_bytes());
    payload
}

/// Checks the version of a payload and, if `checksum` says so, its checksum. Gives the version and the value's bytes.
fn open(payload: &[u8], checksum: bool) -> Option<(u16, &[u8])> {
    let (value, footer) = payload.split_last_chunk::<FOOTER>()?;
    let [low, high, sum @ ..] = *footer;
    let version = u16::from_le_bytes([low, high]);
    let is_known = version <= VERSION_MAX || version == VERSION_VALKEY;
    let is_right = !checksum || CHECKSUM.checksum(&payload[..payload.len() - 8]) == u64::from_le_bytes(sum);
    (is_known && is_right).then_some((version, value))
}

/// The entry of a key from a payload, with this deadline and access clock.
pub fn restore(
    payload: &[u8],
    checksum: bool,
    key: &[u8],
    deadline: Option<i64>,
    clock: u32,
    loading: &Loading,
) -> Result<Entry, Refused> {
    let (version, bytes) = open(payload, checksum).ok_or(Refused::Footer)?;
    let mut input = Input::new(bytes, bytes.len(), false);
    let mut scratch = Scratch::default();
    let kind = input.byte().map_err(Refused::Value)?;
    // What may be behind the value is not looked at, as in Redis.
    let value = value::read(&mut input, kind, version == VERSION_VALKEY, &loading.limits, &mut scratch);
    let value = value.and_then(|value| value.ok_or_else(|| input.corrupt("a collection is empty")));
    let value = value.map_err(Refused::Value)?;
    Ok(Entry::new(key, settled(key, value, deadline), deadline, clock))
}
