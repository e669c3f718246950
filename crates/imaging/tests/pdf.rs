//! PDFs: pages that are pictures, pages that are drawn, and documents that mean ill.

mod documents;

use std::io::Cursor;

use documents::{Document, difference, picture};
use image::{ImageFormat, imageops};
use vitrine_imaging::{ImagingError, Limits, PageImage, PageRemark, ScanFile, ScanFormat};

fn pages(bytes: Vec<u8>) -> Vec<Result<PageImage, ImagingError>> {
    let file = ScanFile::from_bytes(bytes, &Limits::default()).expect("a document");
    assert_eq!(file.format(), ScanFormat::Pdf);
    (0..file.pages()).map(|page| file.page(page)).collect()
}

fn one(document: Document) -> PageImage {
    let mut pages = pages(document.bytes());
    assert_eq!(pages.len(), 1);
    pages.remove(0).expect("reads")
}

#[test]
fn a_page_that_is_one_picture_gives_it_in_its_own_size() {
    let scan = picture(320, 200);
    let recognised = "BT /F 12 Tf 3 Tr 20 20 Td (recognised, and invisible) Tj ET";
    // As a scanner writes it, turned by the drawing and by the page, and mirrored.
    let ways = [
        ((160, 100), "", "q 160 0 0 100 0 0 cm /P Do Q".to_owned(), scan.clone()),
        ((160, 100), "", format!("q 160 0 0 100 0 0 cm /P Do Q {recognised}"), scan.clone()),
        ((100, 160), "", "q 0 160 -100 0 100 0 cm /P Do Q".to_owned(), imageops::rotate270(&scan)),
        ((160, 100), "/Rotate 90", "q 160 0 0 100 0 0 cm /P Do Q".to_owned(), imageops::rotate90(&scan)),
        ((160, 100), "/Rotate 180", "q 160 0 0 100 0 0 cm /P Do Q".to_owned(), imageops::rotate180(&scan)),
        ((160, 100), "", "q -160 0 0 100 160 0 cm /P Do Q".to_owned(), imageops::flip_horizontal(&scan)),
        ((160, 100), "", "q 0 0 160 100 re W n 160 0 0 100 0 0 cm /P Do Q".to_owned(), scan.clone()),
    ];
    for (size, more, drawing, expected) in ways {
        let mut document = Document::new();
        let jpeg = document.jpeg(&scan);
        document.page(size, Some(jpeg), more, &drawing);
        let page = one(document);
        assert_eq!(page.remark, None, "{drawing}");
        assert!(difference(&page.image, &expected) < 3.0, "{more} {drawing}");
    }
}

#[test]
fn a_page_of_more_is_drawn_as_fine_as_its_picture() {
    let scan = picture(800, 500);
    let mut document = Document::new();
    let jpeg = document.jpeg(&scan);
    // 800 pixels on 144 points are 400 an inch.
    let drawing = "q 144 0 0 90 0 20 cm /P Do Q BT /F 12 Tf 5 5 Td (Plate 7) Tj ET";
    document.page((144, 110), Some(jpeg), "", drawing);
    let page = one(document);
    assert_eq!(page.remark, Some(PageRemark::Drawn { dpi: 400, incomplete: false }));
    assert_eq!(page.image.dimensions(), (800, 611));
    let above = imageops::crop_imm(&page.image, 0, 0, 800, 500).to_image();
    assert!(difference(&above, &scan) < 4.0);
    let below = imageops::crop_imm(&page.image, 0, 511, 800, 100).to_image();
    assert!(below.pixels().any(|pixel| pixel.0[0] < 60), "the letters are there");
    assert_eq!(page.image.get_pixel(790, 600).0, [255; 3], "on white");
}

#[test]
fn clipped_slanted_and_partial_pictures_are_drawn() {
    for drawing in [
        "q 20 20 60 40 re W n 160 0 0 100 0 0 cm /P Do Q",
        "q 150 20 -20 90 20 0 cm /P Do Q",
        "q 320 0 0 200 -80 -50 cm /P Do Q",
        "q 160 0 0 50 0 0 cm /P Do Q",
        "q 160 0 0 100 0 0 cm /P Do Q 10 10 30 30 re f",
        "q 80 0 0 50 0 0 cm /P Do Q q 80 0 0 50 80 50 cm /P Do Q",
    ] {
        let mut document = Document::new();
        let jpeg = document.jpeg(&picture(320, 200));
        document.page((160, 100), Some(jpeg), "", drawing);
        assert!(matches!(one(document).remark, Some(PageRemark::Drawn { incomplete: false, .. })), "{drawing}");
    }
}

