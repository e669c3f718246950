//! The smaller pictures that are shown: a cache that can be deleted at any time and is made again.

use std::{
    fs,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    time::Duration,
};

use image::{RgbImage, codecs::jpeg::JpegEncoder};

use crate::{Filter, Gamut, ImagingError, Limits, ScanFile, portions::shrinking_factor, resize::shrink_rows, resized};

/// The name of a folder of tiles.
const TILES: &str = "tiles";
/// After that time a folder that is being written is nobody's any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// The sizes that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivative {
    /// For grids: at most 512 px on the longer side.
    Thumbnail,
    /// For the viewer: at most 2048 px on the longer side.
    Large,
}

impl Derivative {
    /// The longer side's limit in pixels.
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Thumbnail => 512,
            Self::Large => 2048,
        }
    }

    /// `thumbnail.jpg`; of a file's second page `2 thumbnail.jpg`.
    fn file_name(self, page: u32) -> String {
        let name = match self {
            Self::Thumbnail => "thumbnail.jpg",
            Self::Large => "large.jpg",
        };
        if page == 0 { name.to_owned() } else { format!("{} {name}", page.saturating_add(1)) }
    }

    fn quality(self) -> u8 {
        match self {
            Self::Thumbnail => 82,
            Self::Large => 90,
        }
    }
}

/// A folder of derivatives, by the hash of the scan they were made of.
#[derive(Debug, Clone)]
pub struct DerivativeCache {
    folder: PathBuf,
}

impl DerivativeCache {
    /// Uses `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Writes both derivatives of a page (counted from 0) out of its picture, which need not be larger than the larger one; returns that one, which is also what models
    /// look at.
    pub fn store(&self, sha256: &str, page: u32, image: &RgbImage) -> Result<RgbImage, ImagingError> {
        let large = fit_within(image, Derivative::Large.longest_side());
        self.write(sha256, page, Derivative::Large, &large)?;
        let thumbnail = fit_within(&large, Derivative::Thumbnail.longest_side());
        self.write(sha256, page, Derivative::Thumbnail, &thumbnail)?;
        Ok(large)
    }

    /// Where a derivative lies; made again from `original` when it is not there.
    ///
    /// # Errors
    /// Those of [`ScanFile`], when the original has to be read and cannot.
    pub fn path(&self, sha256: &str, page: u32, kind: Derivative, original: &Path) -> Result<PathBuf, ImagingError> {
        let path = self.place(sha256, page, kind);
        if !path.is_file() {
            let longest = Derivative::Large.longest_side();
            let picture = ScanFile::read(original, &Limits::default())?.preview(page, longest)?;
            self.store(sha256, page, &picture)?;
        }
        Ok(path)
    }

    /// The folder of a page's tiles in the colours of a gamut, whether they are there or not.
    pub fn tiles(&self, sha256: &str, page: u32, gamut: Gamut) -> PathBuf {
        let page = if page == 0 { String::new() } else { format!("{} ", page.saturating_add(1)) };
        let colours = if gamut == Gamut::Srgb { String::new() } else { format!("{} ", gamut.key()) };
        self.shelf(sha256).join(format!("{page}{colours}{TILES}"))
    }

    /// Deletes the tiles that were longest not looked at, until all of them together take at most `most` bytes, and what broken-off runs
    /// left behind. The tiles in `kept` stay.
    ///
    /// # Errors
    /// [`ImagingError::Cache`] where something cannot be deleted.
    pub fn evict_tiles(&self, most: u64, kept: &Path) -> Result<(), ImagingError> {
        let mut all = Vec::new();
        let of_scans = subfolders(&self.folder).iter().flat_map(|shelf| subfolders(shelf)).collect::<Vec<_>>();
        for folder in of_scans.iter().flat_map(|scan| subfolders(scan)) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let modified = fs::metadata(&folder).and_then(|found| found.modified()).ok();
            if name.ends_with(TILES) {
                all.push((modified, bytes_below(&folder), folder));
            } else if modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED) {
                fs::remove_dir_all(&folder).map_err(ImagingError::Cache)?;
            }
        }
        all.sort();
        let mut total: u64 = all.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, folder) in all.into_iter().filter(|(_, _, folder)| folder != kept) {
            if total <= most {
                break;
            }
            fs::remove_dir_all(&folder).map_err(ImagingError::Cache)?;
            total -= bytes;
        }
        Ok(())
    }

    fn place(&self, sha256: &str, page: u32, kind: Derivative) -> PathBuf {
        self.shelf(sha256).join(kind.file_name(page))
    }

    /// The folder of a file's pictures.
    fn shelf(&self, sha256: &str) -> PathBuf {
        // Two levels, so that no folder grows to a hundred thousand entries.
        let shelf = sha256.get(..2).unwrap_or("00");
        self.folder.join(shelf).join(sha256)
    }

    fn write(&self, sha256: &str, page: u32, kind: Derivative, image: &RgbImage) -> Result<(), ImagingError> {
        let path = self.place(sha256, page, kind);
        let folder = path.parent().unwrap_or(&self.folder);
        let write = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            // Written aside and renamed, so that a reader never meets half a picture.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            JpegEncoder::new_with_quality(BufWriter::new(&mut file), kind.quality())
                .encode_image(image)
                .map_err(io::Error::other)?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(ImagingError::Cache)
    }
}

/// The folders in a folder; none where it cannot be read.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// What the files of a folder and of the folders in it take.
fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_below(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// `image` scaled down so that its longer side is at most `longest` pixels; as it is when it is small enough.
pub fn fit_within(image: &RgbImage, longest: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    if width.max(height) <= longest {
        return image.clone();
    }
    let (new_width, new_height) = small_size(width, height, longest);
    let shrunk = shrunk(image, shrinking_factor(width, height, longest));
    resized(shrunk.as_ref().unwrap_or(image), new_width, new_height, Filter::Lanczos3)
        .unwrap_or_else(|| image::imageops::thumbnail(image, new_width, new_height))
}

/// A picture's size once its longer side has `longest` pixels.
pub(crate) fn small_size(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let scale = f64::from(longest) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (scaled(width), scaled(height))
}

/// `image` shrunk by a whole factor; none for 1.
fn shrunk(image: &RgbImage, factor: u32) -> Option<RgbImage> {
    if factor == 1 {
        return None;
    }
    let (width, height) = (image.width().div_ceil(factor), image.height().div_ceil(factor));
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    shrink_rows(image.as_raw(), image.width(), factor, &mut pixels).ok()?;
    RgbImage::from_raw(width, height, pixels)
}
