//! From the bytes of strips and tiles to a band of samples.

use std::{borrow::Cow, ops::Range};

use crate::{
    ImagingError,
    formats::jpeg,
    parallel,
    raster::{Alpha, Model, PageHeader, Samples, quantised, stretched},
};

use super::{
    compression::Compression,
    directory::ByteSource,
    layout::{PageLayout, Photometric, Predictor, YCbCr, damaged},
};

/// The chunks `across` of the row of chunks `down` as rows of samples, without what lies beyond the picture.
pub(super) fn band(
    source: &impl ByteSource,
    layout: &PageLayout,
    header: &PageHeader,
    down: usize,
    across: Range<u32>,
) -> Result<Samples, ImagingError> {
    let rows = layout.visible_rows(down);
    let first = across.start as usize * layout.chunk_width as usize;
    let width = (across.end as usize * layout.chunk_width as usize).min(layout.width as usize).saturating_sub(first);
    let channels = header.channels();
    let is_deep = header.model == Model::Lab || layout.bits > 8;
    let length = width * rows as usize * channels;
    let mut samples = if is_deep { Samples::Sixteen(vec![0; length]) } else { Samples::Eight(vec![0; length]) };
    // What is stored beyond colours and alpha is not shown.
    let planes = (0..layout.planes()).filter_map(|plane| Some((plane, shown_channel(layout, header, plane)?)));
    let chunks: Vec<(usize, usize, usize)> =
        planes.flat_map(|(plane, channel)| across.clone().map(move |at| (plane, channel, at as usize))).collect();
    // As many at a time as keep all cores busy.
    for some in chunks.chunks(4 * parallel::cores()) {
        let mut unpacked = vec![Cow::Borrowed(&[] as &[u8]); some.len()];
        parallel::each(some.iter().zip(&mut unpacked), |((plane, _, across), bytes)| {
            let chunk = (plane * layout.chunks_down() + down) * layout.chunks_across() + across;
            *bytes = chunk_bytes(source, layout, chunk, down)?;
            Ok(())
        })?;
        for ((_, channel, across), bytes) in some.iter().zip(&unpacked) {
            let left = across * layout.chunk_width as usize - first;
            let columns = (layout.chunk_width as usize).min(width - left);
            for row in 0..rows as usize {
                let Some(from) = bytes.get(row * layout_row(layout)..) else { return Err(ImagingError::Truncated) };
                let start = (row * width + left) * channels;
                let span = start..start + columns * channels;
                match &mut samples {
                    Samples::Eight(out) => {
                        let out = out.get_mut(span).ok_or(ImagingError::Truncated)?;
                        eight_bit_row(layout, from, out, channels, *channel);
                    }
                    Samples::Sixteen(out) => {
                        let out = out.get_mut(span).ok_or(ImagingError::Truncated)?;
                        deep_row(layout, header, from, out, channels, *channel);
                    }
                }
            }
        }
    }
    Ok(samples)
}

/// Bytes between the starts of two rows of an unpacked chunk: YCbCr comes unpacked to three bytes a pixel.
fn layout_row(layout: &PageLayout) -> usize {
    if layout.is_subsampled() { layout.chunk_width as usize * 3 } else { layout.row_bytes() }
}

/// Where plane `plane` goes in a pixel of the band; planes that hold whole pixels start at 0.
fn shown_channel(layout: &PageLayout, header: &PageHeader, plane: usize) -> Option<usize> {
    if !layout.is_planar || plane < header.channels() { Some(plane) } else { None }
}

