//! LIDO 1.0 and 1.1, ours and others'.

use vitrine_catalogue::{Concept, split_qualifier};

use super::tree::{self, Element};
use super::{FileClaim, FileRecord, FileScan};
use crate::lido::{FILE_NAME, LOCAL_IDENTIFIER, NO_OBJECT_TYPE, NOT_REVIEWED, ORIGINS, SHA256};

pub(super) fn read(text: &str) -> Result<(Vec<FileRecord>, Vec<String>), String> {
    let root = tree::read(text)?;
    let mut records: Vec<&Element> = root.all(&["lidoWrap", "lido"]);
    records.extend(root.all(&["lido"]));
    if records.is_empty() {
        return Err("it holds no LIDO record".into());
    }
    Ok((records.into_iter().map(record).collect(), Vec::new()))
}

fn record(lido: &Element) -> FileRecord {
    let mut claims = Vec::new();
    for part in lido.all(&["descriptiveMetadata"]) {
        classification(part, &mut claims);
        identification(part, &mut claims);
        production(part, &mut claims);
        for subject in part.all(&["objectRelationWrap", "subjectWrap", "subjectSet", "subject"]) {
            let property = if subject.attribute("type") == Some("tag") { "tag" } else { "subject" };
            for concept in subject.all(&["subjectConcept"]) {
                claims.extend(term(property, concept));
            }
        }
    }
    for part in lido.all(&["administrativeMetadata"]) {
        for set in part.all(&["rightsWorkWrap", "rightsWorkSet"]) {
            for rights in set.all(&["rightsType"]) {
                let address = rights.all(&["conceptID"]).into_iter().map(|id| id.text.trim());
                let known = address.into_iter().find(|id| vitrine_catalogue::rights_statement(id).is_some());
                let claim = term("rights", rights);
                claims.extend(match (claim, known) {
                    // In our records the first term is what was recorded; in others' the address says more than its label.
                    (Some(claim), Some(address)) if vitrine_catalogue::rights_statement(&claim.value).is_none() => {
                        Some(FileClaim { value: address.to_owned(), ..claim })
                    }
                    (claim, _) => claim,
                });
            }
            for credit in set.all(&["creditLine"]) {
                claims.extend(labelled("credit-line", credit));
            }
        }
    }
    let place = lido.text_of(&["lidoRecID"]).map_or_else(|| "a record without id".into(), |id| format!("record {id}"));
    FileRecord { place, scan: scan(lido), claims }
}

/// A claim; what stands behind words that nobody has reviewed is taken away and noted.
fn claim(property: &str, text: &str, origin: Option<&str>) -> Option<FileClaim> {
    let text = text.trim();
    let (text, undecided) = match text.strip_suffix(&format!(" ({NOT_REVIEWED})")) {
        Some(text) => (text, true),
        None => (text, false),
    };
    if text.is_empty() || property.is_empty() {
        return None;
    }
    let claim = FileClaim { property: property.to_owned(), value: text.to_owned(), ..FileClaim::default() };
    let mut claim = claim.with_origin(origin.unwrap_or_default());
    claim.undecided |= undecided;
    Some(claim)
}

/// The first term of a concept, preferred or not; its label is its origin in our records.
fn term(property: &str, concept: &Element) -> Option<FileClaim> {
    let term = concept.all(&["term"]).into_iter().find(|term| !term.text.trim().is_empty())?;
    if term.attribute("label") == Some(NO_OBJECT_TYPE) {
        return None;
    }
    let claim = claim(property, &term.text, term.attribute("label"))?;
    Some(FileClaim { concept: named_by(concept, "conceptID"), ..claim })
}

/// The concept that ids name. Only ids that say of which list they are count; without an id within the list, the one on the web is that.
fn named_by(element: &Element, name: &str) -> Option<Concept> {
    let ids = element.all(&[name]);
    let list = ids.iter().find_map(|id| id.attribute("source").filter(|list| !list.trim().is_empty()))?;
    let of_list = || ids.iter().filter(|id| id.attribute("source") == Some(list));
    let uri = of_list().map(|id| id.text.trim()).find(|id| id.starts_with("http://") || id.starts_with("https://"));
    let within = of_list().find(|id| id.attribute("type") == Some(LOCAL_IDENTIFIER)).map(|id| id.text.trim());
    Concept::new(list, within.or(uri)?, uri)
}

