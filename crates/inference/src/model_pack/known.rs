//! What is known of the published models: the files in `models/*.toml`, which are part of the program.

use serde::{Deserialize, Serialize};

use crate::InferenceError;
use crate::qwen::{QwenConfig, VisionFamily};

/// The manifests.
const MANIFESTS: [&str; 4] = [
    include_str!("../../../../models/colqwen2-v1.0.toml"),
    include_str!("../../../../models/qwen2.5-vl-3b.toml"),
    include_str!("../../../../models/qwen2.5-vl-7b.toml"),
    include_str!("../../../../models/qwen2.5-vl-32b-awq.toml"),
];

/// A published model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// The pack's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    pub title: String,
    /// The name that it is published by.
    pub published: String,
    /// The interfaces it stands behind.
    pub roles: Vec<String>,
    /// Files besides the weights that the program needs.
    pub files: Vec<String>,
    /// The licences of its parts, as published.
    pub licences: Vec<LicencedPart>,
    /// Its sizes.
    pub architecture: Architecture,
    /// Gigabytes of weights in memory, by precision (linear maps and tables in it, the vision tower in bf16 where it is packed).
    pub memory: std::collections::BTreeMap<String, f64>,
}

impl KnownModel {
    /// Whether it stands behind a retriever.
    pub(super) fn retrieves(&self) -> bool {
        self.roles.iter().any(|role| role == "retriever")
    }
}

/// A part of a model and what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicencedPart {
    /// Which part.
    pub what: String,
    /// An SPDX expression, or `LicenseRef-` and a name.
    pub licence: String,
    /// What people should know of it.
    pub note: Option<String>,
}

/// The sizes that tell published models apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// `qwen2_vl` or `qwen2_5_vl`.
    pub family: String,
    /// The language model's width.
    pub width: usize,
    /// Its blocks.
    pub layers: usize,
    /// Its query heads.
    pub heads: usize,
    /// Its key and value heads.
    pub key_heads: usize,
    /// The width inside its feed-forward parts.
    pub inner: usize,
    /// Tokens.
    pub vocabulary: usize,
    /// The vision tower's blocks.
    pub vision_depth: usize,
    /// The vision tower's width.
    pub vision_width: usize,
}

impl Architecture {
    /// The sizes that a configuration states.
    pub fn of(config: &QwenConfig) -> Self {
        let family = match config.vision.family {
            VisionFamily::Qwen2 => "qwen2_vl",
            VisionFamily::Qwen2_5 { .. } => "qwen2_5_vl",
        };
        let language = &config.language;
        Self {
            family: family.into(),
            width: language.width,
            layers: language.layers,
            heads: language.heads,
            key_heads: language.key_heads,
            inner: language.inner,
            vocabulary: language.vocabulary,
            vision_depth: config.vision.depth,
            vision_width: config.vision.width,
        }
    }
}

/// All models that the program knows.
pub fn known_models() -> Result<Vec<KnownModel>, InferenceError> {
    MANIFESTS
        .iter()
        .map(|text| {
            toml::from_str(text).map_err(|error| {
                InferenceError::ModelConfig(format!("a manifest of the program itself: {}", error.message()))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qwen::{ColQwen2, QwenVl};
    use crate::weights::outline::{Listed, Outline};
    use crate::weights::packed::PackedFormat;

    /// The published configuration that has these sizes.
    fn config(model: &KnownModel) -> QwenConfig {
        let a = &model.architecture;
        let inner = if model.id.contains("32b") { 3456 } else { 3420 };
        let vision = if a.family == "qwen2_vl" {
            serde_json::json!({"depth": a.vision_depth, "embed_dim": a.vision_width, "hidden_size": a.width, "mlp_ratio": 4, "num_heads": 16})
        } else {
            serde_json::json!({"depth": a.vision_depth, "hidden_size": a.vision_width, "out_hidden_size": a.width,
                "intermediate_size": inner, "num_heads": 16})
        };
        let config = serde_json::json!({
            "model_type": a.family, "hidden_size": a.width, "num_hidden_layers": a.layers, "num_attention_heads": a.heads,
            "num_key_value_heads": a.key_heads, "intermediate_size": a.inner, "vocab_size": a.vocabulary,
            "tie_word_embeddings": a.width < 3000, "rms_norm_eps": 1e-6, "rope_theta": 1e6,
            "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "vision_config": vision,
        });
        QwenConfig::parse(&config.to_string()).unwrap()
    }

    #[test]
    fn the_manifests_sizes_give_the_memory_that_they_state() {
        let models = known_models().unwrap();
        assert_eq!(models.len(), 4);
        for model in models {
            let config = config(&model);
            assert_eq!(Architecture::of(&config), model.architecture);
            let fits = |_: &crate::weights::outline::Request| Listed::Fits;
            let outline = Outline::new(std::path::Path::new("nowhere"), &fits);
            if model.roles == ["retriever"] {
                ColQwen2::load(&config, &outline).map(drop).unwrap();
            } else {
                QwenVl::load(&config, &outline).map(drop).unwrap();
            }
            let requests = outline.requests();
            assert!(!model.memory.is_empty());
            for (precision, &stated) in &model.memory {
                let bits = |language: bool| match precision.as_str() {
                    "f32" => 32.0,
                    "bf16" => 16.0,
                    "Q8_0" if language => PackedFormat::Q8_0.bits(),
                    "Q6_K" if language => PackedFormat::Q6K.bits(),
                    "Q4_K" if language => PackedFormat::Q4K.bits(),
                    _ => 16.0,
                };
                let bytes: f64 = requests
                    .iter()
                    .map(|request| {
                        let language = request.matrix && !request.name.starts_with("visual.");
                        request.shape.iter().product::<usize>() as f64 * bits(language) / 8.0
                    })
                    .sum();
                let counted = bytes / 1e9;
                assert!((counted - stated).abs() < 0.011, "{} in {precision}: {counted:.3}, stated {stated}", model.id);
            }
        }
    }
}
