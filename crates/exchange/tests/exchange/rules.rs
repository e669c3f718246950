//! Rules beyond schemas: what may leave the house, how it is marked, and where addresses come from.

use std::path::Path;

use serde_json::Value;
use vitrine_catalogue::RIGHTS;
use vitrine_exchange::{Format, linked_art, losses, records, write_into_folder};

use crate::collection::{collection, one_of_each};
use crate::valid::export;
use crate::{NASTY, TAMED, at, issuer, shelf, work};

/// All text that an export consists of, file after file; pictures are left out, and JSON is given back its letters.
fn texts(path: &Path) -> Vec<(String, String)> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        return entries.iter().flat_map(|entry| texts(entry)).collect();
    }
    if name.ends_with(".pdf") {
        return vec![(name, crate::pdf::text(&std::fs::read(path).unwrap()))];
    }
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => vec![(name, text)],
        _ => Vec::new(),
    }
}

fn whole(path: &Path) -> String {
    texts(path).into_iter().map(|(_, text)| text).collect()
}

/// Without spaces, which a page has other ones of than the text that is set on it.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn only_what_a_person_stands_by_leaves_the_house_unless_asked_otherwise() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let plain = squeezed(&whole(&export(&collection, format, out.path(), false).path));
        assert!(!plain.contains("undecided-word"), "{}", format.name());
        assert!(!plain.contains("notreviewed"), "{}", format.name());
        assert!(!plain.contains("rejected-by-anna"), "{}", format.name());
        let asked = squeezed(&whole(&export(&collection, format, out.path(), true).path));
        assert!(!asked.contains("rejected-by-anna"), "{}", format.name());
        // A sidecar has facts alone, and a mark for each.
        assert!(asked.contains("notreviewed"), "{}", format.name());
        assert!(
            !asked.contains("/scans/") && !asked.contains(&*collection.folder.path().to_string_lossy()),
            "paths tell"
        );
    }
}

#[test]
fn what_a_model_proposed_is_marked_in_every_format() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let mark = &squeezed("suggested by compact 1, accepted by Anna on 2026-11-22");
    for format in Format::ALL {
        let text = squeezed(&whole(&export(&collection, format, out.path(), false).path));
        assert!(text.contains("Impressionism"), "{}", format.name());
        // Artist, style, genre, media, tag, title, date, object type, dimensions.
        assert!(text.matches(mark).count() >= 9, "{}: {}", format.name(), text.matches(mark).count());
    }
}

#[test]
fn competing_attributions_stand_side_by_side() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let text = squeezed(&whole(&export(&collection, format, out.path(), false).path));
        for name in ["Rembrandt van Rijn", "Govert Flinck"] {
            assert!(text.contains(&squeezed(name)), "{}: {name}", format.name());
        }
    }
    let records = records(&collection.library, &collection.works, false).unwrap();
    let documents = linked_art(&records, &issuer(), at(60)).unwrap();
    let document = |work: usize| {
        let name = format!("work-{}", collection.works[work]);
        &documents.iter().find(|(other, _)| *other == name).unwrap().1
    };
    let assigned = |work: usize| -> Vec<String> {
        let list = document(work)["attributed_by"].as_array().cloned().unwrap_or_default();
        let artists = list.iter().filter(|a| a["assigned_property"] == "produced_by");
        artists.map(|a| format!("{} {}", a["assigned"][0], a["classified_as"])).collect()
    };
    // Two who are claimed to have made it: neither is the maker by himself.
    assert_eq!(assigned(0).len(), 2);
    assert!(document(0)["produced_by"]["carried_out_by"].is_null());
    let doubtful = assigned(1);
    assert!(doubtful[0].contains("Rembrandt") && doubtful[0].contains("Probably"), "{doubtful:?}");
    assert!(doubtful[1].contains("Flinck") && doubtful[1].contains("Obsolete"), "{doubtful:?}");
    // One that is certain, of a workshop: a group, and not the master.
    let workshop = &document(2)["produced_by"]["carried_out_by"][0];
    assert_eq!(
        (workshop["type"].as_str(), workshop["_label"].as_str()),
        (Some("Group"), Some("workshop of Peter Paul Rubens"))
    );
    assert!(document(4)["produced_by"]["carried_out_by"].is_null());
    assert_eq!(document(4)["produced_by"]["influenced_by"][0]["_label"], "Titian");
    // Words that nobody has defined make nobody the maker, and do not get lost.
    assert!(document(5)["produced_by"]["carried_out_by"].is_null());
    assert!(document(5)["attributed_by"][0]["_label"].as_str().unwrap().contains("in the vicinity of Frans Hals"));
    // A model's word is an assignment by the person who accepted it, leaning on the pack.
    let machine = document(28);
    let by_machine = machine["attributed_by"].as_array().unwrap();
    assert_eq!(by_machine.len(), 9);
    for assignment in by_machine {
        assert_eq!(assignment["carried_out_by"][0]["_label"], "Anna", "{assignment}");
        assert!(assignment["influenced_by"][0]["_label"].as_str().unwrap().contains("SHA-256 abcd"), "{assignment}");
    }
    assert!(machine["produced_by"]["carried_out_by"].is_null());
}

