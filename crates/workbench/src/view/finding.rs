//! Which works: filters, facets, saved searches.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Badge, WorkCard};

/// Which works, in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkFilter {
    /// A query: words, `"phrases"`, `begin*`, `OR`, `-not`, `title:swing`, `date:1600..1650`, `lacks:date`; empty for all.
    pub text: String,
    /// Only works with this badge.
    pub badge: Option<Badge>,
    /// Only works whose record is not complete yet: the inbox.
    pub open: bool,
    /// Values that must all be there.
    pub facets: Vec<FacetChoice>,
    /// Properties of which nobody stands by a value.
    pub lacking: Vec<String>,
    /// The order.
    pub sort: WorkSort,
    /// Skip that many.
    #[ts(type = "number")]
    pub offset: u64,
    /// At most that many.
    #[ts(type = "number")]
    pub limit: u64,
}

/// The order of works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum WorkSort {
    /// Newest import first.
    #[default]
    Added,
    /// By title or file name.
    Title,
    /// The most doubtful first.
    Doubt,
}

/// Some works of many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkPage {
    /// How many fit the filter in all.
    #[ts(type = "number")]
    pub total: u64,
    /// This page.
    pub works: Vec<WorkCard>,
}

/// What works are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FacetKind {
    /// How far the record has come: a badge.
    State,
    /// The artist whom a person stands by, without the qualifier.
    Artist,
    /// The style.
    Style,
    /// The genre.
    Genre,
    /// The object type.
    ObjectType,
    /// Materials and technique.
    Media,
    /// Subjects and tags.
    Subject,
    /// Where it is kept.
    Location,
    /// Hundreds of years that the date touches, by the first of them: `1600`.
    Century,
    /// Who speaks of the work: `person`, `pack`, `file`, `import`, `passage`.
    Source,
    /// The packs that proposed something.
    Pack,
    /// Properties of which a person stands by a value.
    Has,
    /// The lists of works that it is on.
    List,
}

/// A value that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FacetChoice {
    /// Of what.
    pub facet: FacetKind,
    /// The value.
    pub value: String,
}

/// What the works that a filter finds can be narrowed down by.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FacetsView {
    /// Facets that have values, in a fixed order.
    pub facets: Vec<FacetView>,
    /// What a profile asks for and some of the works lack, in the profile's order.
    pub lacking: Vec<LackView>,
}

/// The values of one facet.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FacetView {
    /// Of what.
    pub facet: FacetKind,
    /// The most frequent ones first.
    pub values: Vec<FacetValueView>,
    /// Whether there are more values than these.
    pub more: bool,
}

/// A value and in how many works it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FacetValueView {
    /// The value.
    pub value: String,
    /// The works.
    #[ts(type = "number")]
    pub works: u64,
}

/// Something that a profile asks for, and how many works lack it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LackView {
    /// Its name in the profile's terms.
    pub name: String,
    /// The properties of which one would be enough.
    pub properties: Vec<String>,
    /// The works.
    #[ts(type = "number")]
    pub works: u64,
}

/// A search under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SavedSearchView {
    /// The name.
    pub name: String,
    /// What it finds; offset and limit are 0.
    pub filter: WorkFilter,
}

/// A list of works that somebody put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkListView {
    /// Its name.
    pub name: String,
    /// How many works are on it.
    #[ts(type = "number")]
    pub works: u64,
}

/// What became of putting works on a list or taking them off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListedView {
    /// The works for which something changed.
    #[ts(type = "number[]")]
    pub works: Vec<i64>,
    /// All lists now.
    pub lists: Vec<WorkListView>,
}
