//! Works: the objects that a library catalogues.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text};
use crate::{NewScan, ScanId, cards, scans};

/// Migration 1: the table. What is known of a work stands in its statements.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE works (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    added_at TEXT NOT NULL
) STRICT;
";

/// The number of a work; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkId(pub i64);

impl fmt::Display for WorkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What became of a scan that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is a new work's first scan.
    New {
        /// The work.
        work: WorkId,
        /// The scan.
        scan: ScanId,
    },
    /// The very same file (by SHA-256) is in the library already; nothing was changed.
    Duplicate {
        /// The work that has it.
        work: WorkId,
        /// The scan.
        scan: ScanId,
    },
}

impl Library {
    /// Adds a work with its first scan, unless a scan with the same SHA-256 is here already.
    pub fn add_work(&self, scan: &NewScan, at: Timestamp) -> Result<Added> {
        self.add_work_of_pages(scan, &[], at)
    }

    /// Adds a work that a file of several pages shows, each page a scan of it, unless the file is here already.
    pub fn add_work_of_pages(&self, first: &NewScan, further: &[NewScan], at: Timestamp) -> Result<Added> {
        self.write(|connection| {
            if let Some(known) = scans::by_hash(connection, &first.sha256)? {
                return Ok(Added::Duplicate { work: known.work, scan: known.id });
            }
            let (work, scan) = insert(connection, first, at)?;
            for page in further {
                scans::insert(connection, work, page, at)?;
            }
            cards::refresh(connection, work)?;
            Ok(Added::New { work, scan })
        })
    }
}

/// Adds a work with its first scan; its card is up to the caller.
pub(crate) fn insert(connection: &Connection, scan: &NewScan, at: Timestamp) -> Result<(WorkId, ScanId)> {
    connection.prepare_cached("INSERT INTO works (added_at) VALUES (?1)")?.execute([time_text(at)])?;
    let work = WorkId(connection.last_insert_rowid());
    Ok((work, scans::insert(connection, work, scan, at)?))
}

pub(crate) fn must_exist(connection: &Connection, work: WorkId) -> Result<()> {
    let exists: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM works WHERE id = ?1)")?
        .query_row(params![work.0], |row| row.get(0))?;
    if exists { Ok(()) } else { Err(CatalogueError::NoSuchWork(work)) }
}
