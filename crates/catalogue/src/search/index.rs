//! What searches look up, derived from a work's statements and written in the same transaction as they are.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::Facet;
use super::query::column_of;
use super::words::spaced;
use crate::error::Result;
use crate::{Badge, Limit, Statement, ValueKind, WorkId, core_property, read_date, work_lists};

/// Migration 2: the words of records by field.
pub(crate) const RECORD_WORDS_2: &str = "
CREATE VIRTUAL TABLE record_words USING fts5 (
    identifier, object_type, title, artist, date, media, style, genre, subject, inscription, description, provenance, location,
    other, file, suggested,
    content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
";

/// Migration 2: the values of facets. A work's own terms stand in one row of `work_terms` as little-endian numbers of eight bytes, so
/// that the values of many works are counted in one pass.
pub(crate) const MIGRATION_2: &str = "
CREATE TABLE terms (
    id    INTEGER PRIMARY KEY,
    facet INTEGER NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (facet, value)
) STRICT;
CREATE TABLE term_works (
    term INTEGER NOT NULL REFERENCES terms(id),
    work INTEGER NOT NULL REFERENCES works(id),
    PRIMARY KEY (term, work)
) STRICT, WITHOUT ROWID;
CREATE TABLE work_terms (
    work     INTEGER PRIMARY KEY REFERENCES works(id),
    terms    BLOB NOT NULL,
    earliest INTEGER,
    latest   INTEGER
) STRICT;
CREATE INDEX work_terms_by_years ON work_terms (earliest, latest) WHERE earliest IS NOT NULL;
";

/// The earliest and the latest year of a work's dates, if it has any.
type Years = Option<(i64, i64)>;

const COLUMNS: [&str; 16] = [
    "identifier",
    "object_type",
    "title",
    "artist",
    "date",
    "media",
    "style",
    "genre",
    "subject",
    "inscription",
    "description",
    "provenance",
    "location",
    "other",
    "file",
    "suggested",
];

/// Writes what searches know of a work anew.
pub(crate) fn refresh(
    connection: &Connection,
    work: WorkId,
    file_name: &str,
    badge: Badge,
    statements: &[Statement],
) -> Result<()> {
    write_words(connection, work, file_name, statements)?;
    let mut terms = BTreeSet::new();
    let lists = work_lists::of_work(connection, work)?.into_iter().map(|name| (Facet::List, name));
    for (facet, value) in values(badge, statements).into_iter().chain(lists) {
        terms.insert(term(connection, facet, &value)?);
    }
    write_terms(connection, work, &terms, years_of_dates(statements))
}

/// Counts a work under one more value, without reading its record anew.
pub(crate) fn add_value(connection: &Connection, work: WorkId, facet: Facet, value: &str) -> Result<()> {
    // A work without a row, whose scans have all moved away, counts under nothing.
    let Some((mut terms, years)) = known_terms(connection, work)? else { return Ok(()) };
    terms.insert(term(connection, facet, value)?);
    write_terms(connection, work, &terms, years)
}

/// Counts a work under a value no more.
pub(crate) fn remove_value(connection: &Connection, work: WorkId, facet: Facet, value: &str) -> Result<()> {
    let Some((mut terms, years)) = known_terms(connection, work)? else { return Ok(()) };
    terms.remove(&term(connection, facet, value)?);
    write_terms(connection, work, &terms, years)
}

/// Takes a work out of what searches look up.
pub(crate) fn forget(connection: &Connection, work: WorkId) -> Result<()> {
    connection.prepare_cached("DELETE FROM record_words WHERE rowid = ?1")?.execute([work.0])?;
    connection.prepare_cached("DELETE FROM term_works WHERE work = ?1")?.execute([work.0])?;
    connection.prepare_cached("DELETE FROM work_terms WHERE work = ?1")?.execute([work.0])?;
    Ok(())
}

fn write_words(connection: &Connection, work: WorkId, file_name: &str, statements: &[Statement]) -> Result<()> {
    let mut texts: [String; COLUMNS.len()] = Default::default();
    let mut put = |column: &str, text: &str| {
        if let Some(kept) = COLUMNS.iter().position(|name| *name == column).and_then(|at| texts.get_mut(at)) {
            // A word of a character for private use stands between values, so that no phrase goes from one into the next.
            if !kept.is_empty() {
                kept.push_str(" \u{e000} ");
            }
            kept.push_str(&spaced(text));
        }
    };
    put("file", file_name);
    for statement in statements {
        let Some(wording) = statement.wording() else { continue };
        if statement.state.is_affirmed() {
            put(column_of(&statement.property), &wording);
        } else if statement.state == crate::State::Suggested {
            put("suggested", &wording);
        }
    }
    connection.prepare_cached("DELETE FROM record_words WHERE rowid = ?1")?.execute([work.0])?;
    connection
        .prepare_cached(
            "INSERT INTO record_words (identifier, object_type, title, artist, date, media, style, genre, subject, inscription,
                 description, provenance, location, other, file, suggested, rowid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(rusqlite::params_from_iter(
            texts.into_iter().map(rusqlite::types::Value::Text).chain([rusqlite::types::Value::Integer(work.0)]),
        ))?;
    Ok(())
}

/// The values that a work counts under.
fn values(badge: Badge, statements: &[Statement]) -> BTreeSet<(Facet, String)> {
    let mut values = BTreeSet::from([(Facet::State, badge.as_str().to_owned())]);
    for statement in statements {
        values.insert((Facet::Source, statement.source.kind().to_owned()));
        if let Some(pack) = &statement.proposed_by {
            values.insert((Facet::Pack, format!("{} {}", pack.id, pack.version)));
        }
        let Some(value) = statement.value.as_deref().filter(|_| statement.state.is_affirmed()) else { continue };
        values.insert((Facet::Has, statement.property.clone()));
        if let Some(facet) = Facet::of_property(&statement.property) {
            // An artist counts under the name, whatever stands in front of it.
            values.insert((facet, value.to_owned()));
        }
        if is_date(statement) {
            values.extend(centuries(value).map(|century| (Facet::Century, century.to_string())));
        }
    }
    values
}

fn is_date(statement: &Statement) -> bool {
    core_property(&statement.property).is_some_and(|property| property.kind == ValueKind::Date)
}

/// The earliest and latest year of a value; an open end lies as far as the other one.
fn years_of(value: &str) -> Option<(i64, i64)> {
    let extent = read_date(value)?.extent();
    match (extent.earliest, extent.latest) {
        (Limit::Day(first), Limit::Day(last)) => Some((first.year, last.year)),
        (Limit::Day(day), _) | (_, Limit::Day(day)) => Some((day.year, day.year)),
        _ => None,
    }
}

/// The hundreds of years that a date touches, 1600 for the years from 1600 to 1699; more than ten say nothing.
fn centuries(value: &str) -> impl Iterator<Item = i64> + use<> {
    let (first, last) = years_of(value).map_or((1, 0), |(first, last)| (first.div_euclid(100), last.div_euclid(100)));
    let few = last.saturating_sub(first) < 10;
    (first..=if few { last } else { first - 1 }).map(|century| century * 100)
}

/// From the earliest to the latest year of all dates that people stand by; an end that is open reaches as far as numbers do.
pub fn years_of_dates(statements: &[Statement]) -> Option<(i64, i64)> {
    let dates = statements.iter().filter(|s| s.state.is_affirmed() && is_date(s));
    let extents = dates.filter_map(|s| Some(read_date(s.value.as_deref()?)?.extent()));
    let years = extents.map(|extent| {
        let year = |limit: Limit, open| limit.day().map_or(open, |day| day.year);
        (year(extent.earliest, i64::MIN), year(extent.latest, i64::MAX))
    });
    years.reduce(|one, two| (one.0.min(two.0), one.1.max(two.1)))
}

/// The number of a value: the facet's own number in the upper bytes, so that a number alone tells its facet.
fn term(connection: &Connection, facet: Facet, value: &str) -> Result<i64> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT id FROM terms WHERE facet = ?1 AND value = ?2")?
        .query_row(params![facet.number(), value], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let (first, last) = facet.terms();
    let highest: Option<i64> = connection
        .prepare_cached("SELECT max(id) FROM terms WHERE id BETWEEN ?1 AND ?2")?
        .query_row(params![first, last], |row| row.get(0))?;
    let id = highest.map_or(first, |highest| highest + 1);
    connection.prepare_cached("INSERT INTO terms (id, facet, value) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        facet.number(),
        value
    ])?;
    Ok(id)
}

/// A work's terms as they are written down, and the years of its dates.
fn known_terms(connection: &Connection, work: WorkId) -> Result<Option<(BTreeSet<i64>, Years)>> {
    let row = connection
        .prepare_cached("SELECT terms, earliest, latest FROM work_terms WHERE work = ?1")?
        .query_row([work.0], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(row.map(|(terms, earliest, latest): (_, Option<i64>, Option<i64>)| {
        (numbers(&terms).collect(), earliest.zip(latest))
    }))
}

fn write_terms(connection: &Connection, work: WorkId, terms: &BTreeSet<i64>, years: Years) -> Result<()> {
    let known = known_terms(connection, work)?.map(|(known, _)| known).unwrap_or_default();
    for gone in known.difference(terms) {
        connection
            .prepare_cached("DELETE FROM term_works WHERE term = ?1 AND work = ?2")?
            .execute(params![gone, work.0])?;
    }
    for new in terms.difference(&known) {
        connection
            .prepare_cached("INSERT INTO term_works (term, work) VALUES (?1, ?2)")?
            .execute(params![new, work.0])?;
    }
    let blob: Vec<u8> = terms.iter().flat_map(|term| term.to_le_bytes()).collect();
    connection
        .prepare_cached("INSERT OR REPLACE INTO work_terms (work, terms, earliest, latest) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![work.0, blob, years.map(|(earliest, _)| earliest), years.map(|(_, latest)| latest)])?;
    Ok(())
}

/// The terms in a row of `work_terms`.
pub(super) fn numbers(blob: &[u8]) -> impl Iterator<Item = i64> + '_ {
    blob.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok().map(i64::from_le_bytes))
}
