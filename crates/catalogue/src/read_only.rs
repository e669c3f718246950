//! A library that lies where nothing can be written: an archive, a colleague's folder, a disk that is locked.
//!
//! SQLite reads a database with a write-ahead log through a file of shared memory beside it, which cannot be made here. So the file is read
//! as one that nobody changes. Where somebody else may write to it, the log that this leaves beside it is the sign to stop reading.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{CatalogueError, Result};
use crate::migrations;

/// Opens the library's file for reading, without writing anything anywhere.
pub(crate) fn open(file: &Path) -> Result<Connection> {
    must_rest(file)?;
    let unreadable = |reason| CatalogueError::ReadOnlyUnreadable { file: file.to_path_buf(), reason };
    let address = file.to_str().ok_or_else(|| unreadable("its path has letters that are no text"))?;
    // Signs that mean something in an address stand for themselves in a path.
    let address = address.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{address}?immutable=1"), flags)?)
}

/// Refuses what this program could not read, or only after changing it.
pub(crate) fn check(connection: &Connection, file: &Path) -> Result<()> {
    migrations::check(connection, file)?;
    if migrations::is_newest(connection)? {
        return Ok(());
    }
    let reason = "an older Vitrine wrote it, so that it would have to be brought up to date first";
    Err(CatalogueError::ReadOnlyUnreadable { file: file.to_path_buf(), reason })
}

/// Refuses a library with changes beside its file: of a program that has it open, or that ended without closing it.
pub(crate) fn must_rest(file: &Path) -> Result<()> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    match std::fs::metadata(PathBuf::from(log)) {
        Ok(found) if found.len() > 0 => Err(CatalogueError::ReadOnlyUnreadable {
            file: file.to_path_buf(),
            reason: "changes to it stand beside it that were not folded in: another program has it open, or ended before it could",
        }),
        _ => Ok(()),
    }
}
