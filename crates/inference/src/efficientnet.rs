//! EfficientNet-Lite2 on the CPU: an image as the map of its last convolution, and as means, deviations and covariances of the stages before.
//!
//! The network is Tan and Le, *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks* (2019), in its
//! "lite" form: ReLU6, no squeeze-and-excite. Padding is TensorFlow's `SAME`, batch-norm's epsilon 1e-3; both as in the
//! PyTorch package that the weights were published with.
//!
//! Activations lie channels last, `[height * width, channels]`. So a 1x1 convolution is one matrix product, and a
//! depthwise convolution runs along neighbouring channels in vector registers.
//!
//! The products are our own and not a library's because the bias, ReLU6 and the residual belong into the same pass over
//! memory and the weights are laid out once, at load. `gemm`'s interface is unsafe, which this workspace denies, and
//! `matrixmultiply` behind `ndarray`, which is safe, took 1.4 times as long as `gemm` for these products.

use std::path::Path;

use image::RgbImage;
use pulp::{Arch, Simd, WithSimd};
use safetensors::{Dtype, SafeTensors};
use vitrine_imaging::{Filter, resized};

use crate::InferenceError;

/// The side in pixels at which the network is run. It was trained at 260; a third more of it tells styles and hands better (see
/// `docs/classifier.md`), although what is shown has no more detail.
pub(crate) const SIDE: usize = 352;

/// The shorter side in pixels to which larger pictures are first brought. The pictures that the classifier has learnt from are about so
/// small: of a sharper one the fine structure, which the covariances speak of, would look like none of theirs.
const DETAIL: u32 = 224;

/// The channels of [`Features::last`].
pub(crate) const LAST_CHANNELS: usize = 1280;

/// How many stages [`Features::style`] speaks about: all but the last.
const STYLE_STAGES: usize = 6;

/// Channels of the stages that [`Features::covariances`] speaks about: the second to the fifth.
pub(crate) const COVARIANCE_CHANNELS: [usize; 4] = [24, 48, 88, 120];

/// The first of them, counted from 0.
const FIRST_COVARIANCE_STAGE: usize = 1;

/// Batch-norm's epsilon in the published network.
const EPSILON: f32 = 1e-3;

/// The channels that the stem makes.
const STEM_CHANNELS: usize = 32;

/// Output columns that are laid out together: three registers of AVX-512, six of AVX2, twelve of NEON.
const PANEL: usize = 48;

/// The widest register in numbers; panels are padded to it.
const WIDEST: usize = 16;

/// One row of the architecture's table.
struct Stage {
    kernel: usize,
    /// Of the first block; the others keep the size.
    stride: usize,
    expansion: usize,
    outputs: usize,
    blocks: usize,
}

/// Table 1 of the paper at width 1.1 and depth 1.2; stem, first and last stage keep their depth, as the lite form has it.
const STAGES: [Stage; 7] = [
    Stage { kernel: 3, stride: 1, expansion: 1, outputs: 16, blocks: 1 },
    Stage { kernel: 3, stride: 2, expansion: 6, outputs: 24, blocks: 3 },
    Stage { kernel: 5, stride: 2, expansion: 6, outputs: 48, blocks: 3 },
    Stage { kernel: 3, stride: 2, expansion: 6, outputs: 88, blocks: 4 },
    Stage { kernel: 5, stride: 1, expansion: 6, outputs: 120, blocks: 4 },
    Stage { kernel: 5, stride: 2, expansion: 6, outputs: 208, blocks: 5 },
    Stage { kernel: 3, stride: 1, expansion: 6, outputs: 352, blocks: 1 },
];

/// Activations, `[height * width, channels]`.
#[derive(Debug, Clone)]
pub(crate) struct FeatureMap {
    /// Rows of the map.
    pub(crate) height: usize,
    /// Columns of the map.
    pub(crate) width: usize,
    /// Numbers at each place.
    pub(crate) channels: usize,
    /// `height * width * channels` numbers, channels innermost.
    pub(crate) values: Vec<f32>,
}

