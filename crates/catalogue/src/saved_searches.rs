//! Searches that are kept under a name.

use jiff::Timestamp;
use rusqlite::params;

use crate::Search;
use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};

/// Migration 3: the table. Names that differ in upper and lower case only are the same name.
pub(crate) const MIGRATION_3: &str = "
CREATE TABLE saved_searches (
    name   TEXT PRIMARY KEY COLLATE NOCASE,
    search TEXT NOT NULL CHECK (json_valid(search)),
    person TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;
";

/// A search under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// The name.
    pub name: String,
    /// What is looked for.
    pub search: Search,
    /// Who saved it.
    pub person: String,
    /// When.
    pub saved_at: Timestamp,
}

impl Library {
    /// Keeps a search under a name; one that has the name already is replaced. The page is not kept.
    pub fn save_search(&self, name: &str, search: &Search, person: &str, at: Timestamp) -> Result<()> {
        let name = name.trim();
        if name.is_empty() {
            return Err(CatalogueError::NamelessSearch);
        }
        let search = serde_json::to_string(search).map_err(|error| CatalogueError::Damaged(error.to_string()))?;
        self.write(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO saved_searches (name, search, person, at) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![name, search, person, time_text(at)])?;
            Ok(())
        })
    }

    /// The saved searches, by name.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>> {
        self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT name, search, person, at FROM saved_searches ORDER BY name")?;
            let mut rows = query.query([])?;
            let mut saved = Vec::new();
            while let Some(row) = rows.next()? {
                let name: String = row.get(0)?;
                let search = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)
                    .map_err(|_| CatalogueError::Damaged(format!("the saved search “{name}”")))?;
                let saved_at = time_value(&row.get::<_, String>(3)?)?;
                saved.push(SavedSearch { name, search, person: row.get(2)?, saved_at });
            }
            Ok(saved)
        })
    }

    /// Forgets a saved search.
    pub fn forget_search(&self, name: &str) -> Result<()> {
        self.write(|connection| {
            let gone = connection.prepare_cached("DELETE FROM saved_searches WHERE name = ?1")?.execute([name])?;
            if gone == 0 { Err(CatalogueError::NoSuchSearch(name.to_owned())) } else { Ok(()) }
        })
    }
}
