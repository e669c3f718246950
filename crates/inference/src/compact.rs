//! The compact pack: EfficientNet-Lite2 and MiniLM rows, and LICN over them. Any laptop's CPU carries it.

use std::sync::Arc;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use crate::classifier::CompactClassifier;
use crate::efficientnet::{self, EfficientNetLite2};
use crate::image_rows::LEARNT_ROWS;
use crate::text::{ROW_WIDTH, TextEncoder};
use crate::trained::{self, Trained};
use crate::{InferenceError, PackIdentity, PackManifest, PackPaths, Retriever, TextRows};

/// The image backbone's file in the pack.
pub(crate) const BACKBONE: &str = "efficientnet-lite2.safetensors";

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
        // Text rows need no training of ours: a pack whose classifier is yet to be trained can still search.
        let named = manifest.files.iter().any(|file| file.name == trained::HEAD);
        let trained = if named { Some(Arc::new(Trained::load(&manifest, paths)?)) } else { None };
        let retriever = CompactRetriever {
            identity: identity.clone(),
            text: TextEncoder::load(&manifest, paths)?,
            network: EfficientNetLite2::load(&manifest.path(paths, BACKBONE)?, &manifest.bytes(paths, BACKBONE)?)?,
            trained: trained.clone(),
        };
        let classifier = CompactClassifier::new(identity.clone(), trained)?;
        Ok(Self { identity, retriever: Arc::new(retriever), classifier: Arc::new(classifier) })
    }
}

/// Image rows by EfficientNet-Lite2, text rows by all-MiniLM-L6-v2, both projected to 128.
pub struct CompactRetriever {
    identity: PackIdentity,
    text: TextEncoder,
    network: EfficientNetLite2,
    /// `None` when the pack names no trained files.
    trained: Option<Arc<Trained>>,
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

    fn rows_for_similarity(&self) -> usize {
        LEARNT_ROWS
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        let trained = self.trained.as_ref().ok_or(InferenceError::Untrained)?;
        let features = self.network.forward(&efficientnet::prepare(image)?, efficientnet::SIDE)?;
        Ok(MultiVector::normalised(trained.rows.of(&features)?.flatten_all()?.to_vec1()?, ROW_WIDTH)?)
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.text.embed_query(text)
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.text.embed_passage(text)
    }
}
