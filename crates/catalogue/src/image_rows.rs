//! What a retriever made of each scan, kept so that similar works need no second look at the picture.

use half::f16;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{Pack, ScanId, WorkId, packs};

/// Migration 1: the table. Numbers are IEEE half precision, little-endian, row-major.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE image_rows (
    scan        INTEGER NOT NULL REFERENCES scans(id),
    pack_sha256 TEXT NOT NULL,
    dimension   INTEGER NOT NULL CHECK (dimension > 0),
    f16_rows    BLOB NOT NULL CHECK (length(f16_rows) % (2 * dimension) = 0),
    PRIMARY KEY (scan, pack_sha256)
) STRICT;
";

/// A scan's rows, `[n, dimension]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRows {
    /// The scan.
    pub scan: ScanId,
    /// The scan's work.
    pub work: WorkId,
    /// The width of a row.
    pub dimension: usize,
    /// The numbers; kept in half precision, so each is off by at most 1/2048 of itself.
    pub values: Vec<f32>,
}

impl Library {
    /// Keeps the rows (`[n, dimension]`, row-major) that a pack made of a scan; earlier ones of the same weights are replaced.
    pub fn put_image_rows(
        &self,
        scan: ScanId,
        pack: &Pack,
        dimension: usize,
        values: &[f32],
        at: Timestamp,
    ) -> Result<()> {
        if dimension == 0 || !values.len().is_multiple_of(dimension) {
            return Err(CatalogueError::RaggedRows { numbers: values.len(), dimension });
        }
        let blob: Vec<u8> = values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
        self.write(|connection| {
            crate::scans::must_exist(connection, scan)?;
            packs::remember(connection, pack, at)?;
            connection
                .prepare_cached(
                    "INSERT INTO image_rows (scan, pack_sha256, dimension, f16_rows) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (scan, pack_sha256) DO UPDATE SET dimension = ?3, f16_rows = ?4",
                )?
                .execute(params![scan.0, pack.weights_sha256, dimension as i64, blob])?;
            Ok(())
        })
    }

    /// The rows that these weights (SHA-256) made of a scan.
    pub fn image_rows(&self, scan: ScanId, weights_sha256: &str) -> Result<Option<ImageRows>> {
        self.read(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT r.scan, s.work, r.dimension, r.f16_rows FROM image_rows r JOIN scans s ON s.id = r.scan
                     WHERE r.scan = ?1 AND r.pack_sha256 = ?2",
                )?
                .query_row(params![scan.0, weights_sha256], read_rows)
                .optional()?;
            Ok(found)
        })
    }

    /// Calls `visit` with the rows of every scan that these weights (SHA-256) have seen, in order of import, one at a time
    /// so that a large library need not fit into memory.
    pub fn each_image_rows(&self, weights_sha256: &str, mut visit: impl FnMut(ImageRows)) -> Result<()> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT r.scan, s.work, r.dimension, r.f16_rows FROM image_rows r JOIN scans s ON s.id = r.scan
                 WHERE r.pack_sha256 = ?1 AND s.standing = 1 ORDER BY s.place, r.scan",
            )?;
            for rows in query.query_map([weights_sha256], read_rows)? {
                visit(rows?);
            }
            Ok(())
        })
    }

    /// The scans that these weights (SHA-256) have not seen yet, in order of import.
    pub fn scans_without_rows(&self, weights_sha256: &str) -> Result<Vec<ScanId>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id FROM scans s
                 WHERE standing = 1 AND NOT EXISTS (SELECT 1 FROM image_rows r WHERE r.scan = s.id AND r.pack_sha256 = ?1) ORDER BY id",
            )?;
            let ids = query.query_map([weights_sha256], |row| row.get(0).map(ScanId))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn read_rows(row: &rusqlite::Row<'_>) -> rusqlite::Result<ImageRows> {
    let blob = row.get_ref(3)?.as_blob()?;
    Ok(ImageRows {
        scan: ScanId(row.get(0)?),
        work: WorkId(row.get(1)?),
        dimension: row.get::<_, i64>(2)?.unsigned_abs() as usize,
        values: blob.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect(),
    })
}