fn labelled(property: &str, element: &Element) -> Option<FileClaim> {
    claim(property, &element.text, element.attribute("label"))
}

fn classification(part: &Element, claims: &mut Vec<FileClaim>) {
    for kind in part.all(&["objectClassificationWrap", "objectWorkTypeWrap", "objectWorkType"]) {
        claims.extend(term("object-type", kind));
    }
    for class in part.all(&["objectClassificationWrap", "classificationWrap", "classification"]) {
        let property = match class.attribute("type") {
            Some(kind) if kind.to_lowercase().contains("style") => "style",
            _ => "genre",
        };
        claims.extend(term(property, class));
    }
}

fn identification(part: &Element, claims: &mut Vec<FileClaim>) {
    for part in part.all(&["objectIdentificationWrap"]) {
        for set in
            part.all(&["titleWrap", "titleSet"]).into_iter().filter(|set| set.attribute("type") != Some(FILE_NAME))
        {
            let origin = set.text_of(&["sourceAppellation"]);
            let values = set.all(&["appellationValue"]);
            claims.extend(values.into_iter().filter_map(|value| claim("title", &value.text, origin)));
        }
        for inscription in part.all(&["inscriptionsWrap", "inscriptions", "inscriptionTranscription"]) {
            claims.extend(labelled("inscription", inscription));
        }
        for set in part.all(&["repositoryWrap", "repositorySet"]) {
            for name in set.all(&["repositoryName", "legalBodyName"]) {
                let text = name.text_of(&["appellationValue"]).unwrap_or_default();
                claims.extend(claim("repository", text, name.text_of(&["sourceAppellation"])));
            }
            claims.extend(set.all(&["workID"]).into_iter().filter_map(|id| labelled("identifier", id)));
            for name in set.all(&["repositoryLocation", "namePlaceSet"]) {
                let text = name.text_of(&["appellationValue"]).unwrap_or_default();
                claims.extend(claim("location", text, name.text_of(&["sourceAppellation"])));
            }
        }
        for set in part.all(&["objectDescriptionWrap", "objectDescriptionSet"]) {
            let kind = set.attribute("type").unwrap_or("description");
            if kind == ORIGINS {
                continue;
            }
            let property = property_of(kind);
            let origin = set.text_of(&["sourceDescriptiveNote"]);
            let notes = set.all(&["descriptiveNoteValue"]);
            claims.extend(notes.into_iter().filter_map(|note| claim(&property, &note.text, origin)));
        }
        let measures = part.all(&["objectMeasurementsWrap", "objectMeasurementsSet", "displayObjectMeasurements"]);
        claims.extend(measures.into_iter().filter_map(|text| labelled("dimensions", text)));
    }
}

/// The type of a description as a property's key; others' types are words with capitals and spaces.
pub(super) fn property_of(kind: &str) -> String {
    let key: String = kind
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' })
        .take(60)
        .collect();
    let key = key.trim_matches('-').to_owned();
    // An address as a type, which our keys are not.
    if key.is_empty() || kind.contains("://") { "description".into() } else { key }
}

fn production(part: &Element, claims: &mut Vec<FileClaim>) {
    for event in part.all(&["eventWrap", "eventSet", "event"]) {
        let of_production = event.one(&["eventType"]).is_none_or(|kind| {
            let told = kind.children.iter().map(|child| child.text.trim().to_lowercase());
            let known = |text: String| {
                text.ends_with("lido00007") || text.contains("production") || text.contains("herstellung")
            };
            told.into_iter().any(known)
        });
        if !of_production {
            continue;
        }
        for actor in event.all(&["eventActor"]) {
            claims.extend(maker(actor));
        }
        for date in event.all(&["eventDate"]) {
            let displayed: Vec<FileClaim> =
                date.all(&["displayDate"]).into_iter().filter_map(|text| labelled("date", text)).collect();
            match displayed.is_empty() {
                false => claims.extend(displayed),
                true => claims.extend(days(date).and_then(|days| claim("date", &days, None))),
            }
        }
        for set in event.all(&["eventMaterialsTech"]) {
            let origin = set.text_of(&["materialsTech", "sourceMaterialsTech"]);
            let shown = set.text_of(&["displayMaterialsTech"]);
            let shown = shown.or_else(|| set.text_of(&["materialsTech", "termMaterialsTech", "term"]));
            let named = set.one(&["materialsTech", "termMaterialsTech"]).and_then(|term| named_by(term, "conceptID"));
            let claim = shown.and_then(|text| claim("media", text, origin));
            claims.extend(claim.map(|claim| FileClaim { concept: named, ..claim }));
        }
    }
}

