//! What a person is told when something cannot be measured.

use std::io;
use std::path::{Path, PathBuf};

/// Why there are no figures, as a sentence with the file, the cause and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A file that cannot be read or written.
    #[error("{}: {cause}{advice}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: io::Error,
        /// What to do, with a leading semicolon; may be empty.
        advice: String,
    },
    /// Nothing in the folder looks like a data set.
    #[error("{} holds no data set that is known; it should have {wanted}", .folder.display())]
    NoDataSet {
        /// The folder.
        folder: PathBuf,
        /// What was looked for.
        wanted: String,
    },
    /// A file that holds something else.
    #[error("{}, {place}: {reason}", .file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// Line or entry.
        place: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A text file whose lines are written in two encodings.
    #[error(
        "{} mixes encodings: line {utf8} is UTF-8, line {other} is not; save the whole file as UTF-8 (`iconv` or an editor does that) and try again",
        .file.display()
    )]
    MixedEncodings {
        /// The file.
        file: PathBuf,
        /// A line that is UTF-8, from 1.
        utf8: usize,
        /// A line that is not.
        other: usize,
    },
    /// A text file that should be UTF-8.
    #[error("{}, line {line}: not UTF-8; save the file as UTF-8 and try again", .file.display())]
    NotUtf8 {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A split that the data set does not have.
    #[error("{name} has no split “{split}”; it has {}", listed(.known))]
    NoSplit {
        /// The data set.
        name: String,
        /// What was asked for.
        split: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A data set without what a task needs.
    #[error("{name} cannot be used for {task}: {lacks}")]
    Unsuited {
        /// The data set.
        name: String,
        /// The task.
        task: String,
        /// What is lacking.
        lacks: String,
    },
    /// Predictions of something else.
    #[error("{} was not made on {name}: {reason}; name the data set that it was made on, or another file", .file.display())]
    OtherDataSet {
        /// The predictions.
        file: PathBuf,
        /// The data set.
        name: String,
        /// How it is known.
        reason: String,
    },
    /// A number that is none.
    #[error("{}, line {line}: {what} is not a number (NaN or infinite); a model's scores must be finite, leave out what it could not score", .file.display())]
    NotANumber {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What should be a number.
        what: String,
    },
    /// Two runs that do not compare.
    #[error("{} and {} cannot be compared: {reason}", .first.display(), .second.display())]
    NoPair {
        /// A run's folder.
        first: PathBuf,
        /// The other's.
        second: PathBuf,
        /// Why.
        reason: String,
    },
    /// The model failed.
    #[error("{item}: {cause}")]
    Model {
        /// What it was looking at.
        item: String,
        /// What it says.
        cause: String,
    },
    /// Somebody asked to stop.
    #[error("stopped; what was done is kept, the same command goes on from there")]
    Stopped,
}

impl EvaluationError {
    pub(crate) fn file(file: &Path, cause: io::Error) -> Self {
        Self::File { file: file.to_path_buf(), cause, advice: String::new() }
    }

    pub(crate) fn broken(file: &Path, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Broken { file: file.to_path_buf(), place: place.into(), reason: reason.into() }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none at all; leave the option out".into() } else { names.join(", ") }
}
