//! From a file to pixels: decoding within limits, colours as the file means them, upright orientation, hashes, and the smaller pictures that are shown.
//!
//! Originals are only ever read.

mod colour;
mod derivatives;
mod error;
mod formats;
mod limits;
mod metadata;
mod parallel;
mod portions;
mod preparation;
mod pyramid;
mod raster;
mod remark;
mod resize;
mod scan;
mod signature;
mod similarity;
mod unfinished;

pub use colour::{ColourSource, Gamut};
pub use derivatives::{Derivative, DerivativeCache, fit_within};
pub use error::ImagingError;
pub use formats::pdf::inflates_within;
pub use image::RgbImage;
pub use limits::Limits;
pub use metadata::Metadata;
pub use preparation::{Corners, KeptPicture, find_artwork, keep_picture, straightened};
pub use pyramid::{TILE_SIDE, TilePyramid, write_pyramid};
pub use remark::PageRemark;
pub use resize::{Filter, resized};
pub use scan::{PageImage, PagePart, ScanFile, ScanImage, file_sha256, read_scan};
pub use signature::{ScanFormat, has_image_extension};
pub use similarity::{NotAFingerprint, PerceptualHash};
