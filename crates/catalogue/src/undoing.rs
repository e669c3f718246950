//! Undo and redo by the log: rows are appended that restore the former states, also after a restart.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::{self, ActionId, Kind};
use crate::decisions::{self, DecisionId, NewDecision, State, Trace};
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{Undone, WorkId, cards, regions, relinking, scan_places};

impl Library {
    /// What [`Library::undo`] would take back, in words.
    pub fn to_undo(&self) -> Result<Option<String>> {
        self.read(|connection| Ok(actions::to_undo(connection)?.map(|(_, description)| description)))
    }

    /// What [`Library::redo`] would do again, in words.
    pub fn to_redo(&self) -> Result<Option<String>> {
        self.read(|connection| Ok(actions::to_redo(connection)?.map(|(_, description)| description)))
    }

    /// Takes back the last thing that a person did; none if nothing is left. What packs suggested and what was imported stays.
    pub fn undo(&self, person: &str, at: Timestamp) -> Result<Option<Undone>> {
        self.step(person, at, true)
    }

    /// Does again what was taken back last; none if nothing was, or if something new was done since.
    pub fn redo(&self, person: &str, at: Timestamp) -> Result<Option<Undone>> {
        self.step(person, at, false)
    }

    fn step(&self, person: &str, at: Timestamp, back: bool) -> Result<Option<Undone>> {
        let person = person.trim();
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        self.write(|connection| {
            let next = if back { actions::to_undo(connection)? } else { actions::to_redo(connection)? };
            let Some((action, description)) = next else { return Ok(None) };
            // Where it was done last stands what was before, and what it made of it.
            let doing = actions::last_doing(connection, action)?;
            let kind = if back { Kind::Undo(action) } else { Kind::Redo(action) };
            let own = actions::append(connection, kind, &description, person, at)?;
            let mut touched = regions::step(connection, doing, own, person, at, back)?;
            touched.extend(scan_places::step(connection, doing, own, back)?);
            touched.extend(relinking::step(connection, doing, own, back)?);
            for trace in decisions::traces(connection, doing)? {
                let (restores, state) = if back { former(connection, &trace, doing)? } else { latter(&trace) };
                let note = if back { "taken back" } else { "done again" };
                let row = NewDecision {
                    statement: trace.statement,
                    state,
                    person: Some(person),
                    at,
                    note: Some(note),
                    action: Some(own),
                    restores,
                };
                decisions::append(connection, &row)?;
                touched.insert(trace.work);
            }
            actions::mark(connection, action, back)?;
            let works: Vec<WorkId> = touched.into_iter().collect();
            for work in &works {
                cards::refresh(connection, *work)?;
            }
            Ok(Some(Undone { description, works }))
        })
    }
}

/// The state before the action; a statement that the action made is withdrawn, since nothing is ever deleted.
fn former(connection: &Connection, trace: &Trace, doing: ActionId) -> Result<(Option<DecisionId>, State)> {
    Ok(match decisions::before(connection, trace.statement, doing)? {
        // Made by a redo: before that the statement was withdrawn, which restores nothing either.
        Some((_, State::Superseded)) | None => (None, State::Superseded),
        Some((decision, state)) => (Some(decision), state),
    })
}

fn latter(trace: &Trace) -> (Option<DecisionId>, State) {
    (Some(trace.decision), trace.state)
}
