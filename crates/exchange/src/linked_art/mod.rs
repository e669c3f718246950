//! Linked Art 1.0: a JSON-LD document for each work, and one for what the work shows where subjects are recorded.
//!
//! What is asserted in the document itself is what a person stands by and nobody contests. An attribution that is doubtful, one of several,
//! or a model's word, and every other statement that is not simply a person's own word, is an `AttributeAssignment`: it names what was
//! assigned, who stands by it and when, and the mark in words. What nobody has reviewed is only there, classified as possible.

mod assertion;

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vitrine_catalogue::{Closeness, Scan, Statement, closeness, read_measures};

pub(crate) use assertion::{GENRE, TAG, qualifier};

use crate::addresses::aat;
use crate::folder::write_json;
use crate::marks::mark;
use crate::text::clean_line;
use crate::{Issuer, Record, RecordSource, Result, batch_id};
use assertion::{brief, class, words};

const CONTEXT: &str = "https://linked.art/ns/v1/linked-art.json";
/// What is in front of a batch's id in the note that every document of ours has.
pub(crate) const BATCH: &str = "exported from Vitrine, batch ";
/// The label of a scan's hash, and of a pack in front of its name and hash.
pub(crate) const SHA256: &str = "SHA-256";
pub(crate) const PACK: &str = "model pack";

/// The documents of records, all in memory: their names without ending, and their contents.
pub fn linked_art(records: &[Record], issuer: &Issuer, at: Timestamp) -> Result<Vec<(String, Value)>> {
    let batch = batch_id(records, issuer, at)?;
    Ok(records.iter().flat_map(|record| LinkedArt { record, issuer, batch: &batch }.documents()).collect())
}

/// Writes the documents of records into a folder, a file each.
pub(crate) fn write_linked_art(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    folder: &Path,
) -> Result<()> {
    let batch = batch_id(records, issuer, at)?;
    records.each(&mut |record| {
        let mut documents = LinkedArt { record, issuer, batch: &batch }.documents().into_iter();
        documents.try_for_each(|(name, document)| write_json(&folder.join(format!("{name}.json")), &document))
    })
}

struct LinkedArt<'a> {
    record: &'a Record,
    issuer: &'a Issuer,
    batch: &'a str,
}

impl<'a> LinkedArt<'a> {
    fn documents(&self) -> Vec<(String, Value)> {
        let number = self.record.card.id.to_string();
        let mut documents = vec![(format!("work-{number}"), self.work())];
        documents.extend(self.visual_item().map(|item| (format!("visual-{number}"), item)));
        documents
    }