fn chunk_bytes<'a>(
    source: &'a impl ByteSource,
    layout: &PageLayout,
    chunk: usize,
    down: usize,
) -> Result<Cow<'a, [u8]>, ImagingError> {
    let (Some(offset), Some(count)) = (layout.offsets.get(chunk), layout.byte_counts.get(chunk)) else {
        return Err(damaged("some of its strips or tiles are nowhere"));
    };
    let rows = layout.stored_rows(down);
    let (across, down_samples) = match &layout.photometric {
        Photometric::YCbCr(y) if layout.is_subsampled() => (y.subsampling[0], y.subsampling[1]),
        _ => (1, 1),
    };
    let length = if layout.is_subsampled() {
        let unit = across * down_samples + 2;
        layout.chunk_width.div_ceil(across) as usize * unit as usize * rows.div_ceil(down_samples) as usize
    } else {
        layout.row_bytes() * rows as usize
    };
    // An uncompressed chunk's length is known better by its size than by its count.
    let available = source.length().saturating_sub(*offset);
    let stored = if layout.compression == Compression::None { length as u64 } else { (*count).min(available) };
    let data = source.read(*offset, stored)?;
    if layout.compression == Compression::Jpeg {
        return jpeg_chunk(layout, &data, rows).map(Cow::Owned);
    }
    let mut data = data;
    if layout.reversed_bits
        && matches!(
            layout.compression,
            Compression::None | Compression::PackBits | Compression::Fax3 | Compression::Fax4
        )
    {
        data.to_mut().iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    let bytes = match layout.compression {
        Compression::None => data,
        packed => Cow::Owned(packed.decompress(&data, length, layout.chunk_width)?),
    };
    match &layout.photometric {
        Photometric::YCbCr(y) if layout.is_subsampled() => {
            return Ok(Cow::Owned(subsampled_to_rgb(y, &bytes, layout.chunk_width as usize, rows as usize)));
        }
        _ => {}
    }
    let undo = match layout.predictor {
        Predictor::None => return Ok(bytes),
        Predictor::Horizontal => undo_differences,
        Predictor::FloatingPoint => undo_float_planes,
    };
    let mut bytes = bytes.into_owned();
    bytes.chunks_exact_mut(layout.row_bytes()).for_each(|row| undo(row, layout));
    Ok(Cow::Owned(bytes))
}

/// A chunk that is a JPEG stream, whose tables may be kept apart (TIFF Technical Note 2).
fn jpeg_chunk(layout: &PageLayout, data: &[u8], rows: u32) -> Result<Vec<u8>, ImagingError> {
    let joined = match &layout.jpeg_tables {
        // The tables end, and the data start, with a marker that must not stand in the middle.
        Some(tables) if tables.len() > 4 => {
            [tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables), data.get(2..).unwrap_or_default()].concat()
        }
        _ => data.to_vec(),
    };
    let is_ycbcr = matches!(layout.photometric, Photometric::YCbCr(_)) && layout.interleaved() == 3;
    let raw = if is_ycbcr { None } else { Some(Model::Rgb) };
    let size = jpeg::size(&joined).ok_or(ImagingError::Truncated)?;
    if size.0 != layout.chunk_width || size.1 < rows || size.1 > layout.chunk_height.max(rows) + 16 {
        return Err(damaged("a JPEG part is not of the size of its strip or tile"));
    }
    let pixels = jpeg::samples(&joined, raw)?;
    if pixels.model.channels() != layout.interleaved() || layout.bits != 8 {
        return Err(damaged("a JPEG part has other colours than the file says"));
    }
    Ok(pixels.samples)
}

/// Blocks of luma samples with one pair of chroma samples each, as RGB.
fn subsampled_to_rgb(ycbcr: &YCbCr, bytes: &[u8], width: usize, rows: usize) -> Vec<u8> {
    let [across, down] = ycbcr.subsampling.map(|s| s as usize);
    let blocks_across = width.div_ceil(across);
    let unit = across * down + 2;
    let mut out = vec![0; width * rows * 3];
    for (index, block) in bytes.chunks_exact(unit).enumerate() {
        let (left, top) = (index % blocks_across * across, index / blocks_across * down);
        let (lumas, chromas) = block.split_at(across * down);
        let [blue, red] = chromas else { continue };
        for (place, luma) in lumas.iter().enumerate() {
            let (x, y) = (left + place % across, top + place / across);
            if x < width
                && let Some(pixel) = out.get_mut((y * width + x) * 3..).and_then(|rest| rest.first_chunk_mut())
            {
                *pixel = ycbcr.to_rgb([*luma, *blue, *red]);
            }
        }
    }
    out
}

