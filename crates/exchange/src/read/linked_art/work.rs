//! A document about a work as a record.

use serde_json::{Map, Value};
use vitrine_catalogue::{Amount, Measure, MeasureGroup, MeasureKind, Measures, Unit, rights_statement};

use super::super::{FileClaim, FileRecord, FileScan};
use super::{
    ByAddress, Unread, address, claim, concept, content, is_classed, is_term, label, list, production,
    property_of_text, text,
};
use crate::addresses::{aat, encoded};
use crate::linked_art::{BATCH, GENRE, PACK, SHA256, TAG};

/// The widest class there is, which says nothing of a work.
const ARTWORK: &str = "aat:300133025";
/// Keys that say nothing that a record has.
const SILENT: [&str; 7] = ["@context", "id", "@id", "type", "@type", "_label", "equivalent"];

pub(super) fn record(document: &Value, by_address: &ByAddress<'_>, unread: &mut Unread) -> FileRecord {
    let texts = list(document, "referred_to_by").iter();
    let own = texts.filter_map(|said| text(said, "content")).any(|content| content.starts_with(BATCH));
    let mut work = Work { own, by_address, unread };
    let mut claims = work.claims(document);
    for assignment in list(document, "attributed_by").iter().chain(list(document, "assigned_by")) {
        for said in work.assigned(assignment) {
            // What a person accepted is asserted as well, and the assignment says whence it came.
            match claims.iter_mut().find(|claim| is_same(claim, &said)) {
                Some(claim) if said.origin.is_some() => *claim = said,
                Some(_) => {}
                None => claims.push(said),
            }
        }
    }
    unread.end_record();
    let place = address(document)
        .or_else(|| label(document))
        .map_or_else(|| "a record without id".into(), |id| format!("record {id}"));
    FileRecord { place, scan: scan(document), claims }
}

fn is_same(one: &FileClaim, other: &FileClaim) -> bool {
    one.property == other.property && one.value == other.value && one.qualifier == other.qualifier
}

struct Work<'a> {
    /// Whether the document was written by this program.
    own: bool,
    by_address: &'a ByAddress<'a>,
    unread: &'a mut Unread,
}

impl Work<'_> {
    fn claims(&mut self, work: &Value) -> Vec<FileClaim> {
        let mut claims = Vec::new();
        for (key, value) in work.as_object().into_iter().flatten() {
            let all = || list(work, key);
            match key.as_str() {
                "identified_by" => claims.extend(all().iter().filter_map(|name| self.name(name))),
                "classified_as" => claims.extend(all().iter().filter_map(|class| self.class(class))),
                "referred_to_by" => claims.extend(all().iter().filter_map(|said| self.said(said))),
                "produced_by" => {
                    for production in all() {
                        claims.extend(production::claims(production, self.own, self.unread));
                    }
                }
                "shows" => {
                    for item in all() {
                        claims.extend(self.shown(item));
                    }
                }
                "carries" => {
                    let texts = all().iter().filter_map(content);
                    claims.extend(texts.filter_map(|text| claim("inscription", &text)));
                }
                "current_custodian" => claims.extend(named("repository", all())),
                "current_owner" if work.get("current_custodian").is_none() => claims.extend(named("repository", all())),
                "current_location" => claims.extend(named("location", all())),
                "member_of" => claims.extend(named("collection", all())),
                "subject_to" => {
                    let rights = all().iter().flat_map(|right| list(right, "classified_as"));
                    claims.extend(rights.filter_map(|class| claim("rights", address(class).or_else(|| label(class))?)));
                }
                // What is told in words has them; otherwise it is put together, see below.
                "dimension" | "made_of" => {}
                "representation" | "attributed_by" | "assigned_by" => {}
                silent if SILENT.contains(&silent) => {}
                other => {
                    if !value.is_null() {
                        self.unread.leave(other);
                    }
                }
            }
        }
        let is_told = |property: &str| claims.iter().any(|claim| claim.property == property);
        let measures = if is_told("dimensions") { None } else { measures(list(work, "dimension")) };
        let materials = if is_told("media") { &[] } else { list(work, "made_of") };
        claims.extend(measures.and_then(|text| claim("dimensions", &text)));
        claims.extend(named("media", materials));
        claims
    }

    fn name(&mut self, name: &Value) -> Option<FileClaim> {
        match text(name, "type") {
            Some("Identifier") if is_classed(name, aat::SYSTEM_NUMBER) => None,
            Some("Identifier") => claim("identifier", &content(name)?),
            // A form that titles are sorted by is none that people read.
            Some("Name") if list(name, "classified_as").iter().any(|class| is_term(class, "aat:300451544")) => None,
            Some("Name") => claim("title", &content(name)?),
            _ => {
                self.unread.leave("identified_by");
                None
            }
        }
    }

    fn class(&self, class: &Value) -> Option<FileClaim> {
        let property = if is_classed(class, aat::STYLE) {
            "style"
        } else if is_of_kind(class, GENRE) {
            "genre"
        } else if is_term(class, ARTWORK) {
            return None;
        } else {
            "object-type"
        };
        self.term(property, class)
    }

    fn term(&self, property: &str, term: &Value) -> Option<FileClaim> {
        // Our own addresses of terms are made of the words.
        let own = self.own.then(|| format!("/term/{property}/"));
        let concept = concept(term, own.as_deref());
        let claim = claim(property, label(term)?)?;
        Some(FileClaim { concept, ..claim })
    }

    fn said(&mut self, said: &Value) -> Option<FileClaim> {
        let words = content(said)?;
        if self.own && words.starts_with(BATCH) {
            return None;
        }
        let property = property_of_text(said);
        if property == "note" && self.own {
            // A property of one's own is its note's label.
            return claim(text(said, "_label").unwrap_or("note"), &words);
        }
        if property == "rights" && rights_statement(&words).is_none() && !self.own {
            let listed =
                list(said, "classified_as").iter().filter_map(address).find(|id| rights_statement(id).is_some());
            return claim("rights", listed.unwrap_or(&words));
        }
        claim(&property, &words)
    }

    /// What an item of what a work shows says, in the document or in one of its own.
    fn shown(&mut self, item: &Value) -> Vec<FileClaim> {
        let item = address(item).and_then(|id| self.by_address.get(id).copied()).unwrap_or(item);
        let mut claims = Vec::new();
        for key in ["represents_instance_of_type", "represents", "about"] {
            for term in list(item, key) {
                let property = if is_of_kind(term, TAG) { "tag" } else { "subject" };
                claims.extend(self.term(property, term));
            }
        }
        let classes = list(item, "classified_as").iter();
        claims.extend(
            classes.filter_map(|class| self.term(if is_classed(class, aat::STYLE) { "style" } else { "genre" }, class)),
        );
        claims
    }

    /// What an assignment says, with the doubt, the origin and the pack that it reports.
    fn assigned(&mut self, assignment: &Value) -> Vec<FileClaim> {
        let Some(property) = text(assignment, "assigned_property") else {
            self.unread.leave("attributed_by");
            return Vec::new();
        };
        let reported = Map::from_iter([(property.to_owned(), Value::from(list(assignment, "assigned").to_vec()))]);
        let claims = self.claims(&reported.into());
        let origin = list(assignment, "referred_to_by").iter().find_map(content).unwrap_or_default();
        let standing = if self.own { None } else { production::standing(assignment) };
        let pack_hash = list(assignment, "influenced_by").iter().filter_map(label).find_map(|label| {
            let (_, hash) = label.strip_prefix(PACK)?.rsplit_once(&format!(", {SHA256} "))?;
            Some(hash.to_owned())
        });
        let told = claims.into_iter().map(|claim| {
            let mut claim = claim.with_origin(&origin);
            if let (Some(pack), Some(hash)) = (&mut claim.proposed_by, &pack_hash) {
                pack.weights_sha256.clone_from(hash);
            }
            match standing {
                Some(words) if claim.property == "artist" => {
                    claim.qualifier = claim.qualifier.or(Some(words.to_owned()))
                }
                Some(_) => claim.undecided = true,
                None => {}
            }
            claim
        });
        told.collect()
    }
}

