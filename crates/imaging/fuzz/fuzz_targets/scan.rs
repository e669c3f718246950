//! Any bytes as a file: all pages are decoded, and the first one made small, within limits so small that a case is quick.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use vitrine_imaging::{Limits, ScanFile};

/// The longer side of a small picture.
const SMALL: u32 = 16;

// A decoder's panic is caught and told as damage, which is as it should be; a panic of our own code is a finding.
fuzz_target!(init: std::panic::set_hook(Box::new(|panic| {
    if panic.location().is_some_and(|place| place.file().contains("imaging/src")) {
        eprintln!("{panic}");
        std::process::abort();
    }
})), |bytes: &[u8]| {
    let limits = Limits {
        pixels: 100_000,
        file_bytes: 1_000_000,
        decoder_bytes: 4_000_000,
        pages: 3,
        time: Duration::from_secs(5),
        ..Limits::default()
    };
    let Ok(file) = ScanFile::from_bytes(bytes.to_vec(), &limits) else { return };
    for page in 0..file.pages() {
        if let Ok(page) = file.page(page) {
            assert!(u64::from(page.image.width()) * u64::from(page.image.height()) <= limits.pixels);
        }
    }
    if let Ok(small) = file.preview(0, SMALL) {
        assert!(small.width().max(small.height()) <= SMALL);
    }
});
