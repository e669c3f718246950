//! What the tags of a page say about its pixels, checked as a whole before any of them is read.

use image::metadata::Orientation;

use crate::{
    ImagingError, Limits,
    raster::{Alpha, Model, PageHeader},
};

use super::{
    NAME,
    compression::Compression,
    directory::{ByteSource, Directory, tag},
};

/// How the colour samples are to be understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    /// Red, green, blue of each index.
    Palette(Vec<[u8; 3]>),
    Separated,
    YCbCr(YCbCr),
    /// L\*a\*b\* with signed a\* and b\*.
    CieLab,
    /// L\*a\*b\* as ICC profiles of version 2 encode it.
    IccLab,
}

/// How YCbCr that JPEG did not make is turned into RGB (TIFF 6.0, section 21).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct YCbCr {
    /// Pixels across and down that share one pair of chroma samples.
    pub(crate) subsampling: [u32; 2],
    /// The weights of red, green and blue in luma.
    pub(crate) coefficients: [f32; 3],
    /// Black and white of luma, then zero and full scale of both chromas.
    pub(crate) reference: [f32; 6],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    None,
    Horizontal,
    FloatingPoint,
}

/// All that is needed to decode a page's chunks, which are its strips or tiles.
pub(crate) struct PageLayout {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u32,
    pub(crate) is_float: bool,
    pub(crate) samples_per_pixel: usize,
    pub(crate) photometric: Photometric,
    pub(crate) alpha: Alpha,
    pub(crate) is_planar: bool,
    pub(crate) compression: Compression,
    pub(crate) predictor: Predictor,
    pub(crate) is_little: bool,
    pub(crate) reversed_bits: bool,
    pub(crate) chunk_width: u32,
    pub(crate) chunk_height: u32,
    pub(crate) offsets: Vec<u64>,
    pub(crate) byte_counts: Vec<u64>,
    pub(crate) jpeg_tables: Option<Vec<u8>>,
}

impl PageLayout {
    pub(crate) fn new<S: ByteSource>(
        directory: &Directory<'_, S>,
        is_little: bool,
        limits: &Limits,
    ) -> Result<Self, ImagingError> {
        let number = |tag, default| Ok::<u64, ImagingError>(directory.number(tag)?.unwrap_or(default));
        let size =
            |tag| u32::try_from(number(tag, 0)?).map_err(|_| damaged("it says that it is larger than any picture"));
        let (width, height) = (size(tag::IMAGE_WIDTH)?, size(tag::IMAGE_LENGTH)?);
        limits.check_pixels(width, height, NAME)?;
        let compression = Compression::from_tag(number(tag::COMPRESSION, 1)?)?;
        if compression == Compression::Fax3 && number(tag::T4_OPTIONS, 0)? & 1 == 1 {
            return Err(unsupported("two-dimensional CCITT group 3"));
        }
        let samples_per_pixel = number(tag::SAMPLES_PER_PIXEL, 1)?;
        if !(1..=64).contains(&samples_per_pixel) {
            return Err(unsupported(&format!("{samples_per_pixel} samples a pixel")));
        }
        let samples_per_pixel = samples_per_pixel as usize;
        let mut bits = directory.numbers(tag::BITS_PER_SAMPLE)?;
        bits.truncate(samples_per_pixel);
        if bits.is_empty() {
            bits.push(1);
        }
        let first = bits.first().copied().unwrap_or(1);
        if bits.iter().any(|b| *b != first) || !matches!(first, 1..=16 | 32 | 64) {
            return Err(unsupported(&format!("samples of {bits:?} bits")));
        }
        let bits = first as u32;
        let photometric = photometric(directory, samples_per_pixel, bits, compression)?;
        let is_float = match number(tag::SAMPLE_FORMAT, 1)? {
            3 => true,
            2 if !matches!(photometric, Photometric::CieLab) => return Err(unsupported("signed samples")),
            5 | 6 => return Err(unsupported("complex samples")),
            _ => false,
        };
        if is_float && !matches!(bits, 32 | 64) || !is_float && bits == 64 {
            let kind = if is_float { "floating-point" } else { "whole-number" };
            return Err(unsupported(&format!("{kind} samples of {bits} bits")));
        }
        if matches!(compression, Compression::Fax3 | Compression::Fax4) && (bits, samples_per_pixel) != (1, 1) {
            return Err(damaged("a fax coding of more than black and white"));
        }
        let colours = match photometric {
            Photometric::WhiteIsZero | Photometric::BlackIsZero | Photometric::Palette(_) => 1,
            Photometric::Separated => 4,
            _ => 3,
        };
        if samples_per_pixel < colours {
            return Err(damaged("it has fewer samples a pixel than its colours need"));
        }
        let alpha = match directory.number(tag::EXTRA_SAMPLES)? {
            _ if samples_per_pixel == colours || matches!(photometric, Photometric::Palette(_)) => Alpha::None,
            Some(1) => Alpha::Premultiplied,
            Some(2) => Alpha::Straight,
            _ => Alpha::None, // an extra sample without a meaning
        };
        let predictor = match number(tag::PREDICTOR, 1)? {
            _ if !matches!(
                compression,
                Compression::Lzw | Compression::Deflate | Compression::Lzma | Compression::Zstd
            ) =>
            {
                Predictor::None
            }
            1 => Predictor::None,
            2 if matches!(bits, 8 | 16 | 32 | 64) => Predictor::Horizontal,
            3 if is_float => Predictor::FloatingPoint,
            other => return Err(unsupported(&format!("predictor {other} over samples of {bits} bits"))),
        };
        let mut layout = Self {
            width,
            height,
            bits,
            is_float,
            samples_per_pixel,
            photometric,
            alpha,
            is_planar: number(tag::PLANAR_CONFIGURATION, 1)? == 2 && samples_per_pixel > 1,
            compression,
            predictor,
            is_little,
            reversed_bits: number(tag::FILL_ORDER, 1)? == 2,
            chunk_width: width,
            chunk_height: height,
            offsets: vec![],
            byte_counts: vec![],
            jpeg_tables: directory.bytes(tag::JPEG_TABLES)?,
        };
        layout.find_chunks(directory)?;
        Ok(layout)
    }

