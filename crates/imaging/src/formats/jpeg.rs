//! JPEG: grey, YCbCr, RGB, CMYK and YCCK, 8 bits a sample.

use image::metadata::Orientation;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::{JpegDecoder, errors::DecodeErrors};

use super::exif_orientation;
use crate::{
    ImagingError, Limits,
    raster::{Alpha, Model, PageHeader, Samples, WholePage},
};

const NAME: &str = "JPEG";

/// More scans than any encoder writes are a way to make a small file cost much time.
const MOST_SCANS: usize = 100;

pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<WholePage, ImagingError> {
    let start = frame_header(bytes).ok_or(ImagingError::Truncated)?;
    if start.precision != 8 {
        let cause = format!("{} bits a sample", start.precision);
        return Err(ImagingError::UnsupportedKind { format: NAME, cause });
    }
    if matches!(start.marker, 0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF) {
        let cause = "lossless, hierarchical or arithmetic coding".into();
        return Err(ImagingError::UnsupportedKind { format: NAME, cause });
    }
    limits.check_pixels(start.width, start.height, NAME)?;
    limits.check_memory(u64::from(start.width) * u64::from(start.height) * u64::from(start.components))?;
    if !is_complete(bytes) {
        return Err(ImagingError::Truncated);
    }
    let pixels = samples(bytes, None)?;
    let orientation = pixels.exif.as_deref().map_or(Orientation::NoTransforms, exif_orientation);
    let header = PageHeader {
        width: pixels.width,
        height: pixels.height,
        model: pixels.model,
        alpha: Alpha::None,
        icc: pixels.icc,
        orientation,
    };
    Ok(WholePage::new(header, Samples::Eight(pixels.samples)))
}

/// The same picture in an eighth, a quarter or a half of its size, the smallest of these with at least a `factor`th of it, by a discrete cosine transform of fewer
/// coefficients: most of the work of decoding is left out. None where the stream is not ordinary or that decoder does not read it.
///
/// It looks less closely at the data than [`open`], so it is for files that have been seen to be whole.
pub(crate) fn open_scaled(bytes: &[u8], factor: u32, limits: &Limits) -> Option<WholePage> {
    let (width, height) = ordinary_size(bytes)?;
    limits.check_pixels(width, height, NAME).ok()?;
    // Coefficients of 16 bits, which are kept where each scan makes them finer.
    limits.check_memory(u64::from(width) * u64::from(height) * 6).ok()?;
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let part = |side: u32| u16::try_from((side / factor.max(1)).max(1)).ok();
    let (width, height) = decoder.scale(part(width)?, part(height)?).ok()?;
    let samples = decoder.decode().ok()?;
    let model = match decoder.info()?.pixel_format {
        jpeg_decoder::PixelFormat::L8 => Model::Grey,
        jpeg_decoder::PixelFormat::RGB24 => Model::Rgb,
        _ => return None,
    };
    let header = PageHeader {
        width: u32::from(width),
        height: u32::from(height),
        model,
        alpha: Alpha::None,
        icc: decoder.icc_profile(),
        orientation: decoder.exif_data().map_or(Orientation::NoTransforms, exif_orientation),
    };
    (samples.len() == usize::from(width) * usize::from(height) * header.channels())
        .then(|| WholePage::new(header, Samples::Eight(samples)))
}

/// A decoded JPEG stream.
pub(crate) struct JpegPixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) model: Model,
    pub(crate) samples: Vec<u8>,
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
}

