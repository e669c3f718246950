//! Linked Art 1.0: a JSON-LD document for each work, and one for what the work shows where subjects are recorded.
//!
//! What is asserted in the document itself is what a person stands by and nobody contests. An attribution that is doubtful, one of several,
//! or a model's word, and every other statement that a model proposed, is an `AttributeAssignment`: it names what was assigned, who stands
//! by it and when, and the mark in words. What nobody has reviewed is only there, classified as possible.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vitrine_catalogue::{
    Closeness, Limit, Scan, Statement, closeness, read_date, read_maker, read_measures, rights_statement,
};

use crate::addresses::aat;
use crate::marks::mark;
use crate::text::{clean, clean_line};
use crate::{Issuer, Record, batch_id};

const CONTEXT: &str = "https://linked.art/ns/v1/linked-art.json";

/// A document: its name without ending, and its contents.
type Document = (String, Value);

/// The documents of records: their names without ending, and their contents.
pub fn linked_art(records: &[Record], issuer: &Issuer, at: Timestamp) -> Vec<(String, Value)> {
    let batch = batch_id(records, issuer, at);
    records.iter().flat_map(|record| LinkedArt { record, issuer, batch: &batch }.documents()).collect()
}

struct LinkedArt<'a> {
    record: &'a Record,
    issuer: &'a Issuer,
    batch: &'a str,
}

impl<'a> LinkedArt<'a> {
    fn documents(&self) -> Vec<Document> {
        let number = self.record.card.id.to_string();
        let mut documents = vec![(format!("work-{number}"), self.work())];
        documents.extend(self.visual_item().map(|item| (format!("visual-{number}"), item)));
        documents
    }

    fn affirmed(&self, property: &'static str) -> impl Iterator<Item = &'a Statement> + use<'a> {
        self.record.statements.iter().filter(move |s| s.property == property && s.state.is_affirmed())
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
        let mut put = |key: &str, values: Vec<Value>| {
            if !values.is_empty() {
                work.insert(key.into(), values.into());
            }
        };
        put("identified_by", self.names(&number));
        put("classified_as", self.classes());
        put("referred_to_by", self.texts());
        put("dimension", self.dimensions());
        put("representation", self.record.scans.iter().map(representation).collect());
        put("attributed_by", self.assignments());
        put(
            "current_custodian",
            self.affirmed("repository").map(|s| self.reference("group", "Group", &text(s))).collect(),
        );
        if self.shows_something() {
            put(
                "shows",
                vec![
                    json!({"id": self.issuer.address("visual", &number), "type": "VisualItem", "_label": self.label()}),
                ],
            );
        }
        if let Some(place) = self.affirmed("location").next() {
            work.insert("current_location".into(), self.reference("place", "Place", &text(place)));
        }
        if let Some(production) = self.production() {
            work.insert("produced_by".into(), production);
        }
        work.into()
    }

    fn names(&self, number: &str) -> Vec<Value> {
        let titles = self.affirmed("title").enumerate().map(|(index, statement)| match index {
            0 => json!({"type": "Name", "content": text(statement), "classified_as": [class(aat::PRIMARY_NAME)]}),
            _ => json!({"type": "Name", "content": text(statement)}),
        });
        let numbers = self.affirmed("identifier").map(
            |s| json!({"type": "Identifier", "content": text(s), "classified_as": [class(aat::ACCESSION_NUMBER)]}),
        );
        let own = format!("{}:{number}", self.issuer.id_prefix);
        let own = json!({"type": "Identifier", "content": own, "classified_as": [class(aat::SYSTEM_NUMBER)]});
        titles.chain(numbers).chain([own]).collect()
    }

    /// A concept of a list where the word was taken from one and a person stands by it; otherwise a term of our own, the word that was recorded,
    /// under an address of the issuer.
    fn term(&self, statement: &Statement) -> Value {
        let word = text(statement);
        if let Some(concept) = statement.concept.as_ref().filter(|_| statement.state.is_affirmed()) {
            let own = || self.issuer.address(&format!("term/{}", statement.property), &word);
            let id = concept.uri().map_or_else(own, str::to_owned);
            let within = json!({"type": "Identifier", "_label": clean_line(concept.list()), "content": concept.id()});
            return json!({"id": id, "type": "Type", "_label": word, "identified_by": [within]});
        }
        json!({"id": self.issuer.address(&format!("term/{}", statement.property), &word), "type": "Type", "_label": word})
    }

    fn reference(&self, kind: &str, class: &str, name: &str) -> Value {
        json!({"id": self.issuer.address(kind, name), "type": class, "_label": clean_line(name)})
    }

