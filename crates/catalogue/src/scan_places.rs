//! Where scans stand: which work they show, at which place among its scans, and what was made of another scan.
//!
//! A scan's row says where it stands now; every move is a row of a log, which undo and redo go back and forth. A work whose scans all moved away has no card, and
//! is found by nobody, until undo brings them back: nothing of it is deleted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::actions::{self, ActionId, Kind};
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{NewScan, ScanId, State, WorkId, cards, scans, statements, works};

/// Migration 7: the places, the log of moves, and what prepared scans were made of. Without a work a scan stands nowhere.
pub(crate) const MIGRATION_7: &str = "
ALTER TABLE scans ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN standing INTEGER NOT NULL DEFAULT 1 CHECK (standing IN (0, 1));
CREATE TABLE scan_moves (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    scan       INTEGER NOT NULL REFERENCES scans(id),
    from_work  INTEGER REFERENCES works(id),
    from_place INTEGER NOT NULL,
    to_work    INTEGER REFERENCES works(id),
    to_place   INTEGER NOT NULL,
    action     INTEGER NOT NULL REFERENCES actions(id)
) STRICT;
CREATE INDEX scan_moves_of_action ON scan_moves (action);
CREATE TRIGGER scan_moves_stay BEFORE UPDATE ON scan_moves
BEGIN SELECT RAISE(ABORT, 'moves of scans are never changed'); END;
CREATE TRIGGER scan_moves_remain BEFORE DELETE ON scan_moves
BEGIN SELECT RAISE(ABORT, 'moves of scans are never deleted'); END;
CREATE TABLE preparations (
    scan     INTEGER PRIMARY KEY REFERENCES scans(id),
    original INTEGER NOT NULL REFERENCES scans(id),
    recipe   TEXT NOT NULL CHECK (json_valid(recipe))
) STRICT;
";

/// How a scan was made of another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    /// The scan that was made.
    pub scan: ScanId,
    /// The scan that it was made of.
    pub original: ScanId,
    /// What was done, so that it can be done again.
    pub recipe: Value,
}

/// Where a scan stands, or stood.
type Place = (Option<WorkId>, i64);

impl Library {
    /// Makes the scans of `others` further scans of the work beside them, behind its own; for several works in one act, which one undo takes back.
    ///
    /// # Errors
    /// Where a person has decided something about one of `others`, which nobody would see any more.
    pub fn join_works(&self, groups: &[(WorkId, Vec<WorkId>)], person: &str, at: Timestamp) -> Result<()> {
        let person = named(person)?;
        self.write(|connection| {
            let all: Vec<WorkId> = groups.iter().flat_map(|(_, others)| others).copied().collect();
            for work in &all {
                must_be_undecided(connection, *work)?;
            }
            let description = match groups {
                [(into, _)] => format!("Joined scans: {}", actions::short(&cards::get(connection, *into)?.title)),
                _ => format!("Joined scans of {} works", groups.len()),
            };
            let action = actions::append(connection, Kind::Do, &description, person, at)?;
            for (into, others) in groups {
                works::must_exist(connection, *into)?;
                for other in others.iter().filter(|other| *other != into) {
                    for scan in scans::of_work(connection, *other)? {
                        let to = (Some(*into), last_place(connection, *into)? + 1);
                        move_scan(connection, scan.id, to, action)?;
                    }
                    cards::refresh(connection, *other)?;
                }
                cards::refresh(connection, *into)?;
            }
            Ok(())
        })
    }

    /// Adds what was made of a scan as a further scan of its work; the one that is there already where the very same was made before.
    pub fn add_prepared_scan(
        &self,
        original: ScanId,
        scan: &NewScan,
        recipe: &Value,
        person: &str,
        at: Timestamp,
    ) -> Result<ScanId> {
        let person = named(person)?;
        self.write(|connection| {
            let original = scans::get(connection, original)?;
            let known = scans::by_hash(connection, &scan.sha256)?;
            if let Some(known) = &known
                && place_of(connection, known.id)?.0 == Some(original.work)
            {
                return Ok(known.id);
            }
            let action =
                actions::append(connection, Kind::Do, &format!("Prepared {}", original.file_name()), person, at)?;
            let id = match known {
                Some(known) => known.id,
                None => {
                    let id = scans::insert(connection, original.work, scan, at)?;
                    connection.execute("UPDATE scans SET standing = 0 WHERE id = ?1", [id.0])?;
                    connection.execute(
                        "INSERT INTO preparations (scan, original, recipe) VALUES (?1, ?2, ?3)",
                        params![id.0, original.id.0, recipe.to_string()],
                    )?;
                    id
                }
            };
            let to = (Some(original.work), last_place(connection, original.work)? + 1);
            move_scan(connection, id, to, action)?;
            cards::refresh(connection, original.work)?;
            Ok(id)
        })
    }

