//! A library's own words for prompts. Every version stays; going back to the program's words is a version too.

use jiff::Timestamp;
use rusqlite::params;

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};

/// Migration 4: the table. A version without text goes back to the words that come with the program.
pub(crate) const MIGRATION_4: &str = "
CREATE TABLE own_prompts (
    prompt  TEXT NOT NULL,
    version INTEGER NOT NULL,
    text    TEXT,
    person  TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (prompt, version)
) STRICT;
";

/// Words for a prompt that somebody wrote in this library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPrompt {
    /// The prompt's id.
    pub prompt: String,
    /// Counts the library's versions from 1.
    pub version: u32,
    /// The words; none where the program's own were taken again.
    pub text: Option<String>,
    /// Who wrote them.
    pub person: String,
    /// When.
    pub at: Timestamp,
}

impl Library {
    /// Puts words of one's own in force for a prompt, or with `None` the program's own again. Returns the version.
    pub fn write_prompt(&self, prompt: &str, text: Option<&str>, person: &str, at: Timestamp) -> Result<u32> {
        if text.is_some_and(|text| text.trim().is_empty()) {
            return Err(CatalogueError::EmptyPrompt(prompt.to_owned()));
        }
        if person.trim().is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        self.write(|connection| {
            let version: u32 = connection
                .prepare_cached("SELECT coalesce(max(version), 0) + 1 FROM own_prompts WHERE prompt = ?1")?
                .query_row([prompt], |row| row.get(0))?;
            connection
                .prepare_cached(
                    "INSERT INTO own_prompts (prompt, version, text, person, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![prompt, version, text, person, time_text(at)])?;
            Ok(version)
        })
    }

    /// All versions of all prompts that this library has words for, oldest first.
    pub fn own_prompts(&self) -> Result<Vec<OwnPrompt>> {
        self.read(|connection| {
            let mut query = connection
                .prepare_cached("SELECT prompt, version, text, person, at FROM own_prompts ORDER BY prompt, version")?;
            let mut rows = query.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(OwnPrompt {
                    prompt: row.get(0)?,
                    version: row.get(1)?,
                    text: row.get(2)?,
                    person: row.get(3)?,
                    at: time_value(&row.get::<_, String>(4)?)?,
                });
            }
            Ok(found)
        })
    }
}
