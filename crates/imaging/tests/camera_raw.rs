//! Camera raw. Real files cannot be kept here, so these are laid out by the tests as each maker lays out its own, with a sensor's data of noise.

mod documents;

use std::io::Cursor;

use documents::{difference, picture};
use image::{ImageFormat, RgbImage, imageops};
use vitrine_imaging::{Gamut, ImagingError, Limits, PageImage, PageRemark, ScanFile, ScanFormat, write_pyramid};

const SENSOR: (u32, u32) = (1200, 800);

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("encodes");
    bytes.into_inner()
}

fn noise() -> Vec<u8> {
    (0..60_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect()
}

/// A stream that says it is a lossless JPEG, as sensor data is kept: larger than any preview, and no picture.
fn lossless() -> Vec<u8> {
    let (width, height) = SENSOR;
    let frame =
        [&b"\xFF\xD8\xFF\xC3\0\x0B\x0E"[..], &(height as u16).to_be_bytes(), &(width as u16).to_be_bytes()].concat();
    let data: Vec<u8> = noise().into_iter().map(|byte| byte.min(0xFE)).collect();
    [&frame[..], b"\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\x01\0\0", &data, b"\xFF\xD9"].concat()
}

/// A value of a tag: a number, or bytes that lie elsewhere.
enum Value {
    Short(u16),
    Long(u32),
    /// The place of a blob, and its length as the count of an undefined type.
    Blob(usize),
    /// The place of a blob only.
    Offset(usize),
    Length(usize),
    /// The place of directories, as a list.
    Directories(Vec<usize>),
}

/// A little-endian TIFF with this signature of four bytes: `chain` says how many of the directories are linked, the others are named by tags.
fn tiff(head: &[u8; 4], mark: &[u8], chain: usize, directories: &[Vec<(u16, Value)>], blobs: &[Vec<u8>]) -> Vec<u8> {
    let start = 8 + mark.len();
    let sizes: Vec<usize> = directories.iter().map(|entries| 2 + entries.len() * 12 + 4).collect();
    let place = |index: usize| start + sizes[..index].iter().sum::<usize>();
    let lists = place(directories.len());
    let blobs_start = lists + 64;
    let blob = |index: usize| blobs_start + blobs[..index].iter().map(Vec::len).sum::<usize>();
    let mut list = vec![];
    let mut out = [&head[..], &(start as u32).to_le_bytes(), mark].concat();
    for (index, entries) in directories.iter().enumerate() {
        out.extend((entries.len() as u16).to_le_bytes());
        for (tag, value) in entries {
            let (kind, count, field) = match value {
                Value::Short(value) => (3u16, 1usize, u32::from(*value)),
                Value::Long(value) => (4, 1, *value),
                Value::Blob(index) => (7, blobs[*index].len(), blob(*index) as u32),
                Value::Offset(index) => (4, 1, blob(*index) as u32),
                Value::Length(index) => (4, 1, blobs[*index].len() as u32),
                Value::Directories(indices) if indices.len() == 1 => (4, 1, place(indices[0]) as u32),
                Value::Directories(indices) => {
                    let here = lists + list.len();
                    list.extend(indices.iter().flat_map(|index| (place(*index) as u32).to_le_bytes()));
                    (4, indices.len(), here as u32)
                }
            };
            out.extend(
                [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &(count as u32).to_le_bytes(), &field.to_le_bytes()]
                    .concat(),
            );
        }
        let next = if index + 1 < chain { place(index + 1) as u32 } else { 0 };
        out.extend(next.to_le_bytes());
    }
    list.resize(64, 0);
    out.extend(list);
    blobs.iter().for_each(|blob| out.extend(blob));
    out
}

/// The directory of a sensor's data in blob `index`.
fn sensor(index: usize) -> Vec<(u16, Value)> {
    vec![
        (254, Value::Long(0)),
        (256, Value::Long(SENSOR.0)),
        (257, Value::Long(SENSOR.1)),
        (259, Value::Short(1)),
        (262, Value::Short(32803)),
        (273, Value::Offset(index)),
        (279, Value::Length(index)),
    ]
}

fn read(bytes: Vec<u8>) -> PageImage {
    let file = ScanFile::from_bytes(bytes, &Limits::default()).expect("a raw file");
    assert_eq!((file.format(), file.pages()), (ScanFormat::CameraRaw, 1));
    file.page(0).expect("a preview")
}

/// A preview of 300 x 200, a thumbnail of 60 x 40, and the sensor's data.
fn blobs(sensor: Vec<u8>) -> Vec<Vec<u8>> {
    vec![jpeg(&picture(60, 40)), jpeg(&picture(300, 200)), sensor]
}

#[test]
fn nikon_sony_and_adobe_keep_it_in_directories_below() {
    // Strips as in DNG, or the two tags of old as in NEF and ARW; upside down or on its side.
    for (orientation, position, length) in [(1u16, 273, 279), (3, 513, 514), (6, 513, 514)] {
        let first = vec![
            (254, Value::Long(1)),
            (256, Value::Long(60)),
            (257, Value::Long(40)),
            (259, Value::Short(6)),
            (262, Value::Short(6)),
            (273, Value::Offset(0)),
            (274, Value::Short(orientation)),
            (279, Value::Length(0)),
            (330, Value::Directories(vec![1, 2])),
        ];
        let preview = vec![
            (259, Value::Short(7)),
            (262, Value::Short(6)),
            (position, Value::Offset(1)),
            (length, Value::Length(1)),
        ];
        let page = read(tiff(b"II*\0", b"", 1, &[first, preview, sensor(2)], &blobs(noise())));
        let expected = match orientation {
            3 => imageops::rotate180(&picture(300, 200)),
            6 => imageops::rotate90(&picture(300, 200)),
            _ => picture(300, 200),
        };
        assert!(difference(&page.image, &expected) < 3.0, "orientation {orientation}");
        assert_eq!(page.remark, Some(PageRemark::CameraPreview { sensor: Some(SENSOR) }));
    }
}

#[test]
fn canons_sensor_data_calls_itself_a_jpeg() {
    let first = vec![
        (256, Value::Long(300)),
        (257, Value::Long(200)),
        (259, Value::Short(6)),
        (273, Value::Offset(1)),
        (279, Value::Length(1)),
    ];
    let thumbnail = vec![(513, Value::Offset(0)), (514, Value::Length(0))];
    let lossless_data = vec![(259, Value::Short(6)), (273, Value::Offset(2)), (279, Value::Length(2))];
    let bytes = tiff(b"II*\0", b"CR\x02\0\0\0\0\0", 3, &[first, thumbnail, lossless_data], &blobs(lossless()));
    let page = read(bytes);
    assert!(difference(&page.image, &picture(300, 200)) < 3.0);
    assert_eq!(page.remark, Some(PageRemark::CameraPreview { sensor: None }));
}

#[test]
fn pentax_panasonic_and_olympus() {
    let pentax = vec![
        sensor(2),
        vec![(513, Value::Offset(0)), (514, Value::Length(0))],
        vec![(513, Value::Offset(1)), (514, Value::Length(1))],
    ];
    let panasonic = vec![vec![(46, Value::Blob(1)), (274, Value::Short(1))]];
    // In Olympus's files a maker's note has it, which other readers would have to know.
    let mut olympus = sensor(2);
    olympus.push((37500, Value::Blob(1)));
    for (head, directories) in [(b"II*\0", pentax), (b"IIU\0", panasonic), (b"IIRO", vec![olympus])] {
        let chain = directories.len();
        let page = read(tiff(head, b"", chain, &directories, &blobs(noise())));
        assert!(difference(&page.image, &picture(300, 200)) < 3.0, "{head:?}");
    }
}

#[test]
fn fujifilm_and_canons_container() {
    let preview = jpeg(&picture(300, 200));
    let fujifilm = [&b"FUJIFILMCCD-RAW 0201FF000000"[..], &[0; 120], &preview, &noise()].concat();
    assert!(difference(&read(fujifilm).image, &picture(300, 200)) < 3.0);

    let boxed = |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
    let held = tiff(b"II*\0", b"", 1, &[vec![(274, Value::Short(8))]], &[]);
    let container = [
        boxed(b"ftyp", b"crx \0\0\0\x01crx isom"),
        boxed(b"moov", &boxed(b"uuid", &[&[7; 16][..], &boxed(b"CMT1", &held)].concat())),
        boxed(b"uuid", &[&[9; 24][..], &boxed(b"PRVW", &preview)].concat()),
        boxed(b"mdat", &noise()),
    ];
    let page = read(container.concat());
    assert!(difference(&page.image, &imageops::rotate270(&picture(300, 200))) < 3.0);
}

#[test]
fn what_holds_no_preview_is_refused_in_words() {
    let bytes = tiff(b"II*\0", b"", 1, &[sensor(0)], &[noise()]);
    let file = ScanFile::from_bytes(bytes, &Limits::default()).expect("a raw file");
    let error = file.page(0).expect_err("nothing to show");
    assert!(matches!(&error, ImagingError::UnsupportedKind { format: "camera raw", .. }), "{error}");

    // The only preview is cut off.
    let whole = jpeg(&picture(300, 200));
    let cut = [&b"FUJIFILMCCD-RAW 0201FF000000"[..], &[0; 120], &whole[..whole.len() / 2]].concat();
    let error = ScanFile::from_bytes(cut, &Limits::default()).expect("a raw file").page(0).expect_err("cut off");
    assert!(error.to_string().contains("no whole picture"), "{error}");
}

#[test]
fn tiles_are_of_the_preview() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = folder.path().join("a.pef");
    let directories = [sensor(2), vec![(513, Value::Offset(1)), (514, Value::Length(1))]];
    std::fs::write(&original, tiff(b"II*\0", b"", 2, &directories, &blobs(noise()))).expect("writes");
    let pyramid =
        write_pyramid(&original, 0, Gamut::Srgb, &folder.path().join("tiles"), &Limits::default()).expect("tiles");
    assert_eq!(pyramid.levels[0], (300, 200));
}
