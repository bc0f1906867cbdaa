//! Arithmetic of INCRBYFLOAT, in 64-bit floating point for now.

/// The number of a text, if it is one.
pub fn parse(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The sum as text, unless it is no number.
pub fn add(a: f64, b: f64) -> Option<Vec<u8>> {
    let sum = a + b;
    sum.is_finite().then(|| sum.to_string().into_bytes())
}