/// What the network sees in an image.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    /// For each of the first six stages the mean of every channel, then the population's standard deviation of every
    /// channel: 2 * (16 + 24 + 48 + 88 + 120 + 208) = 1008 numbers.
    pub(crate) style: Vec<f32>,
    /// For the second to the fifth stage how its channels vary together over the picture: the population's covariance, of the symmetric
    /// matrix each row from the diagonal on, `n * (n + 1) / 2` numbers for `n` of [`COVARIANCE_CHANNELS`].
    pub(crate) covariances: Vec<f32>,
    /// After the last convolution and ReLU6: 11 x 11 x 1280 for an image of 352 x 352.
    pub(crate) last: FeatureMap,
}

/// The network's weights, batch-norm folded in.
pub(crate) struct EfficientNetLite2 {
    stem: Pointwise,
    blocks: Vec<Block>,
    head: Pointwise,
}

/// An inverted bottleneck: widen, convolve each channel on its own, narrow.
struct Block {
    expand: Option<Pointwise>,
    depthwise: Depthwise,
    project: Pointwise,
    residual: bool,
    /// The number of the stage that ends here.
    ends: Option<usize>,
}

impl EfficientNetLite2 {
    /// Reads the weights from a safetensors file's `bytes` with the published checkpoint's tensor names; `path` is for messages.
    ///
    /// # Errors
    /// If the bytes are something else, or lack a tensor of the right shape.
    pub(crate) fn load(path: &Path, bytes: &[u8]) -> Result<Self, InferenceError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|cause| InferenceError::broken(path, cause))?;
        let checkpoint = Checkpoint { path, tensors };

        let (weights, bias) = checkpoint.folded("_conv_stem", "_bn0", [STEM_CHANNELS, 3, 3, 3])?;
        // The patches that the stem reads hold colours innermost, the checkpoint's kernels hold them outermost.
        let mut by_patch = vec![0.0; weights.len()];
        for (output, kernel) in weights.chunks_exact(27).enumerate() {
            for (index, &weight) in kernel.iter().enumerate() {
                by_patch[output * 27 + index % 9 * 3 + index / 9] = weight;
            }
        }
        let stem = Pointwise::new(27, &by_patch, bias);

        let mut blocks = Vec::new();
        let mut channels = STEM_CHANNELS;
        for (index, stage) in STAGES.iter().enumerate() {
            for repeat in 0..stage.blocks {
                let name = |part: &str| format!("_blocks.{}.{part}", blocks.len());
                let wide = channels * stage.expansion;
                let expand = match stage.expansion {
                    1 => None,
                    _ => Some(checkpoint.pointwise(&name("_expand_conv"), &name("_bn0"), channels, wide)?),
                };
                let (kernel, stride) = (stage.kernel, if repeat == 0 { stage.stride } else { 1 });
                let (weights, bias) =
                    checkpoint.folded(&name("_depthwise_conv"), &name("_bn1"), [wide, 1, kernel, kernel])?;
                let project = checkpoint.pointwise(&name("_project_conv"), &name("_bn2"), wide, stage.outputs)?;
                blocks.push(Block {
                    expand,
                    depthwise: Depthwise::new(kernel, stride, &weights, bias),
                    project,
                    residual: repeat > 0,
                    ends: (repeat + 1 == stage.blocks).then_some(index),
                });
                channels = stage.outputs;
            }
        }
        let head = checkpoint.pointwise("_conv_head", "_bn1", channels, LAST_CHANNELS)?;
        Ok(Self { stem, blocks, head })
    }

    /// Runs the network on one core. `input` is `[side, side, 3]` as [`prepare`] makes it.
    ///
    /// # Errors
    /// If `input` does not hold `side * side * 3` numbers, or `side` is 0.
    pub(crate) fn forward(&self, input: &[f32], side: usize) -> Result<Features, InferenceError> {
        if side == 0 || input.len() != side * side * 3 {
            let side = u32::try_from(side).unwrap_or(u32::MAX);
            return Err(InferenceError::Image { width: side, height: side });
        }
        let mut size = side.div_ceil(2);
        let mut current = vec![0.0; size * size * STEM_CHANNELS];
        self.stem.apply(&patches(input, side), Finish::Relu6, &mut current);

        let (mut wide, mut convolved) = (Vec::new(), Vec::new());
        let mut style = Vec::with_capacity(2 * STAGES[..STYLE_STAGES].iter().map(|stage| stage.outputs).sum::<usize>());
        let mut covariances = Vec::with_capacity(COVARIANCE_CHANNELS.iter().map(|n| n * (n + 1) / 2).sum());
        for block in &self.blocks {
            let input = match &block.expand {
                Some(expand) => {
                    wide.resize(size * size * expand.outputs, 0.0);
                    expand.apply(&current, Finish::Relu6, &mut wide);
                    &wide
                }
                None => &current,
            };
            let smaller = size.div_ceil(block.depthwise.stride);
            convolved.resize(smaller * smaller * block.depthwise.bias.len(), 0.0);
            block.depthwise.apply(input, size, &mut convolved);
            size = smaller;
            current.resize(size * size * block.project.outputs, 0.0);
            let finish = if block.residual { Finish::Add } else { Finish::Plain };
            block.project.apply(&convolved, finish, &mut current);
            let Some(stage) = block.ends.filter(|&stage| stage < STYLE_STAGES) else { continue };
            let channels = block.project.outputs;
            let means = append_statistics(&current, channels, &mut style);
            if (FIRST_COVARIANCE_STAGE..FIRST_COVARIANCE_STAGE + COVARIANCE_CHANNELS.len()).contains(&stage) {
                append_covariance(&current, &means, &mut covariances);
            }
        }
        let mut values = vec![0.0; size * size * LAST_CHANNELS];
        self.head.apply(&current, Finish::Relu6, &mut values);
        Ok(Features {
            style,
            covariances,
            last: FeatureMap { height: size, width: size, channels: LAST_CHANNELS, values },
        })
    }
}

