use vitrine_catalogue::{CatalogueError, Change, Source, State, Statement};

use crate::{abstains, at, compact, pack, says, shelf, work};

fn brief(statements: &[Statement]) -> Vec<(String, Option<String>, State)> {
    statements.iter().map(|s| (s.property.clone(), s.value.clone(), s.state)).collect()
}

#[test]
fn a_decision_is_signed_and_taken_back_and_done_again() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let id = s.library.suggest(work, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    let waiting = s.library.statements(work).unwrap();
    assert_eq!(waiting[0].decided_by, None);
    assert_eq!(waiting[0].raw_confidence, Some(0.35));

    let act = s.library.accept(id, "Anna", at(2)).unwrap();
    assert_eq!(act.description, "Accepted style: Rococo");
    let accepted = s.library.statements(work).unwrap();
    assert_eq!(accepted[0].state, State::Accepted);
    assert_eq!(accepted[0].decided_by.as_deref(), Some("Anna"));
    assert_eq!(accepted[0].changed_at, at(2));
    assert_eq!(s.library.to_undo().unwrap().as_deref(), Some("Accepted style: Rococo"));

    let undone = s.library.undo("Ben", at(3)).unwrap().unwrap();
    assert_eq!((undone.description.as_str(), undone.works), ("Accepted style: Rococo", vec![work]));
    assert_eq!(s.library.statements(work).unwrap(), waiting);
    assert_eq!(s.library.to_undo().unwrap(), None);
    assert_eq!(s.library.undo("Ben", at(3)).unwrap(), None);

    s.library.redo("Ben", at(4)).unwrap().unwrap();
    assert_eq!(s.library.statements(work).unwrap(), accepted, "Anna stands by it, whoever pressed redo");
    assert_eq!(s.library.redo("Ben", at(4)).unwrap(), None);
    let log = s.library.history(work).unwrap();
    let people: Vec<_> = log.iter().map(|entry| (entry.state, entry.person.as_deref())).collect();
    assert_eq!(
        people,
        [
            (State::Suggested, None),
            (State::Accepted, Some("Anna")),
            (State::Suggested, Some("Ben")),
            (State::Accepted, Some("Ben")),
        ]
    );
}

#[test]
fn an_edit_puts_a_persons_statement_in_its_place() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let id = s.library.suggest(work, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    let act = s.library.edit(id, "  Neoclassicism ", Some(""), "Anna", at(2)).unwrap();
    assert_eq!(act.description, "Changed style: Rococo → Neoclassicism");
    let statements = s.library.statements(work).unwrap();
    assert_eq!(brief(&statements), [("style".into(), Some("Neoclassicism".into()), State::Edited)]);
    let edited = &statements[0];
    assert_eq!(edited.id, act.statements[0]);
    assert_eq!(edited.source, Source::Person("Anna".into()));
    assert_eq!((edited.proposed_by.clone(), edited.derived_from), (None, Some(id)));
    assert_eq!(edited.qualifier, None);
    assert_eq!(s.library.statement(id).unwrap().state, State::Superseded);
    assert!(matches!(s.library.accept(id, "Anna", at(3)), Err(CatalogueError::Superseded(old)) if old == id));
}

#[test]
fn an_alternative_remembers_where_it_came_from() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let mut suggestion = says("artist", "Renoir", 0.7);
    suggestion.qualifier = Some("style of".into());
    let id = s.library.suggest(work, &compact(), &[suggestion], at(1)).unwrap()[0];
    let act = s.library.take_alternative(id, 1, "Anna", at(2)).unwrap();
    assert_eq!(act.description, "Changed artist: style of Renoir → style of early Renoir");
    let taken = s.library.statement(act.statements[0]).unwrap();
    assert_eq!(taken.wording().as_deref(), Some("style of early Renoir"));
    assert_eq!(taken.derived_from, Some(id));
    assert_eq!(taken.proposed_by, Some(pack("1")), "it is still a model's word");
    assert_eq!(taken.source, Source::Person("Anna".into()));
    let error = s.library.take_alternative(taken.id, 0, "Anna", at(3)).unwrap_err();
    assert!(matches!(error, CatalogueError::NoSuchAlternative { index: 0, count: 0, .. }), "{error}");
    // The same value with another qualifier is a model's word too.
    let act = s.library.edit(taken.id, "early Renoir", Some("circle of"), "Anna", at(4)).unwrap();
    assert_eq!(s.library.statement(act.statements[0]).unwrap().proposed_by, Some(pack("1")));
}

