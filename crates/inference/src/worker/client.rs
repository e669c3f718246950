//! The application's side: a pack that computes in a worker, behind the same interfaces as one that computes here.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use image::RgbImage;
use vitrine_retrieval::MultiVector;

use super::frame::FrameError;
use super::link::Link;
use super::message::{self, Message, PROTOCOL, Reply, Request, WorkerDescription};
use super::process::{Process, WorkerOptions};
use super::{RetrieverDescription, WorkerError};
use crate::{
    Classifier, Conversation, Explainer, ExplainerEvent, InferenceError, PackIdentity, Retriever, Task, TaskPrediction,
    TextRows, Years,
};

/// Texts go to the worker in batches of so many at most.
const TEXTS_AT_ONCE: usize = 64;

/// Images go to the worker in batches of so many bytes, and one at least.
const BYTES_AT_ONCE: usize = 64 << 20;

/// A pack that a worker has loaded.
///
/// Requests of several threads wait for each other. A worker that dies, keeps silent or talks nonsense costs the request at hand, which fails with one
/// sentence; the next request starts it anew, [`WorkerOptions::restarts`] times at most without an answer in between. Dropping the client ends
/// the worker. While an answer streams, whoever listens must not ask the same client: it would wait for itself.
pub struct WorkerClient {
    start: Box<Start>,
    patience: Patience,
    description: WorkerDescription,
    state: Mutex<State>,
}

pub(super) type Start = dyn Fn() -> Result<Box<dyn Link>, WorkerError> + Send + Sync;

/// The limits of [`WorkerOptions`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) greeting: Duration,
    pub(super) loading: Duration,
    pub(super) silence: Duration,
    pub(super) restarts: u32,
}

struct State {
    /// `None` while a request is under way, and after a failure.
    session: Option<Session>,
    /// Failures since the last answer.
    failures: u32,
    last_failure: String,
}

/// A worker that has loaded its pack.
struct Session {
    link: Box<dyn Link>,
    /// The number of the last request.
    id: u64,
    silence: Duration,
}

/// Why a request failed.
enum Failure {
    /// The worker can't be used any more.
    Pipe(FrameError),
    /// Nor can this one.
    Nonsense(String),
    /// The worker waits for the next request.
    Refused(InferenceError),
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        Self::Pipe(error)
    }
}

impl WorkerClient {
    /// Starts the worker and waits until it has loaded its pack.
    ///
    /// # Errors
    /// When it can't be started, does not greet in time, or can't use its device or pack; each says why in a sentence.
    pub fn start(options: WorkerOptions) -> Result<Self, WorkerError> {
        let patience = Patience {
            greeting: options.greeting_limit,
            loading: options.loading_limit,
            silence: options.silence_limit,
            restarts: options.restarts,
        };
        Self::over(Box::new(move || Ok(Box::new(Process::start(&options)?))), patience)
    }

    pub(super) fn over(start: Box<Start>, patience: Patience) -> Result<Self, WorkerError> {
        let (session, description) = Session::open(start()?, patience)?;
        let state = State { session: Some(session), failures: 0, last_failure: String::new() };
        Ok(Self { start, patience, description, state: Mutex::new(state) })
    }

    /// What the worker has loaded, and where it computes.
    pub fn description(&self) -> &WorkerDescription {
        &self.description
    }

    /// Whether the worker answers; starts it anew where it has ended.
    pub fn ping(&self) -> Result<(), InferenceError> {
        self.exchange(|session| match session.ask(&Request::Ping, &[])? {
            (Reply::Pong, _) => Ok(()),
            (other, _) => Err(unexpected(&other)),
        })
    }