/// Brings an image to the [`DETAIL`] that is known, squeezes it to a square of [`SIDE`] (both bicubic with antialiasing, within two levels of Pillow's
/// `BICUBIC`; where a side grows several times over, sharp edges overshoot otherwise than there) and scales it as the network was trained: `(level - 127) / 128`, `[SIDE, SIDE, 3]`.
///
/// # Errors
/// If the image has no pixels.
pub(crate) fn prepare(image: &RgbImage) -> Result<Vec<f32>, InferenceError> {
    let squeezed = squeeze(image)?;
    Ok(squeezed.iter().map(|&level| (f32::from(level) - 127.0) / 128.0).collect())
}

/// The levels of the squeezed image, `[SIDE, SIDE, 3]`.
fn squeeze(image: &RgbImage) -> Result<Vec<u8>, InferenceError> {
    let (width, height) = image.dimensions();
    let reduced = reduced_size(width, height).and_then(|(w, h)| resized(image, w, h, Filter::CatmullRom));
    let squeezed = resized(reduced.as_ref().unwrap_or(image), SIDE as u32, SIDE as u32, Filter::CatmullRom);
    squeezed.map(RgbImage::into_raw).ok_or(InferenceError::Image { width, height })
}

/// The size at which the shorter side is [`DETAIL`]; `None` where it is no longer than that.
fn reduced_size(width: u32, height: u32) -> Option<(u32, u32)> {
    let shorter = width.min(height);
    let scaled = |side: u32| (f64::from(side) * f64::from(DETAIL) / f64::from(shorter)).round() as u32;
    (shorter > DETAIL).then(|| (scaled(width), scaled(height)))
}

/// An open weight file.
struct Checkpoint<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