    fn classes(&self) -> Vec<Value> {
        let with = |statement: &Statement, meta: Option<(&str, &str)>| {
            let mut term = self.term(statement);
            if let (Some(term), Some(meta)) = (term.as_object_mut(), meta) {
                term.insert("classified_as".into(), json!([class(meta)]));
            }
            term
        };
        let types = self.affirmed("object-type").map(|s| with(s, Some(aat::TYPE_OF_WORK)));
        let styles = self.affirmed("style").map(|s| with(s, Some(aat::STYLE)));
        types.chain(styles).chain(self.affirmed("genre").map(|s| with(s, None))).collect()
    }

    fn texts(&self) -> Vec<Value> {
        let mut texts = Vec::new();
        for statement in self.record.statements.iter().filter(|statement| statement.state.is_affirmed()) {
            let kind = match statement.property.as_str() {
                "media" => aat::MATERIALS,
                "dimensions" => aat::DIMENSIONS,
                "description" => aat::DESCRIPTION,
                "inscription" => aat::INSCRIPTION,
                "provenance" => aat::PROVENANCE,
                "credit-line" => aat::CREDIT,
                "rights" => aat::RIGHTS,
                "title" | "identifier" | "object-type" | "style" | "genre" | "artist" | "date" | "subject" | "tag"
                | "location" | "repository" => continue,
                _ => aat::NOTE,
            };
            let mut classes = vec![brief(kind)];
            if statement.property == "rights" {
                let known = statement.value.as_deref().and_then(rights_statement);
                classes.extend(known.map(class));
            }
            let mut value = json!({"type": "LinguisticObject", "content": text(statement), "classified_as": classes});
            if let (Some(value), true) = (value.as_object_mut(), kind == aat::NOTE) {
                value.insert("_label".into(), statement.property.as_str().into());
            }
            texts.push(value);
        }
        let batch = format!("exported from Vitrine, batch {}", self.batch);
        texts.push(json!({"type": "LinguisticObject", "_label": "export batch", "content": batch, "classified_as": [brief(aat::NOTE)]}));
        texts
    }

    /// The measures of the whole; those of a frame and the like stay in the text, which says what they are of.
    fn dimensions(&self) -> Vec<Value> {
        let Some(statement) = self.affirmed("dimensions").next() else { return Vec::new() };
        let groups = statement.value.as_deref().and_then(read_measures).map(|m| m.0).unwrap_or_default();
        let whole = |part: &Option<String>| part.as_ref().is_none_or(|part| part.eq_ignore_ascii_case("overall"));
        let measures = groups.iter().filter(|group| whole(&group.part)).flat_map(|g| g.measures.iter().chain(&g.again));
        measures
            .filter_map(|measure| {
                let kind = aat::measure(measure.kind)?;
                Some(json!({
                    "type": "Dimension",
                    "value": number(measure.amount.value()),
                    "unit": {"id": aat::unit(measure.unit), "type": "MeasurementUnit", "_label": measure.unit.symbol()},
                    "classified_as": [class((kind, measure.kind.name()))],
                }))
            })
            .collect()
    }

    fn production(&self) -> Option<Value> {
        let mut production = Map::new();
        let mut dates = self.affirmed("date");
        if let (Some(date), None) = (dates.next(), dates.next()) {
            production.insert("timespan".into(), timespan(date));
        }
        let artists: Vec<&Statement> =
            self.record.statements.iter().filter(|s| s.property == "artist" && s.state.is_affirmed()).collect();
        if let [artist] = artists.as_slice()
            && !is_doubtful(artist)
        {
            production.extend(self.made_by(artist));
        }
        (!production.is_empty()).then(|| {
            production.insert("type".into(), "Production".into());
            production.into()
        })
    }

    /// Who carried the production out, or whom it leans on.
    fn made_by(&self, statement: &Statement) -> Map<String, Value> {
        let maker = read_maker(&text(statement));
        let name = maker.as_ref().map_or_else(|| text(statement), |maker| maker.name.clone());
        let qualifier = qualifier(statement);
        let person = self.reference("person", "Person", &name);
        let (key, value) = match qualifier.as_deref().map(|words| (words, closeness(words))) {
            // People around somebody are a group of their own, not that person.
            Some((words, Some(Closeness::Around))) => {
                ("carried_out_by", self.reference("group", "Group", &format!("{words} {name}")))
            }
            Some((_, Some(Closeness::Influence))) => ("influenced_by", person),
            // Words that nobody has defined: the text has them, and they make nobody the maker.
            Some((_, None)) => ("influenced_by", person),
            Some((_, Some(Closeness::Doubtful | Closeness::Former))) | None => ("carried_out_by", person),
        };
        Map::from_iter([(key.to_owned(), json!([value]))])
    }

