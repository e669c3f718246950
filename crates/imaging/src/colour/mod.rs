//! From the colours of a file to those of a screen: sRGB, which any screen shows and the models were trained on, or a wider gamut.
//!
//! The rules: an embedded ICC profile decides, by its perceptual rendering intent. Without one, or with one that cannot be read or does not
//! fit the pixels, RGB and grey count as sRGB, and CMYK is mixed by the plain formula R = (1 − C)(1 − K). L\*a\*b\* needs no profile.
//! Everything is computed in 16 bits or more and rounded to 8 at the end.

mod gamut;
mod lab;
mod table;

use std::sync::Arc;

use moxcms::{
    CmsError, ColorProfile, DataColorSpace, Layout, RenderingIntent, Transform16BitExecutor, TransformOptions,
};

pub use gamut::Gamut;
use table::Table;

use crate::{
    ImagingError,
    raster::{Alpha, Model, PageHeader, SomeSamples},
};

/// What a picture's colours were taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourSource {
    /// The embedded ICC profile.
    Profile,
    /// CIE L\*a\*b\*, which means the same everywhere.
    Lab,
    /// sRGB, as nothing else is said.
    AssumedSrgb,
    /// CMYK without a profile: mixed by formula, so that colours are only roughly right.
    AssumedCmyk,
    /// There is a profile, but it cannot be used: as if there were none.
    UnusableProfile,
}

/// Turns the pixels of one page into those of a screen.
pub(crate) struct ToScreen {
    model: Model,
    alpha: Alpha,
    way: Way,
    source: ColourSource,
    gamut: Gamut,
    /// From sRGB to a wider gamut, where the way leads to sRGB only.
    onward: Option<Arc<Transform16BitExecutor>>,
}

/// Pixels that are converted at a time: what lies in between stays in the processor's cache.
const PIXELS: usize = 2048;

enum Way {
    /// The samples are sRGB, or grey on its scale.
    AsTheyAre,
    Profile(Arc<Transform16BitExecutor>),
    Table(Table),
    PlainInks,
    Lab,
}

impl ToScreen {
    pub(crate) fn new(header: &PageHeader, gamut: Gamut) -> Self {
        let without_profile = |source| match header.model {
            Model::Grey | Model::Rgb => (Way::AsTheyAre, source),
            Model::Cmyk if source == ColourSource::AssumedSrgb => (Way::PlainInks, ColourSource::AssumedCmyk),
            Model::Cmyk => (Way::PlainInks, source),
            Model::Lab => (Way::Lab, ColourSource::Lab),
        };
        let (way, source) = match &header.icc {
            Some(icc) if header.model != Model::Lab => match profile_way(icc, header.model, gamut) {
                Some(way) => (way, ColourSource::Profile),
                None => without_profile(ColourSource::UnusableProfile),
            },
            _ => without_profile(ColourSource::AssumedSrgb),
        };
        let is_srgb = matches!(way, Way::AsTheyAre | Way::PlainInks);
        let onward = if is_srgb && gamut != Gamut::Srgb { from_srgb(gamut) } else { None };
        Self { model: header.model, alpha: header.alpha, way, source, gamut, onward }
    }

    pub(crate) fn source(&self) -> ColourSource {
        self.source
    }

    /// Writes pixels as 8-bit RGB over white into `out`, which has three bytes for each.
    pub(crate) fn convert(&self, samples: SomeSamples<'_>, out: &mut [u8]) -> Result<(), ImagingError> {
        let channels = self.model.channels() + usize::from(self.alpha != Alpha::None);
        let length = match samples {
            SomeSamples::Eight(samples) => samples.len(),
            SomeSamples::Sixteen(samples) => samples.len(),
        };
        if length * 3 != out.len() * channels {
            return Err(ImagingError::Damaged { format: "decoded", cause: "its rows do not fit its size".into() });
        }
        let is_plain = matches!(self.way, Way::AsTheyAre)
            && self.onward.is_none()
            && self.alpha == Alpha::None
            && self.model == Model::Rgb;
        match samples {
            SomeSamples::Eight(samples) if is_plain => out.copy_from_slice(samples),
            SomeSamples::Sixteen(samples) if is_plain => {
                for (sample, out) in samples.iter().zip(out) {
                    *out = eight(*sample);
                }
            }
            SomeSamples::Eight(samples) => self.convert_pixels(samples, channels, |v| u16::from(v) * 257, out)?,
            SomeSamples::Sixteen(samples) => self.convert_pixels(samples, channels, |v| v, out)?,
        }
        Ok(())
    }

    fn convert_pixels<T: Copy>(
        &self,
        samples: &[T],
        channels: usize,
        widen: impl Fn(T) -> u16 + Copy,
        out: &mut [u8],
    ) -> Result<(), ImagingError> {
        // The pixels' colours, without alpha, and the same as the screen has them.
        let mut colours = vec![0; PIXELS * self.model.channels()];
        let mut rgb = vec![0; PIXELS * 3];
        for (samples, out) in samples.chunks(PIXELS * channels).zip(out.chunks_mut(PIXELS * 3)) {
            colours.resize(samples.len() / channels * self.model.channels(), 0);
            rgb.resize(out.len(), 0);
            self.convert_some(samples, channels, widen, &mut colours, &mut rgb, out)?;
        }
        Ok(())
    }

