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
