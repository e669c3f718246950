//! PNG and WebP, through the `image` crate. Of animations the first picture.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError,
    codecs::{png::PngDecoder, webp::WebPDecoder},
    error::LimitErrorKind,
    metadata::Orientation,
};

use crate::{
    ImagingError, Limits, ScanFormat,
    limits::{Deadline, Timed},
    raster::{Alpha, Model, PageHeader, Samples, WholePage},
};

pub(crate) fn open(
    bytes: &[u8],
    format: ScanFormat,
    limits: &Limits,
    deadline: Deadline,
) -> Result<WholePage, ImagingError> {
    let fail = |error| from_decoder(error, format, limits);
    let reader = Timed::new(Cursor::new(bytes), deadline);
    // Each by its own decoder: the crate's reader of any format would have all of them compiled anew for this kind of reader.
    if format == ScanFormat::WebP {
        page(WebPDecoder::new(reader).map_err(fail)?, format, limits)
    } else {
        // The dimensions are looked at first, so the crate's own limits, whose refusal would not name them, hold for memory only.
        let mut allowed = image::Limits::no_limits();
        allowed.max_alloc = Some(limits.decoder_bytes);
        page(PngDecoder::with_limits(reader, allowed).map_err(fail)?, format, limits)
    }
}

fn page(mut decoder: impl ImageDecoder, format: ScanFormat, limits: &Limits) -> Result<WholePage, ImagingError> {
    let (width, height) = decoder.dimensions();
    limits.check_pixels(width, height, format.name())?;
    limits.check_memory(decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let icc = decoder.icc_profile().unwrap_or(None);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| from_decoder(error, format, limits))?;
    let (model, alpha, samples) = match image {
        DynamicImage::ImageLuma8(p) => (Model::Grey, Alpha::None, Samples::Eight(p.into_raw())),
        DynamicImage::ImageLumaA8(p) => (Model::Grey, Alpha::Straight, Samples::Eight(p.into_raw())),
        DynamicImage::ImageRgb8(p) => (Model::Rgb, Alpha::None, Samples::Eight(p.into_raw())),
        DynamicImage::ImageRgba8(p) => (Model::Rgb, Alpha::Straight, Samples::Eight(p.into_raw())),
        DynamicImage::ImageLuma16(p) => (Model::Grey, Alpha::None, Samples::Sixteen(p.into_raw())),
        DynamicImage::ImageLumaA16(p) => (Model::Grey, Alpha::Straight, Samples::Sixteen(p.into_raw())),
        DynamicImage::ImageRgb16(p) => (Model::Rgb, Alpha::None, Samples::Sixteen(p.into_raw())),
        DynamicImage::ImageRgba16(p) => (Model::Rgb, Alpha::Straight, Samples::Sixteen(p.into_raw())),
        other => (Model::Rgb, Alpha::Straight, Samples::Sixteen(other.into_rgba16().into_raw())),
    };
    Ok(WholePage::new(PageHeader { width, height, model, alpha, icc, orientation }, samples))
}

fn from_decoder(error: ImageError, format: ScanFormat, limits: &Limits) -> ImagingError {
    match error {
        ImageError::Limits(e) if matches!(e.kind(), LimitErrorKind::InsufficientMemory) => {
            ImagingError::TooMuchMemory { limit: limits.decoder_bytes / 1_000_000 }
        }
        ImageError::Unsupported(e) => ImagingError::UnsupportedKind { format: format.name(), cause: e.to_string() },
        ImageError::IoError(e) => ImagingError::from_decoding(e, format.name(), limits),
        other => {
            let cause = other.to_string();
            // The crates report an early end of PNG and WebP data as a format error with these words.
            let early_end = ["unexpected end", "unexpected eof", "failed to fill whole buffer", "premature end"];
            if early_end.iter().any(|words| cause.to_lowercase().contains(words)) {
                return ImagingError::Truncated;
            }
            ImagingError::Damaged { format: format.name(), cause }
        }
    }
}
