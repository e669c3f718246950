//! What a person decides: accept, reject, edit, take an alternative, add. Each act can be undone as one.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::{self, ActionId, Kind, short};
use crate::decisions::{self, NewDecision, State, TOGETHER};
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::properties::is_decided_one_by_one;
use crate::{Concept, NewStatement, Pack, Source, Statement, StatementId, WorkId, cards, statements, works};

/// One thing that a person does to the statements of a work.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Stand by a statement as it is.
    Accept(StatementId),
    /// Hold it wrong.
    Reject(StatementId),
    /// Put another value or qualifier in its place.
    Edit {
        /// The statement to be replaced.
        statement: StatementId,
        /// The value that the person stands by.
        value: String,
        /// The qualifier; none for none.
        qualifier: Option<String>,
        /// What the value names, where it was taken from a list; a value that stays keeps what it names.
        concept: Option<Concept>,
    },
    /// Put one of its alternatives in its place; the qualifier stays.
    TakeAlternative {
        /// The statement to be replaced.
        statement: StatementId,
        /// Which of [`Statement::alternatives`], counted from 0.
        index: usize,
    },
    /// State something of one's own.
    Add {
        /// The work it speaks of.
        work: WorkId,
        /// The property's key.
        property: String,
        /// The value.
        value: String,
        /// The qualifier; none for none.
        qualifier: Option<String>,
        /// What the value names, where it was taken from a list.
        concept: Option<Concept>,
    },
}

/// What an act brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// In words, e.g. `Accepted style: Rococo`.
    pub description: String,
    /// For each change that changed something the statement that now holds the person's word: the one accepted or rejected,
    /// or the new one.
    pub statements: Vec<StatementId>,
    /// The works concerned, in ascending order.
    pub works: Vec<WorkId>,
}

impl Change {
    /// The statement that it decides on.
    fn statement(&self) -> Option<StatementId> {
        match self {
            Change::Accept(statement)
            | Change::Reject(statement)
            | Change::Edit { statement, .. }
            | Change::TakeAlternative { statement, .. } => Some(*statement),
            Change::Add { .. } => None,
        }
    }
}

impl Library {
    /// Stands by a statement as it is. An abstention names no value and can't be accepted.
    pub fn accept(&self, statement: StatementId, person: &str, at: Timestamp) -> Result<Act> {
        self.act(&[Change::Accept(statement)], person, at)
    }

    /// Holds a statement wrong.
    pub fn reject(&self, statement: StatementId, person: &str, at: Timestamp) -> Result<Act> {
        self.act(&[Change::Reject(statement)], person, at)
    }

    /// Puts another value or qualifier in a statement's place.
    pub fn edit(
        &self,
        statement: StatementId,
        value: &str,
        qualifier: Option<&str>,
        person: &str,
        at: Timestamp,
    ) -> Result<Act> {
        let qualifier = qualifier.map(str::to_owned);
        self.act(&[Change::Edit { statement, value: value.to_owned(), qualifier, concept: None }], person, at)
    }

    /// Puts one of a statement's alternatives, counted from 0, in its place.
    pub fn take_alternative(&self, statement: StatementId, index: usize, person: &str, at: Timestamp) -> Result<Act> {
        self.act(&[Change::TakeAlternative { statement, index }], person, at)
    }

    /// States something of one's own about a work.
    pub fn add_statement(
        &self,
        work: WorkId,
        property: &str,
        value: &str,
        qualifier: Option<&str>,
        person: &str,
        at: Timestamp,
    ) -> Result<Act> {
        let change = Change::Add {
            work,
            property: property.to_owned(),
            value: value.to_owned(),
            qualifier: qualifier.map(str::to_owned),
            concept: None,
        };
        self.act(&[change], person, at)
    }

    /// Does several things as one act, which is undone as one: all of them, or none if one can't be done. Changes that would
    /// change nothing are passed over; if that holds for all of them, it is an error. An artist that a pack proposed is
    /// accepted on its own only, and no
    /// statement is named twice.
    pub fn act(&self, changes: &[Change], person: &str, at: Timestamp) -> Result<Act> {
        let person = person.trim();
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        self.write(|connection| {
            let mut done = Vec::new();
            let mut named = BTreeSet::new();
            let mut unchanged = "decided on";
            for change in changes {
                if let Some(statement) = change.statement().filter(|statement| !named.insert(*statement)) {
                    return Err(CatalogueError::TwiceInOneAct(statement));
                }
                let deed = Deed::plan(connection, change)?;
                if changes.len() > 1 && deed.affirms_proposed_artist() {
                    return Err(CatalogueError::ArtistInBulk);
                }
                match deed {
                    Deed::Nothing(state) => unchanged = state.as_str(),
                    deed => done.push(deed),
                }
            }
            if done.is_empty() {
                return Err(CatalogueError::NothingChanges(unchanged));
            }
            let description = describe(&done);
            let action = actions::append(connection, Kind::Do, &description, person, at)?;
            let mut touched = BTreeSet::new();
            let mut statements = Vec::with_capacity(done.len());
            for deed in done {
                if let Some((work, statement)) = deed.carry_out(connection, person, at, action, None)? {
                    touched.insert(work);
                    statements.push(statement);
                }
            }
            for work in &touched {
                cards::refresh(connection, *work)?;
            }
            Ok(Act { description, statements, works: touched.into_iter().collect() })
        })
    }
}

