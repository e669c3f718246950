use std::path::{Path, PathBuf};
use std::process::Command;

use quick_xml::Reader;
use quick_xml::events::Event;
use vitrine_exchange::{LidoVersion, records, write_lido};

use crate::{NASTY, TAMED, at, issuer, reviewed, shelf, work};

/// The committed file that the export of `reviewed` equals; write it anew with `VITRINE_UPDATE_GOLDEN=1`, and read the difference.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/reviewed.lido.xml")
}

fn lido(library: &vitrine_catalogue::Library, works: &[vitrine_catalogue::WorkId], suggestions: bool) -> String {
    let mut out = Vec::new();
    let records = records(library, works, suggestions).unwrap();
    write_lido(&records, LidoVersion::V1_1, &issuer(), at(60), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_export_equals_the_committed_one() {
    let s = shelf();
    let works = reviewed(&s.library);
    let written = lido(&s.library, &works, true);
    if std::env::var_os("VITRINE_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(golden().parent().unwrap()).unwrap();
        std::fs::write(golden(), &written).unwrap();
    }
    let expected = std::fs::read_to_string(golden()).unwrap();
    for (number, (line, wanted)) in written.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, wanted, "line {}", number + 1);
    }
    assert_eq!(written.len(), expected.len());
    assert_eq!(lido(&s.library, &works, true), written, "the same again");
}

#[test]
fn only_what_a_person_stands_by_unless_asked_otherwise() {
    let s = shelf();
    let works = reviewed(&s.library);
    let plain = lido(&s.library, &works, false);
    assert!(!plain.contains("not reviewed") && !plain.contains("Monet") && !plain.contains("oil on canvas"), "{plain}");
    assert!(plain.contains("suggested by compact 1, accepted by Anna on 2026-11-22"));
    assert!(!plain.contains("boat"));
    assert!(!plain.contains("/home/anna"), "paths tell about somebody's computer");
}

#[test]
fn nasty_text_comes_back() {
    let s = shelf();
    let id = work(&s.library, "<&\">.jpg");
    for property in ["title", "artist", "style", "tag", "media", "note"] {
        s.library.add_statement(id, property, NASTY, Some("after \"<"), NASTY, at(1)).unwrap();
    }
    let said = s.library.suggest(id, &crate::compact(), &[crate::says("genre", NASTY, 0.5)], at(2)).unwrap();
    s.library.accept(said[0], NASTY, at(3)).unwrap();
    let written = lido(&s.library, &[id], true);
    let (texts, labels) = read(&written);
    let with_qualifier = format!("after \"< {TAMED}");
    assert_eq!(texts.iter().filter(|text| **text == with_qualifier).count(), 8, "{texts:#?}");
    assert!(texts.iter().any(|text| text == TAMED), "the artist's name without qualifier");
    assert!(texts.iter().any(|text| text == "<&\">.jpg"));
    let one_line = TAMED.replace('\n', " ");
    assert!(labels.contains(&format!("suggested by compact 1, accepted by {one_line} on 2026-11-22")), "{labels:#?}");
    validate(&written);
}

/// All texts of elements and all labels of a document.
fn read(document: &str) -> (Vec<String>, Vec<String>) {
    let mut reader = Reader::from_str(document);
    let (mut texts, mut labels, mut text) = (Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                text.clear();
                if let Some(label) = start.try_get_attribute("lido:label").unwrap() {
                    labels.push(label.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned());
                }
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference).unwrap()),
            },
            Event::End(_) => texts.push(std::mem::take(&mut text)),
            Event::Eof => return (texts, labels),
            _ => {}
        }
    }
}

#[test]
fn every_record_is_valid_lido() {
    let s = shelf();
    let [one, two] = reviewed(&s.library);
    let bare = work(&s.library, "bare.jpg");
    validate(&lido(&s.library, &[one, two, bare], true));
    validate(&lido(&s.library, &[one, two, bare], false));
    validate(&lido(&s.library, &[bare], false));
}

/// Holds a document against the schema with xmllint, where both are at hand.
fn validate(document: &str) {
    let schemas = std::env::var_os("VITRINE_TEST_SCHEMAS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas"), PathBuf::from);
    let schema = schemas.join("lido/lido-v1.1.xsd");
    if !schema.is_file() || Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("skipped: no xmllint, or no schema at {} (set VITRINE_TEST_SCHEMAS)", schema.display());
        return;
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, document.as_bytes()).unwrap();
    let result = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(&schema)
        .arg(file.path())
        .output()
        .unwrap();
    assert!(result.status.success(), "{}\n{document}", String::from_utf8_lossy(&result.stderr));
}