impl YCbCr {
    /// One pixel (TIFF 6.0, section 21).
    fn to_rgb(&self, [luma, blue, red]: [u8; 3]) -> [u8; 3] {
        let [red_weight, green_weight, blue_weight] = self.coefficients;
        let [black, white, blue_zero, blue_full, red_zero, red_full] = self.reference;
        let scaled = |code: u8, zero: f32, full: f32, range: f32| {
            if full == zero { 0.0 } else { (f32::from(code) - zero) * range / (full - zero) }
        };
        let y = scaled(luma, black, white, 255.0);
        let cb = scaled(blue, blue_zero, blue_full, 127.0);
        let cr = scaled(red, red_zero, red_full, 127.0);
        let r = cr * (2.0 - 2.0 * red_weight) + y;
        let b = cb * (2.0 - 2.0 * blue_weight) + y;
        let g = (y - blue_weight * b - red_weight * r) / green_weight;
        [r, g, b].map(|light| (light + 0.5).clamp(0.0, 255.0) as u8)
    }
}

/// Predictor 2: each sample is the difference from the same one of the pixel before.
fn undo_differences(row: &mut [u8], layout: &PageLayout) {
    let channels = layout.interleaved();
    match (layout.bits, layout.is_little, channels) {
        // Three and four channels by themselves: the sums of a pixel then stay in registers.
        (8, _, 1) => add_bytes::<1>(row),
        (8, _, 3) => add_bytes::<3>(row),
        (8, _, 4) => add_bytes::<4>(row),
        (8, ..) => add_numbers(row, channels, |[byte]| byte, |byte: u8| [byte], u8::wrapping_add),
        (16, true, _) => add_numbers(row, channels, u16::from_le_bytes, u16::to_le_bytes, u16::wrapping_add),
        (16, false, _) => add_numbers(row, channels, u16::from_be_bytes, u16::to_be_bytes, u16::wrapping_add),
        (32, true, _) => add_numbers(row, channels, u32::from_le_bytes, u32::to_le_bytes, u32::wrapping_add),
        (32, false, _) => add_numbers(row, channels, u32::from_be_bytes, u32::to_be_bytes, u32::wrapping_add),
        (_, true, _) => add_numbers(row, channels, u64::from_le_bytes, u64::to_le_bytes, u64::wrapping_add),
        (_, false, _) => add_numbers(row, channels, u64::from_be_bytes, u64::to_be_bytes, u64::wrapping_add),
    }
}

fn add_bytes<const CHANNELS: usize>(row: &mut [u8]) {
    let mut sums = [0u8; CHANNELS];
    for pixel in row.as_chunks_mut::<CHANNELS>().0 {
        for (sum, sample) in sums.iter_mut().zip(pixel) {
            *sum = sum.wrapping_add(*sample);
            *sample = *sum;
        }
    }
}

fn add_numbers<const N: usize, T: Copy + Default>(
    row: &mut [u8],
    channels: usize,
    read: impl Fn([u8; N]) -> T,
    write: impl Fn(T) -> [u8; N],
    add: impl Fn(T, T) -> T,
) {
    let mut sums = vec![T::default(); channels];
    for pixel in row.as_chunks_mut::<N>().0.chunks_mut(channels) {
        for (sum, sample) in sums.iter_mut().zip(pixel) {
            *sum = add(*sum, read(*sample));
            *sample = write(*sum);
        }
    }
}

/// Predictor 3: the bytes of all samples, most significant ones first, each as the difference from the byte before (TIFF Technical Note 3).
fn undo_float_planes(row: &mut [u8], layout: &PageLayout) {
    let step = layout.interleaved();
    for at in step..row.len() {
        if let (Some(before), Some(here)) = (row.get(at - step).copied(), row.get_mut(at)) {
            *here = here.wrapping_add(before);
        }
    }
    let bytes = layout.bits as usize / 8;
    let count = row.len() / bytes;
    let planes = row.to_vec();
    for (sample, out) in row.chunks_exact_mut(bytes).enumerate() {
        for (place, byte) in out.iter_mut().enumerate() {
            let plane = if layout.is_little { bytes - 1 - place } else { place };
            *byte = planes.get(plane * count + sample).copied().unwrap_or(0);
        }
    }
}

