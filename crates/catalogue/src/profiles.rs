//! Profiles: what a record should have, by Object ID, Spectrum, CDWA, LIDO, or by a file of one's own.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml_edit::value;

use crate::error::Result;
use crate::library::Library;
use crate::own_properties::{
    Fields, is_key, no_key, not_understood, put_properties, put_tables, rewritten, sound_properties, unreadable, yes,
};
use crate::{OwnProperty, Statement, ValueKind, WorkId, core_property, statements, works};

/// What it is called in sentences.
const WHAT: &str = "profile";

/// A list of what a record should have. As TOML:
///
/// ```toml
/// id = "print-room"
/// title = "Print room"
///
/// [[property]]            # properties of one's own that the profile brings along, if any
/// key = "watermark"
/// label = "Watermark"
///
/// [[requirement]]
/// name = "Watermark"
/// any = ["watermark"]     # one of them is enough
/// needed = false          # wanted, and not counted; true where nothing is said
/// understood = false      # whether the value must be readable as a date, as measures, as rights
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its key: small letters, digits, `-` and `_`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Properties that the core record does not have.
    pub properties: Vec<OwnProperty>,
    /// What is asked for, in the order in which it is shown.
    pub requirements: Vec<Requirement>,
    /// The library's own properties that are asked for, which another file describes.
    pub library_properties: Vec<OwnProperty>,
}

/// One thing that a record should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its name in the profile's own terms.
    pub name: String,
    /// The properties of which one is enough.
    pub any: Vec<String>,
    /// Whether it counts for completeness.
    pub needed: bool,
    /// Whether the value must be more than a text: a date that has days, measures that have units.
    pub understood: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    title: String,
    #[serde(default, rename = "property")]
    properties: Vec<Spanned<OwnProperty>>,
    #[serde(default, rename = "requirement")]
    requirements: Vec<RequirementInFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementInFile {
    name: Spanned<String>,
    any: Vec<Spanned<String>>,
    #[serde(default = "yes")]
    needed: bool,
    #[serde(default)]
    understood: bool,
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
        texts.into_iter().map(|text| Self::read(text, &[])).collect()
    }

    /// Reads a profile, which may ask for the library's own properties; the error says in which line what is wrong, in words for its author.
    pub fn read(text: &str, library: &[OwnProperty]) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| unreadable(WHAT, text, &error))?;
        let wrong = |span: Range<usize>, reason: String| not_understood(WHAT, text, Some(span), reason);
        let (id, id_at) = (file.id.get_ref(), file.id.span());
        if !is_key(id) {
            return Err(wrong(id_at, no_key(id)));
        }
        if file.title.trim().is_empty() {
            return Err(wrong(id_at, format!("the profile “{id}” has no name; write one as its title")));
        }
        let properties = sound_properties(file.properties, wrong)?;
        if file.requirements.is_empty() {
            return Err(wrong(id_at, format!("the profile “{id}” requires nothing")));
        }
        let mut requirements = Vec::new();
        for requirement in file.requirements {
            let (name, name_at) = (requirement.name.get_ref(), requirement.name.span());
            if requirement.any.is_empty() {
                return Err(wrong(name_at, format!("the requirement “{name}” names no property")));
            }
            let known =
                |key: &str| core_property(key).is_some() || properties.iter().chain(library).any(|own| own.key == key);
            if let Some(key) = requirement.any.iter().find(|key| !known(key.get_ref())) {
                let reason = format!(
                    "the requirement “{name}” asks for “{}”, which is no property of the core record nor of this library; add it as a [[property]]",
                    key.get_ref()
                );
                return Err(wrong(key.span(), reason));
            }
            requirements.push(Requirement {
                name: requirement.name.into_inner(),
                any: requirement.any.into_iter().map(Spanned::into_inner).collect(),
                needed: requirement.needed,
                understood: requirement.understood,
            });
        }
        let asked = |own: &&OwnProperty| requirements.iter().any(|requirement| requirement.any.contains(&own.key));
        let library_properties = library.iter().filter(asked).cloned().collect();
        Ok(Self { id: file.id.into_inner(), title: file.title, properties, requirements, library_properties })
    }

    /// The profile's text. What `former` has besides, remarks for instance, stays.
    pub fn write(&self, former: &str) -> Result<String> {
        let text = rewritten(WHAT, former, |document| {
            for (key, text) in [("id", &self.id), ("title", &self.title)] {
                // A value that is the same keeps the words behind it.
                if document.get(key).and_then(toml_edit::Item::as_str) != Some(text) {
                    document.insert(key, value(text));
                }
            }
            put_properties(document, &self.properties);
            let written = self.requirements.iter().map(|requirement| {
                let mut any = toml_edit::Array::new();
                any.extend(&requirement.any);
                let mut fields: Fields = vec![("name", value(&requirement.name)), ("any", value(any))];
                if !requirement.needed {
                    fields.push(("needed", value(false)));
                }
                if requirement.understood {
                    fields.push(("understood", value(true)));
                }
                fields
            });
            put_tables(document, "requirement", "name", written);
        })?;
        Self::read(&text, &self.library_properties)?;
        Ok(text)
    }

    /// What values of a property are to this profile.
    fn kind(&self, property: &str) -> ValueKind {
        let own = self.properties.iter().chain(&self.library_properties).find(|own| own.key == property);
        core_property(property).map(|core| core.kind).or(own.map(|own| own.kind)).unwrap_or_default()
    }

    /// How much of the profile accepted statements meet; what merely waits does not count.
    pub fn completeness(&self, statements: &[Statement]) -> Completeness {
        let met = |requirement: &Requirement| {
            statements.iter().filter(|s| s.state.is_affirmed() && requirement.any.contains(&s.property)).any(|s| {
                let kind = self.kind(&s.property);
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