impl Checkpoint<'_> {
    /// A 1x1 convolution with its batch-norm.
    fn pointwise(&self, conv: &str, norm: &str, inputs: usize, outputs: usize) -> Result<Pointwise, InferenceError> {
        let (weights, bias) = self.folded(conv, norm, [outputs, inputs, 1, 1])?;
        Ok(Pointwise::new(inputs, &weights, bias))
    }

    /// A convolution's weights and bias with the batch-norm after it folded in:
    /// `w * gamma / sqrt(variance + epsilon)` and `beta - mean * gamma / sqrt(variance + epsilon)`.
    fn folded(&self, conv: &str, norm: &str, shape: [usize; 4]) -> Result<(Vec<f32>, Vec<f32>), InferenceError> {
        let mut weights = self.tensor(&format!("{conv}.weight"), &shape)?;
        let of_norm = |part: &str| self.tensor(&format!("{norm}.{part}"), &shape[..1]);
        let (gamma, beta) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        let mut bias = beta;
        let kernels = weights.chunks_exact_mut(shape[1] * shape[2] * shape[3]);
        for (channel, kernel) in kernels.enumerate() {
            let scale = gamma[channel] / (variance[channel] + EPSILON).sqrt();
            kernel.iter_mut().for_each(|weight| *weight *= scale);
            bias[channel] -= mean[channel] * scale;
        }
        Ok((weights, bias))
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, InferenceError> {
        let tensor = self.tensors.tensor(name).map_err(|cause| InferenceError::broken(self.path, cause))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let (found, kind) = (tensor.shape(), tensor.dtype());
            let cause = format!("its tensor {name} is {kind:?} {found:?}, the network reads F32 {shape:?}");
            return Err(InferenceError::broken(self.path, cause));
        }
        let (numbers, _) = tensor.data().as_chunks::<4>();
        Ok(numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }
}

/// The padding before the first pixel that TensorFlow's `SAME` gives: the odd pixel goes behind the last.
fn padding_before(size: usize, kernel: usize, stride: usize) -> usize {
    ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size) / 2
}

/// What the stem's kernel (3x3, stride 2) sees at each place: `[ceil(side / 2)^2, 27]`, zeros outside the image.
fn patches(input: &[f32], side: usize) -> Vec<f32> {
    let size = side.div_ceil(2);
    let before = padding_before(side, 3, 2);
    let mut patches = vec![0.0; size * size * 27];
    for (place, patch) in patches.chunks_exact_mut(27).enumerate() {
        let (y, x) = (place / size * 2, place % size * 2);
        let left = before.saturating_sub(x);
        let right = (side + before - x).min(3);
        for (ky, row) in patch.chunks_exact_mut(9).enumerate() {
            let Some(source) = (y + ky).checked_sub(before).filter(|&row| row < side) else { continue };
            let first = source * side + x + left - before;
            row[left * 3..right * 3].copy_from_slice(&input[first * 3..(first + right - left) * 3]);
        }
    }
    patches
}

