//! Whether records are complete, and the library safe.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How much of a profile a work's record has.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CompletenessView {
    /// The profile's name.
    pub profile: String,
    /// How many needed things it has.
    pub met: usize,
    /// How many are needed.
    pub needed: usize,
    /// The needed things that it lacks, in the profile's order.
    pub lacking: Vec<LackingView>,
    /// The things that it lacks and that would be welcome.
    pub wanted: Vec<LackingView>,
}

/// A thing that a record lacks.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LackingView {
    /// Its name in the profile's terms.
    pub name: String,
    /// The properties of which one is enough.
    pub properties: Vec<String>,
    /// Whether somebody stands by a value that cannot be understood, such as a date that is none.
    pub not_understood: bool,
}

/// The library's backups.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupsView {
    /// Where they lie.
    pub folder: String,
    /// Newest first.
    pub backups: Vec<BackupView>,
    /// The one that takes the library's place when it is next opened.
    pub restored_next: Option<String>,
}

/// A backup.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupView {
    /// Its file's name.
    pub name: String,
    /// When it was made (RFC 3339).
    pub made_at: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// What a backup gave when it was tried out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalView {
    /// Works in it.
    #[ts(type = "number")]
    pub works: u64,
    /// Statements in it.
    #[ts(type = "number")]
    pub statements: u64,
    /// Rows of its log.
    #[ts(type = "number")]
    pub decisions: u64,
}

/// What is known of the files that scans were taken in from.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FixityView {
    /// After how many days each is looked at again; 0 for never.
    pub days: u32,
    /// How many there are.
    #[ts(type = "number")]
    pub originals: u64,
    /// How many were byte for byte the same when they were last looked at.
    #[ts(type = "number")]
    pub unchanged: u64,
    /// How many nobody has looked at since they came in, or since they lie where they lie.
    #[ts(type = "number")]
    pub never: u64,
    /// When the one was looked at that was longest not looked at (RFC 3339); none where none was.
    pub oldest: Option<String>,
    /// Those that were not as they had been.
    pub troubles: Vec<FixityTroubleView>,
}

/// An original that was not as it had been when it was last looked at.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FixityTroubleView {
    /// The work that it shows.
    #[ts(type = "number")]
    pub work: i64,
    /// The work's title.
    pub title: String,
    /// Where it lay.
    pub file: String,
    /// SHA-256 of what was taken in.
    pub sha256: String,
    /// `missing`, `unreadable`, `changed` or `replaced`.
    pub finding: String,
    /// SHA-256 of what lies there.
    pub found_sha256: Option<String>,
    /// When that was seen (RFC 3339).
    pub at: String,
}

/// What was found of the originals that are not where they were.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RelinkView {
    /// How many are not where they were.
    #[ts(type = "number")]
    pub missing: u64,
    /// Those that were found.
    pub moved: Vec<MovedView>,
}

/// An original that was found elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MovedView {
    /// SHA-256 of it.
    pub sha256: String,
    /// The work that it shows.
    #[ts(type = "number")]
    pub work: i64,
    /// The work's title.
    pub title: String,
    /// Where it lay.
    pub from: String,
    /// Where it lies now.
    #[ts(type = "string")]
    pub to: PathBuf,
}
