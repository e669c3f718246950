//! A model's sizes, read from the `config.json` beside its weights. All published forms are understood: flat as the first
//! releases wrote it, nested (`text_config`, `vision_config`) as transformers writes it now, and ColQwen2's `vlm_config`.

use serde_json::Value;

use crate::InferenceError;

/// No published model comes near; a file that says more is damaged.
const MOST_LAYERS: u64 = 1024;
const MOST_NUMBERS: u64 = 1 << 24;

/// The sizes of a vision-language model.
#[derive(Debug, Clone, PartialEq)]
pub struct QwenConfig {
    /// What reads images.
    pub vision: VisionConfig,
    /// What reads and writes text.
    pub language: LanguageConfig,
    /// The token whose place in a prompt an image's rows take.
    pub image_token: u32,
    /// The width of a ColQwen2 row; `None` when the file says nothing of it (colpali-engine's do not; it is 128).
    pub row_width: Option<usize>,
}

/// Which of the two towers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisionFamily {
    /// Qwen2-VL: every patch of an image attends to all of it; layer norms, one inner map with quick GELU.
    Qwen2,
    /// Qwen2.5-VL: most blocks attend within windows; RMS norms, SwiGLU.
    Qwen2_5 {
        /// A window's side in pixels.
        window: usize,
        /// The blocks that attend to the whole image.
        full_attention: Vec<usize>,
    },
}

/// The sizes of a vision tower.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Which tower.
    pub family: VisionFamily,
    /// Blocks.
    pub depth: usize,
    /// The width of a patch's row.
    pub width: usize,
    /// The width inside a block's feed-forward part.
    pub inner: usize,
    /// Attention heads.
    pub heads: usize,
    /// The width of a merged row: the language model's.
    pub output: usize,
    /// A patch's side in pixels.
    pub patch: usize,
    /// Patches a side that are merged into one row for the language model.
    pub merge: usize,
    /// Frames a patch spans; a still image is repeated.
    pub frames: usize,
    /// Colours.
    pub channels: usize,
}

impl VisionConfig {
    /// Numbers of one patch: colours x frames x side x side.
    pub fn patch_numbers(&self) -> usize {
        self.channels * self.frames * self.patch * self.patch
    }

    /// The width of an attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    fn read(vision: &Value, family: VisionFamily) -> Result<Self, InferenceError> {
        let number = |keys: &[&str], otherwise| number(vision, "vision_config", keys, otherwise, MOST_NUMBERS);
        let qwen2 = family == VisionFamily::Qwen2;
        // Qwen2-VL calls the tower's width `embed_dim` and the language model's `hidden_size`.
        let width = number(if qwen2 { &["embed_dim"] } else { &["hidden_size"] }, Some(1280))?;
        let inner = if qwen2 {
            width.saturating_mul(number(&["mlp_ratio"], Some(4))?)
        } else {
            number(&["intermediate_size"], Some(3420))?
        };
        let config = Self {
            family,
            depth: self::number(vision, "vision_config", &["depth"], Some(32), MOST_LAYERS)?,
            width,
            inner,
            heads: number(&["num_heads"], Some(16))?,
            output: number(if qwen2 { &["hidden_size"] } else { &["out_hidden_size"] }, None)?,
            patch: number(&["patch_size", "spatial_patch_size"], Some(14))?,
            merge: number(&["spatial_merge_size"], Some(2))?,
            frames: number(&["temporal_patch_size"], Some(2))?,
            channels: number(&["in_channels", "in_chans"], Some(3))?,
        };
        if !config.width.is_multiple_of(config.heads) || !config.head_width().is_multiple_of(4) {
            return Err(unusable(format!(
                "{} heads of a vision tower {} wide would not be a multiple of four wide each",
                config.heads, config.width
            )));
        }
        if config.channels != 3 || config.patch > 64 || config.merge > 8 || config.frames > 8 {
            return Err(unusable("its vision tower reads patches of a shape that no known tower has".into()));
        }
        if let VisionFamily::Qwen2_5 { window, .. } = config.family
            && window < config.patch * config.merge
        {
            return Err(unusable(format!("its vision tower's windows of {window} pixels hold no merged patch")));
        }
        Ok(config)
    }
}

/// The sizes of the language model.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageConfig {
    /// Tokens.
    pub vocabulary: usize,
    /// The width of a token's row.
    pub width: usize,
    /// The width inside a block's feed-forward part.
    pub inner: usize,
    /// Blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / key_heads` query heads.
    pub key_heads: usize,
    /// The width of a head.
    pub head_width: usize,
    /// What the RMS norms add to the mean square.
    pub norm_epsilon: f64,
    /// The base of the rotary frequencies.
    pub rotary_base: f64,
    /// How many of a head's frequencies follow a token's time, row and column in turn; together half of a head's width.
    pub rotary_sections: [usize; 3],
    /// Whether logits are made with the table of embeddings.
    pub tied_head: bool,
}

