//! What llama.cpp's converter calls the tensors of Qwen2, Qwen2-VL, Qwen2.5-VL, Qwen3 and Gemma 3.

use candle_core::Tensor;

/// How a tensor that models ask for lies in a GGUF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// As one tensor.
    Same([String; 1]),
    /// As query, key and value, one over the other.
    Stacked([String; 3]),
    /// As one filter a frame.
    Frames([String; 2]),
}

impl Place {
    /// The file's names of its parts.
    pub(super) fn names(&self) -> &[String] {
        match self {
            Self::Same(names) => names,
            Self::Stacked(names) => names,
            Self::Frames(names) => names,
        }
    }

    /// The tensor from its parts; `shape` tells apart what differs in dimensions of one.
    pub(super) fn join(&self, parts: &[Tensor], shape: &[usize]) -> candle_core::Result<Tensor> {
        match self {
            Self::Same(_)
                if parts[0].elem_count() == shape.iter().product::<usize>() && parts[0].rank() != shape.len() =>
            {
                parts[0].reshape(shape)
            }
            Self::Same(_) => Ok(parts[0].clone()),
            Self::Stacked(_) => Tensor::cat(parts, 0),
            // [width, colours, side, side] each to [width, colours, frames, side, side].
            Self::Frames(_) => Tensor::stack(parts, 2),
        }
    }
}

/// Parts of a language model's block: (transformers, llama.cpp). The norm behind attention has a name of its own where there is another before the
/// feed-forward part.
const BLOCK: [(&str, &str); 14] = [
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("post_attention_layernorm", "post_attention_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"),
    ("post_feedforward_layernorm", "post_ffw_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

/// Parts of a vision block. Files of Qwen2-VL from before May 2025 have `ffn_up` and `ffn_down` the other way round, which the shapes tell.
const VISION_BLOCK: [(&str, &[&str]); 8] = [
    ("norm1", &["ln1"]),
    ("norm2", &["ln2"]),
    ("attn.proj", &["attn_out"]),
    ("mlp.gate_proj", &["ffn_gate"]),
    ("mlp.up_proj", &["ffn_up"]),
    ("mlp.down_proj", &["ffn_down"]),
    ("mlp.fc1", &["ffn_up", "ffn_down"]),
    ("mlp.fc2", &["ffn_down", "ffn_up"]),
];

/// Where the tensor that models call `name` may lie, best first. A name that is none of these models' is looked for as it is: files that this
/// program writes have plain names.
pub(super) fn places(name: &str) -> Vec<Place> {
    let same = |name: String| Place::Same([name]);
    let mut places = vec![same(name.to_owned())];
    let Some((stem, kind)) = name.rsplit_once('.') else { return places };
    match stem {
        "model.embed_tokens" => places.push(same(format!("token_embd.{kind}"))),
        "model.norm" => places.push(same(format!("output_norm.{kind}"))),
        "lm_head" => places.push(same(format!("output.{kind}"))),
        "visual.merger.ln_q" => places.push(same(format!("v.post_ln.{kind}"))),
        "visual.merger.mlp.0" => places.push(same(format!("mm.0.{kind}"))),
        "visual.merger.mlp.2" => places.push(same(format!("mm.2.{kind}"))),
        "visual.patch_embed.proj" => {
            let first = format!("v.patch_embd.{kind}");
            places.push(Place::Frames([first.clone(), format!("{first}.1")]));
        }
        _ => {
            if let Some((block, part)) = block_of(stem, "model.layers.") {
                let own = BLOCK.iter().filter(|(plain, _)| *plain == part);
                places.extend(own.map(|(_, own)| same(format!("blk.{block}.{own}.{kind}"))));
            } else if let Some((block, part)) = block_of(stem, "visual.blocks.") {
                if part == "attn.qkv" {
                    places.push(Place::Stacked(
                        ["attn_q", "attn_k", "attn_v"].map(|own| format!("v.blk.{block}.{own}.{kind}")),
                    ));
                    places.push(same(format!("v.blk.{block}.attn_qkv.{kind}")));
                }
                let own = VISION_BLOCK.iter().filter(|(plain, _)| *plain == part).flat_map(|(_, own)| *own);
                places.extend(own.map(|own| same(format!("v.blk.{block}.{own}.{kind}"))));
            }
        }
    }
    places
}

/// The number of a block and the part's name in it.
fn block_of<'a>(stem: &'a str, beginning: &str) -> Option<(usize, &'a str)> {
    let (number, part) = stem.strip_prefix(beginning)?.split_once('.')?;
    Some((number.parse().ok()?, part))
}
