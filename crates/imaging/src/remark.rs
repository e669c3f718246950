//! What a person should know of how a page became a picture.

use std::fmt;

/// Why a page's picture is not simply what lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageRemark {
    /// What the camera made of its raw data.
    CameraPreview {
        /// Width and height in pixels of what the sensor saw, where the file says it.
        sensor: Option<(u32, u32)>,
    },
    /// The page of a document, drawn.
    Drawn {
        /// Dots an inch.
        dpi: u32,
        /// Whether some of its pictures or fonts could not be read, so that they are missing.
        incomplete: bool,
    },
}

impl fmt::Display for PageRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CameraPreview { sensor } => {
                write!(f, "the camera's own preview, not a development of its raw data")?;
                if let Some((width, height)) = sensor {
                    write!(f, " of {width} x {height} pixels")?;
                }
                write!(f, "; for the full quality develop it and take in the TIFF")
            }
            Self::Drawn { dpi, incomplete: false } => {
                write!(f, "drawn at {dpi} dots an inch, as it is more than one picture")
            }
            Self::Drawn { dpi, incomplete: true } => write!(
                f,
                "drawn at {dpi} dots an inch, and some of its pictures or letters are missing, as they cannot be read"
            ),
        }
    }
}