    fn find_chunks<S: ByteSource>(&mut self, directory: &Directory<'_, S>) -> Result<(), ImagingError> {
        let size = |tag, default: u32| {
            let size = directory.number(tag)?.map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX));
            if size == 0 { Err(damaged("strips or tiles without pixels")) } else { Ok(size) }
        };
        self.offsets = directory.numbers(tag::TILE_OFFSETS)?;
        if self.offsets.is_empty() {
            self.offsets = directory.numbers(tag::STRIP_OFFSETS)?;
            self.byte_counts = directory.numbers(tag::STRIP_BYTE_COUNTS)?;
            self.chunk_height = size(tag::ROWS_PER_STRIP, self.height)?.min(self.height);
        } else {
            self.byte_counts = directory.numbers(tag::TILE_BYTE_COUNTS)?;
            self.chunk_width = size(tag::TILE_WIDTH, self.width)?;
            self.chunk_height = size(tag::TILE_LENGTH, self.height)?;
            // The padding of a tile is never more than the tile before it.
            if self.chunk_width > self.width.saturating_mul(2).max(4096)
                || self.chunk_height > self.height.saturating_mul(2).max(4096)
            {
                return Err(damaged("its tiles are larger than the picture"));
            }
        }
        if self.offsets.len() < self.chunk_count() {
            return Err(damaged("some of its strips or tiles are nowhere"));
        }
        if self.byte_counts.is_empty() && self.compression == Compression::None && self.offsets.len() == 1 {
            // Old writers left the length of a single strip out.
            self.byte_counts = vec![u64::MAX];
        }
        if self.byte_counts.len() < self.chunk_count() {
            return Err(damaged("some of its strips or tiles are of no known length"));
        }
        // A single uncompressed strip can be read a part at a time, whatever its height.
        if self.compression == Compression::None
            && self.offsets.len() == 1
            && self.chunk_height == self.height
            && !self.is_subsampled()
        {
            self.split_strip();
        }
        Ok(())
    }

    /// Makes strips of some megabytes out of the one that there is.
    fn split_strip(&mut self) {
        const STRIP_BYTES: usize = 4 << 20;
        let (Some(start), Some(length)) = (self.offsets.first().copied(), self.byte_counts.first().copied()) else {
            return;
        };
        let row_bytes = self.row_bytes() as u64;
        let rows = (STRIP_BYTES as u64 / row_bytes.max(1)).clamp(1, u64::from(self.height));
        self.chunk_height = rows as u32;
        let strip_bytes = rows * row_bytes;
        let count = u64::from(self.chunks_down() as u32);
        self.offsets = (0..count).map(|i| start.saturating_add(i * strip_bytes)).collect();
        self.byte_counts = (0..count).map(|i| strip_bytes.min(length.saturating_sub(i * strip_bytes))).collect();
    }

    pub(crate) fn is_subsampled(&self) -> bool {
        matches!(&self.photometric, Photometric::YCbCr(y) if self.compression != Compression::Jpeg && y.subsampling != [1, 1])
    }

    /// Samples of a pixel that lie side by side.
    pub(crate) fn interleaved(&self) -> usize {
        if self.is_planar { 1 } else { self.samples_per_pixel }
    }

    pub(crate) fn chunks_across(&self) -> usize {
        self.width.div_ceil(self.chunk_width) as usize
    }

    pub(crate) fn chunks_down(&self) -> usize {
        self.height.div_ceil(self.chunk_height) as usize
    }

    pub(crate) fn planes(&self) -> usize {
        if self.is_planar { self.samples_per_pixel } else { 1 }
    }

    fn chunk_count(&self) -> usize {
        self.chunks_across().saturating_mul(self.chunks_down()).saturating_mul(self.planes())
    }

    /// Bytes of one row of a chunk.
    pub(crate) fn row_bytes(&self) -> usize {
        (self.chunk_width as usize * self.interleaved() * self.bits as usize).div_ceil(8)
    }

    /// Rows of the chunks in row `down` that are stored: a last strip is shorter, a last tile is filled up.
    pub(crate) fn stored_rows(&self, down: usize) -> u32 {
        if self.chunk_width == self.width && self.chunk_height <= self.height {
            self.visible_rows(down)
        } else {
            self.chunk_height
        }
    }

    /// Rows of the chunks in row `down` that belong to the picture.
    pub(crate) fn visible_rows(&self, down: usize) -> u32 {
        self.height.saturating_sub(down as u32 * self.chunk_height).min(self.chunk_height)
    }

    /// The header of the page that comes out.
    pub(crate) fn header<S: ByteSource>(&self, directory: &Directory<'_, S>) -> Result<PageHeader, ImagingError> {
        let model = match self.photometric {
            Photometric::WhiteIsZero | Photometric::BlackIsZero => Model::Grey,
            Photometric::Rgb | Photometric::Palette(_) | Photometric::YCbCr(_) => Model::Rgb,
            Photometric::Separated => Model::Cmyk,
            Photometric::CieLab | Photometric::IccLab => Model::Lab,
        };
        let orientation =
            directory.number(tag::ORIENTATION)?.and_then(|n| Orientation::from_exif(u8::try_from(n).ok()?));
        Ok(PageHeader {
            width: self.width,
            height: self.height,
            model,
            alpha: self.alpha,
            // A broken profile costs its colours, not the picture.
            icc: directory.bytes(tag::ICC_PROFILE).unwrap_or(None),
            orientation: orientation.unwrap_or(Orientation::NoTransforms),
        })
    }
}

