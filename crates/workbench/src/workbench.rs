//! The open library, and what belongs to it while it is open.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use jiff::Timestamp;
use vitrine_catalogue::{Library, ListId, Pack, ScanId};
use vitrine_imaging::{Derivative, DerivativeCache};
use vitrine_vocabularies::iconclass::Iconclass;

use crate::{
    Settings, WorkbenchError,
    export_preview::PreviewTurns,
    jobs::{Jobs, Observer},
    learning::Speaking,
    models::{Models, Once, Reference, Writers},
    near::Fingerprints,
    patches::Seers,
    safety::restore_if_noted,
    similar::SimilarityIndex,
    suggest::Queue,
    term_lists::OpenList,
    tiles::Tiler,
    view::{JobKind, JobView, LibraryView, WorkbenchEvent},
    views,
};

/// An open library with its jobs and its models. Cheap to clone; every function may block, so call none on a window's thread.
#[derive(Clone)]
pub struct Workbench(pub(crate) Arc<Bench>);

pub(crate) struct Bench {
    pub(crate) catalogue: Library,
    pub(crate) settings: Settings,
    pub(crate) previews: DerivativeCache,
    pub(crate) jobs: Jobs,
    pub(crate) queue: Queue,
    pub(crate) models: Once<Models>,
    /// Who reads attributes off scans, once somebody has asked.
    pub(crate) speaking: Mutex<Option<Speaking>>,
    pub(crate) reference: Once<Reference>,
    /// Iconclass, once somebody has asked and it was there.
    pub(crate) iconclass: Mutex<Option<Arc<Iconclass>>>,
    /// The museum's own lists that were searched.
    pub(crate) term_lists: Mutex<HashMap<ListId, Arc<OpenList>>>,
    pub(crate) writers: Writers,
    pub(crate) seers: Seers,
    /// By work, what stops the answer that is being made about it.
    pub(crate) answers: Mutex<HashMap<i64, Arc<AtomicBool>>>,
    pub(crate) similarity: Mutex<Option<SimilarityIndex>>,
    pub(crate) fingerprints: Fingerprints,
    pub(crate) tiler: Tiler,
    pub(crate) preview_turns: PreviewTurns,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Stops the indexing of the knowledge base.
    pub(crate) stop_indexing: Arc<AtomicBool>,
}

impl Workbench {
    /// Opens the library in the folder `library`, or begins one there. Works that have no suggestions yet are taken up again, and
    /// the knowledge base is made ready; a library whose last backup is of yesterday or older is backed up, and
    /// the originals that are due are looked at. All that in the background. A library that lies where nothing can be written
    /// is opened for looking and exporting.
    pub fn open(library: &Path, settings: Settings, observer: Observer) -> Result<Self, WorkbenchError> {
        let bench = Self::at(library, settings, observer)?;
        let background = bench.clone();
        bench.spawn("open", move || {
            // A failed job says what went wrong; works can be looked at all the same.
            if !background.0.catalogue.is_read_only() {
                drop(background.back_up_now_and_then());
                drop(background.check_now_and_then());
                if let Err(error) = background.resume_suggestions() {
                    background.0.jobs.start(JobKind::Suggest, 0).abort("suggestions", error);
                }
            }
            // Whoever asks first will be told what went wrong; here only time is saved.
            drop(background.reference());
        })?;
        Ok(bench)
    }

    /// Opens the library in the folder `library`, or begins one there, and does nothing by itself: for programs that do one thing and end.
    pub fn at(library: &Path, settings: Settings, observer: Observer) -> Result<Self, WorkbenchError> {
        restore_if_noted(library)?;
        let catalogue = Library::open_or_create(library)?;
        Ok(Self(Arc::new(Bench {
            previews: DerivativeCache::new(library.join("cache")),
            catalogue,
            settings,
            jobs: Jobs::new(observer),
            queue: Queue::default(),
            models: Once::default(),
            speaking: Mutex::default(),
            reference: Once::default(),
            iconclass: Mutex::default(),
            term_lists: Mutex::default(),
            writers: Writers::default(),
            seers: Seers::default(),
            answers: Mutex::default(),
            similarity: Mutex::new(None),
            fingerprints: Fingerprints::default(),
            tiler: Tiler::default(),
            preview_turns: PreviewTurns::default(),
            threads: Mutex::default(),
            stop_indexing: Arc::default(),
        })))
    }

    /// Stops every job and waits until it has: what was done is kept.
    pub fn close(&self) {
        self.0.stop_indexing.store(true, Ordering::Relaxed);
        self.0.jobs.cancel_all();
        self.wait();
    }

