//! Memory that is asked for before it is needed.

/// Bytes that come from the farther caches, or from memory, at once.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Asks for `bytes` to be brought near. Nothing but time depends on it; where a processor's way to ask is not known, it does nothing.
#[inline]
pub(crate) fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        #[allow(unsafe_code)]
        // SAFETY: every x86-64 processor has it, and it looks at an address that is there.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}
