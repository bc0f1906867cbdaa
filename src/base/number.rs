//! Numbers as Redis reads and prints them.
//!
//! Redis is strict where it stores a number as a number: what is printed must be the very text that was read. So an
//! integer has no plus, no leading zeros, no blanks, and `-0` is not one.

use std::ops::Deref;

/// The longest text of an `i64`.
pub const I64_MAX_LEN: usize = 20;

/// Reads a whole text as an integer in its one canonical form; anything else is `None`.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let value = parse_u64(digits)?;
    if negative {
        // "-0" would be printed as "0", so it is not canonical.
        if value == 0 { None } else { 0_i64.checked_sub_unsigned(value) }
    } else {
        i64::try_from(value).ok()
    }
}

/// Reads a whole text as an unsigned integer in its one canonical form; anything else is `None`.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    match text {
        [] => return None,
        [b'0'] => return Some(0),
        [b'0', ..] => return None,
        _ => {}
    }
    // The longest u64 has 20 digits; the check also keeps a megabyte of digits from being read for nothing.
    if text.len() > I64_MAX_LEN {
        return None;
    }
    let mut value: u64 = 0;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The text of a floating-point number, as Redis prints scores.
///
/// A whole number below 2^62 is printed as an integer. Anything else is printed from its significant digits: with up to
/// seven zeros behind them, or with a point among or before them if that is short, or with an exponent.
#[derive(Clone, Copy, Debug)]
pub struct Double {
    text: [u8; Double::MAX],
    len: u8,
}

impl Double {
    /// Room for the longest text: 17 digits, a point, a sign, `e-308`, or all with zeros before them.
    const MAX: usize = 32;

    /// Prints a number.
    pub fn new(value: f64) -> Double {
        let mut double = Double { text: [0; Double::MAX], len: 0 };
        // Larger integers are printed by their significant digits, as Redis does.
        const INTEGERS: f64 = (1_u64 << 62) as f64;
        if value.is_nan() {
            double.append(b"nan");
        } else if value.is_infinite() {
            double.append(if value > 0.0 { b"inf" } else { b"-inf" });
        } else if value.abs() < INTEGERS && value.fract() == 0.0 {
            // In range and whole, so nothing is lost.
            double.append(itoa::Buffer::new().format(value as i64).as_bytes());
        } else {
            if value < 0.0 {
                double.append(b"-");
            }
            let (digits, exponent) = digits(value.abs());
            double.decimal(&digits, exponent);
        }
        double
    }

    /// Prints `digits` times ten to the power of `exponent`.
    fn decimal(&mut self, digits: &[u8], exponent: i32) {
        // At most 17 digits.
        let n = digits.len() as i32;
        // Of the first digit.
        let first = exponent + n - 1;
        if (0..8).contains(&exponent) {
            self.append(digits);
            self.append(&b"0000000"[..exponent as usize]);
        } else if exponent < 0 && (exponent > -7 || first.abs() < 4) {
            if first < 0 {
                self.append(b"0.");
                self.append(&b"00000"[..(-first - 1) as usize]);
                self.append(digits);
            } else {
                let (whole, fraction) = digits.split_at(first as usize + 1);
                self.append(whole);
                self.append(b".");
                self.append(fraction);
            }
        } else {
            self.append(&digits[..1]);
            if n > 1 {
                self.append(b".");
                self.append(&digits[1..]);
            }
            self.append(if first < 0 { b"e-" } else { b"e+" });
            self.append(itoa::Buffer::new().format(first.unsigned_abs()).as_bytes());
        }
    }

    fn append(&mut self, part: &[u8]) {
        let len = self.len as usize;
        self.text[len..len + part.len()].copy_from_slice(part);
        // At most `MAX`, as the slice was there.
        self.len += part.len() as u8;
    }
}

impl Deref for Double {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.text[..self.len as usize]
    }
}

/// The significant digits of a positive number, and the power of ten that they are multiplied by.
fn digits(value: f64) -> (Vec<u8>, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let exponent = exponent - (digits.len() as i32 - 1);
    (digits, exponent)
}
