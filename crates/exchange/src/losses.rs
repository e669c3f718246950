//! What a format cannot carry, said before anybody finds out.

use std::collections::BTreeSet;

use vitrine_catalogue::{core_property, read_date, read_measures};

use crate::{Format, RecordSource, Result};

/// A property that a format carries in part or not at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// The property's key; `statements` for what concerns them all.
    pub property: String,
    /// What is lost and why, in a sentence.
    pub reason: String,
}

/// What of these records the format loses, property by property, in order of their keys.
pub fn losses(format: Format, records: &(impl RecordSource + ?Sized)) -> Result<Vec<Loss>> {
    let mut losses = BTreeSet::new();
    let mut lose = |property: &str, reason: &str| {
        let loss = Loss { property: property.to_owned(), reason: reason.to_owned() };
        losses.insert(loss);
    };
    if format != Format::BagIt {
        lose(
            "statements",
            "alternatives, evidence and the history of decisions stay in the library; a BagIt package has the first two",
        );
    }
    let profile = format.profile()?;
    records.each(&mut |record| {
        if format != Format::Iiif && !record.regions.is_empty() {
            lose("region", "regions drawn on scans go out as annotations of IIIF only");
        }
        let mut seen = BTreeSet::new();
        for statement in record.statements.iter().filter(|statement| statement.value.is_some()) {
            let property = statement.property.as_str();
            let again = !seen.insert(property);
            if statement.concept.is_some() && !carries_concepts(format, property) {
                lose(
                    property,
                    "identifiers of terms that were taken from a list stay in the library; the words go out",
                );
            }
            if let Some(profile) = &profile {
                if !profile.carries(property)
                    && (again || !profile.columns.iter().any(|c| c.from.iter().any(|from| from == property)))
                {
                    lose(property, if again { "only the first value has a place" } else { "no column is for it" });
                }
                continue;
            }
            if let Some(reason) = of_property(format, property) {
                lose(property, reason);
            }
            if again && let Some(reason) = of_further_values(format, property) {
                lose(property, reason);
            }
            let value = statement.value.as_deref().unwrap_or_default();
            let structured = matches!(format, Format::Lido | Format::Lido10 | Format::LinkedArt);
            if structured && property == "date" && read_date(value).is_none() {
                lose(
                    property,
                    "words that are no date that could be understood go out without earliest and latest day",
                );
            }
            if structured && property == "dimensions" && read_measures(value).is_none() {
                lose(property, "words that are no measures that could be understood go out as text alone");
            }
        }
        Ok(())
    })?;
    Ok(losses.into_iter().collect())
}

/// Whether the format has a place for what a value of this property names.
fn carries_concepts(format: Format, property: &str) -> bool {
    let classes = ["object-type", "style", "genre", "subject", "tag"];
    match format {
        Format::BagIt => true,
        Format::Lido | Format::Lido10 => classes.contains(&property) || matches!(property, "media" | "artist"),
        Format::LinkedArt => classes.contains(&property),
        _ => false,
    }
}

/// What becomes of a property, where that is less than it is.
fn of_property(format: Format, property: &str) -> Option<&'static str> {
    let core = core_property(property).is_some();
    Some(match (format, property) {
        (Format::Lido10, "artist") => {
            "LIDO 1.0 has no place for the source of an attribution; the mark is the label of the displayed name"
        }
        (Format::LinkedArt, "dimensions") => {
            "measures of a part, such as the frame, and circumferences stay in the text"
        }
        (Format::Iiif | Format::Html | Format::Pdf | Format::Checklist, "date" | "dimensions" | "artist") => {
            "it is words for people to read"
        }
        (Format::DublinCore, "artist") => "qualifier and role are part of the name",
        (Format::DublinCore | Format::SchemaOrg, "style" | "genre" | "tag" | "subject") => {
            "kinds of keywords are not told apart"
        }
        (
            Format::DublinCore,
            "inscription" | "distinguishing-features" | "location" | "repository" | "credit-line" | "note",
        ) => "it is one description among others",
        (Format::DublinCore, _) if !core => "it is one description among others",
        (
            Format::SchemaOrg,
            "inscription" | "distinguishing-features" | "location" | "repository" | "provenance" | "note",
        ) => "it is one description among others, its name in front",
        (Format::SchemaOrg, "artist") => "the role in the production is left out",
        (Format::SchemaOrg, "date") => "what can be understood is in EDTF, without the words that were written",
        (Format::SchemaOrg, _) if !core => "it is one description among others, its name in front",
        (
            Format::Xmp,
            "object-type" | "inscription" | "distinguishing-features" | "provenance" | "location" | "note",
        ) => "sidecars have no field for it",
        (Format::Xmp, "style" | "genre" | "tag" | "subject") => "kinds of keywords are not told apart",
        (Format::Xmp, _) if !core => "sidecars have no field for it",
        _ => return None,
    })
}

/// What becomes of a second value of the same property.
fn of_further_values(format: Format, property: &str) -> Option<&'static str> {
    Some(match (format, property) {
        (Format::Lido | Format::Lido10, "date") => {
            "several dates are displayed; earliest and latest day are the first one's"
        }
        (Format::LinkedArt, "date") => {
            "several dates are assignments beside each other, none of them the production's own"
        }
        (Format::LinkedArt, "dimensions") => {
            "measures of a part, such as the frame, and circumferences stay in the text"
        }
        (Format::LinkedArt, "location") => "a work has one location; further ones are notes",
        (Format::Iiif, "credit-line" | "description" | "rights") => "the first one stands out; all are in the metadata",
        (Format::Xmp, "title" | "description" | "rights" | "date" | "repository" | "identifier" | "credit-line") => {
            "sidecars have room for the first one"
        }
        _ => return None,
    })
}