    fn all_affirmed(&self) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.record.statements.iter().filter(|statement| statement.state.is_affirmed())
    }

    fn affirmed(&self, property: &'static str) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.all_affirmed().filter(move |statement| statement.property == property)
    }

    fn label(&self) -> String {
        clean_line(&self.record.card.title)
    }

    fn work(&self) -> Value {
        let number = self.record.card.id.to_string();
        let mut work = Map::new();
        work.insert("@context".into(), CONTEXT.into());
        work.insert("id".into(), self.issuer.address("work", &number).into());
        work.insert("type".into(), "HumanMadeObject".into());
        work.insert("_label".into(), self.label().into());
        for statement in self.all_affirmed() {
            match self.asserted(statement) {
                // They are put together below.
                ("produced_by" | "shows", _) => {}
                // A work has one location; further ones are told.
                (key @ "current_location", value) if !work.contains_key(key) => drop(work.insert(key.into(), value)),
                ("current_location", _) => append(&mut work, "referred_to_by", self.said(statement)),
                (key, value) => append(&mut work, key, value),
            }
        }
        self.make_first_name_primary(&mut work);
        let own = format!("{}:{number}", self.issuer.id_prefix);
        let own = json!({"type": "Identifier", "content": own, "classified_as": [class(aat::SYSTEM_NUMBER)]});
        append(&mut work, "identified_by", own);
        let batch = format!("{BATCH}{}", self.batch);
        let batch = json!({"type": "LinguisticObject", "_label": "export batch", "content": batch, "classified_as": [brief(aat::NOTE)]});
        append(&mut work, "referred_to_by", batch);
        for dimension in self.dimensions() {
            append(&mut work, "dimension", dimension);
        }
        for scan in &self.record.scans {
            append(&mut work, "representation", representation(scan));
        }
        for assignment in self.assignments() {
            append(&mut work, "attributed_by", assignment);
        }
        if !self.shown().is_empty() {
            let id = self.issuer.address("visual", &number);
            append(&mut work, "shows", json!({"id": id, "type": "VisualItem", "_label": self.label()}));
        }
        if let Some(production) = self.production() {
            work.insert("produced_by".into(), production.into());
        }
        work.into()
    }

    fn make_first_name_primary(&self, work: &mut Map<String, Value>) {
        let names = work.get_mut("identified_by").and_then(Value::as_array_mut);
        let first = names.and_then(|names| names.iter_mut().find(|name| name["type"] == "Name"));
        if let Some(name) = first.and_then(Value::as_object_mut) {
            name.insert("classified_as".into(), json!([class(aat::PRIMARY_NAME)]));
        }
    }

    /// The measures of the whole; those of a frame and the like stay in the text, which says what they are of.
    fn dimensions(&self) -> Vec<Value> {
        let Some(statement) = self.affirmed("dimensions").next() else { return Vec::new() };
        let groups = statement.value.as_deref().and_then(read_measures).map(|m| m.0).unwrap_or_default();
        let whole = |part: &Option<String>| part.as_ref().is_none_or(|part| part.eq_ignore_ascii_case("overall"));
        let measures = groups.iter().filter(|group| whole(&group.part)).flat_map(|g| g.measures.iter().chain(&g.again));
        measures
            .filter_map(|measure| {
                let unit = (aat::unit(measure.unit), measure.unit.symbol());
                let kind = (aat::measure(measure.kind)?, measure.kind.name());
                Some(dimension(kind, number(measure.amount.value()), unit))
            })
            .collect()
    }

    /// When the work was made, where only one date is told, and by whom, where nobody doubts it.
    fn production(&self) -> Option<Map<String, Value>> {
        let mut production = Map::new();
        for property in ["date", "artist"] {
            let mut told = self.affirmed(property);
            if let (Some(statement), None) = (told.next(), told.next())
                && (property == "date" || !is_doubtful(statement))
                && let (_, Value::Object(part)) = self.asserted(statement)
            {
                production.extend(part);
            }
        }
        (!production.is_empty()).then_some(production)
    }

    fn assignments(&self) -> Vec<Value> {
        let (artists, dates) = (self.affirmed("artist").count(), self.affirmed("date").count());
        let assigned = self.record.statements.iter().filter(|statement| {
            let contested = match statement.property.as_str() {
                "artist" => artists > 1 || is_doubtful(statement),
                "date" => dates > 1,
                _ => false,
            };
            contested || mark(statement).is_some() || !statement.state.is_affirmed()
        });
        assigned.map(|statement| self.assignment(statement)).collect()
    }

    fn assignment(&self, statement: &Statement) -> Value {
        let (property, value) = self.asserted(statement);
        let mut assignment = Map::new();
        assignment.insert("type".into(), "AttributeAssignment".into());
        let label = format!("{}: {}", statement.property, clean_line(&words(statement)));
        assignment.insert("_label".into(), label.into());
        assignment.insert("assigned_property".into(), property.into());
        assignment.insert("assigned".into(), json!([value]));
        let standing = match statement.state.is_affirmed() {
            false => Some(aat::POSSIBLY),
            true => match qualifier(statement).as_deref().and_then(closeness) {
                Some(Closeness::Former) => Some(aat::OBSOLETE),
                Some(Closeness::Doubtful) => Some(aat::PROBABLY),
                _ => None,
            },
        };
        if let Some(standing) = standing {
            assignment.insert("classified_as".into(), json!([class(standing)]));
        }
        if let Some(mark) = mark(statement) {
            assignment.insert(
                "referred_to_by".into(),
                json!([{"type": "LinguisticObject", "content": clean_line(&mark), "classified_as": [brief(aat::NOTE)]}]),
            );
        }
        if let Some(pack) = &statement.proposed_by {
            let name = format!("{} {}", pack.id, pack.version);
            let label = format!("{PACK} {name}, {SHA256} {}", pack.weights_sha256);
            let id = self.issuer.address("pack", &name);
            assignment.insert(
                "influenced_by".into(),
                json!([{"id": id, "type": "DigitalObject", "_label": clean_line(&label)}]),
            );
        }
        if let Some(person) = &statement.decided_by {
            assignment.insert("carried_out_by".into(), json!([self.reference("person", "Person", person)]));
            let moment = statement.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            assignment.insert(
                "timespan".into(),
                json!({"type": "TimeSpan", "begin_of_the_begin": moment, "end_of_the_end": moment}),
            );
        }
        assignment.into()
    }

    /// The terms that say what the work shows.
    fn shown(&self) -> Vec<Value> {
        let subjects = self.affirmed("subject").chain(self.affirmed("tag"));
        let terms = subjects.filter_map(|statement| {
            let (_, mut shown) = self.asserted(statement);
            shown["represents_instance_of_type"].get_mut(0).map(Value::take)
        });
        terms.collect()
    }

    fn visual_item(&self) -> Option<Value> {
        let shown = self.shown();
        (!shown.is_empty()).then(|| {
            json!({
                "@context": CONTEXT,
                "id": self.issuer.address("visual", &self.record.card.id.to_string()),
                "type": "VisualItem",
                "_label": self.label(),
                "represents_instance_of_type": shown,
            })
        })
    }
}

/// Puts a value at the end of the list at a key.
fn append(document: &mut Map<String, Value>, key: &str, value: Value) {
    if let Some(list) = document.entry(key).or_insert_with(|| json!([])).as_array_mut() {
        list.push(value);
    }
}

/// Whether a statement about the maker says less than that this person made the work.
fn is_doubtful(statement: &Statement) -> bool {
    let kind = qualifier(statement).map(|words| closeness(&words));
    statement.proposed_by.is_some() || matches!(kind, Some(None | Some(Closeness::Doubtful | Closeness::Former)))
}

fn dimension(kind: (&str, &str), value: Value, unit: (&str, &str)) -> Value {
    json!({
        "type": "Dimension",
        "value": value,
        "unit": {"id": unit.0, "type": "MeasurementUnit", "_label": unit.1},
        "classified_as": [class(kind)],
    })
}

/// Whole numbers without a decimal point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value < 1e15 { json!(value as i64) } else { json!(value) }
}

fn representation(scan: &Scan) -> Value {
    let name = clean_line(&scan.file_name());
    let sides = [(aat::WIDTH, scan.width), (aat::HEIGHT, scan.height)];
    json!({
        "type": "VisualItem",
        "_label": name,
        "digitally_shown_by": [{
            "type": "DigitalObject",
            "_label": name,
            "format": format!("image/{}", scan.format.to_ascii_lowercase()),
            "classified_as": [class(aat::DIGITAL_IMAGE)],
            "identified_by": [{"type": "Identifier", "_label": SHA256, "content": scan.sha256}],
            "dimension": sides.map(|(kind, pixels)| dimension(kind, pixels.into(), aat::PIXELS)),
        }],
    })
}
