//! A language model, one that sees or one of text alone, behind one call: messages and images in, text out as it is written. One thread owns the
//! model; it is loaded when somebody first asks, and a follow-up reads only what is new.

mod load;
mod tools;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, mpsc};

use image::RgbImage;
use serde::Serialize;

use crate::chat::{Speech, TemplateInput, as_words};
use crate::device::OpenDevice;
use crate::engine::{Engine, EngineOptions, Priority};
use crate::generation::{Generated, GenerationOptions, Piece, Session, generate};
use crate::model_pack::InstalledPack;
use crate::qwen::{ImageBudget, QwenReader, TextReader};
use crate::{InferenceError, PackIdentity, ToolCall, ToolDescription};

type Result<T> = std::result::Result<T, InferenceError>;

/// Rows that an image of a question may take: 1,280 x 28 x 28 pixels, as in the paper's system.
const IMAGE: ImageBudget = ImageBudget::tokens(1280);
/// The token that a template writes once for an image.
const IMAGE_TOKEN: &str = "<|image_pad|>";

/// Somebody's turn in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: &'static str,
    /// What was said and shown, in order.
    pub content: Vec<Part>,
    /// The tools that were called, of an assistant's message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

impl Message {
    /// A message without calls.
    pub fn new(role: &'static str, content: Vec<Part>) -> Self {
        Self { role, content, tool_calls: Vec::new() }
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Part {
    /// Words.
    Text {
        /// They may say anything: see [`Part::text`].
        text: String,
    },
    /// The next of the request's images.
    Image,
}

impl Part {
    /// Words as words, see [`as_words`].
    pub fn text(text: &str) -> Self {
        Self::Text { text: as_words(text) }
    }
}

/// What is asked of a [`Writer`].
#[derive(Debug, Clone)]
pub struct WritingRequest {
    /// The conversation.
    pub messages: Vec<Message>,
    /// The images that it shows, in order; upright sRGB.
    pub images: Vec<Arc<RgbImage>>,
    /// The tools that may be called.
    pub tools: Vec<ToolDescription>,
    /// How the answer is written. The tokens that end a turn are added.
    pub options: GenerationOptions,
}

/// Writes answers.
pub trait Writes: Send + Sync {
    /// The pack that speaks.
    fn pack(&self) -> &PackIdentity;

    /// Answers the conversation. `emit` is handed the text piece by piece and may break to stop.
    fn write(&self, request: WritingRequest, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Generated>;
}

/// An added pack that writes.
pub struct Writer {
    identity: PackIdentity,
    engine: Engine<Loaded>,
}

/// What the engine's thread owns.
struct Loaded {
    mind: Mind,
    speech: Speech,
}

/// A model with what it has read.
enum Mind {
    Seeing(Session<QwenReader>),
    Text(Session<TextReader>),
}

impl Writer {
    /// A writer with the model of `pack`, which is loaded onto `device` at the first request. `cache` is a folder for matrices packed at load. `notice`
    /// hears sentences about loading: how the weights are kept, and why.
    pub fn new(
        pack: InstalledPack,
        cache: &Path,
        device: OpenDevice,
        notice: Arc<dyn Fn(String) + Send + Sync>,
    ) -> Result<Self> {
        let (identity, cache) = (pack.identity(), cache.to_owned());
        let engine = Engine::start(&pack.id.clone(), EngineOptions::default(), move || {
            load::load(&pack, &cache, &device, &*notice)
        })?;
        Ok(Self { identity, engine })
    }

    /// Loads the model now, so that what is in the way of it is known before anybody asks.
    pub fn load(&self) -> Result<()> {
        self.engine.submit(Priority::Interactive, |_: &mut Loaded, _| Ok(())).wait()
    }
}

impl Writes for Writer {
    fn pack(&self) -> &PackIdentity {
        &self.identity
    }

    fn write(&self, request: WritingRequest, emit: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<Generated> {
        let (pieces, heard) = mpsc::channel::<String>();
        let job = self.engine.submit(Priority::Chat, move |model: &mut Loaded, cancelled| {
            model.write(&request, cancelled, &mut |text| match pieces.send(text.to_owned()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        // Ends when the job has, as the sender goes with it.
        for text in heard {
            if emit(&text).is_break() {
                job.cancel();
                break;
            }
        }
        job.wait()
    }
}

impl Loaded {
    fn write(
        &mut self,
        request: &WritingRequest,
        cancelled: &dyn Fn() -> bool,
        emit: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generated> {
        let prompt = self.prompt(request)?;
        let mut options = request.options.clone();
        options.stop_tokens.extend(&self.speech.ends);
        options.stop_strings.extend_from_slice(&self.speech.stops);
        let words = &*self.speech.words;
        match &mut self.mind {
            Mind::Seeing(session) => generate(session, &prompt, &options, words, cancelled, emit),
            Mind::Text(session) => generate(session, &prompt, &options, words, cancelled, emit),
        }
    }

    /// The conversation as the model reads it, its images in the place of their tokens.
    fn prompt(&self, request: &WritingRequest) -> Result<Vec<Piece>> {
        let spelled_out;
        let (messages, tools) = if self.speech.template.knows_tools() {
            (&request.messages, tools::schemas(&request.tools))
        } else {
            spelled_out = tools::spelled_out(&request.messages, &request.tools);
            (&spelled_out, Vec::new())
        };
        let session = match &self.mind {
            Mind::Seeing(session) => session,
            Mind::Text(_) => {
                if !request.images.is_empty() {
                    return Err(InferenceError::Prompt("it shows an image, and the model reads text alone".into()));
                }
                let messages: Vec<TextMessage> = messages.iter().map(TextMessage::of).collect();
                let tokens = self.speech.tokens(&self.laid_out(&messages, &tools)?)?;
                return Ok(tokens.into_iter().map(Piece::Token).collect());
            }
        };
        let image = self.speech.words.token(IMAGE_TOKEN);
        let mut images = request.images.iter();
        let mut pieces = Vec::new();
        for id in self.speech.tokens(&self.laid_out(messages, &tools)?)? {
            if Some(id) != image {
                pieces.push(Piece::Token(id));
                continue;
            }
            let Some(shown) = images.next() else {
                return Err(InferenceError::Prompt("it speaks of more images than came with it".into()));
            };
            pieces.push(Piece::Image(session.model().image(shown, IMAGE)?));
        }
        match images.next() {
            Some(_) => Err(InferenceError::Prompt("an image came with it that it does not show".into())),
            None => Ok(pieces),
        }
    }

    /// The text that the template makes of a conversation.
    fn laid_out(&self, messages: &[impl Serialize], tools: &[serde_json::Value]) -> Result<String> {
        self.speech.template.render(&TemplateInput {
            messages,
            tools: (!tools.is_empty()).then_some(tools),
            add_generation_prompt: true,
            bos_token: self.speech.beginning.as_ref().map(|(_, text)| text.as_str()),
            eos_token: None,
            // Small models think long and to little profit; of those that see none was taught to.
            enable_thinking: matches!(self.mind, Mind::Text(_)).then_some(false),
        })
    }
}

/// A message as templates of models of text alone take it.
#[derive(Serialize)]
struct TextMessage<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "<[ToolCall]>::is_empty")]
    tool_calls: &'a [ToolCall],
}

impl<'a> TextMessage<'a> {
    fn of(message: &'a Message) -> Self {
        let text = message.content.iter().map(|part| match part {
            Part::Text { text } => text.as_str(),
            Part::Image => "",
        });
        Self { role: message.role, content: text.collect(), tool_calls: &message.tool_calls }
    }
}

#[cfg(test)]
mod tests;
