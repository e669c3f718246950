//! Lists of works that people put together by hand: for an exhibition, for a loan, for the photographer.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text};
use crate::{Facet, WorkId, search, works};

/// Migration 8: the tables. Names that differ in upper and lower case only are the same name.
pub(crate) const MIGRATION_8: &str = "
CREATE TABLE work_lists (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name   TEXT NOT NULL UNIQUE COLLATE NOCASE,
    person TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;
CREATE TABLE listed_works (
    list INTEGER NOT NULL REFERENCES work_lists(id),
    work INTEGER NOT NULL REFERENCES works(id),
    PRIMARY KEY (list, work)
) STRICT, WITHOUT ROWID;
CREATE INDEX lists_of_work ON listed_works (work);
";

/// A list of works, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkList {
    /// Its name.
    pub name: String,
    /// How many works are on it.
    pub works: u64,
}

impl Library {
    /// The lists of works, by name.
    pub fn work_lists(&self) -> Result<Vec<WorkList>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT name, (SELECT count(*) FROM listed_works WHERE list = work_lists.id) FROM work_lists ORDER BY name",
            )?;
            let lists = query.query_map([], |row| {
                Ok(WorkList { name: row.get(0)?, works: row.get::<_, i64>(1)?.unsigned_abs() })
            })?;
            Ok(lists.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Puts works on a list, which is begun if there is none of that name. Returns those that were not on it before.
    pub fn put_on_list(&self, name: &str, works: &[WorkId], person: &str, at: Timestamp) -> Result<Vec<WorkId>> {
        let (name, person) = (name.trim(), person.trim());
        if name.is_empty() {
            return Err(CatalogueError::NamelessWorkList);
        }
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        self.write(|connection| {
            connection
                .prepare_cached("INSERT INTO work_lists (name, person, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
                .execute(params![name, person, time_text(at)])?;
            let (list, name) = list_named(connection, name)?;
            let mut put = connection
                .prepare_cached("INSERT INTO listed_works (list, work) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
            let mut new = Vec::new();
            for work in works {
                works::must_exist(connection, *work)?;
                if put.execute(params![list, work.0])? > 0 {
                    search::add_value(connection, *work, Facet::List, &name)?;
                    new.push(*work);
                }
            }
            Ok(new)
        })
    }

    /// Takes works off a list, and returns those that were on it.
    pub fn take_off_list(&self, name: &str, works: &[WorkId]) -> Result<Vec<WorkId>> {
        self.write(|connection| {
            let (list, name) = list_named(connection, name)?;
            let mut take = connection.prepare_cached("DELETE FROM listed_works WHERE list = ?1 AND work = ?2")?;
            let mut gone = Vec::new();
            for work in works {
                if take.execute(params![list, work.0])? > 0 {
                    search::remove_value(connection, *work, Facet::List, &name)?;
                    gone.push(*work);
                }
            }
            Ok(gone)
        })
    }

    /// Gives up a list, and returns the works that were on it, which stay as they are.
    pub fn give_up_list(&self, name: &str) -> Result<Vec<WorkId>> {
        self.write(|connection| {
            let (list, name) = list_named(connection, name)?;
            let mut query = connection.prepare_cached("SELECT work FROM listed_works WHERE list = ?1 ORDER BY work")?;
            let works: Vec<WorkId> =
                query.query_map([list], |row| row.get(0).map(WorkId))?.collect::<rusqlite::Result<_>>()?;
            connection.prepare_cached("DELETE FROM listed_works WHERE list = ?1")?.execute([list])?;
            connection.prepare_cached("DELETE FROM work_lists WHERE id = ?1")?.execute([list])?;
            for work in &works {
                search::remove_value(connection, *work, Facet::List, &name)?;
            }
            Ok(works)
        })
    }
}

/// The lists that a work is on.
pub(crate) fn of_work(connection: &Connection, work: WorkId) -> Result<Vec<String>> {
    let mut query = connection.prepare_cached(
        "SELECT name FROM listed_works JOIN work_lists ON work_lists.id = list WHERE work = ?1 ORDER BY name",
    )?;
    let names = query.query_map([work.0], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// A list's number, and its name as it was first written.
fn list_named(connection: &Connection, name: &str) -> Result<(i64, String)> {
    let found = connection
        .prepare_cached("SELECT id, name FROM work_lists WHERE name = ?1")?
        .query_row([name.trim()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.ok_or_else(|| CatalogueError::NoSuchWorkList(name.to_owned()))
}
