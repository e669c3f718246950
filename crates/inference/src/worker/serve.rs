//! The worker's side: one request after the other, from one pipe to the other.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::WorkerError;
use super::frame::{self, Frame, FrameError};
use super::message::{
    self, ExplainerDescription, Message, PROTOCOL, Reply, Request, RetrieverDescription, WorkerDescription,
};
use crate::{Classifier, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, Retriever, TextRows};

/// A loaded pack, to be served.
pub struct Served {
    /// Which weights these are.
    pub pack: PackIdentity,
    /// The name of the device that they compute on.
    pub device: String,
    /// The bytes of memory that are free on it, now that the weights are there.
    pub free_memory: Option<u64>,
    /// The pack's retriever, if it has one.
    pub retriever: Option<Arc<dyn Retriever>>,
    /// The pack's classifier, if it has one.
    pub classifier: Option<Arc<dyn Classifier>>,
    /// The pack's explainer, if it has one.
    pub explainer: Option<Arc<dyn Explainer>>,
}

/// Why a worker stops serving before it is told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Nothing can be served.
    #[error(transparent)]
    Load(InferenceError),
    /// The pipe from the application or to it.
    #[error("the application's messages can't be read or answered: {0}")]
    Pipe(#[from] FrameError),
}

/// Greets, loads a pack, and serves it until `input` ends or asks for the end.
///
/// Everything happens in this one thread: the next request is read when the last one is answered. A request that is understood but fails, or
/// that is not understood, is answered with its cause; bytes that are no message end the service, for nobody can tell where the next one begins.
///
/// # Errors
/// When `load` fails (the application is told why), and when a pipe breaks.
pub fn serve(
    input: impl Read,
    output: impl Write,
    load: impl FnOnce() -> Result<Served, InferenceError>,
) -> Result<(), ServeError> {
    let mut pipes = Pipes { input, output };
    pipes.say(0, &Reply::Hello { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION").into() }, &[])?;
    let served = match load() {
        Ok(served) => served,
        Err(error) => {
            pipes.say(0, &Reply::Failed { reason: error.to_string() }, &[])?;
            return Err(ServeError::Load(error));
        }
    };
    pipes.say(0, &Reply::Ready(Box::new(served.describe())), &[])?;
    loop {
        let frame = match frame::read(&mut pipes.input) {
            Ok(frame) => frame,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => {
                // Whoever sent it may still listen; the error itself is what counts.
                let _ = pipes.say(0, &refusal(&error.to_string()), &[]);
                return Err(error.into());
            }
        };
        let (head, payload) = frame;
        match serde_json::from_slice(&head) {
            Ok(Message { say: Request::Shutdown, .. }) => return Ok(()),
            Ok(Message { id, say: Request::Respond { mut conversation, sizes } }) => {
                match message::images(&sizes, payload) {
                    Ok(scans) => conversation.scans = scans.into_iter().map(Arc::new).collect(),
                    Err(cause) => {
                        pipes.say(id, &refusal(&cause), &[])?;
                        continue;
                    }
                }
                match pipes.respond(id, served.explainer.as_deref(), &conversation) {
                    Err(FrameError::Closed) => return Ok(()),
                    other => other?,
                }
            }
            Ok(Message { id, say }) => match served.answer(say, payload) {
                Ok((reply, payload)) => pipes.say(id, &reply, &payload)?,
                Err(error) => pipes.say(id, &failure(&error), &[])?,
            },
            Err(error) => pipes.say(0, &refusal(&format!("a request was not understood: {error}")), &[])?,
        }
    }
}

struct Pipes<R, W> {
    input: R,
    output: W,
}

impl<R: Read, W: Write> Pipes<R, W> {
    fn say(&mut self, id: u64, say: &Reply, payload: &[u8]) -> Result<(), FrameError> {
        let head = serde_json::to_vec(&Message { id, say }).map_err(std::io::Error::from)?;
        match frame::write(&mut self.output, &head, &[payload]) {
            // Nothing is written of a frame that is too long.
            Err(error @ FrameError::TooLong { .. }) if !matches!(say, Reply::Refused { .. }) => {
                self.say(id, &refusal(&error.to_string()), &[])
            }
            other => other,
        }
    }

    /// Streams an answer; after every event the application says whether it wants more, so that nothing is computed that nobody waits for.
    fn respond(
        &mut self,
        id: u64,
        explainer: Option<&dyn Explainer>,
        conversation: &Conversation,
    ) -> Result<(), FrameError> {
        let Some(explainer) = explainer else { return self.say(id, &failure(&lacks("explainer").into()), &[]) };
        let mut broken = None;
        let result = explainer.respond(conversation, &mut |event| match self.offer(id, event) {
            Ok(flow) => flow,
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        });
        match (broken, result) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => self.say(id, &Reply::Done, &[]),
            (None, Err(error)) => self.say(id, &failure(&error), &[]),
        }
    }

    fn offer(&mut self, id: u64, event: ExplainerEvent) -> Result<ControlFlow<()>, FrameError> {
        self.say(id, &Reply::Event { event }, &[])?;
        let (head, _): Frame = frame::read(&mut self.input)?;
        match serde_json::from_slice(&head) {
            Ok(Message { id: of, say: Request::Continue }) if of == id => Ok(ControlFlow::Continue(())),
            Ok(Message { id: of, say: Request::Stop }) if of == id => Ok(ControlFlow::Break(())),
            _ => Err(std::io::Error::other("after an event the application said neither `continue` nor `stop`").into()),
        }
    }
}

impl Served {
    fn describe(&self) -> WorkerDescription {
        WorkerDescription {
            pack: self.pack.clone(),
            device: self.device.clone(),
            free_memory: self.free_memory,
            retriever: self.retriever.as_ref().map(|retriever| RetrieverDescription {
                dimension: retriever.dimension(),
                relates_images_to_text: retriever.relates_images_to_text(),
            }),
            tasks: self.classifier.as_ref().map(|classifier| classifier.tasks()),
            explainer: self.explainer.as_ref().map(|explainer| ExplainerDescription { sees: explainer.sees() }),
        }
    }

    /// The reply with its payload.
    fn answer(&self, request: Request, payload: Vec<u8>) -> Result<(Reply, Vec<u8>), InferenceError> {
        match request {
            Request::Ping => Ok((Reply::Pong, Vec::new())),
            Request::EmbedImages { sizes } => {
                let retriever = self.retriever()?;
                let images = message::images(&sizes, payload).map_err(WorkerError::Refused)?;
                let rows: Result<Vec<_>, _> = images.iter().map(|image| retriever.embed_image(image)).collect();
                Ok(Reply::rows_of_images(&rows?))
            }
            Request::EmbedQueries { texts } => self.embed(&texts, |retriever, text| retriever.embed_query(text)),
            Request::EmbedPassages { texts } => self.embed(&texts, |retriever, text| retriever.embed_passage(text)),
            Request::Classify { dimension, top, made } => {
                let classifier = self.classifier.as_ref().ok_or_else(|| lacks("classifier"))?;
                let rows = message::multi_vector(&payload, dimension).map_err(WorkerError::Refused)?;
                Ok((Reply::Predictions { tasks: classifier.classify(&rows, made.as_ref(), top)? }, Vec::new()))
            }
            Request::Continue | Request::Stop | Request::Respond { .. } | Request::Shutdown => {
                Err(WorkerError::Refused("no answer is under way".into()).into())
            }
        }
    }

    fn embed(
        &self,
        texts: &[String],
        each: impl Fn(&dyn Retriever, &str) -> Result<TextRows, InferenceError>,
    ) -> Result<(Reply, Vec<u8>), InferenceError> {
        let retriever = self.retriever()?;
        let rows: Result<Vec<_>, _> = texts.iter().map(|text| each(retriever, text)).collect();
        Ok(Reply::rows_of_texts(rows?))
    }

    fn retriever(&self) -> Result<&dyn Retriever, WorkerError> {
        self.retriever.as_deref().ok_or_else(|| lacks("retriever"))
    }
}

fn refusal(cause: &str) -> Reply {
    Reply::Refused { cause: cause.into(), cancelled: false }
}

fn failure(error: &InferenceError) -> Reply {
    Reply::Refused { cause: error.to_string(), cancelled: matches!(error, InferenceError::Cancelled) }
}

fn lacks(role: &str) -> WorkerError {
    WorkerError::Refused(format!("the pack that the worker has loaded has no {role}"))
}
