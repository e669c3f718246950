//! The small operations between matrix products. On the CPU in f32 each is one pass over slices, shared out between threads by
//! rows; elsewhere, and in other types, they are candle's. What every model computes goes through here, so that faster
//! kernels have one place to go.

use candle_core::{CpuStorage, D, DType, Device, Storage, Tensor};
use rayon::prelude::*;

use super::product::{Product, product};

type Result<T> = candle_core::Result<T>;

/// Whether the slices of this module can work on `x`.
pub(super) fn on_slices(x: &Tensor) -> bool {
    x.dtype() == DType::F32 && x.device().is_cpu()
}

/// Calls `f` with the storage that `x` (f32, on the CPU, of any strides) is a view of, from its first number on.
pub(super) fn with_slice<R>(x: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(CpuStorage::F32(numbers)) => Ok(f(&numbers[layout.start_offset()..])),
        _ => candle_core::bail!("the numbers are not f32 on the CPU"),
    }
}

/// A new tensor of `x`'s shape, made row by row: `f(row of x, row of the result)`, rows being the last dimension.
fn by_rows(x: &Tensor, f: impl Fn(&[f32], &mut [f32]) + Sync) -> Result<Tensor> {
    let x = x.contiguous()?;
    let width = x.dim(D::Minus1)?.max(1);
    let mut result = vec![0f32; x.elem_count()];
    let per_task = rows_per_task(width);
    with_slice(&x, |numbers| {
        let arch = pulp::Arch::new();
        result.par_chunks_mut(per_task * width).zip(numbers.par_chunks(per_task * width)).for_each(|(to, from)| {
            arch.dispatch(
                #[inline(always)]
                || to.chunks_mut(width).zip(from.chunks(width)).for_each(|(to, from)| f(from, to)),
            );
        });
    })?;
    Tensor::from_vec(result, x.shape(), &Device::Cpu)
}

/// Enough rows for a task to be worth handing to a thread.
fn rows_per_task(width: usize) -> usize {
    (16_384 / width).max(1)
}

/// x Wᵀ + b for `x` `[.., inputs]`, W `[outputs, inputs]`, b `[outputs]`.
pub(crate) fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs) = weight.dims2()?;
    let rows = x.elem_count() / inputs.max(1);
    let mut shape = x.dims().to_vec();
    match shape.last_mut() {
        Some(last) if *last == inputs => *last = outputs,
        _ => candle_core::bail!("numbers of {:?} do not fit a linear map of {:?}", x.dims(), weight.dims()),
    }
    if x.device().is_cpu() && x.dtype() != DType::F32 {
        // As for attention: one rounding, after the bias, as the reference's fused operation has it.
        let wide = |x: &Tensor| x.to_dtype(DType::F32);
        return linear(&wide(x)?, &wide(weight)?, bias.map(wide).transpose()?.as_ref())?.to_dtype(x.dtype());
    }
    let parts = [Some(x), Some(weight), bias];
    if !parts.into_iter().flatten().all(on_slices) || !weight.is_contiguous() {
        let y = x.reshape((rows, inputs))?.matmul(&weight.t()?)?;
        return match bias {
            Some(bias) => y.broadcast_add(bias)?.reshape(shape),
            None => y.reshape(shape),
        };
    }
    let mut result = vec![0f32; rows * outputs];
    if let Some(bias) = bias {
        let bias = bias.to_vec1::<f32>()?;
        let chunk = rows_per_task(outputs) * outputs;
        result
            .par_chunks_mut(chunk)
            .for_each(|rows| rows.chunks_mut(outputs).for_each(|row| row.copy_from_slice(&bias)));
    }
    // A few rows are not worth waking the other threads for.
    let threads = if rows * inputs * outputs > 1 << 20 { rayon::current_num_threads() } else { 1 };
    let x = x.contiguous()?;
    with_slice(&x, |x| {
        with_slice(weight, |weight| {
            product(Product {
                size: (rows, outputs, inputs),
                to: (&mut result, outputs, bias.is_some()),
                left: (x, inputs),
                right: (weight, 1, inputs),
                scale: 1.0,
                threads,
            });
        })
    })??;
    Tensor::from_vec(result, shape, &Device::Cpu)
}

/// x / sqrt(mean(x²) + epsilon) * weight over the last dimension (Zhang and Sennrich, arXiv 1910.07467).
pub(super) fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !on_slices(x) {
        return candle_nn::ops::rms_norm(&x.contiguous()?, weight, epsilon as f32);
    }
    let weight = weight.to_vec1::<f32>()?;
    by_rows(
        x,
        #[inline(always)]
        |from, to| {
            let scale = 1.0 / (sum(from, |x| x * x) / from.len() as f32 + epsilon as f32).sqrt();
            for ((to, from), weight) in to.iter_mut().zip(from).zip(&weight) {
                *to = from * scale * weight;
            }
        },
    )
}

/// (x - mean) / sqrt(variance + epsilon) * weight + bias over the last dimension (Ba et al., arXiv 1607.06450).
pub(super) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !on_slices(x) {
        return candle_nn::ops::layer_norm(&x.contiguous()?, weight, bias, epsilon as f32);
    }
    let (weight, bias) = (weight.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
    by_rows(
        x,
        #[inline(always)]
        |from, to| {
            let mean = sum(from, |x| x) / from.len() as f32;
            let variance = sum(from, |x| (x - mean) * (x - mean)) / from.len() as f32;
            let scale = 1.0 / (variance + epsilon as f32).sqrt();
            for (((to, from), weight), bias) in to.iter_mut().zip(from).zip(&weight).zip(&bias) {
                *to = (from - mean) * scale * weight + bias;
            }
        },
    )
}

