//! Suggestions that wait in many works: the ones that say the same, the ones of a pack, and accepting some of them together.
//!
//! Makers are in none of it: who made a work is decided work by work.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::actions;
use crate::deciding::act_together;
use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::properties::is_decided_one_by_one;
use crate::{Act, Change, State, Statement, StatementId, WorkId, statements};

/// Works for which the same waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingGroup {
    /// The property's key.
    pub property: String,
    /// The value that is suggested.
    pub value: String,
    /// Its qualifier.
    pub qualifier: Option<String>,
    /// How many works it waits in.
    pub works: u64,
}

/// Whether a statement waits. The last row of the log says the state also where it restores an earlier row.
const WAITS: &str = "(SELECT state FROM decisions WHERE statement = s.id ORDER BY id DESC LIMIT 1) = 'suggested' AND s.value IS NOT NULL";

impl Library {
    /// What waits in at least `least` works in the same words, the most frequent first, at most `most` groups.
    pub fn waiting_groups(&self, least: u64, most: usize) -> Result<Vec<WaitingGroup>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(&format!(
                "SELECT s.property, s.value, s.qualifier, count(DISTINCT s.work) AS works
                 FROM cards c JOIN statements s ON s.work = c.work
                 WHERE c.waiting > 0 AND {WAITS}
                 GROUP BY s.property, s.value, s.qualifier HAVING works >= ?1 ORDER BY works DESC, s.property, s.value"
            ))?;
            let mut rows = query.query([i64::try_from(least).unwrap_or(i64::MAX)])?;
            let mut groups = Vec::new();
            while groups.len() < most
                && let Some(row) = rows.next()?
            {
                let property: String = row.get(0)?;
                if !is_decided_one_by_one(&property) {
                    let works = row.get::<_, i64>(3)?.unsigned_abs();
                    groups.push(WaitingGroup { property, value: row.get(1)?, qualifier: row.get(2)?, works });
                }
            }
            Ok(groups)
        })
    }

    /// The statements that wait and say this, the surest first; those without a confidence last.
    pub fn waiting_alike(&self, property: &str, value: &str, qualifier: Option<&str>) -> Result<Vec<Statement>> {
        if is_decided_one_by_one(property) {
            return Ok(Vec::new());
        }
        self.read(|connection| {
            let condition = format!("s.property = ?1 AND s.value = ?2 AND s.qualifier IS ?3 AND {WAITS}");
            in_waiting_works(connection, &condition, params![property, value, qualifier])
        })
    }

    /// The statements of a pack (`compact 1`) about a property that wait with at least this confidence, the surest first.
    pub fn waiting_of_pack(&self, pack: &str, property: &str, confidence: f64) -> Result<Vec<Statement>> {
        if is_decided_one_by_one(property) {
            return Ok(Vec::new());
        }
        self.read(|connection| {
            let condition = format!(
                "s.property = ?1 AND s.source_kind = 'pack' AND s.pack_id || ' ' || s.pack_version = ?2 AND s.confidence >= ?3 AND {WAITS}"
            );
            in_waiting_works(connection, &condition, params![property, pack, confidence])
        })
    }

    /// Accepts statements that wait, as one act: all of them, or none if one of them no longer waits. Suggestions of makers are never among
    /// them. `watch` is told how many works are done of how many, and may stop it; then nothing has changed.
    pub fn accept_together(
        &self,
        statements: &[StatementId],
        person: &str,
        at: Timestamp,
        watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Act> {
        let person = person.trim();
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        if statements.is_empty() {
            return Err(CatalogueError::NoWorks);
        }
        self.write(|connection| {
            let mut by_work: BTreeMap<WorkId, BTreeMap<StatementId, Statement>> = BTreeMap::new();
            for id in statements {
                let statement = statements::get(connection, *id)?;
                if is_decided_one_by_one(&statement.property) {
                    return Err(CatalogueError::ArtistInBulk);
                }
                if statement.state != State::Suggested || statement.value.is_none() {
                    return Err(CatalogueError::NotWaiting(*id));
                }
                by_work.entry(statement.work).or_default().insert(*id, statement);
            }
            let description = describe(&by_work);
            let changes: Vec<(WorkId, Vec<Change>)> = by_work
                .into_iter()
                .map(|(work, statements)| (work, statements.into_keys().map(Change::Accept).collect()))
                .collect();
            let all = changes.len();
            act_together(connection, &changes, description, person, at, &mut |done| watch(done, all))
        })
    }
}

/// In words for the menu entry of undo.
fn describe(by_work: &BTreeMap<WorkId, BTreeMap<StatementId, Statement>>) -> String {
    let all = || by_work.values().flat_map(BTreeMap::values);
    let works = match by_work.len() {
        1 => "1 work".to_owned(),
        many => format!("{many} works"),
    };
    let Some(first) = all().next() else { return String::new() };
    let same_words = all().all(|s| s.property == first.property && s.wording() == first.wording());
    if same_words {
        let words = first.wording().unwrap_or_default();
        return format!("Accepted {} of {works}: {}", first.property, actions::short(&words));
    }
    match all().all(|s| s.property == first.property) {
        true => format!("Accepted {} of {works}", first.property),
        false => format!("Accepted suggestions of {works}"),
    }
}

fn in_waiting_works(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Statement>> {
    let condition = format!(
        "s.work IN (SELECT work FROM cards WHERE waiting > 0) AND {condition} ORDER BY ifnull(s.confidence, -1) DESC, s.work, s.id"
    );
    statements::collect(connection, &condition, parameters)
}
