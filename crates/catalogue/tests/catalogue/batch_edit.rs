use std::ops::ControlFlow;

use vitrine_catalogue::{
    BatchChange, BatchEdit, CatalogueError, FindReplace, Incoming, LeftAlone, Library, Qualifying, Source, State,
    Target, WorkId,
};

use crate::{abstains, at, compact, says, scan, shelf, work};

fn set(property: &str, value: &str) -> BatchEdit {
    edit(property, BatchChange::Set { value: value.into(), qualifier: Qualifying::AsItIs, settle: false })
}

fn settling(property: &str, value: &str) -> BatchEdit {
    edit(property, BatchChange::Set { value: value.into(), qualifier: Qualifying::AsItIs, settle: true })
}

fn append(property: &str, value: &str, settle: bool) -> BatchEdit {
    edit(property, BatchChange::Append { value: value.into(), qualifier: None, settle })
}

fn remove(property: &str, value: Option<&str>) -> BatchEdit {
    edit(property, BatchChange::Remove { value: value.map(str::to_owned) })
}

fn replace(property: &str, find: &str, with: &str) -> BatchEdit {
    let words = FindReplace { find: find.into(), with: with.into(), whole_words: true, match_case: false };
    edit(property, BatchChange::Replace(words))
}

fn edit(property: &str, change: BatchChange) -> BatchEdit {
    BatchEdit { property: property.into(), change }
}

/// Makes the change as Anna.
fn make(library: &Library, works: &[WorkId], edit: &BatchEdit) -> Result<String, CatalogueError> {
    let on = &mut |_, _| ControlFlow::Continue(());
    library.edit_batch(works, edit, None, "Anna", at(100), on).map(|(_, act)| act.description)
}

/// What a person stands by, in the words of records.
fn standing(library: &Library, work: WorkId, property: &str) -> Vec<String> {
    let statements = library.statements(work).unwrap();
    let standing = statements.iter().filter(|s| s.property == property && s.state.is_affirmed());
    standing.filter_map(|s| s.wording()).collect()
}

fn add(library: &Library, work: WorkId, property: &str, value: &str, qualifier: Option<&str>) {
    library.add_statement(work, property, value, qualifier, "Ben", at(1)).unwrap();
}

