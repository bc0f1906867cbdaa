//! How many different elements there were, within some 0.8 %, in 12 KB at most: a `HyperLogLog` in Redis's own form.
//!
//! An element's hash picks one of 16,384 registers; the register keeps the longest run of zeros that was seen, plus one. A string holds
//! it, byte for byte as Redis lays it out, so that a GET here is a SET there:
//!
//! ```text
//!     0        4          5         8                       16
//!     +--------+----------+---------+-----------------------+----------------
//!     | "HYLL" | encoding | 0  0  0 | the count (u64, LE)   | registers ...
//!     +--------+----------+---------+-----------------------+----------------
//!                0: dense             the highest bit says that a register has changed since it was counted
//!                1: sparse
//!
//!     dense   6 bits a register, each byte filled from its lowest bit:    b0  11000000   b1  22221111   b2  33333322
//!
//!     sparse  runs in the order of the registers      00nnnnnn             n + 1 registers are zero
//!                                                     01nnnnnn mmmmmmmm    256 n + m + 1 registers are zero
//!                                                     1vvvvvnn             n + 1 registers are v + 1
//! ```
//!
//! A new one is sparse and becomes dense when it outgrows a limit or a register outgrows 32. The bytes of a sparse one depend on how it
//! came to be: the rules of splitting and joining runs are Redis's (see [`raise`]). Counting is Otmar Ertl's improved estimator ("New
//! cardinality estimation algorithms for `HyperLogLog` sketches", arXiv:1702.01284, algorithm 6, with his names).
//!
//! Anybody can write anything into a string: whatever does not add up to 16,384 registers is [`Corrupt`], and nothing here panics on it.

use crate::base::simd::wide;

/// How many registers there are: 2^14.
pub const REGISTERS: usize = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 14;

/// The longest run of zeros in the rest of a hash.
const ZEROS_MAX: usize = 64 - INDEX_BITS as usize;

/// The bytes before the registers.
pub const HEADER: usize = 16;
const ENCODING: usize = 4;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// The length of a dense one in bytes.
pub const DENSE_LEN: usize = HEADER + REGISTERS / 4 * 3;

/// The largest register that a run can hold.
const RUN_VALUE_MAX: u8 = 32;

/// The longest run of a value.
const RUN_LEN_MAX: usize = 4;

/// The runs are not those of 16,384 registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

/// Each register in a byte of its own, in four rows: register i is `rows[i % 4][i / 4]`.
///
/// So the four registers of three packed bytes go to the same place of four rows, and 64 of each are worked out at once; with all in
/// one row, bringing them into order took twice as long as everything else (0.86 µs a string, this 0.31).
#[derive(Clone)]
pub struct Registers {
    rows: [[u8; REGISTERS / 4]; 4],
}

impl Registers {
    /// All zero.
    pub fn new() -> Registers {
        Registers { rows: [[0; REGISTERS / 4]; 4] }
    }

    /// All registers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        (0..REGISTERS).map(|index| self.rows[index % 4][index / 4])
    }

    /// Makes a register at least this.
    fn raise(&mut self, index: usize, value: u8) {
        let register = &mut self.rows[index % 4][index / 4];
        *register = value.max(*register);
    }
}

impl Default for Registers {
    fn default() -> Registers {
        Registers::new()
    }
}

// ---- the header -----------------------------------------------------------------------------------------------------

/// An empty one, sparse.
pub fn new() -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes[..4].copy_from_slice(b"HYLL");
    bytes[ENCODING] = SPARSE;
    bytes.extend_from_slice(Runs::of(0, REGISTERS).bytes());
    bytes
}

/// Whether a string has the header of one, and the length if it is dense. All other functions ask for such a string.
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER
        && bytes.starts_with(b"HYLL")
        && (bytes[ENCODING] == SPARSE || bytes[ENCODING] == DENSE && bytes.len() == DENSE_LEN)
}

/// Whether it is dense.
pub fn is_dense(bytes: &[u8]) -> bool {
    bytes[ENCODING] == DENSE
}

/// The count that was kept, if no register has changed since.
pub fn kept_count(bytes: &[u8]) -> Option<u64> {
    let count = u64::from_le_bytes(*bytes[8..].first_chunk()?);
    (count >> 63 == 0).then_some(count)
}

