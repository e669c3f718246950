//! Values that name concepts of lists: out as identifiers where the format has a place for them, and back in.

use vitrine_catalogue::{Change, Concept, Library, Statement, WorkId};
use vitrine_exchange::{Format, Matching, linked_art, losses, plan_import, read_records, records, write_into_folder};

use crate::{at, issuer, shelf, work};

fn lion() -> Concept {
    Concept::new("Iconclass", "25F23(LION)(+46)", Some("https://iconclass.org/25F23%28LION%29%28%2B46%29")).unwrap()
}

/// What may stand in records as the identifier of a concept: those of the lists below, as XML writes them.
pub const IDS: [&str; 4] =
    ["https://iconclass.org/25F23%28LION%29%28%2B46%29", "25F23(LION)(+46)", "G 4 &lt;&amp;&gt;", "M 12"];

/// A subject out of Iconclass, and terms out of a list without addresses and of one whose identifiers are addresses.
pub fn listed(library: &Library, work: WorkId) {
    let own = |id| Concept::new("House list", id, None);
    let address = "https://example.org/terms/7";
    let changes = [
        ("subject", "25F23(LION)(+46) lion (+ asleep)", Some(lion())),
        ("genre", "still life", own("G 4 <&>")),
        ("media", "oil on copper", own("M 12")),
        ("artist", "Clara Peeters", Concept::new("Makers", address, Some(address))),
        ("title", "A sleeping lion", own("T 1")),
    ]
    .map(|(property, value, concept)| Change::Add {
        work,
        property: property.into(),
        value: value.into(),
        qualifier: None,
        concept,
    });
    library.act(&changes, "Anna", at(1)).unwrap();
}

fn of<'a>(statements: &'a [Statement], property: &str) -> Option<&'a Concept> {
    statements.iter().find(|statement| statement.property == property)?.concept.as_ref()
}

#[test]
fn lido_and_bags_bring_concepts_back() {
    let s = shelf();
    let id = work(&s.library, "lion.jpg");
    listed(&s.library, id);
    let out = tempfile::tempdir().unwrap();
    for format in [Format::Lido, Format::Lido10, Format::BagIt] {
        let all = records(&s.library, &[id], false).unwrap();
        let path = write_into_folder(format, &all, &issuer(), at(2), out.path(), format.name()).unwrap().path;
        let other = tempfile::tempdir().unwrap();
        let library = Library::open_or_create(other.path()).unwrap();
        let (read, problems) = read_records(&path, None, None).unwrap();
        assert_eq!(problems, Vec::<String>::new());
        let plan = plan_import(&library, &path, read, Matching::default()).unwrap();
        plan.apply(&library, Some("Ben"), at(3)).unwrap();
        let before = s.library.statements(id).unwrap();
        let after = library.statements(library.work_ids().unwrap()[0]).unwrap();
        for property in ["subject", "genre", "media", "artist"] {
            assert!(of(&before, property).is_some());
            assert_eq!(of(&after, property), of(&before, property), "{property} in {}", format.name());
        }
        let lost: Vec<String> = losses(format, &all).unwrap().into_iter().map(|loss| loss.property).collect();
        assert_eq!(of(&after, "title").is_none(), lost.contains(&"title".to_owned()), "{}: {lost:?}", format.name());
    }
}

#[test]
fn lido_names_the_list_of_an_id() {
    let s = shelf();
    let id = work(&s.library, "lion.jpg");
    listed(&s.library, id);
    let out = tempfile::tempdir().unwrap();
    let all = records(&s.library, &[id], false).unwrap();
    let path = write_into_folder(Format::Lido, &all, &issuer(), at(2), out.path(), "records").unwrap().path;
    let text = std::fs::read_to_string(path).unwrap();
    for expected in [
        "<lido:subjectConcept><lido:conceptID lido:type=\"http://terminology.lido-schema.org/lido00099\" lido:source=\"Iconclass\">\
         https://iconclass.org/25F23%28LION%29%28%2B46%29</lido:conceptID>\
         <lido:conceptID lido:type=\"http://terminology.lido-schema.org/lido00100\" lido:source=\"Iconclass\">25F23(LION)(+46)</lido:conceptID>\
         <lido:term>25F23(LION)(+46) lion (+ asleep)</lido:term>",
        "lido:source=\"House list\">G 4 &lt;&amp;&gt;</lido:conceptID>",
        "lido:source=\"Makers\">https://example.org/terms/7</lido:actorID>",
    ] {
        let flat: String = text.lines().map(str::trim).collect();
        assert!(flat.contains(expected), "{expected} in {flat}");
    }
}

#[test]
fn linked_art_names_the_concept_by_its_address() {
    let s = shelf();
    let id = work(&s.library, "lion.jpg");
    listed(&s.library, id);
    let documents = linked_art(&records(&s.library, &[id], false).unwrap(), &issuer(), at(2)).unwrap();
    let (_, visual) = documents.iter().find(|(name, _)| name.starts_with("visual-")).unwrap();
    let shown = &visual["represents_instance_of_type"][0];
    assert_eq!(shown["id"], "https://iconclass.org/25F23%28LION%29%28%2B46%29");
    assert_eq!(shown["identified_by"][0]["content"], "25F23(LION)(+46)");
    assert_eq!(shown["identified_by"][0]["_label"], "Iconclass");
    let (_, document) = documents.iter().find(|(name, _)| name.starts_with("work-")).unwrap();
    let genre = &document["classified_as"][0];
    assert!(
        genre["id"].as_str().unwrap().starts_with(&issuer().base_uri),
        "a list without addresses gives none: {genre}"
    );
    assert_eq!(genre["identified_by"][0]["content"], "G 4 <&>");
}

#[test]
fn what_nobody_stands_by_names_nothing() {
    let s = shelf();
    let id = work(&s.library, "lion.jpg");
    listed(&s.library, id);
    let subject = s.library.statements(id).unwrap().into_iter().find(|said| said.property == "subject").unwrap();
    s.library.reject(subject.id, "Ben", at(2)).unwrap();
    let all = records(&s.library, &[id], true).unwrap();
    let documents = serde_json::to_string(&linked_art(&all, &issuer(), at(3)).unwrap()).unwrap();
    assert!(documents.contains("G 4 ") && !documents.contains("iconclass.org"), "{documents}");
}
