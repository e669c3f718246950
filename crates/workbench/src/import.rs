//! Taking scans in: what was dropped is walked, read once, and added; what cannot be read is named.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use vitrine_catalogue::{Added, NewScan, WorkId};
use vitrine_imaging::{ColourSource, Derivative, ImagingError, Limits, PerceptualHash, ScanFile, has_image_extension};
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
            bench.offer_pairs(&job);
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
        let Gathered { files, failures, remarks } = gather(paths);
        job.update(|view| {
            view.total = (files.len() + failures.len()) as u64;
            view.done = failures.len() as u64;
            view.failures = failures;
            view.remarks = remarks;
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
        let sha256 = content.sha256()?;
        if let Some(known) = catalogue.scan_by_hash(&sha256)? {
            let added = Added::Duplicate { work: known.work, scan: known.id };
            return Ok(Taken { added, near: Vec::new(), remarks: Vec::new() });
        }
        let mut pages = Pages::default();
        for index in 0..content.pages() {
            if job.cancelled() {
                return Err(ImportError::Stopped);
            }
            self.read_page(file, (&content, &sha256), index, &mut pages)?;
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
        let near = self.note_fingerprints(work, &pages.fingerprints);
        let mut remarks = pages.remarks.sentences(content.pages());
        remarks.extend(metadata.problems);
        Ok(Taken { added, near, remarks })
    }

    /// Reads one page of a file; one that cannot be read is left out and noted.
    fn read_page(
        &self,
        file: &Path,
        (content, sha256): (&ScanFile, &str),
        index: u32,
        pages: &mut Pages,
    ) -> Result<(), ImportError> {
        let page = match content.page_within(index, Derivative::Large.longest_side()) {
            Ok(page) => page,
            Err(cause) => {
                pages.remarks.note(index, format!("left out: {cause}"));
                pages.lost.get_or_insert(cause);
                return Ok(());
            }
        };
        match page.colours {
            ColourSource::UnusableProfile => {
                pages.remarks.note(index, "shown as sRGB: its colour profile cannot be used")
            }
            ColourSource::AssumedCmyk => {
                pages.remarks.note(index, "CMYK without a profile: its colours are only roughly right");
            }
            _ => {}
        }
        if let Some(remark) = page.remark {
            pages.remarks.note(index, remark.to_string());
        }
        let large = self.0.previews.store(sha256, index, &page.image)?;
        let fingerprint = PerceptualHash::of(&large);
        pages.fingerprints.extend(fingerprint);
        pages.scans.push(NewScan {
            path: file.to_path_buf(),
            sha256: sha256.to_owned(),
            page: index,
            bytes: content.bytes(),
            width: page.full_size.0,
            height: page.full_size.1,
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
    remarks: PageRemarks,
    /// Why the first of those that are left out could not be read.
    lost: Option<ImagingError>,
}

/// What is to be said of pages: each thing once, with the pages that it is said of.
#[derive(Default)]
struct PageRemarks(Vec<(String, Vec<u32>)>);

impl PageRemarks {
    /// Notes what is said of a page, counted from 0.
    fn note(&mut self, page: u32, remark: impl Into<String>) {
        let remark = remark.into();
        match self.0.iter_mut().find(|(known, _)| *known == remark) {
            Some((_, pages)) => pages.push(page),
            None => self.0.push((remark, vec![page])),
        }
    }

    /// A sentence each, with the pages where the file has several.
    fn sentences(self, of: u32) -> Vec<String> {
        let sentence = |(remark, pages): (String, Vec<u32>)| match (of, pages.as_slice()) {
            (1, _) => remark,
            (_, [page]) => format!("page {} of {of}: {remark}", page + 1),
            _ => format!("pages {} of {of}: {remark}", spans(&pages)),
        };
        self.0.into_iter().map(sentence).collect()
    }
}

/// Pages counted from 0, in ascending order, as people write them: `1–3, 7`.
fn spans(pages: &[u32]) -> String {
    let runs = pages.chunk_by(|before, after| before + 1 == *after);
    let words = runs.filter_map(|run| match run {
        [page] => Some((page + 1).to_string()),
        [first, .., last] => Some(format!("{}–{}", first + 1, last + 1)),
        [] => None,
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What a walk through paths gave.
#[derive(Default)]
struct Gathered {
    /// The files to read.
    files: Vec<PathBuf>,
    /// What cannot be walked, or holds nothing.
    failures: Vec<FailureView>,
    /// What was passed over.
    remarks: Vec<FailureView>,
}

/// The files of paths. PDFs of a folder may be letters and invoices: they are read where they are given by themselves.
fn gather(paths: &[PathBuf]) -> Gathered {
    let Gathered { mut files, mut failures, mut remarks } = Gathered::default();
    for path in paths {
        // Relative paths would point elsewhere the next time the library is opened.
        let path = &std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = (files.len(), failures.len());
        let mut documents = 0;
        let visible =
            |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && has_image_extension(entry.path()) => {
                    files.push(entry.into_path());
                }
                Ok(entry) if entry.file_type().is_file() && is_named_pdf(entry.path()) => documents += 1,
                Ok(_) => {}
                Err(error) => failures.push(unwalkable(path, &error)),
            }
        }
        let is_empty = before == (files.len(), failures.len());
        let say =
            |list: &mut Vec<FailureView>, reason| list.push(FailureView { file: path.display().to_string(), reason });
        match documents {
            0 if is_empty => say(&mut failures, "there is no file named like an image in this folder".to_owned()),
            0 => {}
            _ => {
                let reason = format!("PDFs passed over: {documents}; choose them by themselves to take their pages in");
                say(if is_empty { &mut failures } else { &mut remarks }, reason);
            }
        }
    }
    Gathered { files, failures, remarks }
}

fn is_named_pdf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_name_their_pages_once() {
        let mut remarks = PageRemarks::default();
        for page in [0, 1, 2, 4, 8, 9] {
            remarks.note(page, "drawn");
        }
        remarks.note(3, "left out");
        assert_eq!(remarks.sentences(10), ["pages 1–3, 5, 9–10 of 10: drawn", "page 4 of 10: left out"]);
        let mut remarks = PageRemarks::default();
        remarks.note(0, "drawn");
        assert_eq!(remarks.sentences(1), ["drawn"]);
    }

    #[test]
    fn pdfs_are_read_where_they_are_given_by_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let (picture, document) = (folder.path().join("a.tif"), folder.path().join("b.PDF"));
        for file in [&picture, &document] {
            fs::write(file, "x").unwrap();
        }
        let found = gather(&[folder.path().to_path_buf(), document.clone()]);
        assert_eq!((found.files, found.failures.len()), (vec![picture.clone(), document], 0));
        assert_eq!(found.remarks.len(), 1);
        assert!(found.remarks[0].reason.starts_with("PDFs passed over: 1"), "{}", found.remarks[0].reason);
        fs::remove_file(&picture).unwrap();
        let found = gather(&[folder.path().to_path_buf()]);
        assert_eq!((found.files.len(), found.failures.len(), found.remarks.len()), (0, 1, 0));
    }
}
