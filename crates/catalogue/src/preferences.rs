//! What a library is told to do in its own way, as JSON by name.

use rusqlite::{OptionalExtension, params};

use crate::error::{CatalogueError, Result};
use crate::library::Library;

/// Migration 4: the table.
pub(crate) const MIGRATION_4: &str = "
CREATE TABLE preferences (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
";

impl Library {
    /// The preference of this name as JSON text; none where nobody set it.
    pub fn preference(&self, name: &str) -> Result<Option<String>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT value FROM preferences WHERE name = ?1")?;
            Ok(query.query_row([name], |row| row.get(0)).optional()?)
        })
    }

    /// Sets a preference (JSON text).
    pub fn set_preference(&self, name: &str, value: &str) -> Result<()> {
        serde_json::from_str::<serde::de::IgnoredAny>(value).map_err(CatalogueError::BadAnswer)?;
        self.write(|connection| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO preferences (name, value) VALUES (?1, ?2)")?
                .execute(params![name, value])?;
            Ok(())
        })
    }
}
