//! What a model's configuration describes: one that sees, or one of text alone.

use std::path::Path;

use serde_json::Value;

use crate::qwen::{ColQwen2, LanguageConfig, LanguageModel, QwenConfig, QwenVl};
use crate::{InferenceError, WeightSource};

/// The kinds of models of text alone, as configurations name them.
const TEXT: [&str; 3] = ["qwen2", "qwen3", "gemma3_text"];

/// The sizes of a model.
pub(crate) enum ModelSizes {
    /// One with a vision tower.
    Seeing(QwenConfig),
    /// One that reads and writes text alone.
    Text(LanguageConfig),
}

impl ModelSizes {
    /// Reads the text of a `config.json`.
    pub(crate) fn parse(json: &str) -> Result<Self, InferenceError> {
        // What is no JSON is told below.
        let root: Value = serde_json::from_str(json).unwrap_or_default();
        if root["model_type"].as_str().is_some_and(|kind| TEXT.contains(&kind)) {
            return Ok(Self::Text(LanguageConfig::parse(json)?));
        }
        Ok(Self::Seeing(QwenConfig::parse(json)?))
    }

    /// Those of the model in `place`, which has to be one that sees.
    pub(crate) fn seeing(self, place: &Path) -> Result<QwenConfig, InferenceError> {
        match self {
            Self::Seeing(config) => Ok(config),
            Self::Text(_) => Err(InferenceError::model_file(place, "its model reads text alone and sees no image")),
        }
    }

    /// Those of the language model.
    pub(crate) fn language(&self) -> &LanguageConfig {
        match self {
            Self::Seeing(config) => &config.language,
            Self::Text(config) => config,
        }
    }

    /// Lets the model ask `source` for every tensor that it needs; `retrieves` where it stands behind a retriever.
    pub(crate) fn ask(&self, retrieves: bool, source: &dyn WeightSource) -> Result<(), InferenceError> {
        match self {
            Self::Seeing(config) if retrieves => ColQwen2::load(config, source).map(drop),
            Self::Seeing(config) => QwenVl::load(config, source).map(drop),
            Self::Text(config) => LanguageModel::load(config, source).map(drop),
        }
    }
}