/// The samples of a stream. `raw_colours`: the three components are these colours already, so that nothing must be converted.
pub(crate) fn samples(bytes: &[u8], raw_colours: Option<Model>) -> Result<JpegPixels, ImagingError> {
    // Strict, or broken data would be filled with grey without a word.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(65535)
        .set_max_height(65535)
        .jpeg_set_max_scans(MOST_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(from_zune)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let (wanted, model) = match (stored, raw_colours) {
        (ColorSpace::Luma, _) => (ColorSpace::Luma, Model::Grey),
        (ColorSpace::CMYK | ColorSpace::YCCK, _) => (stored, Model::Cmyk),
        (_, Some(model)) => (stored, model),
        (_, None) => (ColorSpace::RGB, Model::Rgb),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let mut samples = decoder.decode().map_err(from_zune)?;
    let (width, height) = decoder.info().map_or((0, 0), |info| (u32::from(info.width), u32::from(info.height)));
    if samples.len() as u64 != u64::from(width) * u64::from(height) * model.channels() as u64 {
        return Err(ImagingError::Damaged { format: NAME, cause: "its size and its data differ".into() });
    }
    if model == Model::Cmyk {
        to_inks(&mut samples, stored == ColorSpace::YCCK, has_adobe_marker(bytes));
    }
    let (icc, exif) = (decoder.icc_profile(), decoder.exif().cloned());
    Ok(JpegPixels { width, height, model, samples, icc, exif })
}

/// Four components as inks, 0 for none. Adobe's programs store them upside down, and mark their files (Adobe Technical Note 5116);
/// YCCK is the YCbCr transform over the three complements.
fn to_inks(samples: &mut [u8], is_ycck: bool, is_inverted: bool) {
    for pixel in samples.chunks_exact_mut(4) {
        if let (true, [first, second, third, _]) = (is_ycck, &mut *pixel) {
            let (y, cb, cr) = (f32::from(*first), f32::from(*second) - 128.0, f32::from(*third) - 128.0);
            let complement = |light: f32| 255 - (light + 0.5).clamp(0.0, 255.0) as u8;
            *first = complement(y + 1.402 * cr);
            *second = complement(y - 0.344_136 * cb - 0.714_136 * cr);
            *third = complement(y + 1.772 * cb);
        }
        if is_inverted {
            for ink in pixel {
                *ink = 255 - *ink;
            }
        }
    }
}

fn from_zune(error: DecodeErrors) -> ImagingError {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => ImagingError::Truncated,
        DecodeErrors::Unsupported(kind) => ImagingError::UnsupportedKind { format: NAME, cause: format!("{kind:?}") },
        other => ImagingError::Damaged { format: NAME, cause: format!("{other:?}") },
    }
}

/// What the start-of-frame segment says (ITU-T T.81, B.2.2).
struct FrameHeader {
    marker: u8,
    precision: u8,
    width: u32,
    height: u32,
    components: u8,
}

fn frame_header(bytes: &[u8]) -> Option<FrameHeader> {
    segments(bytes).find(|(marker, _)| matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)).and_then(
        |(marker, body)| match body {
            [precision, h1, h2, w1, w2, components, ..] => Some(FrameHeader {
                marker,
                precision: *precision,
                width: u32::from(u16::from_be_bytes([*w1, *w2])),
                height: u32::from(u16::from_be_bytes([*h1, *h2])),
                components: *components,
            }),
            _ => None,
        },
    )
}

/// Width and height in pixels, without decoding.
pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    frame_header(bytes).map(|header| (header.width, header.height))
}

/// The same of a stream that can be decoded: neither lossless nor arithmetic, of 8 bits.
pub(crate) fn ordinary_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = frame_header(bytes).filter(|header| matches!(header.marker, 0xC0..=0xC2) && header.precision == 8)?;
    matches!(header.components, 1 | 3).then_some((header.width, header.height))
}

fn has_adobe_marker(bytes: &[u8]) -> bool {
    segments(bytes).any(|(marker, body)| marker == 0xEE && body.starts_with(b"Adobe"))
}

/// The marker segments up to the first scan: each one's code and what follows its length.
pub(crate) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2; // after start-of-image
    std::iter::from_fn(move || {
        loop {
            while bytes.get(at).is_some_and(|b| *b != 0xFF) {
                at += 1;
            }
            while bytes.get(at) == Some(&0xFF) {
                at += 1;
            }
            let marker = *bytes.get(at)?;
            at += 1;
            match marker {
                START_OF_SCAN | END_OF_IMAGE => return None,
                0x00 | 0x01 | 0xD0..=0xD8 => {}
                _ => {
                    let length = bytes.get(at..at + 2)?;
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let body = bytes.get(at + 2..at + length)?;
                    at += length;
                    return Some((marker, body));
                }
            }
        }
    })
}

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// Whether the entropy-coded data of `bytes` runs to an end-of-image marker (ITU-T T.81, B.1.1 and B.2).
///
/// Decoders fill what is missing with grey and report success; a curator must hear of it instead.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    end(bytes).is_some()
}

/// Where the stream that `bytes` begins with ends, behind its end-of-image marker.
pub(crate) fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2; // after start-of-image
    loop {
        // A marker is 0xFF, any number of fill bytes 0xFF, and its code.
        while bytes.get(at).is_some_and(|b| *b != 0xFF) {
            at += 1;
        }
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let marker = *bytes.get(at)?;
        at += 1;
        match marker {
            END_OF_IMAGE => return Some(at),
            // Stuffed zero, restart markers and TEM carry no length.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let length = bytes.get(at..at + 2)?;
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                at += length.max(2);
                if marker == START_OF_SCAN {
                    continue; // the loop runs through the entropy-coded bytes to the next marker
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, codecs::jpeg::JpegEncoder};

    use super::*;

    fn jpeg() -> Vec<u8> {
        let mut out = Vec::new();
        let picture = RgbImage::from_fn(97, 61, |x, y| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8]));
        JpegEncoder::new_with_quality(&mut out, 90).encode_image(&picture).expect("encodes");
        out
    }

    #[test]
    fn whole_file_is_complete() {
        assert!(is_complete(&jpeg()));
        let mut trailing = jpeg();
        trailing.extend_from_slice(b"some camera's private data");
        assert!(is_complete(&trailing));
    }

    #[test]
    fn any_shorter_file_is_not() {
        let whole = jpeg();
        for length in 0..whole.len() {
            assert!(!is_complete(&whole[..length]), "cut at {length} of {}", whole.len());
        }
    }
}
