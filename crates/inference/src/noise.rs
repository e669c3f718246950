//! Chance for training, from a seed: candle's own generator can't be seeded on a CPU.

use candle_core::{Device, Tensor};

/// SplitMix64 (Steele, Lea, Flood 2014): small, quick, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in -limit..limit.
    pub fn uniform(&mut self, shape: &[usize], limit: f32) -> candle_core::Result<Tensor> {
        let count = shape.iter().product();
        let values: Vec<f32> =
            (0..count).map(|_| ((self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * limit).collect();
        Tensor::from_vec(values, shape, &Device::Cpu)
    }

    /// 0 with probability `share`, else 1 / (1 - share).
    pub fn keep_mask(&mut self, shape: &[usize], share: f64) -> candle_core::Result<Tensor> {
        // 16 bits decide about one number; four numbers a draw keep this far below the cost of the products.
        let threshold = (share * 65536.0) as u64;
        let keep = (1.0 / (1.0 - share)) as f32;
        let count: usize = shape.iter().product();
        let mut values = Vec::with_capacity(count + 3);
        while values.len() < count {
            let bits = self.next();
            values.extend((0..4).map(|part| if (bits >> (16 * part)) & 0xffff < threshold { 0.0 } else { keep }));
        }
        values.truncate(count);
        Tensor::from_vec(values, shape, &Device::Cpu)
    }

    /// Brings `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, (self.next() % (at as u64 + 1)) as usize);
        }
    }
}
