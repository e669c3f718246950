//! CSV: a table with one row a work.
//!
//! The table is UTF-8 without a byte order mark, commas, lines ended by CR LF, quotes where RFC 4180 wants them. The columns:
//!
//! * `work`, `file`, `sha256`, `width`, `height`, `format`, `imported`: the work's number and its first scan;
//! * for each property (`title`, `artist`, `style`, `genre`, `media`, `tag`, then whatever else the records have, by name) five
//!   columns: `style` with the value, its qualifier in front (`circle of Frans Hals`); `style_state` (`accepted`, `edited`,
//!   `suggested`); `style_source` (who says so and who accepted it, see below); `style_confidence` (0 to 1, where a model gave one);
//!   `style_qualifier` (`circle of`);
//! * `batch`: the id of the export.
//!
//! Several values of a property stand in one cell with ` | ` between them, in the same order in all five columns; a `|` that
//! belongs to a value is doubled (`||`).
//!
//! The source is `stated by Anna on 2026-11-22` for a person's own word, `suggested by compact 1, accepted by Anna on 2026-11-22`
//! for a model's word that a person stands by, and `suggested by compact 1 (confidence 0.63), not reviewed` for one that nobody
//! has decided on.
//!
//! **Formulas.** A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end (or the full-width forms of
//! the signs) for a formula and would run it. Such a cell gets an apostrophe in front, and so does one that begins with
//! apostrophes followed by such a character, so that a reader can take exactly one away again.

use std::collections::BTreeSet;
use std::io::Write;

use jiff::Timestamp;
use vitrine_catalogue::Statement;

use crate::error::{ExchangeError, Result};
use crate::marks::{decision, mark};
use crate::text::clean;
use crate::{Issuer, Record, RecordSource, batch_id};

/// Properties that always have their columns, so that tables of different works have the same first columns.
const CORE: [&str; 6] = ["title", "artist", "style", "genre", "media", "tag"];

/// Writes records as CSV, in the form that the head of this file describes.
pub fn write_csv(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    out: impl Write,
) -> Result<()> {
    if records.count() == 0 {
        return Err(ExchangeError::NoRecords);
    }
    let failed = |source| ExchangeError::Write { format: "CSV", source };
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let properties = properties(records)?;
    let mut header: Vec<String> =
        ["work", "file", "sha256", "width", "height", "format", "imported"].map(str::to_owned).into();
    for property in &properties {
        header.push(property.clone());
        header.extend(["state", "source", "confidence", "qualifier"].map(|column| format!("{property}_{column}")));
    }
    header.push("batch".into());
    let batch = batch_id(records, issuer, at)?;
    table.write_record(&header).map_err(|error| failed(error.into()))?;
    records.each(&mut |record| {
        table.write_record(row(record, &properties, &batch)).map_err(|error| failed(error.into()))
    })?;
    table.flush().map_err(failed)
}

/// The core properties, then the others by name.
fn properties(records: &(impl RecordSource + ?Sized)) -> Result<Vec<String>> {
    let mut others = BTreeSet::new();
    records.each(&mut |record| {
        for statement in record.statements.iter().filter(|statement| !CORE.contains(&statement.property.as_str())) {
            if !others.contains(&statement.property) {
                others.insert(statement.property.clone());
            }
        }
        Ok(())
    })?;
    Ok(CORE.into_iter().map(str::to_owned).chain(others).collect())
}

fn row(record: &Record, properties: &[String], batch: &str) -> Vec<String> {
    let mut cells = vec![record.card.id.to_string(), cell(&record.card.file_name)];
    cells.extend(match record.scans.first() {
        Some(scan) => [
            scan.sha256.clone(),
            scan.width.to_string(),
            scan.height.to_string(),
            scan.format.clone(),
            scan.imported_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ],
        None => Default::default(),
    });
    for property in properties {
        let statements: Vec<&Statement> = record.statements.iter().filter(|s| s.property == *property).collect();
        let column = |text: fn(&Statement) -> String| {
            let parts: Vec<String> = statements.iter().map(|s| clean(&text(s)).replace('|', "||")).collect();
            cell(&parts.join(" | "))
        };
        cells.push(column(|statement| statement.wording().unwrap_or_default()));
        cells.push(column(|statement| statement.state.as_str().to_owned()));
        cells.push(column(|statement| mark(statement).unwrap_or_else(|| format!("stated {}", decision(statement)))));
        cells.push(column(|statement| statement.confidence.map(|c| format!("{c:.3}")).unwrap_or_default()));
        cells.push(column(|statement| statement.qualifier.clone().unwrap_or_default()));
    }
    cells.push(batch.to_owned());
    cells
}

/// How formulas begin.
const RISKY: [char; 10] = ['=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠'];

/// A cell that no spreadsheet takes for a formula.
pub(crate) fn cell(text: &str) -> String {
    let text = clean(text);
    if text.trim_start_matches('\'').starts_with(RISKY) { format!("'{text}") } else { text }
}

/// The text of a cell: what [`cell`] put in front is taken away.
pub(crate) fn uncell(text: &str) -> String {
    let guarded = text.strip_prefix('\'').filter(|rest| rest.trim_start_matches('\'').starts_with(RISKY));
    guarded.unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{cell, uncell};

    #[test]
    fn no_cell_is_a_formula_and_every_one_can_be_read_back() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("-5", "'-5"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("\r\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'s Avonds", "'s Avonds"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(cell(text), written);
            assert_eq!(uncell(written), crate::text::clean(text));
        }
    }
}
