//! Iconclass as it is shown.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a value names, where it was taken from a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListedConcept {
    /// The list, e.g. `Iconclass`.
    pub list: String,
    /// The identifier within it.
    pub id: String,
    /// The identifier on the web.
    pub uri: Option<String>,
}

/// Whether Iconclass is there, and where it begins.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IconclassView {
    /// Its divisions.
    pub divisions: Vec<IconclassEntry>,
    /// Why it cannot be read, and what to do; none where it can.
    pub missing: Option<String>,
}

/// A notation with its meaning.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IconclassEntry {
    /// The notation.
    pub notation: String,
    /// What it means.
    pub text: String,
    /// Whether anything stands below it.
    pub branches: bool,
}

/// What a search found.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IconclassFound {
    /// The language whose words were found.
    pub language: String,
    /// How many there are.
    #[ts(type = "number")]
    pub total: u64,
    /// The best.
    pub entries: Vec<IconclassEntry>,
}

/// All about a notation.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IconclassConcept {
    /// The notation.
    pub notation: String,
    /// What it means.
    pub text: String,
    /// What a record says: the notation and its meaning.
    pub value: String,
    /// Its identifier on the web.
    pub uri: String,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Whether a name has to be written into its brackets first.
    pub open: bool,
    /// From the division down to the notation itself.
    pub path: Vec<IconclassEntry>,
    /// What stands below.
    pub children: Vec<IconclassEntry>,
    /// The same with a key, or with a key that says more.
    pub keys: Vec<IconclassEntry>,
    /// Notations that are worth a look too.
    pub related: Vec<IconclassEntry>,
}