/// Appends each channel's mean, then each channel's standard deviation (of the population). Returns the means.
fn append_statistics(values: &[f32], channels: usize, to: &mut Vec<f32>) -> Vec<f64> {
    let places = (values.len() / channels) as f64;
    let mut means = vec![0.0f64; channels];
    for place in values.chunks_exact(channels) {
        means.iter_mut().zip(place).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    means.iter_mut().for_each(|sum| *sum /= places);
    let mut squares = vec![0.0f64; channels];
    for place in values.chunks_exact(channels) {
        for ((sum, &value), mean) in squares.iter_mut().zip(place).zip(&means) {
            let off = f64::from(value) - mean;
            *sum += off * off;
        }
    }
    to.extend(means.iter().map(|&mean| mean as f32));
    to.extend(squares.iter().map(|sum| (sum / places).sqrt() as f32));
    means
}

/// Appends the covariance (of the population) of the channels, whose `means` are known: each row from the diagonal on.
fn append_covariance(values: &[f32], means: &[f64], to: &mut Vec<f32>) {
    let channels = means.len();
    let places = (values.len() / channels) as f64;
    let mut sums = vec![0.0f64; channels * (channels + 1) / 2];
    let mut off = vec![0.0f64; channels];
    for place in values.chunks_exact(channels) {
        off.iter_mut().zip(place).zip(means).for_each(|((off, &value), mean)| *off = f64::from(value) - mean);
        let mut rest = sums.as_mut_slice();
        for channel in 0..channels {
            let (row, others) = rest.split_at_mut(channels - channel);
            row.iter_mut().zip(&off[channel..]).for_each(|(sum, other)| *sum += off[channel] * other);
            rest = others;
        }
    }
    to.extend(sums.iter().map(|sum| (sum / places) as f32));
}

/// What happens to a product before it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finish {
    /// Only the bias is added.
    Plain,
    /// Bias, then clamped to 0 to 6.
    Relu6,
    /// Bias, then added to what is there.
    Add,
}

/// A matrix with a bias: `[places, inputs]` to `[places, outputs]`.
struct Pointwise {
    inputs: usize,
    outputs: usize,
    /// Panels of up to [`PANEL`] outputs (padded with zeros to a multiple of [`WIDEST`]), each `[inputs, panel]`.
    weights: Vec<f32>,
    /// Padded as the panels are.
    bias: Vec<f32>,
}

impl Pointwise {
    /// From weights `[outputs, inputs]`.
    fn new(inputs: usize, weights: &[f32], mut bias: Vec<f32>) -> Self {
        let outputs = bias.len();
        let mut panels = Vec::with_capacity(inputs * outputs.next_multiple_of(WIDEST));
        for first in (0..outputs).step_by(PANEL) {
            let width = (outputs - first).min(PANEL).next_multiple_of(WIDEST);
            for input in 0..inputs {
                let columns = first..first + width;
                panels.extend(columns.map(|output| weights.get(output * inputs + input).copied().unwrap_or(0.0)));
            }
        }
        bias.resize(outputs.next_multiple_of(WIDEST), 0.0);
        Self { inputs, outputs, weights: panels, bias }
    }

    /// `input` is `[places, inputs]`, `output` `[places, outputs]`.
    fn apply(&self, input: &[f32], finish: Finish, output: &mut [f32]) {
        Arch::new().dispatch(Product { layer: self, input, finish, output });
    }
}

/// One product, to be compiled for each instruction set.
struct Product<'a> {
    layer: &'a Pointwise,
    input: &'a [f32],
    finish: Finish,
    output: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { layer, input, finish, output } = self;
        let Pointwise { inputs, outputs, .. } = *layer;
        // A band of places stays in the cache while the panels pass over it.
        let band = (32 * 1024 / inputs).next_multiple_of(8).max(96);
        for (input, output) in input.chunks(band * inputs).zip(output.chunks_mut(band * outputs)) {
            for first in (0..outputs).step_by(PANEL) {
                let width = (outputs - first).min(PANEL).next_multiple_of(WIDEST);
                let (weights, _) = S::as_simd_f32s(&layer.weights[first * inputs..][..inputs * width]);
                let (bias, _) = S::as_simd_f32s(&layer.bias[first..][..width]);
                let mut tile = Tile { simd, inputs, outputs, weights, bias, finish, first, register: 0 };
                while tile.register < bias.len() {
                    // 24 sums fit the 32 registers of AVX-512 and NEON, 12 the 16 of AVX2.
                    tile.register += match (S::F32_LANES, bias.len() - tile.register) {
                        (8, 1) => tile.places::<4, 1>(input, output),
                        (8, 2) => tile.places::<4, 2>(input, output),
                        (8, _) => tile.places::<4, 3>(input, output),
                        (_, 1) => tile.places::<8, 1>(input, output),
                        (_, 2) => tile.places::<8, 2>(input, output),
                        (_, _) => tile.places::<8, 3>(input, output),
                    };
                }
            }
        }
    }
}

