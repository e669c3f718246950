//! Why a scan could not be taken, in sentences for the person who dropped it.

use std::io;

use crate::Limits;

/// Why a file could not be read as a scan. The text says the cause and what can be done; the caller adds the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ImagingError {
    /// Nothing lies there.
    #[error("the file is not there any more; check whether it was moved or its drive disconnected")]
    Missing,
    /// The system refuses access.
    #[error("you have no permission to read it; ask for access or copy it to a folder of your own")]
    Forbidden,
    /// Any other failure of the file system.
    #[error("it could not be read ({0}); check the drive and try again")]
    Io(io::Error),
    /// Zero bytes.
    #[error("the file is empty; scan or copy it again")]
    Empty,
    /// More bytes than the limit.
    #[error("the file is {megabytes} MB large; this version reads files of up to {limit} MB")]
    TooManyBytes {
        /// Its size in units of 10⁶ bytes.
        megabytes: u64,
        /// The limit in the same unit.
        limit: u64,
    },
    /// The content is something else, whatever the name says.
    #[error(
        "it is not an image that can be read: its content is {content}, not JPEG, PNG, TIFF, WebP, JPEG XL, JPEG 2000, Photoshop, PDF or camera raw; export it as TIFF or JPEG"
    )]
    Unsupported {
        /// What the content looks like, e.g. `plain text`.
        content: &'static str,
    },
    /// It opens with a password only.
    #[error("the {format} file is locked with a password; save a copy without one and take that in")]
    Locked {
        /// The format.
        format: &'static str,
    },
    /// More pixels than the limit; found before any memory is taken.
    #[error(
        "it is {width} x {height} pixels ({megapixels} megapixels); this version reads up to {limit} megapixels: export a smaller copy"
    )]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Both multiplied, in millions.
        megapixels: u64,
        /// The limit, in millions.
        limit: u64,
    },
    /// The file ends before the picture does.
    #[error("the file is incomplete: it ends before the picture does; copy or scan it again")]
    Truncated,
    /// The decoder would need more memory than it may have.
    #[error("reading it would take more memory than is allowed ({limit} MB); export a smaller copy")]
    TooMuchMemory {
        /// The limit in units of 10⁶ bytes.
        limit: u64,
    },
    /// A right file, of a kind that the decoder does not know.
    #[error(
        "it is a {format} file of a kind that this version does not read ({cause}); export it as plain 8- or 16-bit RGB"
    )]
    UnsupportedKind {
        /// The format.
        format: &'static str,
        /// The decoder's words.
        cause: String,
    },
    /// A page was asked for that the file does not have.
    #[error("it has no page {page}; choose another or take the file in again")]
    NoSuchPage {
        /// The page, counted from 1.
        page: u32,
    },
    /// A part was asked for that holds nothing of the page.
    #[error("the part that was asked for lies beyond the picture; choose one within it")]
    BeyondPage,
    /// Decoding took longer than the limit.
    #[error("reading it took longer than {seconds} seconds and was given up; export it as TIFF or a smaller copy")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// The decoder gave up.
    #[error("the {format} data is damaged ({cause}); copy or scan it again")]
    Damaged {
        /// The format that the content claims.
        format: &'static str,
        /// The decoder's words.
        cause: String,
    },
    /// A picture that was made could not be written.
    #[error("what was made of it could not be written ({0}); check that the disk is not full")]
    Kept(io::Error),
    /// A smaller picture could not be written to the cache.
    #[error("its preview could not be written ({0}); check that the disk is not full")]
    Cache(io::Error),
}

impl ImagingError {
    /// Sorts an input/output error by what a person can do about it.
    pub(crate) fn from_reading(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error),
        }
    }

    /// Sorts an input/output error out of a decoder that reads from memory: there the deadline and broken data are the only causes.
    pub(crate) fn from_decoding(error: io::Error, format: &'static str, limits: &Limits) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TooSlow { seconds: limits.time.as_secs() },
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Damaged { format, cause: error.to_string() },
        }
    }
}
