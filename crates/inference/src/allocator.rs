//! Where memory comes from in every program with models in it, on Linux.
//!
//! A vision tower makes and drops buffers of tens of megabytes some twenty times a block. glibc hands each back to the system and gets the next one empty, page by
//! page, which took a fifth of the time. jemalloc keeps them for a moment, in large pages.
#![allow(unsafe_code)]

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Large pages; memory that was dropped waits a second for its next use before it goes back to the system, buffers of any size included.
// SAFETY: the name and the type (a string that ends in a nought byte) are those that jemalloc looks for.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static SETTINGS: Option<&'static std::ffi::c_char> = {
    const TEXT: &std::ffi::CStr = c"thp:always,oversize_threshold:0,dirty_decay_ms:1000,muzzy_decay_ms:0";
    // SAFETY: a string of C has one character at least, its end.
    Some(unsafe { &*TEXT.as_ptr() })
};
