//! Whose turn it is: work in the background rests while it is told to, and steps back while a person waits for something.
//!
//! Such work asks before each of its steps, which take about a second. While a request of a person runs, and for a few seconds after, it waits; but never longer than
//! [`PATIENCE`] for one step, so that it is slow beside somebody who never pauses, and does not stand still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after a request the next one is waited for.
pub(crate) const QUIET: Duration = Duration::from_secs(3);
/// The longest that one step waits for people.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The time, and waiting for it. Tests bring their own, so that none of them waits.
pub(crate) trait Clock: Send + Sync {
    fn now(&self) -> Instant;

    /// Lets go of `held` until `bell` rings, for `most` at the longest; it may come back earlier without a reason.
    fn wait<'a>(
        &self,
        requests: &'a Mutex<Requests>,
        held: MutexGuard<'a, Requests>,
        bell: &Condvar,
        most: Option<Duration>,
    ) -> MutexGuard<'a, Requests>;
}

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait<'a>(
        &self,
        _: &'a Mutex<Requests>,
        held: MutexGuard<'a, Requests>,
        bell: &Condvar,
        most: Option<Duration>,
    ) -> MutexGuard<'a, Requests> {
        match most {
            Some(most) => bell.wait_timeout(held, most).unwrap_or_else(PoisonError::into_inner).0,
            None => bell.wait(held).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// What people wait for.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    running: usize,
    /// When the last one ended.
    ended: Option<Instant>,
}

impl Requests {
    /// How long work that has waited since `since` waits on; none if it is its turn.
    fn keep_waiting(&self, since: Instant, now: Instant) -> Option<Duration> {
        let patience = PATIENCE.saturating_sub(now.saturating_duration_since(since));
        let quiet = match self.ended {
            _ if self.running > 0 => patience,
            Some(ended) => QUIET.saturating_sub(now.saturating_duration_since(ended)),
            None => Duration::ZERO,
        };
        Some(quiet.min(patience)).filter(|wait| !wait.is_zero())
    }
}

/// Whose turn it is in an open library.
#[derive(Clone)]
pub(crate) struct Turns {
    requests: Arc<Mutex<Requests>>,
    bell: Arc<Condvar>,
    clock: Arc<dyn Clock>,
}

/// A request that a person waits for, until it is dropped.
pub(crate) struct Attended(Turns);

impl Drop for Attended {
    fn drop(&mut self) {
        let mut requests = self.0.requests();
        requests.running -= 1;
        requests.ended = Some(self.0.clock.now());
        drop(requests);
        self.0.bell.notify_all();
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::by(Arc::new(SystemClock))
    }
}

impl Turns {
    pub(crate) fn by(clock: Arc<dyn Clock>) -> Self {
        Self { requests: Arc::default(), bell: Arc::default(), clock }
    }

    /// Somebody waits for something from now on.
    pub(crate) fn attend(&self) -> Attended {
        self.requests().running += 1;
        Attended(self.clone())
    }

    /// Waits until it is the turn of work in the background that `stopped` stops and `paused` lets rest. `give_way` hears when it begins to wait for people, and when that ends.
    pub(crate) fn wait(&self, stopped: &AtomicBool, paused: &AtomicBool, give_way: &dyn Fn(bool)) {
        let mut requests = self.requests();
        let mut since = self.clock.now();
        let mut gives_way = false;
        while !stopped.load(Ordering::Relaxed) {
            let now = self.clock.now();
            let rests = paused.load(Ordering::Relaxed);
            let most = if rests {
                // What rested has not waited for people.
                since = now;
                None
            } else {
                match requests.keep_waiting(since, now) {
                    Some(most) => Some(most),
                    None => break,
                }
            };
            if gives_way == rests {
                gives_way = !rests;
                // Whoever hears of it may make requests of its own.
                drop(requests);
                give_way(gives_way);
                requests = self.requests();
                continue;
            }
            requests = self.clock.wait(&self.requests, requests, &self.bell, most);
        }
        drop(requests);
        if gives_way {
            give_way(false);
        }
    }

