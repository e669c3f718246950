//! Model packs, image preparation and the models behind three interfaces.

mod interfaces;

pub use interfaces::*;

/// Which weights spoke: stored with everything that came from a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackIdentity {
    /// The pack's id, e.g. `compact`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over its weight files, in hexadecimal.
    pub weights_sha256: String,
}

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The numbers that a model made are not a multi-vector.
    #[error("the model gave unusable numbers: {0}")]
    Rows(#[from] vitrine_retrieval::MultiVectorError),
}
