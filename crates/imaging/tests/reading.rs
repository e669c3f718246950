//! Reading scans: good ones, and every kind of bad one with its sentence.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, RgbaImage};
use vitrine_imaging::{Derivative, DerivativeCache, Gamut, ImagingError, Limits, ScanFormat, fit_within, read_scan};

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, ((x + y) * 2) as u8]))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).expect("encodes");
    out.into_inner()
}

fn read(bytes: &[u8]) -> Result<vitrine_imaging::ScanImage, ImagingError> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("scan.jpg");
    fs::write(&path, bytes).expect("writes");
    read_scan(&path, &Limits::default())
}

fn sentence(bytes: &[u8]) -> String {
    read(bytes).expect_err("refused").to_string()
}

/// A PNG that claims a size and holds nothing.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut whole = encoded(picture(1, 1), ImageFormat::Png);
    whole[16..20].copy_from_slice(&width.to_be_bytes());
    whole[20..24].copy_from_slice(&height.to_be_bytes());
    // The header's checksum covers its type and its 13 bytes.
    let checksum = crc32(&whole[12..29]);
    whole[29..33].copy_from_slice(&checksum.to_be_bytes());
    whole
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// `jpeg` with an EXIF block whose only entry is the orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff =
        [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01"[..], &[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0], &[0, 0, 0, 0]]
            .concat();
    let length = u16::try_from(tiff.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &tiff, &jpeg[2..]].concat()
}

#[test]
fn lossless_formats_give_their_pixels() {
    for (format, expected) in [
        (ImageFormat::Png, ScanFormat::Png),
        (ImageFormat::Tiff, ScanFormat::Tiff),
        (ImageFormat::WebP, ScanFormat::WebP),
    ] {
        let scan = read(&encoded(picture(40, 30), format)).expect("reads");
        assert_eq!(scan.format, expected);
        assert_eq!(scan.image, picture(40, 30), "{format:?}");
    }
}

#[test]
fn sixteen_bit_and_grey_become_eight_bit_colour() {
    let deep = DynamicImage::ImageRgb8(picture(20, 20)).into_rgb16();
    assert_eq!(read(&encoded(deep, ImageFormat::Png)).expect("reads").image, picture(20, 20));
    let grey = DynamicImage::ImageRgb8(picture(20, 20)).into_luma8();
    let scan = read(&encoded(grey.clone(), ImageFormat::Tiff)).expect("reads");
    assert_eq!(scan.image.get_pixel(7, 3).0, [grey.get_pixel(7, 3).0[0]; 3]);
}

#[test]
fn transparency_lies_on_white() {
    let mut image = RgbaImage::from_pixel(4, 4, image::Rgba([10, 20, 30, 0]));
    image.put_pixel(1, 1, image::Rgba([10, 20, 30, 255]));
    let scan = read(&encoded(image, ImageFormat::Png)).expect("reads");
    assert_eq!(scan.image.get_pixel(0, 0).0, [255; 3]);
    assert_eq!(scan.image.get_pixel(1, 1).0, [10, 20, 30]);
}

#[test]
fn orientation_turns_the_picture_upright() {
    let plain = encoded(picture(48, 32), ImageFormat::Jpeg);
    let upright = read(&plain).expect("reads").image;
    let turned = read(&with_orientation(&plain, 6)).expect("reads").image;
    assert_eq!(turned, image::imageops::rotate90(&upright));
    let mirrored = read(&with_orientation(&plain, 2)).expect("reads").image;
    assert_eq!(mirrored, image::imageops::flip_horizontal(&upright));
}

#[test]
fn nonsense_orientation_costs_nothing() {
    let plain = encoded(picture(48, 32), ImageFormat::Jpeg);
    assert_eq!(read(&with_orientation(&plain, 99)).expect("reads").image.dimensions(), (48, 32));
}

