//! Low-rank adapters (Hu et al., arXiv 2106.09685) as `peft` writes them: a checkpoint's weight W becomes W + s B A, once, at
//! load.

use candle_core::{DType, Tensor};
use serde::Deserialize;

use super::names;
use crate::InferenceError;

/// What an adapter's `adapter_config.json` says of how it is added.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AdapterConfig {
    /// The rank, columns of B and rows of A.
    pub r: usize,
    /// What the product is multiplied with, times the rank.
    pub lora_alpha: f64,
    /// Whether alpha is divided by the rank's square root (Kalajdzievski, arXiv 2312.03732) and not by the rank.
    #[serde(default)]
    pub use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    rank_pattern: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    alpha_pattern: serde_json::Map<String, serde_json::Value>,
}

impl AdapterConfig {
    /// Reads the text of an `adapter_config.json`. Kinds of adapters that are added in another way are refused.
    pub fn parse(json: &str) -> Result<Self, InferenceError> {
        let config: Self = serde_json::from_str(json).map_err(|cause| refused(format!("can't be read: {cause}")))?;
        if config.r == 0 || !config.lora_alpha.is_finite() {
            return Err(refused(format!("says r = {} and lora_alpha = {}", config.r, config.lora_alpha)));
        }
        if config.use_dora || config.fan_in_fan_out {
            return Err(refused(
                "asks for weights that are decomposed or transposed (use_dora, fan_in_fan_out)".into(),
            ));
        }
        if !config.rank_pattern.is_empty() || !config.alpha_pattern.is_empty() {
            return Err(refused("gives single layers a rank or alpha of their own".into()));
        }
        Ok(config)
    }

    /// What B A is multiplied with.
    pub fn scale(&self) -> f64 {
        let rank = self.r as f64;
        self.lora_alpha / if self.use_rslora { rank.sqrt() } else { rank }
    }
}

fn refused(cause: String) -> InferenceError {
    InferenceError::ModelConfig(format!("the adapter's adapter_config.json {cause}"))
}

/// Which of a pair of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// `[rank, inputs]`.
    A,
    /// `[outputs, rank]`.
    B,
}

/// The plain name ([`names::plain`]) of the weight that the adapter's tensor `found` changes, and which half it is. `None`
/// for tensors that belong to no pair.
pub fn target(found: &str) -> Option<(String, Half)> {
    let module = found.strip_prefix("base_model.model.").unwrap_or(found);
    [(".lora_A.", Half::A), (".lora_B.", Half::B)].into_iter().find_map(|(mark, half)| {
        let (module, rest) = module.split_once(mark)?;
        // With an adapter's name between the two, as `peft` writes before it saves.
        (rest == "weight" || rest.ends_with(".weight")).then(|| (names::plain(&format!("{module}.weight")), half))
    })
}

/// `weight` `[outputs, inputs]` + scale * `b` `[outputs, rank]` `a` `[rank, inputs]`, computed in f32, in `weight`'s type.
pub fn merge(weight: &Tensor, a: &Tensor, b: &Tensor, scale: f64) -> Result<Tensor, InferenceError> {
    let ((outputs, inputs), (rank, a_inputs), (b_outputs, b_rank)) = (weight.dims2()?, a.dims2()?, b.dims2()?);
    if (outputs, inputs, rank) != (b_outputs, a_inputs, b_rank) {
        return Err(InferenceError::ModelConfig(format!(
            "an adapter of {:?} and {:?} does not fit a weight of {:?}",
            a.dims(),
            b.dims(),
            weight.dims()
        )));
    }
    let wide = |x: &Tensor| x.to_dtype(DType::F32);
    let change = (wide(b)?.matmul(&wide(a)?)? * scale)?;
    Ok((wide(weight)? + change)?.to_dtype(weight.dtype())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_of_both_ages_name_the_same_weights() {
        let weight = "model.layers.0.self_attn.q_proj.weight".to_owned();
        for module in ["model.layers.0.self_attn.q_proj", "language_model.layers.0.self_attn.q_proj"] {
            let name = format!("base_model.model.{module}.lora_B.weight");
            assert_eq!(target(&name), Some((weight.clone(), Half::B)));
        }
        let last = target("base_model.model.custom_text_proj.lora_A.default.weight");
        assert_eq!(last, Some(("custom_text_proj.weight".into(), Half::A)));
        assert_eq!(target("base_model.model.custom_text_proj.weight"), None);
    }

    #[test]
    fn what_an_adapter_asks_for_beyond_the_plain_form_is_refused() {
        let plain = AdapterConfig::parse(r#"{"r": 32, "lora_alpha": 32, "peft_type": "LORA"}"#).unwrap();
        assert_eq!(plain.scale(), 1.0);
        let root = AdapterConfig::parse(r#"{"r": 16, "lora_alpha": 8, "use_rslora": true}"#).unwrap();
        assert_eq!(root.scale(), 2.0);
        for refused in [
            r#"{"r": 0, "lora_alpha": 1}"#,
            r#"{"r": 4, "lora_alpha": 1, "use_dora": true}"#,
            r#"{"r": 4, "lora_alpha": 1, "rank_pattern": {"q_proj": 8}}"#,
            "{}",
            "[",
        ] {
            let message = AdapterConfig::parse(refused).unwrap_err().to_string();
            assert!(message.contains("adapter_config.json"), "{message}");
        }
    }
}
