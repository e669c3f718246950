//! What is done to many works together: changes to a property, and accepting suggestions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{SourceView, WorkCard};

/// A change to a property of many works.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BatchRequest {
    /// The works.
    #[ts(type = "number[]")]
    pub works: Vec<i64>,
    /// The property's key.
    pub property: String,
    /// What is done to its values.
    pub change: BatchChangeView,
}

/// What is done to the values of a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum BatchChangeView {
    /// The works have this value, and no other.
    Set {
        /// The value.
        value: String,
        /// The qualifier; none for none.
        qualifier: Option<String>,
        /// Whether the qualifier that stands there stays, whatever `qualifier` says.
        keep_qualifier: bool,
        /// Whether suggestions that wait are settled by it.
        settle: bool,
    },
    /// The works have this value beside those that they have.
    Append {
        /// The value.
        value: String,
        /// The qualifier; none for none.
        qualifier: Option<String>,
        /// Whether a suggestion that says the same is accepted in its place.
        settle: bool,
    },
    /// The works do not have this value.
    Remove {
        /// The value, its qualifier in front; none for whatever value there is.
        value: Option<String>,
    },
    /// Words of the values are replaced.
    Replace {
        /// The words to be found.
        find: String,
        /// The words in their place.
        with: String,
        /// Only where they are words of their own.
        whole_words: bool,
        /// Only in the same upper and lower case.
        match_case: bool,
    },
}

/// What a change to many works does, or would do.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// How many works change.
    #[ts(type = "number")]
    pub changing: u64,
    /// The first of them.
    pub changes: Vec<BatchWorkView>,
    /// The works that are left alone, by the reason why.
    pub left: Vec<LeftAloneView>,
    /// What a person may want to look at before, in sentences.
    pub cautions: Vec<String>,
    /// Names exactly this change: it is made only if it is still the same.
    pub seen: String,
    /// What was done, in the words of undo; none before it is.
    pub done: Option<String>,
}

/// What changes in a work.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BatchWorkView {
    /// The work.
    #[ts(type = "number")]
    pub work: i64,
    /// Its title.
    pub title: String,
    /// The values that a person stands by before, qualifiers in front.
    pub before: Vec<String>,
    /// Those afterwards.
    pub after: Vec<String>,
    /// Suggestions that are rejected by it.
    pub turned_down: Vec<String>,
}

/// Works that are left alone.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftAloneView {
    /// Why.
    pub reason: LeftReason,
    /// How many works.
    #[ts(type = "number")]
    pub works: u64,
    /// The first of them.
    pub first: Vec<NamedWork>,
}

/// A work and what it is called.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NamedWork {
    /// The work.
    #[ts(type = "number")]
    pub work: i64,
    /// Its title.
    pub title: String,
}

/// Why a work is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LeftReason {
    /// It says so already.
    SaysSo,
    /// Nobody stands by a value of the property.
    NothingStands,
    /// Nobody stands by a value; suggestions wait to be decided on.
    OnlySuggested,
    /// It has other values.
    OtherValues,
    /// The words are not in its values.
    NotFound,
    /// Nothing would be left of the value.
    NothingLeft,
    /// A model proposed the maker's name, and who made a work is decided work by work.
    MakerOfAModel,
}

impl LeftReason {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::SaysSo => "they say so already",
            Self::NothingStands => "nobody stands by a value there",
            Self::OnlySuggested => "values are only suggested there; decide on the suggestions first",
            Self::OtherValues => "they have other values",
            Self::NotFound => "the words are not in their values",
            Self::NothingLeft => "nothing would be left of the value; remove it instead",
            Self::MakerOfAModel => "a model proposed the maker's name; decide on it work by work",
        }
    }
}

/// Works for which the same waits.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingGroupView {
    /// The property's key.
    pub property: String,
    /// The value that is suggested.
    pub value: String,
    /// Its qualifier.
    pub qualifier: Option<String>,
    /// How many works it waits in.
    #[ts(type = "number")]
    pub works: u64,
}

/// A suggestion among those that may be accepted together.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    /// The statement.
    #[ts(type = "number")]
    pub statement: i64,
    /// The work.
    pub work: WorkCard,
    /// The value, its qualifier in front.
    pub value: String,
    /// Calibrated confidence, 0 to 1.
    pub confidence: Option<f32>,
    /// Who or what says so.
    pub source: SourceView,
    /// Whether the pack's suggestions of that confidence were so often right here that they may be accepted unseen.
    pub vouched: bool,
}

/// Suggestions that say the same.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AlikeView {
    /// The first of them, the surest first.
    pub suggestions: Vec<WaitingView>,
    /// How many wait in all.
    #[ts(type = "number")]
    pub waiting: u64,
}

/// Suggestions of a pack that may be accepted together, by what people decided on its earlier ones in this library.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BulkOfferView {
    /// The pack with its version.
    pub pack: String,
    /// The property's key.
    pub property: String,
    /// The confidence from which on they may be.
    pub confidence: f64,
    /// So many of that confidence were decided on one by one.
    #[ts(type = "number")]
    pub decided: u64,
    /// So many of those were right.
    #[ts(type = "number")]
    pub right: u64,
    /// The share that can be expected to be right at least: the lower end of the 95 % interval.
    pub expected: f64,
    /// The suggestions, the surest first.
    #[ts(type = "number[]")]
    pub statements: Vec<i64>,
    /// The first of them with their works.
    pub suggestions: Vec<WaitingView>,
}

/// What accepting together brought about.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedView {
    /// What was done, in the words of undo.
    pub what: String,
    /// How many suggestions were accepted.
    #[ts(type = "number")]
    pub accepted: u64,
    /// In how many works.
    #[ts(type = "number")]
    pub works: u64,
}
