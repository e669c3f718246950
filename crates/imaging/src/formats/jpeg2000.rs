//! JPEG 2000, as JP2 file or bare codestream, through `hayro-jpeg2000`.

use hayro_jpeg2000::{ColorSpace, DecodeError, DecodeSettings, DecoderContext, Image, TileError};
use image::metadata::Orientation;

use crate::{
    ImagingError, Limits,
    raster::{Alpha, Model, PageHeader, Samples, WholePage, quantised},
};

const NAME: &str = "JPEG 2000";

/// What the decoder needs for a sample: its wavelet coefficient, and itself, both 32-bit floating point.
const BYTES_A_SAMPLE: u64 = 8;

pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<WholePage, ImagingError> {
    // Strict, or a file that was cut off would decode to a blurred picture without a word.
    let settings = DecodeSettings { strict: true, ..DecodeSettings::default() };
    let image = Image::new(bytes, &settings).map_err(from_hayro)?;
    let (width, height) = (image.width(), image.height());
    limits.check_pixels(width, height, NAME)?;
    let (model, icc) = match image.color_space() {
        ColorSpace::Gray => (Model::Grey, None),
        ColorSpace::RGB => (Model::Rgb, None),
        ColorSpace::CMYK => (Model::Cmyk, None),
        ColorSpace::Icc { profile, num_channels: 1 } => (Model::Grey, Some(profile.clone())),
        ColorSpace::Icc { profile, num_channels: 3 } => (Model::Rgb, Some(profile.clone())),
        ColorSpace::Icc { profile, num_channels: 4 } => (Model::Cmyk, Some(profile.clone())),
        ColorSpace::Icc { num_channels, .. } | ColorSpace::Unknown { num_channels } => {
            let cause = format!("{num_channels} colour channels");
            return Err(ImagingError::UnsupportedKind { format: NAME, cause });
        }
    };
    let alpha = if image.has_alpha() { Alpha::Straight } else { Alpha::None };
    let header = PageHeader { width, height, model, alpha, icc, orientation: Orientation::NoTransforms };
    let channels = header.channels();
    let pixels = width as usize * height as usize;
    limits.check_memory((pixels as u64 * channels as u64).saturating_mul(BYTES_A_SAMPLE))?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(from_hayro)?;
    let components = decoded.components();
    if components.len() < channels || components.iter().any(|component| component.samples().len() != pixels) {
        return Err(ImagingError::Damaged { format: NAME, cause: "its components are of different sizes".into() });
    }
    let mut samples = vec![0u16; pixels * channels];
    for (channel, component) in components.iter().take(channels).enumerate() {
        let most = ((1u64 << component.bit_depth().min(32)) - 1).max(1) as f32;
        for (value, sample) in component.samples().iter().zip(samples.iter_mut().skip(channel).step_by(channels)) {
            *sample = quantised(value.round() / most);
        }
    }
    Ok(WholePage::new(header, Samples::Sixteen(samples)))
}

fn from_hayro(error: DecodeError) -> ImagingError {
    match error {
        DecodeError::Tile(TileError::Invalid) => ImagingError::Truncated,
        other => ImagingError::Damaged { format: NAME, cause: other.to_string() },
    }
}
