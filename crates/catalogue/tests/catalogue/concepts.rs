//! Values that were taken from a list keep what they name.

use vitrine_catalogue::{Change, Concept, Library, State, StatementId};

use crate::{at, compact, says, shelf, work};

fn lion() -> Concept {
    Concept::new("Iconclass", "25F23(LION)", Some("https://iconclass.org/25F23%28LION%29")).unwrap()
}

fn edit(library: &Library, statement: StatementId, value: &str, concept: Option<Concept>) -> StatementId {
    let change = Change::Edit { statement, value: value.into(), qualifier: None, concept };
    library.act(&[change], "Anna", at(5)).unwrap().statements[0]
}

#[test]
fn a_concept_is_kept_with_its_statement() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let add = Change::Add {
        work,
        property: "subject".into(),
        value: "25F23(LION) lion".into(),
        qualifier: None,
        concept: Some(lion()),
    };
    let id = s.library.act(&[add], "Anna", at(1)).unwrap().statements[0];
    let path = s.folder.path().to_path_buf();
    drop(s.library);
    let library = Library::open(&path).unwrap();
    let kept = library.statement(id).unwrap();
    assert_eq!((kept.concept, kept.state), (Some(lion()), State::Edited));
    // Another qualifier is no other value; another value is another thing.
    let act = library.edit(id, "25F23(LION) lion", Some("possibly"), "Anna", at(2)).unwrap();
    let requalified = library.statement(act.statements[0]).unwrap();
    assert_eq!((requalified.qualifier.as_deref(), requalified.concept), (Some("possibly"), Some(lion())));
    let act = library.edit(requalified.id, "a big cat", None, "Anna", at(3)).unwrap();
    assert_eq!(library.statement(act.statements[0]).unwrap().concept, None);
    library.undo("Anna", at(4)).unwrap();
    assert_eq!(library.statements(work).unwrap()[0].concept, Some(lion()));
}

#[test]
fn words_that_stay_can_be_given_a_concept() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let id = s.library.suggest(work, &compact(), &[says("tag", "lion", 0.7)], at(1)).unwrap()[0];
    let named = s.library.statement(edit(&s.library, id, "lion", Some(lion()))).unwrap();
    assert_eq!((named.concept.as_ref(), named.value.as_deref()), (Some(&lion()), Some("lion")));
    assert!(named.proposed_by.is_some(), "the word is still a model's");
    s.library.undo("Anna", at(6)).unwrap();
    assert_eq!(s.library.statements(work).unwrap()[0].concept, None);
}
