//! Dublin Core and schema.org as JSON-LD: one graph with a node for each work.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vitrine_catalogue::{Measure, MeasureKind, Statement, read_date, read_maker, read_measures, rights_statement};

use crate::linked_art::qualifier;
use crate::marks::mark;
use crate::text::{clean, clean_line};
use crate::{ExchangeError, Issuer, Record, RecordSource, Result, batch_id};

/// Where a property goes in Dublin Core. Those that are not here go to `dc:description`.
const DUBLIN_CORE: &[(&str, &str)] = &[
    ("title", "dc:title"),
    ("artist", "dc:creator"),
    ("date", "dcterms:created"),
    ("media", "dcterms:medium"),
    ("dimensions", "dcterms:extent"),
    ("object-type", "dc:type"),
    ("style", "dc:subject"),
    ("genre", "dc:subject"),
    ("subject", "dc:subject"),
    ("tag", "dc:subject"),
    ("provenance", "dcterms:provenance"),
    ("rights", "dcterms:rights"),
    ("identifier", "dc:identifier"),
];

/// Writes a document with a list under `key` that has a node for each record, as if all of it had been one value.
fn write_graph(
    format: &'static str,
    mut document: Value,
    key: &str,
    records: &(impl RecordSource + ?Sized),
    node: impl Fn(&Record) -> Value,
    mut out: impl Write,
) -> Result<()> {
    let failed = |source| ExchangeError::Write { format, source };
    document[key] = json!([]);
    let text = format!("{document:#}\n");
    let list = format!("{}: []", Value::from(key));
    let (before, after) = text.split_once(list.as_str()).unwrap_or((text.as_str(), ""));
    write!(out, "{before}{}: [", Value::from(key)).map_err(failed)?;
    let mut first = true;
    records.each(&mut |record| {
        // No text within has a line break of its own: JSON writes them as \n.
        let text = format!("{:#}", node(record)).replace('\n', "\n    ");
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        write!(out, "{comma}\n    {text}").map_err(failed)
    })?;
    write!(out, "\n  ]{after}").map_err(failed)
}

