//! Whatever a person does, undo brings back what was and redo what became of it.

use proptest::collection::vec;
use proptest::prelude::*;
use vitrine_catalogue::{BadgeCounts, Change, Library, Source, Statement, StatementId, WorkCard, WorkId};

use crate::{abstains, at, compact, pack, says, shelf, work};

#[derive(Debug, Clone)]
enum Step {
    /// On the n-th statement ever made, whatever its state.
    Accept(usize),
    Reject(usize),
    Edit(usize, &'static str, Option<&'static str>),
    Take(usize, usize),
    Add(usize, &'static str),
    Several(Vec<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop::sample::select(vec!["Rococo", "Baroque", "tree", "<b>&"]);
    let qualifier = prop::sample::select(vec![None, Some("circle of")]);
    prop_oneof![
        (0..12_usize).prop_map(Step::Accept),
        (0..12_usize).prop_map(Step::Reject),
        (0..12_usize, value.clone(), qualifier).prop_map(|(n, value, qualifier)| Step::Edit(n, value, qualifier)),
        (0..12_usize, 0..3_usize).prop_map(|(n, index)| Step::Take(n, index)),
        (0..2_usize, value).prop_map(|(n, value)| Step::Add(n, value)),
        vec(0..12_usize, 1..4).prop_map(Step::Several),
    ]
}

/// All that can be seen of a library.
#[derive(Debug, PartialEq)]
struct Seen {
    statements: Vec<Vec<Statement>>,
    cards: Vec<WorkCard>,
    badges: BadgeCounts,
}

fn look(library: &Library, works: &[WorkId]) -> Seen {
    for work in works {
        let log = library.history(*work).unwrap();
        for statement in library.statements(*work).unwrap() {
            let last = log.iter().rfind(|entry| entry.statement == statement.id).unwrap();
            assert_eq!(statement.state, last.state, "the last row of the log is the state");
        }
    }
    Seen {
        statements: works.iter().map(|work| library.statements(*work).unwrap()).collect(),
        cards: works.iter().map(|work| library.work_card(*work).unwrap()).collect(),
        badges: library.badges().unwrap(),
    }
}

/// Does a step; says whether anything was done (much of what chance proposes is refused).
fn attempt(library: &Library, works: &[WorkId], step: &Step, seconds: i64) -> bool {
    let id = |n: usize| StatementId(n as i64 + 1);
    let person = ["Anna", "Ben"][seconds as usize % 2];
    let at = at(seconds);
    let outcome = match step {
        Step::Accept(n) => library.accept(id(*n), person, at),
        Step::Reject(n) => library.reject(id(*n), person, at),
        Step::Edit(n, value, qualifier) => library.edit(id(*n), value, *qualifier, person, at),
        Step::Take(n, index) => library.take_alternative(id(*n), *index, person, at),
        Step::Add(n, value) => library.add_statement(works[*n], "tag", value, None, person, at),
        Step::Several(all) => {
            let changes: Vec<Change> = all.iter().map(|n| Change::Reject(id(*n))).collect();
            library.act(&changes, person, at)
        }
    };
    outcome.is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_is_undone_and_redone(steps in vec(step(), 1..14), back in 0..14_usize) {
        let s = shelf();
        let works = [work(&s.library, "a.jpg"), work(&s.library, "b.jpg")];
        let said = [says("style", "Rococo", 0.7), says("tag", "tree", 0.4), abstains("artist")];
        for work in works {
            s.library.suggest(work, &compact(), &said, at(1)).unwrap();
        }
        let mut seen = vec![look(&s.library, &works)];
        for (second, step) in steps.iter().enumerate() {
            let done = attempt(&s.library, &works, step, 10 + second as i64);
            let now = look(&s.library, &works);
            if done {
                seen.push(now);
            } else {
                prop_assert_eq!(&now, &seen[seen.len() - 1], "what is refused changes nothing");
            }
        }
        let folder = s.folder;
        let mut library = s.library;
        for round in 0..2 {
            for former in seen.iter().rev().skip(1) {
                prop_assert!(library.undo("Carla", at(100)).unwrap().is_some());
                prop_assert_eq!(&look(&library, &works), former);
            }
            prop_assert!(library.undo("Carla", at(100)).unwrap().is_none());
            if round == 0 {
                drop(library);
                library = Library::open(folder.path()).unwrap();
            }
            for later in seen.iter().skip(1) {
                prop_assert!(library.redo("Carla", at(200)).unwrap().is_some());
                prop_assert_eq!(&look(&library, &works), later);
            }
            prop_assert!(library.redo("Carla", at(200)).unwrap().is_none());
        }
        // Something new after a few undos ends redo, and is undone to where it began.
        let back = back.min(seen.len() - 1);
        for _ in 0..back {
            library.undo("Carla", at(300)).unwrap();
        }
        library.add_statement(works[0], "title", "New", None, "Anna", at(301)).unwrap();
        prop_assert_eq!(library.to_redo().unwrap(), None);
        library.undo("Carla", at(302)).unwrap();
        prop_assert_eq!(&look(&library, &works), &seen[seen.len() - 1 - back]);
        for former in seen.iter().rev().skip(1 + back) {
            library.undo("Carla", at(303)).unwrap();
            prop_assert_eq!(&look(&library, &works), former);
        }
    }

    /// With packs speaking in between there is no former state to compare with; but decisions stay whole and undo runs dry.
    #[test]
    fn suggestions_in_between_break_nothing(steps in vec((step(), 0..4_u8), 1..14)) {
        let s = shelf();
        let works = [work(&s.library, "a.jpg"), work(&s.library, "b.jpg")];
        let mut done = 0_usize;
        for (second, (step, other)) in steps.iter().enumerate() {
            let seconds = 10 + second as i64;
            match other {
                0 => {
                    let source = Source::Pack(pack(["1", "2"][second % 2]));
                    let decided = |statements: Vec<Statement>| {
                        statements.into_iter().filter(|s| s.decided_by.is_some()).collect::<Vec<_>>()
                    };
                    let before = decided(s.library.statements(works[0]).unwrap());
                    let said = [says("style", ["Rococo", "Baroque"][second % 2], 0.6), says("tag", "tree", 0.4)];
                    s.library.suggest(works[0], &source, &said, at(seconds)).unwrap();
                    prop_assert_eq!(decided(s.library.statements(works[0]).unwrap()), before);
                }
                1 => done -= usize::from(s.library.undo("Carla", at(seconds)).unwrap().is_some()),
                2 => done += usize::from(s.library.redo("Carla", at(seconds)).unwrap().is_some()),
                _ => done += usize::from(attempt(&s.library, &works, step, seconds)),
            }
        }
        for _ in 0..done {
            prop_assert!(s.library.undo("Carla", at(100)).unwrap().is_some());
        }
        prop_assert!(s.library.undo("Carla", at(100)).unwrap().is_none());
        for work in works {
            for statement in s.library.statements(work).unwrap() {
                prop_assert_eq!(statement.decided_by, None, "nobody has decided anything any more");
            }
        }
    }
}
