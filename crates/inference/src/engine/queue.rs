//! One thread owns a model; everybody else asks it. Requests wait in order of priority, the model is loaded when the first comes and given
//! up when it is idle or memory is short.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::InferenceError;

/// Who waits for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nobody in particular: many works are looked at in the background.
    Batch,
    /// A person who did something a moment ago.
    Interactive,
    /// A person who looks at a half-written answer.
    Chat,
}

/// How an engine treats its model.
#[derive(Clone)]
pub struct EngineOptions {
    /// Unload after this long without a request.
    pub idle: Duration,
    /// Whether memory is short now; asked after every job and, when idle, a few times a minute.
    pub pressed: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { idle: Duration::from_secs(600), pressed: Arc::new(super::memory::memory_is_short) }
    }
}

/// A model of type `M` on a thread of its own.
pub struct Engine<M: 'static> {
    shared: Arc<Shared<M>>,
    thread: Option<JoinHandle<()>>,
}

/// A request under way.
pub struct JobHandle<T> {
    answer: mpsc::Receiver<Result<T, InferenceError>>,
    cancelled: Arc<AtomicBool>,
}

impl<T> JobHandle<T> {
    /// Asks the job to end. One that waits is dropped; one that runs ends when it next looks.
    pub fn cancel(&self) {
        self.cancelled.store(true, Atomic::Relaxed);
    }

    /// Waits for the answer.
    pub fn wait(self) -> Result<T, InferenceError> {
        self.answer.recv().unwrap_or(Err(InferenceError::EngineStopped))
    }
}

type Work<M> = Box<dyn FnOnce(Result<&mut M, InferenceError>) + Send>;

struct Waiting<M> {
    priority: Priority,
    /// Earlier requests of the same priority come first.
    number: u64,
    cancelled: Arc<AtomicBool>,
    work: Work<M>,
}

impl<M> PartialEq for Waiting<M> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<M> Eq for Waiting<M> {}

impl<M> PartialOrd for Waiting<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> Ord for Waiting<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority).then(other.number.cmp(&self.number))
    }
}

struct Queue<M> {
    waiting: BinaryHeap<Waiting<M>>,
    next: u64,
    stop: bool,
    unload: bool,
    loaded: bool,
}

struct Shared<M> {
    queue: Mutex<Queue<M>>,
    changed: Condvar,
}

impl<M> Shared<M> {
    fn lock(&self) -> MutexGuard<'_, Queue<M>> {
        // The queue is whole between any two statements; a panic elsewhere does not change that.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: 'static> Engine<M> {
    /// Starts the thread; `load` is called on it when the first request comes, and again after an unloading or a failure.
    pub fn start(
        name: &str,
        options: EngineOptions,
        load: impl FnMut() -> Result<M, InferenceError> + Send + 'static,
    ) -> Result<Self, InferenceError> {
        let queue = Queue { waiting: BinaryHeap::new(), next: 0, stop: false, unload: false, loaded: false };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name(format!("model {name}"))
            .spawn(move || run(&own, &options, load))
            .map_err(|cause| InferenceError::Memory(format!("the system does not allow another thread: {cause}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Puts a request in the queue. The job is handed the model and a question whether it was cancelled, which it should ask often.
    pub fn submit<T: Send + 'static>(
        &self,
        priority: Priority,
        job: impl FnOnce(&mut M, &dyn Fn() -> bool) -> Result<T, InferenceError> + Send + 'static,
    ) -> JobHandle<T> {
        let (sender, answer) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancelled);
        let work: Work<M> = Box::new(move |model| {
            let is_cancelled = || flag.load(Atomic::Relaxed);
            let result = match model {
                Ok(_) if is_cancelled() => Err(InferenceError::Cancelled),
                Ok(model) => match catch_unwind(AssertUnwindSafe(|| job(model, &is_cancelled))) {
                    Ok(result) => result,
                    Err(fault) => {
                        let what = message(fault.as_ref());
                        let _ = sender.send(Err(InferenceError::Fault(what)));
                        std::panic::resume_unwind(fault);
                    }
                },
                Err(error) => Err(error),
            };
            // Nobody may be waiting any more.
            let _ = sender.send(result);
        });
        let mut queue = self.shared.lock();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push(Waiting { priority, number, cancelled: Arc::clone(&cancelled), work });
        self.shared.changed.notify_all();
        drop(queue);
        JobHandle { answer, cancelled }
    }

    /// Whether the model is in memory.
    pub fn is_loaded(&self) -> bool {
        self.shared.lock().loaded
    }

    /// Gives the model's memory up once the running request is done.
    pub fn unload(&self) {
        self.shared.lock().unload = true;
        self.shared.changed.notify_all();
    }
}

impl<M: 'static> Drop for Engine<M> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.stop = true;
        // What waits is told so by its broken channel; what runs is asked to end.
        queue.waiting.clear();
        drop(queue);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How often an idle engine looks whether memory is short.
const LOOK: Duration = Duration::from_secs(10);

fn run<M>(shared: &Shared<M>, options: &EngineOptions, mut load: impl FnMut() -> Result<M, InferenceError>) {
    let mut model: Option<M> = None;
    let mut last = Instant::now();
    loop {
        let mut queue = shared.lock();
        queue.loaded = model.is_some();
        let next = loop {
            if queue.stop {
                return;
            }
            if std::mem::take(&mut queue.unload) && model.is_some() {
                break None;
            }
            if let Some(next) = queue.waiting.pop() {
                break Some(next);
            }
            if model.is_none() {
                queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let left = options.idle.saturating_sub(last.elapsed());
            if left.is_zero() || (options.pressed)() {
                break None;
            }
            let waited = shared.changed.wait_timeout(queue, left.min(LOOK));
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        drop(queue);
        let Some(Waiting { cancelled, work, .. }) = next else {
            model = None;
            continue;
        };
        // A request that nobody wants is not worth loading a model for.
        if cancelled.load(Atomic::Relaxed) {
            work(Err(InferenceError::Cancelled));
            continue;
        }
        let loaded = match &mut model {
            Some(model) => Ok(model),
            None => match catch_unwind(AssertUnwindSafe(&mut load)) {
                Ok(Ok(loaded)) => {
                    shared.lock().loaded = true;
                    Ok(model.insert(loaded))
                }
                Ok(Err(error)) => Err(error),
                Err(fault) => Err(InferenceError::Fault(message(fault.as_ref()))),
            },
        };
        // A fault leaves the model in a state that nobody knows.
        if catch_unwind(AssertUnwindSafe(|| work(loaded))).is_err() {
            model = None;
        }
        if (options.pressed)() {
            model = None;
        }
        last = Instant::now();
    }
}

/// What a fault says of itself.
fn message(fault: &(dyn std::any::Any + Send)) -> String {
    let text = fault.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| fault.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests;
