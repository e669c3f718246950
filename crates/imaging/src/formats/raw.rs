//! Camera raw: the picture that the camera itself made of what its sensor saw, and put beside it. The sensor's data is not developed.
//!
//! Each maker lays that picture elsewhere: in a strip of a TIFF directory, in a maker's note, in a box. It is everywhere a whole JPEG stream, so the
//! largest one of the file is it, whoever made the file.

use image::metadata::Orientation;

use super::{
    jpeg,
    tiff::{ByteSource, Directory, Tiff, tag},
};
use crate::{ImagingError, Limits, PageRemark, raster::WholePage};

const NAME: &str = "camera raw";

/// Photometric interpretations of a sensor's data: behind a colour filter, or freed of it (Adobe's DNG specification 1.4, chapter 4).
const SENSOR_DATA: [u64; 2] = [32803, 34892];
const DNG_VERSION: u16 = 50706;

/// Whether a file that starts as a TIFF holds what a sensor saw.
pub(crate) fn holds_sensor_data<S: ByteSource>(tiff: &Tiff<S>) -> bool {
    // Canon's mark behind the header; its sensor data calls itself a JPEG.
    let canon = tiff.source.read(8, 2).is_ok_and(|mark| *mark == *b"CR")
        && tiff.source.read(0, 2).is_ok_and(|order| *order == *b"II");
    canon
        || tiff
            .directories(1)
            .is_ok_and(|first| first.iter().any(|first| first.bytes(DNG_VERSION).is_ok_and(|v| v.is_some())))
        || sensor_size(tiff).is_some()
}

/// The preview, with a remark that it is no more than that.
pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<WholePage, ImagingError> {
    let preview = preview(bytes).ok_or_else(|| ImagingError::UnsupportedKind {
        format: NAME,
        cause: "it holds no whole picture of the camera's own".into(),
    })?;
    let structure = structure(bytes).and_then(|structure| Tiff::new(structure).ok());
    let orientation = structure.as_ref().and_then(|tiff| {
        let first = tiff.directories(1).ok()?;
        let value = first.first()?.number(tag::ORIENTATION).ok()??;
        Orientation::from_exif(u8::try_from(value).ok()?)
    });
    let sensor = structure.as_ref().and_then(sensor_size);
    let page = jpeg::open(preview, limits)?;
    // As a rule the file says once how the camera was held, and the preview lies as the sensor does.
    let page = if page.is_turned() { page } else { page.turned(orientation.unwrap_or(Orientation::NoTransforms)) };
    Ok(page.with_remark(PageRemark::CameraPreview { sensor }))
}

/// The largest ordinary JPEG stream of a file.
pub(crate) fn preview(bytes: &[u8]) -> Option<&[u8]> {
    let streams = memchr::memmem::find_iter(bytes, b"\xFF\xD8\xFF").filter_map(|start| {
        let stream = bytes.get(start..)?;
        let (width, height) = jpeg::ordinary_size(stream)?;
        Some((u64::from(width) * u64::from(height), start))
    });
    let mut streams: Vec<(u64, usize)> = streams.collect();
    streams.sort_by_key(|(pixels, start)| (std::cmp::Reverse(*pixels), *start));
    streams.into_iter().find_map(|(_, start)| {
        let stream = bytes.get(start..)?;
        stream.get(..jpeg::end(stream)?)
    })
}

/// The TIFF structure of a file: the file itself, or what Canon's newer container and Fujifilm's files carry of it.
fn structure(bytes: &[u8]) -> Option<&[u8]> {
    const CANON_BOX: &[u8] = b"CMT1";
    if bytes.get(4..8) == Some(b"ftyp") {
        let start = memchr::memmem::find(bytes.get(..1 << 20).unwrap_or(bytes), CANON_BOX)?;
        return bytes.get(start + CANON_BOX.len()..);
    }
    (!bytes.starts_with(b"FUJI")).then_some(bytes)
}

/// Width and height of the largest picture of a sensor.
fn sensor_size<S: ByteSource>(tiff: &Tiff<S>) -> Option<(u32, u32)> {
    const SUB_DIRECTORIES: u16 = 330;
    const MOST: usize = 32;
    let chain = tiff.directories(MOST).ok()?;
    let below = chain.iter().flat_map(|directory| directory.numbers(SUB_DIRECTORIES).unwrap_or_default());
    let below: Vec<Directory<'_, S>> = below.take(MOST).filter_map(|offset| tiff.directory(offset).ok()).collect();
    let sizes = chain.iter().chain(&below).filter_map(|directory| {
        let number = |tag| directory.number(tag).ok().flatten();
        SENSOR_DATA.contains(&number(tag::PHOTOMETRIC)?).then_some(())?;
        Some((u32::try_from(number(tag::IMAGE_WIDTH)?).ok()?, u32::try_from(number(tag::IMAGE_LENGTH)?).ok()?))
    });
    sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))
}
