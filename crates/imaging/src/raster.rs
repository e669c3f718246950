//! Pixels as a file has them, on their way to the screen's colours.

use std::ops::Range;

use image::{RgbImage, metadata::Orientation};

use crate::{ImagingError, PageRemark, colour::ToScreen, parallel};

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
    /// Some of them.
    pub(crate) fn get(&self, span: Range<usize>) -> Option<SomeSamples<'_>> {
        match self {
            Self::Eight(samples) => samples.get(span).map(SomeSamples::Eight),
            Self::Sixteen(samples) => samples.get(span).map(SomeSamples::Sixteen),
        }
    }
}

/// Samples of some pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SomeSamples<'a> {
    Eight(&'a [u8]),
    Sixteen(&'a [u16]),
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

/// A page whose pixels come in bands of whole rows, in any order and several at a time, so that no more than some of them need be in memory.
pub(crate) trait Page: Sync {
    fn header(&self) -> &PageHeader;

    /// Rows of a band; the last one has those that are left.
    fn band_rows(&self) -> u32;

    /// Writes the columns `columns` of band `band` as 8-bit sRGB into `out`, which has room for just them.
    fn read(&self, band: u32, columns: Range<u32>, to_screen: &ToScreen, out: &mut [u8]) -> Result<(), ImagingError>;

    /// What a person should know of how the picture came about.
    fn remark(&self) -> Option<PageRemark> {
        None
    }
}

/// The rows of band `band`.
pub(crate) fn rows_of(page: &dyn Page, band: u32) -> Range<u32> {
    let (rows, height) = (page.band_rows(), page.header().height);
    let top = band.saturating_mul(rows).min(height);
    top..top.saturating_add(rows).min(height)
}

/// Writes some columns of whole bands as 8-bit sRGB into `out`, on all cores.
pub(crate) fn read_bands(
    page: &dyn Page,
    bands: Range<u32>,
    columns: Range<u32>,
    to_screen: &ToScreen,
    out: &mut [u8],
) -> Result<(), ImagingError> {
    let band_bytes = columns.len() * 3 * page.band_rows() as usize;
    let parts = bands.zip(out.chunks_mut(band_bytes.max(1))).collect::<Vec<_>>();
    parallel::each(parts.into_iter(), |(band, out)| page.read(band, columns.clone(), to_screen, out))
}

/// The whole page as 8-bit sRGB, as it lies.
pub(crate) fn read_page(page: &dyn Page, to_screen: &ToScreen) -> Result<RgbImage, ImagingError> {
    let (width, height) = (page.header().width, page.header().height);
    let row_bytes = width as usize * 3;
    let bands = height.div_ceil(page.band_rows().max(1));
    // Not all of it before the first band is there: a file that claims much and holds nothing gets little memory.
    let mut pixels = vec![0; rows_of(page, 0).len() * row_bytes];
    page.read(0, 0..width, to_screen, &mut pixels)?;
    if bands > 1 {
        let first = pixels;
        pixels = vec![0; row_bytes * height as usize];
        let (start, rest) = pixels.split_at_mut(first.len());
        start.copy_from_slice(&first);
        read_bands(page, 1..bands, 0..width, to_screen, rest)?;
    }
    RgbImage::from_raw(width, height, pixels).ok_or(ImagingError::Truncated)
}

/// A page that was decoded as a whole.
pub(crate) struct WholePage {
    header: PageHeader,
    samples: Samples,
    remark: Option<PageRemark>,
}

impl WholePage {
    pub(crate) fn new(header: PageHeader, samples: Samples) -> Self {
        Self { header, samples, remark: None }
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

    fn band_rows(&self) -> u32 {
        64 // enough for a thread to be worth its while
    }

    fn read(&self, band: u32, columns: Range<u32>, to_screen: &ToScreen, out: &mut [u8]) -> Result<(), ImagingError> {
        let (width, channels) = (self.header.width as usize, self.header.channels());
        let columns = columns.start as usize..columns.end as usize;
        convert_columns(&self.samples, rows_of(self, band), width, channels, columns, to_screen, out)
    }

    fn remark(&self) -> Option<PageRemark> {
        self.remark
    }
}

/// Converts some columns of the rows `rows` of `samples`, whose rows have `width` pixels of `channels` samples.
pub(crate) fn convert_columns(
    samples: &Samples,
    rows: Range<u32>,
    width: usize,
    channels: usize,
    columns: Range<usize>,
    to_screen: &ToScreen,
    out: &mut [u8],
) -> Result<(), ImagingError> {
    let misfit = || ImagingError::Damaged { format: "decoded", cause: "its rows do not fit its size".into() };
    let part = |start: usize, end: usize| samples.get(start * channels..end * channels).ok_or_else(misfit);
    if columns == (0..width) {
        return to_screen.convert(part(rows.start as usize * width, rows.end as usize * width)?, out);
    }
    for (row, out) in rows.zip(out.chunks_exact_mut((columns.len() * 3).max(1))) {
        let start = row as usize * width;
        to_screen.convert(part(start + columns.start, start + columns.end)?, out)?;
    }
    Ok(())
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
