//! Model packs, image preparation and the models behind three interfaces.

pub mod allocator;
pub mod chat;
mod classifier;
mod compact;
pub mod device;
mod efficientnet;
pub mod engine;
mod error;
mod gelu;
pub mod generation;
mod image_rows;
mod interfaces;
mod licn;
mod manifest;
pub mod metrics;
mod minilm;
pub mod model_pack;
mod noise;
mod pack;
pub mod qwen;
mod text;
mod trained;
pub mod training;
mod visual_retriever;
pub mod weights;
pub mod worker;
pub mod writer;

pub use classifier::CompactClassifier;
pub use compact::{CompactPack, CompactRetriever};
pub use error::InferenceError;
pub use interfaces::*;
pub use manifest::{PackFile, PackManifest, Place, Source};
pub use pack::{PackIdentity, PackPaths, places};
pub use text::TextEncoder;
pub use visual_retriever::VisualRetriever;
pub use weights::{Linear, Matrix, WeightSource};
