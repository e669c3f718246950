//! What lies between the products: norms, rotary positions, activations, softmax. f32 throughout.

use crate::{KernelError, Pool, error::expect_length, simd::vectorised};

/// Numbers that one item of work covers at least: less is done sooner than handed out.
const ITEM: usize = 16 * 1024;

/// Numbers of whole rows for one item.
fn run_of_rows(width: usize) -> usize {
    width * (ITEM / width).max(1)
}

fn expect_rows(what: &'static str, width: usize, length: usize) -> Result<(), KernelError> {
    if width == 0 || !length.is_multiple_of(width) {
        let expected = length.checked_div(width).map_or(0, |rows| (rows + 1) * width);
        return Err(KernelError::Length { what, expected, found: length });
    }
    Ok(())
}

/// e^x within 2 units in the last place; 0 below −87.3 and no more than 2.4·10³⁸ above 88.37.
///
/// By x = n·ln 2 + r with |r| ≤ ln 2 / 2 and the Taylor polynomial of degree seven in r, whose remainder is below 10⁻⁸.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUNDING: f32 = 12_582_912.0;
    // ln 2 in two parts: the first has so few bits that its product with a whole number is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let vanishes = x < -87.3;
    let x = if x > 88.37 { 88.37 } else { x };
    let x = if vanishes { -87.3 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDING;
    let n = shifted - ROUNDING;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut sum = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + term;
    }
    let power = (shifted.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127)) << 23;
    let result = sum * f32::from_bits(power);
    if vanishes { 0.0 } else { result }
}

