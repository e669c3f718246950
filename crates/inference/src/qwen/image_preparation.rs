//! From a picture to patches, as transformers' `Qwen2VLImageProcessor` does it: a size of whole merged patches within a
//! budget of pixels, bicubic resampling, levels normalised with CLIP's means and deviations, patches in the order in which
//! the tower merges them.
//!
//! What is matched is the processor on Pillow before version 13: the levels after resampling are the same, all of them. The one
//! on torchvision rounds its weights more coarsely: a level in fifty or fewer differs by one of 255, a few in images of hard
//! edges by two. Pillow since 13 resamples columns first where height shrinks much more than width, which is off either by more.

use candle_core::{Device, Tensor};
use image::RgbImage;
use rayon::prelude::*;

use super::{VisionConfig, bicubic};
use crate::InferenceError;

/// Pictures longer than this many times their other side are refused, as the reference refuses them.
const LONGEST: f64 = 200.0;

/// Means and deviations of the colours in CLIP's training images, levels from 0 to 1.
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// How many patches an image became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Rows of patches.
    pub rows: usize,
    /// Patches in a row.
    pub columns: usize,
}

impl Grid {
    /// All patches.
    pub fn patches(&self) -> usize {
        self.rows * self.columns
    }

    /// The rows that the language model reads, with `merge` x `merge` patches in each.
    pub fn tokens(&self, merge: usize) -> usize {
        (self.rows / merge) * (self.columns / merge)
    }
}

/// Between how many pixels an image is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageBudget {
    /// Smaller images are enlarged to this.
    pub least: usize,
    /// Larger ones shrink to this.
    pub most: usize,
}

impl ImageBudget {
    /// At most `tokens` rows for the language model, each of 28 x 28 pixels, and at least four.
    pub const fn tokens(tokens: usize) -> Self {
        Self { least: 4 * 28 * 28, most: tokens * 28 * 28 }
    }

    /// The size that an image of `width` x `height` pixels is brought to: multiples of `factor`, about as long as it was,
    /// within the budget (the reference's `smart_resize`).
    pub fn fit(&self, width: u32, height: u32, factor: usize) -> Result<(u32, u32), InferenceError> {
        let (w, h) = (f64::from(width), f64::from(height));
        if width == 0 || height == 0 {
            return Err(InferenceError::Image { width, height });
        }
        if w.max(h) / w.min(h) > LONGEST {
            return Err(InferenceError::AspectRatio { width, height });
        }
        let step = factor as f64;
        let nearest = |side: f64| (side / step).round_ties_even() * step;
        let (mut wide, mut high) = (nearest(w), nearest(h));
        if wide * high > self.most as f64 {
            let shrink = (h * w / self.most as f64).sqrt();
            let below = |side: f64| ((side / shrink / step).floor() * step).max(step);
            (wide, high) = (below(w), below(h));
        } else if wide * high < self.least as f64 {
            let grow = (self.least as f64 / (h * w)).sqrt();
            let above = |side: f64| (side * grow / step).ceil() * step;
            (wide, high) = (above(w), above(h));
        }
        Ok((wide as u32, high as u32))
    }
}

/// Images as a vision tower reads them.
#[derive(Debug, Clone)]
pub struct PreparedImages {
    /// All images' patches, one after the other: `[patches, colours * frames * side * side]`, f32 on the CPU.
    pub patches: Tensor,
    /// One an image.
    pub grids: Vec<Grid>,
}

impl PreparedImages {
    /// Prepares upright sRGB images for the tower `vision`.
    pub fn new(images: &[&RgbImage], vision: &VisionConfig, budget: ImageBudget) -> Result<Self, InferenceError> {
        let mut numbers = Vec::new();
        let mut grids = Vec::new();
        for image in images {
            let (width, height) = budget.fit(image.width(), image.height(), vision.patch * vision.merge)?;
            let resized = bicubic::resize(image, width, height);
            grids.push(Grid { rows: height as usize / vision.patch, columns: width as usize / vision.patch });
            patches(&resized, vision, &mut numbers);
        }
        let count = grids.iter().map(Grid::patches).sum::<usize>();
        Ok(Self { patches: Tensor::from_vec(numbers, (count, vision.patch_numbers()), &Device::Cpu)?, grids })
    }
}

/// Appends an image's patches: merged squares row by row, the patches of a square row by row, each patch as colour, frame,
/// row, column.
fn patches(image: &RgbImage, vision: &VisionConfig, numbers: &mut Vec<f32>) {
    let (side, merge, frames) = (vision.patch, vision.merge, vision.frames);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let levels = image.as_raw();
    let normalised: Vec<[f32; 256]> =
        (0..3).map(|c| std::array::from_fn(|level| (level as f32 / 255.0 - MEAN[c]) / DEVIATION[c])).collect();
    let start = numbers.len();
    let columns = width / side;
    numbers.resize(start + height / side * columns * vision.patch_numbers(), 0.0);
    let band = columns * merge * vision.patch_numbers();
    numbers[start..].par_chunks_mut(band).enumerate().for_each(|(square_row, band)| {
        for (at, patch) in band.chunks_exact_mut(vision.patch_numbers()).enumerate() {
            let (square, inside) = (at / (merge * merge), at % (merge * merge));
            let top = (square_row * merge + inside / merge) * side;
            let left = (square * merge + inside % merge) * side;
            for (plane, target) in patch.chunks_exact_mut(side * side).enumerate() {
                let colour = plane / frames;
                for (row, target) in target.chunks_exact_mut(side).enumerate() {
                    let source = &levels[3 * ((top + row) * width + left)..][..3 * side];
                    for (target, pixel) in target.iter_mut().zip(source.chunks_exact(3)) {
                        *target = normalised[colour][usize::from(pixel[colour])];
                    }
                }
            }
        }
    });
}
