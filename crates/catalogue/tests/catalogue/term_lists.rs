//! Lists of terms that a museum keeps.

use vitrine_catalogue::{CatalogueError, Change, Concept, KeptTerm, ListId, State};

use crate::{at, compact, says, shelf, work};

fn term(id: &str, label: &str, others: &[&str]) -> KeptTerm {
    KeptTerm {
        id: id.into(),
        label: label.into(),
        uri: None,
        others: others.iter().map(|other| other.to_string()).collect(),
    }
}

#[test]
fn a_list_is_kept_written_anew_and_forgotten() {
    let s = shelf();
    let terms = [term("M1", "oil on canvas", &["oils"]), term("M2", "tempera", &[])];
    let keep = |terms: &[KeptTerm]| s.library.keep_term_list(" Materials ", "media", "m.csv", terms, "Anna", at(1));
    let list = keep(&terms).unwrap();
    assert_eq!(s.library.list_terms(list).unwrap(), terms);
    assert_eq!(keep(&terms[1..]).unwrap(), list, "the same name is the same list");
    let lists = s.library.term_lists().unwrap();
    assert_eq!((lists.len(), lists[0].name.as_str(), lists[0].terms), (1, "Materials", 1));
    s.library.forget_term_list(list).unwrap();
    assert_eq!(s.library.term_lists().unwrap(), []);
    for error in [s.library.forget_term_list(list).unwrap_err(), s.library.list_terms(ListId(9)).unwrap_err()] {
        assert!(matches!(error, CatalogueError::NoSuchList(_)), "{error}");
    }
    let refused =
        |name, property, person| s.library.keep_term_list(name, property, "f", &[], person, at(1)).unwrap_err();
    assert!(matches!(refused(" ", "media", "Anna"), CatalogueError::NamelessList));
    assert!(matches!(refused("M", "Media!", "Anna"), CatalogueError::BadProperty(_)));
    assert!(matches!(refused("M", "media", " "), CatalogueError::NoPerson));
}

#[test]
fn words_without_a_term_are_listed_and_named_in_one_act() {
    let s = shelf();
    let [one, two] = ["a.jpg", "b.jpg"].map(|name| work(&s.library, name));
    for id in [one, two] {
        s.library.add_statement(id, "artist", "Vermeer", Some("workshop of"), "Anna", at(1)).unwrap();
    }
    s.library.add_statement(one, "artist", "Frans Hals", None, "Anna", at(1)).unwrap();
    // An artist that a model proposed and a person accepted on its own may be named with the others.
    let proposed = s.library.suggest(two, &compact(), &[says("artist", "Jan Steen", 0.7)], at(1)).unwrap()[0];
    assert_eq!(s.library.unnamed_values("artist").unwrap().len(), 2, "what waits is not listed");
    s.library.accept(proposed, "Anna", at(2)).unwrap();
    let values = s.library.unnamed_values("artist").unwrap();
    let told: Vec<(&str, usize)> = values.iter().map(|v| (v.value.as_str(), v.statements.len())).collect();
    assert_eq!(told, [("Vermeer", 2), ("Frans Hals", 1), ("Jan Steen", 1)]);
    let changes: Vec<Change> = values
        .iter()
        .flat_map(|value| {
            value.statements.iter().map(|(statement, _, qualifier)| Change::Edit {
                statement: *statement,
                value: value.value.clone(),
                qualifier: qualifier.clone(),
                concept: Concept::new("Makers", &value.value, None),
            })
        })
        .collect();
    let act = s.library.act(&changes, "Anna", at(3)).unwrap();
    assert_eq!((act.statements.len(), act.description.as_str()), (4, "Changed 4 statements"));
    assert_eq!(s.library.unnamed_values("artist").unwrap(), []);
    let kept = s.library.statements(one).unwrap();
    assert!(kept.iter().all(|said| said.concept.is_some() && said.state == State::Edited));
    assert!(kept.iter().any(|said| said.wording().as_deref() == Some("workshop of Vermeer")));
    s.library.undo("Anna", at(4)).unwrap();
    assert_eq!(s.library.unnamed_values("artist").unwrap().len(), 3);
}
