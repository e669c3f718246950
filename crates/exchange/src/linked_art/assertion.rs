//! What a statement says in the words of Linked Art, whether the document asserts it or reports that somebody does.

use serde_json::{Map, Value, json};
use vitrine_catalogue::{
    Closeness, Limit, Statement, closeness, read_date, read_maker, rights_statement, split_qualifier,
};

use super::LinkedArt;
use crate::addresses::aat;
use crate::text::{clean, clean_line};

/// The kinds of terms that no published list has a class for: genres among classes, tags among what a work shows.
pub(crate) const GENRE: &str = "genre";
pub(crate) const TAG: &str = "tag";

impl LinkedArt<'_> {
    /// The key that has what a statement says, and what stands there.
    pub(super) fn asserted(&self, statement: &Statement) -> (&'static str, Value) {
        let classed = |meta: Value| {
            let mut term = self.term(statement);
            if let Some(term) = term.as_object_mut() {
                term.insert("classified_as".into(), json!([meta]));
            }
            term
        };
        match statement.property.as_str() {
            "title" => ("identified_by", json!({"type": "Name", "content": words(statement)})),
            "identifier" => (
                "identified_by",
                json!({"type": "Identifier", "content": words(statement), "classified_as": [class(aat::ACCESSION_NUMBER)]}),
            ),
            "object-type" => ("classified_as", classed(class(aat::TYPE_OF_WORK))),
            "style" => ("classified_as", classed(class(aat::STYLE))),
            "genre" => ("classified_as", classed(self.kind(GENRE))),
            "artist" => ("produced_by", self.made_by(statement).into()),
            "date" => ("produced_by", json!({"type": "Production", "timespan": timespan(statement)})),
            "repository" => ("current_custodian", self.reference("group", "Group", &words(statement))),
            "location" => ("current_location", self.reference("place", "Place", &words(statement))),
            "subject" => ("shows", shown(self.term(statement))),
            "tag" => ("shows", shown(classed(self.kind(TAG)))),
            _ => ("referred_to_by", self.said(statement)),
        }
    }

    /// A concept of a list where the word was taken from one and a person stands by it; otherwise a term of our own, the word that was recorded,
    /// under an address of the issuer.
    fn term(&self, statement: &Statement) -> Value {
        let word = words(statement);
        let own = || self.issuer.address(&format!("term/{}", statement.property), &word);
        if let Some(concept) = statement.concept.as_ref().filter(|_| statement.state.is_affirmed()) {
            let id = concept.uri().map_or_else(own, str::to_owned);
            let within = json!({"type": "Identifier", "_label": clean_line(concept.list()), "content": concept.id()});
            return json!({"id": id, "type": "Type", "_label": word, "identified_by": [within]});
        }
        json!({"id": own(), "type": "Type", "_label": word})
    }

    /// A class of the issuer's own, for what no published list tells apart.
    fn kind(&self, kind: &str) -> Value {
        json!({"id": self.issuer.address("term/kind", kind), "type": "Type", "_label": kind})
    }

    pub(super) fn reference(&self, kind: &str, class: &str, name: &str) -> Value {
        json!({"id": self.issuer.address(kind, name), "type": class, "_label": clean(name)})
    }

    /// A text about the work, of the kind that its property is; what Linked Art has no kind for is a note under the property's key.
    pub(super) fn said(&self, statement: &Statement) -> Value {
        let kind = match statement.property.as_str() {
            "media" => aat::MATERIALS,
            "dimensions" => aat::DIMENSIONS,
            "description" => aat::DESCRIPTION,
            "inscription" => aat::INSCRIPTION,
            "provenance" => aat::PROVENANCE,
            "credit-line" => aat::CREDIT,
            "rights" => aat::RIGHTS,
            _ => aat::NOTE,
        };
        let mut classes = vec![brief(kind)];
        if statement.property == "rights" {
            classes.extend(statement.value.as_deref().and_then(rights_statement).map(class));
        }
        let mut text = json!({"type": "LinguisticObject", "content": words(statement), "classified_as": classes});
        if let (Some(text), true) = (text.as_object_mut(), kind == aat::NOTE) {
            text.insert("_label".into(), statement.property.as_str().into());
        }
        text
    }

    /// A production: who carried it out or whom it leans on, and how the record puts it, which has the role too.
    fn made_by(&self, statement: &Statement) -> Map<String, Value> {
        let value = clean(statement.value.as_deref().unwrap_or_default());
        let name = read_maker(&value).map_or_else(|| value.clone(), |maker| maker.name);
        let person = self.reference("person", "Person", &name);
        let (key, maker) = match qualifier(statement).as_deref().map(|words| (words, closeness(words))) {
            // People around somebody are a group of their own, not that person.
            Some((words, Some(Closeness::Around))) => {
                let told = format!("{words} {name}");
                // The same group, whether its words begin with a capital or not.
                let group = split_qualifier(&told).0.map_or_else(|| told.clone(), |words| format!("{words} {name}"));
                ("carried_out_by", self.reference("group", "Group", &group))
            }
            // Words that nobody has defined make nobody the maker, like those that say so.
            Some((_, None | Some(Closeness::Influence))) => ("influenced_by", person),
            Some((_, Some(Closeness::Doubtful | Closeness::Former))) | None => ("carried_out_by", person),
        };
        let described =
            json!({"type": "LinguisticObject", "content": words(statement), "classified_as": [brief(aat::CREATOR)]});
        Map::from_iter([
            ("type".to_owned(), "Production".into()),
            (key.to_owned(), json!([maker])),
            ("referred_to_by".to_owned(), json!([described])),
        ])
    }
}

fn shown(term: Value) -> Value {
    json!({"type": "VisualItem", "represents_instance_of_type": [term]})
}

/// What a statement says, its qualifier in front.
pub(super) fn words(statement: &Statement) -> String {
    clean(&statement.wording().unwrap_or_default())
}

/// The statement's qualifier, or the one that stands in front of the name.
pub(crate) fn qualifier(statement: &Statement) -> Option<String> {
    let told = || read_maker(statement.value.as_deref()?)?.qualifier;
    statement.qualifier.clone().or_else(told)
}

pub(super) fn class((id, label): (&str, &str)) -> Value {
    json!({"id": id, "type": "Type", "_label": label})
}

pub(super) fn brief(kind: (&str, &str)) -> Value {
    json!({"id": kind.0, "type": "Type", "_label": kind.1, "classified_as": [class(aat::BRIEF_TEXT)]})
}

/// The date as displayed, and its days where it can be understood.
fn timespan(statement: &Statement) -> Value {
    let display = words(statement);
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
