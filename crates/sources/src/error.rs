//! What a person is told when a source cannot be read.

use std::io;
use std::path::{Path, PathBuf};

/// The result of reading a source.
pub type Result<T, E = SourceError> = std::result::Result<T, E>;

/// Why a source cannot be read, as a sentence with the file, the cause and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder that the system does not give.
    #[error("{}: {cause}; check that it is there and may be read", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file of a kind that is not read.
    #[error("{} is not {wanted}: {reason}", .file.display())]
    OtherKind {
        /// The file.
        file: PathBuf,
        /// What it should have been, with its article.
        wanted: &'static str,
        /// How it is known, and what to do.
        reason: String,
    },
    /// A file that is damaged, or holds what it should not.
    #[error("{}, {place}: {reason}", .file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// Where in it: a page, a line, an offset.
        place: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A position that reading cannot resume from.
    #[error("{} cannot be read on from “{position}”: {reason}; read it from its beginning", .file.display())]
    NoSuchPosition {
        /// The file.
        file: PathBuf,
        /// The position as it was given.
        position: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl SourceError {
    /// A file or folder that the system does not give.
    pub fn file(file: &Path, cause: io::Error) -> Self {
        Self::File { file: file.to_path_buf(), cause }
    }

    /// A place of a file that is damaged; the reason says what is wrong and what to do.
    pub fn broken(file: &Path, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Broken { file: file.to_path_buf(), place: place.into(), reason: reason.into() }
    }
}

/// A page, or a stretch of a file, that was skipped.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct SourceProblem {
    /// What is wrong.
    pub error: SourceError,
    /// Nothing comes after this problem, though the source has not been read to its end.
    pub reading_ends: bool,
}

impl SourceProblem {
    /// A problem after which reading goes on.
    pub fn skipped(error: SourceError) -> Self {
        Self { error, reading_ends: false }
    }

    /// A problem after which nothing comes.
    pub fn last(error: SourceError) -> Self {
        Self { error, reading_ends: true }
    }
}
