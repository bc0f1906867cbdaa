//! A hint to the processor that a place in memory is needed soon.
//!
//! A batch of requests names all its keys before the first is executed, so the cache misses of the whole batch can
//! overlap. A hint never changes what a program computes; where it has no meaning (other processors, interpreters) it
//! is nothing.

#![allow(unsafe_code)]

/// Asks for `place` to be near when it is read. Any address will do, also one that is not mapped.
#[inline(always)]
pub fn prefetch<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: PREFETCHT0 never faults and changes nothing that a program can observe, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_is_harmless() {
        prefetch(std::ptr::null::<u8>());
        prefetch(std::ptr::without_provenance::<u64>(usize::MAX));
        prefetch(&5);
    }
}
