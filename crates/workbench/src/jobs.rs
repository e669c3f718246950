//! Long-running work: what runs, how far it is, and how it is stopped.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::turns::{Attended, Turns};
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
    turns: Turns,
}

#[derive(Default)]
struct Board {
    last_id: u64,
    /// Whether the library is being closed: what still begins is asked to stop at once.
    closing: bool,
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    view: JobView,
    cancel: Arc<AtomicBool>,
    /// What lets it rest; shared with a job that does the rest of its work.
    paused: Arc<AtomicBool>,
    started: Instant,
    /// Since when it rests, and how long it did before: that is no part of its rate.
    resting: Option<Instant>,
    rested: Duration,
    reported: Option<Instant>,
}

impl Jobs {
    pub(crate) fn new(observer: Observer) -> Self {
        Self { board: Arc::default(), observer, turns: Turns::default() }
    }

    /// Puts a running job on the board.
    pub(crate) fn start(&self, kind: JobKind, total: u64) -> Job {
        self.start_stopped_by(kind, total, Arc::default())
    }

    /// Puts a running job on the board whose work watches `cancel`.
    pub(crate) fn start_stopped_by(&self, kind: JobKind, total: u64, cancel: Arc<AtomicBool>) -> Job {
        self.put(kind, total, cancel, None)
    }

    /// Puts a running job on the board that asks for its [turn](Job::turn) before each step, and can rest.
    pub(crate) fn start_patient(&self, kind: JobKind) -> Job {
        self.put(kind, 0, Arc::default(), Some(Arc::default()))
    }

    /// Puts a running job on the board that does the rest of another's work: what stops that one, or lets it rest, does so with this one.
    pub(crate) fn start_beside(&self, kind: JobKind, other: &Job) -> Job {
        self.put(kind, 0, other.cancel.clone(), Some(other.paused.clone()))
    }

