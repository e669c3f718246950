use std::collections::HashMap;

use vitrine_exchange::{ExchangeError, Preview, preview, records, write_csv};

use crate::{NASTY, TAMED, at, issuer, reviewed, shelf, work};

fn read(bytes: &[u8]) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(bytes).deserialize().collect::<Result<_, _>>().unwrap()
}

#[test]
fn accepted_values_come_with_their_origin() {
    let s = shelf();
    let works = reviewed(&s.library);
    let mut out = Vec::new();
    write_csv(&records(&s.library, &works, false).unwrap(), &issuer(), at(60), &mut out).unwrap();
    assert!(out.starts_with(b"work,file,sha256,width,height,format,imported,title,title_state,title_source,"));
    let rows = read(&out);
    let cell = |row: usize, column: &str| rows[row][column].as_str();
    assert_eq!((rows.len(), cell(0, "file"), cell(0, "imported")), (2, "renoir.jpg", "2026-11-22T10:00:00Z"));
    assert_eq!(cell(0, "artist"), "style of Pierre-Auguste Renoir");
    assert_eq!(cell(0, "artist_source"), "suggested by compact 1, accepted by Anna on 2026-11-22");
    assert_eq!(cell(0, "artist_confidence"), "0.710");
    assert_eq!((cell(0, "style"), cell(0, "style_state")), ("Impressionism", "edited"));
    assert_eq!(
        cell(0, "style_source"),
        "suggested by compact 1, accepted by Anna on 2026-11-22",
        "taken from its list"
    );
    assert_eq!((cell(0, "genre"), cell(0, "genre_source")), ("figure painting", "stated by Ben on 2026-11-22"));
    assert_eq!((cell(0, "tag"), cell(0, "tag_state")), ("swing | garden", "accepted | accepted"));
    assert_eq!(cell(0, "tag_confidence"), "0.500 | 0.450");
    assert_eq!(cell(0, "media"), "", "nobody has accepted it");
    assert_eq!(cell(0, "description_source"), "according to IPTC, accepted by Anna on 2026-11-22");
    assert_eq!((cell(1, "artist"), cell(1, "style")), ("", ""));
}

#[test]
fn suggestions_come_only_when_asked_for_and_say_so() {
    let s = shelf();
    let works = reviewed(&s.library);
    let mut out = Vec::new();
    write_csv(&records(&s.library, &works, true).unwrap(), &issuer(), at(60), &mut out).unwrap();
    let rows = read(&out);
    assert_eq!((rows[1]["style"].as_str(), rows[1]["style_state"].as_str()), ("Impressionism", "suggested"));
    assert_eq!(rows[1]["style_source"], "suggested by compact 1 (confidence 0.63), not reviewed");
    assert_eq!(rows[0]["media"], "oil on canvas");
    assert!(!rows[0]["tag"].contains("boat"), "what is rejected never leaves the house");
    let counts = Preview { works: 2, accepted: 10, undecided: 3, empty: 1 };
    assert_eq!(preview(&s.library, &works).unwrap(), counts);
}

#[test]
fn nasty_text_comes_back() {
    let s = shelf();
    let id = work(&s.library, "=cmd|' C calc'!A0.jpg");
    s.library.add_statement(id, "title", NASTY, None, "An | na", at(1)).unwrap();
    s.library.add_statement(id, "title", "+2", None, "Anna", at(2)).unwrap();
    s.library.add_statement(id, "tag", "@SUM(A1)", None, "Anna", at(2)).unwrap();
    let mut out = Vec::new();
    write_csv(&records(&s.library, &[id], false).unwrap(), &issuer(), at(60), &mut out).unwrap();
    let rows = read(&out);
    let titles: Vec<String> = rows[0]["title"].split(" | ").map(|value| value.replace("||", "|")).collect();
    assert_eq!(titles, [TAMED, "+2"]);
    assert_eq!(rows[0]["title_source"].split(" | ").count(), 2);
    assert_eq!(rows[0]["tag"], "'@SUM(A1)");
    assert_eq!(rows[0]["file"], "'=cmd|' C calc'!A0.jpg");
}

#[test]
fn nothing_is_no_table() {
    let error = write_csv(&Vec::new(), &issuer(), at(60), Vec::new()).unwrap_err();
    assert!(matches!(error, ExchangeError::NoRecords), "{error}");
}
