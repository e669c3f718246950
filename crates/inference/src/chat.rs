//! Conversations as a model reads them: messages laid out by the template that a model was trained with, then cut into tokens.

mod python;
mod template;
mod tokenizer;

pub use template::{ChatTemplate, TemplateInput};
pub use tokenizer::{ChatTokenizer, as_words};
