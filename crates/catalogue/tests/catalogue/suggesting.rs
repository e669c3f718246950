use vitrine_catalogue::{CatalogueError, Source, State};

use crate::{abstains, at, compact, pack, says, shelf, work};

#[test]
fn a_newer_version_replaces_what_nobody_decided() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let said = [says("style", "Rococo", 0.7), says("genre", "portrait", 0.9)];
    let old = s.library.suggest(work, &compact(), &said, at(1)).unwrap();
    s.library.accept(old[1], "Anna", at(2)).unwrap();
    let newer = Source::Pack(pack("2"));
    let said = [says("style", "Baroque", 0.8), says("genre", "still life", 0.4)];
    let new = s.library.suggest(work, &newer, &said, at(3)).unwrap();
    assert_eq!(new.len(), 2);
    let state = |id| s.library.statement(id).unwrap().state;
    assert_eq!(state(old[0]), State::Superseded);
    assert_eq!(state(old[1]), State::Accepted, "a decision is never touched");
    assert_eq!((state(new[0]), state(new[1])), (State::Suggested, State::Suggested));
    assert_eq!(s.library.packs().unwrap().iter().map(|seen| seen.first_seen).collect::<Vec<_>>(), [at(1), at(3)]);
}

#[test]
fn another_pack_speaks_for_itself() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let other = Source::Pack(vitrine_catalogue::Pack { id: "paper".into(), ..pack("1") });
    s.library.suggest(work, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap();
    s.library.suggest(work, &other, &[says("style", "Baroque", 0.9)], at(2)).unwrap();
    let values: Vec<_> = s.library.statements(work).unwrap().into_iter().filter_map(|s| s.value).collect();
    assert_eq!(values, ["Rococo", "Baroque"]);
}

#[test]
fn what_was_rejected_or_replaced_is_not_suggested_again() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let said = [says("tag", "tree", 0.6), says("tag", "boat", 0.5), says("tag", "dog", 0.4), abstains("artist")];
    let ids = s.library.suggest(work, &compact(), &said, at(1)).unwrap();
    assert_eq!(ids.len(), 4);
    s.library.reject(ids[0], "Anna", at(2)).unwrap();
    let edited = s.library.edit(ids[1], "barge", None, "Anna", at(3)).unwrap().statements[0];
    s.library.accept(ids[2], "Anna", at(4)).unwrap();
    s.library.reject(ids[3], "Anna", at(5)).unwrap();
    let newer = Source::Pack(pack("2"));
    assert_eq!(s.library.suggest(work, &newer, &said, at(6)).unwrap(), [], "all four are settled");
    // Still so when the person takes the own value back by rejecting it, but no longer after undo.
    s.library.reject(edited, "Anna", at(7)).unwrap();
    assert_eq!(s.library.suggest(work, &newer, &said, at(8)).unwrap(), []);
    for _ in 0..5 {
        s.library.undo("Anna", at(9)).unwrap();
    }
    assert_eq!(s.library.suggest(work, &newer, &said, at(10)).unwrap().len(), 4);
    assert_eq!(s.library.statements(work).unwrap().len(), 4);
}

#[test]
fn the_same_again_leaves_no_trace() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let said = [says("style", "Rococo", 0.7), says("style", "Rococo", 0.2), abstains("artist")];
    assert_eq!(s.library.suggest(work, &compact(), &said, at(1)).unwrap().len(), 2, "one value is one suggestion");
    let log = s.library.history(work).unwrap();
    assert_eq!(s.library.suggest(work, &compact(), &said, at(2)).unwrap(), []);
    assert_eq!(s.library.history(work).unwrap(), log);
}

#[test]
fn confidences_are_probabilities() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    for wrong in [f32::NAN, 1.5, -0.1, f32::INFINITY] {
        let error = s.library.suggest(work, &compact(), &[says("style", "Rococo", wrong)], at(1)).unwrap_err();
        assert!(matches!(error, CatalogueError::BadConfidence { .. }), "{error}");
    }
    assert_eq!(s.library.statements(work).unwrap(), []);
}

#[test]
fn undo_after_redo_brings_back_what_the_redo_found() {
    let s = shelf();
    let work = work(&s.library, "a.jpg");
    let old = s.library.suggest(work, &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    s.library.accept(old, "Anna", at(2)).unwrap();
    s.library.undo("Anna", at(3)).unwrap();
    let new = s.library.suggest(work, &Source::Pack(pack("2")), &[says("style", "Baroque", 0.8)], at(4)).unwrap()[0];
    let before = s.library.statements(work).unwrap();
    assert_eq!(before.iter().map(|statement| statement.id).collect::<Vec<_>>(), [new]);
    s.library.redo("Anna", at(5)).unwrap();
    assert_eq!(s.library.statement(old).unwrap().state, State::Accepted);
    s.library.undo("Anna", at(6)).unwrap();
    assert_eq!(s.library.statements(work).unwrap(), before, "the old suggestion stays replaced");
}
