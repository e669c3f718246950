//! A page in less than its full size, or a part of it, without more of it in memory than is needed.

use std::ops::Range;

use image::{DynamicImage, RgbImage, metadata::Orientation};

use crate::{
    Filter, Gamut, ImagingError, Limits, PagePart,
    colour::ToScreen,
    derivatives::small_size,
    fit_within, parallel,
    raster::{Page, read_bands, read_page, rows_of},
    resize::shrink_rows,
    resized,
};

/// About as much of a page as is decoded at a time, where it is handed on.
const BATCH_BYTES: usize = 16 << 20;

/// Hands the page's rows on from row `from`, as 8-bit RGB: as many groups of `group` rows as are there; of the last group what there is.
pub(crate) fn for_each_group(
    page: &dyn Page,
    to_screen: &ToScreen,
    group: usize,
    from: u32,
    mut take: impl FnMut(&[u8]) -> Result<(), ImagingError>,
) -> Result<(), ImagingError> {
    let (width, height) = (page.header().width, page.header().height);
    let row_bytes = width as usize * 3;
    let band_rows = page.band_rows().max(1);
    let bands = height.div_ceil(band_rows);
    let group_bytes = (row_bytes * group).max(1);
    let batch_bytes = BATCH_BYTES.next_multiple_of(group_bytes);
    let band_bytes = row_bytes * band_rows as usize;
    let mut rows: Vec<u8> = Vec::new();
    let mut band = from / band_rows;
    // Of the first band, the rows above.
    let mut above = (from % band_rows) as usize * row_bytes;
    while band < bands {
        // At least one for each core, unless bands are so large that memory counts for more than time.
        let least = if band_bytes > BATCH_BYTES { 1 } else { parallel::cores() };
        let wanted = batch_bytes.saturating_sub(rows.len()).div_ceil(band_bytes.max(1)).max(least);
        let end = band.saturating_add(u32::try_from(wanted).unwrap_or(u32::MAX)).min(bands);
        let waiting = rows.len();
        let span = rows_of(page, band).start..rows_of(page, end - 1).end;
        rows.resize(waiting + span.len() * row_bytes, 0);
        read_bands(page, band..end, 0..width, to_screen, rows.get_mut(waiting..).unwrap_or_default())?;
        band = end;
        rows.drain(..above);
        above = 0;
        let full = if band == bands { rows.len() } else { rows.len() / group_bytes * group_bytes };
        take(rows.get(..full).unwrap_or_default())?;
        rows.drain(..full);
    }
    Ok(())
}

/// The page scaled down so that its longer side has at most `longest` pixels, as it lies.
pub(crate) fn read_small(page: &dyn Page, to_screen: &ToScreen, longest: u32) -> Result<RgbImage, ImagingError> {
    let (width, height) = (page.header().width, page.header().height);
    let factor = shrinking_factor(width, height, longest);
    if factor == 1 {
        return Ok(fit_within(&read_page(page, to_screen)?, longest));
    }
    let across = width.div_ceil(factor);
    let mut shrunk = Vec::with_capacity(across as usize * height.div_ceil(factor) as usize * 3);
    for_each_group(page, to_screen, factor as usize, 0, |rows| shrink_rows(rows, width, factor, &mut shrunk))?;
    let shrunk = RgbImage::from_raw(across, height.div_ceil(factor), shrunk).ok_or(ImagingError::Truncated)?;
    let (new_width, new_height) = small_size(width, height, longest);
    resized(&shrunk, new_width, new_height, Filter::Lanczos3).ok_or(ImagingError::Truncated)
}

/// By how much a page is shrunk before it is resized: as far as there are still two pixels for each of the new ones, so that the resizing decides what it looks like.
pub(crate) fn shrinking_factor(width: u32, height: u32, longest: u32) -> u32 {
    (width.max(height) / longest.max(1).saturating_mul(2)).max(1)
}

/// As much of a part as lies within the page, upright.
pub(crate) fn read_part(
    page: &dyn Page,
    part: PagePart,
    gamut: Gamut,
    limits: &Limits,
) -> Result<RgbImage, ImagingError> {
    let header = page.header();
    let (columns, rows) = lying(part, header.width, header.height, header.orientation);
    let (width, height) = (columns.len() as u32, rows.len() as u32);
    if width == 0 || height == 0 {
        return Err(ImagingError::BeyondPage);
    }
    limits.check_pixels(width, height, "part")?;
    let row_bytes = columns.len() * 3;
    let length = limits.check_memory(row_bytes as u64 * u64::from(height))?;
    let to_screen = ToScreen::new(header, gamut);
    let band_rows = page.band_rows().max(1);
    let mut pixels = vec![0; length];
    let mut left = pixels.as_mut_slice();
    let mut parts = Vec::new();
    for band in rows.start / band_rows..rows.end.div_ceil(band_rows) {
        let of_band = rows_of(page, band);
        let wanted = of_band.start.max(rows.start)..of_band.end.min(rows.end);
        let (out, rest) = left.split_at_mut(wanted.len() * row_bytes);
        left = rest;
        parts.push((band, of_band, wanted, out));
    }
    parallel::each(parts.into_iter(), |(band, of_band, wanted, out)| {
        if wanted == of_band {
            return page.read(band, columns.clone(), &to_screen, out);
        }
        let mut whole = vec![0; of_band.len() * row_bytes];
        page.read(band, columns.clone(), &to_screen, &mut whole)?;
        let start = (wanted.start - of_band.start) as usize * row_bytes;
        out.copy_from_slice(whole.get(start..start + out.len()).ok_or(ImagingError::Truncated)?);
        Ok(())
    })?;
    let image = RgbImage::from_raw(width, height, pixels).ok_or(ImagingError::Truncated)?;
    Ok(upright(image, header.orientation))
}

/// The columns and rows, as the page lies, of a part of the page that stands upright; `width` and `height` are those of the page as it lies.
fn lying(part: PagePart, width: u32, height: u32, orientation: Orientation) -> (Range<u32>, Range<u32>) {
    let (upright_width, upright_height) = if lies_across(orientation) { (height, width) } else { (width, height) };
    let within = |start: u32, length: u32, all: u32| start.min(all)..start.saturating_add(length).min(all);
    let x = within(part.left, part.width, upright_width);
    let y = within(part.top, part.height, upright_height);
    let mirrored = |span: Range<u32>, all: u32| all - span.end..all - span.start;
    match orientation {
        Orientation::NoTransforms => (x, y),
        Orientation::FlipHorizontal => (mirrored(x, width), y),
        Orientation::FlipVertical => (x, mirrored(y, height)),
        Orientation::Rotate180 => (mirrored(x, width), mirrored(y, height)),
        Orientation::Rotate90 => (y, mirrored(x, height)),
        Orientation::Rotate270 => (mirrored(y, width), x),
        Orientation::Rotate90FlipH => (y, x),
        Orientation::Rotate270FlipH => (mirrored(y, width), mirrored(x, height)),
    }
}

/// Whether a page that stands upright is as wide as it is high where it lies.
pub(crate) fn lies_across(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

pub(crate) fn upright(image: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation == Orientation::NoTransforms {
        return image;
    }
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(orientation);
    image.into_rgb8()
}
