//! Numbers as Redis reads and prints them.
//!
//! Redis is strict where it stores a number as a number: what is printed must be the very text that was read. So an
//! integer has no plus, no leading zeros, no blanks, and `-0` is not one.

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
        if value == 0 {
            None
        } else {
            0_i64.checked_sub_unsigned(value)
        }
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
pub struct Double(String);
impl Double {
    pub fn new(v: f64) -> Double {
        Double(v.to_string())
    }
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
impl std::ops::Deref for Double {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
