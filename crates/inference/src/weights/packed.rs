//! Matrices of a few bits a number, kept as llama.cpp's formats lay them out and multiplied without unpacking.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};

use crate::InferenceError;

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

    pub(super) fn ggml(self) -> GgmlDType {
        match self {
            Self::Q4K => GgmlDType::Q4K,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q8_0 => GgmlDType::Q8_0,
        }
    }
}

/// A matrix `[outputs, inputs]` in a [`PackedFormat`].
#[derive(Debug)]
pub struct PackedMatrix {
    format: PackedFormat,
    outputs: usize,
    inputs: usize,
    blocks: QTensor,
}

impl PackedMatrix {
    /// The matrix whose rows' blocks are `bytes`, as GGUF stores them.
    pub fn from_blocks(
        format: PackedFormat,
        outputs: usize,
        inputs: usize,
        bytes: &[u8],
    ) -> Result<Self, InferenceError> {
        let wanted =
            (inputs / format.block()).checked_mul(format.block_bytes()).and_then(|row| row.checked_mul(outputs));
        if !inputs.is_multiple_of(format.block()) || wanted != Some(bytes.len()) {
            let (name, length) = (format.name(), bytes.len());
            let cause = format!("{length} bytes are not a {name} matrix of {outputs} x {inputs}");
            return Err(candle_core::Error::Msg(cause).into());
        }
        // The numeric library reads blocks where they lie and asserts their alignment, which a slice need not have.
        let mut copy = Vec::new();
        let bytes = if (bytes.as_ptr() as usize).is_multiple_of(align_of::<u64>()) {
            bytes
        } else {
            copy.resize(bytes.len() + align_of::<u64>(), 0u8);
            let start = copy.as_ptr().align_offset(align_of::<u64>());
            copy[start..start + bytes.len()].copy_from_slice(bytes);
            &copy[start..start + bytes.len()]
        };
        let storage = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, format.ggml())?;
        Ok(Self { format, outputs, inputs, blocks: QTensor::new(storage, (outputs, inputs))? })
    }

    /// Packs `weight` `[outputs, inputs]`. Rows that are not whole blocks are an error.
    pub fn quantise(format: PackedFormat, weight: &Tensor) -> Result<Self, InferenceError> {
        let (outputs, inputs) = weight.dims2()?;
        let weight = weight.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.contiguous()?;
        Ok(Self { format, outputs, inputs, blocks: QTensor::quantize(&weight, format.ggml())? })
    }

    /// How its numbers are packed.
    pub fn format(&self) -> PackedFormat {
        self.format
    }

    /// `[outputs, inputs]`.
    pub fn shape(&self) -> [usize; 2] {
        [self.outputs, self.inputs]
    }

    /// The rows' blocks, as GGUF stores them.
    pub fn blocks(&self) -> Result<Cow<'_, [u8]>, InferenceError> {
        Ok(self.blocks.data()?)
    }

    /// Every number, `[outputs, inputs]` in f32.
    pub fn unpacked(&self) -> Result<Tensor, InferenceError> {
        Ok(self.blocks.dequantize(&Device::Cpu)?)
    }

    /// `x` `[.., inputs]` times the transposed matrix: `[.., outputs]`, in the type of `x`.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor, InferenceError> {
        let mut shape = x.dims().to_vec();
        let rows = x.elem_count() / self.inputs.max(1);
        if let Some(last) = shape.last_mut() {
            *last = self.outputs;
        }
        let flat = x.reshape((rows, self.inputs))?.to_dtype(DType::F32)?.contiguous()?;
        let y = flat.apply_op1_no_bwd(&self.blocks)?;
        Ok(y.reshape(shape)?.to_dtype(x.dtype())?)
    }

    /// The rows `ids` (`[n]`, u32), unpacked: `[n, inputs]` in f32.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor, InferenceError> {
        Ok(self.blocks.embedding(ids)?)
    }
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
        for (format, error) in [(PackedFormat::Q4K, 0.08), (PackedFormat::Q6K, 0.032), (PackedFormat::Q8_0, 0.005)] {
            let weight = weight(24, 512);
            let packed = PackedMatrix::quantise(format, &weight).unwrap();
            let unpacked = packed.unpacked().unwrap();
            let apart = (&unpacked - &weight).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(apart < error, "{format:?} is {apart} off");
            let x = self::weight(5, 512);
            let (y, exact) = (packed.apply(&x).unwrap(), x.matmul(&unpacked.t().unwrap()).unwrap());
            // The kernels round the other factor to eight bits.
            let apart = (&y - &exact).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(apart < 0.3 && y.dims() == [5, 24], "{format:?}: {apart}");
            let rows = packed.rows(&Tensor::new(&[3u32, 0], &Device::Cpu).unwrap()).unwrap();
            assert_eq!(
                rows.get(0).unwrap().to_vec1::<f32>().unwrap(),
                unpacked.get(3).unwrap().to_vec1::<f32>().unwrap()
            );
            let again = PackedMatrix::from_blocks(format, 24, 512, &packed.blocks().unwrap()).unwrap();
            assert_eq!(again.blocks().unwrap(), packed.blocks().unwrap());
        }
    }

    #[test]
    fn bytes_of_another_length_and_broken_rows_are_refused() {
        assert!(PackedMatrix::from_blocks(PackedFormat::Q4K, 2, 256, &[0; 143]).is_err());
        assert!(PackedMatrix::from_blocks(PackedFormat::Q8_0, 1, 33, &[0; 34]).is_err());
        assert!(PackedMatrix::quantise(PackedFormat::Q6K, &weight(2, 100)).is_err());
    }
}
