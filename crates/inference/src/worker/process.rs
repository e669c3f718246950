//! The worker as a child process: started, watched by a clock, listened to, and always reaped.

use std::ffi::OsString;
use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::WorkerError;
use super::frame::{self, Frame, FrameError};
use super::link::Link;
use crate::PackPaths;
use crate::device::{DeviceKind, in_words};

/// How much of what a worker writes to standard error is kept.
const LAST_WORDS: usize = 4096;

/// How long a worker that was told to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// The pack that a worker is to load.
#[derive(Debug, Clone, Copy)]
pub enum WorkerPack<'a> {
    /// The compact pack, which the program comes with.
    Compact(&'a PackPaths),
    /// One that a person has added.
    Added {
        /// Its id.
        id: &'a str,
        /// The folder where added packs are noted.
        notes: &'a Path,
        /// A folder for matrices packed at load.
        cache: &'a Path,
    },
}

/// Which worker is started, and how much patience there is with it.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The executable.
    pub executable: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// How long it may take to say its first words.
    pub greeting_limit: Duration,
    /// How long it may take to open its device and load its pack.
    pub loading_limit: Duration,
    /// How long any request, and every event of an answer, may take.
    pub silence_limit: Duration,
    /// How often it is started again without having answered anything in between.
    pub restarts: u32,
}

impl WorkerOptions {
    /// The worker `executable` for `pack` on a device of `kind`, with much patience: weights of 20 GB are read from a slow disk, and
    /// a graphics card may compile its kernels at first.
    pub fn new(executable: PathBuf, pack: WorkerPack, kind: DeviceKind) -> Self {
        let device = match kind {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Gpu => "gpu",
        };
        let mut arguments: Vec<OsString> = match pack {
            WorkerPack::Compact(PackPaths { manifest, fetched }) => {
                vec!["--manifest".into(), manifest.into(), "--fetched".into(), fetched.into()]
            }
            WorkerPack::Added { id, notes, cache } => {
                vec!["--added".into(), id.into(), "--notes".into(), notes.into(), "--cache".into(), cache.into()]
            }
        };
        arguments.extend(["--device".into(), device.into()]);
        Self {
            executable,
            arguments,
            greeting_limit: Duration::from_secs(30),
            loading_limit: Duration::from_secs(15 * 60),
            silence_limit: Duration::from_secs(5 * 60),
            restarts: 3,
        }
    }
}

/// A running worker.
pub(super) struct Process {
    path: PathBuf,
    child: Arc<Mutex<Child>>,
    /// `None` once it was told to end.
    stdin: Option<BufWriter<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
    last_words: Arc<Mutex<Vec<u8>>>,
    /// Disconnected when the worker's standard error has ended.
    heard_all: Receiver<()>,
    clock: Arc<Clock>,
}

