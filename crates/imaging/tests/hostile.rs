//! Files that mean ill, or are broken as if they did: no memory without cause, no endless work, no panic of our own code.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use vitrine_imaging::{ImagingError, Limits, ScanFile};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).expect("a fixture")
}

fn read(bytes: Vec<u8>, limits: &Limits) -> Result<(), ImagingError> {
    let file = ScanFile::from_bytes(bytes, limits)?;
    (0..file.pages()).try_for_each(|page| file.page(page).map(drop))
}

/// A little-endian TIFF of these entries (tag, type, count, value or offset) and whatever follows them.
fn tiff(entries: &[(u16, u16, u32, u32)], next: u32, rest: &[u8]) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    out.extend(next.to_le_bytes());
    out.extend(rest);
    out
}

fn grey_tiff(width: u32, height: u32, compression: u32, rows_per_strip: u32, next: u32, strip: &[u8]) -> Vec<u8> {
    let start = 8 + 2 + 9 * 12 + 4;
    let entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, start),
        (277, 3, 1, 1),
        (278, 4, 1, rows_per_strip),
        (279, 4, 1, strip.len() as u32),
    ];
    tiff(&entries, next, strip)
}

#[test]
fn a_claim_without_data_is_refused_at_once() {
    // 400 million pixels in a file of 200 bytes: by every coding.
    for compression in [1, 3, 4, 5, 7, 8, 32773, 34925, 50000] {
        let error =
            read(grey_tiff(20_000, 20_000, compression, 20_000, 0, &[0x80; 60]), &Limits::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("incomplete") || text.contains("damaged"), "{compression}: {text}");
    }
    let error = read(grey_tiff(u32::MAX, u32::MAX, 5, u32::MAX, 0, &[0; 8]), &Limits::default()).unwrap_err();
    assert!(matches!(error, ImagingError::TooManyPixels { .. }), "{error}");
    let error = read(grey_tiff(0, 7, 5, 7, 0, &[0; 8]), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("no pixels"), "{error}");
}

#[test]
fn a_limit_of_memory_is_kept_by_every_format() {
    let small = Limits { decoder_bytes: 1000, ..Limits::default() };
    for name in [
        "rgb8-lzw-predictor.tif",
        "rgb8.png",
        "rgb-444.jpg",
        "lossless.webp",
        "rgb.psd",
        "lossless.jp2",
        "lossless.jxl",
    ] {
        let error = read(fixture(name), &small).unwrap_err();
        assert!(matches!(error, ImagingError::TooMuchMemory { .. }), "{name}: {error}");
    }
    let few = Limits { pixels: 100, ..Limits::default() };
    for name in [
        "rgb8-lzw-predictor.tif",
        "rgb8.png",
        "rgb-444.jpg",
        "lossless.webp",
        "rgb.psd",
        "lossless.jp2",
        "lossless.jxl",
    ] {
        let error = read(fixture(name), &few).unwrap_err();
        assert!(matches!(error, ImagingError::TooManyPixels { .. }), "{name}: {error}");
    }
}

#[test]
fn time_is_up_where_a_decoder_can_be_stopped() {
    let now = Limits { time: Duration::ZERO, ..Limits::default() };
    for name in ["rgb8-lzw-predictor.tif", "rgb8.png", "lossless.webp", "rgb.psd", "lossless.jxl"] {
        let error = read(fixture(name), &now).unwrap_err();
        assert!(matches!(error, ImagingError::TooSlow { .. }), "{name}: {error}");
    }
}

#[test]
fn a_chain_of_pages_that_bites_its_tail_ends() {
    let file = grey_tiff(4, 4, 1, 4, 8, &[200; 16]);
    let file = ScanFile::from_bytes(file, &Limits::default()).unwrap();
    assert_eq!(file.pages(), 1);
    assert_eq!(file.page(0).unwrap().image.get_pixel(3, 3).0, [200; 3]);
    assert!(matches!(file.page(1), Err(ImagingError::NoSuchPage { page: 2 })));
}

#[test]
fn a_bomb_gives_no_more_than_its_strip() {
    // A run of deflate that would fill 10 MB, for a strip of 16 bytes.
    let mut deflated = vec![];
    let mut encoder = flate2::write::ZlibEncoder::new(&mut deflated, flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![77; 10_000_000]).unwrap();
    encoder.finish().unwrap();
    let file = ScanFile::from_bytes(grey_tiff(4, 4, 8, 4, 0, &deflated), &Limits::default()).unwrap();
    assert_eq!(file.page(0).unwrap().image.get_pixel(0, 0).0, [77; 3]);
}

#[test]
fn tables_that_point_nowhere_are_damage() {
    // Four billion strips; a colour map of nothing; tiles as large as the sea.
    let many = tiff(
        &[(256, 4, 1, 9), (257, 4, 1, 9), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, u32::MAX, 8), (279, 4, u32::MAX, 8)],
        0,
        &[],
    );
    assert!(read(many, &Limits::default()).is_err());
    let tiles = tiff(
        &[
            (256, 4, 1, 9),
            (257, 4, 1, 9),
            (258, 3, 1, 8),
            (262, 3, 1, 1),
            (322, 4, 1, 0x7FFF_FFFF),
            (323, 4, 1, 0x7FFF_FFFF),
            (324, 4, 1, 8),
            (325, 4, 1, 8),
        ],
        0,
        &[],
    );
    assert!(read(tiles, &Limits::default()).unwrap_err().to_string().contains("tiles are larger"));
    let palette = tiff(
        &[(256, 4, 1, 9), (257, 4, 1, 9), (258, 3, 1, 8), (262, 3, 1, 3), (273, 4, 1, 8), (279, 4, 1, 81)],
        0,
        &[0; 99],
    );
    assert!(read(palette, &Limits::default()).unwrap_err().to_string().contains("palette"));
}

/// Every fixture, changed in many ways. A decoder of others may panic, which is told as damage; our own code may not.
#[test]
fn any_damage_is_an_error_or_a_picture() {
    static OWN_PANICS: AtomicU32 = AtomicU32::new(0);
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        if panic
            .location()
            .is_none_or(|place| place.file().contains("imaging/src") || place.file().contains("hostile.rs"))
        {
            OWN_PANICS.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let limits = Limits {
        pixels: 200_000,
        decoder_bytes: 8_000_000,
        pages: 4,
        time: Duration::from_secs(5),
        ..Limits::default()
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file()).collect();
    names.sort();
    assert!(names.len() > 90);
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for path in names {
        let whole = fs::read(&path).unwrap();
        for _ in 0..30 {
            let mut bytes = whole.clone();
            // Mostly where the structure is: at the beginning and the end.
            for _ in 0..1 + random(4) {
                let at = match random(3) {
                    0 => random(whole.len()),
                    1 => random(whole.len().min(200)),
                    _ => whole.len() - 1 - random(whole.len().min(200)),
                };
                bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, random(256) as u8][random(6)];
            }
            if random(8) == 0 {
                bytes.truncate(random(whole.len()).max(1));
            }
            if let Err(error) = read(bytes, &limits) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
    let _ = std::panic::take_hook();
    assert_eq!(OWN_PANICS.load(Ordering::Relaxed), 0);
}