/// A few registers' width of a panel.
struct Tile<'a, S: Simd> {
    simd: S,
    inputs: usize,
    outputs: usize,
    /// `[inputs, registers of the panel]`.
    weights: &'a [S::f32s],
    /// `[registers of the panel]`.
    bias: &'a [S::f32s],
    finish: Finish,
    /// The panel's first output.
    first: usize,
    /// The tile's first register within the panel.
    register: usize,
}

impl<S: Simd> Tile<'_, S> {
    /// All places of a band, `ROWS` at a time. Gives back `COLUMNS`.
    #[inline(always)]
    fn places<const ROWS: usize, const COLUMNS: usize>(&self, input: &[f32], output: &mut [f32]) -> usize {
        let places = input.len() / self.inputs;
        let whole = places - places % ROWS;
        for place in (0..whole).step_by(ROWS) {
            self.sums::<ROWS, COLUMNS>(&input[place * self.inputs..], &mut output[place * self.outputs..]);
        }
        for place in whole..places {
            self.sums::<1, COLUMNS>(&input[place * self.inputs..], &mut output[place * self.outputs..]);
        }
        COLUMNS
    }

    /// `ROWS` places by `COLUMNS` registers of outputs, held in registers while the inputs are summed.
    // Counted by index throughout, as matrices are; iterators over several arrays at once would hide the product.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn sums<const ROWS: usize, const COLUMNS: usize>(&self, input: &[f32], output: &mut [f32]) {
        let simd = self.simd;
        let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &input[row * self.inputs..][..self.inputs]);
        let bias: [S::f32s; COLUMNS] = std::array::from_fn(|column| self.bias[self.register + column]);
        let mut sums = [bias; ROWS];
        let panel = self.bias.len();
        for index in 0..self.inputs {
            let weights = &self.weights[index * panel + self.register..][..COLUMNS];
            for row in 0..ROWS {
                let value = simd.splat_f32s(rows[row][index]);
                for column in 0..COLUMNS {
                    sums[row][column] = simd.mul_add_e_f32s(value, weights[column], sums[row][column]);
                }
            }
        }
        let (zero, six) = (simd.splat_f32s(0.0), simd.splat_f32s(6.0));
        for row in 0..ROWS {
            let line = &mut output[row * self.outputs..][..self.outputs];
            for column in 0..COLUMNS {
                let from = self.first + (self.register + column) * S::F32_LANES;
                let to = (from + S::F32_LANES).min(self.outputs);
                // Registers that hold nothing but padding.
                let Some(there) = line.get_mut(from..to) else { continue };
                let sum = sums[row][column];
                let value = match self.finish {
                    Finish::Plain => sum,
                    Finish::Relu6 => simd.min_f32s(simd.max_f32s(sum, zero), six),
                    Finish::Add => simd.add_f32s(sum, simd.partial_load_f32s(there)),
                };
                simd.partial_store_f32s(there, value);
            }
        }
    }
}

/// A convolution of each channel on its own, followed by ReLU6.
struct Depthwise {
    kernel: usize,
    stride: usize,
    /// `[kernel, kernel, channels]`.
    weights: Vec<f32>,
    /// One a channel; their count is a multiple of [`WIDEST`] at every block of the table.
    bias: Vec<f32>,
}

impl Depthwise {
    /// From weights `[channels, kernel, kernel]`.
    fn new(kernel: usize, stride: usize, weights: &[f32], bias: Vec<f32>) -> Self {
        let taps = kernel * kernel;
        let by_tap = (0..taps).flat_map(|tap| weights.iter().skip(tap).step_by(taps)).copied().collect();
        Self { kernel, stride, weights: by_tap, bias }
    }

