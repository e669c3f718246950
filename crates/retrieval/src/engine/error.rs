//! Why an index cannot be made, opened, changed or searched.

use std::io;
use std::path::PathBuf;

use crate::{CodebookError, SearchError};

/// Why an index cannot be made, opened, changed or searched.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file of the index cannot be read.
    #[error("{path} of the index cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file of the index cannot be written.
    #[error("{path} of the index cannot be written: {source}; check the free space and the permissions of its folder")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file of the index holds something else, or is damaged.
    #[error("{path} is not usable: {reason}; build the index again, or put this file back from a copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no index in the folder.
    #[error("{folder} holds no index; build one there first")]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// There already is one.
    #[error("{folder} already holds an index; open it, or choose an empty folder")]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// Another program writes to it.
    #[error("the index in {folder} is being written to by another program; wait for it or close it")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// It was opened for reading.
    #[error("the index in {folder} was opened for reading only")]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
    },
    /// The codebook cannot be used.
    #[error(transparent)]
    Codebook(#[from] CodebookError),
    /// The query does not fit.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A document is given twice at once.
    #[error("the document {id} is given twice; an addition holds each document once")]
    Twice {
        /// Its id.
        id: u64,
    },
    /// A document's rows are of another width than the index's.
    #[error("the document {id} has rows of {rows} numbers, the index of {index}: they were made by different models")]
    Width {
        /// Its id.
        id: u64,
        /// The width of its rows.
        rows: usize,
        /// The width of the index's rows.
        index: usize,
    },
}
