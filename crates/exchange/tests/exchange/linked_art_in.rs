//! Linked Art of others, packed and unpacked; what is odd in it is counted and said.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use vitrine_catalogue::Library;
use vitrine_exchange::{FileRecord, Format, Matching, plan_import, read_records};

use crate::collection::{accept_one_by_one, collection};
use crate::valid::export;
use crate::{at, issuer, shelf, work};

/// A record as museums publish them: classes by number, parts of the production, an attribution that somebody made, texts in kinds.
fn theirs() -> Value {
    let class = |id: &str, label: &str| json!({"id": id, "type": "Type", "_label": label});
    let aat = |number: &str, label: &str| class(&format!("http://vocab.getty.edu/aat/{number}"), label);
    let text = |number: &str, content: &str| json!({"type": "LinguisticObject", "content": content, "classified_as": [aat(number, "a kind")]});
    let person = |ulan: &str, name: &str| json!({"id": format!("http://vocab.getty.edu/ulan/{ulan}"), "type": "Person", "_label": name});
    json!({
        "@context": "https://linked.art/ns/v1/linked-art.json",
        "id": "https://museum.example/object/7",
        "type": "HumanMadeObject",
        "_label": "A Mill",
        "identified_by": [
            {"type": "Name", "content": "A Mill", "classified_as": [aat("300404670", "Primary Name")]},
            {"type": "Name", "content": "Mill, A", "classified_as": [aat("300451544", "Sort Title")]},
            {"type": "Identifier", "content": "1950.7", "classified_as": [aat("300312355", "Accession Number")]},
            {"type": "Identifier", "content": "db-7", "classified_as": [aat("300435704", "System-Assigned Number")]},
        ],
        "classified_as": [
            aat("300133025", "Works of Art"),
            {"id": "http://vocab.getty.edu/aat/300033618", "type": "Type", "_label": "Painting", "classified_as": [aat("300435443", "Type of Work")]},
            {"id": "https://museum.example/term/dutch", "type": "Type", "_label": "Baroque", "classified_as": [
                {"id": "https://museum.example/term/style", "type": "Type", "equivalent": [aat("300015646", "Styles")]}]},
        ],
        "referred_to_by": [
            text("300435429", "oil on panel"),
            text("300435416", "A mill by a river."),
            text("300435418", "Bequest of a friend"),
            {"type": "LinguisticObject", "content": "12", "classified_as": [class("https://museum.example/kinds/1", "Gallery Number")]},
            {"type": "LinguisticObject", "content": "No known restrictions", "classified_as": [
                aat("300435434", "Copyright"), class("https://creativecommons.org/publicdomain/zero/1.0/", "CC0")]},
        ],
        "dimension": [
            {"type": "Dimension", "value": 30.5, "unit": aat("300379098", "centimeters"), "classified_as": [aat("300055644", "Height")]},
            {"type": "Dimension", "value": 40, "unit": aat("300379098", "centimeters"), "classified_as": [aat("300055647", "Width")]},
        ],
        "produced_by": {
            "type": "Production",
            "timespan": {"type": "TimeSpan", "begin_of_the_begin": "1640-01-01T00:00:00Z", "end_of_the_end": "1645-12-31T23:59:59Z"},
            "technique": [aat("300054216", "painting")],
            "part": [
                {"type": "Production", "carried_out_by": [person("500011051", "Rembrandt van Rijn")], "classified_as": [aat("300404274", "atelier")]},
                {"type": "Production", "influenced_by": [person("500115588", "Rubens")]},
            ],
            "caused_by": [{"id": "https://museum.example/event/1", "type": "Event"}],
        },
        "attributed_by": [{
            "type": "AttributeAssignment",
            "classified_as": [aat("300404908", "Obsolete")],
            "assigned_property": "produced_by",
            "assigned": [{"type": "Production", "carried_out_by": [{"id": "https://museum.example/person/9", "type": "Person", "_label": "Govert Flinck"}]}],
        }],
        "current_owner": [{"id": "https://museum.example/group/1", "type": "Group", "_label": "A Museum"}],
        "member_of": [{"id": "https://museum.example/set/1", "type": "Set", "_label": "Dutch Room"}],
        "shows": [{"type": "VisualItem", "represents_instance_of_type": [class("https://iconclass.org/47D31", "mill")]}],
        "representation": [{"type": "VisualItem", "digitally_shown_by": [{"type": "DigitalObject", "format": "image/jpeg",
            "access_point": [{"id": "https://museum.example/images/mill.jpg?w=800", "type": "DigitalObject"}]}]}],
        "subject_of": [{"id": "https://museum.example/page/7", "type": "LinguisticObject"}],
    })
}

