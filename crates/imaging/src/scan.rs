//! Reading one file: its hash, its pages, its pictures.

use std::{
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use image::{DynamicImage, RgbImage, metadata::Orientation};
use sha2::{Digest, Sha256};

use crate::{
    ColourSource, ImagingError, Limits, Metadata, PageRemark, ScanFormat, colour::ToSrgb, formats, raster::Page,
    signature::recognise,
};

/// A scan as it was read: the picture upright in 8-bit sRGB, and what identifies the file.
#[derive(Debug)]
pub struct ScanImage {
    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// The file's size.
    pub bytes: u64,
    /// What the content is.
    pub format: ScanFormat,
    /// The picture, turned upright as the file asks; transparent parts lie on white.
    pub image: RgbImage,
}

/// A file that was read once, with pages that can each be decoded.
#[derive(Debug)]
pub struct ScanFile {
    content: Arc<Vec<u8>>,
    sha256: String,
    format: ScanFormat,
    pages: u32,
    limits: Limits,
}

/// One page as a picture of its own: a scan of the recto beside one of the verso, say.
#[derive(Debug)]
pub struct PageImage {
    /// The picture, turned upright as the file asks; transparent parts lie on white.
    pub image: RgbImage,
    /// What its colours were taken to be.
    pub colours: ColourSource,
    /// What a person should know of how the picture came about.
    pub remark: Option<PageRemark>,
}

/// Reads the first page of `path`: hashes the file, decodes the page within `limits`, turns it upright.
///
/// # Errors
/// Every way a file can disappoint has its own [`ImagingError`]; a decoder that panics counts as damaged data.
pub fn read_scan(path: &Path, limits: &Limits) -> Result<ScanImage, ImagingError> {
    let file = ScanFile::read(path, limits)?;
    let image = file.page(0)?.image;
    Ok(ScanImage { bytes: file.bytes(), format: file.format, sha256: file.sha256, image })
}

impl ScanFile {
    /// Reads `path` once, hashes it, and looks for its pages. The file itself is never written to.
    ///
    /// # Errors
    /// Where it cannot be read, is too large, or is no image by its content.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self, ImagingError> {
        let mut file = File::open(path).map_err(ImagingError::from_reading)?;
        let size = file.metadata().map_err(ImagingError::from_reading)?.len();
        if size > limits.file_bytes {
            return Err(too_many_bytes(size, limits));
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.by_ref().take(limits.file_bytes).read_to_end(&mut content).map_err(ImagingError::from_reading)?;
        Self::from_bytes(content, limits)
    }

    /// The same of a file's content that is in memory already.
    ///
    /// # Errors
    /// Where it is too large or no image.
    pub fn from_bytes(content: Vec<u8>, limits: &Limits) -> Result<Self, ImagingError> {
        if content.is_empty() {
            return Err(ImagingError::Empty);
        }
        if content.len() as u64 > limits.file_bytes {
            return Err(too_many_bytes(content.len() as u64, limits));
        }
        let format = recognise(&content).map_err(|content| ImagingError::Unsupported { content })?;
        let content = Arc::new(content);
        let pages = guarded(format, || formats::page_count(&content, format, limits))?;
        let sha256 = Sha256::digest(content.as_slice()).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { content, sha256, format, pages, limits: *limits })
    }

    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The file's size.
    pub fn bytes(&self) -> u64 {
        self.content.len() as u64
    }

    /// What the content is.
    pub fn format(&self) -> ScanFormat {
        self.format
    }

    /// How many pages are pictures of their own, at least 1; smaller copies of a page and masks are not counted.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// What the file says about itself. Never fails: what cannot be read is left out, and named among the problems.
    pub fn metadata(&self) -> Metadata {
        let read = || match self.format {
            ScanFormat::Pdf => formats::pdf::metadata(&self.content),
            format => Metadata::read(&self.content, format),
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// Decodes page `index`, counted from 0.
    ///
    /// # Errors
    /// Where there is no such page, it is beyond the limits, damaged, or of a kind that is not read.
    pub fn page(&self, index: u32) -> Result<PageImage, ImagingError> {
        guarded(self.format, || {
            let deadline = self.limits.deadline();
            let mut page = formats::open(&self.content, self.format, index, &self.limits, deadline)?;
            decode(&mut *page, &self.limits)
        })
    }
}

/// Runs a decoder so that its panic is an error. Decoders of damaged files are the likeliest place for one, and one file must not take sixty with it.
fn guarded<T>(format: ScanFormat, decode: impl FnOnce() -> Result<T, ImagingError>) -> Result<T, ImagingError> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ImagingError::Damaged { format: format.name(), cause: "the decoder failed".into() }))
}

fn too_many_bytes(size: u64, limits: &Limits) -> ImagingError {
    ImagingError::TooManyBytes { megabytes: size / 1_000_000, limit: limits.file_bytes / 1_000_000 }
}

fn decode(page: &mut dyn Page, limits: &Limits) -> Result<PageImage, ImagingError> {
    let header = page.header();
    let (width, height, orientation) = (header.width, header.height, header.orientation);
    let mut to_srgb = ToSrgb::new(header);
    limits.check_memory(u64::from(width) * u64::from(height) * 3)?;
    let mut pixels = Vec::new();
    let row_bytes = width as usize * 3;
    while let Some(band) = page.next_band()? {
        // Not before the first band is there: a file that claims much and holds nothing gets no memory.
        pixels.reserve_exact((row_bytes * height as usize).saturating_sub(pixels.len()));
        let start = band.top as usize * row_bytes;
        pixels.resize(start + band.rows as usize * row_bytes, 0);
        to_srgb.convert(&band, pixels.get_mut(start..).unwrap_or_default())?;
    }
    let image = RgbImage::from_raw(width, height, pixels).ok_or(ImagingError::Truncated)?;
    Ok(PageImage { image: upright(image, orientation), colours: to_srgb.source(), remark: page.remark() })
}

fn upright(image: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation == Orientation::NoTransforms {
        return image;
    }
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(orientation);
    image.into_rgb8()
}
