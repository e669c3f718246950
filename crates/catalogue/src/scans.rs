//! Scans: the digital surrogates of works. The originals are only ever read.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{WorkId, works};

/// Migration 1: the table. `path` is text, or the raw bytes of a path that is no UTF-8.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE scans (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    work        INTEGER NOT NULL REFERENCES works(id),
    path        ANY NOT NULL,
    sha256      TEXT NOT NULL UNIQUE,
    bytes       INTEGER NOT NULL,
    width       INTEGER NOT NULL CHECK (width > 0),
    height      INTEGER NOT NULL CHECK (height > 0),
    format      TEXT NOT NULL,
    imported_at TEXT NOT NULL
) STRICT;
CREATE INDEX scans_of_work ON scans (work, id);
";

/// Migration 3: several pages of one file are scans of their own, and a fingerprint tells pictures that are nearly the same. SQLite has no
/// other way to take a `UNIQUE` back than to write the table anew; references to it must not be enforced meanwhile.
pub(crate) const MIGRATION_3: &str = "
CREATE TABLE scans_3 (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    work        INTEGER NOT NULL REFERENCES works(id),
    path        ANY NOT NULL,
    sha256      TEXT NOT NULL,
    page        INTEGER NOT NULL CHECK (page >= 0),
    bytes       INTEGER NOT NULL,
    width       INTEGER NOT NULL CHECK (width > 0),
    height      INTEGER NOT NULL CHECK (height > 0),
    format      TEXT NOT NULL,
    fingerprint TEXT,
    imported_at TEXT NOT NULL,
    UNIQUE (sha256, page)
) STRICT;
INSERT INTO scans_3 SELECT id, work, path, sha256, 0, bytes, width, height, format, NULL, imported_at FROM scans;
DROP TABLE scans;
ALTER TABLE scans_3 RENAME TO scans;
CREATE INDEX scans_of_work ON scans (work, id);
";

/// The number of a scan; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScanId(pub i64);

impl fmt::Display for ScanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A scan about to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewScan {
    /// Where the original lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Which of the file's pages it is, counted from 0.
    pub page: u32,
    /// Its size in bytes.
    pub bytes: u64,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// The format's name, e.g. `JPEG` or `TIFF`.
    pub format: String,
    /// What tells pictures that are nearly the same; none for blank pages.
    pub fingerprint: Option<String>,
}

/// A scan of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Its number.
    pub id: ScanId,
    /// The work it shows.
    pub work: WorkId,
    /// Where the original lay at import.
    pub path: PathBuf,
    /// SHA-256 of the original at import, in hexadecimal.
    pub sha256: String,
    /// Which of the file's pages it is, counted from 0.
    pub page: u32,
    /// Its size in bytes.
    pub bytes: u64,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// The format's name, e.g. `JPEG` or `TIFF`.
    pub format: String,
    /// What tells pictures that are nearly the same; none for blank pages, and for scans that came in before there were any.
    pub fingerprint: Option<String>,
    /// When it was imported.
    pub imported_at: Timestamp,
}

impl Scan {
    /// The name of the original's file.
    pub fn file_name(&self) -> String {
        file_name(&self.path)
    }
}

impl Library {
    /// A scan by its number.
    pub fn scan(&self, id: ScanId) -> Result<Scan> {
        self.read(|connection| get(connection, id))
    }

