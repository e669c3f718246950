//! Formats without kernels whose numbers another format holds exactly.
//!
//! Blocks of Q4_0 and Q5_0 are 32 small whole numbers with one factor in 16 bits. So are those of Q8_0, whose whole numbers have room for theirs: the
//! same factor, the same numbers, no rounding. llama.cpp writes them for rows that are not whole super-blocks of 256.

use candle_core::quantized::GgmlDType;

/// Numbers of a block.
const BLOCK: usize = 32;

/// The blocks of a matrix of `kind` as blocks of Q8_0; None where Q8_0 can't hold its numbers exactly.
pub(super) fn in_q8_0(kind: GgmlDType, bytes: &[u8]) -> Option<Vec<u8>> {
    let numbers: fn(&[u8]) -> [i8; BLOCK] = match kind {
        GgmlDType::Q4_0 => four_bits,
        GgmlDType::Q5_0 => five_bits,
        _ => return None,
    };
    let mut blocks = Vec::with_capacity(bytes.len() / kind.type_size() * (2 + BLOCK));
    for block in bytes.chunks_exact(kind.type_size()) {
        let (factor, packed) = block.split_at(2);
        blocks.extend(factor);
        blocks.extend(numbers(packed).map(|number| number as u8));
    }
    Some(blocks)
}

/// 16 bytes: low nibbles are the first half, high ones the second; 8 is nought.
fn four_bits(packed: &[u8]) -> [i8; BLOCK] {
    std::array::from_fn(|at| nibble(packed, at) as i8 - 8)
}

/// The fifth bits of all 32, little-endian, then nibbles as in [`four_bits`]; 16 is nought.
fn five_bits(packed: &[u8]) -> [i8; BLOCK] {
    let (fifth, nibbles) = packed.split_at(4);
    std::array::from_fn(|at| {
        let bit = fifth[at / 8] >> (at % 8) & 1;
        (nibble(nibbles, at) | bit << 4) as i8 - 16
    })
}

fn nibble(packed: &[u8], at: usize) -> u8 {
    if at < BLOCK / 2 { packed[at] & 15 } else { packed[at - BLOCK / 2] >> 4 }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{QStorage, QTensor};
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::noise::Noise;

    #[test]
    fn every_number_is_the_same_in_q8_0() {
        let unpacked = |kind: GgmlDType, bytes: &[u8]| -> Vec<f32> {
            let storage = QStorage::from_data(bytes.into(), &Device::Cpu, kind).unwrap();
            let tensor: Tensor = QTensor::new(storage, (8, 96)).unwrap().dequantize(&Device::Cpu).unwrap();
            tensor.flatten_all().unwrap().to_vec1().unwrap()
        };
        let weight = Noise::new(4).uniform(&[8, 96], 2.0).unwrap();
        for kind in [GgmlDType::Q4_0, GgmlDType::Q5_0] {
            let bytes = QTensor::quantize(&weight, kind).unwrap().data().unwrap().into_owned();
            let exact = in_q8_0(kind, &bytes).unwrap();
            assert_eq!(unpacked(GgmlDType::Q8_0, &exact), unpacked(kind, &bytes), "{kind:?}");
        }
        assert_eq!(in_q8_0(GgmlDType::Q5_1, &[]), None);
    }
}
