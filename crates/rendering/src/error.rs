//! What can go wrong before a page is drawn; drawing itself cannot fail.

use std::{io, path::PathBuf};

/// Why fonts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RenderingError {
    /// A font file is there but cannot be read.
    #[error("The font {path} cannot be read: {source}. Make it readable, or delete it and set Vitrine up again.")]
    Read {
        /// The font file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A font file is not the one that was recorded.
    #[error(
        "The font {path} is damaged or of another version: its SHA-256 is not the recorded one. Delete it and set Vitrine up again."
    )]
    NotTheRecordedFont {
        /// The font file.
        path: PathBuf,
    },
}