/// Whether a term is of one of our own kinds, which no published list tells apart.
fn is_of_kind(term: &Value, kind: &str) -> bool {
    let end = format!("/term/kind/{}", encoded(kind));
    list(term, "classified_as").iter().filter_map(address).any(|address| address.ends_with(&end))
}

/// Claims of things by their labels.
fn named<'a>(property: &'static str, things: &'a [Value]) -> impl Iterator<Item = FileClaim> + use<'a> {
    things.iter().filter_map(move |thing| {
        let claim = claim(property, label(thing)?)?;
        Some(FileClaim { concept: concept(thing, None), ..claim })
    })
}

/// Single measures in words, those of a unit together.
fn measures(dimensions: &[Value]) -> Option<String> {
    let mut groups: Vec<MeasureGroup> = Vec::new();
    for dimension in dimensions {
        let kind = MeasureKind::ALL.into_iter().find(|kind| {
            aat::measure(*kind).is_some_and(|term| is_classed(dimension, (term, "")))
                || is_labelled(dimension, kind.name())
        });
        let unit = dimension.get("unit").and_then(|told| {
            Unit::ALL.into_iter().find(|unit| is_term(told, aat::unit(*unit)) || label(told) == Some(unit.symbol()))
        });
        let value = dimension.get("value").and_then(Value::as_f64).filter(|value| (0.0..1e9).contains(value));
        let (Some(kind), Some(unit), Some(value)) = (kind, unit, value) else { continue };
        let Some(amount) = Amount::new((value * 1e6).round() as u64, 1_000_000) else { continue };
        let measure = Measure { kind, amount, unit, named: true };
        match groups.iter_mut().find(|group| group.measures.first().is_some_and(|first| first.unit == unit)) {
            Some(group) => group.measures.push(measure),
            None => groups.push(MeasureGroup { part: None, measures: vec![measure], again: Vec::new() }),
        }
    }
    (!groups.is_empty()).then(|| Measures(groups).to_string())
}

fn is_labelled(dimension: &Value, name: &str) -> bool {
    list(dimension, "classified_as").iter().filter_map(label).any(|label| label.eq_ignore_ascii_case(name))
}

/// The first scan that the document speaks of: by its name, or the end of the address where it can be had.
fn scan(document: &Value) -> FileScan {
    let shown = list(document, "representation").iter().flat_map(|item| list(item, "digitally_shown_by"));
    let Some(file) = shown.into_iter().next() else { return FileScan::default() };
    let at = list(file, "access_point").iter().find_map(address);
    let at = at.and_then(|address| address.split(['?', '#']).next()?.rsplit('/').next());
    let named = text(file, "_label").or(at).map(str::to_owned).filter(|name| !name.is_empty());
    let hash = list(file, "identified_by").iter().find(|id| text(id, "_label") == Some(SHA256)).and_then(content);
    let side = |term: (&str, &str)| {
        let side = list(file, "dimension").iter().find(|dimension| is_classed(dimension, term))?;
        side.get("value")?.as_u64().and_then(|pixels| u32::try_from(pixels).ok())
    };
    FileScan {
        copy: named.clone(),
        name: named,
        sha256: hash,
        width: side(aat::WIDTH),
        height: side(aat::HEIGHT),
        format: text(file, "format").and_then(|kind| kind.strip_prefix("image/")).map(super::super::scan_format),
    }
}
