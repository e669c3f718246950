//! How one model is spoken with: its words, the layout of its conversations, and by what its answers end.

use std::path::Path;

use super::{ChatTemplate, ChatTokenizer, Words};
use crate::InferenceError;

/// Tokens that end an answer, of all families; a tokenizer without one of them never writes it.
const ENDS: [&str; 4] = ["<|im_end|>", "<|endoftext|>", "<end_of_turn>", "<eos>"];

/// A model's side of a conversation.
pub struct Speech {
    /// Text to tokens and back.
    pub words: Box<dyn Words>,
    /// How conversations are laid out.
    pub template: ChatTemplate,
    /// Whether the template came with the model. One without was not taught to converse.
    pub taught: bool,
    /// The token that begins every text, and how it is written.
    pub beginning: Option<(u32, String)>,
    /// Tokens that end an answer.
    pub ends: Vec<u32>,
    /// Texts that end an answer.
    pub stops: Vec<String>,
}

impl Speech {
    /// Of `tokenizer.json` and the template in a model's folder.
    pub fn of_folder(folder: &Path) -> Result<Self, InferenceError> {
        let words = Box::new(ChatTokenizer::open(folder)?);
        Ok(Self::new(words, ChatTemplate::open(folder)?))
    }

    pub(super) fn new(words: Box<dyn Words>, template: ChatTemplate) -> Self {
        let ends = ENDS.into_iter().filter_map(|name| words.token(name)).collect();
        Self { words, template, taught: true, beginning: None, ends, stops: Vec::new() }
    }

    /// The tokens of a conversation that was laid out by the template.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        let mut tokens = self.words.encode(text)?;
        if let Some((beginning, _)) = self.beginning
            && tokens.first() != Some(&beginning)
        {
            tokens.insert(0, beginning);
        }
        Ok(tokens)
    }
}
