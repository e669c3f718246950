//! What lies between the products: norms, rotary positions, activations. f32 throughout.

use crate::{HeadRows, KernelError, Pool, error::expect_length, simd::vectorised};

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

/// Turns each head's pairs (i, i + d/2) by its row's angles; the pairing of Qwen and Llama's checkpoints.
///
/// `output` is `[rows, heads, d]`, `cos` and `sin` are `[rows, d/2]`; `input` holds as many rows and heads.
pub fn rotary(
    input: HeadRows,
    heads: usize,
    d: usize,
    cos: &[f32],
    sin: &[f32],
    output: &mut [f32],
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
    expect_rows("the output of a rotation", width, output.len())?;
    let rows = output.len() / width;
    if !input.holds(rows, heads, d) {
        return Err(KernelError::Length {
            what: "the input of a rotation",
            expected: output.len(),
            found: input.numbers.len(),
        });
    }
    expect_length("the cosines of a rotation", Some(rows * half), cos.len())?;
    expect_length("the sines of a rotation", Some(rows * half), sin.len())?;
    let run = run_of_rows(width);
    pool.for_each_run(output, run, |item, output| rotate(input, item * run / width, heads, d, cos, sin, output));
    Ok(())
}

vectorised! {
    fn rotate(input: HeadRows, first: usize, heads: usize, d: usize, cos: &[f32], sin: &[f32], output: &mut [f32]) {
        let half = d / 2;
        for (at, output) in output.chunks_exact_mut(d).enumerate() {
            let (row, head) = (first + at / heads, at % heads);
            let (first, second) = input.of(row, head, d).split_at(half);
            let (turned_first, turned_second) = output.split_at_mut(half);
            let angles = cos[row * half..][..half].iter().zip(&sin[row * half..][..half]);
            let turned = turned_first.iter_mut().zip(turned_second);
            for (((to_a, to_b), (a, b)), (cos, sin)) in turned.zip(first.iter().zip(second)).zip(angles) {
                (*to_a, *to_b) = (a * cos - b * sin, b * cos + a * sin);
            }
        }
    }
}

/// `output = silu(gate) · up`, with silu(x) = x / (1 + e^−x).
pub fn swiglu(gate: &[f32], up: &[f32], output: &mut [f32], pool: &Pool) -> Result<(), KernelError> {
    expect_length("the second factor of a gated activation", Some(gate.len()), up.len())?;
    expect_length("the output of a gated activation", Some(gate.len()), output.len())?;
    pool.for_each_run(output, ITEM, |item, output| swiglu_run(&gate[item * ITEM..], &up[item * ITEM..], output));
    Ok(())
}

vectorised! {
    fn swiglu_run(gate: &[f32], up: &[f32], output: &mut [f32]) {
        for ((output, gate), up) in output.iter_mut().zip(gate).zip(up) {
            *output = gate / (1.0 + exp(-gate)) * up;
        }
    }
}

/// `output = gelu(gate) · up`, with GELU's approximation by a hyperbolic tangent (Hendrycks and Gimpel, arXiv 1606.08415):
/// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), which is x · sigmoid of twice that argument.
pub fn geglu(gate: &[f32], up: &[f32], output: &mut [f32], pool: &Pool) -> Result<(), KernelError> {
    expect_length("the second factor of a gated activation", Some(gate.len()), up.len())?;
    expect_length("the output of a gated activation", Some(gate.len()), output.len())?;
    pool.for_each_run(output, ITEM, |item, output| geglu_run(&gate[item * ITEM..], &up[item * ITEM..], output));
    Ok(())
}

/// −2 √(2/π).
const GELU_SLOPE: f32 = -1.595_769;

vectorised! {
    fn geglu_run(gate: &[f32], up: &[f32], output: &mut [f32]) {
        for ((output, gate), up) in output.iter_mut().zip(gate).zip(up) {
            *output = gate / (1.0 + exp(GELU_SLOPE * (gate + 0.044_715 * gate * gate * gate))) * up;
        }
    }
}

/// `output = x · sigmoid(1.702 x)` of each x of `input`, OpenAI's approximation of GELU.
pub fn quick_gelu(input: &[f32], output: &mut [f32], pool: &Pool) -> Result<(), KernelError> {
    expect_length("the output of an activation", Some(input.len()), output.len())?;
    pool.for_each_run(output, ITEM, |item, output| quick_gelu_run(&input[item * ITEM..], output));
    Ok(())
}

vectorised! {
    fn quick_gelu_run(input: &[f32], output: &mut [f32]) {
        for (output, x) in output.iter_mut().zip(input) {
            *output = x / (1.0 + exp(-1.702 * x));
        }
    }
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
        // Rows lie further apart than they are long, as those of queries among queries, keys and values.
        let stride = heads * d + 7;
        let wider: Vec<f32> =
            input.chunks_exact(heads * d).flat_map(|row| row.iter().copied().chain([f32::NAN; 7])).collect();
        let rows = HeadRows { numbers: &wider, row: stride, head: d };
        let mut turned = vec![f32::NAN; input.len()];
        rotary(rows, heads, d, &cos, &sin, &mut turned, &pool).unwrap();
        for i in 0..input.len() {
            let (token, within) = (i / (heads * d), i % d);
            let at = token * d / 2 + within % (d / 2);
            let other = if within < d / 2 { -input[i + d / 2] } else { input[i - d / 2] };
            assert!((turned[i] - (input[i] * cos[at] + other * sin[at])).abs() < 1e-5);
        }
        let short = HeadRows { numbers: &wider[8..], ..rows };
        assert!(rotary(short, heads, d, &cos, &sin, &mut turned, &pool).is_err());
        assert!(rotary(rows, heads, d, &cos[1..], &sin, &mut turned, &pool).is_err());
        assert!(rotary(rows, heads, 127, &cos, &sin, &mut turned, &pool).is_err());
        assert!(rotary(rows, usize::MAX, 128, &cos, &sin, &mut turned, &pool).is_err());
    }

    #[test]
    fn activations_follow_their_formulas() {
        let pool = Pool::new(2);
        let input: Vec<f32> = (-40_000..40_000).map(|i| i as f32 * 3e-3).collect();
        let up = wave(input.len());
        let (mut gated, mut quick) = (vec![f32::NAN; input.len()], vec![f32::NAN; input.len()]);
        let mut by_tanh = gated.clone();
        swiglu(&input, &up, &mut gated, &pool).unwrap();
        geglu(&input, &up, &mut by_tanh, &pool).unwrap();
        quick_gelu(&input, &mut quick, &pool).unwrap();
        for (i, &x) in input.iter().enumerate() {
            let x = f64::from(x);
            let near = |found: f32, expected: f64| (f64::from(found) - expected).abs() <= 1e-6 * (1.0 + expected.abs());
            assert!(near(gated[i], x / (1.0 + (-x).exp()) * f64::from(up[i])), "{x}");
            assert!(near(quick[i], x / (1.0 + (-1.702 * x).exp())), "{x}");
            let slope = (2.0 / std::f64::consts::PI).sqrt();
            let gelu = x / 2.0 * (1.0 + (slope * (x + 0.044715 * x * x * x)).tanh());
            assert!(near(by_tanh[i], gelu * f64::from(up[i])), "{x}: {} {gelu}", by_tanh[i]);
        }
        assert!(swiglu(&input, &up[1..], &mut gated, &pool).is_err());
        assert!(geglu(&input, &up[1..], &mut gated, &pool).is_err());
        assert!(quick_gelu(&input[1..], &mut quick, &pool).is_err());
    }
}
