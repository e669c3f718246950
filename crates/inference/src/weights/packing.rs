//! Matrices packed as they are loaded, without a copy on disk.
//!
//! Files keep matrices in 16 bits. On a CPU these are widened to 32 before they are multiplied; packed they take a quarter of that.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::packed::{PackedFormat, PackedMatrix};
use super::{InferenceError, Linear, Matrix, WeightSource};

/// What the names of a vision tower's tensors begin with.
pub const TOWER: &str = "visual.";
/// How a tower's matrices are kept: the most exact format that there are kernels for.
pub const TOWER_FORMAT: PackedFormat = PackedFormat::Q8_0;

/// Another source, of which matrices are packed where they are used on a CPU and have not come packed.
pub struct Packing {
    source: Box<dyn WeightSource>,
    /// How those of the language model and what follows it are packed; `None` leaves them as they are.
    language: Option<PackedFormat>,
}

impl Packing {
    /// Packs the linear maps of the vision tower in [`TOWER_FORMAT`].
    pub fn tower(source: Box<dyn WeightSource>) -> Self {
        Self { source, language: None }
    }

    /// Packs the tower's, and all other linear maps and the table of words in `format`.
    pub fn everything(source: Box<dyn WeightSource>, format: PackedFormat) -> Self {
        Self { source, language: Some(format) }
    }

    fn packed(&self, name: &str, matrix: Matrix) -> Result<Matrix, InferenceError> {
        let format = if name.starts_with(TOWER) { Some(TOWER_FORMAT) } else { self.language };
        match (matrix, format) {
            (Matrix::Dense(weight), Some(format)) if self.device().is_cpu() => {
                Ok(Matrix::Packed(Arc::new(PackedMatrix::quantise(format, &weight)?)))
            }
            (matrix, _) => Ok(matrix),
        }
    }
}

impl WeightSource for Packing {
    fn device(&self) -> &Device {
        self.source.device()
    }

    fn dtype(&self) -> DType {
        self.source.dtype()
    }

    fn contains(&self, name: &str) -> bool {
        self.source.contains(name)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, InferenceError> {
        self.source.tensor(name, shape)
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize, bias: bool) -> Result<Linear, InferenceError> {
        let Linear { weight, bias } = self.source.linear(name, inputs, outputs, bias)?;
        Ok(Linear { weight: self.packed(name, weight)?, bias })
    }

    fn table(&self, name: &str, entries: usize, width: usize) -> Result<Matrix, InferenceError> {
        let table = self.source.table(name, entries, width)?;
        self.packed(name, table)
    }
}
