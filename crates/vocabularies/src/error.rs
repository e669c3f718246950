//! What can go wrong with a list of concepts.

use std::path::PathBuf;

/// The result of whatever reads a list.
pub type Result<T, E = VocabularyError> = std::result::Result<T, E>;

/// Why a list could not be used, as a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// Iconclass has not been fetched.
    #[error(
        "Iconclass is not on this computer: {} is missing; assets/iconclass/fetch.py fetches it, and so does ./run.sh",
        .0.display()
    )]
    NoIconclass(PathBuf),
    /// A file that is there could not be read.
    #[error("{} could not be read: {source}; see whether you may open it", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file of Iconclass is not in its form.
    #[error("{} is not what Iconclass publishes: {reason}; delete it and run assets/iconclass/fetch.py again", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A list of one's own cannot be used.
    #[error("{} cannot be used as a list of terms: {reason}", .file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A notation that Iconclass does not have.
    #[error("Iconclass has no notation “{0}”; search for words to find the right one")]
    NoNotation(String),
    /// A key that does not belong to its notation.
    #[error("Iconclass has no key “(+{key})” for {base}; `{base}` alone lists the keys that it has")]
    NoKey {
        /// The notation without keys.
        base: String,
        /// The key, without its brackets and sign.
        key: String,
    },
}