/// Keeps the count.
pub fn keep_count(bytes: &mut [u8], count: u64) {
    bytes[8..HEADER].copy_from_slice(&count.to_le_bytes());
}

/// Says that the count that was kept is none any more.
pub fn forget_count(bytes: &mut [u8]) {
    bytes[HEADER - 1] |= 0x80;
}

// ---- elements -------------------------------------------------------------------------------------------------------

/// What an element does: the register that it picks is at least this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The register.
    pub index: u16,
    /// 1 to 51.
    pub value: u8,
}

impl Place {
    /// The place of an element.
    pub fn of(element: &[u8]) -> Place {
        let hash = hash(element);
        let rest = hash >> INDEX_BITS | 1 << ZEROS_MAX;
        // 14 bits, and at most 51.
        Place { index: (hash % REGISTERS as u64) as u16, value: rest.trailing_zeros() as u8 + 1 }
    }
}

/// `MurmurHash64A` by Austin Appleby, with the seed that Redis uses.
fn hash(element: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0xC6A4_A793_5BD1_E995;
    const SEED: u64 = 0xADC8_3B19;
    let mix = |n: u64| n ^ n >> 47;
    let (words, rest) = element.as_chunks();
    let mut hash = SEED ^ (element.len() as u64).wrapping_mul(MULTIPLIER);
    for word in words {
        let word = u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        hash = (hash ^ mix(word).wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    mix(mix(hash).wrapping_mul(MULTIPLIER))
}

// ---- dense ----------------------------------------------------------------------------------------------------------

/// The byte in which a register of a dense one begins, and the bit in it.
fn dense_spot(index: u16) -> (usize, usize) {
    let bit = usize::from(index) * 6;
    (HEADER + bit / 8, bit % 8)
}

/// A register of a dense one.
fn dense_get(bytes: &[u8], index: u16) -> u8 {
    let (at, shift) = dense_spot(index);
    // The last register ends with the last byte.
    let pair = [bytes[at], bytes.get(at + 1).copied().unwrap_or(0)];
    (u16::from_le_bytes(pair) >> shift) as u8 & 63
}

/// Sets a register of a dense one.
fn dense_set(bytes: &mut [u8], index: u16, value: u8) {
    let (at, shift) = dense_spot(index);
    let [mask, value] = [63, u16::from(value)].map(|bits: u16| (bits << shift).to_le_bytes());
    for (i, byte) in bytes[at..].iter_mut().take(2).enumerate() {
        *byte = *byte & !mask[i] | value[i];
    }
}

/// Raises registers to what four in three bytes are. Written byte by byte: the compiler makes vectors of it.
#[inline(always)]
fn unpack_kernel((packed, registers): (&[u8], &mut Registers)) {
    let [row0, row1, row2, row3] = &mut registers.rows;
    let columns = row0.iter_mut().zip(row1).zip(row2).zip(row3);
    for ((((r0, r1), r2), r3), [b0, b1, b2]) in columns.zip(packed.as_chunks().0) {
        *r0 = (*r0).max(b0 & 63);
        *r1 = (*r1).max((b0 >> 6 | b1 << 2) & 63);
        *r2 = (*r2).max((b1 >> 4 | b2 << 4) & 63);
        *r3 = (*r3).max(b2 >> 2);
    }
}

/// Three bytes from four registers.
#[inline(always)]
fn pack_kernel((packed, registers): (&mut [u8], &Registers)) {
    let [row0, row1, row2, row3] = &registers.rows;
    let columns = row0.iter().zip(row1).zip(row2).zip(row3);
    for ((((r0, r1), r2), r3), [b0, b1, b2]) in columns.zip(packed.as_chunks_mut().0) {
        *b0 = r0 | r1 << 6;
        *b1 = r1 >> 2 | r2 << 4;
        *b2 = r2 >> 4 | r3 << 2;
    }
}

// ---- sparse ---------------------------------------------------------------------------------------------------------

/// A run of equal registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    value: u8,
    len: usize,
    /// How many bytes it takes.
    size: usize,
}

impl Run {
    /// The run at the beginning of some bytes, if there are any. Behind half of one, zero is read, as Redis does.
    #[inline]
    fn first(bytes: &[u8]) -> Option<Run> {
        let byte = *bytes.first()?;
        Some(match byte >> 6 {
            0 => Run { value: 0, len: usize::from(byte) + 1, size: 1 },
            1 => {
                let len = usize::from(byte & 63) << 8 | bytes.get(1).map_or(0, |&low| usize::from(low));
                Run { value: 0, len: len + 1, size: bytes.len().min(2) }
            }
            _ => Run { value: (byte >> 2 & 31) + 1, len: usize::from(byte & 3) + 1, size: 1 },
        })
    }
}

/// The bytes of up to three runs.
#[derive(Default)]
struct Runs {
    bytes: [u8; 6],
    len: usize,
}

impl Runs {
    fn of(value: u8, len: usize) -> Runs {
        let mut runs = Runs::default();
        runs.push(value, len);
        runs
    }

    /// Adds a run, which may be empty. Runs of values are short: see [`RUN_LEN_MAX`].
    fn push(&mut self, value: u8, len: usize) {
        let Some(less) = len.checked_sub(1) else { return };
        // At most 16,383, and 3 for values.
        let (high, low) = ((less >> 8) as u8, less as u8);
        match value {
            0 if less < 64 => self.byte(low),
            0 => {
                self.byte(0x40 | high);
                self.byte(low);
            }
            _ => self.byte(0x80 | (value - 1) << 2 | low),
        }
    }

    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Visits the runs; they must add up to all registers.
fn each_run(bytes: &[u8], mut visit: impl FnMut(usize, Run)) -> Result<(), Corrupt> {
    let (mut rest, mut index) = (&bytes[HEADER..], 0);
    while !rest.is_empty() {
        let run = Run::first(rest).ok_or(Corrupt)?;
        if index + run.len > REGISTERS {
            return Err(Corrupt);
        }
        visit(index, run);
        index += run.len;
        rest = &rest[run.size..];
    }
    if index == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

/// A run and where it stands.
struct Found {
    run: Run,
    /// Its first byte.
    at: usize,
    /// Its first register.
    index: usize,
    before: Cursor,
}

/// A run from which the search for a register may begin, unless it has it itself.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    at: usize,
    index: usize,
}

impl Cursor {
    /// The first.
    pub const START: Cursor = Cursor { at: HEADER, index: 0 };
}

/// The run that has a register.
fn find(bytes: &[u8], index: u16, from: Cursor) -> Result<Found, Corrupt> {
    let index = usize::from(index);
    let [near, nearer] = skip(bytes, index, from);
    let found = walk(bytes, index, nearer)?;
    // What is before the run where a walk begins is not known. If that is the run, it begins earlier.
    let is_known = |found: &Found, start: Cursor| found.at > start.at || start.at == HEADER;
    if is_known(&found, nearer) {
        return Ok(found);
    }
    let found = walk(bytes, index, near)?;
    if is_known(&found, near) { Ok(found) } else { walk(bytes, index, Cursor::START) }
}

/// Goes from run to run.
fn walk(bytes: &[u8], index: usize, from: Cursor) -> Result<Found, Corrupt> {
    let (mut here, mut before) = (from, from);
    loop {
        let run = bytes.get(here.at..).and_then(Run::first).ok_or(Corrupt)?;
        if index < here.index + run.len {
            return Ok(Found { run, at: here.at, index: here.index, before });
        }
        before = here;
        here = Cursor { at: here.at + run.size, index: here.index + run.len };
    }
}

/// Goes as far towards a register as eight bytes at a time can: up to the next run of two bytes, and that with it, if there is one among
/// them. Gives the last two places, the latter still not behind the register's run.
///
/// A step costs as much as some three runs do one by one (0.6 µs for 500 of them, this 0.2).
fn skip(bytes: &[u8], index: usize, from: Cursor) -> [Cursor; 2] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const PAIRS: u64 = 0x00FF_00FF_00FF_00FF;
    let (mut near, mut here) = (from, from);
    while let Some(word) = bytes.get(here.at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        let values = (word >> 7) & ONES;
        // Bit 6 of each byte that begins with 01: the first such byte is one of two, those behind it may be halves.
        let twos = word & (ONES << 6) & !(values << 6);
        let singles = twos.trailing_zeros() / 8;
        let before = u64::MAX.checked_shr(64 - 8 * singles).unwrap_or(0);
        let less = word & before & (ONES * 0x3F) & !(values * 0x3C);
        // Each run is one longer than its bits say; the sum of eight of at most 63 needs more than a byte.
        let sum = ((less & PAIRS) + ((less >> 8) & PAIRS)).wrapping_mul(0x0001_0001_0001_0001) >> 48;
        let mut next = Cursor { at: here.at + singles as usize, index: here.index + sum as usize + singles as usize };
        if singles < 8 {
            let Some([high, low]) = bytes[next.at..].first_chunk() else { break };
            next.at += 2;
            next.index += (usize::from(high & 0x3F) << 8 | usize::from(*low)) + 1;
        }
        if index < next.index {
            break;
        }
        (near, here) = (here, next);
    }
    [near, here]
}

// ---- raising registers ----------------------------------------------------------------------------------------------

/// Whether an element would change anything; if so, where [`raise`] is to begin.
pub fn raises(bytes: &[u8], place: Place) -> Result<Option<Cursor>, Corrupt> {
    let (old, from) = if is_dense(bytes) {
        (dense_get(bytes, place.index), Cursor::START)
    } else {
        let found = find(bytes, place.index, Cursor::START)?;
        (found.run.value, found.before)
    };
    Ok((old < place.value).then_some(from))
}

/// Counts an element in: its register becomes at least its value. Says whether that changed it, and forgets the count if so. A sparse
/// one whose string would become longer than `sparse_max` becomes dense.
///
/// As in Redis, the run that has the register is split in up to three; then, of the five runs from the one before it on, neighbours of
/// one value are joined if they fit into one. `from` is left where the search for a later register may begin.
pub fn raise(bytes: &mut Vec<u8>, place: Place, sparse_max: usize, from: &mut Cursor) -> Result<bool, Corrupt> {
    if is_dense(bytes) {
        let is_raised = dense_get(bytes, place.index) < place.value;
        if is_raised {
            dense_set(bytes, place.index, place.value);
            forget_count(bytes);
        }
        return Ok(is_raised);
    }
    if place.value > RUN_VALUE_MAX {
        make_dense(bytes)?;
        return raise(bytes, place, sparse_max, from);
    }
    let Found { run, at, index, before } = find(bytes, place.index, *from)?;
    *from = before;
    if run.value >= place.value {
        return Ok(false);
    }
    let left = usize::from(place.index) - index;
    let mut runs = Runs::default();
    runs.push(run.value, left);
    runs.push(place.value, 1);
    runs.push(run.value, run.len - left - 1);
    let new_len = bytes.len() - run.size + runs.len;
    if runs.len > run.size && new_len > sparse_max {
        make_dense(bytes)?;
        return raise(bytes, place, sparse_max, from);
    }
    // What is behind the run moves; one of two bytes may become one, so the string may also shrink.
    let old_len = bytes.len();
    bytes.resize(old_len.max(new_len), 0);
    bytes.copy_within(at + run.size..old_len, at + runs.len);
    bytes.truncate(new_len);
    bytes[at..at + runs.len].copy_from_slice(runs.bytes());
    join(bytes, before.at);
    forget_count(bytes);
    Ok(true)
}

/// Joins runs of equal values among the five from a place on.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..5 {
        let Some(run) = Run::first(&bytes[at..]) else { return };
        let next = at + run.size;
        match Run::first(&bytes[next..]) {
            Some(other) if run.value > 0 && other.value == run.value && run.len + other.len <= RUN_LEN_MAX => {
                bytes[next] = Runs::of(run.value, run.len + other.len).bytes[0];
                bytes.remove(at);
            }
            _ => at = next,
        }
    }
}

