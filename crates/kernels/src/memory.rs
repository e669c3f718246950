//! Memory for weights: aligned to the cache's lines, and on huge pages where the system gives them.

#![allow(unsafe_code)]

use std::{
    alloc::{Layout, alloc, dealloc},
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use crate::KernelError;

/// The size of a huge page on x86-64 and on most ARM systems.
const HUGE_PAGE: usize = 2 << 20;
const CACHE_LINE: usize = 64;

/// Zeroed bytes at a fixed address, aligned to 64 bytes; large ones to 2 MiB.
///
/// Decoding reads every weight once a token. On 4 KiB pages each of them costs a walk of the page table and stops the hardware's
/// prefetcher at its end, so Linux is asked for huge pages, which it may refuse without harm.
pub(crate) struct Bytes {
    start: NonNull<u8>,
    layout: Layout,
}

impl Bytes {
    /// Memory for `length` bytes, all zero.
    pub(crate) fn zeroed(length: usize) -> Result<Self, KernelError> {
        let refused = KernelError::Memory { bytes: length };
        let alignment = if length >= HUGE_PAGE { HUGE_PAGE } else { CACHE_LINE };
        let Ok(layout) = Layout::from_size_align(length.max(1), alignment) else { return Err(refused) };
        // SAFETY: the layout's size is at least one.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { return Err(refused) };
        let bytes = Self { start, layout };
        bytes.ask_for_huge_pages();
        // SAFETY: `start` was allocated with the layout's size and is written before anything reads it.
        unsafe { start.as_ptr().write_bytes(0, layout.size()) };
        Ok(bytes)
    }

    /// Must come before the first write, which is what makes the system choose pages.
    fn ask_for_huge_pages(&self) {
        #[cfg(target_os = "linux")]
        if self.layout.align() == HUGE_PAGE {
            let whole = self.layout.size() / HUGE_PAGE * HUGE_PAGE;
            let rest = self.layout.size() - whole;
            // SAFETY: the ranges lie within this allocation, up to the end of its last small page; the advice changes no content. A refusal is no error:
            // small pages serve as well.
            unsafe {
                libc::madvise(self.start.as_ptr().cast(), whole, libc::MADV_HUGEPAGE);
                // An allocator that asks for huge pages everywhere would have this matrix end in one of which half stands empty: 250 MB over a model's matrices.
                libc::madvise(self.start.as_ptr().add(whole).cast(), rest, libc::MADV_NOHUGEPAGE);
            }
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the allocation holds `size` bytes, all written in `zeroed`, and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`; `&mut self` makes this the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this very layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

// SAFETY: `Bytes` owns its memory alone, like a `Vec<u8>`.
unsafe impl Send for Bytes {}
// SAFETY: shared references only read.
unsafe impl Sync for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zeroed_aligned_and_refused_where_there_is_none() {
        for length in [0, 1, 100, HUGE_PAGE, 3 * HUGE_PAGE + 5] {
            let bytes = Bytes::zeroed(length).unwrap();
            assert!(bytes.len() >= length && bytes.iter().all(|&byte| byte == 0));
            assert_eq!(bytes.as_ptr() as usize % CACHE_LINE, 0);
        }
        assert!(Bytes::zeroed(usize::MAX / 2).is_err());
        assert!(Bytes::zeroed(usize::MAX).is_err());
    }
}
