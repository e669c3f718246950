//! Model packs, image preparation and the models behind three interfaces.

mod compact;
mod error;
mod interfaces;
mod manifest;
mod minilm;
mod pack;
mod text;
pub mod training;

pub use compact::{CompactClassifier, CompactPack, CompactRetriever};
pub use error::InferenceError;
pub use interfaces::*;
pub use manifest::{PackFile, PackManifest, Place, Source};
pub use pack::{PackIdentity, PackPaths};