    /// Several images as rows, in their order.
    pub fn embed_images(&self, images: &[&RgbImage]) -> Result<Vec<MultiVector>, InferenceError> {
        let mut rows = Vec::with_capacity(images.len());
        let mut rest = images;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fit = rest.iter().take_while(|image| {
                bytes += image.as_raw().len();
                bytes <= BYTES_AT_ONCE
            });
            let (now, later) = rest.split_at(fit.count().max(1));
            rest = later;
            let sizes = now.iter().map(|image| image.dimensions()).collect();
            let pixels: Vec<&[u8]> = now.iter().map(|image| image.as_raw().as_slice()).collect();
            let parts = self.rows(&Request::EmbedImages { sizes }, &pixels, |parts| parts.len() == now.len())?;
            rows.extend(parts.into_iter().map(|part| part.rows));
        }
        Ok(rows)
    }

    /// Several texts as queries, in their order.
    pub fn embed_queries(&self, texts: &[&str]) -> Result<Vec<TextRows>, InferenceError> {
        self.embed_texts(texts, |texts| Request::EmbedQueries { texts })
    }

    /// Several texts as documents, in their order.
    pub fn embed_passages(&self, texts: &[&str]) -> Result<Vec<TextRows>, InferenceError> {
        self.embed_texts(texts, |texts| Request::EmbedPassages { texts })
    }

    fn embed_texts(
        &self,
        texts: &[&str],
        request: impl Fn(Vec<String>) -> Request,
    ) -> Result<Vec<TextRows>, InferenceError> {
        let mut rows = Vec::with_capacity(texts.len());
        for batch in texts.chunks(TEXTS_AT_ONCE) {
            let owned = batch.iter().map(|&text| text.to_owned()).collect();
            // A place outside its text would be cut out of it somewhere far from here.
            let fits = |(text, part): (&&str, &TextRows)| {
                part.spans.len() == part.rows.len()
                    && part.spans.iter().flatten().all(|span| text.get(span.clone()).is_some())
            };
            let fit = |parts: &[TextRows]| parts.len() == batch.len() && batch.iter().zip(parts).all(fits);
            let parts = self.rows(&request(owned), &[], fit)?;
            rows.extend(parts);
        }
        Ok(rows)
    }

    fn rows(
        &self,
        request: &Request,
        payload: &[&[u8]],
        fit: impl Fn(&[TextRows]) -> bool,
    ) -> Result<Vec<TextRows>, InferenceError> {
        self.exchange(|session| match session.ask(request, payload)? {
            (Reply::Rows { parts }, payload) => {
                let parts = message::rows(parts, &payload).map_err(Failure::Nonsense)?;
                if fit(&parts) {
                    return Ok(parts);
                }
                Err(Failure::Nonsense("the rows are not those of what was to be embedded".into()))
            }
            (other, _) => Err(unexpected(&other)),
        })
    }

    /// Talks with the worker, which is started anew if need be; after a failure it is ended.
    fn exchange<T>(&self, talk: impl FnOnce(&mut Session) -> Result<T, Failure>) -> Result<T, InferenceError> {
        // A panic while somebody held the lock has dropped the session, and thereby ended the worker.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut session = self.running(&mut state)?;
        let error = match talk(&mut session) {
            Ok(answer) => {
                state.answered(session);
                return Ok(answer);
            }
            Err(Failure::Refused(error)) => {
                state.answered(session);
                return Err(error);
            }
            // Nothing was sent.
            Err(Failure::Pipe(error @ FrameError::TooLong { .. })) if session.link.runs() => {
                state.answered(session);
                return Err(WorkerError::TooLarge(error).into());
            }
            Err(Failure::Pipe(error)) => session.link.post_mortem(error),
            Err(Failure::Nonsense(cause)) => session.nonsense(cause),
        };
        state.failed(&error);
        Err(error.into())
    }

    fn running(&self, state: &mut State) -> Result<Session, WorkerError> {
        if let Some(mut session) = state.session.take() {
            if session.link.runs() {
                return Ok(session);
            }
            state.failed(&session.link.post_mortem(FrameError::Closed));
        }
        if state.failures > self.patience.restarts {
            return Err(WorkerError::GivenUp { times: state.failures, last: state.last_failure.clone() });
        }
        let opened = (self.start)().and_then(|link| Session::open(link, self.patience));
        let opened = opened.and_then(|(session, found)| {
            if found.pack == self.description.pack {
                return Ok(session);
            }
            let reason = "the pack's files are no longer those that were loaded before; start the program anew";
            Err(WorkerError::Unready { path: session.link.path().to_owned(), reason: reason.into() })
        });
        opened.inspect_err(|error| state.failed(error))
    }
}

