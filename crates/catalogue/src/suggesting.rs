//! What packs, files and passages put forward, for a person to decide on.

use jiff::Timestamp;

use crate::decisions::{self, NewDecision, State};
use crate::error::Result;
use crate::library::Library;
use crate::{NewStatement, Source, Statement, StatementId, WorkId, cards, packs, statements, works};

impl Library {
    /// Puts forward what a source says about a work, and returns the statements that are new.
    ///
    /// For each property named, earlier undecided statements of the same source (the same pack in whatever version) are
    /// superseded; decided ones are never touched. What a person stands by already is not suggested again, nor is what a
    /// person rejected or replaced when the same source said it. Undo does not concern suggestions: nobody took a decision.
    pub fn suggest(
        &self,
        work: WorkId,
        source: &Source,
        suggestions: &[NewStatement],
        at: Timestamp,
    ) -> Result<Vec<StatementId>> {
        let suggestions: Vec<NewStatement> =
            suggestions.iter().cloned().map(statements::tidy).collect::<Result<_>>()?;
        self.write(|connection| {
            works::must_exist(connection, work)?;
            let pack = match source {
                Source::Pack(pack) => {
                    packs::remember(connection, pack, at)?;
                    Some(pack)
                }
                _ => None,
            };
            let append = |statement, state| {
                let row = NewDecision { statement, state, person: None, at, note: None, action: None, restores: None };
                decisions::append(connection, &row)
            };
            let mut added = Vec::new();
            for (index, suggestion) in suggestions.iter().enumerate() {
                let first = !suggestions[..index].iter().any(|other| other.property == suggestion.property);
                if !first {
                    continue;
                }
                let earlier = statements::about(connection, work, &suggestion.property)?;
                let mut fresh: Vec<&NewStatement> = Vec::new();
                for new in suggestions.iter().filter(|other| other.property == suggestion.property) {
                    let said = fresh.iter().any(|other| other.value == new.value && other.qualifier == new.qualifier);
                    if !said && !is_settled(new, source, &earlier) {
                        fresh.push(new);
                    }
                }
                for old in earlier.iter().filter(|old| old.state == State::Suggested) {
                    if !source.speaks_again_for(&old.source) {
                        continue;
                    }
                    // A source that repeats itself to the letter leaves no trace: a batch that is resumed may do so.
                    match fresh.iter().position(|new| old.source == *source && repeats(new, old)) {
                        Some(position) => drop(fresh.remove(position)),
                        None => append(old.id, State::Superseded)?,
                    }
                }
                for new in fresh {
                    let id = statements::insert(connection, work, new, source, pack, None, at)?;
                    append(id, State::Suggested)?;
                    added.push(id);
                }
            }
            cards::refresh(connection, work)?;
            Ok(added)
        })
    }

    /// Puts one statement forward beside all that is there, superseding nothing: what a person picked out of an answer. One that waits already is not
    /// put forward twice.
    pub fn put_forward(
        &self,
        work: WorkId,
        source: &Source,
        suggestion: &NewStatement,
        at: Timestamp,
    ) -> Result<StatementId> {
        let new = statements::tidy(suggestion.clone())?;
        self.write(|connection| {
            works::must_exist(connection, work)?;
            let pack = match source {
                Source::Pack(pack) => {
                    packs::remember(connection, pack, at)?;
                    Some(pack)
                }
                _ => None,
            };
            let waiting = statements::about(connection, work, &new.property)?;
            let waiting = waiting.iter().find(|old| {
                old.state == State::Suggested
                    && old.source == *source
                    && old.value == new.value
                    && old.qualifier == new.qualifier
            });
            if let Some(waiting) = waiting {
                return Ok(waiting.id);
            }
            let id = statements::insert(connection, work, &new, source, pack, None, at)?;
            let row = NewDecision {
                statement: id,
                state: State::Suggested,
                person: None,
                at,
                note: None,
                action: None,
                restores: None,
            };
            decisions::append(connection, &row)?;
            cards::refresh(connection, work)?;
            Ok(id)
        })
    }
}

/// Whether a person has decided on this very statement, so that suggesting it again would only annoy.
pub(crate) fn is_settled(new: &NewStatement, source: &Source, earlier: &[Statement]) -> bool {
    earlier.iter().any(|old| {
        let same = old.value == new.value && old.qualifier == new.qualifier;
        if old.state.is_affirmed() {
            // An abstention adds nothing where somebody knows.
            return same || new.value.is_none();
        }
        same && source.speaks_again_for(&old.source) && is_declined(old, earlier)
    })
}

/// Whether a person rejected the statement, or put another in its place (and did not take that back).
fn is_declined(statement: &Statement, earlier: &[Statement]) -> bool {
    match statement.state {
        State::Rejected => true,
        State::Superseded => earlier.iter().any(|heir| {
            heir.derived_from == Some(statement.id) && (heir.state.is_affirmed() || is_declined(heir, earlier))
        }),
        State::Suggested | State::Accepted | State::Edited => false,
    }
}

fn repeats(new: &NewStatement, old: &Statement) -> bool {
    new.value == old.value
        && new.qualifier == old.qualifier
        && new.confidence == old.confidence
        && new.raw_confidence == old.raw_confidence
        && new.alternatives == old.alternatives
        && new.evidence == old.evidence
        && new.reason == old.reason
}