#[test]
fn setting_replaces_what_stands_and_one_undo_brings_it_back() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b", "c", "d"].iter().map(|name| work(&s.library, name)).collect();
    let suggested = s.library.suggest(works[0], &compact(), &[says("style", "Baroque", 0.7)], at(1)).unwrap()[0];
    s.library.accept(suggested, "Ben", at(2)).unwrap();
    add(&s.library, works[1], "style", "Rococo", None);
    add(&s.library, works[2], "style", "Baroque", None);
    add(&s.library, works[2], "style", "Realism", None);
    let before: Vec<_> = works.iter().map(|work| s.library.statements(*work).unwrap()).collect();

    let plan = s.library.plan_batch(&works, &set("style", " Rococo ")).unwrap();
    let seen: Vec<_> = plan.works.iter().map(|w| (w.work, w.before.clone(), w.after.clone())).collect();
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            (works[0], words(&["Baroque"]), words(&["Rococo"])),
            (works[2], words(&["Baroque", "Realism"]), words(&["Rococo"])),
            (works[3], words(&[]), words(&["Rococo"])),
        ]
    );
    assert_eq!(plan.left, [(works[1], LeftAlone::SaysSo)]);
    let unchanged: Vec<_> = works.iter().map(|work| s.library.statements(*work).unwrap()).collect();
    assert_eq!(unchanged, before, "a plan changes nothing");

    assert_eq!(make(&s.library, &works, &set("style", "Rococo")).unwrap(), "Set style of 3 works: Rococo");
    for work in &works {
        assert_eq!(standing(&s.library, *work, "style"), ["Rococo"]);
    }
    let now = s.library.statements(works[0]).unwrap();
    assert_eq!(now[0].source, Source::Person("Anna".into()), "it is the word of the person who typed it");
    assert_eq!((now[0].derived_from, now[0].proposed_by.clone()), (Some(suggested), None));
    assert_eq!(s.library.statement(suggested).unwrap().state, State::Superseded, "replaced, not deleted");
    assert_eq!(s.library.work_card(works[0]).unwrap().waiting, 0);
    assert_eq!(s.library.to_undo().unwrap().as_deref(), Some("Set style of 3 works: Rococo"));

    let undone = s.library.undo("Anna", at(101)).unwrap().unwrap();
    assert_eq!(undone.works, [works[0], works[2], works[3]]);
    let after: Vec<_> = works.iter().map(|work| s.library.statements(*work).unwrap()).collect();
    assert_eq!(after, before, "one undo takes all of it back");
    s.library.redo("Anna", at(102)).unwrap().unwrap();
    assert_eq!(standing(&s.library, works[2], "style"), ["Rococo"]);
    assert_eq!(s.library.check_integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn suggestions_wait_on_unless_they_are_to_be_settled() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b", "c"].iter().map(|name| work(&s.library, name)).collect();
    let first = s.library.suggest(works[0], &compact(), &[says("style", "Rococo", 0.7)], at(1)).unwrap()[0];
    let others = [says("style", "Baroque", 0.7), says("style", "Realism", 0.2)];
    let others = s.library.suggest(works[1], &compact(), &others, at(1)).unwrap();
    s.library.suggest(works[2], &compact(), &[abstains("style")], at(1)).unwrap();

    make(&s.library, &works, &set("style", "Rococo")).unwrap();
    let waiting = |work: WorkId| s.library.work_card(work).unwrap().waiting;
    assert_eq!(works.iter().map(|work| waiting(*work)).collect::<Vec<_>>(), [1, 2, 1]);
    s.library.undo("Anna", at(3)).unwrap();

    let plan = s.library.plan_batch(&works, &settling("style", "Rococo")).unwrap();
    assert_eq!(plan.works[1].turned_down, ["Realism"], "the other one is edited");
    make(&s.library, &works, &settling("style", "Rococo")).unwrap();
    assert_eq!(works.iter().map(|work| waiting(*work)).collect::<Vec<_>>(), [0, 0, 0]);
    for work in &works {
        assert_eq!(standing(&s.library, *work, "style"), ["Rococo"]);
    }
    let taken = s.library.statement(first).unwrap();
    assert_eq!(taken.state, State::Accepted, "the same words are the suggestion's");
    assert!(taken.is_decided_together(), "nobody looked at it for its own sake");
    let states: Vec<State> = others.iter().map(|id| s.library.statement(*id).unwrap().state).collect();
    assert_eq!(states, [State::Superseded, State::Rejected]);
    s.library.undo("Anna", at(5)).unwrap();
    assert!(!s.library.statement(first).unwrap().is_decided_together());
    s.library.redo("Anna", at(6)).unwrap();
    assert!(s.library.statement(first).unwrap().is_decided_together(), "done again it is what it was");
}

#[test]
fn another_value_stands_beside_and_no_value_stands_twice() {
    let s = shelf();
    let (one, two) = (work(&s.library, "a"), work(&s.library, "b"));
    add(&s.library, one, "tag", "tree", None);
    let waits = s.library.suggest(two, &compact(), &[says("tag", "mill", 0.9)], at(2)).unwrap()[0];
    let done = make(&s.library, &[one, two, one], &append("tag", "mill", true)).unwrap();
    assert_eq!(done, "Added tag to 2 works: mill");
    assert_eq!(standing(&s.library, one, "tag"), ["tree", "mill"]);
    assert_eq!(standing(&s.library, two, "tag"), ["mill"]);
    assert_eq!(s.library.statement(waits).unwrap().state, State::Accepted);
    let error = make(&s.library, &[one, two], &append("tag", "mill", false)).unwrap_err();
    assert!(matches!(error, CatalogueError::NoneWouldChange), "{error}");
}