impl LanguageConfig {
    fn read(text: &Value, tied_head: bool) -> Result<Self, InferenceError> {
        let number = |keys: &[&str], otherwise| number(text, "config.json", keys, otherwise, MOST_NUMBERS);
        if text["use_sliding_window"].as_bool() == Some(true) {
            return Err(unusable("it asks for sliding-window attention, which this program does not compute".into()));
        }
        let width = number(&["hidden_size"], None)?;
        let heads = number(&["num_attention_heads"], None)?;
        let head_width = number(&["head_dim"], Some((width / heads) as u64))?;
        let rope = [&text["rope_parameters"], &text["rope_scaling"]].into_iter().find(|rope| rope.is_object());
        let rope = rope.unwrap_or(&Value::Null);
        match rope["rope_type"].as_str().or(rope["type"].as_str()) {
            None | Some("default" | "mrope") => {}
            Some(other) => {
                return Err(unusable(format!(
                    "it asks for rotary positions of the type {other:?}, which is not known"
                )));
            }
        }
        let rotary_sections = match rope["mrope_section"].as_array() {
            Some(sections) => {
                let sections: Vec<usize> = sections.iter().filter_map(|s| s.as_u64()).map(|s| s as usize).collect();
                sections.try_into().map_err(|_| unusable("its mrope_section is not three numbers".into()))?
            }
            // All three positions of a text token are the same, so a text model's one section says the same.
            None => [head_width / 2, 0, 0],
        };
        let config = Self {
            vocabulary: number(&["vocab_size"], None)?,
            width,
            inner: number(&["intermediate_size"], None)?,
            layers: self::number(text, "config.json", &["num_hidden_layers"], None, MOST_LAYERS)?,
            heads,
            key_heads: number(&["num_key_value_heads"], Some(heads as u64))?,
            head_width,
            norm_epsilon: text["rms_norm_eps"].as_f64().unwrap_or(1e-6),
            rotary_base: rope["rope_theta"].as_f64().or(text["rope_theta"].as_f64()).unwrap_or(1e6),
            rotary_sections,
            tied_head,
        };
        if !config.heads.is_multiple_of(config.key_heads) {
            return Err(unusable(format!(
                "{} query heads can't share {} key heads evenly",
                config.heads, config.key_heads
            )));
        }
        let sections = config.rotary_sections.iter().fold(0usize, |sum, &section| sum.saturating_add(section));
        if !head_width.is_multiple_of(2) || sections != head_width / 2 {
            return Err(unusable(format!(
                "its mrope_section {:?} does not make half of a head {head_width} wide",
                config.rotary_sections
            )));
        }
        if !(config.rotary_base.is_finite() && config.rotary_base > 1.0 && config.norm_epsilon.is_finite()) {
            return Err(unusable("its rope_theta or rms_norm_eps is not a usable number".into()));
        }
        Ok(config)
    }
}

impl QwenConfig {
    /// Reads the text of a `config.json`.
    pub fn parse(json: &str) -> Result<Self, InferenceError> {
        let root: Value = serde_json::from_str(json).map_err(|cause| unusable(format!("it is not JSON: {cause}")))?;
        let row_width = match &root["embedding_dim"] {
            Value::Null => None,
            _ => Some(number(&root, "config.json", &["embedding_dim"], None, 1 << 16)?),
        };
        let model = if root["vlm_config"].is_object() { &root["vlm_config"] } else { &root };
        let text = if model["text_config"].is_object() { &model["text_config"] } else { model };
        let vision = &model["vision_config"];
        let family = match model["model_type"].as_str().unwrap_or_default() {
            "qwen2_vl" => VisionFamily::Qwen2,
            "qwen2_5_vl" => {
                let full_attention = match vision["fullatt_block_indexes"].as_array() {
                    Some(blocks) => blocks.iter().filter_map(|b| b.as_u64()).map(|b| b as usize).collect(),
                    None => vec![7, 15, 23, 31],
                };
                let window = number(vision, "vision_config", &["window_size"], Some(112), 1 << 16)?;
                VisionFamily::Qwen2_5 { window, full_attention }
            }
            other => return Err(unusable(format!("it says model_type {other:?}; qwen2_vl and qwen2_5_vl are known"))),
        };
        let tied_head =
            [&root, model, text].iter().find_map(|at| at["tie_word_embeddings"].as_bool().filter(|&tied| tied));
        let config = Self {
            vision: VisionConfig::read(vision, family)?,
            language: LanguageConfig::read(text, tied_head.unwrap_or(false))?,
            image_token: number(model, "config.json", &["image_token_id"], Some(151_655), MOST_NUMBERS)? as u32,
            row_width,
        };
        if config.vision.output != config.language.width {
            return Err(unusable(format!(
                "its vision tower gives rows {} wide, its language model reads {}",
                config.vision.output, config.language.width
            )));
        }
        Ok(config)
    }
}

/// The first of `keys` that `at` has, a whole number from 1 to `most`.
fn number(at: &Value, place: &str, keys: &[&str], otherwise: Option<u64>, most: u64) -> Result<usize, InferenceError> {
    let found = keys.iter().map(|key| &at[*key]).find(|value| !value.is_null());
    let value = match found {
        Some(value) => value.as_u64(),
        None => otherwise,
    };
    match value {
        Some(value) if (1..=most).contains(&value) => Ok(value as usize),
        _ => Err(unusable(match found {
            Some(found) => format!("{place} says {} = {found}, not a whole number from 1 to {most}", keys[0]),
            None => format!("{place} does not say {}", keys[0]),
        })),
    }
}

fn unusable(cause: String) -> InferenceError {
    InferenceError::ModelConfig(cause)
}
