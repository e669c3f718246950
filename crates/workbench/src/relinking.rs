//! Finding originals that were moved: the files of a folder are compared with those that are not where they were, first by size and then by hash.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use vitrine_catalogue::{FixityCheck, FixityFinding, Original};
use vitrine_imaging::file_sha256;
use walkdir::WalkDir;

use crate::{
    Workbench, WorkbenchError,
    view::{JobKind, MovedView, RelinkView, WorkbenchEvent},
    workbench::now,
};

impl Workbench {
    /// Looks in a folder, and in those within it, for the originals that are not where they were. Nothing is changed. A job on the board says how far it is, and can be
    /// stopped; then what was found until then is returned.
    pub fn find_moved(&self, folder: &Path) -> Result<RelinkView, WorkbenchError> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        if !folder.is_dir() {
            return Err(WorkbenchError::NoFolder(folder));
        }
        let mut lost: HashMap<String, Original> = HashMap::new();
        for original in self.0.catalogue.originals()?.into_iter().filter(is_lost) {
            lost.insert(original.sha256.clone(), original);
        }
        let missing = lost.len() as u64;
        // Only a file of the right size can be one of them, and the size costs nothing.
        let sizes: HashSet<u64> = lost.values().map(|original| original.bytes).collect();
        let files = WalkDir::new(&folder).sort_by_file_name().into_iter().filter_map(Result::ok);
        let files = files.filter(|entry| entry.file_type().is_file());
        let right_size = |entry: &walkdir::DirEntry| entry.metadata().is_ok_and(|found| sizes.contains(&found.len()));
        let candidates: Vec<PathBuf> = files.filter(right_size).map(walkdir::DirEntry::into_path).collect();
        let job = self.0.jobs.start(JobKind::Relink, candidates.len() as u64);
        let mut moved = Vec::new();
        for file in candidates {
            if lost.is_empty() || job.cancelled() {
                break;
            }
            match file_sha256(&file, || !job.cancelled()) {
                Ok(None) => break,
                Ok(Some((sha256, _))) => {
                    job.advance();
                    // The first place in the order of names is taken where a file is there twice.
                    let Some(original) = lost.remove(&sha256) else { continue };
                    moved.push(MovedView {
                        sha256,
                        work: original.work.0,
                        title: self.0.catalogue.work_card(original.work)?.title,
                        from: original.path.display().to_string(),
                        to: file,
                    });
                }
                Err(error) => job.fail_one(file.display().to_string(), error),
            }
        }
        if lost.is_empty() {
            job.update(|view| view.done = view.total);
        }
        job.finish();
        moved.sort_by(|a, b| a.from.cmp(&b.from));
        Ok(RelinkView { missing, moved })
    }

    /// Gives originals the places that [`Workbench::find_moved`] has found, in one act that undo takes back; how many. Each file is hashed again: it may have changed since.
    pub fn relink(&self, moved: &[MovedView]) -> Result<usize, WorkbenchError> {
        let mut moves = Vec::new();
        for one in moved {
            let failed = |cause| WorkbenchError::Preview { file: one.to.clone(), cause };
            match file_sha256(&one.to, || true).map_err(failed)? {
                Some((found, _)) if found == one.sha256 => moves.push((one.sha256.clone(), one.to.clone())),
                _ => return Err(WorkbenchError::OriginalChanged(one.to.clone())),
            }
        }
        let works = self.0.catalogue.relink(&moves, self.person(), now())?;
        let seen = FixityCheck { at: now(), finding: FixityFinding::Unchanged, found_sha256: None };
        for (sha256, path) in &moves {
            self.0.catalogue.note_fixity(sha256, path, &seen)?;
        }
        self.forget_failed_tiles();
        for work in works {
            self.announce(WorkbenchEvent::WorkChanged { work: work.0 });
        }
        self.announce(WorkbenchEvent::LibraryChanged);
        Ok(moves.len())
    }
}

/// Whether an original is not where it was: nothing lies there now, or something else did when it was last looked at.
fn is_lost(original: &Original) -> bool {
    let other = |check: &FixityCheck| matches!(check.finding, FixityFinding::Changed | FixityFinding::Replaced);
    !original.path.is_file() || original.last.as_ref().is_some_and(other)
}
