//! Matrices of a few bits a number, kept as llama.cpp's formats lay them out and multiplied without unpacking.

use std::fmt;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use vitrine_kernels::{Activations, Format, QuantisedMatrix};

use crate::InferenceError;
use crate::qwen::numerics::{on_slices, with_slices};
use crate::threads::pool;

/// A layout of packed numbers that matrices can be multiplied in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum PackedFormat {
    /// 4.5 bits a number.
    #[serde(rename = "Q4_K")]
    Q4K,
    /// 6.5625 bits a number.
    #[serde(rename = "Q6_K")]
    Q6K,
    /// 8.5 bits a number.
    #[serde(rename = "Q8_0")]
    Q8_0,
}

impl PackedFormat {
    /// Its name in llama.cpp.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4K => "Q4_K",
            Self::Q6K => "Q6_K",
            Self::Q8_0 => "Q8_0",
        }
    }

    /// Numbers of a row that make a block; rows are whole blocks.
    pub fn block(self) -> usize {
        self.ggml().block_size()
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        self.ggml().type_size()
    }

    /// Bits a number.
    pub fn bits(self) -> f64 {
        self.block_bytes() as f64 * 8.0 / self.block() as f64
    }

    fn kernels(self) -> Format {
        match self {
            Self::Q4K => Format::Q4K,
            Self::Q6K => Format::Q6K,
            Self::Q8_0 => Format::Q8_0,
        }
    }

    pub(super) fn ggml(self) -> GgmlDType {
        match self {
            Self::Q4K => GgmlDType::Q4K,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q8_0 => GgmlDType::Q8_0,
        }
    }
}

/// The input of packed matrices, rounded once for all that it goes through.
pub struct RoundedInput {
    numbers: Activations,
    shape: Vec<usize>,
    dtype: DType,
}

/// A matrix `[outputs, inputs]` in a [`PackedFormat`], on the CPU.
pub struct PackedMatrix {
    format: PackedFormat,
    /// Its rows are whole blocks, with noughts behind the inputs.
    matrix: QuantisedMatrix,
    inputs: usize,
}

impl fmt::Debug for PackedMatrix {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("PackedMatrix").field("format", &self.format).field("shape", &self.shape()).finish()
    }
}

impl PackedMatrix {
    /// The matrix whose rows' blocks are `bytes`, as GGUF stores them.
    pub fn from_blocks(
        format: PackedFormat,
        outputs: usize,
        inputs: usize,
        bytes: &[u8],
    ) -> Result<Self, InferenceError> {
        let matrix = QuantisedMatrix::from_gguf_blocks(format.kernels(), outputs, inputs, bytes)?;
        Ok(Self { format, matrix, inputs })
    }

    /// Packs `weight` `[outputs, inputs]`. Rows that are not whole blocks are filled up with noughts.
    pub fn quantise(format: PackedFormat, weight: &Tensor) -> Result<Self, InferenceError> {
        let (outputs, inputs) = weight.dims2()?;
        let whole = inputs.next_multiple_of(format.block());
        let values = filled_up(numbers(weight)?, inputs, whole);
        let matrix = QuantisedMatrix::quantise(format.kernels(), outputs, whole, &values, pool())?;
        Ok(Self { format, matrix, inputs })
    }

    /// How its numbers are packed.
    pub fn format(&self) -> PackedFormat {
        self.format
    }