/// Makes it dense, if it is not.
pub fn make_dense(bytes: &mut Vec<u8>) -> Result<(), Corrupt> {
    if is_dense(bytes) {
        return Ok(());
    }
    let mut dense = vec![0; DENSE_LEN];
    dense[..HEADER].copy_from_slice(&bytes[..HEADER]);
    dense[ENCODING] = DENSE;
    each_run(bytes, |index, run| {
        if run.value > 0 {
            // Below 16,384.
            (index..index + run.len).for_each(|index| dense_set(&mut dense, index as u16, run.value));
        }
    })?;
    *bytes = dense;
    Ok(())
}

// ---- all registers --------------------------------------------------------------------------------------------------

/// Raises each register to what it is in another one.
pub fn merge(registers: &mut Registers, bytes: &[u8]) -> Result<(), Corrupt> {
    if is_dense(bytes) {
        wide(unpack_kernel, (&bytes[HEADER..], registers));
        return Ok(());
    }
    each_run(bytes, |index, run| {
        if run.value > 0 {
            (index..index + run.len).for_each(|index| registers.raise(index, run.value));
        }
    })
}

/// Raises each register of a string to what it is in `registers`, and forgets the count. None may be more than that: what the string
/// had is merged into them before.
pub fn raise_all(bytes: &mut Vec<u8>, registers: &Registers, sparse_max: usize) -> Result<(), Corrupt> {
    forget_count(bytes);
    let mut from = Cursor::START;
    for (index, value) in registers.iter().enumerate() {
        if is_dense(bytes) {
            break;
        }
        if value > 0 {
            // Below 16,384.
            raise(bytes, Place { index: index as u16, value }, sparse_max, &mut from)?;
        }
    }
    if is_dense(bytes) {
        wide(pack_kernel, (&mut bytes[HEADER..], registers));
    }
    Ok(())
}

