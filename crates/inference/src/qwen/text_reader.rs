//! A language model by itself that reads a conversation piece by piece and remembers what it has read.

use candle_core::DType;

use super::{CHUNK, KvCache, LanguageModel, Positions};
use crate::InferenceError;
use crate::generation::{self, Piece};

type Result<T> = std::result::Result<T, InferenceError>;

/// A [`LanguageModel`] with the keys and values of one conversation.
pub struct TextReader {
    model: LanguageModel,
    cache: KvCache,
    /// Tokens of the conversation.
    read: usize,
}

impl TextReader {
    /// A reader that has read nothing.
    pub fn new(model: LanguageModel) -> Self {
        Self { cache: model.new_cache(), model, read: 0 }
    }

    /// The model.
    pub fn model(&self) -> &LanguageModel {
        &self.model
    }
}

impl generation::LanguageModel for TextReader {
    fn read(&mut self, pieces: &[Piece], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>> {
        let token = |piece: &Piece| match piece {
            Piece::Token(id) => Ok(*id),
            Piece::Image(_) => Err(InferenceError::Prompt("it holds an image, and the model reads text alone".into())),
        };
        let ids: Vec<u32> = pieces.iter().map(token).collect::<Result<_>>()?;
        let mut go_on = || if cancelled() { Err(InferenceError::Cancelled) } else { Ok(()) };
        // What an interrupted reading left behind is not of this conversation.
        self.cache.truncate(self.read);
        let positions = Positions::text(self.read as u32, ids.len());
        let hidden = self.model.prefill(&self.model.embed(&ids)?, &positions, &mut self.cache, CHUNK, &mut go_on)?;
        let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?;
        let logits = self.model.logits(&last)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        self.read += ids.len();
        Ok(logits)
    }

    fn truncate(&mut self, pieces: usize) -> Result<()> {
        self.read = self.read.min(pieces);
        self.cache.truncate(self.read);
        Ok(())
    }
}