/// Earliest and latest day as one date of EDTF.
fn days(date: &Element) -> Option<String> {
    let (first, last) = (date.text_of(&["date", "earliestDate"]), date.text_of(&["date", "latestDate"]));
    match (first, last) {
        (Some(first), Some(last)) if first == last => Some(first.to_owned()),
        (Some(first), Some(last)) => Some(format!("{first}/{last}")),
        (Some(day), None) => Some(format!("{day}/..")),
        (None, Some(day)) => Some(format!("../{day}")),
        (None, None) => None,
    }
}

/// A maker as displayed, or by name, role and qualifier where nothing is displayed.
fn maker(actor: &Element) -> Option<FileClaim> {
    let role = actor.one(&["actorInRole"]);
    let displayed = actor.one(&["displayActorInRole"]);
    let told = |path: &[&str]| role.and_then(|role| role.text_of(path));
    // 1.1 has a term in the qualifier, 1.0 a text.
    let qualifiers = role.map(|role| role.all(&["attributionQualifierActor"])).unwrap_or_default();
    let mut qualifiers: Vec<&str> =
        qualifiers.into_iter().map(|q| q.text_of(&["term"]).unwrap_or(q.text.trim())).collect();
    let undecided = qualifiers.contains(&NOT_REVIEWED);
    qualifiers.retain(|qualifier| !qualifier.is_empty() && *qualifier != NOT_REVIEWED);
    let origin = told(&["sourceActorInRole"]).or_else(|| displayed.and_then(|displayed| displayed.attribute("label")));
    let name = told(&["actor", "nameActorSet", "appellationValue"]);
    let text = match displayed.map(|displayed| displayed.text.trim()).filter(|text| !text.is_empty()) {
        Some(text) => text.to_owned(),
        None => match told(&["roleActor", "term"]) {
            Some(role) => format!("{} ({role})", name?),
            None => name?.to_owned(),
        },
    };
    let mut claim = claim("artist", &text, origin)?;
    claim.undecided |= undecided;
    claim.concept = role.and_then(|role| role.one(&["actor"])).and_then(|actor| named_by(actor, "actorID"));
    let own = qualifiers.first().copied();
    let stripped = own.and_then(|own| claim.value.strip_prefix(own)?.strip_prefix(' ').map(str::to_owned));
    match (own, stripped) {
        (Some(own), Some(rest)) => (claim.qualifier, claim.value) = (Some(own.to_owned()), rest),
        // The displayed text has it in other words, and keeps them; or not at all, and it must not get lost.
        (Some(own), None) => {
            if split_qualifier(&claim.value).0.is_none() {
                claim.qualifier = Some(own.to_owned());
            }
        }
        (None, _) => {}
    }
    Some(claim)
}

fn scan(lido: &Element) -> FileScan {
    let sets = lido.all(&["administrativeMetadata", "resourceWrap", "resourceSet"]);
    let Some(set) = sets.into_iter().next() else { return FileScan::default() };
    let hash = set.all(&["resourceID"]).into_iter().find(|id| id.attribute("type") == Some(SHA256));
    let link = set.one(&["resourceRepresentation", "linkResource"]);
    let pixels = |side: &str| {
        let measures = set.all(&["resourceRepresentation", "resourceMeasurementsSet"]);
        let measure = measures.into_iter().find(|measure| measure.text_of(&["measurementType"]) == Some(side))?;
        measure.text_of(&["measurementValue"])?.parse().ok()
    };
    let format = link.and_then(|link| link.attribute("formatResource")?.strip_prefix("image/"));
    let format = format.map(super::scan_format);
    let name = link.map(|link| link.text.trim().to_owned()).filter(|name| !name.is_empty());
    FileScan {
        copy: name.clone(),
        name,
        sha256: hash.map(|id| id.text.trim().to_owned()),
        width: pixels("width"),
        height: pixels("height"),
        format,
    }
}
