//! Whether a library is whole, and what can be made whole again.

use rusqlite::Connection;

use crate::error::Result;
use crate::library::Library;
use crate::{WorkId, cards, conversations, search};

/// What must hold beyond SQLite's own rules: a sentence, and a query that counts where it does not.
const RULES: &[(&str, &str)] = &[
    (
        "statements without a row in the log",
        "SELECT count(*) FROM statements WHERE id NOT IN (SELECT statement FROM decisions)",
    ),
    (
        "works without a scan",
        "SELECT count(*) FROM works WHERE id NOT IN (SELECT work FROM scans)
             AND id NOT IN (SELECT from_work FROM scan_moves WHERE from_work IS NOT NULL)",
    ),
    (
        "works without a card",
        "SELECT count(DISTINCT work) FROM scans WHERE standing = 1 AND work NOT IN (SELECT work FROM cards)",
    ),
    (
        "works that searches do not know",
        "SELECT count(DISTINCT work) FROM scans WHERE standing = 1 AND work NOT IN (SELECT work FROM work_terms)",
    ),
    (
        "decisions of nobody",
        "SELECT count(*) FROM decisions WHERE state IN ('accepted', 'edited', 'rejected') AND person IS NULL",
    ),
];

impl Library {
    /// Looks through the whole library, and returns what is wrong with it, a sentence each; empty for a sound one.
    pub fn check_integrity(&self) -> Result<Vec<String>> {
        // A connection of its own: the text indexes keep parts of themselves in memory between reads, and what is wanted is the file.
        self.read_afresh(|connection| {
            let mut problems = of_database(connection)?;
            for (what, sql) in RULES {
                let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
                if count > 0 {
                    problems.push(format!("{count} {what}"));
                }
            }
            Ok(problems)
        })
    }

    /// Writes anew all that is derived: cards, and what searches look up. Scans, statements and the log are not touched.
    pub fn rebuild_derived(&self) -> Result<()> {
        self.write(rebuild)
    }
}

pub(crate) fn rebuild(connection: &Connection) -> Result<()> {
    // The text indexes are dropped as a whole: one that is damaged could not be emptied row by row.
    connection.execute_batch("DROP TABLE card_words; DROP TABLE record_words; DROP TABLE conversation_words;")?;
    connection.execute_batch(cards::WORDS_1)?;
    connection.execute_batch(search::RECORD_WORDS_2)?;
    connection.execute_batch(conversations::WORDS_4)?;
    connection
        .execute_batch("DELETE FROM cards; DELETE FROM work_terms; DELETE FROM term_works; DELETE FROM terms;")?;
    let mut query = connection.prepare("SELECT id FROM works ORDER BY id")?;
    let works: Vec<WorkId> = query.query_map([], |row| row.get(0).map(WorkId))?.collect::<rusqlite::Result<_>>()?;
    works.into_iter().try_for_each(|work| cards::refresh(connection, work))
}

/// SQLite's own check, and that no row points to one that is missing.
pub(crate) fn of_database(connection: &Connection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            problems.push(line);
        }
    }
    let mut check = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let (table, target): (String, String) = (row.get(0)?, row.get(2)?);
        problems.push(format!("a row of {table} points to a row of {target} that is missing"));
    }
    Ok(problems)
}