    /// Waits until no job runs any more.
    pub fn wait(&self) {
        loop {
            let threads = std::mem::take(&mut *self.threads());
            if threads.is_empty() {
                return;
            }
            for thread in threads {
                // A thread that panicked has ended too, and said so on standard error.
                let _ = thread.join();
            }
        }
    }

    /// The library at a glance.
    pub fn library(&self) -> Result<LibraryView, WorkbenchError> {
        let catalogue = &self.0.catalogue;
        let (undo, redo) = (catalogue.to_undo()?, catalogue.to_redo()?);
        let counts = catalogue.badges()?;
        Ok(LibraryView {
            path: catalogue.folder().display().to_string(),
            read_only: catalogue.is_read_only(),
            works: counts.works(),
            badges: views::badge_counts(&counts),
            suggestions: counts.waiting,
            packs: self.packs()?,
            passages: self.0.reference.peek().and_then(Result::ok).map(|r| r.knowledge.passages() as u64),
            undo,
            redo,
        })
    }

    /// Every job that runs, and the last that ended; oldest first.
    pub fn jobs(&self) -> Vec<JobView> {
        self.0.jobs.list()
    }

    /// Asks a job to stop. It ends soon after; what it did is kept.
    pub fn cancel(&self, job: u64) {
        self.0.jobs.cancel(job);
    }

    /// Lets a job rest before its next step, until it is resumed or stopped, or the library is closed; what it did is kept. Jobs that cannot rest go on.
    pub fn pause(&self, job: u64) {
        self.0.jobs.set_paused(job, true);
    }

    /// Lets a job that rests go on.
    pub fn resume(&self, job: u64) {
        self.0.jobs.set_paused(job, false);
    }

    /// Tries again what failed in a job that has ended: the failed files of an import, or works without suggestions.
    pub fn retry(&self, job: u64) -> Result<u64, WorkbenchError> {
        let view = self.0.jobs.get(job).ok_or(WorkbenchError::NoJob(job))?;
        match view.kind {
            JobKind::Suggest => self.resume_suggestions()?.ok_or(WorkbenchError::NothingToRetry),
            JobKind::Import if !view.failures.is_empty() => {
                self.import(view.failures.iter().map(|failure| PathBuf::from(&failure.file)).collect())
            }
            _ => Err(WorkbenchError::NothingToRetry),
        }
    }

    /// The scan's small picture: a JPEG of at most 512 px. Made again when the cache has lost it.
    pub fn thumbnail(&self, scan: i64) -> Result<PathBuf, WorkbenchError> {
        self.preview(scan, Derivative::Thumbnail)
    }

    /// The scan's picture for the viewer: a JPEG of at most 2048 px. Made again when the cache has lost it.
    pub fn derivative(&self, scan: i64) -> Result<PathBuf, WorkbenchError> {
        self.preview(scan, Derivative::Large)
    }

    pub(crate) fn preview(&self, scan: i64, kind: Derivative) -> Result<PathBuf, WorkbenchError> {
        let scan = self.0.catalogue.scan(ScanId(scan))?;
        let preview = self.0.previews.path(&scan.sha256, scan.page, kind, &scan.path);
        preview.map_err(|cause| WorkbenchError::Preview { file: scan.path, cause })
    }

    /// The loaded models; loads them when nobody has yet.
    pub(crate) fn models(&self) -> Result<Arc<Models>, WorkbenchError> {
        self.0.models.get_or_make(|| Models::load(&self.0.settings))
    }

    /// The name under which the loaded pack's words are recorded.
    pub(crate) fn pack(&self) -> Result<Pack, WorkbenchError> {
        Ok(views::recorded_pack(self.models()?.retriever.pack()))
    }

    /// Runs `work`, and what it parts among processors, on threads that let the window and its questions go first and that [`Workbench::close`] waits for.
    pub(crate) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), WorkbenchError> {
        let in_the_background = move || {
            let pool = rayon::ThreadPoolBuilder::new().start_handler(|_| let_others_go_first()).build();
            match pool {
                Ok(pool) => pool.install(work),
                Err(_) => work(),
            }
        };
        let thread =
            thread::Builder::new().name(name.into()).spawn(in_the_background).map_err(WorkbenchError::Thread)?;
        let mut threads = self.threads();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Whether [`Workbench::close`] was called.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.stop_indexing.load(Ordering::Relaxed)
    }

    pub(crate) fn announce(&self, event: WorkbenchEvent) {
        self.0.jobs.announce(event);
    }

    pub(crate) fn person(&self) -> &str {
        &self.0.settings.person
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.0.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes this thread, and those that it starts, behind all others, lest the window be painted late while models have every processor at work.
pub(crate) fn let_others_go_first() {
    // Linux counts niceness by thread. Elsewhere it is the whole program's, the window's included, and is left alone.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

/// The moment, for the log.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
