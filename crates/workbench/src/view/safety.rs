//! Whether records are complete, and the library safe.

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
