//! Where a model's numbers come from, and the two shapes in which most of them are used. A model asks for its tensors by
//! the names of its checkpoint; whether they lie in safetensors, in GGUF or packed in four bits is the source's affair.

pub mod adapted;
mod awq;
pub mod gguf;
mod mapped;
#[cfg(test)]
mod mutations;
pub mod outline;
pub mod packed;
pub mod packing;
pub mod quantised;
pub mod safetensors;

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use crate::InferenceError;
use crate::qwen::numerics::linear;
use packed::{PackedMatrix, RoundedInput};

/// A checkpoint that can be asked for tensors by name. Names are those of the published checkpoint that a model follows;
/// a source whose files say it otherwise translates.
pub trait WeightSource {
    /// Where tensors are put.
    fn device(&self) -> &Device;

    /// The type that a model computes in.
    fn dtype(&self) -> DType;

    /// Whether there is a tensor of this name.
    fn contains(&self, name: &str) -> bool;

    /// The tensor `name` of exactly this shape, in [`dtype`](Self::dtype) on [`device`](Self::device). A missing tensor and one
    /// of another shape are errors that name file and tensor.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError>;

    /// The linear map `name.weight` `[outputs, inputs]`, with `name.bias` `[outputs]` if `bias`. A source of packed weights
    /// gives a packed map.
    fn linear(&self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear, InferenceError> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = bias.then(|| self.tensor(&format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(Linear { weight: Matrix::Dense(weight), bias })
    }

    /// The table `name.weight` `[entries, width]` whose rows are looked up, which may serve as a linear map too (tied heads).
    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        Ok(Matrix::Dense(self.tensor(&format!("{name}.weight"), &[entries, width])?))
    }
}

/// A matrix `[outputs, inputs]` as it is kept in memory.
#[derive(Debug, Clone)]
pub enum Matrix {
    /// Every number by itself.
    Dense(Tensor),
    /// Blocks of a few bits a number, multiplied as they are.
    Packed(Arc<PackedMatrix>),
}

impl Matrix {
    /// `x` `[.., inputs]` times the transposed matrix: `[.., outputs]`.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor, InferenceError> {
        match self {
            Self::Dense(weight) => Ok(linear(x, weight, None)?),
            Self::Packed(matrix) => matrix.apply(x, None),
        }
    }

    /// The rows `ids` (`[n]`, u32): `[n, inputs]`.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor, InferenceError> {
        match self {
            Self::Dense(weight) => Ok(weight.index_select(ids, 0)?),
            Self::Packed(matrix) => matrix.rows(ids),
        }
    }
}

/// A linear map with or without bias.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[outputs, inputs]`.
    pub weight: Matrix,
    /// `[outputs]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// `x` `[.., inputs]` to `[.., outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, InferenceError> {
        match &self.weight {
            Matrix::Dense(weight) => Ok(linear(x, weight, self.bias.as_ref())?),
            Matrix::Packed(matrix) => matrix.apply(x, self.bias.as_ref()),
        }
    }

    /// `x` through each of several maps, rounded once for packed ones that round alike.
    pub fn forward_each<const N: usize>(maps: [&Self; N], x: &Tensor) -> Result<[Tensor; N], InferenceError> {
        let mut rounded: Option<RoundedInput> = None;
        let mut forward = |map: &Self| {
            let Matrix::Packed(matrix) = &map.weight else { return map.forward(x) };
            let x = match rounded.take().filter(|rounded| matrix.takes(rounded)) {
                Some(rounded) => rounded,
                None => matrix.round(x)?,
            };
            matrix.apply_rounded(rounded.insert(x), map.bias.as_ref())
        };
        let products = maps.into_iter().map(&mut forward).collect::<Result<Vec<_>, _>>()?;
        Ok(products.try_into().unwrap_or_else(|_| unreachable!("a product for each of {N} maps")))
    }
}

/// What is said of a tensor that no file has.
const MISSING: &str = "is missing; the weights belong to another model, or a file was not downloaded";

/// What is said of a tensor of another shape.
fn other_shape(found: &[usize], wanted: &[usize]) -> String {
    format!("has the shape {found:?}, the model needs {wanted:?}; the weights belong to another model")
}
