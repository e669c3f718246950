//! What files say about themselves: the same words in every format's own way, and blocks that are broken.

use std::{fs, path::Path};

use vitrine_imaging::{Limits, Metadata, ScanFile};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).expect("a fixture")
}

fn metadata(bytes: Vec<u8>) -> Metadata {
    ScanFile::from_bytes(bytes, &Limits::default()).expect("an image").metadata()
}

#[test]
fn every_format_tells_it() {
    for name in ["metadata.jpg", "metadata.png", "metadata.webp", "metadata.tif", "metadata.psd"] {
        let found = metadata(fixture(name));
        // XMP.
        assert_eq!(found.title.as_deref(), Some("Harbour & mill"), "{name}");
        assert_eq!(found.credit.as_deref(), Some("Städtisches Museum"), "{name}");
        assert_eq!(found.keywords, ["harbour", "mill"], "{name}");
        // EXIF or TIFF's own tags.
        assert_eq!(found.make.as_deref(), Some("Maker"), "{name}");
        assert_eq!(found.model.as_deref(), Some("Scanner 9"), "{name}");
        assert_eq!(found.rights.as_deref(), Some("(c) A museum"), "{name}");
        let [across, down] = found.resolution.unwrap();
        assert!((across - 600.0).abs() < 0.1 && (down - 600.0).abs() < 0.1, "{name}: {across} {down}");
        // IPTC goes before EXIF where there is any.
        let has_iptc = matches!(name, "metadata.jpg" | "metadata.tif" | "metadata.psd");
        let (creator, description) =
            if has_iptc { ("B. Engraver", "Mühle am Hafen") } else { ("A. Photographer", "Harbour, by EXIF") };
        assert_eq!(found.creators, [creator], "{name}");
        assert_eq!(found.description.as_deref(), Some(description), "{name}");
        if name != "metadata.tif" {
            let created = if has_iptc { "1905" } else { "2019-07-08T09:10:11" };
            assert_eq!(found.created.as_deref(), Some(created), "{name}");
            assert_eq!(found.digitised.as_deref(), Some("2020-01-02T03:04:05"), "{name}");
        }
        assert_eq!(found.problems, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_broken_block_is_named_and_the_others_are_read() {
    let mut jpeg = fixture("metadata.jpg");
    let start = jpeg.windows(6).position(|w| w == b"Exif\0\0").unwrap();
    jpeg[start + 6..start + 14].fill(0xEE);
    let found = metadata(jpeg.clone());
    assert_eq!(found.title.as_deref(), Some("Harbour & mill"));
    assert_eq!(found.model, None);
    assert!(found.problems.iter().any(|p| p.contains("EXIF")), "{:?}", found.problems);
    // The picture is still there.
    ScanFile::from_bytes(jpeg, &Limits::default()).unwrap().page(0).unwrap();
}

#[test]
fn xmp_longer_than_a_segment_is_read_to_its_end() {
    const DIGEST: &str = "6A5E1C2D3B4F60718293A4B5C6D7E8F9";
    let segment = |body: &[u8]| [&b"\xFF\xE1"[..], &(body.len() as u16 + 2).to_be_bytes(), body].concat();
    let packet = |attributes: &str, inside: &str| {
        format!(
            r#"<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://purl.org/dc/elements/1.1/"><r:Description {attributes}>{inside}</r:Description></r:RDF>"#
        )
    };
    let note = format!(r#"xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{DIGEST}""#);
    let first = packet(&note, "<d:title>Harbour</d:title>");
    let words = "a very long description ".repeat(300);
    let second = packet("", &format!("<d:title>not this one</d:title><d:description>{words}</d:description>"));
    let (first_half, last_half) = second.as_bytes().split_at(5000);
    let part = |offset: usize, bytes: &[u8]| {
        let numbers = [second.len() as u32, offset as u32].map(u32::to_be_bytes).concat();
        segment(&[b"http://ns.adobe.com/xmp/extension/\0", DIGEST.as_bytes(), &numbers, bytes].concat())
    };
    let with = |segments: &[Vec<u8>]| {
        let mut jpeg = fixture("metadata.jpg");
        let xmp = jpeg.windows(29).position(|w| w == b"http://ns.adobe.com/xap/1.0/\0").unwrap();
        jpeg[xmp] = b'-'; // the fixture's own block is no XMP any more
        jpeg.splice(2..2, segments.concat());
        metadata(jpeg)
    };
    let first = segment(&[b"http://ns.adobe.com/xap/1.0/\0", first.as_bytes()].concat());
    let found = with(&[first.clone(), part(5000, last_half), part(0, first_half)]);
    assert_eq!(found.title.as_deref(), Some("Harbour"));
    assert_eq!(found.description.as_deref(), Some(words.trim()));
    assert_eq!(found.problems, Vec::<String>::new());
    let found = with(&[first, part(0, first_half)]);
    assert_eq!(found.title.as_deref(), Some("Harbour"));
    assert_eq!(found.problems, ["its extended XMP block cannot be read (a part of it is missing)"]);
}

#[test]
fn any_damage_leaves_an_answer() {
    for name in ["metadata.jpg", "metadata.png", "metadata.webp", "metadata.tif", "metadata.psd"] {
        let whole = fixture(name);
        for at in 8..whole.len() {
            for value in [0, 0x7F, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                if let Ok(file) = ScanFile::from_bytes(bytes, &Limits::default()) {
                    file.metadata();
                }
            }
        }
    }
}
