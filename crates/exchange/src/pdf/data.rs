//! What the pages show, as data for them: every text with its direction, without letters that cannot be drawn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use unicode_bidi::BidiClass;
use vitrine_catalogue::{Statement, WorkId};

use crate::marks::{decision, mark};
use crate::text::{clean, clean_line};
use crate::{Issuer, Record};

/// How many of the missing letters are named.
const NAMED: usize = 5;

/// A work's picture among the files of the pages.
pub(super) struct Picture {
    pub file: String,
    /// Its width, its height being 1.
    pub ratio: f64,
}

/// The data of the pages, and for each work the letters that are left out of them.
pub(super) fn of(
    records: &[Record],
    issuer: &Issuer,
    at: Timestamp,
    batch: &str,
    pictures: &BTreeMap<WorkId, Picture>,
    can_set: impl Fn(char) -> bool,
) -> (Value, Vec<(WorkId, String)>) {
    let mut missing = Vec::new();
    let mut works = Vec::with_capacity(records.len());
    for record in records {
        let mut texts = Texts { can_set: &can_set, left_out: BTreeSet::new() };
        works.push(work(record, issuer, pictures.get(&record.card.id), &mut texts));
        if !texts.left_out.is_empty() {
            let more = if texts.left_out.len() > NAMED { ", …" } else { "" };
            let letters: Vec<String> =
                texts.left_out.iter().take(NAMED).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
            missing.push((record.card.id, letters.join(", ") + more));
        }
    }
    let mut texts = Texts { can_set: &can_set, left_out: BTreeSet::new() };
    let title = [issuer.name.as_str(), "Catalogue"].map(|name| texts.line(name)).into_iter().find(is_said);
    let data = json!({
        "title": title,
        "language": issuer.language,
        "exported": at.strftime("%Y-%m-%d").to_string(),
        "batch": batch,
        "works": works,
    });
    (data, missing)
}

fn work(record: &Record, issuer: &Issuer, picture: Option<&Picture>, texts: &mut Texts<'_>) -> Value {
    let of = |key: &str| record.statements.iter().filter(|statement| statement.property == key).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for (key, label) in record.properties(issuer) {
        for (index, statement) in of(key).into_iter().enumerate() {
            rows.push(json!({
                "property": if index == 0 { texts.line(label) } else { texts.line("") },
                "key": key,
                "value": texts.of(&statement.wording().unwrap_or_default()),
                "source": texts.line(&source(statement)),
                "marked": mark(statement).is_some(),
            }));
        }
    }
    let proposed = record.statements.iter().filter(|statement| statement.proposed_by.is_some()).count();
    let undecided = record.statements.iter().filter(|statement| !statement.state.is_affirmed()).count();
    let scans = record.scans.iter().map(|scan| {
        json!({
            "name": texts.line(&scan.file_name()),
            "size": format!("{} × {} pixels", scan.width, scan.height),
            "sha256": scan.sha256,
        })
    });
    let scans: Vec<Value> = scans.collect();
    // A sheet needs a heading, also where no font draws its title.
    let called = [record.card.title.clone(), record.card.file_name.clone(), format!("Work {}", record.card.id)];
    let title = called.iter().map(|name| texts.line(name)).find(is_said).unwrap_or_default();
    json!({
        "number": record.card.id.0,
        "title": title,
        "picture": picture.map(|picture| json!({"file": picture.file, "ratio": picture.ratio})),
        "rows": rows,
        "scans": scans,
        "proposed": proposed,
        "undecided": undecided,
    })
}

/// Whether anything is left of a text.
fn is_said(text: &Value) -> bool {
    let lines = text["lines"].as_array().into_iter().flatten();
    lines.filter_map(Value::as_str).any(|line| line.chars().any(char::is_alphanumeric))
}

/// Whose word a statement is.
fn source(statement: &Statement) -> String {
    mark(statement).unwrap_or_else(|| format!("stated {}", decision(statement)))
}

struct Texts<'a> {
    can_set: &'a dyn Fn(char) -> bool,
    left_out: BTreeSet<char>,
}

impl Texts<'_> {
    fn line(&mut self, text: &str) -> Value {
        self.of(&clean_line(text))
    }

    /// A text as the pages take it: its lines, and whether it runs from right to left.
    fn of(&mut self, text: &str) -> Value {
        let text: String = clean(text)
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .filter(|c| {
                let drawn = *c == '\n' || (self.can_set)(*c);
                if !drawn {
                    self.left_out.insert(*c);
                }
                drawn
            })
            .collect();
        json!({"lines": text.lines().collect::<Vec<_>>(), "rtl": runs_from_right(&text)})
    }
}

/// Whether the first letter with a direction of its own runs from right to left.
fn runs_from_right(text: &str) -> bool {
    text.chars().map(unicode_bidi::bidi_class).find_map(|class| match class {
        BidiClass::L => Some(false),
        BidiClass::R | BidiClass::AL => Some(true),
        _ => None,
    }) == Some(true)
}
