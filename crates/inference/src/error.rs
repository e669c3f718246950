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
    /// What a library has taught belongs to weights that are not these.
    #[error("what was learnt from this library belongs to the weights of {of}; learn from the library again")]
    OtherWeights {
        /// The pack and its version.
        of: String,
    },
    /// A file of a model that a person brought can't be used.
    #[error("the model's file {} can't be used: {cause}", path.display())]
    ModelFile {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it and what to do.
        cause: String,
    },
    /// A tensor of a model's file is not there or not what the model needs.
    #[error("the model's file {}: tensor {tensor} {cause}", path.display())]
    Tensor {
        /// The file, or the folder when no file holds the tensor.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// What is wrong with it, continuing the sentence.
        cause: String,
    },
    /// There is not enough memory for a model.
    #[error("{0}")]
    Memory(String),
    /// A job of the engine ended in a fault of the program.
    #[error("the model's work ended in a fault of the program ({0}); the model was unloaded and will be loaded again")]
    Fault(String),
    /// The engine was shut down.
    #[error("the model engine has stopped; start the program again")]
    EngineStopped,
    /// An image without pixels, or one that a model can't take.
    #[error("an image of {width} x {height} pixels can't be read by the model")]
    Image {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// An image so long and narrow that a vision tower can't read it.
    #[error(
        "an image of {width} x {height} pixels is more than 200 times as long as it is wide; cut it into parts to have it read"
    )]
    AspectRatio {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// The file that states a model's sizes can't be used.
    #[error("the model's configuration can't be used: {0}; take the config.json that was published with the weights")]
    ModelConfig(String),
    /// What a model was given to read does not fit together.
    #[error("the prompt can't be read by the model: {0}")]
    Prompt(String),
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
    /// A kernel was given sizes or numbers that it can't work with.
    #[error("the model could not be computed: {0}")]
    Kernel(#[from] vitrine_kernels::KernelError),
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

    /// A file of a model that a person brought, which is unusable.
    pub(crate) fn model_file(path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::ModelFile { path: path.to_owned(), cause: cause.to_string() }
    }

    /// A tensor that is not what the model needs; `cause` continues "tensor x ...".
    pub(crate) fn tensor(path: &Path, tensor: &str, cause: impl std::fmt::Display) -> Self {
        // A name comes from the file; a hostile one is not to fill the screen.
        let tensor = if tensor.len() > 200 {
            format!("{}…", tensor.chars().take(200).collect::<String>())
        } else {
            tensor.to_owned()
        };
        Self::Tensor { path: path.to_owned(), tensor, cause: cause.to_string() }
    }

    /// An input or output failure at `path`.
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}