/// The registers' values for people: runs as `z:LEN` and `Z:LEN` (zeros in one and in two bytes) and `v:VALUE,LEN`.
pub fn describe(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let (mut text, mut rest) = (String::new(), &bytes[HEADER..]);
    while let Some(run) = Run::first(rest) {
        let gap = if text.is_empty() { "" } else { " " };
        let written = match rest[0] >> 6 {
            0 => write!(text, "{gap}z:{}", run.len),
            1 => write!(text, "{gap}Z:{}", run.len),
            _ => write!(text, "{gap}v:{},{}", run.value, run.len),
        };
        written.expect("a string takes everything");
        rest = &rest[run.size..];
    }
    text
}

// ---- counting -------------------------------------------------------------------------------------------------------

/// How many different elements there were, about.
pub fn count(bytes: &[u8]) -> Result<u64, Corrupt> {
    if is_dense(bytes) {
        let mut registers = Registers::new();
        merge(&mut registers, bytes)?;
        return Ok(count_registers(&registers));
    }
    let (mut sum, mut zeros) = (0, 0);
    each_run(bytes, |_, run| {
        sum += (1 << SUMMED_MAX >> run.value) * run.len as u64;
        zeros += if run.value == 0 { run.len as u64 } else { 0 };
    })?;
    Ok(estimate(sum_without_zeros(sum, zeros), zeros))
}

