//! Threads that share one piece of work at a time.
//!
//! A decoder asks for some hundreds of short jobs a token, each of tens to hundreds of microseconds, with a little serial work between. So
//! waiting threads look for the next job for a short while before they sleep, and nobody waits for a thread that has not woken: whoever is awake takes the next
//! item from a shared counter, and the caller, who works too, waits only for those who joined. A core that other programs keep busy thus
//! delays a job by one item at most.

#![allow(unsafe_code)]

use std::{
    cell::UnsafeCell,
    hint::spin_loop,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

/// How long an idle thread looks for the next job before it sleeps. Longer than the serial work between two jobs of a decoder,
/// shorter than a person could notice in the processor's load.
const LOOKING: Duration = Duration::from_micros(40);

/// Bit of [`Shared::state`]: a job may be joined.
const OPEN: u64 = 1;
/// One thread that has joined.
const JOINED: u64 = 2;
/// Where the job's number starts.
const NUMBER: u32 = 32;

type Task = dyn Fn(usize) + Sync;

/// A number on a pair of cache lines of its own: neighbours that other threads write would slow it down.
#[repr(align(128))]
struct Apart<T>(T);

struct Shared {
    /// The job's number from bit 32 on, below it the threads that have joined it and whether more may.
    state: Apart<AtomicU64>,
    /// The next item that nobody has taken.
    next: Apart<AtomicUsize>,
    /// The job's task and how many items it has. Written only while no job is open and nobody has joined one.
    job: UnsafeCell<(*const Task, usize)>,
    /// A worker met a panic in the task.
    panicked: AtomicBool,
    /// The caller sleeps until the last that joined leaves.
    caller: Mutex<Option<Thread>>,
    caller_sleeps: AtomicBool,
    /// For each worker whether it sleeps.
    asleep: Vec<Apart<AtomicBool>>,
    stop: AtomicBool,
}

// SAFETY: everything but `job` is shared by design. `job` is written by the one caller that holds `Pool::turn`, while `state` is closed and
// without joined threads; it is read only between joining and leaving, which `state` orders after the write.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` is to a `Sync` task, which any thread may call.
unsafe impl Send for Shared {}

/// A fixed number of threads, the caller among them.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One job at a time.
    turn: Mutex<()>,
}