fn lines(record: &FileRecord) -> Vec<String> {
    let mut lines: Vec<String> = record
        .claims
        .iter()
        .map(|claim| {
            let named = claim.concept.as_ref().map(|c| format!(" = {} {}", c.list(), c.id())).unwrap_or_default();
            let qualifier = claim.qualifier.as_ref().map(|q| format!("[{q}] ")).unwrap_or_default();
            format!("{}: {qualifier}{}{named}", claim.property, claim.value)
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn others_records_are_read_as_far_as_they_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.json");
    std::fs::write(&path, theirs().to_string()).unwrap();
    let (records, problems) = read_records(&path, None, None).unwrap();
    assert_eq!(
        problems,
        [
            "one record has “produced_by.caused_by”, which is not read and is left out",
            "one record has “subject_of”, which is not read and is left out"
        ]
    );
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(
        lines(record),
        [
            "artist: [formerly attributed to] Govert Flinck",
            "artist: [influenced by] Rubens = ULAN 500115588",
            "artist: [workshop of] Rembrandt van Rijn = ULAN 500011051",
            "collection: Dutch Room",
            "credit-line: Bequest of a friend",
            "date: 1640/1645",
            "description: A mill by a river.",
            "dimensions: H. 30.5 × W. 40 cm",
            "gallery-number: 12",
            "identifier: 1950.7",
            "media: oil on panel",
            "object-type: Painting = AAT 300033618",
            "repository: A Museum",
            "rights: https://creativecommons.org/publicdomain/zero/1.0/",
            "style: Baroque",
            "subject: mill = Iconclass 47D31",
            "technique: painting = AAT 300054216",
            "title: A Mill",
        ]
    );
    assert_eq!(record.scan.name.as_deref(), Some("mill.jpg"));
    assert_eq!(record.place, "record https://museum.example/object/7");
}

#[test]
fn a_record_finds_its_work_and_another_value_stands_beside() {
    let s = shelf();
    let known = work(&s.library, "mill.jpg");
    s.library.add_statement(known, "identifier", "1950.7", None, "Anna", at(1)).unwrap();
    s.library.add_statement(known, "title", "The Mill", None, "Anna", at(1)).unwrap();
    s.library.add_statement(known, "media", "oil on panel", None, "Anna", at(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.json");
    std::fs::write(&path, theirs().to_string()).unwrap();
    let plan = plan_import(&s.library, &path, read_records(&path, None, None).unwrap().0, Matching::default()).unwrap();
    assert_eq!((plan.problems.len(), plan.records[0].competing, plan.records[0].known), (0, 1, 2));
    plan.apply(&s.library, None, at(2)).unwrap();
    let statements = s.library.statements(known).unwrap();
    let title = statements.iter().find(|said| said.value.as_deref() == Some("A Mill")).unwrap();
    assert_eq!(title.source.name(), "object.json");
    assert!(statements.iter().any(|said| said.value.as_deref() == Some("The Mill") && said.state.is_affirmed()));
    let again =
        plan_import(&s.library, &path, read_records(&path, None, None).unwrap().0, Matching::default()).unwrap();
    assert!(again.changes_nothing());
}

#[test]
fn documents_come_in_lists_lines_folders_and_packed() {
    let folder = tempfile::tempdir().unwrap();
    let one = theirs();
    let mut two = theirs();
    two["id"] = "https://museum.example/object/8".into();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, document) in [("a/one.json", &one), ("a/two.jsonld", &two)] {
        packed.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        packed.write_all(document.to_string().as_bytes()).unwrap();
    }
    let paths = [
        write("list.json", json!([one, two]).to_string().as_bytes()),
        write("graph.jsonld", json!({"@graph": [one, two]}).to_string().as_bytes()),
        write("lines.jsonl", format!("{one}\n{two}\n").as_bytes()),
        write("packed.zip", &packed.finish().unwrap().into_inner()),
        {
            write("many/2.json", two.to_string().as_bytes());
            write("many/deep/notes.txt", b"no document");
            write("many/1.json", one.to_string().as_bytes());
            folder.path().join("many")
        },
    ];
    for path in paths {
        let (records, problems) = read_records(&path, None, None).unwrap();
        let places: Vec<&str> = records.iter().map(|record| record.place.as_str()).collect();
        assert_eq!(
            places,
            ["record https://museum.example/object/7", "record https://museum.example/object/8"],
            "{}",
            path.display()
        );
        assert!(problems.contains(&"2 records have “subject_of”, which is not read and is left out".to_owned()));
    }
    let broken = write("some/broken.json", b"{\"type\": ");
    write("some/whole.json", one.to_string().as_bytes());
    let (records, problems) = read_records(broken.parent().unwrap(), None, None).unwrap();
    assert_eq!(records.len(), 1);
    assert!(problems[0].starts_with("broken.json: it is not well-formed JSON"), "{problems:?}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (name, bytes, sentence) in [
        ("none.json", b"{\"type\": \"Person\"}".as_slice(), "no work of Linked Art"),
        ("bad.json", b"{".as_slice(), "not well-formed JSON"),
        ("deep.json", deep.as_bytes(), "recursion limit"),
        ("bad.zip", b"PK".as_slice(), "no ZIP file"),
    ] {
        let error = read_records(&write(name, bytes), None, None).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(sentence), "{error}");
    }
}

/// The documents of an export without its batch, and their assignments apart: without the moment, and without a mark that names the file
/// that they came from, which is all that an import adds.
fn documents(folder: &Path) -> Vec<(Value, Vec<(Value, bool)>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = files.iter().map(|file| {
        let mut document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        if let Some(said) = document.get_mut("referred_to_by").and_then(Value::as_array_mut) {
            said.retain(|said| said["_label"] != "export batch");
        }
        for key in ["identified_by", "classified_as", "referred_to_by"] {
            if let Some(told) = document.get_mut(key).and_then(Value::as_array_mut) {
                told.sort_by_key(Value::to_string);
            }
        }
        let assigned = document.as_object_mut().unwrap().remove("attributed_by").unwrap_or_default();
        let assigned = assigned.as_array().cloned().unwrap_or_default().into_iter().map(|mut assignment| {
            let mark = assignment["referred_to_by"][0]["content"].as_str().unwrap_or_default();
            let from_file = mark.starts_with("according to");
            let parts = assignment.as_object_mut().unwrap();
            if from_file {
                parts.remove("referred_to_by");
            }
            parts.remove("timespan");
            (assignment, from_file)
        });
        (document, assigned.collect())
    });
    read.collect()
}

#[test]
fn what_comes_in_goes_out_as_the_same_documents() {
    let collection = collection();
    let out = tempfile::tempdir().unwrap();
    let first = export(&collection, Format::LinkedArt, out.path(), false).path;
    let empty = tempfile::tempdir().unwrap();
    let library = Library::open_or_create(empty.path()).unwrap();
    let (records, problems) = read_records(&first, None, None).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    plan_import(&library, &first, records, Matching::default()).unwrap().apply(&library, Some("Anna"), at(5)).unwrap();
    accept_one_by_one(&library, "Anna", 6);
    let works = library.work_ids().unwrap();
    let records = vitrine_exchange::records(&library, &works, false).unwrap();
    let second =
        vitrine_exchange::write_into_folder(Format::LinkedArt, &records, &issuer(), at(60), out.path(), "second")
            .unwrap();
    let (first, second) = (documents(&first), documents(&second.path));
    assert_eq!(first.len(), second.len());
    let mut assigned = 0;
    for ((one, before), (other, after)) in first.iter().zip(&second) {
        assert_eq!(one, other);
        for (assignment, _) in before {
            assert!(after.iter().any(|(other, _)| other == assignment), "{assignment:#} in {after:#?}");
            assigned += 1;
        }
        let new = after.iter().filter(|(assignment, _)| !before.iter().any(|(old, _)| old == assignment));
        assert!(new.into_iter().all(|(_, from_file)| *from_file));
    }
    assert!(assigned >= 20, "{assigned}");
}
