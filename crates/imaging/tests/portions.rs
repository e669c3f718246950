//! Parts of pages and small pages are those of the whole page, whatever is read of the file for them.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use image::{Rgb, RgbImage, imageops::crop_imm};
use vitrine_imaging::{
    Gamut, ImagingError, Limits, PagePart, ScanFile, ScanFormat, TilePyramid, file_sha256, fit_within, write_pyramid,
};

/// Parts of a page of this size: all of it, its corners, a row, a column, its middle, and one that reaches beyond.
fn parts(width: u32, height: u32) -> Vec<PagePart> {
    let part = |left, top, width, height| PagePart { left, top, width, height };
    let (third, quarter) = (width / 3, height / 4);
    vec![
        part(0, 0, width, height),
        part(0, 0, 1, 1),
        part(width - 1, height - 1, 1, 1),
        part(third, 0, 1, height),
        part(0, quarter, width, 1),
        part(third, quarter, third.max(1), (2 * quarter).max(1)),
        part(width / 2, height / 2, width, height),
    ]
}

fn assert_parts(file: &ScanFile, page: u32, whole: &RgbImage, name: &str) {
    for part in parts(whole.width(), whole.height()) {
        let found = file.part(page, part).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = crop_imm(whole, part.left, part.top, part.width, part.height).to_image();
        assert!(found == expected, "{name}, page {page}: {part:?}");
    }
}

#[test]
fn a_part_of_any_file_is_the_part_of_its_picture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (mut pages, mut turned) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(file) = ScanFile::read(&path, &Limits::default()) else { continue };
        for page in 0..file.pages() {
            let Ok(whole) = file.page(page) else { continue };
            assert_eq!(whole.full_size, whole.image.dimensions(), "{name}");
            assert_eq!(file.size(page).unwrap(), whole.full_size, "{name}");
            assert_parts(&file, page, &whole.image, &name);
            pages += 1;
            turned += u32::from(name.starts_with("turned"));
        }
    }
    assert!(pages > 85, "{pages} pages were looked at");
    assert_eq!(turned, 3);
}

#[test]
fn what_lies_beyond_the_page_is_no_part() {
    let file = ScanFile::from_bytes(fixture("rgb8-strips.tif"), &Limits::default()).unwrap();
    let (width, height) = file.size(0).unwrap();
    let beyond = file.part(0, PagePart { left: width, top: 0, width: 5, height });
    assert!(matches!(beyond, Err(ImagingError::BeyondPage)), "{beyond:?}");
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// A picture whose TIFF is so large that it stays on the disk.
fn large() -> RgbImage {
    RgbImage::from_fn(4100, 3001, |x, y| Rgb([(x / 17) as u8, (y / 13) as u8, (x ^ y) as u8]))
}

#[test]
fn a_tiff_that_stays_on_the_disk_gives_what_it_gives_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.tif");
    let picture = large();
    picture.save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 32_000_000);
    let from_disk = ScanFile::read(&path, &Limits::default()).unwrap();
    let from_memory = ScanFile::from_bytes(bytes, &Limits::default()).unwrap();
    assert_eq!(from_disk.sha256().unwrap(), from_memory.sha256().unwrap());
    assert_eq!(file_sha256(&path, || true).unwrap(), Some((from_memory.sha256().unwrap(), from_memory.bytes())));
    assert_eq!(file_sha256(&path, || false).unwrap(), None);
    assert_eq!((from_disk.pages(), from_disk.format(), from_disk.bytes()), (1, ScanFormat::Tiff, from_memory.bytes()));
    assert_eq!(from_disk.metadata(), from_memory.metadata());
    assert!(from_disk.page(0).unwrap().image == picture);
    assert_parts(&from_disk, 0, &picture, "on the disk");
    for longest in [100, 512, 2048, 5000] {
        let small = from_disk.page_within(0, longest).unwrap();
        assert_eq!(small.full_size, (4100, 3001));
        assert!(small.image == fit_within(&picture, longest), "{longest}");
        assert!(small.image == from_memory.page_within(0, longest).unwrap().image, "{longest}");
    }
}

/// The two ways of shrinking differ where edges are sharp, so it is a picture of soft colours with a sharp-edged frame; compared by the mean, channel by channel, and the worst.
#[test]
fn a_preview_of_a_jpeg_is_nearly_the_picture_made_small() {
    let picture = RgbImage::from_fn(2611, 1733, |x, y| {
        let framed = x.min(2610 - x).min(y.min(1732 - y)) < 90;
        if framed { Rgb([40, 30, 20]) } else { Rgb([(x / 12) as u8, (y / 8) as u8, ((x + y) / 20) as u8]) }
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&picture).unwrap();
    // Turned by EXIF, as a camera's pictures are.
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let segment = [&b"\xFF\xE1"[..], &(exif.len() as u16 + 2).to_be_bytes(), exif].concat();
    let turned = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    for (bytes, upright) in [(jpeg, (2611, 1733)), (turned, (1733, 2611))] {
        let file = ScanFile::from_bytes(bytes, &Limits::default()).unwrap();
        for longest in [64, 200, 512, 900, 3000] {
            let whole = file.page_within(0, longest).unwrap();
            let preview = file.preview(0, longest).unwrap();
            assert_eq!(whole.full_size, upright);
            assert_eq!(preview.dimensions(), whole.image.dimensions(), "{longest}");
            let apart = || preview.iter().zip(whole.image.iter()).map(|(a, b)| u32::from(a.abs_diff(*b)));
            let mean = f64::from(apart().sum::<u32>()) / preview.len() as f64;
            assert!(mean < 1.0 && apart().max() < Some(60), "{longest}: {mean}, {:?}", apart().max());
        }
    }
}

#[test]
fn a_picture_beyond_the_limit_of_whole_ones_is_read_band_by_band() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.tif");
    let picture = large();
    picture.save(&path).unwrap();
    let few = Limits { pixels: 1_000_000, file_bytes: 1_000_000, ..Limits::default() };
    let file = ScanFile::read(&path, &few).unwrap();
    assert!(matches!(file.page(0), Err(ImagingError::TooManyPixels { .. })));
    assert!(file.page_within(0, 300).unwrap().image == fit_within(&picture, 300));
    let pyramid = write_pyramid(&path, 0, Gamut::Srgb, &folder.path().join("tiles"), &few).unwrap();
    assert_eq!(pyramid, TilePyramid::of(&pyramid.folder, 4100, 3001));
    let last = pyramid.levels.len() - 1;
    assert_eq!(image::open(pyramid.tile(last, 0, 0)).unwrap().into_rgb8().dimensions(), pyramid.levels[last]);
    let banded = Limits { banded_pixels: 1_000_000, ..few };
    let too_many = ScanFile::read(&path, &banded).unwrap().page_within(0, 300);
    assert!(matches!(too_many, Err(ImagingError::TooManyPixels { .. })));
    let banded = Limits { banded_file_bytes: 1_000_000, ..few };
    assert!(matches!(ScanFile::read(&path, &banded), Err(ImagingError::TooManyBytes { .. })));
}
