//! What a file is, told by its first bytes: names lie.

use std::path::Path;

use crate::formats::{raw, tiff::Tiff};

/// The formats of scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF and BigTIFF.
    Tiff,
    /// WebP.
    WebP,
    /// Photoshop's documents, PSD and PSB.
    Photoshop,
    /// JPEG 2000, with or without a container.
    Jpeg2000,
    /// JPEG XL, with or without a container.
    JpegXl,
    /// PDF, whose pages are the pictures.
    Pdf,
    /// The raw files of cameras, of which the preview is the picture.
    CameraRaw,
}

impl ScanFormat {
    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Photoshop => "Photoshop",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
            Self::Pdf => "PDF",
            Self::CameraRaw => "camera raw",
        }
    }
}

/// Whether a file's name promises an image, readable or not.
///
/// A folder is searched by this, so that its spreadsheets are passed over in silence, but its unreadable scans are named.
pub fn has_image_extension(path: &Path) -> bool {
    const EXTENSIONS: [&str; 35] = [
        "jpg", "jpeg", "jpe", "jfif", "png", "tif", "tiff", "btf", "webp", "gif", "bmp", "psd", "psb", "jp2", "jpx",
        "jpf", "j2k", "j2c", "jpc", "jxl", "avif", "heic", "heif", "dng", "cr2", "cr3", "nef", "nrw", "arw", "orf",
        "rw2", "pef", "raf", "srw", "sr2",
    ];
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}

/// The scan format of `bytes`, or what they look like instead.
pub(crate) fn recognise(bytes: &[u8]) -> Result<ScanFormat, &'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let brand =
        |brands: &[&[u8]]| bytes.get(4..8) == Some(b"ftyp") && brands.iter().any(|b| bytes.get(8..12) == Some(b));
    match bytes {
        _ if starts(b"\xFF\xD8\xFF") => Ok(ScanFormat::Jpeg),
        _ if starts(b"\x89PNG\r\n\x1A\n") => Ok(ScanFormat::Png),
        _ if is_camera_raw(bytes) => Ok(ScanFormat::CameraRaw),
        _ if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => Ok(ScanFormat::Tiff),
        _ if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Ok(ScanFormat::WebP),
        _ if starts(b"GIF8") => Err("a GIF image"),
        _ if starts(b"BM") => Err("a BMP image"),
        _ if starts(b"8BPS") => Ok(ScanFormat::Photoshop),
        _ if starts(b"\0\0\0\x0CjP  ") || starts(b"\xFF\x4F\xFF\x51") => Ok(ScanFormat::Jpeg2000),
        _ if starts(b"\xFF\x0A") || starts(b"\0\0\0\x0CJXL ") => Ok(ScanFormat::JpegXl),
        _ if brand(&[b"avif", b"avis"]) => Err("an AVIF image"),
        _ if brand(&[b"heic", b"heix", b"mif1", b"hevc"]) => Err("a HEIC image"),
        // Some programs write lines of their own before it (ISO 32000-1, appendix H, note 13).
        _ if memchr::memmem::find(bytes.get(..1024).unwrap_or(bytes), b"%PDF-").is_some() => Ok(ScanFormat::Pdf),
        _ if starts(b"PK\x03\x04") => Err("a ZIP archive or office document"),
        _ if starts(b"<?xml") || starts(b"<svg") || starts(b"<!DOCTYPE") => Err("markup"),
        _ if looks_like_text(bytes) => Err("plain text"),
        _ => Err("unknown"),
    }
}

/// Makers' own signatures, and TIFF that holds a sensor's data.
fn is_camera_raw(bytes: &[u8]) -> bool {
    const MAKERS: [&[u8]; 5] = [b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW"];
    let is_canon = bytes.get(4..12) == Some(b"ftypcrx ");
    let is_tiff = bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    is_canon
        || MAKERS.iter().any(|magic| bytes.starts_with(magic))
        || (is_tiff && Tiff::new(bytes).is_ok_and(|tiff| raw::holds_sensor_data(&tiff)))
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may have been cut within a character.
        Err(e) => head.len() - e.valid_up_to() < 4,
    };
    valid && head.iter().all(|b| *b >= 0x20 || matches!(b, b'\t' | b'\r' | b'\n' | 0x0C))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(recognise(b"\xFF\xD8\xFF\xE0rest"), Ok(ScanFormat::Jpeg));
        assert_eq!(recognise(b"MM\0+BigTIFF"), Ok(ScanFormat::Tiff));
        assert_eq!(recognise(b"RIFF\x10\0\0\0WEBPVP8 "), Ok(ScanFormat::WebP));
        assert_eq!(recognise("Notizen über den Künstler".as_bytes()), Err("plain text"));
        assert_eq!(recognise(b"\0\0\0\x1CftypavifXXXX"), Err("an AVIF image"));
        assert_eq!(recognise(b"8BPS\0\x02"), Ok(ScanFormat::Photoshop));
        assert_eq!(recognise(b"\0\0\0\x0CjP  \r\n"), Ok(ScanFormat::Jpeg2000));
        assert_eq!(recognise(b"\xFF\x0A\x00"), Ok(ScanFormat::JpegXl));
        assert_eq!(recognise(b"\x01\x02\x03\x04"), Err("unknown"));
    }

    #[test]
    fn text_cut_within_a_character_is_text() {
        let long = "é".repeat(1000);
        assert!(looks_like_text(&long.as_bytes()[..1023]));
    }

    #[test]
    fn names_of_images() {
        assert!(has_image_extension(Path::new("a/B.TIFF")));
        assert!(!has_image_extension(Path::new("a/list.csv")));
        assert!(!has_image_extension(Path::new("a/README")));
    }
}
