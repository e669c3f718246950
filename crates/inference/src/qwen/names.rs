//! The names that published checkpoints give the same tensors. The models ask by those of the first Qwen2-VL and ColQwen2
//! releases (`model.layers.*`, `visual.*`, `lm_head.*`, `custom_text_proj.*`), called *plain* here; later releases of
//! transformers and colpali-engine nest them in several ways.

/// Plain beginning, other beginning. The longest other beginning that fits is the one meant.
const BEGINNINGS: [(&str, &str); 23] = [
    // transformers, Qwen2-VL and Qwen2.5-VL, before and since the two parts were nested in one.
    ("visual.", "visual."),
    ("visual.", "model.visual."),
    ("model.", "model."),
    ("model.", "model.language_model."),
    ("lm_head.", "lm_head."),
    // colpali-engine, whose class is the part that transformers calls `model`.
    ("model.", "language_model."),
    ("model.", "language_model.model."),
    ("lm_head.", "language_model.lm_head."),
    ("model.layers.", "layers."),
    ("model.embed_tokens.", "embed_tokens."),
    ("model.norm.", "norm."),
    ("custom_text_proj.", "custom_text_proj."),
    // transformers' ColQwen2ForRetrieval.
    ("visual.", "vlm.visual."),
    ("visual.", "vlm.model.visual."),
    ("model.", "vlm.language_model."),
    ("model.", "vlm.model."),
    ("model.", "vlm.model.language_model."),
    ("model.", "vlm.language_model.model."),
    ("lm_head.", "vlm.lm_head."),
    ("lm_head.", "vlm.language_model.lm_head."),
    ("custom_text_proj.", "embedding_proj_layer."),
    ("custom_text_proj.", "model.custom_text_proj."),
    ("custom_text_proj.", "model.embedding_proj_layer."),
];

/// The names under which the tensor with the plain name `plain` may stand in a checkpoint, the plain one first.
pub fn candidates(plain: &str) -> Vec<String> {
    let others = BEGINNINGS.iter().filter_map(|(beginning, other)| {
        let rest = plain.strip_prefix(beginning)?;
        Some(format!("{other}{rest}")).filter(|name| name != plain)
    });
    std::iter::once(plain.to_owned()).chain(others).collect()
}

/// The plain name of the tensor that a checkpoint calls `found`.
pub fn plain(found: &str) -> String {
    BEGINNINGS
        .iter()
        .filter_map(|(beginning, other)| Some((other.len(), beginning, found.strip_prefix(other)?)))
        .max_by_key(|(length, ..)| *length)
        .map_or_else(|| found.to_owned(), |(_, beginning, rest)| format!("{beginning}{rest}"))
}

/// The plain name of a tensor that an adapter brings whole.
pub fn of_adapter(name: &str) -> String {
    plain(name.strip_prefix("base_model.model.").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_comes_back_to_the_plain_name() {
        for name in [
            "model.layers.3.self_attn.q_proj.weight",
            "model.embed_tokens.weight",
            "model.norm.weight",
            "visual.blocks.0.norm1.bias",
            "visual.merger.mlp.0.weight",
            "lm_head.weight",
            "custom_text_proj.bias",
        ] {
            let all = candidates(name);
            assert_eq!(all[0], name);
            assert!(all.len() > 1, "{name}");
            for candidate in &all {
                assert_eq!(plain(candidate), name, "{candidate}");
            }
        }
        assert_eq!(plain("something.else"), "something.else");
    }
}