/// The same, of registers, which are below 64.
pub fn count_registers(registers: &Registers) -> u64 {
    let (sum, zeros, max) = wide(sum_kernel, registers);
    let zeros = u64::from(zeros);
    // Only a forged one has greater values, or one that saw 2^39 elements.
    let z = if max <= SUMMED_MAX { sum_without_zeros(sum, zeros) } else { sum_of_any(registers) };
    estimate(z, zeros)
}

/// The sum of 2^-value over all registers but those that are zero. Exact, as it has at most 14 + 38 bits: so it does not matter in which
/// order the parts are added up.
fn sum_without_zeros(sum: u64, zeros: u64) -> f64 {
    (sum - (zeros << SUMMED_MAX)) as f64 / (1_u64 << SUMMED_MAX) as f64
}

/// The same, with the correction for registers that can rise no more, from the greatest value on.
#[cold]
fn sum_of_any(registers: &Registers) -> f64 {
    let mut histogram = [0_u32; 64];
    registers.iter().for_each(|value| histogram[usize::from(value & 63)] += 1);
    let m = REGISTERS as f64;
    let z = m * tau((m - f64::from(histogram[ZEROS_MAX + 1])) / m);
    histogram[1..=ZEROS_MAX].iter().rev().fold(z, |z, &n| (z + f64::from(n)) * 0.5)
}

/// The estimate from the sum over the registers that are not zero, and how many are.
fn estimate(z: f64, zeros: u64) -> u64 {
    let m = REGISTERS as f64;
    let z = z + m * sigma(zeros as f64 / m);
    // Zero if z is infinite. What no register but a forged one comes to is this number in Redis: a reply shows it as -2^63.
    ((ALPHA * m * m / z).round() as u64).min(1 << 63)
}

/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// The greatest value whose part is added up as an integer.
const SUMMED_MAX: u8 = 38;

