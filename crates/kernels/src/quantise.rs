//! From numbers to blocks: scales chosen so that the squared error is small.
//!
//! As ggml's reference quantisers do in spirit: a grid of candidate scales around the obvious one, each refined by least squares on the numbers
//! that it rounds to, large numbers weighing more. No files are meant to be equal to llama.cpp's, only to be as good.

use half::f16;

use crate::{
    KernelError,
    format::{Block, Format},
};

/// Quantises one block's numbers; `place` (row, first column) is for the message of an error.
pub(crate) fn quantise(
    format: Format,
    values: &[f32],
    place: (usize, usize),
    block: &mut Block,
) -> Result<(), KernelError> {
    let refuse = |value: f32| KernelError::Value { row: place.0, column: place.1, value, format: format.name() };
    if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
        return Err(refuse(value));
    }
    match format {
        Format::Q4K => quantise_q4k(values, block),
        Format::Q6K => quantise_q6k(values, block),
        Format::Q8_0 => quantise_q8(values, block),
    }
    if block.d.is_finite() && block.dmin.is_finite() {
        return Ok(());
    }
    Err(refuse(values.iter().copied().fold(0.0, |most, value| if value.abs() > f32::abs(most) { value } else { most })))
}

fn quantise_q8(values: &[f32], block: &mut Block) {
    let largest = values.iter().fold(0f32, |most, value| most.max(value.abs()));
    block.d = f16::from_f32(largest / 127.0);
    let inverse = inverse_of(block.d.to_f32());
    for (number, value) in block.numbers.iter_mut().zip(values) {
        *number = (value * inverse).round().clamp(-127.0, 127.0) as i16;
    }
}

fn quantise_q6k(values: &[f32], block: &mut Block) {
    let mut scales = [0f32; 16];
    for (scale, values) in scales.iter_mut().zip(values.chunks_exact(16)) {
        *scale = symmetric_scale(values);
    }
    let largest = scales.iter().fold(0f32, |most, &scale| if scale.abs() > most.abs() { scale } else { most });
    // The largest scale, whatever its sign, takes the value −128 that signed bytes have on one side only.
    block.d = f16::from_f32(largest / -128.0);
    let inverse = inverse_of(block.d.to_f32());
    for (sub, values) in values.chunks_exact(16).enumerate() {
        block.scales[sub] = (scales[sub] * inverse).round().clamp(-128.0, 127.0) as i8;
        let step = inverse_of(block.d.to_f32() * f32::from(block.scales[sub]));
        for (number, value) in block.numbers[sub * 16..].iter_mut().zip(values) {
            *number = (value * step).round().clamp(-32.0, 31.0) as i16 + 32;
        }
    }
}

/// The scale s that makes Σ x² (x − s·q)² small, q in −32 to 31: of several first guesses the best after refitting.
fn symmetric_scale(values: &[f32]) -> f32 {
    let extreme = values.iter().fold(0f32, |most, &value| if value.abs() > most.abs() { value } else { most });
    if extreme.abs() < f32::MIN_POSITIVE {
        return 0.0;
    }
    // Against the extreme value, so that no product below overflows or vanishes.
    let mut best = (0f32, 0f32);
    for step in -9..=9 {
        let guess = -(32.0 + step as f32 * 0.1);
        let (mut along, mut length) = (0f32, 0f32);
        for value in values {
            let share = value / extreme;
            let number = (share * guess).round().clamp(-32.0, 31.0);
            along += share * share * share * number;
            length += share * share * number * number;
        }
        if length > 0.0 && along * along > best.0 * length {
            best = (along * along / length, along / length);
        }
    }
    best.1 * extreme
}

fn quantise_q4k(values: &[f32], block: &mut Block) {
    let mut fits = [(0f32, 0f32); 8];
    for (fit, values) in fits.iter_mut().zip(values.chunks_exact(32)) {
        *fit = affine_fit(values);
    }
    block.d = f16::from_f32(fits.iter().fold(0f32, |most, fit| most.max(fit.0)) / 63.0);
    block.dmin = f16::from_f32(fits.iter().fold(0f32, |most, fit| most.max(fit.1)) / 63.0);
    let (inverse, inverse_min) = (inverse_of(block.d.to_f32()), inverse_of(block.dmin.to_f32()));
    for (sub, values) in values.chunks_exact(32).enumerate() {
        let scale = (fits[sub].0 * inverse).round().clamp(0.0, 63.0);
        let minimum = (fits[sub].1 * inverse_min).round().clamp(0.0, 63.0);
        block.scales[sub] = scale as i8;
        block.minima[sub] = minimum as u8;
        let (step, offset) = (inverse_of(block.d.to_f32() * scale), block.dmin.to_f32() * minimum);
        for (number, value) in block.numbers[sub * 32..].iter_mut().zip(values) {
            *number = ((value + offset) * step).round().clamp(0.0, 15.0) as i16;
        }
    }
}

