//! What a person did with one keystroke: the rows of the log that belong together, in words.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::WorkId;
use crate::error::Result;
use crate::library::time_text;

/// Migration 1: the table. `standing` belongs to actions of kind `do` only, and is all that ever changes in it.
pub(crate) const MIGRATION_1: &str = "
CREATE TABLE actions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('do', 'undo', 'redo')),
    of_action   INTEGER REFERENCES actions(id),
    description TEXT NOT NULL,
    person      TEXT NOT NULL,
    at          TEXT NOT NULL,
    standing    TEXT CHECK (standing IN ('done', 'undone', 'dropped')),
    CHECK ((kind = 'do') = (of_action IS NULL)),
    CHECK ((kind = 'do') = (standing IS NOT NULL))
) STRICT;
CREATE INDEX actions_standing ON actions (standing, id) WHERE standing IS NOT NULL;
CREATE INDEX actions_of ON actions (of_action, id) WHERE of_action IS NOT NULL;
CREATE TRIGGER actions_remain BEFORE DELETE ON actions
BEGIN SELECT RAISE(ABORT, 'actions are never deleted'); END;
CREATE TRIGGER actions_stay BEFORE UPDATE OF id, kind, of_action, description, person, at ON actions
BEGIN SELECT RAISE(ABORT, 'actions are never changed'); END;
";

/// The number of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActionId(pub i64);

/// The outcome of undo or redo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// What was taken back or done again, in words, e.g. `Accepted style: Rococo`.
    pub description: String,
    /// The works concerned, in ascending order.
    pub works: Vec<WorkId>,
}

/// What a row of the table is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A person did something: redo ends here.
    Do,
    /// It was taken back.
    Undo(ActionId),
    /// It was done again.
    Redo(ActionId),
}

/// Appends an action. A new deed drops what could have been redone until then.
pub(crate) fn append(
    connection: &Connection,
    kind: Kind,
    description: &str,
    person: &str,
    at: Timestamp,
) -> Result<ActionId> {
    let (word, of, standing) = match kind {
        Kind::Do => ("do", None, Some("done")),
        Kind::Undo(of) => ("undo", Some(of.0), None),
        Kind::Redo(of) => ("redo", Some(of.0), None),
    };
    if let Kind::Do = kind {
        connection.prepare_cached("UPDATE actions SET standing = 'dropped' WHERE standing = 'undone'")?.execute([])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO actions (kind, of_action, description, person, at, standing) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![word, of, description, person, time_text(at), standing])?;
    Ok(ActionId(connection.last_insert_rowid()))
}

/// The action that undo would take back, in words: the last one that stands.
pub(crate) fn to_undo(connection: &Connection) -> Result<Option<(ActionId, String)>> {
    one(connection, "SELECT id, description FROM actions WHERE standing = 'done' ORDER BY id DESC LIMIT 1")
}

/// The action that redo would do again, in words: the one taken back last, which is the earliest of them.
pub(crate) fn to_redo(connection: &Connection) -> Result<Option<(ActionId, String)>> {
    one(connection, "SELECT id, description FROM actions WHERE standing = 'undone' ORDER BY id LIMIT 1")
}

fn one(connection: &Connection, sql: &str) -> Result<Option<(ActionId, String)>> {
    let row =
        connection.prepare_cached(sql)?.query_row([], |row| Ok((ActionId(row.get(0)?), row.get(1)?))).optional()?;
    Ok(row)
}

/// The row under which an action was last done: its last redo, or itself.
pub(crate) fn last_doing(connection: &Connection, action: ActionId) -> Result<ActionId> {
    let redo: Option<i64> = connection
        .prepare_cached("SELECT max(id) FROM actions WHERE of_action = ?1 AND kind = 'redo'")?
        .query_row([action.0], |row| row.get(0))?;
    Ok(redo.map_or(action, ActionId))
}

pub(crate) fn mark(connection: &Connection, action: ActionId, undone: bool) -> Result<()> {
    connection
        .prepare_cached("UPDATE actions SET standing = ?2 WHERE id = ?1")?
        .execute(params![action.0, if undone { "undone" } else { "done" }])?;
    Ok(())
}

/// At most sixty characters of a value, on one line.
pub(crate) fn short(value: &str) -> String {
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