/// Writes one row of samples of at most 8 bits.
fn eight_bit_row(layout: &PageLayout, from: &[u8], out: &mut [u8], channels: usize, channel: usize) {
    let bits = layout.bits;
    let read = |index: usize| sample_of_bits(from, index, bits) as u8;
    let full = |value: u8| if bits == 8 { value } else { (stretched(u32::from(value), bits) >> 8) as u8 };
    match &layout.photometric {
        Photometric::Palette(palette) => {
            let step = layout.interleaved();
            for (x, pixel) in out.chunks_exact_mut(3).enumerate() {
                let index = sample_of_bits(from, x * step, bits) as usize;
                pixel.copy_from_slice(&palette.get(index).copied().unwrap_or_default());
            }
        }
        _ if layout.is_planar => {
            for (x, sample) in out.iter_mut().skip(channel).step_by(channels).enumerate() {
                *sample = full(read(x));
            }
        }
        _ if layout.is_subsampled() => {
            if let Some(rgb) = from.get(..out.len()) {
                out.copy_from_slice(rgb);
            }
        }
        // The common cases, without looking at bits.
        _ if bits == 8 && channels == layout.samples_per_pixel => {
            if let Some(stored) = from.get(..out.len()) {
                out.copy_from_slice(stored);
            }
        }
        _ if bits == 8 => {
            let pixels = from.chunks_exact(layout.samples_per_pixel);
            for (stored, pixel) in pixels.zip(out.chunks_exact_mut(channels)) {
                for (sample, value) in pixel.iter_mut().zip(stored) {
                    *sample = *value;
                }
            }
        }
        _ => {
            for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
                for (i, sample) in pixel.iter_mut().enumerate() {
                    *sample = full(read(x * layout.samples_per_pixel + i));
                }
            }
        }
    }
    match &layout.photometric {
        // Alpha is not turned round with the colour.
        Photometric::WhiteIsZero if channel == 0 => out.iter_mut().step_by(channels).for_each(|v| *v = 255 - *v),
        // Not subsampled, and not by JPEG, so that the colours are still to be made.
        Photometric::YCbCr(ycbcr) if layout.compression != Compression::Jpeg && !layout.is_subsampled() => {
            if layout.is_planar && channel < 2 {
                return; // when the last of the three planes is there
            }
            for pixel in out.chunks_exact_mut(channels) {
                if let Some(rgb) = pixel.first_chunk_mut::<3>() {
                    *rgb = ycbcr.to_rgb(*rgb);
                }
            }
        }
        _ => {}
    }
}

/// Writes one row of samples that become 16-bit ones.
fn deep_row(layout: &PageLayout, header: &PageHeader, from: &[u8], out: &mut [u16], channels: usize, channel: usize) {
    if let Photometric::Palette(palette) = &layout.photometric {
        let step = layout.interleaved();
        for (x, pixel) in out.chunks_exact_mut(3).enumerate() {
            let index = raw_sample(layout, from, x * step) as usize;
            for (sample, value) in pixel.iter_mut().zip(palette.get(index).copied().unwrap_or_default()) {
                *sample = u16::from(value) * 257;
            }
        }
        return;
    }
    let value = |index: usize, channel: usize| {
        let is_alpha = header.alpha != Alpha::None && channel + 1 == channels;
        let sample =
            if layout.is_float { float_sample(layout, from, index) } else { whole_sample(layout, from, index) };
        match &layout.photometric {
            Photometric::WhiteIsZero if !is_alpha => 65535 - sample,
            Photometric::CieLab if !is_alpha => cie_lab(sample, channel, layout.bits),
            Photometric::IccLab if !is_alpha && layout.bits == 16 => icc2_lab(sample),
            _ => sample,
        }
    };
    if layout.is_planar {
        for (x, sample) in out.iter_mut().skip(channel).step_by(channels).enumerate() {
            *sample = value(x, channel);
        }
        return;
    }
    // The common case, without looking at each sample's kind.
    if matches!(layout.photometric, Photometric::Rgb | Photometric::BlackIsZero | Photometric::Separated)
        && layout.bits == 16
        && channels == layout.samples_per_pixel
    {
        let stored = out.iter_mut().zip(from.as_chunks::<2>().0);
        if layout.is_little {
            stored.for_each(|(sample, stored)| *sample = u16::from_le_bytes(*stored));
        } else {
            stored.for_each(|(sample, stored)| *sample = u16::from_be_bytes(*stored));
        }
        return;
    }
    for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
        for (i, sample) in pixel.iter_mut().enumerate() {
            *sample = value(x * layout.samples_per_pixel + i, i);
        }
    }
}

