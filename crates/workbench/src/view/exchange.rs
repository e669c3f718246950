//! Records that leave the library and that come in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Formats of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// One row a work.
    Csv,
    /// CSV in the columns of CollectiveAccess.
    CollectiveAccess,
    /// CSV in columns like those of TMS.
    Tms,
    /// CSV in the columns of Omeka S.
    OmekaS,
    /// LIDO 1.1.
    Lido,
    /// LIDO 1.0.
    Lido10,
    /// Linked Art 1.0, a folder.
    LinkedArt,
    /// IIIF Presentation 3 with static images, a folder.
    Iiif,
    /// Dublin Core in JSON-LD.
    DublinCore,
    /// schema.org in JSON-LD.
    SchemaOrg,
    /// XMP sidecars, a folder.
    Xmp,
    /// BagIt with records and originals, a folder.
    Bagit,
    /// One HTML page with its pictures.
    Html,
    /// A sheet for each work, as PDF.
    Pdf,
    /// A list of all works to tick off, as PDF.
    Checklist,
}

/// What to export.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// The works, in this order; empty for all.
    #[ts(type = "number[]")]
    pub works: Vec<i64>,
    /// The formats.
    pub formats: Vec<ExportFormat>,
    /// The folder to write to; files of the same name are not overwritten, a number is added.
    pub folder: String,
    /// Also statements that nobody has accepted, marked as such.
    pub include_suggestions: bool,
    /// Where the records' own addresses begin, such as `https://example.org/collection`; none for addresses that lead nowhere.
    #[serde(default)]
    pub base_uri: Option<String>,
}

/// What an export would contain, before it is written.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportPreview {
    /// Works that would be written.
    #[ts(type = "number")]
    pub works: u64,
    /// Accepted statements in them.
    #[ts(type = "number")]
    pub accepted: u64,
    /// Statements that nobody has decided on; left out unless asked for.
    #[ts(type = "number")]
    pub undecided: u64,
    /// Works of which nothing has been accepted.
    #[ts(type = "number")]
    pub empty: u64,
    /// Format by format, what would be written and what the format loses.
    pub files: Vec<ExportFileView>,
    /// What is the matter with some of the works, the first of them.
    pub problems: Vec<ExportProblemView>,
    /// How many problems there are in all.
    #[ts(type = "number")]
    pub problem_count: u64,
}

/// What one format would write.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportFileView {
    /// The format.
    pub format: ExportFormat,
    /// The file or folder.
    pub path: String,
    /// What the format cannot carry.
    pub losses: Vec<LossView>,
}

/// A property that a format carries in part or not at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LossView {
    /// The property's key; `statements` for what concerns them all.
    pub property: String,
    /// What is lost and why, in a sentence.
    pub reason: String,
}

/// Something that a person may want to put right before a work leaves the library.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportProblemView {
    /// The work.
    #[ts(type = "number")]
    pub work: i64,
    /// Its title.
    pub title: String,
    /// The property that it concerns, if one.
    pub property: Option<String>,
    /// What is the matter, in a sentence.
    pub reason: String,
}

/// Which records are read in, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecordsRequest {
    /// A table (CSV, or a workbook), LIDO (`.xml`), Linked Art (`.json` and the like, a folder, a `.zip`), or the folder of a bag.
    pub file: PathBuf,
    /// The sheet of a workbook; none for the first one.
    #[serde(default)]
    pub sheet: Option<String>,
    /// What a table's columns mean: the key of a profile that ships, or the file of one's own; none for the program's own columns.
    #[serde(default)]
    pub profile: Option<String>,
    /// Whether works are also known by their scans' file names.
    #[serde(default)]
    pub by_file_name: bool,
    /// Whether the person at the desk stands by what is new at once.
    #[serde(default)]
    pub accept: bool,
}

/// What records that are read in change, or would change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecordsView {
    /// Records that found their work or make a new one.
    #[ts(type = "number")]
    pub records: u64,
    /// Works that are new.
    #[ts(type = "number")]
    pub works_added: u64,
    /// Statements that are new.
    #[ts(type = "number")]
    pub statements_added: u64,
    /// Of these the ones beside another value that a person stands by.
    #[ts(type = "number")]
    pub competing: u64,
    /// Statements that a person stands by now; 0 before anything is changed.
    #[ts(type = "number")]
    pub accepted: u64,
    /// What is left out, a sentence each.
    pub problems: Vec<String>,
    /// The first records that change something.
    pub changes: Vec<RecordChangeView>,
    /// How many records change something.
    #[ts(type = "number")]
    pub changing: u64,
}

/// What a record changes.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecordChangeView {
    /// Where in the file: `row 3`.
    pub place: String,
    /// The work; none for a new one.
    #[ts(type = "number | null")]
    pub work: Option<i64>,
    /// The work's title, or the file of a new one's scan.
    pub title: String,
    /// What is new.
    pub claims: Vec<ClaimView>,
}

/// What a record says and the library does not.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClaimView {
    /// The property's key.
    pub property: String,
    /// The value, its qualifier in front.
    pub value: String,
    /// Whether a person stands by another value.
    pub competing: bool,
}

/// What a table's columns mean.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ColumnsView {
    /// The profile's key.
    pub id: String,
    /// Its name.
    pub title: String,
}