    /// Something was stopped, paused or resumed: whoever waits looks again.
    pub(crate) fn ring(&self) {
        // Whoever has looked but does not wait yet holds the lock: without it the bell would not be heard.
        drop(self.requests());
        self.bell.notify_all();
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        // A panic elsewhere leaves a count that is right.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock whose time passes only while somebody waits, and which then does what a test tells it.
#[cfg(test)]
pub(crate) mod by_hand {
    use super::*;

    type Then = Box<dyn FnMut(usize, Option<Duration>) -> Duration + Send>;

    pub(crate) struct HandClock {
        now: Mutex<Instant>,
        waits: Mutex<usize>,
        then: Mutex<Then>,
    }

    impl HandClock {
        /// `then` hears of each wait, counted from 1, with how long it may be, and says how long it is; nothing is locked meanwhile.
        pub(crate) fn new(then: impl FnMut(usize, Option<Duration>) -> Duration + Send + 'static) -> Arc<Self> {
            Arc::new(Self { now: Mutex::new(Instant::now()), waits: Mutex::new(0), then: Mutex::new(Box::new(then)) })
        }

        pub(crate) fn waits(&self) -> usize {
            *self.waits.lock().unwrap()
        }
    }

    impl Clock for HandClock {
        fn now(&self) -> Instant {
            *self.now.lock().unwrap()
        }

        fn wait<'a>(
            &self,
            requests: &'a Mutex<Requests>,
            held: MutexGuard<'a, Requests>,
            _: &Condvar,
            most: Option<Duration>,
        ) -> MutexGuard<'a, Requests> {
            drop(held);
            let wait = {
                let mut waits = self.waits.lock().unwrap();
                *waits += 1;
                *waits
            };
            assert!(wait < 1000, "it waits without an end");
            let passed = (self.then.lock().unwrap())(wait, most);
            *self.now.lock().unwrap() += passed;
            requests.lock().unwrap()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::by_hand::HandClock;
    use super::*;

    fn to_the_end(_: usize, most: Option<Duration>) -> Duration {
        most.unwrap_or_default()
    }

    fn nobody(_: bool) {}

    fn no() -> AtomicBool {
        AtomicBool::new(false)
    }

    #[test]
    fn it_is_its_turn_at_once_where_nobody_waits() {
        let clock = HandClock::new(to_the_end);
        Turns::by(clock.clone()).wait(&no(), &no(), &nobody);
        assert_eq!(clock.waits(), 0);
    }

    #[test]
    fn after_a_request_it_waits_for_the_next_one_and_then_goes_on() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = told.clone();
        let clock = HandClock::new(move |wait, most| {
            tells.lock().unwrap().push(most);
            to_the_end(wait, most)
        });
        let turns = Turns::by(clock.clone());
        drop(turns.attend());
        turns.wait(&no(), &no(), &nobody);
        assert_eq!(*told.lock().unwrap(), [Some(QUIET)]);
        // The time has passed: the next step need not wait.
        turns.wait(&no(), &no(), &nobody);
        assert_eq!(clock.waits(), 1);
    }

    #[test]
    fn it_tells_when_it_gives_way_and_when_it_goes_on() {
        let told = Mutex::new(Vec::new());
        let tell = |gives_way| told.lock().unwrap().push(gives_way);
        let turns = Turns::by(HandClock::new(to_the_end));
        turns.wait(&no(), &no(), &tell);
        assert!(told.lock().unwrap().is_empty(), "nobody waits");
        drop(turns.attend());
        turns.wait(&no(), &no(), &tell);
        assert_eq!(*told.lock().unwrap(), [true, false]);
        // Rest is no giving way; what follows it is, and being stopped ends that too.
        let (stopped, paused) = (Arc::new(no()), Arc::new(AtomicBool::new(true)));
        let (stops, rests) = (stopped.clone(), paused.clone());
        let turns = Turns::by(HandClock::new(move |wait, _| {
            rests.store(false, Ordering::Relaxed);
            stops.store(wait == 2, Ordering::Relaxed);
            Duration::ZERO
        }));
        let _request = turns.attend();
        told.lock().unwrap().clear();
        turns.wait(&stopped, &paused, &tell);
        assert_eq!(*told.lock().unwrap(), [true, false]);
    }

    #[test]
    fn beside_a_request_that_does_not_end_it_goes_on_slowly() {
        let clock = HandClock::new(to_the_end);
        let turns = Turns::by(clock.clone());
        let begun = clock.now();
        let _request = turns.attend();
        for step in 1..=3 {
            turns.wait(&no(), &no(), &nobody);
            assert_eq!(clock.now() - begun, PATIENCE * step);
        }
    }

    #[test]
    fn one_request_that_ends_beside_another_changes_nothing() {
        let turns = Turns::by(HandClock::new(to_the_end));
        let first = turns.attend();
        let _second = turns.attend();
        drop(first);
        let now = turns.clock.now();
        assert_eq!(turns.requests().keep_waiting(now, now), Some(PATIENCE));
    }

    #[test]
    fn what_rests_waits_for_the_bell_alone_and_stopping_wakes_it() {
        let stopped = Arc::new(no());
        let stops = stopped.clone();
        let clock = HandClock::new(move |wait, most| {
            assert_eq!(most, None, "no time is set");
            stops.store(wait == 3, Ordering::Relaxed);
            Duration::ZERO
        });
        Turns::by(clock.clone()).wait(&stopped, &AtomicBool::new(true), &nobody);
        assert_eq!(clock.waits(), 3, "a bell that rings for others does not wake it for good");
    }

    #[test]
    fn a_bell_reaches_one_who_waits_on_another_thread() {
        let (turns, paused) = (Turns::default(), Arc::new(AtomicBool::new(true)));
        let (waits, rests) = (turns.clone(), paused.clone());
        let thread = std::thread::spawn(move || waits.wait(&no(), &rests, &nobody));
        paused.store(false, Ordering::Relaxed);
        turns.ring();
        // Without the bell it would wait for ever, and this test with it.
        thread.join().unwrap();
    }
}
