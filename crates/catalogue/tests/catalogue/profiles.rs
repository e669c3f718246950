use vitrine_catalogue::{
    CORE_RECORD, OwnProperty, Profile, Requirement, ValueKind, key_for, read_own_properties, rights_statement,
    write_own_properties,
};

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

const PRINT_ROOM: &str = r#"# For the sheets in the drawers.
id = "print-room"
title = "Print room" # as it is called in the house

[[property]]
key = "watermark"
label = "Watermark"

# Asked for by the insurers.
[[requirement]]
name = "Watermark"
any = ["watermark", "note"]

[[requirement]]
name = "Date"
any = ["date"]
understood = true
"#;

#[test]
fn own_profiles_are_read_and_wrong_ones_explained_by_line() {
    let profile = Profile::read(PRINT_ROOM, &[]).unwrap();
    assert_eq!((profile.properties[0].label.as_str(), profile.requirements[0].needed), ("Watermark", true));
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "watermark", "a crown", None, "Anna", at(1)).unwrap();
    assert_eq!(s.library.completeness(id, &profile).unwrap().met, 1);
    for (from, to, line, sentence) in [
        (
            "\"watermark\", \"note\"",
            "\"paper\"",
            12,
            "asks for “paper”, which is no property of the core record nor of this",
        ),
        ("any = [\"watermark\", \"note\"]", "any = []", 11, "names no property"),
        ("id = \"print-room\"", "id = \"Print room\"", 2, "“Print room” is no key"),
        ("name = \"Watermark\"", "nam = \"Watermark\"", 11, "unknown field `nam`"),
        ("label = \"Watermark\"", "label = \"Watermark", 7, "invalid basic string"),
        ("key = \"watermark\"", "key = \"title\"", 5, "“title” is a property of the core record already"),
        ("label = \"Watermark\"", "label = \"Watermark\"\nkind = \"colour\"", 8, "unknown variant `colour`"),
    ] {
        let error = Profile::read(&PRINT_ROOM.replace(from, to), &[]).unwrap_err().to_string();
        let begins = format!("the profile was not understood: in line {line}, ");
        assert!(
            error.starts_with(&begins) && error.contains(sentence) && error.ends_with("correct its file"),
            "{error}"
        );
    }
}

fn own(key: &str, label: &str, kind: ValueKind) -> OwnProperty {
    OwnProperty { key: key.into(), label: label.into(), kind, list: None, repeatable: true }
}

#[test]
fn a_profile_that_is_changed_keeps_the_remarks_of_its_author() {
    let mut profile = Profile::read(PRINT_ROOM, &[]).unwrap();
    assert_eq!(profile.write(PRINT_ROOM).unwrap(), PRINT_ROOM, "what is not changed is not touched");
    profile.title = "Prints".into();
    profile.requirements.remove(1);
    profile.requirements[0].needed = false;
    let more = Requirement { name: "Paper".into(), any: vec!["paper".into()], needed: true, understood: true };
    profile.requirements.push(more);
    profile.library_properties.push(own("paper", "Paper", ValueKind::Measures));
    let text = profile.write(PRINT_ROOM).unwrap();
    for kept in ["# For the sheets in the drawers.\nid", "# Asked for by the insurers.\n[[requirement]]"] {
        assert!(text.contains(kept), "{text}");
    }
    assert!(!text.contains("\"date\""), "{text}");
    assert_eq!(Profile::read(&text, &profile.library_properties).unwrap(), profile);
    let s = shelf();
    let id = work(&s.library, "a.jpg");
    s.library.add_statement(id, "paper", "thick", None, "Anna", at(1)).unwrap();
    assert_eq!(s.library.completeness(id, &profile).unwrap().met, 0, "thick is no measure");
    s.library.add_statement(id, "paper", "30 x 40 cm", None, "Anna", at(1)).unwrap();
    assert_eq!(s.library.completeness(id, &profile).unwrap().met, 1);
    profile.requirements.clear();
    assert!(profile.write(&text).unwrap_err().to_string().contains("requires nothing"));
}

#[test]
fn own_properties_are_written_and_read() {
    let mark = OwnProperty {
        list: Some("Marks of paper".into()),
        repeatable: false,
        ..own("watermark", "Wasserzeichen", ValueKind::Term)
    };
    let text = write_own_properties("", &[mark.clone(), own("paper", "Paper", ValueKind::Text)]).unwrap();
    assert!(text.starts_with("# Properties of this library's own."), "{text}");
    assert_eq!(read_own_properties(&text).unwrap(), [mark.clone(), own("paper", "Paper", ValueKind::Text)]);

    // By hand, with remarks; then one goes, one is changed and one comes.
    let by_hand = text.replace("[[property]]\nkey = \"paper\"", "# Ask the restorer.\n[[property]]\nkey = \"paper\"");
    let paper = OwnProperty { label: "Papier".into(), ..own("paper", "", ValueKind::Text) };
    let now = write_own_properties(&by_hand, &[paper.clone(), own("drawer", "Lade", ValueKind::Identifier)]).unwrap();
    assert!(now.contains("# Ask the restorer.\n[[property]]"), "{now}");
    assert_eq!(read_own_properties(&now).unwrap(), [paper, own("drawer", "Lade", ValueKind::Identifier)]);
    let none = write_own_properties(&now, &[]).unwrap();
    assert_eq!(read_own_properties(&none).unwrap(), []);
    assert_eq!(
        read_own_properties(&write_own_properties(&none, std::slice::from_ref(&mark)).unwrap()).unwrap(),
        [mark]
    );
    // A file with nothing but a remark keeps it at its head.
    let begun = write_own_properties("# Ours.\n", &[own("paper", "Paper", ValueKind::Text)]).unwrap();
    assert!(begun.starts_with("# Ours.\n\n[[property]]"), "{begun}");

    let twice = format!("{now}\n[[property]]\nkey = \"paper\"\nlabel = \"Again\"\n");
    let error = read_own_properties(&twice).unwrap_err().to_string();
    let line = twice.lines().count() - 2;
    assert!(error.contains(&format!("in line {line}, there are two properties with the key “paper”")), "{error}");
    let nameless = "[[property]]\nkey = \"paper\"\nlabel = \" \"\n";
    assert!(
        read_own_properties(nameless).unwrap_err().to_string().contains("in line 1, the property “paper” has no name")
    );
}

#[test]
fn keys_are_made_of_names() {
    let free = |_: &str| false;
    for (name, key) in [
        ("Watermark", "watermark"),
        ("  Zustand (Blatt) ", "zustand-blatt"),
        ("Größe des Rahmens", "groesse-des-rahmens"),
        ("Numéro d’inventaire", "numero-d-inventaire"),
        ("透かし", "property"),
    ] {
        assert_eq!(key_for(name, "property", free), key);
    }
    assert_eq!(key_for("Title", "property", |key| key == "title" || key == "title-2"), "title-3");
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
