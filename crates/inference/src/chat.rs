//! Conversations as a model reads them: messages laid out by the template that a model was trained with, then cut into tokens.

mod gguf;
mod pieces;
mod python;
mod speech;
mod template;
mod tokenizer;

use crate::InferenceError;
use crate::generation::TokenText;
pub use speech::Speech;
pub use template::{ChatTemplate, TemplateInput};
pub use tokenizer::{ChatTokenizer, as_words};

/// Text to tokens and back.
pub trait Words: TokenText + Send {
    /// The tokens of a text. Special tokens are recognised where they stand in it; none is added.
    fn encode(&self, text: &str) -> Result<Vec<u32>, InferenceError>;

    /// The number of the token that is written like this, such as `<|im_end|>`.
    fn token(&self, name: &str) -> Option<u32>;

    /// How many numbers a model's table must have at least.
    fn size(&self) -> usize;
}
