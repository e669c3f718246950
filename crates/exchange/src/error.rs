//! What can go wrong when records leave the library.

use std::path::PathBuf;

/// The result of whatever reads or writes records.
pub type Result<T, E = ExchangeError> = std::result::Result<T, E>;

/// Why records could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The library could not be read.
    #[error(transparent)]
    Library(#[from] vitrine_catalogue::CatalogueError),
    /// No work was chosen.
    #[error("there is nothing to export: no work was chosen; choose some works first")]
    NoRecords,
    /// The folder could not be made or written to.
    #[error("the folder {} could not be written to: {source}; choose a folder that you may write to", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder that a format of many files was to be written to has something in it.
    #[error("the folder {} is not empty; choose one that is, or one that is not there yet", .0.display())]
    NotEmpty(PathBuf),
    /// A profile of columns that cannot be used.
    #[error("the profile of columns was not understood: {reason}; correct its file")]
    BadProfile {
        /// What is wrong with it.
        reason: String,
    },
    /// A file that was to be read in could not be.
    #[error("{} could not be read: {reason}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause, and what to do.
        reason: String,
    },
    /// The pages could not be set.
    #[error("the pages of the {format} could not be set: {reason}")]
    Typesetting {
        /// The format's name.
        format: &'static str,
        /// The cause.
        reason: String,
    },
    /// The records could not be written to the end.
    #[error(
        "the {format} file could not be written: {source}; check that the disk has room and that you may write there"
    )]
    Write {
        /// The format's name.
        format: &'static str,
        /// The cause.
        source: std::io::Error,
    },
}