impl State {
    fn answered(&mut self, session: Session) {
        self.session = Some(session);
        self.failures = 0;
    }

    fn failed(&mut self, error: &WorkerError) {
        self.failures += 1;
        self.last_failure = error.to_string();
    }
}

impl Session {
    /// Waits for the worker's greeting, and for its pack.
    fn open(link: Box<dyn Link>, patience: Patience) -> Result<(Self, WorkerDescription), WorkerError> {
        let mut session = Self { link, id: 0, silence: patience.greeting };
        let hello = session.handshake();
        session.silence = patience.loading;
        let path = session.link.path().to_owned();
        match hello? {
            Reply::Hello { protocol: PROTOCOL, .. } => {}
            Reply::Hello { version, .. } => return Err(WorkerError::Version { path, version }),
            other => return Err(session.nonsense(format!("it greeted with {}", name(&other)))),
        }
        match session.handshake()? {
            Reply::Ready(description) => {
                session.silence = patience.silence;
                Ok((session, *description))
            }
            Reply::Failed { reason } => Err(WorkerError::Unready { path, reason }),
            other => Err(session.nonsense(format!("after its greeting came {}", name(&other)))),
        }
    }

    fn handshake(&mut self) -> Result<Reply, WorkerError> {
        match self.hear() {
            Ok((reply, _)) => Ok(reply),
            Err(Failure::Pipe(error)) => Err(self.link.post_mortem(error)),
            Err(Failure::Nonsense(cause)) => Err(self.nonsense(cause)),
            Err(Failure::Refused(error)) => {
                Err(WorkerError::Unready { path: self.link.path().to_owned(), reason: error.to_string() })
            }
        }
    }

    fn nonsense(&mut self, cause: String) -> WorkerError {
        self.link.kill();
        WorkerError::Nonsense { path: self.link.path().to_owned(), cause }
    }

    /// Asks something new and waits for the first reply.
    fn ask(&mut self, request: &Request, payload: &[&[u8]]) -> Result<(Reply, Vec<u8>), Failure> {
        self.id += 1;
        self.say(request, payload)?;
        self.hear()
    }

    fn say(&mut self, say: &Request, payload: &[&[u8]]) -> Result<(), Failure> {
        let head = serde_json::to_vec(&Message { id: self.id, say });
        let head = head.map_err(|error| Failure::Refused(WorkerError::Refused(error.to_string()).into()))?;
        Ok(self.link.send(self.silence, &head, payload)?)
    }

    fn hear(&mut self) -> Result<(Reply, Vec<u8>), Failure> {
        let (head, payload) = self.link.receive(self.silence)?;
        let message: Message<Reply> =
            serde_json::from_slice(&head).map_err(|error| Failure::Nonsense(error.to_string()))?;
        match message.say {
            // 0 where the worker could not even read which request it refuses.
            Reply::Refused { cause, cancelled } if message.id == self.id || message.id == 0 => {
                let error = if cancelled { InferenceError::Cancelled } else { WorkerError::Refused(cause).into() };
                Err(Failure::Refused(error))
            }
            say if message.id == self.id => Ok((say, payload)),
            _ => Err(Failure::Nonsense(format!("request {} was answered as {}", self.id, message.id))),
        }
    }
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::Nonsense(format!("{} is no answer to what was asked", name(reply)))
}