    fn convert_some<T: Copy>(
        &self,
        samples: &[T],
        channels: usize,
        widen: impl Fn(T) -> u16,
        colours: &mut [u16],
        rgb: &mut [u16],
        out: &mut [u8],
    ) -> Result<(), ImagingError> {
        let colour_channels = self.model.channels();
        for (pixel, colours) in samples.chunks_exact(channels).zip(colours.chunks_exact_mut(colour_channels)) {
            for (sample, colour) in pixel.iter().zip(colours.iter_mut()) {
                *colour = widen(*sample);
            }
            // The profile wants the colour itself; it is laid over white afterwards.
            if self.alpha == Alpha::Premultiplied {
                let alpha = u32::from(pixel.last().map_or(u16::MAX, |a| widen(*a)));
                for colour in colours {
                    *colour = (u32::from(*colour) * 65535).checked_div(alpha).map_or(0, |c| c.min(65535) as u16);
                }
            }
        }
        match &self.way {
            Way::AsTheyAre if self.model == Model::Grey => {
                for (grey, rgb) in colours.iter().zip(rgb.chunks_exact_mut(3)) {
                    rgb.fill(*grey);
                }
            }
            Way::AsTheyAre => rgb.copy_from_slice(colours),
            Way::Profile(transform) => transform.transform(colours, rgb).map_err(failed)?,
            Way::Table(table) => table.convert(colours, rgb, self.gamut),
            Way::PlainInks => {
                for (inks, rgb) in colours.chunks_exact(4).zip(rgb.chunks_exact_mut(3)) {
                    let bare = |ink: u16| 65535 - u64::from(ink);
                    let black = inks.last().map_or(65535, |k| bare(*k));
                    for (ink, light) in inks.iter().zip(rgb) {
                        *light = ((bare(*ink) * black + 32767) / 65535) as u16;
                    }
                }
            }
            Way::Lab => {
                for ([l, a, b], rgb) in colours.as_chunks::<3>().0.iter().zip(rgb.as_chunks_mut::<3>().0) {
                    let chroma = |v: u16| f32::from(v) / 257.0 - 128.0;
                    *rgb = lab::to_rgb([f32::from(*l) / 655.35, chroma(*a), chroma(*b)], self.gamut);
                }
            }
        }
        if let Some(onward) = &self.onward {
            let srgb = rgb.to_vec();
            onward.transform(&srgb, rgb).map_err(failed)?;
        }
        if self.alpha == Alpha::None {
            for (light, out) in rgb.iter().zip(out) {
                *out = eight(*light);
            }
            return Ok(());
        }
        let pixels = samples.chunks_exact(channels).zip(rgb.chunks_exact(3));
        for ((pixel, rgb), out) in pixels.zip(out.chunks_exact_mut(3)) {
            let alpha = u64::from(pixel.last().map_or(u16::MAX, |a| widen(*a)));
            for (light, out) in rgb.iter().zip(out) {
                *out = eight(((u64::from(*light) * alpha + 65535 * (65535 - alpha) + 32767) / 65535) as u16);
            }
        }
        Ok(())
    }
}

fn failed(error: CmsError) -> ImagingError {
    ImagingError::Damaged { format: "colour profile", cause: format!("the conversion failed: {error}") }
}

fn eight(sixteen: u16) -> u8 {
    ((u32::from(sixteen) * 255 + 32767) / 65535) as u8
}

/// The way through an embedded profile; `None` if it cannot be read, is of another colour model, or describes nothing that can be computed.
fn profile_way(icc: &[u8], model: Model, gamut: Gamut) -> Option<Way> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let (space, layout) = match model {
        Model::Grey => (DataColorSpace::Gray, Layout::Gray),
        Model::Rgb => (DataColorSpace::Rgb, Layout::Rgb),
        Model::Cmyk => (DataColorSpace::Cmyk, Layout::Rgba), // moxcms' name for any four samples
        Model::Lab => return None,
    };
    if profile.color_space != space {
        return None;
    }
    if let Some(table) = Table::read(icc, model.channels()) {
        return Some(Way::Table(table));
    }
    let to = |gamut: Gamut| profile.create_transform_16bit(layout, &gamut.profile(), Layout::Rgb, options()).ok();
    let to_srgb = to(Gamut::Srgb)?;
    if model != Model::Cmyk && changes_nothing(&*to_srgb, model) {
        return Some(Way::AsTheyAre);
    }
    if gamut == Gamut::Srgb { Some(Way::Profile(to_srgb)) } else { to(gamut).map(Way::Profile) }
}

/// From sRGB to a wider gamut.
fn from_srgb(gamut: Gamut) -> Option<Arc<Transform16BitExecutor>> {
    Gamut::Srgb.profile().create_transform_16bit(Layout::Rgb, &gamut.profile(), Layout::Rgb, options()).ok()
}

fn options() -> TransformOptions {
    TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        // The fixed-point arithmetic has 13 bits.
        prefer_fixed_point: false,
        ..TransformOptions::default()
    }
}

/// Whether a transform leaves sRGB as it is, which is so for the many files that carry a copy of sRGB's own profile: those need no arithmetic.
fn changes_nothing(transform: &Transform16BitExecutor, model: Model) -> bool {
    const STEPS: [u16; 6] = [0, 6425, 19532, 32896, 50115, 65535];
    // A third of a step of 8 bits: rounding hides it but for one pixel in three, by one step.
    const TOLERANCE: u16 = 85;
    let colours: Vec<[u16; 3]> = match model {
        Model::Grey => (0..=255).map(|v| [v * 257; 3]).collect(),
        _ => {
            STEPS.iter().flat_map(|r| STEPS.iter().flat_map(move |g| STEPS.iter().map(move |b| [*r, *g, *b]))).collect()
        }
    };
    let expected: Vec<u16> = colours.as_flattened().to_vec();
    let source = if model == Model::Grey { colours.iter().map(|c| c[0]).collect() } else { expected.clone() };
    let mut out = vec![0; expected.len()];
    transform.transform(&source, &mut out).is_ok()
        && out.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= TOLERANCE)
}
