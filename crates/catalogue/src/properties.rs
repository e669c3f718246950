//! The properties of the core record. A library may hold others; these are the ones that profiles, formats and searches know.

use serde::Deserialize;

use crate::{read_date, read_measures};

/// What a value of a property is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// Any text.
    #[default]
    Text,
    /// A term, short and worth counting: an object type, a style.
    Term,
    /// A maker, in the words of [`crate::read_maker`].
    Maker,
    /// A date, in the words of [`crate::read_date`].
    Date,
    /// Measures, in the words of [`crate::read_measures`].
    Measures,
    /// A statement of rights: an address from [`RIGHTS`], or a text.
    Rights,
    /// A number that its owner gave the work.
    Identifier,
}

impl ValueKind {
    /// Its name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            ValueKind::Text => "text",
            ValueKind::Term => "term",
            ValueKind::Maker => "maker",
            ValueKind::Date => "date",
            ValueKind::Measures => "measures",
            ValueKind::Rights => "rights",
            ValueKind::Identifier => "identifier",
        }
    }

    /// Whether a value is more than a text to the program: a date with its days, measures with their units, rights that are in
    /// the list. Kinds without a form of their own understand everything.
    pub fn understands(self, value: &str) -> bool {
        match self {
            ValueKind::Date => read_date(value).is_some(),
            ValueKind::Measures => read_measures(value).is_some(),
            ValueKind::Rights => rights_name(value).is_some(),
            ValueKind::Text | ValueKind::Term | ValueKind::Maker | ValueKind::Identifier => true,
        }
    }
}

/// A property of the core record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// Its key in statements.
    pub key: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What its values are.
    pub kind: ValueKind,
}

const fn property(key: &'static str, label: &'static str, kind: ValueKind) -> Property {
    Property { key, label, kind }
}

/// The core record, in the order in which a record is read.
pub const CORE_RECORD: &[Property] = &[
    property("identifier", "Identifier", ValueKind::Identifier),
    property("object-type", "Object type", ValueKind::Term),
    property("title", "Title", ValueKind::Text),
    property("artist", "Artist", ValueKind::Maker),
    property("date", "Date", ValueKind::Date),
    property("media", "Materials and technique", ValueKind::Term),
    property("dimensions", "Dimensions", ValueKind::Measures),
    property("style", "Style or movement", ValueKind::Term),
    property("genre", "Genre", ValueKind::Term),
    property("subject", "Subject", ValueKind::Term),
    property("tag", "Tag", ValueKind::Term),
    property("inscription", "Inscriptions and marks", ValueKind::Text),
    property("description", "Description", ValueKind::Text),
    property("distinguishing-features", "Distinguishing features", ValueKind::Text),
    property("provenance", "Provenance", ValueKind::Text),
    property("location", "Location", ValueKind::Term),
    property("repository", "Repository", ValueKind::Term),
    property("rights", "Rights", ValueKind::Rights),
    property("credit-line", "Credit line", ValueKind::Text),
    property("note", "Note", ValueKind::Text),
];

/// The property of this key, if it belongs to the core record.
pub fn core_property(key: &str) -> Option<&'static Property> {
    CORE_RECORD.iter().find(|property| property.key == key)
}

/// Addresses that say under which terms something may be used: RightsStatements.org 1.0, and Creative Commons 4.0 with its two marks
/// for the public domain.
pub const RIGHTS: &[(&str, &str)] = &[
    ("http://rightsstatements.org/vocab/InC/1.0/", "In Copyright"),
    ("http://rightsstatements.org/vocab/InC-OW-EU/1.0/", "In Copyright - EU Orphan Work"),
    ("http://rightsstatements.org/vocab/InC-EDU/1.0/", "In Copyright - Educational Use Permitted"),
    ("http://rightsstatements.org/vocab/InC-NC/1.0/", "In Copyright - Non-Commercial Use Permitted"),
    ("http://rightsstatements.org/vocab/InC-RUU/1.0/", "In Copyright - Rights-holder(s) Unlocatable or Unidentifiable"),
    ("http://rightsstatements.org/vocab/NoC-CR/1.0/", "No Copyright - Contractual Restrictions"),
    ("http://rightsstatements.org/vocab/NoC-NC/1.0/", "No Copyright - Non-Commercial Use Only"),
    ("http://rightsstatements.org/vocab/NoC-OKLR/1.0/", "No Copyright - Other Known Legal Restrictions"),
    ("http://rightsstatements.org/vocab/NoC-US/1.0/", "No Copyright - United States"),
    ("http://rightsstatements.org/vocab/CNE/1.0/", "Copyright Not Evaluated"),
    ("http://rightsstatements.org/vocab/UND/1.0/", "Copyright Undetermined"),
    ("http://rightsstatements.org/vocab/NKC/1.0/", "No Known Copyright"),
    ("http://creativecommons.org/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
    ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
    ("http://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
    ("http://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA 4.0"),
    ("http://creativecommons.org/licenses/by-nd/4.0/", "CC BY-ND 4.0"),
    ("http://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
    ("http://creativecommons.org/licenses/by-nc-sa/4.0/", "CC BY-NC-SA 4.0"),
    ("http://creativecommons.org/licenses/by-nc-nd/4.0/", "CC BY-NC-ND 4.0"),
];

/// The address of a statement of rights as its owner writes it, and its name; `https` and a missing slash are forgiven, and so is the
/// name in place of the address.
pub fn rights_statement(value: &str) -> Option<(&'static str, &'static str)> {
    let value = value.trim();
    let address = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    RIGHTS.iter().copied().find(|(known, name)| match address {
        Some(address) => known
            .strip_prefix("http://")
            .is_some_and(|known| known.trim_end_matches('/') == address.trim_end_matches('/')),
        None => name.eq_ignore_ascii_case(value),
    })
}

/// The name of a statement of rights.
pub fn rights_name(value: &str) -> Option<&'static str> {
    rights_statement(value).map(|(_, name)| name)
}

/// Properties that a person decides on work by work, however often a pack was right: an attribution changes what a work is.
const ONE_BY_ONE: [&str; 2] = ["artist", "creator"];

/// Whether suggestions of a property are only ever accepted one at a time.
pub fn is_decided_one_by_one(property: &str) -> bool {
    ONE_BY_ONE.contains(&property)
}
