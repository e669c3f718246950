//! Model packs, image preparation and the models behind three interfaces.

mod classifier;
mod compact;
mod efficientnet;
mod error;
mod gelu;
mod image_rows;
mod interfaces;
mod licn;
mod manifest;
pub mod metrics;
mod minilm;
mod noise;
mod pack;
mod text;
mod trained;
pub mod training;
mod weights;

pub use classifier::CompactClassifier;
pub use compact::{CompactPack, CompactRetriever};
pub use error::InferenceError;
pub use interfaces::*;
pub use manifest::{PackFile, PackManifest, Place, Source};
pub use pack::{PackIdentity, PackPaths, places};
pub use text::TextEncoder;
pub use weights::{Linear, Matrix, WeightSource};
