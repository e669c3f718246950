//! One module a format. Each opens a file's bytes within limits, and gives its pages.

mod codec_image;
pub(crate) mod jpeg;
mod jpeg2000;
mod jpegxl;
mod packbits;
pub(crate) mod pdf;
pub(crate) mod psd;
pub(crate) mod raw;
pub(crate) mod tiff;

use std::sync::Arc;

use image::metadata::Orientation;

use crate::{ImagingError, Limits, ScanFormat, limits::Deadline, raster::Page};

/// How many pages `bytes` has that are pictures of their own.
pub(crate) fn page_count(bytes: &Arc<Vec<u8>>, format: ScanFormat, limits: &Limits) -> Result<u32, ImagingError> {
    match format {
        ScanFormat::Tiff => tiff::page_count(bytes.as_slice(), limits),
        ScanFormat::JpegXl => jpegxl::page_count(bytes, limits),
        ScanFormat::Pdf => pdf::page_count(bytes, limits),
        _ => Ok(1),
    }
}

/// Page `index` of `bytes`, counted from 0.
pub(crate) fn open<'a>(
    bytes: &'a Arc<Vec<u8>>,
    format: ScanFormat,
    index: u32,
    limits: &Limits,
    deadline: Deadline,
) -> Result<Box<dyn Page + 'a>, ImagingError> {
    if index > 0 && !matches!(format, ScanFormat::Tiff | ScanFormat::JpegXl | ScanFormat::Pdf) {
        return Err(ImagingError::NoSuchPage { page: index + 1 });
    }
    Ok(match format {
        ScanFormat::Jpeg => Box::new(jpeg::open(bytes, limits)?),
        ScanFormat::Png | ScanFormat::WebP => Box::new(codec_image::open(bytes, format, limits, deadline)?),
        ScanFormat::Tiff => Box::new(tiff::open(bytes.as_slice(), index, limits, deadline)?),
        ScanFormat::Photoshop => Box::new(psd::open(bytes, limits, deadline)?),
        ScanFormat::Jpeg2000 => Box::new(jpeg2000::open(bytes, limits)?),
        ScanFormat::JpegXl => Box::new(jpegxl::open(bytes, index, limits, deadline)?),
        ScanFormat::Pdf => Box::new(pdf::open(bytes, index, limits, deadline)?),
        ScanFormat::CameraRaw => Box::new(raw::open(bytes, limits)?),
    })
}

/// The orientation that an EXIF block asks for. A broken block must not cost the picture: it is then shown as it lies.
fn exif_orientation(exif: &[u8]) -> Orientation {
    Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms)
}
