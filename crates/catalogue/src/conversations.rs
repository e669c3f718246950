//! What was asked about a work and what was answered, kept as it was shown.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::error::{CatalogueError, Result};
use crate::library::{Library, time_text, time_value};
use crate::{WorkId, works};

/// Migration 1: the table.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE conversations (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    work     INTEGER NOT NULL REFERENCES works(id),
    question TEXT,
    answer   TEXT NOT NULL,
    pack     TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX conversations_of_work ON conversations (work, id);
";

/// The number of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeId(pub i64);

/// A question about a work, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its number.
    pub id: ExchangeId,
    /// The work spoken of.
    pub work: WorkId,
    /// The question; none for an explanation.
    pub question: Option<String>,
    /// The answer as JSON text, in the form of whoever made it.
    pub answer: String,
    /// The pack that spoke, e.g. `compact 1`.
    pub pack: String,
    /// When.
    pub at: Timestamp,
}

impl Library {
    /// Keeps a question (none for an explanation) with its answer (JSON text).
    pub fn keep_answer(
        &self,
        work: WorkId,
        question: Option<&str>,
        answer: &str,
        pack: &str,
        at: Timestamp,
    ) -> Result<ExchangeId> {
        serde_json::from_str::<serde::de::IgnoredAny>(answer).map_err(CatalogueError::BadAnswer)?;
        self.write(|connection| {
            works::must_exist(connection, work)?;
            connection
                .prepare_cached(
                    "INSERT INTO conversations (work, question, answer, pack, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![work.0, question, answer, pack, time_text(at)])?;
            Ok(ExchangeId(connection.last_insert_rowid()))
        })
    }

    /// All that was asked about a work, oldest first.
    pub fn conversation(&self, work: WorkId) -> Result<Vec<Exchange>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, work, question, answer, pack, at FROM conversations WHERE work = ?1 ORDER BY id",
            )?;
            let mut rows = query.query([work.0])?;
            let mut exchanges = Vec::new();
            while let Some(row) = rows.next()? {
                exchanges.push(Exchange {
                    id: ExchangeId(row.get(0)?),
                    work: WorkId(row.get(1)?),
                    question: row.get(2)?,
                    answer: row.get(3)?,
                    pack: row.get(4)?,
                    at: time_value(&row.get::<_, String>(5)?)?,
                });
            }
            Ok(exchanges)
        })
    }
}
