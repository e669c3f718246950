//! A block of Qwen2.5-VL's vision tower: RMS norms, SwiGLU, attention within windows in most blocks; and the order in which
//! the patches of a window lie together.

use candle_core::Tensor;

use super::attention::{Span, side_by_side};
use super::numerics::{Rotation, swiglu};
use super::vision::{Norm, VisionAttention};
use super::{Grid, VisionConfig};
use crate::{InferenceError, Linear, WeightSource};

pub(super) struct Block {
    norm1: Norm,
    attention: VisionAttention,
    norm2: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Block {
    pub(super) fn load(config: &VisionConfig, source: &dyn WeightSource, name: &str) -> Result<Self, InferenceError> {
        Ok(Self {
            norm1: Norm::load(config, source, &format!("{name}.norm1"))?,
            attention: VisionAttention::load(config, source, &format!("{name}.attn"))?,
            norm2: Norm::load(config, source, &format!("{name}.norm2"))?,
            gate: source.linear(&format!("{name}.mlp.gate_proj"), config.width, config.inner, true)?,
            up: source.linear(&format!("{name}.mlp.up_proj"), config.width, config.inner, true)?,
            down: source.linear(&format!("{name}.mlp.down_proj"), config.inner, config.width, true)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, rotation: &Rotation, spans: &[Span]) -> Result<Tensor, InferenceError> {
        let x = (x + self.attention.forward(&self.norm1.forward(x)?, rotation, spans)?)?;
        let normed = self.norm2.forward(&x)?;
        let [gate, up] = Linear::forward_each([&self.gate, &self.up], &normed)?;
        let inner = swiglu(&gate, &up)?;
        Ok((&x + self.down.forward(&inner)?)?)
    }
}

/// The squares of patches of all images, window by window.
pub(super) struct Windows {
    /// For each place the number of the square that comes there.
    pub(super) order: Vec<u32>,
    /// One a window, over patches in that order.
    pub(super) spans: Vec<Span>,
}

impl Windows {
    /// Windows of `side` x `side` squares of `merge` x `merge` patches; at an image's right and lower edge they are smaller.
    pub(super) fn new(grids: &[Grid], merge: usize, side: usize) -> Self {
        let (mut order, mut lengths) = (Vec::new(), Vec::new());
        let mut first = 0;
        for grid in grids {
            let (rows, columns) = (grid.rows / merge, grid.columns / merge);
            for top in (0..rows).step_by(side) {
                for left in (0..columns).step_by(side) {
                    let (bottom, right) = ((top + side).min(rows), (left + side).min(columns));
                    let squares = (top..bottom).flat_map(|row| (left..right).map(move |column| row * columns + column));
                    order.extend(squares.map(|square| (first + square) as u32));
                    lengths.push((bottom - top) * (right - left) * merge * merge);
                }
            }
            first += rows * columns;
        }
        Self { order, spans: side_by_side(lengths, false) }
    }

    /// For each square the place where it came to lie.
    pub(super) fn inverse(&self) -> Vec<u32> {
        let mut inverse = vec![0; self.order.len()];
        for (place, &square) in self.order.iter().enumerate() {
            inverse[square as usize] = place as u32;
        }
        inverse
    }
}
