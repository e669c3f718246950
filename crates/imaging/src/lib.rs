//! From a file to pixels: decoding within limits, upright orientation, hashes, and the smaller pictures that are shown.
//!
//! Originals are only ever read. Colour management, tiles and further formats have their place here and are not built yet.

mod derivatives;
mod error;
mod jpeg;
mod resize;
mod scan;
mod signature;

pub use derivatives::{Derivative, DerivativeCache, fit_within};
pub use error::ImagingError;
pub use image::RgbImage;
pub use resize::{Filter, resized};
pub use scan::{Limits, ScanImage, read_scan};
pub use signature::{ScanFormat, has_image_extension};
