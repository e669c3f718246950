//! Colours of screens of wider gamuts, against lcms2's (`make_gamut_fixtures.py`).

#![allow(clippy::unwrap_used)]

use std::path::Path;

use image::RgbImage;
use vitrine_imaging::{Gamut, Limits, ScanFile, write_pyramid};

const FILES: [&str; 5] = ["rgb8.png", "wide-profile.png", "rgb8-table-profile.tif", "cmyk8-profile.tif", "lab8.tif"];

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

fn read(name: &str, gamut: Gamut) -> RgbImage {
    let file = ScanFile::read(&fixtures().join(name), &Limits::default()).unwrap();
    file.in_gamut(gamut).page(0).unwrap().image
}

/// The largest and the mean difference in steps of 8 bits.
fn difference(ours: &RgbImage, theirs: &RgbImage) -> (u8, f64) {
    assert_eq!(ours.dimensions(), theirs.dimensions());
    let apart: Vec<u8> = ours.as_raw().iter().zip(theirs.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
    let sum: f64 = apart.iter().copied().map(f64::from).sum();
    (apart.iter().copied().max().unwrap(), sum / apart.len() as f64)
}

#[test]
fn wide_colours_are_those_of_lcms2() {
    for name in FILES {
        for gamut in [Gamut::DisplayP3, Gamut::AdobeRgb] {
            let expected = fixtures().join("gamuts").join(format!("{name}.{}.png", gamut.key()));
            let theirs = image::open(expected).unwrap().into_rgb8();
            let (largest, mean) = difference(&read(name, gamut), &theirs);
            assert!(largest <= 2 && mean <= 0.3, "{name} in {gamut:?}: {largest} at most, {mean} on average");
            // A wider gamut has other numbers for the same colours, or this would prove nothing.
            assert!(difference(&read(name, Gamut::Srgb), &theirs).0 > 4, "{name} in {gamut:?}");
        }
    }
}

#[test]
fn tiles_are_in_the_colours_of_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let name = "rgb8-table-profile.tif";
    let tile = |gamut: Gamut| {
        let folder = folder.path().join(gamut.key());
        let tiles = write_pyramid(&fixtures().join(name), 0, gamut, &folder, &Limits::default()).unwrap();
        image::open(tiles.tile(0, 0, 0)).unwrap().into_rgb8()
    };
    for gamut in Gamut::ALL {
        // JPEG is off by some steps, so the tile is held against the page in each gamut: its own is the nearest.
        let tile = tile(gamut);
        let apart = |other: &Gamut| (difference(&tile, &read(name, *other)).1 * 1000.0) as u64;
        assert_eq!(Gamut::ALL.into_iter().min_by_key(apart), Some(gamut));
    }
}
