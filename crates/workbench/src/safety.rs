//! Backups, trying them out, putting one in the library's place, and whether the library is whole.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use vitrine_catalogue::{
    BACKUPS_FOLDER, Backup, CatalogueError, backups, rehearse_restore, restore_backup, rotate_backups,
};

use crate::{
    Workbench, WorkbenchError,
    view::{BackupView, BackupsView, JobKind, RehearsalView},
    workbench::now,
};

/// The file in a library's folder that names the backup which takes its place when it is next opened.
const RESTORE_NEXT: &str = "restore next.txt";
/// A library that is opened gets a backup when its last one is older.
const BACKUP_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// How long a library is waited for that is still open elsewhere.
const PATIENCE: Duration = Duration::from_secs(30);

impl Workbench {
    /// The library's backups.
    pub fn backups(&self) -> Result<BackupsView, WorkbenchError> {
        let folder = self.backups_folder();
        let view = |backup: Backup| BackupView {
            name: name_of(&backup.file),
            made_at: backup.made_at.to_string(),
            bytes: fs::metadata(&backup.file).map_or(0, |found| found.len()),
        };
        let all = backups(&folder)?.into_iter().map(view).collect();
        let restored_next = fs::read_to_string(self.note()).ok().map(|name| name.trim().to_owned());
        Ok(BackupsView { folder: folder.display().to_string(), backups: all, restored_next })
    }

    /// Writes a backup, checks it, and deletes those that are not worth their room any more. Ends when that is done.
    pub fn back_up(&self) -> Result<BackupsView, WorkbenchError> {
        let job = self.0.jobs.start(JobKind::Backup, 1);
        let folder = self.backups_folder();
        let made = self.0.catalogue.back_up(&folder, now()).and_then(|_| rotate_backups(&folder));
        match made {
            Ok(_) => job.advance(),
            Err(error) => {
                job.abort(folder.display().to_string(), &error);
                return Err(error.into());
            }
        }
        job.finish();
        self.backups()
    }

    /// Makes a backup if the last one is not from today's round. A library without works has nothing to lose.
    pub(crate) fn back_up_now_and_then(&self) -> Result<(), WorkbenchError> {
        let last = backups(&self.backups_folder())?.into_iter().map(|backup| backup.made_at).next();
        let due = last.is_none_or(|last: Timestamp| now().duration_since(last) > BACKUP_EVERY);
        if due && self.0.catalogue.badges()?.works() > 0 {
            self.back_up()?;
        }
        Ok(())
    }

    /// Restores a backup into a folder of its own, looks through all of it, and deletes that folder again.
    pub fn rehearse(&self, backup: &str) -> Result<RehearsalView, WorkbenchError> {
        let found = rehearse_restore(&self.backup_named(backup)?)?;
        Ok(RehearsalView { works: found.works, statements: found.statements, decisions: found.decisions })
    }

    /// Notes that a backup, which is tried out first, takes the library's place when it is next opened; until then nothing changes. With
    /// `None` the note is taken back.
    pub fn restore_next(&self, backup: Option<&str>) -> Result<BackupsView, WorkbenchError> {
        let note = self.note();
        let noted = match backup {
            Some(backup) => {
                rehearse_restore(&self.backup_named(backup)?)?;
                fs::write(&note, backup)
            }
            None if note.exists() => fs::remove_file(&note),
            None => Ok(()),
        };
        noted.map_err(|cause| WorkbenchError::RestoreNote { file: note, cause })?;
        self.backups()
    }

    /// Looks through the whole library, and says what is wrong with it, a sentence each.
    pub fn check(&self) -> Result<Vec<String>, WorkbenchError> {
        Ok(self.0.catalogue.check_integrity()?)
    }

    /// Writes all that is derived anew (cards, what searches look up), and says what is still wrong.
    pub fn repair(&self) -> Result<Vec<String>, WorkbenchError> {
        self.0.catalogue.rebuild_derived()?;
        self.announce(crate::view::WorkbenchEvent::LibraryChanged);
        self.check()
    }

    fn backups_folder(&self) -> PathBuf {
        self.0.catalogue.folder().join(BACKUPS_FOLDER)
    }

    fn note(&self) -> PathBuf {
        self.0.catalogue.folder().join(RESTORE_NEXT)
    }

    /// A backup of this library's by its file's name; no other file can be named.
    fn backup_named(&self, name: &str) -> Result<PathBuf, WorkbenchError> {
        let all = backups(&self.backups_folder())?.into_iter().map(|backup| backup.file);
        let found = all.into_iter().find(|file| name_of(file) == name);
        found.ok_or_else(|| WorkbenchError::NoBackup(name.to_owned()))
    }
}

/// Puts a backup in the place of the library in `library`, which must not be open anywhere; what was there is kept beside it, and its
/// path returned.
pub fn restore(backup: &Path, library: &Path) -> Result<Option<PathBuf>, WorkbenchError> {
    Ok(restore_backup(backup, library, now())?)
}

/// Does what [`Workbench::restore_next`] has noted for the library in `library`.
pub(crate) fn restore_if_noted(library: &Path) -> Result<(), WorkbenchError> {
    let note = library.join(RESTORE_NEXT);
    let Ok(name) = fs::read_to_string(&note) else { return Ok(()) };
    let folder = library.join(BACKUPS_FOLDER);
    let all = backups(&folder)?.into_iter().map(|backup| backup.file);
    let named = all.into_iter().find(|file| name_of(file) == name.trim());
    let start = Instant::now();
    let restored = loop {
        let Some(backup) = &named else { break Err(WorkbenchError::NoBackup(name.trim().to_owned())) };
        match restore(backup, library) {
            // The window that asked for it may still be on its way out.
            Err(WorkbenchError::Catalogue(CatalogueError::InUse(_))) if start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(100));
            }
            // The note waits for the other window to be closed too.
            Err(error @ WorkbenchError::Catalogue(CatalogueError::InUse(_))) => return Err(error),
            other => break other,
        }
    };
    // Gone also where it failed: a backup that cannot be restored must not keep the library from being opened the next time.
    fs::remove_file(&note).map_err(|cause| WorkbenchError::RestoreNote { file: note, cause })?;
    restored.map(drop)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