/// Sum of `term` over numbers, in eight lanes that vector registers hold.
#[inline(always)]
fn sum_of(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().map(|&value| term(value)).sum();
    for chunk in chunks {
        for lane in 0..16 {
            lanes[lane] += term(chunk[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Root-mean-square norm of rows as wide as `weight`: x / √(mean(x²) + ε) · weight.
pub fn rms_norm(
    input: &[f32],
    weight: &[f32],
    epsilon: f32,
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    let width = weight.len();
    expect_rows("the input of a norm", width, input.len())?;
    expect_length("the output of a norm", Some(input.len()), output.len())?;
    let run = run_of_rows(width);
    pool.for_each_run(output, run, |item, output| {
        rms_norm_rows(&input[item * run..item * run + output.len()], weight, epsilon, output);
    });
    Ok(())
}

vectorised! {
    fn rms_norm_rows(input: &[f32], weight: &[f32], epsilon: f32, output: &mut [f32]) {
        let width = weight.len();
        for (input, output) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let factor = 1.0 / (sum_of(input, |x| x * x) / width as f32 + epsilon).sqrt();
            for ((output, input), weight) in output.iter_mut().zip(input).zip(weight) {
                *output = input * factor * weight;
            }
        }
    }
}

/// Layer norm of rows as wide as `weight` and `bias`: (x − mean) / √(variance + ε) · weight + bias.
pub fn layer_norm(
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    epsilon: f32,
    output: &mut [f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    let width = weight.len();
    expect_rows("the input of a norm", width, input.len())?;
    expect_length("the bias of a norm", Some(width), bias.len())?;
    expect_length("the output of a norm", Some(input.len()), output.len())?;
    let run = run_of_rows(width);
    pool.for_each_run(output, run, |item, output| {
        layer_norm_rows(&input[item * run..item * run + output.len()], weight, bias, epsilon, output);
    });
    Ok(())
}

vectorised! {
    fn layer_norm_rows(input: &[f32], weight: &[f32], bias: &[f32], epsilon: f32, output: &mut [f32]) {
        let width = weight.len();
        for (input, output) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            let mean = sum_of(input, |x| x) / width as f32;
            let variance = sum_of(input, |x| (x - mean) * (x - mean)) / width as f32;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for (((output, input), weight), bias) in output.iter_mut().zip(input).zip(weight).zip(bias) {
                *output = (input - mean) * factor * weight + bias;
            }
        }
    }
}

/// Turns each head's pairs (i, i + d/2) by its token's angles, in place; the pairing of Qwen and Llama's checkpoints.
///
/// `values` is `[tokens, heads, d]`, `cos` and `sin` are `[tokens, d/2]`.
pub fn rotary(
    values: &mut [f32],
    heads: usize,
    d: usize,
    cos: &[f32],
    sin: &[f32],
    pool: &Pool,
) -> Result<(), KernelError> {
    let half = d / 2;
    if d == 0 || !d.is_multiple_of(2) || heads == 0 {
        return Err(KernelError::Size {
            what: "the heads of a rotation",
            found: format!("{heads} of width {d}"),
            expected: "at least one, of an even width above zero",
        });
    }
    let width = heads.saturating_mul(d);
    expect_rows("the values of a rotation", width, values.len())?;
    let angles = values.len() / width * half;
    expect_length("the cosines of a rotation", Some(angles), cos.len())?;
    expect_length("the sines of a rotation", Some(angles), sin.len())?;
    let run = run_of_rows(width);
    pool.for_each_run(values, run, |item, values| {
        let start = item * run / width * half;
        let count = values.len() / width * half;
        rotate(values, heads, d, &cos[start..start + count], &sin[start..start + count]);
    });
    Ok(())
}

vectorised! {
    fn rotate(values: &mut [f32], heads: usize, d: usize, cos: &[f32], sin: &[f32]) {
        let half = d / 2;
        let angles = cos.chunks_exact(half).zip(sin.chunks_exact(half));
        for (values, (cos, sin)) in values.chunks_exact_mut(heads * d).zip(angles) {
            for head in values.chunks_exact_mut(d) {
                let (first, second) = head.split_at_mut(half);
                for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
            }
        }
    }
}

/// `gate = silu(gate) · up`, with silu(x) = x / (1 + e^−x).
pub fn swiglu(gate: &mut [f32], up: &[f32], pool: &Pool) -> Result<(), KernelError> {
    expect_length("the second factor of a gated activation", Some(gate.len()), up.len())?;
    pool.for_each_run(gate, ITEM, |item, gate| swiglu_run(gate, &up[item * ITEM..]));
    Ok(())
}

vectorised! {
    fn swiglu_run(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = *gate / (1.0 + exp(-*gate)) * up;
        }
    }
}

/// x · sigmoid(1.702 x), in place.
pub fn quick_gelu(values: &mut [f32], pool: &Pool) {
    pool.for_each_run(values, ITEM, |_, values| quick_gelu_run(values));
}

vectorised! {
    fn quick_gelu_run(values: &mut [f32]) {
        for value in values {
            *value /= 1.0 + exp(-1.702 * *value);
        }
    }
}

/// GELU by the hyperbolic tangent, in place: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) = x · sigmoid(2 √(2/π) (x + 0.044715 x³)).
pub fn gelu_tanh(values: &mut [f32], pool: &Pool) {
    pool.for_each_run(values, ITEM, |_, values| gelu_tanh_run(values));
}

vectorised! {
    fn gelu_tanh_run(values: &mut [f32]) {
        const TWICE_ROOT: f32 = 1.595_769;
        for value in values {
            let x = *value;
            *value = x / (1.0 + exp(-TWICE_ROOT * (x + 0.044715 * x * x * x)));
        }
    }
}

/// `values += other`.
pub fn add(values: &mut [f32], other: &[f32], pool: &Pool) -> Result<(), KernelError> {
    expect_length("the second term of a sum", Some(values.len()), other.len())?;
    pool.for_each_run(values, ITEM, |item, values| {
        for (value, other) in values.iter_mut().zip(&other[item * ITEM..]) {
            *value += other;
        }
    });
    Ok(())
}

/// Softmax of each row of `width` numbers, in place.
pub fn softmax(values: &mut [f32], width: usize, pool: &Pool) -> Result<(), KernelError> {
    expect_rows("the rows of a softmax", width, values.len())?;
    pool.for_each_run(values, run_of_rows(width), |_, values| {
        for row in values.chunks_exact_mut(width) {
            let largest = largest_of(row);
            let factor = 1.0 / exponentials(row, largest);
            for value in row {
                *value *= factor;
            }
        }
    });
    Ok(())
}

vectorised! {
    /// The largest number; −∞ of none.
    pub(crate) fn largest_of(values: &[f32]) -> f32 {
        let mut lanes = [f32::NEG_INFINITY; 16];
        let chunks = values.chunks_exact(16);
        for &value in chunks.remainder() {
            lanes[0] = if value > lanes[0] { value } else { lanes[0] };
        }
        for chunk in chunks {
            for lane in 0..16 {
                lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
            }
        }
        lanes.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }
}

vectorised! {
    /// Replaces each x by e^(x − largest) and gives their sum.
    pub(crate) fn exponentials(values: &mut [f32], largest: f32) -> f32 {
        let mut lanes = [0f32; 16];
        let mut chunks = values.chunks_exact_mut(16);
        for chunk in &mut chunks {
            for lane in 0..16 {
                chunk[lane] = exp(chunk[lane] - largest);
                lanes[lane] += chunk[lane];
            }
        }
        let mut rest = 0.0;
        for value in chunks.into_remainder() {
            *value = exp(*value - largest);
            rest += *value;
        }
        lanes.iter().sum::<f32>() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i as f64 * 12.9898).sin() * 43758.5453).fract() as f32 * 4.0).collect()
    }

    #[test]
    fn exponentials_are_near_the_exact_ones() {
        let mut worst = 0f64;
        for step in -870_000..880_000 {
            let x = step as f32 * 1e-4;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        assert!(worst < 2.5e-7, "{worst}");
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1000.0), 0.0);
        assert!(exp(1000.0) > 1e38 && exp(f32::NAN).is_nan());
    }

    #[test]
    fn norms_follow_their_formulas() {
        let pool = Pool::new(2);
        for (rows, width) in [(1, 1), (3, 20), (40, 1280)] {
            let (input, weight, bias) = (wave(rows * width), wave(width), wave(width + 3)[3..].to_vec());
            let (mut rms, mut layer) = (vec![0.0; input.len()], vec![0.0; input.len()]);
            rms_norm(&input, &weight, 1e-6, &mut rms, &pool).unwrap();
            layer_norm(&input, &weight, &bias, 1e-6, &mut layer, &pool).unwrap();
            for row in 0..rows {
                let x: Vec<f64> = input[row * width..][..width].iter().map(|&x| f64::from(x)).collect();
                let mean = x.iter().sum::<f64>() / width as f64;
                let square = x.iter().map(|x| x * x).sum::<f64>() / width as f64;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64;
                for i in 0..width {
                    let (w, b) = (f64::from(weight[i]), f64::from(bias[i]));
                    let expected = x[i] / (square + 1e-6).sqrt() * w;
                    assert!((f64::from(rms[row * width + i]) - expected).abs() < 1e-5);
                    let expected = (x[i] - mean) / (variance + 1e-6).sqrt() * w + b;
                    assert!((f64::from(layer[row * width + i]) - expected).abs() < 1e-5);
                }
            }
        }
        assert!(rms_norm(&[0.0; 7], &[1.0; 2], 1e-6, &mut [0.0; 7], &pool).is_err());
        assert!(rms_norm(&[0.0; 7], &[], 1e-6, &mut [0.0; 7], &pool).is_err());
        assert!(layer_norm(&[0.0; 4], &[1.0; 2], &[0.0; 3], 1e-6, &mut [0.0; 4], &pool).is_err());
    }

    #[test]
    fn rotation_turns_each_pair_by_its_tokens_angle() {
        let pool = Pool::new(2);
        let (tokens, heads, d) = (37, 5, 128);
        let input = wave(tokens * heads * d);
        let angles: Vec<f32> = wave(tokens * d / 2);
        let (cos, sin): (Vec<f32>, Vec<f32>) = angles.iter().map(|a| (a.cos(), a.sin())).unzip();
        let mut turned = input.clone();
        rotary(&mut turned, heads, d, &cos, &sin, &pool).unwrap();
        for i in 0..input.len() {
            let (token, within) = (i / (heads * d), i % d);
            let at = token * d / 2 + within % (d / 2);
            let other = if within < d / 2 { -input[i + d / 2] } else { input[i - d / 2] };
            assert!((turned[i] - (input[i] * cos[at] + other * sin[at])).abs() < 1e-5);
        }
        assert!(rotary(&mut turned, heads, d, &cos[1..], &sin, &pool).is_err());
        assert!(rotary(&mut turned, heads, 127, &cos, &sin, &pool).is_err());
        assert!(rotary(&mut turned, usize::MAX, 128, &cos, &sin, &pool).is_err());
    }

    #[test]
    fn activations_follow_their_formulas() {
        let pool = Pool::new(2);
        let input: Vec<f32> = (-40_000..40_000).map(|i| i as f32 * 3e-3).collect();
        let up = wave(input.len());
        let (mut gated, mut quick, mut tanh) = (input.clone(), input.clone(), input.clone());
        swiglu(&mut gated, &up, &pool).unwrap();
        quick_gelu(&mut quick, &pool);
        gelu_tanh(&mut tanh, &pool);
        for (i, &x) in input.iter().enumerate() {
            let x = f64::from(x);
            let near = |found: f32, expected: f64| (f64::from(found) - expected).abs() <= 1e-6 * (1.0 + expected.abs());
            assert!(near(gated[i], x / (1.0 + (-x).exp()) * f64::from(up[i])), "{x}");
            assert!(near(quick[i], x / (1.0 + (-1.702 * x).exp())), "{x}");
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            assert!(near(tanh[i], 0.5 * x * (1.0 + inner.tanh())), "{x}");
        }
        assert!(swiglu(&mut gated, &up[1..], &pool).is_err());
    }

    #[test]
    fn softmax_sums_to_one_and_keeps_ratios() {
        let pool = Pool::new(2);
        for width in [1, 7, 16, 1000] {
            let input = wave(width * 30);
            let mut output = input.clone();
            softmax(&mut output, width, &pool).unwrap();
            for (input, output) in input.chunks_exact(width).zip(output.chunks_exact(width)) {
                let total: f64 = input.iter().map(|&x| f64::from(x).exp()).sum();
                for (x, y) in input.iter().zip(output) {
                    assert!((f64::from(*y) - f64::from(*x).exp() / total).abs() < 1e-6);
                }
            }
        }
    }
}