/// Writes records as Dublin Core (elements and terms) in JSON-LD.
///
/// Values are what a record displays, qualifiers in front. What is not simply a person's own word stands once more in
/// `dcterms:provenance` with its mark, which is where Dublin Core has room for it.
pub(crate) fn write_dublin_core(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    out: impl Write,
) -> Result<()> {
    let document = json!({
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "dcterms": "http://purl.org/dc/terms/",
        },
        "@id": issuer.address("batch", &batch_id(records, issuer, at)?),
        "dc:publisher": clean_line(&issuer.name),
        "dcterms:created": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    write_graph("Dublin Core", document, "@graph", records, |record| dublin_core_of(record, issuer), out)
}

fn dublin_core_of(record: &Record, issuer: &Issuer) -> Value {
    let mut node = Map::new();
    node.insert("@id".into(), issuer.address("work", &record.card.id.to_string()).into());
    for statement in &record.statements {
        let key = DUBLIN_CORE.iter().find(|(property, _)| *property == statement.property);
        let key = key.map_or("dc:description", |(_, key)| key);
        let known = statement.value.as_deref().and_then(rights_statement).filter(|_| statement.property == "rights");
        match known {
            Some((address, _)) if statement.state.is_affirmed() => append(&mut node, key, json!({"@id": address})),
            _ => append(&mut node, key, displayed(statement).into()),
        }
        if let Some(mark) = mark(statement) {
            let origin = format!("{}: {} — {mark}", statement.property, statement.wording().unwrap_or_default());
            append(&mut node, "dcterms:provenance", clean_line(&origin).into());
        }
    }
    for scan in &record.scans {
        append(&mut node, "dc:source", format!("{} (SHA-256 {})", clean_line(&scan.file_name()), scan.sha256).into());
    }
    node.into()
}

fn displayed(statement: &Statement) -> String {
    let words = clean(&statement.wording().unwrap_or_default());
    if statement.state.is_affirmed() { words } else { format!("{words} (suggestion, not reviewed)") }
}

fn append(node: &mut Map<String, Value>, key: &str, value: Value) {
    let values = node.entry(key.to_owned()).or_insert_with(|| json!([]));
    if let Some(values) = values.as_array_mut() {
        values.push(value);
    }
}

/// Writes records as schema.org's `VisualArtwork` in JSON-LD.
///
/// A maker with a qualifier is a `Role` of that name, never a plain creator. What is not simply a person's own word, and all that nobody has
/// reviewed, is an `interpretedAsClaim` with its mark; what nobody has reviewed is nowhere else.
pub(crate) fn write_schema_org(
    records: &(impl RecordSource + ?Sized),
    issuer: &Issuer,
    at: Timestamp,
    out: impl Write,
) -> Result<()> {
    let document = json!({
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": issuer.address("batch", &batch_id(records, issuer, at)?),
        "name": clean_line(&issuer.name),
        "dateCreated": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    write_graph("schema.org", document, "hasPart", records, |record| artwork(record, issuer), out)
}

fn artwork(record: &Record, issuer: &Issuer) -> Value {
    let mut node = Map::new();
    node.insert("@type".into(), "VisualArtwork".into());
    node.insert("@id".into(), issuer.address("work", &record.card.id.to_string()).into());
    node.insert("inLanguage".into(), issuer.language.as_str().into());
    let titled = record.statements.iter().any(|s| s.property == "title" && s.state.is_affirmed());
    if !titled {
        node.insert("name".into(), json!([clean_line(&record.card.title)]));
    }
    for statement in &record.statements {
        if let Some(mark) = mark(statement) {
            let text = format!("{}: {}", statement.property, statement.wording().unwrap_or_default());
            let claim = json!({"@type": "Claim", "text": clean(&text), "creditText": clean_line(&mark)});
            append(&mut node, "interpretedAsClaim", claim);
        }
        if statement.state.is_affirmed() {
            put(&mut node, statement);
        }
    }
    for scan in &record.scans {
        let image = json!({
            "@type": "ImageObject",
            "name": clean_line(&scan.file_name()),
            "encodingFormat": format!("image/{}", scan.format.to_ascii_lowercase()),
            "sha256": scan.sha256,
            "width": format!("{} px", scan.width),
            "height": format!("{} px", scan.height),
        });
        append(&mut node, "image", image);
    }
    node.into()
}

fn put(node: &mut Map<String, Value>, statement: &Statement) {
    let words = clean(&statement.wording().unwrap_or_default());
    let key = match statement.property.as_str() {
        "artist" => return append(node, "creator", creator(statement)),
        "date" => {
            let edtf = statement.value.as_deref().and_then(read_date).map(|date| date.to_string());
            return append(node, "dateCreated", edtf.unwrap_or(words).into());
        }
        "dimensions" => {
            append(node, "size", words.into());
            return sides(node, statement);
        }
        "rights" => {
            let known = statement.value.as_deref().and_then(rights_statement);
            return append(node, "license", known.map_or(words, |(address, _)| address.to_owned()).into());
        }
        "title" => "name",
        "media" => "artMedium",
        "object-type" => "artform",
        "genre" => "genre",
        "style" | "tag" => "keywords",
        "subject" => "about",
        "description" => "description",
        "credit-line" => "creditText",
        "identifier" => "identifier",
        property => return append(node, "description", format!("{property}: {words}").into()),
    };
    append(node, key, words.into());
}

/// A person, in a role that names the qualifier where there is one.
fn creator(statement: &Statement) -> Value {
    let value = clean(statement.value.as_deref().unwrap_or_default());
    let name = read_maker(&value).map_or(value, |maker| maker.name);
    let person = json!({"@type": "Person", "name": clean_line(&name)});
    match qualifier(statement) {
        Some(qualifier) => json!({"@type": "Role", "roleName": clean_line(&qualifier), "creator": person}),
        None => person,
    }
}

/// Height, width and depth of the first measures that can be understood.
fn sides(node: &mut Map<String, Value>, statement: &Statement) {
    let groups = statement.value.as_deref().and_then(read_measures).map(|measures| measures.0).unwrap_or_default();
    let Some(first) = groups.first() else { return };
    let metric = |measure: &&Measure| matches!(measure.unit.symbol(), "mm" | "cm" | "m");
    for (kind, key) in [(MeasureKind::Height, "height"), (MeasureKind::Width, "width"), (MeasureKind::Depth, "depth")] {
        let all = || first.measures.iter().chain(&first.again).filter(|measure| measure.kind == kind);
        if let (Some(measure), false) = (all().find(metric).or_else(|| all().next()), node.contains_key(key)) {
            let text = format!("{} {}", measure.amount.decimal(), measure.unit.symbol());
            node.insert(key.into(), json!({"@type": "Distance", "name": text}));
        }
    }
}
