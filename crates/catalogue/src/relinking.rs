//! Originals that were moved: where they lie now. A scan's row says the place; every change of it is a row of a log, which undo and redo go back and forth.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::actions::{self, ActionId, Kind};
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::scans::{file_name, path_from, path_value};
use crate::{ScanId, WorkId, cards};

/// Migration 9: the log of places.
pub(crate) const MIGRATION_9: &str = "
CREATE TABLE scan_paths (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    scan      INTEGER NOT NULL REFERENCES scans(id),
    from_path ANY NOT NULL,
    to_path   ANY NOT NULL,
    action    INTEGER NOT NULL REFERENCES actions(id)
) STRICT;
CREATE INDEX scan_paths_of_action ON scan_paths (action);
CREATE TRIGGER scan_paths_stay BEFORE UPDATE ON scan_paths
BEGIN SELECT RAISE(ABORT, 'former places of originals are never changed'); END;
CREATE TRIGGER scan_paths_remain BEFORE DELETE ON scan_paths
BEGIN SELECT RAISE(ABORT, 'former places of originals are never deleted'); END;
";

impl Library {
    /// Gives originals, by their SHA-256, new places, in one act; the works concerned. Whoever calls has seen that what lies there is the same content.
    pub fn relink(&self, moves: &[(String, PathBuf)], person: &str, at: Timestamp) -> Result<Vec<WorkId>> {
        let person = person.trim();
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        self.write(|connection| {
            let description = match moves {
                [] => return Ok(Vec::new()),
                [(_, path)] => format!("Found the original again: {}", actions::short(&file_name(path))),
                _ => format!("Found {} originals again", moves.len()),
            };
            let action = actions::append(connection, Kind::Do, &description, person, at)?;
            let mut touched = BTreeSet::new();
            for (sha256, path) in moves {
                let mut query = connection.prepare_cached("SELECT id FROM scans WHERE sha256 = ?1 ORDER BY id")?;
                let scans = query.query_map([sha256], |row| row.get(0).map(ScanId))?;
                for scan in scans.collect::<rusqlite::Result<Vec<_>>>()? {
                    touched.insert(place(connection, scan, path.clone(), action)?);
                }
            }
            touched.iter().try_for_each(|work| cards::refresh(connection, *work))?;
            Ok(touched.into_iter().collect())
        })
    }
}

/// Gives back the places, or again, that an action changed; the works concerned.
pub(crate) fn step(connection: &Connection, doing: ActionId, own: ActionId, back: bool) -> Result<BTreeSet<WorkId>> {
    let (column, order) = if back { ("from_path", "DESC") } else { ("to_path", "ASC") };
    let mut query = connection
        .prepare_cached(&format!("SELECT scan, {column} FROM scan_paths WHERE action = ?1 ORDER BY id {order}"))?;
    let mut rows = query.query([doing.0])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push((ScanId(row.get(0)?), path_from(row.get_ref(1)?)?));
    }
    steps.into_iter().map(|(scan, path)| place(connection, scan, path, own)).collect()
}

/// Says where a scan's original lies from now on, and notes it; the scan's work.
fn place(connection: &Connection, scan: ScanId, path: PathBuf, action: ActionId) -> Result<WorkId> {
    connection
        .prepare_cached(
            "INSERT INTO scan_paths (scan, from_path, to_path, action) SELECT id, path, ?2, ?3 FROM scans WHERE id = ?1",
        )?
        .execute(params![scan.0, path_value(&path), action.0])?;
    let work = connection
        .prepare_cached("UPDATE scans SET path = ?2 WHERE id = ?1 RETURNING work")?
        .query_row(params![scan.0, path_value(&path)], |row| row.get(0).map(WorkId))?;
    Ok(work)
}
