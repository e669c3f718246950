//! PDFs that tests write themselves: objects, a table of where they are, a trailer.

// Not every test needs all of it.
#![allow(dead_code)]

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// A document with these pages, and `trailer` in its trailer.
pub struct Document {
    objects: Vec<Vec<u8>>,
    pages: Vec<usize>,
    pub trailer: String,
}

impl Document {
    pub fn new() -> Self {
        // The catalogue and the tree of pages come first; the tree is written at the end.
        Self {
            objects: vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), vec![]],
            pages: vec![],
            trailer: String::new(),
        }
    }

    /// Adds an object, and gives its number.
    pub fn object(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len()
    }

    pub fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let head = format!("<< {entries} /Length {} >>\nstream\n", data.len());
        self.object([head.as_bytes(), data, b"\nendstream"].concat())
    }

    pub fn jpeg(&mut self, picture: &RgbImage) -> usize {
        let mut bytes = Cursor::new(vec![]);
        picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("encodes");
        self.jpeg_bytes(picture.dimensions(), bytes.get_ref())
    }

    pub fn jpeg_bytes(&mut self, (width, height): (u32, u32), bytes: &[u8]) -> usize {
        let entries = format!(
            "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        );
        self.stream(&entries, bytes)
    }

    /// Adds a page of this size in points with these drawing instructions; `/P` is the picture, `/F` Helvetica.
    pub fn page(&mut self, (width, height): (u32, u32), picture: Option<usize>, more: &str, drawing: &str) {
        let drawing = self.stream("", drawing.as_bytes());
        let pictures = picture.map(|number| format!("/XObject << /P {number} 0 R >>")).unwrap_or_default();
        let font = "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>";
        let page = self.object(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {drawing} 0 R /Resources << {font} {pictures} >> {more} >>"
        ));
        self.pages.push(page);
    }

    pub fn bytes(mut self) -> Vec<u8> {
        let kids: Vec<String> = self.pages.iter().map(|page| format!("{page} 0 R")).collect();
        self.objects[1] = format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()).into_bytes();
        let mut out = b"%PDF-1.6\n".to_vec();
        let mut places = vec![];
        for (number, body) in (1..).zip(&self.objects) {
            places.push(out.len());
            out.extend(format!("{number} 0 obj\n").bytes());
            out.extend(body);
            out.extend(b"\nendobj\n");
        }
        let table = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
        for place in &places {
            out.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let size = places.len() + 1;
        let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R {} >>\nstartxref\n{table}\n%%EOF\n", self.trailer);
        out.extend(trailer.bytes());
        out
    }
}

/// A picture without a symmetry, smooth, so that JPEG changes it little.
pub fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (across, down) = (x as f32 / width as f32, y as f32 / height as f32);
        Rgb([(across * 255.0) as u8, (down * 255.0) as u8, ((1.0 - across) * down * 255.0) as u8])
    })
}

/// The mean difference of two pictures of the same size in steps of 8 bits.
pub fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}