    fn assignments(&self) -> Vec<Value> {
        let artists = self.record.statements.iter().filter(|s| s.property == "artist" && s.state.is_affirmed()).count();
        let dates = self.affirmed("date").count();
        let assigned = self.record.statements.iter().filter(|statement| {
            let contested = match statement.property.as_str() {
                "artist" => artists > 1 || is_doubtful(statement),
                "date" => dates > 1,
                _ => false,
            };
            contested || statement.proposed_by.is_some() || !statement.state.is_affirmed()
        });
        assigned.map(|statement| self.assignment(statement)).collect()
    }

    fn assignment(&self, statement: &Statement) -> Value {
        let words = clean(&statement.wording().unwrap_or_default());
        let mut assignment = Map::new();
        assignment.insert("type".into(), "AttributeAssignment".into());
        assignment.insert("_label".into(), format!("{}: {}", statement.property, clean_line(&words)).into());
        let (property, value) = match statement.property.as_str() {
            "artist" => {
                let mut production = self.made_by(statement);
                production.insert("type".into(), "Production".into());
                ("produced_by", production.into())
            }
            "date" => ("produced_by", json!({"type": "Production", "timespan": timespan(statement)})),
            "object-type" | "style" | "genre" => ("classified_as", self.term(statement)),
            "title" => ("identified_by", json!({"type": "Name", "content": words})),
            _ => ("referred_to_by", json!({"type": "LinguisticObject", "content": words})),
        };
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
            let label = format!("model pack {name}, SHA-256 {}", pack.weights_sha256);
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

    fn shows_something(&self) -> bool {
        self.affirmed("subject").chain(self.affirmed("tag")).next().is_some()
    }

    fn visual_item(&self) -> Option<Value> {
        let subjects: Vec<Value> = self.affirmed("subject").chain(self.affirmed("tag")).map(|s| self.term(s)).collect();
        (!subjects.is_empty()).then(|| {
            json!({
                "@context": CONTEXT,
                "id": self.issuer.address("visual", &self.record.card.id.to_string()),
                "type": "VisualItem",
                "_label": self.label(),
                "represents_instance_of_type": subjects,
            })
        })
    }
}

fn text(statement: &Statement) -> String {
    clean(statement.value.as_deref().unwrap_or_default())
}

/// The statement's qualifier, or the one that stands in front of the name.
pub(crate) fn qualifier(statement: &Statement) -> Option<String> {
    let told = || read_maker(statement.value.as_deref()?)?.qualifier;
    statement.qualifier.clone().or_else(told)
}

/// Whether a statement about the maker says less than that this person made the work.
fn is_doubtful(statement: &Statement) -> bool {
    let kind = qualifier(statement).map(|words| closeness(&words));
    statement.proposed_by.is_some() || matches!(kind, Some(None | Some(Closeness::Doubtful | Closeness::Former)))
}

fn class((id, label): (&str, &str)) -> Value {
    json!({"id": id, "type": "Type", "_label": label})
}

fn brief(kind: (&str, &str)) -> Value {
    json!({"id": kind.0, "type": "Type", "_label": kind.1, "classified_as": [class(aat::BRIEF_TEXT)]})
}

/// Whole numbers without a decimal point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value < 1e15 { json!(value as i64) } else { json!(value) }
}

/// The date as displayed, and its days where it can be understood.
fn timespan(statement: &Statement) -> Value {
    let display = clean(&statement.wording().unwrap_or_default());
    let mut span = Map::new();
    span.insert("type".into(), "TimeSpan".into());
    span.insert("_label".into(), clean_line(&display).into());
    span.insert("identified_by".into(), json!([{"type": "Name", "content": display}]));
    if let Some(extent) = statement.value.as_deref().and_then(read_date).map(|date| date.extent()) {
        if let Limit::Day(day) = extent.earliest {
            span.insert("begin_of_the_begin".into(), format!("{day}T00:00:00Z").into());
        }
        if let Limit::Day(day) = extent.latest {
            span.insert("end_of_the_end".into(), format!("{day}T23:59:59Z").into());
        }
    }
    span.into()
}

fn representation(scan: &Scan) -> Value {
    let name = clean_line(&scan.file_name());
    json!({
        "type": "VisualItem",
        "_label": name,
        "digitally_shown_by": [{
            "type": "DigitalObject",
            "_label": name,
            "format": format!("image/{}", scan.format.to_ascii_lowercase()),
            "classified_as": [class(aat::DIGITAL_IMAGE)],
            "identified_by": [{"type": "Identifier", "_label": "SHA-256", "content": scan.sha256}],
        }],
    })
}
