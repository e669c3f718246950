//! Pixels as a file has them, on their way to the screen's colours.

use image::metadata::Orientation;

use crate::{ImagingError, PageRemark};

/// What the colour samples of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// One sample: 0 is black.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black: 0 is no ink.
    Cmyk,
    /// CIE L\*a\*b\* against D50, always 16-bit, as ICC.1:2022 encodes it (6.3.4.2): L\* = v/65535 · 100, a\* and b\* = v/257 − 128.
    Lab,
}

impl Model {
    /// Samples of a pixel, alpha not counted.
    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Lab => 3,
            Self::Cmyk => 4,
        }
    }
}

/// The last sample of a pixel, where it says how much of it covers what is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpha {
    None,
    /// The colours are as if opaque.
    Straight,
    /// The colours are multiplied by it already.
    Premultiplied,
}

/// Samples row by row, those of a pixel side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Samples {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

impl Samples {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Eight(samples) => samples.len(),
            Self::Sixteen(samples) => samples.len(),
        }
    }
}

/// What is known of a page before its pixels are read.
#[derive(Debug, Clone)]
pub(crate) struct PageHeader {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) model: Model,
    pub(crate) alpha: Alpha,
    /// The embedded ICC profile, unchecked.
    pub(crate) icc: Option<Vec<u8>>,
    /// How the picture has to be turned to stand upright.
    pub(crate) orientation: Orientation,
}

impl PageHeader {
    /// Samples of a pixel.
    pub(crate) fn channels(&self) -> usize {
        self.model.channels() + usize::from(self.alpha != Alpha::None)
    }
}

/// Some whole rows of a page.
#[derive(Debug)]
pub(crate) struct Band {
    /// The first row's place in the page.
    pub(crate) top: u32,
    pub(crate) rows: u32,
    /// `rows` x width x channels.
    pub(crate) samples: Samples,
}

/// A page whose pixels come from the top to the bottom, so that no more than a band of them need be in memory.
pub(crate) trait Page {
    fn header(&self) -> &PageHeader;

    /// The next rows, or `None` below the last.
    fn next_band(&mut self) -> Result<Option<Band>, ImagingError>;

    /// What a person should know of how the picture came about.
    fn remark(&self) -> Option<PageRemark> {
        None
    }
}

/// A page that was decoded as a whole.
pub(crate) struct WholePage {
    header: PageHeader,
    samples: Option<Samples>,
    remark: Option<PageRemark>,
}

impl WholePage {
    pub(crate) fn new(header: PageHeader, samples: Samples) -> Self {
        Self { header, samples: Some(samples), remark: None }
    }

    /// Whether the picture has to be turned to stand upright.
    pub(crate) fn is_turned(&self) -> bool {
        self.header.orientation != Orientation::NoTransforms
    }

    pub(crate) fn turned(mut self, orientation: Orientation) -> Self {
        self.header.orientation = orientation;
        self
    }

    pub(crate) fn with_remark(self, remark: PageRemark) -> Self {
        Self { remark: Some(remark), ..self }
    }
}

impl Page for WholePage {
    fn header(&self) -> &PageHeader {
        &self.header
    }

    fn next_band(&mut self) -> Result<Option<Band>, ImagingError> {
        Ok(self.samples.take().map(|samples| Band { top: 0, rows: self.header.height, samples }))
    }

    fn remark(&self) -> Option<PageRemark> {
        self.remark
    }
}

/// A sample of `bits` ≤ 16 bits stretched over 16.
pub(crate) fn stretched(value: u32, bits: u32) -> u16 {
    let most = (1u32 << bits.clamp(1, 16)) - 1;
    ((u64::from(value.min(most)) * 65535 + u64::from(most / 2)) / u64::from(most)) as u16
}

/// A fraction of 0 to 1 as 16 bits; what lies outside is cut off, and what is no number is 0.
pub(crate) fn quantised(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16 // a NaN stays one in clamp, and becomes 0 in the cast
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretching_keeps_both_ends() {
        for bits in 1..=16 {
            assert_eq!(stretched(0, bits), 0);
            assert_eq!(stretched((1 << bits) - 1, bits), 65535);
        }
        assert_eq!(stretched(1, 8), 257);
        assert_eq!(quantised(f32::NAN), 0);
        assert_eq!([quantised(-3.0), quantised(0.5), quantised(7.0)], [0, 32768, 65535]);
    }
}
