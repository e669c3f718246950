//! Profiles: what a record should have, by Object ID, Spectrum, CDWA, LIDO, or by a file of one's own.

use serde::Deserialize;

use crate::error::{CatalogueError, Result};
use crate::library::Library;
use crate::{Statement, ValueKind, WorkId, core_property, statements, works};

/// A list of what a record should have. As TOML:
///
/// ```toml
/// id = "print-room"
/// title = "Print room"
///
/// [[property]]            # properties of one's own
/// key = "watermark"
/// label = "Watermark"
///
/// [[requirement]]
/// name = "Watermark"
/// any = ["watermark"]     # one of them is enough
/// needed = false          # wanted, and not counted; true where nothing is said
/// understood = false      # whether the value must be readable as a date, as measures, as rights
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its key: small letters, digits, `-` and `_`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Properties that the core record does not have.
    #[serde(default, rename = "property")]
    pub properties: Vec<OwnProperty>,
    /// What is asked for, in the order in which it is shown.
    #[serde(rename = "requirement")]
    pub requirements: Vec<Requirement>,
}

/// A property that a profile brings along; its values are texts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnProperty {
    /// Its key in statements.
    pub key: String,
    /// Its name.
    pub label: String,
}

/// One thing that a record should have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its name in the profile's own terms.
    pub name: String,
    /// The properties of which one is enough.
    pub any: Vec<String>,
    /// Whether it counts for completeness.
    #[serde(default = "yes")]
    pub needed: bool,
    /// Whether the value must be more than a text: a date that has days, measures that have units.
    #[serde(default)]
    pub understood: bool,
}

fn yes() -> bool {
    true
}

/// How much of a profile a record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// How many needed requirements are met.
    pub met: usize,
    /// How many there are.
    pub needed: usize,
    /// The needed requirements that are not met, by their number in the profile.
    pub lacking: Vec<usize>,
    /// The others that are not met.
    pub wanted: Vec<usize>,
}

impl Profile {
    /// The profiles that the program brings along.
    pub fn shipped() -> Result<Vec<Self>> {
        let texts = [
            include_str!("../profiles/object-id.toml"),
            include_str!("../profiles/spectrum-object-identification.toml"),
            include_str!("../profiles/cdwa-core.toml"),
            include_str!("../profiles/lido-minimum.toml"),
        ];
        texts.into_iter().map(Self::read).collect()
    }

    /// Reads a profile; the error says what is wrong in words for its author.
    pub fn read(text: &str) -> Result<Self> {
        let wrong = |reason: String| CatalogueError::BadProfile { reason };
        let profile: Self = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        let keyed = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        };
        if let Some(key) = std::iter::once(&profile.id)
            .chain(profile.properties.iter().map(|property| &property.key))
            .find(|key| !keyed(key))
        {
            return Err(wrong(format!("“{key}” is no key: only small letters, digits, - and _ are allowed in one")));
        }
        if profile.requirements.is_empty() {
            return Err(wrong(format!("the profile “{}” requires nothing", profile.id)));
        }
        let known = |key: &str| core_property(key).is_some() || profile.properties.iter().any(|own| own.key == key);
        for requirement in &profile.requirements {
            if requirement.any.is_empty() {
                return Err(wrong(format!("the requirement “{}” names no property", requirement.name)));
            }
            if let Some(key) = requirement.any.iter().find(|key| !known(key)) {
                return Err(wrong(format!(
                    "the requirement “{}” asks for “{key}”, which is no property of the core record; add it as a [[property]]",
                    requirement.name
                )));
            }
        }
        Ok(profile)
    }

    /// How much of the profile accepted statements meet; what merely waits does not count.
    pub fn completeness(&self, statements: &[Statement]) -> Completeness {
        let met = |requirement: &Requirement| {
            statements.iter().filter(|s| s.state.is_affirmed() && requirement.any.contains(&s.property)).any(|s| {
                let kind = core_property(&s.property).map_or(ValueKind::Text, |property| property.kind);
                s.value.as_deref().is_some_and(|value| !requirement.understood || kind.understands(value))
            })
        };
        let unmet = |needed: bool| {
            let numbered = self.requirements.iter().enumerate();
            numbered.filter(move |(_, r)| r.needed == needed && !met(r)).map(|(number, _)| number).collect::<Vec<_>>()
        };
        let needed = self.requirements.iter().filter(|requirement| requirement.needed).count();
        let lacking = unmet(true);
        Completeness { met: needed - lacking.len(), needed, lacking, wanted: unmet(false) }
    }
}

impl Library {
    /// How much of a profile a work's record has.
    pub fn completeness(&self, work: WorkId, profile: &Profile) -> Result<Completeness> {
        self.read(|connection| {
            works::must_exist(connection, work)?;
            Ok(profile.completeness(&statements::current_of_work(connection, work)?))
        })
    }
}