    /// `input` is `[size * size, channels]`, `output` the same at `ceil(size / stride)`.
    fn apply(&self, input: &[f32], size: usize, output: &mut [f32]) {
        Arch::new().dispatch(Convolution { layer: self, input, size, output });
    }
}

/// One depthwise convolution, to be compiled for each instruction set.
struct Convolution<'a> {
    layer: &'a Depthwise,
    input: &'a [f32],
    size: usize,
    output: &'a mut [f32],
}

impl WithSimd for Convolution<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Convolution { layer: &Depthwise { kernel, stride, ref weights, ref bias }, input, size, output } = self;
        let (input, _) = S::as_simd_f32s(input);
        let (weights, _) = S::as_simd_f32s(weights);
        let (bias, _) = S::as_simd_f32s(bias);
        let (output, _) = S::as_mut_simd_f32s(output);
        let channels = bias.len();
        let before = padding_before(size, kernel, stride);
        let smaller = size.div_ceil(stride);
        // The part of the kernel that lies on the map when it stands at `place`, whose first pixel is `place * stride -
        // before`.
        let on_map = |place: usize| {
            let first = place * stride;
            before.saturating_sub(first)..(size + before - first).min(kernel)
        };
        for (y, output) in output.chunks_exact_mut(smaller * channels).enumerate() {
            let tall = on_map(y);
            let top = y * stride + tall.start - before;
            let rows = &input[top * size * channels..][..tall.len() * size * channels];
            let weights = &weights[tall.start * kernel * channels..tall.end * kernel * channels];
            let strip = Strip { simd, rows, weights, bias, kernel, stride, line: size * channels };
            let mut x = 0;
            while x < smaller {
                let wide = on_map(x);
                let left = x * stride + wide.start - before;
                // Four places at once where the kernel hangs over neither edge.
                let inside = wide.len() == kernel && x + 3 < smaller && on_map(x + 3).len() == kernel;
                let output = &mut output[x * channels..];
                x += match (inside, kernel) {
                    (true, 3) => strip.places::<4>(left, 0..3, output),
                    (true, _) => strip.places::<4>(left, 0..kernel, output),
                    (false, _) => strip.places::<1>(left, wide, output),
                };
            }
        }
    }
}

/// The rows of a map that lie under the kernel.
struct Strip<'a, S: Simd> {
    simd: S,
    /// `[rows, size, channels]`.
    rows: &'a [S::f32s],
    /// `[rows, kernel, channels]`.
    weights: &'a [S::f32s],
    bias: &'a [S::f32s],
    kernel: usize,
    stride: usize,
    /// Registers in one of the rows.
    line: usize,
}

impl<S: Simd> Strip<'_, S> {
    /// `PLACES` neighbours of a row, the first with the kernel's columns `columns` from the map's column `left`. Gives
    /// back `PLACES`.
    #[inline(always)]
    fn places<const PLACES: usize>(
        &self,
        left: usize,
        columns: std::ops::Range<usize>,
        output: &mut [S::f32s],
    ) -> usize {
        let simd = self.simd;
        let channels = self.bias.len();
        let (zero, six) = (simd.splat_f32s(0.0), simd.splat_f32s(6.0));
        for channel in 0..channels {
            let mut sums = [self.bias[channel]; PLACES];
            for (row, kernel) in
                self.rows.chunks_exact(self.line).zip(self.weights.chunks_exact(self.kernel * channels))
            {
                for (step, column) in columns.clone().enumerate() {
                    let weight = kernel[column * channels + channel];
                    let from = (left + step) * channels + channel;
                    for place in 0..PLACES {
                        let value = row[from + place * self.stride * channels];
                        sums[place] = simd.mul_add_e_f32s(value, weight, sums[place]);
                    }
                }
            }
            for place in 0..PLACES {
                output[place * channels + channel] = simd.min_f32s(simd.max_f32s(sums[place], zero), six);
            }
        }
        PLACES
    }
}

#[cfg(test)]
mod tests;
