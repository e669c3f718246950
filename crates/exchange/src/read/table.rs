//! Tables: our own, and those of other systems by a profile.

use std::collections::HashMap;

use super::{FileClaim, FileRecord, FileScan};
use crate::csv_table::uncell;
use crate::{CsvProfile, Form};
use vitrine_catalogue::{ROLES, split_qualifier};

type Read = Result<(Vec<FileRecord>, Vec<String>), String>;

/// The names of a table's columns, and its rows with their numbers; a row that cannot be read is the sentence why.
pub(super) struct Table<Rows> {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows.
    pub rows: Rows,
}

/// A row with its number, as people count rows.
pub(super) type Row = (usize, Result<Vec<String>, String>);

/// The table of a CSV text.
pub(super) fn of_csv(text: &str) -> Result<Table<impl Iterator<Item = Row>>, String> {
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = cells(table.headers().map_err(wrong)?);
    let rows = table.into_records().enumerate();
    let rows = rows.map(move |(index, row)| (index + 2, row.map(|row| cells(&row)).map_err(wrong)));
    Ok(Table { header, rows })
}

/// Whether a row names columns: one of the profile, or such as this program writes.
pub(super) fn names_columns(row: &[String], profile: Option<&CsvProfile>) -> bool {
    match profile {
        Some(profile) => profile.columns.iter().any(|column| row.contains(&column.name)),
        None => row.iter().any(|name| !name.is_empty() && row.contains(&format!("{name}_state"))),
    }
}

/// Reads a table in the columns of [`crate::write_csv`].
pub(super) fn read(table: Table<impl Iterator<Item = Row>>) -> Read {
    let Table { header, rows } = table;
    let columns: HashMap<&str, usize> = header.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let properties: Vec<&str> = header
        .iter()
        .map(String::as_str)
        .filter(|name| columns.contains_key(format!("{name}_state").as_str()))
        .collect();
    if properties.is_empty() {
        return Err(
            "it has not the columns that this program writes; choose a profile that says what its columns are".into()
        );
    }
    let mut records = Vec::new();
    let mut problems = Vec::new();
    for (number, row) in rows {
        let place = format!("row {number}");
        let row = match row {
            Ok(row) => row,
            Err(reason) => {
                problems.push(format!("{place}: {reason}"));
                continue;
            }
        };
        let cell = |name: &str| columns.get(name).and_then(|at| row.get(*at)).map(|t| uncell(t)).unwrap_or_default();
        let some = |name: &str| Some(cell(name)).filter(|text| !text.is_empty());
        let scan = FileScan {
            name: some("file"),
            copy: some("file"),
            sha256: some("sha256"),
            width: cell("width").parse().ok(),
            height: cell("height").parse().ok(),
            format: some("format"),
        };
        let mut claims = Vec::new();
        for property in &properties {
            let values = parts(&cell(property));
            let column = |name: &str| parts(&cell(&format!("{property}_{name}")));
            let (states, origins, confidences, qualifiers) =
                (column("state"), column("source"), column("confidence"), column("qualifier"));
            let told = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
            if values.len() != states.len() && !cell(property).is_empty() {
                problems.push(format!(
                    "{place}: “{property}” has {} values and {} states, and is left out",
                    values.len(),
                    states.len()
                ));
                continue;
            }
            for (at, wording) in values.iter().enumerate().filter(|(_, wording)| !wording.is_empty()) {
                let qualifier = Some(told(&qualifiers, at)).filter(|qualifier| !qualifier.is_empty());
                let stripped = qualifier.as_ref().and_then(|q| wording.strip_prefix(q.as_str())?.strip_prefix(' '));
                // A qualifier that the value does not begin with was changed by hand: the cell of the value is what people read.
                let claim = FileClaim {
                    property: (*property).to_owned(),
                    value: stripped.unwrap_or(wording).to_owned(),
                    qualifier: qualifier.filter(|_| stripped.is_some()),
                    confidence: told(&confidences, at).parse().ok(),
                    ..FileClaim::default()
                };
                let mut claim = claim.with_origin(&told(&origins, at));
                claim.undecided |= told(&states, at) == "suggested";
                claims.push(claim);
            }
        }
        records.push(FileRecord { place, scan, claims });
    }
    Ok((records, problems))
}

/// The values of a cell; a doubled bar is one that belongs to a value.
fn parts(cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    cell.split(" | ").map(|part| part.replace("||", "|").trim().to_owned()).collect()
}