    /// The fingerprints of all scans that have one, with their works.
    pub fn fingerprints(&self) -> Result<Vec<(ScanId, WorkId, String)>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, work, fingerprint FROM scans WHERE fingerprint IS NOT NULL AND standing = 1 ORDER BY id",
            )?;
            let all = query.query_map([], |row| Ok((ScanId(row.get(0)?), WorkId(row.get(1)?), row.get(2)?)))?;
            Ok(all.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The first scan of the file with this SHA-256 (lower-case hexadecimal), if it is in the library.
    pub fn scan_by_hash(&self, sha256: &str) -> Result<Option<Scan>> {
        self.read(|connection| by_hash(connection, sha256))
    }

    /// The scans of a work, first one first.
    pub fn scans(&self, work: WorkId) -> Result<Vec<Scan>> {
        self.read(|connection| {
            works::must_exist(connection, work)?;
            of_work(connection, work)
        })
    }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

pub(crate) fn insert(connection: &Connection, work: WorkId, scan: &NewScan, at: Timestamp) -> Result<ScanId> {
    connection
        .prepare_cached(
            "INSERT INTO scans (work, path, sha256, page, bytes, width, height, format, fingerprint, imported_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            work.0,
            path_value(&scan.path),
            scan.sha256,
            scan.page,
            i64::try_from(scan.bytes).unwrap_or(i64::MAX),
            scan.width,
            scan.height,
            scan.format,
            scan.fingerprint,
            time_text(at)
        ])?;
    Ok(ScanId(connection.last_insert_rowid()))
}

pub(crate) fn get(connection: &Connection, id: ScanId) -> Result<Scan> {
    one(connection, "SELECT * FROM scans WHERE id = ?1", params![id.0])?.ok_or(CatalogueError::NoSuchScan(id))
}

pub(crate) fn must_exist(connection: &Connection, scan: ScanId) -> Result<()> {
    let exists: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM scans WHERE id = ?1)")?
        .query_row([scan.0], |row| row.get(0))?;
    if exists { Ok(()) } else { Err(CatalogueError::NoSuchScan(scan)) }
}

pub(crate) fn by_hash(connection: &Connection, sha256: &str) -> Result<Option<Scan>> {
    one(connection, "SELECT * FROM scans WHERE sha256 = ?1 ORDER BY page LIMIT 1", params![sha256])
}

pub(crate) fn of_work(connection: &Connection, work: WorkId) -> Result<Vec<Scan>> {
    let mut query =
        connection.prepare_cached("SELECT * FROM scans WHERE work = ?1 AND standing = 1 ORDER BY place, id")?;
    let mut rows = query.query([work.0])?;
    let mut scans = Vec::new();
    while let Some(row) = rows.next()? {
        scans.push(from_row(row)?);
    }
    Ok(scans)
}

fn one(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<Scan>> {
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(parameters)?;
    rows.next()?.map(from_row).transpose()
}

fn from_row(row: &Row<'_>) -> Result<Scan> {
    Ok(Scan {
        id: ScanId(row.get("id")?),
        work: WorkId(row.get("work")?),
        path: path_from(row.get_ref("path")?)?,
        sha256: row.get("sha256")?,
        page: row.get("page")?,
        bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
        width: row.get("width")?,
        height: row.get("height")?,
        format: row.get("format")?,
        fingerprint: row.get("fingerprint")?,
        imported_at: time_value(&row.get::<_, String>("imported_at")?)?,
    })
}

/// A path for the database: text where it is text. A Unix path may be any bytes, and has to come back as it was.
pub(crate) fn path_value(path: &Path) -> ToSqlOutput<'static> {
    let value = match path.to_str() {
        Some(text) => Value::Text(text.to_owned()),
        #[cfg(unix)]
        None => Value::Blob(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()),
        #[cfg(not(unix))]
        None => Value::Text(path.to_string_lossy().into_owned()),
    };
    ToSqlOutput::Owned(value)
}

pub(crate) fn path_from(value: ValueRef<'_>) -> Result<PathBuf> {
    match value {
        ValueRef::Text(bytes) => Ok(PathBuf::from(String::from_utf8_lossy(bytes).into_owned())),
        #[cfg(unix)]
        ValueRef::Blob(bytes) => {
            Ok(PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)))
        }
        #[cfg(not(unix))]
        ValueRef::Blob(bytes) => Ok(PathBuf::from(String::from_utf8_lossy(bytes).into_owned())),
        _ => Err(CatalogueError::Damaged("a scan's path that is no text".into())),
    }
}
