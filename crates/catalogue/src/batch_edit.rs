//! One change to a property of many works: seen before it is made, made in one act, taken back by one undo.
//!
//! It concerns what a person stands by. What is typed becomes a statement of the person who typed it; a value that was there is replaced as a
//! single edit replaces it, and one that is taken out is rejected. Suggestions wait on, unless the person asks that the change settles them
//! too; those of makers wait in any case.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::Connection;

use crate::actions;
use crate::deciding::act_together;
use crate::error::{CatalogueError, Result};
use crate::find_replace::FindReplace;
use crate::library::Library;
use crate::properties::is_decided_one_by_one;
use crate::{
    Act, Change, NewStatement, State, Statement, StatementId, ValueKind, WorkId, core_property, split_qualifier,
    statements, works,
};

/// What is done to a property of many works.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchEdit {
    /// The property's key.
    pub property: String,
    /// What is done.
    pub change: BatchChange,
}

/// What is done to the values of a property.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BatchChange {
    /// The works have this value, and no other.
    Set {
        /// The value. A maker's qualifier may stand in front of the name.
        value: String,
        /// The qualifier.
        qualifier: Qualifying,
        /// Whether suggestions that wait are settled by it: one that says the same is accepted, the others are rejected.
        settle: bool,
    },
    /// The works have this value beside those that they have.
    Append {
        /// The value. A maker's qualifier may stand in front of the name.
        value: String,
        /// The qualifier; none for none.
        qualifier: Option<String>,
        /// Whether a suggestion that says the same is accepted in its place.
        settle: bool,
    },
    /// The works do not have this value.
    Remove {
        /// The value, in the words in which it stands, its qualifier in front; none for whatever value there is.
        value: Option<String>,
    },
    /// Words of the values are replaced. Qualifiers stay as they are.
    Replace(FindReplace),
}

/// What becomes of the qualifier where a value is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Qualifying {
    /// The one that stands there stays.
    #[default]
    AsItIs,
    /// It becomes this one; none for none.
    Put(Option<String>),
}

/// What a change would do, work by work.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchPlan {
    /// The change.
    pub edit: BatchEdit,
    /// The works that would change, in the order in which they were given.
    pub works: Vec<WorkEdit>,
    /// The works that are left alone.
    pub left: Vec<(WorkId, LeftAlone)>,
}

/// What would change in a work.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkEdit {
    /// The work.
    pub work: WorkId,
    /// The values that a person stands by now, qualifiers in front.
    pub before: Vec<String>,
    /// Those that a person stands by afterwards.
    pub after: Vec<String>,
    /// Suggestions that are settled by rejecting them.
    pub turned_down: Vec<String>,
    changes: Vec<Change>,
}

/// Why a work is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeftAlone {
    /// It says so already.
    SaysSo,
    /// Nobody stands by a value of the property.
    NothingStands,
    /// Nobody stands by a value; suggestions wait to be decided on.
    OnlySuggested,
    /// It has other values.
    OtherValues,
    /// The words are not in its values.
    NotFound,
    /// Nothing would be left of the value.
    NothingLeft,
    /// A model proposed the maker's name, and who made a work is decided work by work.
    MakerOfAModel,
}

impl BatchPlan {
    /// Names what the plan would do: another plan that would do anything else has another one.
    pub fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.edit.hash(&mut hasher);
        for edit in &self.works {
            (edit.work, &edit.before, format!("{:?}", edit.changes)).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }

    /// In words for the menu entry of undo.
    fn describe(&self) -> String {
        let BatchEdit { property, change } = &self.edit;
        let works = match self.works.len() {
            1 => "1 work".to_owned(),
            many => format!("{many} works"),
        };
        match change {
            BatchChange::Set { value, .. } => format!("Set {property} of {works}: {}", actions::short(value)),
            BatchChange::Append { value, .. } => format!("Added {property} to {works}: {}", actions::short(value)),
            BatchChange::Remove { value: Some(value) } => {
                format!("Removed {property} from {works}: {}", actions::short(value))
            }
            BatchChange::Remove { value: None } => format!("Removed {property} from {works}"),
            BatchChange::Replace(FindReplace { find, with, .. }) => {
                let (find, with) = (actions::short(find), actions::short(with));
                format!("Replaced in {property} of {works}: {find} → {with}")
            }
        }
    }
}

