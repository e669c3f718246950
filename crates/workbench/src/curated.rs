//! What people decided in this library, for the classifier to use at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use vitrine_catalogue::{State, Statement};
use vitrine_inference::{
    Classifier, Task, Years,
    curator::{Decision, LibraryLabels},
};
use vitrine_retrieval::MultiVector;

use crate::{Workbench, WorkbenchError};

/// What a label can be learnt for from works that carry it.
pub(crate) const TASKS: [Task; 3] = [Task::Artist, Task::Genre, Task::Style];

/// A label, and whether it is right.
pub(crate) type Taught = (Task, String, bool);

/// What the statements of a work teach.
pub(crate) fn taught(statements: &[Statement]) -> Vec<Taught> {
    statements.iter().filter_map(decision).collect()
}

/// A scan's hash and file, the labels that people stand by, one a task, and when the work was made.
type Labelled = (String, PathBuf, BTreeMap<Task, String>, Option<Years>);

impl Workbench {
    /// The first scan of each work with labels that people stand by. A work with two artists or styles counts for neither.
    pub(crate) fn labelled_scans(&self) -> Result<Vec<Labelled>, WorkbenchError> {
        let mut labelled = Vec::new();
        for work in self.0.catalogue.work_ids()? {
            let mut labels: BTreeMap<Task, Option<String>> = BTreeMap::new();
            for (task, label, _) in
                taught(&self.0.catalogue.statements(work)?).into_iter().filter(|(_, _, right)| *right)
            {
                labels.entry(task).and_modify(|of_task| *of_task = None).or_insert(Some(label));
            }
            let labels: BTreeMap<Task, String> =
                labels.into_iter().filter_map(|(task, label)| Some((task, label?))).collect();
            let scan = self.0.catalogue.scans(work)?.into_iter().next().filter(|_| !labels.is_empty());
            let made = self.made(work)?;
            labelled.extend(scan.map(|scan| (scan.sha256, scan.path, labels, made)));
        }
        Ok(labelled)
    }

    /// The library's own labels: what people stand by, and what they rejected, on works whose image was looked at. `None` where the pack
    /// can't take labels that it did not learn.
    pub(crate) fn library_labels(&self) -> Result<Option<LibraryLabels>, WorkbenchError> {
        let mut decided: Vec<(MultiVector, Vec<Taught>)> = Vec::new();
        for work in self.0.catalogue.work_ids()? {
            let about = taught(&self.0.catalogue.statements(work)?);
            if about.is_empty() {
                continue;
            }
            if let Some(rows) = self.rows(work)? {
                decided.push((rows, about));
            }
        }
        let decisions: Vec<Decision> = decided
            .iter()
            .flat_map(|(rows, about)| {
                about.iter().map(move |(task, label, right)| Decision { rows, task: *task, label, right: *right })
            })
            .collect();
        Ok(self.models()?.classifier.library_labels(&decisions))
    }
}

/// What a statement teaches: a label, and whether it is right. A work that is only by somebody's pupils or after him teaches
/// nothing of his hand.
fn decision(statement: &Statement) -> Option<Taught> {
    let task = TASKS.into_iter().find(|task| task.property() == statement.property)?;
    let value = statement.value.clone()?;
    let right = match statement.state {
        state if state.is_affirmed() => true,
        State::Rejected => false,
        _ => return None,
    };
    let his_own = matches!(statement.qualifier.as_deref(), None | Some("style of"));
    (his_own || !right).then_some((task, value, right))
}
