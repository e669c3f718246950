//! The small operations between matrix products, and products of f32. On the CPU in f32 they are the crate `kernels`', elsewhere and in
//! other types candle's. What every model computes goes through here, so that faster kernels have one place to go.

use candle_core::{CpuStorage, DType, Device, Storage, Tensor};
use vitrine_kernels::{HeadRows, KernelError};

use crate::threads::pool;

type Result<T> = candle_core::Result<T>;

/// Whether slices can be had of `x`.
pub(crate) fn on_slices(x: &Tensor) -> bool {
    x.dtype() == DType::F32 && x.device().is_cpu()
}

/// Calls `f` with the numbers of f32 tensors on the CPU: of contiguous ones all and no more, of views with strides the storage from the
/// first number on.
pub(crate) fn with_slices<const N: usize, R>(
    tensors: [&Tensor; N],
    f: impl FnOnce([&[f32]; N]) -> std::result::Result<R, KernelError>,
) -> Result<R> {
    let held = tensors.map(Tensor::storage_and_layout);
    let mut slices = [&[][..]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&held) {
        let Storage::Cpu(CpuStorage::F32(numbers)) = &**storage else {
            candle_core::bail!("the numbers are not f32 on the CPU")
        };
        *slice = match layout.contiguous_offsets() {
            Some((start, end)) => &numbers[start..end],
            None => &numbers[layout.start_offset()..],
        };
    }
    f(slices).map_err(candle_core::Error::wrap)
}

/// A new tensor of `x`'s shape that `f` makes out of `x`'s numbers.
fn of_numbers(
    x: &Tensor,
    f: impl FnOnce(&[f32], &mut [f32]) -> std::result::Result<(), KernelError>,
) -> Result<Tensor> {
    let mut result = vec![0f32; x.elem_count()];
    with_slices([&x.contiguous()?], |[numbers]| f(numbers, &mut result))?;
    Tensor::from_vec(result, x.shape(), &Device::Cpu)
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
    let bias = bias.map(|bias| bias.to_vec1::<f32>()).transpose()?;
    with_slices([&x.contiguous()?, weight], |[x, weight]| {
        vitrine_kernels::linear(x, weight, bias.as_deref(), rows, inputs, outputs, &mut result, pool())
    })?;
    Tensor::from_vec(result, shape, &Device::Cpu)
}

/// x / sqrt(mean(x²) + epsilon) * weight over the last dimension (Zhang and Sennrich, arXiv 1910.07467).
pub(super) fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !on_slices(x) {
        return candle_nn::ops::rms_norm(&x.contiguous()?, weight, epsilon as f32);
    }
    let weight = weight.to_vec1::<f32>()?;
    of_numbers(x, |from, to| vitrine_kernels::rms_norm(from, &weight, epsilon as f32, to, pool()))
}

/// (x - mean) / sqrt(variance + epsilon) * weight + bias over the last dimension (Ba et al., arXiv 1607.06450).
pub(super) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !on_slices(x) {
        return candle_nn::ops::layer_norm(&x.contiguous()?, weight, bias, epsilon as f32);
    }
    let (weight, bias) = (weight.to_vec1::<f32>()?, bias.to_vec1::<f32>()?);
    of_numbers(x, |from, to| vitrine_kernels::layer_norm(from, &weight, &bias, epsilon as f32, to, pool()))
}

/// x * sigmoid(1.702 x), OpenAI's approximation of GELU.
pub(super) fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if !on_slices(x) {
        return x * candle_nn::ops::sigmoid(&(x * 1.702)?)?;
    }
    of_numbers(x, |from, to| vitrine_kernels::quick_gelu(from, to, pool()))
}

/// silu(gate) * up, the middle of SwiGLU (Shazeer, arXiv 2002.05202); both of one shape.
pub(super) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !on_slices(gate) {
        return gate.silu()? * up;
    }
    gated(gate, up, vitrine_kernels::swiglu)
}

/// gelu(gate) * up with GELU's approximation by a hyperbolic tangent; both of one shape.
pub(super) fn geglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if !on_slices(gate) {
        return gate.gelu()? * up;
    }
    gated(gate, up, vitrine_kernels::geglu)
}

/// A kernel of a gated activation: gate, up, output.
type GatedKernel = fn(&[f32], &[f32], &mut [f32], &vitrine_kernels::Pool) -> std::result::Result<(), KernelError>;

/// A gated activation on slices.
fn gated(gate: &Tensor, up: &Tensor, activation: GatedKernel) -> Result<Tensor> {
    if gate.dims() != up.dims() {
        candle_core::bail!("a gate of {:?} does not fit {:?}", gate.dims(), up.dims());
    }
    let mut result = vec![0f32; gate.elem_count()];
    with_slices([&gate.contiguous()?, &up.contiguous()?], |[gate, up]| activation(gate, up, &mut result, pool()))?;
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
        let [row, between, 1] = *x.stride() else { return self.apply_anywhere(x) };
        if !on_slices(x) {
            return self.apply_anywhere(x);
        }
        let mut result = vec![0f32; rows * heads * head];
        with_slices([x, &self.cos, &self.sin], |[numbers, cos, sin]| {
            let x = HeadRows { numbers, row, head: between };
            vitrine_kernels::rotary(x, heads, head, cos, sin, &mut result, pool())
        })?;
        Tensor::from_vec(result, (rows, heads, head), &Device::Cpu)
    }

    /// [`apply`](Self::apply) out of candle's operations.
    fn apply_anywhere(&self, x: &Tensor) -> Result<Tensor> {
        let half = x.dim(2)? / 2;
        let wide = x.to_dtype(DType::F32)?;
        let (first, second) = (wide.narrow(2, 0, half)?, wide.narrow(2, half, half)?);
        let (cos, sin) = (self.cos.unsqueeze(1)?, self.sin.unsqueeze(1)?);
        let turned = [
            (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?,
            (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?,
        ];
        Tensor::cat(&turned, 2)?.to_dtype(x.dtype())
    }
}
