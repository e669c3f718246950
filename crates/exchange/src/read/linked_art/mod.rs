//! Linked Art, ours and others': documents of JSON-LD one by one, in lists, folders and packed in a ZIP file.
//!
//! What a document asserts becomes claims; so does what it reports that somebody assigned, with the doubt that it reports. What is not
//! understood is counted, and said once for the whole file.

mod documents;
mod production;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;
use vitrine_catalogue::Concept;

pub(super) use documents::is_of_documents;

use super::{FileClaim, FileRecord};
use crate::addresses::aat;

/// Documents by their addresses, for what a work shows stands in a document of its own.
type ByAddress<'a> = HashMap<&'a str, &'a Value>;

/// Reads a folder, a ZIP file or a single file of documents.
pub(super) fn read(path: &Path) -> Result<(Vec<FileRecord>, Vec<String>), String> {
    let (documents, mut problems) = documents::read(path)?;
    let told = |document: &&Value| {
        let kind = text(document, "type").or_else(|| text(document, "@type"));
        matches!(kind, Some("HumanMadeObject" | "ManMadeObject" | "crm:E22_Human-Made_Object"))
    };
    let by_address: ByAddress<'_> =
        documents.iter().filter_map(|document| Some((address(document)?, document))).collect();
    let mut unread = Unread::default();
    let works = documents.iter().filter(told);
    let records: Vec<FileRecord> = works.map(|document| work::record(document, &by_address, &mut unread)).collect();
    if records.is_empty() && problems.is_empty() {
        return Err(
            "it holds no work of Linked Art (a document of the type HumanMadeObject); choose another file".into()
        );
    }
    problems.extend(unread.sentences());
    Ok((records, problems))
}

/// What of the documents is not understood: how many records have it, by where it stands.
#[derive(Debug, Default)]
struct Unread {
    records: BTreeMap<String, usize>,
    of_this_record: Vec<String>,
}

impl Unread {
    fn leave(&mut self, what: &str) {
        if !self.of_this_record.iter().any(|known| known == what) {
            self.of_this_record.push(what.to_owned());
        }
    }

    fn end_record(&mut self) {
        for what in self.of_this_record.drain(..) {
            *self.records.entry(what).or_default() += 1;
        }
    }

    fn sentences(self) -> Vec<String> {
        let told = self.records.into_iter();
        told.map(|(what, count)| match count {
            1 => format!("one record has “{what}”, which is not read and is left out"),
            _ => format!("{count} records have “{what}”, which is not read and is left out"),
        })
        .collect()
    }
}

/// The values at a key: those of a list, or the one that stands there alone.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match value.get(key) {
        Some(Value::Array(values)) => values,
        Some(Value::Null) | None => &[],
        Some(value) => std::slice::from_ref(value),
    }
}

/// The text at a key; the first one where others write several.
fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    list(value, key).first().and_then(Value::as_str)
}

fn address(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| text(value, "id")).or_else(|| text(value, "@id"))
}

/// What people call a thing: its label, or the name that stands in it.
fn label(value: &Value) -> Option<&str> {
    let named = || list(value, "identified_by").iter().find(|name| text(name, "type") == Some("Name"));
    let told = text(value, "_label").or_else(|| text(named()?, "content"));
    told.map(str::trim).filter(|label| !label.is_empty())
}

/// The addresses that a thing goes by: its own, and those of others that mean the same.
fn addresses(value: &Value) -> impl Iterator<Item = &str> {
    address(value).into_iter().chain(list(value, "equivalent").iter().filter_map(address))
}

/// Whether one of a thing's classes is this term of the AAT, by any of its addresses.
fn is_classed(value: &Value, term: (&str, &str)) -> bool {
    list(value, "classified_as").iter().any(|class| is_term(class, term.0))
}

fn is_term(class: &Value, term: &str) -> bool {
    let number = aat_number(term);
    number.is_some() && addresses(class).any(|address| aat_number(address) == number)
}

/// The number of a term of the AAT, however its address begins.
fn aat_number(address: &str) -> Option<&str> {
    let rest =
        address.rsplit_once("vocab.getty.edu/aat/").map(|(_, rest)| rest).or_else(|| address.strip_prefix("aat:"));
    rest.map(|number| number.trim_end_matches('/'))
}

/// Published lists by how their addresses begin.
const LISTS: [(&str, &str); 9] = [
    ("vocab.getty.edu/aat/", "AAT"),
    ("vocab.getty.edu/ulan/", "ULAN"),
    ("vocab.getty.edu/tgn/", "TGN"),
    ("iconclass.org/", "Iconclass"),
    ("www.wikidata.org/entity/", "Wikidata"),
    ("viaf.org/viaf/", "VIAF"),
    ("d-nb.info/gnd/", "GND"),
    ("id.loc.gov/authorities/names/", "LCNAF"),
    ("id.loc.gov/authorities/subjects/", "LCSH"),
];

/// The concept that a thing names: by the list that it says itself, as our documents do, or by an address of a published one. Addresses of
/// the issuer's own terms (`own`) are no concept.
fn concept(value: &Value, own: Option<&str>) -> Option<Concept> {
    let within = list(value, "identified_by").iter().find(|id| text(id, "type") == Some("Identifier"));
    if let (Some(own), Some(within)) = (own, within)
        && let (Some(list), Some(id)) = (text(within, "_label"), text(within, "content"))
    {
        return Concept::new(list, id, address(value).filter(|address| !address.contains(own)));
    }
    addresses(value).find_map(|address| {
        let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
        let (id, list) = LISTS.iter().find_map(|(front, list)| Some((bare.strip_prefix(front)?, *list)))?;
        let id = percent_encoding::percent_decode_str(id.trim_end_matches('/')).decode_utf8().ok()?;
        Concept::new(list, &id, Some(address))
    })
}

/// A claim of these words.
fn claim(property: &str, words: &str) -> Option<FileClaim> {
    let words = words.trim();
    let claim = FileClaim { property: property.to_owned(), value: words.to_owned(), ..FileClaim::default() };
    (!words.is_empty()).then_some(claim)
}

/// The words of a text, whatever form its content has.
fn content(value: &Value) -> Option<String> {
    match list(value, "content").first()? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The words that others use for AAT's classes of texts, and the properties that they are here.
const TEXTS: [(&str, &str); 17] = [
    (aat::MATERIALS.0, "media"),
    (aat::DIMENSIONS.0, "dimensions"),
    (aat::DESCRIPTION.0, "description"),
    (aat::INSCRIPTION.0, "inscription"),
    (aat::PROVENANCE.0, "provenance"),
    (aat::CREDIT.0, "credit-line"),
    (aat::RIGHTS.0, "rights"),
    (aat::NOTE.0, "note"),
    ("aat:300411780", "description"),
    ("aat:300080091", "description"),
    ("aat:300404764", "description"),
    ("aat:300028702", "inscription"),
    ("aat:300435418", "credit-line"),
    ("aat:300444174", "provenance"),
    ("aat:300055863", "provenance"),
    ("aat:300055547", "rights"),
    ("aat:300265639", "note"),
];

/// The property that a text about a work is.
fn property_of_text(value: &Value) -> String {
    let known = TEXTS.iter().find(|(term, _)| list(value, "classified_as").iter().any(|class| is_term(class, term)));
    if let Some((_, property)) = known {
        return (*property).to_owned();
    }
    // A kind that is not known by its number is a property of that name, like LIDO's types of descriptions.
    let named = list(value, "classified_as").iter().filter(|class| !is_term(class, aat::BRIEF_TEXT.0)).find_map(label);
    named.map_or_else(|| "note".into(), super::lido::property_of)
}
