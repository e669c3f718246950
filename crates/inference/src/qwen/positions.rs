//! Where tokens stand. A text token stands at one number; the rows of an image share a time and stand at their row and column
//! of the image, and what follows goes on after the larger side (Wang et al., arXiv 2409.12191, section 2.1). Each part of a
//! head's frequencies turns by one of the three.

use std::ops::Range;

use candle_core::Device;

use super::numerics::Rotation;
use super::{Grid, LanguageConfig};
use crate::InferenceError;

/// Time, row and column of every token of a sequence or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positions {
    places: Vec<[u32; 3]>,
}

impl Positions {
    /// `count` text tokens, the first at `from`.
    pub fn text(from: u32, count: usize) -> Self {
        Self { places: (0..count as u32).map(|at| [from.saturating_add(at); 3]).collect() }
    }

    /// The rows of one image that stands where the text would go on at `from`; `merge` patches a side make a row.
    pub fn image(from: u32, grid: Grid, merge: usize) -> Self {
        let (rows, columns) = ((grid.rows / merge) as u32, (grid.columns / merge) as u32);
        let inside = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Self { places: inside.map(|(row, column)| [from, from + row, from + column]).collect() }
    }

    /// The tokens of a whole prompt. Every image stands in `ids` as one `image_token` for each of its merged rows; `grids` are
    /// the images in order, `merge` the patches a side that make a row.
    pub fn of_prompt(ids: &[u32], image_token: u32, grids: &[Grid], merge: usize) -> Result<Self, InferenceError> {
        let wanted: usize = grids.iter().map(|grid| grid.tokens(merge)).sum();
        let found = ids.iter().filter(|&&id| id == image_token).count();
        if found != wanted {
            return Err(InferenceError::Prompt(format!(
                "it has {found} image tokens, and its {} images make {wanted} rows",
                grids.len()
            )));
        }
        let mut places = Vec::with_capacity(ids.len());
        let mut grids = grids.iter();
        let mut next = 0u32;
        let mut at = 0;
        while at < ids.len() {
            if ids[at] != image_token {
                places.push([next; 3]);
                next += 1;
                at += 1;
                continue;
            }
            let Some(grid) = grids.next() else { break };
            let (rows, columns) = (grid.rows / merge, grid.columns / merge);
            let end = at + rows * columns;
            if ids.get(at..end).is_none_or(|image| image.iter().any(|&id| id != image_token)) {
                return Err(InferenceError::Prompt(format!(
                    "an image of {rows} x {columns} rows is interrupted by text at token {at}"
                )));
            }
            places.extend(Self::image(next, *grid, merge).places);
            next += rows.max(columns) as u32;
            at = end;
        }
        Ok(Self { places })
    }

    /// How many tokens.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Time, row and column of each token.
    pub fn places(&self) -> &[[u32; 3]] {
        &self.places
    }

    /// Where the token after these stands.
    pub fn next(&self) -> u32 {
        self.places.iter().flatten().max().map_or(0, |last| last.saturating_add(1))
    }

    /// The tokens of `range` only; a range that reaches outside is an error.
    pub fn slice(&self, range: Range<usize>) -> Result<Self, InferenceError> {
        match self.places.get(range.clone()) {
            Some(places) => Ok(Self { places: places.to_vec() }),
            None => Err(InferenceError::Prompt(format!("there are no tokens {range:?} among {}", self.len()))),
        }
    }

    /// These and then `others`.
    pub fn extend(&mut self, others: &Self) {
        self.places.extend_from_slice(&others.places);
    }
}

/// The frequencies of a language model's heads.
#[derive(Debug, Clone)]
pub(super) struct RotaryFrequencies {
    /// `[head / 2]`, radians a step.
    frequencies: Vec<f32>,
    /// Which of the three places each frequency follows.
    follows: Vec<usize>,
    /// Places are divided by it.
    scale: f32,
}

impl RotaryFrequencies {
    /// Those of blocks that see everything.
    pub(super) fn new(config: &LanguageConfig) -> Self {
        Self::of(config, config.rotary_base, config.rotary_scale)
    }

    /// Those of blocks that see a window, if there are any.
    pub(super) fn local(config: &LanguageConfig) -> Option<Self> {
        config.local.map(|local| Self::of(config, local.rotary_base, 1.0))
    }

    fn of(config: &LanguageConfig, base: f64, scale: f64) -> Self {
        let follows = config.rotary_sections.iter().enumerate().flat_map(|(axis, &count)| vec![axis; count]).collect();
        Self { frequencies: frequencies(base, config.head_width), follows, scale: scale as f32 }
    }

    /// The rotation of tokens at `positions`.
    pub(super) fn at(&self, positions: &Positions, device: &Device) -> candle_core::Result<Rotation> {
        let angles = positions
            .places
            .iter()
            .flat_map(|place| {
                self.frequencies.iter().zip(&self.follows).map(|(f, &axis)| place[axis] as f32 / self.scale * f)
            })
            .collect();
        Rotation::new(angles, self.frequencies.len(), device)
    }
}

/// base^(-2i / width) for i below width / 2, rounded where the reference rounds.
pub(super) fn frequencies(base: f64, width: usize) -> Vec<f32> {
    (0..width / 2).map(|i| 1.0 / base.powf(f64::from((2 * i) as f32 / width as f32)) as f32).collect()
}