#[test]
fn what_is_taken_out_is_rejected_and_never_gone() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b", "c", "d"].iter().map(|name| work(&s.library, name)).collect();
    add(&s.library, works[0], "tag", "tree", None);
    add(&s.library, works[0], "tag", "mill", None);
    add(&s.library, works[1], "tag", "mill", None);
    s.library.suggest(works[2], &compact(), &[says("tag", "tree", 0.9)], at(2)).unwrap();
    let plan = s.library.plan_batch(&works, &remove("tag", Some("tree"))).unwrap();
    assert_eq!(
        plan.left,
        [
            (works[1], LeftAlone::OtherValues),
            (works[2], LeftAlone::OnlySuggested),
            (works[3], LeftAlone::NothingStands)
        ]
    );
    make(&s.library, &works, &remove("tag", Some("tree"))).unwrap();
    assert_eq!(standing(&s.library, works[0], "tag"), ["mill"]);
    let all: Vec<State> = s.library.statements(works[0]).unwrap().iter().map(|s| s.state).collect();
    assert_eq!(all, [State::Rejected, State::Edited]);
    assert_eq!(make(&s.library, &works, &remove("tag", None)).unwrap(), "Removed tag from 2 works");
    assert_eq!(standing(&s.library, works[1], "tag"), Vec::<String>::new());
}

#[test]
fn words_are_replaced_and_merged_values_stand_once() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b", "c", "d"].iter().map(|name| work(&s.library, name)).collect();
    add(&s.library, works[0], "media", "Oil on canvass", None);
    add(&s.library, works[1], "media", "oil on canvas", None);
    add(&s.library, works[1], "media", "oil on canvass", None);
    add(&s.library, works[2], "media", "canvass", None);
    add(&s.library, works[3], "media", "etching", None);
    let plan = s.library.plan_batch(&works, &replace("media", "CANVASS", "canvas")).unwrap();
    assert_eq!(plan.works[1].after, ["oil on canvas"], "the same is not said twice");
    assert_eq!(plan.left, [(works[3], LeftAlone::NotFound)]);
    make(&s.library, &works, &replace("media", "canvass", "canvas")).unwrap();
    assert_eq!(standing(&s.library, works[0], "media"), ["Oil on canvas"]);
    assert_eq!(standing(&s.library, works[1], "media"), ["oil on canvas"]);
    let left = s.library.plan_batch(&works[2..3], &replace("media", "canvas", " ")).unwrap().left;
    assert_eq!(left, [(works[2], LeftAlone::NothingLeft)]);
}

#[test]
fn a_makers_qualifier_stays_and_a_models_maker_is_left_alone() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b", "c"].iter().map(|name| work(&s.library, name)).collect();
    add(&s.library, works[0], "artist", "Rubbens", Some("workshop of"));
    let mut suggestion = says("artist", "Rubens", 0.7);
    suggestion.qualifier = Some("style of".into());
    let proposed = s.library.suggest(works[1], &compact(), std::slice::from_ref(&suggestion), at(1)).unwrap()[0];
    s.library.accept(proposed, "Ben", at(2)).unwrap();
    let waits = s.library.suggest(works[2], &compact(), &[suggestion], at(1)).unwrap()[0];

    make(&s.library, &works[..1], &replace("artist", "rubbens", "Rubens")).unwrap();
    assert_eq!(standing(&s.library, works[0], "artist"), ["workshop of Rubens"]);
    make(&s.library, &works[..1], &set("artist", "Peter Paul Rubens")).unwrap();
    assert_eq!(standing(&s.library, works[0], "artist"), ["workshop of Peter Paul Rubens"]);
    // The qualifier in front of the name is one.
    make(&s.library, &works[..1], &set("artist", "circle of Peter Paul Rubens")).unwrap();
    assert_eq!(standing(&s.library, works[0], "artist"), ["circle of Peter Paul Rubens"]);

    let without = BatchChange::Set { value: "Rubens".into(), qualifier: Qualifying::Put(None), settle: true };
    let without = edit("artist", without);
    let plan = s.library.plan_batch(&works, &without).unwrap();
    assert_eq!(plan.left, [(works[1], LeftAlone::MakerOfAModel)], "the name is a model's, whatever stands in front");
    make(&s.library, &works, &without).unwrap();
    assert_eq!(standing(&s.library, works[0], "artist"), ["Rubens"]);
    assert_eq!(standing(&s.library, works[2], "artist"), ["Rubens"]);
    assert_eq!(s.library.statement(waits).unwrap().state, State::Suggested, "a maker is never settled in passing");
}

