//! Reading one scan.

use std::{
    fs::File,
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageReader, RgbImage, Rgba, error::LimitErrorKind, metadata::Orientation,
};
use sha2::{Digest, Sha256};

use crate::{ImagingError, ScanFormat, jpeg, signature::recognise};

/// How large a scan may be before it is refused. Checked before memory is taken.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pixels in all.
    pub pixels: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes that the decoder may take for the picture.
    pub decoder_bytes: u64,
}

impl Default for Limits {
    /// 400 megapixels, files of 2 GB, 3 GB for the decoder: the largest scans that a laptop of 8 GB takes without swapping.
    fn default() -> Self {
        Self { pixels: 400_000_000, file_bytes: 2_000_000_000, decoder_bytes: 3_000_000_000 }
    }
}

/// A scan as it was read: the picture upright in 8-bit RGB, and what identifies the file.
#[derive(Debug)]
pub struct ScanImage {
    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The file's size.
    pub bytes: u64,
    /// What the content is.
    pub format: ScanFormat,
    /// The picture, turned upright as its EXIF orientation says; transparent parts lie on white.
    pub image: RgbImage,
}

/// Reads `path` once: hashes it, decodes it within `limits`, turns it upright.
///
/// # Errors
/// Every way a file can disappoint has its own [`ImagingError`]; a decoder that panics counts as damaged data.
pub fn read_scan(path: &Path, limits: &Limits) -> Result<ScanImage, ImagingError> {
    let mut file = File::open(path).map_err(ImagingError::from_reading)?;
    let size = file.metadata().map_err(ImagingError::from_reading)?.len();
    if size > limits.file_bytes {
        return Err(ImagingError::TooManyBytes { megabytes: size / 1_000_000, limit: limits.file_bytes / 1_000_000 });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.by_ref().take(limits.file_bytes).read_to_end(&mut bytes).map_err(ImagingError::from_reading)?;
    if bytes.is_empty() {
        return Err(ImagingError::Empty);
    }
    let format = recognise(&bytes).map_err(|content| ImagingError::Unsupported { content })?;
    // Decoders of damaged files are the likeliest place for a panic; one file must not take sixty with it.
    let image = catch_unwind(AssertUnwindSafe(|| decode(&bytes, format, limits)))
        .unwrap_or_else(|_| Err(ImagingError::Damaged { format: format.name(), cause: "the decoder failed".into() }))?;
    let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(ScanImage { sha256, bytes: bytes.len() as u64, format, image })
}

fn decode(bytes: &[u8], format: ScanFormat, limits: &Limits) -> Result<RgbImage, ImagingError> {
    let fail = |error| from_decoder(error, format, limits);
    // The dimensions first, without the crate's own limits: its refusal would not name them.
    let (width, height) = unlimited(bytes, format).into_dimensions().map_err(fail)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        let (megapixels, limit) = (pixels / 1_000_000, limits.pixels / 1_000_000);
        return Err(ImagingError::TooManyPixels { width, height, megapixels, limit });
    }
    if format == ScanFormat::Jpeg && !jpeg::is_complete(bytes) {
        return Err(ImagingError::Truncated);
    }
    let mut reader = unlimited(bytes, format);
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.decoder_bytes);
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(fail)?;
    // A broken EXIF block must not cost the picture: it is then shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(fail)?;
    image.apply_orientation(orientation);
    Ok(flatten(image))
}

fn unlimited(bytes: &[u8], format: ScanFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.codec());
    reader.no_limits();
    reader
}

/// 8-bit RGB on white.
fn flatten(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *rgba.get_pixel(x, y);
        let alpha = u16::from(alpha);
        let over_white = |c: u8| ((u16::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        image::Rgb([over_white(r), over_white(g), over_white(b)])
    })
}

fn from_decoder(error: ImageError, format: ScanFormat, limits: &Limits) -> ImagingError {
    match error {
        ImageError::Limits(e) if matches!(e.kind(), LimitErrorKind::InsufficientMemory) => {
            ImagingError::TooMuchMemory { limit: limits.decoder_bytes / 1_000_000 }
        }
        ImageError::Unsupported(e) => ImagingError::UnsupportedKind { format: format.name(), cause: e.to_string() },
        ImageError::IoError(e) => ImagingError::from_reading(e),
        other => {
            let cause = other.to_string();
            // The crates report an early end of PNG, TIFF and WebP data as a format error with these words.
            let early_end = ["unexpected end", "unexpected eof", "failed to fill whole buffer", "premature end"];
            if early_end.iter().any(|words| cause.to_lowercase().contains(words)) {
                return ImagingError::Truncated;
            }
            ImagingError::Damaged { format: format.name(), cause }
        }
    }
}
