//! A vision tower packed as it is loaded.
//!
//! Files keep the tower's matrices in 16 bits. On a CPU, 16 bits are widened to 32 before they are multiplied, which takes twice the file's memory and
//! more than twice the time of products in eight bits.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::packed::{PackedFormat, PackedMatrix};
use super::{InferenceError, Linear, Matrix, WeightSource};

/// What the names of a tower's tensors begin with.
pub const TOWER: &str = "visual.";
/// How its matrices are kept: the most exact format that there are kernels for.
pub const FORMAT: PackedFormat = PackedFormat::Q8_0;

/// Another source, of which the linear maps of the vision tower are packed in [`FORMAT`].
pub struct PackedTower<'a>(pub &'a dyn WeightSource);

impl WeightSource for PackedTower<'_> {
    fn device(&self) -> &Device {
        self.0.device()
    }

    fn dtype(&self) -> DType {
        self.0.dtype()
    }

    fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        self.0.tensor(name, shape)
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear, InferenceError> {
        let mut linear = self.0.linear(name, inputs, outputs, bias)?;
        if let Matrix::Dense(weight) = &linear.weight
            && name.starts_with(TOWER)
            && self.device().is_cpu()
        {
            linear.weight = Matrix::Packed(Arc::new(PackedMatrix::quantise(FORMAT, weight)?));
        }
        Ok(linear)
    }

    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        self.0.table(name, entries, width)
    }
}
