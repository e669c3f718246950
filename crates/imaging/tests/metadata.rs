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
