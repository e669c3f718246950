//! Scans drawn for the test: landscapes of bands and a sun, no two alike.

use std::{fs, path::Path};

use image::{Rgb, RgbImage};

/// Draws `count` scans into a folder, the JPEGs among them with a `keyword` where one is given, and beside them one copy and one file that is no image.
pub fn draw(folder: &Path, count: u32, keyword: Option<&str>) {
    fs::create_dir_all(folder).expect("a folder for scans");
    for number in 0..count {
        let name = format!("scan-{number:02}.{}", if number % 3 == 2 { "png" } else { "jpg" });
        let file = folder.join(name);
        landscape(number).save(&file).expect("a scan is written");
        if let Some(keyword) = keyword.filter(|_| number % 3 != 2) {
            let named = with_keyword(&fs::read(&file).expect("the scan"), keyword);
            fs::write(&file, named).expect("the scan with its keyword");
        }
    }
    fs::copy(folder.join("scan-00.jpg"), folder.join("scan-00 (copy).jpg")).expect("a copy");
    fs::write(folder.join("notes.jpg"), "Not a picture but a note about one.\n").expect("a note");
}

/// A JPEG with a keyword in an XMP block behind its first marker: what a file says of itself is suggested, whatever the classifier thinks of drawings.
fn with_keyword(jpeg: &[u8], keyword: &str) -> Vec<u8> {
    let block = format!(
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
         <rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:subject><rdf:Bag><rdf:li>{keyword}</rdf:li></rdf:Bag></dc:subject>\
         </rdf:Description></rdf:RDF></x:xmpmeta>"
    );
    let length = u16::try_from(block.len() + 2).expect("a short block").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, block.as_bytes(), &jpeg[2..]].concat()
}

fn landscape(number: u32) -> RgbImage {
    let (width, height) = if number.is_multiple_of(2) { (960, 680) } else { (640, 860) };
    let hue = f64::from(number) * 0.61;
    let tint = |shift: f64, light: f64| {
        let channel = |phase: f64| (light * (150.0 + 90.0 * (hue + shift + phase).sin())).clamp(0.0, 255.0);
        [channel(0.0), channel(2.1), channel(4.2)]
    };
    let (sun_x, sun_y) = (f64::from(width) * (0.25 + 0.07 * f64::from(number % 7)), f64::from(height) * 0.27);
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y, down) = (f64::from(x), f64::from(y), f64::from(y) / f64::from(height));
        let hill = 0.58 + 0.09 * (x / 140.0 + hue).sin();
        let field = 0.78 + 0.04 * (x / 90.0 - hue).cos();
        let stroke = 8.0 * ((x * 0.35 + y * 0.8 + 30.0 * (x / 50.0).sin()) / 9.0).sin();
        let colour = if (x - sun_x).hypot(y - sun_y) < f64::from(width) * 0.07 {
            [248.0, 226.0, 160.0]
        } else if down > field {
            tint(2.6, 0.45)
        } else if down > hill {
            tint(1.2, 0.7)
        } else {
            tint(0.0, 1.25 - 0.4 * down)
        };
        Rgb(colour.map(|channel| (channel + stroke).clamp(0.0, 255.0) as u8))
    })
}
