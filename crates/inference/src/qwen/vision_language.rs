//! A vision tower before a language model: what Qwen2-VL and Qwen2.5-VL are, and ColQwen2 without its last map.

use candle_core::Tensor;

use super::{LanguageModel, Positions, PreparedImages, QwenConfig, VisionTower};
use crate::{InferenceError, WeightSource};

/// Qwen2-VL or Qwen2.5-VL.
pub struct QwenVl {
    /// Reads images.
    pub vision: VisionTower,
    /// Reads and writes text.
    pub language: LanguageModel,
    image_token: u32,
}

impl QwenVl {
    /// Loads both parts.
    pub fn load(config: &QwenConfig, source: &dyn WeightSource) -> Result<Self, InferenceError> {
        let vision = VisionTower::load(&config.vision, source)?;
        Self::new(vision, LanguageModel::load(&config.language, source)?, config.image_token)
    }

    /// Joins parts from two sources, as when the tower lies in a file of its own.
    pub fn new(vision: VisionTower, language: LanguageModel, image_token: u32) -> Result<Self, InferenceError> {
        let (output, width) = (vision.config().output, language.config().width);
        if output != width {
            return Err(InferenceError::ModelConfig(format!(
                "the vision tower gives rows {output} wide, the language model reads {width}"
            )));
        }
        Ok(Self { vision, language, image_token })
    }

    /// The token that stands for an image's row in a prompt.
    pub fn image_token(&self) -> u32 {
        self.image_token
    }

    /// A prompt's tokens as rows `[tokens, width]`, with `images` in the place of the image tokens, and where they stand.
    pub fn read_prompt(
        &self,
        ids: &[u32],
        images: Option<&PreparedImages>,
    ) -> Result<(Tensor, Positions), InferenceError> {
        let grids = images.map_or(&[][..], |images| &images.grids);
        let positions = Positions::of_prompt(ids, self.image_token, grids, self.vision.config().merge)?;
        let rows = self.language.embed(ids)?;
        match images.filter(|images| !images.grids.is_empty()) {
            Some(images) => Ok((self.place_rows(ids, &rows, &self.vision.forward(images)?)?, positions)),
            None => Ok((rows, positions)),
        }
    }

    /// `rows` with those of image tokens replaced by `image_rows`, in order.
    pub fn place_rows(&self, ids: &[u32], rows: &Tensor, image_rows: &Tensor) -> Result<Tensor, InferenceError> {
        let image_rows = image_rows.to_device(rows.device())?.to_dtype(rows.dtype())?;
        let found = ids.iter().filter(|&&id| id == self.image_token).count();
        if found != image_rows.dim(0)? || ids.len() != rows.dim(0)? {
            return Err(InferenceError::Prompt(format!(
                "it has {found} image tokens, and its images make {} rows",
                image_rows.dim(0)?
            )));
        }
        let mut pieces = Vec::new();
        let (mut at, mut taken) = (0, 0);
        for run in ids.chunk_by(|a, b| (*a == self.image_token) == (*b == self.image_token)) {
            if run[0] == self.image_token {
                pieces.push(image_rows.narrow(0, taken, run.len())?);
                taken += run.len();
            } else {
                pieces.push(rows.narrow(0, at, run.len())?);
            }
            at += run.len();
        }
        Ok(Tensor::cat(&pieces, 0)?)
    }
}
