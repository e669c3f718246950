//! Taking scans in: what was dropped is walked, read once, and added; what cannot be read is named.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use vitrine_catalogue::{Added, NewScan};
use vitrine_imaging::{ImagingError, Limits, has_image_extension, read_scan};
use walkdir::WalkDir;

use crate::{
    Workbench, WorkbenchError,
    jobs::Job,
    view::{DuplicateView, FailureView, JobKind, WorkbenchEvent},
    workbench::now,
};

/// Scans that are decoded at the same time: each may take a gigabyte.
const MOST_READERS: usize = 4;

/// Why one file is not in.
#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error(transparent)]
    Imaging(#[from] ImagingError),
    #[error(transparent)]
    Catalogue(#[from] vitrine_catalogue::CatalogueError),
}

impl Workbench {
    /// Takes in files and folders as a job, whose id is returned; suggestions follow by themselves, while it still runs.
    ///
    /// Of a folder, also of its sub-folders, everything that is named like an image is read, in order of names; a file given by itself is
    /// always read. The originals stay where they are and are only read.
    pub fn import(&self, paths: Vec<PathBuf>) -> Result<u64, WorkbenchError> {
        let job = self.0.jobs.start(JobKind::Import, paths.len() as u64);
        let id = job.id();
        let bench = self.clone();
        self.0.queue.expect_more();
        let started = self.spawn("import", move || {
            bench.run_import(&job, &paths);
            bench.0.queue.expect_no_more();
            job.finish();
            bench.announce(WorkbenchEvent::LibraryChanged);
        });
        if started.is_err() {
            self.0.queue.expect_no_more();
        }
        started.map(|()| id)
    }

    /// Takes in the demonstration scans.
    pub fn import_demonstration(&self) -> Result<u64, WorkbenchError> {
        self.import(vec![self.demonstration_folder()?.to_path_buf()])
    }

    /// The folder with the demonstration scans, if they are there.
    pub fn demonstration_folder(&self) -> Result<&Path, WorkbenchError> {
        let folder = &self.0.settings.demonstration;
        let any = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if any { Ok(folder) } else { Err(WorkbenchError::NoDemonstration(folder.clone())) }
    }

    /// Whether the demonstration scans are there.
    pub fn demonstration_available(&self) -> bool {
        self.demonstration_folder().is_ok()
    }

    fn run_import(&self, job: &Job, paths: &[PathBuf]) {
        let (files, failures) = gather(paths);
        job.update(|view| {
            view.total = (files.len() + failures.len()) as u64;
            view.done = failures.len() as u64;
            view.failures = failures;
        });
        let readers = thread::available_parallelism().map_or(1, usize::from).clamp(1, MOST_READERS);
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..readers {
                scope.spawn(|| {
                    while !job.cancelled() {
                        let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                        self.import_file(job, file);
                    }
                });
            }
        });
    }

    fn import_file(&self, job: &Job, file: &Path) {
        match self.take_in(file) {
            Ok(Added::New { work, .. }) => {
                job.update(|view| {
                    view.done += 1;
                    view.imported.push(work.0);
                });
                self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
                if self.0.settings.suggest_on_import
                    && let Err(error) = self.queue_suggestion(work)
                {
                    job.update(|view| {
                        let reason = format!("it is in the library, but has no suggestions: {error}");
                        view.failures.push(FailureView { file: file.display().to_string(), reason });
                    });
                }
            }
            Ok(Added::Duplicate { work, .. }) => job.update(|view| {
                view.done += 1;
                view.duplicates.push(DuplicateView { file: file.display().to_string(), work: work.0 });
            }),
            Err(error) => job.fail_one(file.display().to_string(), error),
        }
    }

    fn take_in(&self, file: &Path) -> Result<Added, ImportError> {
        let scan = read_scan(file, &Limits::default())?;
        self.0.previews.store(&scan.sha256, &scan.image)?;
        let (width, height) = scan.image.dimensions();
        let format = scan.format.name().to_owned();
        let new = NewScan { path: file.to_path_buf(), sha256: scan.sha256, bytes: scan.bytes, width, height, format };
        Ok(self.0.catalogue.add_work(&new, now())?)
    }
}

/// The files to read, and what of the paths cannot be walked.
fn gather(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<FailureView>) {
    let mut files = Vec::new();
    let mut failures = Vec::new();
    for path in paths {
        // Relative paths would point elsewhere the next time the library is opened.
        let path = &std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = (files.len(), failures.len());
        let visible =
            |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && has_image_extension(entry.path()) => {
                    files.push(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => failures.push(unwalkable(path, &error)),
            }
        }
        if before == (files.len(), failures.len()) {
            let reason = "there is no file named like an image in this folder".to_owned();
            failures.push(FailureView { file: path.display().to_string(), reason });
        }
    }
    (files, failures)
}

fn unwalkable(root: &Path, error: &walkdir::Error) -> FailureView {
    let reason = match error.io_error().map(io::Error::kind) {
        Some(io::ErrorKind::PermissionDenied) => {
            "you have no permission to look into it; ask for access or copy it to a folder of your own".to_owned()
        }
        Some(io::ErrorKind::NotFound) => "a link in it points to nothing".to_owned(),
        Some(_) => format!("it could not be read ({error}); check the drive and try again"),
        None => "a link in it leads back to a folder above, so it was not followed".to_owned(),
    };
    FailureView { file: error.path().unwrap_or(root).display().to_string(), reason }
}