impl Process {
    pub(super) fn start(options: &WorkerOptions) -> Result<Self, WorkerError> {
        let path = options.executable.clone();
        let mut command = Command::new(&path);
        command.args(&options.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(windows)]
        {
            // CREATE_NO_WINDOW: a program without a console would open one for its child.
            std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(cause) => return Err(WorkerError::Start { path, cause }),
        };
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(WorkerError::Start { path, cause: std::io::Error::other("it has no pipes") });
        };
        let child = Arc::new(Mutex::new(child));
        let last_words = Arc::default();
        let (hearing, heard_all) = channel::<()>();
        let (words, patient) = (Arc::clone(&last_words), Arc::clone(&child));
        thread::spawn(move || {
            listen(stderr, &words);
            drop(hearing);
            // Whoever closes its standard error is about to end, and wants to be reaped even when nobody asks it anything any more.
            while has_ended(&patient).is_none() {
                thread::sleep(Duration::from_millis(100));
            }
        });
        let clock = Arc::new(Clock::default());
        let (watching, watched) = (Arc::clone(&clock), Arc::clone(&child));
        thread::spawn(move || watching.run(|| kill(&watched)));
        let (stdin, stdout) = (Some(BufWriter::new(stdin)), BufReader::new(stdout));
        Ok(Self { path, child, stdin, stdout, last_words, heard_all, clock })
    }

    /// Waits until it has ended by itself, `limit` at most.
    fn wait(&self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            let status = has_ended(&self.child);
            if status.is_some() || start.elapsed() >= limit {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The end of what it wrote to standard error, on one line.
    fn said(&self) -> String {
        // The listener needs a moment after the end; a stranger that holds the pipe open shall not hold us up.
        let _ = self.heard_all.recv_timeout(Duration::from_secs(1));
        let words = lock(&self.last_words);
        let text = String::from_utf8_lossy(&words);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        // A panic's note about backtraces is no help to a curator.
        let lines = lines.iter().filter(|line| !line.starts_with("note:"));
        let last: Vec<&str> = lines.rev().take(2).copied().collect();
        last.into_iter().rev().collect::<Vec<_>>().join(" ")
    }
}

impl Link for Process {
    fn path(&self) -> &Path {
        &self.path
    }

    fn send(&mut self, limit: Duration, head: &[u8], payload: &[&[u8]]) -> Result<(), FrameError> {
        let Some(stdin) = &mut self.stdin else { return Err(FrameError::Closed) };
        self.clock.within(limit, || frame::write(stdin, head, payload))
    }

    fn receive(&mut self, limit: Duration) -> Result<Frame, FrameError> {
        let stdout = &mut self.stdout;
        self.clock.within(limit, || frame::read(stdout))
    }

    fn runs(&mut self) -> bool {
        has_ended(&self.child).is_none()
    }

    fn post_mortem(&mut self, error: FrameError) -> WorkerError {
        let path = self.path.clone();
        if let Some(limit) = self.clock.struck() {
            return WorkerError::Silent { path, seconds: limit.as_secs() };
        }
        if matches!(error, FrameError::NoFrame(_) | FrameError::TooLong { .. }) {
            self.kill();
            return WorkerError::Nonsense { path, cause: error.to_string() };
        }
        let status = self.wait(GRACE);
        self.kill();
        let said = self.said();
        // The system's loader ends a worker before it can say anything itself.
        if said.contains("error while loading shared libraries") {
            return WorkerError::Unready { path, reason: format!("{} ({said})", in_words(&said)) };
        }
        WorkerError::Ended { path, status, said }
    }

    fn kill(&mut self) {
        kill(&self.child);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input tells a worker to go. Nothing is left in the buffer: every frame was flushed.
        drop(self.stdin.take());
        self.wait(GRACE);
        kill(&self.child);
        // One that a driver holds even now is reaped by the listener, whenever that is.
        self.wait(GRACE);
        self.clock.stop();
    }
}

fn has_ended(child: &Mutex<Child>) -> Option<ExitStatus> {
    // An error means that there is no such child to ask about.
    lock(child).try_wait().unwrap_or_else(|_| Some(ExitStatus::default()))
}

fn kill(child: &Mutex<Child>) {
    // It fails when the child has ended already.
    let _ = lock(child).kill();
}

fn listen(mut stderr: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut piece = [0; 1024];
    loop {
        match stderr.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                let mut words = lock(words);
                words.extend_from_slice(&piece[..count]);
                let surplus = words.len().saturating_sub(LAST_WORDS);
                words.drain(..surplus);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Strikes when something takes longer than it may. Reading from a pipe and writing to one know no time limit of their own: ending the process at the
/// other end is what ends them.
#[derive(Default)]
struct Clock {
    state: Mutex<ClockState>,
    changed: Condvar,
}

#[derive(Default)]
struct ClockState {
    /// When it strikes, and the limit that this came from.
    alarm: Option<(Instant, Duration)>,
    /// Until when the watching thread sleeps, unless it is woken.
    asleep_until: Option<Instant>,
    struck: Option<Duration>,
    stopped: bool,
}

impl Clock {
    /// Does something that must not take longer than `limit`.
    fn within<T>(&self, limit: Duration, work: impl FnOnce() -> T) -> T {
        // An alarm beyond all time is none.
        let alarm = Instant::now().checked_add(limit);
        {
            let mut state = lock(&self.state);
            state.alarm = alarm.map(|alarm| (alarm, limit));
            // Thousands of events pass for each strike: the watching thread is only woken when it would sleep too long.
            if alarm.is_some_and(|alarm| state.asleep_until.is_none_or(|until| until > alarm)) {
                self.changed.notify_all();
            }
        }
        let result = work();
        lock(&self.state).alarm = None;
        result
    }

    /// The limit that was broken, if one was.
    fn struck(&self) -> Option<Duration> {
        lock(&self.state).struck
    }

    fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }

    fn run(&self, strike: impl Fn()) {
        let mut state = lock(&self.state);
        while !state.stopped {
            let now = Instant::now();
            match state.alarm {
                Some((alarm, limit)) if alarm <= now => {
                    state.struck = Some(limit);
                    state.alarm = None;
                    strike();
                }
                Some((alarm, _)) => {
                    state.asleep_until = Some(alarm);
                    state = self.changed.wait_timeout(state, alarm - now).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    state.asleep_until = None;
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// What a panic elsewhere left behind is still the state of a process, and that must be looked after.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
