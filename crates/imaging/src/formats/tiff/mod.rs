//! TIFF and BigTIFF, read strip by strip or tile row by tile row.
//!
//! The `tiff` crate stops at L\*a\*b\*, LZMA, 12 bits, subsampled YCbCr and extra samples under a predictor, and decodes whole pages.
//! Scanners and studios write all of these, in files larger than memory; so the structure is read here, and only the codings come from crates.

mod compression;
mod directory;
mod layout;
mod lzw;
mod pixels;

use std::ops::Range;

use crate::{
    ImagingError, Limits,
    colour::ToScreen,
    limits::Deadline,
    raster::{Page, PageHeader, convert_columns},
};

pub(crate) use directory::{ByteSource, Directory, FileSource, Tiff, tag};
use layout::PageLayout;

const NAME: &str = "TIFF";

/// The pictures of a file: pages that are no smaller copies and no masks of others.
fn pictures<S: ByteSource>(tiff: &Tiff<S>, limits: &Limits) -> Result<Vec<usize>, ImagingError> {
    const REDUCED_OR_MASK: u64 = 0b101;
    let directories = tiff.directories(limits.pages as usize)?;
    let is_picture = |directory: &Directory<'_, S>| {
        let kind = directory.number(tag::NEW_SUBFILE_TYPE).unwrap_or(None).unwrap_or(0);
        kind & REDUCED_OR_MASK == 0
    };
    let pictures: Vec<usize> = (0..).zip(&directories).filter(|(_, d)| is_picture(d)).map(|(i, _)| i).collect();
    // A file of nothing but thumbnails shows its first.
    Ok(if pictures.is_empty() { vec![0] } else { pictures })
}

pub(crate) fn page_count(source: impl ByteSource, limits: &Limits) -> Result<u32, ImagingError> {
    Ok(pictures(&Tiff::new(source)?, limits)?.len() as u32)
}

/// Picture `index` of a file, counted from 0.
pub(crate) fn open<S: ByteSource>(
    source: S,
    index: u32,
    limits: &Limits,
    deadline: Deadline,
) -> Result<TiffPage<S>, ImagingError> {
    let tiff = Tiff::new(source)?;
    let place = *pictures(&tiff, limits)?.get(index as usize).ok_or(ImagingError::NoSuchPage { page: index + 1 })?;
    let directories = tiff.directories(limits.pages as usize)?;
    let directory = directories.get(place).ok_or(ImagingError::Truncated)?;
    let layout = PageLayout::new(directory, tiff.is_little, limits)?;
    let header = layout.header(directory)?;
    drop(directories);
    let band = u64::from(layout.width) * u64::from(layout.chunk_height.min(layout.height)) * header.channels() as u64;
    let chunk = (layout.row_bytes() as u64).saturating_mul(u64::from(layout.chunk_height));
    limits.check_memory(band.saturating_mul(2).saturating_add(chunk))?;
    Ok(TiffPage { source: tiff.source, layout, header, deadline })
}

/// One picture on its way out of a file. Its bands are its rows of strips or tiles.
pub(crate) struct TiffPage<S> {
    source: S,
    layout: PageLayout,
    header: PageHeader,
    deadline: Deadline,
}

impl<S: ByteSource> Page for TiffPage<S> {
    fn header(&self) -> &PageHeader {
        &self.header
    }

    fn band_rows(&self) -> u32 {
        self.layout.chunk_height
    }

    fn read(&self, band: u32, columns: Range<u32>, to_screen: &ToScreen, out: &mut [u8]) -> Result<(), ImagingError> {
        self.deadline.check()?;
        // Only the strips or tiles that hold some of it.
        let chunk_width = self.layout.chunk_width;
        let across = columns.start / chunk_width..columns.end.div_ceil(chunk_width);
        let left = across.start * chunk_width;
        let width = (across.end * chunk_width).min(self.layout.width).saturating_sub(left) as usize;
        let samples = pixels::band(&self.source, &self.layout, &self.header, band as usize, across)?;
        let columns = (columns.start - left) as usize..(columns.end - left) as usize;
        let rows = 0..self.layout.visible_rows(band as usize);
        convert_columns(&samples, rows, width, self.header.channels(), columns, to_screen, out)
    }
}