    fn put(&self, kind: JobKind, total: u64, cancel: Arc<AtomicBool>, paused: Option<Arc<AtomicBool>>) -> Job {
        let mut board = self.board();
        board.last_id += 1;
        let id = board.last_id;
        if board.closing {
            cancel.store(true, Ordering::Relaxed);
        }
        let view = JobView {
            id,
            kind,
            state: JobState::Running,
            pausable: paused.is_some(),
            paused: paused.as_ref().is_some_and(|paused| paused.load(Ordering::Relaxed)),
            giving_way: false,
            done: 0,
            total,
            rate: None,
            seconds_left: None,
            failures: Vec::new(),
            duplicates: Vec::new(),
            near: Vec::new(),
            pairs: Vec::new(),
            remarks: Vec::new(),
            imported: Vec::new(),
            output: None,
        };
        let (paused, started) = (paused.unwrap_or_default(), Instant::now());
        let entry = Entry {
            resting: view.paused.then_some(started),
            view,
            cancel: cancel.clone(),
            paused: paused.clone(),
            started,
            rested: Duration::ZERO,
            reported: None,
        };
        board.entries.insert(id, entry);
        let ended: Vec<u64> =
            board.entries.iter().filter(|(_, e)| e.view.state != JobState::Running).map(|(id, _)| *id).collect();
        for old in ended.iter().rev().skip(KEEP_ENDED) {
            board.entries.remove(old);
        }
        drop(board);
        let job = Job { id, jobs: self.clone(), cancel, paused };
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

    /// Changes what is told of a job that has ended.
    pub(crate) fn revise(&self, id: u64, change: impl FnOnce(&mut JobView)) {
        let mut board = self.board();
        let Some(entry) = board.entries.get_mut(&id) else { return };
        change(&mut entry.view);
        let job = entry.view.clone();
        drop(board);
        self.announce(WorkbenchEvent::Job { job });
    }

    /// Asks a job to stop; it ends soon after, and keeps what it did.
    pub(crate) fn cancel(&self, id: u64) {
        if let Some(entry) = self.board().entries.get(&id) {
            entry.cancel.store(true, Ordering::Relaxed);
        }
        self.turns.ring();
    }

    /// Asks every job to stop, and those that begin from now on.
    pub(crate) fn cancel_all(&self) {
        let mut board = self.board();
        board.closing = true;
        for entry in board.entries.values() {
            entry.cancel.store(true, Ordering::Relaxed);
        }
        drop(board);
        self.turns.ring();
    }

    /// Lets a job rest before its next step, or go on, and with it those that share its work. Jobs that cannot rest, or have ended, are left as they are.
    pub(crate) fn set_paused(&self, id: u64, paused: bool) {
        let mut board = self.board();
        let can = |entry: &&Entry| entry.view.pausable && entry.view.state == JobState::Running;
        let Some(entry) = board.entries.get(&id).filter(can) else { return };
        let shared = entry.paused.clone();
        shared.store(paused, Ordering::Relaxed);
        let mut changed = Vec::new();
        for entry in board.entries.values_mut().filter(|entry| Arc::ptr_eq(&entry.paused, &shared)) {
            if entry.view.state != JobState::Running || entry.view.paused == paused {
                continue;
            }
            let now = Instant::now();
            match entry.resting.take() {
                Some(since) => entry.rested += now - since,
                None => entry.resting = Some(now),
            }
            entry.view.paused = paused;
            entry.view.seconds_left = None;
            changed.push(entry.view.clone());
        }
        drop(board);
        self.turns.ring();
        for job in changed {
            self.announce(WorkbenchEvent::Job { job });
        }
    }

    /// A person waits for something, until this is dropped: patient jobs step back.
    pub(crate) fn attend(&self) -> Attended {
        self.turns.attend()
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
    paused: Arc<AtomicBool>,
}

impl Job {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Waits until it may take its next step; whether it is to take one at all.
    pub(crate) fn turn(&self) -> bool {
        self.jobs.turns.wait(&self.cancel, &self.paused, &|gives_way| {
            self.change(true, |view| view.giving_way = gives_way);
        });
        !self.cancelled()
    }

    /// Whether somebody asked it to stop.
    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Changes the view; the observer hears of it now and then.
    pub(crate) fn view(&self) -> Option<JobView> {
        self.jobs.get(self.id)
    }

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
        if entry.view.state != JobState::Running {
            entry.view.paused = false;
            entry.view.giving_way = false;
        }
        let elapsed = entry.started.elapsed().saturating_sub(entry.rested);
        if entry.view.done > 0 && elapsed > RATE_AFTER && entry.resting.is_none() {
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

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::turns::by_hand::HandClock;

    fn board() -> Jobs {
        Jobs::new(Arc::new(|_| {}))
    }

    /// Jobs whose time passes only while one of them waits. `then` says whether the bell rings at once instead.
    fn board_by_hand(then: impl FnMut(usize, &Jobs) -> bool + Send + 'static) -> (Jobs, Arc<HandClock>) {
        let jobs = Arc::new(OnceLock::<Jobs>::new());
        let (seen, mut then) = (jobs.clone(), then);
        let clock = HandClock::new(move |wait, most| {
            let rings = then(wait, seen.get().unwrap());
            if rings { Duration::ZERO } else { most.unwrap_or_default() }
        });
        let made = Jobs { turns: Turns::by(clock.clone()), ..board() };
        jobs.set(made.clone()).ok().unwrap();
        (made, clock)
    }

    #[test]
    fn what_begins_while_the_library_is_closed_stops_as_well() {
        let jobs = board();
        let before = jobs.start(JobKind::Suggest, 2);
        assert!(!before.cancelled());
        jobs.cancel_all();
        let after = jobs.start_patient(JobKind::Knowledge);
        assert!(before.cancelled() && after.cancelled() && !after.turn());
    }

    #[test]
    fn a_job_rests_between_two_batches_until_it_is_resumed() {
        let batches = Arc::new(Mutex::new(0));
        let done = batches.clone();
        let (jobs, clock) = board_by_hand(move |wait, jobs| {
            assert_eq!(*done.lock().unwrap(), 2, "nothing is done while it rests");
            let job = jobs.list().pop().unwrap();
            assert!(job.paused && job.state == JobState::Running && job.seconds_left.is_none());
            if wait == 5 {
                jobs.set_paused(job.id, false);
            } else {
                // Bells that ring for something else.
                jobs.turns.ring();
            }
            true
        });
        let job = jobs.start_patient(JobKind::Knowledge);
        while *batches.lock().unwrap() < 4 {
            assert!(job.turn());
            *batches.lock().unwrap() += 1;
            if *batches.lock().unwrap() == 2 {
                jobs.set_paused(job.id(), true);
            }
        }
        assert_eq!(clock.waits(), 5);
        assert!(!jobs.list().pop().unwrap().paused);
    }

    #[test]
    fn a_job_that_rests_is_stopped_all_the_same() {
        let (jobs, _) = board_by_hand(|_, jobs| {
            jobs.cancel_all();
            true
        });
        let job = jobs.start_patient(JobKind::Knowledge);
        job.update(|view| view.total = 10);
        jobs.set_paused(job.id(), true);
        assert!(!job.turn());
        let ended = job.finish();
        assert_eq!((ended.state, ended.paused), (JobState::Cancelled, false));
        jobs.set_paused(job.id(), true);
        assert!(!jobs.list().pop().unwrap().paused, "what has ended cannot rest");
    }

    #[test]
    fn reading_and_the_indexing_beside_it_rest_together_and_nothing_else_does() {
        let jobs = board();
        let reading = jobs.start_patient(JobKind::Knowledge);
        let indexing = jobs.start_beside(JobKind::Index, &reading);
        let other = jobs.start_patient(JobKind::Knowledge);
        let import = jobs.start(JobKind::Import, 1);
        let paused = || jobs.list().into_iter().filter(|job| job.paused).map(|job| job.id).collect::<Vec<_>>();
        jobs.set_paused(indexing.id(), true);
        assert_eq!(paused(), [reading.id(), indexing.id()]);
        let later = jobs.start_beside(JobKind::Index, &reading);
        assert_eq!(paused(), [reading.id(), indexing.id(), later.id()]);
        jobs.set_paused(import.id(), true);
        assert!(!jobs.get(import.id()).unwrap().pausable);
        jobs.set_paused(reading.id(), false);
        assert_eq!(paused(), [0u64; 0]);
        assert!(!jobs.get(other.id()).unwrap().paused);
    }

    #[test]
    fn batches_wait_while_somebody_waits_for_an_answer() {
        let requests: Arc<Mutex<Option<Attended>>> = Arc::default();
        let ends = requests.clone();
        let (jobs, clock) = board_by_hand(move |wait, jobs| {
            assert!(jobs.list().pop().unwrap().giving_way, "it says why nothing is done");
            let ended = if wait == 2 { ends.lock().unwrap().take() } else { None };
            ended.is_some()
        });
        let job = jobs.start_patient(JobKind::Knowledge);
        let mut waits_before_batch = Vec::new();
        for batch in 0..4 {
            if batch == 1 {
                *requests.lock().unwrap() = Some(jobs.attend());
            }
            assert!(job.turn());
            assert!(!jobs.list().pop().unwrap().giving_way);
            waits_before_batch.push(clock.waits());
        }
        // The second batch waits as long as it may; the third until the answer is there and some seconds more; the fourth not at all.
        assert_eq!(waits_before_batch, [0, 1, 3, 3]);
    }
}
