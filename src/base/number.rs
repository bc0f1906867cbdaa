//! Numbers as Redis reads and prints them.
//!
//! Redis is strict where it stores a number as a number: what is printed must be the very text that was read. So an
//! integer has no plus, no leading zeros, no blanks, and `-0` is not one. (Printing an integer needs nothing of ours: the
//! crate itoa does it.)

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
/// A whole number up to 2^62 is printed as an integer, -0 as `-0`. Anything else is printed from its significant digits: with up to
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
        // Larger integers are printed by their significant digits, as Redis does.
        const INTEGERS: f64 = (1_u64 << 62) as f64;
        let is_negative_zero = value == 0.0 && value.is_sign_negative();
        if value.abs() <= INTEGERS && value.fract() == 0.0 && !is_negative_zero {
            let mut double = Double { text: [0; Double::MAX], len: 0 };
            // In range and whole, so nothing is lost.
            double.append(itoa::Buffer::new().format(value as i64).as_bytes());
            return double;
        }
        Double::by_digits(value)
    }

    /// Prints a number by its significant digits, be it whole or not: 100000000 is `1e+8`.
    pub fn by_digits(value: f64) -> Double {
        let mut double = Double { text: [0; Double::MAX], len: 0 };
        if value.is_nan() {
            double.append(b"nan");
            return double;
        }
        if value.is_sign_negative() {
            double.append(b"-");
        }
        if value.is_infinite() {
            double.append(b"inf");
        } else if value == 0.0 {
            double.append(b"0");
        } else {
            let (digits, exponent) = significant(value.abs());
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
///
/// This is the Grisu2 algorithm (Florian Loitsch, "Printing floating-point numbers quickly and accurately with
/// integers", 2010), not one that always finds the shortest text or the nearest one: Redis uses it, and its rare longer
/// answers (677436.984031 comes out as 6.774369840310001e+5) are what clients of Redis see.
///
/// Everything between the number's two neighbours, halfway, reads back as the number. Both halfway points and the number
/// are multiplied by a power of ten that leaves some 32 bits before the point; then digits of the upper one are produced
/// until what is left of it is no more than the distance of the two. The 64-bit products may be off by one in the last
/// place, so both points are moved inwards by one.
///
/// ```text
///           lower                  value       upper
/// --|---------|----------------------|-----------|---------|--
///   neighbour |<---- distance -----------------> |     neighbour
///             |     |  what is left of upper --> |
///             |  digits so far
/// ```
fn significant(value: f64) -> (Digits, i32) {
    let bits = value.to_bits();
    // Eleven bits.
    let biased = (bits >> 52) as i32 & 0x7FF;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    // The neighbour below a power of two is twice as near.
    let nearer = mantissa == 1 << 52;

    // The upper point with 64 bits, and the others at its exponent.
    let upper = (mantissa << 1) + 1;
    let shift = upper.leading_zeros();
    let exponent = exponent - 1 - shift as i32;
    let upper = upper << shift;
    let lower = if nearer { ((mantissa << 2) - 1) << (shift - 1) } else { ((mantissa << 1) - 1) << shift };
    let value = mantissa << 1 << shift;

    let (power, power_mantissa, power_exponent) = power_for(exponent);
    let exponent = exponent + power_exponent + 64;
    let upper = multiply(upper, power_mantissa) - 1;
    let lower = multiply(lower, power_mantissa) + 1;
    let value = multiply(value, power_mantissa);

    let mut digits = Digits { digits: [0; Digits::MAX], len: 0 };
    let mut distance = upper - lower;
    let mut above = upper - value;
    // From 32 to 60 bits are behind the point, so at most 32 are before it: ten digits.
    let point = -exponent as u32;
    let mut whole = upper >> point;
    let mut rest = upper & ((1 << point) - 1);
    let mut place = 10;
    let mut scale = 1_000_000_000;
    while place > 0 {
        let digit = whole / scale;
        whole %= scale;
        place -= 1;
        if digit != 0 || digits.len > 0 {
            digits.push(digit);
        }
        let left = (whole << point) + rest;
        if left <= distance {
            digits.approach(above, distance, left, scale << point);
            return (digits, place - power);
        }
        scale /= 10;
    }
    loop {
        rest *= 10;
        distance *= 10;
        above *= 10;
        digits.push(rest >> point);
        rest &= (1 << point) - 1;
        place -= 1;
        if rest < distance {
            digits.approach(above, distance, rest, 1 << point);
            return (digits, place - power);
        }
    }
}

/// Significant digits, as text.
struct Digits {
    digits: [u8; Digits::MAX],
    len: usize,
}

impl Digits {
    /// 17 suffice to tell any two numbers apart.
    const MAX: usize = 20;

    fn push(&mut self, digit: u64) {
        // Below ten.
        self.digits[self.len] = b'0' + digit as u8;
        self.len += 1;
    }

    /// Lowers the last digit while that brings the digits nearer to the value, which is `above` below the upper point,
    /// and keeps them above the lower one. They are `left` below the upper point, and a step of the last digit is
    /// `unit`.
    fn approach(&mut self, above: u64, distance: u64, mut left: u64, unit: u64) {
        while left < above && distance - left >= unit && (left + unit < above || above - left > left + unit - above) {
            self.digits[self.len - 1] -= 1;
            left += unit;
        }
    }
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

/// The high half of a product, rounded.
fn multiply(a: u64, b: u64) -> u64 {
    // It fits: the largest product is below (2^64 - 1)^2.
    ((u128::from(a) * u128::from(b) + (1 << 63)) >> 64) as u64
}

/// The power of ten that brings a 64-bit number with this exponent to an exponent from -60 to -32: the power, its
/// mantissa and its exponent. Where two would do it is the lower one, as in Redis: the choice shows in rare last digits.
fn power_for(exponent: i32) -> (i32, u64, i32) {
    let least = -60 - 64 - exponent;
    // The first power whose exponent is that or more: a division by the binary logarithm of ten, rounded up.
    let power = (((least + 63) * 78_913) >> 18) + 1;
    let i = (power - POWER_MIN + POWER_STEP - 1) / POWER_STEP;
    let power = POWER_MIN + POWER_STEP * i;
    (power, POWERS[i as usize], power_exponent(power))
}

/// The exponent of a power of ten with a 64-bit mantissa: the bits that it has, less 64.
fn power_exponent(power: i32) -> i32 {
    // 217706 / 2^16 is close enough to the binary logarithm of ten for all powers here.
    ((power * 217_706) >> 16) - 63
}

const POWER_MIN: i32 = -348;
const POWER_STEP: i32 = 8;

/// The mantissas of every eighth power of ten, rounded to 64 bits (a test computes them anew).
const POWERS: [u64; 87] = [
    0xFA8F_D5A0_081C_0288,
    0xBAAE_E17F_A23E_BF76,
    0x8B16_FB20_3055_AC76,
    0xCF42_894A_5DCE_35EA,
    0x9A6B_B0AA_5565_3B2D,
    0xE61A_CF03_3D1A_45DF,
    0xAB70_FE17_C79A_C6CA,
    0xFF77_B1FC_BEBC_DC4F,
    0xBE56_91EF_416B_D60C,
    0x8DD0_1FAD_907F_FC3C,
    0xD351_5C28_3155_9A83,
    0x9D71_AC8F_ADA6_C9B5,
    0xEA9C_2277_23EE_8BCB,
    0xAECC_4991_4078_536D,
    0x823C_1279_5DB6_CE57,
    0xC210_9436_4DFB_5637,
    0x9096_EA6F_3848_984F,
    0xD774_85CB_2582_3AC7,
    0xA086_CFCD_97BF_97F4,
    0xEF34_0A98_172A_ACE5,
    0xB238_67FB_2A35_B28E,
    0x84C8_D4DF_D2C6_3F3B,
    0xC5DD_4427_1AD3_CDBA,
    0x936B_9FCE_BB25_C996,
    0xDBAC_6C24_7D62_A584,
    0xA3AB_6658_0D5F_DAF6,
    0xF3E2_F893_DEC3_F126,
    0xB5B5_ADA8_AAFF_80B8,
    0x8762_5F05_6C7C_4A8B,
    0xC9BC_FF60_34C1_3053,
    0x964E_858C_91BA_2655,
    0xDFF9_7724_7029_7EBD,
    0xA6DF_BD9F_B8E5_B88F,
    0xF8A9_5FCF_8874_7D94,
    0xB944_7093_8FA8_9BCF,
    0x8A08_F0F8_BF0F_156B,
    0xCDB0_2555_6531_31B6,
    0x993F_E2C6_D07B_7FAC,
    0xE45C_10C4_2A2B_3B06,
    0xAA24_2499_6973_92D3,
    0xFD87_B5F2_8300_CA0E,
    0xBCE5_0864_9211_1AEB,
    0x8CBC_CC09_6F50_88CC,
    0xD1B7_1758_E219_652C,
    0x9C40_0000_0000_0000,
    0xE8D4_A510_0000_0000,
    0xAD78_EBC5_AC62_0000,
    0x813F_3978_F894_0984,
    0xC097_CE7B_C907_15B3,
    0x8F7E_32CE_7BEA_5C70,
    0xD5D2_38A4_ABE9_8068,
    0x9F4F_2726_179A_2245,
    0xED63_A231_D4C4_FB27,
    0xB0DE_6538_8CC8_ADA8,
    0x83C7_088E_1AAB_65DB,
    0xC45D_1DF9_4271_1D9A,
    0x924D_692C_A61B_E758,
    0xDA01_EE64_1A70_8DEA,
    0xA26D_A399_9AEF_774A,
    0xF209_787B_B47D_6B85,
    0xB454_E4A1_79DD_1877,
    0x865B_8692_5B9B_C5C2,
    0xC835_53C5_C896_5D3D,
    0x952A_B45C_FA97_A0B3,
    0xDE46_9FBD_99A0_5FE3,
    0xA59B_C234_DB39_8C25,
    0xF6C6_9A72_A398_9F5C,
    0xB7DC_BF53_54E9_BECE,
    0x88FC_F317_F222_41E2,
    0xCC20_CE9B_D35C_78A5,
    0x9816_5AF3_7B21_53DF,
    0xE2A0_B5DC_971F_303A,
    0xA8D9_D153_5CE3_B396,
    0xFB9B_7CD9_A4A7_443C,
    0xBB76_4C4C_A7A4_4410,
    0x8BAB_8EEF_B640_9C1A,
    0xD01F_EF10_A657_842C,
    0x9B10_A4E5_E991_3129,
    0xE710_9BFB_A19C_0C9D,
    0xAC28_20D9_623B_F429,
    0x8044_4B5E_7AA7_CF85,
    0xBF21_E440_03AC_DD2D,
    0x8E67_9C2F_5E44_FF8F,
    0xD433_179D_9C8C_B841,
    0x9E19_DB92_B4E3_1BA9,
    0xEB96_BF6E_BADF_77D9,
    0xAF87_023B_9BF0_EE6B,
];

/// Reads a double as C's `strtod` does when all of the text must be used, and refuses what Redis refuses: spaces, NaN, what is too
/// large for a double, and what is so small that it would become zero.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let value = parse_hex(hex)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    let value: f64 = text.parse().ok()?;
    let is_word = digits.starts_with(|c: char| c.is_ascii_alphabetic());
    // Infinity that was not asked for is an overflow, and so is a zero that came of other digits.
    let overflows = value.is_infinite() && !is_word;
    let mantissa = digits.split(['e', 'E']).next().unwrap_or(digits);
    let vanishes = value == 0.0 && mantissa.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    (!value.is_nan() && !overflows && !vanishes).then_some(value)
}

/// Reads a double as Redis does for the ends of ranges and for SORT: nothing is zero, what is too large is infinite, what is too small is
/// zero, and there is no hexadecimal. NaN is refused.
pub fn parse_wide_f64(text: &[u8]) -> Option<f64> {
    if text.is_empty() {
        return Some(0.0);
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| !value.is_nan())
}

/// Reads `1f.8p-3`, less the `0x` before it.
fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['p', 'P']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // More digits than a double can tell apart are not worth exact rounding.
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 16 {
        return None;
    }
    let value = u64::from_str_radix(&[whole, fraction].concat(), 16).ok()? as f64;
    let shift = exponent.checked_sub(4 * fraction.len() as i32)?; // at most 16 digits
    let value = value * 2f64.powi(shift.clamp(-2000, 2000));
    value.is_finite().then_some(value)
}

/// A double with 17 significant digits, as C prints it with `%.17g`: no trailing zeros, an exponent of at least two digits if it is below -4 or
/// above 16. Slow: for what is rarely asked for.
pub fn seventeen_digits(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string().to_lowercase();
    }
    let text = format!("{value:.16e}");
    let (digits, exponent) = text.split_once('e').expect("scientific notation");
    let exponent: i32 = exponent.parse().expect("an exponent");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    // The first digit, a point, and sixteen more.
    let (first, more) = (&digits[..1], digits[2..].trim_end_matches('0'));
    match exponent {
        -4..0 => format!("{sign}0.{:0>1$}{more}", first, exponent.unsigned_abs() as usize),
        0..17 => {
            let whole = exponent as usize;
            match more.split_at_checked(whole) {
                Some((whole, "")) => format!("{sign}{first}{whole}"),
                Some((whole, rest)) => format!("{sign}{first}{whole}.{rest}"),
                None => format!("{sign}{first}{more:0<whole$}"),
            }
        }
        _ => {
            let point = if more.is_empty() { "" } else { "." };
            let exponent_sign = if exponent < 0 { '-' } else { '+' };
            format!("{sign}{first}{point}{more}e{exponent_sign}{:02}", exponent.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_as_redis_does() {
        for (text, value) in [
            ("1", 1.0),
            ("-1.5e3", -1500.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("+2", 2.0),
            ("inf", f64::INFINITY),
            ("-INFINITY", f64::NEG_INFINITY),
            ("0x1f", 31.0),
            ("-0x1.8p1", -3.0),
            ("0e500", 0.0),
        ] {
            assert_eq!(parse_f64(text.as_bytes()), Some(value), "{text}");
        }
        for text in ["", " 1", "1 ", "nan", "1e400", "1e-400", "1_0", "abc", "0x", "--1", "1e", "1\0"] {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn wide_doubles_know_no_overflow() {
        for (text, value) in
            [("", 0.0), ("1e400", f64::INFINITY), ("1e-400", 0.0), ("+5", 5.0), ("-inf", f64::NEG_INFINITY)]
        {
            assert_eq!(parse_wide_f64(text.as_bytes()), Some(value), "{text}");
        }
        for text in ["nan", "0x10", " 1", "1 ", "1x"] {
            assert_eq!(parse_wide_f64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn seventeen_digits_are_printed_as_c_does() {
        // Read from printf("%.17g").
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (0.1, "0.10000000000000001"),
            (3.15, "3.1499999999999999"),
            (1e-5, "1.0000000000000001e-05"),
            (-0.0625, "-0.0625"),
            (0.00012, "0.00012"),
            (-1234.0, "-1234"),
            (120_000.0, "120000"),
            (2.5e-7, "2.4999999999999999e-07"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e300, "1.0000000000000001e+300"),
            (123_456_789.123, "123456789.123"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(seventeen_digits(value), text);
        }
    }
    use crate::base::{dice::Dice, extended};

    #[test]
    fn an_integer_has_one_text() {
        for good in ["0", "1", "-1", "10", "9223372036854775807", "-9223372036854775808", "1234567890123456789"] {
            assert_eq!(parse_i64(good.as_bytes()).unwrap().to_string(), good);
        }
        let bad: [&[u8]; 20] = [
            b"",
            b"-",
            b"+1",
            b"-0",
            b"00",
            b"01",
            b"-01",
            b" 1",
            b"1 ",
            b"1.0",
            b"1e3",
            b"0x10",
            b"a",
            b"--1",
            b"1\0",
            b"9223372036854775808",
            b"-9223372036854775809",
            b"18446744073709551616",
            b"99999999999999999999",
            b"100000000000000000000",
        ];
        for text in bad {
            assert_eq!(parse_i64(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn an_unsigned_integer_has_one_text() {
        for good in ["0", "7", "9223372036854775808", "18446744073709551615"] {
            assert_eq!(parse_u64(good.as_bytes()).unwrap().to_string(), good);
        }
        for text in
            ["", "-1", "-0", "+1", "00", "18446744073709551616", "99999999999999999999", "184467440737095516150"]
        {
            assert_eq!(parse_u64(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_u64(&vec![b'1'; 1_000_000]), None);
    }

    #[test]
    fn every_integer_is_read_as_it_is_printed() {
        for seed in 1..=10_000 {
            let mut dice = Dice(seed);
            let value = dice.next() >> dice.below(64);
            assert_eq!(parse_u64(value.to_string().as_bytes()), Some(value), "seed {seed}");
            let signed = value as i64;
            assert_eq!(parse_i64(signed.to_string().as_bytes()), Some(signed), "seed {seed}");
        }
    }

    /// What Redis 8.2 answers to ZSCORE.
    #[test]
    fn doubles_are_printed_as_by_redis() {
        #[allow(clippy::excessive_precision, clippy::unreadable_literal)] // as the shell prints them
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (3.0, "3"),
            (1.5, "1.5"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.2, "0.2"),
            (0.3, "0.3"),
            (0.30000000000000004, "0.30000000000000004"),
            (0.3333333333333333, "0.3333333333333333"),
            (0.6666666666666666, "0.6666666666666666"),
            (1e-05, "0.00001"),
            (1e-06, "0.000001"),
            (1e-07, "1e-7"),
            (1.2e-05, "0.000012"),
            (1.2e-06, "1.2e-6"),
            (1.2e-07, "1.2e-7"),
            (0.0001234, "1.234e-4"),
            (0.00012345, "1.2345e-4"),
            (0.0012345, "0.0012345"),
            (123.45678, "123.45678"),
            (12345.678901, "12345.678901"),
            (1234.56789123456, "1234.56789123456"),
            (12345.6789123456, "1.23456789123456e+4"),
            (123456789.123456, "123456789.123456"),
            (-502460.914632, "-5.0246091463200003e+5"),
            (677436.984031, "6.774369840310001e+5"),
            (36.6, "36.6"),
            (98.7654321, "98.7654321"),
            (4503599627370495.5, "4503599627370495.5"),
            (4503599627370496.0, "4503599627370496"),
            (9007199254740992.0, "9007199254740992"),
            (1000000000000000.0, "1000000000000000"),
            (1e+17, "100000000000000000"),
            (1e+18, "1000000000000000000"),
            (4.6116860184273874e+18, "4611686018427387392"),
            (4.611686018427388e+18, "4611686018427387904"),
            (-4.611686018427388e+18, "-4611686018427387904"),
            (4.611686018427389e+18, "4611686018427389000"),
            (9.223372036854776e+18, "9223372036854776000"),
            (1.8446744073709552e+19, "18446744073709552000"),
            (1e+19, "1e+19"),
            (1.2e+19, "1.2e+19"),
            (1e+21, "1e+21"),
            (1e+22, "1e+22"),
            (1e+23, "99999999999999990000000"),
            (1.2345e+21, "1234499999999999900000"),
            (1.234567891234567e+19, "12345678912345670000"),
            (1.234567891234567e+22, "12345678912345670000000"),
            (1.234567891234567e+23, "1.234567891234567e+23"),
            (5e-324, "5e-324"),
            (-5e-324, "-5e-324"),
            (1e-310, "1e-310"),
            (2.2250738585072014e-308, "2.2250738585072014e-308"),
            (2.225073858507201e-308, "2.225073858507201e-308"),
            (1.7976931348623157e+308, "1.7976931348623157e+308"),
            (1e+100, "1e+100"),
            (1e-100, "1e-100"),
            (1.5e+300, "1.5e+300"),
            (-1.547182503134182e-78, "-1.5471825031341819e-78"),
            (2.80827964618071e-115, "2.8082796461807102e-115"),
            (1626983080611305.8, "1626983080611305.7"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (2.2250738585072014e-308, "2.2250738585072014e-308"),
            (0.0009765625, "9.765625e-4"),
            (1.1805916207174113e+21, "1180591620717411300000"),
            (2.9545531576914354e-126, "2.9545531576914355e-126"),
        ];
        for (value, text) in cases {
            assert_eq!(&*String::from_utf8_lossy(&Double::new(value)), text);
        }
        assert_eq!(&*Double::new(f64::NAN), b"nan");
    }

    #[test]
    fn a_double_is_read_as_it_is_printed() {
        for seed in 1..=100_000 {
            let value = f64::from_bits(Dice(seed).next());
            if value.is_finite() {
                let text = Double::new(value);
                let text = std::str::from_utf8(&text).unwrap();
                assert_eq!(text.parse(), Ok(value), "seed {seed}: {text}");
            }
        }
        // Every exponent, so that every power of the table is met.
        for exponent in 0..2046 {
            for fraction in [0, 1, (1 << 52) - 1, 0x5_5555_5555_5555] {
                let value = f64::from_bits(exponent << 52 | fraction);
                let text = Double::new(value);
                assert_eq!(std::str::from_utf8(&text).unwrap().parse(), Ok(value), "{value:e}");
            }
        }
    }

    #[test]
    fn the_powers_of_ten_are_right_and_chosen_as_documented() {
        for (i, mantissa) in (0..).zip(POWERS) {
            let power = POWER_MIN + POWER_STEP * i;
            let exact = extended::parse(format!("1e{power}").as_bytes());
            let ours = extended::parse(format!("{mantissa:#x}p{}", power_exponent(power)).as_bytes());
            assert_eq!(ours, exact, "10^{power}");
        }
        // From that of the smallest number to that of the largest one.
        for exponent in -1137..=961 {
            let (power, _, power_exponent) = power_for(exponent);
            assert!((-60..=-32).contains(&(exponent + power_exponent + 64)), "{exponent}");
            let lower = super::power_exponent(power - POWER_STEP);
            assert!(exponent + lower + 64 < -60, "{exponent}: a lower power would do");
        }
    }
}