#[test]
fn addresses_are_our_own_or_come_from_lists() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let base = issuer().base_uri;
    let lists =
        ["http://terminology.lido-schema.org/", "https://linked.art/ns/v1/linked-art.json", "http://iiif.io/api/"];
    let aat = "http://vocab.getty.edu/aat/";
    let mut seen = 0;
    for format in [Format::LinkedArt, Format::Iiif, Format::DublinCore, Format::SchemaOrg] {
        for (name, text) in texts(&export(&collection, format, out.path(), true).path) {
            let document: Value = serde_json::from_str(&text).unwrap();
            identifiers(&document, &mut |id| {
                seen += 1;
                let listed =
                    lists.iter().any(|list| id.starts_with(list)) || RIGHTS.iter().any(|(address, _)| *address == id);
                let term = id.starts_with(aat) && id != "http://vocab.getty.edu/aat/300000000";
                let chosen = id == crate::concepts::IDS[0];
                assert!(id.starts_with(&base) || listed || term || chosen, "{name}: {id}");
            });
        }
    }
    assert!(seen > 300, "{seen}");
    for format in [Format::Lido, Format::Lido10] {
        let text = whole(&export(&collection, format, out.path(), true).path);
        for part in text.split("<lido:conceptID").skip(1) {
            let id = part.split('>').nth(1).unwrap().split('<').next().unwrap();
            let listed = id.starts_with(lists[0]) || RIGHTS.iter().any(|(address, _)| *address == id);
            assert!(listed || crate::concepts::IDS.contains(&id), "{id}");
        }
    }
}

/// All values of `id` and `@id`.
fn identifiers(value: &Value, tell: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(id) if key == "id" || key == "@id" || key == "rights" => tell(id),
                    _ => identifiers(value, tell),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| identifiers(value, tell)),
        _ => {}
    }
}

#[test]
fn what_a_format_does_not_carry_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let s = shelf();
    let work = one_of_each(&s.library, folder.path());
    let records = records(&s.library, &[work], false).unwrap();
    let out = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let exported = write_into_folder(format, &records, &issuer(), at(60), out.path(), format.name()).unwrap();
        assert_eq!(exported.losses, losses(format, &records).unwrap());
        let text = squeezed(&whole(&exported.path));
        for statement in &records[0].statements {
            let value = statement.value.as_deref().unwrap();
            let words = match statement.property.as_str() {
                "date" => vec!["1651"],
                "dimensions" => vec!["51", "61"],
                "rights" => vec!["CNE/1.0"],
                _ => vec![value],
            };
            let carried = words.iter().all(|word| text.contains(&squeezed(word)))
                || (statement.property == "rights" && text.contains("CopyrightNotEvaluated"));
            let said = exported.losses.iter().any(|loss| loss.property == statement.property);
            assert!(carried || said, "{} loses {} silently: {value}", format.name(), statement.property);
        }
        assert!(exported.losses.iter().all(|loss| !loss.reason.is_empty() && !loss.reason.ends_with('.')));
    }
}

#[test]
fn every_export_names_its_batch() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let exported = export(&collection, format, out.path(), false);
        assert!(exported.batch.starts_with("2026-11-22T110000Z-"), "{}", exported.batch);
        let encoded = exported.batch.replace(':', "%3A");
        let text = squeezed(&whole(&exported.path));
        assert!(text.contains(&exported.batch) || text.contains(&encoded), "{}", format.name());
    }
    let changed = {
        let records = records(&collection.library, &collection.works[1..], false).unwrap();
        vitrine_exchange::batch_id(&records, &issuer(), at(60)).unwrap()
    };
    assert_ne!(changed, export(&collection, Format::Csv, out.path(), false).batch);
}

#[test]
fn nasty_text_comes_through_every_format() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "title", NASTY, None, "Anna", at(1)).unwrap();
    s.library.add_statement(id, "description", NASTY, None, "Anna", at(1)).unwrap();
    let records = records(&s.library, &[id], false).unwrap();
    let out = tempfile::tempdir().unwrap();
    let html = TAMED
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    for format in Format::ALL {
        let path = write_into_folder(format, &records, &issuer(), at(60), out.path(), format.name()).unwrap().path;
        let text = whole(&path);
        let found = match format {
            // What the program reads back is kept to the letter.
            Format::BagIt => {
                assert!(text.contains(serde_json::to_string(NASTY).unwrap().trim_matches('"')), "{text}");
                continue;
            }
            Format::Html => text.contains(&html) && !text.contains("<b>"),
            // Letters without a font are left out; what looks like markup is set as it is.
            Format::Pdf | Format::Checklist => squeezed(&text).contains("<b>&amp;\"'</b>]]>"),
            Format::Csv | Format::CollectiveAccess | Format::Tms | Format::OmekaS => {
                let rows: Vec<csv::StringRecord> =
                    csv::Reader::from_path(&path).unwrap().records().map(Result::unwrap).collect();
                rows[0].iter().any(|cell| cell.replace("||", "|") == TAMED)
            }
            Format::Lido | Format::Lido10 | Format::Xmp => text.contains("神奈川 𝔙 é a | b x\ny"),
            _ => {
                let tamed = serde_json::to_string(TAMED).unwrap();
                text.contains(tamed.trim_matches('"'))
            }
        };
        assert!(found, "{}: {text}", format.name());
        assert!(!text.contains('\u{1b}') && !text.contains('\u{fffe}'), "{}", format.name());
    }
}