fn photometric<S: ByteSource>(
    directory: &Directory<'_, S>,
    samples_per_pixel: usize,
    bits: u32,
    compression: Compression,
) -> Result<Photometric, ImagingError> {
    let stated = directory.number(tag::PHOTOMETRIC)?;
    Ok(match stated.unwrap_or(if samples_per_pixel >= 3 { 2 } else { 1 }) {
        0 => Photometric::WhiteIsZero,
        1 => Photometric::BlackIsZero,
        2 => Photometric::Rgb,
        3 => Photometric::Palette(palette(directory, bits)?),
        4 => return Err(unsupported("a transparency mask")),
        5 if directory.number(tag::INK_SET)?.is_some_and(|set| set != 1) => {
            return Err(unsupported("inks other than cyan, magenta, yellow and black"));
        }
        5 => Photometric::Separated,
        6 => Photometric::YCbCr(ycbcr(directory, bits, compression)?),
        8 | 9 if !matches!(bits, 8 | 16) => return Err(unsupported(&format!("L*a*b* of {bits} bits a sample"))),
        8 => Photometric::CieLab,
        9 => Photometric::IccLab,
        other => return Err(unsupported(&format!("photometric interpretation {other}"))),
    })
}

fn palette<S: ByteSource>(directory: &Directory<'_, S>, bits: u32) -> Result<Vec<[u8; 3]>, ImagingError> {
    let map = directory.numbers(tag::COLOR_MAP)?;
    let size = 1usize << bits.min(16);
    if bits > 16 || map.len() < 3 * size {
        return Err(damaged("its palette is incomplete"));
    }
    // Sixteen bits by the specification; some writers filled the lower eight only.
    let shift = if map.iter().all(|v| *v < 256) { 0 } else { 8 };
    let at = |i: usize| map.get(i).map_or(0, |v| (v >> shift).min(255) as u8);
    Ok((0..size).map(|i| [at(i), at(size + i), at(2 * size + i)]).collect())
}

fn ycbcr<S: ByteSource>(
    directory: &Directory<'_, S>,
    bits: u32,
    compression: Compression,
) -> Result<YCbCr, ImagingError> {
    if bits != 8 {
        return Err(unsupported(&format!("YCbCr of {bits} bits a sample")));
    }
    let subsampling = match directory.numbers(tag::YCBCR_SUBSAMPLING)?.as_slice() {
        [across, down, ..] => [*across, *down],
        _ => [2, 2],
    };
    if compression != Compression::Jpeg && subsampling.iter().any(|s| !matches!(s, 1 | 2 | 4)) {
        return Err(damaged("its chroma subsampling is none of 1, 2 and 4"));
    }
    let coefficients = directory.fractions(tag::YCBCR_COEFFICIENTS)?;
    let reference = directory.fractions(tag::REFERENCE_BLACK_WHITE)?;
    Ok(YCbCr {
        subsampling: subsampling.map(|s| s as u32),
        // The defaults of the specification.
        coefficients: coefficients.try_into().unwrap_or([0.299, 0.587, 0.114]),
        reference: reference.try_into().unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]),
    })
}

pub(crate) fn unsupported(cause: &str) -> ImagingError {
    ImagingError::UnsupportedKind { format: NAME, cause: cause.into() }
}

pub(crate) fn damaged(cause: &str) -> ImagingError {
    ImagingError::Damaged { format: NAME, cause: cause.into() }
}
