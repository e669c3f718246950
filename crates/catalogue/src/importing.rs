//! Records of others, and one's own coming back: what a file says becomes statements of source `import`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions::{self, Kind};
use crate::decisions::{self, NewDecision, State};
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::properties::is_decided_one_by_one;
use crate::suggesting::is_settled;
use crate::{NewScan, NewStatement, Pack, Source, WorkId, cards, packs, scans, statements, works};

/// What a file says of a work.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What is said.
    pub statement: NewStatement,
    /// The pack that proposed it first, by the file's own words: what a model said stays marked, whoever passes it on.
    pub proposed_by: Option<Pack>,
    /// Whether the file says that nobody has decided on it.
    pub undecided: bool,
}

/// The work that a record of a file speaks of.
#[derive(Debug, Clone)]
pub enum Target {
    /// One of the library's.
    Known(WorkId),
    /// A new one, with the scan that it is known by; if that is here already, the work that has it.
    New(NewScan),
}

/// A record of a file.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The work.
    pub target: Target,
    /// What is said of it.
    pub claims: Vec<Claim>,
}

/// What became of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Works that are new.
    pub works_added: u64,
    /// Statements that are new.
    pub statements_added: u64,
    /// Of these the ones that the person stands by at once.
    pub accepted: u64,
    /// Works with new statements or new themselves, in ascending order.
    pub works: Vec<WorkId>,
}

impl Library {
    /// Takes in what a file says, all of it or nothing.
    ///
    /// Claims become statements of source [`Source::Import`] that wait for a person; what is said already (in whatever state but
    /// superseded) is not said again, and another value for the same property stands beside the ones that are there. With
    /// `accepted_by` a person stands by all of them in one act, which one undo takes back; left waiting are then what the file itself
    /// calls undecided, and artists that a model proposed, which are accepted one by one only.
    pub fn take_in(
        &self,
        file: &str,
        records: &[Incoming],
        accepted_by: Option<&str>,
        at: Timestamp,
    ) -> Result<TakenIn> {
        let person = accepted_by.map(str::trim);
        if person == Some("") {
            return Err(CatalogueError::NoPerson);
        }
        let source = Source::Import { file: file.to_owned() };
        self.write(|connection| {
            let mut taken = TakenIn::default();
            let mut touched = BTreeSet::new();
            let mut to_accept = Vec::new();
            for record in records {
                let work = match &record.target {
                    Target::Known(work) => {
                        works::must_exist(connection, *work)?;
                        *work
                    }
                    Target::New(scan) => match scans::by_hash(connection, &scan.sha256)? {
                        Some(known) => known.work,
                        None => {
                            taken.works_added += 1;
                            let (work, _) = works::insert(connection, scan, at)?;
                            touched.insert(work);
                            work
                        }
                    },
                };
                for claim in &record.claims {
                    let Some(id) = put_down(connection, work, claim, &source, at)? else { continue };
                    taken.statements_added += 1;
                    touched.insert(work);
                    let artist_of_a_model =
                        is_decided_one_by_one(&claim.statement.property) && claim.proposed_by.is_some();
                    if !claim.undecided && !artist_of_a_model {
                        to_accept.push(id);
                    }
                }
            }
            if let Some(person) = person.filter(|_| !to_accept.is_empty()) {
                let description = format!("Accepted {} statements of {file}", to_accept.len());
                let action = Some(actions::append(connection, Kind::Do, &description, person, at)?);
                for statement in &to_accept {
                    let row = NewDecision {
                        statement: *statement,
                        state: State::Accepted,
                        person: Some(person),
                        at,
                        note: None,
                        action,
                        restores: None,
                    };
                    decisions::append(connection, &row)?;
                }
                taken.accepted = to_accept.len() as u64;
            }
            for work in &touched {
                cards::refresh(connection, *work)?;
            }
            taken.works = touched.into_iter().collect();
            Ok(taken)
        })
    }
}

/// Makes a statement of a claim, unless it has been made or settled already.
fn put_down(
    connection: &Connection,
    work: WorkId,
    claim: &Claim,
    source: &Source,
    at: Timestamp,
) -> Result<Option<crate::StatementId>> {
    let new = statements::tidy(claim.statement.clone())?;
    if new.value.is_none() {
        return Ok(None);
    }
    let earlier = statements::about(connection, work, &new.property)?;
    let said = earlier
        .iter()
        .any(|old| old.state != State::Superseded && old.value == new.value && old.qualifier == new.qualifier);
    if said || is_settled(&new, source, &earlier) {
        return Ok(None);
    }
    if let Some(pack) = &claim.proposed_by {
        packs::remember(connection, pack, at)?;
    }
    let statement = statements::insert(connection, work, &new, source, claim.proposed_by.as_ref(), None, at)?;
    let row =
        NewDecision { statement, state: State::Suggested, person: None, at, note: None, action: None, restores: None };
    decisions::append(connection, &row)?;
    Ok(Some(statement))
}
