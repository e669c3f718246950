//! Who did what and when, read through by work, person and day.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use vitrine_catalogue::{LogQuery, LogRow, WorkId};

use crate::{
    Workbench, WorkbenchError,
    view::{LogEntryView, LogRequest, LogView},
};

/// Rows at a time.
const ROWS: usize = 100;

impl Workbench {
    /// What happened, newest first, a hundred rows at a time.
    pub fn log(&self, request: &LogRequest) -> Result<LogView, WorkbenchError> {
        let days = request.day.as_deref().filter(|day| !day.trim().is_empty()).map(day).transpose()?;
        let query = LogQuery {
            work: request.work.map(WorkId),
            person: request.person.clone().filter(|person| !person.is_empty()),
            from: days.map(|(from, _)| from),
            until: days.map(|(_, until)| until),
            everything: request.everything,
        };
        let mut rows = self.0.catalogue.log(&query, request.before, ROWS + 1)?;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        Ok(LogView {
            more,
            people: self.0.catalogue.people()?,
            entries: rows.into_iter().map(|row| self.log_entry(row)).collect::<Result<_, WorkbenchError>>()?,
        })
    }

    fn log_entry(&self, row: LogRow) -> Result<LogEntryView, WorkbenchError> {
        let LogRow { number, work, entry, source } = row;
        Ok(LogEntryView {
            number,
            at: entry.at.to_string(),
            person: entry.person,
            action: entry.action,
            work: work.0,
            title: self.0.catalogue.work_card(work)?.title,
            property: entry.property,
            value: entry.value,
            state: entry.state.as_str().into(),
            source,
            note: entry.note,
        })
    }
}

/// The moments at which a day begins and ends where this computer stands.
fn day(text: &str) -> Result<(Timestamp, Timestamp), WorkbenchError> {
    let bad = || WorkbenchError::BadDay(text.to_owned());
    let day: Date = text.trim().parse().map_err(|_| bad())?;
    let begins = |day: Date| day.to_zoned(TimeZone::system()).map(|day| day.timestamp()).map_err(|_| bad());
    Ok((begins(day)?, begins(day.checked_add(1.day()).map_err(|_| bad())?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_from_midnight_to_midnight() {
        let (from, until) = day("2026-11-22").unwrap();
        let midnight = |at: Timestamp| at.to_zoned(TimeZone::system()).time() == jiff::civil::Time::midnight();
        assert!(from < until && midnight(from) && midnight(until));
        assert!(day("yesterday").unwrap_err().to_string().contains("yesterday"));
    }
}
