//! What a search among passages is narrowed down to, as views.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which passages may be drawn on. Where a list is empty, all are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct PassageScope {
    /// Keys of collections, and of the articles that come along.
    pub collections: Vec<String>,
    /// Languages by the first part of their BCP 47 tag: `en`.
    pub languages: Vec<String>,
}

/// What a search among passages can be narrowed down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScopeChoices {
    /// The articles that come along, then the collections by name.
    pub collections: Vec<CollectionChoice>,
    /// The languages that passages are known to be in, those with most passages first.
    pub languages: Vec<LanguageChoice>,
}

/// A collection that a search can be narrowed down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CollectionChoice {
    /// Names it for commands.
    pub key: String,
    /// What people call it; null for the articles that come along.
    pub name: Option<String>,
    /// Its passages in the chosen languages.
    #[ts(type = "number")]
    pub passages: u64,
}

/// A language that a search can be narrowed down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LanguageChoice {
    /// The first part of its BCP 47 tag.
    pub language: String,
    /// Passages in it, in the chosen collections.
    #[ts(type = "number")]
    pub passages: u64,
}

/// What a person brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A wiki's dump.
    Dump,
    /// An archive of Kiwix.
    Archive,
    /// A folder of texts.
    Folder,
    /// A file of records.
    Records,
}

/// What reading a source would take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceEstimateView {
    /// The file or folder.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// What its collection would be called.
    pub name: String,
    /// The licence of its texts, where it tells one.
    pub licence: Option<String>,
    /// The language of its texts as a BCP 47 tag, where it tells one.
    pub language: Option<String>,
    /// The titles of its first pages.
    pub titles: Vec<String>,
    /// Pages with a text.
    #[ts(type = "number")]
    pub pages: u64,
    /// Passages.
    #[ts(type = "number")]
    pub passages: u64,
    /// Whether that was counted, and not estimated from a part.
    pub exact: bool,
    /// Pages of that part that could not be read.
    #[ts(type = "number")]
    pub skipped: u64,
    /// Seconds that reading and indexing would take here; none without a model pack.
    pub seconds: Option<f64>,
    /// Bytes that it would take on the disk.
    #[ts(type = "number")]
    pub bytes: u64,
}

/// How a person wants a source to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceRequest {
    /// The collection's name; that of the source if there is none.
    pub collection: Option<String>,
    /// The licence of the texts, where the source does not tell it.
    pub licence: Option<String>,
    /// The language of the texts, where the source does not tell it.
    pub language: Option<String>,
    /// Whether every page is wanted, of a wiki's dump too.
    pub everything: bool,
    /// Only pages in one of these categories or below.
    pub categories: Vec<String>,
}
