//! TIFF and BigTIFF, read strip by strip or tile row by tile row.
//!
//! The `tiff` crate stops at L\*a\*b\*, LZMA, 12 bits, subsampled YCbCr and extra samples under a predictor, and decodes whole pages.
//! Scanners and studios write all of these, in files larger than memory; so the structure is read here, and only the codings come from crates.

mod compression;
mod directory;
mod layout;
mod pixels;

use crate::{
    ImagingError, Limits,
    limits::Deadline,
    raster::{Band, Page, PageHeader},
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

pub(crate) fn page_count(bytes: &[u8], limits: &Limits) -> Result<u32, ImagingError> {
    Ok(pictures(&Tiff::new(bytes)?, limits)?.len() as u32)
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
    Ok(TiffPage { source: tiff.source, layout, header, deadline, next: 0 })
}

/// One picture on its way out of a file.
pub(crate) struct TiffPage<S> {
    source: S,
    layout: PageLayout,
    header: PageHeader,
    deadline: Deadline,
    /// The row of strips or tiles that comes next.
    next: usize,
}

impl<S: ByteSource> Page for TiffPage<S> {
    fn header(&self) -> &PageHeader {
        &self.header
    }

    fn next_band(&mut self) -> Result<Option<Band>, ImagingError> {
        if self.next >= self.layout.chunks_down() {
            return Ok(None);
        }
        self.deadline.check()?;
        let down = self.next;
        self.next += 1;
        pixels::band(&self.source, &self.layout, &self.header, down).map(Some)
    }
}