#[test]
fn the_hash_is_of_the_file() {
    let bytes = encoded(picture(8, 8), ImageFormat::Png);
    let scan = read(&bytes).expect("reads");
    assert_eq!(scan.bytes, bytes.len() as u64);
    assert_eq!(scan.sha256.len(), 64);
    assert_ne!(scan.sha256, read(&encoded(picture(8, 9), ImageFormat::Png)).expect("reads").sha256);
}

#[test]
fn bad_files_are_refused_with_their_cause() {
    assert!(sentence(b"").contains("is empty"));
    assert!(sentence(b"Inventory of the east wing\n").contains("plain text"));
    assert!(sentence(b"GIF89a....").contains("GIF"));
    assert!(matches!(read_scan(Path::new("no/such/file.jpg"), &Limits::default()), Err(ImagingError::Missing)));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP] {
        let whole = encoded(picture(200, 150), format);
        let text = sentence(&whole[..whole.len() * 2 / 3]);
        assert!(text.contains("incomplete") || text.contains("damaged"), "{format:?}: {text}");
    }
    let jpeg = encoded(picture(200, 150), ImageFormat::Jpeg);
    assert!(sentence(&jpeg[..jpeg.len() / 2]).contains("incomplete"));
}

#[test]
fn giants_are_refused_before_memory_is_taken() {
    let text = sentence(&png_claiming(30_000, 30_000));
    assert!(text.contains("30000 x 30000") && text.contains("900 megapixels"), "{text}");
    let small = Limits { file_bytes: 10, ..Limits::default() };
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("a.png");
    fs::write(&path, png_claiming(1, 1)).expect("writes");
    assert!(matches!(read_scan(&path, &small), Err(ImagingError::TooManyBytes { .. })));
}

#[test]
fn any_damage_is_an_error_or_a_picture_but_never_a_panic() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP] {
        let whole = encoded(picture(60, 40), format);
        for seed in 0..200usize {
            let mut bytes = whole.clone();
            for change in 0..3 {
                let at = (seed * 7919 + change * 104_729) % bytes.len();
                bytes[at] = bytes[at].wrapping_add((seed * 31 + change * 17 + 1) as u8);
            }
            if let Err(error) = read(&bytes) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn derivatives_are_made_and_made_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let original = folder.path().join("scan.png");
    fs::write(&original, encoded(picture(3000, 1000), ImageFormat::Png)).expect("writes");
    let scan = read_scan(&original, &Limits::default()).expect("reads");
    let cache = DerivativeCache::new(folder.path().join("cache"));
    let large = cache.store(&scan.sha256, 0, &scan.image).expect("stores");
    assert_eq!(large.dimensions(), (2048, 683));
    let thumbnail = cache.path(&scan.sha256, 0, Derivative::Thumbnail, &original).expect("there");
    assert_eq!(image::image_dimensions(&thumbnail).expect("an image"), (512, 171));
    fs::remove_dir_all(folder.path().join("cache")).expect("removes");
    let again = cache.path(&scan.sha256, 0, Derivative::Large, &original).expect("made again");
    assert_eq!(image::image_dimensions(again).expect("an image"), (2048, 683));
}

#[test]
fn each_page_has_its_derivatives() {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pages3.tif");
    let folder = tempfile::tempdir().expect("temporary folder");
    let cache = DerivativeCache::new(folder.path());
    let pages: Vec<_> =
        (0..3).map(|page| cache.path("ab12", page, Derivative::Large, &original).expect("made")).collect();
    let shown: Vec<_> = pages.iter().map(|page| fs::read(page).expect("written")).collect();
    assert!(shown[0] != shown[1] && shown[1] != shown[2], "each shows its own page");
    assert!(matches!(cache.path("ab12", 3, Derivative::Large, &original), Err(ImagingError::NoSuchPage { page: 4 })));
}

#[test]
fn the_tiles_that_were_longest_not_looked_at_go_first() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let cache = DerivativeCache::new(folder.path());
    let now = std::time::SystemTime::now();
    let lay = |sha256: &str, page: u32, gamut: Gamut, hours: u64| {
        let tiles = cache.tiles(sha256, page, gamut);
        fs::create_dir_all(tiles.join("0")).expect("a folder");
        fs::write(tiles.join("0/0_0.jpg"), [0; 1000]).expect("a tile");
        let age = std::time::Duration::from_secs(hours * 3600);
        fs::File::open(&tiles).and_then(|file| file.set_modified(now - age)).expect("dated");
        tiles
    };
    let old = lay("aa11", 0, Gamut::Srgb, 30);
    let middle = lay("aa11", 0, Gamut::DisplayP3, 20);
    let new = lay("bb22", 1, Gamut::Srgb, 10);
    let thumbnail = folder.path().join("aa/aa11/thumbnail.jpg");
    fs::write(&thumbnail, [0; 5000]).expect("a thumbnail");
    let left = folder.path().join("bb/bb22/.tmp9");
    fs::create_dir(&left).expect("what a broken-off run left");
    fs::File::open(&left)
        .and_then(|file| file.set_modified(now - std::time::Duration::from_secs(90_000)))
        .expect("dated");

    cache.evict_tiles(3000, &new).expect("nothing to do but tidying");
    assert!(old.exists() && middle.exists() && new.exists() && !left.exists());
    cache.evict_tiles(2000, &old).expect("evicts");
    assert!(old.exists() && !middle.exists() && new.exists(), "what is looked at now stays, however old");
    cache.evict_tiles(0, &new).expect("evicts");
    assert!(!old.exists() && new.exists() && thumbnail.exists());
}