/// Reads a table in the columns of a profile: those that hold wordings or names of one property, files and hashes. Others are passed over.
pub(super) fn read_mapped(table: Table<impl Iterator<Item = Row>>, profile: &CsvProfile) -> Read {
    let Table { header, rows } = table;
    let place_of = |name: &str| header.iter().position(|head| head == name);
    if !profile.columns.iter().any(|column| place_of(&column.name).is_some()) {
        return Err(format!("none of its columns is one of the profile “{}”; choose another profile", profile.title));
    }
    let mut records = Vec::new();
    let mut problems = Vec::new();
    for (number, row) in rows {
        let place = format!("row {number}");
        let row = match row {
            Ok(row) => row,
            Err(reason) => {
                problems.push(format!("{place}: {reason}"));
                continue;
            }
        };
        let cell = |name: &str| place_of(name).and_then(|at| row.get(at)).map(|t| uncell(t)).unwrap_or_default();
        let values = |name: &str| -> Vec<String> {
            let cell = cell(name);
            let separator = profile.separator.trim();
            let parts = if separator.is_empty() { vec![cell.as_str()] } else { cell.split(separator).collect() };
            parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        let mut record = FileRecord { place: place.clone(), ..FileRecord::default() };
        for column in profile.columns.iter().filter(|column| column.fixed.is_none()) {
            match (column.form, column.from.as_slice()) {
                (Form::File, _) => {
                    record.scan.name = values(&column.name).into_iter().next();
                    record.scan.copy.clone_from(&record.scan.name);
                }
                (Form::Sha256, _) => record.scan.sha256 = values(&column.name).into_iter().next(),
                (Form::Wording | Form::RightsName, [property]) => {
                    // Texts, materials and credit lines have semicolons of their own.
                    let several = matches!(property.as_str(), "artist" | "subject" | "tag" | "style" | "genre");
                    let values = if several { values(&column.name) } else { vec![cell(&column.name)] };
                    let values = values.into_iter().filter(|value| !value.is_empty());
                    record.claims.extend(values.map(|value| worded(property, &value)));
                }
                (Form::Name, [property]) => match names(profile, property, &values(&column.name), &values) {
                    Ok(claims) => record.claims.extend(claims),
                    Err(reason) => problems.push(format!("{place}: {reason}")),
                },
                _ => {}
            }
        }
        records.push(record);
    }
    Ok((records, problems))
}

/// A claim of words; a maker's qualifier in front of the name is told apart.
fn worded(property: &str, text: &str) -> FileClaim {
    let (text, undecided) = match text.strip_suffix(" (suggestion, not reviewed)") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (qualifier, value) = if property == "artist" { split_qualifier(text) } else { (None, text) };
    FileClaim { property: property.to_owned(), value: value.to_owned(), qualifier, undecided, ..FileClaim::default() }
}

/// Names with the qualifiers and roles of their neighbouring columns. Where it cannot be told which belongs to which nothing is taken: a name
/// without its qualifier would say what nobody said.
fn names(
    profile: &CsvProfile,
    property: &str,
    names: &[String],
    values: &impl Fn(&str) -> Vec<String>,
) -> Result<Vec<FileClaim>, String> {
    let neighbour = |form: Form| -> Vec<String> {
        let column = profile.columns.iter().find(|c| c.form == form && c.from.iter().any(|from| from == property));
        column.map(|column| values(&column.name)).unwrap_or_default()
    };
    let (qualifiers, roles) = (neighbour(Form::Qualifier), neighbour(Form::Role));
    for (what, list) in [("qualifiers", &qualifiers), ("roles", &roles)] {
        if !list.is_empty() && list.len() != names.len() {
            return Err(format!(
                "there are {} names and {} {what} of “{property}”, so none is taken",
                names.len(),
                list.len()
            ));
        }
    }
    let claims = names.iter().enumerate().map(|(at, name)| {
        let mut claim = worded(property, name);
        claim.qualifier = qualifiers.get(at).cloned().or(claim.qualifier);
        if let Some(role) = roles.get(at).filter(|role| ROLES.contains(&role.to_lowercase().as_str())) {
            claim.value = format!("{} ({role})", claim.value);
        }
        claim
    });
    Ok(claims.collect())
}

fn wrong(error: csv::Error) -> String {
    format!("the table is not well formed: {error}")
}
