//! Which records left the library, when and in what form.

use jiff::Timestamp;
use rusqlite::params;

use crate::error::Result;
use crate::library::{Library, time_text, time_value};

/// Migration 2: the table. Like the log, it only grows.
pub(crate) const MIGRATION_2: &str = "
CREATE TABLE exports (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    batch  TEXT NOT NULL,
    format TEXT NOT NULL,
    works  INTEGER NOT NULL,
    place  TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;
CREATE TRIGGER exports_stay BEFORE UPDATE ON exports
BEGIN SELECT RAISE(ABORT, 'exports are never changed'); END;
CREATE TRIGGER exports_remain BEFORE DELETE ON exports
BEGIN SELECT RAISE(ABORT, 'exports are never deleted'); END;
";

/// An export that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportEntry {
    /// The batch's id, which stands in what was written.
    pub batch: String,
    /// The format's name.
    pub format: String,
    /// How many works were in it.
    pub works: u64,
    /// The file or folder.
    pub place: String,
    /// When.
    pub at: Timestamp,
}

impl Library {
    /// Notes an export.
    pub fn log_export(&self, entry: &ExportEntry) -> Result<()> {
        self.write(|connection| {
            connection
                .prepare_cached("INSERT INTO exports (batch, format, works, place, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    entry.batch,
                    entry.format,
                    i64::try_from(entry.works).unwrap_or(i64::MAX),
                    entry.place,
                    time_text(entry.at)
                ])?;
            Ok(())
        })
    }

    /// The exports that were made, oldest first.
    pub fn exports(&self) -> Result<Vec<ExportEntry>> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT batch, format, works, place, at FROM exports ORDER BY id")?;
            let mut rows = query.query([])?;
            let mut exports = Vec::new();
            while let Some(row) = rows.next()? {
                exports.push(ExportEntry {
                    batch: row.get(0)?,
                    format: row.get(1)?,
                    works: row.get::<_, i64>(2)?.unsigned_abs(),
                    place: row.get(3)?,
                    at: time_value(&row.get::<_, String>(4)?)?,
                });
            }
            Ok(exports)
        })
    }
}
