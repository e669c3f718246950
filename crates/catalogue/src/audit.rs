//! The log as one reads it through: by work, by person, by time, newest first.

use jiff::Timestamp;
use rusqlite::params;

use crate::decisions::State;
use crate::error::Result;
use crate::library::{Library, time_text, time_value};
use crate::{LogEntry, StatementId, WorkId, works};

/// What of the log is asked for; nothing said is all that people did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Of this work alone.
    pub work: Option<WorkId>,
    /// By this person alone.
    pub person: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Also what packs, files and imports put down, which nobody did by hand.
    pub everything: bool,
}

/// A row of the log with the work that it concerns.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    /// Its number; higher ones are later.
    pub number: i64,
    /// The work.
    pub work: WorkId,
    /// What happened.
    pub entry: LogEntry,
    /// Who or what made the statement.
    pub source: String,
}

impl Library {
    /// At most `most` rows of the log, newest first; with `before` those in front of the row of that number.
    pub fn log(&self, query: &LogQuery, before: Option<i64>, most: usize) -> Result<Vec<LogRow>> {
        self.read(|connection| {
            if let Some(work) = query.work {
                works::must_exist(connection, work)?;
            }
            let mut prepared = connection.prepare_cached(
                "SELECT d.id, s.work, d.statement, s.property, s.value, d.state, d.person, d.at, d.note, a.description, s.source_name
                 FROM decisions d JOIN statements s ON s.id = d.statement LEFT JOIN actions a ON a.id = d.action
                 WHERE d.id < ?1 AND (?2 IS NULL OR s.work = ?2) AND (?3 IS NULL OR d.person = ?3)
                   AND (?4 IS NULL OR d.at >= ?4) AND (?5 IS NULL OR d.at < ?5) AND (?6 OR d.person IS NOT NULL)
                 ORDER BY d.id DESC LIMIT ?7",
            )?;
            let mut rows = prepared.query(params![
                before.unwrap_or(i64::MAX),
                query.work.map(|work| work.0),
                query.person,
                query.from.map(time_text),
                query.until.map(time_text),
                query.everything,
                i64::try_from(most).unwrap_or(i64::MAX)
            ])?;
            let mut log = Vec::new();
            while let Some(row) = rows.next()? {
                log.push(LogRow {
                    number: row.get(0)?,
                    work: WorkId(row.get(1)?),
                    entry: LogEntry {
                        statement: StatementId(row.get(2)?),
                        property: row.get(3)?,
                        value: row.get(4)?,
                        state: State::parse(&row.get::<_, String>(5)?)?,
                        person: row.get(6)?,
                        at: time_value(&row.get::<_, String>(7)?)?,
                        note: row.get(8)?,
                        action: row.get(9)?,
                    },
                    source: row.get(10)?,
                });
            }
            Ok(log)
        })
    }

    /// Everybody who ever decided something, in order of their names.
    pub fn people(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT DISTINCT person FROM actions ORDER BY person")?;
            let names = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(names)
        })
    }
}
