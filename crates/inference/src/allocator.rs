//! Where memory comes from in programs with models in them, on Linux.
//!
//! A vision tower makes and drops buffers of tens of megabytes some twenty times a block. glibc hands each back to the system and gets the next one empty, page by
//! page. jemalloc keeps them for a moment, in large pages; docs/measurements.md says what that gave.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[doc(hidden)]
pub use tikv_jemallocator::Jemalloc;

/// What jemalloc reads at a program's start: large pages; memory that was dropped waits a second for its next use before it goes back to the
/// system, buffers of any size included.
pub const SETTINGS: &std::ffi::CStr = c"thp:always,oversize_threshold:0,dirty_decay_ms:1000,muzzy_decay_ms:0";

/// Makes a program keep dropped buffers for their next use. It stands once in the program's `main.rs`, and does nothing where nothing was measured: elsewhere than on Linux with glibc.
#[macro_export]
macro_rules! keep_dropped_buffers {
    () => {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        #[global_allocator]
        static ALLOCATOR: $crate::allocator::Jemalloc = $crate::allocator::Jemalloc;

        // SAFETY: the name and the type (a pointer to a C string) are those that jemalloc looks for; a C string has one character at least, its end.
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        #[allow(unsafe_code)]
        #[unsafe(export_name = "_rjem_malloc_conf")]
        static ALLOCATOR_SETTINGS: &::std::ffi::c_char = unsafe { &*$crate::allocator::SETTINGS.as_ptr() };
    };
}
