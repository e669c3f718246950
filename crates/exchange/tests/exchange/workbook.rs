//! Workbooks of spreadsheets come in as tables: what the cells show, by the sheet that is chosen.

use std::path::{Path, PathBuf};

use vitrine_exchange::{CsvProfile, FileRecord, Matching, plan_import, read_records, sheets};

use crate::{shelf, work};

/// Made by `tests/fixtures/workbook.py`.
fn workbook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workbook.xlsx")
}

fn tms() -> CsvProfile {
    CsvProfile::shipped().unwrap().into_iter().find(|profile| profile.id == "tms").unwrap()
}

fn claims(record: &FileRecord) -> Vec<(&str, &str)> {
    record.claims.iter().map(|claim| (claim.property.as_str(), claim.value.as_str())).collect()
}

#[test]
fn cells_are_read_as_they_look() {
    assert_eq!(sheets(&workbook()).unwrap(), ["Prints", "Drawings & sketches", "Empty"], "no hidden one, no chart");
    let (records, problems) = read_records(&workbook(), Some(&tms()), None).unwrap();
    let places: Vec<&str> = records.iter().map(|record| record.place.as_str()).collect();
    assert_eq!(places, ["row 5", "row 7", "row 8"], "as the spreadsheet counts them");
    assert_eq!(
        claims(&records[0]),
        [
            ("identifier", "00042"),
            ("title", "The swing"),
            ("artist", "Fragonard"),
            ("date", "1905"),
            ("media", "etching"),
            ("dimensions", "65 cm"),
        ]
    );
    assert_eq!(records[0].claims[2].qualifier.as_deref(), Some("circle of"));
    assert_eq!(
        claims(&records[1]),
        [("identifier", "00043"), ("title", "The watch"), ("date", "1905-03-17"), ("dimensions", "12.50 cm")]
    );
    assert_eq!(claims(&records[2]), [("identifier", "00044"), ("title", "1650"), ("date", "1650"), ("media", "TRUE")]);
    assert_eq!(problems, ["row 8: the cell of “Notes” holds the error #DIV/0! and is left out"]);
}

#[test]
fn the_sheet_can_be_chosen_and_a_missing_one_is_named() {
    let (records, problems) = read_records(&workbook(), Some(&tms()), Some("Drawings & sketches")).unwrap();
    assert_eq!((claims(&records[0]), problems), (vec![("identifier", "D 1"), ("title", "Study of hands")], Vec::new()));
    for (sheet, profile, sentence) in [
        ("Lists", Some(tms()), "it has no sheet “Lists”; it has “Prints”, “Drawings & sketches”, “Empty”"),
        ("Empty", Some(tms()), "the sheet “Empty” is empty"),
        ("Prints", None, "choose a profile"),
    ] {
        let error = read_records(&workbook(), profile.as_ref(), Some(sheet)).unwrap_err().to_string();
        assert!(error.contains("workbook.xlsx could not be read") && error.contains(sentence), "{error}");
    }
}

#[test]
fn a_sheet_finds_its_works_as_a_table_does() {
    let s = shelf();
    let one = work(&s.library, "a.jpg");
    s.library.add_statement(one, "identifier", "00043", None, "Anna", crate::at(0)).unwrap();
    let (records, _) = read_records(&workbook(), Some(&tms()), None).unwrap();
    let plan = plan_import(&s.library, &workbook(), records, Matching::default()).unwrap();
    assert_eq!((plan.file.as_str(), plan.records.len(), plan.problems.len()), ("workbook.xlsx", 1, 2));
    let new: Vec<&str> = plan.records[0].new.iter().map(|claim| claim.value.as_str()).collect();
    assert_eq!(new, ["The watch", "1905-03-17", "12.50 cm"]);
}

#[test]
fn broken_workbooks_are_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(workbook()).unwrap();
    let with = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_records(&path, Some(&tms()), None).unwrap_err().to_string()
    };
    for (name, bytes, sentence) in [
        ("cut.xlsx", &whole[..whole.len() / 2], "damaged"),
        ("empty.xlsx", &[][..], "damaged"),
        ("text.xlsx", b"Title\nThe swing\n", "save it as .xlsx again"),
        ("old.XLSX", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on", "older kind"),
    ] {
        let error = with(name, bytes);
        assert!(error.contains(name) && error.contains(sentence), "{error}");
    }
    assert!(sheets(&folder.path().join("cut.xlsx")).is_err());
    assert_eq!(sheets(Path::new("some.csv")).unwrap(), Vec::<String>::new());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]
    #[test]
    fn no_workbook_is_too_odd(place in 0usize..6900, byte: u8, cut in 0usize..6900) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = std::fs::read(workbook()).unwrap();
        let end = bytes.len();
        bytes[place.min(end - 1)] = byte;
        for bytes in [&bytes[..], &bytes[..cut.min(end)]] {
            let path = folder.path().join("x.xlsx");
            std::fs::write(&path, bytes).unwrap();
            if let Err(error) = read_records(&path, Some(&tms()), None) {
                proptest::prop_assert!(error.to_string().contains("x.xlsx could not be read"), "{}", error);
            }
        }
    }
}