/// The sum of 2^(38 - value) over registers up to 38; how many are zero; and the greatest.
#[inline(always)]
fn sum_kernel(registers: &Registers) -> (u64, u32, u8) {
    let all = registers.rows.as_flattened();
    let sum = all.iter().map(|&value| (1 << SUMMED_MAX) >> (value & 63)).sum();
    let zeros = |part: &[u8; 64]| u32::from(part.iter().map(|&value| u8::from(value == 0)).sum::<u8>());
    let zeros = all.as_chunks().0.iter().map(zeros).sum();
    (sum, zeros, all.iter().fold(0, |max, &value| max.max(value)))
}

/// x + the sum of x^(2^k) 2^(k - 1) over k from 1 on.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    limit(|| {
        x *= x;
        z += x * y;
        y += y;
        z
    })
}

/// (1 - x - the sum of (1 - x^(2^-k))^2 2^-k over k from 1 on) / 3.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    limit(|| {
        x = x.sqrt();
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        z
    }) / 3.0
}

/// What a row of numbers comes to when it changes no more.
fn limit(mut next: impl FnMut() -> f64) -> f64 {
    let mut last = next();
    loop {
        let this = next();
        if this.to_bits() == last.to_bits() {
            return this;
        }
        last = this;
    }
}

// ---- self-test ------------------------------------------------------------------------------------------------------

