//! A model's sizes, read from the `config.json` beside its weights. All published forms are understood: flat as the first
//! releases wrote it, nested (`text_config`, `vision_config`) as transformers writes it now, and ColQwen2's `vlm_config`; of models of
//! text alone (`qwen2`, `qwen3`, `gemma3_text`) the flat one.

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

/// A family of language models: what they differ in besides their sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageFamily {
    /// Qwen2 and Qwen2.5, also those behind a vision tower: queries, keys and values with a bias.
    Qwen2,
    /// Qwen3 (Yang et al., arXiv 2505.09388): no bias, every head of queries and keys normed.
    Qwen3,
    /// Gemma 3 (Gemma Team, arXiv 2503.19786): heads normed too, what attention and feed-forward part give normed before it is added, GELU,
    /// embeddings multiplied by the root of their width, and most blocks that see a window of the text only.
    Gemma3,
}

impl LanguageFamily {
    /// Whether queries, keys and values have a bias.
    pub(super) fn biased_attention(self) -> bool {
        self == Self::Qwen2
    }

    /// Whether heads of queries and keys are normed.
    pub(super) fn normed_heads(self) -> bool {
        self != Self::Qwen2
    }

    /// Whether what attention and the feed-forward part give is normed before it is added.
    pub(super) fn normed_outputs(self) -> bool {
        self == Self::Gemma3
    }
}

/// How the blocks see that see only a part of the text before them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalAttention {
    /// How many tokens they see, the last of them their own.
    pub window: usize,
    /// Every so many-th block sees everything: with 6 the blocks 5, 11, … counted from 0.
    pub global_every: usize,
    /// The base of their rotary frequencies.
    pub rotary_base: f64,
}

/// The sizes of the language model.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageConfig {
    /// Which family it belongs to.
    pub family: LanguageFamily,
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
    /// Positions are divided by it, in blocks that see everything (Chen et al., arXiv 2306.15595); 1 as a rule.
    pub rotary_scale: f64,
    /// Which blocks see a part of the text only; None where all see everything.
    pub local: Option<LocalAttention>,
    /// Products of queries and keys are divided by the root of it; as a rule a head's width.
    pub query_scalar: f64,
    /// How many of a head's frequencies follow a token's time, row and column in turn; together half of a head's width.
    pub rotary_sections: [usize; 3],
    /// Whether logits are made with the table of embeddings.
    pub tied_head: bool,
}

impl LanguageConfig {
    /// Reads the text of a `config.json` of a model of text alone.
    pub fn parse(json: &str) -> Result<Self, InferenceError> {
        let root = object(json)?;
        let family = match root["model_type"].as_str().unwrap_or_default() {
            "qwen2" => LanguageFamily::Qwen2,
            "qwen3" => LanguageFamily::Qwen3,
            "gemma3_text" => LanguageFamily::Gemma3,
            other => {
                return Err(unusable(format!("it says model_type {other:?}; qwen2, qwen3 and gemma3_text are known")));
            }
        };
        let tied = root["tie_word_embeddings"].as_bool().unwrap_or(family == LanguageFamily::Gemma3);
        Self::read(&root, family, tied)
    }

    /// What embeddings are multiplied by.
    pub(super) fn embedding_scale(&self) -> Option<f64> {
        (self.family == LanguageFamily::Gemma3).then(|| (self.width as f64).sqrt())
    }

    /// The window of the block number `at`.
    pub(super) fn window(&self, at: usize) -> Option<usize> {
        self.local.filter(|local| !(at + 1).is_multiple_of(local.global_every)).map(|local| local.window)
    }

    fn read(text: &Value, family: LanguageFamily, tied_head: bool) -> Result<Self, InferenceError> {
        let number = |keys: &[&str], otherwise| number(text, "config.json", keys, otherwise, MOST_NUMBERS);
        if text["use_sliding_window"].as_bool() == Some(true) {
            return Err(unusable("it asks for sliding-window attention, which this program does not compute".into()));
        }
        let width = number(&["hidden_size"], None)?;
        let heads = number(&["num_attention_heads"], None)?;
        let head_width = number(&["head_dim"], Some((width / heads) as u64))?;
        let rope = [&text["rope_parameters"], &text["rope_scaling"]].into_iter().find(|rope| rope.is_object());
        let rope = rope.unwrap_or(&Value::Null);
        let rotary_scale = match rope["rope_type"].as_str().or(rope["type"].as_str()) {
            None | Some("default" | "mrope") => 1.0,
            Some("linear") => rope["factor"].as_f64().unwrap_or(1.0),
            Some(other) => {
                return Err(unusable(format!(
                    "it asks for rotary positions of the type {other:?}, which is not known"
                )));
            }
        };
        let local = match family {
            LanguageFamily::Gemma3 => Some(LocalAttention {
                window: number(&["sliding_window"], None)?,
                global_every: number(&["sliding_window_pattern"], Some(6))?,
                rotary_base: text["rope_local_base_freq"].as_f64().unwrap_or(1e4),
            }),
            LanguageFamily::Qwen2 | LanguageFamily::Qwen3 => None,
        };
        let rotary_sections = match rope["mrope_section"].as_array() {
            Some(sections) => {
                let sections: Vec<usize> = sections.iter().filter_map(|s| s.as_u64()).map(|s| s as usize).collect();
                sections.try_into().map_err(|_| unusable("its mrope_section is not three numbers".into()))?
            }
            // All three positions of a text token are the same, so a text model's one section says the same.
            None => [head_width / 2, 0, 0],
        };
        let config = Self {
            family,
            vocabulary: number(&["vocab_size"], None)?,
            width,
            inner: number(&["intermediate_size"], None)?,
            layers: self::number(text, "config.json", &["num_hidden_layers"], None, MOST_LAYERS)?,
            heads,
            key_heads: number(&["num_key_value_heads"], Some(heads as u64))?,
            head_width,
            norm_epsilon: text["rms_norm_eps"].as_f64().unwrap_or(1e-6),
            rotary_base: rope["rope_theta"].as_f64().or(text["rope_theta"].as_f64()).unwrap_or(1e6),
            rotary_scale,
            local,
            query_scalar: text["query_pre_attn_scalar"].as_f64().unwrap_or(head_width as f64),
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
        let local_base = config.local.map_or(config.rotary_base, |local| local.rotary_base);
        let bases = [config.rotary_base, local_base].into_iter().all(|base| base.is_finite() && base > 1.0);
        let factors = [config.rotary_scale, config.query_scalar].into_iter().all(|x| x.is_finite() && x > 0.0);
        if !(bases && factors && config.norm_epsilon.is_finite()) {
            return Err(unusable("its rotary base, a factor or rms_norm_eps is not a usable number".into()));
        }
        Ok(config)
    }
}

impl QwenConfig {
    /// Reads the text of a `config.json`.
    pub fn parse(json: &str) -> Result<Self, InferenceError> {
        let root = object(json)?;
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
            language: LanguageConfig::read(text, LanguageFamily::Qwen2, tied_head.unwrap_or(false))?,
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

fn object(json: &str) -> Result<Value, InferenceError> {
    serde_json::from_str(json).map_err(|cause| unusable(format!("it is not JSON: {cause}")))
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
