//! When a work was made, as its record says: what suggestions of artist and style take into account.

use vitrine_catalogue::{Source, State, Statement, WorkId, read_date};
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
        if !statements.iter().any(|statement| statement.property == DATE) {
            return Ok(());
        }
        let now = years(&statements).as_ref().map(counted);
        let outdated = statements.iter().any(|statement| {
            let of_a_pack = statement.state == State::Suggested && matches!(statement.source, Source::Pack(_));
            let told = [Task::Artist, Task::Style].iter().any(|task| task.property() == statement.property);
            // An abstention does not say what date it goes by.
            of_a_pack && told && (statement.value.is_none() || statement.reason != now)
        });
        // A work that was not looked at is as it comes, and without models none can be.
        if outdated && matches!(self.rows(work), Ok(Some(_))) {
            self.queue_suggestion(work)?;
        }
        Ok(())
    }
}

fn years(statements: &[Statement]) -> Option<Years> {
    let dates = statements.iter().filter(|statement| statement.property == DATE && statement.state.is_affirmed());
    let mut all: Option<Years> = None;
    for date in dates.filter_map(|date| read_date(date.value.as_deref()?)) {
        let extent = date.extent();
        let first = i32::try_from(extent.earliest.day()?.year).ok()?;
        let last = i32::try_from(extent.latest.day()?.year).ok()?;
        all = Some(
            all.map_or(Years { first, last }, |all| Years { first: all.first.min(first), last: all.last.max(last) }),
        );
    }
    all
}
