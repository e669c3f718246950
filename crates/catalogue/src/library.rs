//! A library on disk: its file, its one writer and its readers.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{CatalogueError, Result};
use crate::{migrations, moved, read_only};

/// The name of the database in a library's folder.
pub const LIBRARY_FILE: &str = "library.sqlite";

/// How long a write waits for another program's. A write takes milliseconds; an import holds the lock for one work at a time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Connections kept for reading when idle.
const IDLE_READERS: usize = 8;

/// Memory of a connection for pages of the file. SQLite's own 2 MB hold no index of a library of 100,000 works.
const CACHE_KIB: i64 = 32 * 1024;

/// An open library.
///
/// One that lies where nothing can be written is opened for reading: every change is refused with a sentence that says so.
///
/// Any number of threads may use it. Writes go one after the other through one connection, each in a transaction of its own
/// that takes SQLite's write lock at once, so that a second program on the same library waits its turn and then sees what the
/// first one wrote. Reads have connections of their own and see the last committed state without waiting (write-ahead log).
pub struct Library {
    folder: PathBuf,
    file: PathBuf,
    /// None where the library can only be read.
    writer: Option<Mutex<Connection>>,
    readers: Mutex<Vec<Connection>>,
}

impl Library {
    /// Opens the library in `folder`.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.join(LIBRARY_FILE).is_file() {
            return Err(CatalogueError::NoLibrary(folder.to_path_buf()));
        }
        Self::open_or_create(folder)
    }

    /// Opens the library in `folder`; makes the folder and an empty library where there is none.
    pub fn open_or_create(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|source| CatalogueError::Folder { folder: folder.to_path_buf(), source })?;
        let file = folder.join(LIBRARY_FILE);
        // SQLite answers "busy" without waiting where waiting might be for ever: when two programs turn on the write-ahead log
        // of a new library at once, or the last one to leave is just folding it up. A moment later it is fine.
        let start = Instant::now();
        let writer = loop {
            match open_writer(&file, folder).map_err(|error| error.about(&file, "opened")) {
                Err(CatalogueError::Busy(_)) if start.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
                Err(error) if is_no_place_for_writing(&error, &file) => {
                    // It has to be seen now whether it can be read at all.
                    let reader = read_only::open(&file).map_err(|error| error.about(&file, "opened"))?;
                    read_only::check(&reader, &file).map_err(|error| error.about(&file, "opened"))?;
                    break None;
                }
                other => break Some(Mutex::new(other?)),
            }
        };
        Ok(Self { folder: folder.to_path_buf(), file, writer, readers: Mutex::new(Vec::new()) })
    }

    /// Whether the library lies where nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// The folder of the library.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `work` in one transaction of the writer: all of it happens, or nothing.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writer = self.writer.as_ref().ok_or_else(|| CatalogueError::ReadOnly(self.file.clone()))?;
        let mut writer = writer.lock().map_err(|_| CatalogueError::BrokeOff(self.file.clone()))?;
        let run = || {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        run().map_err(|error: CatalogueError| error.about(&self.file, "written"))
    }

    /// Runs `work` on one consistent state of the library.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let run = || {
            if self.is_read_only() {
                read_only::must_rest(&self.file)?;
            }
            // A reader is in the pool only between reads, so whatever a panicking thread left behind is still whole.
            let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut reader = match idle {
                Some(reader) => reader,
                None => self.new_reader()?,
            };
            let outcome = {
                let transaction = reader.transaction()?;
                work(&transaction)?
            };
            let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(reader);
            }
            Ok(outcome)
        };
        run().map_err(|error: CatalogueError| error.about(&self.file, "read"))
    }

    /// Like [`Library::read`], on a connection that has read nothing yet.
    pub(crate) fn read_afresh<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let run = || {
            let mut reader = self.new_reader()?;
            let transaction = reader.transaction()?;
            work(&transaction)
        };
        run().map_err(|error: CatalogueError| error.about(&self.file, "read"))
    }

    /// The library's file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn new_reader(&self) -> Result<Connection> {
        if self.is_read_only() { read_only::open(&self.file) } else { open_reader(&self.file) }
    }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn open_writer(file: &Path, folder: &Path) -> Result<Connection> {
    let mut connection = Connection::open(file)?;
    // SQLite does not mind a file that it may only read, until something is written.
    if connection.is_readonly("main")? {
        return Err(CatalogueError::ReadOnly(file.to_path_buf()));
    }
    connection.busy_timeout(PATIENCE)?;
    // In one transaction: another program may be making the library at this very moment.
    let one_state = connection.transaction()?;
    migrations::check(&one_state, file)?;
    drop(one_state);
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(CatalogueError::Unshareable(file.to_path_buf()));
    }
    // FULL, not NORMAL: in a write-ahead log NORMAL never damages the file, but a power cut may take the last commits with
    // it. A curator's decision that the screen has shown as taken must be on the disk; that costs one fsync a keystroke.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    migrations::run(&mut connection, file)?;
    moved::follow(&mut connection, folder)?;
    Ok(connection)
}

/// Whether a library that is there could not be opened because its file, its folder or its disk takes no writing.
fn is_no_place_for_writing(error: &CatalogueError, file: &Path) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    let refused = match error {
        CatalogueError::ReadOnly(_) => true,
        CatalogueError::Sqlite { source, .. } => {
            matches!(source.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly))
        }
        _ => false,
    };
    refused && file.is_file()
}

fn open_reader(file: &Path) -> Result<Connection> {
    // Opened for writing all the same, since a reader of a write-ahead log takes part in its shared memory.
    let connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A time as it is stored: RFC 3339, UTC, milliseconds, so that texts sort as times do.
pub(crate) fn time_text(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Reads a stored time.
pub(crate) fn time_value(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| CatalogueError::Damaged(format!("a time “{text}”")))
}
