use std::ops::ControlFlow;

use vitrine_catalogue::{CatalogueError, Source, State, StatementId, WorkId};

use crate::{abstains, at, compact, pack, says, shelf, work};

fn on() -> impl FnMut(usize, usize) -> ControlFlow<()> {
    |_, _| ControlFlow::Continue(())
}

#[test]
fn what_waits_in_many_works_is_listed_and_accepted_in_one_act() {
    let s = shelf();
    let works: Vec<WorkId> = (0..5).map(|n| work(&s.library, &format!("{n}"))).collect();
    let mut ids = Vec::new();
    for (n, work) in works.iter().enumerate() {
        let style = if n < 3 { "Rococo" } else { "Baroque" };
        let said = [says("style", style, 0.5 + n as f32 / 10.0), says("artist", "Boucher", 0.9), abstains("genre")];
        ids.push(s.library.suggest(*work, &compact(), &said, at(1)).unwrap()[0]);
    }
    s.library.reject(ids[0], "Ben", at(2)).unwrap();
    let groups: Vec<_> = s.library.waiting_groups(2, 10).unwrap();
    let told: Vec<_> = groups.iter().map(|g| (g.property.as_str(), g.value.as_str(), g.works)).collect();
    assert_eq!(told, [("style", "Baroque", 2), ("style", "Rococo", 2)], "makers and abstentions are in no group");
    assert_eq!(s.library.waiting_groups(2, 1).unwrap().len(), 1);
    assert_eq!(s.library.waiting_groups(3, 10).unwrap(), []);
    assert_eq!(s.library.waiting_alike("artist", "Boucher", None).unwrap(), []);
    assert_eq!(s.library.waiting_alike("style", "Rococo", Some("circle of")).unwrap(), []);

    let alike: Vec<StatementId> =
        s.library.waiting_alike("style", "Rococo", None).unwrap().iter().map(|s| s.id).collect();
    assert_eq!(alike, [ids[2], ids[1]], "the surest first");
    let act = s.library.accept_together(&alike, "Anna", at(3), &mut on()).unwrap();
    assert_eq!((act.description.as_str(), act.works), ("Accepted style of 2 works: Rococo", works[1..3].to_vec()));
    let accepted = s.library.statement(ids[1]).unwrap();
    assert_eq!((accepted.state, accepted.decided_by.as_deref()), (State::Accepted, Some("Anna")));
    assert_eq!(accepted.source, compact(), "it stays the model's word, which a person stands by");
    assert!(accepted.is_decided_together());
    assert_eq!(s.library.waiting_groups(2, 10).unwrap().len(), 1);
    assert_eq!(s.library.undo("Anna", at(4)).unwrap().unwrap().works, works[1..3]);
    assert_eq!(s.library.statement(ids[1]).unwrap().state, State::Suggested);
    assert_eq!(s.library.waiting_groups(2, 10).unwrap().len(), 2);
}

#[test]
fn a_packs_sure_suggestions_are_those_of_its_version() {
    let s = shelf();
    let (one, two) = (work(&s.library, "a"), work(&s.library, "b"));
    let id = s.library.suggest(one, &compact(), &[says("style", "Rococo", 0.75)], at(1)).unwrap()[0];
    let newer = Source::Pack(pack("2"));
    s.library.suggest(two, &newer, &[says("style", "Rococo", 0.9)], at(1)).unwrap();
    let waiting = |confidence: f64| -> Vec<StatementId> {
        s.library.waiting_of_pack("compact 1", "style", confidence).unwrap().iter().map(|s| s.id).collect()
    };
    assert_eq!(waiting(0.75), [id]);
    assert_eq!(waiting(0.76), []);
    s.library.accept(id, "Anna", at(2)).unwrap();
    assert_eq!(waiting(0.0), []);
    assert!(!s.library.statement(id).unwrap().is_decided_together(), "somebody looked at this one");
}

#[test]
fn together_all_or_none_and_no_makers() {
    let s = shelf();
    let (one, two) = (work(&s.library, "a"), work(&s.library, "b"));
    let said = [says("style", "Rococo", 0.75), says("artist", "Boucher", 0.9), abstains("genre")];
    let first = s.library.suggest(one, &compact(), &said, at(1)).unwrap();
    let second = s.library.suggest(two, &compact(), &said[..1], at(1)).unwrap()[0];
    let accept = |ids: &[StatementId]| s.library.accept_together(ids, "Anna", at(2), &mut on());
    assert!(matches!(accept(&[second, first[1]]), Err(CatalogueError::ArtistInBulk)));
    assert!(matches!(accept(&first[1..2]), Err(CatalogueError::ArtistInBulk)), "not even one");
    assert!(matches!(accept(&[second, first[2]]), Err(CatalogueError::NotWaiting(id)) if id == first[2]));
    assert!(matches!(accept(&[]), Err(CatalogueError::NoWorks)));
    s.library.reject(first[0], "Anna", at(3)).unwrap();
    assert!(matches!(accept(&[second, first[0]]), Err(CatalogueError::NotWaiting(id)) if id == first[0]));
    let stop = &mut |_, _| ControlFlow::Break(());
    assert!(matches!(s.library.accept_together(&[second], "Anna", at(4), stop), Err(CatalogueError::Stopped)));
    assert_eq!(s.library.statement(second).unwrap().state, State::Suggested);
}