#[test]
fn each_page_is_a_page_and_one_that_fails_costs_no_other() {
    let mut bytes = Cursor::new(vec![]);
    picture(320, 200).write_to(&mut bytes, ImageFormat::Jpeg).expect("encodes");
    let whole = bytes.into_inner();
    let mut document = Document::new();
    let cut = document.jpeg_bytes((320, 200), &whole[..whole.len() / 2]);
    document.page((160, 100), Some(cut), "", "q 160 0 0 100 0 0 cm /P Do Q");
    document.page((72, 144), None, "", "0 0 1 rg 0 0 72 144 re f");
    let pages = pages(document.bytes());
    assert!(matches!(pages[0], Err(ImagingError::Truncated)), "{:?}", pages[0]);
    let blue = pages[1].as_ref().expect("drawn");
    assert_eq!(blue.image.dimensions(), (300, 600));
    assert!(blue.image.pixels().all(|pixel| pixel.0 == [0, 0, 255]));
}

#[test]
fn a_document_says_its_title() {
    let mut document = Document::new();
    let title = document.object("<< /Title <FEFF004800E40066006500> /Producer (Scanner 9) >>");
    document.trailer = format!("/Info {title} 0 R");
    document.page((72, 72), None, "", "");
    let known = ScanFile::from_bytes(document.bytes(), &Limits::default()).expect("a document").metadata();
    assert_eq!(known.title.as_deref(), Some("Häfe"));
    assert_eq!(known.software.as_deref(), Some("Scanner 9"));
}

#[test]
fn large_pages_are_drawn_coarser() {
    let mut document = Document::new();
    document.page((14_400, 14_400), None, "", "0 0 7200 7200 re f");
    let limits = Limits { pixels: 1_000_000, ..Limits::default() };
    let file = ScanFile::from_bytes(document.bytes(), &limits).expect("a document");
    let page = file.page(0).expect("drawn");
    assert_eq!(page.image.dimensions(), (1000, 1000));
    assert_eq!(page.remark, Some(PageRemark::Drawn { dpi: 5, incomplete: false }));
}

#[test]
fn documents_that_mean_ill_are_refused_in_words() {
    let refused = |bytes: Vec<u8>, limits: &Limits| {
        ScanFile::from_bytes(bytes, limits).and_then(|file| file.page(0)).expect_err("refused").to_string()
    };
    let mut locked = Document::new();
    let keys = "00".repeat(32);
    let lock = locked.object(format!("<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{keys}> /U <{keys}> >>"));
    locked.trailer = format!("/Encrypt {lock} 0 R /ID [<{id}> <{id}>]", id = "11".repeat(16));
    locked.page((72, 72), None, "", "");
    let text = refused(locked.bytes(), &Limits::default());
    assert!(text.contains("locked with a password"), "{text}");

    let mut bomb = Document::new();
    let mut packed = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &vec![0; 30_000_000]).expect("packs");
    bomb.stream("/Filter /FlateDecode", &packed.finish().expect("packs"));
    bomb.page((72, 72), None, "", "");
    let text = refused(bomb.bytes(), &Limits { decoder_bytes: 20_000_000, ..Limits::default() });
    assert!(text.contains("more memory"), "{text}");

    let mut giant = Document::new();
    let jpeg = giant.jpeg_bytes((60_000, 60_000), b"\xFF\xD8\xFF\xD9");
    giant.page((72, 72), Some(jpeg), "", "q 72 0 0 72 0 0 cm /P Do Q");
    let text = refused(giant.bytes(), &Limits::default());
    assert!(text.contains("60000 x 60000"), "{text}");

    let empty = Document::new();
    let text = refused(empty.bytes(), &Limits::default());
    assert!(text.contains("no pages") || text.contains("cannot be found"), "{text}");

    let text = refused(b"%PDF-1.7\nnothing more".to_vec(), &Limits::default());
    assert!(text.contains("cannot be found"), "{text}");
}

#[test]
fn endless_drawing_is_given_up() {
    let mut document = Document::new();
    document.page((72, 72), None, "", &"0 0 m 9 9 l S\n".repeat(2000));
    let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
    let file = ScanFile::from_bytes(document.bytes(), &limits).expect("a document");
    assert!(matches!(file.page(0), Err(ImagingError::TooSlow { .. })));
}

#[test]
fn any_damage_is_an_error_or_a_picture() {
    let mut document = Document::new();
    let jpeg = document.jpeg(&picture(64, 40));
    document.page((64, 40), Some(jpeg), "", "q 64 0 0 40 0 0 cm /P Do Q BT /F 9 Tf 5 5 Td (x) Tj ET");
    let whole = document.bytes();
    for seed in 0..100usize {
        let mut bytes = whole.clone();
        for change in 0..3 {
            let at = (seed * 7919 + change * 104_729) % bytes.len();
            bytes[at] = bytes[at].wrapping_add((seed * 31 + change * 17 + 1) as u8);
        }
        let limits = Limits { pixels: 4_000_000, ..Limits::default() };
        if let Err(error) = ScanFile::from_bytes(bytes, &limits).and_then(|file| file.page(0)) {
            assert!(!error.to_string().is_empty());
        }
    }
}
