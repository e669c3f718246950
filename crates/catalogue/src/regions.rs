//! Regions: parts of a scan that somebody pointed at, as evidence for statements.
//!
//! What a region is stands in its versions, and they are only ever appended: drawing, changing and removing each add one, undo and redo add a copy of
//! an earlier one. A version is whole, so the last one says all.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::actions::{self, ActionId, Kind};
use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{ScanId, Shape, State, StatementId, WorkId, scans, statements, works};

/// Migration 5: the tables, and triggers that keep them append-only. A version without `standing` says that the region was removed.
pub(crate) const MIGRATION_5: &str = "
CREATE TABLE regions (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    scan INTEGER NOT NULL REFERENCES scans(id)
) STRICT;
CREATE INDEX regions_of_scan ON regions (scan);
CREATE TABLE region_versions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    region     INTEGER NOT NULL REFERENCES regions(id),
    standing   INTEGER NOT NULL CHECK (standing IN (0, 1)),
    selector   TEXT NOT NULL CHECK (json_valid(selector)),
    note       TEXT,
    statements TEXT NOT NULL CHECK (json_valid(statements)),
    person     TEXT NOT NULL,
    at         TEXT NOT NULL,
    action     INTEGER NOT NULL REFERENCES actions(id)
) STRICT;
CREATE INDEX region_versions_of_region ON region_versions (region, id);
CREATE INDEX region_versions_of_action ON region_versions (action);
CREATE TRIGGER regions_stay BEFORE UPDATE ON regions
BEGIN SELECT RAISE(ABORT, 'regions are never changed'); END;
CREATE TRIGGER regions_remain BEFORE DELETE ON regions
BEGIN SELECT RAISE(ABORT, 'regions are never deleted'); END;
CREATE TRIGGER region_versions_stay BEFORE UPDATE ON region_versions
BEGIN SELECT RAISE(ABORT, 'versions of regions are never changed'); END;
CREATE TRIGGER region_versions_remain BEFORE DELETE ON region_versions
BEGIN SELECT RAISE(ABORT, 'versions of regions are never deleted'); END;
";

/// The number of a region; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegionId(pub i64);

impl fmt::Display for RegionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a person says of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionContent {
    /// Where it is.
    pub shape: Shape,
    /// What is seen there; none where nothing is said.
    pub note: Option<String>,
    /// The statements of the work that it is evidence for.
    pub statements: Vec<StatementId>,
}

/// A part of a scan that somebody pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its number.
    pub id: RegionId,
    /// The scan that it is a part of.
    pub scan: ScanId,
    /// What it is, with the statements as they stand now: one that was changed is the one that took its place, one that was withdrawn is left out.
    pub content: RegionContent,
    /// Who drew it or changed it last.
    pub person: String,
    /// When.
    pub at: Timestamp,
}

impl Library {
    /// Draws a region on a scan.
    pub fn add_region(&self, scan: ScanId, content: RegionContent, person: &str, at: Timestamp) -> Result<RegionId> {
        let person = named(person)?;
        self.write(|connection| {
            let content = checked(connection, scan, content)?;
            connection.prepare_cached("INSERT INTO regions (scan) VALUES (?1)")?.execute([scan.0])?;
            let region = RegionId(connection.last_insert_rowid());
            let action = actions::append(connection, Kind::Do, &words("Drew", &content), person, at)?;
            append(connection, region, Some(&content), person, at, action)?;
            Ok(region)
        })
    }

    /// Puts another content in the place of a region's.
    pub fn change_region(&self, region: RegionId, content: RegionContent, person: &str, at: Timestamp) -> Result<()> {
        let person = named(person)?;
        self.write(|connection| {
            let old = standing(connection, region)?;
            let content = checked(connection, old.scan, content)?;
            if content == old.content {
                return Ok(());
            }
            let action = actions::append(connection, Kind::Do, &words("Changed", &content), person, at)?;
            append(connection, region, Some(&content), person, at, action)
        })
    }

    /// Takes a region away; undo brings it back.
    pub fn remove_region(&self, region: RegionId, person: &str, at: Timestamp) -> Result<()> {
        let person = named(person)?;
        self.write(|connection| {
            let old = standing(connection, region)?;
            let action = actions::append(connection, Kind::Do, &words("Removed", &old.content), person, at)?;
            append(connection, region, None, person, at, action)
        })
    }

    /// A region that has not been removed.
    pub fn region(&self, region: RegionId) -> Result<Region> {
        self.read(|connection| standing(connection, region))
    }

    /// The regions on a work's scans, in the order they were drawn.
    pub fn regions(&self, work: WorkId) -> Result<Vec<Region>> {
        self.read(|connection| {
            works::must_exist(connection, work)?;
            of_work(connection, work)
        })
    }
}

/// Regions with their last version.
const SELECT: &str = "
SELECT r.id AS region, r.scan, v.selector, v.note, v.statements, v.person, v.at
FROM regions r JOIN region_versions v ON v.id = (SELECT max(id) FROM region_versions WHERE region = r.id)";