impl Pool {
    /// A pool that works with `threads` threads: the caller's and `threads - 1` of its own (fewer where the system gives no more).
    pub fn new(threads: usize) -> Self {
        let wanted = threads.clamp(1, 1024) - 1;
        let nothing: *const Task = &|_: usize| {};
        let shared = Arc::new(Shared {
            state: Apart(AtomicU64::new(0)),
            next: Apart(AtomicUsize::new(0)),
            job: UnsafeCell::new((nothing, 0)),
            panicked: AtomicBool::new(false),
            caller: Mutex::new(None),
            caller_sleeps: AtomicBool::new(false),
            asleep: (0..wanted).map(|_| Apart(AtomicBool::new(false))).collect(),
            stop: AtomicBool::new(false),
        });
        let start = |worker: usize| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("kernel {worker}")).spawn(move || shared.serve(worker)).ok()
        };
        let workers = (0..wanted).map_while(start).collect();
        Self { shared, workers, turn: Mutex::new(()) }
    }

    /// A pool with a thread for each core that the system grants this process.
    pub fn for_this_machine() -> Self {
        Self::new(thread::available_parallelism().map_or(1, usize::from))
    }

    /// How many threads work on a job, the caller among them.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task` once for each of 0 to `items - 1`, in any order and on any thread, and returns when all are done.
    ///
    /// Items should take some tens of microseconds: shorter ones cost more in taking than in doing, longer ones leave threads idle at the
    /// end. While another thread uses the pool, and within a task, the caller does all by itself. A panic in a task is passed on.
    pub fn run(&self, items: usize, task: &(dyn Fn(usize) + Sync)) {
        let turn = match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if items <= 1 || self.workers.is_empty() || turn.is_none() {
            (0..items).for_each(task);
            return;
        }
        let shared = &*self.shared;
        // SAFETY: the lifetime of `task` is cut off here and kept by hand: `shared.finish` below returns only when
        // no thread is within the job and none can join it any more, and it is called on every way out of this function.
        let task: &'static Task = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static Task>(task) };
        // SAFETY: we hold the turn, and the last job was finished: closed and left by all.
        unsafe { *shared.job.get() = (task, items) };
        shared.panicked.store(false, Ordering::Relaxed);
        shared.next.0.store(0, Ordering::Relaxed);
        let number = (shared.state.0.load(Ordering::Relaxed) >> NUMBER).wrapping_add(1);
        shared.state.0.store(number << NUMBER | OPEN, Ordering::SeqCst);
        for (asleep, worker) in shared.asleep.iter().zip(&self.workers).take(items - 1) {
            if asleep.0.load(Ordering::SeqCst) && asleep.0.swap(false, Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        let own = catch_unwind(AssertUnwindSafe(|| shared.take_items(task, items)));
        shared.finish();
        if let Err(panic) = own {
            drop(turn);
            resume_unwind(panic);
        }
        assert!(!shared.panicked.load(Ordering::Relaxed), "a task of the thread pool panicked");
    }

    /// Splits `values` into runs of `run` elements (the last may be shorter) and calls `task` with each run's number and elements.
    pub fn for_each_run<T: Send>(&self, values: &mut [T], run: usize, task: impl Fn(usize, &mut [T]) + Sync) {
        let run = run.max(1);
        let items = values.len().div_ceil(run);
        let all = Disjoint::new(values);
        self.run(items, &|item| {
            let range = item * run..((item + 1) * run).min(all.length());
            // SAFETY: each item is called once, and the ranges of different items don't overlap.
            task(item, unsafe { all.part(range.start, range.len()) });
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of tasks; there is nothing to learn from its result.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn serve(&self, worker: usize) {
        let mut last = 0;
        let mut looking_since = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            if let Some(number) = self.join(last) {
                last = number;
                // SAFETY: we have joined: the job was written before it was opened and stays until we leave.
                let (task, items) = unsafe { *self.job.get() };
                // SAFETY: as above, the caller keeps the task alive until we leave.
                let task = unsafe { &*task };
                if catch_unwind(AssertUnwindSafe(|| self.take_items(task, items))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                    // The items that nobody has taken are not wanted any more.
                    self.next.0.store(items, Ordering::Relaxed);
                }
                self.leave();
                looking_since = Instant::now();
                continue;
            }
            for _ in 0..16 {
                spin_loop();
            }
            if looking_since.elapsed() > LOOKING {
                self.sleep(worker, last);
                looking_since = Instant::now();
            }
        }
    }

    /// Joins the job that is open, unless it is the one we were in last. Returns its number.
    fn join(&self, last: u64) -> Option<u64> {
        let mut state = self.state.0.load(Ordering::Acquire);
        while is_news(state, last) {
            match self.state.0.compare_exchange_weak(state, state + JOINED, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(state >> NUMBER),
                Err(changed) => state = changed,
            }
        }
        None
    }

    /// Leaves the job, and wakes the caller if it sleeps and we are the last.
    fn leave(&self) {
        let before = self.state.0.fetch_sub(JOINED, Ordering::SeqCst);
        let others = (before - JOINED) & ((1 << NUMBER) - 1);
        if others == 0 && self.caller_sleeps.swap(false, Ordering::SeqCst) {
            let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(caller) = caller.as_ref() {
                caller.unpark();
            }
        }
    }

    fn sleep(&self, worker: usize, last: u64) {
        let asleep = &self.asleep[worker].0;
        asleep.store(true, Ordering::SeqCst);
        // Whoever opens a job stores the state first and looks for sleepers then: one of us sees the other.
        while asleep.load(Ordering::SeqCst)
            && !is_news(self.state.0.load(Ordering::SeqCst), last)
            && !self.stop.load(Ordering::SeqCst)
        {
            thread::park();
        }
        asleep.store(false, Ordering::SeqCst);
    }

    fn take_items(&self, task: &Task, items: usize) {
        loop {
            let item = self.next.0.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                return;
            }
            task(item);
        }
    }

    /// Lets nobody join any more and waits until all that joined have left.
    fn finish(&self) {
        self.state.0.fetch_and(!OPEN, Ordering::SeqCst);
        let left = || self.state.0.load(Ordering::SeqCst) & ((1 << NUMBER) - 1) == 0;
        let since = Instant::now();
        while !left() {
            for _ in 0..16 {
                spin_loop();
            }
            if since.elapsed() > LOOKING {
                break;
            }
        }
        if left() {
            return;
        }
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        loop {
            self.caller_sleeps.store(true, Ordering::SeqCst);
            if left() {
                self.caller_sleeps.store(false, Ordering::SeqCst);
                return;
            }
            thread::park();
        }
    }
}

/// Whether the state is of an open job that is not number `last`.
fn is_news(state: u64, last: u64) -> bool {
    state & OPEN != 0 && state >> NUMBER != last
}

/// A mutable slice that several threads write in parts that don't overlap.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    length: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

// SAFETY: parts are handed out by `part`, whose callers promise that they don't overlap; that is what `split_at_mut` would give to several threads.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    pub(crate) fn new(values: &'a mut [T]) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len(), lifetime: PhantomData }
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// A pointer to an element, for code that writes with strides; what is written through it must not overlap what others write.
    pub(crate) fn start_at(&self, index: usize) -> *mut T {
        assert!(index <= self.length, "an element outside of its slice");
        // SAFETY: within the slice, or just past its end.
        unsafe { self.start.add(index) }
    }

    /// `count` elements from `start` on.
    ///
    /// # Safety
    /// No two parts that live at the same time may overlap.
    #[expect(clippy::mut_from_ref, reason = "the point of the type; the caller keeps parts apart")]
    pub(crate) unsafe fn part(&self, start: usize, count: usize) -> &mut [T] {
        assert!(start <= self.length && count <= self.length - start, "a part outside of its slice");
        // SAFETY: within the slice by the assertion, alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for items in (0..40).chain([1000]) {
                let counts: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
                pool.run(items, &|item| {
                    counts[item].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn thousands_of_short_jobs_with_and_without_sleep_between() {
        let pool = Pool::new(4);
        let total = AtomicUsize::new(0);
        for job in 0..5000 {
            if job % 500 == 0 {
                thread::sleep(Duration::from_millis(2));
            }
            pool.run(5, &|item| {
                if item == job % 5 && job % 50 == 0 {
                    // Long enough for the caller to fall asleep while it waits.
                    thread::sleep(Duration::from_micros(200));
                }
                total.fetch_add(item, Ordering::Relaxed);
            });
        }
        assert_eq!(total.into_inner(), 5000 * 10);
    }

    #[test]
    fn a_pool_within_a_pool_and_two_callers_get_on() {
        let pool = Pool::new(3);
        let total = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.run(4, &|_| {
                            pool.run(4, &|_| {
                                total.fetch_add(1, Ordering::Relaxed);
                            })
                        });
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 2 * 200 * 16);
    }

    #[test]
    fn a_panic_is_passed_on_and_the_pool_goes_on() {
        let pool = Pool::new(2);
        for _ in 0..20 {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.run(64, &|item| {
                    thread::sleep(Duration::from_micros(20));
                    assert!(item % 7 != 6, "item {item}");
                })
            }));
            assert!(outcome.is_err());
        }
        let mut values = vec![0; 103];
        pool.for_each_run(&mut values, 10, |run, values| values.fill(run));
        assert_eq!((values[0], values[99], values[102]), (0, 9, 10));
    }
}
