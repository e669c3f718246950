//! What both vision towers share: patches become rows, blocks of attention with two-dimensional rotary positions run over
//! them, and a merger makes one row of the language model's width out of each square of patches.

use candle_core::{DType, Device, Tensor};

use super::attention::{Span, attend, side_by_side};
use super::numerics::Rotation;
use super::positions::frequencies;
use super::{Grid, PreparedImages, VisionConfig, VisionFamily, qwen2_5_vision, qwen2_vision};
use crate::{InferenceError, Linear, Matrix, WeightSource};

type Result<T> = std::result::Result<T, InferenceError>;

/// The base of the towers' rotary frequencies.
const ROTARY_BASE: f64 = 10_000.0;

/// What the towers' norms add to the mean square.
pub(super) const NORM_EPSILON: f64 = 1e-6;

/// A vision tower of either family.
pub struct VisionTower {
    config: VisionConfig,
    patch_embedding: Matrix,
    blocks: Vec<Block>,
    merger: Merger,
    dtype: DType,
    device: Device,
}

enum Block {
    Qwen2(qwen2_vision::Block),
    Qwen2_5(qwen2_5_vision::Block),
}

impl VisionTower {
    /// Loads the tensors `visual.*`.
    pub fn load(config: &VisionConfig, source: &dyn WeightSource) -> Result<Self> {
        let side = config.patch;
        let kernel = [config.width, config.channels, config.frames, side, side];
        // A convolution whose steps are as long as its kernel is a linear map of patches.
        let patch_embedding = source.tensor("visual.patch_embed.proj.weight", &kernel)?;
        let patch_embedding = Matrix::Dense(patch_embedding.reshape((config.width, config.patch_numbers()))?);
        let block = |at| {
            let name = format!("visual.blocks.{at}");
            Ok(match config.family {
                VisionFamily::Qwen2 => Block::Qwen2(qwen2_vision::Block::load(config, source, &name)?),
                VisionFamily::Qwen2_5 { .. } => Block::Qwen2_5(qwen2_5_vision::Block::load(config, source, &name)?),
            })
        };
        Ok(Self {
            patch_embedding,
            blocks: (0..config.depth).map(block).collect::<Result<_>>()?,
            merger: Merger::load(config, source)?,
            dtype: source.dtype(),
            device: source.device().clone(),
            config: config.clone(),
        })
    }

    /// Its sizes.
    pub fn config(&self) -> &VisionConfig {
        &self.config
    }

    /// The merged rows of all images, one image after the other, `[rows, output]`. No image sees another.
    pub fn forward(&self, images: &PreparedImages) -> Result<Tensor> {
        self.forward_watched(images, &mut |_| {})
    }

    /// [`forward`](Self::forward), showing the embedded patches and every block's output to `watch`.
    pub(super) fn forward_watched(&self, images: &PreparedImages, watch: &mut dyn FnMut(&Tensor)) -> Result<Tensor> {
        let config = &self.config;
        let (merge, unit) = (config.merge, config.merge * config.merge);
        let grids = &images.grids;
        let (patches, numbers) = images.patches.dims2()?;
        let whole = |grid: &Grid| grid.rows.is_multiple_of(merge) && grid.columns.is_multiple_of(merge);
        if numbers != config.patch_numbers()
            || patches != grids.iter().map(Grid::patches).sum::<usize>()
            || patches == 0
            || !grids.iter().all(whole)
        {
            return Err(InferenceError::Prompt(format!(
                "patches of {:?} do not fill {grids:?}",
                images.patches.dims()
            )));
        }
        let patches = images.patches.to_device(&self.device)?.to_dtype(self.dtype)?;
        let mut x = self.patch_embedding.apply(&patches)?;
        watch(&x);
        let mut places = places(grids, merge);
        let whole = side_by_side(grids.iter().map(Grid::patches), false);
        let windows = match config.family {
            VisionFamily::Qwen2 => None,
            VisionFamily::Qwen2_5 { window, .. } => {
                Some(qwen2_5_vision::Windows::new(grids, merge, window / merge / config.patch))
            }
        };
        if let Some(windows) = &windows {
            x = reorder(&x, &windows.order, unit)?;
            places = windows.order.iter().flat_map(|&at| places[at as usize * unit..][..unit].to_vec()).collect();
        }
        let rotation = rotation(&places, config.head_width(), &self.device)?;
        for (at, block) in self.blocks.iter().enumerate() {
            x = match (block, &windows, &config.family) {
                (Block::Qwen2(block), ..) => block.forward(&x, &rotation, &whole)?,
                (Block::Qwen2_5(block), Some(windows), VisionFamily::Qwen2_5 { full_attention, .. })
                    if !full_attention.contains(&at) =>
                {
                    block.forward(&x, &rotation, &windows.spans)?
                }
                (Block::Qwen2_5(block), ..) => block.forward(&x, &rotation, &whole)?,
            };
            watch(&x);
        }
        let merged = self.merger.forward(&x)?;
        match windows {
            Some(windows) => Ok(merged.index_select(&Tensor::new(windows.inverse(), &self.device)?, 0)?),
            None => Ok(merged),
        }
    }
}