    /// How the scans of a work that were made of others were made.
    pub fn preparations(&self, work: WorkId) -> Result<Vec<Preparation>> {
        self.read(|connection| {
            let of_work = scans::of_work(connection, work)?;
            of_work.iter().filter_map(|scan| preparation(connection, scan.id).transpose()).collect()
        })
    }

    /// How a scan was made of another one; none of a file that was taken in.
    pub fn preparation(&self, scan: ScanId) -> Result<Option<Preparation>> {
        self.read(|connection| preparation(connection, scan))
    }
}

fn preparation(connection: &Connection, scan: ScanId) -> Result<Option<Preparation>> {
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT original, recipe FROM preparations WHERE scan = ?1")?
        .query_row([scan.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((original, recipe)) = found else { return Ok(None) };
    let recipe =
        serde_json::from_str(&recipe).map_err(|_| CatalogueError::Damaged(format!("the recipe of scan {scan}")))?;
    Ok(Some(Preparation { scan, original: ScanId(original), recipe }))
}

/// Moves back, or again, what an action moved; the works concerned.
pub(crate) fn step(connection: &Connection, doing: ActionId, own: ActionId, back: bool) -> Result<BTreeSet<WorkId>> {
    let order = if back { "DESC" } else { "ASC" };
    let mut query = connection.prepare_cached(&format!(
        "SELECT scan, from_work, from_place, to_work, to_place FROM scan_moves WHERE action = ?1 ORDER BY id {order}"
    ))?;
    let moves = query.query_map([doing.0], |row| {
        let place = |at| Ok::<Place, rusqlite::Error>((row.get::<_, Option<i64>>(at)?.map(WorkId), row.get(at + 1)?));
        Ok((ScanId(row.get(0)?), place(1)?, place(3)?))
    })?;
    let mut touched = BTreeSet::new();
    for step in moves.collect::<rusqlite::Result<Vec<_>>>()? {
        let (scan, from, to) = step;
        move_scan(connection, scan, if back { from } else { to }, own)?;
        touched.extend([from.0, to.0].into_iter().flatten());
    }
    Ok(touched)
}

/// Puts a scan where it stands from now on, and notes it.
fn move_scan(connection: &Connection, scan: ScanId, to: Place, action: ActionId) -> Result<()> {
    let from = place_of(connection, scan)?;
    connection
        .prepare_cached(
            "INSERT INTO scan_moves (scan, from_work, from_place, to_work, to_place, action) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![scan.0, from.0.map(|work| work.0), from.1, to.0.map(|work| work.0), to.1, action.0])?;
    // A scan that stands nowhere keeps the work that it stood with last: every row must name one.
    connection
        .prepare_cached("UPDATE scans SET work = coalesce(?2, work), place = ?3, standing = ?4 WHERE id = ?1")?
        .execute(params![scan.0, to.0.map(|work| work.0), to.1, to.0.is_some()])?;
    Ok(())
}

fn place_of(connection: &Connection, scan: ScanId) -> Result<Place> {
    let (work, place, standing): (i64, i64, bool) = connection
        .prepare_cached("SELECT work, place, standing FROM scans WHERE id = ?1")?
        .query_row([scan.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok((standing.then_some(WorkId(work)), place))
}

fn last_place(connection: &Connection, work: WorkId) -> Result<i64> {
    let place = connection
        .prepare_cached("SELECT coalesce(max(place), 0) FROM scans WHERE work = ?1 AND standing = 1")?
        .query_row([work.0], |row| row.get(0))?;
    Ok(place)
}

/// Refuses a work that a person has said something about, or pointed at something on.
fn must_be_undecided(connection: &Connection, work: WorkId) -> Result<()> {
    let title = cards::get(connection, work)?.title;
    let decided = statements::current_of_work(connection, work)?.iter().any(|one| one.state != State::Suggested);
    let pointed: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM regions r JOIN scans s ON s.id = r.scan JOIN region_versions v ON v.id =
                 (SELECT max(id) FROM region_versions WHERE region = r.id)
             WHERE s.work = ?1 AND v.standing = 1 AND v.statements <> '[]')",
        )?
        .query_row([work.0], |row| row.get(0))?;
    if decided || pointed { Err(CatalogueError::DecidedOn { title }) } else { Ok(()) }
}

fn named(person: &str) -> Result<&str> {
    match person.trim() {
        "" => Err(CatalogueError::NoPerson),
        person => Ok(person),
    }
}