#[test]
fn an_abstention_can_be_filled_or_rejected_but_not_accepted() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let ids = s.library.suggest(work, &compact(), &[abstains("artist"), abstains("style")], at(1)).unwrap();
    let error = s.library.accept(ids[0], "Anna", at(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the suggestion for “artist” names no value, so there is nothing to accept; write a value or reject it"
    );
    let act = s.library.edit(ids[0], "Berthe Morisot", None, "Anna", at(2)).unwrap();
    assert_eq!(act.description, "Set artist: Berthe Morisot");
    s.library.reject(ids[1], "Anna", at(3)).unwrap();
    let states: Vec<State> = s.library.statements(work).unwrap().iter().map(|s| s.state).collect();
    assert_eq!(states, [State::Rejected, State::Edited]);
}

#[test]
fn what_waits_comes_first_and_the_most_doubtful_of_it() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let mut from_file = says("title", "The Swing", 0.5);
    from_file.confidence = None;
    let iptc = Source::File { name: "IPTC".into(), file: "/scans/a.jpg".into() };
    s.library.suggest(work, &iptc, &[from_file], at(1)).unwrap();
    let said =
        [abstains("artist"), says("style", "Rococo", 0.7), says("genre", "genre", 0.3), says("tag", "tree", 0.9)];
    let ids = s.library.suggest(work, &compact(), &said, at(1)).unwrap();
    s.library.accept(ids[3], "Anna", at(2)).unwrap();
    let order: Vec<String> = s.library.statements(work).unwrap().into_iter().map(|s| s.property).collect();
    assert_eq!(order, ["genre", "style", "title", "artist", "tag"]);
    assert_eq!(s.library.statements(work).unwrap()[2].source, iptc);
}

#[test]
fn several_changes_are_one_act() {
    let s = shelf();
    let (one, two) = (work(&s.library, "a.jpg"), work(&s.library, "b.jpg"));
    let style = says("style", "Rococo", 0.7);
    let first = s.library.suggest(one, &compact(), std::slice::from_ref(&style), at(1)).unwrap()[0];
    let second = s.library.suggest(two, &compact(), &[style], at(1)).unwrap()[0];
    let before = [s.library.statements(one).unwrap(), s.library.statements(two).unwrap()];
    let act = s.library.act(&[Change::Accept(first), Change::Accept(second)], "Anna", at(2)).unwrap();
    assert_eq!((act.description.as_str(), act.works), ("Accepted 2 statements", vec![one, two]));
    assert_eq!(s.library.undo("Anna", at(3)).unwrap().unwrap().works, [one, two]);
    assert_eq!([s.library.statements(one).unwrap(), s.library.statements(two).unwrap()], before);

    let missing = vitrine_catalogue::StatementId(99);
    let error = s.library.act(&[Change::Accept(first), Change::Reject(missing)], "Anna", at(4)).unwrap_err();
    assert!(matches!(error, CatalogueError::NoSuchStatement(id) if id == missing));
    assert_eq!(s.library.statements(one).unwrap(), before[0], "all of it or nothing");
    let error = s.library.act(&[Change::Accept(first), Change::Reject(first)], "Anna", at(4)).unwrap_err();
    assert!(matches!(error, CatalogueError::TwiceInOneAct(_)));
}

#[test]
fn a_models_artist_is_never_accepted_in_bulk() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let said = [says("artist", "Renoir", 0.7), says("style", "Rococo", 0.7)];
    let ids = s.library.suggest(work, &compact(), &said, at(1)).unwrap();
    let both = [Change::Accept(ids[1]), Change::Accept(ids[0])];
    assert!(matches!(s.library.act(&both, "Anna", at(2)), Err(CatalogueError::ArtistInBulk)));
    s.library.act(&both[1..], "Anna", at(2)).unwrap();
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let id = s.library.suggest(work, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    assert!(matches!(s.library.accept(id, "  ", at(2)), Err(CatalogueError::NoPerson)));
    assert!(matches!(s.library.edit(id, " \n", None, "Anna", at(2)), Err(CatalogueError::EmptyValue { .. })));
    assert!(matches!(
        s.library.add_statement(work, "Titel!", "x", None, "Anna", at(2)),
        Err(CatalogueError::BadProperty(_))
    ));
    let nowhere = vitrine_catalogue::WorkId(77);
    assert!(matches!(
        s.library.add_statement(nowhere, "title", "x", None, "Anna", at(2)),
        Err(CatalogueError::NoSuchWork(_))
    ));
    assert!(matches!(s.library.statements(nowhere), Err(CatalogueError::NoSuchWork(_))));
    assert!(matches!(s.library.work_card(nowhere), Err(CatalogueError::NoSuchWork(_))));
    s.library.accept(id, "Anna", at(2)).unwrap();
    let error = s.library.accept(id, "Anna", at(3)).unwrap_err();
    assert_eq!(error.to_string(), "nothing would change: what was asked for is accepted already");
    let before = s.library.to_undo().unwrap();
    assert_eq!(before.as_deref(), Some("Accepted style: Rococo"), "what failed leaves no action behind");
}
