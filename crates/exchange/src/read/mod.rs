//! Records come in: tables (CSV, and workbooks of spreadsheets), LIDO, Linked Art, and bags of one's own.
//!
//! Reading gives [`FileRecord`]s; [`plan_import`] says what they would change; [`ImportPlan::apply`] changes it. A value that the library
//! has already is passed over, so that one's own export, read in again, changes nothing. Another value for the same property stands beside
//! those that are there; which of them is right, a person says.

mod bag;
mod lido;
mod linked_art;
mod plan;
mod sheet;
mod shown;
mod table;
mod tree;

use std::path::Path;

use vitrine_catalogue::{Concept, Pack};

pub use plan::{ImportPlan, Matching, PlannedRecord, plan_import};

use crate::CsvProfile;
use crate::error::{ExchangeError, Result};

/// The largest file that is read.
const MOST_BYTES: u64 = 512 << 20;

/// What a file says of one work.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileRecord {
    /// Where in the file, for messages: `row 3`, `record print-room:12`.
    pub place: String,
    /// The scan that the work is known by.
    pub scan: FileScan,
    /// What is said.
    pub claims: Vec<FileClaim>,
}

/// What a file says of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileScan {
    /// Its name.
    pub name: Option<String>,
    /// Where a copy of it lies, relative to the file read.
    pub copy: Option<String>,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// Pixels across.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// `JPEG`, `PNG`, `TIFF` or `WebP`.
    pub format: Option<String>,
}

/// A value that a file claims.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileClaim {
    /// The property's key.
    pub property: String,
    /// The value.
    pub value: String,
    /// The qualifier.
    pub qualifier: Option<String>,
    /// What the value names, by the file's ids.
    pub concept: Option<Concept>,
    /// What the file says of the claim's origin.
    pub origin: Option<String>,
    /// The pack that proposed it, by the file's words.
    pub proposed_by: Option<Pack>,
    /// How sure that pack was.
    pub confidence: Option<f32>,
    /// Whether nobody has decided on it, by the file's words.
    pub undecided: bool,
}

impl FileClaim {
    /// Takes in what a mark of ours says.
    fn with_origin(mut self, origin: &str) -> Self {
        let told = crate::marks::read(origin);
        self.proposed_by = told.pack;
        self.confidence = self.confidence.or(told.confidence);
        self.undecided = told.undecided;
        self.origin = Some(origin.to_owned()).filter(|origin| !origin.is_empty());
        self
    }
}

/// The records of a file: a bag's folder, LIDO (`.xml`), Linked Art (`.json`, `.jsonld`, `.jsonl`, a folder of them, or one packed in a
/// `.zip`), or else a table, in the program's own columns or in those of `profile`: CSV, or of a workbook (`.xlsx`) the sheet of this name,
/// the first one if none is named. What cannot be used is named and left out.
pub fn read_records(
    path: &Path,
    profile: Option<&CsvProfile>,
    sheet: Option<&str>,
) -> Result<(Vec<FileRecord>, Vec<String>)> {
    let unreadable = |reason: String| unreadable(path, reason);
    if path.is_dir() && (path.join("bagit.txt").exists() || path.join(crate::bag::STATEMENTS).exists()) {
        return bag::read(path);
    }
    if linked_art::is_of_documents(path) {
        return linked_art::read(path).map_err(unreadable);
    }
    let bytes = read_bytes(path)?;
    if sheet::is_workbook(path) {
        let sheet::Sheet { header, rows, problems } =
            sheet::read(&bytes, sheet, |row| table::names_columns(row, profile)).map_err(unreadable)?;
        let rows = rows.into_iter().map(|(number, cells)| (number as usize, Ok(cells)));
        let (records, mut all) = of_table(table::Table { header, rows }, profile).map_err(unreadable)?;
        all.extend(problems);
        return Ok((records, all));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| unreadable("it is not in UTF-8; save it in that encoding and try again".into()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("xml")) {
        lido::read(text)
    } else {
        table::of_csv(text).and_then(|table| of_table(table, profile))
    };
    read.map_err(unreadable)
}

/// The names of a workbook's sheets, in their order; none for other files.
pub fn sheets(path: &Path) -> Result<Vec<String>> {
    if path.is_dir() || !sheet::is_workbook(path) {
        return Ok(Vec::new());
    }
    sheet::names(&read_bytes(path)?).map_err(|reason| unreadable(path, reason))
}

type Read = std::result::Result<(Vec<FileRecord>, Vec<String>), String>;

fn of_table(table: table::Table<impl Iterator<Item = table::Row>>, profile: Option<&CsvProfile>) -> Read {
    match profile {
        Some(profile) => table::read_mapped(table, profile),
        None => table::read(table),
    }
}

/// A scan's format by the name that types of media have for it.
fn scan_format(name: &str) -> String {
    match name {
        "jpeg" => "JPEG".to_owned(),
        "webp" => "WebP".to_owned(),
        other => other.to_uppercase(),
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(path, format!("{error}; choose another file")))?;
    if size.len() > MOST_BYTES {
        let (has, most) = (size.len() >> 20, MOST_BYTES >> 20);
        return Err(unreadable(path, format!("it has {has} MB, and files up to {most} MB are read; divide it")));
    }
    std::fs::read(path).map_err(|error| unreadable(path, error.to_string()))
}

fn unreadable(path: &Path, reason: String) -> ExchangeError {
    ExchangeError::Unreadable { file: path.to_path_buf(), reason }
}
