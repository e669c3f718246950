//! Who did what and when.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What of the log is asked for; nothing said is all that people did.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LogRequest {
    /// Of this work alone.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub work: Option<i64>,
    /// By this person alone.
    #[serde(default)]
    pub person: Option<String>,
    /// On this day alone, `2026-11-22`, as days are where this computer stands.
    #[serde(default)]
    pub day: Option<String>,
    /// Also what packs, files and imports put down.
    #[serde(default)]
    pub everything: bool,
    /// What came before the row of this number; none for the newest.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub before: Option<i64>,
}

/// A part of the log, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// Its rows.
    pub entries: Vec<LogEntryView>,
    /// Whether there are earlier ones.
    pub more: bool,
    /// Everybody who ever decided something.
    pub people: Vec<String>,
}

/// A row of the log.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LogEntryView {
    /// Its number; higher ones are later.
    #[ts(type = "number")]
    pub number: i64,
    /// When.
    pub at: String,
    /// Who; none where a pack, a file or an import did.
    pub person: Option<String>,
    /// What the person did, in words; one act may have many rows.
    pub action: Option<String>,
    /// The work.
    #[ts(type = "number")]
    pub work: i64,
    /// Its title.
    pub title: String,
    /// The statement's property.
    pub property: String,
    /// Its value; none for an abstention.
    pub value: Option<String>,
    /// The state that the statement came into.
    pub state: String,
    /// Who or what made the statement.
    pub source: String,
    /// A remark.
    pub note: Option<String>,
}
