//! Comparison with what other programs make of a file, by the rows of `oracle.tsv` (see `make_fixtures.py`).

use std::{fs, path::Path};

use vitrine_imaging::{ImagingError, Limits, RgbImage, ScanFile};

/// What another program says of one page of one file.
pub struct Row {
    pub file: String,
    pub page: u32,
    /// A picture, or words of the sentence that refuses the file.
    pub expectation: Expectation,
    pub oracle: String,
    /// How the colours are found.
    pub way: String,
    /// The largest and the mean difference that are allowed, in steps of 8 bits.
    pub allowed: (u8, f64),
}

pub enum Expectation {
    Picture(RgbImage),
    Refusal(String),
}

/// How far a picture is from the expected one.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// In steps of 8 bits.
    pub largest: u8,
    pub mean: f64,
    /// CIEDE2000.
    pub largest_delta_e: f64,
    pub mean_delta_e: f64,
}

/// The rows of a folder.
pub fn rows(folder: &Path) -> Vec<Row> {
    let table = fs::read_to_string(folder.join("oracle.tsv")).expect("the table of expectations");
    let row = |line: &str| {
        let [file, page, expectation, oracle, way, largest, mean] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("seven fields");
        let expectation = match expectation.strip_prefix("refused: ") {
            Some(words) => Expectation::Refusal(words.into()),
            None => {
                let path = folder.join("expected").join(expectation);
                Expectation::Picture(image::open(path).expect("an expected picture").into_rgb8())
            }
        };
        Row {
            file: file.into(),
            page: page.parse().expect("a number"),
            expectation,
            oracle: oracle.into(),
            way: way.into(),
            allowed: (largest.parse().unwrap_or(0), mean.parse().unwrap_or(0.0)),
        }
    };
    table.lines().map(row).collect()
}

/// Page `page` of a file.
pub fn read(path: &Path, page: u32) -> Result<RgbImage, ImagingError> {
    Ok(ScanFile::read(path, &Limits::default())?.page(page)?.image)
}

/// `None` if the sizes differ.
pub fn difference(ours: &RgbImage, theirs: &RgbImage) -> Option<Difference> {
    if ours.dimensions() != theirs.dimensions() {
        return None;
    }
    let mut all = Difference { largest: 0, mean: 0.0, largest_delta_e: 0.0, mean_delta_e: 0.0 };
    for (a, b) in ours.pixels().zip(theirs.pixels()) {
        for (a, b) in a.0.iter().zip(b.0) {
            all.largest = all.largest.max(a.abs_diff(b));
            all.mean += f64::from(a.abs_diff(b));
        }
        if a != b {
            let delta = delta_e_2000(lab(a.0), lab(b.0));
            all.largest_delta_e = all.largest_delta_e.max(delta);
            all.mean_delta_e += delta;
        }
    }
    let pixels = f64::from(ours.width()) * f64::from(ours.height());
    Some(Difference { mean: all.mean / pixels / 3.0, mean_delta_e: all.mean_delta_e / pixels, ..all })
}

/// sRGB (IEC 61966-2-1) to L\*a\*b\* against D65.
fn lab(rgb: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 (CIE 142-2001), with all weights 1.
pub fn delta_e_2000([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let to_seventh = |c: f64| c.powi(7) / (c.powi(7) + 25f64.powi(7));
    let chroma = |a: f64, b: f64| a.hypot(b);
    let g = 0.5 * (1.0 - to_seventh((chroma(a1, b1) + chroma(a2, b2)) / 2.0).sqrt());
    let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
    let (c1, c2) = (chroma(a1, b1), chroma(a2, b2));
    let hue = |a: f64, b: f64| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let grey = c1 * c2 == 0.0;
    let turn = match h2 - h1 {
        _ if grey => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let h = match h1 + h2 {
        sum if grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let cosine = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cosine(h - 30.0) + 0.24 * cosine(2.0 * h) + 0.32 * cosine(3.0 * h + 6.0)
        - 0.20 * cosine(4.0 * h - 63.0);
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rotation = -2.0 * to_seventh(c).sqrt() * (60.0 * (-((h - 275.0) / 25.0).powi(2)).exp()).to_radians().sin();
    ((dl / sl).powi(2) + (dc / sc).powi(2) + (dh / sh).powi(2) + rotation * dc / sc * dh / sh).sqrt()
}
