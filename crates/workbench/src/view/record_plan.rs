//! What records of a library hold and should have.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Properties of the library's own, and the profiles that completeness is told by.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecordPlanView {
    /// Properties that the core record does not have.
    pub properties: Vec<OwnPropertyView>,
    /// The profiles, shipped ones first.
    pub profiles: Vec<ProfileView>,
    /// Files that cannot be used, a sentence each.
    pub faults: Vec<String>,
    /// The library's folder, in which the files lie.
    pub folder: String,
}

/// What a value of a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PropertyKind {
    /// Any text.
    Text,
    /// A term, short and worth counting.
    Term,
    /// A maker.
    Maker,
    /// A date.
    Date,
    /// Measures with their units.
    Measures,
    /// A statement of rights.
    Rights,
    /// A number that somebody gave the work.
    Identifier,
}

/// A property that the core record does not have.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OwnPropertyView {
    /// Its key in statements.
    pub key: String,
    /// Its name.
    pub label: String,
    /// What its values are.
    pub kind: PropertyKind,
    /// The list of terms that values are offered from.
    pub list: Option<String>,
    /// Whether a work may have several values.
    pub repeatable: bool,
    /// In how many works somebody stands by a value.
    #[ts(type = "number")]
    pub works: u64,
    /// The profile that brings it along, in whose file it is changed.
    pub profile: Option<String>,
}

/// What a person says of a property.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PropertyEdit {
    /// Its name.
    pub label: String,
    /// What its values are.
    pub kind: PropertyKind,
    /// The list of terms that values are offered from.
    pub list: Option<String>,
    /// Whether a work may have several values.
    pub repeatable: bool,
}

/// What a record should have.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProfileView {
    /// Its key, e.g. `object-id`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Whether it is the library's own, and can be changed.
    pub own: bool,
    /// What is asked for, in the order in which it is shown.
    pub requirements: Vec<RequirementView>,
}

/// What a person says of a profile.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProfileEdit {
    /// Its name.
    pub title: String,
    /// What is asked for, in the order in which it is shown.
    pub requirements: Vec<RequirementView>,
}

/// One thing that a record should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RequirementView {
    /// Its name in the profile's terms.
    pub name: String,
    /// The properties of which one is enough.
    pub any: Vec<String>,
    /// Whether it counts for completeness; what does not is welcome.
    pub needed: bool,
    /// Whether the value must be understood: a date that has days, measures that have units.
    pub understood: bool,
}
