//! Lists of terms as they are shown.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A list of terms for a property.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListView {
    /// Its number.
    #[ts(type = "number")]
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The property that its terms are values of.
    pub property: String,
    /// The file that it was read from.
    pub file: String,
    /// How many terms it has.
    #[ts(type = "number")]
    pub terms: u64,
    /// Who read it.
    pub person: String,
    /// When (RFC 3339).
    pub at: String,
}

/// What became of reading a list.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListReadView {
    /// The list.
    #[ts(type = "number")]
    pub list: i64,
    /// How many terms it has.
    #[ts(type = "number")]
    pub terms: u64,
    /// What was left out, and why.
    pub problems: Vec<String>,
    /// All lists now.
    pub lists: Vec<ListView>,
}

/// A term of a list.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TermView {
    /// The list.
    #[ts(type = "number")]
    pub list: i64,
    /// The list's name.
    pub list_name: String,
    /// Its identifier within the list.
    pub id: String,
    /// The words that a record gets.
    pub label: String,
    /// Its identifier on the web.
    pub uri: Option<String>,
}

/// A term that is like words that somebody wrote.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MatchedTerm {
    /// The term.
    pub term: TermView,
    /// How alike, 0 to 1.
    pub score: f32,
    /// The word that is alike, where it is another one for the term.
    pub by: Option<String>,
}

/// Words that people stand by and that name no term, with the terms that are like them.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnmatchedView {
    /// The words.
    pub value: String,
    /// How many statements say so.
    #[ts(type = "number")]
    pub statements: u64,
    /// Terms, the most alike first.
    pub candidates: Vec<MatchedTerm>,
}

/// Which term a person puts in the place of words.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChosenTerm {
    /// The words.
    pub value: String,
    /// The term's identifier within the list.
    pub term: String,
}
