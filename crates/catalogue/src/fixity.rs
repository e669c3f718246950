//! Whether originals are still what was taken in: when each was last looked at, and what was found. The log of it only grows.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::scans::{path_from, path_value};
use crate::{ScanId, WorkId};

/// Migration 9: the log. A check belongs to the content that was taken in, and names the place that was looked at.
pub(crate) const MIGRATION_9: &str = "
CREATE TABLE fixity_checks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256       TEXT NOT NULL,
    path         ANY NOT NULL,
    finding      TEXT NOT NULL CHECK (finding IN ('unchanged', 'missing', 'unreadable', 'changed', 'replaced')),
    found_sha256 TEXT,
    at           TEXT NOT NULL
) STRICT;
CREATE INDEX fixity_checks_of ON fixity_checks (sha256, id);
CREATE TRIGGER fixity_checks_stay BEFORE UPDATE ON fixity_checks
BEGIN SELECT RAISE(ABORT, 'checks of originals are never changed'); END;
CREATE TRIGGER fixity_checks_remain BEFORE DELETE ON fixity_checks
BEGIN SELECT RAISE(ABORT, 'checks of originals are never deleted'); END;
";

/// What lies where an original was taken in from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixityFinding {
    /// Byte for byte what was taken in.
    Unchanged,
    /// Nothing: it was moved or deleted, or its drive is not there.
    Missing,
    /// A file that cannot be read.
    Unreadable,
    /// The same picture in other bytes, or as many bytes that give no picture any more: written to by another program, or damaged.
    Changed,
    /// Another file under the same name.
    Replaced,
}

impl FixityFinding {
    /// All of them, the sound one first.
    pub const ALL: [Self; 5] = [Self::Unchanged, Self::Missing, Self::Unreadable, Self::Changed, Self::Replaced];

    /// The word that is stored and exported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
        }
    }
}

/// A check of an original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixityCheck {
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub finding: FixityFinding,
    /// SHA-256 of what was found instead.
    pub found_sha256: Option<String>,
}

/// A file that scans of the library were taken in from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// SHA-256 of its bytes as they were taken in.
    pub sha256: String,
    /// Where it lies, as far as is known.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The first scan of it.
    pub scan: ScanId,
    /// The work which that scan shows.
    pub work: WorkId,
    /// Which of the file's pages that scan is, counted from 0.
    pub page: u32,
    /// What tells pictures that are nearly the same, of that scan.
    pub fingerprint: Option<String>,
    /// The last check at this place; none where nobody has looked.
    pub last: Option<FixityCheck>,
}

impl Library {
    /// All originals, those that were longest not looked at first.
    pub fn originals(&self) -> Result<Vec<Original>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT s.id, s.work, s.path, s.sha256, s.page, s.bytes, s.fingerprint, f.at, f.finding, f.found_sha256
                 FROM scans s LEFT JOIN fixity_checks f ON f.path = s.path AND f.id =
                     (SELECT max(id) FROM fixity_checks WHERE sha256 = s.sha256)
                 WHERE s.standing = 1 AND NOT EXISTS
                     (SELECT 1 FROM scans o WHERE o.sha256 = s.sha256 AND o.standing = 1 AND o.page < s.page)
                 ORDER BY f.at IS NOT NULL, f.at, s.id",
            )?;
            let mut rows = query.query([])?;
            let mut originals = Vec::new();
            while let Some(row) = rows.next()? {
                originals.push(from_row(row)?);
            }
            Ok(originals)
        })
    }

    /// Notes what was found where an original lay.
    pub fn note_fixity(&self, sha256: &str, path: &Path, check: &FixityCheck) -> Result<()> {
        self.write(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO fixity_checks (sha256, path, finding, found_sha256, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    sha256,
                    path_value(path),
                    check.finding.as_str(),
                    check.found_sha256,
                    time_text(check.at)
                ])?;
            Ok(())
        })
    }
}

fn from_row(row: &Row<'_>) -> Result<Original> {
    let last = match row.get::<_, Option<String>>("at")? {
        None => None,
        Some(at) => {
            let word: String = row.get("finding")?;
            let finding = FixityFinding::ALL.into_iter().find(|finding| finding.as_str() == word);
            let finding = finding.ok_or_else(|| CatalogueError::Damaged(format!("a check that found '{word}'")))?;
            Some(FixityCheck { at: time_value(&at)?, finding, found_sha256: row.get("found_sha256")? })
        }
    };
    Ok(Original {
        sha256: row.get("sha256")?,
        path: path_from(row.get_ref("path")?)?,
        bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
        scan: ScanId(row.get("id")?),
        work: WorkId(row.get("work")?),
        page: row.get("page")?,
        fingerprint: row.get("fingerprint")?,
        last,
    })
}
