//! Taking scans in: what was dropped is walked, read once, and added; what cannot be read is named.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use vitrine_catalogue::{Added, NewScan, WorkId};
use vitrine_imaging::{ColourSource, ImagingError, Limits, PerceptualHash, ScanFile, has_image_extension};
use walkdir::WalkDir;

use crate::{
    Workbench, WorkbenchError, file_says,
    jobs::Job,
    view::{DuplicateView, FailureView, JobKind, NearView, WorkbenchEvent},
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
    #[error(transparent)]
    Workbench(#[from] WorkbenchError),
    #[error("it was not taken in, because the import was stopped before all of its pages were read")]
    Stopped,
}

/// A file that is in the library.
struct Taken {
    added: Added,
    /// The works that it nearly repeats.
    near: Vec<WorkId>,
    /// What a person should know of it.
    remarks: Vec<String>,
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
        match self.take_in(job, file) {
            Ok(Taken { added: Added::New { work, .. }, near, remarks }) => {
                let name = file.display().to_string();
                let near: Vec<NearView> = near
                    .into_iter()
                    .filter_map(|like| {
                        let title = self.0.catalogue.work_card(like).ok()?.title;
                        Some(NearView { file: name.clone(), work: work.0, like: like.0, title })
                    })
                    .collect();
                job.update(|view| {
                    view.done += 1;
                    view.imported.push(work.0);
                    view.near.extend(near);
                    view.remarks.extend(remarks.into_iter().map(|reason| FailureView { file: name.clone(), reason }));
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
            Ok(Taken { added: Added::Duplicate { work, .. }, .. }) => job.update(|view| {
                view.done += 1;
                view.duplicates.push(DuplicateView { file: file.display().to_string(), work: work.0 });
            }),
            Err(error) => job.fail_one(file.display().to_string(), error),
        }
    }

    /// Takes in a file: each page that can be read is a scan of one work.
    fn take_in(&self, job: &Job, file: &Path) -> Result<Taken, ImportError> {
        let catalogue = &self.0.catalogue;
        let content = ScanFile::read(file, &Limits::default())?;
        if let Some(known) = catalogue.scan_by_hash(content.sha256())? {
            let added = Added::Duplicate { work: known.work, scan: known.id };
            return Ok(Taken { added, near: Vec::new(), remarks: Vec::new() });
        }
        let mut pages = Pages::default();
        for index in 0..content.pages() {
            if job.cancelled() {
                return Err(ImportError::Stopped);
            }
            self.read_page(file, &content, index, &mut pages)?;
        }
        let Some((first, further)) = pages.scans.split_first() else {
            return Err(pages.lost.map_or(ImportError::Stopped, ImportError::Imaging));
        };
        self.read_fingerprints()?;
        let added = catalogue.add_work_of_pages(first, further, now())?;
        let Added::New { work, .. } = added else {
            // Another reader had the same content under another name.
            return Ok(Taken { added, near: Vec::new(), remarks: Vec::new() });
        };
        let metadata = content.metadata();
        let said = file_says::statements(&metadata, file);
        if !said.is_empty() {
            catalogue.suggest(work, &file_says::source(file), &said, now())?;
        }
        pages.remarks.extend(metadata.problems);
        let near = self.note_fingerprints(work, &pages.fingerprints);
        Ok(Taken { added, near, remarks: pages.remarks })
    }

    /// Reads one page of a file; one that cannot be read is left out and noted.
    fn read_page(&self, file: &Path, content: &ScanFile, index: u32, pages: &mut Pages) -> Result<(), ImportError> {
        let page = match content.page(index) {
            Ok(page) => page,
            Err(cause) => {
                pages.remarks.push(format!("page {} of {} was left out: {cause}", index + 1, content.pages()));
                pages.lost.get_or_insert(cause);
                return Ok(());
            }
        };
        pages.remarks.extend(match page.colours {
            ColourSource::UnusableProfile => Some("its colour profile cannot be used; it is shown as sRGB".to_owned()),
            ColourSource::AssumedCmyk => {
                Some("it is CMYK without a profile; its colours are only roughly right".to_owned())
            }
            _ => None,
        });
        let large = self.0.previews.store(content.sha256(), index, &page.image)?;
        let fingerprint = PerceptualHash::of(&large);
        pages.fingerprints.extend(fingerprint);
        pages.scans.push(NewScan {
            path: file.to_path_buf(),
            sha256: content.sha256().to_owned(),
            page: index,
            bytes: content.bytes(),
            width: page.image.width(),
            height: page.image.height(),
            format: content.format().name().to_owned(),
            fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
        });
        Ok(())
    }
}

/// What became of a file's pages.
#[derive(Default)]
struct Pages {
    scans: Vec<NewScan>,
    fingerprints: Vec<PerceptualHash>,
    remarks: Vec<String>,
    /// Why the first of those that are left out could not be read.
    lost: Option<ImagingError>,
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