/// A sample of photometric 8, already stretched to 16 bits, as [`Model::Lab`] has it: a\* and b\* were signed numbers, of 8 bits or with 8 more
/// behind the point.
fn cie_lab(sample: u16, channel: usize, bits: u32) -> u16 {
    match (channel, bits) {
        (0, _) => sample,
        (_, 8) => (((sample >> 8) as u8) ^ 0x80) as u16 * 257,
        _ => {
            let signed = f32::from(sample as i16) / 256.0;
            ((signed + 128.0) * 257.0).round().clamp(0.0, 65535.0) as u16
        }
    }
}

/// A sample of L\*a\*b\* as version 2 of ICC has it in 16 bits, 0xFF00 for L\* = 100 (ICC.1:2022, 6.3.4.2 with annex A).
fn icc2_lab(sample: u16) -> u16 {
    (u32::from(sample) * 257 / 256).min(65535) as u16
}

/// Sample `index` of a row as a fraction of all that it can be, in 16 bits.
fn whole_sample(layout: &PageLayout, row: &[u8], index: usize) -> u16 {
    let raw = raw_sample(layout, row, index);
    match layout.bits {
        16 => raw as u16,
        32 => (raw >> 16) as u16,
        bits => stretched(raw, bits),
    }
}

/// Sample `index` of a row as it is stored.
fn raw_sample(layout: &PageLayout, row: &[u8], index: usize) -> u32 {
    match layout.bits {
        16 => u32::from(number::<2, u16>(row, index, layout.is_little, u16::from_le_bytes, u16::from_be_bytes)),
        32 => number::<4, u32>(row, index, layout.is_little, u32::from_le_bytes, u32::from_be_bytes),
        bits => sample_of_bits(row, index, bits),
    }
}

fn float_sample(layout: &PageLayout, row: &[u8], index: usize) -> u16 {
    quantised(match layout.bits {
        32 => number::<4, f32>(row, index, layout.is_little, f32::from_le_bytes, f32::from_be_bytes),
        _ => number::<8, f64>(row, index, layout.is_little, f64::from_le_bytes, f64::from_be_bytes) as f32,
    })
}

fn number<const N: usize, T: Default>(
    row: &[u8],
    index: usize,
    is_little: bool,
    little: fn([u8; N]) -> T,
    big: fn([u8; N]) -> T,
) -> T {
    let bytes = row.get(index * N..).and_then(<[u8]>::first_chunk).copied();
    bytes.map_or(T::default(), if is_little { little } else { big })
}

/// Sample `index` of a row of samples of `bits` ≤ 16 bits, most significant bit first.
fn sample_of_bits(row: &[u8], index: usize, bits: u32) -> u32 {
    let start = index * bits as usize;
    let word = (0..3).fold(0u32, |word, i| word << 8 | row.get(start / 8 + i).map_or(0, |b| u32::from(*b)));
    let shift = 24 - bits as usize - start % 8;
    word >> shift & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_any_number_of_bits() {
        let row = [0b1010_1100, 0b0101_0011, 0xFF, 0x01];
        assert_eq!((0..4).map(|i| sample_of_bits(&row, i, 1)).collect::<Vec<_>>(), [1, 0, 1, 0]);
        assert_eq!((0..3).map(|i| sample_of_bits(&row, i, 4)).collect::<Vec<_>>(), [0b1010, 0b1100, 0b0101]);
        assert_eq!(
            (0..2).map(|i| sample_of_bits(&row, i, 12)).collect::<Vec<_>>(),
            [0b1010_1100_0101, 0b0011_1111_1111]
        );
        assert_eq!(sample_of_bits(&row, 1, 16), 0xFF01);
        assert_eq!(sample_of_bits(&row, 9, 16), 0);
    }

    #[test]
    fn lab_codes() {
        assert_eq!(cie_lab(0, 1, 8), 128 * 257);
        assert_eq!(cie_lab(0x8080, 1, 8), 0);
        assert_eq!(cie_lab(0, 2, 16), 32896);
        assert_eq!(cie_lab(0x8000, 2, 16), 0);
        assert_eq!(icc2_lab(0xFF00), 65535);
        assert_eq!(icc2_lab(0x8000), 32896);
    }
}