/// Carries out changes to many works as one act under a description of its own, each decision remarked as taken together with others. The
/// changes of a work stand side by side; `watch` is told before each work how many are done, and may stop it all.
pub(crate) fn act_together(
    connection: &Connection,
    changes: &[(WorkId, Vec<Change>)],
    description: String,
    person: &str,
    at: Timestamp,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Act> {
    let action = actions::append(connection, Kind::Do, &description, person, at)?;
    let (mut works, mut statements) = (Vec::with_capacity(changes.len()), Vec::with_capacity(changes.len()));
    for (done, (work, changes)) in changes.iter().enumerate() {
        if watch(done).is_break() {
            return Err(CatalogueError::Stopped);
        }
        for change in changes {
            let deed = Deed::plan(connection, change)?;
            if deed.affirms_proposed_artist() {
                return Err(CatalogueError::ArtistInBulk);
            }
            if let Some((_, statement)) = deed.carry_out(connection, person, at, action, Some(TOGETHER))? {
                statements.push(statement);
            }
        }
        cards::refresh(connection, *work)?;
        works.push(*work);
    }
    works.sort_unstable();
    Ok(Act { description, statements, works })
}

/// A change that has been found possible.
enum Deed {
    /// It is so already.
    Nothing(State),
    /// A statement comes into another state.
    Decide(Box<Statement>, State),
    /// A person's statement takes the place of another one.
    Replace {
        old: Box<Statement>,
        new: NewStatement,
        /// The pack whose value it still is.
        proposed_by: Option<Pack>,
        /// Whether it was one of the old one's alternatives.
        alternative: bool,
    },
    /// A person's statement is added.
    Add(WorkId, NewStatement),
}

impl Deed {
    fn plan(connection: &Connection, change: &Change) -> Result<Self> {
        match change {
            Change::Accept(statement) => {
                let old = open(connection, *statement)?;
                if old.value.is_none() {
                    return Err(CatalogueError::Abstention { property: old.property });
                }
                Ok(match (old.state, &old.source) {
                    (State::Accepted | State::Edited, _) => Deed::Nothing(old.state),
                    // A person's own words, rejected and taken up again, are still that person's words.
                    (_, Source::Person(_)) => Deed::Decide(old, State::Edited),
                    _ => Deed::Decide(old, State::Accepted),
                })
            }
            Change::Reject(statement) => {
                let old = open(connection, *statement)?;
                Ok(match old.state {
                    State::Rejected => Deed::Nothing(old.state),
                    _ => Deed::Decide(old, State::Rejected),
                })
            }
            Change::Edit { statement, value, qualifier, concept } => {
                let new = NewStatement {
                    value: Some(value.clone()),
                    qualifier: qualifier.clone(),
                    concept: concept.clone(),
                    ..NewStatement::default()
                };
                Self::replace(open(connection, *statement)?, new, false)
            }
            Change::TakeAlternative { statement, index } => {
                let old = open(connection, *statement)?;
                let Some(taken) = old.alternatives.get(*index) else {
                    let count = old.alternatives.len();
                    return Err(CatalogueError::NoSuchAlternative { statement: *statement, index: *index, count });
                };
                let new = NewStatement {
                    value: Some(taken.value.clone()),
                    qualifier: old.qualifier.clone(),
                    ..NewStatement::default()
                };
                Self::replace(old, new, true)
            }
            Change::Add { work, property, value, qualifier, concept } => {
                works::must_exist(connection, *work)?;
                let new = NewStatement {
                    property: property.clone(),
                    value: Some(value.clone()),
                    qualifier: qualifier.clone(),
                    concept: concept.clone(),
                    ..NewStatement::default()
                };
                Ok(Deed::Add(*work, statements::tidy(new)?))
            }
        }
    }

    fn replace(old: Box<Statement>, new: NewStatement, alternative: bool) -> Result<Self> {
        let mut new = statements::tidy(NewStatement { property: old.property.clone(), ..new })?;
        if new.concept.is_none() && new.value == old.value {
            new.concept = old.concept.clone();
        }
        if new.value == old.value && new.qualifier == old.qualifier && new.concept == old.concept {
            return Ok(match old.state {
                State::Accepted | State::Edited => Deed::Nothing(old.state),
                _ => Deed::Decide(old, State::Accepted),
            });
        }
        let proposed_by = if alternative || new.value == old.value { old.proposed_by.clone() } else { None };
        Ok(Deed::Replace { old, new, proposed_by, alternative })
    }

    fn affirms_proposed_artist(&self) -> bool {
        match self {
            Deed::Decide(statement, state) => {
                is_decided_one_by_one(&statement.property) && state.is_affirmed() && statement.proposed_by.is_some()
            }
            // One that a person stands by already was accepted on its own.
            Deed::Replace { old, new, proposed_by, .. } => {
                is_decided_one_by_one(&new.property) && proposed_by.is_some() && !old.state.is_affirmed()
            }
            Deed::Nothing(_) | Deed::Add(..) => false,
        }
    }

    /// Writes it, with `remark` on the decision, and returns the work with the statement that holds the person's word.
    fn carry_out(
        self,
        connection: &Connection,
        person: &str,
        at: Timestamp,
        action: ActionId,
        remark: Option<&str>,
    ) -> Result<Option<(WorkId, StatementId)>> {
        let append = |statement, state, note| {
            let action = Some(action);
            let row = NewDecision { statement, state, person: Some(person), at, note, action, restores: None };
            decisions::append(connection, &row)
        };
        let source = Source::Person(person.to_owned());
        match self {
            Deed::Nothing(_) => Ok(None),
            Deed::Decide(statement, state) => {
                append(statement.id, state, remark)?;
                Ok(Some((statement.work, statement.id)))
            }
            Deed::Replace { old, new, proposed_by, alternative } => {
                append(old.id, State::Superseded, None)?;
                let id =
                    statements::insert(connection, old.work, &new, &source, proposed_by.as_ref(), Some(old.id), at)?;
                append(id, State::Edited, alternative.then_some("an alternative of the suggestion").or(remark))?;
                Ok(Some((old.work, id)))
            }
            Deed::Add(work, new) => {
                let id = statements::insert(connection, work, &new, &source, None, None, at)?;
                append(id, State::Edited, remark)?;
                Ok(Some((work, id)))
            }
        }
    }

    fn describe(&self) -> String {
        let wording = |statement: &Statement| short(&statement.wording().unwrap_or_else(|| "(no value)".into()));
        match self {
            Deed::Nothing(_) => String::new(),
            Deed::Decide(statement, state) => {
                let verb = if state.is_affirmed() { "Accepted" } else { "Rejected" };
                format!("{verb} {}: {}", statement.property, wording(statement))
            }
            Deed::Replace { old, new, .. } => {
                let value = short(new.value.as_deref().unwrap_or_default());
                match (&old.value, &new.qualifier) {
                    (None, _) => format!("Set {}: {value}", old.property),
                    (Some(_), Some(qualifier)) => {
                        format!("Changed {}: {} → {qualifier} {value}", old.property, wording(old))
                    }
                    (Some(_), None) => format!("Changed {}: {} → {value}", old.property, wording(old)),
                }
            }
            Deed::Add(_, new) => format!("Added {}: {}", new.property, short(new.value.as_deref().unwrap_or_default())),
        }
    }
}

/// A statement that can still be decided on.
fn open(connection: &Connection, id: StatementId) -> Result<Box<Statement>> {
    let statement = statements::get(connection, id)?;
    match statement.state {
        State::Superseded => Err(CatalogueError::Superseded(id)),
        _ => Ok(Box::new(statement)),
    }
}

/// What was done, in words for the menu entry of undo.
fn describe(deeds: &[Deed]) -> String {
    if let [deed] = deeds {
        return deed.describe();
    }
    let all = |state: fn(&State) -> bool| deeds.iter().all(|deed| matches!(deed, Deed::Decide(_, s) if state(s)));
    let verb = if all(|state| state.is_affirmed()) {
        "Accepted"
    } else if all(|state| *state == State::Rejected) {
        "Rejected"
    } else if deeds.iter().all(|deed| matches!(deed, Deed::Replace { .. })) {
        "Changed"
    } else {
        "Decided on"
    };
    format!("{verb} {} statements", deeds.len())
}