impl Library {
    /// What a change would do to works; nothing is done. A work that is named twice counts once.
    pub fn plan_batch(&self, works: &[WorkId], edit: &BatchEdit) -> Result<BatchPlan> {
        let edit = edit.tidy()?;
        self.read(|connection| plan(connection, works, edit))
    }

    /// Makes a change to works as one act. With `seen`, the [fingerprint](BatchPlan::fingerprint) of a plan, only if it would still do exactly
    /// that. `watch` is told how many works are done of how many, and may stop it; then nothing has changed.
    pub fn edit_batch(
        &self,
        works: &[WorkId],
        edit: &BatchEdit,
        seen: Option<&str>,
        person: &str,
        at: Timestamp,
        watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<(BatchPlan, Act)> {
        let person = person.trim();
        if person.is_empty() {
            return Err(CatalogueError::NoPerson);
        }
        let edit = edit.tidy()?;
        self.write(|connection| {
            let plan = plan(connection, works, edit)?;
            if seen.is_some_and(|seen| seen != plan.fingerprint()) {
                return Err(CatalogueError::PreviewOutdated);
            }
            if plan.works.is_empty() {
                return Err(CatalogueError::NoneWouldChange);
            }
            let changes: Vec<(WorkId, Vec<Change>)> =
                plan.works.iter().map(|edit| (edit.work, edit.changes.clone())).collect();
            let all = changes.len();
            let act = act_together(connection, &changes, plan.describe(), person, at, &mut |done| watch(done, all))?;
            Ok((plan, act))
        })
    }
}

fn plan(connection: &Connection, works: &[WorkId], edit: BatchEdit) -> Result<BatchPlan> {
    if works.is_empty() {
        return Err(CatalogueError::NoWorks);
    }
    let mut plan = BatchPlan { edit, works: Vec::new(), left: Vec::new() };
    let mut named = BTreeSet::new();
    for work in works.iter().filter(|work| named.insert(**work)) {
        works::must_exist(connection, *work)?;
        let about = statements::about(connection, *work, &plan.edit.property)?;
        match plan.edit.of_work(*work, &about) {
            Ok(edit) => plan.works.push(edit),
            Err(reason) => plan.left.push((*work, reason)),
        }
    }
    Ok(plan)
}

impl BatchEdit {
    /// The change in the form in which it is made, or why it can't be.
    fn tidy(&self) -> Result<Self> {
        let (property, change) = (self.property.trim().to_owned(), self.change.clone());
        let checked = |value: &str| {
            let new = NewStatement { property: property.clone(), value: Some(value.to_owned()), ..Default::default() };
            Ok::<String, CatalogueError>(statements::tidy(new)?.value.unwrap_or_default())
        };
        let change = match change {
            BatchChange::Set { value, qualifier, settle } => {
                let (typed, value) = self.read_value(&checked(&value)?)?;
                let qualifier = match (typed, qualifier) {
                    // What stands in front of the name is more than what the form had by itself.
                    (Some(typed), _) => Qualifying::Put(Some(typed)),
                    (None, Qualifying::Put(given)) => Qualifying::Put(tidy_qualifier(given)),
                    (None, Qualifying::AsItIs) => Qualifying::AsItIs,
                };
                BatchChange::Set { value, qualifier, settle }
            }
            BatchChange::Append { value, qualifier, settle } => {
                let (typed, value) = self.read_value(&checked(&value)?)?;
                BatchChange::Append { value, qualifier: typed.or_else(|| tidy_qualifier(qualifier)), settle }
            }
            BatchChange::Remove { value } => BatchChange::Remove { value: value.as_deref().map(checked).transpose()? },
            BatchChange::Replace(words) => {
                if words.find.is_empty() {
                    return Err(CatalogueError::NothingToFind);
                }
                // Only to learn whether there can be such a property.
                checked("value")?;
                BatchChange::Replace(words)
            }
        };
        Ok(Self { property, change })
    }

