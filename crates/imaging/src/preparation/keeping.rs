//! What was made is kept as a file of its own, named by its content, so that the same is never kept twice.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use image::{
    ExtendedColorType, ImageEncoder, RgbImage,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use sha2::{Digest, Sha256};

use crate::ImagingError;

/// A picture that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPicture {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// Writes a picture as PNG, which loses nothing, into `folder`; its name is `name` and the beginning of its hash.
///
/// # Errors
/// [`ImagingError::Kept`] where it cannot be written.
pub fn keep_picture(picture: &RgbImage, folder: &Path, name: &str) -> Result<KeptPicture, ImagingError> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(|error| ImagingError::Kept(io::Error::other(error)))?;
    let sha256: String = Sha256::digest(&png).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = folder.join(format!("{name} {}.png", sha256.get(..10).unwrap_or_default()));
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&png)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(ImagingError::Kept)?;
    Ok(KeptPicture { path, sha256, bytes: png.len() as u64 })
}