#[test]
fn only_what_was_seen_is_done() {
    let s = shelf();
    let works: Vec<WorkId> = ["a", "b"].iter().map(|name| work(&s.library, name)).collect();
    let plan = s.library.plan_batch(&works, &set("style", "Rococo")).unwrap();
    let seen = plan.fingerprint();
    assert_eq!(s.library.plan_batch(&works, &set("style", "Rococo")).unwrap().fingerprint(), seen);
    assert_ne!(s.library.plan_batch(&works, &set("style", "Baroque")).unwrap().fingerprint(), seen);
    add(&s.library, works[1], "style", "Baroque", None);
    let on = &mut |_, _| ControlFlow::Continue(());
    let error = s.library.edit_batch(&works, &set("style", "Rococo"), Some(&seen), "Anna", at(3), on).unwrap_err();
    assert!(matches!(error, CatalogueError::PreviewOutdated), "{error}");
    let stop = &mut |done, all| if done == all - 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = s.library.edit_batch(&works, &set("style", "Rococo"), None, "Anna", at(3), stop).unwrap_err();
    assert!(matches!(error, CatalogueError::Stopped), "{error}");
    assert_eq!(standing(&s.library, works[0], "style"), Vec::<String>::new(), "stopped at the last: none is changed");
    assert_eq!(s.library.to_undo().unwrap().as_deref(), Some("Added style: Baroque"));
}

#[test]
fn what_cannot_be_changed_together_is_refused_in_words() {
    let s = shelf();
    let one = work(&s.library, "a");
    assert!(matches!(make(&s.library, &[], &set("style", "x")), Err(CatalogueError::NoWorks)));
    assert!(matches!(make(&s.library, &[one, WorkId(77)], &set("style", "x")), Err(CatalogueError::NoSuchWork(_))));
    assert!(matches!(make(&s.library, &[one], &set("style", "  ")), Err(CatalogueError::EmptyValue { .. })));
    assert!(matches!(make(&s.library, &[one], &set("Stil!", "x")), Err(CatalogueError::BadProperty(_))));
    assert!(matches!(make(&s.library, &[one], &replace("Stil!", "x", "y")), Err(CatalogueError::BadProperty(_))));
    assert!(matches!(make(&s.library, &[one], &replace("style", "", "y")), Err(CatalogueError::NothingToFind)));
    let on = &mut |_, _| ControlFlow::Continue(());
    let nobody = s.library.edit_batch(&[one], &set("style", "x"), None, " ", at(3), on);
    assert!(matches!(nobody, Err(CatalogueError::NoPerson)));
    assert_eq!(s.library.to_undo().unwrap(), None, "what failed leaves no action behind");
}

/// So many works are changed in one act and taken back by one undo; how long it took is printed.
fn one_act(count: usize) {
    let s = shelf();
    let target = |n: usize| Incoming { target: Target::New(scan(&format!("{n}"))), claims: Vec::new() };
    let works = s.library.take_in("works.csv", &(0..count).map(target).collect::<Vec<_>>(), None, at(0)).unwrap().works;
    let start = std::time::Instant::now();
    let plan = s.library.plan_batch(&works, &set("style", "Rococo")).unwrap();
    let planned = start.elapsed();
    let mut told = 0;
    let watch = &mut |_, _| {
        told += 1;
        ControlFlow::Continue(())
    };
    let seen = plan.fingerprint();
    let (_, act) = s.library.edit_batch(&works, &set("style", "Rococo"), Some(&seen), "Anna", at(3), watch).unwrap();
    println!("{count} works: planned in {planned:?}, changed after {:?}", start.elapsed());
    assert_eq!((act.works.len(), told), (count, count));
    let undone = s.library.undo("Anna", at(4)).unwrap().unwrap();
    println!("taken back after {:?}", start.elapsed());
    assert_eq!(undone.works.len(), count);
    assert_eq!(standing(&s.library, works[count - 1], "style"), Vec::<String>::new());
}

#[test]
fn many_works_are_one_act() {
    one_act(500);
}

#[test]
#[ignore = "measures; without optimisation it takes a minute"]
fn ten_thousand_works_are_one_act() {
    one_act(10_000);
}