    /// `[outputs, inputs]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.matrix.rows(), self.inputs]
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        self.matrix.bytes()
    }

    /// The rows' blocks, as GGUF stores them, the last of each filled up.
    pub fn blocks(&self) -> Vec<u8> {
        self.matrix.to_gguf_blocks()
    }

    /// Every number, `[outputs, inputs]` in f32.
    pub fn unpacked(&self) -> Result<Tensor, InferenceError> {
        let every: Vec<usize> = (0..self.matrix.rows()).collect();
        self.unpacked_rows(&every)
    }

    /// `x` `[.., inputs]` times the transposed matrix, and `bias` `[outputs]`: `[.., outputs]`, in the type of `x`.
    pub fn apply(&self, x: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, InferenceError> {
        self.apply_rounded(&self.round(x)?, bias)
    }

    /// `x` `[.., inputs]` as this matrix multiplies it, and every other that [`takes`](Self::takes) it.
    pub fn round(&self, x: &Tensor) -> Result<RoundedInput, InferenceError> {
        let [outputs, inputs] = self.shape();
        let shape = x.dims();
        if shape.last() != Some(&inputs) {
            let cause = format!("rows of {shape:?} can't be multiplied with a matrix of {outputs} x {inputs}");
            return Err(candle_core::Error::Msg(cause).into());
        }
        let (rows, columns, format) = (x.elem_count() / inputs.max(1), self.matrix.columns(), self.format.kernels());
        let round = |x: &[f32]| Activations::new(format, x, rows, columns, pool());
        let numbers = if on_slices(x) && x.is_contiguous() && inputs == columns {
            with_slices([x], |[x]| round(x))?
        } else {
            round(&filled_up(numbers(x)?, inputs, columns))?
        };
        Ok(RoundedInput { numbers, shape: shape.to_vec(), dtype: x.dtype() })
    }

    /// Whether an input that was rounded for another matrix is what this one would make of it.
    pub fn takes(&self, x: &RoundedInput) -> bool {
        x.numbers.suit(self.format.kernels()) && x.shape.last() == Some(&self.inputs)
    }

    /// [`apply`](Self::apply) to an input that was rounded before.
    pub fn apply_rounded(&self, x: &RoundedInput, bias: Option<&Tensor>) -> Result<Tensor, InferenceError> {
        let mut shape = x.shape.clone();
        if let Some(last) = shape.last_mut() {
            *last = self.matrix.rows();
        }
        let mut product = vec![0f32; shape.iter().product()];
        let bias = bias.map(numbers).transpose()?;
        self.matrix.multiply_activations(&x.numbers, bias.as_deref(), &mut product, pool())?;
        Ok(Tensor::from_vec(product, shape, &Device::Cpu)?.to_dtype(x.dtype)?)
    }

    /// The rows `ids` (`[n]`, u32), unpacked: `[n, inputs]` in f32.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor, InferenceError> {
        let ids: Vec<usize> = ids.to_vec1::<u32>()?.into_iter().map(|id| id as usize).collect();
        self.unpacked_rows(&ids)
    }

    fn unpacked_rows(&self, rows: &[usize]) -> Result<Tensor, InferenceError> {
        let whole = self.matrix.columns();
        let mut values = vec![0f32; rows.len() * whole];
        for (&row, values) in rows.iter().zip(values.chunks_exact_mut(whole.max(1))) {
            self.matrix.dequantise_row(row, values)?;
        }
        let unpacked = Tensor::from_vec(values, (rows.len(), whole), &Device::Cpu)?;
        Ok(unpacked.narrow(1, 0, self.inputs)?.contiguous()?)
    }
}

/// Rows `width` long, filled up with noughts to `whole`.
fn filled_up(values: Vec<f32>, width: usize, whole: usize) -> Vec<f32> {
    if width == whole || width == 0 {
        return values;
    }
    let mut filled = vec![0f32; values.len() / width * whole];
    for (to, from) in filled.chunks_exact_mut(whole).zip(values.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
    }
    filled
}

/// A tensor's numbers in f32, row by row.
fn numbers(tensor: &Tensor) -> Result<Vec<f32>, InferenceError> {
    Ok(tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(outputs: usize, inputs: usize) -> Tensor {
        let mut noise = crate::noise::Noise::new(3);
        noise.uniform(&[outputs, inputs], 1.0).unwrap()
    }

    #[test]
    fn products_and_rows_are_those_of_the_unpacked_matrix() {
        // Numbers in ±1: half a step of Q4_K is 0.067, its scales and minima of six bits can add 0.024.
        for (format, error) in [(PackedFormat::Q4K, 0.1), (PackedFormat::Q6K, 0.032), (PackedFormat::Q8_0, 0.005)] {
            let weight = weight(24, 512);
            let packed = PackedMatrix::quantise(format, &weight).unwrap();
            let unpacked = packed.unpacked().unwrap();
            let apart = (&unpacked - &weight).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(apart < error, "{format:?} is {apart} off");
            let x = self::weight(5, 512);
            let (y, exact) = (packed.apply(&x, None).unwrap(), x.matmul(&unpacked.t().unwrap()).unwrap());
            // The kernels round the other factor to eight bits.
            let apart = (&y - &exact).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(apart < 0.3 && y.dims() == [5, 24], "{format:?}: {apart}");
            let rows = packed.rows(&Tensor::new(&[3u32, 0], &Device::Cpu).unwrap()).unwrap();
            assert_eq!(
                rows.get(0).unwrap().to_vec1::<f32>().unwrap(),
                unpacked.get(3).unwrap().to_vec1::<f32>().unwrap()
            );
            let again = PackedMatrix::from_blocks(format, 24, 512, &packed.blocks()).unwrap();
            assert_eq!(again.blocks(), packed.blocks());
        }
    }

    #[test]
    fn bytes_of_another_length_and_broken_rows_are_refused() {
        assert!(PackedMatrix::from_blocks(PackedFormat::Q4K, 2, 256, &[0; 143]).is_err());
        assert!(PackedMatrix::from_blocks(PackedFormat::Q8_0, 1, 33, &[0; 34]).is_err());
    }

    #[test]
    fn rows_that_are_no_whole_blocks_are_filled_up() {
        let weight = weight(16, 100);
        let packed = PackedMatrix::quantise(PackedFormat::Q8_0, &weight).unwrap();
        assert_eq!(packed.shape(), [16, 100]);
        let unpacked = packed.unpacked().unwrap();
        let apart = (&unpacked - &weight).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(apart < 0.005, "{apart}");
        let x = self::weight(5, 100);
        let (y, exact) = (packed.apply(&x, None).unwrap(), x.matmul(&unpacked.t().unwrap()).unwrap());
        let apart = (&y - &exact).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(apart < 0.1 && y.dims() == [5, 16], "{apart}");
        assert!(packed.apply(&self::weight(5, 128), None).is_err());
    }
}