/// Checks registers, both forms against each other, and the estimates, as PFSELFTEST asks for. Takes some milliseconds.
pub fn self_test(dice: &mut crate::base::dice::Dice) -> Result<(), String> {
    let mut dense = new();
    make_dense(&mut dense).map_err(|Corrupt| "a new one is corrupt")?;
    for round in 0..8 {
        let values: Vec<u8> = (0..REGISTERS).map(|_| dice.below(64) as u8).collect();
        for (index, &value) in values.iter().enumerate() {
            dense_set(&mut dense, index as u16, value);
        }
        for (index, &value) in values.iter().enumerate() {
            let found = dense_get(&dense, index as u16);
            if found != value {
                return Err(format!("round {round}: register {index} should be {value} but is {found}"));
            }
        }
    }
    let (mut dense, mut sparse) = (new(), new());
    make_dense(&mut dense).map_err(|Corrupt| "a new one is corrupt")?;
    let seed = dice.next();
    let mut checked = 1;
    for n in 1..=100_000_u64 {
        let place = Place::of(&(seed ^ n).to_le_bytes());
        for one in [&mut dense, &mut sparse] {
            raise(one, place, 3000, &mut { Cursor::START }).map_err(|Corrupt| "one became corrupt")?;
        }
        if n < checked {
            continue;
        }
        checked *= 10;
        let counts = [count(&dense), count(&sparse)].map(|count| count.unwrap_or(u64::MAX));
        // The standard error is 1.04 / 128; six of them never happen by chance, nor do three elements where there are ten.
        let error_max = (n as f64 * 6.0 * 1.04 / 128.0).max(3.0);
        if counts[0] != counts[1] || counts[0].abs_diff(n) as f64 > error_max {
            return Err(format!("{n} elements are counted as {} (dense) and {} (sparse)", counts[0], counts[1]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    /// All registers, found in the slowest way.
    fn registers(bytes: &[u8]) -> Vec<u8> {
        if is_dense(bytes) {
            return (0..REGISTERS as u16).map(|index| dense_get(bytes, index)).collect();
        }
        let mut registers = Vec::new();
        each_run(bytes, |_, run| registers.extend(std::iter::repeat_n(run.value, run.len))).expect("not corrupt");
        registers
    }

    fn raise(bytes: &mut Vec<u8>, place: Place, sparse_max: usize) -> Result<bool, Corrupt> {
        super::raise(bytes, place, sparse_max, &mut { Cursor::START })
    }

    /// A place as elements have them; with `close`, many among few registers.
    fn place(dice: &mut Dice, close: bool) -> Place {
        let index = if close { 100 + dice.below(60) as u16 } else { dice.below(REGISTERS as u64) as u16 };
        Place { index, value: (dice.next() | 1 << 40).trailing_zeros() as u8 + 1 }
    }

    #[test]
    fn hashes_are_those_of_redis() {
        // PFADD of these to empty keys on Redis 8.2, and PFDEBUG DECODE.
        for &(element, index, value) in PLACES {
            assert_eq!(Place::of(element), Place { index, value }, "{:?}", String::from_utf8_lossy(element));
        }
    }

    #[test]
    fn both_forms_keep_the_greatest_value_of_each_register() {
        for seed in 1..=60 {
            let mut dice = Dice(seed);
            let (close, sparse_max) = (dice.below(2) == 0, [0, 20, 100, 3000, 100_000][dice.below(5) as usize]);
            let (mut sparse, mut dense, mut model) = (new(), new(), vec![0; REGISTERS]);
            make_dense(&mut dense).expect("not corrupt");
            for step in 0..500 {
                let place = place(&mut dice, close);
                let old = &mut model[usize::from(place.index)];
                let is_more = *old < place.value;
                *old = place.value.max(*old);
                for one in [&mut sparse, &mut dense] {
                    let from = raises(one, place).expect("not corrupt");
                    assert_eq!(from.is_some(), is_more, "seed {seed} step {step}");
                    let is_raised = super::raise(one, place, sparse_max, &mut from.unwrap_or(Cursor::START));
                    assert_eq!(is_raised, Ok(is_more), "seed {seed} step {step}");
                    assert!(is_one(one), "seed {seed} step {step}");
                }
                assert!(is_dense(&sparse) || sparse.len() <= sparse_max.max(HEADER + 3), "seed {seed} step {step}");
            }
            assert_eq!(registers(&sparse), model, "seed {seed}");
            assert_eq!(registers(&dense), model, "seed {seed}");
            assert_eq!(count(&sparse), count(&dense), "seed {seed}");
            make_dense(&mut sparse).expect("not corrupt");
            assert_eq!(sparse[HEADER..], dense[HEADER..], "seed {seed}");
        }
    }

    #[test]
    fn many_are_raised_at_once_as_one_by_one() {
        for seed in 1..=40 {
            let mut dice = Dice(seed);
            let close = dice.below(2) == 0;
            let sparse_max = [0, 100, 3000][dice.below(3) as usize];
            let mut target = new();
            for _ in 0..dice.below(300) {
                raise(&mut target, place(&mut dice, close), sparse_max).expect("not corrupt");
            }
            let mut all = Registers::new();
            merge(&mut all, &target).expect("not corrupt");
            for _ in 0..dice.below(500) {
                let place = place(&mut dice, close);
                all.raise(usize::from(place.index), place.value);
            }
            let mut one_by_one = target.clone();
            for (index, value) in all.iter().enumerate().filter(|&(_, value)| value > 0) {
                raise(&mut one_by_one, Place { index: index as u16, value }, sparse_max).expect("not corrupt");
            }
            forget_count(&mut one_by_one);
            raise_all(&mut target, &all, sparse_max).expect("not corrupt");
            assert_eq!(target, one_by_one, "seed {seed}");
            assert_eq!(registers(&target), all.iter().collect::<Vec<_>>(), "seed {seed}");
        }
    }

    #[test]
    fn counts_are_close_and_merged_ones_count_the_union() {
        for seed in 1..=5 {
            let mut dice = Dice(seed);
            self_test(&mut dice).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
            let (mut a, mut b, mut both) = (new(), new(), new());
            for n in 0..20_000_u64 {
                let place = Place::of(&(n << 8 | seed).to_le_bytes());
                let one = if n < 15_000 { &mut a } else { &mut b };
                raise(one, place, 3000).expect("not corrupt");
                raise(&mut both, place, 3000).expect("not corrupt");
            }
            let mut registers = Registers::new();
            merge(&mut registers, &a).expect("not corrupt");
            merge(&mut registers, &b).expect("not corrupt");
            assert_eq!(Ok(count_registers(&registers)), count(&both), "seed {seed}");
        }
    }

    #[test]
    fn counts_reach_from_nothing_to_everything() {
        assert_eq!(count(&new()), Ok(0));
        for (value, expected) in [(1, 23_637), (31, 25_380_159_564_675), (50, 1 << 63), (51, 1 << 63), (63, 1 << 63)] {
            assert_eq!(
                count_registers(&Registers { rows: [[value; REGISTERS / 4]; 4] }),
                expected,
                "all registers are {value}"
            );
        }
    }

    #[test]
    fn the_sum_in_integers_is_that_of_the_histogram() {
        for seed in 1..=200 {
            let mut dice = Dice(seed);
            let max = 1 + dice.below(u64::from(SUMMED_MAX));
            let mut registers = Registers::new();
            (0..REGISTERS).for_each(|index| registers.raise(index, dice.below(max + 1) as u8));
            let (sum, zeros, _) = wide(sum_kernel, &registers);
            let sum = sum_without_zeros(sum, u64::from(zeros));
            assert_eq!(sum.to_bits(), sum_of_any(&registers).to_bits(), "seed {seed}");
            let mut rarer = registers;
            rarer.raise(5, SUMMED_MAX + 1);
            assert!(count_registers(&rarer) > 0, "seed {seed}");
        }
    }

    #[test]
    fn a_count_is_kept_until_a_register_changes() {
        let mut one = new();
        assert_eq!(kept_count(&one), Some(0));
        raise(&mut one, Place::of(b"a"), 3000).expect("not corrupt");
        assert_eq!(kept_count(&one), None);
        keep_count(&mut one, 77);
        assert_eq!(kept_count(&one), Some(77));
        raise(&mut one, Place::of(b"a"), 3000).expect("not corrupt");
        assert_eq!(kept_count(&one), Some(77));
        make_dense(&mut one).expect("not corrupt");
        assert_eq!(kept_count(&one), Some(77));
        raise(&mut one, Place::of(b"b"), 3000).expect("not corrupt");
        assert_eq!(kept_count(&one), None);
    }

    #[test]
    fn neighbours_of_one_value_share_a_run_of_four_at_most() {
        let mut one = new();
        for index in 5..11 {
            raise(&mut one, Place { index, value: 3 }, 3000).expect("not corrupt");
        }
        assert_eq!(describe(&one), "z:5 v:3,4 v:3,2 Z:16373");
        raise(&mut one, Place { index: 6, value: 4 }, 3000).expect("not corrupt");
        assert_eq!(describe(&one), "z:5 v:3,1 v:4,1 v:3,4 Z:16373");
        raise(&mut one, Place { index: 100, value: 32 }, 3000).expect("not corrupt");
        assert_eq!(describe(&one), "z:5 v:3,1 v:4,1 v:3,4 Z:89 v:32,1 Z:16283");
        raise(&mut one, Place { index: 100, value: 33 }, 3000).expect("not corrupt");
        assert!(is_dense(&one));
    }

    #[test]
    fn what_is_corrupt_is_refused_and_never_panics() {
        for seed in 1..=500 {
            let mut dice = Dice(seed);
            let mut one = new();
            for _ in 0..dice.below(60) {
                raise(&mut one, place(&mut dice, true), 3000).expect("not corrupt");
            }
            if dice.below(8) == 0 {
                make_dense(&mut one).expect("not corrupt");
            }
            for _ in 0..=dice.below(4) {
                let at = dice.below(one.len() as u64) as usize;
                match dice.below(4) {
                    0 => one.truncate(at.max(HEADER)),
                    1 => one.insert(at, dice.next() as u8),
                    _ => one[at] = dice.next() as u8,
                }
            }
            if !is_one(&one) {
                continue;
            }
            let is_good = merge(&mut Registers::new(), &one).is_ok();
            assert_eq!(count(&one).is_ok(), is_good, "seed {seed}");
            assert_eq!(make_dense(&mut one.clone()).is_ok(), is_good, "seed {seed}");
            describe(&one[..if is_dense(&one) { HEADER } else { one.len() }]);
            for _ in 0..20 {
                let close = dice.below(2) == 0;
                let place = place(&mut dice, close);
                let is_found = raises(&one, place).is_ok();
                assert!(is_found || !is_good, "seed {seed}");
                let mut other = one.clone();
                assert!(raise(&mut other, place, 3000).is_ok() || !is_good, "seed {seed}");
                let _ = raise_all(&mut other, &Registers { rows: [[1; REGISTERS / 4]; 4] }, 3000);
            }
        }
    }

    /// Elements and their places.
    const PLACES: &[(&[u8], u16, u8)] = &[
        (b"", 5938, 2),
        (b"a", 12711, 2),
        (b"b", 15780, 1),
        (b"abc", 9474, 1),
        (b"1234567", 10327, 3),
        (b"12345678", 10579, 3),
        (b"123456789", 9293, 2),
        (b"\x00\xff\x80", 16255, 2),
        (b"the quick brown fox", 15795, 1),
        (
            b"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
            9805,
            3,
        ),
    ];
}
