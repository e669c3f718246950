//! Bicubic resampling as Pillow does it: Keys' kernel with a = -1/2, widened by the scale when an image shrinks, rows before
//! columns, fixed-point weights of 22 bits and a rounding to eight bits after each of the two passes. The levels are
//! Pillow's own, without a difference.

use image::RgbImage;

use rayon::prelude::*;

/// Bits after the point in a weight: eight are a level's, two are left for kernels that overshoot.
const PRECISION: u32 = 32 - 8 - 2;

/// Keys' kernel is nought from here on.
const SUPPORT: f64 = 2.0;

/// The source pixels that a target pixel is made of, and with which weights.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// `image` at another size (both sides at least 1).
pub(crate) fn resize(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let across = if image.width() == width { image.clone() } else { resize_rows(image, width) };
    if across.height() == height { across } else { resize_columns(&across, height) }
}

fn resize_rows(image: &RgbImage, width: u32) -> RgbImage {
    let taps = taps(image.width(), width);
    let mut resized = RgbImage::new(width, image.height());
    let (from, to) = (3 * image.width() as usize, 3 * width as usize);
    resized.as_flat_samples_mut().samples.par_chunks_mut(to).zip(image.as_raw().par_chunks(from)).for_each(
        |(target, source)| {
            for (pixel, taps) in target.chunks_exact_mut(3).zip(&taps) {
                let mut sums = [1i32 << (PRECISION - 1); 3];
                for (source, weight) in source[3 * taps.first..].chunks_exact(3).zip(&taps.weights) {
                    for (sum, &level) in sums.iter_mut().zip(source) {
                        *sum += i32::from(level) * weight;
                    }
                }
                pixel.copy_from_slice(&sums.map(level));
            }
        },
    );
    resized
}

fn resize_columns(image: &RgbImage, height: u32) -> RgbImage {
    let taps = taps(image.height(), height);
    let mut resized = RgbImage::new(image.width(), height);
    let stride = 3 * image.width() as usize;
    resized.as_flat_samples_mut().samples.par_chunks_mut(stride).zip(&taps).for_each(|(target, taps)| {
        let mut sums = vec![1i32 << (PRECISION - 1); stride];
        for (row, weight) in image.as_raw()[taps.first * stride..].chunks_exact(stride).zip(&taps.weights) {
            for (sum, &level) in sums.iter_mut().zip(row) {
                *sum += i32::from(level) * weight;
            }
        }
        for (target, sum) in target.iter_mut().zip(sums) {
            *target = level(sum);
        }
    });
    resized
}

/// A sum of weighted levels as a level.
fn level(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

fn taps(from: u32, to: u32) -> Vec<Taps> {
    let scale = f64::from(from) / f64::from(to);
    let widening = scale.max(1.0);
    let support = SUPPORT * widening;
    (0..to)
        .map(|target| {
            let centre = (f64::from(target) + 0.5) * scale;
            let first = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from as usize);
            let weights: Vec<f64> =
                (first..end).map(|source| kernel((source as f64 - centre + 0.5) * (1.0 / widening))).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |weight: f64| {
                let scaled = weight / sum * f64::from(1u32 << PRECISION);
                (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
            };
            Taps { first, weights: weights.into_iter().map(fixed).collect() }
        })
        .collect()
}

/// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2.
fn kernel(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}
