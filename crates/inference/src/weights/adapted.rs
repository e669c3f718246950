//! A checkpoint with a low-rank adapter over it, added as tensors are asked for: models see plain weights.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::safetensors::SafetensorsWeights;
use super::{InferenceError, Matrix, WeightSource};
use crate::qwen::lora::{AdapterConfig, Half, merge, target};
use crate::qwen::names;

/// A base with an adapter merged into it.
pub struct AdaptedWeights {
    base: Box<dyn WeightSource>,
    adapter: SafetensorsWeights,
    scale: f64,
    /// The adapter's names of the two halves, by the plain name of the weight that they change.
    pairs: HashMap<String, Pair>,
    /// The adapter's names of tensors that it brings whole, by their plain names.
    whole: HashMap<String, String>,
}

#[derive(Default)]
struct Pair {
    a: Option<(String, Vec<usize>)>,
    b: Option<(String, Vec<usize>)>,
}

impl AdaptedWeights {
    /// Lays `adapter`, opened under its own names, over `base`. Errors name `path`, the adapter's file, and the tensor of which half is missing.
    pub fn new(
        base: Box<dyn WeightSource>,
        adapter: SafetensorsWeights,
        config: &AdapterConfig,
        path: &Path,
    ) -> Result<Self, InferenceError> {
        let mut pairs: HashMap<String, Pair> = HashMap::new();
        let mut whole = HashMap::new();
        for (name, (shape, _)) in adapter.tensors() {
            match target(name) {
                Some((weight, half)) => {
                    let pair = pairs.entry(weight).or_default();
                    let place = if half == Half::A { &mut pair.a } else { &mut pair.b };
                    *place = Some((name.to_owned(), shape.to_vec()));
                }
                None => {
                    whole.insert(names::of_adapter(name), name.to_owned());
                }
            }
        }
        for (weight, pair) in &pairs {
            let Some((there, _)) = pair.a.as_ref().xor(pair.b.as_ref()) else { continue };
            let cause = format!("has no other half, so that {weight} can't be changed; download the adapter again");
            return Err(InferenceError::tensor(path, there, cause));
        }
        Ok(Self { base, adapter, scale: config.scale(), pairs, whole })
    }
}

impl WeightSource for AdaptedWeights {
    fn device(&self) -> &Device {
        self.base.device()
    }

    fn dtype(&self) -> DType {
        self.base.dtype()
    }

    fn contains(&self, name: &str) -> bool {
        self.whole.contains_key(name) || self.base.contains(name)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        let weight = match self.whole.get(name) {
            Some(own) => self.adapter.tensor(own, shape)?,
            None => self.base.tensor(name, shape)?,
        };
        let Some(Pair { a: Some((a, a_shape)), b: Some((b, b_shape)) }) = self.pairs.get(name) else {
            return Ok(weight);
        };
        merge(&weight, &self.adapter.tensor(a, a_shape)?, &self.adapter.tensor(b, b_shape)?, self.scale)
    }

    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        if self.pairs.contains_key(&format!("{name}.weight")) {
            return Ok(Matrix::Dense(self.tensor(&format!("{name}.weight"), &[entries, width])?));
        }
        self.base.table(name, entries, width)
    }
}