/// The reply's name, without what may be long.
fn name(reply: &Reply) -> &'static str {
    match reply {
        Reply::Hello { .. } => "a greeting",
        Reply::Ready(_) => "a description of a pack",
        Reply::Failed { .. } => "a failure to load",
        Reply::Pong => "the answer to a ping",
        Reply::Rows { .. } => "rows",
        Reply::Predictions { .. } => "predictions",
        Reply::Event { .. } => "a piece of an answer",
        Reply::Done => "the end of an answer",
        Reply::Refused { .. } => "a refusal",
    }
}

impl Retriever for WorkerClient {
    fn pack(&self) -> &PackIdentity {
        &self.description.pack
    }

    /// 0 when the pack has no retriever.
    fn dimension(&self) -> usize {
        self.description.retriever.map_or(0, |RetrieverDescription { dimension, .. }| dimension)
    }

    fn relates_images_to_text(&self) -> bool {
        self.description.retriever.is_some_and(|retriever| retriever.relates_images_to_text)
    }

    fn embed_image(&self, image: &RgbImage) -> Result<MultiVector, InferenceError> {
        self.embed_images(&[image]).and_then(only)
    }

    fn embed_query(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_queries(&[text]).and_then(only)
    }

    fn embed_passage(&self, text: &str) -> Result<TextRows, InferenceError> {
        self.embed_passages(&[text]).and_then(only)
    }
}

/// The one thing of a batch of one. The number was checked when the answer came.
fn only<T>(mut batch: Vec<T>) -> Result<T, InferenceError> {
    batch.pop().ok_or_else(|| WorkerError::Refused("the worker gave nothing back".into()).into())
}

impl Classifier for WorkerClient {
    fn pack(&self) -> &PackIdentity {
        &self.description.pack
    }

    fn tasks(&self) -> Vec<(Task, Vec<String>)> {
        self.description.tasks.clone().unwrap_or_default()
    }

    fn classify(
        &self,
        image: &MultiVector,
        made: Option<&Years>,
        top: usize,
    ) -> Result<Vec<TaskPrediction>, InferenceError> {
        let rows: Vec<u8> = message::bytes(image.values()).collect();
        let request = Request::Classify { dimension: image.dimension(), top, made: made.copied() };
        self.exchange(|session| match session.ask(&request, &[&rows])? {
            (Reply::Predictions { tasks }, _) => Ok(tasks),
            (other, _) => Err(unexpected(&other)),
        })
    }
}

impl Explainer for WorkerClient {
    fn pack(&self) -> &PackIdentity {
        &self.description.pack
    }

    fn sees(&self) -> bool {
        self.description.explainer.is_some_and(|explainer| explainer.sees)
    }

    fn respond(
        &self,
        conversation: &Conversation,
        emit: &mut dyn FnMut(ExplainerEvent) -> ControlFlow<()>,
    ) -> Result<(), InferenceError> {
        let scans = &conversation.scans;
        let request = Request::Respond {
            conversation: Conversation { scans: Vec::new(), ..conversation.clone() },
            sizes: scans.iter().map(|scan| scan.dimensions()).collect(),
        };
        let pixels: Vec<&[u8]> = scans.iter().map(|scan| scan.as_raw().as_slice()).collect();
        self.exchange(|session| {
            let mut reply = session.ask(&request, &pixels)?;
            let mut stopped = false;
            loop {
                match reply {
                    (Reply::Done, _) => return Ok(()),
                    (Reply::Event { .. }, _) if stopped => {
                        return Err(Failure::Nonsense("it went on after it had been told to stop".into()));
                    }
                    (Reply::Event { event }, _) => {
                        stopped = emit(event).is_break();
                        session.say(if stopped { &Request::Stop } else { &Request::Continue }, &[])?;
                    }
                    (other, _) => return Err(unexpected(&other)),
                }
                reply = session.hear()?;
            }
        })
    }
}