/// Restores what was before an action, or does again what it did; the works concerned.
pub(crate) fn step(
    connection: &Connection,
    doing: ActionId,
    own: ActionId,
    person: &str,
    at: Timestamp,
    back: bool,
) -> Result<BTreeSet<WorkId>> {
    // What stood before the action touched a region, or what the action left there; the former is missing for one that it drew.
    let source =
        if back { "SELECT max(id) FROM region_versions WHERE region = t.region AND id < t.first" } else { "t.last" };
    let mut query = connection.prepare_cached(&format!(
        "SELECT t.region, s.work, ({source})
         FROM (SELECT region, min(id) AS first, max(id) AS last FROM region_versions WHERE action = ?1 GROUP BY region) t
         JOIN regions r ON r.id = t.region JOIN scans s ON s.id = r.scan ORDER BY t.region"
    ))?;
    let mut rows = query.query([doing.0])?;
    let mut touched = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (region, work, version): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let copied = match version {
            Some(version) => connection
                .prepare_cached(
                    "INSERT INTO region_versions (region, standing, selector, note, statements, person, at, action)
                     SELECT region, standing, selector, note, statements, person, ?2, ?3 FROM region_versions WHERE id = ?1",
                )?
                .execute(params![version, time_text(at), own.0])?,
            None => 0,
        };
        if copied == 0 {
            append(connection, RegionId(region), None, person, at, own)?;
        }
        touched.insert(WorkId(work));
    }
    Ok(touched)
}

fn named(person: &str) -> Result<&str> {
    match person.trim() {
        "" => Err(CatalogueError::NoPerson),
        person => Ok(person),
    }
}

/// The content as it is kept, or why it can't be: the shape within the scan, the note tidy, the statements the work's own, each once.
fn checked(connection: &Connection, scan: ScanId, mut content: RegionContent) -> Result<RegionContent> {
    let scan = scans::get(connection, scan)?;
    if let Some(reason) = content.shape.fault(scan.width, scan.height) {
        return Err(CatalogueError::BadRegion { scan: scan.file_name(), reason });
    }
    content.note = content.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let mut seen = BTreeSet::new();
    content.statements.retain(|statement| seen.insert(*statement));
    for statement in &content.statements {
        if statements::get(connection, *statement)?.work != scan.work {
            return Err(CatalogueError::StatementElsewhere(*statement));
        }
    }
    Ok(content)
}

fn append(
    connection: &Connection,
    region: RegionId,
    content: Option<&RegionContent>,
    person: &str,
    at: Timestamp,
    action: ActionId,
) -> Result<()> {
    let json = |content: &RegionContent| {
        let ids: Vec<i64> = content.statements.iter().map(|statement| statement.0).collect();
        serde_json::to_string(&ids).map_err(|error| CatalogueError::Damaged(error.to_string()))
    };
    connection
        .prepare_cached(
            "INSERT INTO region_versions (region, standing, selector, note, statements, person, at, action)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            region.0,
            content.is_some(),
            content.map_or_else(|| "null".to_owned(), |content| content.shape.selector().to_string()),
            content.and_then(|content| content.note.as_deref()),
            content.map_or_else(|| Ok("[]".to_owned()), json)?,
            person,
            time_text(at),
            action.0
        ])?;
    Ok(())
}

fn standing(connection: &Connection, region: RegionId) -> Result<Region> {
    let mut query = connection.prepare_cached(&format!("{SELECT} WHERE v.standing = 1 AND r.id = ?1"))?;
    let mut rows = query.query([region.0])?;
    match rows.next()? {
        Some(row) => from_row(connection, row),
        None => Err(CatalogueError::NoSuchRegion(region)),
    }
}

pub(crate) fn of_work(connection: &Connection, work: WorkId) -> Result<Vec<Region>> {
    let mut query = connection.prepare_cached(&format!(
        "{SELECT} JOIN scans s ON s.id = r.scan WHERE v.standing = 1 AND s.work = ?1 ORDER BY r.id"
    ))?;
    let mut rows = query.query([work.0])?;
    let mut regions = Vec::new();
    while let Some(row) = rows.next()? {
        regions.push(from_row(connection, row)?);
    }
    Ok(regions)
}

fn from_row(connection: &Connection, row: &Row<'_>) -> Result<Region> {
    let id = RegionId(row.get("region")?);
    let damaged = |what: &str| CatalogueError::Damaged(format!("{what} of region {id}"));
    let selector = serde_json::from_str(&row.get::<_, String>("selector")?).map_err(|_| damaged("the selector"))?;
    let linked: Vec<i64> =
        serde_json::from_str(&row.get::<_, String>("statements")?).map_err(|_| damaged("the statements"))?;
    let mut statements = Vec::with_capacity(linked.len());
    for statement in linked {
        if let Some(now) = successor(connection, StatementId(statement))?
            && !statements.contains(&now)
        {
            statements.push(now);
        }
    }
    let shape = Shape::from_selector(&selector).ok_or_else(|| damaged("the selector"))?;
    Ok(Region {
        id,
        scan: ScanId(row.get("scan")?),
        content: RegionContent { shape, note: row.get("note")?, statements },
        person: row.get("person")?,
        at: time_value(&row.get::<_, String>("at")?)?,
    })
}

/// The statement that says now what this one said: itself, or the one that took its place; none where it was withdrawn.
fn successor(connection: &Connection, mut statement: StatementId) -> Result<Option<StatementId>> {
    while statements::get(connection, statement)?.state == State::Superseded {
        // A change that was taken back and made anew has several that were derived from it; the last one counts.
        let next: Option<i64> = connection
            .prepare_cached("SELECT id FROM statements WHERE derived_from = ?1 ORDER BY id DESC LIMIT 1")?
            .query_row([statement.0], |row| row.get(0))
            .optional()?;
        match next {
            Some(next) => statement = StatementId(next),
            None => return Ok(None),
        }
    }
    Ok(Some(statement))
}

/// What was done, in words for the menu entry of undo.
fn words(verb: &str, content: &RegionContent) -> String {
    let shape = match content.shape {
        Shape::Rectangle { .. } => "a rectangle",
        Shape::Polygon(_) => "a polygon",
        Shape::Point { .. } => "a point",
    };
    match &content.note {
        Some(note) => format!("{verb} {shape}: {}", actions::short(note)),
        None => format!("{verb} {shape}"),
    }
}