    /// A maker's qualifier in front of the name is told apart; other values are what they are.
    fn read_value(&self, value: &str) -> Result<(Option<String>, String)> {
        if !self.is_of_makers() {
            return Ok((None, value.to_owned()));
        }
        let (qualifier, name) = split_qualifier(value);
        if name.trim().is_empty() {
            return Err(CatalogueError::EmptyValue { property: self.property.clone() });
        }
        Ok((qualifier, name.trim().to_owned()))
    }

    fn is_of_makers(&self) -> bool {
        is_decided_one_by_one(self.property.trim())
            || core_property(self.property.trim()).is_some_and(|property| property.kind == ValueKind::Maker)
    }

    /// What it changes in a work with these statements about the property.
    fn of_work(&self, work: WorkId, about: &[Statement]) -> std::result::Result<WorkEdit, LeftAlone> {
        let standing: Vec<&Statement> = about.iter().filter(|s| s.state.is_affirmed()).collect();
        // Suggestions of makers are nobody's to settle but the person's who looks at the work.
        let settled = !is_decided_one_by_one(&self.property);
        let waiting: Vec<&Statement> = about.iter().filter(|s| s.state == State::Suggested && settled).collect();
        let nothing = || match about.iter().any(|s| s.state == State::Suggested) {
            true => LeftAlone::OnlySuggested,
            false => LeftAlone::NothingStands,
        };
        let changes = match &self.change {
            BatchChange::Set { value, qualifier, settle } => {
                let waiting = if *settle { waiting } else { Vec::new() };
                self.set(work, value, qualifier, &standing, &waiting)?
            }
            BatchChange::Append { value, qualifier, settle } => {
                let same = |s: &&&Statement| s.value.as_ref() == Some(value) && s.qualifier == *qualifier;
                if standing.iter().any(|s| same(&s)) {
                    return Err(LeftAlone::SaysSo);
                }
                match waiting.iter().find(same).filter(|_| *settle) {
                    Some(same) => vec![Change::Accept(same.id)],
                    None => vec![self.add(work, value, qualifier.clone())],
                }
            }
            BatchChange::Remove { value } => {
                if standing.is_empty() {
                    return Err(nothing());
                }
                let meant = |s: &&&Statement| value.is_none() || s.wording() == *value;
                standing.iter().filter(meant).map(|s| Change::Reject(s.id)).collect()
            }
            BatchChange::Replace(words) => {
                if standing.is_empty() {
                    return Err(nothing());
                }
                replace(words, &standing)?
            }
        };
        if changes.is_empty() {
            return Err(match self.change {
                BatchChange::Remove { .. } => LeftAlone::OtherValues,
                _ => LeftAlone::SaysSo,
            });
        }
        Ok(told(work, about, changes))
    }

    fn add(&self, work: WorkId, value: &str, qualifier: Option<String>) -> Change {
        Change::Add { work, property: self.property.clone(), value: value.to_owned(), qualifier, concept: None }
    }

    /// One statement says it, the others give way.
    fn set(
        &self,
        work: WorkId,
        value: &str,
        qualifier: &Qualifying,
        standing: &[&Statement],
        waiting: &[&Statement],
    ) -> std::result::Result<Vec<Change>, LeftAlone> {
        let qualifier_beside = |old: &Statement| match qualifier {
            Qualifying::AsItIs => old.qualifier.clone(),
            Qualifying::Put(given) => given.clone(),
        };
        let says = |s: &&&Statement| s.value.as_deref() == Some(value) && s.qualifier == qualifier_beside(s);
        let replaced = |old: &Statement| Change::Edit {
            statement: old.id,
            value: value.to_owned(),
            qualifier: qualifier_beside(old),
            concept: None,
        };
        let mut changes = Vec::new();
        let (keeps, base): (Option<StatementId>, Option<&Statement>) = match standing.iter().find(says) {
            Some(says) => (Some(says.id), None),
            None => (None, standing.first().copied()),
        };
        // A suggestion is edited only where nothing else could be: the person's word should follow what the person knew.
        let taken = waiting.iter().find(says).or(waiting.first()).filter(|_| standing.is_empty());
        match (keeps, base.or(taken.copied())) {
            (Some(_), _) => {}
            (None, Some(old)) => {
                // Another qualifier for a name that a model proposed would be the model's word under a person's hand.
                let proposed = old.value.as_deref() == Some(value) && old.proposed_by.is_some();
                if proposed && is_decided_one_by_one(&self.property) {
                    return Err(LeftAlone::MakerOfAModel);
                }
                changes.push(replaced(old));
            }
            (None, None) => {
                let qualifier = match qualifier {
                    Qualifying::AsItIs => None,
                    Qualifying::Put(given) => given.clone(),
                };
                changes.push(self.add(work, value, qualifier));
            }
        }
        let spoken_for = keeps.or(base.map(|old| old.id)).or(taken.map(|old| old.id));
        let others = standing.iter().filter(|s| Some(s.id) != spoken_for);
        // A suggestion that says the same as what stands is not wrong; it waits on.
        let settled = waiting.iter().filter(|s| Some(s.id) != spoken_for && !says(s));
        changes.extend(others.chain(settled).map(|s| Change::Reject(s.id)));
        Ok(changes)
    }
}

fn tidy_qualifier(qualifier: Option<String>) -> Option<String> {
    qualifier.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty())
}

