//! CSV in other systems' columns, by profiles that can be edited: which column has what, both ways.
//!
//! ```toml
//! id = "tms"
//! title = "Like TMS"
//! separator = "; "            # between several values of one cell
//!
//! [[column]]
//! name = "Dated"              # the column's head
//! from = ["date"]             # the properties whose values it has
//! as = "wording"              # see `Form`; wording where nothing is said
//!
//! [[column]]
//! name = "Source"
//! fixed = "Vitrine"           # a text of its own in each row
//! ```
//!
//! A column of wordings of one property can be read back: the profile that writes a table for a system reads the tables of that system.

use std::io::Write;

use jiff::Timestamp;
use serde::Deserialize;
use vitrine_catalogue::{Day, MeasureKind, Statement, Unit, read_date, read_maker, read_measures, rights_name};

use crate::csv_table::cell;
use crate::error::{ExchangeError, Result};
use crate::linked_art::qualifier;
use crate::marks::mark;
use crate::text::clean;
use crate::{Format, Issuer, Record, RecordSource, batch_id};

/// A profile, in the form that the head of this file describes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvProfile {
    /// Its key.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What stands between several values in one cell.
    #[serde(default = "semicolon")]
    pub separator: String,
    /// The columns in their order.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

fn semicolon() -> String {
    "; ".into()
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its head.
    pub name: String,
    /// The properties whose values it has, one after the other.
    #[serde(default)]
    pub from: Vec<String>,
    /// Which side of the values it shows.
    #[serde(default, rename = "as")]
    pub form: Form,
    /// A text that is the same in all rows.
    #[serde(default)]
    pub fixed: Option<String>,
    /// Only the first value.
    #[serde(default)]
    pub first: bool,
}

/// What a column shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The value with its qualifier in front.
    #[default]
    Wording,
    /// A maker's name alone.
    Name,
    /// A maker's qualifier.
    Qualifier,
    /// A maker's role.
    Role,
    /// A date in EDTF.
    Edtf,
    /// The earliest year of a date.
    EarliestYear,
    /// The latest year of a date.
    LatestYear,
    /// Height in centimetres.
    HeightCm,
    /// Width in centimetres.
    WidthCm,
    /// Depth in centimetres.
    DepthCm,
    /// The name of a statement of rights in place of its address.
    RightsName,
    /// What marks statements that are not simply a person's own word; of all properties.
    Marks,
    /// The work's number with the issuer's prefix.
    Record,
    /// The names of the scans' files.
    File,
    /// The hashes of the scans' files.
    Sha256,
    /// The export's batch.
    Batch,
}

impl CsvProfile {
    /// The profiles that the program brings along.
    pub fn shipped() -> Result<Vec<Self>> {
        let formats = [Format::CollectiveAccess, Format::Tms, Format::OmekaS];
        formats.into_iter().filter_map(|format| format.profile().transpose()).collect()
    }

    /// Reads a profile; the error says what is wrong in words for its author.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |reason: String| ExchangeError::BadProfile { reason };
        let profile: Self = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        if profile.columns.is_empty() {
            return Err(wrong("it has no [[column]]".into()));
        }
        for (index, column) in profile.columns.iter().enumerate() {
            if profile.columns.iter().take(index).any(|other| other.name == column.name) {
                return Err(wrong(format!("two columns have the name “{}”", column.name)));
            }
            let of_values =
                !matches!(column.form, Form::Marks | Form::Record | Form::File | Form::Sha256 | Form::Batch);
            if of_values && column.from.is_empty() && column.fixed.is_none() {
                return Err(wrong(format!(
                    "the column “{}” says neither from which properties nor a fixed text",
                    column.name
                )));
            }
        }
        Ok(profile)
    }

    /// Writes records in the profile's columns.
    pub fn write(
        &self,
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
        table.write_record(self.columns.iter().map(|column| &column.name)).map_err(|error| failed(error.into()))?;
        let batch = batch_id(records, issuer, at)?;
        records.each(&mut |record| {
            let row = self.columns.iter().map(|column| self.cell(column, record, issuer, &batch));
            table.write_record(row).map_err(|error| failed(error.into()))
        })?;
        table.flush().map_err(failed)
    }

    /// Whether some column shows a property's values in words.
    pub(crate) fn carries(&self, property: &str) -> bool {
        self.columns.iter().any(|column| {
            let whole = matches!(column.form, Form::Wording | Form::Name | Form::RightsName);
            whole && !column.first && column.from.iter().any(|from| from == property)
        })
    }

    fn cell(&self, column: &Column, record: &Record, issuer: &Issuer, batch: &str) -> String {
        if let Some(fixed) = &column.fixed {
            return cell(fixed);
        }
        let of_scans = |text: fn(&vitrine_catalogue::Scan) -> String| record.scans.iter().map(text).collect();
        let mut values: Vec<String> = match column.form {
            Form::Record => vec![format!("{}:{}", issuer.id_prefix, record.card.id)],
            Form::Batch => vec![batch.to_owned()],
            Form::File => of_scans(vitrine_catalogue::Scan::file_name),
            Form::Sha256 => of_scans(|scan| scan.sha256.clone()),
            Form::Marks => {
                let marked = record.statements.iter();
                marked.filter_map(|s| Some(format!("{}: {} — {}", s.property, s.wording()?, mark(s)?))).collect()
            }
            form => {
                let named =
                    column.from.iter().flat_map(|key| record.statements.iter().filter(move |s| s.property == *key));
                named.filter_map(|statement| shown(statement, form)).collect()
            }
        };
        if column.first {
            values.truncate(1);
        }
        cell(&values.join(&self.separator))
    }
}

fn shown(statement: &Statement, form: Form) -> Option<String> {
    let value = statement.value.as_deref()?;
    let year = |day: Option<Day>| day.map(|day| day.year.to_string());
    let extent = || read_date(value).map(|date| date.extent());
    let text = match form {
        Form::Name => read_maker(value)?.name,
        Form::Qualifier => qualifier(statement)?,
        Form::Role => read_maker(value)?.role?,
        Form::Edtf => read_date(value)?.to_string(),
        Form::EarliestYear => year(extent()?.earliest.day())?,
        Form::LatestYear => year(extent()?.latest.day())?,
        Form::HeightCm => centimetres(value, MeasureKind::Height)?,
        Form::WidthCm => centimetres(value, MeasureKind::Width)?,
        Form::DepthCm => centimetres(value, MeasureKind::Depth)?,
        Form::RightsName => rights_name(value).unwrap_or(value).to_owned(),
        _ => statement.wording()?,
    };
    let mut text = clean(&text);
    // A column of names alone must not make a suggestion look like a fact either.
    if !statement.state.is_affirmed() {
        text.push_str(" (suggestion, not reviewed)");
    }
    Some(text)
}

/// A measure as it was taken in centimetres, millimetres or metres; inches are not turned into what nobody measured.
fn centimetres(value: &str, kind: MeasureKind) -> Option<String> {
    let groups = read_measures(value)?.0;
    let first = groups.first()?;
    first.measures.iter().chain(&first.again).filter(|measure| measure.kind == kind).find_map(|measure| {
        let factor = match measure.unit {
            Unit::Millimetre => 0.1,
            Unit::Centimetre => 1.0,
            Unit::Metre => 100.0,
            _ => return None,
        };
        let text = format!("{:.4}", measure.amount.value() * factor);
        Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
    })
}