#[test]
fn small_pictures_are_not_enlarged_and_slivers_keep_a_pixel() {
    assert_eq!(fit_within(&picture(30, 20), 512), picture(30, 20));
    assert_eq!(fit_within(&picture(4000, 1), 512).dimensions(), (512, 1));
}

fn difficult_images() -> Option<PathBuf> {
    let folder = std::env::var_os("VITRINE_TEST_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"))
        .join("difficult-images");
    folder.is_dir().then_some(folder)
}

#[test]
fn eight_orientations_show_the_same_picture() {
    let Some(folder) = difficult_images() else {
        eprintln!("skipped: the folder of difficult images is not here");
        return;
    };
    let upright = |n: u8| {
        let path = folder.join(format!("exif/Landscape_{n}.jpg"));
        read_scan(&path, &Limits::default()).expect("reads").image
    };
    let first = fit_within(&upright(1), 64);
    for n in 2..=8 {
        let other = fit_within(&upright(n), 64);
        assert_eq!(first.dimensions(), other.dimensions(), "orientation {n}");
        let sum: u64 = first.as_raw().iter().zip(other.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / first.as_raw().len() as f64;
        assert!(mean < 6.0, "orientation {n} differs by {mean:.1} levels on average");
    }
}

#[test]
fn difficult_images_are_read_or_refused_in_words() {
    let Some(folder) = difficult_images() else {
        eprintln!("skipped: the folder of difficult images is not here");
        return;
    };
    for sub in ["exif", "pillow", "vips", "psb"] {
        for entry in fs::read_dir(folder.join(sub)).expect("lists") {
            let path = entry.expect("entry").path();
            match read_scan(&path, &Limits::default()) {
                Ok(scan) => println!("{}: {:?} {:?}", path.display(), scan.format, scan.image.dimensions()),
                Err(error) => println!("{}: {error}", path.display()),
            }
        }
    }
    let truncated = read_scan(&folder.join("vips/truncated.jpg"), &Limits::default());
    assert!(matches!(truncated, Err(ImagingError::Truncated)), "{truncated:?}");
    let rotated = read_scan(&folder.join("vips/rotation_6.jpg"), &Limits::default()).expect("reads").image;
    assert!(rotated.height() > 0);
}
