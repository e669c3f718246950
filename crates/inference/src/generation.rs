//! Writing text with a language model: one token after another, chosen by rule, handed on as it becomes text.

mod sampling;
mod session;
mod text_stream;

use std::ops::ControlFlow;

use crate::InferenceError;

pub use sampling::{Sampler, Sampling};
pub use session::{LanguageModel, Piece, PromptImage, Session};
pub use text_stream::{TextStream, TokenText};

/// How an answer is written.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationOptions {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// The most tokens that are written.
    pub max_tokens: usize,
    /// Texts that end the answer; they are not part of it.
    pub stop_strings: Vec<String>,
    /// Tokens that end the answer; they are not part of it.
    pub stop_tokens: Vec<u32>,
}

impl Default for GenerationOptions {
    fn default() -> Self {
        Self { sampling: Sampling::default(), max_tokens: 1024, stop_strings: Vec::new(), stop_tokens: Vec::new() }
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The model wrote a stop token or a stop string.
    Stopped,
    /// As many tokens as were allowed.
    Length,
    /// The reader had enough.
    Cancelled,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// All text that was handed on.
    pub text: String,
    /// The tokens, stop tokens left out.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub ending: Ending,
    /// Pieces of the prompt that the model still knew from before.
    pub reused: usize,
    /// Pieces of the prompt that it had to read.
    pub read: usize,
}

/// Lets the model answer `prompt`. `emit` is handed each bit of text once it is sure to belong to the answer and may break
/// to cancel; `cancelled` is asked before every token, and by models between the parts of a long prompt.
pub fn generate<M: LanguageModel + ?Sized>(
    session: &mut Session<M>,
    prompt: &[Piece],
    options: &GenerationOptions,
    text: &dyn TokenText,
    cancelled: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<Generated, InferenceError> {
    let mut sampler = Sampler::new(options.sampling.clone());
    let mut stream = TextStream::new(text, &options.stop_strings);
    let mut answer = Generated { text: String::new(), tokens: Vec::new(), ending: Ending::Length, reused: 0, read: 0 };
    let mut logits = match session.read_prompt(prompt, cancelled) {
        Ok((logits, reused)) => {
            (answer.reused, answer.read) = (reused, prompt.len() - reused);
            logits
        }
        Err(InferenceError::Cancelled) => return Ok(Generated { ending: Ending::Cancelled, ..answer }),
        Err(error) => return Err(error),
    };
    // The penalty counts what was read as text too, as the reference does.
    let mut seen: Vec<u32> = prompt.iter().map(Piece::token).collect();
    while answer.tokens.len() < options.max_tokens {
        if cancelled() {
            answer.ending = Ending::Cancelled;
            break;
        }
        let token = sampler.choose(&mut logits, &seen)?;
        if options.stop_tokens.contains(&token) {
            answer.ending = Ending::Stopped;
            break;
        }
        answer.tokens.push(token);
        seen.push(token);
        let (sure, stopped) = stream.push(token);
        let broken = hand_on(&sure, &mut answer.text, emit);
        if stopped || broken {
            answer.ending = if stopped { Ending::Stopped } else { Ending::Cancelled };
            return Ok(answer);
        }
        if answer.tokens.len() < options.max_tokens {
            logits = match session.read_token(token, cancelled) {
                Err(InferenceError::Cancelled) => {
                    answer.ending = Ending::Cancelled;
                    break;
                }
                read => read?,
            };
        }
    }
    if hand_on(&stream.finish(), &mut answer.text, emit) {
        answer.ending = Ending::Cancelled;
    }
    Ok(answer)
}

/// Whether the reader broke off.
fn hand_on(sure: &str, text: &mut String, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> bool {
    text.push_str(sure);
    !sure.is_empty() && emit(sure).is_break()
}

#[cfg(test)]
mod tests;
