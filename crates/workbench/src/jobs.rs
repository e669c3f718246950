//! Long-running work: what runs, how far it is, and how it is stopped.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::view::{FailureView, JobKind, JobState, JobView, WorkbenchEvent};

/// Hears of everything that changes. Called from many threads.
pub type Observer = Arc<dyn Fn(WorkbenchEvent) + Send + Sync>;

/// Between two reports of a running job.
const REPORT_EVERY: Duration = Duration::from_millis(80);
/// Before a rate is worth saying.
const RATE_AFTER: Duration = Duration::from_millis(700);
/// Ended jobs that are still listed.
const KEEP_ENDED: usize = 20;

/// All jobs of an open library, running ones and the last ended ones.
#[derive(Clone)]
pub(crate) struct Jobs {
    board: Arc<Mutex<Board>>,
    observer: Observer,
}

#[derive(Default)]
struct Board {
    last_id: u64,
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    view: JobView,
    cancel: Arc<AtomicBool>,
    started: Instant,
    reported: Option<Instant>,
}

impl Jobs {
    pub(crate) fn new(observer: Observer) -> Self {
        Self { board: Arc::default(), observer }
    }

    /// Puts a running job on the board.
    pub(crate) fn start(&self, kind: JobKind, total: u64) -> Job {
        self.start_stopped_by(kind, total, Arc::default())
    }

    /// Puts a running job on the board whose work watches `cancel`.
    pub(crate) fn start_stopped_by(&self, kind: JobKind, total: u64, cancel: Arc<AtomicBool>) -> Job {
        let mut board = self.board();
        board.last_id += 1;
        let id = board.last_id;
        let view = JobView {
            id,
            kind,
            state: JobState::Running,
            done: 0,
            total,
            rate: None,
            seconds_left: None,
            failures: Vec::new(),
            duplicates: Vec::new(),
            near: Vec::new(),
            remarks: Vec::new(),
            imported: Vec::new(),
            output: None,
        };
        board.entries.insert(id, Entry { view, cancel: cancel.clone(), started: Instant::now(), reported: None });
        let ended: Vec<u64> =
            board.entries.iter().filter(|(_, e)| e.view.state != JobState::Running).map(|(id, _)| *id).collect();
        for old in ended.iter().rev().skip(KEEP_ENDED) {
            board.entries.remove(old);
        }
        drop(board);
        let job = Job { id, jobs: self.clone(), cancel };
        job.change(true, |_| {});
        job
    }

    /// All jobs on the board, oldest first.
    pub(crate) fn list(&self) -> Vec<JobView> {
        self.board().entries.values().map(|entry| entry.view.clone()).collect()
    }

    /// One job.
    pub(crate) fn get(&self, id: u64) -> Option<JobView> {
        self.board().entries.get(&id).map(|entry| entry.view.clone())
    }

    /// Asks a job to stop; it ends soon after, and keeps what it did.
    pub(crate) fn cancel(&self, id: u64) {
        if let Some(entry) = self.board().entries.get(&id) {
            entry.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Asks every job to stop.
    pub(crate) fn cancel_all(&self) {
        for entry in self.board().entries.values() {
            entry.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Tells the observer.
    pub(crate) fn announce(&self, event: WorkbenchEvent) {
        (self.observer)(event);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // A panic elsewhere leaves the board as consistent as it was: views are replaced, never half-written.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job's own handle.
#[derive(Clone)]
pub(crate) struct Job {
    id: u64,
    jobs: Jobs,
    cancel: Arc<AtomicBool>,
}

impl Job {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// What stops it: for another job that does the rest of its work.
    pub(crate) fn stopper(&self) -> Arc<AtomicBool> {
        self.cancel.clone()
    }

    /// Whether somebody asked it to stop.
    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Changes the view; the observer hears of it now and then.
    pub(crate) fn update(&self, change: impl FnOnce(&mut JobView)) {
        self.change(false, change);
    }

    /// One item more is done.
    pub(crate) fn advance(&self) {
        self.update(|view| view.done += 1);
    }

    /// One item more is done, and failed.
    pub(crate) fn fail_one(&self, file: impl Into<String>, reason: impl ToString) {
        let failure = FailureView { file: file.into(), reason: reason.to_string() };
        self.update(|view| {
            view.done += 1;
            view.failures.push(failure);
        });
    }

    /// Ends it, as cancelled when somebody asked for that before all was done.
    pub(crate) fn finish(&self) -> JobView {
        let cancelled = self.cancelled();
        self.change(true, |view| {
            let stopped = cancelled && view.done < view.total;
            view.state = if stopped { JobState::Cancelled } else { JobState::Finished };
        })
    }

    /// Ends it because it cannot go on.
    pub(crate) fn abort(&self, what: impl Into<String>, reason: impl ToString) -> JobView {
        let failure = FailureView { file: what.into(), reason: reason.to_string() };
        self.change(true, |view| {
            view.state = JobState::Failed;
            view.failures.push(failure);
        })
    }

    fn change(&self, report: bool, change: impl FnOnce(&mut JobView)) -> JobView {
        let mut board = self.jobs.board();
        let Some(entry) = board.entries.get_mut(&self.id) else {
            unreachable!("a running job stays on the board");
        };
        change(&mut entry.view);
        let elapsed = entry.started.elapsed();
        if entry.view.done > 0 && elapsed > RATE_AFTER {
            let rate = entry.view.done as f32 / elapsed.as_secs_f32();
            let left = entry.view.total.saturating_sub(entry.view.done) as f32 / rate;
            entry.view.rate = Some(rate);
            entry.view.seconds_left = (entry.view.state == JobState::Running).then_some(left);
        }
        let due = report || entry.reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY);
        if due {
            entry.reported = Some(Instant::now());
        }
        let view = entry.view.clone();
        drop(board);
        if due {
            self.jobs.announce(WorkbenchEvent::Job { job: view.clone() });
        }
        view
    }
}