/// Edits where the words are found. A value that another statement has already is not said twice: the statement gives way.
fn replace(words: &FindReplace, standing: &[&Statement]) -> std::result::Result<Vec<Change>, LeftAlone> {
    let mut changes = Vec::new();
    let mut said: Vec<(String, Option<String>)> = Vec::new();
    let replaced: Vec<Option<String>> = standing
        .iter()
        .map(|s| {
            s.value.as_ref().and_then(|value| Some(words.apply(value)?.trim().to_owned()).filter(|new| new != value))
        })
        .collect();
    let mut emptied = false;
    for (statement, new) in standing.iter().zip(&replaced) {
        let kept = new.as_ref().is_none_or(String::is_empty);
        if kept && let Some(value) = &statement.value {
            said.push((value.clone(), statement.qualifier.clone()));
        }
        emptied |= new.as_ref().is_some_and(String::is_empty);
    }
    for (statement, new) in standing.iter().zip(replaced) {
        let Some(value) = new.filter(|new| !new.is_empty()) else { continue };
        let qualifier = statement.qualifier.clone();
        let words = (value.clone(), qualifier.clone());
        if said.contains(&words) {
            changes.push(Change::Reject(statement.id));
        } else {
            said.push(words);
            changes.push(Change::Edit { statement: statement.id, value, qualifier, concept: None });
        }
    }
    match (changes.is_empty(), emptied) {
        (false, _) => Ok(changes),
        (true, true) => Err(LeftAlone::NothingLeft),
        (true, false) => Err(LeftAlone::NotFound),
    }
}

/// The changes with what people see of them.
fn told(work: WorkId, about: &[Statement], changes: Vec<Change>) -> WorkEdit {
    let wording = |value: &str, qualifier: &Option<String>| match qualifier {
        Some(qualifier) => format!("{qualifier} {value}"),
        None => value.to_owned(),
    };
    let mut told =
        WorkEdit { work, before: Vec::new(), after: Vec::new(), turned_down: Vec::new(), changes: Vec::new() };
    for statement in about {
        let stands = statement.state.is_affirmed();
        let change = changes.iter().find(|change| match change {
            Change::Accept(id) | Change::Reject(id) => *id == statement.id,
            Change::Edit { statement: id, .. } => *id == statement.id,
            Change::TakeAlternative { .. } | Change::Add { .. } => false,
        });
        let says = statement.wording();
        if stands {
            told.before.extend(says.clone());
        }
        match change {
            Some(Change::Edit { value, qualifier, .. }) => told.after.push(wording(value, qualifier)),
            Some(Change::Accept(_)) => told.after.extend(says),
            Some(Change::Reject(_)) if !stands => told.turned_down.extend(says),
            Some(_) => {}
            None if stands => told.after.extend(says),
            None => {}
        }
    }
    for change in &changes {
        if let Change::Add { value, qualifier, .. } = change {
            told.after.push(wording(value, qualifier));
        }
    }
    told.changes = changes;
    told
}
