//! A Qwen-VL that reads a conversation piece by piece and remembers what it has read.

use std::sync::Arc;

use candle_core::DType;
use image::RgbImage;
use sha2::{Digest, Sha256};

use super::{ImageBudget, KvCache, Positions, PreparedImages, QwenVl};
use crate::InferenceError;
use crate::generation::{LanguageModel, Piece, PromptImage};

type Result<T> = std::result::Result<T, InferenceError>;

/// Tokens that are read at once: enough for full speed, and often enough asked whether to go on.
pub const CHUNK: usize = 256;

/// A [`QwenVl`] with the keys and values of one conversation.
pub struct QwenReader {
    model: QwenVl,
    cache: KvCache,
    /// What the cache held, and where the next token stood, after each piece.
    after: Vec<Place>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    tokens: usize,
    next: u32,
}

/// The pieces of a prompt, laid out as tokens.
struct Layout {
    ids: Vec<u32>,
    /// Where each token stands.
    positions: Positions,
    /// What has been read after each piece.
    after: Vec<Place>,
    images: Vec<Arc<PreparedImages>>,
}

impl QwenReader {
    /// A reader that has read nothing.
    pub fn new(model: QwenVl) -> Self {
        Self { cache: model.language.new_cache(), model, after: Vec::new() }
    }

    /// The model.
    pub fn model(&self) -> &QwenVl {
        &self.model
    }

    /// Bytes of the keys and values that are kept.
    pub fn cache_bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// An image as a piece of a prompt, at most `budget` large. The patches are made here; the tower looks at them when they are read.
    pub fn image(&self, image: &RgbImage, budget: ImageBudget) -> Result<PromptImage> {
        let prepared = PreparedImages::new(&[image], self.model.vision.config(), budget)?;
        let mut digest = Sha256::new();
        digest.update(image.width().to_le_bytes());
        digest.update(image.height().to_le_bytes());
        digest.update(budget.least.to_le_bytes());
        digest.update(budget.most.to_le_bytes());
        digest.update(image.as_raw());
        Ok(PromptImage {
            digest: digest.finalize().into(),
            placeholder: self.model.image_token(),
            content: Arc::new(prepared),
        })
    }

    fn last(&self) -> Place {
        self.after.last().copied().unwrap_or_default()
    }

    fn lay_out(&self, pieces: &[Piece]) -> Result<Layout> {
        let token = self.model.image_token();
        let merge = self.model.vision.config().merge;
        let (mut ids, mut positions, mut images) = (Vec::new(), Positions::text(0, 0), Vec::new());
        let (mut after, mut place) = (Vec::with_capacity(pieces.len()), self.last());
        for piece in pieces {
            let here = match piece {
                Piece::Token(id) if *id == token => {
                    let cause = "it names an image that does not come with it";
                    return Err(InferenceError::Prompt(cause.into()));
                }
                Piece::Token(id) => {
                    ids.push(*id);
                    Positions::text(place.next, 1)
                }
                Piece::Image(image) => {
                    let prepared = Arc::clone(&image.content).downcast::<PreparedImages>();
                    let Ok(prepared) = prepared else {
                        return Err(InferenceError::Prompt("it holds an image for another model".into()));
                    };
                    let here = prepared.grids.iter().fold(Positions::text(0, 0), |mut all, grid| {
                        let from = if all.is_empty() { place.next } else { all.next() };
                        all.extend(&Positions::image(from, *grid, merge));
                        all
                    });
                    ids.extend(std::iter::repeat_n(token, here.len()));
                    images.push(prepared);
                    here
                }
            };
            place = Place { tokens: place.tokens + here.len(), next: here.next().max(place.next) };
            positions.extend(&here);
            after.push(place);
        }
        Ok(Layout { ids, positions, after, images })
    }
}

impl LanguageModel for QwenReader {
    fn read(&mut self, pieces: &[Piece], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>> {
        let go_on = || if cancelled() { Err(InferenceError::Cancelled) } else { Ok(()) };
        let Layout { ids, positions, after, images } = self.lay_out(pieces)?;
        // What an interrupted reading left behind is not of this conversation.
        self.cache.truncate(self.last().tokens);
        let mut rows = self.model.language.embed(&ids)?;
        if !images.is_empty() {
            let mut seen = Vec::with_capacity(images.len());
            for image in &images {
                go_on()?;
                seen.push(self.model.vision.forward(image)?);
            }
            rows = self.model.place_rows(&ids, &rows, &candle_core::Tensor::cat(&seen, 0)?)?;
        }
        go_on()?;
        let hidden = self.model.language.prefill(&rows, &positions, &mut self.cache, CHUNK, &mut || go_on())?;
        let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?;
        let logits = self.model.language.logits(&last)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        self.after.extend(after);
        Ok(logits)
    }

    fn truncate(&mut self, pieces: usize) -> Result<()> {
        self.after.truncate(pieces);
        self.cache.truncate(self.last().tokens);
        Ok(())
    }
}