/// Scale s ≥ 0 and offset m ≥ 0 that make Σ w (x − (s·q − m))² small for q in 0 to 15.
fn affine_fit(values: &[f32]) -> (f32, f32) {
    let highest = values.iter().copied().fold(f32::MIN, f32::max);
    let lowest = values.iter().copied().fold(0f32, f32::min);
    let range = highest - lowest;
    if range < f32::MIN_POSITIVE {
        // Nothing above the lowest, which is below zero or zero itself: the offset alone.
        return (0.0, -lowest);
    }
    let mean_square = values.iter().map(|value| (value / range).powi(2)).sum::<f32>() / values.len() as f32;
    let weight = |value: f32| mean_square.sqrt() + (value / range).abs();
    let error = |scale: f32, offset: f32| {
        let step = inverse_of(scale);
        values
            .iter()
            .map(|&value| {
                let number = ((value + offset) * step).round().clamp(0.0, 15.0);
                weight(value) * ((value - (scale * number - offset)) / range).powi(2)
            })
            .sum::<f32>()
    };
    let mut best = (range / 15.0, -lowest);
    let mut least = error(best.0, best.1);
    for step in 0..=20 {
        let scale = range / (14.0 + step as f32 * 0.1);
        let Some((scale, offset)) = refit(values, scale, -lowest, range, weight) else { continue };
        let error = error(scale, offset);
        if error < least {
            (least, best) = (error, (scale, offset));
        }
    }
    best
}

/// Least squares for scale and offset, given the numbers that a first scale rounds to.
fn refit(values: &[f32], scale: f32, offset: f32, range: f32, weight: impl Fn(f32) -> f32) -> Option<(f32, f32)> {
    let (mut w, mut wq, mut wqq, mut wx, mut wxq) = (0f32, 0f32, 0f32, 0f32, 0f32);
    for &value in values {
        let number = ((value + offset) / scale).round().clamp(0.0, 15.0);
        let (weight, share) = (weight(value), value / range);
        w += weight;
        wq += weight * number;
        wqq += weight * number * number;
        wx += weight * share;
        wxq += weight * share * number;
    }
    let determinant = w * wqq - wq * wq;
    if determinant <= 0.0 {
        return None;
    }
    let mut slope = (w * wxq - wq * wx) / determinant;
    let mut intercept = (wqq * wx - wq * wxq) / determinant;
    if intercept > 0.0 {
        // An offset is taken off, never added: the best line through zero instead.
        (slope, intercept) = (wxq / wqq, 0.0);
    }
    (slope > 0.0).then_some((slope * range, -intercept * range))
}

/// 1 / x, and 0 where x is 0: a scale of zero makes every number zero.
fn inverse_of(value: f32) -> f32 {
    if value == 0.0 { 0.0 } else { 1.0 / value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The largest error that rounding alone explains, as a share of the block's largest number.
    fn bound(format: Format) -> f32 {
        match format {
            // A step is at most the range (twice the largest) over 14, and 6-bit scales and offsets add 1/63 of the offset and of 15 steps.
            Format::Q4K => 0.14,
            // Half a step of 1/31 and a scale's half step of 1/127 over 32 numbers.
            Format::Q6K => 0.04,
            Format::Q8_0 => 0.005,
        }
    }

    proptest! {
        #[test]
        fn errors_stay_within_the_formats_step(
            format in prop_oneof![Just(Format::Q4K), Just(Format::Q6K), Just(Format::Q8_0)],
            values in prop::collection::vec(-1f32..1.0, 256),
            size in -1f32..4.0,
            shift in -0.5f32..0.5,
        ) {
            let values: Vec<f32> = values.iter().map(|value| (value + shift) * 10f32.powf(size)).collect();
            let values = &values[..format.block_columns()];
            let mut block = Block::empty();
            quantise(format, values, (0, 0), &mut block).unwrap();
            let mut back = vec![0.0; values.len()];
            block.dequantise(format, &mut back);
            let largest = values.iter().fold(0f32, |most, value| most.max(value.abs()));
            for (value, back) in values.iter().zip(&back) {
                prop_assert!((value - back).abs() <= bound(format) * largest, "{} became {}", value, back);
            }
        }
    }

    /// Normally distributed weights, as trained ones nearly are: the error relative to their spread.
    #[test]
    fn normal_weights_lose_little() {
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        let values: Vec<f32> = (0..256 * 64).map(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0).collect();
        for (format, most) in [(Format::Q4K, 0.085), (Format::Q6K, 0.022), (Format::Q8_0, 0.006)] {
            let (mut wrong, mut all) = (0f64, 0f64);
            let mut back = vec![0.0; format.block_columns()];
            for values in values.chunks_exact(format.block_columns()) {
                let mut block = Block::empty();
                quantise(format, values, (0, 0), &mut block).unwrap();
                block.dequantise(format, &mut back);
                wrong += values.iter().zip(&back).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
                all += values.iter().map(|&a| f64::from(a).powi(2)).sum::<f64>();
            }
            let error = (wrong / all).sqrt();
            assert!(error < most, "{}: {error}", format.name());
        }
    }

    #[test]
    fn extremes_are_kept_or_refused() {
        let mut block = Block::empty();
        for format in [Format::Q4K, Format::Q6K, Format::Q8_0] {
            let mut values = vec![0f32; format.block_columns()];
            quantise(format, &values, (0, 0), &mut block).unwrap();
            let mut back = vec![1.0; values.len()];
            block.dequantise(format, &mut back);
            assert!(back.iter().all(|&value| value == 0.0));
            values[3] = f32::MAX;
            assert!(quantise(format, &values, (2, 0), &mut block).is_err());
            values[3] = f32::NAN;
            assert!(quantise(format, &values, (2, 0), &mut block).is_err());
            values[3] = 1e-38;
            quantise(format, &values, (2, 0), &mut block).unwrap();
        }
        let constant = vec![-0.3f32; 256];
        quantise(Format::Q4K, &constant, (0, 0), &mut block).unwrap();
        let mut back = vec![0.0; 256];
        block.dequantise(Format::Q4K, &mut back);
        assert!(back.iter().all(|value| (value + 0.3).abs() < 1e-3), "{:?}", &back[..4]);
    }
}
