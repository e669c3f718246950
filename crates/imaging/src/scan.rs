//! Reading one file: its hash, its pages, its pictures.

use std::{
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use image::RgbImage;
use sha2::{Digest, Sha256};

use crate::{
    ColourSource, Filter, Gamut, ImagingError, Limits, Metadata, PageRemark, ScanFormat,
    colour::ToScreen,
    derivatives::small_size,
    formats::{
        self, raw,
        tiff::{self, ByteSource, FileSource, Tiff},
    },
    portions::{lies_across, read_part, read_small, shrinking_factor, upright},
    raster::{Page, PageHeader, read_page},
    resized,
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

/// A file with pages that can each be decoded, as a whole, small, or a part of it.
#[derive(Debug)]
pub struct ScanFile {
    content: Content,
    format: ScanFormat,
    pages: u32,
    limits: Limits,
    gamut: Gamut,
}

/// Where a file's bytes are taken from.
#[derive(Debug)]
enum Content {
    /// All of them are in memory.
    Memory(Arc<Vec<u8>>),
    /// A TIFF so large that only what is needed of it is read, when it is needed.
    Disk(FileSource),
}

/// A TIFF of more bytes than this stays on the disk.
const MOST_IN_MEMORY: u64 = 32_000_000;

/// Bytes that are read at a time for a hash.
const HASHED_BYTES: usize = 1 << 20;

/// One page as a picture of its own: a scan of the recto beside one of the verso, say.
#[derive(Debug)]
pub struct PageImage {
    /// The picture, turned upright as the file asks; transparent parts lie on white.
    pub image: RgbImage,
    /// Width and height of the whole page in its full size, upright.
    pub full_size: (u32, u32),
    /// What its colours were taken to be.
    pub colours: ColourSource,
    /// What a person should know of how the picture came about.
    pub remark: Option<PageRemark>,
}

/// A part of a page, in pixels of its full size, upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PagePart {
    /// Columns to its left.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

/// Reads the first page of `path`: hashes the file, decodes the page within `limits`, turns it upright.
///
/// # Errors
/// Every way a file can disappoint has its own [`ImagingError`]; a decoder that panics counts as damaged data.
pub fn read_scan(path: &Path, limits: &Limits) -> Result<ScanImage, ImagingError> {
    let file = ScanFile::read(path, limits)?;
    let image = file.page(0)?.image;
    Ok(ScanImage { bytes: file.bytes(), format: file.format, sha256: file.sha256()?, image })
}

/// SHA-256 of a file's bytes, in lower-case hexadecimal, and how many they are. `go_on` is asked after each million of them; where it says no, there is no hash.
///
/// # Errors
/// Where the file cannot be read.
pub fn file_sha256(path: &Path, mut go_on: impl FnMut() -> bool) -> Result<Option<(String, u64)>, ImagingError> {
    let mut file = File::open(path).map_err(ImagingError::from_reading)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; HASHED_BYTES];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(ImagingError::from_reading)?;
        if read == 0 {
            return Ok(Some((hexadecimal(&hash.finalize()), bytes)));
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
        if !go_on() {
            return Ok(None);
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ScanFile {
    /// Opens `path`, and looks for its pages. A large TIFF stays on the disk, any other file is read into memory. The file itself is never written to.
    ///
    /// # Errors
    /// Where it cannot be read, is too large, or is no image by its content.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self, ImagingError> {
        let mut file = File::open(path).map_err(ImagingError::from_reading)?;
        let size = file.metadata().map_err(ImagingError::from_reading)?.len();
        if size > MOST_IN_MEMORY
            && let Some(scan) = Self::on_disk(&file, limits)?
        {
            return Ok(scan);
        }
        if size > limits.file_bytes {
            return Err(too_many_bytes(size, limits));
        }
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.by_ref().take(limits.file_bytes).read_to_end(&mut content).map_err(ImagingError::from_reading)?;
        Self::from_bytes(content, limits)
    }

    /// A TIFF that is no camera's raw file, whatever its size.
    fn on_disk(file: &File, limits: &Limits) -> Result<Option<Self>, ImagingError> {
        let banded = limits.banded();
        let source = FileSource::new(file.try_clone().map_err(ImagingError::from_reading)?)?;
        if !matches!(&*source.read(0, 4)?, b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+") {
            return Ok(None);
        }
        let pages = guarded(ScanFormat::Tiff, || {
            let is_raw = raw::holds_sensor_data(&Tiff::new(&source)?);
            if is_raw { Ok(None) } else { tiff::page_count(&source, limits).map(Some) }
        })?;
        let Some(pages) = pages else { return Ok(None) };
        if source.length() > banded.file_bytes {
            return Err(too_many_bytes(source.length(), &banded));
        }
        Ok(Some(Self {
            content: Content::Disk(source),
            format: ScanFormat::Tiff,
            pages,
            limits: *limits,
            gamut: Gamut::Srgb,
        }))
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
        Ok(Self { content: Content::Memory(content), format, pages, limits: *limits, gamut: Gamut::Srgb })
    }

    /// The same file with its pictures in the colours of a gamut; without this they are sRGB, whatever the file's own are.
    #[must_use]
    pub fn in_gamut(self, gamut: Gamut) -> Self {
        Self { gamut, ..self }
    }

    /// SHA-256 of the file's bytes, in lower-case hexadecimal. Computed here, so that it is asked for once, and only where it is needed.
    ///
    /// # Errors
    /// Where a file that stayed on the disk cannot be read any more.
    pub fn sha256(&self) -> Result<String, ImagingError> {
        match &self.content {
            Content::Memory(bytes) => Ok(hexadecimal(&Sha256::digest(bytes.as_slice()))),
            Content::Disk(source) => {
                let mut hash = Sha256::new();
                let mut at = 0;
                while at < source.length() {
                    let part = source.read(at, (source.length() - at).min(HASHED_BYTES as u64))?;
                    hash.update(&part);
                    at += part.len() as u64;
                }
                Ok(hexadecimal(&hash.finalize()))
            }
        }
    }

    /// The file's size.
    pub fn bytes(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Disk(source) => source.length(),
        }
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
        let read = || match (&self.content, self.format) {
            (Content::Memory(bytes), ScanFormat::Pdf) => formats::pdf::metadata(bytes),
            (Content::Memory(bytes), format) => Metadata::read(bytes, format),
            (Content::Disk(source), _) => Metadata::of_tiff(source),
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }

    /// Decodes page `index`, counted from 0, in its full size.
    ///
    /// # Errors
    /// Where there is no such page, it is beyond the limits, damaged, or of a kind that is not read.
    pub fn page(&self, index: u32) -> Result<PageImage, ImagingError> {
        self.with_page(index, |page| {
            let PageHeader { width, height, .. } = *page.header();
            self.limits.check_pixels(width, height, self.format.name())?;
            self.limits.check_memory(u64::from(width) * u64::from(height) * 3)?;
            picture(page, self.gamut, read_page)
        })
    }

    /// Page `index`, counted from 0, scaled down so that its longer side has at most `longest` pixels. Of a TIFF on the disk only some bands are in memory at a time.
    ///
    /// # Errors
    /// Those of [`ScanFile::page`].
    pub fn page_within(&self, index: u32, longest: u32) -> Result<PageImage, ImagingError> {
        self.with_page(index, |page| picture(page, self.gamut, |page, to_screen| read_small(page, to_screen, longest)))
    }

    /// The picture of [`ScanFile::page_within`] for the eye of a person: a JPEG that is much larger is decoded in a fraction of its size, which takes about half the time, and
    /// gives nearly the same pixels. For files that are known to be whole, as damage may pass unseen.
    ///
    /// # Errors
    /// Those of [`ScanFile::page`].
    pub fn preview(&self, index: u32, longest: u32) -> Result<RgbImage, ImagingError> {
        let scaled = match (&self.content, self.format, index) {
            (Content::Memory(bytes), ScanFormat::Jpeg, 0) => self.scaled_jpeg(bytes, longest),
            _ => None,
        };
        scaled.map_or_else(|| self.page_within(index, longest).map(|page| page.image), Ok)
    }

    /// None where nothing is gained, or it does not come out: then the whole is decoded, which says what is the matter.
    fn scaled_jpeg(&self, bytes: &[u8], longest: u32) -> Option<RgbImage> {
        let (width, height) = formats::jpeg::size(bytes)?;
        let factor = shrinking_factor(width, height, longest);
        if factor == 1 {
            return None;
        }
        let decoded = guarded(self.format, || {
            let Some(page) = formats::jpeg::open_scaled(bytes, factor, &self.limits) else { return Ok(None) };
            let small = read_page(&page, &ToScreen::new(page.header(), self.gamut))?;
            let (new_width, new_height) = small_size(width, height, longest);
            let small = resized(&small, new_width, new_height, Filter::Lanczos3);
            Ok(small.map(|small| upright(small, page.header().orientation)))
        });
        decoded.ok().flatten()
    }

    /// Width and height of page `index`, counted from 0, in its full size, upright. Of a TIFF that is known without decoding it.
    ///
    /// # Errors
    /// Those of [`ScanFile::page`].
    pub fn size(&self, index: u32) -> Result<(u32, u32), ImagingError> {
        self.with_page(index, |page| Ok(upright_size(page.header())))
    }

    /// A part of page `index`, counted from 0, in full size; as much of it as lies within the page. Of a TIFF only the strips or tiles are read that it touches.
    ///
    /// # Errors
    /// Those of [`ScanFile::page`], and where nothing of it lies within the page.
    pub fn part(&self, index: u32, part: PagePart) -> Result<RgbImage, ImagingError> {
        self.with_page(index, |page| read_part(page, part, self.gamut, &self.limits))
    }

    /// Does something with a page that is open.
    pub(crate) fn with_page<T>(
        &self,
        index: u32,
        work: impl FnOnce(&dyn Page) -> Result<T, ImagingError>,
    ) -> Result<T, ImagingError> {
        guarded(self.format, || match &self.content {
            Content::Memory(bytes) => {
                let deadline = self.limits.deadline();
                work(&*formats::open(bytes, self.format, index, &self.limits, deadline)?)
            }
            Content::Disk(source) => {
                let limits = self.limits.banded();
                work(&tiff::open(source, index, &limits, limits.deadline())?)
            }
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

/// A page's picture, read as `read` does it, upright.
fn picture(
    page: &dyn Page,
    gamut: Gamut,
    read: impl FnOnce(&dyn Page, &ToScreen) -> Result<RgbImage, ImagingError>,
) -> Result<PageImage, ImagingError> {
    let header = page.header();
    let to_screen = ToScreen::new(header, gamut);
    let image = upright(read(page, &to_screen)?, header.orientation);
    Ok(PageImage { image, full_size: upright_size(header), colours: to_screen.source(), remark: page.remark() })
}

fn upright_size(header: &PageHeader) -> (u32, u32) {
    let (width, height) = (header.width, header.height);
    if lies_across(header.orientation) { (height, width) } else { (width, height) }
}
