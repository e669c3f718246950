use vitrine_catalogue::{CORE_RECORD, Profile, ValueKind, rights_statement};

use crate::{at, compact, says, shelf, work};

fn shipped(id: &str) -> Profile {
    Profile::shipped().unwrap().into_iter().find(|profile| profile.id == id).unwrap()
}

#[test]
fn shipped_profiles_are_whole() {
    let profiles = Profile::shipped().unwrap();
    let ids: Vec<&str> = profiles.iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids, ["object-id", "spectrum-object-identification", "cdwa-core", "lido-minimum"]);
    assert!(profiles.iter().all(|profile| profile.requirements.iter().any(|requirement| requirement.needed)));
    let mut keys: Vec<&str> = CORE_RECORD.iter().map(|property| property.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), CORE_RECORD.len());
}

#[test]
fn only_what_a_person_stands_by_makes_a_record_complete() {
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    let profile = shipped("lido-minimum");
    let names = |numbers: &[usize]| -> Vec<&str> {
        numbers.iter().map(|number| profile.requirements[*number].name.as_str()).collect()
    };
    let empty = s.library.completeness(id, &profile).unwrap();
    assert_eq!((empty.met, empty.needed), (0, 2));
    let waits = s.library.suggest(id, &compact(), &[says("title", "The Swing", 0.9)], at(1)).unwrap();
    assert_eq!(s.library.completeness(id, &profile).unwrap(), empty, "a suggestion completes nothing");
    s.library.accept(waits[0], "Anna", at(2)).unwrap();
    let half = s.library.completeness(id, &profile).unwrap();
    assert_eq!((half.met, names(&half.lacking)), (1, vec!["Object or work type"]));
    assert_eq!(names(&half.wanted), ["Maker", "Date", "Repository", "Rights of the work"]);
    s.library.add_statement(id, "object-type", "painting", None, "Anna", at(3)).unwrap();
    s.library.add_statement(id, "date", "when he was young", None, "Anna", at(3)).unwrap();
    let full = s.library.completeness(id, &profile).unwrap();
    assert_eq!((full.met, full.lacking.len()), (2, 0));
    assert!(names(&full.wanted).contains(&"Date"), "a date without days is no date for others");
    s.library.add_statement(id, "date", "c. 1767", None, "Anna", at(4)).unwrap();
    assert!(!names(&s.library.completeness(id, &profile).unwrap().wanted).contains(&"Date"));
}

#[test]
fn own_profiles_are_read_and_wrong_ones_explained() {
    let own = r#"
        id = "print-room"
        title = "Print room"
        [[property]]
        key = "watermark"
        label = "Watermark"
        [[requirement]]
        name = "Watermark"
        any = ["watermark", "note"]
    "#;
    let profile = Profile::read(own).unwrap();
    assert_eq!((profile.properties[0].label.as_str(), profile.requirements[0].needed), ("Watermark", true));
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "watermark", "a crown", None, "Anna", at(1)).unwrap();
    assert_eq!(s.library.completeness(id, &profile).unwrap().met, 1);
    for (from, to, sentence) in [
        ("\"watermark\", \"note\"", "\"paper\"", "asks for “paper”, which is no property of the core record"),
        ("any = [\"watermark\", \"note\"]", "any = []", "names no property"),
        ("id = \"print-room\"", "id = \"Print room\"", "“Print room” is no key"),
        ("name = \"Watermark\"", "nam = \"Watermark\"", "unknown field `nam`"),
    ] {
        let error = Profile::read(&own.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(sentence) && error.ends_with("correct its file"), "{error}");
    }
}

#[test]
fn rights_come_from_the_list() {
    let cc0 = Some(("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"));
    for value in [
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "http://creativecommons.org/publicdomain/zero/1.0",
        "cc0 1.0",
    ] {
        assert_eq!(rights_statement(value), cc0, "{value}");
    }
    for value in ["https://creativecommons.org/licenses/by/9.0/", "https://example.org/InC/1.0/", "mine", ""] {
        assert_eq!(rights_statement(value), None, "{value}");
        assert!(!ValueKind::Rights.understands(value));
    }
}
