//! A model's sizes from GGUF metadata, in the form of transformers' `config.json`.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::Header;
use crate::InferenceError;

/// The architectures of language models that this program computes, as files name them. `qwen25vl` is another converter's name.
const LANGUAGE: [&str; 5] = ["qwen2", "qwen2vl", "qwen25vl", "qwen3", "gemma3"];

/// The blocks of Gemma 3 27B.
const GEMMA_27B_BLOCKS: u64 = 62;

/// Sizes of the language model and, if a second file brings one, of the vision tower.
pub(super) fn config(files: &[(&Path, &Header)]) -> Result<Json, InferenceError> {
    let mut language = None;
    let mut vision = None;
    for &(path, header) in files {
        match header.text("general.architecture") {
            Some("clip") => vision = Some((path, header)),
            Some(architecture) if LANGUAGE.contains(&architecture) => language = Some((path, header, architecture)),
            Some(other) => {
                let cause =
                    format!("it holds a model of the kind {other:?}; {} and clip are read", LANGUAGE.join(", "));
                return Err(InferenceError::model_file(path, cause));
            }
            None => return Err(InferenceError::model_file(path, "it does not say general.architecture")),
        }
    }
    let Some((path, header, architecture)) = language else {
        let path = files.first().map_or(Path::new("?"), |file| file.0);
        return Err(InferenceError::model_file(path, "it holds no language model; name that file too"));
    };
    let mut config = language_config(path, header, architecture)?;
    let model = match architecture {
        "qwen3" => "qwen3",
        "gemma3" => "gemma3_text",
        _ => "qwen2",
    };
    config.insert("model_type".into(), json!(model));
    if vision.is_none() && ["qwen2vl", "qwen25vl"].contains(&architecture) {
        let cause = "it is half of a model that sees: the language model and its mmproj are wanted, in one folder";
        return Err(InferenceError::model_file(path, cause));
    }
    if let Some((path, header)) = vision {
        let (model, vision) = vision_config(path, header, &config)?;
        config.insert("model_type".into(), json!(model));
        config.insert("vision_config".into(), vision);
    }
    Ok(Json::Object(config))
}

fn language_config(path: &Path, header: &Header, architecture: &str) -> Result<Map<String, Json>, InferenceError> {
    let key = |name: &str| format!("{architecture}.{name}");
    let number = |name: &str| {
        let key = key(name);
        header.number(&key).ok_or_else(|| InferenceError::model_file(path, format!("its metadata lacks {key}")))
    };
    let width = number("embedding_length")?;
    let table = header.tensors.get("token_embd.weight").map(|tensor| tensor.shape.as_slice());
    let Some(&[vocabulary, found]) = table else {
        return Err(InferenceError::tensor(path, "token_embd.weight", crate::weights::MISSING));
    };
    if found as u64 != width {
        let cause = format!("has rows {found} wide where the metadata says {width}; the file is damaged");
        return Err(InferenceError::tensor(path, "token_embd.weight", cause));
    }
    let heads = number("attention.head_count")?;
    let mut config = Map::new();
    let mut set = |name: &str, value: Json| drop(config.insert(name.into(), value));
    set("vocab_size", json!(vocabulary));
    set("hidden_size", json!(width));
    set("intermediate_size", json!(number("feed_forward_length")?));
    set("num_hidden_layers", json!(number("block_count")?));
    set("num_attention_heads", json!(heads));
    set("num_key_value_heads", json!(header.number(&key("attention.head_count_kv")).unwrap_or(heads)));
    set("rms_norm_eps", json!(tidy(header.float(&key("attention.layer_norm_rms_epsilon")).unwrap_or(1e-6))));
    set("rope_theta", json!(tidy(header.float(&key("rope.freq_base")).unwrap_or(1e6))));
    set("tie_word_embeddings", json!(!header.tensors.contains_key("output.weight")));
    if let Some(context) = header.number(&key("context_length")) {
        set("max_position_embeddings", json!(context));
    }
    if let Some(head) = header.number(&key("attention.key_length")) {
        set("head_dim", json!(head));
    }
    match header.text(&key("rope.scaling.type")) {
        None | Some("none") => {}
        Some(kind) => {
            let factor = header.float(&key("rope.scaling.factor")).unwrap_or(1.0);
            set("rope_scaling", json!({ "type": kind, "factor": tidy(factor) }));
        }
    }
    if architecture == "gemma3" {
        set("sliding_window", json!(number("attention.sliding_window")?));
        if let Some(every) = header.number(&key("attention.sliding_window_pattern")) {
            set("sliding_window_pattern", json!(every));
        }
        set("rope_local_base_freq", json!(tidy(header.float(&key("rope.freq_base_swa")).unwrap_or(1e4))));
        // No converter writes it. It is a head's width in all models but the one of 27B, which 62 blocks tell.
        if number("block_count")? == GEMMA_27B_BLOCKS {
            set("query_pre_attn_scalar", json!(width as f64 / heads.max(1) as f64));
        }
        if header.float(&key("final_logit_softcapping")).is_some_and(|cap| cap != 0.0) {
            let cause = "it asks for capped logits, which no published Gemma 3 has; take another file of the model";
            return Err(InferenceError::model_file(path, cause));
        }
    }
    if let Some(sections) = header.numbers(&key("rope.dimension_sections")) {
        let sections: Vec<u64> = sections.iter().take(3).map(|&section| section as u64).collect();
        set("rope_scaling", json!({ "type": "mrope", "mrope_section": sections }));
    }
    Ok(config)
}

