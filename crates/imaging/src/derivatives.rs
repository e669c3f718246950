//! The smaller pictures that are shown: a cache that can be deleted at any time and is made again.

use std::{
    fs,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use image::{RgbImage, codecs::jpeg::JpegEncoder};

use crate::{Filter, ImagingError, Limits, read_scan, resized};

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

    fn file_name(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail.jpg",
            Self::Large => "large.jpg",
        }
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

    /// Writes both derivatives of a scan just read, and returns the larger picture, which is also what models look at.
    pub fn store(&self, sha256: &str, image: &RgbImage) -> Result<RgbImage, ImagingError> {
        let large = fit_within(image, Derivative::Large.longest_side());
        self.write(sha256, Derivative::Large, &large)?;
        let thumbnail = fit_within(&large, Derivative::Thumbnail.longest_side());
        self.write(sha256, Derivative::Thumbnail, &thumbnail)?;
        Ok(large)
    }

    /// Where a derivative lies; made again from `original` when it is not there.
    ///
    /// # Errors
    /// Those of [`read_scan`], when the original has to be read and cannot.
    pub fn path(&self, sha256: &str, kind: Derivative, original: &Path) -> Result<PathBuf, ImagingError> {
        let path = self.place(sha256, kind);
        if !path.is_file() {
            let scan = read_scan(original, &Limits::default())?;
            self.store(sha256, &scan.image)?;
        }
        Ok(path)
    }

    fn place(&self, sha256: &str, kind: Derivative) -> PathBuf {
        // Two levels, so that no folder grows to a hundred thousand entries.
        let shelf = sha256.get(..2).unwrap_or("00");
        self.folder.join(shelf).join(sha256).join(kind.file_name())
    }

    fn write(&self, sha256: &str, kind: Derivative, image: &RgbImage) -> Result<(), ImagingError> {
        let path = self.place(sha256, kind);
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

/// `image` scaled down so that its longer side is at most `longest` pixels; as it is when it is small enough.
pub fn fit_within(image: &RgbImage, longest: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    if width.max(height) <= longest {
        return image.clone();
    }
    let scale = f64::from(longest) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let (new_width, new_height) = (scaled(width), scaled(height));
    resized(image, new_width, new_height, Filter::Lanczos3)
        .unwrap_or_else(|| image::imageops::thumbnail(image, new_width, new_height))
}
