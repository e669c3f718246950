//! Activation-aware quantisation (Lin et al., arXiv 2306.00978) as AutoAWQ's `gemm` version stores it: four bits a number, one scale and one zero point for
//! 128 inputs of an output, eight outputs in an integer.
//!
//! `qweight` is `[inputs, outputs / 8]`, `qzeros` `[inputs / 128, outputs / 8]` (i32), `scales` `[inputs / 128, outputs]` (f16). The number of output 8j + n is
//! in bits 4 ORDER[n] of integer j, and means (q - zero) x scale.

use candle_core::{Device, Tensor};
use half::f16;
use safetensors::Dtype;

use super::InferenceError;
use super::safetensors::{RawTensor, SafetensorsWeights};

/// Inputs that share scale and zero point.
const GROUP: usize = 128;
/// Where in an integer the n-th of eight outputs lies.
const ORDER: [u32; 8] = [0, 4, 1, 5, 2, 6, 3, 7];

/// Whether the linear map `stem` is stored so.
pub(super) fn holds(source: &SafetensorsWeights, stem: &str) -> bool {
    source.raw(&format!("{stem}.qweight")).is_some()
}

/// `[outputs, inputs]` of the map `stem`, from the shape of its parts.
pub(super) fn shape(source: &SafetensorsWeights, stem: &str) -> Option<[usize; 2]> {
    let raw = source.raw(&format!("{stem}.qweight"))?;
    match raw.shape {
        &[inputs, packed] => Some([packed.checked_mul(8)?, inputs]),
        _ => None,
    }
}

/// The matrix `[outputs, inputs]` of the map `stem` in f32, every number exactly what it stands for.
pub(super) fn unpack(
    source: &SafetensorsWeights,
    stem: &str,
    outputs: usize,
    inputs: usize,
) -> Result<Tensor, InferenceError> {
    let part = |name: &str, shape: &[usize]| source.raw_shaped(&format!("{stem}.{name}"), shape);
    let packed = part("qweight", &[inputs, outputs / 8])?;
    let zeros = part("qzeros", &[inputs.div_ceil(GROUP), outputs / 8])?;
    let scales = part("scales", &[inputs.div_ceil(GROUP), outputs])?;
    let wrong =
        |raw: &RawTensor, name: &str, cause: &str| InferenceError::tensor(raw.path, &format!("{stem}.{name}"), cause);
    if !outputs.is_multiple_of(8) || !inputs.is_multiple_of(GROUP) {
        return Err(wrong(
            &packed,
            "qweight",
            "is not in groups of 128 inputs and 8 outputs, which AWQ of four bits has",
        ));
    }
    for (raw, name) in [(&packed, "qweight"), (&zeros, "qzeros")] {
        if raw.dtype != Dtype::I32 {
            return Err(wrong(raw, name, "does not hold integers of 32 bits, as AWQ does"));
        }
    }
    let scales: Vec<f32> = match scales.dtype {
        Dtype::F16 => scales.bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        Dtype::BF16 => scales.bytes.chunks_exact(2).map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        _ => return Err(wrong(&scales, "scales", "holds no numbers of 16 bits, as AWQ does")),
    };
    let zeros = integers(zeros.bytes);
    let packed = integers(packed.bytes);
    let width = outputs / 8;
    let mut weight = vec![0f32; outputs * inputs];
    for (input, row) in packed.chunks_exact(width.max(1)).enumerate() {
        let group = input / GROUP;
        for (at, (&numbers, &zeros)) in row.iter().zip(&zeros[group * width..]).enumerate() {
            for (n, place) in ORDER.into_iter().enumerate() {
                let output = at * 8 + n;
                let four = |integer: u32| ((integer >> (4 * place)) & 15) as f32;
                weight[output * inputs + input] = (four(numbers) - four(zeros)) * scales[group * outputs + output];
            }
        }
    }
    source.release(&format!("{stem}.qweight"));
    Ok(Tensor::from_vec(weight, (outputs, inputs), &Device::Cpu)?)
}

fn integers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use candle_core::DType;

    use super::*;
    use crate::weights::WeightSource;
    use crate::weights::packed::{PackedFormat, PackedMatrix};

    fn fixture() -> SafetensorsWeights {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/awq/tiny.safetensors");
        SafetensorsWeights::open(&path, DType::F32, &Device::Cpu, &|name| name.to_owned()).unwrap()
    }

    fn largest(tensor: &Tensor) -> f32 {
        tensor.abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn four_bits_are_exactly_what_the_reference_says() {
        let source = fixture();
        assert_eq!(shape(&source, "map"), Some([16, 256]));
        let ours = unpack(&source, "map", 16, 256).unwrap();
        let theirs = source.tensor("expected", &[16, 256]).unwrap();
        assert_eq!(ours.to_vec2::<f32>().unwrap(), theirs.to_vec2::<f32>().unwrap());
        let error = unpack(&source, "map", 16, 128).unwrap_err().to_string();
        assert!(error.contains("map.qweight has the shape [256, 2], the model needs [128, 2]"), "{error}");
    }

    #[test]
    fn packing_them_anew_costs_little_of_a_step() {
        let source = fixture();
        let exact = unpack(&source, "map", 16, 256).unwrap();
        // The largest scale is the largest step between two neighbouring numbers.
        let step = largest(&source.tensor("map.scales", &[2, 16]).unwrap());
        for (format, most) in [(PackedFormat::Q8_0, 0.07), (PackedFormat::Q6K, 0.3), (PackedFormat::Q4K, 0.8)] {
            let packed = PackedMatrix::quantise(format, &exact).unwrap().unpacked().unwrap();
            let apart = largest(&(packed - &exact).unwrap()) / step;
            assert!(apart < most, "{format:?}: {apart} of a step");
            println!("{format:?}: {apart:.3} of a step at most");
        }
    }
}