/// The family's name and its `vision_config`.
fn vision_config(
    path: &Path,
    header: &Header,
    language: &Map<String, Json>,
) -> Result<(&'static str, Json), InferenceError> {
    let number = |name: &str| {
        let key = format!("clip.vision.{name}");
        header.number(&key).ok_or_else(|| InferenceError::model_file(path, format!("its metadata lacks {key}")))
    };
    let kind = header.text("clip.projector_type").or_else(|| header.text("clip.vision.projector_type"));
    let newer = match kind {
        Some("qwen2vl_merger") => false,
        Some("qwen2.5vl_merger") => true,
        other => {
            let cause =
                format!("its vision tower is of the kind {other:?}; qwen2vl_merger and qwen2.5vl_merger are read");
            return Err(InferenceError::model_file(path, cause));
        }
    };
    let (depth, width) = (number("block_count")?, number("embedding_length")?);
    let output = header.tensors.get("mm.2.weight").map(|tensor| tensor.shape[0] as u64);
    let output = output.ok_or_else(|| InferenceError::tensor(path, "mm.2.weight", crate::weights::MISSING))?;
    if language["hidden_size"].as_u64() != Some(output) {
        let cause = format!(
            "its rows are {output} wide, the language model reads {}; take the two files of one model",
            language["hidden_size"]
        );
        return Err(InferenceError::model_file(path, cause));
    }
    let mut vision = json!({
        "depth": depth,
        "num_heads": number("attention.head_count")?,
        "patch_size": number("patch_size")?,
        "spatial_merge_size": header.number("clip.vision.spatial_merge_size").unwrap_or(2),
        "temporal_patch_size": 2,
        "in_channels": 3,
    });
    if newer {
        // Every n-th block looks at the whole image.
        let every = number("n_wa_pattern")?.max(1);
        let full: Vec<u64> = (1..=depth.min(4096) / every).map(|n| n * every - 1).collect();
        vision["hidden_size"] = json!(width);
        vision["out_hidden_size"] = json!(output);
        // Written of the tensor: converters have written the width of the first models here.
        vision["intermediate_size"] = match header.tensors.get("v.blk.0.ffn_up.weight") {
            Some(tensor) => json!(tensor.shape[0]),
            None => json!(number("feed_forward_length")?),
        };
        vision["fullatt_block_indexes"] = json!(full);
        // No converter writes it; it is 112 in every published model.
        vision["window_size"] = json!(header.number("clip.vision.window_size").unwrap_or(112));
        Ok(("qwen2_5_vl", vision))
    } else {
        let up = header.tensors.get("v.blk.0.ffn_up.weight").map(|tensor| tensor.shape.clone());
        let inner = up.map_or(width * 4, |shape| shape.iter().copied().max().unwrap_or(0) as u64);
        vision["embed_dim"] = json!(width);
        vision["hidden_size"] = json!(output);
        vision["mlp_ratio"] = json!(inner / width.max(1));
        Ok(("qwen2_vl", vision))
    }
}

/// A number that was stored in 32 bits, as it was meant: 1e-6 and not 9.99999997e-7.
fn tidy(number: f64) -> f64 {
    (number as f32).to_string().parse().unwrap_or(number)
}
