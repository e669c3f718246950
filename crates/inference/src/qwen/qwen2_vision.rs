//! A block of Qwen2-VL's vision tower: layer norms, attention over the whole image, one inner map with quick GELU.

use candle_core::Tensor;

use super::VisionConfig;
use super::attention::Span;
use super::numerics::{Rotation, quick_gelu};
use super::vision::{Norm, VisionAttention};
use crate::{InferenceError, Linear, WeightSource};

pub(super) struct Block {
    norm1: Norm,
    attention: VisionAttention,
    norm2: Norm,
    fc1: Linear,
    fc2: Linear,
}

impl Block {
    pub(super) fn load(config: &VisionConfig, source: &dyn WeightSource, name: &str) -> Result<Self, InferenceError> {
        Ok(Self {
            norm1: Norm::load(config, source, &format!("{name}.norm1"))?,
            attention: VisionAttention::load(config, source, &format!("{name}.attn"))?,
            norm2: Norm::load(config, source, &format!("{name}.norm2"))?,
            fc1: source.linear(&format!("{name}.mlp.fc1"), config.width, config.inner, true)?,
            fc2: source.linear(&format!("{name}.mlp.fc2"), config.inner, config.width, true)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, rotation: &Rotation, spans: &[Span]) -> Result<Tensor, InferenceError> {
        let x = (x + self.attention.forward(&self.norm1.forward(x)?, rotation, spans)?)?;
        let inner = quick_gelu(&self.fc1.forward(&self.norm2.forward(&x)?)?)?;
        Ok((&x + self.fc2.forward(&inner)?)?)
    }
}
