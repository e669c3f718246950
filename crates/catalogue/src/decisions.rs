//! The log: what happened to each statement, who did it and when. Rows are only ever appended.
//!
//! A row that undo or redo wrote names the row that it restores: the log tells who pressed the key, and the statement is
//! again what the person of the restored row made it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::actions::ActionId;
use crate::error::{CatalogueError, Result};
use crate::library::{time_text, time_value};
use crate::{StatementId, WorkId};

/// Migration 1: the table, and triggers that keep it append-only.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE decisions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    statement INTEGER NOT NULL REFERENCES statements(id),
    state     TEXT NOT NULL CHECK (state IN ('suggested', 'accepted', 'edited', 'rejected', 'superseded')),
    person    TEXT,
    at        TEXT NOT NULL,
    note      TEXT,
    action    INTEGER REFERENCES actions(id),
    restores  INTEGER REFERENCES decisions(id)
) STRICT;
CREATE INDEX decisions_of_statement ON decisions (statement, id);
CREATE INDEX decisions_of_action ON decisions (action) WHERE action IS NOT NULL;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never changed'); END;
CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
";

/// The remark to a decision that was taken on many works in one act, not on this one by itself: whoever reads the log sees it, and what is
/// measured from decisions leaves them out.
pub(crate) const TOGETHER: &str = "decided together with other works";

/// Where a statement stands: the last row of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A model's or a file's word that nobody has decided on.
    Suggested,
    /// A person stands by it.
    Accepted,
    /// A person wrote it, or changed the value and stands by it.
    Edited,
    /// A person holds it wrong.
    Rejected,
    /// A newer statement took its place, or the person who added it took it back.
    Superseded,
}

impl State {
    /// Its name in the database, in records and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Suggested => "suggested",
            State::Accepted => "accepted",
            State::Edited => "edited",
            State::Rejected => "rejected",
            State::Superseded => "superseded",
        }
    }

    /// Whether a person stands by the statement, so that it belongs into the record.
    pub fn is_affirmed(self) -> bool {
        matches!(self, State::Accepted | State::Edited)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        [State::Suggested, State::Accepted, State::Edited, State::Rejected, State::Superseded]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| CatalogueError::Damaged(format!("a state “{text}”")))
    }
}

/// One row of the log, as a work's history shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// The statement that it happened to.
    pub statement: StatementId,
    /// The statement's property.
    pub property: String,
    /// The statement's value; none for an abstention.
    pub value: Option<String>,
    /// The state it came into.
    pub state: State,
    /// Who did it; none where a pack or an import did.
    pub person: Option<String>,
    /// When.
    pub at: Timestamp,
    /// A remark.
    pub note: Option<String>,
    /// What the person did, in words, e.g. `Accepted style: Rococo`.
    pub action: Option<String>,
}

/// A row about to be appended.
pub(crate) struct NewDecision<'a> {
    pub statement: StatementId,
    pub state: State,
    pub person: Option<&'a str>,
    pub at: Timestamp,
    pub note: Option<&'a str>,
    pub action: Option<ActionId>,
    pub restores: Option<DecisionId>,
}

/// The number of a row; for a row that restores another one, the number of that one is what counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionId(i64);

pub(crate) fn append(connection: &Connection, row: &NewDecision<'_>) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO decisions (statement, state, person, at, note, action, restores)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            row.statement.0,
            row.state.as_str(),
            row.person,
            time_text(row.at),
            row.note,
            row.action.map(|action| action.0),
            row.restores.map(|decision| decision.0)
        ])?;
    Ok(())
}

/// The state of a statement just before an action touched it, with the row that says so; none if the action made it.
pub(crate) fn before(
    connection: &Connection,
    statement: StatementId,
    action: ActionId,
) -> Result<Option<(DecisionId, State)>> {
    let row: Option<(i64, String)> = connection
        .prepare_cached(
            "SELECT ifnull(restores, id), state FROM decisions WHERE statement = ?1
             AND id < (SELECT min(id) FROM decisions WHERE statement = ?1 AND action = ?2)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![statement.0, action.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(id, state)| Ok((DecisionId(id), State::parse(&state)?))).transpose()
}

/// What an action left behind in one statement.
pub(crate) struct Trace {
    pub statement: StatementId,
    pub work: WorkId,
    pub state: State,
    pub decision: DecisionId,
}

/// The statements that an action touched, in the order it did, each as it left them.
pub(crate) fn traces(connection: &Connection, action: ActionId) -> Result<Vec<Trace>> {
    let mut query = connection.prepare_cached(
        "SELECT d.statement, s.work, d.state, ifnull(d.restores, d.id)
         FROM decisions d JOIN statements s ON s.id = d.statement
         WHERE d.id IN (SELECT max(id) FROM decisions WHERE action = ?1 GROUP BY statement) ORDER BY d.id",
    )?;
    let mut rows = query.query([action.0])?;
    let mut traces = Vec::new();
    while let Some(row) = rows.next()? {
        traces.push(Trace {
            statement: StatementId(row.get(0)?),
            work: WorkId(row.get(1)?),
            state: State::parse(&row.get::<_, String>(2)?)?,
            decision: DecisionId(row.get(3)?),
        });
    }
    Ok(traces)
}

/// All that ever happened to the statements of a work, oldest first.
pub(crate) fn of_work(connection: &Connection, work: WorkId) -> Result<Vec<LogEntry>> {
    let mut query = connection.prepare_cached(
        "SELECT d.statement, s.property, s.value, d.state, d.person, d.at, d.note, a.description
         FROM statements s JOIN decisions d ON d.statement = s.id LEFT JOIN actions a ON a.id = d.action
         WHERE s.work = ?1 ORDER BY d.id",
    )?;
    let mut rows = query.query([work.0])?;
    let mut log = Vec::new();
    while let Some(row) = rows.next()? {
        log.push(LogEntry {
            statement: StatementId(row.get(0)?),
            property: row.get(1)?,
            value: row.get(2)?,
            state: State::parse(&row.get::<_, String>(3)?)?,
            person: row.get(4)?,
            at: time_value(&row.get::<_, String>(5)?)?,
            note: row.get(6)?,
            action: row.get(7)?,
        });
    }
    Ok(log)
}
