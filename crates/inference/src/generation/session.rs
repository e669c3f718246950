//! What a model has read and still knows, so that a follow-up question reads only what is new.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::InferenceError;

/// One thing in a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A token of text.
    Token(u32),
    /// An image, whose rows stand where its placeholder tokens would.
    Image(PromptImage),
}

impl Piece {
    /// The token that stands in the text for it.
    pub(super) fn token(&self) -> u32 {
        match self {
            Self::Token(token) => *token,
            Self::Image(image) => image.placeholder,
        }
    }
}

/// An image in a prompt. Two are the same when their digests are.
#[derive(Clone)]
pub struct PromptImage {
    /// A digest of the prepared pixels and their grid.
    pub digest: [u8; 32],
    /// The token that the template writes for each of its rows.
    pub placeholder: u32,
    /// What the model reads; its type is the model's affair.
    pub content: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for PromptImage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("PromptImage").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl PartialEq for PromptImage {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.placeholder == other.placeholder
    }
}

impl Eq for PromptImage {}

/// A model that continues a sequence of pieces, which it keeps in a form of its own (a key-value cache).
pub trait LanguageModel {
    /// Reads `pieces` after those it has read already. The logits `[vocabulary]` of what follows the last of them. `cancelled` is
    /// asked between the parts of a long prompt; a model that heeds it ends with [`InferenceError::Cancelled`]. After an error
    /// it may have read any number of the pieces.
    fn read(&mut self, pieces: &[Piece], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>, InferenceError>;

    /// Forgets all but the first `pieces`; what follows is read as if the rest had never been. No more than were read.
    fn truncate(&mut self, pieces: usize) -> Result<(), InferenceError>;
}

/// A model with the pieces it has read.
pub struct Session<M: ?Sized> {
    known: Vec<Piece>,
    model: Box<M>,
}

impl<M: LanguageModel + ?Sized> Session<M> {
    /// A session with a model that has read nothing.
    pub fn new(model: Box<M>) -> Self {
        Self { known: Vec::new(), model }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The pieces that the model knows.
    pub fn known(&self) -> &[Piece] {
        &self.known
    }

    /// Forgets all.
    pub fn clear(&mut self) -> Result<(), InferenceError> {
        self.known.clear();
        self.model.truncate(0)
    }

    /// Reads a prompt, keeping the longest beginning that the model knows. The logits after it, and how many pieces were kept.
    pub(super) fn read_prompt(
        &mut self,
        prompt: &[Piece],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(Vec<f32>, usize), InferenceError> {
        let Some(last) = prompt.len().checked_sub(1) else {
            return Err(InferenceError::Tokens("there is nothing to answer".into()));
        };
        let common = self.known.iter().zip(prompt).take_while(|(known, asked)| known == asked).count();
        // The logits come with reading, so that one piece at least is read again.
        let kept = common.min(last);
        self.known.truncate(kept);
        self.model.truncate(kept)?;
        let logits = self.read(&prompt[kept..], cancelled)?;
        Ok((logits, kept))
    }

    /// Reads one more token.
    pub(super) fn read_token(&mut self, token: u32, cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>, InferenceError> {
        self.read(&[Piece::Token(token)], cancelled)
    }

    fn read(&mut self, pieces: &[Piece], cancelled: &dyn Fn() -> bool) -> Result<Vec<f32>, InferenceError> {
        match self.model.read(pieces, cancelled) {
            Ok(logits) => {
                self.known.extend_from_slice(pieces);
                Ok(logits)
            }
            Err(error) => {
                // What it has read of them is unknown; without that the next prompt would follow a wrong beginning.
                if self.model.truncate(self.known.len()).is_err() {
                    self.known.clear();
                }
                Err(error)
            }
        }
    }
}
