//! Real rows, and any number of documents mixed from them.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use half::f16;
use rayon::prelude::*;
use vitrine_retrieval::MultiVector;

use crate::measure::thread_cpu;

/// The width of the rows.
pub const WIDTH: usize = 128;
/// How far a mixed document's rows lie from the real ones: enough that no two rows of the collection are the same.
const NOISE: f32 = 0.2;
const NOISE_ROWS: usize = 4096;
const MADE_AT_ONCE: usize = 512;

/// Rows as `make_rows.py` wrote them, and the noise that mixing adds.
pub struct Corpus {
    real: Vec<MultiVector>,
    pub queries: Vec<MultiVector>,
    noise: Vec<f32>,
    /// Mixed documents have no more rows than this.
    most_rows: usize,
}

/// SplitMix64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

impl Corpus {
    /// Reads the rows in `folder`; mixed documents have at most `most_rows` rows.
    pub fn read(folder: &Path, most_rows: usize) -> io::Result<Self> {
        let mut random = Random(11);
        let mut normal = || (0..12).map(|_| (random.next() >> 40) as f32 / (1u32 << 24) as f32).sum::<f32>() - 6.0;
        let scale = NOISE / (WIDTH as f32).sqrt();
        let noise = (0..NOISE_ROWS * WIDTH).map(|_| normal() * scale).collect();
        Ok(Self { real: vectors(folder, "documents")?, queries: vectors(folder, "queries")?, noise, most_rows })
    }

    /// Documents `from..to`, made on all threads some at a time; `spent` hears of the nanoseconds of computing that took.
    pub fn documents<'a>(
        &'a self,
        from: usize,
        to: usize,
        spent: &'a AtomicU64,
    ) -> impl Iterator<Item = (u64, MultiVector)> + 'a {
        (from..to).step_by(MADE_AT_ONCE).flat_map(move |first| {
            let made: Vec<(u64, MultiVector)> = (first..to.min(first + MADE_AT_ONCE))
                .into_par_iter()
                .map(|number| {
                    let before = thread_cpu();
                    let document = self.document(number);
                    spent.fetch_add((thread_cpu() - before).as_nanos() as u64, Ordering::Relaxed);
                    (number as u64, document)
                })
                .collect();
            made
        })
    }

    /// Document `number`: a real one, or beyond those a mixture of stretches of two real ones, a little disturbed.
    pub fn document(&self, number: usize) -> MultiVector {
        if let Some(real) = self.real.get(number) {
            return real.clone();
        }
        let mut random = Random(number as u64);
        let mut values = Vec::with_capacity(160 * WIDTH);
        for _ in 0..2 {
            let from = &self.real[random.below(self.real.len())];
            let rows = from.len() / 2 + random.below(from.len() / 2 + 1);
            let begin = random.below(from.len() - rows + 1);
            for row in begin..begin + rows.min(self.most_rows / 2) {
                let noise = &self.noise[random.below(NOISE_ROWS) * WIDTH..][..WIDTH];
                values.extend(from.row(row).iter().zip(noise).map(|(a, b)| a + b));
            }
        }
        MultiVector::normalised(values, WIDTH).expect("finite rows")
    }
}

fn vectors(folder: &Path, name: &str) -> io::Result<Vec<MultiVector>> {
    let values = fs::read(folder.join(format!("{name}.f16")))?;
    let lengths = fs::read(folder.join(format!("{name}.lengths.u32")))?;
    let mut rest = &values[..];
    lengths
        .chunks_exact(4)
        .map(|l| {
            let count = u32::from_le_bytes([l[0], l[1], l[2], l[3]]) as usize * WIDTH * 2;
            let taken;
            (taken, rest) = rest.split_at_checked(count).ok_or(io::ErrorKind::UnexpectedEof)?;
            let numbers = taken.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect();
            MultiVector::normalised(numbers, WIDTH).map_err(io::Error::other)
        })
        .collect()
}
