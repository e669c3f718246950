//! Why a model could not be loaded, run or trained.

use std::path::{Path, PathBuf};

/// Why a model could not be loaded, run or trained. Every message names the file or figure and what to do.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The numbers that a model made are not a multi-vector.
    #[error("the model gave unusable numbers: {0}")]
    Rows(#[from] vitrine_retrieval::MultiVectorError),
    /// A file of a pack is not there.
    #[error("the model pack's file {} is missing; run ./run.sh again, which fetches it", path.display())]
    PackFileMissing {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// A file of a pack is there but can't be used.
    #[error("the model pack's file {} can't be used: {cause}; delete it and run ./run.sh again", path.display())]
    PackFileBroken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// No folder with packs was found at all.
    #[error("no model packs were found; set VITRINE_PACKS to the folder that holds compact/pack.toml")]
    NoPacks,
    /// The pack names no trained image rows and classifier.
    #[error(
        "this pack has no trained image rows and classifier; make them with `vitrine-cli train` and record both files in pack.toml"
    )]
    Untrained,
    /// An image without pixels, or one that a model can't take.
    #[error("an image of {width} x {height} pixels can't be read by the model")]
    Image {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// Rows of another width than the model was trained for: they come from another pack.
    #[error(
        "the image's rows are {found} numbers wide, the classifier reads {wanted}; embed the image again with this pack"
    )]
    RowWidth {
        /// The width that came.
        found: usize,
        /// The width that the model reads.
        wanted: usize,
    },
    /// A text could not be cut into tokens.
    #[error("the text could not be cut into tokens: {0}")]
    Tokens(String),
    /// The numeric library failed.
    #[error("the model could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
    /// A training run can't begin or go on.
    #[error("training stopped: {0}")]
    Training(String),
    /// A file could not be read or written while training.
    #[error("{} could not be read or written: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The device can't be used.
    #[error(transparent)]
    Device(#[from] crate::device::DeviceError),
    /// The worker that computes for us failed.
    #[error(transparent)]
    Worker(#[from] crate::worker::WorkerError),
    /// Someone asked a long computation to stop.
    #[error("cancelled")]
    Cancelled,
}

impl InferenceError {
    /// A pack's file that is there but unusable.
    pub(crate) fn broken(path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::PackFileBroken { path: path.to_owned(), cause: cause.to_string() }
    }

    /// An input or output failure at `path`.
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}
