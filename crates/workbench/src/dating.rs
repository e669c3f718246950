//! When a work was made, as its record says: what suggestions of artist and style take into account.

use vitrine_catalogue::{LogEntry, Source, State, Statement, WorkId, years_of_dates};
use vitrine_inference::{Task, Years};

use crate::{Workbench, WorkbenchError};

/// The property that tells it.
pub(crate) const DATE: &str = "date";

/// What a suggestion says where the date counted.
pub(crate) fn counted(made: &Years) -> String {
    match made.first == made.last {
        true => format!("The date in the record counted: {}.", made.first),
        false => format!("The date in the record counted: {}–{}.", made.first, made.last),
    }
}

impl Workbench {
    /// The years that the dates leave open which people stand by: from the earliest to the latest of all. `None` where there are none, or one
    /// has no beginning or no end.
    pub(crate) fn made(&self, work: WorkId) -> Result<Option<Years>, WorkbenchError> {
        Ok(years(&self.0.catalogue.statements(work)?))
    }

    /// Looks again at a work whose date may have changed, if what waits to be decided on goes by another one.
    pub(crate) fn follow_date(&self, work: WorkId) -> Result<(), WorkbenchError> {
        let statements = self.0.catalogue.statements(work)?;
        let now = years(&statements).as_ref().map(counted);
        let outdated = statements.iter().any(|statement| {
            let of_a_pack = statement.state == State::Suggested && matches!(statement.source, Source::Pack(_));
            let told = [Task::Artist, Task::Style].iter().any(|task| task.property() == statement.property);
            // An abstention does not say what date it goes by.
            of_a_pack && told && (statement.value.is_none() || statement.reason != now)
        });
        // What was taken back may have been something else; a date that was is not among the statements any more.
        let had_a_date = |entry: &LogEntry| entry.property == DATE;
        if outdated && self.0.catalogue.history(work)?.iter().any(had_a_date) {
            self.queue_suggestion(work)?;
        }
        Ok(())
    }
}

fn years(statements: &[Statement]) -> Option<Years> {
    let (first, last) = years_of_dates(statements)?;
    Some(Years { first: i32::try_from(first).ok()?, last: i32::try_from(last).ok()? })
}
