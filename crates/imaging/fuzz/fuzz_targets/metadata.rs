//! Any bytes as a file: what it says about itself is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vitrine_imaging::{Limits, ScanFile};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pixels: 1000, pages: 2, ..Limits::default() };
    if let Ok(file) = ScanFile::from_bytes(bytes.to_vec(), &limits) {
        let _ = file.metadata();
    }
});