/// The sum of `f` over `x` in sixteen strands, which a compiler can keep in registers and which loses less than one strand.
#[inline(always)]
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut strands = [0f32; 16];
    let whole = x.chunks_exact(16);
    let rest: f32 = whole.remainder().iter().map(|&x| f(x)).sum();
    for chunk in whole {
        for (strand, &x) in strands.iter_mut().zip(chunk) {
            *strand += f(x);
        }
    }
    strands.iter().sum::<f32>() + rest
}

/// x * sigmoid(1.702 x), OpenAI's approximation of GELU.
pub(super) fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if !on_slices(x) {
        return x * candle_nn::ops::sigmoid(&(x * 1.702)?)?;
    }
    by_rows(
        x,
        #[inline(always)]
        |from, to| {
            for (to, &x) in to.iter_mut().zip(from) {
                *to = x / (1.0 + exp(-1.702 * x));
            }
        },
    )
}

/// silu(gate) * up, the middle of SwiGLU (Shazeer, arXiv 2002.05202); both of one shape.
pub(super) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !on_slices(gate) {
        return gate.silu()? * up;
    }
    let (gate, up) = (gate.contiguous()?, up.contiguous()?);
    if gate.dims() != up.dims() {
        candle_core::bail!("a gate of {:?} does not fit {:?}", gate.dims(), up.dims());
    }
    let mut result = vec![0f32; gate.elem_count()];
    with_slice(&gate, |gate| {
        with_slice(&up, |up| {
            let arch = pulp::Arch::new();
            let chunk = rows_per_task(1);
            result.par_chunks_mut(chunk).zip(gate.par_chunks(chunk)).zip(up.par_chunks(chunk)).for_each(
                |((to, gate), up)| {
                    arch.dispatch(
                        #[inline(always)]
                        || {
                            for ((to, &gate), up) in to.iter_mut().zip(gate).zip(up) {
                                *to = gate / (1.0 + exp(-gate)) * up;
                            }
                        },
                    );
                },
            );
        })
    })??;
    Tensor::from_vec(result, gate.shape(), &Device::Cpu)
}

/// Cosines and sines of the angles by which heads are turned: `[rows, head / 2]` each, f32.
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    pub(super) cos: Tensor,
    pub(super) sin: Tensor,
}

impl Rotation {
    /// From angles, row by row, `half` a row.
    pub(super) fn new(angles: Vec<f32>, half: usize, device: &Device) -> Result<Self> {
        let shape = (angles.len() / half.max(1), half);
        let cos = angles.iter().map(|angle| angle.cos()).collect::<Vec<f32>>();
        let sin = angles.into_iter().map(f32::sin).collect::<Vec<f32>>();
        Ok(Self { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// Turns `x` `[rows, heads, head]`: the first half of a head and the second are the two coordinates of each plane
    /// (Su et al., arXiv 2104.09864, in the arrangement of the published weights). Contiguous, in `x`'s type.
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, heads, head) = x.dims3()?;
        let half = head / 2;
        if self.cos.dims() != [rows, half] {
            candle_core::bail!("angles of {:?} do not fit heads of {:?}", self.cos.dims(), x.dims());
        }
        let strides = x.stride().to_vec();
        if !on_slices(x) || strides[2] != 1 {
            let wide = x.to_dtype(DType::F32)?;
            let (first, second) = (wide.narrow(2, 0, half)?, wide.narrow(2, half, half)?);
            let (cos, sin) = (self.cos.unsqueeze(1)?, self.sin.unsqueeze(1)?);
            let turned = [
                (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?,
                (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?,
            ];
            return Tensor::cat(&turned, 2)?.to_dtype(x.dtype());
        }
        let mut result = vec![0f32; rows * heads * head];
        let per_task = rows_per_task(heads * head);
        with_slice(x, |x| {
            with_slice(&self.cos, |cos| {
                with_slice(&self.sin, |sin| {
                    let arch = pulp::Arch::new();
                    result.par_chunks_mut(per_task * heads * head).enumerate().for_each(|(task, to)| {
                        arch.dispatch(
                            #[inline(always)]
                            || {
                                for (at, to) in to.chunks_exact_mut(head).enumerate() {
                                    let (row, turn) = (task * per_task + at / heads, at % heads);
                                    let from = &x[row * strides[0] + turn * strides[1]..][..head];
                                    turn_head(from, &cos[row * half..][..half], &sin[row * half..][..half], to);
                                }
                            },
                        );
                    });
                })
            })
        })???;
        Tensor::from_vec(result, (rows, heads, head), &Device::Cpu)
    }
}

#[inline(always)]
fn turn_head(from: &[f32], cos: &[f32], sin: &[f32], to: &mut [f32]) {
    let (first, second) = from.split_at(cos.len());
    let (to_first, to_second) = to.split_at_mut(cos.len());
    for (((((to_first, to_second), &first), &second), cos), sin) in
        to_first.iter_mut().zip(to_second).zip(first).zip(second).zip(cos).zip(sin)
    {
        *to_first = first * cos - second * sin;
        *to_second = second * cos + first * sin;
    }
}

/// e to the power of `x`, within two units in the last place; 0 far below zero. Cephes' polynomial after the reduction by
/// multiples of ln 2, without branches, so that a compiler makes whole vectors of it.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: a sum with it has a whole number in its low bits.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-87.3, 88.7);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let rest = x - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
    let mut series = 1.987_569_1e-4f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        series = series * rest + coefficient;
    }
    let power = series * rest * rest + rest + 1.0;
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        for step in -8_700..8_800 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.4e-7, "exp({x}) is off by {error:e}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(-1e4) < 1e-37);
    }
}
