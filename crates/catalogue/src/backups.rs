//! Backups: whole copies of a library's database, checked when they are made, tried out before they are needed.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use rusqlite::{Connection, OpenFlags};

use crate::error::{CatalogueError, Result};
use crate::integrity;
use crate::library::{LIBRARY_FILE, Library};

/// The folder in a library's folder that backups are written to unless another one is chosen.
pub const BACKUPS_FOLDER: &str = "backups";

/// In front of the time in a backup's name.
const PREFIX: &str = "library ";
const TIME: &str = "%Y-%m-%dT%H%M%SZ";

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its file.
    pub file: PathBuf,
    /// When it was made, by its name.
    pub made_at: Timestamp,
}

/// What a backup gave when it was tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehearsal {
    /// Works in it.
    pub works: u64,
    /// Statements in it.
    pub statements: u64,
    /// Rows of its log.
    pub decisions: u64,
}

impl Library {
    /// Writes a backup into `folder` and checks it. Others may read and write meanwhile; the backup is one state of the library.
    pub fn back_up(&self, folder: &Path, at: Timestamp) -> Result<Backup> {
        let name = format!("{PREFIX}{}.sqlite", at.strftime(TIME));
        let file = folder.join(name);
        copy_to(&self.folder().join(LIBRARY_FILE), &file)?;
        Ok(Backup { file, made_at: at })
    }
}

/// The backups in a folder, newest first; none in a folder that is not there.
pub fn backups(folder: &Path) -> Result<Vec<Backup>> {
    let failed = |source| CatalogueError::Backup { file: folder.to_path_buf(), doing: "listed", source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut backups = Vec::new();
    for entry in entries {
        let file = entry.map_err(failed)?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let time = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(".sqlite"));
        let time = time.and_then(|time| DateTime::strptime(TIME, time).ok()).and_then(|time| time.in_tz("UTC").ok());
        if let Some(time) = time {
            backups.push(Backup { file, made_at: time.timestamp() });
        }
    }
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    Ok(backups)
}

/// Deletes backups that are not worth their room, and returns them: kept are the newest ten, the newest of each of the last seven days
/// that have one, and the newest of each of the last twelve months that have one.
pub fn rotate_backups(folder: &Path) -> Result<Vec<PathBuf>> {
    let all = backups(folder)?;
    let mut removed = Vec::new();
    let (mut days, mut months) = (BTreeSet::new(), BTreeSet::new());
    for (index, backup) in all.iter().enumerate() {
        let first_of = |seen: &mut BTreeSet<String>, form: &str, most: usize| {
            seen.insert(backup.made_at.strftime(form).to_string()) && seen.len() <= most
        };
        let day = first_of(&mut days, "%Y-%m-%d", 7);
        let month = first_of(&mut months, "%Y-%m", 12);
        if index >= 10 && !day && !month {
            std::fs::remove_file(&backup.file).map_err(|source| CatalogueError::Backup {
                file: backup.file.clone(),
                doing: "deleted",
                source,
            })?;
            removed.push(backup.file.clone());
        }
    }
    Ok(removed)
}

/// Tries a backup out: restores it into a folder of its own, opens it as any library, looks through all of it, and deletes that folder.
/// The backup itself is only read.
pub fn rehearse_restore(backup: &Path) -> Result<Rehearsal> {
    let failed = |source| CatalogueError::Backup { file: backup.to_path_buf(), doing: "tried out", source };
    let stage = tempfile::tempdir().map_err(failed)?;
    std::fs::copy(backup, stage.path().join(LIBRARY_FILE)).map_err(failed)?;
    let library = Library::open(stage.path())?;
    if let Some(problem) = library.check_integrity()?.into_iter().next() {
        return Err(CatalogueError::BadBackup { file: backup.to_path_buf(), problem });
    }
    library.read(|connection| {
        let count = |table: &str| -> Result<u64> {
            let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            Ok(rows.unsigned_abs())
        };
        Ok(Rehearsal { works: count("works")?, statements: count("statements")?, decisions: count("decisions")? })
    })
}

/// Puts a backup in a library's place, after trying it out. What was there is kept beside it under another name, which is returned.
/// Refused while any program has the library open.
pub fn restore_backup(backup: &Path, folder: &Path, at: Timestamp) -> Result<Option<PathBuf>> {
    rehearse_restore(backup)?;
    let file = folder.join(LIBRARY_FILE);
    let failed = |source| CatalogueError::Backup { file: backup.to_path_buf(), doing: "restored", source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Copied beside its place first: the old library moves only when the new one is complete on this disk.
    let mut staged = tempfile::Builder::new().prefix(".restore-").tempfile_in(folder).map_err(failed)?;
    std::io::copy(&mut File::open(backup).map_err(failed)?, &mut staged).map_err(failed)?;
    staged.as_file().sync_all().map_err(failed)?;
    let previous = match file.is_file() {
        true => {
            close_for_good(&file)?;
            let aside = folder.join(format!("replaced {}.sqlite", at.strftime(TIME)));
            std::fs::rename(&file, &aside).map_err(failed)?;
            Some(aside)
        }
        false => None,
    };
    staged.persist(&file).map_err(|error| failed(error.error))?;
    Ok(previous)
}

/// Folds the write-ahead log of a library into its file. SQLite does that only for the sole program that has it open, which is what
/// has to be known.
fn close_for_good(file: &Path) -> Result<()> {
    let run = || -> Result<String, rusqlite::Error> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        Ok(mode)
    };
    match run() {
        Ok(mode) if mode.eq_ignore_ascii_case("delete") => Ok(()),
        Ok(_) => Err(CatalogueError::InUse(file.to_path_buf())),
        Err(error) => match CatalogueError::from(error).about(file, "closed") {
            CatalogueError::Busy(file) => Err(CatalogueError::InUse(file)),
            // A damaged library is what backups are for; it is moved aside as it is.
            CatalogueError::Sqlite { .. } => Ok(()),
            other => Err(other),
        },
    }
}

/// Copies the database `from` as it is at one moment to `to`, which gets its name when the copy is complete and sound.
pub(crate) fn copy_to(from: &Path, to: &Path) -> Result<()> {
    let failed = |source| CatalogueError::Backup { file: to.to_path_buf(), doing: "written", source };
    let folder = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let stage = tempfile::Builder::new().prefix(".backup-").tempdir_in(folder).map_err(failed)?;
    let copy = stage.path().join(LIBRARY_FILE);
    let vacuum = || -> Result<()> {
        let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(crate::library::PATIENCE)?;
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        Ok(())
    };
    vacuum().map_err(|error| error.about(from, "backed up"))?;
    let written = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let problems = integrity::of_database(&written).map_err(|error| error.about(&copy, "read"))?;
    drop(written);
    if let Some(problem) = problems.into_iter().next() {
        return Err(CatalogueError::BadBackup { file: to.to_path_buf(), problem });
    }
    File::options().write(true).open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(&copy, to).map_err(failed)
}