/// Row and column of every patch, in the order in which squares of `merge` x `merge` patches lie together.
fn places(grids: &[Grid], merge: usize) -> Vec<[u32; 2]> {
    let mut places = Vec::new();
    for grid in grids {
        for square in 0..grid.tokens(merge) {
            let across = grid.columns / merge;
            let (top, left) = (square / across * merge, square % across * merge);
            places.extend(
                (0..merge * merge).map(|inside| [(top + inside / merge) as u32, (left + inside % merge) as u32]),
            );
        }
    }
    places
}

/// A quarter of a head turns by the row, the next quarter by the column.
fn rotation(places: &[[u32; 2]], head: usize, device: &Device) -> candle_core::Result<Rotation> {
    let frequencies = frequencies(ROTARY_BASE, head / 2);
    let angles = places.iter().flatten().flat_map(|&place| frequencies.iter().map(move |f| place as f32 * f)).collect();
    Rotation::new(angles, head / 2, device)
}

/// Rows in groups of `unit`, the groups in another order.
fn reorder(x: &Tensor, order: &[u32], unit: usize) -> candle_core::Result<Tensor> {
    let (rows, width) = x.dims2()?;
    let order = Tensor::new(order, x.device())?;
    x.reshape((rows / unit, unit * width))?.index_select(&order, 0)?.reshape((rows, width))
}

/// Attention of a block: queries, keys and values out of one map.
pub(super) struct VisionAttention {
    qkv: Linear,
    projection: Linear,
    heads: usize,
}

impl VisionAttention {
    pub(super) fn load(config: &VisionConfig, source: &dyn WeightSource, name: &str) -> Result<Self> {
        Ok(Self {
            qkv: source.linear(&format!("{name}.qkv"), config.width, 3 * config.width, true)?,
            projection: source.linear(&format!("{name}.proj"), config.width, config.width, true)?,
            heads: config.heads,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, rotation: &Rotation, spans: &[Span]) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let qkv = self.qkv.forward(x)?.reshape((rows, 3 * self.heads, width / self.heads))?;
        let part = |at: usize| qkv.narrow(1, at * self.heads, self.heads);
        let queries = rotation.apply(&part(0)?)?;
        let keys = rotation.apply(&part(1)?)?.transpose(0, 1)?;
        self.projection.forward(&attend(&queries, &keys, &part(2)?.transpose(0, 1)?, spans)?)
    }
}

/// Merges squares of patches into rows for the language model.
struct Merger {
    norm: Norm,
    inner: Linear,
    outer: Linear,
    wide: usize,
}

/// The two families' norms.
pub(super) enum Norm {
    Layer { weight: Tensor, bias: Tensor },
    Rms { weight: Tensor },
}

impl Norm {
    pub(super) fn load(config: &VisionConfig, source: &dyn WeightSource, name: &str) -> Result<Self> {
        let weight = source.tensor(&format!("{name}.weight"), &[config.width])?;
        Ok(match config.family {
            VisionFamily::Qwen2 => {
                Self::Layer { weight, bias: source.tensor(&format!("{name}.bias"), &[config.width])? }
            }
            VisionFamily::Qwen2_5 { .. } => Self::Rms { weight },
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Layer { weight, bias } => super::numerics::layer_norm(x, weight, bias, NORM_EPSILON),
            Self::Rms { weight } => super::numerics::rms_norm(x, weight, NORM_EPSILON),
        }
    }
}

impl Merger {
    fn load(config: &VisionConfig, source: &dyn WeightSource) -> Result<Self> {
        let wide = config.width * config.merge * config.merge;
        Ok(Self {
            norm: Norm::load(config, source, "visual.merger.ln_q")?,
            inner: source.linear("visual.merger.mlp.0", wide, wide, true)?,
            outer: source.linear("visual.merger.mlp.2", wide, config.output, true)?,
            wide,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let squares = self.norm.forward(x)?.reshape(((), self.wide))?;
        self.outer.forward(&self.inner.forward(&squares)?.gelu_erf()?)
    }
}
