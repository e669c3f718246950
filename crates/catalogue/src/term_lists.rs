//! Lists of terms that a museum keeps: for a property each, read from a file.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{StatementId, WorkId};

/// The tables.
pub(crate) const MIGRATION_6: &str = "
CREATE TABLE term_lists (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE,
    property TEXT NOT NULL,
    file     TEXT NOT NULL,
    person   TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE TABLE list_terms (
    list   INTEGER NOT NULL REFERENCES term_lists(id),
    place  INTEGER NOT NULL,
    id     TEXT NOT NULL,
    label  TEXT NOT NULL,
    uri    TEXT,
    others TEXT NOT NULL CHECK (json_valid(others)),
    PRIMARY KEY (list, place),
    UNIQUE (list, id)
) STRICT;
";

/// The number of a list; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub i64);

/// A list without its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptList {
    /// Its number.
    pub id: ListId,
    /// Its name, which concepts give as their list.
    pub name: String,
    /// The property that its terms are values of.
    pub property: String,
    /// The file that it was read from.
    pub file: String,
    /// How many terms it has.
    pub terms: u64,
    /// Who read it.
    pub person: String,
    /// When.
    pub at: Timestamp,
}

/// A term of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTerm {
    /// Its identifier within the list.
    pub id: String,
    /// The words that a record gets.
    pub label: String,
    /// Its identifier on the web.
    pub uri: Option<String>,
    /// Other words for it.
    pub others: Vec<String>,
}

/// Words of a property that people stand by and that name nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedValue {
    /// The words.
    pub value: String,
    /// The statements that say so, with their works and qualifiers.
    pub statements: Vec<(StatementId, WorkId, Option<String>)>,
}

impl Library {
    /// The lists, by name.
    pub fn term_lists(&self) -> Result<Vec<KeptList>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, name, property, file, person, at, (SELECT count(*) FROM list_terms WHERE list = term_lists.id)
                 FROM term_lists ORDER BY name",
            )?;
            let mut rows = query.query([])?;
            let mut lists = Vec::new();
            while let Some(row) = rows.next()? {
                lists.push(KeptList {
                    id: ListId(row.get(0)?),
                    name: row.get(1)?,
                    property: row.get(2)?,
                    file: row.get(3)?,
                    person: row.get(4)?,
                    at: time_value(&row.get::<_, String>(5)?)?,
                    terms: row.get::<_, i64>(6)?.unsigned_abs(),
                });
            }
            Ok(lists)
        })
    }

    /// The terms of a list in its order.
    pub fn list_terms(&self, list: ListId) -> Result<Vec<KeptTerm>> {
        self.read(|connection| {
            must_exist(connection, list)?;
            let mut query = connection
                .prepare_cached("SELECT id, label, uri, others FROM list_terms WHERE list = ?1 ORDER BY place")?;
            let mut rows = query.query([list.0])?;
            let mut terms = Vec::new();
            while let Some(row) = rows.next()? {
                terms.push(KeptTerm {
                    id: row.get(0)?,
                    label: row.get(1)?,
                    uri: row.get(2)?,
                    others: serde_json::from_str(&row.get::<_, String>(3)?)
                        .map_err(|_| CatalogueError::Damaged(format!("a term of list {}", list.0)))?,
                });
            }
            Ok(terms)
        })
    }

    /// Keeps a list for a property. One of the same name is written anew: statements that name its terms stay as they are.
    pub fn keep_term_list(
        &self,
        name: &str,
        property: &str,
        file: &str,
        terms: &[KeptTerm],
        person: &str,
        at: Timestamp,
    ) -> Result<ListId> {
        let (name, person) = (name.trim(), person.trim());
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if property.is_empty() || !property.chars().all(allowed) {
            return Err(CatalogueError::BadProperty(property.to_owned()));
        }
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        if name.is_empty() {
            return Err(CatalogueError::NamelessList);
        }
        self.write(|connection| {
            let known: Option<i64> = connection
                .prepare_cached("SELECT id FROM term_lists WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            let list = match known {
                Some(list) => {
                    connection.execute("DELETE FROM list_terms WHERE list = ?1", [list])?;
                    connection.execute(
                        "UPDATE term_lists SET property = ?2, file = ?3, person = ?4, at = ?5 WHERE id = ?1",
                        params![list, property, file, person, time_text(at)],
                    )?;
                    list
                }
                None => {
                    connection.execute(
                        "INSERT INTO term_lists (name, property, file, person, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![name, property, file, person, time_text(at)],
                    )?;
                    connection.last_insert_rowid()
                }
            };
            let mut insert = connection.prepare_cached(
                "INSERT INTO list_terms (list, place, id, label, uri, others) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for (place, term) in (0_i64..).zip(terms) {
                let others =
                    serde_json::to_string(&term.others).map_err(|error| CatalogueError::Damaged(error.to_string()))?;
                insert.execute(params![list, place, term.id, term.label, term.uri, others])?;
            }
            Ok(ListId(list))
        })
    }

    /// Forgets a list. Statements that name its terms still do.
    pub fn forget_term_list(&self, list: ListId) -> Result<()> {
        self.write(|connection| {
            must_exist(connection, list)?;
            connection.execute("DELETE FROM list_terms WHERE list = ?1", [list.0])?;
            connection.execute("DELETE FROM term_lists WHERE id = ?1", [list.0])?;
            Ok(())
        })
    }

    /// What people stand by of a property without naming a concept, by value, those that are said most often first.
    pub fn unnamed_values(&self, property: &str) -> Result<Vec<UnnamedValue>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT s.value, s.id, s.work, s.qualifier FROM statements s JOIN decisions d
                   ON d.id = (SELECT ifnull(restores, id) FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1)
                 WHERE s.property = ?1 AND s.value IS NOT NULL AND s.concept IS NULL AND d.state IN ('accepted', 'edited')
                 ORDER BY s.value, s.id",
            )?;
            let mut rows = query.query([property])?;
            let mut values: Vec<UnnamedValue> = Vec::new();
            while let Some(row) = rows.next()? {
                let value: String = row.get(0)?;
                let statement = (StatementId(row.get(1)?), WorkId(row.get(2)?), row.get(3)?);
                match values.last_mut().filter(|last| last.value == value) {
                    Some(last) => last.statements.push(statement),
                    None => values.push(UnnamedValue { value, statements: vec![statement] }),
                }
            }
            values.sort_by_key(|value| std::cmp::Reverse(value.statements.len()));
            Ok(values)
        })
    }
}

fn must_exist(connection: &Connection, list: ListId) -> Result<()> {
    let exists: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM term_lists WHERE id = ?1)")?
        .query_row([list.0], |row| row.get(0))?;
    if exists { Ok(()) } else { Err(CatalogueError::NoSuchList(list.0)) }
}
